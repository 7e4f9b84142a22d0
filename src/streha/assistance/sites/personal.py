"""What sites hold about one person: for the person to read, and to erase."""

from __future__ import annotations

from streha.assistance.sites import models
from streha.audit.rules import Actor
from streha.common.subjects import Section
from streha.people.models import Person


def collect(person: Person) -> tuple[Section, ...]:
    """Where the person stayed, from and until when."""
    rows: list[tuple[str, str]] = []
    for stay in models.Stay.objects.filter(person=person).select_related("site").order_by("came_on", "pk"):
        until = f"{stay.left_on:%d.%m.%Y}" if stay.left_on else "…"
        rows.append(("stay", f"{stay.site} · {stay.came_on:%d.%m.%Y} – {until}"))
        if stay.left_for:
            rows.append(("left_for", f"left_for:{stay.left_for}"))
        if stay.step_free:
            rows.append(("step_free", "answer:yes"))
    return (Section("sites", tuple(rows)),) if rows else ()


def erase(person: Person, *, by: Actor) -> None:  # noqa: ARG001 - every part is asked alike
    """Nobody knows any more that the person stayed anywhere; counts of nights stay as they were."""
    models.Stay.objects.filter(person=person).delete()
