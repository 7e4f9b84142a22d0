"""``streha people``: brings a list of people into the register from the terminal, as the web does.

``streha people import FILE`` reads, checks and compares a list and says what it found; with ``--commit`` the rows
that nothing speaks against are taken. The same file twice changes nothing.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import secrets
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from django.utils.translation import gettext

from streha.accounts import rules as accounts
from streha.assistance.advances import actions as advances
from streha.assistance.letters import actions as letters
from streha.assistance.lists import actions as lists
from streha.assistance.projects import actions as projects
from streha.assistance.works import actions as works
from streha.cases import actions as cases
from streha.cases.feedback import actions as feedback
from streha.common import errors
from streha.dataprotection import actions as protection
from streha.homes import actions as homes
from streha.institutions import actions as institutions
from streha.jobs import actions as jobs
from streha.jobs import rules as job_rules
from streha.jobs.models import Job
from streha.people import rules as people_rules
from streha.people.duplicates import actions as duplicates
from streha.people.duplicates import queries as duplicate_queries
from streha.people.exports import actions as exports
from streha.people.imports import actions, models, queries
from streha.people.imports.rules import rows as row_rules
from streha.places import models as place_models
from streha.places import queries as places

POLL_S = 0.5
TOLD_AT_MOST = 10_000


def now() -> dt.datetime:
    """The clock of the terminal; everything beneath gets the moment as an argument."""
    return dt.datetime.now(dt.UTC)


# --- what the worker calls


def stage(payload: dict[str, Any], progress: jobs.Progress, by: accounts.Access) -> Mapping[str, Any]:
    """Read, check and compare the list of an import."""
    return actions.stage(int(payload["batch"]), progress, by=by, at=now())


def commit(payload: dict[str, Any], progress: jobs.Progress, by: accounts.Access) -> Mapping[str, Any]:
    """Take the decided rows of an import into the register."""
    return actions.commit(int(payload["batch"]), progress, by=by, at=now())


def export(payload: dict[str, Any], progress: jobs.Progress, by: accounts.Access) -> Mapping[str, Any]:
    """Make a list that somebody asked for."""
    return exports.make(int(payload["export"]), progress, by=by, at=now())


def export_homes(payload: dict[str, Any], progress: jobs.Progress, by: accounts.Access) -> Mapping[str, Any]:
    """Make a list of homes that somebody asked for."""
    return homes.make_export(int(payload["export"]), progress, by=by, at=now())


def export_feedback(payload: dict[str, Any], progress: jobs.Progress, by: accounts.Access) -> Mapping[str, Any]:
    """Make a list of feedback that somebody asked for."""
    return feedback.make_export(int(payload["export"]), progress, by=by, at=now())


def export_trainings(payload: dict[str, Any], progress: jobs.Progress, by: accounts.Access) -> Mapping[str, Any]:
    """Make a list of training that somebody asked for."""
    return institutions.make_export(int(payload["export"]), progress, by=by, at=now())


def export_works(payload: dict[str, Any], progress: jobs.Progress, by: accounts.Access) -> Mapping[str, Any]:
    """Make a list of house works that somebody asked for."""
    return works.make_export(int(payload["export"]), progress, by=by, at=now())


def export_cases(payload: dict[str, Any], progress: jobs.Progress, by: accounts.Access) -> Mapping[str, Any]:
    """Make a list of cases that somebody asked for."""
    return cases.make_export(int(payload["export"]), progress, by=by, at=now())


def export_applications(payload: dict[str, Any], progress: jobs.Progress, by: accounts.Access) -> Mapping[str, Any]:
    """Make the list of applications to a call that somebody asked for."""
    return lists.make_applications(int(payload["export"]), progress, by=by, at=now())


def export_ranked(payload: dict[str, Any], progress: jobs.Progress, by: accounts.Access) -> Mapping[str, Any]:
    """Make a ranked list to take out that somebody asked for."""
    return lists.make_ranked(int(payload["export"]), progress, by=by, at=now())


def export_letters(payload: dict[str, Any], progress: jobs.Progress, by: accounts.Access) -> Mapping[str, Any]:
    """Write the letters of a decided list."""
    return letters.make_letters(int(payload["export"]), progress, by=by, at=now())


def export_five_w(payload: dict[str, Any], progress: jobs.Progress, by: accounts.Access) -> Mapping[str, Any]:
    """Make the table of who does what where, when and for whom."""
    return projects.make_five_w(int(payload["export"]), progress, by=by, at=now())


def carry_decision(payload: dict[str, Any], progress: jobs.Progress, by: accounts.Access) -> Mapping[str, Any]:
    """Carry a decided list into the cases of its households."""
    return advances.carry(int(payload["selection"]), progress, by=by, at=now())


def retain(payload: dict[str, Any], progress: jobs.Progress, by: accounts.Access) -> Mapping[str, Any]:
    """Erase the people of an import that is past its day."""
    return protection.retain(int(payload["batch"]), progress, by=by, at=now())


def abandon(payload: dict[str, Any], progress: jobs.Progress, by: accounts.Access) -> Mapping[str, Any]:
    """Destroy what an abandoned import held."""
    return actions.forget_abandoned(int(payload["batch"]), progress, by=by, at=now())


def look_for_duplicates(_payload: dict[str, Any], progress: jobs.Progress, by: accounts.Access) -> Mapping[str, Any]:
    """Look through the register for records that may be one person."""
    return duplicates.search(progress, by=by, at=now())


WORK = {duplicates.SEARCH: look_for_duplicates, actions.STAGE: stage, actions.COMMIT: commit, actions.ABANDON: abandon}


# --- the command


@click.group(name="people")
def group() -> None:
    """Bring people into the register."""


@group.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--sheet", default="", help="The sheet to read, when there are several. Hidden ones are read when named.")
@click.option(
    "--mapping",
    multiple=True,
    help="What columns mean: HEADING=FIELD, or a CSV (heading,field) or JSON file. Others are guessed.",
)
@click.option("--source", default="", help="Who made the list.")
@click.option("--purpose", default="", help="Why it is kept.")
@click.option("--basis", type=click.Choice([str(basis) for basis in people_rules.LegalBasis]), help="Legal basis.")
@click.option("--retain-until", type=click.DateTime(["%Y-%m-%d"]), help="The day until which it may be kept.")
@click.option("--keeper", default="", help="Municipality that keeps the people; by their home when not given.")
@click.option("--commit", "takes", is_flag=True, help="Take the rows that nothing speaks against.")
@click.option(
    "--to-correct", type=click.Path(dir_okay=False, path_type=Path), help="Write bad rows here (XLSX or CSV)."
)
@click.option("--json", "as_json", is_flag=True, help="Print everything found as JSON.")
def import_(  # noqa: PLR0917 - as many as the command has options
    file: Path,
    sheet: str,
    mapping: tuple[str, ...],
    source: str,
    purpose: str,
    basis: str | None,
    retain_until: dt.datetime | None,
    keeper: str,
    takes: bool,
    to_correct: Path | None,
    as_json: bool,
) -> None:
    """Read a list (XLSX, XLS, ODS, CSV, Kobo and ODK exports), check it, and compare it with the register."""
    by = accounts.system("terminal")
    terms = actions.Terms(source, purpose, basis or "", retain_until.date() if retain_until else None)
    if takes and not (source and purpose and basis and retain_until):
        raise errors.BadInput(
            errors.message("To commit, give --source, --purpose, --basis and --retain-until: nothing is kept without.")
        )
    batch = actions.bring(
        file.read_bytes(), name=file.name, keeper_id=_keeper(keeper), terms=terms, by=by, at=now(), sheet=sheet
    )
    if mapping:
        actions.map_columns(batch.pk, _mapping(mapping), by=by, at=now())
    if batch.state == models.BatchState.MAPPING or mapping:
        actions.start_staging(batch.pk, by=by, at=now())
        _run(batch.pk, by, shows=not as_json)
    if takes:
        _take(batch.pk, by, shows=not as_json)
    found = report(batch.pk, by)
    if to_correct is not None:
        _write_to_correct(batch.pk, to_correct)
    click.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else _in_words(found))


def _keeper(text: str) -> int:
    """The area that keeps what is imported: as named, or the country of the office."""
    if text:
        found = places.resolve(text, kinds={"municipality"})
        if found.area_id is None:
            raise errors.BadInput(
                errors.message("“{value}” is not one municipality. Write its name as on a map."), value=text
            )
        return found.area_id
    country = place_models.Area.objects.filter(kind=place_models.Area.Kind.COUNTRY).order_by("pk").first()
    if country is None:
        raise errors.Unavailable(
            errors.message("No places are loaded. Load the country's areas first: streha places load-areas FILE.")
        )
    return country.pk


def _mapping(given: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in given:
        path = Path(one)
        if path.suffix.lower() in {".csv", ".json"} and path.is_file():
            found |= _mapping_file(path)
            continue
        heading, mark, field = one.rpartition("=")
        if not mark:
            raise errors.BadInput(
                errors.message("“{value}” is no mapping. Write HEADING=FIELD, or name a CSV or JSON file."), value=one
            )
        found[heading.strip()] = field.strip()
    return found


def _mapping_file(path: Path) -> dict[str, str]:
    text = path.read_text(encoding="utf-8-sig")
    try:
        if path.suffix.lower() == ".json":
            return {str(heading): str(field) for heading, field in json.loads(text).items()}
        return {row["heading"]: row["field"] for row in csv.DictReader(text.splitlines())}
    except (ValueError, KeyError, AttributeError):
        raise errors.BadInput(
            errors.message(
                "“{value}” is no mapping file. A CSV has the columns heading and field; JSON is one object."
            ),
            value=path.name,
        )


class _Shown(jobs.Progress):
    """Progress that also draws a bar on a terminal."""

    label = ""

    def __call__(self, done: int, total: int | None = None, *, memo: Mapping[str, Any] | None = None) -> None:
        super().__call__(done, total, memo=memo)
        if sys.stderr.isatty() and total:
            pace = job_rules.pace(done=done, total=total, started_at=self.job.started_at, at=now())
            left = f" · {pace.seconds_left:.0f} s left" if pace.seconds_left else ""
            click.echo(f"\r{self.label} {done:,} of {total:,}{left}      ", nl=False, err=True)


def _run(batch_id: int, by: accounts.Access, *, shows: bool) -> None:
    """Do the batch's job here, or wait for the worker that was faster."""
    _do(models.ImportBatch.objects.values_list("job_id", flat=True).get(pk=batch_id), by, shows=shows)


