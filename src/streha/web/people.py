"""People: the list, the search, a person's page with everything that can be said and done there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from streha.accounts.rules import Access, Action
from streha.assistance.entitlements import queries as given_queries
from streha.assistance.entitlements.models import Entitlement
from streha.assistance.grants import queries as grant_queries
from streha.assistance.training import queries as course_queries
from streha.audit import queries as log
from streha.cases import queries as case_queries
from streha.cases.feedback import queries as feedback_queries
from streha.common import errors, pages
from streha.common.codes import FieldClass
from streha.dataprotection import actions as protection
from streha.people import actions, models, personal, queries, rules
from streha.people.merges import queries as merges
from streha.places.models import Area
from streha.web import door, home_rows, words
from streha.web.forms import people as forms
from streha.web.templatetags.streha import place_name, place_order

HINTS = 8


# --- lists and search -----------------------------------------------------------------------------


@require_GET
@door.open_to(Action.PERSON_VIEW)
def people(request: door.Request) -> HttpResponse:
    """People visible to the viewer, by name, narrowed by what stands in the address."""
    area_id, area, unknown = narrowed_by_place(request)
    sex = request.GET.get("sex", "")
    narrowed = queries.PersonFilter(
        area_id=area_id,
        sex=sex if sex in words.WORDS["sex"] else "",
        ended=request.GET.get("ended") == "1",
        source=request.GET.get("source", "")[:40],
    )
    page = queries.people_page(request.access, narrowed, after=request.GET.get("after", ""))
    queries.note_look(request.access, page.rows, where="people", at=door.now())
    context = {
        "page": page,
        "rows": _listed(request.access, page.rows),
        "area": area,
        "unknown_place": unknown,
        "filters": request.GET,
        "sexes": words.options("sex", blank=True),
        "where": _visible_places(request.access),
    }
    return render(request, "people/list.html", context)


def narrowed_by_place(request: door.Request) -> tuple[int | None, Area | None, str]:
    """The place in the address: its id, itself, and what is wrong with it when nobody knows it."""
    text = request.GET.get("place", "").strip()[:120]
    if not text:
        return None, None, ""
    try:
        area = forms.place_named(text)
    except django_forms.ValidationError as wrong:
        return None, None, " ".join(wrong.messages)
    return area.pk, area, ""


def _visible_places(access: Access) -> list[Area]:
    """The areas that the viewer works for, where areas decide."""
    keys = [int(scope.key) for scope in access.scopes(Action.PERSON_VIEW) if scope.kind == "area"]
    return list(Area.objects.filter(pk__in=keys).order_by(place_order())[:6])


@dataclass(frozen=True)
class Listed:
    """A person in a list, with what the viewer may read."""

    person: models.Person
    sees_home: bool

    @property
    def membership(self) -> models.Membership | None:
        """The household they live in now."""
        found: Sequence[models.Membership] = self.person.current_memberships  # type: ignore[attr-defined]
        return found[0] if found else None


def _listed(access: Access, rows: Sequence[models.Person]) -> list[Listed]:
    return [Listed(p, FieldClass.HOME_LOCATION in queries.readable(access, queries.Record.of(p))) for p in rows]


@require_GET
@door.open_to(Action.PERSON_VIEW)
def search(request: door.Request) -> HttpResponse:
    """What the one search box found."""
    text = request.GET.get("q", "")
    found = queries.search(request.access, text, after=request.GET.get("after", ""))
    queries.note_look(request.access, found.people, where="search", at=door.now())
    context = {
        "q": found.question.text,
        "found": found,
        "rows": _listed(request.access, found.people),
        "page": pages.Page(found.people, found.next_key),
        "homes": [] if request.GET.get("after") else home_rows.found(request, text, HINTS),
    }
    return render(request, "search/page.html", context)


@require_GET
@door.open_to(Action.PERSON_VIEW)
def hints(request: door.Request) -> HttpResponse:
    """The first few while somebody types."""
    text = request.GET.get("q", "")
    found = queries.search(request.access, text, limit=HINTS) if len(text.strip()) > 1 else None
    if found:
        queries.note_look(request.access, found.people, where="hints", at=door.now())
    context = {
        "found": found,
        "rows": _listed(request.access, found.people) if found else [],
        "homes": home_rows.found(request, text, 3) if found else [],
        "q": text,
    }
    return render(request, "search/hints.html", context)


# --- one person -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Addition:
    """Something that can be added to a person: its form, what it is called, and which class it writes."""

    form: type[Any]
    title: str | Promise
    button: str | Promise
    writes: FieldClass


ADDITIONS: dict[str, Addition] = {
    "name": Addition(forms.NameForm, gettext_lazy("Another name"), gettext_lazy("Add the name"), FieldClass.IDENTITY),
    "identifier": Addition(
        forms.IdentifierForm, gettext_lazy("A document"), gettext_lazy("Add the document"), FieldClass.IDENTITY
    ),
    "contact": Addition(
        forms.ContactForm, gettext_lazy("A contact"), gettext_lazy("Add the contact"), FieldClass.CONTACT
    ),
    "episode": Addition(
        forms.EpisodeForm, gettext_lazy("A displacement or return"), gettext_lazy("Note it"), FieldClass.HOME_LOCATION
    ),
    "intention": Addition(
        forms.IntentionForm, gettext_lazy("What the person wishes"), gettext_lazy("Note the wish"), FieldClass.IDENTITY
    ),
    "functioning": Addition(
        forms.FunctioningForm,
        gettext_lazy("Difficulties in daily life"),
        gettext_lazy("Note the answers"),
        FieldClass.HEALTH,
    ),
    "need": Addition(forms.NeedForm, gettext_lazy("A need"), gettext_lazy("Note the need"), FieldClass.HEALTH),
    "consent": Addition(
        forms.ConsentForm, gettext_lazy("A consent"), gettext_lazy("Note the consent"), FieldClass.IDENTITY
    ),
    "transfer": Addition(
        forms.TransferForm,
        gettext_lazy("Data given to a third party"),
        gettext_lazy("Enter it in the ledger"),
        FieldClass.IDENTITY,
    ),
    "note": Addition(
        forms.NoteForm, gettext_lazy("A protection note"), gettext_lazy("Keep the note"), FieldClass.PROTECTION
    ),
    "shield": Addition(
        forms.ShieldForm, gettext_lazy("Shield this person"), gettext_lazy("Save"), FieldClass.PROTECTION
    ),
    "handover": Addition(
        forms.HandOverForm, gettext_lazy("Hand over to another office"), gettext_lazy("Hand over"), FieldClass.IDENTITY
    ),
}
ENDINGS: dict[str, Callable[..., object]] = {
    "name": actions.end_name,
    "identifier": actions.end_identifier,
    "contact": actions.end_contact,
    "need": actions.end_need,
    "consent": protection.withdraw_consent,
}


@require_GET
@door.open_to(Action.PERSON_VIEW)
def person(request: door.Request, pk: int) -> HttpResponse:
    """Who it is, where they stand, what happened, and what can be done; a merged number leads to the one that stays."""
    kept = queries.visible_person(request.access, pk)
    if kept.pk != pk:
        asked = {"old": rules.person_number(pk), "new": kept.number}
        messages.info(request, _("%(old)s is one person with %(new)s.") % asked)
        return redirect("person", pk=kept.pk)
    return _person_page(request, pk)


def _person_page(request: door.Request, pk: int, shown: tuple[str, int, str] | None = None) -> HttpResponse:
    at = door.now()
    page = queries.person_page(request.access, pk, at=at)
    context = {
        "page": page,
        "person": page.person,
        "story": _story(page),
        "merges": merges.merges_of(pk),
        "shown": shown,
        "disability": _disability(page),
        "consent_states": {
            c.pk: rules.consent_state(expires_on=c.expires_on, withdrawn_on=c.withdrawn_on, today=at.date())
            for c in page.consents
        },
        "additions": [
            (what, addition.title)
            for what, addition in ADDITIONS.items()
            if addition.writes in page.may_change and request.access.allows(Action.PERSON_CHANGE)
        ],
        "cases": case_queries.of_person(request.access, pk),
        "feedback": feedback_queries.of_person(request.access, pk),
        "may_enter_feedback": request.access.allows(Action.FEEDBACK_ENTER) and not page.person.ended_on,
        "may_open_case": request.access.allows(Action.CASE_WORK) and not page.person.ended_on,
        "broken": page.person.subject.hex in request.access.opened,
        "homes": home_rows.of_people(request, [pk]),
        "grants_held": grant_queries.of_people(request.access, [pk]),
        "courses_taken": course_queries.of_people(request.access, [pk]),
        "may_register_home": request.access.allows(Action.PROPERTY_REGISTER),
        "may_set_account": request.access.allows(Action.ACCOUNT_CHANGE),
        **help_given(given_queries.of_person(request.access, pk)),
    }
    return render(request, "people/person.html", context)


def help_given(rows: list[Entitlement]) -> dict[str, Any]:
    """What a person or household was due and got, for the panel of their page."""
    return {"help_given": rows, "packages": given_queries.allotted(rows)}


def _disability(page: queries.PersonPage) -> bool | None:
    if not page.functioning:
        return None
    latest = page.functioning[0]
    return rules.has_disability({domain: getattr(latest, domain) for domain in rules.FUNCTIONING_DOMAINS})


@dataclass(frozen=True)
class Happened:
    """One line of a story."""

    at: dt.datetime
    who: str
    what: str | Promise
    details: tuple[tuple[str | Promise, str, str], ...] = ()
    reason: str = ""


def _story(page: queries.PersonPage, limit: int = 12) -> list[Happened]:
    """The latest changes, as far as the viewer may read their classes of field."""
    every = personal.subjects_of(page.person.subject)
    return [_happened(done, page.classes) for done in log.history(*every, limit=limit).rows]


def _happened(done: log.Done, classes: frozenset[FieldClass]) -> Happened:
    details = []
    for column, change in (done.payload or {}).items():
        known = COLUMN_CLASSES.get(column)
        if known is None or known not in classes or not isinstance(change, list) or len(change) != 2:
            continue
        details.append((words.word("column", column), _said(column, change[0]), _said(column, change[1])))
    return Happened(done.at, done.actor.label, words.word("verb", done.verb), tuple(details), done.reason)


COLUMN_CLASSES: dict[str, FieldClass] = {
    "number": FieldClass.IDENTITY,
    "given": FieldClass.IDENTITY,
    "father": FieldClass.IDENTITY,
    "family": FieldClass.IDENTITY,
    "sex": FieldClass.IDENTITY,
    "birth_date": FieldClass.IDENTITY,
    "birth_precision": FieldClass.IDENTITY,
    "vital_status": FieldClass.IDENTITY,
    "citizenship": FieldClass.IDENTITY,
    "language": FieldClass.IDENTITY,
    "status": FieldClass.IDENTITY,
    "cause": FieldClass.IDENTITY,
    "wish": FieldClass.IDENTITY,
    "purpose": FieldClass.IDENTITY,
    "recipient": FieldClass.IDENTITY,
    "end_reason": FieldClass.IDENTITY,
    "ended_on": FieldClass.IDENTITY,
    "home_area": FieldClass.HOME_LOCATION,
    "address": FieldClass.HOME_LOCATION,
    "community": FieldClass.COMMUNITY,
}
WORDS_OF_COLUMN = {
    "sex": "sex",
    "vital_status": "vital_status",
    "language": "language",
    "community": "community",
    "status": "episode_status",
    "cause": "cause",
    "wish": "wish",
    "end_reason": "end_reason",
    "birth_precision": "precision",
}


def _said(column: str, value: Any) -> str:
    if value in {None, ""}:
        return "–"
    if column == "home_area":
        area = Area.objects.filter(pk=value).first()
        return place_name(area) or "–"
    return str(words.word(WORDS_OF_COLUMN.get(column, ""), value))


@require_POST
@door.open_to(Action.PERSON_VIEW)
def show(request: door.Request, pk: int, what: str, row: int) -> HttpResponse:
    """What stands behind a "show"; that it was shown is on record, and the page says so."""
    clear = queries.reveal(request.access, pk, what, row, at=door.now())
    if door.is_fragment(request):
        return render(request, "people/shown.html", {"clear": clear})
    return _person_page(request, pk, shown=(what, row, clear))


@require_GET
@door.open_to(Action.PERSON_VIEW)
def history(request: door.Request, pk: int) -> HttpResponse:
    """Every change of a record, newest first."""
    someone = queries.visible_person(request.access, pk)
    classes = queries.readable(request.access, queries.Record.of(someone))
    done = log.history(*personal.subjects_of(someone.subject), after=request.GET.get("after", ""))
    context = {"person": someone, "page": done, "story": [_happened(row, classes) for row in done.rows]}
    return render(request, "people/history.html", context)


@require_GET
@door.open_to(Action.SUBJECT_FILE, Action.LOG_VIEW)
def looks(request: door.Request, pk: int) -> HttpResponse:
    """Who looked at this person, newest first."""
    someone = queries.visible_person(request.access, pk)
    page = log.readers(*personal.subjects_of(someone.subject), after=request.GET.get("after", ""))
    return render(request, "people/looks.html", {"person": someone, "page": page})


# --- registering and changing ---------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PERSON_REGISTER)
def register(request: door.Request) -> HttpResponse:
    """A form for a new person; somebody alike is shown before they are registered twice."""
    at = door.now()
    form = forms.RegisterForm(request.POST or None, access=request.access)
    alike: list[models.Person] = []
    if request.method == "POST" and form.is_valid():
        draft = form.draft()
        alike = queries.alike(request.access, draft)
        if not alike or form.cleaned_data["sure"]:
            with door.errors_into(form):
                new = actions.register_person(draft, by=request.access, at=at)
                actions.note_alike([(new.pk, draft)], by=request.access, at=at)
                messages.success(request, _("%(number)s is registered.") % {"number": new.number})
                return redirect("person", pk=new.pk)
    context = {"form": form, "alike": _listed(request.access, alike)}
    return render(request, "people/register.html", context, status=_status(form, stopped=bool(alike)))


def _status(form: django_forms.Form, *, stopped: bool = False) -> int:
    return 422 if form.is_bound and (form.errors or stopped) else 200


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PERSON_CHANGE)
def change(request: door.Request, pk: int) -> HttpResponse:
    """The person's own page of facts, to be corrected; two who save at once are told."""
    someone = queries.visible_person(request.access, pk)
    writes = queries.writable(request.access, Action.PERSON_CHANGE, queries.Record.of(someone))
    if FieldClass.IDENTITY not in writes:
        raise errors.Refused()
    version = door.version(request, someone.version)
    form = forms.PersonForm(request.POST or None, writes=writes, initial=_as_typed(request.access, someone, writes))
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            actions.change_person(pk, form.changes(), version=version, by=request.access, at=door.now())
            messages.success(request, _("The changes are saved."))
            return redirect("person", pk=pk)
    context = {"form": form, "person": someone, "version": version}
    return render(request, "people/change.html", context, status=_status(form))


