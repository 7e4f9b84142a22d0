"""Programmes and their money: agreements, budget lines, cycles, what is granted and delivered, packages, approval."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from streha.accounts.rules import Action
from streha.assistance.entitlements import actions as given
from streha.assistance.entitlements import models as given_models
from streha.assistance.entitlements import queries as given_queries
from streha.assistance.entitlements import rules as given_rules
from streha.assistance.funding import actions as funds
from streha.assistance.payments import models as payment_models
from streha.assistance.programmes import actions, models, queries, rules
from streha.assistance.reports import queries as report_queries
from streha.cases import queries as case_queries
from streha.common import errors, numbers
from streha.common.money import Money
from streha.web import door, funding, one_form
from streha.web.forms import funding as funding_forms
from streha.web.forms import money as forms
from streha.web.stories import programme as programme_story

A = Action


def _today() -> dt.date:
    return queries.day_of(door.now())


def said_after(request: door.Request, act: Callable[[], Any]) -> None:
    """Do it and say so; what stands in the way is said instead, on the page one came from."""
    try:
        act()
    except (errors.Conflict, errors.BadInput, errors.Refused) as error:
        messages.error(request, door.say(error), extra_tags="bad")
    else:
        messages.success(request, _("Done."))


def _of(form: django_forms.Form, request: door.Request, act: Callable[[], Any]) -> None:
    """The same for a form on a page; its faults are said at the top."""
    if form.is_valid():
        said_after(request, act)
        return
    for bound in form:
        for fault in bound.errors:
            messages.error(request, f"{bound.label}: {fault}", extra_tags="bad")


# --- agreements and rates ---------------------------------------------------------------------------------------------


@require_GET
@door.open_to(A.PROGRAMME_VIEW)
def agreements(request: door.Request) -> HttpResponse:
    """Agreements with donors, how each stands, and the newest rates."""
    rows = models.Agreement.objects.select_related("donor").prefetch_related("lines").order_by("-starts_on", "-pk")
    context = {
        "rows": [(row, queries.balance(list(row.lines.all()), row.currency)) for row in rows[:100]],
        "rates": models.ExchangeRate.objects.order_by("-day", "base", "quote")[:12],
        "rate_form": forms.RateForm() if request.access.allows(A.BUDGET_CHANGE) else None,
    }
    return render(request, "programmes/agreements.html", context)


@require_http_methods(["GET", "POST"])
@door.open_to(A.BUDGET_CHANGE)
def new_agreement(request: door.Request) -> HttpResponse:
    """A form for an agreement."""
    form = forms.AgreementForm(request.POST or None)

    def sign() -> None:
        donor = actions.add_donor(form.cleaned_data["donor"], by=request.access, at=door.now())
        actions.sign_agreement(form.draft(donor.pk), by=request.access, at=door.now())

    return one_form.acting_page(request, form, _("New agreement"), _("Keep the agreement"), "/agreements/", sign)


@require_http_methods(["GET", "POST"])
@door.open_to(A.PROGRAMME_VIEW)
def agreement(request: door.Request, pk: int) -> HttpResponse:
    """An agreement with its lines: budget, committed, spent, left; and what each line is committed to."""
    row = models.Agreement.objects.select_related("donor").filter(pk=pk).first()
    if row is None:
        raise errors.NotFound()
    if request.method == "POST" and "other" in request.POST:
        other = funding_forms.OtherForm(request.POST, agreement=row)

        def set_aside() -> None:
            told = other.cleaned_data
            amount = Money(told["amount"], row.currency)
            funds.set_aside_otherwise(int(told["line"]), amount, told["title"], by=request.access, at=door.now())

        _of(other, request, set_aside)
        return redirect("agreement", pk)
    if request.method == "POST":
        form = forms.LineForm(request.POST)
        _of(
            form,
            request,
            lambda: actions.add_budget_line(
                pk,
                form.cleaned_data["code"],
                form.cleaned_data["title"],
                form.cleaned_data["amount"],
                by=request.access,
                at=door.now(),
            ),
        )
        return redirect("agreement", pk)
    lines = list(row.lines.all())
    commitments = list(
        models.Commitment.objects.filter(line__in=lines).select_related("line").order_by("line__code", "pk")
    )
    context = {
        "row": row,
        "lines": [(line, queries.balance([line], row.currency)) for line in lines],
        "balance": queries.balance(lines, row.currency),
        "free": row.total - Money(row.budgeted, row.currency),
        "commitments": funding.linked(request.access, commitments),
        "other_form": funding_forms.OtherForm(agreement=row, auto_id="other-%s")
        if lines and funding.may_set_aside(request.access)
        else None,
        "form": forms.LineForm() if request.access.allows(A.BUDGET_CHANGE) else None,
    }
    return render(request, "programmes/agreement.html", context)


@require_POST
@door.open_to(A.BUDGET_CHANGE)
def rate(request: door.Request) -> HttpResponse:
    """The rate of a day is noted."""
    form = forms.RateForm(request.POST)

    def note() -> None:
        told = form.cleaned_data
        found = rules.Rate(told["day"], told["base"].upper(), told["quote"].upper(), told["rate"])
        actions.note_rate(found, source=told["source"], by=request.access, at=door.now())

    _of(form, request, note)
    return redirect("agreements")


# --- programmes and cycles --------------------------------------------------------------------------------------------


@require_GET
@door.open_to(A.PROGRAMME_VIEW)
def listing(request: door.Request) -> HttpResponse:
    """Programmes visible to the viewer."""
    rows = models.Programme.objects.visible_to(request.access).select_related("place").prefetch_related("cycles")
    return render(request, "programmes/list.html", {"rows": rows.order_by("-starts_on", "code")[:200]})


@require_http_methods(["GET", "POST"])
@door.open_to(A.PROGRAMME_CHANGE)
def new(request: door.Request) -> HttpResponse:
    """A form for a new programme."""
    form = forms.ProgrammeForm(request.POST or None)
    return one_form.acting_page(
        request,
        form,
        _("New programme"),
        _("Open the programme"),
        "/programmes/",
        lambda: actions.open_programme(form.draft(), by=request.access, at=door.now()),
    )


@require_http_methods(["GET", "POST"])
@door.open_to(A.PROGRAMME_CHANGE)
def change(request: door.Request, pk: int) -> HttpResponse:
    """Names, days, place and kinds of cases of a programme."""
    row = models.Programme.objects.visible_to(request.access, A.PROGRAMME_CHANGE).filter(pk=pk).first()
    if row is None:
        raise errors.NotFound()
    form = forms.ProgrammeChangeForm(request.POST or None, initial=forms.as_typed(row))

    def act() -> None:
        version = form.cleaned_data["version"]
        actions.change_programme(pk, form.draft_of(row), version=version, by=request.access, at=door.now())

    return one_form.acting_page(request, form, _("Change the programme"), _("Change"), f"/programmes/{pk}/", act)


@require_http_methods(["GET", "POST"])
@door.open_to(A.PROGRAMME_VIEW)
def programme(request: door.Request, pk: int) -> HttpResponse:
    """A programme with its cycles and where its money comes from."""
    row = models.Programme.objects.visible_to(request.access).select_related("place").filter(pk=pk).first()
    if row is None:
        raise errors.NotFound()
    if request.method == "POST":
        form = forms.CycleForm(request.POST, access=request.access)
        _of(form, request, lambda: actions.open_cycle(pk, form.draft(), by=request.access, at=door.now()))
        return redirect("programme", pk)
    found = report_queries.programme_story(request.access, row)
    followed = set(row.tracks.values_list("track_id", flat=True))
    commitments = found.commitments
    context = {
        "row": row,
        "tracks": [version for version in case_queries.tracks() if version.track_id in followed],
        "cycles": [(cycle, *found.reached.get(cycle.pk, (None, None))) for cycle in found.cycles],
        "commitments": commitments,
        "agreements": found.agreements,
        "story": programme_story.story(found, _today()),
        "form": forms.CycleForm(access=request.access) if request.access.allows(A.PROGRAMME_CHANGE) else None,
    }
    return render(request, "programmes/programme.html", context)


def _cycle(request: door.Request, pk: int) -> models.Cycle:
    found = models.Cycle.objects.visible_to(request.access).select_related("programme", "call").filter(pk=pk).first()
    if found is None:
        raise errors.NotFound()
    return found


@require_http_methods(["GET", "POST"])
@door.open_to(A.PROGRAMME_VIEW)
def cycle(request: door.Request, pk: int) -> HttpResponse:
    """A cycle: money set aside, what is due and came, payment lists."""
    row = _cycle(request, pk)
    if request.method == "POST":
        form = forms.CommitForm(request.POST)

        def commit() -> None:
            line = models.BudgetLine.objects.select_related("agreement").get(pk=int(form.cleaned_data["line"]))
            amount = Money(form.cleaned_data["amount"], line.currency)
            actions.commit(line.pk, amount, rules.For.CYCLE, pk, title=row.name, by=request.access, at=door.now())

        if "close" in request.POST:
            said_after(request, lambda: actions.close_cycle(pk, by=request.access, at=door.now()))
        else:
            _of(form, request, commit)
        return redirect("cycle", pk)
    state = request.GET.get("state", "")
    page = given_queries.cycle_page(request.access, pk, state=state, after=request.GET.get("after", ""))
    given_queries.note_look(request.access, page.rows, where=row.number, at=door.now())
    lists = payment_models.PaymentList.objects.visible_to(request.access).filter(cycle=row).order_by("-pk")
    may_change = request.access.allows(A.PROGRAMME_CHANGE)
    context = {
        "row": row,
        "state": state,
        "states": [found.value for found in given_rules.State],
        "page": page,
        "commitments": forms.commitments_of(row),
        "lists": lists[:20] if request.access.allows(A.PAYMENT_VIEW) else [],
        "form": forms.CommitForm() if may_change else None,
        "is_open": row.state == rules.CycleState.OPEN,
    }
    return render(request, "programmes/cycle.html", context)


@require_http_methods(["GET", "POST"])
@door.open_to(A.ENTITLEMENT_GRANT)
def grant(request: door.Request, pk: int) -> HttpResponse:
    """Help is granted to one person or household."""
    row = _cycle(request, pk)
    form = forms.GrantForm(request.POST or None, cycle=row, initial={"due_on": _today().strftime("%d.%m.%Y")})

    def entitle() -> None:
        told = form.cleaned_data
        person, household = given_queries.whom(request.access, told["whom"])
        draft = given.Draft(
            person,
            given_rules.Kind(told["kind"]),
            form.much(),
            told["due_on"],
            household_id=household,
            what=told["what"],
            commitment_id=int(told["commitment"]) if told["commitment"] else None,
        )
        given.entitle(pk, draft, by=request.access, at=door.now())

    return one_form.acting_page(request, form, _("Grant help"), _("Grant it"), f"/cycles/{pk}/", entitle)


@require_http_methods(["GET", "POST"])
@door.open_to(A.ENTITLEMENT_GRANT)
def allot(request: door.Request, pk: int) -> HttpResponse:
    """A package is granted to a household that returned."""
    row = _cycle(request, pk)
    form = forms.AllotForm(request.POST or None, cycle=row, packages=given_queries.packages())

    def act() -> None:
        told = form.cleaned_data
        given.allot_package(
            int(told["package"]),
            given_queries.household_of(told["household"]),
            cycle_id=pk,
            returned_on=told["returned_on"],
            commitment_id=int(told["commitment"]) if told["commitment"] else None,
            by=request.access,
            at=door.now(),
        )

    return one_form.acting_page(request, form, _("Grant a package"), _("Grant it"), f"/cycles/{pk}/", act)


@require_http_methods(["GET", "POST"])
@door.open_to(A.ENTITLEMENT_GRANT)
def chosen(request: door.Request, pk: int) -> HttpResponse:
    """Help is granted to households chosen in the cycle's call, each its own amount; an empty one grants nothing."""
    row = _cycle(request, pk)
    page = given_queries.chosen_page(request.access, row, after=request.GET.get("after", ""), at=door.now())
    form = forms.ChosenForm(
        request.POST or None, cycle=row, lines=page.rows, initial={"due_on": _today().strftime("%d.%m.%Y")}
    )
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            told = form.cleaned_data
            made = given.grant_chosen(
                pk,
                form.amounts(),
                kind=given_rules.Kind(told["kind"]),
                due_on=told["due_on"],
                what=told["what"],
                commitment_id=int(told["commitment"]) if told["commitment"] else None,
                by=request.access,
                at=door.now(),
            )
            messages.success(
                request,
                ngettext("%(n)s household is due it.", "%(n)s households are due it.", len(made)) % {"n": len(made)},
            )
            return redirect("cycle", pk)
    context = {"row": row, "page": page, "form": form, "shared": forms.shared_of(form), "rows": forms.rows_of(form)}
    return render(request, "programmes/chosen.html", context, status=422 if form.errors else 200)


