"""Forms of homes: what somebody types becomes a draft for an action."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from streha.accounts.rules import Access, Action
from streha.common import errors
from streha.common.codes import FieldClass
from streha.formats import pictures
from streha.homes import actions, queries, rules
from streha.people import queries as people
from streha.people.rules import understand
from streha.places import queries as places
from streha.places.models import Area
from streha.web import door, words
from streha.web.forms.people import BirthField, DayField


def class_label(entry: rules.ClassEntry | None) -> str:
    """What a class is called in the reader's language, in English where nobody has said."""
    if entry is None:
        return ""
    column = {"sq": "label_sq", "sr": "label_sr", "sr-latn": "label_sr_latn"}.get(get_language() or "en", "label_en")
    return getattr(entry, column) or entry.label_en


def class_options(kind: rules.ClassKind) -> list[tuple[str, str]]:
    """The classes in use, as choices."""
    return [("", "—"), *((e.code, class_label(e)) for e in queries.current_list(kind).entries)]


def municipalities() -> list[tuple[str, str]]:
    """Every municipality, as choices."""
    areas = Area.objects.filter(kind=Area.Kind.MUNICIPALITY).order_by("label_sq")
    return [("", "—"), *((str(a.pk), f"{a.label_sq} / {a.label_sr_latn}") for a in areas)]


def keepers(access: Access) -> list[tuple[str, str]]:
    """Municipalities for which the writer may keep records of homes."""
    open_to = people.keepers_open_to(access, Action.PROPERTY_REGISTER)
    areas = Area.objects.filter(kind=Area.Kind.MUNICIPALITY).order_by("label_sq")
    if open_to is not None:
        areas = areas.filter(pk__in=open_to)
    return [(str(a.pk), f"{a.label_sq} / {a.label_sr_latn}") for a in areas]


class _Said(forms.CharField):
    """A text that a pure rule reads; what the rule refuses becomes the field's error."""

    def read(self, text: str) -> Any:
        raise NotImplementedError

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return self.read(text)
        except errors.StrehaError as wrong:
            raise forms.ValidationError(door.say(wrong)) from wrong


class PointField(_Said):
    """A point, latitude first."""

    def read(self, text: str) -> rules.Point | None:
        return rules.read_point(text)


class ShareField(_Said):
    """A share: 1/2 or 50 %."""

    def read(self, text: str) -> Any:
        return rules.read_share(text)


class PlaceForm(forms.Form):
    """Where a home is, and by what right it is held."""

    municipality = forms.ChoiceField(label=_("Municipality"))
    settlement = forms.CharField(
        label=_("Settlement"), max_length=120, required=False, help_text=_("Village or town, in any spelling")
    )
    address = forms.CharField(label=_("Address"), max_length=200, required=False)
    point = PointField(
        label=_("Point"), max_length=60, required=False, help_text=_("Latitude, longitude: 42.2139, 20.7397")
    )
    cadastral_zone = forms.CharField(label=_("Cadastral zone"), max_length=80, required=False)
    cadastral_ref = forms.CharField(
        label=_("Cadastral reference"), max_length=60, required=False, help_text=_("As on the possession list")
    )
    tenure = forms.ChoiceField(label=_("Tenure"), choices=words.options("tenure"), initial="unknown")
    inheritance = forms.ChoiceField(label=_("Inheritance"), choices=words.options("inheritance"), initial="unknown")
    sure = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["municipality"].choices = municipalities()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        text, inside = str(told.get("settlement", "")).strip(), told.get("municipality")
        told["settlement_id"] = None
        if text and inside:
            told["settlement_id"] = self._settlement(text, int(inside))
        return told

    def _settlement(self, text: str, municipality_id: int) -> int | None:
        name = text.partition(",")[0]
        kinds = frozenset({"settlement"})
        found = places.resolve(name, within=[municipality_id], kinds=kinds)
        if found.area_id is not None:
            return found.area_id
        elsewhere = places.resolve(name, kinds=kinds).area_id
        if elsewhere is not None:
            return elsewhere  # the action says that it lies in another municipality
        self.add_error(
            "settlement",
            forms.ValidationError(
                _("“%(value)s” is no known settlement there. Write its name in any spelling, or leave it empty."),
                params={"value": text},
            ),
        )
        return None


