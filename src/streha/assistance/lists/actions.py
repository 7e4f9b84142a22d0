"""Asking for a list of a selection, and making it as a job with what the asker may read at that moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from streha.accounts.rules import Access, Action
from streha.assistance.selections import bridge, models, queries, rules
from streha.common.codes import Script
from streha.jobs import actions as jobs
from streha.people import queries as people
from streha.people.exports import actions as exports
from streha.people.exports.models import ExportFile

PIECE = 200
APPLICATIONS = (
    "number", "code", "applicant", "name", "household", "request", "received", "late", "verdict", "reasons",
    "papers_missing", "sheets",
)  # fmt: skip
RANKED = ("place", "number", "code", "applicant", "name", "outcome", "verdict", "reasons", "points")


def ask_applications(call_id: int, *, purpose: str, by: Access, at: dt.datetime) -> ExportFile:
    """The applications to a call will be listed by a job."""
    call = queries.visible_call(by, call_id, Action.SELECTION_EXPORT)
    query = str(call.pk)
    return exports.ask_for("applications", query, job="applications.export", purpose=purpose, by=by, at=at)


def make_applications(export_id: int, progress: jobs.Progress, *, by: Access, at: dt.datetime) -> dict[str, int]:
    """The job: applications visible to the asker, with where each stands; how it was scored stays with the scorers."""
    export = ExportFile.objects.get(pk=export_id)
    if export.made_at is not None:
        return {"rows": export.rows}
    by.require(Action.SELECTION_EXPORT)
    call = queries.visible_call(by, int(export.query), Action.SELECTION_EXPORT)
    grid = bridge.grid_of(call.grid)
    seen = models.Application.objects.visible_to(by, Action.SELECTION_EXPORT).filter(call=call)
    found = list(seen.select_related("household", "applicant").order_by("number"))
    rows: list[Sequence[str]] = []
    for start in range(0, len(found), PIECE):
        piece = found[start : start + PIECE]
        known = queries.persons_of(piece)
        people.note_look(by, list(known.values()), where="list of applications", at=at)
        for one in bridge.live(piece):
            person = known[one.application.pk]
            verdict, reasons = rules.verdict(one.applied, grid, call.closes_on)
            rows.append(
                (
                    str(one.applied.number),
                    one.application.code,
                    person.number,
                    people.name_in(person, Script.LATIN),
                    one.application.household.number,
                    one.applied.request,
                    queries.day_of(one.application.received_at).isoformat(),
                    "yes" if one.applied.late else "no",
                    verdict,
                    ", ".join(reasons),
                    str(len(rules.missing_papers(one.applied, grid, call.closes_on))),
                    str(len(one.applied.scorings)),
                )
            )
        progress(len(rows), len(found))
    return exports.keep(export, APPLICATIONS, rows, by=by, at=at)


def ask_ranked(selection_id: int, *, purpose: str, by: Access, at: dt.datetime) -> ExportFile:
    """The ranked list will be written by a job; Refused for one that the asker may not read yet."""
    selection = queries.visible_selection(by, selection_id, Action.SELECTION_EXPORT)
    queries.require_may_read_list(by, selection)
    return exports.ask_for("ranked", str(selection.pk), job="ranked.export", purpose=purpose, by=by, at=at)


def make_ranked(export_id: int, progress: jobs.Progress, *, by: Access, at: dt.datetime) -> dict[str, int]:
    """The job: every row with its points; names of those alone whom the asker may see."""
    export = ExportFile.objects.get(pk=export_id)
    if export.made_at is not None:
        return {"rows": export.rows}
    by.require(Action.SELECTION_EXPORT)
    selection = queries.visible_selection(by, int(export.query), Action.SELECTION_EXPORT)
    criteria = list(selection.grid.criteria.order_by("position").values_list("code", flat=True))
    rows: list[Sequence[str]] = []
    total, after = selection.rows.count(), ""
    while True:
        page = queries.list_page(by, selection.pk, after=after, limit=PIECE, at=at).page
        rows += [_ranked_row(line, criteria) for line in page.rows]
        progress(len(rows), total)
        if not page.next:
            return exports.keep(export, (*RANKED, *criteria), rows, by=by, at=at)
        after = page.next


def _ranked_row(line: queries.ListRow, criteria: Sequence[str]) -> Sequence[str]:
    row = line.row
    given = {point.criterion: f"{point.halves / 2:g}" for point in line.points}
    return (
        "" if row.position is None else str(row.position),
        str(row.number),
        line.application.code,
        line.person.number if line.person else "",
        people.name_in(line.person, Script.LATIN) if line.person else "",
        row.outcome,
        row.verdict,
        row.reasons,
        f"{row.halves / 2:g}" if row.position is not None else "",
        *(given.get(code, "") for code in criteria),
    )
