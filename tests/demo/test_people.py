"""The generator: the shares it promises, families that hold together, the same register for the same seed."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import phonenumbers
import pytest

from streha.common.codes import Precision, Script
from streha.people import rules
from streha_demo import people, writing
from streha_demo.families import Place
from streha_demo.lists import communities, name_lists, rows
from streha_demo.people import Piece, Record
from streha_demo.writing import Flaw

PLACES = [
    Place(100 + i, code, weight, "Këtu", "Овде")
    for i, (code, weight) in enumerate({"17": 80_000, "38": 8_000, "19": 220_000, "25": 110_000}.items())
]
SIZE = 6_500  # three whole pieces and a part of one


@pytest.fixture(scope="module")
def pieces() -> list[Piece]:
    return list(people.pieces(SIZE, seed=7, places=PLACES))


@pytest.fixture(scope="module")
def records(pieces: list[Piece]) -> list[Record]:
    return [record for piece in pieces for record in piece.records]


def test_it_makes_as_many_records_as_asked_for(records: list[Record]) -> None:
    assert len(records) == SIZE


@pytest.mark.parametrize("flaw", list(Flaw))
def test_flaws_come_in_exactly_their_shares(records: list[Record], flaw: Flaw) -> None:
    assert sum(flaw in record.flaws for record in records) == writing.SHARES[flaw] * SIZE // 1000


def test_the_shares_are_those_that_finding_duplicates_is_measured_by(records: list[Record]) -> None:
    """Told here once more in figures of their own: whoever makes the demo easier changes what was promised."""
    promised = {
        Flaw.SPELLING: 0.12,  # another script or spelling
        Flaw.TYPO: 0.06,
        Flaw.SWAPPED: 0.05,  # day and month
        Flaw.YEAR_ONLY: 0.10,
        Flaw.NO_BIRTH: 0.08,
        Flaw.NO_IDENTIFIER: 0.15,
    }
    assert set(promised) == set(Flaw)
    for flaw, share in promised.items():
        assert sum(flaw in record.flaws for record in records) / SIZE == pytest.approx(share, abs=0.0005), flaw
    assert len({r.person for r in records if r.twin is not None}) / SIZE == pytest.approx(0.01, abs=0.001)
    assert len({r.person for r in records if r.namesake is not None}) / SIZE == pytest.approx(0.02, abs=0.001)


def test_four_in_a_hundred_records_are_of_somebody_registered_before(records: list[Record]) -> None:
    assert SIZE - len({record.person for record in records}) == 40 * SIZE // 1000


def test_twins_are_one_in_a_hundred_and_share_a_birthday(records: list[Record]) -> None:
    first = {record.person: record for record in reversed(records)}
    twins = {record.person for record in records if record.twin is not None}
    assert len(twins) == pytest.approx(SIZE * 0.01, abs=2)
    exact = {Flaw.SWAPPED, Flaw.YEAR_ONLY, Flaw.NO_BIRTH, Flaw.SPELLING, Flaw.TYPO}
    compared = 0
    for one in twins:
        other = first[one].twin
        assert other is not None and first[other].twin == one
        if not exact & (first[one].flaws | first[other].flaws):
            compared += 1
            assert first[one].draft.birth_date == first[other].draft.birth_date
            assert first[one].draft.names[0].family == first[other].draft.names[0].family
            assert first[one].draft.names[0].given != first[other].draft.names[0].given
    assert compared > 5


def test_namesakes_are_two_in_a_hundred_of_one_year_and_place(records: list[Record]) -> None:
    first = {record.person: record for record in reversed(records)}
    namesakes = {record.person for record in records if record.namesake is not None}
    assert len(namesakes) == pytest.approx(SIZE * 0.02, abs=2)
    compared = 0
    for one in namesakes:
        other = first[one].namesake
        assert other is not None and first[other].namesake == one
        a, b = first[one], first[other]
        if a.draft.birth_date and b.draft.birth_date and not (a.flaws | b.flaws) & {Flaw.SPELLING, Flaw.TYPO}:
            compared += 1
            assert (a.draft.names[0].given, a.draft.names[0].family) == (
                b.draft.names[0].given,
                b.draft.names[0].family,
            )
            assert a.draft.birth_date.year == b.draft.birth_date.year
            assert a.draft.sex == b.draft.sex
    assert compared > 20


def test_people_live_where_the_weights_say(records: list[Record]) -> None:
    found = Counter(record.draft.keeper_id for record in records)
    whole = sum(place.people for place in PLACES)
    for place in PLACES:
        assert found[place.id] / SIZE == pytest.approx(place.people / whole, rel=0.25)


def test_the_same_seed_is_the_same_register_whichever_piece_comes_first(pieces: list[Piece]) -> None:
    assert people.piece(2, SIZE, seed=7, places=PLACES) == pieces[2]
    assert people.piece(2, SIZE, seed=8, places=PLACES) != pieces[2]


def test_every_draft_passes_the_rules_of_the_register(records: list[Record]) -> None:
    for record in records:
        rules.check_person(record.draft, people.AS_OF)
        for identifier in record.draft.identifiers:
            rules.check_identifier(identifier)
        assert record.draft.is_fictional


def test_other_spellings_differ_from_the_bearers_own(records: list[Record]) -> None:
    written = {name for row in rows("given_names.csv") for name in [row["name"]]}
    scripts = Counter(r.draft.names[0].tidy().script for r in records if Flaw.SPELLING in r.flaws)
    assert scripts[Script.CYRILLIC] > 100 and scripts[Script.LATIN] > 100
    plain = [r.draft.names[0].given for r in records if not r.flaws & {Flaw.SPELLING, Flaw.TYPO}]
    assert set(plain) <= written


def test_dates_say_how_exact_they_are(records: list[Record]) -> None:
    for record in records:
        draft = record.draft
        if Flaw.NO_BIRTH in record.flaws:
            assert draft.birth_date is None and not draft.birth_precision
        elif Flaw.YEAR_ONLY in record.flaws:
            assert draft.birth_date and (draft.birth_date.month, draft.birth_date.day) == (1, 1)
            assert draft.birth_precision == Precision.YEAR
        else:
            assert draft.birth_precision == Precision.DAY


def test_families_hold_together(pieces: list[Piece]) -> None:
    for piece in pieces:
        lived_in = [member.at for home in piece.homes for member in home.members]
        assert len(lived_in) == len(set(lived_in))
        for home in piece.homes:
            heads = [m for m in home.members if m.relation == rules.Relation.HEAD]
            assert len(heads) <= 1
            born = {m.relation: piece.records[m.at].draft.birth_date for m in home.members}
            flawed = any(piece.records[m.at].flaws & {Flaw.SWAPPED, Flaw.YEAR_ONLY} for m in home.members)
            head, child = born.get(rules.Relation.HEAD), born.get(rules.Relation.CHILD)
            if head and child and not flawed:
                assert child > head + dt.timedelta(days=365 * 13)


def test_phones_have_a_valid_form_that_no_network_gives_out(records: list[Record]) -> None:
    phones = [c.value for r in records for c in r.draft.contacts if c.kind == rules.ContactKind.PHONE]
    assert len(phones) > 1000
    for phone in phones[:300]:
        assert phonenumbers.is_possible_number(phonenumbers.parse(phone))
        assert phone.startswith("+3834") and phone[6] == "0"


def test_numbers_belong_to_one_person_alone(records: list[Record]) -> None:
    holders: dict[str, set[int]] = {}
    for record in records:
        for identifier in record.draft.identifiers:
            holders.setdefault(identifier.value, set()).add(record.person)
    assert all(len(people_) == 1 for people_ in holders.values())


def test_spread_gives_every_number_once() -> None:
    assert len({people.spread(i) for i in range(200_000)}) == 200_000


@pytest.mark.parametrize("word", ["Hoxha", "Ana", "Јовановић", "Bo"])
def test_a_typo_is_never_the_word_itself(word: str) -> None:
    import random

    rng = random.Random(3)
    assert all(writing.typo(rng, word) != word for _ in range(300))


def test_the_lists_hold_as_many_names_as_promised() -> None:
    found = Counter(row["community"] for file in ("given_names.csv", "family_names.csv") for row in rows(file))
    assert found["albanian"] >= 120
    assert found["serbian"] >= 80
    assert sum(number for community, number in found.items() if community not in {"albanian", "serbian"}) >= 60


def test_every_municipality_has_communities_that_have_names() -> None:
    assert set(communities()) == {f"{code:02d}" for code in range(1, 39)}
    for drawn in communities().values():
        assert set(drawn.things) <= set(name_lists().communities)
