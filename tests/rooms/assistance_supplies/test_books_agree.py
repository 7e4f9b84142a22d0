"""Whatever is received, moved, lost, counted, handed out, taken back or brought on paper, in whatever order: the books
of stock agree with what was done, nothing is below zero, and what slips say was given is what left the warehouse.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests import factories
from tests.factories import AT
from tests.rooms.assistance_supplies.conftest import Office, head_of

from streha.assistance.distributions import actions, models
from streha.assistance.distributions.rules import plans, slips
from streha.assistance.supplies import actions as supplies
from streha.assistance.supplies import models as stock
from streha.assistance.supplies import queries
from streha.assistance.supplies.rules.stock import Loss
from streha.common import errors

ITEMS = ("BLANKET", "MATTRESS", "STOVE", "LAMP")
items, few, which = st.sampled_from(ITEMS), st.integers(1, 9), st.integers(0, 3)


class Books(RuleBasedStateMachine):
    """What is done beside what the office has of it; ``here`` and ``there`` are the two warehouses."""

    office: ClassVar[Office]
    there: ClassVar[stock.Warehouse]
    row: ClassVar[models.Distribution]
    own: ClassVar[list[models.Slip]]

    def __init__(self) -> None:
        super().__init__()
        self.within = transaction.atomic()
        self.within.__enter__()
        self.lay: dict[tuple[str, str], int] = Counter()
        self.given: set[int] = set()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.within.__exit__(None, None, None)

    @initialize()
    def some_stock(self) -> None:
        for item in ITEMS:
            self.receive(item, 9, "first")

    @rule(item=items, much=few, lot=st.sampled_from(["", "A", "B"]))
    def receive(self, item: str, much: int, lot: str) -> None:
        self.office.receive(item, much, lot=lot, expires=None)
        self.lay["here", item] += much

    @rule(item=items, much=few, back=st.booleans())
    def move(self, item: str, much: int, back: bool) -> None:
        here, there = self.office.warehouse.pk, self.there.pk
        source, target = ("there", "here") if back else ("here", "there")
        ids = {"here": here, "there": there}
        done = self._try(
            lambda: supplies.transfer(
                ids[source], ids[target], self.office.items[item].pk, much, by=self.office.store, at=AT
            ),
            self.lay[source, item] >= much,
        )
        if done:
            self.lay[source, item] -= much
            self.lay[target, item] += much

    @rule(item=items, much=few, change=st.integers(-2, 3))
    def lose_or_count(self, item: str, much: int, change: int) -> None:
        balance = stock.Balance.objects.filter(
            warehouse=self.office.warehouse, batch__item=self.office.items[item]
        ).first()
        assert balance is not None
        told: dict[str, Any] = {"by": self.office.store, "at": AT}
        pk = self.office.warehouse.pk
        if change < 0:
            done = self._try(
                lambda: supplies.lose(pk, balance.batch_id, much, why=Loss.DAMAGED, note="x", **told),
                balance.quantity >= much,
            )
            self.lay["here", item] -= much if done else 0
            return
        count = supplies.count_stock(pk, {balance.batch_id: balance.quantity + change}, **told)
        supplies.settle_count(count.pk, accept=change != 1, note="x", by=self.office.programme, at=AT)
        self.lay["here", item] += change if change != 1 else 0

    @rule(number=which)
    def hand_out(self, number: int) -> None:
        slip = self.own[number]
        if self._try(lambda: actions.hand_out(slip.pk, head_of(slip), by=self.office.store, at=AT), self._may(slip)):
            self._went(slip)

    @rule(number=which)
    def take_back(self, number: int) -> None:
        slip = self.own[number]
        if self._try(lambda: actions.take_back(slip.pk, why="x", by=self.office.store, at=AT), slip.pk in self.given):
            self.given.remove(slip.pk)
            for item, quantity in self._due(slip).items():
                self.lay["here", item] += quantity

    @rule(numbers=st.lists(which, min_size=1, max_size=4))
    def bring_paper(self, numbers: list[int]) -> None:
        expected = []
        for number in numbers:
            slip = self.own[number]
            if slip.pk in self.given:
                expected.append("again")
            elif self._may(slip):
                self._went(slip)
                expected.append("handed_out")
            else:
                expected.append("short")
        lines = tuple(plans.PaperLine(self.own[number].code) for number in numbers)
        sheet = actions.bring_sheet(self.row.pk, actions.Paper(lines, AT.date()), by=self.office.store, at=AT)
        found = list(sheet.lines.order_by("row").values_list("verdict", flat=True))
        assert ["again" if v in {slips.Verdict.ALREADY, slips.Verdict.TWICE} else v for v in found] == expected

    def _try(self, deed: Any, should: bool) -> bool:
        """Do it; it works exactly when it should, and changes nothing otherwise."""
        try:
            with transaction.atomic():
                deed()
        except errors.Conflict:
            assert not should
            return False
        assert should
        return True

    def _due(self, slip: models.Slip) -> dict[str, int]:
        return {line.item.code: line.quantity for line in slip.lines.select_related("item")}

    def _may(self, slip: models.Slip) -> bool:
        enough = all(self.lay["here", item] >= much for item, much in self._due(slip).items())
        return slip.pk not in self.given and enough

    def _went(self, slip: models.Slip) -> None:
        self.given.add(slip.pk)
        for item, quantity in self._due(slip).items():
            self.lay["here", item] -= quantity

    @invariant()
    def the_books_agree(self) -> None:
        assert queries.reconciles() == []
        held: Counter[tuple[str, str]] = Counter()
        for row in stock.Balance.objects.select_related("batch__item"):
            assert row.quantity >= 0
            held["here" if row.warehouse_id == self.office.warehouse.pk else "there", row.batch.item.code] += (
                row.quantity
            )
        assert +held == +Counter(self.lay)
        assert set(models.Slip.objects.filter(handed_at__isnull=False).values_list("pk", flat=True)) == self.given
        moved = stock.Movement.objects.filter(distribution__isnull=False)
        went = {r["batch__item__code"]: -r["n"] for r in moved.values("batch__item__code").annotate(n=Sum("quantity"))}
        due = models.SlipLine.objects.filter(slip__in=self.given)
        said = {r["item__code"]: r["n"] for r in due.values("item__code").annotate(n=Sum("quantity"))}
        assert {item: much for item, much in went.items() if much} == said


@pytest.mark.django_db
def test_the_books_agree(office: Office) -> None:
    for size in (1, 2, 2, 3):
        office.family(size)
    Books.office, Books.row = office, office.listed()
    Books.there = supplies.open_warehouse("There", keeper_id=factories.municipality().pk, by=office.programme, at=AT)
    Books.own = list(models.Slip.objects.order_by("position"))
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=6, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
