"""``streha keys``: make the keyring of an office, and change its master key."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click
from django.conf import settings
from django.utils.translation import gettext as _

from streha.audit import actions, bridge, rules
from streha.audit.rules import Actor

TERMINAL = Actor("system", "terminal", "terminal")


@click.group(name="keys")
def group() -> None:
    """Make the keyring of an office, and change its master key."""


@group.command()
def create() -> None:
    """Make the keyring that everything personal is sealed with.

    It is written to STREHA_KEYRING, for its owner alone, and never over one that exists. Keep a copy apart from the
    machine and from the backups: without it nothing sealed can be read, with it and a backup everything can.
    """
    path = Path(settings.KEYRING)
    made = bridge.create_keyring(path, at=dt.datetime.now(dt.UTC))
    click.echo(_("The keyring is at {path}.").format(path=path))
    click.echo(_("Key: {key}").format(key=rules.fingerprint(made.public())))
    click.echo(_("Keep a copy apart from this machine and apart from the backups, and write down who holds it."))


@group.command()
@click.option("--forget-old", is_flag=True, help="Then drop old master keys; backups from before become unreadable.")
def rotate(forget_old: bool) -> None:
    """Make a new master key and wrap every person's key with it.

    The office may stay open. After a crash run it again: it goes on where it was.
    """
    moment = dt.datetime.now(dt.UTC)
    if actions.begin_rotation(by=TERMINAL, at=moment):
        click.echo(_("New master key: {name}").format(name=bridge.keyring().current))
    else:
        click.echo(_("A rotation was interrupted; it goes on."))
    with click.progressbar(length=actions.number_under_old_masters(), label=_("Keys")) as bar:
        while number := actions.rewrap_piece():
            bar.update(number)
    if forget_old:
        for name in actions.forget_old_masters(by=TERMINAL, at=moment):
            click.echo(_("Dropped master key: {name}").format(name=name))
    click.echo(_("Done. Copy the keyring to where its copies are kept."))
