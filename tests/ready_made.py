"""Made once in a run of several workers and copied by the others: walking through all migrations takes seconds."""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg
from django.conf import settings
from django.core import management
from django.db import connections


@contextmanager
def alone(folder: Path, what: str) -> Iterator[None]:
    """One worker of the run at a time."""
    with (folder / f"{what}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def come(folder: Path, what: str) -> bool:
    """Whether nobody of the run uses it, so that it must be made. Only while ``alone``."""
    return _count(folder, what, 1) == 1


def go(folder: Path, what: str) -> bool:
    """Whether nobody of the run uses it any more, so that it must be thrown away. Only while ``alone``."""
    return _count(folder, what, -1) == 0


def _count(folder: Path, what: str, more: int) -> int:
    users = folder / f"{what}.users"
    number = (int(users.read_text()) if users.exists() else 0) + more
    users.write_text(str(number))
    return number


def administer(server: str, statement: str) -> None:
    """Run a statement that concerns whole databases of the server at this address."""
    with psycopg.connect(server.rpartition("/")[0] + "/postgres", autocommit=True) as connection:
        connection.execute(statement.encode())


class Tables:
    """The tables of the test databases: between ``begin`` and ``end`` the test runner makes them or finds them made."""

    def __init__(self, folder: Path, run: str, server: str) -> None:
        self.folder = folder
        self.server = server
        self.template = f"streha_ready_{run[:12]}"
        self.during = ExitStack()
        self.is_maker = False
        self.has_begun = False

    def begin(self) -> None:
        self.during.enter_context(alone(self.folder, "tables"))
        self.has_begun = True
        self.is_maker = come(self.folder, "tables")
        if self.is_maker:
            return
        if self.server:
            settings.DATABASES["default"].setdefault("TEST", {})["TEMPLATE"] = self.template
            connections["default"].settings_dict["TEST"]["TEMPLATE"] = self.template
        run = management.call_command

        def filled(name: str, *words: Any, **options: Any) -> Any:
            if name != "migrate":
                return run(name, *words, **options)
            return None if self.server else self._fill(options["database"])

        self.during.enter_context(mock.patch.object(management, "call_command", filled))

    def end(self) -> None:
        if self.is_maker:
            self._keep()
        self.during.close()

    def drop(self) -> None:
        """The last of the run leaves nothing behind on the server."""
        with alone(self.folder, "tables"):
            if go(self.folder, "tables") and self.server:
                administer(self.server, f"DROP DATABASE IF EXISTS {self.template}")

    def _fill(self, alias: str) -> None:
        connections[alias].ensure_connection()
        with sqlite3.connect(self.folder / f"tables-{alias}.sqlite3") as source:
            source.backup(connections[alias].connection)

    def _keep(self) -> None:
        if self.server:
            name = connections["default"].settings_dict["NAME"]
            connections["default"].close()
            administer(self.server, f"CREATE DATABASE {self.template} TEMPLATE {name}")
            return
        for alias in connections:
            with sqlite3.connect(self.folder / f"tables-{alias}.sqlite3") as kept:
                connections[alias].connection.backup(kept)
