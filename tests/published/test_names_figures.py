"""The figures of docs/methods/names.md are those of the rules as they stand; the bar is held."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bench import names as bench

from streha.engine import names

PAGE = Path(__file__).parents[2] / "docs" / "methods" / "names.md"


MEASURED = ("test", "fresh")


def figures(half: str) -> str:
    begin, end = bench.marks(half)
    return PAGE.read_text(encoding="utf-8").split(begin)[1].split(end)[0]


def row(figures: str, label: str) -> list[str]:
    found = re.search(rf"^\| {re.escape(label)} \|(.*)\|$", figures, re.MULTILINE)
    assert found, f"the page has no row for {label}"
    return [cell.strip() for cell in found[1].split("|")]


@pytest.mark.parametrize("half", MEASURED)
@pytest.mark.parametrize(
    ("label", "method"),
    [
        ("streha grade", bench.ours),
        ("streha key only", bench.key_equal),
        ("casefold", bench.casefold),
        ("Jaro-Winkler ≥ 0.9", bench.jaro_winkler),
    ],
)
def test_the_page_shows_what_is_measured(half: str, label: str, method: object) -> None:
    counts = bench.count(bench.read(half), method)  # type: ignore[arg-type]
    recall, precision, f1 = row(figures(half), label)
    assert recall == bench.share(counts.hits, counts.hits + counts.missed)
    assert precision == bench.share(counts.hits, counts.hits + counts.false)
    assert f1 == f"{counts.f1:.3f}"


@pytest.mark.parametrize("half", MEASURED)
def test_the_page_shows_every_grade(half: str) -> None:
    assert "\n".join(bench.grades_table(bench.read(half))) in figures(half)


@pytest.mark.parametrize("half", MEASURED)
def test_the_bar_is_held(half: str) -> None:
    counts = bench.count(bench.read(half), bench.ours)
    assert counts.hits / (counts.hits + counts.missed) >= 0.95
    assert counts.hits / (counts.hits + counts.false) >= 0.98


@pytest.mark.parametrize("half", MEASURED)
def test_every_peer_stands_on_the_page(half: str) -> None:
    for label in ("anyascii", "ICU Any-Latin; Latin-ASCII", "double metaphone"):
        assert len(row(figures(half), label)) == 3


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_wilsons(hits: int, of: int, low: float, high: float) -> None:
    assert bench.wilson(hits, of) == pytest.approx((low, high), abs=5e-5)


def table(heading: str) -> list[list[str]]:
    """The rows of the table whose heading begins with ``heading``."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    begin = next(at for at, line in enumerate(lines) if line.startswith(f"| {heading}"))
    rows = []
    for line in lines[begin + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    assert rows
    return rows


@pytest.mark.parametrize(("spellings", "key"), [tuple(row) for row in table("spellings")])
def test_the_worked_keys_hold(spellings: str, key: str) -> None:
    assert {names.fold(word) for word in spellings.split(", ")} == {key.strip("`")}


@pytest.mark.parametrize(("a", "b", "grade", "reasons"), [tuple(row) for row in table("one name")])
def test_the_worked_grades_hold(a: str, b: str, grade: str, reasons: str) -> None:
    found = names.grade(a, b)
    assert (found.grade.value, set(found.reasons)) == (grade, set(reasons.split("; ")))
