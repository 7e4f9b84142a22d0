"""Where a page finds its style sheets, scripts and fonts: vendored files by their hash, our own with one appended."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static

STATIC = Path(__file__).parent / "static"


@cache
def manifest() -> dict[str, dict[str, str]]:
    """The vendored assets by name: file, version, licence, SHA-256."""
    found: dict[str, dict[str, str]] = json.loads((STATIC / "vendor" / "manifest.json").read_text(encoding="utf-8"))[
        "assets"
    ]
    return found


@cache
def _hash_of(file: str) -> str:
    return hashlib.sha256((STATIC / file).read_bytes()).hexdigest()[:8]


def url(name: str) -> str:
    """Address of an asset: ``bootstrap.css`` of the manifest, or our own file such as ``streha/streha.css``."""
    vendored = manifest().get(name)
    if vendored:
        return static(vendored["file"])
    if settings.DEBUG:
        _hash_of.cache_clear()
    return f"{static(name)}?v={_hash_of(name)}"
