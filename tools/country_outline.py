"""Writes the outline of one country as GeoJSON, from the TopoJSON of the npm package ``world-atlas``.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python tools/country_outline.py package/countries-10m.json Kosovo > src/streha/places/data/kosovo_outline.geojson

The package is under the ISC licence; its data are Natural Earth's, in the public domain.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from pathlib import Path
from typing import Any

SOURCE = "Natural Earth 1:10 million, through npm world-atlas 2.0.2 (countries-10m)"
LICENCE = "data: public domain (Natural Earth); package: ISC, © 2013-2019 Michael Bostock"


def arc(topology: dict[str, Any], index: int) -> list[tuple[float, float]]:
    """One arc in degrees; TopoJSON keeps differences of whole numbers, and ~index means backwards."""
    steps = topology["arcs"][~index if index < 0 else index]
    columns = zip(*steps, strict=True)
    (kx, ky), (x0, y0) = topology["transform"]["scale"], topology["transform"]["translate"]
    xs, ys = (list(itertools.accumulate(column)) for column in columns)
    points = [(round(x * kx + x0, 4), round(y * ky + y0, 4)) for x, y in zip(xs, ys, strict=True)]
    return points[::-1] if index < 0 else points


def ring(topology: dict[str, Any], indices: list[int]) -> list[tuple[float, float]]:
    """Arcs end to end; each begins where the one before ended."""
    points: list[tuple[float, float]] = []
    for index in indices:
        points += arc(topology, index)[1 if points else 0 :]
    return points


def outline(topology: dict[str, Any], name: str) -> dict[str, Any]:
    """The country as a GeoJSON FeatureCollection of one polygon, outer ring against the clock."""
    countries = topology["objects"]["countries"]["geometries"]
    country = next(each for each in countries if each["properties"]["name"] == name)
    if country["type"] != "Polygon":
        raise SystemExit(f"{name} is a {country['type']}; this script draws one polygon.")
    rings = [ring(topology, indices) for indices in country["arcs"]]
    outer = rings[0]
    if sum((x2 - x1) * (y2 + y1) for (x1, y1), (x2, y2) in itertools.pairwise(outer)) > 0:
        rings = [each[::-1] for each in rings]
    geometry = {"type": "Polygon", "coordinates": rings}
    feature = {"type": "Feature", "properties": {"name": name}, "geometry": geometry}
    return {"type": "FeatureCollection", "source": SOURCE, "licence": LICENCE, "features": [feature]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("topojson", type=Path)
    parser.add_argument("country")
    given = parser.parse_args()
    topology = json.loads(given.topojson.read_text(encoding="utf-8"))
    json.dump(outline(topology, given.country), sys.stdout, ensure_ascii=False, separators=(",", ":"))
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
