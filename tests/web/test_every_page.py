"""Every page x every role, made from the addresses themselves: a new page is held here without anybody adding it.

First the guard: who may come in and who is refused. Then what can be seen: a person planted in one municipality must
not show on any page to anybody whose rights end elsewhere, to a user without a role, or to a stranger.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern
from tests import factories, standing
from tests.web.conftest import client_of, make_user
from tests.web.test_door import WEB

from streha.accounts import models as accounts
from streha.accounts import rules
from streha.accounts.rules import Action, Role
from streha.common import errors
from streha.common.codes import Sex
from streha.people import actions as people
from streha.people import rules as drafts
from streha.places.models import Area
from streha.web import door, waiting

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
OFFICE = rules.system("office")
REFUSED = "Your role does not open this page."
SLUGS = {
    "what": ("names", "contacts", "name", "contact", "identifier", "phone"),
    "slug": ("x",),
    "language": ("sq",),
}


@dataclass(frozen=True)
class Planted:
    """A family in Prizren that nobody elsewhere may see."""

    person_id: int
    shielded_id: int
    household_id: int

    SECRETS = ("Qorroplant", "Zyrafetja", "44 987 654", "44987654", "Dushplant")


@pytest.fixture(autouse=True)
def _counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits is counted on the page of today alone: beside every page it would be half of these answers."""
    monkeypatch.setattr(waiting.Counts, "of", lambda *_parts: 0)


@pytest.fixture
def planted(settings: Any, tmp_path: Path) -> Planted:
    return plant(settings, tmp_path)


def plant(settings: Any, folder: Path) -> Planted:
    """Kosovo, and a family in Prizren: one registered openly, one shielded."""
    settings.KEYRING = folder / "keyring.json"
    standing.keyring(settings.KEYRING, at=AT)
    factories.kosovo()
    keeper_id = area_id("27")
    phone = drafts.ContactDraft(drafts.ContactKind.PHONE, "+38344987654")
    open_one = people.register_person(
        drafts.PersonDraft(
            names=(drafts.NameDraft(given="Zyrafetja", family="Qorroplant"),),
            keeper_id=keeper_id,
            sex=Sex.FEMALE,
            contacts=(phone,),
            home_area_id=keeper_id,
        ),
        by=OFFICE,
        at=AT,
    )
    shielded = people.register_person(
        drafts.PersonDraft(
            names=(drafts.NameDraft(given="Dushplant", family="Qorroplant"),), keeper_id=keeper_id, shielded=True
        ),
        by=OFFICE,
        at=AT,
    )
    household = people.open_household(
        people.HouseholdDraft(keeper_id=keeper_id, members=(drafts.MemberDraft(person_id=open_one.pk, is_head=True),)),
        by=OFFICE,
        at=AT,
    )
    return Planted(open_one.pk, shielded.pk, household.pk)


def area_id(code: str) -> int:
    return Area.objects.with_code("xk-kas", code).get().pk


def held_in(role: Role, kind: str = "all", key: str = "") -> Client:
    user = make_user(f"{role.value}-{kind}")
    accounts.Grant.objects.create(user=user, role=role, scope_kind=kind, scope_key=key, starts=AT)
    return client_of(user)


def addresses(route: str, entry: URLPattern, planted: Planted | None = None) -> list[str]:
    """The pattern filled with real ids where there are some, and with every word a slug may stand for."""
    converters = entry.pattern.converters  # type: ignore[attr-defined]
    filled = [route]
    for name, converter in converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
        values: tuple[object, ...] = (1,)
        if kind in ("slug", "str"):
            values = SLUGS.get(name, ("x",))
        elif kind == "uuid":
            values = ("00000000-0000-0000-0000-000000000001",)
        elif planted and name == "pk":
            values = (planted.household_id,) if "household" in route else (planted.person_id, planted.shielded_id)
        filled = [text.replace(f"<{kind}:{name}>", str(value)) for text in filled for value in values]
    assert not any("<" in text for text in filled), f"{route}: no value for a part of it; found {filled}"
    return ["/" + text for text in filled]


