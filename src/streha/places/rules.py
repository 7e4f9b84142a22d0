"""What holds of places without a database: paths, labels, and finding a place by any of its spellings."""

from __future__ import annotations

import bisect
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from typing import Protocol, TypeVar

from streha.common.codes import Script
from streha.common.errors import message
from streha.engine import names
from streha.formats import gazetteer
from streha.formats.gazetteer import Problem

WIDTH = 8
KINDS = ("country", "region", "municipality", "settlement")
_COARSE = {kind: rank for rank, kind in enumerate(KINDS)}
_PARTS = re.compile(r"\s*[,/;()|]\s*|\s+[-–—]\s+")
_MOST_PARTS = 4
_KIND_WORD = re.compile(
    r"\s*(?:(?P<municipality>komuna(?:\s+e)?|kom\.|opština|opstina|općina|općina|општина|municipality(?:\s+of)?)"
    r"|fshati|fsh\.|selo|село|naselje|насеље|village(?:\s+of)?)\s+",
    re.IGNORECASE,
)
_KEPT_ANSWERS = 200_000  # texts remembered by one index; an import repeats the same few thousand


def path_of(ids: Sequence[int]) -> str:
    """The materialised path: ids from the root down, eight digits each.

    >>> path_of([1, 25])
    '0000000100000025'
    """
    return "".join(f"{number:0{WIDTH}d}" for number in ids)


def path_ids(path: str) -> tuple[int, ...]:
    """The ids of a path, root first.

    >>> path_ids('0000000100000025')
    (1, 25)
    """
    return tuple(int(path[start : start + WIDTH]) for start in range(0, len(path), WIDTH))


def path_range(path: str | None) -> tuple[str, str]:
    """Bounds ``start <= path < end`` that hold for an area and everything below it, and for nothing else.

    >>> path_range('0000000100000025')
    ('0000000100000025', '0000000100000026')
    """
    if not path:
        return "", ""
    return path, f"{path[:-WIDTH]}{int(path[-WIDTH:]) + 1:0{WIDTH}d}"


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A place as the index needs it: its id, kind, ids from the root down, and one of its spellings."""

    area_id: int
    kind: str
    line: tuple[int, ...]
    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Match:
    """A place that a text may mean. ``exact``: it is written so, letter for letter, capitals apart."""

    area_id: int
    kind: str
    line: tuple[int, ...]
    name: str
    exact: bool


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a text may mean: every match, best first, and the one place it surely means, or None."""

    text: str
    matches: tuple[Match, ...]
    area_id: int | None

    @property
    def is_ambiguous(self) -> bool:
        """Something was found, but not one thing."""
        return self.area_id is None and bool(self.matches)


class PlaceIndex:
    """Finds places by any spelling, from memory.

    Two spellings are the same when their keys are (``engine.names.place_key``: scripts, diacritics, digraphs and
    endings folded). Built once per import; answers are remembered, so a hundred thousand rows cost a dictionary
    look-up each.
    """

    def __init__(self, places: Iterable[NamedPlace], key_of: Callable[[str], str]) -> None:
        self._key_of = key_of
        self._by_key: dict[str, list[NamedPlace]] = {}
        for place in places:
            if place.key:
                self._by_key.setdefault(place.key, []).append(place)
        self._answers: dict[tuple[str, frozenset[int] | None, frozenset[str] | None], Resolution] = {}

    def __len__(self) -> int:
        return len(self._by_key)

    def find(
        self, text: str, *, within: frozenset[int] | None = None, kinds: frozenset[str] | None = None
    ) -> Resolution:
        """Places that ``text`` may mean, below any of the areas ``within``, of the given kinds.

        A municipality and the town of the same name in it are one answer: the municipality, since that is what
        can be said for sure. Places of one name in different municipalities are ambiguous.
        """
        question = (text, within, kinds)
        known = self._answers.get(question)
        if known is None:
            known = self._look_up(text, within, kinds)
            if len(self._answers) >= _KEPT_ANSWERS:
                self._answers.clear()
            self._answers[question] = known
        return known

    def _look_up(self, text: str, within: frozenset[int] | None, kinds: frozenset[str] | None) -> Resolution:
        found = self._called(text, within, kinds)
        if not found:
            word = _KIND_WORD.match(text)
            if word:
                said = frozenset({"municipality" if word["municipality"] else "settlement"})
                found = self._called(text[word.end() :], within, said if kinds is None else said & kinds)
        parts = _PARTS.split(text)
        if not found and 1 < len(parts) <= _MOST_PARTS:
            return self._in_parts(text, [part for part in parts if part.strip()], within, kinds)
        return Resolution(text, tuple(found), surely(found))

    def _called(self, text: str, within: frozenset[int] | None, kinds: frozenset[str] | None) -> list[Match]:
        """Places with this very name, best first."""
        written = text.casefold().strip()
        best: dict[int, Match] = {}
        for place in self._by_key.get(self._key_of(text), ()):
            if kinds is not None and place.kind not in kinds:
                continue
            if within is not None and within.isdisjoint(place.line):
                continue
            match = Match(place.area_id, place.kind, place.line, place.name, place.name.casefold() == written)
            if place.area_id not in best or (match.exact and not best[place.area_id].exact):
                best[place.area_id] = match
        return sorted(best.values(), key=lambda m: (not m.exact, _COARSE[m.kind], m.area_id))

    def _in_parts(
        self, text: str, parts: Sequence[str], within: frozenset[int] | None, kinds: frozenset[str] | None
    ) -> Resolution:
        """“Pejë / Peć”: two names of one place. “Zhur, Prizren”: a place within another.

        A part that is no place leaves the whole unknown; parts that do not fit each other leave it undecided.
        """
        answers = [self.find(part, within=within).matches for part in parts]
        if not all(answers):
            return Resolution(text, (), None)
        everything = {match.area_id: match for answer in answers for match in answer}
        of_kind = [m for m in everything.values() if kinds is None or m.kind in kinds]
        # Names of one place, or else the narrowest place that lies within what every other part says.
        chosen = [m for m in of_kind if all(m.area_id in {x.area_id for x in answer} for answer in answers)]
        if not chosen:
            fitting = [m for m in of_kind if all(any(x.area_id in m.line for x in answer) for answer in answers)]
            deepest = max((len(m.line) for m in fitting), default=0)
            chosen = [m for m in fitting if len(m.line) == deepest]
        ordered = sorted(chosen or of_kind, key=lambda m: (not m.exact, _COARSE[m.kind], m.area_id))
        return Resolution(text, tuple(ordered), surely(ordered) if chosen else None)


