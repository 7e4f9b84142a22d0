"""Tables of selections: grids, calls, applications, scorings, sessions, and the frozen lists they end in.

What an application says lives in rows that erasure deletes. What a selection was decided on is frozen twice: sealed,
person by person under each one's own key, and as bare numbers (points, ties, verdicts) that go on ranking when the keys
are gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action, Reach
from streha.assistance.selections import rules
from streha.common import money
from streha.common.codes import FieldClass
from streha.people import models as people
from streha.people import rules as people_rules
from streha.people.models import choices

F = FieldClass

SEALED_APPLICATION = "assistance.ranked.sealed"
SEALED_MEMBER = "assistance.rankedmember.sealed"
SEALED_REASON = "assistance.scorepoint.reason"
SEALED_GROUNDS = "assistance.appeal.grounds"
SEALED_BOND = "assistance.conflict.said"
SEALED_FILE = "assistance.applicationfile.content"
SEALED_FILE_NAME = "assistance.applicationfile.name"
SEALED_REFERENCE = "assistance.applicationpaper.reference"


# --- the grid -----------------------------------------------------------------------------------------------------


class Grid(models.Model):
    """One version of a grid. Editable while it is a draft; once a call uses it, a change makes a new version."""

    code = models.SlugField(max_length=40)
    version = models.PositiveIntegerField()
    name = models.CharField(_("name"), max_length=120)
    source = models.CharField(_("source"), max_length=300, blank=True)
    is_example = models.BooleanField(default=False)
    verified = models.BooleanField(default=False)
    verified_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    verified_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    is_frozen = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="assistance_grid_version_once"),
            models.CheckConstraint(
                condition=models.Q(verified=False) | ~models.Q(source=""), name="assistance_grid_verified_has_source"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"


class Criterion(models.Model):
    """What points are given for, at most so many, with which evidence."""

    grid = models.ForeignKey(Grid, models.CASCADE, related_name="criteria")
    position = models.PositiveSmallIntegerField()
    code = models.SlugField(max_length=40)
    most = models.PositiveSmallIntegerField()
    evidence = models.CharField(max_length=24, blank=True, choices=choices(rules.PaperKind))
    label_en = models.CharField(max_length=200, blank=True)
    label_sq = models.CharField(max_length=200, blank=True)
    label_sr = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["grid", "code"], name="assistance_criterion_once")]

    def __str__(self) -> str:
        return self.label_en or self.code


class EligibilityRule(models.Model):
    """A condition on a fact, with the reason people are told when it is not met."""

    grid = models.ForeignKey(Grid, models.CASCADE, related_name="rules")
    position = models.PositiveSmallIntegerField()
    code = models.SlugField(max_length=40)
    fact = models.CharField(max_length=24, choices=choices(rules.Fact))
    test = models.CharField(max_length=12, choices=choices(rules.Condition))
    value = models.IntegerField(default=0)
    effect = models.CharField(max_length=12, choices=choices(rules.Effect))
    reason_en = models.CharField(max_length=300, blank=True)
    reason_sq = models.CharField(max_length=300, blank=True)
    reason_sr = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["grid", "code"], name="assistance_rule_once")]

    def __str__(self) -> str:
        return self.reason_en or self.code


class RequiredPaper(models.Model):
    """A paper without which an application is not complete."""

    grid = models.ForeignKey(Grid, models.CASCADE, related_name="papers")
    kind = models.CharField(max_length=24, choices=choices(rules.PaperKind))
    whose = models.CharField(max_length=12, choices=choices(rules.Whose))

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["grid", "kind", "whose"], name="assistance_paper_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.whose}"


class Tie(models.Model):
    """What decides between equal totals, in order."""

    grid = models.ForeignKey(Grid, models.CASCADE, related_name="ties")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=16, choices=choices(rules.TieKind))
    criterion = models.SlugField(max_length=40, blank=True)

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.criterion or self.kind


# --- calls --------------------------------------------------------------------------------------------------------


class CallQuerySet(models.QuerySet["Call"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.SELECTION_VIEW) -> Self:
        """Calls of municipalities where the access carries the action."""
        return self.filter(call_q(access, action))


CALL_COLUMNS = ("municipality_id", "", "made_by_id")


def call_q(access: Access, action: Action, prefix: str = "") -> models.Q:
    """The calls (or what hangs on ``prefix``) on which the access carries the action."""
    return people.ground_of(access, action).q(prefix, CALL_COLUMNS)


def call_of_whom_asks(prefix: str = "") -> models.Q:
    """The same policy as the second wall reads it from the session."""
    return wall.announced(Reach.SELECTIONS).q(prefix, CALL_COLUMNS)


class Call(models.Model):
    """A call for applications: where, what for, from and until when, by which version of which grid."""

    title = models.CharField(_("title"), max_length=160)
    municipality = models.ForeignKey("places.Area", models.PROTECT, related_name="+")
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="calls")
    opens_on = models.DateField()
    closes_on = models.DateField()
    places = models.PositiveIntegerField()
    budget = models.DecimalField(max_digits=money.DIGITS, decimal_places=money.PLACES, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    budget_note = models.CharField(max_length=120, blank=True)
    ends_by = models.CharField(max_length=8, choices=choices(rules.EndsBy), default=rules.EndsBy.PLACES.value)
    threshold = models.PositiveSmallIntegerField(default=10)
    appeal_days = models.PositiveSmallIntegerField(default=30)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    is_fictional = models.BooleanField(default=False)
    last_number = models.PositiveIntegerField(default=0)

    objects: ClassVar[CallQuerySet] = CallQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = [models.Index(fields=["-closes_on", "-id"], name="assistance_call_by_day")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closes_on__gte=models.F("opens_on")), name="assistance_call_closes_after_opening"
            ),
            models.CheckConstraint(
                condition=models.Q(budget=None, currency="") | (models.Q(budget__gt=0) & ~models.Q(currency="")),
                name="assistance_call_budget_has_currency",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_by="places") | models.Q(budget__isnull=False),
                name="assistance_call_ends_by_a_budget_it_has",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def number(self) -> str:
        """The number people read out: C-0003."""
        return f"C-{self.pk:04d}"


class CallRequest(models.Model):
    """A kind of help the call is for."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="requests")
    kind = models.CharField(max_length=12, choices=choices(rules.RequestKind))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "kind"], name="assistance_request_once")]

    def __str__(self) -> str:
        return self.kind


