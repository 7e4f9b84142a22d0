"""The page that tells of the ten families names each of them as the demo does."""

from __future__ import annotations

from pathlib import Path

from streha_demo.stories.families import TEN

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "ten-families.md"


def test_every_family_stands_on_the_page() -> None:
    rows = [line.split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][1:]
    told = [(cells[1].strip(), cells[2].strip()) for cells in rows]
    assert told == [(family.title, f"{family.members[0].given} {family.name}") for family in TEN]
