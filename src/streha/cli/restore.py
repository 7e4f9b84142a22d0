"""``streha restore``: puts a backup back, and erases again whoever was erased since it was made."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import uuid
from pathlib import Path
from typing import Any

import click
from django.conf import settings
from django.db import DatabaseError, connections, transaction
from django.utils.translation import gettext as _

from streha.accounts.rules import Access, system
from streha.audit import actions as audit
from streha.audit import bridge, queries, rules
from streha.cli import backup, check, portable, presence, tables
from streha.common import errors
from streha.dataprotection import actions as dataprotection


def read_manifest(folder: Path) -> dict[str, Any]:
    """The list of parts, after every part was compared with it. Raises BadInput when anything differs."""
    try:
        manifest: dict[str, Any] = json.loads((folder / backup.MANIFEST).read_text(encoding="utf-8"))
        form, parts, signature = manifest["streha_backup"], manifest["parts"], manifest["signature"]
    except (OSError, ValueError, KeyError, TypeError):
        raise errors.BadInput(
            errors.message("{path} is not a complete backup: its list of parts is missing or damaged."),
            code="backup_manifest",
            path=str(folder),
        )
    if form != backup.FORM:
        raise errors.BadInput(
            errors.message("This backup has form {form}, which this version does not know."),
            code="backup_form",
            form=form,
        )
    content = {name: value for name, value in manifest.items() if name != "signature"}
    if not rules.is_signed(bridge.keyring().public(), content, signature):
        raise errors.BadInput(
            errors.message(
                "This backup was not signed with this office's keyring. Put back the keyring it belongs to."
            ),
            code="backup_signature",
        )
    for part in parts:
        path = folder / Path(part["name"]).name
        if not path.is_file() or path.stat().st_size != part["bytes"] or backup.sha256(path) != part["sha256"]:
            raise errors.BadInput(
                errors.message("The part {name} of the backup is missing or damaged. Take another backup."),
                code="backup_damaged",
                name=part["name"],
            )
    return manifest


def put_back(folder: Path, *, replace: bool) -> list[uuid.UUID]:
    """Put a backup in place of what is there; returns the persons who were erased again."""
    manifest = read_manifest(folder)
    if bool(manifest["demo"]) != settings.DEMO:
        raise errors.Refused(
            errors.message("Demo and real data are never mixed: this backup is of the other kind."), code="backup_demo"
        )
    if not replace and not _is_free():
        raise errors.Conflict(
            errors.message("There is a register here already. To put the backup in its place add --replace."),
            code="target_not_empty",
        )
    if not _is_free():
        audit.enter_erasures()
    form = manifest["form"]
    if form == "portable":
        _read_portable(folder, manifest)
    elif form != connections["default"].vendor:
        raise errors.BadInput(
            errors.message("This backup is of {form}, the register is on {vendor}. Make one with --portable instead."),
            code="backup_engine",
            form=form,
            vendor=connections["default"].vendor,
        )
    elif form == "sqlite":
        _place_sqlite(folder)
    else:
        for alias in backup.databases():
            _place_postgresql(alias, folder / f"{backup.PARTS[alias]}.dump")
    tables.bring_forward()
    _unpack(folder / "media.tar", Path(settings.MEDIA_ROOT))
    _merge_anchors(folder / "anchors.tar")
    at, by = backup.now(), system("terminal")
    bridge.append_anchor(at=at, heads=queries.heads(), note=rules.RESTORED)
    erased = erase_again(by=by)
    audit.record(
        by=by.actor, at=at, room="audit", verb="restore", object_kind="backup", object_key=manifest["made_at"][:64]
    )
    audit.anchor(at=at)
    return erased


def _is_free() -> bool:
    """Whether there is nothing to lose: no tables, or no database yet."""
    try:
        return tables.is_bare()
    except DatabaseError:
        return False


def _place_sqlite(folder: Path) -> None:
    """Swap the files in; each is whole before it takes the name of the old one."""
    connections.close_all()
    for alias in backup.databases():
        target = Path(str(connections[alias].settings_dict["NAME"]))
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(target.name + ".restoring")
        shutil.copyfile(folder / f"{backup.PARTS[alias]}.sqlite3", fresh)
        with fresh.open("rb+") as file:
            os.fsync(file.fileno())
        for ending in ("-wal", "-shm"):
            target.with_name(target.name + ending).unlink(missing_ok=True)
        fresh.replace(target)


def _place_postgresql(alias: str, dump: Path) -> None:
    """Load the dump into a fresh schema, and keep the old one until it is all there."""
    if backup.pg_program("pg_restore") is None:
        raise errors.Unavailable(
            errors.message("pg_restore is not installed here, or older than the server."), code="no_pg_restore"
        )
    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS streha_before CASCADE")
        cursor.execute("ALTER SCHEMA public RENAME TO streha_before")
        cursor.execute("CREATE SCHEMA public")
    try:
        options = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", "--schema=public"]
        backup.run_pg("pg_restore", alias, options, dump)
    except errors.StrehaError:
        with transaction.atomic(using=alias), connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("ALTER SCHEMA streha_before RENAME TO public")
        raise
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA streha_before CASCADE")
    connections.close_all()


def _read_portable(folder: Path, manifest: dict[str, Any]) -> None:
    """Make the tables of this version and fill them; the backup must be of this very version."""
    _clear()
    tables.bring_forward()
    known = {name for alias in backup.databases() for name in backup.applied(alias)}
    held = {name for names in manifest["migrations"].values() for name in names}
    if known != held:
        raise errors.BadInput(
            errors.message("This backup is of version {version}. Restore it with that version, then upgrade."),
            code="backup_version",
            version=manifest["version"],
        )
    for alias in ("default", "reads"):
        portable.read(alias, folder / f"{backup.PARTS[alias]}.jsonl.gz")


def _clear() -> None:
    """Take away all tables."""
    for alias in backup.databases():
        connection = connections[alias]
        if connection.vendor == "postgresql":
            with transaction.atomic(using=alias), connection.cursor() as cursor:
                cursor.execute("DROP SCHEMA public CASCADE")
                cursor.execute("CREATE SCHEMA public")
            continue
        connection.close()
        file = Path(str(connection.settings_dict["NAME"]))
        for ending in ("", "-wal", "-shm"):
            file.with_name(file.name + ending).unlink(missing_ok=True)


def _unpack(archive: Path, folder: Path) -> None:
    """Swap a folder for what is in an archive."""
    fresh = folder.with_name(folder.name + ".restoring")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    with tarfile.open(archive) as held:
        held.extractall(fresh, filter="data")
    if folder.exists():
        shutil.rmtree(folder)
    fresh.rename(folder)


def _merge_anchors(archive: Path) -> None:
    """Anchors and erasures here are newer than those of the backup and stay; what only the backup has is taken over."""
    target = Path(settings.ANCHOR_DIR)
    with tarfile.open(archive) as held:
        if not (target / bridge.ANCHOR_FILE).exists():
            target.mkdir(parents=True, exist_ok=True)
            held.extractall(target, members=[m for m in held if m.name != bridge.LEDGER_FILE], filter="data")
        if bridge.LEDGER_FILE in held.getnames():
            file = held.extractfile(bridge.LEDGER_FILE)
            text = file.read().decode("utf-8") if file else ""
            bridge.merge_ledger(text.splitlines())


def erase_again(*, by: Access) -> list[uuid.UUID]:
    """Erase whoever the ledger names and the backup still knew: from every room, then the key."""
    again: list[uuid.UUID] = []
    for subject, at in check.erasures_pending():
        with transaction.atomic():
            dataprotection.erase_again(subject, by=by, at=at)
            audit.destroy_subject(subject, by=by.actor, at=at, reason="erased before; erased again after a restore")
        again.append(subject)
    if again:
        dataprotection.leave_no_trace()
        dataprotection.rewrite_files(by=by, at=backup.now())
    return again


@click.command(name="restore")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Put it in place of the register that is here.")
@click.option("--finish", is_flag=True, help="Only erase again, after a restore that was interrupted.")
def command(folder: Path | None, replace: bool, finish: bool) -> None:
    """Put the backup in FOLDER back, after comparing every part with its signed list.

    Whoever was erased since is erased again: the ledger beside the anchors names them. The log tells of the restore
    for good. Close the office first.
    """
    if (folder is None) != finish:
        raise click.UsageError(_("Give the folder of a backup, or --finish."))
    with presence.alone():
        if folder is None:
            erased = erase_again(by=system("terminal"))
        else:
            erased = put_back(folder, replace=replace)
    click.echo(_("Restored."))
    click.echo(_("Persons erased again: {number}").format(number=len(erased)))