class CommissionMember(models.Model):
    """Who does what in the commission of a call. The appeal has members of its own."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="commission")
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    function = models.CharField(max_length=16, choices=choices(rules.Function))
    named_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["call", "user"], condition=models.Q(left_at=None), name="assistance_one_function_in_a_call"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.function}"


# --- applications -------------------------------------------------------------------------------------------------


def shielding() -> models.Q:
    """Applications of or for somebody shielded, or whose record was merged into one that is."""
    return OF_SHIELDED.q()


OF_SHIELDED = wall.Look(
    "assistance_application_of_shielded",
    lambda here: [
        Application.objects.filter(people.shielded_or_merged("applicant__"), pk=here),
        ApplicationMember.objects.filter(people.shielded_or_merged(), application=here),
    ],
)


class ApplicationQuerySet(models.QuerySet["Application"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.SELECTION_VIEW) -> Self:
        """Applications to visible calls, none of whose people is hidden from the access."""
        seen = self.filter(call_q(access, action, "call__"), applicant__isnull=False, applicant__erased_at=None)
        if not access.allows(Action.SHIELDED_VIEW):
            seen = seen.filter(~shielding())
        return seen


def seen_by_whom_asks(prefix: str = "") -> models.Q:
    """The policy on an application as the second wall reads it from the session, of a row that may not stand yet."""
    seen = call_of_whom_asks(f"{prefix}call__") & models.Q(**{f"{prefix}applicant__erased_at": None})
    of_members = ApplicationMember.objects.filter(
        people.shielded_or_merged(), application=models.OuterRef(f"{prefix}pk")
    )
    hidden = people.shielded_or_merged(f"{prefix}applicant__") | models.Q(wall.OfEach(of_members))
    return seen & (~hidden | wall.holds(Reach.SHIELDED))


def row_seen_by_whom_asks() -> models.Q:
    """Rows of ranked lists are seen with their call."""
    lists = Selection.objects.filter(call_of_whom_asks("call__"), pk=models.OuterRef("selection_id"))
    return models.Q(models.Exists(lists))


def frozen_seen_by_whom_asks() -> models.Q:
    """What was frozen of somebody is seen with their application."""
    return models.Q(models.Exists(Application.objects.filter(ranked=models.OuterRef("row_id"))))


def of_applications() -> list[models.QuerySet[Any]]:
    """Applications in which a person stands, or one whose record was merged into theirs."""
    person = models.OuterRef("pk")
    return [
        ApplicationMember.objects.filter(person=person),
        Application.objects.filter(applicant=person),
        ApplicationMember.objects.filter(person__canonical=person),
        Application.objects.filter(applicant__canonical=person),
    ]


def of_seen_applications() -> list[models.QuerySet[Any]]:
    """Applications that the viewer sees, and in which a person stands; or one whose record was merged into theirs."""
    person = models.OuterRef("pk")
    return [
        Application.objects.filter(seen_by_whom_asks(), applicant=person),
        Application.objects.filter(seen_by_whom_asks(), applicant__canonical=person),
        ApplicationMember.objects.filter(seen_by_whom_asks("application__"), person=person),
        ApplicationMember.objects.filter(seen_by_whom_asks("application__"), person__canonical=person),
    ]


class Application(models.Model):
    """A household's application to a call. Its code is random; erasure leaves the number and nothing else."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="applications")
    number = models.PositiveIntegerField()
    code = models.CharField(max_length=8, unique=True)
    household = models.ForeignKey(people.Household, models.PROTECT, related_name="+")
    applicant = models.ForeignKey(people.Person, models.PROTECT, related_name="+")
    request = models.CharField(max_length=12, choices=choices(rules.RequestKind))
    amount = models.DecimalField(max_digits=money.DIGITS, decimal_places=money.PLACES, null=True, blank=True)
    received_at = models.DateTimeField()
    is_late = models.BooleanField(default=False)
    late_accepted = models.BooleanField(default=False)
    late_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    late_at = models.DateTimeField(null=True, blank=True)
    late_reason = models.CharField(max_length=300, blank=True)
    entered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[ApplicationQuerySet] = ApplicationQuerySet.as_manager()  # type: ignore[assignment]

    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "household": F.IDENTITY,
        "applicant": F.IDENTITY,
        "request": F.IDENTITY,
        "amount": F.IDENTITY,
        "late_reason": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset(
        {
            "id",
            "call",
            "number",
            "code",
            "received_at",
            "is_late",
            "late_accepted",
            "late_by",
            "late_at",
            "entered_by",
            "withdrawn_at",
            "version",
        }
    )

    WALL = wall.rule(
        seen_by_whom_asks,
        asked_beyond=True,
        looks=(OF_SHIELDED,),
        shows=(
            wall.Shown(people.Person, Reach.SELECTIONS, people.unless_shielded, of_applications, of_seen_applications),
        ),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "number"], name="assistance_application_number_once"),
            models.UniqueConstraint(
                fields=["call", "household"],
                condition=models.Q(withdrawn_at=None),
                name="assistance_one_application_of_a_household",
            ),
            models.CheckConstraint(
                condition=models.Q(late_at=None) | ~models.Q(late_reason=""), name="assistance_late_has_reason"
            ),
            models.CheckConstraint(
                condition=models.Q(amount=None) | models.Q(amount__gt=0), name="assistance_application_amount_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def household_number(self) -> str:
        """The number of its household, which may be hidden by now for somebody who came into it."""
        return people_rules.household_number(self.household_id)


class ApplicationMember(models.Model):
    """Who belonged to the household when it applied."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="members")
    person = models.ForeignKey(people.Person, models.CASCADE, related_name="+")
    relation = models.CharField(max_length=20)
    left_noted_at = models.DateTimeField(null=True, blank=True)
    left_noted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")

    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {"relation": F.IDENTITY}
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "application", "person", "left_noted_at", "left_noted_by"})

    WALL = wall.through("application")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "person"], name="assistance_member_once")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.application_id}"


class ApplicationAnswer(models.Model):
    """What the household said to a question that a rule asks: 1 yes, 0 no."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="answers")
    fact = models.CharField(max_length=24, choices=choices(rules.Fact))
    value = models.IntegerField()

    WALL = wall.through("application")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "fact"], name="assistance_answer_once")]

    def __str__(self) -> str:
        return f"{self.fact}={self.value}"


