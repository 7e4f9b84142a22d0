"""Who lives with whom: families with heads, spouses, children and grandparents, and the names and ages they share."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, replace

from streha.people.rules import Relation
from streha_demo.lists import NameLists, Spelled, Weighted

FEMALE, MALE = "f", "m"


@dataclass(frozen=True)
class Place:
    """A municipality as the demo needs it."""

    id: int
    code: str
    people: int
    name_sq: str
    name_sr: str
    settlements: tuple[int, ...] = ()


@dataclass(frozen=True)
class Being:
    """A fictional person, as they are: what is true, not what some office wrote down."""

    number: int
    community: str
    sex: str
    born: dt.date
    given: Spelled
    family: Spelled
    father: Spelled
    relation: Relation
    birth_family: Spelled | None = None


@dataclass(frozen=True)
class Family:
    """People under one roof. ``kind`` says which sort of family it is."""

    kind: str
    place: Place
    home_area_id: int
    beings: tuple[Being, ...]


@dataclass(frozen=True)
class Likeness:
    """Somebody whose namesake is wanted: another head of a family, of the same names, year of birth and place."""

    place: Place
    head: Being


KINDS = Weighted(
    ("alone", "couple", "parents", "one_parent", "three_generations"),
    (9, 11, 50, 8, 22),
)
CHILDREN = Weighted((1, 2, 3, 4, 5, 6), (18, 30, 27, 15, 7, 3))


class Families:
    """Makes families at random, numbering their people from ``first`` on."""

    def __init__(self, rng: random.Random, lists: NameLists, as_of: dt.date, first: int) -> None:
        self.rng = rng
        self.lists = lists
        self.as_of = as_of
        self.next_number = first

    def make(self, place: Place, community: str, like: Likeness | None = None) -> Family:
        """A family in a place; its head is the namesake of ``like`` when one is wanted."""
        kind = KINDS.draw(self.rng)
        if like is not None:
            place, community = like.place, like.head.community
            kind = self._kind_for(like.head)
        head = self._namesake(like.head) if like else self._head(kind, community)
        beings = [head]
        if kind == "couple":
            beings.append(self._spouse(head))
        elif kind == "parents":
            beings += self._with_children(head)
        elif kind == "one_parent":
            beings += self._children(head, head.born, CHILDREN.draw(self.rng))
        elif kind == "three_generations":
            beings += self._three_generations(head)
        home = self.rng.choice(place.settlements) if place.settlements else place.id
        return Family(kind, place, home, tuple(beings))

    # --- one by one

    def _being(  # noqa: PLR0917 - in the order of a form
        self, community: str, sex: str, born: dt.date, family: Spelled, father: Spelled, relation: Relation
    ) -> Being:
        number, self.next_number = self.next_number, self.next_number + 1
        given = self.lists.given[community, sex].draw(self.rng)
        return Being(number, community, sex, born, given, family, father, relation)

    def _head(self, kind: str, community: str) -> Being:
        rng = self.rng
        women = {"alone": 0.62, "one_parent": 0.84}.get(kind, 0.12)
        sex = FEMALE if rng.random() < women else MALE
        low, most, high = {
            "alone": (22, 71, 90),
            "couple": (22, 62, 86),
            "parents": (23, 39, 60),
            "one_parent": (21, 38, 58),
        }.get(kind, (48, 62, 84))
        born = self._born(round(rng.triangular(low, high, most)))
        family = self.lists.family[community].draw(rng)
        return self._being(community, sex, born, family, self._some_father(community), Relation.HEAD)

    def _namesake(self, other: Being) -> Being:
        """Another person of the same names, born in the same year, of another father when the lists allow."""
        rng = self.rng
        born = dt.date(other.born.year, 1, 1) + dt.timedelta(days=rng.randrange(365))
        if born == other.born or born > self.as_of:
            born = other.born - dt.timedelta(days=1 if other.born.timetuple().tm_yday > 1 else -1)
        made = self._being(
            other.community, other.sex, born, other.family, self._some_father(other.community), Relation.HEAD
        )
        return replace(made, given=other.given)

    def _kind_for(self, head: Being) -> str:
        age = self.as_of.year - head.born.year
        return "parents" if 24 <= age <= 55 else "couple" if age > 55 else "alone"

    def _spouse(self, head: Being) -> Being:
        rng = self.rng
        sex = MALE if head.sex == FEMALE else FEMALE
        gap_days = round(rng.gauss(1100, 900)) * (1 if sex == FEMALE else -1)
        born = min(head.born + dt.timedelta(days=gap_days), self._born(19))
        made = self._being(head.community, sex, born, head.family, self._some_father(head.community), Relation.SPOUSE)
        if rng.random() < 0.15:
            return replace(made, birth_family=self.lists.family[head.community].draw(rng))
        return made

    def _with_children(self, head: Being) -> list[Being]:
        spouse = self._spouse(head)
        mother = spouse if spouse.sex == FEMALE else head
        return [spouse, *self._children(head, mother.born, CHILDREN.draw(self.rng))]

    def _children(self, head: Being, mother_born: dt.date, wanted: int) -> list[Being]:
        """Children of a head, a year apart at least, born when their mother was 18 to 43."""
        rng = self.rng
        father = head.given if head.sex == MALE else self._some_father(head.community)
        born = mother_born + dt.timedelta(days=round(365.25 * rng.triangular(18, 34, 23)))
        end = min(self.as_of, mother_born + dt.timedelta(days=round(365.25 * 43)))
        youngest_leaver = self._born(30)
        children: list[Being] = []
        while born < end and len(children) < wanted:
            if born > youngest_leaver:
                sex = MALE if rng.random() < 0.515 else FEMALE
                children.append(self._being(head.community, sex, born, head.family, father, Relation.CHILD))
            born += dt.timedelta(days=370 + round(rng.expovariate(1 / 600)))
        return children

    def _three_generations(self, head: Being) -> list[Being]:
        """An old head, perhaps with spouse, and the family of a grown son."""
        rng = self.rng
        beings = [self._spouse(head)] if rng.random() < 0.7 else []
        mother = next((b for b in [*beings, head] if b.sex == FEMALE), None)
        parent_born = mother.born if mother else head.born
        son_born = parent_born + dt.timedelta(days=round(365.25 * rng.triangular(19, 32, 23)))
        father = head.given if head.sex == MALE else self._some_father(head.community)
        son = self._being(head.community, MALE, min(son_born, self._born(20)), head.family, father, Relation.CHILD)
        beings.append(son)
        if rng.random() < 0.85:
            wife = replace(self._spouse(son), relation=Relation.IN_LAW)
            beings.append(wife)
            grown = self._children(son, wife.born, CHILDREN.draw(rng))
            beings += [replace(child, relation=Relation.GRANDCHILD) for child in grown]
        return beings

    def _born(self, age: int) -> dt.date:
        """A day of birth for an age in whole years."""
        return self.as_of - dt.timedelta(days=round(365.25 * age) + self.rng.randrange(365))

    def _some_father(self, community: str) -> Spelled:
        return self.lists.given[community, MALE].draw(self.rng)
