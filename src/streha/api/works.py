"""House works for programs: the list, one house with its stages, planning, and what an inspection found."""

from __future__ import annotations

from typing import Annotated

from django.utils import timezone
from ninja import Query, Router, Status

from streha.accounts.rules import Access, Action
from streha.api import schemas
from streha.api.door import Caller, Token
from streha.assistance.works import actions, models, queries, rules

router = Router(tags=["house works"])


def _shown(access: Access, works: models.HouseWorks) -> schemas.WorksOut:
    sees_cost = access.allows(Action.WORKS_COST)
    today = timezone.now().date()
    state = rules.State(works.state)
    return schemas.WorksOut(
        id=works.pk,
        number=works.number,
        home_id=works.home_id,
        keeper_id=works.home.keeper_id,
        kind=rules.Kind(works.kind),
        state=state,
        standing=rules.standing(state, works.stage_due, today),
        stage=works.stage,
        percent=works.percent,
        days_late=rules.days_late(works.stage_due, state, today),
        starts_on=works.starts_on,
        ends_on=works.ends_on,
        lot_id=works.lot_id,
        contractor=works.lot.contractor if works.lot else "",
        cost_planned=str(works.cost_planned) if sees_cost else None,
        cost_contracted=str(works.cost_contracted) if sees_cost else None,
        cost_spent=str(works.cost_spent) if sees_cost else None,
        currency=works.currency if sees_cost else None,
        version=works.version,
    )


def _one(access: Access, works_id: int) -> schemas.WorksPageOut:
    page = queries.works_one(access, works_id, at=timezone.now())
    return schemas.WorksPageOut(
        **_shown(access, page.works).dict(),
        stages=[
            schemas.WorksStageOut(
                code=step.code,
                weight=step.weight,
                percent=step.percent,
                planned_start=step.planned_start,
                planned_end=step.planned_end,
                started_on=step.started_on,
                ended_on=step.ended_on,
            )
            for step in page.steps
        ],
        planned_percent=page.planned_now,
        open_defects=len(page.open_defects),
    )


@router.get("/works", response=schemas.WorksListOut, operation_id="list_works", auth=Token(Action.WORKS_VIEW))
def list_works(  # noqa: PLR0917 - a query's fields, filled by name
    request: Caller,
    after: Annotated[str, Query("", max_length=30, description="The key where the last page ended")] = "",
    limit: Annotated[int, Query(50, ge=1, le=200)] = 50,
    area_id: schemas.Pk | None = None,
    state: rules.State | None = None,
    standing: rules.Standing | None = None,
) -> schemas.WorksListOut:
    """House works visible to the token, the newest first; the area is that of the offices that keep the homes."""
    narrowed = queries.WorksFilter(area_id=area_id, state=state or "", standing=standing or "")
    page = queries.works_page(request.auth, narrowed, today=timezone.now().date(), after=after, limit=limit)
    return schemas.WorksListOut(items=[_shown(request.auth, works) for works in page.rows], next=page.next)


@router.get("/works/{works_id}", response=schemas.WorksPageOut, operation_id="get_works", auth=Token(Action.WORKS_VIEW))
def get_works(request: Caller, works_id: schemas.Pk) -> schemas.WorksPageOut:
    """One house with its stages; looking is on record."""
    return _one(request.auth, works_id)


@router.post("/works", response={201: schemas.WorksPageOut}, operation_id="plan_works", auth=Token(Action.WORKS_PLAN))
def plan_works(request: Caller, body: schemas.WorksIn) -> Status[schemas.WorksPageOut]:
    """The works are planned by the stages of their kind; 409 while others on this home are not finished."""
    made = actions.plan_works(
        rules.WorksDraft(**body.dict() | {"kind": rules.Kind(body.kind)}), by=request.auth, at=timezone.now()
    )
    return Status(201, _one(request.auth, made.pk))


@router.post(
    "/works/{works_id}/inspections",
    response={201: schemas.WorksPageOut},
    operation_id="inspect_works",
    auth=Token(Action.WORKS_INSPECT),
)
def inspect_works(request: Caller, works_id: schemas.Pk, body: schemas.InspectionIn) -> Status[schemas.WorksPageOut]:
    """What was found is on file; 409 when somebody else was faster."""
    draft = rules.InspectionDraft(body.on, body.percents, body.note)
    actions.inspect(works_id, draft, version=body.version, by=request.auth, at=timezone.now())
    return Status(201, _one(request.auth, works_id))
