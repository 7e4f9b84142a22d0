"""When the database or the disk is away, every door says so calmly, and nothing of the request is left."""

from __future__ import annotations

import errno
import logging
from typing import Any
from unittest import mock

import pytest
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError
from django.test import Client
from tests import factories

from streha.accounts import actions as accounts
from streha.accounts import queries as rights
from streha.accounts.rules import Role
from streha.audit import actions as audit
from streha.audit.models import AuditRecord
from streha.people import models, queries
from streha.web import door

pytestmark = pytest.mark.django_db

AWAY = OperationalError("server closed the connection unexpectedly\nDETAIL: row (Arta, Gashi)")
FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def caseworker() -> Client:
    client = Client()
    user = factories.user(Role.CASEWORKER, scope=factories.in_area("20"))
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def assert_calm(answer: Any, code: str) -> None:
    text = answer.content.decode()
    assert answer.status_code == 503
    assert answer["Retry-After"] == "60"
    assert code in text
    assert "Traceback" not in text
    assert "Arta" not in text


@pytest.mark.parametrize(
    ("fault", "code"),
    [(AWAY, "database_away"), (InterfaceError("connection already closed"), "database_away"), (FULL, "disk_full")],
)
def test_a_view_that_cannot_reach_its_records_answers_503(caseworker: Client, fault: Exception, code: str) -> None:
    with mock.patch.object(queries, "people_page", side_effect=fault):
        answer = caseworker.get("/people/")
        fragment = caseworker.get("/people/", headers={"HX-Request": "true"})
    assert_calm(answer, code)
    assert "Nothing was lost" in answer.content.decode()
    assert fragment.status_code == 503
    assert "<html" not in fragment.content.decode()
    assert caseworker.get("/people/").status_code == 200


def test_the_guard_itself_may_find_the_database_away(caseworker: Client) -> None:
    with mock.patch.object(rights, "access", side_effect=AWAY):
        assert_calm(caseworker.get("/people/"), "database_away")


def test_an_outage_outside_a_view_is_calm_too(caseworker: Client) -> None:
    caseworker.raise_request_exception = False
    with mock.patch("django.contrib.sessions.backends.db.SessionStore.load", side_effect=AWAY):
        assert_calm(caseworker.get("/people/"), "database_away")
    with mock.patch("django.middleware.locale.LocaleMiddleware.process_request", side_effect=AWAY):
        assert_calm(caseworker.get("/people/"), "database_away")


def test_only_outages_are_outages() -> None:
    assert door.outage(None) is None
    assert door.outage(ValueError("a mistake of ours")) is None
    assert door.outage(IntegrityError("a rule of the tables")) is None
    assert door.outage(DatabaseError("raised by Django itself, not by a driver")) is None
    assert door.outage(PermissionError(errno.EACCES, "not ours")) is None
    damaged = DatabaseError("database disk image is malformed")
    damaged.__cause__ = Exception("from the driver")
    assert door.outage(damaged) is not None


def test_the_log_of_the_program_repeats_no_row(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="streha.door"):
        door.outage(AWAY)
    assert "server closed the connection" in caplog.text
    assert "Arta" not in caplog.text


def test_a_write_that_fails_at_its_last_step_leaves_nothing(caseworker: Client) -> None:
    sent = {"given": "Besa", "family": "Krasniqi", "sex": "f", "birth": "1990"}
    sent["keeper"] = str(factories.municipality().pk)
    records = AuditRecord.objects.count()
    with mock.patch.object(audit, "record_many", side_effect=OperationalError("database or disk is full")):
        assert_calm(caseworker.post("/people/register/", sent), "database_away")
    assert not models.Person.objects.exists()
    assert not models.NameKey.objects.exists()
    assert AuditRecord.objects.count() == records
    assert caseworker.post("/people/register/", sent).status_code == 302
    assert models.Person.objects.count() == 1


@pytest.mark.parametrize(("fault", "code"), [(AWAY, "database_away"), (FULL, "disk_full")])
def test_programs_are_told_as_a_problem(fault: Exception, code: str) -> None:
    user = factories.user(Role.CASEWORKER, scope=factories.in_area("20"))
    _row, secret = accounts.make_token(
        user.pk,
        name="test",
        role=Role.CASEWORKER,
        scope=factories.in_area("20"),
        expires=door.now().replace(year=door.now().year + 1),
        by=rights.access(user, door.now()),
        at=door.now(),
    )
    headers = {"Authorization": f"Bearer {secret}"}
    with mock.patch.object(queries, "people_page", side_effect=fault):
        answer = Client().get("/api/people", headers=headers)
    assert_calm(answer, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["title"] == code
    assert Client().get("/api/people", headers=headers).status_code == 200
