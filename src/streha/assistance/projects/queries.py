"""Reads of community projects: lists, one with its story, the map, and the 5W table of projects, works and courses."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from streha.accounts.rules import Access, Action
from streha.assistance.grants import models as grants
from streha.assistance.programmes import queries as programmes
from streha.assistance.programmes.rules import For
from streha.assistance.projects import models, rules
from streha.assistance.training import models as training
from streha.assistance.works import models as works
from streha.assistance.works import rules as works_rules
from streha.audit import actions as audit
from streha.common import errors, pages
from streha.common.pages import PAGE_SIZE, Page
from streha.homes import bridge as files
from streha.people import queries as people
from streha.places import queries as places
from streha.places.models import Area, AreaCode


@dataclass(frozen=True)
class ProjectFilter:
    """What a list of projects, their map and the 5W table are narrowed to."""

    area_id: int | None = None
    kind: str = ""
    state: str = ""

    def as_text(self) -> str:
        """For a job and the log."""
        return f"{self.area_id or ''}|{self.kind}|{self.state}"

    @classmethod
    def parse(cls, text: str) -> ProjectFilter:
        """The filter that ``as_text`` wrote."""
        area, kind, state = text.split("|")
        return cls(int(area) if area else None, kind, state)


def narrowed_rows(access: Access, narrowed: ProjectFilter) -> QuerySet[models.CommunityProject]:
    """Projects visible to the viewer that answer to a filter."""
    rows: QuerySet[models.CommunityProject] = models.CommunityProject.objects.visible_to(access)
    if narrowed.area_id is not None:
        rows = rows.filter(area__in=sorted(places.subtree_ids([narrowed.area_id])))
    if narrowed.kind:
        rows = rows.filter(kind=narrowed.kind)
    if narrowed.state:
        rows = rows.filter(state=narrowed.state)
    return rows


def projects_page(
    access: Access, narrowed: ProjectFilter, *, after: str = "", limit: int = PAGE_SIZE
) -> Page[models.CommunityProject]:
    """Projects visible to the viewer, the newest first, one page from a key on."""
    rows = narrowed_rows(access, narrowed)
    if after:
        rows = rows.filter(pk__lt=pages.number_of(after))
    found = list(rows.select_related("area__parent").order_by("-pk")[: limit + 1])
    return Page(tuple(found[:limit]), str(found[limit - 1].pk) if len(found) > limit else "")


def by_municipality(access: Access, narrowed: ProjectFilter) -> dict[int, dict[str, int]]:
    """How many projects of each kind lie in a municipality."""
    found: dict[int, dict[str, int]] = {}
    rows = narrowed_rows(access, narrowed).order_by().values_list("keeper", "kind").annotate(n=Count("pk"))
    for keeper, kind, n in rows:
        found.setdefault(keeper, dict.fromkeys(rules.Kind, 0))[kind] = n
    return found


# --- one project ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ServedLine:
    """People of a sex and age: meant, reached, and of each with a disability."""

    sex: str
    age: str
    target: int
    target_disability: int
    reached: int
    reached_disability: int


@dataclass(frozen=True)
class ProjectPage:
    """A project with all that is known of it."""

    project: models.CommunityProject
    tags: tuple[str, ...]
    funding: tuple[models.ProjectFunding, ...]
    unfunded: Decimal
    milestones: tuple[models.Milestone, ...]
    costs: tuple[models.ProjectCost, ...]
    served: tuple[ServedLine, ...]
    figures: tuple[models.ProjectFigure, ...]
    photos: tuple[models.ProjectPhoto, ...]
    partners: tuple[models.ProjectPartner, ...]
    may_work: bool

    @property
    def target(self) -> int:
        return sum(line.target for line in self.served)

    @property
    def reached(self) -> int:
        return sum(line.reached for line in self.served)

    @property
    def open_steps(self) -> list[models.Milestone]:
        return [step for step in self.milestones if step.done_on is None]


def visible_project(access: Access, pk: int) -> models.CommunityProject:
    """The project; raises NotFound for one beyond the viewer's sight."""
    rows = models.CommunityProject.objects.visible_to(access)
    found = rows.select_related("area__parent", "facility", "programme", "keeper").filter(pk=pk).first()
    if found is None:
        raise errors.NotFound()
    return found


