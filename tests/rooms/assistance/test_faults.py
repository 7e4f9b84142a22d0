"""What goes wrong around a commission: each is said clearly, and nothing is lost."""

from __future__ import annotations

import datetime as dt

import pytest
from tests import factories
from tests.factories import AT, OFFICE
from tests.rooms.assistance.conftest import Office, someone

from streha.accounts.rules import Role
from streha.assistance.selections import actions, bridge, models, queries, rules
from streha.common import errors
from streha.people import actions as people
from streha.people.merges import actions as merges

pytestmark = pytest.mark.django_db

LATE = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)


def test_a_grid_in_use_is_not_changed_but_made_anew(office: Office) -> None:
    grid, draft = office.call.grid, bridge.example_grid()
    with pytest.raises(errors.Conflict, match=r"Version 1 of this grid is frozen: C-\d+ goes by it"):
        actions.change_grid(grid.pk, draft, name="x", source="", by=office.programme, at=AT)
    second = actions.save_grid(draft, name="x", source="", by=office.programme, at=AT)
    assert second.version == 2
    office.score(office.family(), 5, 5)
    with pytest.raises(errors.Conflict, match="scoring or a session has begun"):
        actions.choose_grid(office.call.pk, second.pk, by=office.programme, at=AT)


def test_of_two_decisions_the_first_counts(office: Office) -> None:
    office.score(office.family(), 5, 5)
    selection = office.decided()
    item = selection.session.agenda.get(position=1)
    with pytest.raises(errors.Conflict, match="The first decision counts"):
        actions.decide(selection.pk, item.pk, by=office.members[1], at=AT)


def test_a_late_application_waits_for_a_word_with_its_reason(office: Office) -> None:
    late = office.applied(received=LATE)
    assert late.is_late
    office.score(late, 5, 5)
    with pytest.raises(errors.Conflict, match=f"Late applications wait for a word: {late.number}"):
        office.ranked()
    actions.judge_late(late.pk, accept=True, reason="The road was closed.", by=office.members[0], at=AT)
    late.refresh_from_db()
    assert (late.late_accepted, late.late_by_id) == (True, office.members[0].person())
    session = models.Session.objects.get(call=office.call)
    assert actions.rank(session.pk, by=office.members[0], at=AT).rows.get().position == 1


def test_a_relative_answers_before_scoring_and_does_not_score(office: Office) -> None:
    application = office.family("Hoxha")
    relative = someone(Role.SCORER, "Besa Hodža")
    actions.name_member(office.call.pk, relative.person(), rules.Function.SCORER, by=office.programme, at=AT)
    with pytest.raises(errors.Conflict, match="Say first whether you are related"):
        actions.begin_scoring(application.pk, by=relative, at=AT)
    conflict = application.conflicts.get(user_id=relative.person())
    assert conflict.bond == rules.Bond.SAME_FAMILY
    actions.answer_conflict(conflict.pk, answer=rules.Answer.BOUND, said="My cousin.", by=relative, at=AT)
    with pytest.raises(errors.Refused, match="Somebody else scores it"):
        actions.begin_scoring(application.pk, by=relative, at=AT)


def test_a_sheet_left_half_way_is_kept_and_stops_the_ranking(office: Office) -> None:
    application = office.family()
    office.score(application, 5)
    sheet = actions.begin_scoring(application.pk, by=office.scorers[1], at=AT)
    actions.give_points(sheet.pk, {"urgency": 7}, by=office.scorers[1], at=AT)
    with pytest.raises(errors.Conflict, match="Points already given are kept"):
        office.ranked()
    again = actions.begin_scoring(application.pk, by=office.scorers[1], at=AT)
    assert again.pk == sheet.pk
    given = {line.criterion.code: line.points for line in queries.own_sheet(office.scorers[1], again).lines}
    assert given["urgency"] == 7


