"""Programmes, budgets, entitlements and deliveries: one story after another, and what they refuse."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal

import pytest
from tests import factories
from tests.factories import AT, OFFICE
from tests.rooms.assistance import giving
from tests.rooms.assistance.giving import TODAY, euro

from streha.accounts.rules import Role
from streha.assistance.entitlements import actions as given
from streha.assistance.entitlements import models as given_models
from streha.assistance.entitlements import queries as given_queries
from streha.assistance.entitlements import rules as given_rules
from streha.assistance.programmes import actions, models, queries, rules
from streha.audit.models import AuditRecord
from streha.cases import actions as cases
from streha.cases import rules as case_rules
from streha.common import errors
from streha.common.money import Money
from streha.people.merges import actions as merges

pytestmark = pytest.mark.django_db


def test_money_goes_from_the_agreement_to_the_household_and_back() -> None:
    office = giving.office()
    family = factories.household(factories.person(), factories.person("Ana"))
    head = family.memberships.get(is_head=True).person
    due = office.cash(head, "120", family)
    assert (due.state, due.left) == (given_rules.State.DUE, Decimal(120))

    came = given.deliver(due.pk, office.handed("50", "slip-a"), by=office.caseworker, at=AT)
    again = given.deliver(due.pk, office.handed("50", "slip-a"), by=office.caseworker, at=AT)
    assert again.pk == came.pk
    due.refresh_from_db()
    assert (due.state, due.left) == (given_rules.State.PART, Decimal(70))
    office.line.refresh_from_db()
    office.commitment.refresh_from_db()
    assert (office.line.committed, office.line.spent, office.commitment.left) == (5000, 50, euro(4950))

    with pytest.raises(errors.Conflict, match=r"has 70\.00 EUR left; 71\.00 EUR cannot be delivered"):
        given.deliver(due.pk, office.handed("71"), by=office.caseworker, at=AT)
    given.deliver(due.pk, office.handed("70"), by=office.caseworker, at=AT)
    back = given.take_back(came.pk, Decimal(50), on=TODAY, reason="Wrong family", key="r1", by=office.caseworker, at=AT)
    assert given.take_back(came.pk, Decimal(50), on=TODAY, reason="x", key="r1", by=office.caseworker, at=AT) == back
    due.refresh_from_db()
    office.commitment.refresh_from_db()
    assert (due.given, office.commitment.spent) == (70, 70)
    with pytest.raises(errors.Conflict, match="is with the household"):
        given.take_back(came.pk, Decimal(1), on=TODAY, reason="More", key="r2", by=office.caseworker, at=AT)

    more = given.top_up(
        due.pk, given_rules.Much.of(euro(30)), reason="A child was born", due_on=TODAY, by=office.programme, at=AT
    )
    assert more.tops_up_id == due.pk
    said = given.Said(TODAY, given_rules.Outcome.RECEIVED, given_rules.NeedsMet.MOST, qualities={"safe": True})
    with pytest.raises(errors.Refused, match="Somebody else"):
        given.verify(came.pk, said, by=office.caseworker, at=AT)
    noted = given.verify(came.pk, said, by=factories.access(Role.CASEWORKER), at=AT)
    assert (noted.is_safe, noted.is_accessible) == (True, None)
    assert AuditRecord.objects.filter(object_kind="entitlement", verb="delivered", subject=head.subject).count() == 2


def test_a_budget_is_not_overspent() -> None:
    office = giving.office(budget="1000", committed="100")
    with pytest.raises(errors.Conflict, match="is more than CASH still holds"):
        actions.commit(office.line.pk, euro(901), rules.For.OTHER, "x", by=office.programme, at=AT)
    with pytest.raises(errors.Conflict, match="still holds"):
        actions.add_budget_line(office.agreement.pk, "MORE", "More", Decimal(1), by=office.finance, at=AT)
    due = office.cash(factories.person(), "120")
    with pytest.raises(errors.Conflict, match=f"is more than {office.commitment.number} still holds"):
        given.deliver(due.pk, office.handed("120"), by=office.caseworker, at=AT)
    assert not given_models.Delivery.objects.exists()
    due.refresh_from_db()
    assert due.given == 0
    actions.change_commitment(office.commitment.pk, euro(200), version=1, by=office.programme, at=AT)
    given.deliver(due.pk, office.handed("120"), by=office.caseworker, at=AT)
    with pytest.raises(errors.Conflict, match="cannot be cut"):
        actions.change_commitment(office.commitment.pk, euro(119), version=2, by=office.programme, at=AT)


def test_another_currency_needs_the_rate_of_the_day() -> None:
    office = giving.office()
    due = given.entitle(
        office.cycle.pk,
        given.Draft(
            factories.person().pk,
            given_rules.Kind.CASH,
            given_rules.Much.of(Money.of("10000", "RSD")),
            TODAY,
            commitment_id=office.commitment.pk,
        ),
        by=office.programme,
        at=AT,
    )
    handed = office.handed("10000")
    with pytest.raises(errors.BadInput, match="There is no rate from RSD to EUR for 2026-11-22"):
        given.deliver(due.pk, handed, by=office.caseworker, at=AT)
    rate = rules.Rate(TODAY - dt.timedelta(days=2), "EUR", "RSD", Decimal("117.2000"))
    noted = actions.note_rate(rate, source="Central bank, list 221", by=office.finance, at=AT)
    assert actions.note_rate(rate, source="again", by=office.finance, at=AT) == noted
    with pytest.raises(errors.Conflict, match="It stays"):
        actions.note_rate(dataclasses.replace(rate, rate=Decimal(118)), source="x", by=office.finance, at=AT)
    came = given.deliver(due.pk, handed, by=office.caseworker, at=AT)
    assert came.charged == Decimal("85.32")  # 10,000 / 117.2
    for part, key in (("3333.33", "a"), ("6666.67", "b")):
        given.take_back(came.pk, Decimal(part), on=TODAY, reason="Back", key=key, by=office.caseworker, at=AT)
    office.commitment.refresh_from_db()
    assert office.commitment.spent == 0  # all of it came back, to the cent


def test_nothing_is_delivered_on_a_closed_case() -> None:
    office = giving.office()
    cases.load_tracks(by=OFFICE, at=AT)
    someone = factories.person()
    case = cases.open_case(cases.CaseDraft(someone.pk, "voluntary_return"), by=OFFICE, at=AT)
    due = office.cash(someone, case_id=case.pk)
    case = cases.close_case(
        case.pk, case_rules.Outcome.WITHDRAWN, revision=case.revision, reason="Went home", by=OFFICE, at=AT
    )
    with pytest.raises(errors.Conflict, match=f"Case {case.number} is closed; nothing is delivered on it. Open the"):
        given.deliver(due.pk, office.handed(), by=office.caseworker, at=AT)
    with pytest.raises(errors.Conflict, match="is closed"):
        office.cash(someone, case_id=case.pk)
    due.refresh_from_db()
    assert due.given == 0
    given.cancel(due.pk, reason="The case is closed", by=office.programme, at=AT)
    with pytest.raises(errors.Conflict, match="is cancelled"):
        given.deliver(due.pk, office.handed(), by=office.caseworker, at=AT)


def test_two_merged_people_who_both_received_show_as_such() -> None:
    office = giving.office()
    first, second = factories.person(identifier="1234567890"), factories.person("Xhevdet", "Hoxhaj")
    for someone in (first, second):
        given.deliver(office.cash(someone).pk, office.handed(), by=office.caseworker, at=AT)
    assert given_queries.doubles(office.finance) == []
    merges.merge(merges.Choice(first.pk, second.pk), by=OFFICE, at=AT)
    (double,) = given_queries.doubles(office.finance)
    assert {double.first.person_id, double.second.person_id} == {first.pk, second.pk}
    assert double.given_twice == 120
    assert len(given_queries.of_person(office.finance, first.pk)) == 2
    given.settle_double(
        double.second.pk, given_rules.Doubled.TO_RETURN, reason="Agreed with the family", by=office.finance, at=AT
    )
    assert given_queries.doubles(office.finance) == []


def test_signatures_by_amount_and_by_other_people() -> None:
    office = giving.office()
    first, second = factories.access(Role.AUTHORISER), factories.access(Role.AUTHORISER)
    steps = [rules.Step(Decimal(0), Role.AUTHORISER), rules.Step(Decimal(1000), Role.AUTHORISER)]
    actions.change_chain("EUR", steps, by=office.finance, at=AT)
    asked = actions.ask_approval(rules.For.OTHER, "7", title="A car", amount=euro(999), by=office.programme, at=AT)
    with pytest.raises(errors.Refused):
        actions.sign(asked.pk, by=office.programme, at=AT)
    assert [r.pk for r in queries.waiting_for(first)] == [asked.pk]
    assert actions.sign(asked.pk, by=first, at=AT).state == rules.Asked.APPROVED
    with pytest.raises(errors.Conflict, match="approved already"):
        actions.sign(asked.pk, by=second, at=AT)

    large = actions.ask_approval(rules.For.OTHER, "8", title="A house", amount=euro(1000), by=office.programme, at=AT)
    with pytest.raises(errors.Conflict, match="asked for this already"):
        actions.ask_approval(rules.For.OTHER, "8", title="A house", amount=euro(1), by=office.programme, at=AT)
    assert actions.sign(large.pk, by=first, at=AT).state == rules.Asked.WAITING
    with pytest.raises(errors.Refused, match="signed a step"):
        actions.sign(large.pk, by=first, at=AT)
    assert actions.sign(large.pk, by=second, at=AT).state == rules.Asked.APPROVED
    assert models.Approval.objects.filter(request=large).count() == 2


def test_nobody_signs_what_they_asked_even_past_the_action() -> None:
    from django.db import IntegrityError, transaction

    office = giving.office()
    asked = actions.ask_approval(rules.For.OTHER, "9", title="x", amount=euro(1), by=office.programme, at=AT)
    step = asked.chain.steps.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        models.Approval.objects.create(
            request=asked, step=step, asked_by_id=asked.asked_by_id, by_id=asked.asked_by_id, at=AT, is_yes=True
        )


def test_a_package_gives_by_size_and_need_and_says_how_much_came() -> None:
    office = giving.office()
    Line, Much, Kind, Basis = given_rules.PackageLine, given_rules.Much, given_rules.Kind, given_rules.Basis
    draft = given_rules.PackageDraft(
        "RETURN",
        {"en": "Return package", "sq": "Pakoja e kthimit", "sr": "Пакет повратка"},
        "Example of the tests",
        (
            Line("bed", Kind.ITEMS, Much.counted(1, "piece"), Basis.PERSON),
            Line("school", Kind.ITEMS, Much.counted(1, "set"), Basis.CHILD),
            Line("food", Kind.CASH, Much.of(euro(90)), least=1, most=3),
            Line("food-large", Kind.CASH, Much.of(euro(150)), least=4),
        ),
    )
    package = given.save_package(draft, by=office.programme, at=AT)
    family = factories.household(
        factories.person(), factories.person("Ana"), factories.person("Bora", birth=dt.date(2016, 3, 1))
    )
    allot = lambda: given.allot_package(  # noqa: E731
        package.pk,
        family.pk,
        cycle_id=office.cycle.pk,
        returned_on=TODAY,
        commitment_id=office.commitment.pk,
        by=office.programme,
        at=AT,
    )
    due = allot()
    assert [(row.what, str(row.much)) for row in due] == [
        ("bed", "3 piece"),
        ("school", "1 set"),
        ("food", "90.00 EUR"),
    ]
    assert [row.pk for row in allot()] == [row.pk for row in due]
    (told,) = given_queries.allotted(given_queries.of_household(office.caseworker, family.pk))
    assert told.got == given_rules.Got.NONE
    given.deliver(due[0].pk, office.handed("3"), by=office.caseworker, at=AT)
    (told,) = given_queries.allotted(given_queries.of_household(office.caseworker, family.pk))
    assert told.got == given_rules.Got.PART
    given.deliver(due[1].pk, office.handed("1"), by=office.caseworker, at=AT)
    given.deliver(due[2].pk, office.handed("90"), by=office.caseworker, at=AT)
    (told,) = given_queries.allotted(given_queries.of_household(office.caseworker, family.pk))
    assert told.got == given_rules.Got.FULL
    with pytest.raises(errors.Refused, match="cannot verify"):
        given.verify_package(package.pk, source="Manual p. 12", by=office.programme, at=AT)


def test_who_is_hidden_stays_hidden() -> None:
    office = giving.office()
    hidden = factories.person("Hana", "Fshehur", shielded=True)
    due = given.entitle(
        office.cycle.pk,
        given.Draft(hidden.pk, given_rules.Kind.ITEMS, given_rules.Much.counted(1, "set"), TODAY),
        by=OFFICE,
        at=AT,
    )
    elsewhere = factories.access(Role.CASEWORKER, scope=factories.in_area("38"))
    seen = given_models.Entitlement.objects
    assert not seen.visible_to(office.finance).filter(pk=due.pk).exists()
    assert seen.visible_to(factories.access(Role.PROTECTION)).filter(pk=due.pk).exists()
    open_one = office.cash(factories.person())
    assert seen.visible_to(office.caseworker).filter(pk=open_one.pk).exists()
    assert not seen.visible_to(elsewhere).filter(pk=open_one.pk).exists()
    with pytest.raises(errors.NotFound):
        given.deliver(open_one.pk, office.handed(), by=elsewhere, at=AT)


def test_of_two_who_sign_one_step_at_once_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    office = giving.office()
    asked = actions.ask_approval(rules.For.OTHER, "10", title="x", amount=euro(1), by=office.programme, at=AT)
    step = asked.chain.steps.get()
    steps = [rules.Step(Decimal(0), Role.AUTHORISER), rules.Step(Decimal(0), Role.AUTHORISER)]
    chain = actions.change_chain("EUR", steps, by=office.finance, at=AT)
    both = actions.ask_approval(rules.For.OTHER, "11", title="y", amount=euro(1), by=office.programme, at=AT)
    first = chain.steps.order_by("position")[0]
    monkeypatch.setattr(queries, "next_step", lambda _request: first)  # both read before either has written
    actions.sign(both.pk, by=factories.access(Role.AUTHORISER), at=AT)
    with pytest.raises(errors.Conflict, match="Somebody else signed this step"):
        actions.sign(both.pk, by=factories.access(Role.AUTHORISER), at=AT)
    assert models.Approval.objects.filter(request=both).count() == 1
    assert step.pk != first.pk
