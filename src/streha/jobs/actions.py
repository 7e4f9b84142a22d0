"""What changes the queue: enqueue in the caller's transaction, claim under a lease, renew, finish, fail, cancel.

A claim is a conditional update, so it needs no row lock and works alike on SQLite and PostgreSQL. Whoever holds a
claim proves it with (worker, attempts) at every step; ``Progress`` called inside a transaction makes that proof part
of the commit, so a worker that lost its lease can commit nothing more.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Mapping
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from streha.accounts.rules import Access, Action
from streha.audit import actions as audit
from streha.common import errors
from streha.jobs import models, rules
from streha.jobs.models import Job
from streha.jobs.rules import State

CANDIDATES = 8
THROTTLE = dt.timedelta(seconds=0.5)
UNEXPECTED = errors.message("The job stopped on an unexpected error ({kind}). The program's log says where.")
WORKER_LOST = errors.message("The worker was lost {attempts} times during this job. Look at the machine, then retry.")


def enqueue(
    kind: str,
    *,
    payload: Mapping[str, Any],
    by: Access,
    at: dt.datetime,
    key: str | None = None,
    not_before: dt.datetime | None = None,
    max_attempts: int = rules.MAX_ATTEMPTS,
) -> Job:
    """Put a job into the queue, in the caller's transaction: it exists exactly if the rest is committed.

    With a ``key`` that is known already the job of that key is returned and nothing is added.
    """
    rules.require_plain(payload)
    job = Job(
        kind=kind,
        payload=dict(payload),
        key=key,
        by_user_id=by.user_id,
        by_label=by.label,
        created_at=at,
        not_before=not_before or at,
        max_attempts=max_attempts,
    )
    if key is None:
        job.save(force_insert=True)
        return job
    Job.objects.bulk_create([job], ignore_conflicts=True)
    return Job.objects.get(key=key)


def claim(*, worker: str, at: dt.datetime, only: int | None = None) -> Job | None:
    """Take the next job (or the one with the id ``only``) under a lease of 60 seconds; None when there is none to take.

    A job whose worker was lost is taken back; after its last attempt it is closed as failed instead.
    """
    waiting = Job.objects.ready(at) if only is None else Job.objects.ready(at).filter(pk=only)
    for job in waiting.order_by("not_before", "pk")[:CANDIDATES]:
        seen = Job.objects.filter(pk=job.pk, state=job.state, attempts=job.attempts, worker=job.worker)
        if job.state == State.RUNNING:
            seen = seen.filter(lease_until__lt=at)
            if job.cancel_asked:
                seen.update(state=State.CANCELLED, finished_at=at, lease_until=None)
                continue
            if job.attempts >= job.max_attempts:
                _close_lost(seen, job, at)
                continue
        taken = seen.update(
            state=State.RUNNING,
            worker=worker,
            attempts=F("attempts") + 1,
            lease_until=at + rules.LEASE,
            started_at=job.started_at or at,
        )
        if taken:
            return Job.objects.get(pk=job.pk)
    return None


def _close_lost(seen: models.JobQuerySet, job: Job, at: dt.datetime) -> None:
    seen.update(
        state=State.FAILED,
        finished_at=at,
        lease_until=None,
        error_code="worker_lost",
        error_template=WORKER_LOST,
        error_details={"attempts": job.attempts},
    )


def renew(job: Job, *, at: dt.datetime) -> bool:
    """Lengthen the lease; False when the claim no longer holds."""
    return bool(Job.objects.held(job).update(lease_until=at + rules.LEASE))


def finish(job: Job, *, at: dt.datetime, result: Mapping[str, Any] | None = None) -> bool:
    """Close the job as done; False when the claim no longer holds."""
    kept = None if result is None else rules.without_words(result)
    changes = {"error_code": "", "error_template": "", "error_details": {}}
    return bool(
        Job.objects.held(job).update(state=State.DONE, finished_at=at, lease_until=None, result=kept, **changes)
    )


def fail(job: Job, error: BaseException, *, at: dt.datetime) -> bool:
    """Note what went wrong: back to the queue when trying again may help, closed otherwise.

    Details that could name somebody are withheld. False when the claim no longer holds.
    """
    if isinstance(error, errors.StrehaError):
        code, template, details = error.code, error.template, rules.without_words(error.details)
    else:
        code, template, details = "unexpected", UNEXPECTED, {"kind": type(error).__name__}
    noted: dict[str, Any] = {"error_code": code, "error_template": template, "error_details": details}
    if rules.is_worth_retrying(error) and job.attempts < job.max_attempts:
        noted |= {"state": State.WAITING, "not_before": at + rules.wait_before(job.attempts), "lease_until": None}
    else:
        noted |= {"state": State.FAILED, "finished_at": at, "lease_until": None}
    return bool(Job.objects.held(job).update(**noted))


def close_cancelled(job: Job, *, at: dt.datetime) -> bool:
    """Close a job whose function heard that it should stop."""
    return bool(Job.objects.held(job).update(state=State.CANCELLED, finished_at=at, lease_until=None))


def put_back(job: Job, *, at: dt.datetime) -> bool:
    """Return a job to the queue because its worker stops; the attempt does not count."""
    return bool(
        Job.objects.held(job).update(
            state=State.WAITING, not_before=at, lease_until=None, attempts=F("attempts") - 1, worker=""
        )
    )


def release(*, worker: str, at: dt.datetime) -> int:
    """Let go of everything a dead worker held, so that nobody waits for its leases; returns how many jobs."""
    just_before = at - dt.timedelta(microseconds=1)
    return Job.objects.filter(state=State.RUNNING, worker=worker).update(lease_until=just_before)


def ask_cancel(job_id: int, *, by: Access, at: dt.datetime) -> Job:
    """Stop a job: at once when it waits, at its next sign of progress when it runs. A closed job stays as it is."""
    by.require(Action.JOB_VIEW)
    with transaction.atomic():
        job = _visible(job_id, by)
        if not Job.objects.filter(pk=job_id, state=State.WAITING).update(state=State.CANCELLED, finished_at=at):
            Job.objects.filter(pk=job_id, state=State.RUNNING).update(cancel_asked=True)
        _record(job, "cancel", by, at)
    return Job.objects.get(pk=job_id)


def retry(job_id: int, *, by: Access, at: dt.datetime) -> Job:
    """Put a failed or cancelled job back into the queue with all its attempts; it goes on from its memo."""
    by.require(Action.JOB_VIEW)
    with transaction.atomic():
        job = _visible(job_id, by)
        again = Job.objects.filter(pk=job_id, state__in=[State.FAILED, State.CANCELLED]).update(
            state=State.WAITING, attempts=0, not_before=at, finished_at=None, cancel_asked=False, worker=""
        )
        if not again:
            raise errors.Conflict(
                errors.message("Job {job} is {state}. Only a failed or cancelled job can be tried again."),
                job=job_id,
                state=job.state,
            )
        _record(job, "retry", by, at)
    return Job.objects.get(pk=job_id)


def _visible(job_id: int, by: Access) -> Job:
    job = Job.objects.visible_to(by).filter(pk=job_id).first()
    if job is None:
        raise errors.NotFound(errors.message("There is no job {job}."), job=job_id)
    return job


def _record(job: Job, verb: str, by: Access, at: dt.datetime) -> None:
    audit.record(by=by.actor, at=at, room="jobs", verb=verb, object_kind="job", object_key=job.pk)


def forget_finished(*, at: dt.datetime) -> int:
    """Delete jobs closed more than 90 days ago; what they did is in the log."""
    limit = at - dt.timedelta(days=rules.KEPT_DAYS)
    return Job.objects.filter(finished_at__lt=limit, state__in=rules.CLOSED).delete()[0]


def claim_due(name: str, *, every: dt.timedelta, at: dt.datetime) -> bool:
    """Whether recurring work is due now and is ours: of many workers exactly one gets True in each period."""
    known = models.Recurring.objects.filter(pk=name).first()
    if known is None:
        models.Recurring.objects.bulk_create([models.Recurring(name=name, due_at=at)], ignore_conflicts=True)
    elif known.due_at > at:
        return False  # a read alone: on SQLite even an update of nothing waits for the writer
    return bool(models.Recurring.objects.filter(pk=name, due_at__lte=at).update(due_at=at + every))


class Progress:
    """What a job's function calls to say how far it is. It renews the lease and hears of a cancel.

    Outside a transaction most calls cost nothing. Inside one, every call writes: the commit of a piece then proves
    that the claim still held, so no piece is ever done twice. ``memo`` is saved with it and is there again when the
    job is taken up after a crash.
    """

    def __init__(self, job: Job, *, clock: Callable[[], dt.datetime], stop: threading.Event | None = None) -> None:
        self.job = job
        self.memo: dict[str, Any] = dict(job.memo)
        self._clock = clock
        self._stop = stop or threading.Event()
        self._last: dt.datetime | None = None

    def __call__(self, done: int, total: int | None = None, *, memo: Mapping[str, Any] | None = None) -> None:
        """Report ``done`` of ``total``. Raises Cancelled, LeaseLost or Stopping: let them pass."""
        at = self._clock()
        recent = self._last is not None and at - self._last < THROTTLE
        if recent and memo is None and not connection.in_atomic_block and not self._stop.is_set():
            return
        self._last = at
        changes: dict[str, Any] = {"done": done, "lease_until": at + rules.LEASE}
        if total is not None:
            changes["total"] = total
        if memo is not None:
            rules.require_plain(memo)
            changes["memo"] = dict(memo)
        held = Job.objects.held(self.job)
        if not held.update(**changes):
            raise rules.LeaseLost()
        if held.filter(cancel_asked=True).exists():
            raise rules.Cancelled()
        if memo is not None:
            self.memo = dict(memo)
        if self._stop.is_set():
            raise rules.Stopping()
