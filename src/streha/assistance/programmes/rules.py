"""What can be decided about programmes and their money without a register: windows, rates, chains, balances."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from streha.accounts.rules import POLICY, Action, Role
from streha.common import errors, money
from streha.common.money import Money

RATE_DAYS = 7
"""A rate holds for the days after it, over a weekend or a feast, and no longer."""

PAPER_LENGTH = 50
"""Signs of an invoice's or receipt's number."""

CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,19}\Z")


class For(StrEnum):
    """What money is set aside for, or an approval asked for: the kind of a (kind, key)."""

    CYCLE = "cycle"
    WORKS = "works"
    GRANT = "grant"
    TRAINING = "training"
    PROJECT = "project"
    SUPPLIES = "supplies"
    PAYMENT_LIST = "payment_list"
    OTHER = "other"


class ByHand(StrEnum):
    """What somebody in finance notes of money that no list and no delivery moved."""

    INVOICE = "invoice"
    REFUND = "refund"


class Asked(StrEnum):
    """How far an approval has come."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class CycleState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


def check_code(code: str, field: str = "code") -> str:
    """The code, in capitals. Raises BadInput for one that cannot be read out or stand in a file."""
    tidy = code.strip().upper()
    if not CODE.match(tidy):
        raise errors.BadInput(
            errors.message(
                "“{value}” cannot be a code. Use 2 to 20 plain letters, digits and hyphens, such as WINTER-26."
            ),
            code="bad_code",
            field=field,
            value=code,
        )
    return tidy


def check_named(text: str, field: str) -> str:
    """The text without blanks around it. Raises BadInput for none."""
    tidy = " ".join(text.split())
    if not tidy:
        raise errors.BadInput(errors.message("This is needed. Write it."), code="missing", field=field)
    return tidy


def check_window(starts_on: dt.date, ends_on: dt.date, field: str = "ends_on") -> None:
    """Raise BadInput for a time that ends before it begins."""
    if ends_on < starts_on:
        raise errors.BadInput(
            errors.message("It would end on {ends}, before it begins on {starts}. Correct one of the days."),
            code="ends_before_start",
            field=field,
            starts=starts_on.isoformat(),
            ends=ends_on.isoformat(),
        )


def check_within(starts_on: dt.date, ends_on: dt.date, outer: tuple[dt.date, dt.date], field: str = "ends_on") -> None:
    """Raise BadInput for a cycle that reaches beyond its programme."""
    if starts_on < outer[0] or ends_on > outer[1]:
        raise errors.BadInput(
            errors.message("The programme runs from {starts} to {ends}. Keep the cycle within, or lengthen it first."),
            code="outside_programme",
            field=field,
            starts=outer[0].isoformat(),
            ends=outer[1].isoformat(),
        )


# --- rates ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rate:
    """On ``day`` one unit of ``base`` was worth ``rate`` units of ``quote``."""

    day: dt.date
    base: str
    quote: str
    rate: Decimal


@dataclass(frozen=True)
class Converted:
    """Money in another currency, and by which rate of which day."""

    money: Money
    rate: Decimal
    day: dt.date


def check_rate(rate: Rate, today: dt.date) -> None:
    """Raise BadInput for a rate that says nothing: of one currency, below nothing, or of a day to come."""
    money.check_currency(rate.base)
    money.check_currency(rate.quote)
    if rate.base == rate.quote:
        raise errors.BadInput(
            errors.message("A rate stands between two currencies, not between {value} and itself."),
            code="same_currency",
            field="quote",
            value=rate.base,
        )
    if rate.rate <= 0:
        raise errors.BadInput(
            errors.message("A rate of {value} cannot be used. It says how much of the one is paid for the other."),
            code="rate",
            field="rate",
            value=str(rate.rate),
        )
    if rate.day > today:
        raise errors.BadInput(
            errors.message("{value} lies in the future; nobody knows its rate yet."),
            code="future",
            field="day",
            value=rate.day.isoformat(),
        )


def convert(amount: Money, to: str, on: dt.date, rates: Iterable[Rate]) -> Converted:
    """The money in another currency by the rate of the day, or the newest of the ``RATE_DAYS`` before it.

    Of two rates of one day the one that stands as asked is taken before the one that must be turned round. Raises
    BadInput where there is none.
    """
    if amount.currency == to:
        return Converted(amount, Decimal(1), on)
    first = on - dt.timedelta(days=RATE_DAYS)
    near = [rate for rate in rates if first <= rate.day <= on and {rate.base, rate.quote} == {amount.currency, to}]
    if not near:
        raise errors.BadInput(
            errors.message(
                "There is no rate from {first} to {second} for {day} or the {days} days before. Ask finance to note "
                "the rate of the day, with its source."
            ),
            code="no_rate",
            field="currency",
            first=amount.currency,
            second=to,
            day=on.isoformat(),
            days=RATE_DAYS,
        )
    best = max(near, key=lambda rate: (rate.day, rate.base == amount.currency))
    factor = best.rate if best.base == amount.currency else money.inverse(best.rate)
    return Converted(money.convert(amount, to, factor), factor, best.day)


# --- approval ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """Above ``from_amount`` (or at it) somebody with ``role`` signs too."""

    from_amount: Decimal
    role: Role


def signers() -> frozenset[Role]:
    """Roles that may sign at all."""
    return frozenset(role for role, permission in POLICY.items() if Action.APPROVAL_SIGN in permission.actions)


def check_chain(steps: Sequence[Step]) -> None:
    """Raise BadInput for a chain that leaves an amount without a signature, or names a role that may not sign."""
    if not steps or min(step.from_amount for step in steps) != 0:
        raise errors.BadInput(
            errors.message("The first step begins at 0: every amount needs somebody who signs."),
            code="chain_begins_at_zero",
            field="steps",
        )
    for step in steps:
        if step.role not in signers():
            raise errors.BadInput(
                errors.message("“{value}” may not sign for money. Choose one of: {roles}."),
                code="role_signs_not",
                field="steps",
                value=step.role.value,
                roles=", ".join(sorted(role.value for role in signers())),
            )


def steps_for(steps: Sequence[Step], amount: Decimal) -> tuple[int, ...]:
    """Positions of the steps that an amount needs, in the order in which they are signed."""
    return tuple(i for i, step in enumerate(steps) if step.from_amount <= amount)


# --- balances ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Balance:
    """How a budget line, or several together, stands: budget >= committed >= reserved + spent, each in one currency."""

    budget: Money
    committed: Money
    reserved: Money
    spent: Money

    @property
    def free(self) -> Money:
        """What nobody has set aside yet."""
        return self.budget - self.committed

    @property
    def left(self) -> Money:
        """What is not spent yet."""
        return self.budget - self.spent

    @property
    def committed_percent(self) -> int:
        """How much of the budget is committed, from 0 to 100."""
        return _percent(self.committed, self.budget)

    @property
    def spent_percent(self) -> int:
        """How much of the budget is spent, from 0 to 100."""
        return _percent(self.spent, self.budget)


def _percent(part: Money, whole: Money) -> int:
    return round(100 * part.amount / whole.amount) if whole.amount else 0


def overspent(asked: Money, left: Money, where: str) -> errors.Conflict:
    """The refusal of what a line or commitment does not hold."""
    return errors.Conflict(
        errors.message("{asked} is more than {where} still holds: {left}. Ask for less, or move money to it first."),
        code="budget_overspent",
        asked=str(asked),
        left=str(left),
        where=where,
    )
