"""Erasure is real: what was planted is hunted in every table, file and journal afterwards, and nothing is found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections
from tests import append_only, factories
from tests.factories import AT, OFFICE

from streha.accounts.rules import Role
from streha.audit import actions as audit
from streha.audit import queries as log
from streha.common import errors
from streha.dataprotection import actions, models, queries
from streha.people import actions as people
from streha.people import models as register
from streha.people import queries as people_queries
from streha.people import rules as people_rules

append_only.install()

# Words that stand nowhere else.
PLANTED = {
    "given": "Zzyzxander",
    "family": "Qwertyaj",
    "identifier": "7391824650",
    "phone": "+38344739182",
    "address": "Rruga Plantuar 77",
    "note": "Mbrojtjeplantuar",
    "need": "Nevojaplantuar",
    "evidence": "Dosjeplantuar",
    "text": "Vendiplantuar",
}


def planted_person() -> register.Person:
    made = factories.person(
        PLANTED["given"], PLANTED["family"], identifier=PLANTED["identifier"], phone=PLANTED["phone"], community="roma"
    )
    factories.household(made, address=PLANTED["address"])
    people.add_protection_note(made.pk, PLANTED["note"], by=OFFICE, at=AT)
    people.add_need(made.pk, people_rules.NeedKind.OTHER, note=PLANTED["need"], by=OFFICE, at=AT)
    people.add_episode(
        made.pk,
        people_rules.EpisodeDraft(
            people_rules.EpisodeStatus.DISPLACED, people_rules.Cause.CONFLICT, to_text=PLANTED["text"]
        ),
        by=OFFICE,
        at=AT,
    )
    people.give_consent(
        made.pk,
        purpose="Return",
        recipients="",
        basis=people_rules.LegalBasis.CONSENT,
        given_on=dt.date(2026, 1, 1),
        expires_on=None,
        evidence=PLANTED["evidence"],
        by=OFFICE,
        at=AT,
    )
    people.change_person(
        made.pk, people.PersonChanges(given=PLANTED["given"] + "a"), version=made.version, by=OFFICE, at=AT
    )
    return made


def rows_as_text() -> Iterator[tuple[str, str]]:
    """Every row of every table, as text."""
    for alias in ("default", "reads"):
        connection = connections[alias]
        for table in connection.introspection.table_names():
            with connection.cursor() as cursor:
                cursor.execute(f'SELECT * FROM "{table}"')
                for row in cursor.fetchall():
                    yield (
                        table,
                        " ".join(
                            bytes(v).decode("utf-8", "ignore") if isinstance(v, bytes | memoryview) else str(v)
                            for v in row
                        ),
                    )


def found_in_tables() -> list[tuple[str, str]]:
    hunted = {*PLANTED.values(), "qvertiaj", *people_keys()}
    return [(table, word) for table, text in rows_as_text() for word in hunted if word.lower() in text.lower()]


def people_keys() -> set[str]:
    from streha.engine import names

    return set(names.keys(f"{PLANTED['given']} {PLANTED['family']}"))


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_in_any_table_or_file() -> None:
    made = planted_person()
    assert {word for _table, word in found_in_tables()} >= {PLANTED["given"], PLANTED["family"], PLANTED["text"]}
    officer = factories.access(Role.DATA_PROTECTION)
    actions.erase_person(made.pk, reason="asked", by=officer, at=AT)
    assert not found_in_tables()
    for path in files_of_the_register():
        content = path.read_bytes()
        for word in PLANTED.values():
            assert word.encode() not in content, f"{word} still stands in {path.name}"


def files_of_the_register() -> list[Path]:
    """Database files with their journals (SQLite), and everything in the office's folders."""
    found = [p for p in Path(settings.DATA_DIR).rglob("*") if p.is_file()]
    for alias in ("default", "reads"):
        name = str(connections[alias].settings_dict["NAME"])
        if connections[alias].vendor == "sqlite" and Path(name).exists():
            found += [p for p in Path(name).parent.glob(Path(name).name + "*") if p.is_file()]
    return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="the files of SQLite are hunted above")
