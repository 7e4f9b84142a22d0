"""Supplies: stock by warehouse and batch, the catalogue, kits, the ledger, counts, and what to buy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from streha.accounts.rules import Access, Action
from streha.assistance.distributions import queries as distribution_queries
from streha.assistance.supplies import actions, models, queries
from streha.assistance.supplies.rules import stock as rules
from streha.common import errors, numbers
from streha.formats import tables
from streha.web import door, words
from streha.web.forms import supplies as forms
from streha.web.one_form import form_page
from streha.web.stories import warehouse as warehouse_story

VIEW, RULES, MOVE = Action.STOCK_VIEW, Action.STOCK_RULES, Action.STOCK_MOVE
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


# --- stock ------------------------------------------------------------------------------------------------------------


@require_GET
@door.open_to(VIEW)
def stock(request: door.Request) -> HttpResponse:
    """What lies in all warehouses, what expires soon, what is below its line."""
    today = door.now().date()
    context = {
        "held": queries.held(request.access, today),
        "warehouses": list(queries.warehouses(request.access)),
        "expiring": list(queries.expiring(request.access, today)[:50]),
        "counts": list(queries.counts_open(request.access)[:20]),
        "today": today,
        "empty_catalogue": not queries.items(request.access).exists(),
    }
    return render(request, "supplies/stock.html", context)


@require_GET
@door.open_to(VIEW)
def warehouse(request: door.Request, pk: int) -> HttpResponse:
    """A warehouse: by item, by batch, lines at which is ordered."""
    at = door.now()
    page = queries.warehouse_page(request.access, pk, at=at)
    deeds, counts = queries.deeds_of(request.access, pk), queries.counts_of(request.access, pk)
    held = distribution_queries.held_at(request.access, warehouse=pk)
    context = {
        "page": page,
        "warehouse": page.warehouse,
        "today": at.date(),
        "story": warehouse_story.story(page, deeds, counts, held, at.date()),
        "movements_here": f"{reverse('movements')}?warehouse={pk}",
    }
    return render(request, "supplies/warehouse.html", context)


@require_http_methods(["GET", "POST"])
@door.open_to(RULES, MOVE)
def warehouse_new(request: door.Request) -> HttpResponse:
    """Open a warehouse."""
    form = forms.WarehouseForm(request.POST or None, access=request.access)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        with door.errors_into(form):
            row = actions.open_warehouse(
                told["name"],
                keeper_id=told["keeper"],
                address=told["address"],
                is_hidden=told.get("is_hidden", False),
                by=request.access,
                at=door.now(),
            )
            return redirect("warehouse", pk=row.pk)
    return form_page(request, form, _("Open a warehouse"), _("Open it"), reverse("supplies"))


@dataclass(frozen=True)
class Deed:
    """Something that can be done in a warehouse: its form, what it is called, and the action it becomes."""

    form: Any
    title: str | Promise
    button: str | Promise
    do: Callable[[int, Any, Access, dt.datetime], Any]


def _receive(pk: int, form: Any, by: Access, at: dt.datetime) -> None:
    told = form.cleaned_data
    goods = actions.Delivery(told["item"], told["quantity"], told["lot"], told["expires_on"])
    actions.receive(pk, [goods], paper=told["paper"], by=by, at=at)


def _move(pk: int, form: Any, by: Access, at: dt.datetime) -> None:
    told = form.cleaned_data
    actions.transfer(pk, told["to"], told["item"], told["quantity"], paper=told["paper"], by=by, at=at)


def _lose(pk: int, form: Any, by: Access, at: dt.datetime) -> None:
    told = form.cleaned_data
    why = rules.Loss(told["why"])
    actions.lose(pk, told["batch"], told["quantity"], why=why, note=told["note"], by=by, at=at)


def _line(pk: int, form: Any, by: Access, at: dt.datetime) -> None:
    told = form.cleaned_data
    actions.set_line(pk, told["item"], line=told["line"], fill_to=told["fill_to"], by=by, at=at)


def _count(pk: int, form: Any, by: Access, at: dt.datetime) -> None:
    actions.count_stock(pk, form.counted(), note=form.cleaned_data["note"], by=by, at=at)


DEEDS: dict[str, Deed] = {
    "receive": Deed(forms.ReceiveForm, gettext_lazy("Receive goods"), gettext_lazy("They are here"), _receive),
    "move": Deed(forms.MoveForm, gettext_lazy("Move goods"), gettext_lazy("They are there"), _move),
    "lose": Deed(forms.LoseForm, gettext_lazy("Note a loss"), gettext_lazy("It is gone"), _lose),
    "line": Deed(forms.LineForm, gettext_lazy("When an item is ordered"), gettext_lazy("Keep it"), _line),
    "count": Deed(forms.CountForm, gettext_lazy("Count the stock"), gettext_lazy("This was counted"), _count),
}


@require_http_methods(["GET", "POST"])
@door.open_to(RULES, MOVE)
def deed(request: door.Request, pk: int, what: str) -> HttpResponse:
    """One step in a warehouse: its form, and the step itself."""
    row = queries.visible_warehouse(request.access, pk)
    chosen = DEEDS.get(what)
    if chosen is None:
        raise errors.NotFound()
    form = chosen.form(request.POST or None, access=request.access, warehouse=row)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            chosen.do(pk, form, request.access, door.now())
            messages.success(request, _("Noted."))
            return redirect("warehouse", pk=pk)
    return form_page(request, form, chosen.title, chosen.button, reverse("warehouse", args=[pk]), row.name)


@require_GET
@door.open_to(VIEW)
def movements(request: door.Request) -> HttpResponse:
    """The ledger, the latest first."""
    told = request.GET
    kind = told.get("kind", "")
    page = queries.movements_page(
        request.access,
        warehouse_id=numbers.whole(told.get("warehouse", "")),
        item_id=numbers.whole(told.get("item", "")),
        kind=kind if kind in words.WORDS["stock_kind"] else "",
        after=told.get("after", "")[:20],
    )
    context = {
        "page": page,
        "filters": told,
        "kinds": words.options("stock_kind"),
        "warehouses": [(str(pk), name) for pk, name in forms.warehouses(request.access, VIEW)],
        "items": [(str(pk), name) for pk, name in forms.items(request.access)],
    }
    return render(request, "supplies/movements.html", context)


@require_http_methods(["GET", "POST"])
@door.open_to(VIEW)
def count(request: door.Request, pk: int) -> HttpResponse:
    """A count with its differences, and settling it."""
    row = queries.visible_count(request.access, pk)
    form = forms.SettleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        with door.errors_into(form):
            accept = told["accept"] == "yes"
            actions.settle_count(pk, accept=accept, note=told["note"], by=request.access, at=door.now())
            messages.success(request, _("Settled."))
            return redirect("warehouse", pk=row.warehouse_id)
    may = row.settled_at is None and queries.carries(request.access, RULES, row.warehouse)
    lines = row.lines.select_related("batch__item").order_by("batch__item__code", "batch_id")
    context = {"count": row, "lines": lines, "form": form if may else None}
    return render(request, "supplies/count.html", context, status=422 if form.is_bound else 200)


# --- catalogue --------------------------------------------------------------------------------------------------------


@require_GET
@door.open_to(VIEW)
def items(request: door.Request) -> HttpResponse:
    """The catalogue."""
    return render(request, "supplies/items.html", {"items": list(queries.items(request.access)[: queries.MOST_ROWS])})


@require_http_methods(["GET", "POST"])
@door.open_to(RULES)
def item_new(request: door.Request) -> HttpResponse:
    """Add an item."""
    form = forms.ItemForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            actions.add_item(form.draft(), by=request.access, at=door.now())
            return redirect("items")
    return form_page(request, form, _("Add an item"), _("Add it"), reverse("items"))


@require_http_methods(["GET", "POST"])
@door.open_to(RULES)
def item_change(request: door.Request, pk: int) -> HttpResponse:
    """Change the names of an item."""
    row = queries.item(request.access, pk)
    form = forms.ItemForm(request.POST or None, item=row)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            version = form.cleaned_data["version"]
            actions.change_item(pk, form.draft(), version=version, by=request.access, at=door.now())
            return redirect("items")
    return form_page(request, form, _("Change the item"), _("Keep it"), reverse("items"), row.code)


@require_POST
@door.open_to(RULES)
def examples(request: door.Request) -> HttpResponse:
    """Take over the items and example kits that come with Streha."""
    actions.load_examples(by=request.access, at=door.now())
    messages.success(request, _("Items and example kits are here. No kit is verified yet: look at each."))
    return redirect("kits")


# --- kits -------------------------------------------------------------------------------------------------------------


@require_GET
@door.open_to(VIEW)
def kits(request: door.Request) -> HttpResponse:
    """The newest version of every kit, with its rules."""
    return render(request, "supplies/kits.html", {"kits": queries.kits(request.access)})


@require_http_methods(["GET", "POST"])
@door.open_to(RULES)
def kit_new(request: door.Request) -> HttpResponse:
    """Write a kit, or the next version of one."""
    before = numbers.whole(request.GET.get("of", ""))
    kit = queries.kit(request.access, before) if before is not None else None
    initial = {n: getattr(kit, n) for n in ("code", "name_en", "name_sq", "name_sr", "source")} if kit else {}
    form = forms.KitForm(request.POST or None, initial=initial)
    choices = forms.items(request.access)
    formset = forms.RuleFormSet(
        request.POST or None,
        prefix="rule",
        initial=forms.initial_rules(kit) if kit else None,
        form_kwargs={"choices": choices},
    )
    if request.method == "POST" and form.is_valid() and formset.is_valid():
        codes = {item.pk: item.code for item in queries.items(request.access)}
        with door.errors_into(form):
            draft = actions.KitDraft(rules=forms.rules_of(formset, codes), **form.cleaned_data)
            actions.save_kit(draft, by=request.access, at=door.now())
            return redirect("kits")
    context = {"form": form, "formset": formset, "kit": kit}
    return render(request, "supplies/kit_form.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@door.open_to(RULES)
def kit_verify(request: door.Request, pk: int) -> HttpResponse:
    """A kit was compared with its source."""
    row: models.Kit = queries.kit(request.access, pk)
    form = forms.SourceForm(request.POST or None, initial={"source": row.source})
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            actions.verify_kit(pk, source=form.cleaned_data["source"], by=request.access, at=door.now())
            return redirect("kits")
    return form_page(
        request, form, _("The kit was compared with its source"), _("It agrees"), reverse("kits"), str(row)
    )


# --- what to buy ------------------------------------------------------------------------------------------------------


@require_GET
@door.open_to(VIEW)
def purchase(request: door.Request) -> HttpResponse:
    """What is missing at sites and in warehouses, item by item."""
    rows = queries.purchase_list(request.access, door.now().date())
    return render(request, "supplies/purchase.html", {"rows": rows})


@require_GET
@door.open_to(VIEW)
def purchase_list(request: door.Request) -> HttpResponse:
    """The same as a workbook; it names no person."""
    headings = [_("Code"), _("Item"), _("How much"), _("Counted in"), _("Why")]
    rows = [
        (
            row.code,
            forms.said(row.item) if row.item else row.code,
            str(row.quantity),
            str(words.word("unit", row.item.unit)) if row.item else "",
            "; ".join(
                f"{each.where}: {words.word('buy_reason', each.reason)} ({each.quantity})" for each in row.reasons
            ),
        )
        for row in queries.purchase_list(request.access, door.now().date())
    ]
    response = HttpResponse(tables.write_xlsx(headings, rows, sheet=_("What to buy")), content_type=SHEET)
    response.headers["Content-Disposition"] = f'attachment; filename="{door.now():%Y-%m-%d}-streha.xlsx"'
    response["Cache-Control"] = "no-store"
    return response
