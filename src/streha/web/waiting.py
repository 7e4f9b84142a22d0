"""What waits for a viewer, counted no further than anybody needs to know; every count obeys the viewer's rights."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.core.cache import cache
from django.db.models import Model, QuerySet

from streha.accounts import models as accounts
from streha.accounts.rules import Access, Action
from streha.assistance.distributions import queries as distribution_queries
from streha.assistance.entitlements import queries as given_queries
from streha.assistance.grants import queries as grant_queries
from streha.assistance.payments import queries as payment_queries
from streha.assistance.payments.models import PaymentList
from streha.assistance.programmes import queries as programme_queries
from streha.assistance.selections import queries as selection_queries
from streha.assistance.sites import queries as site_queries
from streha.assistance.supplies import queries as supply_queries
from streha.assistance.works import queries as works_queries
from streha.cases import queries as case_queries
from streha.cases.feedback import queries as feedback_queries
from streha.cases.feedback.queries import FEEDBACK, REPORTS
from streha.cases.feedback.rules import Standing
from streha.cases.plans import queries as plan_queries
from streha.cases.referrals import queries as referral_queries
from streha.institutions import queries as institution_queries
from streha.jobs.models import Job
from streha.jobs.rules import OPEN, State
from streha.people.duplicates import queries as duplicate_queries
from streha.people.imports import queries as import_queries

M = TypeVar("M", bound=Model)
ENOUGH = 51  # one more than is ever shown, so that "50+" can be told from 50


def few(rows: QuerySet[M]) -> int:
    """How many rows there are, looking at no more than ENOUGH of them."""
    return len(rows.order_by()[:ENOUGH].values_list("pk"))


def breaks(access: Access, at: dt.datetime) -> int:
    """Uses of break-glass that somebody else has to judge."""
    if access.user_id is None or not access.allows(Action.BREAK_GLASS_REVIEW):
        return 0
    return few(accounts.BreakGlass.objects.filter(reviewed_at=None, starts__lte=at).exclude(user_id=access.user_id))


def resets(access: Access, at: dt.datetime) -> int:
    """Password resets that a colleague asked for and this viewer could confirm."""
    if access.user_id is None or not access.allows(Action.USER_VIEW):
        return 0
    asked = accounts.PasswordReset.objects.filter(confirmed_at=None, expires__gt=at)
    return few(asked.exclude(asked_by_id=access.user_id).exclude(user_id=access.user_id))


def jobs_failed(access: Access, at: dt.datetime) -> int:
    """The viewer's own jobs that failed in the last week."""
    if access.user_id is None or not access.allows(Action.JOB_VIEW):
        return 0
    week = at - dt.timedelta(days=7)
    return few(Job.objects.filter(by_user_id=access.user_id, state=State.FAILED, finished_at__gte=week))


def jobs_open(access: Access, _at: dt.datetime) -> int:
    """The viewer's own jobs that wait or run."""
    if access.user_id is None or not access.allows(Action.JOB_VIEW):
        return 0
    return few(Job.objects.filter(by_user_id=access.user_id, state__in=OPEN))


def imports(access: Access, _at: dt.datetime) -> int:
    """Lists whose columns the viewer may check, or whose rows the viewer may decide."""
    return import_queries.open_batches_waiting(access)


def duplicates(access: Access, _at: dt.datetime) -> int:
    """Pairs that may be one person and wait for the viewer."""
    return duplicate_queries.waiting(access, ENOUGH)


def cases_late(access: Access, at: dt.datetime) -> int:
    """The viewer's own cases whose day has passed."""
    return few(case_queries.own_late(access, at.date()))


def cases_due(access: Access, at: dt.datetime) -> int:
    """The viewer's own cases that are due within a week."""
    return few(case_queries.own_due(access, at.date()))


def cases_unowned(access: Access, _at: dt.datetime) -> int:
    """Cases without an owner, for who gives them one."""
    return few(case_queries.unowned(access)) if access.allows(Action.CASE_ASSIGN) else 0


def cases_to_decide(access: Access, _at: dt.datetime) -> int:
    """Cases that wait for a role of the viewer's, as for the commission."""
    return few(case_queries.waiting_for_role(access))


