"""Every write to homes: each asks the policy, checks the rules, writes, and leaves a record, all in one transaction.

Registering one home and registering thousands (the demo) are the same code.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from django.db import models as orm
from django.db import transaction

from streha.accounts import queries as accounts
from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.audit import actions as audit
from streha.audit import bridge as bulk
from streha.audit import rules as audit_rules
from streha.common import errors
from streha.common.codes import FieldClass, Precision
from streha.formats import pictures
from streha.homes import bridge, models, queries, rules
from streha.jobs import actions as jobs
from streha.people import models as people_models
from streha.people import queries as people
from streha.people.actions import OFFICE, Origin
from streha.people.exports import actions as exports
from streha.people.exports.models import ExportFile
from streha.people.rules import household_number, person_number, tidy_text
from streha.places.models import Area, AreaBoundary

ROOM = "homes"
PIECE = 500
MOST_PHOTOS = 40  # of one home


# --- registering ----------------------------------------------------------------------------------


def register_property(
    draft: rules.PropertyDraft, *, by: Access, at: dt.datetime, origin: Origin = OFFICE
) -> models.Property:
    """The home is in the register, found by every word of its address, and the log says who registered it."""
    return register_many([draft], by=by, at=at, origin=origin)[0]


@transaction.atomic
def register_many(
    drafts: Sequence[rules.PropertyDraft],
    *,
    by: Access,
    at: dt.datetime,
    origin: Origin = OFFICE,
    subjects: Sequence[uuid.UUID] | None = None,
) -> list[models.Property]:
    """All homes are registered, or none; a wrong one raises BadInput."""
    by.require(Action.PROPERTY_REGISTER)
    keys = list(subjects) if subjects is not None else audit.new_subjects(len(drafts), at=at)
    return register_prepared(prepare(drafts, subjects=keys, sealer=audit.sealer(keys), at=at), by=by, origin=origin)


@dataclass(frozen=True)
class Prepared:
    """Homes checked and tidied, with what is secret sealed, in order."""

    at: dt.datetime
    drafts: list[rules.PropertyDraft]
    subjects: list[uuid.UUID]
    addresses: list[bytes | None]
    points: list[bytes | None]
    references: list[dict[str, Any]]
    keys: list[list[str]]
    """The words of each address, as the index of addresses holds them."""
    owners: list[bytes | None]
    """Names of those owners who are not in the register, share by share."""
    notes: list[bytes | None]
    contents: list[bytes]
    """What the log will say of each."""


def prepare(
    drafts: Sequence[rules.PropertyDraft], *, subjects: Sequence[uuid.UUID], sealer: bulk.Sealer, at: dt.datetime
) -> Prepared:
    """Homes made ready for ``register_prepared``; a wrong one raises BadInput.

    No table is read, so that another process may do it. People and households of a draft may be replaced by others
    until it is registered: nothing made here depends on who they are.
    """
    drafts = [_tidy(draft) for draft in drafts]
    for draft in drafts:
        rules.check_property(draft, at.date())
    told = list(zip(subjects, drafts, strict=True))
    shares = [(subject, share) for subject, draft in told for share in draft.shares]
    assessed = [(subject, one) for subject, draft in told for one in draft.assessments]
    return Prepared(
        at=at,
        drafts=drafts,
        subjects=list(subjects),
        addresses=_sealed([(s, d.address) for s, d in told], models.SEALED_ADDRESS, sealer),
        points=_sealed([(s, d.point.text() if d.point else "") for s, d in told], models.SEALED_POINT, sealer),
        references=_reference_values([(s, d.cadastral_ref) for s, d in told], sealer),
        keys=[_address_blinds(draft.address, sealer) for draft in drafts],
        owners=_sealed([(s, share.name) for s, share in shares], models.SEALED_OWNER, sealer),
        notes=_sealed([(s, tidy_text(one.note)) for s, one in assessed], models.SEALED_NOTE, sealer),
        contents=audit.sealed_payloads([(s, _payload(draft)) for s, draft in told], sealer),
    )


def _payload(draft: rules.PropertyDraft) -> dict[str, Any]:
    return {"keeper": draft.keeper_id, "tenure": str(draft.tenure), "address": draft.address}


@transaction.atomic
def register_prepared(prepared: Prepared, *, by: Access, origin: Origin = OFFICE) -> list[models.Property]:
    """All of the prepared homes are registered, or none. Their keys are in the register."""
    by.require(Action.PROPERTY_REGISTER)
    drafts, at = _with_people_of_today(prepared.drafts), prepared.at
    _require_keepers(by, drafts)
    _require_places(drafts)
    _require_people(by, drafts)
    _require_classes_known(one for draft in drafts for one in draft.assessments)
    homes = _write_properties(drafts, prepared, by, origin)
    told = list(zip(homes, drafts, strict=True))
    blinds = zip(homes, prepared.keys, strict=True)
    _insert(models.PropertyKey, [{"property_id": home.pk, "blind": one} for home, words in blinds for one in words])
    shares = [(home, share) for home, draft in told for share in draft.shares]
    _insert(models.Share, _share_values(shares, prepared.owners, at))
    _insert(models.Occupancy, [_stay_values(home.pk, stay, at) for home, draft in told for stay in draft.occupancies])
    assessed = [(home, one) for home, draft in told for one in draft.assessments]
    _insert(models.Assessment, _assessment_values(assessed, prepared.notes, by, at))
    audit.record_many(
        [audit_rules.Entry(ROOM, "home registered", "home", str(home.pk), subject=home.subject) for home in homes],
        by=by.actor,
        at=at,
        lane=origin.lane,
        contents=prepared.contents,
    )
    return homes


def _tidy(draft: rules.PropertyDraft) -> rules.PropertyDraft:
    return dataclasses.replace(
        draft,
        address=tidy_text(draft.address),
        cadastral_zone=tidy_text(draft.cadastral_zone),
        cadastral_ref=tidy_text(draft.cadastral_ref),
        shares=tuple(dataclasses.replace(share, name=tidy_text(share.name)) for share in draft.shares),
    )


def _with_people_of_today(drafts: Sequence[rules.PropertyDraft]) -> list[rules.PropertyDraft]:
    """The drafts by the numbers that answer now: whoever writes the number of a merged record means the person."""
    owners = [share.person_id for draft in drafts for share in draft.shares]
    stays = [stay for draft in drafts for stay in draft.occupancies]
    answering = people.answering(pk for pk in (*owners, *(stay.person_id for stay in stays)) if pk is not None)
    homes = people.answering_households(stay.household_id for stay in stays if stay.household_id is not None)
    if all(pk == now for pk, now in (*answering.items(), *homes.items())):
        return list(drafts)
    return [
        dataclasses.replace(
            draft,
            shares=tuple(dataclasses.replace(s, person_id=answering.get(s.person_id or 0)) for s in draft.shares),
            occupancies=tuple(
                dataclasses.replace(
                    o, person_id=answering.get(o.person_id or 0), household_id=homes.get(o.household_id or 0)
                )
                for o in draft.occupancies
            ),
        )
        for draft in drafts
    ]


def _answering_stay(draft: rules.OccupancyDraft) -> rules.OccupancyDraft:
    """An occupant named by an old number, of a person or of a household, is who answers for it now."""
    home_id = None if draft.household_id is None else people.answering_household(draft.household_id)
    return dataclasses.replace(draft, person_id=_answering(draft.person_id), household_id=home_id)


def _answering(person_id: int | None) -> int | None:
    return None if person_id is None else people.answering([person_id])[person_id]


def _require_keepers(by: Access, drafts: Iterable[rules.PropertyDraft]) -> None:
    """Each keeper lies in a scope of registering that may write what the draft says."""
    needed: dict[int, set[FieldClass]] = {}
    for draft in drafts:
        classes = needed.setdefault(draft.keeper_id, {FieldClass.IDENTITY, FieldClass.HOME_LOCATION})
        if draft.shielded:
            classes.add(FieldClass.PROTECTION)
    for keeper_id, classes in needed.items():
        record = people.Record(keeper_id, None, by.user_id, "")
        allowed = people.writable(by, Action.PROPERTY_REGISTER, record)
        if not allowed:
            raise errors.Refused(
                errors.message(
                    "This place lies outside the area you work for. Choose a place of yours, or ask a colleague."
                ),
                code="outside_scope",
                keeper=keeper_id,
            )
        _require_classes(classes, allowed)


def _require_classes(classes: Iterable[FieldClass], allowed: frozenset[FieldClass]) -> None:
    missing = sorted(set(classes) - allowed)
    if missing:
        raise errors.Refused(
            errors.message("Your role may not write this kind of data: {classes}."),
            code="class_not_writable",
            classes=", ".join(missing),
        )


def _require_places(drafts: Sequence[rules.PropertyDraft]) -> None:
    """Municipalities are municipalities, settlements lie in them, and so do points."""
    wanted = {pk for d in drafts for pk in (d.municipality_id, d.settlement_id, d.keeper_id) if pk is not None}
    areas = Area.objects.in_bulk(wanted)
    for draft in drafts:
        municipality = areas.get(draft.municipality_id)
        if municipality is None or municipality.kind != Area.Kind.MUNICIPALITY:
            raise errors.BadInput(
                errors.message("Choose the municipality in which the home lies."),
                code="municipality_missing",
                field="municipality",
            )
        if draft.keeper_id not in areas:
            raise errors.BadInput(errors.message("Choose who keeps the record."), code="keeper_missing", field="keeper")
        if draft.settlement_id is not None:
            _require_inside(areas.get(draft.settlement_id), municipality)
    _require_points({(d.municipality_id, d.point) for d in drafts if d.point is not None}, areas)


def _require_inside(settlement: Area | None, municipality: Area) -> None:
    if settlement is None or settlement.kind != Area.Kind.SETTLEMENT:
        raise errors.BadInput(
            errors.message("This is no settlement. Write the name of the village or town, or leave it empty."),
            code="settlement_unknown",
            field="settlement",
        )
    if municipality.pk not in settlement.ancestor_ids():
        raise errors.BadInput(
            errors.message(
                "{settlement} does not lie in the municipality {municipality}. Correct one of the two, or leave the "
                "settlement empty."
            ),
            code="settlement_outside",
            field="settlement",
            settlement=settlement.label_sq,
            municipality=municipality.label_sq,
        )


def _require_points(points: Iterable[tuple[int, rules.Point | None]], areas: Mapping[int, Area]) -> None:
    """Points lie within the boundary of their municipality, or where none is loaded not far from its seat."""
    by_area: dict[int, list[rules.Point]] = {}
    for pk, point in points:
        if point is not None:
            by_area.setdefault(pk, []).append(point)
    known = AreaBoundary.objects.filter(area__in=by_area).values_list("area_id", "wkb")
    shapes = {pk: shapely.from_wkb(bytes(wkb)) for pk, wkb in known}
    for pk, found in by_area.items():
        area, shape = areas[pk], shapes.get(pk)
        seat = rules.Point(area.lon, area.lat) if area.lon is not None and area.lat is not None else None
        for point in found:
            if shape is not None:
                is_outside = not shapely.contains_xy(shape, point.lon, point.lat)
            else:
                is_outside = seat is not None and rules.distance_km(seat, point) > rules.FARTHEST_FROM_SEAT_KM
            if is_outside:
                raise errors.BadInput(
                    errors.message(
                        "The point {lat}, {lon} does not lie in the municipality {municipality}. Latitude comes first; "
                        "correct the point, or the municipality."
                    ),
                    code="point_outside",
                    field="point",
                    lat=point.lat,
                    lon=point.lon,
                    municipality=area.label_sq,
                )


def _require_people(by: Access, drafts: Iterable[rules.PropertyDraft]) -> None:
    """Owners and occupants are people and households whom the writer may see."""
    listed = list(drafts)
    owners = [share.person_id for d in listed for share in d.shares]
    living = [stay.person_id for d in listed for stay in d.occupancies]
    _require_visible(by, [pk for pk in (*owners, *living) if pk is not None])
    stays = [stay for d in listed for stay in d.occupancies]
    _require_households(by, [stay.household_id for stay in stays if stay.household_id is not None])


def _require_visible(by: Access, person_ids: Sequence[int]) -> None:
    wanted = sorted(set(person_ids))
    for start in range(0, len(wanted), PIECE):
        part = wanted[start : start + PIECE]
        seen = set(people_models.Person.objects.visible_to(by).filter(pk__in=part).values_list("pk", flat=True))
        missing = [pk for pk in part if pk not in seen]
        if missing:
            raise errors.BadInput(
                errors.message("{number} is not among the people you work with."),
                code="person_unknown",
                field="owner",
                number=person_number(missing[0]),
            )


def _require_households(by: Access, household_ids: Sequence[int]) -> None:
    wanted = sorted(set(household_ids))
    for start in range(0, len(wanted), PIECE):
        part = wanted[start : start + PIECE]
        seen = set(people_models.Household.objects.visible_to(by).filter(pk__in=part).values_list("pk", flat=True))
        missing = [pk for pk in part if pk not in seen]
        if missing:
            raise errors.BadInput(
                errors.message("{number} is not among the households you work with."),
                code="household_unknown",
                field="who",
                number=household_number(missing[0]),
            )


def _require_classes_known(assessments: Iterable[rules.AssessmentDraft]) -> None:
    told = list(assessments)
    if not told:
        return
    for kind in rules.ClassKind:
        current = queries.current_list(kind)
        for code in {str(getattr(one, kind)) for one in told} - {""}:
            if current.entry(code) is None:
                raise errors.BadInput(
                    errors.message("“{value}” is no class of the list in use, {version}."),
                    code="class_unknown",
                    field=str(kind),
                    value=code[:30],
                    version=current.version,
                )


def _insert(model: type[orm.Model], values: Sequence[dict[str, Any]]) -> None:
    if values:
        bulk.insert_rows(model, tuple(values[0]), [tuple(row.values()) for row in values])


def _sealed(told: Sequence[tuple[uuid.UUID, str]], context: str, sealer: bulk.Sealer) -> list[bytes | None]:
    """Sealed bytes for each text that is not empty, None for the others, in order."""
    filled = [(subject, text.encode()) for subject, text in told if text]
    sealed = iter(sealer.seal_many(filled, context=context))
    return [next(sealed) if text else None for _, text in told]


def _write_properties(
    drafts: Sequence[rules.PropertyDraft], prepared: Prepared, by: Access, origin: Origin
) -> list[models.Property]:
    is_demo = accounts.is_demo_office()
    versions = {kind: queries.current_list(kind).version for kind in rules.ClassKind}
    sealed = zip(prepared.subjects, prepared.addresses, prepared.points, prepared.references, strict=True)
    values = [
        {
            "subject": subject,
            "municipality_id": draft.municipality_id,
            "settlement_id": draft.settlement_id,
            "address_sealed": address,
            "point_sealed": point,
            "has_point": draft.point is not None,
            "cadastral_zone": draft.cadastral_zone,
            "zone_key": queries.zone_key(draft.cadastral_zone) if draft.cadastral_zone else "",
            **reference,
            "tenure": draft.tenure,
            "inheritance": draft.inheritance,
            **_latest(draft.assessments, versions),
            "keeper_id": draft.keeper_id,
            "organisation_id": origin.organisation_id,
            "registered_by_id": by.user_id,
            "registered_at": prepared.at,
            "source": origin.source,
            "shielded": draft.shielded,
            "is_fictional": draft.is_fictional or is_demo,
        }
        for draft, (subject, address, point, reference) in zip(drafts, sealed, strict=True)
    ]
    _insert(models.Property, values)
    ids: dict[uuid.UUID, int] = {}
    for start in range(0, len(prepared.subjects), PIECE):
        part = models.Property.objects.filter(subject__in=prepared.subjects[start : start + PIECE])
        ids.update(part.values_list("subject", "pk"))
    defaults = {f.attname: f.get_default() for f in models.Property._meta.concrete_fields}
    filled = ({**defaults, **row, "id": ids[subject]} for row, subject in zip(values, prepared.subjects, strict=True))
    return [models.Property.from_db("default", list(defaults), [row[n] for n in defaults]) for row in filled]


def _reference_values(told: Sequence[tuple[uuid.UUID, str]], sealer: bulk.Sealer) -> list[dict[str, Any]]:
    """The columns of each cadastral reference: sealed, for the search, and its last signs."""
    sealed = _sealed(told, models.SEALED_CADASTRAL, sealer)
    return [
        {"cadastral_sealed": token, **_reference_index(reference, sealer)}
        for token, (_, reference) in zip(sealed, told, strict=True)
    ]


def _reference_index(reference: str, sealer: bulk.Sealer) -> dict[str, str]:
    plain = rules.plain_cadastral(reference)
    if not plain:
        return {"cadastral_blind": "", "cadastral_hint": ""}
    return {"cadastral_blind": sealer.blind_indexes("cadastral", [plain])[0], "cadastral_hint": plain[-2:]}


def _latest(assessments: Iterable[rules.AssessmentDraft], versions: Mapping[rules.ClassKind, str]) -> dict[str, Any]:
    """Classes and measures of the latest assessments, as they stand on the home itself."""
    found: dict[str, Any] = {"damage": "", "damage_list": "", "building": "", "building_list": ""}
    found |= dict.fromkeys(rules.MEASURED)
    for one in sorted(assessments, key=lambda one: one.assessed_on):
        for kind in rules.ClassKind:
            if code := getattr(one, kind):
                found |= {str(kind): code, f"{kind}_list": versions[kind]}
        found |= {name: getattr(one, name) for name in rules.MEASURED if getattr(one, name) is not None}
    return found


def _address_blinds(address: str, sealer: bulk.Sealer) -> list[str]:
    """Each word of an address once, as the index holds it."""
    return list(dict.fromkeys(queries.address_blinds(rules.address_keys(address), sealer)))


def _share_values(
    told: Sequence[tuple[models.Property, rules.ShareDraft]], names: Sequence[bytes | None], at: dt.datetime
) -> list[dict[str, Any]]:
    return [
        {
            "property_id": home.pk,
            "person_id": share.person_id,
            "name_sealed": name,
            "numerator": share.share.numerator if share.share else None,
            "denominator": share.share.denominator if share.share else None,
            "since": share.since,
            "until": share.until,
            "noted_at": at,
        }
        for (home, share), name in zip(told, names, strict=True)
    ]


def _stay_values(property_id: int, draft: rules.OccupancyDraft, at: dt.datetime) -> dict[str, Any]:
    return {
        "property_id": property_id,
        "kind": draft.kind,
        "person_id": draft.person_id,
        "household_id": draft.household_id,
        "started_on": draft.started_on,
        "started_precision": draft.started_precision,
        "ended_on": draft.ended_on,
        "ended_precision": draft.ended_precision or (Precision.DAY if draft.ended_on else ""),
        "noted_at": at,
    }


def _assessment_values(
    told: Sequence[tuple[models.Property, rules.AssessmentDraft]],
    notes: Sequence[bytes | None],
    by: Access,
    at: dt.datetime,
) -> list[dict[str, Any]]:
    if not told:
        return []
    versions = {kind: queries.current_list(kind).version for kind in rules.ClassKind}
    return [
        {
            "property_id": home.pk,
            "assessed_on": one.assessed_on,
            "damage": one.damage,
            "damage_list": versions[rules.ClassKind.DAMAGE] if one.damage else "",
            "building": one.building,
            "building_list": versions[rules.ClassKind.BUILDING] if one.building else "",
            **{name: getattr(one, name) for name in rules.MEASURED},
            "note_sealed": note,
            "noted_by_id": by.user_id,
            "noted_at": at,
        }
        for (home, one), note in zip(told, notes, strict=True)
    ]


# --- changing -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PropertyChanges:
    """New values; None leaves a value as it is. ``place`` is (municipality, settlement or None)."""

    place: tuple[int, int | None] | None = None
    address: str | None = None
    point: tuple[rules.Point | None] | None = None
    cadastral: tuple[str, str] | None = None
    tenure: rules.Tenure | None = None
    inheritance: rules.Inheritance | None = None


@transaction.atomic
def change_property(
    property_id: int, changes: PropertyChanges, *, version: int, by: Access, at: dt.datetime
) -> models.Property:
    """The home carries the new values and the log the old ones; raises Conflict when somebody else was faster."""
    home = _home_for(Action.PROPERTY_CHANGE, property_id, by, version=version)
    told: dict[str, list[Any]] = {}
    _change_place(home, changes, told)
    _change_sealed(home, changes, told)
    for column in ("tenure", "inheritance"):
        new = getattr(changes, column)
        if new is not None and new != getattr(home, column):
            told[column] = [getattr(home, column), str(new)]
            setattr(home, column, new)
    if not told:
        return home
    allowed = queries.writable(by, Action.PROPERTY_CHANGE, home)
    _require_classes({COLUMN_CLASSES[column] for column in told}, allowed)
    _save(home, "home changed", by, at, told)
    return home


COLUMN_CLASSES: Mapping[str, FieldClass] = {
    "municipality": FieldClass.HOME_LOCATION,
    "settlement": FieldClass.HOME_LOCATION,
    "address": FieldClass.HOME_LOCATION,
    "point": FieldClass.HOME_LOCATION,
    "cadastral_zone": FieldClass.HOME_LOCATION,
    "cadastral_ref": FieldClass.HOME_LOCATION,
    "tenure": FieldClass.IDENTITY,
    "inheritance": FieldClass.IDENTITY,
}


def _change_place(home: models.Property, changes: PropertyChanges, told: dict[str, list[Any]]) -> None:
    municipality_id, settlement_id = changes.place or (home.municipality_id, home.settlement_id)
    point = changes.point[0] if changes.point is not None else _point_of(home)
    if changes.place is not None or changes.point is not None:
        rules.check_point(point)
        draft = rules.PropertyDraft(municipality_id, home.keeper_id, settlement_id, point=point)
        _require_places([draft])
    for column, new in (("municipality", municipality_id), ("settlement", settlement_id)):
        old = getattr(home, f"{column}_id")
        if old != new:
            told[column] = [old, new]
            setattr(home, f"{column}_id", new)


def _point_of(home: models.Property) -> rules.Point | None:
    return rules.Point.parse(people.unsealed(home.subject, home.point_sealed, models.SEALED_POINT))


def _change_sealed(home: models.Property, changes: PropertyChanges, told: dict[str, list[Any]]) -> None:
    if changes.address is not None:
        new = tidy_text(changes.address)
        rules.check_address(new)
        if _seal_anew(home, "address", new, models.SEALED_ADDRESS, told):
            home.keys.all().delete()
            blinds = _address_blinds(new, audit.sealer([home.subject]))
            _insert(models.PropertyKey, [{"property_id": home.pk, "blind": blind} for blind in blinds])
    if changes.point is not None:
        point = changes.point[0]
        home.has_point = point is not None
        _seal_anew(home, "point", point.text() if point else "", models.SEALED_POINT, told)
    if changes.cadastral is not None:
        zone, reference = (tidy_text(part) for part in changes.cadastral)
        rules.check_cadastral(zone, reference)
        if zone != home.cadastral_zone:
            told["cadastral_zone"] = [home.cadastral_zone, zone]
            home.cadastral_zone, home.zone_key = zone, queries.zone_key(zone) if zone else ""
        if _seal_anew(home, "cadastral", reference, models.SEALED_CADASTRAL, told):
            told["cadastral_ref"] = told.pop("cadastral")
            for column, value in _reference_index(reference, audit.sealer([home.subject])).items():
                setattr(home, column, value)


def _seal_anew(home: models.Property, what: str, new: str, context: str, told: dict[str, list[Any]]) -> bool:
    """Seal a new text where it differs from the old; returns whether it did."""
    old = people.unsealed(home.subject, getattr(home, f"{what}_sealed"), context)
    if old == new:
        return False
    told[what] = [old, new]
    setattr(home, f"{what}_sealed", audit.seal(home.subject, new.encode(), context=context) if new else None)
    return True


@transaction.atomic
def assess(property_id: int, draft: rules.AssessmentDraft, *, by: Access, at: dt.datetime) -> models.Assessment:
    """What was found of the building is on file; the home carries the latest class of damage and of building."""
    rules.check_assessment(draft, at.date())
    _require_classes_known([draft])
    home = _home_for(Action.PROPERTY_ASSESS, property_id, by)
    notes = _sealed([(home.subject, tidy_text(draft.note))], models.SEALED_NOTE, audit.sealer([home.subject]))
    (values,) = _assessment_values([(home, draft)], notes, by, at)
    row = models.Assessment.objects.create(**values)
    told: dict[str, list[Any]] = {"assessed_on": [None, draft.assessed_on.isoformat()]}
    for kind in rules.ClassKind:
        latest = home.assessments.exclude(**{str(kind): ""}).order_by("-assessed_on", "-pk").first()
        if latest is not None and getattr(latest, kind) != getattr(home, kind):
            told[str(kind)] = [getattr(home, kind), getattr(latest, kind)]
        if latest is not None:
            setattr(home, str(kind), getattr(latest, kind))
            setattr(home, f"{kind}_list", getattr(latest, f"{kind}_list"))
    for name in rules.MEASURED:
        measured = home.assessments.filter(**{f"{name}__isnull": False}).order_by("-assessed_on", "-pk")
        value = measured.values_list(name, flat=True).first()
        if value is not None and value != getattr(home, name):
            told[name] = [_written(getattr(home, name)), _written(value)]
            setattr(home, name, value)
    _save(home, "home assessed", by, at, told)
    return row


def _written(value: object) -> str | None:
    """A measure as the log keeps it."""
    return None if value is None else str(value)


# --- owners ---------------------------------------------------------------------------------------


@transaction.atomic
def add_share(property_id: int, draft: rules.ShareDraft, *, by: Access, at: dt.datetime) -> models.Share:
    """The owner is on file with their share; all shares of one time come to the whole at most."""
    draft = dataclasses.replace(draft, name=tidy_text(draft.name), person_id=_answering(draft.person_id))
    rules.check_share(draft, at.date())
    home = _home_for(Action.PROPERTY_CHANGE, property_id, by, classes={FieldClass.IDENTITY})
    if draft.person_id is not None:
        _require_visible(by, [draft.person_id])
        every = people.one_person(draft.person_id)
        if draft.until is None and home.shares.filter(person_id__in=every, until=None).exists():
            raise errors.Conflict(
                errors.message("{number} is an owner already. End that share before another is noted."),
                code="owner_again",
                field="owner",
                number=person_number(draft.person_id),
            )
    held = [rules.Held(queries.share_of(row), row.since, row.until) for row in home.shares.all()]
    rules.check_sum([*held, rules.Held.of(draft)])
    names = _sealed([(home.subject, draft.name)], models.SEALED_OWNER, audit.sealer([home.subject]))
    (values,) = _share_values([(home, draft)], names, at)
    row = models.Share.objects.create(**values)
    _save(home, "owner added", by, at, {"owner": [None, _owner_key(row)], "share": [None, str(draft.share or "?")]})
    return row


@transaction.atomic
def end_share(property_id: int, share_id: int, *, on: dt.date, by: Access, at: dt.datetime) -> None:
    """The owner owns no more from that day; that they did stays on file."""
    home = _home_for(Action.PROPERTY_CHANGE, property_id, by, classes={FieldClass.IDENTITY})
    row = home.shares.filter(pk=share_id).first()
    if row is None:
        raise errors.NotFound()
    if row.until is not None:
        raise errors.Conflict(errors.message("This has already ended."), code="ended_again")
    rules.check_day(on, at.date(), field="on")
    rules.check_order(row.since, on, field="on")
    row.until = on
    row.save()
    _save(home, "owner ended", by, at, {"owner": [_owner_key(row), None]})


def _owner_key(row: models.Share) -> str:
    return person_number(row.person_id) if row.person_id else "?"


# --- who lives there ------------------------------------------------------------------------------


@transaction.atomic
def note_occupancy(property_id: int, draft: rules.OccupancyDraft, *, by: Access, at: dt.datetime) -> models.Occupancy:
    """Who lives there, or that nobody does, is on file; raises Conflict when it contradicts what is noted."""
    return _note(property_id, draft, by=by, at=at, ending=())


@transaction.atomic
def succeed_occupancy(
    property_id: int, draft: rules.OccupancyDraft, *, by: Access, at: dt.datetime
) -> models.Occupancy:
    """What held until now ends on the day on which the new begins, as far as the two contradict each other."""
    home = _home_for(Action.PROPERTY_CHANGE, property_id, by, classes={FieldClass.IDENTITY})
    rules.check_occupancy(draft, at.date())
    new = rules.Stay.of(draft)
    open_stays = home.occupancies.filter(ended_on=None)
    ending = [row for row in open_stays if rules.contradict(new, _stay_of(row)) and row.started_on <= draft.started_on]
    return _note(property_id, draft, by=by, at=at, ending=ending)


def _note(
    property_id: int, draft: rules.OccupancyDraft, *, by: Access, at: dt.datetime, ending: Sequence[models.Occupancy]
) -> models.Occupancy:
    draft = _answering_stay(draft)
    rules.check_occupancy(draft, at.date())
    home = _home_for(Action.PROPERTY_CHANGE, property_id, by, classes={FieldClass.IDENTITY})
    if draft.person_id is not None:
        _require_visible(by, [draft.person_id])
    if draft.household_id is not None:
        _require_households(by, [draft.household_id])
    for row in ending:
        row.ended_on, row.ended_precision = draft.started_on, draft.started_precision
        row.save()
    rules.check_contradiction(rules.Stay.of(draft), [_stay_of(row) for row in home.occupancies.all()])
    row = models.Occupancy.objects.create(**_stay_values(home.pk, draft, at))
    told = {"occupancy": [ending[0].kind if ending else None, str(draft.kind)]}
    _save(home, "occupancy noted", by, at, told)
    return row


def _stay_of(row: models.Occupancy) -> rules.Stay:
    who = ("person", row.person_id) if row.person_id else ("household", row.household_id) if row.household_id else None
    return rules.stay(
        rules.OccupancyKind(row.kind),
        row.started_on,
        row.started_precision,
        row.ended_on,
        who=who,
    )


@transaction.atomic
def end_occupancy(
    property_id: int,
    occupancy_id: int,
    *,
    on: dt.date,
    precision: Precision = Precision.DAY,
    by: Access,
    at: dt.datetime,
) -> None:
    """It holds no more from that day; it stays on file."""
    home = _home_for(Action.PROPERTY_CHANGE, property_id, by, classes={FieldClass.IDENTITY})
    row = home.occupancies.filter(pk=occupancy_id).first()
    if row is None:
        raise errors.NotFound()
    if row.ended_on is not None:
        raise errors.Conflict(errors.message("This has already ended."), code="ended_again")
    rules.check_day(on, at.date(), field="on")
    rules.check_order(row.started_on, on, field="on")
    row.ended_on, row.ended_precision = on, precision
    row.save()
    _save(home, "occupancy ended", by, at, {"occupancy": [row.kind, None]})


# --- photos ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReadyPhoto:
    """A photo that was decoded and written anew, before any transaction begins, so that nobody waits for it."""

    picture: pictures.Picture
    mark: str
    file: uuid.UUID


def ready_photo(sent: bytes, *, name: str = "") -> ReadyPhoto:
    """The photo without place, camera or day; raises BadInput for what is no photo."""
    picture = pictures.clean(sent, name=name)
    return ReadyPhoto(picture, audit.blind_index("photo", hashlib.sha256(sent).hexdigest()), uuid.uuid4())


def add_photo(
    property_id: int,
    sent: bytes,
    *,
    name: str = "",
    taken_on: dt.date | None = None,
    caption: str = "",
    by: Access,
    at: dt.datetime,
) -> models.Photo:
    """The photo is on file, written anew without place, camera or day, sealed under the home's key."""
    by.require(Action.PROPERTY_ASSESS)
    _visible_for(Action.PROPERTY_ASSESS, property_id, by)
    caption = tidy_text(caption)
    if len(caption) > 200:
        raise errors.BadInput(
            errors.message("The caption is {length} signs long; at most 200 are kept. Shorten it."),
            code="caption_too_long",
            field="caption",
            length=len(caption),
        )
    if taken_on is not None:
        rules.check_day(taken_on, at.date(), field="taken_on")
    return keep_photo(property_id, ready_photo(sent, name=name), taken_on=taken_on, caption=caption, by=by, at=at)


