"""With the real boundaries and figures of Kosovo, where they lie beside the project."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from streha.engine.risk import kosovo
from streha.risk.bridge import runs

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
BOUNDARIES, FIGURES = DATA / "kosovo_municipalities_wof.geojson", DATA / "kosovo_municipalities.csv"

needs_data = pytest.mark.skipif(not BOUNDARIES.exists(), reason="left out: no real boundaries here")


@needs_data
def test_an_earthquake_on_real_outlines(tmp_path: Path) -> None:
    scenario = tmp_path / "prizren.toml"
    scenario.write_text(
        'title = "Prizren"\nhazard = "earthquake"\ndraws = 100\n[exposure]\nkind = "kosovo"\n'
        f'areas = "{BOUNDARIES}"\narea_name = "name_en"\n[hits]\nkind = "earthquake"\n'
        'magnitude = 6.0\ndepth_km = 10\nlon = 20.74\nlat = 42.21\n[curves]\nset = "macroseismic"\n',
        encoding="utf-8",
    )
    run = runs.run_scenario(scenario, at=datetime(2026, 11, 22, tzinfo=UTC))
    assert run.report.areas[0].name == "Prizren"
    assert all(row.outline is not None for row in run.report.areas)


@needs_data
def test_the_package_has_the_published_residents() -> None:
    rows = csv.DictReader(FIGURES.read_text(encoding="utf-8").splitlines())
    assert {place.code: place.residents for place in kosovo.municipalities()} == {
        row["code"]: int(row["pop_2024"]) for row in rows
    }
