"""Text files of lists, from bytes to records: which encoding, which separator, which quotes.

Nobody declares them. The encoding is judged by the letters it would give (Albanian, Serbian in both scripts), the
separator by which character cuts the lines into equally many cells.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from streha.common.errors import BadInput, message

SEPARATORS = ("\t", ";", ",", "|")
SAMPLE = 256 * 1024
CELL_LIMIT = 32_767
"""Characters in one cell: the limit of every spreadsheet program."""
csv.field_size_limit(CELL_LIMIT)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OURS = frozenset("ëËçÇšŠđĐčČćĆžŽéÉáÁíÍóÓúÚöÖüÜâÂîÎêÊşŞğĞıİñÑ")
_CYRILLIC = frozenset("абвгдђежзијклљмнњопрстћуфхцчџшАБВГДЂЕЖЗИЈКЛЉМНЊОПРСТЋУФХЦЧЏШ")
_COMMON_MARKS = frozenset("–—„“”’‘…°§«»№€\u00a0")

NOT_TEXT = message(
    "The file “{name}” is neither a spreadsheet nor a text table. Bring XLSX, XLS, ODS, or CSV and tab-separated text."
)
LONG_CELL = message(
    "Line {line} of “{name}” has a cell of more than {limit} characters; probably a quotation mark is never closed. "
    "Close it, or save the list as XLSX."
)


@dataclass(frozen=True)
class Decoded:
    """A text file as text, and by which encoding; ``nulls`` is how many NUL characters were dropped."""

    text: str
    encoding: str
    nulls: int = 0


def decode(data: bytes, *, name: str) -> Decoded:
    """Turn bytes into text by BOM, UTF-8, UTF-16 without BOM, or the likeliest one-byte encoding of the region.

    Raises BadInput ``not_a_table`` for bytes that are no text.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _without_nulls(_with_bom(data, encoding), encoding.removesuffix("-sig"))
    wide = _wide(data)
    if wide:
        return _without_nulls(data.decode(wide, errors="replace"), wide)
    if _binary(data):
        raise BadInput(NOT_TEXT, code="not_a_table", name=name)
    try:
        return _without_nulls(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        encoding = likeliest(data)
    return _without_nulls(data.decode(encoding, errors="replace"), encoding)


def likeliest(data: bytes) -> str:
    """The one-byte encoding whose letters look most like Albanian or Serbian in this text.

    One point for a letter those languages use, none for common marks, minus one for any other sign, minus five for a
    control character; a word that mixes Latin and Cyrillic letters loses two. Ties go to the earlier of
    cp1250, cp1252, cp1251, iso8859-2.
    """
    high = bytes(b for b in data[: 8 * SAMPLE] if b >= 0x80)
    words = [word for word in data[: 8 * SAMPLE].split() if any(b >= 0x80 for b in word)][:20_000]
    scores = {encoding: _score(high, words, encoding) for encoding in ("cp1250", "cp1252", "cp1251", "iso8859-2")}
    return max(scores, key=lambda encoding: scores[encoding])


def _score(high: bytes, words: list[bytes], encoding: str) -> int:
    score = 0
    for byte, times in Counter(high).items():
        letter = bytes([byte]).decode(encoding, errors="replace")
        if letter in _OURS or letter in _CYRILLIC:
            score += times
        elif letter in _COMMON_MARKS:
            continue
        elif letter == "\ufffd" or ord(letter) < 0xA0:
            score -= 5 * times
        else:
            score -= times
    if encoding == "cp1251":
        for word in words:
            text = word.decode(encoding, errors="replace")
            has_cyrillic = any(letter in _CYRILLIC for letter in text)
            if has_cyrillic and any("a" <= letter <= "z" or "A" <= letter <= "Z" for letter in text):
                score -= 2
    return score


def _with_bom(data: bytes, encoding: str) -> str:
    """Text after its byte order mark; a UTF-8 mark over bytes that are no UTF-8 is a lie some exports tell."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        if encoding == "utf-8-sig":
            return data[3:].decode(likeliest(data[3:]), errors="replace")
        return data.decode(encoding, errors="replace")


def _wide(data: bytes) -> str | None:
    sample = data[:4096]
    if len(sample) < 8:
        return None
    even, odd = sample[0::2].count(0) / (len(sample) / 2), sample[1::2].count(0) / (len(sample) / 2)
    if odd > 0.4 and even < 0.1:
        return "utf-16-le"
    if even > 0.4 and odd < 0.1:
        return "utf-16-be"
    return None


def _binary(data: bytes) -> bool:
    sample = data[:SAMPLE]
    odd = sum(sample.count(bytes([code])) for code in (*range(0, 9), *range(14, 32)) if code != 0x1A)
    return odd > max(8, len(sample) // 50)


def _without_nulls(text: str, encoding: str) -> Decoded:
    nulls = text.count("\x00")
    return Decoded(text.replace("\x00", "") if nulls else text, encoding, nulls)


def separator(text: str) -> str:
    """The separator that cuts the first lines into the most cells of equal number; tab when there is none."""
    head = text[:SAMPLE]
    first = head.split("\n", 1)[0].strip("\r\ufeff ")
    if first.lower().startswith("sep=") and len(first) == 5:
        return first[4]
    best, best_score = "\t", 0.0
    for candidate in SEPARATORS:
        widths: list[int] = []
        try:
            for record in csv.reader(io.StringIO(head, newline=""), delimiter=candidate):
                if any(cell.strip() for cell in record):
                    widths.append(len(record))
                if len(widths) >= 60:
                    break
        except csv.Error:
            continue
        if not widths:
            continue
        width, times = Counter(widths).most_common(1)[0]
        score = (width - 1) * (times / len(widths)) ** 2
        if width > 1 and score > best_score:
            best, best_score = candidate, score
    return best


def records(text: str, mark: str, *, name: str) -> Iterator[list[str]]:
    """The records of a separated text, quotes and line breaks in cells honoured; a ``sep=`` line is left out."""
    stream = io.StringIO(text, newline="")
    if text.lstrip("\ufeff").lower().startswith("sep="):
        stream.readline()
    reader = csv.reader(stream, delimiter=mark)
    try:
        yield from reader
    except csv.Error:
        raise BadInput(LONG_CELL, code="cell_too_long", name=name, line=reader.line_num, limit=CELL_LIMIT)
