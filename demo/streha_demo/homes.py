"""The fictional homes: who owns a house where, what happened to it, who lives there; the same for the same seed.

Pure like ``people``: a piece of the register goes in, drafts come out. Most families own the home they live in; those
who were displaced own one where they came from, more often damaged, empty, ruined or lived in by others.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from streha.common.codes import Precision
from streha.homes import rules
from streha.homes.rules import Inheritance, OccupancyKind, Tenure
from streha.people.rules import EpisodeDraft, EpisodeStatus
from streha_demo.families import Place
from streha_demo.lists import Weighted
from streha_demo.people import AS_OF, STREETS_SQ, STREETS_SR, Home, Piece, Record, piece, spread

OWN_A_HOME = 0.62  # of households that were never displaced within the country
DISPLACED_OWN = 0.85
MEASURED = 0.12  # somebody went there with a receiver
WAR = dt.date(1999, 6, 1)

TENURES = Weighted(tuple(Tenure), (62, 14, 4, 2, 3, 9, 3, 3))
TENURES_LEFT = Weighted(tuple(Tenure), (48, 20, 8, 2, 1, 8, 10, 3))
HEIRS = Weighted(tuple(Inheritance), (55, 14, 7, 14, 4, 6))
BUILDINGS = Weighted(
    ("brick_slab", "brick", "simple_stone", "adobe", "confined", "rc_frame", "massive_stone", "timber", "other"),
    (38, 20, 10, 8, 8, 7, 3, 1, 5),
)
DAMAGE_AT_HOME = Weighted(("d0", "d1", "d2", "d3"), (62, 24, 10, 4))
DAMAGE_AFTER_WAR = Weighted(("d1", "d2", "d3", "d4", "d5"), (8, 18, 26, 28, 20))
LEFT_BEHIND = Weighted(
    (OccupancyKind.EMPTY, OccupancyKind.RUINED, OccupancyKind.WITHOUT_RIGHT, OccupancyKind.TENANT), (48, 26, 18, 8)
)
ABROAD = ("a brother in Germany", "a sister in Switzerland", "a brother in Austria", "an uncle in Belgium")


@dataclass(frozen=True)
class Seat:
    """Where a municipality's seat is, in degrees; near it lie the points of the demo."""

    lon: float
    lat: float


@dataclass(frozen=True)
class Owned:
    """A home to register: its draft, in which owners and households are still places in the piece."""

    draft: rules.PropertyDraft
    owners: tuple[tuple[int, Fraction], ...]  # place of the record in the piece, share
    others: tuple[tuple[str, Fraction], ...]  # owners who are not in the register
    lives_there: int | None  # place of the household in the piece


@dataclass(frozen=True)
class Ground:
    """Where homes may lie: the municipality of every area, and the seats near which points are drawn."""

    municipality_of: Mapping[int, int]
    seats: Mapping[int, Seat]


def piece_with_homes(
    number: int, people: int, *, seed: int, places: Sequence[Place], ground: Ground
) -> tuple[Piece, tuple[Owned, ...]]:
    """One piece of the register, and the homes of its households."""
    made = piece(number, people, seed=seed, places=places)
    return made, owned(made, seed=seed, ground=ground)


def owned(piece: Piece, *, seed: int, ground: Ground) -> tuple[Owned, ...]:
    """The homes of a piece's households, in order."""
    maker = _Maker(random.Random(f"streha homes {seed} {piece.number}"), ground)  # noqa: S311
    made = (maker.home(piece.records, home, at) for at, home in enumerate(piece.homes))
    return tuple(one for one in made if one is not None)


