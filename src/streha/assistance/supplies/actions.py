"""Every write to items, kits and stock: each asks the policy, checks the rules, writes, and leaves a record.

Stock moves by ``_move`` alone: it locks the balances it touches in the order of their batches, writes the movement and
the balance together, and the database refuses a balance below zero. Distributions stand in ``handing``.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from streha.accounts import queries as account_queries
from streha.accounts.rules import Access, Action
from streha.assistance.actions import record
from streha.assistance.sites.actions import kept_columns
from streha.assistance.supplies import bridge, models, queries
from streha.assistance.supplies.rules import kits, stock
from streha.common import errors

A = Action


# --- items ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ItemDraft:
    """An item as somebody describes it."""

    code: str
    unit: stock.Unit
    name_en: str
    name_sq: str
    name_sr: str
    expires: bool = False


@transaction.atomic
def add_item(draft: ItemDraft, *, by: Access, at: dt.datetime) -> models.Item:
    """The item stands in the catalogue."""
    by.require(A.STOCK_RULES)
    item = models.Item(made_by_id=by.user_id, made_at=at, code=stock.check_code(draft.code), unit=draft.unit.value)
    _name(item, draft)
    item.expires = draft.expires
    try:
        with transaction.atomic():
            item.save()
    except IntegrityError as wrong:
        raise errors.Conflict(
            errors.message("“{value}” stands in the catalogue already. Choose another code."),
            code="item_twice",
            field="code",
            value=item.code,
        ) from wrong
    record(by, at, "item added", "item", item.pk, {"code": item.code})
    return item


@transaction.atomic
def change_item(pk: int, draft: ItemDraft, *, version: int, by: Access, at: dt.datetime) -> models.Item:
    """The names of the item are as the draft says. Its code and unit stay: stock is counted in them."""
    by.require(A.STOCK_RULES)
    item = models.Item.objects.select_for_update().filter(pk=pk).first()
    if item is None:
        raise errors.NotFound()
    if item.version != version:
        raise errors.Conflict()
    _name(item, draft)
    item.expires, item.version = draft.expires, version + 1
    item.save()
    record(by, at, "item changed", "item", item.pk, {"code": item.code})
    return item


def _name(row: models.Called, draft: Any) -> None:
    for name in ("name_en", "name_sq", "name_sr"):
        text = " ".join(getattr(draft, name).split())
        if not text:
            raise errors.BadInput(
                errors.message("Write the name in all three languages: slips are printed in the reader's own."),
                code="name_missing",
                field=name,
            )
        setattr(row, name, text)


# --- kits -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class KitDraft:
    """A kit as somebody writes it; items by their codes."""

    code: str
    name_en: str
    name_sq: str
    name_sr: str
    rules: tuple[kits.Rule, ...]
    source: str = ""


@transaction.atomic
def save_kit(draft: KitDraft, *, by: Access, at: dt.datetime) -> models.Kit:
    """The kit is a new version of its code; versions before it stay, with the distributions that went by them."""
    by.require(A.STOCK_RULES)
    kits.check_rules(draft.rules)
    code = stock.check_code(draft.code)
    items = {item.code: item for item in models.Item.objects.filter(code__in={rule.item for rule in draft.rules})}
    for rule in draft.rules:
        if rule.item not in items:
            raise errors.BadInput(
                errors.message("“{value}” is no item of the catalogue. Look at its code, or add it first."),
                code="item_unknown",
                field="rules",
                value=rule.item,
            )
    newest = models.Kit.objects.filter(code=code).order_by("-version").first()
    kit = models.Kit(
        code=code,
        version=newest.version + 1 if newest else 1,
        source=draft.source.strip(),
        made_by_id=by.user_id,
        made_at=at,
    )
    _name(kit, draft)
    kit.save()
    models.KitRule.objects.bulk_create(
        models.KitRule(
            kit=kit,
            position=position,
            item=items[rule.item],
            per=rule.per,
            quantity=rule.quantity,
            size_from=rule.size_from,
            size_to=rule.size_to,
            age_from=rule.age_from,
            age_to=rule.age_to,
            sex=rule.sex or "",
        )
        for position, rule in enumerate(draft.rules)
    )
    record(by, at, "kit made", "kit", kit.pk, {"code": kit.code, "version": kit.version})
    return kit


@transaction.atomic
def verify_kit(pk: int, *, source: str, by: Access, at: dt.datetime) -> models.Kit:
    """Somebody other than its maker has compared the kit with its source, which is named."""
    by.require(A.STOCK_RULES)
    kit = models.Kit.objects.select_for_update().filter(pk=pk).first()
    if kit is None:
        raise errors.NotFound()
    if kit.made_by_id == by.person():
        raise errors.Refused(
            errors.message("Whoever made a kit cannot verify it. Ask a colleague to compare it with the source."),
            code="own_kit",
        )
    if not source.strip():
        raise errors.BadInput(
            errors.message("Name the document and page with which the kit was compared."),
            code="source_missing",
            field="source",
        )
    kit.source, kit.verified, kit.verified_by_id, kit.verified_at = source.strip(), True, by.user_id, at
    kit.save()
    record(by, at, "kit verified", "kit", kit.pk, {"source": kit.source})
    return kit


def load_examples(*, by: Access, at: dt.datetime) -> int:
    """The items and example kits that ship are there, not verified; returns how many items were added."""
    by.require(A.STOCK_RULES)
    known = set(models.Item.objects.values_list("code", flat=True))
    added = [add_item(ItemDraft(**told), by=by, at=at) for told in bridge.shipped_items() if told["code"] not in known]
    for told in bridge.shipped_kits():
        if not models.Kit.objects.filter(code=told["code"]).exists():
            save_kit(KitDraft(**told), by=by, at=at)
    return len(added)


# --- warehouses -------------------------------------------------------------------------------------------------------


@transaction.atomic
def open_warehouse(
    name: str,
    *,
    keeper_id: int,
    address: str = "",
    is_hidden: bool = False,
    is_fictional: bool = False,
    by: Access,
    at: dt.datetime,
) -> models.Warehouse:
    """The warehouse stands, empty."""
    action = A.STOCK_MOVE if is_hidden else A.STOCK_RULES
    kept = kept_columns(keeper_id, action, is_hidden=is_hidden, by=by, at=at)
    tidy = " ".join(name.split())
    if not tidy:
        raise errors.BadInput(errors.message("Give the warehouse a name."), code="name_missing", field="name")
    row = models.Warehouse(
        **kept, name=tidy, address=address.strip(), is_fictional=is_fictional or account_queries.is_demo_office()
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as wrong:
        raise errors.Conflict(
            errors.message("A warehouse called “{name}” stands there already. Give this one another name."),
            code="warehouse_twice",
            field="name",
            name=tidy,
        ) from wrong
    record(by, at, "warehouse opened", "warehouse", row.pk)
    return row


@transaction.atomic
def set_line(
    warehouse_id: int, item_id: int, *, line: int, fill_to: int, by: Access, at: dt.datetime
) -> models.ReorderLine:
    """Below ``line`` the warehouse orders the item, up to ``fill_to``."""
    warehouse = _warehouse(warehouse_id, A.STOCK_RULES, by)
    stock.check_quantity(line, "line")
    stock.check_quantity(fill_to, "fill_to")
    if fill_to < line:
        raise errors.BadInput(
            errors.message("Filling up to {fill_to} would not reach the line of {line}. Fill up to more."),
            code="fill_below_line",
            field="fill_to",
            fill_to=fill_to,
            line=line,
        )
    if not models.Item.objects.filter(pk=item_id).exists():
        raise errors.NotFound()
    row, _new = models.ReorderLine.objects.update_or_create(
        warehouse=warehouse, item_id=item_id, defaults={"line": line, "fill_to": fill_to}
    )
    record(by, at, "reorder line set", "warehouse", warehouse.pk, {"item": item_id, "line": line})
    return row


def _warehouse(pk: int, action: Action, by: Access) -> models.Warehouse:
    by.require(action)
    found = models.Warehouse.objects.visible_to(by, action).filter(pk=pk).first()
    if found is None:
        raise errors.NotFound()
    if found.ended_on is not None:
        raise errors.Conflict(errors.message("This warehouse is closed. Choose another one."), code="warehouse_closed")
    return found


# --- movements --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Delivery:
    """Goods that came: of an item, of a lot, with a day until when they may be given."""

    item_id: int
    quantity: int
    lot: str = ""
    expires_on: dt.date | None = None


@transaction.atomic
def receive(warehouse_id: int, goods: Sequence[Delivery], *, paper: str = "", by: Access, at: dt.datetime) -> uuid.UUID:
    """The goods lie in the warehouse, each in its batch."""
    warehouse = _warehouse(warehouse_id, A.STOCK_MOVE, by)
    if not goods:
        raise errors.BadInput(errors.message("Say what came."), code="nothing", field="item")
    items = {item.pk: item for item in models.Item.objects.filter(pk__in={each.item_id for each in goods})}
    changes: dict[int, int] = {}
    for each in goods:
        stock.check_quantity(each.quantity)
        item = items.get(each.item_id)
        if item is None:
            raise errors.NotFound()
        if item.expires and each.expires_on is None:
            raise errors.BadInput(
                errors.message("{item} may be given until a day that is printed on it. Write that day."),
                code="expiry_missing",
                field="expires_on",
                item=item.code,
            )
        batch, _new = models.Batch.objects.get_or_create(
            item=item, lot=each.lot.strip()[: stock.CODE_LENGTH], expires_on=each.expires_on
        )
        changes[batch.pk] = changes.get(batch.pk, 0) + each.quantity
    entry = move(warehouse, changes, stock.Kind.RECEIVE, Why(paper=paper), by=by, at=at)
    record(by, at, "stock received", "warehouse", warehouse.pk, {"entry": str(entry), "paper": paper.strip()})
    return entry


@transaction.atomic
def transfer(
    from_id: int, to_id: int, item_id: int, quantity: int, *, paper: str = "", by: Access, at: dt.datetime
) -> uuid.UUID:
    """So much of an item lies in the other warehouse, of the batches that expire first."""
    here = _warehouse(from_id, A.STOCK_MOVE, by)
    there = models.Warehouse.objects.filter(pk=to_id, ended_on=None).first()
    if there is None or (there.is_hidden and not models.Warehouse.objects.visible_to(by).filter(pk=to_id).exists()):
        raise errors.NotFound()
    if here.pk == there.pk:
        raise errors.BadInput(
            errors.message("It lies there already. Choose another warehouse."), code="same_warehouse", field="to"
        )
    stock.check_quantity(quantity)
    _lock(sorted((here.pk, there.pk)), [item_id])
    picks = pick(here.pk, {item_id: quantity}, at.date())
    entry = uuid.uuid4()
    why = Why(paper=paper)
    out = {each.batch_id: -each.quantity for each in picks}
    move(here, out, stock.Kind.MOVE_OUT, why, entry=entry, by=by, at=at)
    move(there, {batch: -change for batch, change in out.items()}, stock.Kind.MOVE_IN, why, entry=entry, by=by, at=at)
    record(by, at, "stock moved", "warehouse", here.pk, {"entry": str(entry), "to": there.pk})
    return entry


@transaction.atomic
def lose(
    warehouse_id: int, batch_id: int, quantity: int, *, why: stock.Loss, note: str, by: Access, at: dt.datetime
) -> uuid.UUID:
    """So much of a batch is gone, and it is known why."""
    warehouse = _warehouse(warehouse_id, A.STOCK_MOVE, by)
    stock.check_quantity(quantity)
    if not note.strip():
        raise errors.BadInput(
            errors.message("Write what happened to it, and where that is noted."), code="note_missing", field="note"
        )
    entry = move(warehouse, {batch_id: -quantity}, stock.Kind.LOSE, Why(why=why.value, note=note), by=by, at=at)
    record(by, at, "stock lost", "warehouse", warehouse.pk, {"entry": str(entry), "why": why.value})
    return entry


@dataclass(frozen=True)
class Why:
    """What stands beside a movement."""

    paper: str = ""
    why: str = ""
    note: str = ""
    distribution_id: int | None = None


def move(
    warehouse: models.Warehouse,
    changes: Mapping[int, int],
    kind: stock.Kind,
    why: Why,
    *,
    entry: uuid.UUID | None = None,
    by: Access,
    at: dt.datetime,
) -> uuid.UUID:
    """Batches change by so much, ledger and balance together; to be called within a transaction.

    Raises Conflict for a balance that would fall below zero, and changes nothing then.
    """
    entry = entry or uuid.uuid4()
    for batch_id, change in sorted(changes.items()):
        if change < 0:
            _take(warehouse, batch_id, -change)
        else:
            _put(warehouse, batch_id, change)
    models.Movement.objects.bulk_create(
        models.Movement(
            entry=entry,
            kind=kind.value,
            warehouse=warehouse,
            batch_id=batch_id,
            quantity=change,
            distribution_id=why.distribution_id,
            paper=why.paper.strip()[: stock.NAME_LENGTH],
            why=why.why,
            note=why.note.strip()[: stock.NOTE_LENGTH],
            made_by_id=by.user_id,
            made_at=at,
        )
        for batch_id, change in sorted(changes.items())
        if change
    )
    return entry


def _take(warehouse: models.Warehouse, batch_id: int, quantity: int) -> None:
    """A conditional update: of two who take the last one, one is told."""
    rows = models.Balance.objects.filter(warehouse=warehouse, batch_id=batch_id, quantity__gte=quantity)
    if not rows.update(quantity=F("quantity") - quantity):
        held = models.Balance.objects.filter(warehouse=warehouse, batch_id=batch_id).first()
        batch = models.Batch.objects.select_related("item").filter(pk=batch_id).first()
        raise stock.short(quantity, held.quantity if held else 0, batch.item.code if batch else "")


def _put(warehouse: models.Warehouse, batch_id: int, quantity: int) -> None:
    models.Balance.objects.bulk_create([models.Balance(warehouse=warehouse, batch_id=batch_id)], ignore_conflicts=True)
    models.Balance.objects.filter(warehouse=warehouse, batch_id=batch_id).update(quantity=F("quantity") + quantity)


def _lock(warehouse_ids: Sequence[int], item_ids: Collection[int]) -> list[models.Balance]:
    """The balances of these items, locked in one order everywhere, so that nobody waits in a circle."""
    rows = models.Balance.objects.select_for_update(of=("self",)).select_related("batch")
    rows = rows.filter(warehouse_id__in=warehouse_ids, batch__item_id__in=list(item_ids))
    return list(rows.order_by("warehouse_id", "batch_id"))


def pick(warehouse_id: int, wanted: Mapping[int, int], today: dt.date) -> list[stock.Pick]:
    """Batches for so much of each item, first what expires first; raises Conflict naming the item that is short."""
    held = _lock([warehouse_id], wanted.keys())
    lots = [stock.Lot(b.batch_id, b.batch.item_id, b.quantity, b.batch.expires_on) for b in held]
    found: list[stock.Pick] = []
    for item_id, quantity in sorted(wanted.items()):
        try:
            found += stock.picked(lots, item_id, quantity, today)
        except errors.Conflict as missing:
            item = models.Item.objects.filter(pk=item_id).first()
            there = missing.details["there"]
            raise stock.short(quantity, there, item.code if item else "") from missing
    return found


# --- counting ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def count_stock(
    warehouse_id: int, counted: Mapping[int, int], *, note: str = "", by: Access, at: dt.datetime
) -> models.StockCount:
    """What lies there was counted; the books stay as they are until somebody else has settled the differences."""
    warehouse = _warehouse(warehouse_id, A.STOCK_MOVE, by)
    if not counted:
        raise errors.BadInput(errors.message("Write how much of at least one batch was counted."), code="nothing")
    if any(not 0 <= number <= stock.MOST for number in counted.values()):
        raise errors.BadInput(
            errors.message("{value} cannot be a quantity here. Write a whole number from 1 to {most}."),
            code="quantity",
            value=min(counted.values()),
            most=stock.MOST,
        )
    if warehouse.counts.filter(settled_at=None).exists():
        raise errors.Conflict(
            errors.message("A count of this warehouse is not settled yet. Have it settled first."), code="count_open"
        )
    batches = set(models.Balance.objects.filter(warehouse=warehouse).values_list("batch_id", flat=True))
    if counted.keys() - batches:
        raise errors.NotFound(errors.message("One of these batches never lay in this warehouse."))
    rows = queries.lots(warehouse.pk)
    count = models.StockCount.objects.create(
        warehouse=warehouse, counted_by_id=by.user_id, counted_at=at, note=note.strip()[: stock.NOTE_LENGTH]
    )
    models.CountLine.objects.bulk_create(
        models.CountLine(count=count, batch_id=each.batch_id, booked=each.booked, counted=each.counted)
        for each in stock.differences(rows, dict(counted))
    )
    record(by, at, "stock counted", "stock_count", count.pk, {"warehouse": warehouse.pk})
    return count


@transaction.atomic
def settle_count(count_id: int, *, accept: bool, note: str, by: Access, at: dt.datetime) -> models.StockCount:
    """The books are changed by the differences, or the count is dropped; never by whoever counted."""
    by.require(A.STOCK_RULES)
    count = models.StockCount.objects.select_for_update(of=("self",)).filter(pk=count_id).first()
    if count is None:
        raise errors.NotFound()
    warehouse = _warehouse(count.warehouse_id, A.STOCK_VIEW, by)
    if not queries.carries(by, A.STOCK_RULES, warehouse):
        raise errors.NotFound()
    if count.settled_at is not None:
        raise errors.Conflict(errors.message("This count was settled already."), code="count_settled")
    if by.user_id is not None and count.counted_by_id == by.user_id:
        raise errors.Refused(
            errors.message("Whoever counted does not settle the count. Ask a colleague."), code="own_count"
        )
    changes = {line.batch_id: line.by for line in count.lines.all() if line.by}
    if changes and accept and not note.strip():
        raise errors.BadInput(
            errors.message("The books will change. Write what explains the differences."),
            code="note_missing",
            field="note",
        )
    if accept and changes:
        why = Why(paper=f"count {count.pk}", note=note)
        move(warehouse, changes, stock.Kind.ADJUST, why, by=by, at=at)
    count.settled_by_id, count.settled_at, count.is_dropped = by.user_id, at, not accept
    count.note = " · ".join(filter(None, (count.note, note.strip())))[: stock.NOTE_LENGTH]
    count.save()
    record(by, at, "count settled" if accept else "count dropped", "stock_count", count.pk)
    return count
