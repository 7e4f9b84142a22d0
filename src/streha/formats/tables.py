"""Lists of people as they arrive: workbooks and text tables to rows of text, and rows back to files.

``open_workbook`` tells what a file is by its content, never by its name, measures it before anything expands it, and
names its sheets. ``Workbook.table`` finds the headings of one sheet and gives its rows. Every cell becomes text: what
a date or a number means is decided later, with the whole column in view. Nothing here knows what a person is.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import python_calamine
import xlsxwriter

from streha.common.errors import BadInput, message
from streha.formats import archives, plaintext

Row = tuple[str, ...]


@dataclass(frozen=True)
class Limits:
    """What a file may be at most. Bytes; expanded bytes; bytes per packed byte; and per sheet rows, columns, cells."""

    size: int = 60 << 20
    expanded: int = 1 << 30
    ratio: int = 200
    rows: int = 1_000_000
    columns: int = 500
    cells: int = 30_000_000


LIMITS = Limits()

EMPTY = message("The file “{name}” is empty. Bring a file with a line of headings and at least one row.")
TOO_BIG = message(
    "The file “{name}” has {size} MB; at most {limit} MB can be brought at once. Split the list into several files."
)
TOO_MANY_ROWS = message(
    "Sheet “{sheet}” of “{name}” has {rows} rows; at most {limit} can be brought at once. Split the list."
)
TOO_MANY_COLUMNS = message(
    "Sheet “{sheet}” of “{name}” has {columns} columns; at most {limit} can be read. "
    "Delete the columns beyond the list."
)
UNREADABLE_KIND = message(
    "The file “{name}” is {kind}, not a list. Bring XLSX, XLS, ODS, or CSV and tab-separated text."
)
HTML_TABLE = message(
    "The file “{name}” is a web page, whatever its name says. Open it in a spreadsheet program, "
    "save it as XLSX and bring that."
)
NO_SUCH_SHEET = message("“{name}” has no sheet “{sheet}”. Its sheets are: {sheets}.")
NO_SHEET = message("The file “{name}” has no sheet with rows. Bring a file with headings and at least one row.")
NO_HEADINGS = message(
    "Sheet “{sheet}” of “{name}” has no row of headings. Write a heading above every column and bring it again."
)

_MAGIC = (
    (b"%PDF", message("a PDF document")),
    (b"\x89PNG", message("a picture")),
    (b"\xff\xd8\xff", message("a picture")),
    (b"GIF8", message("a picture")),
    (b"{\\rtf", message("a text document")),
    (b"Rar!", message("a packed archive")),
    (b"7z\xbc\xaf", message("a packed archive")),
    (b"\x1f\x8b", message("a packed archive")),
    (b"SQLite format 3", message("a database")),
    (b"MZ", message("a program")),
    (b"\x7fELF", message("a program")),
)
_INVISIBLE = dict.fromkeys((0, *range(8203, 8208), *range(8234, 8239), *range(8288, 8298), 65279, 173))
_INVISIBLE |= {0xA0: " ", 0x202F: " ", 0x2007: " ", 0x0B: " ", 0x0C: " "}
_NEEDS_CLEANING = re.compile("[\x00-\x08\x0b-\x1f\xa0\xad\u2007\u200b-\u200f\u202a-\u202f\u2060-\u2069\ufeff]")
_CONTROL = re.compile("[\x01-\x08\x0e-\x1f]")


@dataclass(frozen=True)
class Remark:
    """Something a reader should know though it stops nothing; ``row`` as the spreadsheet counts, 0 for the file."""

    code: str
    row: int = 0
    text: str = ""


@dataclass(frozen=True)
class Sheet:
    """A sheet by name; hidden ones are named and read only when asked for."""

    name: str
    hidden: bool


@dataclass(frozen=True)
class Table:
    """A list with its headings found.

    ``headings`` are unique and never empty; ``first_row`` is the spreadsheet's number of the first row under them;
    ``rows`` yields (spreadsheet row number, cells), as many cells as headings, never an empty row.
    """

    sheet: str
    headings: tuple[str, ...]
    first_row: int
    title: tuple[str, ...]
    rows: tuple[tuple[int, Row], ...]
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class Vocabulary:
    """What the caller knows of headings: is this cell one, and does this cell begin a row of totals?"""

    is_heading: Callable[[str], bool] = lambda _text: False
    is_total: Callable[[str], bool] = lambda _text: False


@dataclass(frozen=True)
class Workbook:
    """An opened file: what it is, and its sheets. ``separator`` and ``encoding`` are set for text files."""

    name: str
    kind: str
    sheets: tuple[Sheet, ...]
    data: bytes = field(repr=False)
    encoding: str = ""
    separator: str = ""
    remarks: tuple[Remark, ...] = ()
    limits: Limits = LIMITS
    extents: Mapping[str, archives.Extent] = field(default_factory=dict, repr=False)

    def visible(self) -> tuple[Sheet, ...]:
        return tuple(sheet for sheet in self.sheets if not sheet.hidden)

    def grid(self, sheet: str) -> Grid:
        """The cells of one sheet as text. Raises BadInput ``no_such_sheet`` or a limit's code."""
        if sheet not in {known.name for known in self.sheets}:
            names = ", ".join(known.name for known in self.sheets)
            raise BadInput(NO_SUCH_SHEET, code="no_such_sheet", name=self.name, sheet=sheet, sheets=names)
        if self.kind == "text":
            return _text_grid(self)
        return _workbook_grid(self, sheet)

    def table(self, sheet: str, *, vocabulary: Vocabulary = Vocabulary()) -> Table:
        """One sheet with its headings found, titles, totals, repeated headings and empty rows set aside."""
        return lay_out(self.grid(sheet), name=self.name, sheet=sheet, vocabulary=vocabulary)


