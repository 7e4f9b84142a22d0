"""The fictional register: a generator of people, families and their double records, the same for the same seed.

Pure: random numbers in, drafts out; ``load`` brings them into a database, ``truth`` says which records are one person.
The register is made in pieces that depend on nothing but the seed, their number and the places, so that any number of
processes may make them. Nobody in it exists: names are drawn part by part from lists, numbers begin with digits that
no office gives out.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from streha.common.codes import Language, Sex
from streha.people import rules
from streha.people.rules import ContactKind, IdentifierKind, NameKind, Relation
from streha_demo import writing
from streha_demo.families import Being, Families, Family, Likeness, Place
from streha_demo.histories import Histories, History
from streha_demo.lists import Weighted, communities, name_lists
from streha_demo.writing import Flaw

PIECE = 2_000  # records
AS_OF = dt.date(2025, 6, 30)  # the day as of which ages are told; fixed, so that the same seed is the same register
ANYWHERE = Weighted(("albanian", "serbian"), (9, 1))  # for a municipality that communities.csv does not know


@dataclass(frozen=True)
class Record:
    """One row of the register. Records of one person share ``person``; ``lookalikes`` are others easily confused."""

    draft: rules.PersonDraft
    person: int
    flaws: frozenset[Flaw] = frozenset()
    twin: int | None = None
    namesake: int | None = None


@dataclass(frozen=True)
class Member:
    """A record's place in a household: ``at`` is its index in the piece."""

    at: int
    relation: Relation


@dataclass(frozen=True)
class Home:
    """A household to open."""

    keeper_id: int
    home_area_id: int
    address: str
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Piece:
    """A stretch of the register: its records in order, and the households they live in."""

    number: int
    records: tuple[Record, ...]
    homes: tuple[Home, ...]
    entropy: tuple[bytes, ...]  # ten bytes a record, for the ids of its subject

    def same_numbers(self) -> Iterator[tuple[int, int]]:
        """Pairs of records that carry the same document number."""
        first: dict[str, int] = {}
        for at, record in enumerate(self.records):
            for identifier in record.draft.identifiers:
                if identifier.value in first:
                    yield first[identifier.value], at
                first.setdefault(identifier.value, at)

    def easily_confused(self) -> Iterator[tuple[int, int]]:
        """Pairs of records that are one person, or somebody and their twin or namesake."""
        of_person: dict[int, list[int]] = {}
        for at, record in enumerate(self.records):
            for number in (record.person, record.twin, record.namesake):
                for other in of_person.get(number, ()) if number is not None else ():
                    yield other, at
            of_person.setdefault(record.person, []).append(at)


def pieces(people: int, *, seed: int, places: Sequence[Place]) -> Iterator[Piece]:
    """The whole register, piece by piece."""
    for number in range(piece_count(people)):
        yield piece(number, people, seed=seed, places=places)


