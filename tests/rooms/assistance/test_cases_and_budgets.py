"""What a decided list does to cases, how money ends a list, and papers that are no documents."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from tests.factories import AT, OFFICE
from tests.rooms.assistance.conftest import Office, commission
from tests.rooms.assistance.test_letters import progress_of

from streha.accounts.rules import Access
from streha.assistance.advances import actions as advances
from streha.assistance.advances import queries as advance_queries
from streha.assistance.advances.models import Advance
from streha.assistance.selections import actions, models, queries, rules
from streha.audit import bridge as keys
from streha.cases import actions as cases
from streha.cases import models as case_models
from streha.common import errors
from streha.dataprotection import actions as protection
from streha.formats import letters
from streha.jobs.models import Job
from streha.people import actions as people

PDF = letters.pdf(letters.Letter("en", "A paper", "Office", "1.11.2026", (), (letters.Text("Seen."),)))

pytestmark = pytest.mark.django_db(databases=["default", "reads"])


# --- cases ------------------------------------------------------------------------------------------------------------


def waiting_case(application: models.Application, stage: str = "commission") -> case_models.Case:
    """A case of the applicant's that stands at a stage of voluntary return."""
    way = ["documents", "commission", "decision", "appeal", "plan"]
    day = dt.date(2026, 11, 1)
    told = [(code, day) for code in way[: way.index(stage) + 1]]
    draft = cases.CaseDraft(application.applicant_id, "voluntary_return", opened_on=day, way=told)
    return cases.open_many([draft], by=OFFICE, at=AT)[0]


def carried(selection: models.Selection, by: Access) -> dict[str, int]:
    job = Job.objects.get(kind="selections.carry", key=f"selections-carry-{selection.pk}")
    return advances.carry(selection.pk, progress_of(job), by=by, at=AT)


def test_a_decision_moves_the_cases_that_wait_for_it_once_and_no_others(office: Office) -> None:
    cases.load_tracks(by=OFFICE, at=AT)
    chosen, reserve, early, gone = (office.family() for _ in range(4))
    refused = office.applied(papers=False)
    for application, points in ((chosen, 20), (early, 15), (reserve, 10), (gone, 5)):
        office.score(application, points, points)
    held = {
        "chosen": waiting_case(chosen),
        "reserve": waiting_case(reserve),
        "refused": waiting_case(refused),
        "early": waiting_case(early, "documents"),
        "gone": waiting_case(gone, "plan"),
    }
    selection = office.decided()
    by = office.members[0]
    assert carried(selection, by) == {"moved": 3, "stayed": 2}
    now = {name: case_models.Case.objects.get(pk=case.pk) for name, case in held.items()}
    assert {name: case.stage.code for name, case in now.items()} == {
        "chosen": "decision", "reserve": "decision", "refused": "decision", "early": "documents", "gone": "plan",
    }  # fmt: skip
    until = AT.date() + dt.timedelta(days=30)
    assert (now["reserve"].due_on, now["refused"].due_on) == (until, until), "the days to appeal are respected"
    assert now["chosen"].due_on == AT.date() + dt.timedelta(days=15)
    from streha.cases import queries as case_queries

    reason = case_queries.story(now["chosen"])[0].text
    assert reason == f"Selected · {selection} · {chosen.code} · 1. · 20"
    assert {a.problem for a in Advance.objects.filter(case__in=[held["early"], held["gone"]])} == {
        "not_yet_there", "gone_on",
    }  # fmt: skip
    assert [a.problem for a in advance_queries.of_selection(by, selection)[:2]] != ["", ""]
    steps = case_models.CaseStep.objects.count()
    assert advances.carry(selection.pk, lambda *_: None, by=by, at=AT) == {"moved": 0, "stayed": 0}  # type: ignore[arg-type]
    assert case_models.CaseStep.objects.count() == steps, "carried twice, it moves nothing twice"
    assert not advance_queries.of_selection(office.scorers[0], selection), "scorers see no cases"

    # After an upheld appeal the new list brings the case back to its decision, with the new reason.
    stage = held["refused"].version.stages.get(code="appeal")  # where its caseworker brings it
    case_models.Case.objects.filter(pk=held["refused"].pk).update(stage=stage)
    appealed = actions.appeal(refused.pk, received_on=AT.date(), grounds="Found.", by=office.caseworker, at=AT)
    actions.close_session(selection.session_id, minutes="Done.", by=by, at=AT)
    sitting = office.session(is_appeal=True)
    actions.decide_appeal(appealed.pk, sitting.pk, uphold=True, reason="It was there.", by=office.appeal[0], at=AT)
    again = actions.rank(sitting.pk, by=office.appeal[0], at=AT)
    item = again.session.agenda.get(position=1)
    actions.vote(item.pk, {m.person(): "for" for m in office.appeal}, conclusion="", by=office.appeal[0], at=AT)
    actions.decide(again.pk, item.pk, by=office.appeal[0], at=AT)
    carried(again, office.appeal[0])
    back = case_models.Case.objects.get(pk=held["refused"].pk)
    assert back.stage.code == "decision"
    assert case_queries.story(back)[0].text.startswith(f"Refused · {again}")
    assert advances.carry(selection.pk, lambda *_: None, by=by, at=AT) == {"moved": 0, "stayed": 0}  # type: ignore[arg-type]

    protection.erase_person(chosen.applicant_id, reason="asked", by=OFFICE, at=AT)
    assert not Advance.objects.filter(case=held["chosen"]).exists()


