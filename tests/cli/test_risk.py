"""``streha risk`` from the terminal: no database, no settings, exit codes, files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest
from click.testing import CliRunner

from streha.cli import risk

PRIZREN = ["earthquake", "--magnitude", "6", "--depth-km", "10", "--lon", "20.74", "--lat", "42.21"]


def bare(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A process of its own with no settings in its environment."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("STREHA", "DJANGO"))}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    code = (
        "import sys; from streha.cli.main import main; sys.argv[0] = 'streha'\n"
        "try:\n    main()\nfinally:\n    assert 'django' not in sys.modules"
    )
    return subprocess.run(
        [sys.executable, "-c", code, "risk", *arguments],
        cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_a_newcomer_gets_table_map_and_brief_without_settings(tmp_path: Path) -> None:
    done = bare(*PRIZREN, "--out", "prizren", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Prizren" in done.stdout
    assert (tmp_path / "prizren" / "brief.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "prizren" / "areas.csv").exists()
    again = bare(*PRIZREN, "--out", "prizren", cwd=tmp_path)
    assert again.returncode == 2
    assert "already exists" in again.stderr


def test_a_refusal_is_a_sentence_and_exit_code_two(tmp_path: Path) -> None:
    done = bare(*PRIZREN[:2], "9", *PRIZREN[3:], cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip() == "magnitude is 9; the method holds from 5 to 7.9."
    assert "Traceback" not in done.stderr


LOCALE = Path(risk.__file__).parents[1] / "web" / "locale"


@pytest.mark.skipif(
    not (LOCALE / "sq" / "LC_MESSAGES" / "django.mo").exists(), reason="not run: the catalogues are not compiled"
)
def test_figures_notes_files_and_refusals_are_in_the_language_asked_for(tmp_path: Path) -> None:
    done = bare(*PRIZREN, "--draws", "50", "--language", "sq", "--out", "sq", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "deri në" in done.stdout
    assert "Skenar, jo parashikim" in done.stdout
    assert "[e paverifikuar]" in done.stdout
    told = json.loads((tmp_path / "sq" / "report.json").read_text(encoding="utf-8"))
    assert (told["language"], told["measure_code"], told["measure"]) == ("sq", "displaced", "njerëz të zhvendosur")
    assert set(told["states"]) >= {"displaced", "sheltered", "trapped"}
    rows = (tmp_path / "sq" / "areas.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0] == "code,name,residents,measure,low_5,central,high_95,shown"
    assert "deri në" in rows[1]
    document = pypdfium2.PdfDocument((tmp_path / "sq" / "brief.pdf").read_bytes())
    text = "".join(page.get_textpage().get_text_range() for page in document)
    assert "Lexojeni këtë së pari" in text
    assert "Read this first" not in text
    refused = bare(*PRIZREN[:2], "9", *PRIZREN[3:], "--language", "sr-Latn", cwd=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.startswith("magnitude je 9"), refused.stderr


def test_json_is_json_and_the_same_seed_gives_the_same_figures() -> None:
    def states(seed: str) -> dict[str, object]:
        done = CliRunner().invoke(
            risk.group, [*PRIZREN, "--json", "--draws", "200", "--seed", seed], catch_exceptions=False
        )
        assert done.exit_code == 0
        told = json.loads(done.stdout)
        assert len(told["areas"]) == 38
        assert told["provenance"]["seed"] == int(seed)
        found: dict[str, object] = told["states"]
        return found

    assert states("3") == states("3")
    assert states("3") != states("4")


def test_example_run_and_convert(tmp_path: Path) -> None:
    runner = CliRunner()
    folder = tmp_path / "valley"
    assert runner.invoke(risk.group, ["example", str(folder)], catch_exceptions=False).exit_code == 0
    done = runner.invoke(
        risk.group, ["run", str(folder / "scenario.toml"), "--out", str(tmp_path / "out")], catch_exceptions=False
    )
    assert done.exit_code == 0
    assert "Fictional valley" in done.stdout
    assert (tmp_path / "out" / "return_periods.csv").exists()
    done = runner.invoke(
        risk.group, ["convert", str(folder / "scenario.toml"), str(tmp_path / "v.blocks")], catch_exceptions=False
    )
    assert "events=4" in done.stdout
    assert (tmp_path / "v.blocks" / "meta.json").exists()


@pytest.mark.parametrize("name", sorted(risk.group.commands))
def test_every_command_is_in_the_how_to(name: str) -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "risk.md"
    text = page.read_text(encoding="utf-8")
    assert f"streha risk {name}" in text
    for parameter in risk.group.commands[name].params:
        for option in parameter.opts:
            if option.startswith("--"):
                assert option in text, option
