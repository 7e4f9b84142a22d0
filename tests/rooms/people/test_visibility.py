"""Who sees whom: lists, search, hints, pages and answers obey one policy; a stranger is told nothing at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from tests import factories
from tests.factories import AT, OFFICE

from streha.accounts import actions as account_actions
from streha.accounts import queries as account_queries
from streha.accounts.rules import NOBODY, Role, Scope, ScopeKind
from streha.audit import queries as log
from streha.common import errors
from streha.engine import names
from streha.people import actions, models, queries, rules
from streha.places.models import Area, AreaName

pytestmark = pytest.mark.django_db


def seen(access: object) -> set[int]:
    return {p.pk for p in queries.people_page(access, queries.PersonFilter()).rows}  # type: ignore[arg-type]


def test_an_area_sees_its_own_and_nobody_elses() -> None:
    here, there = factories.person(), factories.person("Agim", "Berisha", code="17")
    mocr = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    assert seen(mocr) == {here.pk}
    assert queries.search(mocr, "berisha").people == ()
    assert queries.search(mocr, there.number).people == ()
    with pytest.raises(errors.NotFound):
        queries.person_page(mocr, there.pk, at=AT)
    with pytest.raises(errors.NotFound):
        actions.add_name(there.pk, rules.NameDraft("A", "B"), by=mocr, at=AT)


def test_nobody_sees_nothing() -> None:
    factories.person(identifier="1234567890", phone="+38344123218")
    for access in (NOBODY, factories.access(), factories.access(Role.PLANNER), factories.access(Role.KEEPER)):
        assert seen(access) == set()
        for written in ("hoxha", "1234567890", "044123218", "P-1", "prizren"):
            found = queries.search(access, written)
            assert (found.people, found.households, found.next_key) == ((), (), "")


def test_a_shielded_person_answers_to_protection_alone() -> None:
    hidden = factories.person("Fatime", "Gashi", shielded=True, identifier="9876543210")
    house = factories.household(hidden)
    mocr = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    guard = factories.access(Role.PROTECTION, scope=factories.in_area("20"))
    assert seen(mocr) == set()
    for written in ("gashi", "9876543210", hidden.number, house.number, "prizren"):
        found = queries.search(mocr, written)
        assert (found.people, found.households) == ((), ()), written
    assert queries.households_page(mocr).rows == [] or not queries.households_page(mocr).rows
    assert seen(guard) == {hidden.pk}
    assert [p.pk for p in queries.search(guard, "gashi").people] == [hidden.pk]


def test_a_shielded_person_is_no_conflict_for_others() -> None:
    factories.person("Fatime", "Gashi", shielded=True, identifier="9876543210")
    mocr = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    mine = factories.person("Fatime", "Gashi", by=mocr)
    actions.add_identifier(mine.pk, rules.IdentifierDraft(rules.IdentifierKind.ID_CARD, "9876543210"), by=mocr, at=AT)
    assert models.MatchPair.objects.get().is_central


def test_a_household_shows_only_members_who_may_be_seen() -> None:
    here, there = factories.person(), factories.person("Agim", "Berisha", code="17")
    house = factories.household(here, there)
    mocr = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    page = queries.household_page(mocr, house.pk, at=AT)
    assert [m.person_id for m in page.members] == [here.pk]
    (row,) = queries.households_page(mocr).rows
    assert [m.person_id for m in row.current_memberships] == [here.pk]  # type: ignore[attr-defined]


def test_classes_of_fields_follow_the_role() -> None:
    made = factories.person(phone="+38344123218", community="ashkali")
    contact = made.contacts.get()
    commission = factories.access(Role.COMMISSION, scope=factories.in_area("20"))
    page = queries.person_page(commission, made.pk, at=AT)
    assert page.contacts == ()
    for what, pk in (("contact", contact.pk), ("community", 0)):
        with pytest.raises(errors.NotFound):
            queries.reveal(commission, made.pk, what, pk, at=AT)
    mocr = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    assert queries.reveal(mocr, made.pk, "contact", contact.pk, at=AT) == "+38344123218"
    assert queries.reveal(mocr, made.pk, "community", at=AT) == "ashkali"


def test_where_somebody_lives_cannot_be_asked_by_whoever_may_not_know_it() -> None:
    town = factories.municipality("20")
    village = Area.objects.create(
        kind=Area.Kind.SETTLEMENT, parent=town, label_sq="Zhur", label_sr="Жур", label_sr_latn="Žur"
    )
    Area.objects.filter(pk=village.pk).update(path=f"{town.path}{village.pk:08d}")
    AreaName.objects.create(area=village, language="sq", script="Latn", name="Zhur", key=names.place_key("Zhur"))
    made = factories.person()
    house = factories.household(made)
    models.Person.objects.filter(pk=made.pk).update(home_area=village)
    models.Household.objects.filter(pk=house.pk).update(home_area=village)
    for role, is_found in ((Role.CASEWORKER, True), (Role.COMMISSION, False)):
        viewer = factories.access(role, scope=factories.in_area("20"))
        assert bool(queries.people_page(viewer, queries.PersonFilter(area_id=village.pk)).rows) == is_found
        assert bool(queries.households_page(viewer, area_id=village.pk).rows) == is_found
        assert bool(queries.search(viewer, "Zhur").people) == is_found
        assert bool(queries.search(viewer, "Hoxha Zhur").people) == is_found
        assert queries.search(viewer, "Hoxha Prizren").people


def test_whoever_looks_is_on_record() -> None:
    made = factories.person(phone="+38344123218")
    mocr = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    queries.person_page(mocr, made.pk, at=AT)
    queries.reveal(mocr, made.pk, "contact", made.contacts.get().pk, at=AT)
    looks = log.readers(made.subject).rows
    assert [(look.verb, look.classes) for look in looks if look.verb == "shown"] == [("shown", ("contact",))]
    assert {look.actor.label for look in looks} == {mocr.label}


def test_break_glass_opens_one_person_for_some_hours_and_is_reviewed_by_another() -> None:
    there, other = factories.person("Agim", "Berisha", code="17"), factories.person("Ana", "Gashi", code="17")
    user = factories.user(Role.CASEWORKER, scope=factories.in_area("20"))
    before = account_queries.access(user, AT)
    broken = account_actions.break_glass(
        there.subject, reason="The family asked us by phone", hours=2, by=before, at=AT
    )
    during = account_queries.access(user, AT + dt.timedelta(hours=1))
    assert seen(during) == {there.pk}
    assert queries.person_page(during, there.pk, at=AT).person.pk == there.pk
    with pytest.raises(errors.NotFound):
        queries.person_page(during, other.pk, at=AT)
    assert seen(account_queries.access(user, AT + dt.timedelta(hours=3))) == set()
    with pytest.raises(errors.Refused):
        account_actions.review_break(broken.pk, justified=True, note="", by=before, at=AT)
    reviewer = factories.access(Role.PROTECTION)
    assert account_actions.review_break(broken.pk, justified=True, note="ok", by=reviewer, at=AT).reviewed_at == AT


def test_break_glass_does_not_open_a_shielded_person() -> None:
    hidden = factories.person("Fatime", "Gashi", code="17", shielded=True)
    user = factories.user(Role.CASEWORKER, scope=factories.in_area("20"))
    access = account_queries.access(user, AT)
    account_actions.break_glass(hidden.subject, reason="A long enough reason", hours=2, by=access, at=AT)
    assert seen(account_queries.access(user, AT)) == set()


def test_pages_follow_one_another_without_gap_or_double() -> None:
    made = {factories.person("Ana", f"Berisha{letter}").pk for letter in "abcdefghij"}
    for access in (OFFICE, factories.access(Role.CASEWORKER, scope=factories.in_area("20"))):
        got: list[int] = []
        after = ""
        while True:
            page = queries.people_page(access, queries.PersonFilter(), after=after, limit=3)
            got += [p.pk for p in page.rows]
            if not page.next:
                break
            after = page.next
        assert len(got) == len(set(got)) == 10
        assert set(got) == made


def test_search_pages_follow_one_another_without_gap_or_double() -> None:
    made = {factories.person("Berat", f"Berisha{letter}").pk for letter in "abcdefghij"}
    got: list[int] = []
    after = ""
    while True:
        found = queries.search(OFFICE, "ber", after=after, limit=3)
        got += [p.pk for p in found.people]
        if not found.next_key:
            break
        after = found.next_key
    assert len(got) == len(set(got)) == 10
    assert set(got) == made


@pytest.mark.parametrize("after", ["nonsense", "a~b", "a~b~c~d", "~", "x~1~y"])
def test_a_damaged_page_key_is_told(after: str) -> None:
    factories.person()
    with pytest.raises(errors.BadInput):
        queries.people_page(OFFICE, queries.PersonFilter(), after=after)
    with pytest.raises(errors.BadInput):
        queries.search(OFFICE, "hoxha", after=after)


def test_what_may_be_read_of_a_list_costs_no_query_for_each_row(
    django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    region = factories.municipality("20").parent
    assert region is not None
    viewer = factories.access(Role.CASEWORKER, scope=Scope(ScopeKind.AREA, str(region.pk)))
    inside = queries.Record.of(factories.person(code="20"))
    outside = queries.Record.of(factories.person(code="17"))
    with django_assert_max_num_queries(4):  # and once the areas of whom the second wall is told
        seen = [queries.readable(viewer, record) for record in (inside, outside) * 25]
    assert seen[0] and not seen[1]
    assert seen == [seen[0], seen[1]] * 25
