"""What is typed about a pair: an opinion with reason and choices, the other record's number, what goes where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from streha.people import rules as people_rules
from streha.people.duplicates.actions import Opinion
from streha.people.duplicates.queries import PairPage
from streha.people.duplicates.rules import Verdict
from streha.people.merges.actions import Choice

SIDES = (("left", "left"), ("right", "right"))


class OpinionForm(forms.Form):
    """Same, different or not sure; which number stays, and field by field whose value."""

    verdict = forms.ChoiceField(choices=[(verdict.value, verdict.value) for verdict in Verdict])
    reason = forms.CharField(label=_("Why"), required=False, max_length=400)
    kept = forms.ChoiceField(choices=SIDES, required=False)

    def __init__(self, *args: Any, page: PairPage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page = page
        for line in page.lines:
            if line.is_choice:
                self.fields[f"take_{line.code}"] = forms.ChoiceField(choices=SIDES, required=False)
        for side in ("left", "right"):
            self.fields[f"version_{side}"] = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)

    def opinion(self) -> Opinion:
        """What was said, as the action wants it: values are taken over that stand on the side that goes."""
        told = self.cleaned_data
        verdict = Verdict(told["verdict"])
        if verdict is not Verdict.SAME:
            return Opinion(verdict, reason=told["reason"])
        stays = told["kept"] or "left"
        chosen = {
            line.code: told[f"take_{line.code}"] or line.proposed for line in self.page.lines if line.is_choice
        } | dict.fromkeys(self.page.hidden, "right")
        left, right = self.page.left.person, self.page.right.person
        kept, gone = (left, right) if stays == "left" else (right, left)
        taken = frozenset(code for code, side in chosen.items() if side != stays)
        looked_at = {
            person.pk: told[f"version_{side}"]
            for side, person in (("left", left), ("right", right))
            if told[f"version_{side}"]
        }
        return Opinion(verdict, Choice(kept.pk, gone.pk, taken), told["reason"], looked_at)


class SameForm(forms.Form):
    """The number of the record that is the same person."""

    other = forms.CharField(
        label=_("Number of the other record"), max_length=20, help_text=_("As it stands on its page: P-0041877")
    )

    def clean_other(self) -> int:
        """The id behind the number."""
        found = people_rules.understand(self.cleaned_data["other"]).person_id
        if found is None:
            raise forms.ValidationError(_("Write the number of a person, such as P-0041877."))
        return found


class PartForm(forms.Form):
    """Which of what came since belongs to the record that comes back."""

    reason = forms.CharField(label=_("Why"), max_length=400)

    def going(self, posted: Mapping[str, str]) -> list[str]:
        """Codes of what goes with the record that comes back."""
        return [name.removeprefix("to_") for name, side in posted.items() if name.startswith("to_") and side == "gone"]
