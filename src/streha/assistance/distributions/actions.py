"""Every write to distributions: making lists, handing out, taking back, and working in what was noted on paper.

A hand-out is one transaction: the slip, its movements of stock and its record stand together or not at all, whatever
stops in the middle. The slip is locked first, then the balances in the order of their batches.
"""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from streha.accounts import queries as account_queries
from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.assistance.actions import record
from streha.assistance.distributions import models, queries
from streha.assistance.distributions.rules import codes, plans, slips
from streha.assistance.entitlements import actions as entitlements
from streha.assistance.entitlements import rules as entitlement_rules
from streha.assistance.entitlements.models import Delivery
from streha.assistance.programmes import actions as programmes
from streha.assistance.programmes.models import Cycle
from streha.assistance.sites import models as sites
from streha.assistance.sites.actions import kept_columns
from streha.assistance.supplies import actions as supplies
from streha.assistance.supplies import bridge
from streha.assistance.supplies import models as supply_models
from streha.assistance.supplies.rules import kits, stock
from streha.audit import actions as audit
from streha.common import errors
from streha.jobs import actions as jobs
from streha.people import models as people_models
from streha.people import queries as people
from streha.places.models import Area

A = Action
NOON = dt.time(12, 0)
KIT = entitlement_rules.Much(Decimal(1), "kit", is_money=False)
LIST, SHEET = "distributions.list", "distributions.sheet"


# --- planning ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def plan(draft: plans.DistributionDraft, *, by: Access, at: dt.datetime) -> models.Distribution:
    """The distribution stands, and its list is being made by a job."""
    by.require(A.DISTRIBUTION_PLAN)
    plans.check_draft(draft)
    warehouse = supply_models.Warehouse.objects.visible_to(by).filter(pk=draft.warehouse_id, ended_on=None).first()
    kit = supply_models.Kit.objects.filter(pk=draft.kit_id).first()
    if warehouse is None or kit is None:
        raise errors.NotFound()
    area, site = _audience(draft, by)
    cycle = _cycle(draft.cycle_id, by) if draft.cycle_id is not None else None
    keeper = site.keeper_id if site else _municipality(area) if area else warehouse.keeper_id
    row = models.Distribution.objects.create(
        **kept_columns(keeper, A.DISTRIBUTION_PLAN, is_hidden=warehouse.is_hidden, by=by, at=at),
        title=" ".join(draft.title.split()),
        kit=kit,
        warehouse=warehouse,
        cycle=cycle,
        audience=draft.audience.value,
        area=area,
        site=site,
        where=" ".join(draft.where.split()),
        held_on=draft.held_on,
        is_fictional=draft.is_fictional or account_queries.is_demo_office(),
    )
    row.job = jobs.enqueue(LIST, payload={"distribution": row.pk}, by=by, at=at, key=f"{LIST}-{row.pk}")
    row.save(update_fields=["job"])
    record(by, at, "distribution planned", "distribution", row.pk, {"kit": str(kit)})
    return row


def _cycle(cycle_id: int, by: Access) -> Cycle:
    """An open cycle in which the writer may say what people are due."""
    by.require(A.ENTITLEMENT_GRANT)
    cycle = programmes.cycle_for(cycle_id, A.PROGRAMME_VIEW, by)
    programmes.require_open(cycle)
    return cycle


def _audience(draft: plans.DistributionDraft, by: Access) -> tuple[Area | None, sites.Site | None]:
    if draft.audience is slips.Audience.SITE:
        site = sites.Site.objects.visible_to(by).filter(pk=draft.site_id or 0, closed_on=None).first()
        if site is None:
            raise errors.NotFound()
        return None, site
    if draft.audience is slips.Audience.CYCLE:
        return None, None
    area = Area.objects.filter(pk=draft.area_id or 0).first()
    if area is None:
        raise errors.NotFound()
    return area, None


def _municipality(area: Area) -> int:
    """The municipality an area lies in; a region or country stands for itself."""
    at: Area | None = area
    while at is not None:
        if at.kind == Area.Kind.MUNICIPALITY:
            return int(at.pk)
        at = at.parent
    return int(area.pk)