def visits_late(access: Access, at: dt.datetime) -> int:
    """The viewer's own visits whose day has passed and of which nobody has told."""
    return few(plan_queries.visits_late(access, at.date()))


def visits_soon(access: Access, at: dt.datetime) -> int:
    """The viewer's own visits of the coming week."""
    return few(plan_queries.visits_soon(access, at.date()))


def goals_late(access: Access, at: dt.datetime) -> int:
    """Open goals of the viewer's own cases whose day has passed."""
    return few(plan_queries.goals_late(access, at.date()))


def referrals_received(access: Access, at: dt.datetime) -> int:
    """Referrals to the viewer's organisations that wait for an answer."""
    return referral_queries.count_waiting(access, at.date(), ENOUGH) if access.allows(Action.CASE_WORK) else 0


def referrals_slow(access: Access, at: dt.datetime) -> int:
    """Referrals of the viewer's own cases that have waited long for an answer."""
    return few(referral_queries.slow_ones(access, at.date()))


def glass(access: Access, at: dt.datetime) -> int:
    """Looks by break-glass at people of the viewer's own cases in the last weeks."""
    return min(len(case_queries.glass_broken(access, at)), ENOUGH) if access.allows(Action.CASE_VIEW) else 0


def cases(access: Access, at: dt.datetime) -> int:
    """What of cases waits for the viewer."""
    return cases_late(access, at) + cases_unowned(access, at) + cases_to_decide(access, at) + visits_late(access, at)


def feedback_breached(access: Access, at: dt.datetime) -> int:
    """Feedback of the viewer's own, or of nobody's, whose day has passed."""
    return few(feedback_queries.waiting(FEEDBACK, access, Standing.BREACHED, at.date()))


def feedback_at_risk(access: Access, at: dt.datetime) -> int:
    """The same whose day is near."""
    return few(feedback_queries.waiting(FEEDBACK, access, Standing.AT_RISK, at.date()))


def feedback_to_tell(access: Access, _at: dt.datetime) -> int:
    """Feedback that was answered, whose outcome has still to be told."""
    return few(feedback_queries.to_tell(FEEDBACK, access))


def feedback(access: Access, at: dt.datetime) -> int:
    """What of feedback waits for the viewer."""
    return feedback_breached(access, at) + feedback_at_risk(access, at) + feedback_to_tell(access, at)


def reports_breached(access: Access, at: dt.datetime) -> int:
    """Sensitive reports whose day has passed, for who handles them."""
    return few(feedback_queries.waiting(REPORTS, access, Standing.BREACHED, at.date()))


def reports_new(access: Access, _at: dt.datetime) -> int:
    """Sensitive reports that nobody has taken up yet."""
    return few(feedback_queries.unread(access)) if access.user_id is not None else 0


def reports(access: Access, at: dt.datetime) -> int:
    """What of sensitive reports waits for the viewer."""
    return max(reports_new(access, at), reports_breached(access, at))


def tasks_late(access: Access, at: dt.datetime) -> int:
    """The viewer's own tasks of meetings whose day has passed."""
    return few(institution_queries.tasks_late(access, at.date()))


def tasks_soon(access: Access, at: dt.datetime) -> int:
    """Those due within a week."""
    return few(institution_queries.tasks_soon(access, at.date()))


def tasks(access: Access, at: dt.datetime) -> int:
    """What of meetings waits for the viewer."""
    return tasks_late(access, at) + tasks_soon(access, at)


def sheets(access: Access, _at: dt.datetime) -> int:
    """Applications that the viewer has still to score."""
    return few(selection_queries.sheets_waiting(access))


def inspections(access: Access, at: dt.datetime) -> int:
    """Houses that the viewer should have inspected by now."""
    return few(works_queries.inspections_due(access, at.date())) if access.allows(Action.WORKS_INSPECT) else 0


def houses_late(access: Access, at: dt.datetime) -> int:
    """Houses of the viewer that are behind their plan by more than a month."""
    may = access.allows(Action.WORKS_INSPECT) or access.allows(Action.WORKS_PLAN)
    return few(works_queries.late_houses(access, at.date())) if may else 0


