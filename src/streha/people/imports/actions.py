"""What happens to a list that was brought: mapped, staged, decided, committed or abandoned.

Staging and committing run as jobs in pieces of at most 500 rows, each piece one transaction with the job's own sign
of progress in it: a worker killed anywhere loses nothing and doubles nothing, for the next one goes on where the last
commit ended. Who brings does not decide.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.audit import actions as audit
from streha.audit import bridge as audit_bridge
from streha.audit import rules as audit_rules
from streha.common import errors
from streha.formats import tables
from streha.jobs import actions as jobs
from streha.people import actions as people_actions
from streha.people import models as people
from streha.people import queries as people_queries
from streha.people import rules as people_rules
from streha.people.imports import bridge, models, queries
from streha.people.imports.models import BatchState, Decision, ImportBatch, RowState, StagedRecord
from streha.people.imports.rules import columns, rows
from streha.places.models import Area

PIECE = 500
STAGE, COMMIT, ABANDON = "imports.stage", "imports.commit", "imports.abandon"
ROOM = "people"
NAMESAKES = 20

WRONG_STATE = errors.message("{number} is {state}; this can only be done while it is {wanted}.")
PURPOSE_MISSING = errors.message(
    "{number} has no source, purpose, legal basis or retention date. Give all four before anything is committed."
)
RETENTION_PAST = errors.message("{value} has passed. The date until which the list may be kept lies in the future.")
OWN_IMPORT = errors.message("You brought this list yourself. Somebody else decides about it.")
BAD_ROW_STAYS = errors.message("Row {row} has a mistake and cannot be taken. Correct it in the file, or skip it.")
NOT_A_CANDIDATE = errors.message("Row {row} cannot be joined to {number}: that person is not among its candidates.")


@dataclass(frozen=True)
class Terms:
    """Why a list may be kept: asked once, before anything is committed."""

    source: str = ""
    purpose: str = ""
    basis: str = ""
    retain_until: dt.date | None = None


# --- bringing -------------------------------------------------------------------------------------------------------


def bring(
    data: bytes, *, name: str, keeper_id: int, terms: Terms, by: Access, at: dt.datetime, sheet: str = ""
) -> ImportBatch:
    """The file is kept, sealed, with its columns guessed; nothing of it is in the register.

    A file that waits already for the same area is that import again, with the terms it lacked.
    Raises BadInput for a file that is no list (see ``formats.tables``), Refused for a keeper out of scope.
    """
    by.require(Action.IMPORT_BRING)
    _require_scope(by, Action.IMPORT_BRING, keeper_id)
    _check_terms(terms, at)
    book = queries.open_file(data, name)
    chosen = sheet or queries.first_sheet(book)
    table = queries.table_of(book, chosen)
    mark = hashlib.sha256(data).hexdigest()
    waiting = _brought_before(mark, chosen, keeper_id, by)
    if waiting is not None:
        return set_terms(waiting.pk, terms, by=by, at=at) if waiting.lacks_purpose else waiting
    guesses = queries.guesses(table)
    with transaction.atomic():
        subject = audit.new_subject(at=at)
        batch = ImportBatch(
            subject=subject,
            file_name=book.name[:120],
            file_kind=book.kind,
            file_size=len(data),
            file_mark=mark,
            source=terms.source[:120],
            purpose=terms.purpose[:60],
            basis=terms.basis,
            retain_until=terms.retain_until,
            keeper_id=keeper_id,
            registered_by_id=by.user_id,
            registered_at=at,
            is_fictional=settings.DEMO,
        )
        batch.save()
        models.ImportFile.objects.create(batch=batch, sealed=audit.seal(subject, data, context=models.SEALED_FILE))
        _keep_columns(batch, table, guesses)
        _record(batch, "import brought", by, at, {"kind": book.kind, "size": len(data), "rows": len(table.rows)})
    return batch


def _brought_before(mark: str, sheet: str, keeper_id: int, by: Access) -> ImportBatch | None:
    """The same sheet of the same file, still waiting to be mapped or decided in the same area."""
    waiting = ImportBatch.objects.visible_to(by, Action.IMPORT_BRING).filter(
        file_mark=mark, sheet=sheet[:120], keeper_id=keeper_id, state__in=[BatchState.MAPPING, BatchState.REVIEW]
    )
    return waiting.order_by("-pk").first()


def _check_terms(terms: Terms, at: dt.datetime) -> None:
    if terms.basis and terms.basis not in [str(basis) for basis in people_rules.LegalBasis]:
        raise errors.BadInput(
            errors.message("“{value}” is no legal basis. Choose one of: {known}."),
            code="basis_unknown",
            field="basis",
            value=terms.basis,
            known=", ".join(people_rules.LegalBasis),
        )
    if terms.retain_until is not None and terms.retain_until <= at.date():
        raise errors.BadInput(
            RETENTION_PAST,
            code="retention_past",
            field="retain_until",
            value=terms.retain_until.strftime("%d.%m.%Y"),
        )


def _require_scope(by: Access, action: Action, keeper_id: int) -> None:
    record = people_queries.Record(keeper_id=keeper_id, organisation_id=None, registered_by_id=by.user_id, subject="")
    if not people_queries.carries(by, action, record):
        raise errors.Refused(
            errors.message("This area lies outside the one you work for. Choose an area of yours."),
            code="outside_scope",
        )


def _keep_columns(batch: ImportBatch, table: tables.Table, guesses: Sequence[columns.Guess]) -> None:
    batch.sheet = table.sheet[:120]
    batch.rows = len(table.rows)
    batch.signature = columns.signature(table.headings)
    batch.save(update_fields=["sheet", "rows", "signature"])
    batch.columns.all().delete()
    batch.remarks.all().delete()
    models.ImportColumn.objects.bulk_create(
        models.ImportColumn(
            batch=batch,
            position=at,
            heading=guess.heading[:200],
            field=guess.field,
            confidence=guess.confidence,
            why=guess.why,
        )
        for at, guess in enumerate(guesses)
    )
    models.ImportRemark.objects.bulk_create(
        models.ImportRemark(batch=batch, code=remark.code, row=remark.row) for remark in table.remarks[:200]
    )


def choose_sheet(batch_id: int, sheet: str, *, by: Access, at: dt.datetime) -> ImportBatch:
    """The batch is about another sheet of its file, its columns guessed anew."""
    batch = _batch(batch_id, by, Action.IMPORT_BRING, {BatchState.MAPPING})
    book = queries.open_file(queries.file_of(batch), batch.file_name)
    table = queries.table_of(book, sheet)
    guesses = queries.guesses(table)
    with transaction.atomic():
        _keep_columns(batch, table, guesses)
        _record(batch, "sheet chosen", by, at, {"rows": len(table.rows)})
    return batch


@transaction.atomic
def set_terms(batch_id: int, terms: Terms, *, by: Access, at: dt.datetime) -> ImportBatch:
    """The batch carries source, purpose, legal basis and retention date."""
    batch = _batch(batch_id, by, Action.IMPORT_BRING, {BatchState.MAPPING, BatchState.REVIEW})
    _check_terms(terms, at)
    batch.source, batch.purpose = terms.source[:120], terms.purpose[:60]
    batch.basis, batch.retain_until = terms.basis, terms.retain_until
    batch.save(update_fields=["source", "purpose", "basis", "retain_until"])
    _record(batch, "import terms given", by, at, {"basis": terms.basis})
    return batch


@transaction.atomic
def map_columns(batch_id: int, mapping: Mapping[str, str], *, by: Access, at: dt.datetime) -> ImportBatch:
    """Each named column means what is said; the mapping is remembered for lists with the same headings.

    ``mapping`` is heading to field; headings not named keep their meaning. Raises BadInput for an impossible mapping.
    """
    batch = _batch(batch_id, by, Action.IMPORT_BRING, {BatchState.MAPPING, BatchState.REVIEW})
    known = {column.heading: column for column in batch.columns.all()}
    for heading, name in columns.given_by_hand(list(known), mapping).items():
        column = known[heading]
        if column.field != name:
            column.field, column.why, column.confidence = name, "chosen", 1.0
    checked = columns.check([(column.heading, column.field) for column in known.values()])
    models.ImportColumn.objects.bulk_update(known.values(), ["field", "why", "confidence"])
    models.RememberedColumn.objects.filter(signature=batch.signature).delete()
    models.RememberedColumn.objects.bulk_create(
        [
            models.RememberedColumn(signature=batch.signature, heading_key=key, field=name, used_at=at)
            for key, name in {columns.heading_key(heading)[:200]: name for heading, name in checked}.items()
        ]
    )
    _record(batch, "columns mapped", by, at, {"fields": sorted({name for _, name in checked})})
    return batch


@transaction.atomic
def start_staging(batch_id: int, *, by: Access, at: dt.datetime) -> ImportBatch:
    """The list waits to be read and checked; rows staged under an earlier mapping are read again."""
    batch = _batch(batch_id, by, Action.IMPORT_BRING, {BatchState.MAPPING, BatchState.REVIEW})
    columns.check(queries.mapping_of(batch))
    if batch.records.filter(Q(is_done=True) | ~Q(decision="")).exists():
        raise errors.Conflict(
            errors.message("Rows of {number} were already decided. Bring the file again to read it anew."),
            code="already_decided",
            number=batch.number,
        )
    _forget_rows(batch, by, at, islice(batch.records.values_list("pk", "subject"), None))
    _to_state(batch, BatchState.STAGING)
    ImportBatch.objects.filter(pk=batch.pk).update(read_rows=0, staged_rows=0, known_rows=0)
    batch.job = jobs.enqueue(STAGE, payload={"batch": batch.pk}, by=by, at=at)
    batch.save(update_fields=["job"])
    _record(batch, "staging begun", by, at, {"rows": batch.rows})
    return batch


def _to_state(batch: ImportBatch, state: BatchState) -> None:
    batch.state = state
    batch.save(update_fields=["state"])


def _batch(batch_id: int, by: Access, action: Action, wanted: Iterable[BatchState]) -> ImportBatch:
    """The batch, if the writer may do this to it and it is where it must be."""
    by.require(action)
    batch = queries.visible_batch(by, batch_id, action)
    if batch.state not in set(wanted):
        raise errors.Conflict(
            WRONG_STATE,
            code="import_state",
            number=batch.number,
            state=batch.state,
            wanted=" / ".join(sorted(wanted)),
        )
    return batch


def _record(batch: ImportBatch, verb: str, by: Access, at: dt.datetime, payload: dict[str, Any]) -> None:
    audit.record(by=by.actor, at=at, room=ROOM, verb=verb, object_kind="import", object_key=batch.pk, payload=payload)


# --- staging --------------------------------------------------------------------------------------------------------


@wall.beyond("a list is compared with everybody")
def stage(batch_id: int, progress: jobs.Progress, *, by: Access, at: dt.datetime) -> dict[str, int]:
    """Every row of the list is staged: read, checked, compared with the list and the register; the batch is in review.

    Rows that an earlier batch of the same area already holds are counted and left out. Called again after a crash,
    it goes on behind the last piece that was committed.
    """
    batch = ImportBatch.objects.get(pk=batch_id)
    if batch.state != BatchState.STAGING:
        return _counts(batch)
    book = queries.open_file(queries.file_of(batch), batch.file_name)
    table = queries.table_of(book, batch.sheet)
    del book
    mapping = columns.check(queries.mapping_of(batch))
    plan = rows.plan(mapping, table.rows)
    context = queries.context_of(batch, today=at.date(), region=settings.PHONE_REGION)
    total = len(table.rows)
    progress(batch.read_rows, total)
    readings = _read_all(table, plan, context, progress, batch.read_rows)
    fingerprints = _fingerprints(batch, table)
    rows.compare(readings, {kind: heading for _, heading, kind in plan.columns})
    found = bridge.weigh(readings, _keepers(batch), lambda: progress(batch.read_rows, total))
    for place, earlier in found.twins.items():
        readings[place].twin_of = readings[place].twin_of or readings[earlier].number
    while batch.read_rows < total:
        piece = slice(batch.read_rows, batch.read_rows + PIECE)
        told = [found.candidates.get(place, ()) for place in range(*piece.indices(total))]
        with transaction.atomic():
            _stage_piece(batch, readings[piece], fingerprints[piece], told, at)
            batch.read_rows += len(readings[piece])
            ImportBatch.objects.filter(pk=batch.pk).update(
                read_rows=batch.read_rows, staged_rows=batch.staged_rows, known_rows=batch.known_rows
            )
            progress(batch.read_rows, total)
    with transaction.atomic():
        _finish_staging(batch, by, at)
        progress(total, total)
    return _counts(batch)


def _read_all(
    table: tables.Table, plan: rows.Plan, context: rows.Context, progress: jobs.Progress, done: int
) -> list[rows.Reading]:
    readings: list[rows.Reading] = []
    for reading in rows.read(table.rows, plan, context):
        readings.append(reading)
        if len(readings) % 2_000 == 0:
            progress(done)
    return readings


def _fingerprints(batch: ImportBatch, table: tables.Table) -> list[str]:
    """One mark per row that the same row has in any file of the same area; equal rows of one file are told apart."""
    keys = [columns.heading_key(heading) for heading in table.headings]
    order = sorted(range(len(keys)), key=lambda at: (keys[at], at))
    times: dict[str, int] = defaultdict(int)
    found = []
    for _, cells in table.rows:
        content = "\x1f".join(f"{keys[at]}={cells[at].strip()}" for at in order if cells[at].strip())
        times[content] += 1
        found.append(audit.blind_index("import.row", f"{batch.keeper_id}\x1e{times[content]}\x1e{content}"))
    return found


def _stage_piece(
    batch: ImportBatch,
    piece: Sequence[rows.Reading],
    marks: Sequence[str],
    candidates: Sequence[Sequence[bridge.Candidate]],
    at: dt.datetime,
) -> None:
    elsewhere = StagedRecord.objects.filter(fingerprint__in=marks).exclude(batch=batch)
    known = set(elsewhere.exclude(decision=Decision.LATER, is_done=True).values_list("fingerprint", flat=True))
    told = zip(piece, marks, candidates, strict=True)
    fresh = [(reading, mark, alike) for reading, mark, alike in told if mark not in known]
    batch.known_rows += len(piece) - len(fresh)
    if not fresh:
        return
    subjects = audit.new_subjects(len(fresh), at=at)
    sealed = audit.seal_many(
        [(subject, reading.dump()) for subject, (reading, _, _) in zip(subjects, fresh, strict=True)],
        context=models.SEALED_ROW,
    )
    # One prepared statement: a row of many columns by the hundred thousand is what an import is.
    audit_bridge.insert_rows(
        StagedRecord,
        _ROW_FIELDS,
        [
            (
                batch.pk,
                reading.number,
                mark,
                subject,
                token,
                _state_of(reading),
                reading.twin_of,
                _household_key(batch, reading.household),
                "",
                False,
            )
            for (reading, mark, _), subject, token in zip(fresh, subjects, sealed, strict=True)
        ],
    )
    readings = [reading for reading, _, _ in fresh]
    staged = batch.records.filter(number__in=[reading.number for reading in readings])
    by_number = dict(staged.values_list("number", "pk"))
    ids = [by_number[reading.number] for reading in readings]
    _keep_problems(batch, ids, readings)
    _keep_candidates(ids, [alike for _, _, alike in fresh])
    batch.staged_rows += len(fresh)


_ROW_FIELDS = (
    "batch_id", "number", "fingerprint", "subject", "sealed", "state", "twin_of", "household_key", "decision",
    "is_done",
)  # fmt: skip


def _state_of(reading: rows.Reading) -> RowState:
    if reading.is_bad:
        return RowState.BAD
    return RowState.WARNED if reading.problems else RowState.GOOD


def _household_key(batch: ImportBatch, reference: str) -> str:
    """What rows of one household share, in this list and the next from the same source; empty without a reference."""
    if not reference:
        return ""
    folded = re.sub(r"\s+", "", reference).upper()
    origin = batch.source or batch.signature
    return audit.blind_index("import.household", f"{batch.keeper_id}\x1e{origin}\x1e{folded}")


def _keep_problems(batch: ImportBatch, ids: Sequence[int], readings: Sequence[rows.Reading]) -> None:
    models.StagedProblem.objects.bulk_create(
        [
            models.StagedProblem(
                batch=batch,
                record_id=pk,
                code=problem.code[:40],
                column=problem.column[:200],
                is_warning=problem.is_warning,
            )
            for pk, reading in zip(ids, readings, strict=True)
            for problem in reading.problems
        ],
        batch_size=PIECE,
    )


def _finish_staging(batch: ImportBatch, by: Access, at: dt.datetime) -> None:
    found = models.StagedRecord.objects.filter(batch=batch)
    ImportBatch.objects.filter(pk=batch.pk).update(
        state=BatchState.REVIEW,
        good_rows=found.filter(state=RowState.GOOD).count(),
        warned_rows=found.filter(state=RowState.WARNED).count(),
        bad_rows=found.filter(state=RowState.BAD).count(),
        twin_rows=found.filter(twin_of__gt=0).count(),
    )
    batch.refresh_from_db()
    if not batch.staged_rows:
        # Every row is known: there is nothing to review, and no reason to keep the file.
        models.ImportFile.objects.filter(pk=batch.pk).delete()
        batch.state, batch.finished_at = BatchState.ABANDONED, at
        batch.save(update_fields=["state", "finished_at"])
    _record(batch, "import staged", by, at, _counts(batch))


def _counts(batch: ImportBatch) -> dict[str, int]:
    return {
        "rows": batch.rows,
        "staged": batch.staged_rows,
        "known": batch.known_rows,
        "good": batch.good_rows,
        "warned": batch.warned_rows,
        "bad": batch.bad_rows,
        "twins": batch.twin_rows,
    }


# --- who in the register may be meant -------------------------------------------------------------------------------


def _keep_candidates(ids: Sequence[int], candidates: Sequence[Sequence[bridge.Candidate]]) -> None:
    """Each staged row with whoever may be meant, the likeliest first."""
    models.StagedCandidate.objects.bulk_create(
        [
            models.StagedCandidate(record_id=record_id, person_id=one.person_id, why=one.why)
            for record_id, of_row in zip(ids, candidates, strict=True)
            for one in of_row[:NAMESAKES]
        ],
        batch_size=PIECE,
    )


# --- deciding -------------------------------------------------------------------------------------------------------


def decide(
    batch_id: int, number: int, decision: Decision, *, by: Access, at: dt.datetime, into: int | None = None
) -> StagedRecord:
    """The row carries the decision; undecided again with an empty one. ``into`` is the person a row is joined to."""
    batch = _to_decide(batch_id, by)
    with transaction.atomic():
        record = batch.records.select_for_update().filter(number=number, is_done=False).first()
        if record is None:
            raise errors.NotFound(errors.message("{batch} has no open row {row}."), batch=batch.number, row=number)
        if record.state == RowState.BAD and decision in (Decision.NEW, Decision.MERGE):
            raise errors.BadInput(BAD_ROW_STAYS, code="bad_row", row=number)
        record.into_id = _checked_target(record, decision, into, by)
        record.decision, record.decided_by_id, record.decided_at = decision, by.user_id, at if decision else None
        record.save(update_fields=["decision", "decided_by", "decided_at", "into"])
        audit.record(
            by=by.actor,
            at=at,
            room=ROOM,
            verb="row decided",
            object_kind="import",
            object_key=batch.pk,
            subject=record.subject,
            payload={"row": number, "decision": str(decision), "into": record.into_id},
        )
    return record


def _checked_target(record: StagedRecord, decision: Decision, into: int | None, by: Access) -> int | None:
    if decision != Decision.MERGE:
        return None
    shown = queries.opened(by, [record])[0].candidates
    kept = people_queries.answering([into or 0])[into or 0]
    if kept not in {candidate.person.pk for candidate in shown}:
        number = people_rules.person_number(into or 0)
        raise errors.BadInput(NOT_A_CANDIDATE, code="not_a_candidate", row=record.number, number=number)
    return kept


def decide_many(batch_id: int, narrowed: queries.RowFilter, decision: Decision, *, by: Access, at: dt.datetime) -> int:
    """Every open, undecided row that the filter names carries the decision; rows with mistakes are never taken as new.

    Returns how many. Joining to a person is decided row by row.
    """
    batch = _to_decide(batch_id, by)
    if decision == Decision.MERGE:
        raise errors.BadInput(errors.message("Joining to a person is decided row by row."), code="merge_one_by_one")
    found = queries.rows_under_review(by, batch, narrowed).filter(is_done=False, decision="")
    if decision == Decision.NEW:
        found = found.exclude(state=RowState.BAD)
    numbers = list(found.order_by("number").values_list("pk", flat=True))
    decided = 0
    for start in range(0, len(numbers), PIECE):
        piece = StagedRecord.objects.filter(pk__in=numbers[start : start + PIECE], is_done=False, decision="")
        decided += piece.update(decision=decision, decided_by_id=by.user_id, decided_at=at)
    _record(batch, "rows decided", by, at, {"decision": str(decision), "rows": decided})
    return decided


def _to_decide(batch_id: int, by: Access) -> ImportBatch:
    batch = _batch(batch_id, by, Action.IMPORT_DECIDE, {BatchState.REVIEW})
    if by.user_id is not None and batch.registered_by_id == by.user_id:
        raise errors.Refused(OWN_IMPORT, code="own_import")
    return batch


# --- committing -----------------------------------------------------------------------------------------------------


@transaction.atomic
def start_commit(batch_id: int, *, by: Access, at: dt.datetime) -> ImportBatch:
    """The decided rows wait to be taken into the register. Raises BadInput while the purpose is not known."""
    batch = _to_decide(batch_id, by)
    if batch.lacks_purpose:
        raise errors.BadInput(PURPOSE_MISSING, code="purpose_missing", number=batch.number)
    if not batch.records.filter(is_done=False).exclude(decision="").exists():
        raise errors.BadInput(
            errors.message("No row of {number} is decided yet. Decide rows first."),
            code="nothing_decided",
            number=batch.number,
        )
    _to_state(batch, BatchState.COMMITTING)
    batch.job = jobs.enqueue(COMMIT, payload={"batch": batch.pk}, by=by, at=at)
    batch.decided_by_id = by.user_id
    batch.save(update_fields=["job", "decided_by"])
    _record(batch, "commit begun", by, at, {})
    return batch


@wall.beyond("a list is taken in")
def commit(batch_id: int, progress: jobs.Progress, *, by: Access, at: dt.datetime) -> dict[str, int]:
    """Every decided row has become a person, facts of a person, or nothing; the batch is closed when no row is open."""
    batch = ImportBatch.objects.get(pk=batch_id)
    if batch.state != BatchState.COMMITTING:
        return _results(batch)
    by.require(Action.IMPORT_DECIDE)
    waiting = batch.records.filter(is_done=False).exclude(decision__in=["", Decision.LATER])
    total = batch.records.exclude(decision__in=["", Decision.LATER]).count()
    keepers = _keepers(batch)
    while True:
        try:
            with transaction.atomic():
                piece = list(waiting.select_for_update(of=("self",)).order_by("number")[:PIECE])
                if not piece:
                    break
                _commit_piece(batch, piece, keepers, by, at)
                progress(total - waiting.count(), total)
        except errors.BadInput as wrong:
            _keep_back(batch, piece, wrong)
    with transaction.atomic():
        _close(batch, by, at)
        progress(total, total)
    return _results(batch)


def _results(batch: ImportBatch) -> dict[str, int]:
    return {
        "committed": batch.committed_rows,
        "merged": batch.merged_rows,
        "skipped": batch.skipped_rows,
        "households": batch.households,
    }


def _keepers(batch: ImportBatch) -> Callable[[int | None], int]:
    """Which area keeps a person: the batch's municipality, or, for a wider batch, the municipality of their home."""
    kinds = dict(Area.objects.exclude(kind=Area.Kind.SETTLEMENT).values_list("pk", "kind"))
    if kinds.get(batch.keeper_id, Area.Kind.MUNICIPALITY) == Area.Kind.MUNICIPALITY:
        return lambda _home: batch.keeper_id
    paths = dict(Area.objects.values_list("pk", "path"))

    def keeper(home: int | None) -> int:
        from streha.places import rules as place_rules

        line = place_rules.path_ids(paths.get(home) or "") if home else ()
        if batch.keeper_id not in line:
            return batch.keeper_id
        return next((pk for pk in line if kinds.get(pk) == Area.Kind.MUNICIPALITY), batch.keeper_id)

    return keeper


