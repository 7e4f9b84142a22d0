"""A case in the office: opened, moved, with papers and a letter; a protection case is nowhere for others."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from tests import factories
from tests.factories import AT, OFFICE
from tests.web.conftest import client_of

from streha.accounts.rules import Role
from streha.cases import actions, models
from streha.formats import pdf
from streha.people import models as people

pytestmark = pytest.mark.django_db


@pytest.fixture
def head() -> people.Person:
    actions.load_tracks(by=OFFICE, at=AT)
    someone = factories.person("Zyrafetja", "Qorroplant")
    factories.household(someone, factories.person("Agim", "Qorroplant"))
    return someone


def worker(*roles: Role, code: str = "20") -> Client:
    return client_of(factories.user(*(roles or (Role.CASEWORKER,)), scope=factories.in_area(code)))


def opened(client: Client, head: people.Person, track: str = "voluntary_return") -> models.Case:
    told = {"person": head.number, "track": track, "with_household": "on", "mine": "on", "note": "Wishes to go home"}
    answer = client.post("/cases/open/", told)
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    return models.Case.objects.get(track__code=track)


def test_a_case_is_opened_moved_and_told_in_order(head: people.Person) -> None:
    client = worker()
    case = opened(client, head)
    address = f"/cases/{case.pk}/"
    page = client.get(address).content.decode()
    assert "Wishes to go home" in page
    assert "Zyrafetja Qorroplant" in page
    assert "not yet verified by anybody" in page
    for what in ("move", "assign", "close", "note", "paper", "split"):
        assert client.get(f"{address}do/{what}/").status_code == 200, what
    assert client.get(f"{address}do/nonsense/").status_code == 404
    wrong = client.post(f"{address}do/move/", {"to": "travel", "revision": 1})
    assert wrong.status_code == 422
    assert client.post(f"{address}do/move/", {"to": "documents", "revision": 1}).status_code == 302
    late = client.post(f"{address}do/move/", {"to": "documents", "revision": 1})
    assert late.status_code == 422
    story = client.get(address).content.decode()
    assert story.index("Moved on") < story.index("Wishes to go home")
    closed = client.post(f"{address}do/close/", {"outcome": "withdrawn", "revision": 2, "reason": "stays in Niš"})
    assert closed.status_code == 302
    assert "stays in Niš" in client.get(address).content.decode()
    assert client.post(f"{address}do/reopen/", {"revision": 3, "reason": "came back"}).status_code == 302
    assert case.number in client.get("/cases/?owner=me").content.decode()
    assert case.number in client.get(f"/people/{head.pk}/").content.decode()
    assert case.number not in client.get("/cases/?late=1").content.decode()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("sq", ("Dokumentet që mungojnë", "Letërnjoftimi")),
        ("sr-Cyrl", ("Документи који недостају", "Лична карта")),
        ("sr-Latn", ("Dokumenti koji nedostaju", "Lična karta")),
        ("en", ("Papers that are missing", "Identity card")),
    ],
)
def test_the_letter_lists_what_is_missing_in_the_persons_language(
    head: people.Person, language: str, words: tuple[str, ...]
) -> None:
    client = worker()
    case = opened(client, head)
    people.Person.objects.filter(pk=head.pk).update(language=language)
    answer = client.get(f"/cases/{case.pk}/letter/")
    assert answer["Content-Type"] == "application/pdf"
    with pdf.Pdf(answer.content) as file:
        said = " ".join(word.text for page in file.pages() for word in page.words)
    for word in (*words, case.number, "Qorroplant"):
        assert word in said


def test_a_paper_comes_in_is_opened_and_counts_and_a_program_is_refused(head: people.Person) -> None:
    client = worker()
    case = opened(client, head)
    address = f"/cases/{case.pk}/do/paper/"
    paper = models.TrackPaper.objects.get(version=case.version, code="possession_list")
    program = SimpleUploadedFile("list.pdf", b"MZ\x90\x00", content_type="application/pdf")
    refused = client.post(address, {"what": f"{paper.pk}-", "file": program, "revision": 1})
    assert refused.status_code == 422
    assert "no document" in refused.content.decode()
    letter = client.get(f"/cases/{case.pk}/letter/?in=en").content
    brought = SimpleUploadedFile("Fleta poseduese.pdf", letter, content_type="text/html")
    assert client.post(address, {"what": f"{paper.pk}-", "file": brought, "revision": 1}).status_code == 302
    row = models.PaperFile.objects.get()
    got = client.get(f"/cases/{case.pk}/files/{row.pk}/")
    assert got.content == letter
    assert got["Content-Disposition"].startswith("attachment")
    other = worker(code="17")
    assert other.get(f"/cases/{case.pk}/files/{row.pk}/").status_code == 404
    assert client.post(f"/cases/{case.pk}/papers/{row.paper_id}/judge/", {"verdict": "good"}).status_code == 302
    assert models.CasePaper.objects.get().state == "checked"


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PROTECTION])
def test_a_protection_case_shows_on_no_page_of_anybody_else(head: people.Person, role: Role) -> None:
    officer = worker(Role.PROTECTION)
    case = opened(officer, head, "protection")
    models.Case.objects.update(due_on=timezone.now().date().replace(year=2020), owner=None)
    viewer = client_of(factories.user(role))
    viewer.raise_request_exception = False
    number = case.number
    for address in (
        "/",
        "/cases/",
        "/cases/?owner=none",
        "/cases/?owner=role",
        "/cases/?track=protection",
        f"/cases/{case.pk}/",
        f"/cases/{case.pk}/do/note/",
        "/cases/glass/",
        "/tracks/",
        f"/people/{head.pk}/",
        f"/people/{head.pk}/history/",
        "/search/?q=Qorroplant",
    ):
        said = viewer.get(address).content.decode()
        assert number not in said, address
        assert "Wishes to go home" not in said, address
        assert "without an owner</a>" not in said, address
        assert "Safety plan" not in said, address
    assert number in officer.get("/cases/").content.decode()


def test_today_says_what_is_late_and_what_waits(head: people.Person) -> None:
    client = worker()
    opened(client, head)
    models.Case.objects.update(due_on=timezone.now().date().replace(year=2020))
    assert "1 case of yours is late" in client.get("/").content.decode()
    models.Case.objects.update(owner=None)
    assert "1 case without an owner" in worker(Role.PROGRAMME).get("/").content.decode()
    assert "without an owner" not in worker(Role.PROGRAMME, code="17").get("/").content.decode()


def test_tracks_say_that_nobody_has_verified_them(head: people.Person) -> None:
    shown = worker().get("/tracks/").content.decode()
    assert "not verified" in shown
    assert "Go-and-see visit" in shown
    assert "Safety plan" not in shown
