"""NetCDF grids (version 3 and 4): one intensity variable over latitude, longitude and, optionally, events."""

from __future__ import annotations

import dataclasses
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


@dataclasses.dataclass(frozen=True, eq=False)
class _Opened:
    read: Callable[[str, Any], Any]
    shapes: Mapping[str, tuple[int, ...]]
    attributes: Callable[[str], Mapping[str, Any]]


def read(path: Path, *, variable: str, unit: str, nodata: float | None = None) -> geo.PointField:
    """The grid as points, one event after another; ``unit`` must agree with the file's where it states one.

    An event dimension, if any, comes first; a variable ``frequency`` of its length gives events per year.
    """
    with _open(path) as file:
        lon_name, lat_name = _axis(path, file, LON_NAMES), _axis(path, file, LAT_NAMES)
        if variable not in file.shapes:
            raise geo.missing_columns(path, [variable], sorted(file.shapes))
        lon, lat = (np.asarray(file.read(name, ...), np.float64) for name in (lon_name, lat_name))
        shape = file.shapes[variable]
        if shape[-2:] != (lat.size, lon.size) or len(shape) not in (2, 3):
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
        count = shape[0] if len(shape) == 3 else 1
        frequency = None
        if file.shapes.get("frequency") == (count,):
            frequency = np.asarray(file.read("frequency", ...), np.float64)
        hits: list[tuple[geo.Index, geo.Index, geo.F64]] = []
        for number in range(count):
            values = np.asarray(file.read(variable, number if len(shape) == 3 else ...), np.float64).ravel()
            values = _without_nodata(values, attributes, nodata)
            converted, name = geo.in_curve_unit(values, unit, where=path.name)
            geo.check_plausible(converted, name, where=path.name)
            point = np.flatnonzero(converted > 0)
            hits.append((np.full(point.size, number), point, converted[point]))
    grid_lon, grid_lat = np.meshgrid(lon, lat)
    return geo.PointField(
        grid_lon.ravel(),
        grid_lat.ravel(),
        tuple(f"{path.stem}-{number}" for number in range(count)),
        frequency,
        name,
        np.concatenate([part[0] for part in hits]),
        np.concatenate([part[1] for part in hits]),
        np.concatenate([part[2] for part in hits]),
    )


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
    from scipy.io import netcdf_file

    try:
        handle = netcdf_file(path, "r", mmap=False)
    except (OSError, TypeError, ValueError, IndexError, KeyError) as error:
        raise geo.unreadable(path, "NetCDF", error) from error
    with handle:
        yield _Opened(
            lambda name, part: handle.variables[name][part].copy(),
            {name: item.shape for name, item in handle.variables.items()},
            lambda name: dict(handle.variables[name]._attributes),
        )


def _axis(path: Path, file: _Opened, names: tuple[str, ...]) -> str:
    for name in names:
        if len(file.shapes.get(name, ())) == 1:
            return name
    raise geo.missing_columns(path, [names[0]], sorted(file.shapes))


def _text(value: Any) -> str:
    plain = np.asarray(value).ravel()[0] if isinstance(value, np.ndarray) else value
    return plain.decode() if isinstance(plain, bytes) else str(plain)
