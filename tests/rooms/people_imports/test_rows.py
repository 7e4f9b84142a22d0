"""Rows as they read, and what is wrong within and between them."""

from __future__ import annotations

import datetime as dt

import pytest

from streha.engine import names
from streha.people.imports.rules import columns, rows
from streha.places.rules import NamedPlace, PlaceIndex

TODAY = dt.date(2026, 11, 22)
COUNTRY, PEJA, PRIZREN, ZHUR, NOVO_PE, NOVO_PZ = 1, 10, 20, 21, 11, 22
PLACES = [
    (PEJA, "municipality", (1, 10), ("Pejë", "Peć", "Пећ")),
    (PRIZREN, "municipality", (1, 20), ("Prizren", "Призрен")),
    (ZHUR, "settlement", (1, 20, 21), ("Zhur", "Žur", "Жур")),
    (NOVO_PE, "settlement", (1, 10, 11), ("Novosellë", "Novo Selo")),
    (NOVO_PZ, "settlement", (1, 20, 22), ("Novosellë", "Novo Selo")),
]
INDEX = PlaceIndex(
    [NamedPlace(pk, kind, line, name, names.place_key(name)) for pk, kind, line, called in PLACES for name in called],
    names.place_key,
)
CONTEXT = rows.Context(TODAY, "XK", INDEX, None, {PEJA: "Pejë / Peć", PRIZREN: "Prizren"})


def read(headings: dict[str, str], *cells: tuple[str, ...], context: rows.Context = CONTEXT) -> list[rows.Reading]:
    mapping = columns.check(list(headings.items()))
    table = [(number, row) for number, row in enumerate(cells, 2)]
    plan = rows.plan(mapping, table)
    found = list(rows.read(table, plan, context))
    rows.compare(found, {field: heading for _, heading, field in plan.columns})
    return found


PERSON = {
    "Emri": "given",
    "Mbiemri": "family",
    "Lindur": "birth",
    "Nr": "personal_number",
    "F": "household",
    "L": "relation",
}


def codes(reading: rows.Reading) -> list[str]:
    return [problem.code for problem in reading.problems]


def test_a_row_names_row_column_value_rule_and_remedy():
    (reading,) = read({"Emri": "given", "Lindur": "birth"}, ("Arta", "31.02.1984"))
    (problem,) = reading.problems
    assert (reading.number, problem.column, problem.code, problem.value) == (
        2,
        "Lindur",
        "date_no_such_day",
        "31.02.1984",
    )
    assert problem.english() == "“31.02.1984” is not a day that exists. Write a day that exists, or only the year."
    assert reading.is_bad


def test_a_row_without_a_name_is_told():
    assert codes(read({"Emri": "given", "Lindur": "birth"}, ("", "1984"))[0]) == ["name_missing"]


@pytest.mark.parametrize(
    ("municipality", "settlement", "area"),
    [
        ("Pejë", "", PEJA),
        ("PEC", "", PEJA),
        ("Пећ", "", PEJA),
        ("Komuna e Pejës", "", PEJA),
        ("Opština Peć", "", PEJA),
        ("Prizren", "Žur", ZHUR),
        ("Prizren", "fshati Zhur", ZHUR),
        ("Prizren", "Novosellë", NOVO_PZ),
        ("", "Zhur, Prizren", ZHUR),
        ("", "Prizren - Zhur", ZHUR),
        ("", "Pejë (Peć)", PEJA),
        ("Zhur", "", ZHUR),
    ],
)
def test_places_by_any_name(municipality, settlement, area):
    (reading,) = read({"E": "given", "K": "municipality", "V": "settlement"}, ("Arta", municipality, settlement))
    assert reading.home_area == area
    assert reading.problems == []


def test_unknown_and_ambiguous_places_are_told():
    headings = {"E": "given", "K": "municipality", "V": "settlement"}
    unknown, ambiguous, village = read(
        headings, ("Arta", "Atlantidë", ""), ("Arta", "", "Novo Selo"), ("Arta", "Pejë", "Zallq")
    )
    assert codes(unknown) == ["place_unknown"]
    assert codes(ambiguous) == ["place_ambiguous"]
    assert "Novo Selo (Pejë / Peć) · Novo Selo (Prizren)" in ambiguous.problems[0].english()
    assert codes(village) == ["settlement_unknown"]
    assert not village.is_bad
    assert (village.home_area, village.address) == (PEJA, "Zallq")


