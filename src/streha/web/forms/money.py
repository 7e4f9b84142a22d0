"""Forms of programmes, help given and payments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from streha.accounts.rules import Role
from streha.assistance.entitlements import actions as given
from streha.assistance.entitlements import queries as given_queries
from streha.assistance.entitlements import rules as given_rules
from streha.assistance.payments import actions as payments
from streha.assistance.programmes import actions, models, rules
from streha.assistance.selections.models import Call
from streha.cases.models import Track
from streha.common import errors, money, numbers
from streha.common.money import Money
from streha.people import rules as people_rules
from streha.places.models import Area
from streha.web import door, labels, words
from streha.web.forms.days import Day
from streha.web.templatetags.streha import place_name, place_order

AT_MOST = 200
STEPS = 4


class Amount(forms.CharField):
    """An amount as people write it; a number with at most two places."""

    def __init__(self, **more: Any) -> None:
        more.setdefault("label", _("Amount"))
        super().__init__(max_length=20, widget=forms.TextInput(attrs={"inputmode": "decimal", "size": 12}), **more)

    def clean(self, value: Any) -> Decimal | None:
        """The number; None where nothing was written and nothing need be."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return money.read(text)
        except errors.BadInput as error:
            raise forms.ValidationError(door.say(error)) from None


class Currency(forms.CharField):
    """Three letters."""

    def __init__(self, **more: Any) -> None:
        more.setdefault("label", _("Currency"))
        super().__init__(max_length=3, initial="EUR", widget=forms.TextInput(attrs={"size": 4}), **more)


def choose(form: forms.Form, name: str, options: Iterable[tuple[str, Any]]) -> None:
    """Give a field of choice what can be chosen."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = list(options)


class AgreementForm(forms.Form):
    donor = forms.CharField(label=_("Donor"), max_length=models.NAME_LENGTH)
    reference = forms.CharField(label=_("Reference"), max_length=60)
    title = forms.CharField(label=_("Title"), max_length=models.NAME_LENGTH)
    starts_on = Day(label=_("From"))
    ends_on = Day(label=_("Until"))
    amount = Amount()
    currency = Currency()

    def draft(self, donor_id: int) -> actions.AgreementDraft:
        """The agreement as the action wants it."""
        told = self.cleaned_data
        total = Money(told["amount"], told["currency"])
        return actions.AgreementDraft(
            donor_id, told["reference"], told["title"], told["starts_on"], told["ends_on"], total
        )


class LineForm(forms.Form):
    code = forms.CharField(label=_("Code"), max_length=20)
    title = forms.CharField(label=_("Title"), max_length=models.NAME_LENGTH)
    amount = Amount()


class RateForm(forms.Form):
    day = Day(label=_("Day"))
    base = Currency(label=_("One"))
    quote = forms.CharField(label=_("is worth, in"), max_length=3, widget=forms.TextInput(attrs={"size": 4}))
    rate = Amount(label=_("Rate"))
    source = forms.CharField(label=_("Source"), max_length=200)


class ProgrammeForm(forms.Form):
    code = forms.CharField(label=_("Code"), max_length=20)
    name_sq = forms.CharField(label=_("Name in Albanian"), max_length=models.NAME_LENGTH)
    name_sr = forms.CharField(label=_("Name in Serbian, Cyrillic"), max_length=models.NAME_LENGTH)
    name_en = forms.CharField(label=_("Name in English"), max_length=models.NAME_LENGTH)
    place = forms.ChoiceField(label=_("Municipality"), required=False)
    starts_on = Day(label=_("From"))
    ends_on = Day(label=_("Until"))
    tracks = forms.MultipleChoiceField(label=_("Kinds of cases"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = Area.objects.filter(kind=Area.Kind.MUNICIPALITY).order_by(place_order())[:AT_MOST]
        choose(self, "place", [("", _("the whole country")), *((str(a.pk), place_name(a)) for a in found)])
        tracks = Track.objects.filter(is_active=True, is_sensitive=False).order_by("code")
        field = self.fields["tracks"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(t.code, t.code) for t in tracks]

    def draft(self) -> actions.ProgrammeDraft:
        """The programme as the action wants it."""
        return _programme_draft(self.cleaned_data)


class ProgrammeChangeForm(ProgrammeForm):
    """What a programme says now; its code stays. The version says which state of it was read."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["code"]

    def draft_of(self, row: models.Programme) -> actions.ProgrammeDraft:
        """The programme as the action wants it; whose it is stays."""
        told = {**self.cleaned_data, "code": row.code}
        return _programme_draft(told, row.organisation_id)


