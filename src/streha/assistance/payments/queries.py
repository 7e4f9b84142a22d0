"""Reads of payments: what a list can pay, what goes to the bank, what its replies left to be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Sum

from streha.accounts.rules import Access, Action
from streha.assistance.entitlements import models as entitlements
from streha.assistance.entitlements import rules as entitlement_rules
from streha.assistance.payments import models, rules
from streha.audit import actions as audit
from streha.common import pages
from streha.common.codes import Script
from streha.common.money import Money
from streha.common.pages import PAGE_SIZE, Page
from streha.engine import names
from streha.people import models as people


def payable(access: Access, row: models.PaymentList) -> QuerySet[entitlements.Entitlement]:
    """What the list can pay: due by its day from its cycle and commitment, in its currency, and on no other list."""
    live = models.PaymentLine.objects.filter(entitlement=OuterRef("pk"), is_live=True)
    return (
        entitlements.Entitlement.objects.visible_to(access)
        .live()
        .filter(
            ~Exists(live),
            cycle_id=row.cycle_id,
            commitment_id=row.commitment_id,
            kind__in=sorted(entitlement_rules.PAID),
            is_money=True,
            unit=row.currency,
            due_on__lte=row.due_until,
            given__lt=F("due"),
        )
        .order_by("pk")
    )


def accounts_of(person_ids: list[int]) -> dict[int, models.Account]:
    """The account in use of each person, by any of their records."""
    kept = dict(people.Person.objects.filter(pk__in=person_ids).values_list("pk", "canonical_id"))
    wanted = {pk: now or pk for pk, now in kept.items()}
    found = {
        account.person_id: account
        for account in models.Account.objects.filter(person_id__in={*wanted, *wanted.values()}, ended_at=None)
    }
    told = {pk: found.get(now) or found.get(pk) for pk, now in wanted.items()}
    return {pk: account for pk, account in told.items() if account is not None}


@dataclass(frozen=True)
class Progressed:
    """How far a list has come with the bank: number and sum by state of line."""

    numbers: dict[str, int]
    sums: dict[str, Decimal]

    def number(self, state: str) -> int:
        return self.numbers.get(state, 0)


def progressed(row: models.PaymentList) -> Progressed:
    """Lines of a list by state, all of them, whoever they are for."""
    told = list(
        models.PaymentLine.objects.filter(list=row)
        .values("state")
        .annotate(number=Count("pk"), total=Sum("amount"))
        .order_by()
    )
    return Progressed({one["state"]: one["number"] for one in told}, {one["state"]: one["total"] for one in told})


def lines_page(
    access: Access, row: models.PaymentList, *, state: str = "", after: str = "", size: int = PAGE_SIZE
) -> Page[models.PaymentLine]:
    """Lines of a list in order, of people whom the viewer sees."""
    seen = entitlements.Entitlement.objects.visible_to(access)
    found = models.PaymentLine.objects.filter(list=row, entitlement__in=seen)
    if state:
        found = found.filter(state=state)
    if after:
        found = found.filter(position__gt=pages.number_of(after))
    rows = list(
        found.select_related("entitlement__person", "entitlement__household", "account").order_by("position")[
            : size + 1
        ]
    )
    return Page(rows[:size], str(rows[size - 1].position) if len(rows) > size else "")


def digest_of(row: models.PaymentList) -> str:
    """What exactly stands on the list now."""
    told = models.PaymentLine.objects.filter(list=row).order_by("position")
    lines = told.values_list("position", "reference", "amount", "account_id")
    return rules.digest((position, ref, amount, str(account)) for position, ref, amount, account in lines.iterator())


@dataclass(frozen=True)
class ToPay:
    """One line as it goes to the bank."""

    reference: str
    amount: Decimal
    name: str
    iban: str
    bic: str


def to_pay(row: models.PaymentList) -> list[ToPay]:
    """The lines of a list with names and account numbers in clear: for the file that goes to the bank alone."""
    lines = list(
        models.PaymentLine.objects.filter(list=row)
        .select_related("account__person")
        .order_by("position")
        .iterator(2000)
    )
    for_iban = [(line.account.person.subject, bytes(line.account.iban_sealed or b"")) for line in lines]
    for_name = [(line.account.person.subject, bytes(line.account.holder_sealed or b"")) for line in lines]
    ibans = audit.unseal_many(for_iban, context=models.SEALED_IBAN)
    holders = audit.unseal_many(for_name, context=models.SEALED_HOLDER)
    return [
        ToPay(
            line.reference,
            line.amount,
            names.transliterate((holder or b"").decode(), Script.LATIN),
            (iban or b"").decode(),
            line.account.bic,
        )
        for line, iban, holder in zip(lines, ibans, holders, strict=True)
    ]


def lists(access: Access, *, state: str = "", after: str = "", size: int = PAGE_SIZE) -> Page[models.PaymentList]:
    """Payment lists, the newest first."""
    rows = models.PaymentList.objects.visible_to(access).select_related("cycle__programme", "made_by")
    if state:
        rows = rows.filter(state=state)
    if after:
        rows = rows.filter(pk__lt=pages.number_of(after))
    found = list(rows.order_by("-pk")[: size + 1])
    return Page(found[:size], str(found[size - 1].pk) if len(found) > size else "")


def to_look_at() -> QuerySet[models.BankLine]:
    """Bookings that nobody is found for, or of another sum, and that nobody has settled; the oldest first."""
    return models.BankLine.objects.filter(found__in=sorted(rules.TO_LOOK_AT), settled="").order_by("pk")


def open_bookings(access: Access) -> list[models.BankLine]:
    """The first of them, for whoever pays."""
    if not access.allows(Action.PAYMENT_PAY):
        return []
    return list(to_look_at().select_related("reply", "line__list")[: PAGE_SIZE + 1])


def sums_of(reply: models.BankReply) -> list[tuple[str, str, int, Money]]:
    """A reply by finding and currency: how many bookings, and their sum."""
    told = (
        models.BankLine.objects.filter(reply=reply)
        .values("found", "currency")
        .annotate(number=Count("pk"), total=Sum("amount"))
        .order_by("found", "currency")
    )
    return [
        (one["found"], one["currency"], one["number"], Money(one["total"].quantize(Decimal("0.01")), one["currency"]))
        for one in told
    ]
