"""Three invented warehouses with stock of every standing, and a distribution half done."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass
from typing import Any

from streha.accounts.rules import Access
from streha.assistance.distributions import actions as distributions
from streha.assistance.distributions import models as slips
from streha.assistance.distributions.rules import plans
from streha.assistance.distributions.rules import slips as slip_rules
from streha.assistance.sites.models import Site
from streha.assistance.supplies import actions, models
from streha.assistance.supplies.rules import stock
from streha.jobs import actions as jobs

DAY = dt.timedelta(days=1)
STORES = (("Depo Peja (trillim)", "17"), ("Складиште Север (измишљено)", "38"), ("Depo Prizreni (trillim)", "20"))
GOODS: dict[str, int] = {
    "BLANKET": 3000, "MATTRESS": 1200, "STOVE": 400, "LAMP": 700, "JERRYCAN-10": 900, "SOAP-BATH": 250_000,
    "SOAP-LAUNDRY": 200_000, "SANITARY-PADS": 800, "DIAPERS": 500, "FLOUR": 9000, "OIL": 700, "BEANS": 1600,
    "SUGAR": 400, "BABY-FOOD": 150, "TARPAULIN": 120,
}  # fmt: skip


@dataclass(frozen=True)
class Report:
    """What the job of a list says while it runs; nobody watches here."""

    def __call__(self, done: int, total: int | None = None, **_more: Any) -> None:
        """Nothing is kept of it."""


def make(*, seed: int, codes: dict[str, int], by: Access, at: dt.datetime) -> int:
    """Warehouses and distributions are there, once; returns how many slips were made."""
    if models.Warehouse.objects.filter(is_fictional=True).exists():
        return 0
    rng = random.Random(f"streha supplies {seed}")  # noqa: S311 - fiction, the same for the same seed
    actions.load_examples(by=by, at=at)
    items = {item.code: item for item in models.Item.objects.all()}
    stores = [
        actions.open_warehouse(name, keeper_id=codes.get(code, min(codes.values())), is_fictional=True, by=by, at=at)
        for name, code in STORES
    ]
    for place, store in enumerate(stores):
        _fill(store, place, items, rng, by, at)
    actions.transfer(stores[0].pk, stores[1].pk, items["BLANKET"].pk, 200, paper="CMR 7 (invented)", by=by, at=at)
    wet = models.Balance.objects.filter(warehouse=stores[0], batch__item=items["FLOUR"]).order_by("pk").first()
    if wet is not None:
        actions.lose(stores[0].pk, wet.batch_id, 40, why=stock.Loss.DAMAGED, note="Roof leaked", by=by, at=at)
    site = Site.objects.filter(is_fictional=True).order_by("pk").first()
    if site is None:
        return 0
    row = distributions.plan(
        plans.DistributionDraft(
            title="Winter kits in the camp (invented)",
            kit_id=models.Kit.objects.get(code="WINTER").pk,
            warehouse_id=stores[0].pk,
            audience=slip_rules.Audience.SITE,
            site_id=site.pk,
            where="Tent 1",
            held_on=at.date(),
            is_fictional=True,
        ),
        by=by,
        at=at,
    )
    made = distributions.make_list(row.pk, Report(), by=by, at=at, rng=rng)["slips"]  # type: ignore[arg-type]
    _close_job(row, made, at)
    _hand_out_half(row, rng, by, at)
    return made


def _close_job(row: slips.Distribution, made: int, at: dt.datetime) -> None:
    """The list is made already: its job is done, and no worker looks at it."""
    job = jobs.claim(worker="demo", at=at, only=row.job_id) if row.job_id else None
    if job is not None:
        jobs.finish(job, at=at, result={"slips": made})


def _fill(  # noqa: PLR0917 - one line a call
    store: models.Warehouse, place: int, items: dict[str, models.Item], rng: random.Random, by: Access, at: dt.datetime
) -> None:
    goods = []
    for code, much in GOODS.items():
        item = items[code]
        quantity = much if place == 0 else rng.randrange(much // 20 + 1, much // 4 + 2)
        if not item.expires:
            goods.append(actions.Delivery(item.pk, quantity))
            continue
        days = (rng.randrange(15, 50), rng.randrange(200, 500)) if code in {"OIL", "BABY-FOOD"} else (300, 420)
        for number, ahead in enumerate(days):
            part = max(quantity // 2, 1)
            goods.append(actions.Delivery(item.pk, part, f"L{place}{number}{code[:3]}", at.date() + ahead * DAY))
    expired = items["DIAPERS"]
    goods.append(actions.Delivery(expired.pk, 12, f"OLD{place}", at.date() - 10 * DAY))
    actions.receive(store.pk, goods, paper=f"Delivery note {place + 1} (invented)", by=by, at=at - 20 * DAY)
    for code, line in (("BLANKET", 500), ("OIL", 150), ("FLOUR", 1000)):
        actions.set_line(store.pk, items[code].pk, line=line, fill_to=2 * line, by=by, at=at)


def _hand_out_half(row: slips.Distribution, rng: random.Random, by: Access, at: dt.datetime) -> None:
    """Half the slips: most at the counter, some on paper, one cancelled, and one code read wrongly."""
    there = list(row.slips.order_by("position"))
    half = there[: len(there) // 2]
    paper = half[len(half) * 3 // 4 :]
    for slip in half[: len(half) * 3 // 4]:
        able = slip.members.exclude(collects="").order_by("pk").first()
        nobody = plans.Collected(None, "Neighbour (invented)", "Nobody is named")
        told = plans.Collected(able.person_id) if able else nobody
        distributions.hand_out(slip.pk, told, by=by, at=at)
    if paper:
        lines = [plans.PaperLine(slip.code, slip_rules.Collects.HEAD) for slip in paper]
        lines += [plans.PaperLine(paper[0].code), plans.PaperLine("".join(rng.sample("ABCDEFGHJK", 10)))]
        sheet = distributions.Paper(tuple(lines), at.date(), "Tent 1, evening")
        distributions.bring_sheet(row.pk, sheet, by=by, at=at)
    if len(there) > 2:
        distributions.cancel_slip(there[-1].pk, why="Went home before the day", by=by, at=at)
