"""Coming in: password, authenticator app, passkey under the strict policy of content, language, without scripts."""

from __future__ import annotations

import base64
import hmac
import re
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.web.conftest import PASSWORD, make_user

from streha.accounts.rules import Role


def six_digits(secret: str, at: float) -> str:
    """What an authenticator shows (RFC 6238: SHA-1, 30 seconds)."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int(at) // 30), "sha1")
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def log_in(page: Any) -> None:
    page.fill("input[name=login]", "arta")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_load_state("load")


def say_it_is_still_me(shown: Any, check: Callable[..., None]) -> None:
    """What changes how one logs in asks for the password once more."""
    assert "/accounts/reauthenticate/" in shown.page.url
    check(shown)
    shown.page.fill("input[name=password]", PASSWORD)
    shown.page.click("main form.form button[type=submit]")
    shown.page.wait_for_load_state("load")


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/reset/", "/about/", "/nowhere/"])
def test_pages_for_strangers(visit: Callable[..., Any], check: Callable[..., None], path: str, width: int) -> None:
    shown = visit(path, width=width)
    shown.noise = [said for said in shown.noise if "404" not in said]
    check(shown)


@pytest.mark.parametrize("scripts", [True, False])
def test_in_and_out_with_and_without_scripts(visit: Callable[..., Any], scripts: bool) -> None:
    make_user("arta", Role.KEEPER)
    page = visit("/users/", scripts=scripts).page
    assert page.url.endswith("/accounts/login/?next=%2Fusers%2F")
    log_in(page)
    assert page.url.endswith("/users/")
    page.click("details.menu:not(.rail-menu) > summary")
    page.click("text=Log out")
    page.wait_for_url("**/accounts/login/")


def test_on_a_narrow_screen_the_rail_is_a_menu_that_needs_no_scripts(visit: Callable[..., Any]) -> None:
    page = visit("/", as_=make_user("arta", Role.KEEPER), width=360, scripts=False).page
    assert not page.is_visible("nav.rail")
    page.click("details.rail-menu > summary")
    page.click("details.rail-menu a:has-text('Users')")
    page.wait_for_url("**/users/")


@pytest.mark.parametrize("scripts", [True, False])
def test_the_language_is_changed_on_the_page(visit: Callable[..., Any], scripts: bool) -> None:
    page = visit("/accounts/login/", scripts=scripts).page
    page.click("form.languages button[value=sr]")
    page.wait_for_load_state("load")
    assert page.locator("html").get_attribute("lang") == "sr-Cyrl"


def test_slash_jumps_to_the_search_box_and_escape_closes_a_menu(visit: Callable[..., Any]) -> None:
    page = visit("/", as_=make_user("arta", Role.CASEWORKER)).page
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    page.click("details.menu:not(.rail-menu) > summary")
    assert page.is_visible("text=Log out")
    page.keyboard.press("Escape")
    assert not page.is_visible("text=Log out")


def test_everything_that_can_be_reached_by_keyboard_shows_where_one_is(visit: Callable[..., Any]) -> None:
    page = visit("/users/", as_=make_user("arta", Role.KEEPER)).page
    reached = []
    for _ in range(25):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "() => { const e = document.activeElement, s = getComputedStyle(e), b = e.closest('.find');"
                " const f = b ? getComputedStyle(b) : s; return [e.tagName + ' ' + e.textContent.trim().slice(0, 20),"
                " f.outlineStyle !== 'none' && parseFloat(f.outlineWidth) >= 2]; }"
            )
        )
    assert "Skip to the page" in reached[0][0]
    unmarked = [what for what, is_marked in reached if not is_marked and not what.startswith("BODY")]
    assert not unmarked


def test_authenticator_app_from_setting_up_to_logging_in(visit: Callable[..., Any], check: Callable[..., None]) -> None:
    make_user("arta", Role.KEEPER)
    shown = visit("/accounts/app/on/")
    page = shown.page
    log_in(page)
    say_it_is_still_me(shown, check)
    check(shown)
    assert page.evaluate("document.querySelector('img.qr').naturalWidth") > 50
    secret = page.inner_text(".secret").strip()
    page.fill("input[name=code]", six_digits(secret, time.time()))
    page.click("main form.form button[type=submit]")
    page.wait_for_url("**/accounts/codes/**")
    check(shown)
    codes = page.inner_text(".secret").split()
    assert len(codes) == 10

    other = visit("/accounts/login/")
    log_in(other.page)
    assert other.page.url.endswith("/accounts/factors/code/")
    check(other)
    other.page.fill("input[name=code]", codes[0])
    other.page.click("main form.form button[type=submit]")
    other.page.wait_for_url(re.compile(r"localhost:\d+/$"))


def test_passkey_from_adding_to_logging_in_without_a_password(
    visit: Callable[..., Any], check: Callable[..., None]
) -> None:
    make_user("arta", Role.KEEPER)
    shown = visit("/accounts/passkeys/add/")
    page = shown.page
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    log_in(page)
    say_it_is_still_me(shown, check)
    check(shown)
    page.check("input[name=passwordless]")
    page.click("#mfa_webauthn_add")
    page.wait_for_url(re.compile(r"/accounts/(passkeys/|codes/\S*)$"))
    shown.go("/accounts/passkeys/")
    check(shown)
    assert "no password needed" in page.inner_text("main")

    page.click("details.menu:not(.rail-menu) > summary")
    page.click("text=Log out")
    page.wait_for_url("**/accounts/login/")
    page.click("#passkey_login")
    page.wait_for_url(re.compile(r"localhost:\d+/$"))
    assert "Arta" in page.inner_text("header")
    assert not shown.noise


def test_a_passkey_that_fails_says_so_on_the_page(visit: Callable[..., Any]) -> None:
    shown = visit("/accounts/login/")
    shown.page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error('cancelled')); }")
    shown.page.click("#passkey_login")
    shown.page.wait_for_selector("#passkey-error:not([hidden])")
    assert not shown.noise
