"""Kosovo as it ships: 38 municipalities, their names, codes and population, and a tile map laid out by hand."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db.models import QuerySet, Sum

from streha.accounts import rules as accounts
from streha.audit import models as audit
from streha.common import errors
from streha.common.codes import Script
from streha.engine import names
from streha.places import actions, models, queries

pytestmark = [pytest.mark.django_db(databases=["default", "reads"]), pytest.mark.usefixtures("kosovo")]

NORTH = {"12", "28", "29", "38"}


def population(year: int) -> QuerySet[models.Observation]:
    return models.Observation.objects.filter(
        indicator__code="population", period_end__year=year, area__kind="municipality"
    )


def test_there_are_38_municipalities_in_seven_regions_of_one_country() -> None:
    kinds = dict(models.Area.objects.values_list("kind").annotate(n=models.models.Count("pk")))
    assert kinds == {"country": 1, "region": 7, "municipality": 38}
    codes = set(models.AreaCode.objects.filter(scheme="xk-kas").values_list("code", flat=True))
    assert codes == {f"{n:02d}" for n in range(1, 39)}


@pytest.mark.parametrize(
    ("year", "total", "places"), [(1991, 1_956_196, 30), (2011, 1_739_825, 34), (2024, 1_602_515, 38)]
)
def test_the_counted_population_adds_up_to_the_published_total(year: int, total: int, places: int) -> None:
    # In 2011 the four northern municipalities were not enumerated: their estimates are no part of the total.
    counted = population(year) if year != 2011 else population(year).filter(basis="census")
    assert counted.count() == places
    assert counted.aggregate(total=Sum("value"))["total"] == total
    country = models.Observation.objects.get(indicator__code="population", period_end__year=year, area__kind="country")
    assert country.value == total


@pytest.mark.parametrize("year", [2011, 2024])
def test_the_four_northern_values_say_that_they_are_estimates(year: int) -> None:
    estimated = population(year).filter(basis="estimate", area__codes__scheme="xk-kas")
    assert set(estimated.values_list("area__codes__code", flat=True)) == NORTH
    assert all(o.note for o in estimated)


def test_every_figure_names_its_source_and_vintage() -> None:
    assert not models.Observation.objects.filter(source="").exists()
    assert not models.Observation.objects.filter(vintage="").exists()
    assert not models.Area.objects.filter(source="").exists()


def test_names_come_in_both_languages_and_scripts_and_doubtful_forms_say_so() -> None:
    peja = models.Area.objects.with_code("xk-kas", "17").get()
    assert peja.labels() == ("Pejë", "Пећ", "Peć")
    doubtful = models.AreaName.objects.filter(standing="official", verified=False, area__kind="municipality")
    assert {(n.area.label_sq, n.language) for n in doubtful.select_related("area")} == {
        ("Deçan", "sr"),
        ("Mitrovicë", "sr"),
    }


def test_the_two_scripts_of_serbian_say_the_same() -> None:
    for area in models.Area.objects.all():
        assert names.transliterate(area.label_sr, Script.LATIN) == area.label_sr_latn


def test_labels_repeat_the_official_names() -> None:
    forms = {"label_sq": ("sq", "Latn"), "label_sr": ("sr", "Cyrl"), "label_sr_latn": ("sr", "Latn")}
    for area in models.Area.objects.prefetch_related("names"):
        official = {(n.language, n.script): n.name for n in area.names.all() if n.standing == "official"}
        for column, form in forms.items():
            assert getattr(area, column) == official[form]


def test_the_tile_map_has_38_cells_fits_a_telephone_and_follows_the_land() -> None:
    tiles = list(models.AreaTile.objects.select_related("area"))
    assert len(tiles) == 38
    assert len({t.tag for t in tiles}) == 38
    assert max(t.column for t in tiles) <= 8  # 360 px at 40 px a cell
    ordered = 0
    pairs = [(a, b) for a in tiles for b in tiles if abs(a.row - b.row) >= 2]
    for a, b in pairs:
        ordered += (a.row < b.row) == (a.area.lat > b.area.lat)
    assert ordered / len(pairs) > 0.97  # who stands two rows higher lies further north
    pairs = [(a, b) for a in tiles for b in tiles if abs(a.column - b.column) >= 2]
    east = sum((a.column < b.column) == (a.area.lon < b.area.lon) for a, b in pairs)
    assert east / len(pairs) > 0.95


def test_loading_again_changes_nothing(office: accounts.Access, at: dt.datetime) -> None:
    before = [
        list(m.objects.order_by("pk").values())
        for m in (models.Area, models.AreaName, models.AreaCode, models.AreaTile, models.Observation)
    ]
    for report in actions.load_kosovo(by=office, at=at):
        assert (report.created, report.changed, report.problems) == (0, 0, ())
    after = [
        list(m.objects.order_by("pk").values())
        for m in (models.Area, models.AreaName, models.AreaCode, models.AreaTile, models.Observation)
    ]
    assert before == after


def test_each_file_left_one_record() -> None:
    records = audit.AuditRecord.objects.filter(room="places").order_by("seq")
    assert [(r.verb, r.object_key) for r in records] == [
        ("load_areas", "kosovo_regions.csv"),
        ("load_areas", "kosovo_municipalities.csv"),
        ("load_tiles", "kosovo_tiles.csv"),
        ("load_indicators", "indicators.csv"),
        ("load_observations", "kosovo_population.csv"),
        ("load_boundaries", "kosovo_outline.geojson"),
    ]


def test_a_subtree_is_the_area_and_all_below_it() -> None:
    prizren = models.Area.objects.get(kind="region", label_sq="Prizren")
    below = models.Area.objects.filter(pk__in=queries.subtree_ids([prizren.pk]))
    assert {a.label_sq for a in below} == {"Prizren", "Dragash", "Suharekë", "Malishevë", "Mamushë"}
    country = models.Area.objects.get(kind="country")
    assert len(queries.subtree_ids([country.pk])) == 46
    assert queries.subtree_ids([prizren.pk, country.pk]) == queries.subtree_ids([country.pk])
    assert queries.subtree_ids([]) == queries.subtree_ids([-1]) == frozenset()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Pejë", "17"),
        ("peja", "17"),
        ("PEC", "17"),
        ("Пећ", "17"),
        ("Ferizaj", "25"),
        ("Uroševac", "25"),
        ("urosevac", "25"),
        ("Урошевац", "25"),
        ("Ђаковица", "02"),
        ("Djakovica", "02"),
        ("Gjakova", "02"),
        ("Prishtina", "19"),
        ("Приштина", "19"),
        ("Fushë Kosova", "09"),
        ("kosovo polje", "09"),
        ("Drenas", "03"),
        ("Han i Elezit", "31"),
        ("Mitrovica North", "38"),
        ("Mitrovicë", "11"),
    ],
)
def test_a_municipality_is_found_by_any_spelling(text: str, code: str) -> None:
    found = queries.resolve(text)
    assert found.area_id == models.AreaCode.objects.get(scheme="xk-kas", code=code).area_id


def test_a_name_of_two_municipalities_is_ambiguous_and_says_between_which() -> None:
    found = queries.resolve("Kosovska Mitrovica")
    assert found.is_ambiguous
    assert found.area_id is None
    codes = models.AreaCode.objects.filter(scheme="xk-kas", area__in=[m.area_id for m in found.matches])
    assert set(codes.values_list("code", flat=True)) == {"11", "38"}


def test_nothing_is_found_for_what_is_no_place() -> None:
    for text in ("", "   ", "Atlantis", "\0", "…", "9" * 5000):
        assert queries.resolve(text).matches == ()


def test_a_stranger_sees_no_place_and_may_load_none(at: dt.datetime) -> None:
    assert not models.Area.objects.visible_to(accounts.NOBODY).exists()
    with pytest.raises(errors.Refused):
        actions.load_areas(b"", name="x.csv", by=accounts.NOBODY, at=at)
