"""Stories: lines in the order of time, the same component on every page, and nothing that the viewer may not see."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags
from tests import factories
from tests.factories import AT, OFFICE
from tests.web.conftest import client_of

from streha.accounts.rules import Role
from streha.assistance.grants import actions as grants
from streha.assistance.grants import rules as grant_rules
from streha.assistance.sites import actions as sites
from streha.assistance.sites.rules import places
from streha.assistance.works import actions as works
from streha.assistance.works import rules as works_rules
from streha.cases import actions as cases
from streha.web.stories.lines import Line, steps, told

TODAY = dt.date(2026, 5, 4)


def said(client: Client, address: str) -> str:
    """What a page says, without its markup."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    text = answer.content.decode().replace("</td>", " ").replace("</li>", " ").replace("</div>", " ")
    return " ".join(strip_tags(text).split())


def test_lines_stand_in_the_order_of_time() -> None:
    def on(day: int, what: str, **more: Any) -> Line:
        return Line(TODAY + dt.timedelta(days=day), what, **more)

    found = told(
        [on(-3, "first"), on(5, "ahead"), on(0, "now"), on(-3, "second"), Line(None, "whenever")]
        + [on(-9, "forgotten", is_open=True), on(2, "soon", is_open=True)],
        TODAY,
    )
    assert [line.said for line in found.latest] == ["now", "second", "first", "whenever"]
    assert [line.said for line in found.late] == ["forgotten"]
    assert [line.said for line in found.coming] == ["soon", "ahead"]
    many = told([on(-n, str(n)) for n in range(30)], TODAY)
    assert (len(many.latest), len(many.earlier), many.latest[0].said) == (14, 16, "0")
    way = steps([("a", TODAY), ("b", None), ("c", TODAY), ("d", None), ("e", None)])
    assert [step.css for step in way] == ["done", "", "done", "now", ""]


def built() -> tuple[int, int]:
    """A household with a case and a house that was planned and inspected: their keys."""
    owner = factories.person("Zzgiven", "Zzfamily")
    house = factories.household(owner)
    home = factories.home(owner)
    cases.open_case(cases.CaseDraft(owner.pk, "voluntary_return", with_household=True), by=OFFICE, at=AT)
    start = AT.date() - dt.timedelta(days=60)
    draft = works_rules.WorksDraft(home.pk, works_rules.Kind.REPAIR, start, house.pk, cost_planned=Decimal(9000))
    row = works.plan_works(draft, by=OFFICE, at=AT)
    looked = works_rules.InspectionDraft(start + dt.timedelta(days=3), {works_rules.Stage.SURVEY: 100}, "")
    works.inspect(row.pk, looked, version=row.version, by=OFFICE, at=AT)
    return house.pk, home.pk


@pytest.mark.django_db
def test_a_household_and_a_home_tell_what_their_viewer_may_know() -> None:
    cases.load_tracks(by=OFFICE, at=AT)
    house, home = built()
    worker = client_of(factories.user(Role.CASEWORKER, scope=factories.in_area("20"), name="worker"))
    page = said(worker, f"/households/{house}/")
    order = ("What is next", "What happened", "Case opened", "Entered in the register", "House works inspected")
    places_of = [page.index(words) for words in order]
    assert places_of == sorted(places_of)
    assert "Help granted" in page  # a step on the way, not reached yet
    assert re.search(r"House works inspected: \d+ % done", said(worker, f"/homes/{home}/"))
    clerk = client_of(factories.user(Role.ENUMERATOR, scope=factories.in_area("20"), name="clerk"))
    page = said(clerk, f"/households/{house}/")
    assert "Case opened" not in page
    assert "House works inspected" not in page


@pytest.mark.django_db
def test_a_longer_story_takes_no_more_reads() -> None:
    cases.load_tracks(by=OFFICE, at=AT)
    house, _home = built()
    worker = client_of(factories.user(Role.CASEWORKER, scope=factories.in_area("20"), name="worker"))
    worker.get(f"/households/{house}/")

    def reads() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            worker.get(f"/households/{house}/")
        return len(caught)

    before = reads()
    row = works.models.HouseWorks.objects.get()
    for days in (9, 12, 15):
        row.refresh_from_db()
        looked = works_rules.InspectionDraft(
            row.starts_on + dt.timedelta(days=days), {works_rules.Stage.DESIGN: days}, ""
        )
        works.inspect(row.pk, looked, version=row.version, by=OFFICE, at=AT)
    assert reads() == before


@pytest.mark.django_db
def test_a_site_says_who_came_and_left_month_by_month() -> None:
    member = factories.person("Zzgiven", "Zzfamily")
    hidden = factories.person("Zzhidden", "Zzfamily", shielded=True)
    keeper = factories.municipality()
    today = timezone.now().date()
    draft = places.SiteDraft("Zzcamp", places.Kind.CAMP, keeper.pk, 40, today - dt.timedelta(days=9), 5)
    site = sites.open_site(draft, by=OFFICE, at=timezone.now())
    for person in (member, hidden):
        arrival = sites.Arrival(today, None, (person.pk,), ())
        sites.check_in(site.pk, arrival, by=OFFICE, at=timezone.now())
    worker = client_of(factories.user(Role.CASEWORKER, scope=factories.in_area("20"), name="worker"))
    page = said(worker, f"/sites/{site.pk}/")
    assert "Came in this month: 1 person" in page
    assert "Opened: 40 places" in page
    storekeeper = client_of(factories.user(Role.STOREKEEPER, scope=factories.in_area("20"), name="storekeeper"))
    assert "Opened: 40 places" in said(storekeeper, f"/sites/{site.pk}/")


# --- the map of what is done ------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_map_shows_what_the_viewer_may_list_and_no_small_number_of_people() -> None:
    today = timezone.now().date()
    for code, number in (("20", 6), ("17", 2)):
        for n in range(number):
            person = factories.person(f"Zz{code}{n}", "Zzfamily", code=code)
            parts = (grant_rules.TrancheDraft(Decimal(100), "licence shown"),)
            draft = grant_rules.GrantDraft(person.pk, grant_rules.Sector.CRAFTS, "x", Decimal(100), parts, today)
            grants.award(draft, by=OFFICE, at=timezone.now())
    everywhere = client_of(factories.user(Role.PROGRAMME, name="programme"))
    here = client_of(factories.user(Role.CASEWORKER, scope=factories.in_area("20"), name="here"))
    page = said(everywhere, "/map/?show=grants")
    assert "Prizren / Призрен PRZ 6 6" in page
    assert "Pejë / Peć PEJ 1 to 4 1 to 4" in page
    assert "A number of people below 5 is not said on a map" in page
    page = said(here, "/map/?show=grants")
    assert "Prizren / Призрен PRZ 6 6" in page
    assert "Pejë / Peć PEJ" not in page
    assert "Pejë / Peć: none" in page
    analyst = client_of(factories.user(Role.ANALYST, name="analyst"))
    page = said(analyst, "/map/?show=grants")
    assert "Population" in page
    assert "grants" not in page.lower()
    for code in ("homes", "cases", "houses", "sites", "stock", "distributions", "help", "courses", "projects"):
        assert said(everywhere, f"/map/?show={code}")
    answer = everywhere.get("/map/shapes.geojson?show=grants")
    assert answer["Cache-Control"] == "private, no-store"
