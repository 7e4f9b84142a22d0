"""Between the log and what lies outside its tables: the keyring file, the keys in memory, sealing, the store of reads,
the files of anchors and erasures, and the triggers that keep records as they are.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import os
import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.conf import settings
from django.db import connections, transaction
from django.db import models as orm

from streha.audit import models, rules
from streha.common import errors

READS = "reads"
STORED_APART = frozenset({"readrecord", "readseal"})
CACHED_KEYS = 65_536
FEW_ROWS = 30  # up to here one INSERT is quicker than a COPY
CHUNK = 5_000  # subjects asked for in one query
ANCHOR_FILE = "anchors.jsonl"
LEDGER_FILE = "erasures.jsonl"


# --- the store of reads


def reads_share_register() -> bool:
    """Whether who-looked lies in the same database as the register, behind a connection of its own (PostgreSQL)."""
    test: Mapping[str, Any] = settings.DATABASES[READS].get("TEST") or {}
    return test.get("MIRROR") == "default"


class ReadsRouter:
    """Sends the records of who looked to their own store, and nothing else there."""

    def db_for_read(self, model: type[Any], **_hints: Any) -> str | None:
        return READS if model._meta.app_label == "audit" and model._meta.model_name in STORED_APART else None

    def db_for_write(self, model: type[Any], **hints: Any) -> str | None:
        return self.db_for_read(model, **hints)

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool | None:
        """Tables are made where their rows go; a migration without a model says so with ``store="reads"``."""
        apart = hints.get("store") == READS or (app_label == "audit" and model_name in STORED_APART)
        if reads_share_register():
            return db == "default"
        return apart if db == READS else not apart


# --- rows that stay as they are


def append_only_sql(vendor: str, table: str) -> tuple[list[str], list[str]]:
    """Statements that make a table append-only, and those that undo it."""
    if vendor == "sqlite":
        make = [
            f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'the log can only be added to'); END"
            for verb in ("update", "delete")
        ]
        return make, [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for verb in ("update", "delete")]
    make = [
        f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION 'the log can only be added to'; END $$",
        f"CREATE OR REPLACE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()",
        f"CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()",
    ]
    undo = [
        f"DROP TRIGGER IF EXISTS {table}_no_change ON {table}",
        f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}",
    ]
    return make, undo


APPEND_ONLY = ("auditrecord", "readrecord", "readseal")


def refuse_changes(using: str = "default", **_signal: Any) -> None:
    """Raise the triggers before every append-only table that a database has; those that stand are left."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    for name in APPEND_ONLY:
        table = apps.get_model("audit", name)._meta.db_table
        if table in present:
            with connection.cursor() as cursor:
                for statement in append_only_sql(connection.vendor, table)[0]:
                    cursor.execute(statement)


def insert_rows(
    model: type[orm.Model], names: Sequence[str], rows: Sequence[Sequence[object]], *, using: str = "default"
) -> None:
    """Insert many rows in one prepared statement, all or none: keys and records come by the hundred thousand.

    Columns that are not named get their field's default. PostgreSQL takes the rows as a COPY; before a table that has
    row-level security it takes none, so many rows go by way of a table of the session.
    """
    if not rows:
        return
    connection = connections[using]
    quote = connection.ops.quote_name
    known = {field.attname: field for field in model._meta.concrete_fields}
    rest = [name for name, field in known.items() if name not in names and not field.primary_key]
    given = zip(names, zip(*rows, strict=True), strict=True)
    values: list[Iterable[Any]] = [_fitted(known[name], column, connection) for name, column in given]
    values += [repeat(_fitted(known[name], [known[name].get_default()], connection)[0], len(rows)) for name in rest]
    ready = zip(*values, strict=True)
    columns = ", ".join(quote(known[name].column or name) for name in [*names, *rest])
    table = quote(model._meta.db_table)
    with transaction.atomic(using=using), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            if len(rows) <= FEW_ROWS:
                held = list(ready)
                marks = ", ".join([f"({', '.join(['%s'] * len(held[0]))})"] * len(held))
                cursor.execute(f"INSERT INTO {table} ({columns}) VALUES {marks}", list(chain.from_iterable(held)))  # noqa: S608
            elif _is_walled(cursor, table):
                _insert_by_way(cursor, table, columns, ready)
            else:
                _copy(cursor, table, columns, ready)
            return
        marks = ", ".join(["%s"] * (len(names) + len(rest)))
        cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(ready))  # noqa: S608


