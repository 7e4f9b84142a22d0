"""Every write to programmes and their money. Sums move with what they sum, in one transaction.

A balance is read, reckoned and written under the lock of its row: of two who take the last of it at once, one is told
so. The constraints of the tables hold the same beneath.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import IntegrityError, transaction

from streha.accounts import queries as accounts
from streha.accounts.models import Organisation
from streha.accounts.rules import Access, Action, Role
from streha.assistance.actions import record
from streha.assistance.programmes import models, queries, rules
from streha.assistance.selections.models import Call
from streha.cases.models import Track
from streha.common import errors, money
from streha.common.money import Money
from streha.institutions.models import Institution
from streha.places.models import Area

A = Action


# --- donors, agreements, lines ----------------------------------------------------------------------------------------


@transaction.atomic
def add_donor(name: str, *, institution_id: int | None = None, by: Access, at: dt.datetime) -> models.Donor:
    """The donor is known; one of the same name is returned as it stands."""
    by.require(A.BUDGET_CHANGE)
    tidy = rules.check_named(name, "name")
    known = models.Donor.objects.filter(name=tidy).first()
    if known is not None:
        return known
    if institution_id is not None and not Institution.objects.filter(pk=institution_id).exists():
        raise errors.NotFound()
    row = models.Donor.objects.create(name=tidy, institution_id=institution_id, made_by_id=by.user_id, made_at=at)
    record(by, at, "donor added", "donor", row.pk, {"name": tidy})
    return row


@dataclass(frozen=True)
class AgreementDraft:
    donor_id: int
    reference: str
    title: str
    starts_on: dt.date
    ends_on: dt.date
    total: Money


@transaction.atomic
def sign_agreement(draft: AgreementDraft, *, by: Access, at: dt.datetime) -> models.Agreement:
    """The agreement stands, without lines yet. Raises Conflict for a reference the donor has used."""
    by.require(A.BUDGET_CHANGE)
    rules.check_window(draft.starts_on, draft.ends_on)
    money.require_positive(draft.total)
    donor = models.Donor.objects.filter(pk=draft.donor_id).first()
    if donor is None:
        raise errors.NotFound()
    reference = rules.check_named(draft.reference, "reference")
    if models.Agreement.objects.filter(donor=donor, reference=reference).exists():
        raise errors.Conflict(
            errors.message("{donor} has an agreement {value} already. Open that one, or correct the reference."),
            code="agreement_known",
            field="reference",
            donor=donor.name,
            value=reference,
        )
    row = models.Agreement.objects.create(
        donor=donor,
        reference=reference,
        title=rules.check_named(draft.title, "title"),
        starts_on=draft.starts_on,
        ends_on=draft.ends_on,
        currency=draft.total.currency,
        amount=draft.total.amount,
        is_fictional=accounts.is_demo_office(),
        made_by_id=by.user_id,
        made_at=at,
    )
    record(by, at, "agreement signed", "agreement", row.pk, {"reference": reference, "amount": str(draft.total)})
    return row


@transaction.atomic
def add_budget_line(
    agreement_id: int, code: str, title: str, amount: Decimal, *, by: Access, at: dt.datetime
) -> models.BudgetLine:
    """The agreement has a line of so much. Raises Conflict when its lines would come to more than it."""
    by.require(A.BUDGET_CHANGE)
    agreement = _locked_agreement(agreement_id)
    asked = money.require_positive(Money(amount, agreement.currency))
    left = agreement.total - Money(agreement.budgeted, agreement.currency)
    if left < asked:
        raise rules.overspent(asked, left, agreement.number)
    tidy = rules.check_code(code)
    if agreement.lines.filter(code=tidy).exists():
        raise errors.Conflict(
            errors.message("{where} has a line {value} already. Choose another code."),
            code="line_known",
            field="code",
            where=agreement.number,
            value=tidy,
        )
    row = models.BudgetLine.objects.create(
        agreement=agreement, code=tidy, title=rules.check_named(title, "title"), amount=asked.amount
    )
    models.Agreement.objects.filter(pk=agreement.pk).update(budgeted=agreement.budgeted + asked.amount)
    record(by, at, "budget line added", "budget_line", row.pk, {"code": tidy, "amount": str(asked)})
    return row


@transaction.atomic
def change_budget_line(
    line_id: int, amount: Decimal, *, version: int, by: Access, at: dt.datetime
) -> models.BudgetLine:
    """The line is of so much now: not less than is committed, not more than its agreement holds."""
    by.require(A.BUDGET_CHANGE)
    row = models.BudgetLine.objects.filter(pk=line_id).first()
    if row is None:
        raise errors.NotFound()
    agreement = _locked_agreement(row.agreement_id)
    row = models.BudgetLine.objects.select_for_update(of=("self",)).get(pk=line_id)
    _require_version(row, version)
    asked = money.require_positive(Money(amount, agreement.currency))
    committed = Money(row.committed, agreement.currency)
    if asked < committed:
        raise errors.Conflict(
            errors.message("{committed} of line {line} is committed already; it cannot be cut to {asked}."),
            code="line_committed",
            field="amount",
            committed=str(committed),
            line=row.code,
            asked=str(asked),
        )
    left = agreement.total - Money(agreement.budgeted - row.amount, agreement.currency)
    if left < asked:
        raise rules.overspent(asked, left, agreement.number)
    before, row.amount = row.amount, asked.amount
    row.version += 1
    row.save(update_fields=["amount", "version"])
    models.Agreement.objects.filter(pk=agreement.pk).update(budgeted=agreement.budgeted + asked.amount - before)
    record(by, at, "budget line changed", "budget_line", row.pk, {"amount": [str(before), str(asked.amount)]})
    return row


def _require_version(row: models.BudgetLine | models.Commitment | models.Programme, version: int) -> None:
    if row.version != version:
        raise errors.Conflict()


def _locked_agreement(agreement_id: int) -> models.Agreement:
    row = models.Agreement.objects.select_for_update().filter(pk=agreement_id).first()
    if row is None:
        raise errors.NotFound()
    return row


@transaction.atomic
def note_rate(rate: rules.Rate, *, source: str, by: Access, at: dt.datetime) -> models.ExchangeRate:
    """The rate of the day is known. What was noted for a day stays: money went out by it."""
    by.require(A.BUDGET_CHANGE)
    rules.check_rate(rate, queries.day_of(at))
    said = rules.check_named(source, "source")
    known = models.ExchangeRate.objects.filter(day=rate.day, base=rate.base, quote=rate.quote).first()
    if known is not None and known.rate == rate.rate:
        return known
    if known is not None:
        raise errors.Conflict(
            errors.message("For {day} the rate from {first} to {second} is noted as {value}, from {source}. It stays."),
            code="rate_known",
            field="rate",
            day=rate.day.isoformat(),
            first=rate.base,
            second=rate.quote,
            value=f"{known.rate.normalize():f}",
            source=known.source,
        )
    row = models.ExchangeRate.objects.create(
        day=rate.day,
        base=rate.base,
        quote=rate.quote,
        rate=rate.rate,
        source=said,
        made_by_id=by.user_id,
        made_at=at,
    )
    record(by, at, "rate noted", "rate", row.pk, {"rate": str(row)})
    return row


# --- programmes and cycles --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ProgrammeDraft:
    code: str
    name_en: str
    name_sq: str
    name_sr: str
    starts_on: dt.date
    ends_on: dt.date
    place_id: int | None = None
    organisation_id: int | None = None
    tracks: tuple[str, ...] = ()


@transaction.atomic
def open_programme(draft: ProgrammeDraft, *, by: Access, at: dt.datetime) -> models.Programme:
    """The programme stands, without cycles yet."""
    by.require(A.PROGRAMME_CHANGE)
    code = rules.check_code(draft.code)
    if models.Programme.objects.filter(code=code).exists():
        raise errors.Conflict(
            errors.message("There is a programme {value} already. Choose another code."),
            code="programme_known",
            field="code",
            value=code,
        )
    row = models.Programme(code=code, is_fictional=accounts.is_demo_office(), made_by_id=by.user_id, made_at=at)
    _write_programme(row, draft, by)
    record(by, at, "programme opened", "programme", row.pk, {"code": code})
    return row


@transaction.atomic
def change_programme(
    programme_id: int, draft: ProgrammeDraft, *, version: int, by: Access, at: dt.datetime
) -> models.Programme:
    """The programme says this now; its code stays."""
    row = _programme(programme_id, by)
    _require_version(row, version)
    row.version += 1
    outside = row.cycles.filter(starts_on__lt=draft.starts_on) | row.cycles.filter(ends_on__gt=draft.ends_on)
    first = outside.order_by("pk").first()
    if first is not None:
        raise errors.Conflict(
            errors.message("{cycle} runs from {starts} to {ends}, outside these days. Change the cycle first."),
            code="cycle_outside",
            field="ends_on",
            cycle=first.number,
            starts=first.starts_on.isoformat(),
            ends=first.ends_on.isoformat(),
        )
    _write_programme(row, draft, by)
    record(by, at, "programme changed", "programme", row.pk)
    return row


def _write_programme(row: models.Programme, draft: ProgrammeDraft, by: Access) -> None:
    rules.check_window(draft.starts_on, draft.ends_on)
    if draft.place_id is not None and not Area.objects.filter(pk=draft.place_id).exists():
        raise errors.NotFound()
    if draft.organisation_id is not None and not Organisation.objects.filter(pk=draft.organisation_id).exists():
        raise errors.NotFound()
    tracks = list(Track.objects.filter(code__in=draft.tracks))
    if len(tracks) != len(set(draft.tracks)):
        raise errors.NotFound(errors.message("One of these kinds of cases does not exist."), code="no_track")
    row.name_en = rules.check_named(draft.name_en, "name_en")
    row.name_sq = rules.check_named(draft.name_sq, "name_sq")
    row.name_sr = rules.check_named(draft.name_sr, "name_sr")
    row.starts_on, row.ends_on = draft.starts_on, draft.ends_on
    row.place_id, row.organisation_id = draft.place_id, draft.organisation_id
    row.save()
    row.tracks.all().delete()
    models.ProgrammeTrack.objects.bulk_create(models.ProgrammeTrack(programme=row, track=track) for track in tracks)
    if not models.Programme.objects.visible_to(by, A.PROGRAMME_CHANGE).filter(pk=row.pk).exists():
        raise errors.Refused(
            errors.message(
                "This place lies outside the area you work for. Choose a place of yours, or ask a colleague."
            ),
            code="outside_scope",
        )


def _programme(programme_id: int, by: Access, action: Action = A.PROGRAMME_CHANGE) -> models.Programme:
    by.require(action)
    found = models.Programme.objects.visible_to(by, action).select_for_update(of=("self",))
    row = found.filter(pk=programme_id).first()
    if row is None:
        raise errors.NotFound()
    return row


@dataclass(frozen=True)
class CycleDraft:
    name: str
    starts_on: dt.date
    ends_on: dt.date
    call_id: int | None = None


@transaction.atomic
def open_cycle(programme_id: int, draft: CycleDraft, *, by: Access, at: dt.datetime) -> models.Cycle:
    """The programme has a cycle; help can be granted in it."""
    programme = _programme(programme_id, by)
    rules.check_window(draft.starts_on, draft.ends_on)
    rules.check_within(draft.starts_on, draft.ends_on, (programme.starts_on, programme.ends_on))
    if draft.call_id is not None and not Call.objects.visible_to(by).filter(pk=draft.call_id).exists():
        raise errors.NotFound(errors.message("There is no such call among those you may see."), code="no_call")
    name = rules.check_named(draft.name, "name")
    if programme.cycles.filter(name=name).exists():
        raise errors.Conflict(
            errors.message("{programme} has a cycle “{value}” already. Choose another name."),
            code="cycle_known",
            field="name",
            programme=programme.code,
            value=name,
        )
    row = models.Cycle.objects.create(
        programme=programme,
        name=name,
        starts_on=draft.starts_on,
        ends_on=draft.ends_on,
        call_id=draft.call_id,
        made_by_id=by.user_id,
        made_at=at,
    )
    record(by, at, "cycle opened", "cycle", row.pk, {"programme": programme.code, "name": name})
    return row


@transaction.atomic
def close_cycle(cycle_id: int, *, by: Access, at: dt.datetime) -> models.Cycle:
    """Nothing more is granted in the cycle; what is due in it can still be delivered."""
    row = cycle_for(cycle_id, A.PROGRAMME_CHANGE, by)
    if row.state != rules.CycleState.CLOSED:
        row.state, row.closed_at = rules.CycleState.CLOSED, at
        row.save(update_fields=["state", "closed_at"])
        record(by, at, "cycle closed", "cycle", row.pk)
    return row


def cycle_for(cycle_id: int, action: Action, by: Access) -> models.Cycle:
    """The cycle, locked, if the access carries the action in its programme, or may at least read of it where the
    action is about people (who are asked for themselves)."""
    by.require(action)
    found = models.Cycle.objects.visible_to(by, action).select_related("programme").select_for_update(of=("self",))
    row = found.filter(pk=cycle_id).first()
    if row is None:
        raise errors.NotFound()
    return row


def require_open(cycle: models.Cycle) -> None:
    """Raise Conflict for a cycle in which nothing is granted any more."""
    if cycle.state == rules.CycleState.CLOSED:
        raise errors.Conflict(
            errors.message("{cycle} is closed; nothing more is granted in it. Use the programme's next cycle."),
            code="cycle_closed",
            cycle=cycle.number,
        )


# --- commitments and spending -----------------------------------------------------------------------------------------


@transaction.atomic
def commit(
    line_id: int,
    amount: Money,
    kind: rules.For,
    key: object,
    *,
    title: str = "",
    by: Access,
    at: dt.datetime,
) -> models.Commitment:
    """So much of the line is set aside for (kind, key). Raises Conflict when the line does not hold it."""
    _require_may_commit(kind, key, by)
    line = models.BudgetLine.objects.select_related("agreement").filter(pk=line_id).first()
    if line is None:
        raise errors.NotFound()
    asked = _in_currency(money.require_positive(amount), line.currency)
    _take_from_line(line.pk, asked.amount)
    row = models.Commitment.objects.create(
        line=line,
        kind=kind,
        key=str(key),
        title=title.strip(),
        amount=asked.amount,
        made_by_id=by.user_id,
        made_at=at,
    )
    told = {"line": line.code, "amount": str(asked), "for": f"{kind.value}:{key}"}
    record(by, at, "money committed", "commitment", row.pk, told)
    return row


def _require_may_commit(kind: rules.For, key: object, by: Access) -> None:
    """Whoever changes programmes or budgets; of a cycle, those who may change it, or read it and keep the budget."""
    if not (by.allows(A.PROGRAMME_CHANGE) or by.allows(A.BUDGET_CHANGE)):
        by.require(A.PROGRAMME_CHANGE)
    if kind == rules.For.CYCLE:
        cycle_for(int(str(key)), A.PROGRAMME_CHANGE if by.allows(A.PROGRAMME_CHANGE) else A.PROGRAMME_VIEW, by)


def _in_currency(amount: Money, currency: str) -> Money:
    if amount.currency != currency:
        raise errors.BadInput(
            errors.message("This line is kept in {currency}; {value} cannot be set aside from it."),
            code="other_currency",
            field="currency",
            value=str(amount),
            currency=currency,
        )
    return amount


def _take_from_line(line_id: int, asked: Decimal) -> None:
    """So much of the line is committed (or, below nothing, free again)."""
    line = models.BudgetLine.objects.select_related("agreement").select_for_update(of=("self",)).get(pk=line_id)
    left = line.amount - line.committed
    if asked > left:
        raise rules.overspent(Money(asked, line.currency), Money(left, line.currency), line.code)
    models.BudgetLine.objects.filter(pk=line.pk).update(committed=line.committed + asked)


@transaction.atomic
def change_commitment(
    commitment_id: int, amount: Money, *, version: int, by: Access, at: dt.datetime
) -> models.Commitment:
    """The commitment is of so much now: not below what is spent and on its way, not above what its line holds."""
    row = _locked_commitment(commitment_id)
    _require_may_commit(rules.For(row.kind), row.key, by)
    _require_version(row, version)
    asked = _in_currency(amount, row.currency)
    used = Money(row.used, row.currency)
    if asked < used:
        raise errors.Conflict(
            errors.message("{used} of {where} is spent or on its way; it cannot be cut to {asked}."),
            code="commitment_used",
            field="amount",
            used=str(used),
            where=row.number,
            asked=str(asked),
        )
    if asked.amount > row.amount:
        _take_from_line(row.line_id, asked.amount - row.amount)
    before, row.amount = row.amount, asked.amount
    row.version += 1
    row.save(update_fields=["amount", "version"])
    if asked.amount < before:
        _take_from_line(row.line_id, asked.amount - before)
    record(by, at, "commitment changed", "commitment", row.pk, {"amount": [str(before), str(asked.amount)]})
    return row


def _locked_commitment(commitment_id: int) -> models.Commitment:
    found = models.Commitment.objects.select_related("line__agreement").select_for_update(of=("self",))
    row = found.filter(pk=commitment_id).first()
    if row is None:
        raise errors.NotFound()
    return row


def reserve(commitment_id: int, amount: Decimal) -> None:
    """So much of the commitment (its own currency; below nothing gives back) is on its way, in the caller's
    transaction. Raises Conflict when it does not hold it."""
    row = _locked_commitment(commitment_id)
    if amount > row.left.amount:
        raise rules.overspent(Money(amount, row.currency), row.left, row.number)
    models.Commitment.objects.filter(pk=row.pk).update(used=row.used + amount)


@dataclass(frozen=True)
class Paid:
    """What went out (or, below nothing, came back): ``key`` names it once and for ever; the same key twice is one."""

    amount: Money
    day: dt.date
    kind: str
    key: str
    rate: rules.Converted | None = None
    """By which rate, where one was fixed when the money was sent; the day's otherwise."""
    reserved: Decimal = Decimal(0)
    """How much of what was on its way has thereby arrived, in the commitment's currency."""
    reference: str = ""
    """The number on the paper, where one was written."""