class _Maker:
    """Tells homes at random."""

    def __init__(self, rng: random.Random, ground: Ground) -> None:
        self.rng = rng
        self.municipality_of = ground.municipality_of
        self.seats = ground.seats

    def home(self, records: Sequence[Record], home: Home, at: int) -> Owned | None:
        """The home of one household; None for those who own none."""
        rng = self.rng
        first = home.members[0].at
        episodes = records[first].draft.episodes
        away = next((e for e in episodes if e.status == EpisodeStatus.DISPLACED and e.ended_on is None), None)
        if away is not None and away.from_area_id is not None:
            return self._left_behind(records, home, away) if rng.random() < DISPLACED_OWN else None
        if rng.random() > OWN_A_HOME:
            return None
        back = next((e for e in episodes if e.status == EpisodeStatus.RETURNEE and e.ended_on is None), None)
        stays, seen = self._lived_in(back)
        area = home.home_area_id
        return self._owned(records, home, area, home.address, Tenure(TENURES.draw(rng)), stays, seen, at)

    # --- what happened to it

    def _lived_in(
        self, back: EpisodeDraft | None
    ) -> tuple[tuple[rules.OccupancyDraft, ...], tuple[rules.AssessmentDraft, ...]]:
        """A family at home; one that came back found the house damaged."""
        rng = self.rng
        if back is not None and back.started_on is not None and back.started_on >= WAR:
            left = WAR - dt.timedelta(days=rng.randrange(60))
            ruined = OccupancyKind.RUINED if rng.random() < 0.4 else OccupancyKind.EMPTY
            precision = Precision(back.started_precision or Precision.DAY)
            gone = rules.OccupancyDraft(ruined, left, Precision.MONTH, back.started_on, precision)
            here = rules.OccupancyDraft(OccupancyKind.OWNER, back.started_on, precision)
            if back.started_on <= left:
                return (rules.OccupancyDraft(OccupancyKind.OWNER, left, Precision.MONTH),), self._seen(DAMAGE_AT_HOME)
            looked = min(back.started_on + dt.timedelta(days=30), AS_OF)
            building = BUILDINGS.draw(rng)
            then = rules.AssessmentDraft(looked, DAMAGE_AFTER_WAR.draw(rng), building)
            now = self._seen(DAMAGE_AT_HOME, building) if rng.random() < 0.6 else ()
            return (gone, here), (then, *now)
        since = dt.date(1960 + rng.randrange(62), 1, 1)
        return (rules.OccupancyDraft(OccupancyKind.OWNER, since, Precision.YEAR),), self._seen(DAMAGE_AT_HOME)

    def _seen(self, damage: Weighted[str], building: str = "") -> tuple[rules.AssessmentDraft, ...]:
        if self.rng.random() < 0.45:
            return ()
        on = AS_OF - dt.timedelta(days=self.rng.randrange(1500))
        found = rules.AssessmentDraft(on, damage.draw(self.rng), building or BUILDINGS.draw(self.rng))
        return (measured(found),)

    def _left_behind(self, records: Sequence[Record], home: Home, away: EpisodeDraft) -> Owned:
        rng = self.rng
        assert away.from_area_id is not None
        left = away.started_on or WAR
        kind = OccupancyKind(LEFT_BEHIND.draw(rng))
        precision = Precision(away.started_precision or Precision.DAY)
        stays = [
            rules.OccupancyDraft(
                OccupancyKind.OWNER, dt.date(left.year - rng.randrange(2, 30), 1, 1), Precision.YEAR, left, precision
            ),
            rules.OccupancyDraft(kind, left, precision),
        ]
        damage = DAMAGE_AFTER_WAR.draw(rng) if kind != OccupancyKind.TENANT else DAMAGE_AT_HOME.draw(rng)
        on = AS_OF - dt.timedelta(days=rng.randrange(4000))
        seen = (rules.AssessmentDraft(on, "d5" if kind == OccupancyKind.RUINED else damage, BUILDINGS.draw(rng)),)
        streets = STREETS_SR if records[home.members[0].at].draft.community in {"serbian", "gorani"} else STREETS_SQ
        address = f"{rng.choice(streets)} {rng.randrange(1, 180)}"
        tenure = Tenure(TENURES_LEFT.draw(rng))
        return self._owned(records, home, away.from_area_id, address, tenure, tuple(stays), seen, None)

    # --- whose it is

    def _owned(  # noqa: PLR0917 - one line a call
        self,
        records: Sequence[Record],
        home: Home,
        area_id: int,
        address: str,
        tenure: Tenure,
        stays: tuple[rules.OccupancyDraft, ...],
        seen: tuple[rules.AssessmentDraft, ...],
        lives_there: int | None,
    ) -> Owned:
        rng = self.rng
        municipality_id = self.municipality_of[area_id]
        settlement_id = area_id if area_id != municipality_id else None
        number = spread(records[home.members[0].at].person)
        reference = f"P-{70_000_000 + municipality_id * 1000 + number % 900:08d}-{number % 8000 + 1:05d}-{number % 4}"
        heirs = Inheritance(HEIRS.draw(rng))
        owners, others = self._owners(home, heirs)
        draft = rules.PropertyDraft(
            municipality_id=municipality_id,
            keeper_id=municipality_id,
            settlement_id=settlement_id,
            address=address,
            point=self._point(municipality_id) if rng.random() < MEASURED else None,
            cadastral_ref=reference if rng.random() < 0.7 else "",
            tenure=tenure,
            inheritance=heirs,
            occupancies=stays,
            assessments=seen,
            is_fictional=True,
        )
        return Owned(draft, owners, others, lives_there)

    def _owners(
        self, home: Home, heirs: Inheritance
    ) -> tuple[tuple[tuple[int, Fraction], ...], tuple[tuple[str, Fraction], ...]]:
        """The head alone, with the spouse, or with relatives who inherited together."""
        rng = self.rng
        first = home.members[0].at
        if heirs in {Inheritance.UNSETTLED, Inheritance.IN_PROCEEDINGS, Inheritance.DISPUTED}:
            count = rng.randint(1, 3)
            share = Fraction(1, count + 1)
            return ((first, share),), tuple((f"{rng.choice(ABROAD)} (invented)", share) for _ in range(count))
        if len(home.members) > 1 and rng.random() < 0.3:
            half = Fraction(1, 2)
            return ((first, half), (home.members[1].at, half)), ()
        return ((first, Fraction(1)),), ()

    def _point(self, municipality_id: int) -> rules.Point | None:
        seat = self.seats.get(municipality_id)
        if seat is None:
            return None
        rng = self.rng
        return rules.Point(
            round(seat.lon + rng.triangular(-0.035, 0.035, 0.0), 6),
            round(seat.lat + rng.triangular(-0.025, 0.025, 0.0), 6),
        )


def measured(found: rules.AssessmentDraft) -> rules.AssessmentDraft:
    """Every fourth assessment says how large the home is, with water and toilets; drawn from what it says already."""
    number = found.assessed_on.toordinal()
    if number % 4:
        return found
    floor = Decimal(14 + number % 90)
    return dataclasses.replace(
        found, floor_m2=floor, water_l_day=40 + 20 * (number % 9), toilets=number % 7 and 1, step_free=number % 3 == 0
    )
