"""Reads of imports: lists, the sheet before it is read, rows under review, candidates, the file to correct."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db.models import Count, Exists, OuterRef, QuerySet

from streha.accounts.rules import Access, Action
from streha.audit import actions as audit
from streha.common import errors
from streha.formats import tables
from streha.people import models as people
from streha.people import queries as people_queries
from streha.people.imports import models
from streha.people.imports.models import BatchState, ImportBatch, StagedRecord
from streha.people.imports.rules import columns, rows, words
from streha.places import models as place_models
from streha.places import queries as places

PAGE = 50
FILE_PIECE = 500
VOCABULARY = tables.Vocabulary(is_heading=words.is_heading, is_total=words.is_total)
LIMITS = tables.Limits(rows=250_000)


def visible_batch(access: Access, batch_id: int, action: Action | None = None) -> ImportBatch:
    """The batch, or NotFound for whoever may not know of it."""
    batch = ImportBatch.objects.visible_to(access, action).select_related("job", "keeper").filter(pk=batch_id).first()
    if batch is None:
        raise errors.NotFound(errors.message("There is no import {number} among those you may see."), number=batch_id)
    return batch


def batches_page(
    access: Access, *, after: int | None = None, limit: int = PAGE
) -> tuple[list[ImportBatch], int | None]:
    """Imports visible to the viewer, newest first, one page from a key on, and the key of the next."""
    found = ImportBatch.objects.visible_to(access).select_related("keeper", "registered_by", "job").order_by("-pk")
    if after is not None:
        found = found.filter(pk__lt=after)
    page = list(found[: limit + 1])
    return page[:limit], page[limit - 1].pk if len(page) > limit else None


# --- the file and its sheet -----------------------------------------------------------------------------------------


def file_of(batch: ImportBatch) -> bytes:
    """The file as it came. Raises Gone once the batch is closed."""
    kept = models.ImportFile.objects.filter(pk=batch.pk).first()
    if kept is None:
        raise errors.Gone(
            errors.message("The file of {number} is no longer kept: the import is closed."), number=batch.number
        )
    return audit.unseal(batch.subject, bytes(kept.sealed), context=models.SEALED_FILE)


def open_file(data: bytes, name: str) -> tables.Workbook:
    """A workbook under the limits of imports."""
    return tables.open_workbook(data, name=name, limits=LIMITS)


def table_of(book: tables.Workbook, sheet: str) -> tables.Table:
    """One sheet as a list; a roster sheet of Kobo or ODK comes joined to its submissions."""
    table = book.table(sheet, vocabulary=VOCABULARY)
    others = []
    for other in book.sheets:
        if other.name == sheet:
            continue
        try:
            others.append((other.name, book.table(other.name, vocabulary=VOCABULARY)))
        except errors.BadInput:
            continue  # a sheet without a list cannot be the parent of one
    found = tables.roster_parent(table.headings, [(name, parent.headings) for name, parent in others])
    if found is None:
        return replace(table, remarks=(*book.remarks, *table.remarks))
    parent_name, parent_key, child_key = found
    return tables.join_roster(dict(others)[parent_name], table, parent_key=parent_key, child_key=child_key)


def first_sheet(book: tables.Workbook) -> str:
    """The sheet most likely meant: of the visible ones with a name column, the one with the most rows."""
    visible = book.visible() or book.sheets
    if len(visible) == 1:
        return visible[0].name
    best, best_score = visible[0].name, (-1, -1)
    for sheet in visible:
        try:
            table = book.table(sheet.name, vocabulary=VOCABULARY)
        except errors.BadInput:
            continue
        fields = {words.field_of(heading)[0] for heading in table.headings}
        score = (len(fields & {"given", "family", "full_name"}), len(table.rows))
        if score > best_score:
            best, best_score = sheet.name, score
    return best


def samples(table: tables.Table, limit: int = columns.SAMPLE) -> list[list[str]]:
    """Some filled cells of every column, from all over the list."""
    step = max(1, len(table.rows) // limit)
    chosen = table.rows[::step]
    return [[row[at] for _, row in chosen if row[at]] for at in range(len(table.headings))]


def guesses(table: tables.Table) -> list[columns.Guess]:
    """What each column probably means, with what was remembered for these headings."""
    signature = columns.signature(table.headings)
    remembered = dict(models.RememberedColumn.objects.filter(signature=signature).values_list("heading_key", "field"))
    index = places.index()
    return columns.guess(
        table.headings,
        samples(table),
        remembered=remembered,
        is_place=lambda text: bool(index.find(text, kinds=rows.FINDABLE).matches),
    )


def context_of(batch: ImportBatch, *, today: dt.date, region: str) -> rows.Context:
    """What the rows of a batch are read with."""
    within = places.subtree_ids([batch.keeper_id])
    labels = {
        pk: sq if sq == latn else f"{sq} / {latn}"
        for pk, sq, latn in place_models.Area.objects.values_list("pk", "label_sq", "label_sr_latn")
    }
    settled = place_models.Area.objects.filter(kind=place_models.Area.Kind.SETTLEMENT).exists()
    return rows.Context(today, region, places.index(), within, labels, has_settlements=settled)


def mapping_of(batch: ImportBatch) -> list[tuple[str, str]]:
    """The headings of a batch with their fields, in the order of the list."""
    return list(batch.columns.order_by("position").values_list("heading", "field"))


# --- rows under review ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RowFilter:
    """What the review is narrowed to; empty means everything."""

    state: str = ""
    problem: str = ""
    decision: str = ""
    kind: str = ""
    """``twins`` of the same file, ``candidates`` in the register, ``plain`` for good rows with neither."""


@dataclass(frozen=True)
class Candidate:
    """Somebody visible to the viewer who may be the person of a row."""

    person: people.Person
    why: str


@dataclass(frozen=True)
class Row:
    """A staged row opened for a reviewer; ``reading`` is None once the person was erased."""

    record: StagedRecord
    reading: rows.Reading | None
    candidates: tuple[Candidate, ...] = ()


def rows_under_review(access: Access, batch: ImportBatch, narrowed: RowFilter) -> QuerySet[StagedRecord]:
    """The rows of a batch as narrowed; candidates count only when the viewer may see them."""
    found = batch.records.all()
    if narrowed.state:
        found = found.filter(state=narrowed.state)
    if narrowed.decision == "none":
        found = found.filter(decision="", is_done=False)
    elif narrowed.decision:
        found = found.filter(decision=narrowed.decision)
    if narrowed.problem:
        of_code = models.StagedProblem.objects.filter(record=OuterRef("pk"), code=narrowed.problem)
        found = found.filter(Exists(of_code))
    if narrowed.kind == "twins":
        found = found.filter(twin_of__gt=0)
    elif narrowed.kind == "candidates":
        found = found.filter(Exists(visible_candidates(access)))
    elif narrowed.kind == "plain":
        found = found.filter(twin_of=0).exclude(state=models.RowState.BAD).filter(~Exists(visible_candidates(access)))
    return found


def visible_candidates(access: Access) -> QuerySet[models.StagedCandidate]:
    """Candidates of an outer record whom the viewer may see; the others do not exist for the viewer.

    For one whose record was merged since, who answers for it decides.
    """
    seen = people.Person.objects.visible_to(access, _seeing(access))
    shown = Exists(seen.filter(pk=OuterRef("person_id"))) | Exists(seen.filter(pk=OuterRef("person__canonical_id")))
    return models.StagedCandidate.objects.filter(shown, record=OuterRef("pk"), is_sure=True)


def _seeing(access: Access) -> Action:
    return Action.PERSON_VIEW if access.allows(Action.PERSON_VIEW) else Action.IMPORT_DECIDE


def review_page(
    access: Access, batch: ImportBatch, narrowed: RowFilter, *, after: int = 0, limit: int = PAGE
) -> tuple[list[Row], int | None]:
    """One page of rows by their number, opened, and the key of the next page."""
    found = rows_under_review(access, batch, narrowed).filter(number__gt=after).order_by("number")
    records = list(found[: limit + 1])
    shown = records[:limit]
    return opened(access, shown), shown[-1].number if len(records) > limit else None


def opened(access: Access, records: Sequence[StagedRecord]) -> list[Row]:
    """Rows with what they say and the candidates visible to the viewer."""
    clear = clear_rows(records)
    found = models.StagedCandidate.objects.filter(record__in=[r.pk for r in records], is_sure=True).order_by("pk")
    kept = people_queries.answering(candidate.person_id for candidate in found)
    seen = {
        person.pk: person
        for person in people.Person.objects.visible_to(access, _seeing(access))
        .filter(pk__in=set(kept.values()))
        .prefetch_related("names")
    }
    by_record: dict[int, dict[int, Candidate]] = {}
    for candidate in found:
        person = seen.get(kept[candidate.person_id])
        if person is not None:  # two candidates that were merged since are one
            by_record.setdefault(candidate.record_id, {}).setdefault(person.pk, Candidate(person, candidate.why))
    return [
        Row(record, rows.load(text) if text is not None else None, tuple(by_record.get(record.pk, {}).values()))
        for record, text in zip(records, clear, strict=True)
    ]


def clear_rows(records: Sequence[StagedRecord]) -> list[bytes | None]:
    """What each row holds, opened; None where it was erased."""
    kept = [record for record in records if record.sealed]
    clear = audit.unseal_many([(r.subject, bytes(r.sealed)) for r in kept], context=models.SEALED_ROW)
    by_id = {record.pk: text for record, text in zip(kept, clear, strict=True)}
    return [by_id.get(record.pk) for record in records]


def opened_reading(record: StagedRecord) -> rows.Reading | None:
    """What one row says, for an action; None once it was erased."""
    clear = clear_rows([record])[0]
    return None if clear is None else rows.load(clear)


def row_of(access: Access, batch: ImportBatch, number: int) -> Row:
    """One row opened. Raises NotFound."""
    record = batch.records.filter(number=number).first()
    if record is None:
        raise errors.NotFound(errors.message("{batch} has no row {row}."), batch=batch.number, row=number)
    return opened(access, [record])[0]


@dataclass(frozen=True)
class Summary:
    """What a batch looks like to one viewer."""

    by_state: Mapping[str, int] = field(default_factory=dict)
    by_decision: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[tuple[str, str, int], ...] = ()
    candidates: int = 0

    @property
    def ready(self) -> int:
        """Rows that are decided and wait to be taken in, joined or left out."""
        return sum(self.by_decision.get(decision, 0) for decision in ("new", "merge", "skip"))


def summary(access: Access, batch: ImportBatch) -> Summary:
    """Rows by state and decision, problems by code and column (most frequent first), open rows with visible candidates.

    Candidates are counted no further than ``PAGE`` + 1.
    """
    by_state = {"good": batch.good_rows, "warned": batch.warned_rows, "bad": batch.bad_rows}
    by_decision = Counter(dict(batch.records.filter(is_done=False).values_list("decision").annotate(n=Count("pk"))))
    problems = (
        models.StagedProblem.objects.filter(batch=batch)
        .values_list("code", "column")
        .annotate(n=Count("pk"))
        .order_by("-n", "code")[:30]
    )
    doubtful = batch.records.filter(is_done=False).filter(Exists(visible_candidates(access)))
    with_candidates = len(doubtful.order_by()[: PAGE + 1].values_list("pk"))
    return Summary(by_state, by_decision, tuple(problems), with_candidates)


# --- the file to correct --------------------------------------------------------------------------------------------

WHAT_IS_WRONG = "What is wrong"
ROW_IN_FIRST_FILE = "Row in the first file"


def rows_to_correct(batch: ImportBatch) -> Iterator[tuple[StagedRecord, rows.Reading]]:
    """Rows that were kept back, as they came, with their problems; nothing of anybody erased since."""
    waiting = batch.records.filter(state=models.RowState.BAD).order_by("number")
    last = 0
    while True:
        piece = list(waiting.filter(number__gt=last)[:FILE_PIECE])
        if not piece:
            return
        last = piece[-1].number
        clear = clear_rows(piece)
        for record, text in zip(piece, clear, strict=True):
            if text is not None:
                yield record, rows.load(text)


def open_batches_waiting(access: Access) -> int:
    """How many imports wait for the viewer: to be mapped by who brings, to be decided by who decides; 51 at most."""
    states = []
    if access.allows(Action.IMPORT_BRING):
        states.append(BatchState.MAPPING)
    if access.allows(Action.IMPORT_DECIDE):
        states.append(BatchState.REVIEW)
    return len(ImportBatch.objects.visible_to(access).filter(state__in=states).values_list("pk")[: PAGE + 1])