def keep_photo(
    property_id: int,
    ready: ReadyPhoto,
    *,
    taken_on: dt.date | None = None,
    caption: str = "",
    by: Access,
    at: dt.datetime,
) -> models.Photo:
    """A photo made ready is on file. A caller whose own transaction fails drops its files: ``drop_photo``."""
    try:
        return _keep_photo(property_id, ready, taken_on=taken_on, caption=caption, by=by, at=at)
    except BaseException:
        drop_photo(ready)
        raise


def drop_photo(ready: ReadyPhoto) -> None:
    """Nothing of a photo lies on disk whose row was not kept."""
    bridge.drop_photo(ready.file)


@transaction.atomic
def _keep_photo(
    property_id: int, ready: ReadyPhoto, *, taken_on: dt.date | None, caption: str, by: Access, at: dt.datetime
) -> models.Photo:
    home = _home_for(Action.PROPERTY_ASSESS, property_id, by, classes={FieldClass.HOME_LOCATION})
    picture, file = ready.picture, ready.file
    kept = home.photos.filter(removed_at=None)
    if kept.filter(mark=ready.mark).exists():
        raise errors.Conflict(
            errors.message("This photo is on file already. Choose another."), code="photo_again", field="photo"
        )
    if kept.count() >= MOST_PHOTOS:
        raise errors.BadInput(
            errors.message("A home has at most {most} photos. Remove one that says nothing any more."),
            code="photos_full",
            field="photo",
            most=MOST_PHOTOS,
        )
    row = models.Photo.objects.create(
        property=home,
        file=file,
        mark=ready.mark,
        taken_on=taken_on,
        caption_sealed=audit.seal(home.subject, caption.encode(), context=models.SEALED_CAPTION) if caption else None,
        width=picture.width,
        height=picture.height,
        noted_by_id=by.user_id,
        noted_at=at,
    )
    clear = {bridge.FULL: picture.full, bridge.THUMB: picture.thumb}
    bridge.keep_photo(
        file,
        {
            size: audit.seal(home.subject, content, context=queries.photo_context(file, size))
            for size, content in clear.items()
        },
    )
    _save(home, "photo added", by, at, {"photo": [None, row.pk]})
    return row


