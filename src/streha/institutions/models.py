"""Institutions, contacts, bodies, meetings with agenda, people and minutes, tasks, and training with who was reached.

Names, phones and addresses of contacts are sealed under a key of their own, so that forgetting one is real. Minutes and
agendas are plain text about the work, never about people in care: the pages say so where they are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from django.db import models

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action, Reach
from streha.common.codes import FieldClass
from streha.institutions import rules
from streha.people.models import choices, ground_of

F = FieldClass

SEALED_NAME = "institutions.contact.name"
SEALED_PHONE = "institutions.contact.phone"
SEALED_EMAIL = "institutions.contact.email"


# --- institutions and their contacts ----------------------------------------------------------------------------------


class Institution(models.Model):
    """An institution or organisation the office works with: public, so everybody who works with them sees all."""

    name = models.CharField(max_length=rules.NAME_LENGTH, unique=True)
    name_sr = models.CharField(max_length=rules.NAME_LENGTH, blank=True)
    name_en = models.CharField(max_length=rules.NAME_LENGTH, blank=True)
    kind = models.CharField(max_length=16, choices=choices(rules.Kind))
    area = models.ForeignKey("places.Area", models.PROTECT, null=True, blank=True, related_name="+")
    organisation = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, null=True, blank=True, related_name="+"
    )  # whose people log in here
    note = models.CharField(max_length=rules.NOTE_LENGTH, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    is_fictional = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["kind", "name"], name="institutions_by_kind")]

    def __str__(self) -> str:
        return str(self.name)


class ContactQuerySet(models.QuerySet["Contact"]):
    """Reads start here."""

    def visible_to(self, access: Access) -> Self:
        """Contacts, for who works with institutions and may read contacts."""
        knowing = access.knowing(FieldClass.CONTACT)
        if not knowing.allows(Action.INSTITUTION_VIEW):
            return self.none()
        return self.filter(erased_at=None)


def who_knows_contacts() -> models.Q:
    """The same as the second wall asks it."""
    return wall.said(*(f"{Reach.CONTACTS}_{kind}" for kind in wall.KINDS))


class Contact(models.Model):
    """Somebody who speaks for an institution: sealed under a key of their own; ended, not deleted, until forgotten."""

    subject = models.UUIDField(unique=True, editable=False)
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="contacts")
    function = models.CharField(max_length=rules.NAME_LENGTH, blank=True)
    name_sealed = models.BinaryField(null=True, editable=False)
    phone_sealed = models.BinaryField(null=True, editable=False)
    email_sealed = models.BinaryField(null=True, editable=False)
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)
    noted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    noted_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ContactQuerySet] = ContactQuerySet.as_manager()  # type: ignore[assignment]

    WALL = wall.rule(who_knows_contacts)
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "function": F.IDENTITY,
        "name_sealed": F.IDENTITY,
        "phone_sealed": F.CONTACT,
        "email_sealed": F.CONTACT,
        "since": F.IDENTITY,
        "until": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset(
        {"id", "subject", "institution", "noted_by", "noted_at", "erased_at"}
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until=None) | models.Q(since=None) | models.Q(until__gte=models.F("since")),
                name="institutions_contact_ends_after_start",
            )
        ]

    def __str__(self) -> str:
        return f"contact {self.pk}"


# --- what is kept for an area -----------------------------------------------------------------------------------------


class Kept(models.Model):
    """Something that the office keeps for an area."""

    keeper = models.ForeignKey("places.Area", models.PROTECT, related_name="+")
    organisation = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, related_name="+")
    registered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField()
    is_fictional = models.BooleanField(default=False)

    class Meta:
        abstract = True


def kept_q(access: Access, action: Action) -> models.Q:
    """Rows kept where the access carries the action."""
    return ground_of(access, action).q() if access.allows(action) else models.Q(pk__in=[])


class BodyQuerySet(models.QuerySet["Body"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.INSTITUTION_VIEW) -> Self:
        """Bodies kept where the access carries the action."""
        return self.filter(kept_q(access, action))


class Body(Kept):
    """A working group, task force or commission: what it stands on, and which institutions sit in it."""

    name = models.CharField(max_length=rules.NAME_LENGTH)
    kind = models.CharField(max_length=16, choices=choices(rules.BodyKind))
    basis = models.CharField(max_length=300, blank=True)
    ended_on = models.DateField(null=True, blank=True)

    objects: ClassVar[BodyQuerySet] = BodyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(Kept.Meta):
        verbose_name_plural = "bodies"
        constraints = [models.UniqueConstraint(fields=["keeper", "name"], name="institutions_body_once")]

    def __str__(self) -> str:
        return str(self.name)


class BodyMember(models.Model):
    """An institution that sits in a body."""

    body = models.ForeignKey(Body, models.CASCADE, related_name="members")
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="bodies")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["body", "institution"], name="institutions_member_once")]

    def __str__(self) -> str:
        return f"{self.institution_id} in {self.body_id}"


# --- meetings and tasks -----------------------------------------------------------------------------------------------


class MeetingQuerySet(models.QuerySet["Meeting"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.INSTITUTION_VIEW) -> Self:
        """Meetings of bodies that the viewer sees."""
        return self.filter(body__in=Body.objects.visible_to(access, action).values("pk"))


class Meeting(models.Model):
    """A meeting of a body: planned, held with minutes, or cancelled."""

    body = models.ForeignKey(Body, models.PROTECT, related_name="meetings")
    day = models.DateField()
    venue = models.CharField(max_length=rules.NAME_LENGTH, blank=True)
    state = models.CharField(
        max_length=10, choices=choices(rules.MeetingState), default=rules.MeetingState.PLANNED.value
    )
    minutes = models.TextField(blank=True)
    minutes_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    minutes_at = models.DateTimeField(null=True, blank=True)
    registered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField()
    revision = models.PositiveIntegerField(default=1)
    is_fictional = models.BooleanField(default=False)

    objects: ClassVar[MeetingQuerySet] = MeetingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = [models.Index(fields=["-day", "-id"], name="institutions_meeting_by_day")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(minutes="", minutes_at=None)
                | (models.Q(state="held", minutes_at__isnull=False) & ~models.Q(minutes="")),
                name="institutions_minutes_of_what_was_held",
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number people read out: M-0000012."""
        return f"M-{self.pk:07d}"


