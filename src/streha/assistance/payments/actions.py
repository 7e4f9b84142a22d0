"""Every write of payments: accounts, lists that are built, frozen, signed and sent, bank replies that are reconciled.

Long work goes in pieces of at most 500, each in one transaction with its progress: killed anywhere, the next worker
goes on with the next piece, and nothing is paid, noted or charged twice.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import IntegrityError, connection, transaction
from django.db.models import F

from streha.accounts import queries as accounts
from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.assistance.actions import ROOM, record
from streha.assistance.entitlements import actions as given
from streha.assistance.entitlements import models as given_models
from streha.assistance.entitlements import queries as given_queries
from streha.assistance.entitlements import rules as given_rules
from streha.assistance.payments import models, queries, rules
from streha.assistance.programmes import actions as programmes
from streha.assistance.programmes import models as programme_models
from streha.assistance.programmes import queries as programme_queries
from streha.assistance.programmes import rules as programme_rules
from streha.audit import actions as audit
from streha.audit.rules import Entry
from streha.common import errors
from streha.common.money import Money, check_currency, rounded
from streha.formats import iso20022
from streha.jobs import actions as jobs
from streha.people import models as people
from streha.people import queries as people_queries

PIECE = 500
A = Action
S = rules.ListState
L = rules.LineState


# --- accounts ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AccountDraft:
    iban: str
    holder: str
    bic: str = ""


@transaction.atomic
def set_account(person_id: int, draft: AccountDraft, *, by: Access, at: dt.datetime) -> models.Account:
    """The person is paid to this account from now on; an earlier one is ended, not changed."""
    by.require(A.ACCOUNT_CHANGE)
    kept = people_queries.answering([person_id])[person_id]
    person = people.Person.objects.visible_to(by, A.ACCOUNT_CHANGE).select_for_update(of=("self",)).filter(pk=kept)
    row = person.first()
    if row is None:
        raise errors.NotFound()
    iban = rules.plain_iban(draft.iban)
    holder = programme_rules.check_named(draft.holder, "holder")[: iso20022.NAME_LENGTH]
    blind = audit.blind_index(models.BLIND_IBAN, iban)
    mine = models.Account.objects.filter(person_id__in=people_queries.one_person(row.pk), ended_at=None)
    same = mine.filter(blind=blind).first()
    if same is not None:
        return same
    mine.update(ended_at=at)
    made = models.Account.objects.create(
        person=row,
        iban_sealed=audit.seal(row.subject, iban.encode(), context=models.SEALED_IBAN),
        holder_sealed=audit.seal(row.subject, holder.encode(), context=models.SEALED_HOLDER),
        blind=blind,
        hint=rules.hint(iban),
        bic=draft.bic.strip().upper()[:11],
        made_by_id=by.user_id,
        made_at=at,
    )
    audit.record(
        by=by.actor,
        at=at,
        room=ROOM,
        verb="account set",
        object_kind="person",
        object_key=row.pk,
        subject=row.subject,
        payload={"account": f"…{made.hint}"},
    )
    return made


# --- building a list --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ListDraft:
    """A list to be built: from which cycle and commitment, what is due until when, to be paid on a day."""

    cycle_id: int
    commitment_id: int
    title: str
    currency: str
    due_until: dt.date
    pay_on: dt.date


@transaction.atomic
def begin_list(draft: ListDraft, *, by: Access, at: dt.datetime) -> models.PaymentList:
    """The list stands, empty; a job fills it."""
    by.require(A.PAYMENT_BUILD)
    cycle = programmes.cycle_for(draft.cycle_id, A.PROGRAMME_VIEW, by)
    commitment = programme_models.Commitment.objects.filter(pk=draft.commitment_id).first()
    if commitment is None:
        raise errors.NotFound()
    today = programme_queries.day_of(at)
    if draft.pay_on < today:
        raise errors.BadInput(
            errors.message("{value} is past. A bank pays from today on."),
            code="past",
            field="pay_on",
            value=draft.pay_on.isoformat(),
        )
    row = models.PaymentList.objects.create(
        cycle=cycle,
        commitment=commitment,
        title=programme_rules.check_named(draft.title, "title"),
        currency=check_currency(draft.currency),
        due_until=draft.due_until,
        pay_on=draft.pay_on,
        is_fictional=accounts.is_demo_office(),
        made_by_id=by.user_id,
        made_at=at,
    )
    if not models.PaymentList.objects.visible_to(by, A.PAYMENT_BUILD).filter(pk=row.pk).exists():
        raise errors.Refused(
            errors.message(
                "This place lies outside the area you work for. Choose a place of yours, or ask a colleague."
            ),
            code="outside_scope",
        )
    record(by, at, "payment list begun", "payment_list", row.pk)
    jobs.enqueue("payments.build", payload={"list": row.pk}, by=by, at=at, key=f"payments.build:{row.pk}")
    return row


def fill_list(list_id: int, *, by: Access, at: dt.datetime, progress: Callable[..., None]) -> dict[str, int]:
    """The list holds everybody who is due, in pieces; returns how many stand on it, and how many could not.

    Left off are people without an account and cases that are closed; they are counted, and stay due.
    """
    row = _list(list_id, A.PAYMENT_BUILD, by, None)
    if row.state != S.DRAFT:  # the job came again, after somebody went on with the list
        return {"lines": row.number_of_lines, "without_account": 0, "closed_case": 0}
    due = queries.payable(by, row)
    total = row.number_of_lines + due.count()
    without, closed, after = 0, 0, 0
    while True:
        piece = list(due.filter(pk__gt=after)[:PIECE])
        if not piece:
            break
        after = piece[-1].pk
        with transaction.atomic():
            row = _list(list_id, A.PAYMENT_BUILD, by, (S.DRAFT,))
            paid = queries.accounts_of([one.person_id for one in piece])
            shut = given_queries.closed_cases(one.case_id for one in piece)
            ready = [one for one in piece if one.person_id in paid and one.case_id not in shut]
            _add_lines(row, ready, paid)
            closed += sum(one.case_id in shut for one in piece)
            without += sum(one.case_id not in shut and one.person_id not in paid for one in piece)
            progress(min(row.number_of_lines + without + closed, total), total)
    record(by, at, "payment list built", "payment_list", row.pk, {"lines": row.number_of_lines})
    return {"lines": row.number_of_lines, "without_account": without, "closed_case": closed}


def _add_lines(
    row: models.PaymentList, ready: Sequence[given_models.Entitlement], paid: Mapping[int, models.Account]
) -> None:
    """Lines for these, after the last; one that stands on another list by now is left to it."""
    taken = set(
        models.PaymentLine.objects.filter(entitlement__in=[one.pk for one in ready], is_live=True).values_list(
            "entitlement_id", flat=True
        )
    )
    fresh = [one for one in ready if one.pk not in taken]
    lines = [
        models.PaymentLine(
            list=row,
            position=position,
            reference=rules.reference(row.pk, position),
            entitlement=one,
            account=paid[one.person_id],
            amount=one.left,
        )
        for position, one in enumerate(fresh, start=row.number_of_lines + 1)
    ]
    models.PaymentLine.objects.bulk_create(lines)
    row.number_of_lines += len(lines)
    row.total += sum((line.amount for line in lines), Decimal(0))
    row.save(update_fields=["number_of_lines", "total"])


def _list(list_id: int, action: Action, by: Access, states: Sequence[rules.ListState] | None) -> models.PaymentList:
    """The list, locked within a transaction, if the access carries the action and it stands in one of the states."""
    by.require(action)
    found = models.PaymentList.objects.visible_to(by, action).select_related("commitment__line__agreement", "cycle")
    if connection.in_atomic_block:
        found = found.select_for_update(of=("self",))
    row = found.filter(pk=list_id).first()
    if row is None:
        raise errors.NotFound()
    if states is not None and row.state not in states:
        raise errors.Conflict(
            errors.message("{number} is {state}; this can be done only while it is {states}."),
            code="list_state",
            number=row.number,
            state=row.state,
            states=" / ".join(states),
        )
    return row


@transaction.atomic
def drop_line(line_id: int, *, by: Access, at: dt.datetime) -> models.PaymentList:
    """The line is off its draft; what it would have paid stays due."""
    line = models.PaymentLine.objects.filter(pk=line_id).first()
    if line is None:
        raise errors.NotFound()
    row = _list(line.list_id, A.PAYMENT_BUILD, by, (S.DRAFT,))
    line.delete()
    row.number_of_lines = models.PaymentLine.objects.filter(list=row).count()
    row.total -= line.amount
    row.save(update_fields=["number_of_lines", "total"])
    record(by, at, "line dropped", "payment_list", row.pk, {"reference": line.reference})
    return row


# --- freezing and signing ---------------------------------------------------------------------------------------------


@transaction.atomic
def ask(list_id: int, *, by: Access, at: dt.datetime) -> models.PaymentList:
    """The list is frozen, its money reserved by the rate of the day, and its approval asked."""
    row = _list(list_id, A.PAYMENT_BUILD, by, (S.DRAFT,))
    if not row.number_of_lines:
        raise errors.BadInput(
            errors.message("{number} has no lines. Wait until it is built, or look at who is due and has an account."),
            code="list_empty",
            number=row.number,
        )
    converted = programme_queries.converted(row.sum, row.commitment.currency, programme_queries.day_of(at))
    row.rate, row.rate_day = converted.rate, converted.day
    row.charged = _charge(row)
    programmes.reserve(row.commitment_id, row.charged)
    row.digest, row.state = queries.digest_of(row), S.ASKED
    row.save()
    programmes.ask_approval(
        programme_rules.For.PAYMENT_LIST,
        row.pk,
        title=f"{row.number} {row.title}",
        amount=row.sum,
        digest=row.digest,
        by=by,
        at=at,
    )
    return row


def _charge(row: models.PaymentList) -> Decimal:
    """Every line knows what it costs the commitment; returns their sum."""
    lines = models.PaymentLine.objects.filter(list=row)
    if row.currency == row.commitment.currency:
        lines.update(charged=F("amount"))
        return row.total
    total, currency = Decimal(0), row.commitment.currency
    rows = list(lines.only("pk", "amount"))
    for line in rows:
        line.charged = rounded(line.amount * row.rate, currency)
        total += line.charged
    models.PaymentLine.objects.bulk_update(rows, ["charged"], batch_size=PIECE)
    return total


def _request(row: models.PaymentList) -> programme_models.ApprovalRequest:
    found = programme_models.ApprovalRequest.objects.filter(
        kind=programme_rules.For.PAYMENT_LIST, key=str(row.pk), state=programme_rules.Asked.WAITING
    ).first()
    if found is None:
        raise errors.NotFound()
    return found


@transaction.atomic
def sign(list_id: int, *, by: Access, at: dt.datetime) -> models.PaymentList:
    """The next step is signed; after the last the list can be sent. What is signed is what was asked, line by line."""
    row = _list(list_id, A.PAYMENT_VIEW, by, (S.ASKED,))
    if queries.digest_of(row) != row.digest:
        raise _changed(row)
    request = programmes.sign(_request(row).pk, by=by, at=at)
    if request.state == programme_rules.Asked.APPROVED:
        row.state = S.APPROVED
        row.save(update_fields=["state"])
    return row


@transaction.atomic
def refuse(list_id: int, *, reason: str, by: Access, at: dt.datetime) -> models.PaymentList:
    """The list is a draft again, its money free; the reason stands beside it."""
    row = _list(list_id, A.PAYMENT_VIEW, by, (S.ASKED,))
    programmes.refuse(_request(row).pk, reason=reason, by=by, at=at)
    _unfreeze(row)
    return row


def _unfreeze(row: models.PaymentList) -> None:
    programmes.reserve(row.commitment_id, -row.charged)
    row.state, row.digest, row.charged = S.DRAFT, "", Decimal(0)
    row.save(update_fields=["state", "digest", "charged"])


@transaction.atomic
def cancel(list_id: int, *, reason: str, by: Access, at: dt.datetime) -> models.PaymentList:
    """Nothing of the list is paid; what stood on it is due for another. A list that went to the bank stays."""
    why = programme_rules.check_named(reason, "reason")
    row = _list(list_id, A.PAYMENT_BUILD, by, (S.DRAFT, S.ASKED, S.APPROVED))
    if row.state != S.DRAFT:
        programmes.withdraw_request(programme_rules.For.PAYMENT_LIST, row.pk, at=at)
        programmes.reserve(row.commitment_id, -row.charged)
    models.PaymentLine.objects.filter(list=row).update(state=L.CANCELLED, is_live=False)
    row.state, row.ended_at, row.charged = S.CANCELLED, at, Decimal(0)
    row.save(update_fields=["state", "ended_at", "charged"])
    record(by, at, "payment list cancelled", "payment_list", row.pk, {"reason": why})
    return row


@transaction.atomic
def send(list_id: int, *, by: Access, at: dt.datetime) -> models.PaymentList:
    """The list goes to the bank: its files can be fetched, and its lines wait for the bank's reply."""
    row = _list(list_id, A.PAYMENT_PAY, by, (S.APPROVED,))
    if queries.digest_of(row) != row.digest:
        raise _changed(row)
    request = programme_queries.approved(programme_rules.For.PAYMENT_LIST, row.pk)
    hands = {row.made_by_id} | (set(request.approvals.values_list("by_id", flat=True)) if request else set())
    if request is None or by.person() in hands:
        raise errors.Refused(
            errors.message("You asked for this list or signed it. Somebody else sends it."), code="own_request"
        )
    models.PaymentLine.objects.filter(list=row).update(state=L.SENT)
    row.state, row.sent_by_id, row.sent_at = S.SENT, by.user_id, at
    row.save(update_fields=["state", "sent_by", "sent_at"])
    record(by, at, "payment list sent", "payment_list", row.pk, {"lines": row.number_of_lines, "sum": str(row.sum)})
    return row


