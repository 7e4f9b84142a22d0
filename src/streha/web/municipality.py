"""The page of a municipality: people, cases, sites, houses, grants, projects and money, as far as a viewer sees them.

Every number obeys the same rights as the list behind it, and none is official: official figures are computed once, by
the release role. Numbers of people stop at ``MOST``, so that the page is as quick with a million of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from streha.accounts.rules import Access, Action
from streha.assistance.entitlements.models import Entitlement
from streha.assistance.grants import models as grant_models
from streha.assistance.grants import queries as grants
from streha.assistance.projects import queries as projects
from streha.assistance.selections.models import Call
from streha.assistance.sites import queries as sites
from streha.assistance.training.models import Course
from streha.assistance.works import models as works_models
from streha.assistance.works import queries as works
from streha.assistance.works import rules as works_rules
from streha.cases import models as cases
from streha.cases import queries as case_queries
from streha.cases.feedback.models import Feedback
from streha.common import errors
from streha.common.words import Words
from streha.homes import models as homes
from streha.people import models as people
from streha.places import queries as places
from streha.places.models import Area
from streha.web import door, local_map
from streha.web.people import place_as_typed
from streha.web.stories import municipality as municipality_story

MOST = 1000
ROWS = 12
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Number:
    """A count that was not carried further than anybody needs."""

    value: int

    @property
    def is_more(self) -> bool:
        """Whether there are more than ``MOST``."""
        return self.value > MOST

    @property
    def shown(self) -> int:
        return min(self.value, MOST)


@dataclass(frozen=True)
class TrackLine:
    """Open cases of one track."""

    code: str
    label: Words
    open: int
    late: int


@dataclass(frozen=True)
class HelpLine:
    """What is due and what was given of one kind of help, in one currency or unit."""

    kind: str
    unit: str
    is_money: bool
    entitlements: int
    due: Decimal
    given: Decimal

    @property
    def percent(self) -> int:
        """How much of it arrived."""
        return int(100 * self.given / self.due) if self.due else 0


@dataclass(frozen=True)
class MoneyLine:
    """Money of one purpose in one currency: how much was promised, and how much of it is spent."""

    label: str | Promise
    url: str
    currency: str
    promised: Decimal
    spent: Decimal

    @property
    def percent(self) -> int:
        """How much of it is spent; more than all is all."""
        return min(100, int(100 * self.spent / self.promised)) if self.promised else 0


@require_GET
@door.open_to(Action.PLACE_VIEW)
def page(request: door.Request, area_id: int) -> HttpResponse:
    """What is done in one municipality, by those offices of it whose records the viewer sees."""
    area = Area.objects.visible_to(request.access).filter(pk=area_id).exclude(kind=Area.Kind.SETTLEMENT).first()
    if area is None:
        raise errors.NotFound(errors.message("There is no such place."))
    inside = sorted(places.subtree_ids([area.pk]))
    today = door.now().date()
    context: dict[str, Any] = {
        "area": area,
        "today": today,
        "asked": "?" + urlencode({"place": place_as_typed(area)}),
        **_register(request.access, inside),
        **_followed(request.access, inside, today),
        **_help(request.access, area.pk, inside, today),
        "money": _money(request.access, area.pk, inside, today),
        "map": local_map.drawn(request.access, area, inside),
        "story": municipality_story.story(request.access, area.pk, inside, today),
    }
    return render(request, "municipality/page.html", context)


def _counted(rows: QuerySet[Any]) -> Number:
    return Number(len(rows.order_by()[: MOST + 1].values_list("pk")))


def _register(access: Access, inside: Collection[int]) -> dict[str, Any]:
    """People, households and homes that the offices here keep."""
    found: dict[str, Any] = {}
    if access.allows(Action.PERSON_VIEW):
        found["people"] = _counted(people.Person.objects.visible_to(access).filter(ended_on=None, keeper_id__in=inside))
        kept = people.Household.objects.visible_to(access).filter(ended_on=None, keeper_id__in=inside)
        found["households"] = _counted(kept)
    if access.allows(Action.PROPERTY_VIEW):
        found["homes"] = _counted(homes.Property.objects.visible_to(access).filter(municipality_id__in=inside))
    return found


def _followed(access: Access, inside: Collection[int], today: dt.date) -> dict[str, Any]:
    """Open cases by track, and feedback that waits."""
    found: dict[str, Any] = {}
    if access.allows(Action.CASE_VIEW):
        found["tracks"] = tracks = _tracks(access, inside, today)
        found["cases_open"] = sum(line.open for line in tracks)
        found["cases_late"] = sum(line.late for line in tracks)
    if access.allows(Action.FEEDBACK_VIEW):
        rows = Feedback.objects.visible_to(access).filter(keeper_id__in=inside).exclude(state="closed")
        found["feedback"] = _counted(rows)
        found["feedback_late"] = _counted(rows.filter(due_on__lt=today))
    return found


def _tracks(access: Access, inside: Collection[int], today: dt.date) -> list[TrackLine]:
    rows = cases.Case.objects.visible_to(access).open().filter(person__keeper_id__in=inside).order_by()
    late = Count("pk", filter=Q(due_on__lt=today))
    newest = {version.track_id: version for version in case_queries.tracks()}
    lines = [
        TrackLine(newest[pk].track.code, newest[pk].label, number, number_late)
        for pk, number, number_late in rows.values_list("track_id").annotate(open=Count("pk"), late=late)
        if pk in newest
    ]
    return sorted(lines, key=lambda line: -line.open)


def _help(access: Access, area_id: int, inside: Collection[int], today: dt.date) -> dict[str, Any]:
    """Calls, sites, houses, grants, courses, projects, and what is due and was given."""
    found: dict[str, Any] = {}
    if access.allows(Action.SELECTION_VIEW):
        calls = Call.objects.visible_to(access).filter(municipality_id__in=inside).order_by("-closes_on", "-pk")[:ROWS]
        found["calls"] = calls.select_related("municipality")
    if access.allows(Action.SITE_VIEW):
        found["sites"] = shown = sites.sites_page(access, sites.SiteFilter(area_id=area_id), limit=ROWS)
        found["places"] = sum(row.places.capacity for row in shown.rows)
        found["places_taken"] = sum(row.places.taken for row in shown.rows)
    if access.allows(Action.WORKS_VIEW):
        houses = works.portfolio(access, works.WorksFilter(area_id=area_id), today=today)
        found["houses"] = houses.total
        found["handed_over"] = houses.count(works_rules.Standing.DONE)
        found["standings"] = [(standing, houses.count(standing)) for standing in works_rules.Standing]
    if access.allows(Action.GRANT_VIEW):
        rows = grants.narrowed_rows(access, grants.GrantFilter(area_id=area_id), today).exclude(state="cancelled")
        sectors = rows.order_by().values_list("sector").annotate(n=Count("pk"))
        found["sectors"] = sorted(sectors, key=lambda row: (-row[1], row[0]))
        found["grants"] = sum(number for _sector, number in found["sectors"])
    if access.allows(Action.COURSE_VIEW):
        courses = Course.objects.visible_to(access).filter(keeper_id__in=inside)
        found["courses"] = courses.order_by("-first_day", "-pk")[:ROWS]
    if access.allows(Action.PROJECT_VIEW):
        asked = projects.ProjectFilter(area_id=area_id)
        found["projects"] = projects.projects_page(access, asked, limit=ROWS)
        states = projects.narrowed_rows(access, asked).order_by().values_list("state").annotate(n=Count("pk"))
        found["project_states"] = counted = dict(states)
        found["projects_all"] = sum(counted.values()) - counted.get("cancelled", 0)
        found["projects_done"] = counted.get("done", 0)
    if access.allows(Action.ENTITLEMENT_VIEW):
        found["help"] = _entitled(access, inside)
    return found


def _entitled(access: Access, inside: Collection[int]) -> list[HelpLine]:
    """What people of these offices are due and got, by kind and by currency or unit."""
    rows = Entitlement.objects.visible_to(access).live().filter(person__keeper_id__in=inside).order_by()
    sums: dict[tuple[str, str, bool], list[tuple[Decimal, Decimal]]] = {}
    columns = ("kind", "unit", "is_money", "due", "given")
    for kind, unit, is_money, due, given in rows.values_list(*columns):  # SQLite would add floats
        sums.setdefault((kind, unit, is_money), []).append((due, given))
    found = []
    for (kind, unit, is_money), each in sorted(sums.items()):
        due, given = (sum(column, NOTHING) for column in zip(*each, strict=True))
        found.append(HelpLine(kind, unit, is_money, len(each), due, given))
    return found


# --- money ------------------------------------------------------------------------------------------------------------


def _money(access: Access, area_id: int, inside: Collection[int], today: dt.date) -> list[MoneyLine]:
    """What was promised and spent here, by purpose and currency."""
    found: list[MoneyLine] = []
    if access.allows(Action.WORKS_COST):
        rows = works_models.HouseWorks.objects.visible_to(access, Action.WORKS_COST)
        kept = rows.filter(home__keeper_id__in=inside).values_list("currency", "cost_contracted", "cost_spent")
        found += _summed(_("House works"), "works", kept)
    if access.allows(Action.PROJECT_VIEW):
        planned = projects.narrowed_rows(access, projects.ProjectFilter(area_id=area_id)).exclude(state="cancelled")
        found += _summed(_("Community projects"), "projects", planned.values_list("currency", "cost", "spent"))
    if access.allows(Action.GRANT_VIEW):
        awarded = grants.narrowed_rows(access, grants.GrantFilter(area_id=area_id), today).exclude(state="cancelled")
        paid = grant_models.Tranche.objects.filter(grant__in=awarded.order_by().values("pk"), paid_on__isnull=False)
        sums = [(currency, amount, NOTHING) for currency, amount in awarded.values_list("currency", "amount")]
        sums += [(currency, NOTHING, amount) for currency, amount in paid.values_list("grant__currency", "amount")]
        found += _summed(_("Grants"), "grants", sums)
    if access.allows(Action.ENTITLEMENT_VIEW):
        lines = [(line.unit, line.due, line.given) for line in _entitled(access, inside) if line.is_money]
        found += _summed(_("Help in money"), "programmes", lines)
    return found


def _summed(label: str | Promise, url: str, rows: Any) -> list[MoneyLine]:
    """One line a currency; reckoned here, for SQLite would add floats."""
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for currency, promised, spent in rows:
        before = sums.get(currency, (NOTHING, NOTHING))
        sums[currency] = (before[0] + promised, before[1] + spent)
    return [MoneyLine(label, url, currency, *both) for currency, both in sorted(sums.items()) if any(both)]
