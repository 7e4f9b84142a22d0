"""The log: who did what, who looked at whom, and whether the chain still holds. Looking at it is logged too."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from streha.accounts.rules import Action
from streha.audit import queries
from streha.cases.feedback.queries import REPORT
from streha.common.pages import Page
from streha.jobs import actions as jobs
from streha.jobs.models import Job
from streha.web import door
from streha.web.forms.log import LogFilter, LookFilter

CHECK = "audit.verify"


@door.open_to(Action.LOG_VIEW)
@require_GET
def done(request: door.Request) -> HttpResponse:
    """Who did what, newest first."""
    form = LogFilter(request.GET)
    page: Page[queries.Done] = Page([])
    if form.is_valid():
        page = queries.log(
            actor=form.cleaned_data["actor"],
            room=form.cleaned_data["room"],
            without=unseen(request),
            since=form.since_at(),
            until=form.until_at(),
            after=request.GET.get("after", ""),
        )
    return render(request, "log/done.html", {"form": form, "page": page, "is_filtered": bool(filters(form))})


@door.open_to(Action.LOG_VIEW)
@require_GET
def looks(request: door.Request) -> HttpResponse:
    """Who looked at whom, newest first."""
    form = LookFilter(request.GET)
    page: Page[queries.Look] = Page([])
    after = request.GET.get("after", "")
    if form.is_valid():
        subject = form.cleaned_data["subject"]
        page = (
            queries.readers(subject, without=unseen(request), after=after)
            if subject
            else queries.looks(actor=form.cleaned_data["actor"], without=unseen(request), after=after)
        )
    return render(request, "log/looks.html", {"form": form, "page": page, "is_filtered": bool(filters(form))})


@door.open_to(Action.LOG_VIEW)
@require_http_methods(["GET", "POST"])
def check(request: door.Request) -> HttpResponse:
    """Whether the log holds: what the last check said, and a new one as a job."""
    if request.method == "POST":
        job = jobs.enqueue(CHECK, payload={}, by=request.access, at=door.now())
        return HttpResponseRedirect(reverse("job", args=[job.pk]))
    last = Job.objects.filter(kind=CHECK).order_by("-pk").first()
    return render(request, "log/check.html", {"last": last, "heads": queries.heads()})


def unseen(request: door.Request) -> tuple[str, ...]:
    """Kinds of objects that the viewer may not even be hinted at."""
    return () if request.access.allows(Action.FEEDBACK_SENSITIVE) else (REPORT,)


def filters(form: LogFilter | LookFilter) -> list[str]:
    """Names of the filters that are set."""
    return [name for name in form.fields if form.data.get(name)]