# --- one entitlement --------------------------------------------------------------------------------------------------


@require_GET
@door.open_to(A.ENTITLEMENT_VIEW)
def entitlement(request: door.Request, pk: int) -> HttpResponse:
    """What is due, what came, who came for it, what came back, what the household says."""
    row = given_queries.entitlement(request.access, pk, at=door.now())
    today = _today().strftime("%d.%m.%Y")
    may_record = request.access.allows(A.DELIVERY_RECORD)
    context = {
        "row": row,
        "deliveries": [
            (
                each,
                forms.VerifyForm(initial={"on": today}, auto_id=f"verify-{each.pk}-%s"),
                forms.ReturnForm(initial={"on": today}, auto_id=f"return-{each.pk}-%s"),
            )
            for each in row.deliveries.prefetch_related("returns", "verifications")
        ],
        "lines": row.payment_lines.select_related("list").order_by("pk"),
        "deliver": forms.DeliverForm(initial={"on": today, "amount": row.left}) if may_record and row.left else None,
        "may_record": may_record,
        "may_verify": request.access.allows(A.DELIVERY_VERIFY),
        "top_up": forms.TopUpForm(initial={"due_on": today}, auto_id="top-up-%s")
        if request.access.allows(A.ENTITLEMENT_GRANT)
        else None,
        "may_cancel": request.access.allows(A.ENTITLEMENT_GRANT) and row.left and not row.cancelled_at,
    }
    return render(request, "programmes/entitlement.html", context)


