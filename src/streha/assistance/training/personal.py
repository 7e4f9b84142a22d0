"""What courses hold about one person: for the person to read, and to erase."""

from __future__ import annotations

from streha.assistance.training import models
from streha.audit.rules import Actor
from streha.common.subjects import Section
from streha.people.models import Person


def collect(person: Person) -> tuple[Section, ...]:
    """Courses the person took, at how many sessions they were, their certificate and what came of it."""
    rows: list[tuple[str, str]] = []
    for row in models.Enrolment.objects.filter(person=person).select_related("course__provider").order_by("pk"):
        rows.append(("course", f"{row.course.title} · {row.course.provider.name} · {row.course.first_day:%d.%m.%Y}"))
        rows.append((f"took:{row.took}", f"{row.attendance.count()} / {row.course.sessions.count()}"))
        if row.certified_on:
            rows.append(("certificate", f"{row.number} · {row.certified_on:%d.%m.%Y}"))
        rows += [(f"came_of:{one.came_of}", f"{one.months} · {one.asked_on:%d.%m.%Y}") for one in row.outcomes.all()]
    return (Section("courses", tuple(rows)),) if rows else ()


def erase(person: Person, *, by: Actor) -> None:  # noqa: ARG001 - every part is asked alike
    """Nothing is named here: that a place of a course was taken, and what came of it, stays as a figure."""
    models.Attendance.objects.filter(enrolment__person=person).delete()
