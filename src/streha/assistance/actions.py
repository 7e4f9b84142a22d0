"""What the writes of every part of this room share."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from streha.accounts.rules import Access
from streha.audit import actions as audit

ROOM = "assistance"


def record(  # noqa: PLR0917 - one line a call
    by: Access,
    at: dt.datetime,
    verb: str,
    kind: str,
    key: object,
    payload: dict[str, Any] | None = None,
    *,
    subject: uuid.UUID | None = None,
) -> None:
    """One line of the log, sealed under the subject's key where one is given."""
    audit.record(
        by=by.actor,
        at=at,
        room=ROOM,
        verb=verb,
        object_kind=kind,
        object_key=str(key),
        subject=subject,
        payload=payload,
    )
