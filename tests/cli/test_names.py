"""``streha names compare``: two names, a file of pairs, and what is wrong with a file."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from streha.cli.names import group
from streha.common.errors import BadInput


def run(*arguments: str) -> str:
    result = CliRunner().invoke(group, ["compare", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_two_names() -> None:
    assert run("Xhevdet Hoxha", "Hodža Dževdet").startswith("same  1.0  xh = dž; order")


def test_two_names_as_json() -> None:
    found = json.loads(run("Agim Hoxha", "Arben Hoxha", "--json"))
    assert (found["grade"], found["same"]) == ("different", 0)


@pytest.mark.parametrize("text", ["a,b\nHoxha,Хоџа\nHoxha,\n", "\ufeffb;x;a\nХоџа;1;Hoxha\n;2;Hoxha\n"])
def test_a_file_of_pairs(tmp_path: Path, text: str) -> None:
    source, target = tmp_path / "pairs.csv", tmp_path / "graded.csv"
    source.write_text(text, encoding="utf-8")
    run("--pairs", str(source), "--out", str(target))
    with target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["a", "b", "same", "grade", "score", "why"]
    assert [(row["a"], row["b"], row["same"], row["grade"]) for row in rows] == [
        ("Hoxha", "Хоџа", "1", "same"),
        ("Hoxha", "", "0", "different"),
    ]


@pytest.mark.parametrize(
    ("content", "code"), [(b"left,right\nA,B\n", "no_column"), (b"", "no_column"), (b"a,b\nGa\x9ai,B\n", "not_utf8")]
)
def test_a_file_that_cannot_be_used(tmp_path: Path, content: bytes, code: str) -> None:
    source = tmp_path / "pairs.csv"
    source.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        run("--pairs", str(source))
    assert caught.value.code == code
    assert "pairs.csv" in caught.value.english()


def test_neither_or_both() -> None:
    assert CliRunner().invoke(group, ["compare", "Agim"]).exit_code == 2
    assert CliRunner().invoke(group, ["compare"]).exit_code == 2
