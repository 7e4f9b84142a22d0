"""Row-level security made from what models say of themselves: written, compared and raised, on PostgreSQL alone.

Each table behind the wall gets one policy for every verb, forced upon the table's owner too, since an office connects
with the one role that owns its tables. The condition is compiled by Django from the same Q that ``visible_to`` uses, so
there is no second policy to keep in step; a mark beside it tells whether it is still the one of this version.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
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
        return hashlib.sha256("\n".join([*_TOLD, *self.statements]).encode()).hexdigest()[:32]


def policies(connection: Any) -> Iterator[Policy]:
    """What this version wants before each table."""
    for model in walled():
        yield _policy(model, connection)


def _policy(model: type[models.Model], connection: Any) -> Policy:
    declared: wall.Wall = vars(model)["WALL"]
    name = model._meta.db_table
    quote = connection.ops.quote_name
    table, own = quote(name), f"{quote(name)}.{quote('id')}"
    functions: dict[str, str] = {}

    def look(kind: str, argument: str, *bodies: str, only_if: str = "") -> str:
        """The name of a function that looks beyond the wall, at one row."""
        functions[f"{name}_{kind}"] = _beyond(f"{quote(f'{name}_{kind}')}({argument})", bodies, only_if)
        return str(quote(f"{name}_{kind}"))

    def asked(question: wall.Look) -> str:
        """The same for what both walls ask."""
        body = " OR ".join(_found(model, question.rows(OuterRef("pk")), connection))
        functions[question.name] = _beyond(f"{question.name}(bigint)", [body])
        return question.name

    for question in declared.looks:
        asked(question)

    seen = declared.rule() if declared.rule else Q()
    for key in declared.through:
        field = model._meta.get_field(key)
        parent: Any = field.related_model
        seen &= Q(wall.OfEach(parent._base_manager.filter(pk=OuterRef(field.attname))))  # type: ignore[union-attr]
    if declared.asked_beyond:
        condition = f"{look('asked', table, _asked(model, seen, connection))}({table})"
    else:
        condition = compiled(model, seen, connection)
    if declared.spared_by is not None:
        condition = f"{compiled(model, declared.spared_by(), connection)} OR ({condition})"
    let_in = ""
    for shown in _let_through(model):
        may_be = compiled(model, wall.holds(shown.reach) & shown.among(), connection)
        named = " OR ".join(_found(model, shown.named(), connection))
        let = look(f"let_{shown.reach}", "bigint", *_found(model, shown.by(), connection), only_if=named)
        let_in += f" OR ({may_be} AND {let}({own}))"
    if declared.led_by:
        leads = f"{table}.{quote(model._meta.get_field(declared.led_by).column or '')}"  # type: ignore[union-attr]
        led = f"EXISTS (SELECT 1 FROM {table} WHERE {own} = $1 AND (({condition}){let_in}))"  # noqa: S608 - names are ours
        condition = (
            f"({leads} IS NULL AND ({condition})) OR ({leads} IS NOT NULL AND {look('seen', 'bigint', led)}({leads}))"
        )
    if declared.shown_by is not None:
        opened = compiled(model, wall.said("opened"), connection)
        shown_by = look("shown", "bigint", *_found(model, declared.shown_by(), connection))
        condition = f"({condition}) OR ({opened} AND {shown_by}({own}))"
    hiding = [asked(declared.hidden_if)] if declared.hidden_if else []
    if declared.hidden_by is not None:
        hiding.append(look("hidden", "bigint", *_found(model, declared.hidden_by(), connection)))
    if hiding:
        hidden = " AND ".join(f"{function}({own})" for function in hiding)
        if declared.hidden_unless is not None:
            hidden = f"NOT {compiled(model, declared.hidden_unless(), connection)} AND {hidden}"
        condition = f"({condition}) AND NOT ({hidden})"
    condition = f"{compiled(model, wall.said('beyond'), connection)} OR ({condition}){let_in}"
    return Policy(
        name,
        (
            f"DROP POLICY IF EXISTS {POLICY} ON {table}",
            *(f"DROP FUNCTION IF EXISTS {quote(function)}" for function in functions),
            *functions.values(),
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY {POLICY} ON {table} USING ({_folded(condition)})",
        ),
    )


def _let_through(model: type[models.Model]) -> list[wall.Shown]:
    """What other tables say of this one: rows of theirs that are seen show rows of it."""
    return [shown for other in walled() for shown in vars(other)["WALL"].shows if shown.model is model]


def compiled(model: type[models.Model], seen: Q, connection: Any) -> str:
    """A condition on the rows of one table, as SQL."""
    query = model._base_manager.filter(seen).query
    compiler = query.get_compiler(connection=connection)
    sql, params = query.where.as_sql(compiler, connection)
    if sum(1 for uses in query.alias_refcount.values() if uses) > 1:
        raise ValueError(f"the wall before {model._meta.label} joins another table: use through() or Exists()")
    return f"({connection.ops.compose_sql(sql, params)})"


def _found(model: type[models.Model], looks: list[models.QuerySet[Any]], connection: Any) -> list[str]:
    """Whether something shows or hides the row of which a function is told the id."""
    column = f"{connection.ops.quote_name(model._meta.db_table)}.{connection.ops.quote_name('id')}"
    found = []
    for rows in looks:
        outer = model._base_manager.filter(Exists(rows)).query
        sql, params = outer.where.as_sql(outer.get_compiler(connection=connection), connection)
        found.append(str(connection.ops.compose_sql(sql, params)).replace(column, "$1"))
    return found


def _asked(model: type[models.Model], seen: Q, connection: Any) -> str:
    """Whether the condition holds of a row that a function is given: as it is given, since it may not stand yet."""
    table = connection.ops.quote_name(model._meta.db_table)
    asked = model._base_manager.filter(seen).order_by().values_list("pk").query
    sql, params = asked.get_compiler(connection=connection).as_sql()
    body = connection.ops.compose_sql(sql, params).replace(f"FROM {table}", f"FROM (SELECT ($1).*) AS {table}", 1)
    return f"EXISTS ({body})"


# --- what a session was told, as PostgreSQL reads it
#
# In a policy it is read while a statement is planned: what the viewer may do everywhere, and all of a policy for who
# stands beyond the wall, is then no part of the plan, and a list of areas is found by an index. So these functions say
# that their answers never change, which is true as long as no plan outlives its statement: the connection prepares
# none (``postgresql/base.py``), and functions that look beyond the wall read the settings themselves, at each call.

_TOLD = (
    "CREATE OR REPLACE FUNCTION streha_said(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $wall$ "
    "BEGIN RETURN COALESCE(current_setting('streha.' || $1, true), '') <> ''; END $wall$",
    *(
        f"CREATE OR REPLACE FUNCTION streha_{kind}s(text) RETURNS {kind}[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE "
        f"AS $wall$ BEGIN RETURN COALESCE(NULLIF(current_setting('streha.' || $1, true), ''), '{{}}')::{kind}[]; "
        "END $wall$"
        for kind in ("bigint", "uuid")
    ),
)

_SETTING = r"NULLIF\(current_setting\('streha\.(\w+)', true\), ''\)"
_LISTED = re.compile(rf"([\w.\"]+) IN \(SELECT unnest\({_SETTING}::(\w+)\[\]\)\)")
_SAID = re.compile(rf"{_SETTING} IS NOT NULL")


def _folded(condition: str) -> str:
    """A policy's condition with the settings as constants of the plan."""
    listed = _LISTED.sub(r"(streha_said('\2') AND \1 = ANY(streha_\3s('\2')))", condition)
    return _SAID.sub(r"streha_said('\1')", listed)


