"""Cases: the list, a case with its story, and every step somebody can take there; tracks and letters as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from streha.accounts.rules import Access, Action
from streha.cases import actions, models, queries, rules
from streha.cases.feedback import queries as feedback_queries
from streha.cases.labour import rules as labour
from streha.cases.plans import queries as plans
from streha.cases.referrals import queries as referrals
from streha.common import errors
from streha.common.codes import Language, Script
from streha.formats import letters, papers
from streha.people import models as people
from streha.people import queries as people_queries
from streha.web import door, words
from streha.web.exports import ask_page
from streha.web.forms import cases as forms
from streha.web.people import narrowed_by_place
from streha.web.protection import LANGUAGE_OF

PDF = "application/pdf"
DONE: Mapping[str, str | Promise] = {
    "move": gettext_lazy("The case has moved on."),
    "assign": gettext_lazy("The case has another owner."),
    "close": gettext_lazy("The case is closed. It can be opened again."),
    "reopen": gettext_lazy("The case is open again."),
    "home": gettext_lazy("Saved."),
    "note": gettext_lazy("Noted."),
    "paper": gettext_lazy("The paper is on file. Somebody must check it."),
    "split": gettext_lazy("They go on in a case of their own."),
    "cover": gettext_lazy("The case covers them from now on."),
}


# --- lists ------------------------------------------------------------------------------------------------------------


@require_GET
@door.open_to(Action.CASE_VIEW)
def cases(request: door.Request) -> HttpResponse:
    """Cases visible to the viewer, due first, narrowed by what stands in the address."""
    at = door.now()
    narrowed, unknown = _narrowed(request)
    page = queries.cases_page(request.access, narrowed, today=at.date(), after=request.GET.get("after", ""))
    queries.note_look(request.access, page.rows, where="cases", at=at)
    tracks = queries.tracks_open_to(request.access)
    context = {
        "page": page,
        "today": at.date(),
        "tracks": tracks,
        "stages": stages_of(tracks, narrowed.track),
        "unknown_place": unknown,
        "filters": request.GET,
        "has_tracks": bool(tracks),
    }
    return render(request, "cases/list.html", context)


def _narrowed(request: door.Request) -> tuple[queries.CaseFilter, str]:
    """What the address narrows a list of cases to, and what it could not understand of the place."""
    area_id, _area, unknown = narrowed_by_place(request)
    told = request.GET
    narrowed = queries.CaseFilter(
        track=_code(told.get("track", "")),
        stage=_code(told.get("stage", "")),
        owner=_code(told.get("owner", ""))[:10],
        state=rules.CaseState.CLOSED if told.get("state") == "closed" else rules.CaseState.OPEN,
        late=told.get("late") == "1",
        goals_late=told.get("goals") == "late",
        referrals_slow=told.get("referrals") == "slow",
        area_id=area_id,
    )
    return narrowed, unknown


def _code(text: str) -> str:
    """A code as an address may carry it, without the sign that parts codes in the query of a job."""
    return text.replace("|", "")[:30]


@require_http_methods(["GET", "POST"])
@door.open_to(Action.CASE_EXPORT)
def export(request: door.Request) -> HttpResponse:
    """Ask for the list of cases as it is narrowed in the address."""
    narrowed, _unknown = _narrowed(request)

    def ask(purpose: str) -> object:
        return actions.ask_export(narrowed, purpose=purpose, by=request.access, at=door.now())

    sub = _("The list holds what you may read now, and no protection case. It ends when your right to it ends.")
    return ask_page(request, ask, title=_("Export a list of cases"), sub=sub, back=reverse("cases"))


def stages_of(tracks: list[models.TrackVersion], code: str) -> list[rules.Step]:
    """The stages of the track that a list is narrowed to."""
    chosen = next((version for version in tracks if version.track.code == code), None)
    return queries.steps_of(chosen.pk) if chosen else []


# --- one case ---------------------------------------------------------------------------------------------------------


@require_GET
@door.open_to(Action.CASE_VIEW)
def case(request: door.Request, pk: int) -> HttpResponse:
    """Whom the case follows, where it stands, what happened, and what can be done."""
    at = door.now()
    page = queries.case_page(request.access, pk, at=at)
    plan = plans.plan_of(page.case, at.date())
    sent = referrals.of_case(page.case, at.date())
    told = [*page.story, *plans.story(plan), *referrals.story(sent)]
    context = {
        "page": page,
        "case": page.case,
        "plan": plan,
        "referrals": sent,
        "has_work": page.case.track.code == labour.TRACK or hasattr(page.case, "profile"),
        "story": sorted(told, key=lambda line: line.at, reverse=True),
        "today": at.date(),
        "names": {person.pk: person for person in (*page.members, *page.past_members)},
        "is_late": page.is_open and rules.is_late(page.case.due_on, at.date()),
        "feedback": feedback_queries.of_case(request.access, pk),
        "is_mine": page.case.owner_id == request.access.user_id,
        "letter_languages": [(tag, words.word("language", tag)) for tag in LANGUAGE_OF],
    }
    return render(request, "cases/case.html", context)


@require_GET
@door.open_to(Action.CASE_VIEW)
def glass(request: door.Request) -> HttpResponse:
    """Who looked by break-glass at people of the viewer's own cases, and why."""
    looks = queries.glass_broken(request.access, door.now())
    return render(request, "cases/glass.html", {"looks": looks[:50]})


