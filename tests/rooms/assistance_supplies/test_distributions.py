"""Distributions: a list in pieces, slips with codes, handing out once, paper brought in afterwards, faults."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests import factories
from tests.factories import AT, OFFICE
from tests.rooms.assistance_supplies.conftest import Office, head_of, run

from streha.accounts.rules import Role
from streha.assistance import personal
from streha.assistance.distributions import actions, models, queries
from streha.assistance.distributions.rules import codes, plans, slips
from streha.assistance.entitlements import actions as entitlements
from streha.assistance.entitlements import models as entitlement_models
from streha.assistance.entitlements import rules as entitlement_rules
from streha.assistance.programmes import models as programme_models
from streha.assistance.supplies import actions as supplies
from streha.assistance.supplies import models as supply_models
from streha.assistance.supplies import queries as stock
from streha.audit import actions as audit
from streha.audit.rules import Actor
from streha.common import errors
from streha.people.households import actions as households
from streha.people.models import Membership, Person

pytestmark = pytest.mark.django_db
V = slips.Verdict
TODAY = AT.date()


def filled(office: Office, blankets: int = 1000) -> None:
    office.receive("BLANKET", blankets, expires=None)
    for code in ("MATTRESS", "STOVE", "LAMP"):
        office.receive(code, 500, expires=None)


def test_a_distribution_from_its_list_to_its_end(office: Office) -> None:
    homes = [office.family(size) for size in (2, 3, 6)]
    factories.household(factories.person(code="17"))
    filled(office)
    row = office.listed()
    assert (row.state, row.last_number) == ("open", 3)
    found = {s.household_id: s for s in models.Slip.objects.all()}
    assert set(found) == {home.pk for home in homes}  # nobody of another municipality
    big = found[homes[2].pk]
    assert {line.item.code: line.quantity for line in big.lines.select_related("item")} == {
        "BLANKET": 12, "MATTRESS": 6, "STOVE": 1, "LAMP": 2,
    }  # fmt: skip
    assert all(codes.read(slip.code).state is codes.Read.GOOD for slip in found.values())
    assert run_again(row, office) == 3
    handed = actions.hand_out(big.pk, head_of(big), by=office.store, at=AT)
    assert (handed.collected_as, handed.way, office.there("BLANKET")) == ("head", "counter", 988)
    with pytest.raises(errors.Conflict, match=r"handed out on 22\.11\.2026"):
        actions.hand_out(big.pk, head_of(big), by=office.store, at=AT)
    small = found[homes[0].pk]
    with pytest.raises(errors.BadInput, match="Say who collects"):
        actions.hand_out(small.pk, plans.Collected(), by=office.store, at=AT)
    wife = small.members.get(collects="").person
    with pytest.raises(errors.BadInput, match="not named to collect"):
        actions.hand_out(small.pk, plans.Collected(wife.pk), by=office.store, at=AT)
    told = plans.Collected(None, "Zzneighbour", "The head is ill")
    slip = actions.hand_out(small.pk, told, by=office.store, at=AT)
    assert (slip.collected_as, slip.collected_by_id) == ("other", None)
    assert b"Zzneighbour" not in bytes(slip.other_sealed)
    assert queries.slip_page(office.store, slip, at=AT).other == "Zzneighbour · The head is ill"
    assert actions.take_back(slip.pk, why="Wrong family", by=office.store, at=AT).handed_at is None
    assert office.there("BLANKET") == 988
    actions.hand_out(small.pk, told, by=office.store, at=AT)
    actions.cancel_slip(found[homes[1].pk].pk, why="Moved away", by=office.programme, at=AT)
    page = queries.distribution_page(office.programme, row.pk, at=AT)
    assert (page.total, page.handed, page.cancelled, page.waiting) == (3, 2, 1, 0)
    assert {s.item.code: (s.due, s.handed) for s in page.sums}["BLANKET"] == (16, 16)
    actions.close(row.pk, by=office.programme, at=AT)
    with pytest.raises(errors.Conflict, match="closed"):
        actions.take_back(slip.pk, why="x", by=office.store, at=AT)
    assert stock.reconciles() == []


def run_again(row: models.Distribution, office: Office) -> int:
    """The same job once more changes nothing."""
    return actions.make_list(row.pk, lambda *_a, **_k: None, by=office.programme, at=AT)["slips"]  # type: ignore[arg-type]


class PowerCutError(Exception):
    """The machine stops."""


def test_a_list_that_was_stopped_goes_on_and_doubles_nobody(office: Office, monkeypatch: Any) -> None:
    monkeypatch.setattr(slips, "PIECE", 2)
    for _ in range(5):
        office.family(2)
    row = office.planned()
    calls = []

    def progress(done: int, total: int | None = None, **_more: Any) -> None:
        calls.append((done, total))
        if len(calls) == 2:
            raise PowerCutError

    with pytest.raises(PowerCutError):
        actions.make_list(row.pk, progress, by=office.programme, at=AT)  # type: ignore[arg-type]
    assert models.Slip.objects.count() == 2  # the second piece is not there, not even half
    assert run(row, office.programme)["slips"] == 5
    assert models.Slip.objects.values("household").distinct().count() == 5
    assert sorted(models.Slip.objects.values_list("position", flat=True)) == [1, 2, 3, 4, 5]


def test_not_enough_stock_hands_out_nothing_at_all(office: Office) -> None:
    office.family(4)
    office.receive("BLANKET", 7)
    row = office.listed()
    slip = models.Slip.objects.get()
    with pytest.raises(errors.Conflict, match="8 of BLANKET are wanted and 7"):
        actions.hand_out(slip.pk, head_of(slip), by=office.store, at=AT)
    slip.refresh_from_db()
    assert slip.handed_at is None
    assert office.there("BLANKET") == 7
    page = queries.distribution_page(office.programme, row.pk, at=AT)
    assert {s.item.code: s.short for s in page.sums}["BLANKET"] == 1


def test_a_power_cut_in_the_middle_of_handing_out(office: Office, monkeypatch: Any) -> None:
    office.family(2)
    filled(office)
    office.listed()
    slip = models.Slip.objects.get()

    def cut(*_args: Any, **_more: Any) -> None:
        raise PowerCutError

    with monkeypatch.context() as broken:
        broken.setattr(audit, "record", cut)
        with pytest.raises(PowerCutError):
            actions.hand_out(slip.pk, head_of(slip), by=office.store, at=AT)
    slip.refresh_from_db()
    assert (slip.handed_at, office.there("BLANKET")) == (None, 1000)
    assert not supply_models.Movement.objects.filter(kind="hand_out").exists()
    actions.hand_out(slip.pk, head_of(slip), by=office.store, at=AT)
    assert stock.reconciles() == []


def brought(row: models.Distribution, office: Office, *typed: str, day: dt.date = TODAY) -> models.Sheet:
    lines = tuple(plans.PaperLine(text) for text in typed)
    return actions.bring_sheet(row.pk, actions.Paper(lines, day, "village.csv"), by=office.store, at=AT)


def verdicts(sheet: models.Sheet) -> list[str]:
    return list(sheet.lines.order_by("row").values_list("verdict", flat=True))


def test_paper_is_worked_in_line_by_line_and_nothing_is_doubled(office: Office, monkeypatch: Any) -> None:
    for _ in range(4):
        office.family(2)
    filled(office)
    row, other = office.listed(), office.listed(title="Second list")
    own = list(models.Slip.objects.filter(distribution=row).order_by("position"))
    foreign = models.Slip.objects.filter(distribution=other).first()
    assert foreign is not None
    good = codes.shown(own[0].code)
    actions.hand_out(own[1].pk, head_of(own[1]), by=office.store, at=AT)
    actions.cancel_slip(own[2].pk, why="Gone", by=office.programme, at=AT)
    misread = own[3].code[:-1] + ("0" if own[3].code[-1] != "0" else "1")
    unknown = "000000000" + codes.check_sign("000000000")
    first = brought(
        row, office, good, good.lower(), own[1].code, foreign.code, own[2].code, misread, unknown, "rubbish"
    )
    assert verdicts(first) == [
        V.HANDED_OUT, V.TWICE, V.ALREADY, V.OTHER_LIST, V.CANCELLED, V.WRONG_CHECK, V.UNKNOWN, V.UNREADABLE,
    ]  # fmt: skip
    slip = models.Slip.objects.get(pk=own[0].pk)
    assert (slip.way, slip.handed_at and slip.handed_at.hour) == ("paper", 12)
    before = supply_models.Movement.objects.count()
    assert verdicts(brought(row, office, good)) == [V.ALREADY]  # the same slip from a second sheet
    assert actions.work_sheet(first.pk, None, by=office.store, at=AT)["handed_out"] == 1
    assert supply_models.Movement.objects.count() == before
    assert stock.reconciles() == []
    with pytest.raises(errors.BadInput, match="not come yet"):
        brought(row, office, good, day=AT.date() + dt.timedelta(days=1))
    # a long sheet is work for a job; stopped in the middle, it goes on where it stopped
    monkeypatch.setattr(slips, "AT_ONCE", 2)
    last = [slip.code for slip in models.Slip.objects.filter(distribution=other).order_by("position")]
    long = brought(other, office, *last)
    assert long.job is not None
    assert set(verdicts(long)) == {V.WAITING}
    calls: list[int] = []

    def progress(done: int, _total: int | None = None) -> None:
        calls.append(done)
        if len(calls) == 2:
            raise PowerCutError

    with pytest.raises(PowerCutError):
        actions.work_sheet(long.pk, progress, by=office.store, at=AT)  # type: ignore[arg-type]
    assert verdicts(long) == [V.HANDED_OUT, V.HANDED_OUT, V.WAITING, V.WAITING]
    with pytest.raises(errors.Conflict, match="still being worked in"):
        actions.close(other.pk, by=office.programme, at=AT)
    actions.work_sheet(long.pk, None, by=office.store, at=AT)
    assert set(verdicts(long)) == {V.HANDED_OUT}
    assert supply_models.Movement.objects.filter(distribution=other, kind="hand_out").count() == 16
    assert stock.reconciles() == []


def test_short_stock_on_paper_waits_for_stock(office: Office) -> None:
    office.family(2)
    filled(office, blankets=1)
    row = office.listed()
    slip = models.Slip.objects.get()
    sheet = brought(row, office, slip.code)
    assert verdicts(sheet) == [V.SHORT]
    office.receive("BLANKET", 10, expires=None)
    actions.again(sheet.pk, by=office.store, at=AT)
    actions.work_sheet(sheet.pk, None, by=office.store, at=AT)
    assert verdicts(sheet) == [V.HANDED_OUT]


def test_a_household_that_splits_is_counted_once(office: Office) -> None:
    home = office.family(4)
    filled(office)
    row = office.listed()
    slip = models.Slip.objects.get()
    leaving = list(Membership.objects.filter(household=home, is_head=False).values_list("person_id", flat=True))[:2]
    move = households.split_household(
        home.pk, leaving, head_id=leaving[0], on=TODAY, reason="Own home", by=OFFICE, at=AT
    )
    parted = move.target
    assert parted is not None
    with pytest.raises(errors.Conflict, match="Nobody is left to count"):
        actions.add_slip(row.pk, parted.pk, by=office.programme, at=AT)
    page = queries.slip_page(office.store, slip, at=AT)
    assert sorted(each.member.person_id for each in page.members if not each.is_there) == sorted(leaving)
    # the old slip is cancelled, and both households have their own
    actions.cancel_slip(slip.pk, why="The household split", by=office.programme, at=AT)
    sizes = [actions.add_slip(row.pk, pk, by=office.programme, at=AT).size for pk in (home.pk, parted.pk)]
    assert sizes == [2, 2]
    with pytest.raises(errors.Conflict, match="has a slip"):
        actions.add_slip(row.pk, home.pk, by=office.programme, at=AT)


def test_merged_people_who_both_collected_are_shown(office: Office) -> None:
    one, two = office.family(2), office.family(2)
    filled(office)
    row = office.listed()
    for slip in models.Slip.objects.all():
        actions.hand_out(slip.pk, head_of(slip), by=office.store, at=AT)
    heads = [Membership.objects.get(household=home, is_head=True).person for home in (one, two)]
    Person.objects.filter(pk=heads[1].pk).update(canonical=heads[0])  # as a merge leaves it
    (twice,) = queries.counted_twice(office.programme, row)
    assert twice.person == heads[0]
    assert twice.both_collected
    assert {slip.household_id for slip in twice.slips} == {one.pk, two.pk}


def test_shielded_households_are_on_no_ordinary_list(office: Office) -> None:
    officer = factories.access(Role.PROTECTION)
    plain, hidden = office.family(2), office.family(2, shielded=True)
    filled(office)
    everybody = factories.access(Role.PROGRAMME)
    row = office.listed()
    assert list(row.slips.values_list("household_id", flat=True)) == [plain.pk]
    with pytest.raises((errors.Refused, errors.NotFound)):
        actions.add_slip(row.pk, hidden.pk, by=officer, at=AT)
    store = supplies.open_warehouse("Safe", keeper_id=factories.municipality().pk, is_hidden=True, by=officer, at=AT)
    office_of_hers = Office(store, officer, officer, office.items, office.kit)
    filled(office_of_hers)
    secret = office_of_hers.listed(warehouse_id=store.pk)
    assert list(secret.slips.values_list("household_id", flat=True)) == [hidden.pk]
    slip = secret.slips.get()
    actions.hand_out(slip.pk, head_of(slip), by=officer, at=AT)
    for access in (everybody, office.store):
        assert secret not in models.Distribution.objects.visible_to(access)
        assert not models.Slip.objects.visible_to(access).filter(pk=slip.pk).exists()
        assert queries.locate(access, row, slip.code).verdict is V.UNKNOWN
    # who becomes shielded after the list was made is gone from it for others, and unknown at the counter
    own = row.slips.get()
    Person.objects.filter(memberships__household=plain).update(shielded=True)
    assert queries.locate(office.store, row, own.code).verdict is V.UNKNOWN
    assert queries.distribution_page(office.store, row.pk, at=AT).total == 0
    assert queries.distribution_page(officer, row.pk, at=AT).total == 1


def test_a_lot_that_is_called_back_is_followed_to_whoever_got_of_it(office: Office) -> None:
    office.family(2)
    filled(office)
    office.listed()
    slip = models.Slip.objects.get()
    actions.hand_out(slip.pk, head_of(slip), by=office.store, at=AT)
    batch = supply_models.Batch.objects.get(item__code="STOVE")
    assert queries.slips_with_batch(office.store, batch.pk, at=AT) == [slip]


def test_what_is_kept_of_a_person_is_told_and_erased(office: Office) -> None:
    office.family(2)
    filled(office)
    office.listed()
    slip = models.Slip.objects.get()
    person = slip.members.get(collects="head").person
    actions.hand_out(slip.pk, head_of(slip), by=office.store, at=AT)
    (section,) = (s for s in personal.collect(person.subject) if s.code == "distributions")
    assert ("collected_as", "collects:head") in section.rows
    personal.erase(person.subject, by=Actor("user", "1", "x"), at=AT)
    slip.refresh_from_db()
    assert slip.collected_by_id is None
    assert not slip.members.filter(person=person).exists()
    assert slip.handed_at is not None


def test_two_at_once(office: Office) -> None:
    """A stale slip in the hand of a second counter does not hand out twice: the row is read again under its lock."""
    office.family(2)
    filled(office)
    office.listed()
    stale = models.Slip.objects.get()
    actions.hand_out(stale.pk, head_of(stale), by=office.store, at=AT)
    assert stale.handed_at is None
    with pytest.raises(errors.Conflict):
        actions.hand_out(stale.pk, head_of(stale), by=office.store, at=AT)
    assert office.there("BLANKET") == 996


def test_in_a_cycle_a_slip_is_an_entitlement_and_its_hand_out_a_delivery(office: Office) -> None:
    one, two = office.family(2), office.family(3)
    filled(office)
    cycle = a_cycle()
    granted = entitlements.entitle(
        cycle.pk,
        entitlements.Draft(
            person_id=Membership.objects.get(household=two, is_head=True).person_id,
            kind=entitlement_rules.Kind.ITEMS,
            much=actions.KIT,
            due_on=TODAY,
            household_id=two.pk,
            what="WINTER",
        ),
        by=OFFICE,
        at=AT,
    )
    chosen = office.listed(cycle_id=cycle.pk, audience=slips.Audience.CYCLE, area_id=None, title="Granted")
    assert [(s.household_id, s.entitlement_id) for s in chosen.slips.all()] == [(two.pk, granted.pk)]
    row = office.listed(cycle_id=cycle.pk)
    (slip,) = row.slips.all()  # who has a slip of this kit in the cycle has no second one
    assert (slip.household_id, entitlement_models.Entitlement.objects.count()) == (one.pk, 2)
    actions.hand_out(slip.pk, head_of(slip), by=office.store, at=AT)
    given = entitlement_models.Delivery.objects.get()
    assert (given.entitlement_id, given.source, given.amount) == (slip.entitlement_id, "distribution", 1)
    actions.take_back(slip.pk, why="Wrong family", by=office.store, at=AT)
    assert entitlement_models.Entitlement.objects.get(pk=slip.entitlement_id).given == 0
    actions.hand_out(slip.pk, head_of(slip), by=office.store, at=AT)
    assert entitlement_models.Entitlement.objects.get(pk=slip.entitlement_id).given == 1
    other = chosen.slips.get()
    assert queries.locate(office.store, row, other.code).verdict is V.OTHER_LIST
    outside = office.listed(title="Outside any cycle")
    assert queries.locate(office.store, outside, other.code).verdict is V.OTHER_CYCLE
    assert verdicts(brought(outside, office, other.code)) == [V.OTHER_CYCLE]
    actions.cancel_slip(other.pk, why="Moved away", by=office.programme, at=AT)
    granted.refresh_from_db()
    assert granted.cancelled_at is not None


def a_cycle() -> programme_models.Cycle:
    programme = programme_models.Programme.objects.create(
        name_en="Winter", name_sq="Dimri", name_sr="Зима", code="WINTER-26", starts_on=TODAY, ends_on=TODAY, made_at=AT
    )
    return programme_models.Cycle.objects.create(
        programme=programme, name="First", starts_on=TODAY, ends_on=TODAY, made_at=AT
    )