def test_a_list_of_one_municipality_settles_what_is_ambiguous():
    within = rows.Context(TODAY, "XK", INDEX, frozenset({PRIZREN, ZHUR, NOVO_PZ}), {})
    (reading,) = read({"E": "given", "V": "settlement"}, ("Arta", "Novo Selo"), context=within)
    assert reading.home_area == NOVO_PZ


def test_a_place_of_displacement_beyond_the_map_is_kept_without_a_word():
    (reading,) = read({"E": "given", "D": "displaced_to"}, ("Arta", "Kraljevo"))
    assert (reading.displaced_to_area, reading.displaced_to_text, reading.problems) == (None, "Kraljevo", [])


def test_a_row_said_twice_in_any_spelling_is_a_twin():
    found = read(
        PERSON,
        ("Xhevdet", "Hoxha", "12.04.1961", "", "", ""),
        ("Dževdet", "Hodža", "12.04.1961", "", "", ""),
        ("Xhevdet", "Hoxha", "12.04.1962", "", "", ""),
    )
    assert [reading.twin_of for reading in found] == [0, 2, 0]


def test_namesakes_without_births_are_twins_only_in_one_household():
    found = read(
        PERSON,
        ("Arta", "Gashi", "", "", "F1", ""),
        ("Arta", "Gashi", "", "", "F2", ""),
        ("Arta", "Gashi", "", "", "F1", ""),
    )
    assert [reading.twin_of for reading in found] == [0, 0, 2]


def test_two_people_with_one_document_are_both_kept_back_and_each_named():
    one, two = read(
        PERSON, ("Arta", "Gashi", "1961", "1234567890", "", ""), ("Besa", "Krasniqi", "1990", "1234567890", "", "")
    )
    assert codes(one) == codes(two) == ["identifier_shared"]
    assert (one.problems[0].also, two.problems[0].also) == ("3", "2")
    assert one.is_bad
    assert two.is_bad


def test_one_person_with_one_document_twice_is_a_twin():
    _, two = read(PERSON, ("Arta", "Gashi", "", "1234567890", "", ""), ("Arta", "Gashi", "1961", "1234567890", "", ""))
    assert (two.twin_of, two.problems) == (2, [])


def test_a_household_without_a_head_and_one_with_two_are_told():
    found = read(
        PERSON,
        ("Arta", "Gashi", "", "", "F1", "vajza"),
        ("Besa", "Gashi", "", "", "F1", ""),
        ("Cen", "Berisha", "", "", "F2", "kryefamiljar"),
        ("Dan", "Berisha", "", "", "F2", "kryefamiljar"),
    )
    assert [codes(reading) for reading in found] == [["household_without_head"], [], [], ["two_heads"]]
    assert [reading.relation for reading in found] == ["child", "", "head", "unknown"]
    assert not any(reading.is_bad for reading in found)


def test_a_return_before_the_displacement_is_told():
    headings = {"E": "given", "D": "displaced_on", "R": "returned_on"}
    assert codes(read(headings, ("Arta", "1999", "1998"))[0]) == ["returned_before"]
    assert codes(read(headings, ("Arta", "1999", "2004"))[0]) == []


def test_a_reading_survives_being_sealed():
    headings = {**PERSON, "T": "phone", "K": "municipality", "S": "sex", "D": "displaced_on"}
    (reading,) = read(
        headings, ("Arta", "Gashi", "31.02.1984", "1234567890", "F1", "head", "044123456", "Peć", "f", "1999")
    )
    again = rows.load(reading.dump())
    assert again == reading


def test_a_reading_becomes_a_draft_the_register_accepts():
    headings = {**PERSON, "T": "phone", "K": "municipality", "S": "sex", "D": "displaced_on", "O": "origin"}
    (reading,) = read(
        headings, ("Arta", "Gashi", "12.04.1961", "1234567890", "F1", "head", "044123456", "Peć", "f", "1999", "Жур")
    )
    draft = reading.draft(keeper_id=PEJA, is_fictional=True)
    from streha.people import rules as people

    people.check_person(draft, TODAY)
    assert draft.home_area_id == PEJA
    (episode,) = draft.episodes
    assert (episode.status, episode.from_area_id, episode.started_precision) == ("displaced", ZHUR, "year")


def test_unknown_cells_are_empty_and_not_wrong():
    (reading,) = read(PERSON, ("Arta", "Gashi", "nuk dihet", "-", "?", "n/a"))
    assert (reading.birth, reading.identifiers, reading.household, reading.problems) == (None, [], "", [])
