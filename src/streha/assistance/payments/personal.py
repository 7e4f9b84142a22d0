"""What payments hold about one person: their accounts, and what went to them; to read, and to erase."""

from __future__ import annotations

from streha.assistance.payments import models
from streha.audit.rules import Actor
from streha.common.money import Money
from streha.common.subjects import Section
from streha.people import queries as people
from streha.people.models import Person


def collect(person: Person) -> tuple[Section, ...]:
    """Account numbers in clear, and each payment with its list, sum and state."""
    found: list[tuple[str, str]] = []
    for row in models.Account.objects.filter(person=person).order_by("pk"):
        iban = people.unsealed(person.subject, row.iban_sealed, models.SEALED_IBAN)
        holder = people.unsealed(person.subject, row.holder_sealed, models.SEALED_HOLDER)
        found.append(("account", " · ".join(filter(None, (iban, holder, row.bic)))))
    lines = models.PaymentLine.objects.filter(entitlement__person=person).select_related("list")
    for line in lines.order_by("pk"):
        sum_of = Money(line.amount, line.list.currency)
        found.append((f"payment:{line.state}", f"{line.list.number} · {line.list.pay_on:%d.%m.%Y} · {sum_of}"))
    return (Section("payments", tuple(found)),) if found else ()


def erase(person: Person, *, by: Actor) -> None:  # noqa: ARG001 - every room is asked in the same way
    """The accounts hold nothing any more; the sums of the lists stay."""
    models.Account.objects.filter(person=person).update(iban_sealed=None, holder_sealed=None, blind="", hint="", bic="")
