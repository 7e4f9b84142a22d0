"""Feedback: the clock, from coming in to the outcome told; sensitive reports in a drawer that nobody else can see."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests import factories, standing
from tests.factories import AT, OFFICE

from streha.accounts.bridge import policies, wall
from streha.accounts.rules import Access, Role
from streha.audit import actions as audit
from streha.audit.models import AuditRecord
from streha.cases.feedback import actions, bridge, models, queries, rules
from streha.cases.feedback.queries import FEEDBACK, REPORTS
from streha.common import errors
from streha.common.codes import Sex
from streha.dataprotection import actions as protection
from streha.dataprotection import queries as subject_files
from streha.people import bridge as people

TODAY = AT.date()  # a Sunday
DAY = dt.timedelta(days=1)


@pytest.fixture
def clocks(db: None) -> None:
    _clocks()


@standing.once
def _clocks() -> None:
    factories.kosovo()
    actions.load_clocks(by=OFFICE, at=AT)


def draft(**more: Any) -> rules.FeedbackDraft:
    told: dict[str, Any] = {
        "category": "assistance",
        "channel": rules.Channel.PHONE,
        "keeper_id": factories.municipality().pk,
        "text": "The stove never came",
        "received_on": TODAY - 2 * DAY,  # a Friday
    }
    return rules.FeedbackDraft(**(told | more))


def entered(by: Access = OFFICE, **more: Any) -> models.Feedback:
    kept = actions.enter(draft(**more), by=by, at=AT)
    assert kept is not None
    return kept


# --- the clock --------------------------------------------------------------------------------------------------------


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
@given(
    st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)),
    st.integers(1, 60),
    st.integers(1, 100),
    st.sets(st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31)), max_size=5),
)
def test_working_days_are_neither_weekends_nor_closed_and_risk_comes_before_the_end(
    day: dt.date, days: int, percent: int, closed: set[dt.date]
) -> None:
    terms = rules.Terms(days, days, percent)
    found = rules.deadlines(day, terms, can_be_reached=True, closed=closed)
    between = [day + n * DAY for n in range(1, (found.answer_by - day).days + 1)]
    assert sum(each.weekday() < 5 and each not in closed for each in between) == days
    assert found.answer_by.weekday() < 5
    assert found.answer_by not in closed
    assert day < found.answer_risk_on <= found.answer_by
    assert rules.deadlines(day, terms, can_be_reached=False).acknowledge_by is None


def test_the_clock_runs_to_the_day_and_the_database_agrees_with_the_rule(clocks: None) -> None:
    kept = entered()
    assert (kept.acknowledge_by, kept.answer_by) == (dt.date(2026, 11, 24), dt.date(2026, 12, 11))
    for day in (TODAY, kept.risk_on, kept.due_on, kept.due_on + DAY, kept.due_on + 30 * DAY):
        told = rules.standing(kept.state, due_on=kept.due_on, risk_on=kept.risk_on, today=day)
        fits = [s for s in rules.Standing if models.Feedback.objects.filter(queries.stands(s, day)).exists()]
        assert fits == [told]
    actions.close_day(dt.date(2026, 11, 23), "closed", source="order 7", by=OFFICE, at=AT)
    assert entered().acknowledge_by == dt.date(2026, 11, 25)


# --- from coming in to the outcome told -------------------------------------------------------------------------------


def test_a_complaint_is_acknowledged_answered_told_and_opened_again(clocks: None) -> None:
    worker_of = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    person = factories.person("Zyrafetja", "Qorroplant", sex=Sex.FEMALE)
    kept = entered(worker_of, person_id=person.pk, contact="+38344123218")
    assert kept.sex == Sex.FEMALE
    with pytest.raises(errors.Conflict):
        actions.close(FEEDBACK, kept.pk, rules.Told(TODAY, rules.Channel.PHONE), revision=1, by=worker_of, at=AT)
    actions.acknowledge(FEEDBACK, kept.pk, text="We look for it", revision=1, by=worker_of, at=AT)
    with pytest.raises(errors.Conflict):  # read before somebody else was faster
        actions.answer(FEEDBACK, kept.pk, rules.Outcome.UPHELD, "-", revision=1, by=worker_of, at=AT)
    with pytest.raises(errors.BadInput, match="future"):
        actions.answer(FEEDBACK, kept.pk, rules.Outcome.UPHELD, "-", on=TODAY + DAY, revision=2, by=worker_of, at=AT)
    actions.answer(FEEDBACK, kept.pk, rules.Outcome.UPHELD, "It was sent again", revision=2, by=worker_of, at=AT)
    assert queries.to_tell(FEEDBACK, worker_of).get() == kept
    with pytest.raises(errors.BadInput):
        actions.close(FEEDBACK, kept.pk, rules.Told(), revision=3, by=worker_of, at=AT)
    closed = actions.close(FEEDBACK, kept.pk, rules.Told(TODAY, rules.Channel.PHONE), revision=3, by=worker_of, at=AT)
    assert (closed.told_on, closed.told_how, closed.owner_id) == (TODAY, "phone", worker_of.user_id)
    found = queries.figures(worker_of, TODAY - 30 * DAY, TODAY, today=TODAY).all
    assert (found.number, found.acknowledged, found.answered, found.told, found.median_days) == (1, 1, 1, 1, 2.0)
    page = queries.entry_page(FEEDBACK, worker_of, kept.pk, at=AT)
    assert [line.text for line in page.story][::-1] == ["", "We look for it", "It was sent again", ""]
    assert page.contact == "+38344123218"
    actions.reopen(FEEDBACK, kept.pk, "It came broken", revision=4, by=worker_of, at=AT)
    assert queries.waiting(FEEDBACK, worker_of, rules.Standing.BREACHED, TODAY + 90 * DAY).get() == kept
    elsewhere = factories.access(Role.CASEWORKER, scope=factories.in_area("17"))
    with pytest.raises(errors.NotFound):
        actions.note(FEEDBACK, kept.pk, "-", by=elsewhere, at=AT)
    with pytest.raises(errors.Refused):
        actions.enter(draft(), by=elsewhere, at=AT)


def test_who_stays_anonymous_is_not_named_not_acknowledged_and_not_told(clocks: None) -> None:
    with pytest.raises(errors.BadInput, match="anonymous"):
        entered(is_anonymous=True, name="Zyrafetja")
    kept = entered(is_anonymous=True)
    assert kept.acknowledge_by is None
    with pytest.raises(errors.BadInput):
        actions.acknowledge(FEEDBACK, kept.pk, revision=1, by=OFFICE, at=AT)
    actions.answer(FEEDBACK, kept.pk, rules.Outcome.NOT_UPHELD, "Nothing found", revision=1, by=OFFICE, at=AT)
    with pytest.raises(errors.BadInput):
        actions.close(FEEDBACK, kept.pk, rules.Told(TODAY, rules.Channel.PHONE), revision=2, by=OFFICE, at=AT)
    actions.close(FEEDBACK, kept.pk, rules.Told(not_told=rules.NotTold.ANONYMOUS), revision=2, by=OFFICE, at=AT)
    found = queries.figures(OFFICE, TODAY - 30 * DAY, TODAY, today=TODAY).all
    assert (found.acknowledged_of, found.answered, found.told, found.told_of) == (0, 1, 0, 1)


def test_feedback_of_a_shielded_person_answers_to_protection_alone_and_a_failed_record_undoes_it(
    clocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = factories.person("Dushplant", "Qorroplant", shielded=True)
    kept = entered(person_id=hidden.pk)
    assert list(models.Feedback.objects.visible_to(factories.access(Role.PROTECTION))) == [kept]
    for role in (Role.CASEWORKER, Role.PROGRAMME):
        assert not models.Feedback.objects.visible_to(factories.access(role)).exists()
        assert queries.figures(factories.access(role), TODAY - 30 * DAY, TODAY, today=TODAY).all.number == 0
        with pytest.raises(errors.BadInput):
            entered(factories.access(role), person_id=hidden.pk)

    def fails(**_told: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(audit, "record", fails)
    with pytest.raises(RuntimeError):
        actions.note(FEEDBACK, kept.pk, "-", by=OFFICE, at=AT)
    assert kept.steps.count() == 1


# --- sensitive reports ------------------------------------------------------------------------------------------------


def test_a_sensitive_report_keeps_little_and_is_of_protection_alone(clocks: None) -> None:
    taker = factories.access(Role.ENUMERATOR, scope=factories.in_area("20"))
    someone = factories.person()
    told = draft(category="abuse", text="Zzsecret", name="Zzname", contact="Zzphone", person_id=someone.pk)
    assert actions.enter(told, by=taker, at=AT) is None
    officer = factories.access(Role.PROTECTION, scope=factories.in_area("20"))
    report = models.Report.objects.visible_to(officer).get()
    page = queries.entry_page(REPORTS, officer, report.pk, at=AT)
    assert (page.text, page.contact, page.name, page.person) == ("Zzsecret", "Zzphone", "", None)
    assert not {f.name for f in models.Report._meta.concrete_fields} & {"person", "case", "home", "name_sealed", "sex"}
    assert queries.unread(officer).count() == 1
    others = [factories.access(role) for role in Role if role != Role.PROTECTION]
    others.append(factories.access(Role.PROTECTION, scope=factories.in_area("17")))
    for other in (taker, *others):
        assert not models.Report.objects.visible_to(other).exists()
        assert not queries.unread(other).exists()
        assert not models.Feedback.objects.visible_to(other).exists()
        with pytest.raises((errors.Refused, errors.NotFound)):
            actions.note(REPORTS, report.pk, "-", by=other, at=AT)
    assert not AuditRecord.objects.filter(subject=someone.subject, verb__startswith="feedback").exists()
    actions.remove(REPORTS, report.pk, revision=1, by=officer, at=AT)
    assert not models.Report.objects.exists()


def test_ordinary_feedback_that_turns_out_sensitive_leaves_nothing_behind(clocks: None) -> None:
    kept = entered(text="Zzsecret", contact="Zzphone", name="Zzname")
    with pytest.raises(errors.BadInput):
        actions.hand_to_protection(kept.pk, "thanks", revision=1, by=OFFICE, at=AT)
    actions.hand_to_protection(kept.pk, "misconduct", revision=1, by=OFFICE, at=AT)
    assert not models.Feedback.objects.exists()
    report = models.Report.objects.get()
    assert report.received_on == kept.received_on
    assert queries.entry_page(REPORTS, factories.access(Role.PROTECTION), report.pk, at=AT).text == "Zzsecret"
    with pytest.raises(errors.Gone):
        audit.unseal(kept.subject, bytes(kept.text_sealed or b""), context=models.SEALED_TEXT)


# --- erasure, lists, figures ------------------------------------------------------------------------------------------


def test_the_subject_file_tells_it_and_erasure_leaves_days_for_sums(clocks: None) -> None:
    person = factories.person("Zyrafetja", "Qorroplant")
    kept = entered(person_id=person.pk)
    told = {row for section in subject_files.collect(person.subject) for row in section.rows}
    assert ("note", "The stove never came") in told
    protection.erase_person(person.pk, reason="asked", by=OFFICE, at=AT)
    kept.refresh_from_db()
    assert (kept.person_id, kept.text_sealed, kept.steps.count()) == (None, None, 0)
    assert not models.Feedback.objects.visible_to(OFFICE).exists()
    assert queries.figures(OFFICE, TODAY - 30 * DAY, TODAY, today=TODAY).by_channel == {"phone": 1}


def test_a_list_leaves_the_office_without_words_or_names(clocks: None) -> None:
    by = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    entered(name="Zzname")
    entered(keeper_id=factories.municipality("17").pk)
    actions.enter(draft(category="fraud"), by=OFFICE, at=AT)
    export = actions.ask_export(queries.EntryFilter(category="assistance"), purpose="Report", by=by, at=AT)
    assert actions.make_export(export.pk, lambda *_: None, by=by, at=AT) == {"rows": 1}  # type: ignore[arg-type]
    assert {"name", "text", "contact"}.isdisjoint(actions.EXPORT_HEADINGS)


def test_groups_of_few_are_not_told_and_cannot_be_derived(clocks: None) -> None:
    for number in range(14):
        sex = Sex.MALE if number < 2 else Sex.FEMALE
        kept = entered(sex=sex, disability=rules.Disability.NO, age_group=rules.AgeGroup.ADULT)
        if number % 2:
            actions.answer(FEEDBACK, kept.pk, rules.Outcome.INFORMED, "-", revision=1, by=OFFICE, at=AT)
    rows = queries.received_between(OFFICE, TODAY - 30 * DAY, TODAY, None)
    found = {(f.dimension, f.group): (f.number, f.in_time) for f in bridge.by_group(rows, bridge.GROUPS, TODAY)}
    assert found["disability", "no"] == (14, 7)
    assert found["sex", "m"] == (None, None)
    assert found["sex", "f"] == (None, None)  # 14 less 12 would tell of two
    assert bridge.by_group(rows[:4], bridge.GROUPS, TODAY) == []


# --- the second wall --------------------------------------------------------------------------------------------------


@pytest.mark.skipif(connection.vendor != "postgresql", reason="row-level security is PostgreSQL's")
def test_the_second_wall_shows_what_visible_to_shows(clocks: None, settings: Any) -> None:
    settings.SECOND_WALL = True
    policies.raise_wall(connection)
    hidden = factories.person("Dushplant", "Qorroplant", shielded=True)
    entered()
    entered(person_id=hidden.pk)
    entered(household_id=factories.household(hidden).pk, keeper_id=factories.municipality("17").pk)
    erased = factories.person("Arta", "Krasniqi")
    entered(person_id=erased.pk)
    protection.erase_person(erased.pk, reason="asked", by=OFFICE, at=AT)
    for category in ("abuse", "fraud"):
        taker = factories.access(Role.ENUMERATOR, scope=factories.in_area("20"))
        with wall.asking(people.viewer(taker)):
            assert actions.enter(draft(category=category), by=taker, at=AT) is None
    for role in Role:
        for scope in (factories.EVERYWHERE, factories.in_area("20"), factories.in_area("17")):
            access = factories.access(role, scope=scope)
            wanted = (
                sorted(models.Feedback.objects.counted_for(access).values_list("pk", flat=True)),
                sorted(models.Report.objects.visible_to(access).values_list("pk", flat=True)),
            )
            with wall.asking(people.viewer(access)), connection.cursor() as cursor:
                seen = []
                for table in ("cases_feedback", "cases_report"):
                    cursor.execute(f"SELECT id FROM {table} ORDER BY id")
                    seen.append([row[0] for row in cursor.fetchall()])
            assert (seen[0], seen[1]) == wanted, (role, scope)
