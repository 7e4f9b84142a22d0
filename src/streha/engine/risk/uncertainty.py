"""A thousand draws at the price of two matrix products.

Everything uncertain is drawn once per draw and shared by all events: the curve and its threshold (a column of curve
values), people per area, household size, the frequency of the whole set. Because the histograms hold people by
intensity, people by event and draw is (people by knot) @ (curve by knot and draw), and people per year by area and
draw likewise. No array of event x area x draw is ever made.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from streha.common import errors
from streha.common.errors import message
from streha.engine.risk import checks, totals
from streha.engine.risk import curves as curve_sets
from streha.engine.risk.layout import F32, F64

QUANTILES = (0.05, 0.5, 0.95)


@dataclasses.dataclass(frozen=True)
class Spread:
    """How uncertain the inputs are, as standard deviations of logarithms; 0 means taken as exact.

    ``people`` is independent from area to area, ``household`` common to all (both scale residents); ``curve`` scales
    damage ratios. ``frequency_events`` is the number of events the frequency was counted from: the rate is then drawn
    from Gamma(n + 1/2) / (n + 1/2) (Jeffreys prior), None takes it as exact. The defaults are assumptions.
    """

    people: float = 0.05
    household: float = 0.03
    curve: float = 0.20
    frequency_events: float | None = None

    def __post_init__(self) -> None:
        for name in ("people", "household", "curve"):
            if not 0 <= getattr(self, name) <= 3:
                raise errors.BadInput(
                    message("Spread of {name}: {value} is not between 0 and 3 (standard deviation of the logarithm)."),
                    code="risk.spread",
                    name=name,
                    value=getattr(self, name),
                )


@dataclasses.dataclass(frozen=True, eq=False)
class Draws:
    """One column per draw: ``displaced[class, knot, draw]``, ``destroyed`` alike or None, ``people[area, draw]``
    and ``frequency[draw]`` as factors with mean 1."""

    displaced: F32
    destroyed: F32 | None
    people: F64
    frequency: F64

    @property
    def count(self) -> int:
        """How many draws."""
        return self.frequency.size


def factors(spread: Spread, *, areas: int, n: int, rng: np.random.Generator) -> tuple[F64, F64]:
    """``people[area, draw]`` and ``frequency[draw]``, each with mean 1."""
    by_area = np.exp(rng.normal(-(spread.people**2) / 2, spread.people, (areas, n)))
    household = np.exp(rng.normal(-(spread.household**2) / 2, spread.household, n))
    if spread.frequency_events is None:
        return by_area * household, np.ones(n)
    shape = spread.frequency_events + 0.5
    return by_area * household, rng.gamma(shape, 1 / shape, n)


def threshold_draws(
    ratios: curve_sets.DamageRatios,
    classes: tuple[str, ...],
    *,
    knots: F64,
    threshold: curve_sets.Threshold,
    curve_spread: float,
    n: int,
    rng: np.random.Generator,
    chosen: dict[str, str] | None = None,
) -> F32:
    """``displaced[class, knot, draw]`` with one threshold and one curve scale per draw, the same for every class.

    Within a draw a home is lived in or not: the share steps from 0 to 1 where ratio x scale passes the threshold.
    The average over draws tends to P(tau < ratio) when the scale is exact.
    """
    as_curves = curve_sets.Curves(
        ratios.name, ratios.hazard, ratios.unit, tuple(ratios.points), knots, ratios.on(knots), ratios.citation
    )
    ratio = curve_sets.for_classes(as_curves, classes, chosen).displaced
    tau = threshold.draw(rng, n)
    scale = np.exp(rng.normal(-(curve_spread**2) / 2, curve_spread, n))
    return (ratio[:, :, None] * scale > tau).astype(np.float32)


def shifted_draws(displaced: F64, knots: F64, *, shift: F64) -> F32:
    """``[class, knot, draw]``: the curve read at intensities moved by ``shift[draw]`` (in the curve's unit)."""
    at = knots[:, None] + shift[None, :]
    return np.stack([np.interp(at, knots, row) for row in displaced]).astype(np.float32)


def people_by_event(histogram: totals.Histograms, share: F32, people: F64, by_area_event: F64) -> F32:
    """National people displaced, ``[event, draw]``.

    The area factors enter as their average over areas, weighted with each event's central people by area: exact where
    a draw's curve changes every area in proportion, and it needs no array of event x area x draw.
    """
    _, events, classes, knots = histogram.by_event.shape
    checks.shape("share", share, (classes, knots, -1))
    by_knot = histogram.by_event.sum(axis=0).reshape(events, classes * knots)
    result: F32 = by_knot @ share.reshape(classes * knots, -1)
    weight = by_area_event.sum(axis=0)
    of_area = np.divide(by_area_event, weight, out=np.zeros_like(by_area_event), where=weight > 0)
    of_area[:, weight == 0] = 1 / max(1, by_area_event.shape[0])
    result *= of_area.T.astype(np.float32) @ people.astype(np.float32)
    return result


def people_by_area(histogram: totals.Histograms, share: F32, people: F64, frequency: F64) -> F64:
    """People per year (or per scenario) by area, ``[area, draw]``; summed over areas, the nation's."""
    areas, classes, knots = histogram.by_area.shape
    checks.shape("share", share, (classes, knots, -1))
    by_knot = curve_sets.as_f32(histogram.by_area).reshape(areas, classes * knots)
    by_draw = by_knot @ share.reshape(classes * knots, -1)
    return by_draw * people * frequency


def bands(values: F64) -> F64:
    """The 5th, 50th and 95th percentile over the last axis, ``[..., 3]``."""
    return np.moveaxis(np.quantile(values, QUANTILES, axis=-1), 0, -1)
