"""Vacancies for programs, and whose skills meet them; the same rules as on the pages."""

from __future__ import annotations

from typing import Annotated

from django.utils import timezone
from ninja import Query, Router, Status

from streha.accounts.rules import Action
from streha.api import schemas
from streha.api.door import Caller, Token
from streha.cases.labour import actions, models, queries, rules

router = Router(tags=["cases"])


@router.get("/vacancies", response=schemas.VacanciesOut, operation_id="list_vacancies", auth=Token(Action.CASE_VIEW))
def list_vacancies(
    request: Caller,  # noqa: ARG001 - the door has asked whether they may
    after: Annotated[str, Query("", max_length=20)] = "",
    state: rules.VacancyState = rules.VacancyState.OPEN,
) -> schemas.VacanciesOut:
    """Vacancies, the newest first."""
    page = queries.vacancies_page(state, after=after)
    return schemas.VacanciesOut(items=[_shown(row) for row in page.rows], next=page.next)


@router.post(
    "/vacancies",
    response={201: schemas.VacancyOut},
    operation_id="register_vacancy",
    auth=Token(Action.VACANCY_CHANGE),
)
def register_vacancy(request: Caller, body: schemas.VacancyIn) -> Status[schemas.VacancyOut]:
    """The vacancy is open."""
    draft = actions.VacancyDraft(
        employer=body.employer,
        title=body.title,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
        area_id=body.area_id,
        abroad=body.abroad,
        number=body.number,
        skills=[(one.skill, one.level, one.required) for one in body.skills],
        languages=[(one.language, one.level) for one in body.languages],
    )
    row = actions.register_vacancy(draft, by=request.auth, at=timezone.now())
    return Status(201, _shown(queries.vacancy(row.pk)))


@router.get(
    "/vacancies/{vacancy_id}/matches",
    response=list[schemas.MatchOut],
    operation_id="match_vacancy",
    auth=Token(Action.CASE_VIEW),
)
def match_vacancy(request: Caller, vacancy_id: schemas.Pk) -> list[schemas.MatchOut]:
    """Cases visible to the token whose person could take the vacancy, with every reason; looking is on record."""
    found = queries.for_vacancy(request.auth, queries.vacancy(vacancy_id))
    queries.note_look(request.auth, found, at=timezone.now())
    return [
        schemas.MatchOut(
            case_id=one.case.pk,
            is_possible=one.match.is_possible,
            km=round(one.match.km) if one.match.km is not None else None,
            reasons=[
                schemas.ReasonOut(kind=r.kind, code=r.code, is_met=r.is_met, has=r.has, asks=r.asks)
                for r in one.match.reasons
            ],
        )
        for one in found
    ]


def _shown(row: models.Vacancy) -> schemas.VacancyOut:
    return schemas.VacancyOut(
        id=row.pk,
        employer=row.employer,
        title=row.title,
        area_id=row.area_id,
        abroad=row.abroad,
        number=row.number,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        state=rules.VacancyState(row.state),
        skills=[schemas.AskedSkill(skill=s.skill, level=s.level, required=s.is_required) for s in row.skills.all()],
        languages=[schemas.AskedLanguage(language=one.language, level=one.level) for one in row.languages.all()],
    )
