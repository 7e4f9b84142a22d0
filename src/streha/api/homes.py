"""Homes for programs: the list, one home, registering, changing, owners, occupancy, assessments and photos."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from streha.accounts.rules import Access, Action
from streha.api import schemas
from streha.api.door import Caller, Token
from streha.common import errors
from streha.common.codes import FieldClass, Precision
from streha.formats import pictures
from streha.homes import actions, models, queries, rules

router = Router(tags=["homes"])


def _shown(access: Access, home: models.Property) -> schemas.HomeOut:
    """A home as the token may see it, in a list: no address, and no place where that may not be known."""
    sees_place = FieldClass.HOME_LOCATION in queries.readable(access, home)
    return schemas.HomeOut(
        id=home.pk,
        number=home.number,
        municipality_id=home.municipality_id if sees_place else None,
        settlement_id=home.settlement_id if sees_place else None,
        tenure=rules.Tenure(home.tenure),
        inheritance=rules.Inheritance(home.inheritance),
        damage=home.damage,
        damage_list=home.damage_list,
        building=home.building,
        building_list=home.building_list,
        occupancy=[rules.OccupancyKind(s.kind) for s in home.current_stays],  # type: ignore[attr-defined]
        keeper_id=home.keeper_id,
        ended_on=home.ended_on,
        version=home.version,
    )


def _page(access: Access, page: queries.PropertyPage) -> schemas.HomePageOut:
    (home,) = queries.with_properties(access, [page.home.pk])
    return schemas.HomePageOut(
        **_shown(access, home).dict(),
        address=page.address,
        point=schemas.PointOut(lon=page.point.lon, lat=page.point.lat) if page.point else None,
        cadastral_zone=home.cadastral_zone if page.sees_place else "",
        cadastral_ref=page.cadastral,
        owners=[
            schemas.OwnerOut(
                id=share.pk,
                person_id=share.seen_person.pk if share.seen_person else None,  # type: ignore[attr-defined]
                name=share.written,  # type: ignore[attr-defined]
                share=f"{share.numerator}/{share.denominator}" if share.numerator else None,
                since=share.since,
                until=share.until,
            )
            for share in page.shares
        ],
        occupancies=[
            schemas.OccupancyOut(
                id=stay.pk,
                kind=rules.OccupancyKind(stay.kind),
                person_id=stay.seen_person.pk if stay.seen_person else None,  # type: ignore[attr-defined]
                household_id=stay.seen_household.pk if stay.seen_household else None,  # type: ignore[attr-defined]
                started_on=stay.started_on,
                started_precision=Precision(stay.started_precision),
                ended_on=stay.ended_on,
            )
            for stay in page.stays
        ],
        assessments=[
            schemas.AssessmentOut(
                assessed_on=one.assessed_on,
                damage=one.damage,
                damage_list=one.damage_list,
                building=one.building,
                building_list=one.building_list,
                floor_m2=None if one.floor_m2 is None else f"{one.floor_m2:.2f}",
                water_l_day=one.water_l_day,
                toilets=one.toilets,
                step_free=one.step_free,
            )
            for one in page.assessments
        ],
        photos=[schemas.PhotoOut(id=p.pk, taken_on=p.taken_on, width=p.width, height=p.height) for p in page.photos],
    )


def _one(access: Access, home_id: int) -> schemas.HomePageOut:
    return _page(access, queries.property_page(access, home_id, at=timezone.now()))


@router.get("/homes", response=schemas.HomesOut, operation_id="list_homes", auth=Token(Action.PROPERTY_VIEW))
def list_homes(  # noqa: PLR0917 - a query's fields, filled by name
    request: Caller,
    after: Annotated[str, Query("", max_length=30, description="The key where the last page ended")] = "",
    limit: Annotated[int, Query(50, ge=1, le=200)] = 50,
    area_id: schemas.Pk | None = None,
    damage: Annotated[str, Query("", max_length=30)] = "",
    tenure: rules.Tenure | None = None,
    occupancy: rules.OccupancyKind | None = None,
    q: Annotated[str, Query("", max_length=120, description="Number, cadastral reference or words of an address")] = "",
) -> schemas.HomesOut:
    """Homes visible to the token, the newest record first; by place or address only those whose place it may know."""
    narrowed = queries.PropertyFilter(area_id, damage, tenure or "", occupancy or "", text=q)
    page = queries.properties_page(request.auth, narrowed, after=after, limit=limit)
    queries.note_look(request.auth, page.rows, where="api homes", at=timezone.now())
    return schemas.HomesOut(items=[_shown(request.auth, home) for home in page.rows], next=page.next)


@router.get("/homes/{home_id}", response=schemas.HomePageOut, operation_id="get_home", auth=Token(Action.PROPERTY_VIEW))
def get_home(request: Caller, home_id: schemas.Pk) -> schemas.HomePageOut:
    """One home with its owners, occupancy, assessments and photos; looking is on record."""
    return _one(request.auth, home_id)


@router.post(
    "/homes", response={201: schemas.HomePageOut}, operation_id="register_home", auth=Token(Action.PROPERTY_REGISTER)
)
def register_home(request: Caller, body: schemas.HomeIn) -> Status[schemas.HomePageOut]:
    """The home is in the register; 409 when one with the same cadastral reference is, until ``sure`` says so."""
    same = queries.doubles(request.auth, body.cadastral_zone, body.cadastral_ref)
    if same and not body.sure:
        raise errors.Conflict(
            errors.message(
                "{number} has this cadastral reference already. Compare the two; for another home on the parcel "
                "send it again with “sure”."
            ),
            code="cadastral_taken",
            number=same[0].number,
        )
    draft = rules.PropertyDraft(
        municipality_id=body.municipality_id,
        keeper_id=body.keeper_id or body.municipality_id,
        settlement_id=body.settlement_id,
        address=body.address,
        point=rules.Point(body.point.lon, body.point.lat) if body.point else None,
        cadastral_zone=body.cadastral_zone,
        cadastral_ref=body.cadastral_ref,
        tenure=body.tenure,
        inheritance=body.inheritance,
        shares=tuple(_share(owner) for owner in body.owners),
        is_fictional=settings.DEMO,
    )
    home = actions.register_property(draft, by=request.auth, at=timezone.now())
    return Status(201, _one(request.auth, home.pk))


def _share(owner: schemas.OwnerIn) -> rules.ShareDraft:
    share = rules.read_share(owner.share) if owner.share else None
    return rules.ShareDraft(owner.person_id, owner.name, share, owner.since, owner.until)


@router.patch(
    "/homes/{home_id}", response=schemas.HomePageOut, operation_id="change_home", auth=Token(Action.PROPERTY_CHANGE)
)
def change_home(request: Caller, home_id: schemas.Pk, body: schemas.HomeChange) -> schemas.HomePageOut:
    """The home carries the new values; 409 when somebody else was faster."""
    place = (body.municipality_id, body.settlement_id) if body.municipality_id else None
    reference = None if body.cadastral_ref is None else (body.cadastral_zone, body.cadastral_ref)
    point = (rules.Point(body.point.lon, body.point.lat),) if body.point else None
    changes = actions.PropertyChanges(
        place=place,
        address=body.address,
        point=point,
        cadastral=reference,
        tenure=body.tenure,
        inheritance=body.inheritance,
    )
    actions.change_property(home_id, changes, version=body.version, by=request.auth, at=timezone.now())
    return _one(request.auth, home_id)


@router.post(
    "/homes/{home_id}/owners",
    response={201: schemas.HomePageOut},
    operation_id="add_home_owner",
    auth=Token(Action.PROPERTY_CHANGE),
)
def add_home_owner(request: Caller, home_id: schemas.Pk, body: schemas.OwnerIn) -> Status[schemas.HomePageOut]:
    """The owner is on file; all shares of one time come to the whole at most."""
    actions.add_share(home_id, _share(body), by=request.auth, at=timezone.now())
    return Status(201, _one(request.auth, home_id))


@router.post(
    "/homes/{home_id}/occupancies",
    response={201: schemas.HomePageOut},
    operation_id="note_home_occupancy",
    auth=Token(Action.PROPERTY_CHANGE),
)
def note_home_occupancy(request: Caller, home_id: schemas.Pk, body: schemas.OccupancyIn) -> Status[schemas.HomePageOut]:
    """Who lives there, or that nobody does, is on file; 409 when it contradicts what is noted."""
    draft = rules.OccupancyDraft(
        kind=body.kind,
        started_on=body.started_on,
        started_precision=body.started_precision,
        ended_on=body.ended_on,
        person_id=body.person_id,
        household_id=body.household_id,
    )
    actions.note_occupancy(home_id, draft, by=request.auth, at=timezone.now())
    return Status(201, _one(request.auth, home_id))


@router.post(
    "/homes/{home_id}/occupancies/{occupancy_id}/end",
    response=schemas.HomePageOut,
    operation_id="end_home_occupancy",
    auth=Token(Action.PROPERTY_CHANGE),
)
def end_home_occupancy(
    request: Caller, home_id: schemas.Pk, occupancy_id: schemas.Pk, body: schemas.EndIn
) -> schemas.HomePageOut:
    """It holds no more from that day; it stays on file."""
    actions.end_occupancy(home_id, occupancy_id, on=body.on, by=request.auth, at=timezone.now())
    return _one(request.auth, home_id)


@router.post(
    "/homes/{home_id}/assessments",
    response={201: schemas.HomePageOut},
    operation_id="assess_home",
    auth=Token(Action.PROPERTY_ASSESS),
)
def assess_home(request: Caller, home_id: schemas.Pk, body: schemas.AssessmentIn) -> Status[schemas.HomePageOut]:
    """What was found of the building is on file, by the classes in use."""
    draft = rules.AssessmentDraft(
        body.assessed_on,
        body.damage,
        body.building,
        body.note,
        floor_m2=body.floor_m2,
        water_l_day=body.water_l_day,
        toilets=body.toilets,
        step_free=body.step_free,
    )
    actions.assess(home_id, draft, by=request.auth, at=timezone.now())
    return Status(201, _one(request.auth, home_id))


@router.post(
    "/homes/{home_id}/photos",
    response={201: schemas.HomePageOut},
    operation_id="add_home_photo",
    auth=Token(Action.PROPERTY_ASSESS),
)
def add_home_photo(
    request: Caller,
    home_id: schemas.Pk,
    photo: Annotated[UploadedFile, File(...)],
    taken_on: Annotated[dt.date | None, Form(None)] = None,
    caption: Annotated[str, Form("", max_length=200)] = "",
) -> Status[schemas.HomePageOut]:
    """The photo is on file, written anew without place or camera."""
    if (photo.size or 0) > pictures.LARGEST_FILE:
        sent = b"\0" * (pictures.LARGEST_FILE + 1)  # refused by its length, without reading it
    else:
        sent = photo.read()
    actions.add_photo(
        home_id,
        sent,
        name=photo.name or "",
        taken_on=taken_on,
        caption=caption,
        by=request.auth,
        at=timezone.now(),
    )
    return Status(201, _one(request.auth, home_id))


@router.get("/homes/{home_id}/photos/{photo_id}", operation_id="get_home_photo", auth=Token(Action.PROPERTY_VIEW))
def get_home_photo(request: Caller, home_id: schemas.Pk, photo_id: schemas.Pk) -> HttpResponse:
    """The JPEG of a photo; looking is on record."""
    clear = queries.photo(request.auth, home_id, photo_id, "full", at=timezone.now())
    response = HttpResponse(clear, content_type="image/jpeg")
    response["Cache-Control"] = "private, no-store"
    return response
