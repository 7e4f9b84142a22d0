"""Selections by commission: calls, applications, sheets of points, sessions, ranked lists, replays, grids."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from streha.accounts.rules import Action
from streha.assistance.advances import queries as advances
from streha.assistance.letters import actions as letters
from streha.assistance.lists import actions as lists
from streha.assistance.selections import actions, bridge, models, queries, rules
from streha.cases import actions as cases
from streha.common import errors, money, numbers
from streha.common.codes import Language
from streha.engine.disclosure.shares import Interval
from streha.formats import papers
from streha.web import charts, door, exports, one_form, words
from streha.web.forms import selections as forms
from streha.web.templatetags.register import group_name
from streha.web.templatetags.streha import place_name

A = Action
SHOWN_AGAIN = 200
MOST_BARS = 20
HOUR_OF_RECEIPT = dt.time(12)  # a day is typed, a moment is kept


def _today() -> dt.date:
    return queries.day_of(door.now())


def _number(text: str) -> int:
    """A number that a form carries in a hidden field."""
    number = numbers.whole(text)
    if number is None:
        raise errors.NotFound()
    return number


def _tell(request: door.Request, action: Callable[[], object], done: str) -> None:
    """Do it and say so; what stands in the way is said instead, on the page one came from."""
    try:
        action()
    except (errors.Conflict, errors.BadInput) as error:
        messages.error(request, door.say(error), extra_tags="bad")
    else:
        messages.success(request, done)


# --- calls ------------------------------------------------------------------------------------------------------------


@require_GET
@door.open_to(A.SELECTION_VIEW)
def listing(request: door.Request) -> HttpResponse:
    """Calls visible to the viewer, those that close last first."""
    page = queries.calls_page(request.access, after=request.GET.get("after", ""))
    today = _today()
    in_force = {
        s.call_id: s
        for s in models.Selection.objects.filter(call__in=[c.pk for c in page.rows], state__in=queries.IN_FORCE)
    }
    rows = [(call, queries.call_phase(call, today, in_force.get(call.pk))) for call in page.rows]
    return render(request, "selections/list.html", {"page": page, "rows": rows})


@require_http_methods(["GET", "POST"])
@door.open_to(A.SELECTION_CALL)
def new_call(request: door.Request) -> HttpResponse:
    """A form for a new call."""
    if not models.Grid.objects.exists():
        actions.load_example_grid(by=request.access, at=door.now())
    form = forms.CallForm(request.POST or None, access=request.access)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            call = actions.open_call(form.draft(), by=request.access, at=door.now())
            return redirect("selection_call", call.pk)
    context = {"form": form, "title": _("New call"), "button": _("Open the call")}
    return render(request, "selections/form.html", context, status=422 if form.errors else 200)


@require_GET
@door.open_to(A.SELECTION_VIEW)
def call(request: door.Request, pk: int) -> HttpResponse:
    """A call with its applications, commission, sessions and lists."""
    page = queries.call_page(request.access, pk, today=_today())
    applications = queries.applications_page(
        request.access, page.call, after=request.GET.get("after", ""), at=door.now()
    )
    may_run = request.access.allows(A.SELECTION_CALL)
    context = {
        "page": page,
        "call": page.call,
        "applications": applications,
        "member_form": forms.MemberForm(call=page.call) if may_run else None,
        "grid_form": forms.GridChoiceForm(call=page.call) if may_run and page.selection is None else None,
        "may_enter": request.access.allows(A.SELECTION_ENTER) and page.selection is None and not page.seat,
        "may_plan": may_run or (request.access.allows(A.SELECTION_DECIDE) and bool(page.seat)),
        "may_score": page.seat == rules.Function.SCORER and page.selection is None,
    }
    return render(request, "selections/call.html", context)


@require_POST
@door.open_to(A.SELECTION_CALL)
def member(request: door.Request, pk: int) -> HttpResponse:
    """Somebody takes a seat in the commission, or leaves it."""
    if leaving := request.POST.get("leaves", ""):
        actions.release_member(_number(leaving), by=request.access, at=door.now())
        return redirect("selection_call", pk)
    form = forms.MemberForm(request.POST, call=queries.visible_call(request.access, pk, A.SELECTION_CALL))
    if form.is_valid():
        told = form.cleaned_data
        function = rules.Function(told["function"])
        _tell(
            request,
            lambda: actions.name_member(pk, int(told["user"]), function, by=request.access, at=door.now()),
            _("The seat is taken."),
        )
    return redirect("selection_call", pk)


@require_POST
@door.open_to(A.SELECTION_CALL)
def choose_grid(request: door.Request, pk: int) -> HttpResponse:
    """The call goes by another grid, as long as nobody has scored."""
    form = forms.GridChoiceForm(request.POST, call=queries.visible_call(request.access, pk, A.SELECTION_CALL))
    if form.is_valid():
        grid = int(form.cleaned_data["grid"])
        _tell(
            request,
            lambda: actions.choose_grid(pk, grid, by=request.access, at=door.now()),
            _("The call goes by this grid now."),
        )
    return redirect("selection_call", pk)


@require_http_methods(["GET", "POST"])
@door.open_to(A.SELECTION_ENTER)
def apply(request: door.Request, pk: int) -> HttpResponse:
    """A household applies."""
    found = queries.visible_call(request.access, pk, A.SELECTION_ENTER)
    first = {"household": request.GET.get("household", "")[:20], "received_on": forms.today_typed(_today())}
    form = forms.ApplyForm(request.POST or None, call=found, initial=first)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            made = actions.apply(
                pk,
                form.draft(),
                by=request.access,
                at=door.now(),
                received_at=_moment(form.cleaned_data["received_on"]),
            )
            if made.is_late:
                messages.warning(request, _("The window had closed. The application waits for the commission's word."))
            return redirect("application", made.pk)
    context = {"form": form, "title": _("New application"), "button": _("Take the application in"), "call": found}
    return render(request, "selections/form.html", context, status=422 if form.errors else 200)


def _moment(day: dt.date) -> dt.datetime:
    """Noon of a past day; now, of today."""
    at = door.now()
    if day == queries.day_of(at):
        return at
    return timezone.make_aware(dt.datetime.combine(day, HOUR_OF_RECEIPT))


# --- one application --------------------------------------------------------------------------------------------------


@require_GET
@door.open_to(A.SELECTION_VIEW)
def application(request: door.Request, pk: int) -> HttpResponse:
    """A household's application: people, papers, where it stands."""
    page = queries.application_page(request.access, pk, at=door.now())
    may_enter = request.access.allows(A.SELECTION_ENTER) and not page.is_ranked
    seat = page.application.call.commission.filter(user_id=request.access.user_id or 0, left_at=None).first()
    context = {
        "page": page,
        "application": page.application,
        "call": page.application.call,
        "may_enter": may_enter,
        "may_judge_late": seat is not None
        and request.access.allows(A.SELECTION_DECIDE)
        and page.application.is_late
        and not page.is_ranked,
        "may_score": seat is not None and seat.function == rules.Function.SCORER and not page.is_ranked,
        "may_appeal": request.access.allows(A.SELECTION_ENTER)
        and page.row is not None
        and page.row.selection.is_decided
        and page.appeal is None,
        "letters_about": _letters_about(request, page),
        "letter_languages": [(tag.value, words.word("language", tag)) for tag in Language],
        "sits": seat is not None,
        "paper_form": forms.PaperForm(page=page) if may_enter else None,
    }
    return render(request, "selections/application.html", context)


