"""What the register of people holds about one person: for the person to read, and to erase.

``collect`` gives everything, in sections of (label code, value); ``erase`` leaves a tombstone: the number, the office
that kept it, and the days of registering and erasing, so that sums of the past stay right and nobody comes back.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator

from django.db.models import Q

from streha.audit import actions as audit
from streha.audit.rules import Actor
from streha.common.subjects import Section
from streha.people import models, queries
from streha.people.households.models import HouseholdMove
from streha.people.imports import personal as imports
from streha.people.merges import actions as merges
from streha.people.merges import queries as merge_queries
from streha.people.rules import FUNCTIONING_DOMAINS

ROOM = "people"


def person_of(subject: uuid.UUID) -> models.Person | None:
    """The person, erased or not, whose key this is."""
    return models.Person.objects.filter(subject=subject).first()


def subjects_of(subject: uuid.UUID) -> list[uuid.UUID]:
    """The keys of all records that are this person, the one that answers first: what to read, and what to erase."""
    person = person_of(subject)
    if person is None:
        return [subject]
    ids = queries.one_person(person.pk)
    known = dict(models.Person.objects.filter(pk__in=ids).values_list("pk", "subject"))
    return [known[pk] for pk in ids]


# --- to read ----------------------------------------------------------------------------------------------------------


def collect(subject: uuid.UUID) -> tuple[Section, ...]:
    """Everything the register holds under one record, in clear; empty sections are left out."""
    person = person_of(subject)
    if person is None or person.erased_at is not None:
        return ()
    return tuple(section for section in _sections(person) if section.rows)


def _sections(person: models.Person) -> Iterator[Section]:
    yield Section("person", tuple(_facts(person)))
    yield Section("names", tuple((f"name_kind:{n.kind}", str(n)) for n in person.names.order_by("pk")))
    yield Section(
        "identifiers",
        tuple(
            (f"identifier_kind:{i.kind}", queries.unsealed(person.subject, i.sealed, models.SEALED_IDENTIFIER))
            for i in person.identifiers.order_by("pk")
        ),
    )
    yield Section(
        "contacts",
        tuple(
            (f"contact_kind:{c.kind}", queries.unsealed(person.subject, c.sealed, models.SEALED_CONTACT))
            for c in person.contacts.order_by("pk")
        ),
    )
    yield Section("households", tuple(_households(person)))
    yield Section("episodes", tuple(_episodes(person)))
    yield Section("intentions", tuple((f"wish:{i.wish}", _day(i.said_on)) for i in person.intentions.order_by("pk")))
    yield Section("functioning", tuple(_functioning(person)))
    yield Section(
        "needs",
        tuple(
            (f"need:{n.kind}", queries.unsealed(person.subject, n.note_sealed, models.SEALED_NEED))
            for n in person.needs.order_by("pk")
        ),
    )
    yield Section(
        "consents",
        tuple(
            (
                f"basis:{c.basis}",
                " · ".join(filter(None, (c.purpose, c.recipients, _day(c.given_on), _day(c.expires_on)))),
            )
            for c in person.consents.order_by("pk")
        ),
    )
    yield Section(
        "transfers",
        tuple(
            (f"basis:{t.basis}", " · ".join((t.recipient, t.purpose, t.classes, _day(t.at.date()))))
            for t in person.transfers.order_by("pk")
        ),
    )
    yield Section("merges", tuple(_merges(person)))
    yield imports.collect(person)


def _merges(person: models.Person) -> Iterator[tuple[str, str]]:
    """Which records are this person, and since when; an old number goes on answering."""
    for record in merge_queries.merges_of(person.pk):
        yield "merged", f"{record.gone.number} → {record.kept.number} · {_day(record.merged_at.date())}"


def _facts(person: models.Person) -> Iterator[tuple[str, str]]:
    yield "number", person.number
    if person.birth_date:
        yield f"birth_date:{person.birth_precision}", _day(person.birth_date)
    yield "sex", f"sex:{person.sex}"
    yield "vital_status", f"vital_status:{person.vital_status}"
    if person.citizenship:
        yield "citizenship", person.citizenship
    if person.language:
        yield "language", f"language:{person.language}"
    if person.community_sealed:
        community = queries.unsealed(person.subject, person.community_sealed, models.SEALED_COMMUNITY)
        yield "community", f"community:{community}"
    if person.home_area:
        yield "home_area", _place(person.home_area.labels())
    yield "keeper", _place(person.keeper.labels())
    yield "registered_at", _day(person.registered_at.date())
    yield "source", person.source
    if person.ended_on:
        yield "ended_on", f"{_day(person.ended_on)} · {person.end_reason}"


def _place(labels: tuple[str, str, str]) -> str:
    return " / ".join(dict.fromkeys(label for label in labels if label))


def _day(day: dt.date | None) -> str:
    return day.strftime("%d.%m.%Y") if day else ""


def _households(person: models.Person) -> Iterator[tuple[str, str]]:
    held = person.memberships.select_related("household", "begun_by_move__source", "begun_by_move__target")
    for membership in held.order_by("pk"):
        household = membership.household
        until = f"{_day(membership.started_on)} – {_day(membership.ended_on)}"
        yield f"relation:{membership.relation}", f"{household.number} · {until}"
        move = membership.begun_by_move
        if move is not None:
            began = f"{move.source.number} → {move.target.number} · {_day(move.on)}"
            ended = "" if move.undone_at is None else f" – {_day(move.undone_at.date())}"
            yield f"household_move:{move.kind}", f"{began}{ended}"
        if household.address_sealed and membership.ended_on is None:
            address = queries.unsealed(household.subject, household.address_sealed, models.SEALED_ADDRESS)
            yield "address", address


def _episodes(person: models.Person) -> Iterator[tuple[str, str]]:
    for episode in person.episodes.select_related("from_area", "to_area").order_by("pk"):
        start = _place(episode.from_area.labels()) if episode.from_area else episode.from_text
        end = _place(episode.to_area.labels()) if episode.to_area else episode.to_text
        days = f"{_day(episode.started_on)} – {_day(episode.ended_on)}"
        yield f"episode_status:{episode.status}", f"{start} → {end} · {days}"


def _functioning(person: models.Person) -> Iterator[tuple[str, str]]:
    for answers in person.functioning.order_by("pk"):
        for domain in FUNCTIONING_DOMAINS:
            answer = getattr(answers, domain)
            if answer is not None:
                yield f"functioning:{domain}", f"functioning_answer:{answer} · {_day(answers.asked_on)}"


# --- to erase ---------------------------------------------------------------------------------------------------------


def erase(subject: uuid.UUID, *, by: Actor, at: dt.datetime) -> None:
    """Names, keys, facts and contacts of one record are gone from every table of this room; a tombstone stays.

    A record that was merged stands by itself again first; who erases a person asks ``subjects_of`` for all of them.

    Runs in the caller's transaction. The person's own key is destroyed by the caller, once every room is done; the
    key of a household in which nobody is left is destroyed here.
    """
    person = person_of(subject)
    if person is None:
        return
    merges.detach(person, by=by, at=at)
    person.refresh_from_db()
    imports.erase(person, by=by, at=at)
    homes = list(models.Household.objects.filter(memberships__person=person).distinct())
    for related in (
        person.names,
        person.keys,
        person.identifiers,
        person.contacts,
        person.memberships,
        person.episodes,
        person.intentions,
        person.functioning,
        person.needs,
        person.protection_notes,
        person.consents,
    ):
        related.all().delete()
    models.MatchPair.objects.filter(left=person).delete()
    models.MatchPair.objects.filter(right=person).delete()
    _leave_tombstone(person, at)
    for household in homes:
        _settle(household, by, at)


def _leave_tombstone(person: models.Person, at: dt.datetime) -> None:
    blank = models.Person(
        pk=person.pk,
        subject=person.subject,
        sort_name="",
        vital_status="unknown",
        keeper_id=person.keeper_id,
        organisation_id=person.organisation_id,
        registered_by_id=person.registered_by_id,
        registered_at=person.registered_at,
        source=person.source,
        is_fictional=person.is_fictional,
        version=person.version + 1,
        erased_at=at,
    )
    blank.save(force_update=True)


def _settle(household: models.Household, by: Actor, at: dt.datetime) -> None:
    """The household goes by the name of somebody who is left; with nobody left it becomes a tombstone too."""
    left = list(household.memberships.filter(ended_on=None).select_related("person").order_by("-is_head", "pk"))
    household.sort_name = left[0].person.sort_name if left else ""
    if not household.memberships.exists():
        household.home_area = None
        household.address_sealed = None
        household.erased_at = at
        HouseholdMove.objects.filter(Q(source=household) | Q(target=household)).delete()
        audit.destroy_subject(household.subject, by=by, at=at, reason="household without members")
    household.save()
