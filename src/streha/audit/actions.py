"""What writes to the log and to the keys of persons: every other room's action ends with a call of ``record``.

A record is appended in the caller's transaction; the lane's head row is locked from then until the commit, so an
action records last. ``looked`` is the exception: it commits at once, in its own store.
"""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import F

from streha.audit import bridge, models, queries, rules
from streha.audit.rules import Actor, Entry
from streha.common import errors

KEYS_AT_ONCE = 2_000
RECORD_FIELDS = tuple(field.attname for field in models.AuditRecord._meta.concrete_fields if not field.primary_key)
READ_FIELDS = ("at", "actor_kind", "actor_key", "actor_label", "verb", "subject", "classes", "where")
READS_PER_SEAL = 50_000
REWRAP = "UPDATE audit_subjectkey SET wrapped = %s, master_id = %s WHERE subject = %s AND master_id = %s"

# --- keys of persons

KeyRow = tuple[uuid.UUID, bytes, str, dt.datetime]
"""A subject's key as its table holds it: whose, wrapped, by which master key, since when."""


def new_subject(*, at: dt.datetime, subject: uuid.UUID | None = None) -> uuid.UUID:
    """A new subject with a key of its own; its id is the id of the person."""
    return new_subjects(1, at=at, subjects=None if subject is None else [subject])[0]


def new_subjects(number: int, *, at: dt.datetime, subjects: Sequence[uuid.UUID] | None = None) -> list[uuid.UUID]:
    """Many new subjects at once; ids are given only where they must be repeatable (the demo, a restored file)."""
    fresh = make_keys(number, at=at, ring=bridge.keyring(), subjects=subjects)
    enter_keys(fresh.rows)
    bridge.remember(fresh.sealer)
    return fresh.subjects


@dataclass(frozen=True)
class FreshKeys:
    """Keys that no table holds yet: as they will be written, and in clear to seal with."""

    rows: list[KeyRow]
    sealer: bridge.Sealer = field(repr=False)

    @property
    def subjects(self) -> list[uuid.UUID]:
        """Whose they are, in order."""
        return [row[0] for row in self.rows]


def make_keys(
    number: int, *, at: dt.datetime, ring: rules.Keyring, subjects: Sequence[uuid.UUID] | None = None
) -> FreshKeys:
    """Keys for many new subjects; nothing is read or written, so another process may make them for ``enter_keys``."""
    if subjects is None:
        entropy = os.urandom(10 * number)
        ids = (rules.subject_id(at, entropy[i * 10 : i * 10 + 10]) for i in range(number))
        made = sorted(ids, key=lambda subject: subject.int)
    else:
        made = list(subjects)
    master, random = ring.master(ring.current), os.urandom((rules.KEY_BYTES + rules.NONCE_BYTES) * len(made))
    rows, ciphers = [], {}
    for i, subject in enumerate(made):
        secret = random[i * 44 : i * 44 + 44]
        key, nonce = secret[:32], secret[32:]
        ciphers[subject] = AESGCM(key)
        rows.append((subject, rules.wrap(master, key, subject, nonce), ring.current, at))
    return FreshKeys(rows, bridge.Sealer(ring, ciphers))


def enter_keys(rows: Sequence[KeyRow]) -> None:
    """The keys are in the register; what they sealed can be written."""
    bridge.insert_rows(models.SubjectKey, ("subject", "wrapped", "master_id", "created_at"), rows)


def seal(subject: uuid.UUID, clear: bytes, *, context: str) -> bytes:
    """Bytes that only this person's key opens, in this ``room.table.column``. Raises Gone after erasure."""
    return bridge.seal_many([(subject, clear)], context=context)[0]


def unseal(subject: uuid.UUID, sealed: bytes, *, context: str) -> bytes:
    """The clear bytes again. Raises Gone after erasure."""
    opened = bridge.unseal_many([(subject, bytes(sealed))], context=context)[0]
    if opened is None:
        raise errors.Gone(errors.message("This person was erased; what was sealed is gone."), subject=str(subject))
    return opened


def seal_many(items: Sequence[tuple[uuid.UUID, bytes]], *, context: str) -> list[bytes]:
    """Seal many (subject, clear bytes), in order."""
    return bridge.seal_many(items, context=context)


