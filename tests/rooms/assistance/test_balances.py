"""Whatever an office does, and in whatever order: entitlements, deliveries, returns, lists and budgets reconcile.

A state machine of Hypothesis grants, delivers, takes back, tops up, cancels, builds lists, signs, sends and brings
bank replies with every fault; after each step the books are added up anew from their rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests import factories
from tests.factories import AT
from tests.rooms.assistance import giving
from tests.rooms.assistance.giving import TODAY, euro
from tests.rooms.assistance.test_payments import banked, booked, drafted, nothing

from streha.accounts.rules import Access, Role
from streha.assistance.entitlements import actions as given
from streha.assistance.entitlements import models as given_models
from streha.assistance.entitlements import rules as given_rules
from streha.assistance.payments import actions as payments
from streha.assistance.payments import models as payment_models
from streha.assistance.programmes import actions as programmes
from streha.assistance.programmes import models as programme_models
from streha.assistance.programmes import rules as programme_rules
from streha.common import errors
from streha.formats import iso20022

pytestmark = pytest.mark.django_db

AMOUNTS = st.sampled_from([Decimal(text) for text in ("0.01", "10", "25.50", "50", "100", "250")])
PICKS = st.integers(min_value=0, max_value=10_000)
_office: dict[str, Any] = {}


class Books(RuleBasedStateMachine):
    """An office with 600 EUR set aside of 1,000: the end of the money is never far."""

    @initialize()
    def begin(self) -> None:
        self.rollback = transaction.atomic()
        self.rollback.__enter__()
        self.office: giving.Giving = _office["giving"]
        self.people: list[Any] = _office["people"]
        self.signer: Access = _office["signer"]
        self.keys = 0
        for number, person in enumerate(self.people):  # nobody begins with empty hands
            row = self.office.cash(person, "100")
            if number:
                given.deliver(row.pk, self.office.handed("50", self.key()), by=self.office.caseworker, at=AT)

    def teardown(self) -> None:
        if hasattr(self, "rollback"):
            transaction.set_rollback(True)
            self.rollback.__exit__(None, None, None)

    def key(self) -> str:
        self.keys += 1
        return f"k{self.keys}"

    def pick(self, rows: Any, number: int) -> Any:
        found = list(rows.order_by("pk"))
        return found[number % len(found)] if found else None

    @rule(who=PICKS, amount=AMOUNTS)
    def grant(self, who: int, amount: Decimal) -> None:
        self.office.cash(self.people[who % len(self.people)], str(amount))

    @rule(which=PICKS, amount=AMOUNTS, again=st.booleans())
    def deliver(self, which: int, amount: Decimal, again: bool) -> None:
        row = self.pick(given_models.Entitlement.objects.all(), which)
        if row is None:
            return
        handed = self.office.handed(str(amount), self.key())
        for _ in range(1 + again):
            with suppress(errors.Conflict):
                given.deliver(row.pk, handed, by=self.office.caseworker, at=AT)

    @rule(which=PICKS, amount=AMOUNTS)
    def take_back(self, which: int, amount: Decimal) -> None:
        came = self.pick(given_models.Delivery.objects.all(), which)
        if came is not None:
            with suppress(errors.Conflict):
                given.take_back(
                    came.pk, amount, on=TODAY, reason="Back", key=self.key(), by=self.office.caseworker, at=AT
                )

    @rule(which=PICKS, amount=AMOUNTS)
    def top_up(self, which: int, amount: Decimal) -> None:
        row = self.pick(given_models.Entitlement.objects.all(), which)
        if row is not None:
            more = given_rules.Much.of(euro(str(amount)))
            given.top_up(row.pk, more, reason="More", due_on=TODAY, by=self.office.programme, at=AT)

    @rule(which=PICKS)
    def cancel(self, which: int) -> None:
        row = self.pick(given_models.Entitlement.objects.all(), which)
        if row is not None:
            with suppress(errors.Conflict):
                given.cancel(row.pk, reason="Gone", by=self.office.programme, at=AT)

    @rule(amount=AMOUNTS)
    def commit_more_or_less(self, amount: Decimal) -> None:
        with suppress(errors.Conflict):
            held = self.office.commitment
            held.refresh_from_db()
            more = euro(str(amount * 4))
            programmes.change_commitment(held.pk, more, version=held.version, by=self.office.programme, at=AT)

    @rule(amount=AMOUNTS, kind=st.sampled_from(list(programme_rules.ByHand)), paper=st.integers(1, 3))
    def note_paper(self, amount: Decimal, kind: programme_rules.ByHand, paper: int) -> None:
        told = programmes.Paper(kind, euro(str(amount)), TODAY, f"R-{paper}")
        with suppress(errors.Conflict):
            programmes.note_spending(self.office.commitment.pk, told, by=self.office.finance, at=AT)

    @rule(steps=st.integers(min_value=0, max_value=4))
    def pay(self, steps: int) -> None:
        row = drafted(self.office)
        with suppress(errors.Conflict, errors.BadInput):
            if steps >= 1:
                payments.ask(row.pk, by=self.office.programme, at=AT)
            if steps == 2:
                payments.refuse(row.pk, reason="No", by=self.signer, at=AT)
            if steps >= 3:
                payments.sign(row.pk, by=self.signer, at=AT)
                payments.send(row.pk, by=self.office.finance, at=AT)
                return
        payments.cancel(row.pk, reason="Not now", by=self.office.programme, at=AT)

    @rule(picks=st.lists(st.tuples(PICKS, st.sampled_from(["paid", "back", "wrong", "unknown"])), max_size=5))
    def bank(self, picks: list[tuple[int, str]]) -> None:
        bookings = []
        for number, how in picks:
            line = self.pick(payment_models.PaymentLine.objects.all(), number)
            if line is None:
                return
            key = f"{line.reference}-{how}-{number % 3}"
            made = booked(line, key, back=how == "back", amount="0.01" if how == "wrong" else "")
            bookings.append(made if how != "unknown" else iso20022.Booking("X", line.amount, "EUR", TODAY, False, key))
        if bookings:
            content = iso20022.write_reply_csv(bookings)
            reply, _new = payments.bring_reply(content, "r.csv", by=self.office.finance, at=AT)
            payments.reconcile(reply.pk, by=self.office.finance, at=AT, progress=nothing)

    @invariant()
    def books_agree(self) -> None:
        if not hasattr(self, "office"):
            return
        line = programme_models.BudgetLine.objects.get(pk=self.office.line.pk)
        commitments = list(programme_models.Commitment.objects.filter(line=line))
        spendings = list(programme_models.Spending.objects.values_list("commitment_id", "amount"))
        assert line.amount >= line.committed == sum(c.amount for c in commitments)
        for each in commitments:
            assert each.amount >= each.used >= each.spent >= 0
            assert each.spent == sum(amount for pk, amount in spendings if pk == each.pk)
        assert line.spent == sum(c.spent for c in commitments)

    @invariant()
    def what_came_is_what_was_given(self) -> None:
        charged = Decimal(0)
        for row in given_models.Entitlement.objects.prefetch_related("deliveries__returns"):
            kept = Decimal(0)
            for came in row.deliveries.all():
                assert came.returned == sum(back.amount for back in came.returns.all())
                kept += came.amount - came.returned
                assert (
                    came.charged - came.refunded == came.amount - came.returned
                )  # one currency: cost is what they keep
                charged += came.charged - came.refunded
            assert row.given == kept
            assert 0 <= row.given <= row.due
        by_households = programme_models.Spending.objects.exclude(kind__in=programme_rules.ByHand)
        assert charged == sum(by_households.values_list("amount", flat=True))

    @invariant()
    def nothing_is_paid_twice(self) -> None:
        lines = payment_models.PaymentLine.objects
        live = list(lines.filter(is_live=True).values_list("entitlement_id", flat=True))
        assert len(live) == len(set(live))
        paid = set(lines.filter(state="paid").values_list("reference", flat=True))
        came = given_models.Delivery.objects.filter(source="bank", returned__lt=F("amount"))
        assert {key.removeprefix("bank:") for key in came.values_list("key", flat=True)} <= paid
        for row in payment_models.PaymentList.objects.prefetch_related("lines"):
            amounts = [line.amount for line in row.lines.all()]
            assert (row.total, row.number_of_lines) == (sum(amounts), len(amounts))

    @invariant()
    def what_is_on_its_way_is_reserved(self) -> None:
        frozen = payment_models.PaymentLine.objects.filter(
            state__in=["waiting", "sent"], list__state__in=["asked", "approved", "sent"]
        )
        on_its_way = sum(frozen.values_list("charged", flat=True))
        used = programme_models.Commitment.objects.values_list("used", "spent")
        assert sum(u - s for u, s in used) == on_its_way


@pytest.fixture
def office() -> Iterator[None]:
    _office["giving"] = giving.office(budget="1000", committed="600")
    _office["people"] = [banked(_office["giving"], number) for number in range(1, 4)]
    _office["signer"] = factories.access(Role.AUTHORISER)
    yield
    _office.clear()


@pytest.mark.usefixtures("office")
def test_the_books_agree_whatever_happens() -> None:
    assert connection.in_atomic_block
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
