"""What is inside a zip archive that a stranger sent, measured before anything expands it.

A workbook is a zip archive of XML. The sizes an archive declares may lie, so every member is inflated here once, in
pieces, under limits, and thrown away; only then may a reader that trusts sizes (and aborts the process when memory
runs out) see the file. Nothing here interprets cells beyond their addresses.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from xml.parsers import expat

from streha.common.errors import BadInput, message

PIECE = 1 << 20
RATIO_COUNTS_FROM = 5 << 20
"""Expansion ratio is judged only above this many bytes: small XML files of few words pack very well."""

_ENTITY = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENTITY_WIDE = re.compile(
    rb"<\x00!\x00(?:D\x00O\x00C\x00T|E\x00N\x00T)|\x00<\x00!\x00(?:D\x00O\x00C|E\x00N\x00T)", re.IGNORECASE
)

BROKEN = message(
    "The file “{name}” is damaged and cannot be opened. "
    "Open it in a spreadsheet program, save it again and bring the new file."
)
TOO_LARGE = message(
    "The file “{name}” unpacks to more than {limit} MB. A list of people is never that large: "
    "remove pictures and unused sheets, or split the list."
)
BOMB = message(
    "The file “{name}” unpacks to more than {limit} times its size, as harmful files do. "
    "Open it in a spreadsheet program, copy the cells into a new workbook and bring that."
)
ENTITIES = message(
    "The file “{name}” asks to read other files (an XML document type). Spreadsheets never need this. "
    "Copy the cells into a new workbook and bring that."
)
TOO_MANY_CELLS = message(
    "Sheet “{sheet}” of “{name}” spans more than {limit} cells. Delete the empty rows and columns beyond the list, "
    "or split the list into several files."
)
PASSWORD = message(
    "The file “{name}” is protected by a password. "
    "Open it with the password, save a copy without it and bring the copy."
)


@dataclass(frozen=True)
class Member:
    """One file of an archive: name and true expanded size in bytes."""

    name: str
    size: int


def members(data: bytes, *, name: str, expanded: int, ratio: int) -> dict[str, Member]:
    """Measure every member of the archive by inflating it; refuse bombs, entities, encryption and damage.

    ``expanded`` is the most bytes the whole may unpack to, ``ratio`` the most bytes per packed byte.
    Raises BadInput ``file_broken``, ``file_too_large``, ``file_bomb``, ``file_entities`` or ``file_password``.
    """
    found: dict[str, Member] = {}
    total = 0
    for info in _infos(data, name):
        if info.flag_bits & 0x1:
            raise BadInput(PASSWORD, code="file_password", name=name)
        size = 0
        tail = b""
        is_xml = info.filename.lower().endswith((".xml", ".rels", ".vml"))
        for piece in inflate(data, info, name):
            size += len(piece)
            total += len(piece)
            if total > expanded:
                raise BadInput(TOO_LARGE, code="file_too_large", name=name, limit=expanded >> 20)
            if size > RATIO_COUNTS_FROM and size > ratio * max(info.compress_size, 1):
                raise BadInput(BOMB, code="file_bomb", name=name, limit=ratio)
            if is_xml:
                window = tail + piece
                if _ENTITY.search(window) or _ENTITY_WIDE.search(window):
                    raise BadInput(ENTITIES, code="file_entities", name=name)
                tail = piece[-32:]
        found[info.filename] = Member(info.filename, size)
    return found


def inflate(data: bytes, info: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    """The true content of one member in pieces of at most 1 MB, whatever size the archive declares for it."""
    header = data[info.header_offset : info.header_offset + 30]
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise BadInput(BROKEN, code="file_broken", name=name)
    name_length, extra_length = struct.unpack("<HH", header[26:30])
    start = info.header_offset + 30 + name_length + extra_length
    packed = memoryview(data)[start : start + info.compress_size]
    if info.compress_type == zipfile.ZIP_STORED:
        for at in range(0, len(packed), PIECE):
            yield bytes(packed[at : at + PIECE])
        return
    if info.compress_type != zipfile.ZIP_DEFLATED:
        raise BadInput(BROKEN, code="file_broken", name=name)
    inflater = zlib.decompressobj(-15)
    try:
        pending: bytes = b""
        for at in range(0, len(packed), PIECE):
            pending = bytes(packed[at : at + PIECE])
            while pending and not inflater.eof:
                piece = inflater.decompress(pending, PIECE)
                pending = inflater.unconsumed_tail
                if piece:
                    yield piece
        while not inflater.eof:
            piece = inflater.decompress(b"", PIECE)
            if not piece:
                break
            yield piece
    except zlib.error:
        raise BadInput(BROKEN, code="file_broken", name=name)


def member_pieces(data: bytes, member: str, name: str) -> Iterator[bytes]:
    """The pieces of the member called ``member``; nothing when there is none."""
    for info in _infos(data, name):
        if info.filename == member:
            yield from inflate(data, info, name)


def _infos(data: bytes, name: str) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        struct.error,
        OSError,
        ValueError,
        NotImplementedError,
        UnicodeDecodeError,
    ):
        raise BadInput(BROKEN, code="file_broken", name=name)
    if len(infos) > 5_000 or len({info.filename for info in infos}) != len(infos):
        raise BadInput(BROKEN, code="file_broken", name=name)
    return infos


def worksheets(data: bytes, name: str) -> list[str]:
    """The members of an XLSX archive that may hold sheets: all, for a sheet may lie anywhere under any name."""
    return [info.filename for info in _infos(data, name) if not info.is_dir()]


@dataclass(frozen=True)
class Extent:
    """How far the filled cells of a sheet reach; merged blocks as (top, left, bottom, right), counted from 0."""

    rows: int
    columns: int
    merged: tuple[tuple[int, int, int, int], ...] = ()


_REFERENCE = re.compile(rb"""\br\s*=\s*["']\s*([A-Za-z]{0,3})(\d{1,10})\s*["']""")
_TAG = re.compile(rb"<(?:\w+:)?(c|row)\b([^<>]*)>")


def xlsx_extent(data: bytes, member: str, *, name: str, cells: int) -> Extent:
    """How far the cells of one worksheet reach, by their own addresses.

    The quick look counts every address. When they span more than ``cells``, a careful look leaves out empty formatted
    cells (``<c .../>``), because one stray format at the last row is common and harmless.
    """
    quick = _every_address(_whole_tags(data, member, name))
    if quick.rows * quick.columns <= cells:
        return Extent(quick.rows, quick.columns)
    careful = _filled_addresses(_whole_tags(data, member, name))
    if careful.seen != quick.seen:
        # An address stands where no ordinary writer puts one; the careful look cannot be trusted.
        raise BadInput(BROKEN, code="file_broken", name=name)
    return Extent(careful.rows, careful.columns)


@dataclass(frozen=True)
class _Addresses:
    rows: int
    columns: int
    seen: int


def _whole_tags(data: bytes, member: str, name: str) -> Iterator[bytes]:
    """The pieces of a member, cut so that no tag is split."""
    tail = b""
    for piece in member_pieces(data, member, name):
        window = tail + piece
        cut = window.rfind(b"<")
        window, tail = window[: max(cut, 0)], window[max(cut, 0) :]
        if len(tail) > PIECE:
            raise BadInput(BROKEN, code="file_broken", name=name)
        yield window
    yield tail


def _every_address(windows: Iterator[bytes]) -> _Addresses:
    letters: set[bytes] = set()
    rows = seen = 0
    for window in windows:
        found = _REFERENCE.findall(window)
        seen += len(found)
        letters.update(letter for letter, _ in found)
        # Longer numbers are larger, so bytes compare after their length.
        largest = max((number for _, number in found), key=lambda number: (len(number), number), default=b"0")
        rows = max(rows, int(largest))
    return _Addresses(rows, max(map(_column, letters), default=0), seen)


def _filled_addresses(windows: Iterator[bytes]) -> _Addresses:
    letters: set[bytes] = set()
    rows = seen = row = 0
    for window in windows:
        for tag, attributes in _TAG.findall(window):
            address = _REFERENCE.search(attributes)
            seen += address is not None
            if tag == b"row":
                row = int(address[2]) if address else row + 1
                continue
            if attributes.rstrip().endswith(b"/"):
                continue
            rows = max(rows, int(address[2]) if address else row)
            letters.add(address[1] if address else b"")
    return _Addresses(rows, max(map(_column, letters), default=0), seen)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def ods_extents(data: bytes, *, name: str, cells: int) -> dict[str, Extent]:
    """How far the filled cells of every sheet of an OpenDocument reach, repeats expanded, with its merged blocks.

    The repeats (``number-rows-repeated="1048576"``) are what makes a small file large; they are added up here
    and refused with code ``too_many_cells`` before a reader writes them out.
    """
    reader = _OdsReader(name, cells)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        for piece in member_pieces(data, "content.xml", name):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError:
        raise BadInput(BROKEN, code="file_broken", name=name)
    return reader.extents


_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "


class _OdsReader:
    """Counts rows and cells as expat reports them; keeps no text."""

    def __init__(self, name: str, cells: int) -> None:
        self.name = name
        self.cells = cells
        self.extents: dict[str, Extent] = {}
        self.sheet = ""
        self.row = self.column = self.filled_columns = self.last_row = self.last_column = 0
        self.repeat_rows = self.repeat_columns = 1
        self.in_cell = self.filled = False
        self.spans: list[tuple[int, int, int, int]] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == _TABLE + "table":
            self.sheet = attributes.get(_TABLE + "name", "")
            self.row = self.last_row = self.last_column = 0
            self.spans = []
        elif tag == _TABLE + "table-row":
            self.repeat_rows = _count(attributes.get(_TABLE + "number-rows-repeated"))
            self.column = self.filled_columns = 0
        elif tag in (_TABLE + "table-cell", _TABLE + "covered-table-cell"):
            self.repeat_columns = _count(attributes.get(_TABLE + "number-columns-repeated"))
            self.in_cell = True
            self.filled = _OFFICE + "value-type" in attributes or _TABLE + "formula" in attributes
            down = _count(attributes.get(_TABLE + "number-rows-spanned"))
            across = _count(attributes.get(_TABLE + "number-columns-spanned"))
            if (down > 1 or across > 1) and len(self.spans) < 100_000:
                self.spans.append((self.row, self.column, self.row + down - 1, self.column + across - 1))

    def text(self, text: str) -> None:
        if self.in_cell and not self.filled and text.strip():
            self.filled = True

    def end(self, tag: str) -> None:
        if tag in (_TABLE + "table-cell", _TABLE + "covered-table-cell"):
            self.column += self.repeat_columns
            if self.filled:
                self.filled_columns = self.column
            self.in_cell = False
        elif tag == _TABLE + "table-row":
            self.row += self.repeat_rows
            if self.filled_columns:
                self.last_row = self.row
                self.last_column = max(self.last_column, self.filled_columns)
            if self.last_row * self.last_column > self.cells:
                raise BadInput(
                    TOO_MANY_CELLS, code="too_many_cells", name=self.name, sheet=self.sheet, limit=self.cells
                )
        elif tag == _TABLE + "table":
            self.extents[self.sheet] = Extent(self.last_row, self.last_column, tuple(self.spans))


def _count(text: str | None) -> int:
    return int(text) if text and text.isdigit() and len(text) < 12 else 1
