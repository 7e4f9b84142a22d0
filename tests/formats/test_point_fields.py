"""NetCDF, zones, CLIMADA, OpenQuake and ShakeMap files as hits at points."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import netcdf_file

from streha.common import errors
from streha.formats import climada_hdf5, geo_field, geo_netcdf, geo_vector, openquake, shakemap

LON, LAT = np.array([20.0, 20.5, 21.0]), np.array([42.0, 42.5])
DEPTH = np.array([[[0, 1.0, 2.0], [0.5, 0, 0]], [[0, 0, 0], [0, 3.0, 0]]])


def netcdf4(path: Path, **attributes: object) -> Path:
    with h5py.File(path, "w") as file:
        file["lon"], file["lat"], file["frequency"] = LON, LAT, np.array([0.01, 0.002])
        file["depth"] = DEPTH
        file["depth"].attrs.update({"units": "m"} | attributes)
    return path


def netcdf3(path: Path) -> Path:
    with netcdf_file(path, "w") as file:
        for name, size in (("event", 2), ("lat", 2), ("lon", 3)):
            file.createDimension(name, size)
        for name, dimensions, values in (
            ("lon", ("lon",), LON),
            ("lat", ("lat",), LAT),
            ("frequency", ("event",), np.array([0.01, 0.002])),
            ("depth", ("event", "lat", "lon"), DEPTH),
        ):
            file.createVariable(name, "d", dimensions)[:] = values
        file.variables["depth"].units = "m"
    return path


def read_netcdf(path: Path, **arguments: str) -> geo_field.PointField:
    """With a home a little off the middle of every cell."""
    lon, lat = (axis.ravel() for axis in np.meshgrid(LON + 0.1, LAT - 0.1))
    with geo_netcdf.opened(path, lon, lat, **arguments) as stream:  # type: ignore[arg-type]
        return geo_field.collected(stream)


@pytest.mark.parametrize("make", [netcdf3, netcdf4])
def test_netcdf_of_both_kinds(tmp_path: Path, make: object) -> None:
    field = read_netcdf(make(tmp_path / "d.nc"), variable="depth", unit="m")  # type: ignore[operator]
    assert field.event_ids == ("d-0", "d-1")
    np.testing.assert_allclose(field.frequency, [0.01, 0.002])
    where = {
        (e, field.lon[p], field.lat[p]): v for e, p, v in zip(field.event, field.point, field.intensity, strict=True)
    }
    assert where == {(0, 20.5, 42.0): 1.0, (0, 21.0, 42.0): 2.0, (0, 20.0, 42.5): 0.5, (1, 20.5, 42.5): 3.0}


def test_netcdf_fill_values_wrong_units_and_names(tmp_path: Path) -> None:
    field = read_netcdf(netcdf4(tmp_path / "f.nc", _FillValue=3.0), variable="depth", unit="m")
    assert field.intensity.max() == 2.0
    for name, arguments, code in (
        ("a.nc", {"variable": "depth", "unit": "ft"}, "geo.unit"),
        ("b.nc", {"variable": "tiefe", "unit": "m"}, "geo.columns"),
    ):
        with pytest.raises(errors.BadInput) as caught:
            read_netcdf(netcdf4(tmp_path / name), **arguments)
        assert caught.value.code == code
    broken = tmp_path / "c.nc"
    broken.write_bytes(b"CDF\x01truncated")
    with pytest.raises(errors.BadInput) as caught:
        read_netcdf(broken, variable="depth", unit="m")
    assert caught.value.code == "geo.unreadable"


def square(west: float, south: float, size: float, **properties: object) -> dict[str, object]:
    ring = [[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def test_zones_where_two_overlap_the_higher_counts(tmp_path: Path) -> None:
    path = tmp_path / "z.geojson"
    features = [square(20, 42, 1, depth=0.5), square(20.4, 42.4, 1, depth=2.0)]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    homes = np.array([20.1, 20.5, 22.0]), np.array([42.1, 42.5, 42.5])
    with geo_vector.opened(path, *homes, intensity="depth", unit="m") as stream:
        field = geo_field.collected(stream)
    np.testing.assert_array_equal(field.point, [0, 1])
    np.testing.assert_array_equal(field.intensity, [0.5, 2.0])
    with (
        pytest.raises(errors.BadInput) as caught,
        geo_vector.opened(path, *homes, intensity="tiefe", unit="m") as stream,
    ):
        geo_field.collected(stream)
    assert caught.value.code == "geo.columns"
    found = geo_vector.zones(path)
    np.testing.assert_array_equal(
        geo_vector.zone_of_points(found, np.array([20.5, 21.3, 5]), np.array([42.5, 43.3, 5])), [0, 1, -1]
    )


def climada(path: Path, *, fraction: float | None = None, layout: str = "frame", units: str = "m") -> Path:
    """As CLIMADA 6.1 writes it: sparse rows, centroids as a pandas frame in blocks (or, before, as plain arrays)."""
    with h5py.File(path, "w") as file:
        for name, value in (("intensity", np.array([0.4, 1.2, 0.9])), ("fraction", fraction)):
            group = file.create_group(name)
            group.attrs["shape"] = (2, 3)
            data = value if isinstance(value, np.ndarray) else np.full(0 if value is None else 3, value or 0.0)
            group["data"], group["indices"] = data, np.array([0, 2, 1][: data.size])
            group["indptr"] = np.array([0, 2, 3]) if data.size else np.zeros(3, int)
        file["event_id"], file["frequency"] = np.array([7, 9]), np.array([0.01, 0.02])
        file.create_dataset("units", (1,), dtype=h5py.string_dtype())[0] = units
        if layout == "frame":
            file["centroids/block0_items"] = np.array([b"geometry.x", b"geometry.y"])
            file["centroids/block0_values"] = np.column_stack([LON, [42.0, 42.5, 43.0]])
        else:
            file["centroids/lon"], file["centroids/lat"] = LON, np.array([42.0, 42.5, 43.0])
    return path


@pytest.mark.parametrize("layout", ["frame", "plain"])
def test_climada_hazard(tmp_path: Path, layout: str) -> None:
    field = climada_hdf5.read(climada(tmp_path / "h.hdf5", layout=layout))
    assert (field.event_ids, field.unit) == (("7", "9"), "m")
    np.testing.assert_array_equal(field.event, [0, 0, 1])
    np.testing.assert_array_equal(field.point, [0, 2, 1])
    np.testing.assert_array_equal(field.lat, [42.0, 42.5, 43.0])
    with climada_hdf5.opened(tmp_path / "h.hdf5") as hazard:
        parts = list(hazard.chunks(1))
    assert [share for share, _ in parts] == pytest.approx([1 / 3, 2 / 3, 1])
    np.testing.assert_array_equal(np.concatenate([hits[2] for _, hits in parts]), field.intensity)


def test_climada_with_fractions_other_units_or_half_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.BadInput) as caught:
        climada_hdf5.read(climada(tmp_path / "f.hdf5", fraction=0.5))
    assert caught.value.code == "climada.fraction"
    with pytest.raises(errors.BadInput) as caught:
        climada_hdf5.read(climada(tmp_path / "u.hdf5", units="USD"))
    assert caught.value.code == "geo.unit"
    path = climada(tmp_path / "h.hdf5")
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(errors.BadInput) as caught:
        climada_hdf5.read(path)
    assert caught.value.code == "geo.unreadable"


def test_openquake_csv_and_datastore(tmp_path: Path) -> None:
    (tmp_path / "sites.csv").write_text("#,,\nsite_id,lon,lat\n0,20.0,42.0\n1,20.5,42.5\n", encoding="utf-8")
    (tmp_path / "gmf.csv").write_text(
        '#,,"generated_by"\nevent_id,gmv_MMI,site_id\n4,6.5,0\n4,7.25,1\n9,5.5,1\n', encoding="utf-8"
    )

    def read_csv(name: str, years: float = 1000) -> geo_field.PointField:
        with openquake.opened_csv(tmp_path / name, tmp_path / "sites.csv", years=years) as stream:
            return geo_field.collected(stream)

    field = read_csv("gmf.csv")
    assert field.event_ids == ("4", "9")
    np.testing.assert_allclose(field.frequency, [0.001, 0.001])
    np.testing.assert_array_equal(field.intensity, [6.5, 7.25, 5.5])
    with h5py.File(tmp_path / "calc.hdf5", "w") as file:
        file["gmf_data/eid"], file["gmf_data/sid"] = np.array([4, 4, 9]), np.array([0, 1, 1])
        file["gmf_data/gmv_0"], file["gmf_data/gmv_1"] = np.array([0.1, 0.2, 0.1]), np.array([6.5, 7.25, 5.5])
        file["gmf_data"].attrs["imts"] = "PGA MMI"
        file["sitecol/sids"], file["sitecol/lon"], file["sitecol/lat"] = np.array([0, 1]), LON[:2], LAT
    with openquake.opened_hdf5(tmp_path / "calc.hdf5", years=1000) as stream:
        store = geo_field.collected(stream)
    for name in ("lon", "lat", "event", "point", "intensity", "frequency"):
        np.testing.assert_array_equal(getattr(store, name), getattr(field, name))
    (tmp_path / "bad.csv").write_text("event_id,gmv_MMI,site_id\n4,six,0\n", encoding="utf-8")
    with pytest.raises(errors.BadInput, match="gmv_MMI is six, not a number"):
        read_csv("bad.csv")
    (tmp_path / "lost.csv").write_text("event_id,gmv_MMI,site_id\n4,6,77\n", encoding="utf-8")
    with pytest.raises(errors.BadInput, match="site 77 is not in"):
        read_csv("lost.csv")


SHAKEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<shakemap_grid xmlns="http://earthquake.usgs.gov/eqcenter/shakemap" event_id="xk1">
<event event_id="xk1" magnitude="6.1" depth="9" lat="42.2" lon="20.7" event_description="Invented"/>
<grid_specification lon_min="20" lat_min="42" nlon="2" nlat="2"/>
<grid_field index="1" name="LON" units="dd"/><grid_field index="2" name="LAT" units="dd"/>
<grid_field index="3" name="PGA" units="pctg"/><grid_field index="4" name="MMI" units="intensity"/>
<grid_data>
20.0 42.5 1 6.5
20.5 42.5 2 7.0
20.0 42.0 1 5.5
20.5 42.0 1 0
</grid_data></shakemap_grid>"""


