"""Tables of what others bring: the batch, its file, its columns, its rows as they wait, and what was found wrong.

A row is sealed under a key of its own; the key's subject becomes the person's when the row is committed. Columns and
codes stay in clear, so that a review can be filtered; values never do.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, Self

from django.db import models

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action, Reach
from streha.common.codes import FieldClass
from streha.people import models as people_models
from streha.people import rules as people
from streha.people.imports.rules.columns import Field

SEALED_FILE = "people.importfile.sealed"
SEALED_ROW = "people.stagedrecord.sealed"
MAY_SEE = (Action.IMPORT_BRING, Action.IMPORT_DECIDE)


class BatchState(StrEnum):
    """Where an import is in its life."""

    MAPPING = "mapping"
    STAGING = "staging"
    REVIEW = "review"
    COMMITTING = "committing"
    COMMITTED = "committed"
    ABANDONED = "abandoned"


OPEN_STATES = frozenset({BatchState.MAPPING, BatchState.STAGING, BatchState.REVIEW, BatchState.COMMITTING})


class RowState(StrEnum):
    """What validation found: nothing, something to look at, or something that keeps the row back."""

    GOOD = "good"
    WARNED = "warned"
    BAD = "bad"


class Decision(StrEnum):
    """What a reviewer decided about a row; empty while undecided."""

    NEW = "new"
    MERGE = "merge"
    SKIP = "skip"
    LATER = "later"


def _choices(codes: type[StrEnum]) -> list[tuple[str, str]]:
    return [(code.value, code.value) for code in codes]


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action | None = None) -> Self:
        """Batches whose area, organisation or bringer lies in a scope of bringing or deciding (or of ``action``)."""
        return self.filter(people_models.ground_of(access, *(MAY_SEE if action is None else (action,))).q())


def seen_by_whom_asks() -> models.Q:
    """The same policy as the second wall reads it from the session."""
    return wall.announced(Reach.LISTS).q()


class ImportBatch(models.Model):
    """One list as it was brought: what it is, why it may be kept, and how far it has come."""

    WALL = wall.rule(seen_by_whom_asks)

    subject = models.UUIDField(unique=True, editable=False)
    file_name = models.CharField(max_length=120)
    file_kind = models.CharField(max_length=8)
    file_size = models.BigIntegerField()
    file_mark = models.CharField(max_length=64, db_index=True)
    sheet = models.CharField(max_length=120, blank=True)
    signature = models.CharField(max_length=32, blank=True)
    source = models.CharField(max_length=120, blank=True)
    purpose = models.CharField(max_length=60, blank=True)
    basis = models.CharField(max_length=20, blank=True, choices=_choices(people.LegalBasis))
    retain_until = models.DateField(null=True, blank=True)
    keeper = models.ForeignKey("places.Area", models.PROTECT, related_name="+")
    organisation = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, related_name="+")
    registered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=_choices(BatchState), default=BatchState.MAPPING.value)
    job = models.ForeignKey("jobs.Job", models.SET_NULL, null=True, related_name="+")
    rows = models.PositiveIntegerField(default=0)
    read_rows = models.PositiveIntegerField(default=0)
    staged_rows = models.PositiveIntegerField(default=0)
    known_rows = models.PositiveIntegerField(default=0)
    good_rows = models.PositiveIntegerField(default=0)
    warned_rows = models.PositiveIntegerField(default=0)
    bad_rows = models.PositiveIntegerField(default=0)
    twin_rows = models.PositiveIntegerField(default=0)
    committed_rows = models.PositiveIntegerField(default=0)
    merged_rows = models.PositiveIntegerField(default=0)
    skipped_rows = models.PositiveIntegerField(default=0)
    households = models.PositiveIntegerField(default=0)
    decided_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    finished_at = models.DateTimeField(null=True)
    is_fictional = models.BooleanField(default=False)

    objects: ClassVar[ImportBatchQuerySet] = ImportBatchQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state__in=["committing", "committed"])
                | ~models.Q(
                    models.Q(source="") | models.Q(purpose="") | models.Q(basis="") | models.Q(retain_until=None)
                ),
                name="people_import_has_purpose",
            )
        ]
        indexes = [models.Index(fields=["keeper", "id"], name="people_import_by_keeper")]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number people read out: IM-0042."""
        return f"IM-{self.pk:04d}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def lacks_purpose(self) -> bool:
        """Whether source, purpose, legal basis or retention date is still missing."""
        return not (self.source and self.purpose and self.basis and self.retain_until)


class ImportFile(models.Model):
    """The file as it came, sealed under the batch's own key; gone as soon as the batch is closed."""

    WALL = wall.through("batch")

    batch = models.OneToOneField(ImportBatch, models.CASCADE, related_name="file", primary_key=True)
    sealed = models.BinaryField(editable=False)

    def __str__(self) -> str:
        return f"file of {self.batch_id}"


