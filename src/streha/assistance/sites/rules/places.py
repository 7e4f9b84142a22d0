"""Sites, stays and nightly counts without a database: codes, drafts, checks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from streha.common import errors

NAME_LENGTH = 160
NOTE_LENGTH = 300
SOON_FULL = Decimal("0.9")
LATEST_NIGHTS = 14
"""Nights back that may still be counted; what was never counted by then stays unknown."""


class Kind(StrEnum):
    """What kind of site."""

    CAMP = "camp"
    COLLECTIVE_CENTRE = "collective_centre"
    SHELTER = "shelter"


class Difference(StrEnum):
    """Why more or fewer were counted than are checked in."""

    ABSENT = "absent"  # away for the night, will come back
    NOT_CHECKED_OUT = "not_checked_out"
    NOT_CHECKED_IN = "not_checked_in"
    VISITORS = "visitors"
    OTHER = "other"


class Left(StrEnum):
    """Where somebody who leaves goes to."""

    HOME = "home"
    OTHER_SITE = "other_site"
    HOST_FAMILY = "host_family"
    RENTED = "rented"
    ABROAD = "abroad"
    DIED = "died"
    NOT_KNOWN = "not_known"


@dataclass(frozen=True)
class SiteDraft:
    """A site as somebody describes it."""

    name: str
    kind: Kind
    municipality_id: int
    capacity: int
    opened_on: dt.date
    set_aside: int = 0
    covered_m2: Decimal | None = None
    step_free: int = 0
    water_l_day: int | None = None
    taps: int | None = None
    latrines: int | None = None
    name_other: str = ""
    settlement_id: int | None = None
    facility_id: int | None = None
    lon: float | None = None
    lat: float | None = None
    is_cold: bool = True
    is_hidden: bool = False
    is_fictional: bool = False


def check_site(draft: SiteDraft) -> None:
    """Raise BadInput for a site that cannot be."""
    if not draft.name.strip():
        raise errors.BadInput(errors.message("Give the site a name."), code="name_missing", field="name")
    if draft.capacity < 1:
        raise errors.BadInput(
            errors.message("A site for {value} people is none. Say for how many people it is."),
            code="capacity",
            field="capacity",
            value=draft.capacity,
        )
    if draft.set_aside > draft.capacity:
        raise errors.BadInput(
            errors.message("{value} places cannot be set aside of {capacity}. Set aside fewer."),
            code="set_aside",
            field="set_aside",
            value=draft.set_aside,
            capacity=draft.capacity,
        )
    if draft.step_free > draft.capacity:
        raise errors.BadInput(
            errors.message("{value} places without steps are more than the {capacity} there are. Correct one of them."),
            code="step_free",
            field="step_free",
            value=draft.step_free,
            capacity=draft.capacity,
        )
    if (draft.lon is None) != (draft.lat is None):
        raise errors.BadInput(
            errors.message("A point needs both longitude and latitude. Write both, or neither."),
            code="half_a_point",
            field="lon",
        )


@dataclass(frozen=True)
class Span:
    """A stay: from a day, and until a day or still going on."""

    since: dt.date
    until: dt.date | None = None


def overlapping(spans: Iterable[Span], new: Span) -> Span | None:
    """The first stay during which somebody would be in two places. To leave and arrive on one day is no overlap."""
    for span in spans:
        begins_before = new.until is None or span.since < new.until
        if begins_before and (span.until is None or new.since < span.until):
            return span
    return None


def check_leaving(since: dt.date, until: dt.date, today: dt.date) -> None:
    """Raise BadInput for a day of leaving that cannot be."""
    if until < since:
        raise errors.BadInput(
            errors.message("They came on {since} and cannot leave on {until}. Correct the day."),
            code="leaves_before_coming",
            field="day",
            since=since.isoformat(),
            until=until.isoformat(),
        )
    check_not_ahead(until, today)


def check_not_ahead(day: dt.date, today: dt.date) -> None:
    """Raise BadInput for a day that has not come yet."""
    if day > today:
        raise errors.BadInput(
            errors.message("{day} has not come yet. Note what has happened."),
            code="day_ahead",
            field="day",
            day=day.isoformat(),
        )


def check_night(night: dt.date, opened_on: dt.date, today: dt.date) -> None:
    """Raise BadInput for a night that cannot be counted (any more)."""
    check_not_ahead(night, today)
    if night < opened_on or (today - night).days > LATEST_NIGHTS:
        raise errors.BadInput(
            errors.message("The night of {night} cannot be counted: the site opened on {opened}, and after {days} days "
                           "nobody remembers. Choose another night."),
            code="night",
            field="night",
            night=night.isoformat(),
            opened=opened_on.isoformat(),
            days=LATEST_NIGHTS,
        )  # fmt: skip


def check_difference(counted: int, registered: int, why: Difference | None, note: str) -> None:
    """Raise BadInput for a count that differs from who is checked in without saying why."""
    if counted == registered:
        return
    if why is None or (why is Difference.OTHER and not note.strip()):
        raise errors.BadInput(
            errors.message("{counted} were counted and {registered} are checked in. Say what explains the difference."),
            code="difference_unexplained",
            field="why",
            counted=counted,
            registered=registered,
        )


@dataclass(frozen=True)
class Places:
    """Places of a site. ``taken`` never counts who stays in the places set aside, so nothing shows who does."""

    capacity: int
    set_aside: int
    taken: int
    step_free: int = 0
    step_free_taken: int = 0

    @property
    def free(self) -> int:
        return max(self.capacity - self.set_aside - self.taken, 0)

    @property
    def over(self) -> int:
        """How many more stay than there are places."""
        return max(self.taken - (self.capacity - self.set_aside), 0)

    @property
    def step_free_free(self) -> int:
        """Places without steps that can be given: no more than are free at all."""
        return max(min(self.step_free - self.step_free_taken, self.free), 0)

    @property
    def share(self) -> float:
        """How full the places are that may be given, 0 to 1 and beyond."""
        open_to = self.capacity - self.set_aside
        return self.taken / open_to if open_to else (1.0 if self.taken else 0.0)


def check_room(places: Places, coming: int, *, step_free: int = 0) -> None:
    """Raise Conflict where there is no room for those who come."""
    if coming > places.free:
        raise errors.Conflict(
            errors.message("{coming} people need a place and {free} places are free. Choose another site, or open more "
                           "places here first."),
            code="site_full",
            coming=coming,
            free=places.free,
        )  # fmt: skip
    if step_free > max(places.step_free - places.step_free_taken, 0):
        raise errors.Conflict(
            errors.message("{coming} people need a place without steps and {free} of those are free. Choose another "
                           "site, or build ramps first."),
            code="no_step_free",
            coming=step_free,
            free=max(places.step_free - places.step_free_taken, 0),
        )  # fmt: skip