@require_POST
@door.open_to(A.DELIVERY_RECORD, A.DELIVERY_VERIFY, A.ENTITLEMENT_GRANT)
def entitlement_do(request: door.Request, pk: int) -> HttpResponse:
    """Something is done about an entitlement: delivered, taken back, verified, topped up, cancelled."""
    by, at, what = request.access, door.now(), request.POST.get("do", "")
    if what == "deliver":
        delivering = forms.DeliverForm(request.POST)
        _of(delivering, request, lambda: given.deliver(pk, delivering.handed(), by=by, at=at))
    elif what == "return":
        returning = forms.ReturnForm(request.POST)

        def take_back() -> None:
            told = returning.cleaned_data
            given.take_back(
                told["delivery"], told["amount"], on=told["on"], reason=told["reason"], key=told["key"], by=by, at=at
            )

        _of(returning, request, take_back)
    elif what == "verify":
        asked = forms.VerifyForm(request.POST)
        _of(asked, request, lambda: given.verify(asked.cleaned_data["delivery"], asked.said(), by=by, at=at))
    elif what == "top_up":
        _top_up(request, pk)
    elif what == "cancel":
        form = forms.ReasonForm(request.POST)
        _of(form, request, lambda: given.cancel(pk, reason=form.cleaned_data["reason"], by=by, at=at))
    return redirect("entitlement", pk)