def _commit_piece(
    batch: ImportBatch,
    piece: Sequence[StagedRecord],
    keeper_of: Callable[[int | None], int],
    by: Access,
    at: dt.datetime,
) -> None:
    clear = queries.clear_rows(piece)
    readings = {r.pk: rows.load(text) for r, text in zip(piece, clear, strict=True) if text is not None}
    new = [r for r in piece if r.decision == Decision.NEW and r.pk in readings]
    merged = [r for r in piece if r.decision == Decision.MERGE and r.pk in readings and r.into_id]
    drafts = [
        readings[r.pk].draft(keeper_id=keeper_of(readings[r.pk].home_area), is_fictional=batch.is_fictional)
        for r in new
    ]
    origin = people_actions.Origin(
        source=f"import:{batch.pk}", lane=audit_rules.BATCH, organisation_id=batch.organisation_id
    )
    persons = people_actions.register_many(
        drafts, by=by, at=at, origin=origin, subjects=[r.subject for r in new], action=Action.IMPORT_DECIDE
    )
    for record, person in zip(new, persons, strict=True):
        record.person = person
    _join(batch, merged, readings, by, at)
    opened = _house([*new, *merged], readings, batch, keeper_of, origin, by, at)
    for record in piece:
        record.is_done = True
    StagedRecord.objects.bulk_update(piece, ["person", "household", "is_done"], batch_size=PIECE)
    _note_unseen(new, by, at)
    ImportBatch.objects.filter(pk=batch.pk).update(
        committed_rows=F("committed_rows") + len(new),
        merged_rows=F("merged_rows") + len(merged),
        skipped_rows=F("skipped_rows") + len(piece) - len(new) - len(merged),
        households=F("households") + opened,
    )


