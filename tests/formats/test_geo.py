"""Files of boundaries: what is read, what is repaired, and what is refused with which words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyproj
import pytest
import shapely

from streha.common.errors import BadInput
from streha.formats import geo

SQUARE = shapely.box(20.0, 42.0, 20.1, 42.1)
BOWTIE = shapely.Polygon([(20, 42), (20.1, 42.1), (20.1, 42), (20, 42.1)])


def geojson(path: Path, *geometries: Any, **top: Any) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": {"name": f"F{n}"},
            "geometry": None if g is None else shapely.geometry.mapping(g),
        }
        for n, g in enumerate(geometries, start=1)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features, **top}), encoding="utf-8")
    return path


def geopackage(path: Path, geometries: list[Any], crs: str, layer: str = "areas") -> Path:
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(np.array(geometries, dtype=object)),
        field_data=[np.array([f"F{n}" for n, _ in enumerate(geometries, 1)], dtype=object)],
        fields=["name"],
        geometry_type="Polygon",
        crs=crs,
        driver="GPKG",
        layer=layer,
        append=path.exists(),
    )
    return path


def refused(path: Path) -> BadInput:
    with pytest.raises(BadInput) as caught:
        geo.read(path)
    assert path.name in str(caught.value)  # every refusal names the file
    return caught.value


def test_a_square_is_read_with_its_properties_and_measured_on_the_ellipsoid(tmp_path: Path) -> None:
    (feature,) = geo.read(geojson(tmp_path / "a.geojson", SQUARE))
    assert feature.properties == {"name": "F1"}
    assert feature.geometry is not None
    assert shapely.equals(feature.geometry, SQUARE)
    assert geo.area_km2(SQUARE) == pytest.approx(11.107 * 8.279, abs=0.02)  # sides of a tenth of a degree at 42.05 N


def test_a_hole_is_taken_off_whichever_way_the_rings_turn() -> None:
    hole = shapely.box(20.02, 42.02, 20.08, 42.08)
    ring = shapely.Polygon(SQUARE.exterior.coords, [hole.exterior.coords])
    turned = shapely.Polygon(SQUARE.exterior.coords[::-1], [hole.exterior.coords])
    expected = geo.area_km2(SQUARE) - geo.area_km2(hole)
    assert geo.area_km2(ring) == pytest.approx(expected)
    assert geo.area_km2(turned) == pytest.approx(expected)


def test_a_geopackage_in_another_projection_comes_back_in_degrees(tmp_path: Path) -> None:
    metres = pyproj.Transformer.from_crs(4326, 25834, always_xy=True)
    projected = shapely.transform(SQUARE, metres.transform, interleaved=False)
    (feature,) = geo.read(geopackage(tmp_path / "a.gpkg", [projected], "EPSG:25834"))
    assert feature.properties == {"name": "F1"}
    assert feature.geometry is not None
    assert shapely.hausdorff_distance(feature.geometry, SQUARE) < 1e-6


def test_geojson_that_declares_its_projection_is_believed(tmp_path: Path) -> None:
    metres = pyproj.Transformer.from_crs(4326, 25834, always_xy=True)
    projected = shapely.transform(SQUARE, metres.transform, interleaved=False)
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25834"}}
    (feature,) = geo.read(geojson(tmp_path / "a.geojson", projected, crs=crs))
    assert feature.geometry is not None
    assert shapely.hausdorff_distance(feature.geometry, SQUARE) < 1e-6


def test_a_bow_tie_is_repaired_and_says_so(tmp_path: Path) -> None:
    (feature,) = geo.read(geojson(tmp_path / "a.geojson", BOWTIE))
    assert "Self-intersection" in feature.repaired
    assert feature.geometry is not None
    assert feature.geometry.is_valid
    assert feature.geometry.area == pytest.approx(0.005)


@pytest.mark.parametrize(
    ("geometry", "fault"),
    [
        (None, "no geometry"),
        (shapely.Point(20, 42), "Point, not a polygon"),
        (shapely.LineString([(20, 42), (21, 43)]), "LineString, not a polygon"),
        (shapely.Polygon(), "empty geometry"),
    ],
)
def test_a_feature_without_a_polygon_says_why(tmp_path: Path, geometry: Any, fault: str) -> None:
    feature = geo.read(geojson(tmp_path / "a.geojson", geometry, SQUARE))[0]
    assert feature.geometry is None
    assert feature.fault == fault


def test_broken_coordinates_spoil_one_feature_not_the_file(tmp_path: Path) -> None:
    path = geojson(tmp_path / "a.geojson", SQUARE, SQUARE)
    parsed = json.loads(path.read_text())
    parsed["features"][0]["geometry"]["coordinates"] = [[["x", 1], [2], None]]
    parsed["features"].append("not even an object")
    path.write_text(json.dumps(parsed))
    first, second, third = geo.read(path)
    assert (first.geometry, third.geometry) == (None, None)
    assert "broken coordinates" in first.fault
    assert second.geometry is not None


def test_infinite_coordinates_spoil_one_feature(tmp_path: Path) -> None:
    path = geojson(tmp_path / "a.geojson", SQUARE, SQUARE)
    path.write_text(path.read_text().replace("20.1", "1e999", 1))
    first, second = geo.read(path)
    assert first.geometry is None
    assert second.geometry is not None


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"   \n ", "file_empty"),
        (b"PK\x03\x04 a zip", "boundaries_unknown_format"),
        (b"<kml></kml>", "boundaries_unknown_format"),
        (b'{"type":"FeatureCollection","features":[{"type":"Fea', "boundaries_broken"),
        (b"{" * 200_000, "boundaries_broken"),
        (b'{"type":"FeatureCollection","features":[]}', "file_empty"),
        (b'{"type":"Topology","objects":{}}', "boundaries_not_geojson"),
        (
            b'{"stac_version":"1.0.0","type":"Catalog","links":[{"href":"http://example.org"}]}',
            "boundaries_not_geojson",
        ),
        (b'{"type":"FeatureCollection","features":[\0]}', "file_not_text"),
        (b'{"type":"FeatureCollection","features":["\xff"]}', "file_not_utf8"),
        (b"SQLite format 3\0" + b"\0" * 3000, "boundaries_broken"),
        (b"SQLite format 3\0cut off", "boundaries_broken"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_reason(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "a.geojson"
    path.write_bytes(content)
    assert refused(path).code == code


def test_metres_without_a_declaration_are_refused(tmp_path: Path) -> None:
    error = refused(geojson(tmp_path / "a.geojson", shapely.box(500_000, 4_700_000, 510_000, 4_710_000)))
    assert error.code == "boundaries_wrong_projection"
    assert "EPSG:4326" in str(error)


def test_an_unknown_projection_is_refused(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:nobody:knows"}}
    assert refused(geojson(tmp_path / "a.geojson", SQUARE, crs=crs)).code == "boundaries_unknown_crs"


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.geojson"
    with path.open("wb") as file:
        file.write(b'{"type":"FeatureCollection"')
        file.truncate(geo.MAX_BYTES + 1)  # a hole in the file: no disk is used
    assert refused(path).code == "file_too_large"


def test_too_many_points_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geo, "MAX_VERTICES", 9)
    assert refused(geojson(tmp_path / "a.geojson", SQUARE, SQUARE)).code == "file_too_large"


def test_several_layers_ask_which(tmp_path: Path) -> None:
    path = geopackage(tmp_path / "a.gpkg", [SQUARE], "EPSG:4326", layer="one")
    geopackage(path, [SQUARE], "EPSG:4326", layer="two")
    error = refused(path)
    assert error.code == "boundaries_which_layer"
    assert "one, two" in str(error)
    assert len(geo.read(path, layer="two")) == 1


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.geojson").code == "file_unreadable"


def test_what_is_written_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_bytes(geo.feature_collection([(SQUARE, {"name": "Пећ"})]))
    (feature,) = geo.read(path)
    assert feature.properties == {"name": "Пећ"}
    assert feature.geometry is not None
    assert shapely.equals(feature.geometry, SQUARE)


def test_simplified_neighbours_still_share_their_border() -> None:
    wavy = [(20.1 + 0.001 * (n % 2), 42 + n / 100) for n in range(11)]
    west = shapely.Polygon([(20, 42), *wavy, (20, 42.1)])
    east = shapely.Polygon([(20.2, 42), *wavy, (20.2, 42.1)])
    simple = geo.simplified([west, east], 0.01)
    assert shapely.get_num_coordinates(simple[0]) < shapely.get_num_coordinates(west)
    assert shapely.intersection(*simple).area == pytest.approx(0, abs=1e-9)
    assert shapely.union(*simple).area == pytest.approx(0.02, rel=0.02)
