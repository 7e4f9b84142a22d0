"""Reads of changes between households: what one would do, which is the last, and what stands in the way of undoing.

Members whom the viewer does not see are in no preview, no number and no list of what stands in the way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import models as orm

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.common import errors
from streha.common.codes import FieldClass
from streha.people import models as people
from streha.people import queries as people_queries
from streha.people import rules as people_rules
from streha.people.households import rules
from streha.people.households.models import HouseholdMove


def changeable(access: Access, *ids: int) -> dict[int, people.Household]:
    """The households by the numbers asked for, resolved; NotFound for any that the writer may not see and change.

    Asked for by an old number, a household is found under the one it went on in. Raises BadInput where two numbers are
    one household.
    """
    kept = people_queries.answering_households(ids)
    seen = people.Household.objects.visible_to(access, Action.PERSON_CHANGE).select_related("keeper", "home_area")
    rows = {row.pk: row for row in seen.filter(pk__in=kept.values())}
    if set(kept.values()) - rows.keys():
        raise errors.NotFound(errors.message("This household is not among those you work with."))
    for row in rows.values():
        if FieldClass.IDENTITY not in people_queries.writable(
            access, Action.PERSON_CHANGE, people_queries.Record.of(row)
        ):
            raise errors.NotFound(errors.message("This household is not among those you work with."))
    if len(rows) != len(ids):
        raise errors.BadInput(
            errors.message("Both numbers are the same household. Write the number of the other one."),
            code="same_household",
            field="other",
        )
    return {pk: rows[kept[pk]] for pk in ids}


def stays(access: Access, household_id: int) -> list[rules.Stay]:
    """Everybody who lives in the household now, seen or not, the head first: for actions, never for a screen."""
    with wall.beyond("moving members between households"):
        held = list(
            people.Membership.objects.filter(household_id=household_id, ended_on=None).order_by("-is_head", "pk")
        )
    seen = seen_among(access, [m.person_id for m in held])
    return [
        rules.Stay(
            m.pk,
            m.person_id,
            m.relation,
            m.is_head,
            m.is_collector,
            m.is_alternate,
            m.started_on,
            m.person_id in seen,
        )
        for m in held
    ]


def seen_among(access: Access, ids: Iterable[int]) -> set[int]:
    """Those of these people whom the writer may change."""
    seen = people.Person.objects.visible_to(access, Action.PERSON_CHANGE).filter(pk__in=list(ids))
    return set(seen.values_list("pk", flat=True))


# --- what would be --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seat:
    """Somebody in a household as it would be."""

    person: people.Person
    relation: str
    is_head: bool
    is_new: bool


@dataclass(frozen=True)
class Preview:
    """Both households as they would be for the viewer: who comes and stays, and who remains behind."""

    source: people.Household
    target: people.Household | None
    after: tuple[Seat, ...]
    remain: tuple[Seat, ...]

    @property
    def coming(self) -> tuple[Seat, ...]:
        """Those who come by the change."""
        return tuple(seat for seat in self.after if seat.is_new)


@dataclass(frozen=True)
class Wish:
    """A change as it is wished for; ``target_id`` is None for a household that does not exist yet."""

    kind: rules.Kind
    source_id: int
    target_id: int | None
    on: dt.date
    members: tuple[int, ...] = ()
    relations: Mapping[int, people_rules.Relation] | None = None
    head_id: int | None = None


def planned(access: Access, wish: Wish, today: dt.date) -> tuple[list[rules.Stay], list[rules.Stay], list[rules.Stay]]:
    """Who goes as they are, as they will be, and who is there already; raises what the rules refuse."""
    here = stays(access, wish.source_id)
    there = stays(access, wish.target_id) if wish.target_id is not None else []
    members = [people_queries.answering([pk])[pk] for pk in wish.members]
    going = here if wish.kind == rules.Kind.MERGED else rules.chosen(members, here)
    rules.check_day(wish.on, today, going)
    head_id = people_queries.answering([wish.head_id])[wish.head_id] if wish.head_id is not None else None
    if wish.kind == rules.Kind.SPLIT and head_id not in {stay.person_id for stay in going}:
        raise errors.BadInput(
            errors.message("The head of the new household must be one of those who move out. Choose one of them."),
            code="head_not_among",
            field="head",
        )
    told = wish.relations or {}
    kept = people_queries.answering(told)
    relations = {kept[pk]: relation for pk, relation in told.items()}
    return going, rules.settled(wish.kind, going, there, relations, head_id), there


def preview(access: Access, wish: Wish, *, at: dt.datetime) -> Preview:
    """What the viewer would see if the wish came true; that they looked at the people of both is on record.

    Raises NotFound, BadInput and Conflict as the change itself would.
    """
    asked = [pk for pk in (wish.source_id, wish.target_id) if pk is not None]
    rows_asked = changeable(access, *asked)
    for household in rows_asked.values():
        require_living(household)
    source = rows_asked[wish.source_id]
    target = rows_asked[wish.target_id] if wish.target_id is not None else None
    wish = replace(wish, source_id=source.pk, target_id=target.pk if target else None)
    going, coming, there = planned(access, wish, at.date())
    gone = {stay.membership_id for stay in going}
    remain = [stay for stay in stays(access, source.pk) if stay.membership_id not in gone]
    every = [stay for stay in (*there, *coming, *remain) if stay.is_seen]
    rows = {person.pk: person for person in people_queries.with_people([stay.person_id for stay in every])}
    people_queries.note_look(access, list(rows.values()), where="household", at=at)

    def seats(found: Sequence[rules.Stay], *, is_new: bool) -> list[Seat]:
        return [Seat(rows[s.person_id], s.relation, s.is_head, is_new) for s in found if s.is_seen]

    after = [*seats(there, is_new=False), *seats(coming, is_new=True)]
    return Preview(
        source, target, tuple(sorted(after, key=lambda seat: not seat.is_head)), tuple(seats(remain, is_new=False))
    )


def require_living(household: people.Household) -> None:
    """Raise Conflict for a household that has ended."""
    if household.ended_on is not None:
        raise errors.Conflict(
            errors.message("{number} has ended. Choose the household that people live in now."),
            code="household_ended",
            number=household.number,
            field="other",
        )


# --- what was, and what stands in the way ---------------------------------------------------------


def last_move(access: Access, household_id: int) -> HouseholdMove | None:
    """The latest change of the household that is in force, where the viewer may change both sides."""
    of_it = orm.Q(source_id=household_id) | orm.Q(target_id=household_id)
    with wall.beyond("moving members between households"):
        found = (
            HouseholdMove.objects.filter(of_it, undone_at=None)
            .select_related("source", "target", "moved_by")
            .order_by("-pk")
            .first()
        )
    return found if found is not None and _may_undo(access, found) else None


def _may_undo(access: Access, move: HouseholdMove) -> bool:
    """Whether the viewer may change both households as they stand, the one that ended too."""
    both = {move.source_id, move.target_id}
    seen = people.Household.objects.visible_to(access, Action.PERSON_CHANGE).filter(pk__in=both)
    rows = list(seen)
    return len(rows) == len(both) and all(
        FieldClass.IDENTITY in people_queries.writable(access, Action.PERSON_CHANGE, people_queries.Record.of(row))
        for row in rows
    )


def visible_move(access: Access, move_id: int) -> HouseholdMove:
    """A change in force between two households that the viewer may change; NotFound for whoever may not know of it."""
    with wall.beyond("moving members between households"):
        found = (
            HouseholdMove.objects.filter(pk=move_id, undone_at=None)
            .select_related("source", "target", "moved_by")
            .first()
        )
    if found is None or not _may_undo(access, found):
        raise errors.NotFound(errors.message("This change was taken back already, or never was."))
    return found


@dataclass(frozen=True)
class InTheWay:
    """One thing that stands in the way, and the number it is about."""

    code: rules.Obstacle
    number: str


def in_the_way(access: Access, move: HouseholdMove) -> list[InTheWay]:
    """What came later and depends on the change, as far as the viewer may know; empty where it can be taken back."""
    with wall.beyond("moving members between households"):
        return [
            *_later_changes(move),
            *_members_gone(access, move),
            *_other_heads(access, move),
            *_depends_on_new(access, move),
        ]


def _later_changes(move: HouseholdMove) -> list[InTheWay]:
    both = [move.source_id, move.target_id]
    later = HouseholdMove.objects.filter(
        orm.Q(source_id__in=both) | orm.Q(target_id__in=both), undone_at=None, pk__gt=move.pk
    )
    other = {pk for pair in later.values_list("source_id", "target_id") for pk in pair if pk in both}
    return [InTheWay(rules.Obstacle.LATER_CHANGE, people_rules.household_number(pk)) for pk in sorted(other)]


def _members_gone(access: Access, move: HouseholdMove) -> list[InTheWay]:
    """Those who came by the change and have left since, among whom the viewer sees."""
    left = list(move.begun.filter(ended_on__isnull=False).values_list("person_id", flat=True))
    seen = seen_among(access, left)
    return [
        InTheWay(rules.Obstacle.MEMBER_LEFT, people_rules.person_number(pk)) for pk in dict.fromkeys(left) if pk in seen
    ]


def _other_heads(access: Access, move: HouseholdMove) -> list[InTheWay]:
    """A head chosen since: in the source in place of one who would come back, in the target among those who came."""
    found = []
    if move.ended.filter(is_head=True).exists():
        others = people.Membership.objects.filter(household_id=move.source_id, ended_on=None, is_head=True)
        chosen = list(others.values_list("person_id", flat=True))
        if seen_among(access, chosen):
            found.append(InTheWay(rules.Obstacle.OTHER_HEAD, move.source.number))
    if not move.brought_head and move.begun.filter(ended_on=None, is_head=True).exists():
        found.append(InTheWay(rules.Obstacle.OTHER_HEAD, move.target.number))
    return found


def _depends_on_new(access: Access, move: HouseholdMove) -> list[InTheWay]:
    """For a household that the change made: others who joined it, and what other rooms noted of it."""
    if move.kind != rules.Kind.SPLIT:
        return []
    joined = people.Membership.objects.filter(household_id=move.target_id).exclude(begun_by_move=move)
    joined = joined.exclude(begun_by_move__undone_at__isnull=False)  # by a change taken back: nobody lived there
    came = list(joined.values_list("person_id", flat=True))
    seen = seen_among(access, came)
    found = [
        InTheWay(rules.Obstacle.MEMBER_CAME, people_rules.person_number(pk)) for pk in dict.fromkeys(came) if pk in seen
    ]
    if _is_named_elsewhere(access, move.target_id):
        found.append(InTheWay(rules.Obstacle.NAMED_ELSEWHERE, move.target.number))
    return found


def _is_named_elsewhere(access: Access, household_id: int) -> bool:
    """Whether a record of a room above that the viewer may see points to the household."""
    for relation in people.Household._meta.related_objects:
        rows = relation.related_model._default_manager
        if relation.related_model._meta.app_label == "people" or not hasattr(rows, "visible_to"):
            continue
        if rows.visible_to(access).filter(**{relation.field.name: household_id}).exists():
            return True
    return False
