"""Brings the fictional register into a database: through the office's own actions, piece by piece, each piece whole.

A load that was interrupted goes on where it stopped. A database that holds anything real is refused, and one that the
demo made is marked by a fictional organisation before anything else is written to it.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import random
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from django.conf import settings
from django.db import connection, transaction

from streha.accounts import actions as accounts
from streha.accounts import queries as account_queries
from streha.accounts.models import User
from streha.accounts.rules import Access, Scope, ScopeKind, system
from streha.audit import actions as audit
from streha.audit import queries as log
from streha.audit import rules as audit_rules
from streha.common import errors
from streha.engine.linkage import register
from streha.homes import actions as homes
from streha.homes import rules as home_rules
from streha.homes.models import Property as HomeRow
from streha.people import actions as people
from streha.people import queries as people_queries
from streha.people.duplicates import bridge as linkage
from streha.people.rules import MemberDraft, Relation
from streha.places import actions as places
from streha.places.models import Area, AreaCode, Observation
from streha_demo import (
    beside,
    cases,
    drawn,
    feedback,
    funding,
    grants,
    haste,
    institutions,
    programmes,
    projects,
    selections,
    sites,
    supplies,
    works,
)
from streha_demo import homes as owned_homes
from streha_demo import people as fiction
from streha_demo.families import Place
from streha_demo.logins import LOGINS, PASSWORD, Login
from streha_demo.stories import tell

ROOM, SOURCE = "demo", "demo"
ORGANISATION = "Demonstration office"
PIECES_AHEAD = 4  # made before they are asked for, so that neither process waits for the other
TOLD = "told"
WEIGHED = 100_000  # people; in a bigger register the search for doubles is the office's own
PHOTOS = 8  # homes that get a picture
ORIGIN = people.Origin(source=SOURCE, lane=audit_rules.BATCH)


class State(StrEnum):
    """What a database holds."""

    EMPTY = "empty"
    UNFINISHED = "unfinished"
    DEMO = "demo"
    REAL = "real"


@dataclass(frozen=True)
class Plan:
    """How many records from which seed."""

    people: int
    seed: int


def by_demo() -> Access:
    """The demo itself, at the terminal."""
    return system("demo")


def state() -> State:
    """What the database holds; anything not fictional makes it real."""
    tables = connection.introspection.table_names()
    if "people_person" not in tables or "accounts_user" not in tables:
        return State.EMPTY
    if account_queries.holds_real() or people_queries.holds_real():
        return State.REAL
    if not account_queries.is_demo_office():
        return State.EMPTY
    if not account_queries.holds_demo_users():
        return State.UNFINISHED
    return State.UNFINISHED if 0 < len(_told()) < STAGES else State.DEMO  # of a first version nothing is noted


def require_fictional(found: State) -> None:
    """Raise Refused for a database that holds real data, and outside the demo."""
    if not settings.DEMO:
        raise errors.Refused(
            errors.message("The demo runs with STREHA_DEMO=1 alone. Start it with: streha demo"), code="demo_off"
        )
    if found == State.REAL:
        raise errors.Refused(
            errors.message(
                "The database {name} holds real data; the demo does not touch it. "
                "Choose another folder with --data, or unset DATABASE_URL."
            ),
            code="demo_on_real_data",
            name=settings.DATABASES["default"]["NAME"],
        )


def plan() -> Plan | None:
    """What the demo in this database was, or is to be, made of."""
    begun = log.log(room=ROOM, verb="begun", limit=1).rows
    if not begun:
        return None
    people_wanted, _, seed = begun[0].object_key.partition("/")
    return Plan(int(people_wanted), int(seed))


def begin(wanted: Plan, *, at: dt.datetime) -> None:
    """The database is marked as the demo's, and Kosovo's places are there."""
    by = by_demo()
    require_fictional(state())
    with transaction.atomic():
        accounts.create_organisation(ORGANISATION, kind="mission", by=by, at=at, is_fictional=True)
        audit.record(
            by=by.actor, at=at, room=ROOM, verb="begun", object_kind="demo", object_key=f"{wanted.people}/{wanted.seed}"
        )
    places.load_kosovo(by=by, at=at)


def load(wanted: Plan, *, at: dt.datetime) -> Iterator[int]:
    """Every piece that is not there yet is registered; yields how many records the register holds."""
    require_fictional(state())
    known = municipalities()
    done = people_queries.number_from(SOURCE)
    numbers = range(-(-done // fiction.PIECE), fiction.piece_count(wanted.people))
    with haste.loading(wanted.people, is_empty=not done):
        for invented in _invented(numbers, wanted, known, at):
            with transaction.atomic():
                _register(invented, wanted=wanted, at=at)
            done += len(invented.keys)
            yield done


@dataclass(frozen=True)
class Invented:
    """A piece made ready to be written: it reads no table, so that another process makes those of a big register."""

    number: int
    households: tuple[fiction.Home, ...]
    same_numbers: frozenset[tuple[int, int]]
    confused: frozenset[tuple[int, int]]
    """Places of records that are one person, or somebody and their twin or namesake."""
    keys: list[audit.KeyRow]
    home_keys: list[audit.KeyRow]
    people: people.Prepared
    homes: homes.Prepared
    """Owners and who lives there stand in by their place in the piece, counted from 1."""


def _invented(numbers: range, wanted: Plan, known: list[Place], at: dt.datetime) -> Iterator[Invented]:
    """The pieces in their order; those of a big register are made by another process while these are written down."""
    make = partial(invent, wanted=wanted, places=known, ground=_ground(known), ring=audit.keyring(), at=at)
    if wanted.people < haste.FROM_PEOPLE:
        yield from map(make, numbers)
        return
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=beside.get_ready) as other:
        ahead = deque(other.submit(make, number) for number in numbers[:PIECES_AHEAD])
        for number in numbers[PIECES_AHEAD:]:
            ahead.append(other.submit(make, number))
            yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def invent(
    number: int,
    *,
    wanted: Plan,
    places: Sequence[Place],
    ground: owned_homes.Ground,
    ring: audit_rules.Keyring,
    at: dt.datetime,
) -> Invented:
    """One piece with its homes, checked, and sealed under keys of its own."""
    piece, owned = owned_homes.piece_with_homes(number, wanted.people, seed=wanted.seed, places=places, ground=ground)
    keys = audit.make_keys(len(piece.records), at=at, ring=ring, subjects=_subjects(piece))
    home_keys = audit.make_keys(len(owned), at=at, ring=ring)
    drafts = [record.draft for record in piece.records]
    by = by_demo()
    prepared = people.prepare(drafts, subjects=keys.subjects, sealer=keys.sealer, by=by, at=at, origin=ORIGIN)
    home_drafts = [_with_stand_ins(one) for one in owned]
    return Invented(
        number=number,
        households=piece.homes,
        same_numbers=frozenset(piece.same_numbers()),
        confused=frozenset(piece.easily_confused()),
        keys=keys.rows,
        home_keys=home_keys.rows,
        people=prepared,
        homes=homes.prepare(home_drafts, subjects=home_keys.subjects, sealer=home_keys.sealer, at=at),
    )


def _ground(known: Sequence[Place]) -> owned_homes.Ground:
    """Where homes may lie, of the municipalities that the demo knows."""
    towns = Area.objects.in_bulk([place.id for place in known])
    inside = {settlement: place.id for place in known for settlement in place.settlements}
    seats = {pk: owned_homes.Seat(a.lon, a.lat) for pk, a in towns.items() if a.lon is not None and a.lat is not None}
    return owned_homes.Ground(inside | {pk: pk for pk in towns}, seats)


def municipalities() -> list[Place]:
    """Kosovo's municipalities with their people of 2024 and the settlements that were loaded."""
    figures = dict(
        Observation.objects.filter(indicator__code="population", period_end__year=2024, group="").values_list(
            "area_id", "value"
        )
    )
    codes = dict(AreaCode.objects.filter(scheme=settings.AREA_SCHEME).values_list("area_id", "code"))
    below: dict[int, list[int]] = {}
    for pk, parent in Area.objects.filter(kind=Area.Kind.SETTLEMENT).order_by("pk").values_list("pk", "parent_id"):
        below.setdefault(parent, []).append(pk)
    found = Area.objects.filter(kind=Area.Kind.MUNICIPALITY, pk__in=figures)
    return [
        Place(a.pk, codes[a.pk], int(figures[a.pk]), a.label_sq, a.label_sr, tuple(below.get(a.pk, ())))
        for a in sorted(found, key=lambda area: codes[area.pk])
    ]


