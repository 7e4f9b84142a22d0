"""Files into the engine's arrays: who lives where, what hits them, how they are hurt."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from streha.common import errors
from streha.common.errors import message
from streha.engine.risk import (
    assessment as assessments,
)
from streha.engine.risk import (
    curves as curve_sets,
)
from streha.engine.risk import (
    earthquake,
    event_set,
    kosovo,
    wind,
)
from streha.engine.risk import (
    events as rates,
)
from streha.engine.risk import (
    exposure as exposures,
)
from streha.engine.risk import (
    footprints as prints,
)
from streha.engine.risk.layout import BLOCK, F64, Index
from streha.formats import (
    blocks,
    cap,
    climada_hdf5,
    geo_netcdf,
    geo_raster,
    geo_vector,
    openquake,
    risk_report,
    shakemap,
)
from streha.formats import (
    geo_field as geo,
)
from streha.risk.bridge import report
from streha.risk.bridge import scenario as scenarios

FINE = 65536  # intensity levels: 0.4 mm of water, 0.0002 degrees of intensity
AT_MOST_OUTSIDE = 0.05  # share of residents that may lie outside the hazard data before the run is refused
WITHIN_KM = 5.0  # how far a home may be from the nearest point of a point field
CLASS_PREFIX = "people:"
CACHED = 250_000  # intensities worked on at once: two megabytes stay in the second-level cache
MAPS = ("return-period-maps", "event-maps")
THE_MAPS = message("the maps")
MOST_POINTS = 10_000_000  # of a file without a grid, near the homes: a tree over them takes about a gigabyte
Opened = tuple[AbstractContextManager[geo.Stream], tuple[Path, ...]]
EARTH_KM = earthquake.EARTH_RADIUS_KM


@dataclasses.dataclass(frozen=True, eq=False)
class Residents:
    """The exposure, the areas as readers know them, notes and sources, hashes of the files read."""

    exposure: exposures.Exposure
    places: tuple[report.Place, ...]
    sources: tuple[risk_report.Told, ...]
    inputs: Mapping[str, str]
    notes: tuple[risk_report.Text, ...] = ()


@dataclasses.dataclass(frozen=True, eq=False)
class Hits:
    """Footprints and events, with what was read and what a reader must know."""

    footprints: prints.Footprints
    events: rates.Events
    sources: tuple[risk_report.Told, ...]
    inputs: Mapping[str, str]
    notes: tuple[risk_report.Text, ...] = ()
    mark: tuple[float, float] | None = None
    counted: float | None = None  # events a frequency was counted from


def hash_of(path: Path) -> str:
    """The first half of a file's SHA-256 (or of a store's description), read in pieces."""
    if path.is_dir():
        path = path / "meta.json"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


# --- who lives where


def residents(asked: scenarios.Scenario) -> Residents:
    """The exposure a scenario asks for: the package's Kosovo, a table of homes, or a population raster."""
    kind = scenarios.text(asked.exposure, "kind")
    readers: Mapping[str, Callable[[scenarios.Scenario], Residents]] = {
        "kosovo": _kosovo,
        "table": _table,
        "raster": _raster,
    }
    return _chosen(readers, kind, "exposure")(asked)


def _kosovo(asked: scenarios.Scenario) -> Residents:
    shares = _dwellings(asked)
    outlines = _outlines(asked)
    places = tuple(
        report.Place(place.code, place.label, place.lon, place.lat, outlines.get(place.code))
        for place in kosovo.municipalities()
    )
    return Residents(
        kosovo.exposure(shares), places, report.sources_of(("municipalities_kosovo", "dwellings_kosovo")), {}
    )


