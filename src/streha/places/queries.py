"""Reads of places across tables: subtrees, finding by any spelling, figures for lists and maps."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import shapely
from django.db import models as db
from shapely.geometry.base import BaseGeometry

from streha.engine import names
from streha.places import models, rules

FINDABLE = frozenset({"municipality", "settlement"})
_kept: tuple[uuid.UUID | None, rules.PlaceIndex] | None = None
_building = threading.Lock()


def subtree_ids(area_ids: Iterable[int]) -> frozenset[int]:
    """Ids of the areas and of everything below them; unknown ids give nothing."""
    wanted = db.Q()
    for path in models.Area.objects.filter(pk__in=list(area_ids)).values_list("path", flat=True):
        start, end = rules.path_range(path)
        wanted |= db.Q(path__gte=start, path__lt=end)
    if not wanted:
        return frozenset()
    return frozenset(models.Area.objects.filter(wanted).values_list("pk", flat=True))


def build_index() -> rules.PlaceIndex:
    """A fresh index of every name of every area, by any spelling; an import builds one and keeps it."""
    rows = models.AreaName.objects.values_list("area_id", "area__kind", "area__path", "name", "key")
    return rules.PlaceIndex(
        (rules.NamedPlace(pk, kind, rules.path_ids(path or ""), name, key) for pk, kind, path, name, key in rows),
        names.place_key,
    )


def index() -> rules.PlaceIndex:
    """The index of this process, built again when somebody wrote to places since."""
    global _kept  # noqa: PLW0603  one index per process, replaced as a whole
    stamp = models.Revision.objects.filter(pk=1).values_list("stamp", flat=True).first()
    kept = _kept
    if kept is None or kept[0] != stamp:
        with _building:
            kept = (stamp, build_index())
            _kept = kept
    return kept[1]


def resolve(
    text: str, within: Collection[int] | None = None, kinds: Collection[str] | None = FINDABLE
) -> rules.Resolution:
    """Municipalities and settlements that ``text`` may mean, in any spelling, below any of the areas ``within``."""
    return index().find(
        text,
        within=None if within is None else frozenset(within),
        kinds=None if kinds is None else frozenset(kinds),
    )


def boundaries(kind: str) -> list[tuple[int, BaseGeometry]]:
    """The polygons of all areas of a kind that have one, by area, in WGS 84."""
    rows = list(models.AreaBoundary.objects.filter(area__kind=kind).order_by("area").values_list("area", "wkb"))
    shapes = shapely.from_wkb([bytes(wkb) for _, wkb in rows])
    return [(area_id, shape) for (area_id, _), shape in zip(rows, shapes, strict=True)]


class Municipalities:
    """All municipalities by code and by name in any spelling, looked up many times during one load."""

    def __init__(self, scheme: str = "") -> None:
        self.labels: dict[int, str] = {}
        self.codes: dict[int, tuple[str, str]] = {}  # one code of each, by which it can be found again
        self._by_code: dict[str, int | None] = {}
        self._index = index()
        codes = models.AreaCode.objects.filter(area__kind="municipality").select_related("area").order_by("pk")
        for code in codes:
            self.labels[code.area_id] = code.area.label_sq
            self.codes.setdefault(code.area_id, (code.scheme, code.code))
            if not scheme or code.scheme == scheme:
                same = self._by_code.get(code.code, code.area_id) == code.area_id
                self._by_code[code.code] = code.area_id if same else None  # two schemes disagree: nobody knows

    def find(self, text: str) -> int | None:
        """The municipality with this code or, failing that, this name; None when unknown or ambiguous."""
        if text in self._by_code:
            return self._by_code[text]
        return self._index.find(text, kinds=frozenset({"municipality"})).area_id


@dataclass(frozen=True, order=True)
class Layer:
    """One map: an indicator in one period for one group (empty: everybody)."""

    indicator: str
    start: dt.date
    end: dt.date
    group: str = ""


def layers(kind: str) -> list[Layer]:
    """Every map that the figures of areas of a kind can make, newest period first within an indicator."""
    rows = (
        models.Observation.objects.filter(area__kind=kind)
        .values_list("indicator__code", "period_start", "period_end", "group")
        .distinct()
        .order_by("indicator__code", "-period_end", "-period_start", "group")
    )
    return [Layer(*row) for row in rows]


def layer_figures(layer: Layer, kind: str) -> dict[int, models.Observation]:
    """The figures of a map by area, the latest vintage of each."""
    rows = models.Observation.objects.filter(
        indicator__code=layer.indicator,
        period_start=layer.start,
        period_end=layer.end,
        group=layer.group,
        area__kind=kind,
    ).order_by("vintage")
    return {row.area_id: row for row in rows}


def latest_figures(indicator: str, area_ids: Collection[int]) -> dict[int, models.Observation]:
    """For each area its newest figure of an indicator for everybody: the last period, then the last vintage."""
    rows = models.Observation.objects.filter(indicator__code=indicator, area__in=area_ids, group="")
    return {row.area_id: row for row in rows.order_by("period_end", "vintage")}


def figures(area_id: int) -> list[models.Observation]:
    """Everything known of one area, by indicator and group, newest first; of each figure the latest vintage."""
    rows = models.Observation.objects.filter(area=area_id).select_related("indicator").order_by("vintage")
    latest = {(row.indicator_id, row.group, row.period_start, row.period_end): row for row in rows}
    by_period = sorted(latest.values(), key=lambda o: (o.period_end, o.period_start), reverse=True)
    return sorted(by_period, key=lambda o: (o.indicator.code, o.group))


def line_of(area: models.Area) -> list[models.Area]:
    """The areas above this one, widest first."""
    above = {each.pk: each for each in models.Area.objects.filter(pk__in=area.ancestor_ids()[:-1])}
    return [above[pk] for pk in area.ancestor_ids()[:-1] if pk in above]


MOST_FOUND = 50


def find(text: str, kinds: Collection[str] = FINDABLE) -> list[models.Area]:
    """Areas that ``text`` may mean in any spelling, then those whose name begins so; at most one more than 50."""
    sure = [match.area_id for match in resolve(text, kinds=kinds).matches][: MOST_FOUND + 1]
    key = names.place_key(text)
    beginning: list[int] = []
    if len(key) >= 2 and len(sure) <= MOST_FOUND:
        rows = models.AreaName.objects.filter(key__startswith=key, area__kind__in=kinds).exclude(area__in=sure)
        beginning = list(rows.order_by("key", "area").values_list("area", flat=True)[: 4 * MOST_FOUND])
    wanted = list(dict.fromkeys([*sure, *beginning]))[: MOST_FOUND + 1]
    areas = models.Area.objects.select_related("parent").in_bulk(wanted)
    return [areas[pk] for pk in wanted if pk in areas]
