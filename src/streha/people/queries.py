"""Reads across the register of people: lists, the one search, pages of persons and households, and who may read what.

Everything begins with the viewer's ``Access``; nobody is found, counted or hinted at who is not visible. Lists and
search page by key, never by offset, and count nothing.
"""

from __future__ import annotations

import datetime as dt
import heapq
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TypeVar
from weakref import WeakKeyDictionary

from django.db.models import Exists, F, Model, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Coalesce

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action, Scope, ScopeKind
from streha.audit import actions as audit
from streha.common import errors, pages
from streha.common.codes import FieldClass, Precision, Script
from streha.common.pages import PAGE_SIZE, Page
from streha.engine import linkage, names
from streha.people import bridge, models, rules
from streha.places import queries as places
from streha.places.models import Area, AreaName

Fact = TypeVar("Fact")
Row = TypeVar("Row", bound=Model)
Kept = TypeVar("Kept", models.Person, models.Household)

FEW_KEEPERS = 12
COUNT_CAP = 2000
HOUSEHOLD_STEPS = 100  # of merges one after the other; no office comes near, and no circle can be made
ALIKE_AT_MOST = 50
PLACE_WORD_AT_LEAST = 3


# --- who may read what ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Record:
    """What the policy needs to know of a person or household."""

    keeper_id: int
    organisation_id: int | None
    registered_by_id: int | None
    subject: str

    @classmethod
    def of(cls, row: models.Person | models.Household) -> Record:
        return cls(row.keeper_id, row.organisation_id, row.registered_by_id, row.subject.hex)


def carries(access: Access, action: Action, record: Record) -> bool:
    """Whether the action is carried on this record."""
    return any(_covers(scope, access, record) for scope in access.scopes(action))


def readable(access: Access, record: Record, action: Action = Action.PERSON_VIEW) -> frozenset[FieldClass]:
    """Field classes of this record that the viewer may read, by the roles that carry the action."""
    found = _classes(access, access.reads(action), record)
    if record.subject in access.opened:
        found = found.union(*access.reads(action).values())
    return found


def writable(access: Access, action: Action, record: Record) -> frozenset[FieldClass]:
    """Field classes of this record that the writer may write by this action."""
    return _classes(access, access.writes(action), record)


def _classes(access: Access, by_scope: dict[Scope, frozenset[FieldClass]], record: Record) -> frozenset[FieldClass]:
    found: frozenset[FieldClass] = frozenset()
    for scope, classes in by_scope.items():
        if _covers(scope, access, record):
            found |= classes
    return found


def _covers(scope: Scope, access: Access, record: Record) -> bool:
    if scope.kind == ScopeKind.EVERYTHING:
        return True
    if scope.kind == ScopeKind.AREA:
        return record.keeper_id == int(scope.key) or record.keeper_id in _areas_within(scope.key, access)
    if scope.kind == ScopeKind.ORGANISATION:
        return record.organisation_id == int(scope.key)
    return access.user_id is not None and record.registered_by_id == access.user_id


_areas_known: WeakKeyDictionary[Access, dict[str, frozenset[int]]] = WeakKeyDictionary()


def _areas_within(key: str, access: Access) -> frozenset[int]:
    """An area of the viewer's scope with all in it: asked once, for a list has fifty rows and an access one request."""
    known = _areas_known.setdefault(access, {})
    if key not in known:
        known[key] = places.subtree_ids([int(key)])
    return known[key]


def keepers_open_to(access: Access, action: Action) -> frozenset[int] | None:
    """Areas whose records the action reaches; None when it reaches all, or more than areas decide."""
    scopes = access.scopes(action)
    if access.opened or any(scope.kind != ScopeKind.AREA for scope in scopes):
        return None
    return places.subtree_ids(int(scope.key) for scope in scopes)


def unsealed(subject: uuid.UUID, token: bytes | memoryview[int] | None, context: str) -> str:
    """The clear text of a sealed value; empty where there is none."""
    return audit.unseal(subject, bytes(token), context=context).decode() if token else ""


@wall.beyond("who holds a document")
def holders_of_identifiers(blinds: Iterable[str]) -> list[int]:
    """Persons, visible or not, who hold one of these documents now: for actions, never for a screen."""
    held = models.Identifier.objects.filter(blind__in=list(blinds), valid_to=None, person__erased_at=None)
    return sorted(set(answering(held.values_list("person_id", flat=True)).values()))


# --- who answers for whom -------------------------------------------------------------------------


def answering(ids: Iterable[int]) -> dict[int, int]:
    """For each id, the id of the record that answers for it now: its own, or the one it was merged into."""
    wanted = sorted(set(ids))
    found = {pk: pk for pk in wanted}
    for start in range(0, len(wanted), 500):
        gone = models.Person.objects.filter(pk__in=wanted[start : start + 500], canonical__isnull=False)
        found |= dict(gone.values_list("pk", "canonical_id"))
    return found


