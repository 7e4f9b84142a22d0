"""What the log tells: the history of a person, who looked, pages of the log, and whether it all still holds."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import models as orm

from streha.audit import bridge, models, rules
from streha.common import pages
from streha.common.pages import PAGE_SIZE, Page

M = TypeVar("M", models.AuditRecord, models.ReadRecord)


@dataclass(frozen=True)
class Done:
    """A record as it is shown: ``payload`` is None where there was none or where the person was erased."""

    at: dt.datetime
    actor: rules.Actor
    room: str
    verb: str
    object_kind: str
    object_key: str
    subject: uuid.UUID | None
    payload: dict[str, Any] | None
    reason: str
    is_erased: bool
    lane: str
    seq: int


@dataclass(frozen=True)
class Look:
    """That somebody saw a person."""

    at: dt.datetime
    actor: rules.Actor
    verb: str
    subject: uuid.UUID
    classes: tuple[str, ...]
    where: str


def history(*subjects: uuid.UUID, after: str = "", limit: int = PAGE_SIZE) -> Page[Done]:
    """What was done about a person, by the keys of all their records, newest first, each opened with its own key."""
    page = _page(models.AuditRecord.objects.filter(subject__in=subjects), after, limit)
    return Page(_opened(page.rows), page.next)


def log(
    *,
    actor: str = "",
    room: str = "",
    verb: str = "",
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    without: Collection[str] = (),
    after: str = "",
    limit: int = PAGE_SIZE,
) -> Page[Done]:
    """The log newest first, without payloads: the log page shows who did what and when, never about whom in words.

    ``actor`` is ``kind:key`` as in ``user:7``; ``without`` leaves out kinds of objects that may not even be hinted at.
    """
    found = models.AuditRecord.objects.exclude(object_kind__in=without)
    if actor:
        kind, _, key = actor.partition(":")
        found = found.filter(actor_kind=kind, actor_key=key)
    for name, value in (("room", room), ("verb", verb), ("at__gte", since), ("at__lt", until)):
        if value:
            found = found.filter(**{name: value})
    page = _page(found, after, limit)
    return Page([_done(row, None, is_erased=False) for row in page.rows], page.next)


def readers(*subjects: uuid.UUID, without: Collection[str] = (), after: str = "", limit: int = PAGE_SIZE) -> Page[Look]:
    """Who looked at a person, by the keys of all their records, newest first; ``without`` as in ``looks``."""
    found = models.ReadRecord.objects.filter(subject__in=subjects).exclude(where__in=without)
    page = _page(found, after, limit)
    return Page([_look(row) for row in page.rows], page.next)


def looks(*, actor: str = "", without: Collection[str] = (), after: str = "", limit: int = PAGE_SIZE) -> Page[Look]:
    """Who looked at whom, newest first; ``actor`` as in ``log``; ``without`` leaves out where they looked."""
    found = models.ReadRecord.objects.exclude(where__in=without)
    if actor:
        kind, _, key = actor.partition(":")
        found = found.filter(actor_kind=kind, actor_key=key)
    page = _page(found, after, limit)
    return Page([_look(row) for row in page.rows], page.next)


def is_erased(subject: uuid.UUID) -> bool:
    """Whether the person's key was destroyed."""
    return models.SubjectKey.objects.filter(subject=subject, destroyed_at__isnull=False).exists()


def _page(found: orm.QuerySet[M], after: str, limit: int) -> Page[M]:
    """Rows newest first from behind the key ``after``."""
    if after:
        at, key = _cursor(after)
        found = found.filter(at__lte=at).exclude(at=at, pk__gte=key)
    rows = list(found.order_by("-at", "-pk")[: limit + 1])
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return Page(rows[:limit], "" if last is None else pages.key(rules.moment(last.at), last.pk))


def _cursor(after: str) -> tuple[dt.datetime, int]:
    try:
        at, _, number = after.partition(pages.SEPARATOR)
        return dt.datetime.fromisoformat(at), pages.number_of(number)
    except ValueError:
        raise pages.no_such_page() from None


def _opened(rows: Sequence[models.AuditRecord]) -> list[Done]:
    sealed = [row for row in rows if row.payload is not None and bytes(row.payload)[:1] == rules.SEALED]
    items = [(row.subject, bytes(row.payload)) for row in sealed if row.subject and row.payload is not None]
    opened = dict(zip((row.pk for row in sealed), bridge.unseal_many(items, context=rules.PAYLOAD), strict=True))
    shown = []
    for row in rows:
        content = opened.get(row.pk) if row.pk in opened else bytes(row.payload)[1:] if row.payload else None
        shown.append(_done(row, content, is_erased=row.pk in opened and content is None))
    return shown


def _done(row: models.AuditRecord, content: bytes | None, *, is_erased: bool) -> Done:
    held: dict[str, Any] = json.loads(content) if content else {}
    return Done(
        at=row.at,
        actor=rules.Actor(row.actor_kind, row.actor_key, row.actor_label),
        room=row.room,
        verb=row.verb,
        object_kind=row.object_kind,
        object_key=row.object_key,
        subject=row.subject,
        payload=held.get("payload"),
        reason=row.reason or held.get("reason", ""),
        is_erased=is_erased,
        lane=row.lane,
        seq=row.seq,
    )


def _look(row: models.ReadRecord) -> Look:
    actor = rules.Actor(row.actor_kind, row.actor_key, row.actor_label)
    return Look(row.at, actor, row.verb, row.subject, tuple(filter(None, row.classes.split(","))), row.where)


# --- does it hold?


