"""A keyring and an anchor folder of its own for each test."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from streha.audit import bridge
from streha.audit.rules import Actor

BEGIN = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def custody(settings: object, tmp_path: Path) -> Path:
    settings.KEYRING = tmp_path / "keys" / "keyring.json"  # type: ignore[attr-defined]
    settings.ANCHOR_DIR = tmp_path / "anchors"  # type: ignore[attr-defined]
    bridge.create_keyring(settings.KEYRING, at=BEGIN)  # type: ignore[attr-defined]
    bridge.cache.clear()
    return tmp_path


@pytest.fixture
def at() -> dt.datetime:
    return BEGIN


@pytest.fixture
def arta() -> Actor:
    return Actor("user", "7", "arta")
