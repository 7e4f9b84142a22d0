"""Homes held against the standards: for whom, which line, what is missing, and who may know."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from tests import factories
from tests.factories import AT, OFFICE

from streha.accounts.rules import Role
from streha.assistance.sites import queries
from streha.assistance.sites.rules import sphere
from streha.assistance.supplies import queries as supplies
from streha.common import errors
from streha.homes import actions, models, personal, rules
from streha.people import actions as people
from streha.people.models import Person
from streha.people.rules import NeedKind

pytestmark = pytest.mark.django_db
TODAY = AT.date()
M = sphere.Measure


def lived_in(size: int, **measured: object) -> tuple[models.Property, list[int]]:
    members = [factories.person(f"G{n}", f"Zz{size}") for n in range(size)]
    house = factories.household(*members)
    home = factories.home(members[0])
    stay = rules.OccupancyDraft(rules.OccupancyKind.OWNER, TODAY - dt.timedelta(days=100), household_id=house.pk)
    actions.note_occupancy(home.pk, stay, by=OFFICE, at=AT)
    if measured:
        draft = rules.AssessmentDraft(TODAY, **measured)  # type: ignore[arg-type]
        actions.assess(home.pk, draft, by=OFFICE, at=AT)
    home.refresh_from_db()
    return home, [member.pk for member in members]


def test_homes_below_a_line_and_what_is_missing() -> None:
    lines = {one.measure: one for one in sphere.chosen(queries.standards(), is_cold=True)}
    small, people_there = lived_in(6, floor_m2=Decimal(12), water_l_day=5000, toilets=0, step_free=False)
    lived_in(2, floor_m2=Decimal(80), water_l_day=5000, toilets=1)
    lived_in(5)  # nobody has measured it
    empty = factories.home(factories.person("Zzowner"))
    actions.assess(empty.pk, rules.AssessmentDraft(TODAY, floor_m2=Decimal(3)), by=OFFICE, at=AT)

    found = queries.checked_homes(OFFICE)
    assert (found.measured, found.is_cut) == (2, False)
    (one,) = found.below
    assert (one.home.pk, one.people) == (small.pk, 6)
    missing = {line.standard.measure: line.missing for line in one.below}
    assert missing == {M.COVERED_M2: 6 * lines[M.COVERED_M2].value - 12, M.PER_LATRINE: 1}
    assert small.number in {buy.where for buy in queries.missing(OFFICE)}
    reasons = [each.where for row in supplies.purchase_list(OFFICE, TODAY) for each in row.reasons]
    assert small.number in reasons

    # steps count once somebody there lives with a disability, for who may read of it
    people.add_need(people_there[0], NeedKind.DISABILITY, by=OFFICE, at=AT)
    assert M.STEP_FREE in {line.standard.measure for line in queries.checked_homes(OFFICE).below[0].below}
    programme = factories.access(Role.PROGRAMME)
    (seen,) = queries.checked_homes(programme).below
    assert M.STEP_FREE not in {line.standard.measure for line in seen.lines}
    assert queries.checked_homes(factories.access(Role.PROGRAMME, scope=factories.in_area("17"))).measured == 0
    assert queries.checked_homes(factories.access(Role.STOREKEEPER)).measured == 0

    # the latest of each measure holds; a shielded member hides the home
    later = rules.AssessmentDraft(TODAY, floor_m2=Decimal(90), toilets=2)
    actions.assess(small.pk, later, by=OFFICE, at=AT)
    small.refresh_from_db()
    assert (small.floor_m2, small.water_l_day, small.toilets, small.step_free) == (90, 5000, 2, False)
    assert {line.standard.measure for line in queries.checked_homes(OFFICE).below[0].below} == {M.STEP_FREE}


def test_what_cannot_be_measured_is_refused_and_what_was_is_told_and_erased() -> None:
    home, (owner, *_rest) = lived_in(1, floor_m2=Decimal("41.5"), step_free=True)
    for wrong in ({"floor_m2": Decimal(-1)}, {"toilets": 101}, {"water_l_day": 100_001}):
        with pytest.raises(errors.BadInput, match="cannot be"):
            actions.assess(home.pk, rules.AssessmentDraft(TODAY, **wrong), by=OFFICE, at=AT)  # type: ignore[arg-type]
    with pytest.raises(errors.BadInput, match="otherwise nothing is noted"):
        actions.assess(home.pk, rules.AssessmentDraft(TODAY), by=OFFICE, at=AT)
    subject = Person.objects.get(pk=owner).subject
    told = dict(row for section in personal.collect(subject) for row in section.rows)
    assert told["floor_m2"].startswith("41.50")
    assert told["step_free"].startswith("yes_no:True")