def surely(matches: Sequence[Match]) -> int | None:
    """The one place that matches mean, or None.

    Matches in one line of the tree mean the widest of them. When several lines match, a single line written letter
    for letter so wins; otherwise nobody knows.
    """
    for candidates in (matches, [m for m in matches if m.exact]):
        if not candidates:
            continue
        widest = min(candidates, key=lambda m: len(m.line))
        if all(widest.area_id in m.line for m in candidates):
            return widest.area_id
    return None


def official_labels(official: Mapping[tuple[str, str], str]) -> dict[str, str]:
    """The four labels of an area from its official names by (language, script).

    The scripts of Serbian answer each other letter for letter, so one is made from the other where only one is
    given. A language without a name borrows: a label is never empty.
    """
    first = next(iter(official.values()), "")
    sq, en = official.get(("sq", "Latn")), official.get(("en", "Latn"))
    cyrillic, latin = official.get(("sr", "Cyrl")), official.get(("sr", "Latn"))
    if latin is None and cyrillic is not None:
        latin = names.transliterate(cyrillic, Script.LATIN)
    if cyrillic is None and latin is not None:
        cyrillic = names.transliterate(latin, Script.CYRILLIC)
    return {
        "label_sq": sq or en or first,
        "label_sr": cyrillic or sq or en or first,
        "label_sr_latn": latin or sq or en or first,
        "label_en": en or sq or first,
    }


class HasRow(Protocol):
    """A row of a file, which knows its number."""

    @property
    def row(self) -> int: ...


R = TypeVar("R", bound=HasRow)
CodeOf = Callable[[R], tuple[str, str]]


@dataclass(frozen=True)
class LoadReport:
    """What one load did: rows that made something new, changed something, changed nothing, or could not be used."""

    name: str
    created: int
    changed: int
    same: int
    problems: tuple[Problem, ...] = ()

    def with_problems(self, earlier: Iterable[Problem]) -> LoadReport:
        """The same report with problems found before the load, in the order of the rows."""
        everything = sorted((*earlier, *self.problems), key=lambda p: p.row)
        return replace(self, problems=tuple(everything))

    def counts(self) -> dict[str, int]:
        return {"created": self.created, "changed": self.changed, "same": self.same, "problems": len(self.problems)}


class Counter:
    """Counts rows while a load runs."""

    def __init__(self) -> None:
        self.created = self.changed = self.same = 0

    def count(self, *, created: bool, changed: bool) -> None:
        self.created += created
        self.changed += changed
        self.same += not created and not changed

    def report(self, name: str, problems: Iterable[Problem]) -> LoadReport:
        return LoadReport(name, self.created, self.changed, self.same, tuple(problems))


def unknown_area(row: int, code: tuple[str, str]) -> Problem:
    """A row speaks of an area nobody loaded."""
    template = message("row {row}: there is no area with the code “{value}”. Load the areas first.")
    return Problem(row, "code", " ".join(code), "area_unknown", template)


def repeated(row: int, column: str, value: str) -> Problem:
    """A row says what an earlier row already said."""
    template = message("row {row}, {column}: “{value}” stands in an earlier row too; this one was left out.")
    return Problem(row, column, value, "row_repeated", template)


