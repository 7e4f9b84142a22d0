"""People who knock at the door: one of each role, somebody without a role, and a stranger."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from streha.accounts.models import Grant, User
from streha.accounts.rules import Role

AT = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
PASSWORD = "korrekt pferd batterie"


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Any) -> None:
    """Passwords of tests need not withstand anybody."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def make_user(username: str, *roles: Role, full_name: str = "") -> User:
    user = User(username=username, full_name=full_name or username.title(), created_at=AT)
    user.set_password(PASSWORD)
    user.save()
    for role in roles:
        Grant.objects.create(user=user, role=role, scope_kind="all", starts=AT)
    return user


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def keeper() -> Client:
    return client_of(make_user("keeper", Role.KEEPER))


@pytest.fixture
def nobody() -> Client:
    """Logged in, without any role."""
    return client_of(make_user("nobody"))


@pytest.fixture
def stranger() -> Client:
    return Client()
