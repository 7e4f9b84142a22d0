"""Boundaries a user brings: which feature is which place, what is told, and that nothing is replaced unasked."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely

from streha.accounts import rules as accounts
from streha.audit import models as audit
from streha.common.errors import BadInput, Refused
from streha.places import models, queries
from streha.places.boundaries import actions, rules
from streha.places.boundaries.rules import Existing

pytestmark = [pytest.mark.django_db(databases=["default", "reads"]), pytest.mark.usefixtures("kosovo")]

PEJA, DECAN, JUNIK = (20.29, 42.66), (20.29, 42.54), (20.28, 42.476)
Load = Callable[..., actions.BoundaryReport]


def around(point: tuple[float, float], half: float = 0.05) -> dict[str, Any]:
    """A square about a point; 0.05 is a square of about 8 by 11 km."""
    lon, lat = point
    mapped: dict[str, Any] = shapely.geometry.mapping(shapely.box(lon - half, lat - half, lon + half, lat + half))
    return mapped


def feature(geometry: dict[str, Any] | None, **properties: object) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


@pytest.fixture
def load(tmp_path: Path, office: accounts.Access, at: dt.datetime) -> Load:
    def loaded(*features: dict[str, Any], **more: Any) -> actions.BoundaryReport:
        path = tmp_path / "brought.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
        given = {"source": "a test", "licence": "none", "by": office, "at": at} | more
        return actions.load_boundaries(path, **given)

    return loaded


def bounded() -> set[str]:
    found = models.AreaBoundary.objects.filter(area__kind="municipality")
    return set(found.values_list("area__label_sq", flat=True))


def told(report: actions.BoundaryReport, code: str) -> list[str]:
    return [finding.english() for finding in report.findings if finding.code == code]


@pytest.mark.parametrize("name", ["Pejë", "PEC", "Пећ", "peja"])
def test_a_feature_is_matched_by_a_name_in_any_spelling(load: Load, name: str) -> None:
    report = load(feature(around(PEJA), naziv=name))
    assert [(m.label, m.by) for m in report.loaded] == [("Pejë", "name")]
    assert bounded() == {"Pejë"}


@pytest.mark.parametrize("code", ["01", 1, "1", 1.0])
def test_a_feature_is_matched_by_a_code_even_when_a_table_took_it_for_a_number(load: Load, code: object) -> None:
    report = load(feature(around(DECAN), kodi=code))
    assert [(m.label, m.by) for m in report.loaded] == [("Deçan", "code")]


def test_a_column_of_regions_is_not_taken_for_names(load: Load) -> None:
    report = load(
        feature(around(DECAN), code="01", emri="Deçan", rajoni="Gjakovë"),
        feature(around(JUNIK), code="33", emri="Junik", rajoni="Gjakovë"),
    )
    assert {m.label for m in report.loaded} == {"Deçan", "Junik"}
    assert not told(report, "contradiction")


def test_a_running_number_is_not_taken_for_codes_when_names_say_otherwise(load: Load) -> None:
    report = load(feature(around(PEJA), id=1, name="Pejë"), feature(around(JUNIK), id=2, name="Junik"))
    assert {(m.label, m.by) for m in report.loaded} == {("Pejë", "name"), ("Junik", "name")}


def test_a_feature_whose_code_and_name_disagree_is_not_believed(load: Load) -> None:
    report = load(
        feature(around(PEJA), code="17", name="Pejë"),
        feature(around(DECAN), code="01", name="Deçan"),
        feature(around(JUNIK), code="33", name="Prizren"),
    )
    assert told(report, "contradiction") == ["Feature 3: its code says Junik, its name says Prizren. Correct the file."]
    assert bounded() == {"Pejë", "Deçan"}


def test_codes_of_another_scheme_count_only_when_allowed(load: Load) -> None:
    assert load(feature(around(PEJA), gn=787156)).count("missing") == 37
    with pytest.raises(BadInput, match="no feature is a municipality known here"):
        load(feature(around(PEJA), gn=787156), scheme="xk-kas")


def test_what_is_unknown_doubled_invalid_or_missing_is_told_and_the_rest_is_loaded(load: Load) -> None:
    report = load(
        feature(around(PEJA), name="Pejë"),
        feature(around(DECAN), name="Deçan"),
        feature(around(DECAN, 0.02), name="Decan"),
        feature(around(JUNIK), name="Atlantis"),
        feature(None, name="Prizren"),
    )
    assert bounded() == {"Pejë"}
    assert told(report, "unmatched") == ["Feature 4 (Atlantis) is no area known here, neither by code nor by name."]
    assert len(told(report, "doubled")) == 2
    assert told(report, "invalid") == ["Feature 5 (Prizren) has no usable polygon: no geometry."]
    assert report.counts()["missing"] == 37


def test_an_area_far_from_the_recorded_one_is_flagged(load: Load) -> None:
    (line,) = told(load(feature(around(PEJA), name="Pejë")), "area_off")
    assert line == "Feature 1: Pejë measures 91.1 km², the record says 603 km² (-85 %)."
    models.Area.objects.filter(label_sq="Pejë").update(area_km2=100)
    assert not told(load(feature(around(PEJA), name="Pejë"), existing=Existing.REPLACE), "area_off")


def test_neighbours_that_overlap_are_told_with_their_area_and_slivers_are_not(load: Load) -> None:
    report = load(feature(around(PEJA, 0.07), name="Pejë"), feature(around(DECAN, 0.07), name="Deçan"))
    (line,) = told(report, "overlap")
    assert line.startswith(("Pejë and Deçan overlap by 25", "Deçan and Pejë overlap by 25"))
    lon, lat = PEJA
    beside = (lon + 0.0999999, lat)
    tidy = load(feature(around(PEJA), name="Pejë"), feature(around(beside), name="Deçan"), existing=Existing.REPLACE)
    assert not told(tidy, "overlap")


def test_a_repair_is_told(load: Load) -> None:
    bowtie = {
        "type": "Polygon",
        "coordinates": [[[20.2, 42.6], [20.3, 42.7], [20.3, 42.6], [20.2, 42.7], [20.2, 42.6]]],
    }
    report = load(feature(bowtie, name="Pejë"))
    assert "Self-intersection" in told(report, "repaired")[0]
    assert "Self-intersection" in models.AreaBoundary.objects.get(area__label_sq="Pejë").repaired


def test_nothing_is_replaced_unless_told(load: Load) -> None:
    load(feature(around(PEJA), name="Pejë"))
    again = load(feature(around(PEJA, 0.03), name="Pejë"))
    assert again.loaded == ()
    assert len(told(again, "kept")) == 1
    assert models.AreaBoundary.objects.get(area__label_sq="Pejë").area_km2 == pytest.approx(91, abs=1)
    replaced = load(feature(around(PEJA, 0.03), name="Pejë"), existing=Existing.REPLACE)
    assert replaced.replaced == 1
    assert models.AreaBoundary.objects.get(area__label_sq="Pejë").area_km2 == pytest.approx(33, abs=1)


def test_source_licence_who_and_when_stay_with_the_boundary(load: Load, at: dt.datetime) -> None:
    load(feature(around(PEJA), name="Pejë"), source="Cadastre", licence="CC BY 4.0")
    kept = models.AreaBoundary.objects.select_related("load").get(area__label_sq="Pejë")
    assert (kept.load.source, kept.load.licence, kept.load.loaded_by) == ("Cadastre", "CC BY 4.0", "office")
    assert (kept.load.loaded_at, len(kept.load.sha256)) == (at, 64)
    assert (kept.west, kept.east) == pytest.approx((20.24, 20.34))


def test_swapped_latitude_and_longitude_are_recognised(load: Load) -> None:
    swapped = [feature(around((lat, lon)), name=name) for name, (lon, lat) in {"Pejë": PEJA, "Deçan": DECAN}.items()]
    with pytest.raises(BadInput, match="latitude and longitude are swapped"):
        load(*swapped)
    assert bounded() == set()


def test_another_country_is_recognised(load: Load) -> None:
    with pytest.raises(BadInput, match="another country or another projection"):
        load(feature(around((2.35, 48.86)), name="Pejë"))


def test_one_feature_in_the_wrong_place_is_left_out(load: Load) -> None:
    report = load(feature(around(PEJA), name="Pejë"), feature(around((21.5, 42.0)), name="Deçan"))
    assert bounded() == {"Pejë"}
    assert told(report, "elsewhere") == ["Feature 2 lies far from Deçan, which it names. Nothing was loaded for it."]


def test_one_load_leaves_one_record_and_a_failed_record_undoes_the_load(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = audit.AuditRecord.objects.count()
    load(feature(around(PEJA), name="Pejë"), feature(around(DECAN), name="Deçan"))
    assert audit.AuditRecord.objects.count() == before + 1

    def disk_full(**_given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(actions.audit, "record", disk_full)
    with pytest.raises(OSError, match="No space"):
        load(feature(around(JUNIK), name="Junik"))
    assert bounded() == {"Pejë", "Deçan"}


def test_who_may_not_load_loads_nothing(load: Load) -> None:
    with pytest.raises(Refused):
        load(feature(around(PEJA), name="Pejë"), by=accounts.NOBODY)
    assert bounded() == set()


def test_the_outline_of_the_country_is_there_with_its_source() -> None:
    outline = models.AreaBoundary.objects.select_related("load").get(area__kind="country")
    assert "Natural Earth" in outline.load.source
    assert float(outline.area_km2) == pytest.approx(10_905, rel=0.01)  # the agency's figure


def test_a_point_lies_in_the_shape_that_holds_it() -> None:
    shapes = [(7, shapely.box(0, 0, 1, 1)), (8, shapely.box(1, 0, 2, 1))]
    assert rules.containing([(0.5, 0.5), None, (1.5, 0.5), (9, 9), (1.0, 0.5)], shapes) == [7, None, 8, None, 7]
    assert rules.containing([(0.5, 0.5)], []) == [None]
    assert rules.containing([], shapes) == []


def test_boundaries_come_back_as_they_went_in(load: Load) -> None:
    load(feature(around(PEJA), name="Pejë"))
    ((area_id, shape),) = queries.boundaries("municipality")
    assert area_id == models.Area.objects.get(label_sq="Pejë", kind="municipality").pk
    assert shapely.equals(shape, shapely.geometry.shape(around(PEJA)))
