"""Reads of institutions: lists, one with all that was done with it, meetings, tasks, training."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet, Sum

from streha.accounts import models as accounts
from streha.accounts.rules import POLICY, Access, Action
from streha.audit import actions as audit
from streha.common import errors, pages
from streha.common.codes import FieldClass
from streha.common.pages import PAGE_SIZE, Page
from streha.institutions import models, rules
from streha.people import queries as people
from streha.places import queries as places

MOST_ROWS = 200


def carries(access: Access, action: Action, kept: models.Body | models.Training) -> bool:
    """Whether the action is carried where this is kept."""
    record = people.Record(kept.keeper_id, kept.organisation_id, kept.registered_by_id, "")
    return people.carries(access, action, record)


# --- institutions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class InstitutionFilter:
    """What a list of institutions is narrowed to."""

    kind: str = ""
    text: str = ""
    area_id: int | None = None
    ended: bool = False


def institutions_page(
    access: Access, wanted: InstitutionFilter, *, after: str = "", limit: int = PAGE_SIZE
) -> Page[models.Institution]:
    """One page of institutions by name; they are public and seen by everybody who works with them."""
    access.require(Action.INSTITUTION_VIEW)
    rows = models.Institution.objects.filter(ended_on__isnull=not wanted.ended)
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.text:
        rows = rows.filter(
            Q(name__icontains=wanted.text) | Q(name_sr__icontains=wanted.text) | Q(name_en__icontains=wanted.text)
        )
    if wanted.area_id is not None:
        rows = rows.filter(area_id__in=sorted(places.subtree_ids([wanted.area_id])))
    if after:
        rows = rows.filter(name__gt=after)
    found = list(rows.select_related("area").order_by("name")[: limit + 1])
    return Page(tuple(found[:limit]), found[limit - 1].name if len(found) > limit else "")


def visible_institution(access: Access, pk: int) -> models.Institution:
    """The institution; raises NotFound for one that is not there."""
    access.require(Action.INSTITUTION_VIEW)
    found = models.Institution.objects.select_related("area", "organisation").filter(pk=pk).first()
    if found is None:
        raise errors.NotFound()
    return found


@dataclass(frozen=True)
class ContactShown:
    """A contact in clear."""

    contact: models.Contact
    name: str
    phone: str
    email: str


@dataclass(frozen=True)
class InstitutionPage:
    """An institution with its contacts and what was done with it, as one viewer sees it."""

    institution: models.Institution
    contacts: tuple[ContactShown, ...]
    bodies: tuple[models.Body, ...]
    meetings: tuple[models.Meeting, ...]
    trainings: tuple[models.TrainingReach, ...]
    trained: int


def institution_page(access: Access, pk: int, *, at: dt.datetime) -> InstitutionPage:
    """Everything about an institution; that its contacts were looked at is on record."""
    institution = visible_institution(access, pk)
    contacts = list(models.Contact.objects.visible_to(access).filter(institution=institution).order_by("pk"))
    if contacts:
        audit.looked(
            by=access.actor,
            at=at,
            verb="opened",
            subjects=[contact.subject for contact in contacts],
            classes=[FieldClass.CONTACT],
            where="institution",
        )
    meetings = models.Meeting.objects.visible_to(access).filter(participants__institution=institution)
    mine = models.Training.objects.visible_to(access).values("pk")
    trainings = models.TrainingReach.objects.filter(institution=institution, training__in=mine)
    bodies = models.Body.objects.visible_to(access).filter(members__institution=institution)
    return InstitutionPage(
        institution,
        tuple(shown(contacts)),
        tuple(bodies.order_by("name")),
        tuple(meetings.distinct().select_related("body").order_by("-day", "-pk")[:MOST_ROWS]),
        tuple(trainings.select_related("training").order_by("-training__first_day")[:MOST_ROWS]),
        trainings.aggregate(all=Sum("number"))["all"] or 0,
    )


def shown(contacts: Sequence[models.Contact]) -> Iterator[ContactShown]:
    """Contacts in clear."""
    for contact in contacts:
        yield ContactShown(
            contact,
            people.unsealed(contact.subject, contact.name_sealed, models.SEALED_NAME),
            people.unsealed(contact.subject, contact.phone_sealed, models.SEALED_PHONE),
            people.unsealed(contact.subject, contact.email_sealed, models.SEALED_EMAIL),
        )


def contact_names(access: Access, contact_ids: Sequence[int]) -> dict[int, str]:
    """Names of contacts by id, as far as the viewer may know them."""
    rows = models.Contact.objects.visible_to(access).filter(pk__in=contact_ids)
    return {each.contact.pk: each.name for each in shown(list(rows))}


# --- bodies and meetings ----------------------------------------------------------------------------------------------


def bodies(access: Access) -> list[models.Body]:
    """Bodies that meet, visible to the viewer."""
    rows = models.Body.objects.visible_to(access).filter(ended_on=None)
    return list(rows.select_related("keeper").order_by("name")[:MOST_ROWS])


def visible_body(access: Access, pk: int) -> models.Body:
    """The body with its members; raises NotFound for one that does not exist for this viewer."""
    found = models.Body.objects.visible_to(access).select_related("keeper").filter(pk=pk).first()
    if found is None:
        raise errors.NotFound()
    return found


def meetings_page(
    access: Access, *, body_id: int | None = None, after: str = "", limit: int = PAGE_SIZE
) -> Page[models.Meeting]:
    """One page of meetings, the latest first."""
    rows = models.Meeting.objects.visible_to(access)
    if body_id is not None:
        rows = rows.filter(body_id=body_id)
    if after:
        day, pk = pages.day_of(after)
        rows = rows.filter(Q(day__lt=day) | Q(day=day, pk__lt=pk), day__lte=day)
    found = list(rows.select_related("body__keeper").order_by("-day", "-pk")[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return Page(tuple(found[:limit]), pages.key(last.day, last.pk) if last else "")


@dataclass(frozen=True)
class There:
    """Somebody at a meeting, by the name the viewer may know."""

    institution: models.Institution | None
    name: str


@dataclass(frozen=True)
class MeetingPage:
    """A meeting as one viewer sees it."""

    meeting: models.Meeting
    agenda: tuple[models.AgendaItem, ...]
    there: tuple[There, ...]
    tasks: tuple[tuple[models.Task, rules.Due], ...]
    may_work: bool

    @property
    def is_planned(self) -> bool:
        """Whether it has still to be held."""
        return self.meeting.state == rules.MeetingState.PLANNED


def visible_meeting(access: Access, pk: int) -> models.Meeting:
    """The meeting; raises NotFound for one that does not exist for this viewer."""
    rows = models.Meeting.objects.visible_to(access).select_related("body__keeper", "minutes_by")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise errors.NotFound()
    return found


def meeting_page(access: Access, pk: int, *, at: dt.datetime) -> MeetingPage:
    """A meeting with agenda, who was there, minutes and tasks."""
    meeting = visible_meeting(access, pk)
    people_there = list(meeting.participants.select_related("institution", "user").order_by("pk"))
    names = contact_names(access, [each.contact_id for each in people_there if each.contact_id])
    if names:
        seen = models.Contact.objects.filter(pk__in=list(names)).values_list("subject", flat=True)
        audit.looked(
            by=access.actor,
            at=at,
            verb="opened",
            subjects=list(seen),
            classes=[FieldClass.IDENTITY],
            where="meeting",
        )
    tasks = meeting.tasks.select_related("owner").order_by("due_on", "pk")
    return MeetingPage(
        meeting,
        tuple(meeting.agenda.all()),
        tuple(
            There(each.institution, str(each.user) if each.user else names.get(each.contact_id or 0, ""))
            for each in people_there
        ),
        tuple((task, rules.how_due(task.due_on, at.date())) for task in tasks),
        carries(access, Action.INSTITUTION_WORK, meeting.body),
    )


# --- tasks ------------------------------------------------------------------------------------------------------------


def own_tasks(access: Access) -> QuerySet[models.Task]:
    """Open tasks of the viewer's own, the next one first."""
    if access.user_id is None or not access.allows(Action.INSTITUTION_VIEW):
        return models.Task.objects.none()
    rows = models.Task.objects.filter(owner_id=access.user_id, state=rules.TaskState.OPEN)
    return rows.select_related("meeting__body").order_by("due_on", "pk")