def _do(job_id: int | None, by: accounts.Access, *, shows: bool) -> None:
    """Do a job here, or wait for the worker that was faster."""
    worker = f"terminal-{os.getpid()}-{secrets.token_hex(4)}"
    job = jobs.claim(worker=worker, at=now(), only=job_id)
    if job is None:
        _wait(job_id)
        return
    progress = _Shown(job, clock=now) if shows else jobs.Progress(job, clock=now)
    if isinstance(progress, _Shown):
        progress.label = job.kind
    try:
        result = WORK[job.kind](dict(job.payload), progress, by)
    except BaseException as error:
        jobs.fail(job, error, at=now())
        raise
    jobs.finish(job, at=now(), result=result)
    if shows and sys.stderr.isatty():
        click.echo("", err=True)


def _wait(job_id: int | None) -> None:
    while True:
        job = Job.objects.get(pk=job_id or 0)
        if not job.is_open:
            break
        time.sleep(POLL_S)
    told = job.error()
    if told is not None and job.state != job_rules.State.DONE:
        raise errors.Unavailable(told[1], code=told[0], **told[2])


def _take(batch_id: int, by: accounts.Access, *, shows: bool) -> None:
    """Decide the plain rows as new and take them; a list without any stays in review."""
    if queries.visible_batch(by, batch_id).state != models.BatchState.REVIEW:
        return
    decided = actions.decide_many(
        batch_id, queries.RowFilter(kind="plain", decision="none"), models.Decision.NEW, by=by, at=now()
    )
    if decided:
        actions.start_commit(batch_id, by=by, at=now())
        _run(batch_id, by, shows=shows)


