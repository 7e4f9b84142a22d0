"""A call for houses in Prizren with its commission: two scorers and a third, three who decide, three for the appeal."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from tests import factories, standing
from tests.factories import AT, OFFICE

from streha.accounts import queries as accounts
from streha.accounts.models import User
from streha.accounts.rules import Access, Role
from streha.assistance.selections import actions, models, rules
from streha.common import money
from streha.people.models import Person

OPENS, CLOSES = dt.date(2026, 10, 1), dt.date(2026, 11, 20)
IN_TIME = dt.datetime(2026, 11, 2, 9, 0, tzinfo=dt.UTC)
YES = {
    rules.Fact.DISPLACED: True,
    rules.Fact.OWNS_PROPERTY: True,
    rules.Fact.INHERITANCE_SETTLED: True,
    rules.Fact.HOUSED_BEFORE: False,
    rules.Fact.WISHES_RETURN: True,
}
FAMILIES = ("Hoxha", "Krasniqi", "Petrović", "Berisha", "Jovanović", "Gashi", "Shala", "Marković", "Kelmendi", "Bytyqi")
_numbers = itertools.count(1)


@dataclass
class Office:
    """Everybody around one call."""

    call: models.Call
    programme: Access
    caseworker: Access
    scorers: list[Access]
    members: list[Access]
    appeal: list[Access]

    def family(
        self, name: str = "", *, births: tuple[int, ...] = (1985, 1987, 2015), **answers: bool
    ) -> models.Application:
        """A household that applied in time, with every paper."""
        return self.applied(name, births=births, answers={**YES, **{rules.Fact(k): v for k, v in answers.items()}})

    def applied(
        self,
        name: str = "",
        *,
        births: tuple[int, ...] = (1985, 1987, 2015),
        answers: Mapping[rules.Fact, bool] = YES,
        received: dt.datetime = IN_TIME,
        papers: bool = True,
    ) -> models.Application:
        number = next(_numbers)
        family = name or FAMILIES[number % len(FAMILIES)]
        members = [
            factories.person(f"Given{number}n{place}", family, birth=dt.date(year, 5, 1))
            for place, year in enumerate(births)
        ]
        home = factories.household(*members)
        made = actions.apply(
            self.call.pk,
            actions.ApplicationDraft(home.pk, members[0].pk, rules.RequestKind.HOUSE, dict(answers)),
            by=self.caseworker,
            at=AT,
            received_at=received,
        )
        if papers:
            self.papers(made, members)
        return made

    def papers(self, application: models.Application, members: list[Person]) -> None:
        seen = rules.PaperState.SEEN
        kinds = rules.PaperKind
        for kind in (kinds.DISPLACED_CARD, kinds.POSSESSION_LIST, kinds.VULNERABILITY_PROOF, kinds.MEDICAL_FINDING):
            actions.note_paper(application.pk, kind, seen, by=self.caseworker, at=AT)
        for person in members:
            assert person.birth_date is not None
            kind = kinds.BIRTH_EXTRACT if person.birth_date.year > 2008 else kinds.ID_CARD
            actions.note_paper(application.pk, kind, seen, person_id=person.pk, by=self.caseworker, at=AT)

    def score(self, application: models.Application, *totals: int) -> None:
        """The scorers, in order, give ``urgency`` these points and 0 to everything else."""
        for scorer, points in zip(self.scorers, totals, strict=False):
            sheet = actions.begin_scoring(application.pk, by=scorer, at=AT)
            given = dict.fromkeys(self.codes(), 0) | {"urgency": points}
            actions.give_points(sheet.pk, given, by=scorer, at=AT)
            actions.finish_scoring(sheet.pk, by=scorer, at=AT)

    def codes(self) -> list[str]:
        return list(self.call.grid.criteria.values_list("code", flat=True))

    def session(self, *, is_appeal: bool = False) -> models.Session:
        """An open session."""
        planned = actions.plan_session(
            self.call.pk,
            held_on=AT.date(),
            place="Prizren",
            agenda=["The list", "Other"],
            is_appeal=is_appeal,
            by=self.programme,
            at=AT,
        )
        seats = self.appeal if is_appeal else self.members
        return actions.open_session(planned.pk, present=[m.person() for m in seats], by=seats[0], at=AT)

    def ranked(self) -> models.Selection:
        return actions.rank(self.session().pk, by=self.members[0], at=AT)

    def decided(self) -> models.Selection:
        selection = self.ranked()
        item = selection.session.agenda.get(position=1)
        choices = {m.person(): "for" for m in self.members}
        actions.vote(item.pk, choices, conclusion="Adopted.", by=self.members[0], at=AT)
        return actions.decide(selection.pk, item.pk, by=self.members[0], at=AT)


def access_of(user: User) -> Access:
    return accounts.access(user, AT)


def someone(role: Role, full_name: str) -> Access:
    made = factories.user(role)
    User.objects.filter(pk=made.pk).update(full_name=full_name)
    made.refresh_from_db()
    return access_of(made)


@pytest.fixture
def office() -> Office:
    """A call for two houses, by the example grid."""
    return _office()


@standing.once
def _office() -> Office:
    return commission()


def commission(**draft: Any) -> Office:
    """A call for two houses, by the example grid, or as the draft says."""
    programme = someone(Role.PROGRAMME, "Teuta Programi")
    grid = actions.load_example_grid(by=OFFICE, at=AT)
    usual = actions.CallDraft(
        title="Houses 2026",
        municipality_id=factories.municipality().pk,
        grid_id=grid.pk,
        requests=(rules.RequestKind.HOUSE, rules.RequestKind.MATERIAL),
        opens_on=OPENS,
        closes_on=CLOSES,
        places=2,
        budget=money.Money(Decimal(60_000), "EUR"),
    )
    call = actions.open_call(dataclasses.replace(usual, **draft), by=programme, at=AT)
    scorers = [someone(Role.SCORER, f"Pikësues Nr{number}x") for number in ("A", "B", "C")]
    members = [someone(Role.COMMISSION, f"Anëtar Nr{number}y") for number in ("A", "B", "C")]
    appeal = [someone(Role.COMMISSION, f"Ankesa Nr{number}z") for number in ("A", "B", "C")]
    f = rules.Function
    for who, function in (
        *((scorer, f.SCORER) for scorer in scorers),
        (members[0], f.CHAIR),
        *((member, f.MEMBER) for member in members[1:]),
        (appeal[0], f.APPEAL_CHAIR),
        *((member, f.APPEAL_MEMBER) for member in appeal[1:]),
    ):
        actions.name_member(call.pk, who.person(), function, by=programme, at=AT)
    return Office(call, programme, someone(Role.CASEWORKER, "Arta Punëtorja"), scorers, members, appeal)
