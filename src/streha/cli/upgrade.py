"""``streha upgrade``: brings the databases to this version: backup first, then migrations, then a check."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from django.db import connections
from django.utils.translation import gettext as _

from streha.cli import check, tables


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
        if not (without_backup or tables.is_bare()):
            made = backup.make(folder or backup.default_folder())
            click.echo(_("Backup: {path}").format(path=made))
        behind = sum(check.migrations_behind(alias) for alias in connections)
        tables.bring_forward()
        click.echo(_("Migrations applied: {number}").format(number=behind))
    found = check.findings()
    check.tell(found, lambda line: click.echo(line, err=True))
    sys.exit(1 if any(finding.is_refused for finding in found) else 0)
