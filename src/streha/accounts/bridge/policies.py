"""Row-level security made from what models say of themselves: written, compared and raised, on PostgreSQL alone.

Each table behind the wall gets one policy for every verb, forced upon the table's owner too, since an office connects
with the one role that owns its tables. The condition is compiled by Django from the same Q that ``visible_to`` uses, so
there is no second policy to keep in step; a mark beside it tells whether it is still the one of this version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections, models, transaction
from django.db.models import Exists, OuterRef, Q

from streha.accounts.bridge import wall

POLICY = "streha_wall"


def walled() -> list[type[models.Model]]:
    """The tables behind the wall."""
    return [model for model in apps.get_models() if "WALL" in vars(model)]


@dataclass(frozen=True)
class Policy:
    """The wall before one table: statements that raise it, and the mark by which it is known."""

    table: str
    statements: tuple[str, ...]

    @property
    def mark(self) -> str:
        """Digest of the statements."""
        return hashlib.sha256("\n".join(self.statements).encode()).hexdigest()[:32]


def policies(connection: Any) -> Iterator[Policy]:
    """What this version wants before each table."""
    for model in walled():
        yield _policy(model, connection)


def _policy(model: type[models.Model], connection: Any) -> Policy:
    declared: wall.Wall = vars(model)["WALL"]
    name = model._meta.db_table
    table = connection.ops.quote_name(name)
    statements = [f"DROP POLICY IF EXISTS {POLICY} ON {table}"]
    seen = declared.rule() if declared.rule else Q()
    for key in declared.through:
        field = model._meta.get_field(key)
        parent: Any = field.related_model
        seen &= Q(Exists(parent._base_manager.filter(pk=OuterRef(field.attname))))  # type: ignore[union-attr]
    condition = compiled(model, seen, connection)
    if declared.led_by:
        function = connection.ops.quote_name(f"{name}_seen")
        statements += [f"DROP FUNCTION IF EXISTS {function}", _look_again(function, table)]
        leads = f"{table}.{connection.ops.quote_name(model._meta.get_field(declared.led_by).column or '')}"  # type: ignore[union-attr]
        condition = f"({leads} IS NULL AND ({condition})) OR ({leads} IS NOT NULL AND {function}({leads}))"
    own = f"{table}.{connection.ops.quote_name('id')}"
    if declared.shown_by is not None:
        function = connection.ops.quote_name(f"{name}_shown")
        statements += [
            f"DROP FUNCTION IF EXISTS {function}",
            _function(function, model, declared.shown_by(), connection),
        ]
        condition = f"({condition}) OR ({compiled(model, wall.said('opened'), connection)} AND {function}({own}))"
    if declared.hidden_by is not None:
        function = connection.ops.quote_name(f"{name}_hidden")
        statements += [
            f"DROP FUNCTION IF EXISTS {function}",
            _function(function, model, declared.hidden_by(), connection),
        ]
        condition = f"({condition}) AND NOT {function}({own})"
    condition = f"{compiled(model, wall.said('beyond'), connection)} OR ({condition})"
    statements += [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY {POLICY} ON {table} USING ({condition})",
    ]
    return Policy(name, tuple(statements))


def compiled(model: type[models.Model], seen: Q, connection: Any) -> str:
    """A condition on the rows of one table, as SQL."""
    query = model._base_manager.filter(seen).query
    compiler = query.get_compiler(connection=connection)
    sql, params = query.where.as_sql(compiler, connection)
    if sum(1 for uses in query.alias_refcount.values() if uses) > 1:
        raise ValueError(f"the wall before {model._meta.label} joins another table: use through() or Exists()")
    return f"({connection.ops.compose_sql(sql, params)})"


def _function(name: str, model: type[models.Model], looks: list[models.QuerySet[Any]], connection: Any) -> str:
    """A look beyond the wall for one row: whether something shows or hides it. It gives an answer, never a row."""
    found = Q()
    for rows in looks:
        found |= Q(Exists(rows))
    outer = model._base_manager.filter(found).query
    sql, params = outer.where.as_sql(outer.get_compiler(connection=connection), connection)
    column = f"{connection.ops.quote_name(model._meta.db_table)}.{connection.ops.quote_name('id')}"
    body = connection.ops.compose_sql(sql, params).replace(column, "$1")
    return (
        f"CREATE FUNCTION {name}(bigint) RETURNS boolean LANGUAGE plpgsql SET search_path = public AS $wall$ "
        "DECLARE was text := current_setting('streha.beyond', true); found boolean; "
        "BEGIN PERFORM set_config('streha.beyond', 'hidden', true); "
        f"found := {body}; "
        "PERFORM set_config('streha.beyond', was, true); RETURN found; END $wall$"
    )


def _look_again(name: str, table: str) -> str:
    """A look at one row of the same table with the viewer's own rights, which a policy cannot take by itself."""
    return (
        f"CREATE FUNCTION {name}(bigint) RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = public AS $wall$ "  # noqa: S608
        f"BEGIN RETURN EXISTS (SELECT 1 FROM {table} WHERE id = $1); END $wall$"
    )


def missing(connection: Any) -> list[Policy]:
    """Tables before which the wall does not stand as this version wants it; nothing on SQLite."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity, obj_description(p.oid, 'pg_policy') "
            "FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = %s "
            "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'",
            [POLICY],
        )
        standing = {name: mark for name, is_forced, mark in cursor.fetchall() if is_forced or mark is None}
    there = set(connection.introspection.table_names())
    return [p for p in policies(connection) if p.table in there and standing.get(p.table) != p.mark]


def raise_wall(connection: Any) -> list[str]:
    """The wall stands before every table of this version that is there; returns those before which it did not."""
    wanted = missing(connection)
    if not wanted:
        return []
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for policy in wanted:
            for statement in policy.statements:
                cursor.execute(statement)
            cursor.execute(
                f"COMMENT ON POLICY {POLICY} ON {connection.ops.quote_name(policy.table)} IS '{policy.mark}'"
            )
    return [policy.table for policy in wanted]


def lower_wall(connection: Any) -> None:
    """No table is behind the wall: while tables change, whose columns policies would hold fast."""
    if connection.vendor != "postgresql":
        return
    quote = connection.ops.quote_name
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid "
            "WHERE p.polname = %s AND c.relnamespace = 'public'::regnamespace",
            [POLICY],
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"DROP POLICY {POLICY} ON {quote(table)}")
            cursor.execute(f"ALTER TABLE {quote(table)} NO FORCE ROW LEVEL SECURITY")
            cursor.execute(f"ALTER TABLE {quote(table)} DISABLE ROW LEVEL SECURITY")
            for look in ("shown", "hidden", "seen"):
                cursor.execute(f"DROP FUNCTION IF EXISTS {quote(f'{table}_{look}')}")


def before_migrations(*, using: str, plan: Any, **_: Any) -> None:
    """``migrate`` begins: where it will change something, the wall is down until it is done."""
    if plan:
        lower_wall(connections[using])


def after_migrations(*, using: str, **_: Any) -> None:
    """``migrate`` is done: the wall stands as this version wants it, or, where the office has none, nowhere."""
    if connections[using].vendor == "postgresql":
        (raise_wall if settings.SECOND_WALL else lower_wall)(connections[using])


def bypasses(connection: Any) -> bool:
    """Whether PostgreSQL lets this connection past every policy: a superuser, or a role that was told so."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        return bool(cursor.fetchone()[0])