@transaction.atomic
def remove_photo(property_id: int, photo_id: int, *, reason: str, by: Access, at: dt.datetime) -> None:
    """The files of the photo are gone; that there was one, and why it went, stays on file."""
    home = _home_for(Action.PROPERTY_CHANGE, property_id, by, classes={FieldClass.HOME_LOCATION})
    row = home.photos.filter(pk=photo_id, removed_at=None).first()
    if row is None:
        raise errors.NotFound()
    if not tidy_text(reason):
        raise errors.BadInput(
            errors.message("Say why the photo goes; others will ask."), code="reason_missing", field="reason"
        )
    row.removed_at, row.caption_sealed = at, None
    row.save()
    transaction.on_commit(lambda: bridge.drop_photo(row.file))
    _save(home, "photo removed", by, at, {"photo": [row.pk, None]}, reason=tidy_text(reason)[:300])


# --- the record -----------------------------------------------------------------------------------


@transaction.atomic
def shield(property_id: int, *, on: bool, reason: str, by: Access, at: dt.datetime) -> None:
    """A shielded home answers to protection staff alone, whoever owns it."""
    home = _home_for(Action.PROPERTY_CHANGE, property_id, by, classes={FieldClass.PROTECTION})
    home.shielded = on
    _save(home, "home shielded" if on else "home unshielded", by, at, {}, reason=tidy_text(reason)[:300])


