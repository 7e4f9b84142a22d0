"""Every write to sites: each asks the policy, checks the rules, writes, and leaves a record, or does nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from streha.accounts import models as accounts
from streha.accounts import queries as account_queries
from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.assistance.actions import ROOM, record
from streha.assistance.sites import bridge, models, queries
from streha.assistance.sites.rules import places, sphere
from streha.audit import actions as audit
from streha.audit import rules as audit_rules
from streha.common import errors
from streha.people import models as people_models
from streha.people import queries as people
from streha.places.models import Area

A = Action


def kept_columns(keeper_id: int, action: Action, *, is_hidden: bool, by: Access, at: dt.datetime) -> dict[str, Any]:
    """The columns of what is kept for a municipality; raises Refused outside the writer's scope."""
    by.require(action)
    organisation = accounts.User.objects.filter(pk=by.user_id or 0).values_list("organisation_id", flat=True).first()
    record = people.Record(keeper_id, organisation, by.user_id, "")
    asked = [action, A.SHIELDED_VIEW] if is_hidden else [action]
    if not Area.objects.filter(pk=keeper_id).exists() or not all(people.carries(by, each, record) for each in asked):
        raise errors.Refused(
            errors.message(
                "This place lies outside the area you work for. Choose a place of yours, or ask a colleague."
            ),
            code="outside_scope",
        )
    return {
        "keeper_id": keeper_id,
        "organisation_id": organisation,
        "registered_by_id": by.user_id,
        "registered_at": at,
        "is_hidden": is_hidden,
    }


# --- sites ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def open_site(draft: places.SiteDraft, *, by: Access, at: dt.datetime) -> models.Site:
    """The site stands, and people can be checked in."""
    kept = kept_columns(draft.municipality_id, A.SITE_CHANGE, is_hidden=draft.is_hidden, by=by, at=at)
    places.check_site(draft)
    site = models.Site(**kept, is_fictional=draft.is_fictional or account_queries.is_demo_office())
    _write(site, draft)
    record(by, at, "site opened", "site", site.pk)
    return site


@transaction.atomic
def change_site(pk: int, draft: places.SiteDraft, *, version: int, by: Access, at: dt.datetime) -> models.Site:
    """The site is as the draft says; its municipality stays. Raises Conflict when somebody was faster."""
    site = _site(pk, A.SITE_CHANGE, by)
    if site.version != version:
        raise errors.Conflict()
    places.check_site(draft)
    known = queries.places_of([site])[site.pk]
    if known.taken > draft.capacity - draft.set_aside:
        raise errors.Conflict(
            errors.message("{taken} people stay in the places that may be given, and {capacity} would be left. Check "
                           "people out first, or leave more places."),
            code="places_taken",
            field="capacity",
            taken=known.taken,
            capacity=draft.capacity - draft.set_aside,
        )  # fmt: skip
    site.version += 1
    _write(site, draft)
    record(by, at, "site changed", "site", site.pk)
    return site


def _write(site: models.Site, draft: places.SiteDraft) -> None:
    for name in (
        "set_aside", "capacity", "covered_m2", "step_free", "water_l_day", "taps", "latrines", "settlement_id",
        "facility_id", "lon", "lat", "is_cold", "opened_on",
    ):  # fmt: skip
        setattr(site, name, getattr(draft, name))
    site.name, site.name_other = " ".join(draft.name.split()), " ".join(draft.name_other.split())
    site.kind = draft.kind.value
    try:
        with transaction.atomic():
            site.save()
    except IntegrityError as wrong:
        raise errors.Conflict(
            errors.message("A site called “{name}” stands there already. Give this one another name."),
            code="site_twice",
            field="name",
            name=site.name,
        ) from wrong


@transaction.atomic
def close_site(pk: int, *, day: dt.date, by: Access, at: dt.datetime) -> models.Site:
    """The site is closed; nobody may stay there any more, neither in the places set aside."""
    site = _site(pk, A.SITE_CHANGE, by)
    places.check_not_ahead(day, at.date())
    with wall.beyond("whether a site is empty"):
        someone = models.Stay.objects.filter(site=site, left_on=None).exists()
    if someone:
        raise errors.Conflict(
            errors.message("People are still checked in, or places set aside are not given back. Check everybody out "
                           "first; if nobody is left in your list, ask the protection officer."),
            code="site_not_empty",
        )  # fmt: skip
    if day < site.opened_on:
        places.check_leaving(site.opened_on, day, at.date())
    site.closed_on, site.version = day, site.version + 1
    site.save()
    record(by, at, "site closed", "site", site.pk)
    return site


