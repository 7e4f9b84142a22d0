"""Whose money built the houses, paid the grants and the projects: an agreement of an invented donor, money set aside
for every lot, every third project and some grants, and what went out of it by papers so far.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from streha.accounts.rules import Access
from streha.assistance.funding import actions as funding
from streha.assistance.grants.models import Grant
from streha.assistance.programmes import actions, models
from streha.assistance.programmes.rules import ByHand, For
from streha.assistance.projects.models import CommunityProject
from streha.assistance.works.models import HouseWorks, Lot
from streha.common.money import Money

DONOR, REFERENCE = "Stiftung Steinbrücke (invented)", "STB-2024-7"
GRANTS, EVERY = 40, 3
NOTHING = Decimal(0)


def make(*, seed: int, by: Access, at: dt.datetime) -> int:  # noqa: ARG001 - as every part of the demo is called
    """Money is set aside, once; returns for how many."""
    if models.Donor.objects.filter(name=DONOR).exists():
        return 0
    parts = {"HOUSES": _lots(), "PROJECTS": _projects(), "GRANTS": _grants()}
    wanted = {code: rows for code, rows in parts.items() if rows}
    if not wanted:
        return 0
    lines = _agreement({code: sum((row[2] for row in rows), NOTHING) for code, rows in wanted.items()}, by, at)
    for code, rows in wanted.items():
        for kind, key, amount, spent in rows:
            made = funding.set_aside(lines[code], Money(amount, "EUR"), kind, key, by=by, at=at)
            if spent:
                paper = actions.Paper(ByHand.INVOICE, Money(spent, "EUR"), at.date(), f"Paid until now, {made.number}")
                actions.note_spending(made.pk, paper, by=by, at=at)
    return sum(len(rows) for rows in wanted.values())


Part = tuple[For, int, Decimal, Decimal]
"""What money is set aside for, how much, and how much of it went out."""


def _lots() -> list[Part]:
    found = []
    for lot in Lot.objects.filter(is_fictional=True, currency="EUR").order_by("pk"):
        paid = sum(HouseWorks.objects.filter(lot=lot).values_list("cost_spent", flat=True), NOTHING)
        if lot.amount:
            found.append((For.WORKS, lot.pk, max(lot.amount, paid), paid))
    return found


def _projects() -> list[Part]:
    rows = CommunityProject.objects.filter(is_fictional=True, currency="EUR", cost__gt=0).order_by("pk")
    return [(For.PROJECT, row.pk, row.cost, row.spent) for row in rows[::EVERY]]


def _grants() -> list[Part]:
    found = []
    for row in (
        Grant.objects.filter(is_fictional=True, currency="EUR").exclude(state="cancelled").order_by("pk")[:GRANTS]
    ):
        paid = row.tranches.filter(paid_on__isnull=False).values_list("amount", flat=True)
        found.append((For.GRANT, row.pk, row.amount, sum(paid, NOTHING)))
    return found


def _agreement(sums: dict[str, Decimal], by: Access, at: dt.datetime) -> dict[str, int]:
    """One agreement that holds it all, with a line for each sort; line by code."""
    titles = {"HOUSES": "Houses", "PROJECTS": "Community projects", "GRANTS": "Business grants"}
    donor = actions.add_donor(DONOR, by=by, at=at)
    span = (at.date() - dt.timedelta(days=900), at.date() + dt.timedelta(days=500))
    total = Money(sum(sums.values(), NOTHING), "EUR")
    draft = actions.AgreementDraft(donor.pk, REFERENCE, "Homes, work and places for all", *span, total)
    agreement = actions.sign_agreement(draft, by=by, at=at)
    return {
        code: actions.add_budget_line(agreement.pk, code, titles[code], amount, by=by, at=at).pk
        for code, amount in sums.items()
    }
