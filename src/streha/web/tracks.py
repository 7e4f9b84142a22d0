"""Tracks changed in the office, version by version; the words of letters, and who signs them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from streha.accounts.rules import Action
from streha.cases import actions, queries, rules
from streha.common import errors
from streha.common.codes import Language
from streha.web import door
from streha.web.forms import tracks as forms

WRITTEN = (Language.ALBANIAN, Language.SERBIAN_CYRILLIC, Language.ENGLISH)


@require_http_methods(["GET", "POST"])
@door.open_to(Action.TRACK_CHANGE, Action.CASE_SENSITIVE)
def change(request: door.Request, slug: str) -> HttpResponse:
    """Make the next version of a track; open cases keep theirs."""
    version = next((v for v in queries.tracks_open_to(request.access) if v.track.code == slug), None)
    if version is None:
        raise errors.NotFound()
    if not queries.may_change_track(request.access, version.track.is_sensitive):
        raise errors.Refused()
    sheet = forms.TrackSheet(request.POST or None, queries.as_draft(version), version.number)
    if request.method == "POST" and sheet.is_valid():
        with door.errors_into(sheet.head):
            number = sheet.head.cleaned_data["number"] or 0
            made = actions.change_track(sheet.told(), number=number, by=request.access, at=door.now())
            messages.success(request, _("Version %(n)s is in force for cases opened from now on.") % {"n": made.number})
            return redirect("tracks")
    return _sheet_page(request, sheet, version)


@require_http_methods(["GET", "POST"])
@door.open_to(Action.TRACK_CHANGE)
def new(request: door.Request) -> HttpResponse:
    """Make a track that is not there yet."""
    sheet = forms.TrackSheet(request.POST or None, None)
    if request.method == "POST" and sheet.is_valid():
        with door.errors_into(sheet.head):
            actions.make_track(sheet.told(), by=request.access, at=door.now())
            messages.success(request, _("Cases of this track can be opened."))
            return redirect("tracks")
    return _sheet_page(request, sheet, None)


def _sheet_page(request: door.Request, sheet: forms.TrackSheet, version: Any) -> HttpResponse:
    wrong = bool(sheet.head.errors or sheet.stages.total_error_count() or sheet.papers.total_error_count())
    status = 422 if sheet.head.is_bound and wrong else 200
    return render(request, "cases/track_form.html", {"sheet": sheet, "version": version}, status=status)


@require_http_methods(["GET", "POST"])
@door.open_to(Action.TRACK_CHANGE)
def letter(request: door.Request, slug: str, language: str) -> HttpResponse:
    """The words of a letter: changed into a new version, or signed by who has read them."""
    if language not in WRITTEN:
        raise errors.NotFound()
    row = queries.template(slug, language)
    at = door.now()
    is_signing = request.method == "POST" and "reviewer" in request.POST
    told = {"title": row.title, "opening": row.opening, "closing": row.closing}
    written = forms.WordsForm(request.POST if request.method == "POST" and not is_signing else None, initial=told)
    first = {"number": row.number, "on": at.date()}
    sign = forms.SignForm(request.POST if is_signing else None, initial=first)
    if is_signing and sign.is_valid():
        with door.errors_into(sign):
            actions.sign_letter(slug, Language(language), **sign.cleaned_data, by=request.access, at=at)
            messages.success(request, _("Signed. Letters made of these words no longer carry the frame."))
            return redirect("tracks")
    if request.method == "POST" and not is_signing and written.is_valid():
        with door.errors_into(written):
            draft = rules.LetterDraft(slug, Language(language), **written.cleaned_data)
            actions.change_letter(draft, by=request.access, at=at)
            messages.success(request, _("The new words are in use. Nobody has signed them yet."))
            return redirect("letter_words", slug=slug, language=language)
    wrong = bool((written.is_bound and written.errors) or (sign.is_bound and sign.errors))
    context = {"row": row, "written": written, "sign": sign, "fields": sorted(queries.letter_fields().get(slug, ()))}
    return render(request, "cases/letter_words.html", context, status=422 if wrong else 200)
