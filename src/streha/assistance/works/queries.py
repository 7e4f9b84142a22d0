"""Reads of house works: every house on one screen, lists, one house with its story, alerts, plan against actual, map.

Everything begins with the viewer's ``Access``. A list and the screen of all houses show numbers, stages and the office
that keeps the home, never where a home is; the map counts those alone whose place the viewer may know.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Sum

from streha.accounts.rules import Access, Action
from streha.assistance.works import bridge, models, rules
from streha.audit import actions as audit
from streha.common import errors, pages
from streha.common.codes import FieldClass
from streha.common.pages import PAGE_SIZE, Page
from streha.homes import models as homes
from streha.homes import queries as home_queries
from streha.people import models as people_models
from streha.people import queries as people
from streha.places import queries as places
from streha.places.models import Area

GOING = (rules.State.PLANNED, rules.State.RUNNING)
FINISHED = (rules.State.HANDED_OVER, rules.State.CLOSED)
MOST_ALERTS = 200


# --- lists ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WorksFilter:
    """What a list of house works is narrowed to; the area is that of the offices which keep the homes."""

    area_id: int | None = None
    state: str = ""
    stage: str = ""
    lot_id: int | None = None
    standing: str = ""
    inspection_due: bool = False

    def as_text(self) -> str:
        """For a job and the log."""
        parts = (self.area_id or "", self.state, self.stage, self.lot_id or "", self.standing, int(self.inspection_due))
        return "|".join(str(part) for part in parts)

    @classmethod
    def parse(cls, text: str) -> WorksFilter:
        """The filter that ``as_text`` wrote."""
        area, state, stage, lot, standing, due = text.split("|")
        return cls(int(area) if area else None, state, stage, int(lot) if lot else None, standing, due == "1")


def narrowed_rows(access: Access, narrowed: WorksFilter, today: dt.date) -> QuerySet[models.HouseWorks]:
    """Works visible to the viewer that answer to a filter."""
    rows: QuerySet[models.HouseWorks] = models.HouseWorks.objects.visible_to(access)
    if narrowed.area_id is not None:
        rows = rows.filter(home__keeper__in=sorted(places.subtree_ids([narrowed.area_id])))
    if narrowed.state:
        rows = rows.filter(state=narrowed.state)
    if narrowed.stage:
        rows = rows.filter(stage=narrowed.stage)
    if narrowed.lot_id is not None:
        rows = rows.filter(lot=narrowed.lot_id)
    if narrowed.standing:
        rows = rows.filter(standing_q(rules.Standing(narrowed.standing), today))
    if narrowed.inspection_due:
        rows = rows.filter(state=rules.State.RUNNING, next_inspection__lt=today)
    return rows


def standing_q(standing: rules.Standing, today: dt.date) -> Q:
    """``rules.standing`` as a condition."""
    very = today - dt.timedelta(days=rules.VERY_LATE_DAYS)
    going = Q(state__in=GOING)
    late = going & Q(stage_due__lt=today)
    on_time = ~Q(stage_due__lt=today) | Q(stage_due=None)
    return {
        rules.Standing.DONE: Q(state__in=FINISHED),
        rules.Standing.STOPPED: Q(state=rules.State.STOPPED),
        rules.Standing.VERY_LATE: going & Q(stage_due__lt=very),
        rules.Standing.LATE: late & Q(stage_due__gte=very),
        rules.Standing.PLANNED: Q(state=rules.State.PLANNED) & on_time,
        rules.Standing.ON_TIME: Q(state=rules.State.RUNNING) & on_time,
    }[standing]


def works_page(
    access: Access, narrowed: WorksFilter, *, today: dt.date, after: str = "", limit: int = PAGE_SIZE
) -> Page[models.HouseWorks]:
    """Works visible to the viewer, the newest first, one page from a key on."""
    rows = narrowed_rows(access, narrowed, today)
    if after:
        rows = rows.filter(pk__lt=pages.number_of(after))
    found = list(rows.select_related("home__keeper", "lot").order_by("-pk")[: limit + 1])
    return Page(tuple(found[:limit]), str(found[limit - 1].pk) if len(found) > limit else "")


def rows_for_export(access: Access, narrowed: WorksFilter) -> Iterator[models.HouseWorks]:
    """Every house the viewer may list, page by page."""
    from django.utils import timezone

    after, today = "", timezone.now().date()
    while True:
        page = works_page(access, narrowed, today=today, after=after, limit=500)
        yield from page.rows
        if not page.next:
            return
        after = page.next


# --- every house on one screen ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class House:
    """One house on the screen of all houses."""

    pk: int
    keeper_id: int
    kind: str
    stage: str
    percent: int
    standing: rules.Standing
    late: int


@dataclass(frozen=True)
class OfficeLine:
    """The houses of one office: how many stand how, and their mean percent; money where the viewer may see it."""

    area: Area
    houses: tuple[House, ...]
    by_standing: dict[rules.Standing, int]
    percent: int
    contracted: Decimal | None
    spent: Decimal | None


@dataclass(frozen=True)
class Portfolio:
    """Every house the viewer sees, by office, in three queries whatever their number."""

    offices: tuple[OfficeLine, ...]

    @property
    def total(self) -> int:
        return sum(len(office.houses) for office in self.offices)

    def count(self, standing: rules.Standing) -> int:
        return sum(office.by_standing[standing] for office in self.offices)


def portfolio(access: Access, narrowed: WorksFilter, *, today: dt.date) -> Portfolio:
    """Every house on one screen."""
    rows = narrowed_rows(access, narrowed, today).order_by("pk")
    columns = ("pk", "home__keeper_id", "kind", "stage", "percent", "state", "stage_due", "cost_contracted")
    houses: dict[int, list[House]] = {}
    money: dict[int, list[Decimal]] = {}
    sees_cost = access.allows(Action.WORKS_COST)
    for pk, keeper_id, kind, stage, percent, state, due, contracted, spent in rows.values_list(*columns, "cost_spent"):
        standing = rules.standing(rules.State(state), due, today)
        late = rules.days_late(due, rules.State(state), today)
        houses.setdefault(keeper_id, []).append(House(pk, keeper_id, kind, stage, percent, standing, late))
        held = money.setdefault(keeper_id, [Decimal(0), Decimal(0)])
        held[0] += contracted
        held[1] += spent
    areas = Area.objects.in_bulk(houses)
    offices = [
        OfficeLine(
            areas[keeper_id],
            tuple(held),
            {standing: sum(house.standing == standing for house in held) for standing in rules.Standing},
            sum(house.percent for house in held) // len(held),
            money[keeper_id][0] if sees_cost else None,
            money[keeper_id][1] if sees_cost else None,
        )
        for keeper_id, held in houses.items()
    ]
    return Portfolio(tuple(sorted(offices, key=lambda one: (-len(one.houses), one.area.pk))))


# --- alerts and what waits --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Alarm:
    """A house that somebody should look at, and why."""

    works: models.HouseWorks
    alerts: tuple[rules.Alert, ...]
    late: int


def alarms(access: Access, narrowed: WorksFilter, *, today: dt.date) -> list[Alarm]:
    """Houses with something to look at, the latest first; at most 200 are read."""
    worrying = (
        standing_q(rules.Standing.LATE, today)
        | standing_q(rules.Standing.VERY_LATE, today)
        | Q(state=rules.State.RUNNING, next_inspection__lt=today)
        | Q(state=rules.State.RUNNING, lot=None)
        | Q(state__in=GOING, cost_contracted__gt=0, cost_spent__gt=0)
        | Q(Exists(models.Defect.objects.filter(works=OuterRef("pk"), mended_on=None)))
    )
    oldest = models.Defect.objects.filter(works=OuterRef("pk"), mended_on=None).order_by("found_on").values("found_on")
    rows = narrowed_rows(access, narrowed, today).filter(worrying).annotate(oldest=Subquery(oldest[:1]))
    found = []
    for works in rows.select_related("home__keeper", "lot").order_by("stage_due", "pk")[: 5 * MOST_ALERTS]:
        watched = rules.Watched(
            state=rules.State(works.state),
            due=works.stage_due,
            next_inspection=works.next_inspection,
            has_contractor=bool(works.lot and works.lot.contractor),
            contracted=works.cost_contracted,
            spent=works.cost_spent,
            oldest_defect=works.oldest,
            stage=works.stage,
        )
        told = tuple(
            alert
            for alert in rules.alerts(watched, today)
            if alert != rules.Alert.COST_NEAR_LIMIT or access.allows(Action.WORKS_COST)
        )
        if told:
            found.append(Alarm(works, told, rules.days_late(works.stage_due, watched.state, today)))
    return found[:MOST_ALERTS]


def inspections_due(access: Access, today: dt.date) -> QuerySet[models.HouseWorks]:
    """Houses that the viewer should have inspected by now."""
    rows = models.HouseWorks.objects.visible_to(access, Action.WORKS_INSPECT)
    return rows.filter(state=rules.State.RUNNING, next_inspection__lt=today)


def late_houses(access: Access, today: dt.date) -> QuerySet[models.HouseWorks]:
    """Houses of the viewer that are behind their plan by more than a month."""
    action = Action.WORKS_INSPECT if access.allows(Action.WORKS_INSPECT) else Action.WORKS_PLAN
    return models.HouseWorks.objects.visible_to(access, action).filter(standing_q(rules.Standing.VERY_LATE, today))


def defects_open(access: Access) -> QuerySet[models.HouseWorks]:
    """Houses of the viewer with something still to be mended."""
    rows = models.HouseWorks.objects.visible_to(access, Action.WORKS_INSPECT)
    return rows.filter(Exists(models.Defect.objects.filter(works=OuterRef("pk"), mended_on=None)))


# --- plan against actual ----------------------------------------------------------------------------------------------


def curve(access: Access, narrowed: WorksFilter, *, today: dt.date) -> tuple[rules.Month, ...]:
    """By month, the mean percent that the plans of all visible houses say, and what inspections found."""
    rows = narrowed_rows(access, narrowed, today)
    ids = rows.values("pk")
    number = rows.count()
    weights = dict(
        models.WorksStage.objects.filter(works__in=ids).values_list("works").annotate(all=Sum("weight")).order_by()
    )
    stages = models.WorksStage.objects.filter(works__in=ids).order_by()
    windows = (
        (start, end, 100 * weight / weights[works])
        for works, start, end, weight in stages.values_list("works_id", "planned_start", "planned_end", "weight")
    )
    gains = models.Inspection.objects.filter(works__in=ids).order_by().values_list("on", "gain")
    told: list[tuple[dt.date, float]] = [(on, float(gain)) for on, gain in gains]
    finished = models.Handover.objects.filter(works__in=ids).values_list("on", "works__percent", "works_id")
    inspected = dict(
        models.Inspection.objects.filter(works__in=ids).values_list("works").annotate(all=Sum("gain")).order_by()
    )
    told += [(on, float(percent - (inspected.get(works) or 0))) for on, percent, works in finished]
    return rules.curve(windows, told, number, today)


# --- the map ----------------------------------------------------------------------------------------------------------


def by_municipality(access: Access, narrowed: WorksFilter, *, today: dt.date) -> dict[int, dict[rules.Standing, int]]:
    """How many houses stand how, by the municipality they lie in; those alone whose place the viewer may know."""
    rows = narrowed_rows(access.knowing(FieldClass.HOME_LOCATION), narrowed, today).order_by()
    found: dict[int, dict[rules.Standing, int]] = {}
    for place, state, due in rows.values_list("home__municipality_id", "state", "stage_due"):
        held = found.setdefault(place, dict.fromkeys(rules.Standing, 0))
        held[rules.standing(rules.State(state), due, today)] += 1
    return found


# --- one house --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """One line of the story of the works; ``what`` is the row it tells of."""

    kind: str
    on: dt.date
    what: Any


@dataclass(frozen=True)
class WorksPage:
    """A house as one viewer may see it."""

    works: models.HouseWorks
    sees_place: bool
    sees_cost: bool
    sees_household: bool
    steps: tuple[rules.Step, ...]
    planned_now: int
    late: int
    standing: rules.Standing
    inspections: tuple[models.Inspection, ...]
    defects: tuple[models.Defect, ...]
    costs: tuple[models.WorksCost, ...]
    handover: models.Handover | None
    signed_by: str
    signer: people_models.Person | None
    story: tuple[Told, ...]
    may_plan: bool
    may_inspect: bool
    may_pay: bool

    @property
    def open_defects(self) -> list[models.Defect]:
        return [defect for defect in self.defects if defect.mended_on is None]


def visible_works(access: Access, pk: int, action: Action = Action.WORKS_VIEW) -> models.HouseWorks:
    """The works; raises NotFound for what does not exist for this viewer."""
    rows = models.HouseWorks.objects.visible_to(access, action)
    found = (
        rows.select_related(
            "home__keeper", "home__municipality", "home__settlement__parent", "household", "lot", "case"
        )
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise errors.NotFound()
    return found


def works_one(access: Access, pk: int, *, at: dt.datetime) -> WorksPage:
    """Everything about the works that the viewer may read; that they looked is on record with the home."""
    works = visible_works(access, pk)
    home, today = works.home, at.date()
    record = home_queries.record_of(home)
    classes = people.readable(access, record, Action.WORKS_VIEW)
    sees_place = FieldClass.HOME_LOCATION in classes
    handover = models.Handover.objects.select_related("person").filter(works=works).first()
    subjects = {home.subject}
    if handover and handover.person:
        subjects.add(handover.person.subject)
    audit.looked(
        by=access.actor,
        at=at,
        verb="opened",
        subjects=sorted(subjects, key=str),
        classes=sorted(classes & {FieldClass.IDENTITY, FieldClass.HOME_LOCATION}),
        where="house works",
    )
    steps = bridge.steps_of(works.stages.all())
    inspections = _inspections(works, home.subject, sees_place=sees_place)
    defects = list(works.defects.order_by("mended_on", "found_on", "pk"))
    for defect in defects:
        defect.said = people.unsealed(home.subject, defect.said_sealed, models.SEALED_DEFECT)  # type: ignore[attr-defined]
    sees_cost = people.carries(access, Action.WORKS_COST, record)
    costs = list(works.costs.order_by("-on", "-pk")) if sees_cost else []
    signer = _seen_person(access, handover.person_id) if handover and handover.person_id else None
    state = rules.State(works.state)
    houses = people_models.Household.objects.visible_to(access).filter(pk=works.household_id or 0)
    return WorksPage(
        works=works,
        sees_place=sees_place,
        sees_cost=sees_cost,
        sees_household=houses.exists(),
        steps=tuple(steps),
        planned_now=rules.planned_percent(steps, today),
        late=rules.days_late(works.stage_due, state, today),
        standing=rules.standing(state, works.stage_due, today),
        inspections=tuple(inspections),
        defects=tuple(defects),
        costs=tuple(costs),
        handover=handover,
        signed_by=people.unsealed(home.subject, handover.signed_sealed, models.SEALED_SIGNED) if handover else "",
        signer=signer,
        story=tuple(_story(works, inspections, defects, costs, handover)),
        may_plan=people.carries(access, Action.WORKS_PLAN, record),
        may_inspect=people.carries(access, Action.WORKS_INSPECT, record),
        may_pay=people.carries(access, Action.WORKS_PAY, record),
    )


def _inspections(works: models.HouseWorks, subject: uuid.UUID, *, sees_place: bool) -> list[models.Inspection]:
    rows = list(works.inspections.select_related("noted_by").prefetch_related("stages", "photos__photo"))
    rows.sort(key=lambda one: (one.on, one.pk), reverse=True)
    for row in rows:
        row.note = people.unsealed(subject, row.note_sealed if sees_place else None, models.SEALED_NOTE)  # type: ignore[attr-defined]
        shown = [one.photo for one in row.photos.all() if one.photo.removed_at is None]
        row.shown_photos = shown if sees_place else []  # type: ignore[attr-defined]
    return rows


def _seen_person(access: Access, person_id: int) -> people_models.Person | None:
    answering = people.answering([person_id])[person_id]
    return people_models.Person.objects.visible_to(access).filter(pk=answering).first()


def _story(
    works: models.HouseWorks,
    inspections: Sequence[models.Inspection],
    defects: Sequence[models.Defect],
    costs: Sequence[models.WorksCost],
    handover: models.Handover | None,
) -> list[Told]:
    """All that is known to have happened, the latest first."""
    told = [Told("planned", works.planned_at.date(), works)]
    if works.lot and works.lot.contracted_on:
        told.append(Told("contracted", works.lot.contracted_on, works.lot))
    told += [Told("inspected", one.on, one) for one in inspections]
    told += [Told("paid", one.on, one) for one in costs]
    told += [Told("defect", one.found_on, one) for one in defects]
    told += [Told("mended", one.mended_on, one) for one in defects if one.mended_on]
    if handover:
        told.append(Told("handed_over", handover.on, handover))
    return sorted(told, key=lambda one: one.on, reverse=True)


def told_of(rows: Sequence[models.HouseWorks], *, with_photos: bool = False) -> list[tuple[models.HouseWorks, Told]]:
    """What happened in these visible works, without what lies sealed: planned, contracted, inspected, handed over."""
    found = [(works, Told("planned", works.planned_at.date(), works)) for works in rows]
    found += [
        (works, Told("contracted", works.lot.contracted_on, works.lot))
        for works in rows
        if works.lot and works.lot.contracted_on
    ]
    by_id = {works.pk: works for works in rows}
    looked = models.Inspection.objects.filter(works__in=by_id).select_related("noted_by").order_by("on", "pk")
    for row in looked.prefetch_related("photos__photo") if with_photos else looked:
        shown = [one.photo for one in row.photos.all() if one.photo.removed_at is None] if with_photos else []
        row.shown_photos = shown  # type: ignore[attr-defined]
        found.append((by_id[row.works_id], Told("inspected", row.on, row)))
    given = models.Handover.objects.filter(works__in=by_id).select_related("noted_by")
    found += [(by_id[row.works_id], Told("handed_over", row.on, row)) for row in given]
    return found


def may_sign(access: Access, works: models.HouseWorks) -> list[people_models.Person]:
    """Who may sign for the house: grown members of the household and owners of the home, as far as the viewer sees."""
    return people.with_people(sorted(signers(access, [works])[works.pk]))


def signers(access: Access, rows: Sequence[models.HouseWorks]) -> dict[int, set[int]]:
    """Ids of those who may sign for each of these houses."""
    by_home: dict[int, set[int]] = {works.home_id: set() for works in rows}
    for piece in _pieces(sorted(by_home)):
        owned = homes.Share.objects.filter(property__in=piece, until=None, person__isnull=False)
        for home_id, person_id in owned.values_list("property_id", "person_id"):
            by_home[home_id].add(person_id or 0)
    now = people.answering_households(works.household_id for works in rows if works.household_id)
    of_one = people.households_in(now.values())
    living: dict[int, set[int]] = {pk: set() for pk in of_one.values()}
    for piece in _pieces(sorted(of_one)):
        lives = people_models.Membership.objects.filter(household__in=piece, ended_on=None)
        for household_id, person_id in lives.values_list("household_id", "person_id"):
            living[of_one[household_id]].add(person_id)
    answering = people.answering(pk for ids in (*by_home.values(), *living.values()) for pk in ids)
    seen: set[int] = set()
    for piece in _pieces(sorted(set(answering.values()))):
        known = people_models.Person.objects.visible_to(access).filter(pk__in=piece)
        seen.update(known.values_list("pk", flat=True))
    return {
        works.pk: {
            answering[pk] for pk in by_home[works.home_id] | living.get(now.get(works.household_id or 0, 0), set())
        }
        & seen
        for works in rows
    }


def _pieces(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), 500):
        yield ids[start : start + 500]


def of_home(access: Access, home_id: int) -> list[models.HouseWorks]:
    """Works on one home, the latest first."""
    if not access.allows(Action.WORKS_VIEW):
        return []
    return list(models.HouseWorks.objects.visible_to(access).filter(home=home_id).select_related("lot").order_by("-pk"))


def of_household(access: Access, household_id: int, home_ids: Collection[int]) -> list[models.HouseWorks]:
    """Works for a household, and on homes of its people."""
    if not access.allows(Action.WORKS_VIEW):
        return []
    mine = Q(household__in=people.one_household(household_id)) | Q(home__in=list(home_ids))
    return list(models.HouseWorks.objects.visible_to(access).filter(mine).select_related("lot").order_by("-pk")[:20])


# --- lots -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LotLine:
    """A lot with its houses as far as the viewer sees them."""

    lot: models.Lot
    houses: int
    percent: int
    late: int
    contracted: Decimal | None
    spent: Decimal | None


def lot_lines(access: Access, *, today: dt.date) -> list[LotLine]:
    """Lots visible to the viewer with what has come of them, the newest first."""
    lots = list(models.Lot.objects.visible_to(access).select_related("keeper").order_by("-pk")[:500])
    rows = models.HouseWorks.objects.visible_to(access).filter(lot__in=[lot.pk for lot in lots])
    held: dict[int, list[Any]] = {}
    for row in rows.values_list("lot_id", "percent", "state", "stage_due", "cost_contracted", "cost_spent"):
        held.setdefault(row[0], []).append(row)
    sees_cost = access.allows(Action.WORKS_COST)
    return [_lot_line(lot, held.get(lot.pk, []), today, sees_cost=sees_cost) for lot in lots]


def _lot_line(lot: models.Lot, rows: Sequence[Any], today: dt.date, *, sees_cost: bool) -> LotLine:
    return LotLine(
        lot,
        len(rows),
        sum(row[1] for row in rows) // len(rows) if rows else 0,
        sum(rules.days_late(row[3], rules.State(row[2]), today) > 0 for row in rows),
        sum((row[4] for row in rows), Decimal(0)) if sees_cost else None,
        sum((row[5] for row in rows), Decimal(0)) if sees_cost else None,
    )


def visible_lot(access: Access, pk: int, action: Action = Action.WORKS_VIEW) -> models.Lot:
    """The lot; raises NotFound for one beyond the viewer's sight."""
    found = models.Lot.objects.visible_to(access, action).select_related("keeper").filter(pk=pk).first()
    if found is None:
        raise errors.NotFound()
    return found
