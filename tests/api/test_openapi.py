"""The API as it is promised: the committed description, and no answer of five hundred whatever is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, settings
from tests import factories
from tests.factories import OFFICE

from streha.accounts import actions as account_actions
from streha.accounts.rules import Role
from streha.api.urls import api
from streha.wsgi import application

SNAPSHOT = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"


def test_the_description_is_the_committed_one() -> None:
    """Write it anew with: python -m tests.api.write_openapi"""
    assert json.loads(SNAPSHOT.read_text(encoding="utf-8")) == described()


def described() -> dict[str, object]:
    return json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/"), default=str))


schema = schemathesis.openapi.from_dict(described())


@pytest.mark.django_db
@schema.parametrize()
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_that_is_sent_breaks_it(case: schemathesis.Case, headers: dict[str, str]) -> None:
    response = case.call(app=application, headers=headers)
    assert response.status_code < 500, response.text[:500]
    if response.status_code >= 400 and response.status_code != 405:
        assert response.headers["content-type"][0].startswith("application/problem+json"), response.text[:200]


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """The end of a request must not close the connection that holds the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def headers() -> dict[str, str]:
    someone = factories.person(identifier="1234567890")
    factories.household(someone)
    factories.home(someone)
    user = factories.user(Role.CASEWORKER)
    now = timezone.now()
    _token, secret = account_actions.make_token(
        user.pk,
        name="t",
        role=Role.CASEWORKER,
        scope=factories.EVERYWHERE,
        expires=now + timedelta(days=1),
        by=OFFICE,
        at=now,
    )
    return {"Authorization": f"Bearer {secret}", "Host": "localhost"}
