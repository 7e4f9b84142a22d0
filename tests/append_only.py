"""Lets the test runner empty the append-only tables between tests that commit: triggers off, flush, triggers on."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connections
from django.db.backends.base.operations import BaseDatabaseOperations

from streha.audit import bridge

TABLES = ("audit_auditrecord", "audit_readrecord", "audit_readseal")
_flush = BaseDatabaseOperations.execute_sql_flush


def _flush_with_triggers_off(self: BaseDatabaseOperations, sql_list: Iterable[str]) -> None:
    sql_list = list(sql_list)
    connection = connections[self.connection.alias]
    present = [table for table in TABLES if any(table in statement for statement in sql_list)]
    make: list[str] = []
    with connection.cursor() as cursor:
        for table in present:
            create, drop = bridge.append_only_sql(connection.vendor, table)
            make += create
            for statement in drop:
                cursor.execute(statement)
    try:
        _flush(self, sql_list)
    finally:
        with connection.cursor() as cursor:
            for statement in make:
                cursor.execute(statement)


def install() -> None:
    """Put it in place for the whole run."""
    BaseDatabaseOperations.execute_sql_flush = _flush_with_triggers_off  # type: ignore[method-assign]