@transaction.atomic
def hand_over(property_id: int, *, keeper_id: int, reason: str, by: Access, at: dt.datetime) -> None:
    """Another office keeps the record from now on, and the office before no longer sees it."""
    home = _home_for(Action.PROPERTY_CHANGE, property_id, by, classes={FieldClass.IDENTITY})
    if not Area.objects.filter(pk=keeper_id, kind=Area.Kind.MUNICIPALITY).exists():
        raise errors.BadInput(errors.message("Choose who keeps the record."), code="keeper_missing", field="keeper")
    told = {"keeper": [home.keeper_id, keeper_id]}
    home.keeper_id = keeper_id
    with wall.beyond("handing over"):  # the new keeper may lie where the writer does not see
        _save(home, "home handed over", by, at, told, reason=tidy_text(reason)[:300])


@transaction.atomic
def end_property(
    property_id: int, *, reason: rules.EndReason, on: dt.date, version: int, by: Access, at: dt.datetime
) -> models.Property:
    """The record is closed with its day and reason; it can be opened again."""
    home = _home_for(Action.PROPERTY_END, property_id, by, version=version)
    rules.check_day(on, at.date(), field="on")
    if home.ended_on is not None:
        raise errors.Conflict(errors.message("This has already ended."), code="ended_again")
    home.ended_on, home.end_reason = on, reason
    _save(home, "home closed", by, at, {"end_reason": [None, str(reason)], "ended_on": [None, on.isoformat()]})
    return home


