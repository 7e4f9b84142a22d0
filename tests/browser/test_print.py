"""On paper: the records of a person, a household and a place, whole, and nothing of the office around them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from tests.web.conftest import make_user
from tests.web.test_every_page import Planted, area_id, plant

from streha.accounts.rules import Role

A4_PX = {"width": 794, "height": 1123}
AROUND = ".rail, header.top, .banner, .actions, .btn, .skip"
# Words that the screen shows and the paper must show too; what is only for clicking is left out.
SHOWN = """() => [...document.querySelectorAll('main h1, main h2, main dt, main dd, main td, main li')]
  .filter(e => !e.closest('.actions, .menu, nav') && !e.querySelector('form, button, h2, dt, dd, td, li'))
  .map(e => e.innerText.trim().replace(/\\s+/g, ' ')).filter(text => text.length > 1)"""
SEEN = """wanted => [...document.querySelectorAll(wanted)].filter(e => e.checkVisibility()).map(e => e.outerHTML)"""


@pytest.fixture
def planted(settings: Any, tmp_path: Path) -> Planted:
    return plant(settings, tmp_path)


def squeezed(text: str) -> str:
    """Letters and digits alone, small: on paper lines break elsewhere, also behind hyphens, and capitals may differ."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


@pytest.mark.parametrize("language", ["sq", "sr"])
def test_records_print_whole_and_alone(visit: Callable[..., Any], planted: Planted, language: str) -> None:
    shown = visit(as_=make_user("arta", Role.CASEWORKER), language=language)
    page = shown.page
    for address in (
        f"/people/{planted.person_id}/",
        f"/households/{planted.household_id}/",
        f"/places/{area_id('27')}/",
    ):
        shown.go(address)
        words = page.evaluate(SHOWN)
        assert len(words) >= 3, address
        page.set_viewport_size(A4_PX)
        page.emulate_media(media="print")
        assert page.evaluate(SEEN, AROUND) == [], address
        paper = squeezed(
            " ".join(sheet.get_textpage().get_text_bounded() for sheet in pypdfium2.PdfDocument(page.pdf()))
        )
        assert [text for text in words if squeezed(text) not in paper] == [], address
        page.emulate_media(media="screen")
        page.set_viewport_size({"width": 1280, "height": 800})