def one_person(person_id: int) -> list[int]:
    """Ids of all records that are this person: the one that answers first, then those merged into it."""
    asked = models.Person.objects.filter(pk=person_id).values(kept=Coalesce("canonical_id", "pk"))
    merged = models.Person.objects.filter(canonical_id__in=asked).order_by("pk").values_list("pk", "canonical_id")
    found = list(merged)
    return [found[0][1] or person_id, *(pk for pk, _ in found)] if found else [person_id]


def records_of(ids: Iterable[int]) -> set[int]:
    """Ids of all records that are one with any of these."""
    asked = models.Person.objects.filter(pk__in=list(ids)).values(kept=Coalesce("canonical_id", "pk"))
    found = models.Person.objects.filter(Q(pk__in=asked) | Q(canonical_id__in=asked))
    return set(found.values_list("pk", flat=True))


def answering_household(household_id: int) -> int:
    """The household that answers for this number now: itself, or the one it went on in, whoever may see it."""
    return answering_households([household_id])[household_id]


@wall.beyond("where a household's number went that was merged")
def answering_households(ids: Iterable[int]) -> dict[int, int]:
    """For each number of a household, the one that answers for it now: itself, or the one it went on in."""
    found = {pk: pk for pk in ids}
    asked = sorted(found)
    for _ in range(HOUSEHOLD_STEPS):
        led: dict[int, int] = {}
        for start in range(0, len(asked), 500):
            gone = models.Household.objects.filter(pk__in=asked[start : start + 500], canonical__isnull=False)
            led |= dict(gone.values_list("pk", "canonical_id"))
        if not led:
            break
        found = {pk: led.get(now, now) for pk, now in found.items()}
        asked = sorted(set(led.values()))
    return found


@wall.beyond("where a household's number went that was merged")
def one_household(household_id: int) -> list[int]:
    """Numbers that this household answers for: its own first, then those of households that went on in it."""
    found = [household_id]
    layer = found
    while layer:
        layer = sorted(models.Household.objects.filter(canonical_id__in=layer).values_list("pk", flat=True))
        found = [*found, *layer]
    return found


@wall.beyond("where a household's number went that was merged")
def households_in(ids: Iterable[int]) -> dict[int, int]:
    """For each number that one of these households answers for, that household: ``one_household`` of many at once."""
    found = {pk: pk for pk in ids}
    layer = sorted(found)
    while layer:
        led: dict[int, int] = {}
        for start in range(0, len(layer), 500):
            gone = models.Household.objects.filter(canonical_id__in=layer[start : start + 500])
            led |= {pk: into for pk, into in gone.values_list("pk", "canonical_id") if into is not None}
        found |= {pk: found[into] for pk, into in led.items()}
        layer = sorted(led)
    return found


# --- lists ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PersonFilter:
    """What a list of people is narrowed to."""

    area_id: int | None = None
    sex: str = ""
    ended: bool = False
    source: str = ""


def people_page(
    access: Access, narrowed: PersonFilter, *, after: str = "", limit: int = PAGE_SIZE
) -> Page[models.Person]:
    """People visible to the viewer, by name, one page from a key on."""
    rows = models.Person.objects.visible_to(access).filter(ended_on__isnull=not narrowed.ended)
    if narrowed.sex:
        rows = rows.filter(sex=narrowed.sex)
    if narrowed.source:
        rows = rows.filter(source=narrowed.source)
    if not narrowed.ended and (narrowed.sex or narrowed.source):
        keepers = None  # the index of the narrower column leads
    else:
        keepers = keepers_open_to(access, Action.PERSON_VIEW)
    living = models.Person.objects.visible_to(access.knowing(FieldClass.HOME_LOCATION))
    return _ordered_page(*_within(rows, keepers, narrowed.area_id, living), after, limit, with_people)


def households_page(
    access: Access, *, area_id: int | None = None, after: str = "", limit: int = PAGE_SIZE
) -> Page[models.Household]:
    """Households visible to the viewer, by the name of their head."""
    rows = models.Household.objects.visible_to(access).filter(ended_on=None)
    keepers = keepers_open_to(access, Action.PERSON_VIEW)
    living = models.Household.objects.visible_to(access.knowing(FieldClass.HOME_LOCATION))
    return _ordered_page(*_within(rows, keepers, area_id, living), after, limit, partial(with_households, access))


