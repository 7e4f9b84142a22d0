"""Work: who meets which vacancy, with every reason; only cases the viewer sees are weighed."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import factories
from tests.factories import AT, OFFICE
from tests.rooms.cases.conftest import Office, opened

from streha.accounts.rules import Role
from streha.cases import personal
from streha.cases.labour import actions, models, queries, rules
from streha.common import errors

TODAY = AT.date()
SPRING = dt.date(2027, 4, 1)
AUTUMN = dt.date(2027, 10, 31)


def vacancy(**more: object) -> models.Vacancy:
    told: dict[str, object] = {
        "employer": "Demo Build",
        "title": "Two bricklayers",
        "starts_on": SPRING,
        "ends_on": AUTUMN,
        "skills": [("bricklayer", 2, True), ("licence_b", 1, False)],
        "languages": [("de", 2)],
    }
    if "abroad" not in more:
        told["area_id"] = factories.municipality("17").pk
    return actions.register_vacancy(actions.VacancyDraft(**(told | more)), by=OFFICE, at=AT)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_reasons_for_and_against_are_told_and_a_merely_welcome_skill_may_be_missing(office: Office) -> None:
    case = opened(office, rules.TRACK, whole=False)
    draft = actions.ProfileDraft([("bricklayer", 3)], [("de", 1)], free_from=dt.date(2027, 1, 1), within_km=200)
    profile = actions.tell_profile(case.pk, draft, by=office.worker, at=AT)
    here, abroad = vacancy(), vacancy(abroad="Bremen, Germany", languages=[])
    vacancy(skills=[("nurse", 2, True)], languages=[], starts_on=dt.date(2026, 12, 1), ends_on=None, abroad="Wien")
    found = queries.for_profile(profile, TODAY)
    assert [one.vacancy.pk for one in found] == [here.pk, abroad.pk]  # the third has nothing that speaks for it
    first = found[0].match
    assert not first.is_possible
    assert {(r.kind.value, r.code, r.is_met) for r in first.reasons} == {
        ("skill", "bricklayer", True),
        ("skill", "licence_b", False),
        ("language", "de", False),
        ("place", "far", True),
        ("time", "", True),
    }
    assert first.km == pytest.approx(56, abs=12)  # Prizren to the seat of the other municipality, in a straight line
    better = actions.ProfileDraft([("bricklayer", 2)], [("de", 2)], goes_abroad=True)
    profile = actions.tell_profile(case.pk, better, by=office.worker, at=AT)
    assert all(one.match.is_possible for one in queries.for_profile(profile, TODAY)[:2])
    (match,) = queries.for_vacancy(office.worker, queries.vacancy(here.pk))
    assert (match.case.pk, match.match.is_possible) == (case.pk, True)
    actions.end_vacancy(here.pk, rules.VacancyState.FILLED, revision=here.revision, by=OFFICE, at=AT)
    assert queries.for_profile(profile, TODAY)[0].vacancy.pk == abroad.pk
    assert here.pk not in {one.vacancy.pk for one in queries.for_profile(profile, TODAY)}
    with pytest.raises(errors.Conflict):
        actions.end_vacancy(here.pk, rules.VacancyState.OPEN, revision=here.revision, by=OFFICE, at=AT)
    (section,) = personal.collect(office.head.subject)
    assert ("skill", "skill_level:2 · bricklayer") in section.rows


@pytest.mark.django_db
def test_only_cases_in_sight_are_weighed_and_values_are_those_of_the_lists(office: Office) -> None:
    case = opened(office, rules.TRACK, whole=False)
    with pytest.raises(errors.BadInput, match="stands in no list"):
        actions.tell_profile(case.pk, actions.ProfileDraft([("astronaut", 2)]), by=office.worker, at=AT)
    with pytest.raises(errors.BadInput, match="named twice"):
        actions.tell_profile(case.pk, actions.ProfileDraft([("cook", 2), ("cook", 3)]), by=office.worker, at=AT)
    actions.tell_profile(case.pk, actions.ProfileDraft([("bricklayer", 2)]), by=office.worker, at=AT)
    row = queries.vacancy(vacancy().pk)
    assert len(queries.for_vacancy(office.worker, row)) == 1
    assert not queries.for_vacancy(factories.access(Role.CASEWORKER, scope=factories.in_area("17")), row)
    assert not queries.for_vacancy(factories.access(Role.PLANNER), row)
    with pytest.raises(errors.Refused):
        actions.register_vacancy(
            actions.VacancyDraft("x", "y", SPRING, abroad="z"), by=factories.access(Role.COMMISSION), at=AT
        )
    with pytest.raises(errors.BadInput, match="where the work is"):
        vacancy(abroad="Wien", area_id=factories.municipality("17").pk)
    with pytest.raises(errors.BadInput, match="lies before"):
        vacancy(ends_on=TODAY)


def test_the_list_of_skills_says_where_it_comes_from() -> None:
    listed = queries.skills()
    assert len(listed) >= 30
    for code, skill in listed.items():
        assert skill.label.sq, code
        assert skill.label.sr, code
        assert skill.label.en, code
        assert not skill.uri or skill.uri.startswith("http://data.europa.eu/esco/isco/C"), code
    assert len({skill.uri for skill in listed.values() if skill.uri}) == sum(bool(s.uri) for s in listed.values())


def test_a_distance_by_hand() -> None:
    """One degree of latitude is 2 pi 6371.0088 / 360 = 111.195 km."""
    assert rules.distance_km((20.0, 42.0), (20.0, 43.0)) == pytest.approx(111.195, abs=1e-3)
    assert rules.distance_km((20.0, 42.0), (20.0, 42.0)) == 0


LEVELS = st.dictionaries(st.sampled_from(["cook", "nurse", "welder"]), st.integers(1, 3), max_size=3)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(can=LEVELS, asked=LEVELS, required=st.booleans())
def test_who_can_more_never_fits_less(can: dict[str, int], asked: dict[str, int], required: bool) -> None:
    wants = rules.Asked(asked, {}, frozenset(asked) if required else frozenset(), SPRING)
    now = rules.match(rules.Can(can, {}), wants, None)
    more = rules.match(rules.Can({**can, **dict.fromkeys(asked, 3)}, {}), wants, None)
    assert more.is_possible
    assert more.met >= now.met
    assert now.is_possible == (not required or all(can.get(code, 0) >= least for code, least in asked.items()))
