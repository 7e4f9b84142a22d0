"""Writes to work: a profile of skills is told, a vacancy registered, changed, filled or withdrawn."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from streha.accounts import queries as account_queries
from streha.accounts.rules import Access, Action
from streha.audit import actions as audit
from streha.cases import actions as cases
from streha.cases.labour import models, queries, rules
from streha.common import errors
from streha.places.models import Area

ROOM = "cases"


@dataclass(frozen=True)
class ProfileDraft:
    """What somebody can do: (skill, level) and (language, level), and when and how far."""

    skills: Sequence[tuple[str, int]] = ()
    languages: Sequence[tuple[str, int]] = ()
    free_from: dt.date | None = None
    free_until: dt.date | None = None
    goes_abroad: bool = False
    within_km: int | None = None


@transaction.atomic
def tell_profile(case_id: int, draft: ProfileDraft, *, by: Access, at: dt.datetime) -> models.Profile:
    """The profile of the case says this and nothing else."""
    case = cases.case_for_change(case_id, by, Action.CASE_WORK)
    cases.require_open(case)
    rules.check_levels(draft.skills, draft.languages, queries.skills())
    rules.check_span(draft.free_from, draft.free_until, "free_until")
    profile, _made = models.Profile.objects.update_or_create(
        case=case,
        defaults={
            "free_from": draft.free_from,
            "free_until": draft.free_until,
            "goes_abroad": draft.goes_abroad,
            "within_km": draft.within_km,
            "told_by_id": by.user_id,
            "told_at": at,
        },
    )
    profile.skills.all().delete()
    profile.languages.all().delete()
    models.ProfileSkill.objects.bulk_create(
        models.ProfileSkill(profile=profile, skill=code, level=rules.Level(level)) for code, level in draft.skills
    )
    models.ProfileLanguage.objects.bulk_create(
        models.ProfileLanguage(profile=profile, language=code, level=rules.Speaks(level))
        for code, level in draft.languages
    )
    told = {"skills": [code for code, _ in draft.skills], "languages": [code for code, _ in draft.languages]}
    cases.record("profile told", case, by, at, payload=told)
    return profile


@dataclass(frozen=True)
class VacancyDraft:
    """Work that is offered, here (``area_id``) or ``abroad``; skills as (code, least level, whether required)."""

    employer: str
    title: str
    starts_on: dt.date
    ends_on: dt.date | None = None
    area_id: int | None = None
    abroad: str = ""
    number: int = 1
    note: str = ""
    skills: Sequence[tuple[str, int, bool]] = ()
    languages: Sequence[tuple[str, int]] = ()
    is_fictional: bool = False


@transaction.atomic
def register_vacancy(draft: VacancyDraft, *, by: Access, at: dt.datetime) -> models.Vacancy:
    """The vacancy is open."""
    by.require(Action.VACANCY_CHANGE)
    fictional = draft.is_fictional or account_queries.is_demo_office()
    row = models.Vacancy(made_by_id=by.user_id, made_at=at, is_fictional=fictional)
    _write(row, draft)
    _record("vacancy registered", row, by, at)
    return row


@transaction.atomic
def change_vacancy(
    vacancy_id: int, draft: VacancyDraft, *, revision: int, by: Access, at: dt.datetime
) -> models.Vacancy:
    """The vacancy says this; ``revision`` is the one that was read. Raises Conflict when somebody was faster."""
    row = _for_change(vacancy_id, revision, by)
    row.revision += 1
    _write(row, draft)
    _record("vacancy changed", row, by, at)
    return row


@transaction.atomic
def end_vacancy(
    vacancy_id: int, state: rules.VacancyState, *, revision: int, by: Access, at: dt.datetime
) -> models.Vacancy:
    """The vacancy is filled or withdrawn, and matches nobody any more; or it is open again."""
    row = _for_change(vacancy_id, revision, by)
    row.state = state
    row.revision += 1
    row.save()
    _record(f"vacancy {state}", row, by, at)
    return row


def _for_change(vacancy_id: int, revision: int, by: Access) -> models.Vacancy:
    by.require(Action.VACANCY_CHANGE)
    row = models.Vacancy.objects.select_for_update().filter(pk=vacancy_id).first()
    if row is None:
        raise errors.NotFound()
    if row.revision != revision:
        raise errors.Conflict()
    return row


def _write(row: models.Vacancy, draft: VacancyDraft) -> None:
    rules.check_levels([(code, level) for code, level, _ in draft.skills], draft.languages, queries.skills())
    rules.check_span(draft.starts_on, draft.ends_on, "ends_on")
    row.employer, row.title, row.abroad = (
        " ".join(text.split()) for text in (draft.employer, draft.title, draft.abroad)
    )
    if not (row.employer and row.title):
        raise errors.BadInput(errors.message("Say who offers the work, and what work it is."), code="vacancy_empty")
    if (draft.area_id is None) == (not row.abroad):
        raise errors.BadInput(
            errors.message("Say where the work is: a place here, or a place abroad; not both."),
            code="vacancy_place",
            field="area",
        )
    if draft.area_id is not None and not Area.objects.filter(pk=draft.area_id).exists():
        raise errors.BadInput(errors.message("There is no such place."), code="area_unknown", field="area")
    row.area_id, row.number = draft.area_id, draft.number
    row.starts_on, row.ends_on, row.note = draft.starts_on, draft.ends_on, draft.note.strip()
    row.save()
    row.skills.all().delete()
    row.languages.all().delete()
    models.VacancySkill.objects.bulk_create(
        models.VacancySkill(vacancy=row, skill=code, level=rules.Level(level), is_required=required)
        for code, level, required in draft.skills
    )
    models.VacancyLanguage.objects.bulk_create(
        models.VacancyLanguage(vacancy=row, language=code, level=rules.Speaks(level)) for code, level in draft.languages
    )


def _record(verb: str, row: models.Vacancy, by: Access, at: dt.datetime) -> None:
    payload = {"title": row.title, "employer": row.employer}
    audit.record(
        by=by.actor, at=at, room=ROOM, verb=verb, object_kind="vacancy", object_key=str(row.pk), payload=payload
    )
