"""Exposure when nothing better is loaded: Kosovo's 38 municipalities as towns and their surroundings.

Each municipality is 64 points: 16 in a town around its seat, 48 over a disc of the municipality's area around its
middle. Good enough for shaking, which changes over kilometres; useless for floods, which change over metres.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from streha.engine.risk import exposure as exposures
from streha.engine.risk import tables
from streha.engine.risk.layout import F64

TOWN_POINTS, COUNTRY_POINTS = 16, 48
TOWN_RADIUS_KM = 2.0
# Share of residents in the town: 38 % of the population lived in urban settlements in the census of 2011.
TOWN_SHARE = 0.38
KM_PER_DEGREE = 111.195
HOUSEHOLD_SIZE = 4.5  # mean household, census of 2024


@dataclasses.dataclass(frozen=True)
class Municipality:
    """One row of the package's table."""

    code: str
    name: str
    name_sq: str
    name_sr: str
    district: str
    residents: int
    area_km2: float
    lon: float
    lat: float

    @property
    def label(self) -> str:
        """Both official names, as they are always shown: Pejë / Peć."""
        return self.name_sq if self.name_sq == self.name_sr else f"{self.name_sq} / {self.name_sr}"


def municipalities() -> tuple[Municipality, ...]:
    """The 38 municipalities with residents of the census of 2024; ``lon``, ``lat`` is the seat."""
    return tuple(
        Municipality(
            row["code"],
            row["name_en"],
            row["name_sq"],
            row["name_sr"],
            row["district_sq"],
            int(row["residents_2024"]),
            float(row["area_km2"]),
            float(row["seat_lon"] or row["middle_lon"]),
            float(row["seat_lat"] or row["middle_lat"]),
        )
        for row in tables.read("municipalities_kosovo")
    )


def dwelling_shares() -> dict[str, float]:
    """Share of residents by dwelling class (an assumption, see the table's sources)."""
    return {row["class"]: float(row["share"]) for row in tables.read("dwellings_kosovo")}


def exposure(shares: dict[str, float] | None = None) -> exposures.Exposure:
    """Residents of the 38 municipalities at 64 points each, by dwelling class; areas are municipality codes."""
    shares = shares or dwelling_shares()
    rows = tables.read("municipalities_kosovo")
    lon, lat, people, area = [], [], [], []
    for number, (place, row) in enumerate(zip(municipalities(), rows, strict=True)):
        town_share = TOWN_SHARE if row["seat_lon"] else 0.0
        middle = float(row["middle_lon"]), float(row["middle_lat"])
        radius = np.sqrt(place.area_km2 / np.pi)
        for (x, y), reach, points, share in (
            ((place.lon, place.lat), min(TOWN_RADIUS_KM, radius), TOWN_POINTS, town_share),
            (middle, radius, COUNTRY_POINTS, 1 - town_share),
        ):
            east, north = _disc(points, reach)
            lon.append(x + east / (KM_PER_DEGREE * np.cos(np.radians(y))))
            lat.append(y + north / KM_PER_DEGREE)
            people.append(np.full(points, place.residents * share / points))
            area.append(np.full(points, number))
    residents = np.concatenate(people)
    return exposures.blocked(
        lon=np.concatenate(lon),
        lat=np.concatenate(lat),
        people=np.stack([residents * share for share in shares.values()]),
        area=np.concatenate(area),
        areas=[row["code"] for row in rows],
        classes=tuple(shares),
    )


def _disc(points: int, radius_km: float) -> tuple[F64, F64]:
    """Points spread evenly over a disc, like seeds in a sunflower (Vogel 1979)."""
    k = np.arange(points) + 0.5
    r = radius_km * np.sqrt(k / points)
    angle = np.pi * (3 - np.sqrt(5)) * k
    return r * np.cos(angle), r * np.sin(angle)
