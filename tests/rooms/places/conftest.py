"""Kosovo as the package ships it, and a keyring so that loads can be recorded."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from tests import append_only, standing

from streha.accounts import rules as accounts
from streha.places import actions

append_only.install()


@pytest.fixture(autouse=True)
def custody(settings: object, tmp_path: Path) -> None:
    settings.ANCHOR_DIR = tmp_path / "anchors"  # type: ignore[attr-defined]
    settings.KEYRING = tmp_path / "keys" / "keyring.json"  # type: ignore[attr-defined]
    standing.keyring(tmp_path / "keys" / "keyring.json", at=dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC))


AT = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)


@pytest.fixture
def at() -> dt.datetime:
    return AT


@pytest.fixture
def office() -> accounts.Access:
    return accounts.system("office")


@pytest.fixture
def kosovo(db: None) -> None:
    _kosovo()


@standing.once
def _kosovo() -> None:
    actions.load_kosovo(by=accounts.system("office"), at=AT)
