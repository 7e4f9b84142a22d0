"""``streha check``: every wrong set-up is refused, each by its own reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from streha.accounts import actions as accounts
from streha.accounts.rules import system
from streha.audit import actions as audit
from streha.audit import bridge
from streha.audit.rules import Actor
from streha.cli import check

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def sound(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A set-up that nothing speaks against."""
    monkeypatch.setitem(check.SQLITE_PRAGMAS, "journal_mode", "memory")  # the tests' database is in memory
    settings.DEMO, settings.DEBUG, settings.TLS = False, False, True
    settings.ALLOWED_HOSTS = ["office.example"]
    settings.SECRET_KEY = "x" * 60
    settings.KEYRING = tmp_path / "keys" / "keyring.json"
    settings.ANCHOR_DIR = tmp_path / "anchors"
    settings.MEDIA_ROOT = tmp_path / "media"
    bridge.create_keyring(settings.KEYRING, at=AT)


def codes() -> set[str]:
    return {finding.code for finding in check.findings() if finding.is_refused}


def test_a_sound_set_up_is_accepted() -> None:
    assert codes() == set()


def change(name: str, value: object) -> Callable[[Any, Path], None]:
    return lambda settings, _path: setattr(settings, name, value)


def plain_origin(settings: Any, _path: Path) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["http://office.example"]


def no_keyring(settings: Any, _path: Path) -> None:
    settings.KEYRING.unlink()


def open_keyring(settings: Any, _path: Path) -> None:
    settings.KEYRING.chmod(0o644)


def torn_keyring(settings: Any, _path: Path) -> None:
    settings.KEYRING.write_text("{")


def keyring_in_media(settings: Any, path: Path) -> None:
    settings.KEYRING = path / "media" / "keyring.json"
    bridge.create_keyring(settings.KEYRING, at=AT)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (change("ALLOWED_HOSTS", ["*"]), "hosts_any"),
        (change("ALLOWED_HOSTS", []), "hosts_any"),
        (change("TLS", False), "tls_missing"),
        (plain_origin, "origin_plain"),
        (change("SECRET_KEY", "short"), "secret_short"),
        (change("DEBUG", True), "debug"),
        (no_keyring, "keyring_missing"),
        (open_keyring, "keyring_open"),
        (torn_keyring, "keyring_damaged"),
        (keyring_in_media, "keyring_beside_database"),
    ],
)
def test_a_wrong_set_up_is_refused(
    spoil: Callable[[Any, Path], None], code: str, settings: Any, tmp_path: Path
) -> None:
    spoil(settings, tmp_path)
    assert codes() == {code}


def test_a_laptop_needs_no_tls(settings: Any) -> None:
    settings.ALLOWED_HOSTS, settings.TLS = ["localhost", "127.0.0.1"], False
    assert codes() == set()


def test_the_office_does_not_open_on_a_demo(settings: Any) -> None:
    settings.DEMO = True
    accounts.create_user("demo-keeper", full_name="Demo", password="demo", is_demo=True, by=system("terminal"), at=AT)
    assert codes() == set()
    settings.DEMO = False
    assert codes() == {"demo_data"}


def test_the_demo_does_not_open_on_real_data(settings: Any) -> None:
    accounts.create_user("drita", full_name="Drita", password=None, by=system("terminal"), at=AT)
    assert codes() == set()
    settings.DEMO = True
    assert codes() == {"demo_on_real_data"}


def test_an_erased_person_who_came_back_is_noticed() -> None:
    subject = audit.new_subject(at=AT)
    bridge.append_ledger([(subject, AT)])
    assert codes() == {"erasures_pending"}
    audit.destroy_subject(subject, by=Actor("system", "t", "t"), at=AT)
    assert codes() == set()


def test_tables_behind_this_version_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "migrations_behind", lambda alias: 1 if alias == "default" else 0)
    assert codes() == {"migrations_behind"}


def test_an_engine_that_runs_otherwise_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor == "sqlite":
        monkeypatch.setitem(check.SQLITE_PRAGMAS, "foreign_keys", 0)
        assert codes() == {"sqlite_pragmas"}
    else:
        monkeypatch.setattr(check, "LEAST_POSTGRESQL", 99)
        assert codes() == {"postgresql_old"}


def test_a_full_disk_is_advice_and_not_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "LEAST_FREE_BYTES", 1 << 62)
    found = [finding for finding in check.findings() if finding.code == "disk_nearly_full"]
    assert [finding.is_refused for finding in found] == [False]


def test_findings_are_told_line_by_line() -> None:
    lines: list[str] = []
    check.tell([check.Finding("a", "Something."), check.Finding("b", "A hint.", is_refused=False)], lines.append)
    assert lines == ["[refused] Something. (a)", "[advice] A hint. (b)"]
