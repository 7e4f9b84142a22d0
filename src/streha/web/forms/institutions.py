"""Forms of institutions, meetings, tasks and training: what somebody types becomes one call of an action."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from streha.accounts.rules import Access, Action
from streha.institutions import models, queries, rules
from streha.web import words
from streha.web.forms.feedback import text_area
from streha.web.forms.people import AreaField, DayField, keepers

ON_A_LINE = re.compile(r"^(.*\S)\s*[:=|;\t]\s*(\d{1,5})$")
NOT_THEM = _("The work alone: name nobody who is in care, and nothing by which one could be known.")


class InstitutionForm(forms.Form):
    """An institution."""

    version = forms.IntegerField(widget=forms.HiddenInput, initial=0)
    name = forms.CharField(label=_("Name"), max_length=rules.NAME_LENGTH)
    name_sr = forms.CharField(label=_("Name in Serbian, Cyrillic"), max_length=rules.NAME_LENGTH, required=False)
    name_en = forms.CharField(label=_("Name in English"), max_length=rules.NAME_LENGTH, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=words.options("institution_kind"))
    area = AreaField(label=_("Place"), required=False, help_text=_("Empty: it works everywhere."))
    note = forms.CharField(label=_("Note"), required=False, widget=text_area(3), max_length=rules.NOTE_LENGTH)

    def draft(self) -> rules.InstitutionDraft:
        """What the form says, for the action."""
        told = self.cleaned_data
        return rules.InstitutionDraft(
            name=told["name"],
            kind=rules.Kind(told["kind"]),
            name_sr=told["name_sr"],
            name_en=told["name_en"],
            area_id=told["area"].pk if told["area"] else None,
            note=told["note"],
        )


class ContactForm(forms.Form):
    """Somebody who speaks for an institution."""

    name = forms.CharField(label=_("Name"), max_length=rules.NAME_LENGTH)
    function = forms.CharField(label=_("Function"), max_length=rules.NAME_LENGTH, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=rules.NAME_LENGTH, required=False)
    email = forms.CharField(label=_("E-mail"), max_length=rules.NAME_LENGTH, required=False)
    since = DayField(label=_("Since"), required=False)


def all_institutions() -> list[tuple[int, str]]:
    """Institutions that are worked with, as choices."""
    rows = models.Institution.objects.filter(ended_on=None).order_by("name")[: queries.MOST_ROWS]
    return [(row.pk, row.name) for row in rows]


class BodyForm(forms.Form):
    """A working group, task force or commission."""

    name = forms.CharField(label=_("Name"), max_length=rules.NAME_LENGTH)
    kind = forms.ChoiceField(label=_("Kind"), choices=words.options("body_kind"))
    keeper = forms.TypedChoiceField(label=_("Municipality"), coerce=int)
    basis = forms.CharField(label=_("Stands on"), max_length=300, required=False, help_text=_("A rule or decision."))
    members = forms.TypedMultipleChoiceField(
        label=_("Who sits in it"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["keeper"].choices = keepers(access, Action.INSTITUTION_WORK)  # type: ignore[attr-defined]
        self.fields["members"].choices = all_institutions()  # type: ignore[attr-defined]

    def draft(self) -> rules.BodyDraft:
        """What the form says, for the action."""
        told = self.cleaned_data
        kind = rules.BodyKind(told["kind"])
        return rules.BodyDraft(told["name"], kind, told["keeper"], told["basis"], told["members"])


class MeetingForm(forms.Form):
    """A meeting to be called."""

    body = forms.TypedChoiceField(label=_("Who meets"), coerce=int)
    day = DayField(label=_("Day"))
    venue = forms.CharField(label=_("Where"), max_length=rules.NAME_LENGTH, required=False)
    agenda = forms.CharField(
        label=_("Agenda"),
        required=False,
        widget=text_area(5),
        max_length=rules.TEXT_LENGTH,
        help_text=_("A point a line."),
    )

    def __init__(self, *args: Any, bodies: Sequence[models.Body], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["body"].choices = [(body.pk, body.name) for body in bodies]  # type: ignore[attr-defined]

    def draft(self) -> rules.MeetingDraft:
        """What the form says, for the action."""
        told = self.cleaned_data
        return rules.MeetingDraft(told["body"], told["day"], told["venue"], told["agenda"].splitlines())


class DeedForm(forms.Form):
    """A step of a meeting; the revision says which state of it was read."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, page: queries.MeetingPage, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page, self.access = page, access
        self.fields["revision"].initial = page.meeting.revision
        self.prepare()

    def prepare(self) -> None:
        """Fill choices from the meeting."""


class AgendaForm(DeedForm):
    agenda = forms.CharField(
        label=_("Agenda"), widget=text_area(6), max_length=rules.TEXT_LENGTH, help_text=_("A point a line.")
    )

    def prepare(self) -> None:
        self.fields["agenda"].initial = "\n".join(item.title for item in self.page.agenda)


