"""``streha check``: says whether this set-up is safe to keep people's data on, and why not."""

from __future__ import annotations

import datetime as dt
import shutil
import stat
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from django.conf import settings
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from streha.accounts import queries as accounts
from streha.accounts.bridge import policies, wall
from streha.audit import bridge
from streha.audit.models import SubjectKey
from streha.common import errors
from streha.people import queries as people

LEAST_POSTGRESQL = 15
LEAST_SECRET = 40
LEAST_FREE_BYTES = 1 << 30
LEAST_TIMEOUT_MS = 20_000
SQLITE_PRAGMAS = {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 1}
LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})


@dataclass(frozen=True)
class Finding:
    """One thing about the set-up: a refusal, or a word of advice."""

    code: str
    text: str
    is_refused: bool = True


@wall.beyond("check of the set-up")
def findings() -> list[Finding]:
    """Everything that is wrong or worth knowing; empty when all is well."""
    found: list[Finding] = []
    for look in (hosts, secrets_of_office, keyring, folders, database_answers):
        found += look()
    if not any(finding.code == "database_away" for finding in found):
        for look in (engines, migrations, second_wall, demo_apart, erased_stay_erased):
            found += look()
    return found


def hosts() -> Iterator[Finding]:
    """Host names and TLS."""
    named = set(settings.ALLOWED_HOSTS)
    if "*" in named or not named:
        yield Finding("hosts_any", _("STREHA_HOSTS must name the office's own addresses; it allows any."))
    elif settings.DEMO:
        return
    elif named - LOCAL and not settings.TLS:
        shown = ", ".join(sorted(named - LOCAL))
        yield Finding(
            "tls_missing",
            _("{hosts} would be reached without encryption. Set STREHA_TLS=1 and a certificate.").format(hosts=shown),
        )
    for origin in settings.CSRF_TRUSTED_ORIGINS:
        if settings.TLS and not origin.startswith("https://"):
            yield Finding("origin_plain", _("The origin {origin} is not https.").format(origin=origin))


def secrets_of_office() -> Iterator[Finding]:
    """What outsiders could guess."""
    if settings.DEMO:
        return
    if len(settings.SECRET_KEY) < LEAST_SECRET:
        yield Finding(
            "secret_short", _("STREHA_SECRET_KEY is shorter than {number} signs.").format(number=LEAST_SECRET)
        )
    if settings.DEBUG:
        yield Finding("debug", _("STREHA_DEBUG shows the inside of the office to visitors. Unset it."))


def keyring() -> Iterator[Finding]:
    """The keyring: there, whole, private, and not beside what it protects."""
    path = Path(settings.KEYRING)
    try:
        bridge.keyring()
    except errors.StrehaError as error:
        yield Finding(error.code, _(error.template).format(**error.details))
        return
    if settings.DEMO:
        return
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding(
            "keyring_open", _("Others on this machine can read {path}. Do: chmod 600 {path}").format(path=path)
        )
    yield from keyring_apart(path)


def keyring_apart(path: Path) -> Iterator[Finding]:
    """A keyring in a folder that is copied together with the database protects nothing."""
    for folder in database_folders():
        if path.is_relative_to(folder):
            yield Finding(
                "keyring_beside_database",
                _(
                    "The keyring {path} lies in the folder of the database. Move it elsewhere, "
                    "say /etc/streha/keyring.json, and set STREHA_KEYRING."
                ).format(path=path),
            )
            return


def database_folders() -> set[Path]:
    """Folders that are copied when the data is copied."""
    files = {Path(str(c["NAME"])).resolve().parent for c in settings.DATABASES.values() if "sqlite" in c["ENGINE"]}
    return files | {Path(settings.MEDIA_ROOT)}


