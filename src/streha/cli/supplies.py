"""What the worker does for distributions: lists are made, sheets from paper are worked in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from streha.accounts.rules import Access
from streha.assistance.distributions import actions
from streha.jobs import actions as jobs


def now() -> dt.datetime:
    """The clock of the worker; everything beneath gets the moment as an argument."""
    return dt.datetime.now(dt.UTC)


def make_list(payload: dict[str, Any], progress: jobs.Progress, by: Access) -> Mapping[str, Any]:
    """Make the list of a distribution, or go on with it."""
    return actions.make_list(int(payload["distribution"]), progress, by=by, at=now())


def work_sheet(payload: dict[str, Any], progress: jobs.Progress, by: Access) -> Mapping[str, Any]:
    """Work in a sheet from paper, or go on with it."""
    return actions.work_sheet(int(payload["sheet"]), progress, by=by, at=now())
