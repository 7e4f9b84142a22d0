"""The labelled lists themselves: no pair twice, no name in both halves, no municipality forgotten."""

import csv
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parent


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _pairs(name: str) -> set[frozenset[str]]:
    return {frozenset((row["a"], row["b"])) for row in _rows(name)}


def test_no_pair_stands_twice_and_none_is_trivial() -> None:
    pairs = [frozenset((row["a"], row["b"])) for row in _rows("pairs.csv")]
    assert len(pairs) == len(set(pairs)) >= 1200
    assert all(len(pair) == 2 for pair in pairs)


def test_the_fresh_list_repeats_no_pair_of_the_first() -> None:
    first, fresh = (_pairs(name) for name in ("pairs.csv", "fresh_pairs.csv"))
    assert len(fresh) == len(_rows("fresh_pairs.csv")) >= 800
    assert not first & fresh
    assert all(len(pair) == 2 for pair in fresh)


def test_grades_and_halves_are_balanced() -> None:
    rows = _rows("pairs.csv")
    assert {row["grade"] for row in rows} == {"same", "compatible", "different"}
    assert sum(row["grade"] == "different" for row in rows) * 2 >= len(rows)
    for grade in ("same", "compatible", "different"):
        halves = [row["half"] for row in rows if row["grade"] == grade]
        assert abs(halves.count("tune") - halves.count("test")) <= len(halves) * 0.1
        assert halves.count("tune") + halves.count("test") == len(halves)


def test_no_single_name_stands_in_both_halves() -> None:
    halves: defaultdict[tuple[str, bool], set[str]] = defaultdict(set)
    for row in _rows("pairs.csv"):
        is_given = row["kind"] in ("hard-negative-given", "hard-negative-sex")
        if row["kind"] == "hard-negative-family" or is_given:
            for side in ("a", "b"):
                halves[row[side].casefold(), is_given].add(row["half"])
    assert halves
    assert not [name for name, found in halves.items() if len(found) > 1]


def test_every_municipality_is_written_in_several_ways() -> None:
    rows = _rows("place_variants.csv")
    written = [row["written"] for row in rows]
    assert len(written) == len(set(written)) >= 200
    ways: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        assert (row["municipality_code"] == "") == (row["kind"] in ("unknown", "ambiguous"))
        ways[row["municipality_code"]] += 1
    assert ways.pop("") >= 40
    assert sorted(ways) == [f"{code:02d}" for code in range(1, 39)]
    assert min(ways.values()) >= 5