def _within(
    rows: QuerySet[Kept], keepers: frozenset[int] | None, area_id: int | None, living: QuerySet[Kept]
) -> tuple[QuerySet[Kept], frozenset[int] | None]:
    """Rows narrowed to an area, and the keeping areas among which a page may be put together.

    A settlement is where people live, and narrows to rows of ``living`` alone: those whose home the viewer may know. A
    municipality is the office that keeps the record, which every viewer sees.
    """
    if area_id is not None:
        inside = places.subtree_ids([area_id])
        if Area.objects.filter(pk=area_id, kind=Area.Kind.SETTLEMENT).exists():
            return rows.filter(home_area_id=area_id, pk__in=living.filter(home_area_id=area_id).values("pk")), None
        keepers = inside if keepers is None else keepers & inside
    return _among(rows, keepers)


def _among(rows: QuerySet[Kept], keepers: frozenset[int] | None) -> tuple[QuerySet[Kept], frozenset[int] | None]:
    if keepers is None:
        return rows, None
    return rows, frozenset(
        Area.objects.filter(pk__in=keepers).exclude(kind=Area.Kind.SETTLEMENT).values_list("pk", flat=True)
    )


def _ordered_page(
    rows: QuerySet[Kept],
    keepers: frozenset[int] | None,
    after: str,
    limit: int,
    dressed: Callable[[Sequence[int]], list[Kept]],
) -> Page[Kept]:
    """One page by (sort_name, id): a few keeping areas are merged from their own ranges, many are filtered."""
    started = _after(rows, after)
    if keepers is None:
        found = list(started.order_by("sort_name", "id").values_list("sort_name", "id")[: limit + 1])
    elif len(keepers) <= FEW_KEEPERS:
        parts = (
            started.filter(keeper_id=keeper).order_by("sort_name", "id").values_list("sort_name", "id")[: limit + 1]
            for keeper in sorted(keepers)
        )
        found = list(islice(heapq.merge(*parts), limit + 1))
    else:
        # The sum keeps the planner on the index of names: many keepers are dense in it.
        many = started.annotate(kept=F("keeper_id") + 0).filter(kept__in=sorted(keepers))
        found = list(many.order_by("sort_name", "id").values_list("sort_name", "id")[: limit + 1])
    shown = found[:limit]
    next_key = pages.key(*shown[-1]) if len(found) > limit else ""
    return Page(tuple(dressed([pk for _, pk in shown])), next_key)


def _after(rows: QuerySet[Kept], after: str) -> QuerySet[Kept]:
    """Rows behind a key; ``>=`` beside the usual pair lets the index begin there."""
    if not after:
        return rows
    sort_name, _, pk = after.rpartition("~")
    return rows.filter(
        Q(sort_name__gt=sort_name) | Q(sort_name=sort_name, id__gt=pages.number_of(pk)), sort_name__gte=sort_name
    )


CURRENT_MEMBERSHIP = Prefetch(
    "memberships",
    queryset=models.Membership.objects.filter(ended_on=None),
    to_attr="current_memberships",
)
CURRENT_NAMES = Prefetch(
    "names", queryset=models.Name.objects.filter(valid_to=None).order_by("pk"), to_attr="current_names"
)


def with_people(ids: Sequence[int]) -> list[models.Person]:
    """Persons in the order of their ids, with current names, household and places: four queries whatever the number."""
    found = (
        models.Person.objects.filter(pk__in=ids)
        .select_related("home_area__parent", "keeper")
        .prefetch_related(CURRENT_NAMES, CURRENT_MEMBERSHIP)
    )
    by_id = {person.pk: person for person in found}
    return [by_id[pk] for pk in ids if pk in by_id]


def name_in(person: models.Person, script: Script) -> str:
    """The name in a script, where somebody noted it so; otherwise the main one, and the number where none is left."""
    held: Sequence[models.Name] | None = getattr(person, "current_names", None)
    names = held if held is not None else list(person.names.filter(valid_to=None).order_by("pk"))
    own = (rules.NameKind.MAIN, rules.NameKind.SCRIPT)
    main = next((n for n in names if n.kind == rules.NameKind.MAIN), names[0] if names else None)
    found = next((n for n in names if n.script == script and n.kind in own), main)
    return " ".join(part for part in (found.given, found.family) if part) if found else person.number


def with_households(access: Access, ids: Sequence[int]) -> list[models.Household]:
    """Households in the order of their ids, with those current members whom the viewer may see."""
    members = Prefetch(
        "memberships",
        queryset=models.Membership.objects.filter(models.visible_q(access, prefix="person__"), ended_on=None)
        .select_related("person")
        .prefetch_related(
            Prefetch(
                "person__names",
                queryset=models.Name.objects.filter(valid_to=None).order_by("pk"),
                to_attr="current_names",
            )
        )
        .order_by("-is_head", "pk"),
        to_attr="current_memberships",
    )
    found = (
        models.Household.objects.filter(pk__in=ids)
        .select_related("home_area__parent", "keeper")
        .prefetch_related(members)
    )
    by_id = {household.pk: household for household in found}
    return [by_id[pk] for pk in ids if pk in by_id]


