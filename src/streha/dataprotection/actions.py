"""Every write of data protection: erasing a person from every room, and the register of exceptions."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from streha.accounts.bridge import policies, wall
from streha.accounts.rules import Access, Action
from streha.audit import actions as audit
from streha.audit.models import SubjectKey
from streha.cases.referrals import actions as referrals
from streha.common import errors
from streha.dataprotection import models, queries, rules
from streha.jobs import actions as jobs
from streha.jobs.models import Job
from streha.people import actions as people_actions
from streha.people import personal
from streha.people import queries as people
from streha.people.exports import actions as exports

ROOM = "dataprotection"
REWRITE_WAITS = "3s"


def erase_person(person_id: int, *, reason: str, by: Access, at: dt.datetime) -> None:
    """Nothing of the person is left but a number and two days; raises NotFound for one the eraser may not see.

    Every record that was merged into theirs is erased with it, for all of them are this person.

    ``reason`` is a code (asked, retention, error); it must say nothing about anybody.
    """
    by.require(Action.SUBJECT_ERASE)
    person = people.visible_person(by, person_id)
    with transaction.atomic():
        for subject in reversed(personal.subjects_of(person.subject)):  # the one that answers last
            held = personal.person_of(subject)
            _erase(subject, number=held.number if held else person.number, reason=reason, by=by, at=at)
        transaction.on_commit(leave_no_trace)


@transaction.atomic
def withdraw_consent(consent_id: int, *, by: Access, at: dt.datetime) -> int:
    """The consent counts no longer, and every referral that rests on it is revoked; returns how many."""
    people_actions.withdraw_consent(consent_id, by=by, at=at)
    return referrals.revoke_resting_on(consent_id, by=by, at=at)


def start_retention(batch_id: int, *, by: Access, at: dt.datetime) -> Job:
    """The people of an import past its day will be erased, one after another, by a job that can be watched."""
    by.require(Action.SUBJECT_ERASE)
    if batch_id not in {batch.pk for batch in queries.retention_due(at.date())}:
        raise errors.NotFound()
    return jobs.enqueue(
        "dataprotection.retain", payload={"batch": batch_id}, by=by, at=at, key=f"retention-{batch_id}-{at:%Y%m%d}"
    )


def retain(batch_id: int, progress: jobs.Progress, *, by: Access, at: dt.datetime) -> dict[str, int]:
    """The job: every person of the import is erased; killed and begun again, it goes on with those who are left."""
    by.require(Action.SUBJECT_ERASE)
    people_due = queries.people_of_batch(batch_id)
    for position, (_pk, subject, number) in enumerate(people_due):
        progress(position, len(people_due))
        with transaction.atomic():
            _erase(subject, number=number, reason="retention", by=by, at=at)
    transaction.on_commit(leave_no_trace)
    return {"erased": len(people_due)}


@wall.beyond("erasure")
def erase_again(subject: uuid.UUID, *, by: Access, at: dt.datetime) -> None:
    """A restored backup still knew somebody who had been erased: every room forgets them again."""
    for room in queries.ROOMS:
        room.erase(subject, by=by.actor, at=at)


@wall.beyond("erasure")
def _erase(subject: uuid.UUID, *, number: str, reason: str, by: Access, at: dt.datetime) -> None:
    for room in queries.ROOMS:
        room.erase(subject, by=by.actor, at=at)
    exports.destroy_all(by=by, at=at)
    audit.destroy_subject(subject, by=by.actor, at=at, reason=reason)
    models.Erasure.objects.create(
        subject=subject, person_number=number, reason=reason, erased_at=at, erased_by_id=by.user_id
    )
    audit.record(
        by=by.actor,
        at=at,
        room=ROOM,
        verb="erased",
        object_kind="person",
        object_key=number,
        payload={"reason": reason},
    )


def leave_no_trace() -> None:
    """No dead row, index entry or statistic still leads to what was erased; runs outside any transaction.

    SQLite overwrites deleted cells (``secure_delete``), and its journal is cut here. PostgreSQL keeps dead rows until
    it is vacuumed; what may still lie in the gaps of a page goes by night, with ``rewrite_by_night``.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        elif connection.vendor == "postgresql":
            for table in _tables_about_people():
                cursor.execute(f"VACUUM (ANALYZE, INDEX_CLEANUP ON) {connection.ops.quote_name(table)}")
            cursor.execute("VACUUM (INDEX_CLEANUP ON) pg_catalog.pg_statistic")  # it quotes frequent values


def rewrite_by_night(*, by: Access, at: dt.datetime) -> bool:
    """Asked every hour: the files are written anew by night, if somebody was erased since the last time."""
    wanted = queries.is_night(timezone.localtime(at)) and queries.erased_since_rewriting()
    return wanted and rewrite_files(by=by, at=at)


def rewrite_files(*, by: Access, at: dt.datetime) -> bool:
    """PostgreSQL's files hold nothing of anybody erased: each table about people is written anew; whether it was done.

    A table is closed while it is written; one that is in use for longer than a moment ends the attempt.
    """
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = %s", [REWRITE_WAITS])
        try:
            for table in (*_tables_about_people(), "pg_catalog.pg_statistic"):
                quoted = table if "." in table else connection.ops.quote_name(table)
                cursor.execute(f"VACUUM (FULL, ANALYZE) {quoted}")
        except OperationalError:
            return False
        finally:
            cursor.execute("RESET lock_timeout")
    audit.record(by=by.actor, at=at, room=ROOM, verb=queries.REWRITTEN, object_kind="files", object_key="postgresql")
    return True


def _tables_about_people() -> list[str]:
    """Tables that held what an erasure takes away: those behind the wall, and the keys."""
    return [*(model._meta.db_table for model in policies.walled()), SubjectKey._meta.db_table]


@transaction.atomic
def ask_exception(
    principle: rules.Principle, *, reason: str, starts: dt.date, ends: dt.date, by: Access, at: dt.datetime
) -> models.PrincipleException:
    """The exception stands in the register and waits for another person's approval."""
    by.require(Action.PROTECTION_RULES)
    rules.check_exception(reason=reason, starts=starts, ends=ends)
    asked = models.PrincipleException.objects.create(
        principle=principle, reason=reason.strip(), starts=starts, ends=ends, asked_by_id=by.person(), asked_at=at
    )
    audit.record(
        by=by.actor,
        at=at,
        room=ROOM,
        verb="exception asked",
        object_kind="exception",
        object_key=str(asked.pk),
        payload={"principle": principle.value, "ends": ends.isoformat()},
    )
    return asked


@transaction.atomic
def approve_exception(exception_id: int, *, by: Access, at: dt.datetime) -> models.PrincipleException:
    """Another person than the one who asked has approved."""
    by.require(Action.PROTECTION_RULES)
    asked = models.PrincipleException.objects.filter(pk=exception_id, approved_by=None).first()
    if asked is None:
        raise errors.NotFound()
    if asked.asked_by_id == by.user_id:
        raise errors.Refused(errors.message("Whoever asked for an exception cannot approve it."), code="own_approval")
    asked.approved_by_id, asked.approved_at = by.user_id, at
    asked.save()
    audit.record(
        by=by.actor,
        at=at,
        room=ROOM,
        verb="exception approved",
        object_kind="exception",
        object_key=str(asked.pk),
    )
    return asked
