"""Writes the committed description of the API anew: ``STREHA_DEMO=1 python -m tests.api.write_openapi``."""

from __future__ import annotations

import json
import os

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streha.settings")
    django.setup()
    from tests.api.test_openapi import SNAPSHOT, described

    SNAPSHOT.write_text(json.dumps(described(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
