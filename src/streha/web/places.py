"""Places: the list, the page of one place, and the map, each with the figures it rests on."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import shapely
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.formats import date_format
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from shapely.geometry.base import BaseGeometry

from streha.accounts.rules import Action
from streha.common import errors
from streha.formats import geo
from streha.places import models, queries, rules
from streha.web import door, map_layers, maps
from streha.web.templatetags.streha import number, place_name

KIND = "municipality"  # what the list and the map are made of
HEADLINE = "population"
SHAPE_TOLERANCE = 0.0005  # degrees, about 50 m: finer than a screen shows of a country
DRAWN_TOLERANCE = 0.002
MOST_FACILITIES = 200


# --- words


def indicator_label(indicator: models.Indicator) -> str:
    """What the indicator is called in the reader's language, in English where nobody has said."""
    columns = {"sq": "label_sq", "sr": "label_sr", "sr-latn": "label_sr_latn"}
    column = columns.get(translation.get_language() or "en", "label_en")
    return getattr(indicator, column) or indicator.label_en


def period_label(start: dt.date, end: dt.date) -> str:
    """A period as people say it: 2024, or 1 March 2024 – 31 May 2024."""
    if (start.month, start.day, end.month, end.day) == (1, 1, 12, 31):
        return f"{start:%Y}" if start.year == end.year else f"{start:%Y}–{end:%Y}"
    if start == end:
        return date_format(start)
    return f"{date_format(start)} – {date_format(end)}"


def in_order(areas: Iterable[models.Area]) -> list[models.Area]:
    """Areas in the order of the reader's own alphabet, which no database knows."""
    language = translation.get_language() or "en"
    return sorted(areas, key=lambda area: (rules.alphabetical(place_name(area), language), area.pk))


def shown(value: Decimal) -> str:
    """A figure without decimals it does not have."""
    tidy = value.normalize()
    exponent = tidy.as_tuple().exponent
    return number(tidy, max(0, -exponent) if isinstance(exponent, int) else 0)  # type: ignore[arg-type]  # exact


# The notes of the figures that come with Streha, so that they are translated too; a test holds the two together.
SHIPPED_NOTES = (
    gettext_noop("boycotted by most Albanians; the agency’s figure"),
    gettext_noop("boycotted by most Albanians; the agency’s figure, within the municipalities of the time"),
    gettext_noop("without the four northern municipalities, which were not enumerated"),
    gettext_noop("includes an estimate for the four northern municipalities"),
    gettext_noop("not enumerated"),
    gettext_noop("boycotted; the final figure includes an estimate"),
)


def is_estimate(figure: models.Observation) -> bool:
    """Whether the figure was not counted."""
    return figure.basis in (models.Observation.Basis.ESTIMATE, models.Observation.Basis.MODEL)


def unit_label(unit: str) -> str:
    """A unit in the reader's language; one nobody knows stays as it came."""
    return {"people": _("people"), "households": _("households"), "km2": "km²"}.get(unit, unit)


def note_of(figure: models.Observation) -> str:
    """The figure's note in the reader's language, where somebody has translated it."""
    return _(figure.note) if figure.note else ""


# --- the list


@dataclass(frozen=True)
class ListedPlace:
    """One row of the list."""

    area: models.Area
    figure: models.Observation | None
    settlements: int = 0
    doubtful: bool = False


@door.open_to(Action.PLACE_VIEW)
def listing(request: door.Request) -> HttpResponse:
    """All municipalities, or the places that a text may mean."""
    text = request.GET.get("q", "").strip()[:120]
    visible = models.Area.objects.visible_to(request.access)
    regions = in_order(visible.filter(kind="region"))
    context: dict[str, object] = {"q": text, "regions": regions, "region": request.GET.get("region", "")}
    if text:
        found = queries.find(text)
        sure = queries.resolve(text)
        context |= {
            "found": found[: queries.MOST_FOUND],
            "more": len(found) > queries.MOST_FOUND,
            "ambiguous": sure.is_ambiguous,
        }
        return render(request, "places/list.html", context)
    rows = visible.filter(kind=KIND).select_related("parent")
    region = next((r for r in regions if str(r.pk) == context["region"]), None)
    if region is not None:
        rows = rows.within(region)
    listed = _listed(in_order(rows))
    years = {row.figure.period_end.year for row in listed if row.figure}
    context |= {"rows": listed, "year": years.pop() if len(years) == 1 else ""}
    return render(request, "places/list.html", context)


