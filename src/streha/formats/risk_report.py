"""The results of a risk run as files: CSV, GeoJSON, Parquet, JSON and a PDF brief, all or none.

Takes plain values (`Report`), so that it knows neither the engine nor a database; whoever fills it decides what is
shown as a figure, as a range or not at all, and in which language.
"""

from __future__ import annotations

import csv
import dataclasses
import errno
import io
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from streha.common import errors
from streha.common.errors import message
from streha.formats import risk_brief

Words = Callable[[str], str]


@dataclasses.dataclass(frozen=True)
class Reader:
    """Who reads: a language's tag, its words for an English template, and what stands between thousands."""

    language: str
    words: Words
    thousands: str

    def number(self, value: float) -> str:
        """A whole number as this reader writes it."""
        return f"{value:,.0f}".replace(",", self.thousands)


ENGLISH = Reader("en", str, ",")


@dataclasses.dataclass(frozen=True)
class Text:
    """A sentence of the program's own: an English template and what fills it, numbers as the reader writes them."""

    template: str
    details: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def told(self, reader: Reader) -> str:
        """The sentence in the reader's language."""
        filled = {
            name: reader.number(value) if isinstance(value, int | float) else value
            for name, value in self.details.items()
        }
        return reader.words(self.template).format(**filled)


Told = Text | str  # what the program says, or what the user wrote and nobody translates


def told(value: Told, reader: Reader) -> str:
    """In the reader's language; a user's own words as they are."""
    return value.told(reader) if isinstance(value, Text) else value


@dataclasses.dataclass(frozen=True)
class Shown:
    """One number with its 90 % band; ``text`` is how it may be written, ``style`` why."""

    low: float
    central: float
    high: float
    text: Told
    style: str


@dataclasses.dataclass(frozen=True)
class AreaRow:
    """One area's result; ``outline`` is a GeoJSON geometry where one was loaded."""

    code: str
    name: str
    residents: float
    lon: float
    lat: float
    displaced: Shown
    outline: Mapping[str, Any] | None = None


@dataclasses.dataclass(frozen=True)
class PeriodRow:
    """People displaced at a return period; ``in_worst_year`` is the aggregate figure, None where not sampled."""

    years: int
    displaced: Shown
    in_worst_year: float | None = None


@dataclasses.dataclass(frozen=True)
class Report:
    """Everything a reader is told about one run."""

    title: Told
    measure: Told
    areas: tuple[AreaRow, ...]
    states: Mapping[str, Shown | Told]
    return_periods: tuple[PeriodRow, ...]
    futures: tuple[Mapping[str, Any], ...]
    notes: tuple[Told, ...]
    sources: tuple[Told, ...]
    provenance: Mapping[str, Any]
    mark: tuple[float, float] | None = None  # an epicentre, on the map
    backdrop: Mapping[str, Any] | None = None  # a country's outline as a GeoJSON geometry
    cells: Mapping[str, Any] = dataclasses.field(default_factory=dict)  # columns of the expected map
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    measure_code: str = "displaced"  # or displaced_per_year: the same in every language


def as_json(report: Report, reader: Reader = ENGLISH) -> dict[str, Any]:
    """The report as plain JSON values; keys and codes are the same for every reader."""
    return {
        "title": told(report.title, reader),
        "measure": told(report.measure, reader),
        "measure_code": report.measure_code,
        "language": reader.language,
        "states": {
            name: _shown(value, reader)
            if isinstance(value, Shown)
            else {"text": told(value, reader), "style": "not modelled"}
            for name, value in report.states.items()
        },
        "areas": [
            {"code": row.code, "name": row.name, "residents": round(row.residents), **_shown(row.displaced, reader)}
            for row in report.areas
        ],
        "return_periods": [
            {"years": row.years, **_shown(row.displaced, reader), "in_worst_year": _rounded(row.in_worst_year)}
            for row in report.return_periods
        ],
        "futures": [
            {name: value.told(reader) if isinstance(value, Text) else value for name, value in future.items()}
            for future in report.futures
        ],
        "notes": [told(note, reader) for note in report.notes],
        "sources": [told(source, reader) for source in report.sources],
        "provenance": dict(report.provenance),
        **report.extra,
    }


def areas_csv(report: Report, reader: Reader = ENGLISH) -> str:
    """The areas as CSV, one row each; the columns have the same names for every reader."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["code", "name", "residents", "measure", "low_5", "central", "high_95", "shown"])
    for row in report.areas:
        band = _shown(row.displaced, reader)
        writer.writerow(
            [row.code, row.name, round(row.residents), told(report.measure, reader), band["low"], band["central"],
             band["high"], band["shown"]]
        )  # fmt: skip
    return text.getvalue()


def periods_csv(report: Report, reader: Reader = ENGLISH) -> str:
    """The return periods as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["return_period_years", "low_5", "central", "high_95", "shown", "in_worst_year"])
    for row in report.return_periods:
        band = _shown(row.displaced, reader)
        writer.writerow(
            [row.years, band["low"], band["central"], band["high"], band["shown"], _rounded(row.in_worst_year)]
        )
    return text.getvalue()


