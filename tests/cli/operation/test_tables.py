"""The tables of a new office, and those of one that walked through every version."""

from __future__ import annotations

from typing import Any

from tests.cli.operation.conftest import Office

LOOK = r"""
import re
from django.db import connections

POSTGRESQL = {
    "rules": "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint",
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
}
SQLITE = {
    "indexes": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "triggers": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
}

def ask(cursor, statement, *values):
    cursor.execute(statement, values)
    return [str(row) for row in cursor.fetchall()]

found = {}
for alias in ["default", "reads"]:
    connection = connections[alias]
    is_sqlite, look, cursor = connection.vendor == "sqlite", connection.introspection, connection.cursor()
    for table in look.table_names(cursor):
        if table.startswith("sqlite_"):
            continue  # the planner's own
        if is_sqlite:
            told = ask(cursor, 'SELECT name, type, "notnull", pk FROM pragma_table_info(%s)', table)
            told += ask(cursor, 'SELECT "from", "table", "to" FROM pragma_foreign_key_list(%s)', table)
            (made,) = ask(cursor, "SELECT sql FROM sqlite_master WHERE name = %s", table)
            told += re.findall('CONSTRAINT "[a-z_0-9]+" [A-Z]+', made)
        else:
            columns = look.get_table_description(cursor, table)
            told = [str([c.name, c.type_code, c.null_ok, c.display_size]) for c in columns]
        found[f"{alias}.{table}"] = told
    for kind, statement in (SQLITE if is_sqlite else POSTGRESQL).items():
        found[f"{alias} {kind}"] = ask(cursor, statement)
    found[f"{alias} migrations"] = ask(cursor, "SELECT app, name FROM django_migrations")
print(json.dumps(found))
"""
WALK = """
import gc
gc.set_threshold(200_000, 20, 20)  # each step leaves a whole set of models behind; looked for seldom, it goes at once
from django.core.management import call_command
from django.db import connections
from streha.cli import check
for alias in connections:
    call_command("migrate", *check.rooms_kept_in(alias), database=alias, verbosity=0, interactive=False)
"""


# Django's own table of groups, which no office uses, has a narrower number when it is made from its model.
LEFT_OUT = ("default.auth_group_permissions", "reads.auth_group_permissions")


def test_tables_made_at_once_are_those_that_every_version_leads_to(office: Office, bare: Office) -> None:
    (bare.folder / "data").mkdir(parents=True)
    bare.python(WALK)
    made, walked = office.python(LOOK), bare.python(LOOK)
    assert {name: told for name, told in differences(made, walked).items() if name not in LEFT_OUT} == {}
    assert len([name for name in made if name.startswith("default.people_")]) > 10
    assert len(made["default triggers"]) >= 2
    assert len(made["default indexes"]) > 50


def differences(made: dict[str, list[str]], walked: dict[str, list[str]]) -> dict[str, Any]:
    """What only the one has, and what only the other, by table."""
    found = {}
    for name in made.keys() | walked.keys():
        one, other = set(made.get(name, ())), set(walked.get(name, ()))
        if one != other:
            found[name] = (sorted(one - other), sorted(other - one))
    return found
