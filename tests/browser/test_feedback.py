"""A complaint by phone, told in Serbian: taken in, acknowledged, answered, and whoever called is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests import factories, standing
from tests.web.conftest import AT, make_user

from streha.accounts.rules import Role
from streha.cases.feedback import actions, models


@pytest.fixture(autouse=True)
def _office(settings: Any, tmp_path: Path) -> None:
    settings.KEYRING = tmp_path / "keyring.json"
    standing.keyring(settings.KEYRING, at=AT)
    factories.kosovo()
    actions.load_clocks(by=factories.OFFICE, at=AT)


def test_a_complaint_by_phone_is_answered_and_the_outcome_told(visit: Callable[..., Any], check: Any) -> None:
    shown = visit("/feedback/", as_=make_user("jelena", Role.CASEWORKER), language="sr")
    page = shown.page

    def press(selector: str) -> None:
        page.click(selector)
        page.wait_for_load_state("load")

    press("main a[href='/feedback/new/']")
    assert "Прими повратну информацију" in page.inner_text("h1")
    page.select_option("#id_category", label="Притужба на помоћ")
    page.select_option("#id_channel", label="телефоном")
    page.select_option("#id_keeper", str(factories.municipality("27").pk))
    page.fill("#id_text", "Обећана пећ није стигла.")
    page.fill("#id_name", "Живка Ђорђевић")
    page.fill("#id_contact", "044 123 218")
    check(shown)
    press("main form.form button.btn-primary")
    own = page.url
    assert "Обећана пећ није стигла." in page.inner_text("main")
    assert "у року" in page.inner_text("main")
    check(shown)
    press(f"main a[href='{own[len(shown.base) :]}do/acknowledge/']")
    page.fill("#id_text", "Речено да је примљено и да ћемо јавити.")
    press("main form.form button.btn-primary")
    press(f"main a[href='{own[len(shown.base) :]}do/answer/']")
    page.select_option("#id_outcome", label="основано и исправљено")
    page.fill("#id_text", "Пећ је послата поново.")
    press("main form.form button.btn-primary")
    page.goto(shown.base + "/")
    assert "1 исход треба саопштити" in page.inner_text("main")
    page.goto(own)
    press(f"main a[href='{own[len(shown.base) :]}do/close/']")
    page.select_option("#id_how", label="телефоном")
    press("main form.form button.btn-primary")
    assert page.url == own
    story = page.inner_text(".timeline")
    assert story.index("Пећ је послата поново.") < story.index("Речено да је примљено")
    page.set_viewport_size({"width": 360, "height": 740})
    check(shown, leaving_out=["color-contrast"])
    page.goto(shown.base + "/feedback/figures/")
    assert "100" in page.inner_text("main")
    check(shown)
    kept = models.Feedback.objects.get()
    assert (kept.state, kept.told_how, kept.outcome) == ("closed", "phone", "upheld")