def _join(
    batch: ImportBatch,
    merged: Sequence[StagedRecord],
    readings: Mapping[int, rows.Reading],
    by: Access,
    at: dt.datetime,
) -> None:
    """What the rows add to the persons they are joined to: a way of writing the name, documents, contacts."""
    kept = people_queries.answering(record.into_id or 0 for record in merged)
    for record in merged:
        reading = readings[record.pk]
        seen = people.Person.objects.visible_to(by, Action.IMPORT_DECIDE)
        person = seen.filter(pk=kept[record.into_id or 0]).first()
        if person is None:
            raise errors.NotFound()
        draft = reading.draft(keeper_id=person.keeper_id, is_fictional=person.is_fictional)
        people_actions.add_facts(person, draft, by=by, at=at, reason=f"{batch.number}, row {record.number}")
        record.person = person


def _house(  # noqa: PLR0917
    records: Sequence[StagedRecord],
    readings: Mapping[int, rows.Reading],
    batch: ImportBatch,
    keeper_of: Callable[[int | None], int],
    origin: people_actions.Origin,
    by: Access,
    at: dt.datetime,
) -> int:
    """Members of one household in the list live in one household of the register; returns how many were opened."""
    groups: dict[str, list[StagedRecord]] = defaultdict(list)
    for record in _without_household(records):
        if record.household_key:
            groups[record.household_key].append(record)
    earlier = _living_households(groups)
    drafts, opened = [], []
    for key, group in groups.items():
        if key in earlier:
            _move_in(earlier[key], group, readings, by, at)
            continue
        opened.append(group)
        drafts.append(_household_draft(group, readings, batch, keeper_of))
    households = people_actions.open_households(drafts, by=by, at=at, origin=origin, action=Action.IMPORT_DECIDE)
    for household, group in zip(households, opened, strict=True):
        for record in group:
            record.household = household
    return len(households)


