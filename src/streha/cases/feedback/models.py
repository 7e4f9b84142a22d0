"""Feedback with its clock and story; sensitive reports in a drawer of their own; categories as versions of data.

Sensitive reports stand in another table, so that no number, gap, count or join of ordinary feedback can hint at one.
What people said, their names and how to reach them are sealed under the key of the feedback or report.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from django.db import models

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action, Reach
from streha.cases.feedback import rules
from streha.cases.models import Labelled
from streha.common.codes import FieldClass, Sex
from streha.homes import models as homes
from streha.people.models import choices, ground_of, shielded_or_merged

F = FieldClass

SEALED_TEXT = "cases.feedback.text"
SEALED_NAME = "cases.feedback.name"
SEALED_CONTACT = "cases.feedback.contact"
SEALED_STEP = "cases.feedback.step"


# --- the clock --------------------------------------------------------------------------------------------------------


class Clock(Labelled):
    """A category of feedback and its clock, as it was at a time; feedback keeps the version it came in with."""

    code = models.CharField(max_length=30)
    number = models.PositiveIntegerField()
    is_sensitive = models.BooleanField(default=False)
    acknowledge_days = models.PositiveSmallIntegerField()
    answer_days = models.PositiveSmallIntegerField()
    at_risk_percent = models.PositiveSmallIntegerField()
    counting = models.CharField(max_length=10, choices=choices(rules.Counting))
    source = models.CharField(max_length=300)
    note = models.CharField(max_length=300, blank=True)
    verified_by = models.CharField(max_length=120, blank=True)
    verified_on = models.DateField(null=True, blank=True)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="cases_clock_once"),
            models.CheckConstraint(
                condition=models.Q(verified_by="", verified_on=None)
                | (~models.Q(verified_by="") & models.Q(verified_on__isnull=False)),
                name="cases_clock_verified_by_and_on",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.number}"

    @property
    def terms(self) -> rules.Terms:
        """The days as the rules read them."""
        counting = rules.Counting(self.counting)
        return rules.Terms(self.acknowledge_days, self.answer_days, self.at_risk_percent, counting)


class ClosedDay(models.Model):
    """A day on which the office is closed, which no working day counts."""

    day = models.DateField(unique=True)
    name = models.CharField(max_length=120)
    source = models.CharField(max_length=300)
    noted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    noted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


# --- what every entry has ---------------------------------------------------------------------------------------------


class Entry(models.Model):
    """What feedback and sensitive reports have in common: how it came, the clock, where it stands, what was told.

    ``due_on`` and ``risk_on`` are those of the running clock: first of the acknowledgement, then of the answer.
    """

    subject = models.UUIDField(unique=True, editable=False)
    keeper = models.ForeignKey("places.Area", models.PROTECT, related_name="+")
    organisation = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, related_name="+")
    registered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField()
    clock = models.ForeignKey(Clock, models.PROTECT, related_name="+")
    channel = models.CharField(max_length=12, choices=choices(rules.Channel))
    is_anonymous = models.BooleanField(default=False)
    text_sealed = models.BinaryField(null=True, editable=False)
    contact_sealed = models.BinaryField(null=True, editable=False)
    received_on = models.DateField()
    acknowledge_by = models.DateField(null=True)
    answer_by = models.DateField()
    answer_risk_on = models.DateField()
    due_on = models.DateField()
    risk_on = models.DateField()
    state = models.CharField(max_length=12, choices=choices(rules.State), default=rules.State.RECEIVED.value)
    acknowledged_on = models.DateField(null=True, blank=True)
    answered_on = models.DateField(null=True, blank=True)
    outcome = models.CharField(max_length=12, blank=True, choices=choices(rules.Outcome))
    closed_on = models.DateField(null=True, blank=True)
    told_on = models.DateField(null=True, blank=True)
    told_how = models.CharField(max_length=12, blank=True, choices=choices(rules.Channel))
    not_told = models.CharField(max_length=12, blank=True, choices=choices(rules.NotTold))
    owner = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    revision = models.PositiveIntegerField(default=1)
    source = models.CharField(max_length=20, default="office")
    erased_at = models.DateTimeField(null=True, blank=True)
    is_fictional = models.BooleanField(default=False)

    class Meta:
        abstract = True
        indexes = [
            models.Index(fields=["state", "due_on", "id"], name="%(app_label)s_%(class)s_by_due"),
            models.Index(fields=["keeper", "due_on", "id"], name="%(app_label)s_%(class)s_keeper"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["received", "acknowledged"], answered_on=None, outcome="")
                | (
                    models.Q(state__in=["answered", "closed"], answered_on__isnull=False)
                    & models.Q(answered_on__gte=models.F("received_on"))
                    & ~models.Q(outcome="")
                ),
                name="%(app_label)s_%(class)s_answered",
            ),
            models.CheckConstraint(
                condition=models.Q(acknowledged_on=None) | models.Q(acknowledged_on__gte=models.F("received_on")),
                name="%(app_label)s_%(class)s_acknowledged",
            ),
            models.CheckConstraint(
                condition=(~models.Q(state="closed") & models.Q(closed_on=None, told_on=None, told_how="", not_told=""))
                | (
                    models.Q(state="closed", closed_on__isnull=False, told_on=None, told_how="")
                    & ~models.Q(not_told="")
                )
                | (
                    models.Q(state="closed", closed_on__isnull=False, told_on__isnull=False, not_told="")
                    & ~models.Q(told_how="")
                ),
                name="%(app_label)s_%(class)s_told_or_not",
            ),
        ]

    @property
    def can_be_reached(self) -> bool:
        """Whether somebody can be told anything."""
        return not self.is_anonymous


class Step(models.Model):
    """A line of the story: what was done, and what was written then."""

    class Kind(models.TextChoices):
        RECEIVED = "received"
        ACKNOWLEDGED = "acknowledged"
        ASSIGNED = "assigned"
        NOTE = "note"
        ANSWERED = "answered"
        CLOSED = "closed"
        REOPENED = "reopened"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    sealed = models.BinaryField(null=True, editable=False)
    on = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    owner = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.kind} {self.on}"


TECHNICAL = frozenset(
    {
        "id",
        "subject",
        "keeper",
        "organisation",
        "registered_by",
        "registered_at",
        "clock",
        "acknowledge_by",
        "answer_by",
        "answer_risk_on",
        "due_on",
        "risk_on",
        "owner",
        "revision",
        "source",
        "erased_at",
        "is_fictional",
    }
)
CLASSES: Mapping[str, FieldClass] = {
    "channel": F.IDENTITY,
    "is_anonymous": F.IDENTITY,
    "text_sealed": F.IDENTITY,
    "contact_sealed": F.CONTACT,
    "received_on": F.IDENTITY,
    "state": F.IDENTITY,
    "acknowledged_on": F.IDENTITY,
    "answered_on": F.IDENTITY,
    "outcome": F.IDENTITY,
    "closed_on": F.IDENTITY,
    "told_on": F.IDENTITY,
    "told_how": F.IDENTITY,
    "not_told": F.IDENTITY,
}


# --- feedback ---------------------------------------------------------------------------------------------------------


def hiding() -> list[models.QuerySet[Any]]:
    """Whoever hides a feedback from who asks, as the second wall looks them up beyond itself."""
    here = models.OuterRef("pk")
    return [
        Feedback.objects.filter(homes.person_from_whom_asks("person__"), pk=here),
        Feedback.objects.filter(homes.people_from_whom_asks("household__"), pk=here),
        Feedback.objects.filter(homes.person_from_whom_asks("household__memberships__person__"), pk=here),
    ]


def of_shielded(here: models.OuterRef) -> list[models.QuerySet[Any]]:
    """Whoever is shielded of those an outer feedback speaks of; or was merged into one who is."""
    return [
        Feedback.objects.filter(shielded_or_merged(), pk=here),
        Feedback.objects.filter(household__shielded=True, pk=here),
        Feedback.objects.filter(shielded_or_merged("household__memberships__person__"), pk=here),
    ]


OF_SHIELDED = wall.Look("cases_feedback_of_shielded", of_shielded)


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.FEEDBACK_VIEW) -> Self:
        """Feedback on which the access carries the action, from and about nobody who is hidden from it."""
        return self.counted_for(access, action).filter(erased_at=None)

    def counted_for(self, access: Access, action: Action = Action.FEEDBACK_VIEW) -> Self:
        """The same with feedback that was erased since, of which dates and codes alone are left: for sums."""
        if not access.allows(action):
            return self.none()
        seen = self.filter(ground_of(access, action).q())
        if not access.allows(Action.SHIELDED_VIEW):
            return seen.filter(~OF_SHIELDED.q())
        here = models.OuterRef("pk")
        rows = Feedback.objects
        open_to_viewer = models.Q(
            ~models.Exists(rows.filter(homes.hidden_person(access, "person__"), pk=here)),
            ~models.Exists(rows.filter(homes.hidden_people(access, "household__"), pk=here)),
            ~models.Exists(rows.filter(homes.hidden_person(access, "household__memberships__person__"), pk=here)),
        )
        return seen.filter(~OF_SHIELDED.q() | open_to_viewer)


class Feedback(Entry):
    """What somebody told the office: from whom or from nobody, about whom or what, by when it is answered."""

    person = models.ForeignKey("people.Person", models.PROTECT, null=True, blank=True, related_name="feedback")
    household = models.ForeignKey("people.Household", models.PROTECT, null=True, blank=True, related_name="+")
    case = models.ForeignKey("cases.Case", models.PROTECT, null=True, blank=True, related_name="feedback")
    home = models.ForeignKey("homes.Property", models.PROTECT, null=True, blank=True, related_name="+")
    name_sealed = models.BinaryField(null=True, editable=False)
    sex = models.CharField(max_length=1, choices=choices(Sex), default=Sex.UNKNOWN.value)
    age_group = models.CharField(max_length=6, choices=choices(rules.AgeGroup), default=rules.AgeGroup.UNKNOWN.value)
    disability = models.CharField(
        max_length=4, choices=choices(rules.Disability), default=rules.Disability.UNKNOWN.value
    )

    objects: ClassVar[FeedbackQuerySet] = FeedbackQuerySet.as_manager()  # type: ignore[assignment]

    WALL = wall.rule(lambda: wall.announced(Reach.FEEDBACK).q(), hidden_if=OF_SHIELDED, hidden_by=hiding)
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        **CLASSES,
        "person": F.IDENTITY,
        "household": F.IDENTITY,
        "case": F.IDENTITY,
        "home": F.IDENTITY,
        "name_sealed": F.IDENTITY,
        "sex": F.IDENTITY,
        "age_group": F.IDENTITY,
        "disability": F.HEALTH,
    }
    TECHNICAL: ClassVar[frozenset[str]] = TECHNICAL

    class Meta(Entry.Meta):
        verbose_name_plural = "feedback"

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number people read out: F-0000012."""
        return rules.number(self.pk)


