"""Help under a power cut and under two who do the same at once, in processes of their own, on whichever database:
two approvals, two deliveries of one entitlement, two counters that hand out the last blanket.
"""

from __future__ import annotations

from typing import Any

from tests.cli.operation.conftest import Office

BEGIN = """
import json, os, time
from decimal import Decimal
from django.conf import settings
settings.DEMO = True  # its people are users of the demo
from tests import factories
from tests.factories import AT, OFFICE
from tests.rooms.assistance import giving
from tests.rooms.assistance.giving import euro
from tests.rooms.assistance_supplies import conftest as store
from streha.accounts.models import User
from streha.accounts.rules import Role
from streha.accounts import queries as accounts
from streha.assistance.distributions import actions as slips, models as slip_models
from streha.assistance.distributions.rules import plans
from streha.assistance.entitlements import actions as given, models as given_models
from streha.assistance.programmes import actions as money, models as money_models, rules
from streha.assistance.supplies import actions as supplies, models as stock, queries as books
from streha.common import errors

def dies(*a, **k):
    os.kill(os.getpid(), 9)

def access(role, number=0):
    return accounts.access(User.objects.filter(grants__role=role).order_by('pk')[number], AT)

def tried(act):
    try:
        print('done', type(act()).__name__, flush=True)
    except errors.StrehaError as late:
        print(late.code, late.english(), flush=True)

def slowly(where, name):
    plain = getattr(where, name)
    def slow(*a, **k):
        print('inside', flush=True)
        time.sleep(1.5)
        return plain(*a, **k)
    setattr(where, name, slow)
"""
BUILD = """
o = giving.office(budget='1000', committed='150')
first, second = factories.access(Role.AUTHORISER), factories.access(Role.AUTHORISER)
money.ask_approval(rules.For.OTHER, '7', title='A well', amount=euro(5), by=o.programme, at=AT)
for name in ('Ana', 'Bora'):
    o.cash(factories.person(name, 'Krasniqi'), '100')
factories.user(Role.STOREKEEPER)
supplies.load_examples(by=OFFICE, at=AT)
place = factories.municipality().pk
house = supplies.open_warehouse('Prizren', keeper_id=place, by=o.programme, at=AT)
items = {item.code: item for item in stock.Item.objects.all()}
kit = stock.Kit.objects.get(code='WINTER')
world = store.Office(house, access('storekeeper'), o.programme, items, kit)
for _ in range(3):
    world.family(2)
world.receive('BLANKET', 8, expires=None)
for code in ('MATTRESS', 'STOVE', 'LAMP'):
    world.receive(code, 50, expires=None)
world.listed()
"""
STATE = """
from django.db.models import Sum
held = money_models.Commitment.objects.get()
print(json.dumps({
    'signed': money_models.Approval.objects.count(), 'asked': money_models.ApprovalRequest.objects.get().state,
    'given': sorted(str(n) for n in given_models.Entitlement.objects.values_list('given', flat=True)),
    'deliveries': given_models.Delivery.objects.count(), 'spent': str(held.spent), 'used': str(held.used),
    'handed': slip_models.Slip.objects.filter(handed_at__isnull=False).count(),
    'blankets': stock.Balance.objects.filter(batch__item__code='BLANKET').aggregate(n=Sum('quantity'))['n'],
    'moves': stock.Movement.objects.filter(kind='hand_out', batch__item__code='BLANKET').count(),
    'wrong': books.reconciles(), 'faults': [f.kind for f in queries.verify().faults if f.kind != 'unanchored'],
}))
"""


