"""Invented institutions: contacts, a working group and a task force that meet, tasks, and training given."""

from __future__ import annotations

import datetime as dt
import random

from streha.accounts.models import User
from streha.accounts.rules import Access
from streha.institutions import actions, models, rules

DAY = dt.timedelta(days=1)
KNOWN = (
    ("Zyra për kthim e Komunës (trillim)", "Канцеларија за повратак (измишљено)", rules.Kind.MUNICIPALITY),
    ("Ministria e Kthimit (trillim)", "Министарство за повратак (измишљено)", rules.Kind.MINISTRY),
    ("Shoqata Streha e Grave (trillim)", "Удружење Стреха жена (измишљено)", rules.Kind.NGO),
    ("Shkolla Lisi (trillim)", "Школа Храст (измишљено)", rules.Kind.SCHOOL),
    ("Këshilli i fshatit Gurra (trillim)", "Савет села Извор (измишљено)", rules.Kind.COMMUNITY),
)
NAMES = ("Lumturie Shembulli", "Видосав Пример", "Hazbije Trillimi", "Радмила Узорак", "Skënder Modeli")
TRAININGS = (
    ("Receiving families who return", "Mission (invented)"),
    ("Keeping personal data safe", "Data protection office (invented)"),
    ("Talking with neighbours before a return", "Association of women (invented)"),
)


def make(*, seed: int, codes: dict[str, int], by: Access, at: dt.datetime) -> int:
    """Institutions are there, once; returns how many were made."""
    if models.Institution.objects.filter(is_fictional=True).exists():
        return 0
    rng = random.Random(f"streha institutions {seed}")  # noqa: S311 - fiction, the same for the same seed
    place = codes.get("17", min(codes.values()))
    rows, contacts = [], []
    for (name, name_sr, kind), person in zip(KNOWN, NAMES, strict=True):
        draft = rules.InstitutionDraft(name, kind, name_sr, area_id=place, is_fictional=True)
        rows.append(actions.add_institution(draft, by=by, at=at))
        told = rules.ContactDraft(person, "Contact", f"+38344{rng.randrange(100000, 1000000)}")
        contacts.append(actions.add_contact(rows[-1].pk, told, by=by, at=at))
    for name, body_kind in (
        ("Municipal working group on returns (invented)", rules.BodyKind.WORKING_GROUP),
        ("Task force on schooling (invented)", rules.BodyKind.TASK_FORCE),
    ):
        seats = [row.pk for row in rng.sample(rows, 4)]
        body = actions.form_body(rules.BodyDraft(name, body_kind, place, "", seats, is_fictional=True), by=by, at=at)
        _meetings(rng, body, contacts, by, at)
    for title, provider in TRAININGS:
        first = at.date() - rng.randrange(10, 300) * DAY
        reached = tuple(rules.Reached(row.pk, rng.randrange(1, 6)) for row in rng.sample(rows, 3))
        women = sum(each.number for each in reached)
        draft_of = rules.TrainingDraft(
            title, provider, place, first, first + DAY, women, rng.randrange(2, 9), 0, reached, is_fictional=True
        )
        actions.note_training(draft_of, by=by, at=at)
    return len(rows)


def _meetings(
    rng: random.Random, body: models.Body, contacts: list[models.Contact], by: Access, at: dt.datetime
) -> None:
    there = [c.pk for c in contacts if body.members.filter(institution_id=c.institution_id).exists()]
    agenda = ("Families expected this month", "State of roofs", "Places at school")
    for days in (-60, -20, 10):
        day = at.date() + days * DAY
        meeting = actions.call_meeting(
            rules.MeetingDraft(body.pk, day, "Town hall", agenda, is_fictional=True), by=by, at=at
        )
        if days > 0:
            continue
        actions.add_participants(meeting.pk, contact_ids=rng.sample(there, 2), revision=1, by=by, at=at)
        said = "The points were spoken through. Offers for tiles are asked from three firms."
        actions.write_minutes(
            meeting.pk, said, conclusions=["Noted.", "Ask for offers.", "The school answers."], revision=2, by=by, at=at
        )
    owner = User.objects.filter(is_demo=True, username="caseworker").first()
    if owner is not None:
        last = body.meetings.filter(state=rules.MeetingState.HELD).latest("day")
        draft = rules.TaskDraft("Ask three firms for tiles", owner.pk, at.date() + rng.randrange(-3, 6) * DAY)
        actions.give_task(last.pk, draft, revision=last.revision, by=by, at=at)
