"""What one cell says, in every habit of the field."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from streha.people import rules as people
from streha.people.imports.rules import values, words
from streha.web import words as face

TODAY = dt.date(2026, 11, 22)
PLAIN = values.DateHabit(day_first=5, full=10)


def read(text: str, habit: values.DateHabit = PLAIN) -> tuple[str, str]:
    day, _ = values.date(text, habit, TODAY)
    return day.date.isoformat(), str(day.precision)


@pytest.mark.parametrize(
    ("text", "date", "precision"),
    [
        ("31.12.1984", "1984-12-31", "day"),
        ("31.12.1984.", "1984-12-31", "day"),
        ("31. 12. 1984. god", "1984-12-31", "day"),
        ("31/12/84", "1984-12-31", "day"),
        ("3/2/12", "2012-02-03", "day"),
        ("31-12-1984", "1984-12-31", "day"),
        ("1984-12-31", "1984-12-31", "day"),
        ("1984-12-31 00:00:00", "1984-12-31", "day"),
        ("1984/12/31", "1984-12-31", "day"),
        ("1984", "1984-01-01", "year"),
        ("1984.", "1984-01-01", "year"),
        ("1984. год.", "1984-01-01", "year"),
        ("00.00.1984", "1984-01-01", "year"),
        ("00.05.1984", "1984-05-01", "month"),
        ("05.1984", "1984-05-01", "month"),
        ("12/1984", "1984-12-01", "month"),
        ("31048", "1985-01-01", "day"),
        ("30987", "1984-11-01", "day"),
        ("12 prill 1961", "1961-04-12", "day"),
        ("12 Prill, 1961", "1961-04-12", "day"),
        ("12. април 1961.", "1961-04-12", "day"),
        ("12. aprila 1961", "1961-04-12", "day"),
        ("12-Apr-61", "1961-04-12", "day"),
        ("April 12, 1961", "1961-04-12", "day"),
        ("nëntor 1961", "1961-11-01", "month"),
        ("новембар 1961", "1961-11-01", "month"),
        ("12 Kasım 1961", "1961-11-12", "day"),
        ("rreth 1950", "1950-01-01", "estimate"),
        ("око 1950.", "1950-01-01", "estimate"),
        ("~1950", "1950-01-01", "estimate"),
    ],
)
def test_dates_in_every_habit(text, date, precision):
    assert read(text) == (date, precision)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("31.02.1984", "date_no_such_day"),
        ("31.04.1984", "date_no_such_day"),
        ("13.13.1984", "date_no_such_day"),
        ("29 shkurt 1983", "date_no_such_day"),
        ("14.08.2041", "date_in_future"),
        ("2041", "date_in_future"),
        ("1.1.1750", "date_too_early"),
        ("dje", "date_unreadable"),
        ("12 foo 1961", "date_unreadable"),
        ("1/2/3/4", "date_unreadable"),
        ("=1+1", "date_unreadable"),
    ],
)
def test_what_is_no_date_is_told_with_value_rule_and_remedy(text, code):
    with pytest.raises(values.Wrong) as wrong:
        values.date(text, PLAIN, TODAY)
    complaint = wrong.value.complaint
    assert complaint.code == code
    assert text in complaint.template.format(value=complaint.value, also=complaint.also)


def test_a_column_shows_whether_the_month_comes_first():
    habit = values.date_habit(["04/25/1961", "12/31/1984", "01/02/1990"])
    assert habit.is_month_first
    assert read("03/04/1990", habit) == ("1990-03-04", "day")
    assert values.date("03/04/1990", habit, TODAY)[1] is None


def test_a_column_that_writes_both_ways_is_told_cell_by_cell():
    habit = values.date_habit(["25/04/1961", "26/04/1961", "04/25/1961", "03/04/1990"])
    assert habit.is_mixed
    day, complaint = values.date("03/04/1990", habit, TODAY)
    assert day.date == dt.date(1990, 4, 3)
    assert complaint is not None
    assert complaint.code == "date_order_unsure"
    assert read("04/25/1961", habit) == ("1961-04-25", "day")


def test_a_column_that_never_shows_its_order_is_told_unless_it_is_written_with_points():
    habit = values.date_habit(["03/04/1990", "05/06/1991"])
    assert values.date("03/04/1990", habit, TODAY)[1] is not None
    assert values.date("03.04.1990", values.date_habit(["03.04.1990"]), TODAY)[1] is None


def test_first_of_january_means_year_only_where_the_column_shows_that_habit():
    habit = values.date_habit([*["01.01.1950"] * 5, *["12.04.1961"] * 95])
    assert habit.january == pytest.approx(0.05)
    assert habit.january_means_year
    day, complaint = values.date("01.01.1950", habit, TODAY)
    assert day.precision == "year"
    assert complaint is not None
    assert complaint.is_warning
    rare = values.date_habit([*["01.01.1950"] * 2, *["12.04.1961"] * 700])
    assert not rare.january_means_year
    assert values.date("01.01.1950", rare, TODAY)[0].precision == "day"


def test_the_habit_counts_excel_serials_and_iso_dates_too():
    habit = values.date_habit(["31049", "1985-01-01", "31049", "01.01.1985"])
    assert habit.full == 4
    assert habit.january == pytest.approx(0.5)  # 31049 is 2 January 1985


@given(st.dates(min_value=dt.date(1890, 1, 1), max_value=TODAY))
def test_every_day_is_read_back_from_every_full_form(day):
    serial = (day - dt.date(1899, 12, 30)).days
    forms = [f"{day:%d.%m.%Y}", day.isoformat(), f"{day.day}. {day.month}. {day.year}."]
    if serial >= 10_000:
        forms.append(str(serial))
    for form in forms:
        assert values.date(form, PLAIN, TODAY)[0].date == day


@given(st.text(max_size=25))
def test_no_text_crashes_a_reader(text):
    for reader in (
        lambda: values.date(text, PLAIN, TODAY),
        lambda: values.phones(text, "XK"),
        lambda: values.sex(text),
        lambda: values.identifier("identifier", text),
        lambda: values.email(text),
    ):
        try:
            reader()
        except values.Wrong as wrong:
            assert wrong.complaint.template
    values.relation(text)
    values.split_name(text, family_first=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("044 123 456", ("+38344123456",)),
        ("+383 44 123-456", ("+38344123456",)),
        ("0038344123456", ("+38344123456",)),
        ("044/123-456", ("+38344123456",)),
        ("44123456", ("+38344123456",)),
        ("+381 63 123 4567", ("+381631234567",)),
        ("044123456 / 049 987 654", ("+38344123456", "+38349987654")),
        ("044123456; +38349987654", ("+38344123456", "+38349987654")),
        ("+41 44 668 18 00", ("+41446681800",)),
    ],
)
def test_phones_by_country(text, expected):
    assert values.phones(text, "XK") == expected


@given(st.from_regex(r"0?4[3-9][ /-]?\d{3}[ /-]?\d{3}", fullmatch=True))
def test_the_quick_way_and_the_library_agree_on_phones(text):
    import phonenumbers

    number = phonenumbers.parse(text, "XK")
    expected = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if phonenumbers.is_valid_number(number):
        assert values.phones(text, "XK") == (expected,)
    else:
        with pytest.raises(values.Wrong):
            values.phones(text, "XK")


def test_a_phone_that_is_none_is_told_with_an_example():
    with pytest.raises(values.Wrong) as wrong:
        values.phones("12", "XK")
    assert wrong.value.complaint.code == "phone_unreadable"
    assert values.example_phone("XK").startswith("+383")


@pytest.mark.parametrize("word", ["F", "femër", "FEMRA", "Ж", "Ženski", "женско", "female", "grua"])
def test_words_for_women(word):
    assert values.sex(word) == "f"


@pytest.mark.parametrize("word", ["M", "mashkull", "Burrë", "М", "muški", "мушко", "male"])
def test_words_for_men(word):
    assert values.sex(word) == "m"


@pytest.mark.parametrize("word", ["1", "2", "x", "pol"])
def test_what_is_no_word_for_a_sex_is_told(word):
    with pytest.raises(values.Wrong):
        values.sex(word)


@pytest.mark.parametrize(
    ("word", "relation"),
    [
        ("Kryefamiljar", "head"),
        ("Носилац домаћинства", "head"),
        ("Head of household", "head"),
        ("Bashkëshortja", "spouse"),
        ("супруга", "spouse"),
        ("Vajza", "child"),
        ("ћерка", "child"),
        ("son", "child"),
        ("snaha", "in_law"),
        ("Nëna e kryefamiljarit", "parent"),
        ("unuk", "grandchild"),
    ],
)
def test_relations_in_four_languages(word, relation):
    assert values.relation(word) == (people.Relation(relation), None)


def test_an_unknown_relation_is_kept_as_unknown_with_a_warning():
    found, complaint = values.relation("kushëri i largët")
    assert found == "unknown"
    assert complaint is not None
    assert complaint.is_warning


def test_documents_by_checksum_and_by_pattern():
    assert values.identifier("jmbg", "0101006500006").value == "0101006500006"
    with pytest.raises(values.Wrong) as wrong:
        values.identifier("jmbg", "0101006500007")
    assert wrong.value.complaint.code == "jmbg_wrong"
    assert values.identifier("personal_number", "1 234 567 890").value == "1234567890"
    with pytest.raises(values.Wrong):
        values.identifier("personal_number", "123")
    assert values.identifier("passport", "p 01234567").value == "P01234567"
    assert values.identifier("identifier", "0101006500006").kind == "jmbg"
    assert values.identifier("identifier", "АБ-12345").kind == "other"


def test_a_number_that_a_spreadsheet_rounded_is_told():
    with pytest.raises(values.Wrong) as wrong:
        values.identifier("personal_number", "1.23456E+12")
    assert wrong.value.complaint.code == "identifier_rounded"


@pytest.mark.parametrize(
    ("text", "family_first", "expected"),
    [
        ("Arta Gashi", False, ("Arta", "", "Gashi")),
        ("Arta (Isa) Gashi", False, ("Arta", "Isa", "Gashi")),
        ("Arta Isa Gashi", False, ("Arta", "Isa", "Gashi")),
        ("Gashi, Arta", False, ("Arta", "", "Gashi")),
        ("Петровић Милан", True, ("Милан", "", "Петровић")),
        ("Петровић (Јован) Милан", True, ("Милан", "Јован", "Петровић")),
        ("Arta", False, ("Arta", "", "")),
        ("Ana Marija Petrović-Jović", False, ("Ana Marija", "", "Petrović-Jović")),
        ("", False, ("", "", "")),
    ],
)
def test_full_names_in_one_column(text, family_first, expected):
    assert values.split_name(text, family_first=family_first) == expected


@pytest.mark.parametrize("text", ["-", "?", "n/a", "nuk dihet", "непознато", "NEPOZNATO", "/", "..."])
def test_words_that_say_nobody_knows(text):
    assert words.is_unknown(text)


@pytest.mark.parametrize("text", ["Arta", "M", "0", "044123456", "Napa"])
def test_real_values_are_not_taken_for_nothing(text):
    assert not words.is_unknown(text)


@pytest.mark.parametrize("text", ["Gjithsej", "UKUPNO:", "Укупно", "Total", "Gjithsej persona"])
def test_rows_of_totals(text):
    assert words.is_total(text)


def test_a_family_called_like_a_total_is_no_total():
    assert not words.is_total("Zbirović")
    assert not words.is_total("Sumaili")


@pytest.mark.parametrize(
    ("word", "relation"),
    [("motër", "sibling"), ("Motër", "sibling"), ("mother", "parent"), ("motra", "sibling"), ("e motër", "sibling")],
)
def test_a_word_as_listed_wins_over_one_that_folds_alike(word: str, relation: str) -> None:
    assert values.relation(word) == (people.Relation(relation), None)


@pytest.mark.parametrize("language", ["en", "sq", "sr", "sr-latn"])
@pytest.mark.parametrize(
    ("kind", "listed"), [("sex", "sex"), ("relation", "relation"), ("episode_status", "status"), ("cause", "cause")]
)
def test_a_list_written_in_our_own_words_is_understood(language: str, kind: str, listed: str) -> None:
    with translation.override(language):
        shown = {code: str(word) for code, word in face.WORDS[kind].items()}
    unread = {("sex", "o"), ("sex", "u"), ("relation", "unknown")}  # an empty cell says these
    asked = {word: code for code, word in shown.items() if (kind, code) not in unread}
    assert {word: words.code_of(listed, word) for word in asked} == asked