def make_list(
    distribution_id: int, progress: jobs.Progress, *, by: Access, at: dt.datetime, rng: random.Random | None = None
) -> dict[str, int]:
    """The job: a slip for every household the list is for, in pieces that are whole or not there; then it is open.

    Killed anywhere, the next worker goes on after the last household that has its slip.
    """
    by.require(A.DISTRIBUTION_PLAN)
    chance = rng or random.SystemRandom()
    total = None
    while True:
        with transaction.atomic():
            row = _locked(distribution_id, by, A.DISTRIBUTION_PLAN)
            if row.state != slips.State.LISTING:
                return {"slips": row.last_number}
            wanted = queries.households_of(row, by)
            if total is None:
                total = wanted.count()
            piece = list(wanted.filter(pk__gt=row.listed_until).order_by("pk")[: slips.PIECE])
            if not piece:
                row.state, row.listed_at = slips.State.OPEN.value, at
                row.save(update_fields=["state", "listed_at"])
                record(by, at, "list made", "distribution", row.pk, {"slips": row.last_number})
                return {"slips": row.last_number}
            _make_slips(row, piece, chance, by, at)
            row.listed_until = piece[-1].pk
            row.save(update_fields=["listed_until", "last_number"])
            progress(min(row.last_number, total), total)


def _locked(pk: int, by: Access, action: Action) -> models.Distribution:
    rows = models.Distribution.objects.visible_to(by, action).select_for_update(of=("self",))
    row = rows.select_related("kit").filter(pk=pk).first()
    if row is None:
        raise errors.NotFound()
    return row


def _make_slips(
    row: models.Distribution,
    households: Sequence[people_models.Household],
    chance: random.Random,
    by: Access,
    at: dt.datetime,
) -> list[models.Slip]:
    """Slips of these households; who is counted on another slip of this round is not counted again."""
    homes = {household.pk: household for household in households}
    with wall.beyond("who belongs to the household of a slip"):
        rows = people_models.Membership.objects.filter(
            household_id__in=list(homes), ended_on=None, person__erased_at=None, person__ended_on=None
        )
        memberships = list(rows.select_related("person").order_by("household_id", "pk"))
    counted = set(
        models.SlipMember.objects.filter(
            queries.same_round(row), is_counted=True, person_id__in=[m.person_id for m in memberships]
        ).values_list("person_id", flat=True)
    )
    groups: dict[int, list[people_models.Membership]] = {}
    for membership in memberships:
        if membership.person_id not in counted:
            groups.setdefault(membership.household_id, []).append(membership)
    given = bridge.rules_of(row.kit)
    new = []
    due_by: dict[int, dict[str, int]] = {}
    for pk, members in groups.items():
        due = kits.due(given, bridge.seen_by_kit((m.person for m in members), row.held_on))
        if not due:
            continue
        row.last_number += 1
        due_by[pk] = due
        new.append(
            models.Slip(
                distribution=row,
                household=homes[pk],
                position=row.last_number,
                code="",
                size=len(members),
            )
        )
    for slip, code in zip(new, _codes(len(new), chance), strict=True):
        slip.code = code
    if row.cycle_id is not None:
        _entitle(row, new, groups, by, at)
    models.Slip.objects.bulk_create(new)
    models.SlipLine.objects.bulk_create(
        models.SlipLine(slip=slip, item_id=int(item), quantity=quantity)
        for slip in new
        for item, quantity in due_by[slip.household_id].items()
    )
    models.SlipMember.objects.bulk_create(
        models.SlipMember(slip=slip, distribution=row, person=m.person, collects=_collects(m))
        for slip in new
        for m in groups[slip.household_id]
    )
    return new


def _entitle(
    row: models.Distribution,
    new: Sequence[models.Slip],
    groups: Mapping[int, Sequence[people_models.Membership]],
    by: Access,
    at: dt.datetime,
) -> None:
    """What each slip gives is due in the cycle: one kit for the household, for which its head speaks.

    A kit that was granted before the list was made is not granted again: the slip takes up that entitlement.
    """
    before = {
        one.household_id: one for one in queries.promised(row).filter(household__in=[s.household_id for s in new])
    }
    for slip in new:
        slip.entitlement = before.get(slip.household_id)
    fresh = [slip for slip in new if slip.entitlement is None]
    drafts = []
    for slip in fresh:
        members = groups[slip.household_id]
        speaker = next((m for m in members if m.is_head), members[0])
        drafts.append(
            entitlements.Draft(
                person_id=speaker.person_id,
                kind=entitlement_rules.Kind.ITEMS,
                much=KIT,
                due_on=row.held_on,
                household_id=slip.household_id,
                what=row.kit.code,
                key=f"slip:{slip.code}",
            )
        )
    made = entitlements.entitle_many(row.cycle_id or 0, drafts, by=by, at=at)
    for slip, entitlement in zip(fresh, made, strict=True):
        slip.entitlement = entitlement


