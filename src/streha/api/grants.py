"""Grants and courses for programs: lists, and what a look at a business found."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from django.utils import timezone
from ninja import Query, Router

from streha.accounts.rules import Action
from streha.api import schemas
from streha.api.door import Caller, Token
from streha.assistance.grants import actions, models, queries, rules
from streha.assistance.training import queries as courses
from streha.people import queries as people

router = Router(tags=["grants and courses"])


def _shown(grant: models.Grant) -> schemas.GrantOut:
    seen = getattr(grant, "seen_person", None)
    paid = sum((t.amount for t in grant.tranches.all() if t.paid_on is not None), Decimal(0))
    return schemas.GrantOut(
        id=grant.pk,
        number=grant.number,
        person_id=seen.pk if seen else None,
        sector=rules.Sector(grant.sector),
        state=rules.State(grant.state),
        amount=str(grant.amount),
        currency=grant.currency,
        paid=str(paid),
        starts_on=grant.starts_on,
        checks={check.months: check.found for check in grant.checks.all()},
        version=grant.version,
    )


@router.get("/grants", response=schemas.GrantsOut, operation_id="list_grants", auth=Token(Action.GRANT_VIEW))
def list_grants(
    request: Caller,
    after: Annotated[str, Query("", max_length=30, description="The key where the last page ended")] = "",
    limit: Annotated[int, Query(50, ge=1, le=200)] = 50,
    state: rules.State | None = None,
) -> schemas.GrantsOut:
    """Grants visible to the token, the newest first."""
    wanted = queries.GrantFilter(state=state or "")
    page = queries.grants_page(request.auth, wanted, today=timezone.now().date(), after=after, limit=limit)
    seen = [grant.seen_person for grant in page.rows if grant.seen_person]  # type: ignore[attr-defined]
    people.note_look(request.auth, seen, where="api grants", at=timezone.now())
    return schemas.GrantsOut(items=[_shown(grant) for grant in page.rows], next=page.next)


@router.post(
    "/grants/{grant_id}/checks",
    response=schemas.GrantOut,
    operation_id="check_grant",
    auth=Token(Action.GRANT_VISIT),
)
def check_grant(request: Caller, grant_id: schemas.Pk, body: schemas.CheckIn) -> schemas.GrantOut:
    """What became of the business so many months after it began; 409 when it is known already."""
    at = timezone.now()
    told = body.dict()
    actions.check_alive(grant_id, told.pop("months"), **told, by=request.auth, at=at)
    return _shown(queries.grant_page(request.auth, grant_id, at=at).grant)


@router.get("/courses", response=schemas.CoursesOut, operation_id="list_courses", auth=Token(Action.COURSE_VIEW))
def list_courses(request: Caller) -> schemas.CoursesOut:
    """Courses visible to the token, the latest 200; who takes part is not told."""
    return schemas.CoursesOut(
        items=[
            schemas.CourseOut(
                id=row.pk,
                number=row.number,
                title=row.title,
                provider_id=row.provider_id,
                sector=rules.Sector(row.sector),
                keeper_id=row.keeper_id,
                first_day=row.first_day,
                last_day=row.last_day,
                places=row.places,
                enrolled=row.enrolled,  # type: ignore[attr-defined]
            )
            for row in courses.courses(request.auth)
        ]
    )