def _table(asked: scenarios.Scenario) -> Residents:
    """A CSV with lon, lat, area and either ``people`` (split by the dwelling table) or ``people:<class>`` columns."""
    import polars

    path = asked.path(asked.exposure, "file")
    try:
        table = polars.read_csv(path, schema_overrides={"area": polars.String}, infer_schema_length=None)
    except (OSError, polars.exceptions.PolarsError) as error:
        raise geo.unreadable(path, "CSV", error) from error
    by_class = [name for name in table.columns if name.startswith(CLASS_PREFIX)]
    wanted = ["lon", "lat", "area"] + ([] if by_class else ["people"])
    if not set(wanted) <= set(table.columns):
        raise geo.missing_columns(path, wanted, table.columns)
    lon, lat = _column(table, "lon", path), _column(table, "lat", path)
    if by_class:
        classes = tuple(name.removeprefix(CLASS_PREFIX) for name in by_class)
        people = np.stack([_column(table, name, path) for name in by_class])
    else:
        shares = _dwellings(asked)
        classes = tuple(shares)
        people = np.outer(list(shares.values()), _column(table, "people", path))
    labels = [str(value) for value in table["area"]]
    areas = tuple(sorted(set(labels)))
    number = {name: position for position, name in enumerate(areas)}
    laid = exposures.blocked(
        lon=lon, lat=lat, people=people, area=np.array([number[label] for label in labels], np.int64),
        areas=areas, classes=classes,
    )  # fmt: skip
    return Residents(laid, _places(asked, laid), _source(asked.exposure, path), {path.name: hash_of(path)})


def _raster(asked: scenarios.Scenario) -> Residents:
    """A population raster, with areas from a vector file; people outside every area are counted and told."""
    path, areas_path = asked.path(asked.exposure, "file"), asked.path(asked.exposure, "areas")
    lon, lat, people = geo_raster.population(path)
    code = scenarios.text(asked.exposure, "area_code", "code")
    zones = geo_vector.zones(areas_path)
    zone = geo_vector.zone_of_points(zones, lon, lat)
    outside = float(people[zone < 0].sum() / max(people.sum(), 1e-12))
    not_too_many_outside(outside, asked.exposure, path.name)
    codes = [str(geo_vector.property_of(item, code, areas_path)) for item in zones]
    inside = zone >= 0
    shares = _dwellings(asked)
    laid = exposures.blocked(
        lon=lon[inside], lat=lat[inside], people=np.outer(list(shares.values()), people[inside]),
        area=zone[inside], areas=codes, classes=tuple(shares),
    )  # fmt: skip
    left_out = risk_report.Text(
        message("{share} of the people lie outside every area and are left out."), {"share": f"{outside:.1%}"}
    )
    return Residents(
        laid,
        _places(asked, laid),
        _source(asked.exposure, path),
        {path.name: hash_of(path), areas_path.name: hash_of(areas_path)},
        (left_out,) if outside > 0 else (),
    )


def _dwellings(asked: scenarios.Scenario) -> dict[str, float]:
    """Share of residents by dwelling class: the scenario's own table (class, share, source) or the package's."""
    if "dwellings" not in asked.exposure:
        return kosovo.dwelling_shares()
    import polars

    path = asked.path(asked.exposure, "dwellings")
    try:
        table = polars.read_csv(path)
    except (OSError, polars.exceptions.PolarsError) as error:
        raise geo.unreadable(path, "CSV", error) from error
    wanted = ["class", "share", "source"]
    if not set(wanted) <= set(table.columns):
        raise geo.missing_columns(path, wanted, table.columns)
    shares = {str(row["class"]): float(row["share"]) for row in table.iter_rows(named=True)}
    total = sum(shares.values())
    if abs(total - 1) > 1e-6 or min(shares.values()) < 0:
        raise errors.BadInput(
            message("{file}: the shares add up to {total}, but must be 0 or more and add up to 1."),
            code="risk.dwelling_shares",
            file=path.name,
            total=f"{total:g}",
        )
    return shares


def _outlines(asked: scenarios.Scenario) -> dict[str, dict[str, Any]]:
    if "areas" not in asked.exposure:
        return {}
    path = asked.path(asked.exposure, "areas")
    code = scenarios.text(asked.exposure, "area_code", "code")
    return {str(geo_vector.property_of(zone, code, path)): zone.outline() for zone in geo_vector.zones(path)}


