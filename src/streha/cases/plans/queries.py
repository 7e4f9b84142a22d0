"""Reads of plans: goals and visits of one case in clear, visits that wait for somebody, the agenda."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from streha.accounts import models as accounts
from streha.accounts.rules import Access
from streha.cases import models as case_models
from streha.cases import queries as cases
from streha.cases.plans import models, rules
from streha.common import errors, pages
from streha.common.pages import PAGE_SIZE, Page
from streha.people import models as people
from streha.people import queries as people_queries


@dataclass(frozen=True)
class GoalLine:
    """A goal in clear."""

    goal: models.Goal
    text: str
    note: str
    is_late: bool


@dataclass(frozen=True)
class Participant:
    """Somebody who took part, or was to."""

    row_id: int
    person: people.Person | None
    user: accounts.User | None
    name: str
    came: bool | None


@dataclass(frozen=True)
class VisitLine:
    """A visit in clear, with who took part."""

    visit: models.Visit
    report: str
    participants: tuple[Participant, ...]
    is_late: bool


@dataclass(frozen=True)
class Plan:
    """What is to be reached in a case, and the visits made and planned for it."""

    goals: tuple[GoalLine, ...]
    visits: tuple[VisitLine, ...]

    @property
    def waits_for_agreement(self) -> bool:
        """Whether some open goal was not agreed on yet."""
        return any(g.goal.state == rules.GoalState.OPEN and g.goal.agreed_on is None for g in self.goals)


def visits_of(access: Access, case_ids: Sequence[int]) -> list[models.Visit]:
    """Visits made and planned in these cases, as far as the viewer sees the case; what was found stays sealed."""
    seen = models.Visit.objects.visible_to(access).filter(case__in=case_ids).exclude(state=rules.VisitState.CANCELLED)
    return list(seen.select_related("visitor", "area__parent").order_by("planned_on", "pk")[:100])


def plan_of(case: case_models.Case, today: dt.date) -> Plan:
    """Goals and visits of a case that the viewer sees: open ones first, by their day."""
    return Plan(_goals(case, today), _visits(case, today))


def _goals(case: case_models.Case, today: dt.date) -> tuple[GoalLine, ...]:
    rows = list(models.Goal.objects.filter(case=case).select_related("made_by", "settled_by").order_by("due_on", "pk"))
    texts = cases.people_texts(case, [row.text_sealed for row in rows], models.SEALED_GOAL)
    notes = cases.people_texts(case, [row.note_sealed for row in rows], models.SEALED_GOAL_NOTE)
    lines = [
        GoalLine(row, text, note, row.state == rules.GoalState.OPEN and row.due_on < today)
        for row, text, note in zip(rows, texts, notes, strict=True)
    ]
    return tuple(sorted(lines, key=lambda line: line.goal.state != rules.GoalState.OPEN))


def _visits(case: case_models.Case, today: dt.date) -> tuple[VisitLine, ...]:
    rows = list(
        models.Visit.objects.filter(case=case)
        .select_related("area__parent", "visitor", "made_by", "told_by")
        .order_by("-planned_on", "-pk")
    )
    reports = cases.people_texts(case, [row.report_sealed for row in rows], models.SEALED_VISIT)
    taking = _participants(case, [row.pk for row in rows])
    lines = [
        VisitLine(
            row, report, tuple(taking.get(row.pk, ())), row.state == rules.VisitState.PLANNED and row.planned_on < today
        )
        for row, report in zip(rows, reports, strict=True)
    ]
    return tuple(sorted(lines, key=lambda line: line.visit.state != rules.VisitState.PLANNED))


def _participants(case: case_models.Case, visit_ids: Sequence[int]) -> dict[int, list[Participant]]:
    rows = list(models.VisitParticipant.objects.filter(visit_id__in=visit_ids).select_related("user").order_by("pk"))
    names = cases.people_texts(case, [row.name_sealed for row in rows], models.SEALED_VISITOR)
    kept = people_queries.answering(row.person_id for row in rows if row.person_id)
    persons = {p.pk: p for p in people_queries.with_people(sorted(set(kept.values())))}
    found: dict[int, list[Participant]] = {}
    for row, name in zip(rows, names, strict=True):
        person = persons.get(kept.get(row.person_id or 0, 0))
        found.setdefault(row.visit_id, []).append(Participant(row.pk, person, row.user, name, row.came))
    return found


def visible_visit(access: Access, visit_id: int) -> models.Visit:
    """The visit; raises NotFound for one of a case that does not exist for this viewer."""
    found = models.Visit.objects.visible_to(access).select_related("case").filter(pk=visit_id).first()
    if found is None:
        raise errors.NotFound()
    return found


def story(plan: Plan) -> list[cases.Told]:
    """What happened in the plan, as lines of the case's story."""
    told = []
    for line in plan.goals:
        told.append(cases.Told(line.goal.made_at, "goal planned", line.goal.made_by, line.text, line))
        if line.goal.settled_at is not None:
            kind = f"goal {line.goal.state}"
            told.append(cases.Told(line.goal.settled_at, kind, line.goal.settled_by, line.note, line))
    for visit in plan.visits:
        told.append(cases.Told(visit.visit.made_at, "visit planned", visit.visit.made_by, "", visit))
        if visit.visit.told_at is not None:
            kind = "visit made" if visit.visit.state == rules.VisitState.DONE else "visit cancelled"
            told.append(cases.Told(visit.visit.told_at, kind, visit.visit.told_by, visit.report, visit))
    return told


