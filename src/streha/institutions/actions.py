"""Every write to institutions, meetings, tasks and training: each asks the policy, checks, writes, leaves a record."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import IntegrityError, transaction

from streha.accounts import models as accounts
from streha.accounts import queries as account_queries
from streha.accounts.rules import Access, Action
from streha.audit import actions as audit
from streha.common import errors
from streha.institutions import models, personal, queries, rules
from streha.jobs import actions as jobs
from streha.people import queries as people
from streha.people.exports import actions as exports
from streha.people.exports.models import ExportFile
from streha.places.models import Area

ROOM = "institutions"


# --- institutions -----------------------------------------------------------------------------------------------------


@transaction.atomic
def add_institution(draft: rules.InstitutionDraft, *, by: Access, at: dt.datetime) -> models.Institution:
    """The institution is known; raises Conflict when one of that name is."""
    by.require(Action.INSTITUTION_WORK)
    row = models.Institution(made_by_id=by.user_id, made_at=at, is_fictional=_fictional(draft.is_fictional))
    return _write_institution(row, draft, "institution added", by, at)


@transaction.atomic
def change_institution(
    pk: int, draft: rules.InstitutionDraft, *, version: int, by: Access, at: dt.datetime
) -> models.Institution:
    """The institution is as the draft says; raises Conflict when somebody was faster."""
    by.require(Action.INSTITUTION_WORK)
    row = models.Institution.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        raise errors.NotFound()
    if row.version != version:
        raise errors.Conflict()
    row.version += 1
    return _write_institution(row, draft, "institution changed", by, at)


def _write_institution(
    row: models.Institution, draft: rules.InstitutionDraft, verb: str, by: Access, at: dt.datetime
) -> models.Institution:
    row.name = rules.tidy(draft.name, name="name")
    row.name_sr = rules.tidy(draft.name_sr, name="name_sr", required=False)
    row.name_en = rules.tidy(draft.name_en, name="name_en", required=False)
    row.kind, row.area_id, row.organisation_id = draft.kind, draft.area_id, draft.organisation_id
    row.note = rules.tidy(draft.note, name="note", limit=rules.NOTE_LENGTH, required=False)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as twice:
        raise errors.Conflict(
            errors.message("There is an institution “{value}” already."),
            code="institution_again",
            field="name",
            value=row.name,
        ) from twice
    _record(verb, "institution", row.pk, by, at)
    return row


@transaction.atomic
def end_institution(pk: int, *, version: int, by: Access, at: dt.datetime) -> models.Institution:
    """It is no longer worked with; what was done stays."""
    by.require(Action.INSTITUTION_WORK)
    row = models.Institution.objects.select_for_update().filter(pk=pk, ended_on=None).first()
    if row is None:
        raise errors.NotFound()
    if row.version != version:
        raise errors.Conflict()
    row.ended_on, row.version = at.date(), row.version + 1
    row.save()
    _record("institution ended", "institution", row.pk, by, at)
    return row


# --- contacts ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_contact(institution_id: int, draft: rules.ContactDraft, *, by: Access, at: dt.datetime) -> models.Contact:
    """Somebody speaks for the institution, sealed under a key of their own."""
    by.require(Action.INSTITUTION_WORK)
    institution = queries.visible_institution(by, institution_id)
    if draft.since is not None:
        rules.check_day(draft.since, at.date(), name="since")
    subject = audit.new_subject(at=at)
    contact = models.Contact.objects.create(
        subject=subject,
        institution=institution,
        function=rules.tidy(draft.function, name="function", required=False),
        name_sealed=_sealed(subject, draft.name, "name", models.SEALED_NAME, required=True),
        phone_sealed=_sealed(subject, draft.phone, "phone", models.SEALED_PHONE),
        email_sealed=_sealed(subject, draft.email, "email", models.SEALED_EMAIL),
        since=draft.since,
        noted_by_id=by.user_id,
        noted_at=at,
    )
    _record("contact added", "contact", contact.pk, by, at, subject=subject)
    return contact


def _sealed(subject: uuid.UUID, text: str, name: str, context: str, *, required: bool = False) -> bytes | None:
    tidy = rules.tidy(text, name=name, required=required)
    return audit.seal(subject, tidy.encode(), context=context) if tidy else None


@transaction.atomic
def end_contact(pk: int, *, by: Access, at: dt.datetime) -> models.Contact:
    """They speak for the institution no longer."""
    contact = _contact(pk, by)
    if contact.until is not None:
        raise errors.Conflict(errors.message("This contact has ended already."), code="contact_ended")
    contact.until = max(at.date(), contact.since or at.date())
    contact.save()
    _record("contact ended", "contact", contact.pk, by, at, subject=contact.subject)
    return contact


@transaction.atomic
def forget_contact(pk: int, *, by: Access, at: dt.datetime) -> None:
    """Nothing of the contact is left but that somebody was there."""
    contact = _contact(pk, by)
    _record("contact forgotten", "contact", contact.pk, by, at)
    personal.erase(contact.subject, by=by.actor, at=at)


def _contact(pk: int, by: Access) -> models.Contact:
    by.require(Action.INSTITUTION_WORK)
    contact = models.Contact.objects.visible_to(by).select_for_update().filter(pk=pk).first()
    if contact is None:
        raise errors.NotFound()
    return contact


# --- bodies and meetings ----------------------------------------------------------------------------------------------


@transaction.atomic
def form_body(draft: rules.BodyDraft, *, by: Access, at: dt.datetime) -> models.Body:
    """The body can meet, with the institutions that sit in it."""
    by.require(Action.INSTITUTION_WORK)
    body = models.Body(
        name=rules.tidy(draft.name, name="name"),
        kind=draft.kind,
        basis=rules.tidy(draft.basis, name="basis", limit=300, required=False),
        **_kept(draft.keeper_id, by, at),
    )
    body.is_fictional = _fictional(draft.is_fictional)
    try:
        with transaction.atomic():
            body.save()
    except IntegrityError as twice:
        raise errors.Conflict(
            errors.message("There is a body “{value}” here already."), code="body_again", field="name", value=body.name
        ) from twice
    _seat(body, draft.member_ids)
    _record("body formed", "body", body.pk, by, at)
    return body


@transaction.atomic
def change_members(pk: int, member_ids: Iterable[int], *, by: Access, at: dt.datetime) -> models.Body:
    """These institutions sit in the body from now on."""
    body = _body(pk, by)
    body.members.all().delete()
    _seat(body, member_ids)
    _record("body changed", "body", body.pk, by, at)
    return body


def _seat(body: models.Body, member_ids: Iterable[int]) -> None:
    wanted = list(dict.fromkeys(member_ids))
    _require_known(wanted, "members")
    models.BodyMember.objects.bulk_create(models.BodyMember(body=body, institution_id=pk) for pk in wanted)


def _require_known(institution_ids: Sequence[int], field: str) -> None:
    if models.Institution.objects.filter(pk__in=institution_ids).count() != len(set(institution_ids)):
        raise errors.BadInput(
            errors.message("An institution is not known here. Add it first."), code="institution_unknown", field=field
        )


@transaction.atomic
def call_meeting(draft: rules.MeetingDraft, *, by: Access, at: dt.datetime) -> models.Meeting:
    """The meeting is planned, with its agenda."""
    body = _body(draft.body_id, by)
    rules.check_day(draft.day, at.date(), name="day")
    meeting = models.Meeting.objects.create(
        body=body,
        day=draft.day,
        venue=rules.tidy(draft.venue, name="venue", required=False),
        registered_by_id=by.user_id,
        registered_at=at,
        is_fictional=_fictional(draft.is_fictional),
    )
    _write_agenda(meeting, draft.agenda)
    _record("meeting called", "meeting", meeting.pk, by, at)
    return meeting


def _write_agenda(meeting: models.Meeting, titles: Sequence[str]) -> None:
    tidy = [rules.tidy(title, name="agenda") for title in titles if title.strip()]
    models.AgendaItem.objects.bulk_create(
        models.AgendaItem(meeting=meeting, position=position, title=title)
        for position, title in enumerate(tidy, start=1)
    )


@transaction.atomic
def change_agenda(pk: int, titles: Sequence[str], *, revision: int, by: Access, at: dt.datetime) -> models.Meeting:
    """The agenda of a planned meeting is another one."""
    meeting = _meeting(pk, by, revision=revision)
    _require_planned(meeting)
    meeting.agenda.all().delete()
    _write_agenda(meeting, titles)
    _save(meeting, "agenda changed", by, at)
    return meeting


@transaction.atomic
def add_participants(
    pk: int,
    *,
    contact_ids: Sequence[int] = (),
    user_ids: Sequence[int] = (),
    institution_ids: Sequence[int] = (),
    revision: int,
    by: Access,
    at: dt.datetime,
) -> models.Meeting:
    """These were there too: contacts, colleagues, and somebody of an institution who is not named."""
    meeting = _meeting(pk, by, revision=revision)
    _require_known(institution_ids, "institutions")
    contacts = list(models.Contact.objects.visible_to(by).filter(pk__in=contact_ids))
    users = list(accounts.User.objects.filter(pk__in=user_ids, is_active=True))
    if len(contacts) != len(set(contact_ids)) or len(users) != len(set(user_ids)):
        raise errors.BadInput(errors.message("Somebody is not known here. Look again."), code="participant_unknown")
    rows = [models.Participant(meeting=meeting, institution_id=c.institution_id, contact=c) for c in contacts]
    rows += [models.Participant(meeting=meeting, user=user) for user in users]
    rows += [models.Participant(meeting=meeting, institution_id=each) for each in institution_ids]
    if not rows:
        raise errors.BadInput(errors.message("Choose somebody who was there."), code="participant_missing")
    try:
        with transaction.atomic():
            models.Participant.objects.bulk_create(rows)
    except IntegrityError as twice:
        raise errors.Conflict(errors.message("Somebody stands there already."), code="participant_again") from twice
    _save(meeting, "participants noted", by, at)
    return meeting


@transaction.atomic
def write_minutes(
    pk: int,
    text: str,
    *,
    conclusions: Sequence[str] = (),
    revision: int,
    by: Access,
    at: dt.datetime,
) -> models.Meeting:
    """The meeting was held, and its minutes say what was spoken; ``conclusions`` are by the points of the agenda."""
    meeting = _meeting(pk, by, revision=revision)
    if meeting.state == rules.MeetingState.CANCELLED:
        raise errors.Conflict(errors.message("This meeting was cancelled."), code="meeting_cancelled")
    if meeting.day > at.date():
        raise errors.BadInput(
            errors.message("The meeting is on {value}. Write its minutes when it was held."),
            code="minutes_early",
            field="text",
            value=meeting.day.strftime("%d.%m.%Y"),
        )
    meeting.minutes = rules.tidy(text, name="text", limit=rules.TEXT_LENGTH)
    meeting.state = rules.MeetingState.HELD
    meeting.minutes_by_id, meeting.minutes_at = by.user_id, at
    for item, conclusion in zip(list(meeting.agenda.all()), conclusions, strict=False):
        item.conclusion = rules.tidy(conclusion, name="conclusions", limit=rules.NOTE_LENGTH, required=False)
        item.save()
    _save(meeting, "minutes written", by, at)
    return meeting


@transaction.atomic
def cancel_meeting(pk: int, *, revision: int, by: Access, at: dt.datetime) -> models.Meeting:
    """The meeting will not be held."""
    meeting = _meeting(pk, by, revision=revision)
    _require_planned(meeting)
    meeting.state = rules.MeetingState.CANCELLED
    _save(meeting, "meeting cancelled", by, at)
    return meeting


def _require_planned(meeting: models.Meeting) -> None:
    if meeting.state != rules.MeetingState.PLANNED:
        raise errors.Conflict(errors.message("This meeting is no longer planned."), code="meeting_past")


# --- tasks ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def give_task(meeting_id: int, draft: rules.TaskDraft, *, revision: int, by: Access, at: dt.datetime) -> models.Task:
    """Somebody of the office took this on until a day; it stands under their Today."""
    meeting = _meeting(meeting_id, by, revision=revision)
    rules.check_day(draft.due_on, at.date(), name="due_on")
    owner = accounts.User.objects.filter(pk=draft.owner_id, is_active=True).first()
    if owner is None or not account_queries.access(owner, at).allows(Action.INSTITUTION_VIEW):
        raise errors.BadInput(
            errors.message("This colleague does not work with institutions. Choose somebody else."),
            code="owner_outside",
            field="owner",
        )
    task = models.Task.objects.create(
        meeting=meeting, title=rules.tidy(draft.title, name="title"), owner=owner, due_on=draft.due_on
    )
    _save(meeting, "task given", by, at)
    return task


@transaction.atomic
def end_task(pk: int, state: rules.TaskState, *, note: str = "", by: Access, at: dt.datetime) -> models.Task:
    """The task is done, or dropped with a reason; its owner may say so, and whoever works on the meeting."""
    by.require(Action.INSTITUTION_VIEW)
    task = models.Task.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=pk).first()
    if task is None:
        raise errors.NotFound()
    body = models.Body.objects.get(meetings__tasks=task)
    if task.owner_id != by.user_id and not queries.carries(by, Action.INSTITUTION_WORK, body):
        raise errors.Refused(errors.message("This is somebody else's task."), code="not_your_task")
    if task.state != rules.TaskState.OPEN:
        raise errors.Conflict(errors.message("This task has ended already."), code="task_ended")
    tidy = rules.tidy(note, name="note", limit=rules.NOTE_LENGTH, required=state == rules.TaskState.DROPPED)
    task.state, task.ended_on, task.note = state, at.date(), tidy
    task.save()
    if state == rules.TaskState.DONE:
        _record("task done", "task", task.pk, by, at)
    else:
        _record("task dropped", "task", task.pk, by, at)
    return task


# --- training ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def note_training(draft: rules.TrainingDraft, *, by: Access, at: dt.datetime) -> models.Training:
    """The training stands with who was reached."""
    by.require(Action.INSTITUTION_WORK)
    row = models.Training(**_kept(draft.keeper_id, by, at))
    row.is_fictional = _fictional(draft.is_fictional)
    return _write_training(row, draft, "training noted", by, at)


@transaction.atomic
def change_training(
    pk: int, draft: rules.TrainingDraft, *, version: int, by: Access, at: dt.datetime
) -> models.Training:
    """The training is as the draft says."""
    by.require(Action.INSTITUTION_WORK)
    seen = models.Training.objects.visible_to(by, Action.INSTITUTION_WORK).select_for_update(of=("self",))
    row = seen.filter(pk=pk).first()
    if row is None:
        raise errors.NotFound()
    if row.version != version:
        raise errors.Conflict()
    if row.keeper_id != draft.keeper_id:
        row.keeper_id = _kept(draft.keeper_id, by, at)["keeper_id"]
    row.version += 1
    return _write_training(row, draft, "training changed", by, at)


def _write_training(
    row: models.Training, draft: rules.TrainingDraft, verb: str, by: Access, at: dt.datetime
) -> models.Training:
    rules.check_training(draft, at.date())
    _require_known([each.institution_id for each in draft.reached], "reached")
    row.title = rules.tidy(draft.title, name="title")
    row.provider = rules.tidy(draft.provider, name="provider")
    row.first_day, row.last_day = draft.first_day, draft.last_day
    row.women, row.men, row.others = draft.women, draft.men, draft.others
    row.note = rules.tidy(draft.note, name="note", limit=rules.NOTE_LENGTH, required=False)
    row.save()
    row.reached.all().delete()
    models.TrainingReach.objects.bulk_create(
        models.TrainingReach(training=row, institution_id=each.institution_id, number=each.number)
        for each in draft.reached
        if each.number
    )
    _record(verb, "training", row.pk, by, at)
    return row


# --- lists that leave the office --------------------------------------------------------------------------------------

PEOPLE = ("women", "men", "others", "total")
EXPORT_HEADINGS = ("title", "provider", "kept_by", "first_day", "last_day", *PEOPLE, "reached")


def ask_export(*, purpose: str, by: Access, at: dt.datetime) -> ExportFile:
    """The list of training will be made by a job."""
    return exports.ask_for("trainings", "", job="trainings.export", purpose=purpose, by=by, at=at)


def make_export(export_id: int, progress: jobs.Progress, *, by: Access, at: dt.datetime) -> dict[str, int]:
    """The job: all training that the asker sees now."""
    export = ExportFile.objects.get(pk=export_id)
    if export.made_at is not None:
        return {"rows": export.rows}
    by.require(Action.INSTITUTION_WORK)
    rows: list[Sequence[str]] = []
    total = models.Training.objects.visible_to(by).count()
    for row in queries.rows_for_export(by):
        rows.append(_export_row(row))
        if len(rows) % 100 == 0:
            progress(len(rows), total)
    return exports.keep(export, EXPORT_HEADINGS, rows, by=by, at=at)


def _export_row(row: models.Training) -> tuple[str, ...]:
    return (
        row.title,
        row.provider,
        "/".join(row.keeper.labels()[::2]),
        row.first_day.isoformat(),
        row.last_day.isoformat(),
        *(str(number) for number in (row.women, row.men, row.others, row.total)),
        "; ".join(f"{each.institution} ({each.number})" for each in row.reached.all()),
    )


# --- common steps -----------------------------------------------------------------------------------------------------


def _fictional(said: bool) -> bool:
    return said or account_queries.is_demo_office()


def _kept(keeper_id: int, by: Access, at: dt.datetime) -> dict[str, Any]:
    """The columns of what is kept for an area; raises Refused for one outside the writer's scope."""
    organisation = accounts.User.objects.filter(pk=by.user_id or 0).values_list("organisation_id", flat=True).first()
    record = people.Record(keeper_id, organisation, by.user_id, "")
    if not Area.objects.filter(pk=keeper_id).exists() or not people.carries(by, Action.INSTITUTION_WORK, record):
        raise errors.Refused(
            errors.message("This place lies outside the area you work for. Ask a colleague there."),
            code="outside_scope",
        )
    return {
        "keeper_id": keeper_id,
        "organisation_id": organisation,
        "registered_by_id": by.user_id,
        "registered_at": at,
    }


