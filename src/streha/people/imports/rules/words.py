"""Heading words and value words of the four languages, from the files beside, found by any spelling."""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import cache, lru_cache
from importlib import resources

from streha.engine import names

_CAMEL = re.compile(r"(?<=[a-zë])(?=[A-Z][a-z])")


@lru_cache(maxsize=100_000)
def folded(text: str) -> str:
    """The words of a text, each folded to a-z, one space between: “Datum_rođenja:” and “ДАТУМ РОЂЕЊА” are one."""
    spaced = _CAMEL.sub(" ", text.replace("_", " "))
    return " ".join(key for key in map(names.fold, names.tokens(spaced)) if key)


@cache
def _rows(name: str) -> tuple[tuple[str, ...], ...]:
    text = resources.files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    return tuple(tuple(row) for row in csv.reader(text.splitlines()[1:]) if row)


@cache
def headings() -> dict[str, str]:
    """Folded heading to field."""
    return {folded(text): field for field, _language, text in _rows("headings.csv")}


@cache
def listed(name: str) -> dict[str, str]:
    """Folded word to code, for one list: sex, relation, status, cause, language, month, unknown, about, total."""
    return {folded(text): code for kind, code, _language, text in _rows("words.csv") if kind == name}


@cache
def _spelt(name: str) -> dict[str, str]:
    return {_exact(text): code for kind, code, _language, text in _rows("words.csv") if kind == name}


def _exact(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip().casefold()


def code_of(name: str, text: str) -> str | None:
    """The code a cell's words name in one list, or None.

    A word spelt as the list has it wins over one that only folds alike: motër is a sister, mother a parent. Else any
    of the words may name it: “kryefamiljar i ri” is a head.
    """
    spelt, known, key = _spelt(name), listed(name), folded(text)
    found = spelt.get(_exact(text)) or known.get(key)
    if found is None:
        found = next((spelt[word] for word in _exact(text).split() if word in spelt), None)
    return found or next((known[word] for word in key.split() if word in known), None)


def is_heading(text: str) -> bool:
    """Whether a cell is written as a heading usually is, by any of its parts."""
    return bool(field_of(text)[0])


@lru_cache(maxsize=20_000)
def field_of(heading: str) -> tuple[str, float]:
    """The field a heading names and how surely, 0 to 1; ("", 0) when none.

    The whole heading counts most; then its last part (a question under its group); then all words of a known heading
    standing among others.
    """
    known = headings()
    whole = folded(heading)
    if not whole:
        return "", 0.0
    if whole in known:
        return known[whole], 1.0
    parts = [folded(part) for part in re.split(r"[/\n|:(),-]|\.(?=[a-z]{3})", heading)]
    parts = [part for part in parts if part]
    words = set(whole.split())
    best, best_score = "", 0.0
    for text, field in known.items():
        needed = text.split()
        if len(needed) > 1 and words.issuperset(needed):
            score = 0.7 + 0.25 * len(needed) / len(words)
            if score > best_score:
                best, best_score = field, score
    if best:
        return best, best_score
    for part in reversed(parts):
        if part in known:
            return known[part], 0.9
    for text, field in known.items():
        if " " not in text and len(text) > 4 and text in words and len(words) <= 4 and field != "ignore":
            score = 0.5 + 0.3 / len(words)
            if score > best_score:
                best, best_score = field, score
    return best, best_score


def is_total(text: str) -> bool:
    """Whether a row that begins with this text adds up the others."""
    key = folded(text)
    totals = listed("total")
    return key in totals or any(key.startswith(word + " ") for word in totals if len(word) > 4)


def is_unknown(text: str) -> bool:
    """Whether a cell says only that nobody knows: “-”, “?”, “n/a”, “nuk dihet”, “непознато”."""
    return not text.strip(" -–—?./*'\"xX") or folded(text) in listed("unknown")
