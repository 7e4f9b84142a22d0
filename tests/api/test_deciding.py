"""Pairs and households for programs: decided, merged, and taken back, with old numbers that go on answering."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests import factories
from tests.factories import AT, OFFICE

from streha.accounts import actions as account_actions
from streha.accounts.rules import Role
from streha.people import actions as people
from streha.people.models import MatchPair

pytestmark = pytest.mark.django_db


class Program:
    """A program with a token of a caseworker in Prizren."""

    def __init__(self) -> None:
        now = timezone.now()
        user = factories.user(Role.CASEWORKER, scope=factories.in_area("20"))
        _token, secret = account_actions.make_token(
            user.pk,
            name="t",
            role=Role.CASEWORKER,
            scope=factories.in_area("20"),
            expires=now + dt.timedelta(days=1),
            by=OFFICE,
            at=now,
        )
        self.client = Client(headers={"Authorization": f"Bearer {secret}"})

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.client.get(f"/api{path}")
        assert answer.status_code == status, answer.content
        return json.loads(answer.content)

    def post(self, path: str, body: dict[str, Any], status: int = 200) -> Any:
        answer = self.client.post(f"/api{path}", json.dumps(body), content_type="application/json")
        assert answer.status_code == status, answer.content
        return json.loads(answer.content)


def test_a_pair_is_listed_decided_and_undone() -> None:
    program = Program()
    made = []
    for n in range(3):
        one = factories.person("Xhevdet", "Hoxha", identifier=f"12345{n}789")
        other = factories.person("Џевдет", "Хоџа", birth=None)
        people.note_scored([(one.pk, other.pk, "linkage", 0.95)], by=OFFICE, at=AT)
        made.append(MatchPair.objects.get(left=one))
    far = factories.person("A", "B", code="17"), factories.person("A", "B", code="17")
    people.note_scored([(far[0].pk, far[1].pk, "linkage", 0.95)], by=OFFICE, at=AT)
    first = program.get("/pairs?limit=2")
    rest = program.get(f"/pairs?limit=2&after={first['next']}")
    assert [row["id"] for row in (*first["items"], *rest["items"])] == [pair.pk for pair in reversed(made)]
    program.get("/pairs?after=1~x~2", 422)

    pair = made[0]
    page = program.get(f"/pairs/{pair.pk}")
    lines = {line["field"]: line for line in page["lines"]}
    assert lines["name"]["agreement"] == "same" and lines["birth"]["agreement"] == "one_sided"
    same = {"verdict": "same", "kept_id": pair.left_id, "gone_id": pair.right_id, "taken": ["citizenship"]}
    stale = program.post(
        f"/pairs/{pair.pk}/decide", {**same, "versions": [{"person_id": pair.left_id, "version": 9}]}, 409
    )
    assert stale["title"] == "changed_meanwhile"
    done = program.post(f"/pairs/{pair.pk}/decide", {**same, "versions": page["versions"]})
    assert done["state"] == "same" and done["merge_id"]
    answer = program.get(f"/people/{pair.right_id}")
    assert answer["id"] == pair.left_id and len(answer["names"]) == 2, "the old number is answered by the kept record"
    again = program.post(f"/pairs/{pair.pk}/decide", same, 409)
    assert again["title"] == "decided_meanwhile"
    assert program.post(f"/pairs/{pair.pk}/undo", {"reason": "wrong"})["state"] == "open"
    assert program.get(f"/people/{pair.right_id}")["id"] == pair.right_id
    assert program.post(f"/pairs/{pair.pk}/decide", {"verdict": "different"})["state"] == "different"
    assert program.post(f"/pairs/{pair.pk}/undo", {})["state"] == "open"
    program.get(f"/pairs/{MatchPair.objects.get(left=far[0]).pk}", 404)


def test_households_are_merged_parted_moved_and_brought_back() -> None:
    program = Program()
    a, b, c = (factories.person(name, "Zeka") for name in ("Agim", "Besa", "Cen"))
    one, two = factories.household(a, b), factories.household(c)
    why = {"on": "2026-09-01", "reason": "one family"}
    relations = [{"person_id": c.pk, "relation": "sibling"}]
    merged = program.post(f"/households/{one.pk}/merge", {**why, "other_id": two.pk, "relations": relations}, 201)
    told = program.get(f"/households/{two.pk}")
    assert told["id"] == one.pk and {m["person_id"]: m["relation"] for m in told["members"]}[c.pk] == "sibling"
    stale = {"versions": [{"household_id": one.pk, "version": 1}]}
    refused = program.post(f"/households/{one.pk}/split", {**why, **stale, "members": [b.pk], "head_id": b.pk}, 409)
    assert refused["title"] == "changed_meanwhile" and one.number in refused["detail"]
    parted = program.post(f"/households/{one.pk}/split", {**why, "members": [b.pk], "head_id": b.pk}, 201)
    program.post(f"/household-moves/{merged['id']}/undo", {"reason": "-"}, 409)
    moved = program.post(f"/households/{one.pk}/move", {**why, "members": [c.pk], "other_id": parted["target_id"]}, 201)
    for move in (moved, parted, merged):
        assert program.post(f"/household-moves/{move['id']}/undo", {"reason": "-"})["undone_at"]
    assert [m["person_id"] for m in program.get(f"/households/{one.pk}")["members"]] == [a.pk, b.pk]
    assert [m["person_id"] for m in program.get(f"/households/{two.pk}")["members"]] == [c.pk]
    there = factories.household(factories.person("Far", "Away", code="17"))
    program.post(f"/households/{one.pk}/merge", {**why, "other_id": there.pk}, 404)
    program.post(f"/household-moves/{merged['id']}/undo", {"reason": "-"}, 404)
