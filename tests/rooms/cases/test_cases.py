"""Cases: opened, moved stage by stage, assigned, closed, opened again; seen by whom they may be, and by nobody else."""

from __future__ import annotations

import datetime as dt
from unittest import mock

import pytest
from tests import factories
from tests.factories import AT, OFFICE
from tests.rooms.cases.conftest import Office, opened

from streha.accounts import actions as account_actions
from streha.accounts import queries as account_queries
from streha.accounts.rules import POLICY, Access, Action, Role, Scope, ScopeKind
from streha.audit import actions as audit
from streha.audit import queries as log
from streha.cases import actions, models, queries, rules
from streha.common import errors
from streha.dataprotection import actions as protection
from streha.dataprotection import queries as protection_queries
from streha.people import actions as people
from streha.people.households import actions as households
from streha.people.merges import actions as merges

pytestmark = pytest.mark.django_db


def check_papers(case: models.Case, by: Access) -> None:
    for item in queries.checklist(case, AT.date()):
        row = actions.receive_paper(case.pk, item.wanted.paper_id, item.person_id, by=by, at=AT)
        actions.judge_paper(row.pk, is_good=True, by=by, at=AT)


def move(case: models.Case, to: str, by: Access, reason: str = "") -> models.Case:
    revision = models.Case.objects.get(pk=case.pk).revision
    return actions.move_case(case.pk, to, revision=revision, reason=reason, by=by, at=AT)


def test_a_case_opens_at_the_first_stage_covers_the_household_and_is_in_the_log(office: Office) -> None:
    case = opened(office)
    assert case.stage.code == "wish"
    assert case.due_on == AT.date() + dt.timedelta(days=30)
    assert set(case.members.values_list("person_id", flat=True)) == {office.head.pk, office.spouse.pk, office.child.pk}
    (done,) = log.history(case.subject).rows
    assert done.verb == "case opened"
    assert not [row for row in log.history(office.head.subject).rows if row.room == "cases"]


def test_a_failed_record_undoes_the_case(office: Office) -> None:
    with mock.patch.object(audit, "record_many", side_effect=RuntimeError), pytest.raises(RuntimeError):
        opened(office)
    assert not models.Case.objects.exists()


def test_nobody_has_two_open_cases_of_one_track(office: Office) -> None:
    opened(office)
    with pytest.raises(errors.Conflict, match="already"):
        opened(office)
    assert opened(office, "repatriation").pk


def test_a_stage_is_not_skipped_and_an_optional_one_may_be(office: Office) -> None:
    case = opened(office)
    with pytest.raises(errors.BadInput) as wrong:
        move(case, "travel", office.worker)
    assert wrong.value.code == "stage_skipped"
    assert "Documents" in wrong.value.english()
    assert move(case, "documents", office.worker).stage.code == "documents"  # GIV and GSV may be left out
    with pytest.raises(errors.BadInput) as wrong:
        move(case, "closure", office.worker)
    assert wrong.value.code == "stage_final"


def test_papers_are_asked_for_before_the_commission(office: Office) -> None:
    case = opened(office)
    move(case, "documents", office.worker)
    with pytest.raises(errors.BadInput) as wrong:
        move(case, "commission", office.worker)
    assert wrong.value.code == "papers_missing"
    assert "Identity card" in wrong.value.english()
    assert "Proof of vulnerability" not in wrong.value.english()
    check_papers(case, office.worker)
    assert move(case, "commission", office.worker).stage.code == "commission"


def test_a_decision_is_the_commissions_and_waits_for_it(office: Office) -> None:
    case = opened(office)
    move(case, "documents", office.worker)
    check_papers(case, office.worker)
    move(case, "commission", office.worker)
    commission = factories.access(Role.COMMISSION, scope=factories.in_area("20"))
    assert list(queries.waiting_for_role(commission)) == [case]
    assert not queries.waiting_for_role(office.worker)
    with pytest.raises(errors.Refused, match="Decision"):
        move(case, "decision", office.worker)
    assert move(case, "decision", commission).stage.code == "decision"
    assert not queries.waiting_for_role(commission)