def _living_households(keys: Iterable[str]) -> dict[str, int]:
    """By key of a household in lists, the household of the register that its members live in, where there is one."""
    noted = StagedRecord.objects.filter(household_key__in=list(keys), household__isnull=False).order_by("-pk")
    opened = list(noted.values_list("household_key", "household_id"))
    kept = people_queries.answering_households(pk for _, pk in opened)
    living = people.Household.objects.filter(pk__in=set(kept.values()), ended_on=None)
    open_ones = set(living.values_list("pk", flat=True))
    return {key: kept[pk] for key, pk in opened if kept[pk] in open_ones}


def _without_household(records: Sequence[StagedRecord]) -> list[StagedRecord]:
    """Those whose person lives in no household yet, each person once."""
    ids = [record.person_id for record in records if record.person_id is not None]
    housed = set(people.Membership.objects.filter(person_id__in=ids, ended_on=None).values_list("person_id", flat=True))
    free: dict[int, StagedRecord] = {}
    for record in records:
        if record.person_id is not None and record.person_id not in housed:
            free.setdefault(record.person_id, record)
    return list(free.values())


_PLAIN_REFERENCE = re.compile(r"[\w./-]{0,12}\d[\w./-]{0,12}")


def _household_draft(
    group: Sequence[StagedRecord],
    readings: Mapping[int, rows.Reading],
    batch: ImportBatch,
    keeper_of: Callable[[int | None], int],
) -> people_actions.HouseholdDraft:
    lead = next((r for r in group if readings[r.pk].relation == people_rules.Relation.HEAD), group[0])
    reading = readings[lead.pk]
    reference = reading.household if _PLAIN_REFERENCE.fullmatch(reading.household) else ""
    return people_actions.HouseholdDraft(
        keeper_id=keeper_of(reading.home_area),
        members=tuple(_members(group, readings, has_head=False)),
        home_area_id=reading.home_area,
        address=reading.address,
        source_ref=reference,
        is_fictional=batch.is_fictional,
    )


