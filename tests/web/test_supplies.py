"""Sites, supplies and distributions in the office: from an empty page to a slip handed out and paper worked in."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from tests import factories
from tests.web.conftest import client_of

from streha.accounts import queries as accounts
from streha.accounts.models import User
from streha.accounts.rules import Role
from streha.assistance.distributions import actions as distributions
from streha.assistance.distributions import models as slips
from streha.assistance.distributions.rules import codes
from streha.assistance.supplies import models

pytestmark = pytest.mark.django_db


def shown(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, address
    return answer.content.decode()


def day(offset: int = 0) -> str:
    return f"{timezone.now().date() + dt.timedelta(days=offset):%d.%m.%Y}"


def sent(client: Client, address: str, told: dict[str, Any], status: int = 302) -> str:
    answer = client.post(address, told)
    assert answer.status_code == status, answer.content.decode()[-1800:]
    return answer.get("Location", "")


@pytest.fixture
def family() -> int:
    people = [
        factories.person("Zzhead", "Zzfamily"),
        factories.person("Zzchild", "Zzfamily", birth=dt.date(2024, 1, 1)),
    ]
    return factories.household(*people).pk


def test_a_site_from_opening_to_closing(family: int) -> None:
    manager = client_of(factories.user(Role.PROGRAMME))
    worker = client_of(factories.user(Role.CASEWORKER))
    place = factories.municipality().pk
    assert "No site is open" in shown(manager, "/sites/")
    told = {
        "version": 0, "name": "Zzcamp", "kind": "camp", "municipality": place, "opened_on": day(-9), "capacity": 9,
        "set_aside": 1, "step_free": 1, "covered_m2": "20", "taps": 1, "latrines": 0, "is_cold": "on",
    }  # fmt: skip
    sent(manager, "/sites/new/", told | {"set_aside": 10}, 422)
    site = sent(manager, "/sites/new/", told)
    assert "Zzcamp" in shown(worker, "/sites/?free=1&kind=camp")
    assert "1 site was not counted last night" in shown(worker, "/")
    assert shown(worker, f"{site}in/")
    assert "no number of a household" in shown(worker, f"{site}in/?who=nonsense", 422)
    assert "There is no such record" in shown(worker, f"{site}in/?who=HH-9999", 422)
    page = shown(worker, f"{site}in/?who=HH-{family:07d}")
    assert "Zzhead" in page
    ids = [p.pk for p in slips.people.Person.objects.order_by("pk")]
    came = {"who": f"HH-{family}", "came_on": day(-2), "persons": ids, "step_free": ids[:1]}
    sent(worker, f"{site}in/", came)
    sent(worker, f"{site}in/", came, 422)
    page = shown(worker, site)
    for words in ("Zzhead", "without steps", "below the line", "nights of the last week were not counted"):
        assert words in page, words
    assert "Checked in for last night: 2." in shown(worker, f"{site}count/")
    sent(worker, f"{site}count/", {"night": day(-1), "counted": 3}, 422)
    sent(worker, f"{site}count/", {"night": day(-1), "counted": 3, "why": "visitors"})
    assert '<svg class="map"' in shown(worker, site)
    assert "not compared with the original yet" in shown(manager, "/sites/standards/")
    lines = {k: v for k, v in _fields(shown(manager, "/sites/standards/change/")).items() if k != "csrfmiddlewaretoken"}
    sent(manager, "/sites/standards/change/", lines)
    sent(client_of(factories.user(Role.PROGRAMME)), "/sites/standards/verify/", {})
    assert "Nobody has compared these lines" not in shown(manager, "/sites/standards/")
    assert shown(manager, f"{site}change/")
    sent(manager, f"{site}change/", told | {"version": 1, "latrines": 2})
    sent(manager, f"{site}close/", {"day": day()}, 422)
    stays = [s.pk for s in slips.Site.objects.get().stays.all()]
    assert "Zzhead" in shown(worker, f"{site}out/?stay={stays[0]}")
    sent(worker, f"{site}out/", {"stays": stays, "day": day(), "left_for": "home"})
    sent(manager, f"{site}close/", {"day": day()})
    assert "Zzcamp" in shown(manager, "/sites/?closed=1")


def _fields(page: str) -> dict[str, str]:
    import html
    import re

    found = re.findall(r'<input[^>]*name="([^"]+)"[^>]*?value="([^"]*)"', page)
    found += [(n, v) for v, n in re.findall(r'<input[^>]*value="([^"]*)"[^>]*name="([^"]+)"', page)]
    return {name: html.unescape(value) for name, value in found}


def test_supplies_from_the_catalogue_to_a_settled_count() -> None:
    manager, store = client_of(factories.user(Role.PROGRAMME)), client_of(factories.user(Role.STOREKEEPER))
    factories.kosovo()
    assert "Take over items" in shown(manager, "/supplies/")
    sent(manager, "/supplies/examples/", {})
    assert "Winter kit" in shown(manager, "/supplies/kits/")
    names = {"name_en": "Axe", "name_sq": "Sëpatë", "name_sr": "Секира"}
    sent(manager, "/supplies/items/new/", names | {"code": "axe", "unit": "piece", "version": 0})
    axe = models.Item.objects.get(code="AXE")
    sent(manager, f"/supplies/items/{axe.pk}/change/", names | {"version": 1, "name_en": "Hatchet"})
    assert "Hatchet" in shown(manager, "/supplies/items/")
    kit = models.Kit.objects.get(code="WINTER")
    page = shown(manager, f"/supplies/kits/new/?of={kit.pk}")
    assert "rule-0-item" in page
    table = {
        "rule-TOTAL_FORMS": 2, "rule-INITIAL_FORMS": 0, "rule-0-item": axe.pk, "rule-0-quantity": "1",
        "rule-0-per": "household", "code": "TOOLS", "source": "Own",
    }  # fmt: skip
    sent(manager, "/supplies/kits/new/", names | table | {"rule-0-quantity": ""}, 422)
    sent(manager, "/supplies/kits/new/", names | table)
    made = models.Kit.objects.get(code="TOOLS")
    sent(manager, f"/supplies/kits/{made.pk}/verify/", {"source": "p. 7"}, 403)
    other = client_of(factories.user(Role.PROGRAMME))
    assert shown(other, f"/supplies/kits/{made.pk}/verify/")
    sent(other, f"/supplies/kits/{made.pk}/verify/", {"source": "p. 7"})
    warehouse = {"name": "Zzstore", "keeper": factories.municipality().pk}
    here = sent(manager, "/supplies/warehouses/new/", warehouse)
    there = sent(manager, "/supplies/warehouses/new/", warehouse | {"name": "Zzother"})
    for what in ("receive", "move", "lose", "line", "count"):
        assert shown(store, f"{here}do/{what}/")
    shown(store, f"{here}do/nonsense/", 404)
    flour = models.Item.objects.get(code="FLOUR")
    goods = {"item": flour.pk, "quantity": 50, "lot": "Zzlot", "expires_on": day(20), "paper": "Note 1"}
    sent(store, f"{here}do/receive/", goods | {"expires_on": ""}, 422)
    sent(store, f"{here}do/receive/", goods)
    assert "1 batch expires soon" in shown(store, "/")
    other_pk = int(there.rstrip("/").rsplit("/", 1)[1])
    sent(store, f"{here}do/move/", {"item": flour.pk, "quantity": 60, "to": other_pk}, 422)
    sent(store, f"{here}do/move/", {"item": flour.pk, "quantity": 10, "to": other_pk})
    batch = models.Batch.objects.get()
    sent(store, f"{here}do/lose/", {"batch": batch.pk, "quantity": 1, "why": "damaged", "note": "Wet"})
    sent(manager, f"{here}do/line/", {"item": flour.pk, "line": 100, "fill_to": 200})
    assert "below its line" in shown(store, here)
    sent(store, f"{here}do/count/", {f"batch_{batch.pk}": 38, "note": "Shelf 2"})
    assert "1 count of stock to settle" in shown(manager, "/")
    count = models.StockCount.objects.get()
    sent(manager, f"/supplies/counts/{count.pk}/", {"accept": "yes"}, 422)
    sent(manager, f"/supplies/counts/{count.pk}/", {"accept": "yes", "note": "Given to guards"})
    assert "settled" in shown(store, f"/supplies/counts/{count.pk}/")
    ledger = shown(store, "/supplies/movements/?kind=adjust")
    assert "Given to guards" in ledger
    assert "Zzlot" in shown(store, "/supplies/")
    assert "stock is below its line" in shown(manager, "/supplies/purchase/")
    book = manager.get("/supplies/purchase/list/")
    assert book.content[:2] == b"PK"
    elsewhere = client_of(factories.user(Role.STOREKEEPER, scope=factories.in_area("17")))
    assert "Zzlot" not in shown(elsewhere, "/supplies/")
    shown(elsewhere, here, 404)


def test_a_distribution_at_the_counter_and_on_paper(family: int) -> None:
    programme = factories.user(Role.PROGRAMME)
    manager, store = client_of(programme), client_of(factories.user(Role.STOREKEEPER))
    sent(manager, "/supplies/examples/", {})
    here = sent(manager, "/supplies/warehouses/new/", {"name": "Zzstore", "keeper": factories.municipality().pk})
    for code in ("BLANKET", "MATTRESS", "STOVE", "LAMP"):
        item = models.Item.objects.get(code=code)
        sent(store, f"{here}do/receive/", {"item": item.pk, "quantity": 50})
    kit = models.Kit.objects.get(code="WINTER")
    plan = {
        "title": "Zzwinter", "kit": kit.pk, "warehouse": here.rstrip("/").rsplit("/", 1)[1], "held_on": day(),
        "where": "Town hall", "audience": "area", "area": "Prizren",
    }  # fmt: skip
    assert shown(manager, "/distributions/new/")
    sent(manager, "/distributions/new/", plan | {"area": ""}, 422)
    address = sent(manager, "/distributions/new/", plan)
    assert "The list is being made" in shown(manager, address)
    row = slips.Distribution.objects.get()
    other = factories.household(factories.person("Zzsecond", "Zzlate"))
    access = accounts.access(User.objects.get(pk=programme.pk), timezone.now())
    distributions.make_list(row.pk, lambda *_a: None, by=access, at=timezone.now())  # type: ignore[arg-type]
    page = shown(store, address)
    assert "Zzhead" in page
    assert "1 distribution is open" in shown(store, "/")
    sent(manager, f"{address}add/", {"household": other.number}, 422)
    own = slips.Slip.objects.get(household_id=family)
    hand = f"{address}hand/"
    assert "autofocus" in shown(store, hand)
    assert "misread" in shown(store, f"{hand}?code=00000-00001", 422)
    assert "not a code" in shown(store, f"{hand}?code=abc", 422)
    code = codes.shown(own.code)
    page = shown(store, f"{hand}?code={code}")
    for words in ("Blanket", "Zzhead", "head of the household", "4 pieces"):
        assert words in page, words
    wrong = {"slip": own.pk, "who": "other", "other": "", "reason": ""}
    sent(store, f"{hand}?code={code}", wrong, 422)
    head = own.members.get(collects="head").person_id
    sent(store, f"{hand}?code={code}", {"slip": own.pk, "who": head})
    assert "was handed out before" in shown(store, f"{hand}?code={code}", 409)
    for what in ("slips", "list"):
        made = store.get(f"{address}print/{what}/")
        assert made.content[:5] == b"%PDF-", what
    shown(store, f"{address}print/nonsense/", 404)
    batch = models.Batch.objects.get(item__code="STOVE")
    assert "Zzhead" in shown(store, f"/distributions/batches/{batch.pk}/")
    assert "Zzwinter" in shown(manager, f"/households/{family}/")
    sent(store, f"/distributions/slips/{own.pk}/back/", {"why": "Wrong"})
    late = slips.Slip.objects.get(household=other)
    lines = f"code;who\n{codes.shown(own.code)};head\n{codes.shown(own.code)}\nrubbish\n"
    file = SimpleUploadedFile("village.csv", lines.encode())
    sheet = sent(store, f"{address}paper/", {"handed_on": day(), "codes": "", "file": file})
    page = shown(store, sheet)
    for words in ("handed out", "stands twice in this sheet", "not a code"):
        assert words in page, words
    bad = SimpleUploadedFile("x.csv", b"\xff\xfe\x00\x01")
    sent(store, f"{address}paper/", {"handed_on": day(), "file": bad}, 422)
    sent(store, f"{address}paper/", {"handed_on": day(), "codes": " "}, 422)
    sent(manager, f"/distributions/slips/{late.pk}/cancel/", {"why": "Moved"})
    assert "was cancelled" in shown(store, f"{hand}?code={codes.shown(late.code)}", 409)
    assert "Zzwinter" in shown(manager, "/distributions/?state=open")
    sent(store, f"{sheet}again/", {})
    sent(manager, f"{address}close/", {})
    assert "closed" in shown(manager, address)
    assert "Zzwinter" not in shown(
        client_of(factories.user(Role.PROGRAMME, scope=factories.in_area("17"))), "/distributions/"
    )