def heads() -> list[rules.Head]:
    """The ends of all chains: lanes by name, then the store of reads."""
    found = [rules.Head(h.lane, h.seq, h.hash) for h in models.LaneHead.objects.order_by("lane")]
    seal = models.ReadSeal.objects.order_by("-seq").first()
    return found if seal is None else [*found, rules.Head(bridge.READS, seal.seq, seal.hash)]


def verify() -> rules.Verdict:
    """Walk every chain, every seal and every anchor; a cut tail, a changed row and a re-hashed chain all show."""
    public = bridge.keyring().public()
    anchors = bridge.anchors()
    wanted = rules.anchored_heads(anchors)
    faults = rules.verify_anchors(anchors, public)
    numbers: dict[str, int] = {}
    known = models.LaneHead.objects.in_bulk()
    # An index serves this distinct; a lane without a head row, or a head without rows, must not hide.
    lanes = set(models.AuditRecord.objects.order_by().values_list("lane", flat=True).distinct()) | set(known)
    for lane in sorted(lanes | (wanted.keys() - {bridge.READS})):
        number, found = _verify_lane(lane, known.get(lane), wanted.get(lane, {}))
        numbers[lane] = number
        faults += found
    seals, found = _verify_reads(public, wanted.get(bridge.READS, {}))
    faults += found
    if not anchors and (any(numbers.values()) or seals):
        faults.append(rules.Fault(rules.FaultKind.UNANCHORED, "anchors", 0, "there is no anchor; make one now"))
    restored = tuple(anchor.at for anchor in anchors if anchor and anchor.note == rules.RESTORED)
    return rules.Verdict(numbers, len(anchors), seals, restored, tuple(faults))


def _verify_lane(lane: str, head: models.LaneHead | None, anchored: dict[int, str]) -> tuple[int, list[rules.Fault]]:
    kind, faults = rules.FaultKind, list[rules.Fault]()
    previous, seq, number = rules.GENESIS, 0, 0
    for row in models.AuditRecord.objects.filter(lane=lane).order_by("seq").iterator(chunk_size=2000):
        number += 1
        if row.seq != seq + 1:
            faults.append(rules.Fault(kind.MISSING, lane, seq + 1, f"records {seq + 1} to {row.seq - 1} are missing"))
        elif row.previous != previous:
            faults.append(rules.Fault(kind.BROKEN, lane, row.seq, "does not point back to the record before it"))
        if row.hash != row.expected_hash():
            faults.append(rules.Fault(kind.CHANGED, lane, row.seq, "was changed after it was written"))
        if row.seq in anchored and anchored[row.seq] != row.hash:
            faults.append(rules.Fault(kind.REHASHED, lane, row.seq, "has another hash than the anchor signed"))
        previous, seq = row.hash, row.seq
    if (head.seq, head.hash) != (seq, previous) if head else seq > 0:
        faults.append(rules.Fault(kind.CUT, lane, seq, f"the chain ends here, its head says {head.seq if head else 0}"))
    lost = [number for number in anchored if number > seq]
    if lost:
        faults.append(rules.Fault(kind.ANCHOR_TAIL, lane, min(lost), f"anchored up to {max(lost)}, ends at {seq}"))
    return number, faults


def read_rows(first: int, last: int) -> Iterator[tuple[object, ...]]:
    """Rows of who looked in the order and form in which they are sealed."""
    rows = models.ReadRecord.objects.filter(pk__gte=first, pk__lte=last).order_by("pk")
    fields = ("id", "at", "actor_kind", "actor_key", "actor_label", "verb", "subject", "classes", "where")
    for key, at, *rest in rows.values_list(*fields).iterator(chunk_size=5000):
        yield key, rules.moment(at), *(str(value) for value in rest)


def _verify_reads(public: bytes, anchored: dict[int, str]) -> tuple[int, list[rules.Fault]]:
    kind, faults = rules.FaultKind, list[rules.Fault]()
    previous, seq, last_id = rules.GENESIS, 0, 0
    for seal in models.ReadSeal.objects.order_by("seq").iterator(chunk_size=2000):
        if seal.seq != seq + 1 or seal.previous != previous or seal.first_id != last_id + 1:
            faults.append(rules.Fault(kind.READS_BROKEN, bridge.READS, seal.seq, "does not follow the seal before it"))
        if (seal.digest, seal.number) != rules.digest_rows(read_rows(seal.first_id, seal.last_id)):
            faults.append(rules.Fault(kind.READS_CHANGED, bridge.READS, seal.seq, "rows differ from what was sealed"))
        if seal.hash != seal_hash(seal):
            faults.append(rules.Fault(kind.READS_BROKEN, bridge.READS, seal.seq, "the seal was changed"))
        if not rules.is_signed(public, seal.hash, seal.signature):
            faults.append(rules.Fault(kind.SIGNATURE, bridge.READS, seal.seq, "signature is not by this keyring"))
        if seal.seq in anchored and anchored[seal.seq] != seal.hash:
            faults.append(rules.Fault(kind.REHASHED, bridge.READS, seal.seq, "differs from what the anchor signed"))
        previous, seq, last_id = seal.hash, seal.seq, seal.last_id
    lost = [number for number in anchored if number > seq]
    if lost:
        faults.append(
            rules.Fault(kind.ANCHOR_TAIL, bridge.READS, min(lost), f"anchored up to {max(lost)}, ends at {seq}")
        )
    return seq, faults


def seal_hash(seal: models.ReadSeal) -> str:
    """The hash a seal must carry."""
    fields = (seal.seq, rules.moment(seal.at), seal.first_id, seal.last_id, seal.number, seal.digest)
    return rules.link(seal.previous, fields)
