"""What holds when households become one, part or hand members over: days, roles, and what stands in the way.

No database. A ``Stay`` is a membership that is open; ``settled`` says which roles it has where it goes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from streha.common import errors
from streha.people.rules import Relation, person_number


class Kind(StrEnum):
    MERGED = "merged"
    SPLIT = "split"
    MOVED = "moved"


class Obstacle(StrEnum):
    """Why a change cannot be taken back."""

    LATER_CHANGE = "later_change"
    MEMBER_LEFT = "member_left"
    MEMBER_CAME = "member_came"
    OTHER_HEAD = "other_head"
    NAMED_ELSEWHERE = "named_elsewhere"


@dataclass(frozen=True)
class Stay:
    """One open membership; ``is_seen`` says whether the writer may know of it."""

    membership_id: int
    person_id: int
    relation: str
    is_head: bool = False
    is_collector: bool = False
    is_alternate: bool = False
    started_on: dt.date | None = None
    is_seen: bool = True


def check_day(on: dt.date, today: dt.date, going: Iterable[Stay]) -> None:
    """Raise BadInput for a day to come, or one before somebody who goes had moved in.

    Whom the writer does not see cannot refuse a day: their membership ends on the day it began at the earliest.
    """
    if on > today:
        raise errors.BadInput(
            errors.message("{value} lies in the future. Write the day on which it happened, today at the latest."),
            code="day_in_future",
            value=on.strftime("%d.%m.%Y"),
            field="on",
        )
    late = [stay for stay in going if stay.is_seen and stay.started_on is not None and stay.started_on > on]
    if late:
        last = max(late, key=lambda stay: (stay.started_on or on, stay.person_id))
        raise errors.BadInput(
            errors.message("{number} lives here since {since} only. Write that day or a later one."),
            code="before_membership",
            number=person_number(last.person_id),
            since=last.started_on.strftime("%d.%m.%Y") if last.started_on else "",
            field="on",
        )


def chosen(members: Sequence[int], here: Sequence[Stay]) -> list[Stay]:
    """The stays of the chosen people; raises where nobody is chosen, one does not live here, or nobody would remain."""
    by_person = {stay.person_id: stay for stay in here if stay.is_seen}
    if not members:
        raise errors.BadInput(errors.message("Choose at least one member."), code="members_missing", field="members")
    strangers = [pk for pk in members if pk not in by_person]
    if strangers:
        raise errors.BadInput(
            errors.message("{number} does not live in this household now. Look at its members again."),
            code="not_a_member",
            number=person_number(strangers[0]),
            field="members",
        )
    if by_person.keys() <= set(members):
        raise errors.BadInput(
            errors.message("Somebody must remain. To bring all of them together with others, merge the households."),
            code="nobody_remains",
            field="members",
        )
    return [by_person[pk] for pk in dict.fromkeys(members)]


def settled(
    kind: Kind,
    going: Sequence[Stay],
    there: Sequence[Stay],
    relations: Mapping[int, Relation],
    head_id: int | None = None,
) -> list[Stay]:
    """Those who go, with the roles they have there.

    The head and the collector who are there stay so. In a merge a household without a head takes the head of the
    other, and a household without a collector its collector. In a split ``head_id`` leads, and who collected goes on
    doing so. Who merely moves takes no role along.
    """
    has_head, has_collector = (any(s.is_head for s in there), any(s.is_collector for s in there))
    asked = [pk for pk in (stay.person_id for stay in going) if relations.get(pk) == Relation.HEAD]
    if head_id is not None:
        asked = [head_id]
    if len(asked) > 1 or (asked and has_head):
        raise errors.BadInput(errors.message("A household has one head. Choose one."), code="two_heads")
    if not asked and kind == Kind.MERGED and not has_head:
        asked = [stay.person_id for stay in going if stay.is_head][:1]
    keeps_head = kind == Kind.MERGED and any(stay.is_head and stay.person_id in asked for stay in going)
    return [_with_roles(kind, stay, asked, relations, (keeps_head, has_collector)) for stay in going]


def _with_roles(
    kind: Kind, stay: Stay, heads: Sequence[int], relations: Mapping[int, Relation], known: tuple[bool, bool]
) -> Stay:
    keeps_head, has_collector = known
    is_head = stay.person_id in heads
    told = relations.get(stay.person_id)
    relation = stay.relation if keeps_head and told in {None, Relation.UNKNOWN} else (told or Relation.UNKNOWN)
    if is_head:
        relation = Relation.HEAD
    elif relation == Relation.HEAD:
        relation = Relation.UNKNOWN
    return replace(
        stay,
        relation=str(relation),
        is_head=is_head,
        is_collector=stay.is_collector and not has_collector and kind != Kind.MOVED,
        is_alternate=stay.is_alternate and kind != Kind.MOVED,
    )


def ends_on(stay: Stay, on: dt.date) -> dt.date:
    """The day on which a stay ends: the day told, and never before it began."""
    return max(on, stay.started_on) if stay.started_on else on