# --- what waits for somebody ------------------------------------------------------------------------------------------


def own_visits(access: Access) -> QuerySet[models.Visit]:
    """Visits planned for the viewer: theirs to make, or, where nobody was named, of their own cases."""
    if access.user_id is None:
        return models.Visit.objects.none()
    mine = Q(visitor_id=access.user_id) | Q(visitor=None, case__owner_id=access.user_id)
    return models.Visit.objects.visible_to(access).filter(mine, state=rules.VisitState.PLANNED, case__state="open")


def visits_late(access: Access, today: dt.date) -> QuerySet[models.Visit]:
    """Own visits whose day has passed and of which nobody has told."""
    return own_visits(access).filter(planned_on__lt=today)


def visits_soon(access: Access, today: dt.date) -> QuerySet[models.Visit]:
    """Own visits of the week that begins today."""
    return own_visits(access).filter(planned_on__gte=today, planned_on__lte=today + cases.SOON)


def goals_late(access: Access, today: dt.date) -> QuerySet[models.Goal]:
    """Open goals of the viewer's own cases whose day has passed."""
    if access.user_id is None:
        return models.Goal.objects.none()
    return models.Goal.objects.visible_to(access).filter(
        case__owner_id=access.user_id, case__state="open", state=rules.GoalState.OPEN, due_on__lt=today
    )


def visits_page(
    access: Access, *, is_own: bool, today: dt.date, is_late: bool = False, after: str = "", limit: int = PAGE_SIZE
) -> Page[models.Visit]:
    """One page of planned visits, the next first, each with its case and whom it follows."""
    rows = own_visits(access) if is_own else models.Visit.objects.visible_to(access).filter(state="planned")
    rows = rows.filter(case__state="open")
    if is_late:
        rows = rows.filter(planned_on__lt=today)
    if after:
        rows = rows.filter(cases.behind_day("planned_on", after))
    found = list(rows.select_related("area__parent", "visitor").order_by("planned_on", "id")[: limit + 1])
    shown = found[:limit]
    by_id = {case.pk: case for case in cases.with_cases([visit.case_id for visit in shown])}
    for visit in shown:
        visit.case = by_id[visit.case_id]
    more = len(found) > limit
    key = pages.key(shown[-1].planned_on, shown[-1].pk) if more else ""
    return Page(tuple(shown), key)