@transaction.atomic
def reopen_property(property_id: int, *, by: Access, at: dt.datetime) -> models.Property:
    """The record is open again."""
    home = _home_for(Action.PROPERTY_END, property_id, by)
    if home.ended_on is None:
        raise errors.Conflict(errors.message("This record is open already."), code="open_already")
    told: dict[str, list[Any]] = {"end_reason": [home.end_reason, None]}
    home.ended_on, home.end_reason = None, ""
    _save(home, "home opened again", by, at, told)
    return home


# --- lists of classes -----------------------------------------------------------------------------


@transaction.atomic
def publish_classes(
    kind: rules.ClassKind,
    *,
    title: str,
    source: str,
    published: str,
    entries: Sequence[rules.ClassEntry],
    verified: bool,
    by: Access,
    at: dt.datetime,
) -> models.ClassVersion:
    """A new version of a list is in use; homes assessed by an older one keep what was meant then."""
    by.require(Action.PROPERTY_CLASSES)
    rules.check_class_list(title, source, entries)
    number = models.ClassVersion.objects.filter(kind=kind).count() + 1
    row = models.ClassVersion.objects.create(
        kind=kind,
        version=f"office-{number}",
        title=tidy_text(title)[:120],
        source=tidy_text(source)[:400],
        published=tidy_text(published)[:20],
        verified=verified,
        verified_by=by.label[:120] if verified else "",
        made_at=at,
        made_by_id=by.user_id,
    )
    models.ClassOption.objects.bulk_create(
        models.ClassOption(
            list=row,
            code=e.code,
            position=position,
            label_en=e.label_en,
            label_sq=e.label_sq,
            label_sr=e.label_sr,
            label_sr_latn=e.label_sr_latn,
        )
        for position, e in enumerate(entries)
    )
    audit.record(
        by=by.actor,
        at=at,
        room=ROOM,
        verb="classes published",
        object_kind="classes",
        object_key=f"{kind}/{row.version}",
        payload={"source": row.source, "verified": verified},
    )
    return row