def _register(invented: Invented, *, wanted: Plan, at: dt.datetime) -> None:
    """The people of a piece, their households and homes, and pairs that may be one person."""
    by = by_demo()
    audit.enter_keys(invented.keys)
    numbers = people.register_prepared(invented.people, by=by)
    households = people.open_households(
        [
            people.HouseholdDraft(
                keeper_id=home.keeper_id,
                members=tuple(
                    MemberDraft(numbers[m.at], m.relation, is_head=m.relation == Relation.HEAD) for m in home.members
                ),
                home_area_id=home.home_area_id,
                address=home.address,
                is_fictional=True,
            )
            for home in invented.households
        ],
        by=by,
        at=at,
        origin=ORIGIN,
    )
    _note_alike(invented, numbers, is_weighed=wanted.people <= WEIGHED, at=at)
    opened = [household.pk for household in households]
    drafts = [_with_numbers(draft, numbers, opened) for draft in invented.homes.drafts]
    audit.enter_keys(invented.home_keys)
    made = homes.register_prepared(replace(invented.homes, drafts=drafts), by=by, origin=ORIGIN)
    if invented.number == 0:
        _picture(list(zip(made, drafts, strict=True)), seed=wanted.seed, at=at)


def _picture(registered: Sequence[tuple[HomeRow, home_rules.PropertyDraft]], *, seed: int, at: dt.datetime) -> None:
    """A few homes that somebody has assessed get a drawn photo, those first that the demo's caseworkers see."""
    rng = random.Random(f"streha photos {seed}")  # noqa: S311
    near = set(
        AreaCode.objects.filter(
            scheme=settings.AREA_SCHEME, code__in=[login.area for login in LOGINS if login.area]
        ).values_list("area_id", flat=True)
    )
    assessed = [(home, draft.assessments[-1]) for home, draft in registered if draft.assessments]
    assessed.sort(key=lambda pair: pair[0].keeper_id not in near)
    for home, latest in assessed[:PHOTOS]:
        homes.add_photo(
            home.pk,
            drawn.house(rng, latest.damage),
            taken_on=latest.assessed_on,
            caption="Drawn for the demo",
            by=by_demo(),
            at=at,
        )


