"""What a room says about one person in their subject file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """A heading (code) and its rows: what it is (code, or ``kind:code``) and its value (text, or ``kind:code``)."""

    code: str
    rows: tuple[tuple[str, str], ...]