def _listed(areas: Sequence[models.Area]) -> list[ListedPlace]:
    ids = [area.pk for area in areas]
    figures = queries.latest_figures(HEADLINE, ids)
    children = models.Area.objects.filter(parent__in=ids, kind="settlement").values_list("parent")
    settlements = dict(children.annotate(n=Count("pk")))
    doubtful = _doubtful_ids(ids)
    return [ListedPlace(a, figures.get(a.pk), settlements.get(a.pk, 0), a.pk in doubtful) for a in areas]


def _doubtful_ids(area_ids: Iterable[int]) -> set[int]:
    """Areas with an official name whose form was not found in an official source."""
    doubtful = models.AreaName.objects.filter(area__in=area_ids, standing="official", verified=False)
    return set(doubtful.values_list("area", flat=True))


# --- one place


@dataclass(frozen=True)
class FigureRow:
    """One figure as a row says it."""

    figure: models.Observation

    @property
    def label(self) -> str:
        return indicator_label(self.figure.indicator)

    @property
    def period(self) -> str:
        return period_label(self.figure.period_start, self.figure.period_end)

    @property
    def shown(self) -> str:
        return shown(self.figure.value)

    @property
    def unit(self) -> str:
        return unit_label(self.figure.unit)

    @property
    def note(self) -> str:
        return note_of(self.figure)

    @property
    def is_estimate(self) -> bool:
        return is_estimate(self.figure)


@door.open_to(Action.PLACE_VIEW)
def page(request: door.Request, area_id: int) -> HttpResponse:
    """What is known of one place, with its sources."""
    area = models.Area.objects.visible_to(request.access).filter(pk=area_id).first()
    if area is None:
        raise errors.NotFound(errors.message("There is no such place."))
    called = sorted(area.names.all(), key=_by_language)
    children = in_order(area.children.all())
    facilities = models.Facility.objects.filter(
        Q(until=None) | Q(until__gte=door.now().date()), area__in=queries.subtree_ids([area.pk])
    )
    figures = [FigureRow(o) for o in queries.figures(area.pk)]
    below = queries.latest_figures(HEADLINE, [c.pk for c in children]) if area.kind != KIND else {}
    context = {
        "area": area,
        "line": queries.line_of(area),
        "official": [n for n in called if n.standing == "official"],
        "others": [n for n in called if n.standing != "official"],
        "codes": area.codes.order_by("scheme"),
        "figures": figures,
        "headline": next((f for f in figures if f.figure.indicator.code == HEADLINE), None),
        "children": [(child, below.get(child.pk)) for child in children],
        "has_figures_below": bool(below),
        "facilities": facilities.select_related("area").order_by("kind", "name")[:MOST_FACILITIES],
        "boundary": models.AreaBoundary.objects.select_related("load").filter(area=area).first(),
    }
    return render(request, "places/page.html", context)


def _by_language(name: models.AreaName) -> tuple[int, str, str]:
    """The official languages first, then English, then the others."""
    forms = (("sq", "Latn"), ("sr", "Cyrl"), ("sr", "Latn"), ("en", "Latn"))
    form = (name.language, name.script)
    return forms.index(form) if form in forms else len(forms), name.language, name.name


# --- the map


@dataclass(frozen=True)
class Chosen:
    """The map the address asks for, among those that can be made."""

    layer: queries.Layer | None
    layers: tuple[queries.Layer, ...]

    @property
    def key(self) -> str:
        return layer_key(self.layer) if self.layer else ""


