"""Today: what is due, late or waiting for the viewer; the page after logging in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import ngettext_lazy

from streha.accounts.rules import Action
from streha.jobs.models import Job
from streha.jobs.rules import OPEN
from streha.web import door, jobs, rail, waiting

MANY_FORM = 50  # "50+" takes the plural that fifty takes, not that of fifty-one


@dataclass(frozen=True)
class Due:
    """One line of Today: what waits, and where to go."""

    words: str
    url: str
    tone: str


@door.signed_in
def page(request: door.Request) -> HttpResponse:
    """What waits for this viewer, what runs for them, and how to begin."""
    context = {"due": due(request), "running": running(request), "has_role": bool(request.access.held)}
    return render(request, "today/page.html", context)


def due(request: door.Request) -> list[Due]:
    """The lines that are not empty, most pressing first."""
    access, at = request.access, door.now()
    failed = ngettext_lazy("%(n)s job of yours failed this week", "%(n)s jobs of yours failed this week", "plural")
    lists = ngettext_lazy("%(n)s import to look at", "%(n)s imports to look at", "plural")
    breaks = ngettext_lazy("%(n)s use of break-glass to judge", "%(n)s uses of break-glass to judge", "plural")
    resets = ngettext_lazy("%(n)s new password to confirm", "%(n)s new passwords to confirm", "plural")
    pairs = ngettext_lazy("%(n)s pair that may be one person", "%(n)s pairs that may be one person", "plural")
    late = ngettext_lazy("%(n)s case of yours is late", "%(n)s cases of yours are late", "plural")
    soon = ngettext_lazy("%(n)s case of yours is due this week", "%(n)s cases of yours are due this week", "plural")
    unowned = ngettext_lazy("%(n)s case without an owner", "%(n)s cases without an owner", "plural")
    to_decide = ngettext_lazy("%(n)s case waits for you to decide", "%(n)s cases wait for you to decide", "plural")
    glass = ngettext_lazy(
        "Somebody looked at people of your cases by break-glass: %(n)s time",
        "Somebody looked at people of your cases by break-glass: %(n)s times",
        "plural",
    )
    unvisited = ngettext_lazy("%(n)s visit of yours is late", "%(n)s visits of yours are late", "plural")
    visits = ngettext_lazy("%(n)s visit of yours this week", "%(n)s visits of yours this week", "plural")
    goals = ngettext_lazy("%(n)s goal of your cases is late", "%(n)s goals of your cases are late", "plural")
    received = ngettext_lazy("%(n)s referral waits for your answer", "%(n)s referrals wait for your answer", "plural")
    unanswered = ngettext_lazy(
        "%(n)s referral of yours has no answer after two weeks",
        "%(n)s referrals of yours have no answer after two weeks",
        "plural",
    )
    sheets = ngettext_lazy("%(n)s application to score", "%(n)s applications to score", "plural")
    breached = ngettext_lazy("%(n)s feedback is past its day", "%(n)s pieces of feedback are past their day", "plural")
    at_risk = ngettext_lazy(
        "%(n)s feedback is close to its day", "%(n)s pieces of feedback are close to their day", "plural"
    )
    to_tell = ngettext_lazy(
        "%(n)s outcome to tell to whoever gave feedback", "%(n)s outcomes to tell to whoever gave feedback", "plural"
    )
    reports = ngettext_lazy("%(n)s new sensitive report", "%(n)s new sensitive reports", "plural")
    reports_late = ngettext_lazy(
        "%(n)s sensitive report is past its day", "%(n)s sensitive reports are past their day", "plural"
    )
    tasks_late = ngettext_lazy("%(n)s task of yours is late", "%(n)s tasks of yours are late", "plural")
    tasks_soon = ngettext_lazy(
        "%(n)s task of yours is due this week", "%(n)s tasks of yours are due this week", "plural"
    )
    inspections = ngettext_lazy("%(n)s house to inspect", "%(n)s houses to inspect", "plural")
    houses_late = ngettext_lazy(
        "%(n)s house is late by more than a month", "%(n)s houses are late by more than a month", "plural"
    )
    checks = ngettext_lazy("%(n)s business to look at", "%(n)s businesses to look at", "plural")
    defects = ngettext_lazy("%(n)s house has open defects", "%(n)s houses have open defects", "plural")
    nights = ngettext_lazy("%(n)s site was not counted last night", "%(n)s sites were not counted last night", "plural")
    expiring = ngettext_lazy("%(n)s batch expires soon", "%(n)s batches expire soon", "plural")
    settling = ngettext_lazy("%(n)s count of stock to settle", "%(n)s counts of stock to settle", "plural")
    open_lists = ngettext_lazy("%(n)s distribution is open", "%(n)s distributions are open", "plural")
    signatures = ngettext_lazy("%(n)s approval waits for you", "%(n)s approvals wait for you", "plural")
    to_send = ngettext_lazy("%(n)s payment list to send", "%(n)s payment lists to send", "plural")
    bookings = ngettext_lazy(
        "%(n)s booking of the bank without its line", "%(n)s bookings of the bank without their line", "plural"
    )
    twice = ngettext_lazy(
        "%(n)s time merged records had both received help",
        "%(n)s times merged records had both received help",
        "plural",
    )
    lines = (
        (waiting.reports_breached(access, at), reports_late, reverse("reports") + "?standing=breached", "late"),
        (waiting.reports_new(access, at), reports, reverse("reports"), "warn"),
        (waiting.feedback_breached(access, at), breached, reverse("feedback") + "?standing=breached", "late"),
        (waiting.feedback_at_risk(access, at), at_risk, reverse("feedback") + "?standing=at_risk", "warn"),
        (waiting.feedback_to_tell(access, at), to_tell, reverse("feedback") + "?standing=stopped", "due"),
        (waiting.cases_late(access, at), late, reverse("cases") + "?owner=me&late=1", "late"),
        (waiting.tasks_late(access, at), tasks_late, reverse("meetings") + "#tasks", "late"),
        (waiting.tasks_soon(access, at), tasks_soon, reverse("meetings") + "#tasks", "due"),
        (waiting.visits_late(access, at), unvisited, reverse("visits") + "?late=1", "late"),
        (waiting.goals_late(access, at), goals, reverse("cases") + "?owner=me&goals=late", "late"),
        (waiting.jobs_failed(access, at), failed, reverse("jobs") + "?state=failed", "bad"),
        (waiting.imports(access, at), lists, reverse("imports"), "warn"),
        (waiting.duplicates(access, at), pairs, reverse("duplicates"), "warn"),
        (waiting.sheets(access, at), sheets, reverse("selections"), "warn"),
        (waiting.breaks(access, at), breaks, reverse("breaks"), "warn"),
        (waiting.resets(access, at), resets, reverse("users"), "warn"),
        (waiting.referrals_received(access, at), received, reverse("referrals"), "warn"),
        (waiting.referrals_slow(access, at), unanswered, reverse("cases") + "?owner=me&referrals=slow", "warn"),
        (waiting.cases_to_decide(access, at), to_decide, reverse("cases") + "?owner=role", "warn"),
        (waiting.cases_unowned(access, at), unowned, reverse("cases") + "?owner=none", "warn"),
        (waiting.cases_due(access, at), soon, reverse("cases") + "?owner=me", "due"),
        (waiting.visits_soon(access, at), visits, reverse("visits"), "due"),
        (waiting.signatures(access, at), signatures, reverse("approvals"), "warn"),
        (waiting.to_send(access, at), to_send, reverse("payments") + "?state=approved", "warn"),
        (waiting.bookings(access, at), bookings, reverse("bank_replies"), "warn"),
        (waiting.received_twice(access, at), twice, reverse("doubles"), "bad"),
        (waiting.inspections(access, at), inspections, reverse("works_list") + "?due=1", "warn"),
        (waiting.houses_late(access, at), houses_late, reverse("works_list") + "?standing=very_late", "late"),
        (waiting.checks(access, at), checks, reverse("grants") + "?due=1", "warn"),
        (waiting.defects(access, at), defects, reverse("works_progress"), "due"),
        (waiting.nights(access, at), nights, reverse("sites"), "warn"),
        (waiting.stock_counts(access, at), settling, reverse("supplies"), "warn"),
        (waiting.expiring(access, at), expiring, reverse("supplies"), "due"),
        (waiting.distributions(access, at), open_lists, reverse("distributions") + "?state=open", "due"),
        (waiting.glass(access, at), glass, reverse("case_glass"), "warn"),
    )
    return [
        Due(words % {"n": rail.shown(n), "plural": min(n, MANY_FORM)}, url, tone) for n, words, url, tone in lines if n
    ]


def running(request: door.Request) -> list[dict[str, Any]]:
    """The viewer's jobs that wait or run now."""
    if not request.access.allows(Action.JOB_VIEW):
        return []
    mine = Job.objects.filter(by_user_id=request.access.user_id, state__in=OPEN).order_by("pk")[:5]
    return [jobs.shown(job) for job in mine]
