"""What every test stands on: a register of its own, a keyring of its own, no network, three standing characters."""

from __future__ import annotations

import datetime as dt
import gc
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

import django
import pytest

# Before Django reads its settings: a folder that dies with the run, the demo's rules for secrets, quiet logs.
_DATA = Path(tempfile.mkdtemp(prefix="streha-tests-"))
os.environ["DJANGO_SETTINGS_MODULE"] = "streha.settings"  # here, not in pyproject: there it would be read too early
os.environ.setdefault("STREHA_DEMO", "1")
os.environ.setdefault("STREHA_SECRET_KEY", "only-for-tests-" + "x" * 40)
os.environ["STREHA_DATA"] = str(_DATA)
os.environ.setdefault("STREHA_LOG_LEVEL", "CRITICAL")
os.environ["STREHA_COUNTS_SECONDS"] = "0"  # a count kept from one test would be told in the next
django.setup()  # the conftests beneath import rooms

from django.core import management  # noqa: E402 - needs settings
from django.db import connections  # noqa: E402

from streha.accounts.bridge import wall  # noqa: E402
from streha.audit import bridge  # noqa: E402
from streha.cli import tables  # noqa: E402

wall.stand_beyond("tests")  # requests and jobs announce their viewers; what tests do and look at themselves sees all

NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="session", autouse=True)
def data_dir() -> Iterator[Path]:
    """The office's folder for this run, gone afterwards."""
    import shutil

    from tests import append_only

    append_only.install()
    yield _DATA
    shutil.rmtree(_DATA, ignore_errors=True)


@pytest.fixture(scope="session")
def tables_at_once() -> Iterator[ExitStack]:
    """While it is open, the test runner makes tables as a new office does, and walks through no migrations."""
    run = management.call_command

    def make(name: str, *words: Any, **options: Any) -> Any:
        return tables.make(options["database"]) if name == "migrate" else run(name, *words, **options)

    with ExitStack() as during:
        during.enter_context(mock.patch.object(management, "call_command", make))
        yield during


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, tables_at_once: ExitStack) -> None:
    """The last moment before the test runner makes databases."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, tables_at_once: ExitStack) -> None:
    """On PostgreSQL the store of reads is a second connection to the same database: in tests it is the same one, so
    that a test sees and undoes what it wrote.
    """
    tables_at_once.close()
    if bridge.reads_share_register():
        connections["reads"] = connections["default"]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """No test reads in the language that another has chosen."""
    from django.utils import translation

    with translation.override("en"):
        yield


@pytest.fixture
def now() -> dt.datetime:
    """The moment at which tests act."""
    return NOW


def pytest_collection_finish() -> None:
    """All modules and tests stay to the end: from here on nobody looks for waste among them."""
    gc.collect()
    gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--register-only",
        action="store_true",
        help="leave out what reads no table, and says the same whatever the database is",
    )


# Commands of whole offices: these ask the server for databases of their own.
OFFICES = "tests/cli/operation/"


def _reads_a_table(item: pytest.Item) -> bool:
    return item.nodeid.startswith(OFFICES) or any(item.iter_markers("django_db"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test of the register may use both stores: the register, and that of who looked."""
    for item in items:
        if "db" in getattr(item, "fixturenames", ()) and not any(item.iter_markers("django_db")):
            item.add_marker(pytest.mark.django_db)
        for mark in item.iter_markers("django_db"):
            mark.kwargs.setdefault("databases", ["default", "reads"])
    if config.getoption("--register-only"):
        left_out = [item for item in items if not _reads_a_table(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if _reads_a_table(item)]
    items[:] = _long_ones_first(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


# The longest first of all, so that none of them is left to one worker while the others have nothing to do.
LONG = (
    *("tests/browser/test_pages", "tests/cli/operation/test_tables", "tests/cli/test_first_hour", "tests/browser/"),
    *("tests/cli/operation/", "tests/cli/", "tests/web/test_every_page", "tests/rooms/people_merges/test_thousand"),
)


def _begins(item: pytest.Item) -> str:
    return next((begin for begin in LONG if item.nodeid.startswith(begin)), "")


def _long_ones_first(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """Each worker is given an equal run of the list: it begins with its share of the tests that take long, and whoever
    is ready takes short ones off the others' ends.
    """
    long = [item for begin in LONG for item in items if _begins(item) == begin]
    short = [item for item in items if not item.nodeid.startswith(LONG)]
    ordered: list[pytest.Item] = []
    for worker in range(workers):
        share = long[worker::workers]
        size = (len(items) - len(ordered)) // (workers - worker)
        ordered += share + short[: size - len(share)]
        short = short[size - len(share) :] if size > len(share) else short
    return ordered


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what could not be run here, a line each: ``.ci/run`` fails on such a line."""
    missing = {os.environ.get("STREHA_TESTS_NOT_RUN", "")}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if "not run:" in reason:
            missing.add(reason.partition("not run:")[2].strip())
    for line in sorted(missing - {""}):
        terminalreporter.write_line(f"not run: {line}")
