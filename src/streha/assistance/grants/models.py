"""Tables of grants: the grant with its plan, tranches on conditions, visits, and checks whether the business lives.

The plan and what visits found are sealed under the person's own key; sums, days and outcomes stay as figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from django.db import models

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.assistance.grants import rules
from streha.common import money
from streha.common.codes import FieldClass
from streha.homes.models import hidden_people
from streha.people.models import choices, kept_q

F = FieldClass
SEALED_PLAN = "assistance.grant.plan"
SEALED_NOTE = "assistance.grantvisit.note"


class GrantQuerySet(models.QuerySet["Grant"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.GRANT_VIEW) -> Self:
        """Grants of people on whom the access carries the action; also of records merged into one it may see."""
        return self.filter(kept_q(access, action, "person__")).exclude(
            hidden_people(access, "person__canonical__"), person__canonical__isnull=False
        )


class Grant(models.Model):
    """Money for a business of one person, in tranches."""

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    household = models.ForeignKey("people.Household", models.PROTECT, null=True, blank=True, related_name="+")
    case = models.ForeignKey("cases.Case", models.PROTECT, null=True, blank=True, related_name="+")
    cycle = models.ForeignKey("assistance.Cycle", models.PROTECT, null=True, blank=True, related_name="+")
    sector = models.CharField(max_length=16, choices=choices(rules.Sector))
    plan_sealed = models.BinaryField(null=True, editable=False)
    amount = models.DecimalField(**money.columns())
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=choices(rules.State), default=rules.State.RUNNING)
    starts_on = models.DateField()
    jobs_planned = models.PositiveSmallIntegerField(default=0)
    again_reason = models.CharField(max_length=300, blank=True)
    end_reason = models.CharField(max_length=300, blank=True)
    awarded_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    awarded_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    is_fictional = models.BooleanField(default=False)

    objects: ClassVar[GrantQuerySet] = GrantQuerySet.as_manager()  # type: ignore[assignment]

    WALL = wall.through("person")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "person": F.IDENTITY,
        "household": F.IDENTITY,
        "case": F.IDENTITY,
        "cycle": F.IDENTITY,
        "sector": F.IDENTITY,
        "plan_sealed": F.IDENTITY,
        "amount": F.IDENTITY,
        "currency": F.IDENTITY,
        "state": F.IDENTITY,
        "starts_on": F.IDENTITY,
        "jobs_planned": F.IDENTITY,
        "again_reason": F.IDENTITY,
        "end_reason": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "awarded_by", "awarded_at", "version", "is_fictional"})

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="assistance_grant_positive"),
            models.CheckConstraint(
                condition=~models.Q(state="cancelled") | ~models.Q(end_reason=""),
                name="assistance_grant_cancelled_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number people read out: GR-00042."""
        return rules.grant_number(self.pk)


class Tranche(models.Model):
    """A part of the grant: what must be done first, when it was done, when it was paid and by which paper."""

    grant = models.ForeignKey(Grant, models.CASCADE, related_name="tranches")
    position = models.PositiveSmallIntegerField()
    amount = models.DecimalField(**money.columns())
    condition = models.CharField(max_length=rules.CONDITION_LENGTH)
    met_on = models.DateField(null=True, blank=True)
    met_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", db_index=False)
    paid_on = models.DateField(null=True, blank=True)
    paid_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", db_index=False)
    reference = models.CharField(max_length=80, blank=True)

    WALL = wall.through("grant")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["grant", "position"], name="assistance_tranche_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="assistance_tranche_positive"),
            models.CheckConstraint(
                condition=models.Q(paid_on=None) | models.Q(met_on__isnull=False, paid_on__gte=models.F("met_on")),
                name="assistance_tranche_paid_after_condition",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.amount}"


class GrantVisit(models.Model):
    """Somebody went to the business."""

    grant = models.ForeignKey(Grant, models.CASCADE, related_name="visits")
    on = models.DateField()
    note_sealed = models.BinaryField(null=True, editable=False)
    noted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", db_index=False)
    noted_at = models.DateTimeField()

    WALL = wall.through("grant")

    def __str__(self) -> str:
        return f"{self.on}"


class AliveCheck(models.Model):
    """Whether the business lives so many months after it began, and how many jobs it gives."""

    grant = models.ForeignKey(Grant, models.CASCADE, related_name="checks")
    months = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    made_on = models.DateField(null=True, blank=True)
    found = models.CharField(max_length=12, blank=True, choices=choices(rules.Alive))
    jobs = models.PositiveSmallIntegerField(null=True, blank=True)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", db_index=False)

    WALL = wall.through("grant")

    class Meta:
        ordering = ["months"]
        indexes = [
            models.Index(fields=["due_on"], condition=models.Q(made_on=None), name="assistance_alivecheck_due"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["grant", "months"], name="assistance_alivecheck_once"),
            models.CheckConstraint(
                condition=models.Q(made_on=None, found="", jobs=None)
                | (models.Q(made_on__isnull=False) & ~models.Q(found="")),
                name="assistance_alivecheck_made_says_what",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.months}: {self.found}"