@dataclass(frozen=True)
class Grid:
    """Cells of a sheet as text from its top; ``merged`` blocks as (top, left, bottom, right), counted from 0."""

    rows: list[Row]
    merged: tuple[tuple[int, int, int, int], ...] = ()
    cleaned: int = 0


def open_workbook(data: bytes, *, name: str, limits: Limits = LIMITS) -> Workbook:
    """Tell what a file is by its content and name its sheets, or refuse it with a BadInput that says what to do.

    Codes: ``file_empty``, ``file_too_big``, ``file_broken``, ``file_too_large``, ``file_bomb``, ``file_entities``,
    ``file_password``, ``file_kind``, ``file_html``, ``not_a_table``.
    """
    name = _short(name)
    if not data.strip(b"\x00\r\n\t "):
        raise BadInput(EMPTY, code="file_empty", name=name)
    if len(data) > limits.size:
        raise BadInput(TOO_BIG, code="file_too_big", name=name, size=len(data) >> 20, limit=limits.size >> 20)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _open_zip(data, name, limits)
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _open_ole(data, name, limits)
    for magic, kind in _MAGIC:
        if data.startswith(magic) and not (magic == b"MZ" and b"\n" in data[:200] and b"\x00" not in data[:200]):
            raise BadInput(UNREADABLE_KIND, code="file_kind", name=name, kind=kind)
    return _open_text(data, name, limits)


def _open_zip(data: bytes, name: str, limits: Limits) -> Workbook:
    members = archives.members(data, name=name, expanded=limits.expanded, ratio=limits.ratio)
    if "xl/workbook.xml" in members or (
        "[Content_Types].xml" in members and any(m.startswith("xl/worksheets/") for m in members)
    ):
        kind = "xlsx"
    elif "content.xml" in members:
        manifest = b"".join(archives.member_pieces(data, "META-INF/manifest.xml", name))
        if b"encryption-data" in manifest:
            raise BadInput(archives.PASSWORD, code="file_password", name=name)
        kind = "ods"
    elif "xl/workbook.bin" in members:
        raise BadInput(UNREADABLE_KIND, code="file_kind", name=name, kind=message("a binary workbook (XLSB)"))
    elif "word/document.xml" in members:
        raise BadInput(UNREADABLE_KIND, code="file_kind", name=name, kind=message("a text document"))
    else:
        raise BadInput(UNREADABLE_KIND, code="file_kind", name=name, kind=message("a packed archive"))
    # Measured before the reader opens it: the reader lays a sheet out in memory from corner to corner.
    extents: dict[str, archives.Extent] = {}
    if kind == "ods":
        extents = archives.ods_extents(data, name=name, cells=limits.cells)
    else:
        _measure_xlsx(data, name, limits)
    return Workbook(name, kind, _sheets(data, name), data, limits=limits, extents=extents)


