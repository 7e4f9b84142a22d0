"""Institutions: contacts that can be forgotten, meetings with minutes and tasks, training with who was reached."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from tests import factories
from tests.factories import AT, OFFICE

from streha.accounts import queries as account_queries
from streha.accounts.bridge import policies, wall
from streha.accounts.rules import Access, Role
from streha.audit import actions as audit
from streha.common import errors
from streha.dataprotection import actions as protection
from streha.dataprotection import queries as subject_files
from streha.institutions import actions, models, queries, rules
from streha.people import bridge as people

TODAY = AT.date()
DAY = dt.timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker() -> Access:
    return account_queries.access(factories.user(Role.CASEWORKER, scope=factories.in_area("20"), name="worker"), AT)


def institution(name: str = "Komuna e Prizrenit", kind: rules.Kind = rules.Kind.MUNICIPALITY) -> models.Institution:
    return actions.add_institution(rules.InstitutionDraft(name, kind), by=OFFICE, at=AT)


def meeting(by: Access, *members: models.Institution, day: dt.date = TODAY) -> models.Meeting:
    keeper = factories.municipality().pk
    body = actions.form_body(
        rules.BodyDraft("Working group on returns", rules.BodyKind.WORKING_GROUP, keeper, "", [m.pk for m in members]),
        by=by,
        at=AT,
    )
    return actions.call_meeting(rules.MeetingDraft(body.pk, day, "Hall", ["Roofs", "Papers"]), by=by, at=AT)


def test_a_meeting_is_called_held_and_leaves_tasks(worker: Access) -> None:
    town = institution()
    contact = actions.add_contact(town.pk, rules.ContactDraft("Zzname", "Officer", "Zzphone"), by=worker, at=AT)
    held = meeting(worker, town)
    early = meeting_on(worker, TODAY + 3 * DAY, held)
    with pytest.raises(errors.BadInput, match="when it was held"):
        actions.write_minutes(early.pk, "-", revision=1, by=worker, at=AT)
    actions.add_participants(
        held.pk, contact_ids=[contact.pk], user_ids=[worker.person()], revision=1, by=worker, at=AT
    )
    with pytest.raises(errors.Conflict):
        actions.add_participants(held.pk, contact_ids=[contact.pk], revision=2, by=worker, at=AT)
    actions.write_minutes(held.pk, "Agreed.", conclusions=["Ask for tiles"], revision=2, by=worker, at=AT)
    with pytest.raises(errors.Conflict):  # read before the minutes were written
        actions.give_task(held.pk, rules.TaskDraft("Tiles", worker.person(), TODAY), revision=2, by=worker, at=AT)
    task = actions.give_task(
        held.pk, rules.TaskDraft("Tiles", worker.person(), TODAY + DAY), revision=3, by=worker, at=AT
    )
    page = queries.meeting_page(worker, held.pk, at=AT)
    assert [(item.title, item.conclusion) for item in page.agenda] == [("Roofs", "Ask for tiles"), ("Papers", "")]
    assert {each.name for each in page.there} == {"Zzname", "Test Person"}
    assert list(queries.tasks_soon(worker, TODAY)) == [task]
    assert list(queries.tasks_late(worker, TODAY + 2 * DAY)) == [task]
    with pytest.raises(errors.BadInput):
        actions.end_task(task.pk, rules.TaskState.DROPPED, by=worker, at=AT)
    actions.end_task(task.pk, rules.TaskState.DONE, by=worker, at=AT)
    assert not queries.own_tasks(worker).exists()
    seen = queries.institution_page(worker, town.pk, at=AT)
    assert [m.pk for m in seen.meetings] == [held.pk]
    assert [told.phone for told in seen.contacts] == ["Zzphone"]
    actions.cancel_meeting(early.pk, revision=1, by=worker, at=AT)
    with pytest.raises(errors.Conflict):
        actions.write_minutes(early.pk, "-", revision=2, by=worker, at=AT + 9 * DAY)
    elsewhere = factories.access(Role.CASEWORKER, scope=factories.in_area("17"))
    with pytest.raises(errors.NotFound):
        queries.meeting_page(elsewhere, held.pk, at=AT)
    assert queries.institution_page(elsewhere, town.pk, at=AT).meetings == ()
    with pytest.raises(errors.Refused):
        meeting(elsewhere)


def meeting_on(by: Access, day: dt.date, other: models.Meeting) -> models.Meeting:
    return actions.call_meeting(rules.MeetingDraft(other.body_id, day), by=by, at=AT)


def test_a_contact_can_be_forgotten_and_stays_forgotten(worker: Access) -> None:
    town = institution()
    contact = actions.add_contact(town.pk, rules.ContactDraft("Zzname", "Officer"), by=worker, at=AT)
    held = meeting(worker, town)
    actions.add_participants(held.pk, contact_ids=[contact.pk], revision=1, by=worker, at=AT)
    token = bytes(contact.name_sealed or b"")
    told = {row for section in subject_files.collect(contact.subject) for row in section.rows}
    assert ("name", "Zzname") in told
    actions.forget_contact(contact.pk, by=worker, at=AT)
    with pytest.raises(errors.Gone):
        audit.unseal(contact.subject, token, context=models.SEALED_NAME)
    page = queries.meeting_page(worker, held.pk, at=AT)
    assert [(each.name, each.institution) for each in page.there] == [("", town)]
    models.Contact.objects.filter(pk=contact.pk).update(function="Officer", name_sealed=token, erased_at=None)
    protection.erase_again(contact.subject, by=OFFICE, at=AT)  # as after a restored backup
    contact.refresh_from_db()
    assert (contact.function, contact.name_sealed) == ("", None)
    planner = factories.access(Role.PLANNER)
    assert not models.Contact.objects.visible_to(planner).exists()


def test_training_says_who_was_reached_and_refuses_what_cannot_be(
    worker: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, club = institution(), institution("Zëri i grave", rules.Kind.NGO)
    told: dict[str, Any] = {
        "title": "Return in safety",
        "provider": "Ministry",
        "keeper_id": factories.municipality().pk,
        "first_day": TODAY - DAY,
        "last_day": TODAY,
        "women": 7,
        "men": 5,
        "reached": (rules.Reached(town.pk, 4), rules.Reached(club.pk, 6)),
    }
    for wrong in (
        {"women": 0, "men": 0, "reached": ()},
        {"last_day": TODAY - 2 * DAY},
        {"first_day": TODAY + DAY, "last_day": TODAY + DAY},
        {"reached": (rules.Reached(town.pk, 13),)},
        {"reached": (rules.Reached(town.pk, 1), rules.Reached(town.pk, 1))},
        {"reached": (rules.Reached(10**9, 1),)},
        {"title": " "},
        {"women": 10**6},
    ):
        with pytest.raises(errors.BadInput):
            actions.note_training(rules.TrainingDraft(**(told | wrong)), by=worker, at=AT)
    row = actions.note_training(rules.TrainingDraft(**told), by=worker, at=AT)
    assert queries.sums(worker, TODAY - 30 * DAY, TODAY) == queries.Sums(1, 7, 5, 0, 2, 1)
    assert queries.institution_page(worker, club.pk, at=AT).trained == 6
    actions.change_training(row.pk, rules.TrainingDraft(**(told | {"men": 6})), version=1, by=worker, at=AT)
    with pytest.raises(errors.Conflict):
        actions.change_training(row.pk, rules.TrainingDraft(**told), version=1, by=worker, at=AT)
    export = actions.ask_export(purpose="Report", by=worker, at=AT)
    assert actions.make_export(export.pk, lambda *_: None, by=worker, at=AT) == {"rows": 1}  # type: ignore[arg-type]
    elsewhere = factories.access(Role.CASEWORKER, scope=factories.in_area("17"))
    assert queries.sums(elsewhere, TODAY - 30 * DAY, TODAY).trainings == 0

    def fails(**_told: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(audit, "record", fails)
    with pytest.raises(RuntimeError):
        actions.note_training(rules.TrainingDraft(**told), by=worker, at=AT)
    assert models.Training.objects.count() == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="row-level security is PostgreSQL's")
def test_the_second_wall_shows_contacts_to_who_may_know_them(worker: Access, settings: Any) -> None:
    settings.SECOND_WALL = True
    policies.raise_wall(connection)
    town = institution()
    actions.add_contact(town.pk, rules.ContactDraft("Zzname"), by=OFFICE, at=AT)
    for role in Role:
        access = factories.access(role)
        wanted = models.Contact.objects.visible_to(access).count()
        with wall.asking(people.viewer(access)), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM institutions_contact")
            assert cursor.fetchone()[0] == wanted, role
