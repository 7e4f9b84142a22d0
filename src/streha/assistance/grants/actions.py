"""Every write of grants: awarded, condition met, paid, visited, checked, cancelled.

Who says that a condition is met does not pay: two roles that nobody holds together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from streha.accounts import queries as accounts
from streha.accounts.rules import Access, Action
from streha.assistance.grants import models, queries, rules
from streha.assistance.programmes import actions as programmes
from streha.assistance.programmes.rules import For
from streha.assistance.works.actions import spend_committed
from streha.audit import actions as audit
from streha.audit import rules as audit_rules
from streha.cases.models import Case
from streha.common import errors, money
from streha.people import models as people_models
from streha.people import queries as people
from streha.people.rules import person_number, tidy_text

ROOM = "assistance"
A = Action


def award(draft: rules.GrantDraft, *, by: Access, at: dt.datetime) -> models.Grant:
    """The person has the grant, with its tranches and the days on which the business is looked at."""
    return award_many([draft], by=by, at=at)[0]


@transaction.atomic
def award_many(drafts: Sequence[rules.GrantDraft], *, by: Access, at: dt.datetime) -> list[models.Grant]:
    """All are awarded, or none; raises Conflict for somebody who has one already, unless it is said why."""
    by.require(A.GRANT_WORK)
    for draft in drafts:
        rules.check_grant(draft)
        if draft.cycle_id is not None:
            programmes.require_open(programmes.cycle_for(draft.cycle_id, A.PROGRAMME_VIEW, by))
        if draft.case_id is not None and not Case.objects.visible_to(by).filter(pk=draft.case_id).exists():
            raise errors.BadInput(
                errors.message("This case is not among those you work with."), code="case_unknown", field="case"
            )
    answering = people.answering(draft.person_id for draft in drafts)
    found = _people(by, sorted(set(answering.values())))
    households = people.answering_households(d.household_id for d in drafts if d.household_id is not None)
    _require_households(by, set(households.values()))
    _require_first(drafts, answering)
    plans = [(found[answering[d.person_id]].subject, d.plan.strip().encode()) for d in drafts]
    sealed = audit.seal_many(plans, context=models.SEALED_PLAN)
    is_demo = accounts.is_demo_office()
    rows = [
        models.Grant(
            person=found[answering[draft.person_id]],
            household_id=households.get(draft.household_id or 0),
            case_id=draft.case_id,
            cycle_id=draft.cycle_id,
            sector=draft.sector,
            plan_sealed=plan,
            amount=draft.amount,
            currency=money.check_currency(draft.currency),
            starts_on=draft.starts_on,
            jobs_planned=draft.jobs_planned,
            again_reason=tidy_text(draft.again)[:300],
            awarded_by_id=by.user_id,
            awarded_at=at,
            is_fictional=draft.is_fictional or is_demo,
        )
        for draft, plan in zip(drafts, sealed, strict=True)
    ]
    models.Grant.objects.bulk_create(rows, batch_size=500)
    models.Tranche.objects.bulk_create(
        (
            models.Tranche(grant=grant, position=n, amount=one.amount, condition=tidy_text(one.condition))
            for grant, draft in zip(rows, drafts, strict=True)
            for n, one in enumerate(draft.tranches, start=1)
        ),
        batch_size=500,
    )
    models.AliveCheck.objects.bulk_create(
        (
            models.AliveCheck(grant=grant, months=months, due_on=due)
            for grant in rows
            for months, due in rules.check_days(grant.starts_on)
        ),
        batch_size=500,
    )
    lane = audit_rules.OFFICE if len(rows) == 1 else audit_rules.BATCH
    audit.record_many([_entry(grant, "grant awarded", {}) for grant in rows], by=by.actor, at=at, lane=lane)
    return rows


def _people(by: Access, ids: Sequence[int]) -> dict[int, people_models.Person]:
    found: dict[int, people_models.Person] = {}
    for start in range(0, len(ids), 500):
        seen = people_models.Person.objects.visible_to(by, A.GRANT_WORK).filter(ended_on=None)
        found |= seen.in_bulk(ids[start : start + 500])
    missing = [pk for pk in ids if pk not in found]
    if missing:
        raise errors.BadInput(
            errors.message("{number} is not among the people you work with."),
            code="person_unknown",
            field="person",
            number=person_number(missing[0]),
        )
    return found


def _require_households(by: Access, ids: set[int]) -> None:
    seen = people_models.Household.objects.visible_to(by).filter(pk__in=ids)
    if seen.count() != len(ids):
        raise errors.BadInput(
            errors.message("This household is not among those you work with."),
            code="household_unknown",
            field="household",
        )


def _require_first(drafts: Sequence[rules.GrantDraft], answering: dict[int, int]) -> None:
    wanted = [answering[draft.person_id] for draft in drafts if not draft.again.strip()]
    had = queries.people_with_grants(wanted)
    twice = next((pk for n, pk in enumerate(wanted) if pk in had or pk in wanted[:n]), None)
    if twice is not None:
        raise errors.Conflict(
            errors.message("{number} has a grant already. If another is right, say why."),
            code="grant_again",
            field="again",
            number=person_number(twice),
        )


@transaction.atomic
def meet_condition(pk: int, position: int, *, on: dt.date, version: int, by: Access, at: dt.datetime) -> models.Tranche:
    """What the tranche hangs on was done; from now on it may be paid."""
    grant = _grant(A.GRANT_WORK, pk, by, version=version)
    tranche = _tranche(grant, position)
    if tranche.met_on is not None:
        raise errors.Conflict(errors.message("This condition is met already."), code="met_again")
    rules.check_day(on, at.date())
    tranche.met_on, tranche.met_by_id = on, by.user_id
    tranche.save(update_fields=["met_on", "met_by"])
    _save(grant, "condition met", by, at, {"tranche": [None, position]})
    return tranche


@transaction.atomic
def pay_tranche(
    pk: int, position: int, *, on: dt.date, reference: str, version: int, by: Access, at: dt.datetime
) -> models.Tranche:
    """The tranche is paid: in its order, once, when its condition is met, from what was set aside for it."""
    grant = _grant(A.GRANT_PAY, pk, by, version=version)
    tranche = _tranche(grant, position)
    if tranche.paid_on is not None:
        raise errors.Conflict(errors.message("This tranche is paid already."), code="paid_again")
    if tranche.met_on is None:
        raise errors.Conflict(
            errors.message("The condition “{condition}” is not met yet. Nothing is paid before it."),
            code="condition_open",
            condition=tranche.condition,
        )
    if grant.tranches.filter(position__lt=position, paid_on=None).exists():
        raise errors.Conflict(errors.message("An earlier tranche is not paid yet."), code="tranche_order")
    if tranche.met_by_id is not None and tranche.met_by_id == by.user_id:
        raise errors.Refused(
            errors.message("You said that the condition is met; somebody else pays."), code="met_and_paid"
        )
    rules.check_day(on, at.date(), earliest=tranche.met_on)
    tranche.paid_on, tranche.paid_by_id = on, by.user_id
    tranche.reference = rules.check_text(reference, field="reference", most=80)
    tranche.save(update_fields=["paid_on", "paid_by", "reference"])
    amount = money.Money(tranche.amount, grant.currency)
    spend_committed(For.GRANT, grant.pk, f"grant-tranche-{tranche.pk}", amount, on, by, at)
    _save(grant, "tranche paid", by, at, {"tranche": [None, position]})
    return tranche


@transaction.atomic
def visit(pk: int, *, on: dt.date, note: str, version: int, by: Access, at: dt.datetime) -> models.GrantVisit:
    """Somebody went to the business and wrote what they found."""
    grant = _grant(A.GRANT_VISIT, pk, by, version=version)
    rules.check_day(on, at.date())
    text = rules.check_text(note, field="note", most=rules.NOTE_LENGTH)
    row = models.GrantVisit.objects.create(
        grant=grant,
        on=on,
        note_sealed=audit.seal(grant.person.subject, text.encode(), context=models.SEALED_NOTE),
        noted_by_id=by.user_id,
        noted_at=at,
    )
    _save(grant, "business visited", by, at, {})
    return row


@transaction.atomic
def check_alive(
    pk: int,
    months: int,
    *,
    found: rules.Alive,
    jobs: int | None,
    on: dt.date,
    version: int,
    by: Access,
    at: dt.datetime,
) -> models.AliveCheck:
    """What became of the business so many months after it began; with the last check the grant has ended."""
    grant = _grant(A.GRANT_VISIT, pk, by, version=version)
    check = grant.checks.filter(months=months).first()
    if check is None:
        raise errors.NotFound()
    if check.made_on is not None:
        raise errors.Conflict(errors.message("This check is made already."), code="check_again")
    rules.check_day(on, at.date(), earliest=grant.starts_on)
    if on < check.due_on - dt.timedelta(days=31):
        raise errors.BadInput(
            errors.message("The check is due on {due}: more than a month before, it says nothing."),
            code="check_early",
            field="on",
            due=check.due_on.strftime("%d.%m.%Y"),
        )
    if (jobs is None) != (found != rules.Alive.ALIVE):
        raise errors.BadInput(
            errors.message("Write how many jobs a living business gives, and none for any other."),
            code="jobs_missing",
            field="jobs",
        )
    check.made_on, check.found, check.jobs, check.made_by_id = on, found, jobs, by.user_id
    check.save()
    if not grant.checks.filter(made_on=None).exists():
        grant.state = rules.State.ENDED
    _save(grant, "business checked", by, at, {"months": [None, months], "found": [None, str(found)]})
    return check


@transaction.atomic
def cancel(pk: int, *, reason: str, version: int, by: Access, at: dt.datetime) -> models.Grant:
    """Nothing more is paid, for a reason; what was paid stays on file."""
    grant = _grant(A.GRANT_WORK, pk, by, version=version)
    grant.end_reason = rules.check_text(reason, field="reason", most=300)
    grant.state = rules.State.CANCELLED
    _save(grant, "grant cancelled", by, at, {}, reason=grant.end_reason)
    return grant


def _grant(action: Action, pk: int, by: Access, *, version: int) -> models.Grant:
    """The grant, locked, if the writer may do this to it, it is running, and nobody was faster."""
    by.require(action)
    seen = models.Grant.objects.visible_to(by, action).select_for_update(of=("self",))
    grant = seen.select_related("person").filter(pk=pk).first()
    if grant is None:
        raise errors.NotFound()
    if grant.version != version:
        raise errors.Conflict()
    if grant.state != rules.State.RUNNING:
        raise errors.Conflict(errors.message("This grant has ended."), code="grant_ended")
    return grant


def _tranche(grant: models.Grant, position: int) -> models.Tranche:
    found = grant.tranches.filter(position=position).first()
    if found is None:
        raise errors.NotFound()
    return found


def _entry(grant: models.Grant, verb: str, told: dict[str, Any], reason: str = "") -> audit_rules.Entry:
    return audit_rules.Entry(
        room=ROOM,
        verb=verb,
        object_kind="business_grant",
        object_key=str(grant.pk),
        subject=grant.person.subject,
        payload={**told, "state": [None, str(grant.state)]},
        reason=reason,
    )


def _save(
    grant: models.Grant, verb: str, by: Access, at: dt.datetime, told: dict[str, Any], *, reason: str = ""
) -> None:
    grant.version += 1
    grant.save()
    audit.record_many([_entry(grant, verb, told, reason)], by=by.actor, at=at, lane=audit_rules.OFFICE)