def _letters_about(request: door.Request, page: queries.ApplicationPage) -> list[str]:
    """What the office can write to the household about."""
    if not (request.access.allows(A.SELECTION_ENTER) or request.access.allows(A.SELECTION_CALL)):
        return []
    found = []
    if page.row is not None and page.row.selection.is_decided and page.row.verdict != rules.Verdict.WITHDRAWN:
        found.append("decision")
    if page.appeal is not None and page.appeal.state != models.Appeal.State.RECEIVED:
        found.append("appeal")
    return found


@require_POST
@door.open_to(A.SELECTION_ENTER)
def paper(request: door.Request, pk: int) -> HttpResponse:
    """A paper was looked at."""
    page = queries.application_page(request.access, pk, at=door.now())
    form = forms.PaperForm(request.POST, request.FILES, page=page)
    if form.is_valid():
        told = form.cleaned_data
        brought = told["file"]
        # One byte more than is taken is read, so that a large file is refused without filling the memory.
        file = cases.Brought(brought.name, brought.read(papers.LIMIT_BYTES + 1)) if brought else None
        _tell(
            request,
            lambda: actions.note_paper(
                pk,
                rules.PaperKind(told["kind"]),
                rules.PaperState(told["state"]),
                person_id=int(told["person"]) if told["person"] else None,
                reference=told["reference"],
                file=file,
                by=request.access,
                at=door.now(),
            ),
            _("The paper is noted."),
        )
    return redirect("application", pk)


