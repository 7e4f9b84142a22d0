"""The demo's feedback is of every state, and its institutions have met; the same seed tells the same twice."""

from __future__ import annotations

import pytest
from tests import factories
from tests.factories import AT, OFFICE

from streha.accounts.rules import Role
from streha.cases.feedback import models, rules
from streha.institutions import models as institutions
from streha_demo import feedback
from streha_demo import institutions as invented

pytestmark = pytest.mark.django_db


def test_feedback_of_every_state_and_institutions_that_have_met() -> None:
    factories.person(code="17")
    factories.user(Role.CASEWORKER, scope=factories.in_area("17"), name="caseworker")
    codes = feedback.municipalities("xk-kas")
    assert feedback.make(seed=7, codes=codes, by=OFFICE, at=AT) == feedback.NUMBER
    assert feedback.make(seed=7, codes=codes, by=OFFICE, at=AT) == 0
    assert {row.state for row in models.Feedback.objects.all()} == {*rules.State}
    assert models.Report.objects.count() == len(feedback.SENSITIVE)
    assert not models.Feedback.objects.exclude(is_fictional=True).exists()
    assert invented.make(seed=7, codes=codes, by=OFFICE, at=AT) == len(invented.KNOWN)
    assert institutions.Meeting.objects.filter(state="held").count() == 4
    assert institutions.Task.objects.filter(owner__username="caseworker").count() == 2
    assert institutions.Training.objects.count() == len(invented.TRAININGS)
