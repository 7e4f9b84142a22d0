"""Sites: nobody in two places, no more people than places, nights explained, no number that betrays."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from tests import factories
from tests.factories import AT, OFFICE

from streha.accounts.rules import Access, Role
from streha.assistance import personal
from streha.assistance.sites import actions, bridge, models, queries
from streha.assistance.sites.rules import places, sphere
from streha.audit.rules import Actor
from streha.common import errors
from streha.people.models import Person

TODAY = AT.date()
WEEK = dt.timedelta(days=7)


def draft(name: str = "Camp", capacity: int = 10, **more: object) -> places.SiteDraft:
    told = places.SiteDraft(
        name, places.Kind.CAMP, factories.municipality().pk, capacity, TODAY - WEEK, set_aside=2, step_free=2
    )
    return dataclasses.replace(told, **more)  # type: ignore[arg-type]


@pytest.fixture
def manager() -> Access:
    return factories.access(Role.PROGRAMME)


@pytest.fixture
def worker() -> Access:
    return factories.access(Role.CASEWORKER)


def family(size: int = 3, **more: object) -> tuple[int, list[Person]]:
    people = [factories.person(f"Given{n}", "Stays", **more) for n in range(size)]  # type: ignore[arg-type]
    return factories.household(*people).pk, people


@pytest.mark.django_db
def test_a_household_comes_is_counted_and_leaves(manager: Access, worker: Access) -> None:
    site = actions.open_site(draft(), by=manager, at=AT)
    home, people = family(4)
    stays = actions.check_in(
        site.pk, actions.Arrival(TODAY - WEEK, home, step_free_ids=(people[0].pk,)), by=worker, at=AT
    )
    assert queries.places_of([site])[site.pk] == places.Places(10, 2, 4, 2, 1)
    alone = factories.person("Alone", "Comes")
    actions.check_in(site.pk, actions.Arrival(TODAY, person_ids=(alone.pk,)), by=worker, at=AT)
    other = actions.open_site(draft("Shelter"), by=manager, at=AT)
    with pytest.raises(errors.Conflict, match="is checked in at Camp"):
        actions.check_in(other.pk, actions.Arrival(TODAY, home, (people[1].pk,)), by=worker, at=AT)
    with pytest.raises(IntegrityError, match=r"one_place|person_id"), transaction.atomic():
        models.Stay.objects.create(site=other, person=people[1], came_on=TODAY, checked_in_at=AT)
    more, _ = family(4)
    with pytest.raises(errors.Conflict, match="4 people need a place and 3"):
        actions.check_in(site.pk, actions.Arrival(TODAY, more), by=worker, at=AT)
    pair, two = family(2)
    with pytest.raises(errors.Conflict, match="without steps and 1"):
        asked = actions.Arrival(TODAY, pair, step_free_ids=tuple(p.pk for p in two))
        actions.check_in(site.pk, asked, by=worker, at=AT)
    night = TODAY - dt.timedelta(days=1)
    assert queries.registered_on(site, night) == 4
    assert queries.uncounted(worker, night).count() == 2
    with pytest.raises(errors.BadInput, match="explains the difference"):
        actions.count_night(site.pk, night=night, counted=5, by=worker, at=AT)
    why = places.Difference.VISITORS
    actions.count_night(site.pk, night=night, counted=5, why=why, by=worker, at=AT)
    with pytest.raises(errors.Conflict, match="counted already"):
        actions.count_night(site.pk, night=night, counted=4, by=worker, at=AT)
    with pytest.raises(errors.BadInput, match="not come yet"):
        actions.count_night(site.pk, night=TODAY + WEEK, counted=4, by=worker, at=AT)
    with pytest.raises(errors.BadInput, match="cannot leave"):
        actions.check_out([stays[0].pk], day=TODAY - 2 * WEEK, left_for=places.Left.HOME, by=worker, at=AT)
    actions.check_out([s.pk for s in stays], day=TODAY, left_for=places.Left.HOME, by=worker, at=AT)
    with pytest.raises(errors.Conflict, match="left on"):
        actions.check_out([stays[0].pk], day=TODAY, left_for=places.Left.HOME, by=worker, at=AT)
    actions.check_in(other.pk, actions.Arrival(TODAY, home), by=worker, at=AT)  # left and came on one day
    with pytest.raises(errors.Conflict, match="still checked in"):
        actions.close_site(site.pk, day=TODAY, by=manager, at=AT)
    page = queries.site_page(worker, site.pk, at=AT)
    assert [shown.stay.person for shown in page.stays] == [alone]
    assert page.nights[0].by == 1
    with pytest.raises(errors.Conflict, match="places"):
        actions.change_site(site.pk, draft(capacity=2), version=1, by=manager, at=AT)
    assert actions.change_site(site.pk, draft("New camp"), version=1, by=manager, at=AT).name == "New camp"
    with pytest.raises(errors.Conflict):
        actions.change_site(site.pk, draft(), version=1, by=manager, at=AT)


@pytest.mark.django_db
def test_no_number_tells_that_somebody_hidden_stays_there(manager: Access, worker: Access) -> None:
    """Places taken, free and counted are the same before and after a shielded household came."""
    officer = factories.access(Role.PROTECTION)
    site = actions.open_site(draft(), by=manager, at=AT)
    home, _ = family(3)
    actions.check_in(site.pk, actions.Arrival(TODAY, home), by=worker, at=AT)
    viewers = (manager, worker, factories.access(Role.PLANNER), factories.access(Role.STOREKEEPER))

    def seen() -> list[object]:
        told: list[object] = []
        for viewer in viewers:
            page = queries.site_page(viewer, site.pk, at=AT)
            told += [page.places, len(page.stays), page.unnamed, page.hidden_used, page.lines]
            told += [queries.by_municipality(viewer), queries.registered_on(site, TODAY)]
            told += [queries.sites_page(viewer, queries.SiteFilter()).rows]
        return told

    before = seen()
    mixed = [factories.person("Plain", "Mixed"), factories.person("Hidden", "Mixed", shielded=True)]
    hidden = factories.household(*mixed).pk
    with pytest.raises(errors.NotFound):
        actions.check_in(site.pk, actions.Arrival(TODAY, hidden), by=worker, at=AT)
    actions.check_in(site.pk, actions.Arrival(TODAY, hidden), by=officer, at=AT)
    assert seen() == before
    assert queries.site_page(officer, site.pk, at=AT).hidden_used == 2
    assert len(queries.site_page(officer, site.pk, at=AT).stays) == 5
    third, _ = family(1, shielded=True)
    with pytest.raises(errors.Conflict, match="set aside"):
        actions.check_in(site.pk, actions.Arrival(TODAY, third), by=officer, at=AT)
    # a whole shelter that nobody may know of
    secret = actions.open_site(draft("Safe", is_hidden=True), by=officer, at=AT)
    with pytest.raises(errors.Refused):
        actions.open_site(draft("Safe 2", is_hidden=True), by=manager, at=AT)
    assert seen() == before
    with pytest.raises(errors.NotFound):
        queries.site_page(worker, secret.pk, at=AT)


@pytest.mark.django_db
def test_who_stays_is_read_by_whoever_may_read_where_people_live(manager: Access, worker: Access) -> None:
    site = actions.open_site(draft(), by=manager, at=AT)
    home, people = family(2)
    far = factories.person("Far", "Away", code="17")
    arrival = actions.Arrival(TODAY, home, step_free_ids=(people[0].pk,))
    actions.check_in(site.pk, arrival, by=worker, at=AT)
    actions.check_in(site.pk, actions.Arrival(TODAY, person_ids=(far.pk,)), by=worker, at=AT)
    local = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    page = queries.site_page(local, site.pk, at=AT)
    assert ({s.stay.person_id for s in page.stays}, page.unnamed) == ({p.pk for p in people}, 1)
    assert all(shown.knows_health for shown in page.stays)
    assert not any(s.knows_health for s in queries.site_page(manager, site.pk, at=AT).stays)
    store = queries.site_page(factories.access(Role.STOREKEEPER), site.pk, at=AT)
    assert (store.stays, store.unnamed, store.places.taken) == ((), 3, 3)
    elsewhere = factories.access(Role.CASEWORKER, scope=factories.in_area("17"))
    with pytest.raises(errors.NotFound):
        queries.site_page(elsewhere, site.pk, at=AT)
    there = actions.open_site(draft("There", municipality_id=factories.municipality("17").pk), by=manager, at=AT)
    with pytest.raises(errors.Conflict, match="another office"):
        actions.check_in(there.pk, actions.Arrival(TODAY, person_ids=(far.pk,)), by=elsewhere, at=AT)
    (section,) = (s for s in personal.collect(far.subject) if s.code == "sites")
    assert section.rows[0][0] == "stay"
    personal.erase(far.subject, by=Actor("user", "1", "x"), at=AT)
    assert not models.Stay.objects.filter(person=far).exists()


@pytest.mark.django_db
def test_merged_records_that_stay_at_two_places_are_shown(manager: Access, worker: Access) -> None:
    one, two = factories.person("One", "Same"), factories.person("Two", "Same")
    for name, person in (("A", one), ("B", two)):
        site = actions.open_site(draft(name), by=manager, at=AT)
        actions.check_in(site.pk, actions.Arrival(TODAY, person_ids=(person.pk,)), by=worker, at=AT)
    assert not queries.in_two_places(worker).exists()
    Person.objects.filter(pk=two.pk).update(canonical=one)
    assert [stay.person_id for stay in queries.in_two_places(worker)] == [two.pk]


@pytest.mark.django_db
def test_standards_are_versions_verified_by_somebody_else(manager: Access) -> None:
    assert not any(s.verified for s in queries.standards())
    first = actions.load_standards(by=manager, at=AT)
    with pytest.raises(errors.Refused, match="wrote the standards"):
        actions.verify_standards(first.pk, by=manager, at=AT)
    actions.verify_standards(first.pk, by=factories.access(Role.PROGRAMME), at=AT)
    assert all(s.verified for s in queries.standards())
    lines = [dataclasses.replace(s, value=Decimal(20)) for s in bridge.shipped() if s.measure == "water_l"]
    assert actions.save_standards(lines, by=OFFICE, at=AT).version == 2
    assert [(s.value, s.verified) for s in queries.standards()] == [(Decimal(20), False)]
    site = actions.open_site(draft(water_l_day=30), by=manager, at=AT)
    (line,) = queries.site_page(manager, site.pk, at=AT).lines
    assert (line.verdict, line.missing) == ("below", Decimal(10))  # two places set aside count as used
    (bought,) = queries.missing(manager)
    assert (bought.item, bought.quantity, bought.where) == ("WATER-TANK", 1, "Camp")


def test_standards_by_hand() -> None:
    """A cold site of 100: 400 m2, 1,500 litres, one tap, four latrines, ten places of 120 without steps."""
    facts = sphere.Facts(100, Decimal(400), Decimal(1500), 1, 4, 10, 120)
    lines = {line.standard.measure: line for line in sphere.check(facts, bridge.shipped())}
    assert (lines[sphere.Measure.COVERED_M2].has, lines[sphere.Measure.COVERED_M2].missing) == (4, 50)
    assert lines[sphere.Measure.WATER_L].verdict == "met"
    assert lines[sphere.Measure.PER_TAP].verdict == "met"
    assert (lines[sphere.Measure.PER_LATRINE].has, lines[sphere.Measure.PER_LATRINE].missing) == (25, 1)
    assert lines[sphere.Measure.STEP_FREE].missing == 8  # 0.15 x 120 = 18
    bought = {p.item: p.quantity for p in sphere.purchases(lines.values(), where="x")}
    assert bought == {"FAMILY-TENT": 4, "LATRINE": 1, "RAMP": 2}
    warm = dataclasses.replace(facts, is_cold=False)
    assert sphere.check(warm, bridge.shipped())[0].verdict == "met"  # 3.5 m2 there
    unknown = sphere.check(sphere.Facts(5), bridge.shipped())
    assert {line.verdict for line in unknown} == {sphere.Verdict.NOT_KNOWN}


numbers = st.integers(0, 2000)


@given(numbers, numbers, numbers, numbers, numbers, st.booleans())
def test_what_fills_a_gap_fills_it(people: int, m2: int, taps: int, latrines: int, more: int, cold: bool) -> None:
    standards = bridge.shipped()
    facts = sphere.Facts(people, Decimal(m2), Decimal(0), taps, latrines, 0, people, cold)
    missing = {line.standard.measure: line.missing for line in sphere.check(facts, standards)}
    assert all(gap >= 0 for gap in missing.values())
    filled = sphere.Facts(
        people,
        m2 + missing[sphere.Measure.COVERED_M2],
        missing[sphere.Measure.WATER_L],
        int(taps + missing[sphere.Measure.PER_TAP]),
        int(latrines + missing[sphere.Measure.PER_LATRINE]),
        int(missing[sphere.Measure.STEP_FREE]),
        people,
        cold,
    )
    assert all(line.verdict is sphere.Verdict.MET for line in sphere.check(filled, standards))
    crowded = sphere.check(dataclasses.replace(facts, people=people + more, capacity=people + more), standards)
    assert all(line.missing >= missing[line.standard.measure] for line in crowded)


spans = st.builds(
    lambda a, n: places.Span(TODAY + dt.timedelta(a), None if n is None else TODAY + dt.timedelta(a + n)),
    st.integers(-30, 30),
    st.none() | st.integers(0, 20),
)


@given(spans, spans)
def test_two_stays_overlap_when_some_night_lies_in_both(one: places.Span, other: places.Span) -> None:
    def nights(span: places.Span) -> set[dt.date]:
        end = span.until or TODAY + dt.timedelta(99)
        return {span.since + dt.timedelta(n) for n in range((end - span.since).days)}

    found = places.overlapping([one], other) is not None
    assert found or not nights(one) & nights(other)
    if found and nights(one) and nights(other):
        assert nights(one) & nights(other)
