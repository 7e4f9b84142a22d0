"""Tables of programmes and their money. None of them knows a person.

Sums are kept beside what they sum, and the database itself holds that no more is committed than budgeted, and no more
spent than committed: two people who spend the last hundred at once are told so, one of them. Sums are reckoned in
Python, under the lock of their row, and no constraint adds: SQLite reckons with floats.
"""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models

from streha.accounts.rules import Access, Action, ScopeKind
from streha.assistance.programmes import rules
from streha.common import money
from streha.common.codes import Script
from streha.common.money import Money
from streha.common.words import Words
from streha.engine import names
from streha.people import rules as people
from streha.people.models import choices
from streha.places import queries as places

NAME_LENGTH = 160


class Named(models.Model):
    """Something with a name in the languages of the office; Latin Serbian is made from the Cyrillic."""

    name_en = models.CharField(max_length=NAME_LENGTH)
    name_sq = models.CharField(max_length=NAME_LENGTH)
    name_sr = models.CharField(max_length=NAME_LENGTH)

    class Meta:
        abstract = True

    @property
    def name(self) -> Words:
        """The name, to be said in somebody's language."""
        return Words(self.name_sq, self.name_sr, names.transliterate(self.name_sr, Script.LATIN), self.name_en)


# --- donors -----------------------------------------------------------------------------------------------------------


class Donor(models.Model):
    """Whose money it is; may be an institution of the office's list."""

    name = models.CharField(max_length=NAME_LENGTH, unique=True)
    institution = models.ForeignKey(
        "institutions.Institution", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Agreement(models.Model):
    """What a donor has agreed to give, in which currency, from and until when."""

    donor = models.ForeignKey(Donor, models.PROTECT, related_name="agreements")
    reference = models.CharField(max_length=60)
    title = models.CharField(max_length=NAME_LENGTH)
    starts_on = models.DateField()
    ends_on = models.DateField()
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(**money.columns())
    budgeted = models.DecimalField(**money.columns(), default=0)
    is_fictional = models.BooleanField(default=False)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["donor", "reference"], name="assistance_agreement_once"),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="assistance_agreement_ends_after_start"
            ),
            models.CheckConstraint(
                condition=models.Q(budgeted__gte=0, budgeted__lte=models.F("amount")),
                name="assistance_agreement_holds_its_lines",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def number(self) -> str:
        """The number people read out: AG-0003."""
        return f"AG-{self.pk:04d}"

    @property
    def total(self) -> Money:
        return Money(self.amount, self.currency)


class BudgetLine(models.Model):
    """A part of an agreement, for one sort of cost; in the agreement's currency."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="lines")
    code = models.CharField(max_length=20)
    title = models.CharField(max_length=NAME_LENGTH)
    amount = models.DecimalField(**money.columns())
    committed = models.DecimalField(**money.columns(), default=0)
    spent = models.DecimalField(**money.columns(), default=0)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "code"], name="assistance_budgetline_once"),
            models.CheckConstraint(
                condition=models.Q(committed__gte=0, committed__lte=models.F("amount")),
                name="assistance_budgetline_not_overcommitted",
            ),
            models.CheckConstraint(
                condition=models.Q(spent__gte=0, spent__lte=models.F("committed")),
                name="assistance_budgetline_not_overspent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def currency(self) -> str:
        return self.agreement.currency


class Commitment(models.Model):
    """Money of a line set aside for something. What is ``used`` is spent, or on its way."""

    line = models.ForeignKey(BudgetLine, models.PROTECT, related_name="commitments")
    kind = models.CharField(max_length=16, choices=choices(rules.For))
    key = models.CharField(max_length=40)
    title = models.CharField(max_length=NAME_LENGTH, blank=True)
    amount = models.DecimalField(**money.columns())
    used = models.DecimalField(**money.columns(), default=0)
    spent = models.DecimalField(**money.columns(), default=0)
    version = models.PositiveIntegerField(default=1)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["kind", "key"], name="assistance_commitment_for")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(spent__gte=0, used__gte=models.F("spent"), amount__gte=models.F("used")),
                name="assistance_commitment_not_overspent",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number people read out: CM-0012."""
        return f"CM-{self.pk:04d}"

    @property
    def currency(self) -> str:
        return self.line.agreement.currency

    @property
    def total(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def left(self) -> Money:
        """What can still be spent or reserved."""
        return Money(self.amount - self.used, self.currency)


class Spending(models.Model):
    """Money of a commitment that went out, or (below nothing) came back; never changed."""

    commitment = models.ForeignKey(Commitment, models.PROTECT, related_name="spendings")
    amount = models.DecimalField(**money.columns())
    paid = models.DecimalField(**money.columns())
    paid_currency = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=money.RATE_DIGITS, decimal_places=money.RATE_PLACES)
    rate_day = models.DateField()
    day = models.DateField()
    kind = models.CharField(max_length=16)
    key = models.CharField(max_length=80, unique=True)
    reference = models.CharField(max_length=rules.PAPER_LENGTH, blank=True)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["commitment", "day"], name="assistance_spending_by_day")]
        constraints = [
            models.CheckConstraint(condition=~models.Q(paid=0), name="assistance_spending_is_something"),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="assistance_spending_rate_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.day}"


class ExchangeRate(models.Model):
    """On a day, what one unit of ``base`` was worth in ``quote``, and who says so."""

    day = models.DateField()
    base = models.CharField(max_length=3)
    quote = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=money.RATE_DIGITS, decimal_places=money.RATE_PLACES)
    source = models.CharField(max_length=200)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "base", "quote"], name="assistance_rate_once_a_day"),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="assistance_rate_positive"),
            models.CheckConstraint(condition=~models.Q(source=""), name="assistance_rate_has_source"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.base} {self.quote} {self.rate}"


