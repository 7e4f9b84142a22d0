"""Who sees which home: by the office that keeps it, by its people, and by whether its place may be known."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests import factories
from tests.factories import AT, OFFICE
from tests.formats.test_pictures import photo

from streha.accounts import actions as account_actions
from streha.accounts import queries as account_queries
from streha.accounts.rules import POLICY, Access, Action, Role
from streha.audit import queries as log
from streha.common import errors
from streha.common.codes import FieldClass
from streha.homes import actions, models, queries, rules
from streha.homes.rules import OccupancyKind as Kind
from streha.people import actions as people
from streha.people.merges import actions as merges

pytestmark = pytest.mark.django_db
ALL = queries.PropertyFilter()


def listed(access: Access, narrowed: queries.PropertyFilter = ALL) -> list[int]:
    return sorted(home.pk for home in queries.properties_page(access, narrowed).rows)


def everywhere_else(access: Access, home: models.Property) -> dict[str, bool]:
    """Whether a home shows by each other way."""
    at_its_place = queries.PropertyFilter(area_id=home.municipality_id)
    on_map = queries.homes_map(access, at_its_place, at=AT)
    try:
        queries.property_page(access, home.pk, at=AT)
        opened = True
    except errors.NotFound:
        opened = False
    return {
        "page": opened,
        "number": bool(queries.search(access, home.number)),
        "address": bool(queries.search(access, "Rruga e Lisit 7")),
        "place": home.pk in listed(access, at_its_place),
        "counts": any(count.homes for count in on_map.counts),
        "dots": any(dot.home.pk == home.pk for dot in on_map.dots),
        "export": any(row.pk == home.pk for row in queries.rows_for_export(access, ALL)),
        "people": any(
            h.pk == home.pk for s in home.shares.all() for h in queries.of_people(access, [s.person_id or 0])
        ),
    }


def test_a_home_answers_where_its_record_is_kept() -> None:
    home = factories.home(factories.person(), point=rules.Point(20.74, 42.21))
    here = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    there = factories.access(Role.CASEWORKER, scope=factories.in_area("17"))
    assert listed(here) == [home.pk] and all(everywhere_else(here, home).values())
    assert listed(there) == [] and not any(everywhere_else(there, home).values())
    assert listed(factories.access()) == []
    for role in Role:
        if Action.PROPERTY_VIEW not in POLICY[role].actions:
            assert listed(factories.access(role)) == []


@pytest.mark.parametrize("link", ["owner", "former owner", "occupant", "household", "housemate", "former housemate"])
def test_the_home_of_somebody_shielded_answers_to_protection_alone(link: str) -> None:
    someone, other = factories.person("Dushplant"), factories.person("Agim", "Berisha")
    home = factories.home(other, point=rules.Point(20.74, 42.21))
    if link.endswith("owner"):
        until = dt.date(2020, 1, 1) if link == "former owner" else None
        actions.add_share(home.pk, rules.ShareDraft(someone.pk, until=until), by=OFFICE, at=AT)
    elif link == "occupant":
        draft = rules.OccupancyDraft(Kind.TENANT, dt.date(2020, 1, 1), person_id=someone.pk)
        actions.note_occupancy(home.pk, draft, by=OFFICE, at=AT)
    else:
        house = factories.household(*((other, someone) if "mate" in link else (someone,)))
        draft = rules.OccupancyDraft(Kind.TENANT, dt.date(2020, 1, 1), household_id=house.pk)
        actions.note_occupancy(home.pk, draft, by=OFFICE, at=AT)
        if link == "former housemate":
            membership = house.memberships.get(person=someone)
            people.end_membership(membership.pk, on=dt.date(2021, 1, 1), by=OFFICE, at=AT)
    everybody = [factories.access(role) for role in Role if Action.PROPERTY_VIEW in POLICY[role].actions]
    assert all(listed(access) == [home.pk] for access in everybody), "before, all of them see it"
    people.shield(someone.pk, on=True, reason="threat", by=OFFICE, at=AT)  # homes are not told, and need not be
    for access in everybody:
        sees = access.allows(Action.SHIELDED_VIEW)
        assert listed(access) == ([home.pk] if sees else [])
        assert any(everywhere_else(access, home).values()) is sees
    for refused in (
        lambda by: actions.assess(home.pk, rules.AssessmentDraft(dt.date(2020, 1, 1), "d1"), by=by, at=AT),
        lambda by: actions.add_photo(home.pk, photo(), by=by, at=AT),
        lambda by: queries.history(by, home.pk),
    ):
        with pytest.raises(errors.NotFound):
            refused(factories.access(Role.CASEWORKER))


def test_protection_elsewhere_does_not_see_the_home_of_somebody_it_may_not_see() -> None:
    someone = factories.person("Dushplant", code="17")
    home = factories.home(someone, code="20")
    people.shield(someone.pk, on=True, reason="threat", by=OFFICE, at=AT)
    assert listed(factories.access(Role.PROTECTION, scope=factories.in_area("20"))) == []
    assert listed(factories.access(Role.PROTECTION)) == [home.pk]


def test_a_shielded_home_answers_to_protection_alone() -> None:
    home = factories.home(factories.person())
    actions.shield(home.pk, on=True, reason="safe house", by=factories.access(Role.PROTECTION), at=AT)
    assert listed(factories.access(Role.CASEWORKER)) == []
    assert listed(factories.access(Role.PROTECTION)) == [home.pk]


def test_a_merged_record_hides_the_home_like_the_person_it_is() -> None:
    kept, gone = factories.person("Dushplant"), factories.person("Dushplant")
    home = factories.home(gone)
    merges.merge(merges.Choice(kept.pk, gone.pk), by=OFFICE, at=AT)
    assert [h.pk for h in queries.of_people(OFFICE, [kept.pk])] == [home.pk]
    page = queries.property_page(OFFICE, home.pk, at=AT)
    assert page.shares[0].seen_person.pk == kept.pk  # type: ignore[attr-defined]
    with pytest.raises(errors.Conflict):
        actions.add_share(home.pk, rules.ShareDraft(kept.pk), by=OFFICE, at=AT)
    people.shield(kept.pk, on=True, reason="threat", by=OFFICE, at=AT)
    assert listed(factories.access(Role.CASEWORKER)) == []
    assert listed(factories.access(Role.PROTECTION)) == [home.pk]


@pytest.mark.parametrize("role", [r for r in Role if Action.PROPERTY_VIEW in POLICY[r].actions])
def test_whoever_may_not_know_where_homes_are_learns_it_by_no_way(role: Role) -> None:
    home = factories.home(
        factories.person(), point=rules.Point(20.74, 42.21), cadastral_zone="Zhur", cadastral_ref="P-1234-5"
    )
    actions.add_photo(home.pk, photo(), by=OFFICE, at=AT)
    access = factories.access(role, scope=factories.in_area("20"))
    knows = FieldClass.HOME_LOCATION in POLICY[role].reads
    shown = everywhere_else(access, home)
    assert shown["page"] and shown["number"], "they do see the home"
    assert [shown[way] for way in ("address", "place", "counts", "dots")] == [knows] * 4
    page = queries.property_page(access, home.pk, at=AT)
    assert bool(page.address) is bool(page.cadastral) is bool(page.point) is bool(page.photos) is knows
    assert bool(queries.search(access, "P-1234-5")) is knows
    whole = queries.homes_map(access, ALL, at=AT)
    assert bool(whole.counts) is knows
    row = actions._export_row(access, queries.with_properties(access, [home.pk])[0])
    assert ("Rruga" in " ".join(row)) is knows and any("Prizren" in cell for cell in row[:4]) is knows
    if not knows:
        with pytest.raises(errors.NotFound):
            queries.photo(access, home.pk, home.photos.get().pk, "full", at=AT)


def test_two_roles_in_two_places_do_not_lend_each_other_what_they_know() -> None:
    here, there = factories.home(code="20"), factories.home(code="17")
    user = factories.user(Role.ENGINEER, scope=factories.in_area("20"))
    start = AT - dt.timedelta(days=1)
    account_actions.grant_role(user.pk, Role.COMMISSION, factories.in_area("17"), by=OFFICE, at=start)
    access = account_queries.access(user, AT)
    assert listed(access) == sorted([here.pk, there.pk])
    assert listed(access, queries.PropertyFilter(area_id=there.municipality_id)) == []
    assert [h.pk for h in queries.search(access, "Rruga e Lisit 7")] == [here.pk]
    assert [count.area.pk for count in queries.homes_map(access, ALL, at=AT).counts] == [here.municipality_id]


def test_an_owner_beyond_sight_stands_without_a_name() -> None:
    far = factories.person("Zyrafetja", "Qorroplant", code="17")
    home = factories.home(far, code="20")
    here = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    (share,) = queries.property_page(here, home.pk, at=AT).shares
    assert share.seen_person is None  # type: ignore[attr-defined]
    assert "Qorro" not in " ".join(actions._export_row(here, queries.with_properties(here, [home.pk])[0]))


def test_somebody_opened_by_break_glass_is_seen_with_their_home() -> None:
    far = factories.person(code="17")
    home = factories.home(far, code="17")
    here = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    assert listed(here) == []
    opened = Access(here.user_id, here.label, here.held, frozenset({far.subject.hex}))
    assert listed(opened) == [home.pk]
    assert queries.property_page(opened, home.pk, at=AT).address == "Rruga e Lisit 7"
    people.shield(far.pk, on=True, reason="threat", by=OFFICE, at=AT)
    assert listed(opened) == []


def test_looking_is_on_record_under_everybody_linked() -> None:
    owner, tenant = factories.person(), factories.person("Teuta")
    home = factories.home(
        owner, occupancies=(rules.OccupancyDraft(Kind.TENANT, dt.date(2020, 1, 1), person_id=tenant.pk),)
    )
    access = factories.access(Role.ENGINEER, scope=factories.in_area("20"))
    queries.property_page(access, home.pk, at=AT)
    for subject in (owner.subject, tenant.subject, home.subject):
        (look,) = [look for look in log.readers(subject).rows if look.where == "home"]
        assert look.actor.label == access.label and "home_location" in look.classes


# --- pages


def test_pages_of_a_list_follow_one_another_newest_first() -> None:
    made = [factories.home(code=code).pk for code in ("20", "17", "20", "05", "17", "20", "05")]
    assert OFFICE.user_id is None
    for access in (OFFICE, _of_three_places()):
        seen: list[int] = []
        after = ""
        while True:
            page = queries.properties_page(access, ALL, after=after, limit=2)
            seen += [home.pk for home in page.rows]
            after = page.next
            if not after:
                break
        assert seen == sorted(made, reverse=True)
    for damaged in ("x", "-1", "1e9", "9" * 30):
        with pytest.raises(errors.BadInput):
            queries.properties_page(OFFICE, ALL, after=damaged)


def _of_three_places() -> Access:
    user = factories.user(Role.CASEWORKER, scope=factories.in_area("20"))
    for code in ("17", "05"):
        account_actions.grant_role(
            user.pk, Role.CASEWORKER, factories.in_area(code), by=OFFICE, at=AT - dt.timedelta(days=1)
        )
    return account_queries.access(user, AT)


def test_filters_narrow_by_damage_tenure_occupancy_and_place() -> None:
    stays: dict[str, Any] = {"occupancies": (rules.OccupancyDraft(Kind.EMPTY, dt.date(2020, 1, 1)),)}
    ruined = factories.home(assessments=(rules.AssessmentDraft(dt.date(2020, 1, 1), "d5"),), **stays)
    owned = factories.home(code="17", tenure=rules.Tenure.OWNED)
    expected = {
        queries.PropertyFilter(damage="d5"): [ruined.pk],
        queries.PropertyFilter(tenure="owned"): [owned.pk],
        queries.PropertyFilter(occupancy="empty"): [ruined.pk],
        queries.PropertyFilter(occupancy="owner"): [],
        queries.PropertyFilter(area_id=owned.municipality_id): [owned.pk],
        queries.PropertyFilter(area_id=owned.municipality.parent_id): [owned.pk],
        queries.PropertyFilter(text="Rruga Lisit"): sorted([ruined.pk, owned.pk]),
        queries.PropertyFilter(text="Rruga Blirit"): [],
    }
    assert {narrowed: listed(OFFICE, narrowed) for narrowed in expected} == expected
    for narrowed in expected:
        assert queries.PropertyFilter.parse(narrowed.as_text()) == narrowed


def test_counts_of_the_map_are_those_of_the_list() -> None:
    for code in ("20", "20", "17"):
        factories.home(code=code, occupancies=(rules.OccupancyDraft(Kind.WITHOUT_RIGHT, dt.date(2020, 1, 1)),))
    counts = queries.homes_map(OFFICE, ALL, at=AT).counts
    assert [(c.area.label_sq, c.homes, c.without_right, c.empty, c.by_damage) for c in counts] == [
        ("Prizren", 2, 2, 0, {"": 2}),
        ("Pejë", 1, 1, 0, {"": 1}),
    ]
    for count in counts:
        assert len(listed(OFFICE, queries.PropertyFilter(area_id=count.area.pk))) == count.homes
