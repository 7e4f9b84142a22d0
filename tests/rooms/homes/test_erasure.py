"""Erasing an owner: what was planted is hunted in tables and files; what belongs to others stays."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from tests import append_only, factories
from tests.factories import AT, OFFICE
from tests.formats.test_pictures import photo
from tests.rooms.dataprotection.test_erasure import rows_as_text

from streha.accounts.rules import Role
from streha.dataprotection import actions as protection
from streha.dataprotection import queries as protection_queries
from streha.homes import actions, bridge, models, personal, queries, rules
from streha.homes.rules import OccupancyKind as Kind
from streha.people import models as people_models

append_only.install()
DAY = dt.date(2020, 1, 1)
PLANTED = (
    "Zyrafetjes",
    "zyrafet",
    "7193 9182",
    "71939182",
    "Dosjeplantuar",
    "Fotoplantuar",
    "20.7391827",
    "42.2139182",
)


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def planted(*owners: people_models.Person) -> models.Property:
    home = factories.home(
        *owners,
        address="Rruga Zyrafetjes 7",
        cadastral_ref="P-7193 9182",
        point=rules.Point(20.7391827, 42.2139182),
        assessments=(rules.AssessmentDraft(DAY, "d4", note="Dosjeplantuar"),),
    )
    actions.add_photo(home.pk, photo(), caption="Fotoplantuar", by=OFFICE, at=AT)
    return home


def found() -> list[tuple[str, str]]:
    return [(table, word) for table, text in rows_as_text() for word in PLANTED if word.lower() in text.lower()]


@pytest.mark.django_db(transaction=True)
def test_with_the_last_owner_the_home_is_a_tombstone() -> None:
    owner = factories.person()
    home = planted(owner)
    house = factories.household(owner)
    stay = rules.OccupancyDraft(Kind.OWNER, DAY, household_id=house.pk)
    actions.note_occupancy(home.pk, stay, by=OFFICE, at=AT)
    file = home.photos.get().file
    assert bridge.photo_path(file, "full").exists()
    assert found() == [], "what says where a home is stands nowhere in clear, even before"
    protection.erase_person(owner.pk, reason="asked", by=factories.access(Role.DATA_PROTECTION), at=AT)
    home.refresh_from_db()
    assert (home.erased_at, home.address_sealed, home.settlement_id, home.cadastral_blind) == (AT, None, None, "")
    assert home.damage == "d4", "sums of the past stay right"
    for model in (models.PropertyKey, models.Share, models.Occupancy, models.Assessment, models.Photo):
        assert not model.objects.exists(), model
    assert not bridge.photo_path(file, "full").exists() and not bridge.photo_path(file, "thumb").exists()
    assert queries.properties_page(OFFICE, queries.PropertyFilter()).rows == ()
    assert queries.search(OFFICE, "Rruga Zyrafetjes 7") == []
    assert all(count.homes == 0 for count in queries.homes_map(OFFICE, queries.PropertyFilter(), at=AT).counts)
    assert all(done.is_erased or not done.payload for done in queries.log.history(home.subject).rows)


@pytest.mark.django_db
def test_the_home_of_two_stays_with_the_other() -> None:
    one, two = factories.person(), factories.person("Teuta", "Berisha")
    home = planted(one, two)
    protection.erase_person(one.pk, reason="asked", by=factories.access(Role.DATA_PROTECTION), at=AT)
    page = queries.property_page(OFFICE, home.pk, at=AT)
    assert page.address == "Rruga Zyrafetjes 7"
    assert [share.person_id for share in page.shares] == [two.pk]
    protection.erase_person(two.pk, reason="asked", by=factories.access(Role.DATA_PROTECTION), at=AT)
    home.refresh_from_db()
    assert home.erased_at == AT


@pytest.mark.django_db
def test_a_named_relative_keeps_the_home_and_a_former_tenant_leaves_it() -> None:
    tenant = factories.person("Teuta", "Berisha")
    home = factories.home(
        shares=(rules.ShareDraft(name="Agron, Zürich"),),
        occupancies=(rules.OccupancyDraft(Kind.TENANT, DAY, ended_on=DAY.replace(year=2021), person_id=tenant.pk),),
    )
    protection.erase_person(tenant.pk, reason="asked", by=factories.access(Role.DATA_PROTECTION), at=AT)
    page = queries.property_page(OFFICE, home.pk, at=AT)
    assert [(stay.kind, stay.person_id) for stay in page.stays] == [("tenant", None)]
    assert page.home.erased_at is None


@pytest.mark.django_db
def test_the_household_keeps_its_home_while_somebody_is_left() -> None:
    head, wife = factories.person(), factories.person("Teuta", "Hoxha")
    house = factories.household(head, wife)
    home = factories.home(occupancies=(rules.OccupancyDraft(Kind.OWNER, DAY, household_id=house.pk),))
    eraser = factories.access(Role.DATA_PROTECTION)
    protection.erase_person(head.pk, reason="asked", by=eraser, at=AT)
    assert home.occupancies.get().household_id == house.pk
    protection.erase_person(wife.pk, reason="asked", by=eraser, at=AT)
    home.refresh_from_db()
    assert home.erased_at == AT


@pytest.mark.django_db
def test_a_failed_erasure_leaves_home_and_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = factories.person()
    home = planted(owner)

    def fails(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("no key")

    monkeypatch.setattr(personal.audit, "destroy_subject", fails)
    with pytest.raises(RuntimeError):
        protection.erase_person(owner.pk, reason="asked", by=factories.access(Role.DATA_PROTECTION), at=AT)
    page = queries.property_page(OFFICE, home.pk, at=AT)
    assert page.address == "Rruga Zyrafetjes 7"
    assert queries.photo(OFFICE, home.pk, page.photos[0].pk, "full", at=AT)


@pytest.mark.django_db
def test_the_subject_file_holds_all_of_it() -> None:
    owner = factories.person()
    planted(owner)
    (section,) = [s for s in protection_queries.collect(owner.subject) if s.code == "homes"]
    text = " ".join(value for _label, value in section.rows)
    for told in ("Rruga Zyrafetjes 7", "P-7193 9182", "Dosjeplantuar", "Fotoplantuar", "grade 4"):
        assert told in text
    assert protection_queries.collect(factories.person("Agim").subject)[-1].code != "homes"
