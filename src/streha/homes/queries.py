"""Reads of homes: lists, search, one home with its whole story, the map, and lists of classes.

Everything begins with the viewer's ``Access``. Whoever may not know where a home is gets it from no list narrowed to a
place, no search by address, no dot and no count of a map.
"""

from __future__ import annotations

import datetime as dt
import heapq
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.audit import actions as audit
from streha.audit import queries as log
from streha.audit.bridge import Sealer
from streha.common import errors, pages
from streha.common.codes import FieldClass
from streha.common.pages import PAGE_SIZE, Page
from streha.homes import bridge, models, rules
from streha.people import models as people_models
from streha.people import queries as people
from streha.places import queries as places
from streha.places.models import Area

FEW_KEEPERS = 12
FEW_HOMES = 1_000
MOST_DOTS = 500
COUNT_CAP = 2000


# --- classes --------------------------------------------------------------------------------------


def class_lists(kind: rules.ClassKind) -> tuple[rules.ClassList, ...]:
    """Every version of a list, the one in use first: the office's newest, or else what ships."""
    made = models.ClassVersion.objects.filter(kind=kind).order_by("-pk").prefetch_related("options")
    own = tuple(
        rules.ClassList(
            kind=kind,
            version=row.version,
            title=row.title,
            source=row.source,
            published=row.published,
            verified=row.verified,
            verified_by=row.verified_by,
            entries=tuple(
                rules.ClassEntry(o.code, o.position, o.label_en, o.label_sq, o.label_sr, o.label_sr_latn)
                for o in sorted(row.options.all(), key=lambda o: o.position)
            ),
        )
        for row in made
    )
    return own + tuple(one for one in bridge.shipped() if one.kind == kind)


def current_list(kind: rules.ClassKind) -> rules.ClassList:
    """The list by which homes are assessed now."""
    return class_lists(kind)[0]


class Classes:
    """Every version of every list, read once for a page."""

    def __init__(self) -> None:
        self._lists = {kind: class_lists(kind) for kind in rules.ClassKind}

    def current(self, kind: rules.ClassKind) -> rules.ClassList:
        """The list in use."""
        return self._lists[kind][0]

    def version(self, kind: rules.ClassKind, version: str) -> rules.ClassList | None:
        """One version of a list."""
        return next((one for one in self._lists[kind] if one.version == version), None)

    def entry(self, kind: rules.ClassKind, version: str, code: str) -> rules.ClassEntry | None:
        """What a code meant in the version it was given by."""
        found = self.version(kind, version) if code else None
        return found.entry(code) if found else None

    def anywhere(self, kind: rules.ClassKind, code: str) -> rules.ClassEntry | None:
        """What a code means in the newest version that has it."""
        return next((entry for one in self._lists[kind] if (entry := one.entry(code))), None)


# --- who may read what ----------------------------------------------------------------------------


def record_of(home: models.Property) -> people.Record:
    """What the policy needs to know of a home."""
    return people.Record(home.keeper_id, home.organisation_id, home.registered_by_id, home.subject.hex)


def readable(access: Access, home: models.Property) -> frozenset[FieldClass]:
    """Field classes of this home that the viewer may read."""
    found = people.readable(access, record_of(home), Action.PROPERTY_VIEW)
    if access.opened and home.shares.filter(person__subject__in=sorted(access.opened)).exists():
        found = found.union(*access.reads(Action.PROPERTY_VIEW).values())
    return found


def writable(access: Access, action: Action, home: models.Property) -> frozenset[FieldClass]:
    """Field classes of this home that the writer may write by this action."""
    return people.writable(access, action, record_of(home))


def note_look(access: Access, homes: Iterable[models.Property], *, where: str, at: dt.datetime) -> None:
    """That these homes were shown is on record under the homes and under everybody who owns them now."""
    subjects = []
    for home in homes:
        subjects.append(home.subject)
        subjects += [s.person.subject for s in home.current_shares if s.person is not None]  # type: ignore[attr-defined]
    if subjects:
        audit.looked(
            by=access.actor,
            at=at,
            verb="listed",
            subjects=subjects,
            classes=[FieldClass.HOME_LOCATION],
            where=where,
        )


