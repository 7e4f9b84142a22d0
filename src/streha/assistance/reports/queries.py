"""The figures of a donor's report, over one agreement and one period, and what happened in a programme, as far as a
viewer may see them.

Sums of a report are reckoned in Python: SQLite adds decimal columns as floats.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Max, Q, Sum
from django.db.models.functions import TruncMonth

from streha.accounts.rules import Access, Action
from streha.assistance.entitlements import models as entitlements
from streha.assistance.grants import models as grants
from streha.assistance.grants.rules import Alive
from streha.assistance.payments import models as payments
from streha.assistance.programmes import models as programmes
from streha.assistance.programmes import rules
from streha.assistance.projects import models as projects
from streha.assistance.training import models as training
from streha.assistance.works import models as works
from streha.common import errors

NOTHING = Decimal(0)
ALIVE = Alive.ALIVE
MOST_LISTS = 60


@dataclass(frozen=True)
class LineFigures:
    """A budget line: what it holds, what is set aside, what was spent until the end and within the period."""

    code: str
    title: str
    budget: Decimal
    committed: Decimal
    spent_before: Decimal
    spent_within: Decimal

    @property
    def spent(self) -> Decimal:
        """Until the end of the period."""
        return self.spent_before + self.spent_within


@dataclass(frozen=True)
class HelpFigures:
    """Help of one kind in one currency or unit: how many are due it, and what reached them within the period."""

    kind: str
    unit: str
    entitlements: int
    reached: int
    due: Decimal
    given: Decimal


@dataclass(frozen=True)
class HouseFigures:
    """A lot of houses paid from the agreement: how many, how many handed over, and their mean percent."""

    title: str
    houses: int
    handed_over: int
    percent: int


@dataclass(frozen=True)
class GrantFigures:
    """Grants of one sector in one currency paid from the agreement: how many, how much awarded and paid, jobs made."""

    sector: str
    currency: str
    grants: int
    awarded: Decimal
    paid: Decimal
    checked: int
    alive: int
    jobs: int


@dataclass(frozen=True)
class CourseFigures:
    """A course paid from the agreement: its places, who took part, and who earned the certificate."""

    title: str
    places: int
    took_part: int
    certified: int


@dataclass(frozen=True)
class DonorReport:
    """Everything the paper says; money is in the agreement's currency."""

    agreement: programmes.Agreement
    since: dt.date
    until: dt.date
    lines: tuple[LineFigures, ...]
    months: tuple[tuple[dt.date, Decimal], ...]
    help: tuple[HelpFigures, ...]
    houses: tuple[HouseFigures, ...]
    grants: tuple[GrantFigures, ...]
    courses: tuple[CourseFigures, ...]
    projects: tuple[projects.CommunityProject, ...]

    @property
    def spent_within(self) -> Decimal:
        return sum((line.spent_within for line in self.lines), NOTHING)


def donor_report(access: Access, agreement_id: int, *, since: dt.date, until: dt.date) -> DonorReport:
    """The report of an agreement from one day to another, both included. Raises NotFound, BadInput for no period."""
    access.require(Action.PROGRAMME_VIEW)
    agreement = programmes.Agreement.objects.select_related("donor").filter(pk=agreement_id).first()
    if agreement is None:
        raise errors.NotFound()
    if until < since:
        raise errors.BadInput(
            errors.message("The period ends on {until}, before it begins on {since}. Exchange the two."),
            code="period",
            since=since,
            until=until,
        )
    commitments = list(programmes.Commitment.objects.filter(line__agreement=agreement))
    return DonorReport(
        agreement=agreement,
        since=since,
        until=until,
        lines=_lines(agreement, since, until),
        months=_months(agreement, since, until),
        help=_help(access, commitments, since, until),
        houses=_houses(access, [row.key for row in commitments if row.kind == rules.For.WORKS]),
        grants=_grants(
            access,
            [row.key for row in commitments if row.kind == rules.For.GRANT],
            [row.key for row in commitments if row.kind == rules.For.CYCLE],
        ),
        courses=_courses(access, [row.key for row in commitments if row.kind == rules.For.TRAINING]),
        projects=_projects(access, [row.key for row in commitments if row.kind == rules.For.PROJECT]),
    )


