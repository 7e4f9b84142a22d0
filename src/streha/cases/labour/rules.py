"""What holds for work without a database: the list of skills, levels, and how far somebody meets a vacancy.

Nothing here decides about anybody: a match says which reasons speak for it and what is missing, and somebody looks.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from streha.cases.rules import words
from streha.common import errors
from streha.common.words import Words

TRACK = "labour_mobility"
EARTH_KM = 6371.0088  # mean radius, IUGG 1980
NEAR_KM = 30.0
MOST_ROWS = 20
SKILLS_SOURCE = "ESCO v1: groups of ISCO-08 (names in Albanian and Serbian by Streha); driving licences have no code"


class Level(IntEnum):
    """How well somebody does a thing: has helped, does it alone, has a paper that says so."""

    SOME = 1
    GOOD = 2
    CERTIFIED = 3


class Speaks(IntEnum):
    """Levels of the Common European Framework of Reference, from A1 to C2."""

    A1 = 1
    A2 = 2
    B1 = 3
    B2 = 4
    C1 = 5
    C2 = 6


class Tongue(StrEnum):
    """Languages employers ask for, by ISO 639."""

    ALBANIAN = "sq"
    SERBIAN = "sr"
    ENGLISH = "en"
    GERMAN = "de"
    ITALIAN = "it"
    FRENCH = "fr"
    CROATIAN = "hr"
    SLOVENE = "sl"
    TURKISH = "tr"
    ROMANI = "rom"


class VacancyState(StrEnum):
    OPEN = "open"
    FILLED = "filled"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Skill:
    """One entry of the list: its code here, its address in ESCO (empty where no code is at hand), its names."""

    code: str
    uri: str
    label: Words


def read_skills(content: str) -> dict[str, Skill]:
    """The list of skills by code, as it ships with Streha."""
    rows = csv.DictReader(io.StringIO(content))
    return {
        row["code"]: Skill(row["code"], row["uri"], words(row["label_sq"], row["label_sr"], row["label_en"]))
        for row in rows
    }


@dataclass(frozen=True)
class Can:
    """What somebody can do and would do: levels by skill and by language, from when to when, how far away."""

    skills: Mapping[str, int]
    languages: Mapping[str, int]
    free_from: dt.date | None = None
    free_until: dt.date | None = None
    goes_abroad: bool = False
    within_km: int | None = None  # None: wherever it is


@dataclass(frozen=True)
class Asked:
    """What an employer looks for: least levels by skill and by language, those that must be there, and when."""

    skills: Mapping[str, int]
    languages: Mapping[str, int]
    required: frozenset[str]
    starts_on: dt.date
    ends_on: dt.date | None = None
    is_abroad: bool = False


class Reason(StrEnum):
    SKILL = "skill"
    LANGUAGE = "language"
    PLACE = "place"
    TIME = "time"


@dataclass(frozen=True)
class Found:
    """One reason: about what (a code, or nothing), whether it is met, and the values compared."""

    kind: Reason
    code: str
    is_met: bool
    has: int | None = None
    asks: int | None = None


@dataclass(frozen=True)
class Match:
    """How far somebody meets a vacancy. ``is_possible`` says that nothing required is missing."""

    reasons: tuple[Found, ...]
    is_possible: bool
    km: float | None

    @property
    def met(self) -> int:
        """How many reasons speak for it."""
        return sum(found.is_met for found in self.reasons)

    @property
    def missing(self) -> tuple[Found, ...]:
        """What speaks against it."""
        return tuple(found for found in self.reasons if not found.is_met)


def match(can: Can, asked: Asked, km: float | None) -> Match:
    """Every reason for and against, in a fixed order: skills, languages, place, time.

    ``km`` is the distance in a straight line, None where a place is not known, which speaks neither for nor against.
    A language, the place and the time are always required; a skill where the employer says so.
    """
    reasons = [_level(Reason.SKILL, code, can.skills.get(code), least) for code, least in sorted(asked.skills.items())]
    reasons += [
        _level(Reason.LANGUAGE, code, can.languages.get(code), least) for code, least in sorted(asked.languages.items())
    ]
    reasons += _place(can, asked, km)
    reasons.append(Found(Reason.TIME, "", _has_time(can, asked)))
    possible = all(
        found.is_met or (found.kind == Reason.SKILL and found.code not in asked.required) for found in reasons
    )
    return Match(tuple(reasons), possible, None if asked.is_abroad else km)


def _level(kind: Reason, code: str, has: int | None, asks: int) -> Found:
    return Found(kind, code, has is not None and has >= asks, has, asks)


def _place(can: Can, asked: Asked, km: float | None) -> list[Found]:
    if asked.is_abroad:
        return [Found(Reason.PLACE, "abroad", can.goes_abroad)]
    if km is None:
        return []
    far = can.within_km
    return [Found(Reason.PLACE, "near" if km <= NEAR_KM else "far", far is None or km <= far, round(km), far)]


def _has_time(can: Can, asked: Asked) -> bool:
    if can.free_from is not None and can.free_from > asked.starts_on:
        return False
    return can.free_until is None or (asked.ends_on or asked.starts_on) <= can.free_until


def ordered(matches: Iterable[tuple[int, Match]]) -> list[tuple[int, Match]]:
    """Possible ones first, then those with more reasons, then the nearer, then the lower number."""
    return sorted(matches, key=lambda m: (not m[1].is_possible, -m[1].met, m[1].km or 0.0, m[0]))


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance in km between two points (longitude, latitude in degrees): the haversine formula."""
    (lon, lat), (lon2, lat2) = (tuple(map(math.radians, point)) for point in (one, other))
    half = math.sin((lat2 - lat) / 2) ** 2 + math.cos(lat) * math.cos(lat2) * math.sin((lon2 - lon) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(half))


# --- checks -----------------------------------------------------------------------------------------------------------


def check_levels(skills: Sequence[tuple[str, int]], languages: Sequence[tuple[str, int]], known: Iterable[str]) -> None:
    """Raise BadInput for a skill or language that no list knows, one named twice, or too many."""
    _check_list([code for code, _ in skills], set(known), "skills")
    _check_list([code for code, _ in languages], {tongue.value for tongue in Tongue}, "languages")


def _check_list(codes: Sequence[str], known: set[str], field: str) -> None:
    for code in codes:
        if code not in known:
            raise errors.BadInput(
                errors.message("“{value}” stands in no list. Choose one of the list."),
                code="code_unknown",
                field=field,
                value=code[:40],
            )
        if codes.count(code) > 1:
            raise errors.BadInput(
                errors.message("“{value}” is named twice. Name it once, with its level."),
                code="level_twice",
                field=field,
                value=code,
            )
    if len(codes) > MOST_ROWS:
        raise errors.BadInput(
            errors.message("{value} are too many; name at most {limit}."),
            code="levels_many",
            field=field,
            value=len(codes),
            limit=MOST_ROWS,
        )


def check_span(start: dt.date | None, end: dt.date | None, field: str) -> None:
    """Raise BadInput for an end before its beginning."""
    if start is not None and end is not None and end < start:
        raise errors.BadInput(
            errors.message("{value} lies before {start}. Look at both days again."),
            code="span_wrong",
            field=field,
            value=end.strftime("%d.%m.%Y"),
            start=start.strftime("%d.%m.%Y"),
        )
