"""The register for others: a viewer's rights for PostgreSQL, and persons as the linkage reads them.

Whoever looks for doubles reads people here: the look before somebody is registered, the check of a list, the search
through the whole register and the page of a pair. So all four weigh the same facts. What is sealed is opened for the
comparison and stays in memory; nothing of it is written anywhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection
from django.db.models import Max

from streha.accounts.bridge import wall
from streha.accounts.rules import REACHES, Access, Action
from streha.audit import actions as audit
from streha.engine import linkage
from streha.people import models, rules
from streha.places.models import Area

NUMBERS: Final[Mapping[str, str]] = {"identifier": models.SEALED_IDENTIFIER, "phone": models.SEALED_CONTACT}
"""Columns of the linkage of which a person may have several, and under what they are sealed."""
COLUMNS = (
    "given", "father", "family", "sex", "birth_date", "birth_precision", "municipality", "identifier", "phone",
    "household",
)  # fmt: skip


def viewer(access: Access) -> wall.Viewer:
    """What the session is told of this access: the same ground that ``visible_to`` stands on."""
    if not access.held or connection.vendor != "postgresql":
        return wall.NOBODY
    told: dict[str, str] = {}
    for reach, actions in REACHES.items():
        told |= models.ground_of(access, *actions).told(reach)
    if access.allows(Action.PERSON_VIEW):
        told["opened"] = wall.as_array(sorted(access.opened))
    return wall.Viewer(told)


# --- people as the linkage reads them ---------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """A person: every way the name is written, the main one first, every number, and what there is one of."""

    names: tuple[Mapping[str, str], ...]
    numbers: Mapping[str, tuple[str, ...]]
    facts: Mapping[str, str]

    def record(self) -> dict[str, str]:
        """The person in the columns of ``COLUMNS``: the main name and the first of each number."""
        first = {column: held[0] for column, held in self.numbers.items() if held}
        told = {**self.facts, **first, **(self.names[0] if self.names else {})}
        return {column: told.get(column, "") for column in COLUMNS}


def register_size() -> int:
    """About how many records there are; erased and merged ones count, for the figure moves by nothing one can see."""
    return models.Person.objects.aggregate(last=Max("pk"))["last"] or 0


def known(ids: Sequence[int]) -> dict[int, Known]:
    """People by number, six questions whatever their number; numbers of the records merged into them among theirs."""
    merged = dict(models.Person.objects.filter(canonical_id__in=ids).values_list("pk", "canonical_id"))
    kept = {pk: pk for pk in ids} | merged
    names = _names(ids)
    numbers = {column: _numbers(column, kept) for column in NUMBERS}
    homes = dict(
        models.Membership.objects.filter(person_id__in=ids, ended_on=None).values_list("person_id", "household_id")
    )
    areas = municipalities()
    persons = models.Person.objects.filter(pk__in=ids)
    return {
        pk: Known(
            tuple(names[pk]),
            {column: tuple(held[pk]) for column, held in numbers.items()},
            facts(sex, birth, precision, areas.get(keeper, ""), household=str(homes.get(pk, ""))),
        )
        for pk, sex, birth, precision, keeper in persons.values_list(
            "pk", "sex", "birth_date", "birth_precision", "keeper_id"
        )
    }


def facts(sex: str, birth: Any, precision: str, municipality: str, *, household: str = "") -> dict[str, str]:
    """What there is one of, as the linkage reads it; an estimated birth is known by its year."""
    return {
        "sex": str(sex),
        "birth_date": birth.isoformat() if birth else "",
        "birth_precision": "year" if precision == "estimate" else str(precision),
        "municipality": municipality,
        "household": household,
    }


def municipalities() -> dict[int, str]:
    """Areas that may keep a person, by what they are called."""
    return dict(Area.objects.exclude(kind=Area.Kind.SETTLEMENT).values_list("pk", "label_sq"))


def _names(ids: Sequence[int]) -> dict[int, list[Mapping[str, str]]]:
    """Every current way of writing each person, the main one first."""
    rows = models.Name.objects.filter(person_id__in=ids, valid_to=None).order_by("pk")
    found: dict[int, list[Mapping[str, str]]] = defaultdict(list)
    for pk, kind, given, father, family in rows.values_list("person_id", "kind", "given", "father", "family"):
        written = {"given": given, "father": father, "family": family}
        found[pk].insert(0 if kind == rules.NameKind.MAIN else len(found[pk]), written)
    return found


def _numbers(column: str, kept: Mapping[int, int]) -> dict[int, list[str]]:
    """Every number of a column that each person holds, opened, the oldest first."""
    held: Any = models.Identifier.objects.all()
    if column == "phone":
        held = models.Contact.objects.filter(kind=rules.ContactKind.PHONE)
    rows = held.filter(person_id__in=kept, valid_to=None).order_by("pk")
    told = list(rows.values_list("person_id", "person__subject", "sealed"))
    clear = audit.unseal_many([(subject, bytes(token)) for _, subject, token in told], context=NUMBERS[column])
    found: dict[int, list[str]] = defaultdict(list)
    for (pk, _, _), value in zip(told, clear, strict=True):
        if value is not None:
            found[kept[pk]].append(value.decode())
    return found


def companions(household_ids: Collection[str]) -> dict[str, list[int]]:
    """Who lives in each household now."""
    members: dict[str, list[int]] = defaultdict(list)
    wanted = sorted(int(number) for number in household_ids if number)
    for start in range(0, len(wanted), PIECE):
        held = models.Membership.objects.filter(household_id__in=wanted[start : start + PIECE], ended_on=None)
        for household, pk in held.values_list("household_id", "person_id"):
            members[str(household)].append(pk)
    return members


PIECE = 500

# --- two of them ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Profile:
    """What is compared of one person: one set of features for each name they carry, and every number they hold."""

    written: tuple[linkage.Features, ...]
    numbers: Mapping[str, frozenset[str]] = field(default_factory=dict)


def profile(one: Known, company: linkage.Company | None = None) -> Profile:
    """A person ready to be compared, with who else lives in their household."""
    spec = linkage.register().spec
    shared: dict[str, Any] = {**one.record(), "household": company}
    written = tuple(linkage.of_record({**shared, **name}, spec) for name in one.names)
    numbers = {
        column: frozenset(
            str(value)
            for number in held
            if (value := linkage.of_record({column: number}, spec)[_number(column)]) is not None
        )
        for column, held in one.numbers.items()
    }
    return Profile(written, numbers)


def of_draft(draft: rules.PersonDraft) -> Profile:
    """The profile of somebody about to be registered."""
    main = draft.names[:1]
    numbers = {
        "identifier": tuple(one.value for one in draft.identifiers),
        "phone": tuple(c.value for c in draft.contacts if c.kind == rules.ContactKind.PHONE),
    }
    place = municipalities().get(draft.keeper_id, "")
    return profile(
        Known(
            tuple({"given": name.given, "father": name.father, "family": name.family} for name in main),
            numbers,
            facts(draft.sex, draft.birth_date, draft.birth_precision, place),
        )
    )


def identifier_blind(value: str) -> str:
    """Under which blind index a document is found."""
    return audit.blind_index("identifier", rules.plain_identifier(value))


def phone_blind(value: str) -> str:
    """Under which blind index a phone is found."""
    return audit.blind_index(rules.ContactKind.PHONE, rules.plain_contact(rules.ContactKind.PHONE, value))


def best(one: Profile, other: Profile, *, rows: int) -> tuple[float, linkage.Features, linkage.Features] | None:
    """How likely two profiles are one person by the names that agree best, and what was compared then."""
    model = linkage.register()
    found = []
    for left in one.written:
        for right in other.written:
            sides = _with_numbers(left, right, one, other)
            found.append((linkage.weigh(*sides, model, rows=rows), *sides))
    return max(found, key=lambda way: way[0], default=None)


def _with_numbers(
    left: linkage.Features, right: linkage.Features, one: Profile, other: Profile
) -> tuple[linkage.Features, linkage.Features]:
    """The features with a number that both hold, where there is such a one."""
    for column in NUMBERS:
        shared = one.numbers.get(column, frozenset()) & other.numbers.get(column, frozenset())
        if shared:
            number: linkage.Features = {_number(column): min(shared)}
            left, right = left | number, right | number
    return left, right


def _number(column: str) -> str:
    return linkage.feature(linkage.register().spec, f"{column}:value")
