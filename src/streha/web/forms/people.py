"""Forms of people and households: what somebody types becomes a draft for an action."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import phonenumbers
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from streha.accounts.rules import Access, Action
from streha.common.codes import FieldClass, Precision, Sex
from streha.people import actions, queries, rules
from streha.places import queries as places
from streha.places.models import Area
from streha.web import words
from streha.web.templatetags.streha import place_name, place_order


class AreaField(forms.CharField):
    """A place by any of its names; an ambiguous one is told with its choices."""

    def clean(self, value: Any) -> Area | None:
        text = super().clean(value)
        return place_named(text) if text else None


def place_named(text: str) -> Area:
    """The one place that is called so; raises a form error with the choices when it is none or several."""
    name, _comma, inside = text.partition(",")
    around = places.resolve(inside).area_id if inside.strip() else None
    found = places.resolve(name, within=None if around is None else [around])
    if found.area_id is not None:
        return Area.objects.get(pk=found.area_id)
    if not found.matches:
        raise forms.ValidationError(
            _("“%(value)s” is no known place. Write its name in any spelling, or leave it empty."),
            params={"value": text},
        )
    areas = Area.objects.filter(pk__in=[m.area_id for m in found.matches]).select_related("parent")[:6]
    names = "; ".join(f"{place_name(a)} ({place_name(a.parent) or a.kind})" for a in areas)
    raise forms.ValidationError(
        _("“%(value)s” may be one of several places: %(names)s. Add the municipality after a comma."),
        params={"value": text, "names": names},
    )


class DayField(forms.DateField):
    """A day as it is written here: 31.12.1984; other habits are understood too."""

    def __init__(self, **kwargs: Any) -> None:
        formats = ["%d.%m.%Y", "%d.%m.%Y.", "%d/%m/%Y", "%d-%m-%Y", "%Y-%m-%d"]
        attrs = {"inputmode": "numeric", "placeholder": "31.12.1984", "autocomplete": "off"}
        super().__init__(input_formats=formats, widget=forms.DateInput(attrs=attrs, format="%d.%m.%Y"), **kwargs)


BIRTH = re.compile(r"^(?:(?:(\d{1,2})[./-])?(\d{1,2})[./-])?(\d{4})\.?$")


class BirthField(forms.CharField):
    """A date of birth as far as it is known: 12.04.1961, 04.1961 or 1961. Gives (date, precision)."""

    def clean(self, value: Any) -> tuple[dt.date, Precision] | None:
        text = super().clean(value)
        if not text:
            return None
        parts = BIRTH.match(text.replace(" ", ""))
        if parts is None:
            raise forms.ValidationError(
                _("“%(value)s” is not a date. Write 12.04.1961, or 04.1961, or the year alone."), params={"value": text}
            )
        day, month, year = parts.groups()
        try:
            return rules.birth_on(int(year), int(month) if month else None, int(day) if day else None)
        except ValueError as wrong:
            raise forms.ValidationError(
                _("“%(value)s” is not a day that exists. Correct it, or give the year alone."), params={"value": text}
            ) from wrong


def birth_as_typed(birth: dt.date | None, precision: str) -> str:
    """A date of birth as it stands in the field."""
    if birth is None:
        return ""
    return birth.strftime({Precision.DAY: "%d.%m.%Y", Precision.MONTH: "%m.%Y"}.get(Precision(precision), "%Y"))


def keepers(access: Access, action: Action) -> list[tuple[str, str]]:
    """Municipalities for which the writer may keep records."""
    open_to = queries.keepers_open_to(access, action)
    areas = Area.objects.filter(kind=Area.Kind.MUNICIPALITY).order_by(place_order())
    if open_to is not None:
        areas = areas.filter(pk__in=open_to)
    return [(str(a.pk), place_name(a)) for a in areas]


class PersonForm(forms.Form):
    """A person to be registered or changed; parts the writer may not write are not there."""

    given = forms.CharField(label=_("Given name"), max_length=100, required=False)
    father = forms.CharField(label=_("Father's name"), max_length=100, required=False)
    family = forms.CharField(label=_("Family name"), max_length=100, required=False)
    birth = BirthField(
        label=_("Date of birth"), required=False, help_text=_("12.04.1961, or 04.1961, or the year alone")
    )
    sex = forms.ChoiceField(label=_("Sex"), choices=words.options("sex"), initial="u")
    language = forms.ChoiceField(
        label=_("Writes to us in"), choices=words.options("language", blank=True), required=False
    )
    citizenship = forms.CharField(
        label=_("Citizenship"), max_length=2, required=False, help_text=_("Two letters, as on a passport")
    )
    home_area = AreaField(
        label=_("Lives in"), required=False, help_text=_("Settlement or municipality, in any spelling")
    )
    community = forms.ChoiceField(
        label=_("Community"),
        choices=words.options("community", blank=True),
        required=False,
        help_text=_("Only as the person says it. Nobody has to answer."),
    )

    def __init__(self, *args: Any, writes: frozenset[FieldClass], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if FieldClass.COMMUNITY not in writes:
            del self.fields["community"]
        if FieldClass.HOME_LOCATION not in writes:
            del self.fields["home_area"]

    def clean_citizenship(self) -> str:
        code = str(self.cleaned_data["citizenship"]).strip().upper()
        if code and not (len(code) == 2 and code.isascii() and code.isalpha()):
            raise forms.ValidationError(
                _("“%(value)s” is not a country code: write two letters."), params={"value": code}
            )
        return code

    def changes(self) -> actions.PersonChanges:
        """What the form says, for a person who exists."""
        told = self.cleaned_data
        birth, precision = told["birth"] or (None, "")
        home = told.get("home_area")
        return actions.PersonChanges(
            given=told["given"],
            father=told["father"],
            family=told["family"],
            sex=Sex(told["sex"]),
            birth=(birth, precision),
            citizenship=told["citizenship"],
            language=told["language"],
            home_area=(home.pk if home else None,) if "home_area" in self.fields else None,
            community=told["community"] if "community" in self.fields else None,
        )


class RegisterForm(PersonForm):
    """A person to be registered, with what is usually told at the first meeting."""

    other_script = forms.CharField(
        label=_("Whole name in the other script"),
        max_length=160,
        required=False,
        help_text=_("As on the person's papers; search finds every spelling anyway"),
    )
    keeper = forms.ChoiceField(label=_("Record is kept by"))
    identifier_kind = forms.ChoiceField(
        label=_("Document"), choices=words.options("identifier_kind", blank=True), required=False
    )
    identifier = forms.CharField(label=_("Number of the document"), max_length=60, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    sure = forms.BooleanField(required=False, widget=forms.HiddenInput)

    field_order = [
        "given",
        "father",
        "family",
        "other_script",
        "birth",
        "sex",
        "keeper",
        "home_area",
        "identifier_kind",
        "identifier",
        "phone",
        "language",
        "citizenship",
        "community",
    ]

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        writes = frozenset[FieldClass]().union(*access.writes(Action.PERSON_REGISTER).values())
        super().__init__(*args, writes=writes, **kwargs)
        if FieldClass.CONTACT not in writes:
            del self.fields["phone"]
        offered = keepers(access, Action.PERSON_REGISTER)
        self.fields["keeper"].choices = offered  # type: ignore[attr-defined]
        self.fields["keeper"].initial = offered[0][0] if len(offered) == 1 else None

    def clean_phone(self) -> str:
        return international(self.cleaned_data["phone"])

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        if not (told.get("given") or told.get("family")):
            self.add_error("family", _("Write at least one name."))
        if bool(told.get("identifier")) != bool(told.get("identifier_kind")):
            self.add_error("identifier", _("Give both: which document it is, and its number."))
        return told

    def draft(self) -> rules.PersonDraft:
        """The person as the action wants them."""
        told = self.cleaned_data
        names = [rules.NameDraft(given=told["given"], father=told["father"], family=told["family"])]
        if told["other_script"]:
            given, _space, family = told["other_script"].strip().rpartition(" ")
            names.append(rules.NameDraft(given=given, family=family, kind=rules.NameKind.SCRIPT))
        birth, precision = told["birth"] or (None, "")
        home = told.get("home_area")
        return rules.PersonDraft(
            names=tuple(names),
            keeper_id=int(told["keeper"]),
            sex=Sex(told["sex"]),
            birth_date=birth,
            birth_precision=str(precision),
            citizenship=told["citizenship"],
            language=told["language"],
            community=told.get("community", ""),
            home_area_id=home.pk if home else None,
            identifiers=tuple(
                rules.IdentifierDraft(rules.IdentifierKind(told["identifier_kind"]), number)
                for number in [told["identifier"]]
                if number
            ),
            contacts=tuple(
                rules.ContactDraft(rules.ContactKind.PHONE, phone) for phone in [told.get("phone", "")] if phone
            ),
            is_fictional=settings.DEMO,
        )


def international(text: str) -> str:
    """A phone number in international form; raises a form error for what cannot be one."""
    if not text.strip():
        return ""
    try:
        number = phonenumbers.parse(text, settings.PHONE_REGION)
    except phonenumbers.NumberParseException as wrong:
        raise forms.ValidationError(
            _("“%(value)s” is not a phone number. Write it as +383 44 123 456 or 044 123 456."), params={"value": text}
        ) from wrong
    if not phonenumbers.is_possible_number(number):
        raise forms.ValidationError(
            _("“%(value)s” has too many or too few digits for a phone number."), params={"value": text}
        )
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


# --- what is added to a person --------------------------------------------------------------------


class NameForm(forms.Form):
    kind = forms.ChoiceField(label=_("Which name"), choices=words.options("name_kind"), initial="alias")
    given = forms.CharField(label=_("Given name"), max_length=100, required=False)
    father = forms.CharField(label=_("Father's name"), max_length=100, required=False)
    family = forms.CharField(label=_("Family name"), max_length=100, required=False)

    def save(self, person_id: int, by: Access, at: dt.datetime) -> None:
        told = self.cleaned_data
        draft = rules.NameDraft(told["given"], told["family"], told["father"], rules.NameKind(told["kind"]))
        actions.add_name(person_id, draft, by=by, at=at)


class IdentifierForm(forms.Form):
    kind = forms.ChoiceField(label=_("Document"), choices=words.options("identifier_kind"))
    value = forms.CharField(label=_("Number"), max_length=60)

    def save(self, person_id: int, by: Access, at: dt.datetime) -> None:
        told = self.cleaned_data
        draft = rules.IdentifierDraft(rules.IdentifierKind(told["kind"]), told["value"])
        actions.add_identifier(person_id, draft, by=by, at=at)


class ContactForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=words.options("contact_kind"))
    value = forms.CharField(label=_("Contact"), max_length=200)

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        value = str(told.get("value", "")).strip()
        if told.get("kind") == rules.ContactKind.PHONE and value:
            told["value"] = international(value)
        if told.get("kind") == rules.ContactKind.EMAIL and value:
            told["value"] = forms.EmailField().clean(value)
        return told

    def save(self, person_id: int, by: Access, at: dt.datetime) -> None:
        told = self.cleaned_data
        draft = rules.ContactDraft(rules.ContactKind(told["kind"]), told["value"])
        actions.add_contact(person_id, draft, by=by, at=at)


class EpisodeForm(forms.Form):
    status = forms.ChoiceField(label=_("Status"), choices=words.options("episode_status"))
    cause = forms.ChoiceField(label=_("Cause"), choices=words.options("cause"))
    origin = forms.CharField(label=_("From"), max_length=120, required=False, help_text=_("A place in any spelling"))
    target = forms.CharField(label=_("To"), max_length=120, required=False, help_text=_("A place in any spelling"))
    started = BirthField(label=_("Since"), required=False, help_text=_("21.06.1999, or 06.1999, or the year alone"))
    ended = BirthField(label=_("Until"), required=False)

    def save(self, person_id: int, by: Access, at: dt.datetime) -> None:
        told = self.cleaned_data
        started, started_precision = told["started"] or (None, "")
        ended, ended_precision = told["ended"] or (None, "")
        origin, target = _area_or_text(told["origin"]), _area_or_text(told["target"])
        draft = rules.EpisodeDraft(
            status=rules.EpisodeStatus(told["status"]),
            cause=rules.Cause(told["cause"]),
            from_area_id=origin[0],
            from_text=origin[1],
            to_area_id=target[0],
            to_text=target[1],
            started_on=started,
            started_precision=str(started_precision),
            ended_on=ended,
            ended_precision=str(ended_precision),
        )
        actions.add_episode(person_id, draft, by=by, at=at)


def _area_or_text(text: str) -> tuple[int | None, str]:
    """A known place by its id, any other as it was written: Kraljevo is not in the tree."""
    found = places.resolve(text).area_id if text else None
    return (found, "") if found is not None else (None, rules.tidy_text(text))


class IntentionForm(forms.Form):
    wish = forms.ChoiceField(label=_("Wish"), choices=words.options("wish"))
    area = AreaField(label=_("Place"), required=False, help_text=_("Where to, in any spelling"))
    said_on = DayField(label=_("Said on"))

    def save(self, person_id: int, by: Access, at: dt.datetime) -> None:
        told = self.cleaned_data
        area = told["area"]
        actions.say_intention(
            person_id,
            wish=rules.Wish(told["wish"]),
            area_id=area.pk if area else None,
            said_on=told["said_on"],
            by=by,
            at=at,
        )


class FunctioningForm(forms.Form):
    asked_on = DayField(label=_("Asked on"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for domain in rules.FUNCTIONING_DOMAINS:
            self.fields[domain] = forms.ChoiceField(
                label=str(words.word("functioning", domain)),
                choices=words.options("functioning_answer", blank=True),
                required=False,
            )

    def save(self, person_id: int, by: Access, at: dt.datetime) -> None:
        told = self.cleaned_data
        answers = {domain: int(told[domain]) if told[domain] else None for domain in rules.FUNCTIONING_DOMAINS}
        actions.note_functioning(person_id, answers, asked_on=told["asked_on"], by=by, at=at)


class NeedForm(forms.Form):
    kind = forms.ChoiceField(label=_("Need"), choices=words.options("need"))
    note = forms.CharField(label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def save(self, person_id: int, by: Access, at: dt.datetime) -> None:
        told = self.cleaned_data
        actions.add_need(person_id, rules.NeedKind(told["kind"]), note=told["note"], by=by, at=at)


class ConsentForm(forms.Form):
    purpose = forms.CharField(label=_("Purpose"), max_length=60)
    recipients = forms.CharField(label=_("May be given to"), max_length=200, required=False)
    basis = forms.ChoiceField(label=_("Legal basis"), choices=words.options("basis"))
    given_on = DayField(label=_("Given on"))
    expires_on = DayField(label=_("Valid until"), required=False)
    evidence = forms.CharField(
        label=_("Evidence"), max_length=200, required=False, help_text=_("Where the signed sheet lies, or who heard it")
    )

    def save(self, person_id: int, by: Access, at: dt.datetime) -> None:
        told = dict(self.cleaned_data)
        basis = rules.LegalBasis(told.pop("basis"))
        actions.give_consent(person_id, basis=basis, by=by, at=at, **told)


class TransferForm(forms.Form):
    recipient = forms.CharField(label=_("Given to"), max_length=200)
    purpose = forms.CharField(label=_("Purpose"), max_length=60)
    classes = forms.MultipleChoiceField(
        label=_("What was given"), choices=words.options("class"), widget=forms.CheckboxSelectMultiple
    )
    basis = forms.ChoiceField(label=_("Legal basis"), choices=words.options("basis"))
    consent = forms.IntegerField(label=_("Number of the consent"), required=False)

    def save(self, person_id: int, by: Access, at: dt.datetime) -> None:
        told = self.cleaned_data
        actions.record_transfer(
            person_id,
            recipient=told["recipient"],
            purpose=told["purpose"],
            classes=[FieldClass(code) for code in told["classes"]],
            basis=rules.LegalBasis(told["basis"]),
            consent_id=told["consent"],
            by=by,
            at=at,
        )


class NoteForm(forms.Form):
    text = forms.CharField(label=_("Note"), max_length=4000, widget=forms.Textarea(attrs={"rows": 5}))

    def save(self, person_id: int, by: Access, at: dt.datetime) -> None:
        actions.add_protection_note(person_id, self.cleaned_data["text"], by=by, at=at)


class ShieldForm(forms.Form):
    on = forms.ChoiceField(label=_("Shielded"), choices=[("1", _("yes")), ("", _("no"))], required=False)
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def save(self, person_id: int, by: Access, at: dt.datetime) -> None:
        actions.shield(person_id, on=bool(self.cleaned_data["on"]), reason=self.cleaned_data["reason"], by=by, at=at)


class HandOverForm(forms.Form):
    keeper = forms.ChoiceField(label=_("New office"))
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        areas = Area.objects.filter(kind=Area.Kind.MUNICIPALITY).order_by(place_order())
        self.fields["keeper"].choices = [(str(a.pk), place_name(a)) for a in areas]  # type: ignore[attr-defined]

    def save(self, person_id: int, by: Access, at: dt.datetime) -> None:
        told = self.cleaned_data
        actions.hand_over(person_id, keeper_id=int(told["keeper"]), reason=told["reason"], by=by, at=at)


class EndForm(forms.Form):
    """Closing a record."""

    reason = forms.ChoiceField(label=_("Reason"), choices=words.options("end_reason"))
    on = DayField(label=_("Day"))


# --- households -----------------------------------------------------------------------------------


class MemberForm(forms.Form):
    person = forms.CharField(label=_("Number of the person"), max_length=20, help_text=_("As on their page: P-0041877"))
    relation = forms.ChoiceField(label=_("Relation to the head"), choices=words.options("relation"), initial="unknown")
    since = DayField(label=_("Since"), required=False)

    def clean_person(self) -> int:
        question = rules.understand(self.cleaned_data["person"])
        if question.person_id is None:
            raise forms.ValidationError(
                _("“%(value)s” is not a person's number. It looks like P-0041877."),
                params={"value": self.cleaned_data["person"]},
            )
        return question.person_id

    def draft(self) -> rules.MemberDraft:
        """The membership as the action wants it."""
        told = self.cleaned_data
        relation = rules.Relation(told["relation"])
        return rules.MemberDraft(
            told["person"], relation, is_head=relation == rules.Relation.HEAD, started_on=told["since"]
        )


class HouseholdForm(forms.Form):
    """Where a household lives."""

    home_area = AreaField(
        label=_("Lives in"), required=False, help_text=_("Settlement or municipality, in any spelling")
    )
    address = forms.CharField(label=_("Address"), max_length=200, required=False)


class OpenHouseholdForm(HouseholdForm):
    """A new household with its head."""

    head = forms.CharField(label=_("Number of the head"), max_length=20, help_text=_("As on their page: P-0041877"))
    keeper = forms.ChoiceField(label=_("Record is kept by"))

    field_order = ["head", "keeper", "home_area", "address"]

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["keeper"].choices = keepers(access, Action.PERSON_REGISTER)  # type: ignore[attr-defined]

    def clean_head(self) -> int:
        question = rules.understand(self.cleaned_data["head"])
        if question.person_id is None:
            raise forms.ValidationError(
                _("“%(value)s” is not a person's number. It looks like P-0041877."),
                params={"value": self.cleaned_data["head"]},
            )
        return question.person_id

    def draft(self) -> actions.HouseholdDraft:
        """The household as the action wants it."""
        told = self.cleaned_data
        return actions.HouseholdDraft(
            keeper_id=int(told["keeper"]),
            members=(rules.MemberDraft(told["head"], rules.Relation.HEAD, is_head=True),),
            home_area_id=told["home_area"].pk if told["home_area"] else None,
            address=told["address"],
            is_fictional=settings.DEMO,
        )
