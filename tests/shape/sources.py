"""The modules of the project as the tests of its shape read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def modules(folder: Path) -> Iterator[Path]:
    """Every module beneath a folder; what collects messages leaves ``page.html.py`` beside a page for a moment."""
    return (path for path in folder.rglob("*.py") if "." not in path.stem)
