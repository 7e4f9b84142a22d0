"""Every write of house works: planned, given to a lot, inspected, paid, handed over, mended, closed.

Planning or inspecting one house and a thousand (the demo) are the same code. A house carries a version: of two
inspectors who write at once the second is told to look again.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Sum

from streha.accounts import queries as accounts
from streha.accounts.models import User
from streha.accounts.rules import Access, Action
from streha.assistance.programmes import actions as programmes
from streha.assistance.programmes import queries as programme_queries
from streha.assistance.programmes.models import Commitment
from streha.assistance.programmes.rules import For
from streha.assistance.works import bridge, models, queries, rules
from streha.audit import actions as audit
from streha.audit import rules as audit_rules
from streha.cases.models import Case
from streha.common import errors, money
from streha.homes import actions as homes
from streha.homes.models import Property
from streha.jobs import actions as jobs
from streha.people import models as people_models
from streha.people import queries as people
from streha.people.exports import actions as exports
from streha.people.exports.models import ExportFile
from streha.people.rules import tidy_text
from streha.places.models import Area

ROOM = "assistance"
A = Action
MOST_PHOTOS_AT_ONCE = 6


# --- lots -------------------------------------------------------------------------------------------------------------


@transaction.atomic
def make_lot(draft: rules.LotDraft, *, by: Access, at: dt.datetime) -> models.Lot:
    """The lot stands, with its contractor where one is known."""
    by.require(A.WORKS_PLAN)
    organisation = accounts_organisation(by)
    record = people.Record(draft.keeper_id, organisation, by.user_id, "")
    if not Area.objects.filter(pk=draft.keeper_id).exists() or not people.carries(by, A.WORKS_PLAN, record):
        raise _outside()
    lot = models.Lot(
        keeper_id=draft.keeper_id, organisation_id=organisation, registered_by_id=by.user_id, registered_at=at
    )
    lot.is_fictional = draft.is_fictional or accounts.is_demo_office()
    _write_lot(lot, draft)
    _record("lot made", "lot", lot.pk, by, at)
    return lot


@transaction.atomic
def change_lot(pk: int, draft: rules.LotDraft, *, version: int, by: Access, at: dt.datetime) -> models.Lot:
    """The lot is as the draft says; its houses keep within what was contracted."""
    lot = _lot(pk, by)
    if lot.version != version:
        raise errors.Conflict()
    given = _given(lot)
    if draft.amount < given:
        raise errors.Conflict(
            errors.message("The houses of this lot are contracted for {given} already. Give it at least that."),
            code="lot_below_houses",
            field="amount",
            given=given,
        )
    lot.version += 1
    _write_lot(lot, draft)
    _record("lot changed", "lot", lot.pk, by, at)
    return lot


def _write_lot(lot: models.Lot, draft: rules.LotDraft) -> None:
    lot.title = rules.check_text(draft.title, field="title", most=160)
    lot.tender = rules.check_text(draft.tender, field="tender", most=80, required=False)
    lot.contractor = rules.check_text(draft.contractor, field="contractor", most=160, required=False)
    lot.amount, lot.currency = rules.check_amount(draft.amount), money.check_currency(draft.currency)
    lot.contracted_on = draft.contracted_on
    if lot.contracted_on is not None and not lot.contractor:
        raise errors.BadInput(
            errors.message("Say with whom the contract was made."), code="contractor_missing", field="contractor"
        )
    lot.save()


def _given(lot: models.Lot, *, besides: int = 0) -> Decimal:
    rows = models.HouseWorks.objects.filter(lot=lot).exclude(pk=besides)
    return rows.aggregate(all=Sum("cost_contracted"))["all"] or Decimal(0)


@transaction.atomic
def give_to_lot(
    pk: int, lot_id: int, *, amount: Decimal, version: int, by: Access, at: dt.datetime
) -> models.HouseWorks:
    """The contractor of the lot builds this house for so much; all houses of a lot stay within its contract."""
    works = _works(A.WORKS_PLAN, pk, by, version=version)
    lot = _lot(lot_id, by)
    rules.check_amount(amount)
    _require_open(works)
    rules.check_spending(_given(lot, besides=works.pk), amount, lot.amount, lot.currency)
    if amount < works.cost_spent:
        raise errors.Conflict(
            errors.message("{spent} are spent on this house already. Contract at least that."),
            code="contract_below_spent",
            field="amount",
            spent=works.cost_spent,
        )
    works.lot, works.cost_contracted, works.currency = lot, amount, lot.currency
    _save(works, "works contracted", by, at, {"lot": [None, lot.number], "amount": [None, str(amount)]})
    return works


# --- planning ---------------------------------------------------------------------------------------------------------


def plan_works(draft: rules.WorksDraft, *, by: Access, at: dt.datetime) -> models.HouseWorks:
    """The house is to be built or repaired, by the stages of its kind from a day on."""
    return plan_many([draft], by=by, at=at)[0]


@transaction.atomic
def plan_many(drafts: Sequence[rules.WorksDraft], *, by: Access, at: dt.datetime) -> list[models.HouseWorks]:
    """All are planned, or none."""
    by.require(A.WORKS_PLAN)
    homes_by_id = _homes(drafts, by)
    households = _households(drafts, by)
    _require_cases(drafts, by)
    lots = {
        lot.pk: lot for lot in models.Lot.objects.visible_to(by, A.WORKS_PLAN).filter(pk__in=_ids(drafts, "lot_id"))
    }
    _require_within(drafts, lots)
    is_demo = accounts.is_demo_office()
    rows, steps = [], []
    for draft in drafts:
        if draft.lot_id is not None and draft.lot_id not in lots:
            raise errors.NotFound()
        plan = rules.planned(bridge.stages_of(draft.kind), draft.start)
        steps.append(plan)
        handover = next(step for step in plan if step.code == rules.Stage.HANDOVER)
        rows.append(
            models.HouseWorks(
                home=homes_by_id[draft.home_id],
                household_id=households.get(draft.household_id or 0),
                case_id=draft.case_id,
                lot_id=draft.lot_id,
                kind=draft.kind,
                stage=plan[0].code,
                stage_due=plan[0].planned_end,
                starts_on=draft.start,
                ends_on=handover.planned_end,
                next_inspection=draft.start + rules.INSPECT_EVERY,
                cost_planned=rules.check_amount(draft.cost_planned),
                cost_contracted=rules.check_amount(draft.cost_contracted),
                currency=money.check_currency(draft.currency),
                planned_by_id=by.user_id,
                planned_at=at,
                is_fictional=draft.is_fictional or is_demo,
            )
        )
    try:
        with transaction.atomic():
            models.HouseWorks.objects.bulk_create(rows, batch_size=500)
    except IntegrityError as twice:
        raise errors.Conflict(
            errors.message("Works on this home are planned or running already. Finish or close those first."),
            code="works_again",
            field="home",
        ) from twice
    models.WorksStage.objects.bulk_create(
        (_stage_row(works, step) for works, plan in zip(rows, steps, strict=True) for step in plan), batch_size=1000
    )
    _record_many("works planned", rows, by, at)
    return rows


def _require_within(drafts: Sequence[rules.WorksDraft], lots: dict[int, models.Lot]) -> None:
    """What is contracted at the planning stays within the contract of its lot; without a lot nothing is contracted."""
    asked: dict[int | None, Decimal] = {}
    for draft in drafts:
        asked[draft.lot_id] = asked.get(draft.lot_id, Decimal(0)) + draft.cost_contracted
    for lot_id, amount in asked.items():
        lot = lots.get(lot_id or 0)
        if amount:
            limit = lot.amount if lot else Decimal(0)
            rules.check_spending(_given(lot) if lot else Decimal(0), amount, limit, lot.currency if lot else "EUR")


def _stage_row(works: models.HouseWorks, step: rules.Step) -> models.WorksStage:
    return models.WorksStage(
        works=works,
        code=step.code,
        position=step.position,
        weight=step.weight,
        after=step.after or "",
        planned_start=step.planned_start,
        planned_end=step.planned_end,
    )


def _ids(drafts: Iterable[rules.WorksDraft], column: str) -> list[int]:
    return sorted({pk for draft in drafts if (pk := getattr(draft, column)) is not None})


def _in_pieces(rows: Any, ids: Sequence[int]) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for start in range(0, len(ids), 500):
        found |= rows.in_bulk(ids[start : start + 500])
    return found


def _homes(drafts: Sequence[rules.WorksDraft], by: Access) -> dict[int, Property]:
    ids = _ids(drafts, "home_id")
    found: dict[int, Property] = _in_pieces(Property.objects.visible_to(by, A.WORKS_PLAN).filter(ended_on=None), ids)
    if len(found) != len(ids):
        raise errors.BadInput(
            errors.message("This home is not among those you work with, or its record is closed."),
            code="home_unknown",
            field="home",
        )
    return found


def _households(drafts: Sequence[rules.WorksDraft], by: Access) -> dict[int, int]:
    """For each household named, the one that answers for it now, which the writer must see."""
    answering = people.answering_households(_ids(drafts, "household_id"))
    seen = _in_pieces(people_models.Household.objects.visible_to(by), sorted(set(answering.values())))
    if any(pk not in seen for pk in answering.values()):
        raise errors.BadInput(
            errors.message("This household is not among those you work with."),
            code="household_unknown",
            field="household",
        )
    return answering


def _require_cases(drafts: Sequence[rules.WorksDraft], by: Access) -> None:
    ids = _ids(drafts, "case_id")
    if ids and Case.objects.visible_to(by).filter(pk__in=ids).count() != len(ids):
        raise errors.BadInput(
            errors.message("This case is not among those you work with."), code="case_unknown", field="case"
        )


# --- on the site ------------------------------------------------------------------------------------------------------


def inspect(
    pk: int,
    draft: rules.InspectionDraft,
    *,
    photos: Sequence[tuple[str, bytes]] = (),
    version: int,
    by: Access,
    at: dt.datetime,
) -> models.Inspection:
    """What was found is on file with its photos, all of it or nothing; raises Conflict when somebody was faster.

    Photos are (name, bytes); they are decoded before the transaction begins, and one that is none stops everything.
    """
    by.require(A.WORKS_INSPECT)
    if len(photos) > MOST_PHOTOS_AT_ONCE:
        raise errors.BadInput(
            errors.message("Send at most {most} photos at once."),
            code="photos_many",
            field="photos",
            most=MOST_PHOTOS_AT_ONCE,
        )
    ready = [homes.ready_photo(sent, name=name) for name, sent in photos]
    try:
        return _inspect(pk, draft, ready, version=version, by=by, at=at)
    except BaseException:
        for one in ready:
            homes.drop_photo(one)
        raise


@transaction.atomic
def _inspect(
    pk: int,
    draft: rules.InspectionDraft,
    ready: Sequence[homes.ReadyPhoto],
    *,
    version: int,
    by: Access,
    at: dt.datetime,
) -> models.Inspection:
    works = _works(A.WORKS_INSPECT, pk, by, version=version)
    _require_going(works)
    last = works.inspections.order_by("-on").values_list("on", flat=True).first()
    found = _apply_inspection(works, list(works.stages.all()), draft, last, by, at)
    for photo in ready:
        kept = homes.keep_photo(works.home_id, photo, taken_on=draft.on, by=by, at=at)
        models.InspectionPhoto.objects.create(inspection=found, photo=kept)
    _save(works, "works inspected", by, at, {"percent": [works.percent - found.gain, works.percent]})
    return found


def _apply_inspection(  # noqa: PLR0917 - the parts of one step
    works: models.HouseWorks,
    rows: list[models.WorksStage],
    draft: rules.InspectionDraft,
    last: dt.date | None,
    by: Access,
    at: dt.datetime,
) -> models.Inspection:
    note = rules.check_text(draft.note, field="note", required=False)
    steps = rules.inspected(bridge.steps_of(rows), draft, last=last, today=at.date())
    before = works.percent
    _take_over(works, rows, steps, only=set(draft.percents))
    works.next_inspection = draft.on + rules.INSPECT_EVERY
    if works.state == rules.State.PLANNED and works.percent:
        works.state = rules.State.RUNNING
    found = models.Inspection.objects.create(
        works=works,
        on=draft.on,
        percent=works.percent,
        gain=works.percent - before,
        note_sealed=audit.seal(works.home.subject, note.encode(), context=models.SEALED_NOTE) if note else None,
        noted_by_id=by.user_id,
        noted_at=at,
    )
    models.InspectionStage.objects.bulk_create(
        models.InspectionStage(inspection=found, code=code, percent=percent) for code, percent in draft.percents.items()
    )
    return found


def _take_over(
    works: models.HouseWorks, rows: Sequence[models.WorksStage], steps: Sequence[rules.Step], *, only: set[rules.Stage]
) -> None:
    """The rows and the house say what the steps say."""
    by_code = {step.code: step for step in steps}
    for row in rows:
        step = by_code[rules.Stage(row.code)]
        if step.code in only:
            row.percent, row.started_on, row.ended_on = step.percent, step.started_on, step.ended_on
            row.save(update_fields=["percent", "started_on", "ended_on"])
    _repeat(works, steps)


def _save_stages(rows: Sequence[models.WorksStage]) -> None:
    """Many stages that stand already say how far they are: as rows over rows, for a condition for each is slow."""
    models.WorksStage.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["percent", "started_on", "ended_on"],
    )


def _repeat(works: models.HouseWorks, steps: Sequence[rules.Step]) -> None:
    now = rules.current(steps)
    works.percent = rules.percent_done(steps)
    works.stage, works.stage_due = (now.code, now.planned_end) if now else ("", None)


@transaction.atomic
def inspect_many(
    told: Sequence[tuple[models.HouseWorks, Sequence[rules.InspectionDraft]]], *, by: Access, at: dt.datetime
) -> int:
    """Inspections of many houses that nobody has inspected yet, in order of their days, checked one by one.

    Returns how many. Written in bulk: for lists that come from elsewhere, and the demo.
    """
    by.require(A.WORKS_INSPECT)
    wanted = [works.pk for works, _drafts in told]
    seen = _in_pieces(models.HouseWorks.objects.visible_to(by, A.WORKS_INSPECT).select_related("home"), wanted)
    rows: dict[int, list[models.WorksStage]] = {}
    for start in range(0, len(wanted), 500):
        for row in models.WorksStage.objects.filter(works__in=wanted[start : start + 500]):
            rows.setdefault(row.works_id, []).append(row)
    inspections, of_stages, touched, notes = [], [], [], []
    for given, drafts in told:
        works = seen.get(given.pk)
        if works is None:
            raise errors.NotFound()
        steps, last = bridge.steps_of(rows[works.pk]), None
        for draft in drafts:
            steps = rules.inspected(steps, draft, last=last, today=at.date())
            percent, last = rules.percent_done(steps), draft.on
            inspections.append(
                models.Inspection(
                    works=works,
                    on=draft.on,
                    percent=percent,
                    gain=percent - works.percent,
                    noted_by_id=by.user_id,
                    noted_at=at,
                )
            )
            notes.append((works.home.subject, rules.check_text(draft.note, field="note", required=False).encode()))
            of_stages.append([(code, value) for code, value in draft.percents.items()])
            works.percent = percent
        by_code = {step.code: step for step in steps}
        for row in rows[works.pk]:
            step = by_code[rules.Stage(row.code)]
            row.percent, row.started_on, row.ended_on = step.percent, step.started_on, step.ended_on
        _repeat(works, steps)
        works.state = rules.State.RUNNING if works.percent else works.state
        works.next_inspection = (last or works.starts_on) + rules.INSPECT_EVERY
        works.version += 1
        touched.append(works)
    filled = [item for item in notes if item[1]]
    sealed = iter(audit.seal_many(filled, context=models.SEALED_NOTE))
    for inspection, (_subject, note) in zip(inspections, notes, strict=True):
        inspection.note_sealed = next(sealed) if note else None
    models.Inspection.objects.bulk_create(inspections, batch_size=500)
    models.InspectionStage.objects.bulk_create(
        (
            models.InspectionStage(inspection=inspection, code=code, percent=percent)
            for inspection, stages in zip(inspections, of_stages, strict=True)
            for code, percent in stages
        ),
        batch_size=1000,
    )
    _save_stages([row for works in touched for row in rows[works.pk] if row.percent])
    columns = ["percent", "stage", "stage_due", "state", "next_inspection", "version"]
    models.HouseWorks.objects.bulk_update(touched, columns, batch_size=100)
    _record_many("works inspected", touched, by, at)
    return len(inspections)


@transaction.atomic
def note_cost(
    pk: int,
    *,
    amount: Decimal,
    on: dt.date,
    reference: str,
    version: int,
    by: Access,
    at: dt.datetime,
) -> models.WorksCost:
    """So much was paid for this house by this paper; never more than was contracted, or planned before a contract."""
    works = _works(A.WORKS_PAY, pk, by, version=version)
    rules.check_day(on, at.date())
    reference = rules.check_text(reference, field="reference", most=80)
    if rules.check_amount(amount) == 0:
        raise errors.BadInput(
            errors.message("Write how much was paid."), code="amount_missing", field="amount", value="0"
        )
    if works.costs.filter(reference=reference).exists():
        raise errors.Conflict(
            errors.message("“{value}” is noted for this house already: nothing is paid twice."),
            code="paper_again",
            field="reference",
            value=reference,
        )
    limit = works.cost_contracted or works.cost_planned
    rules.check_spending(works.cost_spent, amount, limit, works.currency)
    row = models.WorksCost.objects.create(
        works=works,
        on=on,
        amount=amount,
        currency=works.currency,
        reference=reference,
        noted_by_id=by.user_id,
        noted_at=at,
    )
    if works.lot_id is not None:
        spend_committed(
            For.WORKS, works.lot_id, f"works-cost-{row.pk}", money.Money(amount, works.currency), on, by, at
        )
    works.cost_spent += amount
    _save(works, "works paid", by, at, {"amount": [None, str(amount)]})
    return row


@transaction.atomic
def stop(pk: int, *, reason: str, version: int, by: Access, at: dt.datetime) -> models.HouseWorks:
    """Nobody builds at the moment, for a reason."""
    works = _works(A.WORKS_PLAN, pk, by, version=version)
    if works.state not in {rules.State.PLANNED, rules.State.RUNNING}:
        raise _not_now()
    works.stop_reason = rules.check_text(reason, field="reason", most=300)
    works.state = rules.State.STOPPED
    _save(works, "works stopped", by, at, {}, reason=works.stop_reason)
    return works


@transaction.atomic
def resume(pk: int, *, version: int, by: Access, at: dt.datetime) -> models.HouseWorks:
    """The building goes on."""
    works = _works(A.WORKS_PLAN, pk, by, version=version)
    if works.state != rules.State.STOPPED:
        raise _not_now()
    works.stop_reason = ""
    works.state = rules.State.RUNNING if works.percent else rules.State.PLANNED
    _save(works, "works resumed", by, at, {})
    return works


# --- to the household -------------------------------------------------------------------------------------------------


def hand_over(pk: int, draft: rules.HandoverDraft, *, version: int, by: Access, at: dt.datetime) -> models.HouseWorks:
    """The household has the house and signed; what has still to be mended is listed."""
    return hand_over_many([(pk, version, draft)], by=by, at=at)[0]


@transaction.atomic
def hand_over_many(
    told: Sequence[tuple[int, int, rules.HandoverDraft]], *, by: Access, at: dt.datetime
) -> list[models.HouseWorks]:
    """All these houses, each by its number and version, are handed over to their households, or none; in order."""
    rows = _many(A.WORKS_INSPECT, {pk: version for pk, version, _draft in told}, by)
    given = [(rows[pk], draft) for pk, _version, draft in told]
    stages, last = _stages_of(list(rows)), _last_inspections(list(rows))
    for works, draft in given:
        _require_going(works)
        rules.check_handover(bridge.steps_of(stages[works.pk]), draft, last=last.get(works.pk), today=at.date())
    _write_handovers(given, by, at)
    _write_defects(
        [(works, text, draft.on) for works, draft in given for text in draft.defects if text.strip()], by, at
    )
    open_ = set(_defects_open(list(rows)))
    finished = []
    for works, draft in given:
        finished += _finished(works, stages[works.pk], rules.Stage.HANDOVER, draft.on)
        works.state, works.next_inspection = rules.State.HANDED_OVER, None
        if works.pk not in open_:
            finished += _finished(works, stages[works.pk], rules.Stage.DEFECTS, draft.on)
            works.state = rules.State.CLOSED
        works.version += 1
    _save_stages(finished)
    columns = ["percent", "stage", "stage_due", "state", "next_inspection", "version"]
    models.HouseWorks.objects.bulk_update([works for works, _ in given], columns, batch_size=100)
    _record_many("works handed over", [works for works, _ in given], by, at)
    return [works for works, _draft in given]


def _many(action: Action, versions: Mapping[int, int], by: Access) -> dict[int, models.HouseWorks]:
    """The houses, locked, if the writer may do this to each and nobody was faster."""
    by.require(action)
    seen = models.HouseWorks.objects.visible_to(by, action).select_for_update(of=("self",))
    found: dict[int, models.HouseWorks] = _in_pieces(seen.select_related("home", "lot"), sorted(versions))
    if len(found) != len(versions):
        raise errors.NotFound()
    if any(works.version != versions[pk] for pk, works in found.items()):
        raise errors.Conflict()
    return found


def _stages_of(ids: Sequence[int]) -> dict[int, list[models.WorksStage]]:
    found: dict[int, list[models.WorksStage]] = {pk: [] for pk in ids}
    for start in range(0, len(ids), 500):
        for row in models.WorksStage.objects.filter(works__in=ids[start : start + 500]):
            found[row.works_id].append(row)
    return found


def _last_inspections(ids: Sequence[int]) -> dict[int, dt.date]:
    found: dict[int, dt.date] = {}
    for start in range(0, len(ids), 500):
        rows = models.Inspection.objects.filter(works__in=ids[start : start + 500]).order_by()
        found |= dict(rows.values_list("works_id").annotate(last=Max("on")))
    return found


def _defects_open(ids: Sequence[int]) -> Iterator[int]:
    for start in range(0, len(ids), 500):
        rows = models.Defect.objects.filter(works__in=ids[start : start + 500], mended_on=None)
        yield from rows.values_list("works_id", flat=True)


def _write_handovers(
    given: Sequence[tuple[models.HouseWorks, rules.HandoverDraft]], by: Access, at: dt.datetime
) -> None:
    """Who signed each: somebody of the household or an owner of the home, whom the writer may see, or a name."""
    asked = [works for works, draft in given if draft.person_id is not None]
    may_sign = queries.signers(by, asked)
    answering = people.answering(draft.person_id for _works, draft in given if draft.person_id is not None)
    names = [
        rules.check_text(draft.signed_by, field="signed_by", most=120, required=draft.person_id is None)
        for _works, draft in given
    ]
    told = [(works.home.subject, name.encode()) for (works, _), name in zip(given, names, strict=True) if name]
    sealed = iter(audit.seal_many(told, context=models.SEALED_SIGNED))
    rows = []
    for (works, draft), name in zip(given, names, strict=True):
        signer = answering.get(draft.person_id or 0)
        if signer is not None and signer not in may_sign[works.pk]:
            raise errors.BadInput(
                errors.message(
                    "Who signs belongs to the household or owns the home. Choose one of them, or write a name."
                ),
                code="signer_unknown",
                field="person",
            )
        rows.append(
            models.Handover(
                works=works,
                on=draft.on,
                person_id=signer,
                signed_sealed=next(sealed) if name else None,
                noted_by_id=by.user_id,
                noted_at=at,
            )
        )
    models.Handover.objects.bulk_create(rows, batch_size=500)


def _finished(
    works: models.HouseWorks, rows: list[models.WorksStage], code: rules.Stage, on: dt.date
) -> list[models.WorksStage]:
    """The stage is done, and the house says what its stages say; returns the row that has to be written."""
    done = [row for row in rows if row.code == code]
    for row in done:
        row.percent, row.started_on, row.ended_on = 100, row.started_on or on, on
    _repeat(works, bridge.steps_of(rows))
    return done


def _write_defects(
    told: Sequence[tuple[models.HouseWorks, str, dt.date]], by: Access, at: dt.datetime
) -> list[models.Defect]:
    said = [(works.home.subject, rules.check_text(text, field="defects", most=500).encode()) for works, text, _ in told]
    sealed = audit.seal_many(said, context=models.SEALED_DEFECT)
    return models.Defect.objects.bulk_create(
        (
            models.Defect(works=works, said_sealed=token, found_on=on, noted_by_id=by.user_id, noted_at=at)
            for (works, _text, on), token in zip(told, sealed, strict=True)
        ),
        batch_size=500,
    )


@transaction.atomic
def note_defect(pk: int, *, text: str, on: dt.date, version: int, by: Access, at: dt.datetime) -> models.Defect:
    """Something has to be mended after the handover; a house that was closed is open again for it."""
    works = _works(A.WORKS_INSPECT, pk, by, version=version)
    if works.state not in {rules.State.HANDED_OVER, rules.State.CLOSED}:
        raise errors.Conflict(
            errors.message("Defects are noted from the handover on. Before it, write an inspection."),
            code="defect_early",
        )
    rules.check_day(on, at.date(), earliest=works.handover.on)
    (row,) = _write_defects([(works, text, on)], by, at)
    works.state = rules.State.HANDED_OVER
    _save(works, "defect noted", by, at, {})
    return row


@transaction.atomic
def mend_defect(
    pk: int, defect_id: int, *, on: dt.date, version: int, by: Access, at: dt.datetime
) -> models.HouseWorks:
    """The defect is mended; with the last one the house is closed."""
    works = _works(A.WORKS_INSPECT, pk, by, version=version)
    row = works.defects.filter(pk=defect_id).first()
    if row is None:
        raise errors.NotFound()
    if row.mended_on is not None:
        raise errors.Conflict(errors.message("This defect is mended already."), code="mended_again")
    rules.check_day(on, at.date(), earliest=row.found_on)
    row.mended_on = on
    row.save(update_fields=["mended_on"])
    if not works.defects.filter(mended_on=None).exists():
        rows = list(works.stages.all())
        for done in _finished(works, rows, rules.Stage.DEFECTS, on):
            done.save(update_fields=["percent", "started_on", "ended_on"])
        works.state = rules.State.CLOSED
    _save(works, "defect mended", by, at, {})
    return works


# --- lists that leave the office --------------------------------------------------------------------------------------

EXPORT_HEADINGS = (
    "number",
    "home",
    "kept_by",
    "kind",
    "state",
    "stage",
    "percent",
    "starts_on",
    "ends_on",
    "days_late",
    "lot",
    "contractor",
    "cost_planned",
    "cost_contracted",
    "cost_spent",
    "currency",
)


def ask_export(narrowed: queries.WorksFilter, *, purpose: str, by: Access, at: dt.datetime) -> ExportFile:
    """The list of house works will be made by a job."""
    return exports.ask_for("works", narrowed.as_text(), job="works.export", purpose=purpose, by=by, at=at)


def make_export(export_id: int, progress: jobs.Progress, *, by: Access, at: dt.datetime) -> dict[str, int]:
    """The job: the works that the asker sees now."""
    export = ExportFile.objects.get(pk=export_id)
    if export.made_at is not None:
        return {"rows": export.rows}
    by.require(A.WORKS_PLAN)
    rows: list[Sequence[str]] = []
    narrowed = queries.WorksFilter.parse(export.query)
    total = queries.narrowed_rows(by, narrowed, at.date()).count()
    for works in queries.rows_for_export(by, narrowed):
        rows.append(_export_row(works, by, at.date()))
        if len(rows) % 100 == 0:
            progress(len(rows), total)
    return exports.keep(export, EXPORT_HEADINGS, rows, by=by, at=at)


def _export_row(works: models.HouseWorks, by: Access, today: dt.date) -> tuple[str, ...]:
    costs = (works.cost_planned, works.cost_contracted, works.cost_spent)
    sees_cost = by.allows(A.WORKS_COST)
    return (
        works.number,
        works.home.number,
        "/".join(works.home.keeper.labels()[::2]),
        works.kind,
        works.state,
        works.stage,
        str(works.percent),
        works.starts_on.isoformat(),
        works.ends_on.isoformat(),
        str(rules.days_late(works.stage_due, rules.State(works.state), today)),
        works.lot.title if works.lot else "",
        works.lot.contractor if works.lot else "",
        *(str(cost) if sees_cost else "" for cost in costs),
        works.currency if sees_cost else "",
    )


# --- common steps -----------------------------------------------------------------------------------------------------


def accounts_organisation(by: Access) -> int | None:
    """The organisation that the writer works for."""
    return User.objects.filter(pk=by.user_id or 0).values_list("organisation_id", flat=True).first()


def spend_committed(  # noqa: PLR0917 - named by its place in one line
    kind: For, key: object, paper: str, amount: money.Money, on: dt.date, by: Access, at: dt.datetime
) -> None:
    """What was paid is taken from the money that was set aside for this, the first first; nothing where none was.

    Raises Conflict when the money set aside does not hold it all together: then nothing of the payment is noted.
    """
    held = list(Commitment.objects.select_related("line__agreement").filter(kind=kind, key=str(key)).order_by("pk"))
    left = amount
    for number, one in enumerate(held, start=1):
        part = left if number == len(held) else _held_part(one, left, on)
        if part.amount > 0:
            name = paper if number == 1 else f"{paper}-{number}"
            programmes.spend(one.pk, programmes.Paid(part, on, kind.value, name), by=by, at=at)
        left -= part


def _held_part(one: Commitment, asked: money.Money, on: dt.date) -> money.Money:
    """How much of a payment the money set aside holds: any part in its own currency, in another all or nothing."""
    if one.currency == asked.currency:
        return min(asked, one.left)
    cost = programme_queries.converted(asked, one.currency, on).money
    return asked if cost <= one.left else money.Money.none(asked.currency)


def _outside() -> errors.Refused:
    return errors.Refused(
        errors.message("This place lies outside the area you work for. Ask a colleague there."), code="outside_scope"
    )


def _not_now() -> errors.Conflict:
    return errors.Conflict(
        errors.message("This cannot be done with the house as it stands now. Look at it again."), code="works_state"
    )


def _require_open(works: models.HouseWorks) -> None:
    if works.state not in rules.OPEN:
        raise _not_now()


def _require_going(works: models.HouseWorks) -> None:
    if works.state not in {rules.State.PLANNED, rules.State.RUNNING}:
        raise _not_now()


def _lot(pk: int, by: Access) -> models.Lot:
    by.require(A.WORKS_PLAN)
    lot = models.Lot.objects.visible_to(by, A.WORKS_PLAN).select_for_update(of=("self",)).filter(pk=pk).first()
    if lot is None:
        raise errors.NotFound()
    return lot


def _works(action: Action, pk: int, by: Access, *, version: int) -> models.HouseWorks:
    """The house, locked, if the writer may do this to it and nobody was faster."""
    by.require(action)
    seen = models.HouseWorks.objects.visible_to(by, action).select_for_update(of=("self",))
    works = seen.select_related("home", "lot").filter(pk=pk).first()
    if works is None:
        raise errors.NotFound()
    if works.version != version:
        raise errors.Conflict()
    return works


def _save(
    works: models.HouseWorks, verb: str, by: Access, at: dt.datetime, told: dict[str, Any], *, reason: str = ""
) -> None:
    works.version += 1
    works.save()
    audit.record(
        by=by.actor,
        at=at,
        room=ROOM,
        verb=verb,
        object_kind="works",
        object_key=str(works.pk),
        subject=works.home.subject,
        payload=told,
        reason=tidy_text(reason)[:300],
    )


def _record_many(verb: str, rows: Iterable[models.HouseWorks], by: Access, at: dt.datetime) -> None:
    held = list(rows)
    entries = [
        audit_rules.Entry(
            room=ROOM,
            verb=verb,
            object_kind="works",
            object_key=str(works.pk),
            subject=works.home.subject,
            payload={"percent": [None, works.percent]},
        )
        for works in held
    ]
    lane = audit_rules.OFFICE if len(held) == 1 else audit_rules.BATCH
    audit.record_many(entries, by=by.actor, at=at, lane=lane)


def _record(  # noqa: PLR0917 - one line a call
    verb: str, kind: str, key: object, by: Access, at: dt.datetime, subject: uuid.UUID | None = None
) -> None:
    audit.record(by=by.actor, at=at, room=ROOM, verb=verb, object_kind=kind, object_key=str(key), subject=subject)
