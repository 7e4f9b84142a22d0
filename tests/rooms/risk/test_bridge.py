"""Scenario files: the example end to end, every kind of hits, and what is refused. No database."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from streha.common import errors
from streha.engine.risk import kosovo
from streha.formats import risk_report
from streha.risk.bridge import examples, runs, sources, tiles
from streha.risk.bridge import scenario as scenarios

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def valley(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example") / "valley"
    examples.valley_folder(folder)
    return folder


def changed(valley: Path, name: str, *changes: tuple[str, str]) -> Path:
    text = (valley / "scenario.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = valley / name
    path.write_text(text, encoding="utf-8")
    return path


def without_maps(text: str) -> str:
    return text[: text.index("maps = [")] + text[text.index("[curves]") :]


def test_the_example_runs_and_is_marked_fictional(valley: Path) -> None:
    run = runs.run_scenario(valley / "scenario.toml", at=AT)
    nation = run.assessment.displaced.nation
    assert 0 < nation.band[0] < nation.central < nation.band[2] < run.assessment.residents.sum()
    told = risk_report.as_json(run.report)
    assert told["notes"][0].startswith("Fictional valley")
    assert set(run.assessment.tail_range) == {"zero", "log-linear", "flat"}
    assert run.report.futures[0]["change_central"] > 0
    assert told["states"]["relocates"]["text"] == "not modelled: needs a rate with a source"
    assert isinstance(run.report.states["evacuates_and_returns"], risk_report.Shown)
    provenance = run.report.provenance
    assert set(provenance["inputs"]) == {
        "scenario.toml", "homes.csv", "depth_10.tif", "depth_50.tif", "depth_100.tif", "depth_500.tif",
    }  # fmt: skip
    assert (provenance["seed"], provenance["draws"]) == (1, 1000)


def test_a_converted_store_gives_the_same_figures(valley: Path, tmp_path: Path) -> None:
    held = tiles.convert(scenarios.read(valley / "scenario.toml"), tmp_path / "valley.blocks")
    assert (held["events"], held["unit"]) == (4, "m")
    text = without_maps((valley / "scenario.toml").read_text(encoding="utf-8"))
    (tmp_path / "b.toml").write_text(
        text.replace('kind = "return-period-maps"', 'kind = "blocks"\nfile = "valley.blocks"'), encoding="utf-8"
    )
    direct = runs.run_scenario(valley / "scenario.toml", at=AT).assessment
    stored = runs.run_scenario(tmp_path / "b.toml", at=AT).assessment
    np.testing.assert_allclose(stored.displaced.areas.central, direct.displaced.areas.central, rtol=1e-9)
    np.testing.assert_allclose(stored.displaced.nation.band, direct.displaced.nation.band, rtol=1e-9)


def test_conversion_in_small_parts_is_the_same_store(
    valley: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = scenarios.read(valley / "scenario.toml")
    tiles.convert(asked, tmp_path / "whole")
    monkeypatch.setattr(tiles, "WORKING_BYTES", 3_000)
    tiles.convert(asked, tmp_path / "parts")
    for name in ("codes", "row_event", "block_ptr"):
        np.testing.assert_array_equal(
            np.load(tmp_path / "whole" / f"{name}.npy"), np.load(tmp_path / "parts" / f"{name}.npy")
        )


def test_tiles_add_up_to_the_run(valley: Path, tmp_path: Path) -> None:
    tiles.convert(scenarios.read(valley / "scenario.toml"), tmp_path / "s")
    laid, hits, _ = sources.stored(tmp_path / "s")
    rng = np.random.default_rng(1)
    from streha.engine.risk import assessment as assessments

    knots = np.array([0.0, 1.0, 3.0, 6.0])
    question = assessments.Question(np.sort(rng.random((2, 4)), axis=1), knots, hits.events.frequency)
    ranges = tiles.tiles(hits.footprints, codes=1_000)
    assert len(ranges) > 1
    assert [block for first, last in ranges for block in range(first, last)] == list(range(laid.blocks))
    answers = (tiles.tile(str(tmp_path / "s"), first, last, question) for first, last in ranges)
    together, spread = tiles.added(answers, laid, hits.events.count, knots)
    whole, whole_spread = assessments.here(laid, hits.footprints, question)
    np.testing.assert_allclose(together.by_area_event, whole.by_area_event, rtol=1e-12)
    np.testing.assert_allclose(together.expected, whole.expected, rtol=1e-12)
    np.testing.assert_allclose(spread.by_event, whole_spread.by_event, rtol=1e-5)
    np.testing.assert_allclose(spread.by_area, whole_spread.by_area, rtol=1e-12)


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ((("draws = 1000", "drwas = 1000"),), "risk.unknown_key", "drwas"),
        ((('hazard = "flood"', 'hazard = "earthquake"'),), "risk.hazard", "are for flood"),
        ((('tail = "log-linear"', 'tail = "long"'),), "risk.tail", "long"),
        ((('unit = "m"', 'unit = "ft"'),), "geo.unit", "says its values are in m"),
        ((('"depth_50.tif"', '"depth_51.tif"'),), "geo.missing_file", "depth_51.tif"),
        ((("years = 50 ", "years = 5 "),), "risk.not_increasing", "return period[1]: 5"),
        ((('masonry = "IIIb masonry 2 storeys", ', ""),), "risk.no_curve", "masonry"),
        ((('file = "homes.csv"', 'file = "depth_10.tif"'),), "geo.unreadable", "depth_10.tif"),
        ((('kind = "table"', 'kind = "tabel"'),), "risk.kind", "tabel"),
        ((('source = "invented: every flood twice as often"', 'source = ""'),), "risk.no_source", "more frequent"),
        ((("threshold = [0.30, 0.55, 0.70]", "threshold = [0.7, 0.5, 0.3]"),), "risk.threshold", "0.7"),
        ((("seed = 1", 'seed = "one"'),), "risk.wrong_value", "one"),
        ((("[exposure]", "[exposure"),), "risk.scenario", "not a valid scenario"),
    ],
)
def test_wrong_scenarios_are_refused_by_name(
    valley: Path, changes: tuple[tuple[str, str], ...], code: str, words: str
) -> None:
    with pytest.raises(errors.BadInput) as caught:
        runs.run_scenario(changed(valley, "wrong.toml", *changes), at=AT)
    assert caught.value.code == code
    assert words in caught.value.english()


def test_half_the_country_missing_is_refused_and_a_little_is_told(valley: Path) -> None:
    homes = (valley / "homes.csv").read_text(encoding="utf-8").splitlines()
    far = [",".join(["5.0", *row.split(",")[1:]]) for row in homes[1:]]
    (valley / "half.csv").write_text("\n".join([homes[0], *homes[1:451], *far[450:]]), encoding="utf-8")
    with pytest.raises(errors.BadInput) as caught:
        runs.run_scenario(changed(valley, "half.toml", ("homes.csv", "half.csv")), at=AT)
    assert caught.value.code == "risk.half_missing"
    (valley / "few.csv").write_text("\n".join([homes[0], *homes[1:895], *far[894:]]), encoding="utf-8")
    run = runs.run_scenario(changed(valley, "few.toml", ("homes.csv", "few.csv")), at=AT)
    assert any("outside the maps" in note for note in risk_report.as_json(run.report)["notes"])


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("0.1,0.04,Mill Village,many,0", "geo.not_number"),
        ("0.1,0.04,Mill Village,-4,0", "risk.negative"),
        ("400.1,0.04,Mill Village,4,0", "risk.not_degrees"),
    ],
)
def test_bad_rows_of_homes_are_refused(valley: Path, row: str, code: str) -> None:
    homes = (valley / "homes.csv").read_text(encoding="utf-8")
    (valley / "bad.csv").write_text(homes + row + "\n", encoding="utf-8")
    with pytest.raises(errors.BadInput) as caught:
        runs.run_scenario(changed(valley, "bad.toml", ("homes.csv", "bad.csv")), at=AT)
    assert caught.value.code == code


def test_nobody_at_home_is_refused(valley: Path) -> None:
    (valley / "none.csv").write_text("lon,lat,area,people:masonry,people:wood\n0.1,0.04,M,0,0\n", encoding="utf-8")
    with pytest.raises(errors.BadInput) as caught:
        runs.run_scenario(changed(valley, "none.toml", ("homes.csv", "none.csv")), at=AT)
    assert caught.value.code == "risk.nobody"


def earthquake_file(
    folder: Path, hits: str, *, curves: str = 'set = "macroseismic"', exposure: str = 'kind = "kosovo"'
) -> Path:
    path = folder / "quake.toml"
    path.write_text(
        'title = "t"\nhazard = "earthquake"\ndraws = 100\n'
        f"[exposure]\n{exposure}\n[hits]\n{hits}\n[curves]\n{curves}\n",
        encoding="utf-8",
    )
    return path


def test_an_earthquake_by_scenario_is_the_one_by_command(tmp_path: Path) -> None:
    source = {"magnitude": 6.0, "depth_km": 10.0, "lon": 20.74, "lat": 42.21}
    lines = "\n".join(f"{name} = {value}" for name, value in source.items())
    by_file = runs.run_scenario(earthquake_file(tmp_path, f'kind = "earthquake"\n{lines}'), at=AT)
    by_command = runs.earthquake_scenario(seed=1, draws=100, **source)
    np.testing.assert_array_equal(by_file.assessment.displaced.areas.band, by_command.assessment.displaced.areas.band)
    first = by_command.report.areas[0]
    assert first.name == "Prizren"
    states_ = by_command.report.states
    assert isinstance(states_["sheltered"], risk_report.Shown)
    assert by_command.assessment.return_periods is None


def test_stronger_nearer_and_shallower_is_never_better() -> None:
    def people(**change: float) -> float:
        source = {"magnitude": 6.0, "depth_km": 10.0, "lon": 20.74, "lat": 42.21} | change
        return float(runs.earthquake_scenario(seed=1, draws=20, **source).assessment.displaced.nation.central)  # type: ignore[arg-type]

    base = people()
    assert people(magnitude=6.5) > base > people(magnitude=5.5)
    assert people(depth_km=5) > base > people(depth_km=30)
    assert base > people(lon=24.0)


def test_a_shakemap_over_kosovo(tmp_path: Path) -> None:
    lon, lat = np.meshgrid(np.linspace(19.9, 21.9, 41), np.linspace(41.8, 43.3, 31))
    rows = "\n".join(f"{x:.3f} {y:.3f} 7.0" for x, y in zip(lon.ravel(), lat.ravel(), strict=True))
    fields = "".join(f'<grid_field index="{n}" name="{name}"/>' for n, name in enumerate(("LON", "LAT", "MMI"), 1))
    (tmp_path / "grid.xml").write_text(
        '<shakemap_grid xmlns="http://earthquake.usgs.gov/eqcenter/shakemap" event_id="x">'
        '<event magnitude="6" depth="10" lat="42.5" lon="20.9"/><grid_specification nlon="41" nlat="31"/>'
        f"{fields}<grid_data>{rows}</grid_data></shakemap_grid>",
        encoding="utf-8",
    )
    path = earthquake_file(tmp_path, 'kind = "shakemap"\nfile = "grid.xml"', curves='set = "mmi-early-rule"')
    run = runs.run_scenario(path, at=AT)
    # The early rule displaces a tenth at VII, and everybody is shaken with VII.
    assert run.assessment.displaced.nation.central == pytest.approx(run.assessment.residents.sum() / 10, rel=1e-3)
    assert run.report.mark == (20.9, 42.5)


ALERT = """<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>a1</identifier><sender>met@example</sender>
<sent>2026-11-22T09:00:00+00:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
<info><event>Flood</event><severity>{severity}</severity><expires>2026-11-23T09:00:00+00:00</expires>
<area><areaDesc>all</areaDesc><polygon>-1,-1 -1,1 1,1 1,-1 -1,-1</polygon></area></info></alert>"""


def test_an_alert_becomes_a_scenario_only_with_an_intensity_and_a_trusted_sender(valley: Path) -> None:
    text = without_maps((valley / "scenario.toml").read_text(encoding="utf-8"))
    text = text[: text.index("[[climate]]")]
    hits = 'kind = "cap"\nfile = "alert.xml"\nsenders = ["met@example"]\nseverity = {{ {severity} = 6.0 }}'

    def scenario(severity: str) -> Path:
        (valley / "alert.xml").write_text(ALERT.format(severity="Severe"), encoding="utf-8")
        path = valley / "cap.toml"
        path.write_text(text.replace('kind = "return-period-maps"', hits.format(severity=severity)), encoding="utf-8")
        return path

    run = runs.run_scenario(scenario("Severe"), at=AT)
    assert run.assessment.displaced.nation.central == pytest.approx(run.assessment.residents.sum(), rel=1e-6)
    # Everybody is displaced, and in no draw more than everybody, although people are uncertain too.
    assert (run.assessment.displaced.areas.band <= run.assessment.residents[:, None] * (1 + 1e-6)).all()
    assert any("From an alert" in note for note in risk_report.as_json(run.report)["notes"])
    with pytest.raises(errors.BadInput) as caught:
        runs.run_scenario(scenario("Minor"), at=AT)
    assert caught.value.code == "cap.no_intensity"
    with pytest.raises(errors.BadInput) as caught:
        runs.run_scenario(scenario("Severe"), at=datetime(2027, 1, 1, tzinfo=UTC))
    assert caught.value.code == "cap.expired"


def test_population_from_a_raster_with_areas_from_a_file(tmp_path: Path) -> None:
    people = np.zeros((10, 10), np.float32)
    people[2:8, 2:8] = 10
    with rasterio.open(
        tmp_path / "pop.tif", "w", driver="GTiff", height=10, width=10, count=1, dtype="float32", crs="EPSG:4326",
        transform=rasterio.Affine(0.1, 0, 20.4, 0, -0.1, 43.0),
    ) as file:  # fmt: skip
        file.write(people, 1)

    def square(code: str, west: float, east: float) -> dict[str, Any]:
        ring = [[west, 41.9], [east, 41.9], [east, 43.1], [west, 43.1], [west, 41.9]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        return {"type": "Feature", "properties": {"code": code, "name": f"Area {code}"}, "geometry": geometry}

    areas = {"type": "FeatureCollection", "features": [square("W", 20.3, 20.9), square("E", 20.9, 21.5)]}
    (tmp_path / "areas.geojson").write_text(json.dumps(areas), encoding="utf-8")
    (tmp_path / "stock.csv").write_text("class,share,source\nbrick,0.75,a test\nadobe,0.25,a test\n", encoding="utf-8")
    exposure = 'kind = "raster"\nfile = "pop.tif"\nareas = "areas.geojson"\ndwellings = "stock.csv"'
    hits = 'kind = "earthquake"\nmagnitude = 6.5\ndepth_km = 8\nlon = 20.5\nlat = 42.5'
    run = runs.run_scenario(earthquake_file(tmp_path, hits, exposure=exposure), at=AT)
    assert dict(zip(run.assessment.areas, run.assessment.residents.round(3), strict=True)) == {"W": 180.0, "E": 180.0}
    west, east = (next(row for row in run.report.areas if row.code == code) for code in "WE")
    assert west.displaced.central > east.displaced.central
    assert west.name == "Area W"
    assert west.outline is not None
    (tmp_path / "stock.csv").write_text("class,share,source\nbrick,0.75,a test\n", encoding="utf-8")
    with pytest.raises(errors.BadInput) as caught:
        runs.run_scenario(tmp_path / "quake.toml", at=AT)
    assert caught.value.code == "risk.dwelling_shares"


def test_climada_and_openquake_files_over_homes(valley: Path, tmp_path: Path) -> None:
    import h5py

    exposure = sources.residents(scenarios.read(valley / "scenario.toml")).exposure
    lon, lat = sources.points(exposure)
    depth = np.where(np.arange(lon.size) % 2 == 0, 1.0, 0.0)
    with h5py.File(valley / "h.hdf5", "w") as file:
        group = file.create_group("intensity")
        group.attrs["shape"] = (1, lon.size)
        group["data"], group["indices"] = depth[depth > 0], np.flatnonzero(depth)
        group["indptr"] = np.array([0, int((depth > 0).sum())])
        file["centroids/lon"], file["centroids/lat"] = lon, lat
        file["event_id"], file["frequency"] = np.array([1]), np.array([0.1])
        file.create_dataset("units", (1,), dtype=h5py.string_dtype())[0] = "m"
    text = without_maps((valley / "scenario.toml").read_text(encoding="utf-8"))
    path = valley / "climada.toml"
    path.write_text(text.replace('kind = "return-period-maps"', 'kind = "climada"\nfile = "h.hdf5"'), encoding="utf-8")
    direct = runs.run_scenario(path, at=AT).assessment
    tiles.convert(scenarios.read(path), tmp_path / "c.blocks")
    _, hits, _ = sources.stored(tmp_path / "c.blocks")
    _, direct_hits = exposure, sources.hits(scenarios.read(path), exposure, at=AT)
    for name in ("codes", "row_event", "block_ptr"):
        np.testing.assert_array_equal(getattr(hits.footprints, name), getattr(direct_hits.footprints, name))
    assert direct.per_year
    assert direct.displaced.nation.central > 0
    (tmp_path / "sites.csv").write_text("site_id,lon,lat\n0,20.74,42.21\n1,21.17,42.67\n", encoding="utf-8")
    (tmp_path / "gmf.csv").write_text("event_id,gmv_MMI,site_id\n1,8.0,0\n2,7.5,1\n", encoding="utf-8")
    openquake = 'kind = "openquake"\nfile = "gmf.csv"\nsites = "sites.csv"\nyears = 500\nwithin_km = 100'
    run = runs.run_scenario(earthquake_file(tmp_path, openquake), at=AT)
    assert run.assessment.events.frequency.tolist() == [0.002, 0.002]
    assert run.assessment.return_periods is not None


def test_a_stored_set_of_earthquakes_is_felt_where_people_live() -> None:
    from streha.engine.risk import event_set

    exposure = kosovo.exposure()
    made = event_set.build(event_set.Source(cell_degrees=0.7, magnitude_step=0.55), rng=np.random.default_rng(1))
    footprints, felt = sources.set_footprints(exposure, made)
    assert 0 < felt <= made.events.count
    assert footprints.events == made.events.count
    from streha.engine.risk import footprints as prints

    # One event by hand: the strongest that is felt at all.
    number = int(footprints.row_event[np.argmax(made.magnitude[footprints.row_event])])
    from streha.engine.risk import earthquake

    lon, lat = sources.points(exposure)
    away = earthquake.distance_km(
        lon, lat, to_lon=made.lon[number], to_lat=made.lat[number], depth_km=made.depth_km[number]
    )
    degrees = earthquake.intensity(np.asarray(made.magnitude[number]), away) + made.degrees[number]
    expected = np.where(degrees >= 4.0, np.minimum(degrees, 12.0), 0.0)
    np.testing.assert_allclose(prints.intensities(exposure, footprints)[number], expected, atol=2e-4)
