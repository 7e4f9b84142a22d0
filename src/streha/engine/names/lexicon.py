"""Names that are known with their spellings, read once from the packaged table.

The table says what the rules cannot: that a plainly typed ``hodza`` is Hoxha and Hodža. Its columns are kind,
Albanian, Serbian Latin, source and verified; Serbian Cyrillic follows from the Latin.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import NamedTuple

from streha.engine.names.folding import fold


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


@cache
def written_forms() -> dict[str, tuple[str, ...]]:
    """Known names as they are written, by search key."""
    found: dict[str, dict[str, None]] = {}
    for row in rows("known_names.csv"):
        found.setdefault(fold(row["name"]), {}).setdefault(row["name"])
    return {key: tuple(forms) for key, forms in found.items()}


@cache
def forms_of_one_name() -> dict[str, tuple[str, ...]]:
    """Search key of a given name -> the search keys of its forms in the languages of the region."""
    found: dict[str, dict[str, None]] = {}
    for row in rows("given_names.csv"):
        folded = dict.fromkeys(fold(form) for form in row["forms"].split())
        for key in folded:
            found.setdefault(key, {}).update(folded)
    return {key: tuple(forms) for key, forms in found.items()}