def _open_ole(data: bytes, name: str, limits: Limits) -> Workbook:
    import msoffcrypto
    from msoffcrypto.exceptions import FileFormatError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if msoffcrypto.OfficeFile(io.BytesIO(data)).is_encrypted():
                raise BadInput(archives.PASSWORD, code="file_password", name=name)
        except BadInput:
            raise
        except FileFormatError:
            raise BadInput(UNREADABLE_KIND, code="file_kind", name=name, kind=message("a document of another program"))
        except Exception:  # the library raises whatever its parser meets in a damaged file
            raise BadInput(archives.BROKEN, code="file_broken", name=name)
    if b"W\x00o\x00r\x00k\x00b\x00o\x00o\x00k\x00" not in data and b"B\x00o\x00o\x00k\x00" not in data:
        raise BadInput(UNREADABLE_KIND, code="file_kind", name=name, kind=message("a document of another program"))
    return Workbook(name, "xls", _sheets(data, name), data, limits=limits)


def _open_text(data: bytes, name: str, limits: Limits) -> Workbook:
    decoded = plaintext.decode(data, name=name)
    start = decoded.text[:2048].lstrip("\ufeff \t\r\n").lower()
    if start.startswith(("<!doctype", "<html", "<table", "<?xml", "<head", "<meta")):
        raise BadInput(HTML_TABLE, code="file_html", name=name)
    if not decoded.text.strip():
        raise BadInput(EMPTY, code="file_empty", name=name)
    mark = plaintext.separator(decoded.text)
    remarks = (Remark("nul_characters", text=str(decoded.nulls)),) if decoded.nulls else ()
    sheet = Sheet(PurePath(name).stem or name, hidden=False)
    text = decoded.text.encode("utf-8", errors="replace")
    return Workbook(name, "text", (sheet,), text, decoded.encoding, mark, remarks, limits)


def _sheets(data: bytes, name: str) -> tuple[Sheet, ...]:
    with _calamine(data, name) as book:
        visible = python_calamine.SheetVisibleEnum.Visible
        work = python_calamine.SheetTypeEnum.WorkSheet
        sheets = tuple(Sheet(m.name, m.visible != visible) for m in book.sheets_metadata if m.typ == work)
    if not sheets:
        raise BadInput(NO_SHEET, code="no_sheet", name=name)
    return sheets


class _calamine:
    """Open a measured workbook; what the reader raises, panics of its Rust part included, becomes one BadInput."""

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.name = name

    def __enter__(self) -> python_calamine.CalamineWorkbook:
        try:
            self.book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(self.data))
        except BaseException as problem:
            raise self._told(problem)
        return self.book

    def __exit__(self, _kind: object, problem: BaseException | None, _trace: object) -> None:
        self.book.close()
        if problem is not None and not isinstance(problem, BadInput | KeyboardInterrupt | SystemExit | MemoryError):
            raise self._told(problem)

    def _told(self, problem: BaseException) -> BaseException:
        if isinstance(problem, KeyboardInterrupt | SystemExit | MemoryError):
            return problem
        if isinstance(problem, python_calamine.PasswordError):
            return BadInput(archives.PASSWORD, code="file_password", name=self.name)
        return BadInput(archives.BROKEN, code="file_broken", name=self.name)


def _workbook_grid(book: Workbook, sheet: str) -> Grid:
    extent = book.extents.get(sheet)
    merged = extent.merged if extent else ()
    with _calamine(book.data, book.name) as opened:
        cells = opened.get_sheet_by_name(sheet)
        end, start = cells.end, cells.start
        if end is None or start is None:
            return Grid([])
        _within(book, sheet, end[0] + 1, end[1] + 1)
        left = ("",) * start[1]
        rows: list[Row] = [()] * start[0]
        cleaned = 0
        for values in cells.iter_rows():
            row = tuple([value if type(value) is str else _as_text(value) for value in values])
            joined = "\n".join(row)
            if _NEEDS_CLEANING.search(joined):
                cleaned += 1
                row = tuple(clean(cell) for cell in row)
            rows.append(left + row if left else row)
        if book.kind != "ods":
            blocks = cells.merged_cell_ranges or []
            merged = tuple((a[0], a[1], b[0], b[1]) for a, b in blocks)
    # Rows of the reader begin at the first filled row or at the top, depending on the format.
    surplus = len(rows) - (end[0] + 1)
    if surplus > 0 and not any(any(cell for cell in row) for row in rows[:surplus]):
        rows = rows[surplus:]
    return Grid(rows, merged, cleaned)


