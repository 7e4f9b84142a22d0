"""Whole numbers as addresses, forms and commands bring them: written by anybody, so perhaps not numbers at all."""

from __future__ import annotations

from typing import Final

MOST_DIGITS: Final = 18  # a number of so many digits fits every column of either database


def whole(text: str) -> int | None:
    """The number that plain digits say; None for anything else, and for one that no column of a database holds.

    ``str.isdigit`` is no such test: it is true of "²", of which ``int`` makes nothing.
    """
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None