def _codes(number: int, chance: random.Random) -> list[str]:
    """So many codes that no slip has."""
    found: set[str] = set()
    while len(found) < number:
        fresh = {codes.new_code(chance) for _ in range(number - len(found))}
        found |= fresh - set(models.Slip.objects.filter(code__in=fresh).values_list("code", flat=True))
    return sorted(found, key=lambda _code: chance.random())


def _collects(membership: people_models.Membership) -> str:
    role = slips.collecting_as(
        is_head=membership.is_head, is_collector=membership.is_collector, is_alternate=membership.is_alternate
    )
    return role.value if role else ""


@transaction.atomic
def add_slip(
    distribution_id: int, household_id: int, *, by: Access, at: dt.datetime, rng: random.Random | None = None
) -> models.Slip:
    """A household that the list left out has a slip; nobody is counted who is counted on another one already."""
    by.require(A.DISTRIBUTION_PLAN)
    row = _open(_locked(distribution_id, by, A.DISTRIBUTION_PLAN))
    answering = people.answering_household(household_id)
    household = people_models.Household.objects.visible_to(by).filter(pk=answering, ended_on=None).first()
    if household is None:
        raise errors.NotFound(errors.message("There is no such household. Look at its number again."))
    with wall.beyond("who belongs to the household of a slip"):
        hidden = household.shielded or household.memberships.filter(person__shielded=True).exists()
    if hidden != row.is_hidden:
        raise errors.Refused(
            errors.message("This household is served from another store. Plan a distribution from there."),
            code="other_store",
        )
    if models.Slip.objects.filter(distribution=row, household=household, cancelled_at=None).exists():
        raise errors.Conflict(
            errors.message("{household} has a slip at this distribution already."),
            code="slip_twice",
            field="household",
            household=household.number,
        )
    made = _make_slips(row, [household], rng or random.SystemRandom(), by, at)
    if not made:
        raise errors.Conflict(
            errors.message("Nobody is left to count in {household}: all its people are counted on another slip of this "
                           "distribution, or the kit gives them nothing."),
            code="all_counted",
            field="household",
            household=household.number,
        )  # fmt: skip
    row.save(update_fields=["last_number"])
    record(by, at, "slip added", "slip", made[0].pk, {"distribution": row.pk}, subject=household.subject)
    return made[0]


@transaction.atomic
def cancel_slip(slip_id: int, *, why: str, by: Access, at: dt.datetime) -> models.Slip:
    """The slip counts no more, and its people may be counted on another one."""
    by.require(A.DISTRIBUTION_PLAN)
    slip = _slip(slip_id, by, A.DISTRIBUTION_PLAN)
    _open(slip.distribution)
    if not why.strip():
        raise errors.BadInput(errors.message("Say why the slip is cancelled."), code="why_missing", field="why")
    _check_waiting(slip)
    slip.cancelled_at, slip.cancelled_by_id = at, by.user_id
    slip.cancelled_why = why.strip()[: slips.NOTE_LENGTH]
    slip.save()
    slip.members.update(is_counted=False)
    if slip.entitlement is not None:
        entitlements.cancel(slip.entitlement.pk, reason=slip.cancelled_why, by=by, at=at)
    record(by, at, "slip cancelled", "slip", slip.pk, {"why": slip.cancelled_why}, subject=slip.household.subject)
    return slip


@transaction.atomic
def close(distribution_id: int, *, by: Access, at: dt.datetime) -> models.Distribution:
    """Nothing more is handed out. Sheets that are still being worked in come first."""
    by.require(A.DISTRIBUTION_PLAN)
    row = _open(_locked(distribution_id, by, A.DISTRIBUTION_PLAN))
    if row.sheets.filter(done_at=None).exists():
        raise errors.Conflict(
            errors.message("A sheet from paper is still being worked in. Wait until it is done."), code="sheet_open"
        )
    row.state, row.closed_by_id, row.closed_at = slips.State.CLOSED.value, by.user_id, at
    row.save()
    record(by, at, "distribution closed", "distribution", row.pk)
    return row


