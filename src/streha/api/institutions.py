"""Institutions for programs: lists of institutions, meetings and training, and noting a training."""

from __future__ import annotations

from typing import Annotated

from django.utils import timezone
from ninja import Query, Router, Status

from streha.accounts.rules import Action
from streha.api import schemas
from streha.api.door import Caller, Token
from streha.institutions import actions, models, queries, rules

router = Router(tags=["institutions"])
After = Annotated[str, Query("", max_length=200, description="The key where the last page ended")]
Limit = Annotated[int, Query(50, ge=1, le=200)]


@router.get(
    "/institutions",
    response=schemas.InstitutionsOut,
    operation_id="list_institutions",
    auth=Token(Action.INSTITUTION_VIEW),
)
def list_institutions(
    request: Caller, after: After = "", limit: Limit = 50, kind: rules.Kind | None = None
) -> schemas.InstitutionsOut:
    """Institutions by name."""
    wanted = queries.InstitutionFilter(kind=kind or "")
    page = queries.institutions_page(request.auth, wanted, after=after, limit=limit)
    items = [
        schemas.InstitutionOut(
            id=row.pk,
            name=row.name,
            name_sr=row.name_sr,
            name_en=row.name_en,
            kind=rules.Kind(row.kind),
            area_id=row.area_id,
            ended_on=row.ended_on,
        )
        for row in page.rows
    ]
    return schemas.InstitutionsOut(items=items, next=page.next)


@router.get(
    "/meetings", response=schemas.MeetingsOut, operation_id="list_meetings", auth=Token(Action.INSTITUTION_VIEW)
)
def list_meetings(request: Caller, after: After = "", limit: Limit = 50) -> schemas.MeetingsOut:
    """Meetings visible to the token, the latest first, without minutes."""
    page = queries.meetings_page(request.auth, after=after, limit=limit)
    items = [
        schemas.MeetingOut(
            id=row.pk,
            number=row.number,
            body=row.body.name,
            body_kind=rules.BodyKind(row.body.kind),
            keeper_id=row.body.keeper_id,
            day=row.day,
            state=rules.MeetingState(row.state),
        )
        for row in page.rows
    ]
    return schemas.MeetingsOut(items=items, next=page.next)


@router.get(
    "/trainings", response=schemas.TrainingsOut, operation_id="list_trainings", auth=Token(Action.INSTITUTION_VIEW)
)
def list_trainings(request: Caller, after: After = "", limit: Limit = 50) -> schemas.TrainingsOut:
    """Training visible to the token, the latest first."""
    page = queries.trainings_page(request.auth, after=after, limit=limit)
    return schemas.TrainingsOut(items=[shown(row) for row in page.rows], next=page.next)


@router.post(
    "/trainings",
    response={201: schemas.TrainingOut},
    operation_id="note_training",
    auth=Token(Action.INSTITUTION_WORK),
)
def note_training(request: Caller, body: schemas.TrainingIn) -> Status[schemas.TrainingOut]:
    """The training stands with who was reached."""
    told = body.dict()
    told["reached"] = tuple(rules.Reached(**each) for each in told["reached"])
    row = actions.note_training(rules.TrainingDraft(**told), by=request.auth, at=timezone.now())
    return Status(201, shown(row))


def shown(row: models.Training) -> schemas.TrainingOut:
    """A training as a program reads it."""
    return schemas.TrainingOut(
        id=row.pk,
        title=row.title,
        provider=row.provider,
        keeper_id=row.keeper_id,
        first_day=row.first_day,
        last_day=row.last_day,
        women=row.women,
        men=row.men,
        others=row.others,
        total=row.total,
        version=row.version,
    )
