"""Referrals for programs: sent from a case, received and answered; the same rules as on the pages."""

from __future__ import annotations

from typing import Annotated

from django.utils import timezone
from ninja import Query, Router, Status

from streha.accounts.rules import Action
from streha.api import schemas
from streha.api.door import Caller, Token
from streha.cases.referrals import actions, models, queries, rules

router = Router(tags=["cases"])


@router.post(
    "/cases/{case_id}/referrals",
    response={201: schemas.ReferralOut},
    operation_id="refer_case",
    auth=Token(Action.CASE_WORK),
)
def refer_case(request: Caller, case_id: schemas.Pk, body: schemas.ReferralIn) -> Status[schemas.ReferralOut]:
    """The referral waits for its answer; 422 names whose consent is missing."""
    draft = actions.ReferralDraft(
        body.kind, body.purpose, body.person_ids, body.reason, body.organisation_id, body.outside, body.classes
    )
    return Status(201, _sent(actions.refer(case_id, draft, by=request.auth, at=timezone.now())))


@router.get("/referrals", response=schemas.ReferralsOut, operation_id="list_referrals", auth=Token(Action.CASE_WORK))
def list_referrals(request: Caller, after: Annotated[str, Query("", max_length=20)] = "") -> schemas.ReferralsOut:
    """Referrals to organisations that the token works for, the newest first."""
    page = queries.received_page(request.auth, at=timezone.now(), after=after)
    items = [
        schemas.ReceivedOut(
            **_sent(found.referral).dict(),
            reason=found.reason,
            answer=found.answer,
            people=[
                schemas.SharedPersonOut(
                    name=one.name, phones=list(one.phones), home_area_id=one.home.pk if one.home else None
                )
                for one in found.people
            ],
        )
        for found in page.rows
    ]
    return schemas.ReferralsOut(items=items, next=page.next)


@router.post(
    "/referrals/{referral_id}/answer",
    response=schemas.ReferralOut,
    operation_id="answer_referral",
    auth=Token(Action.CASE_WORK),
)
def answer_referral(request: Caller, referral_id: schemas.Pk, body: schemas.ReferralAnswer) -> schemas.ReferralOut:
    """Accepted, rejected or done; 409 when it stands elsewhere meanwhile, or the consent is gone."""
    return _sent(actions.answer(referral_id, body.state, note=body.note, by=request.auth, at=timezone.now()))


def _sent(row: models.Referral) -> schemas.ReferralOut:
    return schemas.ReferralOut(
        id=row.pk,
        kind=rules.Kind(row.kind),
        purpose=rules.Purpose(row.purpose),
        recipient=row.recipient,
        classes=list(row.shared),
        state=rules.State(row.state),
        sent_at=row.sent_at,
    )