def spend(commitment_id: int, paid: Paid, *, by: Access, at: dt.datetime) -> models.Spending:
    """The spending is on its commitment and line, in the caller's transaction. Raises Conflict for more than is left.

    For actions of this room: whoever calls has asked the policy. A key that is known returns what it says already.
    """
    with transaction.atomic():
        row = _locked_commitment(commitment_id)
        known = models.Spending.objects.filter(key=paid.key).first()
        if known is not None:
            return known
        converted = paid.rate or queries.converted(paid.amount, row.currency, paid.day)
        amount = converted.money.amount
        if amount - paid.reserved > row.left.amount:
            raise rules.overspent(converted.money, row.left, row.number)
        line = models.BudgetLine.objects.select_for_update().get(pk=row.line_id)
        models.Commitment.objects.filter(pk=row.pk).update(
            spent=row.spent + amount, used=row.used + amount - paid.reserved
        )
        models.BudgetLine.objects.filter(pk=line.pk).update(spent=line.spent + amount)
        return models.Spending.objects.create(
            commitment=row,
            amount=amount,
            paid=paid.amount.amount,
            paid_currency=paid.amount.currency,
            rate=converted.rate,
            rate_day=converted.day,
            day=paid.day,
            kind=paid.kind,
            key=paid.key,
            reference=paid.reference,
            made_by_id=by.user_id,
            made_at=at,
        )


