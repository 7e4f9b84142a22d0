"""Every write of what people are due and got: granted, delivered, returned, topped up, verified, cancelled.

A delivery takes from what is left of its entitlement under the lock of its row, so that nothing is given twice; money
takes from its commitment in the same transaction. The same key twice is one delivery.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from streha.accounts.rules import Access, Action
from streha.assistance.entitlements import bridge, models, queries, rules
from streha.assistance.programmes import actions as programmes
from streha.assistance.programmes import models as programme_models
from streha.assistance.programmes import queries as programme_queries
from streha.assistance.programmes import rules as programme_rules
from streha.assistance.selections.models import Application
from streha.audit import actions as audit
from streha.audit import rules as audit_rules
from streha.audit.rules import Entry
from streha.cases.models import Case
from streha.cases.rules import CaseState
from streha.common import errors
from streha.common.money import Money, rounded
from streha.people import models as people
from streha.people import queries as people_queries

ROOM = "assistance"
PIECE = 500
A = Action
LANGUAGES = ("en", "sq", "sr")


def _tell(  # noqa: PLR0917 - one line a call
    row: models.Entitlement, verb: str, payload: dict[str, Any], by: Access, at: dt.datetime, reason: str = ""
) -> None:
    """A record about an entitlement; what it says is sealed under the key of the person it is for."""
    audit.record(
        by=by.actor,
        at=at,
        room=ROOM,
        verb=verb,
        object_kind="entitlement",
        object_key=str(row.pk),
        subject=row.person.subject,
        payload=payload,
        reason=reason,
    )


# --- granting ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Draft:
    """What somebody is to be due. ``key``, if given, names the grant once and for ever."""

    person_id: int
    kind: rules.Kind
    much: rules.Much
    due_on: dt.date
    household_id: int | None = None
    case_id: int | None = None
    application_id: int | None = None
    what: str = ""
    commitment_id: int | None = None
    package_line_id: int | None = None
    tops_up_id: int | None = None
    key: str | None = None


def entitle(cycle_id: int, draft: Draft, *, by: Access, at: dt.datetime) -> models.Entitlement:
    """The person, or the household for which they speak, is due this. A key that is known returns what it made."""
    return entitle_many(cycle_id, [draft], by=by, at=at, lane=audit_rules.OFFICE)[0]


def entitle_many(
    cycle_id: int,
    drafts: Sequence[Draft],
    *,
    by: Access,
    at: dt.datetime,
    lane: str = audit_rules.BATCH,
) -> list[models.Entitlement]:
    """All are granted, or none; in the order of the drafts. Those whose key is known are returned as they stand."""
    by.require(A.ENTITLEMENT_GRANT)
    with transaction.atomic():
        cycle = programmes.cycle_for(cycle_id, A.PROGRAMME_VIEW, by)
        programmes.require_open(cycle)
        known = {
            row.key: row
            for start in range(0, len(drafts), PIECE)
            for row in models.Entitlement.objects.filter(
                key__in=[d.key for d in drafts[start : start + PIECE] if d.key]
            ).select_related("person")
        }
        fresh = [draft for draft in drafts if not (draft.key and draft.key in known)]
        made = _write(cycle, fresh, by=by, at=at, lane=lane) if fresh else []
    rest = iter(made)
    return [known[draft.key] if draft.key and draft.key in known else next(rest) for draft in drafts]


def _write(
    cycle: programme_models.Cycle, drafts: Sequence[Draft], *, by: Access, at: dt.datetime, lane: str
) -> list[models.Entitlement]:
    persons = _persons([draft.person_id for draft in drafts], by)
    households = _households([draft.household_id for draft in drafts if draft.household_id], by)
    cases = _cases([draft.case_id for draft in drafts if draft.case_id])
    applications = _applications([draft.application_id for draft in drafts if draft.application_id], by)
    commitments = _commitments([draft.commitment_id for draft in drafts if draft.commitment_id])
    rows = []
    for draft in drafts:
        rules.check_due(draft.kind, draft.much)
        commitment = commitments.get(draft.commitment_id or 0)
        _check_paid_for(draft, commitment)
        case = cases.get(draft.case_id or 0)
        if case is not None and case.state == CaseState.CLOSED:
            raise rules.closed_case(case.number)
        rows.append(
            models.Entitlement(
                cycle=cycle,
                person=persons[draft.person_id],
                household=households.get(draft.household_id or 0),
                case=case,
                application=applications.get(draft.application_id or 0),
                kind=draft.kind,
                what=draft.what.strip(),
                due=draft.much.amount,
                unit=draft.much.unit,
                is_money=draft.much.is_money,
                due_on=draft.due_on,
                commitment=commitment,
                package_line_id=draft.package_line_id,
                tops_up_id=draft.tops_up_id,
                key=draft.key,
                made_by_id=by.user_id,
                made_at=at,
            )
        )
    made = models.Entitlement.objects.bulk_create(rows, batch_size=PIECE)
    entries = [
        Entry(ROOM, "entitled", "entitlement", str(row.pk), row.person.subject, {"due": str(row.much)}) for row in made
    ]
    audit.record_many(entries, by=by.actor, at=at, lane=lane)
    return made


def _check_paid_for(draft: Draft, commitment: programme_models.Commitment | None) -> None:
    if draft.commitment_id and commitment is None:
        raise errors.NotFound()
    if draft.much.is_money and commitment is None:
        raise errors.BadInput(
            errors.message("Say from which commitment {value} is paid. Set the money aside in the programme first."),
            code="no_commitment",
            field="commitment",
            value=str(draft.much),
        )


def _pieces(ids: Iterable[int]) -> Iterable[list[int]]:
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), PIECE):
        yield wanted[start : start + PIECE]


def _persons(ids: Sequence[int], by: Access) -> dict[int, people.Person]:
    """Those who answer for these numbers now, all of them in sight."""
    kept = people_queries.answering(ids)
    seen: dict[int, people.Person] = {}
    for piece in _pieces(kept.values()):
        found = people.Person.objects.visible_to(by, A.ENTITLEMENT_GRANT).filter(pk__in=piece, ended_on=None)
        seen |= {row.pk: row for row in found}
    missing = [pk for pk, now in kept.items() if now not in seen]
    if missing:
        raise errors.NotFound(
            errors.message("{number} persons are not among those whom you may grant help."),
            code="no_person",
            number=len(missing),
        )
    return {pk: seen[now] for pk, now in kept.items()}


def _households(ids: Sequence[int], by: Access) -> dict[int, people.Household]:
    kept = people_queries.answering_households(ids)
    seen: dict[int, people.Household] = {}
    for piece in _pieces(kept.values()):
        found = people.Household.objects.visible_to(by, A.ENTITLEMENT_GRANT).filter(pk__in=piece)
        seen |= {row.pk: row for row in found}
    if any(now not in seen for now in kept.values()):
        raise errors.NotFound(
            errors.message("There is no such household among those you may see. Look at its number again."),
            code="no_household",
            field="household",
        )
    return {pk: seen[now] for pk, now in kept.items()}


def _cases(ids: Sequence[int]) -> dict[int, Case]:
    found = {row.pk: row for piece in _pieces(ids) for row in Case.objects.filter(pk__in=piece, erased_at=None)}
    if len(found) != len(set(ids)):
        raise errors.NotFound()
    return found


def _applications(ids: Sequence[int], by: Access) -> dict[int, Application]:
    if not ids:
        return {}
    found = {
        row.pk: row
        for piece in _pieces(ids)
        for row in Application.objects.visible_to(by).filter(pk__in=piece, withdrawn_at=None)
    }
    if len(found) != len(set(ids)):
        raise errors.NotFound()
    return found


def _commitments(ids: Sequence[int]) -> dict[int, programme_models.Commitment]:
    found = programme_models.Commitment.objects.select_related("line__agreement").in_bulk(sorted(set(ids)))
    return dict(found)


def top_up(
    entitlement_id: int, much: rules.Much, *, reason: str, due_on: dt.date, by: Access, at: dt.datetime
) -> models.Entitlement:
    """The same people are due so much more of the same, with the reason."""
    why = programme_rules.check_named(reason, "reason")
    with transaction.atomic():
        first = _entitlement(entitlement_id, A.ENTITLEMENT_GRANT, by)
        if (much.unit, much.is_money) != (first.unit, first.is_money):
            raise errors.BadInput(
                errors.message("{number} is in {unit}; a top-up is in the same."),
                code="other_unit",
                field="unit",
                number=first.number,
                unit=first.unit,
            )
        made = entitle(
            first.cycle_id,
            Draft(
                person_id=first.person_id,
                kind=rules.Kind(first.kind),
                much=much,
                due_on=due_on,
                household_id=first.household_id,
                case_id=first.case_id,
                what=first.what,
                commitment_id=first.commitment_id,
                tops_up_id=first.pk,
            ),
            by=by,
            at=at,
        )
        _tell(made, "topped up", {"of": first.pk, "due": str(much)}, by, at, why)
    return made


@transaction.atomic
def cancel(entitlement_id: int, *, reason: str, by: Access, at: dt.datetime) -> models.Entitlement:
    """What is not delivered yet is due no more; what was delivered stays."""
    why = programme_rules.check_named(reason, "reason")
    row = _entitlement(entitlement_id, A.ENTITLEMENT_GRANT, by)
    if row.cancelled_at is None:
        _refuse_on_its_way(row)
        row.cancelled_at, row.cancelled_because = at, why[:300]
        row.save(update_fields=["cancelled_at", "cancelled_because"])
        _tell(row, "entitlement cancelled", {}, by, at, why)
    return row


def _refuse_on_its_way(row: models.Entitlement) -> None:
    if queries.is_on_its_way(row):
        raise errors.Conflict(
            errors.message("{number} stands on a payment list; the money may be on its way. Await the bank's reply."),
            code="on_its_way",
            number=row.number,
        )


def _entitlement(entitlement_id: int, action: Action, by: Access) -> models.Entitlement:
    by.require(action)
    found = models.Entitlement.objects.visible_to(by, action).select_for_update(of=("self",))
    row = found.select_related("person", "cycle", "commitment").filter(pk=entitlement_id).first()
    if row is None:
        raise errors.NotFound()
    return row


# --- delivering -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Handed:
    """A delivery as it happened: how much, when, how, and who came for it. ``key`` names it once and for ever."""

    amount: Decimal
    on: dt.date
    mechanism: rules.Mechanism
    key: str
    provider: str = ""
    behalf: rules.Behalf = rules.Behalf.SELF
    collected_by_id: int | None = None
    proxy: str = ""
    source: str = "office"


@transaction.atomic
def deliver(entitlement_id: int, handed: Handed, *, by: Access, at: dt.datetime) -> models.Delivery:
    """So much of it was delivered. A key that is known returns its delivery and changes nothing.

    Raises Conflict on a closed case, for more than is left, for a cancelled entitlement, or when the money is on its
    way by a payment list already.
    """
    row = _entitlement(entitlement_id, A.DELIVERY_RECORD, by)
    known = _known(row, handed)
    if known is not None:
        return known
    _check_delivery(row, handed, at)
    for number in queries.closed_cases([row.case_id]).values():
        raise rules.closed_case(number)
    _refuse_on_its_way(row)
    return note_delivery(row, handed, by=by, at=at)


def _known(row: models.Entitlement, handed: Handed) -> models.Delivery | None:
    known = models.Delivery.objects.filter(key=handed.key).first()
    if known is None:
        return None
    if known.entitlement_id != row.pk or known.amount != handed.amount:
        raise errors.Conflict(
            errors.message("Slip {key} was used for another delivery. Look at its number again."),
            code="key_used",
            key=handed.key,
        )
    return known


def _check_delivery(row: models.Entitlement, handed: Handed, at: dt.datetime) -> None:
    rules.check_positive(handed.amount)
    if handed.on > programme_queries.day_of(at):
        raise errors.BadInput(
            errors.message("{value} lies in the future. Give the day on which it was delivered."),
            code="future",
            field="on",
            value=handed.on.isoformat(),
        )
    if row.cancelled_at is not None:
        raise errors.Conflict(
            errors.message("{number} is cancelled; nothing is due on it. Grant it anew if help is to be given."),
            code="cancelled",
            number=row.number,
        )
    _check_collector(row, handed)


def _check_collector(row: models.Entitlement, handed: Handed) -> None:
    if handed.behalf == rules.Behalf.PROXY and not handed.proxy.strip():
        raise errors.BadInput(
            errors.message("Write who came instead, and by what paper."), code="no_proxy", field="proxy"
        )
    if handed.behalf not in {rules.Behalf.COLLECTOR, rules.Behalf.ALTERNATE}:
        return
    role = "is_collector" if handed.behalf == rules.Behalf.COLLECTOR else "is_alternate"
    named = people.Membership.objects.filter(
        household__in=people_queries.one_household(row.household_id) if row.household_id else [],
        person_id=handed.collected_by_id or 0,
        ended_on=None,
        **{role: True},
    )
    if not named.exists():
        raise errors.BadInput(
            errors.message("This person is not named as collecting for {number}. Name them in the household first."),
            code="not_the_collector",
            field="collected_by",
            number=row.number,
        )


@dataclass(frozen=True)
class Charge:
    """What a delivery costs its commitment, by which rate. ``is_posted``: the spending is on the commitment already."""

    amount: Decimal
    rate: Decimal
    is_posted: bool = False


def note_delivery(
    row: models.Entitlement,
    handed: Handed,
    *,
    by: Access,
    at: dt.datetime,
    charge: Charge | None = None,
) -> models.Delivery:
    """The delivery is noted and taken from what is due, in the caller's transaction; money is charged to its commitment
    unless a ``charge`` says that it was. For actions of this room, which have asked the policy and checked the day.
    """
    row.given = models.Entitlement.objects.select_for_update().get(pk=row.pk).given
    if row.given + handed.amount > row.due:
        raise _overgiven(row, handed.amount)
    row.given += handed.amount
    models.Entitlement.objects.filter(pk=row.pk).update(given=row.given)
    if charge is None and row.is_money and row.commitment_id:
        paid = programmes.Paid(Money(handed.amount, row.unit), handed.on, "delivery", f"delivery:{handed.key}")
        spent = programmes.spend(row.commitment_id, paid, by=by, at=at)
        charge = Charge(spent.amount, spent.rate)
    made = models.Delivery.objects.create(**delivery_values(row, handed, charge, by=by, at=at))
    _tell(row, "delivered", {"amount": str(handed.amount), "on": handed.on.isoformat()}, by, at)
    return made


def _overgiven(row: models.Entitlement, asked: Decimal) -> errors.Conflict:
    left = rules.Much(row.due - row.given, row.unit, row.is_money)
    return errors.Conflict(
        errors.message("{number} has {left} left; {asked} cannot be delivered on it. Deliver less, or top it up."),
        code="overgiven",
        number=row.number,
        left=str(left),
        asked=str(rules.Much(asked, row.unit, row.is_money)),
    )


def delivery_values(
    row: models.Entitlement,
    handed: Handed,
    charge: Charge | None,
    *,
    by: Access,
    at: dt.datetime,
    is_after_close: bool = False,
) -> dict[str, Any]:
    """The columns of a delivery."""
    sealed = None
    if handed.proxy.strip():
        sealed = audit.seal(row.person.subject, handed.proxy.strip().encode(), context=models.SEALED_PROXY)
    return {
        "entitlement": row,
        "amount": handed.amount,
        "on": handed.on,
        "mechanism": handed.mechanism,
        "provider": handed.provider.strip(),
        "behalf": handed.behalf,
        "collected_by_id": handed.collected_by_id or (row.person_id if handed.behalf == rules.Behalf.SELF else None),
        "proxy_sealed": sealed,
        "source": handed.source,
        "key": handed.key,
        "charged": charge.amount if charge else Decimal(0),
        "rate": charge.rate if charge else Decimal(1),
        "is_after_close": is_after_close,
        "made_by_id": by.user_id,
        "made_at": at,
    }


@transaction.atomic
def take_back(
    delivery_id: int,
    amount: Decimal,
    *,
    on: dt.date,
    reason: str,
    key: str,
    by: Access,
    at: dt.datetime,
) -> models.Return:
    """So much of the delivery came back: it is due again, and money is on its commitment again, by its own rate."""
    why = programme_rules.check_named(reason, "reason")
    given = models.Delivery.objects.filter(pk=delivery_id).first()
    if given is None:
        raise errors.NotFound()
    row = _entitlement(given.entitlement_id, A.DELIVERY_RECORD, by)
    known = models.Return.objects.filter(key=key).first()
    if known is not None:
        return known
    rules.check_positive(amount)
    if not given.on <= on <= programme_queries.day_of(at):
        raise errors.BadInput(
            errors.message("{value} does not lie between the delivery, {first}, and today."),
            code="return_day",
            field="on",
            value=on.isoformat(),
            first=given.on.isoformat(),
        )
    return note_return(row, given, amount, on=on, reason=why, key=key, by=by, at=at)


def note_return(
    row: models.Entitlement,
    given: models.Delivery,
    amount: Decimal,
    *,
    on: dt.date,
    reason: str,
    key: str,
    by: Access,
    at: dt.datetime,
) -> models.Return:
    """The return is noted, in the caller's transaction; for actions of this room."""
    row = (
        models.Entitlement.objects.select_for_update(of=("self",)).select_related("person", "commitment").get(pk=row.pk)
    )
    given = models.Delivery.objects.select_for_update().get(pk=given.pk)
    if given.returned + amount > given.amount:
        raise errors.Conflict(
            errors.message("Of this delivery {left} is with the household; {asked} cannot come back."),
            code="overreturned",
            left=str(given.amount - given.returned),
            asked=str(amount),
        )
    given.returned += amount
    models.Delivery.objects.filter(pk=given.pk).update(returned=given.returned)
    models.Entitlement.objects.filter(pk=row.pk).update(given=row.given - amount)
    made = models.Return.objects.create(
        delivery=given, amount=amount, on=on, reason=reason[:300], key=key, made_by_id=by.user_id, made_at=at
    )
    if row.is_money and row.commitment_id:
        _refund(row, given, made, by=by, at=at)
    _tell(row, "returned", {"amount": str(amount), "on": on.isoformat()}, by, at, reason)
    return made