@dataclass(frozen=True)
class Class:
    """One class of the legend."""

    step: int
    words: str
    count: int


@dataclass(frozen=True)
class MapRow:
    """One row of the table beside a map."""

    area: models.Area
    mark: maps.Mark
    figure: models.Observation | None
    tag: str = ""

    @property
    def note(self) -> str:
        return note_of(self.figure) if self.figure else ""

    @property
    def shown(self) -> str:
        return shown(self.figure.value) if self.figure else ""

    @property
    def is_estimate(self) -> bool:
        return self.figure is not None and is_estimate(self.figure)


def layer_key(layer: queries.Layer) -> str:
    """A layer as a value of the address."""
    return "/".join((layer.start.isoformat(), layer.end.isoformat(), layer.group))


def _choose(request: door.Request) -> Chosen:
    """The layer of ``indicator`` and ``when``; the newest of the indicator when the address names no such period."""
    layers = tuple(queries.layers(KIND))
    wanted = request.GET.get("indicator") or HEADLINE
    of_indicator = [each for each in layers if each.indicator == wanted] or list(layers)
    when = request.GET.get("when", "")
    exact = next((each for each in of_indicator if layer_key(each) == when), None)
    return Chosen(exact or next(iter(of_indicator), None), layers)


@door.open_to(Action.PLACE_VIEW)
def map_page(request: door.Request) -> HttpResponse:
    """One indicator in one period, or what is done now, over all municipalities: a map, its legend, and a table."""
    layers = map_layers.open_to(request.access)
    layer = layers.get(request.GET.get("show", ""))
    if layer is not None:
        return _map_of_help(request, layer, layers)
    chosen = _choose(request)
    rows, classes = _rows(request, chosen.layer)
    marks = {row.area.pk: row.mark for row in rows}
    shapes = [(pk, shape) for pk, shape in queries.boundaries(KIND) if pk in marks]
    outline = next((shape for _pk, shape in queries.boundaries("country")), None)
    figures = [row.figure for row in rows if row.figure]
    context = {
        "layers": layers,
        "chosen": chosen,
        "indicators": _indicator_options(chosen.layers),
        "periods": _period_options(chosen),
        "title": _title(chosen.layer),
        "period": period_label(chosen.layer.start, chosen.layer.end) if chosen.layer else "",
        "rows": rows,
        "published": _published(chosen.layer),
        "classes": classes,
        "sources": [source for source, _n in Counter(f.source for f in figures).most_common()],
        "notes": _notes(figures),
        "unit": ", ".join(sorted({unit_label(f.unit) for f in figures})),
        "tiles": maps.tile_map(_cells(), marks),
        "shapes": _shape_drawing(shapes, outline, marks),
        "dots": None if shapes or outline is None else maps.dot_map(outline, _points(rows), _values(rows), marks),
        "loads": _loads(),
        "may_load": request.access.allows(Action.PLACE_LOAD),
        "bounds": _bounds(shapes),
    }
    return render(request, "places/map.html", context)


def _map_of_help(
    request: door.Request, layer: map_layers.Layer, layers: Mapping[str, map_layers.Layer]
) -> HttpResponse:
    """What is done in each municipality, as far as the viewer sees it today."""
    today = door.now().date()
    found = _layer_shown(request, layer)
    marks: dict[int, maps.Mark] = {row.area.pk: row.mark for row in found.rows}
    outlined = [(pk, shape) for pk, shape in queries.boundaries(KIND) if pk in marks]
    outline = next((shape for _pk, shape in queries.boundaries("country")), None)
    seats = {row.area.pk: (row.area.lon, row.area.lat) for row in found.rows}
    points = {pk: (lon, lat) for pk, (lon, lat) in seats.items() if lon is not None and lat is not None}
    context = {
        "layers": layers,
        "layer": layer,
        "shown": request.GET["show"],
        "indicators": _indicator_options(queries.layers(KIND)),
        "title": layer.label,
        "period": date_format(today),
        "rows": found.rows,
        "heads": layer.heads(),
        "classes": _classes(found.bounds, list(marks.values()), _("none"), found.colour),
        "sources": [_("the register, as far as it is visible to you")],
        "unit": layer.counted,
        "tiles": maps.tile_map(_cells(), marks),
        "shapes": _shape_drawing(outlined, outline, marks),
        "dots": None if outlined or outline is None else maps.dot_map(outline, points, found.values, marks),
        "least": map_layers.LEAST if layer.of_people else 0,
        "loads": _loads(),
        "may_load": request.access.allows(Action.PLACE_LOAD),
        "bounds": _bounds(outlined),
    }
    return render(request, "places/map.html", context)