# --- lists ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PropertyFilter:
    """What a list or a map of homes is narrowed to."""

    area_id: int | None = None
    damage: str = ""
    tenure: str = ""
    occupancy: str = ""
    ended: bool = False
    text: str = ""

    def as_text(self) -> str:
        """For a job and the log."""
        parts = (self.area_id or "", self.damage, self.tenure, self.occupancy, int(self.ended), self.text)
        return "|".join(str(part).replace("|", " ") for part in parts)

    @classmethod
    def parse(cls, text: str) -> PropertyFilter:
        """The filter that ``as_text`` wrote."""
        area, damage, tenure, occupancy, ended, words = text.split("|", 5)
        return cls(int(area) if area else None, damage, tenure, occupancy, ended == "1", words)


def narrowed_rows(access: Access, narrowed: PropertyFilter) -> QuerySet[models.Property]:
    """Homes visible to the viewer that answer to a filter; by place or address only those whose place they may know."""
    by_place = narrowed.area_id is not None or bool(narrowed.text)
    every = models.Property.objects
    rows: QuerySet[models.Property] = every.located_for(access) if by_place else every.visible_to(access)
    rows = rows.filter(ended_on__isnull=not narrowed.ended)
    if narrowed.damage:
        rows = rows.filter(damage=narrowed.damage)
    if narrowed.tenure:
        rows = rows.filter(tenure=narrowed.tenure)
    if narrowed.occupancy:
        now = models.Occupancy.objects.filter(property=OuterRef("pk"), kind=narrowed.occupancy, ended_on=None)
        rows = rows.filter(Exists(now))
    if narrowed.text:
        rows = _answering(rows, narrowed.text)
    if narrowed.area_id is not None:
        rows = _in_area(rows, narrowed.area_id)
    return rows


def _in_area(rows: QuerySet[models.Property], area_id: int) -> QuerySet[models.Property]:
    kind = Area.objects.filter(pk=area_id).values_list("kind", flat=True).first()
    if kind == Area.Kind.SETTLEMENT:
        return rows.filter(settlement_id=area_id)
    if kind == Area.Kind.MUNICIPALITY:
        return rows.filter(municipality_id=area_id)
    # The sum keeps the planner on the order of the list: a region is dense in it.
    inside = sorted(places.subtree_ids([area_id]))
    return rows.annotate(lies=F("municipality_id") + 0).filter(lies__in=inside)


def _answering(rows: QuerySet[models.Property], text: str) -> QuerySet[models.Property]:
    """Rows with this number, cadastral reference, or all these words in their address."""
    question = rules.understand(text)
    if question.property_id is not None:
        return rows.filter(pk=question.property_id)
    ways = []
    if question.reference:
        blinds = {audit.blind_index("cadastral", question.reference)}
        if question.reference[0].isdigit():
            blinds.add(audit.blind_index("cadastral", f"P{question.reference}"))
        ways.append(models.Property.objects.filter(cadastral_blind__in=blinds).values("pk"))
    if question.words:
        named = Q()
        for blinds_of_word in (address_blinds(keys) for keys in question.words):
            keyed = models.PropertyKey.objects.filter(blind__in=blinds_of_word)
            named &= Q(pk__in=keyed.values("property_id"))
        ways.append(models.Property.objects.filter(named).values("pk"))
    if not ways:
        return rows.none()
    # A union, for each way has an index of its own: with OR the planner walks through every home.
    told = ways[0].union(*ways[1:])
    with wall.beyond("homes of an address"):  # which of them are shown, the rows decide
        few = [pk for (pk,) in told.values_list("pk")[: FEW_HOMES + 1]]
    # Few are named one by one: asked in one question behind the wall, PostgreSQL looks at every home of a municipality.
    return rows.filter(pk__in=few) if len(few) <= FEW_HOMES else rows.filter(pk__in=told)


