"""What is done, by municipality, as layers of the one map: homes, cases, houses, sites, stock, help, grants, projects.

Every number obeys the same rights as the list behind it. A map leaves the office on paper more readily than a list
does: of people it shows no number below ``LEAST``, though the list of whoever may read it shows each of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streha.accounts.rules import Access, Action
from streha.assistance.distributions import models as distributions
from streha.assistance.entitlements.models import Entitlement
from streha.assistance.grants.models import Grant
from streha.assistance.projects import queries as projects
from streha.assistance.projects import rules as project_rules
from streha.assistance.sites import queries as sites
from streha.assistance.supplies import models as supplies
from streha.assistance.supplies import queries as stock
from streha.assistance.training import models as training
from streha.assistance.works import queries as works
from streha.assistance.works import rules as works_rules
from streha.cases.models import Case
from streha.common.codes import FieldClass
from streha.homes import queries as homes
from streha.homes import rules as home_rules
from streha.places import models, rules
from streha.web import maps, words
from streha.web.forms.homes import class_label
from streha.web.people import place_as_typed
from streha.web.templatetags.streha import number, place_name

LEAST = 5  # a number of fewer people stands on no map

Figures = dict[int, tuple[int, ...]]
"""By municipality: the number that colours it, and the others that the table says beside it."""


@dataclass(frozen=True)
class Layer:
    """One thing that the map can show: who may see it, what is counted, and the list behind it."""

    label: str | Promise
    action: Action
    counted: str | Promise
    heads: Callable[[], Sequence[str | Promise]]
    read: Callable[[Access, dt.date], Figures]
    url_name: str
    of_people: bool = False
    plain: frozenset[int] = frozenset()
    """Columns of a layer of people that count something else, and are said however small."""
    knowing_place: bool = False
    """Whether it is shown to those alone who may know where a home is."""

    def is_open_to(self, access: Access) -> bool:
        """Whether the viewer may see the list behind it."""
        if not access.allows(self.action):
            return False
        return not self.knowing_place or any(
            FieldClass.HOME_LOCATION in held for held in access.reads(self.action).values()
        )

    def shown(self, value: int, column: int = 0) -> str:
        """A number as the map says it."""
        if self.of_people and column not in self.plain and 0 < value < LEAST:
            return _("1 to %(n)s") % {"n": number(LEAST - 1)}
        return number(value)

    def measured(self, value: int) -> Decimal:
        """A number as it is coloured: small numbers of people are one."""
        return Decimal(LEAST - 1 if self.of_people and 0 < value < LEAST else value)


@dataclass(frozen=True)
class HelpMark(maps.Mark):
    """A municipality on a map of what is done: leads to the list behind its number."""

    link: str = ""

    @property
    def url(self) -> str:
        return self.link


@dataclass(frozen=True)
class Row:
    """One municipality in the table beside the map."""

    area: models.Area
    mark: HelpMark
    numbers: tuple[str, ...]
    tag: str


@dataclass(frozen=True)
class Shown:
    """A layer as one viewer sees it now."""

    layer: Layer
    rows: tuple[Row, ...]
    values: Mapping[int, Decimal]
    bounds: tuple[Decimal, ...]

    def colour(self, number_: int) -> int:
        """The colour of a class of its legend."""
        return step_of(number_, len(self.bounds))


def step_of(number_: int, classes: int) -> int:
    """The colour of a class among so many: few classes are as far apart as many.

    >>> [step_of(n, 2) for n in (1, 2)], step_of(1, 1), [step_of(n, 5) for n in range(1, 6)]
    ([2, 4], 3, [1, 2, 3, 4, 5])
    """
    return {1: (3,), 2: (2, 4), 3: (1, 3, 5), 4: (1, 2, 4, 5)}.get(classes, (1, 2, 3, 4, 5))[number_ - 1]


def open_to(access: Access) -> dict[str, Layer]:
    """Layers that the viewer may see, by code."""
    return {code: layer for code, layer in LAYERS.items() if layer.is_open_to(access)}


def shown(layer: Layer, access: Access, areas: Sequence[models.Area], tags: Mapping[int, str], today: dt.date) -> Shown:
    """The layer over these municipalities; those without anything are there too, and say so."""
    figures = layer.read(access, today)
    known = {area.pk: figures[area.pk] for area in areas if any(figures.get(area.pk, ()))}
    values = {pk: layer.measured(held[0]) for pk, held in known.items()}
    bounds = rules.class_bounds(values.values())
    empty = (0,) * (1 + len(layer.heads()))
    rows = []
    for area in areas:
        held = known.get(area.pk, empty)
        step = step_of(rules.class_of(values[area.pk], bounds), len(bounds)) if area.pk in values else 0
        link = f"{reverse(layer.url_name)}?{urlencode({'place': place_as_typed(area)})}"
        said = layer.shown(held[0]) if area.pk in known else _("none")
        mark = HelpMark(area.pk, place_name(area), said, step, link)
        rows.append(Row(area, mark, tuple(map(layer.shown, held, range(len(held)))), tags.get(area.pk, "")))
    return Shown(layer, tuple(rows), values, bounds)


# --- what each layer counts -------------------------------------------------------------------------------------------


def _homes(access: Access, today: dt.date) -> Figures:
    at = dt.datetime.combine(today, dt.time(), dt.UTC)
    found = homes.homes_map(access, homes.PropertyFilter(), at=at).counts
    codes = [entry.code for entry in homes.current_list(home_rules.ClassKind.DAMAGE).entries]
    return {one.area.pk: (one.homes, *(one.by_damage.get(c, 0) for c in codes), one.empty) for one in found}


def _home_heads() -> list[str | Promise]:
    entries = homes.current_list(home_rules.ClassKind.DAMAGE).entries
    return [*(class_label(entry) for entry in entries), _("empty or ruined")]


def _cases(access: Access, today: dt.date) -> Figures:
    rows = Case.objects.visible_to(access).open().order_by().values_list("person__keeper")
    late = Count("pk", filter=Q(due_on__lt=today))
    return {keeper: (number, late) for keeper, number, late in rows.annotate(n=Count("pk"), late=late)}


def _houses(access: Access, today: dt.date) -> Figures:
    found = works.by_municipality(access, works.WorksFilter(), today=today)
    return {
        pk: (sum(held.values()), *(held[standing] for standing in works_rules.Standing)) for pk, held in found.items()
    }


def _sites(access: Access, _today: dt.date) -> Figures:
    return {one.area.pk: (one.free, one.sites, one.capacity, one.taken) for one in sites.by_municipality(access)}


def _stock(access: Access, today: dt.date) -> Figures:
    kept = dict(stock.warehouses(access).values_list("pk", "keeper_id"))
    found: dict[int, list[int]] = {}
    for keeper in kept.values():
        found.setdefault(keeper, [0, 0, 0])[1] += 1
    lying = supplies.Balance.objects.filter(warehouse__in=kept, quantity__gt=0).order_by()
    for warehouse, number_, expired in lying.values_list("warehouse").annotate(
        n=Count("batch__item", distinct=True), old=Count("batch", filter=Q(batch__expires_on__lt=today))
    ):
        found[kept[warehouse]][0] += number_
        found[kept[warehouse]][2] += expired
    return {keeper: tuple(held) for keeper, held in found.items()}


def _distributions(access: Access, _today: dt.date) -> Figures:
    seen = distributions.Slip.objects.visible_to(access).filter(cancelled_at=None).order_by()
    sums = seen.values_list("distribution__keeper").annotate(
        handed=Count("pk", filter=Q(handed_at__isnull=False)),
        due=Count("pk"),
        held=Count("distribution", distinct=True),
    )
    return {keeper: (handed, due, held) for keeper, handed, due, held in sums}


def _help(access: Access, _today: dt.date) -> Figures:
    rows = Entitlement.objects.visible_to(access).live().order_by().values_list("person__keeper")
    sums = rows.annotate(reached=Count("pk", filter=Q(given__gt=0)), due=Count("pk"))
    return {keeper: (reached, due) for keeper, reached, due in sums}


def _grants(access: Access, _today: dt.date) -> Figures:
    rows = Grant.objects.visible_to(access).exclude(state="cancelled").order_by().values_list("person__keeper")
    sums = rows.annotate(n=Count("pk"), running=Count("pk", filter=Q(state="running")))
    return {keeper: (number_, running) for keeper, number_, running in sums}


def _courses(access: Access, _today: dt.date) -> Figures:
    rows = training.Enrolment.objects.visible_to(access).exclude(took="dropped").order_by()
    sums = rows.values_list("course__keeper").annotate(
        n=Count("pk"), certified=Count("pk", filter=Q(took="certified")), held=Count("course", distinct=True)
    )
    return {keeper: (number_, certified, held) for keeper, number_, certified, held in sums}


def _projects(access: Access, _today: dt.date) -> Figures:
    found = projects.by_municipality(access, projects.ProjectFilter())
    return {pk: (sum(held.values()), *(held[kind] for kind in project_rules.Kind)) for pk, held in found.items()}


LAYERS: dict[str, Layer] = {
    "homes": Layer(
        gettext_lazy("Homes and damage"),
        Action.PROPERTY_VIEW,
        gettext_lazy("homes"),
        _home_heads,
        _homes,
        "homes",
        knowing_place=True,
    ),
    "cases": Layer(
        gettext_lazy("Open cases"),
        Action.CASE_VIEW,
        gettext_lazy("open cases"),
        lambda: [gettext_lazy("of them late")],
        _cases,
        "cases",
        of_people=True,
    ),
    "houses": Layer(
        gettext_lazy("House works"),
        Action.WORKS_VIEW,
        gettext_lazy("houses"),
        lambda: [words.word("works_standing", standing) for standing in works_rules.Standing],
        _houses,
        "works",
        knowing_place=True,
    ),
    "sites": Layer(
        gettext_lazy("Free places at sites"),
        Action.SITE_VIEW,
        gettext_lazy("free places"),
        lambda: [gettext_lazy("Sites"), gettext_lazy("Places"), gettext_lazy("Taken")],
        _sites,
        "sites",
    ),
    "stock": Layer(
        gettext_lazy("Stock in warehouses"),
        Action.STOCK_VIEW,
        gettext_lazy("kinds of items in stock"),
        lambda: [gettext_lazy("Warehouses"), gettext_lazy("Batches expired")],
        _stock,
        "supplies",
    ),
    "distributions": Layer(
        gettext_lazy("Distributions"),
        Action.DISTRIBUTION_VIEW,
        gettext_lazy("households reached"),
        lambda: [gettext_lazy("Slips"), gettext_lazy("Distributions")],
        _distributions,
        "distributions",
        of_people=True,
        plain=frozenset({2}),
    ),
    "help": Layer(
        gettext_lazy("Help given"),
        Action.ENTITLEMENT_VIEW,
        gettext_lazy("entitlements that brought help"),
        lambda: [gettext_lazy("Entitlements")],
        _help,
        "programmes",
        of_people=True,
    ),
    "grants": Layer(
        gettext_lazy("Grants"),
        Action.GRANT_VIEW,
        gettext_lazy("grants"),
        lambda: [words.word("grant_state", "running")],
        _grants,
        "grants",
        of_people=True,
    ),
    "courses": Layer(
        gettext_lazy("Courses"),
        Action.COURSE_VIEW,
        gettext_lazy("people in courses"),
        lambda: [words.word("took", "certified"), gettext_lazy("Courses")],
        _courses,
        "courses",
        of_people=True,
        plain=frozenset({2}),
    ),
    "projects": Layer(
        gettext_lazy("Community projects"),
        Action.PROJECT_VIEW,
        gettext_lazy("projects"),
        lambda: [words.word("project_kind", kind) for kind in project_rules.Kind],
        _projects,
        "projects",
    ),
}
