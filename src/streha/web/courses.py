"""Courses for people: the list with what came of them, one course with sessions and attendance, certificates."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from streha.accounts.rules import Action
from streha.assistance.programmes.rules import For
from streha.assistance.training import actions, models, queries, rules
from streha.cases import queries as letter_queries
from streha.common import errors
from streha.formats import letters
from streha.web import door, funding, words
from streha.web.cases import name_in
from streha.web.forms import grants as forms
from streha.web.one_form import form_page
from streha.web.protection import LANGUAGE_OF
from streha.web.templatetags.register import full_name

VIEW, WORK = Action.COURSE_VIEW, Action.COURSE_WORK
CERTIFICATE = "certificate"  # code of the letter whose words it bears


@require_GET
@door.open_to(VIEW)
def courses(request: door.Request) -> HttpResponse:
    """Courses visible to the viewer, the latest first, and what came of them."""
    rows = queries.courses(request.access)
    came = [
        (months, [(words.word("came_of", code), n) for code, n in held.items()], sum(held.values()))
        for months, held in queries.came_of(request.access)
        if sum(held.values())
    ]
    heads = [words.word("came_of", code) for code in rules.CameOf]
    return render(request, "courses/list.html", {"rows": rows, "came": came, "heads": heads})


@require_http_methods(["GET", "POST"])
@door.open_to(WORK)
def new(request: door.Request) -> HttpResponse:
    """Open a course."""
    form = forms.CourseForm(request.POST or None, access=request.access)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            made = actions.open_course(form.draft(), by=request.access, at=door.now())
            return redirect("course", pk=made.pk)
    return form_page(request, form, _("Open a course"), _("Open it"), reverse("courses"))


@require_GET
@door.open_to(VIEW)
def course(request: door.Request, pk: int) -> HttpResponse:
    """A course with its sessions and those of its people whom the viewer may see."""
    page = queries.course_page(request.access, pk, at=door.now())
    money = funding.context_for(request.access, For.TRAINING, pk)
    context = {"page": page, "course": page.course, "months": rules.MONTHS, **money}
    return render(request, "courses/one.html", context)


@require_http_methods(["GET", "POST"])
@door.open_to(WORK)
def deed(request: door.Request, pk: int, what: str) -> HttpResponse:
    """Enrol people, add days, note who was there."""
    page = queries.course_page(request.access, pk, at=door.now())
    makers = {"enrol": _enrol, "session": _sessions, "attendance": _attendance}
    if what not in makers:
        raise errors.NotFound()
    form, title, do = makers[what](request, page)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            do(form.cleaned_data)
            messages.success(request, _("Noted."))
            return redirect("course", pk=pk)
    return form_page(request, form, title, _("Note it"), reverse("course", args=[pk]), page.course.title)


def _enrol(request: door.Request, page: queries.CoursePage) -> Any:
    form = forms.EnrolForm(request.POST or None)

    def do(told: dict[str, Any]) -> None:
        actions.enrol(page.course.pk, told["people"], by=request.access, at=door.now())

    return form, _("Enrol people"), do


def _sessions(request: door.Request, page: queries.CoursePage) -> Any:
    form = forms.SessionForm(request.POST or None)

    def do(told: dict[str, Any]) -> None:
        actions.add_sessions(page.course.pk, told["days"], topic=told["topic"], by=request.access, at=door.now())

    return form, _("Add days"), do


def _attendance(request: door.Request, page: queries.CoursePage) -> Any:
    form = forms.AttendanceForm(request.POST or None)
    form.fields["session"].choices = [  # type: ignore[attr-defined]
        (session.pk, formats.date_format(session.day, "DATE_FORMAT")) for session in page.sessions
    ]
    form.fields["present"].choices = [  # type: ignore[attr-defined]
        (part.enrolment.pk, full_name(part.person))
        for part in page.parts
        if part.person is not None and part.enrolment.took != rules.Took.DROPPED
    ]

    def do(told: dict[str, Any]) -> None:
        at = door.now()
        actions.note_attendance(page.course.pk, told["session"], told["present"], by=request.access, at=at)

    return form, _("Who was there"), do


@require_POST
@door.open_to(WORK)
def decide(request: door.Request, row: int) -> HttpResponse:
    """Somebody has earned the certificate, or takes part no longer."""
    if request.POST.get("how") == "drop":
        found = actions.drop(row, by=request.access, at=door.now())
    else:
        found = actions.certify(row, by=request.access, at=door.now())
    messages.success(request, _("Noted."))
    return redirect("course", pk=found.course_id)


@require_http_methods(["GET", "POST"])
@door.open_to(WORK)
def outcome(request: door.Request, row: int) -> HttpResponse:
    """What came of a course for somebody."""
    mine = models.Enrolment.objects.visible_to(request.access, WORK).filter(pk=row).first()
    if mine is None:
        raise errors.NotFound()
    form = forms.OutcomeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            told = form.cleaned_data
            came_of = rules.CameOf(told["came_of"])
            actions.note_outcome(row, told["months"], came_of, by=request.access, at=door.now())
            messages.success(request, _("Noted."))
            return redirect("course", pk=mine.course_id)
    return form_page(request, form, _("What came of it"), _("Note it"), reverse("course", args=[mine.course_id]))


@require_GET
@door.open_to(VIEW)
def certificate(request: door.Request, row: int) -> HttpResponse:
    """The certificate as a PDF in the person's language; framed until a reviewer has signed its words."""
    found = queries.certificate(request.access, row, at=door.now())
    wanted = request.GET.get("in") or found.person.language
    tag = wanted if wanted in LANGUAGE_OF else door.LANG_ATTRIBUTE.get(translation.get_language() or "en", "en")
    with translation.override(LANGUAGE_OF[tag]):
        content = letters.pdf(certificate_letter(found, tag))
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{found.number}-{tag}.pdf"'
    response["Cache-Control"] = "no-store"
    return response


def certificate_letter(row: models.Enrolment, tag: str) -> letters.Letter:
    """The words of the certificate, in the language and script of whoever will show it."""
    template = letter_queries.template(CERTIFICATE, tag)
    told = {
        "name": name_in(row.person, tag),
        "number": row.number,
        "course": row.course.title,
        "office": settings.OFFICE_NAME or _("our office"),
        "day": formats.date_format(row.course.last_day, "DATE_FORMAT"),
    }
    return letters.Letter(
        language=tag,
        title=letters.fill(template.title, told),
        office=told["office"],
        date=formats.date_format(row.certified_on or row.course.last_day, "DATE_FORMAT"),
        recipient=(told["name"],),
        reference=row.number,
        parts=(
            letters.Text(letters.fill(template.opening, told)),
            letters.Points((row.course.title, row.course.provider.name)),
            letters.Text(letters.fill(template.closing, told)),
        ),
        mark="" if template.signed_by else _("The words of this letter were not yet signed by a reviewer."),
        footer=told["office"],
    )
