"""Reads of sites: how many places are free, who stays as far as a viewer may know, nights, standards.

Figures of places are the same for everybody who sees the site, and count nobody shielded: who of those stays there is
in the places set aside, which every site has whether they are used or not. So a number never tells what a list hides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, Max, Prefetch, Q, QuerySet
from django.db.models.functions import TruncMonth

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.assistance.sites import bridge, models
from streha.assistance.sites.rules import places, sphere
from streha.common import errors, pages
from streha.common.codes import FieldClass
from streha.common.pages import PAGE_SIZE, Page
from streha.homes import models as homes
from streha.people import models as people_models
from streha.people import queries as people
from streha.people.rules import NeedKind
from streha.places import queries as areas
from streha.places.models import Area

NIGHTS_SHOWN = 60
MOST_SITES = 500
CURRENT_NAMES = Prefetch(
    "person__names",
    queryset=people_models.Name.objects.filter(valid_to=None).order_by("pk"),
    to_attr="current_names",
)


def carries(access: Access, action: Action, site: models.Kept) -> bool:
    """Whether the action is carried where this is kept."""
    return people.carries(
        access, action, people.Record(site.keeper_id, site.organisation_id, site.registered_by_id, "")
    )


# --- places that are free ---------------------------------------------------------------------------------------------


@wall.beyond("how many places of a site are taken")
def places_of(sites: Iterable[models.Site]) -> dict[int, places.Places]:
    """Places of each site, taken and free, the same for whoever sees the site."""
    known = {site.pk: site for site in sites}
    rows = models.Stay.objects.counted().filter(site__in=list(known)).values("site_id")
    taken = {
        row["site_id"]: (row["taken"], row["without_steps"])
        for row in rows.annotate(taken=Count("pk"), without_steps=Count("pk", filter=Q(step_free=True)))
    }
    return {
        pk: places.Places(
            capacity=site.capacity,
            set_aside=site.set_aside,
            taken=taken.get(pk, (0, 0))[0],
            step_free=site.step_free,
            step_free_taken=taken.get(pk, (0, 0))[1],
        )
        for pk, site in known.items()
    }


@wall.beyond("how many of the places set aside are used")
def set_aside_used(site: models.Site) -> int:
    """How many stay in the places set aside: for protection alone, and for the check that there is room."""
    return models.Stay.objects.filter(models.shielded_q(), site=site, left_on=None).count()


@dataclass(frozen=True)
class SiteRow:
    """A site with its places."""

    site: models.Site
    places: places.Places


@dataclass(frozen=True)
class SiteFilter:
    """What a list of sites is narrowed to."""

    kind: str = ""
    area_id: int | None = None
    closed: bool = False
    with_free: bool = False


def open_sites(access: Access) -> QuerySet[models.Site]:
    """Sites that the viewer sees and that are not closed."""
    return models.Site.objects.visible_to(access).filter(closed_on=None)


def sites_page(access: Access, wanted: SiteFilter, *, after: str = "", limit: int = PAGE_SIZE) -> Page[SiteRow]:
    """One page of sites by name, with their places."""
    rows = models.Site.objects.visible_to(access).filter(closed_on__isnull=not wanted.closed)
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.area_id is not None:
        inside = sorted(areas.subtree_ids([wanted.area_id]))
        rows = rows.filter(Q(keeper_id__in=inside) | Q(settlement_id__in=inside))
    if after:
        name, _, number = after.rpartition(pages.SEPARATOR)
        pk = pages.number_of(number)
        rows = rows.filter(Q(name__gt=name) | Q(name=name, pk__gt=pk))
    found = list(rows.select_related("keeper", "settlement").order_by("name", "pk")[: limit + 1])
    known = places_of(found[:limit])
    last = found[limit - 1] if len(found) > limit else None
    shown = [SiteRow(site, known[site.pk]) for site in found[:limit]]
    if wanted.with_free:
        shown = [row for row in shown if row.places.free]
    return Page(tuple(shown), pages.key(last.name, last.pk) if last else "")


@dataclass(frozen=True)
class InMunicipality:
    """Places of all open sites of one municipality."""

    area: Area
    sites: int
    capacity: int
    taken: int
    free: int
    step_free_free: int


def by_municipality(access: Access) -> list[InMunicipality]:
    """Free places by municipality, over the open sites that the viewer sees."""
    sites = list(open_sites(access).select_related("keeper").order_by("pk")[:MOST_SITES])
    known = places_of(sites)
    found: dict[int, list[models.Site]] = {}
    for site in sites:
        found.setdefault(site.keeper_id, []).append(site)
    rows = []
    for there in found.values():
        each = [known[site.pk] for site in there]
        rows.append(
            InMunicipality(
                there[0].keeper,
                len(there),
                sum(p.capacity for p in each),
                sum(p.taken for p in each),
                sum(p.free for p in each),
                sum(p.step_free_free for p in each),
            )
        )
    return rows


# --- one site ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StayShown:
    """A stay as one viewer may see it."""

    stay: models.Stay
    knows_health: bool


@dataclass(frozen=True)
class SitePage:
    """A site with its story, as one viewer sees it."""

    site: models.Site
    places: places.Places
    stays: tuple[StayShown, ...]
    more: bool
    unnamed: int  # people whom another office keeps
    nights: tuple[models.NightCount, ...]
    lines: tuple[sphere.Line, ...]
    hidden_used: int | None  # for protection alone
    may_change: bool
    may_stay: bool
    missing_nights: tuple[dt.date, ...]


def visible_site(access: Access, pk: int, action: Action = Action.SITE_VIEW) -> models.Site:
    """The site; raises NotFound for one that does not exist for this viewer."""
    rows = models.Site.objects.visible_to(access, action).select_related("keeper", "settlement", "facility")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise errors.NotFound()
    return found


def people_needing(known: places.Places) -> int:
    """For how many people a site has to serve: those who stay, and the places set aside as if all were used."""
    return known.taken + known.set_aside


def lines_of(site: models.Site, known: places.Places) -> tuple[sphere.Line, ...]:
    """The standards held against a site."""
    return sphere.check(bridge.facts_of(site, people_needing(known)), standards())


def site_page(access: Access, pk: int, *, at: dt.datetime, limit: int = PAGE_SIZE) -> SitePage:
    """A site with places, nights, standards, and who stays as far as the viewer may know; the look is on record."""
    site = visible_site(access, pk)
    known = places_of([site])[site.pk]
    visible = models.Stay.objects.visible_to(access).filter(site=site, left_on=None)
    rows = list(
        visible.select_related("person", "household")
        .prefetch_related(CURRENT_NAMES)
        .order_by("household_id", "came_on", "pk")[: limit + 1]
    )
    shown = rows[:limit]
    people.note_look(access, [stay.person for stay in shown], where="site", at=at)
    sees_hidden = access.allows(Action.SHIELDED_VIEW)
    mine = len(shown) if len(rows) <= limit else visible.count()
    if sees_hidden:
        mine -= visible.filter(models.shielded_q()).count()
    nights = list(site.nights.select_related("counted_by").order_by("-night")[:NIGHTS_SHOWN])
    return SitePage(
        site=site,
        places=known,
        stays=tuple(_shown(access, stay) for stay in shown),
        more=len(rows) > limit,
        unnamed=max(known.taken - mine, 0) if access.allows(Action.PERSON_VIEW) else 0,
        nights=tuple(nights),
        lines=lines_of(site, known),
        hidden_used=set_aside_used(site) if carries(access, Action.SHIELDED_VIEW, site) else None,
        may_change=carries(access, Action.SITE_CHANGE, site),
        may_stay=carries(access, Action.SITE_STAY, site) and site.closed_on is None,
        missing_nights=missing_nights(site, {night.night for night in nights}, at.date()),
    )


def _shown(access: Access, stay: models.Stay) -> StayShown:
    classes = people.readable(access, people.Record.of(stay.person))
    return StayShown(stay, FieldClass.HEALTH in classes)


def missing_nights(site: models.Site, counted: Collection[dt.date], today: dt.date) -> tuple[dt.date, ...]:
    """Nights of the last week that nobody has counted, the latest first."""
    if site.closed_on is not None:
        return ()
    week = (today - dt.timedelta(days=days) for days in range(1, 8))
    return tuple(night for night in week if night >= site.opened_on and night not in counted)


def uncounted(access: Access, night: dt.date) -> QuerySet[models.Site]:
    """Open sites whose night nobody has counted, for who counts."""
    mine = models.Site.objects.visible_to(access, Action.SITE_STAY)
    done = models.NightCount.objects.filter(night=night).values("site")
    return mine.filter(closed_on=None, opened_on__lte=night).exclude(pk__in=done)


def registered_on(site: models.Site, night: dt.date) -> int:
    """How many were checked in for a night, shielded people left out."""
    with wall.beyond("how many places of a site are taken"):
        there = models.Stay.objects.filter(~models.shielded_q(), site=site, came_on__lte=night)
        return there.filter(Q(left_on=None) | Q(left_on__gt=night)).count()


# --- stays ------------------------------------------------------------------------------------------------------------


def visible_stays(access: Access, ids: Sequence[int], action: Action = Action.SITE_VIEW) -> list[models.Stay]:
    """These stays; raises NotFound when one of them does not exist for this viewer."""
    rows = models.Stay.objects.visible_to(access, action).select_related("person", "site", "household")
    found = list(rows.prefetch_related(CURRENT_NAMES).filter(pk__in=ids).order_by("pk"))
    if not found or len(found) != len(set(ids)):
        raise errors.NotFound()
    return found


def stays_of_household(access: Access, household_id: int, *, at: dt.datetime) -> list[models.Stay]:
    """Stays of a household's people, the latest first, as far as the viewer may know."""
    rows = models.Stay.objects.visible_to(access).filter(household_id__in=people.one_household(household_id))
    found = list(rows.select_related("site", "person").prefetch_related(CURRENT_NAMES).order_by("-came_on", "pk")[:200])
    people.note_look(access, [stay.person for stay in found], where="household", at=at)
    return found