def _loads() -> QuerySet[models.BoundaryLoad]:
    """Whose shapes the map draws, and under which licence."""
    return models.BoundaryLoad.objects.filter(boundaries__area__kind__in=[KIND, "country"]).distinct()


def _layer_shown(request: door.Request, layer: map_layers.Layer) -> map_layers.Shown:
    areas = in_order(models.Area.objects.visible_to(request.access).filter(kind=KIND))
    tags = {pk: tag for pk, (tag, _column, _row) in _cells().items()}
    return map_layers.shown(layer, request.access, areas, tags, door.now().date())


def _bounds(shapes: Sequence[tuple[int, BaseGeometry]]) -> str:
    return ",".join(f"{edge:.4f}" for edge in shapely.total_bounds([s for _pk, s in shapes])) if shapes else ""


@door.open_to(Action.PLACE_VIEW)
def shapes(request: door.Request) -> HttpResponseBase:
    """The boundaries of the municipalities as GeoJSON, each with its label, figure and class."""
    layer = map_layers.open_to(request.access).get(request.GET.get("show", ""))
    if layer is not None:
        now = {row.area.pk: row.mark for row in _layer_shown(request, layer).rows}
        answer = _collection(dict(now))
        answer["Cache-Control"] = "private, no-store"
        return answer
    chosen = _choose(request)
    stamp = models.Revision.objects.values_list("stamp", flat=True).first()
    load = models.BoundaryLoad.objects.order_by("-pk").values_list("pk", flat=True).first()
    parts = (stamp, load, chosen.layer, translation.get_language(), bool(request.access.held))
    etag = quote_etag(hashlib.sha256(repr(parts).encode()).hexdigest()[:32])
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return unchanged
    response = _collection({row.area.pk: row.mark for row in _rows(request, chosen.layer)[0]})
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response


def _collection(marks: Mapping[int, maps.Mark]) -> HttpResponse:
    found = [(pk, shape) for pk, shape in queries.boundaries(KIND) if pk in marks]
    simple = geo.simplified([shape for _pk, shape in found], SHAPE_TOLERANCE)
    features = [(shape, _properties(marks[pk], shape)) for (pk, _shape), shape in zip(found, simple, strict=True)]
    return HttpResponse(geo.feature_collection(features), content_type="application/geo+json")


def _properties(mark: maps.Mark, shape: BaseGeometry) -> dict[str, object]:
    """What the map needs of one area; ``at`` is a point surely inside, for its label."""
    at = shapely.point_on_surface(shape)
    return {
        "label": mark.label,
        "shown": mark.shown,
        "step": mark.step,
        "url": mark.url,
        "at": [round(at.x, 4), round(at.y, 4)],
    }


def _rows(request: door.Request, layer: queries.Layer | None) -> tuple[list[MapRow], list[Class]]:
    areas = in_order(models.Area.objects.visible_to(request.access).filter(kind=KIND))
    figures = queries.layer_figures(layer, KIND) if layer else {}
    bounds = rules.class_bounds(figure.value for figure in figures.values())
    cells = _cells()
    rows = []
    for area in areas:
        figure = figures.get(area.pk)
        step = rules.class_of(figure.value, bounds) if figure else 0
        words = _figure_words(figure) if figure else _("no figure")
        tag = cells[area.pk][0] if area.pk in cells else ""
        rows.append(MapRow(area, maps.Mark(area.pk, place_name(area), words, step), figure, tag))
    return rows, _classes(bounds, [row.mark for row in rows], _("no figure"))


