"""Which column of a list means what: guessed from its heading, from its cells, or remembered from last time.

A guess is only that; a person sees it with sample cells and changes it before anything is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import fuzz, process

from streha.common.errors import BadInput, message
from streha.people import rules as people
from streha.people.imports.rules import values, words


class Field(StrEnum):
    """What a column can mean. Each becomes a part of the record of design, or nothing."""

    GIVEN = "given"
    FAMILY = "family"
    FULL_NAME = "full_name"
    FATHER = "father"
    BIRTH = "birth"
    SEX = "sex"
    PERSONAL_NUMBER = "personal_number"
    JMBG = "jmbg"
    ID_CARD = "id_card"
    PASSPORT = "passport"
    REFUGEE_CARD = "refugee_card"
    DISPLACED_CARD = "displaced_card"
    IDENTIFIER = "identifier"
    PHONE = "phone"
    EMAIL = "email"
    MUNICIPALITY = "municipality"
    SETTLEMENT = "settlement"
    ADDRESS = "address"
    ORIGIN_MUNICIPALITY = "origin_municipality"
    ORIGIN = "origin"
    DISPLACED_TO = "displaced_to"
    HOUSEHOLD = "household"
    RELATION = "relation"
    CITIZENSHIP = "citizenship"
    COMMUNITY = "community"
    LANGUAGE = "language"
    STATUS = "status"
    CAUSE = "cause"
    DISPLACED_ON = "displaced_on"
    RETURNED_ON = "returned_on"
    IGNORE = "ignore"


IDENTIFIERS = (
    Field.PERSONAL_NUMBER,
    Field.JMBG,
    Field.ID_CARD,
    Field.PASSPORT,
    Field.REFUGEE_CARD,
    Field.DISPLACED_CARD,
    Field.IDENTIFIER,
)
DATES = (Field.BIRTH, Field.DISPLACED_ON, Field.RETURNED_ON)
NAMES = frozenset(field.value for field in Field)
REPEATABLE = frozenset({Field.PHONE, Field.IDENTIFIER, Field.IGNORE})
SAMPLE = 400
SURE = 0.5

NO_NAME = message(
    "No column is marked as a name. Mark the columns with the given and the family name, or the one with the full name."
)
TWICE = message("Two columns, “{first}” and “{second}”, are both marked as {field}. Mark one of them as not imported.")
NO_COLUMN = message("The list has no column “{heading}”. Its columns are: {headings}.")
NO_FIELD = message("“{field}” is nothing that can be imported. Choose one of: {fields}.")


@dataclass(frozen=True)
class Guess:
    """What one column probably means: field, how surely (0 to 1), and why: heading, cells, remembered, none."""

    heading: str
    field: Field
    confidence: float
    why: str


def signature(headings: Sequence[str]) -> str:
    """A name for a set of headings, whatever their order, spelling of letters or file: what a mapping is kept under."""
    keys = sorted(words.folded(heading) or heading.strip().lower() for heading in headings)
    return hashlib.sha256("\x1f".join(keys).encode()).hexdigest()[:32]


def heading_key(heading: str) -> str:
    """A heading as remembered."""
    return words.folded(heading) or heading.strip().lower()[:100]


def guess(
    headings: Sequence[str],
    samples: Sequence[Sequence[str]],
    *,
    remembered: Mapping[str, str] | None = None,
    is_place: Callable[[str], bool] = lambda _text: False,
) -> list[Guess]:
    """What each column probably means; ``samples`` holds, per column, some of its cells.

    A remembered mapping wins, then a heading known for sure, then what the cells look like, then a heading that is
    nearly one we know. No field but phone, document and "not imported" is given twice: the surer column keeps it.
    """
    remembered = remembered or {}
    found: list[Guess] = []
    for heading, cells in zip(headings, samples, strict=True):
        key = heading_key(heading)
        if remembered.get(key) in NAMES:
            found.append(Guess(heading, Field(remembered[key]), 1.0, "remembered"))
            continue
        found.append(_guess_one(heading, [cell.strip() for cell in cells if cell.strip()][:SAMPLE], is_place))
    return _without_doubles(_whole_names(found))


def _guess_one(heading: str, cells: Sequence[str], is_place: Callable[[str], bool]) -> Guess:
    name, score = words.field_of(heading)
    if name and score >= SURE:
        field = Field(name)
        if _fits(field, cells, is_place):
            return Guess(heading, field, score, "heading")
    by_cells, share = _by_cells(cells, is_place)
    if by_cells is not None:
        return Guess(heading, by_cells, 0.6 * share, "cells")
    near = process.extractOne(words.folded(heading), words.headings().keys(), scorer=fuzz.ratio, score_cutoff=85)
    if near and len(near[0]) >= 5:
        field = Field(words.headings()[near[0]])
        if _fits(field, cells, is_place):
            return Guess(heading, field, 0.5 * near[1] / 100, "heading")
    return Guess(heading, Field.IGNORE, 0.0, "none")


def _fits(field: Field, cells: Sequence[str], is_place: Callable[[str], bool]) -> bool:
    """Whether the cells do not belie the heading; a column without cells fits anything."""
    if len(cells) < 3:
        return True
    if field in DATES:
        return _share(cells, _could_be_date) >= 0.3
    if field == Field.SEX:
        return _share(cells, lambda c: words.folded(c) in words.listed("sex") or c in "12") >= 0.3
    if field == Field.PHONE:
        return _share(cells, lambda c: sum(s.isdigit() for s in c) >= 5) >= 0.3
    if field == Field.EMAIL:
        return _share(cells, lambda c: "@" in c) >= 0.3
    if field in (Field.GIVEN, Field.FAMILY, Field.FULL_NAME, Field.FATHER):
        return _share(cells, lambda c: any(s.isalpha() for s in c)) >= 0.5
    if field in (Field.MUNICIPALITY, Field.ORIGIN_MUNICIPALITY):
        return _share(cells, lambda c: any(s.isalpha() for s in c) or is_place(c)) >= 0.3
    return True


def _could_be_date(cell: str) -> bool:
    return values.looks_like_date(cell) or sum(s.isdigit() for s in cell) >= 4


def _by_cells(cells: Sequence[str], is_place: Callable[[str], bool]) -> tuple[Field | None, float]:
    """The field that at least eight of ten cells look like, and their share."""
    if len(cells) < 3:
        return None, 0.0
    tests: list[tuple[Field, Callable[[str], bool]]] = [
        (Field.EMAIL, lambda c: "@" in c and "." in c),
        (Field.JMBG, lambda c: people.is_jmbg(people.plain_identifier(c))),
        (Field.SEX, lambda c: words.folded(c) in words.listed("sex") and len(c) < 12),
        (Field.RELATION, lambda c: words.folded(c) in words.listed("relation")),
        (Field.BIRTH, values.looks_like_date),
        (Field.PHONE, lambda c: c.lstrip(" ").startswith(("+", "00", "04", "03")) and sum(s.isdigit() for s in c) >= 8),
        (Field.MUNICIPALITY, lambda c: len(c) > 2 and is_place(c)),
    ]
    for field, test in tests:
        share = _share(cells, test)
        if share >= 0.8:
            return field, share
    return None, 0.0


def _share(cells: Sequence[str], test: Callable[[str], bool]) -> float:
    return sum(1 for cell in cells if test(cell)) / len(cells) if cells else 0.0


def _whole_names(guesses: list[Guess]) -> list[Guess]:
    """“Name” or “Emri” beside a family name is the given name, not the full one."""
    fields = {guess.field for guess in guesses}
    if Field.FULL_NAME in fields and Field.FAMILY in fields and Field.GIVEN not in fields:
        return [
            Guess(g.heading, Field.GIVEN, g.confidence, g.why) if g.field == Field.FULL_NAME else g for g in guesses
        ]
    if Field.GIVEN in fields and Field.FAMILY not in fields and Field.FULL_NAME not in fields:
        return [
            Guess(g.heading, Field.FULL_NAME, g.confidence * 0.8, g.why) if g.field == Field.GIVEN else g
            for g in guesses
        ]
    return guesses


def _without_doubles(guesses: list[Guess]) -> list[Guess]:
    best: dict[Field, int] = {}
    for at, one in enumerate(guesses):
        if one.field not in REPEATABLE and (
            one.field not in best or one.confidence > guesses[best[one.field]].confidence
        ):
            best[one.field] = at
    kept = []
    for at, one in enumerate(guesses):
        is_kept = one.field in REPEATABLE or best[one.field] == at
        kept.append(one if is_kept else _second_choice(one, best))
    return kept


def _second_choice(one: Guess, taken: Mapping[Field, int]) -> Guess:
    """A second municipality or place is probably where they came from; anything else is left out."""
    other = {Field.MUNICIPALITY: Field.ORIGIN_MUNICIPALITY, Field.SETTLEMENT: Field.ORIGIN}.get(one.field)
    if other is not None and other not in taken:
        return Guess(one.heading, other, one.confidence * 0.5, one.why)
    return Guess(one.heading, Field.IGNORE, 0.0, "none")


def check(mapping: Sequence[tuple[str, str]]) -> list[tuple[str, Field]]:
    """The mapping with its fields known. Raises BadInput when no name is mapped or a field stands twice."""
    checked: list[tuple[str, Field]] = []
    seen: dict[Field, str] = {}
    for heading, name in mapping:
        if name not in NAMES:
            fields = ", ".join(Field)
            raise BadInput(NO_FIELD, code="mapping_field_unknown", field=name, fields=fields)
        field = Field(name)
        if field in seen and field not in REPEATABLE:
            raise BadInput(TWICE, code="mapping_twice", first=seen[field], second=heading, field=field)
        seen[field] = heading
        checked.append((heading, field))
    if not seen.keys() & {Field.GIVEN, Field.FAMILY, Field.FULL_NAME}:
        raise BadInput(NO_NAME, code="mapping_without_name")
    return checked


def given_by_hand(headings: Sequence[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """A hand-written mapping (heading to field) with headings found by any spelling. Raises BadInput."""
    by_key = {heading_key(heading): heading for heading in headings} | {heading: heading for heading in headings}
    found: dict[str, str] = {}
    for heading, field in wanted.items():
        match = by_key.get(heading) or by_key.get(heading_key(heading))
        if match is None:
            raise BadInput(NO_COLUMN, code="mapping_column_unknown", heading=heading, headings=", ".join(headings))
        found[match] = field
    return found
