"""Two messages of ISO 20022: a credit transfer order out (pain.001.001.09), a notification of bookings in
(camt.054.001.08); and the same two as plain CSV.

Only the elements that the office fills or reads are known here; what else a bank sends is passed over. The schemas of
the messages are not shipped: order and number of elements are checked by ``iso20022_order``, down to the details of an
entry. A notification is read as a stream, without entities, document types or network.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from streha.common import errors
from streha.common.errors import message
from streha.formats import csv_table, iso20022_order, tables

ORDER = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
NOTIFICATION = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"
LARGEST_BYTES = 128 * 1024 * 1024
MOST_BOOKINGS = 500_000
MOST_AMOUNT = Decimal(10) ** 12
NAME_LENGTH, MONOTONOUS = 70, 60
ORDER_COLUMNS = ("list", "position", "reference", "name", "iban", "bic", "amount", "currency", "pay_on")
REPLY_COLUMNS = ("reference", "amount", "currency", "booked_on", "status", "bank_reference", "reason")


@dataclass(frozen=True)
class Party:
    """Whose account."""

    name: str
    iban: str
    bic: str = ""


@dataclass(frozen=True)
class Transfer:
    """One payment of an order; ``reference`` is its EndToEndId."""

    reference: str
    amount: Decimal
    currency: str
    to: Party


@dataclass(frozen=True)
class Order:
    """What a bank is asked to pay on a day, from one account."""

    number: str
    made_at: dt.datetime
    pay_on: dt.date
    payer: Party
    transfers: tuple[Transfer, ...]
    purpose: str = ""


@dataclass(frozen=True)
class Booking:
    """One booking as the bank tells it. ``is_back``: money came back. ``key`` is the bank's own number of it."""

    reference: str
    amount: Decimal
    currency: str
    on: dt.date
    is_back: bool
    key: str
    reason: str = ""


# --- out --------------------------------------------------------------------------------------------------------------


