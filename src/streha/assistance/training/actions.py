"""Every write of courses: opened, sessions, who takes part, who was there, certificates, and what came of it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence

from django.db import IntegrityError, transaction

from streha.accounts import queries as accounts
from streha.accounts.rules import Access, Action
from streha.assistance.training import models, queries, rules
from streha.assistance.works.actions import accounts_organisation
from streha.audit import actions as audit
from streha.audit import rules as audit_rules
from streha.common import errors
from streha.institutions.models import Institution
from streha.people import models as people_models
from streha.people import queries as people
from streha.people.rules import person_number
from streha.places.models import Area

ROOM = "assistance"
A = Action


@transaction.atomic
def open_course(draft: rules.CourseDraft, *, by: Access, at: dt.datetime) -> models.Course:
    """People can be enrolled."""
    by.require(A.COURSE_WORK)
    rules.check_course(draft)
    organisation = accounts_organisation(by)
    record = people.Record(draft.keeper_id, organisation, by.user_id, "")
    if not Area.objects.filter(pk=draft.keeper_id).exists() or not people.carries(by, A.COURSE_WORK, record):
        raise errors.Refused(
            errors.message("This place lies outside the area you work for. Ask a colleague there."),
            code="outside_scope",
        )
    if not Institution.objects.filter(pk=draft.provider_id, ended_on=None).exists():
        raise errors.BadInput(
            errors.message("An institution is not known here. Add it first."),
            code="institution_unknown",
            field="provider",
        )
    course = models.Course.objects.create(
        title=rules.check_text(draft.title, field="title", most=160),
        provider_id=draft.provider_id,
        sector=draft.sector,
        keeper_id=draft.keeper_id,
        organisation_id=organisation,
        registered_by_id=by.user_id,
        registered_at=at,
        first_day=draft.first_day,
        last_day=draft.last_day,
        places=draft.places,
        hours=draft.hours,
        is_fictional=draft.is_fictional or accounts.is_demo_office(),
    )
    _record("course opened", course.pk, by, at)
    return course


@transaction.atomic
def add_sessions(pk: int, days: Sequence[dt.date], *, topic: str = "", by: Access, at: dt.datetime) -> int:
    """The course is held on these days too; raises Conflict for a day it is held on already."""
    course = _course(pk, by)
    for day in days:
        rules.check_session(day, course.first_day, course.last_day)
    topic = rules.check_text(topic, field="topic", most=160, required=False)
    try:
        with transaction.atomic():
            models.CourseSession.objects.bulk_create(
                models.CourseSession(course=course, day=day, topic=topic) for day in days
            )
    except IntegrityError as twice:
        raise errors.Conflict(
            errors.message("The course is held on that day already."), code="session_again", field="day"
        ) from twice
    _record("sessions added", course.pk, by, at)
    return len(days)


@transaction.atomic
def enrol(pk: int, person_ids: Collection[int], *, by: Access, at: dt.datetime) -> list[models.Enrolment]:
    """These people take part, each once, whichever of their merged records was named; no more than there are places."""
    course = _course(pk, by)
    answering = people.answering(person_ids)
    wanted = sorted(set(answering.values()))
    seen = people_models.Person.objects.visible_to(by, A.COURSE_WORK).filter(ended_on=None, pk__in=wanted)
    found = {person.pk: person for person in seen}
    missing = [pk_ for pk_ in wanted if pk_ not in found]
    if missing:
        raise errors.BadInput(
            errors.message("{number} is not among the people you work with."),
            code="person_unknown",
            field="people",
            number=person_number(missing[0]),
        )
    there = set(people.answering(course.enrolments.values_list("person_id", flat=True)).values())
    twice = next((pk_ for pk_ in wanted if pk_ in there), None)
    if twice is not None:
        raise errors.Conflict(
            errors.message("{number} takes part already."),
            code="enrolled_again",
            field="people",
            number=person_number(twice),
        )
    taken = course.enrolments.exclude(took=rules.Took.DROPPED).count()
    if taken + len(wanted) > course.places:
        raise errors.Conflict(
            errors.message("The course has {places} places, {taken} are taken."),
            code="course_full",
            field="people",
            places=course.places,
            taken=taken,
        )
    rows = [models.Enrolment(course=course, person=found[pk_], enrolled_on=at.date()) for pk_ in wanted]
    models.Enrolment.objects.bulk_create(rows)
    for row in rows:
        _record("enrolled", course.pk, by, at, row.person.subject)
    return rows


@transaction.atomic
def note_attendance(
    pk: int, session_id: int, present: Collection[int], *, by: Access, at: dt.datetime
) -> models.CourseSession:
    """Who of the enrolled was there; noting it again replaces what was noted of those the writer sees."""
    course = _course(pk, by)
    session = course.sessions.filter(pk=session_id).first()
    if session is None:
        raise errors.NotFound()
    rules.check_day(session.day, at.date(), field="session")
    mine = models.Enrolment.objects.visible_to(by, A.COURSE_WORK).filter(course=course)
    known = set(mine.exclude(took=rules.Took.DROPPED).values_list("pk", flat=True))
    if not set(present) <= known:
        raise errors.BadInput(
            errors.message("Somebody does not take part in this course."), code="not_enrolled", field="present"
        )
    models.Attendance.objects.filter(session=session, enrolment__in=known).delete()
    models.Attendance.objects.bulk_create(
        models.Attendance(session=session, enrolment_id=enrolment) for enrolment in sorted(set(present))
    )
    session.noted_at = at
    session.save(update_fields=["noted_at"])
    _record("attendance noted", course.pk, by, at)
    return session


def certify(enrolment_id: int, *, by: Access, at: dt.datetime) -> models.Enrolment:
    """They have earned the certificate: the course is over and they were there often enough."""
    return certify_many([enrolment_id], by=by, at=at)[0]


@transaction.atomic
def certify_many(enrolment_ids: Sequence[int], *, by: Access, at: dt.datetime) -> list[models.Enrolment]:
    """All of them have earned the certificate, or none is given."""
    rows = _enrolments(enrolment_ids, by)
    told = queries.attended_of(rows)
    for row in rows:
        if row.took != rules.Took.ENROLLED:
            raise errors.Conflict(errors.message("This is decided already."), code="took_again")
        if at.date() < row.course.last_day:
            raise errors.Conflict(errors.message("The course is not over yet."), code="course_running")
        attended, held = told[row.pk]
        if not rules.is_earned(attended, held):
            raise errors.Conflict(
                errors.message("They were at {attended} of {held} sessions; a certificate needs four of five."),
                code="attendance_low",
                attended=attended,
                held=held,
            )
        row.took, row.certified_on = rules.Took.CERTIFIED, at.date()
    models.Enrolment.objects.bulk_update(rows, ["took", "certified_on"], batch_size=200)
    _record_many("certified", rows, by, at)
    return rows


@transaction.atomic
def drop(enrolment_id: int, *, by: Access, at: dt.datetime) -> models.Enrolment:
    """They take part no longer; their place is free."""
    row = _enrolment(enrolment_id, by)
    if row.took != rules.Took.ENROLLED:
        raise errors.Conflict(errors.message("This is decided already."), code="took_again")
    row.took = rules.Took.DROPPED
    row.save(update_fields=["took"])
    _record("dropped out", row.course_id, by, at, row.person.subject)
    return row


def note_outcome(
    enrolment_id: int, months: int, came_of: rules.CameOf, *, by: Access, at: dt.datetime
) -> models.CourseOutcome:
    """What came of the course for somebody so many months after it; asked again, the newest answer stands."""
    return note_outcomes({enrolment_id: came_of}, months, by=by, at=at)[0]


@transaction.atomic
def note_outcomes(
    came_of: Mapping[int, rules.CameOf], months: int, *, by: Access, at: dt.datetime
) -> list[models.CourseOutcome]:
    """What came of courses for each of these enrolments, so many months after; all of it or nothing."""
    rows = _enrolments(list(came_of), by)
    if months not in rules.MONTHS:
        raise errors.NotFound()
    if any(at.date() <= row.course.last_day for row in rows):
        raise errors.Conflict(errors.message("The course is not over yet."), code="course_running")
    found = models.CourseOutcome.objects.bulk_create(
        (models.CourseOutcome(enrolment=r, months=months, asked_on=at.date(), came_of=came_of[r.pk]) for r in rows),
        update_conflicts=True,
        unique_fields=["enrolment", "months"],
        update_fields=["asked_on", "came_of"],
    )
    _record_many("outcome noted", rows, by, at)
    return found


def _course(pk: int, by: Access) -> models.Course:
    by.require(A.COURSE_WORK)
    course = models.Course.objects.visible_to(by, A.COURSE_WORK).select_for_update(of=("self",)).filter(pk=pk).first()
    if course is None:
        raise errors.NotFound()
    return course


def _enrolment(pk: int, by: Access) -> models.Enrolment:
    return _enrolments([pk], by)[0]


def _enrolments(ids: Sequence[int], by: Access) -> list[models.Enrolment]:
    """The enrolments in the order asked, locked, if the writer may do this to each and to its course."""
    by.require(A.COURSE_WORK)
    seen = models.Enrolment.objects.visible_to(by, A.COURSE_WORK).select_for_update(of=("self",))
    found: dict[int, models.Enrolment] = {}
    for start in range(0, len(ids), 500):
        found |= seen.select_related("course", "person").in_bulk(ids[start : start + 500])
    courses = {row.course_id for row in found.values()}
    known = models.Course.objects.visible_to(by, A.COURSE_WORK).filter(pk__in=courses).count()
    if len(found) != len(set(ids)) or known != len(courses):
        raise errors.NotFound()
    return [found[pk] for pk in ids]


def _record(verb: str, key: object, by: Access, at: dt.datetime, subject: uuid.UUID | None = None) -> None:
    audit.record(by=by.actor, at=at, room=ROOM, verb=verb, object_kind="course", object_key=str(key), subject=subject)


def _record_many(verb: str, rows: Sequence[models.Enrolment], by: Access, at: dt.datetime) -> None:
    entries = [audit_rules.Entry(ROOM, verb, "course", str(row.course_id), row.person.subject) for row in rows]
    lane = audit_rules.OFFICE if len(rows) == 1 else audit_rules.BATCH
    audit.record_many(entries, by=by.actor, at=at, lane=lane)
