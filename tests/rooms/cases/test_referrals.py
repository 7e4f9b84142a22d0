"""Referrals: nothing goes to others without a standing consent; the receiver reads what was shared, and no more."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests import factories
from tests.factories import AT, OFFICE
from tests.rooms.cases.conftest import Office, opened

from streha.accounts import actions as account_actions
from streha.accounts.models import Organisation
from streha.accounts.rules import Access, Role, Scope, ScopeKind
from streha.cases import models as case_models
from streha.cases import personal
from streha.cases import queries as cases
from streha.cases.referrals import actions, models, queries, rules
from streha.common import errors
from streha.common.codes import FieldClass
from streha.dataprotection import actions as protection
from streha.people import actions as people_actions
from streha.people import models as people
from streha.people import rules as people_rules
from streha.people.rules import LegalBasis

pytestmark = pytest.mark.django_db
TODAY = AT.date()
LATER = AT + dt.timedelta(days=40)


def organisation(name: str = "Klinika Demo") -> Organisation:
    return account_actions.create_organisation(name, kind="ngo", by=OFFICE, at=AT, is_fictional=True)


def works_for(team: Organisation, role: Role = Role.CASEWORKER) -> Access:
    return factories.access(role, scope=Scope(ScopeKind.ORGANISATION, str(team.pk)))


def consent(person: people.Person, purpose: str = "Health care", to: str = "Klinika Demo", days: int = 30) -> Any:
    return people_actions.give_consent(
        person.pk,
        purpose=purpose,
        recipients=to,
        basis=LegalBasis.CONSENT,
        given_on=TODAY,
        expires_on=TODAY + dt.timedelta(days=days),
        evidence="sheet 3",
        by=OFFICE,
        at=AT,
    )


def refer(office: Office, team: Organisation, *who: people.Person, **more: Any) -> models.Referral:
    draft = actions.ReferralDraft(
        kind=more.pop("kind", rules.Kind.REFERRAL),
        purpose=more.pop("purpose", rules.Purpose.HEALTH),
        people=[one.pk for one in who or (office.head,)],
        reason="Needs dialysis twice a week",
        organisation_id=team.pk,
        **more,
    )
    case = case_models.Case.objects.first() or opened(office)
    return actions.refer(case.pk, draft, by=office.worker, at=AT)


def test_without_a_standing_consent_for_purpose_and_recipient_nothing_goes(office: Office) -> None:
    team = organisation()
    with pytest.raises(errors.BadInput, match="has given no consent to “health care”"):
        refer(office, team)
    consent(office.head, "Legal aid")
    consent(office.head, "Kujdes shëndetësor", "Somebody else")
    with pytest.raises(errors.BadInput, match="names “Somebody else”, not “Klinika Demo”"):
        refer(office, team)
    withdrawn = consent(office.head, "здравствена заштита")
    protection.withdraw_consent(withdrawn.pk, by=OFFICE, at=AT)
    people.Consent.objects.filter(recipients="Somebody else").delete()
    with pytest.raises(errors.BadInput, match="withdrawn or has expired") as wrong:
        refer(office, team)
    assert wrong.value.details["number"] == office.head.number
    assert not models.Referral.objects.exists()
    assert not people.Transfer.objects.exists()
    consent(office.head, "ZDRAVSTVENA  zaštita", "KRCT, klinika  demo")
    sent = refer(office, team)
    assert (sent.state, sent.shared) == ("in_progress", (FieldClass.IDENTITY,))
    (entry,) = people.Transfer.objects.all()
    assert (entry.person, entry.recipient, entry.classes) == (office.head, "Klinika Demo", "identity")


def test_every_adult_agrees_and_a_child_by_who_speaks_for_the_case(office: Office) -> None:
    team = organisation()
    consent(office.head)
    with pytest.raises(errors.BadInput, match=office.spouse.number):
        refer(office, team, office.head, office.spouse)
    sent = refer(office, team, office.head, office.child)
    assert {row.person_id for row in sent.people.all()} == {office.head.pk, office.child.pk}
    assert people.Transfer.objects.filter(person=office.child).count() == 1
    stranger = factories.person("Agim", "Berisha")
    with pytest.raises(errors.BadInput, match="covers"):
        refer(office, team, stranger)


def test_the_receiver_reads_what_was_shared_and_nothing_beyond(office: Office) -> None:
    team, other = organisation(), organisation("Shkolla Demo")
    office.head.contacts.all().delete()
    people_actions.add_contact(
        office.head.pk, people_rules.ContactDraft(people_rules.ContactKind.PHONE, "+38344123218"), by=OFFICE, at=AT
    )
    consent(office.head)
    sent = refer(office, team)
    receiver = works_for(team)
    (found,) = queries.received_page(receiver, at=AT).rows
    assert (found.reason, [p.person.pk for p in found.people], found.people[0].phones) == (
        "Needs dialysis twice a week",
        [office.head.pk],
        (),
    )
    for access in (works_for(other), factories.access(Role.CASEWORKER), factories.access(Role.PROGRAMME)):
        assert not queries.received_page(access, at=AT).rows
        with pytest.raises(errors.NotFound):
            queries.received_one(access, sent.pk, at=AT)
    for look in (
        lambda: cases.case_page(receiver, sent.case_id, at=AT),
        lambda: actions.revoke(sent.pk, reason="x", by=receiver, at=AT),
        lambda: actions.answer(sent.pk, rules.State.ACCEPTED, by=works_for(other), at=AT),
        lambda: actions.answer(sent.pk, rules.State.ACCEPTED, by=office.worker, at=AT),
    ):
        with pytest.raises(errors.NotFound):
            look()
    assert not people.Person.objects.visible_to(receiver).exists()
    with pytest.raises(errors.BadInput, match="why"):
        actions.answer(sent.pk, rules.State.REJECTED, by=receiver, at=AT)
    actions.answer(sent.pk, rules.State.REJECTED, note="No bed", by=receiver, at=AT)
    assert not queries.received_one(receiver, sent.pk, at=AT).people
    with pytest.raises(errors.Conflict, match="rejected"):
        actions.answer(sent.pk, rules.State.ACCEPTED, by=receiver, at=AT)
    again = refer(office, team, classes=[FieldClass.CONTACT])
    assert queries.received_one(receiver, again.pk, at=AT).people[0].phones == ("+38344123218",)
    with pytest.raises(errors.BadInput, match="never shared"):
        refer(office, team, classes=[FieldClass.PROTECTION])


def test_a_withdrawn_consent_revokes_what_goes_on_and_an_expired_one_too(office: Office) -> None:
    team = organisation()
    given = consent(office.head)
    first, second = refer(office, team), refer(office, team)
    receiver = works_for(team)
    actions.answer(second.pk, rules.State.ACCEPTED, by=receiver, at=AT)
    assert protection.withdraw_consent(given.pk, by=OFFICE, at=AT) == 2
    assert set(models.Referral.objects.values_list("state", flat=True)) == {"revoked"}
    assert not any(line.people or line.reason for line in queries.received_page(receiver, at=AT).rows)
    consent(office.head)
    third = refer(office, team)
    assert queries.count_waiting(receiver, TODAY, 9) == 1
    assert queries.count_waiting(receiver, LATER.date(), 9) == 0  # past its day, before any work of the office
    assert not queries.received_one(receiver, third.pk, at=LATER).people
    with pytest.raises(errors.Conflict, match="withdrawn or has expired"):
        actions.answer(third.pk, rules.State.ACCEPTED, by=receiver, at=LATER)
    assert actions.revoke_lapsed(by=OFFICE, at=LATER) == 1
    assert actions.revoke_lapsed(by=OFFICE, at=LATER) == 0
    assert models.Referral.objects.get(pk=first.pk).state == "revoked"


def test_an_accepted_transfer_hands_the_case_over(office: Office) -> None:
    team = organisation()
    consent(office.head, "case work")
    told = {"kind": rules.Kind.TRANSFER, "purpose": rules.Purpose.CASE_WORK}
    sent = refer(office, team, **told)
    with pytest.raises(errors.Conflict, match="already"):
        refer(office, team, **told)
    receiver = works_for(team)
    actions.answer(sent.pk, rules.State.ACCEPTED, by=receiver, at=AT)
    case = case_models.Case.objects.get()
    assert (case.team, case.owner_id) == (team, receiver.user_id)
    assert list(case_models.Case.objects.visible_to(receiver)) == [case]
    assert [step.kind for step in case.steps.order_by("pk")] == ["opened", "handed"]
    with pytest.raises(errors.Conflict, match="has the case already"):
        refer(office, team, **told)


def test_outside_the_office_the_sender_notes_the_answer_and_no_case_leaves(office: Office) -> None:
    case = opened(office)
    consent(office.head, to="Spitali i qytetit")
    draft = actions.ReferralDraft(
        rules.Kind.REFERRAL, rules.Purpose.HEALTH, [office.head.pk], "A doctor", outside="Spitali i  Qytetit"
    )
    sent = actions.refer(case.pk, draft, by=office.worker, at=AT)
    actions.answer(sent.pk, rules.State.ACCEPTED, by=office.worker, at=AT)
    assert actions.answer(sent.pk, rules.State.DONE, by=office.worker, at=AT).state == "done"
    with pytest.raises(errors.BadInput, match="within the office alone"):
        wrong = actions.ReferralDraft(
            rules.Kind.TRANSFER, rules.Purpose.HEALTH, [office.head.pk], "x", outside="Spitali i qytetit"
        )
        actions.refer(case.pk, wrong, by=office.worker, at=AT)
    with pytest.raises(errors.BadInput, match="not both"):
        neither = actions.ReferralDraft(rules.Kind.REFERRAL, rules.Purpose.HEALTH, [office.head.pk], "x")
        actions.refer(case.pk, neither, by=office.worker, at=AT)


def test_a_protection_referral_is_read_by_protection_staff_of_the_receiver_alone(office: Office) -> None:
    team = organisation()
    officer = factories.access(Role.PROTECTION, scope=factories.in_area("20"))
    case = opened(office, "protection", whole=False, by=officer)
    consent(office.head, "protection")
    draft = actions.ReferralDraft(
        rules.Kind.REFERRAL, rules.Purpose.PROTECTION, [office.head.pk], "A safe place", organisation_id=team.pk
    )
    sent = actions.refer(case.pk, draft, by=officer, at=AT)
    ordinary, trusted = works_for(team), works_for(team, Role.PROTECTION)
    assert queries.count_waiting(ordinary, TODAY, 9) == 0
    with pytest.raises(errors.NotFound):
        actions.answer(sent.pk, rules.State.ACCEPTED, by=ordinary, at=AT)
    assert not models.Referral.objects.visible_to(factories.access(Role.CASEWORKER)).exists()
    assert queries.received_one(trusted, sent.pk, at=AT).reason == "A safe place"


def test_the_subject_file_tells_it_and_erasure_ends_it(office: Office) -> None:
    team = organisation()
    consent(office.head)
    sent = refer(office, team)
    (section,) = personal.collect(office.head.subject)
    told = dict(section.rows)["referral_kind:referral"]
    assert "Klinika Demo" in told
    assert "dialysis" in told
    assert b"dialysis" not in bytes(sent.reason_sealed)
    protection.erase_person(office.head.pk, reason="asked", by=OFFICE, at=AT)
    assert not models.Referral.objects.exists()
    assert not queries.received_page(works_for(team), at=AT).rows