class ApplicationPaper(models.Model):
    """A paper that was shown, or found missing; where its copy lies is sealed under the applicant's key."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="papers")
    person = models.ForeignKey(people.Person, models.CASCADE, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=24, choices=choices(rules.PaperKind))
    state = models.CharField(max_length=12, choices=choices(rules.PaperState))
    reference_sealed = models.BinaryField(null=True, editable=False)
    noted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    noted_at = models.DateTimeField()

    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "kind": F.IDENTITY,
        "state": F.IDENTITY,
        "reference_sealed": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "application", "person", "noted_by", "noted_at"})

    WALL = wall.through("application")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "kind", "person"],
                condition=models.Q(person__isnull=False),
                name="assistance_paper_of_member_once",
            ),
            models.UniqueConstraint(
                fields=["application", "kind"],
                condition=models.Q(person=None),
                name="assistance_paper_of_household_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class ApplicationFile(models.Model):
    """A file brought as a paper: content and name sealed under the key ``subject``, of its person or the applicant."""

    paper = models.ForeignKey(ApplicationPaper, models.CASCADE, related_name="files")
    subject = models.UUIDField(editable=False)
    content_sealed = models.BinaryField(editable=False)
    name_sealed = models.BinaryField(editable=False)
    kind = models.CharField(max_length=10)
    size = models.PositiveIntegerField()
    brought_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    brought_at = models.DateTimeField()

    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "content_sealed": F.IDENTITY,
        "name_sealed": F.IDENTITY,
        "kind": F.IDENTITY,
        "size": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "paper", "subject", "brought_by", "brought_at"})

    WALL = wall.through("paper")

    def __str__(self) -> str:
        return f"{self.kind} {self.size}"


class Waiver(models.Model):
    """An obstacle that a session lifted, with its reason."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="waivers")
    rule = models.SlugField(max_length=40)
    session = models.ForeignKey("Session", models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    WALL = wall.through("application")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "rule"], name="assistance_waiver_once")]

    def __str__(self) -> str:
        return self.rule


