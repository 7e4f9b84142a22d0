"""Forms of data protection."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from streha.web import words
from streha.web.forms.people import DayField


class EraseForm(forms.Form):
    """Erasing asks twice: the number must be typed."""

    number = forms.CharField(label=_("Type the number of the person"), max_length=20)
    reason = forms.ChoiceField(label=_("Reason"), choices=words.options("erase_reason"))

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected

    def clean_number(self) -> str:
        typed = str(self.cleaned_data["number"]).strip().upper()
        if typed != self.expected:
            raise forms.ValidationError(
                _("“%(value)s” is not the number of this person. Nothing was erased."), params={"value": typed}
            )
        return typed


class ExceptionForm(forms.Form):
    """A time in which a principle is not kept."""

    principle = forms.ChoiceField(label=_("Principle"), choices=words.options("principle"))
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
    starts = DayField(label=_("From"))
    ends = DayField(label=_("Until"))