def _refund(
    row: models.Entitlement, given: models.Delivery, back: models.Return, *, by: Access, at: dt.datetime
) -> None:
    """Money comes back by the rate by which it went out, so that a delivery all returned leaves nothing spent."""
    commitment = row.commitment
    if commitment is None:
        return
    left = given.charged - given.refunded
    whole = given.returned == given.amount
    cost = left if whole else min(left, rounded(back.amount * given.rate, commitment.currency))
    models.Delivery.objects.filter(pk=given.pk).update(refunded=given.refunded + cost)
    converted = programme_rules.Converted(Money(-cost, commitment.currency), given.rate, given.on)
    paid = programmes.Paid(Money(-back.amount, row.unit), back.on, "return", f"return:{back.pk}", converted)
    programmes.spend(commitment.pk, paid, by=by, at=at)


# --- verifying --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """What a household says of a delivery."""

    on: dt.date
    outcome: rules.Outcome
    needs_met: rules.NeedsMet | None = None
    coping: rules.Coping | None = None
    qualities: Mapping[str, bool | None] | None = None
    note: str = ""


@transaction.atomic
def verify(delivery_id: int, said: Said, *, by: Access, at: dt.datetime) -> models.Verification:
    """What the household says is noted, by somebody else than who delivered."""
    given = models.Delivery.objects.filter(pk=delivery_id).first()
    if given is None:
        raise errors.NotFound()
    row = _entitlement(given.entitlement_id, A.DELIVERY_VERIFY, by)
    if given.made_by_id is not None and given.made_by_id == by.user_id:
        raise errors.Refused(
            errors.message("You noted this delivery yourself. Somebody else asks the household whether it came."),
            code="own_delivery",
        )
    if not given.on <= said.on <= programme_queries.day_of(at):
        raise errors.BadInput(
            errors.message("{value} does not lie between the delivery, {first}, and today."),
            code="verified_day",
            field="on",
            value=said.on.isoformat(),
            first=given.on.isoformat(),
        )
    sealed = None
    if said.note.strip():
        sealed = audit.seal(row.person.subject, said.note.strip().encode(), context=models.SEALED_NOTE)
    qualities = said.qualities or {}
    made = models.Verification.objects.create(
        delivery=given,
        on=said.on,
        outcome=said.outcome,
        needs_met=said.needs_met or "",
        coping=said.coping or "",
        note_sealed=sealed,
        made_by_id=by.user_id,
        made_at=at,
        **{f"is_{quality}": qualities.get(quality) for quality in rules.QUALITIES},
    )
    _tell(row, "verified", {"outcome": said.outcome.value}, by, at)
    return made