def _members(
    group: Sequence[StagedRecord], readings: Mapping[int, rows.Reading], *, has_head: bool
) -> list[people_rules.MemberDraft]:
    members = []
    for record in group:
        told = readings[record.pk].relation
        is_head = told == people_rules.Relation.HEAD and not has_head
        has_head = has_head or is_head
        relation = people_rules.Relation(told) if told else people_rules.Relation.UNKNOWN
        if relation == people_rules.Relation.HEAD and not is_head:
            relation = people_rules.Relation.UNKNOWN
        assert record.person_id is not None
        members.append(people_rules.MemberDraft(record.person_id, relation, is_head))
    return members


def _move_in(
    household_id: int,
    group: Sequence[StagedRecord],
    readings: Mapping[int, rows.Reading],
    by: Access,
    at: dt.datetime,
) -> None:
    """New rows of a household that an earlier piece or list opened live there too."""
    current = people.Membership.objects.filter(household_id=household_id, ended_on=None)
    members = _members(group, readings, has_head=current.filter(is_head=True).exists())
    people_actions.move_in(household_id, members, by=by, at=at)
    for record in group:
        record.household_id = household_id


def _note_unseen(new: Sequence[StagedRecord], by: Access, at: dt.datetime) -> None:
    """Candidates whom the reviewer could not see wait in the central queue; the reviewer is not told."""
    persons = {record.pk: record.person_id for record in new}
    seen = people.Person.objects.visible_to(by)
    shown = Exists(seen.filter(pk=OuterRef("person_id"))) | Exists(seen.filter(pk=OuterRef("person__canonical_id")))
    unseen = models.StagedCandidate.objects.filter(record__in=list(persons), is_sure=True).filter(~shown)
    pairs = [
        (persons[record], person, why) for record, person, why in unseen.values_list("record_id", "person_id", "why")
    ]
    people_actions.note_pairs(((a, b, why) for a, b, why in pairs if a is not None), by=by, at=at)


