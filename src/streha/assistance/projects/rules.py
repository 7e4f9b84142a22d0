"""What holds of community projects without a database: codes, milestones, people served, shares of donors."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from streha.assistance.works.rules import check_amount, check_day, check_spending, check_text
from streha.common import errors

__all__ = ["check_amount", "check_day", "check_spending", "check_text"]


class Kind(StrEnum):
    """What is built or made better."""

    SCHOOL = "school"
    HEALTH_CENTRE = "health_centre"
    ROAD = "road"
    PARK = "park"
    WATER = "water"
    OTHER = "other"


class Sector(StrEnum):
    EDUCATION = "education"
    HEALTH = "health"
    TRANSPORT = "transport"
    RECREATION = "recreation"
    WATER = "water"
    ENERGY = "energy"
    CULTURE = "culture"
    LIVELIHOODS = "livelihoods"
    OTHER = "other"


SECTOR_OF: dict[Kind, Sector] = {
    Kind.SCHOOL: Sector.EDUCATION,
    Kind.HEALTH_CENTRE: Sector.HEALTH,
    Kind.ROAD: Sector.TRANSPORT,
    Kind.PARK: Sector.RECREATION,
    Kind.WATER: Sector.WATER,
    Kind.OTHER: Sector.OTHER,
}


class State(StrEnum):
    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class Phase(StrEnum):
    """When a photo was taken or a figure measured."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


class Count(StrEnum):
    """Whether people are those meant to be reached, or those who were."""

    TARGET = "target"
    REACHED = "reached"


class Age(StrEnum):
    CHILD = "0_17"
    ADULT = "18_59"
    OLDER = "60"


SEXES = ("f", "m")
TAG = re.compile(r"^(?:[1-9]|1[0-7])(?:\.(?:\d{1,2}|[a-d]))?$")
TEXT_LENGTH = 2000


def project_number(pk: int) -> str:
    return f"CP-{pk:04d}"


@dataclass(frozen=True)
class Served:
    """So many people of a sex and age, of whom so many live with a disability."""

    count: Count
    sex: str
    age: Age
    number: int
    with_disability: int = 0


@dataclass(frozen=True)
class Funded:
    """A donor's part of the cost."""

    donor: str
    amount: Decimal


@dataclass(frozen=True)
class Step:
    """A milestone: what, until when, done when."""

    title: str
    due_on: dt.date
    done_on: dt.date | None = None


@dataclass(frozen=True)
class Measured:
    """A figure before and after: households with water, 40 and 310."""

    label: str
    before: Decimal | None = None
    after: Decimal | None = None
    unit: str = ""


@dataclass(frozen=True)
class ProjectDraft:
    """A project about to be planned."""

    title: str
    kind: Kind
    sector: Sector
    area_id: int
    starts_on: dt.date
    ends_on: dt.date
    cost: Decimal
    currency: str = "EUR"
    about: str = ""
    facility_id: int | None = None
    programme_id: int | None = None
    lon: float | None = None
    lat: float | None = None
    tags: Sequence[str] = ()
    funding: Sequence[Funded] = ()
    milestones: Sequence[Step] = ()
    partner_ids: Sequence[int] = ()
    served: Sequence[Served] = ()
    measured: Sequence[Measured] = ()
    is_fictional: bool = False


def check_project(draft: ProjectDraft) -> None:
    """Raise BadInput for the first value of a draft that cannot be."""
    check_text(draft.title, field="title", most=160)
    check_text(draft.about, field="about", required=False)
    check_amount(draft.cost, field="cost")
    if draft.ends_on < draft.starts_on:
        raise errors.BadInput(
            errors.message("The last day lies before the first. Correct one of them."),
            code="days_turned",
            field="ends_on",
        )
    for tag in draft.tags:
        check_tag(tag)
    funded = sum((check_amount(part.amount, field="funding") for part in draft.funding), Decimal(0))
    if funded > draft.cost:
        raise errors.BadInput(
            errors.message("Donors give {funded}, the project costs {cost}. Correct one of them."),
            code="funded_too_much",
            field="funding",
            funded=funded,
            cost=draft.cost,
        )
    for served in draft.served:
        check_served(served)


def check_tag(tag: str) -> str:
    """A goal or target of the United Nations, 4 or 4.1; raises BadInput for anything else."""
    if not TAG.match(tag):
        raise errors.BadInput(
            errors.message("“{value}” is no goal or target of sustainable development. Write 4, or 4.1."),
            code="tag_unknown",
            field="tags",
            value=tag[:20],
        )
    return tag


def check_served(served: Served) -> None:
    """Raise BadInput for counts that cannot be."""
    if served.sex not in SEXES or served.number < 0 or not 0 <= served.with_disability <= served.number:
        raise errors.BadInput(
            errors.message("Of {number} people {some} cannot live with a disability. Correct one of them."),
            code="served_impossible",
            field="served",
            number=served.number,
            some=served.with_disability,
        )


def read_funding(text: str) -> list[Funded]:
    """Lines such as ``Agency: 12000`` as donors' parts; raises BadInput for a line that is none."""
    found = []
    for line in filter(str.strip, text.splitlines()):
        donor, _mark, amount = line.rpartition(":")
        try:
            value = Decimal(amount.strip().replace(" ", "").replace(",", "."))
        except ArithmeticError:
            value = Decimal("NaN")
        if not donor.strip() or not value.is_finite():
            raise errors.BadInput(
                errors.message("“{value}” is no donor with a sum. Write a name, a colon, and the sum: Agency: 12000"),
                code="funding_unreadable",
                field="funding",
                value=line.strip()[:60],
            )
        found.append(Funded(donor.strip()[:120], value))
    return found
