"""An office with the tracks that come with Streha, a caseworker in Prizren, and a family there."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pytest
from tests import factories, standing

from streha.accounts.rules import Access, Role
from streha.cases import actions, models
from streha.people import models as people


@dataclass(frozen=True)
class Office:
    """Who works there, and whom they work for."""

    worker: Access
    head: people.Person
    spouse: people.Person
    child: people.Person
    household: people.Household


@pytest.fixture
def office() -> Office:
    return _office()


@standing.once
def _office() -> Office:
    factories.kosovo()
    actions.load_tracks(by=factories.OFFICE, at=factories.AT)
    head = factories.person("Xhevdet", "Hoxha")
    spouse = factories.person("Shpresa", "Hoxha", birth=dt.date(1965, 2, 3))
    child = factories.person("Arta", "Hoxha", birth=dt.date(2015, 2, 3))
    house = factories.household(head, spouse, child)
    worker = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    return Office(worker, head, spouse, child, house)


def opened(
    office: Office, track: str = "voluntary_return", *, whole: bool = True, by: Access | None = None
) -> models.Case:
    """A case of the family, owned by the caseworker."""
    draft = actions.CaseDraft(office.head.pk, track, with_household=whole, owner_id=office.worker.user_id)
    return actions.open_case(draft, by=by or office.worker, at=factories.AT)
