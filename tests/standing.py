"""What many tests begin with, made once through its actions and laid down again for every other test.

``@standing.once`` before a function that fills an empty register: the first call of this process runs it and keeps
every row it wrote with what it returned; later calls lay the same rows into the empty register, the log's among them,
which takes milliseconds. In a register that anybody has written into, or with other keys, the function simply runs.
"""

from __future__ import annotations

import datetime as dt
import functools
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from django.apps import apps
from django.conf import settings
from django.db import connections, router, transaction
from django.db.models import Model

from streha.audit import bridge
from streha.audit.models import AuditRecord

T = TypeVar("T")
BASE = {"contenttypes", "auth", "sessions"}  # what the tables themselves come with, and who is logged in


@dataclass(frozen=True)
class Rows:
    """All rows of one table, as the database gives them."""

    alias: str
    table: str
    columns: tuple[str, ...]
    held: Any


@dataclass(frozen=True)
class Kept:
    """What a function left behind, and what it returned."""

    tables: tuple[Rows, ...]
    returned: bytes


_keys = b""
_kept: dict[tuple[Any, ...], Kept] = {}


def once(make: Callable[[], T]) -> Callable[[], T]:
    """``make``, run once on an empty register and laid down again from then on; it takes no arguments."""

    @functools.wraps(make)
    def laid() -> T:
        if AuditRecord.objects.exists():  # whatever was written stands in the log
            return make()
        key = (make.__module__, make.__qualname__, _keyring(), connections["default"].vendor)
        if key in _kept:
            return _lay(_kept[key])  # type: ignore[no-any-return]
        with transaction.atomic():
            returned = make()
            _kept[key] = Kept(tuple(_rows()), pickle.dumps(returned))
        return returned

    return laid


def keyring(file: Path, *, at: dt.datetime) -> None:
    """The office's keys are in this file from now on: the same for every test of this process that asks for some."""
    global _keys  # noqa: PLW0603 - made once
    if not _keys:
        bridge.create_keyring(file, at=at)
        _keys = file.read_bytes()
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_keys)
        file.chmod(0o600)
    settings.KEYRING = file
    bridge.cache.clear()


def _keyring() -> bytes:
    """Rows are sealed with the office's keys: with others they would be unreadable."""
    file = Path(settings.KEYRING)
    return file.read_bytes() if file.exists() else b""


def _rows() -> list[Rows]:
    found = []
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label in BASE or not model._meta.managed or model._meta.proxy:
            continue
        if (rows := _read(model)).held:
            found.append(rows)
    assert any(rows.table == AuditRecord._meta.db_table for rows in found), "made without an action: nothing is logged"
    return found


def _read(model: type[Model]) -> Rows:
    alias = router.db_for_write(model)
    table = model._meta.db_table
    columns = tuple(field.column for field in model._meta.local_concrete_fields)
    with connections[alias].cursor() as cursor:
        if connections[alias].vendor == "sqlite":
            cursor.execute(f"SELECT {_named(columns)} FROM {table} ORDER BY rowid")
            return Rows(alias, table, columns, cursor.fetchall())
        cursor.execute(f"SELECT jsonb_agg(to_jsonb({table}))::text FROM {table}")
        return Rows(alias, table, columns, cursor.fetchone()[0])


def _lay(kept: Kept) -> Any:
    with transaction.atomic():
        for rows in kept.tables:
            with connections[rows.alias].cursor() as cursor:
                named = _named(rows.columns)
                if connections[rows.alias].vendor == "sqlite":
                    marks = ", ".join("?" * len(rows.columns))
                    cursor.cursor.connection.executemany(
                        f"INSERT INTO {rows.table} ({named}) VALUES ({marks})", rows.held
                    )
                else:
                    cursor.execute(
                        f"INSERT INTO {rows.table} ({named}) SELECT {named} "
                        f"FROM jsonb_populate_recordset(NULL::{rows.table}, %s::jsonb)",
                        [rows.held],
                    )
    return pickle.loads(kept.returned)


def _named(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{column}"' for column in columns)