def _open(row: models.Distribution) -> models.Distribution:
    if row.state == slips.State.LISTING:
        raise errors.Conflict(
            errors.message("The list is still being made. Wait until it is done."), code="list_not_made"
        )
    if row.state == slips.State.CLOSED:
        raise errors.Conflict(
            errors.message("This distribution is closed. Nothing more is handed out."), code="distribution_closed"
        )
    return row


# --- handing out ------------------------------------------------------------------------------------------------------


@transaction.atomic
def hand_out(slip_id: int, told: plans.Collected, *, by: Access, at: dt.datetime) -> models.Slip:
    """The goods of the slip were handed out: stock is less by them, and it is known who collected on whose behalf."""
    by.require(A.DISTRIBUTION_HAND)
    plans.check_collected(told)
    slip = _slip(slip_id, by, A.DISTRIBUTION_HAND)
    member = slip.members.filter(person_id=told.person_id).first() if told.person_id else None
    if told.person_id is not None and member is None:
        raise errors.BadInput(
            errors.message("This person is not counted on the slip. Write who came under somebody else."),
            code="not_on_slip",
            field="person",
        )
    role = slips.Collects.OTHER
    if member is not None and member.collects:
        role = slips.Collects(member.collects)
    if role is slips.Collects.OTHER and not told.reason.strip():
        raise errors.BadInput(
            errors.message("{who} is not named to collect. Write why they came."),
            code="reason_missing",
            field="reason",
            who=told.other.strip() or (member.person.number if member else ""),
        )
    said = " · ".join(filter(None, (told.other.strip(), told.reason.strip()))) if role is slips.Collects.OTHER else ""
    return _hand_out(slip, member, role.value, said, way=slips.Way.COUNTER, handed_at=at, by=by, at=at)


def _slip(pk: int, by: Access, action: Action) -> models.Slip:
    """The slip, locked: of two counters that hand out one slip at once, the second is told."""
    rows = models.Slip.objects.visible_to(by, action).select_for_update(of=("self",))
    rows = rows.select_related("household", "distribution__warehouse", "distribution__kit", "entitlement__person")
    slip = rows.filter(pk=pk).first()
    if slip is None:
        raise errors.NotFound()
    return slip


def _check_waiting(slip: models.Slip) -> None:
    if slip.cancelled_at is not None:
        raise errors.Conflict(
            errors.message("This slip was cancelled: {why}."), code="slip_cancelled", why=slip.cancelled_why
        )
    if slip.handed_at is not None:
        raise errors.Conflict(
            errors.message("This slip was handed out on {day} at {time}. Nothing more is due on it."),
            code="slip_handed",
            day=f"{slip.handed_at:%d.%m.%Y}",
            time=f"{slip.handed_at:%H:%M}",
        )


def _hand_out(
    slip: models.Slip,
    member: models.SlipMember | None,
    role: str,
    said: str,
    *,
    way: slips.Way,
    handed_at: dt.datetime,
    by: Access,
    at: dt.datetime,
) -> models.Slip:
    _open(slip.distribution)
    _check_waiting(slip)
    wanted = dict(slip.lines.values_list("item_id", "quantity"))
    picks = supplies.pick(slip.distribution.warehouse_id, wanted, handed_at.date())
    changes: dict[int, int] = {each.batch_id: -each.quantity for each in picks}
    why = supplies.Why(distribution_id=slip.distribution_id)
    slip.entry = supplies.move(slip.distribution.warehouse, changes, stock.Kind.HAND_OUT, why, by=by, at=at)
    slip.handed_at, slip.handed_by_id, slip.way = handed_at, by.user_id, way.value
    slip.collected_by_id, slip.collected_as = (member.person_id if member else None), role
    if said:
        subject = slip.household.subject
        slip.other_sealed = audit.seal(subject, said[: slips.NOTE_LENGTH].encode(), context=models.SEALED_OTHER)
    slip.save()
    if slip.entitlement is not None:
        entitlements.note_delivery(slip.entitlement, _delivered(slip, said), by=by, at=at)
    _tell(slip, "slip handed out", {"way": way.value, "collected_as": role}, by, at)
    return slip