def _with_stand_ins(one: owned_homes.Owned) -> home_rules.PropertyDraft:
    """The draft of a home before anybody has a number: owners and households by their places, counted from 1."""
    shares = [home_rules.ShareDraft(person_id=place + 1, share=share) for place, share in one.owners]
    shares += [home_rules.ShareDraft(name=name, share=share) for name, share in one.others]
    stays = one.draft.occupancies
    if one.lives_there is not None:
        here = one.lives_there + 1
        stays = tuple(replace(stay, household_id=here) if stay.ended_on is None else stay for stay in stays)
    return replace(one.draft, shares=tuple(shares), occupancies=stays)


def _with_numbers(
    draft: home_rules.PropertyDraft, person_ids: Sequence[int], household_ids: Sequence[int]
) -> home_rules.PropertyDraft:
    """The draft with the numbers that people and households have in the register."""
    return replace(
        draft,
        shares=tuple(
            share if share.person_id is None else replace(share, person_id=person_ids[share.person_id - 1])
            for share in draft.shares
        ),
        occupancies=tuple(
            stay if stay.household_id is None else replace(stay, household_id=household_ids[stay.household_id - 1])
            for stay in draft.occupancies
        ),
    )


def _note_alike(invented: Invented, ids: Sequence[int], *, is_weighed: bool, at: dt.datetime) -> None:
    """Pairs for the queue: those that share a document number.

    Where they are weighed, also those whom the linkage holds for one person among the doubles, the twins and the
    namesakes; a big register leaves that to the office's own search.
    """
    by = by_demo()
    numbers = {(ids[a], ids[b]) for a, b in invented.same_numbers}
    if not is_weighed:
        people.note_pairs(((a, b, "identifier") for a, b in numbers), by=by, at=at)
        return
    alike = {(ids[a], ids[b]) for a, b in invented.confused} | numbers
    least = register().thresholds.review
    people.note_scored(
        (
            (a, b, "identifier" if (a, b) in numbers else "linkage", told.probability)
            for (a, b), told in linkage.evidence(sorted(alike)).items()
            if told.probability >= least or (a, b) in numbers
        ),
        by=by,
        at=at,
    )