@transaction.atomic
def settle_double(
    entitlement_id: int, finding: rules.Doubled, *, reason: str, by: Access, at: dt.datetime
) -> models.DoubleSettled:
    """Somebody has looked at what two records of one person, or two households that became one, both received."""
    why = programme_rules.check_named(reason, "reason")
    by.require(A.PAYMENT_PAY)
    row = models.Entitlement.objects.visible_to(by).select_related("person").filter(pk=entitlement_id).first()
    if row is None:
        raise errors.NotFound()
    made, fresh = models.DoubleSettled.objects.get_or_create(
        entitlement=row,
        defaults={"finding": finding, "reason": why[:300], "made_by_id": by.user_id, "made_at": at},
    )
    if not fresh:
        raise errors.Conflict(errors.message("Somebody has settled this already."), code="settled")
    _tell(row, "double settled", {"finding": finding.value}, by, at, why)
    return made


# --- packages ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def save_package(draft: rules.PackageDraft, *, by: Access, at: dt.datetime, is_example: bool = False) -> models.Package:
    """The package is a new version of its code, not verified; those who are due by an older one stay with it."""
    by.require(A.PACKAGE_CHANGE)
    rules.check_package(draft)
    code = programme_rules.check_code(draft.code)
    newest = models.Package.objects.filter(code=code).order_by("-version").first()
    row = models.Package.objects.create(
        code=code,
        version=newest.version + 1 if newest else 1,
        source=programme_rules.check_named(draft.source, "source")[:300],
        is_example=is_example,
        made_by_id=by.user_id,
        made_at=at,
        **{f"name_{language}": draft.names.get(language) or draft.names["en"] for language in LANGUAGES},
    )
    models.PackageLine.objects.bulk_create(
        models.PackageLine(
            package=row,
            position=position,
            code=line.code,
            kind=line.kind,
            amount=line.much.amount,
            unit=line.much.unit,
            is_money=line.much.is_money,
            basis=line.basis,
            least=line.least,
            most=line.most,
            needs=",".join(sorted(line.needs)),
            after_days=line.after_days,
            **{f"name_{language}": _label(line, language) for language in LANGUAGES},
        )
        for position, line in enumerate(draft.lines)
    )
    audit.record(
        by=by.actor,
        at=at,
        room=ROOM,
        verb="package made",
        object_kind="package",
        object_key=row.pk,
        payload={"code": row.code, "version": row.version},
    )
    return row


