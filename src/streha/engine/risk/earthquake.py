"""Earthquakes: intensity from magnitude, depth and distance, and homes unfit to live in from intensity.

Intensity: Allen, Wald and Worden (2012), Intensity attenuation for active crustal regions, J. Seismology 16, 409-433,
the version for hypocentral distance. Modified Mercalli and EMS-98 degrees are taken as equal (Musson, Gruenthal and
Stucchi 2010). Damage: the macroseismic method of Lagomarsino and Giovinazzi (2006), Bull. Earthquake Eng. 4, 415-443.
No local soil, no rupture plane: near a large rupture the hypocentral distance overstates how far the fault is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streha.common import errors
from streha.common.errors import message
from streha.engine.risk import checks, curves, tables
from streha.engine.risk.layout import F64

EARTH_RADIUS_KM = 6371.0

# Allen, Wald and Worden 2012, table 1, hypocentral form; held against an independent published implementation.
CITATION = "Allen, Wald and Worden 2012, J. Seismology 16, 409-433: intensity from magnitude and hypocentral distance"
C0, C1, C2, C4 = 2.085, 1.428, -1.402, 0.078
M1, M2 = -0.209, 2.042
S1, S2, S3 = 0.82, 0.37, 22.9
FAR_KM = 50.0
MAGNITUDES = (5.0, 7.9)  # what the equation was fitted on
DEPTHS_KM = (0.0, 100.0)

# Share of the total variance that all places of one event have in common. The paper gives the total only.
BETWEEN_EVENT_SHARE = 0.25
TYPICAL_KM = 20.0  # distance at which the scatter is read when one value must serve a whole footprint
# Spread of a building type's vulnerability index between places (plausible range of about +-0.08, as two sd).
INDEX_SD = 0.04
DUCTILITY = 2.3
INTENSITY_PER_INDEX = 6.25
KNOTS = np.round(np.arange(4.0, 12.01, 0.25), 2)

# What becomes of homes at damage grades D0 to D5: unfit for a short time, unfit for long or lost.
UNFIT_SHORT = np.array([0.0, 0.0, 0.0, 0.4, 0.0, 0.0])
UNFIT_LONG = np.array([0.0, 0.0, 0.0, 0.6, 1.0, 1.0])


def intensity(magnitude: F64, distance_km: F64) -> F64:
    """Mean Modified Mercalli intensity on average ground.

    I = c0 + c1 M + c2 ln sqrt(R^2 + (m1 + m2 exp(M - 5))^2), plus c4 ln(R / 50) beyond 50 km, with R the distance to
    the hypocentre in km (Allen, Wald and Worden 2012, eqs. 2 to 4).

    Example: M 6.0 at R = 20 km: the saturation term is -0.209 + 2.042 e = 5.342, sqrt(400 + 28.5) = 20.70, and
    I = 2.085 + 8.568 - 1.402 x 3.0301 = 6.40.
    """
    near = M1 + M2 * np.exp(magnitude - 5)
    value = C0 + C1 * magnitude + C2 * np.log(np.sqrt(distance_km**2 + near**2))
    return np.asarray(
        value + np.where(distance_km > FAR_KM, C4 * np.log(np.maximum(distance_km, FAR_KM) / FAR_KM), 0.0)
    )


def scatter(distance_km: F64) -> F64:
    """Standard deviation of a place's intensity about the mean: s1 + s2 / (1 + (R / s3)^2)."""
    return np.asarray(S1 + S2 / (1 + (distance_km / S3) ** 2))


def between_event_sd() -> float:
    """The part of the scatter that an event's places share, in degrees of intensity."""
    return float(np.sqrt(BETWEEN_EVENT_SHARE) * scatter(np.asarray(TYPICAL_KM)))


def within_event_sd() -> float:
    """The part of the scatter that differs from place to place."""
    return float(np.sqrt(1 - BETWEEN_EVENT_SHARE) * scatter(np.asarray(TYPICAL_KM)))