def test_two_decisions_at_once_the_second_is_told(office: Office) -> None:
    case = opened(office)
    actions.move_case(case.pk, "giv", revision=case.revision, by=office.worker, at=AT)
    with pytest.raises(errors.Conflict):
        actions.move_case(case.pk, "gsv", revision=case.revision, by=office.worker, at=AT)
    assert models.Case.objects.get(pk=case.pk).stage.code == "giv"


def test_back_needs_a_reason_which_is_sealed(office: Office) -> None:
    case = opened(office)
    move(case, "giv", office.worker)
    with pytest.raises(errors.BadInput, match="why"):
        move(case, "wish", office.worker)
    move(case, "wish", office.worker, reason="Changed her mind about Zhur")
    step = case.steps.order_by("-pk")[0]
    assert b"Zhur" not in bytes(step.reason_sealed or b"")
    assert queries.story(case)[0].text == "Changed her mind about Zhur"


def test_closed_cases_stand_still_until_opened_again(office: Office) -> None:
    case = opened(office)
    with pytest.raises(errors.BadInput, match="why"):
        actions.close_case(case.pk, rules.Outcome.WITHDRAWN, revision=case.revision, by=office.worker, at=AT)
    with pytest.raises(errors.BadInput) as wrong:
        actions.close_case(case.pk, rules.Outcome.COMPLETED, revision=case.revision, by=office.worker, at=AT)
    assert wrong.value.code == "stage_skipped"
    closed = actions.close_case(
        case.pk, rules.Outcome.WITHDRAWN, revision=case.revision, reason="stays", by=office.worker, at=AT
    )
    with pytest.raises(errors.Conflict, match="closed"):
        move(case, "giv", office.worker)
    again = actions.reopen_case(case.pk, reason="came back", revision=closed.revision, by=office.worker, at=AT)
    assert (again.state, again.outcome, again.closed_on) == ("open", "", None)
    assert [step.kind for step in case.steps.order_by("pk")] == ["opened", "closed", "reopened"]


def test_a_completed_case_goes_on_before_its_end(office: Office) -> None:
    case = opened(office, "repatriation")
    for stage in ("reception",):
        move(case, stage, office.worker)
    check_papers(case, office.worker)
    for stage in ("needs", "plan", "help"):
        move(case, stage, office.worker)
    revision = models.Case.objects.get(pk=case.pk).revision
    closed = actions.close_case(case.pk, rules.Outcome.COMPLETED, revision=revision, by=office.worker, at=AT)
    assert closed.stage.is_final
    again = actions.reopen_case(case.pk, reason="needs more", revision=closed.revision, by=office.worker, at=AT)
    assert again.stage.code == "help"


def test_owners_are_people_who_would_see_the_case(office: Office) -> None:
    case = opened(office)
    chief = factories.access(Role.PROGRAMME, scope=factories.in_area("20"))
    near = factories.user(Role.CASEWORKER, scope=factories.in_area("20"))
    far = factories.user(Role.CASEWORKER, scope=factories.in_area("17"))
    own = factories.user(Role.CASEWORKER, scope=Scope(ScopeKind.OWN))
    with pytest.raises(errors.BadInput, match="could not see"):
        actions.assign_case(case.pk, far.pk, revision=case.revision, by=chief, at=AT)
    case = actions.assign_case(case.pk, near.pk, revision=case.revision, by=chief, at=AT)
    with pytest.raises(errors.Refused, match="another owner"):
        actions.assign_case(case.pk, office.worker.person(), revision=case.revision, by=office.worker, at=AT)
    actions.assign_case(case.pk, own.pk, revision=case.revision, by=chief, at=AT)
    assert list(models.Case.objects.visible_to(account_queries.access(own, AT))) == [case]


