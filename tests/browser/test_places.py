"""Places and the map in a real browser: with and without scripts, wide and narrow, boundaries or none."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from PIL import Image
from tests import factories, standing
from tests.web.conftest import AT, make_user

from streha.accounts import rules as accounts
from streha.accounts.rules import Role
from streha.places import models
from streha.places.boundaries import actions as boundaries

OFFICE = accounts.system("office")
STEPS = ((247, 228, 220), (236, 195, 179), (220, 151, 126), (187, 83, 55), (133, 45, 26))
Visit = Callable[..., Any]
Check = Callable[[Any], None]


@pytest.fixture(autouse=True)
def _kosovo(settings: Any, tmp_path: Path) -> None:
    settings.KEYRING = tmp_path / "keyring.json"
    standing.keyring(settings.KEYRING, at=AT)
    factories.kosovo()


@pytest.fixture
def shapes(tmp_path: Path) -> None:
    """Squares about the seats of all municipalities."""
    features = [
        {
            "type": "Feature",
            "properties": {"name": area.label_sq},
            "geometry": shapely.geometry.mapping(shapely.box(area.lon - 0.06, area.lat - 0.06, area.lon, area.lat)),
        }
        for area in models.Area.objects.filter(kind="municipality")
        if area.lon and area.lat
    ]
    path = tmp_path / "squares.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    boundaries.load_boundaries(path, source="Squares of a test", licence="none", by=OFFICE, at=AT)


@pytest.mark.parametrize("width", [1280, 360])
def test_pages_of_places_are_accessible_and_fit(visit: Visit, check: Check, width: int) -> None:
    planner = make_user("planner", Role.PLANNER)
    prizren = models.Area.objects.get(kind="municipality", label_sq="Prizren")
    for path in ("/places/", "/places/?q=mitrovica", f"/places/{prizren.pk}/", "/map/"):
        check(visit(path, as_=planner, width=width))


@pytest.mark.usefixtures("shapes")
@pytest.mark.parametrize("language", ["sr", "en"])
def test_the_map_moves_offline_with_labels_in_both_scripts(visit: Visit, check: Check, language: str) -> None:
    shown = visit("/map/", as_=make_user("planner", Role.PLANNER), language=language)
    shown.page.wait_for_selector("#live-map[data-ready=yes] canvas")
    shown.page.wait_for_timeout(500)  # labels fade in
    assert not shown.page.is_visible("#drawn-map")
    check(shown)  # among other things: nothing was asked from elsewhere, and the browser did not complain
    picture = Image.open(io.BytesIO(shown.page.locator("#live-map").screenshot())).convert("RGB")
    seen = Counter(picture.get_flattened_data() if hasattr(picture, "get_flattened_data") else picture.getdata())
    assert all(seen[colour] > 50 for colour in STEPS), seen.most_common(9)  # all five classes are on the map
    assert sum(n for colour, n in seen.items() if sum(colour) < 3 * 70) > 200  # and the ink of their names


@pytest.mark.usefixtures("shapes")
def test_without_scripts_the_map_is_drawn_and_the_chooser_works(visit: Visit) -> None:
    page = visit("/map/", as_=make_user("planner", Role.PLANNER), scripts=False, width=360).page
    assert page.locator("#drawn-map svg path.mark").count() == 38
    assert not page.is_visible("#live-map")
    page.select_option("#map-when", "1991-01-01/1991-12-31/")
    page.click("form.filters button[type=submit]")
    assert "1991" in page.inner_text("h1")
    page.locator("svg a").first.click()
    assert "/places/" in page.url


@pytest.mark.usefixtures("shapes")
def test_when_the_map_cannot_start_the_drawn_one_stays(visit: Visit) -> None:
    shown = visit(as_=make_user("planner", Role.PLANNER))
    shown.page.context.route(re.compile("shapes[.]geojson"), lambda route: route.fulfill(status=500, body="broken"))
    with shown.page.expect_console_message(lambda said: "The map stays as drawn" in said.text):
        shown.go("/map/")
    assert shown.page.is_visible("#drawn-map")
    assert not shown.page.is_visible("#live-map")


def test_a_tile_can_be_reached_and_opened_by_keyboard(visit: Visit) -> None:
    page = visit("/map/", as_=make_user("planner", Role.PLANNER)).page
    tile = page.locator("svg a[aria-label^='Leposaviq']").first
    tile.focus()
    assert tile.evaluate("e => getComputedStyle(e).outlineStyle") != "none"
    page.keyboard.press("Enter")
    page.wait_for_url("**/places/*/")
    assert "Leposaviq / Leposavić" in page.inner_text("h1")
