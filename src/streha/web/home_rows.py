"""Homes as rows of a page: in their own list and search, on the pages of people and households, beside a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.template.loader import render_to_string

from streha.accounts.rules import Access
from streha.common.codes import FieldClass
from streha.homes import models, queries, rules
from streha.web import door
from streha.web.forms.homes import class_label


@dataclass(frozen=True)
class Listed:
    """A home in a list, with what the viewer may read."""

    home: models.Property
    sees_place: bool
    damage: str


def damage_of(home: models.Property | models.Assessment, classes: queries.Classes) -> str:
    """The class of damage in words."""
    return class_label(classes.entry(rules.ClassKind.DAMAGE, home.damage_list, home.damage))


def is_measured(home: models.Property | models.Assessment) -> bool:
    """Whether floor, water, toilets or the way in were looked at."""
    return any(getattr(home, name) is not None for name in rules.MEASURED)


def measured_of(assessment: models.Assessment) -> str:
    """What was measured, in words; nothing where nothing was."""
    if not is_measured(assessment):
        return ""
    return render_to_string("homes/measured.html", {"of": assessment}).strip()


def building_of(home: models.Property | models.Assessment, classes: queries.Classes) -> str:
    """The type of building in words."""
    return class_label(classes.entry(rules.ClassKind.BUILDING, home.building_list, home.building))


def listed(access: Access, rows: Sequence[models.Property]) -> list[Listed]:
    """Rows of homes with what the viewer may read of each."""
    classes = queries.Classes()
    return [
        Listed(home, FieldClass.HOME_LOCATION in queries.readable(access, home), damage_of(home, classes))
        for home in rows
    ]


def of_people(request: door.Request, person_ids: Sequence[int]) -> list[Listed]:
    """Homes of people; seeing them is on record."""
    return _noted(request, queries.of_people(request.access, person_ids), "homes of people")


def of_household(request: door.Request, household_id: int, member_ids: Sequence[int]) -> list[Listed]:
    """Homes of a household and of its members; seeing them is on record."""
    return _noted(request, queries.of_household(request.access, household_id, member_ids), "homes of people")


def found(request: door.Request, text: str, limit: int) -> list[Listed]:
    """The first homes that the one search box finds; seeing them is on record."""
    return _noted(request, queries.search(request.access, text, limit=limit), "search")


def _noted(request: door.Request, homes: Sequence[models.Property], where: str) -> list[Listed]:
    queries.note_look(request.access, homes, where=where, at=door.now())
    return listed(request.access, homes)
