"""Invented cases: one for every sixteenth household, more where a caseworker of the demo works; some late or closed."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence

from streha.accounts.models import User
from streha.accounts.rules import Access
from streha.audit import rules as audit_rules
from streha.cases import actions, models, queries, rules
from streha.people.models import Membership
from streha.places import queries as places

EVERY, OFTEN, SOURCE = 16, 2, "demo"
TRACKS = ("voluntary_return",) * 5 + ("repatriation",) * 3 + ("labour_mobility",) + ("protection",)
WISHES = (
    "Family wishes to return to the house of the parents; roof is damaged.",
    "Has relatives in the village and asks how to visit first.",
    "Arrived by plane with two children; needs a doctor and school places.",
    "Asks for building material; papers of the property are with an uncle.",
    "Looks for seasonal work and has a driving licence.",
)


def make(*, seed: int, by: Access, at: dt.datetime) -> int:
    """The cases are there, once; returns how many were made."""
    actions.load_tracks(by=by, at=at)
    if models.Case.objects.filter(source=SOURCE).exists():
        return 0
    heads = Membership.objects.filter(is_head=True, ended_on=None, person__ended_on=None)
    owners = _owners(at)
    rng = random.Random(seed)  # noqa: S311 - fiction, the same for the same seed
    told = heads.order_by("household_id").values_list("person_id", "person__keeper_id")
    rows = [row for number, row in enumerate(told) if not number % (OFTEN if row[1] in owners else EVERY)]
    ways = {code: queries.steps_of(queries.newest_version(code).pk) for code in sorted(set(TRACKS))}
    drafts = [_draft(rng, person_id, ways, owners.get(keeper_id, ()), at) for person_id, keeper_id in rows]
    for start in range(0, len(drafts), actions.PIECE):
        piece = drafts[start : start + actions.PIECE]
        actions.open_many(piece, by=by, at=at, source=SOURCE, lane=audit_rules.BATCH)
    return len(drafts)


def _owners(at: dt.datetime) -> dict[int, tuple[int, ...]]:
    """Caseworkers of the demo by the areas they work for."""
    found: dict[int, tuple[int, ...]] = {}
    working = User.objects.filter(is_demo=True, grants__role="caseworker", grants__scope_kind="area")
    for user_id, key in working.filter(grants__starts__lte=at).values_list("pk", "grants__scope_key"):
        for area_id in places.subtree_ids([int(key)]):
            found[area_id] = (*found.get(area_id, ()), user_id)
    return found


def _draft(
    rng: random.Random,
    person_id: int,
    ways: dict[str, list[rules.Step]],
    owners: Sequence[int],
    at: dt.datetime,
) -> actions.CaseDraft:
    code = rng.choice(TRACKS)
    steps = ways[code]
    walked = rng.randrange(len(steps) - 1)
    opened = at.date() - dt.timedelta(days=rng.randrange(20, 400))
    way, day = [], opened
    for step in steps[1 : walked + 1]:
        if step.is_optional and rng.random() < 0.4:
            continue
        day = min(at.date(), day + dt.timedelta(days=rng.randrange(2, (step.days or 30) + 5)))
        way.append((step.code, day))
    is_closed = rng.random() < 0.2
    outcome = rng.choice((rules.Outcome.WITHDRAWN, rules.Outcome.LEFT)) if is_closed else ""
    is_sensitive = code == "protection"
    return actions.CaseDraft(
        person_id=person_id,
        track=code,
        with_household=not is_sensitive and rng.random() < 0.7,
        owner_id=rng.choice(owners) if owners and not is_sensitive and rng.random() < 0.85 else None,
        opened_on=opened,
        note="" if is_sensitive else rng.choice(WISHES),
        way=tuple(way),
        outcome=outcome,
        closed_on=min(at.date(), day + dt.timedelta(days=5)) if is_closed else None,
        is_fictional=True,
    )
