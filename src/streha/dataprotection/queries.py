"""Reads of data protection: the subject file, what is due for erasure, exceptions in force."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from types import ModuleType

from django.db.models import Exists, OuterRef

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.assistance import personal as assistance
from streha.audit import actions as audit
from streha.audit import queries as log
from streha.audit.models import AuditRecord
from streha.cases import personal as cases
from streha.common.subjects import Section
from streha.dataprotection import models
from streha.homes import personal as homes
from streha.institutions import personal as institutions
from streha.people import personal as people
from streha.people import queries as people_queries
from streha.people.imports.models import ImportBatch
from streha.people.models import Person

NIGHT = (1, 4)
REWRITTEN = "files rewritten"

# Every room that knows persons, by its personal.py; a test holds that none is missing. The upper rooms come first: to
# erase, they still need to know who belongs to whom.
ROOMS: tuple[ModuleType, ...] = (assistance, cases, homes, institutions, people)


@dataclass(frozen=True)
class SubjectFile:
    """All that is kept about one person, by section, with who saw it and what was done."""

    person: Person
    made_at: dt.datetime
    sections: tuple[Section, ...]
    looks: tuple[log.Look, ...]
    done: tuple[log.Done, ...]


def subject_file(access: Access, person_id: int, *, at: dt.datetime) -> SubjectFile:
    """The file of one person for the person, with all that was merged; making it is itself on record."""
    access.require(Action.SUBJECT_FILE)
    person = people_queries.visible_person(access, person_id)
    every = people.subjects_of(person.subject)
    audit.looked(
        by=access.actor,
        at=at,
        verb="shown",
        subjects=every,
        classes=sorted(people_queries.readable(access, people_queries.Record.of(person))),
        where="subject file",
    )
    return SubjectFile(
        person=person,
        made_at=at,
        sections=tuple(section for subject in every for section in collect(subject)),
        looks=tuple(log.readers(*every, limit=500).rows),
        done=tuple(log.history(*every, limit=500).rows),
    )


@wall.beyond("the subject file")
def collect(subject: uuid.UUID) -> tuple[Section, ...]:
    """What every room holds about a person."""
    return tuple(section for room in reversed(ROOMS) for section in room.collect(subject))


@wall.beyond("retention")
def retention_due(day: dt.date) -> list[ImportBatch]:
    """Committed imports past the day until which they may be kept, some of whose people are still in the register."""
    past = ImportBatch.objects.filter(state="committed", retain_until__lt=day)
    alive = Person.objects.filter(staged__batch=OuterRef("pk"), erased_at=None)
    return list(past.filter(Exists(alive)).order_by("retain_until")[:50])


@wall.beyond("retention")
def people_of_batch(batch_id: int) -> list[tuple[int, uuid.UUID, str]]:
    """Id, key and number of the persons whom one import brought and who are not erased."""
    found = Person.objects.filter(staged__batch_id=batch_id, staged__decision="new", erased_at=None).distinct()
    return [(person.pk, person.subject, person.number) for person in found.order_by("pk").iterator()]


def is_night(moment: dt.datetime) -> bool:
    """Whether few are at work: between one and four o'clock by the office's clock."""
    return NIGHT[0] <= moment.hour < NIGHT[1]


def erased_since_rewriting() -> bool:
    """Whether somebody was erased since the files of the database were last written anew."""
    last = AuditRecord.objects.filter(room="dataprotection", verb=REWRITTEN).order_by("-at", "-id").first()
    erased = models.Erasure.objects.all() if last is None else models.Erasure.objects.filter(erased_at__gte=last.at)
    return erased.exists()


def exceptions_in_force(day: dt.date) -> list[models.PrincipleException]:
    """Approved exceptions that hold on a day."""
    found = models.PrincipleException.objects.filter(approved_by__isnull=False, starts__lte=day, ends__gte=day)
    return list(found.select_related("asked_by", "approved_by").order_by("ends"))
