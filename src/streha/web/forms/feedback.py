"""Forms of feedback and of sensitive reports: what somebody types becomes one call of an action."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from streha.accounts.rules import Access, Action
from streha.cases import rules as cases
from streha.cases.feedback import models, queries, rules
from streha.common.codes import Sex
from streha.web import words
from streha.web.forms.cases import PersonNumber, spoken
from streha.web.forms.people import DayField, keepers


class LinkNumber(forms.CharField):
    """A record by the number people read out, as H-0000123; gives its id."""

    def __init__(self, prefix: str, **kwargs: Any) -> None:
        self.pattern = re.compile(rf"^\s*(?:{prefix})?-?\s*0*(\d{{1,9}})\s*$", re.IGNORECASE)
        self.example = f"{prefix}-0000123"
        super().__init__(max_length=20, required=False, **kwargs)

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        found = self.pattern.match(text)
        if found is None:
            raise forms.ValidationError(_("Write the number as %(example)s."), params={"example": self.example})
        return int(found.group(1))


def text_area(rows: int = 4) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def categories(*, sensitive: bool | None = None) -> list[tuple[str, str]]:
    """Categories as choices; of one kind, or of both."""
    found = [c for c in queries.clocks() if sensitive is None or c.is_sensitive == sensitive]
    return [(c.code, c.label.said_in(spoken())) for c in found]


class EnterForm(forms.Form):
    """Feedback as it is taken in."""

    category = forms.ChoiceField(label=_("What it is about"))
    channel = forms.ChoiceField(label=_("How it came"), choices=words.options("channel"))
    received_on = DayField(label=_("Received on"))
    keeper = forms.TypedChoiceField(label=_("Municipality"), coerce=int)
    text = forms.CharField(label=_("What they said"), widget=text_area(6), max_length=rules.TEXT_LENGTH)
    is_anonymous = forms.BooleanField(label=_("They wish to stay anonymous"), required=False)
    person = PersonNumber(label=_("Number of the person"), required=False, help_text=_("If they are in the register."))
    name = forms.CharField(label=_("Name"), required=False, max_length=rules.NAME_LENGTH)
    contact = forms.CharField(
        label=_("How to reach them"), required=False, max_length=rules.NAME_LENGTH, help_text=_("Phone or e-mail.")
    )
    sex = forms.ChoiceField(label=_("Sex"), choices=words.options("sex"), initial=Sex.UNKNOWN)
    age_group = forms.ChoiceField(
        label=_("Age"), choices=words.options("age_group"), initial=rules.AgeGroup.UNKNOWN.value
    )
    disability = forms.ChoiceField(
        label=_("Disability, as they say"),
        choices=words.options("feedback_disability"),
        initial=rules.Disability.UNKNOWN.value,
    )
    household = LinkNumber("H", label=_("About household"))
    case = LinkNumber("C", label=_("About case"))
    home = LinkNumber("PR", label=_("About home"))

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = grouped()  # type: ignore[attr-defined]
        self.fields["keeper"].choices = keepers(access, Action.FEEDBACK_ENTER)  # type: ignore[attr-defined]

    def draft(self) -> rules.FeedbackDraft:
        """What the form says, for the action."""
        told = self.cleaned_data
        return rules.FeedbackDraft(
            category=told["category"],
            channel=rules.Channel(told["channel"]),
            keeper_id=told["keeper"],
            text=told["text"],
            received_on=told["received_on"],
            person_id=told["person"],
            name=told["name"],
            contact=told["contact"],
            is_anonymous=told["is_anonymous"],
            household_id=told["household"],
            case_id=told["case"],
            home_id=told["home"],
            sex=Sex(told["sex"]),
            age_group=rules.AgeGroup(told["age_group"]),
            disability=rules.Disability(told["disability"]),
        )


def grouped() -> list[tuple[Any, Any]]:
    """Categories, the sensitive ones under a heading of their own."""
    return [*categories(sensitive=False), (_("Sensitive: goes to protection staff alone"), categories(sensitive=True))]


class DeedForm(forms.Form):
    """A step of an entry; the revision says which state of it was read."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, page: queries.EntryPage, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page = page
        self.fields["revision"].initial = page.entry.revision
        if "on" in self.fields:
            self.fields["on"].initial = today
        self.prepare()

    def prepare(self) -> None:
        """Fill choices from the entry."""


class AcknowledgeForm(DeedForm):
    on = DayField(label=_("Acknowledged on"))
    text = forms.CharField(
        label=_("What they were told"), required=False, widget=text_area(3), max_length=rules.TEXT_LENGTH
    )