def _keep_back(batch: ImportBatch, piece: Sequence[StagedRecord], wrong: errors.BadInput) -> None:
    """A row that the register refuses stays open with its reason; the others of its piece are tried again."""
    position = wrong.details.get("position")
    new = [record for record in piece if record.decision == Decision.NEW]
    if not isinstance(position, int) or position >= len(new):
        raise wrong
    record = new[position]
    with transaction.atomic():
        StagedRecord.objects.filter(pk=record.pk).update(state=RowState.BAD, decision="", decided_at=None)
        models.StagedProblem.objects.create(batch=batch, record=record, code=wrong.code[:40])
        reading = queries.opened_reading(record)
        if reading is not None:
            value = str(wrong.details.get("value", ""))
            reading.problems.append(rows.Problem("", "", wrong.code, wrong.english(), value))
            token = audit.seal(record.subject, reading.dump(), context=models.SEALED_ROW)
            StagedRecord.objects.filter(pk=record.pk).update(sealed=token)
        was = f"{record.state}_rows"
        ImportBatch.objects.filter(pk=batch.pk).update(bad_rows=F("bad_rows") + 1, **{was: F(was) - 1})


def _close(batch: ImportBatch, by: Access, at: dt.datetime) -> None:
    """Open rows send the batch back to review; without any it is committed and its file is gone.

    Rows with mistakes do not hold a batch open: they stay in the file to correct.
    """
    batch.refresh_from_db()
    open_rows = batch.records.filter(is_done=False, decision="").exclude(state=RowState.BAD).exists()
    if open_rows or batch.records.filter(is_done=False, decision=Decision.LATER).exists():
        _to_state(batch, BatchState.REVIEW)
    else:
        models.ImportFile.objects.filter(pk=batch.pk).delete()
        batch.state, batch.finished_at = BatchState.COMMITTED, at
        batch.save(update_fields=["state", "finished_at"])
    _record(batch, "import committed", by, at, _results(batch))