class ImportRemark(models.Model):
    """What a reader should know of the sheet: a title above the headings, a totals row left out, merged cells."""

    WALL = wall.through("batch")

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="remarks")
    code = models.CharField(max_length=40)
    row = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.code} {self.row}"


class ImportColumn(models.Model):
    """One column of the list and what it means."""

    WALL = wall.through("batch")

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="columns")
    position = models.PositiveIntegerField()
    heading = models.CharField(max_length=200)
    field = models.CharField(max_length=24, choices=_choices(Field))
    confidence = models.FloatField(default=0.0)
    why = models.CharField(max_length=12, default="none")

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["batch", "position"], name="people_importcolumn_once")]

    def __str__(self) -> str:
        return f"{self.heading}: {self.field}"


class RememberedColumn(models.Model):
    """What a column meant last time in a list with these headings."""

    signature = models.CharField(max_length=32)
    heading_key = models.CharField(max_length=200)
    field = models.CharField(max_length=24, choices=_choices(Field))
    used_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["signature", "heading_key"], name="people_rememberedcolumn_once")
        ]

    def __str__(self) -> str:
        return f"{self.heading_key}: {self.field}"


class StagedRecord(models.Model):
    """One row as it waits for a decision; sealed as it came and as it was read."""

    WALL = wall.through("batch")

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="records", db_index=False)
    number = models.PositiveIntegerField()
    fingerprint = models.CharField(max_length=64, db_index=True)
    subject = models.UUIDField(editable=False)
    sealed = models.BinaryField(editable=False)
    state = models.CharField(max_length=6, choices=_choices(RowState))
    twin_of = models.PositiveIntegerField(default=0)
    household_key = models.CharField(max_length=64, blank=True)
    decision = models.CharField(max_length=5, blank=True, choices=_choices(Decision))
    decided_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", db_index=False)
    decided_at = models.DateTimeField(null=True)
    into = models.ForeignKey("people.Person", models.SET_NULL, null=True, related_name="+")
    person = models.ForeignKey("people.Person", models.SET_NULL, null=True, related_name="staged")
    household = models.ForeignKey("people.Household", models.SET_NULL, null=True, related_name="+", db_index=False)
    is_done = models.BooleanField(default=False)

    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "sealed": FieldClass.IDENTITY,
        "household_key": FieldClass.IDENTITY,
        "twin_of": FieldClass.IDENTITY,
        "fingerprint": FieldClass.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset(
        {
            "id",
            "batch",
            "number",
            "subject",
            "state",
            "decision",
            "decided_by",
            "decided_at",
            "into",
            "person",
            "household",
            "is_done",
        }
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="people_stagedrecord_once"),
            models.CheckConstraint(
                condition=~models.Q(state="bad", decision__in=["new", "merge"]), name="people_bad_row_stays_out"
            ),
        ]
        indexes = [
            models.Index(fields=["batch", "state", "number"], name="people_staged_by_state"),
            models.Index(fields=["batch", "decision", "is_done", "number"], name="people_staged_by_decision"),
            models.Index(
                fields=["household_key"], condition=~models.Q(household_key=""), name="people_staged_by_house"
            ),
        ]

    def __str__(self) -> str:
        return f"row {self.number}"


class StagedProblem(models.Model):
    """What is wrong with a cell of a row, by code and column; the value stands in the sealed row alone."""

    WALL = wall.through("record")

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="problems", db_index=False)
    record = models.ForeignKey(StagedRecord, models.CASCADE, related_name="problems")
    code = models.CharField(max_length=40)
    column = models.CharField(max_length=200, blank=True)
    is_warning = models.BooleanField(default=False)

    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {}
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "batch", "record", "code", "column", "is_warning"})

    class Meta:
        indexes = [models.Index(fields=["batch", "code", "record"], name="people_problem_by_code")]

    def __str__(self) -> str:
        return self.code


class StagedCandidate(models.Model):
    """Somebody in the register who may be the person of a row, and by what. Shown only to who may see that person."""

    WALL = wall.through("record", "person")

    record = models.ForeignKey(StagedRecord, models.CASCADE, related_name="candidates")
    person = models.ForeignKey("people.Person", models.CASCADE, related_name="+")
    why = models.CharField(max_length=12)
    is_sure = models.BooleanField(default=True)

    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {"why": FieldClass.IDENTITY}
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "record", "person", "is_sure"})

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "person"], name="people_candidate_once")]

    def __str__(self) -> str:
        return f"{self.record_id} ~ {self.person_id}"