@dataclass(frozen=True)
class Paper:
    """An invoice that was paid, or a refund that came back: how much, when, and the number on the paper."""

    kind: rules.ByHand
    amount: Money
    day: dt.date
    reference: str


@transaction.atomic
def note_spending(commitment_id: int, paper: Paper, *, by: Access, at: dt.datetime) -> models.Spending:
    """Money that went out by no list and no delivery (an invoice), or came back, is on the commitment.

    Raises Conflict for a paper that is noted for the commitment already, and for more back than went out.
    """
    by.require(A.PAYMENT_PAY)
    money.require_positive(paper.amount)
    reference = rules.check_named(paper.reference, "reference")[: rules.PAPER_LENGTH]
    if paper.day > queries.day_of(at):
        raise errors.BadInput(
            errors.message("{value} lies in the future. Give the day on which it was paid."),
            code="future",
            field="day",
            value=paper.day.isoformat(),
        )
    row = _locked_commitment(commitment_id)
    key = f"hand:{row.pk}:{paper.kind}:{reference.casefold()[: rules.PAPER_LENGTH]}"
    if models.Spending.objects.filter(key=key).exists():
        raise errors.Conflict(
            errors.message("“{value}” is noted for {where} already: nothing is paid twice."),
            code="paper_again",
            field="reference",
            value=reference,
            where=row.number,
        )
    made = spend(row.pk, _as_paid(row, paper, key, reference), by=by, at=at)
    told = {"amount": str(made.paid), "currency": made.paid_currency, "kind": paper.kind.value, "paper": reference}
    record(by, at, "spending noted", "spending", made.pk, told)
    return made