def _top_up(request: door.Request, pk: int) -> None:
    form = forms.TopUpForm(request.POST)

    def act() -> None:
        row = given_queries.entitlement(request.access, pk, at=door.now())
        told = form.cleaned_data
        more = given_rules.Much(told["amount"], row.unit, row.is_money)
        given.top_up(pk, more, reason=told["reason"], due_on=told["due_on"], by=request.access, at=door.now())

    _of(form, request, act)


# --- packages ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@door.open_to(A.PROGRAMME_VIEW)
def packages(request: door.Request) -> HttpResponse:
    """The newest version of every package; a colleague of its maker can verify it."""
    if request.method == "POST":
        if "example" in request.POST:
            said_after(request, lambda: given.load_example_package(by=request.access, at=door.now()))
            return redirect("packages")
        form = forms.ReasonForm({"reason": request.POST.get("source", "")})
        pk = numbers.whole(request.POST.get("package", ""))
        if pk is None:
            raise errors.NotFound()
        _of(
            form,
            request,
            lambda: given.verify_package(pk, source=form.cleaned_data["reason"], by=request.access, at=door.now()),
        )
        return redirect("packages")
    rows = [(row, [given_queries.as_line(line) for line in row.lines.all()]) for row in given_queries.packages()]
    return render(request, "programmes/packages.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@door.open_to(A.PACKAGE_CHANGE)
def new_package(request: door.Request) -> HttpResponse:
    """A package is written, or a new version of one."""
    first: dict[str, str] = {}
    old = given_models.Package.objects.filter(pk=numbers.whole(request.GET.get("of", "")) or 0).first()
    if old is not None:
        lines = "\n".join(forms.written(given_queries.as_line(line)) for line in old.lines.all())
        first = {"code": old.code, "source": old.source, "lines": lines}
        first |= {f"name_{language}": getattr(old, f"name_{language}") for language in ("en", "sq", "sr")}
    form = forms.PackageForm(request.POST or None, initial=first)
    return one_form.acting_page(
        request,
        form,
        _("Package"),
        _("Keep as a new version"),
        "/packages/",
        lambda: given.save_package(form.draft(), by=request.access, at=door.now()),
    )


# --- approval ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@door.open_to(A.PROGRAMME_VIEW)
def chain(request: door.Request) -> HttpResponse:
    """Who signs from which amount, and what waits for signatures."""
    newest = models.ApprovalChain.objects.prefetch_related("steps").order_by("-version").first()
    form = forms.ChainForm(request.POST or None)
    if request.method == "POST":
        _of(
            form,
            request,
            lambda: actions.change_chain(
                form.cleaned_data["currency"],
                form.steps(),
                source=form.cleaned_data["source"],
                by=request.access,
                at=door.now(),
            ),
        )
        return redirect("approvals")
    asked = models.ApprovalRequest.objects.select_related("asked_by", "chain").prefetch_related("approvals__by")
    context = {
        "chain": newest,
        "requests": asked.order_by("-pk")[:50],
        "mine": {row.pk for row in queries.waiting_for(request.access)},
        "form": form if request.access.allows(A.APPROVAL_CHAIN) else None,
    }
    return render(request, "programmes/approvals.html", context)


@require_POST
@door.open_to(A.APPROVAL_SIGN)
def sign(request: door.Request, pk: int) -> HttpResponse:
    """A step is signed or refused; of payment lists, on the list itself."""
    row = models.ApprovalRequest.objects.filter(pk=pk).first()
    if row is None or row.kind == rules.For.PAYMENT_LIST:
        raise errors.NotFound()
    by, at, reason = request.access, door.now(), request.POST.get("reason", "")
    if "refuse" in request.POST:
        said_after(request, lambda: actions.refuse(pk, reason=reason, by=by, at=at))
    else:
        said_after(request, lambda: actions.sign(pk, by=by, at=at))
    return redirect("approvals")
