"""Which feature of a file is which area, and what is wrong with it: pure, over values.

A feature is matched by a code, by a name in any spelling, or not at all. When code and name point to different
areas nobody is believed and nothing is loaded for that feature.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from streha.common.errors import BadInput, message
from streha.formats import geo
from streha.places import rules

AREA_MAY_DIFFER = 0.15  # of the recorded area; more is flagged
OVERLAP_KM2 = 0.1  # smaller overlaps are slivers along a border
NEAR_DEGREES = 0.3  # about 30 km: a seat further from its own polygon means another place or another projection
_NAME_HEADINGS = ("name", "emri", "emër", "naziv", "назив", "ime", "име", "komuna", "opština", "општина")
_MOSTLY_DISTINCT = 0.8  # a column that names the feature itself, not the region many features share
_HALF_DISTINCT = 0.5  # enough where the heading says that these are names: some may be doubled


class Existing(StrEnum):
    """What happens to a boundary that is already there."""

    KEEP = "keep"
    REPLACE = "replace"


@dataclass(frozen=True)
class KnownArea:
    """An area a feature may turn out to be."""

    area_id: int
    label: str
    codes: frozenset[tuple[str, str]]
    km2: float | None
    point: tuple[float, float] | None


@dataclass(frozen=True)
class Finding:
    """Something a person should look at: a stable code, the feature's number or None, and a sentence with details."""

    code: str
    number: int | None
    template: str
    details: Mapping[str, Any]

    def english(self) -> str:
        return self.template.format(number=self.number, **self.details)


@dataclass(frozen=True)
class Matched:
    """A feature that is a known area."""

    number: int
    area_id: int
    label: str
    by: str  # code or name
    geometry: BaseGeometry = field(repr=False, compare=False)
    km2: float = 0.0
    recorded_km2: float | None = None
    repaired: str = ""

    @property
    def off(self) -> float | None:
        """How far the measured area is off the recorded one, as a share: 0.2 is a fifth larger."""
        return None if not self.recorded_km2 else self.km2 / self.recorded_km2 - 1


@dataclass(frozen=True)
class Checked:
    """What a file of boundaries holds: the features to load, and everything worth telling."""

    matched: tuple[Matched, ...]
    findings: tuple[Finding, ...]


def check(
    features: Sequence[geo.Feature],
    areas: Sequence[KnownArea],
    index: rules.PlaceIndex,
    *,
    scheme: str,
    kind: str,
    name: str,
) -> Checked:
    """Match, drop what cannot be believed, measure what is left.

    Raises BadInput when nothing matches, or when everything lies elsewhere (latitude and longitude swapped, another
    country, another projection).
    """
    known = {area.area_id: area for area in areas}
    findings = [_unusable(feature) for feature in features if feature.geometry is None]
    usable = [feature for feature in features if feature.geometry is not None]
    pairs, unmatched = _match(usable, known, index, scheme, kind)
    findings += unmatched
    if not pairs:
        raise _nothing_matches(name, features, kind)
    doubled = {area_id for area_id, n in Counter(area_id for _, area_id, _ in pairs).items() if n > 1}
    findings += [_doubled(f, known[area_id].label) for f, area_id, _ in pairs if area_id in doubled]
    pairs = [pair for pair in pairs if pair[1] not in doubled]
    near = _near(pairs, known, name)
    findings += [_far(f, known[area_id].label) for f, area_id, _ in pairs if f.number not in near]
    matched = tuple(_measured(f, known[area_id], by) for f, area_id, by in pairs if f.number in near)
    findings += [_repaired(m) for m in matched if m.repaired]
    findings += [_area_off(m) for m in matched if m.off is not None and abs(m.off) > AREA_MAY_DIFFER]
    return Checked(matched, tuple(findings))


Pair = tuple[geo.Feature, int, str]


def _match(
    features: Sequence[geo.Feature], known: Mapping[int, KnownArea], index: rules.PlaceIndex, scheme: str, kind: str
) -> tuple[list[Pair], list[Finding]]:
    by_name = _name_columns(features, index, kind)
    by_code = _code_columns(features, known, scheme, by_name)
    pairs: list[Pair] = []
    findings: list[Finding] = []
    for number, feature in enumerate(features):
        coded = next((column[number] for column in by_code if number in column), None)
        named = [column[number] for column in by_name if number in column]
        if coded is not None and named and coded not in named:
            findings.append(_contradiction(feature, known[coded].label, known[named[0]].label))
        elif coded is not None:
            pairs.append((feature, coded, "code"))
        elif named:
            pairs.append((feature, named[0], "name"))
        else:
            findings.append(_unmatched(feature))
    return pairs, findings