@require_GET
@door.open_to(A.SELECTION_VIEW)
def file(request: door.Request, pk: int) -> HttpResponse:
    """A paper's file; opening it is on record."""
    name, content = queries.file_of(request.access, pk, at=door.now())
    return door.attachment(content, name if name.lower().endswith(".pdf") else f"{name}.pdf", "application/pdf")


@require_POST
@door.open_to(A.SELECTION_ENTER)
def amount(request: door.Request, pk: int) -> HttpResponse:
    """What the help would cost."""
    _tell(
        request,
        lambda: actions.say_amount(pk, money.read(request.POST.get("amount", "")), by=request.access, at=door.now()),
        _("The amount is noted."),
    )
    return redirect("application", pk)


@require_http_methods(["GET", "POST"])
@door.open_to(A.SELECTION_ENTER)
def answers(request: door.Request, pk: int) -> HttpResponse:
    """What the household answered is corrected, until the application is ranked."""
    found = queries.visible_application(request.access, pk, A.SELECTION_ENTER)
    form = forms.AnswersForm(request.POST or None, initial=forms.as_answered(found))
    return one_form.acting_page(
        request,
        form,
        _("Correct the answers of application %(number)s") % {"number": found.number},
        _("Correct"),
        reverse("application", args=[pk]),
        lambda: actions.correct_answers(pk, form.answers(), by=request.access, at=door.now()),
    )


@require_POST
@door.open_to(A.SELECTION_ENTER)
def change(request: door.Request, pk: int) -> HttpResponse:
    """The application is withdrawn, or its household noted as it is today."""
    reason = request.POST.get("reason", "")
    if request.POST.get("what") == "withdraw":
        _tell(
            request,
            lambda: actions.withdraw(pk, reason=reason, by=request.access, at=door.now()),
            _("The application is withdrawn."),
        )
    else:
        _tell(
            request,
            lambda: actions.note_household(pk, by=request.access, at=door.now()),
            _("The household is noted as it is today."),
        )
    return redirect("application", pk)


@require_POST
@door.open_to(A.SELECTION_DECIDE)
def late(request: door.Request, pk: int) -> HttpResponse:
    """The commission's word on a late application."""
    accept = request.POST.get("accept") == "1"
    _tell(
        request,
        lambda: actions.judge_late(
            pk, accept=accept, reason=request.POST.get("reason", ""), by=request.access, at=door.now()
        ),
        _("The word on the late application is noted."),
    )
    return redirect("application", pk)


@require_POST
@door.open_to(A.SELECTION_SCORE, A.SELECTION_DECIDE)
def conflict(request: door.Request, pk: int) -> HttpResponse:
    """Somebody says whether they are bound to the household."""
    said = request.POST.get("reason", "")
    which = request.POST.get("conflict", "")
    answer = rules.Answer.BOUND if request.POST.get("bound") == "1" else rules.Answer.FREE

    def act() -> object:
        if which:
            return actions.answer_conflict(_number(which), answer=answer, said=said, by=request.access, at=door.now())
        return actions.declare_conflict(pk, said=said, by=request.access, at=door.now())

    _tell(request, act, _("Thank you; it is noted."))
    return redirect("application", pk)