def test_area_team_and_own_caseload_decide_who_sees_it(office: Office) -> None:
    case = opened(office)
    team = account_actions.create_organisation("Ngo Test", kind="ngo", by=OFFICE, at=AT, is_fictional=True)
    models.Case.objects.filter(pk=case.pk).update(team=team)
    sees = {
        "area": factories.access(Role.CASEWORKER, scope=factories.in_area("20")),
        "team": factories.access(Role.CASEWORKER, scope=Scope(ScopeKind.ORGANISATION, str(team.pk))),
    }
    blind = {
        "area": factories.access(Role.CASEWORKER, scope=factories.in_area("17")),
        "own": factories.access(Role.CASEWORKER, scope=Scope(ScopeKind.OWN)),
        "nobody": factories.access(),
    }
    for access in sees.values():
        assert list(models.Case.objects.visible_to(access)) == [case]
    for access in blind.values():
        assert not models.Case.objects.visible_to(access).exists()
        with pytest.raises(errors.NotFound):
            queries.case_page(access, case.pk, at=AT)


def test_a_handed_over_person_takes_the_case_along(office: Office) -> None:
    case = opened(office)
    there = factories.access(Role.CASEWORKER, scope=factories.in_area("17"))
    people.hand_over(office.head.pk, keeper_id=factories.municipality("17").pk, reason="moved", by=OFFICE, at=AT)
    assert list(models.Case.objects.visible_to(there)) == [case]
    assert not models.Case.objects.visible_to(office.worker).exists()


@pytest.mark.parametrize("role", list(Role))
def test_a_protection_case_is_nowhere_for_others(office: Office, role: Role) -> None:
    officer = factories.access(Role.PROTECTION, scope=factories.in_area("20"))
    case = opened(office, "protection", whole=False, by=officer)
    viewer = factories.access(role)
    may = Action.CASE_SENSITIVE in POLICY[role].actions
    assert models.Case.objects.visible_to(viewer).exists() == may
    today = AT.date() + dt.timedelta(days=400)
    for state in rules.CaseState:
        page = queries.cases_page(viewer, queries.CaseFilter(state=state), today=today)
        assert bool(page.rows) == (may and state == rules.CaseState.OPEN)
    assert bool(queries.of_person(viewer, office.head.pk)) == may
    assert not queries.waiting_for_role(viewer).exists()
    assert queries.unowned(viewer).exists() is False
    assert ("protection" in {v.track.code for v in queries.tracks_open_to(viewer)}) == may
    if not may:
        with pytest.raises((errors.NotFound, errors.Refused)):
            queries.case_page(viewer, case.pk, at=AT)
        with pytest.raises((errors.NotFound, errors.Refused)):
            opened(office, "protection", whole=False, by=viewer)
    history = [row.room for row in log.history(office.head.subject).rows]
    assert "cases" not in history


def test_a_shielded_member_hides_the_case(office: Office) -> None:
    case = opened(office)
    people.shield(office.child.pk, on=True, reason="asked", by=OFFICE, at=AT)
    assert not models.Case.objects.visible_to(office.worker).exists()
    officer = factories.access(Role.PROTECTION, scope=factories.in_area("20"))
    assert list(models.Case.objects.visible_to(officer)) == [case]


def test_a_household_that_splits_goes_on_in_two_cases(office: Office) -> None:
    case = opened(office)
    item = next(i for i in queries.checklist(case, AT.date()) if i.person_id == office.spouse.pk)
    actions.receive_paper(case.pk, item.wanted.paper_id, office.spouse.pk, by=office.worker, at=AT)
    leaving = office.household.memberships.get(person=office.spouse)
    people.end_membership(leaving.pk, on=AT.date(), by=OFFICE, at=AT)
    page = queries.case_page(office.worker, case.pk, at=AT)
    assert [p.pk for p in page.parted] == [office.spouse.pk]
    with pytest.raises(errors.BadInput, match="speaks"):
        actions.split_case(case.pk, [office.head.pk], revision=1, reason="", by=office.worker, at=AT)
    new = actions.split_case(case.pk, [office.spouse.pk], revision=1, reason="divorce", by=office.worker, at=AT)
    assert (new.person_id, new.stage, new.version) == (office.spouse.pk, case.stage, case.version)
    assert [row.person_id for row in new.papers.all()] == [office.spouse.pk]
    assert not queries.case_page(office.worker, case.pk, at=AT).parted
    joiner = factories.person("Blerim", "Hoxha")
    from streha.people.rules import MemberDraft

    people.add_member(office.household.pk, MemberDraft(joiner.pk), by=OFFICE, at=AT)
    page = queries.case_page(office.worker, case.pk, at=AT)
    assert [p.pk for p in page.joined] == [joiner.pk]
    actions.cover_people(case.pk, [joiner.pk], revision=page.case.revision, by=office.worker, at=AT)
    assert not queries.case_page(office.worker, case.pk, at=AT).joined