def areas_geojson(report: Report, reader: Reader = ENGLISH) -> dict[str, Any]:
    """The areas as GeoJSON: outlines where loaded, otherwise points."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": row.code,
                "properties": {
                    "code": row.code,
                    "name": row.name,
                    "residents": round(row.residents),
                    "measure": told(report.measure, reader),
                    **_shown(row.displaced, reader),
                },
                "geometry": row.outline or {"type": "Point", "coordinates": [round(row.lon, 5), round(row.lat, 5)]},
            }
            for row in report.areas
        ],
    }


def write(report: Report, folder: Path, reader: Reader = ENGLISH) -> tuple[Path, ...]:
    """All files of the report in a new ``folder``; nothing is left behind when writing fails or is cancelled.

    Raises Conflict when the folder already holds something, Unavailable when the disk is full or refuses.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise errors.Conflict(
            message("{folder} already exists and is not empty. Choose a new folder."),
            code="risk.folder_exists",
            folder=str(folder),
        )
    partial = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        _write_all(report, partial, reader)
        partial.chmod(0o755)
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    except OSError as error:
        raise unwritable(error, folder) from error
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)
    return tuple(sorted(folder.iterdir()))


def unwritable(error: OSError, where: Path) -> errors.Unavailable:
    """What to tell when writing to ``where`` failed."""
    template = message("{where} could not be written: {reason}. Nothing was left behind.")
    if error.errno in (errno.ENOSPC, errno.EDQUOT, None):  # None: numpy could not write all of an array
        template = message("{where} could not be written: the disk is full. Nothing was left behind.")
    return errors.Unavailable(template, code="risk.unwritable", where=str(where), reason=error.strerror or str(error))


def _write_all(report: Report, folder: Path, reader: Reader) -> None:
    import polars

    (folder / "areas.csv").write_text(areas_csv(report, reader), encoding="utf-8")
    areas = polars.read_csv(io.StringIO(areas_csv(report, reader)), schema_overrides={"code": polars.String})
    (folder / "areas.parquet").write_bytes(_parquet(areas))
    (folder / "areas.geojson").write_text(
        json.dumps(areas_geojson(report, reader), ensure_ascii=False), encoding="utf-8"
    )
    if report.cells:
        (folder / "cells.parquet").write_bytes(_parquet(polars.DataFrame(dict(report.cells))))
    if report.return_periods:
        (folder / "return_periods.csv").write_text(periods_csv(report, reader), encoding="utf-8")
    (folder / "report.json").write_text(
        json.dumps(as_json(report, reader), ensure_ascii=False, indent=1), encoding="utf-8"
    )
    (folder / "provenance.json").write_text(
        json.dumps(dict(report.provenance), ensure_ascii=False, indent=1), encoding="utf-8"
    )
    (folder / "brief.pdf").write_bytes(brief(report, reader))


def brief(report: Report, reader: Reader = ENGLISH) -> bytes:
    """The PDF brief in the reader's language."""
    labels = {name: reader.words(label) for name, label in risk_brief.LABELS.items()}
    shown = as_json(report, reader)
    return risk_brief.pdf(
        shown, map_svg(report), curve_svg(report, reader), labels=labels, language=reader.language.partition("-")[0]
    )


def _parquet(table: Any) -> bytes:
    """Parquet in memory first: written by us, a full disk is told as what it is."""
    content = io.BytesIO()
    table.write_parquet(content)
    return content.getvalue()


def map_svg(report: Report) -> str:
    """The map: shaded outlines where loaded, and circles whose area is the number of people."""
    return risk_brief.map_svg(
        [
            risk_brief.Place(row.name, row.lon, row.lat, row.displaced.central, row.residents, row.outline)
            for row in report.areas
        ],
        report.mark,
        report.backdrop,
    )


def curve_svg(report: Report, reader: Reader = ENGLISH) -> str | None:
    """The return-period curve with its band, None for a single event."""
    points = [
        (row.years, row.displaced.low, row.displaced.central, row.displaced.high) for row in report.return_periods
    ]
    middle = all(row.displaced.style != "range" for row in report.return_periods)
    return risk_brief.curve_svg(points, middle=middle, number=reader.number) if points else None


def _shown(shown: Shown, reader: Reader) -> dict[str, Any]:
    return {
        "low": _rounded(shown.low),
        "central": _rounded(shown.central),
        "high": _rounded(shown.high),
        "shown": told(shown.text, reader),
        "style": shown.style,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None or value != value else round(value, 2)  # noqa: PLR0124  NaN differs from itself
