"""Papers: what counts, what has expired, whose key seals them, and files that are no documents."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.factories import AT
from tests.rooms.cases.conftest import Office, opened

from streha.cases import actions, models, queries, rules
from streha.common import errors
from streha.formats import letters, papers

pytestmark = pytest.mark.django_db

PDF = letters.pdf(letters.Letter("en", "Extract", "Office", "1.1.2026", ("Hoxha",), (letters.Text("Born 1961"),)))


def item_of(case: models.Case, code: str, person_id: int | None) -> rules.Item:
    paper = models.TrackPaper.objects.get(version=case.version, code=code)
    return next(
        i for i in queries.checklist(case, AT.date()) if (i.wanted.paper_id, i.person_id) == (paper.pk, person_id)
    )


def test_the_checklist_asks_each_adult_and_each_minor_for_their_own(office: Office) -> None:
    case = opened(office)
    asked = {(i.wanted.label.en, i.person_id) for i in queries.checklist(case, AT.date())}
    assert ("Identity card", office.spouse.pk) in asked
    assert ("Birth extract", office.child.pk) in asked
    assert ("Identity card", office.child.pk) not in asked
    assert ("Displaced or refugee card", None) in asked


def test_a_paper_waits_counts_expires_and_comes_again(office: Office) -> None:
    case = opened(office)
    item = item_of(case, "identity_card", office.head.pk)
    until = AT.date() + dt.timedelta(days=10)
    row = actions.receive_paper(
        case.pk, item.wanted.paper_id, office.head.pk, valid_until=until, by=office.worker, at=AT
    )
    assert item_of(case, "identity_card", office.head.pk).state == rules.PaperState.RECEIVED
    actions.judge_paper(row.pk, is_good=True, by=office.worker, at=AT)
    assert item_of(case, "identity_card", office.head.pk).state == rules.PaperState.CHECKED
    later = {(i.wanted.paper_id, i.person_id): i for i in queries.checklist(case, until + dt.timedelta(days=1))}
    assert later[item.wanted.paper_id, office.head.pk].state == rules.PaperState.EXPIRED
    actions.judge_paper(row.pk, is_good=False, by=office.worker, at=AT)
    assert not item_of(case, "identity_card", office.head.pk).is_settled
    again = actions.receive_paper(case.pk, item.wanted.paper_id, office.head.pk, by=office.worker, at=AT)
    assert (again.pk, again.state, again.judged_by) == (row.pk, "received", None)
    with pytest.raises(errors.BadInput, match="expired"):
        yesterday = AT.date() - dt.timedelta(days=1)
        actions.receive_paper(
            case.pk, item.wanted.paper_id, office.head.pk, valid_until=yesterday, by=office.worker, at=AT
        )


def test_a_paper_nobody_asked_for_is_not_taken(office: Office) -> None:
    case = opened(office)
    item = item_of(case, "identity_card", office.head.pk)
    with pytest.raises(errors.NotFound):
        actions.receive_paper(case.pk, item.wanted.paper_id, office.child.pk, by=office.worker, at=AT)


def test_a_file_is_sealed_under_its_persons_key(office: Office) -> None:
    case = opened(office)
    item = item_of(case, "birth_extract", office.child.pk)
    brought = actions.Brought("../Arta Hoxha.pdf", PDF)
    row = actions.receive_paper(case.pk, item.wanted.paper_id, office.child.pk, file=brought, by=office.worker, at=AT)
    kept = row.files.get()
    assert kept.subject == office.child.subject
    assert b"%PDF" not in bytes(kept.content_sealed)
    assert b"Arta" not in bytes(kept.name_sealed)
    _row, name, content = queries.file_of(office.worker, kept.pk, at=AT)
    assert (name, content) == ("Arta Hoxha.pdf", PDF)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "paper_empty"),
        (b"MZ\x90\x00 program", "paper_kind"),
        (b"PK\x03\x04 zip", "paper_kind"),
        (b"<html><script>alert(1)</script></html>", "paper_kind"),
        (b"%PDF-1.7 that ends at once", "paper_broken"),
        (PDF[: len(PDF) // 2][:200], "paper_broken"),
        (PDF.replace(b"/StructTreeRoot", b"/JavaScript   ", 1), "paper_active"),
        (b"%PDF-" + b"x" * papers.LIMIT_BYTES, "paper_large"),
    ],
)
def test_documents_that_are_no_documents_are_refused_and_nothing_is_kept(
    office: Office, content: bytes, code: str
) -> None:
    case = opened(office)
    item = item_of(case, "identity_card", office.head.pk)
    with pytest.raises(errors.BadInput) as wrong:
        actions.receive_paper(
            case.pk,
            item.wanted.paper_id,
            office.head.pk,
            file=actions.Brought("card.pdf", content),
            by=office.worker,
            at=AT,
        )
    assert wrong.value.code == code
    assert not models.CasePaper.objects.exists()
    assert not models.PaperFile.objects.exists()
