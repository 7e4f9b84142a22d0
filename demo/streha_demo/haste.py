"""How a big register of invented people comes into an empty database quickly: without the indexes of lists and search,
which are built once at the end; on PostgreSQL without a look at the other table for each reference, all of which are
checked once at the end; and on SQLite without waiting for the disk.

An interrupted load leaves them missing; ``build_missing`` makes whichever are, so the load that goes on ends complete.
A crash of the machine may cost the file, which the same seed makes again; nothing real is ever loaded this way.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db import models as orm

from streha.homes import models as homes
from streha.people import models
from streha_demo import beside

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
REFERRING = (
    *SPREAD,
    models.Name,
    models.Membership,
    models.DisplacementEpisode,
    models.Intention,
    models.Consent,
    models.Functioning,
    models.SpecificNeed,
    homes.Share,
    homes.Assessment,
)
"""Tables whose every row refers to others: checked one by one, references cost PostgreSQL more than the rows."""
HASTY = {
    "sqlite": ("PRAGMA synchronous=OFF", "PRAGMA cache_size=-524288", "PRAGMA threads=2"),
    "postgresql": ("SET synchronous_commit = off", "SET maintenance_work_mem = '512MB'"),
}
USUAL = {
    "sqlite": ("PRAGMA synchronous=NORMAL", "PRAGMA cache_size=-65536", "PRAGMA threads=0"),
    "postgresql": ("RESET synchronous_commit", "RESET maintenance_work_mem"),
}


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
    gc.set_threshold(*beside.RARELY)
    try:
        yield
        build_missing()
    finally:
        gc.set_threshold(*usual)
        _say(USUAL)
    learn()


def build_missing() -> list[str]:
    """Every index and reference that the models want is there; returns the names of those that were not."""
    editor: Any = connection.schema_editor(atomic=False)
    held = {name for model in SPREAD for name in _constraints(model)}
    built = []
    for model, index in _spread():
        if index.name not in held:
            _run(str(index.create_sql(model, editor)))
            built.append(index.name)
    for model in REFERRING if connection.vendor == "postgresql" else ():
        checked = {said["columns"][0] for said in _constraints(model).values() if said["foreign_key"]}
        for field in model._meta.concrete_fields:
            if field.is_relation and field.column not in checked:
                wanted = editor._create_fk_sql(model, field, "_fk_%(to_table)s_%(to_column)s")  # as migrations call it
                _run(str(wanted))
                built.append(f"{model._meta.db_table}.{field.column}")
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
    quote = connection.ops.quote_name
    for _, index in _spread():
        _run(f"DROP INDEX IF EXISTS {quote(index.name)}")
    for model in REFERRING if connection.vendor == "postgresql" else ():
        for name, said in _constraints(model).items():
            if said["foreign_key"]:
                _run(f"ALTER TABLE {quote(model._meta.db_table)} DROP CONSTRAINT {quote(name)}")


def _spread() -> Iterator[tuple[type[orm.Model], orm.Index]]:
    for model in SPREAD:
        for index in model._meta.indexes:
            yield model, index


def _constraints(model: type[orm.Model]) -> Mapping[str, Any]:
    with connection.cursor() as cursor:
        return connection.introspection.get_constraints(cursor, model._meta.db_table)


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _say(settings: Mapping[str, tuple[str, ...]]) -> None:
    for statement in settings[connection.vendor]:
        _run(statement)