class Conflict(models.Model):
    """Why somebody may not be free to score a household: declared or found, and what they answered."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="conflicts")
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    bond = models.CharField(max_length=16, choices=choices(rules.Bond))
    answer = models.CharField(max_length=8, choices=choices(rules.Answer), default=rules.Answer.OPEN)
    said_sealed = models.BinaryField(null=True, editable=False)
    found_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)

    WALL = wall.through("application")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "user", "bond"], name="assistance_conflict_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.bond}"


# --- scoring ------------------------------------------------------------------------------------------------------


class Scoring(models.Model):
    """One person's points for one application; not finished means half-way, and nothing of it is lost."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="scorings")
    round = models.CharField(max_length=8, choices=choices(rules.Round))
    scorer = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    session = models.ForeignKey("Session", models.PROTECT, null=True, blank=True, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    WALL = wall.through("application")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "round"], name="assistance_round_once"),
            models.UniqueConstraint(
                fields=["application", "scorer"],
                condition=models.Q(round__in=[r.value for r in rules.BLIND]),
                name="assistance_scorer_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.round}"


class ScorePoint(models.Model):
    """Points for one criterion and why; the reason is sealed under the applicant's key."""

    scoring = models.ForeignKey(Scoring, models.CASCADE, related_name="points")
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="+")
    points = models.PositiveSmallIntegerField()
    reason_sealed = models.BinaryField(null=True, editable=False)

    WALL = wall.through("scoring")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scoring", "criterion"], name="assistance_point_once")]

    def __str__(self) -> str:
        return f"{self.criterion_id}: {self.points}"


