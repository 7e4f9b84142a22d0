"""Reads of feedback and of sensitive reports: lists, one of them with its story, what waits, categories.

Everything begins with ``visible_to(access)``. Feedback and reports are read by the same functions from two drawers that
never meet in one query.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from streha.accounts import models as accounts
from streha.accounts.rules import POLICY, Access, Action
from streha.audit import actions as audit
from streha.cases import models as cases
from streha.cases import queries as case_queries
from streha.cases.feedback import models, rules
from streha.common import errors, pages
from streha.common.codes import FieldClass
from streha.common.pages import PAGE_SIZE, Page
from streha.homes.models import Property
from streha.people import models as people
from streha.people import queries as people_queries
from streha.places import queries as places

REPORT = "report"  # how reports are called in the log, for doors that leave them out


@dataclass(frozen=True)
class Drawer:
    """Where entries lie, and who sees and works on them."""

    entries: type[models.Feedback] | type[models.Report]
    steps: type[models.FeedbackStep] | type[models.ReportStep]
    kind: str
    view: Action
    work: Action

    def visible_to(self, access: Access) -> QuerySet[Any]:
        """The entries of this drawer that exist for the viewer."""
        return self.entries.objects.visible_to(access)


FEEDBACK = Drawer(models.Feedback, models.FeedbackStep, "feedback", Action.FEEDBACK_VIEW, Action.FEEDBACK_WORK)
REPORTS = Drawer(models.Report, models.ReportStep, REPORT, Action.FEEDBACK_SENSITIVE, Action.FEEDBACK_SENSITIVE)


def record_of(entry: models.Entry) -> people_queries.Record:
    """What the policy needs to know of an entry."""
    return people_queries.Record(entry.keeper_id, entry.organisation_id, entry.registered_by_id, entry.subject.hex)


def carries(access: Access, action: Action, entry: models.Entry) -> bool:
    """Whether the action is carried on this entry."""
    return people_queries.carries(access, action, record_of(entry))


# --- categories -------------------------------------------------------------------------------------------------------


def clocks() -> list[models.Clock]:
    """The newest version of every category, ordinary ones first."""
    newest: dict[str, models.Clock] = {}
    for row in models.Clock.objects.order_by("number"):
        newest[row.code] = row
    return sorted(newest.values(), key=lambda row: (row.is_sensitive, row.pk))


def newest_clock(code: str) -> models.Clock:
    """The category as feedback taken in now would have it. Raises BadInput for one that nobody knows."""
    found = models.Clock.objects.filter(code=code).order_by("-number").first()
    if found is None:
        raise errors.BadInput(
            errors.message("There is no category “{value}”."),
            code="category_unknown",
            field="category",
            value=code[:40],
        )
    return found


def closed_days() -> frozenset[dt.date]:
    """Days on which the office is closed."""
    return frozenset(models.ClosedDay.objects.values_list("day", flat=True))


# --- lists ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class EntryFilter:
    """What a list is narrowed to; as text it travels with a job."""

    category: str = ""
    channel: str = ""
    standing: str = ""
    owner: str = ""
    closed: bool = False
    area_id: int | None = None

    def as_text(self) -> str:
        """All of it in one line."""
        parts = (self.category, self.channel, self.standing, self.owner, "1" if self.closed else "")
        return "|".join((*parts, str(self.area_id or "")))

    @classmethod
    def parse(cls, text: str) -> EntryFilter:
        """What ``as_text`` wrote."""
        category, channel, standing, owner, closed, area = text.split("|")
        return cls(category, channel, standing, owner, closed == "1", int(area) if area else None)


def narrowed(drawer: Drawer, access: Access, wanted: EntryFilter, today: dt.date) -> QuerySet[Any]:
    """Visible entries that fit."""
    rows = drawer.visible_to(access)
    closed = Q(state=rules.State.CLOSED)
    rows = rows.filter(closed) if wanted.closed else rows.exclude(closed)
    if wanted.category:
        rows = rows.filter(clock__code=wanted.category)
    if wanted.channel:
        rows = rows.filter(channel=wanted.channel)
    if wanted.standing in set(rules.Standing):
        rows = rows.filter(stands(rules.Standing(wanted.standing), today))
    if wanted.owner == "me":
        rows = rows.filter(owner_id=access.user_id or 0)
    elif wanted.owner == "none":
        rows = rows.filter(owner=None)
    if wanted.area_id is not None:
        rows = rows.filter(keeper_id__in=sorted(places.subtree_ids([wanted.area_id])))
    return rows


def stands(standing: rules.Standing, today: dt.date) -> Q:
    """``rules.standing`` as a condition."""
    runs = Q(state__in=rules.RUNNING)
    conditions = {
        rules.Standing.STOPPED: ~runs,
        rules.Standing.BREACHED: runs & Q(due_on__lt=today),
        rules.Standing.AT_RISK: runs & Q(due_on__gte=today, risk_on__lte=today),
        rules.Standing.ON_TRACK: runs & Q(due_on__gte=today, risk_on__gt=today),
    }
    return conditions[standing]


def entries_page(
    drawer: Drawer,
    access: Access,
    wanted: EntryFilter,
    *,
    today: dt.date,
    after: str = "",
    limit: int = PAGE_SIZE,
) -> Page[Any]:
    """One page of entries, those due first at the top."""
    rows = narrowed(drawer, access, wanted, today)
    if after:
        rows = rows.filter(case_queries.behind_day("due_on", after))
    found = list(rows.select_related("clock", "owner", "keeper").order_by("due_on", "id")[: limit + 1])
    shown = found[:limit]
    last = shown[-1] if len(found) > limit else None
    return Page(tuple(shown), pages.key(last.due_on, last.pk) if last else "")


def note_look(access: Access, entries: Sequence[models.Entry], *, where: str, verb: str, at: dt.datetime) -> None:
    """That these were shown is on record under each, and under the person who gave ordinary feedback."""
    subjects: list[uuid.UUID] = []
    for entry in entries:
        subjects.append(entry.subject)
        if isinstance(entry, models.Feedback) and entry.person is not None:
            subjects.append(entry.person.subject)
    if subjects:
        audit.looked(by=access.actor, at=at, verb=verb, subjects=subjects, classes=[FieldClass.IDENTITY], where=where)


def of_person(access: Access, person_id: int) -> list[models.Feedback]:
    """Visible feedback that somebody gave, newest first."""
    every = people_queries.one_person(person_id)
    rows = models.Feedback.objects.visible_to(access).filter(person_id__in=every)
    return list(rows.select_related("clock").order_by("-received_on", "-pk")[:20])


def of_case(access: Access, case_id: int) -> list[models.Feedback]:
    """Visible feedback about a case, newest first."""
    rows = models.Feedback.objects.visible_to(access).filter(case_id=case_id)
    return list(rows.select_related("clock").order_by("-received_on", "-pk")[:20])


def rows_for_export(access: Access, wanted: EntryFilter, today: dt.date) -> Iterator[models.Feedback]:
    """Everything a list for export holds, in order."""
    rows = narrowed(FEEDBACK, access, wanted, today)
    return iter(rows.select_related("clock", "keeper").order_by("pk").iterator(chunk_size=500))


# --- what waits -------------------------------------------------------------------------------------------------------


def waiting(drawer: Drawer, access: Access, standing: rules.Standing, today: dt.date) -> QuerySet[Any]:
    """Entries whose clock stands so, for who works on them: one's own, and those that nobody has."""
    if access.user_id is None or not access.allows(drawer.work):
        return drawer.entries.objects.none()
    mine = Q(owner_id=access.user_id) | Q(owner=None)
    return drawer.visible_to(access).filter(stands(standing, today)).filter(mine)


