"""Plans: goals and visits, sealed, seen by whom the case is seen by, told of once, gone with the person."""

from __future__ import annotations

import datetime as dt

import pytest
from tests import factories
from tests.factories import AT, OFFICE
from tests.rooms.cases.conftest import Office, opened

from streha.accounts import queries as account_queries
from streha.accounts.models import User
from streha.accounts.rules import Role
from streha.audit import queries as log
from streha.cases import actions as cases
from streha.cases import personal
from streha.cases.plans import actions, models, queries, rules
from streha.common import errors
from streha.dataprotection import actions as protection

pytestmark = pytest.mark.django_db
TODAY = AT.date()
WEEK = dt.timedelta(days=7)


def goal(case_id: int, by: object, text: str = "Roof before the winter") -> models.Goal:
    draft = actions.GoalDraft(rules.GoalKind.HOUSE, text, TODAY + WEEK)
    return actions.plan_goal(case_id, draft, by=by, at=AT)  # type: ignore[arg-type]


def test_a_goal_is_planned_agreed_reached_and_told_in_the_story(office: Office) -> None:
    case, by = opened(office), office.worker
    first, second = goal(case.pk, by), goal(case.pk, by, "Two cows")
    assert b"Roof" not in bytes(first.text_sealed)
    with pytest.raises(errors.BadInput, match="has passed"):
        late = actions.GoalDraft(rules.GoalKind.FOOD, "x", TODAY - WEEK)
        actions.plan_goal(case.pk, late, by=by, at=AT)
    assert actions.agree_plan(case.pk, TODAY, by=by, at=AT) == 2
    with pytest.raises(errors.Conflict, match="No goal waits"):
        actions.agree_plan(case.pk, TODAY, by=by, at=AT)
    actions.settle_goal(first.pk, rules.GoalState.REACHED, by=by, at=AT)
    with pytest.raises(errors.Conflict, match="settled already"):
        actions.settle_goal(first.pk, rules.GoalState.DROPPED, note="no", by=by, at=AT)
    with pytest.raises(errors.BadInput, match="why"):
        actions.settle_goal(second.pk, rules.GoalState.DROPPED, by=by, at=AT)
    plan = queries.plan_of(case, TODAY + 2 * WEEK)
    assert [(line.text, line.goal.state, line.is_late) for line in plan.goals] == [
        ("Two cows", "open", True),
        ("Roof before the winter", "reached", False),
    ]
    assert [line.kind for line in queries.story(plan)].count("goal reached") == 1
    assert next(iter(log.history(case.subject).rows)).verb == "goal reached"


def test_a_visit_is_planned_with_those_who_may_know_and_told_of_once(office: Office) -> None:
    case, by = opened(office), office.worker
    stranger = factories.person("Agim", "Berisha")
    far = factories.user(Role.CASEWORKER, scope=factories.in_area("17"))
    draft = actions.VisitDraft(rules.VisitKind.GSV, TODAY + WEEK, office.head.keeper_id, by.user_id)
    with pytest.raises(errors.BadInput, match="covers"):
        actions.plan_visit(
            case.pk, actions.VisitDraft(draft.kind, draft.planned_on, people=[stranger.pk]), by=by, at=AT
        )
    with pytest.raises(errors.BadInput, match="could not see"):
        actions.plan_visit(case.pk, actions.VisitDraft(draft.kind, draft.planned_on, visitor_id=far.pk), by=by, at=AT)
    draft = actions.VisitDraft(
        rules.VisitKind.GSV,
        TODAY + WEEK,
        office.head.keeper_id,
        by.user_id,
        people=[office.head.pk, office.child.pk],
        others=("Neighbour  Fatime", "", "Neighbour Fatime"),
    )
    visit = actions.plan_visit(case.pk, draft, by=by, at=AT)
    rows = {row.person_id: row for row in visit.participants.all()}
    assert rows.keys() == {office.head.pk, office.child.pk, None}
    assert b"Fatime" not in bytes(rows[None].name_sealed or b"")
    assert queries.visits_soon(by, TODAY).count() == 1
    assert queries.visits_late(by, TODAY + 2 * WEEK).count() == 1
    made = AT + 8 * dt.timedelta(days=1)
    with pytest.raises(errors.BadInput, match="cannot be"):
        told = actions.VisitReport(TODAY - WEEK, "x")
        actions.report_visit(visit.pk, told, by=by, at=made)
    told = actions.VisitReport(made.date(), "Roof gone, well dry", [rows[office.head.pk].pk, rows[None].pk])
    actions.report_visit(visit.pk, told, by=by, at=made)
    with pytest.raises(errors.Conflict, match="told of this visit"):
        actions.cancel_visit(visit.pk, "rain", by=by, at=made)
    (line,) = queries.plan_of(case, TODAY).visits
    assert (line.report, [one.came for one in line.participants]) == ("Roof gone, well dry", [True, False, True])
    assert not queries.own_visits(by).exists()


