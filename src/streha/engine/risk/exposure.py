"""People by dwelling class at cells, laid out in blocks of 64 neighbouring cells of one area."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streha.common import errors
from streha.common.errors import message
from streha.engine.risk import checks
from streha.engine.risk.layout import BLOCK, F32, F64, Index


@dataclasses.dataclass(frozen=True, eq=False)
class Exposure:
    """Residents in the block layout.

    ``people[class, cell]`` are residents; ``area_of_block[block]`` indexes ``areas``; ``lon``, ``lat`` in degrees and
    ``source_row`` (the row of the table the cell came from) per cell, NaN and -1 in the padding that fills an area's
    last block. Blocks are sorted by area.
    """

    people: F32
    area_of_block: Index
    lon: F64
    lat: F64
    source_row: Index
    areas: tuple[str, ...]
    classes: tuple[str, ...]

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return self.area_of_block.size

    def residents(self) -> F64:
        """Residents by area, ``[area]``."""
        by_block = self.people.astype(np.float64).sum(axis=0).reshape(self.blocks, BLOCK).sum(axis=1)
        return np.bincount(self.area_of_block, by_block, len(self.areas)).astype(np.float64)


def blocked(
    *,
    lon: F64,
    lat: F64,
    people: NDArray[np.floating],
    area: Index,
    areas: Sequence[str],
    classes: Sequence[str],
) -> Exposure:
    """Lay a table of cells out in blocks: by area, then along a Hilbert curve, each area padded to full blocks.

    Parameters
    ----------
    lon, lat : float64, shape (n,), degrees
    people : float, shape (classes, n), residents >= 0
    area : int64, shape (n,), index into ``areas``
    areas, classes : names, each once

    Raises
    ------
    BadInput
        For wrong shapes, NaN, coordinates outside the globe, negative people, repeated names, nobody at all.
    """
    n = lon.size
    checks.shape("lon", lon, (n,))
    checks.shape("lat", lat, (n,))
    checks.shape("area", area, (n,))
    checks.shape("people", people, (len(classes), n))
    checks.finite("lon", lon)
    checks.finite("lat", lat)
    checks.not_negative("people", people)
    checks.distinct("areas", areas)
    checks.distinct("classes", classes)
    _on_the_globe(lon, lat)
    _known_area(area, len(areas))
    if people.sum() <= 0:
        raise errors.BadInput(
            message("Nobody lives in any cell: the exposure holds {cells} cells and zero people."),
            code="risk.nobody",
            cells=n,
        )
    order = np.lexsort((hilbert_index(lon, lat), area))
    counts = np.bincount(area, minlength=len(areas))
    blocks_of_area = -(-counts // BLOCK)
    area_of_block = np.repeat(np.arange(len(areas), dtype=np.int64), blocks_of_area)
    first_cell = np.concatenate(([0], np.cumsum(blocks_of_area)[:-1])) * BLOCK
    rank = np.arange(n) - np.repeat(np.concatenate(([0], np.cumsum(counts)[:-1])), counts)
    position = first_cell[area[order]] + rank
    cells = area_of_block.size * BLOCK
    laid = np.zeros((len(classes), cells), np.float32)
    laid[:, position] = people[:, order]
    source_row = np.full(cells, -1, np.int64)
    source_row[position] = order
    lon_laid, lat_laid = np.full(cells, np.nan), np.full(cells, np.nan)
    lon_laid[position], lat_laid[position] = lon[order], lat[order]
    return Exposure(laid, area_of_block, lon_laid, lat_laid, source_row, tuple(areas), tuple(classes))


def hilbert_index(lon: F64, lat: F64, bits: int = 16) -> Index:
    """Position of each point along a Hilbert curve over the points' bounding box; neighbours stay near."""
    side = np.int64(1) << bits
    x, y = _on_grid(lon, side), _on_grid(lat, side)
    index = np.zeros(x.shape, np.int64)
    step = side >> 1
    while step:
        right, upper = (x & step) > 0, (y & step) > 0
        index += step * step * ((3 * right) ^ upper)
        flip = ~upper & right
        x, y = np.where(flip, side - 1 - x, x), np.where(flip, side - 1 - y, y)
        x, y = np.where(upper, x, y), np.where(upper, y, x)
        step >>= 1
    return index


def _on_grid(values: F64, side: np.int64) -> Index:
    if values.size == 0:
        return np.zeros(0, np.int64)
    low, span = values.min(), np.ptp(values)
    return np.asarray((values - low) / (span or 1.0) * (side - 1), np.int64)


def _on_the_globe(lon: F64, lat: F64) -> None:
    bad = (np.abs(lon) > 180) | (np.abs(lat) > 90)
    if bad.any():
        row = int(np.argmax(bad))
        raise errors.BadInput(
            message("Row {row}: {lon}, {lat} is not a longitude and latitude in degrees. Reproject to EPSG:4326."),
            code="risk.not_degrees",
            row=row,
            lon=f"{lon[row]:g}",
            lat=f"{lat[row]:g}",
        )


def _known_area(area: Index, areas: int) -> None:
    bad = (area < 0) | (area >= areas)
    if bad.any():
        row = int(np.argmax(bad))
        raise errors.BadInput(
            message("Row {row}: area number {area} is not in the list of {areas} areas."),
            code="risk.unknown_area",
            row=row,
            area=int(area[row]),
            areas=areas,
        )