# --- sessions -----------------------------------------------------------------------------------------------------


class Session(models.Model):
    """A sitting of the commission, or of the appeal commission: agenda, presence, votes, minutes."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="sessions")
    held_on = models.DateField()
    place = models.CharField(max_length=120, blank=True)
    is_appeal = models.BooleanField(default=False)
    planned_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    minutes = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closed_at=None) | models.Q(opened_at__isnull=False),
                name="assistance_session_opened_before_closed",
            ),
            models.UniqueConstraint(
                fields=["call"],
                condition=models.Q(opened_at__isnull=False, closed_at=None),
                name="assistance_one_open_session",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call_id} {self.held_on}"

    @property
    def is_open(self) -> bool:
        """Whether the commission sits now."""
        return self.opened_at is not None and self.closed_at is None


class Presence(models.Model):
    """Who was there."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="presences")
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "user"], name="assistance_presence_once")]

    def __str__(self) -> str:
        return str(self.user_id)


class AgendaItem(models.Model):
    """A point of the agenda, and what was concluded."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="agenda")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    conclusion = models.TextField(blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["session", "position"], name="assistance_agenda_in_order")]

    def __str__(self) -> str:
        return self.title


class Vote(models.Model):
    """How a present member voted on a point of the agenda."""

    item = models.ForeignKey(AgendaItem, models.CASCADE, related_name="votes")
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    choice = models.CharField(max_length=8, choices=[("for", "for"), ("against", "against"), ("abstains", "abstains")])
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "user"], name="assistance_vote_once")]

    def __str__(self) -> str:
        return self.choice


# --- what a selection was decided on ------------------------------------------------------------------------------


class Selection(models.Model):
    """A ranked list, frozen: grid, inputs and result by their digests. The second of a call follows an appeal."""

    class State(models.TextChoices):
        RANKED = "ranked"
        DECIDED = "decided"
        PUBLISHED = "published"
        REPLACED = "replaced"

    call = models.ForeignKey(Call, models.PROTECT, related_name="selections")
    number = models.PositiveSmallIntegerField()
    session = models.ForeignKey(Session, models.PROTECT, related_name="selections")
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="+")
    grid_digest = models.CharField(max_length=64)
    list_digest = models.CharField(max_length=64)
    places = models.PositiveIntegerField()
    budget = models.DecimalField(max_digits=money.DIGITS, decimal_places=money.PLACES, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    threshold = models.PositiveSmallIntegerField()
    aged_on = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.RANKED)
    ranked_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    ranked_at = models.DateTimeField()
    decided_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_item = models.ForeignKey(AgendaItem, models.PROTECT, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "number"], name="assistance_selection_number_once"),
            models.UniqueConstraint(
                fields=["call"],
                condition=models.Q(state__in=["decided", "published"]),
                name="assistance_one_decision_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"S-{self.pk:04d}"

    @property
    def is_decided(self) -> bool:
        """Whether the commission has decided on this list."""
        return self.state in (self.State.DECIDED, self.State.PUBLISHED)


class Ranked(models.Model):
    """One application in a frozen list: numbers in clear, and what they came from, sealed."""

    selection = models.ForeignKey(Selection, models.CASCADE, related_name="rows")
    application = models.ForeignKey(Application, models.PROTECT, related_name="ranked")
    number = models.PositiveIntegerField()
    place_in_list = models.PositiveIntegerField()
    position = models.PositiveIntegerField(null=True, blank=True)
    verdict = models.CharField(max_length=16, choices=choices(rules.Verdict))
    outcome = models.CharField(max_length=10, choices=choices(rules.Outcome))
    reasons = models.CharField(max_length=400, blank=True)  # codes, parted by commas
    ties = models.CharField(max_length=200, blank=True)  # whole numbers, parted by commas
    halves = models.PositiveIntegerField(default=0)
    cost = models.PositiveBigIntegerField(default=0)  # in hundredths of the list's currency
    subject = models.UUIDField(editable=False)  # whose key opens it
    sealed = models.BinaryField(editable=False)

    WALL = wall.rule(row_seen_by_whom_asks)  # of all, hidden or not: their numbers stand in the list

    class Meta:
        indexes = [models.Index(fields=["selection", "place_in_list"], name="assistance_ranked_in_order")]
        constraints = [
            models.UniqueConstraint(fields=["selection", "application"], name="assistance_ranked_once"),
        ]

    def __str__(self) -> str:
        return f"{self.selection_id}: {self.position}"


class RankedPoint(models.Model):
    """Points for a criterion in a frozen list, in halves, with the kind of paper that proves them."""

    row = models.ForeignKey(Ranked, models.CASCADE, related_name="points")
    criterion = models.SlugField(max_length=40)
    order = models.PositiveSmallIntegerField()
    halves = models.PositiveSmallIntegerField()
    evidence = models.CharField(max_length=24, blank=True)

    WALL = wall.through("row")

    class Meta:
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["row", "criterion"], name="assistance_ranked_point_once")]

    def __str__(self) -> str:
        return f"{self.criterion}: {self.halves}"


class RankedMember(models.Model):
    """A member of a household as frozen, sealed under the member's own key."""

    row = models.ForeignKey(Ranked, models.CASCADE, related_name="members")
    person = models.ForeignKey(people.Person, models.PROTECT, related_name="+")
    subject = models.UUIDField(editable=False)
    sealed = models.BinaryField(editable=False)

    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {"sealed": F.IDENTITY}
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "row", "person", "subject"})

    WALL = wall.rule(frozen_seen_by_whom_asks)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["row", "person"], name="assistance_ranked_member_once")]

    def __str__(self) -> str:
        return f"{self.row_id}: {self.person_id}"


