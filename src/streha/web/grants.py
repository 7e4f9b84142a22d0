"""Grants: the list with what became of businesses, one grant with its tranches, visits and checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from streha.accounts.rules import Access, Action
from streha.assistance.grants import actions, models, queries
from streha.assistance.programmes.rules import For
from streha.assistance.training import queries as courses
from streha.common import errors
from streha.web import door, funding, words
from streha.web.forms import grants as forms
from streha.web.one_form import form_page
from streha.web.people import narrowed_by_place

VIEW, WORK, VISIT, PAY = Action.GRANT_VIEW, Action.GRANT_WORK, Action.GRANT_VISIT, Action.GRANT_PAY


@require_GET
@door.open_to(VIEW)
def grants(request: door.Request) -> HttpResponse:
    """Grants visible to the viewer, the newest first, and what became of the businesses."""
    area_id, area, unknown = narrowed_by_place(request)
    told = request.GET
    sector, state = told.get("sector", ""), told.get("state", "")
    wanted = queries.GrantFilter(
        area_id=area_id,
        sector=sector if sector in words.WORDS["business_sector"] else "",
        state=state if state in words.WORDS["grant_state"] else "",
        check_due=told.get("due") == "1",
    )
    page = queries.grants_page(request.access, wanted, today=door.now().date(), after=told.get("after", ""))
    context = {
        "page": page,
        "filters": told,
        "area": area,
        "unknown_place": unknown,
        "sectors": words.options("business_sector", blank=True),
        "states": words.options("grant_state", blank=True),
        "survival": [line for line in queries.survival(request.access) if line.checked],
        "doubled": queries.doubled(request.access),
    }
    return render(request, "grants/list.html", context)


@require_GET
@door.open_to(VIEW)
def grant(request: door.Request, pk: int) -> HttpResponse:
    """A grant: plan, tranches, visits, checks."""
    page = queries.grant_page(request.access, pk, at=door.now())
    deeds = [(what, deed.title) for what, deed in DEEDS.items() if deed.is_open(page)]
    context = {"page": page, "grant": page.grant, "deeds": deeds, **funding.context_for(request.access, For.GRANT, pk)}
    return render(request, "grants/one.html", context)


@require_http_methods(["GET", "POST"])
@door.open_to(WORK)
def new(request: door.Request) -> HttpResponse:
    """Award a grant."""
    form = forms.AwardForm(request.POST or None, initial={"person": request.GET.get("person", "")[:20]})
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            made = actions.award(form.draft(), by=request.access, at=door.now())
            messages.success(request, _("Awarded. The days of the checks are on its page."))
            return redirect("grant_one", pk=made.pk)
    return form_page(request, form, _("Award a grant"), _("Award it"), reverse("grants"))


@dataclass(frozen=True)
class Deed:
    """Something that can be done to a grant."""

    form: type[forms.DeedForm]
    title: str | Promise
    button: str | Promise
    action: Action
    is_open: Callable[[queries.GrantPage], bool]


DEEDS: dict[str, Deed] = {
    "meet": Deed(
        forms.MeetForm,
        gettext_lazy("A condition is met"),
        gettext_lazy("Note it"),
        WORK,
        lambda page: page.may_work and page.next_unmet is not None,
    ),
    "pay": Deed(
        forms.PayForm,
        gettext_lazy("Note a payment"),
        gettext_lazy("Note it"),
        PAY,
        lambda page: page.may_pay and page.next_unpaid is not None,
    ),
    "visit": Deed(
        forms.VisitForm,
        gettext_lazy("Note a visit"),
        gettext_lazy("Note it"),
        VISIT,
        lambda page: page.may_visit,
    ),
    "check": Deed(
        forms.CheckForm,
        gettext_lazy("Does the business live?"),
        gettext_lazy("Note it"),
        VISIT,
        lambda page: page.may_visit and any(check.made_on is None for check in page.checks),
    ),
    "cancel": Deed(
        forms.CancelForm,
        gettext_lazy("Cancel the grant"),
        gettext_lazy("Cancel the grant"),
        WORK,
        lambda page: page.may_work,
    ),
}


@require_http_methods(["GET", "POST"])
@door.open_to(WORK, VISIT, PAY)
def deed(request: door.Request, pk: int, what: str) -> HttpResponse:
    """One step of a grant, by its form."""
    if what not in DEEDS:
        raise errors.NotFound()
    step = DEEDS[what]
    request.access.require(step.action)
    page = queries.grant_page(request.access, pk, at=door.now())
    initial: dict[str, Any] = {"on": door.now().date()}
    form = step.form(request.POST or None, page=page, access=request.access, initial=initial)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            form.save(door.now())
            messages.success(request, _("Noted."))
            return redirect("grant_one", pk=pk)
    return form_page(request, form, step.title, step.button, reverse("grant_one", args=[pk]), page.grant.number)


def of_people(access: Access, person_ids: Sequence[int]) -> dict[str, Any]:
    """Grants and courses of people, for their page and that of their household."""
    held: list[models.Grant] = queries.of_people(access, person_ids)
    return {"grants_held": held, "courses_taken": courses.of_people(access, person_ids)}