def test_a_changed_track_leaves_running_cases_alone(office: Office) -> None:
    case = opened(office)
    version = queries.newest_version("voluntary_return")
    draft = queries.as_draft(version)
    assert rules.check_track(draft) is None
    fewer = rules.TrackDraft(
        draft.code,
        draft.label,
        "Decision of 1.11.2026",
        draft.stages[:4] + draft.stages[-1:],
        (),
        verified_by="A. Demo",
    )
    new = actions.change_track(fewer, number=version.number, by=OFFICE, at=AT)
    assert (new.number, new.verified_by) == (2, "A. Demo")
    with pytest.raises(errors.Conflict):
        actions.change_track(fewer, number=version.number, by=OFFICE, at=AT)
    assert len(queries.steps_of(models.Case.objects.get(pk=case.pk).version_id)) == 11
    other = factories.person("Blerta", "Krasniqi")
    later = actions.open_case(actions.CaseDraft(other.pk, "voluntary_return"), by=office.worker, at=AT)
    assert later.version == new
    assert actions.load_tracks(by=OFFICE, at=AT) == 0


def test_break_glass_is_shown_to_the_owner(office: Office) -> None:
    case = opened(office)
    curious = factories.access(Role.CASEWORKER, scope=factories.in_area("17"))
    account_actions.break_glass(
        office.spouse.subject, reason="She stands here and needs papers", hours=1, by=curious, at=AT
    )
    ((look, whose),) = queries.glass_broken(office.worker, AT)
    assert (look.user_id, whose) == (curious.user_id, case)
    assert queries.case_page(office.worker, case.pk, at=AT).breaks
    assert not queries.glass_broken(curious, AT)


