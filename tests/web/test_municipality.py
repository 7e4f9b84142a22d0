"""The page of a municipality: the numbers of each viewer's own lists, and no other."""

from __future__ import annotations

import re

import pytest
from tests import factories
from tests.web.conftest import client_of

from streha.accounts.rules import Role
from streha.places.models import Area

pytestmark = pytest.mark.django_db


def numbers(page: str) -> dict[str, str]:
    """What stands above each link of a figure."""
    return {name: n for n, name in re.findall(r'<b>([^<]+)</b><span><a href="[^"]*">([^<]+)</a>', page)}


def test_each_viewer_sees_what_their_lists_hold() -> None:
    keeper = factories.municipality()
    factories.household(factories.person("Arta", "Krasniqi"), factories.person("Agim", "Krasniqi"))
    factories.person("Drita", "Shala", code="17")
    factories.person("Fatime", "Gashi", shielded=True)
    address = f"/places/{keeper.pk}/help/"
    shown = {
        "here": client_of(factories.user(Role.CASEWORKER, scope=factories.in_area("20"), name="here")),
        "elsewhere": client_of(factories.user(Role.CASEWORKER, scope=factories.in_area("17"), name="elsewhere")),
        "protection": client_of(factories.user(Role.PROTECTION, name="protection")),
    }
    counts = {who: numbers(client.get(address).content.decode()) for who, client in shown.items()}
    assert (counts["here"]["People"], counts["here"]["Households"]) == ("2", "1")
    assert (counts["elsewhere"]["People"], counts["elsewhere"]["Households"]) == ("0", "0")
    assert counts["protection"]["People"] == "3"
    planner = client_of(factories.user(Role.ANALYST, name="analyst"))
    assert numbers(planner.get(address).content.decode()) == {}


def test_a_settlement_has_no_such_page_and_a_place_leads_to_it() -> None:
    keeper = factories.municipality()
    client = client_of(factories.user(Role.PROGRAMME, name="programme"))
    assert f'href="/places/{keeper.pk}/help/"' in client.get(f"/places/{keeper.pk}/").content.decode()
    settlement = Area.objects.create(
        kind=Area.Kind.SETTLEMENT, parent=keeper, label_sq="Zhur", label_sr="Жур", label_sr_latn="Žur"
    )
    assert client.get(f"/places/{settlement.pk}/help/").status_code == 404
