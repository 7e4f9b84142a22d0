"""A fictional valley for the example and the tests: three villages along a river that exists nowhere.

Depths follow from a rule, not from a flood study: the river's stage rises with ln T, the valley floor rises away from
the river, and a dwelling stands in water by the difference. Nobody's risk may be read from it.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from streha.engine.risk.layout import F64

NOTE = "Fictional valley: an example, not a place. These figures describe nobody's risk."
RETURN_PERIODS = (10, 50, 100, 500)
VILLAGES = ("Upper Village", "Mill Village", "Lower Village")
WEST, SOUTH, CELL_DEGREES = 0.0, 0.0, 0.001  # in the Gulf of Guinea, where no valley is
COLUMNS, ROWS = 240, 80


@dataclasses.dataclass(frozen=True, eq=False)
class Valley:
    """Homes (``lon``, ``lat``, ``people[class, home]``, ``village``) and depth grids in metres by return period."""

    lon: F64
    lat: F64
    people: F64
    village: tuple[str, ...]
    classes: tuple[str, ...]
    depth_m: dict[int, F64]


def build(*, rng: np.random.Generator) -> Valley:
    """The valley with 900 homes; grids have row 0 in the north, like rasters."""
    north = SOUTH + ROWS * CELL_DEGREES
    lat_of_row = north - (np.arange(ROWS) + 0.5) * CELL_DEGREES
    lon_of_column = WEST + (np.arange(COLUMNS) + 0.5) * CELL_DEGREES
    river = SOUTH + CELL_DEGREES * ROWS * (0.5 + 0.15 * np.sin(lon_of_column * 60))
    away_m = np.abs(lat_of_row[:, None] - river[None, :]) * 111_195.0
    floor_m = 0.004 * away_m
    depth = {t: np.clip(1.1 * np.log10(t) + 0.3 - floor_m, 0, None) for t in RETURN_PERIODS}
    centres = np.array([0.045, 0.120, 0.195])
    village = np.repeat(np.arange(3), 300)
    lon = np.clip(rng.normal(centres[village], 0.012), WEST + 0.001, WEST + COLUMNS * CELL_DEGREES - 0.001)
    bank = SOUTH + CELL_DEGREES * ROWS * (0.5 + 0.15 * np.sin(lon * 60))
    lat = np.clip(bank + rng.normal(0, 0.008, lon.size), SOUTH + 0.001, north - 0.001)
    residents = 1.0 + rng.poisson(3.2, lon.size)
    masonry = rng.random(lon.size) < 0.8
    return Valley(
        lon=lon,
        lat=lat,
        people=np.stack([residents * masonry, residents * ~masonry]),
        village=tuple(VILLAGES[number] for number in village),
        classes=("masonry", "wood"),
        depth_m=depth,
    )