def _site(pk: int, action: Action, by: Access) -> models.Site:
    """The site, locked, if the writer may do this there: two who give the last place wait for one another."""
    by.require(action)
    site = models.Site.objects.visible_to(by, action).select_for_update(of=("self",)).filter(pk=pk).first()
    if site is None:
        raise errors.NotFound()
    if site.closed_on is not None:
        raise errors.Conflict(errors.message("This site is closed. Choose another one."), code="site_closed")
    return site


# --- stays ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Arrival:
    """Who comes: a household with all its people or some of them, or people alone; who needs a place without steps."""

    came_on: dt.date
    household_id: int | None = None
    person_ids: tuple[int, ...] = ()
    step_free_ids: tuple[int, ...] = ()


@transaction.atomic
def check_in(site_id: int, arrival: Arrival, *, by: Access, at: dt.datetime) -> list[models.Stay]:
    """They stay at the site from the day on. Raises Conflict when it is full, or one of them stays elsewhere.

    Who is shielded, and who comes with them, stays in the places set aside, and needs one of those.
    """
    site = _site(site_id, A.SITE_STAY, by)
    places.check_not_ahead(arrival.came_on, at.date())
    if arrival.came_on < site.opened_on:
        raise errors.BadInput(
            errors.message("The site opened on {opened}. Nobody came there on {day}."),
            code="before_opening",
            field="came_on",
            opened=site.opened_on.isoformat(),
            day=arrival.came_on.isoformat(),
        )
    household, people_there = _who(arrival, by)
    _check_alone(people_there, places.Span(arrival.came_on), by)
    step_free = set(arrival.step_free_ids) & {person.pk for person in people_there}
    _check_room(site, household, people_there, len(step_free))
    rows = [
        models.Stay(
            site=site,
            person=person,
            household=household,
            came_on=arrival.came_on,
            step_free=person.pk in step_free,
            checked_in_by_id=by.user_id,
            checked_in_at=at,
        )
        for person in people_there
    ]
    models.Stay.objects.bulk_create(rows)
    entries = [
        audit_rules.Entry(ROOM, "checked in", "stay", str(stay.pk), stay.person.subject, {"site": site.pk})
        for stay in rows
    ]
    audit.record_many(entries, by=by.actor, at=at, lane=audit_rules.OFFICE)
    return rows


def _who(arrival: Arrival, by: Access) -> tuple[people_models.Household | None, list[people_models.Person]]:
    """The household and the people, as the writer may know them."""
    ids = set(arrival.person_ids)
    household = None
    if arrival.household_id is not None:
        answering = people.answering_household(arrival.household_id)
        household = people_models.Household.objects.visible_to(by).filter(pk=answering, ended_on=None).first()
        if household is None:
            raise errors.NotFound(errors.message("There is no such household. Look at its number again."))
        members = set(household.memberships.filter(ended_on=None).values_list("person_id", flat=True))
        if ids - members:
            raise errors.BadInput(
                errors.message("Somebody does not belong to this household any more. Look at it again."),
                code="not_a_member",
                field="person_ids",
            )
        ids = ids or members
    known = people_models.Person.objects.visible_to(by).filter(pk__in=ids, ended_on=None).order_by("pk")
    found = list(known)
    if not found or len(found) != len(ids):
        raise errors.NotFound(errors.message("There is no such person. Look at the number again."))
    if household is None and len(found) == 1:
        mine = found[0].memberships.filter(ended_on=None).values("household_id")
        household = people_models.Household.objects.visible_to(by).filter(pk__in=mine).first()
    return household, found


def _check_alone(coming: Sequence[people_models.Person], new: places.Span, by: Access) -> None:
    """Raise Conflict when somebody would be in two places; the other place is named to whoever sees it."""
    with wall.beyond("whether somebody stays elsewhere"):
        records = people.records_of(person.pk for person in coming)
        rows = models.Stay.objects.filter(person_id__in=records).select_related("site", "person").order_by("pk")
        stays = list(rows)
    for person in coming:
        spans = {places.Span(one.came_on, one.left_on): one for one in stays if _kept(one.person) == _kept(person)}
        clash = places.overlapping(spans, new)
        if clash is not None:
            raise _in_two_places(person, clash, spans[clash].site, by)


def _kept(person: people_models.Person) -> int:
    """The record that answers for this one."""
    return person.canonical_id or person.pk


def _in_two_places(
    person: people_models.Person, clash: places.Span, site: models.Site, by: Access
) -> errors.StrehaError:
    if models.Site.objects.visible_to(by).filter(pk=site.pk).exists():
        return errors.Conflict(
            errors.message("{number} is checked in at {site} since {day}. Check them out there first."),
            code="in_two_places",
            number=person.number,
            site=site.name,
            day=clash.since.isoformat(),
        )
    return errors.Conflict(
        errors.message(
            "{number} is checked in at a site of another office. Ask the colleagues there to check them out."
        ),
        code="in_two_places",
        number=person.number,
    )


