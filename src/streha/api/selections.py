"""Selections for programs by the rules of the pages: calls, applications, ranked lists, replays, lists to post."""

from __future__ import annotations

from typing import Annotated

from django.utils import timezone
from ninja import Query, Router, Status

from streha.accounts.rules import Access, Action
from streha.api import schemas
from streha.api.door import Caller, Token
from streha.assistance.selections import actions, models, queries, rules
from streha.common import errors
from streha.people import queries as people

router = Router(tags=["selections"])
A = Action
After = Annotated[str, Query("", max_length=200, description="The key where the last page ended")]
Limit = Annotated[int, Query(50, ge=1, le=200)]


# --- calls ------------------------------------------------------------------------------------------------------------


@router.get("/calls", response=schemas.CallsOut, operation_id="list_calls", auth=Token(A.SELECTION_VIEW))
def list_calls(request: Caller, after: After = "", limit: Limit = 50) -> schemas.CallsOut:
    """Calls visible to the token, those that close last first."""
    page = queries.calls_page(request.auth, after=after, limit=limit)
    return schemas.CallsOut(items=[_call(request.auth, call.pk) for call in page.rows], next=page.next)


@router.get("/calls/{call_id}", response=schemas.CallOut, operation_id="get_call", auth=Token(A.SELECTION_VIEW))
def get_call(request: Caller, call_id: schemas.Pk) -> schemas.CallOut:
    """One call, with the ranked list in force."""
    return _call(request.auth, call_id)


def _call(access: Access, call_id: int) -> schemas.CallOut:
    page = queries.call_page(access, call_id, today=queries.day_of(timezone.now()))
    call = page.call
    return schemas.CallOut(
        id=call.pk,
        number=call.number,
        title=call.title,
        municipality_id=call.municipality_id,
        requests=[rules.RequestKind(kind) for kind in page.requests],
        opens_on=call.opens_on,
        closes_on=call.closes_on,
        phase=page.phase,
        ends_by=rules.EndsBy(call.ends_by),
        places=call.places,
        budget=call.budget,
        currency=call.currency,
        grid=str(call.grid),
        grid_verified=call.grid.verified,
        appeal_days=call.appeal_days,
        list_id=page.selection.pk if page.selection else None,
    )


# --- applications -----------------------------------------------------------------------------------------------------


@router.get(
    "/calls/{call_id}/applications",
    response=schemas.ApplicationsOut,
    operation_id="list_applications",
    auth=Token(A.SELECTION_VIEW),
)
def list_applications(
    request: Caller, call_id: schemas.Pk, after: After = "", limit: Limit = 50
) -> schemas.ApplicationsOut:
    """Applications to a call visible to the token, by number; nobody's points are in them."""
    call = queries.visible_call(request.auth, call_id)
    page = queries.applications_page(request.auth, call, after=after, limit=limit, at=timezone.now())
    return schemas.ApplicationsOut(items=[_shown(line.application) for line in page.rows], next=page.next)


@router.get(
    "/applications/{application_id}",
    response=schemas.ApplicationOut,
    operation_id="get_application",
    auth=Token(A.SELECTION_VIEW),
)
def get_application(request: Caller, application_id: schemas.Pk) -> schemas.ApplicationOut:
    """One application; looking is on record."""
    return _one(request.auth, application_id)


@router.post(
    "/calls/{call_id}/applications",
    response={201: schemas.ApplicationOut},
    operation_id="enter_application",
    auth=Token(A.SELECTION_ENTER),
)
def enter_application(
    request: Caller, call_id: schemas.Pk, body: schemas.ApplicationIn
) -> Status[schemas.ApplicationOut]:
    """A household applies; one that came after the window is marked late and waits for the commission's word."""
    draft = actions.ApplicationDraft(
        body.household_id, body.applicant_id, body.request, dict(body.answers), body.amount
    )
    made = actions.apply(call_id, draft, by=request.auth, at=timezone.now(), received_at=body.received_at)
    return Status(201, _one(request.auth, made.pk))


@router.post(
    "/applications/{application_id}/withdraw",
    response=schemas.ApplicationOut,
    operation_id="withdraw_application",
    auth=Token(A.SELECTION_ENTER),
)
def withdraw_application(
    request: Caller, application_id: schemas.Pk, body: schemas.WithdrawalIn
) -> schemas.ApplicationOut:
    """The household takes part no more; 409 once the application stands in a ranked list."""
    actions.withdraw(application_id, reason=body.reason, by=request.auth, at=timezone.now())
    return _one(request.auth, application_id)