# --- the one search -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """A page of search: persons, how the words were understood, and the key of the next page."""

    question: rules.Question
    people: tuple[models.Person, ...]
    households: tuple[models.Household, ...]
    spellings: tuple[tuple[str, tuple[str, ...]], ...]
    places: tuple[Area, ...]
    next_key: str


def search(access: Access, text: str, *, after: str = "", limit: int = PAGE_SIZE) -> Found:
    """Persons found by any spelling of names, by place, or by a whole document, phone or record number."""
    question = rules.understand(text)
    spelt = tuple((w.written, spelt) for w in question.words if (spelt := names.spellings(w.written)))
    if not access.allows(Action.PERSON_VIEW) or question.is_empty:
        return Found(question, (), (), spelt, (), "")
    if question.household_id is not None:
        seen = models.Household.objects.visible_to(access).filter(pk=answering_household(question.household_id))
        return Found(question, (), tuple(with_households(access, list(seen.values_list("pk", flat=True)))), (), (), "")
    if question.person_id is not None or question.numbers:
        ids = _by_number(access, question, limit)
        return Found(question, tuple(with_people(ids)), (), (), (), "")
    with wall.beyond("how rare a word is"):  # an estimate that chooses the way, and is never shown
        wanted = [_wanted(word, _knows_homes(access)) for word in question.words]
    ids, next_key = _by_words(access, wanted, after, limit)
    areas = tuple(area for word in wanted for area in word.areas)
    return Found(question, tuple(with_people(ids)), (), spelt, areas, next_key)


def _by_number(access: Access, question: rules.Question, limit: int) -> list[int]:
    seen = models.Person.objects.visible_to(access)
    if question.person_id is not None:
        kept = answering([question.person_id])[question.person_id]
        return list(seen.filter(pk=kept).values_list("pk", flat=True))
    blinds: list[str] = []
    phones: list[str] = []
    for written in question.numbers:
        blinds.append(audit.blind_index("identifier", rules.plain_identifier(written)))
        phones += [audit.blind_index(rules.ContactKind.PHONE, p) for p in rules.phone_readings(written)]
    # The few who hold the number are looked up first: asked as one question, PostgreSQL walks all people in order.
    holders = set(models.Identifier.objects.filter(blind__in=blinds).values_list("person_id", flat=True)[:COUNT_CAP])
    holders.update(models.Contact.objects.filter(blind__in=phones).values_list("person_id", flat=True)[:COUNT_CAP])
    answer = set(answering(holders).values())
    return list(seen.filter(pk__in=answer).in_order().values_list("pk", flat=True)[:limit])


@dataclass(frozen=True)
class Wanted:
    """A word of the search as the index sees it: ranges of keys, about how many, and places of that name."""

    ranges: tuple[tuple[str, str], ...]
    about: int
    areas: tuple[Area, ...]
    keeper_ids: tuple[int, ...]
    home_ids: tuple[int, ...]

    def place_q(self, prefix: str) -> Q:
        """Persons kept or living at one of the places."""
        return Q(**{f"{prefix}keeper_id__in": self.keeper_ids}) | Q(**{f"{prefix}home_area_id__in": self.home_ids})


def _knows_homes(access: Access) -> bool:
    """Whether a word may mean a settlement: only to a viewer who may know of everybody they see where they live."""
    return all(FieldClass.HOME_LOCATION in classes for classes in access.reads().values())


def _wanted(word: rules.Word, knows_homes: bool) -> Wanted:
    ranges = rules.key_ranges(word.keys)
    about = sum(_about(low, high) for low, high in ranges)
    areas = _areas_called(word.written) if len(word.written) >= PLACE_WORD_AT_LEAST else ()
    if not knows_homes:
        areas = tuple(area for area in areas if area.kind != Area.Kind.SETTLEMENT)
    towns = [a.pk for a in areas if a.kind != Area.Kind.SETTLEMENT]
    keepers = tuple(sorted(places.subtree_ids(towns))) if towns else ()
    return Wanted(ranges, about, areas, keepers, tuple(a.pk for a in areas if a.kind == Area.Kind.SETTLEMENT))


def _about(low: str, high: str) -> int:
    """How many rows of the index lie in a range, counted no further than it matters."""
    return models.NameKey.objects.filter(key__gte=low, key__lt=high).order_by()[:COUNT_CAP].count()