def _delivered(slip: models.Slip, said: str) -> entitlements.Handed:
    """The hand-out as the entitlement knows it; ``entry`` names it once and for ever."""
    behalf = {
        slips.Collects.COLLECTOR: entitlement_rules.Behalf.COLLECTOR,
        slips.Collects.ALTERNATE: entitlement_rules.Behalf.ALTERNATE,
        slips.Collects.OTHER: entitlement_rules.Behalf.PROXY,
    }
    handed_at = slip.handed_at
    if handed_at is None:
        raise ValueError("a slip that was not handed out is no delivery")
    return entitlements.Handed(
        amount=KIT.amount,
        on=handed_at.date(),
        mechanism=entitlement_rules.Mechanism.IN_KIND,
        key=f"slip:{slip.entry}",
        behalf=behalf.get(slips.Collects(slip.collected_as), entitlement_rules.Behalf.SELF)
        if slip.collected_as
        else entitlement_rules.Behalf.SELF,
        collected_by_id=slip.collected_by_id,
        proxy=said,
        source="distribution",
    )


def _undeliver(slip: models.Slip, why: str, by: Access, at: dt.datetime) -> None:
    """The delivery of a slip came back whole."""
    given = Delivery.objects.filter(key=f"slip:{slip.entry}").select_related("entitlement").first()
    if given is not None:
        entitlements.note_return(
            given.entitlement,
            given,
            given.amount,
            on=at.date(),
            reason=why.strip(),
            key=f"slip:{slip.entry}",
            by=by,
            at=at,
        )


def _tell(slip: models.Slip, verb: str, payload: dict[str, Any], by: Access, at: dt.datetime) -> None:
    payload = {"distribution": slip.distribution_id, **payload}
    record(by, at, verb, "slip", slip.pk, payload, subject=slip.household.subject)


@transaction.atomic
def take_back(slip_id: int, *, why: str, by: Access, at: dt.datetime) -> models.Slip:
    """The goods of the slip came back whole, into the batches they were taken from, and it may be handed out again."""
    by.require(A.DISTRIBUTION_HAND)
    slip = _slip(slip_id, by, A.DISTRIBUTION_HAND)
    _open(slip.distribution)
    if slip.handed_at is None or slip.entry is None:
        raise errors.Conflict(errors.message("This slip was not handed out."), code="slip_not_handed")
    if not why.strip():
        raise errors.BadInput(errors.message("Say why the goods came back."), code="why_missing", field="why")
    went = supply_models.Movement.objects.filter(entry=slip.entry, kind=stock.Kind.HAND_OUT)
    changes = {row.batch_id: -row.quantity for row in went}
    note = supplies.Why(note=why, distribution_id=slip.distribution_id)
    supplies.move(slip.distribution.warehouse, changes, stock.Kind.RETURN, note, entry=slip.entry, by=by, at=at)
    _undeliver(slip, why, by, at)
    slip.handed_at, slip.handed_by, slip.way, slip.entry = None, None, "", None
    slip.collected_by, slip.collected_as, slip.other_sealed = None, "", None
    slip.save()
    _tell(slip, "slip taken back", {"why": why.strip()[: slips.NOTE_LENGTH]}, by, at)
    return slip


# --- paper ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Paper:
    """A sheet as it was brought."""

    lines: tuple[plans.PaperLine, ...]
    handed_on: dt.date
    name: str = ""


def bring_sheet(distribution_id: int, paper: Paper, *, by: Access, at: dt.datetime) -> models.Sheet:
    """The sheet is kept line by line; a short one is worked in at once, a long one by a job."""
    sheet = _keep_sheet(distribution_id, paper, by=by, at=at)
    if sheet.job_id is None:
        work_sheet(sheet.pk, None, by=by, at=at)
        sheet.refresh_from_db()
    return sheet


@transaction.atomic
def _keep_sheet(distribution_id: int, paper: Paper, *, by: Access, at: dt.datetime) -> models.Sheet:
    by.require(A.DISTRIBUTION_HAND)
    row = _open(_locked(distribution_id, by, A.DISTRIBUTION_HAND))
    if paper.handed_on > at.date() or not paper.lines:
        raise errors.BadInput(
            errors.message("{day} has not come yet. Note what has happened."),
            code="day_ahead",
            field="handed_on",
            day=paper.handed_on.isoformat(),
        )
    sheet = models.Sheet.objects.create(
        distribution=row,
        name=paper.name[: slips.TITLE_LENGTH],
        handed_on=paper.handed_on,
        brought_by_id=by.user_id,
        brought_at=at,
    )
    models.SheetLine.objects.bulk_create(
        models.SheetLine(sheet=sheet, row=number, typed=line.typed, collects=line.collects or "")
        for number, line in enumerate(paper.lines, start=1)
    )
    if len(paper.lines) > slips.AT_ONCE:
        sheet.job = jobs.enqueue(SHEET, payload={"sheet": sheet.pk}, by=by, at=at, key=f"{SHEET}-{sheet.pk}")
        sheet.save(update_fields=["job"])
    record(by, at, "sheet brought", "distribution", row.pk, {"sheet": sheet.pk, "lines": len(paper.lines)})
    return sheet