def _measure_xlsx(data: bytes, name: str, limits: Limits) -> None:
    for member in archives.worksheets(data, name):
        extent = archives.xlsx_extent(data, member, name=name, cells=limits.cells)
        if extent.rows * extent.columns > limits.cells:
            sheet = PurePath(member).stem
            raise BadInput(archives.TOO_MANY_CELLS, code="too_many_cells", name=name, sheet=sheet, limit=limits.cells)


def _within(book: Workbook, sheet: str, rows: int, columns: int) -> None:
    if rows > book.limits.rows:
        raise BadInput(
            TOO_MANY_ROWS, code="too_many_rows", name=book.name, sheet=sheet, rows=rows, limit=book.limits.rows
        )
    if columns > book.limits.columns:
        raise BadInput(
            TOO_MANY_COLUMNS,
            code="too_many_columns",
            name=book.name,
            sheet=sheet,
            columns=columns,
            limit=book.limits.columns,
        )


def _text_grid(book: Workbook) -> Grid:
    text = book.data.decode("utf-8", errors="replace")
    rows: list[Row] = []
    cleaned = 0
    sheet = book.sheets[0].name
    for record in plaintext.records(text, book.separator, name=book.name):
        row = tuple(record)
        if _NEEDS_CLEANING.search("\n".join(row)):
            cleaned += 1
            row = tuple(clean(cell) for cell in row)
        rows.append(row)
        if len(rows) > book.limits.rows:
            _within(book, sheet, len(rows), 0)
    _within(book, sheet, len(rows), max(map(len, rows), default=0))
    return Grid(rows, (), cleaned)


def clean(text: str) -> str:
    """Text without NULs, direction marks and other invisible characters; odd spaces become plain ones."""
    return _CONTROL.sub("", text.translate(_INVISIBLE))


