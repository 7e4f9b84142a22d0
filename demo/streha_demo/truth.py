"""What is true about the fictional register: which records are one person, and what is wrong with each.

The measure for finding duplicates: the same table of records without the truth goes into ``streha linkage dedupe``,
and what it finds is held against the pairs here. Run as::

    python -m streha_demo.truth --people 20000 --seed 1 --out truth

which writes ``records.csv`` (what an office would see), ``truth.csv`` (record, person, flaws, twin, namesake) and
``pairs.csv`` (every true pair, left before right). Needs no database; municipalities come with the package.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import resources
from itertools import combinations
from pathlib import Path

from streha_demo import people
from streha_demo.families import Place
from streha_demo.people import Record

RECORD_COLUMNS = (
    "record", "given", "father", "family", "sex", "birth_date", "birth_precision", "municipality", "identifier",
    "phone", "household",
)  # fmt: skip
TRUTH_COLUMNS = ("record", "person", "flaws", "twin", "namesake")
YEAR = "2024-12-31"


def places() -> list[Place]:
    """Kosovo's municipalities with their people of 2024, from the files of the package."""
    data = resources.files("streha.places") / "data"

    def rows(name: str) -> list[dict[str, str]]:
        return list(csv.DictReader((data / name).read_text(encoding="utf-8").splitlines()))

    counted = {
        row["area_code"]: int(row["value"])
        for row in rows("kosovo_population.csv")
        if row["area_scheme"] == "xk-kas" and row["indicator"] == "population" and row["period_end"] == YEAR
    }
    return [
        Place(int(row["code"]), row["code"], counted[row["code"]], row["name_sq"], row["name_sr_Cyrl"])
        for row in rows("kosovo_municipalities.csv")
    ]


def records(size: int, *, seed: int, at: Sequence[Place] | None = None) -> Iterator[Record]:
    """Every record of the register in its order; its place in that order is its number, from 0."""
    for piece in people.pieces(size, seed=seed, places=at or places()):
        yield from piece.records


def true_pairs(found: Iterable[Record]) -> Iterator[tuple[int, int]]:
    """Every pair of records that are one person, by their numbers, left before right."""
    of_person: dict[int, list[int]] = {}
    for number, record in enumerate(found):
        of_person.setdefault(record.person, []).append(number)
    for numbers in of_person.values():
        yield from combinations(numbers, 2)


def as_seen(number: int, record: Record, household: int | None = None) -> tuple[str, ...]:
    """A record as an office sees it, in the order of ``RECORD_COLUMNS``."""
    draft = record.draft
    name = draft.names[0]
    return (
        str(number),
        name.given,
        name.father,
        name.family,
        str(draft.sex),
        draft.birth_date.isoformat() if draft.birth_date else "",
        str(draft.birth_precision),
        str(draft.keeper_id),
        next((identifier.value for identifier in draft.identifiers), ""),
        next((contact.value for contact in draft.contacts if contact.kind == "phone"), ""),
        "" if household is None else str(household),
    )


def as_known(number: int, record: Record) -> tuple[str, ...]:
    """The truth about a record, in the order of ``TRUTH_COLUMNS``; flaws are parted by bars."""
    others = (record.twin, record.namesake)
    return (
        str(number),
        str(record.person),
        "|".join(sorted(flaw.value for flaw in record.flaws)),
        *("" if other is None else str(other) for other in others),
    )


def write(size: int, *, seed: int, out: Path) -> int:
    """The three tables are in the folder, written piece by piece; returns the number of true pairs."""
    out.mkdir(parents=True, exist_ok=True)
    of_person: dict[int, list[int]] = {}
    with ExitStack() as files:
        seen = files.enter_context(_table(out / "records.csv", RECORD_COLUMNS))
        known = files.enter_context(_table(out / "truth.csv", TRUTH_COLUMNS))
        number = homes = 0
        for piece in people.pieces(size, seed=seed, places=places()):
            home_of = {m.at: homes + i for i, home in enumerate(piece.homes, 1) for m in home.members}
            for i, record in enumerate(piece.records):
                seen(as_seen(number, record, home_of.get(i)))
                known(as_known(number, record))
                of_person.setdefault(record.person, []).append(number)
                number += 1
            homes += len(piece.homes)
        pairs = sorted(pair for numbers in of_person.values() for pair in combinations(numbers, 2))
        written = files.enter_context(_table(out / "pairs.csv", ("left", "right")))
        for left, right in pairs:
            written((str(left), str(right)))
    return len(pairs)


@contextmanager
def _table(path: Path, columns: Sequence[str]) -> Iterator[Callable[[Sequence[str]], object]]:
    """A CSV file with its headings, and what writes a row into it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        yield writer.writerow


def main() -> None:
    """Write the tables from the terminal."""
    parser = argparse.ArgumentParser(prog="python -m streha_demo.truth", description="The truth about the demo.")
    parser.add_argument("--people", type=int, default=78_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("truth"))
    chosen = parser.parse_args()
    pairs = write(chosen.people, seed=chosen.seed, out=chosen.out)
    print(f"{chosen.people:,} records, {pairs:,} true pairs in {chosen.out}")  # noqa: T201 - said at the terminal


if __name__ == "__main__":
    main()
