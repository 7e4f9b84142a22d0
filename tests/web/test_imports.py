"""The pages of imports: a list is brought, mapped, read, looked at, decided by somebody else, and taken in."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests import factories

from streha.accounts.models import Grant, User
from streha.accounts.rules import Role, ScopeKind
from streha.cli.worker import Worker
from streha.people.imports import models
from streha.people.models import Person
from streha.places import queries as place_queries

pytestmark = pytest.mark.django_db(databases=["default", "reads"])
AT = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
LIST = (
    "Nr. familjes;Emri;Mbiemri;Gjinia;Data e lindjes;Komuna;Komuniteti;Lidhja\n"
    "F1;Arta;<b>Gashi</b>;F;12.04.1961;Pejë;egjiptian;kryefamiljare\n"
    "F1;Blerim;Gashi;M;31.02.1984;Pejë;egjiptian;djali\n"
    "F2;Drita;Berisha;F;05.06.1990;Peć;;kryefamiljare\n"
    "F2;Drita;Beriša;F;05.06.1990;Пећ;;\n"
)


@pytest.fixture
def kosovo() -> int:
    """The places are loaded; returns Peja's id."""
    factories.kosovo()
    found = place_queries.resolve("Pejë", kinds={"municipality"}).area_id
    assert found is not None
    return found


def user(name: str, role: Role, area: int | None = None) -> tuple[User, Client]:
    made = User(username=name, full_name=name.title(), created_at=AT)
    made.set_unusable_password()
    made.save()
    scope = {"scope_kind": ScopeKind.AREA, "scope_key": str(area)} if area else {"scope_kind": "all"}
    Grant.objects.create(user=made, role=role, starts=AT, **scope)
    client = Client()
    client.force_login(made, backend="django.contrib.auth.backends.ModelBackend")
    return made, client


@pytest.fixture
def bringer(kosovo: int) -> Client:
    return user("sjell", Role.CASEWORKER, kosovo)[1]


@pytest.fixture
def approver(kosovo: int) -> Client:
    return user("vendos", Role.IMPORT_APPROVER, kosovo)[1]


def bring(client: Client, keeper: int, content: str | bytes = LIST, name: str = "lista.csv", **changes: str) -> Any:
    data = content.encode() if isinstance(content, str) else content
    told = {
        "keeper": str(keeper),
        "source": "Komuna",
        "purpose": "kthim",
        "basis": "public_task",
        "retain_until": "31.12.2031",
        **changes,
    }
    return client.post("/imports/new/", {**told, "file": SimpleUploadedFile(name, data)})


def work() -> None:
    Worker(every={}).work(until_empty=True)


def staged(client: Client, keeper: int, content: str | bytes = LIST) -> models.ImportBatch:
    """A list brought, its guessed columns accepted, and read."""
    url = bring(client, keeper, content)["Location"]
    batch = models.ImportBatch.objects.get(pk=int(url.split("/")[2]))
    fields = {f"c{column.position}": column.field for column in batch.columns.all()}
    assert client.post(f"{url}columns/", fields).status_code == 302
    work()
    batch.refresh_from_db()
    return batch


def test_the_whole_journey_without_scripts(bringer: Client, approver: Client, kosovo: int):
    found = bring(bringer, kosovo)
    url = found["Location"]
    page = bringer.get(url)
    assert page.status_code == 200
    text = page.content.decode()
    assert "12.04.1961" in text
    assert "date of birth" in text
    batch = staged(bringer, kosovo)
    assert batch.state == "review"
    review = approver.get(url).content.decode()
    assert "31.02.1984" in review
    assert "is not a day that exists" in review
    assert "<b>Gashi" not in review
    assert approver.get(f"{url}?state=bad").content.decode().count("lead-cell") == 1
    assert approver.get(f"{url}rows/3/").status_code == 200
    assert approver.post(f"{url}rows/4/", {"decision": "new"}).status_code == 302
    assert approver.post(f"{url}decide/", {"choose": "new", "kind": "plain"}).status_code == 302
    assert approver.post(f"{url}decide/", {"choose": "skip", "kind": "twins"}).status_code == 302
    assert approver.post(f"{url}commit/").status_code == 302
    work()
    batch.refresh_from_db()
    assert batch.state == "committed"
    assert Person.objects.count() == 2
    assert "people registered" in approver.get(url).content.decode()
    assert bringer.get("/imports/").status_code == 200


def test_who_brings_does_not_decide(bringer: Client, kosovo: int):
    batch = staged(bringer, kosovo)
    page = bringer.get(f"/imports/{batch.pk}/rows/2/").content.decode()
    assert 'value="new"' not in page
    assert bringer.post(f"/imports/{batch.pk}/rows/2/", {"decision": "new"}).status_code == 403
    assert bringer.post(f"/imports/{batch.pk}/decide/", {"choose": "new"}).status_code == 403
    assert bringer.post(f"/imports/{batch.pk}/commit/").status_code == 403


def test_another_municipality_knows_of_nothing(bringer: Client, kosovo: int):
    batch = staged(bringer, kosovo)
    elsewhere = place_queries.resolve("Prizren", kinds={"municipality"}).area_id
    _, other = user("tjeter", Role.IMPORT_APPROVER, elsewhere)
    url = f"/imports/{batch.pk}/"
    for address in (url, f"{url}rows/2/", f"{url}to-correct.xlsx", f"{url}to-correct.csv", f"{url}abandon/"):
        assert other.get(address).status_code == 404
    assert other.post(f"{url}decide/", {"choose": "new"}).status_code == 404
    assert other.post(f"{url}commit/").status_code == 404
    assert batch.file_name not in other.get("/imports/").content.decode()