# --- abandoning -----------------------------------------------------------------------------------------------------


@transaction.atomic
def abandon(batch_id: int, *, by: Access, at: dt.datetime) -> ImportBatch:
    """The list is given up: its file and every row that became nobody are destroyed, as a job."""
    by_action = Action.IMPORT_BRING if by.allows(Action.IMPORT_BRING) else Action.IMPORT_DECIDE
    batch = _batch(batch_id, by, by_action, {BatchState.MAPPING, BatchState.REVIEW})
    models.ImportFile.objects.filter(pk=batch.pk).delete()
    batch.state, batch.finished_at = BatchState.ABANDONED, at
    batch.job = jobs.enqueue(ABANDON, payload={"batch": batch.pk}, by=by, at=at)
    batch.save(update_fields=["state", "finished_at", "job"])
    _record(batch, "import abandoned", by, at, {})
    return batch


@wall.beyond("an abandoned list is destroyed")
def forget_abandoned(batch_id: int, progress: jobs.Progress, *, by: Access, at: dt.datetime) -> dict[str, int]:
    """Rows of an abandoned batch that became nobody are gone, and their keys with them."""
    batch = ImportBatch.objects.get(pk=batch_id, state=BatchState.ABANDONED)
    left = batch.records.filter(person=None)
    total = left.count()
    gone = 0
    while True:
        with transaction.atomic():
            piece = list(left.order_by("pk").values_list("pk", "subject")[:PIECE])
            if not piece:
                break
            gone += _forget_rows(batch, by, at, piece)
            progress(gone, total)
    return {"forgotten": gone}


@wall.beyond("rows are destroyed with their candidates")
def _forget_rows(batch: ImportBatch, by: Access, at: dt.datetime, found: Iterable[tuple[int, Any]]) -> int:
    gone = list(found)
    for start in range(0, len(gone), PIECE):
        part = gone[start : start + PIECE]
        audit.discard_subjects([subject for _, subject in part], by=by.actor, at=at)
        StagedRecord.objects.filter(batch=batch, pk__in=[pk for pk, _ in part]).delete()
    return len(gone)