@dataclass(frozen=True)
class Moved:
    """How many came to a site and left it within a month, and the last day on which somebody did."""

    came: int
    came_on: dt.date | None
    left: int
    left_on: dt.date | None


def moved_by_month(access: Access, site: models.Site) -> list[Moved]:
    """Arrivals and departures by month, as far as the viewer may know who stays there."""
    seen = models.Stay.objects.visible_to(access).filter(site=site).order_by()

    def months(column: str) -> dict[dt.date, tuple[int, dt.date]]:
        rows = seen.exclude(**{column: None}).annotate(month=TruncMonth(column)).values_list("month")
        return {month: (n, last) for month, n, last in rows.annotate(n=Count("pk"), last=Max(column))}

    came, left = months("came_on"), months("left_on")
    nobody = (0, None)
    return [Moved(*came.get(month, nobody), *left.get(month, nobody)) for month in sorted(came.keys() | left.keys())]


def in_two_places(access: Access) -> QuerySet[models.Stay]:
    """Open stays of records that turned out to be one person, who stays elsewhere too by another record."""
    mine = models.Stay.objects.visible_to(access).filter(left_on=None, person__canonical__isnull=False)
    kept = models.Stay.objects.filter(left_on=None).values("person_id")
    return mine.filter(person__canonical_id__in=kept).select_related("site", "person")


