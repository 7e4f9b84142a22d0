"""Programmes, what people are due and got, and payment lists for programs; the same rules as on the pages."""

from __future__ import annotations

from typing import Annotated

from django.utils import timezone
from ninja import Query, Router, Status

from streha.accounts.rules import Action
from streha.api import schemas
from streha.api.door import Caller, Token
from streha.assistance.entitlements import actions
from streha.assistance.entitlements import models as given_models
from streha.assistance.entitlements import queries as given_queries
from streha.assistance.entitlements import rules as given_rules
from streha.assistance.payments import queries as payment_queries
from streha.assistance.payments import rules as payment_rules
from streha.assistance.programmes import actions as programmes
from streha.assistance.programmes import models, rules
from streha.common import money

router = Router(tags=["programmes"])


@router.get(
    "/programmes",
    response=list[schemas.ProgrammeOut],
    operation_id="list_programmes",
    auth=Token(Action.PROGRAMME_VIEW),
)
def list_programmes(request: Caller) -> list[schemas.ProgrammeOut]:
    """Programmes visible to the token, with their cycles."""
    rows = models.Programme.objects.visible_to(request.auth).prefetch_related("cycles").order_by("code")[:200]
    return [
        schemas.ProgrammeOut(
            id=row.pk,
            code=row.code,
            name_sq=row.name_sq,
            name_sr=row.name_sr,
            name_en=row.name_en,
            area_id=row.place_id,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            cycles=[
                schemas.CycleOut(
                    id=cycle.pk,
                    number=cycle.number,
                    name=cycle.name,
                    starts_on=cycle.starts_on,
                    ends_on=cycle.ends_on,
                    state=rules.CycleState(cycle.state),
                )
                for cycle in row.cycles.all()
            ],
        )
        for row in rows
    ]


@router.get(
    "/cycles/{cycle_id}/entitlements",
    response=schemas.EntitlementsOut,
    operation_id="list_entitlements",
    auth=Token(Action.ENTITLEMENT_VIEW),
)
def list_entitlements(
    request: Caller,
    cycle_id: schemas.Pk,
    after: Annotated[str, Query("", max_length=20)] = "",
    state: given_rules.State | None = None,
) -> schemas.EntitlementsOut:
    """What people visible to the token are due from a cycle; looking is on record."""
    page = given_queries.cycle_page(request.auth, cycle_id, state=state or "", after=after)
    given_queries.note_look(request.auth, page.rows, where="api", at=timezone.now())
    return schemas.EntitlementsOut(items=[_shown(row) for row in page.rows], next=page.next)


@router.post(
    "/entitlements/{entitlement_id}/deliveries",
    response={201: schemas.EntitlementOut},
    operation_id="note_delivery",
    auth=Token(Action.DELIVERY_RECORD),
)
def note_delivery(
    request: Caller, entitlement_id: schemas.Pk, body: schemas.DeliveryIn
) -> Status[schemas.EntitlementOut]:
    """So much of it was delivered; the same key again changes nothing."""
    handed = actions.Handed(
        money.read(body.amount),
        body.on,
        body.mechanism,
        body.key,
        provider=body.provider,
        behalf=body.behalf,
        collected_by_id=body.collected_by_id,
        proxy=body.proxy,
        source="api",
    )
    made = actions.deliver(entitlement_id, handed, by=request.auth, at=timezone.now())
    return Status(201, _shown(given_models.Entitlement.objects.get(pk=made.entitlement_id)))


@router.get(
    "/agreements",
    response=list[schemas.AgreementOut],
    operation_id="list_agreements",
    auth=Token(Action.PROGRAMME_VIEW),
)
def list_agreements(request: Caller) -> list[schemas.AgreementOut]:  # noqa: ARG001 - they are everybody's who reads programmes
    """The newest 100 agreements with their budget lines, and what money of each line is set aside for."""
    rows = models.Agreement.objects.select_related("donor").prefetch_related("lines__commitments")
    return [_agreement(row) for row in rows.order_by("-starts_on", "-pk")[:100]]


def _agreement(row: models.Agreement) -> schemas.AgreementOut:
    return schemas.AgreementOut(
        id=row.pk,
        number=row.number,
        donor=row.donor.name,
        reference=row.reference,
        title=row.title,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        amount=f"{row.amount:.2f}",
        currency=row.currency,
        lines=[
            schemas.BudgetLineOut(
                id=line.pk,
                code=line.code,
                title=line.title,
                amount=f"{line.amount:.2f}",
                committed=f"{line.committed:.2f}",
                spent=f"{line.spent:.2f}",
                commitments=[_commitment(one) for one in line.commitments.all()],
            )
            for line in row.lines.all()
        ],
    )


def _commitment(row: models.Commitment) -> schemas.CommitmentOut:
    return schemas.CommitmentOut(
        id=row.pk,
        number=row.number,
        kind=rules.For(row.kind),
        key=row.key,
        amount=f"{row.amount:.2f}",
        spent=f"{row.spent:.2f}",
        left=f"{row.amount - row.used:.2f}",
    )


@router.post(
    "/commitments/{commitment_id}/papers",
    response={201: schemas.CommitmentOut},
    operation_id="note_spending",
    auth=Token(Action.PAYMENT_PAY),
)
def note_spending(
    request: Caller, commitment_id: schemas.Pk, body: schemas.SpendingIn
) -> Status[schemas.CommitmentOut]:
    """An invoice that was paid, or money that came back, is on the money set aside; the same paper twice is refused."""
    amount = money.Money(money.read(body.amount), body.currency)
    paper = programmes.Paper(body.kind, amount, body.day, body.reference)
    made = programmes.note_spending(commitment_id, paper, by=request.auth, at=timezone.now())
    return Status(201, _commitment(models.Commitment.objects.get(pk=made.commitment_id)))


@router.get(
    "/payment-lists",
    response=schemas.PaymentListsOut,
    operation_id="list_payment_lists",
    auth=Token(Action.PAYMENT_VIEW),
)
def list_payment_lists(
    request: Caller,
    after: Annotated[str, Query("", max_length=20)] = "",
    state: payment_rules.ListState | None = None,
) -> schemas.PaymentListsOut:
    """Payment lists visible to the token, the newest first; nobody's account is told."""
    page = payment_queries.lists(request.auth, state=state or "", after=after)
    items = [
        schemas.PaymentListOut(
            id=row.pk,
            number=row.number,
            title=row.title,
            cycle_id=row.cycle_id,
            currency=row.currency,
            total=f"{row.total:.2f}",
            lines=row.number_of_lines,
            pay_on=row.pay_on,
            state=payment_rules.ListState(row.state),
        )
        for row in page.rows
    ]
    return schemas.PaymentListsOut(items=items, next=page.next)


def _shown(row: given_models.Entitlement) -> schemas.EntitlementOut:
    return schemas.EntitlementOut(
        id=row.pk,
        number=row.number,
        cycle_id=row.cycle_id,
        person_id=row.person_id,
        household_id=row.household_id,
        kind=given_rules.Kind(row.kind),
        what=row.what,
        due=f"{row.due:.2f}",
        given=f"{row.given:.2f}",
        unit=row.unit,
        is_money=row.is_money,
        due_on=row.due_on,
        state=row.state,
    )
