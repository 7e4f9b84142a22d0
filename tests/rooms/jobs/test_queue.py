"""The queue: enqueued with the caller's work, claimed once, renewed, retried with limits, cancelled, never doubled."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import transaction

from streha.accounts import rules as accounts
from streha.common import errors
from streha.jobs import actions, models, queries, rules
from streha.jobs.rules import State

pytestmark = pytest.mark.django_db(databases=["default", "reads"])

AT = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
OFFICE = accounts.system("terminal")


def later(seconds: float) -> dt.datetime:
    return AT + dt.timedelta(seconds=seconds)


def put(**more: object) -> models.Job:
    return actions.enqueue("people.stage_import", payload={"batch": 7}, by=OFFICE, at=AT, **more)  # type: ignore[arg-type]


def take(seconds: float = 0, worker: str = "one") -> models.Job:
    job = actions.claim(worker=worker, at=later(seconds))
    assert job is not None
    return job


def again(job: models.Job) -> models.Job:
    return models.Job.objects.get(pk=job.pk)


def test_a_job_exists_exactly_if_the_rest_is_committed() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        put()
        raise RuntimeError
    assert actions.claim(worker="one", at=AT) is None


def test_the_same_key_is_enqueued_once() -> None:
    first = put(key="stage:7")
    assert put(key="stage:7").pk == first.pk
    assert put(key="stage:8").pk != first.pk


def test_jobs_are_taken_once_and_in_order() -> None:
    first, second = put(), put()
    assert take(worker="one").pk == first.pk
    assert take(worker="two").pk == second.pk
    assert actions.claim(worker="three", at=AT) is None


def test_a_job_waits_until_it_is_due() -> None:
    put(not_before=later(60))
    assert actions.claim(worker="one", at=later(59)) is None
    assert take(60).attempts == 1


def test_a_lease_that_ran_out_is_taken_back_and_the_first_worker_can_commit_nothing_more() -> None:
    put()
    lost = take()
    assert actions.claim(worker="two", at=later(59)) is None
    mine = take(61, worker="two")
    assert (mine.pk, mine.attempts) == (lost.pk, 2)
    assert actions.renew(lost, at=later(62)) is False
    assert actions.finish(lost, at=later(62)) is False
    with pytest.raises(rules.LeaseLost):
        actions.Progress(lost, clock=lambda: later(62))(1, 2)
    assert actions.finish(mine, at=later(63), result={"rows": 3}) is True
    assert again(mine).state == State.DONE


def test_a_renewed_lease_is_not_taken_back() -> None:
    put()
    job = take()
    assert actions.renew(job, at=later(50))
    assert actions.claim(worker="two", at=later(100)) is None


def test_a_dead_workers_jobs_are_free_at_once() -> None:
    put()
    take()
    assert actions.release(worker="one", at=later(2)) == 1
    assert take(2, worker="two").attempts == 2


def test_a_job_that_kills_its_worker_is_not_tried_for_ever() -> None:
    job = put(max_attempts=2)
    take(0)
    take(61)
    assert actions.claim(worker="one", at=later(200)) is None
    assert again(job).state == State.FAILED
    assert again(job).error_code == "worker_lost"


def test_a_failure_waits_longer_each_time_and_ends() -> None:
    job, clock = put(max_attempts=3), 0.0
    for wait in (5, 10):
        assert actions.fail(take(clock), OSError("disk"), at=later(clock))
        assert again(job).state == State.WAITING
        assert again(job).not_before == later(clock + wait)
        clock += wait
    assert actions.fail(take(clock), OSError("disk"), at=later(clock))
    assert again(job).state == State.FAILED
    assert again(job).error() == ("unexpected", actions.UNEXPECTED, {"kind": "OSError"})


def test_bad_input_is_not_tried_again_and_its_words_are_withheld() -> None:
    job = put()
    error = errors.BadInput("“{value}” in row {row} is not a date.", code="date", value="Arta Berisha", row=7)
    actions.fail(take(), error, at=AT)
    assert again(job).state == State.FAILED
    assert again(job).error_details == {"value": "…", "row": 7}


@pytest.mark.parametrize("value", ["Arta Berisha", "Прешево", {"name": "a b"}, ["x y"], "x" * 81])
def test_a_payload_holds_ids_only(value: object) -> None:
    with pytest.raises(errors.BadInput):
        actions.enqueue("people.export", payload={"what": value}, by=OFFICE, at=AT)
    assert models.Job.objects.count() == 0


def test_a_waiting_job_is_cancelled_at_once_a_running_one_at_its_next_progress() -> None:
    waiting = put()
    actions.ask_cancel(waiting.pk, by=OFFICE, at=AT)
    assert again(waiting).state == State.CANCELLED
    put()
    job = take()
    actions.ask_cancel(job.pk, by=OFFICE, at=AT)
    assert again(job).state == State.RUNNING
    with pytest.raises(rules.Cancelled):
        actions.Progress(job, clock=lambda: later(1))(1, 2)
    assert actions.close_cancelled(job, at=later(1))
    assert again(job).state == State.CANCELLED


def test_a_cancelled_job_whose_worker_died_is_closed() -> None:
    put()
    job = take()
    actions.ask_cancel(job.pk, by=OFFICE, at=AT)
    assert actions.claim(worker="two", at=later(61)) is None
    assert again(job).state == State.CANCELLED


def test_a_failed_job_can_be_tried_again_and_goes_on_from_its_memo() -> None:
    put()
    job = take()
    actions.Progress(job, clock=lambda: AT)(500, 1000, memo={"row": 500})
    actions.fail(job, errors.BadInput(), at=AT)
    actions.retry(job.pk, by=OFFICE, at=later(5))
    taken = take(5)
    assert (taken.memo, taken.attempts, taken.done) == ({"row": 500}, 1, 500)
    with pytest.raises(errors.Conflict):
        actions.retry(job.pk, by=OFFICE, at=later(6))


def test_a_piece_is_undone_when_the_claim_is_lost_before_its_commit() -> None:
    put()
    job = take()
    progress = actions.Progress(job, clock=lambda: later(1))
    models.Job.objects.filter(pk=job.pk).update(worker="two", attempts=2)
    with pytest.raises(rules.LeaseLost), transaction.atomic():
        models.Recurring.objects.create(name="written by the piece", due_at=AT)
        progress(1, 1)
    assert not models.Recurring.objects.exists()


def test_a_stopping_worker_puts_its_job_back_without_counting_the_attempt() -> None:
    put()
    job, stop = take(), threading.Event()
    stop.set()
    with pytest.raises(rules.Stopping):
        actions.Progress(job, clock=lambda: AT, stop=stop)(1, 2)
    assert actions.put_back(job, at=AT)
    assert (again(job).state, again(job).attempts) == (State.WAITING, 0)


def test_strangers_see_no_job_and_touch_none() -> None:
    job = put()
    planner = accounts.Access(
        1, "a planner", (accounts.HeldRole(accounts.Role.PLANNER, accounts.Scope(accounts.ScopeKind.EVERYTHING)),)
    )
    assert list(queries.page(accounts.NOBODY).rows) == []
    assert list(queries.page(planner).rows) == []
    with pytest.raises(errors.Refused):
        actions.ask_cancel(job.pk, by=accounts.NOBODY, at=AT)
    with pytest.raises(errors.NotFound):
        actions.ask_cancel(job.pk, by=planner, at=AT)
    assert again(job).state == State.WAITING


def test_pages_are_by_key() -> None:
    made = [put().pk for _ in range(5)]
    first = queries.page(OFFICE, limit=2)
    second = queries.page(OFFICE, after=first.next, limit=2)
    last = queries.page(OFFICE, after=second.next, limit=2)
    assert [job.pk for page in (first, second, last) for job in page.rows] == made[::-1]
    assert not last.more
    assert queries.number_open(OFFICE) == 5


def test_recurring_work_is_due_once_in_a_period() -> None:
    minute = dt.timedelta(minutes=1)
    assert [actions.claim_due("seal", every=minute, at=later(s)) for s in (0, 1, 59, 60, 61)] == [
        True,
        False,
        False,
        True,
        False,
    ]


def test_old_jobs_are_forgotten_and_open_ones_stay() -> None:
    put()
    actions.finish(take(), at=AT)
    put()
    assert actions.forget_finished(at=AT + dt.timedelta(days=89)) == 0
    assert actions.forget_finished(at=AT + dt.timedelta(days=91)) == 1
    assert models.Job.objects.get().state == State.WAITING


def test_pace_tells_rate_and_time_left() -> None:
    pace = rules.pace(done=250, total=1000, started_at=AT, at=later(10))
    assert (pace.per_second, pace.seconds_left, pace.share) == (25.0, 30.0, 0.25)
    assert rules.pace(done=0, total=None, started_at=AT, at=later(10)) == rules.Pace(None, None, None)
