"""In which ways two values may stand to each other, for each kind of column; the first that holds counts.

Each test is written once and read twice: as SQL by DuckDB, over columns of pairs, and as Python, over the features of
two records. A test shows that the two agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from streha.common.errors import message
from streha.engine import names
from streha.engine.linkage.features import PARTS, Features, label
from streha.engine.linkage.model import NAMES, Kind, Spec, Spelling

Side = Callable[[str], str]  # the name of a feature -> the column that holds it on one side of a pair

SAME, COMPATIBLE, DIFFERENT = 2, 1, 0
_GRADES: Final = {names.Grade.SAME: SAME, names.Grade.COMPATIBLE: COMPATIBLE, names.Grade.DIFFERENT: DIFFERENT}
NEAR_AT_ALL: Final = 0.7  # Jaro-Winkler of two keys below which neither a spelling nor a slip is looked for
SHORT_FORM: Final = 5  # letters


@lru_cache(maxsize=524_288)
def verdict(a: str, b: str) -> int:
    """Two written names: 2 the same, 1 compatible, 0 different, by ``engine.names``; order makes no difference.

    Names whose keys have little in common are different without a further look, which spares nine looks of ten.
    """
    if a == b:
        return SAME
    if b < a:
        return verdict(b, a)
    return _GRADES[names.grade(a, b).grade] if _may_be_one(names.fold(a), names.fold(b)) else DIFFERENT


def _may_be_one(a: str, b: str) -> bool:
    """Whether two keys are near enough for a spelling or a slip, or the shorter may be a short form: Meti, Muhamet."""
    if JaroWinkler.similarity(a, b) >= NEAR_AT_ALL:
        return True
    short, long = sorted((a, b), key=len)
    return len(short) <= SHORT_FORM and short[:2] in long


class Test(Protocol):
    """A question about two values of the column at a place; each is answered as SQL and in Python."""

    def sql(self, at: int, left: Side, right: Side) -> str:
        """The condition over the columns of a pair."""

    def holds(self, at: int, left: Features, right: Features) -> bool:
        """The same over the features of two records; false where a feature is missing."""


@dataclass(frozen=True)
class Same:
    """Both have this feature, and it is the same."""

    part: str

    def sql(self, at: int, left: Side, right: Side) -> str:
        name = label(at, self.part)
        return f"{left(name)} = {right(name)}"

    def holds(self, at: int, left: Features, right: Features) -> bool:
        one, other = left[label(at, self.part)], right[label(at, self.part)]
        return one is not None and one == other


@dataclass(frozen=True)
class Near:
    """Jaro-Winkler similarity of at least ``least``, byte by byte."""

    part: str
    least: float

    def sql(self, at: int, left: Side, right: Side) -> str:
        name = label(at, self.part)
        return f"jaro_winkler_similarity({left(name)}, {right(name)}) >= {self.least}"

    def holds(self, at: int, left: Features, right: Features) -> bool:
        one, other = _texts(at, self.part, left, right)
        return bool(one and other) and JaroWinkler.similarity(one, other) >= self.least


@dataclass(frozen=True)
class Slips:
    """At most ``most`` letters changed, left out, added or exchanged with a neighbour (Damerau), byte by byte."""

    part: str
    most: int

    def sql(self, at: int, left: Side, right: Side) -> str:
        name = label(at, self.part)
        one, other = left(name), right(name)
        # the difference of their lengths is a lower bound, and much quicker
        return (
            f"(abs(strlen({one}) - strlen({other})) <= {self.most}"
            f" AND damerau_levenshtein({one}, {other}) <= {self.most})"
        )

    def holds(self, at: int, left: Features, right: Features) -> bool:
        one, other = _texts(at, self.part, left, right)
        return bool(one and other) and DamerauLevenshtein.distance(one, other, score_cutoff=self.most) <= self.most


@dataclass(frozen=True)
class Graded:
    """Names that ``engine.names`` grades at least so."""

    least: int

    def sql(self, at: int, left: Side, right: Side) -> str:
        return f"name_verdict({left(label(at, 'text'))}, {right(label(at, 'text'))}) >= {self.least}"

    def holds(self, at: int, left: Features, right: Features) -> bool:
        one, other = left[label(at, "text")], right[label(at, "text")]
        return isinstance(one, str) and isinstance(other, str) and verdict(one, other) >= self.least


@dataclass(frozen=True)
class Crossed:
    """Given and family name stand in each other's column."""

    other: int

    def sql(self, at: int, left: Side, right: Side) -> str:
        mine, theirs = label(at, "key"), label(self.other, "key")
        return f"({left(mine)} = {right(theirs)} AND {left(theirs)} = {right(mine)})"

    def holds(self, at: int, left: Features, right: Features) -> bool:
        mine, theirs = label(at, "key"), label(self.other, "key")
        pairs = ((left[mine], right[theirs]), (left[theirs], right[mine]))
        return all(one is not None and one == other for one, other in pairs)


