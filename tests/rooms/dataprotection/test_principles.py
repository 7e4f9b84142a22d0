"""One test for each of the thirteen principles: the control that ``dataprotection.rules`` names is there and holds."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from tests import factories
from tests.factories import AT, OFFICE

from streha.accounts.rules import POLICY, Action, Role
from streha.audit import queries as log
from streha.common import errors
from streha.common.codes import FieldClass
from streha.dataprotection import actions, queries, rules
from streha.people import actions as people
from streha.people import models
from streha.people import queries as people_queries
from streha.people import rules as people_rules
from streha.people.imports.models import ImportBatch

pytestmark = pytest.mark.django_db


def batch(**told: object) -> ImportBatch:
    """A committed import, as the constraint of its table lets it be."""
    import uuid

    complete: dict[str, object] = {
        "subject": uuid.uuid4(),
        "file_name": "list.xlsx",
        "file_kind": "xlsx",
        "file_size": 1,
        "file_mark": "m",
        "source": "A municipality",
        "purpose": "Return",
        "basis": "public_task",
        "retain_until": dt.date(2030, 1, 1),
        "keeper": factories.municipality(),
        "registered_at": AT,
        "state": "committed",
    }
    return ImportBatch.objects.create(**{**complete, **told})


@pytest.mark.parametrize("missing", [{"basis": ""}])
def test_lawful(missing: dict[str, object]) -> None:
    batch()
    with pytest.raises(IntegrityError), transaction.atomic():
        batch(**missing)


@pytest.mark.parametrize("missing", [{"purpose": ""}, {"source": ""}])
def test_purpose(missing: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        batch(**missing)


def test_quality() -> None:
    made = factories.person("Xhevdet", "Hoxha")
    with pytest.raises(errors.BadInput):
        people.change_person(
            made.pk, people.PersonChanges(birth=(dt.date(2099, 1, 1), "day")), version=1, by=OFFICE, at=AT
        )
    people.change_person(made.pk, people.PersonChanges(family="Gashi"), version=1, by=OFFICE, at=AT)
    assert log.history(made.subject).rows[0].payload == {"family": ["Hoxha", "Gashi"]}


def test_consent() -> None:
    made = factories.person()
    consent = people.give_consent(
        made.pk,
        purpose="Return",
        recipients="",
        basis=people_rules.LegalBasis.CONSENT,
        given_on=dt.date(2025, 1, 1),
        expires_on=dt.date(2025, 2, 1),
        evidence="",
        by=OFFICE,
        at=AT,
    )
    with pytest.raises(errors.Refused) as refused:
        people.record_transfer(
            made.pk,
            recipient="X",
            purpose="Return",
            classes=[FieldClass.IDENTITY],
            basis=people_rules.LegalBasis.CONSENT,
            consent_id=consent.pk,
            by=OFFICE,
            at=AT,
        )
    assert refused.value.details["state"] == "expired"


def test_transfer() -> None:
    made = factories.person()
    people.record_transfer(
        made.pk,
        recipient="A ministry",
        purpose="Return",
        classes=[FieldClass.IDENTITY, FieldClass.CONTACT],
        basis=people_rules.LegalBasis.PUBLIC_TASK,
        consent_id=None,
        by=OFFICE,
        at=AT,
    )
    sections = {section.code: section.rows for section in queries.collect(made.subject)}
    assert "A ministry" in sections["transfers"][0][1]
    assert log.history(made.subject).rows[0].verb == "transferred"


def test_confidentiality() -> None:
    made = factories.person(identifier="1234567890", phone="+38344123218", community="roma")
    made.refresh_from_db()
    stored = [made.identifiers.get().sealed, made.contacts.get().sealed, made.community_sealed]
    for token, clear in zip(stored, (b"1234567890", b"44123218", b"roma"), strict=True):
        assert clear not in bytes(token or b"")


def test_access() -> None:
    made = factories.person(identifier="1234567890", phone="+38344123218", community="ashkali")
    factories.household(made, address="Rruga e Pishave 7")
    officer = factories.access(Role.DATA_PROTECTION)
    file = queries.subject_file(officer, made.pk, at=AT)
    text = str(file.sections)
    for clear in ("1234567890", "+38344123218", "ashkali", "Rruga e Pishave 7", "Hoxha", "12.04.1961"):
        assert clear in text
    assert file.looks[0].where == "subject file"
    with pytest.raises(errors.Refused):
        queries.subject_file(factories.access(Role.CASEWORKER), made.pk, at=AT)


def test_security() -> None:
    # The matrix itself is tests/web/test_rights.py; here: every action is carried by some role, every role by a reason.
    carried = frozenset[Action]().union(*(permission.actions for permission in POLICY.values()))
    assert carried == set(Action)
    assert POLICY.keys() == set(Role)
    assert not POLICY[Role.KEEPER].reads


def test_retention() -> None:
    due, kept = batch(retain_until=dt.date(2026, 1, 1), file_mark="a"), batch(file_mark="b")
    old, new = factories.person("Old", "Berisha"), factories.person("New", "Berisha")
    for one, person in ((due, old), (kept, new)):
        one.records.create(
            number=1,
            fingerprint=str(person.pk),
            subject=person.subject,
            sealed=b"x",
            state="good",
            decision="new",
            person=person,
            is_done=True,
        )
    assert [b.pk for b in queries.retention_due(AT.date())] == [due.pk]
    officer = factories.access(Role.DATA_PROTECTION)
    actions.retain(due.pk, lambda *_a, **_k: None, by=officer, at=AT)  # type: ignore[arg-type]
    assert set(models.Person.objects.filter(erased_at=None).values_list("pk", flat=True)) == {new.pk}
    assert not queries.retention_due(AT.date())


def test_application() -> None:
    # tests/shape/test_house.py goes through every table; here: the most dangerous pair is declared and apart.
    classes = models.Person.FIELD_CLASSES
    assert classes["community_sealed"] == FieldClass.COMMUNITY
    assert classes["home_area"] == FieldClass.HOME_LOCATION


def test_ownership() -> None:
    made = factories.person()
    here = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    there = factories.access(Role.CASEWORKER, scope=factories.in_area("17"))
    with pytest.raises(errors.NotFound):
        people.hand_over(made.pk, keeper_id=factories.municipality("17").pk, reason="r", by=there, at=AT)
    people.hand_over(made.pk, keeper_id=factories.municipality("17").pk, reason="moved", by=here, at=AT)
    with pytest.raises(errors.NotFound):
        people_queries.visible_person(here, made.pk)
    assert people_queries.visible_person(there, made.pk).pk == made.pk
    assert log.history(made.subject).rows[0].reason == "moved"


def test_oversight() -> None:
    made = factories.person()
    officer = factories.access(Role.DATA_PROTECTION)
    people_queries.person_page(officer, made.pk, at=AT)
    assert [look.actor.label for look in log.readers(made.subject).rows] == [officer.label]
    assert log.history(made.subject).rows[0].verb == "registered"


def test_exceptions() -> None:
    officer = factories.access(Role.DATA_PROTECTION)
    with pytest.raises(errors.BadInput):
        actions.ask_exception(
            rules.Principle.RETENTION, reason="short", starts=AT.date(), ends=AT.date(), by=officer, at=AT
        )
    asked = actions.ask_exception(
        rules.Principle.RETENTION,
        reason="A court asked to keep the papers of one case until its end.",
        starts=AT.date(),
        ends=AT.date() + dt.timedelta(days=90),
        by=officer,
        at=AT,
    )
    assert not queries.exceptions_in_force(AT.date())
    with pytest.raises(errors.Refused):
        actions.approve_exception(asked.pk, by=officer, at=AT)
    actions.approve_exception(asked.pk, by=factories.access(Role.DATA_PROTECTION), at=AT)
    assert [e.pk for e in queries.exceptions_in_force(AT.date())] == [asked.pk]
    assert not queries.exceptions_in_force(AT.date() + dt.timedelta(days=91))


def test_every_principle_has_its_control_and_its_test() -> None:
    assert [control.principle for control in rules.CONTROLS] == list(rules.Principle)
    for control in rules.CONTROLS:
        assert control.test.split("::")[1] in globals(), control.test
