"""GeoTIFF and every other raster GDAL reads: intensity at points, window by window, so that size does not matter."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streha.common import errors
from streha.common.errors import message
from streha.formats import geo_field as geo

WINDOW = 2048  # cells on a side: 16 MB of float32 at a time


@dataclasses.dataclass(frozen=True, eq=False)
class Sampled:
    """``intensity[point]`` in the curve's unit, 0 where dry or no data, and which points lie ``outside`` the raster."""

    intensity: geo.F64
    outside: NDArray[np.bool_]
    unit: str


def sample(path: Path, lon: geo.F64, lat: geo.F64, *, unit: str, band: int = 1, nodata: float | None = None) -> Sampled:
    """The raster's value in the cell each point (degrees) lies in.

    ``unit`` is what the owner says the values are in; a unit written into the file must agree. ``nodata`` declares a
    value that means no data beside the one in the file. Raises BadInput for a file that is truncated, has no
    projection, lies elsewhere, or holds values that are no intensities.
    """
    import rasterio
    import rasterio.errors

    try:
        with rasterio.open(path) as raster:
            return _sample(raster, path, lon, lat, unit=unit, band=band, nodata=nodata)
    except rasterio.errors.RasterioError as error:
        raise geo.unreadable(path, "a raster", error) from error


def population(path: Path) -> tuple[geo.F64, geo.F64, geo.F64]:
    """Longitude, latitude and people of every cell with people of a population raster, read window by window."""
    import rasterio
    import rasterio.errors
    from rasterio.warp import transform

    found: list[tuple[geo.F64, geo.F64, geo.F64]] = []
    try:
        with rasterio.open(path) as raster:
            _projected(raster, path)
            for window in _windows(raster.height, raster.width):
                people = raster.read(1, window=window, masked=True).filled(0).astype(np.float64)
                people[~np.isfinite(people)] = 0
                below = people[people < 0]
                if below.size:
                    raise errors.BadInput(
                        message("{where}: {value} people in a cell. If it stands for no data, declare it in the file."),
                        code="geo.nodata",
                        where=path.name,
                        value=f"{below.min():g}",
                    )
                row, column = np.nonzero(people)
                x, y = _middles(raster.transform, row + window.row_off, column + window.col_off)
                lon, lat = transform(raster.crs, "EPSG:4326", x, y) if row.size else ([], [])
                found.append((np.asarray(lon), np.asarray(lat), people[row, column]))
    except rasterio.errors.RasterioError as error:
        raise geo.unreadable(path, "a raster", error) from error
    lon_all, lat_all, people_all = (np.concatenate([part[n] for part in found]) for n in range(3))
    return lon_all, lat_all, people_all


def _sample(
    raster: Any, path: Path, lon: geo.F64, lat: geo.F64, *, unit: str, band: int, nodata: float | None
) -> Sampled:
    from rasterio.warp import transform

    _projected(raster, path)
    stated = raster.units[band - 1] if raster.units else None
    if stated and stated != unit:
        raise errors.BadInput(
            message("{file} says its values are in {stated}, but {unit} was given. State the right one."),
            code="geo.unit",
            file=path.name,
            stated=stated,
            unit=unit,
        )
    x, y = transform("EPSG:4326", raster.crs, lon.tolist(), lat.tolist())
    inverse = ~raster.transform
    xs, ys = np.asarray(x), np.asarray(y)
    column = np.floor(inverse.a * xs + inverse.b * ys + inverse.c).astype(np.int64)
    row = np.floor(inverse.d * xs + inverse.e * ys + inverse.f).astype(np.int64)
    outside = (row < 0) | (row >= raster.height) | (column < 0) | (column >= raster.width)
    values = np.zeros(lon.size)
    inside = np.flatnonzero(~outside)
    key = (row[inside] // WINDOW) * (-(-raster.width // WINDOW)) + column[inside] // WINDOW
    order = inside[np.argsort(key, kind="stable")]
    for part in np.split(order, np.flatnonzero(np.diff(np.sort(key))) + 1):
        if part.size == 0:
            continue
        top, left = int(row[part].min()), int(column[part].min())
        window = ((top, int(row[part].max()) + 1), (left, int(column[part].max()) + 1))
        read = raster.read(band, window=window, masked=True)
        here = read[row[part] - top, column[part] - left]
        plain = np.ma.getdata(here).astype(np.float64)
        empty = np.ma.getmaskarray(here) | np.isnan(plain)
        if nodata is not None:
            empty |= np.isclose(plain, nodata, rtol=1e-6)
        values[part] = np.where(empty, 0.0, plain)
    converted, name = geo.in_curve_unit(values, unit, where=path.name)
    geo.check_plausible(converted, name, where=path.name)
    return Sampled(converted, outside, name)


def _projected(raster: Any, path: Path) -> None:
    if raster.crs is None:
        raise errors.BadInput(
            message("{file} has no projection. Write the right one into it (for example with gdal_edit -a_srs)."),
            code="geo.no_projection",
            file=path.name,
        )


def _middles(transform: Any, row: geo.Index, column: geo.Index) -> tuple[geo.F64, geo.F64]:
    x, y = column + 0.5, row + 0.5
    return transform.a * x + transform.b * y + transform.c, transform.d * x + transform.e * y + transform.f


def _windows(height: int, width: int) -> Iterator[Any]:
    from rasterio.windows import Window

    for top in range(0, height, WINDOW):
        for left in range(0, width, WINDOW):
            yield Window(left, top, min(WINDOW, width - left), min(WINDOW, height - top))