@dataclass(frozen=True)
class Exchanged:
    """The same year, day and month in each other's place."""

    def sql(self, at: int, left: Side, right: Side) -> str:
        year, month, day = (label(at, part) for part in ("year", "month", "day"))
        return f"({left(year)} = {right(year)} AND {left(month)} = {right(day)} AND {left(day)} = {right(month)})"

    def holds(self, at: int, left: Features, right: Features) -> bool:
        year, month, day = (label(at, part) for part in ("year", "month", "day"))
        full = all(side[part] is not None for side in (left, right) for part in (month, day))
        return full and (left[year], left[month], left[day]) == (right[year], right[day], right[month])


@dataclass(frozen=True)
class OnlyYear:
    """The same year, and nothing further that both know speaks against it."""

    def sql(self, at: int, left: Side, right: Side) -> str:
        year, month, digits = (label(at, part) for part in ("year", "month", "digits"))
        return (
            f"({left(year)} = {right(year)} AND ({left(digits)} IS NULL OR {right(digits)} IS NULL)"
            f" AND ({left(month)} IS NULL OR {right(month)} IS NULL OR {left(month)} = {right(month)}))"
        )

    def holds(self, at: int, left: Features, right: Features) -> bool:
        year, month, digits = (label(at, part) for part in ("year", "month", "digits"))
        if left[year] is None or left[year] != right[year]:
            return False
        partial = left[digits] is None or right[digits] is None
        months = left[month] is None or right[month] is None or left[month] == right[month]
        return partial and months


@dataclass(frozen=True)
class Shared:
    """At least so many of who else lives in the household are the same."""

    least: int

    def sql(self, at: int, left: Side, right: Side) -> str:
        name = label(at, "company")
        return f"len(list_intersect({left(name)}, {right(name)})) >= {self.least}"

    def holds(self, at: int, left: Features, right: Features) -> bool:
        one, other = left[label(at, "company")], right[label(at, "company")]
        return isinstance(one, tuple) and isinstance(other, tuple) and len({*one} & {*other}) >= self.least


def _texts(at: int, part: str, left: Features, right: Features) -> tuple[bytes, bytes]:
    one, other = left[label(at, part)], right[label(at, part)]
    return str(one or "").encode(), str(other or "").encode()


@dataclass(frozen=True)
class Way:
    """A level's code, its test (none for the last), and whether how common the value is moves its weight."""

    code: str
    test: Test | None
    by_frequency: bool = False


def main_part(kind: Kind) -> str:
    """The feature that is empty exactly where the value says nothing."""
    return next(iter(PARTS[kind]))


def is_silent(spec: Spec, at: int, left: Features, right: Features) -> bool:
    """Whether the column says nothing about two records: one lacks it, or both live in one household.

    Who lives with whom in one household is the same for all of them, and speaks neither for nor against two of them.
    """
    kind = spec.columns[at].kind
    main = label(at, main_part(kind))
    if left[main] is None or right[main] is None:
        return True
    return kind is Kind.HOUSEHOLD and Same("home").holds(at, left, right)


def silent_sql(spec: Spec, at: int, left: Side, right: Side) -> str:
    """``is_silent`` as a condition over the columns of a pair; never null."""
    kind = spec.columns[at].kind
    main = label(at, main_part(kind))
    empty = f"{left(main)} IS NULL OR {right(main)} IS NULL"
    if kind is Kind.HOUSEHOLD:
        empty += f" OR coalesce({Same('home').sql(at, left, right)}, false)"
    return empty


FREQUENCY_PART: Final[Mapping[Kind, str]] = {
    **dict.fromkeys(NAMES, "key"),
    Kind.PLACE: "key",
    Kind.TEXT: "value",
}


