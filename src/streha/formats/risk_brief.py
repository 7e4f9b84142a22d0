"""The two-page brief of a risk run as tagged PDF, with its map and curve drawn as SVG.

The text reaches the typesetter as data, never as markup, so that a name with a ``#`` in it stays a name.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from streha.common.errors import message

WIDTH, HEIGHT = 520.0, 430.0
LABELLED, SMALLEST_CIRCLE, LINE, NEAREST_TICKS = 16, 0.4, 10.0, 22.0
Project = Callable[[float, float], tuple[float, float]]
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
    - #label: *#value.at("shown", default: value.at("text", default: ""))* ]
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


def map_svg(
    places: Sequence[Place], mark: tuple[float, float] | None = None, backdrop: Mapping[str, Any] | None = None
) -> str:
    """A map of areas; shaded outlines where given, and circles with an area proportional to people.

    ``mark`` is drawn as a cross (an epicentre), ``backdrop`` as a plain outline below everything.
    """
    points = [(place.lon, place.lat) for place in places] + [xy for place in places for xy in _points(place.outline)]
    points += _points(backdrop)
    if mark is not None:
        points.append(mark)
    project, height = _projection(points)
    top = max((place.people for place in places), default=0.0)
    body = [f'<rect width="{WIDTH:g}" height="{height:.0f}" fill="white"/>']
    body += [_outline(ring, project, LAND) for ring in _rings(backdrop)]
    for place in places:
        share = place.people / place.residents if place.residents else 0.0
        body += [_outline(ring, project, _shade(share)) for ring in _rings(place.outline)]
    ranked = sorted(places, key=lambda place: -place.people)
    for place in ranked:
        x, y = project(place.lon, place.lat)
        radius = 26 * math.sqrt(place.people / top) if top > 0 else 0.0
        body.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.2" fill="{INK}"/>')
        if radius > SMALLEST_CIRCLE:
            body.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{ACCENT}" fill-opacity="0.45"/>')
    body += _names([(*project(place.lon, place.lat), place.name) for place in ranked[:LABELLED]])
    if mark is not None:
        x, y = project(*mark)
        body.append(
            f'<path d="M{x - 7:.1f},{y:.1f}h14M{x:.1f},{y - 7:.1f}v14" stroke="{INK}" stroke-width="2" fill="none"/>'
        )
    return _svg(body, height=height)


def curve_svg(
    points: Sequence[tuple[float, float, float, float]],
    *,
    middle: bool = True,
    number: Callable[[float], str] = "{:,.0f}".format,
) -> str:
    """People displaced against return period (logarithmic): the band from low to high, and its middle if it may be
    shown."""
    left, right, upper, lower = 62.0, WIDTH - 14, 14.0, 266.0
    step = _nice(max(1.0, *(high for *_, high in points)) / 4)
    top = step * math.ceil(max(1.0, *(high for *_, high in points)) / step)
    first, last = math.log(points[0][0]), math.log(points[-1][0])

    def at(years: float, people: float) -> str:
        x = left + (right - left) * (math.log(years) - first) / max(last - first, 1e-9)
        return f"{x:.1f},{lower - (lower - upper) * people / top:.1f}"

    band = [at(years, high) for years, _, _, high in points] + [at(years, low) for years, low, _, _ in reversed(points)]
    body = [f'<rect width="{WIDTH:g}" height="{lower + 34:g}" fill="white"/>']
    for mark in range(round(top / step) + 1):
        y = lower - (lower - upper) * mark * step / top
        body.append(f'<path d="M{left},{y:.1f}H{right}" stroke="{WATER}" stroke-width="0.6"/>')
        body.append(_label(left - 6, y + 3, number(step * mark), "end"))
    body.append(f'<polygon points="{" ".join(band)}" fill="{ACCENT}" fill-opacity="0.2" stroke="{ACCENT}"/>')
    if middle:
        line = " ".join(at(years, central) for years, _, central, _ in points)
        body.append(f'<polyline points="{line}" fill="none" stroke="{ACCENT}" stroke-width="2"/>')
    end = -math.inf
    for years, *_ in points:
        x = float(at(years, 0).split(",")[0])
        if x - end > NEAREST_TICKS:
            end = x
            body.append(_label(x, lower + 15, f"{years:g}", "middle"))
    return _svg(body, height=lower + 34)


def _nice(step: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50, ... at or above ``step``."""
    power = 10 ** math.floor(math.log10(max(step, 1.0)))
    return float(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step))


def _names(wanted: Sequence[tuple[float, float, str]]) -> list[str]:
    """Names beside their points. The more people, the sooner; one that would cover another is left to the table."""
    taken: list[tuple[float, float, float]] = []
    written = []
    for x, y, name in wanted:
        length = 5.2 * len(name)
        left = x + 4 if x + 4 + length < WIDTH else x - 4 - length
        if all(abs(y - other) > LINE or left + length < start or left > end for start, other, end in taken):
            taken.append((left, y, left + length))
            anchor = "start" if left > x else "end"
            written.append(_label(x + 4 if left > x else x - 4, y - 3, name, anchor))
    return written


def _outline(ring: Sequence[Sequence[float]], project: Project, fill: str) -> str:
    path = "M" + "L".join("{:.1f},{:.1f}".format(*project(x, y)) for x, y in ring) + "Z"
    return f'<path d="{path}" fill="{fill}" stroke="{WATER}" stroke-width="0.8"/>'


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


def _projection(points: Sequence[tuple[float, float]]) -> tuple[Project, float]:
    """Degrees to places on a picture as wide as `WIDTH` and as high as the points need, at most `HEIGHT`."""
    lons, lats = [x for x, _ in points], [y for _, y in points]
    squeeze = math.cos(math.radians(sum(lats) / len(lats)))
    wide, high = max((max(lons) - min(lons)) * squeeze, 1e-6), max(max(lats) - min(lats), 1e-6)
    scale = min((WIDTH - 90) / wide, (HEIGHT - 60) / high)
    height = high * scale + 60
    x0 = (WIDTH - wide * scale) / 2
    west, north = min(lons), max(lats)
    return lambda x, y: (x0 + (x - west) * squeeze * scale, 30 + (north - y) * scale), height


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
