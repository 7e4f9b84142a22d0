"""Tables of house works: lots, works with their stages, inspections, cost, handover and defects.

Works hang on a home and are seen where the home is seen; what somebody writes about the building is sealed under the
home's key and goes with it. Photos of inspections are photos of the home.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from django.db import models

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.assistance.works import rules
from streha.common.codes import FieldClass
from streha.homes.models import without_hidden
from streha.people.models import OF_SHIELDED, choices, ground_of, kept_q

F = FieldClass
SEALED_NOTE = "assistance.inspection.note"
SEALED_DEFECT = "assistance.defect.said"
SEALED_SIGNED = "assistance.handover.signed"


class LotQuerySet(models.QuerySet["Lot"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.WORKS_VIEW) -> Self:
        """Lots kept where the access carries the action."""
        return self.filter(ground_of(access, action).q())


class Lot(models.Model):
    """Houses that one contractor builds by one tender. A company is no person of the register."""

    title = models.CharField(max_length=160)
    keeper = models.ForeignKey("places.Area", models.PROTECT, related_name="+")
    organisation = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, related_name="+")
    registered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField()
    tender = models.CharField(max_length=80, blank=True)
    contractor = models.CharField(max_length=160, blank=True)
    contracted_on = models.DateField(null=True, blank=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    currency = models.CharField(max_length=3, default="EUR")
    version = models.PositiveIntegerField(default=1)
    is_fictional = models.BooleanField(default=False)

    objects: ClassVar[LotQuerySet] = LotQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="assistance_lot_amount_not_negative"),
            models.CheckConstraint(
                condition=models.Q(contracted_on=None) | ~models.Q(contractor=""),
                name="assistance_lot_contract_has_contractor",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def number(self) -> str:
        """The number people read out: LOT-0003."""
        return rules.lot_number(self.pk)


class WorksQuerySet(models.QuerySet["HouseWorks"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.WORKS_VIEW) -> Self:
        """Works on homes on which the access carries the action, none of whose people is hidden from it."""
        seen = self.filter(kept_q(access, action, "home__"))
        seen = without_hidden(access, seen, home="home_id")
        shown = models.Q(household=None) | ~OF_SHIELDED.q("household_id")
        if access.allows(Action.SHIELDED_VIEW):
            shown |= kept_q(access, Action.PERSON_VIEW, "household__")
        return seen.filter(shown)


class HouseWorks(models.Model):
    """Building or repair of one home. ``percent``, ``stage`` and ``stage_due`` repeat its stages for lists and maps."""

    home = models.ForeignKey("homes.Property", models.PROTECT, related_name="works")
    household = models.ForeignKey("people.Household", models.PROTECT, null=True, blank=True, related_name="+")
    case = models.ForeignKey("cases.Case", models.PROTECT, null=True, blank=True, related_name="+")
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, blank=True, related_name="works")
    kind = models.CharField(max_length=8, choices=choices(rules.Kind))
    state = models.CharField(max_length=12, choices=choices(rules.State), default=rules.State.PLANNED)
    stage = models.CharField(max_length=14, blank=True, choices=choices(rules.Stage))  # the first that is not done
    stage_due = models.DateField(null=True, blank=True)
    percent = models.PositiveSmallIntegerField(default=0)
    starts_on = models.DateField()
    ends_on = models.DateField()  # planned end of the handover
    next_inspection = models.DateField(null=True, blank=True)
    stop_reason = models.CharField(max_length=300, blank=True)
    cost_planned = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    cost_contracted = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    cost_spent = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    currency = models.CharField(max_length=3, default="EUR")
    planned_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    planned_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    is_fictional = models.BooleanField(default=False)

    objects: ClassVar[WorksQuerySet] = WorksQuerySet.as_manager()  # type: ignore[assignment]

    WALL = wall.through("home")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "home": F.IDENTITY,
        "household": F.IDENTITY,
        "case": F.IDENTITY,
        "kind": F.IDENTITY,
        "state": F.IDENTITY,
        "stage": F.IDENTITY,
        "stage_due": F.IDENTITY,
        "percent": F.IDENTITY,
        "starts_on": F.IDENTITY,
        "ends_on": F.IDENTITY,
        "stop_reason": F.IDENTITY,
        "cost_planned": F.PAYMENT,
        "cost_contracted": F.PAYMENT,
        "cost_spent": F.PAYMENT,
        "currency": F.PAYMENT,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset(
        {"id", "lot", "next_inspection", "planned_by", "planned_at", "version", "is_fictional"}
    )

    class Meta:
        verbose_name_plural = "house works"
        indexes = [models.Index(fields=["state", "id"], name="assistance_works_by_state")]
        constraints = [
            models.UniqueConstraint(
                fields=["home"],
                condition=models.Q(state__in=["planned", "running", "stopped"]),
                name="assistance_works_once_at_a_time",
            ),
            models.CheckConstraint(condition=models.Q(percent__lte=100), name="assistance_works_percent"),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="assistance_works_end_after_start"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="stopped") | ~models.Q(stop_reason=""),
                name="assistance_works_stopped_with_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(cost_planned__gte=0, cost_contracted__gte=0, cost_spent__gte=0),
                name="assistance_works_cost_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number people read out: HW-000123."""
        return rules.works_number(self.pk)