def _as_paid(row: models.Commitment, paper: Paper, key: str, reference: str) -> Paid:
    """The paper as spending, below nothing for a refund."""
    if paper.kind == rules.ByHand.INVOICE:
        return Paid(paper.amount, paper.day, paper.kind, key, reference=reference)
    back = queries.converted(paper.amount, row.currency, paper.day)
    out = queries.refundable(row)
    if back.money.amount > out.amount:
        raise errors.Conflict(
            errors.message("{value} is more than went out of {where} by papers: {spent}. Look at the paper again."),
            code="refund_beyond_spent",
            field="amount",
            value=str(back.money),
            where=row.number,
            spent=str(out),
        )
    return Paid(Money(-paper.amount.amount, paper.amount.currency), paper.day, paper.kind, key, reference=reference)


# --- approval ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def change_chain(
    currency: str, steps: Sequence[rules.Step], *, source: str = "", by: Access, at: dt.datetime
) -> models.ApprovalChain:
    """What is asked from now on is signed by this chain; what was asked before, by the one it was asked by."""
    by.require(A.APPROVAL_CHAIN)
    rules.check_chain(steps)
    newest = models.ApprovalChain.objects.order_by("-version").first()
    row = models.ApprovalChain.objects.create(
        version=newest.version + 1 if newest else 1,
        currency=money.check_currency(currency),
        source=source.strip(),
        made_by_id=by.user_id,
        made_at=at,
    )
    models.ApprovalStep.objects.bulk_create(
        models.ApprovalStep(chain=row, position=position, from_amount=step.from_amount, role=step.role.value)
        for position, step in enumerate(steps)
    )
    record(by, at, "chain changed", "approval_chain", row.version, {"steps": len(steps)})
    return row