ARENA = """
import sys
from django.db import connections

def forked(act):
    # A process of its own, with a connection of its own; what it says comes back through a pipe.
    connections.close_all()
    out, into = os.pipe()
    pid = os.fork()
    if pid:
        os.close(into)
        return pid, os.fdopen(out)
    os.close(out)
    os.dup2(into, 1)
    sys.stdout = os.fdopen(1, 'w', buffering=1)
    try:
        act()
    finally:
        sys.stdout.flush()
        os._exit(0)

def killed(where, name, act):
    def dying():
        setattr(where, name, dies)
        act()
    pid, said = forked(dying)
    text = said.read()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -9, text

def at_once(where, name, first, second):
    def slow_one():
        slowly(where, name)
        first()
    one, said = forked(slow_one)
    assert said.readline().strip() == 'inside', said.read()
    two, late = forked(second)
    told = [said.read().strip(), late.read().strip()]
    os.waitpid(one, 0), os.waitpid(two, 0)
    return told

def sign(number):
    request = money_models.ApprovalRequest.objects.get()
    tried(lambda: money.sign(request.pk, by=access('authoriser', number), at=AT))

def give(which, amount, key):
    row = given_models.Entitlement.objects.order_by('pk')[which]
    handed = given.Handed(Decimal(amount), AT.date(), given.rules.Mechanism.CASH_IN_HAND, key)
    tried(lambda: given.deliver(row.pk, handed, by=access('caseworker'), at=AT))

def hand(which):
    slip = slip_models.Slip.objects.order_by('position')[which]
    who = plans.Collected(slip.members.get(collects='head').person_id)
    tried(lambda: slips.hand_out(slip.pk, who, by=access('storekeeper'), at=AT))
"""
KILLS = """
killed(slips, '_tell', lambda: hand(0))
killed(given, '_tell', lambda: give(0, 100, 'S1'))
killed(money, 'record', lambda: sign(0))
"""
CONTESTS = """
print(json.dumps({
    'approvals': at_once(money, 'record', lambda: sign(0), lambda: sign(1)),
    'same slip': at_once(given, '_tell', lambda: give(0, 100, 'S1'), lambda: give(0, 100, 'S1')),
    'last money': at_once(given, '_tell', lambda: give(1, 30, 'S2'), lambda: give(1, 30, 'S3')),
    'one slip': at_once(slips, '_tell', lambda: hand(0), lambda: hand(0)),
    'last blankets': at_once(slips, '_tell', lambda: hand(1), lambda: hand(2)),
}))
"""


def state(office: Office) -> dict[str, Any]:
    found: dict[str, Any] = office.python(BEGIN + STATE)
    return found


def test_of_two_at_once_one_is_told_and_a_power_cut_leaves_nothing_half_done(office: Office) -> None:
    office.python(BEGIN + BUILD)
    before = state(office)
    assert (before["blankets"], before["handed"], before["deliveries"]) == (8, 0, 0)

    # a power cut: after the stock or the money moved, and before the record
    office.python(BEGIN + ARENA + KILLS)
    assert state(office) == before, "a kill in the middle lost or left something"

    said = office.python(BEGIN + ARENA + CONTESTS)
    told, late = said["approvals"]
    assert told.startswith("done"), told
    assert late.startswith("decided This is approved already"), late
    assert [one.split()[0] for one in said["same slip"]] == ["done", "done"], "the same slip is the same delivery"
    told, late = said["last money"]
    assert told.startswith("done"), told
    assert late.startswith("budget_overspent 30.00 EUR is more than CM-"), late
    told, late = said["one slip"]
    assert told.startswith("done"), told
    assert late.startswith("slip_handed This slip was handed out on"), late
    told, late = said["last blankets"]
    assert told.startswith("done"), told
    assert "of BLANKET are wanted and 0" in late, late

    after = state(office)
    assert (after["signed"], after["asked"]) == (1, "approved")
    assert (after["given"], after["deliveries"]) == (["100.00", "30.00"], 2)
    assert (after["spent"], after["used"]) == ("130.00", "130.00")
    assert (after["handed"], after["blankets"], after["moves"]) == (2, 0, 2)
    assert (after["wrong"], after["faults"]) == ([], [])
