"""Referrals: sent from a case, answered by who received them, revoked by who sent them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from streha.accounts.rules import Action
from streha.cases import queries
from streha.cases.referrals import actions, rules
from streha.cases.referrals import queries as referrals
from streha.common import errors
from streha.web import door
from streha.web.forms import referrals as forms
from streha.web.forms.cases import spoken

State = rules.State
RECEIVER = (State.ACCEPTED, State.REJECTED, State.DONE)


@require_http_methods(["GET", "POST"])
@door.open_to(Action.CASE_WORK)
def refer(request: door.Request, pk: int) -> HttpResponse:
    """Refer a case to an organisation, or hand it over."""
    at = door.now()
    page = queries.case_page(request.access, pk, at=at)
    form = forms.ReferForm(request.POST or None, page=page, organisations=referrals.organisations(page.case))
    consent = None
    if request.method == "POST" and form.is_valid():
        draft = form.draft()
        with door.errors_into(form):
            try:
                actions.refer(pk, draft, by=request.access, at=at)
            except errors.BadInput as wrong:
                consent = _where_to_note(request, page, wrong)
                raise
            messages.success(request, _("Referred. What they learn stands in the ledger of everybody it concerns."))
            return redirect("case", pk=pk)
    context = {"form": form, "page": page, "case": page.case, "title": _("Refer the case"), "button": _("Send it")}
    return render(request, "cases/deed.html", context | {"consent": consent}, status=_status(form))


def _where_to_note(request: door.Request, page: queries.CasePage, wrong: errors.BadInput) -> dict[str, str] | None:
    """Where the missing consent is noted, with what it must say already typed."""
    number = wrong.details.get("number")
    person = next((p for p in page.members if p.number == number), None)
    if wrong.code != "consent_missing" or person is None or not request.access.allows(Action.PERSON_CHANGE):
        return None
    said = {
        "purpose": wrong.details["purpose"].said_in(spoken()),
        "recipients": str(wrong.details["recipient"]),
    }
    address = reverse("person_add", args=[person.pk, "consent"])
    return {"url": f"{address}?{urlencode(said)}", "number": str(number)}


@require_http_methods(["GET", "POST"])
@door.open_to(Action.CASE_WORK)
def of_case(request: door.Request, pk: int, row: int) -> HttpResponse:
    """A referral of a case: taken back, or, where it went outside the office, its answer noted."""
    at = door.now()
    page = queries.case_page(request.access, pk, at=at)
    line = next((one for one in referrals.of_case(page.case, at.date()) if one.referral.pk == row), None)
    if line is None:
        raise errors.NotFound()
    may = rules.FOLLOWS[State(line.referral.state)]
    states = [s for s in (*RECEIVER, State.REVOKED) if s in may and (line.is_outside or s == State.REVOKED)]
    form = forms.AnswerForm(request.POST or None, states=states)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        with door.errors_into(form):
            if told["state"] == State.REVOKED:
                actions.revoke(row, reason=told["note"], by=request.access, at=at)
            else:
                actions.answer(row, State(told["state"]), note=told["note"], by=request.access, at=at)
            messages.success(request, _("Noted."))
            return redirect("case", pk=pk)
    title = f"{_('Referral')}: {line.referral.recipient}"
    context = {"form": form, "page": page, "case": page.case, "title": title, "button": _("Note it")}
    return render(request, "cases/deed.html", context | {"lead": line.reason}, status=_status(form))


@require_GET
@door.open_to(Action.CASE_WORK)
def received(request: door.Request) -> HttpResponse:
    """Referrals to the organisations that the viewer works for."""
    page = referrals.received_page(request.access, at=door.now(), after=request.GET.get("after", ""))
    return render(request, "cases/referrals.html", {"page": page})


@require_http_methods(["GET", "POST"])
@door.open_to(Action.CASE_WORK)
def one(request: door.Request, pk: int) -> HttpResponse:
    """One received referral: who, what is asked, and the answer."""
    at = door.now()
    found = referrals.received_one(request.access, pk, at=at)
    may = rules.FOLLOWS[State(found.referral.state)] if found.is_open else frozenset()
    form: Any = forms.AnswerForm(request.POST or None, states=[s for s in RECEIVER if s in may])
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        with door.errors_into(form):
            answered = actions.answer(pk, State(told["state"]), note=told["note"], by=request.access, at=at)
            if answered.kind == rules.Kind.TRANSFER and answered.state == State.ACCEPTED:
                messages.success(request, _("The case is yours now."))
                return redirect("case", pk=answered.case_id)
            messages.success(request, _("Noted."))
            return redirect("referral", pk=pk)
    context = {"found": found, "row": found.referral, "form": form if may else None}
    context["purpose"] = rules.PURPOSE_WORDS[rules.Purpose(found.referral.purpose)]
    return render(request, "cases/referral.html", context, status=_status(form))


def _status(form: Any) -> int:
    return 422 if form.is_bound and form.errors else 200