def address_blinds(keys: Iterable[str], sealer: Sealer | None = None) -> list[str]:
    """What the index of addresses holds instead of words; by the office's keyring, or a sealer that has it."""
    blinds_of = audit.blind_indexes if sealer is None else sealer.blind_indexes
    return [blind[:32] for blind in blinds_of("address word", list(keys))]


def properties_page(
    access: Access, narrowed: PropertyFilter, *, after: str = "", limit: int = PAGE_SIZE
) -> Page[models.Property]:
    """Homes visible to the viewer, the newest record first, one page from a key on."""
    rows = narrowed_rows(access, narrowed)
    if after:
        rows = rows.filter(pk__lt=pages.number_of(after))
    is_narrow = bool(narrowed.area_id or narrowed.text)
    keepers = None if is_narrow else people.keepers_open_to(access, Action.PROPERTY_VIEW)
    ids = _newest(rows, keepers, limit + 1)
    shown = ids[:limit]
    return Page(tuple(with_properties(access, shown)), str(shown[-1]) if len(ids) > limit else "")


def _newest(rows: QuerySet[models.Property], keepers: Collection[int] | None, limit: int) -> list[int]:
    """Ids of the newest rows: those of a few keeping areas are merged from their own ranges, many are filtered."""
    if keepers is None:
        return list(rows.order_by("-pk").values_list("pk", flat=True)[:limit])
    towns = Area.objects.filter(pk__in=keepers).exclude(kind=Area.Kind.SETTLEMENT).values_list("pk", flat=True)
    if len(towns) <= FEW_KEEPERS:
        parts = [
            rows.filter(keeper_id=town).order_by("-pk").values_list("pk", flat=True)[:limit] for town in sorted(towns)
        ]
        return list(islice(heapq.merge(*parts, reverse=True), limit))
    many = rows.annotate(kept=F("keeper_id") + 0).filter(kept__in=sorted(towns))
    return list(many.order_by("-pk").values_list("pk", flat=True)[:limit])


def with_properties(access: Access, ids: Sequence[int]) -> list[models.Property]:
    """Homes in the order of their ids with places, owners and occupants of now.

    Of owners and occupants only those come with a name whom the viewer may see.
    """
    shares = models.Share.objects.filter(until=None).select_related("person").order_by("pk")
    stays = models.Occupancy.objects.filter(ended_on=None).select_related("person", "household").order_by("pk")
    found = (
        models.Property.objects.filter(pk__in=ids)
        .select_related("municipality", "settlement__parent", "keeper")
        .prefetch_related(
            Prefetch("shares", queryset=shares, to_attr="current_shares"),
            Prefetch("occupancies", queryset=stays, to_attr="current_stays"),
        )
    )
    by_id = {home.pk: home for home in found}
    rows = [by_id[pk] for pk in ids if pk in by_id]
    _name_people(access, [s for h in rows for s in [*h.current_shares, *h.current_stays]])  # type: ignore[attr-defined]
    return rows


def _name_people(access: Access, links: Sequence[Any]) -> None:
    """Each link learns whom it may show: ``seen_person`` and ``seen_household``."""
    answering = people.answering(link.person_id for link in links if link.person_id)
    wanted = set(answering.values())
    seen_ids = list(people_models.Person.objects.visible_to(access).filter(pk__in=wanted).values_list("pk", flat=True))
    seen = {person.pk: person for person in people.with_people(seen_ids)}
    houses = people.answering_households(link.household_id for link in links if getattr(link, "household_id", None))
    open_houses = people_models.Household.objects.visible_to(access).filter(pk__in=set(houses.values()))
    households = {house.pk: house for house in open_houses}
    for link in links:
        link.seen_person = seen.get(answering.get(link.person_id or 0, 0))
        link.seen_household = households.get(houses.get(getattr(link, "household_id", None) or 0, 0))


def rows_for_export(access: Access, narrowed: PropertyFilter) -> Iterator[models.Property]:
    """Every home the viewer may list, page by page."""
    after = ""
    while True:
        page = properties_page(access, narrowed, after=after, limit=500)
        yield from page.rows
        if not page.next:
            return
        after = page.next


