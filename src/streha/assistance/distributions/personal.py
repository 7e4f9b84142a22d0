"""What distributions hold about one person: for the person to read, and to erase."""

from __future__ import annotations

from django.db.models import Q

from streha.assistance.distributions import models
from streha.audit.rules import Actor
from streha.common.subjects import Section
from streha.people import queries as people
from streha.people.models import Person


def collect(person: Person) -> tuple[Section, ...]:
    """Slips on which the person was counted or which they collected: what, when, and as whom it was collected."""
    mine = models.Slip.objects.filter(Q(members__person=person) | Q(collected_by=person)).distinct()
    rows: list[tuple[str, str]] = []
    for slip in mine.select_related("distribution__kit", "household").order_by("pk"):
        given = slip.lines.select_related("item").order_by("item__code")
        items = ", ".join(f"{line.quantity} {line.item.code}" for line in given)
        rows.append(("slip", f"{slip.distribution.number} · {slip.distribution.held_on:%d.%m.%Y} · {items}"))
        if slip.handed_at:
            rows.append(("handed_at", f"{slip.handed_at:%d.%m.%Y}"))
        if slip.collected_as:
            rows.append(("collected_as", f"collects:{slip.collected_as}"))
        if slip.other_sealed:
            rows.append(("other", people.unsealed(slip.household.subject, slip.other_sealed, models.SEALED_OTHER)))
    return (Section("distributions", tuple(rows)),) if rows else ()


def erase(person: Person, *, by: Actor) -> None:  # noqa: ARG001 - every part is asked alike
    """Nobody is named on a slip any more; what went out of stock, and that it was handed out, stays."""
    mine = models.Slip.objects.filter(Q(members__person=person) | Q(collected_by=person))
    ids = list(mine.values_list("pk", flat=True))
    models.Slip.objects.filter(pk__in=ids).update(other_sealed=None)
    models.Slip.objects.filter(collected_by=person).update(collected_by=None)
    models.SlipMember.objects.filter(person=person).delete()
