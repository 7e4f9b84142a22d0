"""Many write at once: the chain has no gap and no fork, and an import does not hold up the office."""

from __future__ import annotations

import datetime as dt
import threading
import time

import pytest
from django.db import connection, connections, transaction

from streha.audit import actions, models, queries, rules
from streha.audit.rules import Actor, Entry

pytestmark = pytest.mark.django_db(transaction=True)


def test_writers_at_once_make_one_chain(at: dt.datetime, arta: Actor) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("the tests' SQLite lies in memory; tests/cli/operation shows several processes on a file")
    failures: list[Exception] = []

    def write(name: str) -> None:
        try:
            for number in range(15):
                with transaction.atomic():
                    actions.record(
                        by=arta, at=at, room="people", verb="change", object_kind="person", object_key=f"{name}{number}"
                    )
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {fault.kind for fault in queries.verify().faults} == {rules.FaultKind.UNANCHORED}
    assert models.LaneHead.objects.get(lane="office").seq == 60


def test_a_long_piece_of_an_import_does_not_hold_up_the_office(at: dt.datetime, arta: Actor) -> None:
    """On PostgreSQL the lanes lock apart; SQLite has one writer, and pieces of 500 rows keep the wait short."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer")
    held, done = threading.Event(), threading.Event()

    def bring() -> None:
        with transaction.atomic():
            actions.record_many([Entry("people", "import", "person", "1")], by=arta, at=at)
            held.set()
            done.wait(10)
        connections.close_all()

    importer = threading.Thread(target=bring)
    importer.start()
    assert held.wait(10)
    begun = time.monotonic()
    actions.record(by=arta, at=at, room="people", verb="change", object_kind="person", object_key="2")
    waited = time.monotonic() - begun
    done.set()
    importer.join()
    assert waited < 5
    assert queries.verify().records == {"batch": 1, "office": 1}
