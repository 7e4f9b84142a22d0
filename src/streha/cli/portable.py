"""The register as lines of text that any supported engine can take in: the way from SQLite to PostgreSQL and back.

A file holds, for each table, one line that names the model and its columns, then one line per row. It is read and
written as a stream, so its size does not matter.
"""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import gzip
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connections, models, router, transaction
from django.utils.duration import duration_string

from streha.audit import bridge
from streha.common import errors

ROWS_AT_ONCE = 2_000


def tables(alias: str) -> list[type[models.Model]]:
    """Every table of a database that rows can be put into."""
    found = apps.get_models(include_auto_created=True)
    return [m for m in found if m._meta.managed and not m._meta.proxy and router.db_for_write(m) == alias]


@contextmanager
def snapshot(alias: str) -> Iterator[None]:
    """One unchanging view of a database, that holds up nobody."""
    connection = connections[alias]
    begin = "BEGIN" if connection.vendor == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    with connection.cursor() as cursor:
        cursor.execute(begin)
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def write(alias: str, path: Path) -> int:
    """Write every row of a database; returns how many."""
    number = 0
    with snapshot(alias), gzip.open(path, "wt", encoding="utf-8", compresslevel=3) as file:
        for model in tables(alias):
            names = [field.attname for field in model._meta.concrete_fields]
            file.write(json.dumps({"model": model._meta.label, "columns": names}) + "\n")
            rows = model._base_manager.using(alias).order_by("pk").values_list(*names)
            for row in rows.iterator(chunk_size=ROWS_AT_ONCE):
                file.write(json.dumps(row, ensure_ascii=False, default=_plain) + "\n")
                number += 1
    return number


def _plain(value: object) -> object:
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode("ascii")
    if isinstance(value, decimal.Decimal | uuid.UUID):
        return str(value)
    if isinstance(value, dt.timedelta):
        return duration_string(value)
    raise TypeError(f"{type(value).__name__} has no text form")


def read(alias: str, path: Path) -> int:
    """Fill the empty tables of a database from a file, all or nothing; returns how many rows."""
    number = 0
    known = {model._meta.label: model for model in tables(alias)}
    with transaction.atomic(using=alias), gzip.open(path, "rt", encoding="utf-8") as file:
        with connections[alias].cursor() as cursor:
            for model in known.values():  # what migrations put in comes again from the file
                cursor.execute(f"DELETE FROM {connections[alias].ops.quote_name(model._meta.db_table)}")  # noqa: S608
        names: list[str] = []
        current: type[models.Model] | None = None
        waiting: list[list[Any]] = []
        for line in file:
            held = json.loads(line)
            if isinstance(held, dict):
                number += _insert(alias, current, names, waiting)
                current, names, waiting = known.get(held["model"]), held["columns"], []
                if current is None:
                    raise errors.BadInput(
                        errors.message("This version has no table for “{model}”."),
                        code="backup_model",
                        model=held["model"],
                    )
                continue
            waiting.append(held)
            if len(waiting) >= ROWS_AT_ONCE:
                number += _insert(alias, current, names, waiting)
                waiting = []
        number += _insert(alias, current, names, waiting)
        with connections[alias].cursor() as cursor:
            for statement in connections[alias].ops.sequence_reset_sql(no_style(), list(known.values())):
                cursor.execute(statement)
    return number


def _insert(alias: str, model: type[models.Model] | None, names: list[str], rows: list[list[Any]]) -> int:
    if model is None or not rows:
        return 0
    known = {field.attname: field for field in model._meta.concrete_fields}
    convert = [_from_text(known[name]) for name in names]
    ready = [[fit(value) for fit, value in zip(convert, row, strict=True)] for row in rows]
    bridge.insert_rows(model, names, ready, using=alias)
    return len(rows)


def _from_text(field: models.Field[Any, Any]) -> Any:
    """What turns the text form of a column back into its value."""
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(target, models.JSONField):
        return lambda value: value
    if isinstance(target, models.BinaryField):
        return lambda value: None if value is None else base64.b64decode(value)
    return target.to_python
