"""Debian's Chromium against a live office: pages as people see them, checked for accessibility, width and noise.

``visit`` opens a page as somebody, ``check`` holds it against axe, the width of the screen, and the rule that a page
asks nobody but us. Without Chromium these tests are skipped and say "not run".
"""

from __future__ import annotations

import os
import shutil
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from tests import append_only
from tests.web.conftest import client_of

from streha.accounts.models import User

# Playwright's synchronous interface keeps an event loop in this thread, and Django would take it for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
append_only.install()

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
    "--disable-features=OptimizationHints,MediaRouter,Translate,AutofillServerCommunication",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",  # nobody else can be reached
]
# The frame is the same on page after page. What axe has looked at once, sign for sign the same, in the same width and
# by the same rules, it leaves out of its slow rules; those on how the parts of a page stand together see all, always.
FRAME = ["nav.rail", "header.top", "footer.foot"]
FRAME_NOW = """selectors => selectors.map(selector => {
  const part = document.querySelector(selector);
  if (!part) { return ''; }
  const copy = part.cloneNode(true);
  copy.querySelectorAll('input[type=hidden]').forEach(input => input.removeAttribute('value'));
  return copy.outerHTML;
})"""
TOGETHER = [
    "bypass",
    "heading-order",
    "page-has-heading-one",
    "region",
    "skip-link",
    "duplicate-id-aria",
    *("landmark-" + rule for rule in (
        "banner-is-top-level", "complementary-is-top-level", "contentinfo-is-top-level", "main-is-top-level",
        "no-duplicate-banner", "no-duplicate-contentinfo", "no-duplicate-main", "one-main", "unique",
    )),
]  # fmt: skip
AXE = """async ([tags, left, together, seen]) => {
  const off = rules => Object.fromEntries(rules.map(rule => [rule, {enabled: false}]));
  const usual = {resultTypes: ['violations'], preload: false};
  const runs = [[{exclude: seen.map(part => [part])},
    {...usual, runOnly: {type: 'tag', values: tags}, rules: off([...left, ...(seen.length ? together : [])])}]];
  if (seen.length) { runs.push([document, {...usual, runOnly: {type: 'rule', values: together}}]); }
  const found = [];
  for (const [where, how] of runs) {
    for (const v of (await axe.run(where, how)).violations) {
      for (const node of v.nodes) { found.push(`${v.impact} ${v.id}: ${node.target.join(' ')}`); }
    }
  }
  return found;
}"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TOO_WIDE = """() => {
  const wide = document.documentElement.clientWidth;
  const scrolls = e => { for (; e && e !== document.body; e = e.parentElement) {
    if (['auto', 'scroll', 'hidden'].includes(getComputedStyle(e).overflowX)) return true; } return false; };
  const found = [...document.body.querySelectorAll('*')].filter(e => {
    const r = e.getBoundingClientRect();
    return r.width > 0 && r.height > 0 && getComputedStyle(e).visibility !== 'hidden'
      && r.right > wide + 1 && !scrolls(e.parentElement); });
  return document.documentElement.scrollWidth > wide + 1 || found.length
    ? found.slice(0, 5).map(e => e.tagName + '.' + e.className).concat([document.documentElement.scrollWidth])
    : [];
}"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder needs the browser and a database that other threads can see."""
    here = Path(__file__).parent
    for item in items:
        if here not in item.path.parents:
            continue
        item.add_marker(pytest.mark.browser)
        item.add_marker(pytest.mark.django_db(transaction=True, databases=["default", "reads"]))
        if CHROMIUM is None:
            item.add_marker(pytest.mark.skip(reason="not run: chromium is not installed"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser, started once."""
    playwright = pytest.importorskip("playwright.sync_api", reason="not run: playwright is not installed")
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility rules, as a script that is put into the page by the debugger and so past the policy."""
    package = pytest.importorskip("axe_playwright_python", reason="not run: axe-playwright-python is not installed")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


class Visit:
    """An open page, and what was noticed while it was open."""

    def __init__(self, page: Any, base: str) -> None:
        self.page = page
        self.base = base
        self.foreign: list[str] = []
        self.noise: list[str] = []
        self.looked_at: set[tuple[Any, ...]] = set()
        host = urllib.parse.urlsplit(base).netloc

        def asked(what: Any) -> None:
            parts = urllib.parse.urlsplit(what.url)
            if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != host:
                self.foreign.append(what.url)

        # Only heard, never held up: a request that a test holds up goes past the browser's store of what it has.
        page.context.on("request", asked)
        page.on("websocket", asked)
        page.on("console", lambda said: self.noise.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.noise.append(str(error)))

    def enter(self, user: User) -> None:
        """Go on as this user."""
        session = client_of(user).cookies[django_settings.SESSION_COOKIE_NAME].value
        cookie = {"name": django_settings.SESSION_COOKIE_NAME, "value": session, "url": self.base}
        self.page.context.add_cookies([cookie])

    def go(self, path: str) -> Any:
        """Open a path of the office and return the page."""
        self.page.goto(self.base + path, wait_until="load")
        return self.page


@pytest.fixture
def visit(chromium: Any, live_server: Any) -> Iterator[Callable[..., Visit]]:
    """``visit("/users/", as_=user, width=360, scripts=False, language="sq")`` opens a page as somebody."""
    contexts = []
    base = live_server.url.replace("127.0.0.1", "localhost")  # passkeys need a name, not an address

    def opened(
        path: str = "", *, as_: User | None = None, width: int = 1280, scripts: bool = True, language: str = "en"
    ) -> Visit:
        context = chromium.new_context(
            viewport={"width": width, "height": 800 if width > 600 else 740},
            java_script_enabled=scripts,
            reduced_motion="reduce",
            extra_http_headers={"Accept-Language": language},
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        shown = Visit(page, base)
        if as_ is not None:
            shown.enter(as_)
        if path:
            shown.go(path)
        return shown

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def check(axe: str) -> Callable[..., None]:
    """Fails with every broken rule of axe, everything wider than the screen, every foreign request and every error.

    ``leaving_out`` names rules that were looked at on the same page already; ``with_axe`` is False where all were.
    """

    def checked(visit: Visit, leaving_out: Sequence[str] = (), *, with_axe: bool = True) -> None:
        if with_axe:
            accessible(visit, leaving_out)
        page = visit.page
        too_wide = page.evaluate(TOO_WIDE)
        assert not too_wide, f"{page.url} is wider than the screen: {too_wide}"
        assert not visit.foreign, f"{page.url} asked others: {visit.foreign}"
        assert not visit.noise, f"{page.url} made the browser complain: {visit.noise}"

    def accessible(visit: Visit, leaving_out: Sequence[str]) -> None:
        page = visit.page
        if not page.evaluate("'axe' in window"):  # a page that only changed its width has it still
            page.evaluate(axe)
        width = page.viewport_size["width"]
        frame = [
            (part, width, *leaving_out, shown)
            for part, shown in zip(FRAME, page.evaluate(FRAME_NOW, FRAME), strict=True)
        ]
        seen = [part[0] for part in frame if part in visit.looked_at]
        broken = page.evaluate(AXE, [RULES, list(leaving_out), TOGETHER, seen])
        assert not broken, f"{page.url}\n" + "\n".join(broken)
        visit.looked_at.update(part for part in frame if part[-1])

    return checked
