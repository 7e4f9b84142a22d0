"""The inputs of the Kosovo comparison have the hashes that the validation page publishes."""

from __future__ import annotations

import re
from pathlib import Path

from streha.engine.risk import tables
from streha.risk.bridge import report

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "methods" / "risk-validation.md"


def test_the_published_hashes_are_those_of_the_inputs() -> None:
    published = dict(
        re.findall(r"^\| `([\w.]+)` \| ([0-9a-f]{16}) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert len(published) == 6
    for name, value in published.items():
        path = ROOT / "bench" / name
        content = path.read_bytes() if path.exists() else tables.bytes_of(name.removesuffix(".csv"))
        assert report.hash_of(content) == value, f"{name} changed since the comparison: make a new one, do not tune"