@require_GET
@door.open_to(Action.CASE_ASSIGN)
def load(request: door.Request) -> HttpResponse:
    """Who carries how many cases, how many are late, and how old the oldest is."""
    today = door.now().date()
    rows = [(line, (today - line.oldest).days) for line in queries.load_by_owner(request.access, today)]
    return render(request, "cases/load.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@door.open_to(Action.CASE_WORK)
def open_case(request: door.Request) -> HttpResponse:
    """Open a case for somebody in the register."""
    tracks = queries.tracks_open_to(request.access)
    form = forms.OpenForm(request.POST or None, tracks=tracks, initial={"person": request.GET.get("person", "")[:20]})
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        draft = actions.CaseDraft(
            person_id=told["person"],
            track=told["track"],
            with_household=told["with_household"],
            owner_id=request.access.user_id if told["mine"] else None,
            note=told["note"],
        )
        with door.errors_into(form):
            _require_seen(request.access, told["person"])
            opened = actions.open_case(draft, by=request.access, at=door.now())
            messages.success(request, _("%(number)s is open.") % {"number": opened.number})
            return redirect("case", pk=opened.pk)
    context = {"form": form, "tracks": tracks}
    return render(request, "cases/open.html", context, status=_status(form))


def _require_seen(access: Access, person_id: int) -> None:
    kept = people_queries.answering([person_id])[person_id]
    if not people.Person.objects.visible_to(access).filter(pk=kept).exists():
        raise errors.BadInput(errors.message("Nobody has this number. Look at it again."), field="person")


def _status(form: Any) -> int:
    return 422 if form.is_bound and form.errors else 200


# --- steps ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Deed:
    """Something that can be done to a case: its form, what it is called, and the action it becomes."""

    form: type[forms.Reasoned]
    title: str | Promise
    button: str | Promise
    do: Callable[[int, dict[str, Any], Access, Any], Any]


def _move(pk: int, told: dict[str, Any], by: Access, at: Any) -> None:
    actions.move_case(pk, told["to"], revision=told["revision"], reason=told["reason"], by=by, at=at)


def _assign(pk: int, told: dict[str, Any], by: Access, at: Any) -> None:
    actions.assign_case(pk, told["owner"], revision=told["revision"], reason=told["reason"], by=by, at=at)


def _close(pk: int, told: dict[str, Any], by: Access, at: Any) -> None:
    outcome = rules.Outcome(told["outcome"])
    actions.close_case(pk, outcome, revision=told["revision"], reason=told["reason"], by=by, at=at)


def _reopen(pk: int, told: dict[str, Any], by: Access, at: Any) -> None:
    actions.reopen_case(pk, revision=told["revision"], reason=told["reason"], by=by, at=at)


def _split(pk: int, told: dict[str, Any], by: Access, at: Any) -> None:
    actions.split_case(pk, told["people"], revision=told["revision"], reason=told["reason"], by=by, at=at)


def _cover(pk: int, told: dict[str, Any], by: Access, at: Any) -> None:
    actions.cover_people(pk, told["people"], revision=told["revision"], by=by, at=at)


def _home(pk: int, told: dict[str, Any], by: Access, at: Any) -> None:
    actions.name_home(pk, told["home"], revision=told["revision"], by=by, at=at)


def _note(pk: int, told: dict[str, Any], by: Access, at: Any) -> None:
    actions.add_note(pk, told["text"], by=by, at=at)


def _paper(pk: int, told: dict[str, Any], by: Access, at: Any) -> None:
    paper_id, _dash, person_id = told["what"].partition("-")
    brought = told["file"]
    # One byte more than is taken is read, so that a large file is refused without filling the memory.
    file = actions.Brought(brought.name, brought.read(papers.LIMIT_BYTES + 1)) if brought else None
    actions.receive_paper(
        pk,
        int(paper_id),
        int(person_id) if person_id else None,
        valid_until=told["valid_until"],
        file=file,
        by=by,
        at=at,
    )


DEEDS: dict[str, Deed] = {
    "move": Deed(forms.MoveForm, gettext_lazy("Move the case on"), gettext_lazy("Move it"), _move),
    "assign": Deed(forms.AssignForm, gettext_lazy("Give the case an owner"), gettext_lazy("Give it"), _assign),
    "close": Deed(forms.CloseForm, gettext_lazy("Close the case"), gettext_lazy("Close it"), _close),
    "reopen": Deed(forms.ReopenForm, gettext_lazy("Open the case again"), gettext_lazy("Open it again"), _reopen),
    "home": Deed(forms.HomeForm, gettext_lazy("Name the home"), gettext_lazy("Save"), _home),
    "note": Deed(forms.NoteForm, gettext_lazy("Add a note"), gettext_lazy("Keep the note"), _note),
    "paper": Deed(forms.PaperForm, gettext_lazy("A paper came in"), gettext_lazy("Take it in"), _paper),
    "split": Deed(forms.SplitForm, gettext_lazy("The household has split"), gettext_lazy("Open their case"), _split),
    "cover": Deed(forms.CoverForm, gettext_lazy("Cover more of the household"), gettext_lazy("Cover them"), _cover),
}


@require_http_methods(["GET", "POST"])
@door.open_to(Action.CASE_WORK, Action.CASE_MOVE, Action.CASE_ASSIGN)
def deed(request: door.Request, pk: int, what: str) -> HttpResponse:
    """One step of a case: its form, and the step itself."""
    at = door.now()
    page = queries.case_page(request.access, pk, at=at)
    chosen = DEEDS.get(what)
    if chosen is None:
        raise errors.NotFound()
    owners = queries.owners_for(request.access, page.case)
    initial = {"what": request.GET.get("paper", "")[:40]} if what == "paper" else None
    form = chosen.form(request.POST or None, request.FILES or None, page=page, owners=owners, initial=initial)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            chosen.do(pk, form.cleaned_data, request.access, at)
            messages.success(request, str(DONE[what]))
            return redirect("case", pk=pk)
    context = {"form": form, "page": page, "case": page.case, "title": chosen.title, "button": chosen.button}
    return render(request, "cases/deed.html", context, status=_status(form))


# --- papers and letters -----------------------------------------------------------------------------------------------


@require_POST
@door.open_to(Action.CASE_WORK)
def judge(request: door.Request, pk: int, row: int) -> HttpResponse:
    """Say that a paper counts, or does not."""
    queries.visible_case(request.access, pk)
    verdict = request.POST.get("verdict", "")
    if verdict not in {"good", "bad"}:
        raise errors.BadInput(errors.message("Choose one: it counts, or it does not."))
    actions.judge_paper(row, is_good=verdict == "good", by=request.access, at=door.now())
    messages.success(request, _("Noted."))
    return redirect("case", pk=pk)


@require_GET
@door.open_to(Action.CASE_VIEW)
def file(request: door.Request, pk: int, row: int) -> HttpResponse:
    """A paper's file; opening it is on record."""
    queries.visible_case(request.access, pk)
    _kept, name, content = queries.file_of(request.access, row, at=door.now())
    return door.attachment(content, name if name.lower().endswith(".pdf") else f"{name}.pdf", PDF)


@require_GET
@door.open_to(Action.CASE_WORK)
def letter(request: door.Request, pk: int) -> HttpResponse:
    """The letter that lists what is missing, in the person's language and script."""
    page = queries.case_page(request.access, pk, at=door.now())
    wanted = request.GET.get("in") or page.case.person.language
    tag = wanted if wanted in LANGUAGE_OF else door.LANG_ATTRIBUTE.get(translation.get_language() or "en", "en")
    with translation.override(LANGUAGE_OF[tag]):
        content = letters.pdf(missing_letter(page, tag))
    return door.attachment(content, f"{page.case.number}-{tag}.pdf", PDF)


def missing_letter(page: queries.CasePage, tag: str) -> letters.Letter:
    """The words of the letter, with what is missing between its opening and its closing."""
    case = page.case
    template = queries.template(rules.MISSING_PAPERS, tag)
    open_items = [i for i in page.items if not i.is_settled]
    if not open_items:
        raise errors.BadInput(errors.message("No paper is missing; there is nothing to ask for."), code="none_missing")
    today = door.now().date()
    names = {person.pk: name_in(person, tag) for person in page.members}
    told = {
        "name": name_in(case.person, tag),
        "number": case.number,
        "track": case.version.label.said_in(tag),
        "office": settings.OFFICE_NAME or _("our office"),
        "day": formats.date_format(max(case.due_on, today), "DATE_FORMAT"),
    }
    points = []
    for item in open_items:
        whose = names.get(item.person_id or 0, "")
        how = "" if item.state == rules.PaperState.MISSING else str(words.word("paper_state", item.state))
        points.append(" · ".join(filter(None, (item.wanted.label.said_in(tag), whose, how))))
    return letters.Letter(
        language=tag,
        title=letters.fill(template.title, told),
        office=told["office"],
        date=formats.date_format(today, "DATE_FORMAT"),
        recipient=(told["name"],),
        reference=case.number,
        parts=(
            letters.Text(letters.fill(template.opening, told)),
            letters.Points(points),
            letters.Text(letters.fill(template.closing, told)),
        ),
        signature=(str(case.owner),) if case.owner else (),
        mark="" if template.signed_by else _("The words of this letter were not yet signed by a reviewer."),
        footer=told["office"],
    )


def name_in(person: people.Person, tag: str) -> str:
    """The person's name in the script of a letter."""
    return people_queries.name_in(person, Script.CYRILLIC if tag == Language.SERBIAN_CYRILLIC else Script.LATIN)


# --- tracks -----------------------------------------------------------------------------------------------------------


@require_GET
@door.open_to(Action.CASE_VIEW, Action.TRACK_CHANGE)
def tracks(request: door.Request) -> HttpResponse:
    """Every track in use, with its source and whether somebody has verified it; letters and who signed them."""
    shown = [(version, queries.steps_of(version.pk)) for version in queries.tracks_open_to(request.access)]
    changeable = {v.pk for v, _ in shown if queries.may_change_track(request.access, v.track.is_sensitive)}
    context = {"tracks": shown, "letters": queries.templates(), "changeable": changeable}
    return render(request, "cases/tracks.html", context)


@require_POST
@door.open_to(Action.TRACK_CHANGE)
def load_tracks(request: door.Request) -> HttpResponse:
    """Take over the tracks and letters that come with Streha."""
    actions.load_tracks(by=request.access, at=door.now())
    messages.success(request, _("The tracks are here. None is verified yet: look at each before it is used."))
    return redirect("tracks")
