"""Tables of plans: goals and visits of a case, sealed under the case's key where somebody wrote something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self, TypeVar

from django.db import models

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.cases import models as cases
from streha.cases.plans import rules
from streha.common.codes import FieldClass
from streha.people.models import choices

F = FieldClass

SEALED_GOAL = "cases.goal.text"
SEALED_GOAL_NOTE = "cases.goal.note"
SEALED_VISIT = "cases.visit.report"
SEALED_VISITOR = "cases.visit.name"


Row = TypeVar("Row", bound=models.Model)


class OfCaseQuerySet(models.QuerySet[Row]):
    """What hangs on a case is seen by who sees the case."""

    def visible_to(self, access: Access, action: Action = Action.CASE_VIEW) -> Self:
        """Those of cases on which the access carries the action."""
        seen = cases.Case.objects.visible_to(access, action)
        # Asked of each row: as a list of keys, a municipality's cases would all be looked at for the first few rows.
        return self.filter(models.Exists(seen.filter(pk=models.OuterRef("case_id"))))


class Goal(models.Model):
    """One thing that the plan of a case is to reach, until when, and whether the person has agreed to it."""

    WALL = wall.through("case")

    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="goals")
    kind = models.CharField(max_length=12, choices=choices(rules.GoalKind))
    text_sealed = models.BinaryField(editable=False)
    due_on = models.DateField()
    agreed_on = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=choices(rules.GoalState), default=rules.GoalState.OPEN.value)
    note_sealed = models.BinaryField(null=True, editable=False)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    settled_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[OfCaseQuerySet[Goal]] = OfCaseQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="open", settled_at=None)
                | (~models.Q(state="open") & models.Q(settled_at__isnull=False)),
                name="cases_goal_settled_at",
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind}"


class Visit(models.Model):
    """A visit planned, made or cancelled: where, by whom, and what was found."""

    WALL = wall.through("case")

    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="visits")
    kind = models.CharField(max_length=10, choices=choices(rules.VisitKind))
    area = models.ForeignKey("places.Area", models.PROTECT, null=True, blank=True, related_name="+")
    planned_on = models.DateField()
    visitor = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    state = models.CharField(max_length=10, choices=choices(rules.VisitState), default=rules.VisitState.PLANNED.value)
    done_on = models.DateField(null=True, blank=True)
    presence = models.CharField(max_length=12, blank=True, choices=choices(rules.Presence))
    report_sealed = models.BinaryField(null=True, editable=False)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    told_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    told_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[OfCaseQuerySet[Visit]] = OfCaseQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = [
            models.Index(fields=["state", "planned_on", "id"], name="cases_visit_by_day"),
            models.Index(fields=["visitor", "state", "planned_on"], name="cases_visit_by_visitor"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=(models.Q(state="done", done_on__isnull=False, told_at__isnull=False))
                | (models.Q(state="planned", done_on=None, told_at=None, presence=""))
                | (models.Q(state="cancelled", done_on=None, told_at__isnull=False, presence="")),
                name="cases_visit_done_on_a_day",
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.planned_on}"


class VisitParticipant(models.Model):
    """Somebody who was to take part: of the case, of the office, or another whose name is sealed."""

    WALL = wall.through("visit")

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="participants")
    person = models.ForeignKey("people.Person", models.CASCADE, null=True, blank=True, related_name="visits")
    user = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    name_sealed = models.BinaryField(null=True, editable=False)
    came = models.BooleanField(null=True)

    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {"name_sealed": F.IDENTITY, "came": F.IDENTITY}
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "visit", "person", "user"})

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["visit", "person"],
                condition=models.Q(person__isnull=False),
                name="cases_visitparticipant_person_once",
            ),
            models.UniqueConstraint(
                fields=["visit", "user"],
                condition=models.Q(user__isnull=False),
                name="cases_visitparticipant_user_once",
            ),
            models.CheckConstraint(
                condition=models.Q(person__isnull=False, user=None, name_sealed=None)
                | models.Q(person=None, user__isnull=False, name_sealed=None)
                | models.Q(person=None, user=None, name_sealed__isnull=False),
                name="cases_visitparticipant_is_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.person_id or self.user_id or 'another'}"
