"""Events and how often they happen: stochastic sets, return-period maps, or single scenarios."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Literal

import numpy as np

from streha.common import errors
from streha.common.errors import message
from streha.engine.risk import checks
from streha.engine.risk.layout import F64

Kind = Literal["scenario", "events", "return_periods"]
TailRule = Literal["zero", "log-linear", "flat"]
TAIL_RULES: tuple[TailRule, ...] = ("zero", "log-linear", "flat")

# A single event that comes back more often than once a month is not a disaster but a season: almost always a return
# period given as a frequency, or a count per century.
HIGHEST_FREQUENCY = 12.0


@dataclasses.dataclass(frozen=True, eq=False)
class Events:
    """Event ids and their rates.

    ``kind`` says how to read ``frequency`` (per year): of independent *events*; or of exceedance, ``1/T``, of
    *return-period* maps, descending; a *scenario* has none (all NaN). ``scenario`` and ``origin`` name the climate
    and the source of the set; ``year`` the year the set stands for.
    """

    ids: tuple[str, ...]
    frequency: F64
    kind: Kind
    scenario: str = "present"
    origin: str = ""
    year: int | None = None

    @property
    def count(self) -> int:
        """How many events."""
        return len(self.ids)


def stochastic(ids: Sequence[str], frequency: F64, *, scenario: str = "present", origin: str = "") -> Events:
    """Independent events with a frequency each (1/yr); refuses repeated ids, negative and impossible frequencies."""
    checks.distinct("event id", ids)
    checks.shape("frequency", frequency, (len(ids),))
    checks.not_negative("frequency", frequency)
    _plausible(frequency)
    return Events(tuple(ids), frequency.astype(np.float64), "events", scenario, origin)


def scenarios(ids: Sequence[str], *, scenario: str = "present", origin: str = "") -> Events:
    """Single events whose frequency nobody knows: they give people displaced, never people per year."""
    checks.distinct("event id", ids)
    return Events(tuple(ids), np.full(len(ids), np.nan), "scenario", scenario, origin)


def return_periods(years: Sequence[float], *, scenario: str = "present", origin: str = "") -> Events:
    """Maps of the intensity exceeded once in ``years`` (ascending, at least one year each)."""
    periods = np.asarray(years, np.float64)
    checks.increasing("return period", periods)
    if periods.size and periods[0] < 1:
        raise errors.BadInput(
            message("Return period {value}: a return period is at least 1 year."),
            code="risk.return_period",
            value=f"{periods[0]:g}",
        )
    return Events(tuple(f"RP{period:g}" for period in periods), 1 / periods, "return_periods", scenario, origin)


def weights(events: Events, *, tail: TailRule = "zero") -> F64:
    """What each event's people are multiplied with to give people per year (``[event]``).

    For independent events their frequency, for scenarios 1 (people, not people per year). For return-period maps the
    trapezoid rule over the exceedance curve,

        AAD = sum_i (f_i - f_i+1)(N_i + N_i+1)/2 + f_last N_last + below,

    where ``below`` stands for what happens more often than the most frequent map: nothing (``zero``), as much as
    there up to once a year (``flat``), or people falling to none at once a year, linear in ln f (``log-linear``):
    the integral of N_1 ln f / ln f_1 from f_1 to 1 is N_1 [(f_1 - 1)/ln f_1 - f_1].
    """
    if events.kind == "scenario":
        return np.ones(events.count)
    if events.kind == "events":
        return events.frequency
    f = events.frequency
    weight = np.zeros(f.size)
    half = (f[:-1] - f[1:]) / 2
    weight[:-1] += half
    weight[1:] += half
    weight[-1] += f[-1]
    weight[0] += _below(float(f[0]), tail)
    return weight


def _below(f: float, tail: TailRule) -> float:
    if tail == "zero" or f >= 1:
        return 0.0
    if tail == "flat":
        return 1 - f
    return float((f - 1) / np.log(f) - f)


def _plausible(frequency: F64) -> None:
    bad = frequency > HIGHEST_FREQUENCY
    if bad.any():
        at = int(np.argmax(bad))
        raise errors.BadInput(
            message(
                "frequency[{position}]: {value} times a year is not a disaster's frequency. "
                "Give events per year, not return periods."
            ),
            code="risk.frequency",
            position=at,
            value=f"{frequency[at]:g}",
        )