def _changed(row: models.PaymentList) -> errors.Conflict:
    return errors.Conflict(
        errors.message("{number} is not what was asked for any more. Cancel it and build it anew."),
        code="list_changed",
        number=row.number,
    )


def order_file(list_id: int, form: str, payer: iso20022.Party, *, by: Access, at: dt.datetime) -> tuple[str, bytes]:
    """(name, content) of what goes to the bank: ``xml`` is pain.001.001.09, ``csv`` its plain twin. Each is a look."""
    row = _list(list_id, A.PAYMENT_PAY, by, (S.SENT, S.SETTLED))
    if not payer.name or not payer.iban:
        raise errors.Unavailable(
            errors.message(
                "The office has no account to pay from. The system keeper sets STREHA_PAYER_NAME and STREHA_PAYER_IBAN."
            ),
            code="no_payer",
        )
    lines = queries.to_pay(row)
    transfers = tuple(
        iso20022.Transfer(one.reference, one.amount, row.currency, iso20022.Party(one.name, one.iban, one.bic))
        for one in lines
    )
    order = iso20022.Order(row.number, row.sent_at or at, row.pay_on, payer, transfers, row.cycle.programme.code)
    subjects = models.Account.objects.filter(payment_lines__list=row).values_list("person__subject", flat=True)
    audit.looked(by=by.actor, at=at, verb="payment file", subjects=subjects, classes=["payment"], where=row.number)
    if form == "csv":
        return f"{row.number}.csv", iso20022.write_order_csv(order)
    return f"{row.number}.xml", iso20022.write_order(order)


