"""``streha linkage dedupe``: doubles in a file of any columns, weights taken again, and what is wrong with a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from streha.cli.linkage import group
from streha.common.errors import BadInput

ROOT = Path(__file__).parents[2]
PEOPLE = """nr;first;last;born;town
a1;Agim;Hoxha;08.03.1984;Pejë
a2;Агим;Хоџа;1984;Peja
b1;Besa;Krasniqi;1990-05-01;Prizren
b2;Besa;Krasnići;1990-01-05;Prizreni
c1;Milan;Jovanović;1975-02-11;Gračanica
d1;Drita;Berisha;2001-10-30;Gjakovë
"""
CONFIG = """
id = "nr"
blocking = [["last:key"], ["born:year"]]
[columns]
first = "given name"
last = "family name"
born = { kind = "date" }
town = "place"
"""
FILES = ("clusters.csv", "model.json", "pairs.csv")


def run(*arguments: object) -> str:
    result = CliRunner().invoke(group, ["dedupe", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "people.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE, encoding="utf-8-sig")
    return path


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights learnt once from sixty people of whom every second stands in the list again, written otherwise."""
    folder = tmp_path_factory.mktemp("learnt")
    (folder / "people.toml").write_text(CONFIG, encoding="utf-8")
    given, family = ("Agim", "Besa", "Drita", "Milan", "Arben", "Vesna"), ("Hoxha", "Gashi", "Berisha", "Jovanović")
    rows = ["nr;first;last;born;town"]
    for i in range(60):
        first, last = given[i % 6], family[i % 4]
        rows.append(f"p{i};{first};{last};{1950 + i}-{1 + i % 12:02d}-{1 + i % 28:02d};Pejë")
        if i % 2:
            rows.append(f"q{i};{first};{last.replace('xh', 'dž')};{1950 + i};Peja")
    (folder / "people.csv").write_text("\n".join(rows), encoding="utf-8")
    said = run(folder / "people.csv", "--config", folder / "people.toml", "--out", folder / "out")
    assert "90 records" in said
    return folder / "out"


def test_what_it_learns_it_writes(learnt: Path) -> None:
    assert sorted(path.name for path in learnt.iterdir()) == sorted(FILES)
    pairs = pl.read_csv(learnt / "pairs.csv")
    assert pairs.columns == ["left", "right", "probability"]
    found = {(row["left"][1:], row["right"][1:]) for row in pairs.to_dicts()}
    assert len({pair for pair in found if pair[0] == pair[1]}) >= 25, "most of the thirty are found"
    clusters = pl.read_csv(learnt / "clusters.csv")
    assert clusters.columns == ["record", "cluster"]
    assert clusters["record"].to_list()[:3] == ["p0", "p1", "q1"], "every record, in the order of the file"
    model = json.loads((learnt / "model.json").read_text(encoding="utf-8"))
    assert model["training"]["rows"] == 90
    assert model["training"]["tool"].startswith("splink 5")


def test_weights_are_taken_again(people: Path, config: Path, learnt: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    said = run(people, "--config", config, "--out", out, "--model", learnt / "model.json")
    pairs = pl.read_csv(out / "pairs.csv")
    assert {frozenset(row) for row in pairs.select("left", "right").iter_rows()} == {
        frozenset(("a1", "a2")),
        frozenset(("b1", "b2")),
    }
    clusters = dict(pl.read_csv(out / "clusters.csv").iter_rows())
    assert clusters["a1"] == clusters["a2"] != clusters["b1"] == clusters["b2"]
    assert len(set(clusters.values())) == 4
    assert "6 records, 2 pairs from 0.5 on, 4 people" in said


def test_parquet_without_a_key_is_numbered_from_one(people: Path, learnt: Path, tmp_path: Path) -> None:
    table = tmp_path / "people.data"
    pl.read_csv(people, separator=";", infer_schema=False).write_parquet(table)
    config = tmp_path / "c.toml"
    config.write_text(CONFIG.replace('id = "nr"', ""), encoding="utf-8")
    run(table, "--config", config, "--out", tmp_path / "out", "--model", learnt / "model.json")
    assert pl.read_csv(tmp_path / "out" / "clusters.csv")["record"].to_list() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("columns = {", "not_toml"),
        ("id = 'nr'", "no_columns"),
        ("colums = 1\n[columns]\nfirst = 'given name'", "unknown_key"),
        ("[columns]\nfirst = 'forename'", "no_such_kind"),
        ("[columns]\nfirst = 3", "bad_column"),
        ("spelling = 'german'\n[columns]\nfirst = 'given name'", "no_such_kind"),
        ("threshold = 2\n[columns]\nfirst = 'given name'", "bad_threshold"),
        ("blocking = ['first']\n[columns]\nfirst = 'given name'", "bad_blocking"),
        ("blocking = [['first:soul']]\n[columns]\nfirst = 'given name'", "no_such_part"),
        ("blocking = [['soul:key']]\n[columns]\nfirst = 'given name'", "no_such_column"),
        ("[columns]\nname = 'given name'", "no_column"),
        ("id = 'number'\n[columns]\nfirst = 'given name'", "no_column"),
        ("person = 'who'\n[columns]\nfirst = 'given name'", "no_column"),
    ],
)
def test_a_config_that_cannot_be_used(people: Path, tmp_path: Path, said: str, code: str) -> None:
    config = tmp_path / "c.toml"
    config.write_text(said, encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        run(people, "--config", config, "--out", tmp_path / "out")
    assert refused.value.code == code
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"nr,first\n", "no_rows"),
        (b"nr,first\n1,G\xebzim\n", "not_a_table"),
        (b"PAR1x", "not_a_table"),
    ],
)
def test_a_file_that_cannot_be_used(config: Path, tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput) as refused:
        run(path, "--config", config, "--out", tmp_path / "out")
    assert refused.value.code == code


@pytest.mark.parametrize(("text", "code"), [("{", "not_json"), ("{}", "bad_model"), ("[]", "bad_model")])
def test_weights_that_are_none(people: Path, config: Path, tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "model.json").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        run(people, "--config", config, "--out", tmp_path / "out", "--model", tmp_path / "model.json")
    assert refused.value.code == code


def test_it_needs_neither_settings_nor_django(people: Path, config: Path, learnt: Path, tmp_path: Path) -> None:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("DJANGO", "STREHA", "DATABASE"))}
    command = ["linkage", "dedupe", people, "--config", config, "--out", tmp_path / "out", "--model"]
    code = (
        "import sys; from streha.cli import main; sys.argv[0] = 'streha'\n"
        "try: main.main()\n"
        "finally: assert not {m.split('.')[0] for m in sys.modules} & {'django', 'splink', 'pandas'}"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, *map(str, command), str(learnt / "model.json")],
        env={**env, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert "weigh" in found.stderr, "progress is told"
