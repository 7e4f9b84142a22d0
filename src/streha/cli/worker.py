"""``streha worker``: does the work that takes longer than a request, and what the office does by itself.

``KINDS`` is the one place that maps kinds of jobs to functions, ``EVERY`` the one that lists recurring work. Both
name functions as ``module:function``; a test holds that each exists.
"""

from __future__ import annotations

import datetime as dt
import importlib
import logging
import os
import secrets
import signal
import socket
import threading
import traceback
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from types import FrameType
from typing import Any

import click
from django.db import DatabaseError, InterfaceError, connections

from streha.accounts import queries as accounts
from streha.accounts.bridge import wall
from streha.accounts.models import User
from streha.accounts.rules import NOBODY, Access, system
from streha.audit import actions as audit
from streha.audit import bridge as audit_bridge
from streha.cli import presence
from streha.common import errors
from streha.jobs import actions, rules
from streha.jobs.models import Job
from streha.people import bridge as people

log = logging.getLogger("streha.worker")

Function = Callable[[dict[str, Any], actions.Progress, Access], Mapping[str, Any] | None]

# kind -> function(payload, progress, by) -> result
KINDS: dict[str, str] = {
    "audit.verify": "streha.cli.audit:verify_as_job",
    "imports.stage": "streha.cli.people:stage",
    "imports.commit": "streha.cli.people:commit",
    "imports.abandon": "streha.cli.people:abandon",
    "people.export": "streha.cli.people:export",
    "homes.export": "streha.cli.people:export_homes",
    "feedback.export": "streha.cli.people:export_feedback",
    "trainings.export": "streha.cli.people:export_trainings",
    "works.export": "streha.cli.people:export_works",
    "cases.export": "streha.cli.people:export_cases",
    "applications.export": "streha.cli.people:export_applications",
    "ranked.export": "streha.cli.people:export_ranked",
    "selections.carry": "streha.cli.people:carry_decision",
    "letters.export": "streha.cli.people:export_letters",
    "distributions.list": "streha.cli.supplies:make_list",
    "distributions.sheet": "streha.cli.supplies:work_sheet",
    "five_w.export": "streha.cli.people:export_five_w",
    "duplicates.search": "streha.cli.people:look_for_duplicates",
    "payments.build": "streha.cli.payments:build",
    "payments.reconcile": "streha.cli.payments:reconcile",
    "dataprotection.retain": "streha.cli.people:retain",
}

# name -> (period, function(at))
EVERY: dict[str, tuple[dt.timedelta, str]] = {
    "audit.seal": (dt.timedelta(minutes=1), "streha.cli.worker:seal"),
    "audit.anchor": (dt.timedelta(hours=1), "streha.cli.audit:anchor_now"),
    "duplicates.weigh": (dt.timedelta(minutes=1), "streha.cli.worker:weigh_pairs"),
    "duplicates.consequence": (dt.timedelta(minutes=15), "streha.cli.worker:weigh_consequences"),
    "exports.end": (dt.timedelta(hours=1), "streha.cli.worker:end_exports"),
    "dataprotection.rewrite": (dt.timedelta(hours=1), "streha.cli.worker:rewrite"),
    "referrals.revoke": (dt.timedelta(hours=1), "streha.cli.worker:revoke_referrals"),
    "jobs.forget": (dt.timedelta(days=1), "streha.cli.worker:forget"),
}

POLL_S = 1.0
WATCH_S = 5.0
PATIENCE_S = 5.0  # how long a worker waits for a database that went away


def now() -> dt.datetime:
    """The clock of the worker; everything beneath gets the moment as an argument."""
    return dt.datetime.now(dt.UTC)


def find(path: str) -> Callable[..., Any]:
    """The function named ``module:function``."""
    module, _, name = path.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def seal(at: dt.datetime) -> None:
    """Seal the looks of the last minute, and bring the ledger of erasures up to date."""
    audit.seal_reads(at=at)
    audit.enter_erasures()


def weigh_pairs(at: dt.datetime) -> None:  # noqa: ARG001 - recurring work is told the moment
    """Weigh the pairs that were found since the last time."""
    from streha.people.duplicates import actions as duplicates

    duplicates.weigh()


def weigh_consequences(at: dt.datetime) -> None:  # noqa: ARG001 - recurring work is told the moment
    """Pairs of whom both were chosen for help, or wait for it, stand first in the queue."""
    from streha.assistance.selections import queries as selections
    from streha.cases import queries as cases
    from streha.people.duplicates import actions as duplicates
    from streha.people.duplicates.rules import Help

    def help_of(ids: Collection[int]) -> dict[int, Help]:
        granted = dict.fromkeys(selections.chosen(ids), Help.GRANTED)
        return dict.fromkeys(cases.with_open_case(ids), Help.ASKED) | granted

    duplicates.weigh_consequences(help_of, by=system("worker"))


def forget(at: dt.datetime) -> None:
    """Forget jobs that were closed long ago."""
    actions.forget_finished(at=at)


def revoke_referrals(at: dt.datetime) -> None:
    """Revoke referrals whose consent has expired."""
    from streha.cases.referrals import actions as referrals

    referrals.revoke_lapsed(by=system("worker"), at=at)


def end_exports(at: dt.datetime) -> None:
    """Destroy lists whose time has run out."""
    from streha.people.exports import actions as exports

    exports.destroy_expired(by=system("worker"), at=at)


def rewrite(at: dt.datetime) -> None:
    """Write the files of the database anew by night, if somebody was erased since the last time."""
    from streha.dataprotection import actions as dataprotection

    dataprotection.rewrite_by_night(by=system("worker"), at=at)