class AnswerForm(DeedForm):
    outcome = forms.ChoiceField(label=_("What came of it"), choices=words.options("feedback_outcome"))
    text = forms.CharField(label=_("The answer"), widget=text_area(6), max_length=rules.TEXT_LENGTH)
    on = DayField(label=_("Answered on"))


class CloseForm(DeedForm):
    on = DayField(label=_("Told on"), required=False)
    how = forms.ChoiceField(label=_("How they were told"), choices=words.options("channel", blank=True), required=False)
    not_told = forms.ChoiceField(
        label=_("Not told, because"), choices=words.options("not_told", blank=True), required=False
    )
    text = forms.CharField(label=_("Note"), required=False, widget=text_area(3), max_length=rules.TEXT_LENGTH)

    def prepare(self) -> None:
        if self.page.entry.is_anonymous:
            self.fields["on"].initial = None
            self.fields["not_told"].initial = rules.NotTold.ANONYMOUS.value

    def told(self) -> rules.Told:
        """What the form says of the telling; a day without a way beside a reason is no telling."""
        told = self.cleaned_data
        how = rules.Channel(told["how"]) if told["how"] else None
        why = rules.NotTold(told["not_told"]) if told["not_told"] else None
        return rules.Told(told["on"] if how or not why else None, how, why)


class ReopenForm(DeedForm):
    reason = forms.CharField(label=_("Reason"), widget=text_area(3), max_length=rules.TEXT_LENGTH)


class NoteForm(DeedForm):
    text = forms.CharField(label=_("Note"), widget=text_area(4), max_length=rules.TEXT_LENGTH)


class AssignForm(DeedForm):
    owner = forms.TypedChoiceField(label=_("Owner"), coerce=int)

    def prepare(self) -> None:
        owners = queries.owners_for(self.page.drawer)
        self.fields["owner"].choices = [(u.pk, str(u)) for u in owners]  # type: ignore[attr-defined]


class ProtectionForm(DeedForm):
    category = forms.ChoiceField(label=_("What it is about"))

    def prepare(self) -> None:
        self.fields["category"].choices = categories(sensitive=True)  # type: ignore[attr-defined]


class RemoveForm(DeedForm):
    sure = forms.BooleanField(label=_("It was entered by mistake, or may be kept no longer"))


class ClockForm(forms.Form):
    """A category with its clock."""

    number = forms.IntegerField(widget=forms.HiddenInput, initial=0)
    code = forms.CharField(label=_("Code"), max_length=30, help_text=_("Small letters of a-z, digits and _."))
    label_sq = forms.CharField(label=_("Name in Albanian"), max_length=cases.LABEL_LENGTH)
    label_sr = forms.CharField(label=_("Name in Serbian, Cyrillic"), max_length=cases.LABEL_LENGTH)
    label_en = forms.CharField(label=_("Name in English"), max_length=cases.LABEL_LENGTH)
    acknowledge_days = forms.IntegerField(label=_("Days to acknowledge"), min_value=1)
    answer_days = forms.IntegerField(label=_("Days to answer"), min_value=1)
    at_risk_percent = forms.IntegerField(label=_("At risk from this share of the days, %"), min_value=1)
    counting = forms.ChoiceField(label=_("Days are counted as"), choices=words.options("counting"))
    source = forms.CharField(label=_("Source"), max_length=300)
    note = forms.CharField(label=_("Note"), max_length=300, required=False)
    verified_by = forms.CharField(
        label=_("Checked by"), max_length=120, required=False, help_text=_("Empty: not verified.")
    )
    is_sensitive = forms.BooleanField(label=_("Sensitive: protection staff alone see it"), required=False)

    @staticmethod
    def initial_of(row: models.Clock) -> dict[str, Any]:
        """A version, to be changed into the next one."""
        names = (
            "number", "code", "label_sq", "label_sr", "label_en", "acknowledge_days", "answer_days",
            "at_risk_percent", "counting", "source", "note", "is_sensitive",
        )  # fmt: skip
        return {name: getattr(row, name) for name in names}

    def draft(self) -> rules.ClockDraft:
        """What the form says, for the action."""
        told = self.cleaned_data
        return rules.ClockDraft(
            code=told["code"],
            label=cases.words(told["label_sq"], told["label_sr"], told["label_en"]),
            terms=rules.Terms(
                told["acknowledge_days"],
                told["answer_days"],
                told["at_risk_percent"],
                rules.Counting(told["counting"]),
            ),
            source=told["source"],
            note=told["note"],
            is_sensitive=told["is_sensitive"],
            verified_by=told["verified_by"],
        )


class ClosedDayForm(forms.Form):
    """A day on which the office is closed."""

    day = DayField(label=_("Day"))
    name = forms.CharField(label=_("What day it is"), max_length=120)
    source = forms.CharField(label=_("Source"), max_length=300)
