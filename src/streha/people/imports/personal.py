"""What imports hold about one person: the rows they came by. Called by ``people.personal``."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet

from streha.audit import actions as audit
from streha.audit.rules import Actor
from streha.common.subjects import Section
from streha.people.imports import models
from streha.people.models import Person


def rows_of(person: Person) -> QuerySet[models.StagedRecord]:
    """Every staged row that became this person, was added to them, or waits under their key."""
    return models.StagedRecord.objects.filter(Q(person=person) | Q(into=person) | Q(subject=person.subject))


def collect(person: Person) -> Section:
    """In which lists the person stands, and where."""
    rows = rows_of(person).select_related("batch").order_by("pk")
    return Section("imports", tuple((row.batch.number, f"{row.batch.source} · {row.number}") for row in rows))


def erase(person: Person, *, by: Actor, at: dt.datetime) -> None:
    """The rows hold nothing any more; their fingerprints stay, so that the same list does not bring the person back.

    A file that still waits beside such a row is destroyed with it; the rows already read from it stay.
    """
    rows = list(rows_of(person))
    models.ImportFile.objects.filter(batch__in={row.batch_id for row in rows}).delete()
    for row in rows:
        if row.subject != person.subject:
            audit.destroy_subject(row.subject, by=by, at=at, reason="row of an erased person")
        row.sealed, row.household_key = b"", ""
        row.person = row.into = None
        row.is_done = True
        row.save()
    models.StagedCandidate.objects.filter(person=person).delete()
