"""Letters of decision and lists taken out: what stands in them, for whom they are made, and when they die."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import pypdfium2
import pytest
from tests.factories import AT, OFFICE
from tests.rooms.assistance.conftest import IN_TIME, Office, access_of, someone

from streha.accounts.models import Grant, User
from streha.accounts.rules import Role
from streha.assistance.letters import actions as letters
from streha.assistance.lists import actions as lists
from streha.assistance.selections import actions, models
from streha.audit.models import AuditRecord, ReadRecord
from streha.cases import actions as cases
from streha.cases import queries as case_queries
from streha.common import errors
from streha.common.codes import Language
from streha.jobs import actions as jobs
from streha.jobs.models import Job
from streha.people import actions as people
from streha.people.exports import actions as exports
from streha.people.models import Person

pytestmark = pytest.mark.django_db(databases=["default", "reads"])


def words_of(paper: bytes) -> str:
    document = pypdfium2.PdfDocument(paper)
    return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())


def progress_of(job: Job | None) -> jobs.Progress:
    assert job is not None
    claimed = jobs.claim(worker="test", at=AT)
    assert claimed is not None
    return jobs.Progress(claimed, clock=lambda: AT)


@pytest.fixture
def decided(office: Office) -> tuple[Office, models.Selection]:
    """One selected, one in reserve (two places, three scored), one refused for a missing card."""
    cases.load_tracks(by=OFFICE, at=AT)
    made = [office.family("Hoxha"), office.family("Petrović"), office.family("Krasniqi")]
    for application, points in zip(made, (20, 15, 10), strict=True):
        office.score(application, points, points)
    office.applied("Jovanović", papers=False, received=IN_TIME)
    return office, office.decided()


def test_a_letter_says_every_point_or_reason_in_the_persons_own_script(
    decided: tuple[Office, models.Selection],
) -> None:
    office, selection = decided
    first, second, _third, refused = models.Application.objects.order_by("number")
    Person.objects.filter(pk=second.applicant_id).update(language=Language.SERBIAN_CYRILLIC)
    Person.objects.filter(pk=refused.applicant_id).update(language=Language.SERBIAN_LATIN)

    def letter(application: models.Application, **more: str) -> tuple[str, str, bytes]:
        name, paper = letters.letter(
            application.pk, about="decision", otherwise="sq", by=office.caseworker, at=AT, **more
        )
        return name, words_of(paper), paper

    name, said, paper = letter(first)
    assert name.endswith("-sq.pdf")
    assert paper.startswith(b"%PDF-1.7")
    assert b"/StructTreeRoot" in paper
    assert "ju jeni të zgjedhur" in said
    assert "Gjithsej 20" in said
    assert "Fjalët e kësaj letre ende nuk i ka nënshkruar" in said, "unsigned until a named reviewer has signed"
    assert selection.decided_at is not None
    assert f"{selection.decided_at + dt.timedelta(days=30):%d.%m.%Y}" in said
    assert "Изабрани сте" in letter(second)[1]
    refusal = letter(refused)[1]
    assert "kartica raseljenog lica ili izbeglice" in refusal
    assert "Donesite dokumente koji nedostaju zajedno sa žalbom" in refusal
    assert "What you can do" in letter(refused, language="en")[1]
    made = AuditRecord.objects.filter(verb="letter made")
    assert made.count() == 4
    assert set(made.values_list("subject", flat=True)) == {a.applicant.subject for a in (first, second, refused)}
    assert ReadRecord.objects.filter(where="letter").count() == 4

    template = case_queries.template("decision_selected", "sq")
    cases.sign_letter(
        "decision_selected", Language.ALBANIAN, number=template.number, reviewer="Arbnora Kelmendi",
        on=AT.date(), by=office.programme, at=AT,
    )  # fmt: skip
    assert "nënshkruar" not in letter(first)[1]
    with pytest.raises(errors.NotFound):
        letters.letter(first.pk, about="appeal", otherwise="sq", by=office.caseworker, at=AT)
    people.shield(first.applicant_id, on=True, reason="asked", by=OFFICE, at=AT)
    with pytest.raises(errors.NotFound):
        letter(first)


def test_the_letter_on_an_appeal_gives_its_reason(decided: tuple[Office, models.Selection]) -> None:
    office, _selection = decided
    refused = models.Application.objects.order_by("number").last()
    assert refused is not None
    held = actions.appeal(refused.pk, received_on=AT.date(), grounds="The card is here.", by=office.caseworker, at=AT)
    with pytest.raises(errors.NotFound, match="no decision to write about"):
        letters.letter(refused.pk, about="appeal", otherwise="en", by=office.caseworker, at=AT)
    session = models.Session.objects.get(is_appeal=False)
    actions.close_session(session.pk, minutes="Done.", by=office.members[0], at=AT)
    sitting = office.session(is_appeal=True)
    actions.decide_appeal(held.pk, sitting.pk, uphold=False, reason="No card was shown.", by=office.appeal[0], at=AT)
    _name, paper = letters.letter(refused.pk, about="appeal", otherwise="en", by=office.caseworker, at=AT)
    said = words_of(paper)
    assert "The appeal is dismissed" in said
    assert "No card was shown." in said


def test_all_letters_are_one_file_that_dies_with_the_right(decided: tuple[Office, models.Selection]) -> None:
    office, selection = decided
    hidden = models.Application.objects.order_by("number")[1]
    people.shield(hidden.applicant_id, on=True, reason="asked", by=OFFICE, at=AT)
    asked = letters.ask_letters(selection.pk, otherwise="sq", purpose="post them", by=office.caseworker, at=AT)
    done = letters.make_letters(asked.pk, progress_of(asked.job), by=office.caseworker, at=AT)
    assert done == {"rows": 3}
    name, content = exports.fetch(asked.pk, by=office.caseworker, at=AT)
    assert name.endswith(".zip")
    with zipfile.ZipFile(io.BytesIO(content)) as folder:
        held = folder.namelist()
        assert len(held) == 3
        assert f"{hidden.number:05d}-sq.pdf" not in held
        assert "komisioni vendosi" in words_of(folder.read(held[0]))
    Grant.objects.filter(user_id=office.caseworker.person()).update(withdrawn_at=AT)
    gone = someone(Role.CASEWORKER, "Tjetra Punëtore")
    with pytest.raises(errors.NotFound):
        exports.fetch(asked.pk, by=gone, at=AT)
    without = access_of(User.objects.get(pk=office.caseworker.person()))
    with pytest.raises(errors.Gone):
        exports.fetch(asked.pk, by=without, at=AT)


def test_lists_hold_what_the_asker_may_read(decided: tuple[Office, models.Selection]) -> None:
    office, selection = decided
    hidden = models.Application.objects.order_by("number")[1]
    people.shield(hidden.applicant_id, on=True, reason="asked", by=OFFICE, at=AT)

    asked = lists.ask_applications(office.call.pk, purpose="meeting", by=office.programme, at=AT)
    lists.make_applications(asked.pk, progress_of(asked.job), by=office.programme, at=AT)
    rows = _rows(exports.fetch(asked.pk, by=office.programme, at=AT)[1])
    assert [row["number"] for row in rows] == ["1", "3", "4"]
    assert rows[-1]["verdict"] == "incomplete"

    asked = lists.ask_ranked(selection.pk, purpose="meeting", by=office.programme, at=AT)
    lists.make_ranked(asked.pk, progress_of(asked.job), by=office.programme, at=AT)
    ranked = _rows(exports.fetch(asked.pk, by=office.programme, at=AT)[1])
    assert [(row["place"], row["outcome"]) for row in ranked[:3]] == [
        ("1", "selected"), ("2", "selected"), ("3", "reserve"),
    ]  # fmt: skip
    assert [bool(row["name"]) for row in ranked] == [True, False, True, True]
    assert ranked[0]["urgency"] == "20"
    with pytest.raises(errors.NotFound):
        lists.ask_ranked(selection.pk, purpose="x", by=office.members[0], at=AT)


def _rows(workbook: bytes) -> list[dict[str, str]]:
    import python_calamine

    sheet = python_calamine.load_workbook(io.BytesIO(workbook)).get_sheet_by_index(0).to_python()
    headings = [str(value) for value in sheet[0]]
    return [dict(zip(headings, map(str, row), strict=True)) for row in sheet[1:]]
