"""Settlements: by point where boundaries are, else by column; one name many times; and a hundred thousand look-ups."""

from __future__ import annotations

import datetime as dt
import json
import random
import time
from pathlib import Path

import pytest
import shapely

from streha.accounts import rules as accounts
from streha.audit import models as audit
from streha.common.errors import BadInput
from streha.engine import names
from streha.places import actions, models, queries, rules
from streha.places.boundaries import actions as boundaries

pytestmark = [pytest.mark.django_db(databases=["default", "reads"]), pytest.mark.usefixtures("kosovo")]

# Three villages called Novosellë, one of them beside Pejë, with a name of its own in Serbian.
LIST = """municipality_code,name,name_sq,name_sr,variants,lon,lat,gn_id
17,,Novosellë,Novo Selo,,20.30,42.65,1
04,,Novosellë,Novo Selo,,21.45,42.46,2
20,,Zhur,Žur,Жур|Zhuri,20.60,42.16,3
20,Belobrad,,,,20.55,42.10,4
"""


@pytest.fixture
def office_at(office: accounts.Access, at: dt.datetime) -> dict[str, object]:
    return {"by": office, "at": at}


def load(data: str, **given: object) -> rules.LoadReport:
    return actions.load_settlements(data.encode(), name="s.csv", **given)  # type: ignore[arg-type]


def settlement(gn_id: str) -> models.Area:
    return models.Area.objects.select_related("parent").get(codes__scheme="geonames", codes__code=gn_id)


def square_around_peja(tmp_path: Path, **given: object) -> None:
    shape = shapely.geometry.mapping(shapely.box(20.2, 42.6, 20.4, 42.7))
    feature = {"type": "Feature", "properties": {"name": "Pejë"}, "geometry": shape}
    path = tmp_path / "peja.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    boundaries.load_boundaries(path, source="s", licence="l", **given)  # type: ignore[arg-type]


def test_settlements_hang_below_their_municipality_with_labels_in_both_scripts(office_at: dict[str, object]) -> None:
    report = load(LIST, source="GeoNames", **office_at)
    assert (report.created, report.problems) == (4, ())
    zhur = settlement("3")
    assert zhur.labels() == ("Zhur", "Жур", "Žur")
    assert zhur.parent is not None
    assert zhur.parent.label_sq == "Prizren"
    assert zhur.pk in queries.subtree_ids([zhur.parent.pk])
    assert settlement("4").labels() == ("Belobrad", "Belobrad", "Belobrad")  # its language is not known
    assert zhur.source == "GeoNames"


def test_the_same_list_again_changes_nothing_and_a_correction_changes_one(
    office_at: dict[str, object], at: dt.datetime
) -> None:
    load(LIST, **office_at)
    again = load(LIST, **office_at)
    assert (again.created, again.changed, again.same) == (0, 0, 4)
    corrected = load(LIST.replace("Novosellë,Novo Selo,,20.30", "Novosellë,Novoselo,,20.30"), **office_at)
    assert (corrected.created, corrected.changed, corrected.same) == (0, 1, 3)
    standing = dict(settlement("1").names.values_list("name", "standing"))
    assert standing == {"Novosellë": "official", "Novo Selo": "former", "Novoselo": "official"}
    assert settlement("1").label_sr_latn == "Novoselo"
    dates = dict(settlement("1").names.values_list("name", "valid_from"))
    assert dates["Novoselo"] == at.date()
    assert dates["Novosellë"] is None  # it was always called so, as far as we know
    assert queries.resolve("Novo Selo").is_ambiguous  # the former name is still found


def test_the_point_decides_where_boundaries_are_and_the_disagreement_is_told(
    office_at: dict[str, object], tmp_path: Path
) -> None:
    square_around_peja(tmp_path, **office_at)
    report = load(LIST.replace("17,,Novosellë", "20,,Novosellë"), **office_at)
    assert settlement("1").parent.label_sq == "Pejë"  # type: ignore[union-attr]
    assert settlement("2").parent.label_sq == "Gjilan"  # type: ignore[union-attr]
    (problem,) = report.problems
    assert problem.english() == "row 2: the row says “20”, the point lies in Pejë. It was put into Pejë."


def test_a_settlement_that_moves_takes_its_path_along(office_at: dict[str, object], tmp_path: Path) -> None:
    load(LIST.replace("17,,Novosellë", "20,,Novosellë"), **office_at)
    assert settlement("1").parent.label_sq == "Prizren"  # type: ignore[union-attr]
    square_around_peja(tmp_path, **office_at)
    assert load(LIST.replace("17,,Novosellë", "20,,Novosellë"), **office_at).changed == 1
    moved = settlement("1")
    peja = models.Area.objects.get(kind="municipality", label_sq="Pejë")
    assert moved.parent_id == peja.pk
    assert moved.ancestor_ids() == (*peja.ancestor_ids(), moved.pk)


@pytest.mark.parametrize("written", ["17", "Pejë", "Пећ", "pec", "Peja"])
def test_the_municipality_column_takes_a_code_or_any_spelling(office_at: dict[str, object], written: str) -> None:
    report = load(f"municipality,name_sq\n{written},Loxhë\n", **office_at)
    assert report.created == 1
    assert models.Area.objects.get(kind="settlement").parent.label_sq == "Pejë"  # type: ignore[union-attr]


