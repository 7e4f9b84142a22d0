"""What was said about pairs: every opinion with who, when and why. Opinions are the labels that linkage learns from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models

from streha.accounts.bridge import wall
from streha.common.codes import FieldClass
from streha.people.duplicates import rules
from streha.people.models import MatchPair, Person, choices

SEALED_REASON = "people.match.reason"


class MatchDecision(models.Model):
    """One opinion on a pair. ``kept`` and ``taken`` say how the two would be merged, where the opinion is "same"."""

    pair = models.ForeignKey(MatchPair, models.CASCADE, related_name="decisions")
    verdict = models.CharField(max_length=10, choices=choices(rules.Verdict))
    probability = models.FloatField()
    kept = models.ForeignKey(Person, models.CASCADE, null=True, related_name="+", db_index=False)
    taken = models.CharField(max_length=200, blank=True)
    levels = models.CharField(max_length=300, blank=True)
    """How each column of the linkage agreed at that moment, as ``column=level`` parted by bars: what is learnt from."""
    reason_sealed = models.BinaryField(null=True, editable=False)
    """Under the key of the pair's left person."""
    is_bulk = models.BooleanField(default=False)
    is_final = models.BooleanField(default=False)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)

    WALL = wall.through("pair")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "verdict": FieldClass.IDENTITY,
        "probability": FieldClass.IDENTITY,
        "taken": FieldClass.IDENTITY,
        "levels": FieldClass.IDENTITY,
        "reason_sealed": FieldClass.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset(
        {"id", "pair", "kept", "is_bulk", "is_final", "decided_at", "decided_by", "undone_at"}
    )

    class Meta:
        indexes = [models.Index(fields=["-decided_at"], name="people_decision_newest")]

    def __str__(self) -> str:
        return f"{self.pair_id}: {self.verdict}"
