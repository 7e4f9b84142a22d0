"""Forms of money set aside: from which line, how much, changed, and spent by a paper."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from streha.assistance.programmes import actions, models, rules
from streha.common.money import Money
from streha.web import words
from streha.web.forms.days import Day
from streha.web.forms.money import Amount, CommitForm, Currency

__all__ = ["CommitForm"]


class OtherForm(CommitForm):
    """Money set aside for something that has no page of its own."""

    title = forms.CharField(label=_("For what"), max_length=models.NAME_LENGTH)

    def __init__(self, *args: Any, agreement: models.Agreement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["line"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(line.pk), f"{line.code} {line.title}") for line in agreement.lines.all()]


class SumForm(forms.Form):
    """How much a budget line or a commitment is of now; the version says which state of it was read."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    amount = Amount()


class PaperForm(forms.Form):
    """An invoice that was paid, or a refund that came back."""

    kind = forms.ChoiceField(label=_("What it is"), choices=lambda: words.options("by_hand"))
    amount = Amount()
    currency = Currency()
    day = Day(label=_("Day"))
    reference = forms.CharField(label=_("Number of the paper"), max_length=rules.PAPER_LENGTH)

    def paper(self) -> actions.Paper:
        """The paper as the action wants it."""
        told = self.cleaned_data
        amount = Money(told["amount"], told["currency"])
        return actions.Paper(rules.ByHand(told["kind"]), amount, told["day"], told["reference"])
