"""Conversion to a store: every kind of file gives what a direct run reads, in bounded memory, whole or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import h5py
import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from scipy.io import netcdf_file

from streha.common import errors
from streha.formats import blocks, geo, geo_field, geo_vector
from streha.risk.bridge import runs, sources, tiles
from streha.risk.bridge import scenario as scenarios

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EVENTS = 5
LON, LAT = np.linspace(20.0, 21.0, 21), np.linspace(43.0, 42.0, 21)


def intensity() -> np.ndarray:
    """``[event, lat, lon]``, a third of it nothing."""
    rng = np.random.default_rng(4)
    values = rng.uniform(5.0, 9.0, (EVENTS, LAT.size, LON.size))
    return np.where(rng.random(values.shape) < 0.33, 0.0, values).round(3)


def homes(folder: Path, count: int = 300) -> None:
    rng = np.random.default_rng(5)
    rows = [
        f"{x:.5f},{y:.5f},{area},{people}"
        for x, y, area, people in zip(
            rng.uniform(20.02, 20.98, count),
            rng.uniform(42.02, 42.98, count),
            rng.choice(["Hill", "Shore"], count),
            rng.integers(1, 9, count),
            strict=True,
        )
    ]
    (folder / "homes.csv").write_text("lon,lat,area,people\n" + "\n".join(rows) + "\n", encoding="utf-8")


def netcdf3(folder: Path) -> str:
    with netcdf_file(folder / "h.nc", "w") as file:
        for name, size in (("event", EVENTS), ("lat", LAT.size), ("lon", LON.size)):
            file.createDimension(name, size)
        for name, dimensions, values in (
            ("lon", ("lon",), LON),
            ("lat", ("lat",), LAT),
            ("frequency", ("event",), np.full(EVENTS, 0.01)),
            ("mmi", ("event", "lat", "lon"), intensity()),
        ):
            file.createVariable(name, "d", dimensions)[:] = values
    return 'kind = "netcdf"\nfile = "h.nc"\nvariable = "mmi"\nunit = "MMI"'


def netcdf4(folder: Path) -> str:
    with h5py.File(folder / "h.nc", "w") as file:
        file["lon"], file["lat"], file["frequency"] = LON, LAT, np.full(EVENTS, 0.01)
        file.create_dataset("mmi", data=intensity(), chunks=(1, 7, 7), compression="gzip")
    return 'kind = "netcdf"\nfile = "h.nc"\nvariable = "mmi"\nunit = "MMI"'


def event_maps(folder: Path) -> str:
    step = float(LON[1] - LON[0])
    corner = rasterio.Affine(step, 0, LON[0] - step / 2, 0, -step, LAT[0] + step / 2)
    maps = []
    for number, values in enumerate(intensity()):
        with rasterio.open(
            folder / f"m{number}.tif", "w", driver="GTiff", height=LAT.size, width=LON.size, count=1, dtype="float32",
            crs="EPSG:4326", transform=corner,
        ) as file:  # fmt: skip
            file.write(values.astype(np.float32), 1)
        maps.append(f'{{ file = "m{number}.tif", id = "e{number}", frequency = 0.01 }}')
    return f'kind = "event-maps"\nunit = "MMI"\nsource = "a test"\nmaps = [ {", ".join(maps)} ]'


def squares() -> tuple[list[object], list[dict[str, object]]]:
    """Overlapping zones: of two over one home, the higher counts."""
    rng = np.random.default_rng(6)
    shapes, properties = [], []
    for number in range(40):
        west, south, size = rng.uniform(20, 20.8), rng.uniform(42, 42.8), rng.uniform(0.05, 0.3)
        shapes.append(shapely.box(west, south, west + size, south + size))
        properties.append({"mmi": round(float(rng.uniform(5, 9)), 2), "event": f"e{number % EVENTS}", "rate": 0.01})
    return shapes, properties


def geojson(folder: Path) -> str:
    features = [
        {"type": "Feature", "properties": values, "geometry": shapely.geometry.mapping(shape)}
        for shape, values in zip(*squares(), strict=True)
    ]
    (folder / "z.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return 'kind = "zones"\nfile = "z.geojson"\nintensity = "mmi"\nevent = "event"\nfrequency = "rate"\nunit = "MMI"'


def geopackage(folder: Path) -> str:
    shapes, properties = squares()
    columns = [np.array([row[name] for row in properties]) for name in ("mmi", "event", "rate")]
    pyogrio.raw.write(
        folder / "z.gpkg", shapely.to_wkb(np.array(shapes)), columns, ["mmi", "event", "rate"], layer="zones",
        geometry_type="Polygon", crs="EPSG:4326",
    )  # fmt: skip
    return 'kind = "zones"\nfile = "z.gpkg"\nintensity = "mmi"\nevent = "event"\nfrequency = "rate"\nunit = "MMI"'


def mesh() -> tuple[np.ndarray, np.ndarray]:
    lon, lat = np.meshgrid(LON, LAT)
    return lon.ravel(), lat.ravel()


def climada(folder: Path) -> str:
    lon, lat = mesh()
    values = intensity().reshape(EVENTS, -1)
    event, point = np.nonzero(values)
    with h5py.File(folder / "h.hdf5", "w") as file:
        group = file.create_group("intensity")
        group.attrs["shape"] = values.shape
        group["data"], group["indices"] = values[event, point], point
        group["indptr"] = np.concatenate(([0], np.cumsum(np.bincount(event, minlength=EVENTS))))
        file["centroids/lon"], file["centroids/lat"] = lon, lat
        file["event_id"], file["frequency"] = np.arange(EVENTS), np.full(EVENTS, 0.01)
        file.create_dataset("units", (1,), dtype=h5py.string_dtype())[0] = "MMI"
    return 'kind = "climada"\nfile = "h.hdf5"'


def openquake_csv(folder: Path) -> str:
    lon, lat = mesh()
    sites = [f"{n},{x:.4f},{y:.4f}" for n, (x, y) in enumerate(zip(lon, lat, strict=True))]
    (folder / "sites.csv").write_text("site_id,lon,lat\n" + "\n".join(sites) + "\n", encoding="utf-8")
    values = intensity().reshape(EVENTS, -1)
    rows = [f"{e},{values[e, p]:.3f},{p}" for e, p in zip(*np.nonzero(values), strict=True)]
    (folder / "gmf.csv").write_text("event_id,gmv_MMI,site_id\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return 'kind = "openquake"\nfile = "gmf.csv"\nsites = "sites.csv"\nyears = 100'


def openquake_hdf5(folder: Path) -> str:
    lon, lat = mesh()
    values = intensity().reshape(EVENTS, -1)
    event, point = np.nonzero(values)
    with h5py.File(folder / "calc.hdf5", "w") as file:
        file["gmf_data/eid"], file["gmf_data/sid"], file["gmf_data/gmv_0"] = event, point, values[event, point]
        file["gmf_data"].attrs["imts"] = "MMI"
        file["sitecol/sids"], file["sitecol/lon"], file["sitecol/lat"] = np.arange(lon.size), lon, lat
    return 'kind = "openquake"\nfile = "calc.hdf5"\nyears = 100'


def shakemap(folder: Path) -> str:
    lon, lat = mesh()
    rows = "\n".join(f"{x:.4f} {y:.4f} {m:.3f}" for x, y, m in zip(lon, lat, intensity()[0].ravel(), strict=True))
    fields = "".join(f'<grid_field index="{n}" name="{name}"/>' for n, name in enumerate(("LON", "LAT", "MMI"), 1))
    (folder / "grid.xml").write_text(
        '<shakemap_grid xmlns="http://earthquake.usgs.gov/eqcenter/shakemap" event_id="x">'
        '<event magnitude="6" depth="10" lat="42.5" lon="20.9"/>'
        f'<grid_specification nlon="{LON.size}" nlat="{LAT.size}"/>{fields}<grid_data>{rows}</grid_data>'
        "</shakemap_grid>",
        encoding="utf-8",
    )
    return 'kind = "shakemap"\nfile = "grid.xml"'


def scenario(folder: Path, hits: str, name: str = "s.toml") -> Path:
    path = folder / name
    path.write_text(
        'title = "t"\nhazard = "earthquake"\ndraws = 50\n[exposure]\nkind = "table"\nfile = "homes.csv"\n'
        f'[hits]\n{hits}\nwithin_km = 10\n[curves]\nset = "macroseismic"\n',
        encoding="utf-8",
    )
    return path


KINDS = [netcdf3, netcdf4, event_maps, geojson, geopackage, climada, openquake_csv, openquake_hdf5, shakemap]


@pytest.mark.parametrize("make", KINDS)
def test_every_kind_of_file_converts_to_what_a_direct_run_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], str]
) -> None:
    homes(tmp_path)
    hits = make(tmp_path)
    asked = scenarios.read(scenario(tmp_path, hits))
    exposure = sources.residents(asked).exposure
    direct = sources.hits(asked, exposure, at=AT)
    seen: list[float] = []
    with monkeypatch.context() as small:  # several parts of every file, several buckets, buckets too full
        small.setattr(geo_field, "AT_ONCE", 97)
        small.setattr(geo_vector, "FEATURES_AT_ONCE", 3)
        small.setattr(blocks, "BUCKET_BYTES", 700)
        tiles.convert(asked, tmp_path / "s.blocks", progress=seen.append)
    laid, stored, _ = sources.stored(tmp_path / "s.blocks")
    for name in ("codes", "row_event", "block_ptr"):
        np.testing.assert_array_equal(getattr(stored.footprints, name), getattr(direct.footprints, name))
    assert stored.footprints.codes.any()
    assert stored.events.ids == direct.events.ids
    np.testing.assert_array_equal(stored.events.frequency, direct.events.frequency)
    assert stored.mark == direct.mark
    np.testing.assert_array_equal(laid.people, exposure.people)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1)
    here = runs.run_scenario(tmp_path / "s.toml", at=AT).report
    there = runs.run_scenario(scenario(tmp_path, 'kind = "blocks"\nfile = "s.blocks"', "b.toml"), at=AT).report
    assert there.areas == here.areas
    assert there.states == here.states


def test_computed_hits_need_no_store(tmp_path: Path) -> None:
    homes(tmp_path)
    quake = 'kind = "earthquake"\nmagnitude = 6\ndepth_km = 10\nlon = 20.5\nlat = 42.5'
    with pytest.raises(errors.BadInput) as caught:
        tiles.convert(scenarios.read(scenario(tmp_path, quake)), tmp_path / "s.blocks")
    assert caught.value.code == "risk.kind"
    assert "shakemap" in caught.value.english()
    assert not (tmp_path / "s.blocks").exists()


def cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])


@pytest.mark.parametrize(
    ("make", "file", "code"),
    [
        (netcdf3, "h.nc", "geo.unreadable"),
        (netcdf4, "h.nc", "geo.unreadable"),
        (event_maps, "m3.tif", "geo.unreadable"),
        (geojson, "z.geojson", "boundaries_broken"),
        (climada, "h.hdf5", "geo.unreadable"),
        (openquake_hdf5, "calc.hdf5", "geo.unreadable"),
        (shakemap, "grid.xml", "geo.unreadable"),
    ],
)
def test_a_file_cut_off_is_refused_and_nothing_is_left(
    tmp_path: Path, make: Callable[[Path], str], file: str, code: str
) -> None:
    homes(tmp_path)
    asked = scenarios.read(scenario(tmp_path, make(tmp_path)))
    cut(tmp_path / file)
    with pytest.raises(errors.BadInput) as caught:
        tiles.convert(asked, tmp_path / "s.blocks")
    assert caught.value.code == code
    assert file in caught.value.english()
    assert not [path.name for path in tmp_path.iterdir() if "blocks" in path.name]


def test_a_chunk_that_cannot_be_unpacked_is_not_told_as_a_full_disk(tmp_path: Path) -> None:
    homes(tmp_path)
    asked = scenarios.read(scenario(tmp_path, netcdf4(tmp_path)))
    with h5py.File(tmp_path / "h.nc", "r") as file:
        place = file["mmi"].id.get_chunk_info(4)
    with (tmp_path / "h.nc").open("r+b") as raw:
        raw.seek(place.byte_offset)
        raw.write(b"\xff" * place.size)
    with pytest.raises(errors.BadInput) as caught:
        tiles.convert(asked, tmp_path / "s.blocks")
    assert caught.value.code == "geo.unreadable"


def test_a_grid_in_metres_and_a_cancelled_conversion(tmp_path: Path) -> None:
    homes(tmp_path)
    asked = scenarios.read(scenario(tmp_path, netcdf4(tmp_path)))

    def stop(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tiles.convert(asked, tmp_path / "s.blocks", progress=stop)
    with h5py.File(tmp_path / "h.nc", "r+") as file:
        file["lon"][...] = LON * 80_000
    with pytest.raises(errors.BadInput) as caught:
        tiles.convert(asked, tmp_path / "s.blocks")
    assert caught.value.code == "geo.not_degrees"
    assert not [path.name for path in tmp_path.iterdir() if "blocks" in path.name]


@pytest.mark.parametrize(
    "text", ['{"type": "FeatureCollection", "features": []}', '{"a": 1}', '{"type": "Feature"', "{"]
)
def test_geojson_in_parts_refuses_what_the_whole_refuses(tmp_path: Path, text: str) -> None:
    path = tmp_path / "z.geojson"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(errors.BadInput) as whole:
        geo.read(path)
    with pytest.raises(errors.BadInput) as parts:
        list(geo.batches(path))
    assert parts.value.code == whole.value.code


# A process of its own, which may take no more memory than the limit once the modules are loaded.
LIMITED = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from streha.risk.bridge import runs, scenario, sources, tiles
import h5py, scipy.spatial, numba

folder, what, megabytes = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
asked = scenario.read(folder / "s.toml")
exposure = sources.residents(asked).exposure
held = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmData")) * 1024
resource.setrlimit(resource.RLIMIT_DATA, (held + megabytes * 2**20,) * 2)
try:
    if what == "convert":
        print(tiles.convert(asked, folder / "big.blocks")["rows"])
    else:
        print(sources.hits(asked, exposure, at=datetime(2026, 11, 22, tzinfo=UTC)).footprints.rows)
except MemoryError:
    sys.exit(7)
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="not run: the limit is one of Linux")
def test_conversion_stays_within_a_limit_a_direct_reading_breaks(tmp_path: Path) -> None:
    homes(tmp_path, 30_000)
    events = 100
    with h5py.File(tmp_path / "h.nc", "w") as file:
        file["lon"], file["lat"], file["frequency"] = LON, LAT, np.full(events, 0.01)
        file.create_dataset("mmi", (events, LAT.size, LON.size), "f4", fillvalue=6.0)
    hits = 'kind = "netcdf"\nfile = "h.nc"\nvariable = "mmi"\nunit = "MMI"'
    scenario(tmp_path, hits)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}

    def ended(what: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", LIMITED, str(tmp_path), what, "200"],
            env=environment, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    converted = ended("convert")
    assert converted.returncode == 0, converted.stderr[-2000:]
    assert int(converted.stdout) >= events * 30_000 / 64
    assert ended("direct").returncode == 7  # three million hits at once are more than the limit
