"""Real outages: the disk fills, the database goes away while the office is open, and both come back."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.cli.operation.conftest import IS_POSTGRESQL, SERVER, Office

OPEN = """
from django.conf import settings
settings.ALLOWED_HOSTS = ["testserver"]
from django.db import close_old_connections, connection, connections
from django.test import Client
from streha.accounts.models import Grant, User
from streha.accounts.rules import system
from streha.people.models import NameKey, Person
from streha.places import actions as places
from streha.places.models import Area
places.load_kosovo(by=system("test"), at=at)
user = User.objects.create(username="arta", full_name="Arta", password="!", created_at=at)
Grant.objects.create(user=user, role="caseworker", scope_kind="all", starts=at)
class Served(Client):
    # A server looks at its connections around each request; Django's client for tests leaves that out.
    def request(self, **sent):
        close_old_connections()
        try:
            return super().request(**sent)
        finally:
            close_old_connections()
door = Served(raise_request_exception=False)
door.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
keeper = str(Area.objects.filter(kind="municipality").order_by("pk").first().pk)
def register(number):
    sent = {"given": "Besa " + "abcdefghijklmnop"[number % 16] * 40, "family": "Krasniqi", "sex": "f", "keeper": keeper}
    return door.post("/people/register/", {**sent, "birth": str(1900 + number % 100), "sure": "on"})
def said(answer):
    text = answer.content.decode()
    return [answer.status_code, "cannot reach its records" in text or "disk is full" in text, "Traceback" in text]
"""
FILL_UP = (
    OPEN
    + """
with connection.cursor() as cursor:
    pages = cursor.execute("PRAGMA page_count").fetchone()[0]
    cursor.execute(f"PRAGMA max_page_count = {pages + 3}")
done = 0
while (answer := register(done)).status_code == 302 and done < 400:
    done += 1
full, counted, keys = said(answer), Person.objects.count(), NameKey.objects.values("person_id").distinct().count()
looked = door.get("/people/").status_code
with connection.cursor() as cursor:
    cursor.execute("PRAGMA max_page_count = 1073741823")
again = register(done).status_code
print(json.dumps({"done": done, "full": full, "counted": counted, "keys": keys, "looked": looked, "again": again,
                  "after": Person.objects.count()}))
"""
)
GO_AWAY = (
    OPEN
    + """
import os, psycopg
from pathlib import Path
server, name = SERVER, connection.settings_dict["NAME"]
def administer(*statements):
    with psycopg.connect(server.rpartition("/")[0] + "/postgres", autocommit=True) as boss:
        for statement in statements:
            boss.execute(statement)
def go():
    if server:
        administer(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
                   f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    else:
        connections.close_all()
        os.rename(name, name + ".away")
        os.mkdir(name)
def come():
    if server:
        administer(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    else:
        os.rmdir(name)
        os.rename(name + ".away", name)
before = [door.get("/people/").status_code, register(1).status_code]
go()
away = [said(door.get("/people/")), said(register(2)), said(door.get("/people/", headers={"HX-Request": "true"}))]
program = door.get("/api/people", headers={"Authorization": "Bearer streha_x"})
away.append(said(program))
kind = program["Content-Type"]
come()
after = [door.get("/people/").status_code, register(3).status_code]
print(json.dumps({"before": before, "away": away, "kind": kind, "after": after, "counted": Person.objects.count()}))
"""
)
CALM = [503, True, False]
LARGEST = 32 << 20  # bytes a file may have where there is no room


def assert_log_holds(office: Office) -> None:
    office.run("audit", "anchor")
    assert json.loads(office.run("audit", "verify", "--json"))["holds"]


@pytest.mark.skipif(IS_POSTGRESQL, reason="a database that may not grow is told to SQLite by a pragma")
def test_a_full_disk_stops_a_write_whole_and_the_same_write_succeeds_afterwards(office: Office) -> None:
    found = office.python(FILL_UP)
    assert found["full"] == CALM
    assert 0 < found["done"] < 400
    assert found["counted"] == found["keys"] == found["done"]
    assert found["looked"] in {200, 503}  # the session or the log of looks may be full too, but never a broken page
    assert (found["again"], found["after"]) == (302, found["done"] + 1)
    assert_log_holds(office)


def test_a_database_that_goes_away_is_told_calmly_and_the_office_recovers(office: Office) -> None:
    found = office.python(GO_AWAY.replace("SERVER", repr(SERVER if IS_POSTGRESQL else "")))
    assert found["before"] == [200, 302]
    assert found["away"] == [CALM] * 4
    assert found["kind"] == "application/problem+json"
    assert found["after"] == [200, 302]
    assert found["counted"] == 2
    assert_log_holds(office)


def test_a_backup_for_which_there_is_no_room_is_told_and_never_taken_for_a_whole_one(office: Office) -> None:
    scans = office.folder / "data" / "media" / "scans.bin"
    scans.parent.mkdir(parents=True, exist_ok=True)
    with scans.open("wb") as file:
        file.truncate(LARGEST << 1)
    ended = limited(office, "backup", str(office.folder / "backups"))
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert "The disk is full" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert whole(office.folder / "backups") == []
    assert len(list((office.folder / "backups").iterdir())) == 1
    office.run("backup", str(office.folder / "backups"))
    assert len(whole(office.folder / "backups")) == 1


def whole(folder: Path) -> list[Path]:
    return [made for made in folder.iterdir() if not made.name.endswith(".part")]


def limited(office: Office, *words: str) -> Any:
    """``streha`` in a process whose files may not grow beyond a size: the write fails as on a full disk."""

    def narrow() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST, LARGEST))

    line = [sys.executable, "-m", "streha.cli.main", *words]
    return subprocess.run(  # noqa: PLW1510 - the code is looked at by the caller
        line,
        env=office.environment,
        cwd=office.folder,
        capture_output=True,
        text=True,
        preexec_fn=narrow,
        timeout=120,
    )
