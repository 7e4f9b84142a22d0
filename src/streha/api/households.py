"""Households merged, parted and moved between, for programs: the same actions as on their pages."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from ninja import Router, Status

from streha.accounts.rules import Action
from streha.api import people, schemas
from streha.api.door import Caller, Token
from streha.people.households import actions
from streha.people.households.models import HouseholdMove

router = Router(tags=["people"])
CHANGE = Token(Action.PERSON_CHANGE)


def shown(move: HouseholdMove) -> schemas.MoveOut:
    """A change as a program reads it."""
    return schemas.MoveOut(
        id=move.pk,
        kind=move.kind,  # type: ignore[arg-type]
        source_id=move.source_id,
        target_id=move.target_id,
        on=move.on,
        source_version=move.source.version,
        target_version=move.target.version,
        undone_at=move.undone_at,
    )


def _told(request: Caller, body: schemas.MovingIn) -> dict[str, Any]:
    return {
        "on": body.on,
        "reason": body.reason,
        "relations": {one.person_id: one.relation for one in body.relations},
        "versions": {one.household_id: one.version for one in body.versions},
        "by": request.auth,
        "at": timezone.now(),
    }


@router.post(
    "/households/{household_id}/merge",
    response={201: schemas.MoveOut},
    operation_id="merge_households",
    auth=CHANGE,
)
def merge_households(
    request: Caller, household_id: schemas.Pk, body: schemas.MergeHouseholdsIn
) -> Status[schemas.MoveOut]:
    """Everybody of the other household lives in this one, whose number is kept; 409 when somebody else was faster."""
    return Status(201, shown(actions.merge_households(household_id, body.other_id, **_told(request, body))))


@router.post(
    "/households/{household_id}/split", response={201: schemas.MoveOut}, operation_id="split_household", auth=CHANGE
)
def split_household(
    request: Caller, household_id: schemas.Pk, body: schemas.SplitHouseholdIn
) -> Status[schemas.MoveOut]:
    """The members named are a household of their own, the target of the answer."""
    home = actions.NewHome(people.area_id_of(body.home_area_id), body.address)
    told = _told(request, body)
    return Status(
        201, shown(actions.split_household(household_id, body.members, head_id=body.head_id, home=home, **told))
    )


@router.post(
    "/households/{household_id}/move", response={201: schemas.MoveOut}, operation_id="move_members", auth=CHANGE
)
def move_members(request: Caller, household_id: schemas.Pk, body: schemas.MoveMembersIn) -> Status[schemas.MoveOut]:
    """The members named live in the other household."""
    told = _told(request, body)
    return Status(201, shown(actions.move_members(body.members, household_id, body.other_id, **told)))


@router.post("/household-moves/{move_id}/undo", response=schemas.MoveOut, operation_id="take_back_move", auth=CHANGE)
def take_back_move(request: Caller, move_id: schemas.Pk, body: schemas.ReasonIn) -> schemas.MoveOut:
    """Everybody lives where they lived before the change; 409 where something that came later stands in the way."""
    return shown(actions.take_back(move_id, reason=body.reason, by=request.auth, at=timezone.now()))
