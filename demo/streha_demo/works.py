"""Fictional house works: homes of the demo that are built or repaired, with lots, inspections, cost and handover.

For a register of 20,000 households 1,300 houses, for a smaller one as many fewer; written in bulk by the office's own
actions. Contractors are invented and say so.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from decimal import Decimal

from django.db.models import Max

from streha.accounts.rules import Access
from streha.assistance.works import actions, bridge, models, rules
from streha.homes.models import Occupancy, Property
from streha.people.models import Household, Membership
from streha_demo import drawn
from streha_demo.stories import families, tell

HOUSES, HOUSEHOLDS = 1_300, 20_000
LOT_SIZE = 14
PHOTOS = 6  # houses in the middle of building that have one
LOOKS = {rules.Stage.FOUNDATION: "d5", rules.Stage.WALLS: "d5", rules.Stage.ROOF: "d3", rules.Stage.FINISHING: "d0"}
CONTRACTORS = ("Ndërtimi Shembull", "Градња Узорак", "Kulmi i Ri", "Мајстор Пример", "Ura Trillim", "Темељ Измишљено")
NOTES = ("Work goes on.", "Material is on the site.", "The family was there.", "Rain held it up for a week.", "")
DEFECTS = ("A door sticks.", "A gutter leaks.", "A socket gives no power.", "Plaster cracks beside the window.")


def wanted_houses() -> int:
    """How many houses a register of this size has: 1,300 for 20,000 households with those of the stories, never fewer
    than six.
    """
    households = Household.objects.filter(is_fictional=True).count()
    others = families.HOUSES if tell.are_told() else 0
    return max(6, min(HOUSES, households * HOUSES // HOUSEHOLDS) - others)


def make(*, seed: int, by: Access, at: dt.datetime) -> int:
    """House works are there, once; returns how many."""
    if models.HouseWorks.objects.filter(is_fictional=True).exists():
        return 0
    rng = random.Random(f"streha works {seed}")  # noqa: S311 - fiction, the same for the same seed
    homes = _homes(rng, wanted_houses())
    planned = _planned(rng, homes, by, at)
    told = [(works, _inspections(rng, works, at.date())) for works in planned]
    actions.inspect_many([(works, drafts) for works, drafts in told if drafts], by=by, at=at)
    _after(rng, by, at)
    return len(planned)


def _homes(rng: random.Random, number: int) -> list[tuple[Property, int | None]]:
    """Damaged homes first, with the household that lives there or that of an owner."""
    open_homes = Property.objects.filter(is_fictional=True, ended_on=None, shielded=False, erased_at=None)
    damaged = list(open_homes.filter(damage__in=["d2", "d3", "d4", "d5"]).order_by("pk")[: 3 * number])
    rest = list(open_homes.exclude(damage__in=["d2", "d3", "d4", "d5"]).order_by("pk")[:number])
    rng.shuffle(damaged)
    chosen = (damaged + rest)[:number]
    ids = [home.pk for home in chosen]
    lives: dict[int, int] = {}
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        stays = Occupancy.objects.filter(property__in=part, household__isnull=False, household__shielded=False)
        lives |= {home: house for home, house in stays.values_list("property", "household") if house is not None}
        owned = Membership.objects.filter(ended_on=None, household__shielded=False, person__in=_owners(part))
        by_person = dict(owned.values_list("person", "household"))
        for home, person in _owners_of(part):
            if person in by_person:
                lives.setdefault(home, by_person[person])
    return [(home, lives.get(home.pk)) for home in chosen]


def _owners(ids: Sequence[int]) -> list[int]:
    return [person for _home, person in _owners_of(ids)]


def _owners_of(ids: Sequence[int]) -> list[tuple[int, int]]:
    from streha.homes.models import Share

    rows = Share.objects.filter(property__in=ids, person__isnull=False, until=None).order_by("pk")
    return [(home, person) for home, person in rows.values_list("property", "person") if person is not None]


def _planned(
    rng: random.Random, homes: Sequence[tuple[Property, int | None]], by: Access, at: dt.datetime
) -> list[models.HouseWorks]:
    by_keeper: dict[int, list[tuple[Property, int | None]]] = {}
    for home, household in homes:
        by_keeper.setdefault(home.keeper_id, []).append((home, household))
    drafts = []
    number = 0
    for keeper, held in sorted(by_keeper.items()):
        for start in range(0, len(held), LOT_SIZE):
            part = held[start : start + LOT_SIZE]
            number += 1
            begins = at.date() - dt.timedelta(days=rng.randrange(10, 620))
            has_contract = begins < at.date() - dt.timedelta(days=50)
            lot = actions.make_lot(
                rules.LotDraft(
                    title=f"Lot {number} (invented)",
                    keeper_id=keeper,
                    tender=f"T-{begins.year}-{number:03d}",
                    contractor=f"{rng.choice(CONTRACTORS)} (invented)" if has_contract else "",
                    contracted_on=begins + dt.timedelta(days=45) if has_contract else None,
                    amount=Decimal(len(part) * 42_000),
                    is_fictional=True,
                ),
                by=by,
                at=at,
            )
            drafts += [_draft(rng, home, household, lot, begins) for home, household in part]
    return actions.plan_many(drafts, by=by, at=at)


def _draft(
    rng: random.Random, home: Property, household: int | None, lot: models.Lot, begins: dt.date
) -> rules.WorksDraft:
    kind = rules.Kind.NEW if home.damage in {"d4", "d5"} else rules.Kind.REPAIR
    cost = rng.randrange(24_000, 39_000, 250) if kind == rules.Kind.NEW else rng.randrange(4_000, 16_000, 250)
    return rules.WorksDraft(
        home_id=home.pk,
        kind=kind,
        start=begins + dt.timedelta(days=rng.randrange(14)),
        household_id=household,
        lot_id=lot.pk,
        cost_planned=Decimal(cost),
        cost_contracted=Decimal(cost) if lot.contractor else Decimal(0),
        is_fictional=True,
    )


def _inspections(rng: random.Random, works: models.HouseWorks, today: dt.date) -> list[rules.InspectionDraft]:
    """The house as it was found: each stage takes its planned days, stretched by luck; the last is half done."""
    pace = rng.choice((0.9, 1.0, 1.0, 1.05, 1.15, 1.35))
    day, drafts = works.starts_on, []
    for rule in bridge.stages_of(rules.Kind(works.kind)):
        if rule.code in rules.BY_HANDOVER:
            break
        length = max(2, round(rule.days * pace))
        half, end = day + dt.timedelta(days=length // 2), day + dt.timedelta(days=length)
        if half >= today:
            break
        if end >= today:
            drafts.append(rules.InspectionDraft(half, {rule.code: rng.randrange(2, 9) * 10}, rng.choice(NOTES)))
            break
        drafts.append(rules.InspectionDraft(end, {rule.code: 100}, rng.choice(NOTES)))
        day = end
    return drafts


def _after(rng: random.Random, by: Access, at: dt.datetime) -> None:
    """Finished houses go to their households, a few with defects; some are stopped; a few have a photo."""
    built = models.HouseWorks.objects.filter(is_fictional=True, stage=rules.Stage.HANDOVER)
    rows = built.annotate(last=Max("inspections__on")).order_by("pk")
    heads = dict(
        Membership.objects.filter(
            ended_on=None, is_head=True, person__shielded=False, household__in=built.values("household")
        ).values_list("household_id", "person_id")
    )
    told = []
    for n, works in enumerate(rows):
        if n % 10 == 9:
            continue
        head = heads.get(works.household_id or 0)
        last = works.last or works.starts_on  # type: ignore[attr-defined]
        on = min(at.date(), last + dt.timedelta(days=rng.randrange(3, 20)))
        signed = "" if head else "A member of the family (invented)"
        draft = rules.HandoverDraft(on, head, signed, rng.sample(DEFECTS, rng.choice((0, 0, 0, 1, 2))))
        told.append((works.pk, works.version, draft))
    actions.hand_over_many(told, by=by, at=at)
    running = list(models.HouseWorks.objects.filter(is_fictional=True, state=rules.State.RUNNING).order_by("pk"))
    for works in running[5::40]:
        actions.stop(works.pk, reason="The contractor waits for material.", version=works.version, by=by, at=at)
    building = [works for works in running[: 5 * PHOTOS] if works.stage not in {"", rules.Stage.HANDOVER}]
    for works in building[:PHOTOS]:
        works.refresh_from_db()
        if works.state != rules.State.RUNNING:
            continue
        note = rules.InspectionDraft(at.date(), {}, "Seen from the road; drawn for the demo.")
        picture = drawn.house(rng, LOOKS.get(rules.Stage(works.stage), "d1"))
        actions.inspect(works.pk, note, photos=[("house.jpg", picture)], version=works.version, by=by, at=at)
