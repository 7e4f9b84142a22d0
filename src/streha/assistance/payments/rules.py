"""What can be decided about payments without a register: states, references, and what a bank's line means."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from streha.common import errors

REFERENCE_LENGTH = 35
"""EndToEndId of ISO 20022 holds 35 signs (Max35Text)."""


class ListState(StrEnum):
    """How far a payment list has come."""

    DRAFT = "draft"
    ASKED = "asked"
    APPROVED = "approved"
    SENT = "sent"
    SETTLED = "settled"
    CANCELLED = "cancelled"


class ReplyState(StrEnum):
    """How far the office has come with a file of the bank."""

    READING = "reading"
    """Its bookings are being staged; none of them counts."""
    PLACING = "placing"
    DONE = "done"
    REFUSED = "refused"
    """It could not be read; nothing of it is kept."""


class LineState(StrEnum):
    """What became of one line: paid and returned are the bank's words, the others the office's."""

    WAITING = "waiting"
    SENT = "sent"
    PAID = "paid"
    RETURNED = "returned"
    CANCELLED = "cancelled"


LIVE = frozenset({LineState.WAITING, LineState.SENT, LineState.PAID})
"""An entitlement stands on one live line at a time."""


class Said(StrEnum):
    """What the bank says happened."""

    PAID = "paid"
    RETURNED = "returned"


class Found(StrEnum):
    """What a line of a reply turned out to be; waiting until it is looked at."""

    WAITING = "waiting"
    MATCHED = "matched"
    RETURNED = "returned"
    UNKNOWN = "unknown"
    WRONG_AMOUNT = "wrong_amount"
    DOUBLED = "doubled"


TO_LOOK_AT = frozenset({Found.UNKNOWN, Found.WRONG_AMOUNT})
"""These wait for a person."""


class Settlement(StrEnum):
    """What a person decided about a line that the office could not place."""

    OURS = "ours"
    NOT_OURS = "not_ours"
    BANK_ASKED = "bank_asked"


@dataclass(frozen=True)
class Open:
    """A line of a list as reconciling takes it."""

    pk: int
    reference: str
    amount: Decimal
    currency: str
    state: LineState


@dataclass(frozen=True)
class Booked:
    """A line of a bank's reply: ``key`` is the bank's own number of the booking, or made from what it says."""

    reference: str
    amount: Decimal
    currency: str
    on: dt.date
    said: Said
    key: str
    reason: str = ""


def judge(booked: Booked, line: Open | None, is_known: bool) -> Found:
    """What a line of a reply is: the same booking again, somebody else's, another amount, a return, or as expected.

    >>> day = dt.date(2026, 11, 22)
    >>> sent = Open(1, "PL7-1", Decimal("120.00"), "EUR", LineState.SENT)
    >>> judge(Booked("PL7-1", Decimal("120.00"), "EUR", day, Said.PAID, "A"), sent, False).value
    'matched'
    >>> judge(Booked("PL7-1", Decimal("12.00"), "EUR", day, Said.PAID, "A"), sent, False).value
    'wrong_amount'
    """
    if is_known:
        return Found.DOUBLED
    if line is None or line.state in {LineState.WAITING, LineState.CANCELLED}:
        return Found.UNKNOWN
    if (booked.amount, booked.currency) != (line.amount, line.currency):
        return Found.WRONG_AMOUNT
    if booked.said == Said.RETURNED:
        return Found.DOUBLED if line.state == LineState.RETURNED else Found.RETURNED
    return Found.MATCHED if line.state == LineState.SENT else Found.DOUBLED


def reference(list_number: int, position: int) -> str:
    """The reference of a line: what goes to the bank and comes back. It says nothing about anybody."""
    return f"STR-{list_number}-{position}"


def digest(lines: Iterable[tuple[int, str, Decimal, str]]) -> str:
    """What exactly is approved: position, reference, amount and account of every line, in order."""
    told = hashlib.sha256()
    for position, ref, amount, account in lines:
        told.update(f"{position}\t{ref}\t{amount:.2f}\t{account}\n".encode())
    return told.hexdigest()


# --- accounts ---------------------------------------------------------------------------------------------------------

# Lengths of an IBAN by country, from the registry of ISO 13616, for countries to which this office pays most.
_IBANS = """
AD=24 AL=28 AT=20 BA=20 BE=16 BG=22 CH=21 CY=28 CZ=24 DE=22 DK=18 EE=20 ES=24 FI=18 FR=27 GB=22 GR=27 HR=21 HU=28 IE=22
IS=26 IT=27 LI=21 LT=20 LU=20 LV=21 MC=27 MD=24 ME=22 MK=19 MT=31 NL=18 NO=15 PL=28 PT=25 RO=24 RS=22 SE=24 SI=19 SK=24
SM=27 TR=26 UA=29 XK=20
"""
_IBAN_LENGTHS = {country: int(length) for country, _, length in (one.partition("=") for one in _IBANS.split())}


def plain_iban(text: str) -> str:
    """The number without blanks, in capitals. Raises BadInput for a wrong length, sign or check digit (ISO 7064)."""
    tidy = re.sub(r"[\s-]", "", text).upper()
    length = _IBAN_LENGTHS.get(tidy[:2])
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", tidy) or (length is not None and len(tidy) != length):
        raise errors.BadInput(
            errors.message(
                "This is not an account number: an IBAN of {country} has {length} signs, and this one has {found}."
            ),
            code="iban_length",
            field="iban",
            country=tidy[:2] or "?",
            length=length or "15-34",
            found=len(tidy),
        )
    digits = "".join(str(int(sign, 36)) for sign in tidy[4:] + tidy[:4])
    if int(digits) % 97 != 1:
        raise errors.BadInput(
            errors.message("The check digits of this account number do not fit. Compare it with the bank's paper."),
            code="iban_check",
            field="iban",
        )
    return tidy


def hint(iban: str) -> str:
    """The last signs, by which people tell their accounts apart."""
    return iban[-4:]
