"""House works: every house on one screen, list, map, progress with alerts, one house with its story, lots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from streha.accounts.rules import Action
from streha.assistance.works import actions, bridge, models, queries, rules
from streha.common import errors, numbers
from streha.common.codes import FieldClass
from streha.places import queries as places
from streha.places.models import Area
from streha.web import charts, door, funding, help_words, maps, words
from streha.web.exports import ExportForm
from streha.web.forms import works as forms
from streha.web.one_form import form_page
from streha.web.people import narrowed_by_place, place_as_typed
from streha.web.templatetags.streha import number, place_name

VIEW, PLAN, INSPECT, PAY = Action.WORKS_VIEW, Action.WORKS_PLAN, Action.WORKS_INSPECT, Action.WORKS_PAY


def _narrowed(request: door.Request) -> tuple[queries.WorksFilter, Area | None, str]:
    area_id, area, unknown = narrowed_by_place(request)

    def known(name: str, kind: str) -> str:
        code = request.GET.get(name, "")
        return code if code in words.WORDS[kind] else ""

    lot = request.GET.get("lot", "")
    wanted = queries.WorksFilter(
        area_id=area_id,
        state=known("state", "works_state"),
        stage=known("stage", "works_stage"),
        lot_id=numbers.whole(lot),
        standing=known("standing", "works_standing"),
        inspection_due=request.GET.get("due") == "1",
    )
    return wanted, area, unknown


def _filter_context(request: door.Request, area: Area | None, unknown: str) -> dict[str, Any]:
    return {
        "filters": request.GET,
        "area": area,
        "unknown_place": unknown,
        "stages": words.options("works_stage", blank=True),
        "standings": words.options("works_standing", blank=True),
        "knows_places": any(FieldClass.HOME_LOCATION in held for held in request.access.reads(VIEW).values()),
        "stages_verified": all(rule.verified for rule in bridge.shipped()),
    }


# --- every house on one screen ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OfficeRow:
    """One office on the screen: its line and its tiles."""

    line: queries.OfficeLine
    tiles: SafeString
    counts: tuple[int, ...]


@require_GET
@door.open_to(VIEW)
def portfolio(request: door.Request) -> HttpResponse:
    """Every house that the viewer sees, by office, coloured by how it stands."""
    wanted, area, unknown = _narrowed(request)
    found = queries.portfolio(request.access, wanted, today=door.now().date())
    rows = [
        OfficeRow(line, _tiles(line), tuple(line.by_standing[standing] for standing in rules.Standing))
        for line in found.offices
    ]
    context = {
        "rows": rows,
        "total": found.total,
        "legend": [(s, words.word("works_standing", s), found.count(s)) for s in rules.Standing],
        **_filter_context(request, area, unknown),
    }
    return render(request, "works/portfolio.html", context)


def _tiles(line: queries.OfficeLine) -> SafeString:
    """A link a house: its percent to see, its number, stage and days to hear. Built here, for there are thousands."""
    base = reverse("works")
    standings = {s: str(words.word("works_standing", s)) for s in rules.Standing}
    stages = {str(s): str(words.word("works_stage", s)) for s in rules.Stage} | {"": ""}
    return format_html_join(
        " ",
        '<a class="h {}" href="{}{}/" title="{} · {} {} %">{}</a>',
        (
            (
                house.standing,
                base,
                house.pk,
                rules.works_number(house.pk),
                ", ".join(filter(None, (stages[house.stage], standings[house.standing]))),
                house.percent,
                house.percent,
            )
            for house in line.houses
        ),
    )


@require_GET
@door.open_to(VIEW)
def listing(request: door.Request) -> HttpResponse:
    """House works as a list, the newest first."""
    wanted, area, unknown = _narrowed(request)
    today = door.now().date()
    page = queries.works_page(request.access, wanted, today=today, after=request.GET.get("after", ""))
    context = {
        "page": page,
        "rows": [_listed(works, today) for works in page.rows],
        "sees_cost": request.access.allows(Action.WORKS_COST),
        **_filter_context(request, area, unknown),
    }
    return render(request, "works/list.html", context)


@dataclass(frozen=True)
class Listed:
    """A house in a list."""

    works: models.HouseWorks
    standing: str
    tone: str
    late: int


def _listed(works: models.HouseWorks, today: Any) -> Listed:
    state = rules.State(works.state)
    standing = rules.standing(state, works.stage_due, today)
    return Listed(works, standing, help_words.TONES[standing], rules.days_late(works.stage_due, state, today))


def listed(rows: list[models.HouseWorks]) -> list[Listed]:
    """Works as rows of another page: of a home, a household."""
    today = door.now().date()
    return [_listed(works, today) for works in rows]


# --- progress and map -------------------------------------------------------------------------------------------------


@require_GET
@door.open_to(VIEW)
def progress(request: door.Request) -> HttpResponse:
    """Plan against actual by month, and what somebody should look at."""
    wanted, area, unknown = _narrowed(request)
    today = door.now().date()
    months = queries.curve(request.access, wanted, today=today)
    chart = charts.percent_lines(
        [month.end for month in months],
        [("plan", [month.planned for month in months]), ("actual", [month.built for month in months])],
    )
    alarms = [
        (alarm, [(str(words.word("works_alert", a)), help_words.TONES[a]) for a in alarm.alerts])
        for alarm in queries.alarms(request.access, wanted, today=today)
    ]
    context = {"chart": chart, "months": months, "alarms": alarms, **_filter_context(request, area, unknown)}
    return render(request, "works/progress.html", context)


@dataclass(frozen=True)
class WorksMark(maps.Mark):
    """A municipality on the map of works: leads to its houses."""

    link: str = ""

    @property
    def url(self) -> str:
        return self.link


@require_GET
@door.open_to(VIEW)
def map_page(request: door.Request) -> HttpResponse:
    """Houses by municipality for who may know where homes are: a map, and the same figures as a table."""
    wanted, area, unknown = _narrowed(request)
    context = _filter_context(request, area, unknown)
    counts = queries.by_municipality(request.access, wanted, today=door.now().date())
    areas = Area.objects.in_bulk(counts)
    rows = sorted(
        ((areas[pk], held, sum(held.values())) for pk, held in counts.items()), key=lambda row: (-row[2], row[0].pk)
    )
    context |= {
        "rows": [(a, [held[s] for s in rules.Standing], all_, _of_place(a)) for a, held, all_ in rows],
        "standings_shown": [words.word("works_standing", s) for s in rules.Standing],
        "drawing": drawn(
            {a.pk: (a, all_, _step(held, all_), _of_place(a)) for a, held, all_ in rows},
        ),
    }
    return render(request, "works/map.html", context)


def _of_place(area: Area) -> str:
    return f"{reverse('works')}?{urlencode({'place': place_as_typed(area)})}"


def _step(held: dict[rules.Standing, int], total: int) -> int:
    """The colour of a circle: the larger the share of late houses, the darker."""
    late = held[rules.Standing.LATE] + held[rules.Standing.VERY_LATE] + held[rules.Standing.STOPPED]
    return 1 + min(4, 8 * late // max(total, 1))


def drawn(marks: dict[int, tuple[Area, int, int, str]]) -> maps.Drawing | None:
    """Circles on the seats of areas over the country's outline, as large as their count; None where none is loaded."""
    outline = next((shape for _pk, shape in places.boundaries("country")), None)
    seats = {
        pk: (area.lon, area.lat)
        for pk, (area, _n, _step_, _url) in marks.items()
        if area.lon is not None and area.lat is not None
    }
    if outline is None or not seats:
        return None
    told: dict[int, maps.Mark] = {
        pk: WorksMark(pk, place_name(area), number(n), step, url) for pk, (area, n, step, url) in marks.items()
    }
    return maps.dot_map(outline, seats, {pk: Decimal(n) for pk, (_a, n, _s, _u) in marks.items()}, told)