def unseal_many(items: Sequence[tuple[uuid.UUID, bytes]], *, context: str) -> list[bytes | None]:
    """Open many (subject, sealed bytes), in order; None where the subject was erased."""
    return bridge.unseal_many(items, context=context)


def blind_index(kind: str, value: str) -> str:
    """What an exact search looks for instead of the value; ``kind`` keeps different sorts of value apart."""
    return rules.blind_index(bridge.keyring().index, kind, value)


def keyring() -> rules.Keyring:
    """The office's keyring, for ``make_keys``."""
    return bridge.keyring()


def sealer(subjects: Iterable[uuid.UUID]) -> bridge.Sealer:
    """Seals for these subjects, whose keys are in the register."""
    return bridge.sealer(subjects)


def blind_indexes(kind: str, values: Sequence[str]) -> list[str]:
    """What an exact search looks for, for many values of one kind, in order."""
    return bridge.Sealer(bridge.keyring(), {}).blind_indexes(kind, values)


def destroy_subject(subject: uuid.UUID, *, by: Actor, at: dt.datetime, reason: str = "") -> bool:
    """Destroy a person's key: whatever it sealed is gone for good. False when it was destroyed before.

    The record of it stays readable, so ``reason`` must say nothing about the person.
    """
    with transaction.atomic():
        key = models.SubjectKey.objects.select_for_update().filter(subject=subject).first()
        if key is None:
            raise errors.NotFound(errors.message("There is no key for subject {subject}."), subject=str(subject))
        if key.destroyed_at is not None:
            return False
        models.SubjectKey.objects.filter(subject=subject).update(wrapped=b"", destroyed_at=at)
        _next_epoch()
        entry = Entry("audit", "destroy", "subject", str(subject), subject=subject, reason=reason)
        _append([entry], [None], [reason], by=by, at=at, lane=rules.OFFICE)
        transaction.on_commit(lambda: _destroyed(subject, at))
    return True


def discard_subjects(subjects: Sequence[uuid.UUID], *, by: Actor, at: dt.datetime) -> int:
    """Destroy the keys of subjects that never became anybody, such as rows of an abandoned list; returns how many.

    One record says how many; the ledger of erasures names each, so that a restored backup does not bring them back.
    """
    with transaction.atomic():
        waiting = models.SubjectKey.objects.filter(subject__in=list(subjects), destroyed_at=None)
        gone = list(waiting.values_list("subject", flat=True))
        if not gone:
            return 0
        waiting.update(wrapped=b"", destroyed_at=at)
        _next_epoch()
        entry = Entry("audit", "discard", "subjects", str(gone[0]), payload={"subjects": len(gone)})
        _append([entry], [rules.CLEAR + (_content(entry) or b"")], [""], by=by, at=at, lane=rules.OFFICE)
        transaction.on_commit(lambda: _discarded(gone, at))
    return len(gone)


def _discarded(subjects: Sequence[uuid.UUID], at: dt.datetime) -> None:
    bridge.cache.clear()
    bridge.append_ledger([(subject, at) for subject in subjects])


def _next_epoch() -> None:
    models.KeyEpoch.objects.bulk_create([models.KeyEpoch(pk=1)], ignore_conflicts=True)
    models.KeyEpoch.objects.filter(pk=1).update(number=F("number") + 1)


def _destroyed(subject: uuid.UUID, at: dt.datetime) -> None:
    bridge.cache.clear()
    bridge.append_ledger([(subject, at)])


def enter_erasures() -> int:
    """Bring the ledger file up to date with the database, should a crash have come between the two."""
    known = bridge.ledger()
    destroyed = models.SubjectKey.objects.filter(destroyed_at__isnull=False).values_list("subject", "destroyed_at")
    missing = [(subject, at) for subject, at in destroyed.iterator() if subject not in known and at is not None]
    if missing:
        bridge.append_ledger(missing)
    return len(missing)


# --- what was done


def record(
    *,
    by: Actor,
    at: dt.datetime,
    room: str,
    verb: str,
    object_kind: str,
    object_key: object,
    subject: uuid.UUID | None = None,
    payload: dict[str, Any] | None = None,
    reason: str = "",
    lane: str = rules.OFFICE,
) -> None:
    """Append one record to the log, in the caller's transaction."""
    entry = Entry(room, verb, object_kind, str(object_key), subject, payload, reason)
    record_many([entry], by=by, at=at, lane=lane)


