"""Standards of shelter, water and sanitation: who is below which line, what is missing, and what to buy.

A standard is data: a value, a unit, where it stands, and whether somebody has compared it with its source. Nothing here
says that a number is right; ``verified`` travels with every line.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from streha.common import errors


class Measure(StrEnum):
    """What is measured, and of what."""

    COVERED_M2 = "covered_m2"  # m2 of covered floor a person
    WATER_L = "water_l"  # litres a person a day
    PER_TAP = "per_tap"  # people to a tap
    PER_LATRINE = "per_latrine"  # people to a latrine
    STEP_FREE = "step_free"  # share of places without steps


class Climate(StrEnum):
    ANY = "any"
    COLD = "cold"


AT_MOST = frozenset({Measure.PER_TAP, Measure.PER_LATRINE})
"""Measures that may be no more than the line; of the others there may be no less."""


@dataclass(frozen=True)
class Standard:
    """One line, in one climate."""

    measure: Measure
    climate: Climate
    value: Decimal
    source: str
    verified: bool = False
    remedy: str = ""
    """Code of an item that fills a gap, and of how much of the measure one of it gives."""
    gives: Decimal = Decimal(1)


@dataclass(frozen=True)
class Facts:
    """What is there, where ``people`` stay. None: nobody has said."""

    people: int
    covered_m2: Decimal | None = None
    water_l_day: Decimal | None = None
    taps: int | None = None
    latrines: int | None = None
    step_free: int | None = None
    capacity: int | None = None
    is_cold: bool = True


class Verdict(StrEnum):
    MET = "met"
    BELOW = "below"
    NOT_KNOWN = "not_known"


@dataclass(frozen=True)
class Line:
    """One standard held against what is there. ``missing`` is in m2, litres a day, taps, latrines or places."""

    standard: Standard
    verdict: Verdict
    has: Decimal | None
    missing: Decimal = Decimal(0)


def chosen(standards: Iterable[Standard], *, is_cold: bool) -> tuple[Standard, ...]:
    """For each measure the standard of this climate: that of the cold where it is cold and there is one."""
    found: dict[Measure, Standard] = {}
    for standard in standards:
        if standard.climate is Climate.COLD and not is_cold:
            continue
        if standard.measure not in found or standard.climate is Climate.COLD:
            found[standard.measure] = standard
    return tuple(found[measure] for measure in Measure if measure in found)


def check(facts: Facts, standards: Iterable[Standard]) -> tuple[Line, ...]:
    """Every standard held against the facts. Where nobody stays, every line whose facts are known is met."""
    return tuple(_line(standard, facts) for standard in chosen(standards, is_cold=facts.is_cold))


def _line(standard: Standard, facts: Facts) -> Line:
    have = _have(standard.measure, facts)
    if have is None:
        return Line(standard, Verdict.NOT_KNOWN, None)
    if standard.measure is Measure.STEP_FREE:
        needed = Decimal(math.ceil(standard.value * (facts.capacity or 0)))
    elif standard.measure in AT_MOST:
        needed = Decimal(math.ceil(Decimal(facts.people) / standard.value))
    else:
        needed = standard.value * facts.people
    missing = max(needed - have, Decimal(0))
    return Line(standard, Verdict.BELOW if missing else Verdict.MET, _rate(standard.measure, have, facts), missing)


def _have(measure: Measure, facts: Facts) -> Decimal | None:
    told: Mapping[Measure, Decimal | int | None] = {
        Measure.COVERED_M2: facts.covered_m2,
        Measure.WATER_L: facts.water_l_day,
        Measure.PER_TAP: facts.taps,
        Measure.PER_LATRINE: facts.latrines,
        Measure.STEP_FREE: facts.step_free,
    }
    found = told[measure]
    if measure is Measure.STEP_FREE and facts.capacity is None:
        return None
    return None if found is None else Decimal(found)


def _rate(measure: Measure, have: Decimal, facts: Facts) -> Decimal | None:
    """What is there in the unit of the standard; None where nobody stays, or none is there for those who do."""
    if measure is Measure.STEP_FREE:
        return _tidy(have / facts.capacity, "0.001") if facts.capacity else None
    if measure in AT_MOST:
        return _tidy(Decimal(facts.people) / have, "0.1") if have else None
    return _tidy(have / facts.people, "0.01") if facts.people else None


def _tidy(value: Decimal, step: str) -> Decimal:
    return value.quantize(Decimal(step), ROUND_HALF_UP)


@dataclass(frozen=True)
class Purchase:
    """So many of an item, for this reason."""

    item: str
    quantity: int
    reason: str
    where: str = ""


def purchases(lines: Iterable[Line], *, where: str) -> tuple[Purchase, ...]:
    """What fills the gaps: each gap by the item that its standard names, rounded up to whole ones."""
    return tuple(
        Purchase(
            line.standard.remedy,
            math.ceil(line.missing / line.standard.gives),
            f"sphere:{line.standard.measure}",
            where,
        )
        for line in lines
        if line.verdict is Verdict.BELOW and line.standard.remedy
    )


def check_standards(standards: Sequence[Standard]) -> None:
    """Raise BadInput for a list of standards that cannot serve."""
    seen: set[tuple[Measure, Climate]] = set()
    for standard in standards:
        if standard.value <= 0 or (standard.measure is Measure.STEP_FREE and standard.value > 1):
            raise errors.BadInput(
                errors.message(
                    "{value} cannot be the line of “{measure}”. It is above nothing, and a share at most 1."
                ),
                code="standard_value",
                field=f"{standard.measure}_{standard.climate}",
                value=str(standard.value),
                measure=standard.measure.value,
            )
        if not standard.source.strip():
            raise errors.BadInput(
                errors.message("Say in which document and where “{measure}” stands."),
                code="source_missing",
                field=f"{standard.measure}_{standard.climate}_source",
                measure=standard.measure.value,
            )
        if (key := (standard.measure, standard.climate)) in seen:
            raise errors.BadInput(
                errors.message("“{measure}” stands twice in the list. Leave one out."),
                code="standard_twice",
                measure=standard.measure.value,
            )
        seen.add(key)
