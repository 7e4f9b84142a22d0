"""House works: planned, inspected stage by stage, paid, handed over, mended; and what goes wrong on the way."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests import factories
from tests.factories import AT, OFFICE
from tests.formats.test_pictures import photo
from tests.rooms.dataprotection.test_erasure import rows_as_text

from streha.accounts.rules import Access, Role
from streha.assistance import personal
from streha.assistance.works import actions, bridge, models, queries, rules
from streha.common import errors
from streha.dataprotection import actions as protection
from streha.homes.models import Photo
from streha.people.merges import actions as merges

pytestmark = pytest.mark.django_db
Stage = rules.Stage
TODAY = AT.date()
START = TODAY - dt.timedelta(days=60)


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def planned(code: str = "20", **more: Any) -> models.HouseWorks:
    owner = factories.person(code=code)
    house = factories.household(owner)
    home = factories.home(owner, code=code)
    draft = rules.WorksDraft(home.pk, rules.Kind.REPAIR, START, house.pk, cost_planned=Decimal("18000.00"))
    return actions.plan_works(dataclasses.replace(draft, **more), by=OFFICE, at=AT)


def inspect(
    works: models.HouseWorks, by: Access = OFFICE, note: str = "", days: int = 1, **percents: int
) -> models.Inspection:
    works.refresh_from_db()
    draft = rules.InspectionDraft(START + dt.timedelta(days=days), {Stage(k): v for k, v in percents.items()}, note)
    return actions.inspect(works.pk, draft, version=works.version, by=by, at=AT)


def built(works: models.HouseWorks) -> models.HouseWorks:
    inspect(works, survey=100, design=100, tender=100)
    inspect(works, days=20, walls=100, roof=100, installations=100, finishing=100)
    works.refresh_from_db()
    return works


# --- rules ------------------------------------------------------------------------------------------------------------


def test_percent_and_plan_by_hand() -> None:
    """Of a repair (weights 3 5 2 22 26 16 20 5 1): papers 10, walls half of 22: 21 %."""
    for kind in rules.Kind:
        assert sum(stage.weight for stage in bridge.stages_of(kind)) == 100
    steps = list(rules.planned(bridge.stages_of(rules.Kind.REPAIR), dt.date(2026, 1, 1)))
    assert [(s.planned_start.isoformat(), s.planned_end.isoformat()) for s in steps[:2]] == [
        ("2026-01-01", "2026-01-07"),
        ("2026-01-08", "2026-01-21"),
    ]
    at = {Stage.SURVEY: 100, Stage.DESIGN: 100, Stage.TENDER: 100, Stage.WALLS: 50}
    done = rules.inspected(steps, rules.InspectionDraft(dt.date(2026, 3, 1), at), last=None, today=dt.date(2026, 3, 1))
    assert rules.percent_done(done) == 21
    assert rules.planned_percent(steps, dt.date(2026, 1, 21)) == 8
    assert rules.planned_percent(steps, dt.date(2026, 1, 14)) == 3 + 2  # 7 of 14 days of 5
    assert rules.planned_percent(steps, dt.date(2027, 1, 1)) == 100
    now = rules.current(done)
    assert now is not None
    assert now.code == Stage.WALLS
    assert rules.days_late(now.planned_end, rules.State.RUNNING, now.planned_end + dt.timedelta(days=9)) == 9
    assert rules.days_late(now.planned_end, rules.State.STOPPED, TODAY) == 0


def test_the_curve_of_one_house_ends_at_everything() -> None:
    windows = [(dt.date(2026, 1, 1), dt.date(2026, 2, 28), 100.0)]
    gains = [(dt.date(2026, 1, 15), 40.0), (dt.date(2026, 3, 2), 60.0)]
    months = rules.curve(windows, gains, 1, dt.date(2026, 2, 10))
    assert [month.end.month for month in months] == [1, 2, 3]
    assert months[0].planned == pytest.approx(100 * 31 / 59)
    assert [month.built for month in months] == [40.0, 40.0, None]
    assert rules.curve([], [], 0, TODAY) == ()


# --- a house from the plan to the last defect -------------------------------------------------------------------------


def test_from_the_plan_to_the_last_defect() -> None:
    works = planned()
    assert (works.stage, works.percent, works.state) == (Stage.SURVEY, 0, rules.State.PLANNED)
    engineer = factories.access(Role.ENGINEER, scope=factories.in_area("20"))
    finance = factories.access(Role.FINANCE)
    inspect(works, engineer, note="Leaking gutter", survey=100, design=100, tender=100)
    works.refresh_from_db()
    assert (works.percent, works.state, works.stage) == (10, rules.State.RUNNING, Stage.WALLS)
    lot = actions.make_lot(
        rules.LotDraft("Lot", works.home.keeper_id, "T-1", "Ndërtimi sh.p.k.", TODAY, Decimal(20000)), by=OFFICE, at=AT
    )
    works = actions.give_to_lot(works.pk, lot.pk, amount=Decimal(17000), version=works.version, by=OFFICE, at=AT)
    actions.note_cost(
        works.pk, amount=Decimal(9000), on=TODAY, reference="INV-1", version=works.version, by=finance, at=AT
    )
    works.refresh_from_db()
    page = queries.works_one(engineer, works.pk, at=AT)
    assert not page.sees_cost
    assert page.costs == ()
    assert page.inspections[0].note == "Leaking gutter"  # type: ignore[attr-defined]
    assert queries.works_one(finance, works.pk, at=AT).works.cost_spent == Decimal(9000)
    works = built(works)
    signer = works.household.memberships.get().person  # type: ignore[union-attr]
    draft = rules.HandoverDraft(TODAY, signer.pk, defects=("A door sticks", ""))
    works = actions.hand_over(works.pk, draft, version=works.version, by=engineer, at=AT)
    assert (works.state, works.percent) == (rules.State.HANDED_OVER, 99)
    defect = works.defects.get()
    works = actions.mend_defect(works.pk, defect.pk, on=TODAY, version=works.version, by=engineer, at=AT)
    assert (works.state, works.percent, works.stage) == (rules.State.CLOSED, 100, "")
    kinds = {told.kind for told in queries.works_one(finance, works.pk, at=AT).story}
    assert kinds == {"contracted", "defect", "handed_over", "inspected", "mended", "paid", "planned"}
    with pytest.raises(errors.Conflict, match="mended already"):
        actions.mend_defect(works.pk, defect.pk, on=TODAY, version=works.version, by=engineer, at=AT)
    assert queries.curve(engineer, queries.WorksFilter(), today=TODAY)[-1].planned == pytest.approx(100)
    told = personal.collect(signer.subject)
    assert any("A door sticks" in text for section in told for _what, text in section.rows)


# --- what goes wrong --------------------------------------------------------------------------------------------------


def test_a_stage_is_not_skipped_and_nothing_of_it_is_kept() -> None:
    works = planned()
    with pytest.raises(errors.BadInput, match="walls cannot begin before tender is done"):
        inspect(works, survey=100, walls=10)
    with pytest.raises(errors.BadInput, match="101 %"):
        inspect(works, survey=101)
    with pytest.raises(errors.BadInput, match="not written by an inspection"):
        inspect(works, handover=100)
    with pytest.raises(errors.BadInput, match="not written by an inspection"):
        inspect(works, foundation=100)  # a repair has none
    with pytest.raises(errors.BadInput, match="still to come"):
        inspect(works, days=90, survey=10)
    with pytest.raises(errors.BadInput, match="Say how far"):
        inspect(works)
    inspect(works, days=5, survey=50)
    with pytest.raises(errors.BadInput, match="lies before"):
        inspect(works, days=4, survey=60)
    with pytest.raises(errors.BadInput, match="would fall to 20"):
        inspect(works, days=6, survey=20)
    inspect(works, days=6, note="The water took it", survey=20)
    assert models.Inspection.objects.count() == 2
    works.refresh_from_db()
    with pytest.raises(errors.BadInput, match="handed over when everything is built"):
        actions.hand_over(works.pk, rules.HandoverDraft(TODAY, signed_by="x"), version=works.version, by=OFFICE, at=AT)


def test_two_inspectors_at_once_and_photos_that_are_none(tmp_path: Path) -> None:
    works = planned()
    draft = rules.InspectionDraft(TODAY, {Stage.SURVEY: 100})
    sent = photo()
    with pytest.raises(errors.BadInput, match="is not a photo"):
        actions.inspect(
            works.pk, draft, photos=[("a.jpg", sent), ("b.jpg", b"MZ not a photo")], version=1, by=OFFICE, at=AT
        )
    assert not models.Inspection.objects.exists()
    assert not list(tmp_path.rglob("*.full"))
    actions.inspect(works.pk, draft, photos=[("a.jpg", sent)], version=1, by=OFFICE, at=AT)
    other = rules.InspectionDraft(TODAY, {Stage.SURVEY: 40}, "I saw less")
    with pytest.raises(errors.Conflict, match="changed by somebody else"):
        actions.inspect(works.pk, other, photos=[("c.jpg", photo(size=(300, 300)))], version=1, by=OFFICE, at=AT)
    with pytest.raises(errors.Conflict, match="on file already"):
        actions.inspect(works.pk, other, photos=[("a.jpg", sent)], version=2, by=OFFICE, at=AT)
    assert models.Inspection.objects.count() == Photo.objects.count() == 1
    assert len(list(tmp_path.rglob("*.full"))) == 1
    assert models.InspectionPhoto.objects.get().photo.property_id == works.home_id
    works.refresh_from_db()
    assert (works.percent, works.version) == (3, 2)


def test_money_stays_within_what_was_agreed() -> None:
    works, other = planned(), planned()
    pay = {"on": TODAY, "by": OFFICE, "at": AT}
    with pytest.raises(errors.Conflict, match=r"are too much: 18000\.00 are agreed"):
        actions.note_cost(works.pk, amount=Decimal("18000.01"), reference="A", version=1, **pay)
    lot = actions.make_lot(rules.LotDraft("L", works.home.keeper_id, amount=Decimal(20000)), by=OFFICE, at=AT)
    actions.give_to_lot(works.pk, lot.pk, amount=Decimal(12000), version=1, by=OFFICE, at=AT)
    with pytest.raises(errors.Conflict, match=r"8000\.01 EUR are too much"):
        actions.give_to_lot(other.pk, lot.pk, amount=Decimal("8000.01"), version=1, by=OFFICE, at=AT)
    with pytest.raises(errors.Conflict, match="contracted for 12000"):
        lower = rules.LotDraft("L", works.home.keeper_id, amount=Decimal(11000))
        actions.change_lot(lot.pk, lower, version=1, by=OFFICE, at=AT)
    actions.note_cost(works.pk, amount=Decimal(12000), reference="A", version=2, **pay)
    for amount, reference, wrong in (
        (Decimal(1), "A", "nothing is paid twice"),
        (Decimal(1), "B", "are too much"),
        (Decimal("-1"), "C", "is no sum"),
        (Decimal("NaN"), "C", "is no sum"),
        (Decimal("1.005"), "C", "is no sum"),
    ):
        with pytest.raises(errors.StrehaError, match=re.escape(wrong)):
            actions.note_cost(works.pk, amount=amount, reference=reference, version=3, **pay)
    with pytest.raises(errors.Conflict, match=r"12000\.00 are spent"):
        actions.give_to_lot(works.pk, lot.pk, amount=Decimal(11999), version=3, by=OFFICE, at=AT)
    assert models.WorksCost.objects.count() == 1


def test_one_home_is_built_once_at_a_time_and_stops_with_a_reason() -> None:
    works = planned()
    with pytest.raises(errors.Conflict, match="planned or running already"):
        actions.plan_works(rules.WorksDraft(works.home_id, rules.Kind.NEW, START), by=OFFICE, at=AT)
    with pytest.raises(errors.BadInput, match="cannot be empty"):
        actions.stop(works.pk, reason=" ", version=1, by=OFFICE, at=AT)
    actions.stop(works.pk, reason="No permit", version=1, by=OFFICE, at=AT)
    with pytest.raises(errors.Conflict, match="as it stands now"):
        inspect(works, survey=100)
    assert actions.resume(works.pk, version=2, by=OFFICE, at=AT).state == rules.State.PLANNED
    built(works)
    handed = actions.hand_over(
        works.pk,
        rules.HandoverDraft(TODAY, signed_by="A neighbour"),
        version=models.HouseWorks.objects.get().version,
        by=OFFICE,
        at=AT,
    )
    assert (handed.state, handed.percent) == (rules.State.CLOSED, 100)
    again = actions.plan_works(rules.WorksDraft(works.home_id, rules.Kind.NEW, START), by=OFFICE, at=AT)
    assert again.pk != works.pk


# --- who sees what ----------------------------------------------------------------------------------------------------


def test_everybody_sees_the_houses_of_their_own_area() -> None:
    here, there = planned("20"), planned("17")
    hidden_owner = factories.person(shielded=True)
    hidden = factories.home(hidden_owner)
    actions.plan_works(rules.WorksDraft(hidden.pk, rules.Kind.NEW, START), by=OFFICE, at=AT)
    engineer = factories.access(Role.ENGINEER, scope=factories.in_area("20"))
    found = queries.portfolio(engineer, queries.WorksFilter(), today=TODAY)
    assert [house.pk for office in found.offices for house in office.houses] == [here.pk]
    assert found.offices[0].spent is None
    assert queries.by_municipality(engineer, queries.WorksFilter(), today=TODAY).keys() == {here.home.municipality_id}
    programme = factories.access(Role.PROGRAMME)
    assert queries.portfolio(programme, queries.WorksFilter(), today=TODAY).total == 2
    assert queries.portfolio(factories.access(Role.PROTECTION), queries.WorksFilter(), today=TODAY).total == 3
    finance = factories.access(Role.FINANCE)
    assert queries.by_municipality(finance, queries.WorksFilter(), today=TODAY) == {}
    with pytest.raises(errors.NotFound):
        queries.works_one(engineer, there.pk, at=AT)
    with pytest.raises(errors.NotFound):
        inspect(there, engineer, survey=100)
    with pytest.raises(errors.Refused):
        actions.plan_works(rules.WorksDraft(here.home_id, rules.Kind.NEW, START), by=engineer, at=AT)
    assert queries.portfolio(factories.access(Role.PLANNER), queries.WorksFilter(), today=TODAY).total == 0
    for standing in rules.Standing:
        rows = queries.narrowed_rows(OFFICE, queries.WorksFilter(standing=standing), TODAY)
        assert {rules.standing(rules.State(w.state), w.stage_due, TODAY) for w in rows} <= {standing}


def test_alerts_name_what_to_look_at() -> None:
    works = planned()
    inspect(works, survey=100, design=100, tender=100, walls=10)
    (alarm,) = queries.alarms(OFFICE, queries.WorksFilter(), today=TODAY + dt.timedelta(days=40))
    assert alarm.alerts == (rules.Alert.VERY_LATE, rules.Alert.NOT_INSPECTED, rules.Alert.NO_CONTRACTOR)
    engineer = factories.access(Role.ENGINEER, scope=factories.in_area("20"))
    assert queries.inspections_due(engineer, TODAY).count() == 1
    assert queries.late_houses(engineer, TODAY + dt.timedelta(days=40)).count() == 1
    assert queries.defects_open(engineer).count() == 0


# --- people who are merged, people who are erased ---------------------------------------------------------------------


def test_after_a_merge_and_after_an_erasure() -> None:
    works = planned()
    signer = factories.person("Second", "Record")
    factories.home(signer)
    works = built(works)
    owner = works.household.memberships.get().person  # type: ignore[union-attr]
    merges.merge(merges.Choice(owner.pk, signer.pk), by=OFFICE, at=AT, reason="same")
    draft = rules.HandoverDraft(TODAY, signer.pk, signed_by="Zyraplant", defects=("Dosjeplant",))
    actions.hand_over(works.pk, draft, version=works.version, by=OFFICE, at=AT)
    assert models.Handover.objects.get().person_id in {owner.pk, signer.pk}
    protection.erase_person(models.Handover.objects.get().person_id, reason="asked", by=OFFICE, at=AT)
    assert models.Handover.objects.get().person_id is None
    works.refresh_from_db()
    assert works.household_id is None
    assert works.cost_planned == Decimal(18000)
    assert not [table for table, text in rows_as_text() if "Dosjeplant" in text or "Zyraplant" in text]
    assert queries.portfolio(OFFICE, queries.WorksFilter(), today=TODAY).total == 0
