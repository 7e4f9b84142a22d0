"""Forms about users: made, given a role, given a key for a program, given a new password."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from streha.accounts import models
from streha.accounts.rules import Role, Scope, ScopeKind
from streha.places.models import Area
from streha.web import labels
from streha.web.forms.days import Day, day_start
from streha.web.templatetags.streha import place_name, place_order

NEW_PASSWORD = forms.PasswordInput(attrs={"autocomplete": "new-password"})


class UserFilter(forms.Form):
    q = forms.CharField(label=_("Name begins with"), required=False, max_length=60)
    role = forms.ChoiceField(label=_("Role"), required=False, choices=[("", _("any")), *labels.ROLES.items()])


class NewUser(forms.Form):
    username = forms.RegexField(
        label=_("User name"),
        regex=r"^[a-zA-Z0-9][a-zA-Z0-9._-]{1,58}$",
        help_text=_("Latin letters, digits, dots; it is typed at every login."),
        error_messages={"invalid": _("Use 2 to 59 Latin letters, digits, dots, hyphens or underscores.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    full_name = forms.CharField(label=_("Full name"), max_length=120)
    organisation = forms.ModelChoiceField(
        label=_("Organisation"), required=False, queryset=models.Organisation.objects.order_by("name")
    )
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("as chosen in the browser")), *settings.LANGUAGES]
    )
    password = forms.CharField(
        label=_("First password"),
        required=False,
        widget=NEW_PASSWORD,
        help_text=_("Leave it empty and ask for a new password afterwards; a second colleague then confirms."),
    )


class AreaChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Area) -> str:
        return place_name(obj)


class ScopedForm(forms.Form):
    """Which role, and where it holds."""

    role = forms.ChoiceField(label=_("Role"), choices=list(labels.ROLES.items()))
    scope = forms.ChoiceField(label=_("Where"), choices=list(labels.SCOPES.items()))
    area = AreaChoice(
        label=_("Area"),
        required=False,
        queryset=Area.objects.none(),
        help_text=_("Only for “one area”: with all its places."),
    )
    organisation = forms.ModelChoiceField(
        label=_("Organisation"),
        required=False,
        queryset=models.Organisation.objects.order_by("name"),
        help_text=_("Only for “one organisation”."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        areas = Area.objects.filter(kind__in=[Area.Kind.REGION, Area.Kind.MUNICIPALITY]).order_by(
            "-kind", place_order()
        )
        self.fields["area"].queryset = areas  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        needed = {ScopeKind.AREA: "area", ScopeKind.ORGANISATION: "organisation"}.get(cleaned.get("scope", ""))
        if needed and not cleaned.get(needed) and needed not in self.errors:
            self.add_error(needed, _("Choose one."))
        return cleaned

    def chosen_role(self) -> Role:
        return Role(self.cleaned_data["role"])

    def chosen_scope(self) -> Scope:
        """The scope as a value: (kind, key)."""
        kind = ScopeKind(self.cleaned_data["scope"])
        holder = self.cleaned_data.get("area" if kind == ScopeKind.AREA else "organisation")
        return Scope(kind, str(holder.pk) if holder and kind in (ScopeKind.AREA, ScopeKind.ORGANISATION) else "")


class GrantForm(ScopedForm):
    expires = Day(label=_("Last day"), required=False, help_text=_("Empty: until it is taken back."))

    def end(self) -> dt.datetime | None:
        """The first moment at which the role no longer holds."""
        return day_start(self.cleaned_data.get("expires"), 1)


class TokenForm(forms.Form):
    name = forms.CharField(label=_("What is it for?"), max_length=80)
    held = forms.ChoiceField(label=_("With which of your roles"))
    expires = Day(label=_("Last day"), help_text=_("A year from now at most."))

    def __init__(self, *args: Any, held: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["held"].choices = held  # type: ignore[attr-defined]


class UseReset(forms.Form):
    username = forms.CharField(
        label=_("User name"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    code = forms.CharField(
        label=pgettext_lazy("password reset", "Code"),
        max_length=20,
        help_text=_("Ten signs that a colleague gave you; good for a day."),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    password = forms.CharField(label=_("New password"), widget=NEW_PASSWORD, help_text=_("At least 12 characters."))
    again = forms.CharField(label=_("New password again"), widget=NEW_PASSWORD)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("password") and cleaned.get("again") and cleaned["password"] != cleaned["again"]:
            self.add_error("again", _("This is not the same password."))
        return cleaned
