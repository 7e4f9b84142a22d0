"""The two-page brief of a risk run as tagged PDF, with its map and curve drawn as SVG.

The text reaches the typesetter as data, never as markup, so that a name with a ``#`` in it stays a name.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from streha.common.errors import message

WIDTH, HEIGHT = 520.0, 430.0
LABELLED = 16
INK, LAND, WATER, ACCENT = "#1f2933", "#eef1f4", "#d5dbe1", "#b4451f"
SHADES = ("#f7ede8", "#efc9b8", "#e09a7c", "#c96a45", "#8f3212")

# What the brief says around the figures; a door passes the same keys in its reader's language.
LABELS: Mapping[str, str] = {
    "people": message("People displaced"),
    "area": message("Area"),
    "residents": message("Residents"),
    "shown": message("People displaced, 90 % band"),
    "map": message("Map"),
    "map_alt": message("Map of people displaced by area; the table holds the same figures."),
    "curve": message("How often how many"),
    "curve_alt": message("Curve of people displaced by return period with its band; the table holds the same figures."),
    "years": message("Return period (years)"),
    "states": message("What becomes of them"),
    "notes": message("Read this first"),
    "sources": message("Sources"),
    "provenance": message("How it was made"),
    "futures": message("Other climates"),
    "sheltered": message("in shelters at the peak"),
    "destroyed": message("whose home is lost or unfit for long"),
    "protracted": message("displaced for long"),
    "displaced": message("displaced"),
    "trapped": message("trapped"),
    "evacuates_and_returns": message("evacuates and returns"),
    "relocates": message("relocates"),
}

TEMPLATE = r"""
#let r = json(bytes(sys.inputs.report))
#let l = json(bytes(sys.inputs.labels))
#set document(title: r.title, author: "Streha")
#set text(font: ("Noto Sans", "Libertinus Serif"), size: 9.5pt, lang: sys.inputs.lang, fill: rgb("#1f2933"))
#let foot = context align(right, text(size: 8pt)[#counter(page).display()])
#set page(paper: "a4", margin: (x: 18mm, y: 16mm), footer: foot)
#set par(justify: false, leading: 0.6em)
#show heading.where(level: 1): set text(size: 17pt)
#show heading.where(level: 2): set text(size: 11.5pt)
#let cell-table(columns, header, rows) = table(
  columns: columns, stroke: none, inset: (x: 4pt, y: 2.6pt),
  table.header(..header.map(h => strong(h))),
  table.hline(stroke: 0.5pt),
  ..rows.flatten().map(v => [#v]),
)
= #r.title
#text(size: 10.5pt)[#r.measure]

#for (name, value) in r.states [
  #let label = l.at(name, default: name)
  #if name == "displaced" [#text(size: 22pt, weight: "bold")[#value.shown] #h(4pt) #label \ ] else [
    - *#value.at("shown", default: value.at("text", default: ""))* #label ]
]

== #l.notes
#for note in r.notes [- #note
]

== #l.map
#image(bytes(sys.inputs.map), format: "svg", width: 100%, alt: l.map_alt)

#if "curve" in sys.inputs [
== #l.curve
#image(bytes(sys.inputs.curve), format: "svg", width: 78%, alt: l.curve_alt)
#cell-table((auto, 1fr), (l.years, l.shown), r.return_periods.map(p => (str(p.years), p.shown)))
]

== #l.people
#cell-table((auto, 1fr, auto, 1fr), ("", l.area, l.residents, l.shown),
  r.areas.map(a => (a.code, a.name, str(a.residents), a.shown)))

#if r.futures.len() > 0 [
== #l.futures
#for f in r.futures [- *#f.name*: #f.shown (#f.change_shown) #text(size: 8.5pt)[#f.source]
]
]

== #l.sources
#for source in r.sources [- #text(size: 8.5pt)[#source]
]

