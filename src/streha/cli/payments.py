"""Work of payments that takes longer than a request: building a list, reconciling a bank's reply."""

from __future__ import annotations

import datetime as dt
from typing import Any

from streha.accounts.rules import Access
from streha.assistance.payments import actions
from streha.jobs.actions import Progress


def build(payload: dict[str, Any], progress: Progress, by: Access) -> dict[str, int]:
    """Fill a payment list with everybody who is due."""
    return actions.fill_list(payload["list"], by=by, at=dt.datetime.now(dt.UTC), progress=progress)


def reconcile(payload: dict[str, Any], progress: Progress, by: Access) -> dict[str, int]:
    """Place every booking of a bank's reply."""
    return actions.reconcile(payload["reply"], by=by, at=dt.datetime.now(dt.UTC), progress=progress)