class OutcomeFigure(models.Model):
    """How a group fared in a list: computed once, when it is decided, under disclosure control; null is suppressed."""

    selection = models.ForeignKey(Selection, models.CASCADE, related_name="figures")
    dimension = models.CharField(max_length=12)
    group = models.CharField(max_length=40)
    order = models.PositiveSmallIntegerField()
    applied = models.PositiveIntegerField(null=True)
    selected = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["selection", "dimension", "group"], name="assistance_figure_once")
        ]

    def __str__(self) -> str:
        return f"{self.dimension} {self.group}"


class Appeal(models.Model):
    """An appeal against a decision, decided by a commission of other members."""

    class State(models.TextChoices):
        RECEIVED = "received"
        UPHELD = "upheld"
        DISMISSED = "dismissed"
        OUT_OF_TIME = "out_of_time"

    row = models.ForeignKey(Ranked, models.PROTECT, related_name="appeals")
    received_on = models.DateField()
    grounds_sealed = models.BinaryField(null=True, editable=False)
    state = models.CharField(max_length=12, choices=State.choices, default=State.RECEIVED)
    entered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    entered_at = models.DateTimeField()
    session = models.ForeignKey(Session, models.PROTECT, null=True, blank=True, related_name="appeals")
    reason = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    WALL = wall.through("row")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["row"], name="assistance_one_appeal_of_a_row"),
            models.CheckConstraint(
                condition=models.Q(decided_at=None) | ~models.Q(reason=""), name="assistance_appeal_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.row_id} {self.state}"
