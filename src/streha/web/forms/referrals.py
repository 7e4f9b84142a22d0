"""Forms of referrals: what is asked of whom, and what they answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from streha.accounts.models import Organisation
from streha.cases import queries
from streha.cases.referrals import actions, rules
from streha.common.codes import FieldClass
from streha.web import words
from streha.web.forms.cases import spoken
from streha.web.labels import FIELD_CLASSES
from streha.web.templatetags.register import full_name


def _text(label: Any, rows: int = 4, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": rows}), max_length=5000, **more)


class ReferForm(forms.Form):
    """A case referred, or handed over."""

    kind = forms.ChoiceField(
        label=_("What it is"), choices=lambda: words.options("referral_kind"), widget=forms.RadioSelect
    )
    organisation = forms.TypedChoiceField(
        label=_("Organisation of this office"), coerce=int, required=False, empty_value=None
    )
    outside = forms.CharField(
        label=_("Or another organisation"), required=False, max_length=rules.NAME_LENGTH, help_text=_("By its name")
    )
    purpose = forms.ChoiceField(
        label=_("Purpose"), help_text=_("Everybody whom it concerns must have agreed to it, for this organisation.")
    )
    people = forms.TypedMultipleChoiceField(
        label=_("Whom it concerns"), coerce=int, widget=forms.CheckboxSelectMultiple
    )
    classes = forms.MultipleChoiceField(
        label=_("What they learn besides the name"), required=False, widget=forms.CheckboxSelectMultiple
    )
    reason = _text(
        _("What is asked, in as few words as needed"), help_text=_("They read this, and no more of the case.")
    )

    def __init__(
        self, *args: Any, page: queries.CasePage, organisations: Sequence[Organisation], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._choices("organisation", [("", "—"), *((o.pk, str(o)) for o in organisations)])
        self._choices("purpose", [(p.value, w.said_in(spoken())) for p, w in rules.PURPOSE_WORDS.items()])
        self._choices("people", [(p.pk, f"{full_name(p)} · {p.number}") for p in page.members])
        more = [c for c in rules.SHAREABLE if c != FieldClass.IDENTITY]
        self._choices("classes", [(c.value, FIELD_CLASSES[c]) for c in more])
        self.fields["people"].initial = [page.case.person_id]
        self.fields["kind"].initial = rules.Kind.REFERRAL.value

    def _choices(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def draft(self) -> actions.ReferralDraft:
        """The referral as the action wants it."""
        told = self.cleaned_data
        return actions.ReferralDraft(
            kind=rules.Kind(told["kind"]),
            purpose=rules.Purpose(told["purpose"]),
            people=told["people"],
            reason=told["reason"],
            organisation_id=told["organisation"],
            outside=told["outside"],
            classes=[FieldClass(code) for code in told["classes"]],
        )


class AnswerForm(forms.Form):
    """What becomes of a referral."""

    state = forms.ChoiceField(label=_("What becomes of it"), widget=forms.RadioSelect)
    note = _text(_("Note"), 3, required=False, help_text=_("Needed when it is rejected or taken back."))

    def __init__(self, *args: Any, states: Sequence[rules.State], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(state.value, rules.STATE_WORDS[state].said_in(spoken())) for state in states]
        self.fields["state"].choices = named  # type: ignore[attr-defined]
