"""What holds of homes without a database: shares, contradictions, points, references, words of addresses."""

from __future__ import annotations

import datetime as dt
import doctest
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streha.common import errors
from streha.common.codes import Precision
from streha.homes import rules
from streha.homes.rules import OccupancyKind as Kind

DAY = dt.date(2020, 5, 1)


def test_the_examples_hold() -> None:
    assert doctest.testmod(rules).failed == 0


# --- shares


@pytest.mark.parametrize("text", ["0", "2", "3/2", "1/0", "half", "0 %", "101 %", "-1/2", "1/2/3"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(errors.BadInput) as told:
        rules.read_share(text)
    assert told.value.code == "share_unreadable"


def test_shares_of_one_time_come_to_the_whole_at_most() -> None:
    half, third = Fraction(1, 2), Fraction(1, 3)
    rules.check_sum([rules.Held(half, None, None), rules.Held(half, None, None)])
    with pytest.raises(errors.BadInput) as told:
        rules.check_sum([rules.Held(half, None, None), rules.Held(half, None, None), rules.Held(third, None, None)])
    assert told.value.details["total"] == "4/3"
    # whoever sold before the other bought does not count twice
    rules.check_sum([rules.Held(Fraction(1), None, DAY), rules.Held(Fraction(1), DAY, None)])
    with pytest.raises(errors.BadInput):
        rules.check_sum([rules.Held(Fraction(1), None, DAY), rules.Held(half, DAY - dt.timedelta(1), None)])


def test_an_unknown_share_counts_for_nothing() -> None:
    rules.check_sum([rules.Held(Fraction(1), None, None), rules.Held(None, None, None)])


# --- occupancy


def stay(kind: Kind, first: dt.date, last: dt.date | None = None, who: int | None = None) -> rules.Stay:
    return rules.Stay(kind, first, last, ("person", who) if who else None)


@pytest.mark.parametrize(
    ("one", "other", "wrong"),
    [
        (stay(Kind.EMPTY, DAY), stay(Kind.OWNER, DAY), True),
        (stay(Kind.RUINED, DAY), stay(Kind.TENANT, DAY.replace(year=2021)), True),
        (stay(Kind.EMPTY, DAY), stay(Kind.RUINED, DAY), True),
        (stay(Kind.EMPTY, DAY, DAY.replace(year=2021)), stay(Kind.OWNER, DAY.replace(year=2021)), False),
        (stay(Kind.OWNER, DAY, who=1), stay(Kind.TENANT, DAY, who=2), False),
        (stay(Kind.OWNER, DAY, who=1), stay(Kind.WITHOUT_RIGHT, DAY, who=2), False),
        (stay(Kind.OWNER, DAY, who=1), stay(Kind.TENANT, DAY, who=1), True),
        (stay(Kind.OWNER, DAY), stay(Kind.OWNER, DAY), True),
        (stay(Kind.OWNER, DAY), stay(Kind.TENANT, DAY), False),
    ],
)
def test_what_cannot_both_be_true(one: rules.Stay, other: rules.Stay, wrong: bool) -> None:
    assert rules.contradict(one, other) is rules.contradict(other, one) is wrong


days = st.dates(min_value=dt.date(1950, 1, 1), max_value=dt.date(2026, 1, 1))


@given(days, st.integers(1, 4000), days, st.integers(1, 4000))
def test_overlap_is_having_a_day_in_common(a: dt.date, length_a: int, b: dt.date, length_b: int) -> None:
    one, other = stay(Kind.OWNER, a, a + dt.timedelta(length_a)), stay(Kind.EMPTY, b, b + dt.timedelta(length_b))
    common = {a + dt.timedelta(n) for n in range(length_a)} & {b + dt.timedelta(n) for n in range(length_b)}
    assert rules.overlap(one, other) is bool(common)


def test_a_year_is_taken_at_its_latest_day() -> None:
    empty = rules.stay(Kind.EMPTY, dt.date(1999, 1, 1), Precision.YEAR, dt.date(2010, 5, 3))
    owner = rules.stay(Kind.OWNER, dt.date(2010, 1, 1), Precision.YEAR, None)
    assert not rules.contradict(empty, owner)
    exactly = rules.stay(Kind.OWNER, dt.date(2010, 1, 1), Precision.DAY, None)
    assert rules.contradict(empty, exactly)
    assert rules.stay(Kind.OWNER, dt.date(2011, 12, 1), Precision.MONTH, None).first == dt.date(2011, 12, 31)


# --- places and references


@pytest.mark.parametrize("text", ["42.2139, 20.7397", "42,2139; 20,7397", "42.2139 20.7397", "42.2139° 20.7397"])
def test_points_as_people_copy_them(text: str) -> None:
    assert rules.read_point(text) == rules.Point(20.7397, 42.2139)


@pytest.mark.parametrize("text", ["north of the bridge", "42.2139", "142.2, 20.7", "42.2, 200.7", "1e5, 2"])
def test_what_is_no_point_is_refused(text: str) -> None:
    with pytest.raises(errors.BadInput) as told:
        rules.read_point(text)
    assert told.value.details["field"] == "point"


@pytest.mark.parametrize("reference", ["P-71914012-00123-0", "p 71914012/00123.0", "П-71914012-00123-0"])
def test_one_reference_however_it_is_written(reference: str) -> None:
    assert rules.plain_cadastral(reference) == "P71914012001230"


@pytest.mark.parametrize("reference", ["parcel", "-", "1" * 50])
def test_what_is_no_reference_is_refused(reference: str) -> None:
    with pytest.raises(errors.BadInput) as told:
        rules.check_cadastral("", reference)
    assert told.value.code == "cadastral_malformed"


def test_an_address_in_two_scripts_has_the_same_keys() -> None:
    assert rules.address_keys("Улица липа 12") == rules.address_keys("Ulica lipa 012") == ("ulica", "lipa", "12")


def test_a_search_is_a_number_a_reference_or_words() -> None:
    assert rules.understand("PR-0000012").property_id == 12
    assert rules.understand("P-71914012-00123-0").reference == "P71914012001230"
    assert [keys[0] for keys in rules.understand("Lisit 77").words] == ["lisit", "77"]
    assert rules.understand("  ").is_empty


@given(st.text(max_size=60))
def test_no_search_breaks_it(text: str) -> None:
    rules.understand(text)
    rules.address_keys(text)


def test_lists_of_classes_are_read_as_they_are_typed() -> None:
    entries = rules.read_class_lines("d0 | none | pa | без | bez\n\nd1|slight\n")
    assert [(e.code, e.position, e.label_en, e.label_sr_latn) for e in entries] == [
        ("d0", 0, "none", "bez"),
        ("d1", 1, "slight", ""),
    ]
    assert rules.read_class_lines(rules.class_lines(entries)) == entries
    for wrong in ("d0|a\nd0|b", "D 1|a\nd2|b", "d1|a", "d1|\nd2|b"):
        with pytest.raises(errors.BadInput):
            rules.check_class_list("t", "s", rules.read_class_lines(wrong))
    with pytest.raises(errors.BadInput):
        rules.check_class_list("t", "", entries)