@group.command(name="duplicates")
@click.option("--labels", type=click.Path(dir_okay=False, path_type=Path), help="Write what was decided here (CSV).")
def look(labels: Path | None) -> None:
    """Look through the register for records that may be one person; pairs wait for a decision in the office.

    With --labels nothing is looked for: every final decision is written with how the fields agree, without a name or
    a number, for the weights to be learnt from.
    """
    by = accounts.system("terminal")
    if labels is not None:
        click.echo(f"{_write_labels(labels):,} decisions in {labels}")
        return
    job = duplicates.start_search(by=by, at=now())
    _do(job.pk, by, shows=True)
    found = Job.objects.get(pk=job.pk).result or {}
    click.echo(f"{found.get('pairs', 0):,} pairs wait, or were decided before.")


def _write_labels(path: Path) -> int:
    """The decisions as a table; returns how many."""
    number = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("verdict", "decided_on", "probability", *duplicate_queries.LABEL_COLUMNS))
        for label in duplicate_queries.labels():
            writer.writerow((label.verdict, label.decided_on.isoformat(), f"{label.probability:.6f}", *label.levels))
            number += 1
    return number


# --- what is told


def report(batch_id: int, by: accounts.Access) -> dict[str, Any]:
    """Everything found in an import: counts, rejected rows by column, duplicates, households."""
    batch = queries.visible_batch(by, batch_id)
    rejected, warnings = _problems(batch)
    duplicates = _duplicates(batch, by)
    doubled = {duplicate["row"] for duplicate in duplicates}
    bad = {problem["row"] for problem in rejected}
    households = batch.records.exclude(household_key="").values("household_key").distinct().count()
    without_head = models.StagedProblem.objects.filter(batch=batch, code="household_without_head").count()
    return {
        "import": batch.number,
        "file": batch.file_name,
        "sheet": batch.sheet,
        "state": batch.state,
        "mapping": dict(queries.mapping_of(batch)),
        "rows": batch.rows,
        "known": batch.known_rows,
        "accepted": batch.staged_rows - len(bad | doubled),
        "committed": batch.committed_rows,
        "rejected": rejected,
        "warnings": warnings,
        "duplicates": duplicates,
        "households": {"found": households, "opened": batch.households, "without_head": without_head},
        "remarks": [{"code": remark.code, "row": remark.row} for remark in batch.remarks.all()],
    }


