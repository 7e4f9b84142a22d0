"""Invented feedback: ordinary, of every state and standing of its clock, and a few sensitive reports."""

from __future__ import annotations

import datetime as dt
import random

from streha.accounts.models import User
from streha.accounts.rules import Access
from streha.cases.feedback import actions, models, rules
from streha.cases.feedback.queries import FEEDBACK
from streha.common.codes import Sex
from streha.people.models import Person
from streha.places.models import Area, AreaCode

NUMBER, SOURCE = 60, "demo"
SAID = {
    "question": "Asks which papers are needed to apply for building material.",
    "request": "Asks whether a wheelchair ramp can be paid for.",
    "assistance": "The stove that was promised never came.",
    "selection": "Says that neighbours were chosen who came later.",
    "treatment": "Was sent away twice although there was an appointment.",
    "personal_data": "Wants to know what the office keeps about the family.",
    "suggestion": "Proposes to answer the phone on Saturdays too.",
    "thanks": "Thanks the team for the visit.",
}
SENSITIVE = {
    "abuse": "A caller says that somebody asked for favours in return for help. No names were given.",
    "fraud": "A caller says that money was asked for a place on the list.",
}


def make(*, seed: int, codes: dict[str, int], by: Access, at: dt.datetime) -> int:
    """Feedback is there, once; returns how much was made. ``codes`` are the municipalities by code."""
    actions.load_clocks(by=by, at=at)
    if models.Feedback.objects.filter(source=SOURCE).exists():
        return 0
    rng = random.Random(f"streha feedback {seed}")  # noqa: S311 - fiction, the same for the same seed
    busy = [codes[code] for code in ("17", "38") if code in codes] or sorted(codes.values())[:1]
    others = sorted(codes.values())
    for number in range(NUMBER):
        place = rng.choice(busy) if number % 3 else rng.choice(others)
        _one(rng, place, by, at)
    for category, said in SENSITIVE.items():
        day = at.date() - dt.timedelta(days=rng.randrange(0, 4))
        actions.enter(_draft(rng, category, said, busy[0], day, None), by=by, at=at, source=SOURCE)
    return NUMBER


def _draft(  # noqa: PLR0917 - one line a call
    rng: random.Random, category: str, said: str, place: int, day: dt.date, person_id: int | None
) -> rules.FeedbackDraft:
    is_anonymous = person_id is None and rng.random() < 0.3
    return rules.FeedbackDraft(
        category=category,
        channel=rng.choice(list(rules.Channel)),
        keeper_id=place,
        text=said,
        received_on=day,
        person_id=person_id,
        contact="" if is_anonymous else f"+38344{rng.randrange(100000, 1000000)}",
        is_anonymous=is_anonymous,
        sex=Sex.UNKNOWN if is_anonymous else rng.choice((Sex.FEMALE, Sex.MALE)),
        age_group=rng.choice(list(rules.AgeGroup)),
        disability=rules.Disability.YES if rng.random() < 0.2 else rules.Disability.NO,
        is_fictional=True,
    )


def _one(rng: random.Random, place: int, by: Access, at: dt.datetime) -> None:
    category = rng.choice(sorted(SAID))
    person = None
    if rng.random() < 0.5:
        person = Person.objects.visible_to(by).filter(keeper_id=place, shielded=False).order_by("pk").first()
    age = rng.randrange(1, 60)
    day = at.date() - dt.timedelta(days=age)
    kept = actions.enter(
        _draft(rng, category, SAID[category], place, day, person.pk if person else None), by=by, at=at, source=SOURCE
    )
    assert kept is not None
    owner = _owner(place)
    revision = 1
    if owner is not None and rng.random() < 0.8:
        actions.assign(FEEDBACK, kept.pk, owner, revision=revision, by=by, at=at)
        revision += 1
    if kept.can_be_reached and rng.random() < 0.85:
        on = min(at.date(), day + dt.timedelta(days=rng.randrange(0, 4)))
        actions.acknowledge(FEEDBACK, kept.pk, text="Received, thank you.", on=on, revision=revision, by=by, at=at)
        revision += 1
        day = on
    if age < 6 or rng.random() < 0.2:
        return
    on = min(at.date(), day + dt.timedelta(days=rng.randrange(1, 25)))
    outcome = rng.choice(list(rules.Outcome))
    actions.answer(FEEDBACK, kept.pk, outcome, "Looked into.", on=on, revision=revision, by=by, at=at)
    if rng.random() < 0.3:
        return
    told = rules.Told(on, rules.Channel.PHONE)
    if kept.is_anonymous:
        told = rules.Told(not_told=rules.NotTold.ANONYMOUS)
    actions.close(FEEDBACK, kept.pk, told, revision=revision + 1, by=by, at=at)


def _owner(place: int) -> int | None:
    """The caseworker of the demo who works there."""
    working = User.objects.filter(is_demo=True, grants__role="caseworker", grants__scope_key=str(place))
    return working.values_list("pk", flat=True).first()


def municipalities(scheme: str) -> dict[str, int]:
    """Municipalities by their code."""
    kind = Area.Kind.MUNICIPALITY
    return dict(AreaCode.objects.filter(scheme=scheme, area__kind=kind).values_list("code", "area_id"))