def test_a_check_of_presence_says_how_it_stands(office: Office) -> None:
    case = opened(office)
    visit = actions.plan_visit(case.pk, actions.VisitDraft(rules.VisitKind.PRESENCE, TODAY), by=office.worker, at=AT)
    with pytest.raises(errors.BadInput, match="whether they live there"):
        actions.report_visit(visit.pk, actions.VisitReport(TODAY, "seen"), by=office.worker, at=AT)
    told = actions.VisitReport(TODAY, "seen", presence=rules.Presence.ABSENT)
    assert actions.report_visit(visit.pk, told, by=office.worker, at=AT).presence == "absent"


@pytest.mark.parametrize("role", [Role.CASEWORKER, Role.PROGRAMME, Role.DATA_PROTECTION])
def test_the_plan_of_a_protection_case_is_nowhere_for_others(office: Office, role: Role) -> None:
    officer = factories.access(Role.PROTECTION, scope=factories.in_area("20"))
    case = opened(office, "protection", whole=False, by=officer)
    made = goal(case.pk, officer)
    visit = actions.plan_visit(case.pk, actions.VisitDraft(rules.VisitKind.HOME, TODAY), by=officer, at=AT)
    viewer = factories.access(role)
    assert not models.Goal.objects.visible_to(viewer).exists()
    assert not models.Visit.objects.visible_to(viewer).exists()
    assert not queries.visits_page(viewer, is_own=False, today=TODAY).rows
    for do in (
        lambda: goal(case.pk, viewer),
        lambda: actions.settle_goal(made.pk, rules.GoalState.REACHED, by=viewer, at=AT),
        lambda: actions.cancel_visit(visit.pk, "x", by=viewer, at=AT),
        lambda: queries.visible_visit(viewer, visit.pk),
    ):
        with pytest.raises((errors.NotFound, errors.Refused)):
            do()
    assert [v.pk for v in queries.visits_page(officer, is_own=False, today=TODAY).rows] == [visit.pk]


def test_the_subject_file_tells_the_plan_and_erasure_takes_it(office: Office) -> None:
    case, by = opened(office), office.worker
    goal(case.pk, by)
    draft = actions.VisitDraft(rules.VisitKind.HOME, TODAY, people=[office.spouse.pk], others=("Hodža",))
    actions.report_visit(
        actions.plan_visit(case.pk, draft, by=by, at=AT).pk, actions.VisitReport(TODAY, "Stove needed"), by=by, at=AT
    )
    (section,) = personal.collect(office.head.subject)
    said = " ".join(value for _, value in section.rows)
    assert "Roof before the winter" in said
    assert "Stove needed" in said
    (section,) = personal.collect(office.spouse.subject)
    assert ("visit_kind:home", f"visit_state:done · {TODAY:%d.%m.%Y}") in section.rows
    assert "Stove" not in str(section)
    protection.erase_person(office.spouse.pk, reason="asked", by=OFFICE, at=AT)
    assert not models.VisitParticipant.objects.filter(person=office.spouse.pk).exists()
    assert models.Visit.objects.exists()
    protection.erase_person(office.head.pk, reason="asked", by=OFFICE, at=AT)
    assert not models.Goal.objects.exists()
    assert not models.Visit.objects.exists()


def test_who_is_named_for_a_visit_finds_it_although_the_case_is_anothers(office: Office) -> None:
    case = opened(office)
    helper = factories.user(Role.CASEWORKER, scope=factories.in_area("20"))
    draft = actions.VisitDraft(rules.VisitKind.HOME, TODAY, visitor_id=helper.pk)
    actions.plan_visit(case.pk, draft, by=office.worker, at=AT)
    theirs = account_queries.access(User.objects.get(pk=helper.pk), AT)
    assert queries.own_visits(theirs).count() == 1
    assert not queries.own_visits(office.worker).exists()
    revision = case.revision
    cases.close_case(case.pk, cases.rules.Outcome.LEFT, revision=revision, reason="gone", by=office.worker, at=AT)
    assert not queries.own_visits(theirs).exists()
    with pytest.raises(errors.Conflict, match="closed"):
        goal(case.pk, office.worker)
