"""Households: the list, one household with its members, and what can be done there."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from streha.accounts.rules import Action
from streha.common.codes import FieldClass
from streha.people import actions, queries
from streha.web import door, home_rows
from streha.web import people as people_pages
from streha.web.forms import people as forms


@require_GET
@door.open_to(Action.PERSON_VIEW)
def households(request: door.Request) -> HttpResponse:
    """Households visible to the viewer, by the name of their head."""
    narrowed, area, unknown = people_pages.narrowed_by_place(request)
    page = queries.households_page(request.access, area_id=narrowed, after=request.GET.get("after", ""))
    context = {"page": page, "area": area, "unknown_place": unknown, "filters": request.GET}
    return render(request, "households/list.html", context)


@require_GET
@door.open_to(Action.PERSON_VIEW)
def household(request: door.Request, pk: int) -> HttpResponse:
    """Who lives together, and where."""
    page = queries.household_page(request.access, pk, at=door.now())
    members = [m.person_id for m in page.members]
    context = {
        "page": page,
        "household": page.household,
        "homes": home_rows.of_household(request, pk, members),
        "may_register_home": request.access.allows(Action.PROPERTY_REGISTER),
    }
    return render(request, "households/household.html", context)


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PERSON_REGISTER)
def open_new(request: door.Request) -> HttpResponse:
    """A form for a new household."""
    form = forms.OpenHouseholdForm(
        request.POST or None, access=request.access, initial={"head": request.GET.get("head", "")[:20]}
    )
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            new = actions.open_household(form.draft(), by=request.access, at=door.now())
            messages.success(request, _("%(number)s is open.") % {"number": new.number})
            return redirect("household", pk=new.pk)
    return _form_page(request, form, _("Open a household"), _("Open the household"))


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PERSON_CHANGE)
def change(request: door.Request, pk: int) -> HttpResponse:
    """Where the household lives."""
    page = queries.household_page(request.access, pk, at=door.now())
    household = page.household
    version = int(request.POST.get("version") or household.version)
    typed: dict[str, Any] = {}
    if household.home_area:
        typed["home_area"] = people_pages.place_as_typed(household.home_area)
    if FieldClass.HOME_LOCATION in page.classes:
        typed["address"] = queries.address_of(request.access, pk, at=door.now())
    form = forms.HouseholdForm(request.POST or None, initial=typed)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        with door.errors_into(form):
            actions.change_household(
                pk,
                home_area_id=told["home_area"].pk if told["home_area"] else None,
                address=told["address"],
                version=version,
                by=request.access,
                at=door.now(),
            )
            messages.success(request, _("The changes are saved."))
            return redirect("household", pk=pk)
    return _form_page(request, form, _("Where the household lives"), _("Save"), version=version)


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PERSON_CHANGE)
def add_member(request: door.Request, pk: int) -> HttpResponse:
    """Somebody joins the household."""
    queries.household_page(request.access, pk, at=door.now())
    form = forms.MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            actions.add_member(pk, form.draft(), by=request.access, at=door.now())
            messages.success(request, _("The member is added."))
            return redirect("household", pk=pk)
    return _form_page(request, form, _("Add a member"), _("Add the member"))


@require_POST
@door.open_to(Action.PERSON_CHANGE)
def end_member(request: door.Request, pk: int, row: int) -> HttpResponse:
    """Somebody leaves the household today."""
    actions.end_membership(row, on=door.now().date(), by=request.access, at=door.now())
    messages.success(request, _("Ended. It stays in the history."))
    return redirect("household", pk=pk)


@require_POST
@door.open_to(Action.PERSON_CHANGE)
def choose_head(request: door.Request, pk: int, row: int) -> HttpResponse:
    """Another member is the head from now on."""
    actions.set_head(pk, membership_id=row, by=request.access, at=door.now())
    messages.success(request, _("The head is chosen."))
    return redirect("household", pk=pk)


def _form_page(request: door.Request, form: Any, title: str, button: str, *, version: int = 0) -> HttpResponse:
    context = {"form": form, "title": title, "button": button, "version": version}
    return render(request, "households/form.html", context, status=422 if form.is_bound and form.errors else 200)
