"""Reads of supplies: the catalogue, kits, what lies where, what expires, what is below its line, the ledger."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import F, Max, QuerySet, Sum
from django.db.models.functions import TruncDate

from streha.accounts.rules import Access, Action
from streha.assistance.sites import queries as sites
from streha.assistance.sites.rules import sphere
from streha.assistance.supplies import models
from streha.assistance.supplies.rules import stock
from streha.common import errors, pages
from streha.common.pages import PAGE_SIZE, Page

MOST_ROWS = 500
carries = sites.carries


# --- catalogue --------------------------------------------------------------------------------------------------------


def items(access: Access) -> QuerySet[models.Item]:
    """Items of the catalogue that are in use."""
    access.require(Action.STOCK_VIEW)
    return models.Item.objects.filter(ended_at=None).order_by("code")


def item(access: Access, pk: int) -> models.Item:
    """The item; raises NotFound for one that is not there."""
    access.require(Action.STOCK_VIEW)
    found = models.Item.objects.filter(pk=pk).first()
    if found is None:
        raise errors.NotFound()
    return found


def kits(access: Access) -> list[models.Kit]:
    """The newest version of every kit, with its rules."""
    if not any(access.allows(action) for action in (Action.STOCK_VIEW, Action.DISTRIBUTION_VIEW)):
        access.require(Action.STOCK_VIEW)
    newest: dict[str, models.Kit] = {}
    for kit in models.Kit.objects.order_by("code", "version").prefetch_related("rules__item"):
        newest[kit.code] = kit
    return list(newest.values())


def kit(access: Access, pk: int) -> models.Kit:
    """A version of a kit; raises NotFound for one that is not there."""
    access.require(Action.STOCK_VIEW)
    found = models.Kit.objects.prefetch_related("rules__item").filter(pk=pk).first()
    if found is None:
        raise errors.NotFound()
    return found


# --- stock ------------------------------------------------------------------------------------------------------------


def warehouses(access: Access, action: Action = Action.STOCK_VIEW) -> QuerySet[models.Warehouse]:
    """Warehouses where the action is carried, that are in use."""
    rows = models.Warehouse.objects.visible_to(access, action).filter(ended_on=None)
    return rows.select_related("keeper").order_by("name", "pk")


def visible_warehouse(access: Access, pk: int) -> models.Warehouse:
    """The warehouse; raises NotFound for one that does not exist for this viewer."""
    found = models.Warehouse.objects.visible_to(access).select_related("keeper").filter(pk=pk).first()
    if found is None:
        raise errors.NotFound()
    return found


def lots(warehouse_id: int) -> list[stock.Lot]:
    """What lies in a warehouse, batch by batch."""
    rows = models.Balance.objects.filter(warehouse_id=warehouse_id).select_related("batch").order_by("batch_id")
    return [stock.Lot(b.batch_id, b.batch.item_id, b.quantity, b.batch.expires_on) for b in rows]


@dataclass(frozen=True)
class Held:
    """An item in the warehouses that the viewer sees: how much may be given, what expires, what has expired."""

    item: models.Item
    quantity: int
    expired: int
    soon: int
    line: int | None = None
    fill_to: int | None = None

    @property
    def is_below(self) -> bool:
        """Whether less may be given than the line at which it is ordered."""
        return self.line is not None and self.quantity < self.line

    @property
    def to_order(self) -> int:
        """How much fills it up again."""
        return max((self.fill_to or 0) - self.quantity, 0) if self.is_below else 0


def held(access: Access, today: dt.date, *, warehouse: models.Warehouse | None = None) -> list[Held]:
    """What lies in one warehouse, or in all that the viewer sees, item by item; also what is below its line."""
    places = [warehouse] if warehouse else list(warehouses(access))
    rows = models.Balance.objects.filter(warehouse__in=places, quantity__gt=0).select_related("batch__item")
    found: dict[int, list[models.Balance]] = {}
    for balance in rows.order_by("batch__item__code", "batch_id"):
        found.setdefault(balance.batch.item_id, []).append(balance)
    lines: dict[int, tuple[int, int]] = {}
    for row in models.ReorderLine.objects.filter(warehouse__in=places):
        line, fill_to = lines.get(row.item_id, (0, 0))
        lines[row.item_id] = (line + row.line, fill_to + row.fill_to)
    known = models.Item.objects.in_bulk(found.keys() | lines.keys())
    shown = [_held(known[pk], found.get(pk, []), lines.get(pk), today) for pk in known]
    return sorted(shown, key=lambda one: one.item.code)


def _held(item_: models.Item, balances: Iterable[models.Balance], line: tuple[int, int] | None, today: dt.date) -> Held:
    there = list(balances)
    expired = sum(b.quantity for b in there if stock.is_expired(b.batch.expires_on, today))
    last = today + stock.SOON
    soon = sum(b.quantity for b in there if b.batch.expires_on and today <= b.batch.expires_on <= last)
    quantity = sum(b.quantity for b in there) - expired
    return Held(item_, quantity, expired, soon, *(line or (None, None)))


def expiring(access: Access, today: dt.date) -> QuerySet[models.Balance]:
    """Stock that has expired or will soon, what is first from above."""
    rows = models.Balance.objects.filter(
        warehouse__in=warehouses(access).values("pk"), quantity__gt=0, batch__expires_on__lte=today + stock.SOON
    )
    return rows.select_related("batch__item", "warehouse").order_by("batch__expires_on", "pk")


@dataclass(frozen=True)
class WarehousePage:
    """A warehouse as one viewer sees it."""

    warehouse: models.Warehouse
    held: tuple[Held, ...]
    balances: tuple[models.Balance, ...]
    lines: tuple[models.ReorderLine, ...]
    count: models.StockCount | None  # that waits to be settled
    may_move: bool
    may_rule: bool


def warehouse_page(access: Access, pk: int, *, at: dt.datetime) -> WarehousePage:
    """A warehouse with what lies there by item and by batch."""
    warehouse = visible_warehouse(access, pk)
    balances = warehouse.balances.filter(quantity__gt=0).select_related("batch__item")
    lines = warehouse.lines.select_related("item").order_by("item__code")
    return WarehousePage(
        warehouse,
        tuple(held(access, at.date(), warehouse=warehouse)),
        tuple(balances.order_by("batch__item__code", F("batch__expires_on").asc(nulls_last=True), "batch_id")),
        tuple(lines),
        warehouse.counts.filter(settled_at=None).select_related("counted_by").first(),
        carries(access, Action.STOCK_MOVE, warehouse),
        carries(access, Action.STOCK_RULES, warehouse),
    )


def movements_page(
    access: Access,
    *,
    warehouse_id: int | None = None,
    item_id: int | None = None,
    kind: str = "",
    after: str = "",
    limit: int = PAGE_SIZE,
) -> Page[models.Movement]:
    """One page of the ledger, the latest first."""
    rows = models.Movement.objects.filter(warehouse__in=models.Warehouse.objects.visible_to(access).values("pk"))
    if warehouse_id is not None:
        rows = rows.filter(warehouse_id=warehouse_id)
    if item_id is not None:
        rows = rows.filter(batch__item_id=item_id)
    if kind:
        rows = rows.filter(kind=kind)
    if after:
        rows = rows.filter(pk__lt=pages.number_of(after))
    found = list(
        rows.select_related("warehouse", "batch__item", "made_by", "distribution").order_by("-pk")[: limit + 1]
    )
    return Page(tuple(found[:limit]), str(found[limit - 1].pk) if len(found) > limit else "")


@dataclass(frozen=True)
class Deed:
    """What was done at one moment with the stock of a warehouse: so much of each item, by whom, on which paper."""

    kind: str
    at: dt.datetime
    by: object
    why: str
    paper: str
    distribution_id: int | None
    much: tuple[tuple[models.Item, int], ...]


def deeds_of(access: Access, warehouse_id: int, *, limit: int = 1000) -> list[Deed]:
    """What came to a visible warehouse, went and was corrected, deed by deed, the latest first.

    What was handed out is one deed a day and distribution; of the others the last ``limit`` movements are read.
    """
    mine = models.Movement.objects.filter(
        warehouse__in=models.Warehouse.objects.visible_to(access).filter(pk=warehouse_id).values("pk")
    )
    rows = mine.exclude(kind=stock.Kind.HAND_OUT).select_related("batch__item", "made_by").order_by("-pk")[:limit]
    found: dict[tuple[uuid.UUID, str], list[models.Movement]] = {}
    for row in rows:
        found.setdefault((row.entry, row.kind), []).append(row)
    deeds = [
        Deed(each[0].kind, each[0].made_at, each[0].made_by, each[0].why, each[0].paper, None, _much(each))
        for each in found.values()
    ]
    return sorted([*deeds, *_handed_out(mine)], key=lambda deed: deed.at, reverse=True)


def _much(rows: Iterable[models.Movement]) -> tuple[tuple[models.Item, int], ...]:
    sums: dict[models.Item, int] = {}
    for row in rows:
        sums[row.batch.item] = sums.get(row.batch.item, 0) + row.quantity
    return tuple(sums.items())


def _handed_out(mine: QuerySet[models.Movement]) -> list[Deed]:
    """One deed a day and distribution, however many slips there were."""
    out = mine.filter(kind=stock.Kind.HAND_OUT).annotate(day=TruncDate("made_at")).order_by()
    sums = out.values_list("day", "distribution_id", "batch__item_id").annotate(n=Sum("quantity"), last=Max("made_at"))
    days: dict[tuple[dt.date, int | None], list[tuple[int, int, dt.datetime]]] = {}
    for day, distribution_id, item_id, number, last in sums:
        days.setdefault((day, distribution_id), []).append((item_id, number, last))
    known = models.Item.objects.in_bulk({item_id for each in days.values() for item_id, _n, _last in each})
    return [
        Deed(
            stock.Kind.HAND_OUT,
            max(last for _item, _n, last in each),
            None,
            "",
            "",
            distribution_id,
            tuple((known[item_id], number) for item_id, number, _last in sorted(each)),
        )
        for (_day, distribution_id), each in days.items()
    ]


def counts_of(access: Access, warehouse_id: int) -> list[models.StockCount]:
    """Counts of a visible warehouse, the latest first."""
    mine = models.Warehouse.objects.visible_to(access).filter(pk=warehouse_id).values("pk")
    rows = models.StockCount.objects.filter(warehouse__in=mine).select_related("counted_by", "settled_by")
    return list(rows.prefetch_related("lines").order_by("-pk")[:24])


def counts_open(access: Access) -> QuerySet[models.StockCount]:
    """Counts that wait for the viewer to settle them."""
    mine = models.Warehouse.objects.visible_to(access, Action.STOCK_RULES).values("pk")
    rows = models.StockCount.objects.filter(warehouse__in=mine, settled_at=None)
    return rows.exclude(counted_by_id=access.user_id or 0).select_related("warehouse", "counted_by").order_by("pk")


def visible_count(access: Access, pk: int) -> models.StockCount:
    """A count of a visible warehouse; raises NotFound otherwise."""
    mine = models.Warehouse.objects.visible_to(access).values("pk")
    rows = models.StockCount.objects.filter(warehouse__in=mine)
    found = rows.select_related("warehouse", "counted_by", "settled_by").filter(pk=pk).first()
    if found is None:
        raise errors.NotFound()
    return found


def reconciles(warehouse_ids: Collection[int] | None = None) -> list[tuple[int, int, int, int]]:
    """Balances that are not the sum of their movements: warehouse, batch, balance, sum. There are none."""
    moved = models.Movement.objects.values("warehouse_id", "batch_id").annotate(all=Sum("quantity"))
    booked = models.Balance.objects.all()
    if warehouse_ids is not None:
        moved, booked = moved.filter(warehouse__in=warehouse_ids), booked.filter(warehouse__in=warehouse_ids)
    sums = {(row["warehouse_id"], row["batch_id"]): row["all"] for row in moved}
    balances = {(row.warehouse_id, row.batch_id): row.quantity for row in booked}
    return [
        (*key, balances.get(key, 0), sums.get(key, 0))
        for key in sorted(sums.keys() | balances.keys())
        if balances.get(key, 0) != sums.get(key, 0)
    ]


def entries_of_batch(batch_id: int) -> list[uuid.UUID]:
    """Entries by which something of a batch was handed out."""
    rows = models.Movement.objects.filter(batch_id=batch_id, kind=stock.Kind.HAND_OUT)
    return list(rows.values_list("entry", flat=True).distinct())


# --- what to buy ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ToBuy:
    """So many of an item, with the reasons."""

    item: models.Item | None
    code: str
    quantity: int
    reasons: tuple[sphere.Purchase, ...]


def purchase_list(access: Access, today: dt.date) -> list[ToBuy]:
    """What fills the gaps of sites, and what is below its line in a warehouse, item by item."""
    wanted: list[sphere.Purchase] = sites.missing(access) if access.allows(Action.SITE_VIEW) else []
    for place in warehouses(access) if access.allows(Action.STOCK_VIEW) else ():
        wanted += [
            sphere.Purchase(one.item.code, one.to_order, "below_line", place.name)
            for one in held(access, today, warehouse=place)
            if one.to_order
        ]
    known = {row.code: row for row in models.Item.objects.filter(code__in={each.item for each in wanted})}
    found: dict[str, list[sphere.Purchase]] = {}
    for each in wanted:
        found.setdefault(each.item, []).append(each)
    return [
        ToBuy(known.get(code), code, sum(each.quantity for each in reasons), tuple(reasons))
        for code, reasons in sorted(found.items())
    ]
