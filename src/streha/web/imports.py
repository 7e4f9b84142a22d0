"""Imports: bring a list, say what its columns mean, look at what was found, decide, and take it into the register."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from streha.accounts.rules import Action
from streha.audit import actions as audit
from streha.common import errors, numbers, pages
from streha.common.codes import FieldClass
from streha.formats import tables
from streha.jobs.models import Job
from streha.people.imports import actions, models, queries
from streha.people.imports.models import BatchState, Decision, ImportBatch, RowState
from streha.people.imports.rules import rows as row_rules
from streha.people.imports.rules.columns import Field
from streha.places.models import Area
from streha.web import door, jobs
from streha.web.forms import imports as forms

SHOWN_SAMPLES = 4
BRING, DECIDE = Action.IMPORT_BRING, Action.IMPORT_DECIDE


@require_GET
@door.open_to(BRING, DECIDE)
def listing(request: door.Request) -> HttpResponse:
    """Imports visible to the viewer, newest first."""
    after = request.GET.get("after", "")
    batches, last = queries.batches_page(request.access, after=pages.number_of(after) if after else None)
    page = pages.Page(batches, str(last) if last else "")
    return render(request, "imports/list.html", {"page": page, "batches": batches})


@require_http_methods(["GET", "POST"])
@door.open_to(BRING)
def bring(request: door.Request) -> HttpResponse:
    """A file is brought; what cannot be read is told beside the field, and nothing of it stays."""
    today = door.now().date()
    form = forms.BringForm(request.POST or None, request.FILES or None, access=request.access, today=today)
    if request.method == "POST" and form.is_valid():
        batch = None
        file = form.cleaned_data["file"]
        with door.errors_into(form):
            batch = actions.bring(
                file.read(),
                name=file.name,
                keeper_id=int(form.cleaned_data["keeper"]),
                terms=form.terms(),
                by=request.access,
                at=door.now(),
            )
        if batch is not None:
            return redirect("import", batch.pk)
    return render(request, "imports/bring.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@door.open_to(BRING, DECIDE)
def one(request: door.Request, batch_id: int) -> HttpResponse:
    """One import where it stands: its columns, its progress, its rows under review, or its result."""
    batch = queries.visible_batch(request.access, batch_id)
    if batch.state in (BatchState.STAGING, BatchState.COMMITTING):
        return _progress(request, batch)
    if door.is_fragment(request):
        return HttpResponseClientRefresh()  # the work ended while the page watched it
    if batch.state == BatchState.MAPPING:
        return _mapping(request, batch, None)
    if batch.state == BatchState.REVIEW:
        return _review(request, batch)
    return render(request, "imports/result.html", {"batch": batch, **_standing(request, batch)})


def _standing(request: door.Request, batch: ImportBatch) -> dict[str, Any]:
    """What every page of an import shows: what the viewer may do with it, and how far it is."""
    own = request.access.user_id is not None and batch.registered_by_id == request.access.user_id
    return {
        "batch": batch,
        "may_bring": request.access.allows(BRING),
        "may_decide": request.access.allows(DECIDE) and not own,
        "is_own": own,
        "terms_form": forms.TermsForm() if batch.is_open and batch.lacks_purpose else None,
    }


# --- columns ------------------------------------------------------------------------------------------------------


def _mapping(request: door.Request, batch: ImportBatch, form: forms.ColumnsForm | None) -> HttpResponse:
    standing = _standing(request, batch)
    if not standing["may_bring"]:
        return render(request, "imports/waits.html", standing)
    columns = list(batch.columns.order_by("position"))
    form = form or forms.ColumnsForm(columns=columns)
    book = queries.open_file(queries.file_of(batch), batch.file_name)
    table = queries.table_of(book, batch.sheet)
    shown = [cells[:SHOWN_SAMPLES] for cells in queries.samples(table, 40)]
    rows = [(form[f"c{c.position}"], c, cells) for c, cells in zip(columns, shown, strict=True)]
    sheets = [sheet for sheet in book.sheets if len(book.sheets) > 1]
    context = {**standing, "form": form, "rows": rows, "sheets": sheets, "remarks": list(batch.remarks.all())}
    return render(request, "imports/columns.html", context, status=422 if form.errors else 200)


@require_POST
@door.open_to(BRING)
def columns(request: door.Request, batch_id: int) -> HttpResponse:
    """The columns mean what was chosen, and the list waits to be read."""
    batch = queries.visible_batch(request.access, batch_id, BRING)
    form = forms.ColumnsForm(request.POST, columns=list(batch.columns.order_by("position")))
    if form.is_valid():
        done = False
        with door.errors_into(form):
            actions.map_columns(batch.pk, form.mapping(), by=request.access, at=door.now())
            actions.start_staging(batch.pk, by=request.access, at=door.now())
            done = True
        if done:
            return redirect("import", batch.pk)
    return _mapping(request, batch, form)


@require_POST
@door.open_to(BRING)
def sheet(request: door.Request, batch_id: int) -> HttpResponse:
    """The import is about another sheet of its file."""
    actions.choose_sheet(batch_id, request.POST.get("sheet", ""), by=request.access, at=door.now())
    return redirect("import", batch_id)


@require_POST
@door.open_to(BRING)
def terms(request: door.Request, batch_id: int) -> HttpResponse:
    """Source, purpose, legal basis and retention date, where they were not given with the file."""
    batch = queries.visible_batch(request.access, batch_id, BRING)
    form = forms.TermsForm(request.POST)
    if form.is_valid():
        done = False
        with door.errors_into(form):
            actions.set_terms(batch.pk, form.terms(), by=request.access, at=door.now())
            done = True
        if done:
            return redirect("import", batch.pk)
    context = {**_standing(request, batch), "terms_form": form}
    return render(request, "imports/waits.html", context, status=422)


# --- progress -----------------------------------------------------------------------------------------------------


def _progress(request: door.Request, batch: ImportBatch) -> HttpResponse:
    job = Job.objects.filter(pk=batch.job_id or 0).first()
    context = {**_standing(request, batch), **(jobs.shown(job) if job else {"job": None})}
    if not door.is_fragment(request):
        return render(request, "imports/progress.html", context)
    return render(request, "imports/state.html", context)


# --- review -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """A problem in the reader's language."""

    said: str
    is_warning: bool


