"""Stock: batches, moves, losses, counts settled by somebody else; never below zero, and the books always agree."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from tests import factories
from tests.factories import AT
from tests.rooms.assistance_supplies.conftest import Office, draft

from streha.accounts.rules import POLICY, Action, Role, clashing
from streha.assistance.supplies import actions, models, queries
from streha.assistance.supplies.rules import stock
from streha.audit.models import AuditRecord
from streha.common import errors

pytestmark = pytest.mark.django_db


def test_from_the_first_goods_to_a_settled_count(office: Office) -> None:
    soon = AT.date() + dt.timedelta(days=20)
    office.receive("FLOUR", 100, lot="A", expires=soon)
    office.receive("FLOUR", 50, lot="B", expires=soon + dt.timedelta(days=300))
    office.receive("BLANKET", 30, expires=None)
    with pytest.raises(errors.BadInput, match="until a day"):
        office.receive("FLOUR", 1, expires=None)
    far = actions.open_warehouse("Gjakova", keeper_id=factories.municipality("17").pk, by=office.programme, at=AT)
    actions.transfer(office.warehouse.pk, far.pk, office.items["FLOUR"].pk, 120, by=office.store, at=AT)
    moved = {b.batch.lot: b.quantity for b in far.balances.select_related("batch")}
    assert moved == {"A": 100, "B": 20}  # what expires first went first
    with pytest.raises(errors.Conflict, match="31 of FLOUR are wanted and 30"):
        actions.transfer(office.warehouse.pk, far.pk, office.items["FLOUR"].pk, 31, by=office.store, at=AT)
    bad = models.Batch.objects.get(lot="B")
    actions.lose(office.warehouse.pk, bad.pk, 5, why=stock.Loss.DAMAGED, note="Wet, minute 3", by=office.store, at=AT)
    with pytest.raises(errors.Conflict):
        actions.lose(office.warehouse.pk, bad.pk, 26, why=stock.Loss.STOLEN, note="x", by=office.store, at=AT)
    actions.set_line(office.warehouse.pk, office.items["BLANKET"].pk, line=40, fill_to=100, by=office.programme, at=AT)
    blanket = next(h for h in queries.held(office.store, AT.date(), warehouse=office.warehouse) if h.is_below)
    assert (blanket.item.code, blanket.quantity, blanket.to_order) == ("BLANKET", 30, 70)
    bought = {row.code: row.quantity for row in queries.purchase_list(office.programme, AT.date())}
    assert bought == {"BLANKET": 70}
    blankets = models.Batch.objects.get(item__code="BLANKET")
    count = actions.count_stock(office.warehouse.pk, {blankets.pk: 28, bad.pk: 25}, by=office.store, at=AT)
    assert office.there("BLANKET") == 30  # the books wait
    with pytest.raises(errors.Refused):
        actions.settle_count(count.pk, accept=True, note="x", by=office.store, at=AT)
    with pytest.raises(errors.BadInput, match="explains"):
        actions.settle_count(count.pk, accept=True, note="", by=office.programme, at=AT)
    actions.settle_count(count.pk, accept=True, note="Two given to the night guard", by=office.programme, at=AT)
    assert office.there("BLANKET") == 28
    with pytest.raises(errors.Conflict, match="settled already"):
        actions.settle_count(count.pk, accept=True, note="x", by=office.programme, at=AT)
    assert queries.reconciles() == []
    verbs = set(AuditRecord.objects.filter(room="assistance").values_list("verb", flat=True))
    assert {"stock received", "stock moved", "stock lost", "stock counted", "count settled"} <= verbs


def test_the_database_itself_refuses_less_than_nothing(office: Office) -> None:
    office.receive("BLANKET", 3)
    with pytest.raises(IntegrityError, match="never_below_zero"), transaction.atomic():
        models.Balance.objects.update(quantity=-1)
    with pytest.raises(IntegrityError, match="has_direction"), transaction.atomic():
        models.Movement.objects.update(quantity=-3)


def test_who_may_what(office: Office) -> None:
    """Who enters households, plans or pays does not hand out; a stranger to the place sees nothing of the stock."""
    for other in (Role.CASEWORKER, Role.ENUMERATOR, Role.PROGRAMME, Role.FINANCE, Role.IMPORT_APPROVER, Role.KEEPER):
        assert clashing([other], Role.STOREKEEPER) == other
    assert Action.STOCK_MOVE not in POLICY[Role.PROGRAMME].actions
    elsewhere = factories.access(Role.STOREKEEPER, scope=factories.in_area("17"))
    office.receive("BLANKET", 3)
    assert not queries.held(elsewhere, AT.date())
    with pytest.raises(errors.NotFound):
        actions.lose(office.warehouse.pk, 1, 1, why=stock.Loss.OTHER, note="x", by=elsewhere, at=AT)
    with pytest.raises(errors.Refused):
        actions.add_item(draft("X1"), by=office.store, at=AT)
    with pytest.raises(errors.Conflict, match="stands in the catalogue"):
        actions.add_item(draft("BLANKET"), by=office.programme, at=AT)


def test_a_hidden_store_is_nowhere_for_others(office: Office) -> None:
    officer = factories.access(Role.PROTECTION)
    place = factories.municipality().pk
    hidden = actions.open_warehouse("Safe", keeper_id=place, is_hidden=True, by=officer, at=AT)
    with pytest.raises(errors.Refused):
        actions.open_warehouse("Safe 2", keeper_id=place, is_hidden=True, by=office.programme, at=AT)
    assert hidden not in queries.warehouses(office.store)
    assert hidden in queries.warehouses(officer)
    office.receive("BLANKET", 9)
    with pytest.raises(errors.NotFound):  # its number says nothing either
        actions.transfer(office.warehouse.pk, hidden.pk, office.items["BLANKET"].pk, 1, by=office.store, at=AT)
    actions.transfer(office.warehouse.pk, hidden.pk, office.items["BLANKET"].pk, 9, by=officer, at=AT)
    seen = queries.movements_page(office.store).rows
    assert {row.warehouse_id for row in seen} == {office.warehouse.pk}


def test_kits_are_versions_and_verified_by_somebody_else(office: Office) -> None:
    from streha.assistance.supplies import bridge

    rules = bridge.rules_of(office.kit)
    codes = {str(item.pk): item.code for item in office.items.values()}
    told = actions.KitDraft(
        "WINTER", "Winter", "Dimër", "Зима", tuple(type(r)(codes[r.item], r.per, r.quantity) for r in rules[:1])
    )
    second = actions.save_kit(told, by=office.programme, at=AT)
    assert second.version == 2
    assert office.kit.rules.count() == 5  # the first stays
    with pytest.raises(errors.Refused, match="Whoever made"):
        actions.verify_kit(second.pk, source="x", by=office.programme, at=AT)
    other = factories.access(Role.PROGRAMME)
    assert actions.verify_kit(second.pk, source="Handbook, page 7", by=other, at=AT).verified
    with pytest.raises(errors.BadInput, match="no item"):
        wrong = (type(rules[0])("NOTHING", rules[0].per, rules[0].quantity),)
        actions.save_kit(actions.KitDraft("K2", "a", "b", "c", wrong), by=office.programme, at=AT)
