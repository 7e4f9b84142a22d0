"""Forms of selections: a call, an application, a paper, a sheet of points, a session, a grid."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from streha.accounts.models import User
from streha.accounts.rules import Access, Action, ScopeKind
from streha.assistance.selections import actions, models, queries, rules
from streha.common import money
from streha.people import rules as people_rules
from streha.places import queries as places
from streha.places.models import Area
from streha.web import words
from streha.web.forms.days import Day
from streha.web.templatetags.register import in_language
from streha.web.templatetags.streha import place_name, place_order

CHOSEN_AT_MOST = 200
YES_NO = [("", "—"), ("1", _("yes")), ("0", _("no"))]
MORE_ROWS = 3


def municipalities(access: Access) -> list[tuple[str, str]]:
    """Municipalities for which the viewer may run calls."""
    found = Area.objects.filter(kind=Area.Kind.MUNICIPALITY).order_by(place_order())
    scopes = access.scopes(Action.SELECTION_CALL)
    if not any(scope.kind in (ScopeKind.EVERYTHING, ScopeKind.OWN) for scope in scopes):
        inside = places.subtree_ids(int(scope.key) for scope in scopes if scope.kind == ScopeKind.AREA)
        found = found.filter(pk__in=inside)
    return [(str(area.pk), place_name(area)) for area in found[:CHOSEN_AT_MOST]]


class CallForm(forms.Form):
    """A call for applications."""

    title = forms.CharField(label=_("Title"), max_length=160)
    municipality = forms.ChoiceField(label=_("Municipality"))
    grid = forms.ChoiceField(label=_("Grid of points"))
    requests = forms.MultipleChoiceField(
        label=_("What the call is for"),
        choices=lambda: words.options("request_kind"),
        widget=forms.CheckboxSelectMultiple,
    )
    opens_on = Day(label=_("Open from"))
    closes_on = Day(label=_("Open until"))
    places = forms.IntegerField(label=_("How many households can be helped"), min_value=1, max_value=100_000)
    budget = forms.CharField(label=_("Budget"), max_length=20, required=False)
    currency = forms.CharField(label=_("Currency"), max_length=3, required=False, initial="EUR")
    ends_by = forms.ChoiceField(
        label=_("What ends the list"),
        choices=lambda: words.options("ends_by"),
        initial=rules.EndsBy.PLACES.value,
        help_text=_("Where the budget ends it, every application needs to say what the help would cost."),
    )
    threshold = forms.IntegerField(
        label=_("Difference above which a third person scores"),
        min_value=0,
        max_value=1000,
        initial=10,
        help_text=_("In points, over the whole sheet"),
    )
    appeal_days = forms.IntegerField(label=_("Days to appeal"), min_value=1, max_value=365, initial=30)

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "municipality", municipalities(access))
        newest = models.Grid.objects.order_by("code", "-version")[:CHOSEN_AT_MOST]
        _choices(self, "grid", [(str(g.pk), _grid_name(g)) for g in newest])

    def draft(self) -> actions.CallDraft:
        """The call as the action wants it."""
        told = self.cleaned_data
        return actions.CallDraft(
            title=told["title"],
            municipality_id=int(told["municipality"]),
            grid_id=int(told["grid"]),
            requests=tuple(rules.RequestKind(code) for code in told["requests"]),
            opens_on=told["opens_on"],
            closes_on=told["closes_on"],
            places=told["places"],
            budget=money.Money.of(told["budget"], told["currency"]) if told["budget"] else None,
            ends_by=rules.EndsBy(told["ends_by"]),
            threshold=told["threshold"],
            appeal_days=told["appeal_days"],
        )


def _grid_name(grid: models.Grid) -> str:
    doubt = "" if grid.verified else f" · {_('not verified')}"
    return f"{grid.name} · {_('version')} {grid.version}{doubt}"


def _choices(form: forms.Form, name: str, choices: Sequence[tuple[str, Any]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = list(choices)


class MemberForm(forms.Form):
    """Somebody takes a seat."""

    user = forms.ChoiceField(label=_("Colleague"))
    function = forms.ChoiceField(label=_("Seat"), choices=lambda: words.options("function"))

    def __init__(self, *args: Any, call: models.Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        taken = call.commission.values("user_id")
        held = ["commission", "scorer"]
        users = User.objects.filter(is_active=True, grants__role__in=held, grants__withdrawn_at=None)
        found = users.exclude(pk__in=taken).distinct().order_by("full_name")[:CHOSEN_AT_MOST]
        _choices(self, "user", [(str(user.pk), str(user)) for user in found])


class GridChoiceForm(forms.Form):
    """Another grid, or another version of it, for a call."""

    grid = forms.ChoiceField(label=_("Grid of points"))

    def __init__(self, *args: Any, call: models.Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["grid"].initial = str(call.grid_id)
        newest = models.Grid.objects.order_by("code", "-version")[:CHOSEN_AT_MOST]
        _choices(self, "grid", [(str(g.pk), _grid_name(g)) for g in newest])


def as_answered(application: models.Application) -> dict[str, str]:
    """The answers of an application as the form first shows them."""
    said = dict(application.answers.values_list("fact", "value"))
    return {f"fact_{fact}": "" if value is None else "1" if value else "0" for fact, value in said.items()}


class AnswersForm(forms.Form):
    """What the eligibility rules ask the household."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for fact in rules.ASKED:
            self.fields[f"fact_{fact.value}"] = forms.ChoiceField(
                label=words.word("fact", fact.value),  # type: ignore[arg-type]
                choices=YES_NO,
                required=False,
            )

    def answers(self) -> dict[rules.Fact, bool | None]:
        """By fact; None where nothing was said."""
        told = {fact: self.cleaned_data.get(f"fact_{fact.value}", "") for fact in rules.ASKED}
        return {fact: None if value == "" else value == "1" for fact, value in told.items()}