# --- lists that leave the office ------------------------------------------------------------------

EXPORT_HEADINGS = (
    "number",
    "municipality",
    "settlement",
    "address",
    "latitude",
    "longitude",
    "cadastral_zone",
    "cadastral_ref",
    "tenure",
    "inheritance",
    "damage",
    "building",
    "floor_m2",
    "water_l_day",
    "toilets",
    "step_free",
    "occupancy",
    "owners",
    "kept_by",
)


def ask_export(narrowed: queries.PropertyFilter, *, purpose: str, by: Access, at: dt.datetime) -> ExportFile:
    """The list of homes will be made by a job; the purpose stands in the log."""
    return exports.ask_for("homes", narrowed.as_text(), job="homes.export", purpose=purpose, by=by, at=at)


def make_export(export_id: int, progress: jobs.Progress, *, by: Access, at: dt.datetime) -> dict[str, int]:
    """The job: the list is written with what the asker may read now, sealed, and put on disk."""
    export = ExportFile.objects.get(pk=export_id)
    if export.made_at is not None:
        return {"rows": export.rows}
    by.require(Action.PROPERTY_EXPORT)
    rows = []
    narrowed = queries.PropertyFilter.parse(export.query)
    total = queries.narrowed_rows(by, narrowed).count()
    for home in queries.rows_for_export(by, narrowed):
        rows.append(_export_row(by, home))
        if len(rows) % 100 == 0:
            progress(len(rows), total)
    return exports.keep(export, EXPORT_HEADINGS, rows, by=by, at=at)