def _subjects(piece: fiction.Piece) -> list[uuid.UUID]:
    """Ids that are the same for the same seed, rising from piece to piece so that new rows lie together."""
    moment = dt.datetime.combine(fiction.AS_OF, dt.time(), dt.UTC) + dt.timedelta(seconds=piece.number)
    return sorted((audit_rules.subject_id(moment, entropy) for entropy in piece.entropy), key=lambda s: s.int)


def make_logins(*, at: dt.datetime) -> Sequence[Login]:
    """One user per role can log in, all that is told of the people is there: the demo is complete."""
    for _stage in telling(at=at):
        pass
    return LOGINS


def telling(*, at: dt.datetime) -> Iterator[str]:
    """What is told of the people, stage by stage, each whole or not at all; those of an interrupted demo that are
    there are left. Yields the name of each stage when it is there, and ends with an anchor of the log.
    """
    by, told = by_demo(), _told()
    require_fictional(state())
    found = plan()
    for name, tell_it in _stages(found.seed if found else 1, at):
        if name not in told:
            with transaction.atomic():
                tell_it()
                audit.record(by=by.actor, at=at, room=ROOM, verb=TOLD, object_kind="demo", object_key=name)
        yield name
    audit.anchor(at=at)


def _stages(seed: int, at: dt.datetime) -> Iterator[tuple[str, Callable[[], object]]]:
    """By name, in order; the logins come first, and the rest before anybody can be in the office."""
    by, codes = by_demo(), feedback.municipalities(settings.AREA_SCHEME)
    yield "logins", partial(_open_accounts, at)
    for made in (selections, cases):
        yield made.__name__, partial(made.make, seed=seed, by=by, at=at)
    for placed in (feedback, institutions, sites, supplies):
        yield placed.__name__, partial(placed.make, seed=seed, codes=codes, by=by, at=at)
    for given in (programmes, works, projects, grants, funding):
        yield given.__name__, partial(given.make, seed=seed, by=by, at=at)
    yield tell.__name__, partial(tell.make, by=by, at=at)


STAGES = 13


def _told() -> set[str]:
    """Names of the stages that are there."""
    return {row.object_key for row in log.log(room=ROOM, verb=TOLD, limit=2 * STAGES).rows}


def _open_accounts(at: dt.datetime) -> None:
    by = by_demo()
    organisation = accounts.create_organisation(ORGANISATION, kind="mission", by=by, at=at, is_fictional=True)
    codes = dict(AreaCode.objects.filter(scheme=settings.AREA_SCHEME).values_list("code", "area_id"))
    known = set(User.objects.values_list("username", flat=True))
    for login in LOGINS:
        if login.username in known:
            continue
        user = accounts.create_user(
            login.username,
            full_name=login.full_name,
            password=PASSWORD,
            organisation_id=organisation.pk,
            language=login.language,
            is_demo=True,
            by=by,
            at=at,
        )
        scope = Scope(ScopeKind.AREA, str(codes[login.area])) if login.area else Scope(ScopeKind.EVERYTHING)
        accounts.grant_role(user.pk, login.role, scope, by=by, at=at)


def place_names() -> dict[str, str]:
    """Codes of municipalities with both official names, for the table of logins."""
    held = AreaCode.objects.filter(scheme=settings.AREA_SCHEME).select_related("area")
    return {code.code: f"{code.area.label_sq} / {code.area.label_sr_latn}" for code in held}
