"""Users, keys for programs, new passwords, break-glass, jobs and the log, through their pages."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from tests.web.conftest import PASSWORD, client_of, make_user

from streha.accounts import models, queries
from streha.accounts.rules import Role
from streha.audit import actions as audit
from streha.audit import queries as log
from streha.common import errors
from streha.jobs import actions as jobs
from streha.web import door

pytestmark = pytest.mark.django_db


def verbs() -> list[str]:
    return [row.verb for row in log.log().rows]


class TestUsers:
    def test_the_list_shows_roles_and_filters(self, keeper: Client) -> None:
        make_user("arta", Role.CASEWORKER)
        make_user("blerim", Role.ENGINEER)
        everybody = keeper.get("/users/").content.decode()
        assert "arta" in everybody and "Caseworker" in everybody and "blerim" in everybody
        engineers = keeper.get("/users/?role=engineer").content.decode()
        assert "blerim" in engineers and "arta" not in engineers
        assert "arta" in keeper.get("/users/?q=ar").content.decode()

    def test_the_list_costs_the_same_however_many_there_are(
        self, keeper: Client, django_assert_num_queries: Any
    ) -> None:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        def cost() -> int:
            with CaptureQueriesContext(connection) as asked:
                keeper.get("/users/")
            return len(asked)

        keeper.get("/users/")
        few = cost()
        for n in range(12):
            make_user(f"arta{n}", Role.CASEWORKER)
        assert cost() == few

    def test_a_user_is_made_without_rights(self, keeper: Client) -> None:
        response = keeper.post("/users/new/", {"username": "Arta", "full_name": "Arta Krasniqi", "password": PASSWORD})
        made = models.User.objects.get(username="arta")
        assert response["Location"] == f"/users/{made.pk}/"
        assert queries.access(made, door.now()).held == ()
        assert "user made" in verbs()

    def test_a_weak_password_is_an_error_of_the_form(self, keeper: Client) -> None:
        response = keeper.post("/users/new/", {"username": "arta", "full_name": "Arta", "password": "123"})
        assert response.status_code == 200 and b"too weak" in response.content
        assert not models.User.objects.filter(username="arta").exists()

    def test_a_role_is_given_in_an_organisation_and_taken_back(self, keeper: Client) -> None:
        arta = make_user("arta")
        office = models.Organisation.objects.create(name="Office of Gjilan")
        form = {"role": "caseworker", "scope": "organisation", "organisation": office.pk, "expires": "31.12.2099"}
        assert keeper.post(f"/users/{arta.pk}/grant/", form).status_code == 302
        given = arta.grants.get()
        assert (given.scope_kind, given.scope_key) == ("organisation", str(office.pk))
        assert given.expires is not None and given.expires.isoformat() == "2099-12-31T23:00:00+00:00"
        assert b"Office of Gjilan" in keeper.get(f"/users/{arta.pk}/").content
        keeper.post(f"/users/{arta.pk}/grant/{given.pk}/withdraw/")
        assert queries.access(arta, door.now()).held == ()
        assert {"role granted", "role withdrawn"} <= set(verbs())

    def test_a_scope_without_its_area_is_asked_for(self, keeper: Client) -> None:
        arta = make_user("arta")
        response = keeper.post(f"/users/{arta.pk}/grant/", {"role": "caseworker", "scope": "area"})
        assert response.status_code == 422 and b"Choose one." in response.content
        assert not arta.grants.exists()

    def test_two_roles_that_may_not_go_together_are_refused_on_the_form(self, keeper: Client) -> None:
        arta = make_user("arta", Role.CASEWORKER)
        response = keeper.post(f"/users/{arta.pk}/grant/", {"role": "import_approver", "scope": "all"})
        page = response.content.decode()
        assert "“Import approver” may not go together with “Caseworker”" in page
        assert arta.grants.count() == 1

    def test_closing_asks_once_more_and_ends_everything(self, keeper: Client) -> None:
        arta = make_user("arta", Role.CASEWORKER)
        theirs = client_of(arta)
        assert keeper.get(f"/users/{arta.pk}/close/").status_code == 200
        arta.refresh_from_db()
        assert arta.is_active
        keeper.post(f"/users/{arta.pk}/close/")
        assert theirs.get("/").status_code == 302

    def test_who_may_see_users_may_not_change_them(self) -> None:
        officer = client_of(make_user("dpo", Role.DATA_PROTECTION))
        arta = make_user("arta")
        assert officer.get("/users/").status_code == 200
        assert b"Give the role" not in officer.get(f"/users/{arta.pk}/").content
        assert officer.post(f"/users/{arta.pk}/grant/", {"role": "keeper", "scope": "all"}).status_code == 403
        assert officer.get("/users/new/").status_code == 403


class TestNewPassword:
    def test_asked_by_one_confirmed_by_another_used_once(self, keeper: Client, stranger: Client) -> None:
        arta = make_user("arta", Role.CASEWORKER)
        keeper.post(f"/users/{arta.pk}/reset/")
        reset = arta.resets.get()
        assert keeper.post(f"/users/reset/{reset.pk}/").status_code == 403
        officer = client_of(make_user("dpo", Role.DATA_PROTECTION))
        assert b"1 new password to confirm" in officer.get("/").content
        shown = officer.post(f"/users/reset/{reset.pk}/")
        found = re.search(r'class="secret"[^>]*>([0-9A-F]{10})<', shown.content.decode())
        assert found and "no-store" in shown["Cache-Control"]
        new = "tjetër fjalë krejt e re"
        form = {"username": "arta", "code": found[1], "password": new, "again": new}
        assert stranger.post("/accounts/reset/", {**form, "code": "0000000000"}).status_code == 200
        assert stranger.post("/accounts/reset/", form)["Location"] == "/accounts/login/"
        assert stranger.post("/accounts/login/", {"login": "arta", "password": new}).status_code == 302
        again = Client().post("/accounts/reset/", form)
        assert b"do not belong together" in again.content

    def test_guessing_codes_locks_like_guessing_passwords(self, stranger: Client) -> None:
        make_user("arta")
        form = {"username": "arta", "code": "0000000000", "password": PASSWORD + "x", "again": PASSWORD + "x"}
        answers = [stranger.post("/accounts/reset/", form).status_code for _ in range(9)]
        assert answers[-1] == 429

    def test_an_unknown_name_gets_the_same_answer(self, stranger: Client) -> None:
        make_user("arta")
        form = {"code": "0000000000", "password": PASSWORD, "again": PASSWORD}
        known = stranger.post("/accounts/reset/", {**form, "username": "arta"}).content.decode()
        unknown = Client().post("/accounts/reset/", {**form, "username": "nobody"}).content.decode()
        assert "do not belong together" in known and "do not belong together" in unknown


class TestKeys:
    def test_a_key_is_shown_once_and_carries_the_role(self) -> None:
        arta = make_user("arta", Role.CASEWORKER)
        client = client_of(arta)
        made = client.post("/accounts/keys/", {"name": "Kobo", "held": "0", "expires": later(30)})
        found = re.search(r"streha_[\w-]{30,}", made.content.decode())
        assert found
        bound = queries.access_by_token(found.group(), door.now())
        assert bound is not None and bound[1].held[0].role == Role.CASEWORKER
        assert found.group() not in client.get("/accounts/keys/").content.decode()
        client.post(f"/accounts/keys/{bound[0].pk}/withdraw/")
        assert queries.access_by_token(found.group(), door.now()) is None

    def test_nobody_ends_anothers_key(self) -> None:
        arta = make_user("arta", Role.CASEWORKER)
        client_of(arta).post("/accounts/keys/", {"name": "Kobo", "held": "0", "expires": later(30)})
        token = arta.tokens.get()
        other = client_of(make_user("blerim", Role.CASEWORKER))
        assert other.post(f"/accounts/keys/{token.pk}/withdraw/").status_code == 403
        token.refresh_from_db()
        assert token.withdrawn_at is None


def later(days: int) -> str:
    import datetime as dt

    return f"{door.now() + dt.timedelta(days=days):%d.%m.%Y}"


class TestBreakGlass:
    def broken(self, by: models.User) -> models.BreakGlass:
        from streha.accounts import actions

        subject = audit.new_subject(at=door.now())
        access = queries.access(by, door.now())
        reason = "Familja është në zyrë dhe ka nevojë për strehim."
        return actions.break_glass(subject, reason=reason, hours=2, by=access, at=door.now())

    def test_a_number_nobody_has_is_an_error_of_its_field(self) -> None:
        client = client_of(make_user("arta", Role.CASEWORKER))
        form = {"number": "P-9999999", "reason": "Somebody stands here and needs help.", "hours": 2}
        response = client.post("/breaks/new/", form)
        assert b"Nobody has this number." in response.content
        assert not models.BreakGlass.objects.exists()

    def test_another_person_judges(self) -> None:
        arta = make_user("arta", Role.CASEWORKER)
        look = self.broken(arta)
        officer = client_of(make_user("dpo", Role.DATA_PROTECTION))
        assert "ka nevojë për strehim" in officer.get("/breaks/").content.decode()
        assert officer.post(f"/breaks/{look.pk}/judge/", {"verdict": "perhaps"}).status_code == 422
        officer.post(f"/breaks/{look.pk}/judge/", {"verdict": "justified", "note": "Called the office."})
        look.refresh_from_db()
        assert look.verdict == "justified"
        assert officer.post(f"/breaks/{look.pk}/judge/", {"verdict": "justified"}).status_code == 409
        assert "Called the office." in client_of(arta).get("/breaks/").content.decode()

    def test_a_caseworker_sees_only_their_own_and_judges_nothing(self) -> None:
        look = self.broken(make_user("arta", Role.CASEWORKER))
        other = client_of(make_user("blerim", Role.CASEWORKER))
        assert "strehim" not in other.get("/breaks/").content.decode()
        assert other.post(f"/breaks/{look.pk}/judge/", {"verdict": "justified"}).status_code == 403

    def test_what_waits_stands_in_the_rail_and_on_today(self) -> None:
        self.broken(make_user("arta", Role.CASEWORKER))
        officer = client_of(make_user("dpo", Role.DATA_PROTECTION))
        page = officer.get("/")
        lines = {line.url: line.waits for _heading, lines in page.context["rail"] for line in lines}
        assert lines["/breaks/"] == "1"
        assert "1 use of break-glass to judge" in page.content.decode()


class TestJobs:
    def test_one_sees_ones_own_and_the_keeper_all(self, keeper: Client) -> None:
        arta, blerim = make_user("arta", Role.CASEWORKER), make_user("blerim", Role.CASEWORKER)
        job = jobs.enqueue("people.import", payload={"batch": 1}, by=queries.access(arta, door.now()), at=door.now())
        assert client_of(arta).get(f"/jobs/{job.pk}/").status_code == 200
        assert client_of(blerim).get(f"/jobs/{job.pk}/").status_code == 404
        assert client_of(blerim).post(f"/jobs/{job.pk}/cancel/").status_code == 404
        assert keeper.get(f"/jobs/{job.pk}/").status_code == 200
        assert f"/jobs/{job.pk}/" in keeper.get("/jobs/?state=waiting").content.decode()
        assert f"/jobs/{job.pk}/" not in keeper.get("/jobs/?state=done").content.decode()

    def test_an_open_job_asks_again_with_scripts_and_without(self, keeper: Client) -> None:
        arta = make_user("arta", Role.CASEWORKER)
        job = jobs.enqueue("people.import", payload={}, by=queries.access(arta, door.now()), at=door.now())
        whole = keeper.get(f"/jobs/{job.pk}/").content.decode()
        assert '<meta http-equiv="refresh" content="5">' in whole and 'hx-trigger="every 1s"' in whole
        part = keeper.get(f"/jobs/{job.pk}/", headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in part and f'id="job-{job.pk}"' in part
        keeper.post(f"/jobs/{job.pk}/cancel/")
        closed = keeper.get(f"/jobs/{job.pk}/").content.decode()
        assert "hx-trigger" not in closed and "refresh" not in closed and "cancelled" in closed

    def test_a_failed_job_says_why_and_can_be_tried_again(self, keeper: Client) -> None:
        arta = make_user("arta", Role.CASEWORKER)
        jobs.enqueue("people.import", payload={}, by=queries.access(arta, door.now()), at=door.now())
        claimed = jobs.claim(worker="w", at=door.now())
        assert claimed is not None
        wrong = errors.BadInput(errors.message("Sheet {sheet} is empty."), sheet="Lista e familjeve të kthyera")
        jobs.fail(claimed, wrong, at=door.now())
        page = keeper.get(f"/jobs/{claimed.pk}/").content.decode()
        assert "Sheet … is empty." in page
        keeper.post(f"/jobs/{claimed.pk}/retry/")
        claimed.refresh_from_db()
        assert claimed.state == "waiting"
        assert keeper.post(f"/jobs/{claimed.pk}/retry/").status_code == 409


class TestLog:
    def test_who_did_is_filtered_by_actor_room_and_day(self, keeper: Client) -> None:
        arta = make_user("arta", Role.CASEWORKER)
        access = queries.access(arta, door.now())
        jobs.ask_cancel(
            jobs.enqueue("people.import", payload={}, by=access, at=door.now()).pk, by=access, at=door.now()
        )
        shown = keeper.get(f"/log/?actor=user:{arta.pk}&room=jobs").content.decode()
        assert "<td" in shown and "arta" in shown
        assert "Nothing found" in keeper.get("/log/?room=places").content.decode()
        assert "Nothing found" in keeper.get("/log/?until=01.01.2020").content.decode()
        assert "Nothing found" in keeper.get("/log/?actor=robert';--").content.decode()

    def test_who_looked_is_found_by_person(self, keeper: Client) -> None:
        arta = make_user("arta", Role.CASEWORKER)
        seen, other = uuid.uuid4(), uuid.uuid4()
        for subject in (seen, other):
            audit.looked(
                by=queries.access(arta, door.now()).actor,
                at=door.now(),
                verb="opened",
                subjects=[subject],
                classes=["contact"],
                where="person",
            )
        shown = keeper.get(f"/log/looks/?subject={seen}").content.decode()
        assert str(seen) in shown and str(other) not in shown and "arta" in shown

    def test_coming_and_going_is_logged(self, stranger: Client) -> None:
        make_user("arta")
        stranger.post("/accounts/login/", {"login": "arta", "password": PASSWORD})
        stranger.post("/accounts/logout/")
        assert verbs()[:2] == ["logged out", "logged in"]

    def test_the_log_is_closed_to_caseworkers(self) -> None:
        client = client_of(make_user("arta", Role.CASEWORKER))
        assert client.get("/log/").status_code == 403
        assert client.get("/log/looks/").status_code == 403


def test_a_users_language_is_kept(keeper: Client) -> None:
    keeper.post("/language/", {"language": "sq", "next": "/"})
    assert models.User.objects.get(username="keeper").language == "sq"


class TestRail:
    def test_counts_are_kept_until_the_viewer_does_something(self, keeper: Client, settings: Any) -> None:
        settings.COUNTS_SECONDS = 600

        def waiting() -> str:
            page = keeper.get("/users/").content.decode()
            line = re.search(r'<a href="/jobs/"[^>]*>(.*?)</a>', page, re.DOTALL)
            assert line is not None
            return re.sub(r"<svg.*?</svg>|<[^>]+>|\D", "", line[1], flags=re.DOTALL)

        assert waiting() == ""
        me = models.User.objects.get(username="keeper")
        jobs.enqueue("test.kind", payload={}, by=queries.access(me, door.now()), at=door.now())
        assert waiting() == ""  # somebody who only reads waits for it
        keeper.post("/users/new/", {"username": "x"})
        assert waiting() == "1"
