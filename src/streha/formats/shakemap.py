"""ShakeMap ``grid.xml`` of the USGS and others: shaking of one earthquake on a grid."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from xml.etree.ElementTree import ParseError

import numpy as np

from streha.common import errors
from streha.common.errors import message
from streha.formats import geo_field as geo

NAMESPACE = "{http://earthquake.usgs.gov/eqcenter/shakemap}"
WANTED = ("LON", "LAT", "MMI")
READ_BYTES = 2**20


@dataclasses.dataclass(frozen=True, eq=False)
class ShakeMap:
    """The event as the file describes it, and its intensities."""

    event_id: str
    magnitude: float
    depth_km: float
    lon: float
    lat: float
    place: str
    field: geo.PointField


def read(path: Path) -> ShakeMap:
    """The grid with its event; entities and external documents in the XML are refused.

    The file is read a megabyte at a time: of the grid only longitude, latitude and intensity are kept.
    """
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    target = _Target(path)
    parser = DefusedXMLParser(target=target, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    try:
        with path.open("rb") as file:
            while content := file.read(READ_BYTES):
                parser.feed(content)
        parser.close()
    except (OSError, ParseError, DefusedXmlException, ValueError) as error:
        raise geo.unreadable(path, "a ShakeMap grid", error) from error
    return target.shakemap()


@contextmanager
def opened(path: Path) -> Iterator[geo.Stream]:
    """The grid as a stream of one event."""
    found = read(path)
    field = found.field

    def chunks(size: int) -> Iterator[tuple[float, geo.Hits]]:
        for first in range(0, field.event.size, size):
            some = slice(first, first + size)
            done = min(1.0, (first + size) / field.event.size)
            yield done, (field.event[some], field.point[some], field.intensity[some])

    yield geo.Stream(
        field.lon, field.lat, field.event_ids, None, field.unit, field.event.size, chunks, mark=(found.lon, found.lat)
    )


class _Target:
    """Takes the elements as the parser meets them; the grid's text is turned into numbers as it comes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: dict[str, Mapping[str, str]] = {}
        self.names: dict[int, str] = {}
        self.in_grid = False
        self.text = ""
        self.parts: list[geo.F64] = []
        self.left = np.zeros(0)

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        name = tag.removeprefix(NAMESPACE)
        if name == "grid_field":
            self.names[int(attributes.get("index", "0"))] = attributes.get("name", "")
        elif name in ("shakemap_grid", "event", "grid_specification", "grid_data"):
            self.found.setdefault(name, dict(attributes))
        self.in_grid = name == "grid_data"
        if self.in_grid and not set(WANTED) <= set(self.names.values()):
            raise geo.missing_columns(self.path, WANTED, list(self.names.values()))

    def data(self, text: str) -> None:
        """Some text; a number may go on in the next piece."""
        if self.in_grid:
            self.text += text
            if len(self.text) > READ_BYTES:
                whole, _, self.text = self.text.rpartition("\n")
                self._take(whole)

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag.removeprefix(NAMESPACE) == "grid_data":
            self._take(self.text)
            self.text, self.in_grid = "", False

    def close(self) -> None:
        """The document ends."""

    def _take(self, text: str) -> None:
        numbers = np.concatenate([self.left, np.array(text.split(), np.float64)])
        order = [self.names[index] for index in sorted(self.names)]
        rows = numbers.size // len(order)
        table = numbers[: rows * len(order)].reshape(rows, len(order))
        self.left = numbers[rows * len(order) :].copy()
        self.parts.append(np.stack([table[:, order.index(name)] for name in WANTED]))

    def shakemap(self) -> ShakeMap:
        """What was read, complete and plausible."""
        for name in ("event", "grid_specification", "grid_data"):
            if name not in self.found:
                raise errors.BadInput(
                    message("{file} is no ShakeMap grid: there is no {name} in it."),
                    code="shakemap.incomplete",
                    file=self.path.name,
                    name=name,
                )
        lon, lat, mmi = np.concatenate(self.parts, axis=1)
        stated, event = self.found["grid_specification"], self.found["event"]
        points = _count(stated.get("nlon")) * _count(stated.get("nlat"))
        if lon.size != points or self.left.size:
            raise errors.BadInput(
                message("{file}: {have} grid points, but the file announces {want}; it is truncated."),
                code="shakemap.truncated",
                file=self.path.name,
                have=lon.size,
                want=points,
            )
        geo.check_plausible(mmi, "MMI", where=self.path.name)
        hit = np.flatnonzero(mmi > 0)
        event_id = self.found.get("shakemap_grid", {}).get("event_id", self.path.stem)
        field = geo.PointField(lon, lat, (event_id,), None, "MMI", np.zeros(hit.size, np.int64), hit, mmi[hit])
        magnitude, depth, x, y = (_number(event.get(name)) for name in ("magnitude", "depth", "lon", "lat"))
        return ShakeMap(event_id, magnitude, depth, x, y, event.get("event_description", ""), field)


def _count(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() else 0


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return float("nan")
