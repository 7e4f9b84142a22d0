"""Orders out and notifications in: what is written, what comes back, and files that want to do harm."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from streha.common import errors
from streha.formats import iso20022, iso20022_order
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


def notified(entries: str) -> bytes:
    """Entries within the rest of a message."""
    head = "<GrpHdr><MsgId>N</MsgId><CreDtTm>2026-11-24T09:00:00</CreDtTm></GrpHdr>"
    body = f"{head}<Ntfctn><Id>N</Id><Acct/>{entries}</Ntfctn>"
    return (
        f"<Document xmlns='{iso20022.NOTIFICATION}'><BkToCstmrDbtCdtNtfctn>{body}</BkToCstmrDbtCdtNtfctn></Document>"
    ).encode()


def children_are_in_order(content: bytes, message: str) -> int:
    """Every known parent of a message held against its definition; returns how many were looked at."""
    known, seen = iso20022_order.parts(message), 0

    def walk(element: ElementTree.Element, path: str) -> None:
        nonlocal seen
        if path in known:
            seen += 1
            assert iso20022_order.wrong(message, path, [child.tag.split("}")[1] for child in element]) == ""
        for child in element:
            walk(child, f"{path}/{child.tag.split('}')[1]}")

    walk(ElementTree.fromstring(content), "Document")
    return seen


def test_what_is_written_has_the_order_of_the_published_definitions() -> None:
    assert children_are_in_order(iso20022.write_order(ORDER), iso20022_order.ORDER) == 8
    assert children_are_in_order(iso20022.write_notification("N", BOOKINGS), iso20022_order.NOTIFICATION) == 10


ENTRY = "<Ntry><Amt Ccy='EUR'>5</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>{0}<BkTxCd/>{1}</Ntry>"
DAY_OF = "<BookgDt><Dt>2026-11-24</Dt></BookgDt>"


@pytest.mark.parametrize(
    ("entries", "what"),
    [
        (ENTRY.format(DAY_OF, "").replace("<BkTxCd/>", ""), r"Ntfctn/Ntry \(booking 1\): “BkTxCd” is missing; camt"),
        (ENTRY.format("", DAY_OF), "“BookgDt” stands behind “BkTxCd”; camt.054.001.08 has it before"),
        (ENTRY.format(DAY_OF, "<Gift/>"), "“Gift” is no element of it in camt.054.001.08"),
        (ENTRY.format(DAY_OF * 2, ""), "“BookgDt” stands more than once"),
        (ENTRY.format(DAY_OF, "<NtryDtls><TxDtls><Amt/><Refs/></TxDtls></NtryDtls>"), "TxDtls .*“Refs” stands behind"),
        (ENTRY.format(DAY_OF, "") + "<Intrst/>", "Ntfctn: “Intrst” stands behind “Ntry”"),
    ],
)
def test_a_message_out_of_order_is_refused_with_path_and_rule(entries: str, what: str) -> None:
    assert iso20022.read_reply(notified(ENTRY.format(DAY_OF, "")), name="reply")[1][0].amount == 5
    with pytest.raises(errors.BadInput, match=what):
        iso20022.read_reply(notified(entries), name="reply")


def test_a_batch_booked_as_one_is_read_one_by_one() -> None:
    details = "".join(
        f"<TxDtls><Refs><EndToEndId>STR-1-{i}</EndToEndId></Refs><Amt Ccy='EUR'>1{i}.00</Amt></TxDtls>" for i in (1, 2)
    )
    content = notified(
        "<Ntry><Amt Ccy='EUR'>23.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
        "<BookgDt><DtTm>2026-11-24T08:00:00</DtTm></BookgDt><AcctSvcrRef>B9</AcctSvcrRef><BkTxCd/>"
        f"<NtryDtls>{details}</NtryDtls></Ntry>"
        "<Ntry><Amt Ccy='EUR'>5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts><BkTxCd/></Ntry>"
    )
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
            f"<Document xmlns='{iso20022.NOTIFICATION}'><Ntry><Amt Ccy='EUR'>NaN</Amt><CdtDbtInd/><Sts/><BkTxCd/>"
            "</Ntry></Document>".encode(),
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
