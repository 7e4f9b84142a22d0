"""Payments: lists and their signatures, files for the bank, its replies, what waits to be looked at, accounts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from streha.accounts.rules import Action
from streha.assistance.entitlements import actions as given
from streha.assistance.entitlements import queries as given_queries
from streha.assistance.entitlements import rules as given_rules
from streha.assistance.payments import actions, models, queries, rules
from streha.assistance.programmes import models as programmes
from streha.assistance.programmes import queries as programme_queries
from streha.assistance.programmes import rules as programme_rules
from streha.common import errors, numbers
from streha.formats.iso20022 import Party
from streha.jobs.models import Job
from streha.people import queries as people
from streha.web import door, jobs, one_form
from streha.web.forms import money as forms
from streha.web.programmes import _cycle, _of, said_after

A = Action
TYPES = {"xml": "application/xml", "csv": "text/csv; charset=utf-8"}


@require_GET
@door.open_to(A.PAYMENT_VIEW)
def listing(request: door.Request) -> HttpResponse:
    """Payment lists visible to the viewer, the newest first."""
    page = queries.lists(request.access, state=request.GET.get("state", ""), after=request.GET.get("after", ""))
    context = {
        "page": page,
        "open": queries.open_bookings(request.access)[:5],
        "doubles": len(given_queries.doubles(request.access)) if request.access.allows(A.PAYMENT_PAY) else 0,
    }
    return render(request, "payments/list.html", context)


@require_http_methods(["GET", "POST"])
@door.open_to(A.PAYMENT_BUILD)
def new(request: door.Request, pk: int) -> HttpResponse:
    """A list is built for a cycle; a job fills it."""
    cycle = _cycle(request, pk)
    day = programme_queries.day_of(door.now()).strftime("%d.%m.%Y")
    first = {"cycle": cycle.pk, "due_until": day, "pay_on": day, "title": cycle.name}
    form = forms.ListForm(request.POST or None, cycle=cycle, initial=first)
    return one_form.acting_page(
        request,
        form,
        _("New payment list"),
        _("Build the list"),
        f"/cycles/{pk}/",
        lambda: actions.begin_list(form.draft(), by=request.access, at=door.now()),
    )


@require_GET
@door.open_to(A.PAYMENT_VIEW)
def payment_list(request: door.Request, pk: int) -> HttpResponse:
    """A list: how far it has come, who signed, its lines and what the bank said of them."""
    seen = models.PaymentList.objects.visible_to(request.access)
    row = seen.select_related("cycle__programme", "commitment__line__agreement", "made_by", "sent_by").filter(pk=pk)
    found = row.first()
    if found is None:
        raise errors.NotFound()
    asked = (
        programmes.ApprovalRequest.objects.filter(kind=programme_rules.For.PAYMENT_LIST, key=str(pk))
        .prefetch_related("approvals__by", "approvals__step")
        .order_by("-pk")
        .first()
    )
    state = request.GET.get("state", "")
    page = queries.lines_page(request.access, found, state=state, after=request.GET.get("after", ""))
    shown = [line.entitlement for line in page.rows]
    given_queries.note_look(request.access, shown, where=found.number, at=door.now())
    job = Job.objects.filter(key=f"payments.build:{pk}").first()
    context = {
        "row": found,
        "state": state,
        "states": [one.value for one in rules.LineState],
        "page": page,
        "told": queries.progressed(found),
        "asked": asked,
        "steps": programme_queries.steps_of(asked) if asked else [],
        "may_sign": asked is not None and programme_queries.may_sign(request.access, asked),
        "may_build": request.access.allows(A.PAYMENT_BUILD),
        "may_pay": request.access.allows(A.PAYMENT_PAY),
        "job": _shown(request, job),
        "result": job.result if job is not None else None,
    }
    return render(request, "payments/page.html", context)


@require_POST
@door.open_to(A.PAYMENT_BUILD, A.APPROVAL_SIGN, A.PAYMENT_PAY)
def act(request: door.Request, pk: int) -> HttpResponse:
    """Something is done about a list: asked, signed, refused, sent, cancelled, a line dropped."""
    by, at, reason = request.access, door.now(), request.POST.get("reason", "")
    what = request.POST.get("do", "")
    if what == "ask":
        said_after(request, lambda: actions.ask(pk, by=by, at=at))
    elif what == "sign":
        said_after(request, lambda: actions.sign(pk, by=by, at=at))
    elif what == "refuse":
        said_after(request, lambda: actions.refuse(pk, reason=reason, by=by, at=at))
    elif what == "send":
        said_after(request, lambda: actions.send(pk, by=by, at=at))
    elif what == "cancel":
        said_after(request, lambda: actions.cancel(pk, reason=reason, by=by, at=at))
    elif what == "drop" and (line := numbers.whole(request.POST.get("line", ""))):
        said_after(request, lambda: actions.drop_line(line, by=by, at=at))
    return redirect("payment_list", pk)


@require_GET
@door.open_to(A.PAYMENT_PAY)
def file(request: door.Request, pk: int, form: str) -> HttpResponse:
    """What goes to the bank: pain.001.001.09 or CSV. Whoever fetches it stands in the log of looks."""
    payer = Party(settings.PAYER_NAME, settings.PAYER_IBAN, settings.PAYER_BIC)
    name, content = actions.order_file(pk, form, payer, by=request.access, at=door.now())
    answer = HttpResponse(content, content_type=TYPES.get(form, "application/octet-stream"))
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _shown(request: door.Request, job: Job | None) -> dict[str, Any] | None:
    """A job that is not done yet, for whoever began it."""
    if job is None or job.finished_at is not None or job.by_user_id != request.access.user_id:
        return None
    return jobs.shown(job)


def _with_forms(lines: Iterable[models.BankLine]) -> list[tuple[models.BankLine, forms.SettleForm]]:
    """Bookings, each with a form to decide about it."""
    return [(line, forms.SettleForm(auto_id=f"booking-{line.pk}-%s")) for line in lines]


@require_http_methods(["GET", "POST"])
@door.open_to(A.PAYMENT_PAY)
def replies(request: door.Request) -> HttpResponse:
    """The bank's replies, and a form to bring one; bookings that nobody is found for."""
    form = forms.ReplyForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            brought = form.cleaned_data["file"]
            reply, _new = actions.bring_reply(brought.read(), brought.name, by=request.access, at=door.now())
            return redirect("bank_reply", reply.pk)
    context = {
        "form": form,
        "rows": models.BankReply.objects.select_related("brought_by").order_by("-pk")[:50],
        "open": _with_forms(queries.open_bookings(request.access)[:50]),
    }
    return render(request, "payments/replies.html", context, status=422 if form.errors else 200)


