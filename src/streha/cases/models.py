"""Tracks as versions of data, and cases: whom they follow, where they stand, and what happened on the way.

A case has a key of its own: what is written in it is sealed under that key and dies with it. Papers are sealed under
the key of the person they belong to. Who sees a case is decided in ``CaseQuerySet.visible_to`` alone.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from django.db import models

from streha.accounts.bridge import wall
from streha.accounts.bridge.wall import Ground
from streha.accounts.rules import Access, Action, Reach
from streha.cases import rules
from streha.common.codes import FieldClass, Language
from streha.common.words import Words
from streha.people import models as people
from streha.people.models import choices, ground_of

F = FieldClass

SEALED_REASON = "cases.step.reason"
SEALED_NOTE = "cases.note.text"
SEALED_FILE = "cases.file.content"
SEALED_FILE_NAME = "cases.file.name"


class Labelled(models.Model):
    """Something the office named itself, in the four forms of its languages."""

    label_sq = models.CharField(max_length=rules.LABEL_LENGTH)
    label_sr = models.CharField(max_length=rules.LABEL_LENGTH)
    label_sr_latn = models.CharField(max_length=rules.LABEL_LENGTH)
    label_en = models.CharField(max_length=rules.LABEL_LENGTH)

    class Meta:
        abstract = True

    @property
    def label(self) -> Words:
        """The name, to be said in somebody's language."""
        return Words(self.label_sq, self.label_sr, self.label_sr_latn, self.label_en)


# --- tracks -----------------------------------------------------------------------------------------------------------


class Track(models.Model):
    """A kind of case, by its code; what it consists of stands in its versions."""

    code = models.CharField(max_length=30, unique=True)
    is_sensitive = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.code


class TrackVersion(Labelled):
    """A track as it was at a time; cases keep the version with which they were opened."""

    track = models.ForeignKey(Track, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    source = models.CharField(max_length=300)
    note = models.CharField(max_length=300, blank=True)
    verified_by = models.CharField(max_length=120, blank=True)
    verified_on = models.DateField(null=True, blank=True)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["track", "number"], name="cases_trackversion_once"),
            models.CheckConstraint(
                condition=models.Q(verified_by="", verified_on=None)
                | (~models.Q(verified_by="") & models.Q(verified_on__isnull=False)),
                name="cases_trackversion_verified_by_and_on",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.track_id} v{self.number}"


class Stage(Labelled):
    """One stage of a version."""

    version = models.ForeignKey(TrackVersion, models.CASCADE, related_name="stages")
    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=30)
    days = models.PositiveSmallIntegerField(null=True, blank=True)
    is_optional = models.BooleanField(default=False)
    is_final = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="cases_stage_position_once"),
            models.UniqueConstraint(fields=["version", "code"], name="cases_stage_code_once"),
        ]

    def __str__(self) -> str:
        return self.code


class StageMover(models.Model):
    """A role that may move a case into a stage."""

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="movers")
    role = models.CharField(max_length=30)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stage", "role"], name="cases_stagemover_once")]

    def __str__(self) -> str:
        return self.role


class TrackPaper(Labelled):
    """A paper that a version asks for before a stage."""

    version = models.ForeignKey(TrackVersion, models.CASCADE, related_name="papers")
    stage = models.ForeignKey(Stage, models.CASCADE, related_name="papers")
    code = models.CharField(max_length=30)
    of = models.CharField(max_length=10, choices=choices(rules.PaperOf))
    is_optional = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "code"], name="cases_trackpaper_once")]

    def __str__(self) -> str:
        return self.code


class LetterTemplate(models.Model):
    """The words of a letter in one language, by version; unsigned until a named reviewer has read it."""

    code = models.CharField(max_length=30)
    language = models.CharField(max_length=8, choices=choices(Language))
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    opening = models.TextField()
    closing = models.TextField()
    signed_by = models.CharField(max_length=120, blank=True)
    signed_on = models.DateField(null=True, blank=True)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "language", "number"], name="cases_lettertemplate_once"),
            models.CheckConstraint(
                condition=models.Q(signed_by="", signed_on=None)
                | (~models.Q(signed_by="") & models.Q(signed_on__isnull=False)),
                name="cases_lettertemplate_signed_by_and_on",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.language} v{self.number}"


# --- cases ------------------------------------------------------------------------------------------------------------


COLUMNS = ("person__keeper_id", "team_id", "owner_id")


def shielding() -> models.Q:
    """Cases that follow or ever covered somebody shielded, or whose record was merged into one that is."""
    return OF_SHIELDED.q()


OF_SHIELDED = wall.Look(
    "cases_case_of_shielded",
    lambda here: [
        Case.objects.filter(people.shielded_or_merged(), pk=here),
        CaseMember.objects.filter(people.shielded_or_merged(), case=here),
    ],
)


