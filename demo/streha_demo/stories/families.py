"""Who the ten families are, in plain words, and what help each was given. Everybody here is invented.

Days are counted before the day of the demo, so that a story is as old in every demo.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from streha.assistance.grants.rules import Sector
from streha.assistance.selections.rules import RequestKind
from streha.assistance.works.rules import Kind as WorksKind
from streha.common.codes import Sex
from streha.people.rules import NeedKind, Relation

HER, HIM = Sex.FEMALE, Sex.MALE
HEAD, SPOUSE, CHILD, PARENT = Relation.HEAD, Relation.SPOUSE, Relation.CHILD, Relation.PARENT


class Code(StrEnum):
    """Which story: what a household is found by again."""

    REBUILT = "rebuilt"
    BACK_TO_KLINE = "back-to-kline"
    MAHALLA = "mahalla"
    FROM_GERMANY = "from-germany"
    DEFECTS = "defects"
    BAKERY = "bakery"
    COUPLE = "couple"
    STEP_FREE = "step-free"
    APPEAL = "appeal"
    SCHOOL = "school"


class Stays(StrEnum):
    """At which of the two sites a family stayed until its home stood."""

    CAMP = "camp"
    CENTRE = "collective_centre"


@dataclass(frozen=True)
class Member:
    """Somebody of a family: how old on the day of the wish, and what is difficult for them (Washington Group, 1-4)."""

    given: str
    sex: Sex
    age: int
    relation: Relation
    walking: int = 1
    need: NeedKind | None = None


@dataclass(frozen=True)
class House:
    """A home that was rebuilt: what was left of it, what was done, by whom, and what was amiss at the handover."""

    kind: WorksKind
    damage: str
    address: str
    contractor: str
    cost: int
    defects: tuple[str, ...] = ()
    has_photos: bool = False


@dataclass(frozen=True)
class Business:
    """A grant for a business: its plan, and what each tranche hung on."""

    sector: Sector
    plan: str
    tranches: tuple[tuple[int, str], ...]
    jobs: int
    found: str


@dataclass(frozen=True)
class Family:
    """A family and its story. ``municipality`` is the code of where they went home to."""

    code: Code
    title: str
    told: str
    name: str
    community: str
    language: str
    municipality: str
    lived_in: str
    wished: int
    members: tuple[Member, ...]
    asks: RequestKind = RequestKind.HOUSE
    house: House | None = None
    business: Business | None = None
    stays: Stays | None = None
    has_package: bool = True
    learns: str = ""
    gets_kit: bool = False
    appeals: bool = False
    papers: tuple[str, ...] = field(default=())


TEN = (
    Family(
        Code.REBUILT,
        "The house that was rebuilt",
        "Hamdija and Senada Murić left Pejë / Peć in the summer of 1999 and lived with their two children in two rooms "
        "in Rožaje. Of their house a wall was left. It was built anew and handed over with the key.",
        "Murić", "bosniak", "sr", "17", "Rožaje, Montenegro", 990,
        (
            Member("Hamdija", HIM, 47, HEAD), Member("Senada", HER, 43, SPOUSE),
            Member("Amina", HER, 14, CHILD), Member("Tarik", HIM, 9, CHILD),
        ),
        house=House(
            WorksKind.NEW, "d5", "Rruga e Lisit 114", "Ndërtimi Shembull (invented)", 34_500, has_photos=True
        ),
    ),
    Family(
        Code.BACK_TO_KLINE,
        "Back to Klinë / Klina",
        "Dragan and Milica Petrović rented in Kraljevo for twenty years. Their house in a village of Klinë / Klina had "
        "lost its roof; neighbours kept the orchard. It was repaired, and they were given all of the return package.",
        "Petrović", "serbian", "sr", "08", "Kraljevo, Serbia", 960,
        (Member("Dragan", HIM, 58, HEAD), Member("Milica", HER, 55, SPOUSE), Member("Nenad", HIM, 24, CHILD)),
        house=House(WorksKind.REPAIR, "d3", "Izvorska 8", "Градња Узорак (измишљено)", 12_750),
    ),
    Family(
        Code.MAHALLA,
        "A house in the mahalla",
        "Bajram and Hatixhe Osmani, a Roma family with three children, had lived in barracks since their street by the "
        "river was burnt. A new house stands on the old plot, and all three children go to school.",
        "Osmani", "roma", "sq", "11", "Leposaviq / Leposavić", 930,
        (
            Member("Bajram", HIM, 36, HEAD), Member("Hatixhe", HER, 33, SPOUSE), Member("Elvis", HIM, 12, CHILD),
            Member("Sabina", HER, 10, CHILD), Member("Ramo", HIM, 7, CHILD),
        ),
        house=House(WorksKind.NEW, "d5", "Rruga e Ibrit 31", "Kulmi i Ri (invented)", 33_000),
    ),
    Family(
        Code.FROM_GERMANY,
        "Home from Germany",
        "Shukri and Fatime Hashani, Ashkali from Fushë Kosovë / Kosovo Polje, came back from Germany by plane with two "
        "children. Their house was mended before the second winter; Shukri took a course in welding and found work.",
        "Hashani", "ashkali", "sq", "09", "Duisburg, Germany", 900,
        (
            Member("Shukri", HIM, 35, HEAD), Member("Fatime", HER, 32, SPOUSE),
            Member("Luljeta", HER, 8, CHILD), Member("Besim", HIM, 5, CHILD),
        ),
        house=House(WorksKind.REPAIR, "d2", "Rruga Nënë Tereza 55", "Мајстор Пример (измишљено)", 8_500),
        learns="Welding",
    ),
    Family(
        Code.DEFECTS,
        "The door that stuck",
        "Xhemajl and Zade Rexhepi, an Egyptian family from Gjakovë / Đakovica, signed for a new house with two defects "
        "on the list. Both were mended within two months; the story shows how.",
        "Rexhepi", "egyptian", "sq", "02", "Podgorica, Montenegro", 880,
        (Member("Xhemajl", HIM, 51, HEAD), Member("Zade", HER, 49, SPOUSE), Member("Albina", HER, 14, CHILD)),
        house=House(
            WorksKind.NEW, "d4", "Rruga e Çarshisë 9", "Ndërtimi Shembull (invented)", 31_250,
            ("The front door sticks.", "The gutter over the kitchen leaks."),
        ),
    ),
    Family(
        Code.BAKERY,
        "A bakery in Prizren",
        "Valbona Krasniqi brings up two children alone. With a grant in two tranches she bought an oven and hired a "
        "neighbour. The bakery lived at six, twelve and twenty-four months.",
        "Krasniqi", "albanian", "sq", "20", "Shkodër, Albania", 920,
        (
            Member("Valbona", HER, 34, HEAD, need=NeedKind.SINGLE_PARENT),
            Member("Era", HER, 11, CHILD), Member("Dion", HIM, 8, CHILD),
        ),
        asks=RequestKind.MONEY,
        business=Business(
            Sector.FOOD,
            "A bakery oven, a kneading machine and the first flour; a neighbour is hired for the mornings (invented).",
            ((2_400, "business registered"), (1_600, "oven stands and the first month is in the books")),
            2,
            "The oven stands, two people work, the books are kept (invented).",
        ),
        has_package=False,
    ),
    Family(
        Code.COUPLE,
        "Out of the collective centre",
        "Radovan and Stana Marković, both over seventy, lived in one room of the collective centre. They were handed "
        "blankets, a stove and mattresses on a slip, their roof in Istog / Istok was mended, and they went home.",
        "Marković", "serbian", "sr", "06", "collective centre", 860,
        (
            Member("Radovan", HIM, 76, HEAD, walking=2, need=NeedKind.CHRONIC_ILLNESS),
            Member("Stana", HER, 72, SPOUSE),
        ),
        asks=RequestKind.MATERIAL,
        house=House(WorksKind.REPAIR, "d2", "Studenička 3", "Темељ Измишљено (измишљено)", 6_250),
        stays=Stays.CENTRE,
        gets_kit=True,
    ),
    Family(
        Code.STEP_FREE,
        "A home without steps",
        "Naim Gashi has used a wheelchair since an accident. In the camp the family had a place without steps; their "
        "house in Vushtrri / Vučitrn was repaired with a ramp, wide doors and a bathroom on the ground floor.",
        "Gashi", "albanian", "sq", "27", "camp", 840,
        (
            Member("Naim", HIM, 41, HEAD, walking=4, need=NeedKind.DISABILITY), Member("Shpresa", HER, 38, SPOUSE),
            Member("Rina", HER, 13, CHILD),
        ),
        house=House(WorksKind.REPAIR, "d3", "Rruga e Kalasë 20", "Kulmi i Ri (invented)", 15_500),
        stays=Stays.CAMP,
    ),
    Family(
        Code.APPEAL,
        "Refused, and heard",
        "Nexhip and Myrvete Shala were refused: the inheritance of the house in Pejë / Peć was not settled. They "
        "appealed with the ruling of the court, which had come meanwhile; others heard them, and they were chosen.",
        "Shala", "albanian", "sq", "17", "Ulcinj, Montenegro", 990,
        (Member("Nexhip", HIM, 44, HEAD), Member("Myrvete", HER, 40, SPOUSE), Member("Arben", HIM, 15, CHILD)),
        house=House(WorksKind.REPAIR, "d3", "Rruga e Patrikanës 2", "Ura Trillim (invented)", 13_000),
        appeals=True,
    ),
    Family(
        Code.SCHOOL,
        "The school on the hill",
        "Agron and Mimoza Thaçi went back to a village of Skenderaj / Srbica when its school had a roof again, a "
        "project of that year. They were given money for the first months; Mimoza learnt to keep bees, sells honey.",
        "Thaçi", "albanian", "sq", "21", "Prishtinë / Priština", 820,
        (
            Member("Agron", HIM, 33, HEAD), Member("Mimoza", HER, 30, SPOUSE),
            Member("Blina", HER, 7, CHILD), Member("Lis", HIM, 6, CHILD),
        ),
        asks=RequestKind.MONEY,
        learns="Keeping bees",
    ),
)  # fmt: skip
"""In the order of the page that tells of them."""

HOUSES = sum(family.house is not None for family in TEN)
PROJECTS = 1
