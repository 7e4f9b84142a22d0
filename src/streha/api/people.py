"""People, households and search for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import phonenumbers
from django.conf import settings
from django.utils import timezone
from ninja import Query, Router, Status

from streha.accounts.rules import Access, Action
from streha.api import schemas
from streha.api.door import Caller, Token
from streha.common import errors
from streha.common.codes import FieldClass, Precision
from streha.people import actions, models, queries, rules
from streha.places.models import Area

router = Router(tags=["people"])
After = Annotated[str, Query("", max_length=200, description="The key where the last page ended")]
Limit = Annotated[int, Query(50, ge=1, le=200)]


def shown(access: Access, person: models.Person) -> schemas.PersonOut:
    """A person as the token may see them."""
    classes = queries.readable(access, queries.Record.of(person))
    membership = next(iter(person.current_memberships), None)  # type: ignore[attr-defined]
    return schemas.PersonOut(
        id=person.pk,
        number=person.number,
        names=[schemas.NameOut.from_orm(name) for name in person.current_names],  # type: ignore[attr-defined]
        birth_date=person.birth_date,
        birth_precision=person.birth_precision,
        sex=person.sex,  # type: ignore[arg-type]
        vital_status=person.vital_status,  # type: ignore[arg-type]
        keeper_id=person.keeper_id,
        home_area_id=person.home_area_id if FieldClass.HOME_LOCATION in classes else None,
        household_id=membership.household_id if membership else None,
        ended_on=person.ended_on,
        version=person.version,
    )


@router.get("/people", response=schemas.PeopleOut, operation_id="list_people", auth=Token(Action.PERSON_VIEW))
def list_people(
    request: Caller, after: After = "", limit: Limit = 50, area_id: schemas.Pk | None = None, sex: str = ""
) -> schemas.PeopleOut:
    """People visible to the token, by folded family name."""
    narrowed = queries.PersonFilter(area_id=area_id_of(area_id), sex=sex[:1])
    page = queries.people_page(request.auth, narrowed, after=after, limit=limit)
    _look(request.auth, page.rows, "list")
    return schemas.PeopleOut(items=[shown(request.auth, person) for person in page.rows], next=page.next)


@router.get("/people/search", response=schemas.SearchOut, operation_id="search_people", auth=Token(Action.PERSON_VIEW))
def search_people(
    request: Caller,
    q: Annotated[str, Query(..., min_length=1, max_length=120)],
    after: After = "",
    limit: Limit = 50,
) -> schemas.SearchOut:
    """People found by any spelling of names, by place, document, phone or record number."""
    found = queries.search(request.auth, q, after=after, limit=limit)
    _look(request.auth, found.people, "search")
    return schemas.SearchOut(
        items=[shown(request.auth, person) for person in found.people],
        spellings={written: list(forms) for written, forms in found.spellings},
        next=found.next_key,
    )


@router.get(
    "/people/{person_id}", response=schemas.PersonOut, operation_id="get_person", auth=Token(Action.PERSON_VIEW)
)
def get_person(request: Caller, person_id: schemas.Pk) -> schemas.PersonOut:
    """One person; looking is on record."""
    return _one(request.auth, person_id)


@router.post(
    "/people", response={201: schemas.PersonOut}, operation_id="register_person", auth=Token(Action.PERSON_REGISTER)
)
def register_person(request: Caller, body: schemas.PersonIn) -> Status[schemas.PersonOut]:
    """The person is in the register."""
    at = timezone.now()
    draft = rules.PersonDraft(
        names=tuple(rules.NameDraft(n.given, n.family, n.father, n.kind) for n in body.names),
        keeper_id=area_id_of(body.keeper_id) or 0,
        sex=body.sex,
        birth_date=body.birth_date,
        birth_precision=(body.birth_precision or Precision.DAY).value if body.birth_date else "",
        language=body.language.value if body.language else "",
        citizenship=body.citizenship,
        home_area_id=area_id_of(body.home_area_id),
        identifiers=tuple(rules.IdentifierDraft(i.kind, i.value) for i in body.identifiers),
        contacts=(rules.ContactDraft(rules.ContactKind.PHONE, _phone(body.phone)),) if body.phone else (),
        is_fictional=settings.DEMO,
    )
    person = actions.register_person(draft, by=request.auth, at=at)
    actions.note_alike([(person.pk, draft)], by=request.auth, at=at)
    return Status(201, _one(request.auth, person.pk))


@router.patch(
    "/people/{person_id}", response=schemas.PersonOut, operation_id="change_person", auth=Token(Action.PERSON_CHANGE)
)
def change_person(request: Caller, person_id: schemas.Pk, body: schemas.PersonChange) -> schemas.PersonOut:
    """The person carries the new values; 409 when somebody else was faster."""
    told = body.dict(exclude_unset=True)
    birth = (body.birth_date, body.birth_precision or Precision.DAY) if body.birth_date else None
    changes = actions.PersonChanges(
        given=told.get("given"),
        father=told.get("father"),
        family=told.get("family"),
        sex=told.get("sex"),
        birth=birth,
        language=told["language"].value if told.get("language") else None,
    )
    actions.change_person(person_id, changes, version=body.version, by=request.auth, at=timezone.now())
    return _one(request.auth, person_id)


@router.get(
    "/households", response=schemas.HouseholdsOut, operation_id="list_households", auth=Token(Action.PERSON_VIEW)
)
def list_households(
    request: Caller, after: After = "", limit: Limit = 50, area_id: schemas.Pk | None = None
) -> schemas.HouseholdsOut:
    """Households visible to the token, by the name of their head."""
    page = queries.households_page(request.auth, area_id=area_id_of(area_id), after=after, limit=limit)
    return schemas.HouseholdsOut(items=[_household(request.auth, row) for row in page.rows], next=page.next)


@router.get(
    "/households/{household_id}",
    response=schemas.HouseholdOut,
    operation_id="get_household",
    auth=Token(Action.PERSON_VIEW),
)
def get_household(request: Caller, household_id: schemas.Pk) -> schemas.HouseholdOut:
    """One household with its members; looking is on record."""
    page = queries.household_page(request.auth, household_id, at=timezone.now())
    return _household_out(page.household, page.members, sees_home=FieldClass.HOME_LOCATION in page.classes)


def _household(access: Access, household: models.Household) -> schemas.HouseholdOut:
    classes = queries.readable(access, queries.Record.of(household))
    members = household.current_memberships  # type: ignore[attr-defined]
    return _household_out(household, members, sees_home=FieldClass.HOME_LOCATION in classes)


def _household_out(
    household: models.Household, members: tuple[models.Membership, ...], *, sees_home: bool
) -> schemas.HouseholdOut:
    return schemas.HouseholdOut(
        id=household.pk,
        number=household.number,
        keeper_id=household.keeper_id,
        home_area_id=household.home_area_id if sees_home else None,
        members=[schemas.MemberOut.from_orm(m) for m in members],
        version=household.version,
    )


def _one(access: Access, person_id: int) -> schemas.PersonOut:
    people = queries.with_people([queries.visible_person(access, person_id).pk])
    _look(access, people, "person")
    return shown(access, people[0])


def _look(access: Access, people: Sequence[models.Person], where: str) -> None:
    queries.note_look(access, people, where=f"api {where}", at=timezone.now())


def area_id_of(area_id: int | None) -> int | None:
    """The area's id; raises BadInput when there is none such."""
    if area_id is None or Area.objects.filter(pk=area_id).exists():
        return area_id
    raise errors.BadInput(
        errors.message("{value} is not the id of a place. Ask /api/places for them."),
        code="no_such_place",
        value=area_id,
    )


def _phone(text: str) -> str:
    try:
        number = phonenumbers.parse(text, settings.PHONE_REGION)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise errors.BadInput(
            errors.message("“{value}” is not a phone number. Write it as +383 44 123 456 or 044 123 456."),
            code="phone_malformed",
            value=text,
        )
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
