"""Verification: a changed row, a cut tail, a re-hashed chain, a changed look and a changed anchor all show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections

from streha.audit import actions, bridge, models, queries, rules
from streha.audit.rules import Actor, FaultKind
from streha.common import errors

pytestmark = pytest.mark.django_db(databases=["default", "reads"])


@pytest.fixture
def written(at: dt.datetime, arta: Actor) -> Callable[[int], None]:
    def write(number: int) -> None:
        for i in range(number):
            actions.record(by=arta, at=at, room="people", verb="change", object_kind="person", object_key=str(i))

    return write


def tamper(alias: str, table: str, statement: str, *values: str | int) -> None:
    """What somebody with the database, but without the keyring, can do: triggers off, change, triggers on."""
    make, undo = bridge.append_only_sql(connections[alias].vendor, table)
    with connections[alias].cursor() as cursor:
        for drop in undo:
            cursor.execute(drop)
        cursor.execute(statement, values)
        for create in make:
            cursor.execute(create)


def kinds() -> set[FaultKind]:
    return {fault.kind for fault in queries.verify().faults}


def test_an_untouched_log_holds(at: dt.datetime, arta: Actor, written: Callable[[int], None]) -> None:
    written(4)
    subject = actions.new_subject(at=at)
    actions.looked(by=arta, at=at, verb="view", subjects=[subject])
    assert actions.anchor(at=at)
    written(2)
    verdict = queries.verify()
    assert verdict.holds, verdict.faults
    assert (verdict.records, verdict.anchors, verdict.seals) == ({"office": 6}, 1, 1)


def test_records_without_any_anchor_are_reported(written: Callable[[int], None]) -> None:
    written(1)
    assert kinds() == {FaultKind.UNANCHORED}


@pytest.mark.parametrize("column", ["actor_label", "verb", "object_key", "reason", "room"])
def test_a_changed_record_shows(column: str, at: dt.datetime, written: Callable[[int], None]) -> None:
    written(3)
    actions.anchor(at=at)
    tamper("default", "audit_auditrecord", f"UPDATE audit_auditrecord SET {column} = 'other' WHERE seq = 2")
    found = queries.verify().faults
    assert [(fault.kind, fault.seq) for fault in found] == [(FaultKind.CHANGED, 2)]


def test_a_removed_record_shows(at: dt.datetime, written: Callable[[int], None]) -> None:
    written(3)
    actions.anchor(at=at)
    tamper("default", "audit_auditrecord", "DELETE FROM audit_auditrecord WHERE seq = 2")
    assert FaultKind.MISSING in kinds()


def test_a_cut_tail_shows(at: dt.datetime, written: Callable[[int], None]) -> None:
    written(5)
    actions.anchor(at=at)
    tamper("default", "audit_auditrecord", "DELETE FROM audit_auditrecord WHERE seq > 3")
    assert kinds() == {FaultKind.CUT, FaultKind.ANCHOR_TAIL}
    last = models.AuditRecord.objects.get(seq=3)
    models.LaneHead.objects.filter(lane="office").update(seq=3, hash=last.hash)  # the head forged as well
    assert kinds() == {FaultKind.ANCHOR_TAIL}


def test_a_wholly_rehashed_chain_shows(at: dt.datetime, written: Callable[[int], None]) -> None:
    written(5)
    actions.anchor(at=at)
    previous = rules.GENESIS
    for row in models.AuditRecord.objects.order_by("seq"):
        row.previous, row.verb = previous, "look" if row.seq == 2 else row.verb
        previous = row.expected_hash()
        tamper(
            "default",
            "audit_auditrecord",
            "UPDATE audit_auditrecord SET previous = %s, verb = %s, hash = %s WHERE seq = %s",
            row.previous,
            row.verb,
            previous,
            row.seq,
        )
    models.LaneHead.objects.filter(lane="office").update(hash=previous)
    assert kinds() == {FaultKind.REHASHED}


def test_a_forged_anchor_shows(at: dt.datetime, written: Callable[[int], None]) -> None:
    written(2)
    actions.anchor(at=at)
    path = Path(settings.ANCHOR_DIR) / bridge.ANCHOR_FILE
    stranger = rules.new_keyring(master_id="x", made_at="", entropy=bytes(96))
    forged = rules.signed_anchor(stranger, at=at, previous=rules.GENESIS, heads=queries.heads())
    path.write_text(forged.line() + "\n")
    assert kinds() == {FaultKind.SIGNATURE}


def test_a_removed_or_damaged_line_of_the_anchor_file_shows(at: dt.datetime, written: Callable[[int], None]) -> None:
    path = Path(settings.ANCHOR_DIR) / bridge.ANCHOR_FILE
    for day in range(3):
        written(1)
        actions.anchor(at=at + dt.timedelta(days=day))
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[2]]) + "\n")
    assert kinds() == {FaultKind.ANCHOR_BROKEN}
    path.write_text("\n".join([lines[0], lines[1][:40], lines[2]]) + "\n")
    assert kinds() == {FaultKind.ANCHOR_BROKEN}
    path.write_text("\n".join(lines) + "\n")
    assert kinds() == set()


def test_nothing_is_anchored_twice(at: dt.datetime, written: Callable[[int], None]) -> None:
    assert actions.anchor(at=at) is None
    written(1)
    assert actions.anchor(at=at) is not None
    assert actions.anchor(at=at) is None


def test_looks_are_sealed_in_order_and_changes_show(at: dt.datetime, arta: Actor) -> None:
    subject = actions.new_subject(at=at)
    for minute in range(3):
        actions.looked(by=arta, at=at + dt.timedelta(minutes=minute), verb="view", subjects=[subject] * 2)
        assert actions.seal_reads(at=at + dt.timedelta(minutes=minute)) == 2
    assert actions.seal_reads(at=at) == 0
    actions.anchor(at=at)
    assert queries.verify().holds
    first = models.ReadSeal.objects.get(seq=1)
    tamper("reads", "audit_readrecord", "UPDATE audit_readrecord SET actor_label = 'x' WHERE id = %s", first.last_id)
    assert kinds() == {FaultKind.READS_CHANGED}


def test_a_removed_seal_shows(at: dt.datetime, arta: Actor) -> None:
    subject = actions.new_subject(at=at)
    for _ in range(2):
        actions.looked(by=arta, at=at, verb="view", subjects=[subject])
        actions.seal_reads(at=at)
    actions.anchor(at=at)
    tamper("reads", "audit_readseal", "DELETE FROM audit_readseal WHERE seq = 2")
    assert kinds() == {FaultKind.ANCHOR_TAIL}


def test_master_key_is_rotated_in_pieces_and_goes_on_after_a_crash(at: dt.datetime, arta: Actor) -> None:
    subjects = actions.new_subjects(25, at=at)
    sealed = actions.seal_many([(subject, b"secret") for subject in subjects], context="x.y.z")
    old = bridge.keyring().current
    assert actions.begin_rotation(by=arta, at=at)
    assert bridge.keyring().current != old
    assert actions.rewrap_piece(10) == 10
    assert actions.begin_rotation(by=arta, at=at) is False  # as after a crash: the first is finished before a second
    assert actions.number_under_old_masters() == 15
    fresh = actions.new_subject(at=at)
    assert [actions.rewrap_piece(10) for _ in range(3)] == [10, 5, 0]
    bridge.cache.clear()
    assert set(actions.unseal_many(list(zip(subjects, sealed, strict=True)), context="x.y.z")) == {b"secret"}
    assert actions.forget_old_masters(by=arta, at=at) == [old]
    bridge.cache.clear()
    assert actions.unseal(subjects[0], sealed[0], context="x.y.z") == b"secret"
    assert actions.seal(fresh, b"x", context="x.y.z")
    assert [done.verb for done in queries.log(room="audit").rows] == ["forget", "rotate"]


def test_a_keyring_without_the_master_key_says_which(at: dt.datetime) -> None:
    subject = actions.new_subject(at=at)
    sealed = actions.seal(subject, b"secret", context="x.y.z")
    Path(settings.KEYRING).unlink()
    bridge.create_keyring(Path(settings.KEYRING), at=at)
    bridge.cache.clear()
    with pytest.raises(errors.Unavailable, match="no master key"):
        actions.unseal(subject, sealed, context="x.y.z")


def test_erasures_are_entered_in_a_ledger_outside_the_database(at: dt.datetime, arta: Actor) -> None:
    one, other = actions.new_subjects(2, at=at)
    actions.destroy_subject(one, by=arta, at=at)
    assert bridge.ledger() == {}  # this test never commits, as when a crash comes between commit and file
    assert actions.enter_erasures() == 1
    assert bridge.ledger() == {one: at}
    assert actions.enter_erasures() == 0
    path = Path(settings.ANCHOR_DIR) / bridge.LEDGER_FILE
    path.write_text(path.read_text() + path.read_text().replace(str(one), str(other)))
    assert bridge.ledger() == {one: at}  # a line that we did not sign erases nobody


@pytest.mark.django_db(databases=["default", "reads"], transaction=True)
def test_a_committed_erasure_is_in_the_ledger_at_once(at: dt.datetime, arta: Actor) -> None:
    subject = actions.new_subject(at=at)
    actions.destroy_subject(subject, by=arta, at=at)
    assert bridge.ledger() == {subject: at}
    assert connection.in_atomic_block is False
