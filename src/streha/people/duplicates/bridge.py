"""Pairs as the linkage weighs them: a few with their evidence, or everybody as one table for the whole search."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import polars as pl

from streha.accounts.bridge import wall
from streha.engine import linkage
from streha.people import bridge
from streha.people import models as people
from streha.people.bridge import COLUMNS, Known

PIECE = 2_000
SCHEMA: Mapping[str, Any] = {"person": pl.Int64, **dict.fromkeys(COLUMNS, pl.String)}
Step = Callable[[int], None]


@wall.beyond("weighing pairs")
def evidence(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], linkage.Evidence]:
    """What the linkage says of each pair of persons, field by field, with the households they live in.

    Whoever bears several names is compared by the one that agrees best.
    """
    wanted = list(pairs)
    ids = sorted({pk for pair in wanted for pk in pair})
    known: dict[int, Known] = {}
    for start in range(0, len(ids), PIECE):
        known |= bridge.known(ids[start : start + PIECE])
    company = _company(known)
    model, rows = linkage.register(), bridge.register_size()
    profiles = {pk: bridge.profile(one, company.get(pk)) for pk, one in known.items()}
    found = {}
    for a, b in wanted:
        way = bridge.best(profiles[a], profiles[b], rows=rows) if a in profiles and b in profiles else None
        if way is not None:
            found[a, b] = linkage.compare_features(*way[1:], model, rows=rows)
    return found


def _company(known: Mapping[int, Known]) -> dict[int, linkage.Company]:
    """For each person who lives with others: by what those are known again elsewhere."""
    homes = {pk: home for pk, one in known.items() if (home := one.facts["household"])}
    members = bridge.companions(set(homes.values()))
    others = sorted({pk for row in members.values() for pk in row} - set(known))
    everybody: dict[int, Known] = dict(known)
    for start in range(0, len(others), PIECE):
        everybody |= bridge.known(others[start : start + PIECE])
    spec = linkage.register().spec
    keys = {pk: linkage.member_key(one.record(), spec) for pk, one in everybody.items()}
    return {
        pk: linkage.Company(tuple(key for other in members[home] if other != pk and (key := keys.get(other))), home)
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
        known = bridge.known(ids)
        held = [known[pk].record() for pk in ids]
        parts.append(
            pl.DataFrame(
                {"person": ids, **{column: [one[column] for one in held] for column in COLUMNS}}, schema=SCHEMA
            )
        )
        done += len(ids)
        step(done)
    return pl.concat(parts) if parts else pl.DataFrame(schema=SCHEMA)
