"""Whole stories in a real browser: a person registered and found again, and a messy list that becomes a register."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests import factories, standing
from tests.web.conftest import AT, make_user

from streha.accounts.rules import Role
from streha.cli.worker import Worker
from streha.common.codes import Script
from streha.engine import names
from streha.people.models import Name, Person
from streha_demo import spreadsheets

Visit = Callable[..., Any]
Check = Callable[[Any], None]


@pytest.fixture(autouse=True)
def _kosovo(settings: Any, tmp_path: Path) -> None:
    settings.KEYRING = tmp_path / "keyring.json"
    standing.keyring(settings.KEYRING, at=AT)
    factories.kosovo()


def test_a_person_is_registered_and_found_in_another_spelling_without_scripts(visit: Visit) -> None:
    page = visit("/people/", as_=make_user("arta", Role.CASEWORKER), scripts=False, width=360, language="sq").page
    page.click("main a[href='/people/register/']")
    page.fill("#id_given", "Xhevdet")
    page.fill("#id_family", "Qerimi")
    page.fill("#id_birth", "1961")
    page.fill("#id_home_area", "Peć")
    page.select_option("#id_keeper", str(factories.municipality("27").pk))
    page.click("main form.form button.btn-primary")
    page.wait_for_url(re.compile(r"/people/\d+/$"))
    own = page.url
    page.fill("#find", "џевдет ћерими")
    page.press("#find", "Enter")
    page.click("main a:has-text('Qerimi')")
    assert page.url == own
    assert "Xhevdet" in page.inner_text("h1")
    assert "Pejë" in page.inner_text("main")


def tab_to(page: Any, selector: str, at_most: int = 80) -> None:
    """Press Tab until the element holds the focus, as somebody without a mouse does."""
    for _ in range(at_most):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"{selector} was not reached with Tab on {page.url}")


def test_a_person_is_registered_and_found_by_keyboard_alone(visit: Visit) -> None:
    shown = visit("/people/", as_=make_user("arta", Role.CASEWORKER))
    page, keys = shown.page, shown.page.keyboard
    tab_to(page, "main a[href='/people/register/']")
    keys.press("Enter")
    page.wait_for_url("**/people/register/")
    for field, typed in (("given", "Живка"), ("family", "Ђорђевић"), ("birth", "12.04.1961"), ("keeper", "Priz")):
        tab_to(page, f"#id_{field}")
        keys.type(typed)
    tab_to(page, "main form.form button.btn-primary")
    keys.press("Enter")
    page.wait_for_url(re.compile(r"/people/\d+/$"))
    own = page.url
    keys.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    keys.type("zivka djordjevic")
    keys.press("Enter")
    page.wait_for_url("**/search/**")
    tab_to(page, f"main a[href='{own[len(shown.base) :]}']")
    keys.press("Enter")
    page.wait_for_url(own)
    assert "Ђорђевић" in page.inner_text("h1")
    assert Person.objects.get().keeper.label_sq == "Prizren"
    assert not shown.noise


def work() -> None:
    """What the worker does, here and now."""
    Worker(every={}).work(until_empty=True)


def click_on(page: Any, selector: str) -> None:
    page.click(selector)
    page.wait_for_load_state("load")


def other_spelling(name: Name) -> str:
    """The name in the other script."""
    written = f"{name.given} {name.family}".lower()
    return names.transliterate(
        written, Script.LATIN if names.script_of(written) == Script.CYRILLIC else Script.CYRILLIC
    )


@pytest.mark.slow
@pytest.mark.parametrize(("which", "language"), [(0, "sq"), (1, "sr")], ids=["municipal", "displaced"])
def test_a_messy_list_becomes_a_register(visit: Visit, check: Check, tmp_path: Path, which: int, language: str) -> None:
    file = spreadsheets.write(tmp_path / "lists", seed=7)[which]
    brings, decides = make_user("sjell", Role.CASEWORKER), make_user("vendos", Role.IMPORT_APPROVER)

    bringer = visit("/imports/new/", as_=brings, language=language)
    page = bringer.page
    page.set_input_files("#id_file", file)
    page.select_option("#id_keeper", str(factories.municipality("18").pk))
    page.fill("#id_source", "Zyra komunale për kthim")
    page.fill("#id_purpose", "Kthim")
    page.select_option("#id_basis", "public_task")
    page.fill("#id_retain_until", "31.12.2031")
    click_on(page, "main form.form button.btn-primary")
    assert re.search(r"/imports/\d+/$", page.url), page.inner_text("main")
    batch = page.url[len(bringer.base) :]
    check(bringer)
    guessed = page.eval_on_selector_all("main table select", "all => all.map(e => e.value)")
    assert {"birth", "sex", "household", "relation"} <= {*guessed}, guessed
    click_on(page, f"form[action='{batch}columns/'] button.btn-primary")
    work()
    page.goto(bringer.base + batch)
    check(bringer)
    assert not page.locator(f"form[action='{batch}decide/']").count()  # who brings does not decide

    approver = visit(batch, as_=decides, scripts=False, width=360, language=language)
    page = approver.page
    for kind, decision in (("twins", "skip"), ("plain", "new")):
        page.select_option("#f-kind", kind)
        page.select_option("#f-state", "")
        click_on(page, "form.filters[method=get] button")
        if page.locator(f"button[name=choose][value={decision}]").count():
            click_on(page, f"button[name=choose][value={decision}]")
    page.goto(approver.base + batch + "?state=bad&decision=none")
    kept_back = page.locator("main table tbody tr").count()
    if kept_back:
        click_on(page, "main table td.lead-cell a >> nth=0")
        assert page.locator("main .note.bad").count()  # what is wrong, beside the value
        page.goto(approver.base + batch)
    assert bool(kept_back) == (which == 0)
    click_on(page, f"form[action='{batch}commit/'] button")
    work()
    page.goto(approver.base + batch)
    assert Person.objects.count() > 80

    name = Name.objects.exclude(given="").exclude(family="").order_by("pk")[10]
    page.fill("#find", other_spelling(name))
    page.press("#find", "Enter")
    page.wait_for_load_state("load")
    click_on(page, f"main a[href='/people/{name.person_id}/']")
    assert name.family.lower() in page.inner_text("h1").lower()
