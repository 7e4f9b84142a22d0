"""Reads of distributions: lists, slips by code, what is due and given, who was counted twice, sheets from paper."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Sum

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.assistance.distributions import models
from streha.assistance.distributions.rules import codes, slips
from streha.assistance.entitlements import models as entitlements
from streha.assistance.entitlements.rules import Kind
from streha.assistance.sites import models as sites
from streha.assistance.sites import queries as site_queries
from streha.assistance.supplies import models as supplies
from streha.assistance.supplies import queries as stock
from streha.common import errors, pages
from streha.common.pages import PAGE_SIZE, Page
from streha.people import models as people_models
from streha.people import queries as people
from streha.places import queries as areas

MOST_ROWS = 200
PRINTED = 500
carries = site_queries.carries
MEMBERS = Prefetch(
    "members",
    queryset=models.SlipMember.objects.select_related("person").order_by("pk"),
    to_attr="counted",
)


# --- lists ------------------------------------------------------------------------------------------------------------


def distributions_page(
    access: Access, *, state: str = "", after: str = "", limit: int = PAGE_SIZE
) -> Page[models.Distribution]:
    """One page of distributions, the latest first."""
    rows = models.Distribution.objects.visible_to(access)
    if state:
        rows = rows.filter(state=state)
    if after:
        key = pages.day_of(after)
        rows = rows.filter(Q(held_on__lt=key[0]) | Q(held_on=key[0], pk__lt=key[1]))
    found = list(rows.select_related("keeper", "kit", "warehouse").order_by("-held_on", "-pk")[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return Page(tuple(found[:limit]), pages.key(last.held_on, last.pk) if last else "")


def visible_distribution(access: Access, pk: int, action: Action = Action.DISTRIBUTION_VIEW) -> models.Distribution:
    """The distribution; raises NotFound for one that does not exist for this viewer."""
    rows = models.Distribution.objects.visible_to(access, action)
    rows = rows.select_related("keeper", "kit", "warehouse", "area", "site", "job", "registered_by", "cycle__programme")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise errors.NotFound()
    return found


def still_open(access: Access) -> QuerySet[models.Distribution]:
    """Distributions at which the viewer hands out, that are open."""
    rows = models.Distribution.objects.visible_to(access, Action.DISTRIBUTION_HAND)
    return rows.filter(state=slips.State.OPEN)


def households_of(distribution: models.Distribution, access: Access) -> QuerySet[people_models.Household]:
    """Households that a list is for, as far as who makes it may know them.

    An ordinary list holds nobody shielded; a hidden one nobody else.
    """
    hidden = people_models.OF_SHIELDED.q()
    rows = people_models.Household.objects.visible_to(access).filter(ended_on=None, canonical=None)
    rows = rows.filter(hidden if distribution.is_hidden else ~hidden)
    if distribution.audience == slips.Audience.CYCLE:
        return rows.filter(Exists(promised(distribution).filter(household=OuterRef("pk"))))
    if distribution.audience == slips.Audience.SITE:
        there = sites.Stay.objects.filter(household=OuterRef("pk"), site=distribution.site, left_on=None)
        return rows.filter(Exists(there))
    inside = sorted(areas.subtree_ids([distribution.area_id or distribution.keeper_id]))
    return rows.filter(Q(home_area_id__in=inside) | Q(home_area=None, keeper_id__in=inside))


def promised(distribution: models.Distribution) -> QuerySet[entitlements.Entitlement]:
    """What was granted in the cycle before the list was made: this kit, to a household that has no slip for it yet."""
    rows = entitlements.Entitlement.objects.filter(
        cycle=distribution.cycle_id or 0, kind=Kind.ITEMS, what=distribution.kit.code, cancelled_at=None, given=0, due=1
    )
    return rows.filter(household__isnull=False, slip__isnull=True).order_by("pk")


# --- one distribution -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sums:
    """Of one item: how much is due on all slips, how much was handed out, and how much lies in the warehouse."""

    item: supplies.Item
    due: int
    handed: int
    there: int

    @property
    def short(self) -> int:
        """How much is missing for the slips that still wait."""
        return max(self.due - self.handed - self.there, 0)


@dataclass(frozen=True)
class Twice:
    """Somebody who is counted on two slips, since two records turned out to be one person."""

    person: people_models.Person
    slips: tuple[models.Slip, ...]

    @property
    def both_collected(self) -> bool:
        return sum(slip.handed_at is not None for slip in self.slips) > 1


@dataclass(frozen=True)
class DistributionPage:
    """A distribution as one viewer sees it; numbers are of slips visible to the viewer."""

    distribution: models.Distribution
    total: int
    handed: int
    cancelled: int
    sums: tuple[Sums, ...]
    twice: tuple[Twice, ...]
    sheets: tuple[models.Sheet, ...]
    may_plan: bool
    may_hand: bool

    @property
    def waiting(self) -> int:
        return self.total - self.handed - self.cancelled

    @property
    def parts(self) -> range:
        """First positions of the parts in which slips are printed."""
        return range(1, self.distribution.last_number + 1, PRINTED)


def distribution_page(access: Access, pk: int, *, at: dt.datetime) -> DistributionPage:
    """A distribution with its sums and what needs a look."""
    distribution = visible_distribution(access, pk)
    seen = models.Slip.objects.visible_to(access).filter(distribution=distribution)
    counts = seen.aggregate(
        total=Count("pk"),
        handed=Count("pk", filter=Q(handed_at__isnull=False)),
        cancelled=Count("pk", filter=Q(cancelled_at__isnull=False)),
    )
    return DistributionPage(
        distribution=distribution,
        **counts,
        sums=tuple(_sums(seen, distribution, at.date())),
        twice=tuple(counted_twice(access, distribution)),
        sheets=tuple(distribution.sheets.select_related("brought_by", "job").order_by("-pk")[:20]),
        may_plan=carries(access, Action.DISTRIBUTION_PLAN, distribution),
        may_hand=carries(access, Action.DISTRIBUTION_HAND, distribution),
    )


def _sums(seen: QuerySet[models.Slip], distribution: models.Distribution, today: dt.date) -> list[Sums]:
    lines = models.SlipLine.objects.filter(slip__in=seen.filter(cancelled_at=None).values("pk"))
    due = {
        row["item_id"]: (row["due"], row["handed"] or 0)
        for row in lines.values("item_id").annotate(
            due=Sum("quantity"), handed=Sum("quantity", filter=Q(slip__handed_at__isnull=False))
        )
    }
    items = supplies.Item.objects.in_bulk(due)
    there: dict[int, int] = {}
    for lot in stock.lots(distribution.warehouse_id):
        if lot.expires_on is None or lot.expires_on >= today:
            there[lot.item_id] = there.get(lot.item_id, 0) + lot.quantity
    return [Sums(items[pk], *due[pk], there.get(pk, 0)) for pk in sorted(due, key=lambda pk: items[pk].code)]


def counted_twice(access: Access, distribution: models.Distribution) -> list[Twice]:
    """People counted on two slips of a distribution by two records that were merged since."""
    seen = models.Slip.objects.visible_to(access).filter(distribution=distribution, cancelled_at=None).values("pk")
    rows = models.SlipMember.objects.filter(slip__in=seen, is_counted=True)
    merged = rows.filter(person__canonical__isnull=False).values_list("person__canonical_id", flat=True)
    found = []
    for kept in people_models.Person.objects.filter(pk__in=merged).order_by("pk")[:MOST_ROWS]:
        there = rows.filter(Q(person=kept) | Q(person__canonical=kept)).values("slip")
        both = list(models.Slip.objects.filter(pk__in=there).select_related("household").order_by("pk"))
        if len(both) > 1:
            found.append(Twice(kept, tuple(both)))
    return found


# --- slips ------------------------------------------------------------------------------------------------------------


def slips_page(
    access: Access,
    distribution: models.Distribution,
    *,
    state: str = "",
    after: int = 0,
    limit: int = PAGE_SIZE,
    at: dt.datetime,
) -> Page[models.Slip]:
    """One page of slips by number, with who may collect; the look is on record."""
    rows = models.Slip.objects.visible_to(access).filter(distribution=distribution, position__gt=after)
    if state == "handed":
        rows = rows.filter(handed_at__isnull=False)
    elif state == "waiting":
        rows = rows.filter(handed_at=None, cancelled_at=None)
    elif state == "cancelled":
        rows = rows.filter(cancelled_at__isnull=False)
    found = list(
        rows.select_related("household", "handed_by").prefetch_related(MEMBERS).order_by("position")[: limit + 1]
    )
    shown = found[:limit]
    _note_look(access, shown, where="distribution", at=at)
    return Page(tuple(shown), str(shown[-1].position) if len(found) > limit else "")


def _note_look(access: Access, shown: Sequence[models.Slip], *, where: str, at: dt.datetime) -> None:
    who = [m.person for slip in shown for m in slip.counted if m.collects]  # type: ignore[attr-defined]
    _name(who)
    people.note_look(access, who, where=where, at=at)


def _name(who: Sequence[people_models.Person]) -> None:
    """Current names of people, asked once."""
    names: dict[int, list[people_models.Name]] = {person.pk: [] for person in who}
    for name in people_models.Name.objects.filter(person__in=list(names), valid_to=None).order_by("pk"):
        names[name.person_id].append(name)
    for person in who:
        person.current_names = names[person.pk]  # type: ignore[attr-defined]


def slips_to_print(
    access: Access, distribution: models.Distribution, first: int, *, at: dt.datetime
) -> list[models.Slip]:
    """Slips of one part with their lines, in the order of their numbers; the look is on record."""
    rows = models.Slip.objects.visible_to(access).filter(
        distribution=distribution, position__gte=first, position__lt=first + PRINTED, cancelled_at=None
    )
    lines = Prefetch("lines", queryset=models.SlipLine.objects.select_related("item").order_by("item__code"))
    found = list(rows.select_related("household").prefetch_related(MEMBERS, lines).order_by("position"))
    _note_look(access, found, where="distribution", at=at)
    return found


@dataclass(frozen=True)
class OnSlip:
    """Somebody counted on a slip, and whether they still belong to the household."""

    member: models.SlipMember
    is_there: bool


@dataclass(frozen=True)
class SlipPage:
    """A slip as whoever hands out sees it."""

    slip: models.Slip
    lines: tuple[models.SlipLine, ...]
    members: tuple[OnSlip, ...]
    other: str

    @property
    def may_collect(self) -> tuple[OnSlip, ...]:
        """Who may collect: a named collector first, then the head, then alternates."""
        order = [slips.Collects.COLLECTOR, slips.Collects.HEAD, slips.Collects.ALTERNATE]
        able = [each for each in self.members if each.member.collects and each.is_there]
        return tuple(sorted(able, key=lambda each: order.index(slips.Collects(each.member.collects))))


def slip_page(access: Access, slip: models.Slip, *, at: dt.datetime) -> SlipPage:
    """A slip with what is due on it and who may collect; the look is on record."""
    members = list(slip.members.select_related("person").order_by("pk"))
    people_there = [member.person for member in members]
    _name(people_there)
    with wall.beyond("who belongs to the household of a slip"):
        houses = people.one_household(people.answering_household(slip.household_id))
        there = people_models.Membership.objects.filter(household_id__in=houses, ended_on=None)
        now = set(there.values_list("person_id", flat=True))
        kept = people.answering(person.pk for person in people_there)
    people.note_look(access, people_there, where="slip", at=at)
    return SlipPage(
        slip,
        tuple(slip.lines.select_related("item").order_by("item__code")),
        tuple(OnSlip(m, kept[m.person_id] in now and m.person.ended_on is None) for m in members),
        people.unsealed(slip.household.subject, slip.other_sealed, models.SEALED_OTHER),
    )


@dataclass(frozen=True)
class Located:
    """What a code that was typed or scanned stands for at a distribution."""

    verdict: slips.Verdict
    code: str = ""
    slip: models.Slip | None = None
    distribution: models.Distribution | None = None

    @property
    def can_be_handed(self) -> bool:
        return self.verdict is slips.Verdict.WAITING


def locate(access: Access, distribution: models.Distribution, typed: str) -> Located:
    """The slip of a code, or why there is none for this viewer at this distribution.

    A code of a list that the viewer does not see is unknown: a code is no way to learn who is on another's list.
    """
    reading = codes.read(typed)
    if reading.state is codes.Read.WRONG_CHECK:
        return Located(slips.Verdict.WRONG_CHECK)
    if reading.state is not codes.Read.GOOD:
        return Located(slips.Verdict.UNREADABLE)
    rows = models.Slip.objects.visible_to(access).select_related("household", "distribution__kit", "handed_by")
    slip = rows.filter(code=reading.code).first()
    if slip is None:
        return Located(slips.Verdict.UNKNOWN, reading.code)
    if slip.distribution_id != distribution.pk:
        return Located(_elsewhere(slip.distribution, distribution), reading.code, None, slip.distribution)
    if slip.cancelled_at is not None:
        return Located(slips.Verdict.CANCELLED, reading.code, slip)
    if slip.handed_at is not None:
        return Located(slips.Verdict.ALREADY, reading.code, slip)
    return Located(slips.Verdict.WAITING, reading.code, slip)


def _elsewhere(there: models.Distribution, here: models.Distribution) -> slips.Verdict:
    return slips.Verdict.OTHER_LIST if there.cycle_id == here.cycle_id else slips.Verdict.OTHER_CYCLE


def same_round(distribution: models.Distribution) -> Q:
    """This distribution and, in a cycle, every other one that gives the same kit: nobody is counted twice in them."""
    own = Q(distribution=distribution)
    if distribution.cycle_id is None:
        return own
    return own | Q(distribution__cycle=distribution.cycle_id, distribution__kit__code=distribution.kit.code)


# --- sheets from paper ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SheetPage:
    """A sheet with its lines and how many of each verdict."""

    sheet: models.Sheet
    lines: tuple[models.SheetLine, ...]
    counts: tuple[tuple[str, int], ...]
    more: bool


def sheet_page(access: Access, pk: int, *, verdict: str = "") -> SheetPage:
    """A sheet; raises NotFound for one of a distribution that does not exist for this viewer."""
    mine = models.Distribution.objects.visible_to(access).values("pk")
    rows = models.Sheet.objects.filter(distribution__in=mine).select_related("distribution", "job", "brought_by")
    sheet = rows.filter(pk=pk).first()
    if sheet is None:
        raise errors.NotFound()
    counts = sheet.lines.values_list("verdict").annotate(n=Count("pk")).order_by("verdict")
    lines = sheet.lines.filter(verdict=verdict) if verdict else sheet.lines.all()
    found = list(lines.order_by("row")[: MOST_ROWS + 1])
    return SheetPage(sheet, tuple(found[:MOST_ROWS]), tuple(counts), len(found) > MOST_ROWS)


def slips_of_household(access: Access, household_id: int) -> list[models.Slip]:
    """What a household was due and got, the latest first."""
    rows = models.Slip.objects.visible_to(access).filter(household_id__in=people.one_household(household_id))
    return list(rows.select_related("distribution__kit").order_by("-distribution__held_on", "-pk")[:50])


def held_at(access: Access, **place: int) -> list[models.Distribution]:
    """Distributions at a site (``site=``) or from a warehouse (``warehouse=``), the latest first."""
    rows = models.Distribution.objects.visible_to(access).filter(**place)
    return list(rows.select_related("kit", "closed_by").order_by("-held_on", "-pk")[:50])


def slips_with_batch(access: Access, batch_id: int, *, at: dt.datetime) -> list[models.Slip]:
    """Slips on which something of a batch was handed out, as when a lot is called back; the look is on record."""
    rows = models.Slip.objects.visible_to(access).filter(entry__in=stock.entries_of_batch(batch_id))
    found = list(rows.select_related("household", "distribution").prefetch_related(MEMBERS).order_by("pk")[:1000])
    _note_look(access, found, where="batch", at=at)
    return found