def write_order(order: Order) -> bytes:
    """The order as pain.001.001.09: one payment block, booked as one batch, each transfer with its own reference."""
    root = Element("Document", xmlns=ORDER)
    body = SubElement(root, "CstmrCdtTrfInitn")
    total = sum((one.amount for one in order.transfers), Decimal(0))
    head = SubElement(body, "GrpHdr")
    _say(head, "MsgId", order.number)
    _say(head, "CreDtTm", order.made_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00"))
    _say(head, "NbOfTxs", str(len(order.transfers)))
    _say(head, "CtrlSum", f"{total:.2f}")
    _say(SubElement(head, "InitgPty"), "Nm", order.payer.name[:NAME_LENGTH])
    block = SubElement(body, "PmtInf")
    for tag, text in (
        ("PmtInfId", order.number),
        ("PmtMtd", "TRF"),
        ("BtchBookg", "true"),
        ("NbOfTxs", str(len(order.transfers))),
        ("CtrlSum", f"{total:.2f}"),
    ):
        _say(block, tag, text)
    _say(SubElement(block, "ReqdExctnDt"), "Dt", order.pay_on.isoformat())
    _say(SubElement(block, "Dbtr"), "Nm", order.payer.name[:NAME_LENGTH])
    _account(block, "DbtrAcct", order.payer.iban)
    _bank(block, "DbtrAgt", order.payer.bic)
    _say(block, "ChrgBr", "SLEV")
    for one in order.transfers:
        _transfer(block, one, order.purpose)
    return _bytes(root)


def _bytes(root: Element) -> bytes:
    body: bytes = tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def _transfer(block: Element, one: Transfer, purpose: str) -> None:
    told = SubElement(block, "CdtTrfTxInf")
    _say(SubElement(told, "PmtId"), "EndToEndId", one.reference)
    _say(SubElement(told, "Amt"), "InstdAmt", f"{one.amount:.2f}").set("Ccy", one.currency)
    if one.to.bic:
        _bank(told, "CdtrAgt", one.to.bic)
    _say(SubElement(told, "Cdtr"), "Nm", one.to.name[:NAME_LENGTH])
    _account(told, "CdtrAcct", one.to.iban)
    if purpose:
        _say(SubElement(told, "RmtInf"), "Ustrd", purpose[:140])


def _say(parent: Element, tag: str, text: str) -> Element:
    made = SubElement(parent, tag)
    made.text = "".join(sign for sign in text if sign.isprintable())  # XML knows no control signs
    return made


def _account(parent: Element, tag: str, iban: str) -> None:
    _say(SubElement(SubElement(parent, tag), "Id"), "IBAN", iban)


def _bank(parent: Element, tag: str, bic: str) -> None:
    bank = SubElement(SubElement(parent, tag), "FinInstnId")
    if bic:
        _say(bank, "BICFI", bic)
    else:
        _say(SubElement(bank, "Othr"), "Id", "NOTPROVIDED")


def write_order_csv(order: Order) -> bytes:
    """The order as CSV with the columns of ``ORDER_COLUMNS``; what a spreadsheet would run is made harmless."""
    rows = (
        (
            order.number,
            str(position),
            one.reference,
            one.to.name,
            one.to.iban,
            one.to.bic,
            f"{one.amount:.2f}",
            one.currency,
            order.pay_on.isoformat(),
        )
        for position, one in enumerate(order.transfers, start=1)
    )
    return b"".join(tables.write_csv(ORDER_COLUMNS, rows))


def write_notification(number: str, bookings: Iterable[Booking]) -> bytes:
    """Bookings as a bank would notify them, camt.054.001.08: for the demo, and to try the office without a bank."""
    told_of = list(bookings)
    root = Element("Document", xmlns=NOTIFICATION)
    body = SubElement(root, "BkToCstmrDbtCdtNtfctn")
    head = SubElement(body, "GrpHdr")
    _say(head, "MsgId", number)
    latest = max((one.on for one in told_of), default=dt.date(1970, 1, 1))
    _say(head, "CreDtTm", f"{latest.isoformat()}T23:59:59+00:00")
    told = SubElement(body, "Ntfctn")
    _say(told, "Id", number)
    _say(SubElement(SubElement(SubElement(told, "Acct"), "Id"), "Othr"), "Id", "NOTPROVIDED")
    for one in told_of:
        side = "CRDT" if one.is_back else "DBIT"
        entry = SubElement(told, "Ntry")
        _say(entry, "Amt", f"{one.amount:.2f}").set("Ccy", one.currency)
        _say(entry, "CdtDbtInd", side)
        _say(SubElement(entry, "Sts"), "Cd", "BOOK")
        _say(SubElement(entry, "BookgDt"), "Dt", one.on.isoformat())
        _say(entry, "AcctSvcrRef", one.key)
        _say(SubElement(SubElement(entry, "BkTxCd"), "Prtry"), "Cd", "TRANSFER")
        detail = SubElement(SubElement(entry, "NtryDtls"), "TxDtls")
        _say(SubElement(detail, "Refs"), "EndToEndId", one.reference)
        _say(detail, "Amt", f"{one.amount:.2f}").set("Ccy", one.currency)
        _say(detail, "CdtDbtInd", side)
        if one.is_back:
            _say(SubElement(SubElement(detail, "RtrInf"), "Rsn"), "Cd", one.reason or "AC04")
    return _bytes(root)


def write_reply_csv(bookings: Iterable[Booking]) -> bytes:
    """Bookings as CSV with the columns of ``REPLY_COLUMNS``."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(REPLY_COLUMNS)
    for one in bookings:
        status = "returned" if one.is_back else "paid"
        writer.writerow(
            (one.reference, f"{one.amount:.2f}", one.currency, one.on.isoformat(), status, one.key, one.reason)
        )
    return out.getvalue().encode()


# --- in ---------------------------------------------------------------------------------------------------------------


def form_of(content: bytes, *, name: str) -> str:
    """Which of the two a reply is, by its first sign. Raises BadInput for one that is empty or too large."""
    if len(content) > LARGEST_BYTES:
        raise _wrong(name, f"{len(content)} bytes, more than {LARGEST_BYTES}")
    start = content[:200].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if not start:
        raise _wrong(name, "it is empty")
    return "camt.054" if start == b"<" else "csv"


def read_reply(content: bytes, *, name: str) -> tuple[str, list[Booking]]:
    """(format, bookings) of a bank's reply: camt.054.001.08 or the CSV of ``REPLY_COLUMNS``, known by its content.

    Raises BadInput with what is wrong and where, before anything of it counts.
    """
    form = form_of(content, name=name)
    return form, list(_bookings(content, name)) if form == "camt.054" else _read_csv(content, name)


def _bookings(content: bytes, name: str) -> Iterator[Booking]:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    space, number, is_ours = f"{{{NOTIFICATION}}}", 0, False
    passed: set[tuple[str, ...]] = set()  # orders that were looked at: the files of a bank are monotonous
    checked = {f"{space}{path.rpartition('/')[2]}": path for path in iso20022_order.parts(iso20022_order.NOTIFICATION)}
    try:
        for event, element in iterparse(io.BytesIO(content), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                if not is_ours and element.tag != f"{space}Document":
                    raise _wrong(name, f"the root is {element.tag[:80]}, not a camt.054.001.08 message")
                is_ours = True
                continue
            if element.tag in checked:
                tags = (element.tag, *(child.tag for child in element))
                if tags not in passed:
                    _require_order(element, checked[element.tag], space, name, number + 1)
                    passed.add(tags if len(tags) < MONOTONOUS else ())
            if element.tag != f"{space}Ntry":
                continue
            for booking in _entry(element, space, name, number + 1):
                number += 1
                if number > MOST_BOOKINGS:
                    raise _wrong(name, f"more than {MOST_BOOKINGS} bookings")
                yield booking
            element.clear()
    except (ParseError, DefusedXmlException) as error:
        raise _wrong(name, str(error).splitlines()[0][:200] or type(error).__name__) from error


def _require_order(element: Element, path: str, space: str, name: str, booking: int) -> None:
    """Raise BadInput with path, rule and place, where the children of an element are not as the definition says."""
    names = [child.tag.removeprefix(space) for child in element]
    if found := iso20022_order.wrong(iso20022_order.NOTIFICATION, path, names):
        place = f" (booking {booking})" if "/Ntry" in path else ""
        raise _wrong(name, f"{path}{place}: {found}")


def _entry(entry: Element, space: str, name: str, first: int) -> Iterator[Booking]:
    """The bookings of one entry: its details, or itself where it has none. What is not booked yet is passed over."""
    status = entry.findtext(f"{space}Sts/{space}Cd") or entry.findtext(f"{space}Sts") or "BOOK"
    if status.strip() != "BOOK":
        return
    day = entry.findtext(f"{space}BookgDt/{space}Dt") or (entry.findtext(f"{space}BookgDt/{space}DtTm") or "")[:10]
    own = entry.findtext(f"{space}AcctSvcrRef") or ""
    details = entry.findall(f"{space}NtryDtls/{space}TxDtls")
    for number, detail in enumerate(details or [entry]):
        where = f"booking {first + number}"
        amount = detail.find(f"{space}Amt")
        if amount is None:
            amount = detail.find(f"{space}AmtDtls/{space}TxAmt/{space}Amt")
        if amount is None and len(details) <= 1:
            amount = entry.find(f"{space}Amt")
        if amount is None:
            raise _wrong(name, f"{where}: no amount")
        side = detail.findtext(f"{space}CdtDbtInd") or entry.findtext(f"{space}CdtDbtInd") or ""
        reference = (detail.findtext(f"{space}Refs/{space}EndToEndId") or "").strip()
        key = detail.findtext(f"{space}Refs/{space}AcctSvcrRef") or own
        returned = detail.find(f"{space}RtrInf")
        reason = "" if returned is None else returned.findtext(f"{space}Rsn/{space}Cd") or ""
        yield _booking(
            (reference, amount.text or "", amount.get("Ccy") or "", day, key, reason),
            is_back=side.strip() == "CRDT",
            name=name,
            where=where,
            position=number if len(details) > 1 and key == own else 0,
        )


def _booking(told: Sequence[str], *, is_back: bool, name: str, where: str, position: int = 0) -> Booking:
    reference, amount, currency, day, key, reason = (part.strip() for part in told)
    try:
        value = Decimal(amount)
        if (
            not value.is_finite()
            or value <= 0
            or value != value.quantize(Decimal("0.01"))
            or value >= Decimal(10) ** 12
        ):
            raise InvalidOperation
    except InvalidOperation:
        raise _wrong(name, f"{where}: “{amount[:40]}” is not an amount") from None
    try:
        on = dt.date.fromisoformat(day)
    except ValueError:
        raise _wrong(name, f"{where}: “{day[:40]}” is not a day") from None
    if len(currency) != 3 or not currency.isalpha():
        raise _wrong(name, f"{where}: “{currency[:40]}” is not a currency")
    whole = f"{key}\t{position}" if key else f"{reference}\t{value}\t{currency}\t{on}\t{is_back}"
    digest = hashlib.sha256(whole.encode()).hexdigest()
    return Booking(reference[:80], value, currency.upper(), on, is_back, digest, reason[:80])


def _read_csv(content: bytes, name: str) -> list[Booking]:
    table = csv_table.read(content, name=name, required=REPLY_COLUMNS[:5])
    found = []
    for row in table.rows:
        where = f"row {row.number}"
        if row["status"].lower() not in {"paid", "returned"}:
            raise _wrong(name, f"{where}: status “{row['status'][:40]}” is neither paid nor returned")
        told = [row[column] for column in ("reference", "amount", "currency", "booked_on", "bank_reference", "reason")]
        found.append(_booking(told, is_back=row["status"].lower() == "returned", name=name, where=where))
    return found


def _wrong(name: str, what: str) -> errors.BadInput:
    return errors.BadInput(
        message("{file} cannot be read: {what}. Ask the bank for the file again, as camt.054.001.08 or CSV."),
        code="bank_file",
        field="file",
        file=name,
        what=what,
    )
