"""Reads of grants: lists, one grant with its story, checks that are due, people who hold several, figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, QuerySet, Sum

from streha.accounts.rules import Access, Action
from streha.assistance.grants import models, rules
from streha.audit import actions as audit
from streha.common import errors, pages
from streha.common.codes import FieldClass
from streha.common.pages import PAGE_SIZE, Page
from streha.people import models as people_models
from streha.people import queries as people
from streha.places import queries as places


@dataclass(frozen=True)
class GrantFilter:
    """What a list of grants is narrowed to; the area is that of the offices which keep the people."""

    area_id: int | None = None
    sector: str = ""
    state: str = ""
    check_due: bool = False


def narrowed_rows(access: Access, narrowed: GrantFilter, today: dt.date) -> QuerySet[models.Grant]:
    """Grants visible to the viewer that answer to a filter."""
    rows: QuerySet[models.Grant] = models.Grant.objects.visible_to(access)
    if narrowed.area_id is not None:
        rows = rows.filter(person__keeper__in=sorted(places.subtree_ids([narrowed.area_id])))
    if narrowed.sector:
        rows = rows.filter(sector=narrowed.sector)
    if narrowed.state:
        rows = rows.filter(state=narrowed.state)
    if narrowed.check_due:
        due = models.AliveCheck.objects.filter(made_on=None, due_on__lte=today)
        rows = rows.filter(state=rules.State.RUNNING, pk__in=due.values("grant"))
    return rows


def grants_page(
    access: Access, narrowed: GrantFilter, *, today: dt.date, after: str = "", limit: int = PAGE_SIZE
) -> Page[models.Grant]:
    """Grants visible to the viewer, the newest first, one page from a key on."""
    rows = narrowed_rows(access, narrowed, today)
    if after:
        rows = rows.filter(pk__lt=pages.number_of(after))
    found = list(
        rows.select_related("person__keeper").prefetch_related("tranches", "checks").order_by("-pk")[: limit + 1]
    )
    shown = found[:limit]
    _with_people(access, shown)
    return Page(tuple(shown), str(shown[-1].pk) if len(found) > limit else "")


def _with_people(access: Access, grants: Collection[models.Grant]) -> None:
    """Each grant learns whom it may show: ``seen_person``, by the number that answers now."""
    answering = people.answering({grant.person_id for grant in grants})
    wanted = set(answering.values())
    ids = people_models.Person.objects.visible_to(access).filter(pk__in=wanted).values_list("pk", flat=True)
    seen = {person.pk: person for person in people.with_people(list(ids))}
    for grant in grants:
        grant.seen_person = seen.get(answering[grant.person_id])  # type: ignore[attr-defined]


@dataclass(frozen=True)
class GrantPage:
    """A grant as one viewer sees it."""

    grant: models.Grant
    plan: str
    tranches: tuple[models.Tranche, ...]
    visits: tuple[models.GrantVisit, ...]
    checks: tuple[models.AliveCheck, ...]
    others: tuple[models.Grant, ...]
    may_work: bool
    may_visit: bool
    may_pay: bool

    @property
    def next_unmet(self) -> models.Tranche | None:
        return next((tranche for tranche in self.tranches if tranche.met_on is None), None)

    @property
    def next_unpaid(self) -> models.Tranche | None:
        return next((tranche for tranche in self.tranches if tranche.paid_on is None), None)


def grant_page(access: Access, pk: int, *, at: dt.datetime) -> GrantPage:
    """Everything about a grant; that the viewer looked is on record with the person."""
    rows = models.Grant.objects.visible_to(access)
    grant = rows.select_related("person__keeper", "household", "cycle", "awarded_by").filter(pk=pk).first()
    if grant is None:
        raise errors.NotFound()
    _with_people(access, [grant])
    subject, record = grant.person.subject, people.Record.of(grant.person)
    audit.looked(
        by=access.actor, at=at, verb="opened", subjects=[subject], classes=[FieldClass.IDENTITY], where="grant"
    )
    visits = list(grant.visits.select_related("noted_by").order_by("-on", "-pk"))
    for row in visits:
        row.note = people.unsealed(subject, row.note_sealed, models.SEALED_NOTE)  # type: ignore[attr-defined]
    same = people.one_person(people.answering([grant.person_id])[grant.person_id])
    others = models.Grant.objects.visible_to(access).filter(person__in=same).exclude(pk=pk)
    return GrantPage(
        grant=grant,
        plan=people.unsealed(subject, grant.plan_sealed, models.SEALED_PLAN),
        tranches=tuple(grant.tranches.all()),
        visits=tuple(visits),
        checks=tuple(grant.checks.all()),
        others=tuple(others.exclude(state=rules.State.CANCELLED).order_by("pk")),
        may_work=people.carries(access, Action.GRANT_WORK, record) and grant.state == rules.State.RUNNING,
        may_visit=people.carries(access, Action.GRANT_VISIT, record) and grant.state == rules.State.RUNNING,
        may_pay=people.carries(access, Action.GRANT_PAY, record) and grant.state == rules.State.RUNNING,
    )


def people_with_grants(person_ids: Collection[int]) -> set[int]:
    """Which of these people have a grant that was not cancelled, by any record that was merged into theirs."""
    records = {record: pk for pk in person_ids for record in people.one_person(pk)} if len(person_ids) < 50 else {}
    if not records:  # many at once: a list or the demo, whose people are new
        records = {pk: pk for pk in person_ids}
    found: set[int] = set()
    ids = sorted(records)
    for start in range(0, len(ids), 500):
        rows = models.Grant.objects.filter(person__in=ids[start : start + 500]).exclude(state=rules.State.CANCELLED)
        found |= {records[pk] for pk in rows.values_list("person_id", flat=True)}
    return found


def doubled(access: Access) -> list[tuple[models.Grant, models.Grant]]:
    """Pairs of grants of people who are one by a merge, neither cancelled and neither given with a reason."""
    merged = models.Grant.objects.visible_to(access).filter(person__canonical__isnull=False, again_reason="")
    found = []
    for grant in merged.exclude(state=rules.State.CANCELLED).select_related("person").order_by("pk")[:200]:
        same = people.one_person(people.answering([grant.person_id])[grant.person_id])
        rest = models.Grant.objects.visible_to(access).filter(person__in=same, again_reason="").exclude(pk=grant.pk)
        found += [
            (grant, other)
            for other in rest.exclude(state=rules.State.CANCELLED).order_by("pk")
            if other.person.canonical_id is None or other.pk > grant.pk
        ]
    return found


def checks_due(access: Access, today: dt.date) -> QuerySet[models.AliveCheck]:
    """Checks that are due, of running grants that the viewer visits."""
    mine = models.Grant.objects.visible_to(access, Action.GRANT_VISIT).filter(state=rules.State.RUNNING)
    return models.AliveCheck.objects.filter(made_on=None, due_on__lte=today, grant__in=mine.values("pk"))


def of_people(access: Access, person_ids: Collection[int]) -> list[models.Grant]:
    """Grants of these people, by any of their records, the newest first."""
    if not access.allows(Action.GRANT_VIEW) or not person_ids:
        return []
    records = sorted({record for pk in person_ids for record in people.one_person(pk)})
    return list(models.Grant.objects.visible_to(access).filter(person__in=records).order_by("-pk")[:20])


@dataclass(frozen=True)
class Survival:
    """Of the businesses looked at so many months after they began: how many live, and the jobs they give."""

    months: int
    checked: int
    alive: int
    jobs: int

    @property
    def share(self) -> float | None:
        return self.alive / self.checked if self.checked else None


def survival(access: Access) -> list[Survival]:
    """What became of the businesses visible to the viewer; one that was not traced counts as not living."""
    rows = models.AliveCheck.objects.filter(
        grant__in=models.Grant.objects.visible_to(access).values("pk"), made_on__isnull=False
    ).order_by()
    checked = dict(rows.values_list("months").annotate(n=Count("pk")))
    alive = {
        months: (n, jobs or 0)
        for months, n, jobs in rows.filter(found=rules.Alive.ALIVE)
        .values_list("months")
        .annotate(n=Count("pk"), jobs=Sum("jobs"))
    }
    return [Survival(m, checked.get(m, 0), *alive.get(m, (0, 0))) for m in rules.CHECKS]
