"""An office with a warehouse, a storekeeper, a programme manager and families of Prizren."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from dataclasses import dataclass
from typing import Any

import pytest
from tests import factories, standing
from tests.factories import AT, OFFICE

from streha.accounts.rules import Access, Role
from streha.assistance.distributions import actions, models
from streha.assistance.distributions.rules import plans, slips
from streha.assistance.supplies import actions as supplies
from streha.assistance.supplies import models as supply_models
from streha.assistance.supplies.rules import stock
from streha.jobs import actions as jobs
from streha.people.models import Household

_numbers = itertools.count(1)
FAR = dt.date(2030, 1, 1)


@dataclass
class Office:
    """Everybody around one warehouse."""

    warehouse: supply_models.Warehouse
    store: Access
    programme: Access
    items: dict[str, supply_models.Item]
    kit: supply_models.Kit

    def family(self, size: int = 3, **more: Any) -> Household:
        number = next(_numbers)
        births = [dt.date(1985, 5, 1), dt.date(1987, 5, 1), *(dt.date(2015 + n, 5, 1) for n in range(size))]
        people = [
            factories.person(f"Given{number}n{n}", f"Family{number}", birth=births[n], **more) for n in range(size)
        ]
        return factories.household(*people)

    def receive(self, code: str, quantity: int, *, lot: str = "", expires: dt.date | None = FAR) -> None:
        goods = supplies.Delivery(self.items[code].pk, quantity, lot, expires)
        supplies.receive(self.warehouse.pk, [goods], paper="note", by=self.store, at=AT)

    def planned(self, **more: Any) -> models.Distribution:
        told: dict[str, Any] = {
            "title": "Winter", "kit_id": self.kit.pk, "warehouse_id": self.warehouse.pk, "where": "Town hall",
            "audience": slips.Audience.AREA, "area_id": factories.municipality().pk, "held_on": AT.date(),
        } | more  # fmt: skip
        return actions.plan(plans.DistributionDraft(**told), by=self.programme, at=AT)

    def listed(self, **more: Any) -> models.Distribution:
        row = self.planned(**more)
        run(row, self.programme)
        row.refresh_from_db()
        return row

    def there(self, code: str) -> int:
        rows = supply_models.Balance.objects.filter(batch__item=self.items[code], warehouse=self.warehouse)
        return sum(row.quantity for row in rows)


def run(row: models.Distribution, by: Access, *, seed: int = 1) -> dict[str, int]:
    """The job that makes the list, as a worker does it."""
    job = jobs.claim(worker="test", at=AT, only=row.job_id)
    assert job is not None
    progress = jobs.Progress(job, clock=lambda: AT)
    made = actions.make_list(row.pk, progress, by=by, at=AT, rng=random.Random(seed))
    assert jobs.finish(job, at=AT, result=made)
    return made


def head_of(slip: models.Slip) -> plans.Collected:
    return plans.Collected(slip.members.get(collects="head").person_id)


def draft(code: str, *, expires: bool = False) -> supplies.ItemDraft:
    return supplies.ItemDraft(code, stock.Unit.PIECE, f"{code} en", f"{code} sq", f"{code} ср", expires)


@pytest.fixture
def office() -> Office:
    return _office()


@standing.once
def _office() -> Office:
    supplies.load_examples(by=OFFICE, at=AT)
    programme, store = factories.access(Role.PROGRAMME), factories.access(Role.STOREKEEPER)
    warehouse = supplies.open_warehouse("Prizren", keeper_id=factories.municipality().pk, by=programme, at=AT)
    items = {item.code: item for item in supply_models.Item.objects.all()}
    kit = supply_models.Kit.objects.get(code="WINTER")
    return Office(warehouse, store, programme, items, kit)
