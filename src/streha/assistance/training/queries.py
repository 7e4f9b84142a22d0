"""Reads of courses: lists, one course with who takes part, courses of a person, what came of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count

from streha.accounts.rules import Access, Action
from streha.assistance.training import models, rules
from streha.audit import actions as audit
from streha.common import errors
from streha.common.codes import FieldClass
from streha.people import models as people_models
from streha.people import queries as people

MOST_ROWS = 200


def courses(access: Access) -> list[models.Course]:
    """Courses visible to the viewer, the latest first."""
    rows = models.Course.objects.visible_to(access).select_related("provider", "keeper")
    return list(rows.annotate(enrolled=Count("enrolments")).order_by("-first_day", "-pk")[:MOST_ROWS])


@dataclass(frozen=True)
class Part:
    """Somebody who takes part, as the viewer may see them."""

    enrolment: models.Enrolment
    person: people_models.Person | None
    attended: int
    outcomes: dict[int, str]

    @property
    def told(self) -> list[tuple[int, str]]:
        return [(months, self.outcomes.get(months, "")) for months in rules.MONTHS]


@dataclass(frozen=True)
class CoursePage:
    """A course with those of its people whom the viewer may see."""

    course: models.Course
    sessions: tuple[models.CourseSession, ...]
    held: int
    parts: tuple[Part, ...]
    may_work: bool


def visible_course(access: Access, pk: int) -> models.Course:
    """The course; raises NotFound for one beyond the viewer's sight."""
    rows = models.Course.objects.visible_to(access).select_related("provider", "keeper")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise errors.NotFound()
    return found


def course_page(access: Access, pk: int, *, at: dt.datetime) -> CoursePage:
    """A course; that its people were looked at is on record with each."""
    course = visible_course(access, pk)
    rows = list(
        models.Enrolment.objects.visible_to(access)
        .filter(course=course)
        .select_related("person")
        .annotate(there=Count("attendance"))
        .prefetch_related("outcomes")
        .order_by("pk")
    )
    if rows:
        subjects = sorted({row.person.subject for row in rows}, key=str)
        audit.looked(
            by=access.actor, at=at, verb="listed", subjects=subjects, classes=[FieldClass.IDENTITY], where="course"
        )
    answering = people.answering({row.person_id for row in rows})
    ids = people_models.Person.objects.visible_to(access).filter(pk__in=set(answering.values()))
    seen = {person.pk: person for person in people.with_people(list(ids.values_list("pk", flat=True)))}
    sessions = list(course.sessions.all())
    parts = tuple(
        Part(
            row,
            seen.get(answering[row.person_id]),
            row.there,  # type: ignore[attr-defined]
            {one.months: one.came_of for one in row.outcomes.all()},
        )
        for row in rows
    )
    record = people.Record(course.keeper_id, course.organisation_id, course.registered_by_id, "")
    held = sum(1 for session in sessions if session.noted_at is not None)
    return CoursePage(course, tuple(sessions), held, parts, people.carries(access, Action.COURSE_WORK, record))


def attended_of(enrolments: Collection[models.Enrolment]) -> dict[int, tuple[int, int]]:
    """For each, at how many sessions somebody was, and how many were held and noted."""
    courses = {row.course_id for row in enrolments}
    sessions = models.CourseSession.objects.filter(course__in=courses, noted_at__isnull=False).order_by()
    held = dict(sessions.values_list("course_id").annotate(n=Count("pk")))
    present = models.Attendance.objects.filter(enrolment__in=[row.pk for row in enrolments]).order_by()
    there = dict(present.values_list("enrolment_id").annotate(n=Count("pk")))
    return {row.pk: (there.get(row.pk, 0), held.get(row.course_id, 0)) for row in enrolments}


def certificate(access: Access, enrolment_id: int, *, at: dt.datetime) -> models.Enrolment:
    """A certificate that was earned; that it was made is on record. Raises NotFound where there is none."""
    rows = models.Enrolment.objects.visible_to(access).filter(took=rules.Took.CERTIFIED)
    row = rows.select_related("course__provider", "person").filter(pk=enrolment_id).first()
    if row is None:
        raise errors.NotFound()
    visible_course(access, row.course_id)
    audit.looked(
        by=access.actor,
        at=at,
        verb="shown",
        subjects=[row.person.subject],
        classes=[FieldClass.IDENTITY],
        where="certificate",
    )
    return row


def of_people(access: Access, person_ids: Collection[int]) -> list[models.Enrolment]:
    """Courses that these people take or took, by any of their records, the latest first."""
    if not access.allows(Action.COURSE_VIEW) or not person_ids:
        return []
    records = sorted({record for pk in person_ids for record in people.one_person(pk)})
    rows = models.Enrolment.objects.visible_to(access).filter(person__in=records).select_related("course")
    return list(rows.order_by("-course__first_day", "-pk")[:20])


def came_of(access: Access) -> list[tuple[int, dict[str, int]]]:
    """What came of courses for people visible to the viewer, by months after them."""
    rows = models.CourseOutcome.objects.filter(enrolment__in=models.Enrolment.objects.visible_to(access).values("pk"))
    found: dict[int, dict[str, int]] = {months: dict.fromkeys(rules.CameOf, 0) for months in rules.MONTHS}
    for months, what, n in rows.order_by().values_list("months", "came_of").annotate(n=Count("pk")):
        found.setdefault(months, {})[what] = n
    return sorted(found.items())
