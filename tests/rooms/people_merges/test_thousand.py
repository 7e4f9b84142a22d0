"""A thousand random merges, overlapping and in chains, done and undone in any order: the register is what it was.

Compared is the content of every table of this room about persons. Left out are only counters of changes (``version``),
the record of the merges themselves, and the ids of rows of the search index, which is made anew from the names.
"""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest
from django.db import connection
from django.db import models as orm
from tests import factories
from tests.factories import AT, OFFICE

from streha.common.codes import Sex
from streha.people import actions, models, rules
from streha.people.merges import actions as merges
from streha.people.merges import queries
from streha.people.merges import rules as merge_rules
from streha.people.merges.models import MergeRecord

pytestmark = pytest.mark.django_db

PEOPLE, AT_ONCE = 36, 50
REGISTERS = (20261122, 7919, 104729, 1299709)
ROUNDS = 5 if connection.vendor == "sqlite" else 3  # in each register: a thousand merges, and six hundred
TABLES: tuple[type[orm.Model], ...] = (
    models.Person,
    models.Household,
    *queries.FACTS.values(),
)
WORDS = ("Hoxha", "Хоџа", "Hodža", "Krasniqi", "Краснићи", "Gashi", "Гаши", "Zeka", "Berisha")
GIVEN = ("Agim", "Xhevdet", "Џевдет", "Teuta", "Lulzim", "Ljuljzim", "Ana", "Ана")


def content() -> dict[str, Any]:
    """Every table as it stands, byte by byte where it is sealed."""
    found: dict[str, Any] = {}
    for model in TABLES:
        columns = [f.attname for f in model._meta.concrete_fields if f.attname != "version"]
        rows = model._default_manager.order_by("pk").values_list(*columns)
        found[model.__name__] = [tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in rows]
    keys = models.NameKey.objects.order_by("person_id", "key")
    found["NameKey"] = list(keys.values_list("person_id", "key", "sort_name", "keeper_id", "shielded"))
    return found


def register(rng: random.Random) -> list[int]:
    """People of all sorts, most of them in households, some of them in the same one."""
    places = [factories.municipality(code).pk for code in ("20", "17", "38")]
    drafts = []
    for number in range(PEOPLE):
        birth, precision = rules.birth_on(rng.randint(1930, 2020), *rng.choice([(), (3,), (3, 7)]))
        drafts.append(
            rules.PersonDraft(
                names=tuple(
                    rules.NameDraft(rng.choice(GIVEN), rng.choice(WORDS), kind=kind)
                    for kind in (rules.NameKind.MAIN, rules.NameKind.ALIAS)[: rng.randint(1, 2)]
                ),
                keeper_id=rng.choice(places),
                sex=rng.choice(list(Sex)),
                birth_date=birth if rng.random() < 0.8 else None,
                birth_precision="",
                community=rng.choice(["", "albanian", "serbian"]),
                home_area_id=rng.choice([None, *places]),
                identifiers=(rules.IdentifierDraft(rules.IdentifierKind.PERSONAL_NUMBER, f"12345678{number:02d}"),),
                shielded=rng.random() < 0.1,
                is_fictional=True,
            )
        )
        if drafts[-1].birth_date:
            drafts[-1] = rules.PersonDraft(**{**vars(drafts[-1]), "birth_precision": str(precision)})
    people = [person.pk for person in actions.register_many(drafts, by=OFFICE, at=AT)]
    free = rng.sample(people, int(PEOPLE * 0.8))
    while free:
        size = rng.randint(1, 4)
        members, free = free[:size], free[size:]
        drafted = tuple(rules.MemberDraft(pk, is_head=at == 0) for at, pk in enumerate(members))
        actions.open_household(actions.HouseholdDraft(keeper_id=places[0], members=drafted), by=OFFICE, at=AT)
    return people


def merged_at_random(rng: random.Random, people: list[int], at: dt.datetime) -> merges.Choice:
    """Two records that answer for themselves become one; what is taken over is left to chance."""
    gone = set(MergeRecord.objects.filter(undone_at=None).values_list("gone_id", flat=True))
    kept_id, gone_id = rng.sample([pk for pk in people if pk not in gone], 2)
    taken = frozenset(field for field in merge_rules.FIELDS if rng.random() < 0.4)
    choice = merges.Choice(kept_id, gone_id, taken)
    merges.merge(choice, by=OFFICE, at=at)
    return choice


def undo_one(rng: random.Random, at: dt.datetime) -> int:
    record = rng.choice(list(MergeRecord.objects.filter(undone_at=None)))
    merges.undo(record.pk, by=OFFICE, at=at)
    return record.gone_id


@pytest.mark.parametrize("seed", REGISTERS)
def test_a_thousand_merges_done_and_undone(seed: int) -> None:
    rng = random.Random(seed)
    people = register(rng)
    before = content()
    done, at = 0, AT
    for _ in range(ROUNDS):
        standing, todo = 0, AT_ONCE
        while todo or standing:
            at += dt.timedelta(seconds=1)
            if todo and standing < PEOPLE - 2 and (not standing or rng.random() < 0.6):
                merged_at_random(rng, people, at)
                standing, todo, done = standing + 1, todo - 1, done + 1
            else:
                undo_one(rng, at)
                standing -= 1
        after = content()
        assert {table: rows for table, rows in after.items() if rows != before[table]} == {}
    assert done == ROUNDS * AT_ONCE


def test_undoing_one_leaves_what_the_others_alone_would_have_made() -> None:
    rng = random.Random(7)
    people = register(rng)
    before = content()
    for turn in range(8):
        choices, at = {}, AT + dt.timedelta(days=turn)
        for step in range(12):
            choice = merged_at_random(rng, people, at + dt.timedelta(seconds=step))
            choices[choice.gone_id] = choice
        for step in range(5):
            del choices[undo_one(rng, at + dt.timedelta(minutes=1 + step))]
        remaining = content()
        while MergeRecord.objects.filter(undone_at=None).exists():
            undo_one(rng, at + dt.timedelta(hours=1))
        assert content() == before
        # The others merge the same records, in the same order, in a register where the first were never merged.
        again = {}
        for step, choice in enumerate(choices.values()):
            again[choice.gone_id] = merges.merge(choice, by=OFFICE, at=at + dt.timedelta(hours=2, seconds=step))
        assert without_days(content()) == without_days(remaining)
        for record in reversed(again.values()):
            merges.undo(record.pk, by=OFFICE, at=at + dt.timedelta(hours=3))
        assert content() == before


def without_days(found: dict[str, Any]) -> dict[str, Any]:
    """Sealed values are sealed anew and days of ending differ where a merge is made again: compared is what is said."""
    people = {row.pk: queries.values_of(row) for row in models.Person.objects.all()}
    homes = [
        (m.pk, m.person_id, m.lent_by_id, m.is_head, m.ended_on is None, m.ended_by_merge)
        for m in models.Membership.objects.order_by("pk")
    ]
    kept = {name: rows for name, rows in found.items() if name not in {"Person", "Membership"}}
    return {**kept, "people": people, "homes": homes, "canonical": models.Person.objects.in_bulk()}
