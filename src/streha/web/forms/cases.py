"""Forms of cases: what somebody types becomes one call of an action."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from streha.cases import queries, rules
from streha.homes import rules as home_rules
from streha.people.models import Person
from streha.web import words
from streha.web.forms.people import DayField
from streha.web.templatetags.register import full_name

PERSON_NUMBER = re.compile(r"^\s*[Pp]?-?\s*0*(\d{1,9})\s*$")


def spoken() -> str:
    """The language of the page."""
    return translation.get_language() or "en"


class PersonNumber(forms.CharField):
    """A person by the number people read out; gives its id."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20, **kwargs)

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        found = PERSON_NUMBER.match(text)
        if found is None:
            raise forms.ValidationError(_("Write the number as P-0041877."))
        return int(found.group(1))


class OpenForm(forms.Form):
    """A case to be opened."""

    person = PersonNumber(label=_("Number of the person"), help_text=_("As in P-0041877."))
    track = forms.ChoiceField(label=_("Track"))
    with_household = forms.BooleanField(label=_("For the whole household"), required=False)
    mine = forms.BooleanField(label=_("I take the case"), required=False)
    note = forms.CharField(
        label=_("What brings them here"), required=False, widget=forms.Textarea(attrs={"rows": 4}), max_length=5000
    )

    def __init__(self, *args: Any, tracks: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["track"].choices = [(v.track.code, v.label.said_in(spoken())) for v in tracks]  # type: ignore[attr-defined]


class Reasoned(forms.Form):
    """A step with a reason; the revision says which state of the case was read."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"), required=False, widget=forms.Textarea(attrs={"rows": 3}), max_length=5000
    )

    def __init__(self, *args: Any, page: queries.CasePage, owners: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page, self.owners = page, owners
        self.fields["revision"].initial = page.case.revision
        self.prepare()

    def prepare(self) -> None:
        """Fill choices from the case."""


class MoveForm(Reasoned):
    to = forms.ChoiceField(label=_("To"))
    field_order = ("revision", "to", "reason")

    def prepare(self) -> None:
        here, language = self.page.case.stage.position, spoken()
        ahead = [(s.code, s.label.said_in(language)) for s in self.page.next_steps]
        back = [
            (s.code, _("back to: %(stage)s") % {"stage": s.label.said_in(language)})
            for s in self.page.steps
            if s.position < here
        ]
        self.fields["to"].choices = ahead + back  # type: ignore[attr-defined]
        self.fields["reason"].help_text = _("Needed when the case goes back.")


class AssignForm(Reasoned):
    owner = forms.TypedChoiceField(label=_("Owner"), coerce=int)
    field_order = ("revision", "owner", "reason")

    def prepare(self) -> None:
        self.fields["owner"].choices = [(u.pk, str(u)) for u in self.owners]  # type: ignore[attr-defined]


class CloseForm(Reasoned):
    outcome = forms.ChoiceField(label=_("What came of it"), choices=words.options("outcome"))
    field_order = ("revision", "outcome", "reason")


class ReopenForm(Reasoned):
    def prepare(self) -> None:
        self.fields["reason"].required = True


class SplitForm(Reasoned):
    people = forms.TypedMultipleChoiceField(
        label=_("Who goes on in a case of their own"), coerce=int, widget=forms.CheckboxSelectMultiple
    )
    field_order = ("revision", "people", "reason")

    def prepare(self) -> None:
        others = [p for p in self.page.members if p.pk != self.page.case.person_id]
        self.fields["people"].choices = _named(others)  # type: ignore[attr-defined]
        self.fields["people"].initial = [p.pk for p in self.page.parted]


class CoverForm(Reasoned):
    people = forms.TypedMultipleChoiceField(
        label=_("Whom the case covers from now on"), coerce=int, widget=forms.CheckboxSelectMultiple
    )
    field_order = ("revision", "people")

    def prepare(self) -> None:
        self.fields["people"].choices = _named(self.page.joined)  # type: ignore[attr-defined]
        del self.fields["reason"]


class HomeForm(Reasoned):
    home = forms.CharField(
        label=_("Number of the home"), required=False, max_length=20, help_text=_("As in PR-0001234; empty for none.")
    )

    def prepare(self) -> None:
        del self.fields["reason"]
        home = self.page.home
        self.fields["home"].initial = home.number if home is not None else ""

    def clean_home(self) -> int | None:
        text = self.cleaned_data["home"].strip()
        if not text:
            return None
        found = home_rules.understand(text).property_id
        if found is None:
            raise forms.ValidationError(_("Write the number as PR-0001234."))
        return found


class NoteForm(Reasoned):
    text = forms.CharField(label=_("Note"), widget=forms.Textarea(attrs={"rows": 6}), max_length=5000)

    def prepare(self) -> None:
        del self.fields["reason"]


class PaperForm(Reasoned):
    what = forms.ChoiceField(label=_("Paper"))
    valid_until = DayField(label=_("Valid until"), required=False)
    file = forms.FileField(
        label=_("File"),
        required=False,
        help_text=_("A PDF of at most 10 MB. It is kept sealed."),
        allow_empty_file=True,
    )
    field_order = ("revision", "what", "valid_until", "file")

    def prepare(self) -> None:
        del self.fields["reason"]
        names = {p.pk: full_name(p) for p in self.page.members}
        language = spoken()
        self.fields["what"].choices = [  # type: ignore[attr-defined]
            (
                paper_key(item),
                " · ".join(filter(None, (item.wanted.label.said_in(language), names.get(item.person_id or 0, "")))),
            )
            for item in self.page.items
        ]


def paper_key(item: rules.Item) -> str:
    """A line of the checklist as a value of a form."""
    return f"{item.wanted.paper_id}-{item.person_id or ''}"


def _named(people: Any) -> list[tuple[int, str]]:
    found: list[Person] = list(people)
    return [(p.pk, f"{full_name(p)} · {p.number}") for p in found]
