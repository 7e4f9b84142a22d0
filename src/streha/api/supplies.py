"""Sites, stock and distributions for programs: free places, a counted night, what lies where, codes from paper."""

from __future__ import annotations

from typing import Annotated, Any

from django.utils import timezone
from ninja import Query, Router, Status

from streha.accounts.rules import Access, Action
from streha.api import schemas
from streha.api.door import Caller, Token
from streha.assistance.distributions import actions as distributions
from streha.assistance.distributions import models
from streha.assistance.distributions import queries as distribution_queries
from streha.assistance.distributions.rules import plans, slips
from streha.assistance.sites import actions, queries
from streha.assistance.sites.rules import places
from streha.assistance.supplies import queries as supplies
from streha.assistance.supplies.rules import stock

router = Router(tags=["sites and supplies"])
After = Annotated[str, Query("", max_length=200, description="The key where the last page ended")]
Limit = Annotated[int, Query(50, ge=1, le=200)]


# --- sites ------------------------------------------------------------------------------------------------------------


@router.get("/sites", response=schemas.SitesOut, operation_id="list_sites", auth=Token(Action.SITE_VIEW))
def list_sites(
    request: Caller, after: After = "", limit: Limit = 50, area_id: schemas.Pk | None = None
) -> schemas.SitesOut:
    """Open sites by name, with the places that are free."""
    page = queries.sites_page(request.auth, queries.SiteFilter(area_id=area_id), after=after, limit=limit)
    return schemas.SitesOut(items=[schemas.SiteOut(**_site(row)) for row in page.rows], next=page.next)


def _site(row: queries.SiteRow) -> dict[str, Any]:
    site, there = row.site, row.places
    return {
        "id": site.pk,
        "number": site.number,
        "name": site.name,
        "name_other": site.name_other,
        "kind": places.Kind(site.kind),
        "municipality_id": site.keeper_id,
        "settlement_id": site.settlement_id,
        "lon": site.lon,
        "lat": site.lat,
        "opened_on": site.opened_on,
        "closed_on": site.closed_on,
        "capacity": there.capacity,
        "set_aside": there.set_aside,
        "taken": there.taken,
        "free": there.free,
        "step_free": there.step_free,
        "step_free_free": there.step_free_free,
    }


def _page(access: Access, pk: int) -> schemas.SitePageOut:
    site = queries.visible_site(access, pk)
    there = queries.places_of([site])[site.pk]
    nights = site.nights.order_by("-night")[: queries.NIGHTS_SHOWN]
    return schemas.SitePageOut(
        **_site(queries.SiteRow(site, there)),
        nights=[
            schemas.NightOut(night=night.night, counted=night.counted, registered=night.registered, why=night.why)
            for night in nights
        ],
        standards=[
            schemas.StandardLineOut(
                measure=line.standard.measure,
                line=line.standard.value,
                has=line.has,
                verdict=line.verdict,
                missing=line.missing,
                verified=line.standard.verified,
                source=line.standard.source,
            )
            for line in queries.lines_of(site, there)
        ],
    )


@router.get("/sites/{site_id}", response=schemas.SitePageOut, operation_id="get_site", auth=Token(Action.SITE_VIEW))
def get_site(request: Caller, site_id: schemas.Pk) -> schemas.SitePageOut:
    """A site with its places, its last nights, and the standards held against it."""
    return _page(request.auth, site_id)


@router.post(
    "/sites/{site_id}/nights",
    response={201: schemas.SitePageOut},
    operation_id="count_night",
    auth=Token(Action.SITE_STAY),
)
def count_night(request: Caller, site_id: schemas.Pk, body: schemas.NightIn) -> Status[schemas.SitePageOut]:
    """The night is counted, once; 422 for a difference that nothing explains, 409 for a night counted before."""
    told = body.dict()
    actions.count_night(site_id, **told, by=request.auth, at=timezone.now())
    return Status(201, _page(request.auth, site_id))


# --- stock ------------------------------------------------------------------------------------------------------------


@router.get("/stock", response=schemas.StocksOut, operation_id="list_stock", auth=Token(Action.STOCK_VIEW))
def list_stock(request: Caller) -> schemas.StocksOut:
    """What lies in each warehouse visible to the token, item by item."""
    today = timezone.now().date()
    items = [
        schemas.StockOut(
            warehouse_id=place.pk,
            warehouse=place.name,
            item=one.item.code,
            unit=stock.Unit(one.item.unit),
            quantity=one.quantity,
            soon=one.soon,
            expired=one.expired,
            line=one.line,
            to_order=one.to_order,
        )
        for place in supplies.warehouses(request.auth)
        for one in supplies.held(request.auth, today, warehouse=place)
    ]
    return schemas.StocksOut(items=items)


# --- distributions ----------------------------------------------------------------------------------------------------


@router.get(
    "/distributions",
    response=schemas.DistributionsOut,
    operation_id="list_distributions",
    auth=Token(Action.DISTRIBUTION_VIEW),
)
def list_distributions(
    request: Caller, after: After = "", limit: Limit = 50, state: slips.State | None = None
) -> schemas.DistributionsOut:
    """Distributions visible to the token, the latest first."""
    page = distribution_queries.distributions_page(request.auth, state=state or "", after=after, limit=limit)
    items = [
        schemas.DistributionOut(
            id=row.pk,
            number=row.number,
            title=row.title,
            kit=str(row.kit),
            municipality_id=row.keeper_id,
            warehouse_id=row.warehouse_id,
            cycle_id=row.cycle_id,
            held_on=row.held_on,
            state=slips.State(row.state),
        )
        for row in page.rows
    ]
    return schemas.DistributionsOut(items=items, next=page.next)


@router.post(
    "/distributions/{distribution_id}/paper",
    response={201: schemas.PaperOut},
    operation_id="bring_paper",
    auth=Token(Action.DISTRIBUTION_HAND),
)
def bring_paper(request: Caller, distribution_id: schemas.Pk, body: schemas.PaperIn) -> Status[schemas.PaperOut]:
    """Codes of slips that were handed out, each worked in once; sent again they change nothing."""
    lines = tuple(plans.PaperLine(line.code, line.collects) for line in body.lines)
    paper = distributions.Paper(lines, body.handed_on, body.name)
    sheet = distributions.bring_sheet(distribution_id, paper, by=request.auth, at=timezone.now())
    return Status(201, _sheet(sheet))


@router.get(
    "/sheets/{sheet_id}", response=schemas.PaperOut, operation_id="get_paper", auth=Token(Action.DISTRIBUTION_VIEW)
)
def get_paper(request: Caller, sheet_id: schemas.Pk) -> schemas.PaperOut:
    """A sheet from paper with the verdict of every line."""
    return _sheet(distribution_queries.sheet_page(request.auth, sheet_id).sheet)


def _sheet(sheet: models.Sheet) -> schemas.PaperOut:
    rows = sheet.lines.order_by("row").values_list("row", "typed", "verdict")
    lines = [schemas.PaperLineOut(row=row, code=typed, verdict=slips.Verdict(verdict)) for row, typed, verdict in rows]
    return schemas.PaperOut(id=sheet.pk, done=sheet.done_at is not None, lines=lines)