# --- standards --------------------------------------------------------------------------------------------------------


def standard_list() -> models.StandardList | None:
    """The list of standards that holds, if one was loaded."""
    return models.StandardList.objects.order_by("-version").first()


def standards() -> tuple[sphere.Standard, ...]:
    """The standards that hold: the newest list, or those that ship."""
    found = standard_list()
    if found is None:
        return bridge.shipped()
    return bridge.standards_of(found.standards.select_related("list").order_by("pk"))


@dataclass(frozen=True)
class Checked:
    """A site held against the standards."""

    site: models.Site
    people: int
    lines: tuple[sphere.Line, ...]

    @property
    def below(self) -> tuple[sphere.Line, ...]:
        return tuple(line for line in self.lines if line.verdict is sphere.Verdict.BELOW)


def checked(access: Access) -> list[Checked]:
    """Every open site the viewer sees, those with most lines below first."""
    sites = list(open_sites(access).select_related("keeper").order_by("name", "pk")[:MOST_SITES])
    known = places_of(sites)
    lines = standards()
    found = []
    for site in sites:
        number = people_needing(known[site.pk])
        found.append(Checked(site, number, sphere.check(bridge.facts_of(site, number), lines)))
    return sorted(found, key=lambda one: -len(one.below))


MOST_HOMES, HOMES_SHOWN = 5000, 200


