"""How often how many: exceedance curves, return periods, years with more than one event.

A return period here is one of *occurrence*: PMD(T) is the number of people that a single event exceeds once in T
years on average. The people displaced in the worst *year* of T years (aggregate) are more, because years can hold
several events; `sampled_years` gives those. PMDs of areas do not add up to the nation's: their worst events differ.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streha.engine.risk import checks
from streha.engine.risk import events as rates
from streha.engine.risk.layout import F32, F64

RETURN_PERIODS = (10, 20, 50, 100, 200, 250, 500, 1000)


def exceedance(people: F64, frequency: F64) -> tuple[F64, F64]:
    """The exceedance curve of independent events: ``n`` descending and F(n) = sum of f_e with N_e >= n (1/yr)."""
    checks.not_negative("people", people)
    checks.not_negative("frequency", frequency)
    order = np.argsort(-people, kind="stable")
    return people[order], np.cumsum(frequency[order])


def people_at(people: F64, events: rates.Events, return_periods: Sequence[float]) -> F64:
    """PMD(T) for each return period: the largest n with F(n) >= 1/T; 0 where events are rarer than that together.

    Return-period maps are read off directly, straight in ln T between them, 0 below the first and the last value
    above the last (a lower bound).
    """
    wanted = np.asarray(return_periods, np.float64)
    if events.kind == "return_periods":
        return np.interp(np.log(wanted), -np.log(events.frequency), people, left=0.0)
    n, f = exceedance(people, events.frequency)
    # A hair below 1/T: a sum of frequencies that should equal it exactly may miss it by rounding.
    at = np.searchsorted(f, (1 - 1e-12) / wanted, side="left")
    return np.where(at < n.size, n[np.minimum(at, n.size - 1)], 0.0)


def people_at_by_draw(people: F32, frequency: F64, factor: F64, return_periods: Sequence[float]) -> F64:
    """``[return period, draw]`` from ``people[event, draw]``, frequencies times ``factor[draw]``."""
    result = np.zeros((len(return_periods), people.shape[1]))
    by_draw = np.ascontiguousarray(people.T)
    for draw in range(people.shape[1]):
        order = np.argsort(by_draw[draw])[::-1]
        reached = np.cumsum(frequency[order]) * factor[draw]
        for row, period in enumerate(return_periods):
            at = int(np.searchsorted(reached, (1 - 1e-12) / period, side="left"))
            result[row, draw] = by_draw[draw, order[at]] if at < order.size else 0.0
    return result


def sampled_years(people: F64, frequency: F64, *, years: int, rng: np.random.Generator) -> F64:
    """People displaced in each of ``years`` simulated years: a Poisson number of events, drawn by frequency."""
    checks.not_negative("people", people)
    checks.not_negative("frequency", frequency)
    rate = float(frequency.sum())
    if rate == 0:
        return np.zeros(years)
    count = rng.poisson(rate, years)
    drawn = rng.choice(people.size, size=int(count.sum()), p=frequency / rate)
    return np.bincount(np.repeat(np.arange(years), count), people[drawn], years).astype(np.float64)


def people_in_worst_year(sample: F64, return_periods: Sequence[float]) -> F64:
    """Aggregate PMD(T): the total that a simulated year exceeds once in T years."""
    descending = np.sort(sample)[::-1]
    at = np.minimum(np.asarray([int(sample.size / period) for period in return_periods]), sample.size - 1)
    return np.where(at > 0, descending[np.maximum(at - 1, 0)], np.nan)


def average_range(people: F64, events: rates.Events) -> dict[str, float]:
    """People per year under each rule for what is more frequent than the first return-period map."""
    return {rule: float(people @ rates.weights(events, tail=rule)) for rule in rates.TAIL_RULES}
