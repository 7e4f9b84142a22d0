"""Community projects: the list, the map with its table, one with its story, and the 5W table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from streha.accounts.rules import Action
from streha.assistance.programmes.rules import For
from streha.assistance.projects import actions, queries, rules
from streha.common import errors
from streha.places.models import Area
from streha.web import door, funding, words
from streha.web.exports import ExportForm
from streha.web.forms import projects as forms
from streha.web.one_form import form_page
from streha.web.people import narrowed_by_place, place_as_typed
from streha.web.stories import project as project_story
from streha.web.works import drawn

VIEW, WORK = Action.PROJECT_VIEW, Action.PROJECT_WORK
MOST_LINES = 1000


def _narrowed(request: door.Request) -> tuple[queries.ProjectFilter, dict[str, Any]]:
    area_id, area, unknown = narrowed_by_place(request)
    kind, state = request.GET.get("kind", ""), request.GET.get("state", "")
    wanted = queries.ProjectFilter(
        area_id,
        kind if kind in words.WORDS["project_kind"] else "",
        state if state in words.WORDS["project_state"] else "",
    )
    return wanted, {
        "filters": request.GET,
        "area": area,
        "unknown_place": unknown,
        "kinds": words.options("project_kind", blank=True),
        "states": words.options("project_state", blank=True),
    }


@require_GET
@door.open_to(VIEW)
def projects(request: door.Request) -> HttpResponse:
    """Projects visible to the viewer, the newest first."""
    wanted, context = _narrowed(request)
    page = queries.projects_page(request.access, wanted, after=request.GET.get("after", ""))
    return render(request, "projects/list.html", {"page": page, **context})


@require_GET
@door.open_to(VIEW)
def map_page(request: door.Request) -> HttpResponse:
    """Projects by municipality: a map, and the same figures as a table."""
    wanted, context = _narrowed(request)
    counts = queries.by_municipality(request.access, wanted)
    areas = Area.objects.in_bulk(counts)
    rows = sorted(
        ((areas[pk], list(held.values()), sum(held.values())) for pk, held in counts.items()),
        key=lambda row: (-row[2], row[0].pk),
    )
    context |= {
        "rows": [(area, held, n, _of_place(area)) for area, held, n in rows],
        "heads": [words.word("project_kind", kind) for kind in rules.Kind],
        "drawing": drawn({area.pk: (area, n, 3, _of_place(area)) for area, _held, n in rows}),
    }
    return render(request, "projects/map.html", context)


def _of_place(area: Area) -> str:
    return f"{reverse('projects')}?{urlencode({'place': place_as_typed(area)})}"


@require_GET
@door.open_to(VIEW)
def project(request: door.Request, pk: int) -> HttpResponse:
    """A project: what, where, by whom, for whom, how far, before and after."""
    page = queries.project_page(request.access, pk)
    deeds = [(what, deed.title) for what, deed in DEEDS.items() if page.may_work and deed.is_open(page)]
    by_phase = [
        (words.word("photo_phase", phase), [photo for photo in page.photos if photo.phase == phase])
        for phase in rules.Phase
    ]
    context = {
        "page": page,
        "project": page.project,
        "deeds": deeds,
        "phases": [(label, photos) for label, photos in by_phase if photos],
        **funding.context_for(request.access, For.PROJECT, pk),
        "story": project_story.story(page, door.now().date()),
        "steps": project_story.way(page),
    }
    return render(request, "projects/one.html", context)


@require_http_methods(["GET", "POST"])
@door.open_to(WORK)
def new(request: door.Request) -> HttpResponse:
    """Plan a project."""
    form = forms.PlanForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            made = actions.plan_project(form.draft(), by=request.access, at=door.now())
            return redirect("project", pk=made.pk)
    return form_page(request, form, _("Plan a project"), _("Plan it"), reverse("projects"))


@dataclass(frozen=True)
class Deed:
    """Something that can be done to a project."""

    form: type[forms.DeedForm]
    title: str | Promise
    is_open: Callable[[queries.ProjectPage], bool] = lambda _page: True


DEEDS: dict[str, Deed] = {
    "reach": Deed(forms.ReachForm, gettext_lazy("A milestone is done"), lambda page: bool(page.open_steps)),
    "milestone": Deed(forms.MilestoneForm, gettext_lazy("Add a milestone")),
    "photo": Deed(forms.PhotoForm, gettext_lazy("Add a photo")),
    "served": Deed(forms.ServedForm, gettext_lazy("People served")),
    "figure": Deed(forms.FigureForm, gettext_lazy("Before and after")),
    "pay": Deed(forms.PayForm, gettext_lazy("Note a payment")),
    "move": Deed(
        forms.MoveForm,
        gettext_lazy("Change its state"),
        lambda page: page.project.state in {rules.State.PLANNED, rules.State.RUNNING},
    ),
}


@require_http_methods(["GET", "POST"])
@door.open_to(WORK)
def deed(request: door.Request, pk: int, what: str) -> HttpResponse:
    """One step of a project, by its form."""
    if what not in DEEDS:
        raise errors.NotFound()
    step = DEEDS[what]
    page = queries.project_page(request.access, pk)
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
            return redirect("project", pk=pk)
    return form_page(request, form, step.title, _("Note it"), reverse("project", args=[pk]), page.project.title)


@require_GET
@door.open_to(VIEW)
def photo(request: door.Request, pk: int, row: int, size: str) -> HttpResponse:
    """A photo, unsealed for this viewer; no browser keeps it."""
    response = HttpResponse(queries.photo(request.access, pk, row, size), content_type="image/jpeg")
    response["Cache-Control"] = "private, no-store"
    response["Content-Disposition"] = "inline"
    return response


@require_GET
@door.open_to(VIEW)
def five_w(request: door.Request) -> HttpResponse:
    """Who does what where, when and for whom: projects, lots of houses, courses, grants."""
    wanted, context = _narrowed(request)
    lines = list(islice(queries.five_w(request.access, wanted, today=door.now().date()), MOST_LINES))
    return render(request, "projects/five_w.html", {"lines": lines, "is_cut": len(lines) == MOST_LINES, **context})


@require_http_methods(["GET", "POST"])
@door.open_to(WORK)
def export(request: door.Request) -> HttpResponse:
    """Ask for the 5W table as a file, as it is narrowed in the address."""
    wanted, _context = _narrowed(request)
    form = ExportForm(request.POST or None)
    as_csv = request.GET.get("as") == "csv"
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            purpose = form.cleaned_data["purpose"]
            actions.ask_five_w(wanted, as_csv=as_csv, purpose=purpose, by=request.access, at=door.now())
            messages.success(request, _("The list is being made. It will stand here."))
            return redirect("exports")
    return form_page(request, form, _("Export the 5W table"), _("Export"), reverse("five_w"))
