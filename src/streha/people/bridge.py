"""The register for others: a viewer's rights for PostgreSQL, and persons as the live check compares them.

Documents and phones stand for themselves by their blind index: nothing sealed is opened for a look, and a number that
differs by one sign is another number here.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Max

from streha.accounts.bridge import wall
from streha.accounts.rules import REACHES, Access, Action, Reach
from streha.audit import actions as audit
from streha.engine import linkage
from streha.people import models, rules

NUMBERS = ("identifier", "phone")


def viewer(access: Access) -> wall.Viewer:
    """What the session is told of this access: the same ground that ``visible_to`` stands on."""
    if not access.held or connection.vendor != "postgresql":
        return wall.NOBODY
    told: dict[str, str] = {}
    for reach, actions in REACHES.items():
        if reach == Reach.SHIELDED and not access.allows(Action.PERSON_VIEW):
            continue
        told |= models.ground_of(access, *actions).told(reach)
    if access.allows(Action.PERSON_VIEW):
        told["opened"] = wall.as_array(sorted(access.opened))
    return wall.Viewer(told)


# --- the live check -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Profile:
    """What is compared of one person: one set of features for each name they carry, and numbers by blind index."""

    written: tuple[linkage.Features, ...]
    numbers: Mapping[str, frozenset[str]] = field(default_factory=dict)


def register_size() -> int:
    """About how many people there are, told without counting them."""
    return models.Person.objects.aggregate(last=Max("pk"))["last"] or 0


def profile(
    written: Iterable[rules.NameDraft],
    *,
    sex: str,
    birth: dt.date | None,
    precision: str,
    keeper_id: int,
    numbers: Mapping[str, frozenset[str]],
) -> Profile:
    """The profile of somebody whose facts are at hand."""
    record = {
        "sex": sex,
        "birth_date": birth,
        "birth_precision": precision,
        "municipality": str(keeper_id),
    }
    spec = linkage.register().spec
    features = (
        linkage.of_record({**record, "given": name.given, "father": name.father, "family": name.family}, spec)
        for name in written
    )
    return Profile(tuple(features), numbers)


def of_draft(draft: rules.PersonDraft) -> Profile:
    """The profile of somebody about to be registered."""
    phones = (c for c in draft.contacts if c.kind == rules.ContactKind.PHONE)
    numbers = {
        "identifier": frozenset(identifier_blind(one.value) for one in draft.identifiers),
        "phone": frozenset(audit.blind_index(one.kind, rules.plain_contact(one.kind, one.value)) for one in phones),
    }
    return profile(
        draft.names[:1],
        sex=draft.sex,
        birth=draft.birth_date,
        precision=draft.birth_precision,
        keeper_id=draft.keeper_id,
        numbers=numbers,
    )


def identifier_blind(value: str) -> str:
    """Under which blind index a document is found."""
    return audit.blind_index("identifier", rules.plain_identifier(value))


def profiles(ids: Sequence[int]) -> dict[int, Profile]:
    """Profiles of persons by number: four questions, whatever their number."""
    named: dict[int, list[rules.NameDraft]] = defaultdict(list)
    names = models.Name.objects.filter(person_id__in=ids, valid_to=None).order_by("pk")
    for pk, given, father, family in names.values_list("person_id", "given", "father", "family"):
        named[pk].append(rules.NameDraft(given, family, father))
    identifiers = _blinds(models.Identifier.objects.filter(person_id__in=ids, valid_to=None))
    phones = _blinds(models.Contact.objects.filter(person_id__in=ids, valid_to=None, kind=rules.ContactKind.PHONE))
    people = models.Person.objects.filter(pk__in=ids)
    return {
        pk: profile(
            named[pk],
            sex=sex,
            birth=birth,
            precision=precision,
            keeper_id=keeper,
            numbers={"identifier": frozenset(identifiers[pk]), "phone": frozenset(phones[pk])},
        )
        for pk, sex, birth, precision, keeper in people.values_list(
            "pk", "sex", "birth_date", "birth_precision", "keeper_id"
        )
    }


def _blinds(rows: Any) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for pk, blind in rows.exclude(blind="").values_list("person_id", "blind"):
        found[pk].add(blind)
    return found


def probability(one: Profile, other: Profile, *, rows: int) -> float:
    """How likely two profiles are one person, by the names that agree best."""
    model = linkage.register()
    chances = (
        linkage.weigh(*_with_numbers(left, right, one, other, model), model, rows=rows)
        for left in one.written
        for right in other.written
    )
    return max(chances, default=0.0)


def _with_numbers(
    left: linkage.Features, right: linkage.Features, one: Profile, other: Profile, model: linkage.Model
) -> tuple[linkage.Features, linkage.Features]:
    """Features with a number each: one that both hold where there is such a one, else any of each."""
    sides = left.copy(), right.copy()
    for column in NUMBERS:
        mine, theirs = one.numbers.get(column, frozenset()), other.numbers.get(column, frozenset())
        shared = mine & theirs
        name = linkage.feature(model.spec, f"{column}:value")
        for side, held in zip(sides, (mine, theirs), strict=True):
            side[name] = min(shared or held, default=None)
    return sides
