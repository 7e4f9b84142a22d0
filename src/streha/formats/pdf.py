"""PDF bytes to words on pages, through PDFium, one page in memory at a time.

The order in which a file draws its text is ignored: a gazette set as a table draws row by row across three
languages. Words are put together from single characters, so only places on the page count.
"""

from __future__ import annotations

import ctypes
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

from streha.common import errors, printed
from streha.common.errors import message

MAX_PAGES = 3000
MAX_CHARACTERS_PER_PAGE = 60_000  # a dense gazette page holds about 8,000
MAX_SIDE = 14_400.0  # points; the limit of PDF readers
HYPHENS = {0x02: "-", 0xFFFE: "-", 0x2010: "-", 0x2011: "-"}
GAP_IN_WORD = 0.16  # of the font height; a space is about 0.25
MAX_PATHS = 20_000
THIN = 2.5  # points; a box thinner than this is a ruled line


class UnreadablePdf(errors.BadInput):
    """The bytes are no PDF that can be read."""

    code = "pdf_unreadable"
    template = message("This file is not a readable PDF. Save it again from the program that made it, and try again.")


class EncryptedPdf(errors.BadInput):
    """A password is needed."""

    code = "pdf_encrypted"
    template = message("This PDF is locked with a password. Remove the password and try again.")


class TooLarge(errors.BadInput):
    """More pages or characters than anybody would read."""

    code = "pdf_too_large"
    template = message("This PDF has {pages} pages; at most {limit} are read. Split it and try again.")


@dataclass(frozen=True, slots=True)
class _Glyph:
    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    index: int

    @property
    def size(self) -> float:
        return self.y1 - self.y0


class Pdf:
    """An open PDF; use as a context manager."""

    def __init__(self, data: bytes) -> None:
        if b"%PDF" not in data[:1024]:
            raise UnreadablePdf()
        try:
            self._document = pypdfium2.PdfDocument(data)
            count = len(self._document)
        except pypdfium2.PdfiumError as error:
            if "password" in str(error).lower() or "security" in str(error).lower():
                raise EncryptedPdf() from error
            raise UnreadablePdf() from error
        if count == 0:
            raise UnreadablePdf()
        if count > MAX_PAGES:
            raise TooLarge(pages=count, limit=MAX_PAGES)
        self.page_count = count

    def __enter__(self) -> Pdf:
        return self

    def __exit__(self, *_: object) -> None:
        self._document.close()

    def pages(self) -> Iterator[printed.Page]:
        """Every page in order; a page that cannot be read comes empty, with a warning."""
        for number in range(1, self.page_count + 1):
            yield self.page(number)

    def page(self, number: int) -> printed.Page:
        """Page ``number``, counted from 1."""
        try:
            page = self._document[number - 1]
        except pypdfium2.PdfiumError:
            return printed.Page(number, 0, 0, (), warnings=("page_unreadable",))
        try:
            return _read(page, number)
        finally:
            page.close()

    def picture(self, number: int, *, dots_per_inch: int = 300) -> bytes:
        """Page ``number`` as a PNG, for a program that reads pictures."""
        import io

        page = self._document[number - 1]
        try:
            side = max(page.get_size())
            scale = min(dots_per_inch / 72, 6000 / max(side, 1.0))
            bitmap = page.render(scale=scale, grayscale=True)
            buffer = io.BytesIO()
            bitmap.to_pil().save(buffer, "PNG", dpi=(72 * scale, 72 * scale))
            return buffer.getvalue()
        finally:
            page.close()


def read(data: bytes) -> tuple[printed.Page, ...]:
    """All pages of a PDF at once; for short documents and tests."""
    with Pdf(data) as document:
        return tuple(document.pages())


def _read(page: pypdfium2.PdfPage, number: int) -> printed.Page:
    # The raw page box, not the displayed one: characters come in unrotated page space.
    left, bottom, right, top = page.get_mediabox()
    width, height = min(right - left, MAX_SIDE), min(top - bottom, MAX_SIDE)
    text = page.get_textpage()
    try:
        turn = _turn(text.raw)
        frame = _Frame(left, top, width, height, turn)
        words, warnings = _words(text.raw, frame)
    finally:
        text.close()
    rules, images = _drawn(page, frame)
    if turn in (90, 270):
        width, height = height, width
    return printed.Page(number, width, height, tuple(words), tuple(rules), images, warnings=tuple(warnings))