def project_page(access: Access, pk: int) -> ProjectPage:
    """Everything about a project."""
    row = visible_project(access, pk)
    funding = tuple(row.funding.all())
    record = people.Record(row.keeper_id, row.organisation_id, row.registered_by_id, "")
    return ProjectPage(
        project=row,
        tags=tuple(tag.code for tag in row.tags.all()),
        funding=funding,
        unfunded=row.cost - sum((one.amount for one in funding), Decimal(0)),
        milestones=tuple(row.milestones.all()),
        costs=tuple(row.costs.order_by("-on", "-pk")),
        served=_served(row),
        figures=tuple(row.figures.all()),
        photos=tuple(row.photos.all()),
        partners=tuple(row.partners.select_related("institution").order_by("institution__name")),
        may_work=people.carries(access, Action.PROJECT_WORK, record),
    )


def _served(row: models.CommunityProject) -> tuple[ServedLine, ...]:
    held = {(one.count, one.sex, one.age): one for one in row.served.all()}
    found = []
    for sex in rules.SEXES:
        for age in rules.Age:
            target, reached = (held.get((count, sex, str(age))) for count in rules.Count)
            if target or reached:
                found.append(
                    ServedLine(
                        sex,
                        age,
                        target.number if target else 0,
                        target.with_disability if target else 0,
                        reached.number if reached else 0,
                        reached.with_disability if reached else 0,
                    )
                )
    return tuple(found)


def photo(access: Access, pk: int, photo_id: int, size: str) -> bytes:
    """The JPEG of a photo; raises NotFound for what the viewer may not know of."""
    row = visible_project(access, pk)
    found = row.photos.filter(pk=photo_id).first()
    if found is None or size not in files.SIZES:
        raise errors.NotFound()
    sealed = files.read_photo(found.file, size)
    if sealed is None:
        raise errors.Gone(
            errors.message("The file of this photo is missing. The system keeper must put it back from a backup."),
            code="photo_missing",
        )
    return audit.unseal(row.subject, sealed, context=photo_context(found.file, size))


def photo_context(file: uuid.UUID, size: str) -> str:
    """What the bytes of a photo are sealed for: one file under another name does not open."""
    return f"{models.SEALED_PHOTO}.{file.hex}.{size}"


# --- 5W ---------------------------------------------------------------------------------------------------------------

# Heading -> tag of the Humanitarian Exchange Language (hxlstandard.org, version 1.1).
FIVE_W: dict[str, str] = {
    "number": "#activity+code",
    "lead": "#org+lead",
    "implementer": "#org+impl",
    "donor": "#org+funding",
    "sector": "#sector",
    "activity": "#activity",
    "modality": "#modality",
    "place_code": "#adm2+code",
    "place": "#adm2+name",
    "start": "#date+start",
    "end": "#date+end",
    "status": "#status",
    "target": "#targeted",
    "reached": "#reached",
    "reached_female": "#reached+f",
    "reached_male": "#reached+m",
    "reached_children": "#reached+children",
    "reached_older": "#reached+elderly",
    "reached_disability": "#reached+disabled",
    "cost": "#value",
    "currency": "#currency",
}


@dataclass(frozen=True)
class FiveW:
    """One line: who (lead, implementer, donor), what, where, when, for whom. Unknown counts are None."""

    number: str
    implementer: str
    donor: str
    sector: str
    activity: str
    modality: str
    area: Area
    place_code: str
    start: dt.date
    end: dt.date
    status: str
    target: int | None
    reached: int | None
    by_group: tuple[int | None, ...]
    cost: Decimal | None
    currency: str
    url: tuple[str, int] | None = None

    @property
    def lead(self) -> str:
        return str(settings.OFFICE_NAME or "Streha")

    def cells(self) -> tuple[str, ...]:
        """The line as texts in the order of ``FIVE_W``; what is not known is empty."""
        counts = (self.target, self.reached, *self.by_group)
        return (
            self.number,
            self.lead,
            self.implementer,
            self.donor,
            self.sector,
            self.activity,
            self.modality,
            self.place_code,
            "/".join(self.area.labels()[::2]),
            self.start.isoformat(),
            self.end.isoformat(),
            self.status,
            *("" if count is None else str(count) for count in counts),
            "" if self.cost is None else str(self.cost),
            self.currency,
        )


