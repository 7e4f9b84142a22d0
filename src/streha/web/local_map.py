"""The small map on the page of a municipality: its shape, or the land around its seat, with its sites and projects."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import shapely
from django.urls import reverse
from shapely.geometry.base import BaseGeometry

from streha.accounts.rules import Access, Action
from streha.assistance.projects import queries as projects
from streha.assistance.sites import queries as sites
from streha.places import queries as places
from streha.places.models import Area, BoundaryLoad
from streha.web import maps

AROUND = 0.18  # degrees of latitude to every side of the seat, about 20 km
MOST = 200


@dataclass(frozen=True)
class Point:
    """A site or project where it stands."""

    kind: str
    x: float
    y: float
    name: str
    url: str


@dataclass(frozen=True)
class LocalMap:
    """The land, the seat and what stands on it."""

    width: int
    height: int
    outline: str
    seat: tuple[float, float] | None
    points: tuple[Point, ...]
    sources: tuple[str, ...]
    """Whose shapes are drawn, and under which licence."""

    @property
    def kinds(self) -> list[str]:
        """What the legend has to explain."""
        return sorted({point.kind for point in self.points})


def drawn(access: Access, area: Area, inside: Collection[int]) -> LocalMap | None:
    """The map, or None where no land is loaded or nothing is to be shown on it."""
    land = _land(area)
    if land is None or land.is_empty:
        return None
    standing = [*_sites(access, inside), *_projects(access, area.pk)][:MOST]
    projection = maps.Projection.of(land.bounds)
    frame = shapely.box(*land.bounds)
    points = tuple(
        Point(kind, *projection.place(lon, lat), name, url)
        for kind, lon, lat, name, url in standing
        if frame.contains(shapely.Point(lon, lat))
    )
    seat = None
    if area.lon is not None and area.lat is not None and area.kind == Area.Kind.MUNICIPALITY:
        seat = projection.place(area.lon, area.lat)
    if not points and seat is None:
        return None
    return LocalMap(maps.WIDTH, projection.height, projection.path(land), seat, points, _sources(area))


def _land(area: Area) -> BaseGeometry | None:
    """Its own shape; the country clipped around its seat where no shape is loaded; the country of larger places."""
    own = next((shape for pk, shape in places.boundaries(area.kind) if pk == area.pk), None)
    if own is not None:
        return own
    country = next((shape for _pk, shape in places.boundaries("country")), None)
    if country is None or area.kind != Area.Kind.MUNICIPALITY or area.lon is None or area.lat is None:
        return country
    wide = AROUND * 1.36  # a degree of longitude is shorter here
    clipped = country.intersection(shapely.box(area.lon - wide, area.lat - AROUND, area.lon + wide, area.lat + AROUND))
    polygons = [part for part in getattr(clipped, "geoms", [clipped]) if part.geom_type == "Polygon"]
    return shapely.MultiPolygon(polygons) if polygons else None


def _sources(area: Area) -> tuple[str, ...]:
    loads = BoundaryLoad.objects.filter(boundaries__area__kind__in=[area.kind, "country"]).distinct()
    return tuple(" · ".join(filter(None, (load.source, load.licence))) for load in loads)


def _sites(access: Access, inside: Collection[int]) -> list[tuple[str, float, float, str, str]]:
    if not access.allows(Action.SITE_VIEW):
        return []
    rows = sites.open_sites(access).filter(keeper_id__in=inside, lon__isnull=False).order_by("pk")[:MOST]
    return [("site", row.lon, row.lat, row.name, reverse("site", args=[row.pk])) for row in rows]  # type: ignore[misc]


def _projects(access: Access, area_id: int) -> list[tuple[str, float, float, str, str]]:
    if not access.allows(Action.PROJECT_VIEW):
        return []
    rows = projects.narrowed_rows(access, projects.ProjectFilter(area_id=area_id)).filter(lon__isnull=False)
    shown = rows.order_by("-pk")[:MOST]
    return [("project", row.lon, row.lat, row.title, reverse("project", args=[row.pk])) for row in shown]  # type: ignore[misc]
