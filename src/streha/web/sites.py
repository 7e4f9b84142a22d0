"""Sites: free places by municipality, a site with who stays there and its nights, standards and what is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from streha.accounts.rules import Action
from streha.assistance.distributions import queries as distribution_queries
from streha.assistance.sites import actions, models, queries
from streha.assistance.sites.rules import places
from streha.common import errors, numbers
from streha.common.pages import PAGE_SIZE
from streha.people import models as people_models
from streha.people import queries as people
from streha.places.models import AreaTile
from streha.web import door, maps, words
from streha.web.forms import sites as forms
from streha.web.one_form import form_page
from streha.web.people import narrowed_by_place
from streha.web.stories import site as site_story
from streha.web.templatetags.register import full_name
from streha.web.templatetags.streha import number, place_name

MOST_STAYS = 2000
VIEW, CHANGE, STAY = Action.SITE_VIEW, Action.SITE_CHANGE, Action.SITE_STAY


# --- lists ------------------------------------------------------------------------------------------------------------


@require_GET
@door.open_to(VIEW)
def sites(request: door.Request) -> HttpResponse:
    """Sites by name, and places that are free by municipality: as tiles and as a table."""
    area_id, _area, unknown = narrowed_by_place(request)
    told = request.GET
    kind = told.get("kind", "")
    wanted = queries.SiteFilter(
        kind=kind if kind in words.WORDS["site_kind"] else "",
        area_id=area_id,
        closed=told.get("closed") == "1",
        with_free=told.get("free") == "1",
    )
    page = queries.sites_page(request.access, wanted, after=told.get("after", "")[:200])
    rows = queries.by_municipality(request.access)
    context = {
        "page": page,
        "filters": told,
        "kinds": words.options("site_kind"),
        "unknown_place": unknown,
        "municipalities": rows,
        "tiles": _tiles(rows),
        "free": sum(row.free for row in rows),
        "twice": list(queries.in_two_places(request.access)[:20]),
    }
    return render(request, "sites/list.html", context)


def _tiles(rows: Sequence[queries.InMunicipality]) -> maps.TileMap | None:
    """The tile map of municipalities, darker where more places are free."""
    if not rows:
        return None
    most = max((row.free for row in rows), default=0) or 1
    known = {row.area.pk: row for row in rows}
    cells, marks = {}, {}
    for tile in AreaTile.objects.select_related("area"):
        row = known.get(tile.area_id)
        step = 0 if row is None else 1 + min(4, 4 * row.free // most)
        said = _("no site") if row is None else _("%(n)s free") % {"n": number(row.free)}
        marks[tile.area_id] = maps.Mark(tile.area_id, place_name(tile.area), said, step)
        cells[tile.area_id] = (tile.tag, tile.column, tile.row)
    return maps.tile_map(cells, marks)


# --- one site ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bar:
    """A night as a chart draws it."""

    x: int
    y: int
    height: int
    words: str
    is_explained: bool


@dataclass(frozen=True)
class Chart:
    """Nights from left to right, the line of the places that may be given above them."""

    width: int
    height: int
    line: int
    bars: tuple[Bar, ...]
    open_to: int
    first: dt.date
    last: dt.date


STEP, TALL, FOOT = 12, 120, 8


def chart_of(page: queries.SitePage) -> Chart | None:
    """Counted nights as bars; None where nobody has counted yet."""
    nights = sorted(page.nights, key=lambda night: night.night)
    if not nights:
        return None
    open_to = page.places.capacity - page.places.set_aside
    top = max([open_to, *(night.counted for night in nights)]) or 1
    bars = []
    for place, night in enumerate(nights):
        height = round(night.counted * TALL / top)
        said = f"{formats.date_format(night.night, 'DATE_FORMAT')}: {number(night.counted)}"
        bars.append(Bar(place * STEP + 2, FOOT + TALL - height, height, said, night.by == 0))
    line = FOOT + TALL - round(open_to * TALL / top)
    return Chart(len(nights) * STEP + 4, TALL + FOOT, line, tuple(bars), open_to, nights[0].night, nights[-1].night)


@require_GET
@door.open_to(VIEW)
def site(request: door.Request, pk: int) -> HttpResponse:
    """A site: its places, who stays there as far as the viewer may know, its nights, what is missing."""
    limit = MOST_STAYS if request.GET.get("all") == "1" else PAGE_SIZE
    page = queries.site_page(request.access, pk, at=door.now(), limit=limit)
    moved = queries.moved_by_month(request.access, page.site)
    held = distribution_queries.held_at(request.access, site=pk)
    context = {
        "page": page,
        "site": page.site,
        "chart": chart_of(page),
        "story": site_story.story(page, moved, held, door.now().date()),
    }
    return render(request, "sites/site.html", context)


@require_http_methods(["GET", "POST"])
@door.open_to(CHANGE)
def new(request: door.Request) -> HttpResponse:
    """Open a site."""
    form = forms.SiteForm(request.POST or None, access=request.access)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            row = actions.open_site(form.draft(), by=request.access, at=door.now())
            return redirect("site", pk=row.pk)
    return form_page(request, form, _("Open a site"), _("Open it"), reverse("sites"))


@require_http_methods(["GET", "POST"])
@door.open_to(CHANGE)
def change(request: door.Request, pk: int) -> HttpResponse:
    """Change a site."""
    row = queries.visible_site(request.access, pk, CHANGE)
    initial = forms.SiteForm.initial_of(row)
    form = forms.SiteForm(request.POST or None, access=request.access, site=row, initial=initial)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            version = form.cleaned_data["version"]
            actions.change_site(pk, form.draft(), version=version, by=request.access, at=door.now())
            return redirect("site", pk=pk)
    return form_page(request, form, _("Change the site"), _("Keep it"), reverse("site", args=[pk]), row.name)


@require_http_methods(["GET", "POST"])
@door.open_to(CHANGE)
def close(request: door.Request, pk: int) -> HttpResponse:
    """Close a site."""
    row = queries.visible_site(request.access, pk, CHANGE)
    form = forms.CloseForm(request.POST or None, initial={"day": door.now().date()})
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            actions.close_site(pk, day=form.cleaned_data["day"], by=request.access, at=door.now())
            return redirect("site", pk=pk)
    return form_page(request, form, _("Close the site"), _("Close it"), reverse("site", args=[pk]), row.name)


# --- coming and going -------------------------------------------------------------------------------------------------


def _arriving(request: door.Request, who: str) -> tuple[int | None, list[people_models.Person]]:
    """The household and people of a number; raises NotFound for one that does not exist for this viewer."""
    told = forms.parsed_number(who)
    if told is None:
        raise errors.BadInput(
            errors.message("“{value}” is no number of a household or person. Write it as on their page: HH-0020417."),
            code="number",
            value=who,
        )
    kind, pk = told
    if kind == "P":
        person = people.visible_person(request.access, pk)
        people.note_look(request.access, [person], where="site", at=door.now())
        return None, [person]
    page = people.household_page(request.access, pk, at=door.now())
    return page.household.pk, [membership.person for membership in page.members]


@require_http_methods(["GET", "POST"])
@door.open_to(STAY)
def check_in(request: door.Request, pk: int) -> HttpResponse:
    """Look a household or person up by number, then check them in."""
    row = queries.visible_site(request.access, pk, STAY)
    who = (request.POST.get("who") or request.GET.get("who", "")).strip()[:20]
    context: dict[str, Any] = {"site": row, "who": who, "places": queries.places_of([row])[row.pk]}
    if not who:
        return render(request, "sites/check_in.html", context)
    try:
        household_id, found = _arriving(request, who)
    except errors.StrehaError as wrong:
        return render(request, "sites/check_in.html", context | {"wrong": door.say(wrong)}, status=422)
    choices = [(person.pk, f"{full_name(person)} · {person.number}") for person in found]
    form = forms.ArrivalForm(request.POST or None, people=choices, initial={"who": who, "came_on": door.now().date()})
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        arrival = actions.Arrival(told["came_on"], household_id, tuple(told["persons"]), tuple(told["step_free"]))
        with door.errors_into(form):
            stays = actions.check_in(pk, arrival, by=request.access, at=door.now())
            messages.success(request, _("Checked in: %(n)s.") % {"n": number(len(stays))})
            return redirect("site", pk=pk)
    status = 422 if form.is_bound else 200
    return render(request, "sites/check_in.html", context | {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
@door.open_to(STAY)
def check_out(request: door.Request, pk: int) -> HttpResponse:
    """Check people out: everybody of a household by one link, or one by one."""
    row = queries.visible_site(request.access, pk, STAY)
    page = queries.site_page(request.access, pk, at=door.now(), limit=MOST_STAYS)
    wanted = set(map(numbers.whole, request.GET.getlist("stay"))) - {None}
    shown = [each.stay for each in page.stays if not wanted or each.stay.pk in wanted]
    choices = [(stay.pk, f"{full_name(stay.person)} · {stay.person.number}") for stay in shown]
    initial = {"day": door.now().date(), "stays": [stay.pk for stay in shown] if wanted else []}
    form = forms.LeavingForm(request.POST or None, stays=choices, initial=initial)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        with door.errors_into(form):
            actions.check_out(
                told["stays"],
                day=told["day"],
                left_for=places.Left(told["left_for"]),
                by=request.access,
                at=door.now(),
            )
            messages.success(request, _("Checked out: %(n)s.") % {"n": number(len(told["stays"]))})
            return redirect("site", pk=pk)
    return form_page(request, form, _("Check people out"), _("They left"), reverse("site", args=[pk]), row.name)


@require_http_methods(["GET", "POST"])
@door.open_to(STAY)
def count(request: door.Request, pk: int) -> HttpResponse:
    """Count a night."""
    row = queries.visible_site(request.access, pk, STAY)
    last = door.now().date() - dt.timedelta(days=1)
    form = forms.NightForm(request.POST or None, initial={"night": last})
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        with door.errors_into(form):
            actions.count_night(
                pk,
                night=told["night"],
                counted=told["counted"],
                why=places.Difference(told["why"]) if told["why"] else None,
                note=told["note"],
                by=request.access,
                at=door.now(),
            )
            messages.success(request, _("Noted."))
            return redirect("site", pk=pk)
    here = queries.registered_on(row, last)
    note = _("Checked in for last night: %(n)s.") % {"n": number(here)}
    return form_page(request, form, _("Count a night"), _("Keep it"), reverse("site", args=[pk]), row.name, note)


# --- standards --------------------------------------------------------------------------------------------------------


@require_GET
@door.open_to(VIEW)
def standards(request: door.Request) -> HttpResponse:
    """Every site held against the standards: who is below which line, and what is missing."""
    homes = queries.checked_homes(request.access)
    context = {
        "checked": queries.checked(request.access),
        "homes": homes,
        "homes_shown": homes.below[: queries.HOMES_SHOWN],
        "sees_homes": request.access.allows(Action.PROPERTY_VIEW),
        "standards": queries.standards(),
        "list": queries.standard_list(),
        "may_change": request.access.allows(CHANGE),
        "may_buy": request.access.allows(Action.STOCK_VIEW),
    }
    return render(request, "sites/standards.html", context)


@require_http_methods(["GET", "POST"])
@door.open_to(CHANGE)
def standards_change(request: door.Request) -> HttpResponse:
    """Write a new version of the standards."""
    form = forms.StandardsForm(request.POST or None, standards=queries.standards())
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            actions.save_standards(form.lines(), by=request.access, at=door.now())
            return redirect("site_standards")
    return form_page(request, form, _("Change the standards"), _("Keep them"), reverse("site_standards"))


@require_POST
@door.open_to(CHANGE)
def standards_verify(request: door.Request) -> HttpResponse:
    """The standards were compared with their sources."""
    found = queries.standard_list()
    row: models.StandardList = found or actions.load_standards(by=request.access, at=door.now())
    actions.verify_standards(row.pk, by=request.access, at=door.now())
    messages.success(request, _("Noted."))
    return redirect("site_standards")