def seen_q(seen: Ground, shielded: Ground, sensitive: Ground, hidden: models.Q, prefix: str = "") -> models.Q:
    """The policy on a case: kept where the person's record is, of one's organisation, or of one's own caseload.

    One that covers a shielded person answers to who may view shielded people, a sensitive one to who may view sensitive
    cases, in the same scope; one of an erased person to nobody.
    """
    return (
        seen.q(prefix, COLUMNS)
        & (~hidden | shielded.q(prefix, COLUMNS))
        & (models.Q(**{f"{prefix}is_sensitive": False}) | sensitive.q(prefix, COLUMNS))
        & models.Q(**{f"{prefix}erased_at": None})
    )


def seen_by_whom_asks(prefix: str = "") -> models.Q:
    """The same policy as the second wall reads it from the session, of a row that may not stand yet."""
    covered = CaseMember.objects.filter(people.shielded_or_merged(), case=models.OuterRef(f"{prefix}pk"))
    hidden = people.shielded_or_merged(f"{prefix}person__") | models.Q(wall.OfEach(covered))
    shielded, sensitive = wall.announced(Reach.SHIELDED), wall.announced(Reach.SENSITIVE)
    return seen_q(wall.announced(Reach.CASES), shielded, sensitive, hidden, prefix)


def any_seen_by_whom_asks() -> models.Q:
    """Who sees every case, whosever it is, need not be asked about one."""
    everywhere = (wall.said(f"{reach}_everywhere") for reach in (Reach.CASES, Reach.SHIELDED, Reach.SENSITIVE))
    return functools.reduce(operator.and_, everywhere) & models.Q(erased_at=None)


def of_cases() -> list[models.QuerySet[Any]]:
    """Cases that follow or cover a person, or whose record was merged into theirs."""
    person = models.OuterRef("pk")
    return [
        CaseMember.objects.filter(person=person),
        Case.objects.filter(person=person),
        CaseMember.objects.filter(person__canonical=person),
        Case.objects.filter(person__canonical=person),
    ]


def of_seen_cases() -> list[models.QuerySet[Any]]:
    """Cases that the viewer sees, and that follow or cover a person; or one whose record was merged into theirs."""
    person = models.OuterRef("pk")
    return [
        Case.objects.filter(seen_by_whom_asks(), person=person),
        Case.objects.filter(seen_by_whom_asks(), person__canonical=person),
        CaseMember.objects.filter(seen_by_whom_asks("case__"), person=person),
        CaseMember.objects.filter(seen_by_whom_asks("case__"), person__canonical=person),
    ]


