"""Money set aside: a budget line changed, a commitment with what went out of it, money for a lot, grant or project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from streha.accounts.rules import Access, Action
from streha.assistance.funding import actions, queries
from streha.assistance.programmes import actions as programmes
from streha.assistance.programmes import models
from streha.assistance.programmes.rules import For
from streha.assistance.works.queries import LotLine
from streha.common import errors
from streha.common.money import Money
from streha.web import door
from streha.web.forms import funding as forms
from streha.web.one_form import acting_page

A = Action
MOST = 200
PAGES = {
    For.CYCLE: "cycle",
    For.WORKS: "works_lots",
    For.GRANT: "grant_one",
    For.TRAINING: "course",
    For.PROJECT: "project",
}
"""The page of what money is set aside for; lots stand on one page together."""


def page_of(target: queries.Target) -> str:
    """Where what money is set aside for is looked at."""
    name = PAGES[target.kind]
    return reverse(name) if target.kind == For.WORKS else reverse(name, args=[target.key])


def may_set_aside(access: Access) -> bool:
    """Whether the viewer sets money aside at all."""
    return access.allows(A.PROGRAMME_CHANGE) or access.allows(A.BUDGET_CHANGE)


def context_for(access: Access, kind: For, key: int) -> dict[str, object]:
    """What a page of a lot, grant, course or project shows of its money, to who reads programmes."""
    if not access.allows(A.PROGRAMME_VIEW):
        return {}
    return {
        "commitments": queries.set_aside(kind, key),
        "sees_money": True,
        "set_aside": reverse("set_aside", args=[kind, key]) if may_set_aside(access) else "",
    }


def of_lots(access: Access, lines: Sequence[LotLine]) -> list[LotMoney]:
    """Lots with the money set aside for each, to who reads programmes."""
    held = queries.by_key(For.WORKS) if access.allows(A.PROGRAMME_VIEW) else {}
    return [LotMoney(line, tuple(held.get(line.lot.pk, ()))) for line in lines]


@dataclass(frozen=True)
class LotMoney:
    """A line of the list of lots, and the money set aside for it."""

    line: LotLine
    commitments: tuple[models.Commitment, ...]


def linked(access: Access, rows: list[models.Commitment]) -> list[tuple[models.Commitment, str, str]]:
    """Commitments with what each is for and where that is looked at; nothing of what the viewer may not see."""
    found = queries.targets(access, rows)
    told = []
    for row in rows:
        target = found.get((row.kind, row.key))
        title = row.title if target or For(row.kind) not in queries.TABLES else ""
        told.append((row, target.said if target else title, page_of(target) if target else ""))
    return told


@require_http_methods(["GET", "POST"])
@door.open_to(A.BUDGET_CHANGE)
def line_change(request: door.Request, pk: int) -> HttpResponse:
    """A budget line is of another sum."""
    row = models.BudgetLine.objects.select_related("agreement").filter(pk=pk).first()
    if row is None:
        raise errors.NotFound()
    form = forms.SumForm(request.POST or None, initial={"version": row.version, "amount": row.amount})

    def change() -> None:
        told = form.cleaned_data
        programmes.change_budget_line(pk, told["amount"], version=told["version"], by=request.access, at=door.now())

    back = reverse("agreement", args=[row.agreement_id])
    title = _("Change budget line %(line)s") % {"line": row}
    return acting_page(request, form, title, _("Change"), back, change)


@require_GET
@door.open_to(A.PROGRAMME_VIEW)
def commitment(request: door.Request, pk: int) -> HttpResponse:
    """Money set aside: for what, from whom, how much is left, and each sum that went out or came back."""
    row = _commitment(pk)
    ((_row, said, link),) = linked(request.access, [row])
    context = {
        "row": row,
        "said": said,
        "link": link,
        "spendings": row.spendings.order_by("-day", "-pk")[:MOST],
        "on_its_way": Money(row.used - row.spent, row.currency),
        "may_change": may_set_aside(request.access),
    }
    return render(request, "programmes/commitment.html", context)


def _commitment(pk: int) -> models.Commitment:
    row = models.Commitment.objects.select_related("line__agreement__donor").filter(pk=pk).first()
    if row is None:
        raise errors.NotFound()
    return row


@require_http_methods(["GET", "POST"])
@door.open_to(A.PROGRAMME_CHANGE, A.BUDGET_CHANGE)
def commitment_change(request: door.Request, pk: int) -> HttpResponse:
    """More or less is set aside."""
    row = _commitment(pk)
    form = forms.SumForm(request.POST or None, initial={"version": row.version, "amount": row.amount})

    def change() -> None:
        told = form.cleaned_data
        amount = Money(told["amount"], row.currency)
        actions.change(pk, amount, version=told["version"], by=request.access, at=door.now())

    title = _("Change how much is set aside")
    return acting_page(request, form, title, _("Change"), reverse("commitment", args=[pk]), change)


@require_http_methods(["GET", "POST"])
@door.open_to(A.PAYMENT_PAY)
def commitment_paper(request: door.Request, pk: int) -> HttpResponse:
    """An invoice that was paid, or a refund that came back, is noted by hand."""
    row = _commitment(pk)
    form = forms.PaperForm(request.POST or None, initial={"currency": row.currency})
    return acting_page(
        request,
        form,
        _("Note an invoice or a refund"),
        _("Note it"),
        reverse("commitment", args=[pk]),
        lambda: programmes.note_spending(pk, form.paper(), by=request.access, at=door.now()),
    )


@require_http_methods(["GET", "POST"])
@door.open_to(A.PROGRAMME_CHANGE, A.BUDGET_CHANGE)
def set_aside(request: door.Request, kind: str, pk: int) -> HttpResponse:
    """Money of a budget line is set aside for a lot, a grant, a course or a project."""
    if kind not in {wanted.value for wanted in PAGES}:
        raise errors.NotFound()
    found = queries.target(request.access, For(kind), pk)
    form = forms.CommitForm(request.POST or None)

    def do() -> None:
        line = models.BudgetLine.objects.select_related("agreement").get(pk=int(form.cleaned_data["line"]))
        amount = Money(form.cleaned_data["amount"], line.currency)
        actions.set_aside(line.pk, amount, found.kind, pk, by=request.access, at=door.now())

    title = _("Set money aside for %(what)s") % {"what": found.said}
    return acting_page(request, form, title, _("Set aside"), page_of(found), do)
