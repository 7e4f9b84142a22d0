"""ShakeMap ``grid.xml`` of the USGS and others: shaking of one earthquake on a grid."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

import numpy as np

from streha.common import errors
from streha.common.errors import message
from streha.formats import geo_field as geo

NAMESPACE = "{http://earthquake.usgs.gov/eqcenter/shakemap}"


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
    """The grid with its event; entities and external documents in the XML are refused."""
    from defusedxml import DefusedXmlException, ElementTree

    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ParseError, DefusedXmlException) as error:
        raise geo.unreadable(path, "a ShakeMap grid", error) from error
    event = _child(root, "event", path)
    names = [
        field.get("name", "")
        for field in sorted(root.findall(f"{NAMESPACE}grid_field"), key=lambda field: int(field.get("index", "0")))
    ]
    wanted = ("LON", "LAT", "MMI")
    if not set(wanted) <= set(names):
        raise geo.missing_columns(path, wanted, names)
    try:
        table = np.array((_child(root, "grid_data", path).text or "").split(), np.float64).reshape(-1, len(names))
    except ValueError as error:
        raise geo.unreadable(path, "a ShakeMap grid", error) from error
    stated = _child(root, "grid_specification", path)
    points = int(stated.get("nlon", "0")) * int(stated.get("nlat", "0"))
    if table.shape[0] != points:
        raise errors.BadInput(
            message("{file}: {have} grid points, but the file announces {want}; it is truncated."),
            code="shakemap.truncated",
            file=path.name,
            have=table.shape[0],
            want=points,
        )
    lon, lat, mmi = (table[:, names.index(name)] for name in wanted)
    geo.check_plausible(mmi, "MMI", where=path.name)
    hit = np.flatnonzero(mmi > 0)
    event_id = root.get("event_id", path.stem)
    field = geo.PointField(lon, lat, (event_id,), None, "MMI", np.zeros(hit.size, np.int64), hit, mmi[hit])
    return ShakeMap(
        event_id,
        float(event.get("magnitude", "nan")),
        float(event.get("depth", "nan")),
        float(event.get("lon", "nan")),
        float(event.get("lat", "nan")),
        event.get("event_description", ""),
        field,
    )


def _child(root: Element, name: str, path: Path) -> Element:
    found = root.find(f"{NAMESPACE}{name}")
    if found is None:
        raise errors.BadInput(
            message("{file} is no ShakeMap grid: there is no {name} in it."),
            code="shakemap.incomplete",
            file=path.name,
            name=name,
        )
    return found
