"""Values nobody should send, through the doors people use: each is answered in words, and nothing is kept by halves."""

from __future__ import annotations

import datetime as dt
import errno
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from tests import factories
from tests.factories import AT

from streha.accounts.models import User
from streha.accounts.rules import Role
from streha.audit import queries as log
from streha.common import errors
from streha.people import actions, models, queries, rules
from streha.people.exports import actions as exports
from streha.people.exports.models import ExportFile
from streha.people.imports.models import ImportBatch, ImportFile

pytestmark = pytest.mark.django_db
WRITTEN = {"given": "Arta", "family": "Gashi", "sex": "f", "birth": "12.04.1961"}


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def caseworker() -> Client:
    return client_of(factories.user(Role.CASEWORKER, scope=factories.in_area("20")))


def register(client: Client, **changes: str) -> Any:
    keeper = str(factories.municipality().pk)
    return client.post("/people/register/", {**WRITTEN, "keeper": keeper, **changes})


def test_a_birth_in_the_future_is_told_and_nobody_is_registered(caseworker: Client) -> None:
    answer = register(caseworker, birth="01.01.2199")
    assert answer.status_code == 422
    assert "01.01.2199 lies in the future" in answer.content.decode()
    assert not models.Person.objects.exists()


def test_marks_of_direction_and_control_signs_are_not_kept_in_a_name(caseworker: Client) -> None:
    answer = register(caseworker, given="\u202eAr\u200fta\u0007", family="Ga\u2066shi")
    assert answer.status_code == 302, answer.content.decode()
    assert models.Name.objects.values_list("given", "family").get() == ("Arta", "Gashi")


def test_a_null_sign_is_told_or_dropped_and_never_breaks_a_page(caseworker: Client) -> None:
    assert register(caseworker, given="Ar\0ta").status_code in {302, 422}
    assert not models.Name.objects.filter(given__contains="\ufffd").exists()
    for url in ("/search/?q=Ar%00ta", "/search/hints/?q=%00", "/people/?place=%00", "/people/?after=%00~1"):
        assert caseworker.get(url).status_code == 422, url
    assert caseworker.get("/people/").status_code == 200


def test_two_people_with_one_document_are_told_and_the_second_number_is_not_kept() -> None:
    by = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    holder = factories.person(identifier="1234567890")
    other = factories.person("Blerim", "Krasniqi", birth=dt.date(1990, 1, 1))
    draft = rules.IdentifierDraft(rules.IdentifierKind.PERSONAL_NUMBER, "1234567890")
    with pytest.raises(errors.Conflict, match=holder.number) as told:
        actions.add_identifier(other.pk, draft, by=by, at=AT)
    assert told.value.code == "identifier_taken"
    assert models.Identifier.objects.values_list("person_id", flat=True).get() == holder.pk


def test_a_household_without_a_head_says_so_on_its_page(caseworker: Client) -> None:
    person = factories.person()
    draft = actions.HouseholdDraft(keeper_id=person.keeper_id, members=(rules.MemberDraft(person.pk, is_head=False),))
    household = actions.open_household(draft, by=factories.OFFICE, at=AT)
    page = caseworker.get(f"/households/{household.pk}/").content.decode()
    assert "Gashi" in page or "Hoxha" in page
    assert "head" in page.lower()
    assert not queries.household_page(factories.OFFICE, household.pk, at=AT).has_head


def test_an_unknown_place_in_the_address_is_told(caseworker: Client) -> None:
    page = caseworker.get("/people/?place=Atlantid%C3%AB")
    assert page.status_code == 200
    assert "“Atlantidë” is no known place" in page.content.decode()


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(caseworker: Client, settings: Any) -> None:
    settings.UPLOAD_LIMIT_MB = 1
    told = {"keeper": str(factories.municipality().pk), "source": "Komuna", "purpose": "kthim"}
    told |= {"basis": "public_task", "retain_until": "31.12.2031"}
    huge = SimpleUploadedFile("lista.csv", b"Emri;Mbiemri\n" + b"Arta;Gashi\n" * 200_000)
    answer = caseworker.post("/imports/new/", {**told, "file": huge})
    assert answer.status_code == 422
    assert "at most 1 MB" in answer.content.decode()
    assert not ImportBatch.objects.exists()
    assert not ImportFile.objects.exists()


def test_a_list_for_which_the_disk_has_no_room_is_made_once_there_is_room() -> None:
    at = timezone.now()
    user = factories.user(Role.CASEWORKER, scope=factories.in_area("20"))
    by = factories.account_queries.access(user, at)
    factories.person()
    asked = exports.ask(queries.PersonFilter(), purpose="visits", by=by, at=at)
    full = mock.Mock(side_effect=OSError(errno.ENOSPC, "No space left on device"))
    progress = mock.Mock()
    with mock.patch.object(Path, "write_bytes", full), pytest.raises(OSError, match="No space"):
        exports.make(asked.pk, progress, by=by, at=at)
    assert ExportFile.objects.get().made_at is None
    with pytest.raises(errors.NotFound):
        exports.fetch(asked.pk, by=by, at=at)
    assert exports.make(asked.pk, progress, by=by, at=at) == {"rows": 1}
    assert exports.make(asked.pk, progress, by=by, at=at) == {"rows": 1}
    name, content = exports.fetch(asked.pk, by=by, at=at)
    assert name.endswith(".xlsx")
    assert content[:2] == b"PK"
    assert [d.verb for d in log.log().rows].count("export made") == 1
