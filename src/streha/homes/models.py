"""Homes: properties, owners, assessments, occupancy over time, photos, and lists of classes made in the office.

Where a home is (address, point, cadastral reference) is sealed under the property's own key, and so are its photos:
with the key gone nothing leads to the door. A home answers to whoever may see homes where its record is kept, and to
nobody who may not see one of the people linked to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypeVar

from django.db import models

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action, Reach
from streha.common.codes import FieldClass, Precision
from streha.homes import rules
from streha.people.models import FoldedField, Membership, choices, kept_by_whom_asks, kept_q, shielded_or_merged

F = FieldClass

SEALED_ADDRESS = "homes.property.address"
SEALED_POINT = "homes.property.point"
SEALED_CADASTRAL = "homes.property.cadastral"
SEALED_OWNER = "homes.share.name"
SEALED_NOTE = "homes.assessment.note"
SEALED_PHOTO = "homes.photo.file"
SEALED_CAPTION = "homes.photo.caption"


def hidden_people(access: Access, prefix: str) -> models.Q:
    """Shielded people or households that the viewer may not see, of what hangs on ``prefix``."""
    shielded = models.Q(**{f"{prefix}shielded": True})
    if not access.allows(Action.SHIELDED_VIEW):
        return shielded
    return shielded & ~kept_q(access, Action.PERSON_VIEW, prefix)


def hidden_person(access: Access, prefix: str) -> models.Q:
    """The same of a person, who may have been merged into one who is shielded."""
    return hidden_people(access, prefix) | (
        models.Q(**{f"{prefix}canonical__isnull": False}) & hidden_people(access, f"{prefix}canonical__")
    )


Rows = TypeVar("Rows", bound="models.QuerySet[Any]")


def without_hidden(access: Access, rows: Rows, *, home: str = "pk") -> Rows:
    """Homes none of whose people is hidden from the viewer: owners and occupants, of now and of before.

    Rows of another room that hang on a home name the column that leads to it.
    """
    if not access.allows(Action.SHIELDED_VIEW):
        return rows.filter(~OF_SHIELDED.q(home))
    here = models.OuterRef(home)
    open_to_viewer = models.Q(
        ~wall.OfEach(Share.objects.filter(hidden_person(access, "person__"), property=here)),
        ~wall.OfEach(Occupancy.objects.filter(hidden_person(access, "person__"), property=here)),
        ~wall.OfEach(Occupancy.objects.filter(hidden_people(access, "household__"), property=here)),
        ~wall.OfEach(Membership.objects.filter(hidden_person(access, "person__"), household__in=_living(here))),
    )
    return rows.filter(~OF_SHIELDED.q(home) | open_to_viewer)


def of_shielded(here: models.OuterRef) -> list[models.QuerySet[Any]]:
    """Whoever is shielded of those who own or live in an outer home, or did; or was merged into one who is."""
    shielded = shielded_or_merged()
    return [
        Share.objects.filter(shielded, property=here),
        Occupancy.objects.filter(shielded, property=here),
        Occupancy.objects.filter(household__shielded=True, property=here),
        Membership.objects.filter(shielded, household__in=_living(here)),
    ]


OF_SHIELDED = wall.Look("homes_property_of_shielded", of_shielded)


def _living(home: models.OuterRef) -> models.QuerySet[Any, Any]:
    """Households that live or lived in an outer home."""
    return Occupancy.objects.filter(property=models.OuterRef(home)).values("household")


def hiding() -> list[models.QuerySet[Any]]:
    """``without_hidden`` as the second wall asks it, beyond itself: it could not see whom it must hide."""
    here = models.OuterRef("pk")
    return [
        Share.objects.filter(person_from_whom_asks("person__"), property=here),
        Occupancy.objects.filter(person_from_whom_asks("person__"), property=here),
        Occupancy.objects.filter(people_from_whom_asks("household__"), property=here),
        Membership.objects.filter(person_from_whom_asks("person__"), household__in=_living(here)),
    ]


def people_from_whom_asks(prefix: str) -> models.Q:
    """``hidden_people`` as the second wall asks it."""
    may = wall.said(*(f"{Reach.SHIELDED}_{kind}" for kind in wall.KINDS))
    return models.Q(**{f"{prefix}shielded": True}) & ~(may & kept_by_whom_asks(Reach.PEOPLE, prefix))


def person_from_whom_asks(prefix: str) -> models.Q:
    return people_from_whom_asks(prefix) | (
        models.Q(**{f"{prefix}canonical__isnull": False}) & people_from_whom_asks(f"{prefix}canonical__")
    )


def showing() -> list[models.QuerySet[Any]]:
    """The home of somebody opened by break-glass."""
    opened, open_home = wall.listed("opened", "uuid"), {"property__shielded": False, "property__erased_at": None}
    return [Share.objects.filter(property=models.OuterRef("pk"), person__subject__in=opened, **open_home)]


def measured_q() -> models.Q:
    """Where something that a standard asks for was measured: floor, water, toilets, whether one can enter."""
    found = models.Q()
    for name in rules.MEASURED:
        found |= models.Q(**{f"{name}__isnull": False})
    return found


class PropertyQuerySet(models.QuerySet["Property"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.PROPERTY_VIEW) -> Self:
        """Homes on which the access carries the action, none of whose people is hidden from it.

        Somebody opened by break-glass is seen with their home.
        """
        seen = kept_q(access, action)
        if access.opened and access.allows(action):
            opened = Share.objects.filter(property=models.OuterRef("pk"), person__subject__in=sorted(access.opened))
            seen |= models.Q(models.Exists(opened), shielded=False, erased_at=None)
        return without_hidden(access, self.filter(seen))

    def located_for(self, access: Access) -> Self:
        """Visible homes whose place the viewer may also know: what a search by address and a map are made of."""
        return self.visible_to(access.knowing(FieldClass.HOME_LOCATION))


class Property(models.Model):
    """A house or flat: where it is, by what right it is held, in what state, and which office keeps the record."""

    subject = models.UUIDField(unique=True, editable=False)
    municipality = models.ForeignKey("places.Area", models.PROTECT, related_name="+", db_index=False)
    settlement = models.ForeignKey(
        "places.Area", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    address_sealed = models.BinaryField(null=True, editable=False)
    point_sealed = models.BinaryField(null=True, editable=False)
    has_point = models.BooleanField(default=False)
    cadastral_zone = models.CharField(max_length=80, blank=True)
    zone_key = FoldedField(max_length=80, blank=True, editable=False)
    cadastral_sealed = models.BinaryField(null=True, editable=False)
    cadastral_blind = models.CharField(max_length=64, blank=True, editable=False)
    cadastral_hint = models.CharField(max_length=4, blank=True, editable=False)
    tenure = models.CharField(max_length=20, choices=choices(rules.Tenure), default=rules.Tenure.UNKNOWN)
    inheritance = models.CharField(max_length=16, choices=choices(rules.Inheritance), default=rules.Inheritance.UNKNOWN)
    damage = models.CharField(max_length=30, blank=True)  # of the latest assessment that says one
    damage_list = models.CharField(max_length=30, blank=True)
    building = models.CharField(max_length=30, blank=True)
    building_list = models.CharField(max_length=30, blank=True)
    # what was measured last, each of the latest assessment that says it
    floor_m2 = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    water_l_day = models.PositiveIntegerField(null=True, blank=True)
    toilets = models.PositiveSmallIntegerField(null=True, blank=True)
    step_free = models.BooleanField(null=True, blank=True)
    keeper = models.ForeignKey("places.Area", models.PROTECT, related_name="+", db_index=False)
    organisation = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, related_name="+")
    registered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField()
    source = models.CharField(max_length=40, default="office")
    shielded = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    ended_on = models.DateField(null=True, blank=True)
    end_reason = models.CharField(max_length=20, blank=True, choices=choices(rules.EndReason))
    erased_at = models.DateTimeField(null=True, blank=True)
    is_fictional = models.BooleanField(default=False)

    objects: ClassVar[PropertyQuerySet] = PropertyQuerySet.as_manager()  # type: ignore[assignment]

    WALL = wall.rule(lambda: kept_by_whom_asks(Reach.HOMES), shown_by=showing, hidden_if=OF_SHIELDED, hidden_by=hiding)
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "municipality": F.HOME_LOCATION,
        "settlement": F.HOME_LOCATION,
        "address_sealed": F.HOME_LOCATION,
        "point_sealed": F.HOME_LOCATION,
        "has_point": F.HOME_LOCATION,
        "cadastral_zone": F.HOME_LOCATION,
        "zone_key": F.HOME_LOCATION,
        "cadastral_sealed": F.HOME_LOCATION,
        "cadastral_blind": F.HOME_LOCATION,
        "cadastral_hint": F.HOME_LOCATION,
        "tenure": F.IDENTITY,
        "inheritance": F.IDENTITY,
        "damage": F.IDENTITY,
        "damage_list": F.IDENTITY,
        "building": F.IDENTITY,
        "building_list": F.IDENTITY,
        "floor_m2": F.IDENTITY,
        "water_l_day": F.IDENTITY,
        "toilets": F.IDENTITY,
        "step_free": F.IDENTITY,
        "shielded": F.PROTECTION,
        "ended_on": F.IDENTITY,
        "end_reason": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset(
        {
            "id",
            "subject",
            "keeper",
            "organisation",
            "registered_by",
            "registered_at",
            "source",
            "version",
            "erased_at",
            "is_fictional",
        }
    )

    class Meta:
        verbose_name_plural = "properties"
        indexes = [
            models.Index(fields=["keeper", "id"], name="homes_by_keeper"),
            models.Index(fields=["municipality", "id"], name="homes_by_municipality"),
            models.Index(fields=["settlement", "id"], name="homes_by_settlement"),
            models.Index(fields=["damage", "id"], name="homes_by_damage"),
            models.Index(fields=["tenure", "id"], name="homes_by_tenure"),
            models.Index(
                fields=["cadastral_blind"], condition=~models.Q(cadastral_blind=""), name="homes_by_cadastral"
            ),
            models.Index(fields=["id"], condition=models.Q(ended_on__isnull=False), name="homes_ended"),
            models.Index(fields=["keeper", "id"], condition=measured_q(), name="homes_measured"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_on=None, end_reason="")
                | (models.Q(ended_on__isnull=False) & ~models.Q(end_reason="")),
                name="homes_end_has_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(damage="", damage_list="") | (~models.Q(damage="") & ~models.Q(damage_list="")),
                name="homes_damage_has_list",
            ),
            models.CheckConstraint(
                condition=models.Q(building="", building_list="")
                | (~models.Q(building="") & ~models.Q(building_list="")),
                name="homes_building_has_list",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number people read out: PR-0001234."""
        return rules.property_number(self.pk)

    @property
    def place(self) -> object:
        """The nearest known area: the settlement, or else the municipality."""
        return self.settlement or self.municipality


