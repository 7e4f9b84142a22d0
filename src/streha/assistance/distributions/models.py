"""Distributions, their slips with who collected on whose behalf, and sheets brought from paper.

A hand-out and its movements of stock carry one ``entry``. What a household is due is frozen on its slip when the list
is made; who was counted on it stands there too, so that nobody is counted twice when households split or records merge.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from django.db import models

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.assistance.distributions.rules import slips
from streha.assistance.entitlements.models import Entitlement
from streha.assistance.programmes.models import Cycle
from streha.assistance.sites.models import Kept, Site, kept_q
from streha.assistance.supplies.models import Item, Kit, Warehouse
from streha.common.codes import FieldClass
from streha.people import models as people
from streha.people.models import choices

F = FieldClass

SEALED_OTHER = "assistance.slip.other"


# --- distributions ----------------------------------------------------------------------------------------------------


class DistributionQuerySet(models.QuerySet["Distribution"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.DISTRIBUTION_VIEW) -> Self:
        """Distributions where the access carries the action."""
        return self.filter(kept_q(access, action))


class Distribution(Kept):
    """A list of households who get a kit on a day, from a warehouse. A hidden one serves shielded households alone.

    In a cycle each slip is an entitlement of its household, and its hand-out a delivery of it; a distribution of the
    first days of an emergency may stand outside any cycle.
    """

    title = models.CharField(max_length=slips.TITLE_LENGTH)
    kit = models.ForeignKey(Kit, models.PROTECT, related_name="distributions")
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="distributions")
    cycle = models.ForeignKey(Cycle, models.PROTECT, null=True, blank=True, related_name="distributions")
    audience = models.CharField(max_length=8, choices=choices(slips.Audience))
    area = models.ForeignKey("places.Area", models.PROTECT, null=True, blank=True, related_name="+")
    site = models.ForeignKey(Site, models.PROTECT, null=True, blank=True, related_name="distributions")
    where = models.CharField(max_length=slips.TITLE_LENGTH)
    held_on = models.DateField()
    state = models.CharField(max_length=8, choices=choices(slips.State), default=slips.State.LISTING.value)
    listed_until = models.BigIntegerField(default=0)
    listed_at = models.DateTimeField(null=True, blank=True)
    last_number = models.PositiveIntegerField(default=0)
    closed_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    job = models.ForeignKey("jobs.Job", models.SET_NULL, null=True, blank=True, related_name="+")

    objects: ClassVar[DistributionQuerySet] = DistributionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(Kept.Meta):
        indexes = [models.Index(fields=["-held_on", "-id"], name="assistance_distribution_by_day")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="closed", closed_at__isnull=False)
                | (~models.Q(state="closed") & models.Q(closed_at=None)),
                name="assistance_distribution_closed_at",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def number(self) -> str:
        """The number people read out: D-0007."""
        return f"D-{self.pk:04d}"


def hidden_slips() -> models.Q:
    """Slips of households that became shielded, or one of whose people did."""
    return people.OF_SHIELDED.q("household_id")


class SlipQuerySet(models.QuerySet["Slip"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.DISTRIBUTION_VIEW) -> Self:
        """Slips of visible distributions, of households the viewer may know."""
        seen = self.filter(
            kept_q(access, action, "distribution__"),
            people.kept_q(access, Action.PERSON_VIEW, "household__"),
        )
        return seen if access.allows(Action.SHIELDED_VIEW) else seen.filter(~hidden_slips())


class Slip(models.Model):
    """What one household is due at a distribution, its code, and who collected it on whose behalf."""

    distribution = models.ForeignKey(Distribution, models.PROTECT, related_name="slips")
    household = models.ForeignKey(people.Household, models.PROTECT, related_name="+")
    entitlement = models.OneToOneField(Entitlement, models.PROTECT, null=True, blank=True, related_name="slip")
    position = models.PositiveIntegerField()
    code = models.CharField(max_length=10, unique=True)
    size = models.PositiveSmallIntegerField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    cancelled_why = models.CharField(max_length=slips.NOTE_LENGTH, blank=True)
    handed_at = models.DateTimeField(null=True, blank=True)
    handed_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    way = models.CharField(max_length=8, blank=True, choices=choices(slips.Way))
    entry = models.UUIDField(null=True, blank=True, unique=True)
    collected_by = models.ForeignKey(people.Person, models.SET_NULL, null=True, blank=True, related_name="+")
    collected_as = models.CharField(max_length=10, blank=True, choices=choices(slips.Collects))
    other_sealed = models.BinaryField(null=True, editable=False)

    objects: ClassVar[SlipQuerySet] = SlipQuerySet.as_manager()  # type: ignore[assignment]

    WALL = wall.through("household")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "household": F.IDENTITY,
        "size": F.IDENTITY,
        "cancelled_why": F.IDENTITY,
        "collected_by": F.IDENTITY,
        "collected_as": F.IDENTITY,
        "other_sealed": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset(
        {
            "id",
            "distribution",
            "entitlement",
            "position",
            "code",
            "cancelled_at",
            "cancelled_by",
            "handed_at",
            "handed_by",
            "way",
            "entry",
        }
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["distribution", "household"],
                condition=models.Q(cancelled_at=None),
                name="assistance_one_slip_of_a_household",
            ),
            models.UniqueConstraint(fields=["distribution", "position"], name="assistance_slip_position_once"),
            models.CheckConstraint(
                condition=models.Q(handed_at=None, entry=None, way="", collected_as="")
                | (models.Q(handed_at__isnull=False, entry__isnull=False) & ~models.Q(way="")),
                name="assistance_slip_handed_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(cancelled_at=None) | models.Q(handed_at=None),
                name="assistance_slip_not_handed_and_cancelled",
            ),
        ]

    def __str__(self) -> str:
        return f"slip {self.pk}"


class SlipLine(models.Model):
    """So much of an item is due on a slip, as the kit's rules said when the list was made."""

    slip = models.ForeignKey(Slip, models.CASCADE, related_name="lines")
    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()

    WALL = wall.through("slip")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slip", "item"], name="assistance_slipline_once")]

    def __str__(self) -> str:
        return f"{self.quantity} {self.item_id}"