def _body(pk: int, by: Access) -> models.Body:
    by.require(Action.INSTITUTION_WORK)
    body = models.Body.objects.visible_to(by, Action.INSTITUTION_WORK).filter(pk=pk).first()
    if body is None:
        raise errors.NotFound()
    return body


def _meeting(pk: int, by: Access, *, revision: int) -> models.Meeting:
    """The meeting, locked, if the writer may work on it."""
    by.require(Action.INSTITUTION_WORK)
    seen = models.Meeting.objects.visible_to(by, Action.INSTITUTION_WORK).select_for_update(of=("self",))
    meeting = seen.filter(pk=pk).first()
    if meeting is None:
        raise errors.NotFound()
    if meeting.revision != revision:
        raise errors.Conflict()
    return meeting


def _save(meeting: models.Meeting, verb: str, by: Access, at: dt.datetime) -> None:
    meeting.revision += 1
    meeting.save()
    _record(verb, "meeting", meeting.pk, by, at)


def _record(  # noqa: PLR0917 - one line a call
    verb: str, kind: str, key: object, by: Access, at: dt.datetime, subject: uuid.UUID | None = None
) -> None:
    audit.record(by=by.actor, at=at, room=ROOM, verb=verb, object_kind=kind, object_key=str(key), subject=subject)
