"""Work in pieces for the worker's tests: each piece leaves one record, and says so."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from django.db import transaction

from streha.accounts.rules import Access
from streha.audit import actions as audit
from streha.jobs import actions

PIECES = 30
AT = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)


def in_pieces(payload: dict[str, Any], progress: actions.Progress, by: Access) -> dict[str, int]:
    """Write records 0 to PIECES - 1, one in each transaction, going on from the memo."""
    for piece in range(int(progress.memo.get("next", 0)), PIECES):
        with transaction.atomic():
            audit.record(
                by=by.actor, at=AT, room="jobs", verb="piece", object_kind="piece", object_key=f"{payload['n']}:{piece}"
            )
            progress(piece + 1, PIECES, memo={"next": piece + 1})
            time.sleep(0.01)  # room for the kill to fall inside a transaction
        print(piece, flush=True)  # noqa: T201 - the test reads it
    return {"pieces": PIECES}


KINDS = {"test.pieces": "tests.cli.operation.piecework:in_pieces"}