class SlipMember(models.Model):
    """Who was counted on a slip, and by what right they may collect it. Nobody is counted twice in a distribution.

    That somebody may collect is told to whoever hands out at the counter: the purpose of the slip. It is no number of
    an account.
    """

    slip = models.ForeignKey(Slip, models.CASCADE, related_name="members")
    distribution = models.ForeignKey(Distribution, models.PROTECT, related_name="+")
    person = models.ForeignKey(people.Person, models.CASCADE, related_name="+")
    collects = models.CharField(max_length=10, blank=True, choices=choices(slips.Collects))
    is_counted = models.BooleanField(default=True)

    WALL = wall.through("slip")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {"collects": F.IDENTITY, "is_counted": F.IDENTITY}
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "slip", "distribution", "person"})

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["distribution", "person"],
                condition=models.Q(is_counted=True),
                name="assistance_counted_once_in_a_distribution",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} on {self.slip_id}"


# --- working on paper -------------------------------------------------------------------------------------------------


class Sheet(models.Model):
    """Codes noted on paper and brought in afterwards: each line has its own verdict, and none is worked in twice."""

    distribution = models.ForeignKey(Distribution, models.PROTECT, related_name="sheets")
    name = models.CharField(max_length=slips.TITLE_LENGTH, blank=True)
    handed_on = models.DateField()
    brought_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    brought_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    job = models.ForeignKey("jobs.Job", models.SET_NULL, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return f"sheet {self.pk}"


class SheetLine(models.Model):
    """One line as it was written, and what became of it."""

    sheet = models.ForeignKey(Sheet, models.CASCADE, related_name="lines")
    row = models.PositiveIntegerField()
    typed = models.CharField(max_length=60)
    collects = models.CharField(max_length=10, blank=True)
    verdict = models.CharField(max_length=12, choices=choices(slips.Verdict), default=slips.Verdict.WAITING.value)
    entry = models.UUIDField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["sheet", "verdict", "row"], name="assistance_sheetline_open")]
        constraints = [models.UniqueConstraint(fields=["sheet", "row"], name="assistance_sheetline_once")]

    def __str__(self) -> str:
        return f"{self.row}: {self.verdict}"