def _lines(agreement: programmes.Agreement, since: dt.date, until: dt.date) -> tuple[LineFigures, ...]:
    before: dict[int, Decimal] = defaultdict(lambda: NOTHING)
    within: dict[int, Decimal] = defaultdict(lambda: NOTHING)
    spent = programmes.Spending.objects.filter(commitment__line__agreement=agreement, day__lte=until)
    for line_id, day, amount in spent.values_list("commitment__line_id", "day", "amount"):
        (within if day >= since else before)[line_id] += amount
    return tuple(
        LineFigures(line.code, line.title, line.amount, line.committed, before[line.pk], within[line.pk])
        for line in agreement.lines.all()
    )


def _months(agreement: programmes.Agreement, since: dt.date, until: dt.date) -> tuple[tuple[dt.date, Decimal], ...]:
    """What was spent in each month of the period, also where it was nothing."""
    sums: dict[dt.date, Decimal] = {}
    month = since.replace(day=1)
    while month <= until:
        sums[month] = NOTHING
        month = (month + dt.timedelta(days=32)).replace(day=1)
    spent = programmes.Spending.objects.filter(commitment__line__agreement=agreement, day__range=(since, until))
    for day, amount in spent.values_list("day", "amount"):
        sums[day.replace(day=1)] += amount
    return tuple(sorted(sums.items()))


def _help(
    access: Access, commitments: Sequence[programmes.Commitment], since: dt.date, until: dt.date
) -> tuple[HelpFigures, ...]:
    rows = entitlements.Entitlement.objects.visible_to(access).live().filter(commitment__in=commitments)
    held = list(rows.values_list("pk", "kind", "unit", "due"))
    given: dict[int, Decimal] = defaultdict(lambda: NOTHING)
    came = entitlements.Delivery.objects.filter(entitlement__commitment__in=commitments, on__range=(since, until))
    for pk, amount, returned in came.values_list("entitlement_id", "amount", "returned"):
        given[pk] += amount - returned
    parts: dict[tuple[str, str], list[tuple[int, Decimal]]] = defaultdict(list)
    for pk, kind, unit, due in held:
        parts[kind, unit].append((pk, due))
    return tuple(
        HelpFigures(
            kind,
            unit,
            entitlements=len(each),
            reached=sum(given[pk] > 0 for pk, _due in each),
            due=sum((due for _pk, due in each), NOTHING),
            given=sum((given[pk] for pk, _due in each), NOTHING),
        )
        for (kind, unit), each in sorted(parts.items())
    )


