"""People, places and users for tests, all invented; made through the same actions as in the office."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from fractions import Fraction
from typing import Any

from tests import standing

from streha.accounts import actions as account_actions
from streha.accounts import queries as account_queries
from streha.accounts import rules as account_rules
from streha.accounts.models import User
from streha.accounts.rules import Access, Role, Scope, ScopeKind
from streha.common.codes import Sex
from streha.homes import actions as home_actions
from streha.homes import models as home_models
from streha.homes import rules as home_rules
from streha.people import actions, models, rules
from streha.places import actions as place_actions
from streha.places.models import Area

AT = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
OFFICE = account_rules.system("tests")
EVERYWHERE = Scope(ScopeKind.EVERYTHING)
_numbers = itertools.count(1)


def kosovo() -> None:
    """The 38 municipalities are there."""
    if not Area.objects.exists():
        _kosovo()


@standing.once
def _kosovo() -> None:
    place_actions.load_kosovo(by=OFFICE, at=AT)


def municipality(code: str = "20") -> Area:
    """A municipality by its code of the statistics agency; 20 is Prizren."""
    kosovo()
    return Area.objects.get(codes__scheme="xk-kas", codes__code=code)


def in_area(code: str) -> Scope:
    """The scope of one municipality."""
    return Scope(ScopeKind.AREA, str(municipality(code).pk))


def user(*roles: Role, scope: Scope = EVERYWHERE, name: str = "") -> User:
    """A user who holds the roles in one scope."""
    kosovo()  # first of all: on an empty register it only has to be laid down
    made = account_actions.create_user(
        name or f"user{next(_numbers)}", full_name="Test Person", password=None, is_demo=True, by=OFFICE, at=AT
    )
    for role in roles:
        account_actions.grant_role(made.pk, role, scope, by=OFFICE, at=AT - dt.timedelta(days=1))
    return made


def access(*roles: Role, scope: Scope = EVERYWHERE) -> Access:
    """The rights of such a user."""
    return account_queries.access(user(*roles, scope=scope), AT)


def person(
    given: str = "Xhevdet",
    family: str = "Hoxha",
    *,
    code: str = "20",
    birth: dt.date | None = dt.date(1961, 4, 12),
    sex: Sex = Sex.MALE,
    identifier: str = "",
    phone: str = "",
    community: str = "",
    shielded: bool = False,
    by: Access = OFFICE,
) -> models.Person:
    """A registered person."""
    draft = rules.PersonDraft(
        names=(rules.NameDraft(given, family),),
        keeper_id=municipality(code).pk,
        sex=sex,
        birth_date=birth,
        birth_precision="day" if birth else "",
        community=community,
        home_area_id=municipality(code).pk,
        identifiers=(rules.IdentifierDraft(rules.IdentifierKind.PERSONAL_NUMBER, identifier),) if identifier else (),
        contacts=(rules.ContactDraft(rules.ContactKind.PHONE, phone),) if phone else (),
        shielded=shielded,
        is_fictional=True,
    )
    return actions.register_person(draft, by=by, at=AT)


def household(*people: models.Person, address: str = "", by: Access = OFFICE) -> models.Household:
    """A household whose first member is the head."""
    members = tuple(rules.MemberDraft(p.pk, is_head=position == 0) for position, p in enumerate(people))
    draft = actions.HouseholdDraft(keeper_id=people[0].keeper_id, members=members, address=address)
    return actions.open_household(draft, by=by, at=AT)


def home(
    *owners: models.Person,
    code: str = "20",
    address: str = "Rruga e Lisit 7",
    by: Access = OFFICE,
    **more: Any,
) -> home_models.Property:
    """A home owned in equal parts by people of the register."""
    place = municipality(code).pk
    share = Fraction(1, len(owners)) if owners else None
    draft = home_rules.PropertyDraft(
        municipality_id=place,
        keeper_id=place,
        address=address,
        shares=tuple(home_rules.ShareDraft(person_id=owner.pk, share=share) for owner in owners),
        is_fictional=True,
    )
    return home_actions.register_property(dataclasses.replace(draft, **more), by=by, at=AT)
