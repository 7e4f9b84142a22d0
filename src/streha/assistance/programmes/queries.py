"""Reads of programmes and their money: rates, balances, what waits for a signature."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone

from streha.accounts.rules import Access, Action, Role
from streha.assistance.programmes import models, rules
from streha.common.money import Money


def day_of(moment: dt.datetime) -> dt.date:
    """The day of a moment where the office stands."""
    return timezone.localtime(moment).date()


def converted(amount: Money, to: str, on: dt.date) -> rules.Converted:
    """The money in another currency by the rate of the day. Raises BadInput where there is none."""
    if amount.currency == to:
        return rules.Converted(amount, Decimal(1), on)
    pair = Q(base=amount.currency, quote=to) | Q(base=to, quote=amount.currency)
    near = models.ExchangeRate.objects.filter(pair, day__lte=on, day__gte=on - dt.timedelta(days=rules.RATE_DAYS))
    return rules.convert(amount, to, on, [rules.Rate(r.day, r.base, r.quote, r.rate) for r in near])


# --- approval ---------------------------------------------------------------------------------------------------------


def steps_of(request: models.ApprovalRequest) -> list[models.ApprovalStep]:
    """The steps that the request needs by its amount, in their order, by the rate of the day on which it was asked."""
    steps = list(request.chain.steps.all())
    amount = converted(request.total, request.chain.currency, day_of(request.asked_at)).money.amount
    wanted = rules.steps_for([rules.Step(s.from_amount, Role(s.role)) for s in steps], amount)
    return [steps[i] for i in wanted]


def next_step(request: models.ApprovalRequest) -> models.ApprovalStep | None:
    """The first step that is not signed."""
    signed = set(request.approvals.values_list("step_id", flat=True))
    return next((step for step in steps_of(request) if step.pk not in signed), None)


def may_sign(access: Access, request: models.ApprovalRequest) -> bool:
    """Whether the next step of the request is for this viewer to sign."""
    if not access.allows(Action.APPROVAL_SIGN) or access.user_id is None or request.state != rules.Asked.WAITING:
        return False
    if request.asked_by_id == access.user_id or request.approvals.filter(by_id=access.user_id).exists():
        return False
    step = next_step(request)
    return step is not None and step.role in {held.role.value for held in access.held}


def waiting_for(access: Access) -> list[models.ApprovalRequest]:
    """Requests whose next step this viewer may sign, the oldest first."""
    if not access.allows(Action.APPROVAL_SIGN):
        return []
    asked = models.ApprovalRequest.objects.filter(state=rules.Asked.WAITING).select_related("chain", "asked_by")
    return [request for request in asked.order_by("pk") if may_sign(access, request)]


def approved(kind: rules.For, key: object) -> models.ApprovalRequest | None:
    """The request for (kind, key) that is approved, if one is."""
    return models.ApprovalRequest.objects.filter(kind=kind, key=str(key), state=rules.Asked.APPROVED).first()


# --- balances ---------------------------------------------------------------------------------------------------------


def balance(lines: list[models.BudgetLine], currency: str) -> rules.Balance:
    """How some lines of one currency stand together."""
    held = [
        used - spent
        for used, spent in models.Commitment.objects.filter(line__in=[line.pk for line in lines]).values_list(
            "used", "spent"
        )
    ]
    return rules.Balance(
        Money(sum((line.amount for line in lines), Decimal(0)), currency),
        Money(sum((line.committed for line in lines), Decimal(0)), currency),
        Money(sum(held, Decimal(0)), currency),
        Money(sum((line.spent for line in lines), Decimal(0)), currency),
    )


def refundable(row: models.Commitment) -> Money:
    """How much of what went out by papers has not come back; what households got comes back on its delivery."""
    by_households = ("delivery", "return", rules.For.PAYMENT_LIST)
    sums = row.spendings.exclude(kind__in=by_households).values_list("amount", flat=True)
    return Money(sum(sums, Decimal(0)), row.currency)


def donors(kind: rules.For) -> dict[int, tuple[str, ...]]:
    """Whose money is set aside for things of one kind, by what it is for; each donor once, by name."""
    found: dict[int, set[str]] = {}
    rows = models.Commitment.objects.filter(kind=kind).order_by()
    for key, name in rows.values_list("key", "line__agreement__donor__name"):
        found.setdefault(int(key), set()).add(name)
    return {key: tuple(sorted(names)) for key, names in found.items()}
