"""Grants, courses and community projects in the office: each from its first form to what came of it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from tests import factories
from tests.factories import AT, OFFICE
from tests.formats.test_pictures import photo
from tests.web.conftest import client_of

from streha.accounts.rules import Role
from streha.assistance.grants import models as grants
from streha.assistance.projects import models as projects
from streha.assistance.training import models as courses
from streha.cases import actions as cases
from streha.institutions import actions as institutions
from streha.institutions import rules as institution_rules

pytestmark = pytest.mark.django_db


def test_a_grant_and_a_course() -> None:
    person = factories.person("Zzgiven", "Zzfamily")
    house = factories.household(person)
    today = timezone.now().date()
    day = f"{today:%d.%m.%Y}"
    planner = client_of(factories.user(Role.PROGRAMME, name="planner"))
    finance = client_of(factories.user(Role.FINANCE, name="finance"))
    worker = client_of(factories.user(Role.CASEWORKER, scope=factories.in_area("20"), name="worker"))
    assert "No grant is here" in planner.get("/grants/").content.decode()
    began = today - dt.timedelta(days=200)
    told = {
        "person": person.number, "household": house.number, "sector": "crafts", "plan": "Zzplan",
        "starts_on": f"{began:%d.%m.%Y}", "jobs_planned": 2, "amount": "1.500,50", "currency": "EUR",
        "tranches": "1000: licence shown\n500,50: machine bought",
    }  # fmt: skip
    assert planner.post("/grants/new/", told | {"tranches": "licence"}).status_code == 422
    assert planner.post("/grants/new/", told | {"amount": "1400"}).status_code == 422
    own = planner.post("/grants/new/", told)["Location"]
    again = planner.post("/grants/new/", told)
    assert again.status_code == 422
    assert "has a grant already" in again.content.decode()
    for what in ("meet", "visit", "check", "cancel"):
        assert planner.get(f"{own}do/{what}/").status_code == 200, what
    assert planner.get(f"{own}do/pay/").status_code == 403
    assert planner.get(f"{own}do/nonsense/").status_code == 404
    paid = {"version": 1, "tranche": 1, "on": day, "reference": "P-1"}
    assert "is not met yet" in finance.post(f"{own}do/pay/", paid).content.decode()
    assert planner.post(f"{own}do/meet/", {"version": 1, "tranche": 1, "on": day}).status_code == 302
    assert finance.post(f"{own}do/pay/", paid | {"version": 2}).status_code == 302
    assert "1 business to look at" in worker.get("/").content.decode()
    checked = {"version": 3, "months": 6, "on": day, "found": "alive"}
    assert worker.post(f"{own}do/check/", checked).status_code == 422
    assert worker.post(f"{own}do/check/", checked | {"jobs": 2}).status_code == 302
    assert worker.post(f"{own}do/visit/", {"version": 4, "on": day, "note": "Zznote"}).status_code == 302
    page = worker.get(own).content.decode()
    for words in ("Zzplan", "Zznote", "licence shown", "P-1", "Zzgiven"):
        assert words in page, words
    for address in (f"/people/{person.pk}/", f"/households/{house.pk}/", "/grants/?sector=crafts"):
        assert own in worker.get(address).content.decode(), address
    assert planner.post(f"{own}do/cancel/", {"version": 5, "reason": "Moved"}).status_code == 302
    assert grants.Grant.objects.get().state == "cancelled"

    cases.load_tracks(by=OFFICE, at=AT)
    provider = institutions.add_institution(
        institution_rules.InstitutionDraft("Zzprovider", institution_rules.Kind.NGO), by=OFFICE, at=AT
    )
    first = today - dt.timedelta(days=9)
    course = {
        "title": "Zzwelding", "provider": provider.pk, "sector": "crafts", "keeper": factories.municipality().pk,
        "first_day": f"{first:%d.%m.%Y}", "last_day": day, "places": 1, "hours": 8,
    }  # fmt: skip
    assert worker.post("/courses/new/", course | {"last_day": "01.01.2020"}).status_code == 422
    own = worker.post("/courses/new/", course)["Location"]
    assert worker.post(f"{own}do/enrol/", {"people": "P-0999999"}).status_code == 422
    assert worker.post(f"{own}do/enrol/", {"people": person.number}).status_code == 302
    assert worker.post(f"{own}do/session/", {"days": f"{first:%d.%m.%Y}\n31.12.2099"}).status_code == 422
    assert worker.post(f"{own}do/session/", {"days": f"{first:%d.%m.%Y}", "topic": "Zztopic"}).status_code == 302
    enrolment, session = courses.Enrolment.objects.get(), courses.CourseSession.objects.get()
    attended = {"session": session.pk, "present": [enrolment.pk]}
    assert worker.get(f"{own}do/attendance/").status_code == 200
    assert worker.post(f"{own}do/attendance/", attended).status_code == 302
    assert worker.get(f"/courses/people/{enrolment.pk}/certificate/").status_code == 404
    assert worker.post(f"/courses/people/{enrolment.pk}/decide/", {"how": "certify"}).status_code == 302
    answer = worker.get(f"/courses/people/{enrolment.pk}/certificate/?in=sr-Latn")
    assert answer.content.startswith(b"%PDF-")
    too_early = worker.post(f"/courses/people/{enrolment.pk}/outcome/", {"months": 3, "came_of": "job"})
    assert too_early.status_code == 422
    shown = worker.get(own).content.decode()
    for words in ("Zzprovider", "Zztopic", "Zzgiven", "1 / 1", "has the certificate"):
        assert words in shown, words
    assert "Zzwelding" in worker.get(f"/people/{person.pk}/").content.decode()
    elsewhere = client_of(factories.user(Role.CASEWORKER, scope=factories.in_area("17")))
    assert "Zzwelding" not in elsewhere.get("/courses/").content.decode()
    assert elsewhere.get(own).status_code == 404


def test_a_project_from_the_plan_to_the_5w_table(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    factories.kosovo()
    client = client_of(factories.user(Role.PROGRAMME))
    today = timezone.now().date()
    day = f"{today:%d.%m.%Y}"
    assert "No project is here" in client.get("/projects/").content.decode()
    told = {
        "title": "Zzschool", "kind": "school", "sector": "education", "area": "Prizren", "starts_on": "01.02.2026",
        "ends_on": "01.03.2027", "cost": "40 000", "currency": "EUR", "funding": "Agency: 30000", "tags": "4.1, 4.a",
    }  # fmt: skip
    for wrong in ({"tags": "99"}, {"funding": "Agency"}, {"funding": "Agency: 50000"}, {"area": "Nowhere"}):
        assert client.post("/projects/new/", told | wrong).status_code == 422, wrong
    own = client.post("/projects/new/", told)["Location"]
    steps = (
        ("milestone", {"title": "Zzroof", "due_on": day}),
        ("photo", {"photo": SimpleUploadedFile("x.jpg", photo()), "phase": "before", "caption": "Zzcaption"}),
        ("served", {"count": "reached", "sex": "f", "age": "0_17", "number": 120, "with_disability": 6}),
        ("figure", {"label": "Zzpupils", "before": "80", "after": "210"}),
        ("pay", {"amount": "1000", "on": day, "reference": "INV-1"}),
        ("move", {"state": "running", "on": day}),
        ("reach", {"step": 1, "on": day}),
    )
    for version, (what, values) in enumerate(steps, start=1):
        assert client.get(f"{own}do/{what}/").status_code == 200, what
        answer = client.post(f"{own}do/{what}/", {"version": version, **values})
        assert answer.status_code == 302, (what, answer.content.decode()[-800:])
    for what, values, said in (
        ("photo", {"photo": SimpleUploadedFile("x.jpg", b"no"), "phase": "after"}, "is not a photo"),
        ("pay", {"amount": "39000,01", "on": day, "reference": "INV-2"}, "are too much"),
        ("pay", {"amount": "1", "on": day, "reference": "INV-1"}, "nothing is paid twice"),
    ):
        answer = client.post(f"{own}do/{what}/", {"version": 8, **values})
        assert answer.status_code == 422
        assert said in answer.content.decode()
    page = client.get(own).content.decode()
    for words in ("Zzroof", "Zzcaption", "Zzpupils", "INV-1", "Agency", "4.a", "120"):
        assert words in page, words
    shown = projects.ProjectPhoto.objects.get()
    assert client.get(f"{own}photos/{shown.pk}/small/").content.startswith(b"\xff\xd8")
    for address in ("/projects/map/", "/projects/5w/", "/projects/?kind=school"):
        assert "Prizren" in client.get(address).content.decode(), address
    assert client.post("/projects/5w/export/?as=csv", {"purpose": "coordination"}).status_code == 302
    elsewhere = client_of(factories.user(Role.ENGINEER, scope=factories.in_area("17")))
    assert elsewhere.get(own).status_code == 404
    assert "Zzschool" not in elsewhere.get("/projects/5w/").content.decode()
    assert elsewhere.get("/projects/new/").status_code == 403
