"""Forms of house works: what somebody types becomes one call of an action."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streha.accounts.rules import Access, Action
from streha.assistance.works import actions, models, queries, rules
from streha.formats import pictures
from streha.people.models import Person
from streha.web import words
from streha.web.forms import deeds
from streha.web.forms.feedback import text_area
from streha.web.forms.people import DayField, keepers
from streha.web.templatetags.register import full_name

NUMBER = re.compile(r"^\s*(?:[A-Za-z]{1,4}-?)?0*(\d{1,9})\s*$")


class NumberField(forms.CharField):
    """The number of a record as people read it out: PR-0000123, or 123. Gives the id, or None."""

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        found = NUMBER.match(text)
        if found is None:
            raise forms.ValidationError(
                _("“%(value)s” is no number of a record. Write it as PR-0000123."), params={"value": text[:30]}
            )
        return int(found[1])


class SumField(forms.DecimalField):
    """A sum of money: 1250.50, also written 1.250,50 or 1 250,50."""

    def __init__(self, **more: Any) -> None:
        attrs = {"inputmode": "decimal", "autocomplete": "off"}
        super().__init__(max_digits=14, decimal_places=2, min_value=0, widget=forms.TextInput(attrs=attrs), **more)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        text = str(value or "").strip().replace("\u00a0", "").replace(" ", "")
        if re.fullmatch(r"\d{1,3}(\.\d{3})*,\d{1,2}|\d+,\d{1,2}", text):
            text = text.replace(".", "").replace(",", ".")
        return super().to_python(text)


class PhotosInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Some photos at once, each as (name, bytes); one that is far too large is refused by its length, unread."""

    def __init__(self, **more: Any) -> None:
        super().__init__(widget=PhotosInput(attrs={"accept": "image/*"}), **more)

    def clean(self, data: Any, initial: Any = None) -> list[tuple[str, bytes]]:
        sent = [one for one in (data if isinstance(data, list | tuple) else [data]) if one]
        kept = []
        for one in sent[: actions.MOST_PHOTOS_AT_ONCE + 1]:
            file = super().clean(one, initial)
            too_large = (file.size or 0) > pictures.LARGEST_FILE
            kept.append((file.name, b"\0" * (pictures.LARGEST_FILE + 1) if too_large else file.read()))
        return kept


class PlanForm(forms.Form):
    """House works to be planned."""

    home = NumberField(label=gettext_lazy("Home"), max_length=20, help_text=gettext_lazy("Its number: PR-0000123"))
    household = NumberField(label=gettext_lazy("For the household"), max_length=20, required=False)
    case = NumberField(label=gettext_lazy("Case"), max_length=20, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=words.options("works_kind"))
    start = DayField(label=gettext_lazy("First day"))
    cost_planned = SumField(label=gettext_lazy("Planned cost"), required=False)
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3, initial="EUR")

    def draft(self) -> rules.WorksDraft:
        """What the form says, for the action."""
        told = self.cleaned_data
        return rules.WorksDraft(
            home_id=told["home"] or 0,
            kind=rules.Kind(told["kind"]),
            start=told["start"],
            household_id=told["household"],
            case_id=told["case"],
            cost_planned=told["cost_planned"] or Decimal(0),
            currency=told["currency"],
        )