def _areas_called(written: str) -> tuple[Area, ...]:
    key = names.place_key(written)
    if len(key) < PLACE_WORD_AT_LEAST:
        return ()
    called = AreaName.objects.filter(key__gte=key, key__lt=rules.after_prefix(key)).values("area_id")
    return tuple(Area.objects.filter(pk__in=called).order_by("kind", "pk")[:20])


def _by_words(access: Access, wanted: Sequence[Wanted], after: str, limit: int) -> tuple[list[int], str]:
    """Persons who answer to every word: the rarest word leads, the others are probed."""
    named = [word for word in wanted if word.about]
    if not named:
        return _by_places(access, wanted, after, limit)
    lead = min(named, key=lambda word: word.about)
    rows = _visible_keys(access)
    for word in wanted:
        if word is not lead:
            rows = rows.filter(_answers(word))
    found: list[tuple[str, str, int]] = []
    started = rules.search_key(after)
    for low, high in lead.ranges:
        if len(found) > limit or (started is not None and started[0] >= high):
            continue
        part = _first_in_range(rows.filter(key__gte=low, key__lt=high), low)
        if started is not None and started[0] >= low:
            part = _after_key(part, started)
        found += part.order_by("key", "sort_name", "person_id").values_list("key", "sort_name", "person_id")[
            : limit + 1 - len(found)
        ]
    shown = found[:limit]
    # A word that is both a name and a place also finds who lives there, behind those who bear the name.
    next_key = pages.key(*shown[-1]) if len(found) > limit else ""
    ids = list(dict.fromkeys(pk for _, _, pk in shown))
    if not next_key and len(ids) < limit and not after and len(wanted) == 1 and lead.areas:
        ids += [pk for pk in _by_places(access, wanted, "", limit - len(ids))[0] if pk not in set(ids)]
    return ids, next_key


def _visible_keys(access: Access) -> QuerySet[models.NameKey]:
    """Rows of the search index the viewer may find; where areas decide, the index alone answers."""
    keepers = keepers_open_to(access, Action.PERSON_VIEW)
    everywhere = any(scope.kind == ScopeKind.EVERYTHING for scope in access.scopes(Action.PERSON_VIEW))
    if keepers is None and not everywhere:
        return models.NameKey.objects.filter(models.visible_q(access, prefix="person__"))
    rows = models.NameKey.objects.all() if keepers is None else models.NameKey.objects.filter(keeper_id__in=keepers)
    if not access.allows(Action.SHIELDED_VIEW):
        return rows.filter(shielded=False)
    return rows.filter(Q(shielded=False) | models.visible_q(access, Action.SHIELDED_VIEW, prefix="person__"))


def _answers(word: Wanted) -> Q:
    ranged = Q(pk__in=[])
    for low, high in word.ranges:
        ranged |= Q(key__gte=low, key__lt=high)
    bears = Q(Exists(models.NameKey.objects.filter(ranged, person_id=OuterRef("person_id"))))
    # Each candidate is probed by the index of their own keys. Left bare, PostgreSQL turns the EXISTS into a join, takes
    # a word's range for one row where it holds thousands, and compares each with each.
    return bears | (word.place_q("person__") if word.areas else Q(person_id__lt=0))


def _first_in_range(rows: QuerySet[models.NameKey], low: str) -> QuerySet[models.NameKey]:
    """Each person once: only under the first of their keys in the range."""
    earlier = models.NameKey.objects.filter(person_id=OuterRef("person_id"), key__gte=low, key__lt=OuterRef("key"))
    return rows.filter(~Exists(earlier))


def _after_key(rows: QuerySet[models.NameKey], started: tuple[str, str, int]) -> QuerySet[models.NameKey]:
    key, sort_name, pk = started
    behind = Q(key__gt=key) | Q(key=key, sort_name__gt=sort_name) | Q(key=key, sort_name=sort_name, person_id__gt=pk)
    return rows.filter(behind, key__gte=key)


def _by_places(access: Access, wanted: Sequence[Wanted], after: str, limit: int) -> tuple[list[int], str]:
    """Persons of a place, where every word names one."""
    if not wanted or not all(word.areas for word in wanted):
        return [], ""
    rows = models.Person.objects.visible_to(access).filter(ended_on=None)
    keepers = keepers_open_to(access, Action.PERSON_VIEW)
    for word in wanted:
        rows = rows.filter(word.place_q(""))
    towns = frozenset(pk for word in wanted for pk in word.keeper_ids)
    homes = {pk for word in wanted for pk in word.home_ids}
    if towns and not homes:
        keepers = towns if keepers is None else keepers & towns
    else:
        keepers = None
    page = _ordered_page(*_among(rows, keepers), after, limit, with_people)
    return [person.pk for person in page.rows], page.next


# --- one person, one household --------------------------------------------------------------------