@dataclass(frozen=True)
class Listed:
    """A row in the list of a review, its problems in the reader's language."""

    record: models.StagedRecord
    reading: row_rules.Reading | None
    candidates: tuple[queries.Candidate, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """One value of a row beside its column; hidden where the viewer may not read that kind of data."""

    column: models.ImportColumn
    value: str
    problems: tuple[Said, ...]
    is_hidden: bool = False


def _narrowed(query: Any) -> queries.RowFilter:
    """What the address narrows the rows to; anything unknown narrows nothing."""
    state, decision, kind = query.get("state", ""), query.get("decision", ""), query.get("kind", "")
    return queries.RowFilter(
        state=state if state in [str(s) for s in RowState] else "",
        problem=query.get("problem", "")[:40],
        decision=decision if decision in ["none", *map(str, Decision)] else "",
        kind=kind if kind in ("twins", "candidates", "plain") else "",
    )


def _review(request: door.Request, batch: ImportBatch) -> HttpResponse:
    narrowed = _narrowed(request.GET)
    after = request.GET.get("after", "")
    rows, last = queries.review_page(request.access, batch, narrowed, after=pages.number_of(after) if after else 0)
    _looked(request, batch, [row.record for row in rows])
    context = {
        **_standing(request, batch),
        "page": pages.Page(rows, str(last) if last else ""),
        "rows": [_listed(row) for row in rows],
        "summary": queries.summary(request.access, batch),
        "narrowed": narrowed,
        "filters": request.GET,
        "back": _query(narrowed),
        "states": [str(state) for state in RowState],
        "decisions": [str(decision) for decision in Decision],
        "bulk": _bulk(narrowed),
        "remarks": list(batch.remarks.all()),
    }
    return render(request, "imports/review.html", context)


def _listed(row: queries.Row) -> Listed:
    problems = row.reading.problems if row.reading else []
    worst = sorted(problems, key=lambda problem: problem.is_warning)[:2]
    told = tuple(f"{p.column}: {say(p)}" if p.column else say(p) for p in worst)
    return Listed(row.record, row.reading, row.candidates, told)


def _bulk(narrowed: queries.RowFilter) -> list[tuple[str, str]]:
    """What may be decided about all rows of a filter at once."""
    taken = [] if narrowed.state == RowState.BAD else [(str(Decision.NEW), _("New people"))]
    return [*taken, (str(Decision.SKIP), _("Leave out")), (str(Decision.LATER), _("Later"))]


def _looked(request: door.Request, batch: ImportBatch, records: Sequence[models.StagedRecord]) -> None:
    audit.looked(
        by=request.access.actor,
        at=door.now(),
        verb="import row",
        subjects=[record.subject for record in records],
        classes=[FieldClass.IDENTITY],
        where=batch.number,
    )


def _query(narrowed: queries.RowFilter) -> str:
    told = {"state": narrowed.state, "problem": narrowed.problem, "decision": narrowed.decision, "kind": narrowed.kind}
    return urlencode({name: value for name, value in told.items() if value})


@require_http_methods(["GET", "POST"])
@door.open_to(BRING, DECIDE)
def row(request: door.Request, batch_id: int, number: int) -> HttpResponse:
    """One row beside the people it may be; a decision goes on to the next open row of the same filter."""
    batch = queries.visible_batch(request.access, batch_id)
    narrowed = _narrowed(request.GET)
    if request.method == "POST":
        decision = request.POST.get("decision", "")
        if decision not in ["", *map(str, Decision)]:
            raise errors.BadInput(errors.message("“{value}” is no decision."), value=decision[:20])
        actions.decide(
            batch.pk,
            number,
            Decision(decision) if decision else "",  # type: ignore[arg-type]
            by=request.access,
            at=door.now(),
            into=numbers.whole(request.POST.get("into", "")),
        )
        return _on(request, batch, narrowed, number)
    found = queries.row_of(request.access, batch, number)
    _looked(request, batch, [found.record])
    context = {
        **_standing(request, batch),
        "row": found,
        "cells": _cells(request, batch, found),
        "general": [Said(say(p), p.is_warning) for p in found.reading.problems if not p.column]
        if found.reading
        else [],
        "home": Area.objects.filter(pk=found.reading.home_area or 0).first() if found.reading else None,
        "back": _query(narrowed),
    }
    return render(request, "imports/row.html", context)


def _on(request: door.Request, batch: ImportBatch, narrowed: queries.RowFilter, number: int) -> HttpResponse:
    """To the next undecided row, or back to the list when there is none."""
    following = (
        queries.rows_under_review(request.access, batch, narrowed)
        .filter(number__gt=number, is_done=False, decision="")
        .order_by("number")
        .values_list("number", flat=True)
        .first()
    )
    query = _query(narrowed)
    if following is None:
        messages.success(request, _("No further undecided row here."))
        return redirect(f"{_url(batch)}?{query}" if query else _url(batch))
    return redirect(f"{_url(batch)}rows/{following}/" + (f"?{query}" if query else ""))


def _url(batch: ImportBatch) -> str:
    from django.urls import reverse

    return reverse("import", args=[batch.pk])


def _cells(request: door.Request, batch: ImportBatch, found: queries.Row) -> list[Cell]:
    if found.reading is None:
        return []
    readable = frozenset[FieldClass]().union(
        *request.access.reads(BRING).values(), *request.access.reads(DECIDE).values()
    )
    hides = FieldClass.COMMUNITY not in readable
    cells = []
    for column, value in zip(batch.columns.order_by("position"), found.reading.raw, strict=False):
        problems = tuple(Said(say(p), p.is_warning) for p in found.reading.problems if p.column == column.heading)
        if not value and not problems:
            continue
        is_hidden = hides and column.field == Field.COMMUNITY
        cells.append(Cell(column, "" if is_hidden else value, problems, is_hidden))
    return cells


@require_POST
@door.open_to(DECIDE)
def decide(request: door.Request, batch_id: int) -> HttpResponse:
    """All undecided rows of the filter carry the decision."""
    decision = request.POST.get("choose", "")
    if decision not in [str(d) for d in Decision]:
        raise errors.BadInput(errors.message("“{value}” is no decision."), value=decision[:20])
    narrowed = _narrowed(request.POST)
    count = actions.decide_many(batch_id, narrowed, Decision(decision), by=request.access, at=door.now())
    told = ngettext("%(n)d row decided.", "%(n)d rows decided.", count) % {"n": count}
    messages.success(request, told)
    return redirect("import", batch_id)


@require_POST
@door.open_to(DECIDE)
def commit(request: door.Request, batch_id: int) -> HttpResponse:
    """The decided rows are taken into the register, as a job."""
    actions.start_commit(batch_id, by=request.access, at=door.now())
    return redirect("import", batch_id)


@require_http_methods(["GET", "POST"])
@door.open_to(BRING, DECIDE)
def abandon(request: door.Request, batch_id: int) -> HttpResponse:
    """The import is given up, after a second look."""
    batch = queries.visible_batch(request.access, batch_id)
    if request.method == "POST":
        actions.abandon(batch_id, by=request.access, at=door.now())
        return redirect("imports")
    return render(request, "imports/abandon.html", _standing(request, batch))


@require_GET
@door.open_to(BRING, DECIDE)
def correct(request: door.Request, batch_id: int, kind: str) -> HttpResponseBase:
    """The rows that were kept back, with what is wrong, made for whoever asks now; nothing is stored."""
    batch = queries.visible_batch(request.access, batch_id)
    headings = [heading for heading, _field in queries.mapping_of(batch)]
    headings = [*headings, _("Row in the first file"), _("What is wrong")]
    _looked(request, batch, list(batch.records.filter(state=RowState.BAD)[: 10 * queries.FILE_PIECE]))
    name = f"{batch.number}-to-correct.{kind}"
    found: HttpResponseBase
    if kind == "csv":
        found = StreamingHttpResponse(
            tables.write_csv(headings, _to_correct(batch)), content_type="text/csv; charset=utf-8"
        )
    else:
        content = tables.write_xlsx(headings, _to_correct(batch), sheet=batch.sheet)
        found = HttpResponse(content, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    found["Content-Disposition"] = f'attachment; filename="{name}"'
    found["Cache-Control"] = "no-store"
    return found


def _to_correct(batch: ImportBatch) -> Iterable[list[str]]:
    for record, reading in queries.rows_to_correct(batch):
        wrong = [
            f"{problem.column}: {say(problem)}" if problem.column else say(problem)
            for problem in reading.problems
            if not problem.is_warning
        ]
        yield [*reading.raw, str(record.number), "; ".join(wrong)]


def say(problem: row_rules.Problem) -> str:
    """A problem in the reader's language."""
    return _(problem.template).format(**problem.details())