class FeedbackStep(Step):
    """A line of a feedback's story, sealed under its key."""

    entry = models.ForeignKey(Feedback, models.CASCADE, related_name="steps")

    WALL = wall.through("entry")


# --- sensitive reports ------------------------------------------------------------------------------------------------


class ReportQuerySet(models.QuerySet["Report"]):
    """Reads start here."""

    def visible_to(self, access: Access) -> Self:
        """Sensitive reports, for who may handle them there."""
        if not access.allows(Action.FEEDBACK_SENSITIVE):
            return self.none()
        return self.filter(ground_of(access, Action.FEEDBACK_SENSITIVE).q(), erased_at=None)


class Report(Entry):
    """A sensitive report: what was said, and how to reach whoever said it safely. No name, no link to a record."""

    objects: ClassVar[ReportQuerySet] = ReportQuerySet.as_manager()  # type: ignore[assignment]

    WALL = wall.rule(lambda: wall.announced(Reach.REPORTS).q())
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = dict.fromkeys(CLASSES, F.PROTECTION)
    TECHNICAL: ClassVar[frozenset[str]] = TECHNICAL

    class Meta(Entry.Meta):
        pass

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """How protection staff call it among themselves."""
        return f"R-{self.pk:05d}"


class ReportStep(Step):
    """A line of a report's story, sealed under its key."""

    entry = models.ForeignKey(Report, models.CASCADE, related_name="steps")

    WALL = wall.through("entry")