def to_tell(drawer: Drawer, access: Access) -> QuerySet[Any]:
    """Answered, but whoever asked was not told yet: the viewer's own."""
    if access.user_id is None or not access.allows(drawer.work):
        return drawer.entries.objects.none()
    mine = Q(owner_id=access.user_id) | Q(owner=None)
    return drawer.visible_to(access).filter(state=rules.State.ANSWERED).filter(mine)


def unread(access: Access) -> QuerySet[models.Report]:
    """Sensitive reports that nobody has taken up, for who handles them."""
    return models.Report.objects.visible_to(access).filter(state=rules.State.RECEIVED)


# --- one of them ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """A line of the story with its text in clear."""

    step: models.Step
    text: str


@dataclass(frozen=True)
class EntryPage:
    """Feedback or a report as one viewer may see it. ``case`` and ``home`` are there if they exist for the viewer."""

    drawer: Drawer
    entry: Any
    text: str
    name: str
    contact: str
    classes: frozenset[FieldClass]
    story: tuple[Told, ...]
    standing: rules.Standing
    person: people.Person | None = None
    household: people.Household | None = None
    case: cases.Case | None = None
    home: Property | None = None
    may_work: bool = False

    @property
    def is_open(self) -> bool:
        """Whether something is left to do."""
        return bool(self.entry.state != rules.State.CLOSED)


def visible_entry(drawer: Drawer, access: Access, pk: int) -> Any:
    """The entry; raises NotFound for one that does not exist for this viewer."""
    rows = drawer.visible_to(access).select_related("clock", "owner", "keeper", "registered_by")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise errors.NotFound()
    return found


def entry_page(drawer: Drawer, access: Access, pk: int, *, at: dt.datetime) -> EntryPage:
    """All of an entry that the viewer may read; that they looked is on record."""
    entry = visible_entry(drawer, access, pk)
    note_look(access, [entry], where=drawer.kind, verb="opened", at=at)
    classes = people_queries.readable(access, record_of(entry), drawer.view)
    return EntryPage(
        drawer=drawer,
        entry=entry,
        text=people_queries.unsealed(entry.subject, entry.text_sealed, models.SEALED_TEXT),
        name=people_queries.unsealed(entry.subject, getattr(entry, "name_sealed", None), models.SEALED_NAME),
        contact=people_queries.unsealed(entry.subject, entry.contact_sealed, models.SEALED_CONTACT)
        if classes & {FieldClass.CONTACT}
        else "",
        classes=classes,
        story=tuple(story(entry)),
        standing=rules.standing(entry.state, due_on=entry.due_on, risk_on=entry.risk_on, today=at.date()),
        may_work=carries(access, drawer.work, entry),
        **links(access, entry),
    )


