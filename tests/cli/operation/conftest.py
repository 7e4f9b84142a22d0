"""Whole offices in folders and databases of their own, driven by the commands as an operator types them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

ROOT = Path(__file__).parents[3]
SERVER = os.environ.get("DATABASE_URL", "")
IS_POSTGRESQL = SERVER.startswith("postgres")


@dataclass
class Office:
    """A folder, a database and an environment in which the commands run."""

    folder: Path
    url: str
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("STREHA_", "DATABASE_"))}
        ours = {
            "STREHA_SECRET_KEY": "only-for-tests-" + "y" * 40,
            "STREHA_DATA": str(self.folder / "data"),
            "STREHA_KEYRING": str(self.folder / "keys" / "keyring.json"),
            "STREHA_ANCHORS": str(self.folder / "anchors"),
            "STREHA_HOSTS": "localhost,127.0.0.1",
            "STREHA_LANGUAGE": "en",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "demo"), str(ROOT)]),
        }
        return {**kept, **ours, **({"DATABASE_URL": self.url} if self.url else {})}

    def start(self, *line: str) -> subprocess.Popen[str]:
        """A process of this office, whose output can be read while it runs."""
        process = subprocess.Popen(
            [sys.executable, *line],
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        return process

    def close(self) -> None:
        """End whatever is still running."""
        for process in self.started:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()

    def run(self, *words: str, code: int = 0, typed: str = "") -> str:
        """What ``streha`` says; fails unless it ends with ``code``."""
        ended = subprocess.run(  # noqa: PLW1510 - the code is compared below
            [sys.executable, "-m", "streha.cli.main", *words],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            input=typed,
            timeout=120,
        )
        assert ended.returncode == code, f"{words}: {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
        return ended.stdout + ended.stderr

    def script(self, text: str) -> list[str]:
        """The command line that runs Python in this office."""
        begin = "from streha.cli.main import open_office; open_office()\n"
        begin += "from streha.accounts.bridge import wall; wall.stand_beyond('test')\n"
        begin += "import datetime as dt, uuid\nfrom streha.audit import actions, bridge, models, queries\n"
        begin += "from streha.audit.rules import Actor, Entry\n"
        begin += "at = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC); by = Actor('user', '7', 'arta')\n"
        return ["-c", begin + text]

    def python(self, text: str) -> Any:
        """What a piece of Python prints as JSON."""
        ended = subprocess.run(  # noqa: PLW1510 - the code is compared below
            [sys.executable, *self.script("import json\n" + text)],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout) if ended.stdout.strip() else None


def administer(statement: str) -> None:
    """Run a statement that concerns whole databases of the server."""
    with psycopg.connect(_url("postgres"), autocommit=True) as connection:
        connection.execute(statement.encode())


def _url(name: str) -> str:
    return f"{SERVER.rpartition('/')[0]}/{name}" if IS_POSTGRESQL else ""


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office with tables and keyring, from which the others are copied."""
    name = f"streha_built_{uuid.uuid4().hex[:12]}"
    office = Office(tmp_path_factory.mktemp("built"), _url(name))
    if IS_POSTGRESQL:
        administer(f"CREATE DATABASE {name}")
    office.run("keys", "create")
    office.run("upgrade", "--without-backup")
    yield office
    if IS_POSTGRESQL:
        administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def office(built: Office, tmp_path: Path) -> Iterator[Office]:
    """An office of its own for one test."""
    folder = tmp_path / "office"
    shutil.copytree(built.folder, folder)
    name = f"streha_office_{uuid.uuid4().hex[:12]}"
    if IS_POSTGRESQL:
        administer(f"CREATE DATABASE {name} TEMPLATE {built.url.rpartition('/')[2]}")
    office = Office(folder, _url(name))
    yield office
    office.close()
    if IS_POSTGRESQL:
        administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Office]:
    """An office before its first day: no tables, no keyring."""
    folder = tmp_path / "bare"
    folder.mkdir()
    name = f"streha_bare_{uuid.uuid4().hex[:12]}"
    if IS_POSTGRESQL:
        administer(f"CREATE DATABASE {name}")
    office = Office(folder, _url(name))
    yield office
    office.close()
    if IS_POSTGRESQL:
        administer(f"DROP DATABASE {name} WITH (FORCE)")
