"""What holds of courses without a database: days, places, when a certificate is earned, what came of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from streha.assistance.grants.rules import Sector
from streha.assistance.works.rules import check_day, check_text
from streha.common import errors

__all__ = ["Sector", "check_day", "check_text"]

ATTENDANCE = Decimal("0.8")
"""Share of the sessions held that earns a certificate: a proposal of this software that an office may not share."""
MONTHS = (3, 6, 12)  # after the last day, what came of it is asked


class Took(StrEnum):
    """How far somebody came."""

    ENROLLED = "enrolled"
    CERTIFIED = "certified"
    DROPPED = "dropped"


class CameOf(StrEnum):
    """What came of a course."""

    JOB = "job"
    BUSINESS = "business"
    STUDIES = "studies"
    NONE = "none"
    NOT_TRACED = "not_traced"


def course_number(pk: int) -> str:
    return f"CO-{pk:04d}"


def certificate_number(pk: int) -> str:
    return f"CE-{pk:06d}"


@dataclass(frozen=True)
class CourseDraft:
    """A course about to be opened; the provider is an institution."""

    title: str
    provider_id: int
    keeper_id: int
    sector: Sector
    first_day: dt.date
    last_day: dt.date
    places: int
    hours: int = 0
    is_fictional: bool = False


def check_course(draft: CourseDraft) -> None:
    """Raise BadInput for a course that ends before it begins, or has no place."""
    check_text(draft.title, field="title", most=160)
    if draft.last_day < draft.first_day:
        raise errors.BadInput(
            errors.message("The last day lies before the first. Correct one of them."),
            code="days_turned",
            field="last_day",
        )
    if not 1 <= draft.places <= 2000:
        raise errors.BadInput(
            errors.message("{value} places cannot be. Write 1 to 2000."),
            code="places_impossible",
            field="places",
            value=draft.places,
        )


def check_session(day: dt.date, first: dt.date, last: dt.date) -> None:
    """Raise BadInput for a session outside the days of its course."""
    if not first <= day <= last:
        raise errors.BadInput(
            errors.message("{value} lies outside the course, {first} to {last}."),
            code="session_outside",
            field="day",
            value=day.strftime("%d.%m.%Y"),
            first=first.strftime("%d.%m.%Y"),
            last=last.strftime("%d.%m.%Y"),
        )


def is_earned(attended: int, held: int) -> bool:
    """Whether so many of the sessions held earn a certificate: four of five do, three of four do not."""
    return held > 0 and Decimal(attended) / held >= ATTENDANCE
