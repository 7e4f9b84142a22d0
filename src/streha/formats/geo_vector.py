"""GeoJSON, GeoPackage and other vector files: areas with a code and a name, or zones with an intensity."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from streha.common import errors
from streha.common.errors import message
from streha.formats import geo_field as geo

# Half of a coordinate's usual rounding; outlines leave the map no smaller than it can be drawn.
SIMPLIFIED_DEGREES = 0.001


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
    found = []
    for feature in polygons.read(path):
        if feature.geometry is None:
            raise errors.BadInput(
                message("{file}: feature {number} is not a polygon. {fault}"),
                code="geo.not_polygon",
                file=path.name,
                number=feature.number,
                fault=feature.fault,
            )
        found.append(Zone(feature.properties, feature.geometry))
    return tuple(found)


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


def field(
    path: Path, lon: geo.F64, lat: geo.F64, *, intensity: str, unit: str, event: str | None = None
) -> geo.PointField:
    """Zones with an intensity as a field at the given points; where zones of one event overlap, the highest counts."""
    import shapely

    found = zones(path)
    ids = [str(property_of(zone, event, path)) if event else path.stem for zone in found]
    values, name = geo.in_curve_unit(
        np.array([_number(property_of(zone, intensity, path), path, intensity) for zone in found]),
        unit,
        where=path.name,
    )
    geo.check_plausible(values, name, where=path.name)
    names = tuple(dict.fromkeys(ids))
    number = np.array([names.index(item) for item in ids])
    tree = shapely.STRtree([zone.geometry for zone in found])
    point, zone = tree.query(shapely.points(lon, lat), predicate="intersects")
    dense = np.zeros((len(names), lon.size))
    np.maximum.at(dense, (number[zone], point), values[zone])
    events, points = np.nonzero(dense)
    return geo.PointField(lon, lat, names, None, name, events, points, dense[events, points])


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
