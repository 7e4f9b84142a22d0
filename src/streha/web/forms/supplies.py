"""Forms of supplies: what somebody types becomes one call of an action."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from streha.accounts.rules import Access, Action
from streha.assistance.supplies import actions, models, queries
from streha.assistance.supplies.rules import kits, stock
from streha.common.codes import Sex
from streha.web import words
from streha.web.forms.people import DayField, keepers
from streha.web.forms.sites import count_field

SPARE_RULES = 4


def said(row: models.Called) -> str:
    """The name of an item or kit in the reader's language."""
    return row.name.said_in(translation.get_language() or "en")


def items(access: Access) -> list[tuple[int, str]]:
    """Items of the catalogue as choices."""
    return [(item.pk, f"{item.code} · {said(item)}") for item in queries.items(access)]


def warehouses(access: Access, action: Action) -> list[tuple[int, str]]:
    """Warehouses where the writer may do this, as choices."""
    return [(row.pk, row.name) for row in queries.warehouses(access, action)]


class NamesForm(forms.Form):
    """A name in the languages of the office."""

    name_en = forms.CharField(label=_("Name in English"), max_length=stock.NAME_LENGTH)
    name_sq = forms.CharField(label=_("Name in Albanian"), max_length=stock.NAME_LENGTH)
    name_sr = forms.CharField(label=_("Name in Serbian, Cyrillic"), max_length=stock.NAME_LENGTH)