def search(access: Access, text: str, *, limit: int = 8) -> list[models.Property]:
    """The first few homes with this number, cadastral reference or address, for the one search box."""
    question = rules.understand(text)
    if not access.allows(Action.PROPERTY_VIEW) or question.is_empty:
        return []
    if question.property_id is not None:
        rows = _numbered(access, question.property_id)
    elif question.reference or _may_be_address(question):
        rows = narrowed_rows(access, PropertyFilter(text=text))
    else:
        return []
    return with_properties(access, list(rows.order_by("-pk").values_list("pk", flat=True)[:limit]))


def _numbered(access: Access, property_id: int) -> QuerySet[models.Property]:
    return models.Property.objects.visible_to(access).filter(pk=property_id)


def _may_be_address(question: rules.Question) -> bool:
    """A single word without a number is somebody's name far more often than a street's."""
    return len(question.words) > 1 or any(key[0].isdigit() for keys in question.words for key in keys)


def doubles(access: Access, zone: str, reference: str, *, besides: int = 0) -> list[models.Property]:
    """Homes whose place the viewer knows, with the same reference in the same cadastral zone.

    A parcel may carry several homes, so this is a warning. What lies beyond the viewer's sight does not answer.
    """
    plain = rules.plain_cadastral(reference)
    if not plain:
        return []
    rows = models.Property.objects.located_for(access).filter(
        cadastral_blind=audit.blind_index("cadastral", plain), zone_key=zone_key(zone), ended_on=None
    )
    return with_properties(access, list(rows.exclude(pk=besides).order_by("pk").values_list("pk", flat=True)[:5]))


def zone_key(zone: str) -> str:
    """A cadastral zone as compared."""
    from streha.engine import names

    return (names.place_key(zone) or zone.strip().lower())[:80]


# --- one home -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PropertyPage:
    """A home as one viewer may see it: what is not readable is not there."""

    home: models.Property
    classes: frozenset[FieldClass]
    may_change: frozenset[FieldClass]
    may_assess: bool
    may_end: bool
    address: str
    point: rules.Point | None
    cadastral: str
    shares: tuple[models.Share, ...]
    stays: tuple[models.Occupancy, ...]
    assessments: tuple[models.Assessment, ...]
    photos: tuple[models.Photo, ...]
    doubles: tuple[models.Property, ...]

    @property
    def sees_place(self) -> bool:
        return FieldClass.HOME_LOCATION in self.classes


def visible_property(access: Access, property_id: int) -> models.Property:
    """The home; raises NotFound for one that does not exist for this viewer."""
    found = (
        models.Property.objects.visible_to(access)
        .select_related("municipality", "settlement__parent", "keeper", "registered_by", "organisation")
        .filter(pk=property_id)
        .first()
    )
    if found is None:
        raise errors.NotFound()
    return found


