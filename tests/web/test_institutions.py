"""Institutions in the office: one with its contacts, a meeting with minutes and a task under Today, a training."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone
from tests import factories
from tests.web.conftest import client_of

from streha.accounts.rules import Role
from streha.institutions import models

pytestmark = pytest.mark.django_db


def test_from_the_first_institution_to_minutes_tasks_and_training() -> None:
    factories.kosovo()
    user = factories.user(Role.CASEWORKER, scope=factories.in_area("20"))
    client = client_of(user)
    today = timezone.now().date()
    assert "No institution is known yet" in client.get("/institutions/").content.decode()
    told = {"version": 0, "name": "Komuna e Prizrenit", "name_sr": "Општина Призрен", "kind": "municipality"}
    own = client.post("/institutions/new/", told)["Location"]
    assert client.post("/institutions/new/", told).status_code == 422
    contact = {"name": "Zzname", "function": "Officer", "phone": "044 123 218"}
    assert client.post(f"{own}contacts/", contact).status_code == 302
    assert "Zzname" in client.get(own).content.decode()
    assert client.get(f"{own}change/").status_code == 200
    changed = told | {"version": 1, "note": "Second floor"}
    assert client.post(f"{own}change/", changed).status_code == 302
    assert client.post(f"{own}change/", changed).status_code == 422
    town = models.Institution.objects.get()
    body = {
        "name": "Grupi punues", "kind": "working_group", "keeper": factories.municipality().pk,
        "members": [town.pk], "basis": "Order 7",
    }  # fmt: skip
    assert client.post("/meetings/bodies/new/", body).status_code == 302
    called = {"body": models.Body.objects.get().pk, "day": f"{today:%d.%m.%Y}", "agenda": "Roofs\n\nPapers"}
    meeting = client.post("/meetings/new/", called)["Location"]
    for what in ("agenda", "participants", "minutes", "task", "cancel"):
        assert client.get(f"{meeting}do/{what}/").status_code == 200, what
    assert client.get(f"{meeting}do/nonsense/").status_code == 404
    assert "name nobody who is in care" in client.get(f"{meeting}do/minutes/").content.decode()
    there = {"revision": 1, "contacts": [models.Contact.objects.get().pk], "users": [user.pk]}
    assert client.post(f"{meeting}do/participants/", there).status_code == 302
    minutes = {"revision": 2, "text": "Agreed on tiles", "point_1": "Ask the ministry", "point_2": ""}
    assert client.post(f"{meeting}do/minutes/", minutes).status_code == 302
    task = {"revision": 3, "title": "Ask for tiles", "owner": user.pk, "due_on": f"{today:%d.%m.%Y}"}
    assert client.post(f"{meeting}do/task/", task).status_code == 302
    shown = client.get(meeting).content.decode()
    for words in ("Agreed on tiles", "Ask the ministry", "Ask for tiles", "Zzname"):
        assert words in shown, words
    assert "1 task of yours is due this week" in client.get("/").content.decode()
    models.Task.objects.update(due_on=dt.date(2020, 1, 1))
    assert "1 task of yours is late" in client.get("/").content.decode()
    own_task = models.Task.objects.get()
    assert client.post(f"/meetings/tasks/{own_task.pk}/", {"state": "dropped"}).status_code == 422
    assert client.post(f"/meetings/tasks/{own_task.pk}/", {"state": "done"}).status_code == 302
    assert "of yours is late" not in client.get("/").content.decode()
    training = {
        "version": 0, "title": "Return in safety", "provider": "Ministry", "keeper": factories.municipality().pk,
        "first_day": f"{today:%d.%m.%Y}", "last_day": f"{today:%d.%m.%Y}", "women": 7, "men": 5, "others": 0,
        "reached": "општина призрен: 4",
    }  # fmt: skip
    for wrong in ("Komuna e Prizrenit", "Nobody: 3"):
        assert client.post("/trainings/new/", training | {"reached": wrong}).status_code == 422
    noted = client.post("/trainings/new/", training)
    assert noted.status_code == 302, noted.content.decode()[-1500:]
    assert "Komuna e Prizrenit" in client.get(noted["Location"]).content.decode()
    assert client.post(f"{noted['Location']}change/", training | {"version": 1, "men": 6}).status_code == 302
    assert "Return in safety" in client.get("/trainings/").content.decode()
    page = client.get(own).content.decode()
    for words in ("Grupi punues", "Return in safety", "4 of its people were reached"):
        assert words in page, words
    contact_row = models.Contact.objects.get()
    assert client.post(f"{own}contacts/{contact_row.pk}/end/", {"how": "forget"}).status_code == 302
    assert "Zzname" not in client.get(own).content.decode()
    elsewhere = client_of(factories.user(Role.CASEWORKER, scope=factories.in_area("17")))
    for address in (meeting, noted["Location"]):
        assert elsewhere.get(address).status_code == 404
    assert "Grupi punues" not in elsewhere.get("/meetings/").content.decode()
    assert client.post("/trainings/export/", {"purpose": "Report"}).status_code == 302