# --- the bank's reply -------------------------------------------------------------------------------------------------


READ_AT_ONCE = 1024 * 1024
"""Files up to here (some 3,000 bookings) are read before they are taken in: what is wrong is said at once."""
STAGED = 4 * PIECE


@transaction.atomic
def bring_reply(content: bytes, name: str, *, by: Access, at: dt.datetime) -> tuple[models.BankReply, bool]:
    """The file is kept, sealed, and a job reads and places its bookings; (reply, whether it is new).

    The same file again is the same reply and changes nothing, unless it was refused or its reading stopped: then it is
    read anew. A small file that cannot be read is refused here, a large one by the job; both leave no booking behind.
    """
    by.require(A.PAYMENT_PAY)
    form = iso20022.form_of(content, name=name)
    if len(content) <= READ_AT_ONCE:
        _require_bookings(iso20022.read_reply(content, name=name)[1], name)
    digest = hashlib.sha256(content).hexdigest()
    try:
        with transaction.atomic():
            reply = models.BankReply.objects.create(
                digest=digest, format=form, state=rules.ReplyState.READING, brought_by_id=by.user_id, brought_at=at
            )
    except IntegrityError:  # the same file, brought before or twice at once
        known = models.BankReply.objects.select_for_update(of=("self",)).select_related("job").get(digest=digest)
        return _bring_again(known, content, by, at)
    record(by, at, "bank reply brought", "bank_reply", reply.pk, {"bytes": len(content), "format": form})
    _keep_file(reply, content, f"payments.reconcile:{reply.pk}", by, at)
    return reply, True


