"""Two invented sites: the camp of six hundred, a quarter of whom live with a disability, and a collective centre."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from decimal import Decimal

from django.db.models import Exists, OuterRef, Prefetch, Q

from streha.accounts.rules import Access
from streha.assistance.sites import actions, models, queries
from streha.assistance.sites.rules import places
from streha.people import models as people
from streha.people import rules as people_rules

DAY = dt.timedelta(days=1)
IN_CAMP, IN_CENTRE = 632, 90  # before some went home
NIGHTS = 30
A_LOT = 3  # the answers of the short set: 3 is a lot of difficulty, 4 cannot do
SHARE = 4  # one in so many lives with a disability


def make(*, seed: int, codes: dict[str, int], by: Access, at: dt.datetime) -> int:
    """Both sites are there, once; returns how many people stay at them."""
    if models.Site.objects.filter(is_fictional=True).exists():
        return 0
    rng = random.Random(f"streha sites {seed}")  # noqa: S311 - fiction, the same for the same seed
    actions.load_standards(by=by, at=at)
    place = codes.get("17", min(codes.values()))
    homes = _homes()
    opened = at.date() - 1100 * DAY
    camp = actions.open_site(
        places.SiteDraft(
            "Kampi Lugina (trillim)", places.Kind.CAMP, place, 680, opened, set_aside=24, step_free=165,
            covered_m2=Decimal(2400), water_l_day=9500, taps=4, latrines=26, name_other="Камп Долина (измишљено)",
            lon=20.29, lat=42.66, is_fictional=True,
        ),
        by=by,
        at=at,
    )  # fmt: skip
    there = _fill(camp, homes, IN_CAMP, rng, by, at)
    centre = actions.open_site(
        places.SiteDraft(
            "Qendra kolektive Ura (trillim)", places.Kind.COLLECTIVE_CENTRE, codes.get("38", place), 120, opened,
            set_aside=6, step_free=6, covered_m2=Decimal(540), water_l_day=2400, taps=8, latrines=9,
            name_other="Колективни центар Мост (измишљено)", is_fictional=True,
        ),
        by=by,
        at=at,
    )  # fmt: skip
    there += _fill(centre, homes, IN_CENTRE, rng, by, at)
    for site in (camp, centre):
        _leave(site, rng, by, at)
        _count(site, rng, by, at)
    return there


def _homes() -> Iterator[tuple[people.Household, list[people.Person], set[int]]]:
    """Households of nobody shielded with their people and those who live with a disability, a quarter of all people.

    Households with somebody who lives with a disability come as often as keeps the share.
    """
    disabled = set(_with_disability())
    shielded = people.Membership.objects.filter(household=OuterRef("pk"), person__shielded=True)
    rows = people.Household.objects.filter(~Exists(shielded), ended_on=None, canonical=None, shielded=False)
    waiting: list[tuple[people.Household, list[people.Person], set[int]]] = []
    number, known = 0, 0
    living = people.Membership.objects.filter(ended_on=None, person__ended_on=None).order_by("pk")
    told = Prefetch("memberships", living.select_related("person"), to_attr="living")
    for home in rows.order_by("pk").prefetch_related(told).iterator(chunk_size=500):
        members = [one.person for one in home.living]  # type: ignore[attr-defined]
        if not members or any(person.canonical_id for person in members):
            continue
        own = {m.pk for m in members} & disabled
        if not own and known * SHARE < number + len(members):
            waiting.append((home, members, own))
            continue
        number, known = number + len(members), known + len(own)
        yield home, members, own
    yield from waiting  # a small register has no quarter


def _with_disability() -> Iterator[int]:
    a_lot = Q()
    for domain in people_rules.FUNCTIONING_DOMAINS:
        a_lot |= Q(**{f"{domain}__gte": A_LOT})
    yield from people.Functioning.objects.filter(a_lot).values_list("person_id", flat=True)


def _fill(  # noqa: PLR0917 - one line a call
    site: models.Site,
    homes: Iterator[tuple[people.Household, list[people.Person], set[int]]],
    wanted: int,
    rng: random.Random,
    by: Access,
    at: dt.datetime,
) -> int:
    there = 0
    while there < wanted:
        found = next(homes, None)
        if found is None:
            break
        home, members, own = found
        known = queries.places_of([site])[site.pk]
        if len(members) > known.free:
            break
        step_free = sorted(own)[: max(known.step_free - known.step_free_taken, 0)]
        came = at.date() - (60 - rng.randrange(0, 25)) * DAY
        actions.check_in(site.pk, actions.Arrival(came, home.pk, step_free_ids=tuple(step_free)), by=by, at=at)
        there += len(members)
    return there


def _leave(site: models.Site, rng: random.Random, by: Access, at: dt.datetime) -> None:
    """Some went home."""
    homes = sorted(set(site.stays.exclude(household=None).values_list("household_id", flat=True)))
    for home in rng.sample(homes, len(homes) // 20):
        stays = list(site.stays.filter(household_id=home, left_on=None).values_list("pk", flat=True))
        day = at.date() - rng.randrange(1, 25) * DAY
        actions.check_out(stays, day=day, left_for=rng.choice(list(places.Left)[:4]), by=by, at=at)


def _count(site: models.Site, rng: random.Random, by: Access, at: dt.datetime) -> None:
    """Every night but two was counted, each the morning after."""
    missed = set(rng.sample(range(2, NIGHTS), 2)) | {1 if site.kind == places.Kind.COLLECTIVE_CENTRE else 0}
    for back in range(NIGHTS, 0, -1):
        if back in missed:
            continue
        night = at.date() - back * DAY
        registered = queries.registered_on(site, night)
        by_how_many = rng.choice((0, 0, 0, -3, -1, 2))
        counted = max(registered + by_how_many, 0)
        why = places.Difference.VISITORS if counted > registered else places.Difference.ABSENT
        actions.count_night(site.pk, night=night, counted=counted, why=why, by=by, at=at - (back - 1) * DAY)