@require_http_methods(["GET", "POST"])
@door.open_to(A.SELECTION_SCORE)
def score(request: door.Request, pk: int) -> HttpResponse:
    """The scorer's own sheet. It is kept with every save, and finished when every criterion has points."""
    found = queries.visible_application(request.access, pk, A.SELECTION_SCORE)
    try:
        scoring = actions.begin_scoring(pk, by=request.access, at=door.now())
    except errors.Conflict as error:
        messages.warning(request, door.say(error))
        return redirect("application", pk)
    sheet = queries.own_sheet(request.access, scoring)
    form = forms.SheetForm(
        request.POST or None,
        criteria=[line.criterion for line in sheet.lines],
        given={line.criterion.code: line.points for line in sheet.lines},
        reasons={line.criterion.code: line.reason for line in sheet.lines},
    )
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            actions.give_points(scoring.pk, form.points(), reasons=form.reasons(), by=request.access, at=door.now())
            if request.POST.get("finish"):
                actions.finish_scoring(scoring.pk, by=request.access, at=door.now())
                messages.success(request, _("The sheet is finished."))
                return redirect("selection_call", found.call_id)
            messages.success(request, _("Your points are kept. Finish the sheet when every criterion has points."))
            return redirect("application_score", pk)
    page = queries.application_page(request.access, pk, at=door.now())
    context = {
        "form": form,
        "application": found,
        "page": page,
        "call": found.call,
        "sheet": sheet,
        "evidence": {line.criterion.code: line.has_evidence for line in sheet.lines},
    }
    return render(request, "selections/score.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@door.open_to(A.SELECTION_ENTER)
def appeal(request: door.Request, pk: int) -> HttpResponse:
    """The household appeals."""
    found = queries.visible_application(request.access, pk, A.SELECTION_ENTER)
    form = forms.AppealForm(request.POST or None, initial={"received_on": forms.today_typed(_today())})
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            actions.appeal(pk, by=request.access, at=door.now(), **form.cleaned_data)
            return redirect("application", pk)
    context = {"form": form, "title": _("Appeal"), "button": _("Take the appeal in"), "call": found.call}
    return render(request, "selections/form.html", context, status=422 if form.errors else 200)


# --- letters and lists ------------------------------------------------------------------------------------------------


@require_GET
@door.open_to(A.SELECTION_ENTER, A.SELECTION_CALL)
def letter(request: door.Request, pk: int) -> HttpResponse:
    """The letter on the decision or on the appeal, in the applicant's language and script."""
    about = request.GET.get("about", "")
    name, content = letters.letter(
        pk,
        about=about if about in letters.ABOUT else "decision",
        language=request.GET.get("in", "")[:10],
        otherwise=_page_tag(),
        by=request.access,
        at=door.now(),
    )
    return door.attachment(content, name, "application/pdf")


def _page_tag() -> str:
    """The language of the page as letters name it, for applicants whose own is not known."""
    return door.LANG_ATTRIBUTE.get(translation.get_language() or "en", "en")


@require_http_methods(["GET", "POST"])
@door.open_to(A.SELECTION_EXPORT)
def export_applications(request: door.Request, pk: int) -> HttpResponse:
    """Ask for the list of applications to a call."""
    found = queries.visible_call(request.access, pk, A.SELECTION_EXPORT)
    return exports.ask_page(
        request,
        lambda purpose: lists.ask_applications(pk, purpose=purpose, by=request.access, at=door.now()),
        title=_("Export the applications"),
        sub=found.title,
        back=reverse("selection_call", args=[pk]),
    )


@require_http_methods(["GET", "POST"])
@door.open_to(A.SELECTION_EXPORT)
def export_ranked(request: door.Request, pk: int) -> HttpResponse:
    """Ask for a ranked list with every point."""
    found = queries.visible_selection(request.access, pk, A.SELECTION_EXPORT)
    return exports.ask_page(
        request,
        lambda purpose: lists.ask_ranked(pk, purpose=purpose, by=request.access, at=door.now()),
        title=_("Export the ranked list"),
        sub=f"{found.call.title} · {found}",
        back=reverse("selection_ranked", args=[pk]),
    )


@require_http_methods(["GET", "POST"])
@door.open_to(A.SELECTION_EXPORT)
def export_letters(request: door.Request, pk: int) -> HttpResponse:
    """Ask for all letters of a decided list."""
    found = queries.visible_selection(request.access, pk, A.SELECTION_EXPORT)
    return exports.ask_page(
        request,
        lambda purpose: letters.ask_letters(
            pk, otherwise=_page_tag(), purpose=purpose, by=request.access, at=door.now()
        ),
        title=_("Write all letters of decision"),
        sub=_("%(list)s: each in the applicant's language and script, in one file.") % {"list": str(found)},
        button=_("Write the letters"),
        back=reverse("selection_ranked", args=[pk]),
    )


# --- sessions ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@door.open_to(A.SELECTION_CALL, A.SELECTION_DECIDE)
def new_session(request: door.Request, pk: int) -> HttpResponse:
    """A session is planned."""
    found = queries.visible_call(request.access, pk)
    agenda = "\n".join((_("Late applications and obstacles"), _("Differences between scorers"), _("The ranked list")))
    form = forms.SessionForm(request.POST or None, initial={"agenda": agenda})
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        with door.errors_into(form):
            session = actions.plan_session(
                pk,
                held_on=told["held_on"],
                place=told["place"],
                agenda=told["agenda"].splitlines(),
                is_appeal=told["is_appeal"],
                by=request.access,
                at=door.now(),
            )
            return redirect("selection_session", session.pk)
    context = {"form": form, "title": _("Plan a session"), "button": _("Plan the session"), "call": found}
    return render(request, "selections/form.html", context, status=422 if form.errors else 200)


@require_GET
@door.open_to(A.SELECTION_VIEW)
def session(request: door.Request, pk: int) -> HttpResponse:
    """A session: who sits, the agenda with its votes, and what waits for a word."""
    page = queries.session_page(request.access, pk)
    context = {"page": page, "session": page.session, "call": page.session.call, "is_over": page.session.closed_at}
    if page.may_act and page.session.is_open:
        criteria = list(page.session.call.grid.criteria.order_by("position"))
        context["sheet"] = forms.SheetForm(criteria=criteria, given={})
    return render(request, "selections/session.html", context)


@require_POST
@door.open_to(A.SELECTION_DECIDE)
def act(request: door.Request, pk: int) -> HttpResponse:
    """What the commission does in its session; the page says what came of it."""
    what = request.POST.get("what", "")
    if what not in ACTS:
        raise errors.NotFound()
    done, words = ACTS[what]
    _tell(request, lambda: done(request, pk), _(words))
    return redirect("selection_session", pk)


def _open(request: door.Request, pk: int) -> object:
    present = [_number(user) for user in request.POST.getlist("present")]
    return actions.open_session(pk, present=present, by=request.access, at=door.now())


def _vote(request: door.Request, _pk: int) -> object:
    choices = {
        user: str(value)
        for name, value in request.POST.items()
        if name.startswith("vote_") and (user := numbers.whole(name.removeprefix("vote_"))) is not None and value
    }
    return actions.vote(
        _number(request.POST.get("item", "")),
        choices,
        conclusion=request.POST.get("conclusion", ""),
        by=request.access,
        at=door.now(),
    )


def _waive(request: door.Request, pk: int) -> object:
    return actions.waive(
        pk,
        _number(request.POST.get("application", "")),
        request.POST.get("rule", ""),
        reason=request.POST.get("reason", ""),
        by=request.access,
        at=door.now(),
    )


def _settle(request: door.Request, pk: int) -> object:
    points = {
        name.removeprefix("points_"): given
        for name, value in request.POST.items()
        if name.startswith("points_") and (given := numbers.whole(str(value))) is not None
    }
    return actions.settle_points(
        pk,
        _number(request.POST.get("application", "")),
        points,
        reason=request.POST.get("reason", ""),
        by=request.access,
        at=door.now(),
    )


def _rank(request: door.Request, pk: int) -> object:
    return actions.rank(pk, by=request.access, at=door.now())


def _decide(request: door.Request, _pk: int) -> object:
    return actions.decide(
        _number(request.POST.get("selection", "")),
        _number(request.POST.get("item", "")),
        by=request.access,
        at=door.now(),
    )


def _close(request: door.Request, pk: int) -> object:
    return actions.close_session(pk, minutes=request.POST.get("minutes", ""), by=request.access, at=door.now())


def _appeal(request: door.Request, pk: int) -> object:
    return actions.decide_appeal(
        _number(request.POST.get("appeal", "")),
        pk,
        uphold=request.POST.get("uphold") == "1",
        reason=request.POST.get("reason", ""),
        by=request.access,
        at=door.now(),
    )


ACTS: dict[str, tuple[Callable[[door.Request, int], object], str]] = {
    "open": (_open, errors.message("The session is open.")),
    "vote": (_vote, errors.message("The votes are noted.")),
    "waive": (_waive, errors.message("The obstacle is lifted.")),
    "settle": (_settle, errors.message("The points are settled.")),
    "rank": (_rank, errors.message("The list is ranked and frozen.")),
    "decide": (_decide, errors.message("The list is decided.")),
    "close": (_close, errors.message("The session is closed.")),
    "appeal": (_appeal, errors.message("The appeal is decided.")),
}


# --- ranked lists -----------------------------------------------------------------------------------------------------


@require_GET
@door.open_to(A.SELECTION_VIEW)
def ranked(request: door.Request, pk: int) -> HttpResponse:
    """A ranked list with every point and its evidence."""
    page = queries.list_page(request.access, pk, after=request.GET.get("after", ""), at=door.now())
    context = {
        "list": page,
        "page": page.page,
        "selection": page.selection,
        "call": page.selection.call,
        "advances": advances.of_selection(request.access, page.selection),
    }
    return render(request, "selections/ranked.html", context)


@require_GET
@door.open_to(A.SELECTION_FIGURES)
def replay(request: door.Request, pk: int) -> HttpResponse:
    """A past list computed again, and what differs."""
    selection = queries.visible_selection(request.access, pk, A.SELECTION_FIGURES)
    found = queries.replay(selection)
    visible = queries.visible_among(request.access, selection)
    context = {
        "replay": found,
        "selection": selection,
        "call": selection.call,
        "visible": visible,
        "shown": found.rows[:SHOWN_AGAIN],
        "more": len(found.rows) > SHOWN_AGAIN,
    }
    return render(request, "selections/replay.html", context)


@require_GET
@door.open_to(A.SELECTION_FIGURES)
def figures(request: door.Request, pk: int) -> HttpResponse:
    """How groups fared in a decided list, with intervals, as far as nobody can be recognised."""
    selection = queries.visible_selection(request.access, pk, A.SELECTION_FIGURES)
    decided = queries.municipality_lines(request.access)
    everybody = next((share.value for each, share in decided if each.pk == selection.pk), None)
    context = {
        "selection": selection,
        "call": selection.call,
        "groupings": [
            (grouping, lines, _chart([(group_name(line.group, grouping), line.share) for line in lines], everybody))
            for grouping, lines in queries.outcome_lines(request.access, selection)
        ],
        "lists": decided,
        "chart": _chart([(_short(each), share) for each, share in decided[:MOST_BARS]], None),
    }
    return render(request, "selections/figures.html", context)


def _short(decided: models.Selection) -> str:
    """A list beside others: its number, and the name of its municipality that comes first."""
    return f"{decided} {place_name(decided.call.municipality).split(' / ')[0]}"


def _chart(rows: Sequence[tuple[str, Interval | None]], everybody: float | None) -> charts.IntervalChart | None:
    """The shares that are shown, as a chart."""
    shown = [(label, share.low, share.value, share.high) for label, share in rows if share is not None]
    return charts.intervals(shown, everybody)


@require_GET
@door.open_to(A.SELECTION_VIEW)
def public(request: door.Request, pk: int) -> HttpResponse:
    """The list as it is posted: codes, points, outcomes."""
    selection = queries.visible_selection(request.access, pk)
    if not selection.is_decided:
        raise errors.NotFound()
    context = {"selection": selection, "call": selection.call, "rows": queries.public_rows(selection)}
    return render(request, "selections/public.html", context)


@require_POST
@door.open_to(A.SELECTION_CALL)
def publish(request: door.Request, pk: int) -> HttpResponse:
    """The decided list may be posted."""
    _tell(
        request,
        lambda: actions.publish(pk, by=request.access, at=door.now()),
        _("The list is published, without names."),
    )
    return redirect("selection_ranked", pk)


# --- grids ------------------------------------------------------------------------------------------------------------


@require_GET
@door.open_to(A.SELECTION_VIEW)
def grids(request: door.Request) -> HttpResponse:
    """Every grid, the newest version of each first."""
    rows = models.Grid.objects.select_related("made_by", "verified_by").order_by("code", "-version")[:200]
    return render(request, "selections/grids.html", {"rows": rows})


@require_GET
@door.open_to(A.SELECTION_VIEW)
def grid(request: door.Request, pk: int) -> HttpResponse:
    """One version of a grid."""
    row = _grid(pk)
    context = {
        "grid": row,
        "criteria": row.criteria.order_by("position"),
        "rules": row.rules.order_by("position"),
        "papers": row.papers.order_by("pk"),
        "ties": row.ties.order_by("position"),
        "most": sum(row.criteria.values_list("most", flat=True)),
        "may_verify": request.access.allows(A.SELECTION_GRID)
        and not row.verified
        and row.made_by_id != request.access.user_id,
    }
    return render(request, "selections/grid.html", context)


def _grid(pk: int) -> models.Grid:
    row = models.Grid.objects.filter(pk=pk).first()
    if row is None:
        raise errors.NotFound()
    return row


@require_http_methods(["GET", "POST"])
@door.open_to(A.SELECTION_GRID)
def change_grid(request: door.Request, pk: int) -> HttpResponse:
    """The grid is changed: a draft in place, a version that a call goes by as a new version."""
    row = _grid(pk)
    sheet = forms.GridSheet(request.POST or None, bridge.grid_of(row), name=row.name, source=row.source)
    if request.method == "POST" and sheet.is_valid():
        told = sheet.head.cleaned_data
        with door.errors_into(sheet.head):
            draft, by, at = sheet.draft(), request.access, door.now()
            if row.is_frozen or told["code"] != row.code:
                made = actions.save_grid(draft, name=told["name"], source=told["source"], by=by, at=at)
                messages.success(request, _("Saved as version %(version)s.") % {"version": made.version})
            else:
                made = actions.change_grid(pk, draft, name=told["name"], source=told["source"], by=by, at=at)
            return redirect("selection_grid", made.pk)
    context = {"grid": row, "sheet": sheet}
    return render(request, "selections/grid_form.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@door.open_to(A.SELECTION_GRID)
def verify_grid(request: door.Request, pk: int) -> HttpResponse:
    """Somebody else than its maker has compared the grid with its source."""
    _tell(
        request,
        lambda: actions.verify_grid(pk, source=request.POST.get("source", ""), by=request.access, at=door.now()),
        _("The grid is verified."),
    )
    return redirect("selection_grid", pk)