def _require_bookings(bookings: Sequence[object], name: str) -> None:
    if not bookings:
        raise errors.BadInput(
            errors.message("{file} holds no booking. Ask the bank for the file again."),
            code="no_bookings",
            field="file",
            file=name,
        )


def _bring_again(known: models.BankReply, content: bytes, by: Access, at: dt.datetime) -> tuple[models.BankReply, bool]:
    """A file that was refused, or whose reading stopped before its end, is read anew; any other stays as it is."""
    is_stopped = known.state == rules.ReplyState.READING and (known.job is None or not known.job.is_open)
    if known.state != rules.ReplyState.REFUSED and not is_stopped:
        return known, False
    models.BankLine.objects.filter(reply=known).delete()
    _drop_file(known, by, at)
    known.state, known.fault = rules.ReplyState.READING, ""
    known.save(update_fields=["state", "fault"])
    record(by, at, "bank reply brought", "bank_reply", known.pk, {"bytes": len(content), "format": known.format})
    _keep_file(known, content, f"payments.reconcile:{known.pk}:{at.isoformat()}", by, at)
    return known, True


def _keep_file(reply: models.BankReply, content: bytes, key: str, by: Access, at: dt.datetime) -> None:
    subject = audit.new_subject(at=at)
    sealed = audit.seal(subject, content, context=models.SEALED_FILE)
    models.BankFile.objects.create(reply=reply, subject=subject, sealed=sealed)
    reply.job = jobs.enqueue("payments.reconcile", payload={"reply": reply.pk}, by=by, at=at, key=key)
    reply.save(update_fields=["job"])


