"""Feedback in the office: a complaint from the phone to the outcome told; a sensitive report is nowhere for others."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone
from tests import factories, standing
from tests.factories import AT, OFFICE
from tests.web.conftest import client_of

from streha.accounts import actions as account_actions
from streha.accounts.rules import POLICY, Action, Role, Scope
from streha.cases import actions as case_actions
from streha.cases.feedback import actions, models, queries, rules

pytestmark = pytest.mark.django_db


@pytest.fixture
def clocks() -> None:
    _clocks()


@standing.once
def _clocks() -> None:
    factories.kosovo()
    actions.load_clocks(by=OFFICE, at=AT)


def told(**more: str) -> dict[str, str]:
    return {
        "category": "assistance",
        "channel": "phone",
        "received_on": f"{timezone.now():%d.%m.%Y}",
        "keeper": str(factories.municipality().pk),
        "text": "Zzsecret stove",
        "sex": "f",
        "age_group": "u",
        "disability": "u",
    } | more


def test_a_complaint_goes_from_the_phone_to_the_outcome_told(clocks: None) -> None:
    client = client_of(factories.user(Role.CASEWORKER, scope=factories.in_area("20")))
    person = factories.person("Zyrafetja", "Qorroplant")
    case_actions.load_tracks(by=OFFICE, at=AT)
    case = case_actions.open_case(case_actions.CaseDraft(person.pk, "voluntary_return"), by=OFFICE, at=AT)
    assert client.get(f"/feedback/new/?person={person.number}").status_code == 200
    wrong = client.post("/feedback/new/", told(received_on="31.12.2099", person="P-9999999"))
    assert wrong.status_code == 422
    answer = client.post("/feedback/new/", told(person=person.number, case=case.number, contact="+383 44 123 218"))
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    own = answer["Location"]
    page = client.get(own).content.decode()
    for words in ("Zzsecret stove", "Zyrafetja Qorroplant", "+383 44 123 218", "on track", "not yet verified"):
        assert words in page, words
    assert case.number in page
    assert own in client.get(f"/cases/{case.pk}/").content.decode()
    for what in ("acknowledge", "answer", "note", "assign", "protection", "remove", "close", "reopen"):
        assert client.get(f"{own}do/{what}/").status_code == 200, what
    assert client.get(f"{own}do/nonsense/").status_code == 404
    today = f"{timezone.now():%d.%m.%Y}"
    assert client.post(f"{own}do/close/", {"revision": 1, "on": today, "how": "phone"}).status_code == 422
    assert client.post(f"{own}do/acknowledge/", {"revision": 1, "on": today}).status_code == 302
    models.Feedback.objects.update(due_on=dt.date(2020, 1, 1))
    assert "1 feedback is past its day" in client.get("/").content.decode()
    number = models.Feedback.objects.get().number
    assert number in client.get("/feedback/?standing=breached&channel=phone").content.decode()
    assert number not in client.get("/feedback/?standing=on_track").content.decode()
    said = {"revision": 2, "on": today, "outcome": "upheld", "text": "It was sent again"}
    assert client.post(f"{own}do/answer/", said).status_code == 302
    assert "1 outcome to tell" in client.get("/").content.decode()
    assert client.post(f"{own}do/close/", {"revision": 3, "on": today, "how": "phone"}).status_code == 302
    assert number in client.get("/feedback/?state=closed").content.decode()
    assert number in client.get(f"/people/{person.pk}/").content.decode()
    figures = client.get("/feedback/figures/").content.decode()
    assert "Told the outcome, of those closed" in figures
    assert "100" in figures
    assert client.post("/feedback/export/", {"purpose": "Report"}).status_code == 302
    programme = client_of(factories.user(Role.PROGRAMME))
    assert programme.get("/feedback/clocks/thanks/").status_code == 200
    changed = {
        "number": 1, "code": "thanks", "label_sq": "Falënderim", "label_sr": "Захвалност", "label_en": "Thanks",
        "acknowledge_days": 9, "answer_days": 30, "at_risk_percent": 50, "counting": "calendar", "source": "Order 7",
        "verified_by": "Arta Demo",
    }  # fmt: skip
    assert programme.post("/feedback/clocks/thanks/", changed).status_code == 302
    shown = programme.get("/feedback/clocks/").content.decode()
    assert "Arta Demo" in shown
    assert "not verified" in shown


def test_a_sensitive_report_shows_nowhere_to_anybody_else(clocks: None) -> None:
    taker = client_of(factories.user(Role.CASEWORKER, scope=factories.in_area("20")))
    someone = factories.person("Zyrafetja", "Qorroplant")
    answer = taker.post("/feedback/new/", told(category="abuse", person=someone.number, name="Zzname"))
    assert answer["Location"] == "/feedback/"
    report = models.Report.objects.get()
    models.Report.objects.update(due_on=dt.date(2020, 1, 1))
    officer_user = factories.user(Role.PROTECTION)
    officer = client_of(officer_user)
    assert "Zzsecret" in officer.get(f"/reports/{report.pk}/").content.decode()
    assert "Zzname" not in officer.get(f"/reports/{report.pk}/").content.decode()
    assert officer.post(f"/reports/{report.pk}/do/note/", {"revision": 1, "text": "Zznote"}).status_code == 302
    assert "1 new sensitive report" in officer.get("/").content.decode()
    hints = ("Zzsecret", "Zznote", "sensitive report</", str(report.subject), "reports/", report.number)
    addresses = (
        "/", "/feedback/", "/feedback/?state=closed", "/feedback/figures/", f"/feedback/{report.pk}/",
        f"/feedback/{report.pk}/do/note/", "/reports/", f"/reports/{report.pk}/", f"/reports/{report.pk}/do/note/",
        f"/people/{someone.pk}/", f"/people/{someone.pk}/history/", f"/people/{someone.pk}/looks/",
        f"/people/{someone.pk}/file/", "/search/?q=Qorroplant", "/search/hints/?q=Qorro", "/log/", "/log/?room=cases",
        "/log/looks/", f"/log/looks/?subject={report.subject}", "/jobs/", "/exports/", "/protection/",
    )  # fmt: skip
    everybody_else = (
        (Role.CASEWORKER, Role.PROGRAMME, Role.ENGINEER, Role.ENUMERATOR, Role.DATA_PROTECTION),
        (Role.KEEPER, Role.COMMISSION, Role.IMPORT_APPROVER, Role.RELEASE, Role.PLANNER, Role.ANALYST),
        (Role.SCORER, Role.STOREKEEPER, Role.AUTHORISER),
    )
    assert {Role.PROTECTION, Role.FINANCE}.union(*everybody_else) == {*Role}  # finance sees less than a scorer
    for roles in everybody_else:
        viewer = client_of(factories.user(*roles))
        viewer.raise_request_exception = False
        for address in addresses:
            said = viewer.get(address)
            text = said.content.decode(errors="replace") if said.status_code == 200 else ""
            for hint in hints:
                if hint == str(report.subject) and str(report.subject) in address:
                    continue  # the question, not an answer
                assert hint not in text, (roles, address, hint)
    assert (
        queries.figures(OFFICE, dt.date(2000, 1, 1), timezone.now().date(), today=timezone.now().date()).all.number == 0
    )


def test_programs_take_in_and_answer_but_read_no_report(clocks: None) -> None:
    now = timezone.now()
    user = factories.user(Role.CASEWORKER)
    _row, secret = account_actions.make_token(
        user.pk,
        name="t",
        role=Role.CASEWORKER,
        scope=Scope(factories.EVERYWHERE.kind),
        expires=now + dt.timedelta(days=1),
        by=OFFICE,
        at=now,
    )
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    body = {
        "category": "fraud", "channel": "email", "keeper_id": factories.municipality().pk, "text": "Zzsecret",
        "received_on": f"{now:%Y-%m-%d}",
    }  # fmt: skip
    taken = client.post("/api/feedback", body, content_type="application/json")
    assert (taken.status_code, taken.json()) == (202, {"handed_over": True})
    kept = client.post("/api/feedback", body | {"category": "question"}, content_type="application/json")
    assert kept.status_code == 201
    assert [row["id"] for row in client.get("/api/feedback").json()["items"]] == [kept.json()["id"]]
    own = f"/api/feedback/{kept.json()['id']}"
    step = {"revision": 1, "text": "-", "outcome": "informed"}
    answered = client.post(f"{own}/answer", step, content_type="application/json").json()
    assert (answered["state"], answered["standing"]) == ("answered", "stopped")
    assert client.post(f"{own}/answer", step, content_type="application/json").status_code == 409
    closed = client.post(f"{own}/close", {"revision": 2, "not_told": "unreachable"}, content_type="application/json")
    assert closed.json()["not_told"] == "unreachable"
    assert b"Zzsecret" not in client.get(own).content


def test_whoever_may_handle_reports_is_protection_staff_alone() -> None:
    assert [role for role in Role if Action.FEEDBACK_SENSITIVE in POLICY[role].actions] == [Role.PROTECTION]
    assert rules.RUNNING == (rules.State.RECEIVED, rules.State.ACKNOWLEDGED)
