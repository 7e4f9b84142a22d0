"""Lists that leave the office: asked for with a purpose, made by a job, fetched while the right to them lasts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from streha.accounts.rules import Action
from streha.people import queries
from streha.people.exports import actions
from streha.people.exports.models import ExportFile
from streha.web import door, jobs, words
from streha.web import people as people_pages

RIGHTS = tuple(dict.fromkeys(actions.RIGHTS.values()))
TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
    ".csv": "text/csv",
}


class ExportForm(forms.Form):
    """What the list is for."""

    purpose = forms.CharField(label=gettext_lazy("What is the list for?"), max_length=60)


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PERSON_EXPORT)
def ask(request: door.Request) -> HttpResponse:
    """Ask for the list of people as it is narrowed in the address."""
    area_id, area, _unknown = people_pages.narrowed_by_place(request)
    sex = request.GET.get("sex", "")
    narrowed = queries.PersonFilter(
        area_id=area_id, sex=sex if sex in words.WORDS["sex"] else "", ended=request.GET.get("ended") == "1"
    )
    form = ExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            actions.ask(narrowed, purpose=form.cleaned_data["purpose"], by=request.access, at=door.now())
            messages.success(request, _("The list is being made. It will stand here."))
            return redirect("exports")
    context = {"form": form, "area": area, "narrowed": narrowed}
    return render(request, "exports/ask.html", context, status=422 if form.is_bound else 200)


@require_GET
@door.open_to(*RIGHTS)
def exports(request: door.Request) -> HttpResponse:
    """The viewer's own lists, newest first."""
    mine = ExportFile.objects.filter(asked_by_id=request.access.user_id or 0).select_related("job").order_by("-pk")[:50]
    rows = [(one, jobs.shown(one.job) if one.job and one.job.is_open else None) for one in mine]
    return render(request, "exports/list.html", {"exports": rows})


@require_GET
@door.open_to(*RIGHTS)
def fetch(request: door.Request, pk: int) -> HttpResponse:
    """The file; fetching it is on record."""
    name, clear = actions.fetch(pk, by=request.access, at=door.now())
    response = HttpResponse(clear, content_type=TYPES[PurePath(name).suffix])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def ask_page(
    request: door.Request, ask_for: Callable[[str], object], *, title: str, sub: str, back: str, button: str = ""
) -> HttpResponse:
    """Ask what a list is for, and have it made: ``ask_for`` is told the purpose."""
    form = ExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            ask_for(form.cleaned_data["purpose"])
            messages.success(request, _("The list is being made. It will stand here."))
            return redirect("exports")
    context = {"form": form, "title": title, "sub": sub, "button": button or _("Make the list"), "back": back}
    return render(request, "exports/ask_list.html", context, status=422 if form.errors else 200)