def _export_row(by: Access, home: models.Property) -> tuple[str, ...]:
    sees_place = FieldClass.HOME_LOCATION in queries.readable(by, home)

    def clear(token: bytes | memoryview[int] | None, context: str) -> str:
        return people.unsealed(home.subject, token, context) if sees_place else ""

    point = rules.Point.parse(clear(home.point_sealed, models.SEALED_POINT))
    owners = (
        f"{queries.owner_number(share)} {queries.share_of(share) or ''}".strip()
        for share in home.current_shares  # type: ignore[attr-defined]
    )
    return (
        home.number,
        "/".join(home.municipality.labels()[::2]) if sees_place else "",
        "/".join(home.settlement.labels()[::2]) if sees_place and home.settlement else "",
        clear(home.address_sealed, models.SEALED_ADDRESS),
        f"{point.lat:.6f}" if point else "",
        f"{point.lon:.6f}" if point else "",
        home.cadastral_zone if sees_place else "",
        clear(home.cadastral_sealed, models.SEALED_CADASTRAL),
        home.tenure,
        home.inheritance,
        home.damage,
        home.building,
        *(_written(getattr(home, name)) or "" for name in rules.MEASURED),
        ", ".join(stay.kind for stay in home.current_stays),  # type: ignore[attr-defined]
        "; ".join(owner for owner in owners if owner),
        "/".join(home.keeper.labels()[::2]),
    )


