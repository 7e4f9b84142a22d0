"""Brings the ten families into the demo, once, and finds them again."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

from django.conf import settings

from streha.accounts import actions as accounts
from streha.accounts import queries as account_queries
from streha.accounts.rules import Access, Role, Scope, ScopeKind
from streha.assistance.entitlements import actions as given
from streha.assistance.programmes import actions as programmes
from streha.assistance.projects import actions as projects
from streha.assistance.projects import rules as project_rules
from streha.assistance.sites.models import Site
from streha.assistance.supplies.models import Warehouse
from streha.cases import actions as cases
from streha.common.money import Money
from streha.institutions.models import Institution
from streha.people import queries as people_queries
from streha.people.models import Household
from streha.places.models import AreaCode
from streha_demo import drawn
from streha_demo.stories import way
from streha_demo.stories.families import TEN, Code

DEMO = "demo"  # the source of everybody else of the demo
FROM_PEOPLE = 300
"""A demo smaller than this has no stories."""
YEARS = 3
SEATS = (
    ("story.scorer", "Vlora Pikëza (invented)", Role.SCORER),
    ("story.scorer.second", "Goran Bodović (invented)", Role.SCORER),
    ("story.chair", "Liridona Votuesi (invented)", Role.COMMISSION),
    ("story.member", "Sanja Odluka (invented)", Role.COMMISSION),
    ("story.appeal", "Mirlind Ankesa (invented)", Role.COMMISSION),
)
DAY = dt.timedelta(days=1)


def are_told() -> bool:
    """Whether a demo of this size has stories."""
    return people_queries.number_from(DEMO) >= FROM_PEOPLE


def households() -> dict[Code, Household]:
    """The ten, where the demo holds them."""
    rows = Household.objects.filter(source=way.SOURCE, is_fictional=True)
    held = {household.source_ref: household for household in rows}
    return {family.code: held[family.code.value] for family in TEN if family.code.value in held}


def make(*, by: Access, at: dt.datetime) -> int:
    """The ten stories are there, once; returns how many."""
    if households() or not are_told():
        return 0
    codes = dict(AreaCode.objects.filter(scheme=settings.AREA_SCHEME).values_list("code", "area_id"))
    office = _office(by, at)
    groups: dict[str, list[way.Walk]] = {}
    for family in TEN:
        groups.setdefault(family.municipality, []).append(way.Walk(office, family, codes[family.municipality]))
    for walks in groups.values():
        for walk in walks:
            way.begin(walk)
        cycle = way.choose(walks, f"Help for families who return: {walks[0].family.title}")
        for walk in walks:
            way.help_(walk, cycle)
            if walk.family.code == Code.SCHOOL:
                _school(walk)
    return len(TEN)


def _office(by: Access, at: dt.datetime) -> way.Office:
    """Those who sit in the commissions, the programme with its money, and from where things are handed out."""
    began = at - YEARS * 365 * DAY
    cases.load_tracks(by=by, at=began)
    seats = [_user(username, name, role, by, at, began) for username, name, role in SEATS]
    day, ends = began.date(), at.date() + 365 * DAY
    donor = programmes.add_donor("Fondacioni Streha e Hapur (invented)", by=by, at=began)
    agreement = programmes.AgreementDraft(
        donor.pk, "FSH-STORIES", "Homes for families who return", day, ends, Money.of(60_000, "EUR")
    )
    signed = programmes.sign_agreement(agreement, by=by, at=began)
    line = programmes.add_budget_line(signed.pk, "HOME", "First months at home", Decimal(50_000), by=by, at=began)
    programme = programmes.open_programme(
        programmes.ProgrammeDraft(
            "HOMES", "Homes for families who return", "Shtëpi për familjet që kthehen",
            "Куће за породице које се враћају", day, ends,
        ),
        by=by,
        at=began,
    )  # fmt: skip
    return way.Office(
        by=by,
        scorers=(seats[0], seats[1]),
        members=(seats[2], seats[3]),
        appeal=seats[4],
        today=at.date(),
        programme=programme,
        line=line,
        package=given.load_example_package(by=by, at=began),
        warehouse=Warehouse.objects.filter(is_fictional=True).order_by("pk")[0],
        sites={site.kind: site for site in Site.objects.filter(is_fictional=True).order_by("-pk")},
        provider_id=Institution.objects.filter(is_fictional=True, kind="ngo").order_by("pk")[0].pk,
    )


def _user(  # noqa: PLR0917 - one line a call
    username: str, name: str, role: Role, by: Access, at: dt.datetime, began: dt.datetime
) -> Access:
    """Somebody who sat in a commission then; nobody can log in as them."""
    user = accounts.create_user(username, full_name=name, password=None, is_demo=True, by=by, at=began)
    accounts.grant_role(user.pk, role, Scope(ScopeKind.EVERYTHING), by=by, at=began)
    return account_queries.access(user, at)


def _school(walk: way.Walk) -> None:
    """The project of the year in which the family went back: a roof for the school of the village."""
    by, begins = walk.office.by, walk.day(20)
    steps = ("Design agreed with the village", "Contract signed", "Half of the works", "Opened")
    draft = project_rules.ProjectDraft(
        title="A new roof for the school on the hill (invented)",
        kind=project_rules.Kind.SCHOOL,
        sector=project_rules.SECTOR_OF[project_rules.Kind.SCHOOL],
        area_id=walk.area_id,
        starts_on=begins,
        ends_on=begins + 120 * DAY,
        cost=Decimal(48_000),
        about="Families went back to the village when its school was dry again. An invented project.",
        tags=("4.a",),
        funding=[project_rules.Funded("Fondacioni Streha e Hapur (invented)", Decimal(48_000))],
        milestones=[project_rules.Step(title, begins + 30 * (n + 1) * DAY) for n, title in enumerate(steps)],
        partner_ids=[walk.office.provider_id],
        measured=[project_rules.Measured("Pupils in dry rooms", Decimal(35), Decimal(120))],
        is_fictional=True,
    )
    row = projects.plan_project(draft, by=by, at=way.moment(begins - 10 * DAY))
    for position in range(1, len(steps) + 1):
        row.refresh_from_db()
        on = begins + 30 * position * DAY
        projects.reach_milestone(row.pk, position, on=on, version=row.version, by=by, at=way.moment(on))
    row.refresh_from_db()
    projects.move(
        row.pk, project_rules.State.DONE, on=row.ends_on, version=row.version, by=by, at=way.moment(row.ends_on, 15)
    )
    rng = random.Random("streha story school")  # noqa: S311 - a drawing, the same each time
    for phase, damage in ((project_rules.Phase.BEFORE, "d3"), (project_rules.Phase.AFTER, "d0")):
        row.refresh_from_db()
        projects.add_photo(
            row.pk, drawn.house(rng, damage), phase=phase, caption="Drawn for the demo", version=row.version,
            by=by, at=way.moment(row.ends_on, 16),
        )  # fmt: skip
