"""Kits, codes and picking, without a database."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streha.assistance.distributions.rules import codes, plans
from streha.assistance.distributions.rules.slips import Collects
from streha.assistance.supplies.rules import kits, stock
from streha.common import errors
from streha.common.codes import Sex

TODAY = dt.date(2026, 11, 22)
people = st.lists(st.builds(kits.Someone, st.none() | st.integers(0, 99), st.sampled_from(list(Sex))), max_size=12)
code_signs = st.text(alphabet=codes.SIGNS, min_size=9, max_size=9)


@given(code_signs, st.integers(0, 9), st.sampled_from(codes.SIGNS))
def test_one_wrong_sign_never_passes(signs: str, place: int, wrong: str) -> None:
    code = signs + codes.check_sign(signs)
    changed = code[:place] + wrong + code[place + 1 :]
    assert codes.read(code) == codes.Reading(codes.Read.GOOD, code)
    assert (codes.read(changed).state is codes.Read.GOOD) == (changed == code)


@given(code_signs, st.integers(0, 9), st.integers(0, 9))
def test_two_signs_exchanged_never_pass(signs: str, one: int, other: int) -> None:
    code = signs + codes.check_sign(signs)
    swapped = list(code)
    swapped[one], swapped[other] = swapped[other], swapped[one]
    assert (codes.read("".join(swapped)).state is codes.Read.GOOD) == ("".join(swapped) == code)


def test_what_hands_write_and_other_keyboards_type_is_read() -> None:
    rng = random.Random(7)
    for _ in range(200):
        code = codes.new_code(rng)
        assert codes.read(f" {codes.shown(code).lower()} ").code == code
        look_alike = code.translate(str.maketrans("01ABEKMHPCTXY5", "OIАВЕКМНРСТХУS"))
        assert codes.read(look_alike).code == code
    assert codes.read("12345").state is codes.Read.WRONG_LENGTH
    assert codes.read("!!!!!!!!!!").state is codes.Read.UNKNOWN_SIGN
    assert len({codes.new_code(rng) for _ in range(10_000)}) == 10_000


def test_a_kit_by_hand() -> None:
    rules = (
        kits.Rule("SOAP", kits.Per.PERSON, Decimal("0.5")),
        kits.Rule("PADS", kits.Per.PERSON, Decimal(1), age_from=12, age_to=50, sex=Sex.FEMALE),
        kits.Rule("CAN", kits.Per.HOUSEHOLD, Decimal(1), size_to=3),
        kits.Rule("CAN", kits.Per.HOUSEHOLD, Decimal(2), size_from=4),
        kits.Rule("MILK", kits.Per.PERSON, Decimal(3), age_to=4),
    )
    woman, man, child = kits.Someone(30, Sex.FEMALE), kits.Someone(33, Sex.MALE), kits.Someone(4, Sex.MALE)
    assert kits.due(rules, [woman, man, child]) == {"SOAP": 2, "PADS": 1, "CAN": 1, "MILK": 3}
    assert kits.due(rules, [woman, woman, man, kits.Someone(None)]) == {"SOAP": 2, "PADS": 2, "CAN": 2}
    assert kits.due(rules, []) == {}
    for wrong in (
        (),
        (kits.Rule("A", kits.Per.PERSON, Decimal(0)),),
        (kits.Rule("A", kits.Per.PERSON, Decimal(1), age_from=9, age_to=3),),
        (kits.Rule("A", kits.Per.HOUSEHOLD, Decimal(1), age_from=9),),
    ):
        with pytest.raises(errors.BadInput):
            kits.check_rules(wrong)


@given(people, people)
def test_who_joins_never_makes_a_kit_by_person_less(some: list[kits.Someone], more: list[kits.Someone]) -> None:
    rules = (kits.Rule("A", kits.Per.PERSON, Decimal("0.3")), kits.Rule("B", kits.Per.PERSON, Decimal(2), age_to=4))
    less, all_ = kits.due(rules, some), kits.due(rules, some + more)
    assert all(all_.get(item, 0) >= quantity for item, quantity in less.items())
    assert kits.due(rules, list(reversed(some))) == less


lots = st.lists(
    st.builds(
        stock.Lot, st.integers(1, 40), st.just(1), st.integers(0, 50),
        st.none() | st.dates(TODAY - dt.timedelta(30), TODAY + dt.timedelta(90)),
    ),
    max_size=8,
    unique_by=lambda lot: lot.batch_id,
)  # fmt: skip


@given(lots, st.integers(1, 120))
def test_what_expires_first_is_picked_first_and_expired_never(there: list[stock.Lot], wanted: int) -> None:
    usable = sum(lot.quantity for lot in there if lot.expires_on is None or lot.expires_on >= TODAY)
    if usable < wanted:
        with pytest.raises(errors.Conflict):
            stock.picked(there, 1, wanted, TODAY)
        return
    picks = {each.batch_id: each.quantity for each in stock.picked(there, 1, wanted, TODAY)}
    assert sum(picks.values()) == wanted
    by_id = {lot.batch_id: lot for lot in there}
    days = [by_id[pk].expires_on or dt.date.max for pk in picks]
    assert all(day >= TODAY for day in days)
    left = [
        lot.expires_on or dt.date.max
        for lot in there
        if lot.quantity > picks.get(lot.batch_id, 0) and (lot.expires_on is None or lot.expires_on >= TODAY)
    ]
    assert not left or max(days) <= min(left)


def test_lines_from_paper() -> None:
    told = plans.paper_lines([["Kodi", "kush"], ["AAAAA-AAAAA", "marrës"], [""], [" b ", "nosilac"], ["c"]])
    assert [(line.typed, line.collects) for line in told] == [
        ("AAAAA-AAAAA", Collects.COLLECTOR), ("b", Collects.HEAD), ("c", None),
    ]  # fmt: skip
    with pytest.raises(errors.BadInput):
        plans.paper_lines([["code"]])
