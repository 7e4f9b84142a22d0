"""What can be decided about entitlements without a register: states, what a package gives, checks of amounts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from streha.common import errors, money
from streha.common.money import Money
from streha.people.rules import NeedKind


class Kind(StrEnum):
    """What sort of help somebody is entitled to."""

    CASH = "cash"
    VOUCHER = "voucher"
    ITEMS = "items"
    WORKS = "works"
    GRANT = "grant"
    TRAINING = "training"
    OTHER = "other"


IN_MONEY = frozenset({Kind.CASH, Kind.VOUCHER, Kind.GRANT})
"""These are always money; items, training and others are counted, works may be either."""
PAID = frozenset({Kind.CASH, Kind.GRANT, Kind.WORKS})
"""What can go out by a payment list."""


class State(StrEnum):
    """How far an entitlement has come: follows from what was delivered, and is written nowhere by hand."""

    DUE = "due"
    PART = "part"
    FULL = "full"
    CANCELLED = "cancelled"


class Got(StrEnum):
    """How much of a package a household has got."""

    FULL = "full"
    PART = "part"
    NONE = "none"


class Mechanism(StrEnum):
    """How it reached the household."""

    BANK = "bank"
    CASH_IN_HAND = "cash_in_hand"
    MOBILE = "mobile"
    PAPER_VOUCHER = "paper_voucher"
    E_VOUCHER = "e_voucher"
    IN_KIND = "in_kind"
    CONTRACTOR = "contractor"


class Behalf(StrEnum):
    """Who came for it."""

    SELF = "self"
    COLLECTOR = "collector"
    ALTERNATE = "alternate"
    PROXY = "proxy"


class Outcome(StrEnum):
    """What the household says of a delivery."""

    RECEIVED = "received"
    NOT_RECEIVED = "not_received"
    PROBLEM = "problem"


class NeedsMet(StrEnum):
    ALL = "all"
    MOST = "most"
    SOME = "some"
    NONE = "none"


class Coping(StrEnum):
    """The phase of coping strategies a household is in."""

    NEUTRAL = "neutral"
    STRESS = "stress"
    CRISIS = "crisis"
    EMERGENCY = "emergency"


QUALITIES = ("safe", "accessible", "accountable", "participatory")
"""Was the help so: yes, no, or not asked."""


class Doubled(StrEnum):
    """What somebody found when two records of one person had both received."""

    BOTH_RIGHT = "both_right"
    TO_RETURN = "to_return"
    WRITTEN_OFF = "written_off"


@dataclass(frozen=True)
class Much:
    """How much: money, or a number of units. ``unit`` is a currency for money."""

    amount: Decimal
    unit: str
    is_money: bool

    @classmethod
    def of(cls, value: Money) -> Much:
        return cls(value.amount, value.currency, True)

    @classmethod
    def counted(cls, quantity: Decimal | int, unit: str) -> Much:
        """So many of a unit (piece, kg, day)."""
        return cls(Decimal(quantity), unit.strip(), False)

    def __str__(self) -> str:
        if self.is_money:
            return str(Money(self.amount, self.unit))
        return f"{self.amount.normalize():f} {self.unit}"


def check_due(kind: Kind, much: Much) -> None:
    """Raise BadInput for an entitlement to nothing, or to money counted in pieces."""
    if kind in IN_MONEY and not much.is_money:
        raise errors.BadInput(
            errors.message("“{kind}” is money. Write the amount and its currency."), code="needs_money", kind=kind.value
        )
    if kind in {Kind.ITEMS, Kind.TRAINING} and much.is_money:
        raise errors.BadInput(
            errors.message("“{kind}” is counted, not paid. Write a number and its unit."),
            code="needs_number",
            kind=kind.value,
        )
    if not much.is_money and not much.unit:
        raise errors.BadInput(errors.message("Say of what: pieces, kilograms, days."), code="no_unit", field="unit")
    check_positive(much.amount)
    if much.is_money:
        Money(much.amount, much.unit)


def check_positive(amount: Decimal, field: str = "amount") -> None:
    """Raise BadInput for nothing or less, or for more places than are kept."""
    if amount <= 0:
        raise errors.BadInput(
            errors.message("{value} is not more than nothing. Write what is given or paid."),
            code="amount_not_positive",
            field=field,
            value=str(amount),
        )
    if amount > money.MOST or amount != amount.quantize(Decimal("0.01")):
        raise errors.BadInput(
            errors.message("{value} cannot be kept. Write at most twelve digits and two places after the point."),
            code="amount_too_fine",
            field=field,
            value=str(amount),
        )


def state_of(due: Decimal, given: Decimal, is_cancelled: bool) -> State:
    """The state that follows from what is due and what was given and kept.

    >>> state_of(Decimal(100), Decimal(40), False).value
    'part'
    """
    if given >= due:
        return State.FULL
    if given > 0:
        return State.PART
    return State.CANCELLED if is_cancelled else State.DUE


# --- packages ---------------------------------------------------------------------------------------------------------


class Basis(StrEnum):
    """For whom a line of a package counts once."""

    HOUSEHOLD = "household"
    PERSON = "person"
    CHILD = "child"
    NEEDY = "needy"
    """Each person with one of the needs that the line names."""


CHILD_UNDER = 18


@dataclass(frozen=True)
class PackageLine:
    """One thing a package gives: for whom it counts, how much each, and for which households at all.

    ``least`` and ``most`` are sizes of a household, a band (``most`` of nothing has no end); ``needs`` are kinds of
    need, of which one must be there.
    """

    code: str
    kind: Kind
    much: Much
    basis: Basis = Basis.HOUSEHOLD
    least: int = 1
    most: int | None = None
    needs: frozenset[NeedKind] = frozenset()
    labels: Mapping[str, str] | None = None
    after_days: int = 0


@dataclass(frozen=True)
class PackageDraft:
    """A package as it is written in the office or in a file."""

    code: str
    names: Mapping[str, str]
    source: str
    lines: tuple[PackageLine, ...]


@dataclass(frozen=True)
class Member:
    """What a package asks of somebody: the age on the day (None where unknown), and the needs noted then."""

    age: int | None
    needs: frozenset[NeedKind] = frozenset()


@dataclass(frozen=True)
class Due:
    """What a line gives to one household."""

    line: str
    much: Much


def check_package(draft: PackageDraft) -> None:
    """Raise BadInput for a package that gives nothing, or says a thing twice."""
    if not draft.lines:
        raise errors.BadInput(errors.message("A package gives at least one thing."), code="no_lines", field="lines")
    seen: set[str] = set()
    for line in draft.lines:
        if line.code in seen:
            raise errors.BadInput(
                errors.message("“{value}” stands in the package twice. Write it once, or give it another code."),
                code="line_twice",
                field="lines",
                value=line.code,
            )
        seen.add(line.code)
        check_due(line.kind, line.much)
        if line.most is not None and line.most < line.least:
            raise errors.BadInput(
                errors.message("“{value}” is for households of {least} to {most}: turn the two numbers round."),
                code="band",
                field="lines",
                value=line.code,
                least=line.least,
                most=line.most,
            )
        if line.basis == Basis.NEEDY and not line.needs:
            raise errors.BadInput(
                errors.message("“{value}” counts people with a need. Say which needs."),
                code="no_needs",
                field="lines",
                value=line.code,
            )


def due_to(lines: Sequence[PackageLine], members: Sequence[Member]) -> tuple[Due, ...]:
    """What a household of these members is due by the lines of a package, in their order.

    >>> bed = PackageLine("bed", Kind.ITEMS, Much.counted(1, "piece"), Basis.PERSON)
    >>> food = PackageLine("food", Kind.CASH, Much.of(Money.of(120, "EUR")), least=4)
    >>> [str(due.much) for due in due_to([bed, food], [Member(40), Member(38), Member(7)])]
    ['3 piece']
    """
    found = []
    for line in lines:
        number = _counted(line, members)
        if number:
            amount = (line.much.amount * number).quantize(Decimal("0.01"))
            found.append(Due(line.code, Much(amount, line.much.unit, line.much.is_money)))
    return tuple(found)


def _counted(line: PackageLine, members: Sequence[Member]) -> int:
    size = len(members)
    if size < line.least or (line.most is not None and size > line.most):
        return 0
    if line.needs and not any(line.needs & member.needs for member in members):
        return 0
    if line.basis == Basis.PERSON:
        return size
    if line.basis == Basis.CHILD:
        return sum(member.age is not None and member.age < CHILD_UNDER for member in members)
    if line.basis == Basis.NEEDY:
        return sum(bool(line.needs & member.needs) for member in members)
    return 1


def got(states: Iterable[State]) -> Got:
    """How much of what was due a household has got: a package is full when every line of it is."""
    every = [state for state in states if state != State.CANCELLED]
    if every and all(state == State.FULL for state in every):
        return Got.FULL
    if any(state in {State.FULL, State.PART} for state in every):
        return Got.PART
    return Got.NONE


def age_on(birth: dt.date | None, day: dt.date) -> int | None:
    """Whole years on a day; None where the birth is not known."""
    return None if birth is None else day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def closed_case(number: str) -> errors.Conflict:
    """The refusal of help on a case that is closed."""
    return errors.Conflict(
        errors.message(
            "Case {case} is closed; nothing is delivered on it. Open the case again with a reason, or cancel the "
            "entitlement."
        ),
        code="case_closed",
        case=number,
    )


def one_of(codes: Collection[str]) -> str:
    """Codes for a message, in order."""
    return ", ".join(sorted(codes))