def _figure_words(figure: models.Observation) -> str:
    if is_estimate(figure):
        return _("%(figure)s (estimate)") % {"figure": shown(figure.value)}
    return shown(figure.value)


def _classes(
    bounds: Sequence[Decimal], marks: Sequence[maps.Mark], without: str, colour: Callable[[int], int] = int
) -> list[Class]:
    count = Counter(mark.step for mark in marks)
    classes = []
    for step, bound in enumerate(bounds, start=1):
        if step == 1:
            words = _("up to %(bound)s") % {"bound": shown(bound)}
        else:
            words = _("over %(low)s, up to %(high)s") % {"low": shown(bounds[step - 2]), "high": shown(bound)}
        classes.append(Class(colour(step), words, count[colour(step)]))
    if count[0]:
        classes.append(Class(0, without, count[0]))
    return classes


def _notes(figures: Sequence[models.Observation]) -> list[tuple[str, int]]:
    """Notes of the figures with the number of places each holds for; one that holds for all comes with 0."""
    found = Counter((f.get_basis_display(), note_of(f)) for f in figures)
    return [
        (f"{basis}: {note}" if note else str(basis), 0 if n == len(figures) else n)
        for (basis, note), n in found.most_common()
    ]


def _published(layer: queries.Layer | None) -> list[tuple[models.Area, FigureRow]]:
    """The figure published for the whole country, which need not be the sum of its parts."""
    if layer is None:
        return []
    figures = queries.layer_figures(layer, "country")
    areas = models.Area.objects.in_bulk(figures)
    return [(areas[pk], FigureRow(figure)) for pk, figure in figures.items()]


def _title(layer: queries.Layer | None) -> str:
    if layer is None:
        return ""
    label = indicator_label(models.Indicator.objects.get(code=layer.indicator))
    return f"{label}, {layer.group}" if layer.group else label


def _indicator_options(layers: Iterable[queries.Layer]) -> list[tuple[str, str]]:
    codes = dict.fromkeys(layer.indicator for layer in layers)
    labels = {i.code: indicator_label(i) for i in models.Indicator.objects.filter(code__in=codes)}
    return [(code, labels[code]) for code in codes]


def _period_options(chosen: Chosen) -> list[tuple[str, str]]:
    if chosen.layer is None:
        return []
    return [
        (layer_key(each), " · ".join(filter(None, (period_label(each.start, each.end), each.group))))
        for each in chosen.layers
        if each.indicator == chosen.layer.indicator
    ]


def _cells() -> dict[int, tuple[str, int, int]]:
    return {t.area_id: (t.tag, t.column, t.row) for t in models.AreaTile.objects.all()}


def _points(rows: Sequence[MapRow]) -> dict[int, tuple[float, float]]:
    placed = ((row.area.pk, row.area.lon, row.area.lat) for row in rows)
    return {pk: (lon, lat) for pk, lon, lat in placed if lon is not None and lat is not None}


def _values(rows: Sequence[MapRow]) -> Mapping[int, Decimal]:
    return {row.area.pk: row.figure.value for row in rows if row.figure}


def _shape_drawing(
    shapes: Sequence[tuple[int, BaseGeometry]], outline: BaseGeometry | None, marks: Mapping[int, maps.Mark]
) -> maps.Drawing | None:
    if not shapes:
        return None
    simple = geo.simplified([shape for _pk, shape in shapes], DRAWN_TOLERANCE)
    return maps.shape_map([(pk, shape) for (pk, _shape), shape in zip(shapes, simple, strict=True)], outline, marks)
