"""Tables of payments: accounts, lists, their lines, what the bank replied. An account number lies sealed.

That nothing is paid twice is held by the database: an entitlement stands on one live line at a time, a booking of the
bank is taken once, and what was given is never more than what is due.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from django.db import models

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.assistance.entitlements import models as entitlements
from streha.assistance.payments import rules
from streha.assistance.programmes import models as programmes
from streha.common import money
from streha.common.codes import FieldClass
from streha.common.money import Money
from streha.people import models as people
from streha.people.models import choices

F = FieldClass

SEALED_FILE = "assistance.bankfile"
SEALED_IBAN = "assistance.account.iban"
SEALED_HOLDER = "assistance.account.holder"
BLIND_IBAN = "iban"


class Account(models.Model):
    """Where a person is paid; ended, never changed, for lists that went out point to it."""

    person = models.ForeignKey(people.Person, models.PROTECT, related_name="accounts")
    iban_sealed = models.BinaryField(null=True, editable=False)
    blind = models.CharField(max_length=64, blank=True, editable=False)
    hint = models.CharField(max_length=4, blank=True, editable=False)
    holder_sealed = models.BinaryField(null=True, editable=False)
    bic = models.CharField(max_length=11, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", db_index=False)
    made_at = models.DateTimeField()

    WALL = wall.through("person")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "iban_sealed": F.PAYMENT,
        "blind": F.PAYMENT,
        "hint": F.PAYMENT,
        "holder_sealed": F.PAYMENT,
        "bic": F.PAYMENT,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "person", "ended_at", "made_by", "made_at"})

    class Meta:
        indexes = [models.Index(fields=["blind"], name="assistance_account_by_blind")]
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(ended_at=None), name="assistance_one_account_in_use"
            ),
        ]

    def __str__(self) -> str:
        return f"…{self.hint}"


class PaymentListQuerySet(models.QuerySet["PaymentList"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.PAYMENT_VIEW) -> Self:
        """Lists of programmes on which the access carries the action."""
        return self.filter(programmes.programme_q(access, action, "cycle__programme__"))


class PaymentList(models.Model):
    """Who is paid how much from a cycle, from one commitment; frozen once approval is asked."""

    cycle = models.ForeignKey(programmes.Cycle, models.PROTECT, related_name="payment_lists")
    commitment = models.ForeignKey(programmes.Commitment, models.PROTECT, related_name="payment_lists")
    title = models.CharField(max_length=programmes.NAME_LENGTH)
    currency = models.CharField(max_length=3)
    pay_on = models.DateField()
    due_until = models.DateField()
    state = models.CharField(max_length=10, choices=choices(rules.ListState), default=rules.ListState.DRAFT.value)
    number_of_lines = models.PositiveIntegerField(default=0)
    total = models.DecimalField(**money.columns(), default=0)
    charged = models.DecimalField(**money.columns(), default=0)
    rate = models.DecimalField(max_digits=money.RATE_DIGITS, decimal_places=money.RATE_PLACES, default=1)
    rate_day = models.DateField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    is_fictional = models.BooleanField(default=False)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    sent_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    sent_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[PaymentListQuerySet] = PaymentListQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = [models.Index(fields=["state", "-id"], name="assistance_paymentlist_state")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="draft", digest="")
                | models.Q(state="cancelled")
                | (~models.Q(state="draft") & ~models.Q(digest="")),
                name="assistance_paymentlist_frozen",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number people read out: PL-0007."""
        return f"PL-{self.pk:04d}"

    @property
    def sum(self) -> Money:
        return Money(self.total, self.currency)