def record_many(
    entries: Sequence[Entry],
    *,
    by: Actor,
    at: dt.datetime,
    lane: str = rules.BATCH,
    contents: Sequence[bytes] | None = None,
) -> None:
    """Append many records with one step of the lane's head, in the caller's transaction.

    ``contents`` are what ``sealed_payloads`` made of their payloads before; the entries carry none then.
    """
    if not entries:
        return
    payloads = _payloads(entries) if contents is None else contents
    reasons = ["" if entry.subject is not None else entry.reason for entry in entries]
    with transaction.atomic():
        _append(entries, payloads, reasons, by=by, at=at, lane=lane)


def sealed_payloads(told: Sequence[tuple[uuid.UUID, dict[str, Any]]], sealer: bridge.Sealer) -> list[bytes]:
    """Payloads of records as the log holds them, each sealed for its subject."""
    clear = [(subject, rules.json_bytes({"payload": payload})) for subject, payload in told]
    return sealer.seal_many(clear, context=rules.PAYLOAD)


def _payloads(entries: Sequence[Entry]) -> list[bytes | None]:
    whose = [
        (number, entry.subject)
        for number, entry in enumerate(entries)
        if entry.subject is not None and (entry.payload is not None or entry.reason)
    ]
    clear = [_content(entry) for entry in entries]
    sealed = bridge.seal_many([(subject, clear[number] or b"") for number, subject in whose], context=rules.PAYLOAD)
    payloads: list[bytes | None] = [None if content is None else rules.CLEAR + content for content in clear]
    for (number, _), content in zip(whose, sealed, strict=True):
        payloads[number] = content
    return payloads


def _content(entry: Entry) -> bytes | None:
    if entry.payload is None and not (entry.subject is not None and entry.reason):
        return None
    held: dict[str, Any] = {"payload": entry.payload}
    if entry.subject is not None and entry.reason:
        held["reason"] = entry.reason
    return rules.json_bytes(held)


def _append(
    entries: Sequence[Entry],
    payloads: Iterable[bytes | None],
    reasons: Iterable[str],
    *,
    by: Actor,
    at: dt.datetime,
    lane: str,
) -> None:
    """Link entries to the end of the lane. The head's row stays locked until the caller commits."""
    heads = models.LaneHead.objects.select_for_update()
    head = heads.filter(lane=lane).first()
    if head is None:
        models.LaneHead.objects.bulk_create([models.LaneHead(lane=lane, hash=rules.GENESIS)], ignore_conflicts=True)
        head = heads.get(lane=lane)
    seq, previous, rows, moment = head.seq, head.hash, [], rules.moment(at)
    for entry, payload, reason in zip(entries, payloads, reasons, strict=True):
        seq += 1
        who_and_what = (by.kind, by.key, by.label, entry.room, entry.verb, entry.object_kind, entry.object_key)
        subject = None if entry.subject is None else str(entry.subject)
        mine = rules.link(previous, (lane, seq, moment, *who_and_what, subject, reason), payload or b"")
        rows.append((lane, seq, at, *who_and_what, entry.subject, payload, reason, previous, mine))
        previous = mine
    bridge.insert_rows(models.AuditRecord, RECORD_FIELDS, rows)
    models.LaneHead.objects.filter(lane=lane).update(seq=seq, hash=previous)


# --- who looked


def looked(
    *,
    by: Actor,
    at: dt.datetime,
    verb: str,
    subjects: Iterable[uuid.UUID],
    classes: Iterable[str] = (),
    where: str = "",
) -> None:
    """Note that somebody saw these persons. Committed at once and apart, so that a read never waits for a write."""
    seen = ",".join(sorted(str(code) for code in classes))
    rows = [(at, by.kind, by.key, by.label, verb, subject, seen, where) for subject in subjects]
    if rows:
        bridge.insert_rows(models.ReadRecord, READ_FIELDS, rows, using=bridge.READS)