def load_example_package(*, by: Access, at: dt.datetime) -> models.Package:
    """The example that ships is there, marked as an example and not verified."""
    known = models.Package.objects.filter(code=bridge.EXAMPLE.code).order_by("version").first()
    return known or save_package(bridge.EXAMPLE, by=by, at=at, is_example=True)


def _label(line: rules.PackageLine, language: str) -> str:
    labels = line.labels or {}
    return labels.get(language) or labels.get("en") or line.code


@transaction.atomic
def verify_package(package_id: int, *, source: str, by: Access, at: dt.datetime) -> models.Package:
    """Somebody other than its maker has compared the package with its source, which is named."""
    by.require(A.PACKAGE_CHANGE)
    said = programme_rules.check_named(source, "source")
    row = models.Package.objects.select_for_update().filter(pk=package_id).first()
    if row is None:
        raise errors.NotFound()
    if row.made_by_id == by.person():
        raise errors.Refused(
            errors.message("Whoever made a package cannot verify it. Ask a colleague to compare it with the source."),
            code="own_package",
        )
    row.source, row.verified, row.verified_by_id, row.verified_at = said[:300], True, by.user_id, at
    row.save()
    audit.record(
        by=by.actor,
        at=at,
        room=ROOM,
        verb="package verified",
        object_kind="package",
        object_key=row.pk,
        payload={"source": said},
    )
    return row


