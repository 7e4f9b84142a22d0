"""Payment lists from draft to the bank's last line: built, signed, sent, reconciled, and what goes wrong on the way."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from tests import factories
from tests.factories import AT, OFFICE
from tests.rooms.assistance import giving
from tests.rooms.assistance.giving import TODAY, Giving

from streha.accounts.rules import Access, Role
from streha.assistance.entitlements import actions as given
from streha.assistance.entitlements import models as given_models
from streha.assistance.entitlements import queries as given_queries
from streha.assistance.entitlements import rules as given_rules
from streha.assistance.payments import actions, models, queries, rules
from streha.assistance.programmes import models as programme_models
from streha.audit.models import ReadRecord
from streha.common import errors
from streha.formats import iso20022
from streha.formats.iso20022 import Booking, Party
from streha.jobs import actions as jobs
from streha.jobs.models import Job
from streha.jobs.rules import Cancelled
from streha.people.models import Person

pytestmark = pytest.mark.django_db
PAYER = Party("The office", "XK051212012345678906")


def iban(number: int) -> str:
    """A well-formed account number, of nobody."""
    body = f"1212{number:012d}"
    check = 98 - int("".join(str(int(sign, 36)) for sign in f"{body}XK00")) % 97
    return f"XK{check:02d}{body}"


def nothing(*_args: Any, **_more: Any) -> None:
    """Progress that nobody waits for."""


def banked(office: Giving, number: int, family: str = "Hoxha") -> Person:
    someone = factories.person(f"Given{number}", family)
    draft = actions.AccountDraft(iban(number), f"Given{number} {family}")
    actions.set_account(someone.pk, draft, by=office.finance, at=AT)
    return someone


def drafted(office: Giving, **more: Any) -> models.PaymentList:
    draft = actions.ListDraft(office.cycle.pk, office.commitment.pk, "November", "EUR", TODAY, TODAY)
    row = actions.begin_list(draft, by=office.programme, at=AT)
    actions.fill_list(row.pk, by=office.programme, at=AT, progress=nothing)
    row.refresh_from_db()
    return row


def sent(office: Giving, signer: Access | None = None) -> models.PaymentList:
    row = drafted(office)
    actions.ask(row.pk, by=office.programme, at=AT)
    actions.sign(row.pk, by=signer or factories.access(Role.AUTHORISER), at=AT)
    return actions.send(row.pk, by=office.finance, at=AT)


def replied(office: Giving, *bookings: Booking, name: str = "r.xml") -> dict[str, int]:
    reply, _ = actions.bring_reply(iso20022.write_notification("N", bookings), name, by=office.finance, at=AT)
    return actions.reconcile(reply.pk, by=office.finance, at=AT, progress=nothing)


def booked(line: models.PaymentLine, key: str = "", *, back: bool = False, amount: str = "") -> Booking:
    return Booking(
        line.reference, Decimal(amount) if amount else line.amount, "EUR", TODAY, back, key or line.reference
    )


def test_a_list_is_built_signed_sent_and_settled() -> None:
    office = giving.office()
    people = [banked(office, number) for number in range(1, 4)]
    without = factories.person("Without", "Account")
    rows = [office.cash(person, "120.10") for person in (*people, without)]
    row = drafted(office)
    assert (row.number_of_lines, row.total, row.state) == (3, Decimal("360.30"), rules.ListState.DRAFT)
    assert Job.objects.filter(kind="payments.build").exists()
    again = drafted(office)
    assert again.number_of_lines == 0  # nobody stands on two lists
    with pytest.raises(errors.BadInput, match="has no lines"):
        actions.ask(again.pk, by=office.programme, at=AT)

    with pytest.raises(errors.Conflict, match="is draft; this can be done only while it is approved"):
        actions.send(row.pk, by=office.finance, at=AT)
    row = actions.ask(row.pk, by=office.programme, at=AT)
    office.commitment.refresh_from_db()
    assert (office.commitment.used, office.commitment.spent) == (Decimal("360.30"), 0)
    authoriser = factories.access(Role.AUTHORISER)
    with pytest.raises(errors.Refused):
        actions.sign(row.pk, by=office.programme, at=AT)
    assert actions.sign(row.pk, by=authoriser, at=AT).state == rules.ListState.APPROVED
    with pytest.raises(errors.Conflict, match="is approved"):
        actions.sign(row.pk, by=factories.access(Role.AUTHORISER), at=AT)
    with pytest.raises(errors.Conflict, match="payment list"):
        given.deliver(rows[0].pk, office.handed("120.10"), by=office.caseworker, at=AT)
    row = actions.send(row.pk, by=office.finance, at=AT)

    name, content = actions.order_file(row.pk, "xml", PAYER, by=office.finance, at=AT)
    assert name == f"{row.number}.xml"
    assert iban(2).encode() in content
    assert ReadRecord.objects.filter(verb="payment file").count() == 3
    assert iban(2).encode() in actions.order_file(row.pk, "csv", PAYER, by=office.finance, at=AT)[1]
    with pytest.raises(errors.Unavailable, match="STREHA_PAYER_IBAN"):
        actions.order_file(row.pk, "xml", Party("", ""), by=office.finance, at=AT)
    with pytest.raises(errors.Refused):
        actions.order_file(row.pk, "xml", PAYER, by=office.programme, at=AT)

    lines = list(row.lines.order_by("position"))
    assert replied(office, *(booked(line) for line in lines)) == {"matched": 3}
    row.refresh_from_db()
    office.commitment.refresh_from_db()
    assert row.state == rules.ListState.SETTLED
    assert (office.commitment.used, office.commitment.spent) == (Decimal("360.30"), Decimal("360.30"))
    rows[0].refresh_from_db()
    assert rows[0].state == given_rules.State.FULL
    assert given_models.Delivery.objects.filter(source="bank").count() == 3


def test_every_sort_of_bank_line_is_told_apart_and_nothing_counts_twice() -> None:
    office = giving.office()
    for number in range(1, 6):
        office.cash(banked(office, number), "100")
    row = sent(office)
    first, second, third, fourth, fifth = row.lines.order_by("position")
    bookings = [
        booked(first),
        booked(first, "again"),  # the same payment booked once more: paid already
        booked(second, back=True),  # returned before it was ever paid
        booked(third, amount="10"),
        Booking("SOMETHING-ELSE", Decimal(7), "EUR", TODAY, False, "x"),
        booked(fourth),
    ]
    content = iso20022.write_notification("N", bookings)
    reply, is_new = actions.bring_reply(content, "r.xml", by=office.finance, at=AT)
    told = actions.reconcile(reply.pk, by=office.finance, at=AT, progress=nothing)
    assert is_new
    assert told == {"matched": 2, "doubled": 1, "returned": 1, "wrong_amount": 1, "unknown": 1}

    same, is_new = actions.bring_reply(content, "other-name.xml", by=office.finance, at=AT)
    assert (same.pk, is_new) == (reply.pk, False)
    assert actions.reconcile(reply.pk, by=office.finance, at=AT, progress=nothing) == told
    assert replied(office, booked(first), booked(fourth), booked(fifth, "last")) == {"doubled": 2, "matched": 1}
    office.commitment.refresh_from_db()
    assert office.commitment.spent == 300
    assert office.commitment.used == 400  # the third is still on its way
    assert given_models.Delivery.objects.count() == 3

    assert replied(office, booked(fourth, "back", back=True)) == {"returned": 1}  # paid, and then sent back
    office.commitment.refresh_from_db()
    assert (office.commitment.spent, office.commitment.used) == (200, 300)
    entitlement = fourth.entitlement
    entitlement.refresh_from_db()
    assert entitlement.state == given_rules.State.DUE

    wrong, unknown = queries.open_bookings(office.finance)
    assert (wrong.found, unknown.found) == ("wrong_amount", "unknown")
    actions.settle_booking(unknown.pk, rules.Settlement.NOT_OURS, reason="Rent", by=office.finance, at=AT)
    with pytest.raises(errors.BadInput, match="does not fit an open line"):
        actions.settle_booking(
            wrong.pk, rules.Settlement.OURS, reason="x", reference=third.reference, by=office.finance, at=AT
        )
    actions.settle_booking(wrong.pk, rules.Settlement.BANK_ASKED, reason="Letter 7", by=office.finance, at=AT)
    with pytest.raises(errors.Conflict, match="settled this already"):
        actions.settle_booking(wrong.pk, rules.Settlement.NOT_OURS, reason="x", by=office.finance, at=AT)
    assert replied(office, booked(third, "right")) == {"matched": 1}
    row.refresh_from_db()
    assert row.state == rules.ListState.SETTLED

    fresh = drafted(office)  # those who were returned can be paid again, once
    assert fresh.number_of_lines == 2


def test_refused_changed_and_cancelled_lists_free_their_money() -> None:
    office = giving.office(committed="150")
    office.cash(banked(office, 1), "100")
    row = drafted(office)
    actions.ask(row.pk, by=office.programme, at=AT)
    authoriser = factories.access(Role.AUTHORISER)
    with pytest.raises(errors.BadInput):
        actions.refuse(row.pk, reason=" ", by=authoriser, at=AT)
    row = actions.refuse(row.pk, reason="Too early", by=authoriser, at=AT)
    office.commitment.refresh_from_db()
    assert (row.state, office.commitment.used) == (rules.ListState.DRAFT, 0)

    actions.ask(row.pk, by=office.programme, at=AT)
    office.cash(banked(office, 2), "100")
    second = drafted(office)
    with pytest.raises(errors.Conflict, match=r"still holds: 50\.00 EUR"):
        actions.ask(second.pk, by=office.programme, at=AT)
    models.PaymentLine.objects.filter(list=row).update(
        amount=99
    )  # past the office, as somebody with the database could
    with pytest.raises(errors.Conflict, match="is not what was asked for any more"):
        actions.sign(row.pk, by=factories.access(Role.AUTHORISER), at=AT)
    actions.cancel(row.pk, reason="Changed", by=office.programme, at=AT)
    actions.ask(second.pk, by=office.programme, at=AT)
    office.commitment.refresh_from_db()
    assert office.commitment.used == 100


def test_a_power_cut_between_two_pieces_loses_and_doubles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "PIECE", 2)
    office = giving.office()
    for number in range(1, 6):
        office.cash(banked(office, number), "10")
    row = sent(office)
    bookings = [booked(line) for line in row.lines.order_by("position")]
    reply, _ = actions.bring_reply(iso20022.write_reply_csv(bookings), "r.csv", by=office.finance, at=AT)
    seen: list[int] = []

    def cut(done: int, _total: int) -> None:
        seen.append(done)
        if done == 5 + 4:
            raise SystemExit  # inside the transaction of the second piece, after the five were read

    with pytest.raises(SystemExit):
        actions.reconcile(reply.pk, by=office.finance, at=AT, progress=cut)
    assert given_models.Delivery.objects.count() == 2
    assert actions.reconcile(reply.pk, by=office.finance, at=AT, progress=nothing) == {"matched": 5}
    assert given_models.Delivery.objects.count() == 5
    office.commitment.refresh_from_db()
    assert office.commitment.spent == 50
    assert sum(programme_models.Spending.objects.values_list("amount", flat=True)) == 50


def test_a_large_file_is_read_by_the_job_which_may_be_stopped_and_refuses_a_file_that_lies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(actions, "READ_AT_ONCE", 0)
    monkeypatch.setattr(actions, "STAGED", 2)
    office = giving.office()
    for number in range(1, 6):
        office.cash(banked(office, number), "10")
    row = sent(office)
    content = iso20022.write_reply_csv(booked(line) for line in row.lines.order_by("position"))

    lies, _ = actions.bring_reply(content + b"A,nothing,EUR,2026-11-20,paid,,\r\n", "l.csv", by=office.finance, at=AT)
    with pytest.raises(errors.BadInput, match="“nothing” is not an amount"):
        actions.reconcile(lies.pk, by=office.finance, at=AT, progress=nothing)
    lies.refresh_from_db()
    assert (lies.state, lies.lines.count(), models.BankFile.objects.count()) == ("refused", 0, 0)
    assert lies.fault.startswith("row 7")
    with pytest.raises(errors.BadInput, match="“nothing” is not an amount"):  # tried again, it says the same
        actions.reconcile(lies.pk, by=office.finance, at=AT, progress=nothing)

    reply, _ = actions.bring_reply(content, "r.csv", by=office.finance, at=AT)
    assert b"STR-" not in bytes(models.BankFile.objects.get().sealed)

    def stop(done: int, _total: int) -> None:
        if done == 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        actions.reconcile(reply.pk, by=office.finance, at=AT, progress=stop)
    reply.refresh_from_db()
    assert (reply.state, reply.lines.count(), given_models.Delivery.objects.count()) == ("reading", 2, 0)
    assert reply.job is not None
    assert actions.bring_reply(content, "r.csv", by=office.finance, at=AT) == (reply, False), "its job still waits"
    jobs.ask_cancel(reply.job.pk, by=OFFICE, at=AT)
    later = AT + dt.timedelta(minutes=5)
    again, is_new = actions.bring_reply(content, "r.csv", by=office.finance, at=later)
    assert (again.pk, is_new, again.lines.count(), models.BankFile.objects.count()) == (reply.pk, True, 0, 1)
    assert actions.reconcile(reply.pk, by=office.finance, at=later, progress=nothing) == {"matched": 5}
    reply.refresh_from_db()
    assert (reply.state, reply.number_of_lines, models.BankFile.objects.count()) == ("done", 5, 0)
    assert actions.bring_reply(content, "r.csv", by=office.finance, at=later)[1] is False
    assert given_models.Delivery.objects.count() == 5


def test_account_numbers_are_checked_sealed_and_ended() -> None:
    office = giving.office()
    someone = banked(office, 1)
    first = models.Account.objects.get(person=someone)
    assert iban(1).encode() not in bytes(first.iban_sealed or b"")
    for wrong, what in (("XK051212012345678907", "check digits"), ("XK0512120123", "an IBAN of XK has 20 signs")):
        with pytest.raises(errors.BadInput, match=what):
            actions.set_account(someone.pk, actions.AccountDraft(wrong, "x"), by=office.finance, at=AT)
    same = actions.set_account(someone.pk, actions.AccountDraft(iban(1).lower(), "x"), by=office.finance, at=AT)
    assert same.pk == first.pk
    other = actions.set_account(someone.pk, actions.AccountDraft(iban(9), "x"), by=office.finance, at=AT)
    first.refresh_from_db()
    assert first.ended_at is not None
    assert queries.accounts_of([someone.pk])[someone.pk] == other
    with pytest.raises(errors.Refused):
        actions.set_account(someone.pk, actions.AccountDraft(iban(8), "x"), by=office.caseworker, at=AT)


def test_a_list_in_another_currency_is_charged_by_the_rate_it_was_frozen_at() -> None:
    from streha.assistance.programmes import actions as programmes
    from streha.assistance.programmes import rules as programme_rules
    from streha.common.money import Money

    office = giving.office()
    for number in (1, 2, 3):
        draft = given.Draft(
            banked(office, number).pk,
            given_rules.Kind.CASH,
            given_rules.Much.of(Money.of("1000.01", "RSD")),
            TODAY,
            commitment_id=office.commitment.pk,
        )
        given.entitle(office.cycle.pk, draft, by=office.programme, at=AT)
    draft_list = actions.ListDraft(office.cycle.pk, office.commitment.pk, "Dinars", "RSD", TODAY, TODAY)
    row = actions.begin_list(draft_list, by=office.programme, at=AT)
    actions.fill_list(row.pk, by=office.programme, at=AT, progress=nothing)
    with pytest.raises(errors.BadInput, match="There is no rate from RSD to EUR"):
        actions.ask(row.pk, by=office.programme, at=AT)
    rate = programme_rules.Rate(TODAY, "EUR", "RSD", Decimal("117.2"))
    programmes.note_rate(rate, source="Central bank", by=office.finance, at=AT)
    actions.ask(row.pk, by=office.programme, at=AT)
    actions.sign(row.pk, by=factories.access(Role.AUTHORISER), at=AT)
    actions.send(row.pk, by=office.finance, at=AT)
    bookings = [
        Booking(line.reference, line.amount, "RSD", TODAY, False, line.reference) for line in row.lines.order_by("pk")
    ]
    assert replied(office, *bookings) == {"matched": 3}
    office.commitment.refresh_from_db()
    assert office.commitment.spent == office.commitment.used == Decimal("25.59")  # three times 8.53
    came = given_models.Delivery.objects.order_by("pk").first()
    assert came is not None
    given.take_back(came.pk, came.amount, on=TODAY, reason="Back", key="b", by=office.caseworker, at=AT)
    office.commitment.refresh_from_db()
    assert office.commitment.spent == Decimal("17.06")


def test_a_merge_of_two_who_both_received_by_bank_shows() -> None:
    from streha.people.merges import actions as merges

    office = giving.office()
    first, second = banked(office, 1), banked(office, 2, "Hoxhaj")
    for someone in (first, second):
        office.cash(someone, "50")
    row = sent(office)
    merges.merge(merges.Choice(first.pk, second.pk), by=factories.OFFICE, at=AT)
    assert replied(office, *(booked(line) for line in row.lines.all())) == {"matched": 2}
    (double,) = given_queries.doubles(office.finance)
    assert double.given_twice == 50
