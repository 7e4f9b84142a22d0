"""House works in the office: one planned, inspected with a photo, given to a lot, paid, handed over, mended."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from tests import factories
from tests.formats.test_pictures import photo
from tests.web.conftest import client_of

from streha.accounts.rules import Role
from streha.assistance.works import models

pytestmark = pytest.mark.django_db


def test_from_the_plan_to_the_last_defect(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    owner = factories.person("Zzgiven", "Zzfamily")
    house = factories.household(owner)
    home = factories.home(owner)
    today = timezone.now().date()
    day = f"{today:%d.%m.%Y}"
    planner = client_of(factories.user(Role.PROGRAMME, name="planner"))
    engineer = client_of(factories.user(Role.ENGINEER, scope=factories.in_area("20"), name="engineer"))
    finance = client_of(factories.user(Role.FINANCE, name="finance"))
    assert "No house is being built" in planner.get("/works/").content.decode()
    start = today - dt.timedelta(days=140)
    plan = {
        "home": home.number, "household": house.number, "kind": "repair", "start": f"{start:%d.%m.%Y}",
        "cost_planned": "18.000,50", "currency": "eur",
    }  # fmt: skip
    assert planner.post("/works/new/", plan | {"home": "PR-0999999"}).status_code == 422
    assert planner.post("/works/new/", plan | {"home": "house"}).status_code == 422
    own = planner.post("/works/new/", plan)["Location"]
    assert str(models.HouseWorks.objects.get().cost_planned) == "18000.50"
    assert planner.post("/works/new/", plan).status_code == 422  # once at a time
    lot = {"version": 0, "title": "Zzlot", "keeper": factories.municipality().pk, "amount": "30000", "currency": "EUR"}
    assert planner.post("/works/lots/new/", lot).status_code == 302
    assert planner.post("/works/lots/new/", lot | {"contracted_on": day}).status_code == 422
    row = models.Lot.objects.get()
    given = lot | {"version": 1, "contractor": "Zzbuild sh.p.k."}
    assert planner.post(f"/works/lots/{row.pk}/", given).status_code == 302
    assert planner.post(f"/works/lots/{row.pk}/", given).status_code == 422
    contract = {"version": 1, "lot": row.pk, "amount": "17 000"}
    assert planner.post(f"{own}do/contract/", contract).status_code == 302

    assert "1 house is late by more than a month" in engineer.get("/").content.decode()
    for what in ("inspect", "handover", "defect", "mend"):
        assert engineer.get(f"{own}do/{what}/").status_code == 200, what
    assert engineer.get(f"{own}do/nonsense/").status_code == 404
    for what in ("contract", "stop", "resume"):
        assert engineer.get(f"{own}do/{what}/").status_code == 403, what
        assert planner.get(f"{own}do/{what}/").status_code == 200, what
    papers = {"survey": 100, "design": 100, "tender": 100}
    skipped = {"version": 2, "on": day, "walls": 30}
    answer = engineer.post(f"{own}do/inspect/", skipped)
    assert answer.status_code == 422
    assert "cannot begin before" in answer.content.decode()
    wrong = papers | {"version": 2, "on": day, "photos": SimpleUploadedFile("x.jpg", b"no photo")}
    answer = engineer.post(f"{own}do/inspect/", wrong)
    assert answer.status_code == 422
    assert "is not a photo" in answer.content.decode()
    right = papers | {"version": 2, "on": day, "note": "Zznote", "photos": SimpleUploadedFile("x.jpg", photo())}
    assert engineer.post(f"{own}do/inspect/", right).status_code == 302
    assert engineer.post(f"{own}do/inspect/", papers | {"version": 2, "on": day}).status_code == 422
    page = engineer.get(own).content.decode()
    for words in ("Zznote", "10 % is done", "/photos/", "Zzbuild"):
        assert words in page, words
    assert "17,000.00" not in page
    assert "17,000.00" in finance.get(own).content.decode()
    assert "/photos/" not in finance.get(own).content.decode()
    paid = {"version": 3, "amount": "17000,01", "on": day, "reference": "INV-1"}
    assert "are too much" in finance.post(f"{own}do/pay/", paid).content.decode()
    assert finance.post(f"{own}do/pay/", paid | {"amount": "9000"}).status_code == 302
    everything = {"version": 4, "on": day, **dict.fromkeys(("walls", "roof", "installations", "finishing"), 100)}
    assert engineer.post(f"{own}do/handover/", {"version": 4, "on": day, "signed_by": "x"}).status_code == 422
    assert engineer.post(f"{own}do/inspect/", everything).status_code == 302
    signed = {"version": 5, "on": day, "person": owner.pk, "defects": "Zzdoor\n\n"}
    assert engineer.post(f"{own}do/handover/", signed).status_code == 302
    assert "1 house has open defects" in engineer.get("/").content.decode()
    mended = {"version": 6, "defect": models.Defect.objects.get().pk, "on": day}
    assert engineer.post(f"{own}do/mend/", mended).status_code == 302
    shown = engineer.get(own).content.decode()
    for words in ("Zzdoor", "Zzgiven", "100 % is done", "with the household"):
        assert words in shown, words
    for address in ("/works/", "/works/list/", "/works/progress/", "/works/map/", "/works/lots/"):
        for client in (planner, engineer, finance):
            assert client.get(address).status_code == 200, address
    assert f"HW-{models.HouseWorks.objects.get().pk:06d}" in planner.get("/works/").content.decode()
    assert "Your role does not show where homes are" in finance.get("/works/map/").content.decode()
    for address in (f"/homes/{home.pk}/", f"/households/{house.pk}/"):
        assert own in planner.get(address).content.decode(), address
    assert planner.post("/works/export/?standing=done", {"purpose": "report"}).status_code == 302
    elsewhere = client_of(factories.user(Role.ENGINEER, scope=factories.in_area("17")))
    assert elsewhere.get(own).status_code == 404
    assert own not in elsewhere.get("/works/").content.decode()