def _places(asked: scenarios.Scenario, laid: exposures.Exposure) -> tuple[report.Place, ...]:
    """The areas with the middle of their people, named and outlined by the areas file where there is one."""
    names: dict[str, str] = {}
    outlines: dict[str, dict[str, Any]] = {}
    if "areas" in asked.exposure:
        path = asked.path(asked.exposure, "areas")
        code = scenarios.text(asked.exposure, "area_code", "code")
        name = scenarios.text(asked.exposure, "area_name", "name")
        for zone in geo_vector.zones(path):
            key = str(geo_vector.property_of(zone, code, path))
            names[key] = str(zone.properties.get(name, key))
            outlines[key] = zone.outline()
    people = laid.people.sum(axis=0).astype(np.float64)
    area = np.repeat(laid.area_of_block, BLOCK)
    weight = np.bincount(area, people, len(laid.areas))
    middle = [
        np.bincount(area, people * np.nan_to_num(axis), len(laid.areas)) / np.maximum(weight, 1e-12)
        for axis in (laid.lon, laid.lat)
    ]
    return tuple(
        report.Place(
            code, names.get(code, code), float(middle[0][number]), float(middle[1][number]), outlines.get(code)
        )
        for number, code in enumerate(laid.areas)
    )


# --- what hits them


def hits(asked: scenarios.Scenario, exposure: exposures.Exposure, *, at: datetime) -> Hits:
    """The hits a scenario asks for, laid over the exposure."""
    kind = scenarios.text(asked.hits, "kind")
    readers: Mapping[str, Callable[[scenarios.Scenario, exposures.Exposure], Hits]] = {
        "earthquake": _earthquake,
        "earthquake-set": _earthquake_set,
        **dict.fromkeys(MAPS, _maps),
        **dict.fromkeys(FIELDS, _field),
        "cap": lambda asked, exposure: _cap(asked, exposure, at=at),
    }
    return _chosen(readers, kind, "hits")(asked, exposure)


def points(exposure: exposures.Exposure) -> tuple[F64, F64]:
    """Longitude and latitude in the order of the table the exposure was laid out from."""
    real = exposure.source_row >= 0
    lon, lat = np.empty(int(real.sum())), np.empty(int(real.sum()))
    lon[exposure.source_row[real]] = exposure.lon[real]
    lat[exposure.source_row[real]] = exposure.lat[real]
    return lon, lat


def codebook(unit: str) -> prints.Codebook:
    """The levels used for a unit: from none to the highest intensity thought possible."""
    return prints.linear_codebook(top=geo.PLAUSIBLE_TOP[unit], unit=unit, levels=FINE)


def shaking(exposure: exposures.Exposure, degrees: NDArray[np.floating[Any]]) -> prints.Footprints:
    """Footprints from ``degrees[event, source row]`` of intensity; below the lowest knot nothing is hit."""
    felt = np.where(degrees >= earthquake.KNOTS[0], np.minimum(degrees, earthquake.KNOTS[-1]), 0.0)
    return prints.from_dense(exposure, felt, codebook("MMI"))


def _earthquake(asked: scenarios.Scenario, exposure: exposures.Exposure) -> Hits:
    source = {name: scenarios.number(asked.hits, name) for name in ("magnitude", "depth_km", "lon", "lat")}
    return earthquake_hits(exposure, **source)


def earthquake_hits(exposure: exposures.Exposure, *, magnitude: float, depth_km: float, lon: float, lat: float) -> Hits:
    """One earthquake by the intensity prediction equation."""
    earthquake.check_source(magnitude=magnitude, depth_km=depth_km, lon=lon, lat=lat)
    cell_lon, cell_lat = points(exposure)
    away = earthquake.distance_km(cell_lon, cell_lat, to_lon=lon, to_lat=lat, depth_km=depth_km)
    degrees = earthquake.intensity(np.asarray(magnitude), away)
    return Hits(
        shaking(exposure, degrees[None, :]),
        rates.scenarios([f"M{magnitude:g}"], origin="magnitude, depth and place"),
        (earthquake.CITATION,),
        {},
        mark=(lon, lat),
    )


