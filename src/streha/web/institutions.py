"""Institutions: who the office works with, their contacts, meetings with minutes and tasks, and training given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from streha.accounts.rules import Access, Action
from streha.common import errors, numbers
from streha.institutions import actions, queries, rules
from streha.web import door, words
from streha.web.exports import ExportForm
from streha.web.forms import institutions as forms
from streha.web.people import narrowed_by_place
from streha.web.templatetags.streha import place_name

YEAR = dt.timedelta(days=365)
VIEW, WORK = Action.INSTITUTION_VIEW, Action.INSTITUTION_WORK


def _form(  # noqa: PLR0917 - one line a call
    request: door.Request, form: Any, title: object, button: object, back: str, sub: str = ""
) -> HttpResponse:
    """The page of one form."""
    context = {"form": form, "title": title, "button": button, "back": back, "sub": sub}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "institutions/form.html", context, status=status)


# --- institutions -----------------------------------------------------------------------------------------------------


@require_GET
@door.open_to(VIEW)
def institutions(request: door.Request) -> HttpResponse:
    """Institutions by name, narrowed by what stands in the address."""
    area_id, _area, unknown = narrowed_by_place(request)
    told = request.GET
    kind = told.get("kind", "")
    wanted = queries.InstitutionFilter(
        kind=kind if kind in words.WORDS["institution_kind"] else "",
        text=told.get("q", "").strip()[:120],
        area_id=area_id,
        ended=told.get("ended") == "1",
    )
    page = queries.institutions_page(request.access, wanted, after=told.get("after", "")[:200])
    context = {"page": page, "filters": told, "kinds": words.options("institution_kind"), "unknown_place": unknown}
    return render(request, "institutions/list.html", context)


@require_GET
@door.open_to(VIEW)
def institution(request: door.Request, pk: int) -> HttpResponse:
    """An institution, who speaks for it, and what was done with it."""
    page = queries.institution_page(request.access, pk, at=door.now())
    return render(request, "institutions/one.html", {"page": page, "institution": page.institution})


@require_http_methods(["GET", "POST"])
@door.open_to(WORK)
def new(request: door.Request) -> HttpResponse:
    """Add an institution."""
    form = forms.InstitutionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            row = actions.add_institution(form.draft(), by=request.access, at=door.now())
            return redirect("institution", pk=row.pk)
    return _form(request, form, _("Add an institution"), _("Add it"), reverse("institutions"))


@require_http_methods(["GET", "POST"])
@door.open_to(WORK)
def change(request: door.Request, pk: int) -> HttpResponse:
    """Change an institution."""
    row = queries.visible_institution(request.access, pk)
    names = ("version", "name", "name_sr", "name_en", "kind", "note")
    initial = {name: getattr(row, name) for name in names} | {"area": place_name(row.area) if row.area else ""}
    form = forms.InstitutionForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            version = form.cleaned_data["version"]
            actions.change_institution(pk, form.draft(), version=version, by=request.access, at=door.now())
            return redirect("institution", pk=pk)
    return _form(request, form, _("Change the institution"), _("Keep it"), reverse("institution", args=[pk]), row.name)


@require_POST
@door.open_to(WORK)
def end(request: door.Request, pk: int) -> HttpResponse:
    """The institution is no longer worked with."""
    row = queries.visible_institution(request.access, pk)
    actions.end_institution(pk, version=row.version, by=request.access, at=door.now())
    messages.success(request, _("It is no longer worked with. What was done stays."))
    return redirect("institutions")


@require_http_methods(["GET", "POST"])
@door.open_to(WORK)
def contact_new(request: door.Request, pk: int) -> HttpResponse:
    """Note who speaks for an institution."""
    row = queries.visible_institution(request.access, pk)
    form = forms.ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            draft = rules.ContactDraft(**form.cleaned_data)
            actions.add_contact(pk, draft, by=request.access, at=door.now())
            return redirect("institution", pk=pk)
    return _form(request, form, _("Add a contact"), _("Add them"), reverse("institution", args=[pk]), row.name)


@require_POST
@door.open_to(WORK)
def contact_end(request: door.Request, pk: int, row: int) -> HttpResponse:
    """A contact ends, or is forgotten."""
    if request.POST.get("how") == "forget":
        actions.forget_contact(row, by=request.access, at=door.now())
        messages.success(request, _("Nothing of the contact is left."))
    else:
        actions.end_contact(row, by=request.access, at=door.now())
    return redirect("institution", pk=pk)


# --- bodies and meetings ----------------------------------------------------------------------------------------------


@require_GET
@door.open_to(VIEW)
def meetings(request: door.Request) -> HttpResponse:
    """Meetings, the latest first, and the bodies that meet."""
    body = request.GET.get("body", "")
    bodies = queries.bodies(request.access)
    page = queries.meetings_page(request.access, body_id=numbers.whole(body), after=request.GET.get("after", "")[:60])
    tasks = [(t, rules.how_due(t.due_on, door.now().date())) for t in queries.own_tasks(request.access)[:20]]
    context = {"page": page, "bodies": bodies, "filters": request.GET, "tasks": tasks}
    return render(request, "institutions/meetings.html", context)


@require_http_methods(["GET", "POST"])
@door.open_to(WORK)
def body_new(request: door.Request) -> HttpResponse:
    """Form a working group, a task force or a commission."""
    form = forms.BodyForm(request.POST or None, access=request.access)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            row = actions.form_body(form.draft(), by=request.access, at=door.now())
            return redirect(reverse("meetings") + f"?body={row.pk}")
    return _form(request, form, _("Who meets"), _("Keep it"), reverse("meetings"))


@require_http_methods(["GET", "POST"])
@door.open_to(WORK)
def meeting_new(request: door.Request) -> HttpResponse:
    """Call a meeting."""
    bodies = queries.bodies(request.access)
    form = forms.MeetingForm(request.POST or None, bodies=bodies, initial={"body": request.GET.get("body", "")[:12]})
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            row = actions.call_meeting(form.draft(), by=request.access, at=door.now())
            return redirect("meeting", pk=row.pk)
    return _form(request, form, _("Call a meeting"), _("Call it"), reverse("meetings"))


@require_GET
@door.open_to(VIEW)
def meeting(request: door.Request, pk: int) -> HttpResponse:
    """A meeting: agenda, who was there, minutes, tasks."""
    page = queries.meeting_page(request.access, pk, at=door.now())
    context = {"page": page, "meeting": page.meeting, "may_end": request.access.user_id}
    return render(request, "institutions/meeting.html", context)


@dataclass(frozen=True)
class Deed:
    """Something that can be done to a meeting: its form, what it is called, and the action it becomes."""

    form: type[forms.DeedForm]
    title: str | Promise
    button: str | Promise
    do: Callable[[int, Any, Access, dt.datetime], Any]


def _agenda(pk: int, form: Any, by: Access, at: dt.datetime) -> None:
    told = form.cleaned_data
    actions.change_agenda(pk, told["agenda"].splitlines(), revision=told["revision"], by=by, at=at)


def _participants(pk: int, form: Any, by: Access, at: dt.datetime) -> None:
    told = form.cleaned_data
    actions.add_participants(
        pk,
        contact_ids=told["contacts"],
        user_ids=told["users"],
        institution_ids=told["institutions"],
        revision=told["revision"],
        by=by,
        at=at,
    )


def _minutes(pk: int, form: Any, by: Access, at: dt.datetime) -> None:
    told = form.cleaned_data
    actions.write_minutes(pk, told["text"], conclusions=form.conclusions(), revision=told["revision"], by=by, at=at)


def _task(pk: int, form: Any, by: Access, at: dt.datetime) -> None:
    told = form.cleaned_data
    draft = rules.TaskDraft(told["title"], told["owner"], told["due_on"])
    actions.give_task(pk, draft, revision=told["revision"], by=by, at=at)


def _cancel(pk: int, form: Any, by: Access, at: dt.datetime) -> None:
    actions.cancel_meeting(pk, revision=form.cleaned_data["revision"], by=by, at=at)


DEEDS: dict[str, Deed] = {
    "agenda": Deed(forms.AgendaForm, gettext_lazy("Change the agenda"), gettext_lazy("Keep it"), _agenda),
    "participants": Deed(
        forms.ParticipantsForm, gettext_lazy("Who was there"), gettext_lazy("They were there"), _participants
    ),
    "minutes": Deed(forms.MinutesForm, gettext_lazy("Write the minutes"), gettext_lazy("Keep the minutes"), _minutes),
    "task": Deed(forms.TaskForm, gettext_lazy("Give a task"), gettext_lazy("Give it"), _task),
    "cancel": Deed(forms.CancelForm, gettext_lazy("Cancel the meeting"), gettext_lazy("It is cancelled"), _cancel),
}


@require_http_methods(["GET", "POST"])
@door.open_to(WORK)
def meeting_deed(request: door.Request, pk: int, what: str) -> HttpResponse:
    """One step of a meeting: its form, and the step itself."""
    at = door.now()
    page = queries.meeting_page(request.access, pk, at=at)
    chosen = DEEDS.get(what)
    if chosen is None:
        raise errors.NotFound()
    form = chosen.form(request.POST or None, page=page, access=request.access)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            chosen.do(pk, form, request.access, at)
            return redirect("meeting", pk=pk)
    sub = f"{page.meeting.body} · {page.meeting.number}"
    return _form(request, form, chosen.title, chosen.button, reverse("meeting", args=[pk]), sub)


@require_http_methods(["GET", "POST"])
@door.open_to(VIEW)
def task_end(request: door.Request, pk: int) -> HttpResponse:
    """A task is done, or dropped."""
    form = forms.EndTaskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            told = form.cleaned_data
            state = rules.TaskState(told["state"])
            actions.end_task(pk, state, note=told["note"], by=request.access, at=door.now())
            messages.success(request, _("Noted."))
            return redirect("meetings")
    return _form(request, form, _("A task ends"), _("Keep it"), reverse("meetings"))


# --- training ---------------------------------------------------------------------------------------------------------


@require_GET
@door.open_to(VIEW)
def trainings(request: door.Request) -> HttpResponse:
    """Training given, the latest first, and how many it reached in a year."""
    today = door.now().date()
    page = queries.trainings_page(request.access, after=request.GET.get("after", "")[:60])
    context = {"page": page, "sums": queries.sums(request.access, today - YEAR, today)}
    return render(request, "institutions/trainings.html", context)


@require_GET
@door.open_to(VIEW)
def training(request: door.Request, pk: int) -> HttpResponse:
    """A training, and who was reached."""
    row = queries.visible_training(request.access, pk)
    may_work = queries.carries(request.access, WORK, row)
    context = {"training": row, "reached": queries.reached(row), "may_work": may_work}
    return render(request, "institutions/training.html", context)


@require_http_methods(["GET", "POST"])
@door.open_to(WORK)
def training_new(request: door.Request) -> HttpResponse:
    """Note a training that was given."""
    form = forms.TrainingForm(request.POST or None, access=request.access)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            row = actions.note_training(form.draft(), by=request.access, at=door.now())
            return redirect("training", pk=row.pk)
    return _form(request, form, _("Note a training"), _("Keep it"), reverse("trainings"))


@require_http_methods(["GET", "POST"])
@door.open_to(WORK)
def training_change(request: door.Request, pk: int) -> HttpResponse:
    """Correct a training."""
    row = queries.visible_training(request.access, pk)
    form = forms.TrainingForm(request.POST or None, access=request.access, initial=forms.TrainingForm.initial_of(row))
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            version = form.cleaned_data["version"]
            actions.change_training(pk, form.draft(), version=version, by=request.access, at=door.now())
            return redirect("training", pk=pk)
    return _form(request, form, _("Correct the training"), _("Keep it"), reverse("training", args=[pk]), row.title)


@require_http_methods(["GET", "POST"])
@door.open_to(WORK)
def export(request: door.Request) -> HttpResponse:
    """Ask for the list of training."""
    form = ExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            actions.ask_export(purpose=form.cleaned_data["purpose"], by=request.access, at=door.now())
            messages.success(request, _("The list is being made. It will stand here."))
            return redirect("exports")
    return _form(request, form, _("Export a list of training"), _("Make the list"), reverse("trainings"))
