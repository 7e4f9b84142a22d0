"""Feedback for programs by the rules of the pages: lists, taking in, answering; sensitive reports are not read."""

from __future__ import annotations

from typing import Annotated

from django.utils import timezone
from ninja import Query, Router, Status

from streha.accounts.rules import Access, Action
from streha.api import schemas
from streha.api.door import Caller, Token
from streha.cases.feedback import actions, models, queries, rules
from streha.cases.feedback.queries import FEEDBACK

router = Router(tags=["feedback"])
After = Annotated[str, Query("", max_length=200, description="The key where the last page ended")]
Limit = Annotated[int, Query(50, ge=1, le=200)]
Code = Annotated[str, Query("", max_length=30)]


@router.get("/feedback", response=schemas.FeedbackPage, operation_id="list_feedback", auth=Token(Action.FEEDBACK_VIEW))
def list_feedback(  # noqa: PLR0917 - parameters of the address
    request: Caller,
    after: After = "",
    limit: Limit = 50,
    category: Code = "",
    standing: rules.Standing | None = None,
    closed: bool = False,
) -> schemas.FeedbackPage:
    """Feedback visible to the token, due first."""
    at = timezone.now()
    wanted = queries.EntryFilter(category=category, standing=standing or "", closed=closed)
    page = queries.entries_page(FEEDBACK, request.auth, wanted, today=at.date(), after=after, limit=limit)
    queries.note_look(request.auth, page.rows, where="api feedback", verb="listed", at=at)
    return schemas.FeedbackPage(items=[shown(entry) for entry in page.rows], next=page.next)


@router.get(
    "/feedback/{entry_id}", response=schemas.FeedbackOut, operation_id="get_feedback", auth=Token(Action.FEEDBACK_VIEW)
)
def get_feedback(request: Caller, entry_id: schemas.Pk) -> schemas.FeedbackOut:
    """One feedback; looking is on record."""
    return _one(request.auth, entry_id)


@router.post(
    "/feedback",
    response={201: schemas.FeedbackOut, 202: schemas.FeedbackTaken},
    operation_id="enter_feedback",
    auth=Token(Action.FEEDBACK_ENTER),
)
def enter_feedback(
    request: Caller, body: schemas.FeedbackIn
) -> Status[schemas.FeedbackOut] | Status[schemas.FeedbackTaken]:
    """What somebody told the office is kept and its clock runs; 202 when it went to protection staff alone."""
    draft = rules.FeedbackDraft(**body.dict())
    kept = actions.enter(draft, by=request.auth, at=timezone.now())
    return Status(202, schemas.FeedbackTaken()) if kept is None else Status(201, shown(kept))


@router.post(
    "/feedback/{entry_id}/acknowledge",
    response=schemas.FeedbackOut,
    operation_id="acknowledge_feedback",
    auth=Token(Action.FEEDBACK_WORK),
)
def acknowledge_feedback(request: Caller, entry_id: schemas.Pk, body: schemas.FeedbackStepIn) -> schemas.FeedbackOut:
    """Whoever gave it knows that it was received; 409 when somebody else was faster."""
    actions.acknowledge(
        FEEDBACK, entry_id, text=body.text, on=body.on, revision=body.revision, by=request.auth, at=timezone.now()
    )
    return _one(request.auth, entry_id)


@router.post(
    "/feedback/{entry_id}/answer",
    response=schemas.FeedbackOut,
    operation_id="answer_feedback",
    auth=Token(Action.FEEDBACK_WORK),
)
def answer_feedback(request: Caller, entry_id: schemas.Pk, body: schemas.FeedbackAnswerIn) -> schemas.FeedbackOut:
    """It is answered, and its clock stops."""
    actions.answer(
        FEEDBACK,
        entry_id,
        body.outcome,
        body.text,
        on=body.on,
        revision=body.revision,
        by=request.auth,
        at=timezone.now(),
    )
    return _one(request.auth, entry_id)


@router.post(
    "/feedback/{entry_id}/close",
    response=schemas.FeedbackOut,
    operation_id="close_feedback",
    auth=Token(Action.FEEDBACK_WORK),
)
def close_feedback(request: Caller, entry_id: schemas.Pk, body: schemas.FeedbackCloseIn) -> schemas.FeedbackOut:
    """Whoever gave it was told the outcome, or could not be."""
    told = rules.Told(body.on, body.how, body.not_told)
    actions.close(FEEDBACK, entry_id, told, text=body.text, revision=body.revision, by=request.auth, at=timezone.now())
    return _one(request.auth, entry_id)


def shown(entry: models.Feedback) -> schemas.FeedbackOut:
    """Feedback as a program reads it."""
    today = timezone.now().date()
    return schemas.FeedbackOut(
        id=entry.pk,
        number=entry.number,
        category=entry.clock.code,
        channel=rules.Channel(entry.channel),
        keeper_id=entry.keeper_id,
        state=rules.State(entry.state),
        standing=rules.standing(entry.state, due_on=entry.due_on, risk_on=entry.risk_on, today=today),
        received_on=entry.received_on,
        acknowledge_by=entry.acknowledge_by,
        acknowledged_on=entry.acknowledged_on,
        answer_by=entry.answer_by,
        answered_on=entry.answered_on,
        outcome=entry.outcome,
        closed_on=entry.closed_on,
        told_on=entry.told_on,
        told_how=entry.told_how,
        not_told=entry.not_told,
        revision=entry.revision,
    )


def _one(access: Access, entry_id: int) -> schemas.FeedbackOut:
    entry = queries.visible_entry(FEEDBACK, access, entry_id)
    queries.note_look(access, [entry], where="api feedback", verb="opened", at=timezone.now())
    return shown(entry)