def _drop_file(reply: models.BankReply, by: Access, at: dt.datetime) -> None:
    """Its bytes are gone, with their key."""
    for subject in models.BankFile.objects.filter(reply=reply).values_list("subject", flat=True):
        audit.destroy_subject(subject, by=by.actor, at=at, reason="bank file read")
    models.BankFile.objects.filter(reply=reply).delete()


def stage_reply(reply_id: int, *, by: Access, at: dt.datetime, progress: Callable[..., None]) -> models.BankReply:
    """Every booking of the file is staged, in pieces; raises BadInput for a file that lies, of which nothing is kept.

    The whole file is read before the first booking is staged. A worker that dies loses the piece it was at; the next
    goes on behind the bookings that are there. None of them counts before all are.
    """
    by.require(A.PAYMENT_PAY)
    reply = models.BankReply.objects.filter(pk=reply_id).first()
    if reply is None:
        raise errors.NotFound()
    if reply.state == rules.ReplyState.REFUSED:
        raise refused(reply)
    if reply.state != rules.ReplyState.READING:
        return reply
    file = models.BankFile.objects.filter(reply=reply).first()
    if file is None:
        raise errors.Gone(
            errors.message("The file of {number} is no longer kept. Bring it again."), number=reply.number
        )
    content = audit.unseal(file.subject, bytes(file.sealed), context=models.SEALED_FILE)
    try:
        _form, bookings = iso20022.read_reply(content, name=reply.number)
        _require_bookings(bookings, reply.number)
    except errors.BadInput as error:
        _refuse(reply, error, by, at)
        raise
    for start in range(models.BankLine.objects.filter(reply=reply).count(), len(bookings), STAGED):
        piece = bookings[start : start + STAGED]
        with transaction.atomic():
            models.BankLine.objects.bulk_create(_staged(reply, piece, start), batch_size=500)
            progress(start + len(piece), 2 * len(bookings))
    with transaction.atomic():
        reply.number_of_lines, reply.state = len(bookings), rules.ReplyState.PLACING
        reply.save(update_fields=["number_of_lines", "state"])
        _drop_file(reply, by, at)
        record(by, at, "bank reply read", "bank_reply", reply.pk, {"lines": len(bookings)})
    return reply


