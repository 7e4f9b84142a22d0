"""What holds for plans without a database: kinds of goals and visits, their states, days that can be."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from streha.common import errors

FURTHEST = dt.timedelta(days=3650)
OTHERS_AT_MOST = 20
NAME_LENGTH = 120


class GoalKind(StrEnum):
    """What a goal is about: the parts of a plan of return, and what other tracks ask for."""

    HOUSE = "house"
    FURNITURE = "furniture"
    FOOD = "food"
    ITEMS = "items"
    INCOME = "income"
    COMMUNITY = "community"
    DOCUMENTS = "documents"
    HEALTH = "health"
    SCHOOL = "school"
    WORK = "work"
    SAFETY = "safety"
    OTHER = "other"


class GoalState(StrEnum):
    OPEN = "open"
    REACHED = "reached"
    DROPPED = "dropped"


class VisitKind(StrEnum):
    """GIV in displacement, GSV in the place of origin; then at home, in the office, and the checks after the return."""

    GIV = "giv"
    GSV = "gsv"
    HOME = "home"
    OFFICE = "office"
    WORKS = "works"
    PRESENCE = "presence"


class VisitState(StrEnum):
    PLANNED = "planned"
    DONE = "done"
    CANCELLED = "cancelled"


class Presence(StrEnum):
    """Whether those who returned live there (Manual for Sustainable Return)."""

    PRESENT = "present"
    ABSENT = "absent"
    LEFT = "left"
    NOT_TRACED = "not_traced"


def check_day(day: dt.date, today: dt.date, field: str) -> None:
    """Raise BadInput for a day to come that has passed, or lies too far away to be meant."""
    if day < today:
        raise errors.BadInput(
            errors.message("{value} has passed. Choose today or a later day."),
            code="day_passed",
            field=field,
            value=day.strftime("%d.%m.%Y"),
        )
    if day > today + FURTHEST:
        raise errors.BadInput(
            errors.message("{value} lies more than ten years ahead. Look at the year again."),
            code="day_far",
            field=field,
            value=day.strftime("%d.%m.%Y"),
        )


def check_done(day: dt.date, opened: dt.date, today: dt.date, field: str) -> None:
    """Raise BadInput for a day on which something cannot have happened: to come, or before the case was opened."""
    if not opened <= day <= today:
        raise errors.BadInput(
            errors.message("{value} cannot be: the case was opened on {opened}, and the day must not lie ahead."),
            code="day_wrong",
            field=field,
            value=day.strftime("%d.%m.%Y"),
            opened=opened.strftime("%d.%m.%Y"),
        )


def tidy_others(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of those who are in no register, each once. Raises BadInput for too many, or one too long."""
    tidy = tuple(dict.fromkeys(name for one in names if (name := " ".join(one.split()))))
    if len(tidy) > OTHERS_AT_MOST:
        raise errors.BadInput(
            errors.message("{value} names are too many; at most {limit} take part in one visit."),
            code="others_many",
            field="others",
            value=len(tidy),
            limit=OTHERS_AT_MOST,
        )
    for name in tidy:
        if len(name) > NAME_LENGTH:
            raise errors.BadInput(
                errors.message("“{value}…” is longer than {limit} signs. Write one name a line."),
                code="others_long",
                field="others",
                value=name[:30],
                limit=NAME_LENGTH,
            )
    return tidy
