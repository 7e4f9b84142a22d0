"""Reads a CSV table of facts that a person prepared: strict about its shape, clear about what is wrong with it.

For the reference files of the rooms (areas, settlements, observations). Spreadsheets of people, in any encoding and
habit, are another matter and have their own reader.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from streha.common.errors import BadInput, message

MAX_BYTES = 64 * 1024 * 1024
MAX_ROWS = 500_000
MAX_CELL = 20_000


@dataclass(frozen=True)
class Row:
    """One row: its number as a spreadsheet shows it (the heading is 1) and its cells by column, trimmed."""

    number: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        """The cell, or an empty text when the table has no such column."""
        return self.cells.get(column, "")


@dataclass(frozen=True)
class Table:
    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read(data: bytes, *, name: str, required: Collection[str]) -> Table:
    """The table in ``data`` (UTF-8, comma or semicolon or tab, first row headings).

    Raises BadInput when it is empty, too large, not UTF-8, holds NULs, lacks a required column, repeats a heading,
    or when a row has more cells than there are headings. Empty rows are skipped.
    """
    text = _text(data, name)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    previous_limit = csv.field_size_limit(MAX_CELL)
    try:
        return _table(reader, name, required)
    except csv.Error as error:
        raise BadInput(
            message("{file}, line {line}: this is not a CSV table ({reason}). Save it as CSV again."),
            code="csv_broken",
            file=name,
            line=reader.line_num,
            reason=str(error),
        ) from error
    finally:
        csv.field_size_limit(previous_limit)


def _text(data: bytes, name: str) -> str:
    if not data.strip():
        raise BadInput(message("{file} is empty."), code="file_empty", file=name)
    if len(data) > MAX_BYTES:
        raise BadInput(
            message("{file} is larger than {limit} MB. Split it into several files."),
            code="file_too_large",
            file=name,
            limit=MAX_BYTES // 1024 // 1024,
        )
    if b"\0" in data:
        raise BadInput(
            message("{file} holds NUL bytes: it is not a text file. Save it as CSV in UTF-8."),
            code="file_not_text",
            file=name,
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadInput(
            message("{file}, line {line}: this is not UTF-8. Save the table as “CSV UTF-8”."),
            code="file_not_utf8",
            file=name,
            line=line,
        ) from error


def _separator(text: str) -> str:
    heading = text.lstrip().partition("\n")[0]
    return max(",;\t", key=heading.count)


def _table(reader: Iterable[list[str]], name: str, required: Collection[str]) -> Table:
    columns: tuple[str, ...] = ()
    rows: list[Row] = []
    for number, cells in enumerate(reader, start=1):
        if not any(cell.strip() for cell in cells):
            continue
        if not columns:
            columns = _headings(cells, name, required)
            continue
        if any(cell.strip() for cell in cells[len(columns) :]):
            raise BadInput(
                message("{file}, row {row}: more cells than headings. A text with a comma needs quotation marks."),
                code="csv_row_too_long",
                file=name,
                row=number,
            )
        if len(rows) >= MAX_ROWS:
            raise BadInput(
                message("{file} has more than {limit} rows. Split it into several files."),
                code="file_too_long",
                file=name,
                limit=MAX_ROWS,
            )
        rows.append(Row(number, {c: cell.strip() for c, cell in zip(columns, cells, strict=False)}))
    if not rows:
        raise BadInput(message("{file} has headings but no rows."), code="file_empty", file=name)
    return Table(name, columns, tuple(rows))


def _headings(cells: list[str], name: str, required: Collection[str]) -> tuple[str, ...]:
    columns = tuple(cell.strip() for cell in cells)
    named = [c for c in columns if c]
    doubled = sorted({c for c in named if named.count(c) > 1})
    if doubled:
        raise BadInput(
            message("{file}: the heading “{column}” stands there twice. Rename or remove one."),
            code="heading_doubled",
            file=name,
            column=doubled[0],
        )
    missing = [c for c in required if c not in named]
    if missing:
        raise BadInput(
            message("{file}: the column “{column}” is missing. Found: {found}."),
            code="heading_missing",
            file=name,
            column=missing[0],
            found=", ".join(named)[:300],
        )
    return columns
