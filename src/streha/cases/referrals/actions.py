"""Writes to referrals: sent with consent, answered by who received them, revoked when the consent is gone.

What is sent goes into the ledger of transfers of each person, in the same transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from streha.accounts import models as accounts
from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.audit import actions as audit
from streha.cases import actions as cases
from streha.cases import models as case_models
from streha.cases import rules as case_rules
from streha.cases.referrals import models, queries, rules
from streha.common import errors
from streha.common.codes import FieldClass
from streha.people import actions as people_actions
from streha.people import models as people
from streha.people import queries as people_queries
from streha.people.rules import LegalBasis

State = rules.State


@dataclass(frozen=True)
class ReferralDraft:
    """What is asked of whom, for whose sake, and what they learn. One of ``organisation_id`` and ``outside``."""

    kind: rules.Kind
    purpose: rules.Purpose
    people: Collection[int]
    reason: str
    organisation_id: int | None = None
    outside: str = ""
    classes: Collection[FieldClass] = (FieldClass.IDENTITY,)


@transaction.atomic
def refer(case_id: int, draft: ReferralDraft, *, by: Access, at: dt.datetime) -> models.Referral:
    """The referral waits for its answer, and the ledger of everybody it speaks of says who learnt what.

    Every adult must have agreed to this purpose and this recipient; for a minor, whoever speaks for the case. Raises
    BadInput naming whose consent is missing or a recipient that cannot be, Conflict for a second transfer.
    """
    case = cases.case_for_change(case_id, by, Action.CASE_WORK)
    cases.require_open(case)
    organisation, outside = _recipient(case, draft)
    recipient = str(organisation) if organisation is not None else outside
    classes = rules.check_classes(draft.classes)
    resting = _consents(case, draft, recipient, at.date())
    reason = cases.tidy_text(draft.reason, "reason")
    try:
        with transaction.atomic():
            referral = models.Referral.objects.create(
                case=case,
                kind=draft.kind,
                organisation=organisation,
                outside=outside,
                purpose=draft.purpose,
                classes=",".join(classes),
                reason_sealed=audit.seal(case.subject, reason.encode(), context=models.SEALED_REFERRAL),
                sent_by_id=by.user_id,
                sent_at=at,
            )
    except IntegrityError as twice:
        raise errors.Conflict(
            errors.message("A transfer of this case waits for its answer already. Revoke that one first."),
            code="transfer_again",
        ) from twice
    models.ReferralPerson.objects.bulk_create(
        models.ReferralPerson(referral=referral, person=person, consent_id=consent.id)
        for person, _agreed_by, consent in resting
    )
    for person, agreed_by, consent in resting:
        people_actions.record_transfer(
            person.pk,
            recipient=recipient,
            purpose=rules.PURPOSE_WORDS[draft.purpose].en,
            classes=classes,
            basis=LegalBasis.CONSENT,
            consent_id=consent.id,
            agreed_by=agreed_by,
            by=by,
            at=at,
        )
    payload = {"kind": draft.kind, "purpose": draft.purpose, "recipient": recipient, "classes": list(classes)}
    cases.record("referral sent", case, by, at, payload=payload)
    return referral


def _recipient(case: case_models.Case, draft: ReferralDraft) -> tuple[accounts.Organisation | None, str]:
    outside = " ".join(draft.outside.split())
    if (draft.organisation_id is None) == (not outside):
        raise errors.BadInput(
            errors.message("Choose an organisation of the list, or write the name of another; not both."),
            code="recipient_one",
            field="outside",
        )
    if draft.organisation_id is None:
        if draft.kind == rules.Kind.TRANSFER:
            raise errors.BadInput(
                errors.message(
                    "A case is handed over within the office alone. Refer it to “{value}”, then close it as handed to "
                    "another organisation."
                ),
                code="transfer_outside",
                field="outside",
                value=outside[:60],
            )
        if len(outside) > rules.NAME_LENGTH:
            raise errors.BadInput(
                errors.message("This is longer than {limit} signs. Shorten it, or write two."),
                code="text_long",
                field="outside",
                limit=rules.NAME_LENGTH,
            )
        return None, outside
    organisation = accounts.Organisation.objects.filter(pk=draft.organisation_id).first()
    if organisation is None:
        raise errors.BadInput(
            errors.message("There is no such organisation."), code="organisation_unknown", field="organisation"
        )
    if draft.kind == rules.Kind.TRANSFER and case.team_id == organisation.pk:
        raise errors.Conflict(
            errors.message("{value} has the case already."), code="team_again", value=str(organisation)
        )
    return organisation, ""


def _consents(
    case: case_models.Case, draft: ReferralDraft, recipient: str, today: dt.date
) -> list[tuple[people.Person, int, rules.Consent]]:
    """Everybody the referral speaks of, who agreed for them, and by which consent."""
    wanted = list(dict.fromkeys(draft.people))
    members = set(case.members.filter(ended_on=None).values_list("person_id", flat=True))
    if not wanted or any(pk not in members for pk in wanted):
        raise errors.BadInput(errors.message("Choose people whom this case covers."), code="refer_whom", field="people")
    kept = people_queries.answering([case.person_id, *wanted])
    persons = people.Person.objects.in_bulk(set(kept.values()))
    found, held = [], {}
    for pk in dict.fromkeys(kept[pk] for pk in wanted):
        person = persons[pk]
        asked = persons[kept[case.person_id]] if case_rules.is_minor(person.birth_date, today) else person
        if asked.pk not in held:
            held[asked.pk] = queries.consents_of(asked.pk)
        consent = rules.covering(held[asked.pk], draft.purpose, recipient, today)
        if consent is None:
            raise rules.refuse_without(held[asked.pk], draft.purpose, recipient, asked.number, today)
        found.append((person, asked.pk, consent))
    return found


# --- answers ----------------------------------------------------------------------------------------------------------


@wall.beyond("what was shared in a referral")
@transaction.atomic
def answer(referral_id: int, state: State, *, note: str = "", by: Access, at: dt.datetime) -> models.Referral:
    """The receiver has accepted or rejected, or says that it is done; a rejection has its reason.

    Of an organisation outside the office, whoever works on the case notes the answer. A transfer that is accepted hands
    the case to the other team, and to who accepted it. Raises Conflict when the consent is gone.
    """
    referral, case = _for_answer(referral_id, by, at)
    rules.check_follows(State(referral.state), state)
    if state not in (State.ACCEPTED, State.REJECTED, State.DONE):
        raise errors.BadInput(
            errors.message("Choose one: accepted, rejected, or done."), code="answer_unknown", field="state"
        )
    if state == State.REJECTED and not note.strip():
        raise errors.BadInput(errors.message("Say why it is rejected."), code="note_missing", field="note")
    _settle(referral, case, state, note, by, at)
    if state == State.ACCEPTED and referral.kind == rules.Kind.TRANSFER:
        _hand_over(referral, case, by, at)
    return referral


@transaction.atomic
def revoke(referral_id: int, *, reason: str, by: Access, at: dt.datetime) -> models.Referral:
    """Whoever works on the case takes the referral back; the receiver reads nothing of it any more."""
    referral = models.Referral.objects.visible_to(by, Action.CASE_WORK).filter(pk=referral_id).first()
    if referral is None:
        by.require(Action.CASE_WORK)
        raise errors.NotFound()
    case = cases.case_for_change(referral.case_id, by, Action.CASE_WORK)
    referral.refresh_from_db()
    rules.check_follows(State(referral.state), State.REVOKED)
    if not reason.strip():
        raise errors.BadInput(errors.message("Say why it is taken back."), code="reason_missing", field="reason")
    _settle(referral, case, State.REVOKED, reason, by, at)
    return referral


@wall.beyond("what rests on a consent")
def revoke_resting_on(consent_id: int, *, by: Access, at: dt.datetime) -> int:
    """Referrals that go on and rest on a consent which does not stand any more are revoked; returns how many."""
    resting = models.ReferralPerson.objects.filter(consent_id=consent_id).values("referral_id")
    return _revoke_all(models.Referral.objects.filter(pk__in=resting), by, at)


@wall.beyond("what rests on a consent")
def revoke_lapsed(*, by: Access, at: dt.datetime) -> int:
    """Referrals that go on although a consent of theirs is withdrawn or past its day are revoked; returns how many."""
    return _revoke_all(models.Referral.objects.filter(queries.lapsed(at.date())), by, at)


def _revoke_all(rows: object, by: Access, at: dt.datetime) -> int:
    going = rows.filter(state__in=[State.IN_PROGRESS, State.ACCEPTED]).order_by("pk")  # type: ignore[attr-defined]
    ids = list(going.values_list("pk", "case_id"))
    revoked = 0
    for pk, case_id in ids:
        with transaction.atomic():
            case = case_models.Case.objects.select_for_update(of=("self",)).get(pk=case_id)
            referral = models.Referral.objects.get(pk=pk)
            if referral.state in rules.SHOWN_TO_RECEIVER:
                _settle(referral, case, State.REVOKED, "", by, at, payload={"why": "consent"})
                revoked += 1
    return revoked


def _for_answer(referral_id: int, by: Access, at: dt.datetime) -> tuple[models.Referral, case_models.Case]:
    """The referral and its case, locked, if the viewer may answer for whom it went to."""
    by.require(Action.CASE_WORK)
    found = queries.answerable(by).filter(pk=referral_id).first()
    if found is None:
        raise errors.NotFound()
    case = case_models.Case.objects.select_for_update(of=("self",)).select_related("person").get(pk=found.case_id)
    found.refresh_from_db()
    if State(found.state) in rules.SHOWN_TO_RECEIVER and not queries.is_standing(found, at.date()):
        raise errors.Conflict(
            errors.message(
                "The consent on which this referral rests has been withdrawn or has expired. It cannot be answered any "
                "more; whoever sent it may ask the person again."
            ),
            code="consent_gone",
        )
    return found, case


def _settle(  # noqa: PLR0917 - one line a call
    referral: models.Referral,
    case: case_models.Case,
    state: State,
    note: str,
    by: Access,
    at: dt.datetime,
    payload: Mapping[str, object] | None = None,
) -> None:
    old, referral.state = referral.state, state
    referral.answered_by_id, referral.answered_at = by.user_id, at
    if note.strip():
        text = cases.tidy_text(note, "note")
        referral.answer_sealed = audit.seal(case.subject, text.encode(), context=models.SEALED_ANSWER)
    referral.save()
    cases.record(f"referral {state}", case, by, at, payload={"state": [old, state], **(payload or {})})


def _hand_over(referral: models.Referral, case: case_models.Case, by: Access, at: dt.datetime) -> None:
    cases.require_open(case)
    case.team, case.owner_id = referral.organisation, by.person()
    cases.save_step(
        case, cases.Kind.HANDED, "case handed over", by, at, reason="", payload={"team": referral.organisation_id}
    )
