"""Community projects for programs: the list, and the 5W table with its HXL tags."""

from __future__ import annotations

from typing import Annotated

from django.utils import timezone
from ninja import Query, Router

from streha.accounts.rules import Action
from streha.api import schemas
from streha.api.door import Caller, Token
from streha.assistance.projects import queries, rules

router = Router(tags=["projects"])


@router.get("/projects", response=schemas.ProjectsOut, operation_id="list_projects", auth=Token(Action.PROJECT_VIEW))
def list_projects(  # noqa: PLR0917 - a query's fields, filled by name
    request: Caller,
    after: Annotated[str, Query("", max_length=30, description="The key where the last page ended")] = "",
    limit: Annotated[int, Query(50, ge=1, le=200)] = 50,
    area_id: schemas.Pk | None = None,
    kind: rules.Kind | None = None,
    state: rules.State | None = None,
) -> schemas.ProjectsOut:
    """Projects visible to the token, the newest first."""
    wanted = queries.ProjectFilter(area_id, kind or "", state or "")
    page = queries.projects_page(request.auth, wanted, after=after, limit=limit)
    items = [
        schemas.ProjectOut(
            id=row.pk,
            number=row.number,
            title=row.title,
            kind=rules.Kind(row.kind),
            sector=rules.Sector(row.sector),
            area_id=row.area_id,
            state=rules.State(row.state),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            cost=str(row.cost),
            spent=str(row.spent),
            currency=row.currency,
        )
        for row in page.rows
    ]
    return schemas.ProjectsOut(items=items, next=page.next)


@router.get("/five_w", response=schemas.FiveWOut, operation_id="get_five_w", auth=Token(Action.PROJECT_VIEW))
def get_five_w(request: Caller, area_id: schemas.Pk | None = None) -> schemas.FiveWOut:
    """Who does what where, when and for whom, as the token may see it."""
    wanted = queries.ProjectFilter(area_id)
    lines = queries.five_w(request.auth, wanted, today=timezone.now().date())
    return schemas.FiveWOut(
        headings=list(queries.FIVE_W), tags=list(queries.FIVE_W.values()), rows=[list(line.cells()) for line in lines]
    )
