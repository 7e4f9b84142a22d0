"""What is undocumented cannot ship: every field, code and remark of imports stands in the manual."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streha.people.imports.rules.columns import Field
from streha.web import words

ROOT = Path(__file__).parents[2]
MANUAL = (ROOT / "docs/reference/import-columns.md").read_text(encoding="utf-8")
RULES = ROOT / "src/streha/people/imports/rules"


@pytest.mark.parametrize("field", list(Field))
def test_every_field_is_documented_and_has_a_word(field):
    assert f"`{field}`" in MANUAL
    assert str(field) in words.WORDS["import_field"]


def codes() -> set[str]:
    found: set[str] = set()
    for file in ("values.py", "rows.py"):
        text = (RULES / file).read_text(encoding="utf-8")
        found |= set(re.findall(r'(?:Complaint\(|"(?:Field|[a-z_]+)",)\s*"([a-z_]{6,})",\s*[A-Z_]+', text))
        found |= set(re.findall(r'Complaint\(\s*"([a-z_]+)"', text))
        found |= set(re.findall(r'Problem\([^)]*?"([a-z]+_[a-z_]+)"', text, re.DOTALL))
    return found - {"name"}


def test_the_search_for_codes_finds_them():
    assert {"date_no_such_day", "phone_unreadable", "identifier_shared", "two_heads", "place_unknown"} <= codes()


@pytest.mark.parametrize("code", sorted(codes()))
def test_every_problem_is_documented_and_has_a_word(code):
    assert f"`{code}`" in MANUAL
    assert code in words.WORDS["import_problem"]


def test_every_remark_of_a_sheet_has_a_word():
    text = (ROOT / "src/streha/formats/tables.py").read_text(encoding="utf-8")
    remarks = set(re.findall(r'Remark\("([a-z_]+)"', text))
    assert len(remarks) >= 8
    assert remarks <= set(words.WORDS["import_remark"])