@dataclass(frozen=True)
class PersonPage:
    """A person as one viewer may see them: what is not readable is not there."""

    person: models.Person
    classes: frozenset[FieldClass]
    may_change: frozenset[FieldClass]
    may_end: bool
    names: tuple[models.Name, ...]
    membership: models.Membership | None
    past_memberships: tuple[models.Membership, ...]
    identifiers: tuple[models.Identifier, ...]
    contacts: tuple[models.Contact, ...]
    episodes: tuple[models.DisplacementEpisode, ...]
    intentions: tuple[models.Intention, ...]
    functioning: tuple[models.Functioning, ...]
    needs: tuple[models.SpecificNeed, ...]
    consents: tuple[models.Consent, ...]
    transfers: tuple[models.Transfer, ...]
    protection_notes: tuple[models.ProtectionNote, ...]

    def sees(self, field_class: str) -> bool:
        """For templates: whether a class of field is readable here."""
        return FieldClass(field_class) in self.classes


def visible_person(access: Access, person_id: int) -> models.Person:
    """The person, by whatever number; raises NotFound for one who does not exist for this viewer.

    A number whose record was merged is answered by the one that is kept. Where another office keeps that one, the
    office that kept the number is told so (Gone), and nothing else.
    """
    seen = models.Person.objects.visible_to(access).select_related(
        "home_area__parent", "keeper", "registered_by", "organisation"
    )
    found = seen.filter(pk=person_id).first()
    if found is not None:
        return found
    with wall.beyond("where a number went that was merged"):
        gone = models.Person.objects.filter(pk=person_id, canonical__isnull=False).first()
    if gone is None:
        raise errors.NotFound()
    found = seen.filter(pk=gone.kept_id).first()
    if found is not None:
        return found
    if gone.shielded or not carries(access, Action.PERSON_VIEW, Record.of(gone)):
        raise errors.NotFound()
    raise errors.Gone(
        errors.message(
            "{number} is one person with a record that another office keeps now. If you work with this person, ask "
            "whoever decides about duplicates across offices."
        ),
        code="merged_elsewhere",
        number=gone.number,
    )


def note_look(access: Access, people: Sequence[models.Person], *, where: str, at: dt.datetime) -> None:
    """That these people were shown in a list, a search or an answer is on record, each by name."""
    if people:
        audit.looked(
            by=access.actor,
            at=at,
            verb="listed",
            subjects=[person.subject for person in people],
            classes=[FieldClass.IDENTITY],
            where=where,
        )


def person_page(access: Access, person_id: int, *, at: dt.datetime) -> PersonPage:
    """Everything about a person that the viewer may read; that they looked is on record."""
    person = visible_person(access, person_id)
    record = Record.of(person)
    classes = readable(access, record)
    audit.looked(
        by=access.actor,
        at=at,
        verb="opened",
        subjects=[person.subject],
        classes=sorted(classes & _SHOWN_AT_ONCE),
        where="person",
    )
    with wall.beyond("the home of somebody who is shown"):
        memberships = list(person.memberships.select_related("household__home_area").order_by("-pk"))
    same = {"person_id__in": [person.pk, *person.merged.values_list("pk", flat=True)]}
    current = next((m for m in memberships if m.ended_on is None), None)

    def rows(needed: FieldClass, found: Iterable[Fact]) -> tuple[Fact, ...]:
        return tuple(found) if needed in classes else ()

    def of(model: type[Row]) -> QuerySet[Row]:
        return model._default_manager.filter(**same)

    return PersonPage(
        person=person,
        classes=classes,
        may_change=writable(access, Action.PERSON_CHANGE, record),
        may_end=carries(access, Action.PERSON_END, record),
        names=tuple(person.names.order_by("valid_to", "pk")),
        membership=current,
        past_memberships=tuple(m for m in memberships if m is not current),
        identifiers=rows(FieldClass.IDENTITY, of(models.Identifier).order_by("pk")),
        contacts=rows(FieldClass.CONTACT, of(models.Contact).order_by("pk")),
        episodes=tuple(
            of(models.DisplacementEpisode).select_related("from_area", "to_area").order_by("-started_on", "-pk")
        ),
        intentions=tuple(of(models.Intention).select_related("area").order_by("-said_on", "-pk")),
        functioning=rows(FieldClass.HEALTH, of(models.Functioning).order_by("-asked_on", "-pk")),
        needs=rows(FieldClass.HEALTH, of(models.SpecificNeed).order_by("pk")),
        consents=tuple(of(models.Consent).order_by("-given_on", "-pk")),
        transfers=tuple(of(models.Transfer).order_by("-at")),
        protection_notes=rows(FieldClass.PROTECTION, of(models.ProtectionNote).order_by("-noted_at")),
    )


