"""Households: members with dates, one head, nobody in two at once, and what is refused."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from tests import factories
from tests.factories import AT, OFFICE

from streha.common import errors
from streha.people import actions, models, queries, rules

pytestmark = pytest.mark.django_db


def test_a_household_goes_by_its_head() -> None:
    head, wife = factories.person("Agim", "Zeka"), factories.person("Teuta", "Berisha")
    house = factories.household(head, wife)
    assert house.sort_name == head.sort_name
    new_head = house.memberships.get(person=wife)
    actions.set_head(house.pk, membership_id=new_head.pk, by=OFFICE, at=AT)
    house.refresh_from_db()
    assert house.sort_name == wife.sort_name
    assert house.memberships.filter(is_head=True).get().person == wife


def test_nobody_lives_in_two_households() -> None:
    someone = factories.person()
    factories.household(someone)
    with pytest.raises(errors.Conflict):
        factories.household(someone)
    assert models.Household.objects.count() == 1


def test_two_heads_and_doubled_members_are_refused() -> None:
    a, b = factories.person(), factories.person("Agim", "Berisha")
    keeper = factories.municipality().pk
    two = tuple(rules.MemberDraft(p.pk, is_head=True) for p in (a, b))
    with pytest.raises(errors.BadInput):
        actions.open_household(actions.HouseholdDraft(keeper, two), by=OFFICE, at=AT)
    twice = (rules.MemberDraft(a.pk), rules.MemberDraft(a.pk))
    with pytest.raises(errors.BadInput):
        actions.open_household(actions.HouseholdDraft(keeper, twice), by=OFFICE, at=AT)
    with pytest.raises(errors.BadInput):
        actions.open_household(actions.HouseholdDraft(keeper, ()), by=OFFICE, at=AT)


def test_the_database_itself_refuses_two_heads() -> None:
    house = factories.household(factories.person())
    other = factories.person("Agim", "Berisha")
    with pytest.raises(IntegrityError), transaction.atomic():
        models.Membership.objects.create(household=house, person=other, is_head=True, noted_at=AT)


def test_who_left_stays_on_file_and_may_join_another() -> None:
    a, b = factories.person(), factories.person("Agim", "Berisha")
    house = factories.household(a, b)
    membership = house.memberships.get(person=b)
    actions.end_membership(membership.pk, on=AT.date(), by=OFFICE, at=AT)
    other = factories.household(b)
    page = queries.household_page(OFFICE, house.pk, at=AT)
    assert [m.person_id for m in page.past] == [b.pk]
    assert queries.person_page(OFFICE, b.pk, at=AT).membership.household_id == other.pk  # type: ignore[union-attr]
    with pytest.raises(errors.Conflict):
        actions.end_membership(membership.pk, on=AT.date(), by=OFFICE, at=AT)


def test_an_end_before_the_beginning_is_told() -> None:
    a, b = factories.person(), factories.person("Agim", "Berisha")
    house = factories.household(a)
    joined = actions.add_member(house.pk, rules.MemberDraft(b.pk, started_on=dt.date(2026, 5, 1)), by=OFFICE, at=AT)
    with pytest.raises(errors.BadInput) as wrong:
        actions.end_membership(joined.pk, on=dt.date(2026, 4, 1), by=OFFICE, at=AT)
    assert "01.04.2026" in wrong.value.english()


def test_the_address_is_sealed() -> None:
    house = factories.household(factories.person(), address="Rruga e Pishave 7")
    assert b"Pishave" not in bytes(house.address_sealed or b"")
    assert queries.address_of(OFFICE, house.pk, at=AT) == "Rruga e Pishave 7"
