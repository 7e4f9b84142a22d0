"""Forms of community projects: what somebody types becomes one call of an action."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from streha.assistance.projects import actions, queries, rules
from streha.formats import pictures
from streha.web import words
from streha.web.forms import deeds
from streha.web.forms.feedback import text_area
from streha.web.forms.institutions import all_institutions
from streha.web.forms.people import AreaField, DayField
from streha.web.forms.works import SumField


class PlanForm(forms.Form):
    """A project to be planned."""

    title = forms.CharField(label=gettext_lazy("Name"), max_length=160)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=words.options("project_kind"))
    sector = forms.ChoiceField(label=gettext_lazy("Sector"), choices=words.options("project_sector"))
    area = AreaField(label=gettext_lazy("Place"), help_text=gettext_lazy("A municipality or settlement"))
    starts_on = DayField(label=gettext_lazy("First day"))
    ends_on = DayField(label=gettext_lazy("Last day"))
    cost = SumField(label=gettext_lazy("Cost"))
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3, initial="EUR")
    funding = forms.CharField(
        label=gettext_lazy("Donors"),
        required=False,
        widget=text_area(3),
        help_text=gettext_lazy("A line each: name, colon, sum. Agency: 12000"),
    )
    tags = forms.CharField(
        label=gettext_lazy("Goals of sustainable development"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Goals or targets: 4.1, 11.5"),
    )
    partners = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Partners"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    about = forms.CharField(
        label=gettext_lazy("What is done"), required=False, widget=text_area(4), max_length=rules.TEXT_LENGTH
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["partners"].choices = all_institutions()  # type: ignore[attr-defined]

    def draft(self) -> rules.ProjectDraft:
        """What the form says, for the action."""
        told = self.cleaned_data
        return rules.ProjectDraft(
            title=told["title"],
            kind=rules.Kind(told["kind"]),
            sector=rules.Sector(told["sector"]),
            area_id=told["area"].pk,
            starts_on=told["starts_on"],
            ends_on=told["ends_on"],
            cost=told["cost"],
            currency=told["currency"],
            about=told["about"],
            tags=[tag for tag in re.split(r"[\s,;]+", told["tags"].strip()) if tag],
            funding=rules.read_funding(told["funding"]),
            partner_ids=told["partners"],
        )


class DeedForm(deeds.DeedForm):
    """A step of a project."""

    page: queries.ProjectPage

    def record(self) -> deeds.Versioned:
        return self.page.project


class MoveForm(DeedForm):
    state = forms.ChoiceField(label=gettext_lazy("State"))
    on = DayField(label=gettext_lazy("Day"))

    def prepare(self) -> None:
        self.fields["state"].choices = [  # type: ignore[attr-defined]
            (code, label) for code, label in words.options("project_state") if code != self.page.project.state
        ]

    def save(self, at: dt.datetime) -> object:
        told = self.cleaned_data
        return actions.move(self.page.project.pk, rules.State(told["state"]), on=told["on"], **self.common(at))


class MilestoneForm(DeedForm):
    title = forms.CharField(label=gettext_lazy("Milestone"), max_length=160)
    due_on = DayField(label=gettext_lazy("Until"))

    def save(self, at: dt.datetime) -> object:
        told = self.cleaned_data
        step = rules.Step(told["title"], told["due_on"])
        return actions.add_milestone(self.page.project.pk, step, **self.common(at))


class ReachForm(DeedForm):
    step = forms.TypedChoiceField(label=gettext_lazy("Milestone"), coerce=int)
    on = DayField(label=gettext_lazy("Done on"))

    def prepare(self) -> None:
        self.fields["step"].choices = [(s.position, s.title) for s in self.page.open_steps]  # type: ignore[attr-defined]

    def save(self, at: dt.datetime) -> object:
        told = self.cleaned_data
        return actions.reach_milestone(self.page.project.pk, told["step"], on=told["on"], **self.common(at))


class PayForm(DeedForm):
    amount = SumField(label=gettext_lazy("Sum"))
    on = DayField(label=gettext_lazy("Day"))
    reference = forms.CharField(label=gettext_lazy("Paper"), max_length=80)

    def save(self, at: dt.datetime) -> object:
        told = self.cleaned_data
        return actions.note_cost(
            self.page.project.pk, amount=told["amount"], on=told["on"], reference=told["reference"], **self.common(at)
        )


class ServedForm(DeedForm):
    count = forms.ChoiceField(label=gettext_lazy("Who"), choices=words.options("served_count"))
    sex = forms.ChoiceField(label=gettext_lazy("Sex"), choices=[])
    age = forms.ChoiceField(label=gettext_lazy("Age"), choices=words.options("served_age"))
    number = forms.IntegerField(label=gettext_lazy("People"), min_value=0, max_value=9_999_999)
    with_disability = forms.IntegerField(
        label=gettext_lazy("Of them with a disability"), min_value=0, max_value=9_999_999, initial=0
    )

    def prepare(self) -> None:
        self.fields["sex"].choices = [(sex, words.word("sex", sex)) for sex in rules.SEXES]  # type: ignore[attr-defined]

    def save(self, at: dt.datetime) -> object:
        told = self.cleaned_data
        served = rules.Served(
            rules.Count(told["count"]), told["sex"], rules.Age(told["age"]), told["number"], told["with_disability"]
        )
        return actions.note_served(self.page.project.pk, [served], **self.common(at))


class FigureForm(DeedForm):
    label = forms.CharField(label=gettext_lazy("What is measured"), max_length=120)
    unit = forms.CharField(label=gettext_lazy("Unit"), max_length=30, required=False)
    before = forms.DecimalField(
        label=gettext_lazy("Before"), required=False, max_digits=14, decimal_places=2, localize=True
    )
    after = forms.DecimalField(
        label=gettext_lazy("After"), required=False, max_digits=14, decimal_places=2, localize=True
    )

    def save(self, at: dt.datetime) -> object:
        told = self.cleaned_data
        before: Decimal | None = told["before"]
        measured = rules.Measured(told["label"], before, told["after"], told["unit"])
        return actions.note_figure(self.page.project.pk, measured, **self.common(at))


class PhotoForm(DeedForm):
    photo = forms.FileField(label=gettext_lazy("Photo"), help_text=gettext_lazy("Place and camera are removed."))
    phase = forms.ChoiceField(label=gettext_lazy("When"), choices=words.options("photo_phase"))
    taken_on = DayField(label=gettext_lazy("Taken on"), required=False)
    caption = forms.CharField(label=gettext_lazy("Caption"), max_length=200, required=False)

    def save(self, at: dt.datetime) -> object:
        told = self.cleaned_data
        file = told["photo"]
        too_large = (file.size or 0) > pictures.LARGEST_FILE
        return actions.add_photo(
            self.page.project.pk,
            b"\0" * (pictures.LARGEST_FILE + 1) if too_large else file.read(),
            name=file.name,
            phase=rules.Phase(told["phase"]),
            taken_on=told["taken_on"],
            caption=told["caption"],
            **self.common(at),
        )