def test_swapped_coordinates_are_recognised_by_the_outline_alone(office_at: dict[str, object]) -> None:
    with pytest.raises(BadInput, match="latitude and longitude are swapped"):
        load(LIST.replace("lon,lat", "lat,lon"), **office_at)
    assert not models.Area.objects.filter(kind="settlement").exists()


def test_an_unknown_or_ambiguous_municipality_is_told_and_the_rest_goes_on(office_at: dict[str, object]) -> None:
    report = load("municipality,name_sq\nAtlantis,A\nKosovska Mitrovica,B\nPejë,Loxhë\nPejë,Loxha\n", **office_at)
    assert report.created == 1
    assert [(p.row, p.code) for p in report.problems] == [
        (2, "municipality_unknown"),
        (3, "municipality_unknown"),
        (5, "row_repeated"),  # without a number of its own, one name in one municipality is one settlement
    ]


def test_a_repeated_name_is_ambiguous_until_the_municipality_is_known(office_at: dict[str, object]) -> None:
    load(LIST, **office_at)
    everywhere = queries.resolve("novosella")
    assert everywhere.is_ambiguous
    assert {m.area_id for m in everywhere.matches} == {settlement("1").pk, settlement("2").pk}
    peja = models.Area.objects.get(kind="municipality", label_sq="Pejë")
    assert queries.resolve("Ново Село", within=[peja.pk]).area_id == settlement("1").pk
    assert queries.resolve("Novosellë", within=[]).matches == ()


def test_a_town_and_its_municipality_are_one_answer_and_kinds_can_be_asked_for(office_at: dict[str, object]) -> None:
    load("municipality_code,name_sq,gn_id\n20,Prizren,9\n", **office_at)
    municipality = models.Area.objects.get(kind="municipality", label_sq="Prizren")
    assert queries.resolve("Призрен").area_id == municipality.pk
    assert len(queries.resolve("Prizren").matches) == 2
    assert queries.resolve("Prizren", kinds={"settlement"}).area_id == settlement("9").pk


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("Zhur / Жур", "3"),  # as our own lists show it
        ("Zhur, Prizren", "3"),
        ("Prizren - Zhur", "3"),
        ("Žur (Призрен)", "3"),
        ("Zhur / Žur, Prizren / Призрен", "3"),
        ("Zhur, Prizren, Kosovë", "3"),
        ("Novosellë, Gjilan", "2"),
        ("fshati Zhur", "3"),
        ("село Жур", "3"),
        ("Zhur, rruga e dëshmorëve 4", None),  # one part is no place: nobody knows
        ("Zhur, Gjilan", None),  # the parts do not fit each other
        ("Prizren, Gjilan", None),
        ("fshati Prizren", None),  # there is no such village here
        ("komuna Zhur", None),
        (",,,", None),
        ("a/b/c/d/e/f", None),
    ],
)
def test_a_place_is_found_as_people_write_it(office_at: dict[str, object], written: str, found: str | None) -> None:
    load(LIST, **office_at)
    assert queries.resolve(written).area_id == (settlement(found).pk if found else None)


@pytest.mark.parametrize("written", ["Komuna e Prizrenit", "Opština Prizren", "Општина Призрен", "Prizren / Призрен"])
def test_a_municipality_is_found_as_people_write_it(office_at: dict[str, object], written: str) -> None:
    load("municipality_code,name_sq,gn_id\n20,Prizren,9\n", **office_at)
    municipality = models.Area.objects.get(kind="municipality", label_sq="Prizren")
    assert queries.resolve(written).area_id == municipality.pk


def test_parts_that_do_not_fit_are_shown_to_choose_from(office_at: dict[str, object]) -> None:
    load(LIST, **office_at)
    found = queries.resolve("Zhur, Gjilan")
    assert found.is_ambiguous
    assert settlement("3").pk in {m.area_id for m in found.matches}


def test_the_index_notices_what_was_loaded_since(office_at: dict[str, object]) -> None:
    assert queries.resolve("Zhur").matches == ()
    load(LIST, **office_at)
    assert queries.resolve("Жур").area_id == settlement("3").pk


def test_a_load_is_one_record(office_at: dict[str, object]) -> None:
    before = audit.AuditRecord.objects.count()
    load(LIST, **office_at)
    assert audit.AuditRecord.objects.count() == before + 1


def test_a_hundred_thousand_look_ups_take_less_than_a_second_of_work() -> None:
    rng = random.Random(5)
    syllables = ["no", "vo", "se", "lla", "gra", "ca", "ni", "dre", "zhu", "pra", "ko", "ma", "lji", "be"]
    called = ["".join(rng.choices(syllables, k=rng.randint(2, 5))).title() for _ in range(5000)]
    index = rules.PlaceIndex(
        (
            rules.NamedPlace(n, "settlement", (1, n % 40, n), name, names.place_key(name))
            for n, name in enumerate(called)
        ),
        names.place_key,
    )
    texts = [f" {rng.choice(called)}" if n % 3 else rng.choice(called).upper() for n in range(100_000)]
    begun = time.process_time()
    found = sum(bool(index.find(text).matches) for text in texts)
    assert found == 100_000
    assert time.process_time() - begun < 1.0
