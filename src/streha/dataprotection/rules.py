"""The thirteen principles of data protection as controls, and what retention means; pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from streha.common import errors


class Principle(StrEnum):
    """IOM's data protection principles, by number."""

    LAWFUL = "lawful"
    PURPOSE = "purpose"
    QUALITY = "quality"
    CONSENT = "consent"
    TRANSFER = "transfer"
    CONFIDENTIALITY = "confidentiality"
    ACCESS = "access"
    SECURITY = "security"
    RETENTION = "retention"
    APPLICATION = "application"
    OWNERSHIP = "ownership"
    OVERSIGHT = "oversight"
    EXCEPTIONS = "exceptions"


@dataclass(frozen=True)
class Control:
    """How one principle is kept here, and the test that proves it."""

    principle: Principle
    control: str
    test: str


CONTROLS: tuple[Control, ...] = (
    Control(
        Principle.LAWFUL,
        errors.message("No import is committed without a legal basis; a consent carries its own."),
        "tests/rooms/dataprotection/test_principles.py::test_lawful",
    ),
    Control(
        Principle.PURPOSE,
        errors.message("No import is committed without a purpose; a transfer names one."),
        "tests/rooms/dataprotection/test_principles.py::test_purpose",
    ),
    Control(
        Principle.QUALITY,
        errors.message("Values are checked when they are written; corrections keep the old value in the history."),
        "tests/rooms/dataprotection/test_principles.py::test_quality",
    ),
    Control(
        Principle.CONSENT,
        errors.message("A transfer that rests on consent is refused when the consent is expired or withdrawn."),
        "tests/rooms/dataprotection/test_principles.py::test_consent",
    ),
    Control(
        Principle.TRANSFER,
        errors.message("What goes to a third party stands in the transfer ledger of the person."),
        "tests/rooms/dataprotection/test_principles.py::test_transfer",
    ),
    Control(
        Principle.CONFIDENTIALITY,
        errors.message("Identifiers, contacts, addresses and notes are sealed with a key for each person."),
        "tests/rooms/dataprotection/test_principles.py::test_confidentiality",
    ),
    Control(
        Principle.ACCESS,
        errors.message("The subject file holds all that is kept about a person, in the person's language."),
        "tests/rooms/dataprotection/test_principles.py::test_access",
    ),
    Control(
        Principle.SECURITY,
        errors.message("Every page and operation asks the same policy; a test goes through all of them by role."),
        "tests/rooms/dataprotection/test_principles.py::test_security",
    ),
    Control(
        Principle.RETENTION,
        errors.message("Every import has a day until which it is kept; what is past that day is listed for erasure."),
        "tests/rooms/dataprotection/test_principles.py::test_retention",
    ),
    Control(
        Principle.APPLICATION,
        errors.message("Every table that reaches a person declares the class of each of its columns."),
        "tests/rooms/dataprotection/test_principles.py::test_application",
    ),
    Control(
        Principle.OWNERSHIP,
        errors.message("Every record names the office that keeps it; only a keeper hands it over, with a reason."),
        "tests/rooms/dataprotection/test_principles.py::test_ownership",
    ),
    Control(
        Principle.OVERSIGHT,
        errors.message("Who did and who looked stands in a log that shows when it was changed."),
        "tests/rooms/dataprotection/test_principles.py::test_oversight",
    ),
    Control(
        Principle.EXCEPTIONS,
        errors.message("An exception to a principle stands in the register with its reason, approval and end."),
        "tests/rooms/dataprotection/test_principles.py::test_exceptions",
    ),
)

LONGEST_EXCEPTION = dt.timedelta(days=366)


def check_exception(*, reason: str, starts: dt.date, ends: dt.date) -> None:
    """Raise BadInput for an exception without a reason, or one that never ends."""
    if len(reason.strip()) < 20:
        raise errors.BadInput(
            errors.message("Give the reason in a sentence or two; it will be read by others."), code="reason_missing"
        )
    if not starts <= ends <= starts + LONGEST_EXCEPTION:
        raise errors.BadInput(
            errors.message("An exception ends within a year of its beginning; {value} does not."),
            code="exception_too_long",
            value=ends.strftime("%d.%m.%Y"),
        )