def story(entry: models.Feedback | models.Report) -> list[Told]:
    """What happened, newest first."""
    steps = list(entry.steps.select_related("by", "owner").order_by("pk"))
    sealed = [(entry.subject, bytes(step.sealed)) for step in steps if step.sealed]
    texts = iter(audit.unseal_many(sealed, context=models.SEALED_STEP))
    return [Told(step, (next(texts) or b"").decode() if step.sealed else "") for step in steps][::-1]


def links(access: Access, entry: models.Entry) -> dict[str, Any]:
    """What the feedback is linked to, each if it exists for the viewer."""
    if not isinstance(entry, models.Feedback):
        return {}
    person = people.Person.objects.visible_to(access).filter(pk=entry.person_id or 0).first()
    return {
        "person": people_queries.with_people([person.pk])[0] if person else None,
        "household": people.Household.objects.visible_to(access).filter(pk=entry.household_id or 0).first(),
        "case": cases.Case.objects.visible_to(access).filter(pk=entry.case_id or 0).first(),
        "home": Property.objects.visible_to(access).filter(pk=entry.home_id or 0).first(),
    }


def owners_for(drawer: Drawer) -> list[accounts.User]:
    """People whose role works on such entries; whether one may see this one is asked when it is given."""
    working = [role.value for role, held in POLICY.items() if drawer.work in held.actions]
    found = accounts.User.objects.filter(is_active=True, grants__role__in=working, grants__withdrawn_at=None)
    return list(found.distinct().order_by("full_name")[:200])


# --- figures ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Timely:
    """How a number of entries fared; shares are of those whose day has come or that were done."""

    number: int
    acknowledged: int
    acknowledged_of: int
    answered: int
    answered_of: int
    told: int
    told_of: int
    median_days: float | None


@dataclass(frozen=True)
class Figures:
    """Feedback received in a period and visible to the viewer: by channel, category and state, and in time."""

    by_channel: Mapping[str, int]
    by_category: Sequence[tuple[models.Clock, int]]
    by_state: Mapping[str, int]
    all: Timely
    rows: Sequence[models.Feedback]


def received_between(access: Access, since: dt.date, until: dt.date, area_id: int | None) -> list[models.Feedback]:
    """Feedback of a period with what figures need, those erased since included: dates and codes alone are left."""
    rows = models.Feedback.objects.counted_for(access).filter(received_on__gte=since, received_on__lte=until)
    if area_id is not None:
        rows = rows.filter(keeper_id__in=sorted(places.subtree_ids([area_id])))
    return list(
        rows.select_related("clock").only(
            "clock__code",
            "channel",
            "state",
            "received_on",
            "acknowledge_by",
            "acknowledged_on",
            "answer_by",
            "answered_on",
            "closed_on",
            "told_on",
            "sex",
            "age_group",
            "disability",
        )
    )


def figures(access: Access, since: dt.date, until: dt.date, *, today: dt.date, area_id: int | None = None) -> Figures:
    """How feedback of a period was dealt with; what is visible to the viewer is counted, nothing else."""
    rows = received_between(access, since, until, area_id)
    channels = {code.value: 0 for code in rules.Channel}
    states = {code.value: 0 for code in rules.State}
    by_code: dict[str, int] = {}
    for row in rows:
        channels[row.channel] += 1
        states[row.state] += 1
        by_code[row.clock.code] = by_code.get(row.clock.code, 0) + 1
    known = [(clock, by_code[clock.code]) for clock in clocks() if clock.code in by_code]
    return Figures(
        {code: n for code, n in channels.items() if n},
        known,
        {code: n for code, n in states.items() if n},
        timely(rows, today),
        rows,
    )


def timely(rows: Sequence[models.Feedback], today: dt.date) -> Timely:
    """Shares in time, and the median of days from coming in to the answer."""
    known = [
        rules.Course(
            r.received_on, r.acknowledge_by, r.acknowledged_on, r.answer_by, r.answered_on, r.closed_on, r.told_on
        )
        for r in rows
    ]
    acknowledged = [c.acknowledged_in_time(today) for c in known]
    answered = [c.answered_in_time(today) for c in known]
    told = [c.told_on is not None for c in known if c.closed_on is not None]
    return Timely(
        number=len(known),
        acknowledged=acknowledged.count(True),
        acknowledged_of=len(known) - acknowledged.count(None),
        answered=answered.count(True),
        answered_of=len(known) - answered.count(None),
        told=told.count(True),
        told_of=len(told),
        median_days=rules.median([c.days for c in known if c.days is not None]),
    )
