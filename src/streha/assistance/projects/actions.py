"""Every write of community projects: planned, moved, paid, milestones, people served, figures, photos; the 5W table."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from decimal import Decimal

from django.db import IntegrityError, transaction

from streha.accounts import queries as accounts
from streha.accounts.rules import Access, Action
from streha.assistance.programmes.models import Programme
from streha.assistance.programmes.rules import For
from streha.assistance.projects import models, queries, rules
from streha.assistance.works.actions import accounts_organisation, spend_committed
from streha.audit import actions as audit
from streha.audit import rules as audit_rules
from streha.common import errors, money
from streha.formats import pictures
from streha.homes import bridge as files
from streha.institutions.models import Institution
from streha.jobs import actions as jobs
from streha.people import queries as people
from streha.people.exports import actions as exports
from streha.people.exports.models import ExportFile
from streha.places.models import Area, Facility

ROOM = "assistance"
A = Action
MOST_PHOTOS = 30  # of one project


def plan_project(draft: rules.ProjectDraft, *, by: Access, at: dt.datetime) -> models.CommunityProject:
    """The project is planned."""
    return plan_many([draft], by=by, at=at)[0]


@transaction.atomic
def plan_many(drafts: Sequence[rules.ProjectDraft], *, by: Access, at: dt.datetime) -> list[models.CommunityProject]:
    """All are planned, or none."""
    by.require(A.PROJECT_WORK)
    organisation = accounts_organisation(by)
    areas = Area.objects.in_bulk({draft.area_id for draft in drafts})
    _require_known(drafts, by)
    subjects = audit.new_subjects(len(drafts), at=at)
    is_demo = accounts.is_demo_office()
    rows = []
    for draft, subject in zip(drafts, subjects, strict=True):
        rules.check_project(draft)
        keeper = _keeper(areas.get(draft.area_id))
        if not people.carries(by, A.PROJECT_WORK, people.Record(keeper, organisation, by.user_id, "")):
            raise errors.Refused(
                errors.message("This place lies outside the area you work for. Ask a colleague there."),
                code="outside_scope",
            )
        rows.append(
            models.CommunityProject(
                subject=subject,
                title=rules.check_text(draft.title, field="title", most=160),
                kind=draft.kind,
                sector=draft.sector,
                about=rules.check_text(draft.about, field="about", required=False),
                area_id=draft.area_id,
                facility_id=draft.facility_id,
                programme_id=draft.programme_id,
                lon=draft.lon,
                lat=draft.lat,
                keeper_id=keeper,
                organisation_id=organisation,
                registered_by_id=by.user_id,
                registered_at=at,
                starts_on=draft.starts_on,
                ends_on=draft.ends_on,
                cost=draft.cost,
                currency=money.check_currency(draft.currency),
                is_fictional=draft.is_fictional or is_demo,
            )
        )
    models.CommunityProject.objects.bulk_create(rows, batch_size=300)
    _write_parts(list(zip(rows, drafts, strict=True)))
    _record_many("project planned", rows, by, at)
    return rows


def _keeper(area: Area | None) -> int:
    """The municipality in which the place lies."""
    if area is None or area.kind not in {Area.Kind.MUNICIPALITY, Area.Kind.SETTLEMENT}:
        raise errors.BadInput(
            errors.message("Choose the municipality or settlement in which the project lies."),
            code="area_missing",
            field="area",
        )
    return area.pk if area.kind == Area.Kind.MUNICIPALITY else (area.parent_id or area.pk)


def _require_known(drafts: Sequence[rules.ProjectDraft], by: Access) -> None:
    facilities = {draft.facility_id: draft.area_id for draft in drafts if draft.facility_id is not None}
    if Facility.objects.filter(pk__in=facilities).count() != len(facilities):
        raise errors.BadInput(
            errors.message("This school, clinic or centre is not known here."),
            code="facility_unknown",
            field="facility",
        )
    partners = {pk for draft in drafts for pk in draft.partner_ids}
    if Institution.objects.filter(pk__in=partners).count() != len(partners):
        raise errors.BadInput(
            errors.message("An institution is not known here. Add it first."),
            code="institution_unknown",
            field="partners",
        )
    programmes = {draft.programme_id for draft in drafts if draft.programme_id is not None}
    if programmes and Programme.objects.visible_to(by).filter(pk__in=programmes).count() != len(programmes):
        raise errors.NotFound()


def _write_parts(told: Sequence[tuple[models.CommunityProject, rules.ProjectDraft]]) -> None:
    models.ProjectTag.objects.bulk_create(
        (models.ProjectTag(project=row, code=tag) for row, d in told for tag in dict.fromkeys(d.tags)), batch_size=500
    )
    models.ProjectFunding.objects.bulk_create(
        (models.ProjectFunding(project=row, donor=f.donor, amount=f.amount) for row, d in told for f in d.funding),
        batch_size=500,
    )
    models.Milestone.objects.bulk_create(
        (
            models.Milestone(project=row, position=n, title=step.title, due_on=step.due_on, done_on=step.done_on)
            for row, d in told
            for n, step in enumerate(d.milestones, start=1)
        ),
        batch_size=500,
    )
    models.ProjectPartner.objects.bulk_create(
        (
            models.ProjectPartner(project=row, institution_id=pk)
            for row, d in told
            for pk in dict.fromkeys(d.partner_ids)
        ),
        batch_size=500,
    )
    models.ProjectServed.objects.bulk_create(
        (_served_row(row, served) for row, d in told for served in d.served), batch_size=500
    )
    models.ProjectFigure.objects.bulk_create(
        (
            models.ProjectFigure(project=row, label=m.label[:120], unit=m.unit[:30], before=m.before, after=m.after)
            for row, d in told
            for m in d.measured
        ),
        batch_size=500,
    )


def _served_row(row: models.CommunityProject, served: rules.Served) -> models.ProjectServed:
    return models.ProjectServed(
        project=row,
        count=served.count,
        sex=served.sex,
        age=served.age,
        number=served.number,
        with_disability=served.with_disability,
    )


@transaction.atomic
def move(
    pk: int, state: rules.State, *, on: dt.date, version: int, by: Access, at: dt.datetime
) -> models.CommunityProject:
    """The project runs, is done or is cancelled; a finished one stays as it is."""
    row = _project(pk, by, version=version)
    allowed = {
        rules.State.PLANNED: {rules.State.RUNNING, rules.State.CANCELLED},
        rules.State.RUNNING: {rules.State.DONE, rules.State.CANCELLED},
    }
    if state not in allowed.get(rules.State(row.state), set()):
        raise errors.Conflict(
            errors.message("This cannot be done with the project as it stands now. Look at it again."),
            code="project_state",
        )
    rules.check_day(on, at.date(), earliest=row.starts_on if state == rules.State.DONE else None)
    open_steps = row.milestones.filter(done_on=None).count()
    if state == rules.State.DONE and open_steps:
        raise errors.Conflict(
            errors.message("{n} milestones are not done yet. Finish them, or cancel the project."),
            code="milestones_open",
            n=open_steps,
        )
    row.state = state
    row.ended_on = on if state in {rules.State.DONE, rules.State.CANCELLED} else None
    _save(row, "project moved", by, at)
    return row


@transaction.atomic
def note_cost(
    pk: int, *, amount: Decimal, on: dt.date, reference: str, version: int, by: Access, at: dt.datetime
) -> models.ProjectCost:
    """So much was paid by this paper: never beyond the cost of the project, nor beyond what was set aside for it."""
    row = _project(pk, by, version=version)
    rules.check_day(on, at.date())
    reference = rules.check_text(reference, field="reference", most=80)
    if rules.check_amount(amount) == 0:
        raise errors.BadInput(
            errors.message("Write how much was paid."), code="amount_missing", field="amount", value="0"
        )
    rules.check_spending(row.spent, amount, row.cost, row.currency)
    try:
        with transaction.atomic():
            paid = models.ProjectCost.objects.create(
                project=row, on=on, amount=amount, reference=reference, noted_by_id=by.user_id, noted_at=at
            )
    except IntegrityError as twice:
        raise errors.Conflict(
            errors.message("“{value}” is noted for this project already: nothing is paid twice."),
            code="paper_again",
            field="reference",
            value=reference,
        ) from twice
    spend_committed(For.PROJECT, row.pk, f"project-cost-{paid.pk}", money.Money(amount, row.currency), on, by, at)
    row.spent += amount
    _save(row, "project paid", by, at)
    return paid


@transaction.atomic
def add_milestone(pk: int, step: rules.Step, *, version: int, by: Access, at: dt.datetime) -> models.Milestone:
    """One more milestone, after the others."""
    row = _project(pk, by, version=version)
    made = models.Milestone.objects.create(
        project=row,
        position=row.milestones.count() + 1,
        title=rules.check_text(step.title, field="title", most=160),
        due_on=step.due_on,
    )
    _save(row, "milestone added", by, at)
    return made


@transaction.atomic
def reach_milestone(
    pk: int, position: int, *, on: dt.date, version: int, by: Access, at: dt.datetime
) -> models.Milestone:
    """The milestone is done; the first one sets a planned project going."""
    row = _project(pk, by, version=version)
    step = row.milestones.filter(position=position).first()
    if step is None:
        raise errors.NotFound()
    if step.done_on is not None:
        raise errors.Conflict(errors.message("This milestone is done already."), code="milestone_again")
    rules.check_day(on, at.date())
    step.done_on = on
    step.save(update_fields=["done_on"])
    if row.state == rules.State.PLANNED:
        row.state = rules.State.RUNNING
    _save(row, "milestone reached", by, at)
    return step


@transaction.atomic
def note_served(
    pk: int, served: Sequence[rules.Served], *, version: int, by: Access, at: dt.datetime
) -> models.CommunityProject:
    """So many people are meant to be reached, or were; each group stands once, by its newest number."""
    row = _project(pk, by, version=version)
    for one in served:
        rules.check_served(one)
        models.ProjectServed.objects.filter(project=row, count=one.count, sex=one.sex, age=one.age).delete()
    models.ProjectServed.objects.bulk_create(_served_row(row, one) for one in served if one.number)
    _save(row, "people served noted", by, at)
    return row


@transaction.atomic
def note_figure(
    pk: int, measured: rules.Measured, *, version: int, by: Access, at: dt.datetime
) -> models.ProjectFigure:
    """A figure before and after; noted again, it is replaced."""
    row = _project(pk, by, version=version)
    label = rules.check_text(measured.label, field="label", most=120)
    made, _new = models.ProjectFigure.objects.update_or_create(
        project=row,
        label=label,
        defaults={"unit": measured.unit.strip()[:30], "before": measured.before, "after": measured.after},
    )
    _save(row, "figure noted", by, at)
    return made


def add_photo(
    pk: int,
    sent: bytes,
    *,
    name: str = "",
    phase: rules.Phase,
    taken_on: dt.date | None = None,
    caption: str = "",
    version: int,
    by: Access,
    at: dt.datetime,
) -> models.ProjectPhoto:
    """The photo is on file, written anew without place or camera; decoded before the transaction begins."""
    by.require(A.PROJECT_WORK)
    picture = pictures.clean(sent, name=name)
    file = uuid.uuid4()
    try:
        return _keep_photo(
            pk, picture, file, phase=phase, taken_on=taken_on, caption=caption, version=version, by=by, at=at
        )
    except BaseException:
        files.drop_photo(file)
        raise


@transaction.atomic
def _keep_photo(
    pk: int,
    picture: pictures.Picture,
    file: uuid.UUID,
    *,
    phase: rules.Phase,
    taken_on: dt.date | None,
    caption: str,
    version: int,
    by: Access,
    at: dt.datetime,
) -> models.ProjectPhoto:
    row = _project(pk, by, version=version)
    if taken_on is not None:
        rules.check_day(taken_on, at.date(), field="taken_on")
    if row.photos.count() >= MOST_PHOTOS:
        raise errors.BadInput(
            errors.message("A project has at most {most} photos."), code="photos_full", field="photo", most=MOST_PHOTOS
        )
    made = models.ProjectPhoto.objects.create(
        project=row,
        file=file,
        phase=phase,
        taken_on=taken_on,
        caption=rules.check_text(caption, field="caption", most=200, required=False),
        width=picture.width,
        height=picture.height,
        noted_by_id=by.user_id,
        noted_at=at,
    )
    clear = {files.FULL: picture.full, files.THUMB: picture.thumb}
    files.keep_photo(
        file,
        {
            size: audit.seal(row.subject, bytes_, context=queries.photo_context(file, size))
            for size, bytes_ in clear.items()
        },
    )
    _save(row, "photo added", by, at)
    return made


# --- lists that leave the office --------------------------------------------------------------------------------------


def ask_five_w(
    narrowed: queries.ProjectFilter, *, as_csv: bool, purpose: str, by: Access, at: dt.datetime
) -> ExportFile:
    """The table of who does what where, when and for whom will be made by a job."""
    kind = "five_w_csv" if as_csv else "five_w"
    return exports.ask_for(kind, narrowed.as_text(), job="five_w.export", purpose=purpose, by=by, at=at)


def make_five_w(export_id: int, progress: jobs.Progress, *, by: Access, at: dt.datetime) -> dict[str, int]:
    """The job: what the asker sees now; the second row holds the tags of HXL."""
    export = ExportFile.objects.get(pk=export_id)
    if export.made_at is not None:
        return {"rows": export.rows}
    by.require(A.PROJECT_WORK)
    rows: list[Sequence[str]] = [tuple(queries.FIVE_W.values())]
    narrowed = queries.ProjectFilter.parse(export.query)
    total = queries.narrowed_rows(by, narrowed).count()  # lots, courses and grants are few beside the projects
    for line in queries.five_w(by, narrowed, today=at.date()):
        rows.append(line.cells())
        if len(rows) % 100 == 0:
            progress(len(rows), max(total, len(rows)))
    return exports.keep(export, tuple(queries.FIVE_W), rows, by=by, at=at)


# --- common steps -----------------------------------------------------------------------------------------------------


def _project(pk: int, by: Access, *, version: int) -> models.CommunityProject:
    """The project, locked, if the writer may do this to it and nobody was faster."""
    by.require(A.PROJECT_WORK)
    seen = models.CommunityProject.objects.visible_to(by, A.PROJECT_WORK).select_for_update(of=("self",))
    row = seen.filter(pk=pk).first()
    if row is None:
        raise errors.NotFound()
    if row.version != version:
        raise errors.Conflict()
    return row


def _save(row: models.CommunityProject, verb: str, by: Access, at: dt.datetime) -> None:
    row.version += 1
    row.save()
    _record_many(verb, [row], by, at)


def _record_many(verb: str, rows: Sequence[models.CommunityProject], by: Access, at: dt.datetime) -> None:
    lane = audit_rules.OFFICE if len(rows) == 1 else audit_rules.BATCH
    entries = [
        audit_rules.Entry(
            room=ROOM, verb=verb, object_kind="project", object_key=str(row.pk), payload={"state": str(row.state)}
        )
        for row in rows
    ]
    audit.record_many(entries, by=by.actor, at=at, lane=lane)
