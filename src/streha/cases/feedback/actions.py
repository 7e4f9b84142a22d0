"""Every write to feedback and sensitive reports: each asks the policy, checks the rules, writes, and leaves a record.

Records carry the entry's own key, never the person's: a person's history tells nobody what they complained about.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from importlib import resources
from typing import Any

from django.db import transaction

from streha.accounts import models as accounts
from streha.accounts import queries as account_queries
from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.audit import actions as audit
from streha.cases import models as cases
from streha.cases.feedback import models, personal, queries, rules
from streha.cases.feedback.queries import FEEDBACK, REPORTS, Drawer
from streha.common import errors
from streha.common.codes import Sex
from streha.homes.models import Property
from streha.jobs import actions as jobs
from streha.people import models as people
from streha.people import queries as people_queries
from streha.people.exports import actions as exports
from streha.people.exports.models import ExportFile
from streha.places.models import Area

ROOM = "cases"
Kind = models.Step.Kind


# --- categories and clocks --------------------------------------------------------------------------------------------


@transaction.atomic
def load_clocks(*, by: Access, at: dt.datetime) -> int:
    """The categories that come with Streha are there, unverified; what the office has is left as it is."""
    by.require(Action.FEEDBACK_CLOCKS)
    known = set(models.Clock.objects.values_list("code", flat=True))
    shipped = resources.files("streha.cases.feedback").joinpath("data", "clocks.toml").read_text(encoding="utf-8")
    fresh = [draft for draft in rules.read_clocks(shipped) if draft.code not in known]
    for draft in fresh:
        _write_clock(draft, 1, by=by, at=at)
    return len(fresh)


@transaction.atomic
def change_clock(draft: rules.ClockDraft, *, number: int, by: Access, at: dt.datetime) -> models.Clock:
    """A new version of the category holds for what is taken in from now on; ``number`` is the one it was made from.

    A new category has the number 0. What is sensitive stays so. Raises Conflict when somebody was faster.
    """
    by.require(Action.FEEDBACK_CLOCKS)
    newest = models.Clock.objects.select_for_update().filter(code=draft.code).order_by("-number").first()
    if (newest.number if newest else 0) != number:
        raise errors.Conflict()
    if newest is not None and newest.is_sensitive != draft.is_sensitive:
        raise errors.BadInput(
            errors.message("Whether a category is sensitive cannot change. Make a new one."),
            code="clock_sensitive",
            field="code",
        )
    return _write_clock(draft, number + 1, by=by, at=at)


def _write_clock(draft: rules.ClockDraft, number: int, *, by: Access, at: dt.datetime) -> models.Clock:
    rules.check_clock(draft)
    row = models.Clock.objects.create(
        code=draft.code,
        number=number,
        is_sensitive=draft.is_sensitive,
        label_sq=draft.label.sq,
        label_sr=draft.label.sr,
        label_sr_latn=draft.label.sr_latn,
        label_en=draft.label.en,
        acknowledge_days=draft.terms.acknowledge_days,
        answer_days=draft.terms.answer_days,
        at_risk_percent=draft.terms.at_risk_percent,
        counting=draft.terms.counting,
        source=draft.source.strip()[:300],
        note=draft.note.strip()[:300],
        verified_by=draft.verified_by.strip()[:120],
        verified_on=at.date() if draft.verified_by.strip() else None,
        made_by_id=by.user_id,
        made_at=at,
    )
    audit.record(
        by=by.actor,
        at=at,
        room=ROOM,
        verb="clock changed",
        object_kind="clock",
        object_key=draft.code,
        payload={"number": number, "verified_by": row.verified_by},
    )
    return row


@transaction.atomic
def close_day(day: dt.date, name: str, *, source: str, by: Access, at: dt.datetime) -> models.ClosedDay:
    """No working day counts this day from now on; clocks that run already keep their days."""
    by.require(Action.FEEDBACK_CLOCKS)
    if models.ClosedDay.objects.filter(day=day).exists():
        raise errors.Conflict(errors.message("This day is noted already."), code="closed_again", field="day")
    if not name.strip() or not source.strip():
        raise errors.BadInput(
            errors.message("Say what day it is, and where that is written."), code="closed_source", field="name"
        )
    row = models.ClosedDay.objects.create(
        day=day, name=name.strip()[:120], source=source.strip()[:300], noted_by_id=by.user_id, noted_at=at
    )
    audit.record(
        by=by.actor, at=at, room=ROOM, verb="closed day noted", object_kind="clock", object_key=day.isoformat()
    )
    return row


# --- taking in --------------------------------------------------------------------------------------------------------


@transaction.atomic
def enter(draft: rules.FeedbackDraft, *, by: Access, at: dt.datetime, source: str = "office") -> models.Feedback | None:
    """What somebody told the office is kept and its clock runs; None when it was put into the sensitive drawer.

    A sensitive category keeps the words, the way it came and how to reach them safely, and nothing else that the draft
    says; whoever entered it does not see it again unless they handle such reports.
    """
    by.require(Action.FEEDBACK_ENTER)
    rules.check_draft(draft, at.date())
    clock = queries.newest_clock(draft.category)
    keeper = Area.objects.filter(pk=draft.keeper_id).first()
    if keeper is None or not people_queries.carries(
        by, Action.FEEDBACK_ENTER, people_queries.Record(keeper.pk, _organisation(by), by.user_id, "")
    ):
        raise errors.Refused(
            errors.message("This place lies outside the area you work for. Ask a colleague there."),
            code="outside_scope",
        )
    if clock.is_sensitive:
        _put_into_drawer(draft, clock, source=source, by=by, at=at)
        return None
    return _keep(draft, clock, source=source, by=by, at=at)


def _organisation(by: Access) -> int | None:
    if by.user_id is None:
        return None
    return accounts.User.objects.filter(pk=by.user_id).values_list("organisation_id", flat=True).first()


def _common(
    draft: rules.FeedbackDraft, clock: models.Clock, *, source: str, by: Access, at: dt.datetime
) -> dict[str, Any]:
    """The columns that feedback and reports share."""
    subject = audit.new_subject(at=at)
    days = rules.deadlines(
        draft.received_on, clock.terms, can_be_reached=draft.can_be_reached, closed=queries.closed_days()
    )
    contact = draft.contact.strip()
    return {
        "subject": subject,
        "keeper_id": draft.keeper_id,
        "organisation_id": _organisation(by),
        "registered_by_id": by.user_id,
        "registered_at": at,
        "clock": clock,
        "channel": draft.channel,
        "is_anonymous": draft.is_anonymous,
        "text_sealed": audit.seal(subject, draft.text.strip().encode(), context=models.SEALED_TEXT),
        "contact_sealed": audit.seal(subject, contact.encode(), context=models.SEALED_CONTACT) if contact else None,
        "received_on": draft.received_on,
        "acknowledge_by": days.acknowledge_by,
        "answer_by": days.answer_by,
        "answer_risk_on": days.answer_risk_on,
        "due_on": days.acknowledge_by or days.answer_by,
        "risk_on": days.acknowledge_risk_on or days.answer_risk_on,
        "source": source,
        "is_fictional": draft.is_fictional or account_queries.is_demo_office(),
    }


def _keep(
    draft: rules.FeedbackDraft, clock: models.Clock, *, source: str, by: Access, at: dt.datetime
) -> models.Feedback:
    common = _common(draft, clock, source=source, by=by, at=at)
    name = draft.name.strip()
    entry = models.Feedback(
        **common,
        **_links(draft, by),
        name_sealed=audit.seal(common["subject"], name.encode(), context=models.SEALED_NAME) if name else None,
        sex=draft.sex,
        age_group=draft.age_group,
        disability=draft.disability,
    )
    if entry.person is not None and draft.sex == Sex.UNKNOWN:
        entry.sex = entry.person.sex
    entry.save()
    _step(FEEDBACK, entry, Kind.RECEIVED, draft.received_on, by, at)
    _record(FEEDBACK, "feedback entered", entry, by, at, {"category": clock.code, "channel": draft.channel})
    return entry


def _links(draft: rules.FeedbackDraft, by: Access) -> dict[str, Any]:
    """The records that the feedback speaks of, each of which must exist for the writer."""
    wanted: tuple[tuple[str, Any, int | None], ...] = (
        ("person", people.Person.objects.visible_to(by), draft.person_id),
        ("household", people.Household.objects.visible_to(by), draft.household_id),
        ("case", cases.Case.objects.visible_to(by).filter(is_sensitive=False), draft.case_id),
        ("home", Property.objects.visible_to(by), draft.home_id),
    )
    found = {}
    for name, rows, pk in wanted:
        if pk is None:
            continue
        row = rows.filter(pk=pk).first()
        if row is None:
            raise errors.BadInput(
                errors.message("There is no such record, or none that you may see. Look at the number again."),
                code="link_unknown",
                field=name,
            )
        found[name] = row
    return found


@wall.beyond("a sensitive report is handed in")
def _put_into_drawer(
    draft: rules.FeedbackDraft, clock: models.Clock, *, source: str, by: Access, at: dt.datetime
) -> models.Report:
    entry = models.Report(**_common(draft, clock, source=source, by=by, at=at))
    entry.save()
    _step(REPORTS, entry, Kind.RECEIVED, draft.received_on, by, at)
    _record(REPORTS, "feedback entered", entry, by, at, {"category": clock.code})
    return entry


# --- answering --------------------------------------------------------------------------------------------------------


@transaction.atomic
def acknowledge(
    drawer: Drawer, pk: int, *, text: str = "", on: dt.date | None = None, revision: int, by: Access, at: dt.datetime
) -> Any:
    """Whoever gave it knows that it was received, and the clock of the answer runs."""
    entry = _for_change(drawer, pk, by, revision=revision)
    if entry.state != rules.State.RECEIVED:
        raise errors.Conflict(errors.message("This was acknowledged already."), code="acknowledged_again")
    if not entry.can_be_reached:
        raise errors.BadInput(
            errors.message("It is anonymous: there is nobody to acknowledge it to. Answer it."), code="told_nobody"
        )
    day = on or at.date()
    rules.check_day(day, entry.received_on, at.date(), field="on")
    entry.state, entry.acknowledged_on = rules.State.ACKNOWLEDGED, day
    entry.due_on, entry.risk_on = entry.answer_by, entry.answer_risk_on
    if entry.owner_id is None:
        entry.owner_id = by.user_id
    _save_step(drawer, entry, Kind.ACKNOWLEDGED, "feedback acknowledged", by, at, text=text, day=day)
    return entry


@transaction.atomic
def answer(
    drawer: Drawer,
    pk: int,
    outcome: rules.Outcome,
    text: str,
    *,
    on: dt.date | None = None,
    revision: int,
    by: Access,
    at: dt.datetime,
) -> Any:
    """It is answered: what came of it, and in which words; the clock stops. Whoever asked has still to be told."""
    entry = _for_change(drawer, pk, by, revision=revision)
    if entry.state not in rules.RUNNING:
        raise errors.Conflict(errors.message("This was answered already."), code="answered_again")
    tidy = rules.check_text(text)
    day = on or at.date()
    rules.check_day(day, entry.acknowledged_on or entry.received_on, at.date(), field="on")
    if entry.state == rules.State.RECEIVED and entry.can_be_reached:
        entry.acknowledged_on = day  # an answer acknowledges
    entry.state, entry.answered_on, entry.outcome = rules.State.ANSWERED, day, outcome
    entry.due_on, entry.risk_on = entry.answer_by, entry.answer_risk_on
    if entry.owner_id is None:
        entry.owner_id = by.user_id
    _save_step(drawer, entry, Kind.ANSWERED, "feedback answered", by, at, text=tidy, day=day)
    return entry


@transaction.atomic
def close(
    drawer: Drawer, pk: int, told: rules.Told, *, text: str = "", revision: int, by: Access, at: dt.datetime
) -> Any:
    """It is closed: the outcome was told on a day in a way, or there is a reason why it could not be."""
    entry = _for_change(drawer, pk, by, revision=revision)
    if entry.state != rules.State.ANSWERED:
        raise errors.Conflict(
            errors.message("Answer it first; what came of it is what can be told."), code="not_answered"
        )
    rules.check_told(told, is_anonymous=entry.is_anonymous)
    if told.on is not None:
        rules.check_day(told.on, entry.answered_on, at.date(), field="on")
    entry.state, entry.closed_on = rules.State.CLOSED, at.date()
    entry.told_on, entry.told_how = told.on, told.how or ""
    entry.not_told = told.not_told or ""
    _save_step(drawer, entry, Kind.CLOSED, "feedback closed", by, at, text=text, day=told.on or at.date())
    return entry


@transaction.atomic
def reopen(drawer: Drawer, pk: int, reason: str, *, revision: int, by: Access, at: dt.datetime) -> Any:
    """It is to be answered again; the days of the first answer count no more, its words stay in the story."""
    entry = _for_change(drawer, pk, by, revision=revision)
    if entry.state in rules.RUNNING:
        raise errors.Conflict(errors.message("This is open."), code="feedback_open")
    tidy = rules.check_text(reason, "reason")
    entry.state = rules.State.ACKNOWLEDGED if entry.acknowledged_on else rules.State.RECEIVED
    entry.answered_on, entry.outcome, entry.closed_on = None, "", None
    entry.told_on, entry.told_how, entry.not_told = None, "", ""
    _save_step(drawer, entry, Kind.REOPENED, "feedback reopened", by, at, text=tidy)
    return entry


@transaction.atomic
def note(drawer: Drawer, pk: int, text: str, *, by: Access, at: dt.datetime) -> Any:
    """The note stands in the story, sealed."""
    entry = _for_change(drawer, pk, by)
    _step(drawer, entry, Kind.NOTE, at.date(), by, at, text=rules.check_text(text))
    _record(drawer, "feedback noted", entry, by, at)
    return entry


@transaction.atomic
def assign(drawer: Drawer, pk: int, owner_id: int, *, revision: int, by: Access, at: dt.datetime) -> Any:
    """Somebody who may work on it has it now."""
    entry = _for_change(drawer, pk, by, revision=revision)
    owner = accounts.User.objects.filter(pk=owner_id, is_active=True).first()
    if owner is None or not _would_see(drawer, owner, entry, at):
        raise errors.BadInput(
            errors.message("This colleague could not see it. Choose somebody who works there."),
            code="owner_outside",
            field="owner",
        )
    if entry.owner_id == owner.pk:
        raise errors.Conflict(errors.message("This colleague has it already."), code="owner_again", field="owner")
    entry.owner = owner
    _save_step(drawer, entry, Kind.ASSIGNED, "feedback assigned", by, at)
    return entry


def _would_see(drawer: Drawer, owner: accounts.User, entry: models.Entry, at: dt.datetime) -> bool:
    theirs = account_queries.access(owner, at)
    if not queries.carries(theirs, drawer.work, entry):
        return False
    with wall.beyond("whether a colleague may see feedback"):
        return bool(drawer.visible_to(theirs).filter(pk=entry.pk).exists())


@transaction.atomic
def hand_to_protection(pk: int, category: str, *, revision: int, by: Access, at: dt.datetime) -> None:
    """The feedback turned out to be sensitive: a report holds its words now, and nothing of it is left here."""
    entry = _for_change(FEEDBACK, pk, by, revision=revision)
    clock = queries.newest_clock(category)
    if not clock.is_sensitive:
        raise errors.BadInput(errors.message("Choose a sensitive category."), code="not_sensitive", field="category")
    opened = people_queries.unsealed
    draft = rules.FeedbackDraft(
        category=category,
        channel=rules.Channel(entry.channel),
        keeper_id=entry.keeper_id,
        text=opened(entry.subject, entry.text_sealed, models.SEALED_TEXT),
        received_on=entry.received_on,
        contact=opened(entry.subject, entry.contact_sealed, models.SEALED_CONTACT),
        is_anonymous=entry.is_anonymous,
        is_fictional=entry.is_fictional,
    )
    _put_into_drawer(draft, clock, source="feedback", by=by, at=at)
    _remove(FEEDBACK, entry, by, at)


@transaction.atomic
def remove(drawer: Drawer, pk: int, *, revision: int, by: Access, at: dt.datetime) -> None:
    """It was entered by mistake, or may be kept no longer: words, name and contact are gone with their key."""
    _remove(drawer, _for_change(drawer, pk, by, revision=revision), by, at)


def _remove(drawer: Drawer, entry: Any, by: Access, at: dt.datetime) -> None:
    _record(drawer, "feedback removed", entry, by, at)
    personal.empty(drawer, entry, by=by.actor, at=at, reason="entry removed", drops=True)


# --- lists that leave the office --------------------------------------------------------------------------------------

EXPORT_HEADINGS = (
    "number",
    "category",
    "channel",
    "kept_by",
    "received",
    "acknowledge_by",
    "acknowledged",
    "answer_by",
    "answered",
    "outcome",
    "closed",
    "told_on",
    "told_how",
    "not_told",
    "state",
)


def ask_export(wanted: queries.EntryFilter, *, purpose: str, by: Access, at: dt.datetime) -> ExportFile:
    """The list of feedback will be made by a job, without words, names or contacts."""
    return exports.ask_for("feedback", wanted.as_text(), job="feedback.export", purpose=purpose, by=by, at=at)


def make_export(export_id: int, progress: jobs.Progress, *, by: Access, at: dt.datetime) -> dict[str, int]:
    """The job: the list as the asker may see it now."""
    export = ExportFile.objects.get(pk=export_id)
    if export.made_at is not None:
        return {"rows": export.rows}
    by.require(Action.FEEDBACK_EXPORT)
    rows: list[Sequence[str]] = []
    wanted = queries.EntryFilter.parse(export.query)
    total = queries.narrowed(queries.FEEDBACK, by, wanted, at.date()).count()
    for entry in queries.rows_for_export(by, wanted, at.date()):
        rows.append(_export_row(entry))
        if len(rows) % 100 == 0:
            progress(len(rows), total)
    return exports.keep(export, EXPORT_HEADINGS, rows, by=by, at=at)


def _export_row(entry: models.Feedback) -> tuple[str, ...]:
    def day(value: dt.date | None) -> str:
        return value.isoformat() if value else ""

    return (
        entry.number,
        entry.clock.code,
        entry.channel,
        "/".join(entry.keeper.labels()[::2]),
        day(entry.received_on),
        day(entry.acknowledge_by),
        day(entry.acknowledged_on),
        day(entry.answer_by),
        day(entry.answered_on),
        entry.outcome,
        day(entry.closed_on),
        day(entry.told_on),
        entry.told_how,
        entry.not_told,
        entry.state,
    )


# --- common steps -----------------------------------------------------------------------------------------------------


def _for_change(drawer: Drawer, pk: int, by: Access, *, revision: int | None = None) -> Any:
    """The entry, locked, if the writer may work on it; one out of sight does not exist for the writer."""
    by.require(drawer.work)
    seen = drawer.visible_to(by).select_for_update(of=("self",)).select_related("clock")
    entry = seen.filter(pk=pk).first()
    if entry is None:
        raise errors.NotFound()
    if not queries.carries(by, drawer.work, entry):
        raise errors.Refused(
            errors.message("This place lies outside the area you work for. Ask a colleague there."),
            code="outside_scope",
        )
    if revision is not None and entry.revision != revision:
        raise errors.Conflict()
    return entry


def _save_step(  # noqa: PLR0917 - one line a call
    drawer: Drawer,
    entry: Any,
    kind: models.Step.Kind,
    verb: str,
    by: Access,
    at: dt.datetime,
    *,
    text: str = "",
    day: dt.date | None = None,
) -> None:
    entry.revision += 1
    entry.save()
    _step(drawer, entry, kind, day or at.date(), by, at, text=text)
    _record(drawer, verb, entry, by, at, {"state": entry.state, "outcome": entry.outcome})


def _step(  # noqa: PLR0917 - one line a call
    drawer: Drawer, entry: Any, kind: models.Step.Kind, day: dt.date, by: Access, at: dt.datetime, text: str = ""
) -> None:
    tidy = text.strip()[: rules.TEXT_LENGTH]
    drawer.steps.objects.create(
        entry=entry,
        kind=kind,
        sealed=audit.seal(entry.subject, tidy.encode(), context=models.SEALED_STEP) if tidy else None,
        on=day,
        at=at,
        by_id=by.user_id,
        owner_id=entry.owner_id,
    )


def _record(  # noqa: PLR0917 - one line a call
    drawer: Drawer, verb: str, entry: Any, by: Access, at: dt.datetime, payload: dict[str, Any] | None = None
) -> None:
    audit.record(
        by=by.actor,
        at=at,
        room=ROOM,
        verb=verb,
        object_kind=drawer.kind,
        object_key=str(entry.subject),
        subject=entry.subject,
        payload=payload,
    )
