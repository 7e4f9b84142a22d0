"""Merges under a kill and two deciders at once, in processes of their own, on whichever database the office has."""

from __future__ import annotations

from typing import Any

from tests.cli.operation.conftest import Office

BEGIN = """
import hashlib, os, time
from unittest import mock
from tests import factories as f
from streha.common import errors
from streha.people import actions as register, models
from streha.people.duplicates import actions as duplicates
from streha.people.duplicates.actions import Opinion
from streha.people.duplicates.models import MatchDecision
from streha.people.duplicates.rules import Verdict
from streha.people.households import actions as households
from streha.people.households.models import HouseholdMove
from streha.people.merges.actions import Choice
from streha.people.merges.models import MergeRecord
from streha.audit.models import AuditRecord

def dies(*a, **k):
    os.kill(os.getpid(), 9)

def content():
    tables = (models.Person, models.Name, models.Membership, models.Household, models.NameKey, models.MatchPair,
              MatchDecision, MergeRecord, HouseholdMove, AuditRecord)
    told = [list(table.objects.order_by('pk').values_list()) for table in tables]
    return hashlib.sha256(repr(told).encode()).hexdigest()

def same():
    return Opinion(Verdict.SAME, Choice(pair.left_id, pair.right_id, frozenset({'sex', 'household'})))

pair = models.MatchPair.objects.first()
"""


def killed(office: Office, text: str) -> None:
    process = office.start(*office.script(BEGIN + text))
    said, _ = process.communicate(timeout=120)
    assert process.returncode == -9, said


def test_a_kill_leaves_nothing_half_done_and_of_two_at_once_one_decides(office: Office) -> None:
    def content() -> Any:
        return office.python(f"{BEGIN}print(json.dumps([content(), MergeRecord.objects.count()]))")

    office.python(
        f"{BEGIN}one, other = f.person('Xhevdet', 'Hoxha'), f.person('Xhevdet', 'Hoxha')\n"
        "f.household(one, f.person('Besa', 'Hoxha')); f.household(other, f.person('Cen', 'Hoxha'))\n"
        "register.note_scored([(one.pk, other.pk, 'linkage', 0.99)], by=f.OFFICE, at=f.AT)"
    )
    before = content()
    killed(
        office,
        "with mock.patch.object(register, 'place_pairs', dies):\n"
        "    duplicates.decide(pair.pk, same(), by=f.OFFICE, at=f.AT)",
    )
    killed(
        office,
        "a, b = models.Household.objects.order_by('pk')\n"
        "with mock.patch.object(households, '_record', dies):\n"
        "    households.merge_households(a.pk, b.pk, on=f.AT.date(), reason='-', by=f.OFFICE, at=f.AT)",
    )
    assert content() == before

    decide = (
        "try:\n"
        "    print(duplicates.decide(pair.pk, same(), by=f.OFFICE, at=f.AT).state, flush=True)\n"
        "except errors.Conflict as late:\n"
        "    print(late.code, late.english(), flush=True)\n"
    )
    slow = (
        "kept = duplicates._keep\n"
        "def keeps(*a, **k):\n    print('inside', flush=True)\n    time.sleep(2)\n    kept(*a, **k)\n"
    )
    first = office.start(*office.script(f"{BEGIN}{slow}duplicates._keep = keeps\n{decide}"))
    assert first.stdout is not None
    assert first.stdout.readline().strip() == "inside"
    second = office.start(*office.script(BEGIN + decide))
    late = second.communicate(timeout=120)[0]
    assert first.communicate(timeout=120)[0].strip() == "same"
    assert late.startswith("decided_meanwhile Somebody else has decided about P-"), late
    assert "take that decision back" in late
    assert content()[1] == 1
