"""The record of a merge: which of two records is kept, which values it took over, and what it said before.

Undoing closes the record; it is never deleted but by erasure. Merges of one person form a tree: each record was merged
into at most one other, and only a record that was merged nowhere takes part in a merge, so no circle can arise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models

from streha.accounts.bridge import wall
from streha.common.codes import FieldClass
from streha.people.models import MatchPair, Person

SEALED_BASE = "people.merge.base"


class MergeRecord(models.Model):
    """``gone`` answers by ``kept`` from ``merged_at`` until ``undone_at``."""

    kept = models.ForeignKey(Person, models.CASCADE, related_name="merges_kept")
    gone = models.ForeignKey(Person, models.CASCADE, related_name="merges_gone")
    taken = models.CharField(max_length=200, blank=True)
    """Codes of what was taken over from ``gone``, parted by commas; all else stays as ``kept`` had it."""
    sealed = models.BinaryField(editable=False)
    """What ``kept`` said by itself, before anything was merged into it; under its own key."""
    pair = models.ForeignKey(MatchPair, models.SET_NULL, null=True, blank=True, related_name="merges")
    merged_at = models.DateTimeField()
    merged_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")

    WALL = wall.through("kept", "gone")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "taken": FieldClass.IDENTITY,
        "sealed": FieldClass.PROTECTION,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset(
        {"id", "kept", "gone", "pair", "merged_at", "merged_by", "undone_at", "undone_by"}
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gone"], condition=models.Q(undone_at=None), name="people_merged_into_one_alone"
            ),
            models.CheckConstraint(condition=~models.Q(kept=models.F("gone")), name="people_merge_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.gone_id} into {self.kept_id}"

    @property
    def fields_taken(self) -> frozenset[str]:
        """Codes of what was taken over from the record that is gone."""
        return frozenset(filter(None, self.taken.split(",")))
