"""Jobs: what runs, how far it is, what went wrong; cancel and try again."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from streha.accounts.rules import Action
from streha.common import errors
from streha.jobs import actions, models, queries
from streha.jobs.rules import CLOSED, State
from streha.web import door, labels


@door.open_to(Action.JOB_VIEW)
@require_GET
def listing(request: door.Request) -> HttpResponse:
    """The viewer's jobs, or all of them for the keeper, newest first; filtered by state."""
    state = request.GET.get("state", "")
    if state not in set(State):
        state = ""
    page = queries.page(request.access, state=state, after=request.GET.get("after", ""))
    return render(
        request,
        "jobs/listing.html",
        {
            "page": page,
            "jobs": [shown(job) for job in page.rows],
            "state": state,
            "states": [(s.value, labels.of("job_state", s)) for s in State],
            "sees_all": request.access.allows(Action.JOB_ALL),
        },
    )


@door.open_to(Action.JOB_VIEW)
@require_GET
def one(request: door.Request, job_id: int) -> HttpResponse:
    """One job; the page asks again by itself while the job is open, with scripts or without."""
    context = shown(queries.job(request.access, job_id))
    if door.is_fragment(request):
        return render(request, "jobs/state.html", context)
    return render(request, "jobs/one.html", context)


@door.open_to(Action.JOB_VIEW)
@require_POST
def cancel(request: door.Request, job_id: int) -> HttpResponse:
    """Ask a job to stop."""
    actions.ask_cancel(job_id, by=request.access, at=door.now())
    return HttpResponseRedirect(reverse("job", args=[job_id]))


@door.open_to(Action.JOB_VIEW)
@require_POST
def retry(request: door.Request, job_id: int) -> HttpResponse:
    """Put a failed or cancelled job back into the queue."""
    actions.retry(job_id, by=request.access, at=door.now())
    return HttpResponseRedirect(reverse("job", args=[job_id]))


def shown(job: models.Job) -> dict[str, Any]:
    """A job as its templates need it: the row, its pace, its error in the reader's language."""
    wrong = job.error()
    return {
        "job": job,
        "pace": job.pace(door.now()),
        "error": door.say(errors.StrehaError(wrong[1], code=wrong[0], **wrong[2])) if wrong else "",
        "may_cancel": job.is_open and not job.cancel_asked,
        "may_retry": job.state in (State.FAILED, State.CANCELLED),
        "is_closed": job.state in CLOSED,
    }
