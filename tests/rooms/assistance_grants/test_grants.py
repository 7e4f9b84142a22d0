"""Grants and courses: awarded, paid in order, visited, checked; taught, certified; and what goes wrong on the way."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from tests import factories
from tests.factories import AT, OFFICE
from tests.rooms.dataprotection.test_erasure import rows_as_text

from streha.accounts.rules import Access, Role
from streha.assistance import personal
from streha.assistance.grants import actions, models, queries, rules
from streha.assistance.training import actions as course_actions
from streha.assistance.training import models as courses
from streha.assistance.training import queries as course_queries
from streha.assistance.training import rules as course_rules
from streha.common import errors
from streha.dataprotection import actions as protection
from streha.institutions import actions as institutions
from streha.institutions import rules as institution_rules
from streha.people.merges import actions as merges

pytestmark = pytest.mark.django_db
TODAY = AT.date()
BEGAN = TODAY - dt.timedelta(days=400)
PARTS = (rules.TrancheDraft(Decimal(1500), "licence shown"), rules.TrancheDraft(Decimal("500.50"), "machine bought"))


def awarded(person: Any = None, **more: Any) -> models.Grant:
    person = person or factories.person()
    draft = rules.GrantDraft(person.pk, rules.Sector.CRAFTS, "Zzplan", Decimal("2000.50"), PARTS, BEGAN)
    return actions.award(dataclasses.replace(draft, **more), by=OFFICE, at=AT)


def now(grant: models.Grant, by: Access = OFFICE) -> dict[str, Any]:
    grant.refresh_from_db()
    return {"version": grant.version, "by": by, "at": AT}


def test_from_the_award_to_the_last_check() -> None:
    grant = awarded()
    programme, finance = factories.access(Role.PROGRAMME), factories.access(Role.FINANCE)
    with pytest.raises(errors.Conflict, match="is not met yet"):
        actions.pay_tranche(grant.pk, 1, on=TODAY, reference="A", **now(grant, finance))
    for position in (2, 1):
        actions.meet_condition(grant.pk, position, on=TODAY, **now(grant, programme))
    with pytest.raises(errors.Conflict, match="earlier tranche"):
        actions.pay_tranche(grant.pk, 2, on=TODAY, reference="A", **now(grant, finance))
    with pytest.raises(errors.Refused):
        actions.pay_tranche(grant.pk, 1, on=TODAY, reference="A", **now(grant, programme))
    actions.pay_tranche(grant.pk, 1, on=TODAY, reference="A", **now(grant, finance))
    for again in (actions.pay_tranche, actions.meet_condition):
        with pytest.raises(errors.Conflict, match="already"):
            more = {"reference": "A"} if again is actions.pay_tranche else {}
            again(grant.pk, 1, on=TODAY, **more, **now(grant))  # type: ignore[operator]
    stale = now(grant, programme)
    actions.visit(grant.pk, on=TODAY, note="Zznote", **stale)
    with pytest.raises(errors.Conflict, match="changed by somebody else"):
        actions.visit(grant.pk, on=TODAY, note="Two at once", **stale)
    assert [check.months for check in queries.checks_due(programme, TODAY)] == [6, 12]
    with pytest.raises(errors.BadInput, match="more than a month before"):
        actions.check_alive(grant.pk, 24, found=rules.Alive.ALIVE, jobs=1, on=TODAY, **now(grant))
    with pytest.raises(errors.BadInput, match="how many jobs"):
        actions.check_alive(grant.pk, 6, found=rules.Alive.ALIVE, jobs=None, on=TODAY, **now(grant))
    actions.check_alive(grant.pk, 6, found=rules.Alive.ALIVE, jobs=2, on=TODAY, **now(grant))
    actions.check_alive(grant.pk, 12, found=rules.Alive.CLOSED, jobs=None, on=TODAY, **now(grant))
    told = {line.months: (line.checked, line.alive, line.jobs) for line in queries.survival(programme)}
    assert told == {6: (1, 1, 2), 12: (1, 0, 0), 24: (0, 0, 0)}
    page = queries.grant_page(programme, grant.pk, at=AT)
    assert (page.plan, page.visits[0].note) == ("Zzplan", "Zznote")  # type: ignore[attr-defined]
    assert any("Zznote" in text for section in personal.collect(grant.person.subject) for _w, text in section.rows)
    cancelled = actions.cancel(grant.pk, reason="Moved away", **now(grant))
    assert cancelled.state == rules.State.CANCELLED
    with pytest.raises(errors.Conflict, match="has ended"):
        actions.visit(grant.pk, on=TODAY, note="x", **now(grant))


def test_what_a_grant_cannot_be() -> None:
    person = factories.person()
    for wrong, said in (
        ({"amount": Decimal(2000)}, "come to 2000"),
        ({"tranches": ()}, "at least one tranche"),
        ({"plan": " "}, "cannot be empty"),
        ({"amount": Decimal("NaN")}, "no sum"),
        ({"jobs_planned": 1000}, "jobs cannot be"),
        ({"currency": "XXX"}, "not a currency"),
    ):
        with pytest.raises(errors.BadInput, match=said):
            awarded(person, **wrong)
    assert rules.read_tranches("1500: licence shown\n\n500,50 : machine") == [
        PARTS[0],
        rules.TrancheDraft(Decimal("500.50"), "machine"),
    ]
    with pytest.raises(errors.BadInput, match="is no tranche"):
        rules.read_tranches("licence shown")
    assert rules.after_months(dt.date(2025, 8, 31), 6) == dt.date(2026, 2, 28)
    assert rules.after_months(dt.date(2024, 2, 29), 12) == dt.date(2025, 2, 28)
    hidden = factories.person(shielded=True)
    with pytest.raises(errors.BadInput, match="not among the people"):
        awarded_by = factories.access(Role.PROGRAMME)
        draft = rules.GrantDraft(hidden.pk, rules.Sector.FOOD, "x", Decimal("2000.50"), PARTS, BEGAN)
        actions.award(draft, by=awarded_by, at=AT)
    assert not models.Grant.objects.exists()


def test_people_who_are_one_and_both_had_a_grant() -> None:
    first, second = factories.person(), factories.person("Dževdet", "Hodža")
    one, two = awarded(first), awarded(second)
    with pytest.raises(errors.Conflict, match="has a grant already"):
        awarded(first)
    assert queries.doubled(OFFICE) == []
    merges.merge(merges.Choice(first.pk, second.pk), by=OFFICE, at=AT, reason="same")
    assert {frozenset((a.pk, b.pk)) for a, b in queries.doubled(OFFICE)} == {frozenset((one.pk, two.pk))}
    assert [other.pk for other in queries.grant_page(OFFICE, one.pk, at=AT).others] == [two.pk]
    assert {grant.pk for grant in queries.of_people(OFFICE, [first.pk])} == {one.pk, two.pk}
    with pytest.raises(errors.Conflict, match="has a grant already"):
        awarded(second)  # by the old number
    again = awarded(second, again="The first burned down")
    assert again.person_id == first.pk
    actions.cancel(two.pk, reason="Paid twice", **now(two))
    assert queries.doubled(OFFICE) == []


def test_grants_are_seen_where_the_person_is_and_gone_with_them() -> None:
    person = factories.person()
    grant = awarded(person)
    actions.visit(grant.pk, on=TODAY, note="Zznote", **now(grant))
    elsewhere = factories.access(Role.CASEWORKER, scope=factories.in_area("17"))
    with pytest.raises(errors.NotFound):
        queries.grant_page(elsewhere, grant.pk, at=AT)
    assert not queries.grants_page(elsewhere, queries.GrantFilter(), today=TODAY).rows
    protection.erase_person(person.pk, reason="asked", by=OFFICE, at=AT)
    grant.refresh_from_db()
    assert (grant.plan_sealed, grant.amount) == (None, Decimal("2000.50"))
    assert set(grant.tranches.values_list("condition", flat=True)) == {"erased"}
    assert not [text for _t, text in rows_as_text() if "licence shown" in text or "Zznote" in text]
    assert not models.Grant.objects.visible_to(OFFICE).exists()


# --- courses -------------------------------------------------------------------------------------------------------


def opened(places: int = 3) -> courses.Course:
    told = institution_rules.InstitutionDraft("Zzprovider", institution_rules.Kind.NGO)
    provider = institutions.add_institution(told, by=OFFICE, at=AT)
    first = TODAY - dt.timedelta(days=20)
    draft = course_rules.CourseDraft(
        "Welding", provider.pk, factories.municipality().pk, course_rules.Sector.CRAFTS, first, TODAY, places
    )
    return course_actions.open_course(draft, by=OFFICE, at=AT)


def test_from_enrolment_to_what_came_of_it() -> None:
    course = opened()
    worker = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    here, often, there = factories.person(), factories.person("Agim"), factories.person("Far", code="17")
    with pytest.raises(errors.BadInput, match="not among the people"):
        course_actions.enrol(course.pk, [here.pk, there.pk], by=worker, at=AT)
    absent, present = course_actions.enrol(course.pk, [here.pk, often.pk], by=worker, at=AT)
    with pytest.raises(errors.Conflict, match="takes part already"):
        course_actions.enrol(course.pk, [often.pk], by=worker, at=AT)
    with pytest.raises(errors.Conflict, match="has 3 places, 2 are taken"):
        more = [factories.person(name).pk for name in ("A", "B")]
        course_actions.enrol(course.pk, more, by=worker, at=AT)
    days = [course.first_day + dt.timedelta(days=n) for n in range(5)]
    course_actions.add_sessions(course.pk, days, by=worker, at=AT)
    for day, said in ((days[0], "held on that day already"), (TODAY + dt.timedelta(days=1), "outside the course")):
        with pytest.raises(errors.StrehaError, match=said):
            course_actions.add_sessions(course.pk, [day], by=worker, at=AT)
    for n, session in enumerate(course.sessions.all()):
        there_now = [present.pk] if n == 4 else [present.pk, absent.pk] if n < 3 else []
        course_actions.note_attendance(course.pk, session.pk, there_now, by=worker, at=AT)
    certified = course_actions.certify(present.pk, by=worker, at=AT)
    assert certified.certified_on == TODAY
    with pytest.raises(errors.Conflict, match="3 of 5 sessions"):
        course_actions.certify(absent.pk, by=worker, at=AT)
    course_actions.drop(absent.pk, by=worker, at=AT)
    with pytest.raises(errors.Conflict, match="not over yet"):
        course_actions.note_outcome(present.pk, 3, course_rules.CameOf.JOB, by=worker, at=AT)
    later = AT + dt.timedelta(days=90)
    course_actions.note_outcome(present.pk, 3, course_rules.CameOf.NONE, by=worker, at=later)
    course_actions.note_outcome(present.pk, 3, course_rules.CameOf.JOB, by=worker, at=later)
    assert dict(course_queries.came_of(worker))[3]["job"] == 1
    page = course_queries.course_page(worker, course.pk, at=AT)
    assert [(part.attended, part.enrolment.took) for part in page.parts] == [(3, "dropped"), (4, "certified")]
    assert course_queries.certificate(worker, present.pk, at=AT).pk == present.pk
    with pytest.raises(errors.NotFound):
        course_queries.certificate(worker, absent.pk, at=AT)
    with pytest.raises(errors.BadInput, match="does not take part"):
        course_actions.note_attendance(course.pk, course.sessions.all()[0].pk, [absent.pk], by=worker, at=AT)
    assert any(section.code == "courses" for section in personal.collect(often.subject))
    protection.erase_person(often.pk, reason="asked", by=OFFICE, at=AT)
    assert not courses.Enrolment.objects.visible_to(OFFICE).filter(pk=present.pk).exists()
    assert courses.Attendance.objects.filter(enrolment=present).count() == 0


def test_four_of_five_earn_it() -> None:
    told = {(4, 5): True, (3, 4): False, (8, 10): True, (7, 9): False, (0, 0): False, (1, 1): True}
    assert {case: course_rules.is_earned(*case) for case in told} == told
