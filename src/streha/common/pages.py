"""Keyset pages: what every list hands to its door. No totals, no offsets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows in order, and the key after which the next page begins (empty at the end)."""

    rows: Sequence[Row]
    next: str = ""

    @property
    def more(self) -> bool:
        """Whether another page follows."""
        return bool(self.next)
