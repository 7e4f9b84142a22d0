"""Hazard files of CLIMADA (HDF5, versions 3 to 6): a sparse matrix of events by centroids with frequencies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from streha.common import errors
from streha.common.errors import message
from streha.formats import geo_field as geo

LON_NAMES = ("lon", "longitude", "geometry.x")
LAT_NAMES = ("lat", "latitude", "geometry.y")


def read(path: Path, *, unit: str = "") -> geo.PointField:
    """The whole hazard as a point field; ``unit`` where the file's own is missing or to be overruled."""
    with opened(path, unit=unit) as hazard:
        return geo.collected(hazard)


@contextmanager
def opened(path: Path, *, unit: str = "") -> Iterator[geo.Stream]:
    """The hazard, open; ``chunks(n)`` yields the share done and about ``n`` hits at a time.

    A fraction other than 1 everywhere is refused: it would have to be multiplied into damage, not into intensity.
    """
    import h5py

    try:
        handle = h5py.File(path, "r")
    except OSError as error:
        raise geo.unreadable(path, "a CLIMADA hazard", error) from error
    with handle:
        try:
            hazard = _opened(handle, path, unit)
        except (KeyError, ValueError, OSError) as error:
            raise geo.unreadable(path, "a CLIMADA hazard", error) from error
        yield hazard


def _opened(handle: Any, path: Path, unit: str) -> geo.Stream:
    if "intensity" not in handle or "centroids" not in handle:
        raise geo.missing_columns(path, ["intensity", "centroids"], sorted(handle))
    lon, lat = _centroids(handle["centroids"])
    ids = tuple(str(int(value)) for value in handle["event_id"][:])
    shape = _shape(handle["intensity"])
    if shape != (len(ids), lon.size):
        raise errors.BadInput(
            message("{file}: {have} events and centroids, but intensities for {want}."),
            code="climada.centroids",
            file=path.name,
            have=f"{len(ids)} x {lon.size}",
            want=f"{shape[0]} x {shape[1]}",
        )
    own = handle["units"][0] if "units" in handle else b""
    stated = unit or (own.decode() if isinstance(own, bytes) else str(own))
    _, name = geo.in_curve_unit(np.zeros(1), stated, where=path.name)

    def chunks(size: int) -> Iterator[tuple[float, geo.Hits]]:
        fractions = _parts(handle["fraction"], size) if "fraction" in handle else None
        if fractions is not None:
            for _, (_, _, fraction) in fractions:
                if fraction.size and not np.allclose(fraction, 1.0):
                    raise errors.BadInput(
                        message("{file}: the hazard has fractions other than 1, which are not supported."),
                        code="climada.fraction",
                        file=path.name,
                    )
        for done, (event, point, intensity) in geo.readable(
            _parts(handle["intensity"], size), path, "a CLIMADA hazard"
        ):
            values, unit_name = geo.in_curve_unit(intensity, stated, where=path.name)
            geo.check_plausible(values, unit_name, where=path.name)
            hit = values > 0
            yield done, (event[hit], point[hit], values[hit])

    return geo.Stream(
        lon, lat, ids, np.asarray(handle["frequency"][:], np.float64), name, _count(handle["intensity"]), chunks
    )


def _shape(item: Any) -> tuple[int, int]:
    shape = item.shape if hasattr(item, "shape") else item.attrs["shape"]
    return int(shape[0]), int(shape[1])


def _count(item: Any) -> int:
    return int(item.shape[0] * item.shape[1]) if hasattr(item, "shape") else int(item["data"].shape[0])


def _parts(item: Any, size: int) -> Iterator[tuple[float, geo.Hits]]:
    """About ``size`` hits at a time: the sparse matrix by its row pointer, a dense one by rows."""
    if hasattr(item, "shape"):
        step = max(1, size // max(1, item.shape[1]))
        for first in range(0, item.shape[0], step):
            dense = np.asarray(item[first : first + step], np.float64)
            event, point = np.nonzero(dense)
            yield min(1.0, (first + step) / item.shape[0]), (event + first, point, dense[event, point])
        return
    pointer = np.asarray(item["indptr"][:], np.int64)
    total = int(pointer[-1])
    for first in range(0, total, size):
        here = slice(first, min(total, first + size))
        event = np.searchsorted(pointer, np.arange(here.start, here.stop), side="right") - 1
        yield (
            here.stop / total,
            (event, np.asarray(item["indices"][here], np.int64), np.asarray(item["data"][here], np.float64)),
        )


def _centroids(item: Any) -> tuple[geo.F64, geo.F64]:
    """Coordinates from either layout in use: plain arrays (to version 4), or a pandas frame in blocks of one type."""
    columns: dict[str, geo.F64] = {}
    for name in item:
        if name.endswith("_items"):
            values = item[name.replace("_items", "_values")]
            if values.dtype.kind == "f":
                for position, label in enumerate(item[name][:]):
                    columns[label.decode()] = np.asarray(values[:, position], np.float64)
        elif name in (*LON_NAMES, *LAT_NAMES):
            columns[name] = np.asarray(item[name][:], np.float64)
    lon = next((columns[name] for name in LON_NAMES if name in columns), None)
    lat = next((columns[name] for name in LAT_NAMES if name in columns), None)
    if lon is None or lat is None:
        raise KeyError("centroids without lat and lon")
    return lon, lat
