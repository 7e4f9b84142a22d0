"""The register in the database: complete, marked fictional, resumed, refused where anything is real."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from tests import standing

from streha.accounts import actions as accounts
from streha.accounts import queries
from streha.accounts.models import Grant, Organisation, User
from streha.accounts.rules import NOBODY, Action, Role, system
from streha.assistance.works.models import HouseWorks as House
from streha.audit import actions as audit
from streha.audit import bridge
from streha.audit import queries as log
from streha.audit.models import AuditRecord
from streha.audit.rules import PAYLOAD
from streha.cases.models import Case
from streha.common import errors
from streha.homes.models import SEALED_ADDRESS, Property
from streha.people import actions as people_actions
from streha.people import models, rules
from streha.places import actions as places
from streha.places.models import Area
from streha_demo import haste, load, people, works
from streha_demo.logins import LOGINS, PASSWORD

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
WANTED = load.Plan(people=260, seed=3)


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests of this file: the register is made once, with these keys."""
    path = tmp_path_factory.mktemp("keys") / "keyring.json"
    bridge.create_keyring(path, at=AT)
    return path


@pytest.fixture(autouse=True)
def custody(settings: object, tmp_path: Path, keyring: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.KEYRING = keyring  # type: ignore[attr-defined]
    settings.ANCHOR_DIR = tmp_path / "anchors"  # type: ignore[attr-defined]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]
    bridge.cache.clear()
    monkeypatch.setattr(people, "PIECE", 100)


@pytest.fixture
def demo(tmp_path: Path) -> None:
    for name, anchor in _demo().items():  # anchors are files, and lie with the office's own
        (tmp_path / "anchors").mkdir(exist_ok=True)
        (tmp_path / "anchors" / name).write_bytes(anchor)


@standing.once
def _demo() -> dict[str, bytes]:
    load.begin(WANTED, at=AT)
    assert list(load.load(WANTED, at=AT)) == [100, 200, 260]
    load.make_logins(at=AT)
    return {file.name: file.read_bytes() for file in Path(django_settings.ANCHOR_DIR).iterdir()}


def test_everybody_is_registered_and_fictional(demo: None) -> None:
    assert models.Person.objects.count() == WANTED.people
    assert not models.Person.objects.filter(is_fictional=False).exists()
    assert not models.Household.objects.filter(is_fictional=False).exists()
    assert load.state() == load.State.DEMO
    assert load.plan() == WANTED
    assert log.verify().holds


def test_the_whole_record_is_filled(demo: None) -> None:
    for model in (models.Name, models.NameKey, models.Identifier, models.Contact, models.DisplacementEpisode):
        assert model.objects.exists(), model
    for model in (models.Household, models.Membership, models.Consent, models.Functioning, models.MatchPair):
        assert model.objects.exists(), model


def test_the_same_seed_registers_the_same_people(demo: None) -> None:
    known = load.municipalities()
    first = people.piece(0, WANTED.people, seed=WANTED.seed, places=known)
    held = models.Person.objects.order_by("pk")[: len(first.records)]
    assert [p.birth_date for p in held] == [r.draft.birth_date for r in first.records]
    assert [p.subject for p in held] == load._subjects(first)


def test_an_interrupted_load_goes_on(demo: None) -> None:
    assert list(load.load(WANTED, at=AT)) == []


def test_a_load_that_stopped_in_the_middle_doubles_nothing() -> None:
    load.begin(WANTED, at=AT)
    steps = load.load(WANTED, at=AT)
    assert next(steps) == 100
    steps.close()
    assert load.state() == load.State.UNFINISHED
    assert list(load.load(WANTED, at=AT)) == [200, 260]


def test_a_piece_is_made_ready_without_a_question_to_the_database(django_assert_num_queries: Any) -> None:
    load.begin(WANTED, at=AT)
    known = load.municipalities()
    ground, ring = load._ground(known), audit.keyring()
    with django_assert_num_queries(0):
        ready = load.invent(0, wanted=WANTED, places=known, ground=ground, ring=ring, at=AT)
    assert len(ready.keys) == len(ready.people.contents) == 100
    assert len(ready.home_keys) == len(ready.homes.contents) > 0


def test_what_another_process_made_ready_opens_with_the_keys_of_this_office(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(haste, "FROM_PEOPLE", 1)
    wanted = load.Plan(people=2_100, seed=3)  # its pieces have the size they have in a process of its own
    monkeypatch.setattr(people, "PIECE", 2_000)
    load.begin(wanted, at=AT)
    assert list(load.load(wanted, at=AT)) == [2_000, 2_100]
    bridge.cache.clear()
    paper = models.Identifier.objects.select_related("person").latest("pk")
    number = audit.unseal(paper.person.subject, bytes(paper.sealed), context=models.SEALED_IDENTIFIER).decode()
    assert paper.blind == audit.blind_index("identifier", rules.plain_identifier(number))
    home = Property.objects.exclude(address_sealed=None).latest("pk")
    assert audit.unseal(home.subject, bytes(home.address_sealed or b""), context=SEALED_ADDRESS)
    line = AuditRecord.objects.get(subject=home.subject)
    assert b"keeper" in audit.unseal(home.subject, bytes(line.payload or b""), context=PAYLOAD)
    audit.anchor(at=AT)
    assert log.verify().holds


def test_an_office_that_was_interrupted_while_help_was_told_goes_on_and_doubles_nothing(demo: None) -> None:
    assert len(load._told()) == load.STAGES
    held = Case.objects.count(), House.objects.count(), User.objects.count()
    assert list(load.telling(at=AT)) == [name for name, _ in load._stages(WANTED.seed, AT)]
    assert (Case.objects.count(), House.objects.count(), User.objects.count()) == held


def test_a_stage_that_failed_leaves_nothing_and_the_demo_unfinished(monkeypatch: pytest.MonkeyPatch) -> None:
    load.begin(WANTED, at=AT)
    assert list(load.load(WANTED, at=AT))
    with monkeypatch.context() as broken:
        broken.setattr(works, "make", _power_cut)
        with pytest.raises(KeyboardInterrupt):
            load.make_logins(at=AT)
    assert load.state() == load.State.UNFINISHED
    assert not House.objects.exists()
    load.make_logins(at=AT)
    assert load.state() == load.State.DEMO
    assert House.objects.exists()


def _power_cut(**_all: Any) -> None:
    raise KeyboardInterrupt


def test_one_login_per_role_with_its_scope(demo: None) -> None:
    assert {login.role for login in LOGINS} == set(Role)
    peja = Area.objects.with_code("xk-kas", "17").get()
    caseworker = User.objects.get(username="caseworker")
    assert caseworker.is_demo and caseworker.check_password(PASSWORD)
    access = queries.access(caseworker, AT)
    visible = models.Person.objects.visible_to(access)
    assert visible.exists()
    assert set(visible.values_list("keeper_id", flat=True)) == {peja.pk}
    assert Grant.objects.count() == len(LOGINS)


def test_protection_sees_the_shielded_and_the_programme_does_not(demo: None) -> None:
    person = models.Person.objects.first()
    assert person is not None
    people_actions.shield(person.pk, on=True, reason="test", by=system("test"), at=AT)
    for username, sees in (("protection", True), ("programme", False)):
        access = queries.access(User.objects.get(username=username), AT)
        assert models.Person.objects.visible_to(access).filter(pk=person.pk).exists() is sees


def test_outside_the_demo_its_logins_may_nothing(demo: None, settings: object) -> None:
    caseworker = User.objects.get(username="caseworker")
    settings.DEMO = False  # type: ignore[attr-defined]
    assert queries.access(caseworker, AT) == NOBODY


def test_outside_the_demo_nobody_logs_in_with_a_demo_password(demo: None, settings: object, client: object) -> None:
    answer = client.post("/accounts/login/", {"login": "caseworker", "password": PASSWORD})  # type: ignore[attr-defined]
    assert answer.status_code == 302 and "_auth_user_id" in client.session  # type: ignore[attr-defined]
    client.logout()  # type: ignore[attr-defined]
    settings.DEMO = False  # type: ignore[attr-defined]
    client.post("/accounts/login/", {"login": "caseworker", "password": PASSWORD})  # type: ignore[attr-defined]
    assert "_auth_user_id" not in client.session  # type: ignore[attr-defined]


def test_outside_the_demo_no_demo_user_is_made(settings: object) -> None:
    settings.DEMO = False  # type: ignore[attr-defined]
    with pytest.raises(errors.Refused, match="demo"):
        accounts.create_user("x", full_name="X", password=PASSWORD, is_demo=True, by=system("test"), at=AT)
    with pytest.raises(errors.Refused):
        load.begin(WANTED, at=AT)


def test_what_is_entered_into_the_demo_is_fictional(demo: None) -> None:
    by = system("test")
    place = Area.objects.with_code("xk-kas", "17").get()
    draft = rules.PersonDraft((rules.NameDraft("Somebody", "New"),), keeper_id=place.pk)
    assert people_actions.register_person(draft, by=by, at=AT).is_fictional
    made = accounts.create_user("newcomer", full_name="New", password=None, by=by, at=AT)
    assert made.is_demo
    assert accounts.create_organisation("Another", kind="ngo", by=by, at=AT).is_fictional
    assert load.state() == load.State.DEMO


@pytest.mark.parametrize("what", ["person", "user", "organisation"])
def test_a_database_that_holds_anything_real_is_refused(what: str) -> None:
    by = system("test")
    if what == "person":
        places.load_kosovo(by=by, at=AT)
        place = Area.objects.with_code("xk-kas", "17").get()
        people_actions.register_person(
            rules.PersonDraft((rules.NameDraft("Somebody", "Real"),), keeper_id=place.pk), by=by, at=AT
        )
    elif what == "user":
        accounts.create_user("real", full_name="Real", password=None, by=by, at=AT)
    else:
        accounts.create_organisation("Real", kind="municipality", by=by, at=AT)
    assert load.state() == load.State.REAL
    with pytest.raises(errors.Refused, match="real data"):
        load.begin(WANTED, at=AT)
    assert not Organisation.objects.filter(is_fictional=True).exists()


def test_a_person_may_be_registered_with_all_that_is_known() -> None:
    by = system("test")
    places.load_kosovo(by=by, at=AT)
    place = Area.objects.with_code("xk-kas", "17").get()
    wrong = rules.PersonDraft(
        (rules.NameDraft("A", "B"),),
        keeper_id=place.pk,
        functioning=(rules.FunctioningDraft(AT.date(), (9, None, None, None, None, None)),),
    )
    with pytest.raises(errors.BadInput, match="1 to 4"):
        people_actions.register_person(wrong, by=by, at=AT)
    assert not models.Person.objects.exists()
    assert by.allows(Action.PERSON_REGISTER)
