"""``streha places``: what is printed, what is changed, and with which code it ends."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import shapely
from click.testing import CliRunner, Result

from streha.audit import bridge
from streha.cli import places
from streha.common.errors import BadInput
from streha.places import models

pytestmark = pytest.mark.django_db(databases=["default", "reads"])


@pytest.fixture(autouse=True)
def custody(settings: Any, tmp_path: Path) -> None:
    settings.KEYRING = tmp_path / "keyring.json"
    bridge.create_keyring(settings.KEYRING, at=dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC))
    bridge.cache.clear()


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(places.group, [str(word) for word in words])


@pytest.fixture
def kosovo() -> None:
    assert run("load-kosovo").exit_code == 0


def squares(path: Path, **areas: tuple[float, float]) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": {"name": name},
            "geometry": shapely.geometry.mapping(shapely.box(lon - 0.05, lat - 0.05, lon + 0.05, lat + 0.05)),
        }
        for name, (lon, lat) in areas.items()
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_kosovo_is_loaded_once_and_again_changes_nothing() -> None:
    first = run("load-kosovo")
    assert "kosovo_municipalities.csv: 38 new, 0 changed" in first.output
    again = json.loads(run("load-kosovo", "--json").output)
    assert [(each["created"], each["changed"], each["problems"]) for each in again] == [(0, 0, 0)] * 5


@pytest.mark.usefixtures("kosovo")
def test_boundaries_are_reported_and_kept_unless_replaced(tmp_path: Path) -> None:
    path = squares(tmp_path / "b.geojson", Pejë=(20.29, 42.66), Атлантида=(20.5, 42.5))
    first = run("load-boundaries", path, "--source", "Cadastre", "--licence", "CC BY 4.0")
    assert first.exit_code == 1  # one feature was left out
    assert "1 of 2 features loaded" in first.output
    assert "Feature 2 (Атлантида) is no area known here" in first.output
    assert "There is no boundary for Deçan yet." in first.output
    again = json.loads(run("load-boundaries", path, "--json").output)
    assert (again["loaded"], again["kept"], again["missing"]) == (0, 1, 37)
    replaced = json.loads(run("load-boundaries", path, "--replace", "--json").output)
    assert (replaced["loaded"], replaced["replaced"]) == (1, 1)
    assert replaced["matched"][0]["area"] == "Pejë"
    assert replaced["matched"][0]["off"] == pytest.approx(-0.849, abs=0.001)
    kept = models.AreaBoundary.objects.select_related("load").get(area__kind="municipality")
    assert kept.load.source == "source not stated"


@pytest.mark.usefixtures("kosovo")
def test_a_file_that_cannot_be_used_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "b.geojson"
    path.write_text('{"type": "FeatureCollection", "features": [')
    failed = run("load-boundaries", path)
    assert isinstance(failed.exception, BadInput)  # the program prints it and ends with 2
    assert "broken JSON" in str(failed.exception)
    assert not models.AreaBoundary.objects.filter(area__kind="municipality").exists()


@pytest.mark.usefixtures("kosovo")
def test_settlements_name_the_rows_that_were_left_out(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("municipality,name_sq,name_sr\nPrizren,Zhur,Žur\nAtlantida,Askund,\n", encoding="utf-8")
    done = run("load-settlements", path, "--source", "a list")
    assert done.exit_code == 1
    assert "1 new" in done.output
    assert "row 3: no one municipality is called “Atlantida”" in done.output
    assert models.Area.objects.get(kind="settlement").label_sr == "Жур"


@pytest.mark.usefixtures("kosovo")
def test_figures_facilities_and_tiles_are_loaded(tmp_path: Path) -> None:
    figures = tmp_path / "f.csv"
    figures.write_text(
        "area_scheme,area_code,indicator,period_start,period_end,value,unit,basis,source,vintage\n"
        "xk-kas,20,returned,2025-01-01,2025-12-31,1204,people,register,the office,2026-01\n"
    )
    labels = tmp_path / "l.csv"
    labels.write_text("code,label_en,label_sq\nreturned,Returned people,Të kthyer\n", encoding="utf-8")
    assert run("load-observations", figures, "--labels", labels).exit_code == 0
    assert models.Indicator.objects.get(code="returned").label_sq == "Të kthyer"
    shelter = tmp_path / "c.csv"
    shelter.write_text("scheme,code,kind,name,area_scheme,area_code,source\nx,1,shelter,Salla,xk-kas,20,me\n")
    assert run("load-facilities", shelter).exit_code == 0
    assert models.Facility.objects.get().area.label_sq == "Prizren"
    tiles = tmp_path / "t.csv"
    tiles.write_text("scheme,code,column,row,tag\nxk-kas,20,8,9,PZR\nxk-kas,05,1,1,DRG\nxk-kas,99,1,2,XXX\n")
    done = run("load-tiles", tiles)
    assert done.exit_code == 1
    assert "there is no area with the code “xk-kas 99”" in done.output
    assert models.AreaTile.objects.get(tag="PZR").column == 8


@pytest.mark.usefixtures("kosovo")
def test_places_are_listed_and_found() -> None:
    listed = json.loads(run("list", "--json").output)
    assert [row["codes"]["xk-kas"] for row in listed][:2] == ["01", "05"]
    assert len(listed) == 38
    assert run("list", "--kind", "region").output.count("\n") == 7
    assert json.loads(run("find", "Пећ", "--json").output)["matches"][0]["sure"] is True
    unsure = run("find", "Kosovska Mitrovica")
    assert unsure.exit_code == 1
    assert unsure.output.count("municipality") == 2
    assert run("find", "Atlantis").exit_code == 1


def test_an_area_file_with_a_bad_row_loads_the_others(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("kind,scheme,code,name_fr,source\ncountry,x,1,Pays,me\ntown,x,2,Ville,me\n")
    done = run("load-areas", path)
    assert done.exit_code == 1
    assert "1 new" in done.output
    assert "row 3, kind: “town” is none of country" in done.output
