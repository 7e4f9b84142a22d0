"""Keyset pages: what every list hands to its door. No totals, no offsets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from streha.common import errors, numbers

Row = TypeVar("Row")

PAGE_SIZE = 50
SEPARATOR: Final = "~"


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows in order, and the key after which the next page begins (empty at the end)."""

    rows: Sequence[Row]
    next: str = ""

    @property
    def more(self) -> bool:
        """Whether another page follows."""
        return bool(self.next)


# --- keys: the place in a list where a page ended, as it stands in the address ---------------------------------------


def key(*parts: str | int | dt.date) -> str:
    """The key of a place in a list, of what its rows are ordered by."""
    return SEPARATOR.join(part.isoformat() if isinstance(part, dt.date) else str(part) for part in parts)


def number_of(after: str) -> int:
    """The number that is a whole key, or the last part of one. Raises BadInput for what no page ever had."""
    number = numbers.whole(after)
    if number is None:
        raise no_such_page()
    return number


def day_of(after: str) -> tuple[dt.date, int]:
    """Day and number of a key that has both. Raises BadInput for what no page ever had."""
    day, _, number = after.rpartition(SEPARATOR)
    try:
        return dt.date.fromisoformat(day), number_of(number)
    except ValueError:
        raise no_such_page() from None


def no_such_page() -> errors.BadInput:
    """What is said of a key that no page ever had."""
    return errors.BadInput(errors.message("This page does not exist. Begin at the first page."), code="page_key")