def _as_typed(access: Access, someone: models.Person, writes: frozenset[FieldClass]) -> dict[str, Any]:
    name = someone.names.filter(kind=rules.NameKind.MAIN, valid_to=None).order_by("pk").first()
    typed: dict[str, Any] = {
        "given": name.given if name else "",
        "father": name.father if name else "",
        "family": name.family if name else "",
        "birth": forms.birth_as_typed(someone.birth_date, someone.birth_precision),
        "sex": someone.sex,
        "language": someone.language,
        "citizenship": someone.citizenship,
    }
    if FieldClass.HOME_LOCATION in writes and someone.home_area:
        typed["home_area"] = place_as_typed(someone.home_area)
    if FieldClass.COMMUNITY in writes and someone.community_sealed:
        typed["community"] = queries.reveal(access, someone.pk, "community", at=door.now())
    return typed


def place_as_typed(area: Area) -> str:
    """A place as a field understands it again: with its municipality when it is a settlement."""
    if area.kind == Area.Kind.SETTLEMENT and area.parent:
        return f"{area.label_sq}, {area.parent.label_sq}"
    return str(area.label_sq)


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PERSON_CHANGE)
def add(request: door.Request, pk: int, what: str) -> HttpResponse:
    """One more thing about a person."""
    addition = ADDITIONS.get(what)
    someone = queries.visible_person(request.access, pk)
    if addition is None:
        raise errors.NotFound()
    writes = queries.writable(request.access, Action.PERSON_CHANGE, queries.Record.of(someone))
    if addition.writes not in writes:
        raise errors.Refused()
    told = {name: request.GET[name][:200] for name in ("purpose", "recipients") if name in request.GET}
    form = addition.form(request.POST or None, initial=told)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            form.save(pk, request.access, door.now())
            messages.success(request, _("Noted."))
            still_seen = models.Person.objects.visible_to(request.access).filter(pk=pk).exists()
            return redirect("person", pk=pk) if still_seen else redirect("people")
    context = {"form": form, "person": someone, "title": addition.title, "button": addition.button}
    return render(request, "people/add.html", context, status=_status(form))