# --- one house --------------------------------------------------------------------------------------------------------


@require_GET
@door.open_to(VIEW)
def one(request: door.Request, pk: int) -> HttpResponse:
    """How far it is, what the plan says, what was found, what is still to be mended, what it cost."""
    page = queries.works_one(request.access, pk, at=door.now())
    context = {
        "page": page,
        "works": page.works,
        "tone": help_words.TONES[page.standing],
        "chart": _spans(page),
        "deeds": [(what, deed.title) for what, deed in DEEDS.items() if deed.is_open(page)],
        "lateness": ngettext("%(n)s day late", "%(n)s days late", page.late) % {"n": page.late} if page.late else "",
    }
    return render(request, "works/one.html", context)


def _spans(page: queries.WorksPage) -> charts.SpanChart | None:
    today = door.now().date()
    return charts.spans(
        [
            (
                str(words.word("works_stage", step.code)),
                (step.planned_start, step.planned_end),
                (step.started_on, step.ended_on or max(today, step.started_on)) if step.started_on else None,
            )
            for step in page.steps
            if step.code != rules.Stage.DEFECTS or step.started_on
        ],
        today,
    )


@require_http_methods(["GET", "POST"])
@door.open_to(PLAN)
def new(request: door.Request) -> HttpResponse:
    """Plan the building or repair of a home."""
    form = forms.PlanForm(request.POST or None, initial={"home": request.GET.get("home", "")[:20]})
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            made = actions.plan_works(form.draft(), by=request.access, at=door.now())
            messages.success(request, _("Planned. Stages and days are on the page of the house."))
            return redirect("works_one", pk=made.pk)
    return form_page(request, form, _("Plan house works"), _("Plan it"), reverse("works"))


@dataclass(frozen=True)
class Deed:
    """Something that can be done to a house: by which form, what it is called, who may and when."""

    form: type[forms.DeedForm]
    title: str | Promise
    button: str | Promise
    action: Action
    is_open: Callable[[queries.WorksPage], bool]