class ParticipantsForm(DeedForm):
    contacts = forms.TypedMultipleChoiceField(
        label=_("Contacts"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    institutions = forms.TypedMultipleChoiceField(
        label=_("Somebody else of"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    users = forms.TypedMultipleChoiceField(
        label=_("Colleagues"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def prepare(self) -> None:
        members = list(self.page.meeting.body.members.values_list("institution_id", "institution__name"))
        rows = models.Contact.objects.visible_to(self.access).filter(until=None)
        rows = rows.filter(institution__in=[pk for pk, _name in members]).select_related("institution")
        contacts = [
            (told.contact.pk, f"{told.name} · {told.contact.institution}")
            for told in queries.shown(list(rows.order_by("institution__name", "pk")[: queries.MOST_ROWS]))
        ]
        self.fields["contacts"].choices = contacts  # type: ignore[attr-defined]
        self.fields["institutions"].choices = members or all_institutions()  # type: ignore[attr-defined]
        self.fields["users"].choices = [(u.pk, str(u)) for u in queries.owners()]  # type: ignore[attr-defined]


class MinutesForm(DeedForm):
    text = forms.CharField(label=_("Minutes"), widget=text_area(12), max_length=rules.TEXT_LENGTH, help_text=NOT_THEM)

    def prepare(self) -> None:
        self.fields["text"].initial = self.page.meeting.minutes
        for item in self.page.agenda:
            self.fields[f"point_{item.position}"] = forms.CharField(
                label=item.title,
                required=False,
                max_length=rules.NOTE_LENGTH,
                initial=item.conclusion,
                help_text=_("What was concluded."),
            )

    def conclusions(self) -> list[str]:
        """What was concluded, by the points of the agenda."""
        return [self.cleaned_data[f"point_{item.position}"] for item in self.page.agenda]


class TaskForm(DeedForm):
    title = forms.CharField(label=_("What is to be done"), max_length=rules.NAME_LENGTH, help_text=NOT_THEM)
    owner = forms.TypedChoiceField(label=_("Who does it"), coerce=int)
    due_on = DayField(label=_("Until"))

    def prepare(self) -> None:
        self.fields["owner"].choices = [(u.pk, str(u)) for u in queries.owners()]  # type: ignore[attr-defined]


class CancelForm(DeedForm):
    """Nothing but the step itself."""


class EndTaskForm(forms.Form):
    state = forms.ChoiceField(label=_("What came of it"))
    note = forms.CharField(
        label=_("Note"), required=False, max_length=rules.NOTE_LENGTH, help_text=_("Needed when it is dropped.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        options = [option for option in words.options("task_state") if option[0] != rules.TaskState.OPEN]
        self.fields["state"].choices = options  # type: ignore[attr-defined]


class TrainingForm(forms.Form):
    """Training given, with who was reached."""

    version = forms.IntegerField(widget=forms.HiddenInput, initial=0)
    title = forms.CharField(label=_("What it was about"), max_length=rules.NAME_LENGTH)
    provider = forms.CharField(label=_("Given by"), max_length=rules.NAME_LENGTH)
    keeper = forms.TypedChoiceField(label=_("Municipality"), coerce=int)
    first_day = DayField(label=_("First day"))
    last_day = DayField(label=_("Last day"))
    women = forms.IntegerField(label=_("Women"), min_value=0)
    men = forms.IntegerField(label=_("Men"), min_value=0)
    others = forms.IntegerField(label=_("Others, or not said"), min_value=0, initial=0)
    reached = forms.CharField(
        label=_("Who was reached"),
        required=False,
        widget=text_area(5),
        max_length=rules.TEXT_LENGTH,
        help_text=_("An institution a line, with how many came: Komuna e Pejës: 7"),
    )
    note = forms.CharField(label=_("Note"), required=False, widget=text_area(3), max_length=rules.NOTE_LENGTH)

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["keeper"].choices = keepers(access, Action.INSTITUTION_WORK)  # type: ignore[attr-defined]

    def clean_reached(self) -> tuple[rules.Reached, ...]:
        """Institutions by name, with how many of their people came."""
        lines = [line.strip() for line in self.cleaned_data["reached"].splitlines() if line.strip()]
        parts = [ON_A_LINE.match(line) for line in lines]
        for line, part in zip(lines, parts, strict=True):
            if part is None:
                raise forms.ValidationError(
                    _("“%(value)s” cannot be read. Write the institution, a colon, and how many came."),
                    params={"value": line[:80]},
                )
        told = [(part.group(1).strip(), int(part.group(2))) for part in parts if part is not None]
        known = {
            name.casefold(): row.pk
            for row in models.Institution.objects.filter(ended_on=None)
            for name in (row.name, row.name_sr, row.name_en)
            if name
        }
        for name, _number in told:
            if name.casefold() not in known:
                raise forms.ValidationError(
                    _("“%(value)s” is no institution known here. Look at its name, or add it first."),
                    params={"value": name[:80]},
                )
        return tuple(rules.Reached(known[name.casefold()], number) for name, number in told)

    def draft(self) -> rules.TrainingDraft:
        """What the form says, for the action."""
        told = {name: value for name, value in self.cleaned_data.items() if name not in {"version", "keeper"}}
        return rules.TrainingDraft(keeper_id=self.cleaned_data["keeper"], **told)

    @staticmethod
    def initial_of(row: models.Training) -> dict[str, Any]:
        """A training to be changed."""
        names = ("version", "title", "provider", "first_day", "last_day", "women", "men", "others", "note")
        lines = [f"{each.institution}: {each.number}" for each in queries.reached(row)]
        return {name: getattr(row, name) for name in names} | {"keeper": row.keeper_id, "reached": "\n".join(lines)}