# --- programmes -------------------------------------------------------------------------------------------------------


def programme_q(access: Access, action: Action, prefix: str = "") -> models.Q:
    """Programmes (or what hangs on ``prefix``) on which the access carries the action.

    A programme for the whole country is there to be read by everybody who reads programmes; it is changed by those
    alone whose role holds everywhere, or who work for the organisation that runs it.
    """
    found = models.Q(pk__in=[])
    if not access.allows(action):
        return found
    for kind, keys in people.scopes_by_kind(access.scopes(action)).items():
        if kind == ScopeKind.EVERYTHING:
            return ~models.Q(pk__in=[])
        if kind == ScopeKind.AREA:
            inside = sorted(places.subtree_ids(int(key) for key in keys))
            found |= models.Q(**{f"{prefix}place_id__in": inside})
        elif kind == ScopeKind.ORGANISATION:
            found |= models.Q(**{f"{prefix}organisation_id__in": [int(key) for key in keys]})
        elif kind == ScopeKind.OWN:
            found |= models.Q(**{f"{prefix}made_by_id": access.user_id})
    if action == Action.PROGRAMME_VIEW:
        found |= models.Q(**{f"{prefix}place__isnull": True})
    return found


class ProgrammeQuerySet(models.QuerySet["Programme"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.PROGRAMME_VIEW) -> Self:
        """Programmes on which the access carries the action."""
        return self.filter(programme_q(access, action))


class Programme(Named):
    """What help is given: where, from and until when, for which kinds of cases."""

    code = models.CharField(max_length=20, unique=True)
    place = models.ForeignKey("places.Area", models.PROTECT, null=True, blank=True, related_name="+")
    organisation = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, blank=True, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField()
    version = models.PositiveIntegerField(default=1)
    is_fictional = models.BooleanField(default=False)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    objects: ClassVar[ProgrammeQuerySet] = ProgrammeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="assistance_programme_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class ProgrammeTrack(models.Model):
    """A kind of case that the programme is for."""

    programme = models.ForeignKey(Programme, models.CASCADE, related_name="tracks")
    track = models.ForeignKey("cases.Track", models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["programme", "track"], name="assistance_programmetrack_once"),
        ]

    def __str__(self) -> str:
        return f"{self.programme_id}: {self.track_id}"


class CycleQuerySet(models.QuerySet["Cycle"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.PROGRAMME_VIEW) -> Self:
        """Cycles of programmes on which the access carries the action."""
        return self.filter(programme_q(access, action, "programme__"))


class Cycle(models.Model):
    """One round of a programme: its window, and the call that chose whom it is for, if one did."""

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="cycles")
    name = models.CharField(max_length=NAME_LENGTH)
    starts_on = models.DateField()
    ends_on = models.DateField()
    call = models.ForeignKey("assistance.Call", models.PROTECT, null=True, blank=True, related_name="cycles")
    state = models.CharField(max_length=8, choices=choices(rules.CycleState), default=rules.CycleState.OPEN.value)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[CycleQuerySet] = CycleQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["programme", "name"], name="assistance_cycle_name_once"),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="assistance_cycle_ends_after_start"
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", closed_at=None) | models.Q(state="closed", closed_at__isnull=False),
                name="assistance_cycle_closed_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    @property
    def number(self) -> str:
        """The number people read out: CY-0003."""
        return f"CY-{self.pk:04d}"


# --- approval ---------------------------------------------------------------------------------------------------------


class ApprovalChain(models.Model):
    """Who signs from which amount: a version. What was asked keeps the version it was asked by."""

    version = models.PositiveIntegerField(unique=True)
    currency = models.CharField(max_length=3)
    source = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"v{self.version}"


class ApprovalStep(models.Model):
    """From an amount on, a role that signs; steps are signed in their order."""

    chain = models.ForeignKey(ApprovalChain, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    from_amount = models.DecimalField(**money.columns())
    role = models.CharField(max_length=30)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["chain", "position"], name="assistance_approvalstep_once"),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.role} >= {self.from_amount}"


class ApprovalRequest(models.Model):
    """Something for which approval is asked: a (kind, key), for so much. ``digest`` says what exactly."""

    kind = models.CharField(max_length=16, choices=choices(rules.For))
    key = models.CharField(max_length=40)
    title = models.CharField(max_length=NAME_LENGTH)
    chain = models.ForeignKey(ApprovalChain, models.PROTECT, related_name="+")
    amount = models.DecimalField(**money.columns())
    currency = models.CharField(max_length=3)
    digest = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=choices(rules.Asked), default=rules.Asked.WAITING.value)
    asked_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "id"], name="assistance_approval_by_state")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=models.Q(state__in=["waiting", "approved"]),
                name="assistance_one_approval_asked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} {self.state}"

    @property
    def total(self) -> Money:
        return Money(self.amount, self.currency)


class Approval(models.Model):
    """A signature under one step, or a refusal with its reason. One person signs once, and never what they asked."""

    request = models.ForeignKey(ApprovalRequest, models.PROTECT, related_name="approvals")
    step = models.ForeignKey(ApprovalStep, models.PROTECT, related_name="+")
    asked_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    is_yes = models.BooleanField()
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "step"], name="assistance_step_signed_once"),
            models.UniqueConstraint(fields=["request", "by"], name="assistance_one_signature_each"),
            models.CheckConstraint(
                condition=~models.Q(by=models.F("asked_by")), name="assistance_nobody_approves_what_they_asked"
            ),
            models.CheckConstraint(
                condition=models.Q(is_yes=True) | ~models.Q(reason=""), name="assistance_refusal_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.step_id} {self.by_id}"