def _turn(raw: object) -> int:
    """By how many degrees, in quarter turns, most characters stand turned."""
    count = pdfium.FPDFText_CountChars(raw)
    votes: dict[int, int] = {}
    for index in range(0, count, max(1, count // 60)):
        if pdfium.FPDFText_IsGenerated(raw, index) == 1:
            continue
        angle = math.degrees(pdfium.FPDFText_GetCharAngle(raw, index)) % 360
        quarter = round(angle / 90) * 90 % 360
        votes[quarter] = votes.get(quarter, 0) + 1
    return max(votes, key=lambda quarter: (votes[quarter], -quarter)) if votes else 0


@dataclass(frozen=True, slots=True)
class _Frame:
    """The box of a page and by how many degrees its text is turned."""

    left: float
    top: float
    width: float
    height: float
    turn: int

    def place(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
        """A box of the file (y upwards) as one of the page (y downwards), turned so that its text stands upright."""
        x0, y0, x1, y1 = left - self.left, self.top - top, right - self.left, self.top - bottom
        w, h = self.width, self.height
        if self.turn == 90:
            return y0, w - x1, y1, w - x0
        if self.turn == 180:
            return w - x1, h - y1, w - x0, h - y0
        if self.turn == 270:
            return h - y1, x0, h - y0, x1
        return x0, y0, x1, y1


def _words(raw: object, frame: _Frame) -> tuple[list[printed.Word], list[str]]:
    count = pdfium.FPDFText_CountChars(raw)
    warnings = ["page_cut"] if count > MAX_CHARACTERS_PER_PAGE else []
    words: list[printed.Word] = []
    slanted = broken = 0
    for glyphs in _runs(raw, frame, min(count, MAX_CHARACTERS_PER_PAGE)):
        first = glyphs[0].index
        broken += sum(_is_unknown(ord(glyph.text)) for glyph in glyphs if len(glyph.text) == 1)
        angle = abs(math.degrees(pdfium.FPDFText_GetCharAngle(raw, first)) % 360 - frame.turn)
        if min(angle, 360 - angle) > 20:
            slanted += 1
            continue
        word = _word(glyphs, _size(raw, first), bold=_is_bold(raw, first))
        words.extend(_split_call(word, glyphs, raw, frame.turn))
    if slanted:
        warnings.append("slanted_text")
    if broken > 20 and broken > count * 0.05:
        warnings.append("broken_text_layer")
    return words, warnings


def _runs(raw: object, frame: _Frame, count: int) -> Iterator[list[_Glyph]]:
    """Characters that touch, in the order of the file."""
    current: list[_Glyph] = []
    for glyph in _glyphs(raw, frame, count):
        if glyph is None or (current and not _joins(current[-1], glyph)):
            if current:
                yield current
            current = []
        if glyph is not None:
            current.append(glyph)
    if current:
        yield current


def _glyphs(raw: object, frame: _Frame, count: int) -> Iterator[_Glyph | None]:
    """The characters of a page with their boxes; None where a space parts two words."""
    box = pdfium.FS_RECTF()
    pointer = ctypes.byref(box)
    get_unicode, get_box = pdfium.FPDFText_GetUnicode, pdfium.FPDFText_GetLooseCharBox
    high = 0
    for index in range(count):
        code = get_unicode(raw, index)
        if 0xD800 <= code < 0xDC00:  # the first half of a character beyond 16 bits
            high = code
            continue
        if 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00) if high else 0
        high = 0
        if code in _SPACES or 0x2000 <= code <= 0x200B:
            yield None
            continue
        if not get_box(raw, index, pointer):
            continue
        x0, y0, x1, y1 = frame.place(box.left, box.bottom, box.right, box.top)
        if x0 < x1 and y0 < y1 and x1 > -20 and y1 > -20 and x0 < MAX_SIDE and y0 < MAX_SIDE:
            yield _Glyph(_character(code), x0, y0, x1, y1, index)


_SPACES = frozenset((0x20, 0xA0, 0x09, 0x0A, 0x0D, 0x3000))


def _is_unknown(code: int) -> bool:
    """Whether the file does not say which letter it shows."""
    return code == 0xFFFD or 0xE000 <= code <= 0xF8FF


def _character(code: int) -> str:
    if code == 0:
        return "\ufffd"
    if code in HYPHENS:
        return HYPHENS[code]
    letter = chr(code)
    # Ligatures (U+FB00..) become letters; nothing else is changed.
    return unicodedata.normalize("NFKC", letter) if 0xFB00 <= code <= 0xFB06 else letter


def _joins(before: _Glyph, after: _Glyph) -> bool:
    size = before.size
    gap = after.x0 - before.x1
    if gap > GAP_IN_WORD * size or gap < -0.6 * size:
        return False
    # The lower edge follows the baseline: a raised footnote call is a word of its own, and so is the next line.
    return abs(after.y1 - before.y1) < 0.12 * size


def _size(raw: object, index: int) -> float:
    """The height of the font of a character, in points: its nominal size times the scale it is drawn in."""
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(raw, index, ctypes.byref(matrix))
    return float(pdfium.FPDFText_GetFontSize(raw, index) * math.hypot(matrix.c, matrix.d))


_GLUED_CALL = re.compile(r"^(.*[^\W\d].*?[.,;:)]?)(\d{1,3})$")


def _split_call(word: printed.Word, glyphs: list[_Glyph], raw: object, turn: int) -> list[printed.Word]:
    """A footnote call set with the raised figures of the font itself, parted from the word before it.

    Only the ink tells: the figures stand on the line by every other measure.
    """
    found = _GLUED_CALL.match(word.text)
    if not found or turn or len(glyphs) != len(word.text):
        return [word]
    call = glyphs[len(found[1]) :]
    low = [_ink_bottom(raw, glyph.index) for glyph in call]
    base = _ink_bottom(raw, glyphs[0].index)
    if min(low) - base < 0.2 * word.size:
        return [word]
    cut = call[0].x0
    return [
        printed.Word(found[1], word.x0, word.y0, round(cut, 2), word.y1, word.size, word.bold),
        printed.Word(found[2], round(cut, 2), word.y0, word.x1, word.y1 - 0.3 * word.size, 0.6 * word.size, word.bold),
    ]


def _ink_bottom(raw: object, index: int) -> float:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(raw, index, left, right, bottom, top)
    return bottom.value


def _word(glyphs: list[_Glyph], size: float, *, bold: bool) -> printed.Word:
    text = unicodedata.normalize("NFC", "".join(glyph.text for glyph in glyphs))
    x0, x1 = min(g.x0 for g in glyphs), max(g.x1 for g in glyphs)
    y0, y1 = min(g.y0 for g in glyphs), max(g.y1 for g in glyphs)
    return printed.Word(text, round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2), round(size or y1 - y0, 2), bold)


def _is_bold(raw: object, index: int) -> bool:
    if pdfium.FPDFText_GetFontWeight(raw, index) >= 600:
        return True
    flags = ctypes.c_int()
    name = ctypes.create_string_buffer(96)
    pdfium.FPDFText_GetFontInfo(raw, index, name, 96, ctypes.byref(flags))
    lowered = name.value.lower()
    return b"bold" in lowered or b"black" in lowered or b"heavy" in lowered


def _drawn(page: pypdfium2.PdfPage, frame: _Frame) -> tuple[list[printed.Box], int]:
    """Ruled lines of the page (edges of stroked boxes count as lines) and how many pictures it holds."""
    rules: list[printed.Box] = []
    images = 0
    wanted = [pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_IMAGE]
    for seen, thing in enumerate(page.get_objects(filter=wanted, max_depth=4)):
        if seen > MAX_PATHS:
            break
        try:
            x0, y0, x1, y1 = thing.get_bounds()
        except pypdfium2.PdfiumError:
            continue
        a0, b0, a1, b1 = frame.place(x0, y0, x1, y1)
        if thing.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            images += (a1 - a0) * (b1 - b0) > 0.1 * frame.width * frame.height
            continue
        rules.extend(_edges(printed.Box(a0, b0, a1, b1), *_painted(thing.raw)))
    return rules, images


def _painted(raw: object) -> tuple[bool, bool]:
    """Whether a path is filled and whether it is stroked."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(raw, ctypes.byref(fill), ctypes.byref(stroke))
    return bool(fill.value), bool(stroke.value)


def _edges(box: printed.Box, filled: bool, stroked: bool) -> list[printed.Box]:
    wide, tall = box.x1 - box.x0, box.y1 - box.y0
    if min(wide, tall) <= THIN:
        return [box] if max(wide, tall) > 8 and (filled or stroked) else []
    if not stroked:
        return []
    return [
        printed.Box(box.x0, box.y0, box.x1, box.y0),
        printed.Box(box.x0, box.y1, box.x1, box.y1),
        printed.Box(box.x0, box.y0, box.x0, box.y1),
        printed.Box(box.x1, box.y0, box.x1, box.y1),
    ]
