"""What holds of grants without a database: sectors, tranches in order, days of the checks, what a check may say."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from streha.assistance.works.rules import check_amount, check_day, check_text
from streha.common import errors

__all__ = ["check_amount", "check_day", "check_text"]


class Sector(StrEnum):
    """What the business does, coarser than the sections of ISIC, which ``ISIC`` names."""

    AGRICULTURE = "agriculture"
    FOOD = "food"
    CRAFTS = "crafts"
    CONSTRUCTION = "construction"
    TRADE = "trade"
    TRANSPORT = "transport"
    HOSPITALITY = "hospitality"
    SERVICES = "services"
    OTHER = "other"


ISIC: dict[Sector, str] = {
    Sector.AGRICULTURE: "A",
    Sector.FOOD: "C",
    Sector.CRAFTS: "C",
    Sector.CONSTRUCTION: "F",
    Sector.TRADE: "G",
    Sector.TRANSPORT: "H",
    Sector.HOSPITALITY: "I",
    Sector.SERVICES: "S",
    Sector.OTHER: "",
}
"""Sections of the International Standard Industrial Classification, revision 4 (United Nations, 2008)."""


class State(StrEnum):
    RUNNING = "running"
    ENDED = "ended"
    CANCELLED = "cancelled"


class Alive(StrEnum):
    """What a check found of the business."""

    ALIVE = "alive"
    CLOSED = "closed"
    NOT_TRACED = "not_traced"


CHECKS = (6, 12, 24)  # months after the business began
PLAN_LENGTH, NOTE_LENGTH, CONDITION_LENGTH = 4000, 2000, 200


def grant_number(pk: int) -> str:
    return f"GR-{pk:05d}"


@dataclass(frozen=True)
class TrancheDraft:
    """A part of the grant and what must be done before it is paid; a condition is about the work, not the person."""

    amount: Decimal
    condition: str


@dataclass(frozen=True)
class GrantDraft:
    """A grant about to be awarded. ``again`` says why somebody who had one is given another."""

    person_id: int
    sector: Sector
    plan: str
    amount: Decimal
    tranches: Sequence[TrancheDraft]
    starts_on: dt.date
    currency: str = "EUR"
    household_id: int | None = None
    case_id: int | None = None
    cycle_id: int | None = None
    jobs_planned: int = 0
    again: str = ""
    is_fictional: bool = False


def check_grant(draft: GrantDraft) -> None:
    """Raise BadInput for a grant whose tranches are not the grant, or that says nothing of the business."""
    check_text(draft.plan, field="plan", most=PLAN_LENGTH)
    check_amount(draft.amount)
    if draft.amount == 0 or not draft.tranches:
        raise errors.BadInput(
            errors.message("A grant has a sum and at least one tranche."), code="grant_empty", field="tranches"
        )
    for tranche in draft.tranches:
        check_amount(tranche.amount, field="tranches")
        check_text(tranche.condition, field="tranches", most=CONDITION_LENGTH)
    total = sum((tranche.amount for tranche in draft.tranches), Decimal(0))
    if total != draft.amount:
        raise errors.BadInput(
            errors.message("The tranches come to {total}, the grant is {amount}. Correct one of them."),
            code="tranches_differ",
            field="tranches",
            total=total,
            amount=draft.amount,
        )
    if not 0 <= draft.jobs_planned <= 999:
        raise errors.BadInput(
            errors.message("{value} jobs cannot be. Write 0 to 999."),
            code="jobs_impossible",
            field="jobs",
            value=draft.jobs_planned,
        )


def read_tranches(text: str) -> list[TrancheDraft]:
    """Lines such as ``1500: licence shown`` as tranches; raises BadInput for a line that is none."""
    found = []
    for line in filter(str.strip, text.splitlines()):
        amount, mark, condition = line.partition(":")
        try:
            value = Decimal(amount.strip().replace(" ", "").replace(",", "."))
        except ArithmeticError:
            value = Decimal("NaN")
        if not mark or not value.is_finite():
            raise errors.BadInput(
                errors.message("“{value}” is no tranche. Write a sum, a colon, and the condition: 1500: licence shown"),
                code="tranche_unreadable",
                field="tranches",
                value=line.strip()[:60],
            )
        found.append(TrancheDraft(value, condition.strip()))
    return found


def after_months(day: dt.date, months: int) -> dt.date:
    """The same day so many months later, or the last day of that month: 31.08. and 6 months are 28.02."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return day.replace(year=year, month=month, day=min(day.day, calendar.monthrange(year, month)[1]))


def check_days(starts_on: dt.date) -> list[tuple[int, dt.date]]:
    """The checks of a business, each with the day on which it is due."""
    return [(months, after_months(starts_on, months)) for months in CHECKS]