# --- money ------------------------------------------------------------------------------------------------------------


def test_where_money_ends_the_list_the_first_it_does_not_pay_for_ends_it() -> None:
    office = commission(ends_by=rules.EndsBy.BUDGET)
    made = [office.family() for _ in range(4)]
    for application, points in zip(made, (20, 15, 10, 5), strict=True):
        office.score(application, points, points)
    for application, amount in zip(made[:3], ("30000", "25000.50", "5000"), strict=True):
        actions.say_amount(application.pk, Decimal(amount), by=office.caseworker, at=AT)
    with pytest.raises(errors.Conflict, match=f"would cost for applications {made[3].number}"):
        office.ranked()
    actions.say_amount(made[3].pk, Decimal(1000), by=office.caseworker, at=AT)
    session = models.Session.objects.get(call=office.call)
    selection = actions.rank(session.pk, by=office.members[0], at=AT)
    outcomes = list(selection.rows.order_by("place_in_list").values_list("cost", "outcome"))
    assert outcomes == [(3_000_000, "selected"), (2_500_050, "selected"), (500_000, "reserve"), (100_000, "reserve")]
    assert (selection.budget, selection.currency) == (Decimal(60_000), "EUR")
    assert queries.replay(selection).is_same_list
    models.Application.objects.filter(pk=made[1].pk).update(amount=Decimal(90_000))
    replay = queries.replay(selection)
    assert replay.is_same_list
    assert [(c.field, c.then, c.now) for row in replay.since for c in row.since] == [("cost", "25000.50", "90000.00")]
    with pytest.raises(errors.Conflict, match="changed by an appeal only"):
        actions.say_amount(made[0].pk, Decimal(1), by=office.caseworker, at=AT)


def test_budgets_and_amounts_that_are_none_are_refused_with_the_remedy() -> None:
    with pytest.raises(errors.BadInput, match="needs a budget"):
        commission(ends_by=rules.EndsBy.BUDGET, budget=None)
    office = commission(budget=None)
    application = office.family()
    with pytest.raises(errors.BadInput, match="has no currency"):
        actions.say_amount(application.pk, Decimal(100), by=office.caseworker, at=AT)


def test_a_list_ranked_before_calls_had_budgets_keeps_its_digest() -> None:
    line = rules.Line("urgency", 10, "")
    old = rules.Standing(1, rules.Verdict.RANKED, (), (line,), (0,))
    assert old.content() == [1, "ranked", [], [["urgency", 10, ""]], [0]]
    assert rules.Standing(1, rules.Verdict.RANKED, (), (line,), (0,), 500).content()[-1] == 500


# --- papers that are not documents ------------------------------------------------------------------------------------


def test_a_paper_is_kept_sealed_when_it_is_a_document_and_refused_when_it_is_not(office: Office) -> None:
    application = office.family()
    seen, kind = rules.PaperState.SEEN, rules.PaperKind.OTHER

    def bring(name: str, content: bytes) -> models.ApplicationPaper:
        file = cases.Brought(name, content)
        return actions.note_paper(application.pk, kind, seen, file=file, by=office.caseworker, at=AT)

    for name, content, said in (
        ("photo.pdf", b"MZ\x90\x00 a program", "is no document"),
        ("empty.pdf", b"", "The file is empty"),
        ("torn.pdf", b"%PDF-1.4 torn", "cannot be opened"),
    ):
        with pytest.raises(errors.BadInput, match=said):
            bring(name, content)
    assert not application.papers.filter(kind=kind).exists(), "nothing of it is kept"

    content = PDF
    paper = bring("../Zbulesa e Hoxhës.pdf", content)
    (file,) = paper.files.all()
    assert content not in bytes(file.content_sealed)
    assert queries.file_of(office.caseworker, file.pk, at=AT) == ("Zbulesa e Hoxhës.pdf", content)
    before = application.applicant.subject
    people.end_membership(
        application.household.memberships.get(person=application.applicant).pk, on=AT.date(), by=OFFICE, at=AT
    )
    actions.note_household(application.pk, by=office.caseworker, at=AT)
    assert queries.file_of(office.caseworker, file.pk, at=AT)[1] == content, "who applies now has the papers"
    file.refresh_from_db()
    assert file.subject != before
    application.refresh_from_db()
    protection.erase_person(application.applicant_id, reason="asked", by=OFFICE, at=AT)
    assert not models.ApplicationFile.objects.exists()
    keys.cache.clear()