== #l.provenance
#for (name, value) in r.provenance [
  #let told = if type(value) == dictionary { value.pairs().map(p => p.at(0) + " " + str(p.at(1))).join("; ") }
  #text(size: 8.5pt)[#name: #if told == none [#value] else [#told]] \
]
"""


@dataclasses.dataclass(frozen=True)
class Place:
    """An area on the map."""

    name: str
    lon: float
    lat: float
    people: float
    residents: float
    outline: Mapping[str, Any] | None = None


def pdf(
    report: Mapping[str, Any],
    map_image: str,
    curve_image: str | None,
    *,
    labels: Mapping[str, str] = LABELS,
    language: str = "en",
) -> bytes:
    """The brief as PDF/UA-1: tagged, with a title, a language and a text for every picture."""
    import typst

    inputs = {
        "report": json.dumps(report, ensure_ascii=False, default=str),
        "labels": json.dumps(dict(labels), ensure_ascii=False),
        "map": map_image,
        "lang": language,
    }
    if curve_image is not None:
        inputs["curve"] = curve_image
    # 1.7 beside the accessibility standard: without it the compiler may choose a version that readers do not know.
    result: bytes = typst.compile(TEMPLATE.encode(), format="pdf", sys_inputs=inputs, pdf_standards=["1.7", "ua-1"])
    return result


def map_svg(places: Sequence[Place], mark: tuple[float, float] | None = None) -> str:
    """A map of areas; shaded outlines where given, else circles with an area proportional to people."""
    points = [(place.lon, place.lat) for place in places] + [xy for place in places for xy in _points(place.outline)]
    if mark is not None:
        points.append(mark)
    project = _projection(points)
    top = max((place.people for place in places), default=0.0)
    body = [f'<rect width="{WIDTH:g}" height="{HEIGHT:g}" fill="white"/>']
    for place in places:
        for ring in _rings(place.outline):
            path = "M" + "L".join("{:.1f},{:.1f}".format(*project(x, y)) for x, y in ring) + "Z"
            share = place.people / place.residents if place.residents else 0.0
            body.append(f'<path d="{path}" fill="{_shade(share)}" stroke="{WATER}" stroke-width="0.8"/>')
    for place in sorted(places, key=lambda place: -place.people):
        x, y = project(place.lon, place.lat)
        radius = 26 * math.sqrt(place.people / top) if top > 0 else 0.0
        body.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.2" fill="{INK}"/>')
        if radius > 0.4:
            body.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{ACCENT}" fill-opacity="0.45"/>')
    taken: list[tuple[float, float, float]] = []
    for place in sorted(places, key=lambda place: -place.people)[:LABELLED]:
        x, y = project(place.lon, place.lat)
        right = x + 4 + 5.2 * len(place.name)
        # The more people, the sooner a name is written; one that would cover another is left to the table.
        if all(abs(y - other) > 10 or right < left or x > end for left, other, end in taken):
            taken.append((x, y, right))
            body.append(_label(x + 4, y - 3, place.name, "start"))
    if mark is not None:
        x, y = project(*mark)
        body.append(
            f'<path d="M{x - 7:.1f},{y:.1f}h14M{x:.1f},{y - 7:.1f}v14" stroke="{INK}" stroke-width="2" fill="none"/>'
        )
    return _svg(body)


def curve_svg(points: Sequence[tuple[float, float, float, float]]) -> str:
    """People displaced against return period (logarithmic) with the band from low to high."""
    left, right, upper, lower = 62.0, WIDTH - 14, 14.0, HEIGHT * 0.62
    top = max(1.0, *(high for *_, high in points))
    first, last = math.log(points[0][0]), math.log(points[-1][0])

    def at(years: float, people: float) -> str:
        x = left + (right - left) * (math.log(years) - first) / max(last - first, 1e-9)
        return f"{x:.1f},{lower - (lower - upper) * people / top:.1f}"

    band = [at(years, high) for years, _, _, high in points] + [at(years, low) for years, low, _, _ in reversed(points)]
    body = [f'<rect width="{WIDTH:g}" height="{lower + 34:g}" fill="white"/>']
    for step in range(5):
        y = lower - (lower - upper) * step / 4
        body.append(f'<path d="M{left},{y:.1f}H{right}" stroke="{WATER}" stroke-width="0.6"/>')
        body.append(_label(left - 6, y + 3, f"{top * step / 4:,.0f}", "end"))
    body.append(f'<polygon points="{" ".join(band)}" fill="{ACCENT}" fill-opacity="0.2"/>')
    middle = " ".join(at(years, central) for years, _, central, _ in points)
    body.append(f'<polyline points="{middle}" fill="none" stroke="{ACCENT}" stroke-width="2"/>')
    for years, *_ in points:
        x = float(at(years, 0).split(",")[0])
        body.append(_label(x, lower + 15, f"{years:g}", "middle"))
    return _svg(body, height=lower + 34)


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-family="Noto Sans, sans-serif" font-size="10" '
        f'text-anchor="{anchor}" fill="{INK}">{escape(text)}</text>'
    )


def _svg(body: Sequence[str], height: float = HEIGHT) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}" '
        f'width="{WIDTH:g}" height="{height:g}">{"".join(body)}</svg>'
    )


def _projection(points: Sequence[tuple[float, float]]) -> Any:
    lons, lats = [x for x, _ in points], [y for _, y in points]
    squeeze = math.cos(math.radians(sum(lats) / len(lats)))
    wide, high = max((max(lons) - min(lons)) * squeeze, 1e-6), max(max(lats) - min(lats), 1e-6)
    scale = min((WIDTH - 90) / wide, (HEIGHT - 60) / high)
    x0, y0 = (WIDTH - wide * scale) / 2, (HEIGHT - high * scale) / 2
    west, north = min(lons), max(lats)
    return lambda x, y: (x0 + (x - west) * squeeze * scale, y0 + (north - y) * scale)


def _rings(outline: Mapping[str, Any] | None) -> Iterator[Sequence[Sequence[float]]]:
    if outline is None:
        return
    polygons = [outline["coordinates"]] if outline["type"] == "Polygon" else outline["coordinates"]
    for polygon in polygons:
        yield from ([(point[0], point[1]) for point in ring] for ring in polygon)


def _points(outline: Mapping[str, Any] | None) -> Iterator[tuple[float, float]]:
    for ring in _rings(outline):
        yield from ((point[0], point[1]) for point in ring)


def _shade(share: float) -> str:
    if share <= 0:
        return LAND
    for limit, colour in zip((0.001, 0.01, 0.05, 0.2), SHADES, strict=False):
        if share < limit:
            return colour
    return SHADES[-1]
