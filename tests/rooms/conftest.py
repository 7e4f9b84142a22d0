"""The rooms behind the second wall: on PostgreSQL each action and each read is asked by whoever it is done for.

What a test does and looks at itself stays beyond (``tests/conftest.py``).
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from streha.accounts.bridge import wall
from streha.accounts.rules import Access
from streha.people import bridge

_within = False


def asked(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The function, asked by its ``by`` or ``access``; what it calls itself goes on as it does in the office."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def behind(*args: Any, **kwargs: Any) -> Any:
        global _within  # noqa: PLW0603 - tests run one after the other
        who = signature.bind_partial(*args, **kwargs).arguments.get(name)
        if _within or not isinstance(who, Access):
            return function(*args, **kwargs)
        _within = True
        try:
            with wall.asking(bridge.viewer(who)):
                return function(*args, **kwargs)
        finally:
            _within = False

    return behind


@pytest.fixture(autouse=True)
def _behind_the_wall(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if settings.SECOND_WALL and connection.vendor == "postgresql":
        for name, module in list(sys.modules.items()):
            if name.startswith("streha.") and name.endswith((".actions", ".queries")):
                for key, value in list(vars(module).items()):
                    if inspect.isfunction(value) and value.__module__ == name and not key.startswith("_"):
                        whose = next((p for p in ("by", "access") if p in inspect.signature(value).parameters), "")
                        if whose:
                            monkeypatch.setattr(module, key, asked(value, whose))
    yield
