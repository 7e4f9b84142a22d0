"""Fictional grants and courses: plans, tranches, checks, and what came of courses; the same for the same seed."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

from streha.accounts.rules import Access
from streha.assistance.grants import actions, models, rules
from streha.assistance.training import actions as courses
from streha.assistance.training import models as course_models
from streha.assistance.training import rules as course_rules
from streha.institutions.models import Institution
from streha.people.models import Household, Person

GRANTS, COURSES, HOUSEHOLDS = 400, 40, 20_000
PLANS = {
    rules.Sector.AGRICULTURE: "Ten beehives and a small honey press (invented).",
    rules.Sector.FOOD: "A bakery oven and the first flour (invented).",
    rules.Sector.CRAFTS: "A workbench and tools for a joiner (invented).",
    rules.Sector.CONSTRUCTION: "Scaffolding and a mixer for three masons (invented).",
    rules.Sector.TRADE: "Shelves and first stock of a village shop (invented).",
    rules.Sector.TRANSPORT: "A used van for deliveries (invented).",
    rules.Sector.HOSPITALITY: "Two rooms for guests (invented).",
    rules.Sector.SERVICES: "Chairs and dryers for a hairdresser (invented).",
}
TITLES = ("Welding", "Sewing", "Keeping bees", "Book-keeping", "Baking", "Plumbing", "First programs", "Care at home")


def make(*, seed: int, by: Access, at: dt.datetime) -> int:
    """Grants and courses are there, once; returns how many grants."""
    if models.Grant.objects.filter(is_fictional=True).exists():
        return 0
    rng = random.Random(f"streha grants {seed}")  # noqa: S311 - fiction, the same for the same seed
    households = Household.objects.filter(is_fictional=True).count()
    number = min(GRANTS, max(8, households * GRANTS // HOUSEHOLDS))
    grown = Person.objects.filter(
        is_fictional=True,
        shielded=False,
        canonical=None,
        ended_on=None,
        birth_date__lt=at.date().replace(year=at.year - 20),
        birth_date__gt=at.date().replace(year=at.year - 60),
    )
    people = list(grown.order_by("-pk")[: 12 * number])
    rng.shuffle(people)
    made = actions.award_many([_draft(rng, person, at) for person in people[:number]], by=by, at=at)
    _payments(rng, made[: max(8, number // 5)], by, at)
    taught = min(COURSES, max(2, households * COURSES // HOUSEHOLDS))
    _courses(rng, people[number:], taught, by, at)
    return len(made)


def _draft(rng: random.Random, person: Person, at: dt.datetime) -> rules.GrantDraft:
    sector = rng.choice(list(PLANS))
    first, second = Decimal(rng.randrange(1000, 2600, 100)), Decimal(rng.randrange(500, 1500, 100))
    return rules.GrantDraft(
        person_id=person.pk,
        sector=sector,
        plan=PLANS[sector],
        amount=first + second,
        tranches=(rules.TrancheDraft(first, "business registered"), rules.TrancheDraft(second, "first visit made")),
        starts_on=at.date() - dt.timedelta(days=rng.randrange(20, 900)),
        jobs_planned=rng.randrange(1, 4),
        is_fictional=True,
    )


def _payments(rng: random.Random, grants: list[models.Grant], by: Access, at: dt.datetime) -> None:
    """Conditions met and tranches paid, visits, and checks of those that are due; one is left for today."""
    for n, grant in enumerate(grants):
        version = 1
        for tranche in grant.tranches.all():
            days = 20 * tranche.position
            on = min(at.date(), grant.starts_on + dt.timedelta(days=days))
            actions.meet_condition(grant.pk, tranche.position, on=on, version=version, by=by, at=at)
            reference = f"GR-{grant.pk}-{tranche.position}"
            actions.pay_tranche(
                grant.pk, tranche.position, on=on, reference=reference, version=version + 1, by=by, at=at
            )
            version += 2
        actions.visit(
            grant.pk,
            on=min(at.date(), grant.starts_on + dt.timedelta(days=40)),
            note="The tools are there and used (invented).",
            version=version,
            by=by,
            at=at,
        )
        version += 1
        for check in grant.checks.filter(due_on__lte=at.date()):
            if n % 6 == 5:
                break
            found = rng.choices(list(rules.Alive), (78, 16, 6))[0]
            actions.check_alive(
                grant.pk,
                check.months,
                found=found,
                jobs=rng.randrange(1, 4) if found == rules.Alive.ALIVE else None,
                on=check.due_on,
                version=version,
                by=by,
                at=at,
            )
            version += 1


def _courses(rng: random.Random, people: list[Person], number: int, by: Access, at: dt.datetime) -> None:
    providers = list(Institution.objects.filter(is_fictional=True, kind="ngo").order_by("pk"))
    if not providers:
        return
    by_keeper: dict[int, list[Person]] = {}
    for person in people:
        by_keeper.setdefault(person.keeper_id, []).append(person)
    towns = sorted(by_keeper, key=lambda pk: (-len(by_keeper[pk]), pk))
    for n in range(number):
        town = towns[n % min(len(towns), 8)]
        group = [by_keeper[town].pop() for _ in range(min(9, len(by_keeper[town])))]
        first = at.date() - dt.timedelta(days=rng.randrange(40, 600))
        draft = course_rules.CourseDraft(
            title=f"{TITLES[n % len(TITLES)]} (invented)",
            provider_id=rng.choice(providers).pk,
            keeper_id=town,
            sector=rng.choice(list(PLANS)),
            first_day=first,
            last_day=first + dt.timedelta(days=28),
            places=12,
            hours=40,
            is_fictional=True,
        )
        course = courses.open_course(draft, by=by, at=at)
        if group:
            _taught(rng, course, group, by, at)


def _taught(rng: random.Random, course: course_models.Course, group: list[Person], by: Access, at: dt.datetime) -> None:
    enrolled = courses.enrol(course.pk, [person.pk for person in group], by=by, at=at)
    days = [course.first_day + dt.timedelta(days=7 * n) for n in range(5)]
    courses.add_sessions(course.pk, days, by=by, at=at)
    often = {row.pk: rng.random() < 0.8 for row in enrolled}
    for n, session in enumerate(course.sessions.all()):
        present = [row.pk for row in enrolled if often[row.pk] or n < 2]
        courses.note_attendance(course.pk, session.pk, present, by=by, at=at)
    for row in enrolled:
        if not often[row.pk]:
            courses.drop(row.pk, by=by, at=at)
    stayed = [row.pk for row in enrolled if often[row.pk]]
    if course.last_day <= at.date():
        courses.certify_many(stayed, by=by, at=at)
    if course.last_day < at.date():
        came_of = {pk: rng.choices(list(course_rules.CameOf), (34, 14, 8, 36, 8))[0] for pk in stayed}
        courses.note_outcomes(came_of, 3, by=by, at=at)
