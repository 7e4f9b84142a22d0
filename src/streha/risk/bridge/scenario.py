"""A scenario file: which people, which hits, which curves, how sure, which climates. TOML, every key checked."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from streha.common import errors
from streha.common.errors import message
from streha.engine.risk import climate, events, states, uncertainty
from streha.engine.risk import curves as curve_sets

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "": ("title", "hazard", "seed", "draws", "tail", "notes", "exposure", "hits", "curves", "spread", "climate",
         "states"),
    "exposure": ("kind", "file", "areas", "area_code", "area_name", "dwellings", "source", "at_most_outside"),
    "hits": (
        "kind", "file", "sites", "unit", "band", "nodata", "variable", "intensity", "event", "frequency", "years",
        "within_km", "maps", "at_most_outside", "magnitude", "depth_km", "lon", "lat", "source", "severity",
        "senders", "seen",
    ),
    "hits.maps": ("file", "years", "id", "frequency", "band"),
    "curves": ("set", "file", "kind", "unit", "source", "region", "licence", "classes", "threshold", "spacing",
               "shift_sd"),
    "spread": ("people", "household", "curve", "frequency_events"),
    "climate": ("name", "source", "year", "frequency_factor", "intensity_scale", "intensity_shift"),
    "states": ("state", "low", "central", "high", "source"),
}  # fmt: skip


@dataclasses.dataclass(frozen=True, eq=False)
class Scenario:
    """What a scenario file says; ``exposure``, ``hits`` and ``curves`` stay tables for `sources` to read."""

    folder: Path
    content: bytes
    title: str
    hazard: str
    seed: int
    draws: int
    tail: events.TailRule
    notes: tuple[str, ...]
    exposure: Mapping[str, Any]
    hits: Mapping[str, Any]
    curves: Mapping[str, Any]
    threshold: curve_sets.Threshold
    spread: uncertainty.Spread
    futures: tuple[climate.Scenario, ...]
    rates: tuple[states.Rate, ...]

    def path(self, table: Mapping[str, Any], name: str) -> Path:
        """A file named in a table, relative to the scenario's own folder."""
        return self.folder / text(table, name)


def read(path: Path) -> Scenario:
    """The scenario in a TOML file; refuses unknown keys, so that a misspelt one is not silently ignored."""
    try:
        content = path.read_bytes()
        table = tomllib.loads(content.decode("utf-8"))
    except OSError as error:
        raise errors.BadInput(
            message("{file}: there is no such file."), code="geo.missing_file", file=str(path)
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise errors.BadInput(
            message("{file} is not a valid scenario file: {reason}."),
            code="risk.scenario",
            file=path.name,
            reason=str(error),
        ) from error
    _known_keys(table)
    tail = text(table, "tail", "zero")
    if tail not in events.TAIL_RULES:
        raise errors.BadInput(
            message("tail is {value}. Known rules: {known}."),
            code="risk.tail",
            value=tail,
            known=", ".join(events.TAIL_RULES),
        )
    threshold = table.get("curves", {}).get("threshold")
    return Scenario(
        folder=path.parent,
        content=content,
        title=text(table, "title"),
        hazard=text(table, "hazard"),
        seed=int(number(table, "seed", 1)),
        draws=int(number(table, "draws", 1000)),
        tail=tail,
        notes=tuple(str(note) for note in table.get("notes", ())),
        exposure=section(table, "exposure"),
        hits=section(table, "hits"),
        curves=section(table, "curves"),
        threshold=curve_sets.Threshold(*threshold) if threshold else curve_sets.Threshold(),
        spread=uncertainty.Spread(**table.get("spread", {})),
        futures=tuple(climate.Scenario(**entry) for entry in table.get("climate", ())),
        rates=tuple(states.Rate(**entry) for entry in table.get("states", ())),
    )


def section(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A required section."""
    found = table.get(name)
    if not isinstance(found, dict):
        raise _missing(name)
    return found


def text(table: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """A text value."""
    value = table.get(name, default)
    if value is None:
        raise _missing(name)
    if not isinstance(value, str) or not value.strip():
        raise _wrong(name, value, "a text")
    return value


def number(table: Mapping[str, Any], name: str, default: float | None = None) -> float:
    """A number."""
    value = table.get(name, default)
    if value is None:
        raise _missing(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(name, value, "a number")
    return float(value)


def _known_keys(table: Mapping[str, Any]) -> None:
    for name in ("exposure", "hits", "curves", "spread"):
        part = table.get(name, {})
        if not isinstance(part, dict):
            raise _wrong(name, part, "a section")
        _only(part, name)
    for name, part in (("climate", table), ("states", table), ("maps", table.get("hits", {}))):
        entries = part.get(name, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise _wrong(name, entries, "a list of tables")
        for entry in entries:
            _only(entry, f"hits.{name}" if name == "maps" else name)
    _only(table, "")


def _only(table: Mapping[str, Any], where: str) -> None:
    for name in table:
        if name not in SECTIONS[where]:
            raise errors.BadInput(
                message("There is no setting {name} in [{where}]. Known settings: {known}."),
                code="risk.unknown_key",
                name=name,
                where=where or "the file",
                known=", ".join(SECTIONS[where]),
            )


def _missing(name: str) -> errors.BadInput:
    return errors.BadInput(message("The scenario has no {name}."), code="risk.missing_key", name=name)


def _wrong(name: str, value: Any, wanted: str) -> errors.BadInput:
    return errors.BadInput(
        message("{name} is {value}, but {wanted} is needed."),
        code="risk.wrong_value",
        name=name,
        value=str(value)[:80],
        wanted=wanted,
    )