def test_pages_follow_one_another_without_a_gap(office: Office) -> None:
    drafts = []
    for number in range(7):
        someone = factories.person(f"Name{'abcdefg'[number]}", "Berisha")
        drafts.append(
            actions.CaseDraft(someone.pk, "repatriation", opened_on=AT.date() - dt.timedelta(days=number // 2))
        )
    actions.open_many(drafts, by=office.worker, at=AT)
    seen: list[int] = []
    after = ""
    while True:
        page = queries.cases_page(office.worker, queries.CaseFilter(), today=AT.date(), after=after, limit=3)
        seen += [case.pk for case in page.rows]
        after = page.next
        if not after:
            break
    assert len(seen) == len(set(seen)) == 7
    with pytest.raises(errors.BadInput):
        queries.cases_page(office.worker, queries.CaseFilter(), today=AT.date(), after="nonsense")


def test_a_case_of_a_merged_record_is_read_as_the_person_who_answers(office: Office) -> None:
    case = opened(office)
    again = factories.person("Џевдет", "Хоџа", birth=None)
    item = next(i for i in queries.checklist(case, AT.date()) if i.person_id == office.spouse.pk)
    actions.receive_paper(case.pk, item.wanted.paper_id, office.spouse.pk, by=office.worker, at=AT)
    spouse_again = factories.person("Шпреса", "Хоџа", birth=None)
    for kept, gone in ((again, office.head), (spouse_again, office.spouse)):
        merges.merge(merges.Choice(kept.pk, gone.pk, frozenset({"birth"})), by=OFFICE, at=AT)
    (listed,) = queries.cases_page(office.worker, queries.CaseFilter(), today=AT.date()).rows
    assert (listed.person.pk, len(listed.person.current_names)) == (again.pk, 2)
    page = queries.case_page(office.worker, case.pk, at=AT)
    assert page.case.person.pk == again.pk
    assert [p.pk for p in page.members] == [again.pk, spouse_again.pk, office.child.pk]
    assert (page.parted, page.joined) == ((), ())
    assert [case.pk] == [c.pk for c in queries.of_person(office.worker, again.pk)]
    held = next(i for i in queries.checklist(case, AT.date()) if i.person_id == spouse_again.pk and i.held)
    brought = actions.receive_paper(case.pk, held.wanted.paper_id, office.spouse.pk, by=office.worker, at=AT)
    assert held.held is not None and brought.pk == held.held.row_id
    for number in (again.pk, office.head.pk):
        with pytest.raises(errors.Conflict, match="already"):
            draft = actions.CaseDraft(number, "voluntary_return")
            actions.open_case(draft, by=office.worker, at=AT)
    new = actions.split_case(case.pk, [spouse_again.pk], revision=1, reason="-", by=office.worker, at=AT)
    assert (new.person_id, new.papers.count(), case.papers.count()) == (spouse_again.pk, 1, 0)


def test_a_household_that_was_merged_goes_on_in_its_case(office: Office) -> None:
    case = opened(office)
    other = factories.household(factories.person("Besa", "Hoxha"))
    households.merge_households(other.pk, office.household.pk, on=AT.date(), reason="one family", by=OFFICE, at=AT)
    page = queries.case_page(office.worker, case.pk, at=AT)
    assert page.parted == ()
    assert [p.pk for p in page.joined] == [other.memberships.get(is_head=True).person_id]


def test_the_subject_file_holds_cases_and_erasure_empties_them(office: Office) -> None:
    officer = factories.access(Role.PROTECTION, scope=factories.in_area("20"))
    hidden = opened(office, "protection", whole=False, by=officer)
    case = opened(office)
    actions.add_note(case.pk, "Wants to live near the school", by=office.worker, at=AT)
    actions.add_note(hidden.pk, "Afraid at night", by=officer, at=AT)
    told = str(protection_queries.collect(office.head.subject))
    assert "Wants to live near the school" in told
    assert "Afraid" not in told
    protection.erase_person(office.head.pk, reason="asked", by=OFFICE, at=AT)
    for pk in (case.pk, hidden.pk):
        left = models.Case.objects.get(pk=pk)
        assert left.erased_at == AT
        assert not left.notes.exists()
        with pytest.raises(errors.Gone):
            audit.seal(left.subject, b"x", context="test")
    assert not models.Case.objects.visible_to(OFFICE).exists()


def test_an_erased_member_leaves_the_case_to_the_others(office: Office) -> None:
    case = opened(office)
    protection.erase_person(office.spouse.pk, reason="asked", by=OFFICE, at=AT)
    page = queries.case_page(office.worker, case.pk, at=AT)
    assert [p.pk for p in page.members] == [office.head.pk, office.child.pk]


def test_the_load_counts_late_cases_by_owner_and_no_sensitive_ones(office: Office) -> None:
    opened(office)
    officer = factories.access(Role.PROTECTION, scope=factories.in_area("20"))
    opened(office, "protection", whole=False, by=officer)
    chief = factories.access(Role.PROGRAMME, scope=factories.in_area("20"))
    (load,) = queries.load_by_owner(chief, AT.date() + dt.timedelta(days=40))
    assert (load.open, load.late, load.oldest) == (1, 1, AT.date())
    assert load.owner is not None
    assert load.owner.pk == office.worker.user_id
    assert sum(load.open for load in queries.load_by_owner(officer, AT.date())) == 2
    assert queries.load_by_owner(office.worker, AT.date()) == []
    covered = {office.head.pk, office.spouse.pk, office.child.pk}
    assert queries.with_open_case(covered) == covered
    models.Case.objects.update(is_sensitive=True)
    assert queries.with_open_case(covered) == set(), "a sensitive case is not told"


def test_a_merged_applicant_is_one_person_everywhere_in_the_case(office: Office) -> None:
    again = factories.person("Xhevdet", "Hoxha")
    first = opened(office)
    draft = actions.CaseDraft(again.pk, "voluntary_return", owner_id=office.worker.user_id)
    second = actions.open_case(draft, by=office.worker, at=AT)
    item = next(i for i in queries.checklist(second, AT.date()) if i.person_id == again.pk)
    row = actions.receive_paper(second.pk, item.wanted.paper_id, again.pk, by=office.worker, at=AT)
    merges.merge(merges.Choice(office.head.pk, again.pk), by=OFFICE, at=AT)
    page = queries.case_page(office.worker, second.pk, at=AT)
    assert [p.pk for p in page.members] == [office.head.pk]
    assert page.case.person.pk == office.head.pk
    assert [other.pk for other in page.doubles] == [first.pk]
    assert {case.pk for case in queries.of_person(office.worker, office.head.pk)} == {first.pk, second.pk}
    kept = [i for i in queries.checklist(second, AT.date()) if i.state == rules.PaperState.RECEIVED]
    assert [(i.person_id, i.held.row_id if i.held else None) for i in kept] == [(office.head.pk, row.pk)]
    received = actions.receive_paper(second.pk, item.wanted.paper_id, office.head.pk, by=office.worker, at=AT)
    assert received.pk == row.pk
    actions.close_case(first.pk, rules.Outcome.ERROR, revision=first.revision, reason="twice", by=office.worker, at=AT)
    with pytest.raises(errors.Conflict, match="already"):
        opened(office)  # the other one is theirs too, under the number that is gone
    people.shield(office.head.pk, on=True, reason="asked", by=OFFICE, at=AT)
    assert not models.Case.objects.visible_to(office.worker).exists()


def test_a_household_that_splits_after_a_merge_still_parts_the_right_people(office: Office) -> None:
    case = opened(office)
    again = factories.person("Shpresa", "Hoxha", birth=dt.date(1965, 2, 3))
    merges.merge(
        merges.Choice(again.pk, office.spouse.pk), by=OFFICE, at=AT
    )  # the number that was covered is the one gone
    page = queries.case_page(office.worker, case.pk, at=AT)
    assert again.pk in {p.pk for p in page.members}
    new = actions.split_case(case.pk, [again.pk], revision=1, reason="divorce", by=office.worker, at=AT)
    assert new.person_id == again.pk
    left = set(case.members.filter(ended_on=None).values_list("person_id", flat=True))
    assert left == {office.head.pk, office.child.pk}


def test_a_case_names_its_home_and_tells_nobody_who_may_not_see_it(office: Office) -> None:
    case, home = opened(office), factories.home(office.head)
    far = factories.home(factories.person("Agim", "Berisha", code="17"), code="17")
    with pytest.raises(errors.BadInput, match="no home with this number"):
        actions.name_home(case.pk, far.pk, revision=case.revision, by=office.worker, at=AT)
    named = actions.name_home(case.pk, home.pk, revision=case.revision, by=office.worker, at=AT)
    page = queries.case_page(office.worker, case.pk, at=AT)
    assert (page.home, page.sees_place) == (home, True)
    commission = factories.access(Role.COMMISSION, scope=factories.in_area("20"))
    assert queries.case_page(commission, case.pk, at=AT).sees_place is False
    protector = factories.access(Role.DATA_PROTECTION)
    models.Case.objects.filter(pk=case.pk).update(home=far)
    assert queries.case_page(office.worker, case.pk, at=AT).home is None
    assert queries.case_page(protector, case.pk, at=AT).home == far
    with pytest.raises(errors.Conflict):
        actions.name_home(case.pk, None, revision=named.revision - 1, by=office.worker, at=AT)
