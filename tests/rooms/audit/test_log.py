"""The log: linked, sealed, append-only, and read back newest first."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

from streha.audit import actions, models, queries, rules
from streha.audit.rules import Actor, Entry
from streha.common import errors

pytestmark = pytest.mark.django_db(databases=["default", "reads"])


def write(by: Actor, at: dt.datetime, number: int = 1, lane: str = rules.OFFICE, **more: object) -> None:
    for i in range(number):
        actions.record(
            by=by,
            at=at + dt.timedelta(minutes=i),
            room="people",
            verb="change",
            object_kind="person",
            object_key=f"{i}",
            lane=lane,
            **more,  # type: ignore[arg-type]
        )


def test_records_are_linked_one_to_the_next(at: dt.datetime, arta: Actor) -> None:
    write(arta, at, 3)
    rows = list(models.AuditRecord.objects.order_by("seq"))
    assert [row.seq for row in rows] == [1, 2, 3]
    assert rows[0].previous == rules.GENESIS
    assert [row.previous for row in rows[1:]] == [row.hash for row in rows[:-1]]
    assert all(row.hash == row.expected_hash() for row in rows)
    assert models.LaneHead.objects.get(lane="office").hash == rows[-1].hash


def test_lanes_do_not_wait_for_each_other(at: dt.datetime, arta: Actor) -> None:
    write(arta, at, 2)
    actions.record_many([Entry("people", "import", "person", str(i)) for i in range(1200)], by=arta, at=at)
    assert models.LaneHead.objects.get(lane="office").seq == 2
    assert models.LaneHead.objects.get(lane="batch").seq == 1200
    assert queries.verify().records == {"batch": 1200, "office": 2}


def test_payload_and_reason_about_a_person_are_sealed_and_gone_with_the_key(at: dt.datetime, arta: Actor) -> None:
    subject = actions.new_subject(at=at)
    write(arta, at, 2, subject=subject, payload={"name": "Gjelosh Përkolaj"}, reason="said Gjelosh himself")
    for row in models.AuditRecord.objects.all():
        assert "Gjelosh" not in row.reason
        assert b"Gjelosh" not in bytes(row.payload or b"")
    first = queries.history(subject).rows[0]
    assert (first.object_key, first.payload, first.reason) == (
        "1",
        {"name": "Gjelosh Përkolaj"},
        "said Gjelosh himself",
    )
    actions.destroy_subject(subject, by=arta, at=at + dt.timedelta(hours=1), reason="request 14")
    done = queries.history(subject).rows
    assert [entry.verb for entry in done] == ["destroy", "change", "change"]
    assert [entry.is_erased for entry in done] == [False, True, True]
    assert done[0].reason == "request 14"
    assert all(entry.payload is None for entry in done)
    assert not [f for f in queries.verify().faults if f.kind != rules.FaultKind.UNANCHORED]


def test_a_record_is_undone_with_the_write_it_belongs_to(at: dt.datetime, arta: Actor) -> None:
    write(arta, at)
    with pytest.raises(RuntimeError), transaction.atomic():
        write(arta, at)
        raise RuntimeError("the write failed")
    assert models.AuditRecord.objects.count() == 1
    assert models.LaneHead.objects.get(lane="office").seq == 1


def test_history_and_log_page_by_key_without_gaps_or_doubles(at: dt.datetime, arta: Actor) -> None:
    subject = actions.new_subject(at=at)
    entries = [Entry("people", "change", "person", str(i), subject=subject, payload={"n": i}) for i in range(25)]
    actions.record_many(entries, by=arta, at=at)  # all in one instant: the key must break the tie
    seen, after = [], ""
    while True:
        page = queries.history(subject, after=after, limit=10)
        seen += [entry.payload["n"] for entry in page.rows if entry.payload]
        after = page.next
        if not page.more:
            break
    assert seen == list(range(24, -1, -1))


def test_log_is_found_by_actor_room_verb_and_time(at: dt.datetime, arta: Actor) -> None:
    write(arta, at, 3)
    besa = Actor("user", "9", "besa")
    actions.record(by=besa, at=at, room="places", verb="load", object_kind="area", object_key="01")
    assert [d.actor.label for d in queries.log(actor="user:9").rows] == ["besa"]
    assert len(queries.log(room="people", verb="change").rows) == 3
    assert len(queries.log(since=at + dt.timedelta(minutes=1)).rows) == 2
    assert len(queries.log(until=at + dt.timedelta(minutes=1)).rows) == 2
    with pytest.raises(errors.BadInput):
        queries.log(after="nonsense")


def test_models_refuse_to_change_or_remove(at: dt.datetime, arta: Actor) -> None:
    write(arta, at)
    row = models.AuditRecord.objects.get()
    row.reason = "something else"
    for attempt in (
        row.save,
        row.delete,
        models.AuditRecord.objects.all().delete,
        lambda: models.AuditRecord.objects.update(reason=""),
        lambda: models.AuditRecord.objects.bulk_update([row], ["reason"]),
    ):
        with pytest.raises(errors.Refused):
            attempt()


@pytest.mark.parametrize("statement", ["UPDATE audit_auditrecord SET reason = 'x'", "DELETE FROM audit_auditrecord"])
def test_the_database_refuses_too(statement: str, at: dt.datetime, arta: Actor) -> None:
    write(arta, at)
    with pytest.raises(DatabaseError, match="only be added"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert models.AuditRecord.objects.get().reason == ""


def test_who_looked_is_kept_per_person(at: dt.datetime, arta: Actor) -> None:
    one, other = actions.new_subjects(2, at=at)
    actions.looked(by=arta, at=at, verb="view", subjects=[one, other], classes=["identity", "contact"], where="person")
    actions.looked(by=arta, at=at + dt.timedelta(minutes=1), verb="export", subjects=[one], where="people.export")
    looks = queries.readers(one).rows
    assert [(look.verb, look.classes, look.where) for look in looks] == [
        ("export", (), "people.export"),
        ("view", ("contact", "identity"), "person"),
    ]
    assert len(queries.readers(other).rows) == 1
    assert len(queries.looks(actor="user:7").rows) == 3


@pytest.mark.django_db(databases=["default", "reads"], transaction=True)
def test_a_look_stays_when_the_work_around_it_is_undone(at: dt.datetime, arta: Actor) -> None:
    subject = actions.new_subject(at=at)
    if connection.vendor == "postgresql":
        pytest.skip("tests share one connection on PostgreSQL; tests/cli/operation/test_workers.py shows it with two")
    with pytest.raises(RuntimeError), transaction.atomic():
        actions.looked(by=arta, at=at, verb="view", subjects=[subject])
        raise RuntimeError
    assert len(queries.readers(subject).rows) == 1