def _check_room(
    site: models.Site, household: people_models.Household | None, coming: Sequence[people_models.Person], step_free: int
) -> None:
    with wall.beyond("whether somebody shielded comes"):
        members = people_models.Membership.objects.filter(household=household, person__shielded=True)
        shielded = (
            any(person.shielded for person in coming)
            or (household is not None and household.shielded)
            or (household is not None and members.exists())
        )
    if not shielded:
        places.check_room(queries.places_of([site])[site.pk], len(coming), step_free=step_free)
        return
    free = site.set_aside - queries.set_aside_used(site)
    if len(coming) > free:
        raise errors.Conflict(
            errors.message("{coming} people come whom nobody may know of, and {free} of the places set aside are free. "
                           "Set aside more places first, some days before if you can."),
            code="set_aside_full",
            coming=len(coming),
            free=max(free, 0),
        )  # fmt: skip


@transaction.atomic
def check_out(
    stay_ids: Sequence[int], *, day: dt.date, left_for: places.Left, by: Access, at: dt.datetime
) -> list[models.Stay]:
    """They left the site on the day. Raises Conflict for somebody who had left before."""
    by.require(A.SITE_STAY)
    seen = queries.visible_stays(by, stay_ids, A.SITE_STAY)
    locked = {stay.pk: stay for stay in models.Stay.objects.select_for_update().filter(pk__in=[s.pk for s in seen])}
    for known in seen:
        stay = locked[known.pk]
        if stay.left_on is not None:
            raise errors.Conflict(
                errors.message("{number} left on {day} already."),
                code="already_left",
                number=known.person.number,
                day=stay.left_on.isoformat(),
            )
        places.check_leaving(stay.came_on, day, at.date())
        stay.left_on, stay.left_for = day, left_for.value
        stay.checked_out_by_id, stay.checked_out_at = by.user_id, at
        stay.save()
        record(by, at, "checked out", "stay", stay.pk, {"left_for": left_for.value}, subject=known.person.subject)
    return list(locked.values())


# --- nights -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def count_night(
    site_id: int,
    *,
    night: dt.date,
    counted: int,
    why: places.Difference | None = None,
    note: str = "",
    by: Access,
    at: dt.datetime,
) -> models.NightCount:
    """The night is counted, once; a difference from who is checked in is explained."""
    site = _site(site_id, A.SITE_STAY, by)
    places.check_night(night, site.opened_on, at.date())
    registered = queries.registered_on(site, night)
    places.check_difference(counted, registered, why, note)
    if site.nights.filter(night=night).exists():
        raise errors.Conflict(
            errors.message("The night of {night} was counted already."), code="night_counted", night=night.isoformat()
        )
    row = models.NightCount.objects.create(
        site=site,
        night=night,
        counted=counted,
        registered=registered,
        why=why.value if why and counted != registered else "",
        note=" ".join(note.split()),
        counted_by_id=by.user_id,
        noted_at=at,
    )
    record(by, at, "night counted", "site", site.pk, {"night": night.isoformat(), "counted": counted})
    return row


# --- standards --------------------------------------------------------------------------------------------------------


def load_standards(*, by: Access, at: dt.datetime) -> models.StandardList:
    """The standards that ship are there, none of them verified."""
    return queries.standard_list() or save_standards(bridge.shipped(), by=by, at=at)


@transaction.atomic
def save_standards(lines: Sequence[sphere.Standard], *, by: Access, at: dt.datetime) -> models.StandardList:
    """The standards are a new version, not verified; versions before it stay."""
    by.require(A.SITE_CHANGE)
    sphere.check_standards(lines)
    newest = queries.standard_list()
    row = models.StandardList.objects.create(
        version=newest.version + 1 if newest else 1, made_by_id=by.user_id, made_at=at
    )
    models.Standard.objects.bulk_create(
        models.Standard(
            list=row,
            measure=line.measure,
            climate=line.climate,
            value=line.value,
            remedy=line.remedy,
            gives=line.gives,
            source=line.source.strip(),
        )
        for line in lines
    )
    record(by, at, "standards changed", "standards", row.pk, {"version": row.version})
    return row


@transaction.atomic
def verify_standards(pk: int, *, by: Access, at: dt.datetime) -> models.StandardList:
    """Somebody other than who wrote them has compared the standards with their sources."""
    by.require(A.SITE_CHANGE)
    row = models.StandardList.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        raise errors.NotFound()
    if row.made_by_id == by.person():
        raise errors.Refused(
            errors.message("Whoever wrote the standards cannot verify them. Ask a colleague to compare them with the "
                           "sources."),
            code="own_standards",
        )  # fmt: skip
    row.verified, row.verified_by_id, row.verified_at = True, by.user_id, at
    row.save()
    record(by, at, "standards verified", "standards", row.pk, {"version": row.version})
    return row
