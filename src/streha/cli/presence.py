"""Whether the office is open: everything that serves holds a shared lock, whatever needs to be alone an exclusive one.

The lock is a file beside the data, so it covers this machine; on PostgreSQL the sessions of the other machines are
looked for as well.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, connections

from streha.common import errors

OPEN = errors.message("The office is open. Close it first (streha serve, streha worker), then do this again.")


@contextmanager
def _held(kind: int) -> Iterator[None]:
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    handle = os.open(settings.DATA_DIR / "office.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            raise errors.Conflict(OPEN, code="office_open")
        yield
    finally:
        os.close(handle)


@contextmanager
def at_work() -> Iterator[None]:
    """The office is open as long as this lasts."""
    with _held(fcntl.LOCK_SH):
        yield


@contextmanager
def alone() -> Iterator[None]:
    """Nobody else works here as long as this lasts. Raises Conflict when somebody does."""
    with _held(fcntl.LOCK_EX):
        if connection.vendor == "postgresql" and _others():
            raise errors.Conflict(OPEN, code="office_open")
        yield


def _others() -> int:
    """Sessions of the office in PostgreSQL that are not of this process."""
    ours = [c.connection.info.backend_pid for c in connections.all(initialized_only=True) if c.connection is not None]
    with connection.cursor() as cursor:
        ours.append(connection.connection.info.backend_pid)
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name = 'streha' AND NOT pid = ANY(%s)",
            [ours],
        )
        return int(cursor.fetchone()[0])