def five_w(access: Access, narrowed: ProjectFilter, *, today: dt.date) -> Iterator[FiveW]:
    """Projects one by one; house works by lot, courses one by one, grants by municipality and sector.

    Of lots and courses the offices that keep them say where; nothing here tells of a single home or person.
    """
    codes = dict(AreaCode.objects.filter(scheme=settings.AREA_SCHEME).values_list("area_id", "code"))
    yield from _projects(access, narrowed, codes)
    if narrowed.kind:
        return
    inside = None if narrowed.area_id is None else places.subtree_ids([narrowed.area_id])
    for line in (*_lots(access, codes), *_courses(access, codes, today), *_grants(access, codes, today)):
        if (inside is None or line.area.pk in inside) and narrowed.state in {"", line.status}:
            yield line


def _projects(access: Access, narrowed: ProjectFilter, codes: dict[int, str]) -> Iterator[FiveW]:
    rows = narrowed_rows(access, narrowed).select_related("keeper").order_by("pk")
    rows = rows.prefetch_related("funding", "partners__institution", "served")
    set_aside = programmes.donors(For.PROJECT)
    for row in rows:
        held = list(row.served.all())
        reached = [one for one in held if one.count == rules.Count.REACHED]
        target = [one for one in held if one.count == rules.Count.TARGET]
        yield FiveW(
            number=row.number,
            implementer="; ".join(sorted(one.institution.name for one in row.partners.all())),
            donor=_said([*(one.donor for one in row.funding.all()), *set_aside.get(row.pk, ())]),
            sector=row.sector,
            activity=row.title,
            modality=row.kind,
            area=row.keeper,
            place_code=codes.get(row.keeper_id, ""),
            start=row.starts_on,
            end=row.ended_on or row.ends_on,
            status=row.state,
            target=sum(one.number for one in target) if target else None,
            reached=sum(one.number for one in reached) if reached else None,
            by_group=_groups(reached),
            cost=row.cost,
            currency=row.currency,
            url=("project", row.pk),
        )


def _said(donors: Iterable[str]) -> str:
    """Donors as one text, each once."""
    return "; ".join(dict.fromkeys(donors))


def _groups(reached: list[models.ProjectServed]) -> tuple[int | None, ...]:
    if not reached:
        return (None,) * 5
    return (
        sum(one.number for one in reached if one.sex == "f"),
        sum(one.number for one in reached if one.sex == "m"),
        sum(one.number for one in reached if one.age == rules.Age.CHILD),
        sum(one.number for one in reached if one.age == rules.Age.OLDER),
        sum(one.with_disability for one in reached),
    )


def _lots(access: Access, codes: dict[int, str]) -> Iterator[FiveW]:
    lots = works.Lot.objects.visible_to(access).select_related("keeper").in_bulk()
    sees_cost = access.allows(Action.WORKS_COST)
    done = (works_rules.State.HANDED_OVER, works_rules.State.CLOSED)
    donors = programmes.donors(For.WORKS)
    rows = works.HouseWorks.objects.visible_to(access).filter(lot__in=lots).order_by()
    handed = dict(rows.filter(state__in=done).values_list("lot").annotate(n=Count("pk")))
    sums = rows.values_list("lot").annotate(
        n=Count("pk"), first=Min("starts_on"), last=Max("ends_on"), cost=Sum("cost_contracted")
    )
    for pk, number, first, last, cost in sorted(sums):
        lot, reached = lots[pk], handed.get(pk, 0)
        yield FiveW(
            number=lot.number,
            implementer=lot.contractor,
            donor=_said(donors.get(pk, ())),
            sector="shelter",
            activity=lot.title,
            modality="houses",
            area=lot.keeper,
            place_code=codes.get(lot.keeper_id, ""),
            start=first,
            end=last,
            status=rules.State.DONE if reached == number else rules.State.RUNNING,
            target=number,
            reached=reached,
            by_group=(None,) * 5,
            cost=cost if sees_cost else None,
            currency=lot.currency if sees_cost else "",
        )