def _staged(reply: models.BankReply, bookings: Sequence[iso20022.Booking], start: int) -> list[models.BankLine]:
    return [
        models.BankLine(
            reply=reply,
            position=position,
            reference=one.reference,
            amount=one.amount,
            currency=one.currency,
            on=one.on,
            said=rules.Said.RETURNED if one.is_back else rules.Said.PAID,
            reason=one.reason,
            key=one.key,
        )
        for position, one in enumerate(bookings, start=start + 1)
    ]


@transaction.atomic
def _refuse(reply: models.BankReply, error: errors.BadInput, by: Access, at: dt.datetime) -> None:
    """Nothing of the file is kept but that it was brought, and what is wrong with it."""
    models.BankLine.objects.filter(reply=reply).delete()
    _drop_file(reply, by, at)
    reply.state, reply.fault = rules.ReplyState.REFUSED, str(error.details.get("what") or error.english())[:300]
    reply.save(update_fields=["state", "fault"])
    record(by, at, "bank reply refused", "bank_reply", reply.pk, {"code": error.code})


def reconcile(reply_id: int, *, by: Access, at: dt.datetime, progress: Callable[..., None]) -> dict[str, int]:
    """The reply is read, where it is not yet, and each of its bookings placed, in pieces; returns how many by finding.

    A piece is done whole or not at all, with its progress: a worker that dies loses the piece it was at, and the next
    begins with it.
    """
    reply = stage_reply(reply_id, by=by, at=at, progress=progress)
    with wall.beyond("a bank's reply meets the lines of its lists"):
        while True:
            with transaction.atomic():
                number = _piece(reply, by, at)
                if not number:
                    break
                reply.done_lines += number
                models.BankReply.objects.filter(pk=reply.pk).update(done_lines=reply.done_lines)
                progress(reply.number_of_lines + reply.done_lines, 2 * reply.number_of_lines)
        with transaction.atomic():
            models.BankReply.objects.filter(pk=reply.pk).update(state=rules.ReplyState.DONE)
            settle_lists(by=by, at=at)
    told: dict[str, int] = defaultdict(int)
    for found, _currency, number, _sum in queries.sums_of(reply):
        told[found] += number
    return dict(told)


def refused(reply: models.BankReply) -> errors.BadInput:
    """What stands in the way of a file that could not be read."""
    return errors.BadInput(
        errors.message("{file} cannot be read: {what}. Ask the bank for the file again, as camt.054.001.08 or CSV."),
        code="bank_file",
        file=reply.number,
        what=reply.fault,
    )


@dataclass
class _Effects:
    """What a piece comes to, before it is written."""

    paid: list[tuple[models.BankLine, models.PaymentLine]]
    back: list[tuple[models.BankLine, models.PaymentLine]]
    findings: list[tuple[models.BankLine, rules.Found, models.PaymentLine | None]]


def _piece(reply: models.BankReply, by: Access, at: dt.datetime) -> int:
    """The next piece of a reply is placed; returns how many bookings it held."""
    waiting = models.BankLine.objects.select_for_update().filter(reply=reply, found=rules.Found.WAITING)
    booked = list(waiting.order_by("position")[:PIECE])
    if not booked:
        return 0
    locked = models.PaymentLine.objects.select_for_update(of=("self",)).select_related(
        "list", "entitlement__person", "entitlement__commitment__line__agreement"
    )
    lines = {line.reference: line for line in locked.filter(reference__in=[one.reference for one in booked])}
    known = set(
        models.BankLine.objects.exclude(found__in=[rules.Found.DOUBLED, rules.Found.WAITING])
        .filter(key__in=[one.key for one in booked])
        .values_list("key", flat=True)
    )
    effects = _Effects([], [], [])
    for one in booked:
        line = lines.get(one.reference)
        found = rules.judge(_as_booked(one), _as_open(line), one.key in known)
        if found != rules.Found.DOUBLED:
            known.add(one.key)
        effects.findings.append((one, found, line))
        if found == rules.Found.MATCHED and line is not None:
            line.state = L.PAID
            effects.paid.append((one, line))
        elif found == rules.Found.RETURNED and line is not None:
            effects.back.append((one, line))
            if line.state == L.PAID and any(line is other for _, other in effects.paid):
                _write_paid(effects, by, at)
            _write_back(one, line, by, at)
    _write_paid(effects, by, at)
    _write_findings(effects.findings)
    return len(booked)


