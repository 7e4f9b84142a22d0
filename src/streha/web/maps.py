"""Maps as values a template can draw: tiles, dots over an outline, and shapes, all server-side SVG.

No colour stands here: a mark carries its class (``step-0`` without a figure, ``step-1`` and up), the style sheet does
the rest. Nothing here reads a database.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.urls import reverse
from shapely.geometry.base import BaseGeometry

TILE = 40  # a cell with its gap, in units of the drawing: eight across fit 360 pixels
WIDTH = 360
MARGIN = 6
_SMALLEST_DOT, _LARGEST_DOT = 3.0, 15.0


@dataclass(frozen=True)
class Mark:
    """What a map shows of one area."""

    area_id: int
    label: str
    shown: str  # the figure as the reader's language writes it, or what stands for none
    step: int

    @property
    def url(self) -> str:
        return reverse("place", args=[self.area_id])

    @property
    def said(self) -> str:
        """What a reader who does not see the map is told."""
        return f"{self.label}: {self.shown}"


@dataclass(frozen=True)
class Tile:
    mark: Mark
    tag: str
    x: int
    y: int

    @property
    def middle(self) -> tuple[int, int]:
        return self.x + (TILE - 2) // 2, self.y + (TILE - 2) // 2 + 4


@dataclass(frozen=True)
class TileMap:
    width: int
    height: int
    tiles: tuple[Tile, ...]

    side = TILE - 2


@dataclass(frozen=True)
class Dot:
    mark: Mark
    x: float
    y: float
    r: float


@dataclass(frozen=True)
class Shape:
    mark: Mark
    path: str


@dataclass(frozen=True)
class Drawing:
    """A map in true shape: an outline, and dots or filled shapes on it."""

    width: int
    height: int
    outline: str
    dots: tuple[Dot, ...] = ()
    shapes: tuple[Shape, ...] = ()


@dataclass(frozen=True)
class Projection:
    """Degrees to units of the drawing: equal widths at the middle latitude, north up."""

    west: float
    north: float
    scale: float
    squeeze: float  # cosine of the middle latitude
    height: int

    @classmethod
    def of(cls, bounds: tuple[float, float, float, float]) -> Projection:
        """Fits the bounds (west, south, east, north) into the drawing's width."""
        west, south, east, north = bounds
        squeeze = math.cos(math.radians((south + north) / 2))
        scale = (WIDTH - 2 * MARGIN) / max((east - west) * squeeze, 1e-6)
        return cls(west, north, scale, squeeze, math.ceil((north - south) * scale) + 2 * MARGIN)

    def place(self, lon: float, lat: float) -> tuple[float, float]:
        x = (lon - self.west) * self.squeeze * self.scale + MARGIN
        return round(x, 1), round((self.north - lat) * self.scale + MARGIN, 1)

    def path(self, geometry: BaseGeometry) -> str:
        """The polygons as an SVG path; rings that shrink to a point are left out."""
        rings = [
            ring
            for polygon in getattr(geometry, "geoms", [geometry])
            for ring in (polygon.exterior, *polygon.interiors)
        ]
        return "".join(self._ring(ring.coords) for ring in rings)

    def _ring(self, points: Sequence[Sequence[float]]) -> str:
        placed = [self.place(point[0], point[1]) for point in points]
        kept = [p for n, p in enumerate(placed) if n == 0 or p != placed[n - 1]]
        return f"M{' '.join(f'{x:g},{y:g}' for x, y in kept)}Z" if len(kept) > 3 else ""


def tile_map(cells: Mapping[int, tuple[str, int, int]], marks: Mapping[int, Mark]) -> TileMap | None:
    """The tile map of areas that have a cell (tag, column, row from 1), or None when none has."""
    tiles = tuple(
        Tile(marks[area_id], tag, (column - 1) * TILE + 1, (row - 1) * TILE + 1)
        for area_id, (tag, column, row) in sorted(cells.items(), key=lambda cell: (cell[1][2], cell[1][1]))
        if area_id in marks
    )
    if not tiles:
        return None
    return TileMap(max(t.x for t in tiles) + TILE, max(t.y for t in tiles) + TILE, tiles)


def dot_map(
    outline: BaseGeometry,
    points: Mapping[int, tuple[float, float]],
    values: Mapping[int, Decimal],
    marks: Mapping[int, Mark],
) -> Drawing:
    """Dots on the seats of areas, their surface as large as the figure; large ones are drawn first."""
    projection = Projection.of(outline.bounds)
    largest = float(max((abs(value) for value in values.values()), default=Decimal(0))) or 1.0
    dots = [
        Dot(marks[area_id], *projection.place(*point), _radius(values.get(area_id), largest))
        for area_id, point in points.items()
        if area_id in marks
    ]
    dots.sort(key=lambda dot: (-dot.r, dot.mark.area_id))
    return Drawing(WIDTH, projection.height, projection.path(outline), dots=tuple(dots))


def shape_map(
    shapes: Sequence[tuple[int, BaseGeometry]], outline: BaseGeometry | None, marks: Mapping[int, Mark]
) -> Drawing:
    """Areas in their own shape."""
    everything = [shape.bounds for _, shape in shapes]
    if outline is not None and len(shapes) < len(marks):
        everything.append(outline.bounds)  # some are missing: show the whole country, so that the gap is seen
    west, south, east, north = (
        pick(each) for pick, each in zip((min, min, max, max), zip(*everything, strict=True), strict=True)
    )
    projection = Projection.of((west, south, east, north))
    drawn = [Shape(marks[area_id], projection.path(shape)) for area_id, shape in shapes if area_id in marks]
    path = projection.path(outline) if outline is not None and len(shapes) < len(marks) else ""
    return Drawing(WIDTH, projection.height, path, shapes=tuple(drawn))


def _radius(value: Decimal | None, largest: float) -> float:
    if value is None:
        return _SMALLEST_DOT
    return round(_SMALLEST_DOT + (_LARGEST_DOT - _SMALLEST_DOT) * math.sqrt(abs(float(value)) / largest), 1)
