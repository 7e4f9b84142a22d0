"""What homes hold about one person: for the person to read, and to erase.

A home outlives one of its owners and belongs to the others. When nobody is left who is linked to it, its own key is
destroyed: address, point, reference and photos are noise from then on, and a tombstone with classes and office stays.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator

from django.db import transaction
from django.db.models import Q, QuerySet

from streha.audit import actions as audit
from streha.audit.rules import Actor
from streha.common.subjects import Section
from streha.homes import bridge, models, queries, rules
from streha.people import models as people_models
from streha.people import personal as people
from streha.people import queries as people_queries

ROOM = "homes"


def homes_of(person: people_models.Person) -> QuerySet[models.Property]:
    """Every home to which somebody is linked, now or before: by a share, by living there, by their household."""
    houses = people_models.Membership.objects.filter(person=person).values("household")
    shares = models.Share.objects.filter(person=person).values("property")
    stays = models.Occupancy.objects.filter(Q(person=person) | Q(household__in=houses)).values("property")
    return models.Property.objects.filter(Q(pk__in=shares) | Q(pk__in=stays), erased_at=None).order_by("pk")


# --- to read ----------------------------------------------------------------------------------------------------------


def collect(subject: uuid.UUID) -> tuple[Section, ...]:
    """Everything homes hold about the person, in clear."""
    person = people.person_of(subject)
    if person is None or person.erased_at is not None:
        return ()
    classes = queries.Classes()
    rows = tuple(row for home in homes_of(person) for row in _about(home, person, classes))
    return (Section("homes", rows),) if rows else ()


def _about(home: models.Property, person: people_models.Person, classes: queries.Classes) -> Iterator[tuple[str, str]]:
    place = home.settlement or home.municipality
    yield "home", f"{home.number} · {' / '.join(dict.fromkeys(label for label in place.labels() if label))}"
    for column, token, context in (
        ("address", home.address_sealed, models.SEALED_ADDRESS),
        ("point", home.point_sealed, models.SEALED_POINT),
        ("cadastral_ref", home.cadastral_sealed, models.SEALED_CADASTRAL),
    ):
        if token:
            yield column, people_queries.unsealed(home.subject, token, context)
    yield "tenure", f"tenure:{home.tenure}"
    yield "inheritance", f"inheritance:{home.inheritance}"
    for share in home.shares.filter(person=person).order_by("pk"):
        yield "share", f"{queries.share_of(share) or '?'} · {_day(share.since)} – {_day(share.until)}"
    houses = people_models.Membership.objects.filter(person=person).values("household")
    for stay in home.occupancies.filter(Q(person=person) | Q(household__in=houses)).order_by("started_on"):
        yield f"occupancy:{stay.kind}", f"{_day(stay.started_on)} – {_day(stay.ended_on)}"
    for assessment in home.assessments.order_by("assessed_on"):
        damage = classes.entry(rules.ClassKind.DAMAGE, assessment.damage_list, assessment.damage)
        note = people_queries.unsealed(home.subject, assessment.note_sealed, models.SEALED_NOTE)
        said = " / ".join((damage.label_sq, damage.label_sr, damage.label_en)) if damage else ""
        yield "damage", " · ".join(filter(None, (_day(assessment.assessed_on), said, note)))
        for name in rules.MEASURED:
            value = getattr(assessment, name)
            if value is not None:
                said = f"yes_no:{value} · " if name == "step_free" else f"{value} · "
                yield name, f"{said}{_day(assessment.assessed_on)}"
    for photo in home.photos.filter(removed_at=None).order_by("pk"):
        caption = people_queries.unsealed(home.subject, photo.caption_sealed, models.SEALED_CAPTION)
        yield "photo", " · ".join(filter(None, (_day(photo.taken_on), caption, f"{photo.width} × {photo.height}")))


def _day(day: dt.date | None) -> str:
    return day.strftime("%d.%m.%Y") if day else ""


# --- to erase ---------------------------------------------------------------------------------------------------------


def erase(subject: uuid.UUID, *, by: Actor, at: dt.datetime) -> None:
    """Nothing links the person to a home any more; a home to which nobody is linked is a tombstone.

    Runs in the caller's transaction, before the room of people, whose memberships say where the household lived.
    """
    person = people.person_of(subject)
    if person is None:
        return
    alone = _households_of_nobody_else(person)
    for home in list(homes_of(person)):
        home.shares.filter(person=person).delete()
        home.occupancies.filter(person=person).update(person=None)
        home.occupancies.filter(household__in=alone).update(household=None)
        if _is_of_somebody(home):
            audit.record(by=by, at=at, room=ROOM, verb="owner erased", object_kind="home", object_key=str(home.pk))
        else:
            _leave_tombstone(home, by, at)


def _households_of_nobody_else(person: people_models.Person) -> list[int]:
    """Households whose only member, now and before, is this person."""
    mine = people_models.Membership.objects.filter(person=person).values_list("household", flat=True)
    others = people_models.Membership.objects.filter(household__in=mine).exclude(person=person)
    return sorted(set(mine) - set(others.values_list("household", flat=True)))


def _is_of_somebody(home: models.Property) -> bool:
    """Whether an owner, a name or somebody who lives or lived there is still linked to the home."""
    lived_in = home.occupancies.filter(Q(person__isnull=False) | Q(household__isnull=False))
    return home.shares.exists() or lived_in.exists()


def _leave_tombstone(home: models.Property, by: Actor, at: dt.datetime) -> None:
    files = list(home.photos.values_list("file", flat=True))
    for related in (home.keys, home.shares, home.occupancies, home.assessments, home.photos):
        related.all().delete()
    blank = models.Property(
        pk=home.pk,
        subject=home.subject,
        municipality_id=home.municipality_id,
        tenure=home.tenure,
        damage=home.damage,
        damage_list=home.damage_list,
        building=home.building,
        building_list=home.building_list,
        keeper_id=home.keeper_id,
        organisation_id=home.organisation_id,
        registered_by_id=home.registered_by_id,
        registered_at=home.registered_at,
        source=home.source,
        version=home.version + 1,
        is_fictional=home.is_fictional,
        erased_at=at,
    )
    blank.save(force_update=True)
    audit.destroy_subject(home.subject, by=by, at=at, reason="home of nobody")
    transaction.on_commit(lambda: _drop(files))


def _drop(files: list[uuid.UUID]) -> None:
    for file in files:
        bridge.drop_photo(file)
