"""Community projects: planned, moved, paid, photographed; the map and the 5W table; what goes wrong on the way."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests import factories
from tests.factories import AT, OFFICE
from tests.formats.test_pictures import with_place

from streha.accounts.rules import Role
from streha.assistance.funding import actions as funding
from streha.assistance.grants import actions as grants
from streha.assistance.grants.rules import GrantDraft, Sector, TrancheDraft
from streha.assistance.programmes import actions as programmes
from streha.assistance.programmes.rules import For
from streha.assistance.projects import actions, models, queries, rules
from streha.assistance.reports import queries as reports
from streha.assistance.works import actions as works
from streha.assistance.works.rules import Kind, LotDraft, WorksDraft
from streha.common import errors
from streha.common.money import Money

pytestmark = pytest.mark.django_db
TODAY = AT.date()


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def draft(**more: Any) -> rules.ProjectDraft:
    made = rules.ProjectDraft(
        title="Zzschool",
        kind=rules.Kind.SCHOOL,
        sector=rules.Sector.EDUCATION,
        area_id=factories.municipality(more.pop("code", "20")).pk,
        starts_on=TODAY - dt.timedelta(days=90),
        ends_on=TODAY + dt.timedelta(days=30),
        cost=Decimal(40000),
        tags=("4.1", "4.a"),
        funding=(rules.Funded("Agency", Decimal(30000)),),
        milestones=(rules.Step("Roof", TODAY),),
        served=(
            rules.Served(rules.Count.TARGET, "f", rules.Age.CHILD, 200, 10),
            rules.Served(rules.Count.REACHED, "f", rules.Age.CHILD, 120, 6),
            rules.Served(rules.Count.REACHED, "m", rules.Age.OLDER, 30, 4),
        ),
    )
    return dataclasses.replace(made, **more)


def test_from_the_plan_to_the_last_milestone(tmp_path: Path) -> None:
    row = actions.plan_project(draft(), by=OFFICE, at=AT)
    common: dict[str, Any] = {"by": OFFICE, "at": AT}
    with pytest.raises(errors.Conflict, match="as it stands now"):
        actions.move(row.pk, rules.State.DONE, on=TODAY, version=1, **common)
    actions.move(row.pk, rules.State.RUNNING, on=TODAY, version=1, **common)
    with pytest.raises(errors.Conflict, match="1 milestones are not done"):
        actions.move(row.pk, rules.State.DONE, on=TODAY, version=2, **common)
    with pytest.raises(errors.BadInput, match="is not a photo"):
        actions.add_photo(row.pk, b"MZ", name="x.jpg", phase=rules.Phase.BEFORE, version=2, **common)
    sent = with_place()
    shown = actions.add_photo(row.pk, sent, phase=rules.Phase.BEFORE, caption="Before", version=2, **common)
    clear = queries.photo(OFFICE, row.pk, shown.pk, "full")
    assert clear.startswith(b"\xff\xd8")
    assert b"Zyrafacam" not in clear
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"\xff\xd8\xff" in path.read_bytes()[:64]]
    with pytest.raises(errors.Conflict, match="changed by somebody else"):
        actions.add_photo(row.pk, sent, phase=rules.Phase.AFTER, version=2, **common)
    assert len(list(tmp_path.rglob("*.full"))) == 1
    actions.reach_milestone(row.pk, 1, on=TODAY, version=3, **common)
    with pytest.raises(errors.Conflict, match="done already"):
        actions.reach_milestone(row.pk, 1, on=TODAY, version=4, **common)
    actions.note_figure(row.pk, rules.Measured("Pupils", Decimal(80), Decimal(210)), version=4, **common)
    more = [rules.Served(rules.Count.REACHED, "f", rules.Age.CHILD, 150, 8)]
    actions.note_served(row.pk, more, version=5, **common)
    actions.move(row.pk, rules.State.DONE, on=TODAY, version=6, **common)
    page = queries.project_page(OFFICE, row.pk)
    assert (page.target, page.reached, page.unfunded) == (200, 180, Decimal(10000))
    assert [(figure.before, figure.after) for figure in page.figures] == [(80, 210)]


def test_money_stays_within_the_project_and_what_was_set_aside() -> None:
    row = actions.plan_project(draft(), by=OFFICE, at=AT)
    pay: dict[str, Any] = {"on": TODAY, "by": OFFICE, "at": AT}
    with pytest.raises(errors.Conflict, match="are too much"):
        actions.note_cost(row.pk, amount=Decimal("40000.01"), reference="A", version=1, **pay)
    actions.note_cost(row.pk, amount=Decimal(1000), reference="A", version=1, **pay)
    with pytest.raises(errors.Conflict, match="nothing is paid twice"):
        actions.note_cost(row.pk, amount=Decimal(1000), reference="A", version=2, **pay)
    line = budget_line()
    programmes.commit(line.pk, Money(Decimal(500), "EUR"), For.PROJECT, row.pk, by=OFFICE, at=AT)
    with pytest.raises(errors.Conflict):
        actions.note_cost(row.pk, amount=Decimal("500.01"), reference="B", version=2, **pay)
    actions.note_cost(row.pk, amount=Decimal(400), reference="B", version=2, **pay)
    line.refresh_from_db()
    row.refresh_from_db()
    assert (line.spent, row.spent, row.costs.count()) == (Decimal(400), Decimal(1400), 2)
    second = programmes.commit(line.pk, Money(Decimal(300), "EUR"), For.PROJECT, row.pk, by=OFFICE, at=AT)
    with pytest.raises(errors.Conflict, match="still holds"):
        actions.note_cost(row.pk, amount=Decimal(401), reference="C", version=3, **pay)
    actions.note_cost(row.pk, amount=Decimal(250), reference="C", version=3, **pay)
    second.refresh_from_db()
    assert (second.spent, second.spendings.count()) == (150, 1), "what the first held, and the rest from the second"


def budget_line() -> Any:
    donor = programmes.add_donor("Zzdonor", by=OFFICE, at=AT)
    agreement = programmes.sign_agreement(
        programmes.AgreementDraft(
            donor_id=donor.pk,
            title="Zzagreement",
            reference="Z-1",
            total=Money(Decimal(1000), "EUR"),
            starts_on=TODAY - dt.timedelta(days=100),
            ends_on=TODAY + dt.timedelta(days=100),
        ),
        by=OFFICE,
        at=AT,
    )
    return programmes.add_budget_line(agreement.pk, "SCHOOLS", "Schools", Decimal(1000), by=OFFICE, at=AT)


def test_what_a_project_cannot_be() -> None:
    for wrong, said in (
        ({"title": ""}, "cannot be empty"),
        ({"ends_on": dt.date(2020, 1, 1)}, "lies before the first"),
        ({"tags": ("18.1",)}, "no goal"),
        ({"tags": ("4.1; DROP",)}, "no goal"),
        ({"funding": (rules.Funded("A", Decimal(40001)),)}, "Donors give 40001"),
        ({"served": (rules.Served(rules.Count.TARGET, "f", rules.Age.CHILD, 3, 4),)}, "cannot live with"),
        ({"partner_ids": (999,)}, "not known here"),
        ({"facility_id": 999}, "not known here"),
        ({"currency": "eu"}, "not a currency"),
    ):
        with pytest.raises(errors.BadInput, match=said):
            actions.plan_project(draft(**wrong), by=OFFICE, at=AT)
    assert rules.read_funding("Agency: of two words: 12 000,50") == [
        rules.Funded("Agency: of two words", Decimal("12000.50"))
    ]
    with pytest.raises(errors.BadInput, match="no donor with a sum"):
        rules.read_funding("12000")
    assert not models.CommunityProject.objects.exists()


def test_the_5w_table_and_who_sees_it() -> None:
    here = actions.plan_project(draft(), by=OFFICE, at=AT)
    there = actions.plan_project(draft(code="17", title="Zzroad", kind=rules.Kind.ROAD), by=OFFICE, at=AT)
    engineer = factories.access(Role.ENGINEER, scope=factories.in_area("20"))
    (line,) = queries.five_w(engineer, queries.ProjectFilter(), today=TODAY)
    told = dict(zip(queries.FIVE_W, line.cells(), strict=True))
    assert told["number"] == here.number
    assert (told["place_code"], told["donor"], told["target"], told["reached"]) == ("20", "Agency", "200", "150")
    groups = ("reached_female", "reached_male", "reached_children", "reached_older", "reached_disability")
    assert [told[name] for name in groups] == ["120", "30", "120", "30", "10"]
    line_of = budget_line()
    programmes.commit(line_of.pk, Money(Decimal(100), "EUR"), For.PROJECT, here.pk, by=OFFICE, at=AT)
    lot = works.make_lot(LotDraft("Zzlot", here.keeper_id), by=OFFICE, at=AT)
    home = factories.home()
    works.plan_works(WorksDraft(home.pk, Kind.REPAIR, TODAY, lot_id=lot.pk), by=OFFICE, at=AT)
    parts = [TrancheDraft(Decimal(500), "registered"), TrancheDraft(Decimal(1000), "visited")]
    who = factories.person("Zzane", "Zzfarm").pk
    one = grants.award(GrantDraft(who, Sector.CRAFTS, "Looms", Decimal(1500), parts, TODAY), by=OFFICE, at=AT)
    for kind, key in ((For.WORKS, lot.pk), (For.GRANT, one.pk)):
        funding.set_aside(line_of.pk, Money(Decimal(100), "EUR"), kind, key, by=OFFICE, at=AT)
    seen = {line.modality: line.donor for line in queries.five_w(OFFICE, queries.ProjectFilter(), today=TODAY)}
    assert seen == {"school": "Agency; Zzdonor", "road": "Agency", "houses": "Zzdonor", "grants": "Zzdonor"}
    span = {"since": TODAY - dt.timedelta(days=50), "until": TODAY}
    told = reports.donor_report(OFFICE, line_of.agreement_id, **span)
    assert ([h.title for h in told.houses], [p.pk for p in told.projects]) == (["Zzlot"], [here.pk])
    assert [(g.sector, g.grants, g.awarded, g.paid) for g in told.grants] == [("crafts", 1, 1500, 0)]
    with pytest.raises(errors.NotFound):
        funding.set_aside(line_of.pk, Money(Decimal(1), "EUR"), For.PROJECT, there.pk, by=engineer, at=AT)
    assert queries.by_municipality(engineer, queries.ProjectFilter()).keys() == {here.keeper_id}
    with pytest.raises(errors.NotFound):
        queries.project_page(engineer, there.pk)
    outside = factories.access(Role.PROGRAMME, scope=factories.in_area("17"))
    with pytest.raises(errors.Refused):
        actions.plan_project(draft(), by=outside, at=AT)
