"""Pages of homes as people use them: register, correct, note, photograph, find, map, list; and what they refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests import factories
from tests.factories import AT, OFFICE
from tests.formats.test_pictures import photo, with_place
from tests.web.conftest import client_of

from streha.accounts.rules import Role
from streha.homes import actions, models, rules
from streha.people.exports.models import ExportFile

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def caseworker() -> Client:
    return client_of(factories.user(Role.CASEWORKER, scope=factories.in_area("20")))


def typed(**more: str) -> dict[str, str]:
    place = str(factories.municipality("20").pk)
    told = {"municipality": place, "keeper": place, "tenure": "owned", "inheritance": "none", "address": "Rruga 7"}
    return told | more


def test_a_home_is_registered_found_and_shown_with_its_story(caseworker: Client) -> None:
    owner = factories.person("Zyrafetja", "Qorroplant")
    house = factories.household(owner)
    answer = caseworker.post(
        "/homes/register/",
        typed(
            owner=owner.number,
            share="1/2",
            occupancy="owner",
            who=house.number,
            since="06.1999",
            damage="d3",
            building="brick",
            assessed_on="01.02.2020",
            point="42.2139, 20.7397",
            cadastral_ref="P-71914012-00123-0",
        ),
    )
    home = models.Property.objects.get()
    assert answer.status_code == 302 and answer["Location"] == f"/homes/{home.pk}/"
    page = caseworker.get(answer["Location"]).content.decode()
    for told in (
        "Rruga 7",
        "P-71914012-00123-0",
        "1/2",
        "Zyrafetja Qorroplant",
        house.number,
        "06.1999",
        "grade 3: heavy",
    ):
        assert told in page, told
    assert "not verified" in page and "European Macroseismic Scale" in page
    assert home.number in caseworker.get("/search/?q=P-71914012-00123-0").content.decode()
    assert home.number in caseworker.get("/search/hints/?q=Rruga 7", headers={"HX-Request": "true"}).content.decode()
    assert home.number in caseworker.get(f"/people/{owner.pk}/").content.decode()
    assert home.number in caseworker.get(f"/households/{house.pk}/").content.decode()


def test_the_same_reference_is_asked_about_and_may_be_meant(caseworker: Client) -> None:
    first = factories.home(cadastral_zone="Prizren", cadastral_ref="P-1234-5")
    told = typed(cadastral_zone="Prizren", cadastral_ref="p 1234 5")
    answer = caseworker.post("/homes/register/", told)
    assert answer.status_code == 422 and first.number in answer.content.decode()
    assert models.Property.objects.count() == 1
    assert caseworker.post("/homes/register/", told | {"sure": "on"}).status_code == 302
    assert models.Property.objects.count() == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"point": "here"}, "is not a point"),
        ({"point": "20.7397, 42.2139"}, "does not lie in the municipality"),
        ({"owner": "P-99999999"}, "is not among the people"),
        ({"owner": "Agron", "share": "3/2"}, "is not a share"),
        ({"settlement": "Atlantis"}, "is no known settlement"),
        ({"occupancy": "owner"}, "Say since when"),
        ({"occupancy": "empty", "since": "2031"}, "lies in the future"),
        ({"damage": "d3"}, "on what day"),
        ({"who": "Agron", "occupancy": "owner", "since": "2020"}, "is not the number"),
        ({"cadastral_ref": "parcel"}, "cannot be a cadastral reference"),
    ],
)
def test_what_cannot_be_is_told_beside_its_field(caseworker: Client, wrong: dict[str, str], said: str) -> None:
    answer = caseworker.post("/homes/register/", typed(**wrong))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not models.Property.objects.exists()


def test_two_who_correct_at_once_are_told(caseworker: Client) -> None:
    home = factories.home(address="Rruga 1")
    form = caseworker.get(f"/homes/{home.pk}/change/").content.decode()
    assert 'name="version" value="1"' in form and "Rruga 1" in form
    actions.change_property(home.pk, actions.PropertyChanges(address="Rruga 2"), version=1, by=OFFICE, at=AT)
    answer = caseworker.post(f"/homes/{home.pk}/change/", typed(address="Rruga 3", version="1"))
    assert answer.status_code == 422 and "somebody else" in answer.content.decode()
    assert caseworker.post(f"/homes/{home.pk}/change/", typed(address="Rruga 3", version="2")).status_code == 302


def test_owner_occupancy_and_assessment_are_noted_and_ended(caseworker: Client) -> None:
    owner = factories.person()
    home = factories.home(owner)
    assert caseworker.post(f"/homes/{home.pk}/owners/", {"owner": "Agron", "share": "1/2"}).status_code == 422
    share = home.shares.get()
    assert caseworker.post(f"/homes/{home.pk}/owners/{share.pk}/end/", {"on": "01.01.2020"}).status_code == 302
    assert caseworker.post(f"/homes/{home.pk}/owners/", {"owner": "Agron", "since": "01.01.2020"}).status_code == 302
    assert caseworker.post(f"/homes/{home.pk}/occupancy/", {"kind": "empty", "started": "1999"}).status_code == 302
    new = {"kind": "tenant", "started": "01.05.2020"}
    assert caseworker.post(f"/homes/{home.pk}/occupancy/", new).status_code == 422
    assert caseworker.post(f"/homes/{home.pk}/occupancy/", new | {"succeeds": "on"}).status_code == 302
    assert [(o.kind, o.ended_on is None) for o in home.occupancies.order_by("pk")] == [
        ("empty", False),
        ("tenant", True),
    ]
    assert (
        caseworker.post(f"/homes/{home.pk}/assess/", {"assessed_on": "01.01.2021", "damage": "d2"}).status_code == 302
    )
    page = caseworker.get(f"/homes/{home.pk}/").content.decode()
    assert "not registered" in page and "grade 2: moderate" in page
    assert "Occupancy noted" in caseworker.get(f"/homes/{home.pk}/history/").content.decode()

    assert "No home that was measured is below a line" in caseworker.get("/sites/standards/").content.decode()
    live = {"kind": "owner", "started": "01.06.2021", "who": factories.household(owner, factories.person()).number}
    assert caseworker.post(f"/homes/{home.pk}/occupancy/", live | {"succeeds": "on"}).status_code == 302
    seen = {"assessed_on": "02.01.2021", "floor_m2": "6.5", "toilets": "1", "step_free": "false"}
    assert caseworker.post(f"/homes/{home.pk}/assess/", seen | {"toilets": "-1"}).status_code == 422
    assert caseworker.post(f"/homes/{home.pk}/assess/", seen).status_code == 302
    page = caseworker.get(f"/homes/{home.pk}/").content.decode()
    assert "6.50 m² covered floor · 1 toilet · with steps" in page and "grade 2: moderate" in page
    assert "covered floor, m²" in caseworker.get(f"/homes/{home.pk}/history/").content.decode()
    page = caseworker.get("/sites/standards/").content.decode()
    assert home.number in page and "1 of 1 that were measured" in page


def test_a_photo_comes_in_clean_and_goes_out_to_nobody_else(caseworker: Client) -> None:
    home = factories.home()
    sent = SimpleUploadedFile("shtepia.jpg", with_place(), content_type="image/jpeg")
    assert caseworker.post(f"/homes/{home.pk}/photos/", {"photo": sent, "caption": "Hyrja"}).status_code == 302
    row = home.photos.get()
    for size in ("", "small/"):
        answer = caseworker.get(f"/homes/{home.pk}/photos/{row.pk}/{size}")
        assert answer["Content-Type"] == "image/jpeg" and answer["Cache-Control"] == "private, no-store"
        assert answer.content[:2] == b"\xff\xd8" and b"Zyrafacam" not in answer.content
    commission = client_of(factories.user(Role.COMMISSION, scope=factories.in_area("20")))
    elsewhere = client_of(factories.user(Role.CASEWORKER, scope=factories.in_area("17")))
    for stranger in (commission, elsewhere):
        assert stranger.get(f"/homes/{home.pk}/photos/{row.pk}/").status_code == 404
    other = factories.home()
    assert caseworker.get(f"/homes/{other.pk}/photos/{row.pk}/").status_code == 404
    assert "Hyrja" not in commission.get(f"/homes/{home.pk}/").content.decode()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty"), (b"MZ\x90\x00 a program", "is not a photo"), (photo(size=(20, 20)), "too small")],
)
def test_what_is_no_photo_is_told_beside_the_field(caseworker: Client, content: bytes, said: str) -> None:
    home = factories.home()
    answer = caseworker.post(f"/homes/{home.pk}/photos/", {"photo": SimpleUploadedFile("a.jpg", content)})
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not home.photos.exists()


def test_the_map_says_what_its_table_says_and_nothing_to_who_may_not_know(caseworker: Client) -> None:
    home = factories.home(point=rules.Point(20.74, 42.21), assessments=(rules.AssessmentDraft(AT.date(), "d4"),))
    page = caseworker.get("/homes/map/?place=Prizren").content.decode()
    assert f"{home.number}: grade 4: very heavy" in page and "1 home visible to you" in page
    commission = client_of(factories.user(Role.COMMISSION, scope=factories.in_area("20")))
    hidden = commission.get("/homes/map/?place=Prizren").content.decode()
    assert "does not show where homes are" in hidden and home.number not in hidden
    listed = commission.get("/homes/").content.decode()
    assert home.number in listed and 'name="place"' not in listed
    assert home.number not in commission.get("/homes/?place=Prizren").content.decode()
    assert home.number not in commission.get("/homes/?place=Peja").content.decode()


def test_a_list_is_asked_for_and_made_with_what_may_be_read(caseworker: Client) -> None:
    from streha.accounts import queries as accounts
    from streha.formats import tables
    from streha.people.exports import actions as exports

    factories.home(factories.person(), address="Rruga 77")
    factories.home(code="17")
    assert caseworker.post("/homes/export/?tenure=unknown", {"purpose": ""}).status_code == 422
    assert caseworker.post("/homes/export/?tenure=unknown", {"purpose": "visit"}).status_code == 302
    export = ExportFile.objects.get()
    assert export.kind == "homes"
    access = accounts.access(export.asked_by, AT)
    assert actions.make_export(export.pk, lambda *_: None, by=access, at=AT) == {"rows": 1}  # type: ignore[arg-type]
    name, content = exports.fetch(export.pk, by=access, at=AT)
    assert name.startswith("homes-") and b"Rruga 77" not in exports.path_of(export).read_bytes()
    assert tables is not None and content[:2] == b"PK"
    assert "1 home" in caseworker.get("/exports/").content.decode()


def test_lists_of_classes_are_changed_in_the_office(caseworker: Client) -> None:
    assert "European Macroseismic Scale" in caseworker.get("/homes/classes/").content.decode()
    assert caseworker.get("/homes/classes/damage/").status_code == 403
    manager = client_of(factories.user(Role.PROGRAMME))
    form = {
        "title": "Categories",
        "source": "Regulation 1",
        "entries": "i | light | lehtë\nii | heavy",
        "verified": "on",
    }
    assert manager.post("/homes/classes/damage/", form | {"entries": "i"}).status_code == 422
    assert manager.post("/homes/classes/damage/", form).status_code == 302
    page = caseworker.get("/homes/classes/").content.decode()
    assert "Regulation 1" in page and "Earlier version" in page
    assert manager.get("/homes/classes/nonsense/").status_code == 404


def test_a_list_asks_the_same_number_of_questions_however_long(caseworker: Client) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    asked = []
    caseworker.get("/homes/")  # what waits for the viewer is counted once in a while, beside whatever page
    for more in (2, 10):
        for _ in range(more):
            factories.home(factories.person())
        with CaptureQueriesContext(connection) as found:
            caseworker.get("/homes/")
        asked.append(len(found))
    assert asked[0] == asked[1], asked
