"""The queue: jobs under a lease, and the moments at which recurring work is due again."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from streha.accounts.rules import Access, Action
from streha.jobs import rules


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, access: Access) -> JobQuerySet:
        """All jobs for those who keep the queue, one's own for the others."""
        if access.allows(Action.JOB_ALL):
            return self
        if access.allows(Action.JOB_VIEW) and access.user_id is not None:
            return self.filter(by_user_id=access.user_id)
        return self.none()

    def ready(self, at: dt.datetime) -> JobQuerySet:
        """Jobs a worker may take: waiting and due, or running under a lease that ran out."""
        due = models.Q(state=rules.State.WAITING, not_before__lte=at)
        abandoned = models.Q(state=rules.State.RUNNING, lease_until__lt=at)
        return self.filter(due | abandoned)

    def held(self, job: Job) -> JobQuerySet:
        """The job as long as this very claim of it holds."""
        return self.filter(pk=job.pk, state=rules.State.RUNNING, worker=job.worker, attempts=job.attempts)


class Job(models.Model):
    """Work that takes longer than a request. Holds ids and codes only, nothing that names anybody."""

    kind = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    key = models.CharField(max_length=120, null=True, unique=True)
    by_user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by_label = models.CharField(max_length=200)
    state = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in rules.State], default=rules.State.WAITING
    )
    created_at = models.DateTimeField()
    not_before = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=80, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField(default=rules.MAX_ATTEMPTS)
    cancel_asked = models.BooleanField(default=False)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    memo = models.JSONField(default=dict)  # where the job's function was, saved with the work it belongs to
    result = models.JSONField(null=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_template = models.TextField(blank=True)
    error_details = models.JSONField(default=dict)

    objects: ClassVar[JobQuerySet] = JobQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="running") | models.Q(lease_until__isnull=False),
                name="jobs_running_has_lease",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "running"], finished_at=None)
                | models.Q(state__in=["done", "failed", "cancelled"], finished_at__isnull=False),
                name="jobs_closed_has_end",
            ),
        ]
        indexes = [
            models.Index(fields=["not_before", "id"], condition=models.Q(state="waiting"), name="jobs_waiting"),
            models.Index(fields=["lease_until"], condition=models.Q(state="running"), name="jobs_running"),
            models.Index(fields=["by_user", "id"], name="jobs_by_user"),
            models.Index(fields=["finished_at"], name="jobs_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} {self.state}"

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.state in rules.OPEN

    def pace(self, at: dt.datetime) -> rules.Pace:
        """Rate and time left."""
        return rules.pace(done=self.done, total=self.total, started_at=self.started_at, at=self.finished_at or at)

    def error(self) -> tuple[str, str, dict[str, Any]] | None:
        """Code, English template and details of what went wrong last, for a door to translate."""
        return (self.error_code, self.error_template, self.error_details) if self.error_code else None


class Recurring(models.Model):
    """Work the office does by itself: when it is due again."""

    name = models.CharField(primary_key=True, max_length=60)
    due_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
