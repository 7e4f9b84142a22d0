"""What holds for institutions without a database: kinds, checks of drafts, how tasks stand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from streha.common import errors

NAME_LENGTH = 200
TEXT_LENGTH = 20_000
NOTE_LENGTH = 2000
EARLIEST_DAY = dt.date(1999, 1, 1)
LATEST_YEARS = 5
MOST_PEOPLE = 10_000
SOON = dt.timedelta(days=7)


class Kind(StrEnum):
    MINISTRY = "ministry"
    MUNICIPALITY = "municipality"
    AGENCY = "agency"
    COURT = "court"
    POLICE = "police"
    SCHOOL = "school"
    HEALTH = "health"
    INTERNATIONAL = "international"
    NGO = "ngo"
    COMMUNITY = "community"
    MEDIA = "media"
    OTHER = "other"


CIVIL_SOCIETY = frozenset({Kind.NGO, Kind.COMMUNITY, Kind.MEDIA})


class BodyKind(StrEnum):
    WORKING_GROUP = "working_group"
    TASK_FORCE = "task_force"
    COMMISSION = "commission"
    OTHER = "other"


class MeetingState(StrEnum):
    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class Due(StrEnum):
    """How an open task stands."""

    LATE = "late"
    SOON = "soon"
    LATER = "later"


def how_due(due_on: dt.date, today: dt.date) -> Due:
    """Whether a task is late, due within a week, or later.

    >>> how_due(dt.date(2026, 5, 1), dt.date(2026, 5, 1))
    <Due.SOON: 'soon'>
    """
    if due_on < today:
        return Due.LATE
    return Due.SOON if due_on <= today + SOON else Due.LATER


# --- drafts -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class InstitutionDraft:
    """An institution; without a place it works everywhere."""

    name: str
    kind: Kind
    name_sr: str = ""
    name_en: str = ""
    area_id: int | None = None
    organisation_id: int | None = None
    note: str = ""
    is_fictional: bool = False


@dataclass(frozen=True)
class ContactDraft:
    """Somebody who speaks for an institution."""

    name: str
    function: str = ""
    phone: str = ""
    email: str = ""
    since: dt.date | None = None


@dataclass(frozen=True)
class BodyDraft:
    """A working group, task force or commission that meets."""

    name: str
    kind: BodyKind
    keeper_id: int
    basis: str = ""
    member_ids: Sequence[int] = ()
    is_fictional: bool = False


@dataclass(frozen=True)
class MeetingDraft:
    """A meeting of a body, with what will be spoken about."""

    body_id: int
    day: dt.date
    venue: str = ""
    agenda: Sequence[str] = ()
    is_fictional: bool = False


@dataclass(frozen=True)
class TaskDraft:
    """Something somebody of the office does until a day."""

    title: str
    owner_id: int
    due_on: dt.date


@dataclass(frozen=True)
class Reached:
    """How many people of an institution were at a training."""

    institution_id: int
    number: int


@dataclass(frozen=True)
class TrainingDraft:
    """Training given to institutions or civil society, with who was reached."""

    title: str
    provider: str
    keeper_id: int
    first_day: dt.date
    last_day: dt.date
    women: int
    men: int
    others: int = 0
    reached: Sequence[Reached] = field(default_factory=tuple)
    note: str = ""
    is_fictional: bool = False

    @property
    def total(self) -> int:
        """How many people took part."""
        return self.women + self.men + self.others


def tidy(text: str, *, name: str, limit: int = NAME_LENGTH, required: bool = True) -> str:
    """The text without blanks around it; raises BadInput for none where one is needed, or too much."""
    found = text.strip()
    if required and not found:
        raise errors.BadInput(errors.message("Fill this in."), code="text_missing", field=name)
    if len(found) > limit:
        raise errors.BadInput(
            errors.message("This is longer than {limit} signs. Shorten it."), code="text_long", field=name, limit=limit
        )
    return found


def check_day(day: dt.date, today: dt.date, *, name: str, may_come: bool = True) -> None:
    """Raise BadInput for a day that cannot be meant."""
    if not may_come and day > today:
        raise errors.BadInput(
            errors.message("{value} lies in the future. Write the day it happened."),
            code="date_in_future",
            field=name,
            value=day.strftime("%d.%m.%Y"),
        )
    if not EARLIEST_DAY <= day <= today.replace(day=1) + dt.timedelta(days=366 * LATEST_YEARS):
        raise errors.BadInput(
            errors.message("{value} cannot be meant. Check the year."),
            code="date_far",
            field=name,
            value=day.strftime("%d.%m.%Y"),
        )


def check_training(draft: TrainingDraft, today: dt.date) -> None:
    """Raise BadInput for a training of nobody, one that ends before it begins, or where more came than took part."""
    check_day(draft.first_day, today, name="first_day", may_come=False)
    check_day(draft.last_day, today, name="last_day", may_come=False)
    if draft.last_day < draft.first_day:
        raise errors.BadInput(
            errors.message("The end lies before the beginning. Exchange the two, or correct one."),
            code="end_before_start",
            field="last_day",
        )
    for name, number in (("women", draft.women), ("men", draft.men), ("others", draft.others)):
        _check_number(number, name)
    for each in draft.reached:
        _check_number(each.number, "reached")
    if not draft.total:
        raise errors.BadInput(errors.message("Say how many people took part."), code="nobody_trained", field="women")
    named = [each.institution_id for each in draft.reached]
    if len(named) != len(set(named)):
        raise errors.BadInput(
            errors.message("An institution stands twice. Write it once, with all its people."),
            code="reached_twice",
            field="reached",
        )
    if sum(each.number for each in draft.reached) > draft.total:
        raise errors.BadInput(
            errors.message("Institutions sent {sent} people, but only {total} took part. Correct one of the two."),
            code="reached_too_many",
            field="reached",
            sent=sum(each.number for each in draft.reached),
            total=draft.total,
        )


def _check_number(number: int, name: str) -> None:
    if not 0 <= number <= MOST_PEOPLE:
        raise errors.BadInput(
            errors.message("{value} people are not possible: 0 to {limit}."),
            code="number_of_people",
            field=name,
            value=number,
            limit=MOST_PEOPLE,
        )
