"""Households: the list, one household with its members, and what can be done there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from streha.accounts.rules import Action
from streha.assistance.distributions import queries as distribution_queries
from streha.assistance.entitlements import queries as given_queries
from streha.assistance.sites import queries as site_queries
from streha.assistance.works import queries as works_queries
from streha.common import errors
from streha.common.codes import FieldClass
from streha.people import actions, queries
from streha.people.households import actions as moves
from streha.people.households import queries as move_queries
from streha.people.households.models import HouseholdMove
from streha.web import door, home_rows, words
from streha.web import grants as grant_pages
from streha.web import people as people_pages
from streha.web import works as works_pages
from streha.web.forms import households as moving
from streha.web.forms import people as forms
from streha.web.stories import household as household_story


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
    changes = FieldClass.IDENTITY in page.may_change and request.access.allows(Action.PERSON_CHANGE)
    homes = home_rows.of_household(request, page.household.pk, members)
    pk = page.household.pk
    works = works_queries.of_household(request.access, pk, [row.home.pk for row in homes])
    business = grant_pages.of_people(request.access, members)
    known = household_story.known(
        request.access,
        page,
        houses=works,
        stays=site_queries.stays_of_household(request.access, pk, at=door.now()),
        slips=distribution_queries.slips_of_household(request.access, pk),
        given=given_queries.of_household(request.access, pk),
        grants=business["grants_held"],
        courses=business["courses_taken"],
    )
    context = {
        "page": page,
        "household": page.household,
        "story": household_story.story(known, door.now().date()),
        "steps": household_story.way(known),
        "works_rows": works_pages.listed(works),
        **business,
        "stays": known.stays,
        "slips": known.slips,
        "last_move": move_queries.last_move(request.access, page.household.pk) if changes else None,
        "homes": homes,
        "may_register_home": request.access.allows(Action.PROPERTY_REGISTER),
        **people_pages.help_given(list(known.given)),
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
    version = door.version(request, household.version)
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
    pk = queries.household_page(request.access, pk, at=door.now()).household.pk
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


# --- between households ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """A change between households as a page: what it is called, what it says, and the action it becomes."""

    title: str | Promise
    explained: str | Promise
    button: str | Promise
    done: str | Promise
    do: Callable[..., HouseholdMove]


def _merge(form: moving.MergeForm, pk: int, **told: Any) -> HouseholdMove:
    return moves.merge_households(pk, form.cleaned_data["other"], **told)


def _split(form: moving.SplitForm, pk: int, **told: Any) -> HouseholdMove:
    data = form.cleaned_data
    return moves.split_household(pk, data["members"], head_id=data["head"], home=form.home(), **told)


def _move(form: moving.MoveForm, pk: int, **told: Any) -> HouseholdMove:
    return moves.move_members(form.cleaned_data["members"], pk, form.cleaned_data["other"], **told)


MERGE = Step(
    gettext_lazy("Merge with another household"),
    gettext_lazy("Everybody of the other household comes to this one. Its number goes on answering by this one."),
    gettext_lazy("Merge the households"),
    gettext_lazy("The households are one now."),
    _merge,
)
SPLIT = Step(
    gettext_lazy("Part of the household moves out"),
    gettext_lazy("Those who move out are a household of their own, with a number and a head of their own."),
    gettext_lazy("Part the household"),
    gettext_lazy("The household is parted."),
    _split,
)
MOVE = Step(
    gettext_lazy("Members move to another household"),
    gettext_lazy("Those who move live in the other household from the day on, and take no role along."),
    gettext_lazy("Move them"),
    gettext_lazy("They live in the other household now."),
    _move,
)


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PERSON_CHANGE)
def merge(request: door.Request, pk: int) -> HttpResponse:
    """Two households are one."""
    page = _to_change(request, pk)
    return _step(request, page, MERGE, moving.MergeForm(request.POST or None, initial=moving.today()))


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PERSON_CHANGE)
def split(request: door.Request, pk: int) -> HttpResponse:
    """Some members go on in a household of their own."""
    page = _to_change(request, pk)
    form = moving.SplitForm(
        request.POST or None,
        initial=moving.today(),
        members=page.members,
        may_place=FieldClass.HOME_LOCATION in page.may_change,
    )
    return _step(request, page, SPLIT, form)


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PERSON_CHANGE)
def move(request: door.Request, pk: int) -> HttpResponse:
    """Some members go to a household that is there already."""
    page = _to_change(request, pk)
    form = moving.MoveForm(request.POST or None, initial=moving.today(), members=page.members)
    return _step(request, page, MOVE, form)


def _to_change(request: door.Request, pk: int) -> queries.HouseholdPage:
    move_queries.changeable(request.access, pk)
    return queries.household_page(request.access, pk, at=door.now())


def _step(request: door.Request, page: queries.HouseholdPage, step: Step, form: moving.MovingForm) -> HttpResponse:
    """First a look at who would live where, with the relations to choose; the second button does it."""
    pk, preview = page.household.pk, None
    if request.method == "POST" and form.is_valid():
        try:
            with door.errors_into(form):
                preview = move_queries.preview(request.access, form.wish(pk), at=door.now())
                if request.POST.get("step") == "do":
                    done = step.do(
                        form,
                        pk,
                        on=form.cleaned_data["on"],
                        reason=form.cleaned_data["reason"],
                        relations=form.relations(),
                        versions=form.versions(),
                        by=request.access,
                        at=door.now(),
                    )
                    messages.success(request, f"{step.done} {done.source.number} → {done.target.number}")
                    return redirect("household", pk=done.target_id)
        except errors.NotFound as unknown:
            form.add_error("other" if "other" in form.fields else None, door.say(unknown))
    looked_at = [one for one in (preview.source, preview.target) if one is not None] if preview else []
    context = {
        "form": form,
        "page": page,
        "household": page.household,
        "step": step,
        "preview": preview,
        "looked_at": looked_at,
        "relations": words.options("relation"),
        "chosen": form.relations() if form.is_bound else {},
    }
    return render(request, "households/move.html", context, status=422 if form.is_bound and form.errors else 200)


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PERSON_CHANGE)
def take_back(request: door.Request, pk: int, row: int) -> HttpResponse:
    """The last change between two households is undone, or the page says what stands in the way."""
    page = _to_change(request, pk)
    change = move_queries.visible_move(request.access, row)
    form = moving.TakeBackForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            moves.take_back(row, reason=form.cleaned_data["reason"], by=request.access, at=door.now())
            messages.success(request, _("Taken back: everybody lives where they lived before."))
            return redirect("household", pk=change.source_id)
    context = {
        "form": form,
        "household": page.household,
        "change": change,
        "obstacles": move_queries.in_the_way(request.access, change),
    }
    return render(request, "households/take_back.html", context, status=422 if form.is_bound and form.errors else 200)


def _form_page(request: door.Request, form: Any, title: str, button: str, *, version: int = 0) -> HttpResponse:
    context = {"form": form, "title": title, "button": button, "version": version}
    return render(request, "households/form.html", context, status=422 if form.is_bound and form.errors else 200)