class PropertyKey(models.Model):
    """A word of a home's address, blinded: an exact search finds it, a thief of the file reads nothing."""

    property = models.ForeignKey(Property, models.CASCADE, related_name="keys", db_index=False)
    blind = models.CharField(max_length=32)

    WALL = wall.through("property")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {"blind": F.HOME_LOCATION}
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "property"})

    class Meta:
        indexes = [models.Index(fields=["blind", "property"], name="homes_key_by_blind")]
        constraints = [models.UniqueConstraint(fields=["property", "blind"], name="homes_key_once")]

    def __str__(self) -> str:
        return str(self.blind)


class Share(models.Model):
    """Who owns the home, how much of it, from and until; ended, never deleted, except by erasure.

    Owners who are not in the register stand here by a sealed name.
    """

    property = models.ForeignKey(Property, models.CASCADE, related_name="shares")
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, blank=True, related_name="+")
    name_sealed = models.BinaryField(null=True, editable=False)
    numerator = models.PositiveIntegerField(null=True, blank=True)
    denominator = models.PositiveIntegerField(null=True, blank=True)
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)
    noted_at = models.DateTimeField()

    WALL = wall.through("property")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "person": F.IDENTITY,
        "name_sealed": F.IDENTITY,
        "numerator": F.IDENTITY,
        "denominator": F.IDENTITY,
        "since": F.IDENTITY,
        "until": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "property", "noted_at"})

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(person=None, name_sealed__isnull=False)
                | models.Q(person__isnull=False, name_sealed=None),
                name="homes_share_has_one_owner",
            ),
            models.CheckConstraint(
                condition=models.Q(numerator=None, denominator=None)
                | models.Q(
                    numerator__gt=0,
                    denominator__isnull=False,
                    denominator__gt=0,
                    numerator__lte=models.F("denominator"),
                ),
                name="homes_share_at_most_the_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(until=None) | models.Q(since=None) | models.Q(until__gte=models.F("since")),
                name="homes_share_ends_after_start",
            ),
            models.UniqueConstraint(
                fields=["property", "person"], condition=models.Q(until=None), name="homes_one_running_share_each"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}" if self.numerator else "?"


