"""The filters of the log; all of them are optional and stand in the address."""

from __future__ import annotations

import datetime as dt

from django import forms
from django.utils.translation import gettext_lazy as _

from streha.web import labels
from streha.web.forms.days import Day, day_start


class LogFilter(forms.Form):
    actor = forms.RegexField(
        label=_("Who"), regex=r"^(user|token|system):\S{1,64}$", required=False, help_text=_("As in the list: user:7")
    )
    room = forms.ChoiceField(label=_("Where"), required=False)
    since = Day(label=_("From"), required=False)
    until = Day(label=_("Until"), required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        rooms: list[tuple[str, object]] = [("", _("everywhere in the office"))]
        self.fields["room"].choices = rooms + list(labels.ROOMS.items())  # type: ignore[attr-defined]

    def since_at(self) -> dt.datetime | None:
        """The first moment of the first day asked for."""
        return day_start(self.cleaned_data.get("since"), 0)

    def until_at(self) -> dt.datetime | None:
        """The first moment after the last day asked for."""
        return day_start(self.cleaned_data.get("until"), 1)


class LookFilter(forms.Form):
    actor = forms.RegexField(
        label=_("Who looked"),
        regex=r"^(user|token|system):\S{1,64}$",
        required=False,
        help_text=_("As in the list: user:7"),
    )
    subject = forms.UUIDField(label=_("At whom (number of the person)"), required=False)