def tasks_late(access: Access, today: dt.date) -> QuerySet[models.Task]:
    """Those whose day has passed."""
    return own_tasks(access).filter(due_on__lt=today)


def tasks_soon(access: Access, today: dt.date) -> QuerySet[models.Task]:
    """Those due within a week."""
    return own_tasks(access).filter(due_on__gte=today, due_on__lte=today + rules.SOON)


def owners() -> list[accounts.User]:
    """Colleagues who work with institutions."""
    working = [role.value for role, held in POLICY.items() if Action.INSTITUTION_VIEW in held.actions]
    found = accounts.User.objects.filter(is_active=True, grants__role__in=working, grants__withdrawn_at=None)
    return list(found.distinct().order_by("full_name")[:MOST_ROWS])


# --- training ---------------------------------------------------------------------------------------------------------


def trainings_page(access: Access, *, after: str = "", limit: int = PAGE_SIZE) -> Page[models.Training]:
    """One page of training, the latest first."""
    rows = models.Training.objects.visible_to(access)
    if after:
        day, pk = pages.day_of(after)
        rows = rows.filter(Q(first_day__lt=day) | Q(first_day=day, pk__lt=pk), first_day__lte=day)
    found = list(rows.select_related("keeper").order_by("-first_day", "-pk")[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return Page(tuple(found[:limit]), pages.key(last.first_day, last.pk) if last else "")


def visible_training(access: Access, pk: int) -> models.Training:
    """The training; raises NotFound for one that does not exist for this viewer."""
    found = models.Training.objects.visible_to(access).select_related("keeper", "registered_by").filter(pk=pk).first()
    if found is None:
        raise errors.NotFound()
    return found


def reached(training: models.Training) -> list[models.TrainingReach]:
    """Institutions that a training reached, with how many people."""
    return list(training.reached.select_related("institution").order_by("institution__name"))


def rows_for_export(access: Access) -> Iterator[models.Training]:
    """All training visible to the asker, in order."""
    rows = models.Training.objects.visible_to(access).select_related("keeper").prefetch_related("reached__institution")
    return iter(rows.order_by("first_day", "pk").iterator(chunk_size=500))


@dataclass(frozen=True)
class Sums:
    """Who was reached by training in all that is visible to the viewer."""

    trainings: int
    women: int
    men: int
    others: int
    institutions: int
    civil_society: int


def sums(access: Access, since: dt.date, until: dt.date) -> Sums:
    """Training that began in a period: how many, how many people by sex, and how many institutions it reached."""
    rows = models.Training.objects.visible_to(access).filter(first_day__gte=since, first_day__lte=until)
    people_of = rows.aggregate(women=Sum("women"), men=Sum("men"), others=Sum("others"))
    reach = models.TrainingReach.objects.filter(training__in=rows.values("pk"))
    there = set(reach.values_list("institution_id", "institution__kind"))
    return Sums(
        rows.count(),
        people_of["women"] or 0,
        people_of["men"] or 0,
        people_of["others"] or 0,
        len(there),
        sum(kind in rules.CIVIL_SOCIETY for _pk, kind in there),
    )