class Occupancy(models.Model):
    """Who lives in the home, by what right, or that nobody does, from and until; only ended, never deleted."""

    property = models.ForeignKey(Property, models.CASCADE, related_name="occupancies")
    kind = models.CharField(max_length=16, choices=choices(rules.OccupancyKind))
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, blank=True, related_name="+")
    household = models.ForeignKey("people.Household", models.PROTECT, null=True, blank=True, related_name="+")
    started_on = models.DateField()
    started_precision = models.CharField(max_length=10, choices=choices(Precision), default=Precision.DAY)
    ended_on = models.DateField(null=True, blank=True)
    ended_precision = models.CharField(max_length=10, blank=True, choices=choices(Precision))
    noted_at = models.DateTimeField()

    WALL = wall.through("property")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "kind": F.IDENTITY,
        "person": F.IDENTITY,
        "household": F.IDENTITY,
        "started_on": F.IDENTITY,
        "started_precision": F.IDENTITY,
        "ended_on": F.IDENTITY,
        "ended_precision": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "property", "noted_at"})

    class Meta:
        verbose_name_plural = "occupancies"
        indexes = [
            models.Index(fields=["kind", "property"], condition=models.Q(ended_on=None), name="homes_occupied_now")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["property"],
                condition=models.Q(ended_on=None, kind__in=["empty", "ruined"]),
                name="homes_empty_or_ruined_once",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_on=None) | models.Q(ended_on__gte=models.F("started_on")),
                name="homes_occupancy_ends_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_on=None, ended_precision="")
                | (models.Q(ended_on__isnull=False) & ~models.Q(ended_precision="")),
                name="homes_occupancy_end_has_precision",
            ),
            models.CheckConstraint(
                condition=models.Q(person=None) | models.Q(household=None), name="homes_occupied_by_one"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind__in=["empty", "ruined"]) | models.Q(person=None, household=None),
                name="homes_nobody_in_an_empty_home",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.started_on}"


