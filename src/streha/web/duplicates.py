"""Duplicates: the queue, two records side by side, the certain ones together, and parting what was merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from streha.accounts.rules import Action
from streha.audit import actions as audit
from streha.common import errors, numbers
from streha.common.codes import FieldClass
from streha.people import queries as people_queries
from streha.people import rules as people_rules
from streha.people.duplicates import actions, queries, rules
from streha.people.merges import queries as merges
from streha.people.models import MatchPair
from streha.people.rules import PairState
from streha.web import door, paging
from streha.web import people as people_pages
from streha.web.forms import duplicates as forms

DECIDE, CENTRAL = Action.DUPLICATES_DECIDE, Action.CENTRAL_QUEUE
STATES = (PairState.OPEN, PairState.SECOND, PairState.UNSURE, "decided")
WHYS = ("identifier", "name_birth", "household", "linkage", "by_hand")


# --- the queue ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Listed:
    """A pair in the queue: who answers for each side now."""

    pair: MatchPair
    left: Any
    right: Any
    band: str


def _narrowed(request: door.Request) -> tuple[queries.PairFilter, str]:
    """What the address narrows the queue to, and what is wrong with its place; anything unknown narrows nothing."""
    query = request.GET
    area_id, _area, unknown = people_pages.narrowed_by_place(request)
    state, band, why = query.get("state", ""), query.get("band", ""), query.get("why", "")
    only_central = request.access.allows(CENTRAL) and not request.access.allows(DECIDE)
    narrowed = queries.PairFilter(
        central=only_central or (query.get("queue") == "central" and request.access.allows(CENTRAL)),
        state=state if state in STATES else PairState.OPEN,
        band=band if band in list(rules.Band) else "",
        why=why if why in WHYS else "",
        area_id=area_id,
    )
    return narrowed, unknown


def _query(request: door.Request) -> str:
    """The filters of the address, to be carried along."""
    names = ("queue", "state", "band", "why", "place")
    return urlencode({name: request.GET[name] for name in names if request.GET.get(name)})


def _with_query(url: str, query: str) -> str:
    return f"{url}?{query}" if query else url


@require_GET
@door.open_to(DECIDE, CENTRAL)
def listing(request: door.Request) -> HttpResponse:
    """Pairs that wait, the heaviest and strongest first, and how often such pairs were different people."""
    narrowed, unknown = _narrowed(request)
    page = paging.page(queries.queue(request.access, narrowed), request.GET, by=queries.ORDER)
    rows = _listed(page.rows)
    people_queries.note_look(
        request.access, [side for row in rows for side in (row.left, row.right)], where="duplicates", at=door.now()
    )
    context = {
        "page": page,
        "rows": rows,
        "narrowed": narrowed,
        "unknown_place": unknown,
        "filters": request.GET,
        "back": _query(request),
        "states": STATES,
        "whys": WHYS,
        "bands": list(rules.Band),
        "has_both": request.access.allows(CENTRAL) and request.access.allows(DECIDE),
        "rates": [(band, rate) for band, rate in queries.rates(request.access).items() if rate.whole],
    }
    return render(request, "duplicates/list.html", context)


def _listed(pairs: Sequence[MatchPair]) -> list[Listed]:
    ids = {side.kept_id for pair in pairs for side in (pair.left, pair.right)}
    known = {person.pk: person for person in people_queries.with_people(sorted(ids))}
    return [
        Listed(pair, known[pair.left.kept_id], known[pair.right.kept_id], rules.band(pair.probability))
        for pair in pairs
        if pair.left.kept_id in known and pair.right.kept_id in known
    ]


@require_GET
@door.open_to(DECIDE, CENTRAL)
def following(request: door.Request) -> HttpResponse:
    """The first pair of the queue as narrowed, or the queue itself when nothing waits."""
    narrowed, _unknown = _narrowed(request)
    return _to(request, queries.next_pair(request.access, narrowed))


def _to(request: door.Request, pair: MatchPair | None) -> HttpResponse:
    if pair is None:
        messages.success(request, _("No pair waits here any more."))
        return redirect(_with_query(reverse("duplicates"), _query(request)))
    return redirect(_with_query(reverse("duplicate", args=[pair.pk]), _query(request)))


# --- one pair -------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@door.open_to(DECIDE, CENTRAL)
def pair(request: door.Request, pair_id: int) -> HttpResponse:
    """Two records side by side; an opinion goes on to the next pair of the same queue."""
    page = queries.pair_page(request.access, pair_id, at=door.now())
    form = forms.OpinionForm(request.POST or None, page=page)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            narrowed, _unknown = _narrowed(request)
            following = queries.next_pair(request.access, narrowed, after=page.pair)
            outcome = actions.decide(pair_id, form.opinion(), by=request.access, at=door.now())
            _say(request, page, outcome)
            return _to(request, following)
    context = {
        "page": page,
        "pair": page.pair,
        "form": form,
        "chosen": request.POST,
        "band": rules.band(page.probability),
        "back": _query(request),
        "merge": page.pair.merges.filter(undone_at=None).first(),
        "may_decide": page.is_waiting and not _said_before(request, page),
        "is_waiting": page.is_waiting,
        "needs_second": page.pair.state == PairState.SECOND,
    }
    return render(request, "duplicates/pair.html", context, status=422 if form.is_bound and form.errors else 200)


def _said_before(request: door.Request, page: queries.PairPage) -> bool:
    mine = request.access.user_id
    return any(one.decision.decided_by_id == mine and one.decision.verdict != "unsure" for one in page.opinions)


def _say(request: door.Request, page: queries.PairPage, outcome: actions.Outcome) -> None:
    """What was done, with the way back to it."""
    numbers = {"left": page.left.person.number, "right": page.right.person.number}
    told = {
        PairState.SAME: _("%(left)s and %(right)s are one person now."),
        PairState.DIFFERENT: _("%(left)s and %(right)s are different people."),
        PairState.SECOND: _("%(left)s and %(right)s: noted as the same. Another person has to say so too."),
        PairState.UNSURE: _("%(left)s and %(right)s: put aside as not sure."),
        PairState.OPEN: _("%(left)s and %(right)s: you differ from a colleague; a third person decides."),
    }[outcome.state]
    messages.success(request, told % numbers, extra_tags=f"undo-{page.pair.pk}")


@require_POST
@door.open_to(DECIDE, CENTRAL)
def take_back(request: door.Request, pair_id: int) -> HttpResponse:
    """The pair waits again; one that was merged is parted on a page of its own."""
    found = queries.visible_pair(request.access, pair_id)
    merge = found.merges.filter(undone_at=None).first()
    if merge is not None:
        return redirect("merge_undo", merge.pk)
    actions.take_back(pair_id, by=request.access, at=door.now())
    messages.success(request, _("The pair waits again."))
    return redirect(_with_query(reverse("duplicate", args=[pair_id]), _query(request)))


# --- many at once ---------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@door.open_to(DECIDE)
def certain(request: door.Request) -> HttpResponse:
    """Pairs with the same document and the same name, to be looked over and merged together."""
    if request.method == "POST":
        chosen = map(numbers.whole, request.POST.getlist("pair")[: queries.CERTAIN_AT_ONCE])
        ids = [pk for pk in chosen if pk is not None]
        merged, left = actions.merge_certain(ids, by=request.access, at=door.now())
        told = ngettext("%(n)d pair merged.", "%(n)d pairs merged.", merged) % {"n": merged}
        if left:
            told += " " + ngettext(
                "%(n)d was left: somebody changed or decided it meanwhile.",
                "%(n)d were left: somebody changed or decided them meanwhile.",
                left,
            ) % {"n": left}
        messages.success(request, told)
        return redirect("duplicates_certain")
    found = queries.certain_pairs(request.access, queries.PairFilter())
    seen = [side.person for page in found for side in (page.left, page.right)]
    people_queries.note_look(request.access, seen, where="duplicates", at=door.now())
    return render(request, "duplicates/certain.html", {"pairs": found})


@require_POST
@door.open_to(CENTRAL)
def search(request: door.Request) -> HttpResponse:
    """The register is looked through for duplicates, as a job."""
    job = actions.start_search(by=request.access, at=door.now())
    return redirect("job", job.pk)


# --- by hand, and back ----------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@door.open_to(DECIDE)
def same_as(request: door.Request, pk: int) -> HttpResponse:
    """Somebody thinks this record and another are one person: both are laid side by side."""
    someone = people_queries.visible_person(request.access, pk)
    form = forms.SameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            noted = actions.note_by_hand(someone.pk, form.cleaned_data["other"], by=request.access, at=door.now())
        except errors.NotFound:
            form.add_error("other", _("This number is not among the people you work with."))
        except errors.BadInput as wrong:
            form.add_error("other", door.say(wrong))
        else:
            return redirect("duplicate", noted.pk)
    context = {"form": form, "person": someone, "title": _("Registered twice?"), "button": _("Lay side by side")}
    return render(request, "people/add.html", context, status=422 if form.is_bound and form.errors else 200)


@require_http_methods(["GET", "POST"])
@door.open_to(DECIDE)
def part(request: door.Request, merge_id: int) -> HttpResponse:
    """Two records that were merged become two again; what came since is told to the one or the other."""
    record = merges.visible_merge(request.access, merge_id)
    form = forms.PartForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with door.errors_into(form):
            kept, gone = actions.part(
                merge_id,
                by=request.access,
                at=door.now(),
                going=form.going(request.POST),
                reason=form.cleaned_data["reason"],
            )
            numbers = {"kept": kept.number, "gone": gone.number}
            messages.success(request, _("%(kept)s and %(gone)s are two records again.") % numbers)
            return redirect("person", kept.pk)
    classes = _classes(request, record.kept_id)
    later = [fact for fact in merges.later_facts(record) if CLASS_OF_LATER.get(fact.kind, _ID) in classes]
    audit.looked(
        by=request.access.actor,
        at=door.now(),
        verb="compared",
        subjects=[record.kept.subject, record.gone.subject],
        classes=[FieldClass.IDENTITY],
        where="merge",
    )
    context = {"record": record, "form": form, "later": [(fact, _told(fact)) for fact in later]}
    return render(request, "duplicates/part.html", context, status=422 if form.is_bound and form.errors else 200)


_ID = FieldClass.IDENTITY
CLASS_OF_LATER: Mapping[str, FieldClass] = {
    "contact": FieldClass.CONTACT,
    "episode": FieldClass.HOME_LOCATION,
    "functioning": FieldClass.HEALTH,
    "need": FieldClass.HEALTH,
    "note": FieldClass.PROTECTION,
}


def _classes(request: door.Request, person_id: int) -> frozenset[FieldClass]:
    kept = people_queries.visible_person(request.access, person_id)
    return people_queries.readable(request.access, people_queries.Record.of(kept))


def _told(fact: merges.Later) -> str:
    """What a later fact says, in short; what is sealed stays sealed."""
    from streha.web import words

    row = fact.row
    if fact.kind == merges.CORRECTED:
        return str(words.word("pair_field", fact.key))
    codes = {
        "identifier": ("identifier_kind", "kind"),
        "contact": ("contact_kind", "kind"),
        "episode": ("episode_status", "status"),
        "intention": ("wish", "wish"),
        "need": ("need", "kind"),
    }
    if fact.kind in codes:
        table, column = codes[fact.kind]
        hint = getattr(row, "hint", "")
        return f"{words.word(table, getattr(row, column))}{f' …{hint}' if hint else ''}"
    if fact.kind == "membership":
        return people_rules.household_number(row.household_id)
    if fact.kind in {"functioning", "note"}:
        return ""
    return str(row)
