"""Distributions: lists being made, slips printed, handing out at the counter, and working in what came on paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from streha.accounts.rules import Action
from streha.assistance.distributions import actions, models, queries
from streha.assistance.distributions.rules import codes
from streha.assistance.distributions.rules import slips as rules
from streha.common import errors, numbers
from streha.formats import slips as printed
from streha.web import door, jobs, words
from streha.web.forms import distributions as forms
from streha.web.one_form import form_page
from streha.web.protection import LANGUAGE_OF
from streha.web.templatetags.register import full_name
from streha.web.templatetags.streha import number

VIEW, PLAN, HAND = Action.DISTRIBUTION_VIEW, Action.DISTRIBUTION_PLAN, Action.DISTRIBUTION_HAND
STATES: Mapping[str, str | Promise] = {
    "waiting": gettext_lazy("waiting"),
    "handed": gettext_lazy("handed out"),
    "cancelled": gettext_lazy("cancelled"),
}


@require_GET
@door.open_to(VIEW)
def distributions(request: door.Request) -> HttpResponse:
    """Distributions, the latest first."""
    state = request.GET.get("state", "")
    page = queries.distributions_page(
        request.access,
        state=state if state in words.WORDS["distribution_state"] else "",
        after=request.GET.get("after", "")[:40],
    )
    context = {"page": page, "filters": request.GET, "states": words.options("distribution_state")}
    return render(request, "distributions/list.html", context)


@require_http_methods(["GET", "POST"])
@door.open_to(PLAN)
def new(request: door.Request) -> HttpResponse:
    """Plan a distribution; its list is made by a job."""
    form = forms.PlanForm(request.POST or None, access=request.access)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            row = actions.plan(form.draft(), by=request.access, at=door.now())
            messages.success(request, _("The list is being made. You may close this page."))
            return redirect("distribution", pk=row.pk)
    return form_page(request, form, _("Plan a distribution"), _("Make the list"), reverse("distributions"))


@require_GET
@door.open_to(VIEW)
def distribution(request: door.Request, pk: int) -> HttpResponse:
    """A distribution: how far it is, what is due and there, its slips."""
    at = door.now()
    page = queries.distribution_page(request.access, pk, at=at)
    state = request.GET.get("slips", "")
    after = numbers.whole(request.GET.get("after", "")) or 0
    rows = queries.slips_page(
        request.access, page.distribution, state=state if state in STATES else "", after=after, at=at
    )
    row = page.distribution
    job = jobs.shown(row.job) if row.job and row.state == rules.State.LISTING else None
    context = {"page": page, "distribution": row, "slips": rows, "states": STATES, "filters": request.GET, "job": job}
    return render(request, "distributions/one.html", context)


@require_GET
@door.open_to(VIEW)
def of_batch(request: door.Request, pk: int) -> HttpResponse:
    """Who was given something of a batch, as when its maker calls it back."""
    rows = queries.slips_with_batch(request.access, pk, at=door.now())
    return render(request, "distributions/batch.html", {"slips": rows})


@require_http_methods(["GET", "POST"])
@door.open_to(PLAN)
def add(request: door.Request, pk: int) -> HttpResponse:
    """A slip for a household that the list left out."""
    row = queries.visible_distribution(request.access, pk, PLAN)
    form = forms.HouseholdForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            slip = actions.add_slip(pk, form.cleaned_data["household"], by=request.access, at=door.now())
            messages.success(request, _("Slip %(n)s was added.") % {"n": number(slip.position)})
            return redirect("distribution", pk=pk)
    return form_page(request, form, _("Add a slip"), _("Add it"), reverse("distribution", args=[pk]), row.title)


@require_POST
@door.open_to(PLAN)
def close(request: door.Request, pk: int) -> HttpResponse:
    """Nothing more is handed out."""
    actions.close(pk, by=request.access, at=door.now())
    messages.success(request, _("The distribution is closed."))
    return redirect("distribution", pk=pk)


def _slip(request: door.Request, pk: int, action: Action) -> models.Slip:
    rows = models.Slip.objects.visible_to(request.access, action).select_related("distribution", "household")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise errors.NotFound()
    return found


@require_http_methods(["GET", "POST"])
@door.open_to(PLAN)
def slip_cancel(request: door.Request, pk: int) -> HttpResponse:
    """A slip counts no more."""
    slip = _slip(request, pk, PLAN)
    form = forms.WhyForm(request.POST or None)
    back = reverse("distribution", args=[slip.distribution_id])
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            actions.cancel_slip(pk, why=form.cleaned_data["why"], by=request.access, at=door.now())
            return redirect(back)
    return form_page(request, form, _("Cancel a slip"), _("It counts no more"), back, codes.shown(slip.code))


@require_http_methods(["GET", "POST"])
@door.open_to(HAND)
def slip_back(request: door.Request, pk: int) -> HttpResponse:
    """The goods of a slip came back."""
    slip = _slip(request, pk, HAND)
    form = forms.WhyForm(request.POST or None)
    back = reverse("distribution", args=[slip.distribution_id])
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            actions.take_back(pk, why=form.cleaned_data["why"], by=request.access, at=door.now())
            return redirect(back)
    return form_page(request, form, _("Goods came back"), _("They are here"), back, codes.shown(slip.code))


# --- handing out ------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@door.open_to(HAND)
def hand(request: door.Request, pk: int) -> HttpResponse:
    """The counter: a code is scanned or typed, whoever collects is chosen, the goods are handed out."""
    at = door.now()
    row = queries.visible_distribution(request.access, pk, HAND)
    typed = request.GET.get("code", "").strip()[:60]
    context: dict[str, Any] = {"distribution": row, "typed": typed}
    if not typed:
        return render(request, "distributions/hand.html", context)
    found = queries.locate(request.access, row, typed)
    context |= {"found": found}
    if found.slip is None:
        return render(request, "distributions/hand.html", context, status=422)
    page = queries.slip_page(request.access, found.slip, at=at)
    context |= {"page": page, "slip": found.slip}
    if not found.can_be_handed:
        return render(request, "distributions/hand.html", context, status=409)
    form = forms.HandForm(request.POST or None, page=page)
    if request.method == "POST" and form.is_valid() and form.cleaned_data["slip"] == found.slip.pk:
        with door.errors_into(form):
            actions.hand_out(found.slip.pk, form.told(), by=request.access, at=at)
            said = _("Slip %(n)s of %(household)s was handed out.")
            messages.success(request, said % {"n": found.slip.position, "household": found.slip.household.number})
            return redirect("distribution_hand", pk=pk)
    context |= {"form": form}
    return render(request, "distributions/hand.html", context, status=422 if form.is_bound else 200)


# --- paper ------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@door.open_to(HAND)
def paper(request: door.Request, pk: int) -> HttpResponse:
    """Bring codes that were noted on paper."""
    row = queries.visible_distribution(request.access, pk, HAND)
    form = forms.PaperForm(request.POST or None, request.FILES or None, initial={"handed_on": row.held_on})
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            given = request.FILES.get("file")
            name = str(given.name)[:60] if given else ""
            sheet = actions.bring_sheet(
                pk,
                actions.Paper(tuple(form.lines()), form.cleaned_data["handed_on"], name),
                by=request.access,
                at=door.now(),
            )
            return redirect("distribution_sheet", pk=sheet.pk)
    back = reverse("distribution", args=[pk])
    return form_page(request, form, _("Bring codes from paper"), _("Work them in"), back, row.title)


@require_GET
@door.open_to(VIEW)
def sheet(request: door.Request, pk: int) -> HttpResponse:
    """A sheet from paper, line by line with its verdict."""
    verdict = request.GET.get("verdict", "")
    page = queries.sheet_page(request.access, pk, verdict=verdict if verdict in words.WORDS["slip_verdict"] else "")
    job = jobs.shown(page.sheet.job) if page.sheet.job and page.sheet.done_at is None else None
    may = request.access.allows(HAND) and any(code == rules.Verdict.SHORT for code, _n in page.counts)
    context = {"page": page, "sheet": page.sheet, "job": job, "may_again": may, "filters": request.GET}
    return render(request, "distributions/sheet.html", context)


@require_POST
@door.open_to(HAND)
def sheet_again(request: door.Request, pk: int) -> HttpResponse:
    """Work in once more what there was not enough stock for."""
    actions.again(pk, by=request.access, at=door.now())
    actions.work_sheet(pk, None, by=request.access, at=door.now())
    return redirect("distribution_sheet", pk=pk)


# --- print ------------------------------------------------------------------------------------------------------------


@require_GET
@door.open_to(PLAN, HAND)
def print_(request: door.Request, pk: int, what: str) -> HttpResponse:
    """Slips or rows of the list as PDF, five hundred at a time."""
    if what not in {"slips", "list"}:
        raise errors.NotFound()
    row = queries.visible_distribution(request.access, pk)
    first = numbers.whole(request.GET.get("first", "")) or 1
    found = queries.slips_to_print(request.access, row, first, at=door.now())
    if not found:
        raise errors.NotFound(errors.message("There is no slip here to print."))
    content = _slips_pdf(row, found) if what == "slips" else _list_pdf(row, found)
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{row.number}-{what}-{first}.pdf"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _own_tag() -> str:
    return door.LANG_ATTRIBUTE.get(translation.get_language() or "en", "en")


def _slips_pdf(row: models.Distribution, found: list[models.Slip]) -> bytes:
    """Each slip in the language of whoever collects it, or else the reader's."""
    own = _own_tag()
    by_language: dict[str, list[models.Slip]] = {}
    for slip in found:
        by_language.setdefault(_language_of(slip) or own, []).append(slip)
    made: dict[int, printed.Slip] = {}
    for tag, some in by_language.items():
        with translation.override(LANGUAGE_OF[tag]):
            made |= {slip.pk: _printed(row, slip, tag) for slip in some}
    office = settings.OFFICE_NAME or _("our office")
    title = f"{row.number} · {row.title}"
    return printed.slips_pdf([made[slip.pk] for slip in found], title=title, office=office, language=own)