def ways(spec: Spec, at: int) -> tuple[Way, ...]:
    """The levels of the column at a place, best first."""
    kind = spec.columns[at].kind
    if kind in NAMES:
        return _name_ways(spec, kind)
    if kind is Kind.TEXT or (kind is Kind.PLACE and spec.spelling is Spelling.PLAIN):
        part = main_part(kind)
        return (
            Way("same", Same(part), by_frequency=True),
            Way("slip", Slips(part, 2)),
            Way("alike", Near(part, 0.88)),
            Way("different", None),
        )
    return _WAYS[kind]


def _name_ways(spec: Spec, kind: Kind) -> tuple[Way, ...]:
    crossed = _crossed(spec, kind)
    if spec.spelling is Spelling.REGION:
        graded = (Way("same", Graded(SAME), by_frequency=True), Way("compatible", Graded(COMPATIBLE)))
        return (*graded, *crossed, Way("different", None))
    return (
        Way("same", Same("key"), by_frequency=True),
        Way("near", Near("key", 0.92)),
        Way("alike", Near("key", 0.8)),
        *crossed,
        Way("different", None),
    )


def _crossed(spec: Spec, kind: Kind) -> tuple[Way, ...]:
    partner = {Kind.GIVEN: Kind.FAMILY, Kind.FAMILY: Kind.GIVEN}.get(kind)
    other = spec.first(partner) if partner else None
    return () if other is None else (Way("crossed", Crossed(other)),)


_WAYS: Final[Mapping[Kind, tuple[Way, ...]]] = {
    Kind.DATE: (
        Way("same", Same("digits")),
        Way("exchanged", Exchanged()),
        Way("slip", Slips("digits", 1)),
        Way("year", OnlyYear()),
        Way("two slips", Slips("digits", 2)),
        Way("other day", Same("year")),
        Way("different", None),
    ),
    # Families are of a region: that the place is a small one says what the name has said already.
    Kind.PLACE: (
        Way("same", Same("key")),
        Way("alike", Near("key", 0.9)),
        Way("different", None),
    ),
    Kind.IDENTIFIER: (
        Way("same", Same("value")),
        Way("slip", Slips("value", 1)),
        Way("two slips", Slips("value", 2)),
        Way("different", None),
    ),
    Kind.PHONE: (Way("same", Same("value")), Way("slip", Slips("value", 1)), Way("different", None)),
    Kind.SEX: (Way("same", Same("value")), Way("different", None)),
    Kind.HOUSEHOLD: (Way("two shared", Shared(2)), Way("one shared", Shared(1)), Way("different", None)),
}

MISSING: Final = "missing"

# What a level means, in words a door can translate. ``{column}`` is not named: the door has its own label for it.
_OF_NAMES: Final = {
    "same": message("the same name"),
    "near": message("nearly the same name"),
    "alike": message("a similar name"),
    "compatible": message("a compatible name: a slip, a missing part or a short form"),
    "crossed": message("given and family name exchanged"),
    "different": message("another name"),
}
WORDS: Final[Mapping[Kind, Mapping[str, str]]] = {
    **dict.fromkeys(NAMES, _OF_NAMES),
    Kind.DATE: {
        "same": message("the same day"),
        "exchanged": message("day and month exchanged"),
        "slip": message("one digit differs"),
        "two slips": message("two digits differ"),
        "year": message("the same year, and no more is known"),
        "other day": message("the same year, another day"),
        "different": message("another date"),
    },
    Kind.PLACE: {
        "same": message("the same place"),
        "slip": message("nearly the same place"),
        "alike": message("a similar place"),
        "different": message("another place"),
    },
    Kind.IDENTIFIER: {
        "same": message("the same number"),
        "slip": message("one sign differs"),
        "two slips": message("two signs differ"),
        "different": message("another number"),
    },
    Kind.PHONE: {
        "same": message("the same phone"),
        "slip": message("one digit differs"),
        "different": message("another phone"),
    },
    Kind.SEX: {"same": message("the same sex"), "different": message("another sex")},
    Kind.HOUSEHOLD: {
        "two shared": message("two or more of the household are the same"),
        "one shared": message("one of the household is the same"),
        "different": message("nobody of the household is the same"),
    },
    Kind.TEXT: {
        "same": message("the same text"),
        "slip": message("nearly the same text"),
        "alike": message("a similar text"),
        "different": message("another text"),
    },
}
SILENT: Final = message("one of the two says nothing")
