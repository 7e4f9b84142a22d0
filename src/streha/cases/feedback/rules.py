"""What holds for feedback without a database: channels, states, and the clock by which it is answered."""

from __future__ import annotations

import datetime as dt
import math
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from streha.cases import rules as cases
from streha.common import errors
from streha.common.codes import Sex
from streha.common.words import Words

TEXT_LENGTH = cases.TEXT_LENGTH
NAME_LENGTH = 160
EARLIEST_DAY = dt.date(1999, 1, 1)
LONGEST_DAYS = 365
SATURDAY = 5


class Channel(StrEnum):
    PHONE = "phone"
    IN_PERSON = "in_person"
    LETTER = "letter"
    EMAIL = "email"
    MESSAGE = "message"
    BOX = "box"
    MEETING = "meeting"
    OTHER = "other"


class State(StrEnum):
    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"
    CLOSED = "closed"


RUNNING = (State.RECEIVED, State.ACKNOWLEDGED)  # the clock runs


class Outcome(StrEnum):
    UPHELD = "upheld"
    PARTLY = "partly"
    NOT_UPHELD = "not_upheld"
    INFORMED = "informed"
    PASSED_ON = "passed_on"
    WITHDRAWN = "withdrawn"


class NotTold(StrEnum):
    """Why the outcome could not be told."""

    ANONYMOUS = "anonymous"
    UNREACHABLE = "unreachable"
    UNSAFE = "unsafe"


class AgeGroup(StrEnum):
    CHILD = "0-17"
    ADULT = "18-59"
    OLDER = "60+"
    UNKNOWN = "u"


