"""Workers that are killed: nothing is lost, nothing is done twice, on either database."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
from tests.cli.operation import piecework
from tests.cli.operation.conftest import IS_POSTGRESQL, Office, administer

WORKER = """
from streha.cli import worker
from streha.jobs import actions as jobs
from tests.cli.operation.piecework import KINDS
if {before!r}:
    jobs.release(worker={before!r}, at=worker.now())
worker.Worker(name={name!r}, kinds=KINDS, every={{}}).work(until_empty=True)
"""
ENQUEUE = """
from streha.accounts.rules import system
from streha.jobs import actions as jobs
for n in range({number}):
    jobs.enqueue("test.pieces", payload={{"n": n}}, by=system("terminal"), at=at, max_attempts=20)
"""
WRITTEN = """
from streha.jobs.models import Job
keys = list(models.AuditRecord.objects.filter(verb="piece").values_list("object_key", flat=True))
broken = [f.kind for f in queries.verify().faults if f.kind != "unanchored"]
print(json.dumps({"keys": keys, "states": list(Job.objects.values_list("state", flat=True)), "broken": broken}))
"""


def begin(office: Office, name: str, before: str = "") -> subprocess.Popen[str]:
    return office.start(*office.script(WORKER.format(name=name, before=before)))


def wait_for_pieces(process: subprocess.Popen[str], number: int) -> None:
    assert process.stdout is not None
    for _ in range(number):
        line = process.stdout.readline()
        assert line.strip().isdigit(), line + process.stdout.read()


def first_with_pieces(processes: list[subprocess.Popen[str]], number: int) -> int:
    """Which process was the first to say that many pieces."""
    streams = {process.stdout.fileno(): place for place, process in enumerate(processes) if process.stdout}
    said: Counter[int] = Counter()
    while streams:
        for stream in select.select(list(streams), [], [], 60)[0]:
            text = os.read(stream, 4096)
            said[stream] += text.count(b"\n")
            if said[stream] >= number:
                return streams[stream]
            if not text:
                del streams[stream]
    raise AssertionError(f"no worker came to {number} pieces: {said}")


def test_a_job_whose_worker_is_killed_again_and_again_is_done_exactly_once(office: Office) -> None:
    office.python(ENQUEUE.format(number=1))
    before = ""
    for number, pieces in enumerate((3, 7, 5)):
        worker = begin(office, f"w{number}", before)
        wait_for_pieces(worker, pieces)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        before = f"w{number}"
    last = begin(office, "last", before)
    out, _ = last.communicate(timeout=60)
    assert last.returncode == 0, out
    found = office.python(WRITTEN)
    assert Counter(found["keys"]) == Counter(f"0:{piece}" for piece in range(piecework.PIECES))
    assert found["states"] == ["done"]
    assert found["broken"] == []


def test_many_workers_share_a_queue_and_one_of_them_dies(office: Office) -> None:
    office.python(ENQUEUE.format(number=6))
    workers = [begin(office, f"w{number}") for number in range(3)]
    busy = first_with_pieces(workers, 10)  # any: one that started late may have found the queue empty
    workers[busy].send_signal(signal.SIGKILL)
    for worker in workers:
        worker.communicate(timeout=120)
    heir = begin(office, "heir", f"w{busy}")
    heir.communicate(timeout=60)
    found = office.python(WRITTEN)
    expected = (f"{n}:{piece}" for n in range(6) for piece in range(piecework.PIECES))
    assert Counter(found["keys"]) == Counter(expected)
    assert set(found["states"]) == {"done"}
    assert found["broken"] == []


def test_a_worker_that_is_asked_to_stop_puts_its_job_back(office: Office) -> None:
    office.python(ENQUEUE.format(number=1))
    text = "import signal, sys, threading\nfrom streha.cli import worker\n"
    text += "from tests.cli.operation.piecework import KINDS\nw = worker.Worker(name='w', kinds=KINDS, every={})\n"
    text += "signal.signal(signal.SIGTERM, lambda *_: w.stop.set())\nw.work()\nprint('ended')"
    process = office.start(*office.script(text))
    wait_for_pieces(process, 4)
    process.terminate()
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out.strip().endswith("ended")
    found = office.python(WRITTEN)
    assert found["states"] == ["waiting"]
    assert len(found["keys"]) == len(set(found["keys"])) < piecework.PIECES


def test_a_database_that_drops_every_connection_costs_an_attempt_and_nothing_else(office: Office) -> None:
    if not IS_POSTGRESQL:
        pytest.skip("SQLite is a file: it has no connections to drop")
    office.python(ENQUEUE.format(number=1))
    worker = begin(office, "w1")
    wait_for_pieces(worker, 5)
    administer(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'streha' "
        f"AND datname = '{office.url.rpartition('/')[2]}'"
    )
    out, _ = worker.communicate(timeout=60)
    assert worker.returncode == 0, out
    time.sleep(5.5)  # the first pause after a failure
    begin(office, "w2", "w1").communicate(timeout=60)
    found = office.python(WRITTEN)
    assert Counter(found["keys"]) == Counter(f"0:{piece}" for piece in range(piecework.PIECES))
    assert found["states"] == ["done"]


def test_an_unknown_kind_of_job_fails_and_the_queue_goes_on(office: Office) -> None:
    office.python(
        "from streha.accounts.rules import system\nfrom streha.jobs import actions as jobs\n"
        "jobs.enqueue('no.such', payload={}, by=system('t'), at=at)"
    )
    office.run("worker", "--until-empty")
    found = office.python(
        "from streha.jobs.models import Job\nj = Job.objects.get()\nprint(json.dumps([j.state, j.error_code]))"
    )
    assert found == ["failed", "job_kind"]


def test_a_look_commits_while_the_work_around_it_is_undone(office: Office) -> None:
    """On PostgreSQL the store of reads is a second connection to the same database."""
    found = office.python(
        "from django.db import transaction\n"
        "subject = actions.new_subject(at=at)\n"
        "try:\n"
        "    with transaction.atomic():\n"
        "        actions.record(by=by, at=at, room='x', verb='y', object_kind='z', object_key='1')\n"
        "        actions.looked(by=by, at=at, verb='view', subjects=[subject])\n"
        "        raise RuntimeError\n"
        "except RuntimeError:\n"
        "    pass\n"
        "print(json.dumps([len(queries.readers(subject).rows), models.AuditRecord.objects.count()]))"
    )
    assert found == [1, 0]


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def is_worker(pid: int) -> bool:
    return b"streha.cli.main\x00worker" in Path(f"/proc/{pid}/cmdline").read_bytes()


def answers(port: int) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@pytest.mark.slow
@pytest.mark.enable_socket
def test_serve_opens_the_office_replaces_what_falls_and_closes_without_leaving_anything(office: Office) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = office.start("-m", "streha.cli.main", "serve", "--port", str(port), "--processes", "1")
    try:
        deadline = time.monotonic() + 40
        while not (status := answers(port)) and time.monotonic() < deadline:
            assert serve.poll() is None, serve.stdout.read() if serve.stdout else ""
            time.sleep(0.2)
        assert 200 <= status < 500
        first = next(child for child in children(serve.pid) if is_worker(child))
        os.kill(first, signal.SIGKILL)
        while time.monotonic() < deadline:
            workers = [child for child in children(serve.pid) if child != first and is_worker(child)]
            if workers:
                break
            time.sleep(0.2)
        assert workers
        assert "open" in office.run("upgrade", "--without-backup", code=2).lower()
        left = [grandchild for child in children(serve.pid) for grandchild in [child, *children(child)]]
    finally:
        serve.send_signal(signal.SIGTERM)
        out, _ = serve.communicate(timeout=45)
    assert serve.returncode == 0, out
    assert not [pid for pid in left if Path(f"/proc/{pid}").exists()]
    assert answers(port) == 0


def test_the_engine_under_test_is_the_one_that_was_asked_for(office: Office) -> None:
    vendor = office.python("from django.db import connection\nprint(json.dumps(connection.vendor))")
    assert vendor == ("postgresql" if IS_POSTGRESQL else "sqlite")


def test_an_office_that_nobody_encrypts_does_not_open(office: Office) -> None:
    text = (
        "import os\nos.environ['STREHA_TLS'] = '1'\nfrom streha.cli.main import open_office, streha, told\n"
        "from streha.common import errors\nopen_office()\n"
        "for words in (['serve'], ['serve', '--certificate', os.__file__]):\n"
        "    try:\n        streha(words, standalone_mode=False)\n"
        "    except errors.StrehaError as error:\n        print(error.code)\n"
        "    except Exception as error:\n        print(type(error).__name__)\n"
    )
    process = office.start("-c", text)
    out, _ = process.communicate(timeout=60)
    assert out.split() == ["tls_nowhere", "UsageError"]