def _as_text(value: Any) -> str:
    """A cell as text: whole numbers without “.0”, dates as ISO, true and false as such."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)


def _short(name: str) -> str:
    """The last part of a file name, cleaned: names come from strangers and stand in messages."""
    plain = _CONTROL.sub("", clean(name.replace("\\", "/").rsplit("/", 1)[-1])).strip()
    return (plain[:57] + "…" + plain[-12:]) if len(plain) > 70 else plain or "?"


# --- finding the list in the sheet ----------------------------------------------------------------------------------

HEADING_SEARCH_ROWS = 30
_NUMBERISH = re.compile(r"^[\d\s.,/:+()%-]*\d[\d\s.,/:+()%-]*$")


def lay_out(grid: Grid, *, name: str, sheet: str, vocabulary: Vocabulary) -> Table:
    """Find the headings, fill merged blocks, and set aside what is not a row of the list.

    Remarks: ``title``, ``two_row_headings``, ``doubled_heading``, ``unnamed_column``, ``totals_row``,
    ``repeated_headings``, ``merged_cells``, ``invisible_characters``.
    Raises BadInput ``no_headings`` or ``file_empty``.
    """
    rows = grid.rows
    if not any(any(map(str.strip, row)) for row in rows):
        raise BadInput(NO_SHEET, code="no_rows", name=name)
    remarks: list[Remark] = []
    at = heading_row(rows, vocabulary)
    if at is None:
        raise BadInput(NO_HEADINGS, code="no_headings", name=name, sheet=sheet)
    title = tuple(" ".join(cell.strip() for cell in row if cell.strip()) for row in rows[:at])
    title = tuple(line for line in title if line)
    if title:
        remarks.append(Remark("title", 1, title[0]))
    first = [cell.strip() for cell in rows[at]]
    deep = _has_second_row(rows, at, grid.merged, vocabulary)
    if deep:
        remarks.append(Remark("two_row_headings", at + 2))
        first = _joined_headings(first, rows[at + 1], at, grid.merged)
    start = at + 2 if deep else at + 1
    width = max([len(first), *(len(row) for row in rows[start:])])
    filled = _filled_columns(rows[start:], width)
    keep = [c for c in range(width) if (c < len(first) and first[c]) or filled[c]]
    headings = _unique_headings(first, keep, at + 1, remarks)
    body = _fill_merged(rows, start, grid.merged, remarks)
    heads = frozenset(_gist(row) for row in rows[at:start])
    found = _body(body, start, keep, heads, vocabulary, remarks)
    if not found:
        raise BadInput(NO_SHEET, code="no_rows", name=name)
    if grid.cleaned:
        remarks.append(Remark("invisible_characters", 0, str(grid.cleaned)))
    return Table(sheet, headings, start + 1, title, tuple(found), tuple(remarks))


def heading_row(rows: Sequence[Row], vocabulary: Vocabulary) -> int | None:
    """The row (from 0) that looks most like headings: known words first, then many different short texts.

    A heading row has no numbers or dates, no cell twice as often as once, and something under it.
    """
    best, best_score = None, 0.0
    top = [[cell.strip() for cell in row] for row in rows[:HEADING_SEARCH_ROWS]]
    widest = max((sum(1 for cell in row if cell) for row in top), default=0)
    for at, row in enumerate(top):
        cells = [cell for cell in row if cell]
        if not cells or at + 1 >= len(rows):
            continue
        words = [cell for cell in cells if not _NUMBERISH.match(cell) and len(cell) <= 120]
        known = sum(1 for cell in cells if vocabulary.is_heading(cell))
        if not words or (len(words) < len(cells) / 2 and known < 2):
            continue
        score = 3.0 * known + len(set(words)) / max(widest, 1) * 2.0 - at * 0.05 - (len(cells) - len(words)) * 0.5
        if len(cells) == 1 and widest > 1:
            score -= 2.0
        if score > best_score:
            best, best_score = at, score
    return _group_row_above(top, best, vocabulary) if best else best


def _group_row_above(top: list[list[str]], at: int, vocabulary: Vocabulary) -> int:
    """Step up to the row above when that is the first of two heading rows: texts over gaps that this row fills."""
    above, here = top[at - 1], top[at]
    texts = [c for c, cell in enumerate(above) if cell]
    if len(texts) < 2 or any(_NUMBERISH.match(above[c]) for c in texts):
        return at
    alone = [c for c in texts if c >= len(here) or not here[c]]
    over = [c for c in texts if c < len(here) and here[c]]
    known_alone = any(vocabulary.is_heading(above[c]) for c in alone)
    return at - 1 if over and (known_alone or len(texts) < len([c for c in here if c])) else at


def _has_second_row(
    rows: Sequence[Row], at: int, merged: Iterable[tuple[int, int, int, int]], vocabulary: Vocabulary
) -> bool:
    """Whether the row under the headings belongs to them: a merged group stands above it, or it fills their gaps."""
    if at + 2 >= len(rows):
        return False
    here, below = [c.strip() for c in rows[at]], [c.strip() for c in rows[at + 1]]
    filled = [c for c in below if c]
    if not filled or any(_NUMBERISH.match(c) for c in filled) or len(set(filled)) < len(filled) / 2:
        return False
    if any(
        top == at and bottom == at and right > left and _has_text(below, left, right)
        for top, left, bottom, right in merged
    ):
        return True
    gaps = [c for c in range(len(below)) if below[c] and (c >= len(here) or not here[c])]
    known_below = sum(1 for c in filled if vocabulary.is_heading(c))
    return bool(gaps) and known_below >= max(1, len(filled) // 2)


def _has_text(row: Sequence[str], left: int, right: int) -> bool:
    return any(row[c] for c in range(left, min(right + 1, len(row))))


def _joined_headings(first: list[str], second: Row, at: int, merged: Iterable[tuple[int, int, int, int]]) -> list[str]:
    """“Group / heading” for every column under a group; a group reaches as far as its merged block or the next text."""
    below = [cell.strip() for cell in second]
    width = max(len(first), len(below))
    first = first + [""] * (width - len(first))
    below = below + [""] * (width - len(below))
    groups = list(first)
    blocks = [(left, right) for top, left, bottom, right in merged if top <= at <= bottom]
    covered = {c for left, right in blocks for c in range(left, right + 1)}
    for left, right in blocks:
        for c in range(left, min(right + 1, width)):
            groups[c] = first[left]
    for c in range(1, width):
        if not groups[c] and below[c] and c not in covered and not blocks:
            groups[c] = groups[c - 1]
    joined = []
    for group, sub in zip(groups, below, strict=True):
        joined.append(f"{group} / {sub}" if group and sub and group != sub else sub or group)
    return joined


def _filled_columns(rows: Sequence[Row], width: int) -> list[bool]:
    filled = [False] * width
    missing = width
    for row in rows:
        for c, cell in enumerate(row):
            if cell and not filled[c] and cell.strip():
                filled[c] = True
                missing -= 1
        if not missing:
            break
    return filled


def _unique_headings(first: list[str], keep: list[int], row: int, remarks: list[Remark]) -> tuple[str, ...]:
    headings: list[str] = []
    for c in keep:
        text = re.sub(r"\s+", " ", first[c]) if c < len(first) else ""
        if not text:
            text = column_letters(c)
            remarks.append(Remark("unnamed_column", row, text))
        if text in headings:
            times = 2
            while f"{text} ({times})" in headings:
                times += 1
            remarks.append(Remark("doubled_heading", row, text))
            text = f"{text} ({times})"
        headings.append(text)
    return tuple(headings)


def column_letters(index: int) -> str:
    """The spreadsheet's name of a column counted from 0: A, B, … Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _fill_merged(
    rows: list[Row], start: int, merged: Iterable[tuple[int, int, int, int]], remarks: list[Remark]
) -> list[Row]:
    """Rows from ``start`` on, where a block merged downwards repeats its value in each of its rows."""
    tall = [(top, left, bottom) for top, left, bottom, _right in merged if bottom > top >= start]
    if not tall:
        return rows[start:]
    copied = rows[:]
    for top, left, bottom in tall:
        if top >= len(copied) or left >= len(copied[top]) or not copied[top][left].strip():
            continue
        value = copied[top][left]
        for at in range(top + 1, min(bottom + 1, len(copied))):
            row = list(copied[at]) + [""] * (left + 1 - len(copied[at]))
            if not row[left].strip():
                row[left] = value
                copied[at] = tuple(row)
    remarks.append(Remark("merged_cells", tall[0][0] + 1, str(len(tall))))
    return copied[start:]