def _going(page: queries.WorksPage) -> bool:
    return page.works.state in {rules.State.PLANNED, rules.State.RUNNING}


DEEDS: dict[str, Deed] = {
    "inspect": Deed(
        forms.InspectForm,
        gettext_lazy("Inspect"),
        gettext_lazy("Note the inspection"),
        INSPECT,
        lambda page: page.may_inspect and _going(page),
    ),
    "handover": Deed(
        forms.HandOverForm,
        gettext_lazy("Hand over to the household"),
        gettext_lazy("Hand it over"),
        INSPECT,
        lambda page: page.may_inspect and _going(page),
    ),
    "defect": Deed(
        forms.DefectForm,
        gettext_lazy("Note a defect"),
        gettext_lazy("Note it"),
        INSPECT,
        lambda page: page.may_inspect and page.handover is not None,
    ),
    "mend": Deed(
        forms.MendForm,
        gettext_lazy("A defect is mended"),
        gettext_lazy("Note it"),
        INSPECT,
        lambda page: page.may_inspect and bool(page.open_defects),
    ),
    "contract": Deed(
        forms.ContractForm,
        gettext_lazy("Give to a lot"),
        gettext_lazy("Give it to the lot"),
        PLAN,
        lambda page: page.may_plan and page.works.state in rules.OPEN,
    ),
    "pay": Deed(forms.PayForm, gettext_lazy("Note a payment"), gettext_lazy("Note it"), PAY, lambda page: page.may_pay),
    "stop": Deed(
        forms.StopForm,
        gettext_lazy("Stop the works"),
        gettext_lazy("Stop the works"),
        PLAN,
        lambda page: page.may_plan and _going(page),
    ),
    "resume": Deed(
        forms.ResumeForm,
        gettext_lazy("The works go on"),
        gettext_lazy("The works go on"),
        PLAN,
        lambda page: page.may_plan and page.works.state == rules.State.STOPPED,
    ),
}


@require_http_methods(["GET", "POST"])
@door.open_to(PLAN, INSPECT, PAY)
def deed(request: door.Request, pk: int, what: str) -> HttpResponse:
    """One step of a house, by its form."""
    if what not in DEEDS:
        raise errors.NotFound()
    step = DEEDS[what]
    request.access.require(step.action)
    page = queries.works_one(request.access, pk, at=door.now())
    form = step.form(
        request.POST or None,
        request.FILES or None,
        page=page,
        access=request.access,
        initial={"on": door.now().date()},
    )
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            form.save(door.now())
            messages.success(request, _("Noted."))
            return redirect("works_one", pk=pk)
    return form_page(request, form, step.title, step.button, reverse("works_one", args=[pk]), f"{page.works.number}")


@require_http_methods(["GET", "POST"])
@door.open_to(PLAN)
def export(request: door.Request) -> HttpResponse:
    """Ask for the list of house works as it is narrowed in the address."""
    wanted, _area, _unknown = _narrowed(request)
    form = ExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            actions.ask_export(wanted, purpose=form.cleaned_data["purpose"], by=request.access, at=door.now())
            messages.success(request, _("The list is being made. It will stand here."))
            return redirect("exports")
    return form_page(request, form, _("Export a list of house works"), _("Export"), reverse("works_list"))


# --- lots -------------------------------------------------------------------------------------------------------------


@require_GET
@door.open_to(VIEW)
def lots(request: door.Request) -> HttpResponse:
    """Lots with their contractors and what has come of them."""
    lines = queries.lot_lines(request.access, today=door.now().date())
    context = {
        "lines": funding.of_lots(request.access, lines),
        "sees_cost": request.access.allows(Action.WORKS_COST),
        "sets_aside": funding.may_set_aside(request.access),
    }
    return render(request, "works/lots.html", context)


@require_http_methods(["GET", "POST"])
@door.open_to(PLAN)
def lot_new(request: door.Request) -> HttpResponse:
    """A new lot."""
    form = forms.LotForm(request.POST or None, access=request.access)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            actions.make_lot(form.draft(), by=request.access, at=door.now())
            return redirect("works_lots")
    return form_page(request, form, _("New lot"), _("Keep it"), reverse("works_lots"))


@require_http_methods(["GET", "POST"])
@door.open_to(PLAN)
def lot_change(request: door.Request, pk: int) -> HttpResponse:
    """Tender, contractor and sum of a lot."""
    lot = queries.visible_lot(request.access, pk, PLAN)
    names = ("version", "title", "tender", "contractor", "contracted_on", "amount", "currency")
    initial = {name: getattr(lot, name) for name in names} | {"keeper": lot.keeper_id}
    form = forms.LotForm(request.POST or None, access=request.access, initial=initial)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            version = form.cleaned_data["version"]
            actions.change_lot(pk, form.draft(), version=version, by=request.access, at=door.now())
            return redirect("works_lots")
    return form_page(request, form, _("Change the lot"), _("Keep it"), reverse("works_lots"), lot.number)
