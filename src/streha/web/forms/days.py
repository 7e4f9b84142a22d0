"""A day as people here write it, and the moment at which it begins."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Day(forms.DateField):
    """A day typed as 31.12.2026; other usual ways of writing it are understood too.

    A text field, because a browser shows its own calendar in its own order of day and month, whatever the page says.
    """

    def __init__(self, **more: Any) -> None:
        looks = {"inputmode": "numeric", "autocomplete": "off", "placeholder": _("dd.mm.yyyy"), "size": 12}
        more.setdefault("widget", forms.DateInput(attrs=looks))
        super().__init__(**more)


def day_start(day: dt.date | None, later: int = 0) -> dt.datetime | None:
    """Midnight at which a day, or the one so many days later, begins in the office's time zone."""
    if day is None:
        return None
    return timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=later), dt.time()))
