"""A stochastic set of earthquakes: where, how large, how deep, how often.

The catalogue at hand lists earthquakes that did damage. Fitting a Gutenberg-Richter b-value to it gives about 0.5:
small earthquakes are missing because they broke nothing, not because they did not happen. So only magnitudes that
cannot have been overlooked in the period are counted, and b starts from a prior around 1, the value found across the
world and, with the region's own networks, in Albania (0.83 to 1.03).
"""

from __future__ import annotations

import dataclasses

import numpy as np

from streha.engine.risk import checks, earthquake, tables
from streha.engine.risk import events as rates
from streha.engine.risk.layout import F64


@dataclasses.dataclass(frozen=True)
class Source:
    """The parameters of the set; every default is explained in docs/methods/risk.md.

    ``box`` west, south, east, north in degrees; ``complete_from`` the magnitude from which the catalogue is taken as
    complete over ``years``; ``b_mean``, ``b_sd`` the prior; ``uniform_share`` the part of the rate spread evenly over
    the box, the rest lies around past events with a Gaussian of ``kernel_km``.
    """

    box: tuple[float, float, float, float] = (19.0, 40.8, 23.0, 44.3)
    years: float = 119.0
    complete_from: float = 6.0
    smallest: float = 5.0
    largest: float = 7.2
    magnitude_step: float = 0.2
    b_mean: float = 1.0
    b_sd: float = 0.1
    uniform_share: float = 0.5
    kernel_km: float = 30.0
    cell_degrees: float = 0.1
    depths_km: tuple[tuple[float, float], ...] = ((8.0, 0.3), (13.0, 0.4), (18.0, 0.3))


@dataclasses.dataclass(frozen=True, eq=False)
class EventSet:
    """``events`` with ``magnitude``, ``lon``, ``lat``, ``depth_km`` and the shift ``degrees`` its places share.

    ``counted`` is the number of catalogue events the rate rests on, ``b`` the b-value after the catalogue was seen.
    """

    events: rates.Events
    magnitude: F64
    lon: F64
    lat: F64
    depth_km: F64
    degrees: F64
    counted: int
    b: float
    b_sd: float


def catalogue() -> tuple[F64, F64, F64]:
    """Magnitude, longitude, latitude of the package's list (magnitude 5 and above since 1900, damage-selected)."""
    rows = tables.read("earthquakes_region")
    return tuple(np.array([float(row[name]) for row in rows]) for name in ("magnitude", "lon", "lat"))  # type: ignore[return-value]


def b_value(magnitudes: F64, source: Source) -> tuple[float, float]:
    """Mean and standard deviation of b after seeing ``magnitudes``, all at or above ``source.complete_from``.

    Likelihood of the doubly truncated exponential, beta exp(-beta (m - m0)) / (1 - exp(-beta (m1 - m0))) with
    beta = b ln 10 (Page 1968), times the normal prior, on a grid of b.
    """
    checks.finite("magnitude", magnitudes)
    b = np.linspace(0.3, 2.0, 1701)
    beta = b * np.log(10)
    span = source.largest - source.complete_from
    excess = np.clip(magnitudes - source.complete_from, 0, span).sum()
    log_likelihood = magnitudes.size * (np.log(beta) - np.log1p(-np.exp(-beta * span))) - beta * excess
    log_posterior = log_likelihood - ((b - source.b_mean) / source.b_sd) ** 2 / 2
    weight = np.exp(log_posterior - log_posterior.max())
    weight /= weight.sum()
    mean = float(weight @ b)
    return mean, float(np.sqrt(weight @ (b - mean) ** 2))


def share_above(magnitude: F64, *, b: float, smallest: float, largest: float) -> F64:
    """Share of events >= ``smallest`` that reach ``magnitude``: the truncated Gutenberg-Richter law."""
    beta = b * np.log(10)
    top = np.exp(-beta * (largest - smallest))
    return np.asarray((np.exp(-beta * (np.clip(magnitude, smallest, largest) - smallest)) - top) / (1 - top))


def build(source: Source, *, rng: np.random.Generator) -> EventSet:
    """The set: a source cell x a magnitude x three levels of what the event's places share, with a frequency each.

    The place within its cell and the depth are drawn, so that results do not depend on the grid's own points. The
    three levels are the Gauss-Hermite points (-sqrt 3, 0, sqrt 3) with weights 1/6, 2/3, 1/6.
    """
    magnitudes, lon, lat = catalogue()
    counted = magnitudes[magnitudes >= source.complete_from]
    b, b_sd = b_value(counted, source)
    edges = np.arange(source.smallest, source.largest + 1e-9, source.magnitude_step)
    above = share_above(edges, b=b, smallest=source.smallest, largest=source.largest)
    at_complete = share_above(np.asarray(source.complete_from), b=b, smallest=source.smallest, largest=source.largest)
    by_magnitude = (above[:-1] - above[1:]) / at_complete * (counted.size / source.years)
    cell_lon, cell_lat, by_cell = _cells(source, lon, lat)
    level = earthquake.between_event_sd() * np.array([-np.sqrt(3), 0.0, np.sqrt(3)])
    frequency = np.einsum("c,m,l->cml", by_cell, by_magnitude, np.array([1 / 6, 2 / 3, 1 / 6])).ravel()
    cell, step, which = np.unravel_index(np.arange(frequency.size), (by_cell.size, by_magnitude.size, level.size))
    half = source.cell_degrees / 2
    depths = np.array([depth for depth, _ in source.depths_km])
    return EventSet(
        events=rates.stochastic(
            tuple(f"E{number:06d}" for number in range(frequency.size)), frequency, origin="smoothed catalogue"
        ),
        magnitude=(edges[:-1] + source.magnitude_step / 2)[step],
        lon=cell_lon[cell] + rng.uniform(-half, half, frequency.size),
        lat=cell_lat[cell] + rng.uniform(-half, half, frequency.size),
        depth_km=rng.choice(depths, frequency.size, p=[share for _, share in source.depths_km]),
        degrees=level[which],
        counted=int(counted.size),
        b=b,
        b_sd=b_sd,
    )


def _cells(source: Source, lon: F64, lat: F64) -> tuple[F64, F64, F64]:
    """Middles of the source cells and the share of the rate in each."""
    west, south, east, north = source.box
    step = source.cell_degrees
    x, y = np.meshgrid(np.arange(west + step / 2, east, step), np.arange(south + step / 2, north, step), indexing="ij")
    cell_lon, cell_lat = x.ravel(), y.ravel()
    area = np.cos(np.radians(cell_lat))
    around = np.zeros(cell_lon.size)
    for event_lon, event_lat in zip(lon, lat, strict=True):
        away = earthquake.distance_km(cell_lon, cell_lat, to_lon=event_lon, to_lat=event_lat, depth_km=0.0)
        near = area * np.exp(-((away / source.kernel_km) ** 2) / 2)
        around += near / max(near.sum(), 1e-300)
    share = source.uniform_share * area / area.sum() + (1 - source.uniform_share) * around / around.sum()
    return cell_lon, cell_lat, share
