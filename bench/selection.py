"""A selection of 5,000 applications: ranked and frozen, then replayed, through the database.

Usage: python bench/selection.py [--applications 5000]. The bar: ranked in at most 5 s of processor time, and the replay
gives the same list. A register of its own is made in a temporary folder and thrown away.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from typing import TypeVar

BAR_S = 5.0
AT = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
Found = TypeVar("Found")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--applications", type=int, default=5000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="streha-bench-selection-") as folder:
        os.environ.update(STREHA_DEMO="1", STREHA_DATA=folder, DJANGO_SETTINGS_MODULE="streha.settings")
        os.environ.setdefault("STREHA_LOG_LEVEL", "ERROR")
        import django

        django.setup()
        from streha.accounts.bridge import wall

        wall.stand_beyond("measuring")  # pages and jobs announce who asks; what the measurement does itself sees all
        from streha.cli import tables

        tables.bring_forward()
        sys.exit(0 if measured(asked.applications) else 1)


def measured(number: int) -> bool:
    from streha.assistance.selections import actions, bridge, queries, rules

    session, chair = prepared(number)
    selection, ranked_s = timed("ranked and frozen", lambda: actions.rank(session.pk, by=chair, at=AT))
    replay, _ = timed("replayed from what was frozen", lambda: queries.replay(selection, with_today=False))
    again, _ = timed("replayed and compared with the register", lambda: queries.replay(selection))
    grid = bridge.grid_of(selection.grid)
    applied = [one.applied for one in bridge.frozen(selection) if one.applied is not None]

    def pure() -> object:
        return rules.rank(
            (rules.standing(one, grid, threshold=selection.threshold, day=selection.aged_on) for one in applied),
            places=selection.places,
        )

    timed("the pure function alone", pure)
    same = replay.is_same_list and again.is_same_list and not replay.wrong and not again.since
    print(f"{len(replay.rows):,} applications; replay {'identical' if same else 'DIFFERS'}; bar {BAR_S:g} s")
    return same and ranked_s <= BAR_S


def timed(what: str, work: Callable[[], Found]) -> tuple[Found, float]:
    started, ran = time.perf_counter(), time.process_time()
    found = work()
    processor_s = time.process_time() - ran
    print(f"{what:<42}{time.perf_counter() - started:8.2f} s, processor {processor_s:.2f} s", flush=True)
    return found, processor_s


def prepared(number: int):  # type: ignore[no-untyped-def]
    """A call with so many applications of three people each, all scored twice, and an open session."""
    from streha.accounts import actions as accounts
    from streha.accounts import queries as account_queries
    from streha.accounts.rules import Role, Scope, ScopeKind, system
    from streha.assistance.selections import actions, models, rules
    from streha.people import actions as people
    from streha.people import rules as drafts
    from streha.places import actions as places
    from streha.places.models import Area

    by = system("bench")
    accounts.create_organisation("Bench", kind="mission", by=by, at=AT, is_fictional=True)
    places.load_kosovo(by=by, at=AT)
    area = Area.objects.with_code("xk-kas", "20").get()

    def user(name: str, role: Role):  # type: ignore[no-untyped-def]
        made = accounts.create_user(name, full_name=name, password=None, is_demo=True, by=by, at=AT)
        accounts.grant_role(made.pk, role, Scope(ScopeKind.EVERYTHING), by=by, at=AT - dt.timedelta(days=1))
        return made

    grid = actions.load_example_grid(by=by, at=AT)
    day = AT.date()
    call = actions.open_call(
        actions.CallDraft(
            "Bench", area.pk, grid.pk, (rules.RequestKind.HOUSE,), day - dt.timedelta(30), day - dt.timedelta(1), 500,
            threshold=100,
        ),
        by=by,
        at=AT,
    )  # fmt: skip
    scorers = [user(f"scorer{n}", Role.SCORER) for n in range(2)]
    members = [user(f"member{n}", Role.COMMISSION) for n in range(3)]
    for n, member in enumerate(members):
        function = rules.Function.MEMBER if n else rules.Function.CHAIR
        actions.name_member(call.pk, member.pk, function, by=by, at=AT)
    rng = random.Random(7)
    people_ = []
    for start in range(0, 3 * number, 6000):
        batch = [
            drafts.PersonDraft(
                names=(drafts.NameDraft(f"Given{n}", f"Family{n // 3}"),),
                keeper_id=area.pk,
                birth_date=dt.date(2012 if n % 3 == 2 else 1980, 1 + n % 12, 2),
                birth_precision="day",
                is_fictional=True,
            )
            for n in range(start, min(start + 6000, 3 * number))
        ]
        people_ += people.register_many(batch, by=by, at=AT)
    homes = []
    for start in range(0, number, 2000):
        homes += people.open_households(
            [
                people.HouseholdDraft(
                    keeper_id=area.pk,
                    members=tuple(
                        drafts.MemberDraft(p.pk, is_head=place == 0)
                        for place, p in enumerate(people_[3 * n : 3 * n + 3])
                    ),
                    is_fictional=True,
                )
                for n in range(start, min(start + 2000, number))
            ],
            by=by,
            at=AT,
        )
    kinds, criteria = rules.PaperKind, list(models.Criterion.objects.filter(grid=grid))
    wholes = []
    for n, home in enumerate(homes):
        trio = people_[3 * n : 3 * n + 3]
        points = {c.code: rng.randrange(c.most + 1) for c in criteria}
        wholes.append(
            actions.Whole(
                household_id=home.pk,
                applicant_id=trio[0].pk,
                members=tuple((p.pk, "child" if place == 2 else "head" if not place else "spouse")
                              for place, p in enumerate(trio)),
                request=rules.RequestKind.HOUSE,
                received_at=AT - dt.timedelta(days=10, seconds=rng.randrange(600_000)),
                answers={
                    rules.Fact.DISPLACED: True, rules.Fact.OWNS_PROPERTY: True,
                    rules.Fact.INHERITANCE_SETTLED: True, rules.Fact.HOUSED_BEFORE: False,
                },
                papers=(
                    (kinds.DISPLACED_CARD, None), (kinds.POSSESSION_LIST, None), (kinds.VULNERABILITY_PROOF, None),
                    (kinds.ID_CARD, trio[0].pk), (kinds.ID_CARD, trio[1].pk), (kinds.BIRTH_EXTRACT, trio[2].pk),
                ),
                scorings=(
                    (rules.Round.FIRST, scorers[0].pk, points),
                    (rules.Round.SECOND, scorers[1].pk, {code: max(0, p - 1) for code, p in points.items()}),
                ),
            )
        )  # fmt: skip
    actions.load_applications(call.pk, wholes, by=by, at=AT)
    chair = account_queries.access(members[0], AT)
    session = actions.plan_session(call.pk, held_on=day, place="", agenda=["The list"], by=chair, at=AT)
    actions.open_session(session.pk, present=[m.pk for m in members], by=chair, at=AT)
    return session, chair


if __name__ == "__main__":
    main()
