"""Fictional community projects: schools, health centres, roads, parks, water; 285 for 20,000 households."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

from streha.accounts.rules import Access
from streha.assistance.projects import actions, models, rules
from streha.institutions.models import Institution
from streha.people.models import Household
from streha.places.models import Area
from streha_demo import drawn
from streha_demo.stories import families, tell

PROJECTS, HOUSEHOLDS = 285, 20_000
TITLES = {
    rules.Kind.SCHOOL: ("A new roof for the school", "Classrooms without steps", "A laboratory for the school"),
    rules.Kind.HEALTH_CENTRE: ("The health centre is heated again", "A ramp at the health centre"),
    rules.Kind.ROAD: ("The road to the upper village", "A pavement to the school", "A bridge for the village"),
    rules.Kind.PARK: ("A park for all ages", "A playing field", "A playground without steps"),
    rules.Kind.WATER: ("Water for the village", "A well and its pump", "Drains for the lower street"),
    rules.Kind.OTHER: ("Light for the main street", "A hall for the community", "A workshop for young people"),
}
TAGS = {
    rules.Kind.SCHOOL: ("4.1", "4.a"),
    rules.Kind.HEALTH_CENTRE: ("3.8",),
    rules.Kind.ROAD: ("9.1", "11.2"),
    rules.Kind.PARK: ("11.7",),
    rules.Kind.WATER: ("6.1",),
    rules.Kind.OTHER: ("10.2",),
}
FIGURES = {
    rules.Kind.SCHOOL: ("Pupils in dry rooms", ""),
    rules.Kind.HEALTH_CENTRE: ("Patients a week", ""),
    rules.Kind.ROAD: ("Minutes to the town", "min"),
    rules.Kind.PARK: ("Children on a Saturday", ""),
    rules.Kind.WATER: ("Households with water", ""),
    rules.Kind.OTHER: ("Visitors a week", ""),
}
STEPS = ("Design agreed with the village", "Contract signed", "Half of the works", "Opened")
DONORS = ("Donor A (invented)", "Donor B (invented)", "Municipality (invented)")


def make(*, seed: int, by: Access, at: dt.datetime) -> int:
    """Projects are there, once; returns how many."""
    if models.CommunityProject.objects.filter(is_fictional=True).exists():
        return 0
    rng = random.Random(f"streha projects {seed}")  # noqa: S311 - fiction, the same for the same seed
    households = Household.objects.filter(is_fictional=True).count()
    others = families.PROJECTS if tell.are_told() else 0
    number = max(6, min(PROJECTS, households * PROJECTS // HOUSEHOLDS) - others)
    towns = list(Area.objects.filter(kind=Area.Kind.MUNICIPALITY).order_by("pk"))
    partners = list(Institution.objects.filter(is_fictional=True).order_by("pk").values_list("pk", flat=True))
    rows = actions.plan_many([_draft(rng, n, towns, partners, at.date()) for n in range(number)], by=by, at=at)
    for row in rows:
        _move(row, by, at)
    first = rows[0]
    for version, phase in enumerate((rules.Phase.BEFORE, rules.Phase.AFTER)):
        first.refresh_from_db()
        actions.add_photo(
            first.pk,
            drawn.house(rng, "d3" if version == 0 else "d0"),
            phase=phase,
            caption="Drawn for the demo",
            version=first.version,
            by=by,
            at=at,
        )
    return len(rows)


def _draft(rng: random.Random, n: int, towns: list[Area], partners: list[int], today: dt.date) -> rules.ProjectDraft:
    kind = rng.choices(list(rules.Kind), (28, 14, 22, 14, 14, 8))[0]
    town = towns[n % len(towns)] if n < len(towns) else rng.choice(towns)
    starts = today - dt.timedelta(days=rng.randrange(20, 1500))
    length = rng.randrange(90, 400)
    ends = starts + dt.timedelta(days=length)
    done = 4 if ends < today else min(3, 4 * (today - starts).days // length)
    cost = Decimal(rng.randrange(8_000, 160_000, 500))
    part = (cost * rng.randrange(5, 10) / 10).quantize(Decimal(1))
    funding = [rules.Funded(rng.choice(DONORS[:2]), part)]
    if cost > part and rng.random() < 0.8:
        funding.append(rules.Funded(DONORS[2], cost - part))
    label, unit = FIGURES[kind]
    before = rng.randrange(10, 90)
    better = Decimal(before // 2) if kind == rules.Kind.ROAD else Decimal(before * rng.randrange(2, 5))
    return rules.ProjectDraft(
        title=f"{rng.choice(TITLES[kind])} (invented)",
        kind=kind,
        sector=rules.SECTOR_OF[kind],
        area_id=town.pk,
        starts_on=starts,
        ends_on=ends,
        cost=cost,
        about="An invented project, to show what a real one would say.",
        lon=round(town.lon + rng.uniform(-0.03, 0.03), 5) if town.lon is not None else None,
        lat=round(town.lat + rng.uniform(-0.02, 0.02), 5) if town.lat is not None else None,
        tags=TAGS[kind],
        funding=funding,
        milestones=[
            rules.Step(
                title,
                starts + dt.timedelta(days=length * (i + 1) // 4),
                starts + dt.timedelta(days=length * (i + 1) // 4) if i < done else None,
            )
            for i, title in enumerate(STEPS)
        ],
        partner_ids=rng.sample(partners, min(len(partners), rng.randrange(1, 3))),
        served=_served(rng, reached=done == 4),
        measured=[rules.Measured(label, Decimal(before), better if done == 4 else None, unit)],
        is_fictional=True,
    )


def _served(rng: random.Random, *, reached: bool) -> list[rules.Served]:
    found = []
    for sex in rules.SEXES:
        for age in rules.Age:
            target = rng.randrange(20, 400)
            found.append(rules.Served(rules.Count.TARGET, sex, age, target, target // 12))
            if reached:
                came = target * rng.randrange(6, 13) // 10
                found.append(rules.Served(rules.Count.REACHED, sex, age, came, came // 14))
    return found


def _move(row: models.CommunityProject, by: Access, at: dt.datetime) -> None:
    if row.starts_on >= at.date():
        return
    actions.move(row.pk, rules.State.RUNNING, on=row.starts_on, version=1, by=by, at=at)
    if row.ends_on < at.date():
        actions.move(row.pk, rules.State.DONE, on=row.ends_on, version=2, by=by, at=at)