def test_a_household_that_split_is_shown_and_noted_before_ranking(office: Office) -> None:
    application = office.family()
    office.score(application, 5, 5)
    last = application.household.memberships.order_by("-pk").first()
    assert last is not None
    people.end_membership(last.pk, on=AT.date(), by=OFFICE, at=AT)
    assert queries.household_change(application).left == {last.person_id}
    with pytest.raises(errors.Conflict, match="have changed since"):
        office.ranked()
    assert actions.note_household(application.pk, by=office.caseworker, at=AT) == (1, 0)
    session = models.Session.objects.get(call=office.call)
    assert actions.rank(session.pk, by=office.members[0], at=AT).rows.get().position == 1


def test_two_applications_of_one_person_are_shown(office: Office) -> None:
    one, other = office.family(), office.family()
    person = one.members.order_by("pk").first()
    assert person is not None
    models.ApplicationMember.objects.create(application=other, person_id=person.person_id, relation="other")
    assert queries.doubles([one, other]) == [(one.number, other.number)]
    assert queries.application_page(office.caseworker, one.pk, at=AT).doubles == (other.number,)


def test_two_applicants_who_turn_out_to_be_one_are_shown_and_parted_again(office: Office) -> None:
    one, other = office.family(), office.family()
    kept, gone = (application.applicant_id for application in (one, other))
    done = merges.merge(merges.Choice(kept, gone), by=OFFICE, at=AT)
    assert queries.doubles([one, other]) == [(one.number, other.number)]
    assert queries.application_page(office.caseworker, other.pk, at=AT).doubles == (one.number,)
    merges.undo(done.pk, reason="two cousins", by=OFFICE, at=AT)
    assert queries.doubles([one, other]) == []


def test_an_open_session_keeps_the_grid_it_began_with(office: Office) -> None:
    office.score(office.family(), 5, 5)
    session = office.session()
    newer = actions.save_grid(bridge.example_grid(), name="x", source="", by=office.programme, at=AT)
    with pytest.raises(errors.Conflict, match="scoring or a session has begun"):
        actions.choose_grid(office.call.pk, newer.pk, by=office.programme, at=AT)
    assert actions.rank(session.pk, by=office.members[0], at=AT).grid_id == office.call.grid_id != newer.pk


def test_an_applicant_whose_record_was_merged_into_a_shielded_one_is_hidden(office: Office) -> None:
    application, other = office.family(), office.family()
    kept = factories.person("Shpresa", "Hoxha", birth=dt.date(1965, 2, 3))
    member = application.members.order_by("pk").first()
    assert member is not None
    merges.merge(merges.Choice(kept.pk, member.person_id), by=OFFICE, at=AT)
    seen = models.Application.objects.visible_to
    assert {a.pk for a in seen(office.caseworker)} == {application.pk, other.pk}
    people.shield(kept.pk, on=True, reason="asked", by=OFFICE, at=AT)
    assert {a.pk for a in seen(office.caseworker)} == {other.pk}
    assert [a.pk for a in queries.applications_of(office.call)] == [other.pk]


def test_who_enters_does_not_score_and_who_scores_does_not_sit(office: Office) -> None:
    office.family()
    with pytest.raises((errors.BadInput, errors.Conflict)):
        actions.name_member(
            office.call.pk, office.caseworker.person(), rules.Function.SCORER, by=office.programme, at=AT
        )
    with pytest.raises(errors.StrehaError):
        actions.name_member(
            office.call.pk, office.members[1].person(), rules.Function.APPEAL_MEMBER, by=office.programme, at=AT
        )


def test_points_without_evidence_are_refused_with_the_remedy(office: Office) -> None:
    application = office.applied(papers=False)
    sheet = actions.begin_scoring(application.pk, by=office.scorers[0], at=AT)
    with pytest.raises(errors.BadInput, match="20 points need a paper"):
        actions.give_points(sheet.pk, {"disability": 20}, by=office.scorers[0], at=AT)
    with pytest.raises(errors.BadInput, match="It takes 0 to 25"):
        actions.give_points(sheet.pk, {"urgency": 26}, by=office.scorers[0], at=AT)