Column = dict[int, int]  # position of the feature -> area


def _name_columns(features: Sequence[geo.Feature], index: rules.PlaceIndex, kind: str) -> list[Column]:
    """Columns whose texts name areas, each feature another one; those headed as names first."""
    kinds = frozenset({kind})
    found: list[tuple[bool, int, Column]] = []
    for heading in _headings(features):
        column: Column = {}
        for number, feature in enumerate(features):
            area_id = index.find(feature.properties.get(heading, ""), kinds=kinds).area_id
            if area_id is not None:
                column[number] = area_id
        titled = any(word in heading.casefold() for word in _NAME_HEADINGS)
        distinct = _HALF_DISTINCT if titled else _MOSTLY_DISTINCT
        if column and len(set(column.values())) >= distinct * len(column):
            found.append((titled, len(column), column))
    return [column for _, _, column in sorted(found, key=lambda each: each[:2], reverse=True)]


def _code_columns(
    features: Sequence[geo.Feature], known: Mapping[int, KnownArea], scheme: str, by_name: Sequence[Column]
) -> list[Column]:
    """Columns whose values are codes; a running number that only looks like codes contradicts the names and goes."""
    codes: dict[str, int] = {}
    for area in known.values():
        for each, code in area.codes:
            if not scheme or each == scheme:
                codes.setdefault(code, area.area_id)
                codes.setdefault(code.lstrip("0"), area.area_id)  # a table took 01 for a number
    found: list[Column] = []
    for heading in _headings(features):
        values = ((number, codes.get(f.properties.get(heading, ""))) for number, f in enumerate(features))
        column = {number: area_id for number, area_id in values if area_id is not None}
        if len(column) * 2 < len(features) or len(set(column.values())) < _MOSTLY_DISTINCT * len(column):
            continue
        agreeing = [any(names.get(n) == a for names in by_name) for n, a in column.items() if _is_named(n, by_name)]
        if not agreeing or sum(agreeing) * 2 > len(agreeing):
            found.append(column)
    return sorted(found, key=len, reverse=True)


def _is_named(number: int, by_name: Sequence[Column]) -> bool:
    return any(number in column for column in by_name)


def _headings(features: Sequence[geo.Feature]) -> list[str]:
    return list(dict.fromkeys(heading for feature in features for heading in feature.properties))


def _near(pairs: Sequence[Pair], known: Mapping[int, KnownArea], name: str) -> set[int]:
    """Numbers of the features that lie where their areas are known to be; an area without a point is believed."""
    placed = [(f, known[area_id].point) for f, area_id, _ in pairs]
    testable = [(f, point) for f, point in placed if point is not None]
    right = {f.number for f, point in testable if _is_near(f, *point)}
    if testable and not right:
        swapped = sum(_is_near(f, lat, lon) for f, (lon, lat) in testable)
        if swapped * 2 > len(testable):
            raise BadInput(
                message("{file}: latitude and longitude are swapped. GeoJSON wants longitude first; export it again."),
                code="boundaries_swapped",
                file=name,
            )
        raise BadInput(
            message("{file}: no boundary lies near the place it names. It is another country or another projection."),
            code="boundaries_elsewhere",
            file=name,
        )
    return right | {f.number for f, point in placed if point is None}


def _is_near(feature: geo.Feature, lon: float, lat: float) -> bool:
    west, south, east, north = feature.geometry.bounds  # type: ignore[union-attr]
    return bool(
        west - NEAR_DEGREES <= lon <= east + NEAR_DEGREES and south - NEAR_DEGREES <= lat <= north + NEAR_DEGREES
    )


def _measured(feature: geo.Feature, area: KnownArea, by: str) -> Matched:
    assert feature.geometry is not None
    measured = geo.area_km2(feature.geometry)
    return Matched(feature.number, area.area_id, area.label, by, feature.geometry, measured, area.km2, feature.repaired)


def overlaps(shapes: Sequence[tuple[str, BaseGeometry]]) -> list[tuple[str, str, float]]:
    """Pairs of labelled polygons that overlap by more than a sliver, with the square kilometres they share."""
    geometries = [geometry for _, geometry in shapes]
    found = []
    for first, second in shapely.STRtree(geometries).query(geometries, predicate="intersects").T:
        if first < second:
            shared = shapely.intersection(geometries[first], geometries[second])
            polygons = [part for part in shapely.get_parts(shared) if part.geom_type == "Polygon"]
            km2 = sum(geo.area_km2(part) for part in polygons)
            if km2 > OVERLAP_KM2:
                found.append((shapes[first][0], shapes[second][0], km2))
    return sorted(found, key=lambda pair: -pair[2])


