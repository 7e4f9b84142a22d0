"""Tables of referrals: what was asked of whom, for whose sake, resting on which consent, and what they answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models

from streha.accounts.bridge import wall
from streha.cases.plans.models import OfCaseQuerySet
from streha.cases.referrals import rules
from streha.common.codes import FieldClass
from streha.people.models import choices

F = FieldClass

SEALED_REFERRAL = "cases.referral.reason"
SEALED_ANSWER = "cases.referral.answer"


class Referral(models.Model):
    """A case referred or transferred to an organisation of the office, or to one outside it by name."""

    WALL = wall.through("case")

    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="referrals")
    kind = models.CharField(max_length=10, choices=choices(rules.Kind))
    organisation = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, null=True, blank=True, related_name="referrals"
    )
    outside = models.CharField(max_length=rules.NAME_LENGTH, blank=True)
    purpose = models.CharField(max_length=16, choices=choices(rules.Purpose))
    classes = models.CharField(max_length=120)
    reason_sealed = models.BinaryField(editable=False)
    state = models.CharField(max_length=12, choices=choices(rules.State), default=rules.State.IN_PROGRESS.value)
    answer_sealed = models.BinaryField(null=True, editable=False)
    sent_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    sent_at = models.DateTimeField()
    answered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[OfCaseQuerySet[Referral]] = OfCaseQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = [models.Index(fields=["organisation", "state", "id"], name="cases_referral_by_receiver")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(organisation__isnull=False, outside="")
                | (models.Q(organisation=None) & ~models.Q(outside="")),
                name="cases_referral_goes_to_one",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="transfer") | models.Q(organisation__isnull=False),
                name="cases_transfer_stays_inside",
            ),
            models.CheckConstraint(
                condition=models.Q(state="in_progress", answered_at=None)
                | (~models.Q(state="in_progress") & models.Q(answered_at__isnull=False)),
                name="cases_referral_answered_at",
            ),
            models.UniqueConstraint(
                fields=["case"],
                condition=models.Q(kind="transfer", state="in_progress"),
                name="cases_one_transfer_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.state}"

    @property
    def recipient(self) -> str:
        """Who was asked, by name."""
        return str(self.organisation) if self.organisation is not None else self.outside

    @property
    def shared(self) -> tuple[FieldClass, ...]:
        """The classes of field that were shared."""
        return tuple(FieldClass(code) for code in self.classes.split(",") if code)


class ReferralPerson(models.Model):
    """Somebody a referral speaks of, and the consent that lets it: their own, or of who speaks for a minor."""

    WALL = wall.through("referral")

    referral = models.ForeignKey(Referral, models.CASCADE, related_name="people")
    person = models.ForeignKey("people.Person", models.CASCADE, related_name="referrals")
    consent = models.ForeignKey("people.Consent", models.SET_NULL, null=True, related_name="referrals")

    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {"consent": F.IDENTITY}
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "referral", "person"})

    class Meta:
        constraints = [models.UniqueConstraint(fields=["referral", "person"], name="cases_referralperson_once")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.referral_id}"
