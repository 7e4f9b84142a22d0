"""Cases for programs: lists, one case, opening and moving; the same rules as on the pages."""

from __future__ import annotations

from typing import Annotated

from django.utils import timezone
from ninja import Query, Router, Status

from streha.accounts.rules import Access, Action
from streha.api import schemas
from streha.api.door import Caller, Token
from streha.cases import actions, models, queries, rules

router = Router(tags=["cases"])
After = Annotated[str, Query("", max_length=200, description="The key where the last page ended")]
Limit = Annotated[int, Query(50, ge=1, le=200)]
Code = Annotated[str, Query("", max_length=30)]


@router.get("/cases", response=schemas.CasesOut, operation_id="list_cases", auth=Token(Action.CASE_VIEW))
def list_cases(  # noqa: PLR0917 - parameters of the address
    request: Caller,
    after: After = "",
    limit: Limit = 50,
    track: Code = "",
    stage: Code = "",
    state: rules.CaseState = rules.CaseState.OPEN,
) -> schemas.CasesOut:
    """Cases visible to the token, due first."""
    at = timezone.now()
    narrowed = queries.CaseFilter(track=track, stage=stage, state=state)
    page = queries.cases_page(request.auth, narrowed, today=at.date(), after=after, limit=limit)
    queries.note_look(request.auth, page.rows, where="api cases", at=at)
    return schemas.CasesOut(items=[shown(case) for case in page.rows], next=page.next)


@router.get("/cases/{case_id}", response=schemas.CaseOut, operation_id="get_case", auth=Token(Action.CASE_VIEW))
def get_case(request: Caller, case_id: schemas.Pk) -> schemas.CaseOut:
    """One case; looking is on record."""
    return _one(request.auth, case_id)


@router.post("/cases", response={201: schemas.CaseOut}, operation_id="open_case", auth=Token(Action.CASE_WORK))
def open_case(request: Caller, body: schemas.CaseIn) -> Status[schemas.CaseOut]:
    """The case stands at the first stage of its track."""
    draft = actions.CaseDraft(
        person_id=body.person_id, track=body.track, with_household=body.with_household, note=body.note
    )
    opened = actions.open_case(draft, by=request.auth, at=timezone.now())
    return Status(201, _one(request.auth, opened.pk))


@router.post("/cases/{case_id}/move", response=schemas.CaseOut, operation_id="move_case", auth=Token(Action.CASE_MOVE))
def move_case(request: Caller, case_id: schemas.Pk, body: schemas.CaseMove) -> schemas.CaseOut:
    """The case stands at another stage; 409 when somebody else was faster, 422 for a stage that was skipped."""
    actions.move_case(case_id, body.to, revision=body.revision, reason=body.reason, by=request.auth, at=timezone.now())
    return _one(request.auth, case_id)


def shown(case: models.Case) -> schemas.CaseOut:
    """A case as a program reads it."""
    return schemas.CaseOut(
        id=case.pk,
        number=case.number,
        person_id=case.person_id,
        household_id=case.household_id,
        track=case.track.code,
        track_version=case.version.number,
        stage=case.stage.code,
        state=rules.CaseState(case.state),
        outcome=case.outcome,
        owner=case.owner.username if case.owner else "",
        due_on=case.due_on,
        opened_on=case.opened_on,
        closed_on=case.closed_on,
        revision=case.revision,
    )


def _one(access: Access, case_id: int) -> schemas.CaseOut:
    case = queries.visible_case(access, case_id)
    queries.note_look(access, [case], where="api case", at=timezone.now())
    return shown(case)
