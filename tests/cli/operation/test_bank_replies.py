"""A worker killed while it reads a file of the bank, and while it places its bookings: nothing is lost or doubled."""

from __future__ import annotations

import signal

from tests.cli.operation.conftest import Office

LINES, PIECE = 12, 3
BEGIN = f"""
import time
from django.conf import settings
settings.DEMO = True  # its people are users of the demo
from tests.factories import AT
from tests.rooms.assistance import giving
from tests.rooms.assistance.test_payments import banked, booked, sent
from streha.assistance.entitlements.models import Delivery
from streha.assistance.payments import actions as payments, models as rows
from streha.assistance.programmes.models import Commitment, Spending
from streha.formats import iso20022
from streha.jobs.models import Job
payments.READ_AT_ONCE, payments.STAGED, payments.PIECE = 0, {PIECE}, {PIECE}
"""
BRING = f"""
o = giving.office()
for number in range(1, {LINES} + 1):
    o.cash(banked(o, number), "10")
content = iso20022.write_notification("N", [booked(line) for line in sent(o).lines.order_by("position")])
payments.bring_reply(content, "n.xml", by=o.finance, at=AT)
payments.bring_reply(content[: len(content) // 2], "half.xml", by=o.finance, at=AT)
"""
WORKER = """
from streha.cli import worker
from streha.jobs import actions as jobs
plain = jobs.Progress.__call__
def told(self, done, total=None, *, memo=None):
    plain(self, done, total, memo=memo)
    print(done, flush=True)
    time.sleep(0.05)  # still inside the piece's transaction
jobs.Progress.__call__ = told
if {before!r}:
    jobs.release(worker={before!r}, at=worker.now())
worker.Worker(name={name!r}, every={{}}).work(until_empty=True)
"""
STATE = """
print(json.dumps({
    "replies": sorted([r.state, r.lines.count(), bool(r.fault)] for r in rows.BankReply.objects.all()),
    "found": sorted(set(rows.BankLine.objects.values_list("found", flat=True))),
    "positions": sorted(rows.BankLine.objects.values_list("position", flat=True)),
    "deliveries": Delivery.objects.count(), "files": rows.BankFile.objects.count(),
    "spent": str(Commitment.objects.get().spent), "list": rows.PaymentList.objects.get().state,
    "jobs": sorted(Job.objects.filter(kind="payments.reconcile").values_list("state", flat=True)),
    "faults": [f.kind for f in queries.verify().faults if f.kind != "unanchored"],
}))
"""


def killed_at(office: Office, signs: int, name: str, before: str) -> None:
    """A worker killed right after so many signs of progress, inside a transaction."""
    process = office.start(*office.script(BEGIN + WORKER.format(name=name, before=before)))
    assert process.stdout is not None
    for _ in range(signs):
        line = process.stdout.readline()
        assert line.strip().isdigit(), line + process.stdout.read()
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_file_survives_its_workers_and_half_a_file_leaves_nothing(office: Office) -> None:
    office.python(BEGIN + BRING)
    killed_at(office, 2, "reader", "")
    found = office.python(BEGIN + STATE)
    assert found["deliveries"] == 0
    assert found["positions"] == list(range(1, PIECE + 1)), "the piece that was not committed is not there"
    killed_at(office, 5, "placer", "reader")  # three pieces more to read, then into the second of placing
    assert office.python(BEGIN + STATE)["deliveries"] == PIECE
    last = office.start(*office.script(BEGIN + WORKER.format(name="last", before="placer")))
    out, _ = last.communicate(timeout=120)
    assert last.returncode == 0, out
    found = office.python(BEGIN + STATE)
    assert found["replies"] == [["done", LINES, False], ["refused", 0, True]]
    assert (found["found"], found["deliveries"], found["spent"]) == (["matched"], LINES, "120.00")
    assert found["positions"] == list(range(1, LINES + 1))
    assert (found["files"], found["list"], found["jobs"]) == (0, "settled", ["done", "failed"])
    assert found["faults"] == []
