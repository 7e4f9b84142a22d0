"""Registering, changing and ending: what is true afterwards, what is refused, and that the log has it."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from tests import factories
from tests.factories import AT, OFFICE

from streha.accounts.rules import NOBODY, Role
from streha.audit import actions as audit
from streha.audit import queries as log
from streha.common import errors
from streha.people import actions, models, queries, rules

pytestmark = pytest.mark.django_db


def test_a_registered_person_is_found_by_every_spelling() -> None:
    made = factories.person("Xhevdet", "Hoxha")
    for written in (
        "Hoxha",
        "hodza",
        "HODŽA",
        "Хоџа",
        "xhevdet hoxha",
        "Dževdet",
        "Џевдет Хоџа",
        "hox",
        "hoxha prizren",
    ):
        assert [p.pk for p in queries.search(OFFICE, written).people] == [made.pk], written
    assert queries.search(OFFICE, "berisha").people == ()


def test_registration_is_on_record_and_a_failed_record_undoes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made = factories.person()
    (done,) = log.history(made.subject).rows
    assert (done.verb, done.payload["family"]) == ("registered", "Hoxha")  # type: ignore[index]

    def fails(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("the log is full")

    monkeypatch.setattr(audit, "record_many", fails)
    with pytest.raises(RuntimeError):
        factories.person("Agim", "Berisha")
    assert models.Person.objects.count() == 1
    assert models.Name.objects.count() == 1


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        ({"names": ()}, "name_missing"),
        ({"names": (rules.NameDraft("", "  "),)}, "name_missing"),
        ({"names": (rules.NameDraft("123", "456"),)}, "name_without_letters"),
        ({"names": (rules.NameDraft("A" * 101, "B"),)}, "name_too_long"),
        ({"birth_date": dt.date(2030, 1, 1), "birth_precision": "day"}, "birth_in_future"),
        ({"birth_date": dt.date(1802, 1, 1), "birth_precision": "day"}, "birth_too_early"),
        ({"birth_date": dt.date(1980, 1, 1)}, "birth_precision_missing"),
        ({"identifiers": (rules.IdentifierDraft(rules.IdentifierKind.JMBG, "0101980123456"),)}, "jmbg_wrong"),
        ({"identifiers": (rules.IdentifierDraft(rules.IdentifierKind.ID_CARD, "abc"),)}, "identifier_malformed"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(draft: dict[str, object], code: str) -> None:
    base = rules.PersonDraft(names=(rules.NameDraft("Ana", "Petrović"),), keeper_id=factories.municipality().pk)
    with pytest.raises(errors.BadInput) as refused:
        actions.register_person(dataclasses.replace(base, **draft), by=OFFICE, at=AT)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert refused.value.english()
    assert not models.Person.objects.exists()


def test_nobody_registers_outside_their_area_or_beyond_their_classes() -> None:
    mocr = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    factories.person(by=mocr)
    with pytest.raises(errors.Refused):
        factories.person("Agim", "Berisha", code="17", by=mocr)
    enumerator = factories.access(Role.ENUMERATOR, scope=factories.in_area("20"))
    with pytest.raises(errors.Refused) as refused:
        factories.person("Agim", "Berisha", community="roma", by=enumerator)
    assert refused.value.code == "class_not_writable"
    with pytest.raises(errors.Refused):
        factories.person("Agim", "Berisha", by=NOBODY)
    assert models.Person.objects.count() == 1


def test_changes_keep_the_old_value_and_two_at_once_are_told() -> None:
    made = factories.person("Xhevdet", "Hoxha")
    actions.change_person(made.pk, actions.PersonChanges(family="Berisha"), version=1, by=OFFICE, at=AT)
    with pytest.raises(errors.Conflict):
        actions.change_person(made.pk, actions.PersonChanges(family="Gashi"), version=1, by=OFFICE, at=AT)
    assert [str(n) for n in made.names.all()] == ["Xhevdet Berisha"]
    assert queries.search(OFFICE, "hoxha").people == ()
    assert [p.pk for p in queries.search(OFFICE, "Бериша").people] == [made.pk]
    assert log.history(made.subject).rows[0].payload == {"family": ["Hoxha", "Berisha"]}


def test_nothing_changed_writes_nothing() -> None:
    made = factories.person("Xhevdet", "Hoxha")
    actions.change_person(made.pk, actions.PersonChanges(family="Hoxha"), version=1, by=OFFICE, at=AT)
    made.refresh_from_db()
    assert made.version == 1
    assert len(log.history(made.subject).rows) == 1


def test_an_ended_record_can_be_opened_again() -> None:
    made = factories.person()
    house = factories.household(made)
    actions.end_person(made.pk, reason=rules.EndReason.LEFT, on=AT.date(), version=made.version, by=OFFICE, at=AT)
    assert not models.Membership.objects.filter(household=house, ended_on=None).exists()
    assert not queries.people_page(OFFICE, queries.PersonFilter()).rows
    assert [p.pk for p in queries.people_page(OFFICE, queries.PersonFilter(ended=True)).rows] == [made.pk]
    actions.reopen_person(made.pk, by=OFFICE, at=AT)
    assert [p.pk for p in queries.people_page(OFFICE, queries.PersonFilter()).rows] == [made.pk]


def test_a_document_is_sealed_found_whole_and_held_once() -> None:
    made = factories.person(identifier="1234567890")
    stored = made.identifiers.get()
    assert b"1234567890" not in bytes(stored.sealed)
    assert stored.hint == "90"
    for written in ("1234567890", " 1234 567-890 "):
        assert [p.pk for p in queries.search(OFFICE, written).people] == [made.pk]
    assert queries.search(OFFICE, "123456789").people == ()
    other = factories.person("Agim", "Berisha")
    with pytest.raises(errors.Conflict) as refused:
        actions.add_identifier(
            other.pk, rules.IdentifierDraft(rules.IdentifierKind.ID_CARD, "1234567890"), by=OFFICE, at=AT
        )
    assert refused.value.code == "identifier_taken"


def test_a_document_held_out_of_sight_tells_nothing_and_goes_to_the_central_queue() -> None:
    elsewhere = factories.person("Agim", "Berisha", code="17", identifier="1234567890")
    mocr = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    mine = factories.person("Arben", "Berisha", by=mocr)
    actions.add_identifier(
        mine.pk, rules.IdentifierDraft(rules.IdentifierKind.PERSONAL_NUMBER, "1234567890"), by=mocr, at=AT
    )
    pair = models.MatchPair.objects.get()
    assert {pair.left_id, pair.right_id} == {elsewhere.pk, mine.pk}
    assert pair.is_central


def test_a_phone_is_found_in_any_form() -> None:
    made = factories.person(phone="+38344123218")
    for written in ("+383 44 123 218", "044 123 218", "0038344123218"):
        assert [p.pk for p in queries.search(OFFICE, written).people] == [made.pk], written


def test_numbers_of_records_are_answers() -> None:
    made = factories.person()
    house = factories.household(made)
    assert [p.pk for p in queries.search(OFFICE, f"p-{made.pk}").people] == [made.pk]
    assert [h.pk for h in queries.search(OFFICE, house.number).households] == [house.pk]


def test_a_consent_that_is_gone_carries_no_transfer() -> None:
    made = factories.person()
    consent = actions.give_consent(
        made.pk,
        purpose="Return",
        recipients="A ministry",
        basis=rules.LegalBasis.CONSENT,
        given_on=dt.date(2026, 1, 1),
        expires_on=None,
        evidence="",
        by=OFFICE,
        at=AT,
    )

    def transfer() -> None:
        actions.record_transfer(
            made.pk,
            recipient="A ministry",
            purpose="Return",
            classes=["identity"],  # type: ignore[list-item]
            basis=rules.LegalBasis.CONSENT,
            consent_id=consent.pk,
            by=OFFICE,
            at=AT,
        )

    transfer()
    actions.withdraw_consent(consent.pk, by=OFFICE, at=AT)
    with pytest.raises(errors.Refused):
        transfer()
    assert made.transfers.count() == 1


def test_answers_to_the_short_set_mean_disability_from_a_lot_on() -> None:
    assert rules.has_disability({"walking": 3}) is True
    assert rules.has_disability({"walking": 2, "seeing": 1}) is False
    assert rules.has_disability({}) is None


def test_control_digit_of_a_jmbg() -> None:
    # Worked by hand: 7(0+7)+6(1+1)+5(0+0)+4(1+0)+3(9+0)+2(8+0) = 108; 11 - 108 mod 11 = 2.
    assert rules.is_jmbg("0101987100002")
    assert not rules.is_jmbg("0101987100003")
    assert not rules.is_jmbg("010198710000")