def ask_approval(
    kind: rules.For,
    key: object,
    *,
    title: str,
    amount: Money,
    digest: str = "",
    by: Access,
    at: dt.datetime,
) -> models.ApprovalRequest:
    """Approval is asked, by the newest chain. For actions of this room: whoever calls has asked the policy."""
    chain = models.ApprovalChain.objects.order_by("-version").first()
    if chain is None:
        raise errors.Conflict(
            errors.message("Nobody has said yet who signs for money. Ask finance to set up the chain of approval."),
            code="no_chain",
        )
    queries.converted(amount, chain.currency, queries.day_of(at))  # a rate is there now, not only when it is signed
    try:
        with transaction.atomic():
            row = models.ApprovalRequest.objects.create(
                kind=kind,
                key=str(key),
                title=title[: models.NAME_LENGTH],
                chain=chain,
                amount=amount.amount,
                currency=amount.currency,
                digest=digest,
                asked_by_id=by.person(),
                asked_at=at,
            )
    except IntegrityError:
        raise errors.Conflict(errors.message("Approval is asked for this already."), code="asked_already") from None
    record(by, at, "approval asked", "approval", row.pk, {"for": f"{kind.value}:{key}", "amount": str(amount)})
    return row


@transaction.atomic
def sign(request_id: int, *, by: Access, at: dt.datetime) -> models.ApprovalRequest:
    """The next step is signed; after the last one the request is approved.

    Raises Refused for whoever asked, who signed before, or whose role the step does not name; Conflict for a request
    that is decided, or a step that somebody else signed meanwhile.
    """
    row, step = _next_step(request_id, by)
    _write_signature(row, step, True, "", by, at)
    steps = queries.steps_of(row)
    if step == steps[-1]:
        row.state, row.ended_at = rules.Asked.APPROVED, at
        row.save(update_fields=["state", "ended_at"])
    record(by, at, "approval signed", "approval", row.pk, {"step": step.position, "of": len(steps)})
    return row