@transaction.atomic
def allot_package(
    package_id: int,
    household_id: int,
    *,
    cycle_id: int,
    returned_on: dt.date,
    commitment_id: int | None = None,
    case_id: int | None = None,
    by: Access,
    at: dt.datetime,
) -> list[models.Entitlement]:
    """The household is due what this version of the package gives to a household of its size, ages and needs that day.

    The same version from the same cycle twice grants nothing more.
    """
    by.require(A.ENTITLEMENT_GRANT)
    package = models.Package.objects.filter(pk=package_id).first()
    if package is None:
        raise errors.NotFound()
    kept = people_queries.answering_household(household_id)
    household = people.Household.objects.visible_to(by, A.ENTITLEMENT_GRANT).filter(pk=kept, ended_on=None).first()
    if household is None:
        raise errors.NotFound()
    members = queries.members_on(household, returned_on)
    if not members:
        raise errors.BadInput(
            errors.message("{household} has nobody in it on {day}. Look at the members first."),
            code="no_members",
            field="returned_on",
            household=household.number,
            day=returned_on.isoformat(),
        )
    models.Package.objects.filter(pk=package.pk).update(is_frozen=True)
    lines = {line.code: line for line in package.lines.all()}
    due = rules.due_to([queries.as_line(line) for line in lines.values()], [member for _, member in members])
    drafts = [
        Draft(
            person_id=members[0][0],
            kind=rules.Kind(lines[one.line].kind),
            much=one.much,
            due_on=returned_on + dt.timedelta(days=lines[one.line].after_days),
            household_id=household.pk,
            case_id=case_id,
            what=one.line,
            commitment_id=commitment_id if one.much.is_money else None,
            package_line_id=lines[one.line].pk,
            key=f"package:{package.pk}:{cycle_id}:{household.pk}:{one.line}"[:80],
        )
        for one in due
    ]
    return entitle_many(cycle_id, drafts, by=by, at=at, lane=audit_rules.OFFICE)


