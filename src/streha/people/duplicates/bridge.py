"""Records of the register as the linkage reads them: a few for a pair, or all of them as one table.

What is sealed is opened here for the comparison and stays in memory; nothing of it is written anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import polars as pl
from django.db.models import Max

from streha.accounts.bridge import wall
from streha.audit import actions as audit
from streha.engine import linkage
from streha.people import models as people
from streha.people import rules as people_rules
from streha.places.models import Area

PIECE = 2_000
COLUMNS = (
    "given", "father", "family", "sex", "birth_date", "birth_precision", "municipality", "identifier", "phone",
    "household",
)  # fmt: skip
SCHEMA: Mapping[str, Any] = {"person": pl.Int64, **dict.fromkeys(COLUMNS, pl.String)}
Step = Callable[[int], None]


def register_size() -> int:
    """About how many records there are; erased and merged ones count, for the figure moves by nothing one can see."""
    return people.Person.objects.aggregate(last=Max("pk"))["last"] or 0


def records(ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """By person, what the linkage compares, in the columns of ``COLUMNS``; facts of merged records among them."""
    persons = people.Person.objects.filter(pk__in=ids).values_list(
        "pk", "sex", "birth_date", "birth_precision", "keeper_id"
    )
    merged = dict(people.Person.objects.filter(canonical_id__in=ids).values_list("pk", "canonical_id"))
    kept = {pk: pk for pk in ids} | merged
    areas = _municipalities()
    found = {
        pk: {
            "sex": str(sex),
            "birth_date": birth.isoformat() if birth else "",
            "birth_precision": "year" if precision == "estimate" else str(precision),
            "municipality": areas.get(keeper, ""),
        }
        for pk, sex, birth, precision, keeper in persons
    }
    for pk, given, father, family in (
        people.Name.objects.filter(person_id__in=ids, kind=people_rules.NameKind.MAIN, valid_to=None)
        .order_by("-pk")
        .values_list("person_id", "given", "father", "family")
    ):
        found[pk] |= {"given": given, "father": father, "family": family}
    _add_sealed(found, kept, people.Identifier.objects.all(), "identifier", people.SEALED_IDENTIFIER)
    phones = people.Contact.objects.filter(kind=people_rules.ContactKind.PHONE)
    _add_sealed(found, kept, phones, "phone", people.SEALED_CONTACT)
    homes = people.Membership.objects.filter(person_id__in=ids, ended_on=None)
    for pk, household in homes.values_list("person_id", "household_id"):
        found[pk]["household"] = str(household)
    return {pk: {column: held.get(column, "") for column in COLUMNS} for pk, held in found.items()}


def _municipalities() -> dict[int, str]:
    areas = Area.objects.exclude(kind=Area.Kind.SETTLEMENT)
    return dict(areas.values_list("pk", "label_sq"))


def _add_sealed(
    found: Mapping[int, dict[str, str]], kept: Mapping[int, int], rows: Any, column: str, context: str
) -> None:
    """The first number of each person, opened."""
    held = rows.filter(person_id__in=kept, valid_to=None).order_by("-pk")
    told = list(held.values_list("person_id", "person__subject", "sealed"))
    clear = audit.unseal_many([(subject, bytes(token)) for _, subject, token in told], context=context)
    for (pk, _, _), value in zip(told, clear, strict=True):
        if value is not None and kept[pk] in found:
            found[kept[pk]][column] = value.decode()


@wall.beyond("weighing pairs")
def evidence(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], linkage.Evidence]:
    """What the linkage says of each pair of persons, field by field, with the households they live in."""
    wanted = list(pairs)
    ids = sorted({pk for pair in wanted for pk in pair})
    known: dict[int, dict[str, str]] = {}
    for start in range(0, len(ids), PIECE):
        known |= records(ids[start : start + PIECE])
    company = _company(known)
    spec, rows = linkage.register().spec, register_size()
    features = {pk: linkage.of_record({**record, "household": company.get(pk)}, spec) for pk, record in known.items()}
    return {
        (a, b): linkage.compare_features(features[a], features[b], linkage.register(), rows=rows)
        for a, b in wanted
        if a in features and b in features
    }


def _company(known: Mapping[int, Mapping[str, str]]) -> dict[int, linkage.Company]:
    """For each person who lives with others: by what those are known again elsewhere."""
    homes = {pk: int(record["household"]) for pk, record in known.items() if record["household"]}
    members: dict[int, list[int]] = {}
    held = people.Membership.objects.filter(household_id__in=set(homes.values()), ended_on=None)
    for household, pk in held.values_list("household_id", "person_id"):
        members.setdefault(household, []).append(pk)
    others = records(sorted({pk for row in members.values() for pk in row} - set(known)))
    keys = {pk: linkage.member_key(record, linkage.register().spec) for pk, record in {**others, **known}.items()}
    return {
        pk: linkage.Company(
            tuple(key for other in members[home] if other != pk and (key := keys.get(other))), str(home)
        )
        for pk, home in homes.items()
    }


def table(step: Step) -> pl.DataFrame:
    """Everybody who answers for themselves, as one table: ``person`` and ``COLUMNS``; ``step`` is told how many."""
    alive = people.Person.objects.filter(canonical=None, erased_at=None, ended_on=None).order_by("pk")
    parts, last, done = [], 0, 0
    while True:
        ids = list(alive.filter(pk__gt=last).values_list("pk", flat=True)[:PIECE])
        if not ids:
            break
        last = ids[-1]
        held = records(ids)
        parts.append(
            pl.DataFrame(
                {"person": ids, **{column: [held[pk][column] for pk in ids] for column in COLUMNS}}, schema=SCHEMA
            )
        )
        done += len(ids)
        step(done)
    return pl.concat(parts) if parts else pl.DataFrame(schema=SCHEMA)
