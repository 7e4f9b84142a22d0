"""Forms of imports: a file with why it may be kept, and what each column means."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from streha.accounts.rules import Access, Action, ScopeKind
from streha.people.imports import actions, models
from streha.people.imports.rules.columns import Field
from streha.places import queries as places
from streha.places.models import Area
from streha.web import words
from streha.web.forms.days import Day
from streha.web.templatetags.streha import place_name, place_order

CHOSEN_AT_MOST = 200
DEFAULT_YEARS = 5


class TermsForm(forms.Form):
    """Source, purpose, legal basis and retention date: asked once, and nothing is committed without."""

    source = forms.CharField(label=_("Who made the list"), max_length=120)
    purpose = forms.CharField(label=_("Why it is kept"), max_length=60)
    basis = forms.ChoiceField(label=_("Legal basis"), choices=lambda: words.options("basis", blank=True))
    retain_until = Day(
        label=_("Keep until"), help_text=_("On this day the office looks again whether the data is still needed.")
    )

    def terms(self) -> actions.Terms:
        """What was typed, as the action wants it."""
        told = self.cleaned_data
        return actions.Terms(told["source"], told["purpose"], told["basis"], told["retain_until"])


class BringForm(TermsForm):
    """A file, the area that keeps its people, and why it may be kept."""

    file = forms.FileField(
        label=_("The list"), help_text=_("Excel, OpenDocument, CSV, or an export of Kobo or ODK. It is read as it is.")
    )
    keeper = forms.ChoiceField(label=_("Which municipality keeps these people"))
    field_order = ["file", "keeper", "source", "purpose", "basis", "retain_until"]

    def __init__(self, *args: Any, access: Access, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        areas = keepers(access)
        keeper = self.fields["keeper"]
        assert isinstance(keeper, forms.ChoiceField)
        keeper.choices = [(str(area.pk), place_name(area)) for area in areas]
        self.fields["retain_until"].initial = today.replace(year=today.year + DEFAULT_YEARS, day=min(today.day, 28))

    def clean_file(self) -> Any:
        """Refuse what is larger than the office takes before it is read."""
        file = self.cleaned_data["file"]
        if file.size > settings.UPLOAD_LIMIT_MB << 20:
            raise forms.ValidationError(
                _("The file has %(size)d MB; at most %(limit)d MB can be brought at once. Split the list."),
                params={"size": file.size >> 20, "limit": settings.UPLOAD_LIMIT_MB},
            )
        return file


def keepers(access: Access) -> Sequence[Area]:
    """The areas for which the viewer may bring lists: municipalities, and the whole country where that is theirs."""
    scopes = access.scopes(Action.IMPORT_BRING)
    found = Area.objects.filter(kind__in=[Area.Kind.MUNICIPALITY, Area.Kind.COUNTRY]).order_by("kind", place_order())
    if any(scope.kind in (ScopeKind.EVERYTHING, ScopeKind.OWN) for scope in scopes):
        return list(found[:CHOSEN_AT_MOST])
    ids = places.subtree_ids(int(scope.key) for scope in scopes if scope.kind == ScopeKind.AREA)
    return list(found.filter(pk__in=ids)[:CHOSEN_AT_MOST])


class ColumnsForm(forms.Form):
    """One choice per column of the list."""

    def __init__(self, *args: Any, columns: Sequence[models.ImportColumn], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.columns = columns
        choices = [(field.value, words.word("import_field", field.value)) for field in Field]
        for column in columns:
            self.fields[f"c{column.position}"] = forms.ChoiceField(
                label=column.heading,
                choices=choices,
                initial=column.field,
                widget=forms.Select(attrs={"aria-label": column.heading}),
            )

    def mapping(self) -> dict[str, str]:
        """Heading to field, as chosen."""
        return {column.heading: self.cleaned_data[f"c{column.position}"] for column in self.columns}
