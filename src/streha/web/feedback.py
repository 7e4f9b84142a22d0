"""Feedback and complaints: the list, one with its story and clock, every step, figures, clocks; sensitive reports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from streha.accounts.rules import Access, Action
from streha.cases.feedback import actions, bridge, queries, rules
from streha.cases.feedback.queries import FEEDBACK, REPORTS, Drawer
from streha.common import errors
from streha.common.codes import FieldClass
from streha.web import door, words
from streha.web.exports import ExportForm
from streha.web.forms import feedback as forms
from streha.web.forms.cases import spoken
from streha.web.forms.days import Day
from streha.web.people import narrowed_by_place

TONES = {
    rules.Standing.ON_TRACK: "ok",
    rules.Standing.AT_RISK: "warn",
    rules.Standing.BREACHED: "bad",
    rules.Standing.STOPPED: "quiet",
}
YEAR = dt.timedelta(days=365)


# --- lists ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """An entry of a list with how its clock stands."""

    entry: Any
    standing: rules.Standing

    @property
    def tone(self) -> str:
        """The colour of the standing, always beside its word."""
        return TONES[self.standing]


def _row(entry: Any, today: dt.date) -> Row:
    return Row(entry, rules.standing(entry.state, due_on=entry.due_on, risk_on=entry.risk_on, today=today))


def _narrowed(request: door.Request) -> tuple[queries.EntryFilter, Any, str]:
    area_id, area, unknown = narrowed_by_place(request)
    told = request.GET
    channel, standing = told.get("channel", ""), told.get("standing", "")
    return (
        queries.EntryFilter(
            category=told.get("category", "")[:30],
            channel=channel if channel in words.WORDS["channel"] else "",
            standing=standing if standing in words.WORDS["standing"] else "",
            owner=told.get("owner", "")[:10],
            closed=told.get("state") == "closed",
            area_id=area_id,
        ),
        area,
        unknown,
    )


def _listed(request: door.Request, drawer: Drawer) -> dict[str, Any]:
    at = door.now()
    wanted, area, unknown = _narrowed(request)
    page = queries.entries_page(drawer, request.access, wanted, today=at.date(), after=request.GET.get("after", ""))
    queries.note_look(request.access, page.rows, where=drawer.kind, verb="listed", at=at)
    return {
        "page": page,
        "rows": [_row(entry, at.date()) for entry in page.rows],
        "area": area,
        "unknown_place": unknown,
        "filters": request.GET,
        "categories": forms.categories(sensitive=drawer is REPORTS),
        "channels": words.options("channel"),
        "standings": words.options("standing"),
        "is_sensitive": drawer is REPORTS,
    }


@require_GET
@door.open_to(Action.FEEDBACK_VIEW)
def feedback(request: door.Request) -> HttpResponse:
    """Feedback visible to the viewer, due first, narrowed by what stands in the address."""
    context = _listed(request, FEEDBACK) | {"own": reverse("feedback")}
    return render(request, "feedback/list.html", context)


@require_GET
@door.open_to(Action.FEEDBACK_SENSITIVE)
def reports(request: door.Request) -> HttpResponse:
    """Sensitive reports, for who handles them."""
    context = _listed(request, REPORTS) | {"own": reverse("reports")}
    return render(request, "feedback/list.html", context)


@require_http_methods(["GET", "POST"])
@door.open_to(Action.FEEDBACK_EXPORT)
def export(request: door.Request) -> HttpResponse:
    """Ask for the list of feedback as it is narrowed in the address."""
    wanted, _area, _unknown = _narrowed(request)
    form = ExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            actions.ask_export(wanted, purpose=form.cleaned_data["purpose"], by=request.access, at=door.now())
            messages.success(request, _("The list is being made. It will stand here."))
            return redirect("exports")
    context = {
        "form": form,
        "title": _("Export a list of feedback"),
        "sub": _("The list holds days and codes, no words and no names. It ends when your right to it ends."),
        "button": _("Make the list"),
        "back": reverse("feedback"),
    }
    return render(request, "feedback/form.html", context, status=_status(form))


# --- taking in --------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@door.open_to(Action.FEEDBACK_ENTER)
def enter(request: door.Request) -> HttpResponse:
    """Take in what somebody told the office; something sensitive goes to protection staff alone."""
    at = door.now()
    asked = {name: request.GET.get(name, "")[:20] for name in ("person", "household", "case", "home")}
    form = forms.EnterForm(request.POST or None, access=request.access, initial={"received_on": at.date(), **asked})
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            kept = actions.enter(form.draft(), by=request.access, at=at)
            if kept is None:
                messages.success(
                    request,
                    _("It is with protection staff now. Tell nobody about it; you will not find it in the lists."),
                )
                return redirect("feedback" if request.access.allows(Action.FEEDBACK_VIEW) else "today")
            messages.success(request, _("%(number)s is taken in.") % {"number": kept.number})
            if request.access.allows(Action.FEEDBACK_VIEW):
                return redirect("feedback_one", pk=kept.pk)
            return redirect("today")
    context = {"form": form, "has_clocks": bool(queries.clocks())}
    return render(request, "feedback/enter.html", context, status=_status(form))


def _status(form: Any) -> int:
    return 422 if form.is_bound and form.errors else 200


# --- one of them ------------------------------------------------------------------------------------------------------


def _one(request: door.Request, drawer: Drawer, pk: int) -> HttpResponse:
    at = door.now()
    page = queries.entry_page(drawer, request.access, pk, at=at)
    context = {
        "page": page,
        "entry": page.entry,
        "tone": TONES[page.standing],
        "is_sensitive": drawer is REPORTS,
        "knows_health": FieldClass.HEALTH in page.classes,
        "do": "report_do" if drawer is REPORTS else "feedback_do",
        "may_hand_over": drawer is FEEDBACK and page.may_work,
    }
    return render(request, "feedback/one.html", context)


@require_GET
@door.open_to(Action.FEEDBACK_VIEW)
def one(request: door.Request, pk: int) -> HttpResponse:
    """What was said, by when it is answered, what happened, and what can be done."""
    return _one(request, FEEDBACK, pk)


@require_GET
@door.open_to(Action.FEEDBACK_SENSITIVE)
def report(request: door.Request, pk: int) -> HttpResponse:
    """A sensitive report."""
    return _one(request, REPORTS, pk)


@dataclass(frozen=True)
class Deed:
    """Something that can be done: its form, what it is called, and the action it becomes."""

    form: type[forms.DeedForm]
    title: str | Promise
    button: str | Promise
    done: str | Promise
    do: Callable[[Drawer, int, Any, Access, dt.datetime], Any]
    ends: bool = False  # nothing is left to look at


def _acknowledge(drawer: Drawer, pk: int, form: Any, by: Access, at: dt.datetime) -> None:
    told = form.cleaned_data
    actions.acknowledge(drawer, pk, text=told["text"], on=told["on"], revision=told["revision"], by=by, at=at)


def _answer(drawer: Drawer, pk: int, form: Any, by: Access, at: dt.datetime) -> None:
    told = form.cleaned_data
    outcome = rules.Outcome(told["outcome"])
    actions.answer(drawer, pk, outcome, told["text"], on=told["on"], revision=told["revision"], by=by, at=at)


def _close(drawer: Drawer, pk: int, form: Any, by: Access, at: dt.datetime) -> None:
    told = form.cleaned_data
    actions.close(drawer, pk, form.told(), text=told["text"], revision=told["revision"], by=by, at=at)


def _reopen(drawer: Drawer, pk: int, form: Any, by: Access, at: dt.datetime) -> None:
    told = form.cleaned_data
    actions.reopen(drawer, pk, told["reason"], revision=told["revision"], by=by, at=at)


def _note(drawer: Drawer, pk: int, form: Any, by: Access, at: dt.datetime) -> None:
    actions.note(drawer, pk, form.cleaned_data["text"], by=by, at=at)


def _assign(drawer: Drawer, pk: int, form: Any, by: Access, at: dt.datetime) -> None:
    told = form.cleaned_data
    actions.assign(drawer, pk, told["owner"], revision=told["revision"], by=by, at=at)


def _protection(_drawer: Drawer, pk: int, form: Any, by: Access, at: dt.datetime) -> None:
    told = form.cleaned_data
    actions.hand_to_protection(pk, told["category"], revision=told["revision"], by=by, at=at)


def _remove(drawer: Drawer, pk: int, form: Any, by: Access, at: dt.datetime) -> None:
    actions.remove(drawer, pk, revision=form.cleaned_data["revision"], by=by, at=at)


DEEDS: dict[str, Deed] = {
    "acknowledge": Deed(
        forms.AcknowledgeForm,
        gettext_lazy("Acknowledge"),
        gettext_lazy("It was acknowledged"),
        gettext_lazy("Acknowledged."),
        _acknowledge,
    ),
    "answer": Deed(
        forms.AnswerForm,
        pgettext_lazy("feedback", "Answer"),
        gettext_lazy("Keep the answer"),
        gettext_lazy("Answered. Tell whoever asked, then close it."),
        _answer,
    ),
    "close": Deed(
        forms.CloseForm,
        gettext_lazy("Say that they were told"),
        pgettext_lazy("feedback", "Close"),
        gettext_lazy("Closed. It can be opened again."),
        _close,
    ),
    "reopen": Deed(
        forms.ReopenForm,
        gettext_lazy("Open it again"),
        gettext_lazy("Open it again"),
        gettext_lazy("It is open again."),
        _reopen,
    ),
    "note": Deed(
        forms.NoteForm, gettext_lazy("Add a note"), gettext_lazy("Keep the note"), gettext_lazy("Noted."), _note
    ),
    "assign": Deed(
        forms.AssignForm,
        gettext_lazy("Give it an owner"),
        gettext_lazy("Give it"),
        gettext_lazy("It has another owner."),
        _assign,
    ),
    "protection": Deed(
        forms.ProtectionForm,
        gettext_lazy("Hand it to protection staff"),
        gettext_lazy("Hand it over"),
        gettext_lazy("It is with protection staff now. Tell nobody about it; you will not find it in the lists."),
        _protection,
        ends=True,
    ),
    "remove": Deed(
        forms.RemoveForm,
        gettext_lazy("Remove it"),
        gettext_lazy("Remove it for good"),
        gettext_lazy("It is gone."),
        _remove,
        ends=True,
    ),
}


def _deed(request: door.Request, drawer: Drawer, pk: int, what: str) -> HttpResponse:
    at = door.now()
    page = queries.entry_page(drawer, request.access, pk, at=at)
    chosen = DEEDS.get(what)
    if chosen is None or (what == "protection" and drawer is REPORTS):
        raise errors.NotFound()
    back = reverse("report" if drawer is REPORTS else "feedback_one", args=[pk])
    form = chosen.form(request.POST or None, page=page, today=at.date())
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            chosen.do(drawer, pk, form, request.access, at)
            messages.success(request, str(chosen.done))
            if chosen.ends:
                return redirect("reports" if drawer is REPORTS else "feedback")
            return redirect(back)
    sub = f"{page.entry.number} · {page.entry.clock.label.said_in(spoken())}"
    context = {"form": form, "title": chosen.title, "button": chosen.button, "back": back, "sub": sub}
    return render(request, "feedback/form.html", context, status=_status(form))


@require_http_methods(["GET", "POST"])
@door.open_to(Action.FEEDBACK_WORK)
def deed(request: door.Request, pk: int, what: str) -> HttpResponse:
    """One step of a feedback: its form, and the step itself."""
    return _deed(request, FEEDBACK, pk, what)


@require_http_methods(["GET", "POST"])
@door.open_to(Action.FEEDBACK_SENSITIVE)
def report_deed(request: door.Request, pk: int, what: str) -> HttpResponse:
    """One step of a sensitive report."""
    return _deed(request, REPORTS, pk, what)


# --- figures ----------------------------------------------------------------------------------------------------------


@require_GET
@door.open_to(Action.FEEDBACK_VIEW)
def figures(request: door.Request) -> HttpResponse:
    """How feedback of a period was dealt with, by channel, category and state, and by groups of people."""
    today = door.now().date()
    until, since = _period(request, today)
    area_id, area, unknown = narrowed_by_place(request)
    found = queries.figures(request.access, since, until, today=today, area_id=area_id)
    names = [name for name in bridge.GROUPS if name != "disability" or _knows_health(request.access)]
    groups: dict[str, list[bridge.GroupFigure]] = {}
    for line in bridge.by_group(found.rows, names, today):
        groups.setdefault(line.dimension, []).append(line)
    context = {
        "figures": found,
        "groups": [(_grouping(name), GROUP_WORDS[name], lines) for name, lines in groups.items()],
        "since": since,
        "until": until,
        "area": area,
        "unknown_place": unknown,
        "filters": request.GET,
        "shares": _shares(found.all),
        "unverified": any(not clock.verified_by for clock, _n in found.by_category),
    }
    return render(request, "feedback/figures.html", context)


GROUP_WORDS = {"sex": "sex", "age_group": "age_group", "disability": "feedback_disability"}


def _grouping(name: str) -> str:
    return {"sex": _("By sex"), "age_group": _("By age"), "disability": _("By disability")}[name]


def _shares(timely: queries.Timely) -> list[tuple[str, int, int, float | None]]:
    """Three shares, each with what it is of."""
    return [
        (label, number, of, number / of if of else None)
        for label, number, of in (
            (_("Acknowledged in time"), timely.acknowledged, timely.acknowledged_of),
            (_("Answered in time"), timely.answered, timely.answered_of),
            (_("Told the outcome, of those closed"), timely.told, timely.told_of),
        )
    ]


def _knows_health(access: Access) -> bool:
    """Whether health may be read wherever feedback is seen."""
    reads = access.reads(Action.FEEDBACK_VIEW).values()
    return bool(reads) and all(FieldClass.HEALTH in classes for classes in reads)


def _period(request: door.Request, today: dt.date) -> tuple[dt.date, dt.date]:
    """Until and since, as typed; a year back where nothing or nonsense was."""
    field = Day(required=False)
    typed: list[dt.date | None] = []
    for name in ("until", "since"):
        try:
            typed.append(field.clean(request.GET.get(name, "")[:20]))
        except ValidationError:
            typed.append(None)
    until = typed[0] or today
    return until, typed[1] or until - YEAR


# --- categories and clocks --------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@door.open_to(Action.FEEDBACK_VIEW, Action.FEEDBACK_CLOCKS)
def clocks(request: door.Request) -> HttpResponse:
    """Every category with its days, source and who has checked it; a day on which the office is closed is noted."""
    may_change = request.access.allows(Action.FEEDBACK_CLOCKS)
    form = forms.ClosedDayForm(request.POST or None)
    if request.method == "POST" and "load" in request.POST:
        actions.load_clocks(by=request.access, at=door.now())
        messages.success(request, _("The categories are here. None is verified yet: look at each before it is used."))
        return redirect("feedback_clocks")
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            told = form.cleaned_data
            actions.close_day(told["day"], told["name"], source=told["source"], by=request.access, at=door.now())
            return redirect("feedback_clocks")
    context = {"clocks": queries.clocks(), "closed": sorted(queries.closed_days()), "form": form}
    return render(request, "feedback/clocks.html", context | {"may_change": may_change}, status=_status(form))


@require_http_methods(["GET", "POST"])
@door.open_to(Action.FEEDBACK_CLOCKS)
def change_clock(request: door.Request, code: str) -> HttpResponse:
    """A new version of a category, or a new category."""
    row = None if code == "new" else queries.newest_clock(code)
    form = forms.ClockForm(request.POST or None, initial=forms.ClockForm.initial_of(row) if row else None)
    if row is not None:
        form.fields["code"].widget.attrs["readonly"] = True
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            actions.change_clock(form.draft(), number=form.cleaned_data["number"], by=request.access, at=door.now())
            messages.success(request, _("It holds for what is taken in from now on."))
            return redirect("feedback_clocks")
    context = {
        "form": form,
        "title": _("Category of feedback"),
        "button": _("Keep it"),
        "back": reverse("feedback_clocks"),
    }
    return render(request, "feedback/form.html", context, status=_status(form))