def _as_booked(one: models.BankLine) -> rules.Booked:
    return rules.Booked(one.reference, one.amount, one.currency, one.on, rules.Said(one.said), one.key, one.reason)


def _as_open(line: models.PaymentLine | None) -> rules.Open | None:
    if line is None:
        return None
    return rules.Open(line.pk, line.reference, line.amount, line.list.currency, rules.LineState(line.state))


def _write_paid(effects: _Effects, by: Access, at: dt.datetime) -> None:
    """What was paid is delivered and charged: one spending for each list and day of a piece, one delivery a line."""
    paid, effects.paid = effects.paid, []
    if not paid:
        return
    locked = given_models.Entitlement.objects.select_for_update().order_by("pk")
    now = {row.pk: row for row in locked.filter(pk__in=[line.entitlement_id for _, line in paid])}
    for (list_id, day), pairs in sorted(_grouped(paid).items()):
        _spend(list_id, day, pairs, by, at)
    whole = {
        row.pk for row, amount in ((now[line.entitlement_id], line.amount) for _, line in paid) if amount == row.due
    }
    given_models.Entitlement.objects.filter(pk__in=whole).update(given=F("due"))
    shut = given_queries.closed_cases(line.entitlement.case_id for _, line in paid)
    rows = []
    for one, line in paid:
        row = now[line.entitlement_id]
        if row.pk not in whole:
            given_models.Entitlement.objects.filter(pk=row.pk).update(given=row.given + line.amount)
        handed = given.Handed(line.amount, one.on, given_rules.Mechanism.BANK, f"bank:{line.reference}", source="bank")
        charge = given.Charge(line.charged, line.list.rate)
        values = given.delivery_values(
            line.entitlement, handed, charge, by=by, at=at, is_after_close=line.entitlement.case_id in shut
        )
        rows.append(given_models.Delivery(**values))
    given_models.Delivery.objects.bulk_create(rows)
    models.PaymentLine.objects.filter(pk__in=[line.pk for _, line in paid]).update(state=L.PAID)
    entries = [Entry(ROOM, "paid", "entitlement", str(line.entitlement_id), None, None) for _, line in paid]
    audit.record_many(entries, by=by.actor, at=at)


def _grouped(
    paid: Sequence[tuple[models.BankLine, models.PaymentLine]],
) -> dict[tuple[int, dt.date], list[tuple[models.BankLine, models.PaymentLine]]]:
    found: dict[tuple[int, dt.date], list[tuple[models.BankLine, models.PaymentLine]]] = defaultdict(list)
    for one, line in paid:
        found[line.list_id, one.on].append((one, line))
    return found


def _spend(
    list_id: int,
    day: dt.date,
    pairs: Sequence[tuple[models.BankLine, models.PaymentLine]],
    by: Access,
    at: dt.datetime,
) -> None:
    """The lines of one list that were booked on one day, as one spending by the rate at which it was frozen."""
    row = pairs[0][1].list
    charged = sum((line.charged for _, line in pairs), Decimal(0))
    amount = Money(sum((line.amount for _, line in pairs), Decimal(0)), row.currency)
    currency = programme_models.Commitment.objects.select_related("line__agreement").get(pk=row.commitment_id).currency
    rate = programme_rules.Converted(Money(charged, currency), row.rate, row.rate_day or day)
    key = f"list:{list_id}:{day.isoformat()}:{pairs[0][0].pk}"
    paid = programmes.Paid(amount, day, "payment_list", key, rate, charged)
    programmes.spend(row.commitment_id, paid, by=by, at=at)


