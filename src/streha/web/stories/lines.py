"""Lines of a story, put in order: what is still to come by its day, and what happened with the latest first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise

from streha.common.codes import Precision

SHOWN = 14  # the others are folded, so that a page stays a page
MOST_COMING = 8


@dataclass(frozen=True)
class Photo:
    """A photo beside a line: the address of the small one and of the full one."""

    full: str
    small: str
    width: int
    height: int
    words: str


@dataclass(frozen=True)
class Line:
    """Something that happened on a day, or is to happen; a day that nobody knows is None."""

    on: dt.date | None
    said: str | Promise
    name: str | Promise = ""
    url: str = ""
    detail: str | Promise = ""
    who: str = ""
    precision: str = Precision.DAY
    until: dt.date | None = None
    until_precision: str = Precision.DAY
    part: str = ""
    """A template for what is said, where names are shown to some readers alone; it reads ``line.what``."""
    what: Any = None
    photos: tuple[Photo, ...] = field(default=())
    is_open: bool = False
    """Whether it is still to be done, however long its day has passed."""


@dataclass(frozen=True)
class Story:
    """The lines of a page in their order."""

    late: tuple[Line, ...]
    coming: tuple[Line, ...]
    latest: tuple[Line, ...]
    earlier: tuple[Line, ...]

    def __bool__(self) -> bool:
        return bool(self.late or self.coming or self.latest)


def told(lines: Iterable[Line], today: dt.date) -> Story:
    """A story of these lines: what is overdue and what comes by day, what happened with the latest first.

    Lines of one day keep the order in which they were given, the later one first; what has no day comes last.
    """
    given = list(lines)
    ahead = sorted(
        (line for line in given if line.is_open or (line.on is not None and line.on > today)),
        key=lambda line: line.on or today,
    )
    behind = [line for line in given if not line.is_open and (line.on is None or line.on <= today)]
    behind = sorted(behind, key=lambda line: line.on or dt.date.min)[::-1]
    late = tuple(line for line in ahead if line.on is not None and line.on < today)
    coming = tuple(line for line in ahead if line not in late)
    return Story(late[:MOST_COMING], coming[:MOST_COMING], tuple(behind[:SHOWN]), tuple(behind[SHOWN:]))


def day(moment: dt.datetime) -> dt.date:
    """The day of a moment where the office stands."""
    return timezone.localtime(moment).date()


def name_of(user: Any) -> str:
    """Who did it; nothing where nobody is noted."""
    return "" if user is None else str(user)


# --- where something stands -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """A step on the way, with the day on which it was reached."""

    label: str | Promise
    on: dt.date | None = None
    is_now: bool = False

    @property
    def css(self) -> str:
        return "now" if self.is_now else "done" if self.on else ""


def steps(reached: Iterable[tuple[str | Promise, dt.date | None]]) -> tuple[Step, ...]:
    """Steps in their order; the first that was not reached after the last one that was is where it stands now."""
    given = list(reached)
    last = max((n for n, (_label, on) in enumerate(given) if on), default=-1)
    return tuple(Step(label, on, is_now=n == last + 1) for n, (label, on) in enumerate(given))
