"""Every page in every language, at both widths: accessible, no wider than the screen, silent, asking nobody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from tests.web.conftest import AT, client_of, make_user
from tests.web.test_door import WEB
from tests.web.test_every_page import Planted, addresses, area_id, plant

from streha.accounts import queries as accounts
from streha.accounts import rules
from streha.accounts.models import User
from streha.accounts.rules import Role
from streha.cli.worker import Worker
from streha.people.imports import actions as imports
from streha.people.imports.models import ImportBatch
from streha.people.imports.queries import RowFilter
from streha.web import door
from streha_demo import spreadsheets

NOT_PAGES = ("geojson", ".xlsx", ".csv", "hints", "/file/", "/text/", "language/", "passkeys/login")
# Widest reach first: a page is looked at by the first of them who may open it.
LOOKERS = (
    *(Role.CASEWORKER, Role.PROGRAMME, Role.FINANCE, Role.STOREKEEPER, Role.IMPORT_APPROVER, Role.KEEPER),
    *(Role.PROTECTION, Role.DATA_PROTECTION, Role.PLANNER, Role.RELEASE),
)
# What axe looks at is the same markup in every language but for its language and its names: English pages show all of
# it, Cyrillic ones what is left without the colours, which take axe most of its time.
WITH_AXE = {"en": (), "sr": ("color-contrast",)}
# English, and the form with the longest words, are looked at in both widths; what is too wide shows at 360 px.
AXE_AT = {"en": 1280, "sr": 360}
WIDEST = ("en", "sr")
A_FILE = "Content-Disposition"
TERMS = imports.Terms("Zyra komunale", "kthim", "public_task", AT.date().replace(year=2036))


@pytest.fixture
def planted(settings: Any, tmp_path: Path) -> Planted:
    return plant(settings, tmp_path)


@dataclass(frozen=True)
class Office:
    """Who looks, and the addresses of what is there."""

    users: dict[Role, User]
    mapping: str
    review: str
    bad_row: str
    committed: str


@pytest.fixture
def office(planted: Planted, tmp_path: Path) -> Office:
    """A small register with one list at each stand: to be mapped, under review, and taken in."""
    users = {role: make_user(f"{role.value}-looks", role) for role in LOOKERS}
    lists = spreadsheets.write(tmp_path / "lists", seed=7)
    municipal, displaced, survey = (_brought(file, users[Role.CASEWORKER]) for file in lists)
    for batch in (municipal, survey):
        imports.start_staging(batch.pk, by=accounts.access(users[Role.CASEWORKER], AT), at=AT)
    Worker(every={}).work(until_empty=True)
    by = accounts.access(users[Role.IMPORT_APPROVER], AT)
    imports.decide_many(survey.pk, RowFilter(), imports.Decision.SKIP, by=by, at=AT)
    imports.start_commit(survey.pk, by=by, at=AT)
    Worker(every={}).work(until_empty=True)
    bad = municipal.records.filter(state="bad").order_by("number")[0]
    return Office(
        users,
        mapping=f"/imports/{displaced.pk}/",
        review=f"/imports/{municipal.pk}/",
        bad_row=f"/imports/{municipal.pk}/rows/{bad.number}/",
        committed=f"/imports/{survey.pk}/",
    )


def _brought(file: Path, user: User) -> ImportBatch:
    by = accounts.access(user, AT)
    return imports.bring(file.read_bytes(), name=file.name, keeper_id=area_id("18"), terms=TERMS, by=by, at=AT)


def to_open(office: Office, planted: Planted) -> list[tuple[Role, str]]:
    """Who looks at which address: every page that answers, once, and an import at every stand by who works there."""
    found = [
        (Role.CASEWORKER, office.mapping),
        (Role.CASEWORKER, office.review),
        (Role.IMPORT_APPROVER, office.review),
        (Role.IMPORT_APPROVER, office.review + "?state=bad"),
        (Role.IMPORT_APPROVER, office.bad_row),
        (Role.CASEWORKER, office.review + "abandon/"),
        (Role.IMPORT_APPROVER, office.committed),
        (Role.CASEWORKER, "/search/?q=Qorroplant"),
        (Role.CASEWORKER, "/search/?q=nobodyissocalled"),
        (Role.CASEWORKER, f"/places/{area_id('27')}/"),
        (Role.KEEPER, f"/users/{office.users[Role.PLANNER].pk}/"),
    ]
    clients = {role: client_of(user) for role, user in office.users.items()}
    for route, entry in WEB:
        if any(part in route for part in NOT_PAGES) or "batch_id" in route or "area_id" in route:
            continue
        asks = door.requirement(entry.callback)
        for role in LOOKERS:
            may = isinstance(asks, str) or any(action in rules.POLICY[role].actions for action in asks or ())
            if not may:
                continue
            answers = [(address, clients[role].get(address)) for address in addresses(route, entry, planted)]
            opened = [a for a, answer in answers if answer.status_code == 200 and not answer.has_header(A_FILE)]
            if opened:  # else it asks for the password first
                found.append((role, opened[0]))
            if opened or any(answer.status_code == 405 or answer.has_header(A_FILE) for _, answer in answers):
                break  # what takes only what a form sends does so whoever asks
    return sorted(found, key=lambda page: LOOKERS.index(page[0]))


@pytest.mark.slow
@pytest.mark.parametrize("languages", [("en", "sq"), ("sr", "sr-latn")], ids=" and ".join)
def test_every_page(
    visit: Callable[..., Any],
    check: Callable[..., None],
    office: Office,
    planted: Planted,
    languages: tuple[str, str],
) -> None:
    for language in languages:
        with translation.override(language):
            if language != "en" and translation.gettext("Skip to the page") == "Skip to the page":
                pytest.skip("not run: the catalogues are not compiled")
    opened = to_open(office, planted)
    assert len(opened) >= 45, opened
    shown, faults, looker = visit(), [], None
    for role, address in opened:
        if role != looker:
            shown.enter(office.users[role])
            looker = role
        for language in languages:
            shown.page.set_extra_http_headers({"Accept-Language": language})
            for width in (1280, 360) if language in WIDEST else (360,):
                faults += _faults(shown, check, address, width, language)
    assert not faults, "\n".join(faults)


def _faults(shown: Any, check: Callable[..., None], address: str, width: int, language: str) -> list[str]:
    shown.page.set_viewport_size({"width": width, "height": 800 if width > 600 else 740})
    if width == 1280 or language not in WIDEST:
        shown.go(address)
    try:
        with_axe = width == AXE_AT.get(language)
        check(shown, leaving_out=WITH_AXE.get(language, ()), with_axe=with_axe)
    except AssertionError as fault:
        return [f"{width} px, {language}: " + str(fault).split("\nassert")[0]]
    finally:
        shown.noise.clear()
        shown.foreign.clear()
    return []


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
