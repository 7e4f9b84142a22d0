"""Places, one place and the map: what they show, that they show it without scripts, and who may look."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import shapely
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests import factories, standing
from tests.web.conftest import client_of, make_user

from streha.accounts import rules as accounts
from streha.accounts.rules import Role
from streha.places import actions, models
from streha.places.boundaries import actions as boundaries
from streha.web import places

AT = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
OFFICE = accounts.system("office")


@pytest.fixture(autouse=True)
def _kosovo(settings: Any, tmp_path: Path, db: None) -> None:
    settings.KEYRING = tmp_path / "keyring.json"
    standing.keyring(settings.KEYRING, at=AT)
    factories.kosovo()


@pytest.fixture
def analyst() -> Client:
    return client_of(make_user("analyst", Role.ANALYST))


def municipality(code: str) -> models.Area:
    return models.Area.objects.with_code("xk-kas", code).get()


def load_shapes(tmp_path: Path, *codes: str) -> None:
    """A square about the seat of each municipality."""
    features = []
    for code in codes:
        area = municipality(code)
        assert area.lon is not None
        assert area.lat is not None
        square = shapely.box(area.lon - 0.05, area.lat - 0.05, area.lon + 0.05, area.lat + 0.05)
        features.append({"type": "Feature", "properties": {"code": code}, "geometry": shapely.geometry.mapping(square)})
    path = tmp_path / "squares.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    boundaries.load_boundaries(path, source="Squares of a test", licence="none", by=OFFICE, at=AT)


def page(client: Client, address: str, language: str = "en", **query: str) -> str:
    answer = client.get(address, query, headers={"Accept-Language": language})
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_shows_38_municipalities_with_both_names_and_their_population(analyst: Client) -> None:
    text = page(analyst, "/places/")
    assert text.count('class="lead-cell"') == 38
    assert "Pejë / Peć" in text
    assert "Prizren / Призрен" in text
    assert "227,466" in text
    assert text.count("estimate</span>") == 4
    assert text.count("a name form is not verified") == 2


@pytest.mark.parametrize("spelling", ["pec", "Пећ", "Peja", "PEJË"])
def test_the_list_finds_by_any_spelling(analyst: Client, spelling: str) -> None:
    text = page(analyst, "/places/", q=spelling)
    assert reverse("place", args=[municipality("17").pk]) in text
    assert text.count('class="lead-cell"') == 1


def test_the_list_finds_while_typing_and_says_when_a_name_is_shared(analyst: Client) -> None:
    assert "Prishtinë" in page(analyst, "/places/", q="prisht")
    shared = page(analyst, "/places/", q="Kosovska Mitrovica")
    assert "Several places have this name" in shared
    assert shared.count('class="lead-cell"') == 2
    assert "No place is called so" in page(analyst, "/places/", q="Atlantis <script>")
    assert "<script>alert" not in page(analyst, "/places/", q="<script>alert(1)</script>")


def test_the_list_can_be_narrowed_to_a_region(analyst: Client) -> None:
    region = models.Area.objects.get(kind="region", label_sq="Gjakovë")
    text = page(analyst, "/places/", region=str(region.pk))
    assert text.count('class="lead-cell"') == 4
    assert page(analyst, "/places/", region="x").count('class="lead-cell"') == 38


def test_the_page_of_a_place_shows_names_figures_basis_and_source(analyst: Client) -> None:
    leposavic = municipality("12")
    text = page(analyst, reverse("place", args=[leposavic.pk]))
    for words in ("Leposaviq", "Лепосавић", "Leposavić", "9,485", "13,773", "16,395", "not enumerated", "539"):
        assert words in text
    assert "Kosovo Agency of Statistics, census of 2024" in text
    assert "2024-12-19" in text
    assert text.count('tag warn">estimate') == 3  # two figures and the headline


def test_a_doubtful_form_says_so_on_its_page(analyst: Client) -> None:
    assert page(analyst, reverse("place", args=[municipality("01").pk])).count("form not verified") == 2
    assert "form not verified" not in page(analyst, reverse("place", args=[municipality("02").pk]))


def test_the_page_of_a_municipality_lists_settlements_and_facilities(analyst: Client) -> None:
    zhur = "municipality_code,name_sq,name_sr,lon,lat,gn_id\n20,Zhur,Žur,20.6,42.16,1\n"
    actions.load_settlements(zhur.encode(), name="s.csv", by=OFFICE, at=AT)
    school = (
        "scheme,code,kind,name,area_scheme,area_code,capacity,source\nt,1,shelter,Salla e sportit,xk-kas,20,120,me\n"
    )
    actions.load_facilities(school.encode(), name="f.csv", by=OFFICE, at=AT)
    text = page(analyst, reverse("place", args=[municipality("20").pk]))
    assert "Zhur / Žur" in text
    assert "Salla e sportit" in text
    assert "120" in text
    child = models.Area.objects.get(kind="settlement")
    below = page(analyst, reverse("place", args=[child.pk]))
    assert "Prizren / Призрен" in below
    assert "No figures yet" in below


def test_a_place_that_is_not_there_is_a_calm_404(analyst: Client) -> None:
    answer = analyst.get("/places/999999/")
    assert answer.status_code == 404
    assert "There is no such place" in answer.content.decode()


@pytest.mark.parametrize("language", ["sq", "sr", "sr-latn", "en"])
def test_both_names_stand_in_the_readers_order(analyst: Client, language: str) -> None:
    order = {"sq": "Pejë / Peć", "sr": "Пећ / Pejë", "sr-latn": "Peć / Pejë", "en": "Pejë / Peć"}
    assert order[language] in page(analyst, "/places/", language)


def test_without_boundaries_the_map_is_tiles_and_dots_and_no_border_is_drawn(analyst: Client) -> None:
    text = page(analyst, "/map/")
    assert len(re.findall(r'<rect class="mark step-[1-5]"', text)) == 38
    assert len(re.findall(r'<circle class="mark step-[1-5]"', text)) == 38
    assert '<path class="mark' not in text
    assert "none are drawn" in text
    assert "maplibre" not in text
    assert "Natural Earth" in text
    assert "Population, 2024" in text
    assert "census of 2024" in text
    assert "1,602,515" in text


def test_the_map_needs_no_script_and_no_inline_style(analyst: Client, tmp_path: Path) -> None:
    load_shapes(tmp_path, "17", "01")
    for address in ("/map/", "/places/", reverse("place", args=[municipality("17").pk])):
        text = page(analyst, address)
        assert not re.search(r"\sstyle=", text)
        assert not re.search(r"\son[a-z]+=", text)
        assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", text)


def test_the_chooser_changes_period_by_address_alone(analyst: Client) -> None:
    text = page(analyst, "/map/", indicator="population", when="1991-01-01/1991-12-31/")
    assert "Population, 1991" in text
    assert "199,654" in text
    assert len(re.findall(r'<rect class="mark step-0"', text)) == 8  # not municipalities then
    assert "no figure" in text
    odd = page(analyst, "/map/", indicator="none such", when="../../etc")
    assert "Population, 2024" in odd


def test_the_table_says_what_the_map_says(analyst: Client) -> None:
    text = page(analyst, "/map/")
    table = text[text.index('id="table"') :]
    for figure in models.Observation.objects.filter(period_end__year=2024, area__kind="municipality"):
        assert f"{int(figure.value):,}" in table
    tags = set(models.AreaTile.objects.values_list("tag", flat=True))
    assert all(f">{tag}<" in table for tag in tags)


def test_every_place_has_one_class_and_the_legend_counts_them(analyst: Client) -> None:
    text = page(analyst, "/map/")
    drawn = [int(step) for step in re.findall(r'<rect class="mark step-(\d)"', text)]
    counted = [int(n) for n in re.findall(r'<span class="n">(\d+)</span></li>', text)]
    assert sum(counted) == 38
    assert counted == [drawn.count(step) for step in range(1, 6)]


def test_with_boundaries_the_shapes_are_drawn_and_their_source_is_shown(analyst: Client, tmp_path: Path) -> None:
    load_shapes(tmp_path, "17", "01")
    text = page(analyst, "/map/")
    assert len(re.findall(r'<path class="mark step-[1-5]"', text)) == 2
    assert "Squares of a test" in text
    assert 'id="live-map"' in text
    assert "maplibre-gl.mjs" in text


def test_the_shapes_carry_both_names_the_figure_and_the_class(analyst: Client, tmp_path: Path) -> None:
    load_shapes(tmp_path, "17", "12")
    answer = analyst.get("/map/shapes.geojson", {"indicator": "population"})
    found = {each["properties"]["label"]: each["properties"] for each in answer.json()["features"]}
    assert set(found) == {"Pejë / Peć", "Leposaviq / Leposavić"}
    assert found["Pejë / Peć"]["shown"] == "82,745"
    assert found["Leposaviq / Leposavić"]["shown"] == "9,485 (estimate)"
    assert found["Pejë / Peć"]["step"] == 5
    again = analyst.get("/map/shapes.geojson", {"indicator": "population"}, headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    other = analyst.get("/map/shapes.geojson", headers={"If-None-Match": answer["ETag"], "Accept-Language": "sq"})
    assert other.status_code == 200


@pytest.mark.parametrize("address", ["/places/", "/map/", "/map/shapes.geojson"])
def test_a_stranger_logs_in_first_and_who_has_no_role_sees_nothing(
    address: str, stranger: Client, nobody: Client
) -> None:
    assert stranger.get(address).status_code == 302
    refused = nobody.get(address)
    assert refused.status_code == 403
    assert "Pejë" not in refused.content.decode()


def test_only_who_may_load_is_told_how(analyst: Client, keeper: Client) -> None:
    assert "load-boundaries" not in page(analyst, "/map/")
    assert "load-boundaries" in page(keeper, "/map/")


@pytest.mark.parametrize(("address", "most"), [("/places/", 14), ("/map/", 20)])
def test_pages_ask_the_database_a_fixed_number_of_times(analyst: Client, address: str, most: int) -> None:
    page(analyst, address)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        page(analyst, address)
    assert len(asked) <= most


def test_an_office_without_places_is_told_what_to_do(analyst: Client) -> None:
    for model in (models.Observation, models.AreaBoundary, models.AreaTile, models.AreaName, models.AreaCode):
        model.objects.all().delete()
    models.Area.objects.all().update(parent=None, kind="settlement")
    models.Area.objects.all().delete()
    assert "No places are loaded yet" in page(analyst, "/places/")
    assert "No places are loaded yet" in page(analyst, "/map/")


def test_every_note_that_ships_can_be_translated() -> None:
    data = resources.files("streha.places") / "data" / "kosovo_population.csv"
    notes = {row["note"] for row in csv.DictReader(data.read_text(encoding="utf-8").splitlines())} - {""}
    assert notes == set(places.SHIPPED_NOTES)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2024-01-01", "2024-12-31", "2024"),
        ("1999-01-01", "2001-12-31", "1999–2001"),
        ("2024-03-01", "2024-03-01", "March 1, 2024"),
    ],
)
def test_a_period_is_said_as_people_say_it(start: str, end: str, words: str) -> None:
    said = places.period_label(dt.date.fromisoformat(start), dt.date.fromisoformat(end))
    assert said == words or said == "01.03.2024"
