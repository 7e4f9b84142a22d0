"""The terminal door: finds commands, starts fast without Django, and tells errors with an exit code."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

from streha.cli import main
from streha.common import errors

ROOT = Path(__file__).parents[2]
BARE = {
    **{name: value for name, value in os.environ.items() if not name.startswith(("STREHA_", "DATABASE_", "DJANGO_"))},
    "PYTHONPATH": str(ROOT / "src"),
}


def streha(*words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "streha.cli.main", *words]
    return subprocess.run(line, env=BARE, capture_output=True, text=True, timeout=60, check=False)


def test_names_are_compared_without_settings_and_without_django() -> None:
    ended = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys\nfrom streha.cli.main import streha\n"
            "streha(['names', 'compare', 'Arta', 'Арта'], standalone_mode=False)\n"
            "import json; print(json.dumps([m for m in sys.modules if m.partition('.')[0] in {'django', 'psycopg'}]))",
        ],
        env=BARE,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(ended.stdout.splitlines()[-1]) == []


def test_a_bare_command_starts_fast() -> None:
    """The bar is 0.3 s. Processor time is measured, the best of five, so that a busy machine does not decide."""

    def processor_s() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert streha("names", "compare", "Arta", "Арта").returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(processor_s() for _ in range(5)) < 0.3


def test_help_lists_every_command_with_a_line() -> None:
    said = streha("--help").stdout
    for name in main.command_names():
        assert f"\n  {name}" in said


def test_a_missing_setting_is_said_and_ends_with_2() -> None:
    ended = streha("check")
    assert ended.returncode == 2
    assert "STREHA_SECRET_KEY" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_unknown_command_ends_with_2() -> None:
    assert streha("nothing-like-this").returncode == 2
    assert streha("../web").returncode == 2


def test_errors_are_told_with_their_details() -> None:
    assert main.told(errors.BadInput("“{value}” is not a date.", value="31.02.1984")) == "“31.02.1984” is not a date."