def property_page(access: Access, property_id: int, *, at: dt.datetime) -> PropertyPage:
    """Everything about a home that the viewer may read; that they looked is on record with everybody linked to it."""
    home = visible_property(access, property_id)
    classes = readable(access, home)
    sees_place = FieldClass.HOME_LOCATION in classes
    shares = list(home.shares.select_related("person").order_by("until", "pk"))
    stays = list(home.occupancies.select_related("person", "household").order_by("-started_on", "-pk"))
    _name_people(access, [*shares, *stays])
    for share in shares:
        share.written = people.unsealed(home.subject, share.name_sealed, models.SEALED_OWNER)  # type: ignore[attr-defined]
    assessments = list(home.assessments.select_related("noted_by").order_by("-assessed_on", "-pk"))
    photos = list(home.photos.filter(removed_at=None).order_by("taken_on", "pk")) if sees_place else []
    for assessment in assessments:
        token = assessment.note_sealed if sees_place else None
        assessment.note = people.unsealed(home.subject, token, models.SEALED_NOTE)  # type: ignore[attr-defined]
    for photo in photos:
        photo.caption = people.unsealed(home.subject, photo.caption_sealed, models.SEALED_CAPTION)  # type: ignore[attr-defined]
    people_linked = [*(share.person for share in shares), *(stay.person for stay in stays)]
    subjects = {home.subject} | {person.subject for person in people_linked if person is not None}
    audit.looked(
        by=access.actor,
        at=at,
        verb="opened",
        subjects=sorted(subjects, key=str),
        classes=sorted(classes & {FieldClass.IDENTITY, FieldClass.HOME_LOCATION}),
        where="home",
    )

    def clear(token: bytes | memoryview[int] | None, context: str) -> str:
        return people.unsealed(home.subject, token, context) if sees_place else ""

    cadastral = clear(home.cadastral_sealed, models.SEALED_CADASTRAL)
    return PropertyPage(
        home=home,
        classes=classes,
        may_change=writable(access, Action.PROPERTY_CHANGE, home),
        may_assess=bool(writable(access, Action.PROPERTY_ASSESS, home)),
        may_end=people.carries(access, Action.PROPERTY_END, record_of(home)),
        address=clear(home.address_sealed, models.SEALED_ADDRESS),
        point=rules.Point.parse(clear(home.point_sealed, models.SEALED_POINT)),
        cadastral=cadastral,
        shares=tuple(shares),
        stays=tuple(stays),
        assessments=tuple(assessments),
        photos=tuple(photos),
        doubles=tuple(doubles(access, home.cadastral_zone, cadastral, besides=home.pk)) if cadastral else (),
    )


def history(access: Access, property_id: int, *, after: str = "", limit: int = PAGE_SIZE) -> Page[log.Done]:
    """What was written about a home, newest first."""
    home = visible_property(access, property_id)
    return log.history(home.subject, after=after, limit=limit)


def photo(access: Access, property_id: int, photo_id: int, size: str, *, at: dt.datetime) -> bytes:
    """The JPEG of a photo; looking at it in full is on record. Raises NotFound for what the viewer may not know of."""
    home = visible_property(access, property_id)
    row = home.photos.filter(pk=photo_id, removed_at=None).first()
    if row is None or size not in bridge.SIZES or FieldClass.HOME_LOCATION not in readable(access, home):
        raise errors.NotFound()
    sealed = bridge.read_photo(row.file, size)
    if sealed is None:
        raise errors.Gone(
            errors.message("The file of this photo is missing. The system keeper must put it back from a backup."),
            code="photo_missing",
        )
    if size == bridge.FULL:
        audit.looked(
            by=access.actor,
            at=at,
            verb="shown",
            subjects=[home.subject],
            classes=[FieldClass.HOME_LOCATION],
            where="photo",
        )
    return audit.unseal(home.subject, sealed, context=photo_context(row.file, size))


def photo_context(file: uuid.UUID, size: str) -> str:
    """What the bytes of a photo are sealed for: one file under another name does not open."""
    return f"{models.SEALED_PHOTO}.{file.hex}.{size}"


# --- homes of people ------------------------------------------------------------------------------


def of_people(access: Access, person_ids: Collection[int]) -> list[models.Property]:
    """Homes that these people own, or live in by themselves, as far as the viewer may see them.

    What is noted of a record that was merged is noted of the person.
    """
    person_ids = _every_record(person_ids)
    owned = models.Share.objects.filter(person__in=person_ids, until=None)
    lived_in = models.Occupancy.objects.filter(person__in=person_ids, ended_on=None)
    return _linked(access, Q(pk__in=owned.values("property")) | Q(pk__in=lived_in.values("property")))


def of_household(access: Access, household_id: int, member_ids: Collection[int]) -> list[models.Property]:
    """Homes in which a household lives, and homes of its members."""
    member_ids = _every_record(member_ids)
    lived_in = models.Occupancy.objects.filter(household__in=people.one_household(household_id), ended_on=None)
    owned = models.Share.objects.filter(person__in=member_ids, until=None)
    return _linked(access, Q(pk__in=lived_in.values("property")) | Q(pk__in=owned.values("property")))


