"""docs/methods/linkage.md shows the weights that came with the program, and examples as they come out."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.published import linkage_examples

from streha.engine import linkage

PAGE = (Path(__file__).parents[2] / "docs" / "methods" / "linkage.md").read_text(encoding="utf-8")


def between(mark: str) -> list[str]:
    return PAGE.split(f"<!-- {mark}: begin -->")[1].split(f"<!-- {mark}: end -->")[0].strip().splitlines()


@pytest.mark.parametrize("example", sorted(linkage_examples.EXAMPLES))
def test_the_worked_tables_are_what_comes_out(example: str) -> None:
    assert between(f"example {example}") == linkage_examples.rows(example)


@pytest.mark.parametrize(("example", "is_one"), [("again", True), ("namesake", False)])
def test_the_bits_of_an_example_add_up(example: str, is_one: bool) -> None:
    bits = [float(row.split("|")[-2].strip(" *")) for row in between(f"example {example}")]
    assert sum(bits[:-1]) == pytest.approx(bits[-1], abs=0.05)
    assert (bits[-1] > 0) is is_one


def test_the_page_shows_the_weights_of_the_program() -> None:
    shown = [[cell.strip() for cell in row.strip("|").split("|")] for row in between("weights")]
    model = linkage.register()
    levels = [
        [one.column.replace("_", " "), f"{level.m:.6f}", f"{level.u:.6f}", f"{level.bits:+.2f}"]
        for one in model.comparisons
        for level in one.levels
    ]
    assert [[row[0], *row[2:]] for row in shown] == levels
    assert f"version {model.version}" in PAGE
