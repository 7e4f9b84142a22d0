"""Houses by commission, in English: applied for, scored by two, ranked, decided, told, posted, appealed, replayed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from tests import factories, standing
from tests.rooms.assistance.conftest import IN_TIME, YES, Office, commission
from tests.web.conftest import AT

from streha.accounts.models import User
from streha.accounts.rules import Access
from streha.assistance.selections import models
from streha.cases import actions as cases
from streha.formats import pdf

Visit = Callable[..., Any]
Check = Callable[[Any], None]
POINTS = {"Krasniqi": "24", "Hoxha": "20", "Petrović": "10"}


@pytest.fixture
def office(settings: Any, tmp_path: Path) -> Office:
    """A call for two houses whose window closed the other day, with three families."""
    settings.KEYRING = tmp_path / "keyring.json"
    standing.keyring(settings.KEYRING, at=AT)
    factories.kosovo()
    cases.load_tracks(by=factories.OFFICE, at=AT)
    return commission(closes_on=timezone.now().date() - dt.timedelta(days=1))


def test_houses_from_the_application_to_the_replay(visit: Visit, check: Check, office: Office) -> None:
    def desk(who: Access) -> Any:
        return visit("/", as_=User.objects.get(pk=who.person()))

    worker = desk(office.caseworker)
    for family in list(POINTS)[:2]:
        office.family(family)
    applied(worker, office, "Petrović")
    check(worker)
    for scorer in office.scorers[:2]:
        scored(desk(scorer), check if scorer is office.scorers[0] else None)
    selection = decided(desk(office.members[0]), desk(office.programme), office, check)
    told(worker)
    posted(desk(office.programme), selection, check)
    appealed(worker, desk(office.programme), selection)


def press(shown: Any, selector: str) -> None:
    """Click what leads to another page, and wait for it."""
    shown.page.click(selector)
    shown.page.wait_for_load_state("load")


def applied(worker: Any, office: Office, family: str) -> None:
    """The third family applies at the counter; one paper is noted there, the others lie there already."""
    members = [factories.person(f"Given{n}", family, birth=dt.date(1980 + n, 5, 1)) for n in range(2)]
    home = factories.household(*members)
    page = worker.go(f"/selections/{office.call.pk}/apply/")
    page.fill("[name=household]", home.number)
    page.fill("[name=applicant]", members[0].number)
    page.select_option("[name=request]", "house")
    page.fill("[name=received_on]", f"{IN_TIME:%d.%m.%Y}")
    for fact, answer in YES.items():
        page.select_option(f"[name=fact_{fact.value}]", "1" if answer else "0")
    press(worker, "main form.form button.btn-primary")
    application = models.Application.objects.get(household=home)
    assert page.url.endswith(f"/applications/{application.pk}/")
    assert "not seen yet" in page.inner_text("main")
    page.select_option("[name=kind]", "displaced_card")
    page.select_option("[name=state]", "seen")
    page.fill("[name=reference]", "Folder 7")
    press(worker, "form[action$='/paper/'] button")
    assert "Folder 7" in page.inner_text("main")
    office.papers(application, members)


def scored(scorer: Any, check: Check | None) -> None:
    """A sheet for each family; what others gave is not on the page."""
    for application in models.Application.objects.order_by("number"):
        page = scorer.go(f"/applications/{application.pk}/score/")
        family = application.applicant.names.get().family
        for field in page.locator("main form input[type=number]").all():
            field.fill(POINTS[family] if field.get_attribute("name") == "points_urgency" else "0")
        if check:
            check(scorer)
        press(scorer, "button[name=finish]")
    assert page.url.endswith(f"/selections/{application.call_id}/")


def decided(chair: Any, programme: Any, office: Office, check: Check) -> models.Selection:
    """A session is planned; the chair opens it, ranks, notes the votes, decides and closes."""
    today = timezone.now().date()
    page = programme.go(f"/selections/{office.call.pk}/session/")
    page.fill("[name=held_on]", f"{today:%d.%m.%Y}")
    page.fill("[name=place]", "Prizren")
    page.fill("[name=agenda]", "The ranked list")
    press(programme, "main form.form button.btn-primary")
    session = models.Session.objects.get()
    page = chair.go(f"/selections/sessions/{session.pk}/")
    for box in page.locator("[name=present]").all():
        box.check()
    press(chair, "button[value=open]")
    press(chair, "button[value=rank]")
    page = chair.go(f"/selections/sessions/{session.pk}/")
    page.fill("[name=conclusion]", "The list is adopted.")
    press(chair, "button[value=vote]")
    check(chair)
    press(chair, "button[value=decide]")
    page = chair.go(f"/selections/sessions/{session.pk}/")
    page.fill("[name=minutes]", "Three present; the list was adopted.")
    press(chair, "button[value=close]")
    selection = models.Selection.objects.get()
    page = chair.go(f"/selections/lists/{selection.pk}/")
    places = page.locator("main tbody tr").all_inner_texts()
    assert [next(name for name in POINTS if name in line) for line in places] == list(POINTS)
    check(chair)
    return selection


def told(worker: Any) -> None:
    """Who comes first gets a letter that says so."""
    first = models.Ranked.objects.get(position=1).application
    page = worker.go(f"/applications/{first.pk}/")
    with page.expect_download() as letter:
        page.click("a[href$='about=decision&in=en']")
    with pdf.Pdf(Path(letter.value.path()).read_bytes()) as file:
        said = " ".join(word.text for one in file.pages() for word in one.words)
    assert "Krasniqi" in said
    assert "selected" in said.lower()


def posted(programme: Any, selection: models.Selection, check: Check) -> None:
    """The list is posted by codes; no family stands on it."""
    programme.go(f"/selections/lists/{selection.pk}/")
    press(programme, "form[action$='/publish/'] button")
    page = programme.go(f"/selections/lists/{selection.pk}/public/")
    shown = page.inner_text("main")
    assert all(code in shown for code in models.Application.objects.values_list("code", flat=True))
    assert not any(family in shown for family in POINTS)
    check(programme)


def appealed(worker: Any, programme: Any, selection: models.Selection) -> None:
    """The family that was left out appeals; the list still replays as it was."""
    last = models.Application.objects.get(applicant__names__family="Petrović")
    page = worker.go(f"/applications/{last.pk}/appeal/")
    page.fill("[name=received_on]", f"{timezone.now():%d.%m.%Y}")
    page.fill("[name=grounds]", "The roof fell in after the visit.")
    press(worker, "main form.form button.btn-primary")
    assert models.Appeal.objects.get().state == "received"
    page = programme.go(f"/selections/lists/{selection.pk}/replay/")
    assert "same list" in page.inner_text("main").lower()