def _every_record(person_ids: Collection[int]) -> list[int]:
    return sorted({pk for asked in person_ids for pk in people.one_person(asked)})


def _linked(access: Access, linked: Q) -> list[models.Property]:
    if not access.allows(Action.PROPERTY_VIEW):
        return []
    rows = models.Property.objects.visible_to(access).filter(linked, ended_on=None)
    return with_properties(access, list(rows.order_by("pk").values_list("pk", flat=True)[:20]))


# --- the map --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PlaceCount:
    """How many homes lie in a place: all, by class of damage (empty: not assessed), empty or ruined, without right."""

    area: Area
    homes: int
    by_damage: dict[str, int]
    empty: int
    without_right: int


@dataclass(frozen=True)
class Dot:
    """One home on the map."""

    home: models.Property
    point: rules.Point


@dataclass(frozen=True)
class HomesMap:
    """Homes whose place the viewer may know, by place, and one by one where somebody measured the point."""

    counts: tuple[PlaceCount, ...]
    dots: tuple[Dot, ...]
    more_dots: bool


def homes_map(access: Access, narrowed: PropertyFilter, *, at: dt.datetime) -> HomesMap:
    """Counts by municipality, or by settlement within one; dots only within one municipality or settlement."""
    area = Area.objects.filter(pk=narrowed.area_id).first() if narrowed.area_id else None
    rows = narrowed_rows(access, narrowed)
    if narrowed.area_id is None:
        rows = rows.filter(pk__in=models.Property.objects.located_for(access).values("pk"))
    is_local = area is not None and area.kind in {Area.Kind.MUNICIPALITY, Area.Kind.SETTLEMENT}
    counts = _counts(rows, "settlement_id" if is_local else "municipality_id", area)
    if not is_local:
        return HomesMap(counts, (), more_dots=False)
    ids = list(rows.filter(has_point=True).order_by("-pk").values_list("pk", flat=True)[: MOST_DOTS + 1])
    homes = with_properties(access, ids[:MOST_DOTS])
    note_look(access, homes, where="map of homes", at=at)
    points = audit.unseal_many([(h.subject, bytes(h.point_sealed or b"")) for h in homes], context=models.SEALED_POINT)
    dots = [
        Dot(home, point)
        for home, text in zip(homes, points, strict=True)
        if text and (point := rules.Point.parse(text.decode())) is not None
    ]
    return HomesMap(counts, tuple(dots), more_dots=len(ids) > MOST_DOTS)


def _counts(rows: QuerySet[models.Property], column: str, around: Area | None) -> tuple[PlaceCount, ...]:
    by_place = rows.order_by().values_list(column)
    by_damage: dict[int | None, dict[str, int]] = {}
    for place, damage, n in rows.order_by().values_list(column, "damage").annotate(n=Count("pk")):
        by_damage.setdefault(place, {})[damage] = n

    def living(*kinds: str) -> dict[int | None, int]:
        now = models.Occupancy.objects.filter(property=OuterRef("pk"), kind__in=kinds, ended_on=None)
        return dict(by_place.filter(Exists(now)).annotate(n=Count("pk")))

    empty, without = living("empty", "ruined"), living("without_right")
    areas: dict[int | None, Area] = dict(
        Area.objects.select_related("parent").in_bulk([pk for pk in by_damage if pk is not None])
    )
    if around is not None:
        areas[None] = around  # homes of which only the municipality is known
    found = [
        PlaceCount(areas[pk], sum(classes.values()), classes, empty.get(pk, 0), without.get(pk, 0))
        for pk, classes in by_damage.items()
        if pk in areas
    ]
    return tuple(sorted(found, key=lambda one: (-one.homes, one.area.pk)))


def share_of(row: models.Share) -> Fraction | None:
    """How much of the home a row of owners says."""
    return Fraction(row.numerator, row.denominator) if row.numerator and row.denominator else None


def owner_number(row: Any) -> str:
    """The number of an owner whom the viewer may see; empty for one beyond their sight, or not in the register."""
    return row.seen_person.number if row.seen_person is not None else ""