def _write_back(one: models.BankLine, line: models.PaymentLine, by: Access, at: dt.datetime) -> None:
    """Money came back: what was delivered is due again, or what was on its way is free again."""
    if line.state == L.PAID:
        came = given_models.Delivery.objects.get(key=f"bank:{line.reference}")
        left = came.amount - came.returned
        if left > 0:
            given.note_return(
                line.entitlement,
                came,
                left,
                on=max(one.on, came.on),
                reason=one.reason or "bank",
                key=f"bank:{one.pk}",
                by=by,
                at=at,
            )
    else:
        programmes.reserve(line.list.commitment_id, -line.charged)
    line.state, line.is_live = L.RETURNED, False
    models.PaymentLine.objects.filter(pk=line.pk).update(state=L.RETURNED, is_live=False)


def _write_findings(
    findings: Sequence[tuple[models.BankLine, rules.Found, models.PaymentLine | None]],
) -> None:
    with connection.cursor() as cursor:  # one prepared statement: a CASE over hundreds of rows is ten times slower
        cursor.executemany(
            "UPDATE assistance_bankline SET found = %s, line_id = %s WHERE id = %s",
            [(found.value, line.pk if line else None, one.pk) for one, found, line in findings],
        )


def settle_lists(*, by: Access, at: dt.datetime) -> int:
    """Lists of which every line has come to an end are settled; returns how many."""
    waiting = models.PaymentLine.objects.filter(state=L.SENT).values("list_id")
    done = models.PaymentList.objects.filter(state=S.SENT).exclude(pk__in=waiting)
    ended = list(done.values_list("pk", flat=True))
    for pk in ended:
        models.PaymentList.objects.filter(pk=pk, state=S.SENT).update(state=S.SETTLED, ended_at=at)
        record(by, at, "payment list settled", "payment_list", pk)
    return len(ended)


@transaction.atomic
@wall.beyond("a bank's reply meets the lines of its lists")
def settle_booking(
    booking_id: int,
    settlement: rules.Settlement,
    *,
    reason: str,
    reference: str = "",
    by: Access,
    at: dt.datetime,
) -> models.BankLine:
    """Somebody has decided about a booking that the office could not place: whose it is, or that it is not ours.

    ``ours`` places it on the line of ``reference``, if its sum and currency fit that line and it is still open.
    """
    by.require(A.PAYMENT_PAY)
    why = programme_rules.check_named(reason, "reason")[:300]
    one = queries.to_look_at().select_for_update().filter(pk=booking_id).first()
    if one is None:
        raise errors.Conflict(errors.message("Somebody has settled this already."), code="settled")
    if settlement == rules.Settlement.OURS:
        _place(one, reference, by, at)
    models.BankLine.objects.filter(pk=one.pk).update(
        settled=settlement, settled_because=why, settled_by_id=by.user_id, settled_at=at
    )
    record(by, at, "booking settled", "bank_line", one.pk, {"as": settlement.value, "reason": why})
    settle_lists(by=by, at=at)
    one.refresh_from_db()
    return one


def _place(one: models.BankLine, reference: str, by: Access, at: dt.datetime) -> None:
    locked = models.PaymentLine.objects.select_for_update(of=("self",)).select_related(
        "list", "entitlement__person", "entitlement__commitment__line__agreement"
    )
    line = locked.filter(reference=reference.strip().upper()).first()
    found = rules.judge(_as_booked(one), _as_open(line), False)
    if line is None or found not in {rules.Found.MATCHED, rules.Found.RETURNED}:
        raise errors.BadInput(
            errors.message("{sum} does not fit an open line {reference}. Look at the list, or ask the bank."),
            code="does_not_fit",
            field="reference",
            sum=str(Money(one.amount, one.currency)),
            reference=reference,
        )
    if found == rules.Found.MATCHED:
        _write_paid(_Effects([(one, line)], [], []), by, at)
    else:
        _write_back(one, line, by, at)
    models.BankLine.objects.filter(pk=one.pk).update(line=line)
