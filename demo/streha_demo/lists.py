"""The lists that the fictional people are drawn from: names in every way of writing, and who lives where.

All of it is authored for the demo; ``data/`` says so row by row.
"""

from __future__ import annotations

import csv
import random
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from itertools import accumulate
from typing import Generic, TypeVar

from streha.common.codes import Script
from streha.engine import names

T = TypeVar("T")


@dataclass(frozen=True)
class Spelled:
    """A name as its bearer writes it, and as others do."""

    name: str
    latin: tuple[str, ...]  # other spellings in Latin letters
    cyrillic: tuple[str, ...]  # at least one

    @classmethod
    def of(cls, name: str, variants: str) -> Spelled:
        """Read the variants of a list, parted by bars; a name without a Cyrillic form gets one by transliteration."""
        written = [variant for variant in variants.split("|") if variant and variant != name]
        cyrillic = tuple(w for w in written if names.script_of(w) == Script.CYRILLIC)
        latin = tuple(w for w in written if names.script_of(w) == Script.LATIN)
        return cls(name, latin, cyrillic or (names.transliterate(name, Script.CYRILLIC),))


class Weighted(Generic[T]):
    """Things drawn by weight."""

    def __init__(self, things: Sequence[T], weights: Sequence[float]) -> None:
        self.things = tuple(things)
        self._sums = list(accumulate(weights))
        self._total = self._sums[-1]

    def draw(self, rng: random.Random) -> T:
        """One of the things."""
        return self.things[bisect(self._sums, rng.random() * self._total, 0, len(self.things) - 1)]


@dataclass(frozen=True)
class NameLists:
    """Names of the communities by weight: given names by community and sex, family names by community."""

    given: Mapping[tuple[str, str], Weighted[Spelled]]
    family: Mapping[str, Weighted[Spelled]]

    @cached_property
    def communities(self) -> tuple[str, ...]:
        return tuple(self.family)


def rows(file: str) -> Iterator[dict[str, str]]:
    """Rows of a file of ``data/``."""
    text = (resources.files("streha_demo") / "data" / file).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())


@lru_cache(maxsize=1)
def name_lists() -> NameLists:
    """The lists of names, read once."""
    given: dict[tuple[str, str], list[tuple[Spelled, float]]] = {}
    family: dict[str, list[tuple[Spelled, float]]] = {}
    for row in rows("given_names.csv"):
        entry = (Spelled.of(row["name"], row["variants"]), float(row["weight"]))
        given.setdefault((row["community"], row["sex"]), []).append(entry)
    for row in rows("family_names.csv"):
        entry = (Spelled.of(row["name"], row["variants"]), float(row["weight"]))
        family.setdefault(row["community"], []).append(entry)
    return NameLists(
        {key: Weighted(*zip(*found, strict=True)) for key, found in given.items()},
        {key: Weighted(*zip(*found, strict=True)) for key, found in family.items()},
    )


@lru_cache(maxsize=1)
def communities() -> Mapping[str, Weighted[str]]:
    """Communities by code of municipality, by weight."""
    found: dict[str, dict[str, float]] = {}
    for row in rows("communities.csv"):
        found.setdefault(row["code"], {})[row["community"]] = float(row["weight"])
    return {code: Weighted(tuple(weights), tuple(weights.values())) for code, weights in found.items()}
