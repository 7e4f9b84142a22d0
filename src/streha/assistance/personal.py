"""What help holds about one person, to read and to erase; each part of the room does its own."""

from __future__ import annotations

import datetime as dt
import uuid

from streha.assistance.advances import personal as advances
from streha.assistance.distributions import personal as distributions
from streha.assistance.entitlements import personal as entitlements
from streha.assistance.grants import personal as grants
from streha.assistance.payments import personal as payments
from streha.assistance.selections import personal as selections
from streha.assistance.sites import personal as sites
from streha.assistance.training import personal as training
from streha.assistance.works import personal as works
from streha.audit.rules import Actor
from streha.common.subjects import Section

PARTS = (selections, advances, entitlements, payments, works, sites, distributions, grants, training)


def collect(subject: uuid.UUID) -> tuple[Section, ...]:
    """Everything this room holds about the person, in clear."""
    person = selections.person_of(subject)
    if person is None or person.erased_at is not None:
        return ()
    return tuple(section for part in PARTS for section in part.collect(person))


def erase(subject: uuid.UUID, *, by: Actor, at: dt.datetime) -> None:  # noqa: ARG001 - every room is asked alike
    """What was said about the person is gone; numbers without identity stay."""
    person = selections.person_of(subject)
    if person is not None:
        for part in PARTS:
            part.erase(person, by=by)