class RegisterForm(PlaceForm):
    """A home to be registered, with its first owner, who lives there, and its state."""

    owner = forms.CharField(
        label=_("Owner"),
        max_length=160,
        required=False,
        help_text=_("Number of a person as on their page, P-0041877, or the name of somebody who is not registered"),
    )
    share = ShareField(label=_("Share"), max_length=20, required=False, help_text=_("1/2 or 50 %"))
    occupancy = forms.ChoiceField(
        label=_("Who lives there"), choices=words.options("occupancy", blank=True), required=False
    )
    who = forms.CharField(
        label=_("Person or household"), max_length=20, required=False, help_text=_("P-0041877 or HH-0020417")
    )
    since = BirthField(label=_("Since"), required=False, help_text=_("21.06.1999, or 06.1999, or the year alone"))
    damage = forms.ChoiceField(label=_("Damage"), required=False)
    building = forms.ChoiceField(label=_("Type of building"), required=False)
    assessed_on = DayField(label=_("Assessed on"), required=False)
    keeper = forms.ChoiceField(label=_("Record is kept by"))

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["keeper"].choices = keepers(access)  # type: ignore[attr-defined]
        self.fields["damage"].choices = class_options(rules.ClassKind.DAMAGE)  # type: ignore[attr-defined]
        self.fields["building"].choices = class_options(rules.ClassKind.BUILDING)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        told = super().clean()
        if told.get("occupancy") and not told.get("since"):
            self.add_error("since", _("Say since when, if only the year."))
        if told.get("who") and not told.get("occupancy"):
            self.add_error("occupancy", _("Say by what right they live there."))
        if (told.get("damage") or told.get("building")) and not told.get("assessed_on"):
            self.add_error("assessed_on", _("Say on what day somebody looked at the building."))
        told["occupant"] = self._occupant(told.get("who", ""))
        return told

    def _occupant(self, text: str) -> tuple[int | None, int | None]:
        try:
            return occupant(text)
        except forms.ValidationError as wrong:
            self.add_error("who", wrong)
            return None, None

    def draft(self) -> rules.PropertyDraft:
        """The home as the action wants it."""
        told = self.cleaned_data
        owner = told["owner"].strip()
        person_id = understand(owner).person_id if owner else None
        shares = (rules.ShareDraft(person_id, "" if person_id else owner, told["share"]),) if owner else ()
        stays: tuple[rules.OccupancyDraft, ...] = ()
        if told["occupancy"]:
            started, precision = told["since"]
            person, household = told["occupant"]
            kind = rules.OccupancyKind(told["occupancy"])
            stays = (rules.OccupancyDraft(kind, started, precision, person_id=person, household_id=household),)
        seen: tuple[rules.AssessmentDraft, ...] = ()
        if told["damage"] or told["building"]:
            seen = (rules.AssessmentDraft(told["assessed_on"], told["damage"], told["building"]),)
        return rules.PropertyDraft(
            municipality_id=int(told["municipality"]),
            keeper_id=int(told["keeper"]),
            settlement_id=told["settlement_id"],
            address=told["address"],
            point=told["point"],
            cadastral_zone=told["cadastral_zone"],
            cadastral_ref=told["cadastral_ref"],
            tenure=rules.Tenure(told["tenure"]),
            inheritance=rules.Inheritance(told["inheritance"]),
            shares=shares,
            occupancies=stays,
            assessments=seen,
            is_fictional=settings.DEMO,
        )


