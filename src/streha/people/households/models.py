"""The record of a change between two households. It names nobody: memberships point to the change that made them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models

from streha.accounts.bridge import wall
from streha.common.codes import FieldClass
from streha.people.households import rules
from streha.people.models import Household, choices


class HouseholdMove(models.Model):
    """Members of ``source`` live in ``target`` from the day on, until the change is taken back."""

    kind = models.CharField(max_length=8, choices=choices(rules.Kind))
    source = models.ForeignKey(Household, models.CASCADE, related_name="moves_out")
    target = models.ForeignKey(Household, models.CASCADE, related_name="moves_in")
    on = models.DateField()
    brought_head = models.BooleanField(default=False)
    """Whether one of those who came leads the target, so that a head chosen later can be told from them."""
    moved_at = models.DateTimeField()
    moved_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")

    WALL = wall.through("source", "target")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "kind": FieldClass.IDENTITY,
        "on": FieldClass.IDENTITY,
        "brought_head": FieldClass.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset(
        {"id", "source", "target", "moved_at", "moved_by", "undone_at", "undone_by"}
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(source=models.F("target")), name="people_move_between_two")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.source_id} to {self.target_id}"
