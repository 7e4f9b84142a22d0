"""Exceptions to the principles, and the ledger of erasures: numbers and days, nothing about anybody."""

from __future__ import annotations

from django.db import models

from streha.dataprotection import rules


class PrincipleException(models.Model):
    """A time in which a principle is not kept, with reason, somebody who asked and somebody else who approved."""

    principle = models.CharField(max_length=20, choices=[(p.value, p.value) for p in rules.Principle])
    reason = models.TextField()
    starts = models.DateField()
    ends = models.DateField()
    asked_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    approved_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends__gte=models.F("starts")), name="dataprotection_exception_ends_after_start"
            ),
            models.CheckConstraint(
                condition=models.Q(approved_by=None) | ~models.Q(approved_by=models.F("asked_by")),
                name="dataprotection_exception_approved_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.principle} {self.starts}–{self.ends}"


class Erasure(models.Model):
    """That somebody was erased: the tombstone's key and number, when, and on whose decision."""

    OUTSIDE_WALL = "a number and two days of somebody of whom nothing else is left"

    subject = models.UUIDField(unique=True)
    person_number = models.CharField(max_length=20)
    reason = models.CharField(max_length=20)
    erased_at = models.DateTimeField()
    erased_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.person_number} {self.erased_at:%Y-%m-%d}"