def new_name() -> str:
    """A name no other worker ever had: machine, process, chance."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"


class Worker:
    """Takes jobs one after the other; a second thread renews the lease and does the recurring work."""

    def __init__(
        self,
        *,
        name: str = "",
        kinds: Mapping[str, str] | None = None,
        every: Mapping[str, tuple[dt.timedelta, str]] | None = None,
    ) -> None:
        self.name = name or new_name()
        self.kinds = KINDS if kinds is None else kinds
        self.every = EVERY if every is None else every
        self.stop = threading.Event()
        self._current: Job | None = None

    def work(self, *, until_empty: bool = False) -> int:
        """Do jobs until asked to stop, or until the queue is empty; returns how many were taken."""
        taken = 0
        watch = threading.Thread(target=self._watch, name="watch", daemon=True)
        watch.start()
        while not self.stop.is_set():
            try:
                job = actions.claim(worker=self.name, at=now())
            except (DatabaseError, InterfaceError) as error:
                self._wait_for_database(error)
                continue
            if job is not None:
                self.do(job)
                taken += 1
            elif until_empty:
                break
            else:
                self.stop.wait(POLL_S)
        self.stop.set()
        watch.join(timeout=WATCH_S)
        return taken

    def do(self, job: Job) -> None:
        """Run one job's function and close the job, put it back, or leave it to whoever holds it now."""
        self._current = job
        try:
            self._run(job)
        except (DatabaseError, InterfaceError) as error:
            # The database went away while the end was being noted: the lease runs out and the job is taken up again.
            self._wait_for_database(error)
        finally:
            self._current = None

    def _run(self, job: Job) -> None:
        progress = actions.Progress(job, clock=now, stop=self.stop)
        try:
            if job.kind not in self.kinds:
                raise errors.NotFound(
                    errors.message("This version has no job of kind “{kind}”."), code="job_kind", kind=job.kind
                )
            function: Function = find(self.kinds[job.kind])
            by = acting(job)
            with wall.asking(people.viewer(by)):
                result = function(dict(job.payload), progress, by)
        except rules.LeaseLost:
            log.warning("job %s is held by another worker now", job.pk)
        except rules.Cancelled:
            actions.close_cancelled(job, at=now())
        except rules.Stopping:
            actions.put_back(job, at=now())
        except Exception as error:
            _let_go()
            if not isinstance(error, errors.StrehaError):
                # Where it happened, without the message: a database error repeats the values it refused.
                where = "".join(traceback.format_tb(error.__traceback__))
                log.error("job %s (%s) stopped on %s\n%s", job.pk, job.kind, type(error).__name__, where)
            actions.fail(job, error, at=now())
        else:
            actions.finish(job, at=now(), result=result)

    def _watch(self) -> None:
        """Renew the lease of the current job and do recurring work, until the worker stops."""
        renewed, pause = 0.0, 0.0
        while not self.stop.wait(pause):
            pause = WATCH_S
            try:
                job, renewed = self._current, renewed + WATCH_S
                if job is not None and renewed >= rules.HEARTBEAT_S:
                    actions.renew(job, at=now())
                    renewed = 0.0
                self.recur(now())
            except (DatabaseError, InterfaceError) as error:
                log.warning("the database did not answer: %s", type(error).__name__)
                _let_go()
        connections.close_all()

    def recur(self, at: dt.datetime) -> None:
        """Do the recurring work that is due; one that fails does not stop the others."""
        for name, (period, path) in self.every.items():
            if not actions.claim_due(name, every=period, at=at):
                continue
            try:
                find(path)(at)
            except (DatabaseError, InterfaceError):
                raise
            except Exception as error:
                where = "".join(traceback.format_tb(error.__traceback__))
                log.error("recurring work %s stopped on %s\n%s", name, type(error).__name__, where)

    def _wait_for_database(self, error: Exception) -> None:
        log.warning("the database does not answer (%s); trying again", type(error).__name__)
        with suppress(DatabaseError, InterfaceError):
            connections.close_all()
        self.stop.wait(PATIENCE_S)


def _let_go() -> None:
    """Connections that broke are closed; one that somebody's transaction is open in is theirs to close."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


def acting(job: Job) -> Access:
    """The rights a job acts with: its user's as they are now, or the office's own for a job without a user."""
    if job.by_user_id is not None:
        user = User.objects.filter(pk=job.by_user_id).first()
        return NOBODY if user is None else accounts.access(user, now())
    return system(job.by_label)


@click.command(name="worker")
@click.option("--name", default="", help="The name under which this worker holds jobs; made up if not given.")
@click.option("--instead-of", default="", help="Name of a dead worker whose jobs are free at once.")
@click.option("--until-empty", is_flag=True, help="Stop when there is nothing left to do.")
def command(name: str, instead_of: str, until_empty: bool) -> None:
    """Do jobs until stopped.

    Any number of workers may run, on any number of machines that share the database. A worker that is killed loses
    nothing: its job is taken up by another when its lease of 60 seconds ends.
    """
    audit_bridge.keyring()
    worker = Worker(name=name)

    def finish(_signal: int, _frame: FrameType | None) -> None:
        worker.stop.set()

    signal.signal(signal.SIGTERM, finish)
    signal.signal(signal.SIGINT, finish)
    if instead_of:
        actions.release(worker=instead_of, at=now())
    with presence.at_work():
        worker.work(until_empty=until_empty)
