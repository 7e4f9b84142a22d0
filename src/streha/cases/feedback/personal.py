"""What feedback holds about one person: for the person to read, and to erase.

Sensitive reports carry no link to a person and are reached from here by nobody; protection staff remove them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from streha.audit import actions as audit
from streha.audit.rules import Actor
from streha.cases.feedback import models, queries
from streha.cases.feedback.queries import Drawer
from streha.common.subjects import Section
from streha.people.models import Person
from streha.people.queries import unsealed


def collect(person: Person) -> tuple[Section, ...]:
    """Everything the person told the office, and what they were told."""
    found = models.Feedback.objects.filter(person=person, erased_at=None).select_related("clock").order_by("pk")
    rows = tuple(row for entry in found for row in _about(entry))
    return (Section("feedback", rows),) if rows else ()


def _about(entry: models.Feedback) -> Iterator[tuple[str, str]]:
    yield "feedback", f"{entry.number} · {entry.clock.label_en} · {_day(entry.received_on)} · {entry.keeper}"
    yield "note", unsealed(entry.subject, entry.text_sealed, models.SEALED_TEXT)
    for token, context in ((entry.name_sealed, models.SEALED_NAME), (entry.contact_sealed, models.SEALED_CONTACT)):
        if token:
            yield "contact", unsealed(entry.subject, token, context)
    for told in reversed(queries.story(entry)):
        if told.text:
            yield "note", f"{_day(told.step.on)} · {told.text}"
    if entry.outcome:
        yield "outcome", f"feedback_outcome:{entry.outcome}"


def _day(day: dt.date) -> str:
    return day.strftime("%d.%m.%Y")


def erase(person: Person, *, by: Actor, at: dt.datetime) -> None:
    """Nothing that the person said is left; the days and codes of their feedback stay for sums."""
    for entry in models.Feedback.objects.filter(person=person, erased_at=None):
        empty(queries.FEEDBACK, entry, by=by, at=at, reason="feedback of an erased person", drops=False)


def empty(drawer: Drawer, entry: Any, *, by: Actor, at: dt.datetime, reason: str, drops: bool) -> None:
    """Nothing that somebody said is left; ``drops`` takes the row away too, otherwise dates and codes stay for sums."""
    audit.destroy_subject(entry.subject, by=by, at=at, reason=reason)
    drawer.steps.objects.filter(entry=entry).delete()
    if drops:
        entry.delete()
        return
    entry.text_sealed = entry.contact_sealed = entry.name_sealed = None
    entry.person = entry.household = entry.case = entry.home = None
    entry.erased_at = entry.erased_at or at
    entry.save()