def _courses(access: Access, codes: dict[int, str], today: dt.date) -> Iterator[FiveW]:
    held: dict[int, dict[str, int]] = {}
    rows = training.Enrolment.objects.visible_to(access).exclude(took="dropped").order_by()
    for pk, sex, n in rows.values_list("course", "person__sex").annotate(n=Count("pk")):
        held.setdefault(pk, {})[sex] = n
    donors = programmes.donors(For.TRAINING)
    courses = training.Course.objects.visible_to(access).select_related("keeper", "provider").order_by("pk")
    for course in courses:
        sexes = held.get(course.pk, {})
        yield FiveW(
            number=course.number,
            implementer=course.provider.name,
            donor=_said(donors.get(course.pk, ())),
            sector=rules.Sector.LIVELIHOODS,
            activity=course.title,
            modality="training",
            area=course.keeper,
            place_code=codes.get(course.keeper_id, ""),
            start=course.first_day,
            end=course.last_day,
            status=_status(course.first_day, course.last_day, today),
            target=course.places,
            reached=sum(sexes.values()),
            by_group=(sexes.get("f", 0), sexes.get("m", 0), None, None, None),
            cost=None,
            currency="",
            url=("course", course.pk),
        )


def _status(first: dt.date, last: dt.date, today: dt.date) -> rules.State:
    if today < first:
        return rules.State.PLANNED
    return rules.State.RUNNING if today <= last else rules.State.DONE


def _grants(access: Access, codes: dict[int, str], today: dt.date) -> Iterator[FiveW]:
    rows = grants.Grant.objects.visible_to(access).exclude(state="cancelled").order_by()
    found: dict[tuple[int, str, str], list[tuple[str, int, dt.date, dt.date, Decimal]]] = {}
    sums = rows.values_list("person__keeper", "sector", "currency", "person__sex").annotate(
        n=Count("pk"), first=Min("starts_on"), last=Max("starts_on"), cost=Sum("amount")
    )
    for keeper, sector, currency, sex, n, first, last, cost in sums:
        found.setdefault((keeper, sector, currency), []).append((sex, n, first, last, cost))
    areas = Area.objects.in_bulk({keeper for keeper, _s, _c in found})
    donors = _donors_of_grants(rows)
    for (keeper, sector, currency), parts in sorted(found.items()):
        number = sum(n for _s, n, _f, _l, _c in parts)
        by_sex = {sex: n for sex, n, _f, _l, _c in parts}
        last = max(part[3] for part in parts)
        yield FiveW(
            number="",
            implementer="",
            donor=_said(sorted(donors.get((keeper, sector, currency), ()))),
            sector=rules.Sector.LIVELIHOODS,
            activity=sector,
            modality="grants",
            area=areas[keeper],
            place_code=codes.get(keeper, ""),
            start=min(part[2] for part in parts),
            end=last,
            status=_status(min(part[2] for part in parts), last + dt.timedelta(days=730), today),
            target=None,
            reached=number,
            by_group=(by_sex.get("f", 0), by_sex.get("m", 0), None, None, None),
            cost=sum((part[4] for part in parts), Decimal(0)),
            currency=currency,
        )


def _donors_of_grants(rows: QuerySet[grants.Grant]) -> dict[tuple[int, str, str], set[str]]:
    """By municipality, sector and currency, whose money is set aside for some grants or for their cycles."""
    by_grant, by_cycle = programmes.donors(For.GRANT), programmes.donors(For.CYCLE)
    found: dict[tuple[int, str, str], set[str]] = {}
    funded = rows.filter(Q(pk__in=list(by_grant)) | Q(cycle__in=list(by_cycle)))
    for pk, cycle, keeper, sector, currency in funded.values_list(
        "pk", "cycle", "person__keeper", "sector", "currency"
    ):
        names = {*by_grant.get(pk, ()), *by_cycle.get(cycle, ())}
        found.setdefault((keeper, sector, currency), set()).update(names)
    return found
