"""Writes to plans: goals agreed, reached or dropped; visits planned, made or cancelled.

Each asks for the right to work on the case, writes, and leaves a record under the case's key, in one transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction

from streha.accounts import models as accounts
from streha.accounts.rules import Access, Action
from streha.audit import actions as audit
from streha.audit import rules as audit_rules
from streha.cases import actions as cases
from streha.cases import models as case_models
from streha.cases.plans import models, rules
from streha.common import errors
from streha.places.models import Area

PIECE = 500


# --- goals ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GoalDraft:
    """A goal to be planned; ``agreed_on`` where the person has said yes to it already."""

    kind: rules.GoalKind
    text: str
    due_on: dt.date
    agreed_on: dt.date | None = None


@transaction.atomic
def plan_goal(case_id: int, draft: GoalDraft, *, by: Access, at: dt.datetime) -> models.Goal:
    """The goal stands in the plan of the case, open."""
    case = cases.case_for_change(case_id, by, Action.CASE_WORK)
    cases.require_open(case)
    rules.check_day(draft.due_on, at.date(), "due_on")
    if draft.agreed_on is not None:
        rules.check_done(draft.agreed_on, case.opened_on, at.date(), "agreed_on")
    text = cases.tidy_text(draft.text, "text")
    goal = models.Goal.objects.create(
        case=case,
        kind=draft.kind,
        text_sealed=audit.seal(case.subject, text.encode(), context=models.SEALED_GOAL),
        due_on=draft.due_on,
        agreed_on=draft.agreed_on,
        made_by_id=by.user_id,
        made_at=at,
    )
    cases.record("goal planned", case, by, at, payload={"kind": draft.kind})
    return goal


@transaction.atomic
def agree_plan(case_id: int, agreed_on: dt.date, *, by: Access, at: dt.datetime) -> int:
    """The person has agreed to every goal that is open and waited for it; returns how many."""
    case = cases.case_for_change(case_id, by, Action.CASE_WORK)
    cases.require_open(case)
    rules.check_done(agreed_on, case.opened_on, at.date(), "agreed_on")
    waiting = models.Goal.objects.filter(case=case, state=rules.GoalState.OPEN, agreed_on=None)
    agreed = waiting.update(agreed_on=agreed_on)
    if not agreed:
        raise errors.Conflict(
            errors.message("No goal waits to be agreed on. Add a goal first."), code="nothing_to_agree"
        )
    cases.record("plan agreed", case, by, at, payload={"goals": agreed, "on": agreed_on.isoformat()})
    return agreed


@transaction.atomic
def settle_goal(goal_id: int, state: rules.GoalState, *, note: str = "", by: Access, at: dt.datetime) -> models.Goal:
    """The goal is reached or dropped; one that is dropped says why.

    Raises Conflict when somebody settled it meanwhile.
    """
    goal = models.Goal.objects.filter(pk=goal_id).first()
    if goal is None:
        raise errors.NotFound()
    case = cases.case_for_change(goal.case_id, by, Action.CASE_WORK)
    cases.require_open(case)
    goal.refresh_from_db()  # the case is locked now; nobody else settles its goals
    if goal.state != rules.GoalState.OPEN:
        raise errors.Conflict(
            errors.message("This goal is settled already. Look at the case again."), code="goal_settled"
        )
    if state == rules.GoalState.OPEN:
        raise errors.BadInput(errors.message("Choose one: reached, or dropped."), code="goal_state", field="state")
    if state == rules.GoalState.DROPPED and not note.strip():
        raise errors.BadInput(errors.message("Say why the goal is dropped."), code="note_missing", field="note")
    goal.state, goal.settled_by_id, goal.settled_at = state, by.user_id, at
    goal.note_sealed = _sealed(case, note, "note", models.SEALED_GOAL_NOTE)
    goal.save()
    cases.record(f"goal {state}", case, by, at, payload={"kind": goal.kind})
    return goal


# --- visits -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class VisitDraft:
    """A visit to be made: by whom, with whom of the case, of the office, and of others by name."""

    kind: rules.VisitKind
    planned_on: dt.date
    area_id: int | None = None
    visitor_id: int | None = None
    people: Sequence[int] = ()
    colleagues: Sequence[int] = ()
    others: tuple[str, ...] = ()


@transaction.atomic
def plan_visit(case_id: int, draft: VisitDraft, *, by: Access, at: dt.datetime) -> models.Visit:
    """The visit is planned, with those who are to take part."""
    case = cases.case_for_change(case_id, by, Action.CASE_WORK)
    cases.require_open(case)
    rules.check_day(draft.planned_on, at.date(), "planned_on")
    going = list(dict.fromkeys(draft.people))
    covered = set(case.members.filter(ended_on=None).values_list("person_id", flat=True))
    if set(going) - covered:
        raise errors.BadInput(errors.message("Choose people whom this case covers."), code="visit_whom", field="people")
    visitor = _colleague(draft.visitor_id, case, "visitor", at) if draft.visitor_id else None
    colleagues = [_colleague(pk, case, "colleagues", at) for pk in dict.fromkeys(draft.colleagues)]
    if draft.area_id is not None and not Area.objects.filter(pk=draft.area_id).exists():
        raise errors.BadInput(errors.message("There is no such place."), code="area_unknown", field="area")
    visit = models.Visit.objects.create(
        case=case,
        kind=draft.kind,
        area_id=draft.area_id,
        planned_on=draft.planned_on,
        visitor=visitor,
        made_by_id=by.user_id,
        made_at=at,
    )
    rows = [models.VisitParticipant(visit=visit, person_id=pk) for pk in going]
    rows += [models.VisitParticipant(visit=visit, user=user) for user in colleagues if user != visitor]
    for name in rules.tidy_others(draft.others):
        sealed = audit.seal(case.subject, name.encode(), context=models.SEALED_VISITOR)
        rows.append(models.VisitParticipant(visit=visit, name_sealed=sealed))
    models.VisitParticipant.objects.bulk_create(rows)
    payload = {"kind": draft.kind, "on": draft.planned_on.isoformat()}
    cases.record("visit planned", case, by, at, payload=payload)
    return visit


def _colleague(user_id: int, case: case_models.Case, field: str, at: dt.datetime) -> accounts.User:
    """Somebody who could see the case anyway: whoever goes on a visit learns of it."""
    found = accounts.User.objects.filter(pk=user_id, is_active=True).first()
    if found is None or not cases.sees(found, case, at):
        raise errors.BadInput(
            errors.message("This colleague could not see the case. Choose somebody who works there."),
            code="owner_outside",
            field=field,
        )
    return found


@dataclass(frozen=True)
class VisitReport:
    """What came of a visit: when it was, who came (ids of participants), what was found."""

    done_on: dt.date
    report: str
    came: Collection[int] = ()
    presence: rules.Presence | None = None


@transaction.atomic
def report_visit(visit_id: int, told: VisitReport, *, by: Access, at: dt.datetime) -> models.Visit:
    """The visit was made, with who came and what was found; a check of presence says how it stands."""
    visit, case = _visit_for_change(visit_id, by)
    rules.check_done(told.done_on, case.opened_on, at.date(), "done_on")
    if visit.kind == rules.VisitKind.PRESENCE and told.presence is None:
        raise errors.BadInput(
            errors.message("Say whether they live there: this visit was made to see that."),
            code="presence_missing",
            field="presence",
        )
    known = set(visit.participants.values_list("pk", flat=True))
    if set(told.came) - known:
        raise errors.BadInput(
            errors.message("Choose among those who were to take part."), code="came_unknown", field="came"
        )
    visit.state, visit.done_on = rules.VisitState.DONE, told.done_on
    visit.presence = told.presence.value if told.presence else ""
    visit.told_by_id, visit.told_at = by.user_id, at
    cases.tidy_text(told.report, "report")
    visit.report_sealed = _sealed(case, told.report, "report", models.SEALED_VISIT)
    visit.save()
    visit.participants.update(came=False)
    visit.participants.filter(pk__in=list(told.came)).update(came=True)
    cases.record("visit made", case, by, at, payload={"kind": visit.kind, "presence": visit.presence or None})
    return visit


@transaction.atomic
def cancel_visit(visit_id: int, reason: str, *, by: Access, at: dt.datetime) -> models.Visit:
    """The visit will not be made; the reason is sealed in its place."""
    visit, case = _visit_for_change(visit_id, by)
    visit.report_sealed = _sealed(case, cases.tidy_text(reason, "reason"), "reason", models.SEALED_VISIT)
    visit.state, visit.told_by_id, visit.told_at = rules.VisitState.CANCELLED, by.user_id, at
    visit.save()
    cases.record("visit cancelled", case, by, at, payload={"kind": visit.kind})
    return visit


def _visit_for_change(visit_id: int, by: Access) -> tuple[models.Visit, case_models.Case]:
    visit = models.Visit.objects.filter(pk=visit_id).first()
    if visit is None:
        raise errors.NotFound()
    case = cases.case_for_change(visit.case_id, by, Action.CASE_WORK)
    visit.refresh_from_db()  # the case is locked now; nobody else tells of its visits
    if visit.state != rules.VisitState.PLANNED:
        raise errors.Conflict(
            errors.message("Somebody has told of this visit already. Look at the case again."), code="visit_told"
        )
    return visit, case


def _sealed(case: case_models.Case, text: str, field: str, context: str) -> bytes | None:
    if not text.strip():
        return None
    return audit.seal(case.subject, cases.tidy_text(text, field).encode(), context=context)


# --- plans kept before ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class KeptGoal:
    """A goal as it stands in a plan that was kept elsewhere until now."""

    kind: rules.GoalKind
    text: str
    due_on: dt.date
    state: rules.GoalState = rules.GoalState.OPEN
    agreed_on: dt.date | None = None


@dataclass(frozen=True)
class KeptVisit:
    """A visit of such a plan; one without ``done_on`` is still to be made."""

    kind: rules.VisitKind
    planned_on: dt.date
    area_id: int | None = None
    visitor_id: int | None = None
    done_on: dt.date | None = None
    report: str = ""
    presence: rules.Presence | None = None


@dataclass(frozen=True)
class KeptPlan:
    """What was planned and visited in a case before it was kept here."""

    case: case_models.Case
    goals: Sequence[KeptGoal] = ()
    visits: Sequence[KeptVisit] = ()


@transaction.atomic
def bring_plans(plans: Sequence[KeptPlan], *, by: Access, at: dt.datetime, lane: str = audit_rules.OFFICE) -> int:
    """Plans of many cases, kept elsewhere until now, stand in their cases; returns how many goals and visits.

    Raises NotFound for a case the writer may not work on.
    """
    by.require(Action.CASE_WORK)
    wanted = [plan.case.pk for plan in plans]
    seen: set[int] = set()
    for start in range(0, len(wanted), PIECE):
        rows = case_models.Case.objects.visible_to(by, Action.CASE_WORK).filter(pk__in=wanted[start : start + PIECE])
        seen.update(rows.values_list("pk", flat=True))
    if set(wanted) - seen:
        raise errors.NotFound()
    goals, visits = _kept_goals(plans, by, at), _kept_visits(plans, by, at)
    models.Goal.objects.bulk_create(goals, batch_size=PIECE)
    models.Visit.objects.bulk_create(visits, batch_size=PIECE)
    entries = [
        audit_rules.Entry(cases.ROOM, "plan brought", "case", str(plan.case.subject), plan.case.subject, {})
        for plan in plans
        if plan.goals or plan.visits
    ]
    audit.record_many(entries, by=by.actor, at=at, lane=lane)
    return len(goals) + len(visits)


def _kept_goals(plans: Sequence[KeptPlan], by: Access, at: dt.datetime) -> list[models.Goal]:
    told = [(plan.case, goal) for plan in plans for goal in plan.goals]
    sealed = audit.seal_many([(case.subject, goal.text.encode()) for case, goal in told], context=models.SEALED_GOAL)
    return [
        models.Goal(
            case=case,
            kind=goal.kind,
            text_sealed=token,
            due_on=goal.due_on,
            agreed_on=goal.agreed_on,
            state=goal.state,
            made_by_id=by.user_id,
            made_at=at,
            settled_by_id=by.user_id,
            settled_at=None if goal.state == rules.GoalState.OPEN else at,
        )
        for (case, goal), token in zip(told, sealed, strict=True)
    ]


def _kept_visits(plans: Sequence[KeptPlan], by: Access, at: dt.datetime) -> list[models.Visit]:
    told = [(plan.case, visit) for plan in plans for visit in plan.visits]
    reported = [(case.subject, visit.report.encode()) for case, visit in told if visit.done_on]
    sealed = iter(audit.seal_many(reported, context=models.SEALED_VISIT))
    return [
        models.Visit(
            case=case,
            kind=visit.kind,
            area_id=visit.area_id,
            visitor_id=visit.visitor_id,
            planned_on=visit.planned_on,
            state=rules.VisitState.DONE if visit.done_on else rules.VisitState.PLANNED,
            done_on=visit.done_on,
            presence=visit.presence or "",
            report_sealed=next(sealed) if visit.done_on else None,
            made_by_id=by.user_id,
            made_at=at,
            told_by_id=by.user_id,
            told_at=at if visit.done_on else None,
        )
        for case, visit in told
    ]
