"""Tables of community projects. They say nothing of single people: who is served is counted, by sex, age, disability.

Photos are sealed under a key of the project, for they may show people; their files lie beside those of homes.
"""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models

from streha.accounts.rules import Access, Action
from streha.assistance.projects import rules
from streha.common import money
from streha.people.models import choices, ground_of

SEALED_PHOTO = "assistance.projectphoto.file"


class ProjectQuerySet(models.QuerySet["CommunityProject"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.PROJECT_VIEW) -> Self:
        """Projects kept where the access carries the action."""
        return self.filter(ground_of(access, action).q())


class CommunityProject(models.Model):
    """A project for a community: what, where, when, what it costs, how far it is."""

    OUTSIDE_WALL = "a public work, about nobody; its subject is the key of its photos, not of a person"

    subject = models.UUIDField(unique=True, editable=False)
    title = models.CharField(max_length=160)
    kind = models.CharField(max_length=14, choices=choices(rules.Kind))
    sector = models.CharField(max_length=12, choices=choices(rules.Sector))
    about = models.CharField(max_length=rules.TEXT_LENGTH, blank=True)
    area = models.ForeignKey("places.Area", models.PROTECT, related_name="+")
    facility = models.ForeignKey("places.Facility", models.PROTECT, null=True, blank=True, related_name="+")
    programme = models.ForeignKey("assistance.Programme", models.PROTECT, null=True, blank=True, related_name="+")
    lon = models.FloatField(null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)
    keeper = models.ForeignKey("places.Area", models.PROTECT, related_name="+")  # the municipality it lies in
    organisation = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, related_name="+")
    registered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=choices(rules.State), default=rules.State.PLANNED)
    starts_on = models.DateField()
    ends_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    cost = models.DecimalField(**money.columns())
    spent = models.DecimalField(**money.columns(), default=0)
    currency = models.CharField(max_length=3)
    version = models.PositiveIntegerField(default=1)
    is_fictional = models.BooleanField(default=False)

    objects: ClassVar[ProjectQuerySet] = ProjectQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = [models.Index(fields=["kind", "-id"], name="assistance_project_by_kind")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="assistance_project_days_in_order"
            ),
            models.CheckConstraint(
                condition=models.Q(spent__gte=0, spent__lte=models.F("cost")), name="assistance_project_not_overspent"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def number(self) -> str:
        """The number people read out: CP-0042."""
        return rules.project_number(self.pk)


class ProjectTag(models.Model):
    """A goal or target of sustainable development that the project serves."""

    project = models.ForeignKey(CommunityProject, models.CASCADE, related_name="tags")
    code = models.CharField(max_length=6)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["project", "code"], name="assistance_projecttag_once")]

    def __str__(self) -> str:
        return self.code


class ProjectFunding(models.Model):
    """A donor's part of the cost."""

    project = models.ForeignKey(CommunityProject, models.CASCADE, related_name="funding")
    donor = models.CharField(max_length=120)
    amount = models.DecimalField(**money.columns())

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["project", "donor"], name="assistance_projectfunding_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="assistance_projectfunding_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.donor} {self.amount}"


class ProjectCost(models.Model):
    """What was paid for the project, by which paper."""

    project = models.ForeignKey(CommunityProject, models.CASCADE, related_name="costs")
    on = models.DateField()
    amount = models.DecimalField(**money.columns())
    reference = models.CharField(max_length=80)
    noted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", db_index=False)
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "reference"], name="assistance_projectcost_paper_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="assistance_projectcost_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.amount}"


class Milestone(models.Model):
    """A step of the project: until when, done when."""

    project = models.ForeignKey(CommunityProject, models.CASCADE, related_name="milestones")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=160)
    due_on = models.DateField()
    done_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["project", "position"], name="assistance_milestone_once")]

    def __str__(self) -> str:
        return self.title


class ProjectServed(models.Model):
    """People of a sex and age whom the project is for, or whom it has reached; of them with a disability."""

    project = models.ForeignKey(CommunityProject, models.CASCADE, related_name="served")
    count = models.CharField(max_length=8, choices=choices(rules.Count))
    sex = models.CharField(max_length=1)
    age = models.CharField(max_length=6, choices=choices(rules.Age))
    number = models.PositiveIntegerField()
    with_disability = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "count", "sex", "age"], name="assistance_projectserved_once"),
            models.CheckConstraint(
                condition=models.Q(with_disability__lte=models.F("number")),
                name="assistance_projectserved_disability_within",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.sex} {self.age}: {self.number}"


class ProjectFigure(models.Model):
    """A figure before and after the project."""

    project = models.ForeignKey(CommunityProject, models.CASCADE, related_name="figures")
    label = models.CharField(max_length=120)
    unit = models.CharField(max_length=30, blank=True)
    before = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    after = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["project", "label"], name="assistance_projectfigure_once")]

    def __str__(self) -> str:
        return f"{self.label}: {self.before} {self.after}"


class ProjectPhoto(models.Model):
    """A photo of the project, written anew without place or camera; its two files lie sealed on disk."""

    project = models.ForeignKey(CommunityProject, models.CASCADE, related_name="photos")
    file = models.UUIDField(unique=True, editable=False)
    phase = models.CharField(max_length=8, choices=choices(rules.Phase))
    taken_on = models.DateField(null=True, blank=True)
    caption = models.CharField(max_length=200, blank=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    noted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", db_index=False)
    noted_at = models.DateTimeField()

    class Meta:
        ordering = ["taken_on", "pk"]

    def __str__(self) -> str:
        return f"photo {self.pk}"


class ProjectPartner(models.Model):
    """An institution that carries the project with the office."""

    project = models.ForeignKey(CommunityProject, models.CASCADE, related_name="partners")
    institution = models.ForeignKey("institutions.Institution", models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "institution"], name="assistance_projectpartner_once")
        ]

    def __str__(self) -> str:
        return f"{self.institution_id}"
