"""How a big register of invented people comes into an empty database quickly: without the indexes of lists and search,
which are built once at the end, and on SQLite without waiting for the disk.

An interrupted load leaves indexes missing; ``finish`` builds whichever are, so the load that goes on ends complete. A
crash of the machine may cost the file, which the same seed makes again; nothing real is ever loaded this way.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db import models as orm

from streha.homes import models as homes
from streha.people import models

FROM_PEOPLE = 50_000  # below, building indexes afterwards gains nothing
SPREAD = (
    models.Person,
    models.NameKey,
    models.Identifier,
    models.Contact,
    models.Household,
    homes.Property,
    homes.PropertyKey,
    homes.Occupancy,
)
"""Tables whose indexes are by names and blind numbers: every new row touches another page of them."""
HASTY = ("PRAGMA synchronous=OFF", "PRAGMA cache_size=-524288", "PRAGMA threads=2")
RARELY = (500_000, 50, 100)
"""Rows are made by the million and hold no cycles; looking for such after every 700 takes a quarter of the time."""
USUAL = ("PRAGMA synchronous=NORMAL", "PRAGMA cache_size=-65536", "PRAGMA threads=0")


@contextmanager
def loading(people: int, *, is_empty: bool) -> Iterator[None]:
    """Inside, a big load is quick; afterwards every index is there and the planner knows the tables."""
    if people < FROM_PEOPLE or connection.in_atomic_block:
        yield
        learn()
        return
    if is_empty:
        _drop()
    _say(HASTY)
    usual = gc.get_threshold()
    gc.set_threshold(*RARELY)
    try:
        yield
        build_missing()
    finally:
        gc.set_threshold(*usual)
        _say(USUAL)
    learn()


def build_missing() -> list[str]:
    """Every index that the models want is there; returns the names of those that were not."""
    held = _held()
    editor = connection.schema_editor(atomic=False)
    built = []
    for model, index in _spread():
        if index.name in held:
            continue
        with connection.cursor() as cursor:
            cursor.execute(str(index.create_sql(model, editor)))
        built.append(index.name)
    return built


def learn() -> None:
    """The planner learns how many rows there are and how they lie; PostgreSQL also which pages all may see."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA analysis_limit=2000")
            cursor.execute("ANALYZE")
        elif connection.in_atomic_block:
            cursor.execute("ANALYZE")
        else:
            cursor.execute("VACUUM (ANALYZE)")


def _drop() -> None:
    for _, index in _spread():
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX IF EXISTS {connection.ops.quote_name(index.name)}")


def _spread() -> Iterator[tuple[type[orm.Model], orm.Index]]:
    for model in SPREAD:
        for index in model._meta.indexes:
            yield model, index


def _held() -> set[str]:
    with connection.cursor() as cursor:
        return {
            name for model in SPREAD for name in connection.introspection.get_constraints(cursor, model._meta.db_table)
        }


def _say(pragmas: tuple[str, ...]) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for pragma in pragmas:
                cursor.execute(pragma)
