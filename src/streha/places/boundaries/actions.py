"""Loading a file of boundaries: one transaction, one record, nothing replaced unless told."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import shapely
from django.db import transaction

from streha.accounts.rules import Access, Action
from streha.audit import actions as audit
from streha.formats import geo
from streha.places import models, queries
from streha.places.boundaries import rules
from streha.places.boundaries.rules import Existing


@dataclass(frozen=True)
class BoundaryReport:
    """What a load of boundaries did: features in the file, what was loaded, and everything worth telling."""

    name: str
    features: int
    loaded: tuple[rules.Matched, ...]
    replaced: int
    findings: tuple[rules.Finding, ...]

    def count(self, code: str) -> int:
        """How many findings carry the code."""
        return sum(finding.code == code for finding in self.findings)

    def counts(self) -> dict[str, int]:
        codes = ("kept", "unmatched", "contradiction", "doubled", "elsewhere", "invalid", "repaired", "area_off")
        found = {code: self.count(code) for code in (*codes, "overlap", "missing")}
        return {"features": self.features, "loaded": len(self.loaded), "replaced": self.replaced, **found}


def load_boundaries(
    path: Path,
    *,
    source: str,
    licence: str,
    kind: str = "municipality",
    scheme: str = "",
    layer: str = "",
    existing: Existing = Existing.KEEP,
    by: Access,
    at: dt.datetime,
) -> BoundaryReport:
    """Every feature that is surely an area of ``kind`` is that area's boundary; the report tells the rest.

    ``scheme`` limits which codes count; empty takes any. Raises BadInput for a file that cannot be used at all, and
    then nothing was changed.
    """
    by.require(Action.PLACE_LOAD)
    features = geo.read(path, layer=layer)
    with transaction.atomic():
        take_turn()
        areas = _known_areas(kind)
        checked = rules.check(features, areas, queries.index(), scheme=scheme, kind=kind, name=path.name)
        before = set(models.AreaBoundary.objects.filter(area__kind=kind).values_list("area_id", flat=True))
        new = [m for m in checked.matched if existing is Existing.REPLACE or m.area_id not in before]
        skipped = [rules.kept(m) for m in checked.matched if m not in new]
        if new:
            _store(new, path, source=source, licence=licence, by=by, at=at)
        findings = (*checked.findings, *skipped, *_after(kind, areas))
        report = BoundaryReport(path.name, len(features), tuple(new), sum(m.area_id in before for m in new), findings)
        audit.record(
            by=by.actor,
            at=at,
            room="places",
            verb="load_boundaries",
            object_kind="file",
            object_key=path.name[:200],
            payload={**report.counts(), "source": source, "licence": licence},
        )
    return report


def take_turn() -> None:
    """One write to places at a time: hold the revision row until the transaction ends, and stamp it anew."""
    models.Revision.objects.update_or_create(pk=1, defaults={"stamp": uuid.uuid4()})


def _known_areas(kind: str) -> list[rules.KnownArea]:
    areas = models.Area.objects.filter(kind=kind).prefetch_related("codes")
    return [
        rules.KnownArea(
            area_id=area.pk,
            label=area.label_sq,
            codes=frozenset((c.scheme, c.code) for c in area.codes.all()),
            km2=float(area.area_km2) if area.area_km2 else None,
            point=(area.lon, area.lat) if area.lon is not None and area.lat is not None else None,
        )
        for area in areas
    ]


def _store(new: list[rules.Matched], path: Path, *, source: str, licence: str, by: Access, at: dt.datetime) -> None:
    load = models.BoundaryLoad.objects.create(
        file_name=path.name[:200],
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        source=source[:400],
        licence=licence[:200],
        loaded_by=by.label[:120],
        loaded_at=at,
    )
    models.AreaBoundary.objects.filter(area__in=[m.area_id for m in new]).delete()
    models.AreaBoundary.objects.bulk_create(models.AreaBoundary(load=load, **_columns(m)) for m in new)


def _columns(matched: rules.Matched) -> dict[str, Any]:
    west, south, east, north = matched.geometry.bounds
    return {
        "area_id": matched.area_id,
        "wkb": shapely.to_wkb(matched.geometry),
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "area_km2": Decimal(f"{matched.km2:.3f}"),
        "repaired": matched.repaired,
    }


def _after(kind: str, areas: list[rules.KnownArea]) -> list[rules.Finding]:
    """What is still missing and what overlaps once everything is stored."""
    shapes = queries.boundaries(kind)
    labels = {area.area_id: area.label for area in areas}
    pairs = rules.overlaps([(labels[area_id], shape) for area_id, shape in shapes])
    without = [label for area_id, label in labels.items() if area_id not in {each for each, _ in shapes}]
    return [*(rules.overlapping(*pair) for pair in pairs), *rules.missing(without)]