class ApplyForm(AnswersForm):
    """A household applies."""

    household = forms.CharField(label=_("Number of the household"), max_length=20, help_text="HH-0020417")
    applicant = forms.CharField(label=_("Number of the applicant"), max_length=20, help_text="P-0041877")
    request = forms.ChoiceField(label=_("What the household asks for"))
    amount = forms.CharField(label=_("What the help would cost"), max_length=20, required=False)
    received_on = Day(label=_("Received on"))

    def __init__(self, *args: Any, call: models.Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if call.currency:
            self.fields["amount"].help_text = call.currency
        else:
            del self.fields["amount"]
        kinds = call.requests.order_by("pk").values_list("kind", flat=True)
        _choices(self, "request", [(kind, words.word("request_kind", kind)) for kind in kinds])

    def clean_household(self) -> int:
        question = people_rules.understand(self.cleaned_data["household"])
        if question.household_id is None:
            raise forms.ValidationError(
                _("“%(value)s” is not a household's number. It looks like HH-0020417."),
                params={"value": self.cleaned_data["household"]},
            )
        return question.household_id

    def clean_applicant(self) -> int:
        question = people_rules.understand(self.cleaned_data["applicant"])
        if question.person_id is None:
            raise forms.ValidationError(
                _("“%(value)s” is not a person's number. It looks like P-0041877."),
                params={"value": self.cleaned_data["applicant"]},
            )
        return question.person_id

    def draft(self) -> actions.ApplicationDraft:
        """The application as the action wants it."""
        told = self.cleaned_data
        return actions.ApplicationDraft(
            told["household"],
            told["applicant"],
            rules.RequestKind(told["request"]),
            self.answers(),
            money.read(told["amount"]) if told.get("amount") else None,
        )


class PaperForm(forms.Form):
    """A paper was looked at."""

    kind = forms.ChoiceField(label=_("Paper"), choices=lambda: words.options("paper_kind"))
    person = forms.ChoiceField(label=_("Whose"), required=False)
    state = forms.ChoiceField(label=_("What was found"), choices=lambda: words.options("application_paper")[1:])
    reference = forms.CharField(label=_("Where the copy lies"), max_length=120, required=False)
    file = forms.FileField(
        label=_("File"),
        required=False,
        help_text=_("A PDF of at most 10 MB. It is kept sealed."),
        allow_empty_file=True,
    )

    def __init__(self, *args: Any, page: queries.ApplicationPage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        from streha.web.templatetags.register import full_name

        held = dict(page.application.members.filter(left_noted_at=None).values_list("person_id", "person_id"))
        names = {member.person.pk: full_name(member.person) for member in page.members}
        people = [(str(pk), names.get(pk, people_rules.person_number(pk))) for pk in held]
        _choices(self, "person", [("", _("the household's")), *people])


class ReasonForm(forms.Form):
    """A sentence that stands in the record."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("It stands in the record. Write no names, but the code.")
    )


class AppealForm(forms.Form):
    """The household appeals."""

    received_on = Day(label=_("Received on"))
    grounds = forms.CharField(
        label=_("What the household says"), max_length=300, widget=forms.Textarea(attrs={"rows": 4})
    )


class SheetForm(forms.Form):
    """The points of one scorer, or those that a session settles."""

    def __init__(
        self,
        *args: Any,
        criteria: Sequence[models.Criterion],
        given: Mapping[str, int | None],
        reasons: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.criteria = criteria
        self.with_reasons = reasons is not None
        for criterion in criteria:
            self.fields[f"points_{criterion.code}"] = forms.IntegerField(
                label=in_language(criterion, "label"),
                min_value=0,
                max_value=criterion.most,
                required=False,
                initial=given.get(criterion.code),
                help_text=_("0 to %(most)s") % {"most": criterion.most},
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )
            if reasons is not None:
                self.fields[f"reason_{criterion.code}"] = forms.CharField(
                    label=_("Why"), max_length=300, required=False, initial=reasons.get(criterion.code, "")
                )

    def rows(self) -> list[tuple[models.Criterion, Any, Any]]:
        """Criterion, its field, and the field of its reason."""
        return [
            (c, self[f"points_{c.code}"], self[f"reason_{c.code}"] if self.with_reasons else None)
            for c in self.criteria
        ]

    def points(self) -> dict[str, int]:
        """Points by criterion, as far as they were written."""
        told = {c.code: self.cleaned_data.get(f"points_{c.code}") for c in self.criteria}
        return {code: value for code, value in told.items() if value is not None}

    def reasons(self) -> dict[str, str]:
        """Reasons by criterion."""
        return {c.code: self.cleaned_data.get(f"reason_{c.code}", "") for c in self.criteria}


class SessionForm(forms.Form):
    """A session is planned."""

    held_on = Day(label=_("Day"))
    place = forms.CharField(label=_("Place"), max_length=120, required=False)
    agenda = forms.CharField(
        label=_("Agenda"), widget=forms.Textarea(attrs={"rows": 5}), help_text=_("One point in each line")
    )
    is_appeal = forms.BooleanField(label=_("It is a session of the appeal commission"), required=False)


# --- the grid ---------------------------------------------------------------------------------------------------------


class GridForm(forms.Form):
    """Name and source of a grid."""

    code = forms.SlugField(label=_("Code"), max_length=40, help_text=_("Small letters and hyphens; versions share it."))
    name = forms.CharField(label=_("Name"), max_length=120)
    source = forms.CharField(
        label=_("Source"), max_length=300, required=False, help_text=_("The document the points come from")
    )


class CriterionForm(forms.Form):
    code = forms.SlugField(label=_("Code"), max_length=40)
    most = forms.IntegerField(label=_("Most points"), min_value=1, max_value=rules.LARGEST_POINTS)
    evidence = forms.ChoiceField(
        label=_("Evidence"), choices=lambda: words.options("paper_kind", blank=True), required=False
    )
    label_sq = forms.CharField(label=_("In Albanian"), max_length=200, required=False)
    label_sr = forms.CharField(label=_("In Serbian, Cyrillic"), max_length=200, required=False)
    label_en = forms.CharField(label=_("In English"), max_length=200, required=False)


class RuleForm(forms.Form):
    code = forms.SlugField(label=_("Code"), max_length=40)
    fact = forms.ChoiceField(label=_("Question"), choices=lambda: words.options("fact"))
    test = forms.ChoiceField(label=_("Condition"), choices=lambda: words.options("test"))
    value = forms.IntegerField(label=_("Number"), required=False, min_value=0, max_value=1000)
    effect = forms.ChoiceField(label=_("What follows when it is not met"), choices=lambda: words.options("effect"))
    reason_sq = forms.CharField(label=_("Reason in Albanian"), max_length=300, required=False)
    reason_sr = forms.CharField(label=_("Reason in Serbian, Cyrillic"), max_length=300, required=False)
    reason_en = forms.CharField(label=_("Reason in English"), max_length=300, required=False)


class RequiredPaperForm(forms.Form):
    kind = forms.ChoiceField(label=_("Paper"), choices=lambda: words.options("paper_kind"))
    whose = forms.ChoiceField(label=_("Whose"), choices=lambda: words.options("whose"))


class TieForm(forms.Form):
    kind = forms.ChoiceField(label=_("What decides"), choices=lambda: words.options("tie"))
    criterion = forms.SlugField(label=_("Code of the criterion"), max_length=40, required=False)


def _rows(form: type[forms.Form]) -> Any:
    return forms.formset_factory(form, extra=MORE_ROWS, can_delete=True, max_num=60, absolute_max=63)


CriteriaRows, RuleRows = _rows(CriterionForm), _rows(RuleForm)
PaperRows, TieRows = _rows(RequiredPaperForm), _rows(TieForm)


class GridSheet:
    """All parts of a grid at once; rows left empty count for nothing, rows marked are taken out."""

    def __init__(self, data: Any = None, grid: rules.Grid | None = None, *, name: str = "", source: str = "") -> None:
        first = {"code": grid.code if grid else "", "name": name, "source": source}
        self.head = GridForm(data, initial=first, prefix="grid")
        self.criteria = CriteriaRows(data, initial=_criteria(grid), prefix="criteria")
        self.rules = RuleRows(data, initial=_rules(grid), prefix="rules")
        self.papers = PaperRows(data, initial=_papers(grid), prefix="papers")
        self.ties = TieRows(data, initial=_ties(grid), prefix="ties")

    def is_valid(self) -> bool:
        """Whether every part is."""
        checked = [part.is_valid() for part in (self.head, self.criteria, self.rules, self.papers, self.ties)]
        return all(checked)  # each is asked, so that each says what is wrong

    def draft(self, version: int = 0) -> rules.Grid:
        """The grid as the action wants it."""
        return rules.Grid(
            code=self.head.cleaned_data["code"],
            version=version,
            criteria=tuple(
                rules.Criterion(told["code"], told["most"], told["evidence"], _texts(told, "label"))
                for told in _kept(self.criteria)
            ),
            rules=tuple(
                rules.EligibilityRule(
                    told["code"],
                    rules.Fact(told["fact"]),
                    rules.Condition(told["test"]),
                    rules.Effect(told["effect"]),
                    told["value"] or 0,
                    _texts(told, "reason"),
                )
                for told in _kept(self.rules)
            ),
            papers=tuple(
                rules.RequiredPaper(rules.PaperKind(told["kind"]), rules.Whose(told["whose"]))
                for told in _kept(self.papers)
            ),
            ties=tuple(rules.Tie(rules.TieKind(told["kind"]), told["criterion"]) for told in _kept(self.ties)),
        )


def _kept(rows: Any) -> list[dict[str, Any]]:
    told = [form.cleaned_data for form in rows.forms if form.has_changed() or form.initial]
    return [one for one in told if one and not one.get("DELETE")]


def _texts(told: Mapping[str, Any], what: str) -> dict[str, str]:
    return {language: told[f"{what}_{language}"] for language in ("en", "sq", "sr")}


def _criteria(grid: rules.Grid | None) -> list[dict[str, Any]]:
    rows = grid.criteria if grid else ()
    return [
        {"code": c.code, "most": c.most, "evidence": c.evidence, **{f"label_{k}": v for k, v in c.labels.items()}}
        for c in rows
    ]


def _rules(grid: rules.Grid | None) -> list[dict[str, Any]]:
    rows = grid.rules if grid else ()
    return [
        {
            "code": r.code,
            "fact": r.fact.value,
            "test": r.test.value,
            "value": r.value,
            "effect": r.effect.value,
            **{f"reason_{k}": v for k, v in r.reasons.items()},
        }
        for r in rows
    ]


def _papers(grid: rules.Grid | None) -> list[dict[str, Any]]:
    return [{"kind": p.kind.value, "whose": p.whose.value} for p in (grid.papers if grid else ())]


def _ties(grid: rules.Grid | None) -> list[dict[str, Any]]:
    return [{"kind": t.kind.value, "criterion": t.criterion} for t in (grid.ties if grid else ())]


def today_typed(day: dt.date) -> str:
    """A day as it stands in a field."""
    return day.strftime("%d.%m.%Y")