def _earthquake_set(asked: scenarios.Scenario, exposure: exposures.Exposure) -> Hits:
    made = event_set.build(event_set.Source(), rng=np.random.default_rng(asked.seed))
    footprints, kept = set_footprints(exposure, made)
    note = risk_report.Text(
        message("Frequencies rest on {counted} earthquakes; b = {b} ± {sd}; {felt} of {events} events are felt."),
        {
            "counted": made.counted,
            "b": f"{made.b:.2f}",
            "sd": f"{made.b_sd:.2f}",
            "felt": f"{kept:,}",
            "events": f"{made.events.count:,}",
        },
    )
    return Hits(
        footprints,
        made.events,
        (earthquake.CITATION, *report.sources_of(("earthquakes_region",))[:1]),
        {},
        (note,),
        counted=float(made.counted),
    )


def set_footprints(exposure: exposures.Exposure, made: event_set.EventSet) -> tuple[prints.Footprints, int]:
    """The shaking of every event of a set, in batches of events; also how many are felt at all."""
    lon, lat = points(exposure)
    position = np.flatnonzero(exposure.source_row >= 0)
    levels = codebook("MMI")
    block, event, code = [], [], []
    batch = max(1, CACHED // lon.size)
    for first in range(0, made.events.count, batch):
        some = slice(first, min(made.events.count, first + batch))
        away = earthquake.distance_km(
            lon[None, :], lat[None, :], to_lon=made.lon[some, None], to_lat=made.lat[some, None],
            depth_km=made.depth_km[some, None],
        )  # fmt: skip
        degrees = earthquake.intensity(made.magnitude[some, None], away) + made.degrees[some, None]
        degrees = np.where(degrees >= earthquake.KNOTS[0], np.minimum(degrees, earthquake.KNOTS[-1]), 0.0)
        laid = np.zeros((degrees.shape[0], exposure.source_row.size), np.uint16)
        laid[:, position] = levels.encode(degrees[:, exposure.source_row[position]])
        rows = laid.reshape(degrees.shape[0], exposure.blocks, BLOCK)
        hit = rows.any(axis=2)
        where = np.nonzero(hit)
        event.append(where[0] + first)
        block.append(where[1])
        code.append(rows[hit])
    blocks_, events_, codes = np.concatenate(block), np.concatenate(event), np.concatenate(code)
    order = np.lexsort((events_, blocks_))
    pointer = np.searchsorted(blocks_[order], np.arange(exposure.blocks + 1)).astype(np.int64)
    footprints = prints.Footprints(
        codes[order].reshape(-1), events_[order].astype(np.uint32), pointer, levels, made.events.count
    )
    return footprints, int(np.unique(events_).size)


def map_events(asked: scenarios.Scenario) -> tuple[list[Mapping[str, Any]], rates.Events]:
    """The maps a scenario lists, and their events."""
    maps = list(asked.hits.get("maps", ()))
    if not maps:
        raise errors.BadInput(message("The scenario lists no maps."), code="risk.no_maps")
    origin = scenarios.text(asked.hits, "source")
    if scenarios.text(asked.hits, "kind") == "return-period-maps":
        return maps, rates.return_periods([scenarios.number(entry, "years") for entry in maps], origin=origin)
    ids = [scenarios.text(entry, "id") for entry in maps]
    if all("frequency" not in entry for entry in maps):
        return maps, rates.scenarios(ids, origin=origin)
    return maps, rates.stochastic(
        ids, np.array([scenarios.number(entry, "frequency") for entry in maps]), origin=origin
    )


def _maps(asked: scenarios.Scenario, exposure: exposures.Exposure) -> Hits:
    maps, events = map_events(asked)
    lon, lat = points(exposure)
    unit = scenarios.text(asked.hits, "unit")
    nodata = asked.hits.get("nodata")
    dense = np.zeros((len(maps), lon.size), np.float32)
    inputs, name = {}, ""
    outside = np.zeros(lon.size, bool)
    for number, entry in enumerate(maps):
        path = asked.path(entry, "file")
        sampled = geo_raster.sample(path, lon, lat, unit=unit, band=int(entry.get("band", 1)), nodata=nodata)
        dense[number], name = sampled.intensity, sampled.unit
        outside |= sampled.outside
        inputs[path.name] = hash_of(path)
    share = share_outside(exposure, outside)
    not_too_many_outside(share, asked.hits, THE_MAPS)
    return Hits(
        prints.from_dense(exposure, dense, codebook(name)), events, (events.origin,), inputs, outside_maps(share)
    )


def outside_maps(share: float) -> tuple[risk_report.Text, ...]:
    """What to tell of the residents the maps do not cover."""
    told = message("{share} of the residents lie outside the maps and are counted as not hit.")
    return (risk_report.Text(told, {"share": f"{share:.1%}"}),) if share else ()


def _cap(asked: scenarios.Scenario, exposure: exposures.Exposure, *, at: datetime) -> Hits:
    """An alert, with the scenario's own intensity for each severity and the source of that table."""
    import shapely

    path = asked.path(asked.hits, "file")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise geo.unreadable(path, "CAP", error) from error
    alert = cap.read(content)
    seen = {(str(sender), str(identifier)) for sender, identifier in asked.hits.get("seen", ())}
    cap.check(alert, senders=[str(item) for item in asked.hits.get("senders", ())], seen=seen, at=at)
    table = scenarios.section(asked.hits, "severity")
    if alert.severity not in table:
        raise errors.BadInput(
            message("The alert's severity is {severity}, for which the scenario gives no intensity."),
            code="cap.no_intensity",
            severity=alert.severity,
        )
    values, unit = geo.in_curve_unit(
        np.array([scenarios.number(table, alert.severity)]), scenarios.text(asked.hits, "unit"), where=path.name
    )
    lon, lat = points(exposure)
    homes = shapely.points(lon, lat)
    inside = np.zeros(lon.size, bool)
    for area in alert.areas:
        for ring in area.polygons:
            inside |= shapely.intersects(shapely.make_valid(shapely.Polygon(ring)), homes)
        for x, y, radius in area.circles:
            inside |= earthquake.distance_km(lon, lat, to_lon=x, to_lat=y, depth_km=0.0) <= radius
    events = rates.scenarios([alert.identifier], origin=f"CAP alert of {alert.sender}")
    note = risk_report.Text(
        message("From an alert: every home in the warned area is taken as hit with {value} {unit}. Onset: {onset}."),
        {"value": f"{values[0]:g}", "unit": unit, "onset": alert.onset.isoformat() if alert.onset else "?"},
    )
    return Hits(
        prints.from_dense(exposure, np.where(inside, values[0], 0.0)[None, :], codebook(unit)),
        events,
        _source(asked.hits, path),
        {path.name: hash_of(path)},
        (note,),
    )


# --- files of intensities at points


@dataclasses.dataclass(frozen=True, eq=False)
class Field:
    """A file of intensities opened over homes: its events, and its hits on homes a part at a time.

    ``chunks()`` yields the share done, event numbers, rows of the exposure's table and intensities in ``levels``' unit.
    """

    events: rates.Events
    levels: prints.Codebook
    hits: int
    chunks: Callable[[], Iterator[tuple[float, geo.Hits]]]
    files: tuple[Path, ...]
    notes: tuple[risk_report.Text, ...]
    mark: tuple[float, float] | None


def _netcdf(asked: scenarios.Scenario, homes: tuple[F64, F64]) -> Opened:
    path = asked.path(asked.hits, "file")
    variable, unit = scenarios.text(asked.hits, "variable"), scenarios.text(asked.hits, "unit")
    return geo_netcdf.opened(path, *homes, variable=variable, unit=unit, nodata=asked.hits.get("nodata")), (path,)


def _climada(asked: scenarios.Scenario, homes: tuple[F64, F64]) -> Opened:  # noqa: ARG001  the same for every kind
    path = asked.path(asked.hits, "file")
    return climada_hdf5.opened(path, unit=asked.hits.get("unit", "")), (path,)


def _openquake(asked: scenarios.Scenario, homes: tuple[F64, F64]) -> Opened:  # noqa: ARG001
    path = asked.path(asked.hits, "file")
    years = scenarios.number(asked.hits, "years") if "years" in asked.hits else None
    if "sites" not in asked.hits:
        return openquake.opened_hdf5(path, years=years), (path,)
    sites = asked.path(asked.hits, "sites")
    return openquake.opened_csv(path, sites, years=years), (path, sites)


def _shakemap(asked: scenarios.Scenario, homes: tuple[F64, F64]) -> Opened:  # noqa: ARG001
    path = asked.path(asked.hits, "file")
    return shakemap.opened(path), (path,)


def _zones(asked: scenarios.Scenario, homes: tuple[F64, F64]) -> Opened:
    path = asked.path(asked.hits, "file")
    opened = geo_vector.opened(
        path,
        *homes,
        intensity=scenarios.text(asked.hits, "intensity"),
        unit=scenarios.text(asked.hits, "unit"),
        event=asked.hits.get("event"),
        frequency=asked.hits.get("frequency"),
    )
    return opened, (path,)


FIELDS: Mapping[str, Callable[[scenarios.Scenario, tuple[F64, F64]], Opened]] = {
    "netcdf": _netcdf,
    "climada": _climada,
    "openquake": _openquake,
    "shakemap": _shakemap,
    "zones": _zones,
}


@contextmanager
def field(asked: scenarios.Scenario, exposure: exposures.Exposure) -> Iterator[Field]:
    """The file of intensities a scenario names, over the homes: each takes the value of the nearest point."""
    homes = points(exposure)
    opened, files = FIELDS[scenarios.text(asked.hits, "kind")](asked, homes)
    with opened as stream:
        nearest = _nearest(stream, homes, within_km=scenarios.number(asked.hits, "within_km", WITHIN_KM))
        share = share_outside(exposure, nearest < 0)
        not_too_many_outside(share, asked.hits, files[0].name)
        origin = str(asked.hits.get("source", files[0].name))
        events = (
            rates.scenarios(stream.event_ids, origin=origin)
            if stream.frequency is None
            else rates.stochastic(stream.event_ids, stream.frequency, origin=origin)
        )
        taken = Taken(nearest, stream.lon.size)
        note = risk_report.Text(
            message("{share} of the residents lie too far from any point and are counted as not hit."),
            {"share": f"{share:.1%}"},
        )
        yield Field(
            events,
            codebook(stream.unit),
            int(stream.hits * max(1.0, taken.homes_per_point)),
            lambda: taken.over_homes(stream),
            files,
            (note,) if share else (),
            stream.mark,
        )


def _field(asked: scenarios.Scenario, exposure: exposures.Exposure) -> Hits:
    """Each home takes the value of the nearest point of the file, all in memory."""
    with field(asked, exposure) as found:
        parts = [hits for _, hits in found.chunks()]
        event, row, intensity = geo.joined(parts)
        footprints = prints.from_hits(
            exposure, event=event, source_row=row, intensity=intensity, events=found.events.count,
            codebook=found.levels,
        )  # fmt: skip
        inputs = {path.name: hash_of(path) for path in found.files}
        return Hits(footprints, found.events, _source(asked.hits, found.files[0]), inputs, found.notes, mark=found.mark)


def _nearest(stream: geo.Stream, homes: tuple[F64, F64], *, within_km: float) -> Index:
    """For each home the point it takes its value from, -1 where none is near enough."""
    if stream.at_homes:
        away = earthquake.distance_km(*homes, to_lon=stream.lon, to_lat=stream.lat, depth_km=0.0)
        return np.where(away > within_km, -1, np.arange(homes[0].size))
    from scipy.spatial import KDTree

    # Only points that some home could take: a world's grid over one country leaves a country's.
    reach = np.degrees(within_km / EARTH_KM)
    wide = reach / max(0.05, float(np.cos(np.radians(np.abs(homes[1]).max()))))
    near = (stream.lat >= homes[1].min() - reach) & (stream.lat <= homes[1].max() + reach)
    near &= (stream.lon >= homes[0].min() - wide) & (stream.lon <= homes[0].max() + wide)
    some = np.flatnonzero(near)
    if some.size > MOST_POINTS:
        raise errors.BadInput(
            message("The file has {count} points near the homes; at most {most} fit into memory. Give it as a grid."),
            code="risk.too_many_points",
            count=some.size,
            most=MOST_POINTS,
        )
    if some.size == 0:
        return np.full(homes[0].size, -1, np.int64)
    distance, found = KDTree(_unit_sphere(stream.lon[some], stream.lat[some])).query(_unit_sphere(*homes))
    far = 2 * EARTH_KM * np.arcsin(np.clip(distance / 2, 0, 1)) > within_km
    return np.where(far, -1, some[found])


class Taken:
    """Which homes take their value from which of ``count`` points, given the ``nearest`` point of each home."""

    def __init__(self, nearest: Index, count: int) -> None:
        self.order = np.argsort(nearest, kind="stable")
        self.first = np.searchsorted(nearest[self.order], np.arange(count + 1))
        used = int(np.count_nonzero(np.diff(self.first)))
        self.homes_per_point = (nearest.size - int(self.first[0])) / max(1, used)

    def over_homes(self, stream: geo.Stream) -> Iterator[tuple[float, geo.Hits]]:
        """Hits on points as hits on homes, about as many at a time as the file is read in."""
        at_once = geo.AT_ONCE
        for done, (event, point, intensity) in stream.chunks(at_once):
            reached = np.cumsum(self.first[point + 1] - self.first[point])
            cuts = np.searchsorted(reached, np.arange(at_once, reached[-1] if reached.size else 0, at_once))
            for some in np.split(np.arange(point.size), np.unique(cuts)):
                if some.size:
                    yield done, self.hits(event[some], point[some], intensity[some])

    def hits(self, event: Index, point: Index, intensity: F64) -> geo.Hits:
        """Every home that takes its value from a point that was hit."""
        homes = self.first[point + 1] - self.first[point]
        begin = np.repeat(self.first[point], homes)
        step = np.arange(int(homes.sum())) - np.repeat(np.cumsum(homes) - homes, homes)
        return np.repeat(event, homes), self.order[begin + step], np.repeat(intensity, homes)


def share_outside(exposure: exposures.Exposure, outside: NDArray[np.bool_]) -> float:
    """The share of residents in the rows marked ``outside``."""
    real = exposure.source_row >= 0
    people = exposure.people[:, real].sum(axis=0).astype(np.float64)
    return float(people[outside[exposure.source_row[real]]].sum() / people.sum())


def stored(folder: Path) -> tuple[exposures.Exposure, Hits, tuple[report.Place, ...]]:
    """Exposure, hits and areas out of a store written by `tiles.convert`."""
    found = blocks.read(folder)
    meta, arrays = found.meta, found.arrays
    laid = exposures.Exposure(
        np.asarray(arrays["people"]),
        np.asarray(arrays["area_of_block"]),
        np.asarray(arrays["lon"]),
        np.asarray(arrays["lat"]),
        np.asarray(arrays["source_row"]),
        tuple(meta["areas"]),
        tuple(meta["classes"]),
    )
    levels = prints.Codebook(np.asarray(arrays["codebook"]), meta["unit"])
    footprints = prints.Footprints(found.codes, found.row_event, found.block_ptr, levels, len(meta["events"]))
    events = rates.Events(tuple(meta["events"]), np.array(arrays["frequency"]), meta["kind"], "present", meta["origin"])
    places = tuple(report.Place(**place) for place in meta["places"])
    return (
        laid,
        Hits(
            footprints,
            events,
            tuple(source if isinstance(source, str) else risk_report.Text(**source) for source in meta["sources"]),
            {folder.name: hash_of(folder)},
            tuple(risk_report.Text(**note) for note in meta["notes"]),
            mark=None if meta["mark"] is None else (meta["mark"][0], meta["mark"][1]),
        ),
        places,
    )


# --- how they are hurt


def vulnerability(
    asked: scenarios.Scenario, classes: tuple[str, ...], events: rates.Events
) -> tuple[assessments.Vulnerability, tuple[risk_report.Told, ...]]:
    """The curves a scenario asks for, and their sources."""
    table = asked.curves
    if table.get("set") == "macroseismic":
        made = assessments.for_earthquakes(classes, one_event=events.kind == "scenario")
        return made, (_cited(made.curves.citation),)
    found = _curve_set(asked)
    if found.hazard != asked.hazard:
        raise errors.BadInput(
            message("The curves {curves} are for {have}, the scenario is about {want}."),
            code="risk.hazard",
            curves=found.name,
            have=found.hazard,
            want=asked.hazard,
        )
    chosen = {str(name): str(value) for name, value in table.get("classes", {}).items()}
    if isinstance(found, curve_sets.DamageRatios):
        top = max(float(x[-1]) for x, _ in found.points.values())
        spacing = scenarios.number(table, "spacing", top / 60)
        made = assessments.from_ratios(
            found, classes, threshold=asked.threshold, spacing=spacing, spread=asked.spread, chosen=chosen
        )
    else:
        made = assessments.from_shares(found, classes, shift_sd=scenarios.number(table, "shift_sd", 0.5), chosen=chosen)
    return made, (_cited(found.citation),)


def _curve_set(asked: scenarios.Scenario) -> curve_sets.Curves | curve_sets.DamageRatios:
    table = asked.curves
    if "file" not in table:
        name = scenarios.text(table, "set")
        return wind.damage_ratios() if name == wind.NAME else curve_sets.published(name)
    import polars

    path = asked.path(table, "file")
    try:
        rows = polars.read_csv(path, schema_overrides={"class": polars.String})
    except (OSError, polars.exceptions.PolarsError) as error:
        raise geo.unreadable(path, "CSV", error) from error
    wanted = ["class", "intensity", "value"]
    if not set(wanted) <= set(rows.columns):
        raise geo.missing_columns(path, wanted, rows.columns)
    gathered: dict[str, tuple[list[float], list[float]]] = {}
    for row in rows.iter_rows(named=True):
        x, y = gathered.setdefault(row["class"], ([], []))
        x.append(float(row["intensity"]))
        y.append(float(row["value"]))
    return curve_sets.from_points(
        name=path.stem,
        hazard=asked.hazard,
        unit=scenarios.text(table, "unit"),
        kind=scenarios.text(table, "kind"),
        points=gathered,
        citation=curve_sets.Citation(
            scenarios.text(table, "source"), table.get("region", ""), table.get("licence", ""), False
        ),
    )


def _cited(citation: curve_sets.Citation) -> risk_report.Told:
    return report.cited(citation.source, verified=citation.verified)


def _source(table: Mapping[str, Any], path: Path) -> tuple[risk_report.Told, ...]:
    """The stated source of a file; a file without one is named, and said to have none."""
    stated = str(table.get("source", "")).strip()
    if stated:
        return (f"{path.name}: {stated}",)
    return (risk_report.Text(message("{file}: source not stated"), {"file": path.name}),)


def not_too_many_outside(share: float, table: Mapping[str, Any], where: str) -> None:
    """Refuse hazard data that miss more residents than the scenario allows: half a country missing is not safe."""
    allowed = scenarios.number(table, "at_most_outside", AT_MOST_OUTSIDE)
    if share > allowed:
        raise errors.BadInput(
            message("{share} of the residents lie outside {where}; at most {allowed} may. See at_most_outside."),
            code="risk.half_missing",
            share=f"{share:.0%}",
            where=where,
            allowed=f"{allowed:.0%}",
        )


def _column(table: Any, name: str, path: Path) -> F64:
    import polars

    try:
        values = table[name].cast(polars.Float64)
    except polars.exceptions.PolarsError:
        values = table[name].cast(polars.Float64, strict=False)
    bad = values.is_null()
    if bad.any():
        row = int(bad.arg_max() or 0)
        raise errors.BadInput(
            message("{file}, row {row}: {name} is {value}, not a number."),
            code="geo.not_number",
            file=path.name,
            row=row + 2,
            name=name,
            value=str(table[name][row]),
        )
    return np.asarray(values.to_numpy(), np.float64)


def _unit_sphere(lon: F64, lat: F64) -> F64:
    x, y = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)])


Reader = TypeVar("Reader")


def _chosen(readers: Mapping[str, Reader], kind: str, section: str) -> Reader:
    if kind not in readers:
        raise errors.BadInput(
            message("[{section}] kind is {kind}. Known kinds: {known}."),
            code="risk.kind",
            section=section,
            kind=kind,
            known=", ".join(readers),
        )
    return readers[kind]
