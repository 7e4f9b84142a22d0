"""``streha backup``: copies the register, the store of who looked, files and anchors, with a signed list of parts."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tarfile
from collections.abc import Mapping
from contextlib import closing, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
from django.conf import settings
from django.db import DatabaseError, connections
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

from streha.audit import actions as audit
from streha.audit import bridge, rules
from streha.cli import portable
from streha.common import errors

MANIFEST = "manifest.json"
FORM = 1
BLOCK = 1 << 20
PARTS = {"default": "register", "reads": "reads"}


def now() -> dt.datetime:
    """The clock of the command."""
    return dt.datetime.now(dt.UTC)


def default_folder() -> Path:
    """Where backups go unless said otherwise."""
    return Path(settings.DATA_DIR) / "backups"


def make(folder: Path, *, with_keyring: bool = False, as_text: bool = False) -> Path:
    """A complete backup in a new folder beneath ``folder``; a broken-off one keeps the ending ``.part``."""
    at = now()
    with suppress(DatabaseError):  # before an upgrade the tables may still be of an older form; copy them as they are
        audit.enter_erasures()
        audit.anchor(at=at)
    done = folder / f"streha-{at:%Y%m%d-%H%M%S-%f}"
    part = done.with_name(done.name + ".part")
    part.mkdir(parents=True, mode=0o700)
    form = "portable" if as_text else connections["default"].vendor
    if form == "postgresql" and pg_program("pg_dump") is None:
        form = "portable"
    for alias in databases():
        _copy_database(form, alias, part)
    _pack(Path(settings.MEDIA_ROOT), part / "media.tar")
    _pack(Path(settings.ANCHOR_DIR), part / "anchors.tar")
    if with_keyring:
        shutil.copyfile(settings.KEYRING, part / "keyring.json")
    content = {
        "streha_backup": FORM,
        "made_at": rules.moment(at),
        "version": version("streha"),
        "form": form,
        "demo": settings.DEMO,
        "migrations": {alias: applied(alias) for alias in databases()},
        "parts": [
            {"name": file.name, "bytes": file.stat().st_size, "sha256": sha256(file)} for file in sorted(part.iterdir())
        ],
    }
    manifest = {**content, "signature": rules.sign(bridge.keyring(), content)}
    (part / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    part.rename(done)
    return done


def databases() -> list[str]:
    """The databases to copy: one, where the store of reads lies in the register's."""
    return ["default"] if bridge.reads_share_register() else ["default", "reads"]


def applied(alias: str) -> list[str]:
    """The migrations a database has."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connections[alias]).applied_migrations())


def sha256(path: Path) -> str:
    """Digest of a file, whatever its size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy_database(form: str, alias: str, folder: Path) -> None:
    name = PARTS[alias]
    if form == "portable":
        portable.write(alias, folder / f"{name}.jsonl.gz")
        if bridge.reads_share_register():
            portable.write("reads", folder / f"{PARTS['reads']}.jsonl.gz")
    elif form == "sqlite":
        _copy_sqlite(Path(str(connections[alias].settings_dict["NAME"])), folder / f"{name}.sqlite3")
    else:
        options = ["--format=custom", "--no-owner", "--no-privileges", "--enable-row-security"]
        run_pg("pg_dump", alias, options, folder / f"{name}.dump")


def _copy_sqlite(source: Path, target: Path) -> None:
    """Copy by SQLite's online backup in one step, a consistent view that holds up no writer; then drop what was
    deleted (free pages still hold it) and look whether the copy is whole.
    """
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as here,
        closing(sqlite3.connect(target)) as there,
    ):
        here.backup(there)
        there.execute("PRAGMA journal_mode=DELETE")
        there.execute("VACUUM")
        found = there.execute("PRAGMA quick_check").fetchone()[0]
    if found != "ok":
        raise errors.Unavailable(
            errors.message("The copy of {path} is damaged: {found}. Is the disk failing?"),
            code="backup_damaged",
            path=str(source),
            found=found,
        )


def pg_program(name: str) -> Path | None:
    """PostgreSQL's own program, if it is here and not older than the server."""
    server = connections["default"].pg_version // 10_000  # type: ignore[attr-defined]
    offered = [Path(found)] if (found := shutil.which(name)) else []
    offered += sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    for path in offered:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
        major = re.search(r"\) (\d+)", said)
        if major and int(major[1]) >= server:
            return path
    return None


def run_pg(program: str, alias: str, options: list[str], file: Path) -> None:
    """Run PostgreSQL's program on a database; the password goes by the environment, unseen in lists of processes."""
    held: Mapping[str, Any] = connections[alias].settings_dict
    line = [str(pg_program(program)), *options]
    for option, value in (("--host", held["HOST"]), ("--port", held["PORT"]), ("--username", held["USER"])):
        if value:
            line += [option, str(value)]
    line += ["--no-password", "--dbname", str(held["NAME"])]
    line += ["--file", str(file)] if program == "pg_dump" else [str(file)]
    # Row-level security holds the owner of the tables too, so the session says that it works beyond the wall.
    settings_of_session = f"{held['OPTIONS'].get('options', '')} -c streha.beyond=backup".strip()
    environment = {**os.environ, "PGPASSWORD": str(held["PASSWORD"] or ""), "PGOPTIONS": settings_of_session}
    for name in ("sslmode", "sslrootcert"):
        if value := held["OPTIONS"].get(name):
            environment[f"PG{name.upper()}"] = str(value)
    ended = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if ended.returncode:
        raise errors.Unavailable(
            errors.message("{program} did not finish: {reason}"),
            code="backup_program",
            program=program,
            reason=ended.stderr.strip()[-400:],
        )


def _pack(folder: Path, target: Path) -> None:
    """Put a folder into an archive; an empty archive when there is none."""
    with tarfile.open(target, "w") as archive:
        if folder.is_dir():
            for path in sorted(folder.iterdir()):
                archive.add(path, arcname=path.name)


@click.command(name="backup")
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--with-keyring", is_flag=True, help="Put the keyring in too: then this backup alone opens everything.")
@click.option("--portable", "as_text", is_flag=True, help="Write text that both SQLite and PostgreSQL can take in.")
def command(folder: Path | None, with_keyring: bool, as_text: bool) -> None:
    """Copy everything into a new folder beneath FOLDER while the office stays open.

    The keyring is not in it unless asked for: keep the two apart. Names are in clear in a backup, so keep it on an
    encrypted disk.
    """
    made = make(folder or default_folder(), with_keyring=with_keyring, as_text=as_text)
    size = sum(file.stat().st_size for file in made.iterdir())
    click.echo(_("Backup: {path}").format(path=made))
    click.echo(_("{number} MB. Restore it on another machine now and then.").format(number=size >> 20))
    if with_keyring:
        click.echo(_("The keyring is in it. Whoever has this folder can read everything."), err=True)