class WorksStage(models.Model):
    """A stage of one house: its weight and planned days as they were when it was planned, and how far it is."""

    works = models.ForeignKey(HouseWorks, models.CASCADE, related_name="stages")
    code = models.CharField(max_length=14, choices=choices(rules.Stage))
    position = models.PositiveSmallIntegerField()
    weight = models.PositiveSmallIntegerField()
    after = models.CharField(max_length=14, blank=True, choices=choices(rules.Stage))
    planned_start = models.DateField()
    planned_end = models.DateField()
    percent = models.PositiveSmallIntegerField(default=0)
    started_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)

    WALL = wall.through("works")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["works", "code"], name="assistance_worksstage_once"),
            models.CheckConstraint(condition=models.Q(percent__lte=100), name="assistance_worksstage_percent"),
            models.CheckConstraint(
                condition=models.Q(ended_on=None) | models.Q(percent=100), name="assistance_worksstage_ended_is_done"
            ),
            models.CheckConstraint(
                condition=models.Q(planned_end__gte=models.F("planned_start")),
                name="assistance_worksstage_plan_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.percent} %"


class Inspection(models.Model):
    """Somebody was on the site: when, who, what they wrote, and how much of the house was done; never changed."""

    works = models.ForeignKey(HouseWorks, models.CASCADE, related_name="inspections")
    on = models.DateField()
    percent = models.PositiveSmallIntegerField()
    gain = models.SmallIntegerField()  # percent of the house since the inspection before
    note_sealed = models.BinaryField(null=True, editable=False)
    noted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", db_index=False)
    noted_at = models.DateTimeField()

    WALL = wall.through("works")

    class Meta:
        ordering = ["on", "pk"]

    def __str__(self) -> str:
        return f"{self.on} {self.percent} %"


class InspectionStage(models.Model):
    """How far a stage was at an inspection."""

    inspection = models.ForeignKey(Inspection, models.CASCADE, related_name="stages")
    code = models.CharField(max_length=14, choices=choices(rules.Stage))
    percent = models.PositiveSmallIntegerField()

    WALL = wall.through("inspection")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["inspection", "code"], name="assistance_inspectionstage_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.percent} %"


class InspectionPhoto(models.Model):
    """Which photos of the home were taken at an inspection."""

    inspection = models.ForeignKey(Inspection, models.CASCADE, related_name="photos")
    photo = models.ForeignKey("homes.Photo", models.CASCADE, related_name="+")

    WALL = wall.through("inspection")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["inspection", "photo"], name="assistance_inspectionphoto_once")]

    def __str__(self) -> str:
        return f"photo {self.photo_id}"


class WorksCost(models.Model):
    """What was paid for one house: when, how much, by which paper."""

    works = models.ForeignKey(HouseWorks, models.CASCADE, related_name="costs")
    on = models.DateField()
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=80)
    noted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", db_index=False)
    noted_at = models.DateTimeField()

    WALL = wall.through("works")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["works", "reference"], name="assistance_workscost_paper_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="assistance_workscost_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class Handover(models.Model):
    """The household took the house: on which day, and who of it signed."""

    works = models.OneToOneField(HouseWorks, models.CASCADE, related_name="handover")
    on = models.DateField()
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, blank=True, related_name="+")
    signed_sealed = models.BinaryField(null=True, editable=False)  # somebody who is not in the register
    noted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", db_index=False)
    noted_at = models.DateTimeField()

    WALL = wall.through("works")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "on": F.IDENTITY,
        "person": F.IDENTITY,
        "signed_sealed": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "works", "noted_by", "noted_at"})

    def __str__(self) -> str:
        return f"{self.on}"


class Defect(models.Model):
    """What has still to be mended after the handover, found when, mended when."""

    works = models.ForeignKey(HouseWorks, models.CASCADE, related_name="defects")
    said_sealed = models.BinaryField(editable=False)
    found_on = models.DateField()
    mended_on = models.DateField(null=True, blank=True)
    noted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", db_index=False)
    noted_at = models.DateTimeField()

    WALL = wall.through("works")

    class Meta:
        indexes = [
            models.Index(fields=["works"], condition=models.Q(mended_on=None), name="assistance_defect_open"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(mended_on=None) | models.Q(mended_on__gte=models.F("found_on")),
                name="assistance_defect_mended_after_found",
            )
        ]

    def __str__(self) -> str:
        return f"defect {self.pk}"
