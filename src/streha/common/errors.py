"""One small tree of errors: a stable code, a translatable message, details.

Engines and rooms raise; doors translate (form error, problem+json, exit code 2). The message is an English
template whose placeholders are filled from ``details``; a door looks the template up in its language first.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Any


def message(template: str) -> str:
    """Mark an English template for the message catalogues; returns it unchanged."""
    return template


class StrehaError(Exception):
    """Base of every error that a person may read.

    ``code`` is stable and machine-readable, ``template`` an English sentence with ``{placeholders}``,
    ``details`` the values that fill it: the offending value, the rule, the remedy.
    """

    code = "error"
    template = message("Something went wrong.")

    def __init__(self, template: str | None = None, /, *, code: str | None = None, **details: Any) -> None:
        self.template = template if template is not None else self.template
        self.code = code if code is not None else self.code
        self.details: Mapping[str, Any] = dict(details)
        super().__init__(self.english())

    def english(self) -> str:
        """The message in English, for logs and the terminal."""
        return self.template.format(**self.details)


class Refused(StrehaError):
    """The acting user has no right to this."""

    code = "refused"
    template = message("You may not do this.")


class NotFound(StrehaError):
    """There is no such thing, or the viewer may not know that there is."""

    code = "not_found"
    template = message("There is no such record.")


class BadInput(StrehaError):
    """A value breaks a rule; details name the value, the rule and the remedy."""

    code = "bad_input"
    template = message("This value cannot be used.")


class Conflict(StrehaError):
    """Somebody else changed it meanwhile, or it is already done."""

    code = "conflict"
    template = message("This was changed by somebody else in the meantime. Look at it again.")


class Gone(StrehaError):
    """It was erased; only the tombstone is left."""

    code = "gone"
    template = message("This record was erased.")


class Unavailable(StrehaError):
    """Something outside the program is missing: the disk is full, the database is away, a program is not installed."""

    code = "unavailable"
    template = message("This is not available at the moment.")


SQLITE_FULL = 13  # “database or disk is full” in SQLite's own numbers
POSTGRESQL_FULL = "53100"  # disk_full, PostgreSQL manual, appendix A
NULL_SIGN = message("The address holds a sign that no text has. Type the words anew.")
DISK_FULL = message("The disk is full. Nothing was lost; the system keeper must make room.")
DATABASE_AWAY = message("The office cannot reach its records at the moment.")


def is_disk_full(error: BaseException) -> bool:
    """Whether something could not be written for want of room, by a file system or by a database on it."""
    told = (error, error.__cause__)  # Django wraps what the driver said
    return any(
        (isinstance(one, OSError) and one.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
        or getattr(one, "sqlite_errorcode", None) == SQLITE_FULL
        or getattr(one, "sqlstate", None) == POSTGRESQL_FULL
        for one in told
    )