def containing(
    points: Sequence[tuple[float, float] | None], shapes: Sequence[tuple[int, BaseGeometry]]
) -> list[int | None]:
    """For each (longitude, latitude) the id of the shape it lies in, or None."""
    answer: list[int | None] = [None] * len(points)
    if not shapes:
        return answer
    where = [number for number, point in enumerate(points) if point is not None]
    places = shapely.points(np.array([points[number] for number in where], dtype=float).reshape(-1, 2))
    asked, hit = shapely.STRtree([shape for _, shape in shapes]).query(places, predicate="intersects")
    for number, shape in sorted(zip(asked, hit, strict=True), reverse=True):
        answer[where[number]] = shapes[shape][0]
    return answer


def refuse_swapped(
    points: Sequence[tuple[float, float] | None], shapes: Sequence[tuple[int, BaseGeometry]], name: str
) -> None:
    """Raise BadInput when no point lies in any shape, and most would with latitude and longitude exchanged."""
    given = [point for point in points if point is not None]
    if not given or not shapes or any(inside is not None for inside in containing(given, shapes)):
        return
    if sum(inside is not None for inside in containing([(lat, lon) for lon, lat in given], shapes)) * 2 > len(given):
        raise BadInput(
            message("{file}: latitude and longitude are swapped. The columns are lon (east) and lat (north)."),
            code="points_swapped",
            file=name,
        )


def overlapping(first: str, second: str, km2: float) -> Finding:
    template = message("{first} and {second} overlap by {km2} km².")
    return Finding("overlap", None, template, {"first": first, "second": second, "km2": round(km2, 2)})


def missing(labels: Collection[str]) -> list[Finding]:
    template = message("There is no boundary for {label} yet.")
    return [Finding("missing", None, template, {"label": label}) for label in sorted(labels)]


def kept(matched: Matched) -> Finding:
    template = message(
        "Feature {number}: {label} has a boundary already; it was kept. Ask to replace it if you mean to."
    )
    return Finding("kept", matched.number, template, {"label": matched.label})


def _shown(feature: geo.Feature) -> str:
    """What a person would recognise the feature by."""
    texts = [text for text in feature.properties.values() if text]
    return ", ".join(texts[:4])[:120] or "–"


def _unusable(feature: geo.Feature) -> Finding:
    template = message("Feature {number} ({shown}) has no usable polygon: {fault}.")
    return Finding("invalid", feature.number, template, {"shown": _shown(feature), "fault": feature.fault})


def _unmatched(feature: geo.Feature) -> Finding:
    template = message("Feature {number} ({shown}) is no area known here, neither by code nor by name.")
    return Finding("unmatched", feature.number, template, {"shown": _shown(feature)})


def _contradiction(feature: geo.Feature, coded: str, named: str) -> Finding:
    template = message("Feature {number}: its code says {coded}, its name says {named}. Correct the file.")
    return Finding("contradiction", feature.number, template, {"coded": coded, "named": named})


def _doubled(feature: geo.Feature, label: str) -> Finding:
    template = message("Feature {number}: {label} stands in the file more than once. Join its parts or remove one.")
    return Finding("doubled", feature.number, template, {"label": label})


def _far(feature: geo.Feature, label: str) -> Finding:
    template = message("Feature {number} lies far from {label}, which it names. Nothing was loaded for it.")
    return Finding("elsewhere", feature.number, template, {"label": label})


def _repaired(matched: Matched) -> Finding:
    template = message("Feature {number}: the polygon of {label} was repaired ({reason}).")
    return Finding("repaired", matched.number, template, {"label": matched.label, "reason": matched.repaired})


def _area_off(matched: Matched) -> Finding:
    template = message("Feature {number}: {label} measures {km2} km², the record says {recorded} km² ({percent} %).")
    percent = math.floor((matched.off or 0) * 100 + 0.5)
    details = {"label": matched.label, "km2": round(matched.km2, 1), "recorded": f"{matched.recorded_km2:g}"}
    return Finding("area_off", matched.number, template, {**details, "percent": f"{percent:+d}"})


def _nothing_matches(name: str, features: Sequence[geo.Feature], kind: str) -> BadInput:
    return BadInput(
        message("{file}: no feature is a {kind} known here, by code or by name. Its columns are: {columns}."),
        code="boundaries_nothing_matches",
        file=name,
        kind=kind,
        columns=", ".join(_headings(features))[:300] or "-",
    )
