"""The truth table agrees with the register and is the same for the same seed."""

from __future__ import annotations

import csv
from pathlib import Path

from streha_demo import people, truth


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_tables_hold_every_record_and_every_true_pair(tmp_path: Path) -> None:
    pairs = truth.write(2_500, seed=5, out=tmp_path)
    seen, known, written = (rows(tmp_path / f"{name}.csv") for name in ("records", "truth", "pairs"))
    assert len(seen) == len(known) == 2_500
    assert pairs == len(written) >= 100
    person = {row["record"]: row["person"] for row in known}
    assert all(person[row["left"]] == person[row["right"]] for row in written)
    assert sum(row["identifier"] == "" for row in seen) == 375
    assert sum(row["birth_date"] == "" for row in seen) == 200
    assert "person" not in seen[0]


def test_the_same_seed_writes_the_same_tables(tmp_path: Path) -> None:
    truth.write(700, seed=5, out=tmp_path / "a")
    truth.write(700, seed=5, out=tmp_path / "b")
    for name in ("records.csv", "truth.csv", "pairs.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_places_are_the_38_with_the_census(tmp_path: Path) -> None:
    found = truth.places()
    assert len(found) == 38
    assert sum(place.people for place in found) == 1_602_515
    assert people.piece_count(20_000) == 10
