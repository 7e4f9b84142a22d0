"""That a decision was carried into a case, or why it was not; each case once for each decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models

from streha.accounts.bridge import wall
from streha.common.codes import FieldClass


class Advance(models.Model):
    """A case and a row of a decided list. ``problem`` is the code of what stood in the way, empty where it moved."""

    row = models.ForeignKey("assistance.Ranked", models.CASCADE, related_name="advances")
    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="+")
    stage = models.CharField(max_length=30, blank=True)  # where the case came to stand
    problem = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()

    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "stage": FieldClass.IDENTITY,
        "problem": FieldClass.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "row", "case", "at"})

    WALL = wall.through("case")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["row", "case"], name="assistance_advance_once")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.stage or self.problem}"
