"""What holds for pairs without a database: opinions, bands of strength, second opinions, what is certain, rates."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from streha.engine import linkage, names


class Verdict(StrEnum):
    """An opinion on two records."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


class Band(StrEnum):
    """How strongly the records speak for one person."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


def band(probability: float) -> Band:
    """The band of a probability, by the thresholds that stand with the weights and the record of their training."""
    marks = linkage.register().thresholds
    if probability >= marks.certain:
        return Band.CERTAIN
    return Band.LIKELY if probability >= marks.likely else Band.POSSIBLE


def bounds(of: Band) -> tuple[float, float]:
    """From which probability a band reaches, and below which it ends (1 is inside)."""
    marks = linkage.register().thresholds
    return {
        Band.CERTAIN: (marks.certain, 2.0),
        Band.LIKELY: (marks.likely, marks.certain),
        Band.POSSIBLE: (0.0, marks.likely),
    }[of]


def needs_second(*, probability: float, is_shielded: bool, is_certain: bool, threshold: float) -> bool:
    """Whether one person alone may not say "same": the records speak weakly for it, or somebody is shielded."""
    return is_shielded or (probability < threshold and not is_certain)


def is_contested(verdicts: Iterable[str]) -> bool:
    """Whether somebody said "same" and somebody "different": then a third person decides alone."""
    return {Verdict.SAME, Verdict.DIFFERENT} <= set(verdicts)


def needs_reason(verdict: str, probability: float) -> bool:
    """Whether an opinion goes against what the records say, so that it must say why."""
    if verdict == Verdict.DIFFERENT:
        return band(probability) is Band.CERTAIN
    return verdict == Verdict.UNSURE


class Help(IntEnum):
    """How far somebody is on the way to help, told by the rooms that give it."""

    NONE = 0
    ASKED = 1
    GRANTED = 2


def consequence(left: Help, right: Help) -> int:
    """How much hangs on a pair: both granted help first, then both on the way, then one of them; 0 where nothing does.

    By hand: both granted 8, one granted and one asked 5, both asked 4, one granted 2, one asked 1.
    """
    return 3 * min(left, right) + max(left, right)


@dataclass(frozen=True)
class Rate:
    """A share with its 95 % interval; ``share`` is None where nothing was decided."""

    part: int
    whole: int
    low: float
    high: float

    @property
    def share(self) -> float | None:
        """The share itself, 0 to 1."""
        return self.part / self.whole if self.whole else None


def rate(part: int, whole: int) -> Rate:
    """A share with the score interval of Wilson (1927) at 95 %.

    centre = (p + z²/2n) / (1 + z²/n), half width = z √(p(1-p)/n + z²/4n²) / (1 + z²/n), z = 1.96. By hand: 2 of 20 is
    0.1 with 0.028 to 0.301.
    """
    if not whole:
        return Rate(0, 0, 0.0, 1.0)
    z, p = 1.959964, part / whole
    grow = 1 + z * z / whole
    centre = (p + z * z / (2 * whole)) / grow
    half = z * math.sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole)) / grow
    return Rate(part, whole, max(0.0, centre - half), min(1.0, centre + half))


def rates(decided: Iterable[tuple[float, bool]]) -> dict[Band, Rate]:
    """By band: the share of different people among the pairs decided, each given as (probability, is different)."""
    counted: dict[Band, list[int]] = {one: [0, 0] for one in Band}
    for probability, is_different in decided:
        tally = counted[band(probability)]
        tally[0] += is_different
        tally[1] += 1
    return {one: rate(*tally) for one, tally in counted.items()}


# --- how two values stand to each other -----------------------------------------------------------


class Agreement(StrEnum):
    """What one field of two records says about their being one person."""

    SAME = "same"
    ALIKE = "alike"
    DIFFERENT = "different"
    ONE_SIDED = "one_sided"  # known of one of them alone
    SILENT = "silent"  # known of neither


def plainly(left: Any, right: Any) -> Agreement:
    """Two codes or numbers: the same or not; an empty one says nothing."""
    one, other = (value not in {None, "", "u", "unknown"} for value in (left, right))
    if not (one and other):
        return Agreement.ONE_SIDED if one or other else Agreement.SILENT
    return Agreement.SAME if left == right else Agreement.DIFFERENT


Birth = tuple[dt.date | None, str]


def births(left: Birth, right: Birth) -> Agreement:
    """Two births: the same day, the same as far as both are known, day and month exchanged, or different."""
    (one, exact), (other, exact_too) = left, right
    if one is None or other is None:
        return Agreement.ONE_SIDED if one or other else Agreement.SILENT
    if one == other and exact == exact_too:
        return Agreement.SAME
    if "estimate" in {exact, exact_too}:
        return Agreement.ALIKE if abs(one.year - other.year) <= ESTIMATE_YEARS else Agreement.DIFFERENT
    if "year" in {exact, exact_too}:
        return Agreement.ALIKE if one.year == other.year else Agreement.DIFFERENT
    if "month" in {exact, exact_too}:
        return Agreement.ALIKE if (one.year, one.month) == (other.year, other.month) else Agreement.DIFFERENT
    exchanged = one.year == other.year and (one.day, one.month) == (other.month, other.day)
    return Agreement.ALIKE if exchanged else Agreement.DIFFERENT


ESTIMATE_YEARS = 2
_GRADES = {names.Grade.SAME: Agreement.SAME, names.Grade.COMPATIBLE: Agreement.ALIKE}


def names_agree(left: Iterable[str], right: Iterable[str]) -> tuple[Agreement, tuple[str, ...]]:
    """All ways in which two persons are written against each other: the best verdict, with its reasons."""
    ours, theirs = list(left), list(right)
    if not ours or not theirs:
        return (Agreement.ONE_SIDED if ours or theirs else Agreement.SILENT), ()
    graded = [names.grade(one, other) for one in ours for other in theirs]
    best = max(graded, key=lambda found: (found.grade in _GRADES, found.grade is names.Grade.SAME, found.score))
    return _GRADES.get(best.grade, Agreement.DIFFERENT), best.reasons
