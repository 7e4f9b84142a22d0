"""The tables of a database: made at once where there are none, brought forward by migrations where there are some.

A walk through all migrations renders every model again for each step, which takes longer with each room; a new office
and every test run would pay for a history they have not lived. A test holds that both ways end in the same tables.
What a table needs beside itself (triggers, policies) is raised after either way, by ``post_migrate``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connections, router
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from streha.cli import check

QUIET: dict[str, Any] = {"verbosity": 0, "interactive": False}


def bring_forward() -> None:
    """Bring the tables of every database to this version."""
    for alias in connections:
        rooms = check.rooms_kept_in(alias)
        if is_bare(alias):
            make(alias, rooms)
        else:
            call_command("migrate", *rooms, database=alias, skip_checks=True, **QUIET)
        connection = connections[alias]
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA optimize")


def is_bare(alias: str = "default") -> bool:
    """Whether a database has no tables yet."""
    return not connections[alias].introspection.table_names()


def make(alias: str, rooms: Sequence[str] = ()) -> None:
    """Make all tables of a bare database in one transaction, or those of the rooms named, as this version wants them.

    Every migration is recorded as applied, so that the next version begins where this one stands.
    """
    connection = connections[alias]
    configs = [apps.get_app_config(room) for room in rooms] or list(apps.get_app_configs())
    emit_pre_migrate_signal(db=alias, apps=apps, plan=[], **QUIET)
    recorder = MigrationRecorder(connection)
    recorder.ensure_schema()  # killed behind this line, a database has nothing recorded, and is walked through
    with connection.schema_editor() as editor:
        for config in configs:
            for model in router.get_migratable_models(config, alias, include_auto_created=False):
                if model._meta.can_migrate(connection):
                    editor.create_model(model)
        for room, name in MigrationLoader(None).disk_migrations:
            if not rooms or room in rooms:
                recorder.record_applied(room, name)
    emit_post_migrate_signal(db=alias, apps=apps, plan=[], **QUIET)