def _houses(access: Access, lots: Sequence[str]) -> tuple[HouseFigures, ...]:
    if not access.allows(Action.WORKS_VIEW):
        return ()
    found = []
    for lot in works.Lot.objects.filter(pk__in=[int(key) for key in lots]).order_by("pk"):
        houses = list(works.HouseWorks.objects.visible_to(access).filter(lot=lot).values_list("state", "percent"))
        if houses:
            done = sum(state in {"handed_over", "closed"} for state, _percent in houses)
            found.append(HouseFigures(lot.title, len(houses), done, sum(p for _s, p in houses) // len(houses)))
    return tuple(found)


def _grants(access: Access, keys: Sequence[str], cycles: Sequence[str]) -> tuple[GrantFigures, ...]:
    """Grants for which the agreement's money is set aside, themselves or by their cycle; as they stand now."""
    if not access.allows(Action.GRANT_VIEW):
        return ()
    held = grants.Grant.objects.visible_to(access).exclude(state="cancelled")
    rows = held.filter(Q(pk__in=[int(key) for key in keys]) | Q(cycle__in=[int(key) for key in cycles]))
    parts: dict[tuple[str, str], list[tuple[int, Decimal]]] = defaultdict(list)
    for pk, sector, currency, amount in rows.values_list("pk", "sector", "currency", "amount"):
        parts[sector, currency].append((pk, amount))
    paid: dict[int, Decimal] = defaultdict(lambda: NOTHING)
    for pk, amount in grants.Tranche.objects.filter(grant__in=rows, paid_on__isnull=False).values_list(
        "grant", "amount"
    ):
        paid[pk] += amount
    found: dict[int, tuple[str, int]] = {}  # the newest check of each
    checks = grants.AliveCheck.objects.filter(grant__in=rows, made_on__isnull=False).order_by("months")
    for pk, said, jobs in checks.values_list("grant", "found", "jobs"):
        found[pk] = (said, jobs or 0)
    return tuple(
        GrantFigures(
            sector,
            currency,
            grants=len(each),
            awarded=sum((amount for _pk, amount in each), NOTHING),
            paid=sum((paid[pk] for pk, _amount in each), NOTHING),
            checked=sum(pk in found for pk, _amount in each),
            alive=sum(pk in found and found[pk][0] == ALIVE for pk, _amount in each),
            jobs=sum(found[pk][1] for pk, _amount in each if pk in found),
        )
        for (sector, currency), each in sorted(parts.items())
    )


def _courses(access: Access, keys: Sequence[str]) -> tuple[CourseFigures, ...]:
    if not access.allows(Action.COURSE_VIEW):
        return ()
    found = []
    for course in training.Course.objects.visible_to(access).filter(pk__in=[int(key) for key in keys]).order_by("pk"):
        took = list(
            training.Enrolment.objects.visible_to(access)
            .filter(course=course)
            .exclude(took="dropped")
            .values_list("certified_on", flat=True)
        )
        found.append(CourseFigures(course.title, course.places, len(took), sum(day is not None for day in took)))
    return tuple(found)


def _projects(access: Access, keys: Sequence[str]) -> tuple[projects.CommunityProject, ...]:
    if not access.allows(Action.PROJECT_VIEW):
        return ()
    rows = projects.CommunityProject.objects.visible_to(access).filter(pk__in=[int(key) for key in keys])
    return tuple(rows.select_related("area").order_by("pk"))


# --- what happened in a programme -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ProgrammeStory:
    """The rows that tell what happened in a programme, and how many of each cycle were reached so far."""

    programme: programmes.Programme
    cycles: tuple[programmes.Cycle, ...]
    reached: dict[int, tuple[int, int]]  # by cycle: how many entitlements, and how many of them brought something
    agreements: tuple[programmes.Agreement, ...]
    commitments: tuple[programmes.Commitment, ...]
    spent: tuple[tuple[dt.date, dt.date, str, Decimal], ...]  # month, last day of it, currency, how much
    lists: tuple[payments.PaymentList, ...]
    approvals: tuple[programmes.ApprovalRequest, ...]


def programme_story(access: Access, programme: programmes.Programme) -> ProgrammeStory:
    """What happened in a visible programme; payments and entitlements as far as the viewer sees them."""
    cycles = tuple(programme.cycles.select_related("made_by").order_by("-starts_on", "-pk"))
    set_aside = programmes.Commitment.objects.filter(kind=rules.For.CYCLE, key__in=[str(cycle.pk) for cycle in cycles])
    commitments = tuple(set_aside.select_related("line__agreement__donor", "made_by").order_by("pk"))
    agreements = {one.line.agreement_id: one.line.agreement for one in commitments}
    lists = payments.PaymentList.objects.visible_to(access).filter(cycle__in=cycles).select_related("sent_by")
    shown = tuple(lists.order_by("-pk")[:MOST_LISTS])
    asked = programmes.ApprovalRequest.objects.filter(kind=rules.For.PAYMENT_LIST, key__in=[str(x.pk) for x in shown])
    return ProgrammeStory(
        programme=programme,
        cycles=cycles,
        reached=_reached(access, cycles),
        agreements=tuple(agreements.values()),
        commitments=commitments,
        spent=_spent(commitments),
        lists=shown,
        approvals=tuple(asked.select_related("asked_by").prefetch_related("approvals__by").order_by("pk")),
    )


def _reached(access: Access, cycles: Sequence[programmes.Cycle]) -> dict[int, tuple[int, int]]:
    if not access.allows(Action.ENTITLEMENT_VIEW):
        return {}
    rows = entitlements.Entitlement.objects.visible_to(access).live().filter(cycle__in=cycles).order_by()
    sums = rows.values_list("cycle_id").annotate(n=Count("pk"), reached=Count("pk", filter=Q(given__gt=0)))
    return {cycle_id: (number, reached) for cycle_id, number, reached in sums}


def _spent(commitments: Sequence[programmes.Commitment]) -> tuple[tuple[dt.date, dt.date, str, Decimal], ...]:
    """Spending by month and currency. The database adds: rounded to the cent, its floats are right up to 10^12."""
    currencies = {one.pk: one.currency for one in commitments}
    rows = programmes.Spending.objects.filter(commitment__in=currencies).order_by()
    months = rows.annotate(month=TruncMonth("day")).values_list("month", "commitment_id")
    found: dict[tuple[dt.date, str], tuple[dt.date, Decimal]] = {}
    for month, pk, amount, last in months.annotate(amount=Sum("amount"), last=Max("day")):
        before_last, before = found.get((month, currencies[pk]), (last, NOTHING))
        found[month, currencies[pk]] = max(last, before_last), before + round(Decimal(amount), 2)
    return tuple((month, last, currency, sum_) for (month, currency), (last, sum_) in sorted(found.items()))
