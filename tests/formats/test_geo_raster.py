"""Rasters: the value where a home stands, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio import Affine

from streha.common import errors
from streha.formats import geo_raster


def from_origin(west: float, north: float, width: float, height: float) -> Affine:
    return Affine(width, 0, west, 0, -height, north)


def raster(path: Path, values: np.ndarray, *, unit: str | None = None, **profile: Any) -> Path:
    settings: dict[str, Any] = {
        "driver": "GTiff",
        "height": values.shape[0],
        "width": values.shape[1],
        "count": 1,
        "dtype": "float32",
        "crs": "EPSG:4326",
        "transform": from_origin(20.0, 43.0, 0.1, 0.1),
    } | profile
    with rasterio.open(path, "w", **settings) as file:
        file.write(values.astype("float32"), 1)
        if unit:
            file.set_band_unit(1, unit)
    return path


DEPTH = np.arange(50, dtype=float).reshape(5, 10) / 10


def test_each_point_gets_the_cell_it_stands_in(tmp_path: Path) -> None:
    path = raster(tmp_path / "d.tif", DEPTH)
    lon, lat = np.array([20.05, 20.99, 20.31, 19.0]), np.array([42.95, 42.51, 42.79, 42.95])
    found = geo_raster.sample(path, lon, lat, unit="m")
    np.testing.assert_allclose(found.intensity[:3], [0.0, 4.9, 2.3], atol=1e-6)
    np.testing.assert_array_equal(found.outside, [False, False, False, True])


def test_windows_do_not_change_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    path = raster(tmp_path / "d.tif", rng.random((60, 70)), transform=from_origin(20, 43, 0.01, 0.01))
    lon, lat = 20 + rng.random(400) * 0.7, 43 - rng.random(400) * 0.6
    whole = geo_raster.sample(path, lon, lat, unit="m").intensity
    monkeypatch.setattr(geo_raster, "WINDOW", 16)
    np.testing.assert_array_equal(geo_raster.sample(path, lon, lat, unit="m").intensity, whole)


def test_another_projection_is_followed(tmp_path: Path) -> None:
    from rasterio.warp import transform

    x, y = transform("EPSG:4326", "EPSG:32634", [20.5], [42.5])
    path = raster(
        tmp_path / "utm.tif",
        np.full((3, 3), 1.5),
        crs="EPSG:32634",
        transform=from_origin(x[0] - 15, y[0] + 15, 10, 10),
    )
    found = geo_raster.sample(path, np.array([20.5]), np.array([42.5]), unit="m")
    assert found.intensity[0] == pytest.approx(1.5)


def test_declared_nodata_is_dry_and_feet_are_converted_when_said(tmp_path: Path) -> None:
    values = DEPTH.copy()
    values[0, 0] = -9999
    path = raster(tmp_path / "d.tif", values, nodata=-9999, unit="ft")
    found = geo_raster.sample(path, np.array([20.05, 20.95]), np.array([42.95, 42.55]), unit="ft")
    np.testing.assert_allclose(found.intensity, [0.0, 4.9 * 0.3048], atol=1e-6)
    assert found.unit == "m"


@pytest.mark.parametrize(
    ("change", "profile", "unit", "code"),
    [
        (-9999.0, {}, None, "geo.nodata"),
        (3.4e38, {}, None, "geo.nodata"),
        (95.0, {}, None, "geo.too_high"),  # feet or centimetres taken for metres
        (1.0, {"crs": None}, None, "geo.no_projection"),
        (1.0, {}, "ft", "geo.unit"),
    ],
)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_what_is_refused(tmp_path: Path, change: float, profile: dict[str, Any], unit: str | None, code: str) -> None:
    values = DEPTH.copy()
    values[2, 2] = change
    path = raster(tmp_path / "d.tif", values, unit=unit, **profile)
    with pytest.raises(errors.BadInput) as caught:
        geo_raster.sample(path, np.array([20.25]), np.array([42.75]), unit="m")
    assert caught.value.code == code
    assert "d.tif" in caught.value.english()


def test_undeclared_nodata_may_be_declared_by_the_reader(tmp_path: Path) -> None:
    values = DEPTH.copy()
    values[2, 2] = 3.4e38
    path = raster(tmp_path / "d.tif", values)
    assert geo_raster.sample(path, np.array([20.25]), np.array([42.75]), unit="m", nodata=3.4e38).intensity[0] == 0


def test_truncated_missing_and_unknown_unit(tmp_path: Path) -> None:
    path = raster(
        tmp_path / "d.tif", np.random.default_rng(1).random((400, 400)) * 3, transform=from_origin(20, 43, 0.001, 0.001)
    )
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    lon, lat = np.full(3, 20.39), np.array([42.61, 42.62, 42.65])
    with pytest.raises(errors.BadInput) as caught:
        geo_raster.sample(path, lon, lat, unit="m")
    assert caught.value.code == "geo.unreadable"
    with pytest.raises(errors.BadInput) as caught:
        geo_raster.sample(tmp_path / "none.tif", lon, lat, unit="m")
    assert caught.value.code == "geo.missing_file"
    with pytest.raises(errors.BadInput) as caught:
        geo_raster.sample(raster(tmp_path / "e.tif", DEPTH), lon, lat, unit="fathom")
    assert caught.value.code == "geo.unit"


def test_population_raster_gives_every_cell_with_people(tmp_path: Path) -> None:
    values = np.zeros((5, 10))
    values[1, 2], values[4, 9] = 30, 12.5
    lon, lat, people = geo_raster.population(raster(tmp_path / "p.tif", values))
    np.testing.assert_allclose(np.stack([lon, lat, people]), [[20.25, 20.95], [42.85, 42.55], [30, 12.5]])
    values[0, 0] = -200
    with pytest.raises(errors.BadInput, match="-200 people"):
        geo_raster.population(raster(tmp_path / "q.tif", values))