@pytest.fixture
def refused_in_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page that says no is the same behind every door: it is drawn whole for the first, then only said."""
    drawn, seen = door.failure, set()

    def failure(request: HttpRequest, error: errors.StrehaError, *, status: int | None = None) -> HttpResponse:
        kind = (request.user.pk, request.method, error.template)
        if kind not in seen:
            seen.add(kind)
            return drawn(request, error, status=status)
        return HttpResponse(door.say(error), status=status or door.status_of(error))

    monkeypatch.setattr(door, "failure", failure)


@pytest.mark.parametrize("role", [*Role, None], ids=lambda role: role.value if role else "without a role")
def test_the_guard_lets_in_exactly_whom_the_mark_names(role: Role | None, refused_in_a_word: None) -> None:
    client = held_in(role) if role else client_of(make_user("nobody"))
    client.raise_request_exception = False
    may = rules.POLICY[role].actions if role else frozenset[Action]()
    for route, entry in WEB:
        asks = door.requirement(entry.callback)
        is_open = isinstance(asks, str) or any(action in may for action in asks or ())
        if route.startswith("accounts/"):
            continue  # one's own account; the next test and tests/browser hold these
        for address in addresses(route, entry)[:1]:
            answer = client.get(address)
            said = b"".join(answer) if answer.streaming else answer.content  # type: ignore[attr-defined]
            if is_open:
                assert REFUSED.encode() not in said, f"{address} refuses {role}"
                assert answer.status_code < 500, f"{address} breaks for {role}"
            else:
                assert answer.status_code == 403, f"{address} answers {answer.status_code} to {role}"
                assert client.post(address).status_code == 403


TOO_MUCH = "9" * 20
LIES = (
    "after=²",
    f"after=2026-01-01~{TOO_MUCH}",
    f"owner=²&body=²&place=²&area=²&user={TOO_MUCH}&number={TOO_MUCH}",
)


def test_an_address_that_lies_is_answered_in_words() -> None:
    user = make_user("everything")
    for role in Role:
        accounts.Grant.objects.create(user=user, role=role, scope_kind="all", scope_key="", starts=AT)
    client = client_of(user)
    for route, entry in WEB:
        if "<" in route or isinstance(door.requirement(entry.callback), str):
            continue
        for lie in LIES:
            answer = client.get(f"/{route}?{lie}")
            assert answer.status_code < 500, f"{route}?{lie}"
            if answer.status_code == 405:
                break


def test_a_stranger_is_sent_to_log_in_from_everywhere_that_is_not_public(stranger: Client) -> None:
    for route, entry in WEB:
        if door.requirement(entry.callback) == door.PUBLIC:
            continue
        for address in addresses(route, entry)[:1]:
            for answer in (stranger.get(address), stranger.post(address)):
                assert answer.status_code == 302, address
                assert answer["Location"].startswith("/accounts/login/"), address
                assert not answer.content


def seen(
    client: Client, planted: Planted, within: str = "", may: frozenset[Action] | None = None
) -> dict[str, list[str]]:
    """Which secrets show on which address, of all or of those that begin so; where ``may`` is given, of those whose
    guard lets such a role in: the first test of this file holds that the others answer 403.
    """
    client.raise_request_exception = False
    found = {}
    for route, entry in WEB:
        if route.startswith("accounts/") or not route.startswith(within):
            continue
        asks = door.requirement(entry.callback)
        if may is not None and not isinstance(asks, str) and not may.intersection(asks or ()):
            continue
        for address in addresses(route, entry, planted):
            questions = ("", "?q=Qorropl", "?q=Zyraf&place=Prizren") if "<" not in route else ("",)
            for asked in (address + question for question in questions):
                answer = client.get(asked)
                body = b"".join(answer) if answer.streaming else answer.content  # type: ignore[attr-defined]
                text = body.decode("utf-8", "replace")
                shown = [secret for secret in Planted.SECRETS if secret in text]
                if shown:
                    found[asked] = shown
                if answer.status_code == 405 or not asks_for_more(answer):
                    break  # takes what is sent and shows nothing, or answers the same to every question
    return found


def asks_for_more(answer: Any) -> bool:
    """Whether the page looked at what stands behind the "?" of its address: Django reads it for the first who asks."""
    return "GET" in vars(answer.wsgi_request)


ROLES_WITH_PEOPLE = [role for role in Role if Action.PERSON_VIEW in rules.POLICY[role].actions]


def test_nobody_elsewhere_sees_the_planted_family(planted: Planted) -> None:
    elsewhere = str(area_id("05"))
    shown = {role: seen(held_in(role, "area", elsewhere), planted, may=rules.POLICY[role].actions) for role in Role}
    assert {role: found for role, found in shown.items() if found} == {}


def test_nobody_without_a_role_or_a_name_sees_it(planted: Planted, stranger: Client, nobody: Client) -> None:
    assert seen(stranger, planted) == {}
    assert seen(nobody, planted) == {}


def test_who_may_see_it_does_and_the_shielded_only_who_may(planted: Planted) -> None:
    """The same walk finds the family where rights reach, so that the tests above can fail."""
    here = str(area_id("27"))
    by_role = {role: seen(held_in(role, "area", here), planted, "search/") for role in ROLES_WITH_PEOPLE}
    for role, found in by_role.items():
        secrets = {secret for shown in found.values() for secret in shown}
        assert "Qorroplant" in secrets, f"{role} finds nobody"
        shielded = Action.SHIELDED_VIEW in rules.POLICY[role].actions
        assert ("Dushplant" in secrets) == shielded, f"{role}: {found}"
