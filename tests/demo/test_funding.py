"""The demo's money for houses, projects and grants: set aside once, spent as far as they are, told in the 5W table."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from tests import factories
from tests.factories import AT, OFFICE

from streha.assistance.grants import actions as grants
from streha.assistance.grants.rules import GrantDraft, Sector, TrancheDraft
from streha.assistance.programmes.models import Agreement, Commitment
from streha.assistance.projects import actions as projects
from streha.assistance.projects import queries
from streha.assistance.projects import rules as project_rules
from streha.assistance.works import actions as works
from streha.assistance.works import rules as works_rules
from streha_demo import funding

pytestmark = pytest.mark.django_db
TODAY = AT.date()


def test_what_stands_in_the_demo_has_a_donor() -> None:
    place = factories.municipality().pk
    kind, sector = project_rules.Kind.ROAD, project_rules.Sector.TRANSPORT
    until = TODAY + dt.timedelta(days=9)
    draft = project_rules.ProjectDraft("Zzroad", kind, sector, place, TODAY, until, Decimal(900), is_fictional=True)
    road = projects.plan_project(draft, by=OFFICE, at=AT)
    projects.note_cost(road.pk, amount=Decimal(250), on=TODAY, reference="A", version=1, by=OFFICE, at=AT)
    lot_draft = works_rules.LotDraft("Zzlot", place, amount=Decimal(5000), is_fictional=True)
    lot = works.make_lot(lot_draft, by=OFFICE, at=AT)
    house = works_rules.WorksDraft(factories.home().pk, works_rules.Kind.REPAIR, TODAY, lot_id=lot.pk)
    works.plan_works(house, by=OFFICE, at=AT)
    parts = [TrancheDraft(Decimal(500), "registered")]
    who = factories.person("Zzane", "Zzfarm").pk
    award = GrantDraft(who, Sector.CRAFTS, "Looms", Decimal(500), parts, TODAY, is_fictional=True)
    grants.award(award, by=OFFICE, at=AT)

    assert funding.make(seed=1, by=OFFICE, at=AT) == 3
    assert funding.make(seed=1, by=OFFICE, at=AT) == 0
    assert Agreement.objects.get().budgeted == 900 + 5000 + 500
    assert dict(Commitment.objects.values_list("kind", "spent")) == {"project": 250, "works": 0, "grant": 0}
    told = {line.donor for line in queries.five_w(OFFICE, queries.ProjectFilter(), today=TODAY)}
    assert told == {funding.DONOR}