def folders() -> Iterator[Finding]:
    """Room to write, and anchors that a thief or a fire does not take with the database."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < LEAST_FREE_BYTES:
        yield Finding(
            "disk_nearly_full",
            _("Only {number} MB are free in {path}.").format(number=free >> 20, path=settings.DATA_DIR),
            is_refused=False,
        )
    if not settings.DEMO and any(Path(settings.ANCHOR_DIR).is_relative_to(f) for f in database_folders()):
        yield Finding(
            "anchors_beside_database",
            _("The anchors lie beside the database. Set STREHA_ANCHORS to another disk or a shared folder."),
            is_refused=False,
        )


def database_answers() -> Iterator[Finding]:
    """Whether both databases can be asked anything at all."""
    for alias in connections:
        try:
            with connections[alias].cursor() as cursor:
                cursor.execute("SELECT 1")
        except DatabaseError as error:
            reason = str(error).strip().partition("\n")[0]
            yield Finding(
                "database_away", _("The database “{name}” does not answer: {reason}").format(name=alias, reason=reason)
            )


def engines() -> Iterator[Finding]:
    """The database engines as they must run."""
    for alias in connections:
        connection = connections[alias]
        if connection.vendor == "sqlite":
            yield from _sqlite(alias, connection)
        elif connection.vendor == "postgresql":
            yield from _postgresql(alias, connection)


def _sqlite(alias: str, connection: Any) -> Iterator[Finding]:
    wrong = []
    with connection.cursor() as cursor:
        for name, wanted in SQLITE_PRAGMAS.items():
            found = cursor.execute(f"PRAGMA {name}").fetchone()[0]
            if found != wanted:
                wrong.append(f"{name}={found}")
        if cursor.execute("PRAGMA busy_timeout").fetchone()[0] < LEAST_TIMEOUT_MS:
            wrong.append("busy_timeout")
    if connection.transaction_mode != "IMMEDIATE":
        wrong.append("transaction_mode")
    if wrong:
        yield Finding(
            "sqlite_pragmas",
            _("SQLite “{name}” does not run as it must: {what}. Is it on a network drive?").format(
                name=alias, what=", ".join(wrong)
            ),
        )
    file = Path(str(connection.settings_dict["NAME"]))
    if not settings.DEMO and file.exists() and file.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        yield Finding(
            "database_open", _("Others on this machine can read {path}. Do: chmod 600 {path}").format(path=file)
        )


def _postgresql(alias: str, connection: Any) -> Iterator[Finding]:
    version = connection.pg_version // 10_000
    if version < LEAST_POSTGRESQL:
        yield Finding(
            "postgresql_old",
            _("PostgreSQL {version} is too old; {least} is needed.").format(version=version, least=LEAST_POSTGRESQL),
        )
    host = str(connection.settings_dict.get("HOST") or "")
    is_here = host in LOCAL | {""} or host.startswith("/")
    if not is_here and connection.settings_dict["OPTIONS"].get("sslmode") not in {
        "require",
        "verify-ca",
        "verify-full",
    }:
        yield Finding(
            "postgresql_plain",
            _("The connection “{name}” to {host} may be read on the way. Add ?sslmode=verify-full to its URL.").format(
                name=alias, host=host
            ),
            is_refused=not settings.DEMO,
        )


def migrations() -> Iterator[Finding]:
    """Whether the tables are those of this version."""
    for alias in connections:
        if migrations_behind(alias):
            yield Finding(
                "migrations_behind",
                _("The database “{name}” is behind this version. Do: streha upgrade").format(name=alias),
            )


def second_wall() -> Iterator[Finding]:
    """On PostgreSQL: whether row-level security stands before every table about people, and holds this connection."""
    connection = connections["default"]
    if connection.vendor != "postgresql" or not settings.SECOND_WALL or migrations_behind("default"):
        return
    if open_tables := [policy.table for policy in policies.missing(connection)]:
        yield Finding(
            "wall_missing",
            _("Row-level security does not stand before {tables}. Do: streha upgrade").format(
                tables=", ".join(open_tables)
            ),
        )
    if policies.bypasses(connection):
        yield Finding(
            "wall_bypassed",
            _(
                "The office connects to PostgreSQL as “{user}”, whom row-level security does not hold. "
                "Make a role that is no superuser the owner of the database, and name it in DATABASE_URL."
            ).format(user=connection.settings_dict["USER"]),
            is_refused=not settings.DEMO,
        )


def migrations_behind(alias: str) -> int:
    """How many migrations a database still needs."""
    executor = MigrationExecutor(connections[alias])
    graph = executor.loader.graph
    rooms = rooms_kept_in(alias)
    wanted = [leaf for room in rooms for leaf in graph.leaf_nodes(room)] if rooms else graph.leaf_nodes()
    return len(executor.migration_plan(wanted))


def rooms_kept_in(alias: str) -> tuple[str, ...]:
    """The rooms whose tables a database holds; none named means all of them.

    A store of reads that lies apart holds the log's alone: to walk through everybody's migrations there makes nothing
    and takes as long as to make the register.
    """
    return ("audit",) if alias == bridge.READS and not bridge.reads_share_register() else ()


def demo_apart() -> Iterator[Finding]:
    """Demo and real life never share a database."""
    try:
        if settings.DEMO and (accounts.holds_real() or people.holds_real()):
            yield Finding("demo_on_real_data", _("This database holds real data; the demo does not open it."))
        if not settings.DEMO and (accounts.is_demo_office() or accounts.holds_demo_users()):
            yield Finding(
                "demo_data",
                _("This database was made for the demo: invented people, known passwords. Start with an empty one."),
            )
    except DatabaseError:
        return  # no tables yet: said by “migrations_behind”


def erasures_pending() -> list[tuple[uuid.UUID, dt.datetime]]:
    """Persons whom the ledger says were erased and whose key is here all the same: a restore was interrupted."""
    erased = bridge.ledger()
    subjects, alive = sorted(erased), set[uuid.UUID]()
    for start in range(0, len(subjects), bridge.CHUNK):
        some = SubjectKey.objects.filter(subject__in=subjects[start : start + bridge.CHUNK], destroyed_at=None)
        alive.update(some.values_list("subject", flat=True))
    return [(subject, erased[subject]) for subject in subjects if subject in alive]


def erased_stay_erased() -> Iterator[Finding]:
    """Whether somebody who was erased came back with a backup."""
    try:
        number = len(erasures_pending())
    except (DatabaseError, errors.StrehaError):
        return  # no tables or no keyring yet: said already
    if number:
        yield Finding(
            "erasures_pending",
            _("{number} persons who were erased are here again. Do: streha restore --finish").format(number=number),
        )


def tell(found: Iterable[Finding], say: Callable[[str], None]) -> None:
    """Say each finding on a line of its own."""
    for finding in found:
        mark = _("refused") if finding.is_refused else _("advice")
        say(f"[{mark}] {finding.text} ({finding.code})")


@click.command(name="check")
def command() -> None:
    """Look at host names, TLS, keyring, databases, versions and demo data.

    Ends with 0 when the office may open, and with 1 when something is refused. Advice does not refuse.
    """
    found = findings()
    tell(found, lambda line: click.echo(line, err=True))
    refused = any(finding.is_refused for finding in found)
    if not refused:
        click.echo(_("This set-up may be used."))
    sys.exit(1 if refused else 0)
