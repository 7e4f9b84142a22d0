"""What selections hold about one person: for the person to read, and to erase."""

from __future__ import annotations

import uuid

from streha.assistance.selections import models
from streha.audit.rules import Actor
from streha.common.subjects import Section
from streha.people import queries as people
from streha.people.models import Person

ERASED = "erased"


def collect(person: Person) -> tuple[Section, ...]:
    """Applications the person stands in: call, number, what was asked and said, papers, points, outcome, appeal."""
    rows = models.Application.objects.filter(members__person=person) | models.Application.objects.filter(
        applicant=person
    )
    found: list[tuple[str, str]] = []
    for application in rows.distinct().select_related("call", "applicant").order_by("pk"):
        found += _application(application, person)
    return (Section("applications", tuple(found)),) if found else ()


def _application(application: models.Application, person: Person) -> list[tuple[str, str]]:
    call = application.call
    rows = [("application", f"{call.number} · {call.title} · {application.number} · {application.code}")]
    rows.append(("received_at", f"{application.received_at:%d.%m.%Y}"))
    rows.append(("request", f"request_kind:{application.request}"))
    if application.amount is not None:
        rows.append(("help_cost", f"{application.amount} {call.currency}"))
    if application.applicant_id == person.pk:
        rows += [
            (f"fact:{a.fact}", "answer:yes" if a.value else "answer:no") for a in application.answers.order_by("pk")
        ]
        if application.late_reason:
            rows.append(("late_reason", application.late_reason))
    for paper in application.papers.order_by("pk"):
        if paper.person_id in (None, person.pk):
            reference = ""
            if application.applicant_id == person.pk:
                reference = people.unsealed(person.subject, paper.reference_sealed, models.SEALED_REFERENCE)
            files = [f"{file.kind.upper()} {file.size // 1024 + 1} KB" for file in paper.files.order_by("pk")]
            rows.append((f"paper_kind:{paper.kind}", " · ".join(filter(None, (paper.state, reference, *files)))))
    for row in application.ranked.select_related("selection").order_by("pk"):
        rows.append((f"outcome:{row.outcome}", f"{row.selection} · {row.position or '–'} · {row.halves / 2:g}"))
        rows += _points(row)
        for appeal in row.appeals.all():
            said = ""
            if application.applicant_id == person.pk:
                said = people.unsealed(person.subject, appeal.grounds_sealed, models.SEALED_GROUNDS)
            rows.append((f"appeal:{appeal.state}", " · ".join(filter(None, (said, appeal.reason)))))
    return rows


def _points(row: models.Ranked) -> list[tuple[str, str]]:
    labels = {c.code: " / ".join(filter(None, (c.label_sq, c.label_sr))) for c in row.selection.grid.criteria.all()}
    return [(labels.get(p.criterion) or p.criterion, f"{p.halves / 2:g}") for p in row.points.order_by("order")]


def erase(person: Person, *, by: Actor) -> None:  # noqa: ARG001 - every room is asked in the same way
    """What was said and shown is gone; the number of the application and its points stay, and rank on."""
    models.ApplicationPaper.objects.filter(person=person).delete()
    models.ApplicationMember.objects.filter(person=person).delete()
    models.RankedMember.objects.filter(person=person).update(sealed=b"")
    own = models.Application.objects.filter(applicant=person)
    models.ApplicationAnswer.objects.filter(application__in=own).delete()
    models.ApplicationPaper.objects.filter(application__in=own).delete()
    models.Conflict.objects.filter(application__in=own).delete()
    models.ScorePoint.objects.filter(scoring__application__in=own).update(reason_sealed=None)
    models.Waiver.objects.filter(application__in=own).update(reason=ERASED)
    models.Ranked.objects.filter(application__in=own).update(sealed=b"")
    appeals = models.Appeal.objects.filter(row__application__in=own)
    appeals.update(grounds_sealed=None)
    appeals.exclude(reason="").update(reason=ERASED)
    own.exclude(late_reason="").update(late_reason=ERASED)


def person_of(subject: uuid.UUID) -> Person | None:
    """The person, erased or not, whose key this is."""
    return Person.objects.filter(subject=subject).first()