class CaseQuerySet(models.QuerySet["Case"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.CASE_VIEW) -> Self:
        """Cases on which the access carries the action; see ``seen_q``."""
        if not access.allows(action):
            return self.none()
        shielded, sensitive = ground_of(access, Action.SHIELDED_VIEW), ground_of(access, Action.CASE_SENSITIVE)
        return self.filter(seen_q(ground_of(access, action), shielded, sensitive, shielding()))

    def open(self) -> Self:
        """Those that go on."""
        return self.filter(state=rules.CaseState.OPEN)


class Case(models.Model):
    """A reason to follow one person, or one household for which that person speaks, along a track."""

    WALL = wall.rule(
        seen_by_whom_asks,
        asked_beyond=True,
        spared_by=any_seen_by_whom_asks,
        looks=(OF_SHIELDED,),
        shows=(wall.Shown(people.Person, Reach.CASES, people.unless_shielded, of_cases, of_seen_cases),),
    )

    subject = models.UUIDField(unique=True, editable=False)
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="cases")
    household = models.ForeignKey("people.Household", models.PROTECT, null=True, blank=True, related_name="cases")
    home = models.ForeignKey("homes.Property", models.SET_NULL, null=True, blank=True, related_name="cases")
    track = models.ForeignKey(Track, models.PROTECT, related_name="cases")
    version = models.ForeignKey(TrackVersion, models.PROTECT, related_name="cases")
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="cases")
    is_sensitive = models.BooleanField(default=False)
    owner = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="cases", db_index=False
    )
    team = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, blank=True, related_name="cases")
    state = models.CharField(max_length=10, choices=choices(rules.CaseState), default=rules.CaseState.OPEN.value)
    outcome = models.CharField(max_length=12, blank=True, choices=choices(rules.Outcome))
    due_on = models.DateField()
    opened_on = models.DateField()
    opened_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    closed_on = models.DateField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=1)
    source = models.CharField(max_length=20, default="office")
    erased_at = models.DateTimeField(null=True, blank=True)
    is_fictional = models.BooleanField(default=False)

    objects: ClassVar[CaseQuerySet] = CaseQuerySet.as_manager()  # type: ignore[assignment]

    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "household": F.IDENTITY,
        "home": F.HOME_LOCATION,
        "track": F.IDENTITY,
        "version": F.IDENTITY,
        "stage": F.IDENTITY,
        "is_sensitive": F.PROTECTION,
        "state": F.IDENTITY,
        "outcome": F.IDENTITY,
        "due_on": F.IDENTITY,
        "opened_on": F.IDENTITY,
        "closed_on": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset(
        {
            "id",
            "subject",
            "person",
            "owner",
            "team",
            "opened_by",
            "revision",
            "source",
            "erased_at",
            "is_fictional",
        }
    )

    class Meta:
        indexes = [
            models.Index(fields=["state", "due_on", "id"], name="cases_case_by_due"),
            models.Index(fields=["owner", "state", "due_on", "id"], name="cases_case_by_owner"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="open", closed_on=None, outcome="")
                | (models.Q(state="closed", closed_on__isnull=False) & ~models.Q(outcome="")),
                name="cases_case_closed_has_outcome",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_on=None) | models.Q(closed_on__gte=models.F("opened_on")),
                name="cases_case_closed_after_opened",
            ),
            models.UniqueConstraint(
                fields=["person", "track"],
                condition=models.Q(state="open", erased_at=None),
                name="cases_one_open_case_of_a_track",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number people read out: C-0000412."""
        return rules.case_number(self.pk)


class CaseMember(models.Model):
    """Somebody whom a case covers, from and until; the household may go its own ways meanwhile."""

    WALL = wall.through("case")

    case = models.ForeignKey(Case, models.CASCADE, related_name="members")
    person = models.ForeignKey("people.Person", models.CASCADE, related_name="case_memberships")
    started_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)

    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {"started_on": F.IDENTITY, "ended_on": F.IDENTITY}
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "case", "person"})

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "person"], condition=models.Q(ended_on=None), name="cases_casemember_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.case_id}"


class CaseStep(models.Model):
    """That a case entered a stage, was handed over, closed or opened again: the line of its way."""

    WALL = wall.through("case")

    class Kind(models.TextChoices):
        OPENED = "opened"
        MOVED = "moved"
        ASSIGNED = "assigned"
        CLOSED = "closed"
        REOPENED = "reopened"
        SPLIT = "split"
        HANDED = "handed"

    case = models.ForeignKey(Case, models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="+")
    owner = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=12, blank=True)
    reason_sealed = models.BinaryField(null=True, editable=False)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.at:%Y-%m-%d}"


class CasePaper(models.Model):
    """A paper on file: whose, since when, checked or refused by whom, valid until when."""

    WALL = wall.through("case")

    case = models.ForeignKey(Case, models.CASCADE, related_name="papers")
    paper = models.ForeignKey(TrackPaper, models.PROTECT, related_name="+")
    person = models.ForeignKey("people.Person", models.CASCADE, null=True, blank=True, related_name="case_papers")
    state = models.CharField(max_length=10, choices=choices(rules.KEPT_STATES))
    received_on = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    judged_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    judged_at = models.DateTimeField(null=True, blank=True)
    noted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    noted_at = models.DateTimeField()

    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "paper": F.IDENTITY,
        "state": F.IDENTITY,
        "received_on": F.IDENTITY,
        "valid_until": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset(
        {"id", "case", "person", "judged_by", "judged_at", "noted_by", "noted_at"}
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "paper", "person"], name="cases_casepaper_once_each"),
            models.UniqueConstraint(
                fields=["case", "paper"], condition=models.Q(person=None), name="cases_casepaper_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} paper {self.paper_id}"


class PaperFile(models.Model):
    """A file brought as a paper: content and name sealed under the key ``subject``, of its person or of its case."""

    WALL = wall.through("paper")

    paper = models.ForeignKey(CasePaper, models.CASCADE, related_name="files")
    subject = models.UUIDField(editable=False)
    content_sealed = models.BinaryField(editable=False)
    name_sealed = models.BinaryField(editable=False)
    kind = models.CharField(max_length=10)
    size = models.PositiveIntegerField()
    brought_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    brought_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.size}"


class CaseNote(models.Model):
    """What somebody wrote down in a case: sealed under the case's key."""

    WALL = wall.through("case")

    case = models.ForeignKey(Case, models.CASCADE, related_name="notes")
    sealed = models.BinaryField(editable=False)
    noted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    noted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"note {self.pk}"


from streha.cases.feedback import models as feedback  # noqa: E402, F401 - tables of a folder of this room

# The tables of plans, referrals and labour stand in their own modules; Django finds a room's tables here.
from streha.cases.labour import models as labour  # noqa: E402, F401
from streha.cases.plans import models as plans  # noqa: E402, F401
from streha.cases.referrals import models as referrals  # noqa: E402, F401