def _gist(row: Sequence[str]) -> tuple[str, ...]:
    """The filled cells of a row, however written: what a heading repeated on a second page has in common."""
    return tuple(cell.strip().casefold() for cell in row if cell.strip())


def _body(  # noqa: PLR0917
    rows: list[Row],
    start: int,
    keep: list[int],
    heads: frozenset[tuple[str, ...]],
    vocabulary: Vocabulary,
    remarks: list[Remark],
) -> list[tuple[int, Row]]:
    found: list[tuple[int, Row]] = []
    width = len(keep)
    straight = keep == list(range(width))
    starts = {head[0] for head in heads if head}
    for number, raw in enumerate(rows, start + 1):
        row = raw[:width] if straight and len(raw) >= width else tuple([raw[c] if c < len(raw) else "" for c in keep])
        cells = [cell for cell in row if cell and not cell.isspace()]
        if not cells:
            continue
        if vocabulary.is_total(cells[0].strip()) and sum(1 for cell in cells if not _NUMBERISH.match(cell)) <= 2:
            remarks.append(Remark("totals_row", number, cells[0].strip()))
            continue
        if cells[0].strip().casefold() in starts and _gist(raw) in heads:
            remarks.append(Remark("repeated_headings", number))
            continue
        found.append((number, row))
    return found


# --- repeat groups of Kobo and ODK ----------------------------------------------------------------------------------

_PARENT_KEYS = (
    ("_parent_index", "_index"),
    ("_submission__id", "_id"),
    ("_submission__uuid", "_uuid"),
    ("PARENT_KEY", "KEY"),
)


