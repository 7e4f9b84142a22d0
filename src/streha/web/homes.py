"""Homes: the list, the map with its table, a home's page with its whole story, and what can be done there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import shapely
from django import forms as django_forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from shapely.geometry.base import BaseGeometry

from streha.accounts.rules import Access, Action
from streha.assistance.works import queries as works_queries
from streha.audit import queries as log
from streha.cases import queries as case_queries
from streha.common import errors
from streha.common.codes import FieldClass
from streha.homes import actions, models, queries, rules
from streha.places import queries as places
from streha.places.models import Area
from streha.web import door, home_rows, maps, words
from streha.web import people as people_pages
from streha.web import works as works_pages
from streha.web.exports import ExportForm
from streha.web.forms import homes as forms
from streha.web.stories import home as home_story
from streha.web.templatetags.streha import number, place_name

# --- the list -------------------------------------------------------------------------------------


def knows_places(access: Access) -> bool:
    """Whether the viewer may know, anywhere, where a home is."""
    return any(FieldClass.HOME_LOCATION in classes for classes in access.reads(Action.PROPERTY_VIEW).values())


def _narrowed(request: door.Request) -> tuple[queries.PropertyFilter, Area | None, str]:
    area_id, area, unknown = people_pages.narrowed_by_place(request)
    damages = {code for one in queries.class_lists(rules.ClassKind.DAMAGE) for code in [e.code for e in one.entries]}

    def known(name: str, codes: Any) -> str:
        code = request.GET.get(name, "")
        return code if code in codes else ""

    return (
        queries.PropertyFilter(
            area_id=area_id,
            damage=known("damage", damages),
            tenure=known("tenure", words.WORDS["tenure"]),
            occupancy=known("occupancy", words.WORDS["occupancy"]),
            ended=request.GET.get("ended") == "1",
            text=request.GET.get("q", "").strip()[:120],
        ),
        area,
        unknown,
    )


def _filter_context(request: door.Request) -> dict[str, Any]:
    return {
        "filters": request.GET,
        "damages": forms.class_options(rules.ClassKind.DAMAGE),
        "tenures": words.options("tenure", blank=True),
        "occupancies": words.options("occupancy", blank=True),
        "knows_places": knows_places(request.access),
        "damage_list": queries.current_list(rules.ClassKind.DAMAGE),
    }


@require_GET
@door.open_to(Action.PROPERTY_VIEW)
def homes(request: door.Request) -> HttpResponse:
    """Homes visible to the viewer, the newest record first, narrowed by what stands in the address."""
    narrowed, area, unknown = _narrowed(request)
    page = queries.properties_page(request.access, narrowed, after=request.GET.get("after", ""))
    queries.note_look(request.access, page.rows, where="homes", at=door.now())
    context = {
        "page": page,
        "rows": home_rows.listed(request.access, page.rows),
        "area": area,
        "unknown_place": unknown,
        **_filter_context(request),
    }
    return render(request, "homes/list.html", context)


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PROPERTY_EXPORT)
def export(request: door.Request) -> HttpResponse:
    """Ask for the list of homes as it is narrowed in the address."""
    narrowed, area, _unknown = _narrowed(request)
    form = ExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            actions.ask_export(narrowed, purpose=form.cleaned_data["purpose"], by=request.access, at=door.now())
            messages.success(request, _("The list is being made. It will stand here."))
            return redirect("exports")
    context = {"form": form, "area": area, "title": _("Export a list of homes"), "back": reverse("homes")}
    return render(request, "homes/form.html", context, status=422 if form.is_bound else 200)


# --- one home -------------------------------------------------------------------------------------


@require_GET
@door.open_to(Action.PROPERTY_VIEW)
def home(request: door.Request, pk: int) -> HttpResponse:
    """Where it is, whose it is, who lives there, in what state, and all that is known to have happened."""
    page = queries.property_page(request.access, pk, at=door.now())
    access = request.access
    classes = queries.Classes()
    works = works_queries.of_home(access, pk)
    built = works_queries.told_of(works, with_photos=page.sees_place)
    followed = case_queries.of_home(access, pk) if page.sees_place else []
    context = {
        "page": page,
        "home": page.home,
        "story": home_story.story(page, built, followed, door.now().date()),
        "current_shares": [s for s in page.shares if s.until is None],
        "current_stays": [s for s in page.stays if s.ended_on is None],
        "damage": home_rows.damage_of(page.home, classes),
        "building": home_rows.building_of(page.home, classes),
        "damage_list": classes.version(rules.ClassKind.DAMAGE, page.home.damage_list),
        "is_measured": home_rows.is_measured(page.home),
        "works_rows": works_pages.listed(works),
        "may_plan_works": access.allows(Action.WORKS_PLAN) and page.home.ended_on is None,
        "may_change": access.allows(Action.PROPERTY_CHANGE) and FieldClass.IDENTITY in page.may_change,
        "may_shield": access.allows(Action.PROPERTY_CHANGE) and FieldClass.PROTECTION in page.may_change,
    }
    return render(request, "homes/home.html", context)


@require_GET
@door.open_to(Action.PROPERTY_VIEW)
def history(request: door.Request, pk: int) -> HttpResponse:
    """Every change of the record, newest first."""
    found = queries.visible_property(request.access, pk)
    classes = queries.readable(request.access, found)
    page = queries.history(request.access, pk, after=request.GET.get("after", ""))
    known = queries.Classes()
    context = {"home": found, "page": page, "story": [_happened(row, classes, known) for row in page.rows]}
    return render(request, "homes/history.html", context)


def _happened(done: log.Done, classes: frozenset[FieldClass], lists: queries.Classes) -> people_pages.Happened:
    details = []
    for column, change in (done.payload or {}).items():
        known = CLASSES_IN_HISTORY.get(column)
        if known is None or known not in classes or not isinstance(change, list) or len(change) != 2:
            continue
        old, new = (_said(column, value, lists) for value in change)
        details.append((words.word("column", column), old, new))
    return people_pages.Happened(done.at, done.actor.label, words.word("verb", done.verb), tuple(details), done.reason)


# Owners are left out: who may see the home need not be among those who may see each of its people.
CLASSES_IN_HISTORY = {
    **actions.COLUMN_CLASSES,
    "share": FieldClass.IDENTITY,
    "occupancy": FieldClass.IDENTITY,
    "damage": FieldClass.IDENTITY,
    "building": FieldClass.IDENTITY,
    "assessed_on": FieldClass.IDENTITY,
    **dict.fromkeys(rules.MEASURED, FieldClass.IDENTITY),
    "end_reason": FieldClass.IDENTITY,
    "ended_on": FieldClass.IDENTITY,
}


def _said(column: str, value: Any, lists: queries.Classes) -> str:
    if value in {None, ""}:
        return "–"
    if column in {"municipality", "settlement"}:
        area = Area.objects.filter(pk=value).first()
        return place_name(area) if area else "–"
    if column in rules.MEASURED:
        return str(words.word("yes_no", str(value))) if column == "step_free" else str(value)
    if column in {"damage", "building"}:
        return forms.class_label(lists.anywhere(rules.ClassKind(column), str(value))) or str(value)
    kind_of_word = {"end_reason": "home_end_reason"}.get(column, column)
    return str(words.word(kind_of_word, value))


@require_GET
@door.open_to(Action.PROPERTY_VIEW)
def photo(request: door.Request, pk: int, row: int, size: str) -> HttpResponse:
    """A photo, unsealed for this viewer; no browser keeps it."""
    clear = queries.photo(request.access, pk, row, size, at=door.now())
    response = HttpResponse(clear, content_type="image/jpeg")
    response["Cache-Control"] = "private, no-store"
    response["Content-Disposition"] = "inline"
    return response


# --- writing --------------------------------------------------------------------------------------


def _status(form: django_forms.Form, *, stopped: bool = False) -> int:
    return 422 if form.is_bound and (form.errors or stopped) else 200


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PROPERTY_REGISTER)
def register(request: door.Request) -> HttpResponse:
    """A form for a home; one with the same cadastral reference is shown before it is registered twice."""
    owner = request.GET.get("owner", "")[:20]
    form = forms.RegisterForm(request.POST or None, access=request.access, initial={"owner": owner})
    same: list[models.Property] = []
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        same = queries.doubles(request.access, told["cadastral_zone"], told["cadastral_ref"])
        if not same or told["sure"]:
            with door.errors_into(form):
                new = actions.register_property(form.draft(), by=request.access, at=door.now())
                messages.success(request, _("%(number)s is registered.") % {"number": new.number})
                return redirect("home", pk=new.pk)
    context = {"form": form, "same": same}
    return render(request, "homes/register.html", context, status=_status(form, stopped=bool(same)))


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PROPERTY_CHANGE)
def change(request: door.Request, pk: int) -> HttpResponse:
    """Where it is and by what right it is held, to be corrected; two who save at once are told."""
    page = queries.property_page(request.access, pk, at=door.now())
    if FieldClass.IDENTITY not in page.may_change:
        raise errors.Refused()
    version = door.version(request, page.home.version)
    form = forms.ChangeForm(request.POST or None, writes=page.may_change, initial=_as_typed(page))
    same: list[models.Property] = []
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        reference = told.get("cadastral_ref", "")
        if rules.plain_cadastral(reference) != rules.plain_cadastral(page.cadastral):
            same = queries.doubles(request.access, told["cadastral_zone"], reference, besides=pk)
        if not same or told["sure"]:
            with door.errors_into(form):
                actions.change_property(pk, form.changes(), version=version, by=request.access, at=door.now())
                messages.success(request, _("The changes are saved."))
                return redirect("home", pk=pk)
    context = {"form": form, "same": same, "home": page.home, "version": version}
    return render(request, "homes/register.html", context, status=_status(form, stopped=bool(same)))


def _as_typed(page: queries.PropertyPage) -> dict[str, Any]:
    home = page.home
    typed: dict[str, Any] = {"tenure": home.tenure, "inheritance": home.inheritance}
    if page.sees_place:
        typed |= {
            "municipality": str(home.municipality_id),
            "settlement": home.settlement.label_sq if home.settlement else "",
            "address": page.address,
            "point": f"{page.point.lat:.6f}, {page.point.lon:.6f}" if page.point else "",
            "cadastral_zone": home.cadastral_zone,
            "cadastral_ref": page.cadastral,
        }
    return typed


@dataclass(frozen=True)
class Step:
    """Something that can be done to a home by a form: which form, what it is called, which class it writes."""

    form: type[Any]
    title: str | Promise
    button: str | Promise
    action: Action
    writes: FieldClass


STEPS: dict[str, Step] = {
    "assess": Step(
        forms.AssessForm,
        gettext_lazy("Assess the building"),
        gettext_lazy("Note the assessment"),
        Action.PROPERTY_ASSESS,
        FieldClass.IDENTITY,
    ),
    "owner": Step(
        forms.OwnerForm,
        gettext_lazy("Add an owner"),
        gettext_lazy("Add the owner"),
        Action.PROPERTY_CHANGE,
        FieldClass.IDENTITY,
    ),
    "occupancy": Step(
        forms.OccupancyForm,
        gettext_lazy("Who lives there"),
        gettext_lazy("Note it"),
        Action.PROPERTY_CHANGE,
        FieldClass.IDENTITY,
    ),
    "photo": Step(
        forms.PhotoForm,
        gettext_lazy("Add a photo"),
        gettext_lazy("Add the photo"),
        Action.PROPERTY_ASSESS,
        FieldClass.HOME_LOCATION,
    ),
}


def _step(request: door.Request, pk: int, what: str) -> HttpResponse:
    step = STEPS[what]
    found = queries.visible_property(request.access, pk)
    if step.writes not in queries.writable(request.access, step.action, found):
        raise errors.Refused()
    form = step.form(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            form.save(pk, request.access, door.now())
            messages.success(request, _("Noted."))
            return redirect("home", pk=pk)
    context = {
        "form": form,
        "home": found,
        "title": step.title,
        "button": step.button,
        "list": queries.current_list(rules.ClassKind.DAMAGE) if what == "assess" else None,
    }
    return render(request, "homes/form.html", context, status=_status(form))


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PROPERTY_ASSESS)
def assess(request: door.Request, pk: int) -> HttpResponse:
    """What somebody who looked at the building found."""
    return _step(request, pk, "assess")


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PROPERTY_CHANGE)
def add_owner(request: door.Request, pk: int) -> HttpResponse:
    """One more owner."""
    return _step(request, pk, "owner")


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PROPERTY_CHANGE)
def note_occupancy(request: door.Request, pk: int) -> HttpResponse:
    """Who lives there since when, or that nobody does."""
    return _step(request, pk, "occupancy")


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PROPERTY_ASSESS)
def add_photo(request: door.Request, pk: int) -> HttpResponse:
    """One more photo."""
    return _step(request, pk, "photo")


def _by_form(
    request: door.Request,
    pk: int,
    form: django_forms.Form,
    title: str,
    do: Callable[[dict[str, Any], dt.datetime], Any],
    *,
    said: str,
) -> HttpResponse:
    """A page with one small form; what it does leads back to the home, or to the list when it is out of sight then."""
    found = queries.visible_property(request.access, pk)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            do(form.cleaned_data, door.now())
            messages.success(request, said)
            is_seen = models.Property.objects.visible_to(request.access).filter(pk=pk).exists()
            return redirect("home", pk=pk) if is_seen else redirect("homes")
    context = {"form": form, "home": found, "title": title, "button": title}
    return render(request, "homes/form.html", context, status=_status(form))


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PROPERTY_CHANGE)
def end_owner(request: door.Request, pk: int, row: int) -> HttpResponse:
    """Somebody no longer owns."""
    form = forms.DayForm(request.POST or None, initial={"on": door.now().date()})
    return _by_form(
        request,
        pk,
        form,
        _("Owns no longer"),
        lambda told, at: actions.end_share(pk, row, on=told["on"], by=request.access, at=at),
        said=_("Ended. It stays in the history."),
    )


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PROPERTY_CHANGE)
def end_occupancy(request: door.Request, pk: int, row: int) -> HttpResponse:
    """This no longer holds."""
    form = forms.DayForm(request.POST or None, initial={"on": door.now().date()})
    return _by_form(
        request,
        pk,
        form,
        _("Holds no longer"),
        lambda told, at: actions.end_occupancy(pk, row, on=told["on"], by=request.access, at=at),
        said=_("Ended. It stays in the history."),
    )


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PROPERTY_CHANGE)
def remove_photo(request: door.Request, pk: int, row: int) -> HttpResponse:
    """A photo goes, with a reason."""
    return _by_form(
        request,
        pk,
        forms.ReasonForm(request.POST or None),
        _("Remove the photo"),
        lambda told, at: actions.remove_photo(pk, row, reason=told["reason"], by=request.access, at=at),
        said=_("The photo is gone."),
    )


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PROPERTY_CHANGE)
def shield(request: door.Request, pk: int) -> HttpResponse:
    """Only protection staff see the home from now on, or everybody again."""
    return _by_form(
        request,
        pk,
        forms.ShieldForm(request.POST or None),
        _("Shield this home"),
        lambda told, at: actions.shield(pk, on=bool(told["on"]), reason=told["reason"], by=request.access, at=at),
        said=_("Noted."),
    )


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PROPERTY_CHANGE)
def hand_over(request: door.Request, pk: int) -> HttpResponse:
    """Another office keeps the record."""
    return _by_form(
        request,
        pk,
        forms.HandOverForm(request.POST or None),
        _("Hand over to another office"),
        lambda told, at: actions.hand_over(
            pk, keeper_id=int(told["keeper"]), reason=told["reason"], by=request.access, at=at
        ),
        said=_("Noted."),
    )


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PROPERTY_END)
def end(request: door.Request, pk: int) -> HttpResponse:
    """Close the record, with day and reason."""
    found = queries.visible_property(request.access, pk)
    version = door.version(request, found.version)
    return _by_form(
        request,
        pk,
        forms.EndForm(request.POST or None, initial={"on": door.now().date()}),
        _("Close the record"),
        lambda told, at: actions.end_property(
            pk, reason=rules.EndReason(told["reason"]), on=told["on"], version=version, by=request.access, at=at
        ),
        said=_("The record is closed. It can be opened again."),
    )


@require_POST
@door.open_to(Action.PROPERTY_END)
def reopen(request: door.Request, pk: int) -> HttpResponse:
    """Open a closed record again."""
    actions.reopen_property(pk, by=request.access, at=door.now())
    messages.success(request, _("The record is open again."))
    return redirect("home", pk=pk)


# --- lists of classes -----------------------------------------------------------------------------


@require_GET
@door.open_to(Action.PROPERTY_VIEW, Action.PROPERTY_CLASSES)
def classes(request: door.Request) -> HttpResponse:
    """The lists by which homes are assessed: every version with its source, and whether somebody checked it."""
    lists = [
        (kind, words.word("class_kind", kind), [(one, _labelled(one)) for one in queries.class_lists(kind)])
        for kind in rules.ClassKind
    ]
    return render(request, "homes/classes.html", {"lists": lists})


def _labelled(one: rules.ClassList) -> list[tuple[rules.ClassEntry, str]]:
    return [(entry, forms.class_label(entry)) for entry in one.entries]


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PROPERTY_CLASSES)
def new_classes(request: door.Request, kind: str) -> HttpResponse:
    """A new version of a list, beginning with the one in use."""
    if kind not in set(rules.ClassKind):
        raise errors.NotFound()
    which = rules.ClassKind(kind)
    used = queries.current_list(which)
    typed = {
        "title": used.title,
        "source": used.source,
        "published": used.published,
        "entries": rules.class_lines(used.entries),
    }
    form = forms.ClassesForm(request.POST or None, initial=typed)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            form.save(which, request.access, door.now())
            messages.success(request, _("The new version is in use."))
            return redirect("home_classes")
    context = {
        "form": form,
        "title": words.word("class_kind", kind),
        "button": _("Use this version"),
        "back": reverse("home_classes"),
    }
    return render(request, "homes/form.html", context, status=_status(form))


# --- the map --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PlaceMark(maps.Mark):
    """A place on the map of homes: leads to the same map of that place."""

    link: str = ""

    @property
    def url(self) -> str:
        return self.link


@dataclass(frozen=True)
class HomeDot:
    """One home on the map."""

    home: models.Property
    x: float
    y: float
    step: int
    said: str


@dataclass(frozen=True)
class Row:
    """One row of the table beside the map."""

    count: queries.PlaceCount
    by_damage: tuple[int, ...]
    unassessed: int
    link: str


@require_GET
@door.open_to(Action.PROPERTY_VIEW)
def map_page(request: door.Request) -> HttpResponse:
    """Homes whose place the viewer may know: a map, and the same figures as a table."""
    narrowed, area, unknown = _narrowed(request)
    context: dict[str, Any] = {"area": area, "unknown_place": unknown, **_filter_context(request)}
    if not context["knows_places"]:
        return render(request, "homes/map.html", context)
    found = queries.homes_map(request.access, narrowed, at=door.now())
    entries = queries.current_list(rules.ClassKind.DAMAGE).entries
    rows = [
        Row(
            count,
            tuple(count.by_damage.get(entry.code, 0) for entry in entries),
            count.by_damage.get("", 0),
            _link(request, count.area),
        )
        for count in found.counts
    ]
    context |= {
        "rows": rows,
        "entries": [(entry, forms.class_label(entry)) for entry in entries],
        "total": sum(row.count.homes for row in rows),
        "dots": home_rows.listed(request.access, [dot.home for dot in found.dots]),
        "more_dots": found.more_dots,
        **_drawn(found, rows, area),
    }
    return render(request, "homes/map.html", context)


def _link(request: door.Request, area: Area) -> str:
    """The same map, or for a settlement the list, narrowed to a place."""
    kept = {key: str(value) for key, value in request.GET.items() if key not in {"place", "after"} and value}
    page = "homes" if area.kind == Area.Kind.SETTLEMENT else "homes_map"
    return f"{reverse(page)}?{urlencode({**kept, 'place': people_pages.place_as_typed(area)})}"


def _drawn(found: queries.HomesMap, rows: Sequence[Row], area: Area | None) -> dict[str, Any]:
    """The map of dots: places as large as their number of homes, and homes whose point is known."""
    seats = {
        row.count.area.pk: (row.count.area.lon, row.count.area.lat)
        for row in rows
        if row.count.area.lon is not None and row.count.area.lat is not None
    }
    outline = _outline(area, [*seats.values(), *((dot.point.lon, dot.point.lat) for dot in found.dots)])
    if outline is None:
        return {"drawing": None, "home_dots": []}
    values = {row.count.area.pk: Decimal(row.count.homes) for row in rows}
    marks: dict[int, maps.Mark] = {
        row.count.area.pk: PlaceMark(
            row.count.area.pk, place_name(row.count.area), number(row.count.homes), 2, row.link
        )
        for row in rows
    }
    drawing = maps.dot_map(outline, seats, values, marks)
    projection = maps.Projection.of(outline.bounds)
    classes = queries.Classes()
    steps = {e.code: max(1, min(5, e.position)) for e in classes.current(rules.ClassKind.DAMAGE).entries}
    dots = [
        HomeDot(
            dot.home,
            *projection.place(dot.point.lon, dot.point.lat),
            steps.get(dot.home.damage, 0),
            f"{dot.home.number}: {home_rows.damage_of(dot.home, classes) or _('not assessed')}",
        )
        for dot in found.dots
    ]
    return {"drawing": drawing, "home_dots": dots}


def _outline(area: Area | None, points: Sequence[tuple[Any, Any]]) -> BaseGeometry | None:
    """The country's outline, the municipality's boundary, or where none is loaded a frame around what is shown."""
    if area is None or area.kind not in {Area.Kind.MUNICIPALITY, Area.Kind.SETTLEMENT}:
        return next((shape for _pk, shape in places.boundaries("country")), None)
    town = area.pk if area.kind == Area.Kind.MUNICIPALITY else area.parent_id
    boundary = next((shape for pk, shape in places.boundaries("municipality") if pk == town), None)
    if boundary is not None:
        return boundary
    around = [*points]
    if area.lon is not None and area.lat is not None:
        around.append((area.lon, area.lat))
    if not around:
        return None
    west, east = min(x for x, _y in around), max(x for x, _y in around)
    south, north = min(y for _x, y in around), max(y for _x, y in around)
    margin = max(0.01, 0.06 * max(east - west, north - south))
    return shapely.box(west - margin, south - margin, east + margin, north + margin)
