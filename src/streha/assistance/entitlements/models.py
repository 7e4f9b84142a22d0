"""Tables of what people are due and got. A row keeps the person it was written for; reads ask who answers for them now.

What was given and kept is summed beside what is due, and the database holds that it is never more: nothing is given
twice, however many deliver at once. States follow from the sums.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar, Self

from django.db import models

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.assistance.entitlements import rules
from streha.assistance.programmes import models as programmes
from streha.common import money
from streha.common.codes import FieldClass
from streha.people import models as people
from streha.people.models import choices

F = FieldClass

SEALED_NOTE = "assistance.verification.note"
SEALED_PROXY = "assistance.delivery.proxy"
CODE_LENGTH = 40
CODES_LENGTH = 400


# --- packages ---------------------------------------------------------------------------------------------------------


class Package(programmes.Named):
    """A version of what a returning household gets; frozen once somebody is due something by it."""

    code = models.CharField(max_length=20)
    version = models.PositiveIntegerField()
    source = models.CharField(max_length=300)
    is_example = models.BooleanField(default=False)
    verified = models.BooleanField(default=False)
    verified_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    verified_at = models.DateTimeField(null=True, blank=True)
    is_frozen = models.BooleanField(default=False)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="assistance_package_version_once"),
            models.CheckConstraint(
                condition=models.Q(verified=False) | ~models.Q(source=""), name="assistance_package_verified_has_source"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class PackageLine(programmes.Named):
    """One thing a package gives; by what it counts, and for which households."""

    package = models.ForeignKey(Package, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=CODE_LENGTH)
    kind = models.CharField(max_length=12, choices=choices(rules.Kind))
    amount = models.DecimalField(**money.columns())
    unit = models.CharField(max_length=20)
    is_money = models.BooleanField(default=False)
    basis = models.CharField(max_length=12, choices=choices(rules.Basis))
    least = models.PositiveSmallIntegerField(default=1)
    most = models.PositiveSmallIntegerField(null=True, blank=True)
    needs = models.CharField(max_length=CODES_LENGTH, blank=True)  # kinds of need, parted by commas
    after_days = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["package", "code"], name="assistance_packageline_once")]

    def __str__(self) -> str:
        return self.code


# --- entitlements -----------------------------------------------------------------------------------------------------


def held_q(access: Access, action: Action, prefix: str = "") -> models.Q:
    """Rows of persons on whom the access carries the action: a merged record's rows go with the one that answers."""
    own = people.kept_q(access, action, f"{prefix}person__") & models.Q(**{f"{prefix}person__canonical": None})
    led = people.kept_q(access, action, f"{prefix}person__canonical__")
    return own | led