def work_sheet(sheet_id: int, progress: jobs.Progress | None, *, by: Access, at: dt.datetime) -> dict[str, int]:
    """Every line of the sheet has its verdict, and every slip that was good is handed out, once.

    A line and its hand-out are one transaction with the other lines of its piece: stopped anywhere, it goes on with the
    first line that has no verdict, and nothing is doubled.
    """
    by.require(A.DISTRIBUTION_HAND)
    total = models.SheetLine.objects.filter(sheet_id=sheet_id).count()
    while True:
        with transaction.atomic():
            rows = models.Sheet.objects.select_for_update(of=("self",)).select_related("distribution")
            sheet = rows.filter(pk=sheet_id).first()
            if sheet is None:
                raise errors.NotFound()
            row = queries.visible_distribution(by, sheet.distribution_id, A.DISTRIBUTION_HAND)
            waiting = sheet.lines.filter(verdict=slips.Verdict.WAITING).order_by("row")
            piece = list(waiting[: slips.AT_ONCE])
            if not piece:
                sheet.done_at = sheet.done_at or at
                sheet.save(update_fields=["done_at"])
                break
            done = {line.entry for line in sheet.lines.filter(entry__isnull=False) if line.entry}
            for line in piece:
                _work_line(sheet, row, line, done, by, at)
            models.SheetLine.objects.bulk_update(piece, ["verdict", "entry"])
            if progress:
                progress(total - waiting.count(), total)
    good = sheet.lines.filter(verdict=slips.Verdict.HANDED_OUT).count()
    return {"lines": total, "handed_out": good}


def _work_line(  # noqa: PLR0917 - one line a call
    sheet: models.Sheet,
    row: models.Distribution,
    line: models.SheetLine,
    done: set[uuid.UUID],
    by: Access,
    at: dt.datetime,
) -> None:
    found = queries.locate(by, row, line.typed)
    line.verdict = found.verdict.value
    if found.verdict is slips.Verdict.ALREADY and found.slip and found.slip.entry in done:
        line.verdict = slips.Verdict.TWICE.value
    if not found.can_be_handed or found.slip is None:
        return
    handed_at = dt.datetime.combine(sheet.handed_on, NOON, tzinfo=dt.UTC)
    try:
        with transaction.atomic():
            slip = _slip(found.slip.pk, by, A.DISTRIBUTION_HAND)
            member = slip.members.filter(collects=line.collects).first() if line.collects else None
            handed = _hand_out(slip, member, line.collects, "", way=slips.Way.PAPER, handed_at=handed_at, by=by, at=at)
    except errors.Conflict as wrong:
        short = wrong.code == "stock_short"
        line.verdict = (slips.Verdict.SHORT if short else slips.Verdict.ALREADY).value
        return
    line.verdict, line.entry = slips.Verdict.HANDED_OUT.value, handed.entry
    if handed.entry is not None:
        done.add(handed.entry)


@transaction.atomic
def again(sheet_id: int, *, by: Access, at: dt.datetime) -> models.Sheet:
    """Lines for which there was not enough stock wait once more; ``work_sheet`` works them in."""
    by.require(A.DISTRIBUTION_HAND)
    sheet = models.Sheet.objects.select_for_update(of=("self",)).filter(pk=sheet_id).first()
    if sheet is None:
        raise errors.NotFound()
    _open(_locked(sheet.distribution_id, by, A.DISTRIBUTION_HAND))
    waiting = sheet.lines.filter(verdict=slips.Verdict.SHORT).update(verdict=slips.Verdict.WAITING.value)
    if waiting:
        sheet.done_at = None
        record(by, at, "sheet tried again", "distribution", sheet.distribution_id, {"sheet": sheet.pk})
    sheet.save()
    return sheet