def test_the_file_to_correct_dies_with_the_permission(bringer: Client, kosovo: int):
    batch = staged(bringer, kosovo)
    answer = bringer.get(f"/imports/{batch.pk}/to-correct.xlsx")
    page = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert [cell.value for cell in page[1]][-2:] == ["Row in the first file", "What is wrong"]
    assert page.max_row == 2
    assert "is not a day that exists" in page[2][-1].value
    text = b"".join(bringer.get(f"/imports/{batch.pk}/to-correct.csv")).decode("utf-8-sig")
    assert "Blerim" in text
    Grant.objects.update(expires=AT + dt.timedelta(days=1))
    assert bringer.get(f"/imports/{batch.pk}/to-correct.xlsx").status_code == 403


def test_formulas_of_a_stranger_are_harmless_in_the_file_to_correct(bringer: Client, kosovo: int):
    batch = staged(bringer, kosovo, LIST + "F3;=cmd|' /C calc'!A0;Gashi;F;31.02.1984;Pejë;;\n")
    page = openpyxl.load_workbook(io.BytesIO(bringer.get(f"/imports/{batch.pk}/to-correct.xlsx").content)).active
    assert page["B3"].value.startswith("'=cmd")
    assert {cell.data_type for row in page.iter_rows() for cell in row} <= {"s", "n"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7", "PDF document"),
        (b"PK\x03\x04 broken", "damaged"),
        (b"<html><table></table></html>", "web page"),
        (bytes(range(256)) * 20, "neither a spreadsheet nor a text table"),
        (b"1;2\n3;4\n", "no row of headings"),
    ],
)
def test_hostile_and_broken_files_are_told_and_leave_nothing(bringer: Client, kosovo: int, content: bytes, said: str):
    answer = bring(bringer, kosovo, content or b" ", name="../../lista.xls")
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not models.ImportBatch.objects.exists()
    assert not models.ImportFile.objects.exists()


def test_purpose_is_asked_and_a_past_date_refused(bringer: Client, kosovo: int):
    assert bring(bringer, kosovo, purpose="").status_code == 422
    assert "has passed" in bring(bringer, kosovo, retain_until="01.01.2020").content.decode()


def test_a_keeper_out_of_scope_is_no_choice(bringer: Client, kosovo: int):
    elsewhere = place_queries.resolve("Prizren", kinds={"municipality"}).area_id
    assert elsewhere is not None
    assert bring(bringer, elsewhere).status_code == 422


def test_an_impossible_mapping_is_told_on_its_page(bringer: Client, kosovo: int):
    url = bring(bringer, kosovo)["Location"]
    batch = models.ImportBatch.objects.get()
    nothing = {f"c{column.position}": "ignore" for column in batch.columns.all()}
    answer = bringer.post(f"{url}columns/", nothing)
    assert answer.status_code == 422
    assert "No column is marked as a name" in answer.content.decode()


def test_progress_shows_while_the_work_goes_on_and_refreshes_at_its_end(bringer: Client, kosovo: int):
    url = bring(bringer, kosovo)["Location"]
    batch = models.ImportBatch.objects.get()
    bringer.post(f"{url}columns/", {f"c{c.position}": c.field for c in batch.columns.all()})
    page = bringer.get(url).content.decode()
    assert 'id="import-state"' in page
    assert "refresh" in page
    fragment = bringer.get(url, headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode()
    work()
    assert bringer.get(url, headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_a_community_is_not_shown_to_a_role_that_may_not_read_it(bringer: Client, approver: Client, kosovo: int):
    batch = staged(bringer, kosovo)
    assert "egjiptian" in bringer.get(f"/imports/{batch.pk}/rows/2/").content.decode()
    assert "egjiptian" not in approver.get(f"/imports/{batch.pk}/rows/2/").content.decode()


def test_giving_up_destroys_rows_and_file(bringer: Client, kosovo: int):
    batch = staged(bringer, kosovo)
    assert bringer.get(f"/imports/{batch.pk}/abandon/").status_code == 200
    assert bringer.post(f"/imports/{batch.pk}/abandon/").status_code == 302
    work()
    assert not batch.records.exists()
    assert not models.ImportFile.objects.exists()
    assert bringer.get(f"/imports/{batch.pk}/").status_code == 200


def test_hidden_sheets_are_named_and_read_when_asked_for(bringer: Client, kosovo: int):
    book = openpyxl.Workbook()
    book.active.title = "Lista"
    for row in (("Emri", "Mbiemri"), ("Arta", "Gashi")):
        book.active.append(row)
    other = book.create_sheet("Fshehur")
    for row in (("Emri", "Mbiemri", "Fshati"), ("Besa", "Krasniqi", "Zhur"), ("Luan", "Krasniqi", "Zhur")):
        other.append(row)
    other.sheet_state = "hidden"
    stream = io.BytesIO()
    book.save(stream)
    url = bring(bringer, kosovo, stream.getvalue(), name="a.xlsx")["Location"]
    page = bringer.get(url).content.decode()
    assert "Fshehur (hidden)" in page
    assert "Besa" not in page
    assert bringer.post(f"{url}sheet/", {"sheet": "Fshehur"}).status_code == 302
    assert "Besa" in bringer.get(url).content.decode()


def test_nobody_without_the_role_comes_in(nobody: Client, stranger: Client, keeper: Client):
    for client, status in ((nobody, 403), (keeper, 403), (stranger, 302)):
        assert client.get("/imports/").status_code == status
        assert client.get("/imports/new/").status_code == status
