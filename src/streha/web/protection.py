"""Data protection: the thirteen principles as they are kept here, subject files, erasure, exceptions."""

from __future__ import annotations

import json

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from streha.accounts.rules import Action
from streha.common.subjects import Section
from streha.dataprotection import actions, models, queries, rules
from streha.people import queries as people
from streha.web import door, words
from streha.web.forms import protection as forms

LANGUAGE_OF = {"sq": "sq", "sr-Cyrl": "sr", "sr-Latn": "sr-latn", "en": "en"}


@require_GET
@door.open_to(Action.PROTECTION_RULES, Action.SUBJECT_FILE, Action.SUBJECT_ERASE)
def overview(request: door.Request) -> HttpResponse:
    """The principles, how each is kept, exceptions, and what was erased."""
    waiting = models.PrincipleException.objects.filter(approved_by=None).select_related("asked_by").order_by("pk")
    context = {
        "controls": [(words.word("principle", c.principle), _(c.control)) for c in rules.CONTROLS],
        "in_force": queries.exceptions_in_force(door.now().date()),
        "waiting": waiting[:50],
        "due": queries.retention_due(door.now().date()),
        "erasures": models.Erasure.objects.select_related("erased_by").order_by("-pk")[:50],
    }
    return render(request, "protection/overview.html", context)


@require_GET
@door.open_to(Action.SUBJECT_FILE)
def subject_file(request: door.Request, pk: int) -> HttpResponse:
    """Everything that is kept about a person, in the person's language, to print or to hand over."""
    file = queries.subject_file(request.access, pk, at=door.now())
    language = LANGUAGE_OF.get(request.GET.get("in") or file.person.language, translation.get_language() or "en")
    with translation.override(language):
        if request.GET.get("as") == "json":
            return _as_json(file)
        sections = [(words.word("section", s.code), said(s)) for s in file.sections]
        context = {
            "file": file,
            "sections": sections,
            "person": file.person,
            "lang_attribute": door.LANG_ATTRIBUTE[language],
            "page_language": language,
            "languages_of_file": [(tag, words.word("language", tag)) for tag in LANGUAGE_OF],
        }
        return render(request, "protection/subject_file.html", context)


def said(section: Section) -> list[tuple[str, str]]:
    """Rows of a section in words: codes of the form kind:code become words."""
    return [(_said(label), _said(value)) for label, value in section.rows]


def _said(text: str) -> str:
    kind, colon, rest = text.partition(":")
    if not colon:
        return str(words.word("column", text))
    if kind == "birth_date":
        return f"{words.word('column', kind)} ({words.word('precision', rest)})"
    if kind not in words.WORDS:
        return text
    code, dot, more = rest.partition(" · ")
    return f"{words.word(kind, code)}{dot}{more}"


def _as_json(file: queries.SubjectFile) -> HttpResponse:
    body = {
        "number": file.person.number,
        "made_at": file.made_at.isoformat(),
        "office": settings.OFFICE_NAME,
        "sections": {s.code: [{"what": what, "value": value} for what, value in s.rows] for s in file.sections},
        "looks": [
            {"at": look.at.isoformat(), "who": look.actor.label, "what": look.verb, "classes": list(look.classes)}
            for look in file.looks
        ],
        "done": [{"at": d.at.isoformat(), "who": d.actor.label, "what": d.verb} for d in file.done],
    }
    response = HttpResponse(json.dumps(body, ensure_ascii=False, indent=1), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{file.person.number}.json"'
    return response


@require_http_methods(["GET", "POST"])
@door.open_to(Action.SUBJECT_ERASE)
def erase(request: door.Request, pk: int) -> HttpResponse:
    """Erase a person: says what goes and what stays, and asks for the number."""
    person = people.visible_person(request.access, pk)
    form = forms.EraseForm(request.POST or None, expected=person.number)
    if request.method == "POST" and form.is_valid():
        actions.erase_person(pk, reason=form.cleaned_data["reason"], by=request.access, at=door.now())
        messages.success(request, _("%(number)s is erased.") % {"number": person.number})
        return redirect("protection")
    context = {"form": form, "person": person}
    return render(request, "protection/erase.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@door.open_to(Action.PROTECTION_RULES)
def exception(request: door.Request) -> HttpResponse:
    """Enter an exception into the register."""
    form = forms.ExceptionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        with door.errors_into(form):
            actions.ask_exception(
                rules.Principle(told["principle"]),
                reason=told["reason"],
                starts=told["starts"],
                ends=told["ends"],
                by=request.access,
                at=door.now(),
            )
            messages.success(request, _("Entered. Another person must approve it."))
            return redirect("protection")
    return render(request, "protection/exception.html", {"form": form}, status=422 if form.is_bound else 200)


@require_POST
@door.open_to(Action.PROTECTION_RULES)
def approve(request: door.Request, pk: int) -> HttpResponse:
    """Approve an exception that somebody else asked for."""
    actions.approve_exception(pk, by=request.access, at=door.now())
    messages.success(request, _("Approved."))
    return redirect("protection")


@require_POST
@door.open_to(Action.SUBJECT_ERASE)
def retention(request: door.Request, pk: int) -> HttpResponse:
    """Erase the people of an import that is past its day."""
    actions.start_retention(pk, by=request.access, at=door.now())
    messages.success(request, _("The job is waiting. Its progress stands under Jobs."))
    return redirect("protection")
