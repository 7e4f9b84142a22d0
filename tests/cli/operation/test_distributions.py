"""A worker killed while it makes the list of a distribution, and while it works in a sheet: nothing lost or doubled."""

from __future__ import annotations

import signal

from tests.cli.operation.conftest import Office

HOMES, PIECE = 36, 6
WORLD = """
from decimal import Decimal
from streha.accounts.rules import system
from streha.assistance.distributions import actions as given, models as slips
from streha.assistance.distributions.rules import plans, slips as rules
from streha.assistance.supplies import actions as supplies, models as stock
from streha.people import actions as people, rules as drafts
from streha.places.models import Area
by = system("terminal")
rules.AT_ONCE = rules.PIECE = {piece}
"""
PLAN = """
place = Area.objects.get(codes__scheme="xk-kas", codes__code="20").pk
for n in range({homes}):
    draft = drafts.PersonDraft(names=(drafts.NameDraft("G", f"F{{n}}"),), keeper_id=place, home_area_id=place)
    head = people.register_person(draft, by=by, at=at)
    members = (drafts.MemberDraft(head.pk, is_head=True),)
    people.open_household(people.HouseholdDraft(keeper_id=place, members=members), by=by, at=at)
supplies.load_examples(by=by, at=at)
store = supplies.open_warehouse("Store", keeper_id=place, by=by, at=at)
goods = [supplies.Delivery(item.pk, 500) for item in stock.Item.objects.filter(expires=False)]
supplies.receive(store.pk, goods, by=by, at=at)
kit = stock.Kit.objects.get(code="WINTER").pk
draft = plans.DistributionDraft("D", kit, store.pk, rules.Audience.AREA, "X", at.date(), area_id=place)
given.plan(draft, by=by, at=at)
"""
PAPER = """
row = slips.Distribution.objects.get()
lines = tuple(plans.PaperLine(code) for code in slips.Slip.objects.order_by("position").values_list("code", flat=True))
given.bring_sheet(row.pk, given.Paper(lines, at.date()), by=by, at=at)
"""
WORKER = """
import time
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
from django.db.models import Sum
from streha.assistance.supplies import queries as books
from streha.jobs.models import Job
every = slips.Slip.objects.all()
print(json.dumps({
    "slips": every.count(), "homes": every.values("household").distinct().count(),
    "positions": sorted(every.values_list("position", flat=True)),
    "handed": every.filter(handed_at__isnull=False).count(),
    "verdicts": sorted(set(slips.SheetLine.objects.values_list("verdict", flat=True))),
    "blankets": -(stock.Movement.objects.filter(kind="hand_out", batch__item__code="BLANKET")
                  .aggregate(n=Sum("quantity"))["n"] or 0),
    "wrong": books.reconciles(), "jobs": list(Job.objects.values_list("state", flat=True)),
    "faults": [f.kind for f in queries.verify().faults if f.kind != "unanchored"],
}))
"""
BEGIN = WORLD.format(piece=PIECE)


def killed_and_again(office: Office, name: str) -> None:
    """A worker killed after three signs of progress, inside the third piece; another ends the work."""
    first = office.start(*office.script(BEGIN + WORKER.format(name=name, before="")))
    assert first.stdout is not None
    for _ in range(3):
        line = first.stdout.readline()
        assert line.strip().isdigit(), line + first.stdout.read()
    first.send_signal(signal.SIGKILL)
    first.wait()
    second = office.start(*office.script(BEGIN + WORKER.format(name=f"{name}-2", before=name)))
    out, _ = second.communicate(timeout=90)
    assert second.returncode == 0, out


def test_a_list_and_a_sheet_survive_their_workers(office: Office) -> None:
    office.run("places", "load-kosovo")
    office.python(BEGIN + PLAN.format(homes=HOMES))
    killed_and_again(office, "list")
    office.python(BEGIN + PAPER)
    killed_and_again(office, "sheet")
    found = office.python(BEGIN + STATE)
    assert (found["slips"], found["homes"], found["handed"]) == (HOMES, HOMES, HOMES)
    assert found["positions"] == list(range(1, HOMES + 1))
    assert (found["verdicts"], found["blankets"]) == (["handed_out"], 2 * HOMES)
    assert (found["wrong"], found["jobs"], found["faults"]) == ([], ["done", "done"], [])
