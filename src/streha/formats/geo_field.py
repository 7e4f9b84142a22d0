"""What every reader of intensities returns, and the checks and unit conversions they share."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from streha.common import errors
from streha.common.errors import message

F64 = NDArray[np.float64]
Index = NDArray[np.int64]
Hits = tuple[Index, Index, F64]  # event, point, intensity

# What one of a unit is in the unit the curves use. Only what a file's owner states is converted.
IN_CURVE_UNIT = {
    "m": ("m", 1.0),
    "ft": ("m", 0.3048),
    "cm": ("m", 0.01),
    "mm": ("m", 0.001),
    "m/s": ("m/s", 1.0),
    "km/h": ("m/s", 1 / 3.6),
    "kn": ("m/s", 1852 / 3600),
    "MMI": ("MMI", 1.0),
    "EMS-98": ("MMI", 1.0),
}

# Above these a value is rather another unit, or a code for "no data", than an intensity.
PLAUSIBLE_TOP = {"m": 25.0, "m/s": 130.0, "MMI": 12.0}
PLAUSIBLE_BOTTOM = {"MMI": 0.0, "m": 0.0, "m/s": 0.0}


@dataclasses.dataclass(frozen=True, eq=False)
class PointField:
    """Intensities at points: hit ``i`` says that ``event[i]`` brings ``intensity[i]`` to ``point[i]``.

    ``frequency`` (1/yr) is None where the file has none; ``unit`` as the file states it, "" where it does not.
    """

    lon: F64
    lat: F64
    event_ids: tuple[str, ...]
    frequency: F64 | None
    unit: str
    event: Index
    point: Index
    intensity: F64


@dataclasses.dataclass(frozen=True, eq=False)
class Stream:
    """An opened file of intensities: points and events now, hits a part at a time, so that size does not matter.

    ``chunks(n)`` yields the share of the file done and about ``n`` hits; where a pair of event and point comes twice,
    the higher counts. ``hits`` is how many there are at most, roughly. With ``at_homes`` point ``i`` is what home
    ``i`` of those asked about takes its value from; otherwise points are the file's own. ``mark`` is an epicentre.
    """

    lon: F64
    lat: F64
    event_ids: tuple[str, ...]
    frequency: F64 | None
    unit: str
    hits: int
    chunks: Callable[[int], Iterator[tuple[float, Hits]]]
    at_homes: bool = False
    mark: tuple[float, float] | None = None


AT_ONCE = 4_000_000  # hits worked on at a time: a few hundred megabytes with everything made of them


def collected(stream: Stream) -> PointField:
    """The whole stream in memory, each pair of event and point once."""
    event, point, intensity = joined([hits for _, hits in stream.chunks(AT_ONCE)])
    return PointField(stream.lon, stream.lat, stream.event_ids, stream.frequency, stream.unit, event, point, intensity)


def joined(parts: Sequence[Hits]) -> Hits:
    """Parts of a stream as one, in the order of events and points; of a pair that comes twice the higher value."""
    event, point, intensity = (
        np.concatenate([np.zeros(0, kind), *(part[number] for part in parts)])
        for number, kind in enumerate((np.int64, np.int64, np.float64))
    )
    order = np.lexsort((-intensity, point, event))
    event, point, intensity = event[order], point[order], intensity[order]
    first = np.ones(event.size, bool)
    first[1:] = (event[1:] != event[:-1]) | (point[1:] != point[:-1])
    return event[first].astype(np.int64), point[first].astype(np.int64), intensity[first].astype(np.float64)


def in_curve_unit(values: F64, unit: str, *, where: str) -> tuple[F64, str]:
    """The values in metres, metres per second or degrees of intensity, and that unit's name."""
    if unit not in IN_CURVE_UNIT:
        raise errors.BadInput(
            message("{where}: the unit {unit} is not known. State one of: {known}."),
            code="geo.unit",
            where=where,
            unit=unit or "-",
            known=", ".join(IN_CURVE_UNIT),
        )
    name, factor = IN_CURVE_UNIT[unit]
    return values * factor, name


def check_plausible(values: F64, unit: str, *, where: str) -> None:
    """Refuse intensities that betray another unit or an undeclared "no data" code; ``values`` in the curve's unit."""
    if values.size == 0:
        return
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low < PLAUSIBLE_BOTTOM[unit]:
        raise errors.BadInput(
            message("{where}: {value} {unit} is below zero. If it stands for no data, declare it: nodata = {value}."),
            code="geo.nodata",
            where=where,
            value=f"{low:g}",
            unit=unit,
        )
    if high > 1e6:
        raise errors.BadInput(
            message("{where}: {value} {unit} is no intensity. If it stands for no data, declare it: nodata = {value}."),
            code="geo.nodata",
            where=where,
            value=f"{high:g}",
            unit=unit,
        )
    if high > PLAUSIBLE_TOP[unit]:
        raise errors.BadInput(
            message("{where}: {value} {unit} is more than the {top} {unit} thought possible. Is it in another unit?"),
            code="geo.too_high",
            where=where,
            value=f"{high:g}",
            top=f"{PLAUSIBLE_TOP[unit]:g}",
            unit=unit,
        )


Part = TypeVar("Part")


def readable(parts: Iterator[Part], path: Path, kind: str) -> Iterator[Part]:
    """The parts as they come; a file that breaks off in the middle is told as such, not as a full disk."""
    try:
        yield from parts
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise unreadable(path, kind, error) from error


def unreadable(path: Path, kind: str, error: Exception) -> errors.BadInput:
    """What to tell when a file is not what it should be: missing, truncated, or something else."""
    if not path.exists():
        return errors.BadInput(message("{file}: there is no such file."), code="geo.missing_file", file=str(path))
    return errors.BadInput(
        message("{file} cannot be read as {kind}; it may be truncated or of another kind ({reason})."),
        code="geo.unreadable",
        file=path.name,
        kind=kind,
        reason=str(error).splitlines()[0][:200] if str(error) else type(error).__name__,
    )


def missing_columns(path: Path, wanted: Sequence[str], have: Sequence[str]) -> errors.BadInput:
    """What to tell when a table lacks columns."""
    return errors.BadInput(
        message("{file}: column {missing} is missing. It has: {have}."),
        code="geo.columns",
        file=path.name,
        missing=", ".join(name for name in wanted if name not in have),
        have=", ".join(have),
    )
