"""What help given holds about one person: for the person to read, and to erase."""

from __future__ import annotations

from streha.assistance.entitlements import models
from streha.audit.rules import Actor
from streha.common.subjects import Section
from streha.people import queries as people
from streha.people.models import Person

ERASED = "erased"


def collect(person: Person) -> tuple[Section, ...]:
    """What the person was due, alone or for a household, what came, who came for it, and what they said of it."""
    rows = models.Entitlement.objects.filter(person=person).select_related("cycle__programme", "package_line")
    found: list[tuple[str, str]] = []
    for row in rows.order_by("pk"):
        where = f"{row.cycle.programme.code} · {row.cycle.name}"
        found.append((f"help_kind:{row.kind}", f"{row.number} · {where} · {row.much} · {row.due_on:%d.%m.%Y}"))
        for given in row.deliveries.order_by("pk"):
            proxy = people.unsealed(person.subject, given.proxy_sealed, models.SEALED_PROXY)
            said = " · ".join(filter(None, (f"{given.on:%d.%m.%Y}", str(given.much), given.provider, proxy)))
            found.append((f"mechanism:{given.mechanism}", said))
            found += [
                ("returned", f"{back.on:%d.%m.%Y} · {back.amount} · {back.reason}") for back in given.returns.all()
            ]
            for asked in given.verifications.all():
                note = people.unsealed(person.subject, asked.note_sealed, models.SEALED_NOTE)
                found.append((f"verified:{asked.outcome}", " · ".join(filter(None, (f"{asked.on:%d.%m.%Y}", note)))))
    return (Section("help", tuple(found)),) if found else ()


def erase(person: Person, *, by: Actor) -> None:  # noqa: ARG001 - every room is asked in the same way
    """What was said and who came is gone; the numbers stay, so that the money of the past still adds up."""
    own = models.Entitlement.objects.filter(person=person)
    given = models.Delivery.objects.filter(entitlement__in=own)
    models.Verification.objects.filter(delivery__in=given).update(note_sealed=None, needs_met="", coping="")
    models.Return.objects.filter(delivery__in=given).update(reason=ERASED)
    given.update(proxy_sealed=None)
    models.Delivery.objects.filter(collected_by=person).update(collected_by=None)
    models.DoubleSettled.objects.filter(entitlement__in=own).update(reason=ERASED)
    own.exclude(cancelled_because="").update(cancelled_because=ERASED)