def grant_chosen(
    cycle_id: int,
    amounts: Mapping[int, rules.Much],
    *,
    kind: rules.Kind,
    due_on: dt.date,
    commitment_id: int | None = None,
    what: str = "",
    by: Access,
    at: dt.datetime,
) -> list[models.Entitlement]:
    """Households chosen in the cycle's call, by application, are due so much each; who was not chosen is refused."""
    cycle = programme_models.Cycle.objects.visible_to(by).filter(pk=cycle_id).first()
    if cycle is None:
        raise errors.NotFound()
    chosen = {row.pk: row for row in queries.chosen(cycle)}
    others = sorted(pk for pk in amounts if pk not in chosen)
    if others:
        raise errors.Conflict(
            errors.message("{number} of these applications were not chosen in the call of {cycle}."),
            code="not_chosen",
            number=len(others),
            cycle=cycle.number,
        )
    drafts = [
        Draft(
            person_id=chosen[pk].applicant_id,
            kind=kind,
            much=much,
            due_on=due_on,
            household_id=chosen[pk].household_id,
            application_id=pk,
            what=what,
            commitment_id=commitment_id,
            key=f"chosen:{cycle.pk}:{pk}:{kind}:{what}"[:80],
        )
        for pk, much in amounts.items()
    ]
    return entitle_many(cycle_id, drafts, by=by, at=at)
