"""The pages of a call around its decision: another grid, corrected answers, and what those chosen are due."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from tests.factories import AT, OFFICE
from tests.rooms.assistance import giving
from tests.rooms.assistance.conftest import commission
from tests.web.conftest import client_of, make_user

from streha.accounts.rules import Role
from streha.assistance.entitlements.models import Entitlement
from streha.assistance.programmes import actions as programmes
from streha.assistance.programmes import models as programme_models
from streha.assistance.selections import models, rules

pytestmark = pytest.mark.django_db
DUE = dt.datetime.now(dt.UTC).date().strftime("%d.%m.%Y")


def said(client: Client, url: str) -> str:
    answer = client.get(url, follow=True)
    assert answer.status_code == 200, (url, answer.status_code)
    return answer.content.decode()


def test_from_another_grid_to_what_the_chosen_are_due() -> None:
    office = commission()
    programme = client_of(make_user("pro", Role.PROGRAMME))
    worker = client_of(make_user("cas", Role.CASEWORKER))
    call = f"/selections/{office.call.pk}/"
    first, second, third = (office.family() for _ in range(3))

    answers = f"/applications/{second.pk}/answers/"
    assert "selected" in said(worker, answers)
    told = {f"fact_{fact.value}": "1" for fact in rules.ASKED} | {"fact_housed_before": "0"}
    page = worker.post(answers, {**told, "fact_wishes_return": ""}, follow=True)
    assert "Done." in page.content.decode()
    kept = dict(second.answers.values_list("fact", "value"))
    assert kept.get("wishes_return") is None
    worker.post(answers, told)
    assert dict(second.answers.values_list("fact", "value"))["wishes_return"] == 1

    assert 'name="grid"' in said(programme, call)
    for family, points in ((first, 12), (second, 9), (third, 5)):
        office.score(family, points, points)
    grid = {"grid": office.call.grid_id}
    assert "is frozen at version" in programme.post(f"{call}grid/", grid, follow=True).content.decode()
    office.decided()
    assert 'name="grid"' not in said(programme, call)
    assert models.Ranked.objects.filter(outcome="selected").count() == 2
    late = worker.post(answers, told)
    assert late.status_code == 422

    money = giving.office()
    programme_models.Cycle.objects.filter(pk=money.cycle.pk).update(call=office.call)
    chosen = f"/cycles/{money.cycle.pk}/chosen/"
    page = said(programme, chosen)
    assert f"each-{first.pk}" in page
    assert f"each-{second.pk}" in page
    assert f"each-{third.pk}" not in page
    shared = {"kind": "cash", "unit": "EUR", "what": "", "due_on": DUE, "commitment": money.commitment.pk}
    wrong = programme.post(chosen, {**shared, f"each-{first.pk}": "much"})
    assert wrong.status_code == 422
    programme.post(chosen, {**shared, f"each-{first.pk}": "400", f"each-{second.pk}": ""})
    row = Entitlement.objects.get()
    assert (row.application_id, row.person_id, row.due) == (first.pk, first.applicant_id, 400)
    programme.post(chosen, {**shared, f"each-{first.pk}": "400", f"each-{second.pk}": "350"})
    assert sorted(Entitlement.objects.values_list("due", flat=True)) == [350, 400], "the first is not due it twice"
    assert "granted" in said(programme, chosen)
    assert client_of(make_user("nob", Role.CASEWORKER)).get(chosen).status_code == 403
    programmes.close_cycle(money.cycle.pk, by=OFFICE, at=AT)
    closed = programme.post(chosen, {**shared, "what": "again", f"each-{first.pk}": "1"})
    assert "nothing more is granted in it" in closed.content.decode()
