"""Forms of distributions: planning, handing out, and bringing what was noted on paper."""

from __future__ import annotations

import csv
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from streha.accounts.rules import Access, Action
from streha.assistance.distributions import queries
from streha.assistance.distributions.rules import plans, slips
from streha.assistance.programmes import models as programmes
from streha.assistance.programmes.rules import CycleState
from streha.assistance.sites import queries as sites
from streha.assistance.supplies import queries as supplies
from streha.web import words
from streha.web.forms.feedback import text_area
from streha.web.forms.people import AreaField, DayField
from streha.web.forms.sites import parsed_number
from streha.web.forms.supplies import said, warehouses
from streha.web.templatetags.register import full_name

MOST_BYTES = 2_000_000


class PlanForm(forms.Form):
    """A distribution to be planned."""

    title = forms.CharField(label=_("Title"), max_length=slips.TITLE_LENGTH)
    kit = forms.TypedChoiceField(label=_("Kit"), coerce=int)
    warehouse = forms.TypedChoiceField(label=_("From which warehouse"), coerce=int)
    held_on = DayField(label=_("Day"))
    cycle = forms.TypedChoiceField(
        label=_("Cycle of a programme"),
        coerce=int,
        required=False,
        empty_value=None,
        help_text=_("Without one, as in the first days of an emergency, nothing is written to what people are due."),
    )
    where = forms.CharField(label=_("Where it is handed out"), max_length=slips.TITLE_LENGTH)
    audience = forms.ChoiceField(label=_("For whom"), choices=words.options("audience"), widget=forms.RadioSelect)
    area = AreaField(label=_("Which area"), required=False)
    site = forms.TypedChoiceField(label=_("Which site"), coerce=int, required=False, empty_value=None)

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kits = [(kit.pk, f"{said(kit)} · {kit}") for kit in supplies.kits(access)]
        self.fields["kit"].choices = kits  # type: ignore[attr-defined]
        self.fields["warehouse"].choices = warehouses(access, Action.STOCK_VIEW)  # type: ignore[attr-defined]
        cycles = programmes.Cycle.objects.visible_to(access).filter(state=CycleState.OPEN).order_by("-pk")[:200]
        self.fields["cycle"].choices = [("", "—"), *((c.pk, str(c)) for c in cycles)]  # type: ignore[attr-defined]
        there = [(site.pk, site.name) for site in sites.open_sites(access).order_by("name")[: sites.MOST_SITES]]
        self.fields["site"].choices = [("", "—"), *there]  # type: ignore[attr-defined]

    def draft(self) -> plans.DistributionDraft:
        """What the form says, for the action."""
        told = self.cleaned_data
        return plans.DistributionDraft(
            title=told["title"],
            kit_id=told["kit"],
            warehouse_id=told["warehouse"],
            audience=slips.Audience(told["audience"]),
            where=told["where"],
            held_on=told["held_on"],
            area_id=told["area"].pk if told["area"] else None,
            site_id=told["site"],
            cycle_id=told["cycle"],
        )


class HouseholdForm(forms.Form):
    """A household that the list left out."""

    household = forms.CharField(label=_("Number of the household"), max_length=20)

    def clean_household(self) -> int:
        """The number of the household."""
        found = parsed_number(self.cleaned_data["household"])
        if found is None or found[0] != "HH":
            raise forms.ValidationError(_("This is no number of a household. Write it as on its page: HH-0020417."))
        return found[1]


class WhyForm(forms.Form):
    """Why something is undone."""

    why = forms.CharField(label=_("Why"), max_length=slips.NOTE_LENGTH)


class HandForm(forms.Form):
    """Who collects a slip."""

    OTHER = "other"
    slip = forms.IntegerField(widget=forms.HiddenInput)
    who = forms.ChoiceField(label=_("Who collects"), widget=forms.RadioSelect)
    other = forms.CharField(label=_("Name of somebody else"), max_length=120, required=False)
    reason = forms.CharField(
        label=_("Why they came"),
        max_length=170,
        required=False,
        help_text=_("Needed for whoever is not named to collect."),
    )

    def __init__(self, *args: Any, page: queries.SlipPage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        able = [each.member for each in page.may_collect]
        named = {member.pk for member in able}
        rest = [each.member for each in page.members if each.is_there and each.member.pk not in named]
        choices = [(str(m.person_id), f"{full_name(m.person)} · {words.word('collects', m.collects)}") for m in able]
        choices += [(str(m.person_id), full_name(m.person)) for m in rest]
        self.fields["who"].choices = [*choices, (self.OTHER, _("somebody else"))]  # type: ignore[attr-defined]
        self.fields["who"].initial = choices[0][0] if choices else self.OTHER
        self.fields["slip"].initial = page.slip.pk

    def told(self) -> plans.Collected:
        """Who collected, for the action."""
        told = self.cleaned_data
        person = None if told["who"] == self.OTHER else int(told["who"])
        other = told["other"] if person is None else ""
        return plans.Collected(person, other, told["reason"])


class PaperForm(forms.Form):
    """Codes from paper: typed, or in a file."""

    handed_on = DayField(label=_("Handed out on"))
    codes = forms.CharField(
        label=_("Codes, one a line"),
        required=False,
        widget=text_area(8),
        max_length=200_000,
        help_text=_("After a comma or semicolon, who collected: head, collector, alternate, other."),
    )
    file = forms.FileField(label=_("Or a CSV file"), required=False)

    def clean_file(self) -> list[list[str]]:
        """Rows of the file; refused when it is too large or no text."""
        given = self.cleaned_data["file"]
        if not given:
            return []
        if given.size > MOST_BYTES:
            raise forms.ValidationError(_("This file is larger than a list of codes can be. Bring it in parts."))
        try:
            text = given.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise forms.ValidationError(
                _("This is not a text file in UTF-8. Save it as “CSV UTF-8” and try again.")
            ) from None
        return rows_of(text)

    def lines(self) -> list[plans.PaperLine]:
        """The lines of the sheet. Raises BadInput for none, or too many."""
        return plans.paper_lines(rows_of(self.cleaned_data["codes"]) + self.cleaned_data["file"])


def rows_of(text: str) -> list[list[str]]:
    """Cells of lines parted by comma, semicolon or tab."""
    plain = text.replace("\x00", "").replace(";", ",").replace("\t", ",")
    return [row for row in csv.reader(plain.splitlines()) if any(cell.strip() for cell in row)]
