"""What was carried into somebody's cases: the case itself tells them; here stands only by which decision."""

from __future__ import annotations

from streha.assistance.advances import models
from streha.audit.rules import Actor
from streha.common.subjects import Section
from streha.people.models import Person


def collect(person: Person) -> tuple[Section, ...]:
    """Cases of the person that a decision moved on, and the list it stood in."""
    rows = models.Advance.objects.filter(row__application__members__person=person, case__erased_at=None)
    found = tuple(
        ("moved_by_decision", f"{row.at:%d.%m.%Y} · {row.case.number} · {row.row.selection}")
        for row in rows.distinct().select_related("case", "row__selection").order_by("pk")
    )
    return (Section("applications", found),) if found else ()


def erase(person: Person, *, by: Actor) -> None:  # noqa: ARG001 - every room is asked in the same way
    """The links to the person's cases are gone."""
    models.Advance.objects.filter(case__person=person).delete()