class PaymentLine(models.Model):
    """One payment of a list: for which entitlement, to which account, how much; ``charged`` in the line's currency."""

    list = models.ForeignKey(PaymentList, models.PROTECT, related_name="lines", db_index=False)
    position = models.PositiveIntegerField()
    reference = models.CharField(max_length=rules.REFERENCE_LENGTH, unique=True)
    entitlement = models.ForeignKey(entitlements.Entitlement, models.PROTECT, related_name="payment_lines")
    account = models.ForeignKey(Account, models.PROTECT, related_name="payment_lines", db_index=False)
    amount = models.DecimalField(**money.columns())
    charged = models.DecimalField(**money.columns(), default=0)
    state = models.CharField(max_length=10, choices=choices(rules.LineState), default=rules.LineState.WAITING.value)
    is_live = models.BooleanField(default=True)

    WALL = wall.through("entitlement")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["list", "position"], name="assistance_paymentline_in_order"),
            models.UniqueConstraint(
                fields=["entitlement"], condition=models.Q(is_live=True), name="assistance_paid_on_one_line"
            ),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="assistance_paymentline_is_something"),
            models.CheckConstraint(
                condition=models.Q(is_live=True, state__in=["waiting", "sent", "paid"])
                | models.Q(is_live=False, state__in=["returned", "cancelled"]),
                name="assistance_paymentline_live_by_state",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class BankReply(models.Model):
    """A file of the bank, as it was brought; the same file once."""

    digest = models.CharField(max_length=64, unique=True)
    format = models.CharField(max_length=10)
    statement = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=8, choices=choices(rules.ReplyState), default=rules.ReplyState.PLACING.value)
    fault = models.CharField(max_length=300, blank=True)
    job = models.ForeignKey("jobs.Job", models.SET_NULL, null=True, related_name="+")
    number_of_lines = models.PositiveIntegerField(default=0)
    done_lines = models.PositiveIntegerField(default=0)
    brought_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    brought_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["-id"], name="assistance_bankreply_newest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="refused") | models.Q(fault=""), name="assistance_bankreply_fault_if_refused"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number people read out: BR-0007."""
        return f"BR-{self.pk:04d}"


class BankFile(models.Model):
    """The bytes of a reply until they are read, sealed under a key of their own that dies with them."""

    reply = models.OneToOneField(BankReply, models.CASCADE, related_name="file")
    subject = models.UUIDField(unique=True, editable=False)
    sealed = models.BinaryField(editable=False)

    OUTSIDE_WALL = "a file of the bank that nobody has read yet hangs on nobody; it is sealed, and gone once it is read"

    def __str__(self) -> str:
        return str(self.reply_id)


class BankLine(models.Model):
    """One booking of a reply and what it turned out to be. What nobody is found for waits until somebody decides."""

    reply = models.ForeignKey(BankReply, models.PROTECT, related_name="lines", db_index=False)
    position = models.PositiveIntegerField()
    reference = models.CharField(max_length=80, blank=True)
    amount = models.DecimalField(**money.columns())
    currency = models.CharField(max_length=3)
    on = models.DateField()
    said = models.CharField(max_length=10, choices=choices(rules.Said))
    reason = models.CharField(max_length=80, blank=True)
    key = models.CharField(max_length=64)
    found = models.CharField(max_length=14, choices=choices(rules.Found), default=rules.Found.WAITING.value)
    line = models.ForeignKey(PaymentLine, models.PROTECT, null=True, blank=True, related_name="bank_lines")
    settled = models.CharField(max_length=12, blank=True, choices=choices(rules.Settlement))
    settled_because = models.CharField(max_length=300, blank=True)
    settled_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)

    OUTSIDE_WALL = "a booking that nobody is found for hangs on nobody; it holds a reference and a sum, never a name"

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                condition=models.Q(found__in=["unknown", "wrong_amount"], settled=""),
                name="assistance_bankline_to_look_at",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["reply", "position"], name="assistance_bankline_in_order"),
            models.UniqueConstraint(
                fields=["key"],
                condition=~models.Q(found__in=["doubled", "waiting"]),
                name="assistance_booking_taken_once",
            ),
            models.CheckConstraint(
                condition=models.Q(settled="") | ~models.Q(settled_because=""), name="assistance_settled_because"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.amount} {self.found}"
