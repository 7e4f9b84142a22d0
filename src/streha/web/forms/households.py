"""What is typed to merge, part and move households: the other number, who, since when, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from streha.common import numbers
from streha.people import rules
from streha.people.households import queries
from streha.people.households.actions import NewHome
from streha.people.households.rules import Kind
from streha.people.models import Membership
from streha.web.forms.days import Day
from streha.web.forms.people import AreaField
from streha.web.templatetags.register import full_name

RELATION, VERSION = "relation_", "version_"


class MovingForm(forms.Form):
    """The day and the reason of a change between households."""

    on = Day(label=_("Since when"), help_text=_("The day on which it happened, today at the latest"))
    reason = forms.CharField(label=_("Why"), max_length=400)

    def __init__(self, *args: Any, members: Sequence[Membership] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(m.person_id, full_name(m.person)) for m in members]
        for name in ("members", "head"):
            if name in self.fields:
                self.fields[name].choices = named  # type: ignore[attr-defined]

    def wish(self, pk: int) -> queries.Wish:
        """The change as it is wished for, of the household on whose page it was asked."""
        raise NotImplementedError

    def relations(self) -> dict[int, rules.Relation]:
        """What those who come are to the head, as far as it was chosen."""
        return {pk: rules.Relation(value) for pk, value in self._told(RELATION) if value in set(rules.Relation)}

    def versions(self) -> dict[int, int]:
        """The versions of the households that were looked at."""
        told = ((pk, numbers.whole(value)) for pk, value in self._told(VERSION))
        return {pk: version for pk, version in told if version is not None}

    def _told(self, prefix: str) -> list[tuple[int, str]]:
        posted: Mapping[str, str] = self.data
        told = ((numbers.whole(name.removeprefix(prefix)), v) for name, v in posted.items() if name.startswith(prefix))
        return [(pk, value) for pk, value in told if pk is not None]


class _WithOther(MovingForm):
    other = forms.CharField(
        label=_("Number of the other household"), max_length=20, help_text=_("As it stands on its page: HH-0000012")
    )

    def clean_other(self) -> int:
        """The id behind the number."""
        found = rules.understand(self.cleaned_data["other"]).household_id
        if found is None:
            raise forms.ValidationError(
                _("“%(value)s” is not a household's number. It looks like HH-0000012."),
                params={"value": self.cleaned_data["other"]},
            )
        return found


def _members(label: Any) -> forms.TypedMultipleChoiceField:
    return forms.TypedMultipleChoiceField(label=label, coerce=int, widget=forms.CheckboxSelectMultiple)


class MergeForm(_WithOther):
    """All members of the other household come to this one."""

    field_order = ("other", "on", "reason")

    def wish(self, pk: int) -> queries.Wish:
        """Both are one from the day on; this number is kept."""
        told = self.cleaned_data
        return queries.Wish(Kind.MERGED, told["other"], pk, told["on"], relations=self.relations())


class MoveForm(_WithOther):
    """Some members go to a household that is there already."""

    members = _members(_("Who moves"))
    field_order = ("members", "other", "on", "reason")

    def wish(self, pk: int) -> queries.Wish:
        """The chosen live in the other household from the day on."""
        told = self.cleaned_data
        return queries.Wish(Kind.MOVED, pk, told["other"], told["on"], tuple(told["members"]), self.relations())


class SplitForm(MovingForm):
    """Some members go on in a household of their own."""

    members = _members(_("Who moves out"))
    head = forms.TypedChoiceField(label=_("Head of the new household"), coerce=int)
    home_area = AreaField(
        label=_("Lives in"), required=False, help_text=_("Settlement or municipality, in any spelling")
    )
    address = forms.CharField(label=_("Address"), max_length=200, required=False)
    field_order = ("members", "head", "on", "home_area", "address", "reason")

    def __init__(self, *args: Any, may_place: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_place:
            del self.fields["home_area"], self.fields["address"]

    def wish(self, pk: int) -> queries.Wish:
        """The chosen are a household of their own from the day on."""
        told = self.cleaned_data
        return queries.Wish(
            Kind.SPLIT, pk, None, told["on"], tuple(told["members"]), self.relations(), head_id=told["head"]
        )

    def home(self) -> NewHome:
        """Where the new household lives, as far as it was told."""
        area = self.cleaned_data.get("home_area")
        return NewHome(area.pk if area else None, self.cleaned_data.get("address", ""))


class TakeBackForm(forms.Form):
    """Why a change is taken back."""

    reason = forms.CharField(label=_("Why"), max_length=400)


def today() -> dict[str, dt.date]:
    """The day that stands in the form to begin with."""
    from django.utils import timezone

    return {"on": timezone.localdate()}
