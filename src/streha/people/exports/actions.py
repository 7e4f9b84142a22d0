"""Asking for a list, making it, fetching it, and letting it die with the permission that made it.

Lists of people are made here. Rooms above make theirs by the same steps: ``ask_for`` with a kind of their own, then
``keep`` in their job.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from streha.accounts.rules import Access, Action
from streha.audit import actions as audit
from streha.common import errors
from streha.common.codes import FieldClass
from streha.formats import tables
from streha.jobs import actions as jobs
from streha.people import models, queries, rules
from streha.people.exports.models import ExportFile

SEALED = "people.export.file"
# The right by which each kind of list is asked for and fetched.
RIGHTS: dict[str, Action] = {
    "people": Action.PERSON_EXPORT,
    "homes": Action.PROPERTY_EXPORT,
    "feedback": Action.FEEDBACK_EXPORT,
    "trainings": Action.INSTITUTION_WORK,
    "works": Action.WORKS_PLAN,
    "cases": Action.CASE_EXPORT,
    "applications": Action.SELECTION_EXPORT,
    "ranked": Action.SELECTION_EXPORT,
    "letters": Action.SELECTION_EXPORT,
    "five_w": Action.PROJECT_WORK,
    "five_w_csv": Action.PROJECT_WORK,
}
ENDINGS = {"letters": "zip", "five_w_csv": "csv"}  # everything else is a workbook
KEPT = dt.timedelta(days=7)
HEADINGS = ("number", "given", "father", "family", "birth", "precision", "sex", "lives_in", "kept_by", "household")


def ask(narrowed: queries.PersonFilter, *, purpose: str, by: Access, at: dt.datetime) -> ExportFile:
    """The list of people will be made by a job; the purpose stands in the log."""
    return ask_for("people", _query_text(narrowed), job="people.export", purpose=purpose, by=by, at=at)


@transaction.atomic
def ask_for(kind: str, query: str, *, job: str, purpose: str, by: Access, at: dt.datetime) -> ExportFile:
    """A list of some kind will be made by a job of its room; the purpose stands in the log."""
    by.require(RIGHTS[kind])
    if not rules.tidy_text(purpose):
        raise errors.BadInput(errors.message("Say what the list is for."), code="purpose_missing", field="purpose")
    export = ExportFile.objects.create(
        subject=audit.new_subject(at=at),
        kind=kind,
        asked_by_id=by.person(),
        asked_at=at,
        purpose=rules.tidy_text(purpose)[:60],
        query=query[:300],
        scopes=scopes_text(by, RIGHTS[kind]),
        expires=at + KEPT,
    )
    export.job = jobs.enqueue(job, payload={"export": export.pk}, by=by, at=at, key=f"export-{export.pk}")
    export.save()
    _record(export, "export asked", by, at)
    return export


def _query_text(narrowed: queries.PersonFilter) -> str:
    return f"{narrowed.area_id or ''}|{narrowed.sex}|{int(narrowed.ended)}|{narrowed.source}"


def _filter(text: str) -> queries.PersonFilter:
    area, sex, ended, source = text.split("|", 3)
    return queries.PersonFilter(int(area) if area else None, sex, ended == "1", source)


def scopes_text(access: Access, right: Action = Action.PERSON_EXPORT) -> str:
    """Where the right to export is held, in a stable order: the file dies when this is no longer so."""
    return ",".join(sorted(f"{scope.kind}:{scope.key}" for scope in access.scopes(right)))


def make(export_id: int, progress: jobs.Progress, *, by: Access, at: dt.datetime) -> dict[str, int]:
    """The job: the list is written with what the asker may read now, sealed, and put on disk."""
    export = ExportFile.objects.get(pk=export_id)
    if export.made_at is not None:
        return {"rows": export.rows}
    by.require(Action.PERSON_EXPORT)
    rows = []
    for person in queries.rows_for_export(by, _filter(export.query)):
        rows.append(_row(by, person))
        if len(rows) % 500 == 0:
            progress(len(rows))
    return keep(export, HEADINGS, rows, by=by, at=at)


def keep(
    export: ExportFile, headings: Sequence[str], rows: Sequence[Sequence[str]], *, by: Access, at: dt.datetime
) -> dict[str, int]:
    """The rows are a workbook, or a text where the kind says so, sealed, on disk, and ready to be fetched."""
    if ENDINGS.get(export.kind) == "csv":
        return keep_file(export, b"".join(tables.write_csv(headings, rows)), len(rows), by=by, at=at)
    return keep_file(export, tables.write_xlsx(headings, rows, sheet=export.kind), len(rows), by=by, at=at)


def keep_file(export: ExportFile, content: bytes, rows: int, *, by: Access, at: dt.datetime) -> dict[str, int]:
    """The file, of so many rows or letters, is sealed on disk and ready to be fetched."""
    path_of(export).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path_of(export).write_bytes(audit.seal(export.subject, content, context=SEALED))
    with transaction.atomic():
        ExportFile.objects.filter(pk=export.pk).update(made_at=at, rows=rows)
        _record(export, "export made", by, at, rows=rows)
    return {"rows": rows}


def path_of(export: ExportFile) -> Path:
    """Where the sealed file lies."""
    return Path(settings.MEDIA_ROOT) / "exports" / f"{export.subject.hex}.sealed"


def _row(by: Access, person: models.Person) -> tuple[str, ...]:
    classes = queries.readable(by, queries.Record.of(person))
    names = person.current_names  # type: ignore[attr-defined]
    main = next((n for n in names if n.kind == rules.NameKind.MAIN), names[0] if names else models.Name())
    homes = person.current_memberships  # type: ignore[attr-defined]
    sees_home = FieldClass.HOME_LOCATION in classes and person.home_area is not None
    return (
        person.number,
        main.given,
        main.father,
        main.family,
        person.birth_date.isoformat() if person.birth_date else "",
        person.birth_precision,
        person.sex,
        "/".join(person.home_area.labels()[::2]) if sees_home and person.home_area else "",
        "/".join(person.keeper.labels()[::2]),
        homes[0].household_number if homes else "",
    )


def fetch(export_id: int, *, by: Access, at: dt.datetime) -> tuple[str, bytes]:
    """Name and bytes of the list, for who asked and still holds the same right; otherwise it is destroyed."""
    export = ExportFile.objects.filter(pk=export_id, asked_by_id=by.user_id or 0).first()
    if export is None or export.made_at is None:
        raise errors.NotFound()
    if export.destroyed_at is None and (at >= export.expires or scopes_text(by, RIGHTS[export.kind]) != export.scopes):
        destroy(export, by=by, at=at)
    if export.destroyed_at is not None or not path_of(export).exists():
        raise errors.Gone(
            errors.message("This list is gone: its time ran out, or the right to it changed. Ask for a new one."),
            code="export_gone",
        )
    clear = audit.unseal(export.subject, path_of(export).read_bytes(), context=SEALED)
    with transaction.atomic():
        ExportFile.objects.filter(pk=export.pk).update(fetched_at=at)
        _record(export, "exported", by, at, rows=export.rows)
    return f"{export.kind}-{export}.{ENDINGS.get(export.kind, 'xlsx')}", clear


def destroy(export: ExportFile, *, by: Access, at: dt.datetime) -> None:
    """The file and its key are gone."""
    path_of(export).unlink(missing_ok=True)
    audit.destroy_subject(export.subject, by=by.actor, at=at, reason="export ended")
    export.destroyed_at = at
    export.save()


def destroy_all(*, by: Access, at: dt.datetime) -> int:
    """Every list that still exists is gone: somebody was erased who may stand in it."""
    alive = list(ExportFile.objects.filter(destroyed_at=None))
    for export in alive:
        destroy(export, by=by, at=at)
    return len(alive)


def destroy_expired(*, by: Access, at: dt.datetime) -> int:
    """Lists past their time are gone; the worker asks once an hour."""
    past = list(ExportFile.objects.filter(destroyed_at=None, expires__lte=at))
    for export in past:
        destroy(export, by=by, at=at)
    return len(past)


def _record(export: ExportFile, verb: str, by: Access, at: dt.datetime, **payload: Any) -> None:
    audit.record(
        by=by.actor,
        at=at,
        room="people",
        verb=verb,
        object_kind="export",
        object_key=str(export.pk),
        payload={"purpose": export.purpose, "query": export.query, **payload},
    )
