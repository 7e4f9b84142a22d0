"""``streha demo`` as somebody types it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def run(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("STREHA_", "DATABASE_", "DJANGO_"))}
    kept["PYTHONPATH"] = os.pathsep.join(sys.path)
    return subprocess.run(
        [sys.executable, "-m", "streha.cli.main", *arguments],
        check=False,
        cwd=folder,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_demo_is_made_found_again_and_refused_as_real(tmp_path: Path) -> None:
    made = run("demo", "--people", "150", "--data", "office", "--no-serve", folder=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "Made 150 invented people" in made.stdout
    for role in ("caseworker", "keeper", "protection", "import approver"):
        assert role in made.stdout
    assert "Pejë / Peć" in made.stdout and "streha-demo" in made.stdout
    lists = sorted(file.name for file in (tmp_path / "office" / "lists").iterdir())
    assert len(lists) >= 2 and all(name in made.stdout for name in lists)

    found = run("demo", "--people", "999", "--data", "office", "--no-serve", folder=tmp_path)
    assert found.returncode == 0, found.stderr
    assert "Found the demo of 150" in found.stdout and "--data" in found.stdout

    database = tmp_path / "office" / "streha-demo.sqlite3"
    real = run(
        "check",
        folder=tmp_path,
        DATABASE_URL=f"sqlite:///{database}",
        STREHA_SECRET_KEY="x" * 60,
        STREHA_DATA=str(tmp_path / "office"),
    )
    assert real.returncode != 0
    assert "demo_data" in real.stdout + real.stderr


def test_a_real_office_is_left_alone(tmp_path: Path) -> None:
    database = tmp_path / "real" / "real.sqlite3"
    database.parent.mkdir(mode=0o700)
    environment = {
        "DATABASE_URL": f"sqlite:///{database}",
        "STREHA_SECRET_KEY": "x" * 60,
        "STREHA_DATA": str(tmp_path / "real"),
        "STREHA_KEYRING": str(tmp_path / "keys" / "keyring.json"),
    }
    for arguments in (("keys", "create"), ("upgrade",), ("admin", "create", "somebody")):
        done = run(*arguments, folder=tmp_path, **environment)
        assert done.returncode in {0, 1}, done.stderr  # upgrade ends with 1 where the check finds fault
    assert "is a keeper" in done.stdout
    before = database.read_bytes()
    refused = run("demo", "--no-serve", "--data", "other", folder=tmp_path, DATABASE_URL=environment["DATABASE_URL"])
    assert refused.returncode == 2
    assert "holds real data" in refused.stderr
    assert database.read_bytes() == before
