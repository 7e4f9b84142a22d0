"""A commission under a power cut, and two who decide at once, in processes of their own, on whichever database."""

from __future__ import annotations

from tests.cli.operation.conftest import Office

BEGIN = """
import os, time
from unittest import mock
from tests.factories import AT
from tests.rooms.assistance.conftest import commission, access_of
from streha.accounts.models import User
from streha.assistance.selections import actions, models, queries
from django.conf import settings
from streha.common import errors

settings.DEMO = True  # its people are users of the demo

def dies(*a, **k):
    os.kill(os.getpid(), 9)

def someone(name):
    return access_of(User.objects.get(full_name=name))
"""
SHEET = """
scorer = someone('Pikësues NrAx')
half = models.Application.objects.get(number=2)
sheet = actions.begin_scoring(half.pk, by=scorer, at=AT)
"""
DECIDE = """
selection, chair = models.Selection.objects.get(), someone('Anëtar NrAy')
item = selection.session.agenda.get(position=1)
try:
    print(actions.decide(selection.pk, item.pk, by=chair, at=AT).state, flush=True)
except errors.Conflict as late:
    print(late.code, late.english(), flush=True)
"""


def test_a_power_cut_keeps_every_point_saved_and_of_two_decisions_one_counts(office: Office) -> None:
    office.python(
        f"{BEGIN}o = commission()\nfirst, second = o.family(), o.family()\no.score(first, 12, 12)\n"
        "second.refresh_from_db()"
    )

    def killed(text: str) -> None:
        process = office.start(*office.script(BEGIN + SHEET + text))
        said, _ = process.communicate(timeout=120)
        assert process.returncode == -9, said

    killed("actions.give_points(sheet.pk, {'urgency': 7, 'single_parent': 3}, by=scorer, at=AT)\ndies()")
    killed("with mock.patch.object(actions, '_tell', dies):\n"
           "    actions.give_points(sheet.pk, {'urgency': 1, 'disability': 2}, by=scorer, at=AT)")  # fmt: skip
    told = office.python(
        f"{BEGIN}{SHEET}own = queries.own_sheet(scorer, sheet)\n"
        "given = {l.criterion.code: l.points for l in own.lines if l.points is not None}\n"
        "print(json.dumps([given, sheet.finished_at is None, models.Scoring.objects.filter(application=half).count()]))"
    )
    assert told == [{"urgency": 7, "single_parent": 3}, True, 1], "what was saved is there, and nothing of what was not"

    office.python(
        f"{BEGIN}{SHEET}from tests.rooms.assistance.conftest import Office\n"
        "call = half.call\n"
        "scorers = [someone(f'Pikësues Nr{n}x') for n in 'AB']\n"
        "o = Office(call, someone('Teuta Programi'), someone('Arta Punëtorja'), scorers,\n"
        "           [someone(f'Anëtar Nr{n}y') for n in 'ABC'], [])\n"
        "o.score(half, 9, 9)\n"
        "s = o.ranked()\n"
        "item = s.session.agenda.get(position=1)\n"
        "actions.vote(item.pk, {m.person(): 'for' for m in o.members}, conclusion='', by=o.members[0], at=AT)"
    )
    killed_in = office.start(
        *office.script(f"{BEGIN}with mock.patch.object(actions, '_keep_figures', dies):\n" + _indented(DECIDE))
    )
    killed_in.communicate(timeout=120)
    assert killed_in.returncode == -9
    assert office.python(f"{BEGIN}print(json.dumps(models.Selection.objects.get().state))") == "ranked"

    slow = (
        "kept = actions._keep_figures\n"
        "def keeps(*a, **k):\n    print('inside', flush=True)\n    time.sleep(2)\n    kept(*a, **k)\n"
        "actions._keep_figures = keeps\n"
    )
    first = office.start(*office.script(BEGIN + slow + DECIDE))
    assert first.stdout is not None
    assert first.stdout.readline().strip() == "inside"
    second = office.start(*office.script(BEGIN + DECIDE))
    late = second.communicate(timeout=120)[0]
    assert first.communicate(timeout=120)[0].strip() == "decided"
    assert late.startswith("decided S-"), late
    assert "The first decision counts" in late
    counted = office.python(
        f"{BEGIN}from streha.jobs.models import Job\n"
        "print(json.dumps([models.Selection.objects.get().state, Job.objects.filter(kind='selections.carry').count()]))"
    )
    assert counted == ["decided", 1]


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.strip().splitlines())
