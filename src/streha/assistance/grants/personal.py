"""What grants hold about one person: for the person to read, and to erase."""

from __future__ import annotations

from streha.assistance.grants import models
from streha.audit.rules import Actor
from streha.common.subjects import Section
from streha.people import queries as people
from streha.people.models import Membership, Person

ERASED = "erased"


def collect(person: Person) -> tuple[Section, ...]:
    """Grants of the person: plan, tranches, visits and checks."""
    rows: list[tuple[str, str]] = []
    for grant in models.Grant.objects.filter(person=person).order_by("pk"):
        rows.append(("grant", f"{grant.number} · {grant.amount} {grant.currency} · {grant.starts_on:%d.%m.%Y}"))
        rows.append(("sector", f"business_sector:{grant.sector}"))
        rows.append(("plan", people.unsealed(person.subject, grant.plan_sealed, models.SEALED_PLAN)))
        for tranche in grant.tranches.all():
            paid = f"{tranche.paid_on:%d.%m.%Y}" if tranche.paid_on else "–"
            rows.append(("tranche", f"{tranche.amount} {grant.currency} · {tranche.condition} · {paid}"))
        for visit in grant.visits.order_by("pk"):
            note = people.unsealed(person.subject, visit.note_sealed, models.SEALED_NOTE)
            rows.append(("visit", f"{visit.on:%d.%m.%Y} · {note}"))
        rows += [
            (f"alive:{check.found}", f"{check.months} · {check.made_on:%d.%m.%Y} · {check.jobs or 0}")
            for check in grant.checks.exclude(found="")
        ]
    return (Section("grants", tuple(rows)),) if rows else ()


def erase(person: Person, *, by: Actor) -> None:  # noqa: ARG001 - every part is asked alike
    """Words about the person and their business are gone; sums, days and outcomes stay as figures."""
    own = models.Grant.objects.filter(person=person)
    models.GrantVisit.objects.filter(grant__in=own).update(note_sealed=None)
    models.Tranche.objects.filter(grant__in=own).update(condition=ERASED, reference="")
    own.exclude(again_reason="").update(again_reason=ERASED)
    own.exclude(end_reason="").update(end_reason=ERASED)
    own.update(plan_sealed=None)
    mine = Membership.objects.filter(person=person).values_list("household", flat=True)
    others = Membership.objects.filter(household__in=mine).exclude(person=person)
    alone = set(mine) - set(others.values_list("household", flat=True))
    models.Grant.objects.filter(household__in=alone).update(household=None)
