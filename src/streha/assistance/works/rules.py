"""What holds of house works without a database: stages and their weights, the plan in days, percent, delay, alerts.

A stage may begin when the one it comes after is done, and all before the handover must be done at the handover. How
much a stage weighs and how long it takes is data (``data/stages.csv``); each house keeps the numbers it was planned by.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from streha.common import errors, money


class Kind(StrEnum):
    NEW = "new"
    REPAIR = "repair"


class Stage(StrEnum):
    """In the order in which a house is built."""

    SURVEY = "survey"
    DESIGN = "design"
    TENDER = "tender"
    FOUNDATION = "foundation"
    WALLS = "walls"
    ROOF = "roof"
    INSTALLATIONS = "installations"
    FINISHING = "finishing"
    HANDOVER = "handover"
    DEFECTS = "defects"


class State(StrEnum):
    PLANNED = "planned"  # nothing was begun
    RUNNING = "running"
    STOPPED = "stopped"
    HANDED_OVER = "handed_over"  # the household has it; defects may be open
    CLOSED = "closed"  # no defect is open any more


class Standing(StrEnum):
    """How a house stands today: what its colour on the screen and on the map says."""

    PLANNED = "planned"
    ON_TIME = "on_time"
    LATE = "late"
    VERY_LATE = "very_late"
    STOPPED = "stopped"
    DONE = "done"


class Alert(StrEnum):
    VERY_LATE = "very_late"
    LATE = "late"
    NOT_INSPECTED = "not_inspected"
    DEFECTS_OPEN = "defects_open"
    NO_CONTRACTOR = "no_contractor"
    COST_NEAR_LIMIT = "cost_near_limit"


OPEN = frozenset({State.PLANNED, State.RUNNING, State.STOPPED})
BY_HANDOVER = frozenset({Stage.HANDOVER, Stage.DEFECTS})  # written by the handover, never by an inspection
INSPECT_EVERY = dt.timedelta(days=14)
VERY_LATE_DAYS = 30
NEAR_LIMIT = Decimal("0.95")  # of what was contracted
DEFECT_DAYS = 30  # a defect that is open for longer is an alert
TEXT_LENGTH = 2000


def works_number(pk: int) -> str:
    return f"HW-{pk:06d}"


def lot_number(pk: int) -> str:
    return f"LOT-{pk:04d}"


# --- stages and the plan ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StageRule:
    """A stage as the list of a kind says it: how much of the house it is, how long it takes, what it comes after."""

    kind: Kind
    code: Stage
    position: int
    weight: int
    days: int
    after: Stage | None
    verified: bool
    source: str


@dataclass(frozen=True)
class Step:
    """A stage of one house: its share, its planned days, how far it is and since when."""

    code: Stage
    position: int
    weight: int
    after: Stage | None
    planned_start: dt.date
    planned_end: dt.date
    percent: int = 0
    started_on: dt.date | None = None
    ended_on: dt.date | None = None

    @property
    def is_done(self) -> bool:
        return self.percent == 100


def planned(rules: Sequence[StageRule], start: dt.date) -> tuple[Step, ...]:
    """The stages one after another from a day on: a stage of 10 days from the 1st ends on the 10th."""
    steps, day = [], start
    for rule in sorted(rules, key=lambda one: one.position):
        end = day + dt.timedelta(days=rule.days - 1)
        steps.append(Step(rule.code, rule.position, rule.weight, rule.after, day, end))
        day = end + dt.timedelta(days=1)
    return tuple(steps)


def percent_done(steps: Iterable[Step]) -> int:
    """The whole percent of the house that is done, by the weights of its stages; 100 only when every stage is done.

    Foundation (14) done and walls (24) half done of 100: 26 %.
    """
    held = list(steps)
    total = sum(step.weight for step in held)
    return sum(step.weight * step.percent for step in held) // total if total else 0


def planned_percent(steps: Iterable[Step], day: dt.date) -> int:
    """The percent that the plan says for the end of a day: within a stage as many parts as days have passed."""
    held = list(steps)
    total = sum(step.weight for step in held)
    if not total:
        return 0
    reached = sum(Decimal(step.weight) * _passed(step, day) for step in held)
    return int(reached * 100 / total)


def _passed(step: Step, day: dt.date) -> Decimal:
    days = (step.planned_end - step.planned_start).days + 1
    gone = (day - step.planned_start).days + 1
    return Decimal(min(max(gone, 0), days)) / days


def current(steps: Sequence[Step]) -> Step | None:
    """The first stage that is not done; None when all are."""
    return next((step for step in steps if not step.is_done), None)


def days_late(due: dt.date | None, state: State, today: dt.date) -> int:
    """Days since the planned end of the first stage that is not done; a house that is finished or stopped is not."""
    if due is None or state not in {State.PLANNED, State.RUNNING}:
        return 0
    return max(0, (today - due).days)


def standing(state: State, due: dt.date | None, today: dt.date) -> Standing:
    """The one word for how a house stands."""
    if state in {State.HANDED_OVER, State.CLOSED}:
        return Standing.DONE
    if state == State.STOPPED:
        return Standing.STOPPED
    late = days_late(due, state, today)
    if late > VERY_LATE_DAYS:
        return Standing.VERY_LATE
    if late:
        return Standing.LATE
    return Standing.PLANNED if state == State.PLANNED else Standing.ON_TIME


@dataclass(frozen=True)
class Watched:
    """What alerts of a house are made of."""

    state: State
    due: dt.date | None
    next_inspection: dt.date | None
    has_contractor: bool
    contracted: Decimal
    spent: Decimal
    oldest_defect: dt.date | None
    stage: str


def alerts(house: Watched, today: dt.date) -> tuple[Alert, ...]:
    """What somebody should look at, the most pressing first."""
    found = []
    late = days_late(house.due, house.state, today)
    if late:
        found.append(Alert.VERY_LATE if late > VERY_LATE_DAYS else Alert.LATE)
    if house.state == State.RUNNING and house.next_inspection is not None and house.next_inspection < today:
        found.append(Alert.NOT_INSPECTED)
    if house.oldest_defect is not None and (today - house.oldest_defect).days > DEFECT_DAYS:
        found.append(Alert.DEFECTS_OPEN)
    is_building = house.state == State.RUNNING and house.stage not in {Stage.SURVEY, Stage.DESIGN, Stage.TENDER}
    if is_building and not house.has_contractor:
        found.append(Alert.NO_CONTRACTOR)
    if house.state in OPEN and house.contracted and house.spent >= house.contracted * NEAR_LIMIT:
        found.append(Alert.COST_NEAR_LIMIT)
    return tuple(found)


# --- drafts and checks ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WorksDraft:
    """House works about to be planned."""

    home_id: int
    kind: Kind
    start: dt.date
    household_id: int | None = None
    case_id: int | None = None
    lot_id: int | None = None
    cost_planned: Decimal = Decimal(0)
    cost_contracted: Decimal = Decimal(0)  # within the lot's contract
    currency: str = "EUR"
    is_fictional: bool = False


@dataclass(frozen=True)
class LotDraft:
    """A lot: the houses that one contractor builds by one tender."""

    title: str
    keeper_id: int
    tender: str = ""
    contractor: str = ""
    contracted_on: dt.date | None = None
    amount: Decimal = Decimal(0)
    currency: str = "EUR"
    is_fictional: bool = False


@dataclass(frozen=True)
class InspectionDraft:
    """What somebody found on the site: for each stage that moved, how much of it is done."""

    on: dt.date
    percents: Mapping[Stage, int]
    note: str = ""


@dataclass(frozen=True)
class HandoverDraft:
    """The household takes the house: who of it signed, and what is still to be mended."""

    on: dt.date
    person_id: int | None = None
    signed_by: str = ""
    defects: Sequence[str] = ()


def inspected(steps: Sequence[Step], draft: InspectionDraft, *, last: dt.date | None, today: dt.date) -> list[Step]:
    """The stages after an inspection; raises BadInput for percents that cannot be, or a stage that was skipped."""
    check_day(draft.on, today, earliest=last)
    if not draft.percents and not draft.note.strip():
        raise errors.BadInput(errors.message("Say how far a stage is, or write a note."), code="inspection_empty")
    known = {step.code: step for step in steps}
    for code, percent in draft.percents.items():
        _check_percent(known.get(code), code, percent, has_note=bool(draft.note.strip()))
    moved = [_moved(step, draft) for step in steps]
    _check_order(moved)
    return moved


def _check_percent(step: Step | None, code: Stage, percent: int, *, has_note: bool) -> None:
    if step is None or code in BY_HANDOVER:
        raise errors.BadInput(
            errors.message("“{works_stage}” is not written by an inspection of this house."),
            code="stage_foreign",
            works_stage=str(code),
        )
    if not 0 <= percent <= 100:
        raise errors.BadInput(
            errors.message("{value} % of a stage cannot be done. Write 0 to 100."),
            code="percent_impossible",
            field=str(code),
            value=percent,
        )
    if percent < step.percent and not has_note:
        raise errors.BadInput(
            errors.message(
                "{works_stage} was at {before} % and would fall to {value} %. Write in the note what happened."
            ),
            code="percent_fell",
            field="note",
            works_stage=str(code),
            before=step.percent,
            value=percent,
        )


def _moved(step: Step, draft: InspectionDraft) -> Step:
    percent = draft.percents.get(step.code, step.percent)
    started = (step.started_on or draft.on) if percent else None
    ended = (step.ended_on or draft.on) if percent == 100 else None
    return replace(step, percent=percent, started_on=started, ended_on=ended)


def _check_order(steps: Sequence[Step]) -> None:
    """No stage has begun before the one that it comes after is done."""
    done = {step.code for step in steps if step.is_done}
    for step in steps:
        if step.percent and step.after is not None and step.after not in done:
            raise errors.BadInput(
                errors.message("{works_stage} cannot begin before {works_before} is done. Inspect that stage first."),
                code="stage_skipped",
                field=str(step.code),
                works_stage=str(step.code),
                works_before=str(step.after),
            )


def check_handover(steps: Sequence[Step], draft: HandoverDraft, *, last: dt.date | None, today: dt.date) -> None:
    """Raise BadInput unless everything before the handover is done and somebody signed."""
    check_day(draft.on, today, earliest=last)
    for step in steps:
        if step.code not in BY_HANDOVER and not step.is_done:
            raise errors.BadInput(
                errors.message("{works_stage} is at {value} %. A house is handed over when everything is built."),
                code="handover_early",
                works_stage=str(step.code),
                value=step.percent,
            )
    if draft.person_id is None and not draft.signed_by.strip():
        raise errors.BadInput(
            errors.message("Say who of the household signed."), code="signature_missing", field="signed_by"
        )


def check_day(day: dt.date, today: dt.date, *, earliest: dt.date | None = None, field: str = "on") -> None:
    """Raise BadInput for a day to come, or before what is known already."""
    if day > today:
        raise errors.BadInput(
            errors.message("{value} is still to come. Write the day on which it was."),
            code="day_to_come",
            field=field,
            value=day.strftime("%d.%m.%Y"),
        )
    if earliest is not None and day < earliest:
        raise errors.BadInput(
            errors.message("{value} lies before {before}, which is known already. Correct the day."),
            code="day_before",
            field=field,
            value=day.strftime("%d.%m.%Y"),
            before=earliest.strftime("%d.%m.%Y"),
        )


def check_text(text: str, *, field: str, most: int = TEXT_LENGTH, required: bool = True) -> str:
    """The text without spaces around it; raises BadInput when it is missing or too long."""
    tidy = "\n".join(" ".join(line.split()) for line in text.strip().splitlines())
    if required and not tidy:
        raise errors.BadInput(errors.message("This cannot be empty."), code="text_missing", field=field)
    if len(tidy) > most:
        raise errors.BadInput(
            errors.message("This has {length} signs; at most {most} are kept. Shorten it."),
            code="text_long",
            field=field,
            length=len(tidy),
            most=most,
        )
    return tidy


def check_spending(spent: Decimal, more: Decimal, limit: Decimal, currency: str) -> None:
    """Raise Conflict for spending beyond what was agreed."""
    if spent + more > limit:
        raise errors.Conflict(
            errors.message(
                "{more} {currency} are too much: {limit} are agreed, {spent} are spent. Change the contract first."
            ),
            code="overspent",
            field="amount",
            more=more,
            limit=limit,
            spent=spent,
            currency=currency,
        )


# --- plan against actual, over many houses ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Month:
    """The end of a month: the mean percent planned and built over all houses; ``built`` is None in the future."""

    end: dt.date
    planned: float
    built: float | None


def curve(
    windows: Iterable[tuple[dt.date, dt.date, float]],
    gains: Iterable[tuple[dt.date, float]],
    houses: int,
    today: dt.date,
) -> tuple[Month, ...]:
    """Plan against actual by month.

    ``windows`` are stages as (planned start, planned end, percent of its house), ``gains`` what inspections added to a
    house, in percent, by day. Both are summed by month and divided by the number of houses.
    """
    plan: dict[dt.date, float] = {}
    for start, end, share in windows:
        days = (end - start).days + 1
        day = start
        while day <= end:
            last = min(month_end(day), end)
            month = month_end(day)
            plan[month] = plan.get(month, 0.0) + share * ((last - day).days + 1) / days
            day = last + dt.timedelta(days=1)
    actual: dict[dt.date, float] = {}
    for on, gain in gains:
        actual[month_end(on)] = actual.get(month_end(on), 0.0) + gain
    if not houses or not plan:
        return ()
    months, end = [], min([*plan, *actual])
    planned_sum = built_sum = 0.0
    while end <= max([*plan, *actual]):
        planned_sum += plan.get(end, 0.0)
        built_sum += actual.get(end, 0.0)
        is_past = end <= month_end(today)
        months.append(Month(end, planned_sum / houses, built_sum / houses if is_past else None))
        end = month_end(end + dt.timedelta(days=1))
    return tuple(months)


def month_end(day: dt.date) -> dt.date:
    """The last day of a day's month."""
    following = day.replace(day=28) + dt.timedelta(days=4)
    return following - dt.timedelta(days=following.day)


# --- sums of money ----------------------------------------------------------------------------------------------------


def check_amount(amount: Decimal, *, field: str = "amount") -> Decimal:
    """The sum as it is kept, with two places; raises BadInput for one that is negative, endless, or no sum."""
    if not amount.is_finite() or amount < 0 or amount > money.MOST or amount != round(amount, 2):
        raise errors.BadInput(
            errors.message("“{value}” is no sum that can be kept. Write it with at most two places, as 1250.50."),
            code="amount_impossible",
            field=field,
            value=str(amount)[:30],
        )
    return amount
