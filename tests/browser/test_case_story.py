"""A voluntary return from the wish to its end, in Albanian, as a caseworker clicks through it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from tests import factories, standing
from tests.factories import OFFICE
from tests.web.conftest import AT, make_user

from streha.accounts.rules import Role
from streha.cases import actions, models
from streha.formats import pdf

Visit = Callable[..., Any]
Check = Callable[[Any], None]


@pytest.fixture(autouse=True)
def _office(settings: Any, tmp_path: Path) -> None:
    settings.KEYRING = tmp_path / "keyring.json"
    standing.keyring(settings.KEYRING, at=AT)
    factories.kosovo()
    actions.load_tracks(by=OFFICE, at=AT)


def test_a_return_from_the_wish_to_its_end(visit: Visit, check: Check) -> None:
    head = factories.person("Xhevdet", "Qerimi")
    shown = visit("/", as_=make_user("arta", Role.CASEWORKER), language="sq")
    page, today = shown.page, f"{timezone.now():%d.%m.%Y}"

    def send(path: str, **told: str) -> None:
        """Open a form, fill it and send it; the page that follows is the case."""
        page.goto(f"{shown.base}{path}")
        for name, value in told.items():
            field = page.locator(f"main form [name={name}]")
            kind = field.first.evaluate("e => e.type")
            if kind.startswith("select"):
                field.select_option(value)
            elif kind == "radio":
                page.check(f"main form [name={name}][value='{value}']")
            elif kind == "checkbox":
                field.check()
            else:
                field.fill(value)
        page.click("main form.form button.btn-primary")
        page.wait_for_url(re.compile(r"/cases/\d+/$"))

    send(f"/cases/open/?person={head.number}", track="voluntary_return", mine="on", note="Dëshiron të kthehet në Zhur")
    case = models.Case.objects.get()
    base = f"/cases/{case.pk}/"
    assert "Dëshira e shprehur" in page.inner_text("ol.steps li.now")

    send(f"{base}plan/visit/", kind="gsv", planned_on=today, area="Prizren", others="Fqinji Bardh")
    row = models.plans.Visit.objects.get()
    send(f"{base}visits/{row.pk}/", report="Çatia mungon, fqinjët e pritën mirë")
    assert "Çatia mungon" in page.inner_text("main")

    send(f"{base}do/move/", to="documents")
    with page.expect_download() as letter:
        page.click("a[href$='letter/?in=sq']")
    with pdf.Pdf(Path(letter.value.path()).read_bytes()) as file:
        said = " ".join(word.text for one in file.pages() for word in one.words)
    assert "Dokumentet që mungojnë" in said
    assert "Fleta poseduese" in said
    for paper in models.TrackPaper.objects.filter(version=case.version, is_optional=False).exclude(of="minor"):
        whose = head.pk if paper.of == "adult" else ""
        send(f"{base}do/paper/?paper={paper.pk}-{whose}")
        page.click("button[name=verdict][value=good]")
        page.wait_for_url(re.compile(r"/cases/\d+/$"))

    send(f"{base}do/move/", to="plan")
    send(f"{base}plan/goal/", kind="house", text="Çatia para dimrit", due_on=today)
    send(f"{base}plan/agree/")
    goal = models.plans.Goal.objects.get()
    send(f"{base}goals/{goal.pk}/", state="reached")
    check(shown)
    send(f"{base}do/move/", to="travel")
    send(f"{base}do/move/", to="first_months")
    send(f"{base}do/close/", outcome="completed")
    case.refresh_from_db()
    assert (case.state, case.stage.code) == ("closed", "closure")
    assert "Çatia para dimrit" in page.inner_text("main")