def test_nothing_is_left_in_the_files_of_postgresql() -> None:
    made = planted_person()
    assert {word for word, _ in found_in_the_server()} >= {PLANTED["given"], PLANTED["family"], PLANTED["text"]}
    officer = factories.access(Role.DATA_PROTECTION)
    night = dt.datetime(2026, 11, 23, 1, 30, tzinfo=dt.UTC)
    assert not actions.rewrite_by_night(by=OFFICE, at=night), "nobody was erased"
    actions.erase_person(made.pk, reason="asked", by=officer, at=AT)
    assert not actions.rewrite_by_night(by=OFFICE, at=AT), "it is day"
    assert actions.rewrite_by_night(by=OFFICE, at=night)
    assert not found_in_the_server()
    assert not actions.rewrite_by_night(by=OFFICE, at=night + dt.timedelta(minutes=1)), "it was done"


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite overwrites at once")
def test_dead_rows_go_at_once() -> None:
    made = planted_person()
    actions.erase_person(made.pk, reason="asked", by=factories.access(Role.DATA_PROTECTION), at=AT)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_dead_tup FROM pg_stat_user_tables WHERE relname = ANY(%s) AND n_dead_tup > 0",
            [["people_person", "people_name", "people_namekey", "people_displacementepisode", "audit_subjectkey"]],
        )
        assert cursor.fetchall() == []


def found_in_the_server() -> set[tuple[str, str]]:
    """Planted words in the files of this database as they lie on the server's disk, its journal apart."""
    held = {**connection.get_connection_params(), "user": "postgres", "autocommit": True}
    known = {name: held[name] for name in ("host", "port", "user", "dbname", "autocommit") if name in held}
    try:
        keeper = psycopg.connect(**known)
    except psycopg.OperationalError:
        pytest.skip("not run: the hunt in PostgreSQL's files, which asks for a superuser named postgres")
    words = {word.lower().encode(): word for word in {*PLANTED.values(), *people_keys()}}
    found = set()
    with keeper:
        keeper.execute("CHECKPOINT")  # what is in memory alone goes to its file
        folder = keeper.execute("SELECT 'base/' || oid FROM pg_database WHERE datname = current_database()").fetchone()
        assert folder is not None
        for (name,) in keeper.execute("SELECT pg_ls_dir(%s)", folder).fetchall():
            row = keeper.execute("SELECT pg_read_binary_file(%s, 0, 1 << 29, true)", [f"{folder[0]}/{name}"]).fetchone()
            content = bytes(row[0] or b"").lower() if row else b""
            found |= {(word, name) for sought, word in words.items() if sought in content}
    return found


@pytest.mark.django_db
def test_a_tombstone_stays_and_answers_nothing() -> None:
    made = planted_person()
    officer = factories.access(Role.DATA_PROTECTION)
    actions.erase_person(made.pk, reason="asked", by=officer, at=AT)
    made.refresh_from_db()
    assert (made.erased_at, made.sort_name, made.birth_date) == (AT, "", None)
    for written in ("Qwertyaj", PLANTED["identifier"], PLANTED["phone"], made.number):
        assert people_queries.search(OFFICE, written).people == ()
    with pytest.raises(errors.NotFound):
        people_queries.visible_person(OFFICE, made.pk)
    assert queries.collect(made.subject) == ()
    assert all(done.is_erased or not done.payload for done in log.history(made.subject).rows if done.room == "people")
    assert models.Erasure.objects.get().person_number == made.number


@pytest.mark.django_db
def test_a_household_keeps_its_others() -> None:
    head, wife = factories.person("Zzyzxander", "Qwertyaj"), factories.person("Teuta", "Berisha")
    house = factories.household(head, wife, address="Rruga 5")
    actions.erase_person(head.pk, reason="asked", by=factories.access(Role.DATA_PROTECTION), at=AT)
    house.refresh_from_db()
    assert (house.sort_name, house.erased_at) == (wife.sort_name, None)
    assert people_queries.address_of(OFFICE, house.pk, at=AT) == "Rruga 5"
    actions.erase_person(wife.pk, reason="asked", by=factories.access(Role.DATA_PROTECTION), at=AT)
    house.refresh_from_db()
    assert house.erased_at == AT
    assert audit is not None


@pytest.mark.django_db
def test_only_data_protection_erases() -> None:
    made = factories.person()
    for role in set(__import__("streha.accounts.rules", fromlist=["Role"]).Role) - {Role.DATA_PROTECTION}:
        with pytest.raises((errors.Refused, errors.NotFound)):
            actions.erase_person(made.pk, reason="asked", by=factories.access(role), at=AT)
    made.refresh_from_db()
    assert made.erased_at is None


@pytest.mark.django_db
def test_a_failed_erasure_leaves_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    made = planted_person()

    def fails(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("no key")

    monkeypatch.setattr(audit, "destroy_subject", fails)
    with pytest.raises(RuntimeError):
        actions.erase_person(made.pk, reason="asked", by=factories.access(Role.DATA_PROTECTION), at=AT)
    made.refresh_from_db()
    assert made.erased_at is None
    assert [p.pk for p in people_queries.search(OFFICE, "Qwertyaj").people] == [made.pk]
