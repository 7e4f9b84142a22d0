"""Ground-motion fields of OpenQuake, as exported CSV or as the engine's HDF5 file. Intensities only (MMI)."""

from __future__ import annotations

import csv
import itertools
import math
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from streha.common import errors
from streha.common.errors import message
from streha.formats import geo_field as geo

SITE_NAMES = ("site_id", "custom_site_id", "sid")
ROWS_AT_ONCE = 500_000  # rows of a CSV kept as Python values at a time


@contextmanager
def opened_csv(fields: Path, sites: Path, *, years: float | None = None, measure: str = "MMI") -> Iterator[geo.Stream]:
    """``gmf-data`` and ``sitemesh`` as exported; ``years`` is the length of the catalogue the events stand for.

    The fields are read twice: once for the events they name, then row by row.
    """
    order: dict[str, int] = {}
    lon, lat = array("d"), array("d")
    for row in _rows(sites):
        name = _first(row, SITE_NAMES, sites)
        if name not in order:
            order[name] = len(order)
            lon.append(_number(row, "lon", sites))
            lat.append(_number(row, "lat", sites))
    events: dict[str, int] = {}
    count = 0
    for row in _rows(fields):
        events.setdefault(row.get("event_id", ""), len(events))
        count += 1
    column = f"gmv_{measure}"

    def hits() -> Iterator[tuple[int, int, float]]:
        for row in _rows(fields):
            site = _first(row, SITE_NAMES, fields)
            if site not in order:
                raise errors.BadInput(
                    message("{file}: site {site} is not in {sites}."),
                    code="openquake.unknown_site",
                    file=fields.name,
                    site=site,
                    sites=sites.name,
                )
            yield events[row.get("event_id", "")], order[site], _number(row, column, fields)

    def chunks(size: int) -> Iterator[tuple[float, geo.Hits]]:
        rows, done = hits(), 0
        while some := tuple(itertools.islice(rows, min(size, ROWS_AT_ONCE))):
            done += len(some)
            table = np.array(some, np.float64)
            yield done / count, _felt(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2], fields)

    yield _stream((np.array(lon), np.array(lat)), tuple(events), years, count, chunks)


@contextmanager
def opened_hdf5(path: Path, *, years: float | None = None, measure: str = "MMI") -> Iterator[geo.Stream]:
    """A calculation's datastore with ``gmf_data`` (events, sites, values) and ``sitecol``."""
    import h5py

    try:
        handle = h5py.File(path, "r")
    except OSError as error:
        raise geo.unreadable(path, "an OpenQuake datastore", error) from error
    with handle:
        try:
            stream = _opened_hdf5(handle, path, years, measure)
        except (KeyError, IndexError, OSError) as error:
            raise geo.unreadable(path, "an OpenQuake datastore", error) from error
        yield stream


def _opened_hdf5(handle: Any, path: Path, years: float | None, measure: str) -> geo.Stream:
    group = handle["gmf_data"]
    names = _text(group.attrs.get("imts", measure)).split()
    if measure not in names:
        raise geo.missing_columns(path, [measure], names)
    values = group[f"gmv_{names.index(measure)}"]
    lon, lat = (np.asarray(handle["sitecol"][name][:], np.float64) for name in ("lon", "lat"))
    sid = np.asarray(handle["sitecol"]["sids"][:], np.int64)
    position = np.full(int(sid.max()) + 1, -1, np.int64)
    position[sid] = np.arange(sid.size)
    count = int(values.shape[0])
    ids = np.zeros(0, np.int64)
    for first in range(0, count, geo.AT_ONCE):
        ids = np.union1d(ids, group["eid"][first : first + geo.AT_ONCE])

    def parts(size: int) -> Iterator[tuple[float, geo.Hits]]:
        for first in range(0, count, size):
            here = slice(first, min(count, first + size))
            site = np.asarray(group["sid"][here], np.int64)
            unknown = (site < 0) | (site >= position.size) | (position[np.clip(site, 0, position.size - 1)] < 0)
            if unknown.any():
                raise errors.BadInput(
                    message("{file}: site {site} is not in {sites}."),
                    code="openquake.unknown_site",
                    file=path.name,
                    site=int(site[np.argmax(unknown)]),
                    sites="sitecol",
                )
            event = np.searchsorted(ids, group["eid"][here])
            yield here.stop / count, _felt(event, position[site], np.asarray(values[here], np.float64), path)

    named = tuple(str(int(item)) for item in ids)
    return _stream(
        (lon, lat), named, years, count, lambda size: geo.readable(parts(size), path, "an OpenQuake datastore")
    )


def _stream(
    mesh: tuple[geo.F64, geo.F64],
    ids: tuple[str, ...],
    years: float | None,
    count: int,
    chunks: Callable[[int], Iterator[tuple[float, geo.Hits]]],
) -> geo.Stream:
    if years is not None and not (math.isfinite(years) and years > 0):
        raise errors.BadInput(
            message("The catalogue is {years} years long; it must be longer than none."),
            code="openquake.years",
            years=f"{years:g}",
        )
    frequency = None if years is None else np.full(len(ids), 1 / years)
    return geo.Stream(*mesh, ids, frequency, "MMI", count, chunks)


def _felt(event: geo.Index, point: geo.Index, intensity: geo.F64, path: Path) -> geo.Hits:
    geo.check_plausible(intensity, "MMI", where=path.name)
    hit = intensity > 0
    return event[hit], point[hit], intensity[hit]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV whose first line may be a comment."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            start = file.tell()
            if not file.readline().startswith("#"):
                file.seek(start)
            yield from csv.DictReader(file)
    except (OSError, UnicodeDecodeError) as error:
        raise geo.unreadable(path, "CSV", error) from error


def _first(row: dict[str, str], names: tuple[str, ...], path: Path) -> str:
    for name in names:
        if name in row:
            return row[name]
    raise geo.missing_columns(path, [names[0]], sorted(row))


def _number(row: dict[str, str], name: str, path: Path) -> float:
    if name not in row:
        raise geo.missing_columns(path, [name], sorted(row))
    try:
        return float(row[name])
    except (TypeError, ValueError):
        raise errors.BadInput(
            message("{file}: {name} is {value}, not a number."),
            code="geo.not_number",
            file=path.name,
            name=name,
            value=str(row[name]),
        ) from None


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