def defects(access: Access, _at: dt.datetime) -> int:
    """Houses of the viewer with something still to be mended."""
    return few(works_queries.defects_open(access)) if access.allows(Action.WORKS_INSPECT) else 0


def works(access: Access, at: dt.datetime) -> int:
    """What of house works waits for the viewer."""
    return inspections(access, at)


def nights(access: Access, at: dt.datetime) -> int:
    """Sites whose last night nobody has counted, for who counts."""
    if not access.allows(Action.SITE_STAY):
        return 0
    return few(site_queries.uncounted(access, at.date() - dt.timedelta(days=1)))


def expiring(access: Access, at: dt.datetime) -> int:
    """Batches that have expired or will soon, for who moves stock."""
    if not access.allows(Action.STOCK_MOVE):
        return 0
    return few(supply_queries.expiring(access, at.date()))


def stock_counts(access: Access, _at: dt.datetime) -> int:
    """Counts of stock that wait for the viewer to settle them."""
    return few(supply_queries.counts_open(access)) if access.allows(Action.STOCK_RULES) else 0


def stock(access: Access, at: dt.datetime) -> int:
    """What of supplies waits for the viewer."""
    return expiring(access, at) + stock_counts(access, at)


def distributions(access: Access, _at: dt.datetime) -> int:
    """Distributions at which the viewer hands out."""
    return few(distribution_queries.still_open(access)) if access.allows(Action.DISTRIBUTION_HAND) else 0


def signatures(access: Access, _at: dt.datetime) -> int:
    """Requests for money whose next step is for this viewer to sign."""
    return len(programme_queries.waiting_for(access)[:ENOUGH])


def to_send(access: Access, _at: dt.datetime) -> int:
    """Payment lists that are approved and not at the bank yet."""
    if not access.allows(Action.PAYMENT_PAY):
        return 0
    return few(PaymentList.objects.visible_to(access, Action.PAYMENT_PAY).filter(state="approved"))


def bookings(access: Access, _at: dt.datetime) -> int:
    """Bookings of the bank that nobody is found for."""
    return len(payment_queries.open_bookings(access))


def received_twice(access: Access, _at: dt.datetime) -> int:
    """Help that merged records had both received."""
    return len(given_queries.doubles(access)[:ENOUGH]) if access.allows(Action.PAYMENT_PAY) else 0


def payments(access: Access, at: dt.datetime) -> int:
    """What of payments waits for the viewer."""
    return signatures(access, at) + to_send(access, at) + bookings(access, at) + received_twice(access, at)


def checks(access: Access, at: dt.datetime) -> int:
    """Businesses that the viewer should have looked at by now."""
    return few(grant_queries.checks_due(access, at.date())) if access.allows(Action.GRANT_VISIT) else 0


# What presses, each counted once: together they are the number beside Today.
PRESSING = (
    breaks,
    resets,
    imports,
    jobs_failed,
    duplicates,
    cases,
    sheets,
    feedback,
    reports,
    tasks_late,
    works,
    nights,
    stock,
    payments,
    checks,
)


class Counts:
    """What waits for one viewer at one moment; a line of the rail and the number beside Today share their queries."""

    def __init__(self, access: Access, at: dt.datetime, acted: str = "") -> None:
        """``acted`` is another word after each thing the viewer does: what they did shows at once, what others did
        within ``COUNTS_SECONDS``.
        """
        self._access = access
        self._at = at
        self._key = f"waits:{access.user_id}:{hash(access)}:{acted}"
        self._known: dict[Callable[[Access, dt.datetime], int], int] = {}

    def of(self, *parts: Callable[[Access, dt.datetime], int]) -> int:
        """How many of these wait."""
        for part in parts:
            if part not in self._known:
                self._known[part] = self._kept(part)
        return sum(self._known[part] for part in parts)

    def _kept(self, part: Callable[[Access, dt.datetime], int]) -> int:
        if not settings.COUNTS_SECONDS:
            return part(self._access, self._at)
        key = f"{self._key}:{part.__name__}"
        known: int | None = cache.get(key)
        if known is None:
            known = part(self._access, self._at)
            cache.set(key, known, settings.COUNTS_SECONDS)
        return known
