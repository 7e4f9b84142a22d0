"""GeoJSON, GeoPackage and other vector files: areas with a code and a name, or zones with an intensity."""

from __future__ import annotations

import dataclasses
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
    """One polygon: its properties, its shapely geometry in degrees and the outline as GeoJSON."""

    properties: dict[str, Any]
    geometry: Any

    def outline(self) -> dict[str, Any]:
        """The outline for a map, simplified a little."""
        import shapely

        simple = shapely.simplify(self.geometry, SIMPLIFIED_DEGREES)
        return dict(shapely.geometry.mapping(simple))


def zones(path: Path) -> tuple[Zone, ...]:
    """The polygons of the file's first layer, reprojected to degrees; refuses a file without projection or polygons."""
    import pyogrio
    import pyogrio.errors
    import pyproj
    import shapely

    try:
        meta, _, geometry, columns = pyogrio.raw.read(path)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, OSError, RuntimeError) as error:
        raise geo.unreadable(path, "a vector file", error) from error
    shapes = shapely.from_wkb(geometry)
    if meta["crs"] is None:
        raise errors.BadInput(
            message("{file} has no projection. Write the right one into it (for example with gdal_edit -a_srs)."),
            code="geo.no_projection",
            file=path.name,
        )
    if not pyproj.CRS(meta["crs"]).equals("EPSG:4326", ignore_axis_order=True):
        move = pyproj.Transformer.from_crs(meta["crs"], "EPSG:4326", always_xy=True)
        shapes = shapely.transform(shapes, lambda xy: np.column_stack(move.transform(xy[:, 0], xy[:, 1])))
    found = []
    for number, shape in enumerate(shapes):
        if shape is None or shape.geom_type not in ("Polygon", "MultiPolygon"):
            raise errors.BadInput(
                message("{file}: feature {number} is not a polygon."),
                code="geo.not_polygon",
                file=path.name,
                number=number,
            )
        properties = {name: values[number] for name, values in zip(meta["fields"], columns, strict=True)}
        found.append(Zone(properties, shapely.make_valid(shape)))
    return tuple(found)


def property_of(zone: Zone, name: str, path: Path) -> Any:
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


def _number(value: Any, path: Path, name: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise errors.BadInput(
            message("{file}: {name} is {value}, not a number."),
            code="geo.not_number",
            file=path.name,
            name=name,
            value=str(value),
        ) from None