def distance_km(lon: F64, lat: F64, *, to_lon: float | F64, to_lat: float | F64, depth_km: float | F64) -> F64:
    """Distance from points at the surface to a hypocentre (great circle and depth)."""
    half_lat, half_lon = np.radians(lat - to_lat) / 2, np.radians(lon - to_lon) / 2
    chord = np.sin(half_lat) ** 2 + np.cos(np.radians(lat)) * np.cos(np.radians(to_lat)) * np.sin(half_lon) ** 2
    return np.asarray(np.hypot(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(chord)), depth_km))


def check_source(*, magnitude: float, depth_km: float, lon: float, lat: float) -> None:
    """Refuse a source outside what the equation was fitted on, or off the globe."""
    for name, value, (low, high) in (
        ("magnitude", magnitude, MAGNITUDES),
        ("depth_km", depth_km, DEPTHS_KM),
        ("lon", lon, (-180.0, 180.0)),
        ("lat", lat, (-90.0, 90.0)),
    ):
        if not low <= value <= high:
            raise errors.BadInput(
                message("{name} is {value}; the method holds from {low} to {high}."),
                code="risk.source",
                name=name,
                value=f"{value:g}",
                low=f"{low:g}",
                high=f"{high:g}",
            )


def mean_damage(degrees: F64, index: F64) -> F64:
    """Mean damage grade, 0 to 5: 2.5 [1 + tanh((I + 6.25 V - 13.1) / 2.3)] (Lagomarsino and Giovinazzi 2006, eq. 6)."""
    return np.asarray(2.5 * (1 + np.tanh((degrees + INTENSITY_PER_INDEX * index - 13.1) / DUCTILITY)))


def damage_grades(mean: F64) -> F64:
    """Shares of buildings at grades D0 to D5 (last axis): binomial with n = 5 and p = mean / 5 (same paper, eq. 8)."""
    p = np.clip(np.asarray(mean, np.float64) / 5, 0.0, 1.0)[..., None]
    grade = np.arange(6)
    ways = np.array([1, 5, 10, 10, 5, 1])
    return np.asarray(ways * p**grade * (1 - p) ** (5 - grade))


def vulnerability(*, intensity_sd: float, classes: Sequence[str] | None = None, knots: F64 = KNOTS) -> curves.Curves:
    """D(I) by building class, averaged over a Gaussian scatter of intensity with ``intensity_sd`` degrees.

    Homes at D3 are unfit, 40 % of them for a short time; homes at D4 and D5 are unfit for long or lost.
    """
    rows = tables.read("macroseismic_classes")
    known = {row["class"]: float(row["vulnerability_index"]) for row in rows}
    names = tuple(known) if classes is None else tuple(classes)
    checks.distinct("classes", names)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise errors.BadInput(
            message("Dwelling class {name} has no curve in {curves}. It has curves for: {known}."),
            code="risk.no_curve",
            name=unknown[0],
            curves="macroseismic",
            known=", ".join(known),
        )
    index = np.array([known[name] for name in names])
    offset, weight = _gaussian(intensity_sd)
    grades = damage_grades(mean_damage(knots[None, :, None] + offset, index[:, None, None]))
    grades = np.einsum("kmsg,s->kmg", grades, weight)
    long = grades @ UNFIT_LONG
    return curves.Curves(
        name="macroseismic",
        hazard="earthquake",
        unit="MMI",
        classes=names,
        knots=knots,
        displaced=np.clip(long + grades @ UNFIT_SHORT, 0, 1),
        destroyed=np.clip(long, 0, 1),
        citation=curves.Citation(rows[0]["source"], "Europe (EMS-98 types)", "facts", False),
    )


def shift_draws(*, sd: float, n: int, rng: np.random.Generator) -> F64:
    """Draws of a shift of intensity common to all places, in degrees."""
    return rng.normal(0.0, sd, n)


def index_sd_in_degrees() -> float:
    """The spread of vulnerability indices as degrees of intensity."""
    return INDEX_SD * INTENSITY_PER_INDEX


def _gaussian(sd: float, points: int = 25) -> tuple[F64, F64]:
    """Nodes and weights of a normal distribution cut off at three standard deviations."""
    if sd == 0:
        return np.zeros(1), np.ones(1)
    z = np.linspace(-3, 3, points)
    weight = np.exp(-(z**2) / 2)
    return z * sd, weight / weight.sum()
