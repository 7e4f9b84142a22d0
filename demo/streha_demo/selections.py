"""Two calls for houses: one decided by a commission, one still open. All is invented, and repeatable by its seed."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.conf import settings

from streha.accounts import queries as accounts
from streha.accounts.models import User
from streha.accounts.rules import Access
from streha.assistance.selections import actions, models, rules
from streha.common import money
from streha.people import models as people
from streha.places.models import Area

MUNICIPALITY = "17"
FINISHED, OPEN = 60, 15
PLACES = 12
CHILD_YEARS = 18


def make(*, by: Access, at: dt.datetime, seed: int) -> int:
    """Both calls are there; returns how many applications were made. Does nothing where a call is."""
    if models.Call.objects.exists():
        return 0
    grid = actions.load_example_grid(by=by, at=at)
    area = Area.objects.with_code(settings.AREA_SCHEME, MUNICIPALITY).get()
    homes = _homes(area.pk)
    rng = random.Random(seed)  # noqa: S311 - invented people, not secrets
    today = at.date()
    finished = _call(
        "Houses for families who return, spring", area.pk, grid.pk, today - dt.timedelta(days=120), by=by, at=at
    )
    seats = _seats(finished, by=by, at=at)
    wholes = list(_applications(finished, homes[:FINISHED], seats["scorers"], rng))
    if not wholes:
        return 0
    actions.load_applications(finished.pk, wholes, by=by, at=at)
    _decide(finished, seats["members"], at=at)
    running = _call(
        "Houses for families who return, autumn", area.pk, grid.pk, today - dt.timedelta(days=20), by=by, at=at
    )
    _seats(running, by=by, at=at)
    more = list(_applications(running, homes[FINISHED : FINISHED + OPEN] or homes[:OPEN], [], rng))
    actions.load_applications(running.pk, more, by=by, at=at)
    return len(wholes) + len(more)


def _homes(area_id: int) -> list[people.Household]:
    hidden = people.Membership.objects.filter(person__shielded=True, ended_on=None).values("household_id")
    found = people.Household.objects.filter(keeper_id=area_id, ended_on=None, shielded=False).exclude(pk__in=hidden)
    return list(found.order_by("pk")[: FINISHED + OPEN])


def _call(title: str, area_id: int, grid_id: int, opens: dt.date, *, by: Access, at: dt.datetime) -> models.Call:
    draft = actions.CallDraft(
        title=title,
        municipality_id=area_id,
        grid_id=grid_id,
        requests=(rules.RequestKind.HOUSE, rules.RequestKind.MATERIAL),
        opens_on=opens,
        closes_on=opens + dt.timedelta(days=60),
        places=PLACES,
        budget=money.Money(Decimal(360_000), "EUR"),
    )
    return actions.open_call(draft, by=by, at=at)


def _seats(call: models.Call, *, by: Access, at: dt.datetime) -> dict[str, list[User]]:
    """The scorers and the commission among those who can log in."""
    functions = rules.Function
    held: dict[str, list[User]] = {"scorers": [], "members": []}
    for username, function in (
        ("scorer", functions.SCORER),
        ("scorer.second", functions.SCORER),
        ("scorer.third", functions.SCORER),
        ("commission", functions.CHAIR),
        ("commission.second", functions.MEMBER),
        ("commission.third", functions.MEMBER),
    ):
        user = User.objects.filter(username=username).first()
        if user is not None:
            actions.name_member(call.pk, user.pk, function, by=by, at=at)
            held["scorers" if function == functions.SCORER else "members"].append(user)
    return held


def _applications(
    call: models.Call, homes: Sequence[people.Household], scorers: Sequence[User], rng: random.Random
) -> Iterator[actions.Whole]:
    criteria = list(call.grid.criteria.order_by("position"))
    window = (call.closes_on - call.opens_on).days
    for home in homes:
        members = list(home.memberships.filter(ended_on=None).select_related("person").order_by("-is_head", "pk"))
        if not members:
            continue
        day = call.opens_on + dt.timedelta(days=rng.randrange(min(window, 18)))
        yield actions.Whole(
            household_id=home.pk,
            applicant_id=members[0].person_id,
            members=tuple((m.person_id, m.relation) for m in members),
            request=rng.choice((rules.RequestKind.HOUSE, rules.RequestKind.MATERIAL)),
            received_at=dt.datetime.combine(day, dt.time(9, rng.randrange(60)), dt.UTC),
            answers=_answers(rng),
            papers=tuple(_papers(members, call.closes_on, rng)),
            scorings=tuple(_scorings(criteria, scorers, call.threshold, rng)),
        )


def _answers(rng: random.Random) -> dict[rules.Fact, bool]:
    return {
        rules.Fact.DISPLACED: rng.random() > 0.05,
        rules.Fact.OWNS_PROPERTY: rng.random() > 0.05,
        rules.Fact.INHERITANCE_SETTLED: rng.random() > 0.1,
        rules.Fact.HOUSED_BEFORE: rng.random() < 0.05,
        rules.Fact.WISHES_RETURN: True,
    }


def _papers(
    members: Sequence[people.Membership], day: dt.date, rng: random.Random
) -> Iterator[tuple[rules.PaperKind, int | None]]:
    kinds = rules.PaperKind
    for kind in (kinds.DISPLACED_CARD, kinds.POSSESSION_LIST, kinds.VULNERABILITY_PROOF, kinds.MEDICAL_FINDING):
        if rng.random() > 0.03:
            yield kind, None
    for member in members:
        if rng.random() < 0.01:
            continue
        birth = member.person.birth_date
        is_child = (
            birth is not None
            and rules.age_on(birth.isoformat(), day) is not None
            and ((rules.age_on(birth.isoformat(), day) or 0) < CHILD_YEARS)
        )
        yield (kinds.BIRTH_EXTRACT if is_child else kinds.ID_CARD), member.person_id


def _scorings(
    criteria: Sequence[models.Criterion], scorers: Sequence[User], threshold: int, rng: random.Random
) -> Iterator[tuple[rules.Round, int, dict[str, int]]]:
    """Two sheets that mostly agree, and a third where they do not."""
    if not scorers:
        return
    first = {c.code: rng.choice((0, 0, c.most // 2, c.most)) for c in criteria}
    second = {c.code: min(c.most, max(0, first[c.code] + rng.choice((-3, -1, 0, 0, 1, 3)))) for c in criteria}
    yield rules.Round.FIRST, scorers[0].pk, first
    yield rules.Round.SECOND, scorers[1].pk, second
    if abs(sum(first.values()) - sum(second.values())) > threshold:
        yield rules.Round.THIRD, scorers[2].pk, second


def _decide(call: models.Call, members: Sequence[User], *, at: dt.datetime) -> None:
    """The session lifts every other obstacle, ranks, votes, decides and closes."""
    chair = accounts.access(members[0], at)
    session = actions.plan_session(
        call.pk,
        held_on=at.date() - dt.timedelta(days=14),
        place="Pejë / Peć",
        agenda=["Obstacles", "The ranked list"],
        by=chair,
        at=at,
    )
    actions.open_session(session.pk, present=[user.pk for user in members], by=chair, at=at)
    selection = actions.rank(session.pk, by=chair, at=at)
    item = session.agenda.get(position=2)
    choices = {user.pk: "for" for user in members}
    actions.vote(item.pk, choices, conclusion="The list is adopted.", by=chair, at=at)
    actions.decide(selection.pk, item.pk, by=chair, at=at)
    actions.close_session(
        session.pk, minutes="All members present. The list was adopted by three votes.", by=chair, at=at
    )
