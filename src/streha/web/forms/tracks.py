"""Forms of tracks and letters: a version changed stage by stage into the next one; words of a letter, and who signs."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from streha.accounts.rules import POLICY, Action, Role
from streha.cases import rules
from streha.common.codes import Script
from streha.engine.names import transliterate
from streha.web import words
from streha.web.forms.days import Day
from streha.web.labels import ROLES

MORE_ROWS = 2
MOVERS = [(role.value, ROLES[role]) for role, held in POLICY.items() if Action.CASE_MOVE in held.actions]


class Named(forms.Form):
    """A name in the languages that are written; the Latin form of Serbian is derived."""

    label_sq = forms.CharField(label=_("In Albanian"), max_length=rules.LABEL_LENGTH)
    label_sr = forms.CharField(label=_("In Serbian, Cyrillic"), max_length=rules.LABEL_LENGTH)
    label_en = forms.CharField(label=_("In English"), max_length=rules.LABEL_LENGTH)

    def label(self) -> Any:
        """The name as the rules want it."""
        told = self.cleaned_data
        return rules.words(told["label_sq"], told["label_sr"], told["label_en"])

    def own_code(self) -> str:
        """The code that stands there, or one made of the English name."""
        told: str = self.cleaned_data.get("code", "")
        plain = transliterate(self.cleaned_data["label_en"], Script.LATIN).lower()
        return told or re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:30]


class HeadForm(Named):
    """What a version is and where it comes from."""

    source = forms.CharField(
        label=_("Source"), max_length=300, help_text=_("A regulation, a decision, a day: where these stages come from")
    )
    note = forms.CharField(label=_("Note"), max_length=300, required=False)
    verified_by = forms.CharField(
        label=_("Compared with its source by"),
        max_length=120,
        required=False,
        help_text=_("A name; while it is empty, every case says that nobody has verified the track."),
    )
    number = forms.IntegerField(widget=forms.HiddenInput, required=False)


class NewHeadForm(HeadForm):
    """The same of a track that is not there yet."""

    code = forms.CharField(
        label=_("Code"),
        max_length=30,
        required=False,
        help_text=_("Small letters, digits and _; empty: made of the name"),
    )


class StageForm(Named):
    """One stage of a version."""

    position = forms.IntegerField(label=_("Position"), min_value=1, max_value=99)
    code = forms.CharField(widget=forms.HiddenInput, required=False, max_length=30)
    days = forms.IntegerField(label=_("Days"), required=False, min_value=1, max_value=rules.LONGEST_DAYS)
    movers = forms.MultipleChoiceField(
        label=_("Who moves a case there"), choices=MOVERS, widget=forms.CheckboxSelectMultiple
    )
    is_optional = forms.BooleanField(label=_("may be left out"), required=False)
    field_order = ("position", "label_sq", "label_sr", "label_en", "days", "movers", "is_optional")

    def draft(self) -> rules.StageDraft:
        """The stage as the rules want it."""
        told = self.cleaned_data
        movers = frozenset(Role(role) for role in told["movers"])
        return rules.StageDraft(self.own_code(), self.label(), told["days"], movers, told["is_optional"])


class TrackPaperForm(Named):
    """One paper that a version asks for."""

    code = forms.CharField(widget=forms.HiddenInput, required=False, max_length=30)
    of = forms.ChoiceField(label=_("Whose"), choices=lambda: words.options("paper_of"))
    before = forms.IntegerField(label=_("Before the stage at position"), min_value=2, max_value=99)
    is_optional = forms.BooleanField(label=_("may be left out"), required=False)


def _rows(form: type[forms.Form]) -> Any:
    return forms.formset_factory(form, extra=MORE_ROWS, can_delete=True, max_num=40, absolute_max=42)


class TrackSheet:
    """Head, stages and papers of a version, as one form."""

    def __init__(self, data: Any, draft: rules.TrackDraft | None, number: int = 0) -> None:
        self.draft = draft
        positions = {stage.code: at for at, stage in enumerate(draft.stages, 1)} if draft else {}
        head = NewHeadForm if draft is None else HeadForm
        self.head = head(data, initial=_head(draft, number) if draft else None)
        stages = [{**_named(s), "position": positions[s.code], **_stage(s)} for s in draft.stages] if draft else []
        papers = [{**_named(p), **_paper(p, positions)} for p in draft.papers] if draft else []
        self.stages = _rows(StageForm)(data, initial=stages, prefix="stages")
        self.papers = _rows(TrackPaperForm)(data, initial=papers, prefix="papers")

    def is_valid(self) -> bool:
        """Whether every part can be read."""
        return all([self.head.is_valid(), self.stages.is_valid(), self.papers.is_valid()])

    def told(self, *, is_sensitive: bool = False) -> rules.TrackDraft:
        """The version as the action wants it: stages in the order of their positions."""
        head = self.head.cleaned_data
        stages = sorted(self._kept(self.stages), key=lambda form: form.cleaned_data["position"])
        drafts = [form.draft() for form in stages]
        at = {form.cleaned_data["position"]: draft.code for form, draft in zip(stages, drafts, strict=True)}
        papers = [
            rules.PaperDraft(
                form.own_code(),
                form.label(),
                rules.PaperOf(form.cleaned_data["of"]),
                at.get(form.cleaned_data["before"], str(form.cleaned_data["before"])),
                form.cleaned_data["is_optional"],
            )
            for form in self._kept(self.papers)
        ]
        return rules.TrackDraft(
            code=self.draft.code if self.draft else self.head.own_code(),
            label=self.head.label(),
            source=head["source"],
            stages=tuple(drafts),
            papers=tuple(papers),
            note=head["note"],
            is_sensitive=self.draft.is_sensitive if self.draft else is_sensitive,
            verified_by=head["verified_by"],
        )

    @staticmethod
    def _kept(rows: Any) -> list[Any]:
        told = (form for form in rows if form.initial or form.has_changed())
        return [form for form in told if not form.cleaned_data["DELETE"]]


def _named(part: rules.StageDraft | rules.PaperDraft | rules.TrackDraft) -> dict[str, str]:
    label = part.label
    return {"code": part.code, "label_sq": label.sq, "label_sr": label.sr, "label_en": label.en}


def _head(draft: rules.TrackDraft, number: int) -> dict[str, Any]:
    return {**_named(draft), "source": draft.source, "note": draft.note, "number": number}


def _stage(stage: rules.StageDraft) -> dict[str, Any]:
    movers = sorted(role.value for role in stage.movers)
    return {"days": stage.days, "movers": movers, "is_optional": stage.is_optional}


def _paper(paper: rules.PaperDraft, positions: dict[str, int]) -> dict[str, Any]:
    return {"of": paper.of.value, "before": positions[paper.before], "is_optional": paper.is_optional}


# --- letters ----------------------------------------------------------------------------------------------------------


class WordsForm(forms.Form):
    """The words of a letter."""

    title = forms.CharField(label=_("Title"), max_length=200)
    opening = forms.CharField(label=_("Opening"), max_length=4000, widget=forms.Textarea(attrs={"rows": 5}))
    closing = forms.CharField(label=_("Closing"), max_length=4000, widget=forms.Textarea(attrs={"rows": 5}))


class SignForm(forms.Form):
    """Who has read the words, and when."""

    reviewer = forms.CharField(label=_("Reviewer"), max_length=120, help_text=_("A native speaker, by name"))
    on = Day(label=_("Signed on"))
    number = forms.IntegerField(widget=forms.HiddenInput)