def occupant(text: str) -> tuple[int | None, int | None]:
    """Ids of the person or household whose number was written; raises a form error for anything else."""
    if not text.strip():
        return None, None
    question = understand(text)
    if question.person_id is None and question.household_id is None:
        raise forms.ValidationError(
            _("“%(value)s” is not the number of a person or household: P-0041877 or HH-0020417."),
            params={"value": text},
        )
    return question.person_id, question.household_id


class ChangeForm(PlaceForm):
    """Where a home is, and by what right it is held, to be corrected."""

    def __init__(self, *args: Any, writes: frozenset[FieldClass], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if FieldClass.HOME_LOCATION not in writes:
            for name in ("municipality", "settlement", "address", "point", "cadastral_zone", "cadastral_ref"):
                del self.fields[name]

    def changes(self) -> actions.PropertyChanges:
        """What the form says, for a home that exists."""
        told = self.cleaned_data
        tenure, inheritance = rules.Tenure(told["tenure"]), rules.Inheritance(told["inheritance"])
        if "municipality" not in self.fields:
            return actions.PropertyChanges(tenure=tenure, inheritance=inheritance)
        return actions.PropertyChanges(
            place=(int(told["municipality"]), told["settlement_id"]),
            address=told["address"],
            point=(told["point"],),
            cadastral=(told["cadastral_zone"], told["cadastral_ref"]),
            tenure=tenure,
            inheritance=inheritance,
        )


class AssessForm(forms.Form):
    """What somebody who looked at the building found."""

    assessed_on = DayField(label=_("Assessed on"))
    damage = forms.ChoiceField(label=_("Damage"), required=False)
    building = forms.ChoiceField(label=_("Type of building"), required=False)
    floor_m2 = forms.DecimalField(
        label=_("Covered floor to live on, m²"), required=False, max_digits=7, decimal_places=2, localize=True
    )
    water_l_day = forms.IntegerField(label=_("Water, litres a day"), required=False)
    toilets = forms.IntegerField(label=_("Toilets"), required=False)
    step_free = forms.NullBooleanField(label=_("Can a person in a wheelchair enter and use it?"), required=False)
    note = forms.CharField(label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["damage"].choices = class_options(rules.ClassKind.DAMAGE)  # type: ignore[attr-defined]
        self.fields["building"].choices = class_options(rules.ClassKind.BUILDING)  # type: ignore[attr-defined]

    def save(self, pk: int, by: Access, at: dt.datetime) -> None:
        told = self.cleaned_data
        measured = {name: told[name] for name in rules.MEASURED}
        draft = rules.AssessmentDraft(told["assessed_on"], told["damage"], told["building"], told["note"], **measured)
        actions.assess(pk, draft, by=by, at=at)


class OwnerForm(forms.Form):
    """Somebody who owns the home, or a part of it."""

    owner = forms.CharField(
        label=_("Owner"),
        max_length=160,
        help_text=_("Number of a person as on their page, P-0041877, or the name of somebody who is not registered"),
    )
    share = ShareField(label=_("Share"), max_length=20, required=False, help_text=_("1/2 or 50 %"))
    since = DayField(label=_("Since"), required=False)
    until = DayField(label=_("Until"), required=False, help_text=_("Only for somebody who no longer owns"))

    def save(self, pk: int, by: Access, at: dt.datetime) -> None:
        told = self.cleaned_data
        person_id = understand(told["owner"]).person_id
        name = "" if person_id else told["owner"]
        draft = rules.ShareDraft(person_id, name, told["share"], told["since"], told["until"])
        actions.add_share(pk, draft, by=by, at=at)


class OccupancyForm(forms.Form):
    """Who lives there, or that nobody does."""

    kind = forms.ChoiceField(label=_("Who lives there"), choices=words.options("occupancy"))
    who = forms.CharField(
        label=_("Person or household"), max_length=20, required=False, help_text=_("P-0041877 or HH-0020417")
    )
    started = BirthField(label=_("Since"), help_text=_("21.06.1999, or 06.1999, or the year alone"))
    ended = BirthField(label=_("Until"), required=False)
    succeeds = forms.BooleanField(
        label=_("End what held until then, where the two cannot both be true"), required=False, initial=True
    )

    def clean_who(self) -> tuple[int | None, int | None]:
        return occupant(self.cleaned_data["who"])

    def save(self, pk: int, by: Access, at: dt.datetime) -> None:
        told = self.cleaned_data
        started, precision = told["started"]
        ended, ended_precision = told["ended"] or (None, "")
        person, household = told["who"]
        draft = rules.OccupancyDraft(
            kind=rules.OccupancyKind(told["kind"]),
            started_on=started,
            started_precision=precision,
            ended_on=ended,
            ended_precision=str(ended_precision),
            person_id=person,
            household_id=household,
        )
        note = actions.succeed_occupancy if told["succeeds"] and ended is None else actions.note_occupancy
        note(pk, draft, by=by, at=at)


class DayForm(forms.Form):
    """The day on which something ended."""

    on = DayField(label=_("Day"))


class PhotoForm(forms.Form):
    """A photo of the home."""

    photo = forms.FileField(
        label=_("Photo"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        help_text=_("JPEG, PNG or WebP, at most 15 MB. Place and camera are taken out; only the picture is kept."),
    )
    taken_on = DayField(label=_("Taken on"), required=False)
    caption = forms.CharField(label=_("What it shows"), max_length=200, required=False)

    def clean_photo(self) -> Any:
        sent = self.cleaned_data["photo"]
        if sent.size > pictures.LARGEST_FILE:
            raise forms.ValidationError(
                _("The photo has %(size)s MB; at most %(most)s are taken. Send it in a smaller size."),
                params={
                    "size": round(sent.size / 1024 / 1024, 1),
                    "most": pictures.LARGEST_FILE // 1024 // 1024,
                },
            )
        return sent

    def save(self, pk: int, by: Access, at: dt.datetime) -> None:
        told = self.cleaned_data
        actions.add_photo(
            pk,
            told["photo"].read(),
            name=told["photo"].name or "",
            taken_on=told["taken_on"],
            caption=told["caption"],
            by=by,
            at=at,
        )


class ReasonForm(forms.Form):
    """Why something is done; others will read it."""

    reason = forms.CharField(label=_("Reason"), max_length=300)


class ShieldForm(ReasonForm):
    on = forms.ChoiceField(label=_("Shielded"), choices=[("1", _("yes")), ("", _("no"))], required=False)

    field_order = ["on", "reason"]


class HandOverForm(ReasonForm):
    keeper = forms.ChoiceField(label=_("New office"))

    field_order = ["keeper", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["keeper"].choices = municipalities()[1:]  # type: ignore[attr-defined]


class EndForm(forms.Form):
    """Closing the record of a home."""

    reason = forms.ChoiceField(label=_("Reason"), choices=words.options("home_end_reason"))
    on = DayField(label=_("Day"))


class ClassesForm(forms.Form):
    """A new version of a list of classes."""

    title = forms.CharField(label=_("Title"), max_length=120)
    source = forms.CharField(
        label=_("Source"), max_length=400, help_text=_("Law, regulation or publication, with number and page")
    )
    published = forms.CharField(label=_("Published"), max_length=20, required=False)
    entries = forms.CharField(
        label=_("Classes"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false"}),
        help_text=_("One a line: code | English | Albanian | Serbian, Cyrillic | Serbian, Latin"),
    )
    verified = forms.BooleanField(
        label=_("I have compared every line with the source"), required=False, help_text=_("Your name is kept with it.")
    )

    def save(self, kind: rules.ClassKind, by: Access, at: dt.datetime) -> None:
        told = self.cleaned_data
        actions.publish_classes(
            kind,
            title=told["title"],
            source=told["source"],
            published=told["published"],
            entries=rules.read_class_lines(told["entries"]),
            verified=told["verified"],
            by=by,
            at=at,
        )