def _problems(batch: models.ImportBatch) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    rejected: list[dict[str, Any]] = []
    warnings: list[dict[str, Any]] = []
    found = batch.records.exclude(state=models.RowState.GOOD).order_by("number")[:TOLD_AT_MOST]
    records = list(found)
    for start in range(0, len(records), queries.FILE_PIECE):
        for record in records[start : start + queries.FILE_PIECE]:
            reading = queries.opened_reading(record)
            for problem in reading.problems if reading else ():
                told = {
                    "row": record.number,
                    "column": problem.column,
                    "code": problem.code,
                    "message": say(problem),
                }
                (warnings if problem.is_warning else rejected).append(told)
    return rejected, warnings


def say(problem: row_rules.Problem) -> str:
    """A problem in the office's language."""
    return gettext(problem.template).format(**problem.details())


def _duplicates(batch: models.ImportBatch, by: accounts.Access) -> list[dict[str, Any]]:
    found = [
        {"row": number, "of_row": twin, "of_person": None, "why": "same_file"}
        for number, twin in batch.records.filter(twin_of__gt=0).order_by("number").values_list("number", "twin_of")
    ]
    with_candidates = queries.rows_under_review(by, batch, queries.RowFilter(kind="candidates")).order_by("number")
    for record in with_candidates[:TOLD_AT_MOST]:
        found += [
            {"row": record.number, "of_row": None, "of_person": c.person.number, "why": c.why}
            for c in queries.opened(by, [record])[0].candidates
        ]
    return found


def _in_words(found: Mapping[str, Any]) -> str:
    lines = [
        f"{found['import']}: {found['file']}, {found['sheet']}",
        f"  rows {found['rows']}, known before {found['known']}, accepted {found['accepted']}, "
        f"rejected {len({p['row'] for p in found['rejected']})}, duplicates {len(found['duplicates'])}, "
        f"households {found['households']['found']}, committed {found['committed']}",
    ]
    lines += [f"  row {p['row']}, {p['column']}: {p['message']}" for p in found["rejected"][:20]]
    if len(found["rejected"]) > 20:
        lines.append(f"  … and {len(found['rejected']) - 20} more; --json names all, --to-correct writes the rows")
    return "\n".join(lines)


def _write_to_correct(batch_id: int, path: Path) -> None:
    from streha.formats import tables

    batch = models.ImportBatch.objects.get(pk=batch_id)
    headings, lines = correction(batch)
    if path.suffix.lower() == ".csv":
        path.write_bytes(b"".join(tables.write_csv(headings, lines)))
    else:
        path.write_bytes(tables.write_xlsx(headings, lines, sheet=batch.sheet))


def correction(batch: models.ImportBatch) -> tuple[list[str], list[list[str]]]:
    """Headings and rows of the file to correct: the columns as they came, then what is wrong."""
    headings = [heading for heading, _ in queries.mapping_of(batch)]
    lines = []
    for record, reading in queries.rows_to_correct(batch):
        wrong = "; ".join(f"{p.column}: {say(p)}" if p.column else say(p) for p in reading.problems if not p.is_warning)
        lines.append([*reading.raw, str(record.number), wrong])
    return [*headings, queries.ROW_IN_FIRST_FILE, queries.WHAT_IS_WRONG], lines
