"""Households merge, part, hand members over and take it back through their pages, without scripts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from tests import factories
from tests.web.conftest import client_of

from streha.accounts.rules import Role
from streha.people import models
from streha.people.households.models import HouseholdMove

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker() -> Client:
    return client_of(factories.user(Role.CASEWORKER, scope=factories.in_area("20")))


def looked_at(answer: Any) -> dict[str, str]:
    """What a browser without scripts would send of the look: the versions of the households."""
    assert answer.status_code == 200, answer.content.decode()
    return dict(re.findall(r'<input type="hidden" name="(version_\d+)" value="(\d+)"', answer.content.decode()))


def living(house: models.Household) -> dict[str, str]:
    now = models.Membership.objects.filter(household=house, ended_on=None).select_related("person")
    return {m.person.sort_name.split()[-1]: m.relation for m in now}


def test_a_family_is_merged_parted_moved_and_brought_back(worker: Client) -> None:
    a, b, c, d = (factories.person(name, "Zeka") for name in ("agim", "besa", "cen", "drita"))
    one, two = factories.household(a, b), factories.household(c, d)
    merge = f"/households/{one.pk}/merge/"
    told = {"other": two.number, "on": "01.09.2026", "reason": "one family"}
    look = worker.post(merge, {**told, "step": "look"})
    assert c.number in look.content.decode() and not HouseholdMove.objects.exists()
    chosen = {f"relation_{d.pk}": "child"}
    done = worker.post(merge, {**told, **looked_at(look), **chosen, "step": "do"}, follow=True)
    assert living(one) == {"agim": "head", "besa": "unknown", "cen": "unknown", "drita": "child"}
    moved = HouseholdMove.objects.get()
    assert f"/households/{one.pk}/moves/{moved.pk}/undo/" in done.content.decode()
    assert one.number in worker.get(f"/households/{two.pk}/").content.decode(), "the old number answers"

    part = {"members": [c.pk, d.pk], "head": c.pk, "on": "02.09.2026", "reason": "own home", "address": "Rruga 5"}
    look = worker.post(f"/households/{one.pk}/split/", {**part, "step": "look"})
    assert "Who remains" in look.content.decode()
    worker.post(f"/households/{one.pk}/split/", {**part, **looked_at(look), "step": "do"})
    new = HouseholdMove.objects.latest("pk").target
    assert living(new) == {"cen": "head", "drita": "unknown"}

    told = {"members": [b.pk], "other": new.number, "on": "03.09.2026", "reason": "marriage"}
    look = worker.post(f"/households/{one.pk}/move/", {**told, "step": "look"})
    worker.post(f"/households/{one.pk}/move/", {**told, **looked_at(look), "step": "do"})
    assert living(new).keys() == {"besa", "cen", "drita"}

    barred = worker.get(f"/households/{one.pk}/moves/{moved.pk}/undo/").content.decode()
    assert "What came later stands in the way" in barred
    for step in HouseholdMove.objects.order_by("-pk"):
        answer = worker.post(f"/households/{one.pk}/moves/{step.pk}/undo/", {"reason": "wrong"})
        assert answer.status_code == 302, answer.content.decode()
    assert living(one) == {"agim": "head", "besa": "unknown"}
    assert living(two) == {"cen": "head", "drita": "unknown"}


def test_what_is_wrong_is_said_and_nothing_is_written(worker: Client) -> None:
    a, b = factories.person("Agim", "Zeka"), factories.person("Besa", "Zeka")
    far = factories.person("Ferzan", "Qerimi", code="17")
    one, two, there = factories.household(a), factories.household(b), factories.household(far)
    merge = f"/households/{one.pk}/merge/"
    for told, said in (
        ({"other": "P-0000001"}, "is not a household&#x27;s number"),
        ({"other": one.number}, "Both numbers are the same household"),
        ({"other": there.number}, "This household is not among those you work with"),
        ({"other": "HH-0999999"}, "This household is not among those you work with"),
        ({"on": "01.01.2099"}, "01.01.2099 lies in the future"),
        ({"reason": ""}, "This field is required"),
        ({f"version_{two.pk}": "7"}, "you looked at version 7, and it is at 1"),
    ):
        values = {"other": two.number, "on": "01.09.2026", "reason": "-", "step": "do", **told}
        answer = worker.post(merge, values)
        assert answer.status_code == 422, told
        assert said in answer.content.decode(), told
        assert "Qerimi" not in answer.content.decode()
    assert worker.get(f"/households/{there.pk}/merge/").status_code == 404
    assert worker.get(f"/households/{one.pk}/moves/1/undo/").status_code == 404
    assert not HouseholdMove.objects.exists()
