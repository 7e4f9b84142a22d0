"""Every page that a role can open, at both widths: accessible, no wider than the screen, silent, asking nobody else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.web.conftest import client_of, make_user
from tests.web.test_door import WEB
from tests.web.test_every_page import Planted, addresses, plant

from streha.accounts import rules
from streha.accounts.rules import Role
from streha.web import door

NOT_PAGES = ("geojson", ".xlsx", ".csv", "hints", "/file/", "/text/", "language/", "passkeys/login")


@pytest.fixture
def planted(settings: Any, tmp_path: Path) -> Planted:
    return plant(settings, tmp_path)


def open_to(role: Role, planted: Planted) -> list[str]:
    """Addresses that the role may open, with ids of what is there."""
    found = []
    for route, entry in WEB:
        asks = door.requirement(entry.callback)
        may = isinstance(asks, str) or any(action in rules.POLICY[role].actions for action in asks or ())
        if may and not any(part in route for part in NOT_PAGES):
            found += addresses(route, entry, planted)[:1]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("role", [Role.CASEWORKER, Role.KEEPER, Role.DATA_PROTECTION], ids=lambda role: role.value)
def test_every_page_of_a_role(
    visit: Callable[..., Any], check: Callable[..., None], planted: Planted, role: Role, width: int
) -> None:
    arta = make_user("arta", role)
    before = client_of(arta)
    shown = visit("/", as_=arta, width=width)
    opened, faults = 0, []
    for address in open_to(role, planted):
        if before.get(address).status_code != 200:
            continue  # takes only what a form sends, asks for the password first, or names a record that is not there
        shown.go(address)
        opened += 1
        try:
            check(shown)
        except AssertionError as fault:
            faults.append(str(fault).split("\nassert")[0])
        shown.noise.clear()
    assert opened >= 10
    assert not faults, "\n".join(faults)


def test_hints_appear_while_typing_and_go_away(visit: Callable[..., Any], planted: Planted) -> None:
    shown = visit("/", as_=make_user("arta", Role.CASEWORKER))
    shown.page.locator("#find").press_sequentially("qorropl", delay=20)
    shown.page.wait_for_selector("#find-hints a:has-text('Qorroplant')")
    shown.page.keyboard.press("Escape")
    assert not shown.page.is_visible("#find-hints a")
    assert not shown.noise


def test_search_without_scripts(visit: Callable[..., Any], planted: Planted) -> None:
    page = visit("/", as_=make_user("arta", Role.CASEWORKER), scripts=False).page
    page.fill("#find", "zyrafetja qorroplant")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/**")
    page.click("main a:has-text('Qorroplant')")
    page.wait_for_url(f"**/people/{planted.person_id}/")