def _language_of(slip: models.Slip) -> str:
    who = [m.person for m in slip.counted if m.collects]  # type: ignore[attr-defined]
    return next((person.language for person in who if person.language in LANGUAGE_OF), "")


def _printed(row: models.Distribution, slip: models.Slip, tag: str) -> printed.Slip:
    who = [
        f"{full_name(m.person)} ({words.word('collects', m.collects)})"
        for m in slip.counted  # type: ignore[attr-defined]
        if m.collects
    ]
    return printed.Slip(
        language=tag,
        code=codes.shown(slip.code),
        number=str(slip.position),
        household=slip.household.number,
        who=who,
        where=row.where,
        day=formats.date_format(row.held_on, "DATE_FORMAT"),
        lines=[
            f"{number(line.quantity)} {words.word('unit', line.item.unit)} · {line.item.name.said_in(tag)}"
            for line in slip.lines.all()
        ],
        signature=_("Signature of who collects"),
    )


def _list_pdf(row: models.Distribution, found: list[models.Slip]) -> bytes:
    header = [_("Number"), _("Code"), _("Household"), _("Who may collect"), _("People"), _("Signature")]
    rows = [
        [
            str(slip.position),
            codes.shown(slip.code),
            slip.household.number,
            ", ".join(full_name(m.person) for m in slip.counted if m.collects),  # type: ignore[attr-defined]
            str(slip.size),
            "✓" if slip.handed_at else "",
        ]
        for slip in found
    ]
    under = [f"{row.where} · {formats.date_format(row.held_on, 'DATE_FORMAT')}", row.kit.name.said_in(_own_tag())]
    office = settings.OFFICE_NAME or _("our office")
    return printed.rows_pdf(
        header, rows, title=f"{row.number} · {row.title}", under=under, office=office, language=_own_tag()
    )
