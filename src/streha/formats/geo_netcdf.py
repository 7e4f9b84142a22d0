"""NetCDF grids (version 3 and 4): one intensity variable over latitude, longitude and, optionally, events."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from streha.common import errors
from streha.common.errors import message
from streha.formats import geo_field as geo

LON_NAMES = ("lon", "longitude", "x")
LAT_NAMES = ("lat", "latitude", "y")
STRIP = 4_000_000  # cells read at a time


@dataclasses.dataclass(frozen=True, eq=False)
class _Opened:
    read: Callable[[str, Any], Any]
    shapes: Mapping[str, tuple[int, ...]]
    attributes: Callable[[str], Mapping[str, Any]]


@contextmanager
def opened(
    path: Path, lon: geo.F64, lat: geo.F64, *, variable: str, unit: str, nodata: float | None = None
) -> Iterator[geo.Stream]:
    """The grid at the cells nearest to the given homes; ``unit`` must agree with the file's where it states one.

    An event dimension, if any, comes first; a variable ``frequency`` of its length gives events per year. Only the
    strips of the grid that hold homes are read, one event after another.
    """
    with _open(path) as file:
        east, north = _axis(path, file, LON_NAMES, 180.0), _axis(path, file, LAT_NAMES, 90.0)
        attributes, count = _checked(path, file, variable, (north.size, east.size), unit)
        frequency = None
        if file.shapes.get("frequency") == (count,):
            frequency = np.asarray(file.read("frequency", ...), np.float64)
        row, column = _nearest(north, lat), _nearest(east, lon)
        _, name = geo.in_curve_unit(np.zeros(1), unit, where=path.name)
        flat = len(file.shapes[variable]) == 2

        def at_homes(number: int) -> geo.F64:
            values = np.zeros(lon.size)
            for window, homes in _strips(row, column):
                read = file.read(variable, window if flat else (number, *window))
                picked = read[row[homes] - window[0].start, column[homes] - window[1].start]
                values[homes] = _without_nodata(np.asarray(picked, np.float64), attributes, nodata)
            converted, _ = geo.in_curve_unit(values, unit, where=path.name)
            geo.check_plausible(converted, name, where=path.name)
            return converted

        def chunks(size: int) -> Iterator[tuple[float, geo.Hits]]:
            for number in range(count):
                values = at_homes(number)
                hit = np.flatnonzero(values > 0)
                for first in range(0, hit.size, size):
                    some = hit[first : first + size]
                    yield (number + 1) / count, (np.full(some.size, number), some, values[some])

        ids = tuple(f"{path.stem}-{number}" for number in range(count))
        yield geo.Stream(
            east[column], north[row], ids, frequency, name, count * lon.size,
            lambda size: geo.readable(chunks(size), path, "NetCDF"), at_homes=True,
        )  # fmt: skip


def _checked(
    path: Path, file: _Opened, variable: str, grid: tuple[int, int], unit: str
) -> tuple[Mapping[str, Any], int]:
    """The variable's attributes and how many events it holds, its shape and unit checked."""
    if variable not in file.shapes:
        raise geo.missing_columns(path, [variable], sorted(file.shapes))
    shape = file.shapes[variable]
    if shape[-2:] != grid or len(shape) not in (2, 3):
        raise errors.BadInput(
            message("{file}: {variable} has the shape {shape}, but [event,] latitude, longitude is needed."),
            code="geo.shape",
            file=path.name,
            variable=variable,
            shape="x".join(map(str, shape)),
        )
    attributes = file.attributes(variable)
    stated = _text(attributes.get("units", ""))
    if stated and stated != unit:
        raise errors.BadInput(
            message("{file} says its values are in {stated}, but {unit} was given. State the right one."),
            code="geo.unit",
            file=path.name,
            stated=stated,
            unit=unit,
        )
    return attributes, shape[0] if len(shape) == 3 else 1