@transaction.atomic
def refuse(request_id: int, *, reason: str, by: Access, at: dt.datetime) -> models.ApprovalRequest:
    """The request is refused, with the reason; it can be asked again."""
    why = rules.check_named(reason, "reason")
    row, step = _next_step(request_id, by)
    _write_signature(row, step, False, why, by, at)
    row.state, row.ended_at = rules.Asked.REFUSED, at
    row.save(update_fields=["state", "ended_at"])
    record(by, at, "approval refused", "approval", row.pk, {"step": step.position, "reason": why})
    return row


def _write_signature(  # noqa: PLR0917 - one line a call
    row: models.ApprovalRequest, step: models.ApprovalStep, is_yes: bool, reason: str, by: Access, at: dt.datetime
) -> None:
    try:
        with transaction.atomic():
            models.Approval.objects.create(
                request=row,
                step=step,
                asked_by_id=row.asked_by_id,
                by_id=by.person(),
                at=at,
                is_yes=is_yes,
                reason=reason,
            )
    except IntegrityError:
        raise errors.Conflict(
            errors.message("Somebody else signed this step in the meantime. Look at it again."), code="signed_already"
        ) from None


def _next_step(request_id: int, by: Access) -> tuple[models.ApprovalRequest, models.ApprovalStep]:
    by.require(A.APPROVAL_SIGN)
    row = models.ApprovalRequest.objects.select_for_update().filter(pk=request_id).first()
    if row is None:
        raise errors.NotFound()
    if row.state != rules.Asked.WAITING:
        raise errors.Conflict(
            errors.message("This is {state} already; nothing is left to sign."),
            code="decided",
            state=row.state,
        )
    if row.asked_by_id == by.person():
        raise errors.Refused(
            errors.message("You asked for this yourself. Somebody else approves it."), code="own_request"
        )
    if row.approvals.filter(by_id=by.person()).exists():
        raise errors.Refused(
            errors.message("You have signed a step of this already. The next step is somebody else's."),
            code="signed_before",
        )
    step = queries.next_step(row)
    if step is None:
        raise errors.Conflict(errors.message("Every step is signed."), code="decided")
    held = {role.role for role in by.held}
    if Role(step.role) not in held:
        raise errors.Refused(
            errors.message("This step is signed by “{role}”. Your role is another."),
            code="other_role",
            role=step.role,
        )
    return row, step


def withdraw_request(kind: rules.For, key: object, *, at: dt.datetime) -> None:
    """What was asked is asked no more, in the caller's transaction; for actions of this room."""
    models.ApprovalRequest.objects.filter(
        kind=kind, key=str(key), state__in=[rules.Asked.WAITING, rules.Asked.APPROVED]
    ).update(state=rules.Asked.WITHDRAWN, ended_at=at)
