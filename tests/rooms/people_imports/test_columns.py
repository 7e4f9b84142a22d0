"""What columns mean: by heading in three languages and two scripts, by cells, by memory."""

from __future__ import annotations

import pytest

from streha.common.errors import BadInput
from streha.people.imports.rules import columns, words
from streha.people.imports.rules.columns import Field


def guessed(*headings: str, cells: dict[str, list[str]] | None = None, **kwargs) -> dict[str, str]:
    found = columns.guess(headings, [(cells or {}).get(heading, []) for heading in headings], **kwargs)
    return {guess.heading: str(guess.field) for guess in found}


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Mbiemri", "family"),
        ("MBIEMRI:", "family"),
        ("Prezime", "family"),
        ("Презиме", "family"),
        ("Last name", "family"),
        ("Emri i babait", "father"),
        ("Ime oca", "father"),
        ("Име оца", "father"),
        ("Data e lindjes (dd.mm.vvvv)", "birth"),
        ("Datum rođenja", "birth"),
        ("Datum rodjenja", "birth"),
        ("Датум рођења", "birth"),
        ("date_of_birth", "birth"),
        ("dateOfBirth", "birth"),
        ("member/date_of_birth", "birth"),
        ("Gjinia (M/F)", "sex"),
        ("Пол", "sex"),
        ("Numri personal", "personal_number"),
        ("ЈМБГ", "jmbg"),
        ("Nr. tel.", "phone"),
        ("Број телефона", "phone"),
        ("hh/phone_number", "phone"),
        ("Komuna", "municipality"),
        ("Општина", "municipality"),
        ("Vendi i kthimit / Komuna", "municipality"),
        ("Komuna e origjinës", "origin_municipality"),
        ("Општина порекла", "origin_municipality"),
        ("Fshati", "settlement"),
        ("Nr. i familjes", "household"),
        ("Број домаћинства", "household"),
        ("household_id", "household"),
        ("Lidhja me kryefamiljarin", "relation"),
        ("Сродство са носиоцем", "relation"),
        ("Nr.", "ignore"),
        ("Р.бр.", "ignore"),
        ("_submission__id", "ignore"),
    ],
)
def test_headings_in_every_language_and_script(heading, field):
    assert words.field_of(heading)[0] == field


def test_every_heading_word_names_a_field_and_none_names_two():
    from importlib import resources

    text = resources.files("streha.people.imports.rules").joinpath("data", "headings.csv").read_text(encoding="utf-8")
    seen: dict[str, str] = {}
    for line in text.splitlines()[1:]:
        field, _language, heading = line.split(",")
        assert field in set(Field)
        key = words.folded(heading)
        assert seen.setdefault(key, field) == field, heading


def test_name_beside_a_family_name_is_the_given_name():
    assert guessed("Name", "Surname") == {"Name": "given", "Surname": "family"}
    assert guessed("Emri", "Gjinia")["Emri"] == "full_name"


def test_cells_tell_what_a_heading_does_not():
    cells = {
        "A": ["12.04.1961", "05.06.1990", "31.12.1984"],
        "B": ["F", "M", "F"],
        "C": ["+383 44 123 456", "044 987 654", "049123456"],
        "D": ["Peja", "Prizren", "Gjakova"],
        "Emri": ["Arta", "Besa", "Cen"],
    }
    found = guessed(*cells, cells=cells, is_place=lambda text: text in {"Peja", "Prizren", "Gjakova"})
    assert found == {"A": "birth", "B": "sex", "C": "phone", "D": "municipality", "Emri": "full_name"}


def test_a_heading_that_its_cells_belie_is_not_believed():
    cells = {"Gjinia": ["12.04.1961", "05.06.1990", "31.12.1984"], "Emri": ["Arta"] * 3}
    assert guessed(*cells, cells=cells)["Gjinia"] == "birth"


def test_a_second_municipality_is_where_they_came_from_and_other_doubles_are_left_out():
    assert guessed("Emri", "Komuna", "Komuna (2)")["Komuna (2)"] == "origin_municipality"
    assert guessed("Emri", "Mbiemri", "Gjinia", "Pol")["Pol"] == "ignore"
    assert guessed("Emri", "Telefoni", "Tel")["Tel"] == "phone"


def test_a_near_heading_is_guessed_with_less_confidence():
    (guess,) = columns.guess(["Datlindja"], [[]])
    assert guess.field == Field.BIRTH
    assert guess.confidence < 0.6


def test_memory_wins_for_the_same_headings_in_any_order_and_spelling():
    assert columns.signature(["Emri", "Shënim"]) == columns.signature(["SHENIM", "emri"])
    assert columns.signature(["Emri"]) != columns.signature(["Mbiemri"])
    assert guessed("Emri", "Kolona 5", remembered={columns.heading_key("Kolona 5"): "address"})["Kolona 5"] == "address"
    assert guessed("Emri", remembered={columns.heading_key("Emri"): "no such field"})["Emri"] == "full_name"


def test_a_mapping_needs_a_name_and_no_field_twice():
    with pytest.raises(BadInput, match="No column is marked as a name"):
        columns.check([("A", "birth")])
    with pytest.raises(BadInput) as twice:
        columns.check([("A", "given"), ("B", "birth"), ("C", "birth")])
    assert twice.value.code == "mapping_twice"
    assert "“B” and “C”" in twice.value.english()
    with pytest.raises(BadInput) as unknown:
        columns.check([("A", "shoe size")])
    assert unknown.value.code == "mapping_field_unknown"
    assert columns.check([("A", "given"), ("B", "phone"), ("C", "phone")])[0] == ("A", Field.GIVEN)


def test_a_mapping_by_hand_finds_headings_by_any_spelling():
    assert columns.given_by_hand(["Datëlindja"], {"datelindja": "birth"}) == {"Datëlindja": "birth"}
    with pytest.raises(BadInput, match="has no column “Shtëpia”"):
        columns.given_by_hand(["Datëlindja"], {"Shtëpia": "birth"})
