"""Every setting that is read is documented, and nothing is documented that is not read."""

from __future__ import annotations

import re
from pathlib import Path

from tests.shape.sources import modules

ROOT = Path(__file__).parents[2]
READ = set(re.findall(r"env\.\w+\(\s*\"([A-Z0-9_]+)\"", (ROOT / "src/streha/settings.py").read_text(encoding="utf-8")))
PAGE = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
DOCUMENTED = set(re.findall(r"^\| `([A-Z0-9_]+)` \|", PAGE, flags=re.MULTILINE))


def test_every_setting_is_documented() -> None:
    assert READ, "no setting was found: has the way of reading them changed?"
    assert DOCUMENTED == READ


def test_the_environment_is_read_in_the_settings_alone() -> None:
    readers = [
        str(path.relative_to(ROOT))
        for path in modules(ROOT / "src" / "streha")
        if re.search(
            r"os\.environ\.get\(|os\.getenv\(|os\.environ\[\"\w+\"\](?!\s*=)", path.read_text(encoding="utf-8")
        )
    ]
    assert readers == []