def _is_walled(cursor: Any, table: str) -> bool:
    cursor.execute("SELECT relrowsecurity FROM pg_class WHERE oid = %s::regclass", [table])
    return bool(cursor.fetchone()[0])


def _copy(cursor: Any, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _insert_by_way(cursor: Any, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    """COPY into a table of this session, and from there in one statement, which the policies look at."""
    way = f'"way_{hashlib.sha256((table + columns).encode()).hexdigest()[:24]}"'
    cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS {way} AS SELECT {columns} FROM {table} WITH NO DATA")  # noqa: S608
    _copy(cursor, way, columns, rows)
    cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {way}")  # noqa: S608
    cursor.execute(f"TRUNCATE {way}")


def _fitted(field: Any, column: Sequence[Any], connection: Any) -> Sequence[Any]:
    """The values of one column as the database takes them; many need nothing."""
    if field.is_relation:
        return _fitted(field.target_field, column, connection)
    if isinstance(field, orm.IntegerField | orm.BooleanField | orm.BinaryField):
        return column
    if isinstance(field, orm.CharField | orm.TextField):
        if set(map(type, column)) <= {str, type(None)}:
            return column
        return [None if value is None else str(value) for value in column]
    if connection.vendor == "postgresql" and isinstance(field, orm.UUIDField | orm.DateField):
        return column
    if isinstance(field, orm.UUIDField):
        return [None if value is None else value.hex for value in column]
    if isinstance(field, orm.JSONField):
        return [None if value is None else field.get_db_prep_save(value, connection) for value in column]
    known = {value: field.get_db_prep_save(value, connection) for value in set(column)}  # few moments and days
    return [known[value] for value in column]


# --- the keyring

_ring_lock = threading.Lock()
_ring: tuple[tuple[str, int, int], rules.Keyring] | None = None


def keyring() -> rules.Keyring:
    """The office's keyring, read again whenever its file changed; the demo makes its own when there is none."""
    global _ring  # noqa: PLW0603 - one keyring for the process, guarded by the lock
    path = Path(settings.KEYRING)
    with _ring_lock:
        try:
            found = path.stat()
        except FileNotFoundError:
            if not settings.DEMO:
                raise errors.Unavailable(
                    errors.message(
                        "There is no keyring at {path}. For a new office make one with: streha keys create. "
                        "For an office that has data put back its keyring: without it nothing sealed can be read."
                    ),
                    code="keyring_missing",
                    path=str(path),
                )
            create_keyring(path, at=dt.datetime.now(dt.UTC))
            found = path.stat()
        stamp = (str(path), found.st_mtime_ns, found.st_ino)
        if _ring is None or _ring[0] != stamp:
            _ring = stamp, rules.parse_keyring(path.read_text(encoding="ascii"))
        return _ring[1]


def new_master_id(at: dt.datetime) -> str:
    """A name for a master key: its day, and four random letters."""
    return f"{at:%Y%m%d}-{os.urandom(2).hex()}"


def create_keyring(path: Path, *, at: dt.datetime) -> rules.Keyring:
    """Write a fresh keyring; refuses to overwrite one, for that would lose everything sealed with it."""
    made = rules.new_keyring(
        master_id=new_master_id(at), made_at=rules.moment(at), entropy=os.urandom(3 * rules.KEY_BYTES)
    )
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with open(path, "x", encoding="ascii", opener=_private) as file:
            file.write(rules.dump_keyring(made))
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise errors.Conflict(
            errors.message("There is a keyring at {path} already. It stays: replacing it would lose what it sealed."),
            code="keyring_exists",
            path=str(path),
        )
    return made


def save_keyring(path: Path, ring: rules.Keyring) -> None:
    """Replace the keyring file in one step, so that a crash leaves the old one or the new one, never half of one."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with open(fresh, "x", encoding="ascii", opener=_private) as file:
        file.write(rules.dump_keyring(ring))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


# --- keys in memory


class KeyCache:
    """Ciphers of the subjects used last; emptied whenever any key was destroyed, by whichever process."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.epoch = -1
        self._lock = threading.Lock()
        self._known: OrderedDict[uuid.UUID, AESGCM] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def clear(self) -> None:
        """Forget every key."""
        with self._lock:
            self._known.clear()

    def at_epoch(self, epoch: int) -> None:
        """Forget every key unless nothing was destroyed since they were learned."""
        with self._lock:
            if self.epoch != epoch:
                self._known.clear()
                self.epoch = epoch

    def add(self, found: Iterable[tuple[uuid.UUID, AESGCM]]) -> None:
        """Remember ciphers; the least used make room."""
        with self._lock:
            for subject, cipher in found:
                self._known[subject] = cipher
                self._known.move_to_end(subject)
            while len(self._known) > self.size:
                self._known.popitem(last=False)

    def get(self, subjects: Iterable[uuid.UUID]) -> dict[uuid.UUID, AESGCM]:
        """Those that are remembered."""
        with self._lock:
            known = self._known
            found = {subject: known[subject] for subject in subjects if subject in known}
            if len(found) < self.size // 8:  # a sweep over many people need not reorder the whole cache
                for subject in found:
                    known.move_to_end(subject)
            return found


cache = KeyCache(CACHED_KEYS)


def ciphers(subjects: Iterable[uuid.UUID]) -> dict[uuid.UUID, AESGCM | None]:
    """A cipher for each subject; None for the erased. Subjects that never had a key are left out."""
    wanted = set(subjects)
    cache.at_epoch(models.KeyEpoch.objects.values_list("number", flat=True).first() or 0)
    found: dict[uuid.UUID, AESGCM | None] = dict(cache.get(wanted))
    missing = sorted(wanted - found.keys())
    ring, masters = keyring(), dict[str, AESGCM]()
    learned: list[tuple[uuid.UUID, AESGCM]] = []
    for start in range(0, len(missing), CHUNK):
        rows = models.SubjectKey.objects.filter(subject__in=missing[start : start + CHUNK])
        for subject, wrapped, master_id, destroyed_at in rows.values_list(
            "subject", "wrapped", "master_id", "destroyed_at"
        ):
            if destroyed_at is not None:
                found[subject] = None
                continue
            if master_id not in masters:
                masters[master_id] = ring.master(master_id)
            cipher = AESGCM(rules.unwrap(masters[master_id], bytes(wrapped), subject))
            learned.append((subject, cipher))
            found[subject] = cipher
    cache.add(learned)
    return found


class Sealer:
    """Seals for subjects whose keys are at hand. It reads no table, so it works in a process without a database too."""

    def __init__(self, ring: rules.Keyring, known: Mapping[uuid.UUID, AESGCM | None]) -> None:
        self._ring = ring
        self.known = known

    def seal_many(self, items: Sequence[tuple[uuid.UUID, bytes]], *, context: str) -> list[bytes]:
        """Seal each (subject, clear bytes) for ``context``, in order. Raises Gone for an erased subject."""
        nonces = os.urandom(rules.NONCE_BYTES * len(items))
        sealed: list[bytes] = []
        place, known = context.encode(), self.known
        for number, (subject, clear) in enumerate(items):
            cipher = known.get(subject)
            if cipher is None:
                raise _no_key(subject, subject in known)
            nonce = nonces[number * 12 : number * 12 + 12]
            sealed.append(rules.SEALED + nonce + cipher.encrypt(nonce, clear, subject.bytes + place))
        return sealed

    def blind_indexes(self, kind: str, values: Iterable[str]) -> list[str]:
        """What an exact search looks for, for many values of one kind, in order."""
        return [rules.blind_index(self._ring.index, kind, value) for value in values]


def remember(fresh: Sealer) -> None:
    """Keys just written are at hand for what this process seals next."""
    cache.add((subject, cipher) for subject, cipher in fresh.known.items() if cipher is not None)


def sealer(subjects: Iterable[uuid.UUID]) -> Sealer:
    """Seals for these subjects, whose keys are in the register."""
    return Sealer(keyring(), ciphers(subjects))


def seal_many(items: Sequence[tuple[uuid.UUID, bytes]], *, context: str) -> list[bytes]:
    """Seal each (subject, clear bytes) for ``context``, in order. Raises Gone for an erased subject."""
    return sealer(subject for subject, _ in items).seal_many(items, context=context)


def unseal_many(items: Sequence[tuple[uuid.UUID, bytes]], *, context: str) -> list[bytes | None]:
    """Open each (subject, sealed bytes) of ``context``, in order; None where the subject was erased."""
    known = ciphers(subject for subject, _ in items)
    opened: list[bytes | None] = []
    for subject, sealed in items:
        cipher = known.get(subject)
        if cipher is None:
            if subject not in known:
                raise _no_key(subject, False)
            opened.append(None)
            continue
        if sealed[:1] != rules.SEALED:
            raise errors.BadInput(
                errors.message("These bytes were not sealed by a form that this version knows."), code="seal_form"
            )
        try:
            opened.append(cipher.decrypt(sealed[1:13], sealed[13:], rules.bound(subject, context)))
        except InvalidTag:
            raise errors.Conflict(
                errors.message("Sealed bytes of “{context}” were changed, or belong to somebody else."),
                code="seal_broken",
                context=context,
                subject=str(subject),
            )
    return opened


def _no_key(subject: uuid.UUID, erased: bool) -> errors.StrehaError:
    if erased:
        return errors.Gone(errors.message("This person was erased; what was sealed is gone."), subject=str(subject))
    return errors.NotFound(errors.message("There is no key for subject {subject}."), subject=str(subject))


# --- files beside the database: anchors, and the ledger of erasures


def _append(path: Path, lines: Sequence[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write("".join(line + "\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())


def _lines(path: Path) -> Iterator[str]:
    if path.exists():
        with path.open(encoding="utf-8") as file:
            yield from (line.rstrip("\n") for line in file if line.strip())


def anchors() -> list[rules.Anchor | None]:
    """Every line of the anchor file; None for a line that cannot be read."""
    return [rules.parse_anchor(line) for line in _lines(Path(settings.ANCHOR_DIR) / ANCHOR_FILE)]


def append_anchor(*, at: dt.datetime, heads: Sequence[rules.Head], note: str = "") -> rules.Anchor:
    """Add an anchor of these heads to the file, behind the last line; one writer at a time."""
    path = Path(settings.ANCHOR_DIR) / ANCHOR_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        lines = [line.rstrip("\n") for line in file if line.strip()]
        previous = rules.line_hash(lines[-1]) if lines else rules.GENESIS
        anchor = rules.signed_anchor(keyring(), at=at, previous=previous, heads=heads, note=note)
        file.write(anchor.line() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return anchor


def write_slip(name: str, text: str) -> Path:
    """Keep a slip to print beside the anchors; returns where."""
    path = Path(settings.ANCHOR_DIR) / "slips" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def ledger() -> dict[uuid.UUID, dt.datetime]:
    """Subjects erased, with the moment, as signed in the ledger file; lines that we did not sign do not count."""
    public = keyring().public()
    entries = (_ledger_entry(line, public) for line in _lines(Path(settings.ANCHOR_DIR) / LEDGER_FILE))
    return dict(entry for entry in entries if entry is not None)


@lru_cache(maxsize=100_000)  # the ledger is read every minute, and a signature need not be verified every time
def _ledger_entry(line: str, public: bytes) -> tuple[uuid.UUID, dt.datetime] | None:
    try:
        entry = json.loads(line)
        subject, at, signature = entry["subject"], entry["at"], entry["signature"]
        if not rules.is_signed(public, {"subject": subject, "at": at}, signature):
            return None
        return uuid.UUID(subject), dt.datetime.fromisoformat(at)
    except (ValueError, KeyError, TypeError):
        return None


def append_ledger(erased: Sequence[tuple[uuid.UUID, dt.datetime]]) -> None:
    """Add erasures to the ledger that a restore obeys. It holds ids that nothing else leads to, and no names."""
    ring, lines = keyring(), []
    for subject, at in erased:
        content = {"subject": str(subject), "at": rules.moment(at)}
        lines.append(rules.json_bytes({**content, "signature": rules.sign(ring, content)}).decode())
    _append(Path(settings.ANCHOR_DIR) / LEDGER_FILE, lines)


def merge_ledger(lines: Sequence[str]) -> None:
    """Take over lines of another copy of the ledger that ours does not have."""
    path = Path(settings.ANCHOR_DIR) / LEDGER_FILE
    known = set(_lines(path))
    missing = [line for line in lines if line.strip() and line not in known]
    if missing:
        _append(path, missing)
