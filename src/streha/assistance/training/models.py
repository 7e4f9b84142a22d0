"""Tables of courses: the course, its sessions, who takes part, who was there when, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from django.db import models

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.assistance.grants.rules import Sector
from streha.assistance.training import rules
from streha.common.codes import FieldClass
from streha.homes.models import hidden_people
from streha.people.models import choices, ground_of, kept_q

F = FieldClass


class CourseQuerySet(models.QuerySet["Course"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.COURSE_VIEW) -> Self:
        """Courses kept where the access carries the action."""
        return self.filter(ground_of(access, action).q())


class Course(models.Model):
    """A course for people: what it teaches, who gives it, when, for how many."""

    title = models.CharField(max_length=160)
    provider = models.ForeignKey("institutions.Institution", models.PROTECT, related_name="+")
    sector = models.CharField(max_length=16, choices=choices(Sector))
    keeper = models.ForeignKey("places.Area", models.PROTECT, related_name="+")
    organisation = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, related_name="+")
    registered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField()
    first_day = models.DateField()
    last_day = models.DateField()
    places = models.PositiveSmallIntegerField()
    hours = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    is_fictional = models.BooleanField(default=False)

    objects: ClassVar[CourseQuerySet] = CourseQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = [models.Index(fields=["-first_day", "-id"], name="assistance_course_by_day")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")), name="assistance_course_days_in_order"
            ),
            models.CheckConstraint(condition=models.Q(places__gt=0), name="assistance_course_has_places"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def number(self) -> str:
        """The number people read out: CO-0007."""
        return rules.course_number(self.pk)


class CourseSession(models.Model):
    """One day of a course, and whether its attendance was noted."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="sessions")
    day = models.DateField()
    topic = models.CharField(max_length=160, blank=True)
    noted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["course", "day"], name="assistance_coursesession_once")]

    def __str__(self) -> str:
        return f"{self.day}"


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.COURSE_VIEW) -> Self:
        """Enrolments of people on whom the access carries the action."""
        seen = self.filter(kept_q(access, action, "person__"))
        return seen.exclude(hidden_people(access, "person__canonical__"), person__canonical__isnull=False)


class Enrolment(models.Model):
    """Somebody takes part in a course."""

    course = models.ForeignKey(Course, models.PROTECT, related_name="enrolments")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    enrolled_on = models.DateField()
    took = models.CharField(max_length=10, choices=choices(rules.Took), default=rules.Took.ENROLLED)
    certified_on = models.DateField(null=True, blank=True)

    objects: ClassVar[EnrolmentQuerySet] = EnrolmentQuerySet.as_manager()  # type: ignore[assignment]

    WALL = wall.through("person")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "person": F.IDENTITY,
        "enrolled_on": F.IDENTITY,
        "took": F.IDENTITY,
        "certified_on": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "course"})

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["course", "person"], name="assistance_enrolment_once"),
            models.CheckConstraint(
                condition=models.Q(took="certified", certified_on__isnull=False)
                | (~models.Q(took="certified") & models.Q(certified_on=None)),
                name="assistance_enrolment_certified_has_day",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number of the certificate: CE-000123."""
        return rules.certificate_number(self.pk)


class Attendance(models.Model):
    """Who was there at a session."""

    session = models.ForeignKey(CourseSession, models.CASCADE, related_name="attendance")
    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="attendance")

    WALL = wall.through("enrolment")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "enrolment"], name="assistance_attendance_once")]

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.session_id}"


class CourseOutcome(models.Model):
    """What came of a course for somebody, asked so many months after it."""

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="outcomes")
    months = models.PositiveSmallIntegerField()
    asked_on = models.DateField()
    came_of = models.CharField(max_length=12, choices=choices(rules.CameOf))

    WALL = wall.through("enrolment")

    class Meta:
        ordering = ["months"]
        constraints = [models.UniqueConstraint(fields=["enrolment", "months"], name="assistance_courseoutcome_once")]

    def __str__(self) -> str:
        return f"{self.months}: {self.came_of}"
