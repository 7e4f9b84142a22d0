"""Work: what the person of a case can do, vacancies, and which of the two meet, with every reason."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from streha.accounts.rules import Action
from streha.cases import queries as cases
from streha.cases.labour import actions, models, queries, rules
from streha.common import errors, numbers
from streha.web import door
from streha.web.forms import labour as forms
from streha.web.people import place_as_typed


@require_GET
@door.open_to(Action.CASE_VIEW)
def matches(request: door.Request, pk: int) -> HttpResponse:
    """Vacancies that the person of a case could take."""
    at = door.now()
    page = cases.case_page(request.access, pk, at=at)
    profile = queries.profile_of(page.case)
    found = queries.for_profile(profile, at.date()) if profile is not None else []
    context = {"page": page, "case": page.case, "profile": profile, "found": found, "skills": queries.skills()}
    return render(request, "labour/matches.html", context)


@require_http_methods(["GET", "POST"])
@door.open_to(Action.CASE_WORK)
def profile(request: door.Request, pk: int) -> HttpResponse:
    """Tell what the person of a case can do."""
    at = door.now()
    page = cases.case_page(request.access, pk, at=at)
    held = queries.profile_of(page.case)
    initial = {name: getattr(held, name) for name in ("free_from", "free_until", "goes_abroad", "within_km") if held}
    form = forms.ProfileForm(
        request.POST or None,
        initial=initial,
        skills=list(held.skills.all()) if held else (),
        languages=list(held.languages.all()) if held else (),
    )
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            actions.tell_profile(pk, form.draft(), by=request.access, at=at)
            messages.success(request, _("Noted."))
            return redirect("case_work", pk=pk)
    context = {"form": form, "case": page.case, "back": "case_work", "back_id": pk, "title": _("What they can do")}
    return render(request, "labour/form.html", context, status=_status(form))


@require_GET
@door.open_to(Action.CASE_VIEW)
def vacancies(request: door.Request) -> HttpResponse:
    """Vacancies, the newest first."""
    state = request.GET.get("state", "open")
    if state not in set(rules.VacancyState):
        state = rules.VacancyState.OPEN
    page = queries.vacancies_page(state, after=request.GET.get("after", ""))
    return render(request, "labour/list.html", {"page": page, "skills": queries.skills(), "state": state})


@require_GET
@door.open_to(Action.CASE_VIEW)
def vacancy(request: door.Request, pk: int) -> HttpResponse:
    """One vacancy, and whose skills meet it."""
    row = queries.vacancy(pk)
    found = queries.for_vacancy(request.access, row) if row.state == rules.VacancyState.OPEN else []
    queries.note_look(request.access, found, at=door.now())
    return render(request, "labour/vacancy.html", {"row": row, "found": found, "skills": queries.skills()})


@require_http_methods(["GET", "POST"])
@door.open_to(Action.VACANCY_CHANGE)
def new(request: door.Request) -> HttpResponse:
    """Register a vacancy."""
    form = forms.VacancyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            row = actions.register_vacancy(form.draft(), by=request.access, at=door.now())
            messages.success(request, _("The vacancy is open."))
            return redirect("vacancy", pk=row.pk)
    context = {"form": form, "back": "vacancies", "title": _("A vacancy")}
    return render(request, "labour/form.html", context, status=_status(form))


@require_http_methods(["GET", "POST"])
@door.open_to(Action.VACANCY_CHANGE)
def change(request: door.Request, pk: int) -> HttpResponse:
    """Change a vacancy."""
    row = queries.vacancy(pk)
    form = forms.VacancyForm(
        request.POST or None,
        initial=_initial_of(row),
        skills=list(row.skills.all()),
        languages=list(row.languages.all()),
    )
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            revision = form.cleaned_data["revision"] or 0
            actions.change_vacancy(pk, form.draft(), revision=revision, by=request.access, at=door.now())
            messages.success(request, _("Saved."))
            return redirect("vacancy", pk=pk)
    context = {"form": form, "back": "vacancy", "back_id": pk, "title": _("Change the vacancy")}
    return render(request, "labour/form.html", context, status=_status(form))


@require_POST
@door.open_to(Action.VACANCY_CHANGE)
def end(request: door.Request, pk: int) -> HttpResponse:
    """The vacancy is filled or withdrawn, or open again."""
    told, revision = request.POST.get("state", ""), numbers.whole(request.POST.get("revision", ""))
    if told not in set(rules.VacancyState) or revision is None:
        raise errors.BadInput(errors.message("Choose what became of the vacancy."))
    actions.end_vacancy(pk, rules.VacancyState(told), revision=revision, by=request.access, at=door.now())
    messages.success(request, _("Saved."))
    return redirect("vacancy", pk=pk)


def _status(form: Any) -> int:
    return 422 if form.is_bound and form.errors else 200


def _initial_of(row: models.Vacancy) -> dict[str, Any]:
    """A vacancy as its form shows it."""
    return {
        "title": row.title,
        "employer": row.employer,
        "area": place_as_typed(row.area) if row.area is not None else "",
        "abroad": row.abroad,
        "number": row.number,
        "starts_on": row.starts_on,
        "ends_on": row.ends_on,
        "note": row.note,
        "revision": row.revision,
    }