def roster_parent(child: Sequence[str], others: Iterable[tuple[str, Sequence[str]]]) -> tuple[str, str, str] | None:
    """For the headings of a repeat sheet, (parent sheet, its key heading, the child's heading), or None."""
    own = {last_part(heading): heading for heading in child}
    known = list(others)
    for child_key, parent_key in _PARENT_KEYS:
        if child_key not in own:
            continue
        for sheet, headings in known:
            parents = {last_part(heading): heading for heading in headings}
            if parent_key in parents and child_key not in parents:
                return sheet, parents[parent_key], own[child_key]
    return None


def last_part(heading: str) -> str:
    """The question of a grouped heading: “group_person/first_name” is “first_name”; dates like 1/2 stay."""
    return re.split(r"[/:]|\s/\s", heading)[-1].strip() if re.search(r"[^\s/]/[^\s/]", heading) else heading


def join_roster(parent: Table, child: Table, *, parent_key: str, child_key: str) -> Table:
    """The rows of a repeat sheet, each with its submission's answers before its own.

    The joined table has the parent's headings, then the child's that the parent has not. A row whose submission is
    missing stays, with empty answers and the remark ``no_submission``.
    """
    key_at, own_at = parent.headings.index(parent_key), child.headings.index(child_key)
    answers = {row[key_at]: row for _, row in parent.rows}
    fresh = [c for c, heading in enumerate(child.headings) if heading not in parent.headings]
    headings = parent.headings + tuple(child.headings[c] for c in fresh)
    nothing = ("",) * len(parent.headings)
    remarks = list(child.remarks)
    rows: list[tuple[int, Row]] = []
    for number, row in child.rows:
        above = answers.get(row[own_at])
        if above is None:
            remarks.append(Remark("no_submission", number, row[own_at]))
        rows.append((number, (above or nothing) + tuple(row[c] for c in fresh)))
    return Table(child.sheet, headings, child.first_row, parent.title, tuple(rows), tuple(remarks))


# --- writing --------------------------------------------------------------------------------------------------------

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "＝", "＋", "－", "＠")
_PLAIN_NUMBER = re.compile(r"^[+-]?\d[\d .,/()-]*$")


def neutral(text: str) -> str:
    """Text that no spreadsheet program takes for a formula: an apostrophe goes before a dangerous beginning.

    A plain number or phone (“+383 44 123 456”, “-3”) holds no formula and stays. NULs and control characters go. A text
    that had its apostrophe before gets another, so that ``raw`` gives back exactly what was there.
    """
    text = _CONTROL.sub("", text.replace("\x00", ""))
    return "'" + text if _is_dangerous(text) else text


def raw(text: str) -> str:
    """Undo ``neutral``: what a file to correct brings back is what was written into it."""
    return text[1:] if text.startswith("'") and _is_dangerous(text[1:]) else text


def _is_dangerous(text: str) -> bool:
    start = text.lstrip(" '")
    return start.startswith(_DANGEROUS) and not _PLAIN_NUMBER.match(start)


def write_csv(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Pieces of a CSV file (UTF-8 with BOM, so that Excel reads letters rightly), cells neutralised."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow([neutral(cell) for cell in headings])
    yield b"\xef\xbb\xbf" + stream.getvalue().encode()
    for row in rows:
        stream.seek(0)
        stream.truncate()
        writer.writerow([neutral(cell) for cell in row])
        yield stream.getvalue().encode()


def write_xlsx(headings: Sequence[str], rows: Iterable[Sequence[str]], *, sheet: str = "List") -> bytes:
    """A workbook of one sheet, every cell text, neutralised, headings fixed at the top; rows are not kept in memory."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(
        stream,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    page = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", sheet)[:31] or "List")
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    page.freeze_panes(1, 0)
    page.set_column(0, max(len(headings) - 1, 0), 18)
    for column, heading in enumerate(headings):
        page.write_string(0, column, neutral(heading), bold)
    for number, row in enumerate(rows, 1):
        for column, cell in enumerate(row):
            if cell:
                page.write_string(number, column, neutral(cell)[: plaintext.CELL_LIMIT])
    book.close()
    return stream.getvalue()
