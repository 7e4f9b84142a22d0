"""What help holds about one person, to read and to erase; each part of the room does its own."""

from __future__ import annotations

import datetime as dt
import uuid

from streha.assistance.selections import personal as selections
from streha.audit.rules import Actor
from streha.common.subjects import Section


def collect(subject: uuid.UUID) -> tuple[Section, ...]:
    """Everything this room holds about the person, in clear."""
    person = selections.person_of(subject)
    return () if person is None or person.erased_at is not None else selections.collect(person)


def erase(subject: uuid.UUID, *, by: Actor, at: dt.datetime) -> None:  # noqa: ARG001 - every room is asked alike
    """What was said about the person is gone; numbers without identity stay."""
    person = selections.person_of(subject)
    if person is not None:
        selections.erase(person, by=by)
