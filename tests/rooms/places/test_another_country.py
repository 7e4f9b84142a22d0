"""A country nobody thought of, loaded from its own files: other languages, other codes, no line of code changed."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import pytest
import shapely

from streha.accounts import rules as accounts
from streha.places import actions, models, queries
from streha.places.boundaries import actions as boundaries

pytestmark = [pytest.mark.django_db(databases=["default", "reads"]), pytest.mark.usefixtures("custody")]
DATA = Path(__file__).parent / "data"


@pytest.fixture
def loaded(office: accounts.Access, at: dt.datetime) -> None:
    for name, load in (
        ("islands_areas.csv", actions.load_areas),
        ("islands_settlements.csv", actions.load_settlements),
        ("islands_tiles.csv", actions.load_tiles),
        ("islands_figures.csv", actions.load_observations),
    ):
        report = load((DATA / name).read_bytes(), name=name, by=office, at=at)
        assert report.problems == ()


@pytest.mark.usefixtures("loaded")
def test_its_tree_names_and_codes_are_there() -> None:
    kinds = dict(models.Area.objects.values_list("kind").annotate(n=models.models.Count("pk")))
    assert kinds == {"country": 1, "region": 2, "municipality": 3, "settlement": 3}
    port = models.Area.objects.with_code("isl-stat", "A1").get()
    assert set(port.names.values_list("language", "script", "name")) == {
        ("fr", "Latn", "Port-Clair"),
        ("fr", "Latn", "Portclair"),
        ("el", "Grek", "Φωτεινό Λιμάνι"),
    }
    assert port.labels() == ("Port-Clair", "Port-Clair", "Port-Clair")
    assert port.label_en == "Port-Clair"


@pytest.mark.usefixtures("loaded")
def test_its_places_are_found_in_their_own_scripts() -> None:
    port = models.Area.objects.with_code("isl-stat", "A1").get()
    assert queries.resolve("port clair").area_id == port.pk
    assert queries.resolve("Φωτεινό Λιμάνι").area_id == port.pk
    north = models.Area.objects.get(kind="region", label_sq="Nord")
    assert queries.subtree_ids([north.pk]) >= {port.pk}
    assert queries.resolve("Saint-Ambre").is_ambiguous
    assert queries.resolve("Saint-Ambre", within=[north.pk]).area_id is not None


@pytest.mark.usefixtures("loaded")
def test_its_figures_and_tiles_make_a_map() -> None:
    (layer,) = queries.layers("municipality")
    assert layer.indicator == "households"
    values = {o.area.label_sq: o.value for o in queries.layer_figures(layer, "municipality").values()}
    assert values == {"Port-Clair": Decimal(1200), "Roche": Decimal("310.5"), "Sud-Ville": Decimal(95)}
    assert set(models.AreaTile.objects.values_list("layout", "tag")) == {("QX", "POR"), ("QX", "ROC"), ("QX", "SUD")}


@pytest.mark.usefixtures("loaded")
def test_its_boundaries_match_its_own_codes(tmp_path: Path, office: accounts.Access, at: dt.datetime) -> None:
    boxes = {"A1": (10.0, 1.0), "A2": (10.1, 1.0), "B1": (10.0, 0.5)}
    features = [
        {
            "type": "Feature",
            "properties": {"insee": code, "nom": "?"},
            "geometry": shapely.geometry.mapping(shapely.box(lon - 0.05, lat - 0.05, lon + 0.05, lat + 0.05)),
        }
        for code, (lon, lat) in boxes.items()
    ]
    path = tmp_path / "b.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    report = boundaries.load_boundaries(path, source="s", licence="l", scheme="isl-stat", by=office, at=at)
    assert {(m.label, m.by) for m in report.loaded} == {
        ("Port-Clair", "code"),
        ("Roche", "code"),
        ("Sud-Ville", "code"),
    }
    assert report.counts()["missing"] == 0


@pytest.mark.usefixtures("loaded")
def test_two_countries_live_side_by_side(office: accounts.Access, at: dt.datetime) -> None:
    actions.load_kosovo(by=office, at=at)
    assert models.Area.objects.filter(kind="municipality").count() == 41
    kosovo = models.Area.objects.with_code("iso-3166-1", "XK").get()
    islands = models.Area.objects.with_code("iso-3166-1", "QX").get()
    assert not queries.subtree_ids([kosovo.pk]) & queries.subtree_ids([islands.pk])
    assert queries.resolve("Prizren", within=[islands.pk]).matches == ()


def test_areas_and_facilities_may_end(office: accounts.Access, at: dt.datetime) -> None:
    area = "kind,scheme,code,name_fr,since,until,source\ncountry,x,1,Pays,1950-01-01,{},me\n"
    assert actions.load_areas(area.format("1949-12-31").encode(), name="a", by=office, at=at).problems
    assert actions.load_areas(area.format("2001-05-01").encode(), name="a", by=office, at=at).created == 1
    assert models.Area.objects.get().until == dt.date(2001, 5, 1)
    shelter = "scheme,code,kind,name,area_scheme,area_code,until,source\nx,1,shelter,Abri,x,1,{},me\n"
    actions.load_facilities(shelter.format("").encode(), name="f", by=office, at=at)
    assert actions.load_facilities(shelter.format("2025-01-31").encode(), name="f", by=office, at=at).changed == 1
    assert models.Facility.objects.get().until == dt.date(2025, 1, 31)


def test_rows_that_hang_nowhere_are_told(office: accounts.Access, at: dt.datetime) -> None:
    heading = "kind,scheme,code,parent_scheme,parent_code,name_fr,codes,source\n"
    rows = (
        "region,x,1,x,0,Nulle part,,me\n"
        "country,x,2,,,Pays,gn=5,me\n"
        "region,x,3,x,2,Ici,gn=5,me\n"
        "municipality,x,4,x,3,Ville,,me\n"
        "region,x,3,x,2,Encore,,me\n"
    )
    report = actions.load_areas((heading + rows).encode(), name="a.csv", by=office, at=at)
    assert report.created == 3
    assert [(p.row, p.code) for p in report.problems] == [
        (2, "parent_unknown"),
        (4, "code_taken"),
        (6, "row_repeated"),
    ]
    low = "region,x,5,x,4,Trop bas,,me\nregion,x,4,x,2,Ville,,me\n"
    report = actions.load_areas((heading + low).encode(), name="a.csv", by=office, at=at)
    assert [(p.row, p.code) for p in report.problems] == [(2, "parent_not_wider"), (3, "kind_changed")]
