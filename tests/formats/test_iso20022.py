"""Orders out and notifications in: what is written, what comes back, and files that want to do harm."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from streha.common import errors
from streha.formats import iso20022
from streha.formats.iso20022 import Booking, Order, Party, Transfer

DAY = dt.date(2026, 11, 24)
PAYER = Party("Zyra e Streha-s", "XK051212012345678906")
ORDER = Order(
    "PL-0007",
    dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC),
    DAY,
    PAYER,
    (
        Transfer("STR-7-1", Decimal("120.00"), "EUR", Party("Ana <Petrović> & Co\x00", PAYER.iban, "NCBVXKPR")),
        Transfer("STR-7-2", Decimal("80.50"), "EUR", Party("=Xhevdet Hoxha", "XK051212012345678906")),
    ),
    "WINTER-26",
)
BOOKINGS = [
    Booking("STR-7-1", Decimal("120.00"), "EUR", DAY, False, "A1"),
    Booking("STR-7-2", Decimal("80.50"), "EUR", DAY, True, "A2", "AC04"),
]


def test_an_order_says_who_is_paid_how_much_and_its_sums() -> None:
    root = ElementTree.fromstring(iso20022.write_order(ORDER))
    space = {"p": iso20022.ORDER}
    told = lambda path: [found.text for found in root.iterfind(path, space)]  # noqa: E731
    assert told(".//p:GrpHdr/p:NbOfTxs") == ["2"]
    assert told(".//p:CtrlSum") == ["200.50", "200.50"]
    assert told(".//p:EndToEndId") == ["STR-7-1", "STR-7-2"]
    assert told(".//p:Cdtr/p:Nm")[0] == "Ana <Petrović> & Co"
    assert told(".//p:ReqdExctnDt/p:Dt") == ["2026-11-24"]
    block = root.find(".//p:PmtInf", space)
    assert block is not None
    order = [child.tag.split("}")[1] for child in block][:11]
    assert order == [
        "PmtInfId", "PmtMtd", "BtchBookg", "NbOfTxs", "CtrlSum", "ReqdExctnDt", "Dbtr", "DbtrAcct", "DbtrAgt", "ChrgBr",
        "CdtTrfTxInf",
    ]  # fmt: skip
    plain = iso20022.write_order_csv(ORDER).decode("utf-8-sig").splitlines()
    assert plain[0] == "list,position,reference,name,iban,bic,amount,currency,pay_on"
    assert ",'=Xhevdet Hoxha," in plain[2]


@pytest.mark.parametrize("form", ["xml", "csv"])
def test_bookings_come_back_as_they_were_written(form: str) -> None:
    content = iso20022.write_notification("N1", BOOKINGS) if form == "xml" else iso20022.write_reply_csv(BOOKINGS)
    kind, found = iso20022.read_reply(content, name="reply")
    assert kind == ("camt.054" if form == "xml" else "csv")
    assert [(b.reference, b.amount, b.currency, b.on, b.is_back, b.reason) for b in found] == [
        (b.reference, b.amount, b.currency, b.on, b.is_back, b.reason) for b in BOOKINGS
    ]
    assert len({b.key for b in found}) == 2


def test_a_batch_booked_as_one_is_read_one_by_one() -> None:
    details = "".join(
        f"<TxDtls><Refs><EndToEndId>STR-1-{i}</EndToEndId></Refs><Amt Ccy='EUR'>1{i}.00</Amt></TxDtls>" for i in (1, 2)
    )
    content = (
        f"<Document xmlns='{iso20022.NOTIFICATION}'><BkToCstmrDbtCdtNtfctn><Ntfctn><Ntry><Amt Ccy='EUR'>23.00</Amt>"
        "<CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><DtTm>2026-11-24T08:00:00</DtTm></BookgDt>"
        f"<AcctSvcrRef>B9</AcctSvcrRef><NtryDtls>{details}</NtryDtls></Ntry>"
        "<Ntry><Amt Ccy='EUR'>5.00</Amt><Sts><Cd>PDNG</Cd></Sts></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    ).encode()
    _, found = iso20022.read_reply(content, name="reply.xml")
    assert [(b.reference, b.amount) for b in found] == [("STR-1-1", Decimal("11.00")), ("STR-1-2", Decimal("12.00"))]
    assert found[0].key != found[1].key


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "cannot be read"),
        (b"<!DOCTYPE a SYSTEM 'http://example.org/a.dtd'><a/>", "cannot be read"),
        (b"<a/>", "not a camt.054.001.08"),
        (f"<Document xmlns='{iso20022.NOTIFICATION}'><Ntry><Amt".encode(), "cannot be read"),
        (
            f"<Document xmlns='{iso20022.NOTIFICATION}'><Ntry><Amt Ccy='EUR'>NaN</Amt></Ntry></Document>".encode(),
            "“NaN” is not an amount",
        ),
        (
            b"reference,amount,currency,booked_on,status\nA,1.00,EUR,2026-13-01,paid\n",
            "row 2: “2026-13-01” is not a day",
        ),
        (b"reference,amount,currency,booked_on,status\nA,1.001,EUR,2026-11-01,paid\n", "“1.001” is not an amount"),
        (b"reference,amount,currency,booked_on,status\nA,1,EUR,2026-11-01,lost\n", "neither paid nor returned"),
    ],
)
def test_a_bad_file_is_refused_with_the_place(content: bytes, what: str) -> None:
    with pytest.raises(errors.BadInput, match=what):
        iso20022.read_reply(content, name="reply")
