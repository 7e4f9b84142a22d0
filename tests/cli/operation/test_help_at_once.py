"""Help under a power cut and under two who do the same at once, in processes of their own, on whichever database:
two approvals, two deliveries of one entitlement, two counters that hand out the last blanket.
"""

from __future__ import annotations

from typing import Any

from tests.cli.operation.conftest import Office

BEGIN = """
import json, os, time
from decimal import Decimal
from unittest import mock
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
SIGN = "request = money_models.ApprovalRequest.objects.get()\ntried(lambda: money.sign(request.pk, by={who}, at=AT))\n"
GIVE = """
row = given_models.Entitlement.objects.order_by('pk')[{which}]
handed = given.Handed(Decimal({amount}), AT.date(), given.rules.Mechanism.CASH_IN_HAND, {key!r})
tried(lambda: given.deliver(row.pk, handed, by=access('caseworker'), at=AT))
"""
HAND = """
slip = slip_models.Slip.objects.order_by('position')[{which}]
who = plans.Collected(slip.members.get(collects='head').person_id)
tried(lambda: slips.hand_out(slip.pk, who, by=access('storekeeper'), at=AT))
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


def killed(office: Office, patch: str, text: str) -> None:
    """The process dies where the patch says, with signal 9: no handler runs, nothing is closed."""
    body = "".join(f"    {line}\n" for line in text.strip().splitlines())
    process = office.start(*office.script(f"{BEGIN}with mock.patch.object({patch}, dies):\n{body}"))
    said, _ = process.communicate(timeout=120)
    assert process.returncode == -9, said


def at_once(office: Office, slow: str, first: str, second: str) -> tuple[str, str]:
    """What two processes say: the first is inside its transaction when the second begins."""
    one = office.start(*office.script(f"{BEGIN}slowly({slow})\n{first}"))
    assert one.stdout is not None
    assert one.stdout.readline().strip() == "inside", one.stdout.read()
    two = office.start(*office.script(BEGIN + second))
    late, _ = two.communicate(timeout=120)
    return one.communicate(timeout=120)[0].strip(), late.strip()


def state(office: Office) -> dict[str, Any]:
    found: dict[str, Any] = office.python(BEGIN + STATE)
    return found


def test_of_two_at_once_one_is_told_and_a_power_cut_leaves_nothing_half_done(office: Office) -> None:
    office.python(BEGIN + BUILD)
    before = state(office)
    assert (before["blankets"], before["handed"], before["deliveries"]) == (8, 0, 0)

    # a power cut: after the stock moved and before the record; after the money moved and before the record
    killed(office, "slips, '_tell'", HAND.format(which=0))
    killed(office, "given, '_tell'", GIVE.format(which=0, amount=100, key="S1"))
    killed(office, "money, 'record'", SIGN.format(who="access('authoriser')"))
    assert state(office) == before, "a kill in the middle lost or left something"

    # two authorising officers sign the one step at once
    first, second = (SIGN.format(who=f"access('authoriser', {number})") for number in (0, 1))
    told, late = at_once(office, "money, 'record'", first, second)
    assert told.startswith("done"), told
    assert late.startswith("decided This is approved already"), late

    # the same slip of money twice at once, and two that together are more than is set aside
    same = GIVE.format(which=0, amount=100, key="S1")
    told, late = at_once(office, "given, '_tell'", same, same)
    assert (told.split()[0], late.split()[0]) == ("done", "done"), "the same slip is the same delivery"
    told, late = at_once(
        office,
        "given, '_tell'",
        GIVE.format(which=1, amount=30, key="S2"),
        GIVE.format(which=1, amount=30, key="S3"),
    )
    assert told.startswith("done"), told
    assert late.startswith("budget_overspent 30.00 EUR is more than CM-"), late

    # one slip at two counters; then the last four blankets for two families
    told, late = at_once(office, "slips, '_tell'", HAND.format(which=0), HAND.format(which=0))
    assert told.startswith("done"), told
    assert late.startswith("slip_handed This slip was handed out on"), late
    told, late = at_once(office, "slips, '_tell'", HAND.format(which=1), HAND.format(which=2))
    assert told.startswith("done"), told
    assert "of BLANKET are wanted and 0" in late, late

    after = state(office)
    assert (after["signed"], after["asked"]) == (1, "approved")
    assert (after["given"], after["deliveries"]) == (["100.00", "30.00"], 2)
    assert (after["spent"], after["used"]) == ("130.00", "130.00")
    assert (after["handed"], after["blankets"], after["moves"]) == (2, 0, 2)
    assert (after["wrong"], after["faults"]) == ([], [])