# --- common steps ---------------------------------------------------------------------------------


def _visible_for(action: Action, property_id: int, by: Access) -> models.Property:
    by.require(action)
    home = models.Property.objects.visible_to(by, action).filter(pk=property_id).first()
    if home is None:
        raise errors.NotFound()
    return home


def _home_for(
    action: Action,
    property_id: int,
    by: Access,
    *,
    version: int | None = None,
    classes: Iterable[FieldClass] = (),
) -> models.Property:
    """The home, locked, if the writer may do this to it; one out of sight does not exist for the writer."""
    by.require(action)
    seen = models.Property.objects.visible_to(by, action).select_for_update(of=("self",))
    home = seen.filter(pk=property_id).first()
    if home is None:
        raise errors.NotFound()
    if version is not None and home.version != version:
        raise errors.Conflict()
    _require_classes(classes, queries.writable(by, action, home))
    return home


def _save(
    home: models.Property,
    verb: str,
    by: Access,
    at: dt.datetime,
    told: Mapping[str, Any],
    *,
    reason: str = "",
) -> None:
    """The home's row with its next version, and the record of it."""
    home.version += 1
    home.save()
    audit.record(
        by=by.actor,
        at=at,
        room=ROOM,
        verb=verb,
        object_kind="home",
        object_key=str(home.pk),
        subject=home.subject,
        payload=dict(told),
        reason=reason,
    )
