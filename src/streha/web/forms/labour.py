"""Forms of work: a profile of skills, and a vacancy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from streha.cases.labour import actions, queries, rules
from streha.web import words
from streha.web.forms.cases import spoken
from streha.web.forms.days import Day
from streha.web.forms.people import AreaField

ROWS = 5  # of skills and of languages; a second visit to the form gives as many more


class LevelsForm(forms.Form):
    """Rows of skills and languages with their levels: what stands there already, and some empty ones."""

    with_required = False

    def __init__(self, *args: Any, skills: Sequence[Any] = (), languages: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        listed = sorted((s.label.said_in(spoken()), code) for code, s in queries.skills().items())
        skill_choices = [("", "—"), *((code, label) for label, code in listed)]
        self._rows("skill", _("Skill"), skill_choices, "skill_level", skills)
        self._rows("language", _("Language"), words.options("tongue", blank=True), "speaks", languages)

    def _rows(self, kind: str, label: Any, choices: list[Any], levels: str, held: Sequence[Any]) -> None:
        count = min(rules.MOST_ROWS, len(held) + ROWS)
        setattr(self, f"{kind}_rows", count)
        for at in range(count):
            row = held[at] if at < len(held) else None
            self.fields[f"{kind}_{at}"] = forms.ChoiceField(
                label=label, choices=choices, required=False, initial=getattr(row, kind, "")
            )
            self.fields[f"{kind}_level_{at}"] = forms.TypedChoiceField(
                label=_("Level"), choices=words.options(levels), required=False, coerce=int, initial=self._level(row)
            )
            if self.with_required and kind == "skill":
                needed = True if row is None else row.is_required
                self.fields[f"required_{at}"] = forms.BooleanField(label=_("required"), required=False, initial=needed)

    @staticmethod
    def _level(row: Any) -> int:
        return 2 if row is None else int(row.level)

    def told_of(self, kind: str) -> list[tuple[str, int]]:
        """(code, level) of the rows that say something."""
        told = self.cleaned_data
        count: int = getattr(self, f"{kind}_rows")
        return [
            (told[f"{kind}_{at}"], int(told[f"{kind}_level_{at}"] or 1)) for at in range(count) if told[f"{kind}_{at}"]
        ]

    def table(self) -> list[list[Any]]:
        """The rows as bound fields, for the template."""
        found = []
        for kind in ("skill", "language"):
            for at in range(getattr(self, f"{kind}_rows")):
                row = [self[f"{kind}_{at}"], self[f"{kind}_level_{at}"]]
                if f"required_{at}" in self.fields and kind == "skill":
                    row.append(self[f"required_{at}"])
                found.append(row)
        return found

    def plain(self) -> list[Any]:
        """Every other field."""
        inside = {bound.name for row in self.table() for bound in row}
        return [bound for bound in self if bound.name not in inside]


class ProfileForm(LevelsForm):
    """What somebody can do."""

    free_from = Day(label=_("Free from"), required=False)
    free_until = Day(label=_("Free until"), required=False)
    goes_abroad = forms.BooleanField(label=_("Would work abroad"), required=False)
    within_km = forms.IntegerField(
        label=_("Would go at most, km"),
        required=False,
        min_value=1,
        max_value=1000,
        help_text=_("Empty: anywhere here"),
    )

    def draft(self) -> actions.ProfileDraft:
        """The profile as the action wants it."""
        told = self.cleaned_data
        return actions.ProfileDraft(
            skills=self.told_of("skill"),
            languages=self.told_of("language"),
            free_from=told["free_from"],
            free_until=told["free_until"],
            goes_abroad=told["goes_abroad"],
            within_km=told["within_km"],
        )


class VacancyForm(LevelsForm):
    """Work that an employer offers."""

    with_required = True

    title = forms.CharField(label=_("Work"), max_length=160)
    employer = forms.CharField(label=_("Employer"), max_length=160)
    area = AreaField(label=_("Place"), required=False, max_length=120, help_text=_("A municipality or settlement"))
    abroad = forms.CharField(label=_("Or place and country abroad"), required=False, max_length=120)
    number = forms.IntegerField(label=_("For how many"), min_value=1, max_value=10_000, initial=1)
    starts_on = Day(label=_("From"))
    ends_on = Day(label=_("Until"), required=False)
    note = forms.CharField(label=_("Note"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def draft(self) -> actions.VacancyDraft:
        """The vacancy as the action wants it."""
        told = self.cleaned_data
        needed = {
            told[f"skill_{at}"]: told[f"required_{at}"]
            for at in range(getattr(self, "skill_rows"))  # noqa: B009 - set by name for both kinds
        }
        return actions.VacancyDraft(
            employer=told["employer"],
            title=told["title"],
            starts_on=told["starts_on"],
            ends_on=told["ends_on"],
            area_id=told["area"].pk if told["area"] else None,
            abroad=told["abroad"],
            number=told["number"],
            note=told["note"],
            skills=[(code, level, needed[code]) for code, level in self.told_of("skill")],
            languages=self.told_of("language"),
        )
