"""Items, kits, warehouses with their batches, and every movement of stock. None of it leads to a person.

Movements are only ever added; a balance beside them is the sum, and the database itself refuses one below zero. A
hand-out on a slip and its movements carry one ``entry``, so that a bad lot can be followed to whoever was given of it.
"""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models

from streha.accounts.rules import Access, Action
from streha.assistance.sites.models import Kept, kept_q
from streha.assistance.supplies.rules import kits, stock
from streha.common.codes import Script, Sex
from streha.common.words import Words
from streha.engine import names
from streha.people.models import choices


class Called(models.Model):
    """Something with a name in the languages of the office; Serbian in Latin is made from the Cyrillic."""

    name_en = models.CharField(max_length=stock.NAME_LENGTH)
    name_sq = models.CharField(max_length=stock.NAME_LENGTH)
    name_sr = models.CharField(max_length=stock.NAME_LENGTH)

    class Meta:
        abstract = True

    @property
    def name(self) -> Words:
        """The name, to be said in somebody's language."""
        return Words(self.name_sq, self.name_sr, names.transliterate(self.name_sr, Script.LATIN), self.name_en)


# --- items and kits ---------------------------------------------------------------------------------------------------


class Item(Called):
    """Something that is given or bought, counted in whole units."""

    code = models.CharField(max_length=stock.CODE_LENGTH, unique=True)
    unit = models.CharField(max_length=8, choices=choices(stock.Unit))
    expires = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.code


class Kit(Called):
    """A version of a kit: its rules never change once a distribution goes by it."""

    code = models.CharField(max_length=stock.CODE_LENGTH)
    version = models.PositiveIntegerField()
    source = models.CharField(max_length=300, blank=True)
    verified = models.BooleanField(default=False)
    verified_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    verified_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="assistance_kit_version_once"),
            models.CheckConstraint(
                condition=models.Q(verified=False) | ~models.Q(source=""), name="assistance_kit_verified_has_source"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"


class KitRule(models.Model):
    """So much of an item, for whom or what."""

    kit = models.ForeignKey(Kit, models.CASCADE, related_name="rules")
    position = models.PositiveSmallIntegerField()
    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    per = models.CharField(max_length=10, choices=choices(kits.Per))
    quantity = models.DecimalField(max_digits=9, decimal_places=3)
    size_from = models.PositiveSmallIntegerField(null=True, blank=True)
    size_to = models.PositiveSmallIntegerField(null=True, blank=True)
    age_from = models.PositiveSmallIntegerField(null=True, blank=True)
    age_to = models.PositiveSmallIntegerField(null=True, blank=True)
    sex = models.CharField(max_length=1, blank=True, choices=choices(Sex))

    class Meta:
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="assistance_kitrule_gives"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} {self.item_id} a {self.per}"


# --- warehouses and stock ---------------------------------------------------------------------------------------------


class WarehouseQuerySet(models.QuerySet["Warehouse"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.STOCK_VIEW) -> Self:
        """Warehouses where the access carries the action."""
        return self.filter(kept_q(access, action))


class Warehouse(Kept):
    """Where stock lies. From a hidden one people are served whom others may not know of."""

    name = models.CharField(max_length=stock.NAME_LENGTH)
    address = models.CharField(max_length=stock.NAME_LENGTH, blank=True)
    ended_on = models.DateField(null=True, blank=True)

    objects: ClassVar[WarehouseQuerySet] = WarehouseQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(Kept.Meta):
        constraints = [models.UniqueConstraint(fields=["keeper", "name"], name="assistance_warehouse_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def number(self) -> str:
        """The number people read out: W-0002."""
        return f"W-{self.pk:04d}"


class Batch(models.Model):
    """So much of an item that came together: its lot, and until when it may be given."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="batches")
    lot = models.CharField(max_length=stock.CODE_LENGTH, blank=True)
    expires_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "lot"], condition=models.Q(expires_on=None), name="assistance_batch_of_lot_once"
            ),
            models.UniqueConstraint(fields=["item", "lot", "expires_on"], name="assistance_batch_once"),
        ]

    def __str__(self) -> str:
        return self.lot or f"batch {self.pk}"


class Balance(models.Model):
    """How much of a batch lies in a warehouse: the sum of its movements, never below zero."""

    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="balances")
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="balances")
    quantity = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["warehouse", "batch"], name="assistance_balance_once"),
            models.CheckConstraint(condition=models.Q(quantity__gte=0), name="assistance_stock_never_below_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.batch_id} in {self.warehouse_id}"


class Movement(models.Model):
    """Stock that came, went or was corrected; never changed. Rows of one deed share an ``entry``."""

    entry = models.UUIDField()
    kind = models.CharField(max_length=10, choices=choices(stock.Kind))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="movements")
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="movements")
    quantity = models.IntegerField()
    distribution = models.ForeignKey(
        "assistance.Distribution", models.PROTECT, null=True, blank=True, related_name="movements"
    )
    paper = models.CharField(max_length=stock.NAME_LENGTH, blank=True)
    why = models.CharField(max_length=16, blank=True)
    note = models.CharField(max_length=stock.NOTE_LENGTH, blank=True)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["warehouse", "-id"], name="assistance_movement_by_place"),
            models.Index(fields=["entry"], name="assistance_movement_by_entry"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "kind", "warehouse", "batch"], name="assistance_movement_once_in_entry"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=sorted(stock.IN), quantity__gt=0)
                | models.Q(kind__in=sorted(stock.OUT), quantity__lt=0)
                | (models.Q(kind="adjust") & ~models.Q(quantity=0)),
                name="assistance_movement_has_direction",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity}"


class ReorderLine(models.Model):
    """Below how much of an item a warehouse orders, and up to how much."""

    warehouse = models.ForeignKey(Warehouse, models.CASCADE, related_name="lines")
    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    line = models.PositiveIntegerField()
    fill_to = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["warehouse", "item"], name="assistance_reorder_once"),
            models.CheckConstraint(
                condition=models.Q(fill_to__gte=models.F("line")), name="assistance_reorder_fills_above_line"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.line}"


class StockCount(models.Model):
    """Somebody counted a warehouse. Somebody else settles the differences, and only then the books change."""

    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="counts")
    counted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    counted_at = models.DateTimeField()
    settled_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    is_dropped = models.BooleanField(default=False)
    note = models.CharField(max_length=stock.NOTE_LENGTH, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["warehouse"], condition=models.Q(settled_at=None), name="assistance_one_count_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"count {self.pk}"


class CountLine(models.Model):
    """A batch as it was counted, beside what the books said when it was."""

    count = models.ForeignKey(StockCount, models.CASCADE, related_name="lines")
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="+")
    booked = models.PositiveIntegerField()
    counted = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["count", "batch"], name="assistance_countline_once")]

    def __str__(self) -> str:
        return f"{self.counted} of {self.batch_id}"

    @property
    def by(self) -> int:
        """What the books have to be changed by."""
        return int(self.counted - self.booked)
