"""Forms of grants and courses: what somebody types becomes one call of an action."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from streha.accounts.rules import Access, Action
from streha.assistance.grants import actions, queries, rules
from streha.assistance.training import rules as courses
from streha.web import words
from streha.web.forms import deeds
from streha.web.forms.feedback import text_area
from streha.web.forms.institutions import all_institutions
from streha.web.forms.people import DayField, keepers
from streha.web.forms.works import NumberField, SumField


class AwardForm(forms.Form):
    """A grant to be awarded."""

    person = NumberField(label=gettext_lazy("Person"), max_length=20, help_text=gettext_lazy("Number: P-0041877"))
    household = NumberField(label=gettext_lazy("For the household"), max_length=20, required=False)
    sector = forms.ChoiceField(label=gettext_lazy("Sector"), choices=words.options("business_sector"))
    plan = forms.CharField(label=gettext_lazy("Business plan"), widget=text_area(5), max_length=rules.PLAN_LENGTH)
    starts_on = DayField(label=gettext_lazy("The business begins on"))
    jobs_planned = forms.IntegerField(label=gettext_lazy("Jobs planned"), min_value=0, max_value=999, initial=1)
    amount = SumField(label=gettext_lazy("Sum of the grant"))
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3, initial="EUR")
    tranches = forms.CharField(
        label=gettext_lazy("Tranches"),
        widget=text_area(4),
        help_text=gettext_lazy("A line each: sum, colon, condition. 1500: licence shown"),
    )
    again = forms.CharField(
        label=gettext_lazy("Why another grant"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Only for somebody who has had one."),
    )

    def draft(self) -> rules.GrantDraft:
        """What the form says, for the action; raises BadInput for lines that are no tranches."""
        told = self.cleaned_data
        return rules.GrantDraft(
            person_id=told["person"] or 0,
            sector=rules.Sector(told["sector"]),
            plan=told["plan"],
            amount=told["amount"],
            tranches=rules.read_tranches(told["tranches"]),
            starts_on=told["starts_on"],
            currency=told["currency"],
            household_id=told["household"],
            jobs_planned=told["jobs_planned"],
            again=told["again"],
        )


class DeedForm(deeds.DeedForm):
    """A step of a grant."""

    page: queries.GrantPage

    def record(self) -> deeds.Versioned:
        return self.page.grant


class MeetForm(DeedForm):
    tranche = forms.TypedChoiceField(label=gettext_lazy("Condition"), coerce=int)
    on = DayField(label=gettext_lazy("Met on"))

    def prepare(self) -> None:
        self.fields["tranche"].choices = [  # type: ignore[attr-defined]
            (tranche.position, f"{tranche.position} · {tranche.condition}")
            for tranche in self.page.tranches
            if tranche.met_on is None
        ]

    def save(self, at: dt.datetime) -> object:
        told = self.cleaned_data
        return actions.meet_condition(self.page.grant.pk, told["tranche"], on=told["on"], **self.common(at))


class PayForm(DeedForm):
    tranche = forms.TypedChoiceField(label=gettext_lazy("Tranche"), coerce=int)
    on = DayField(label=gettext_lazy("Paid on"))
    reference = forms.CharField(label=gettext_lazy("Paper"), max_length=80)

    def prepare(self) -> None:
        self.fields["tranche"].choices = [  # type: ignore[attr-defined]
            (tranche.position, f"{tranche.position} · {tranche.amount} {self.page.grant.currency}")
            for tranche in self.page.tranches
            if tranche.paid_on is None
        ]

    def save(self, at: dt.datetime) -> object:
        told = self.cleaned_data
        return actions.pay_tranche(
            self.page.grant.pk, told["tranche"], on=told["on"], reference=told["reference"], **self.common(at)
        )


class VisitForm(DeedForm):
    on = DayField(label=gettext_lazy("Day"))
    note = forms.CharField(label=gettext_lazy("What was found"), widget=text_area(4), max_length=rules.NOTE_LENGTH)

    def save(self, at: dt.datetime) -> object:
        told = self.cleaned_data
        return actions.visit(self.page.grant.pk, on=told["on"], note=told["note"], **self.common(at))


class CheckForm(DeedForm):
    months = forms.TypedChoiceField(label=gettext_lazy("After so many months"), coerce=int)
    on = DayField(label=gettext_lazy("Day"))
    found = forms.ChoiceField(label=gettext_lazy("The business"), choices=words.options("alive"))
    jobs = forms.IntegerField(label=gettext_lazy("Jobs it gives"), min_value=0, max_value=999, required=False)

    def prepare(self) -> None:
        self.fields["months"].choices = [  # type: ignore[attr-defined]
            (check.months, str(check.months)) for check in self.page.checks if check.made_on is None
        ]

    def save(self, at: dt.datetime) -> object:
        told = self.cleaned_data
        return actions.check_alive(
            self.page.grant.pk,
            told["months"],
            found=rules.Alive(told["found"]),
            jobs=told["jobs"],
            on=told["on"],
            **self.common(at),
        )


class CancelForm(DeedForm):
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=300)

    def save(self, at: dt.datetime) -> object:
        return actions.cancel(self.page.grant.pk, reason=self.cleaned_data["reason"], **self.common(at))


# --- courses ----------------------------------------------------------------------------------------------------------


class CourseForm(forms.Form):
    """A course to be opened."""

    title = forms.CharField(label=gettext_lazy("What it teaches"), max_length=160)
    provider = forms.TypedChoiceField(label=gettext_lazy("Given by"), coerce=int)
    sector = forms.ChoiceField(label=gettext_lazy("Sector"), choices=words.options("business_sector"))
    keeper = forms.TypedChoiceField(label=gettext_lazy("Municipality"), coerce=int)
    first_day = DayField(label=gettext_lazy("First day"))
    last_day = DayField(label=gettext_lazy("Last day"))
    places = forms.IntegerField(label=gettext_lazy("Places"), min_value=1, max_value=2000)
    hours = forms.IntegerField(label=gettext_lazy("Hours"), min_value=0, max_value=9999, required=False)

    def __init__(self, *args: Any, access: Access, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["provider"].choices = all_institutions()  # type: ignore[attr-defined]
        self.fields["keeper"].choices = keepers(access, Action.COURSE_WORK)  # type: ignore[attr-defined]

    def draft(self) -> courses.CourseDraft:
        """What the form says, for the action."""
        told = self.cleaned_data
        return courses.CourseDraft(
            title=told["title"],
            provider_id=told["provider"],
            keeper_id=told["keeper"],
            sector=courses.Sector(told["sector"]),
            first_day=told["first_day"],
            last_day=told["last_day"],
            places=told["places"],
            hours=told["hours"] or 0,
        )


class EnrolForm(forms.Form):
    """People who take part."""

    people = forms.CharField(
        label=gettext_lazy("People"), widget=text_area(4), help_text=gettext_lazy("Numbers: P-0041877, a line each")
    )

    def clean_people(self) -> list[int]:
        field = NumberField()
        found = [field.clean(text) for text in re.split(r"[\s,;]+", self.cleaned_data["people"].strip()) if text]
        return [pk for pk in found if pk]


class SessionForm(forms.Form):
    """Days on which the course is held."""

    days = forms.CharField(
        label=gettext_lazy("Days"), widget=text_area(4), help_text=gettext_lazy("31.12.2026, a line each")
    )
    topic = forms.CharField(label=gettext_lazy("What it is about"), max_length=160, required=False)

    def clean_days(self) -> list[dt.date]:
        field = DayField()
        return [field.clean(text) for text in re.split(r"[\s,;]+", self.cleaned_data["days"].strip()) if text]


class AttendanceForm(forms.Form):
    """Who was there on a day."""

    session = forms.TypedChoiceField(label=gettext_lazy("Day"), coerce=int)
    present = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Who was there"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )


class OutcomeForm(forms.Form):
    """What came of a course for somebody."""

    months = forms.TypedChoiceField(
        label=gettext_lazy("After so many months"), coerce=int, choices=[(m, str(m)) for m in courses.MONTHS]
    )
    came_of = forms.ChoiceField(label=gettext_lazy("What came of it"), choices=words.options("came_of"))
