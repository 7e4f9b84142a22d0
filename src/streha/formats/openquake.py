"""Ground-motion fields of OpenQuake, as exported CSV or as the engine's HDF5 file. Intensities only (MMI)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from streha.common import errors
from streha.common.errors import message
from streha.formats import geo_field as geo

SITE_NAMES = ("site_id", "custom_site_id", "sid")


def read_csv(fields: Path, sites: Path, *, years: float | None = None, measure: str = "MMI") -> geo.PointField:
    """``gmf-data`` and ``sitemesh`` as exported; ``years`` is the length of the catalogue the events stand for."""
    mesh = {_first(row, SITE_NAMES, sites): row for row in _rows(sites)}
    order = {name: number for number, name in enumerate(mesh)}
    lon = np.array([_number(row, "lon", sites) for row in mesh.values()])
    lat = np.array([_number(row, "lat", sites) for row in mesh.values()])
    column = f"gmv_{measure}"
    events: dict[str, int] = {}
    event, point, value = [], [], []
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
        event.append(events.setdefault(row.get("event_id", ""), len(events)))
        point.append(order[site])
        value.append(_number(row, column, fields))
    return _field(
        (lon, lat), tuple(events), years, event=np.array(event, np.int64), point=np.array(point, np.int64), value=value,
        path=fields,
    )  # fmt: skip


def read_hdf5(path: Path, *, years: float | None = None, measure: str = "MMI") -> geo.PointField:
    """A calculation's datastore with ``gmf_data`` (events, sites, values) and ``sitecol``."""
    import h5py

    try:
        handle = h5py.File(path, "r")
    except OSError as error:
        raise geo.unreadable(path, "an OpenQuake datastore", error) from error
    with handle:
        try:
            group = handle["gmf_data"]
            names = _text(group.attrs.get("imts", measure)).split()
            if measure not in names:
                raise geo.missing_columns(path, [measure], names)
            lon, lat = (np.asarray(handle["sitecol"][name][:], np.float64) for name in ("lon", "lat"))
            sid = np.asarray(handle["sitecol"]["sids"][:], np.int64)
            position = np.full(int(sid.max()) + 1, -1, np.int64)
            position[sid] = np.arange(sid.size)
            ids, event = np.unique(group["eid"][:], return_inverse=True)
            point = position[np.asarray(group["sid"][:], np.int64)]
            value = np.asarray(group[f"gmv_{names.index(measure)}"][:], np.float64)
        except (KeyError, IndexError, OSError) as error:
            raise geo.unreadable(path, "an OpenQuake datastore", error) from error
    names_of = tuple(str(item) for item in ids)
    return _field((lon, lat), names_of, years, event=event, point=point, value=value, path=path)


def _field(
    mesh: tuple[geo.F64, geo.F64],
    ids: tuple[str, ...],
    years: float | None,
    *,
    event: geo.Index,
    point: geo.Index,
    value: Any,
    path: Path,
) -> geo.PointField:
    intensity = np.asarray(value, np.float64)
    geo.check_plausible(intensity, "MMI", where=path.name)
    hit = intensity > 0
    frequency = None if years is None else np.full(len(ids), 1 / years)
    return geo.PointField(*mesh, ids, frequency, "MMI", event[hit], point[hit], intensity[hit])


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
