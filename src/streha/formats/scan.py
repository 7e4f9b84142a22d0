"""Pages that hold only a picture, read by Debian's tesseract when it is installed.

What comes out is marked as recognised: letters may be wrong, and nobody may quote it unseen.
"""

from __future__ import annotations

import csv
import io
import shutil
import statistics
import subprocess
from collections.abc import Iterator
from dataclasses import replace

from streha.common import errors, printed
from streha.common.errors import message
from streha.formats import pdf

DOTS_PER_INCH = 300
SECONDS_PER_PAGE = 120
WANTED = ("sqi", "srp", "srp_latn", "eng")
LEAST_CONFIDENCE = 30.0  # per cent; below it, tesseract mostly reads dirt


class NoTesseract(errors.Unavailable):
    """The program that reads pictures is not installed."""

    code = "tesseract_missing"
    template = message(
        "Reading pictures needs tesseract, which is not installed. On Debian: "
        "apt install tesseract-ocr tesseract-ocr-sqi tesseract-ocr-srp tesseract-ocr-srp-latn."
    )


def is_available() -> bool:
    """Whether tesseract is installed."""
    return shutil.which("tesseract") is not None


def recognised(file: pdf.Pdf) -> Iterator[printed.Page]:
    """The pages of a PDF; where a page shows a picture and no text, its words are read from the picture.

    Raises
    ------
    NoTesseract
        When such a page is met and the program is missing.
    """
    languages = ""
    for page in file.pages():
        if len(page.words) > 10 and "broken_text_layer" not in page.warnings:
            yield page
            continue
        languages = languages or _languages()
        words = _words(file.picture(page.number, dots_per_inch=DOTS_PER_INCH), page, languages)
        yield replace(page, words=tuple(words), rules=(), recognised=True, warnings=())


def _languages() -> str:
    if not is_available():
        raise NoTesseract()
    done = subprocess.run(  # noqa: S603
        [_program(), "--list-langs"], capture_output=True, text=True, check=False, timeout=30
    )
    held = set(done.stdout.split())
    return "+".join(name for name in WANTED if name in held) or "eng"


def _program() -> str:
    return shutil.which("tesseract") or "tesseract"


def _words(picture: bytes, page: printed.Page, languages: str) -> Iterator[printed.Word]:
    try:
        done = subprocess.run(  # noqa: S603
            [_program(), "stdin", "stdout", "-l", languages, "--psm", "3", "tsv"],
            input=picture, capture_output=True, check=False, timeout=SECONDS_PER_PAGE,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise errors.Unavailable("Page {page} took too long to read from its picture.", page=page.number) from error
    rows = list(
        csv.DictReader(io.StringIO(done.stdout.decode("utf-8", "replace")), delimiter="\t", quoting=csv.QUOTE_NONE)
    )
    whole = next((row for row in rows if row["level"] == "1"), None)
    if whole is None or not int(whole["width"]):
        return
    scale = page.width / int(whole["width"])
    heights: dict[tuple[str, str, str], float] = {}
    for row in rows:
        if row["level"] == "4":
            heights[row["block_num"], row["par_num"], row["line_num"]] = float(row["height"]) * scale
    usual = statistics.median(heights.values()) if heights else 10.0
    for row in rows:
        if row["level"] != "5" or not row["text"].strip() or float(row["conf"]) < LEAST_CONFIDENCE:
            continue
        x0, y0 = int(row["left"]) * scale, int(row["top"]) * scale
        x1, y1 = x0 + int(row["width"]) * scale, y0 + int(row["height"]) * scale
        size = heights.get((row["block_num"], row["par_num"], row["line_num"]), y1 - y0)
        # A line without long letters is measured too low: only clearly other heights count.
        size = usual if 0.7 * usual < size < 1.4 * usual else size
        yield printed.Word(row["text"], round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2), round(size, 2))
