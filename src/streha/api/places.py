"""Places and their figures for programs."""

from __future__ import annotations

from typing import Annotated

from ninja import Query, Router

from streha.accounts.rules import Action
from streha.api import schemas
from streha.api.door import Caller, Token
from streha.common import errors
from streha.places import queries
from streha.places.models import Area, Observation

router = Router(tags=["places"])


def shown(area: Area) -> schemas.AreaOut:
    """An area with all its official names."""
    return schemas.AreaOut(
        id=area.pk,
        kind=area.kind,
        name_sq=area.label_sq,
        name_sr_cyrl=area.label_sr,
        name_sr_latn=area.label_sr_latn,
        name_en=area.label_en,
        parent_id=area.parent_id,
        codes={code.scheme: code.code for code in area.codes.all()},
    )


@router.get("/places", response=list[schemas.AreaOut], operation_id="list_places", auth=Token(Action.PLACE_VIEW))
def list_places(
    request: Caller,
    kind: Annotated[str, Query("municipality", pattern="^(country|region|municipality|settlement)$")] = "municipality",
    parent_id: schemas.Pk | None = None,
) -> list[schemas.AreaOut]:
    """Areas of one kind, at most 3,000; settlements below one municipality when ``parent_id`` is given."""
    rows = Area.objects.visible_to(request.auth).filter(kind=kind).prefetch_related("codes").order_by("path")
    if parent_id is not None:
        rows = rows.filter(parent_id=parent_id)
    return [shown(area) for area in rows[:3000]]


@router.get("/places/find", response=list[schemas.AreaOut], operation_id="find_places", auth=Token(Action.PLACE_VIEW))
def find_places(
    request: Caller, name: Annotated[str, Query(..., min_length=1, max_length=120)]
) -> list[schemas.AreaOut]:
    """Every place that a text may mean, in any spelling; more than one when the name is ambiguous."""
    ids = [match.area_id for match in queries.resolve(name).matches][:50]
    rows = Area.objects.visible_to(request.auth).filter(pk__in=ids).prefetch_related("codes")
    return [shown(area) for area in rows]


@router.get("/places/{area_id}", response=schemas.AreaOut, operation_id="get_place", auth=Token(Action.PLACE_VIEW))
def get_place(request: Caller, area_id: schemas.Pk) -> schemas.AreaOut:
    """One area."""
    area = Area.objects.visible_to(request.auth).prefetch_related("codes").filter(pk=area_id).first()
    if area is None:
        raise errors.NotFound()
    return shown(area)


@router.get(
    "/places/{area_id}/observations",
    response=list[schemas.ObservationOut],
    operation_id="list_observations",
    auth=Token(Action.PLACE_VIEW),
)
def list_observations(request: Caller, area_id: schemas.Pk) -> list[schemas.ObservationOut]:
    """Figures of one area, with period, basis and source."""
    get_place(request, area_id)
    found = Observation.objects.filter(area_id=area_id).select_related("indicator")
    rows = found.order_by("indicator__code", "-period_end")
    return [
        schemas.ObservationOut(
            indicator=row.indicator.code,
            period_start=row.period_start,
            period_end=row.period_end,
            group=row.group,
            value=float(row.value),
            unit=row.unit,
            basis=row.basis,
            source=row.source,
        )
        for row in rows[:500]
    ]
