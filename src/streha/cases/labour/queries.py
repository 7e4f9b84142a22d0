"""Reads of work: the list of skills, vacancies, and who meets which, as far as the viewer sees the cases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from django.db.models import Q

from streha.accounts.rules import Access, Action
from streha.cases import models as case_models
from streha.cases import queries as cases
from streha.cases.labour import models, rules
from streha.common import errors, pages
from streha.common.pages import PAGE_SIZE, Page
from streha.people import queries as people_queries
from streha.places.models import Area

WEIGHED_AT_MOST = 500
SHOWN_AT_MOST = 50


@cache
def skills() -> Mapping[str, rules.Skill]:
    """The list of skills that ships with Streha, by code."""
    content = resources.files("streha.cases").joinpath("data", "skills.csv").read_text(encoding="utf-8")
    return rules.read_skills(content)


def profile_of(case: case_models.Case) -> models.Profile | None:
    """The profile of a case that the viewer sees, if somebody has told it."""
    return models.Profile.objects.filter(case=case).prefetch_related("skills", "languages").first()


def open_vacancies(today: dt.date) -> list[models.Vacancy]:
    """Vacancies that are offered still, the earliest first; of very many, the first."""
    found = models.Vacancy.objects.filter(Q(ends_on=None) | Q(ends_on__gte=today), state="open")
    rows = found.select_related("area__parent").prefetch_related("skills", "languages").order_by("starts_on", "id")
    return list(rows[:WEIGHED_AT_MOST])


def vacancies_page(state: str, *, after: str = "", limit: int = PAGE_SIZE) -> Page[models.Vacancy]:
    """One page of vacancies, the newest first."""
    rows = models.Vacancy.objects.filter(state=state)
    if after:
        rows = rows.filter(pk__lt=pages.number_of(after))
    rows = rows.select_related("area__parent").prefetch_related("skills", "languages")
    found = list(rows.order_by("-pk")[: limit + 1])
    return Page(tuple(found[:limit]), str(found[limit - 1].pk) if len(found) > limit else "")


def vacancy(vacancy_id: int) -> models.Vacancy:
    """The vacancy; raises NotFound for none."""
    found = (
        models.Vacancy.objects.select_related("area__parent", "made_by")
        .prefetch_related("skills", "languages")
        .filter(pk=vacancy_id)
        .first()
    )
    if found is None:
        raise errors.NotFound()
    return found


# --- who meets what ---------------------------------------------------------------------------------------------------


def can(profile: models.Profile) -> rules.Can:
    """A profile as the rules compare it."""
    return rules.Can(
        skills={row.skill: row.level for row in profile.skills.all()},
        languages={row.language: row.level for row in profile.languages.all()},
        free_from=profile.free_from,
        free_until=profile.free_until,
        goes_abroad=profile.goes_abroad,
        within_km=profile.within_km,
    )


def asked(row: models.Vacancy) -> rules.Asked:
    """A vacancy as the rules compare it."""
    return rules.Asked(
        skills={one.skill: one.level for one in row.skills.all()},
        languages={one.language: one.level for one in row.languages.all()},
        required=frozenset(one.skill for one in row.skills.all() if one.is_required),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        is_abroad=bool(row.abroad),
    )


@dataclass(frozen=True)
class VacancyMatch:
    """A vacancy with how far somebody meets it."""

    vacancy: models.Vacancy
    match: rules.Match


def for_profile(profile: models.Profile, today: dt.date) -> list[VacancyMatch]:
    """Open vacancies that the person of a case could take, with reasons, the best first."""
    mine, rows = can(profile), {row.pk: row for row in open_vacancies(today)}
    home = _point(profile.case.person.keeper)
    weighed = ((pk, rules.match(mine, asked(row), _km(home, _point(row.area)))) for pk, row in rows.items())
    return [VacancyMatch(rows[pk], found) for pk, found in rules.ordered(weighed) if found.met][:SHOWN_AT_MOST]


@dataclass(frozen=True)
class CaseMatch:
    """A case with how far its person meets a vacancy."""

    case: case_models.Case
    match: rules.Match


def for_vacancy(access: Access, row: models.Vacancy) -> list[CaseMatch]:
    """Open cases visible to the viewer whose person could take the vacancy, with reasons, the best first.

    Only those who have one of the skills asked for are weighed; with none asked, everybody who has told a profile.
    """
    if not access.allows(Action.CASE_VIEW):
        return []
    found = models.Profile.objects.visible_to(access).filter(case__state="open")
    wanted = [one.skill for one in row.skills.all()]
    if wanted:
        found = found.filter(pk__in=models.ProfileSkill.objects.filter(skill__in=wanted).values("profile_id"))
    rows = found.select_related("case__person__keeper").prefetch_related("skills", "languages").order_by("pk")
    by_case = {one.case_id: one for one in rows[:WEIGHED_AT_MOST]}
    asks, there = asked(row), _point(row.area)
    weighed = (
        (pk, rules.match(can(one), asks, _km(_point(one.case.person.keeper), there))) for pk, one in by_case.items()
    )
    best = rules.ordered(weighed)[:SHOWN_AT_MOST]
    shown = {case.pk: case for case in cases.with_cases([pk for pk, _ in best])}
    return [CaseMatch(shown[pk], match) for pk, match in best]


def note_look(access: Access, found: list[CaseMatch], *, at: dt.datetime) -> None:
    """That these people were listed for a vacancy is on record."""
    people_queries.note_look(access, [one.case.person for one in found], where="vacancy", at=at)


def _point(area: Area | None) -> tuple[float, float] | None:
    for place in (area, area.parent if area is not None else None):
        if place is not None and place.lon is not None and place.lat is not None:
            return place.lon, place.lat
    return None


def _km(one: tuple[float, float] | None, other: tuple[float, float] | None) -> float | None:
    return None if one is None or other is None else rules.distance_km(one, other)
