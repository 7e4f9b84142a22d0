"""The pages of duplicates: the queue, two records side by side, deciding without scripts, and parting again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from tests import factories
from tests.factories import AT, OFFICE
from tests.web.conftest import client_of

from streha.accounts.rules import Role
from streha.people import actions as people
from streha.people import models
from streha.people.merges.models import MergeRecord
from streha.people.models import MatchPair

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker() -> Client:
    return client_of(factories.user(Role.CASEWORKER, scope=factories.in_area("20")))


@pytest.fixture
def pairs() -> list[MatchPair]:
    """Two pairs of one office, the first the stronger."""
    found = []
    for chance, given in ((0.95, "Xhevdet"), (0.92, "Agim")):
        one = factories.person(given, "Hoxha", identifier=f"12345{len(found)}789", phone="+38344123456")
        other = factories.person(given, "Хоџа", birth=None)
        people.note_scored([(one.pk, other.pk, "linkage", chance)], by=OFFICE, at=AT)
        found.append(MatchPair.objects.get(left=one))
    return found


def fields(answer: Any) -> dict[str, str]:
    """What a browser without scripts would send: hidden fields, and the radio of each group that is checked."""
    body = answer.content.decode()
    told = dict(re.findall(r'<input type="hidden" name="(version_\w+)" value="(\d+)"', body))
    return told | dict(re.findall(r'type="radio" name="(\w+)" value="(\w+)" checked', body))


def test_the_queue_lists_what_waits_and_leads_to_the_first(worker: Client, pairs: list[MatchPair]) -> None:
    body = worker.get("/duplicates/").content.decode()
    assert body.index(pairs[0].left.number) < body.index(pairs[1].left.number)
    answer = worker.get("/duplicates/next/?why=linkage")
    assert answer.headers["Location"] == f"/duplicates/{pairs[0].pk}/?why=linkage"


def test_filters_stand_in_the_address(worker: Client, pairs: list[MatchPair]) -> None:
    assert pairs[0].left.number in worker.get("/duplicates/?band=likely").content.decode()
    for query in ("band=certain", "why=identifier", "state=unsure", "state=decided", "place=Peja"):
        assert pairs[0].left.number not in worker.get(f"/duplicates/?{query}").content.decode(), query
    assert worker.get("/duplicates/?band=nonsense&why=x&state=x&queue=x&after=x").status_code == 422
    assert worker.get("/duplicates/?band=nonsense&why=x&state=x&queue=central").status_code == 200


def test_a_pair_is_decided_without_scripts_and_the_next_comes_at_once(worker: Client, pairs: list[MatchPair]) -> None:
    address = f"/duplicates/{pairs[0].pk}/?why=linkage"
    page = worker.get(address)
    body = page.content.decode()
    assert "Хоџа" in body and "agrees" in body
    for key in "sdn":
        assert f'data-key="{key}"' in body
    answer = worker.post(address, {**fields(page), "verdict": "same"})
    assert answer.headers["Location"] == f"/duplicates/{pairs[1].pk}/?why=linkage"
    kept, gone = pairs[0].left, pairs[0].right
    assert models.Person.objects.get(pk=gone.pk).canonical_id == kept.pk
    moved = worker.get(f"/people/{gone.pk}/", follow=True)
    assert moved.redirect_chain == [(f"/people/{kept.pk}/", 302)]
    assert gone.number in moved.content.decode()


def test_values_are_chosen_one_by_one(worker: Client, pairs: list[MatchPair]) -> None:
    address = f"/duplicates/{pairs[0].pk}/"
    chosen = {**fields(worker.get(address)), "verdict": "same", "kept": "right", "take_name": "left"}
    worker.post(address, chosen)
    record = MergeRecord.objects.get()
    assert (record.kept_id, record.gone_id) == (pairs[0].right_id, pairs[0].left_id)
    assert record.fields_taken >= {"name", "birth"}
    kept = models.Person.objects.get(pk=record.kept_id)
    assert (kept.birth_date, kept.sort_name) == (factories.dt.date(1961, 4, 12), pairs[0].left.sort_name)


def test_both_names_find_the_one_person(worker: Client, pairs: list[MatchPair]) -> None:
    worker.post(f"/duplicates/{pairs[0].pk}/", {"verdict": "same", "kept": "left"})
    for text in ("Xhevdet Hoxha", "Хоџа Xhevdet", pairs[0].right.number, "123450789"):
        body = worker.get("/search/", {"q": text}).content.decode()
        assert pairs[0].left.number in body, text
    listed = worker.get("/people/").content.decode()
    assert pairs[0].right.number not in listed


def test_not_sure_asks_why_and_keeps_what_was_chosen(worker: Client, pairs: list[MatchPair]) -> None:
    answer = worker.post(f"/duplicates/{pairs[0].pk}/", {"verdict": "unsure", "kept": "right"})
    assert answer.status_code == 422
    assert 'value="right" checked' in answer.content.decode()
    answer = worker.post(f"/duplicates/{pairs[0].pk}/", {"verdict": "unsure", "reason": "ask them"})
    assert answer.status_code == 302


def test_the_slower_of_two_is_told(worker: Client, pairs: list[MatchPair]) -> None:
    other = client_of(factories.user(Role.CASEWORKER, scope=factories.in_area("20")))
    address = f"/duplicates/{pairs[0].pk}/"
    page = fields(worker.get(address))
    other.post(address, {**page, "verdict": "different"})
    answer = worker.post(address, {**page, "verdict": "same"})
    assert answer.status_code == 422
    assert "Somebody else has decided" in answer.content.decode()
    assert not MergeRecord.objects.exists()


def test_a_decision_is_taken_back(worker: Client, pairs: list[MatchPair]) -> None:
    address = f"/duplicates/{pairs[0].pk}/"
    worker.post(address, {"verdict": "different"})
    assert 'data-key="u"' in worker.get(address).content.decode()
    worker.post(f"{address}undo/")
    pairs[0].refresh_from_db()
    assert pairs[0].state == "open"


def test_parting_asks_to_whom_what_came_since_belongs(worker: Client, pairs: list[MatchPair]) -> None:
    worker.post(f"/duplicates/{pairs[0].pk}/", {"verdict": "same", "kept": "left"})
    kept, gone = pairs[0].left, pairs[0].right
    worker.post(f"/people/{gone.pk}/add/contact/", {"kind": "phone", "value": "044 987 654"})
    contact = models.Contact.objects.latest("pk")
    assert contact.person_id == kept.pk
    record = MergeRecord.objects.get()
    address = f"/merges/{record.pk}/undo/"
    page = worker.get(address).content.decode()
    assert f"to_contact:{contact.pk}" in page
    assert worker.post(address, {f"to_contact:{contact.pk}": "gone"}).status_code == 422  # no reason
    answer = worker.post(address, {f"to_contact:{contact.pk}": "gone", "reason": "brothers"})
    assert answer.headers["Location"] == f"/people/{kept.pk}/"
    contact.refresh_from_db()
    assert contact.person_id == gone.pk
    shown = worker.post(f"/people/{gone.pk}/show/contact/{contact.pk}/").content.decode()
    assert "+38344987654" in shown
    assert worker.get(address).status_code == 404


def test_the_certain_are_previewed_and_merged(worker: Client) -> None:
    one, two = factories.person(identifier="1234567890"), factories.person("Џевдет", "Хоџа", identifier="1234567890")
    people.note_pairs([(one.pk, two.pk, "identifier")], by=OFFICE, at=AT)
    found = MatchPair.objects.get()
    assert f'value="{found.pk}"' in worker.get("/duplicates/certain/").content.decode()
    body = worker.post("/duplicates/certain/", {"pair": [str(found.pk), "x"]}, follow=True).content.decode()
    assert "1 pair merged" in body
    assert MergeRecord.objects.get().pair_id == found.pk


def test_two_records_are_laid_side_by_side_by_hand(worker: Client) -> None:
    one, two = factories.person(), factories.person("Agim", "Zeka")
    far = factories.person(code="17")
    for number in (far.number, "P-0999999", "Agim"):
        answer = worker.post(f"/people/{one.pk}/same/", {"other": number})
        assert answer.status_code == 422, number
    answer = worker.post(f"/people/{one.pk}/same/", {"other": two.number})
    assert answer.headers["Location"] == f"/duplicates/{MatchPair.objects.get().pk}/"


def test_an_old_number_kept_elsewhere_says_so_and_no_more(worker: Client) -> None:
    here, there = factories.person(), factories.person("Arta", "Zeka", code="17")
    from streha.people.merges import actions as merges

    merges.merge(merges.Choice(there.pk, here.pk), by=OFFICE, at=AT)
    answer = worker.get(f"/people/{here.pk}/")
    assert answer.status_code == 410
    body = answer.content.decode()
    assert "another office" in body and "Zeka" not in body and there.number not in body
    stranger = client_of(factories.user(Role.CASEWORKER, scope=factories.in_area("38")))
    assert stranger.get(f"/people/{here.pk}/").status_code == 404