class Assessment(models.Model):
    """What was found of the building on a day, by which version of which list; never changed afterwards."""

    property = models.ForeignKey(Property, models.CASCADE, related_name="assessments")
    assessed_on = models.DateField()
    damage = models.CharField(max_length=30, blank=True)
    damage_list = models.CharField(max_length=30, blank=True)
    building = models.CharField(max_length=30, blank=True)
    building_list = models.CharField(max_length=30, blank=True)
    floor_m2 = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    water_l_day = models.PositiveIntegerField(null=True, blank=True)
    toilets = models.PositiveSmallIntegerField(null=True, blank=True)
    step_free = models.BooleanField(null=True, blank=True)
    note_sealed = models.BinaryField(null=True, editable=False)
    noted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", db_index=False)
    noted_at = models.DateTimeField()

    WALL = wall.through("property")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "assessed_on": F.IDENTITY,
        "damage": F.IDENTITY,
        "damage_list": F.IDENTITY,
        "building": F.IDENTITY,
        "building_list": F.IDENTITY,
        "floor_m2": F.IDENTITY,
        "water_l_day": F.IDENTITY,
        "toilets": F.IDENTITY,
        "step_free": F.IDENTITY,
        "note_sealed": F.HOME_LOCATION,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "property", "noted_by", "noted_at"})

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(damage="", building="") | measured_q(), name="homes_assessment_says_something"
            )
        ]

    def __str__(self) -> str:
        return f"{self.assessed_on} {self.damage} {self.building}"


class Photo(models.Model):
    """A photo of the home, written anew without place or camera; its two files lie sealed on disk."""

    property = models.ForeignKey(Property, models.CASCADE, related_name="photos")
    file = models.UUIDField(unique=True, editable=False)
    mark = models.CharField(max_length=64, editable=False)  # blind index of what was sent: the same photo comes once
    taken_on = models.DateField(null=True, blank=True)
    caption_sealed = models.BinaryField(null=True, editable=False)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    noted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", db_index=False)
    noted_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    WALL = wall.through("property")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "file": F.HOME_LOCATION,
        "mark": F.HOME_LOCATION,
        "taken_on": F.HOME_LOCATION,
        "caption_sealed": F.HOME_LOCATION,
        "width": F.HOME_LOCATION,
        "height": F.HOME_LOCATION,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "property", "noted_by", "noted_at", "removed_at"})

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["property", "mark"], condition=models.Q(removed_at=None), name="homes_photo_once"
            )
        ]

    def __str__(self) -> str:
        return f"photo {self.pk}"


class ClassVersion(models.Model):
    """A list of classes as the office made it; what ships stands in files beside this module. Nothing of a person."""

    kind = models.CharField(max_length=10, choices=choices(rules.ClassKind))
    version = models.CharField(max_length=30)
    title = models.CharField(max_length=120)
    source = models.CharField(max_length=400)
    published = models.CharField(max_length=20, blank=True)
    verified = models.BooleanField(default=False)
    verified_by = models.CharField(max_length=120, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "version"], name="homes_class_version_once"),
            models.CheckConstraint(
                condition=models.Q(verified=False) | ~models.Q(verified_by=""), name="homes_verified_by_somebody"
            ),
            models.CheckConstraint(condition=~models.Q(source=""), name="homes_class_version_has_source"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"


class ClassOption(models.Model):
    """One class of a list made in the office."""

    list = models.ForeignKey(ClassVersion, models.CASCADE, related_name="options")
    code = models.CharField(max_length=30)
    position = models.PositiveSmallIntegerField()
    label_en = models.CharField(max_length=120)
    label_sq = models.CharField(max_length=120, blank=True)
    label_sr = models.CharField(max_length=120, blank=True)
    label_sr_latn = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["list", "code"], name="homes_class_code_once")]

    def __str__(self) -> str:
        return str(self.code)
