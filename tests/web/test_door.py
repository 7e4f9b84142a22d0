"""Who gets through the door, where the others are sent, and what is said when something fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, path
from django.utils import translation
from tests.web.conftest import PASSWORD, client_of, make_user

from streha.accounts import rules
from streha.common import errors
from streha.web import door, rail

pytestmark = pytest.mark.django_db


def every_pattern(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in patterns:
        if isinstance(entry, URLResolver):
            yield from every_pattern(entry.url_patterns, prefix + str(entry.pattern))
        else:
            yield prefix + str(entry.pattern), entry


WEB = [
    (route, entry)
    for route, entry in every_pattern(get_resolver().url_patterns)
    if not f"/{route}".startswith(door.API_PREFIX)
]


@pytest.mark.parametrize(("route", "entry"), WEB, ids=[route or "/" for route, _ in WEB])
def test_every_page_is_marked(route: str, entry: URLPattern) -> None:
    asks = door.requirement(entry.callback)
    assert asks is not None, f"{route} has no mark: open_to, signed_in or public"
    if not isinstance(asks, str):
        assert all(isinstance(action, rules.Action) for action in asks)


@door.open_to(rules.Action.LOG_VIEW)
def log_only(_request: door.Request) -> HttpResponse:
    return HttpResponse("log")


def unmarked(_request: door.Request) -> HttpResponse:
    return HttpResponse("open to all by mistake")


@door.public
def failing(request: door.Request) -> HttpResponse:
    kinds: dict[str, errors.StrehaError] = {
        "refused": errors.Refused(),
        "not_found": errors.NotFound(),
        "gone": errors.Gone(),
        "conflict": errors.Conflict(),
        "bad_input": errors.BadInput(errors.message("“{value}” is not a date."), value="31.02.<b>1984</b>"),
        "unavailable": errors.Unavailable(),
    }
    raise kinds[request.GET["kind"]]


urlpatterns = [
    path("", door.signed_in(lambda request: HttpResponse("hall")), name="today"),
    *[p for p in get_resolver("streha.web.urls").url_patterns if str(p.pattern)],
    path("only-log/", log_only),
    path("unmarked/", unmarked),
    path("failing/", failing),
]


@pytest.fixture
def rooms(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__


@pytest.mark.usefixtures("rooms")
class TestGuard:
    def test_a_stranger_is_sent_to_log_in_and_back(self, stranger: Client) -> None:
        response = stranger.get("/only-log/?who=me")
        assert response.status_code == 302
        assert response["Location"] == "/accounts/login/?next=%2Fonly-log%2F%3Fwho%3Dme"

    def test_a_stranger_who_uses_htmx_is_sent_as_a_whole_page(self, stranger: Client) -> None:
        response = stranger.get(
            "/only-log/rows/?q=x".replace("rows/", ""),
            headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/only-log/"},
        )
        assert response["HX-Redirect"] == "/accounts/login/?next=%2Fonly-log%2F"

    def test_a_role_without_the_action_is_refused_calmly(self) -> None:
        client = client_of(make_user("arta", rules.Role.CASEWORKER))
        response = client.get("/only-log/")
        assert response.status_code == 403
        assert b"Your role does not open this page." in response.content

    def test_a_role_with_the_action_comes_in(self, keeper: Client) -> None:
        assert keeper.get("/only-log/").content == b"log"

    def test_an_expired_grant_opens_nothing(self) -> None:
        user = make_user("arta", rules.Role.KEEPER)
        user.grants.update(starts="2020-01-01T00:00Z", expires="2021-01-01T00:00Z")
        assert client_of(user).get("/only-log/").status_code == 403

    def test_an_unmarked_view_stays_shut_for_everybody(self, keeper: Client, stranger: Client) -> None:
        assert keeper.get("/unmarked/").status_code == 403
        assert stranger.get("/unmarked/").status_code == 302

    def test_an_inactive_user_is_a_stranger(self) -> None:
        user = make_user("arta", rules.Role.KEEPER)
        client = client_of(user)
        user.is_active = False
        user.save()
        assert client.get("/only-log/").status_code == 302

    @pytest.mark.parametrize(
        ("kind", "status"),
        [
            ("refused", 403),
            ("not_found", 404),
            ("gone", 410),
            ("conflict", 409),
            ("bad_input", 422),
            ("unavailable", 503),
        ],
    )
    def test_errors_become_pages_with_their_status(self, stranger: Client, kind: str, status: int) -> None:
        response = stranger.get("/failing/", {"kind": kind})
        assert response.status_code == status
        assert "door/failure.html" in [t.name for t in response.templates]

    def test_values_in_errors_are_escaped(self, stranger: Client) -> None:
        response = stranger.get("/failing/", {"kind": "bad_input"})
        assert "“31.02.&lt;b&gt;1984&lt;/b&gt;” is not a date." in response.content.decode()

    def test_htmx_gets_a_fragment_of_the_error(self, stranger: Client) -> None:
        response = stranger.get("/failing/", {"kind": "conflict"}, headers={"HX-Request": "true"})
        assert response.status_code == 409
        assert b"<html" not in response.content and b'role="alert"' in response.content


def test_open_to_needs_an_action() -> None:
    with pytest.raises(ValueError, match="signed_in or public"):
        door.open_to()


def test_an_unknown_page_is_a_calm_404(keeper: Client, stranger: Client) -> None:
    for client in (keeper, stranger):
        response = client.get("/nowhere/")
        assert response.status_code == 404
        assert b"There is no page at this address." in response.content


def test_an_address_for_forms_says_so_when_it_is_opened(keeper: Client) -> None:
    response = keeper.get("/language/")
    assert response.status_code == 405 and b"only takes what a form sends" in response.content


def test_errors_go_to_their_field_or_to_the_form() -> None:
    from django import forms

    class Form(forms.Form):
        born = forms.CharField()

    form = Form({"born": "31.02.1984"})
    with door.errors_into(form):
        raise errors.BadInput("“{value}” is not a date.", value="31.02.1984", field="born")
    assert form.errors["born"] == ["“31.02.1984” is not a date."]
    with door.errors_into(form):
        raise errors.Conflict()
    assert len(form.non_field_errors()) == 1
    with pytest.raises(errors.Refused), door.errors_into(form):
        raise errors.Refused()


class TestLanguage:
    @pytest.mark.parametrize(
        ("code", "attribute"), [("sq", "sq"), ("sr", "sr-Cyrl"), ("sr-latn", "sr-Latn"), ("en", "en")]
    )
    def test_a_stranger_chooses_and_the_page_says_it(self, stranger: Client, code: str, attribute: str) -> None:
        response = stranger.post("/language/", {"language": code, "next": "/accounts/login/"})
        assert response["Location"] == "/accounts/login/"
        page = stranger.get("/accounts/login/").content.decode()
        assert f'<html lang="{attribute}">' in page

    def test_nobody_is_sent_to_another_site(self, stranger: Client) -> None:
        response = stranger.post("/language/", {"language": "sq", "next": "https://elsewhere.example/"})
        assert response["Location"] == "/"

    def test_a_users_own_language_wins(self) -> None:
        user = make_user("arta")
        user.language = "sq"
        user.save()
        with translation.override("en"):
            response = client_of(user).get("/", headers={"Accept-Language": "sr"})
        assert b'<html lang="sq">' in response.content

    def test_a_language_nobody_speaks_here_changes_nothing(self, stranger: Client) -> None:
        response = stranger.post("/language/", {"language": "xx", "next": "/about/"})
        assert "django_language" not in response.cookies


class TestEntrance:
    def test_logging_in_by_user_name(self, stranger: Client) -> None:
        make_user("arta")
        response = stranger.post("/accounts/login/", {"login": "arta", "password": PASSWORD})
        assert response.status_code == 302 and response["Location"] == "/"
        assert stranger.get("/").status_code == 200

    def test_a_wrong_password_says_so_and_keeps_out(self, stranger: Client) -> None:
        make_user("arta")
        response = stranger.post("/accounts/login/", {"login": "arta", "password": "not this one"})
        assert response.status_code == 200 and b'role="alert"' in response.content
        assert stranger.get("/").status_code == 302

    def test_too_many_wrong_passwords_lock_even_the_right_one(self, stranger: Client) -> None:
        make_user("arta")
        for _ in range(8):
            response = stranger.post("/accounts/login/", {"login": "arta", "password": "not this one"})
        assert response.status_code == 429
        assert b"Wait 15 minutes" in response.content
        right = stranger.post("/accounts/login/", {"login": "arta", "password": PASSWORD})
        assert right.status_code == 429

    @pytest.mark.parametrize("address", ["/accounts/signup/", "/accounts/password/reset/", "/accounts/email/"])
    def test_nobody_signs_up_or_resets_by_mail(self, stranger: Client, address: str) -> None:
        assert stranger.get(address).status_code == 404

    def test_logging_out_needs_a_post(self, keeper: Client) -> None:
        keeper.get("/accounts/logout/")
        assert keeper.get("/").status_code == 200
        keeper.post("/accounts/logout/")
        assert keeper.get("/").status_code == 302


def test_without_a_role_the_rail_is_empty_but_for_today(nobody: Client) -> None:
    response = nobody.get("/")
    assert "You have no role yet" in response.content.decode()
    lines = [line.url for _heading, lines in response.context["rail"] for line in lines]
    assert lines == ["/"]


def test_a_stranger_sees_no_rail() -> None:
    request = RequestFactory().get("/")
    assert rail.groups(rules.NOBODY, request.path, door.now()) == []


@pytest.mark.parametrize(("count", "said"), [(0, ""), (1, "1"), (50, "50"), (51, "50+"), (9000, "50+")])
def test_counts_stop_at_fifty(count: int, said: str) -> None:
    assert rail.shown(count) == said


def test_no_page_carries_what_the_policy_of_content_forbids(keeper: Client, stranger: Client) -> None:
    import re

    for client, address in ((stranger, "/accounts/login/"), (keeper, "/"), (keeper, "/accounts/factors/")):
        page = client.get(address).content.decode()
        assert not re.search(r"<[^>]+\sstyle=", page)
        assert not re.search(r"<[^>]+\son[a-z]+=", page)
        assert not re.search(r"<script(?![^>]*(src=|application/json))[^>]*>", page)
        policy = client.get(address)["Content-Security-Policy"]
        assert "unsafe" not in policy