class AgendaItem(models.Model):
    """One point of an agenda, and what was concluded."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="agenda")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=rules.NAME_LENGTH)
    conclusion = models.CharField(max_length=rules.NOTE_LENGTH, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["meeting", "position"], name="institutions_agenda_once")]

    def __str__(self) -> str:
        return str(self.title)


class Participant(models.Model):
    """Who was at a meeting: a contact, a user of the office, or somebody of an institution who is not named."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="participants")
    institution = models.ForeignKey(Institution, models.PROTECT, null=True, related_name="participations")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="+")
    user = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(institution__isnull=False, user=None)
                | models.Q(institution=None, contact=None, user__isnull=False),
                name="institutions_participant_is_one",
            ),
            models.UniqueConstraint(fields=["meeting", "contact"], name="institutions_contact_there_once"),
            models.UniqueConstraint(fields=["meeting", "user"], name="institutions_user_there_once"),
        ]

    def __str__(self) -> str:
        return f"participant {self.pk}"


class TaskQuerySet(models.QuerySet["Task"]):
    """Reads start here."""

    def visible_to(self, access: Access) -> Self:
        """Tasks of meetings that the viewer sees, and the viewer's own."""
        seen = models.Q(meeting__in=Meeting.objects.visible_to(access).values("pk"))
        if access.user_id is not None and access.held:
            seen |= models.Q(owner_id=access.user_id)
        return self.filter(seen)


class Task(models.Model):
    """What somebody took on at a meeting, until when, and whether it was done."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="tasks")
    title = models.CharField(max_length=rules.NAME_LENGTH)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+", db_index=False)
    due_on = models.DateField()
    state = models.CharField(max_length=8, choices=choices(rules.TaskState), default=rules.TaskState.OPEN.value)
    ended_on = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=rules.NOTE_LENGTH, blank=True)

    objects: ClassVar[TaskQuerySet] = TaskQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = [models.Index(fields=["owner", "state", "due_on"], name="institutions_task_by_owner")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="open", ended_on=None)
                | (~models.Q(state="open") & models.Q(ended_on__isnull=False)),
                name="institutions_task_ended_on",
            )
        ]

    def __str__(self) -> str:
        return str(self.title)


# --- training ---------------------------------------------------------------------------------------------------------


class TrainingQuerySet(models.QuerySet["Training"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.INSTITUTION_VIEW) -> Self:
        """Training kept where the access carries the action."""
        return self.filter(kept_q(access, action))


class Training(Kept):
    """Training given to institutions or civil society: by whom, when, and how many people by sex."""

    title = models.CharField(max_length=rules.NAME_LENGTH)
    provider = models.CharField(max_length=rules.NAME_LENGTH)
    first_day = models.DateField()
    last_day = models.DateField()
    women = models.PositiveIntegerField()
    men = models.PositiveIntegerField()
    others = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=rules.NOTE_LENGTH, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[TrainingQuerySet] = TrainingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(Kept.Meta):
        indexes = [models.Index(fields=["-first_day", "-id"], name="institutions_training_by_day")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")), name="institutions_training_ends_after_start"
            )
        ]

    def __str__(self) -> str:
        return str(self.title)

    @property
    def total(self) -> int:
        """How many people took part."""
        return int(self.women + self.men + self.others)


class TrainingReach(models.Model):
    """How many people of an institution were at a training."""

    training = models.ForeignKey(Training, models.CASCADE, related_name="reached")
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="trainings")
    number = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["training", "institution"], name="institutions_reached_once")]

    def __str__(self) -> str:
        return f"{self.number} of {self.institution_id}"