@require_GET
@door.open_to(A.PAYMENT_PAY)
def reply(request: door.Request, pk: int) -> HttpResponse:
    """A reply: what its bookings turned out to be, and those that wait for somebody."""
    found = models.BankReply.objects.select_related("brought_by", "job").filter(pk=pk).first()
    if found is None:
        raise errors.NotFound()
    lines = models.BankLine.objects.filter(reply=found).select_related("line__list").order_by("position")
    state = request.GET.get("found", "")
    context = {
        "row": found,
        "sums": queries.sums_of(found),
        "lines": _with_forms((lines.filter(found=state) if state else lines.exclude(found=rules.Found.MATCHED))[:200]),
        "job": _shown(request, found.job),
        "refused": door.say(actions.refused(found)) if found.fault else "",
    }
    return render(request, "payments/reply.html", context)


@require_POST
@door.open_to(A.PAYMENT_PAY)
def settle(request: door.Request, pk: int) -> HttpResponse:
    """Somebody decides about a booking that the office could not place."""
    form = forms.SettleForm(request.POST)

    def decide() -> None:
        told = form.cleaned_data
        actions.settle_booking(
            pk,
            rules.Settlement(told["settlement"]),
            reason=told["reason"],
            reference=told["reference"],
            by=request.access,
            at=door.now(),
        )

    _of(form, request, decide)
    return redirect("bank_replies")


@require_http_methods(["GET", "POST"])
@door.open_to(A.PAYMENT_PAY)
def doubles(request: door.Request) -> HttpResponse:
    """What two records of one person, or two households that became one, had both received."""
    if request.method == "POST":
        form = forms.DoubleForm(request.POST)
        pk = numbers.whole(request.POST.get("entitlement", ""))
        if pk is None:
            raise errors.NotFound()

        def decide() -> None:
            finding = given_rules.Doubled(form.cleaned_data["finding"])
            given.settle_double(pk, finding, reason=form.cleaned_data["reason"], by=request.access, at=door.now())

        _of(form, request, decide)
        return redirect("doubles")
    rows = [
        (row, forms.DoubleForm(auto_id=f"double-{row.second.pk}-%s")) for row in given_queries.doubles(request.access)
    ]
    context = {"rows": rows}
    return render(request, "payments/doubles.html", context)


@require_http_methods(["GET", "POST"])
@door.open_to(A.ACCOUNT_CHANGE)
def account(request: door.Request, pk: int) -> HttpResponse:
    """Where a person is paid."""
    person = people.visible_person(request.access, pk)
    form = forms.AccountForm(request.POST or None)

    def keep() -> None:
        actions.set_account(person.pk, actions.AccountDraft(**form.cleaned_data), by=request.access, at=door.now())

    return one_form.acting_page(
        request,
        form,
        _("Account of %(number)s") % {"number": person.number},
        _("Keep the account"),
        f"/people/{person.pk}/",
        lambda: actions.set_account(
            person.pk, actions.AccountDraft(**form.cleaned_data), by=request.access, at=door.now()
        ),
    )