class Disability(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "u"


class Standing(StrEnum):
    """How the clock stands."""

    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    BREACHED = "breached"
    STOPPED = "stopped"


class Counting(StrEnum):
    WORKING = "working"
    CALENDAR = "calendar"


# --- the clock --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Terms:
    """Within how many days feedback of a category is acknowledged and answered, and from when that is at risk."""

    acknowledge_days: int
    answer_days: int
    at_risk_percent: int
    counting: Counting = Counting.WORKING


@dataclass(frozen=True)
class Deadlines:
    """The last days on which it is in time, and the days from which it is at risk; no day to acknowledge to nobody."""

    acknowledge_by: dt.date | None
    acknowledge_risk_on: dt.date | None
    answer_by: dt.date
    answer_risk_on: dt.date


def days_after(day: dt.date, days: int, counting: Counting, closed: Collection[dt.date] = ()) -> dt.date:
    """The day so many days later; working days leave out Saturdays, Sundays and days on which the office is closed.

    >>> days_after(dt.date(2026, 11, 20), 2, Counting.WORKING)  # a Friday
    datetime.date(2026, 11, 24)
    """
    if counting == Counting.CALENDAR:
        return day + dt.timedelta(days=days)
    left = days
    while left:
        day += dt.timedelta(days=1)
        if day.weekday() < SATURDAY and day not in closed:
            left -= 1
    return day


def deadlines(
    received_on: dt.date, terms: Terms, *, can_be_reached: bool, closed: Collection[dt.date] = ()
) -> Deadlines:
    """By when feedback of a day is acknowledged and answered; whoever cannot be reached is not acknowledged."""

    def after(days: int) -> dt.date:
        return days_after(received_on, days, terms.counting, closed)

    def risk(days: int) -> dt.date:
        return after(math.ceil(days * terms.at_risk_percent / 100))

    return Deadlines(
        after(terms.acknowledge_days) if can_be_reached else None,
        risk(terms.acknowledge_days) if can_be_reached else None,
        after(terms.answer_days),
        risk(terms.answer_days),
    )


def standing(state: str, *, due_on: dt.date, risk_on: dt.date, today: dt.date) -> Standing:
    """How the running clock stands; an answer stops it.

    >>> standing("received", due_on=dt.date(2026, 5, 6), risk_on=dt.date(2026, 5, 5), today=dt.date(2026, 5, 6))
    <Standing.AT_RISK: 'at_risk'>
    """
    if state not in RUNNING:
        return Standing.STOPPED
    if today > due_on:
        return Standing.BREACHED
    return Standing.AT_RISK if today >= risk_on else Standing.ON_TRACK


# --- categories -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ClockDraft:
    """A category of feedback with its clock; a version of it once it is written."""

    code: str
    label: Words
    terms: Terms
    source: str
    note: str = ""
    is_sensitive: bool = False
    verified_by: str = ""


def read_clocks(content: str) -> tuple[ClockDraft, ...]:
    """Categories of a TOML file as it ships with Streha."""
    return tuple(_read_clock(told) for told in tomllib.loads(content)["category"])


def _read_clock(told: dict[str, Any]) -> ClockDraft:
    return ClockDraft(
        code=told["code"],
        label=cases.words(*told["label"]),
        terms=Terms(told["acknowledge_days"], told["answer_days"], told["at_risk_percent"], Counting(told["counting"])),
        source=told["source"],
        note=told.get("note", ""),
        is_sensitive=told.get("sensitive", False),
    )


def check_clock(draft: ClockDraft) -> None:
    """Raise BadInput for a category without names, source, or with days that cannot be."""
    if not cases.CODE.match(draft.code):
        raise errors.BadInput(
            errors.message("“{value}” is no code. Write 2 to 30 small letters of a-z, digits and _."),
            code="clock_code",
            field="code",
            value=draft.code,
        )
    if not draft.source.strip():
        raise errors.BadInput(
            errors.message("Say where these days come from: a rule, a decision, a day."),
            code="source_missing",
            field="source",
        )
    if not (draft.label.sq and draft.label.sr and draft.label.en):
        raise errors.BadInput(
            errors.message("“{value}” lacks a name in one of Albanian, Serbian, English."),
            code="label_missing",
            field="label_en",
            value=draft.label.en or draft.code,
        )
    terms = draft.terms
    for field, days in (("acknowledge_days", terms.acknowledge_days), ("answer_days", terms.answer_days)):
        if not 1 <= days <= LONGEST_DAYS:
            raise errors.BadInput(
                errors.message("{value} days are not possible: 1 to {limit}."),
                code="clock_days",
                field=field,
                value=days,
                limit=LONGEST_DAYS,
            )
    if terms.answer_days < terms.acknowledge_days:
        raise errors.BadInput(
            errors.message("The answer would be due before the acknowledgement. Exchange the two, or correct one."),
            code="clock_order",
            field="answer_days",
        )
    if not 1 <= terms.at_risk_percent <= 100:
        raise errors.BadInput(
            errors.message("The share from which it is at risk lies between 1 and 100 %; {value} does not."),
            code="clock_share",
            field="at_risk_percent",
            value=terms.at_risk_percent,
        )


# --- taking in, answering ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FeedbackDraft:
    """What somebody told the office, as it is taken in."""

    category: str
    channel: Channel
    keeper_id: int
    text: str
    received_on: dt.date
    person_id: int | None = None
    name: str = ""
    contact: str = ""
    is_anonymous: bool = False
    household_id: int | None = None
    case_id: int | None = None
    home_id: int | None = None
    sex: Sex = Sex.UNKNOWN
    age_group: AgeGroup = AgeGroup.UNKNOWN
    disability: Disability = Disability.UNKNOWN
    is_fictional: bool = False

    @property
    def can_be_reached(self) -> bool:
        """Whether somebody can be told anything."""
        return not self.is_anonymous


def check_draft(draft: FeedbackDraft, today: dt.date) -> None:
    """Raise BadInput for feedback that says nothing, lies in the future, or is anonymous and named at once."""
    check_text(draft.text)
    check_day(draft.received_on, EARLIEST_DAY, today, field="received_on")
    if draft.is_anonymous and (draft.person_id or draft.name.strip() or draft.contact.strip()):
        raise errors.BadInput(
            errors.message("Whoever stays anonymous has no name, number or contact here. Leave them out."),
            code="anonymous_named",
            field="is_anonymous",
        )
    for field, text in (("name", draft.name), ("contact", draft.contact)):
        if len(text) > NAME_LENGTH:
            raise errors.BadInput(
                errors.message("This is longer than {limit} signs. Shorten it."),
                code="text_long",
                field=field,
                limit=NAME_LENGTH,
            )


def check_text(text: str, field: str = "text") -> str:
    """The text without blanks around it; raises BadInput for none, or too much."""
    tidy = text.strip()
    if not tidy:
        raise errors.BadInput(errors.message("Write something, or leave the form."), code="text_missing", field=field)
    if len(tidy) > TEXT_LENGTH:
        raise errors.BadInput(
            errors.message("This is longer than {limit} signs. Shorten it, or write two."),
            code="text_long",
            field=field,
            limit=TEXT_LENGTH,
        )
    return tidy


def check_day(day: dt.date, first: dt.date, today: dt.date, *, field: str) -> None:
    """Raise BadInput for a day to come, or one before the first that is possible."""
    if day > today:
        raise errors.BadInput(
            errors.message("{value} lies in the future. Write the day it happened."),
            code="date_in_future",
            field=field,
            value=day.strftime("%d.%m.%Y"),
        )
    if day < first:
        raise errors.BadInput(
            errors.message("{value} is before {first}. Write the day it happened."),
            code="date_too_early",
            field=field,
            value=day.strftime("%d.%m.%Y"),
            first=first.strftime("%d.%m.%Y"),
        )


@dataclass(frozen=True)
class Told:
    """How the outcome was told, when; or why it was not."""

    on: dt.date | None = None
    how: Channel | None = None
    not_told: NotTold | None = None


def check_told(told: Told, *, is_anonymous: bool) -> None:
    """Raise BadInput unless the outcome was told on a day in a way, or there is a reason why not; never both."""
    if (told.on is None) != (told.how is None) or (told.on is None) == (told.not_told is None):
        raise errors.BadInput(
            errors.message("Say when and how the outcome was told, or why it could not be."),
            code="told_or_not",
            field="how",
        )
    if told.on is not None and is_anonymous:
        raise errors.BadInput(
            errors.message("Nobody is known who could have been told: it is anonymous. Choose the reason."),
            code="told_nobody",
            field="not_told",
        )


def number(pk: int) -> str:
    """The number people read out: F-0000012."""
    return f"F-{pk:07d}"


# --- figures ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Course:
    """The days of one feedback, as figures need them."""

    received_on: dt.date
    acknowledge_by: dt.date | None
    acknowledged_on: dt.date | None
    answer_by: dt.date
    answered_on: dt.date | None
    closed_on: dt.date | None
    told_on: dt.date | None

    @property
    def days(self) -> int | None:
        """Days from coming in to the answer."""
        return (self.answered_on - self.received_on).days if self.answered_on else None

    def acknowledged_in_time(self, today: dt.date) -> bool | None:
        """Whether it was acknowledged in time; None while it still can be, or where nobody could be reached."""
        return None if self.acknowledge_by is None else _in_time(self.acknowledged_on, self.acknowledge_by, today)

    def answered_in_time(self, today: dt.date) -> bool | None:
        """Whether it was answered in time; None while it still can be."""
        return _in_time(self.answered_on, self.answer_by, today)


def _in_time(done: dt.date | None, by: dt.date, today: dt.date) -> bool | None:
    if done is not None:
        return done <= by
    return False if today > by else None


def median(values: Collection[int]) -> float | None:
    """The middle of the values, or between the two in the middle.

    >>> median([9, 1, 4]), median([1, 4]), median([])
    (4.0, 2.5, None)
    """
    if not values:
        return None
    ordered = sorted(values)
    middle = len(ordered) // 2
    return float(ordered[middle]) if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
