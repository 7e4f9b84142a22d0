"""Ten families: every step from the wish to the home for good is there, in order, and on the page of the household."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise

import pytest
from tests import factories
from tests.factories import AT, OFFICE
from tests.web.conftest import client_of

from streha.accounts.rules import Role
from streha.assistance.entitlements import models as given
from streha.assistance.entitlements import queries as given_queries
from streha.assistance.grants.models import Grant
from streha.assistance.projects.models import CommunityProject
from streha.assistance.selections.models import Application, Selection
from streha.assistance.sites.models import Stay
from streha.assistance.training.models import Enrolment
from streha.assistance.works.models import HouseWorks
from streha.audit import queries as log
from streha.cases.models import Case
from streha.homes.models import Occupancy
from streha.people.models import Household, Intention
from streha_demo import institutions, sites, supplies
from streha_demo.stories import tell
from streha_demo.stories.families import TEN, Code, Family

pytestmark = pytest.mark.django_db
Step = tuple[str, dt.date]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[Code, Household]:
    """The ten in an office that has two sites, three warehouses and institutions."""
    monkeypatch.setattr(sites, "IN_CAMP", 0)
    monkeypatch.setattr(sites, "IN_CENTRE", 0)
    monkeypatch.setattr(sites, "NIGHTS", 4)
    monkeypatch.setattr(tell, "FROM_PEOPLE", 0)
    codes = {code: factories.municipality(code).pk for code in ("17", "38", "20")}
    institutions.make(seed=1, codes=codes, by=OFFICE, at=AT)
    sites.make(seed=1, codes=codes, by=OFFICE, at=AT)
    supplies.make(seed=1, codes=codes, by=OFFICE, at=AT)
    assert tell.make(by=OFFICE, at=AT) == len(TEN)
    assert tell.make(by=OFFICE, at=AT) == 0
    return tell.households()


def test_ten_families_from_the_wish_to_a_home_for_good(told: dict[Code, Household]) -> None:
    assert list(told) == [family.code for family in TEN]
    communities = {family.community for family in TEN}
    assert communities >= {"albanian", "serbian", "bosniak", "roma", "ashkali", "egyptian"}
    for family in TEN:
        steps = list(steps_of(family, told[family.code]))
        assert all(first[1] <= second[1] for first, second in pairwise(steps)), (family.code, steps)
        assert steps[-1][1] <= AT.date()
        assert (steps[-1][1] - steps[0][1]).days > 365, family.code
    assert {fault.kind for fault in log.verify().faults} == {"unanchored"}  # whole, and never signed in a test
    appealed = Application.objects.get(household=told[Code.APPEAL])
    rows = appealed.ranked.order_by("pk")
    assert [(row.outcome, row.selection.state) for row in rows] == [
        ("refused", Selection.State.REPLACED),
        ("selected", Selection.State.PUBLISHED),
    ]
    assert CommunityProject.objects.get(kind="school").photos.count() == 2
    looked_at(told)


def steps_of(family: Family, home: Household) -> Iterator[Step]:
    """What happened, in the order in which it must have happened; whatever is missing raises."""
    head = home.memberships.get(is_head=True).person
    yield "wish", Intention.objects.get(person=head).said_on
    case = Case.objects.get(household=home)
    yield "case", case.opened_on
    yield "saw the place", case.visits.get(kind="gsv").done_on
    application = Application.objects.get(household=home)
    yield "applied", application.received_at.date()
    row = application.ranked.order_by("pk")[0]
    yield "decided", row.selection.decided_at.date()
    if family.appeals:
        appeal = row.appeals.get()
        yield "appealed", appeal.received_on
        yield "heard", appeal.decided_at.date()
    yield from helped(family, home)
    yield "seen at home", case.visits.get(kind="home").done_on
    presence = case.visits.get(kind="presence")
    assert presence.presence == "present"
    yield "home for good", presence.done_on
    assert (case.state, case.outcome, case.stage.code) == ("closed", "completed", "closure")
    yield "case closed", case.closed_on


def helped(family: Family, home: Household) -> Iterator[Step]:
    """What was due, and how it came to the household."""
    if family.business is not None:
        grant = Grant.objects.get(household=home)
        yield "awarded", grant.awarded_at.date()
        for tranche in grant.tranches.order_by("position"):
            yield "met", tranche.met_on
            yield "paid", tranche.paid_on
        yield "visited", grant.visits.latest("on").on
        checks = grant.checks.order_by("months")
        assert [(check.months, check.found) for check in checks if check.made_on][:2] == [(6, "alive"), (12, "alive")]
        assert family.business.jobs == checks[0].jobs
        return
    kind = "works" if family.house else "cash"
    due = given.Entitlement.objects.get(household=home, application__isnull=False, kind=kind)
    yield "due", due.made_at.date()
    if family.gets_kit:
        kit = given.Entitlement.objects.get(household=home, what="WINTER")
        assert (kit.given, kit.slip.handed_at is not None) == (kit.due, True)
    delivery = due.deliveries.get()
    if family.house is not None:
        works = HouseWorks.objects.get(household=home)
        assert (works.state, works.percent, works.defects.count()) == ("closed", 100, len(family.house.defects))
        assert works.cost_spent == works.cost_contracted > 0
        yield "planned", works.planned_at.date()
        inspections = list(works.inspections.order_by("on"))
        yield from (("inspected", one.on) for one in inspections[:3])  # survey, design, tender
        yield "contracted", works.lot.contracted_on
        yield from (("inspected", one.on) for one in inspections[3:])
        assert len(inspections) == works.stages.exclude(code__in=["handover", "defects"]).count()
        yield "handed over", works.handover.on
        if family.house.has_photos:
            assert sum(one.photos.count() for one in works.inspections.all()) == 4
    yield "delivered", delivery.on
    if family.house is not None:
        yield "moved in", Occupancy.objects.get(household=home).started_on
    yield "verified", delivery.verifications.get().on
    if family.stays:
        assert set(Stay.objects.filter(household=home).values_list("left_for", flat=True)) == {"home"}
    if family.has_package:
        (package,) = given_queries.allotted(given_queries.of_household(OFFICE, home.pk))
        assert package.got == "full"
    if family.learns:
        row = Enrolment.objects.get(person__memberships__household=home)
        assert (row.took, row.outcomes.get().months) == ("certified", 3)


def looked_at(told: dict[Code, Household]) -> None:
    """The programme sees all ten, a caseworker those of their municipality, and each page tells what was given."""
    programme = client_of(factories.user(Role.PROGRAMME))
    for family in TEN:
        home = told[family.code]
        caseworker = client_of(factories.user(Role.CASEWORKER, scope=factories.in_area(family.municipality)))
        for client in (programme, caseworker):
            page = client.get(f"/households/{home.pk}/").content.decode()
            assert home.number in page
            last = "House handed over" if family.house else "Grant paid" if family.business else "Help came"
            assert page.rindex(last) < page.rindex("Applied"), family.code  # the latest first
            for kind, path in ((HouseWorks, "works"), (Grant, "grants"), (given.Entitlement, "entitlements")):
                for pk in kind.objects.filter(household=home).values_list("pk", flat=True):
                    assert f'href="/{path}/{pk}/"' in page, (family.code, path)
    other = client_of(factories.user(Role.CASEWORKER, scope=factories.in_area("38")))
    assert other.get(f"/households/{told[Code.REBUILT].pk}/").status_code == 404