class EntitlementQuerySet(models.QuerySet["Entitlement"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.ENTITLEMENT_VIEW) -> Self:
        """Entitlements of persons on whom the access carries the action, in households that hide nobody from it."""
        if not access.allows(action):
            return self.none()
        seen = self.filter(held_q(access, action))
        if not access.allows(Action.SHIELDED_VIEW):
            seen = seen.filter(models.Q(household=None) | ~people.OF_SHIELDED.q("household_id"))
        return seen

    def live(self) -> Self:
        """Those not cancelled."""
        return self.filter(cancelled_at=None)


class Entitlement(models.Model):
    """That somebody is due something, from a cycle. ``person`` speaks for the household, if it is a household's."""

    cycle = models.ForeignKey(programmes.Cycle, models.PROTECT, related_name="entitlements", db_index=False)
    person = models.ForeignKey(people.Person, models.PROTECT, related_name="entitlements")
    household = models.ForeignKey(people.Household, models.PROTECT, null=True, blank=True, related_name="entitlements")
    case = models.ForeignKey("cases.Case", models.SET_NULL, null=True, blank=True, related_name="entitlements")
    application = models.ForeignKey(
        "assistance.Application", models.PROTECT, null=True, blank=True, related_name="entitlements"
    )
    kind = models.CharField(max_length=12, choices=choices(rules.Kind))
    what = models.CharField(max_length=CODE_LENGTH, blank=True)
    due = models.DecimalField(**money.columns())
    unit = models.CharField(max_length=20)
    is_money = models.BooleanField()
    given = models.DecimalField(**money.columns(), default=0)
    due_on = models.DateField()
    commitment = models.ForeignKey(
        programmes.Commitment, models.PROTECT, null=True, blank=True, related_name="entitlements"
    )
    package_line = models.ForeignKey(PackageLine, models.PROTECT, null=True, blank=True, related_name="entitlements")
    tops_up = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="top_ups")
    key = models.CharField(max_length=80, null=True, blank=True, unique=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_because = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", db_index=False)
    made_at = models.DateTimeField()

    objects: ClassVar[EntitlementQuerySet] = EntitlementQuerySet.as_manager()  # type: ignore[assignment]

    WALL = wall.through("person")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "household": F.IDENTITY,
        "case": F.IDENTITY,
        "application": F.IDENTITY,
        "kind": F.IDENTITY,
        "what": F.IDENTITY,
        "due": F.IDENTITY,
        "unit": F.IDENTITY,
        "is_money": F.IDENTITY,
        "given": F.IDENTITY,
        "due_on": F.IDENTITY,
        "package_line": F.IDENTITY,
        "cancelled_because": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset(
        {"id", "cycle", "person", "commitment", "tops_up", "key", "cancelled_at", "made_by", "made_at"}
    )

    class Meta:
        indexes = [
            models.Index(fields=["cycle", "id"], name="assistance_entitlement_cycle"),
            models.Index(fields=["cycle", "kind", "due_on", "id"], name="assistance_entitlement_due"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(due__gt=0), name="assistance_entitlement_due_positive"),
            models.CheckConstraint(
                condition=models.Q(given__gte=0, given__lte=models.F("due")),
                name="assistance_entitlement_not_overgiven",
            ),
            models.CheckConstraint(
                condition=models.Q(cancelled_at=None) | ~models.Q(cancelled_because=""),
                name="assistance_entitlement_cancelled_because",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number people read out: EN-0000412."""
        return f"EN-{self.pk:07d}"

    @property
    def much(self) -> rules.Much:
        return rules.Much(self.due, self.unit, self.is_money)

    @property
    def got(self) -> rules.Much:
        return rules.Much(self.given, self.unit, self.is_money)

    @property
    def left(self) -> Decimal:
        """What is still to be delivered; nothing of a cancelled one."""
        return Decimal(0) if self.cancelled_at else self.due - self.given

    @property
    def state(self) -> rules.State:
        return rules.state_of(self.due, self.given, self.cancelled_at is not None)


class Delivery(models.Model):
    """So much of an entitlement reached somebody on a day; ``returned`` of it came back. Never changed otherwise."""

    entitlement = models.ForeignKey(Entitlement, models.PROTECT, related_name="deliveries")
    amount = models.DecimalField(**money.columns())
    returned = models.DecimalField(**money.columns(), default=0)
    on = models.DateField()
    mechanism = models.CharField(max_length=16, choices=choices(rules.Mechanism))
    provider = models.CharField(max_length=120, blank=True)
    behalf = models.CharField(max_length=12, choices=choices(rules.Behalf), default=rules.Behalf.SELF.value)
    collected_by = models.ForeignKey(people.Person, models.SET_NULL, null=True, blank=True, related_name="+")
    proxy_sealed = models.BinaryField(null=True, editable=False)
    source = models.CharField(max_length=16, default="office")
    key = models.CharField(max_length=80, unique=True)
    charged = models.DecimalField(**money.columns(), default=0)
    refunded = models.DecimalField(**money.columns(), default=0)
    rate = models.DecimalField(max_digits=money.RATE_DIGITS, decimal_places=money.RATE_PLACES, default=1)
    """What it cost its commitment, in the commitment's currency, and by which rate; and how much of that came back."""
    is_after_close = models.BooleanField(default=False)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", db_index=False)
    made_at = models.DateTimeField()

    WALL = wall.through("entitlement")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "amount": F.IDENTITY,
        "returned": F.IDENTITY,
        "on": F.IDENTITY,
        "mechanism": F.IDENTITY,
        "provider": F.IDENTITY,
        "behalf": F.IDENTITY,
        "proxy_sealed": F.IDENTITY,
        "is_after_close": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset(
        {
            "id",
            "entitlement",
            "collected_by",
            "source",
            "key",
            "charged",
            "refunded",
            "rate",
            "made_by",
            "made_at",
        }
    )

    class Meta:
        ordering = ["on", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="assistance_delivery_is_something"),
            models.CheckConstraint(
                condition=models.Q(returned__gte=0, returned__lte=models.F("amount")),
                name="assistance_delivery_not_overreturned",
            ),
            models.CheckConstraint(
                condition=models.Q(refunded__gte=0, refunded__lte=models.F("charged")),
                name="assistance_delivery_not_overrefunded",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.on}"

    @property
    def much(self) -> rules.Much:
        return rules.Much(self.amount, self.entitlement.unit, self.entitlement.is_money)


class Return(models.Model):
    """So much of a delivery came back on a day, and why."""

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="returns")
    amount = models.DecimalField(**money.columns())
    on = models.DateField()
    reason = models.CharField(max_length=300)
    key = models.CharField(max_length=80, unique=True)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", db_index=False)
    made_at = models.DateTimeField()

    WALL = wall.through("delivery")

    class Meta:
        ordering = ["on", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="assistance_return_is_something"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.on}"


class Verification(models.Model):
    """What the household says of a delivery, asked afterwards by somebody else than who delivered."""

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="verifications")
    on = models.DateField()
    outcome = models.CharField(max_length=14, choices=choices(rules.Outcome))
    needs_met = models.CharField(max_length=8, blank=True, choices=choices(rules.NeedsMet))
    coping = models.CharField(max_length=10, blank=True, choices=choices(rules.Coping))
    is_safe = models.BooleanField(null=True)
    is_accessible = models.BooleanField(null=True)
    is_accountable = models.BooleanField(null=True)
    is_participatory = models.BooleanField(null=True)
    note_sealed = models.BinaryField(null=True, editable=False)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", db_index=False)
    made_at = models.DateTimeField()

    WALL = wall.through("delivery")

    class Meta:
        ordering = ["on", "id"]

    def __str__(self) -> str:
        return f"{self.outcome} {self.on}"


class DoubleSettled(models.Model):
    """Two records of one person or household had both received, and somebody has looked at it."""

    entitlement = models.OneToOneField(Entitlement, models.CASCADE, related_name="settled")
    finding = models.CharField(max_length=12, choices=choices(rules.Doubled))
    reason = models.CharField(max_length=300)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    WALL = wall.through("entitlement")

    def __str__(self) -> str:
        return f"{self.entitlement_id} {self.finding}"
