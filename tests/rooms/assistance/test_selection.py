"""A selection from the call to the decision, its appeal, and its replay."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.factories import AT, OFFICE
from tests.rooms.assistance.conftest import IN_TIME, Office

from streha.assistance.selections import actions, models, queries
from streha.audit.models import AuditRecord
from streha.common import errors
from streha.dataprotection import actions as protection
from streha.people import actions as people

pytestmark = pytest.mark.django_db


def test_from_call_to_decision_every_point_is_there(office: Office) -> None:
    low, high, middle = office.family(), office.family(), office.family()
    office.score(low, 5, 6)
    office.score(high, 20, 25)
    office.score(middle, 10, 10)
    selection = office.decided()
    rows = list(selection.rows.order_by("place_in_list"))
    assert [(r.number, r.position, r.halves, r.outcome) for r in rows] == [
        (high.number, 1, 45, "selected"),
        (middle.number, 2, 20, "selected"),
        (low.number, 3, 11, "reserve"),
    ]
    assert [p.criterion for p in rows[0].points.all()] == office.codes()
    assert selection.state == "decided"
    verbs = set(AuditRecord.objects.filter(room="assistance").values_list("verb", flat=True))
    assert {"call opened", "application received", "points given", "ranked", "voted", "decided"} <= verbs


def test_a_replay_gives_the_same_list(office: Office) -> None:
    for points in ((12, 14), (3, 9), (25, 25)):
        office.score(office.family(), *points)
    replay = queries.replay(office.ranked())
    assert replay.is_same_list
    assert replay.is_same_grid
    assert not replay.wrong
    assert not replay.since
    assert [(row.then, row.now) for row in replay.rows] == [(1, 1), (2, 2), (3, 3)]


def test_a_changed_input_is_pointed_at_and_the_list_stays(office: Office) -> None:
    first = office.family()
    office.score(first, 12, 14)
    selection = office.ranked()
    child = first.members.order_by("pk").last().person  # type: ignore[union-attr]
    people.change_person(
        child.pk,
        people.PersonChanges(birth=(dt.date(2016, 5, 1), "day")),  # type: ignore[arg-type]
        version=child.version,
        by=OFFICE,
        at=AT,
    )
    replay = queries.replay(selection)
    assert replay.is_same_list
    (row,) = replay.since
    assert [(c.field, c.then, c.now) for c in row.since] == [("member:born", "2015-05-01", "2016-05-01")]


def test_a_changed_number_is_pointed_at(office: Office) -> None:
    one, other = office.family(), office.family()
    office.score(one, 12, 14)
    office.score(other, 10, 10)
    selection = office.ranked()
    models.RankedPoint.objects.filter(row__application=other, criterion="urgency").update(halves=50)
    replay = queries.replay(selection)
    (row,) = replay.wrong
    assert row.number == other.number
    assert [(c.field, c.then, c.now) for c in row.wrong] == [("points:urgency", "25", "10")]
    assert replay.is_same_list, "the frozen inputs still give the list that was decided"


def test_a_changed_grid_is_pointed_at(office: Office) -> None:
    office.score(office.family(), 12, 14)
    selection = office.ranked()
    models.Criterion.objects.filter(grid=selection.grid, code="urgency").update(most=99)
    assert not queries.replay(selection).is_same_grid


def test_after_an_erasure_it_says_erased_and_still_ranks(office: Office) -> None:
    one, other = office.family("Zhdukaj"), office.family()
    office.score(one, 22, 24)
    office.score(other, 10, 10)
    selection = office.decided()
    for member in list(one.members.all()):
        protection.erase_person(member.person_id, reason="asked", by=OFFICE, at=AT)
    replay = queries.replay(selection)
    assert replay.is_same_list
    assert replay.erased == 1
    assert [(row.then, row.now, row.is_erased) for row in replay.rows] == [(1, 1, True), (2, 2, False)]
    shown = queries.list_page(office.members[0], selection.pk, at=AT).page.rows
    assert [row.is_erased for row in shown] == [True, False]
    assert shown[0].person is None
    assert [p.halves for p in shown[0].points][-1] == 46


def test_the_snapshot_opens_with_the_persons_keys_alone(office: Office) -> None:
    application = office.family("Fshehtësia")
    office.score(application, 12, 14)
    selection = office.ranked()
    kept = b"".join(
        bytes(sealed)
        for sealed in (
            *selection.rows.values_list("sealed", flat=True),
            *models.RankedMember.objects.filter(row__selection=selection).values_list("sealed", flat=True),
        )
    )
    assert kept
    assert "Fshehtësia".encode() not in kept
    assert b"urgency" not in kept


def test_the_second_scorer_does_not_see_the_first(office: Office) -> None:
    application = office.family()
    office.score(application, 17)
    first = application.scorings.get(round="first")
    second = actions.begin_scoring(application.pk, by=office.scorers[1], at=AT)
    assert {line.points for line in queries.own_sheet(office.scorers[1], second).lines} == {None}
    with pytest.raises(errors.NotFound):
        queries.own_sheet(office.scorers[1], first)
    (row,) = queries.applications_page(office.scorers[1], office.call, at=AT).rows
    assert not hasattr(row, "points")
    assert row.sheets == 1


def test_a_large_difference_goes_to_a_third_and_the_median_counts(office: Office) -> None:
    application = office.family()
    office.score(application, 2, 22)
    with pytest.raises(errors.Conflict, match=f"applications {application.number}"):
        office.ranked()
    sheet = actions.begin_scoring(application.pk, by=office.scorers[2], at=AT)
    assert sheet.round == "third"
    actions.give_points(sheet.pk, dict.fromkeys(office.codes(), 0) | {"urgency": 15}, by=office.scorers[2], at=AT)
    actions.finish_scoring(sheet.pk, by=office.scorers[2], at=AT)
    session = models.Session.objects.get(call=office.call)
    selection = actions.rank(session.pk, by=office.members[0], at=AT)
    assert selection.rows.get().halves == 30


def test_an_upheld_appeal_ranks_anew_by_other_members(office: Office) -> None:
    applications = [office.family() for _ in range(3)]
    for application, points in zip(applications, (20, 15, 10), strict=True):
        office.score(application, points, points)
    first = office.decided()
    actions.close_session(first.session_id, minutes="Adopted as ranked.", by=office.members[0], at=AT)
    last = applications[2]
    made = actions.appeal(last.pk, received_on=AT.date(), grounds="The roof fell in.", by=office.caseworker, at=AT)
    with pytest.raises(errors.Conflict, match="session"):
        session = office.session()
        actions.decide_appeal(made.pk, first.session_id, uphold=True, reason="x", by=office.members[0], at=AT)
    actions.close_session(session.pk, minutes="None.", by=office.members[0], at=AT)
    sitting = office.session(is_appeal=True)
    with pytest.raises(errors.Refused):
        actions.decide_appeal(made.pk, sitting.pk, uphold=True, reason="x", by=office.members[0], at=AT)
    actions.decide_appeal(made.pk, sitting.pk, uphold=True, reason="Shown.", by=office.appeal[0], at=AT)
    points = dict.fromkeys(office.codes(), 0) | {"urgency": 25}
    actions.settle_points(sitting.pk, last.pk, points, reason="The roof.", by=office.appeal[0], at=AT)
    second = actions.rank(sitting.pk, by=office.appeal[0], at=AT)
    first.refresh_from_db()
    assert first.state == "replaced"
    assert list(second.rows.order_by("place_in_list").values_list("number", flat=True)) == [3, 1, 2]
    assert queries.replay(first).is_same_list, "the list before the appeal replays too"
    assert queries.replay(second).is_same_list


def test_the_public_list_holds_codes_alone(office: Office) -> None:
    application = office.family("Emrifshehur")
    office.score(application, 12, 14)
    rows = queries.public_rows(office.decided())
    assert [(row.code, row.position, row.halves) for row in rows] == [(application.code, 1, 26)]
    assert queries.chosen([application.applicant_id, 0]) == {application.applicant_id}, "what duplicates are asked by"
    assert "Emrifshehur" not in repr(rows)


def test_the_subject_file_tells_and_erasure_leaves_numbers(office: Office) -> None:
    application = office.family()
    office.score(application, 12, 14)
    office.decided()
    from streha.assistance import personal

    (section,) = personal.collect(application.applicant.subject)
    told = dict(section.rows)
    assert told["outcome:selected"].endswith("1 · 13")
    assert told["fact:displaced"] == "answer:yes"
    protection.erase_person(application.applicant_id, reason="asked", by=OFFICE, at=AT)
    assert not application.answers.exists()
    assert personal.collect(application.applicant.subject) == ()
    assert models.RankedPoint.objects.filter(row__application=application).count() == len(office.codes())


def test_received_day_is_kept(office: Office) -> None:
    assert office.family().received_at == IN_TIME