def test_shakemap_grid(tmp_path: Path) -> None:
    path = tmp_path / "grid.xml"
    path.write_text(SHAKEMAP, encoding="utf-8")
    found = shakemap.read(path)
    assert (found.event_id, found.magnitude, found.lon) == ("xk1", 6.1, 20.7)
    np.testing.assert_array_equal(found.field.intensity, [6.5, 7.0, 5.5])
    np.testing.assert_array_equal(found.field.lat, [42.5, 42.5, 42.0, 42.0])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("20.5 42.0 1 0\n", ""), "shakemap.truncated"),
        (('name="MMI"', 'name="PGV"'), "geo.columns"),
        (("</shakemap_grid>", ""), "geo.unreadable"),
        (("20.0 42.0 1 5.5", "20.0 42.0 1 x"), "geo.unreadable"),
        (('<?xml version="1.0" encoding="UTF-8"?>', '<!DOCTYPE a [<!ENTITY b "c">]>'), "geo.unreadable"),
    ],
)
def test_broken_shakemaps_are_refused(tmp_path: Path, change: tuple[str, str], code: str) -> None:
    path = tmp_path / "grid.xml"
    path.write_text(SHAKEMAP.replace(*change), encoding="utf-8")
    with pytest.raises(errors.BadInput) as caught:
        shakemap.read(path)
    assert caught.value.code == code