class ItemForm(NamesForm):
    """An item of the catalogue."""

    code = forms.CharField(label=_("Code"), max_length=stock.CODE_LENGTH)
    unit = forms.ChoiceField(label=_("Counted in"), choices=words.options("unit"))
    expires = forms.BooleanField(label=_("A day is printed on it until when it may be given"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, initial=0)
    field_order = ("code", "unit", "name_en", "name_sq", "name_sr", "expires", "version")

    def __init__(self, *args: Any, item: models.Item | None = None, **kwargs: Any) -> None:
        if item is not None:
            names = ("code", "unit", "name_en", "name_sq", "name_sr", "expires", "version")
            kwargs["initial"] = {name: getattr(item, name) for name in names}
        super().__init__(*args, **kwargs)
        if item is not None:
            for name in ("code", "unit"):
                self.fields[name].disabled = True

    def draft(self) -> actions.ItemDraft:
        """What the form says, for the action."""
        told = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        return actions.ItemDraft(**told | {"unit": stock.Unit(told["unit"])})


class KitForm(NamesForm):
    """A kit without its rules, which stand in a table below."""

    code = forms.CharField(label=_("Code"), max_length=stock.CODE_LENGTH)
    source = forms.CharField(label=_("Where the quantities stand"), max_length=300, required=False)
    field_order = ("code", "name_en", "name_sq", "name_sr", "source")


class RuleForm(forms.Form):
    """One rule of a kit; a row without an item is left out."""

    item = forms.TypedChoiceField(label=_("Item"), coerce=int, required=False, empty_value=None)
    quantity = forms.DecimalField(
        label=_("How much"), min_value=Decimal("0.001"), max_digits=9, decimal_places=3, required=False, localize=True
    )
    per = forms.ChoiceField(label=_("For"), choices=words.options("per"), required=False)
    size_from = count_field(_("From so many people"), required=False)
    size_to = count_field(_("To so many people"), required=False)
    age_from = count_field(_("From age"), required=False)
    age_to = count_field(_("To age"), required=False)
    sex = forms.ChoiceField(label=_("Sex"), choices=words.options("sex", blank=True), required=False)

    def __init__(self, *args: Any, choices: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["item"].choices = [("", "—"), *choices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        if told.get("item") and not told.get("quantity") and not self.errors:
            self.add_error("quantity", _("Write how much."))
        return told


RuleFormSet: Any = forms.formset_factory(RuleForm, extra=SPARE_RULES, max_num=60, absolute_max=60)


def rules_of(formset: Any, codes: dict[int, str]) -> tuple[kits.Rule, ...]:
    """The rows of the table as rules."""
    told = [form.cleaned_data for form in formset.forms if form.cleaned_data.get("item")]
    return tuple(
        kits.Rule(
            item=codes[row["item"]],
            per=kits.Per(row["per"] or kits.Per.PERSON),
            quantity=row["quantity"],
            size_from=row["size_from"],
            size_to=row["size_to"],
            age_from=row["age_from"],
            age_to=row["age_to"],
            sex=Sex(row["sex"]) if row["sex"] else None,
        )
        for row in told
    )


def initial_rules(kit: models.Kit) -> list[dict[str, Any]]:
    """Rules of a version, for the next one."""
    names = ("quantity", "per", "size_from", "size_to", "age_from", "age_to", "sex")
    return [{name: getattr(rule, name) for name in names} | {"item": rule.item_id} for rule in kit.rules.all()]


class SourceForm(forms.Form):
    """With what something was compared."""

    source = forms.CharField(label=_("Document and page"), max_length=300)


class WarehouseForm(forms.Form):
    """A warehouse."""

    name = forms.CharField(label=_("Name"), max_length=stock.NAME_LENGTH)
    keeper = forms.TypedChoiceField(label=_("Municipality"), coerce=int)
    address = forms.CharField(label=_("Address"), max_length=stock.NAME_LENGTH, required=False)
    is_hidden = forms.BooleanField(
        label=_("People whom nobody may know of are served from here; protection alone sees it"), required=False
    )

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        may = Action.STOCK_RULES if access.allows(Action.STOCK_RULES) else Action.STOCK_MOVE
        self.fields["keeper"].choices = keepers(access, may)  # type: ignore[attr-defined]
        if not access.allows(Action.SHIELDED_VIEW):
            del self.fields["is_hidden"]
        elif not access.allows(Action.STOCK_RULES):
            self.fields["is_hidden"].initial = True


class DeedForm(forms.Form):
    """A step in a warehouse."""

    def __init__(self, *args: Any, access: Access, warehouse: models.Warehouse, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access, self.warehouse = access, warehouse
        self.prepare()

    def prepare(self) -> None:
        """Fill choices from the warehouse."""


class ReceiveForm(DeedForm):
    """Goods that came."""

    item = forms.TypedChoiceField(label=_("Item"), coerce=int)
    quantity = count_field(_("How much"))
    lot = forms.CharField(label=_("Lot"), max_length=stock.CODE_LENGTH, required=False)
    expires_on = DayField(label=_("May be given until"), required=False)
    paper = forms.CharField(label=_("Delivery note"), max_length=stock.NAME_LENGTH, required=False)

    def prepare(self) -> None:
        self.fields["item"].choices = items(self.access)  # type: ignore[attr-defined]


class MoveForm(DeedForm):
    """Goods that go to another warehouse."""

    item = forms.TypedChoiceField(label=_("Item"), coerce=int)
    quantity = count_field(_("How much"))
    to = forms.TypedChoiceField(label=_("Where to"), coerce=int)
    paper = forms.CharField(label=_("Waybill"), max_length=stock.NAME_LENGTH, required=False)

    def prepare(self) -> None:
        held = {b.batch.item_id for b in self.warehouse.balances.filter(quantity__gt=0).select_related("batch")}
        self.fields["item"].choices = [  # type: ignore[attr-defined]
            each for each in items(self.access) if each[0] in held
        ]
        others = [each for each in warehouses(self.access, Action.STOCK_VIEW) if each[0] != self.warehouse.pk]
        self.fields["to"].choices = others  # type: ignore[attr-defined]


class LoseForm(DeedForm):
    """Goods that are gone."""

    batch = forms.TypedChoiceField(label=_("What"), coerce=int)
    quantity = count_field(_("How much"))
    why = forms.ChoiceField(label=_("Why"), choices=words.options("loss"))
    note = forms.CharField(label=_("What happened, and where that is noted"), max_length=stock.NOTE_LENGTH)

    def prepare(self) -> None:
        rows = self.warehouse.balances.filter(quantity__gt=0).select_related("batch__item")
        self.fields["batch"].choices = [  # type: ignore[attr-defined]
            (row.batch_id, f"{said(row.batch.item)} · {batch_words(row.batch)} · {row.quantity}")
            for row in rows.order_by("batch__item__code", "batch_id")
        ]


def batch_words(batch: models.Batch) -> str:
    """A batch as somebody finds it on a shelf."""
    day = f"{batch.expires_on:%d.%m.%Y}" if batch.expires_on else ""
    return " · ".join(filter(None, (batch.lot, day))) or "–"


class LineForm(DeedForm):
    """Below how much an item is ordered."""

    item = forms.TypedChoiceField(label=_("Item"), coerce=int)
    line = count_field(_("Order below"))
    fill_to = count_field(_("Fill up to"))

    def prepare(self) -> None:
        self.fields["item"].choices = items(self.access)  # type: ignore[attr-defined]


class CountForm(DeedForm):
    """What lies in a warehouse, batch by batch; what is left empty was not counted."""

    note = forms.CharField(label=_("Note"), max_length=stock.NOTE_LENGTH, required=False)

    def prepare(self) -> None:
        rows = self.warehouse.balances.select_related("batch__item").order_by("batch__item__code", "batch_id")
        for row in rows:
            label = f"{said(row.batch.item)} · {batch_words(row.batch)}"
            self.fields[f"batch_{row.batch_id}"] = count_field(label, required=False)
        self.order_fields([*(name for name in self.fields if name != "note"), "note"])

    def counted(self) -> dict[int, int]:
        """How much was counted, by batch."""
        told = self.cleaned_data
        return {
            int(name.removeprefix("batch_")): value
            for name, value in told.items()
            if name.startswith("batch_") and value is not None
        }


class SettleForm(forms.Form):
    """Whether the books follow a count."""

    accept = forms.ChoiceField(
        label=_("What shall be done"),
        choices=(("yes", _("The books follow the count")), ("no", _("The count is dropped"))),
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label=_("What explains the differences"), max_length=stock.NOTE_LENGTH, required=False)
