"""The terminal: a newcomer points one command at a file. No database, no settings."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from streha.cli import law
from streha.engine.law import framework, language
from streha.web import messages

GAZETTE = Path(__file__).parent.parent / "engine" / "law" / "data" / "gazette"
REGULATION = str(GAZETTE / "typst-three-cells.pdf")


def _run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(law.group, list(arguments))
    assert result.exit_code == code, result.output
    return result.output


def test_segment_prints_json() -> None:
    data = json.loads(_run("segment", REGULATION, "--json"))
    assert list(data) == ["document", "languages", "provisions", "findings", "warnings", "notes"]
    assert data["languages"] == ["sq", "sr-Cyrl", "en"]
    assert data["document"]["coverage"] > 0.99
    one = next(p for p in data["provisions"] if p["eid"] == "art_1__para_2" and p["lang"] == "sr-Cyrl")
    assert set(one) == {"eid", "path", "lang", "kind", "heading", "text", "page", "box", "sha256"}
    assert one["path"].endswith("Члан 1 / 2.")
    assert len(one["box"]) == 4
    assert len(one["sha256"]) == 64
    assert data["notes"]


def test_segment_shows_languages_side_by_side() -> None:
    shown = _run("segment", REGULATION)
    assert "art_1__para_1" in shown
    assert shown.index("  sq ") < shown.index("  sr-Cyrl") < shown.index("  en ")


def test_segment_writes_akoma_ntoso_that_segment_reads(tmp_path: Path) -> None:
    _run("segment", REGULATION, "--akn", str(tmp_path))
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == ["typst-three-cells.en.xml", "typst-three-cells.sq.xml", "typst-three-cells.sr-Cyrl.xml"]
    again = json.loads(_run("segment", str(tmp_path / written[1]), "--json"))
    assert again["languages"] == ["sq"]


def test_scan_lists_passages_with_reasons_and_gaps() -> None:
    shown = _run("scan", REGULATION, "--lang", "en")
    assert "because:" in shown
    assert "No passage found for" in shown
    assert "A person reads them and gives the level" in shown
    data = json.loads(_run("scan", REGULATION, "--json", "--instrument", "spatial_plan"))
    assert data["framework"] == "1.0.0"
    assert {c["indicator"] for c in data["candidates"]}.isdisjoint(data["indicators_without_passage"])
    assert all(c["words"] for c in data["candidates"])


def test_find_keeps_the_rows_and_adds_label_score_and_reasons(tmp_path: Path) -> None:
    file = tmp_path / "clauses.csv"
    file.write_text(
        "id,sentence\n1,Displaced families receive shelter after the flood.\n2,The road is repaired.\n",
        encoding="utf-8",
    )
    rows = list(csv.DictReader(io.StringIO(_run("find", str(file), "--column", "sentence", "--lang", "en"))))
    assert [(row["id"], row["label"]) for row in rows] == [("1", "C"), ("2", "N")]
    assert "flood" in rows[0]["reasons"]
    assert float(rows[0]["score"]) > float(rows[1]["score"]) == 0


def test_find_never_overwrites_a_column(tmp_path: Path) -> None:
    file = tmp_path / "gold.csv"
    file.write_text("label,sentence\nC,Migrants flee the flood.\n", encoding="utf-8")
    (row,) = csv.DictReader(io.StringIO(_run("find", str(file), "--column", "sentence", "--lang", "en")))
    assert (row["label"], row["found_label"]) == ("C", "C")


def test_the_audit_goes_round(tmp_path: Path) -> None:
    file = tmp_path / "sample.csv"
    drawn = list(csv.DictReader(io.StringIO(_run("audit", "sample", REGULATION, "--size", "10", "--lang", "en"))))
    assert len(drawn) == 10
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(drawn[0]))
        writer.writeheader()
        writer.writerows({**row, "label": "C" if place == 0 else "N"} for place, row in enumerate(drawn))
    assert "Miss rate 10.0% (95 % interval 0.3% to 44.5%)" in _run("audit", "estimate", str(file))


@pytest.mark.parametrize(
    ("name", "content", "arguments", "words"),
    [
        ("a.pdf", b"%PDF-1.4 broken", ("segment",), "not a readable PDF"),
        ("a.doc", b"\xd0\xcf\x11\xe0", ("segment",), "save it as DOCX"),
        ("a.csv", b"x,y\n1,2\n", ("find", "--column", "sentence"), "has no column 'sentence'"),
        ("a.csv", b"x\n\xff\xfe\xff\n", ("find", "--column", "x"), "UTF-8"),
        ("a.csv", b"label,unfound,found\nQ,1,1\n", ("audit", "estimate"), "row 2"),
        ("a.txt", b"Article 1\nx\n", ("scan", "--instrument", "poem"), "There is no instrument 'poem'"),
    ],
)
def test_bad_input_ends_in_a_message_and_code_2(
    tmp_path: Path, name: str, content: bytes, arguments: tuple[str, ...], words: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    command = list(arguments)
    place = 2 if command[0] == "audit" else 1
    assert words in _run(*command[:place], str(file), *command[place:], code=2)


def test_no_database_no_settings_and_no_django() -> None:
    """A bare process without any variable of ours, reading a document."""
    code = (
        "import sys\nfrom streha.cli.law import group\n"
        f"try:\n    group(['segment', {REGULATION!r}, '--json'])\nexcept SystemExit as end:\n    assert not end.code\n"
        "assert 'django' not in sys.modules\n"
    )
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("STREHA", "DJANGO"))}
    source = str(Path(law.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code], env={**clean, "PYTHONPATH": source}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def _with_a_gap(folder: Path) -> str:
    file = folder / "law.txt"
    file.write_text(
        "Neni 1\n1. Familjet e zhvendosura nga përmbytja strehohen.\nNeni 3\nKomuna harton planin.\n", "utf-8"
    )
    return str(file)


def test_findings_are_said_in_the_language_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(messages.LOCALE, tmp_path / "locale")
    messages.compile_all(tmp_path / "locale")
    monkeypatch.setattr(law, "LOCALE", tmp_path / "locale")
    file = _with_a_gap(tmp_path)
    assert "art_2 is missing in sq: the numbers jump after art_1." in _run("segment", file)
    assert "art_2 mungon në sq: numrat kërcejnë pas art_1." in _run("segment", file, "--say", "sq")
    assert "art_2 недостаје у sq: бројеви прескачу после art_1." in _run("segment", file, "--say", "sr")
    data = json.loads(_run("segment", file, "--json", "--say", "sr-Latn"))
    assert [one["message"] for one in data["findings"]] == ["art_2 nedostaje u sq: brojevi preskaču posle art_1."]


def test_indicators_are_named_in_the_language_asked_for(tmp_path: Path) -> None:
    said = {code: _run("scan", _with_a_gap(tmp_path), "--say", code) for code in ("sq", "sr", "sr-Latn")}
    titles = next(one.title for one in framework.shipped().indicators if one.id == "E2")
    assert titles["sq"] in said["sq"]
    assert titles["sr"] in said["sr"]
    assert language.latin(titles["sr"]) in said["sr-Latn"]


def test_a_finding_is_told_once(tmp_path: Path) -> None:
    assert _run("segment", _with_a_gap(tmp_path)).count("art_2 is missing") == 1


def test_a_csv_may_be_parted_by_semicolons(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("id;sentence\n1;Families, displaced by the flood, return.\n", "utf-8")
    (row,) = csv.DictReader(io.StringIO(_run("find", str(file), "--column", "sentence")))
    assert (row["sentence"], row["label"]) == ("Families, displaced by the flood, return.", "C")
