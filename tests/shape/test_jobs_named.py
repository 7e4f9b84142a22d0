"""Every kind of job and every piece of recurring work names a function that exists and takes what the worker gives."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from tests.shape.sources import modules

from streha.cli import worker

SOURCE = Path(worker.__file__).parents[1]


@pytest.mark.parametrize("kind", sorted(worker.KINDS))
def test_every_kind_has_its_function(kind: str) -> None:
    found = worker.find(worker.KINDS[kind])
    inspect.signature(found).bind({}, None, None)


@pytest.mark.parametrize("name", sorted(worker.EVERY))
def test_recurring_work_has_its_function(name: str) -> None:
    period, path = worker.EVERY[name]
    assert period.total_seconds() > 0
    inspect.signature(worker.find(path)).bind(None)


def test_every_kind_that_is_enqueued_is_known() -> None:
    enqueued = set()
    for path in modules(SOURCE):
        enqueued |= set(re.findall(r"\benqueue\(\s*\"([a-z_.]+)\"", path.read_text(encoding="utf-8")))
    assert enqueued <= worker.KINDS.keys()
