"""GeoJSON, GeoPackage and other vector files: areas with a code and a name, or zones with an intensity."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from streha.common import errors
from streha.common.errors import message
from streha.formats import geo_field as geo

# Half of a coordinate's usual rounding; outlines leave the map no smaller than it can be drawn.
SIMPLIFIED_DEGREES = 0.001
FEATURES_AT_ONCE = 1_000


@dataclasses.dataclass(frozen=True, eq=False)
class Zone:
    """One polygon: its properties as text, its shapely geometry in degrees."""

    properties: Mapping[str, str]
    geometry: Any

    def outline(self) -> dict[str, Any]:
        """The outline for a map as GeoJSON, simplified a little."""
        import shapely

        simple = shapely.simplify(self.geometry, SIMPLIFIED_DEGREES)
        return dict(shapely.geometry.mapping(simple))


def zones(path: Path) -> tuple[Zone, ...]:
    """The polygons of a GeoJSON or GeoPackage in degrees; refuses a feature that is none, naming it."""
    from streha.formats import geo as polygons

    if not path.exists():
        raise geo.unreadable(path, "a vector file", FileNotFoundError())
    return tuple(_zone(feature, path) for feature in polygons.read(path))


def _zone(feature: Any, path: Path) -> Zone:
    if feature.geometry is None:
        raise errors.BadInput(
            message("{file}: feature {number} is not a polygon. {fault}"),
            code="geo.not_polygon",
            file=path.name,
            number=feature.number,
            fault=feature.fault,
        )
    return Zone(feature.properties, feature.geometry)


def property_of(zone: Zone, name: str, path: Path) -> str:
    """A zone's property, or a refusal naming what there is."""
    if name not in zone.properties:
        raise geo.missing_columns(path, [name], sorted(zone.properties))
    return zone.properties[name]


def zone_of_points(found: tuple[Zone, ...], lon: geo.F64, lat: geo.F64) -> geo.Index:
    """For each point the first zone that contains it, -1 for none."""
    import shapely

    tree = shapely.STRtree([zone.geometry for zone in found])
    point, zone = tree.query(shapely.points(lon, lat), predicate="intersects")
    result = np.full(lon.size, len(found), np.int64)
    np.minimum.at(result, point, zone)
    return np.where(result == len(found), -1, result)


@contextmanager
def opened(
    path: Path,
    lon: geo.F64,
    lat: geo.F64,
    *,
    intensity: str,
    unit: str,
    event: str | None = None,
    frequency: str | None = None,
) -> Iterator[geo.Stream]:
    """Zones with an intensity as a field at the given homes; where zones of one event overlap, the highest counts.

    ``intensity``, ``event`` and ``frequency`` (per year, the same in all zones of an event) are names of properties.
    The file is read twice, some features at a time: once for the events it names, then zone by zone.
    """
    _, name = geo.in_curve_unit(np.zeros(1), unit, where=path.name)
    numbers: dict[str, int] = {}
    often: list[float] = []
    features = 0
    for zone in _each(path):
        features += 1
        named = property_of(zone, event, path) if event else path.stem
        stated = _number(property_of(zone, frequency, path), path, frequency) if frequency else 0.0
        if numbers.setdefault(named, len(numbers)) == len(often):
            often.append(stated)
        elif often[numbers[named]] != stated:
            raise errors.BadInput(
                message("{file}: event {event} has two frequencies, {one} and {other}. An event has one."),
                code="geo.two_frequencies",
                file=path.name,
                event=named,
                one=f"{often[numbers[named]]:g}",
                other=f"{stated:g}",
            )
    inside = _Inside(lon, lat)

    def hits() -> Iterator[tuple[int, geo.Hits]]:
        for done, zone in enumerate(_each(path), start=1):
            stated = np.array([_number(property_of(zone, intensity, path), path, intensity)])
            value, _ = geo.in_curve_unit(stated, unit, where=path.name)
            geo.check_plausible(value, name, where=path.name)
            homes = inside.of(zone.geometry) if value[0] > 0 else np.zeros(0, np.int64)
            number = numbers[property_of(zone, event, path) if event else path.stem]
            yield done, (np.full(homes.size, number), homes, np.full(homes.size, value[0]))

    def chunks(size: int) -> Iterator[tuple[float, geo.Hits]]:
        waiting: list[geo.Hits] = []
        for done, found in hits():
            waiting.append(found)
            if sum(part[1].size for part in waiting) >= size or done % FEATURES_AT_ONCE == 0 or done == features:
                yield done / features, _joined(waiting)
                waiting = []

    rates = np.array(often) if frequency else None
    yield geo.Stream(lon, lat, tuple(numbers), rates, name, features * 64, chunks, at_homes=True)


def _joined(parts: Sequence[geo.Hits]) -> geo.Hits:
    event, point, value = (np.concatenate([part[number] for part in parts]) for number in range(3))
    return event.astype(np.int64), point.astype(np.int64), value.astype(np.float64)


class _Inside:
    """Which of many homes lie in a polygon, by strips of latitude: no tree, two indices a home."""

    def __init__(self, lon: geo.F64, lat: geo.F64) -> None:
        self.order = np.argsort(lat, kind="stable")
        self.lon, self.lat = lon[self.order], lat[self.order]

    def of(self, polygon: Any) -> geo.Index:
        """The homes in the polygon or on its edge."""
        import shapely

        west, south, east, north = polygon.bounds
        strip = slice(np.searchsorted(self.lat, south), np.searchsorted(self.lat, north, side="right"))
        near = np.flatnonzero((self.lon[strip] >= west) & (self.lon[strip] <= east)) + strip.start
        shapely.prepare(polygon)
        hit = near[shapely.intersects_xy(polygon, self.lon[near], self.lat[near])]
        return np.asarray(self.order[hit], np.int64)


def _each(path: Path) -> Iterator[Zone]:
    """The polygons one after another, however large the file; refuses a feature that is none, naming it."""
    from streha.formats import geo as polygons

    for features in polygons.batches(path, size=FEATURES_AT_ONCE):
        for feature in features:
            yield _zone(feature, path)


def _number(value: str, path: Path, name: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise errors.BadInput(
            message("{file}: {name} is {value}, not a number."),
            code="geo.not_number",
            file=path.name,
            name=name,
            value=value,
        ) from None
