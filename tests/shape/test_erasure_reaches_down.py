"""As soon as a room above knows how to erase a person, a restore must be able to ask it."""

from __future__ import annotations

import importlib.util
import inspect
import uuid

from streha.cli import restore, worker


def test_a_restore_finds_the_eraser_that_there_is() -> None:
    module = restore.ERASE_AGAIN.partition(":")[0]
    if importlib.util.find_spec(module) is None:
        assert restore._eraser() is None
    else:
        inspect.signature(worker.find(restore.ERASE_AGAIN)).bind(uuid.uuid4(), by=None, at=None)