_SHOWN_AT_ONCE = frozenset({FieldClass.IDENTITY, FieldClass.HOME_LOCATION, FieldClass.HEALTH})


def reveal(access: Access, person_id: int, what: str, pk: int = 0, *, at: dt.datetime) -> str:
    """The clear text behind a "show": an identifier, contact, need, protection note, the community or the address.

    Raises NotFound for what the viewer may not know of; every answer is on record with its class of field.
    """
    person = visible_person(access, person_id)
    classes = readable(access, Record.of(person))
    needed, token, context, subject = _sealed(person, what, pk)
    if needed not in classes or token is None:
        raise errors.NotFound()
    audit.looked(by=access.actor, at=at, verb="shown", subjects=[person.subject], classes=[needed], where=what)
    return unsealed(subject, token, context)


def _sealed(
    person: models.Person, what: str, pk: int
) -> tuple[FieldClass, bytes | memoryview[int] | None, str, uuid.UUID]:
    """Class, sealed value, context and key of what stands behind a "show"; each is under its own record's key."""
    same = {"pk": pk, "person_id__in": one_person(person.pk)}
    if what == "identifier":
        paper = models.Identifier.objects.filter(**same).select_related("person").first()
        if paper is not None:
            return FieldClass.IDENTITY, paper.sealed, models.SEALED_IDENTIFIER, paper.person.subject
    if what == "contact":
        contact = models.Contact.objects.filter(**same).select_related("person").first()
        if contact is not None:
            return FieldClass.CONTACT, contact.sealed, models.SEALED_CONTACT, contact.person.subject
    if what == "need":
        need = models.SpecificNeed.objects.filter(**same).select_related("person").first()
        if need is not None:
            return FieldClass.HEALTH, need.note_sealed, models.SEALED_NEED, need.person.subject
    if what == "note":
        note = models.ProtectionNote.objects.filter(**same).select_related("person").first()
        if note is not None:
            return FieldClass.PROTECTION, note.sealed, models.SEALED_NOTE, note.person.subject
    if what == "community":
        return FieldClass.COMMUNITY, person.community_sealed, models.SEALED_COMMUNITY, person.subject
    if what == "address":
        with wall.beyond("the home of somebody who is shown"):
            home = models.Household.objects.filter(memberships__person=person, memberships__ended_on=None).first()
        if home is not None:
            return FieldClass.HOME_LOCATION, home.address_sealed, models.SEALED_ADDRESS, home.subject
    raise errors.NotFound()


@dataclass(frozen=True)
class HouseholdPage:
    """A household as one viewer may see it."""

    household: models.Household
    classes: frozenset[FieldClass]
    may_change: frozenset[FieldClass]
    members: tuple[models.Membership, ...]
    past: tuple[models.Membership, ...]

    @property
    def has_head(self) -> bool:
        """Whether one of the members leads the household."""
        return any(m.is_head for m in self.members)


def household_page(access: Access, household_id: int, *, at: dt.datetime) -> HouseholdPage:
    """A household with its members, as far as the viewer may read; that they looked is on record.

    Asked for by the number of one that was merged, it is the household that answers for it. Memberships of a change
    that was taken back are no past: nobody ever lived there.
    """
    household = (
        models.Household.objects.visible_to(access)
        .select_related("home_area__parent", "keeper")
        .filter(pk=answering_household(household_id))
        .first()
    )
    if household is None:
        raise errors.NotFound()
    record = Record.of(household)
    every = list(
        household.memberships.select_related("person", "begun_by_move").prefetch_related(
            Prefetch(
                "person__names",
                queryset=models.Name.objects.filter(valid_to=None).order_by("pk"),
                to_attr="current_names",
            )
        )
    )
    seen = set(
        models.Person.objects.visible_to(access)
        .filter(pk__in=[m.person_id for m in every])
        .values_list("pk", flat=True)
    )
    shown = [m for m in every if m.person_id in seen]
    audit.looked(
        by=access.actor,
        at=at,
        verb="opened",
        subjects=[m.person.subject for m in shown],
        classes=sorted(readable(access, record) & _SHOWN_AT_ONCE),
        where="household",
    )
    return HouseholdPage(
        household=household,
        classes=readable(access, record),
        may_change=writable(access, Action.PERSON_CHANGE, record),
        members=tuple(sorted((m for m in shown if m.ended_on is None), key=lambda m: (not m.is_head, m.pk))),
        past=tuple(m for m in shown if m.ended_on is not None and not m.was_taken_back),
    )