def _nearest(axis: geo.F64, places: geo.F64) -> geo.Index:
    """For each place the position of the nearest value of an axis in any order."""
    order = np.argsort(axis)
    middles = (axis[order][1:] + axis[order][:-1]) / 2
    return np.asarray(order[np.searchsorted(middles, places)], np.int64)


def _strips(row: geo.Index, column: geo.Index) -> Iterator[tuple[tuple[slice, slice], geo.Index]]:
    """Windows of at most `STRIP` cells (or one row) that together hold every home, with the homes in each."""
    if row.size == 0:
        return
    across = slice(int(column.min()), int(column.max()) + 1)
    high = max(1, STRIP // (across.stop - across.start))
    order = np.argsort(row, kind="stable")
    for homes in np.split(order, np.flatnonzero(np.diff(row[order] // high)) + 1):
        yield (slice(int(row[homes[0]]), int(row[homes[-1]]) + 1), across), homes


def _without_nodata(values: geo.F64, attributes: Mapping[str, Any], nodata: float | None) -> geo.F64:
    for code in (attributes.get("_FillValue"), attributes.get("missing_value"), nodata):
        if code is not None:
            values = np.where(np.isclose(values, float(np.asarray(code).ravel()[0]), rtol=1e-6), 0.0, values)
    scaled = values * float(np.asarray(attributes.get("scale_factor", 1.0)).ravel()[0])
    return np.nan_to_num(scaled + float(np.asarray(attributes.get("add_offset", 0.0)).ravel()[0]), nan=0.0)


@contextmanager
def _open(path: Path) -> Iterator[_Opened]:
    try:
        with path.open("rb") as file:
            classic = file.read(3) == b"CDF"
    except OSError as error:
        raise geo.unreadable(path, "NetCDF", error) from error
    if classic:
        with _classic(path) as opened:
            yield opened
        return
    import h5py

    try:
        handle = h5py.File(path, "r")
    except OSError as error:
        raise geo.unreadable(path, "NetCDF", error) from error
    with handle:
        yield _Opened(
            lambda name, part: handle[name][part],
            {name: item.shape for name, item in handle.items() if hasattr(item, "shape")},
            lambda name: dict(handle[name].attrs),
        )


@contextmanager
def _classic(path: Path) -> Iterator[_Opened]:
    import scipy.io

    class Copied(scipy.io.netcdf_file):  # type: ignore[misc]  # scipy has no types
        """Whatever leaves it is a copy, so that closing need not warn of views into the file that are still about."""

        def close(self) -> None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                super().close()

        __del__ = close

    try:
        handle = Copied(path, "r", mmap=True)
    except (OSError, TypeError, ValueError, IndexError, KeyError) as error:
        raise geo.unreadable(path, "NetCDF", error) from error
    with handle:
        yield _Opened(
            lambda name, part: handle.variables[name][part].copy(),
            {name: item.shape for name, item in handle.variables.items()},
            lambda name: dict(handle.variables[name]._attributes),
        )


def _axis(path: Path, file: _Opened, names: tuple[str, ...], furthest: float) -> geo.F64:
    """The values of an axis in degrees; longitudes counted from 0 to 360 come back from -180 to 180."""
    name = next((name for name in names if len(file.shapes.get(name, ())) == 1), None)
    if name is None:
        raise geo.missing_columns(path, [names[0]], sorted(file.shapes))
    values = np.asarray(file.read(name, ...), np.float64)
    if furthest == 180.0 and values.size and values.min() >= 0 and values.max() <= 360:
        values = np.where(values > 180, values - 360, values)
    if values.size == 0 or not np.isfinite(values).all() or np.abs(values).max() > furthest:
        raise errors.BadInput(
            message("{file}: {name} reaches {value}, which is not in degrees. Reproject it to EPSG:4326."),
            code="geo.not_degrees",
            file=path.name,
            name=name,
            value=f"{np.abs(values).max():g}" if values.size else "-",
        )
    return values


def _text(value: Any) -> str:
    plain = np.asarray(value).ravel()[0] if isinstance(value, np.ndarray) else value
    return plain.decode() if isinstance(plain, bytes) else str(plain)
