"""The arithmetic of the log: actors, hashes, keys, signatures and verdicts as values. Reads no file and no database.

A record's hash covers its ciphertext, never its clear text, so a chain can be verified by whoever may not read it and
still holds after a person's key has been destroyed.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from streha.common import errors

GENESIS = "0" * 64  # what the first record of a lane points back to
KEY_BYTES = 32
NONCE_BYTES = 12
CLEAR = b"\x00"  # first byte of a payload that concerns nobody in particular
SEALED = b"\x01"  # first byte of bytes sealed with a subject's key: AES-256-GCM, first form
PAYLOAD = "audit.record.payload"  # the context in which payloads are sealed
OFFICE = "office"  # people at work
RESTORED = "restored"  # the note of an anchor made after a backup was put back
BATCH = "batch"  # imports, so that a long piece never holds up an office write


class ActorKind(StrEnum):
    """Who acts: a person who logged in, a program with a token, or the office itself."""

    USER = "user"
    TOKEN = "token"  # noqa: S105 - a kind, not a secret
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """Who did it, as a value: the log knows no user table, so it outlives every account."""

    kind: str
    key: str
    label: str


@dataclass(frozen=True)
class Entry:
    """One thing that was done, before it is appended to the log.

    With a ``subject``, payload and reason are sealed with that person's key; without one they are kept in clear and
    must say nothing about anybody.
    """

    room: str
    verb: str
    object_kind: str
    object_key: str
    subject: uuid.UUID | None = None
    payload: Mapping[str, Any] | None = None
    reason: str = ""


def json_bytes(value: object) -> bytes:
    """Canonical JSON: sorted keys, no spaces, dates and ids as text."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str).encode()


def moment(at: dt.datetime) -> str:
    """A moment as it is hashed: UTC to the microsecond, the same on every engine."""
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")


def link(previous: str, fields: Sequence[object], payload: bytes = b"") -> str:
    """The hash that follows ``previous``: SHA-256 over it, the record's fields and the digest of its ciphertext."""
    digest = hashlib.sha256(payload).hexdigest()
    return hashlib.sha256(previous.encode() + json_bytes([*fields, digest])).hexdigest()


def digest_rows(rows: Iterable[Sequence[object]]) -> tuple[str, int]:
    """One digest over many rows in their order, and how many there were."""
    running, number = hashlib.sha256(), 0
    for row in rows:
        running.update(json_bytes(list(row)))
        running.update(b"\n")
        number += 1
    return running.hexdigest(), number


def subject_id(at: dt.datetime, entropy: bytes) -> uuid.UUID:
    """A version 7 UUID (RFC 9562, 5.7): the millisecond, then 74 random bits, so that new rows lie together.

    ``entropy`` is ten random bytes.
    """
    stamp = int(at.timestamp() * 1000) & 0xFFFF_FFFF_FFFF
    tail = int.from_bytes(entropy[:10], "big")
    high, low = (tail >> 62) & 0xFFF, tail & 0x3FFF_FFFF_FFFF_FFFF
    return uuid.UUID(int=(stamp << 80) | (0x7 << 76) | (high << 64) | (0b10 << 62) | low)


# --- keys


@dataclass(frozen=True)
class Keyring:
    """The secrets of one office: master keys by id, the key of the blind indexes, the seed that signs.

    It lives in a file outside the database; whoever has both has everything.
    """

    current: str
    masters: Mapping[str, bytes] = field(repr=False)
    index: bytes = field(repr=False)
    signing: bytes = field(repr=False)
    made_at: str = ""

    def master(self, master_id: str) -> AESGCM:
        """The cipher of one master key."""
        try:
            return AESGCM(self.masters[master_id])
        except KeyError:
            raise errors.Unavailable(
                errors.message(
                    "The keyring has no master key “{master}”. Put back the keyring that belongs to this database."
                ),
                code="key_missing",
                master=master_id,
            )

    def signer(self) -> Ed25519PrivateKey:
        """The key that signs heads, seals and anchors."""
        return Ed25519PrivateKey.from_private_bytes(self.signing)

    def public(self) -> bytes:
        """The public half, which a third party may keep to verify anchors."""
        return self.signer().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def new_keyring(*, master_id: str, made_at: str, entropy: bytes) -> Keyring:
    """A keyring from 96 random bytes."""
    if len(entropy) != 3 * KEY_BYTES:
        raise errors.BadInput(errors.message("A keyring needs 96 random bytes, not {number}."), number=len(entropy))
    master, index, signing = (entropy[i : i + KEY_BYTES] for i in range(0, 3 * KEY_BYTES, KEY_BYTES))
    return Keyring(current=master_id, masters={master_id: master}, index=index, signing=signing, made_at=made_at)


