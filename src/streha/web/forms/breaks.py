"""Asking to look beyond one's scope, and judging such a look."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from streha.accounts.rules import BREAK_GLASS_MAX_HOURS


class AskBreak(forms.Form):
    number = forms.RegexField(
        label=_("Number of the person"),
        regex=r"^\s*[Pp]?-?\s*\d{1,9}\s*$",
        help_text=_("As in P-0041877."),
        error_messages={"invalid": _("Write the number as P-0041877.")},
    )
    reason = forms.CharField(
        label=_("Why do you have to look?"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("A sentence. A colleague reads it and judges whether the look was right."),
    )
    hours = forms.IntegerField(label=_("For how many hours?"), min_value=1, max_value=BREAK_GLASS_MAX_HOURS, initial=2)

    def person_id(self) -> int:
        """The number without its letters."""
        return int("".join(sign for sign in self.cleaned_data["number"] if sign.isdecimal()))


class JudgeBreak(forms.Form):
    note = forms.CharField(label=_("What you found"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
