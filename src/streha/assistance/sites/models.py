"""Sites, who stays there, nightly counts, and lists of standards.

A stay is one person at one site; a household that comes together has one row for each of its people. Who stays in the
places set aside, and who is shielded, is no part of any number that others see: see docs/decisions/sites-set-aside.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from django.db import models

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.assistance.sites.rules import places, sphere
from streha.common.codes import FieldClass
from streha.people import models as people
from streha.people.models import choices, ground_of

F = FieldClass


class Kept(models.Model):
    """Something of help that is kept for a municipality; one that is hidden exists for protection alone."""

    keeper = models.ForeignKey("places.Area", models.PROTECT, related_name="+")
    organisation = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, related_name="+")
    registered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField()
    is_hidden = models.BooleanField(default=False)
    is_fictional = models.BooleanField(default=False)

    class Meta:
        abstract = True


def kept_q(access: Access, action: Action, prefix: str = "") -> models.Q:
    """Rows kept where the access carries the action; hidden ones for who may see shielded people there."""
    if not access.allows(action):
        return models.Q(pk__in=[])
    seen = ground_of(access, action).q(prefix) & models.Q(**{f"{prefix}is_hidden": False})
    hidden = ground_of(access, Action.SHIELDED_VIEW).q(prefix)
    return seen | (ground_of(access, action).q(prefix) & hidden)


# --- sites ------------------------------------------------------------------------------------------------------------


class SiteQuerySet(models.QuerySet["Site"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.SITE_VIEW) -> Self:
        """Sites where the access carries the action."""
        return self.filter(kept_q(access, action))


class Site(Kept):
    """A camp, collective centre or shelter. A shelter that nobody may know of is hidden."""

    name = models.CharField(max_length=places.NAME_LENGTH)
    name_other = models.CharField(max_length=places.NAME_LENGTH, blank=True)
    kind = models.CharField(max_length=20, choices=choices(places.Kind))
    settlement = models.ForeignKey("places.Area", models.PROTECT, null=True, blank=True, related_name="+")
    facility = models.ForeignKey("places.Facility", models.PROTECT, null=True, blank=True, related_name="+")
    lon = models.FloatField(null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)
    capacity = models.PositiveIntegerField()
    set_aside = models.PositiveIntegerField(default=0)
    covered_m2 = models.DecimalField(max_digits=9, decimal_places=1, null=True, blank=True)
    step_free = models.PositiveIntegerField(default=0)
    water_l_day = models.PositiveIntegerField(null=True, blank=True)
    taps = models.PositiveIntegerField(null=True, blank=True)
    latrines = models.PositiveIntegerField(null=True, blank=True)
    is_cold = models.BooleanField(default=True)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[SiteQuerySet] = SiteQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(Kept.Meta):
        indexes = [models.Index(fields=["keeper", "name", "id"], name="assistance_site_by_keeper")]
        constraints = [
            models.UniqueConstraint(
                fields=["keeper", "name"], condition=models.Q(closed_on=None), name="assistance_site_name_once"
            ),
            models.CheckConstraint(
                condition=models.Q(set_aside__lte=models.F("capacity"), step_free__lte=models.F("capacity")),
                name="assistance_site_places_within_capacity",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_on=None) | models.Q(closed_on__gte=models.F("opened_on")),
                name="assistance_site_closes_after_opening",
            ),
            models.CheckConstraint(
                condition=models.Q(lon=None, lat=None)
                | models.Q(lon__gte=-180, lon__lte=180, lat__gte=-90, lat__lte=90),
                name="assistance_site_point_on_earth",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def number(self) -> str:
        """The number people read out: S-0004."""
        return f"S-{self.pk:04d}"


# --- stays ------------------------------------------------------------------------------------------------------------


def shielded_q(prefix: str = "") -> models.Q:
    """Stays of somebody shielded, or who came with somebody who is: they are no part of any figure."""
    return people.shielded_or_merged(f"{prefix}person__") | people.OF_SHIELDED.q(f"{prefix}household_id")


class StayQuerySet(models.QuerySet["Stay"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.SITE_VIEW) -> Self:
        """Stays at visible sites of people whom the viewer may know, and may know where they live."""
        if not access.allows(action):
            return self.none()
        knowing = access.knowing(FieldClass.HOME_LOCATION)
        known = people.visible_q(knowing, Action.PERSON_VIEW, "person__")
        led = people.visible_q(knowing, Action.PERSON_VIEW, "person__canonical__")
        seen = self.filter(known | led, kept_q(access, action, "site__"))
        return seen if access.allows(Action.SHIELDED_VIEW) else seen.filter(~shielded_q())

    def counted(self) -> Self:
        """Stays that figures are made of: open ones of nobody shielded."""
        return self.filter(~shielded_q(), left_on=None)


class Stay(models.Model):
    """A person at a site, from a day and until a day. Nobody is in two places at once."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="stays")
    person = models.ForeignKey(people.Person, models.CASCADE, related_name="+")
    household = models.ForeignKey(people.Household, models.SET_NULL, null=True, blank=True, related_name="+")
    came_on = models.DateField()
    left_on = models.DateField(null=True, blank=True)
    left_for = models.CharField(max_length=16, blank=True, choices=choices(places.Left))
    step_free = models.BooleanField(default=False)
    checked_in_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    checked_in_at = models.DateTimeField()
    checked_out_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    checked_out_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[StayQuerySet] = StayQuerySet.as_manager()  # type: ignore[assignment]

    WALL = wall.through("person")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "site": F.HOME_LOCATION,
        "household": F.IDENTITY,
        "came_on": F.HOME_LOCATION,
        "left_on": F.HOME_LOCATION,
        "left_for": F.HOME_LOCATION,
        "step_free": F.HEALTH,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset(
        {"id", "person", "checked_in_by", "checked_in_at", "checked_out_by", "checked_out_at"}
    )

    class Meta:
        indexes = [
            models.Index(fields=["site", "left_on"], name="assistance_stay_by_site"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(left_on=None), name="assistance_one_place_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(left_on=None, left_for="")
                | (models.Q(left_on__gte=models.F("came_on")) & ~models.Q(left_for="")),
                name="assistance_stay_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} at {self.site_id}"


class NightCount(models.Model):
    """How many slept at a site in a night, beside how many were checked in, with what explains the difference.

    It counts the places that may be given, not those set aside, and so says nothing about who stays in those.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="nights")
    night = models.DateField()
    counted = models.PositiveIntegerField()
    registered = models.PositiveIntegerField()
    why = models.CharField(max_length=16, blank=True, choices=choices(places.Difference))
    note = models.CharField(max_length=places.NOTE_LENGTH, blank=True)
    counted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "night"], name="assistance_night_once"),
            models.CheckConstraint(
                condition=models.Q(counted=models.F("registered")) | ~models.Q(why=""),
                name="assistance_night_difference_explained",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site_id} {self.night}: {self.counted}"

    @property
    def by(self) -> int:
        """How many more were counted than are checked in."""
        return int(self.counted - self.registered)


# --- standards --------------------------------------------------------------------------------------------------------


class StandardList(models.Model):
    """A version of the standards; the newest holds. Verified when somebody else has compared it with its sources."""

    version = models.PositiveIntegerField(unique=True)
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    verified = models.BooleanField(default=False)
    verified_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    verified_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.version}"


class Standard(models.Model):
    """One line of one version."""

    list = models.ForeignKey(StandardList, models.CASCADE, related_name="standards")
    measure = models.CharField(max_length=16, choices=choices(sphere.Measure))
    climate = models.CharField(max_length=8, choices=choices(sphere.Climate))
    value = models.DecimalField(max_digits=9, decimal_places=3)
    remedy = models.CharField(max_length=40, blank=True)
    gives = models.DecimalField(max_digits=9, decimal_places=3, default=1)
    source = models.CharField(max_length=300)
    verified = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["list", "measure", "climate"], name="assistance_standard_once"),
            models.CheckConstraint(condition=models.Q(value__gt=0, gives__gt=0), name="assistance_standard_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.climate} {self.value}"