def with_new_master(keyring: Keyring, *, master_id: str, key: bytes) -> Keyring:
    """The keyring with one more master key, which is now the current one."""
    return Keyring(
        current=master_id,
        masters={**keyring.masters, master_id: key},
        index=keyring.index,
        signing=keyring.signing,
        made_at=keyring.made_at,
    )


def without_masters(keyring: Keyring, keep: Iterable[str]) -> Keyring:
    """The keyring without the master keys that nothing needs any more; the current one always stays."""
    wanted = {*keep, keyring.current}
    kept = {name: key for name, key in keyring.masters.items() if name in wanted}
    return Keyring(keyring.current, kept, keyring.index, keyring.signing, keyring.made_at)


def _b64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def dump_keyring(keyring: Keyring) -> str:
    """The keyring as the text of its file."""
    content = {
        "streha_keyring": 1,
        "made_at": keyring.made_at,
        "current": keyring.current,
        "masters": {name: _b64(key) for name, key in keyring.masters.items()},
        "index": _b64(keyring.index),
        "signing": _b64(keyring.signing),
    }
    return json.dumps(content, indent=2) + "\n"


def parse_keyring(text: str) -> Keyring:
    """The keyring from the text of its file."""
    try:
        content = json.loads(text)
        masters = {str(name): base64.b64decode(key, validate=True) for name, key in content["masters"].items()}
        index, signing = (base64.b64decode(content[name], validate=True) for name in ("index", "signing"))
        current = str(content["current"])
        whole = content["streha_keyring"] == 1 and current in masters
    except (ValueError, KeyError, TypeError, AttributeError):
        whole = False
    if not whole or any(len(key) != KEY_BYTES for key in (*masters.values(), index, signing)):
        raise errors.Unavailable(
            errors.message("The keyring file is damaged. Put back the copy that was written down or kept apart."),
            code="keyring_damaged",
        )
    return Keyring(current, masters, index, signing, str(content.get("made_at", "")))


def wrap(master: AESGCM, key: bytes, subject: uuid.UUID, nonce: bytes) -> bytes:
    """A subject's key under a master key, bound to that subject."""
    return nonce + master.encrypt(nonce, key, subject.bytes)


def unwrap(master: AESGCM, wrapped: bytes, subject: uuid.UUID) -> bytes:
    """The subject's key again."""
    return master.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], subject.bytes)


def bound(subject: uuid.UUID, context: str) -> bytes:
    """Associated data: sealed bytes open only for the same person in the same ``room.table.column``."""
    return subject.bytes + context.encode()


def blind_index(key: bytes, kind: str, value: str) -> str:
    """HMAC-SHA256 of a value, apart for each kind: equal values meet, and nobody without the key can guess them."""
    return hmac.new(key, f"{kind}\x00{value}".encode(), hashlib.sha256).hexdigest()


# --- signatures and verdicts


def sign(keyring: Keyring, content: object) -> str:
    """Ed25519 signature over canonical JSON, base64."""
    return _b64(keyring.signer().sign(json_bytes(content)))


def is_signed(public: bytes, content: object, signature: str) -> bool:
    """Whether the signature belongs to the content and the key."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(signature), json_bytes(content))
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True)
class Head:
    """The end of a chain: its name, the number of its last link, and that link's hash."""

    lane: str
    seq: int
    hash: str


@dataclass(frozen=True)
class Anchor:
    """The heads of all chains at a moment, pointing back to the anchor before it, signed.

    The note ``restored`` says that a backup was put back then: the chains go on from these heads, and what earlier
    anchors held beyond them is lost, openly.
    """

    at: str
    previous: str
    heads: tuple[Head, ...]
    note: str = ""
    signature: str = ""

    def content(self) -> dict[str, Any]:
        """What is signed."""
        heads = [{"lane": h.lane, "seq": h.seq, "hash": h.hash} for h in self.heads]
        return {"at": self.at, "previous": self.previous, "heads": heads, "note": self.note}

    def line(self) -> str:
        """One line of the anchor file, without its end."""
        return json_bytes({**self.content(), "signature": self.signature}).decode()

    def hash(self) -> str:
        """What the next anchor points back to."""
        return line_hash(self.line())


