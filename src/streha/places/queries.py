"""Reads of places across tables: subtrees, finding by any spelling, figures for lists and maps."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Collection, Iterable

from django.db import models as db

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