def piece_count(people: int) -> int:
    """How many pieces a register has."""
    return -(-people // PIECE)


def piece(number: int, people: int, *, seed: int, places: Sequence[Place]) -> Piece:
    """One piece of a register of ``people`` records."""
    first = number * PIECE
    return _Maker(random.Random(f"streha {seed} {number}"), places, first, min(PIECE, people - first)).make()  # noqa: S311


@dataclass
class _Note:
    """A record while it is made."""

    being: Being
    history: History


class _Maker:
    """Makes one piece."""

    def __init__(self, rng: random.Random, places: Sequence[Place], first: int, count: int) -> None:
        self.rng = rng
        self.first = first
        self.count = count
        self.places = Weighted(places, [place.people for place in places])
        self.families = Families(rng, name_lists(), AS_OF, first)
        self.histories = Histories(rng, self.places, AS_OF)
        self.twins: dict[int, int] = {}
        self.namesakes: dict[int, int] = {}

    def make(self) -> Piece:
        again = self._quota(writing.DUPLICATES)
        made = self._families(self.count - again)
        made = self._with_twins(made)
        told = [(family, [_Note(b, h) for b, h in self._told(family)], True) for family in made]
        told += self._registered_again(told, again)
        self.rng.shuffle(told)
        notes = [note for _, family_notes, _ in told for note in family_notes]
        dealt = writing.deal(self.rng, [note.being for note in notes], self.first)
        records: list[Record] = []
        homes: list[Home] = []
        for family, family_notes, is_home in told:
            if is_home:
                homes.append(self._home(family, family_notes, len(records)))
            records += [
                self._record(note, family, dealt[len(records) + i], is_first=i == 0)
                for i, note in enumerate(family_notes)
            ]
        entropy = tuple(self.rng.randbytes(10) for _ in records)
        return Piece(self.first // PIECE, tuple(records), tuple(homes), entropy)

    def _quota(self, thousandths: int) -> int:
        return writing.quota(thousandths, self.first, self.first + self.count)

    # --- the people

    def _families(self, people: int) -> list[Family]:
        """Families of exactly so many people; some heads are namesakes of earlier heads."""
        wanted = writing.quota(writing.NAMESAKES // 2, self.first, self.first + self.count)
        made: list[Family] = []
        have = 0
        while have < people:
            place = self.places.draw(self.rng)
            like = self._somebody(made) if len(self.namesakes) < 2 * wanted and have > people // 3 else None
            community = communities().get(place.code, ANYWHERE).draw(self.rng)
            family = self.families.make(place, community, like)
            if have + len(family.beings) > people:
                family = replace(family, beings=family.beings[: people - have])
            if like is not None:
                self.namesakes[family.beings[0].number] = like.head.number
                self.namesakes[like.head.number] = family.beings[0].number
            have += len(family.beings)
            made.append(family)
        return made

    def _somebody(self, made: Sequence[Family]) -> Likeness | None:
        """A head who has no namesake yet."""
        for _ in range(50):
            family = self.rng.choice(made)
            if family.beings[0].number not in self.namesakes:
                return Likeness(family.place, family.beings[0])
        return None

    def _with_twins(self, made: list[Family]) -> list[Family]:
        """The families, some with two children born on one day."""
        wanted = writing.quota(writing.TWINS // 2, self.first, self.first + self.count)
        young = (Relation.CHILD, Relation.GRANDCHILD)
        chosen = [
            (at, pair)
            for at, family in enumerate(made)
            if (pair := next(_pairs([b for b in family.beings if b.relation in young]), None))
        ]
        for at, (one, other) in self.rng.sample(chosen, min(wanted, len(chosen))):
            beings = tuple(self._twin(one, b) if b is other else b for b in made[at].beings)
            made[at] = replace(made[at], beings=beings)
            self.twins[one.number], self.twins[other.number] = other.number, one.number
        return made

    def _twin(self, one: Being, other: Being) -> Being:
        """The other, born with the one, by another name."""
        given = other.given
        while given.name == one.given.name:
            given = name_lists().given[other.community, other.sex].draw(self.rng)
        return replace(other, born=one.born, given=given, father=one.father)

    def _told(self, family: Family) -> Iterator[tuple[Being, History]]:
        return zip(family.beings, self.histories.tell(family), strict=True)

    # --- registered again

    def _registered_again(
        self, told: Sequence[tuple[Family, list[_Note], bool]], wanted: int
    ) -> list[tuple[Family, list[_Note], bool]]:
        """Further records of people who are in the register already, alone or with their household."""
        rng = self.rng
        open_to_all = [entry for entry in told if not entry[1][0].history.shielded]
        found: list[tuple[Family, list[_Note], bool]] = []
        while wanted:
            family, notes, _ = rng.choice(open_to_all)
            if rng.random() < 0.5:
                chosen, is_home = notes[: rng.randint(1, min(len(notes), 5))], True
            else:
                chosen, is_home = [rng.choice(notes)], False
            chosen = chosen[:wanted]
            wanted -= len(chosen)
            if rng.random() < 0.35:
                place = self.places.draw(rng)
                home = rng.choice(place.settlements) if place.settlements else place.id
                family = replace(family, place=place, home_area_id=home)
            again = [_Note(note.being, History(note.history.episodes)) for note in chosen]
            found.append((family, again, is_home))
        return found

    # --- as written

    def _home(self, family: Family, notes: Sequence[_Note], start: int) -> Home:
        members = tuple(Member(start + i, note.being.relation) for i, note in enumerate(notes))
        return Home(family.place.id, family.home_area_id, self._address(family), members)

    def _address(self, family: Family) -> str:
        number = self.rng.randrange(1, 180)
        if family.beings[0].community in {"serbian", "gorani", "bosniak"}:
            return f"{self.rng.choice(STREETS_SR)} {number}"
        return f"{self.rng.choice(STREETS_SQ)} {number}"

    def _record(self, note: _Note, family: Family, flaws: set[Flaw], *, is_first: bool) -> Record:
        being, history = note.being, note.history
        born, precision = writing.birth(being, flaws)
        draft = rules.PersonDraft(
            names=self._names(being, flaws),
            keeper_id=family.place.id,
            sex=Sex(being.sex),
            birth_date=born,
            birth_precision=precision,
            citizenship="RS" if being.community == "serbian" and being.number % 3 == 0 else "XK",
            language=LANGUAGES.get(being.community, Language.ALBANIAN),
            community=being.community if self.rng.random() < 0.7 else "",
            home_area_id=family.home_area_id,
            identifiers=() if Flaw.NO_IDENTIFIER in flaws else self._identifiers(being),
            contacts=self._contacts(being, is_first=is_first),
            episodes=history.episodes,
            intentions=history.intentions,
            consents=history.consents,
            functioning=history.functioning,
            needs=history.needs,
            protection_note=history.protection_note,
            shielded=history.shielded,
            is_fictional=True,
        )
        return Record(
            draft, being.number, frozenset(flaws), self.twins.get(being.number), self.namesakes.get(being.number)
        )

    def _names(self, being: Being, flaws: set[Flaw]) -> tuple[rules.NameDraft, ...]:
        given, family, father = writing.names_as_written(self.rng, being, flaws)
        main = rules.NameDraft(given, family, father if self.rng.random() < 0.7 else "").tidy()
        if being.birth_family is None:
            return (main,)
        return main, rules.NameDraft(given, being.birth_family.name, kind=NameKind.BIRTH).tidy()

    def _identifiers(self, being: Being) -> tuple[rules.IdentifierDraft, ...]:
        """A personal number, or for some a displaced person's card; the same whenever the person is registered."""
        number = spread(being.number)
        if being.number % 9 == 4 and being.community != "albanian":
            return (rules.IdentifierDraft(IdentifierKind.DISPLACED_CARD, f"DEMO-{number:09d}"),)
        return (rules.IdentifierDraft(IdentifierKind.PERSONAL_NUMBER, f"9{number:09d}", "XK"),)

    def _contacts(self, being: Being, *, is_first: bool) -> tuple[rules.ContactDraft, ...]:
        """Phones whose number begins with 0 after the network's two digits, which no network gives out."""
        rng = self.rng
        chance = rng.random()
        if chance > (0.75 if is_first else 0.2) or being.born.year > AS_OF.year - 14:
            return ()
        number = spread(being.number) if rng.random() < 0.7 else rng.randrange(1_000_000_000)
        phone = rules.ContactDraft(ContactKind.PHONE, f"+383{43 + number % 7}0{number // 7 % 100_000:05d}")
        if chance < 0.03:
            return phone, rules.ContactDraft(ContactKind.EMAIL, f"p{number}@example.org")
        return (phone,)


def _pairs(beings: Sequence[Being]) -> Iterator[tuple[Being, Being]]:
    """Neighbouring children of the same parents."""
    for one, other in pairwise(beings):
        if one.relation == other.relation and one.father is other.father:
            yield one, other


def spread(number: int) -> int:
    """A number below a thousand million, one for each below it, in no visible order."""
    return (number * 387_420_489 + 123_456_789) % 1_000_000_000


LANGUAGES = {
    "serbian": Language.SERBIAN_CYRILLIC,
    "gorani": Language.SERBIAN_LATIN,
    "bosniak": Language.SERBIAN_LATIN,
}
STREETS_SQ = ("Rruga e Blirit", "Rruga e Arrës", "Rruga e Lisit", "Rruga e Manit", "Rruga e Ftoit", "Rruga e Shelgut")
STREETS_SR = ("Ulica lipa", "Orahova ulica", "Hrastova ulica", "Ulica dudova", "Ulica dunja", "Vrbova ulica")
