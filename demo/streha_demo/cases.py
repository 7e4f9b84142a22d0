"""Invented cases: one for every sixteenth household, more where a caseworker of the demo works; some late or closed.

Never more than a mission has: in a demo of a million people they are drawn more thinly.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence

from streha.accounts import actions as accounts
from streha.accounts.models import User
from streha.accounts.rules import Access
from streha.audit import rules as audit_rules
from streha.cases import actions, models, queries, rules
from streha.cases.labour import actions as labour
from streha.cases.labour import queries as labour_queries
from streha.cases.labour import rules as labour_rules
from streha.cases.plans import actions as plans
from streha.cases.plans.rules import GoalKind, GoalState, VisitKind
from streha.cases.referrals import actions as referrals
from streha.cases.referrals.rules import Kind, Purpose
from streha.people import actions as people
from streha.people.models import Membership
from streha.people.rules import LegalBasis
from streha.places import queries as places
from streha.places.models import Area

EVERY, OFTEN, MOST, SOURCE = 16, 2, 4_000, "demo"
TRACKS = ("voluntary_return",) * 5 + ("repatriation",) * 3 + ("labour_mobility",) + ("protection",)
CLINIC, REFERRED = "Demonstration clinic", 12
GOALS = (
    (GoalKind.HOUSE, "Roof and two rooms before the winter; the family helps with the work."),
    (GoalKind.FURNITURE, "Beds, table and a stove when the house is closed."),
    (GoalKind.FOOD, "Food and hygiene parcels for the first three months."),
    (GoalKind.DOCUMENTS, "Birth extracts of the children from the civil registry."),
    (GoalKind.INCOME, "Two cows and a milking machine, after the course."),
    (GoalKind.SCHOOL, "Places in the village school from September."),
    (GoalKind.HEALTH, "First visit to the family doctor."),
)
REPORTS = (
    "The house stands, the roof is gone. Neighbours came and talked; the well is dry.",
    "The family met the mayor's office and two neighbours. They will decide by the end of the month.",
    "Talked about papers: the possession list is still in the name of the grandfather.",
)
VACANCIES = (
    ("Bricklayers for a school", "Demo Build", "bricklayer", ""),
    ("Carpenter", "Demo Wood", "carpenter", ""),
    ("Cook in a hotel", "Demo Hotel", "cook", ""),
    ("Welders", "Demo Steel", "welder", "Bremen, Germany"),
    ("Carers for the elderly", "Demo Care", "home_care", "Graz, Austria"),
    ("Lorry drivers", "Demo Freight", "lorry_driver", "Ljubljana, Slovenia"),
    ("Harvest work", "Demo Orchard", "crop_labourer", ""),
    ("Electricians", "Demo Power", "electrician", ""),
)
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
    rows = rows[:: max(1, -(-len(rows) // MOST))]
    ways = {code: queries.steps_of(queries.newest_version(code).pk) for code in sorted(set(TRACKS))}
    drafts = [_draft(rng, person_id, ways, owners.get(keeper_id, ()), at) for person_id, keeper_id in rows]
    for start in range(0, len(drafts), actions.PIECE):
        piece = drafts[start : start + actions.PIECE]
        opened = actions.open_many(piece, by=by, at=at, source=SOURCE, lane=audit_rules.BATCH)
        ordinary = [case for case in opened if not case.is_sensitive]
        kept = [_plan(rng, case, at.date()) for case in ordinary]
        plans.bring_plans(kept, by=by, at=at, lane=audit_rules.BATCH)
        _tell_skills(rng, ordinary, by, at)
    _offer_work(rng, by, at)
    _refer(by, at)
    return len(drafts)


def _plan(rng: random.Random, case: models.Case, today: dt.date) -> plans.KeptPlan:
    """Goals and visits of a case, some late, some still to come."""
    goals, visits = [], []
    for kind, text in rng.sample(GOALS, rng.choice((0, 1, 1, 2, 3))):
        is_open = case.state == rules.CaseState.OPEN and rng.random() < 0.7
        due = today + dt.timedelta(days=rng.randrange(-20, 120) if is_open else -rng.randrange(5, 60))
        state = GoalState.OPEN if is_open else rng.choice((GoalState.REACHED, GoalState.REACHED, GoalState.DROPPED))
        agreed = case.opened_on if rng.random() < 0.8 else None
        goals.append(plans.KeptGoal(kind, text, due, state, agreed))
    for made in rng.sample((VisitKind.GIV, VisitKind.GSV, VisitKind.HOME), rng.choice((0, 1, 1, 2))):
        day = min(today, case.opened_on + dt.timedelta(days=rng.randrange(3, 40)))
        area, report = case.person.keeper_id, rng.choice(REPORTS)
        visits.append(plans.KeptVisit(made, day, area, case.owner_id, done_on=day, report=report))
    if case.state == rules.CaseState.OPEN and rng.random() < 0.35:
        day = today + dt.timedelta(days=rng.randrange(-6, 25))
        visits.append(plans.KeptVisit(VisitKind.HOME, day, case.person.keeper_id, case.owner_id))
    return plans.KeptPlan(case, goals, visits)


def _tell_skills(rng: random.Random, cases: Sequence[models.Case], by: Access, at: dt.datetime) -> None:
    """A profile for every open case of labour mobility."""
    codes = sorted(labour_queries.skills())
    for case in cases:
        if case.track.code != labour_rules.TRACK or case.state != rules.CaseState.OPEN:
            continue
        skills = [(code, rng.randrange(1, 4)) for code in rng.sample(codes, rng.randrange(1, 4))]
        languages = [("de", rng.randrange(1, 5))] if rng.random() < 0.5 else []
        told = labour.ProfileDraft(skills, languages, goes_abroad=rng.random() < 0.6)
        labour.tell_profile(case.pk, told, by=by, at=at)


def _offer_work(rng: random.Random, by: Access, at: dt.datetime) -> None:
    """A few vacancies, here and abroad."""
    areas = list(Area.objects.filter(kind=Area.Kind.MUNICIPALITY).order_by("pk").values_list("pk", flat=True))
    for title, employer, skill, abroad in VACANCIES:
        starts = at.date() + dt.timedelta(days=rng.randrange(20, 150))
        draft = labour.VacancyDraft(
            employer=employer,
            title=title,
            starts_on=starts,
            ends_on=starts + dt.timedelta(days=240),
            area_id=None if abroad else rng.choice(areas),
            abroad=abroad,
            number=rng.randrange(1, 9),
            skills=[(skill, 2, True)],
            languages=[("de", 1)] if abroad else [],
            is_fictional=True,
        )
        labour.register_vacancy(draft, by=by, at=at)


def _refer(by: Access, at: dt.datetime) -> None:
    """Some cases of the demo's caseworkers are referred to a fictional clinic, each with the consent it rests on."""
    clinic = accounts.create_organisation(CLINIC, kind="ngo", by=by, at=at, is_fictional=True)
    going = models.Case.objects.filter(source=SOURCE, state="open", is_sensitive=False, person__shielded=False)
    for case in going.exclude(owner=None).select_related("person").order_by("pk")[:REFERRED]:
        people.give_consent(
            case.person_id,
            purpose=Purpose.HEALTH.value,
            recipients=CLINIC,
            basis=LegalBasis.CONSENT,
            given_on=at.date(),
            expires_on=at.date() + dt.timedelta(days=180),
            evidence="Fictional sheet",
            by=by,
            at=at,
        )
        draft = referrals.ReferralDraft(
            Kind.REFERRAL, Purpose.HEALTH, [case.person_id], "Asks for an examination.", organisation_id=clinic.pk
        )
        referrals.refer(case.pk, draft, by=by, at=at)


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
