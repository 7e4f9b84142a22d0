"""The tutorial's commands do what it says, in a small demo."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from streha_demo import truth

pytestmark = pytest.mark.slow
PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "first-hour.md"


def commands() -> list[str]:
    """The lines a reader types, in their order."""
    blocks = re.findall(r"```console\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def test_every_command_of_the_first_hour_runs(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("STREHA_", "DATABASE_", "DJANGO_"))}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    ran = 0
    for line in commands():
        words = shlex.split(line)
        if words[0] == "export":
            name, _, value = words[1].partition("=")
            environment[name] = value
            continue
        if words == ["streha", "demo"]:
            words += ["--people", "200", "--no-serve"]  # the tutorial's people would take too long, serving for ever
        words[:1] = {"streha": [sys.executable, "-m", "streha.cli.main"], "python": [sys.executable]}[words[0]]
        done = subprocess.run(
            words, check=False, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        ran += 1
    assert ran >= 6


def test_the_people_the_first_hour_names_are_in_the_demo() -> None:
    text = PAGE.read_text(encoding="utf-8")
    held = list(truth.records(20_000, seed=1))
    hajdar = [r for r in held if any(i.value == "9498115193" for i in r.draft.identifiers)]
    assert {str(r.draft.names[0].given) for r in hajdar} == {"Hajdar", "Хајдар"}
    assert {r.draft.keeper_id for r in hajdar} == {17}
    assert all(f"{r.draft.names[0].given}" in text for r in hajdar)
    alma = [r for r in held if r.draft.names[0].given == "Alma" and r.draft.names[0].family in {"Balić", "Balic"}]
    assert {r.draft.names[0].family for r in alma if r.draft.keeper_id == 17} == {"Balić", "Balic"}
