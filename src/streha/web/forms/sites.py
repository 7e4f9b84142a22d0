"""Forms of sites: what somebody types becomes one call of an action."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from streha.accounts.rules import Access, Action
from streha.assistance.sites import models
from streha.assistance.sites.rules import places, sphere
from streha.web import words
from streha.web.forms.people import AreaField, DayField, keepers
from streha.web.templatetags.streha import place_name

NUMBER = re.compile(r"^\s*(?P<kind>HH|P)?\s*-?\s*0*(?P<number>\d{1,12})\s*$", re.IGNORECASE)
MOST = 1_000_000


def count_field(label: Any, *, required: bool = True, **more: Any) -> forms.IntegerField:
    """A whole number of things or people."""
    attrs = {"inputmode": "numeric"}
    return forms.IntegerField(
        label=label, min_value=0, max_value=MOST, required=required, widget=forms.TextInput(attrs=attrs), **more
    )


class SiteForm(forms.Form):
    """A site."""

    version = forms.IntegerField(widget=forms.HiddenInput, initial=0)
    name = forms.CharField(label=_("Name"), max_length=places.NAME_LENGTH)
    name_other = forms.CharField(label=_("Name in the other language"), max_length=places.NAME_LENGTH, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=words.options("site_kind"))
    municipality = forms.TypedChoiceField(label=_("Municipality"), coerce=int)
    settlement = AreaField(label=_("Settlement"), required=False)
    opened_on = DayField(label=_("Open since"))
    capacity = count_field(_("For how many people"))
    set_aside = count_field(
        _("Places set aside"),
        initial=0,
        help_text=_("Given by protection alone, and never shown as free or taken. Set some aside at every site."),
    )
    step_free = count_field(_("Places without steps"), initial=0)
    covered_m2 = forms.DecimalField(
        label=_("Covered floor, m²"),
        min_value=Decimal(0),
        max_digits=9,
        decimal_places=1,
        required=False,
        localize=True,
    )
    water_l_day = count_field(_("Water, litres a day"), required=False)
    taps = count_field(_("Taps"), required=False)
    latrines = count_field(_("Latrines"), required=False)
    is_cold = forms.BooleanField(label=_("It is cold there for part of the year"), required=False, initial=True)
    lon = forms.FloatField(label=_("Longitude"), required=False, min_value=-180, max_value=180)
    lat = forms.FloatField(label=_("Latitude"), required=False, min_value=-90, max_value=90)
    is_hidden = forms.BooleanField(label=_("Nobody but protection may know of this site"), required=False)

    def __init__(self, *args: Any, access: Access, site: models.Site | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = keepers(access, Action.SITE_CHANGE)
        self.fields["municipality"].choices = choices  # type: ignore[attr-defined]
        if site is not None:
            self.fields["municipality"].choices = [(site.keeper_id, place_name(site.keeper))]  # type: ignore[attr-defined]
        if site is not None or not access.allows(Action.SHIELDED_VIEW):
            del self.fields["is_hidden"]

    def draft(self) -> places.SiteDraft:
        """What the form says, for the action."""
        told = self.cleaned_data
        return places.SiteDraft(
            name=told["name"],
            name_other=told["name_other"],
            kind=places.Kind(told["kind"]),
            municipality_id=told["municipality"],
            settlement_id=told["settlement"].pk if told["settlement"] else None,
            opened_on=told["opened_on"],
            is_hidden=told.get("is_hidden", False),
            **{
                name: told[name]
                for name in (
                    "capacity", "set_aside", "step_free", "covered_m2", "water_l_day", "taps", "latrines", "is_cold",
                    "lon", "lat",
                )
            },
        )  # fmt: skip

    @staticmethod
    def initial_of(site: models.Site) -> dict[str, Any]:
        """A site to be changed."""
        names = (
            "version", "name", "name_other", "kind", "opened_on", "capacity", "set_aside", "step_free", "covered_m2",
            "water_l_day", "taps", "latrines", "is_cold", "lon", "lat",
        )  # fmt: skip
        told = {name: getattr(site, name) for name in names}
        return told | {
            "municipality": site.keeper_id,
            "settlement": place_name(site.settlement) if site.settlement else "",
        }


class CloseForm(forms.Form):
    """A site closes."""

    day = DayField(label=_("Closed on"))


def parsed_number(text: str) -> tuple[str, int] | None:
    """A number of a household (HH-0020417) or person (P-0000012), as its kind and itself."""
    found = NUMBER.match(text)
    return ((found["kind"] or "HH").upper(), int(found["number"])) if found else None


class ArrivalForm(forms.Form):
    """Who comes, on which day, and who of them needs a place without steps."""

    who = forms.CharField(widget=forms.HiddenInput, max_length=20)
    came_on = DayField(label=_("Came on"))
    persons = forms.TypedMultipleChoiceField(label=_("Who comes"), coerce=int, widget=forms.CheckboxSelectMultiple)
    step_free = forms.TypedMultipleChoiceField(
        label=_("Needs a place without steps"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, people: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("persons", "step_free"):
            self.fields[name].choices = people  # type: ignore[attr-defined]
        self.fields["persons"].initial = [pk for pk, _name in people]


class LeavingForm(forms.Form):
    """Who leaves, when, and for where."""

    stays = forms.TypedMultipleChoiceField(label=_("Who leaves"), coerce=int, widget=forms.CheckboxSelectMultiple)
    day = DayField(label=_("Left on"))
    left_for = forms.ChoiceField(label=_("Left for"), choices=words.options("left_for"))

    def __init__(self, *args: Any, stays: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stays"].choices = stays  # type: ignore[attr-defined]


class NightForm(forms.Form):
    """A night that was counted."""

    night = DayField(label=_("Night of"), help_text=_("The day on which the night began."))
    counted = count_field(
        _("How many slept there"),
        help_text=_("In the places that may be given; who is in those set aside is left out."),
    )
    why = forms.ChoiceField(
        label=_("What explains the difference"), required=False, choices=words.options("night_why", blank=True)
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=places.NOTE_LENGTH, help_text=_("Name nobody here.")
    )


class StandardsForm(forms.Form):
    """The lines of the standards with where they stand: a new version."""

    def __init__(self, *args: Any, standards: tuple[sphere.Standard, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.standards = standards
        for standard in standards:
            label = f"{words.word('measure', standard.measure)} · {words.word('climate', standard.climate)}"
            self.fields[self.name_of(standard)] = forms.DecimalField(
                label=label, initial=standard.value, min_value=Decimal("0.001"), max_digits=9, decimal_places=3
            )
            self.fields[f"{self.name_of(standard)}_source"] = forms.CharField(
                label=_("Where this stands"), initial=standard.source, max_length=300
            )

    @staticmethod
    def name_of(standard: sphere.Standard) -> str:
        """The name of the field of a line."""
        return f"{standard.measure}_{standard.climate}"

    def lines(self) -> list[sphere.Standard]:
        """The lines as they were written."""
        told = self.cleaned_data
        return [
            sphere.Standard(
                each.measure,
                each.climate,
                told[self.name_of(each)],
                told[f"{self.name_of(each)}_source"],
                remedy=each.remedy,
                gives=each.gives,
            )
            for each in self.standards
        ]