@dataclass(frozen=True)
class CheckedHome:
    """A home held against the standards, for those who live there; lines whose facts nobody measured are left out."""

    home: homes.Property
    people: int
    lines: tuple[sphere.Line, ...]

    @property
    def below(self) -> tuple[sphere.Line, ...]:
        return tuple(line for line in self.lines if line.verdict is sphere.Verdict.BELOW)


@dataclass(frozen=True)
class CheckedHomes:
    """Homes below a line, the worst first; of how many that were measured. ``is_cut``: more were measured than read."""

    below: tuple[CheckedHome, ...]
    measured: int
    is_cut: bool


def checked_homes(access: Access) -> CheckedHomes:
    """Every measured home in which somebody lives and which the viewer sees, held against the standards.

    Whether a home needs to be without steps is asked of those alone whose needs the viewer may read.
    """
    if not access.allows(Action.PROPERTY_VIEW):
        return CheckedHomes((), 0, False)
    measured = homes.Property.objects.visible_to(access).filter(homes.measured_q(), ended_on=None, erased_at=None)
    rows = list(measured.select_related("keeper").order_by("-pk")[: MOST_HOMES + 1])
    there = _living_in([home.pk for home in rows[:MOST_HOMES]])
    needing = _needing(access, {pk for people_there in there.values() for pk in people_there})
    lines, found = standards(), []
    for home in rows[:MOST_HOMES]:
        if who := there.get(home.pk):
            facts = bridge.facts_of_home(home, len(who), needs_step_free=not needing.isdisjoint(who))
            told = tuple(one for one in sphere.check(facts, lines) if one.verdict is not sphere.Verdict.NOT_KNOWN)
            found.append(CheckedHome(home, len(who), told))
    below = sorted((one for one in found if one.below), key=lambda one: (-len(one.below), -one.people, one.home.pk))
    return CheckedHomes(tuple(below), len(found), len(rows) > MOST_HOMES)


def _living_in(ids: Sequence[int]) -> dict[int, set[int]]:
    """By home, whoever lives there now, alone or in a household; each by the record that answers for them."""
    stays = homes.Occupancy.objects.filter(property__in=ids, ended_on=None)
    held = list(stays.values_list("property_id", "person_id", "household_id"))
    kept = people.answering_households(house for _home, _person, house in held if house is not None)
    members: dict[int, set[int]] = {}
    joined = people_models.Membership.objects.filter(household__in=set(kept.values()), ended_on=None)
    for house, person in joined.filter(person__ended_on=None).values_list("household_id", "person_id"):
        members.setdefault(house, set()).add(person)
    found: dict[int, set[int]] = {}
    for home, person, house in held:
        there = found.setdefault(home, set())
        there |= {person} if person is not None else members.get(kept[house], set()) if house is not None else set()
    answer = people.answering(pk for who in found.values() for pk in who)
    return {home: {answer[pk] for pk in who} for home, who in found.items()}


def _needing(access: Access, ids: Collection[int]) -> set[int]:
    """Those of some people who live with a disability, as far as the viewer may read of their health."""
    if not any(FieldClass.HEALTH in read for read in access.reads(Action.PERSON_VIEW).values()):
        return set()
    needs = people_models.SpecificNeed.objects.filter(kind=NeedKind.DISABILITY, valid_to=None, person__in=ids)
    known = people_models.Person.objects.visible_to(access).filter(pk__in=needs.values("person"))
    return {one.pk for one in known if FieldClass.HEALTH in people.readable(access, people.Record.of(one))}


def missing(access: Access) -> list[sphere.Purchase]:
    """What to buy so that every site and every home that was measured meets the standards."""
    at_sites = [purchase for one in checked(access) for purchase in sphere.purchases(one.lines, where=one.site.name)]
    at_homes = checked_homes(access).below
    return at_sites + [buy for one in at_homes for buy in sphere.purchases(one.below, where=one.home.number)]