@require_POST
@door.open_to(Action.PERSON_CHANGE)
def end_fact(request: door.Request, pk: int, what: str, row: int) -> HttpResponse:
    """Something about a person no longer holds."""
    ending = ENDINGS.get(what)
    queries.visible_person(request.access, pk)
    if ending is None:
        raise errors.NotFound()
    ending(row, by=request.access, at=door.now())
    messages.success(request, _("Ended. It stays in the history."))
    return redirect("person", pk=pk)


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PERSON_END)
def end(request: door.Request, pk: int) -> HttpResponse:
    """Close a record, with day and reason."""
    someone = queries.visible_person(request.access, pk)
    form = forms.EndForm(request.POST or None, initial={"on": door.now().date()})
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        with door.errors_into(form):
            actions.end_person(
                pk,
                reason=rules.EndReason(told["reason"]),
                on=told["on"],
                version=someone.version,
                by=request.access,
                at=door.now(),
            )
            messages.success(request, _("The record is closed. It can be opened again."))
            return redirect("person", pk=pk)
    context = {"form": form, "person": someone, "title": _("Close the record"), "button": _("Close the record")}
    return render(request, "people/add.html", context, status=_status(form))


@require_POST
@door.open_to(Action.PERSON_END)
def reopen(request: door.Request, pk: int) -> HttpResponse:
    """Open a closed record again."""
    actions.reopen_person(pk, by=request.access, at=door.now())
    messages.success(request, _("The record is open again."))
    return redirect("person", pk=pk)
