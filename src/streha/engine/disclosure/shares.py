"""Shares by group with their intervals, reckoned from what is printed alone.

An interval reckoned from the true counts would give the counts away: two ends of a Wilson interval are two equations
for two unknowns. So a share takes `releases.Figure`s, and is not shown where one of them is not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from streha.common import errors
from streha.common.errors import message
from streha.engine.disclosure.releases import REASONS, Figure, Treatment

NOBODY = message("There is nobody in this group.")


@dataclass(frozen=True)
class Interval:
    """A value between ``low`` and ``high``; shares run from 0 to 1, differences from -1 to 1."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Share:
    """Two lines for a page: the interval (none where it is not shown), and why, as a template with details."""

    interval: Interval | None
    treatment: Treatment
    reason: str
    base: int | None = None

    @property
    def details(self) -> dict[str, int]:
        return {} if self.base is None else {"base": self.base}


def wilson(having: float, of: float, *, confidence: float = 0.95) -> Interval:
    """The score interval of a share (Wilson 1927, p. 209; Newcombe 1998a, method 3).

    With p = having/of and z the normal quantile:
    (2 np + z^2 -+ z sqrt(z^2 + 4 np(1 - p))) / (2 (n + z^2)). Of 263, 81: 0.308 between 0.255 and 0.366.
    """
    _refuse_impossible(having, of)
    z = _quantile(confidence)
    share = having / of
    middle = 2 * of * share + z * z
    half = z * math.sqrt(z * z + 4 * of * share * (1 - share))
    low, high = (middle - half) / (2 * (of + z * z)), (middle + half) / (2 * (of + z * z))
    # At the ends the formula gives 0 and 1 exactly; arithmetic on fractions misses them by its last digit.
    return Interval(share, 0.0 if having == 0 else max(0.0, low), 1.0 if having == of else min(1.0, high))


def newcombe(having: float, of: float, other_having: float, other_of: float, *, confidence: float = 0.95) -> Interval:
    """The difference of two independent shares (Newcombe 1998b, method 10): squares of the Wilson arms added.

    Of 70, 56 against of 80, 48: 0.20 between 0.0524 and 0.3339.
    """
    one, other = wilson(having, of, confidence=confidence), wilson(other_having, other_of, confidence=confidence)
    difference = one.value - other.value
    return Interval(
        difference,
        difference - math.hypot(one.value - one.low, other.high - other.value),
        difference + math.hypot(one.high - one.value, other.value - other.low),
    )


def of_group(having: Figure, of: Figure, *, confidence: float = 0.95) -> Share:
    """The share of a group, as far as its two figures are shown."""
    hidden = _hidden(having, of)
    if hidden is not None:
        return hidden
    if of.value == 0:
        return Share(None, of.treatment, NOBODY, of.base)
    rounded = _rounded(having, of)
    # Two figures rounded apart may pass each other; a share of more than all is shown as all.
    counted = min(having.value or 0.0, of.value or 0.0)
    return _shown(wilson(counted, of.value or 0.0, confidence=confidence), rounded)


def between(having: Figure, of: Figure, other_having: Figure, other_of: Figure, *, confidence: float = 0.95) -> Share:
    """The difference of the shares of two groups that have nobody in common, as far as their figures are shown."""
    hidden = _hidden(having, of, other_having, other_of)
    if hidden is not None:
        return hidden
    if not of.value or not other_of.value:
        return Share(None, of.treatment, NOBODY, of.base)
    found = newcombe(
        min(having.value or 0.0, of.value),
        of.value,
        min(other_having.value or 0.0, other_of.value),
        other_of.value,
        confidence=confidence,
    )
    return _shown(found, _rounded(having, of, other_having, other_of))


def _hidden(*figures: Figure) -> Share | None:
    if any(figure.value is None for figure in figures):
        return Share(None, Treatment.SUPPRESSED, REASONS[Treatment.SUPPRESSED])
    return None


def _rounded(*figures: Figure) -> int | None:
    return max((figure.base for figure in figures if figure.base is not None), default=None)


def _shown(interval: Interval, base: int | None) -> Share:
    treatment = Treatment.PUBLISHED if base is None else Treatment.ROUNDED
    return Share(interval, treatment, REASONS[treatment], base)


def _quantile(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise errors.BadInput(
            message("Confidence {value} is not between 0 and 1."), code="disclosure.confidence", value=confidence
        )
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def _refuse_impossible(having: float, of: float) -> None:
    if of > 0 and 0 <= having <= of:
        return
    raise errors.BadInput(
        message("{having} of {all} is no share: there must be somebody, and no more than all."),
        code="disclosure.no_share",
        having=f"{having:g}",
        all=f"{of:g}",
    )
