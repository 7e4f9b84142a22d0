"""Plans of cases for programs: goals and visits, planned and told of; the same rules as on the pages."""

from __future__ import annotations

from django.utils import timezone
from ninja import Router, Status

from streha.accounts.rules import Access, Action
from streha.api import schemas
from streha.api.door import Caller, Token
from streha.cases import queries as cases
from streha.cases.plans import actions, queries, rules

router = Router(tags=["cases"])


@router.get("/cases/{case_id}/plan", response=schemas.PlanOut, operation_id="get_plan", auth=Token(Action.CASE_VIEW))
def get_plan(request: Caller, case_id: schemas.Pk) -> schemas.PlanOut:
    """Goals and visits of a case; looking is on record."""
    return _plan(request.auth, case_id)


@router.post(
    "/cases/{case_id}/goals", response={201: schemas.PlanOut}, operation_id="plan_goal", auth=Token(Action.CASE_WORK)
)
def plan_goal(request: Caller, case_id: schemas.Pk, body: schemas.GoalIn) -> Status[schemas.PlanOut]:
    """The goal stands in the plan."""
    draft = actions.GoalDraft(body.kind, body.text, body.due_on, body.agreed_on)
    actions.plan_goal(case_id, draft, by=request.auth, at=timezone.now())
    return Status(201, _plan(request.auth, case_id))


@router.post(
    "/goals/{goal_id}/settle", response=schemas.PlanOut, operation_id="settle_goal", auth=Token(Action.CASE_WORK)
)
def settle_goal(request: Caller, goal_id: schemas.Pk, body: schemas.GoalEnd) -> schemas.PlanOut:
    """The goal is reached or dropped; 409 when it was settled before."""
    goal = actions.settle_goal(goal_id, body.state, note=body.note, by=request.auth, at=timezone.now())
    return _plan(request.auth, goal.case_id)


@router.post(
    "/cases/{case_id}/visits", response={201: schemas.PlanOut}, operation_id="plan_visit", auth=Token(Action.CASE_WORK)
)
def plan_visit(request: Caller, case_id: schemas.Pk, body: schemas.VisitIn) -> Status[schemas.PlanOut]:
    """The visit is planned with those who are to take part."""
    draft = actions.VisitDraft(
        kind=body.kind,
        planned_on=body.planned_on,
        area_id=body.area_id,
        people=body.person_ids,
        others=tuple(body.others),
    )
    actions.plan_visit(case_id, draft, by=request.auth, at=timezone.now())
    return Status(201, _plan(request.auth, case_id))


@router.post(
    "/visits/{visit_id}/report", response=schemas.PlanOut, operation_id="report_visit", auth=Token(Action.CASE_WORK)
)
def report_visit(request: Caller, visit_id: schemas.Pk, body: schemas.VisitReport) -> schemas.PlanOut:
    """The visit was made; 409 when somebody told of it before."""
    told = actions.VisitReport(body.done_on, body.report, body.came, body.presence)
    visit = actions.report_visit(visit_id, told, by=request.auth, at=timezone.now())
    return _plan(request.auth, visit.case_id)


def _plan(access: Access, case_id: int) -> schemas.PlanOut:
    at = timezone.now()
    case = cases.visible_case(access, case_id)
    cases.note_look(access, [case], where="api plan", at=at)
    plan = queries.plan_of(case, at.date())
    return schemas.PlanOut(
        goals=[
            schemas.GoalOut(
                id=line.goal.pk,
                kind=rules.GoalKind(line.goal.kind),
                text=line.text,
                due_on=line.goal.due_on,
                agreed_on=line.goal.agreed_on,
                state=rules.GoalState(line.goal.state),
                note=line.note,
            )
            for line in plan.goals
        ],
        visits=[
            schemas.VisitOut(
                id=line.visit.pk,
                kind=rules.VisitKind(line.visit.kind),
                area_id=line.visit.area_id,
                planned_on=line.visit.planned_on,
                done_on=line.visit.done_on,
                state=rules.VisitState(line.visit.state),
                presence=line.visit.presence,
                report=line.report,
                participants=[
                    schemas.ParticipantOut(
                        id=one.row_id,
                        person_id=one.person.pk if one.person else None,
                        name=str(one.user) if one.user else one.name,
                        came=one.came,
                    )
                    for one in line.participants
                ],
            )
            for line in plan.visits
        ],
    )
