"""``streha upgrade``: brings the databases to this version: backup first, then migrations, then a check."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from django.core.management import call_command
from django.db import connections
from django.utils.translation import gettext as _

from streha.cli import check


def migrate() -> None:
    """Bring the tables of every database to this version."""
    for alias in connections:
        rooms = check.rooms_kept_in(alias)
        call_command("migrate", *rooms, database=alias, interactive=False, verbosity=0, skip_checks=True)
        connection = connections[alias]
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA optimize")


def is_empty() -> bool:
    """Whether the register has no tables yet."""
    return not connections["default"].introspection.table_names()


@click.command(name="upgrade")
@click.option(
    "--to", "folder", type=click.Path(file_okay=False, path_type=Path), help="Where the backup before it goes."
)
@click.option("--without-backup", is_flag=True, help="Do not make a backup first.")
def command(folder: Path | None, without_backup: bool) -> None:
    """Make a backup, bring the databases to this version, and check the set-up.

    On an empty database it makes the tables. Close the office first.
    """
    from streha.cli import backup, presence

    with presence.alone():
        if not (without_backup or is_empty()):
            made = backup.make(folder or backup.default_folder())
            click.echo(_("Backup: {path}").format(path=made))
        behind = sum(check.migrations_behind(alias) for alias in connections)
        migrate()
        click.echo(_("Migrations applied: {number}").format(number=behind))
    found = check.findings()
    check.tell(found, lambda line: click.echo(line, err=True))
    sys.exit(1 if any(finding.is_refused for finding in found) else 0)
