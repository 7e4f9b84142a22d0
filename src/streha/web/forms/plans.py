"""Forms of plans: a goal, its end, a visit, and what came of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from streha.accounts.models import User
from streha.cases import queries
from streha.cases.plans import actions, rules
from streha.cases.plans.queries import VisitLine
from streha.web import words
from streha.web.forms.days import Day
from streha.web.forms.people import AreaField
from streha.web.templatetags.register import full_name


def _text(label: Any, rows: int = 4, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": rows}), max_length=5000, **more)


class GoalForm(forms.Form):
    """A goal to be planned."""

    kind = forms.ChoiceField(label=_("About"), choices=lambda: words.options("goal_kind"))
    text = _text(_("What is to be reached, and by whom"))
    due_on = Day(label=_("Until"))
    agreed_on = Day(label=_("Agreed with the person on"), required=False, help_text=_("Leave empty until they agree."))

    def draft(self) -> actions.GoalDraft:
        """The goal as the action wants it."""
        told = self.cleaned_data
        return actions.GoalDraft(rules.GoalKind(told["kind"]), told["text"], told["due_on"], told["agreed_on"])


class AgreeForm(forms.Form):
    """The day on which the person agreed to the plan."""

    agreed_on = Day(label=_("Agreed with the person on"))


class SettleForm(forms.Form):
    """How a goal ended."""

    state = forms.ChoiceField(label=_("What came of it"), widget=forms.RadioSelect)
    note = _text(_("Note"), 3, required=False, help_text=_("Needed when the goal is dropped."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ends = (rules.GoalState.REACHED, rules.GoalState.DROPPED)
        self.fields["state"].choices = [(end.value, words.word("goal_state", end)) for end in ends]  # type: ignore[attr-defined]


class VisitForm(forms.Form):
    """A visit to be made."""

    kind = forms.ChoiceField(label=_("Visit"), choices=lambda: words.options("visit_kind"))
    planned_on = Day(label=_("On"))
    area = AreaField(label=_("Place"), required=False, max_length=120, help_text=_("A municipality or settlement"))
    visitor = forms.TypedChoiceField(label=_("Who makes the visit"), coerce=int, required=False, empty_value=None)
    people = forms.TypedMultipleChoiceField(
        label=_("Who of the case takes part"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    others = forms.CharField(
        label=_("Who else takes part"),
        required=False,
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One name a line: neighbours, hosts, people of other offices"),
    )

    def __init__(self, *args: Any, page: queries.CasePage, owners: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(p.pk, f"{full_name(p)} · {p.number}") for p in page.members]
        self.fields["people"].choices = named  # type: ignore[attr-defined]
        self.fields["people"].initial = [page.case.person_id]
        self.fields["visitor"].choices = [("", "—"), *((u.pk, str(u)) for u in owners)]  # type: ignore[attr-defined]
        self.fields["visitor"].initial = page.case.owner_id

    def draft(self) -> actions.VisitDraft:
        """The visit as the action wants it."""
        told = self.cleaned_data
        return actions.VisitDraft(
            kind=rules.VisitKind(told["kind"]),
            planned_on=told["planned_on"],
            area_id=told["area"].pk if told["area"] else None,
            visitor_id=told["visitor"],
            people=told["people"],
            others=tuple(told["others"].splitlines()),
        )


class ReportForm(forms.Form):
    """What came of a visit."""

    state = forms.ChoiceField(label=_("Was it made?"), widget=forms.RadioSelect)
    done_on = Day(label=_("On"), required=False)
    came = forms.TypedMultipleChoiceField(
        label=_("Who came"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    presence = forms.ChoiceField(
        label=_("Do they live there?"), required=False, choices=lambda: words.options("presence", blank=True)
    )
    report = _text(_("What was found, or why the visit was not made"), 6)

    def __init__(self, *args: Any, line: VisitLine, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ends = (rules.VisitState.DONE, rules.VisitState.CANCELLED)
        self.fields["state"].choices = [(end.value, words.word("visit_state", end)) for end in ends]  # type: ignore[attr-defined]
        self.fields["state"].initial = rules.VisitState.DONE.value
        self.fields["done_on"].initial = line.visit.planned_on
        taking = [(one.row_id, said(one)) for one in line.participants]
        self.fields["came"].choices = taking  # type: ignore[attr-defined]
        self.fields["came"].initial = [row for row, _name in taking]
        if not taking:
            del self.fields["came"]
        if line.visit.kind != rules.VisitKind.PRESENCE:
            del self.fields["presence"]

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if told.get("state") == rules.VisitState.DONE and not told.get("done_on") and "done_on" not in self.errors:
            self.add_error("done_on", _("Say on which day it was made."))
        return told

    def told(self) -> actions.VisitReport:
        """What the action wants to know of a visit that was made."""
        told = self.cleaned_data
        presence = told.get("presence")
        return actions.VisitReport(
            told["done_on"], told["report"], told.get("came", ()), rules.Presence(presence) if presence else None
        )


def said(one: Any) -> str:
    """Somebody who takes part, by name."""
    if one.person is not None:
        return full_name(one.person)
    return str(one.user) if one.user is not None else one.name