def doubled(rows: Iterable[R], key_of: Callable[[R], tuple[object, str]], column: str) -> list[Problem]:
    """A problem for every row whose key an earlier row has; ``key_of`` gives the key and how to show it."""
    seen: set[object] = set()
    found = []
    for row in rows:
        key, shown = key_of(row)
        if key in seen:
            found.append(repeated(row.row, column, shown))
        seen.add(key)
    return found


def municipality_unknown(row: int, written: str) -> Problem:
    """A settlement lies in no loaded boundary and its municipality is not known by code or name."""
    template = message("row {row}: no one municipality is called “{value}”, and the point lies in no boundary.")
    return Problem(row, "municipality", written, "municipality_unknown", template)


def point_elsewhere(row: int, written: str, pointed: str) -> Problem:
    """A settlement's point lies in another municipality than its row says; the point was believed."""
    template = message("row {row}: the row says “{value}”, the point lies in {pointed}. It was put into {pointed}.")
    return Problem(row, "municipality", written, "point_elsewhere", template, {"pointed": pointed})


def settlement_row(row: gazetteer.SettlementRow, municipality: tuple[str, str]) -> gazetteer.AreaRow:
    """The settlement as an area of its municipality.

    One without a number of its own is known by its municipality and the key of its name, so that the list can come
    again.
    """
    own = (row.scheme, row.code)
    if not row.code:
        own = ("settlement", f"{municipality[1]}/{names.place_key(row.names[0].name)}"[:60])
    return gazetteer.AreaRow(
        row=row.row,
        kind="settlement",
        scheme=own[0],
        code=own[1],
        parent=municipality,
        names=row.names,
        codes=row.codes,
        area_km2=None,
        lon=row.lon,
        lat=row.lat,
        source=row.source,
    )


CLASSES = 5


def class_bounds(values: Iterable[Decimal], most: int = CLASSES) -> tuple[Decimal, ...]:
    """Upper bounds of at most ``most`` classes with about as many values each, rounded to two digits to be read.

    A value belongs to the first class whose bound is not below it; the last bound is the largest value, rounded up.

    >>> class_bounds([Decimal(n) for n in (1787, 2556, 31000, 72000, 198897)], 3)
    (Decimal('2600'), Decimal('72000'), Decimal('200000'))
    """
    ordered = sorted(values)
    bounds: list[Decimal] = []
    for number in range(1, most + 1):
        if ordered:
            bound = _rounded_up(ordered[math.ceil(len(ordered) * number / most) - 1])
            if not bounds or bound > bounds[-1]:
                bounds.append(bound)
    return tuple(bounds)


def class_of(value: Decimal, bounds: Sequence[Decimal]) -> int:
    """The class of a value, from 1.

    >>> class_of(Decimal(72000), (Decimal(2600), Decimal(72000), Decimal(200000)))
    2
    """
    return bisect.bisect_left(bounds, value) + 1


def _rounded_up(value: Decimal) -> Decimal:
    """The value with two digits that count, never smaller."""
    if not value:
        return value
    step = Decimal(10) ** (value.adjusted() - 1)
    rounded = (value / step).to_integral_value(ROUND_CEILING) * step
    return rounded.quantize(Decimal(1)) if step >= 1 else rounded.normalize()


_ALBANIAN = "a b c ç d dh e ë f g gj h i j k l ll m n nj o p q r rr s sh t th u v w x xh y z zh"
_SERBIAN_LATIN = "a b c č ć d dž đ e f g h i j k l lj m n nj o p q r s š t u v w x y z ž"
_ALPHABETS: dict[str, list[str]] = {
    "sq": _ALBANIAN.split(),
    "sr": list("абвгдђежзијклљмнњопрстћуфхцчџш"),
    "sr-latn": _SERBIAN_LATIN.split(),
}
_ALPHABETS["en"] = _ALPHABETS["sq"]  # an English reader sees the Albanian name first
_LETTERS = {
    language: {letter: number for number, letter in enumerate(letters)} for language, letters in _ALPHABETS.items()
}


def alphabetical(text: str, language: str) -> tuple[int, ...]:
    """A key that puts names in the order of the reader's own alphabet, where ç follows c and gj follows g.

    What no alphabet knows comes last; spaces come first.

    >>> sorted(["Klinë", "Kaçanik", "Kamenicë", "Gjilan", "Gllogoc"], key=lambda name: alphabetical(name, "sq"))
    ['Gllogoc', 'Gjilan', 'Kaçanik', 'Kamenicë', 'Klinë']
    """
    letters = _LETTERS.get(language, _LETTERS["en"])
    key: list[int] = []
    lowered, position = text.lower(), 0
    while position < len(lowered):
        pair = lowered[position : position + 2]
        size = 2 if len(pair) == 2 and pair in letters else 1
        letter = lowered[position : position + size]
        key.append(letters.get(letter, 1000 + ord(letter[0])) if letter != " " else -1)
        position += size
    return tuple(key)