def _one(access: Access, application_id: int) -> schemas.ApplicationOut:
    application = queries.visible_application(access, application_id)
    known = queries.persons_of([application])
    people.note_look(access, list(known.values()), where="api application", at=timezone.now())
    return _shown(application)


def _shown(application: models.Application) -> schemas.ApplicationOut:
    return schemas.ApplicationOut(
        id=application.pk,
        number=application.number,
        code=application.code,
        call_id=application.call_id,
        household_id=application.household_id,
        applicant_id=application.applicant_id,
        request=rules.RequestKind(application.request),
        amount=application.amount,
        received_at=application.received_at,
        late=application.is_late,
        late_accepted=application.late_accepted,
        withdrawn_at=application.withdrawn_at,
    )


# --- ranked lists -----------------------------------------------------------------------------------------------------


@router.get(
    "/ranked-lists/{list_id}",
    response=schemas.RankedListOut,
    operation_id="get_ranked_list",
    auth=Token(A.SELECTION_VIEW),
)
def get_ranked_list(
    request: Caller, list_id: schemas.Pk, after: After = "", limit: Limit = 50
) -> schemas.RankedListOut:
    """A page of a ranked list with every point and its evidence; applicants whom the token may not see are null."""
    found = queries.list_page(request.auth, list_id, after=after, limit=limit, at=timezone.now())
    selection = found.selection
    return schemas.RankedListOut(
        id=selection.pk,
        number=str(selection),
        call_id=selection.call_id,
        state=selection.state,
        places=selection.places,
        budget=selection.budget,
        currency=selection.currency,
        list_digest=selection.list_digest,
        grid_digest=selection.grid_digest,
        items=[_row(line) for line in found.page.rows],
        next=found.page.next,
    )


def _row(line: queries.ListRow) -> schemas.RankedRowOut:
    row = line.row
    return schemas.RankedRowOut(
        number=row.number,
        code=line.application.code,
        place=row.position,
        points=row.halves / 2,
        outcome=rules.Outcome(row.outcome),
        verdict=rules.Verdict(row.verdict),
        reasons=[code for code in row.reasons.split(",") if code],
        applicant_id=line.person.pk if line.person else None,
        erased=line.is_erased,
        lines=[
            schemas.PointsOut(criterion=point.criterion, points=point.halves / 2, evidence=point.evidence)
            for point in line.points
        ],
    )


@router.get(
    "/ranked-lists/{list_id}/replay",
    response=schemas.ReplayOut,
    operation_id="replay_ranked_list",
    auth=Token(A.SELECTION_FIGURES),
)
def replay_ranked_list(request: Caller, list_id: schemas.Pk) -> schemas.ReplayOut:
    """The list computed again from what was frozen: whether it is the same, and which applications differ."""
    selection = queries.visible_selection(request.auth, list_id, A.SELECTION_FIGURES)
    found = queries.replay(selection)
    return schemas.ReplayOut(
        list_id=selection.pk,
        same_list=found.is_same_list,
        same_grid=found.is_same_grid,
        list_digest=found.list_digest,
        applications=len(found.rows),
        erased=found.erased,
        other_numbers=[row.code for row in found.wrong],
        changed_since=[row.code for row in found.since],
    )


@router.get(
    "/ranked-lists/{list_id}/public",
    response=schemas.PublicListOut,
    operation_id="get_public_list",
    auth=Token(A.SELECTION_VIEW),
)
def get_public_list(request: Caller, list_id: schemas.Pk) -> schemas.PublicListOut:
    """The list as it is posted: codes, points, outcomes; 404 until it is decided."""
    selection = queries.visible_selection(request.auth, list_id)
    if not selection.is_decided:
        raise errors.NotFound()
    rows = [
        schemas.PublicRowOut(
            code=row.code, place=row.position, points=row.halves / 2, outcome=rules.Outcome(row.outcome)
        )
        for row in queries.public_rows(selection)
    ]
    return schemas.PublicListOut(list_id=selection.pk, call=selection.call.title, items=rows)