def as_typed(row: models.Programme) -> dict[str, Any]:
    """A programme as its form first shows it."""
    told: dict[str, Any] = {name: getattr(row, name) for name in ("version", "name_sq", "name_sr", "name_en")}
    told |= {name: getattr(row, name).strftime("%d.%m.%Y") for name in ("starts_on", "ends_on")}
    return told | {
        "place": str(row.place_id or ""),
        "tracks": [one.track.code for one in row.tracks.select_related("track")],
    }


def _programme_draft(told: dict[str, Any], organisation_id: int | None = None) -> actions.ProgrammeDraft:
    return actions.ProgrammeDraft(
        code=told["code"],
        name_en=told["name_en"],
        name_sq=told["name_sq"],
        name_sr=told["name_sr"],
        starts_on=told["starts_on"],
        ends_on=told["ends_on"],
        place_id=int(told["place"]) if told["place"] else None,
        organisation_id=organisation_id,
        tracks=tuple(told["tracks"]),
    )


class CycleForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=models.NAME_LENGTH)
    starts_on = Day(label=_("From"))
    ends_on = Day(label=_("Until"))
    call = forms.ChoiceField(label=_("Call that chose"), required=False)

    def __init__(self, *args: Any, access: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        calls = Call.objects.visible_to(access).order_by("-closes_on")[:AT_MOST]
        choose(self, "call", [("", "—"), *((str(c.pk), f"{c.number} {c.title}") for c in calls)])

    def draft(self) -> actions.CycleDraft:
        """The cycle as the action wants it."""
        told = self.cleaned_data
        call = int(told["call"]) if told["call"] else None
        return actions.CycleDraft(told["name"], told["starts_on"], told["ends_on"], call)


class CommitForm(forms.Form):
    line = forms.ChoiceField(label=_("Budget line"))
    amount = Amount()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lines = models.BudgetLine.objects.select_related("agreement__donor").order_by("agreement", "code")[:AT_MOST]
        choose(
            self,
            "line",
            [(str(li.pk), f"{li.agreement.reference} · {li.code} {li.title} · {li.currency}") for li in lines],
        )


def commitments_of(cycle: models.Cycle) -> list[models.Commitment]:
    """What is set aside for a cycle."""
    found = models.Commitment.objects.filter(kind=rules.For.CYCLE, key=str(cycle.pk))
    return list(found.select_related("line__agreement__donor").order_by("pk"))


def _commitments(cycle: models.Cycle) -> list[tuple[str, Any]]:
    return [
        (str(row.pk), f"{row.number} · {row.line.agreement.reference} {row.line.code} · {row.left}")
        for row in commitments_of(cycle)
    ]


class GrantForm(forms.Form):
    """What one person or household is to be due."""

    whom = forms.CharField(
        label=_("Person or household"), max_length=20, help_text=_("A number: P-0000012 or HH-0000012")
    )
    kind = forms.ChoiceField(label=_("Help"), choices=lambda: words.options("help_kind"))
    amount = Amount(label=_("How much"))
    unit = forms.CharField(label=_("Currency or unit"), max_length=20, initial="EUR")
    what = forms.CharField(label=_("What"), max_length=40, required=False)
    due_on = Day(label=_("Due on"))
    commitment = forms.ChoiceField(label=_("Paid from"), required=False)

    def __init__(self, *args: Any, cycle: models.Cycle, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "commitment", [("", "—"), *_commitments(cycle)])

    def much(self) -> given_rules.Much:
        """How much is granted."""
        told = self.cleaned_data
        return much_of(told["kind"], told["amount"], told["unit"])


class ChosenForm(forms.Form):
    """Help for households chosen by a commission: what it is, and how much each is due."""

    kind = forms.ChoiceField(label=_("Help"), choices=lambda: words.options("help_kind"))
    unit = forms.CharField(label=_("Currency or unit"), max_length=20, initial="EUR")
    what = forms.CharField(label=_("What"), max_length=40, required=False)
    due_on = Day(label=_("Due on"))
    commitment = forms.ChoiceField(label=_("Paid from"), required=False)

    def __init__(
        self, *args: Any, cycle: models.Cycle, lines: Sequence[given_queries.ChosenLine], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "commitment", [("", "—"), *_commitments(cycle)])
        self.lines = lines
        for line in lines:
            label = _("How much for application %(number)s") % {"number": line.application.number}
            self.fields[f"{EACH}{line.application.pk}"] = Amount(
                label=label, required=False, initial="" if line.granted else line.application.amount
            )

    def amounts(self) -> dict[int, given_rules.Much]:
        """By application, how much; those left empty are not in it. Raises BadInput for a unit that does not fit."""
        told = self.cleaned_data
        filled = {
            line.application.pk: told[f"{EACH}{line.application.pk}"]
            for line in self.lines
            if told.get(f"{EACH}{line.application.pk}")
        }
        return {pk: much_of(told["kind"], amount, told["unit"]) for pk, amount in filled.items()}


EACH = "each-"


def shared_of(form: ChosenForm) -> list[forms.BoundField]:
    """The fields that hold for all."""
    return [bound for bound in form if not bound.name.startswith(EACH)]


def rows_of(form: ChosenForm) -> list[tuple[given_queries.ChosenLine, forms.BoundField]]:
    """Each household chosen, with the field of its amount."""
    return [(line, form[f"{EACH}{line.application.pk}"]) for line in form.lines]


def much_of(kind: str, amount: Decimal, unit: str) -> given_rules.Much:
    """How much: money where the unit is a currency and the help is not counted."""
    tidy = unit.strip()
    counted = {given_rules.Kind.ITEMS, given_rules.Kind.TRAINING}
    if tidy.upper() in money.MINOR_UNITS and kind not in counted:
        return given_rules.Much.of(Money(amount, tidy))
    return given_rules.Much.counted(amount, tidy)


class AllotForm(forms.Form):
    """A package for a household."""

    household = forms.CharField(label=_("Household"), max_length=20)
    package = forms.ChoiceField(label=_("Package"))
    returned_on = Day(label=_("Returned on"))
    commitment = forms.ChoiceField(label=_("Paid from"), required=False)

    def __init__(self, *args: Any, cycle: models.Cycle, packages: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "package", [(str(p.pk), str(p)) for p in packages])
        choose(self, "commitment", [("", "—"), *_commitments(cycle)])


class DeliverForm(forms.Form):
    amount = Amount(label=_("How much"))
    on = Day(label=_("On"))
    mechanism = forms.ChoiceField(label=_("How"), choices=lambda: words.options("mechanism"))
    provider = forms.CharField(label=_("By whom"), max_length=120, required=False)
    behalf = forms.ChoiceField(label=_("Who came for it"), choices=lambda: words.options("behalf"))
    collected_by = forms.CharField(label=_("Number of who came"), max_length=20, required=False)
    proxy = forms.CharField(label=_("Name and paper of somebody else"), max_length=200, required=False)
    key = forms.CharField(label=_("Number of the slip"), max_length=60)

    def handed(self) -> given.Handed:
        """The delivery as the action wants it."""
        told = self.cleaned_data
        who = told["collected_by"].upper().removeprefix("P-").strip()
        return given.Handed(
            told["amount"],
            told["on"],
            given_rules.Mechanism(told["mechanism"]),
            told["key"].strip(),
            provider=told["provider"],
            behalf=given_rules.Behalf(told["behalf"]),
            collected_by_id=numbers.whole(who),
            proxy=told["proxy"],
        )


class ReturnForm(forms.Form):
    delivery = forms.IntegerField(widget=forms.HiddenInput)
    amount = Amount(label=_("How much came back"))
    on = Day(label=_("On"))
    reason = forms.CharField(label=_("Reason"), max_length=300)
    key = forms.CharField(label=_("Number of the slip"), max_length=60)


class VerifyForm(forms.Form):
    delivery = forms.IntegerField(widget=forms.HiddenInput)
    on = Day(label=_("Asked on"))
    outcome = forms.ChoiceField(label=_("The household says"), choices=lambda: words.options("verified"))
    needs_met = forms.ChoiceField(
        label=_("Basic needs met"), required=False, choices=lambda: words.options("needs_met", blank=True)
    )
    coping = forms.ChoiceField(
        label=_("How they cope"), required=False, choices=lambda: words.options("coping", blank=True)
    )
    safe = forms.NullBooleanField(label=_("Was it safe?"), required=False)
    accessible = forms.NullBooleanField(label=_("Could they reach it?"), required=False)
    accountable = forms.NullBooleanField(label=_("Do they know where to complain?"), required=False)
    participatory = forms.NullBooleanField(label=_("Were they asked what they need?"), required=False)
    note = forms.CharField(label=_("Note"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def said(self) -> given.Said:
        """What the household says, as the action wants it."""
        told = self.cleaned_data
        return given.Said(
            told["on"],
            given_rules.Outcome(told["outcome"]),
            given_rules.NeedsMet(told["needs_met"]) if told["needs_met"] else None,
            given_rules.Coping(told["coping"]) if told["coping"] else None,
            {quality: told[quality] for quality in given_rules.QUALITIES},
            told["note"],
        )


class TopUpForm(forms.Form):
    amount = Amount(label=_("How much more"))
    due_on = Day(label=_("Due on"))
    reason = forms.CharField(label=_("Reason"), max_length=300)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300)


class ListForm(forms.Form):
    """A payment list to be built."""

    cycle = forms.IntegerField(widget=forms.HiddenInput)
    title = forms.CharField(label=_("Title"), max_length=models.NAME_LENGTH)
    commitment = forms.ChoiceField(label=_("Paid from"))
    currency = Currency()
    due_until = Day(label=_("Due until"))
    pay_on = Day(label=_("Pay on"))

    def __init__(self, *args: Any, cycle: models.Cycle, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "commitment", _commitments(cycle))

    def draft(self) -> payments.ListDraft:
        """The list as the action wants it."""
        told = self.cleaned_data
        return payments.ListDraft(
            told["cycle"],
            int(told["commitment"]),
            told["title"],
            told["currency"],
            told["due_until"],
            told["pay_on"],
        )


class ReplyForm(forms.Form):
    file = forms.FileField(label=_("File of the bank"), help_text=_("camt.054.001.08, or CSV as the manual says"))


class SettleForm(forms.Form):
    settlement = forms.ChoiceField(label=_("What it is"), choices=lambda: words.options("settlement"))
    reference = forms.CharField(label=_("Reference of our line"), max_length=35, required=False)
    reason = forms.CharField(label=_("Reason"), max_length=300)


class DoubleForm(forms.Form):
    finding = forms.ChoiceField(label=_("What was found"), choices=lambda: words.options("doubled"))
    reason = forms.CharField(label=_("Reason"), max_length=300)


class AccountForm(forms.Form):
    iban = forms.CharField(label=_("Account number (IBAN)"), max_length=42)
    holder = forms.CharField(label=_("Name of the account"), max_length=70)
    bic = forms.CharField(label=_("Bank (BIC)"), max_length=11, required=False)


class ChainForm(forms.Form):
    """Who signs from which amount: a few steps, in order."""

    currency = Currency()
    source = forms.CharField(label=_("By which rule of the office"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        signers = [("", "—"), *((role.value, labels.of("role", role.value)) for role in sorted(rules.signers()))]
        for n in range(1, STEPS + 1):
            self.fields[f"from_{n}"] = Amount(label=_("Step %(n)s: from") % {"n": n}, required=False)
            self.fields[f"role_{n}"] = forms.ChoiceField(
                label=_("Step %(n)s: signed by") % {"n": n}, choices=signers, required=False
            )

    def steps(self) -> list[rules.Step]:
        """The steps that were filled in."""
        told = self.cleaned_data
        return [
            rules.Step(told[f"from_{n}"] or Decimal(0), Role(told[f"role_{n}"]))
            for n in range(1, STEPS + 1)
            if told[f"role_{n}"]
        ]


class PackageForm(forms.Form):
    """A package as text, one line a thing: code; help; how much; unit; for whom; from; to; needs; after days; names."""

    code = forms.CharField(label=_("Code"), max_length=20)
    name_sq = forms.CharField(label=_("Name in Albanian"), max_length=models.NAME_LENGTH)
    name_sr = forms.CharField(label=_("Name in Serbian, Cyrillic"), max_length=models.NAME_LENGTH)
    name_en = forms.CharField(label=_("Name in English"), max_length=models.NAME_LENGTH)
    source = forms.CharField(label=_("Source"), max_length=300)
    lines = forms.CharField(
        label=_("What it gives"),
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        help_text=_(
            "A line for each thing, its parts separated by semicolons: code; help; how much; currency or unit; "
            "for whom; least size; most size; needs; days after return; name in Albanian; in Serbian; in English"
        ),
    )

    def draft(self) -> given_rules.PackageDraft:
        """The package as the action wants it. Raises BadInput naming the line that cannot be read."""
        told = self.cleaned_data
        lines = tuple(
            read_line(text, number) for number, text in enumerate(told["lines"].splitlines(), start=1) if text.strip()
        )
        names = {"en": told["name_en"], "sq": told["name_sq"], "sr": told["name_sr"]}
        return given_rules.PackageDraft(told["code"], names, told["source"], lines)


PARTS = 12


def read_line(text: str, number: int) -> given_rules.PackageLine:
    """A line of a package as written in the form."""
    parts = [part.strip() for part in text.split(";")]
    parts += [""] * (PARTS - len(parts))
    code, kind, amount, unit, basis, least, most, needs, days, sq, sr, en = parts[:PARTS]
    try:
        counted = given_rules.Much.counted(money.read(amount, "lines"), unit)
        much = given_rules.Much(counted.amount, unit.upper(), True) if unit.upper() in money.MINOR_UNITS else counted
        return given_rules.PackageLine(
            code,
            given_rules.Kind(kind),
            much,
            given_rules.Basis(basis or "household"),
            int(least or 1),
            int(most) if most else None,
            frozenset(people_rules.NeedKind(need.strip()) for need in needs.split(",") if need.strip()),
            {"en": en or code, "sq": sq or en or code, "sr": sr or en or code},
            int(days or 0),
        )
    except ValueError as error:
        raise errors.BadInput(
            errors.message("Line {number} cannot be read: {what}. Compare it with the line above the box."),
            code="package_line",
            field="lines",
            number=number,
            what=str(error),
        ) from None


def written(line: given_rules.PackageLine) -> str:
    """A line of a package as it is written in the form."""
    labels_of = line.labels or {}
    return "; ".join(
        (
            line.code,
            line.kind.value,
            f"{line.much.amount.normalize():f}",
            line.much.unit,
            line.basis.value,
            str(line.least),
            "" if line.most is None else str(line.most),
            ", ".join(sorted(line.needs)),
            str(line.after_days),
            labels_of.get("sq", ""),
            labels_of.get("sr", ""),
            labels_of.get("en", ""),
        )
    )
