"""The rules of the queue: states, leases, waiting between attempts, and what a payload may hold."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from streha.common import errors

LEASE = dt.timedelta(seconds=60)
HEARTBEAT_S = 15.0
MAX_ATTEMPTS = 5
FIRST_WAIT = dt.timedelta(seconds=5)
LONGEST_WAIT = dt.timedelta(minutes=10)
KEPT_DAYS = 90  # finished jobs are forgotten after this
WITHHELD = "…"
_PLAIN = re.compile(r"[A-Za-z0-9_.:~+\-]{0,80}")


class State(StrEnum):
    """Where a job is in its life."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = frozenset({State.WAITING, State.RUNNING})
CLOSED = frozenset(State) - OPEN


class Cancelled(errors.StrehaError):
    """Somebody asked for the job to stop; raised by ``progress`` inside the job's function."""

    code = "cancelled"
    template = errors.message("The job was cancelled.")


class LeaseLost(errors.StrehaError):
    """Another worker has the job now; what this one had not committed is rolled back."""

    code = "lease_lost"
    template = errors.message("Another worker took over this job.")


class Stopping(errors.StrehaError):
    """The worker is asked to stop; the job goes back to the queue and loses nothing it committed."""

    code = "stopping"
    template = errors.message("The worker stops; the job goes on later.")


def wait_before(attempt: int) -> dt.timedelta:
    """How long a job waits after its ``attempt``-th failure: 5 s, 10 s, 20 s … at most ten minutes."""
    doublings: int = 2 ** min(max(attempt - 1, 0), 16)
    return min(FIRST_WAIT * doublings, LONGEST_WAIT)


def is_worth_retrying(error: BaseException) -> bool:
    """Whether trying again may help: not when the input is bad, the right is missing or the person is erased."""
    return isinstance(error, errors.Unavailable) or not isinstance(error, errors.StrehaError)


def is_plain(value: object) -> bool:
    """Whether a value is an id, a code, a number or a list or mapping of these: nothing that could name anybody."""
    if value is None or isinstance(value, bool | int | float):
        return True
    if isinstance(value, str):
        return _PLAIN.fullmatch(value) is not None
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and is_plain(key) and is_plain(held) for key, held in value.items())
    return isinstance(value, list | tuple) and all(is_plain(held) for held in value)


def require_plain(payload: Mapping[str, Any]) -> None:
    """Raise BadInput unless the payload holds ids only."""
    for name, value in payload.items():
        if not (is_plain(name) and is_plain(value)):
            raise errors.BadInput(
                errors.message(
                    "“{name}” in a job's payload is not an id, a code or a number. "
                    "Keep the value in its own table and pass its id."
                ),
                code="payload_not_plain",
                name=name,
            )


def without_words(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with everything withheld that could name somebody; for results and errors that stay in the queue."""
    return {name: value if is_plain(value) else WITHHELD for name, value in values.items()}


@dataclass(frozen=True)
class Pace:
    """How fast a job goes and how long it still needs; None where that cannot be told."""

    per_second: float | None
    seconds_left: float | None
    share: float | None


def pace(*, done: int, total: int | None, started_at: dt.datetime | None, at: dt.datetime) -> Pace:
    """Rate, time left and share done (0 to 1)."""
    share = min(done / total, 1.0) if total else None
    elapsed_s = (at - started_at).total_seconds() if started_at else 0.0
    if done <= 0 or elapsed_s <= 0:
        return Pace(None, None, share)
    rate = done / elapsed_s
    left = max(total - done, 0) / rate if total else None
    return Pace(rate, left, share)
