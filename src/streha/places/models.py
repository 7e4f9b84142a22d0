"""Areas with their names, codes and boundaries; facilities; observations.

Nothing here says anything about a person. Rows are written by ``actions`` alone; the labels on ``Area`` repeat the
official names so that a list of a thousand rows can show places without a second query.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from streha.accounts.rules import Access, Action
from streha.places import rules


class AreaQuerySet(models.QuerySet["Area"]):
    """Reads of the tree of areas."""

    def visible_to(self, access: Access) -> AreaQuerySet:
        """All areas for whoever may see places at all, none for a stranger: a map of a country is no secret."""
        return self if access.allows(Action.PLACE_VIEW) else self.none()

    def within(self, area: Area) -> AreaQuerySet:
        """The area itself and everything below it: one range of the index on ``path``."""
        start, end = rules.path_range(area.path)
        return self.filter(path__gte=start, path__lt=end)

    def with_code(self, scheme: str, code: str) -> AreaQuerySet:
        """The area that carries a code of a scheme; none or one."""
        return self.filter(codes__scheme=scheme, codes__code=code)


class Area(models.Model):
    """A country, region, municipality or settlement."""

    class Kind(models.TextChoices):
        COUNTRY = "country", _("country")
        REGION = "region", pgettext_lazy("area", "region")
        MUNICIPALITY = "municipality", _("municipality")
        SETTLEMENT = "settlement", _("settlement")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    # Ids from the root down, eight digits each: digits sort alike under every collation, so a subtree is one range.
    path = models.CharField(max_length=8 * 6, unique=True, null=True)  # null for an instant, while the id is made
    label_sq = models.CharField(max_length=120)
    label_sr = models.CharField(max_length=120)
    label_sr_latn = models.CharField(max_length=120)
    label_en = models.CharField(max_length=120)
    area_km2 = models.DecimalField(_("area, km²"), max_digits=10, decimal_places=2, null=True, blank=True)
    lon = models.FloatField(null=True, blank=True)  # of the seat or centre, WGS 84
    lat = models.FloatField(null=True, blank=True)
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=400, blank=True)

    objects: ClassVar[AreaQuerySet] = AreaQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="country", parent=None) | ~models.Q(kind="country"),
                name="places_area_country_has_no_parent",
            ),
            models.CheckConstraint(
                condition=models.Q(lon=None, lat=None)
                | models.Q(lon__gte=-180, lon__lte=180, lat__gte=-90, lat__lte=90),
                name="places_area_point_on_earth",
            ),
            models.CheckConstraint(
                condition=models.Q(area_km2=None) | models.Q(area_km2__gt=0), name="places_area_km2_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(since=None) | models.Q(until=None) | models.Q(until__gte=models.F("since")),
                name="places_area_ends_after_start",
            ),
        ]
        indexes = [models.Index(fields=["kind", "label_sq"], name="places_area_by_kind")]

    def __str__(self) -> str:
        return self.label_sq

    def labels(self) -> tuple[str, str, str]:
        """The official names: Albanian, Serbian in Cyrillic, Serbian in Latin."""
        return self.label_sq, self.label_sr, self.label_sr_latn

    def ancestor_ids(self) -> tuple[int, ...]:
        """Ids from the root down to this area, itself last."""
        return rules.path_ids(self.path or "")


class AreaName(models.Model):
    """What an area is called in one language and script, official or not, from and until."""

    class Standing(models.TextChoices):
        OFFICIAL = "official", _("official")
        VARIANT = "variant", _("also written")
        FORMER = "former", _("former name")

    area = models.ForeignKey(Area, models.CASCADE, related_name="names")
    language = models.CharField(max_length=3)  # ISO 639; "und" when nobody knows
    script = models.CharField(max_length=4)  # ISO 15924
    name = models.CharField(max_length=120)
    key = models.CharField(max_length=120, db_index=True)  # engine.names.place_key(name)
    standing = models.CharField(max_length=10, choices=Standing, default=Standing.OFFICIAL)
    verified = models.BooleanField(default=True)  # false: the form was not found in an official source
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["area", "language", "script", "name"], name="places_name_once"),
            models.UniqueConstraint(
                fields=["area", "language", "script"],
                condition=models.Q(standing="official", valid_until=None),
                name="places_one_official_name_now",
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="places_name_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language}-{self.script})"


class AreaCode(models.Model):
    """An area's code in one scheme: the statistics agency's, a gazetteer's, another country's."""

    area = models.ForeignKey(Area, models.CASCADE, related_name="codes")
    scheme = models.CharField(max_length=40)
    code = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme", "code"], name="places_code_names_one_area"),
            models.CheckConstraint(condition=~models.Q(code=""), name="places_code_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.code}"


class AreaTile(models.Model):
    """Where an area stands in a map of equal tiles, laid out by hand: column and row from the top left."""

    area = models.OneToOneField(Area, models.CASCADE, related_name="tile")
    layout = models.CharField(max_length=20)  # one per country: its two letters
    column = models.PositiveSmallIntegerField()
    row = models.PositiveSmallIntegerField()
    tag = models.CharField(max_length=4)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["layout", "column", "row"], name="places_one_tile_per_cell"),
            models.UniqueConstraint(fields=["layout", "tag"], name="places_tag_names_one_tile"),
        ]

    def __str__(self) -> str:
        return f"{self.tag} {self.column},{self.row}"


class BoundaryLoad(models.Model):
    """One file of boundaries that somebody brought: what, whose, under which licence, who and when."""

    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    source = models.CharField(max_length=400)
    licence = models.CharField(max_length=200)
    loaded_by = models.CharField(max_length=120)
    loaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.file_name} ({self.loaded_at:%Y-%m-%d})"


class AreaBoundary(models.Model):
    """The ground an area covers, in WGS 84."""

    area = models.OneToOneField(Area, models.CASCADE, related_name="boundary")
    load = models.ForeignKey(BoundaryLoad, models.PROTECT, related_name="boundaries")
    wkb = models.BinaryField()
    west = models.FloatField()
    south = models.FloatField()
    east = models.FloatField()
    north = models.FloatField()
    area_km2 = models.DecimalField(max_digits=12, decimal_places=3)  # on the ellipsoid, measured when loaded
    repaired = models.CharField(max_length=200, blank=True)  # what was wrong with it, when it had to be repaired

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(west__lte=models.F("east"), south__lte=models.F("north")),
                name="places_boundary_box_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"boundary of {self.area_id}"


class Facility(models.Model):
    """A school, clinic, shelter or collective centre."""

    class Kind(models.TextChoices):
        SCHOOL = "school", _("school")
        CLINIC = "clinic", _("health centre")
        SHELTER = "shelter", _("shelter")
        COLLECTIVE_CENTRE = "collective_centre", _("collective centre")
        OFFICE = "office", _("office")
        OTHER = "other", pgettext_lazy("facility", "other")

    area = models.ForeignKey(Area, models.PROTECT, related_name="facilities")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    name = models.CharField(_("name"), max_length=160)
    name_other = models.CharField(_("name in the other language"), max_length=160, blank=True)
    lon = models.FloatField(null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)
    capacity = models.PositiveIntegerField(_("capacity, people"), null=True, blank=True)
    scheme = models.CharField(max_length=40)  # code of the list it came from, so that the list can come again
    code = models.CharField(max_length=60)
    source = models.CharField(max_length=400)
    until = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "facilities"
        constraints = [
            models.UniqueConstraint(fields=["scheme", "code"], name="places_code_names_one_facility"),
            models.CheckConstraint(
                condition=models.Q(lon=None, lat=None)
                | models.Q(lon__gte=-180, lon__lte=180, lat__gte=-90, lat__lte=90),
                name="places_facility_point_on_earth",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Indicator(models.Model):
    """What a figure measures. Labels are data, since an office brings its own indicators."""

    code = models.CharField(max_length=60, unique=True)
    label_en = models.CharField(max_length=120)
    label_sq = models.CharField(max_length=120, blank=True)
    label_sr = models.CharField(max_length=120, blank=True)
    label_sr_latn = models.CharField(max_length=120, blank=True)

    def __str__(self) -> str:
        return self.code


class Observation(models.Model):
    """One figure: indicator, place, period, group, value, unit, on what basis, from what source, of which vintage."""

    class Basis(models.TextChoices):
        CENSUS = "census", _("census")
        ESTIMATE = "estimate", _("estimate")
        REGISTER = "register", _("register")
        SURVEY = "survey", _("survey")
        MODEL = "model", _("model")
        LAW = "law", _("law")

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="observations")
    area = models.ForeignKey(Area, models.PROTECT, related_name="observations")
    period_start = models.DateField()
    period_end = models.DateField()
    group = models.CharField(max_length=60, blank=True)  # empty: everybody
    value = models.DecimalField(max_digits=20, decimal_places=6)
    unit = models.CharField(max_length=30)
    basis = models.CharField(max_length=10, choices=Basis)
    note = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=400)
    vintage = models.CharField(max_length=10)  # when the source was published: 2024, 2024-12 or 2024-12-19

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "area", "period_start", "period_end", "group", "vintage"],
                name="places_observation_once",
            ),
            models.CheckConstraint(
                condition=models.Q(period_end__gte=models.F("period_start")),
                name="places_observation_period_in_order",
            ),
            models.CheckConstraint(condition=~models.Q(source=""), name="places_observation_has_source"),
        ]
        indexes = [models.Index(fields=["area", "indicator", "-period_end"], name="places_observation_by_area")]

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.area_id} {self.period_end:%Y}: {self.value}"


class Revision(models.Model):
    """One row that every write to places stamps anew, so that lookups kept in memory know when they are old.

    A stamp, not a counter: a counter rolled back and counted up again would meet its own past.
    """

    stamp = models.UUIDField()

    def __str__(self) -> str:
        return str(self.stamp)
