"""Names that are known with their spellings, read once from the packaged table.

The table says what the rules cannot: that a plainly typed ``hodza`` is Hoxha and Hodža. Its columns are kind,
Albanian, Serbian Latin, source and verified; Serbian Cyrillic follows from the Latin.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib import resources
from typing import Final, NamedTuple

from streha.common.codes import Script
from streha.engine.names.alphabets import (
    albanian_in_serbian,
    is_albanian_spelling,
    script_of,
    serbian_in_albanian,
    transliterate,
)
from streha.engine.names.folding import fold, search_keys


class KnownName(NamedTuple):
    """One name in the spellings of the two official languages."""

    kind: str
    albanian: str
    serbian: str


def rows(table: str) -> list[dict[str, str]]:
    """The rows of a packaged CSV table, lines that begin with ``#`` left out."""
    text = resources.files("streha.engine.names").joinpath("data", table).read_text(encoding="utf-8")
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


@cache
def known_names() -> dict[str, tuple[KnownName, ...]]:
    """Known names by search key."""
    found: dict[str, list[KnownName]] = {}
    for row in rows("spellings.csv"):
        name = KnownName(row["kind"], row["albanian"], row["serbian_latin"])
        for key in {fold(name.albanian), fold(name.serbian)}:
            found.setdefault(key, []).append(name)
    return {key: tuple(names) for key, names in found.items()}


@cache
def known_keys() -> frozenset[str]:
    """Search keys of the names that are known to be carried, in whichever spelling."""
    listed = {fold(row["name"]) for row in rows("known_names.csv")}
    return frozenset(listed | known_names().keys())


@cache
def known_spellings() -> frozenset[str]:
    """Known names as they are written, in lower case."""
    listed = [row["name"] for row in rows("known_names.csv")]
    paired = [form for row in rows("spellings.csv") for form in (row["albanian"], row["serbian_latin"])]
    grouped = [form for row in rows("given_names.csv") for form in row["forms"].split()]
    return frozenset(name.lower() for name in (*listed, *paired, *grouped))


@cache
def family_keys() -> frozenset[str]:
    """Search keys of the known family names."""
    listed = {fold(row["name"]) for row in rows("known_names.csv") if row["kind"] == "family"}
    spelt = {key for key, found in known_names().items() if any(name.kind == "family" for name in found)}
    return frozenset(listed | spelt)


@cache
def given_keys(sex: str) -> frozenset[str]:
    """Search keys of the known given names of one sex (``f`` or ``m``)."""
    listed = {fold(row["name"]) for row in rows("known_names.csv") if row["sex"] == sex}
    grouped = {fold(form) for row in rows("given_names.csv") if row["sex"] == sex for form in row["forms"].split()}
    return frozenset(listed | grouped)


_SERBIAN_LETTER: Final = re.compile(r"[čćšžđ]", re.IGNORECASE)


def spellings(word: str) -> tuple[str, ...]:
    """The usual spellings of a word to show beside what was typed: Albanian, Serbian Latin, Serbian Cyrillic.

    ``hodza`` gives Hoxha, Hodža and Хоџа. Known names come from the table; any other word is respelt by rule,
    and a word that carries no sign of either language is only shown in Cyrillic too. What was typed is left out.
    """
    if not (own := fold(word)):
        return ()
    known = known_names()
    found: list[str] = []
    for key in search_keys(word) if own not in known else (own,):
        for name in known.get(key, ()):
            found += [name.albanian, name.serbian, transliterate(name.serbian, Script.CYRILLIC)]
    if not found:
        found = _by_rule(word)
    return tuple(dict.fromkeys(form for form in found if form != word))


def _by_rule(word: str) -> list[str]:
    if script_of(word) not in (Script.LATIN, Script.CYRILLIC):
        return []
    written = word[:1].upper() + word[1:]
    latin = transliterate(written, Script.LATIN)
    if is_albanian_spelling(latin):
        serbian = albanian_in_serbian(latin)
        return [latin, serbian, transliterate(serbian, Script.CYRILLIC)]
    forms = [latin, transliterate(latin, Script.CYRILLIC)]
    if _SERBIAN_LETTER.search(latin) or latin != written:
        forms.insert(0, serbian_in_albanian(latin))
    return forms