def address_of(access: Access, household_id: int, *, at: dt.datetime) -> str:
    """The clear address of a household; on record for each of its members."""
    household = models.Household.objects.visible_to(access).filter(pk=answering_household(household_id)).first()
    if household is None or FieldClass.HOME_LOCATION not in readable(access, Record.of(household)):
        raise errors.NotFound()
    members = models.Membership.objects.filter(household=household, ended_on=None)
    with wall.beyond("whose home was shown"):
        subjects = list(members.values_list("person__subject", flat=True))
    audit.looked(
        by=access.actor,
        at=at,
        verb="shown",
        subjects=subjects,
        classes=[FieldClass.HOME_LOCATION],
        where="address",
    )
    return unsealed(household.subject, household.address_sealed, models.SEALED_ADDRESS)


# --- who may be the same person -------------------------------------------------------------------


@dataclass(frozen=True)
class Alike:
    """Somebody in the register who may be the drafted person, by what, and how likely."""

    person_id: int
    why: str
    probability: float


def alike(access: Access, draft: rules.PersonDraft, *, limit: int = 5) -> list[models.Person]:
    """Persons visible to the viewer who may be the drafted one, the likeliest first: for a look before registering."""
    ids = [found.person_id for found in candidates(draft)]
    seen = models.Person.objects.visible_to(access).filter(pk__in=ids).values_list("pk", flat=True)
    kept = set(seen)
    return with_people([pk for pk in ids if pk in kept][:limit])


@wall.beyond("who may be the same")
def candidates(draft: rules.PersonDraft) -> list[Alike]:
    """Persons, visible or not, who hold the same document or may be the drafted one by the weights of the linkage.

    The likeliest first. For actions alone: nothing of this may reach a screen without ``visible_to``.
    """
    held = models.Identifier.objects.filter(
        blind__in={bridge.identifier_blind(one.value) for one in draft.identifiers}, valid_to=None
    )
    holders = set(answering(held.values_list("person_id", flat=True)).values())
    phones = {bridge.phone_blind(c.value) for c in draft.contacts if c.kind == rules.ContactKind.PHONE}
    reached = models.Contact.objects.filter(blind__in=phones, valid_to=None)
    callers = set(answering(reached.values_list("person_id", flat=True)[:ALIKE_AT_MOST]).values())
    others = holders | callers | _namesakes(draft)
    known = models.Person.objects.filter(pk__in=others, erased_at=None, ended_on=None).values_list("pk", flat=True)
    one, rows = bridge.of_draft(draft), bridge.register_size()
    least = linkage.register().thresholds.review
    found = []
    for pk, other in bridge.known([*known, *holders.difference(known)]).items():
        way = bridge.best(one, bridge.profile(other), rows=rows)
        chance = way[0] if way else 0.0
        if pk in holders or chance >= least:
            found.append(Alike(pk, "identifier" if pk in holders else "name_birth", chance))
    return sorted(found, key=lambda who: (-who.probability, who.person_id))


def _namesakes(draft: rules.PersonDraft) -> set[int]:
    """Who shares the names and perhaps the birth, or one name and the day of birth, day and month in either order."""
    keys = sorted({key for name in draft.names[:1] for key in names.keys(f"{name.given} {name.family}")})
    if not keys:
        return set()
    here = Q(keeper_id=draft.keeper_id)
    birth = draft.birth_date
    wanted = here if birth is None else Q(birth_date__year=birth.year) | (here & Q(birth_date=None))
    same = models.Person.objects.filter(wanted, erased_at=None, ended_on=None)
    for key in keys:
        same = same.filter(pk__in=models.NameKey.objects.filter(key=key).values("person_id"))
    found = set(same.values_list("pk", flat=True)[:ALIKE_AT_MOST]) if len(keys) > 1 else set()
    if birth is not None and draft.birth_precision == Precision.DAY:
        born = models.Person.objects.filter(birth_date__in=rules.either_day(birth), erased_at=None, ended_on=None)
        half = born.filter(pk__in=models.NameKey.objects.filter(key__in=keys).values("person_id"))
        found.update(half.values_list("pk", flat=True)[:ALIKE_AT_MOST])
    return found


# --- export ---------------------------------------------------------------------------------------


def rows_for_export(access: Access, narrowed: PersonFilter) -> Iterator[models.Person]:
    """Every person the viewer may export, page by page."""
    after: str = ""
    while True:
        page = people_page(access, narrowed, after=after, limit=500)
        yield from page.rows
        if not page.next:
            return
        after = page.next


# --- fiction and reality --------------------------------------------------------------------------


def holds_real() -> bool:
    """Whether anybody in this register is not invented."""
    return models.Person.objects.filter(is_fictional=False).exists()


def number_from(source: str) -> int:
    """How many persons came from a source other than the office; for a load that goes on where it stopped."""
    return models.Person.objects.filter(source=source).count()
