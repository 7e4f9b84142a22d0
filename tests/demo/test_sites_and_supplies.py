"""The demo's camp has a quarter who live with a disability, its stock every standing, its distribution is half done."""

from __future__ import annotations

import datetime as dt

import pytest
from tests import factories
from tests.factories import AT, OFFICE

from streha.assistance.distributions import models as slips
from streha.assistance.distributions import queries
from streha.assistance.sites import models
from streha.assistance.sites import queries as places
from streha.assistance.supplies import queries as stock
from streha.people import actions as people
from streha.people.models import Functioning
from streha_demo import sites, supplies

pytestmark = pytest.mark.django_db


def test_a_camp_and_a_distribution_half_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites, "IN_CAMP", 32)
    monkeypatch.setattr(sites, "IN_CENTRE", 8)
    monkeypatch.setattr(sites, "NIGHTS", 5)
    for number in range(14):
        home = [factories.person(f"G{number}n{n}", "Camp", code="17") for n in range(4)]
        factories.household(*home)
        if number % 3:
            answers = {"walking": 4, "seeing": 3}
            people.note_functioning(home[0].pk, answers, asked_on=dt.date(2026, 1, 1), by=OFFICE, at=AT)
    codes = {code: factories.municipality(code).pk for code in ("17", "38", "20")}
    assert sites.make(seed=7, codes=codes, by=OFFICE, at=AT) == 40
    assert sites.make(seed=7, codes=codes, by=OFFICE, at=AT) == 0
    camp = models.Site.objects.get(kind="camp")
    there = set(camp.stays.values_list("person_id", flat=True))
    disabled = set(Functioning.objects.values_list("person_id", flat=True)) & there
    assert (len(there), len(disabled)) == (32, 8)
    assert places.places_of([camp])[camp.pk].step_free_taken == 8
    assert camp.nights.count() == 3
    made = supplies.make(seed=7, codes=codes, by=OFFICE, at=AT)
    assert made == 8
    assert supplies.make(seed=7, codes=codes, by=OFFICE, at=AT) == 0
    row = slips.Distribution.objects.get()
    page = queries.distribution_page(OFFICE, row.pk, at=AT)
    assert (page.total, page.handed, page.cancelled) == (8, 4, 1)
    assert {line.verdict for line in slips.SheetLine.objects.all()} >= {"handed_out", "twice"}
    assert row.job is not None
    assert row.job.state == "done"
    assert stock.reconciles() == []
    assert stock.expiring(OFFICE, AT.date()).exists()
    low = [one for place in stock.warehouses(OFFICE) for one in stock.held(OFFICE, AT.date(), warehouse=place)]
    assert any(one.is_below for one in low)
