"""A list that somebody asked for: with which rights, for what, and until when it can be fetched."""

from __future__ import annotations

from django.db import models


class ExportFile(models.Model):
    """The file itself lies sealed on disk under ``subject``'s key; with the key gone it is noise."""

    OUTSIDE_WALL = "seen by who asked for it; its subject is the key of a file, not of a person"

    subject = models.UUIDField(unique=True, editable=False)
    kind = models.CharField(max_length=20, default="people")
    asked_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    purpose = models.CharField(max_length=60)
    query = models.CharField(max_length=300, blank=True)
    scopes = models.CharField(max_length=400)
    token_role = models.CharField(max_length=30, blank=True)
    expires = models.DateTimeField()
    job = models.ForeignKey("jobs.Job", models.SET_NULL, null=True, related_name="+")
    rows = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["asked_by", "-id"], name="people_export_by_user")]
        constraints = [
            models.CheckConstraint(condition=~models.Q(purpose=""), name="people_export_has_purpose"),
        ]

    def __str__(self) -> str:
        return f"EX-{self.pk:04d}"
