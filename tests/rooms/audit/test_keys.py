"""A key per person: what it seals, where it opens, and that destroying it is final."""

from __future__ import annotations

import datetime as dt
import os
import stat
import time
import uuid
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from streha.audit import actions, bridge, models, queries, rules
from streha.audit.rules import Actor
from streha.common import errors

pytestmark = pytest.mark.django_db(databases=["default", "reads"])
CONTEXT = "people.contact.value"


def test_what_is_sealed_opens_again_and_does_not_show(at: dt.datetime) -> None:
    subject = actions.new_subject(at=at)
    sealed = actions.seal(subject, b"044 123 456", context=CONTEXT)
    assert b"044" not in sealed
    assert sealed[:1] == rules.SEALED
    bridge.cache.clear()
    assert actions.unseal(subject, sealed, context=CONTEXT) == b"044 123 456"


def test_sealed_bytes_open_only_for_their_person_and_their_column(at: dt.datetime) -> None:
    one, other = actions.new_subjects(2, at=at)
    sealed = actions.seal(one, b"044 123 456", context=CONTEXT)
    with pytest.raises(errors.Conflict):
        actions.unseal(other, sealed, context=CONTEXT)
    with pytest.raises(errors.Conflict):
        actions.unseal(one, sealed, context="people.identifier.value")
    with pytest.raises(errors.Conflict):
        actions.unseal(one, sealed[:-1] + bytes([sealed[-1] ^ 1]), context=CONTEXT)


def test_the_same_value_is_sealed_differently_each_time(at: dt.datetime) -> None:
    subject = actions.new_subject(at=at)
    assert len({actions.seal(subject, b"x", context=CONTEXT) for _ in range(20)}) == 20


def test_bulk_forms_keep_order_and_agree_with_single_ones(at: dt.datetime) -> None:
    subjects = actions.new_subjects(300, at=at)
    assert len(set(subjects)) == 300
    items = [(subject, f"value {number}".encode()) for number, subject in enumerate(subjects)]
    sealed = actions.seal_many(items, context=CONTEXT)
    bridge.cache.clear()
    opened = actions.unseal_many(list(zip(subjects, sealed, strict=True)), context=CONTEXT)
    assert opened == [clear for _, clear in items]
    assert actions.unseal(subjects[41], sealed[41], context=CONTEXT) == b"value 41"


def test_an_unknown_subject_is_told_apart_from_an_erased_one(at: dt.datetime) -> None:
    with pytest.raises(errors.NotFound):
        actions.seal(uuid.uuid4(), b"x", context=CONTEXT)


def test_nothing_opens_after_the_key_was_destroyed(at: dt.datetime, arta: Actor) -> None:
    gone, stays = actions.new_subjects(2, at=at)
    sealed = actions.seal_many([(gone, b"secret"), (stays, b"kept")], context=CONTEXT)
    assert actions.destroy_subject(gone, by=arta, at=at, reason="asked for") is True
    assert actions.destroy_subject(gone, by=arta, at=at) is False
    with pytest.raises(errors.Gone):
        actions.unseal(gone, sealed[0], context=CONTEXT)
    with pytest.raises(errors.Gone):
        actions.seal(gone, b"again", context=CONTEXT)
    assert actions.unseal_many([(gone, sealed[0]), (stays, sealed[1])], context=CONTEXT) == [None, b"kept"]
    row = models.SubjectKey.objects.get(pk=gone)
    assert bytes(row.wrapped) == b""
    assert row.destroyed_at == at
    assert queries.is_erased(gone)
    assert not queries.is_erased(stays)


def test_a_key_destroyed_elsewhere_is_forgotten_here(at: dt.datetime, arta: Actor) -> None:
    subject = actions.new_subject(at=at)
    sealed = actions.seal(subject, b"secret", context=CONTEXT)
    stale = bridge.cache.get([subject])
    actions.destroy_subject(subject, by=arta, at=at)
    bridge.cache.add(stale.items())  # what another process would still hold
    bridge.cache.epoch = 0
    with pytest.raises(errors.Gone):
        actions.unseal(subject, sealed, context=CONTEXT)


def test_the_cache_is_bounded() -> None:
    cache = bridge.KeyCache(10)
    cipher = AESGCM(os.urandom(32))
    subjects = [uuid.uuid4() for _ in range(25)]
    cache.add((subject, cipher) for subject in subjects)
    assert len(cache) == 10
    assert set(cache.get(subjects)) == set(subjects[-10:])


def test_ids_of_subjects_follow_time(at: dt.datetime) -> None:
    early = rules.subject_id(at, b"\xff" * 10)
    late = rules.subject_id(at + dt.timedelta(milliseconds=1), b"\x00" * 10)
    assert early < late
    assert (early.version, early.variant) == (7, uuid.RFC_4122)


def test_blind_indexes_meet_within_a_kind_only() -> None:
    assert actions.blind_index("personal-number", "1234567890") == actions.blind_index("personal-number", "1234567890")
    assert actions.blind_index("personal-number", "1") != actions.blind_index("phone", "1")
    assert actions.blind_index("ab", "c") != actions.blind_index("a", "bc")


def test_the_keyring_is_for_its_owner_alone_and_is_never_overwritten(at: dt.datetime) -> None:
    path = Path(settings.KEYRING)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(errors.Conflict):
        bridge.create_keyring(path, at=at)
    assert path.read_bytes() == before


def test_without_a_keyring_the_office_does_not_start_but_the_demo_makes_one(settings: object) -> None:
    path = Path(settings.KEYRING)  # type: ignore[attr-defined]
    path.unlink()
    settings.DEMO = False  # type: ignore[attr-defined]
    with pytest.raises(errors.Unavailable, match="streha keys create"):
        bridge.keyring()
    settings.DEMO = True  # type: ignore[attr-defined]
    assert bridge.keyring().current
    assert path.exists()


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"streha_keyring":1,"current":"a","masters":{},"index":"","signing":""}']
)
def test_a_damaged_keyring_says_so(text: str) -> None:
    Path(settings.KEYRING).write_text(text)
    with pytest.raises(errors.Unavailable, match="damaged"):
        bridge.keyring()


def test_keyring_survives_its_own_file(at: dt.datetime) -> None:
    ring = bridge.keyring()
    assert rules.parse_keyring(rules.dump_keyring(ring)) == ring
    assert "masters" not in repr(ring)
    assert "signing" not in repr(ring)


def test_sealing_is_fast_enough_for_an_import(at: dt.datetime) -> None:
    """The bar is 50,000 a second; half of it is asserted, for machines that do other things meanwhile."""
    subjects = actions.new_subjects(2_000, at=at)
    items = [(subject, b"Arta Berisha, 12.04.1984") for subject in subjects] * 5
    begun = time.perf_counter()
    actions.seal_many(items, context=CONTEXT)
    assert len(items) / (time.perf_counter() - begun) > 25_000
