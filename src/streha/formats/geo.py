"""GeoJSON and GeoPackage to polygons in WGS 84, and back to GeoJSON: read with suspicion, repaired in the open.

GeoJSON is parsed here and not by GDAL, which would take a JSON file of another kind for a list of things to fetch.
Coordinates are (longitude, latitude) in degrees; areas are square kilometres on the ellipsoid.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from streha.common.errors import BadInput, message
from streha.formats import geo_json

MAX_BYTES = 128 * 1024 * 1024
MAX_FEATURES = 50_000
MAX_VERTICES = 5_000_000
_GEOD = pyproj.Geod(ellps="WGS84")
_WGS84 = pyproj.CRS.from_epsg(4326)
_SQLITE = b"SQLite format 3\0"
_PLAIN = ("CRS84", "EPSG::4326", "EPSG:4326")


@dataclass(frozen=True)
class Feature:
    """One feature: its number in the file from 1, properties as text, polygons in WGS 84, and what was repaired.

    ``geometry`` is None when there is none that could be used; ``fault`` then says why.
    """

    number: int
    properties: Mapping[str, str]
    geometry: BaseGeometry | None
    repaired: str = ""
    fault: str = ""


def read(path: Path, *, layer: str = "") -> tuple[Feature, ...]:
    """All features of a GeoJSON or GeoPackage file with their polygons in WGS 84.

    Raises BadInput when the file is empty, too large, neither format, broken, without features, or when its
    coordinates cannot be degrees and it does not say what they are.
    """
    name = path.name
    head = _head(path, name)
    if head.startswith(_SQLITE):
        raw, crs = _read_geopackage(path, layer)
    elif head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        raw, crs = _read_geojson(path)
    else:
        raise _unknown_format(name)
    if not raw:
        raise BadInput(message("{file} holds no features."), code="file_empty", file=name)
    if len(raw) > MAX_FEATURES:
        raise _too_large(name, MAX_FEATURES)
    geometries = [geometry for _, geometry, _ in raw]
    if sum(shapely.get_num_coordinates(g) for g in geometries if g is not None) > MAX_VERTICES:
        raise _too_large(name, MAX_VERTICES)
    placed = _in_degrees(geometries, crs, name)
    return tuple(
        _feature(number, properties, geometry, fault)
        for number, ((properties, _, fault), geometry) in enumerate(zip(raw, placed, strict=True), start=1)
    )


def batches(path: Path, *, layer: str = "", size: int = 1_000) -> Iterator[tuple[Feature, ...]]:
    """The features of `read`, ``size`` at a time, for files of any length: only one batch is in memory.

    A reference system that a GeoJSON file declares must stand before its features, where programs write it.
    """
    name = path.name
    head = _head(path, name, any_size=True)
    if head.startswith(_SQLITE):
        parts = _geopackage_parts(path, layer, size)
    elif head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        parts = _geojson_parts(path, size)
    else:
        raise _unknown_format(name)
    first = 1
    for raw, crs in parts:
        placed = _in_degrees([geometry for _, geometry, _ in raw], crs, name)
        yield tuple(
            _feature(number, properties, geometry, fault)
            for number, ((properties, _, fault), geometry) in enumerate(zip(raw, placed, strict=True), start=first)
        )
        first += len(raw)
    if first == 1:
        raise BadInput(message("{file} holds no features."), code="file_empty", file=name)


def _geopackage_parts(path: Path, layer: str, size: int) -> Iterator[tuple[list[Raw], pyproj.CRS]]:
    first = 0
    while True:
        raw, crs = _read_geopackage(path, layer, first=first, count=size)
        if raw:
            yield raw, crs
        if len(raw) < size:
            return
        first += size


def _geojson_parts(path: Path, size: int) -> Iterator[tuple[list[Raw], pyproj.CRS]]:
    reader = geo_json.Reader(path)
    try:
        before, features = reader.features()
        crs = _declared(before, path.name)
        while some := [_raw_feature(each) for each in itertools.islice(features, size)]:
            yield some, crs
        if "crs" in reader.after and _declared(reader.after, path.name) != crs:
            raise BadInput(
                message("{file} declares its reference system after its features. Export it in WGS 84 (EPSG:4326)."),
                code="boundaries_unknown_crs",
                file=path.name,
            )
    except UnicodeDecodeError as error:
        raise BadInput(
            message("{file} is not UTF-8 text. Export it again as GeoJSON in UTF-8."), code="file_not_utf8",
            file=path.name,
        ) from error  # fmt: skip
    except geo_json.NotFeatures as error:
        raise BadInput(
            message("{file} is JSON but not a GeoJSON FeatureCollection. Export the boundaries as GeoJSON."),
            code="boundaries_not_geojson",
            file=path.name,
        ) from error
    except (ValueError, RecursionError) as error:
        raise BadInput(
            message("{file} is broken JSON at {where} (line:column). It may have been cut off; export it again."),
            code="boundaries_broken",
            file=path.name,
            where=reader.where,
        ) from error


def area_km2(geometry: BaseGeometry) -> float:
    """Area on the WGS 84 ellipsoid, in square kilometres; holes are taken off.

    >>> round(area_km2(shapely.box(20, 42, 21, 43)))
    9131
    """
    oriented = shapely.orient_polygons(geometry)
    return float(abs(_GEOD.geometry_area_perimeter(oriented)[0]) / 1e6)


def feature_collection(features: Iterable[tuple[BaseGeometry, Mapping[str, Any]]], *, decimals: int = 5) -> bytes:
    """GeoJSON of polygons with their properties, coordinates rounded (five decimals are about a metre)."""
    collection = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": dict(properties), "geometry": _rounded(geometry, decimals)}
            for geometry, properties in features
        ],
    }
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()


def simplified(geometries: Sequence[BaseGeometry], tolerance_degrees: float) -> list[BaseGeometry]:
    """The polygons with fewer points, so that a map of a country is light; shared borders stay shared.

    Where the polygons are no clean coverage (they overlap), each is simplified by itself.
    """
    array = np.asarray(geometries, dtype=object)
    if len(array) and bool(shapely.coverage_is_valid(array)):
        return list(shapely.coverage_simplify(array, tolerance_degrees))
    return list(shapely.simplify(array, tolerance_degrees, preserve_topology=True))


def _unknown_format(name: str) -> BadInput:
    return BadInput(
        message("{file} is neither GeoJSON nor GeoPackage. Export the boundaries in one of the two."),
        code="boundaries_unknown_format",
        file=name,
    )


def _head(path: Path, name: str, *, any_size: bool = False) -> bytes:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(1024)
    except OSError as error:
        raise BadInput(
            message("{file} cannot be read: {reason}."),
            code="file_unreadable",
            file=name,
            reason=error.strerror or str(error),
        ) from error
    if size == 0 or not head.strip():
        raise BadInput(message("{file} is empty."), code="file_empty", file=name)
    if size > MAX_BYTES and not any_size:
        raise BadInput(
            message("{file} is larger than {limit} MB. Simplify the boundaries and export again."),
            code="file_too_large",
            file=name,
            limit=MAX_BYTES // 1024 // 1024,
        )
    return head


def _too_large(name: str, limit: int) -> BadInput:
    return BadInput(
        message("{file} holds more than {limit} features or points. Simplify the boundaries and export again."),
        code="file_too_large",
        file=name,
        limit=limit,
    )


Raw = tuple[dict[str, str], BaseGeometry | None, str]


def _read_geojson(path: Path) -> tuple[list[Raw], pyproj.CRS]:
    name = path.name
    data = path.read_bytes()
    if b"\0" in data:
        raise BadInput(
            message("{file} holds NUL bytes: it is damaged. Export it again."), code="file_not_text", file=name
        )
    try:
        parsed = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadInput(
            message("{file} is not UTF-8 text. Export it again as GeoJSON in UTF-8."), code="file_not_utf8", file=name
        ) from error
    except (json.JSONDecodeError, RecursionError) as error:
        where = f"{error.lineno}:{error.colno}" if isinstance(error, json.JSONDecodeError) else "?"
        raise BadInput(
            message("{file} is broken JSON at {where} (line:column). It may have been cut off; export it again."),
            code="boundaries_broken",
            file=name,
            where=where,
        ) from error
    features = parsed.get("features") if isinstance(parsed, dict) else None
    if isinstance(parsed, dict) and parsed.get("type") == "Feature":
        features = [parsed]
    if not isinstance(features, list):
        raise BadInput(
            message("{file} is JSON but not a GeoJSON FeatureCollection. Export the boundaries as GeoJSON."),
            code="boundaries_not_geojson",
            file=name,
        )
    return [_raw_feature(each) for each in features[: MAX_FEATURES + 1]], _declared(parsed, name)


def _raw_feature(feature: Any) -> Raw:
    if not isinstance(feature, dict):
        return {}, None, "not a feature"
    properties = feature.get("properties")
    texts = _texts(properties.items()) if isinstance(properties, dict) else {}
    if "id" in feature and "id" not in texts:
        texts |= _texts([("id", feature["id"])])
    geometry = feature.get("geometry")
    if not isinstance(geometry, dict):
        return texts, None, "no geometry"
    try:
        return texts, shapely.geometry.shape(geometry), ""
    except Exception as error:  # shapely raises many kinds for coordinates that make no polygon
        return texts, None, f"broken coordinates ({type(error).__name__})"


def _texts(properties: Iterable[tuple[Any, Any]]) -> dict[str, str]:
    """Properties that can name or measure something, as text: whole numbers without a point, nothing nested."""
    found: dict[str, str] = {}
    for key, value in properties:
        whole = int(value) if isinstance(value, float) and value.is_integer() else value
        if isinstance(whole, float) and not math.isfinite(whole):
            continue
        if isinstance(whole, (str, int, float)) and not isinstance(whole, bool):
            found[str(key)] = str(whole).strip()[:200]
    return found


def _declared(parsed: Any, name: str) -> pyproj.CRS:
    """The reference system an older GeoJSON file declares; WGS 84 when it declares none."""
    declared = parsed.get("crs") if isinstance(parsed, dict) else None
    text = declared.get("properties", {}).get("name", "") if isinstance(declared, dict) else ""
    if not text or any(plain in str(text) for plain in _PLAIN):
        return _WGS84
    try:
        return pyproj.CRS.from_user_input(str(text))
    except pyproj.exceptions.CRSError as error:
        raise BadInput(
            message("{file} declares a reference system nobody knows: “{crs}”. Export it in WGS 84 (EPSG:4326)."),
            code="boundaries_unknown_crs",
            file=name,
            crs=str(text)[:80],
        ) from error


def _read_geopackage(
    path: Path, layer: str, *, first: int = 0, count: int = MAX_FEATURES + 1
) -> tuple[list[Raw], pyproj.CRS]:
    name = path.name
    try:
        layers = {str(each): str(kind) for each, kind in pyogrio.list_layers(path)}
        chosen = _layer(layers, layer, name)
        meta, _, wkb, columns = pyogrio.raw.read(path, layer=chosen, skip_features=first, max_features=count)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise BadInput(
            message("{file} is a damaged GeoPackage. Export it again."), code="boundaries_broken", file=name
        ) from error
    geometries = shapely.from_wkb(wkb, on_invalid="ignore") if wkb is not None else []
    fields = [str(field) for field in meta["fields"]]
    rows: list[Raw] = []
    for number, geometry in enumerate(geometries):
        values = [(field, _plain(column[number])) for field, column in zip(fields, columns, strict=True)]
        rows.append((_texts(values), geometry, "" if geometry is not None else "no geometry"))
    return rows, pyproj.CRS.from_user_input(meta["crs"]) if meta["crs"] else _WGS84


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _layer(layers: Mapping[str, str], wanted: str, name: str) -> str:
    polygons = [each for each, kind in layers.items() if "Polygon" in kind or kind in ("Unknown", "GeometryCollection")]
    if wanted in layers:
        return wanted
    if wanted or len(polygons) != 1:
        raise BadInput(
            message("{file} has these layers of polygons: {layers}. Say which one to load."),
            code="boundaries_which_layer",
            file=name,
            layers=", ".join(polygons) or "-",
        )
    return polygons[0]


def _in_degrees(geometries: Sequence[BaseGeometry | None], crs: pyproj.CRS, name: str) -> list[BaseGeometry | None]:
    flat = np.asarray(geometries, dtype=object)
    flat = shapely.force_2d(flat)
    if crs != _WGS84 and not (crs.is_geographic and crs.to_epsg() == 4326):
        to_degrees = pyproj.Transformer.from_crs(crs, _WGS84, always_xy=True)
        flat = shapely.transform(flat, to_degrees.transform, interleaved=False)
    bounds = shapely.total_bounds([g for g in flat if g is not None and not shapely.is_empty(g)])
    west, south, east, north = (float(each) for each in bounds)
    if not all(math.isfinite(each) for each in (west, south, east, north)):
        return list(flat)  # nothing usable; each feature says so for itself
    if west < -180 or east > 180 or south < -90 or north > 90:
        raise BadInput(
            message(
                "{file}: the coordinates are not degrees (they reach {x:.0f}, {y:.0f}): another projection. "
                "Export it in WGS 84 (EPSG:4326)."
            ),
            code="boundaries_wrong_projection",
            file=name,
            x=max(west, east, key=abs),
            y=max(south, north, key=abs),
        )
    return list(flat)


def _feature(number: int, properties: dict[str, str], geometry: BaseGeometry | None, fault: str) -> Feature:
    if geometry is None or shapely.is_empty(geometry):
        return Feature(number, properties, None, fault=fault or "empty geometry")
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        return Feature(number, properties, None, fault="a coordinate is not a number")
    if not any("Polygon" in part.geom_type for part in (geometry, *getattr(geometry, "geoms", ()))):
        return Feature(number, properties, None, fault=f"{geometry.geom_type}, not a polygon")
    repaired = "" if shapely.is_valid(geometry) else str(shapely.is_valid_reason(geometry))[:200]
    polygons = _polygons(shapely.make_valid(geometry) if repaired else geometry)
    if polygons is None:
        return Feature(number, properties, None, fault=repaired or "no area")
    return Feature(number, properties, polygons, repaired=repaired)


def _polygons(geometry: BaseGeometry) -> BaseGeometry | None:
    """The polygons of a geometry as one; lines and points that a repair left over are dropped."""
    parts = [
        part
        for each in shapely.get_parts(geometry)
        for part in shapely.get_parts(each)
        if part.geom_type == "Polygon" and part.area > 0
    ]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)


def _rounded(geometry: BaseGeometry, decimals: int) -> dict[str, Any]:
    rounded = shapely.transform(geometry, lambda points: np.round(points, decimals))
    mapped: dict[str, Any] = shapely.geometry.mapping(rounded)
    return mapped