def seal_reads(*, at: dt.datetime) -> int:
    """Put the looks since the last seal under signed hashes; returns how many rows were sealed."""
    sealed, last = 0, models.ReadSeal.objects.order_by("-seq").first()
    newest = _newest_settled_read()
    while newest > (last.last_id if last else 0):
        first_id = last.last_id + 1 if last else 1
        seal = models.ReadSeal(
            seq=last.seq + 1 if last else 1,
            at=at,
            first_id=first_id,
            last_id=min(newest, first_id + READS_PER_SEAL - 1),
            previous=last.hash if last else rules.GENESIS,
        )
        seal.digest, seal.number = rules.digest_rows(queries.read_rows(seal.first_id, seal.last_id))
        seal.hash = queries.seal_hash(seal)
        seal.signature = rules.sign(bridge.keyring(), seal.hash)
        try:
            with transaction.atomic(using=bridge.READS):
                seal.save(force_insert=True)
        except IntegrityError:  # another worker sealed this stretch first
            return sealed
        sealed += seal.number
        last = seal
    return sealed


def _newest_settled_read() -> int:
    """The last id under which no row can still appear.

    PostgreSQL hands out ids before it commits, so a later id may be visible before an earlier one. A share lock
    waits for the inserts under way, a few milliseconds; SQLite has one writer and needs none.
    """
    with transaction.atomic(using=bridge.READS):
        if connections[bridge.READS].vendor == "postgresql":
            with connections[bridge.READS].cursor() as cursor:
                cursor.execute("LOCK TABLE audit_readrecord IN SHARE MODE")
        return models.ReadRecord.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def anchor(*, at: dt.datetime) -> rules.Anchor | None:
    """Sign the heads of all chains and add them to the anchor file; None when nothing moved since the last anchor."""
    seal_reads(at=at)
    heads = queries.heads()
    known = bridge.anchors()
    last = known[-1] if known else None
    if not heads or (last is not None and last.heads == tuple(heads)):
        return None
    return bridge.append_anchor(at=at, heads=heads)


# --- rotation of the master key


def begin_rotation(*, by: Actor, at: dt.datetime) -> bool:
    """Make a new master key current; False when a rotation is still under way, which is then to be finished first."""
    ring = bridge.keyring()
    if number_under_old_masters():
        return False
    fresh = rules.with_new_master(ring, master_id=bridge.new_master_id(at), key=os.urandom(rules.KEY_BYTES))
    bridge.save_keyring(Path(settings.KEYRING), fresh)
    record(by=by, at=at, room="audit", verb="rotate", object_kind="master_key", object_key=fresh.current)
    return True


def number_under_old_masters() -> int:
    """How many keys are still wrapped by a master key that is not the current one."""
    old = bridge.keyring().masters.keys() - {bridge.keyring().current}
    return models.SubjectKey.objects.filter(master_id__in=old, destroyed_at=None).count() if old else 0


def rewrap_piece(number: int = KEYS_AT_ONCE) -> int:
    """Wrap some keys anew with the current master key, in one transaction; 0 when none is left.

    A crash between two pieces costs nothing: each row says which master key wraps it.
    """
    ring = bridge.keyring()
    master = ring.master(ring.current)
    with transaction.atomic():
        rows = models.SubjectKey.objects.select_for_update().filter(
            master_id__in=ring.masters.keys() - {ring.current}, destroyed_at=None
        )[:number]
        prepare = models.SubjectKey._meta.pk.get_db_prep_value
        changes = []
        for row in rows:
            key = rules.unwrap(ring.master(row.master_id), bytes(row.wrapped), row.subject)
            wrapped = rules.wrap(master, key, row.subject, os.urandom(rules.NONCE_BYTES))
            changes.append((wrapped, ring.current, prepare(row.subject, connection), row.master_id))
        with connection.cursor() as cursor:
            # One prepared statement for all rows: a CASE over thousands of rows is ten times slower.
            cursor.executemany(
                "UPDATE audit_subjectkey SET wrapped = %s, master_id = %s WHERE subject = %s AND master_id = %s",
                changes,
            )
    return len(changes)


def forget_old_masters(*, by: Actor, at: dt.datetime) -> list[str]:
    """Drop master keys that wrap nothing any more; backups from before become unreadable. Returns their names."""
    ring = bridge.keyring()
    used = models.SubjectKey.objects.filter(destroyed_at=None).order_by().values_list("master_id", flat=True).distinct()
    kept = rules.without_masters(ring, used)
    dropped = sorted(ring.masters.keys() - kept.masters.keys())
    if dropped:
        bridge.save_keyring(Path(settings.KEYRING), kept)
        for name in dropped:
            record(by=by, at=at, room="audit", verb="forget", object_kind="master_key", object_key=name)
    return dropped
