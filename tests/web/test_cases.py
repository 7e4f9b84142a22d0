"""A case in the office: opened, moved, with papers and a letter; a protection case is nowhere for others."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from tests import factories
from tests.factories import AT, OFFICE
from tests.web.conftest import client_of

from streha.accounts import actions as accounts
from streha.accounts.rules import Role, Scope, ScopeKind
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


def test_a_plan_is_made_agreed_and_told_of_and_today_says_what_waits(head: people.Person) -> None:
    client = worker()
    case = opened(client, head)
    base = f"/cases/{case.pk}/"
    today = timezone.now().date()
    soon = f"{today + timedelta(days=2):%d.%m.%Y}"
    for what in ("goal", "visit", "agree"):
        assert client.get(f"{base}plan/{what}/").status_code == 200, what
    assert client.get(f"{base}plan/nonsense/").status_code == 404
    wrong = client.post(f"{base}plan/goal/", {"kind": "house", "text": "New roof", "due_on": "01.01.2020"})
    assert wrong.status_code == 422
    assert "has passed" in wrong.content.decode()
    assert client.post(f"{base}plan/goal/", {"kind": "house", "text": "New roof", "due_on": soon}).status_code == 302
    assert client.post(f"{base}plan/agree/", {"agreed_on": f"{today:%d.%m.%Y}"}).status_code == 302
    going = {"kind": "gsv", "planned_on": soon, "area": "Prizren", "people": [head.pk], "others": "Fqinji Bardh"}
    assert client.post(f"{base}plan/visit/", going).status_code == 302
    page = client.get(base).content.decode()
    for said in ("New roof", "Fqinji Bardh", "go-and-see visit", "agreed on"):
        assert said in page
    visit = models.plans.Visit.objects.get()
    assert "1 visit of yours this week" in client.get("/").content.decode()
    assert case.number in client.get("/visits/").content.decode()
    assert case.number not in worker(code="17").get("/visits/?whose=all").content.decode()
    models.plans.Visit.objects.update(planned_on=today - timedelta(days=1))
    assert "1 visit of yours is late" in client.get("/").content.decode()
    assert case.number in client.get("/visits/?late=1").content.decode()
    address = f"{base}visits/{visit.pk}/"
    assert client.get(address).status_code == 200
    assert client.post(address, {"state": "done", "report": "Roof gone"}).status_code == 422
    came = [row.pk for row in visit.participants.all()]
    told = {"state": "done", "done_on": f"{today:%d.%m.%Y}", "report": "Roof gone", "came": came}
    models.Case.objects.update(opened_on=today)
    assert client.post(address, told).status_code == 302
    assert client.post(address, told).status_code == 422
    goal = models.plans.Goal.objects.get()
    assert client.post(f"{base}goals/{goal.pk}/", {"state": "reached", "note": ""}).status_code == 302
    story = client.get(base).content.decode()
    assert "Goal reached" in story
    assert "Roof gone" in story
    assert client.get(f"{base}goals/{goal.pk + 5}/").status_code == 404


def test_a_referral_waits_for_consent_then_for_its_receiver_who_reads_no_more(head: people.Person) -> None:
    client = worker()
    case = opened(client, head)
    team = accounts.create_organisation("Klinika Demo", kind="ngo", by=OFFICE, at=AT, is_fictional=True)
    scope = Scope(ScopeKind.ORGANISATION, str(team.pk))
    receiver = client_of(factories.user(Role.CASEWORKER, scope=scope))
    address = f"/cases/{case.pk}/refer/"
    told = {"kind": "referral", "organisation": team.pk, "purpose": "health", "people": [head.pk], "reason": "Dialysis"}
    assert client.get(address).status_code == 200
    refused = client.post(address, told)
    assert refused.status_code == 422
    link = f"/people/{head.pk}/add/consent/?purpose=health+care&amp;recipients=Klinika+Demo"
    assert link in refused.content.decode()
    assert 'value="Klinika Demo"' in client.get(link.replace("&amp;", "&")).content.decode()
    consent = {"purpose": "health care", "recipients": "Klinika Demo", "basis": "consent", "given_on": "01.11.2026"}
    assert client.post(link.split("?", maxsplit=1)[0], consent).status_code == 302
    assert client.post(address, told).status_code == 302
    row = models.referrals.Referral.objects.get()
    assert "Klinika Demo" in client.get(f"/cases/{case.pk}/").content.decode()
    assert "1 referral waits for your answer" in receiver.get("/").content.decode()
    assert "Qorroplant" in receiver.get("/referrals/").content.decode()
    one = f"/referrals/{row.pk}/"
    assert "Dialysis" in receiver.get(one).content.decode()
    assert client.get(one).status_code == 404
    assert receiver.get(f"/cases/{case.pk}/").status_code == 404
    assert receiver.get(f"/people/{head.pk}/").status_code == 404
    assert receiver.post(one, {"state": "rejected", "note": ""}).status_code == 422
    assert receiver.post(one, {"state": "accepted", "note": "Come on Monday"}).status_code == 302
    assert "Come on Monday" in client.get(f"/cases/{case.pk}/").content.decode()
    given = people.Consent.objects.get()
    assert client.post(f"/people/{head.pk}/end/consent/{given.pk}/").status_code == 302
    assert "Dialysis" not in receiver.get(one).content.decode()
    assert "Qorroplant" not in receiver.get("/referrals/").content.decode()
    assert "revoked" in client.get(f"/cases/{case.pk}/").content.decode()
    assert client.get(f"/cases/{case.pk}/referrals/{row.pk}/").status_code == 200


def test_a_profile_meets_a_vacancy_from_both_sides(head: people.Person) -> None:
    client = worker()
    case = opened(client, head, "labour_mobility")
    base = f"/cases/{case.pk}/labour/"
    assert base in client.get(f"/cases/{case.pk}/").content.decode()
    assert "Nobody has told" in client.get(base).content.decode()
    assert client.get(f"{base}profile/").status_code == 200
    told = {"skill_0": "welder", "skill_level_0": "3", "language_0": "de", "language_level_0": "2", "within_km": "40"}
    assert client.post(f"{base}profile/", told).status_code == 302
    assert client.post(f"{base}profile/", told | {"skill_1": "welder", "skill_level_1": "1"}).status_code == 422
    offer = {
        "title": "Two welders",
        "employer": "Demo Steel",
        "area": "Prizren",
        "number": "2",
        "starts_on": "01.04.2030",
        "skill_0": "welder",
        "skill_level_0": "2",
        "required_0": "on",
    }
    assert client.get("/vacancies/new/").status_code == 200
    assert client.post("/vacancies/new/", offer | {"area": ""}).status_code == 422
    assert client.post("/vacancies/new/", offer).status_code == 302
    row = models.labour.Vacancy.objects.get()
    assert "Demo Steel" in client.get("/vacancies/").content.decode()
    mine = client.get(base).content.decode()
    assert "Two welders" in mine
    assert "nothing required is missing" in mine
    assert "Qorroplant" in client.get(f"/vacancies/{row.pk}/").content.decode()
    assert "Qorroplant" not in worker(code="17").get(f"/vacancies/{row.pk}/").content.decode()
    changed = offer | {"title": "One welder", "revision": "1"}
    assert client.post(f"/vacancies/{row.pk}/change/", changed).status_code == 302
    assert client.post(f"/vacancies/{row.pk}/change/", changed).status_code == 422
    assert client.post(f"/vacancies/{row.pk}/end/", {"state": "filled", "revision": "2"}).status_code == 302
    assert "Demo Steel" not in client.get(base).content.decode()


def test_a_track_is_changed_into_a_new_version_and_a_letter_signed(head: people.Person) -> None:
    client = worker(Role.PROGRAMME)
    case = opened(worker(), head, "repatriation")
    address = "/tracks/repatriation/change/"
    page = client.get(address)
    assert "Arrival" in page.content.decode()
    sheet = page.context["sheet"]
    told: dict[str, object] = {name: value for name, value in sheet.head.initial.items() if name != "code" and value}
    for rows in (sheet.stages, sheet.papers):
        told |= {bound.html_name: bound.value() for bound in rows.management_form}
        for form in rows:
            told |= {bound.html_name: bound.value() for bound in form if bound.value()}
    extra = len(sheet.stages) - 1
    named = {"label_sq": "Verifikimi", "label_sr": "Провера", "label_en": "Check"}
    fresh = {f"stages-{extra}-{name}": value for name, value in named.items()}
    fresh |= {f"stages-{extra}-position": 3, f"stages-{extra}-movers": ["caseworker"], f"stages-{extra}-days": 5}
    moved = {f"stages-{at}-position": at + 2 for at in range(2, 6)}
    papers = {name: int(str(value)) + 1 for name, value in told.items() if name.endswith("-before")}
    wrong = client.post(address, told | {"source": "", "number": 1})
    assert wrong.status_code == 422
    assert models.TrackVersion.objects.filter(track__code="repatriation").count() == 1
    done = client.post(address, told | fresh | moved | papers | {"source": "Decision 12/2026"})
    assert done.status_code == 302, [sheet.stages.errors, done.content.decode()[-3000:]]
    newest = models.TrackVersion.objects.get(track__code="repatriation", number=2)
    assert [s.code for s in newest.stages.order_by("position")] == [
        "arrival", "reception", "check", "needs", "plan", "help", "closure",
    ]  # fmt: skip
    assert newest.papers.get(code="readmission_paper").stage.code == "needs"
    assert (newest.source, newest.verified_by) == ("Decision 12/2026", "")
    assert "Check" not in worker().get(f"/cases/{case.pk}/").content.decode()
    assert client.post(address, told | fresh | moved | papers | {"source": "x", "number": 1}).status_code == 422
    assert client.get("/tracks/protection/change/").status_code == 404
    assert worker(Role.PROTECTION).get("/tracks/protection/change/").status_code == 200
    assert worker(Role.PROTECTION).get(address).status_code == 403
    assert client.get("/tracks/new/").status_code == 200

    words = "/letters/missing_papers/sq/"
    assert "Nobody has signed these words" in client.get(words).content.decode()
    today = f"{timezone.now():%d.%m.%Y}"
    assert client.post(words, {"reviewer": "Arta", "on": today, "number": 1}).status_code == 422
    models.LetterTemplate.objects.update(made_at=AT.replace(year=2020))
    sign = {"reviewer": "Arta Demolli", "on": today, "number": 1}
    assert client.post(words, sign).status_code == 302
    assert client.post(words, sign).status_code == 422
    assert "Arta Demolli" in client.get("/tracks/").content.decode()
    letter = worker().get(f"/cases/{case.pk}/letter/?in=sq").content
    with pdf.Pdf(letter) as file:
        assert "nënshkruar" not in " ".join(word.text for one in file.pages() for word in one.words)
    new = {"title": "Dokumente", "opening": "{name}:", "closing": "Deri më {day}."}
    assert client.post(words, new | {"opening": "{salary}"}).status_code == 422
    assert client.post(words, new).status_code == 302
    assert "Nobody has signed these words" in client.get(words).content.decode()


def test_a_program_skips_no_stage_and_is_told_when_somebody_was_faster(head: people.Person) -> None:
    user = factories.user(Role.CASEWORKER, scope=factories.in_area("20"))
    now = timezone.now()
    _token, secret = accounts.make_token(
        user.pk,
        name="t",
        role=Role.CASEWORKER,
        scope=factories.in_area("20"),
        expires=now + timedelta(days=1),
        by=OFFICE,
        at=now,
    )
    program = Client(headers={"Authorization": f"Bearer {secret}"})

    def post(path: str, body: dict[str, object]) -> tuple[int, dict[str, str]]:
        answer = program.post(f"/api{path}", body, content_type="application/json")
        return answer.status_code, answer.json()

    made, told = post("/cases", {"person_id": head.pk, "track": "voluntary_return"})
    assert made == 201
    path = f"/cases/{told['id']}"
    skipped, why = post(f"{path}/move", {"to": "travel", "revision": 1})
    assert skipped == 422
    assert why["title"] == "stage_skipped"
    assert post(f"{path}/move", {"to": "closure", "revision": 1})[1]["title"] == "stage_final"
    assert post(f"{path}/move", {"to": "decision", "revision": 1})[0] in {403, 422}
    assert post(f"{path}/move", {"to": "giv", "revision": 1})[0] == 200
    assert post(f"{path}/move", {"to": "gsv", "revision": 1})[0] == 409
    case = models.Case.objects.get()
    assert (case.stage.code, case.revision, case.steps.count()) == ("giv", 2, 2)
    draft = {"purpose": "health", "person_ids": [head.pk], "reason": "x", "outside": "Clinic"}
    refused, why = post(f"{path}/referrals", draft)
    assert (refused, why["title"]) == (422, "consent_missing")
    goal = {"kind": "house", "text": "Roof", "due_on": f"{now.date() + timedelta(days=5):%Y-%m-%d}"}
    planned, plan = post(f"{path}/goals", goal)
    assert (planned, plan["goals"][0]["text"]) == (201, "Roof")  # type: ignore[index]