class LotForm(forms.Form):
    """A lot."""

    version = forms.IntegerField(widget=forms.HiddenInput, initial=0)
    title = forms.CharField(label=gettext_lazy("Name"), max_length=160)
    keeper = forms.TypedChoiceField(label=gettext_lazy("Municipality"), coerce=int)
    tender = forms.CharField(label=gettext_lazy("Tender"), max_length=80, required=False)
    contractor = forms.CharField(label=gettext_lazy("Contractor"), max_length=160, required=False)
    contracted_on = DayField(label=gettext_lazy("Contract of"), required=False)
    amount = SumField(label=gettext_lazy("Sum of the contract"), required=False)
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3, initial="EUR")

    def __init__(self, *args: Any, access: Access, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["keeper"].choices = keepers(access, Action.WORKS_PLAN)  # type: ignore[attr-defined]

    def draft(self) -> rules.LotDraft:
        """What the form says, for the action."""
        told = self.cleaned_data
        return rules.LotDraft(
            title=told["title"],
            keeper_id=told["keeper"],
            tender=told["tender"],
            contractor=told["contractor"],
            contracted_on=told["contracted_on"],
            amount=told["amount"] or Decimal(0),
            currency=told["currency"],
        )


class DeedForm(deeds.DeedForm):
    """A step of a house."""

    page: queries.WorksPage

    def record(self) -> deeds.Versioned:
        return self.page.works


class InspectForm(DeedForm):
    on = DayField(label=gettext_lazy("Day"))
    note = forms.CharField(
        label=gettext_lazy("What was found"), required=False, widget=text_area(4), max_length=rules.TEXT_LENGTH
    )
    photos = PhotosField(
        label=gettext_lazy("Photos"), required=False, help_text=gettext_lazy("Up to six; place and camera are removed.")
    )

    def prepare(self) -> None:
        for step in self.page.steps:
            if step.code in rules.BY_HANDOVER:
                continue
            self.fields[str(step.code)] = forms.IntegerField(
                label=str(words.word("works_stage", step.code)),
                min_value=0,
                max_value=100,
                required=False,
                initial=step.percent,
                help_text=gettext_lazy("percent done"),
            )
        self.order_fields(["version", "on", *(str(step.code) for step in self.page.steps), "note", "photos"])

    def save(self, at: dt.datetime) -> object:
        told = self.cleaned_data
        percents = {
            step.code: told[str(step.code)]
            for step in self.page.steps
            if told.get(str(step.code)) is not None and told[str(step.code)] != step.percent
        }
        draft = rules.InspectionDraft(told["on"], percents, told["note"])
        return actions.inspect(self.page.works.pk, draft, photos=told["photos"], **self.common(at))


class ContractForm(DeedForm):
    lot = forms.TypedChoiceField(label=gettext_lazy("Lot"), coerce=int)
    amount = SumField(label=gettext_lazy("Contracted cost"))

    def prepare(self) -> None:
        lots = models.Lot.objects.visible_to(self.access, Action.WORKS_PLAN).order_by("-pk")[:200]
        self.fields["lot"].choices = [  # type: ignore[attr-defined]
            (lot.pk, " · ".join(filter(None, (lot.title, lot.contractor)))) for lot in lots
        ]

    def save(self, at: dt.datetime) -> object:
        told = self.cleaned_data
        return actions.give_to_lot(self.page.works.pk, told["lot"], amount=told["amount"], **self.common(at))


class PayForm(DeedForm):
    amount = SumField(label=gettext_lazy("Sum"))
    on = DayField(label=gettext_lazy("Day"))
    reference = forms.CharField(label=gettext_lazy("Paper"), max_length=80)

    def save(self, at: dt.datetime) -> object:
        told = self.cleaned_data
        return actions.note_cost(
            self.page.works.pk, amount=told["amount"], on=told["on"], reference=told["reference"], **self.common(at)
        )


class StopForm(DeedForm):
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=300)

    def save(self, at: dt.datetime) -> object:
        return actions.stop(self.page.works.pk, reason=self.cleaned_data["reason"], **self.common(at))


class ResumeForm(DeedForm):
    def save(self, at: dt.datetime) -> object:
        return actions.resume(self.page.works.pk, **self.common(at))


class HandOverForm(DeedForm):
    on = DayField(label=gettext_lazy("Day"))
    person = forms.TypedChoiceField(label=gettext_lazy("Signed by"), coerce=int, required=False, empty_value=None)
    signed_by = forms.CharField(
        label=gettext_lazy("Signed by somebody else"), max_length=120, required=False, help_text=gettext_lazy("A name")
    )
    defects = forms.CharField(
        label=gettext_lazy("Still to be mended"),
        required=False,
        widget=text_area(4),
        help_text=gettext_lazy("A defect a line."),
    )

    def prepare(self) -> None:
        people: list[Person] = queries.may_sign(self.access, self.page.works)
        self.fields["person"].choices = [  # type: ignore[attr-defined]
            ("", "—"),
            *((person.pk, f"{full_name(person)} · {person.number}") for person in people),
        ]

    def save(self, at: dt.datetime) -> object:
        told = self.cleaned_data
        lines = tuple(told["defects"].splitlines())
        draft = rules.HandoverDraft(told["on"], told["person"], told["signed_by"], lines)
        return actions.hand_over(self.page.works.pk, draft, **self.common(at))


class DefectForm(DeedForm):
    text = forms.CharField(label=gettext_lazy("Still to be mended"), widget=text_area(3), max_length=500)
    on = DayField(label=gettext_lazy("Found on"))

    def save(self, at: dt.datetime) -> object:
        told = self.cleaned_data
        return actions.note_defect(self.page.works.pk, text=told["text"], on=told["on"], **self.common(at))


class MendForm(DeedForm):
    defect = forms.TypedChoiceField(label=gettext_lazy("Defect"), coerce=int)
    on = DayField(label=gettext_lazy("Mended on"))

    def prepare(self) -> None:
        self.fields["defect"].choices = [  # type: ignore[attr-defined]
            (defect.pk, defect.said)  # type: ignore[attr-defined]
            for defect in self.page.open_defects
        ]

    def save(self, at: dt.datetime) -> object:
        told = self.cleaned_data
        return actions.mend_defect(self.page.works.pk, told["defect"], on=told["on"], **self.common(at))
