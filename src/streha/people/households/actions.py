"""Households become one, part, and hand members over; the last such change is taken back. One transaction each.

Memberships end on the day and begin on the same day; none is deleted. Both households must be the writer's to see and
to change. Whoever lives there unseen goes along with a merge, and is told of to nobody.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.audit import actions as audit
from streha.audit import rules as audit_rules
from streha.common import errors
from streha.common.codes import FieldClass
from streha.people import actions as people_actions
from streha.people import models as people
from streha.people import queries as people_queries
from streha.people.households import queries, rules
from streha.people.households.models import HouseholdMove
from streha.people.rules import Relation

ROOM = "people"
VERBS = {
    rules.Kind.MERGED: "household merged",
    rules.Kind.SPLIT: "household split",
    rules.Kind.MOVED: "member moved",
}


@dataclass(frozen=True)
class NewHome:
    """Where a household that moves out lives, as far as it is known."""

    home_area_id: int | None = None
    address: str = ""


def merge_households(
    kept_id: int,
    other_id: int,
    *,
    on: dt.date,
    reason: str,
    by: Access,
    at: dt.datetime,
    relations: Mapping[int, Relation] | None = None,
    versions: Mapping[int, int] | None = None,
) -> HouseholdMove:
    """All members of the other live in the kept household from the day on; the other ended, and answers by the kept."""
    return _change(
        queries.Wish(rules.Kind.MERGED, other_id, kept_id, on, relations=relations),
        reason=reason,
        by=by,
        at=at,
        versions=versions or {},
    )


def move_members(
    members: Sequence[int],
    source_id: int,
    target_id: int,
    *,
    on: dt.date,
    reason: str,
    by: Access,
    at: dt.datetime,
    relations: Mapping[int, Relation] | None = None,
    versions: Mapping[int, int] | None = None,
) -> HouseholdMove:
    """The chosen members of one household live in the other from the day on."""
    return _change(
        queries.Wish(rules.Kind.MOVED, source_id, target_id, on, tuple(members), relations),
        reason=reason,
        by=by,
        at=at,
        versions=versions or {},
    )


def split_household(
    household_id: int,
    members: Sequence[int],
    *,
    on: dt.date,
    head_id: int,
    reason: str,
    by: Access,
    at: dt.datetime,
    relations: Mapping[int, Relation] | None = None,
    home: NewHome | None = None,
    versions: Mapping[int, int] | None = None,
) -> HouseholdMove:
    """The chosen members are a household of their own from the day on, kept by the same office."""
    return _change(
        queries.Wish(rules.Kind.SPLIT, household_id, None, on, tuple(members), relations, head_id),
        reason=reason,
        by=by,
        at=at,
        versions=versions or {},
        home=home or NewHome(),
    )


@transaction.atomic
@wall.beyond("moving members between households")
def _change(
    wish: queries.Wish,
    *,
    reason: str,
    by: Access,
    at: dt.datetime,
    versions: Mapping[int, int],
    home: NewHome | None = None,
) -> HouseholdMove:
    by.require(Action.PERSON_CHANGE)
    if not reason.strip():
        raise errors.BadInput(errors.message("Say why."), code="reason_missing", field="reason")
    ids = [wish.source_id] + ([wish.target_id] if wish.target_id is not None else [])
    rows = _locked(by, ids, versions)
    source = rows[wish.source_id]
    target = rows[wish.target_id] if wish.target_id is not None else None
    wish = dataclasses.replace(wish, source_id=source.pk, target_id=target.pk if target else None)
    going, coming, _there = queries.planned(by, wish, at.date())
    if target is None:
        target = _new_household(source, home or NewHome(), by, at)
    move = HouseholdMove.objects.create(
        kind=wish.kind,
        source=source,
        target=target,
        on=wish.on,
        brought_head=any(stay.is_head for stay in coming),
        moved_at=at,
        moved_by_id=by.user_id,
    )
    _carry_over(move, going, coming, at)
    if wish.kind == rules.Kind.MERGED:
        source.ended_on, source.canonical = max((wish.on, *(rules.ends_on(s, wish.on) for s in going))), target
    _shield(target, [stay.person_id for stay in coming])
    for household in (source, target):
        _renamed(household)
    _record(VERBS[wish.kind], move, [stay.person_id for stay in going], by, at, reason)
    return move


def _locked(by: Access, ids: Sequence[int], versions: Mapping[int, int]) -> dict[int, people.Household]:
    """The households that the writer may change, locked in the order of their numbers, as they were looked at."""
    found = queries.changeable(by, *ids)
    held = people.Household.objects.select_for_update(of=("self",)).filter(pk__in=[r.pk for r in found.values()])
    rows = {row.pk: row for row in held.order_by("pk")}
    for asked, row in found.items():
        now = rows[row.pk]
        queries.require_living(now)
        if versions.get(asked, now.version) != now.version:
            raise errors.Conflict(
                errors.message(
                    "{number} was changed meanwhile: you looked at version {seen}, and it is at {now}. Look again."
                ),
                code="changed_meanwhile",
                number=now.number,
                seen=versions[asked],
                now=now.version,
            )
    return {asked: rows[row.pk] for asked, row in found.items()}


def _new_household(source: people.Household, home: NewHome, by: Access, at: dt.datetime) -> people.Household:
    """A household kept by the office that keeps the one it came from."""
    if home.home_area_id is not None or home.address:
        allowed = people_queries.writable(by, Action.PERSON_CHANGE, people_queries.Record.of(source))
        people_actions.require_classes({FieldClass.HOME_LOCATION}, allowed)
    (subject,) = audit.new_subjects(1, at=at)
    return people.Household.objects.create(
        subject=subject,
        keeper_id=source.keeper_id,
        organisation_id=source.organisation_id,
        home_area_id=home.home_area_id,
        address_sealed=(
            audit.seal(subject, home.address.encode(), context=people.SEALED_ADDRESS) if home.address else None
        ),
        registered_by_id=by.user_id,
        registered_at=at,
        is_fictional=source.is_fictional,
    )


def _carry_over(
    move: HouseholdMove, going: Sequence[rules.Stay], coming: Sequence[rules.Stay], at: dt.datetime
) -> None:
    """Memberships of the source end, and begin in the target on the same day."""
    for stay in going:
        people.Membership.objects.filter(pk=stay.membership_id).update(
            ended_on=rules.ends_on(stay, move.on), ended_by_move=move
        )
    people.Membership.objects.bulk_create(
        people.Membership(
            household_id=move.target_id,
            person_id=stay.person_id,
            relation=stay.relation,
            is_head=stay.is_head,
            is_collector=stay.is_collector,
            is_alternate=stay.is_alternate,
            started_on=rules.ends_on(stay, move.on),
            noted_at=at,
            begun_by_move=move,
        )
        for stay in coming
    )


def _shield(household: people.Household, ids: Sequence[int]) -> None:
    """A household with a shielded member is shielded; it stays so after they left, for it tells where they lived."""
    if people.Person.objects.filter(pk__in=ids, shielded=True).exists():
        household.shielded = True


def _renamed(household: people.Household) -> None:
    """The household goes by the name of its head, or of its first member; the row is written with a new version."""
    lead = (
        people.Membership.objects.filter(household=household, ended_on=None)
        .select_related("person")
        .order_by("-is_head", "pk")
        .first()
    )
    if lead is not None:
        household.sort_name = lead.person.sort_name
    household.version += 1
    household.save()


def follow(opened: Sequence[people.Membership], at: dt.datetime) -> None:
    """Whoever lives again in a household that was merged meanwhile goes along, as if they had been there that day.

    Runs in the caller's transaction; taking the change back brings them back with the others.
    """
    waiting = list(opened)
    while waiting:
        membership = waiting.pop()
        merge = HouseholdMove.objects.filter(
            source_id=membership.household_id, kind=rules.Kind.MERGED, undone_at=None, source__ended_on__isnull=False
        ).first()
        if merge is None:
            continue
        day = max(merge.on, membership.started_on or merge.on)
        membership.ended_on, membership.ended_by_move = day, merge
        membership.save(update_fields=["ended_on", "ended_by_move"])
        waiting.append(
            people.Membership.objects.create(
                household_id=merge.target_id,
                person_id=membership.person_id,
                lent_by_id=membership.lent_by_id,
                relation=Relation.UNKNOWN if membership.is_head else membership.relation,
                started_on=day,
                noted_at=at,
                begun_by_move=merge,
            )
        )


# --- taking back ----------------------------------------------------------------------------------


@transaction.atomic
@wall.beyond("moving members between households")
def take_back(move_id: int, *, reason: str, by: Access, at: dt.datetime) -> HouseholdMove:
    """Everybody lives where they lived before the change, as if it had not been; what was begun ends on its first day.

    Raises Conflict where something that came later stands in the way.
    """
    by.require(Action.PERSON_CHANGE)
    if not reason.strip():
        raise errors.BadInput(errors.message("Say why."), code="reason_missing", field="reason")
    move = queries.visible_move(by, move_id)
    both = people.Household.objects.select_for_update(of=("self",)).filter(pk__in=(move.source_id, move.target_id))
    rows = {row.pk: row for row in both.order_by("pk")}
    move = queries.visible_move(by, move_id)  # who was faster may have taken it back
    if queries.in_the_way(by, move):
        raise errors.Conflict(
            errors.message("Something that came later stands in the way. Look at the list, and settle that first."),
            code="later_stands_in_the_way",
        )
    source, target = rows[move.source_id], rows[move.target_id]
    told = _put_back(move)
    if move.kind == rules.Kind.MERGED:
        source.ended_on, source.canonical = None, None
    if move.kind == rules.Kind.SPLIT:
        target.ended_on, target.canonical = move.on, source
    move.undone_at, move.undone_by_id = at, by.user_id
    move.save()
    for household in (source, target):
        _renamed(household)
    _record("move undone", move, told, by, at, reason)
    return move


def _put_back(move: HouseholdMove) -> list[int]:
    """What the change began ends on its first day, and what it ended is open again; returns whom it was about.

    Whoever lives elsewhere by now, unseen by the writer, stays there.
    """
    for membership in move.begun.filter(ended_on=None):
        membership.ended_on = membership.started_on
        membership.save()
    ended = list(move.ended.order_by("pk"))
    elsewhere = set(
        people.Membership.objects.filter(person_id__in=[m.person_id for m in ended], ended_on=None).values_list(
            "person_id", flat=True
        )
    )
    open_now = people.Membership.objects.filter(household_id=move.source_id, ended_on=None)
    for membership in ended:
        if membership.person_id in elsewhere:
            continue
        membership.ended_on, membership.ended_by_move = None, None
        if membership.is_head and open_now.filter(is_head=True).exists():
            membership.is_head, membership.relation = False, str(Relation.UNKNOWN)
        if membership.is_collector and open_now.filter(is_collector=True).exists():
            membership.is_collector = False
        membership.save()
    return [m.person_id for m in ended]


def _record(  # noqa: PLR0917 - one line a call
    verb: str, move: HouseholdMove, ids: Sequence[int], by: Access, at: dt.datetime, reason: str
) -> None:
    """The histories of both households and of everybody who moved tell it."""
    numbers = [move.source.number, move.target.number]
    if verb == "move undone":
        numbers.reverse()
    subjects = dict(people.Person.objects.filter(pk__in=ids).values_list("pk", "subject"))
    told: list[tuple[str, str, int, Any, dict[str, Any]]] = [
        (verb, "household", move.source_id, move.source.subject, {"household": numbers, "members": [list(ids), None]}),
        (verb, "household", move.target_id, move.target.subject, {"household": numbers, "members": [None, list(ids)]}),
    ]
    of_person = verb if verb == "move undone" else "member moved"
    told += [(of_person, "person", pk, subject, {"household": numbers}) for pk, subject in sorted(subjects.items())]
    audit.record_many(
        [
            audit_rules.Entry(
                room=ROOM,
                verb=said,
                object_kind=kind,
                object_key=str(pk),
                subject=subject,
                payload={**payload, "on": [None, move.on.isoformat()]},
                reason=reason,
            )
            for said, kind, pk, subject, payload in told
        ],
        by=by.actor,
        at=at,
        lane=audit_rules.OFFICE,
    )
