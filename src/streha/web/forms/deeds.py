"""A step of a record: a form that says on which version of it somebody decided."""

from __future__ import annotations

import datetime as dt
from typing import Any, Protocol

from django import forms

from streha.accounts.rules import Access


class Versioned(Protocol):
    """A record whose writes say which version they were decided on."""

    version: int


class DeedForm(forms.Form):
    """A step of a record; the version says which state of it was read."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, page: Any, access: Access, **more: Any) -> None:
        super().__init__(*args, **more)
        self.page, self.access = page, access
        self.fields["version"].initial = self.record().version
        self.prepare()

    def record(self) -> Versioned:
        """The record, of what stands on its page."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Fill choices from the record."""

    def save(self, at: dt.datetime) -> object:
        """Do it."""
        raise NotImplementedError

    def common(self, at: dt.datetime) -> dict[str, Any]:
        return {"version": self.cleaned_data["version"], "by": self.access, "at": at}
