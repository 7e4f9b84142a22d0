"""An office that gives help: a donor's agreement with a line, a programme with a cycle, money set aside for it."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass
from decimal import Decimal

from tests import factories
from tests.factories import AT, OFFICE

from streha.accounts.rules import Access, Role
from streha.assistance.entitlements import actions as given
from streha.assistance.entitlements import models as given_models
from streha.assistance.entitlements import rules as given_rules
from streha.assistance.programmes import actions, models, rules
from streha.common.money import Money
from streha.people.models import Household, Person

TODAY = AT.date()
_numbers = itertools.count(1)


def euro(amount: str | int) -> Money:
    return Money.of(amount, "EUR")


@dataclass
class Giving:
    """Everybody and everything around one cycle."""

    programme: Access
    finance: Access
    caseworker: Access
    agreement: models.Agreement
    line: models.BudgetLine
    cycle: models.Cycle
    commitment: models.Commitment

    def cash(
        self, person: Person, amount: str = "120", household: Household | None = None, **more: object
    ) -> given_models.Entitlement:
        draft = given.Draft(
            person.pk,
            given_rules.Kind.CASH,
            given_rules.Much.of(euro(amount)),
            TODAY,
            household_id=household.pk if household else None,
            commitment_id=self.commitment.pk,
            **more,  # type: ignore[arg-type]
        )
        return given.entitle(self.cycle.pk, draft, by=self.programme, at=AT)

    def handed(self, amount: str = "120", key: str = "", **more: object) -> given.Handed:
        return given.Handed(
            Decimal(amount),
            TODAY,
            given_rules.Mechanism.CASH_IN_HAND,
            key or f"slip-{next(_numbers)}",
            **more,  # type: ignore[arg-type]
        )


def office(*, budget: str = "10000", committed: str = "5000", code: str = "") -> Giving:
    """The office, with a chain of one signature."""
    programme, finance = factories.access(Role.PROGRAMME), factories.access(Role.FINANCE)
    donor = actions.add_donor("Fondation Exemple", by=finance, at=AT)
    agreement = actions.sign_agreement(
        actions.AgreementDraft(
            donor.pk, f"FE-{next(_numbers)}", "Winter", dt.date(2026, 1, 1), dt.date(2027, 12, 31), euro(budget)
        ),
        by=finance,
        at=AT,
    )
    line = actions.add_budget_line(agreement.pk, "CASH", "Cash help", Decimal(budget), by=finance, at=AT)
    made = actions.open_programme(
        actions.ProgrammeDraft(
            code or f"WINTER-{next(_numbers)}",
            "Winter help",
            "Ndihmë dimërore",
            "Зимска помоћ",
            dt.date(2026, 1, 1),
            dt.date(2027, 12, 31),
        ),
        by=programme,
        at=AT,
    )
    cycle = actions.open_cycle(
        made.pk, actions.CycleDraft("First", dt.date(2026, 10, 1), dt.date(2027, 3, 31)), by=programme, at=AT
    )
    commitment = actions.commit(line.pk, euro(committed), rules.For.CYCLE, cycle.pk, by=programme, at=AT)
    actions.change_chain("EUR", [rules.Step(Decimal(0), Role.AUTHORISER)], by=OFFICE, at=AT)
    return Giving(programme, finance, factories.access(Role.CASEWORKER), agreement, line, cycle, commitment)
