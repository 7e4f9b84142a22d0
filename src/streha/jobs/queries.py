"""Pages of the queue."""

from __future__ import annotations

from streha.accounts.rules import Access
from streha.common import errors, pages
from streha.common.pages import PAGE_SIZE, Page
from streha.jobs.models import Job
from streha.jobs.rules import OPEN


def page(access: Access, *, state: str = "", kind: str = "", after: str = "", limit: int = PAGE_SIZE) -> Page[Job]:
    """Jobs visible to the viewer, newest first; ``after`` is the id behind which the page begins."""
    found = Job.objects.visible_to(access)
    if state:
        found = found.filter(state=state)
    if kind:
        found = found.filter(kind=kind)
    if after:
        found = found.filter(pk__lt=pages.number_of(after))
    rows = list(found.order_by("-pk")[: limit + 1])
    return Page(rows[:limit], str(rows[limit - 1].pk) if len(rows) > limit else "")


def job(access: Access, job_id: int) -> Job:
    """One job, if the viewer may see it."""
    found = Job.objects.visible_to(access).filter(pk=job_id).first()
    if found is None:
        raise errors.NotFound(errors.message("There is no job {job}."), job=job_id)
    return found


def number_open(access: Access, limit: int = 99) -> int:
    """How many of the viewer's jobs wait or run, counted up to a limit."""
    return len(Job.objects.visible_to(access).filter(state__in=OPEN).values_list("pk", flat=True)[:limit])
