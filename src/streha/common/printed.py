"""What a document looks like before anybody knows what it says: words on pages, or blocks in order.

``formats`` makes these values from bytes and ``engine.law`` reads them, so neither needs to know the other. Lengths
are points (1/72 inch) from the upper left corner of the page as it is read, y growing downwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class Said(str):
    """A sentence for whoever reads the document: English text, with the template and details a door translates.

    It is its English text in every other respect, so that it prints and compares as one.
    """

    template: str
    details: dict[str, Any]

    __slots__ = ("details", "template")

    def __new__(cls, template: str, /, **details: Any) -> Said:
        said = super().__new__(cls, template.format(**details))
        said.template = template
        said.details = details
        return said


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in points: left, top, right, bottom."""

    x0: float
    y0: float
    x1: float
    y1: float

    def around(self, other: Box) -> Box:
        """The smallest box that holds both."""
        return Box(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))


@dataclass(frozen=True, slots=True)
class Word:
    """Characters without a gap between them, with the height of their font (points) and whether it is bold."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its words in no promised order, and its ruled lines (thin boxes)."""

    number: int
    width: float
    height: float
    words: tuple[Word, ...]
    rules: tuple[Box, ...] = ()
    images: int = 0
    recognised: bool = False  # the words were read from a picture
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """Where in a table a block stands: table, row and column count from 1."""

    table: int
    row: int
    column: int
    columns: int
    header: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph in reading order.

    ``number`` is a label that the file keeps apart from the text (automatic numbering), ``level`` the depth of a
    heading (1 is the highest) and 0 for running text, ``indent`` the depth of a list item.
    """

    text: str
    number: str = ""
    level: int = 0
    indent: int = 0
    page: int | None = None
    box: Box | None = None
    bold: bool = False
    size: float = 0.0
    cell: Cell | None = None
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """A document that has no pages of its own: blocks in order, and what the reader must be told."""

    blocks: tuple[Block, ...]
    warnings: tuple[Said, ...] = field(default=())