def line_hash(line: str) -> str:
    """The hash of one line of the anchor file."""
    return hashlib.sha256(line.encode()).hexdigest()


def signed_anchor(keyring: Keyring, *, at: dt.datetime, previous: str, heads: Sequence[Head], note: str = "") -> Anchor:
    """An anchor with its signature."""
    bare = Anchor(moment(at), previous, tuple(heads), note)
    return replace(bare, signature=sign(keyring, bare.content()))


def parse_anchor(line: str) -> Anchor | None:
    """The anchor of a line, or None when the line is not one."""
    try:
        found = json.loads(line)
        heads = tuple(Head(str(h["lane"]), int(h["seq"]), str(h["hash"])) for h in found["heads"])
        return Anchor(
            str(found["at"]), str(found["previous"]), heads, str(found["note"]), signature=str(found["signature"])
        )
    except (ValueError, KeyError, TypeError):
        return None


class FaultKind(StrEnum):
    """What can be wrong with a log."""

    CHANGED = "changed"  # a record no longer has the hash it carries
    BROKEN = "broken"  # a record does not point back to the one before it
    MISSING = "missing"  # a number is missing in a chain
    CUT = "cut"  # the chain ends before its head
    REHASHED = "rehashed"  # an anchored head has another hash now
    ANCHOR_TAIL = "anchored_tail_missing"  # an anchored head is not there any more
    ANCHOR_BROKEN = "anchor_broken"  # a line of the anchor file was changed or removed
    SIGNATURE = "signature"  # a signature is not ours
    UNANCHORED = "unanchored"  # there are records, and no anchor at all
    READS_CHANGED = "reads_changed"  # sealed rows of who looked no longer have their digest
    READS_BROKEN = "reads_broken"  # the chain of seals is broken


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and where."""

    kind: FaultKind
    lane: str
    seq: int
    what: str


@dataclass(frozen=True)
class Verdict:
    """What verification found; ``faults`` is empty when everything holds."""

    records: Mapping[str, int]
    anchors: int
    seals: int
    restored_at: tuple[str, ...]  # moments at which a backup was put back; what came between is lost, openly
    faults: tuple[Fault, ...]

    @property
    def holds(self) -> bool:
        """Whether chain, signatures and anchors all agree."""
        return not self.faults


def fingerprint(public: bytes) -> str:
    """A public key as people compare it: sixteen bytes of its SHA-256 in groups of four signs."""
    digest = hashlib.sha256(public).hexdigest()[:32]
    return " ".join(digest[i : i + 4] for i in range(0, 32, 4))


def verify_anchors(anchors: Sequence[Anchor | None], public: bytes) -> list[Fault]:
    """Faults of the anchor file by itself: damaged lines, breaks between lines, foreign signatures."""
    faults: list[Fault] = []
    previous = GENESIS
    for number, anchor in enumerate(anchors, start=1):
        if anchor is None:
            faults.append(Fault(FaultKind.ANCHOR_BROKEN, "anchors", number, "line cannot be read"))
            continue
        if anchor.previous != previous:
            faults.append(Fault(FaultKind.ANCHOR_BROKEN, "anchors", number, "line does not follow the one before"))
        if not is_signed(public, anchor.content(), anchor.signature):
            faults.append(Fault(FaultKind.SIGNATURE, "anchors", number, "signature is not by this keyring"))
        previous = anchor.hash()
    return faults


def anchored_heads(anchors: Sequence[Anchor | None]) -> dict[str, dict[int, str]]:
    """By lane, the hash that each anchored record must have; a restore takes back what lay beyond its heads."""
    wanted: dict[str, dict[int, str]] = {}
    for anchor in anchors:
        if anchor is None:
            continue
        if anchor.note == RESTORED:
            ends = {head.lane: head.seq for head in anchor.heads}
            wanted = {
                lane: {seq: hash_ for seq, hash_ in held.items() if seq <= ends.get(lane, 0)}
                for lane, held in wanted.items()
            }
        for head in anchor.heads:
            wanted.setdefault(head.lane, {})[head.seq] = head.hash
    return wanted