def _beyond(signature: str, bodies: Sequence[str], only_if: str = "") -> str:
    """A function that looks beyond the wall, at one row, in one place after the other until it finds something. It
    gives an answer, never a row.

    It is planned once a session, with the wall folded away, and reads who asks at each call.
    """
    body = " ".join(f"IF NOT found THEN found := {one}; END IF;" for one in bodies)
    if only_if:
        body = f"IF {only_if} THEN {body} END IF;"
    body = _LISTED.sub(r"COALESCE(\1 = ANY(NULLIF(current_setting('streha.\2', true), '')::\3[]), false)", body)
    return (
        f"CREATE FUNCTION {signature} RETURNS boolean LANGUAGE plpgsql COST 10000 AS $wall$ "
        "DECLARE was text := current_setting('streha.beyond', true); told text; found boolean := false; "
        f"BEGIN told := set_config('streha.beyond', 'hidden', true); {body} "
        "told := set_config('streha.beyond', was, true); RETURN found; END $wall$"
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
        for statement in _TOLD:
            cursor.execute(statement)
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
        cursor.execute(
            "SELECT oid::regprocedure::text FROM pg_proc "
            "WHERE pronamespace = 'public'::regnamespace AND prosrc LIKE %s",
            ["%current_setting('streha.%"],
        )
        for (function,) in cursor.fetchall():
            cursor.execute(f"DROP FUNCTION {function}")


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
