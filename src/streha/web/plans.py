"""The plan of a case: goals and visits added, settled and told of; and the agenda of visits."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from streha.accounts.rules import Action
from streha.cases import queries
from streha.cases.plans import actions, rules
from streha.cases.plans import queries as plans
from streha.common import errors
from streha.web import door
from streha.web.forms import plans as forms


@require_GET
@door.open_to(Action.CASE_VIEW)
def visits(request: door.Request) -> HttpResponse:
    """Planned visits: one's own, or all that are visible."""
    at, told = door.now(), request.GET
    is_own = told.get("whose") != "all"
    page = plans.visits_page(
        request.access, is_own=is_own, is_late=told.get("late") == "1", today=at.date(), after=told.get("after", "")
    )
    queries.note_look(request.access, [visit.case for visit in page.rows], where="visits", at=at)
    return render(request, "cases/visits.html", {"page": page, "today": at.date(), "filters": told, "is_own": is_own})


@require_http_methods(["GET", "POST"])
@door.open_to(Action.CASE_WORK)
def add(request: door.Request, pk: int, what: str) -> HttpResponse:
    """A goal or a visit is planned, or the plan agreed on."""
    at = door.now()
    page = queries.case_page(request.access, pk, at=at)
    form: Any
    if what == "goal":
        form, title, button = forms.GoalForm(request.POST or None), _("Plan a goal"), _("Plan it")
    elif what == "visit":
        owners = queries.owners_for(request.access, page.case)
        form = forms.VisitForm(request.POST or None, page=page, owners=owners)
        title, button = _("Plan a visit"), _("Plan it")
    elif what == "agree":
        form = forms.AgreeForm(request.POST or None, initial={"agreed_on": at.date()})
        title, button = _("The person agrees to the plan"), _("Note it")
    else:
        raise errors.NotFound()
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            if what == "goal":
                actions.plan_goal(pk, form.draft(), by=request.access, at=at)
            elif what == "visit":
                actions.plan_visit(pk, form.draft(), by=request.access, at=at)
            else:
                actions.agree_plan(pk, form.cleaned_data["agreed_on"], by=request.access, at=at)
            messages.success(request, _("Noted."))
            return redirect("case", pk=pk)
    return _form_page(request, page, form, title, button)


@require_http_methods(["GET", "POST"])
@door.open_to(Action.CASE_WORK)
def settle(request: door.Request, pk: int, row: int) -> HttpResponse:
    """A goal is reached or dropped."""
    at = door.now()
    page = queries.case_page(request.access, pk, at=at)
    line = next((g for g in plans.plan_of(page.case, at.date()).goals if g.goal.pk == row), None)
    if line is None:
        raise errors.NotFound()
    form = forms.SettleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        with door.errors_into(form):
            actions.settle_goal(row, rules.GoalState(told["state"]), note=told["note"], by=request.access, at=at)
            messages.success(request, _("Noted."))
            return redirect("case", pk=pk)
    return _form_page(request, page, form, _("How the goal ended"), _("Note it"), line.text)


@require_http_methods(["GET", "POST"])
@door.open_to(Action.CASE_WORK)
def report(request: door.Request, pk: int, row: int) -> HttpResponse:
    """A visit was made, or not: what was found, and who came."""
    at = door.now()
    page = queries.case_page(request.access, pk, at=at)
    line = next((v for v in plans.plan_of(page.case, at.date()).visits if v.visit.pk == row), None)
    if line is None:
        raise errors.NotFound()
    form = forms.ReportForm(request.POST or None, line=line)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            if form.cleaned_data["state"] == rules.VisitState.DONE:
                actions.report_visit(row, form.told(), by=request.access, at=at)
            else:
                actions.cancel_visit(row, form.cleaned_data["report"], by=request.access, at=at)
            messages.success(request, _("Noted."))
            return redirect("case", pk=pk)
    return _form_page(request, page, form, _("Tell of the visit"), _("Keep the report"))


def _form_page(  # noqa: PLR0917 - one line a call
    request: door.Request, page: queries.CasePage, form: Any, title: str, button: str, lead: str = ""
) -> HttpResponse:
    context = {"form": form, "page": page, "case": page.case, "title": title, "button": button, "lead": lead}
    return render(request, "cases/deed.html", context, status=422 if form.is_bound and form.errors else 200)
