"""Work larger than memory or than one machine: conversion to a store of blocks, and tiles of it that add up.

A tile is a range of blocks of one store. `tile` is pure: the same folder, range and question give the same arrays,
wherever it runs; arrays of tiles add up. So a cluster needs no shuffle, and a tile lost with its machine is simply
computed again.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from streha.common import errors
from streha.common.errors import message
from streha.engine.risk import (
    assessment as assessments,
)
from streha.engine.risk import (
    events as rates,
)
from streha.engine.risk import (
    exposure as exposures,
)
from streha.engine.risk import (
    footprints as prints,
)
from streha.engine.risk import (
    totals,
)
from streha.engine.risk.layout import BLOCK, F32, F64, Index
from streha.formats import blocks, geo_raster, risk_report
from streha.risk.bridge import scenario as scenarios
from streha.risk.bridge import sources

Progress = Callable[[float], None]

WORKING_BYTES = 256 * 2**20
CODES_PER_TILE = 50_000_000  # a tenth of a second and more: below that the message costs more than the work


@dataclasses.dataclass(frozen=True, eq=False)
class Answer:
    """A tile's part: areas from ``first_area``, cells from ``first_cell``; histograms as in `totals.Histograms`."""

    first_area: int
    by_area_event: F64
    first_cell: int
    expected: F64
    by_event: F32
    by_area: F64


def tile(folder: str, first: int, last: int, question: assessments.Question) -> Answer:
    """Blocks ``first`` to ``last`` (exclusive) of the store in ``folder`` under the question."""
    laid, hits, _ = sources.stored(Path(folder))
    done, spread = assessments.here(laid, hits.footprints, question, blocks=range(first, last))
    low, high = int(laid.area_of_block[first]), int(laid.area_of_block[last - 1]) + 1
    return Answer(
        low,
        done.by_area_event[low:high],
        first * BLOCK,
        done.expected[first * BLOCK : last * BLOCK],
        spread.by_event,
        spread.by_area[low:high],
    )


def tiles(footprints: prints.Footprints, *, codes: int = CODES_PER_TILE) -> tuple[tuple[int, int], ...]:
    """Ranges of blocks with about ``codes`` codes each; every block in exactly one."""
    rows = footprints.block_ptr
    count = footprints.block_ptr.size - 1
    parts = max(1, min(count, int(rows[-1]) * BLOCK // codes))
    cuts = np.unique(np.searchsorted(rows, np.linspace(0, int(rows[-1]), parts + 1)[1:-1]).clip(1, count - 1))
    edges = [0, *(int(cut) for cut in cuts), count] if count > 1 else [0, count]
    return tuple(itertools.pairwise(edges))


def added(
    answers: Iterator[Answer], exposure: exposures.Exposure, events: int, knots: F64
) -> tuple[totals.Totals, totals.Histograms]:
    """The tiles' answers as one."""
    areas, classes = len(exposure.areas), len(exposure.classes)
    by_area_event = np.zeros((areas, events))
    expected = np.zeros(exposure.blocks * BLOCK)
    by_event = np.zeros((1, events, classes, knots.size), np.float32)
    by_area = np.zeros((areas, classes, knots.size))
    for answer in answers:
        some = slice(answer.first_area, answer.first_area + answer.by_area_event.shape[0])
        by_area_event[some] += answer.by_area_event
        by_area[some] += answer.by_area
        expected[answer.first_cell : answer.first_cell + answer.expected.size] += answer.expected
        by_event += answer.by_event
    return totals.Totals(by_area_event, expected), totals.Histograms(by_event, by_area, knots)


def on_cluster(address: str, folder: Path, *, codes: int = CODES_PER_TILE) -> assessments.Pass:
    """A pass over the hits that maps `tile` over the workers of the Dask scheduler at ``address``.

    Workers must see ``folder`` under the same path. Tiles of a worker that dies are computed again by others; answers
    are added in the order of the tiles, so the sums do not depend on who answered first.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise errors.Unavailable(
            message("Running on a cluster needs the extra {extra}: pip install streha[{extra}]."),
            code="risk.no_cluster",
            extra="cluster",
        ) from error

    def passed(
        exposure: exposures.Exposure, footprints: prints.Footprints, question: assessments.Question
    ) -> tuple[totals.Totals, totals.Histograms]:
        try:
            with Client(address, timeout="20s", set_as_default=False) as client:  # type: ignore[no-untyped-call]
                there = client.scatter(question, broadcast=True)
                futures = [
                    client.submit(tile, str(folder), first, last, there, pure=False, retries=3)
                    for first, last in tiles(footprints, codes=codes)
                ]
                answers = (future.result() for future in futures)
                return added(answers, exposure, footprints.events, question.knots)
        except OSError as error:
            raise errors.Unavailable(
                message("There is no cluster at {address}: {reason}."),
                code="risk.no_cluster",
                address=address,
                reason=str(error),
            ) from error

    return passed


def convert(asked: scenarios.Scenario, folder: Path, *, progress: Progress | None = None) -> dict[str, Any]:
    """The scenario's exposure and hits as a store in a new ``folder``; returns what it holds.

    Maps are read window by window for a few blocks at a time, other files a few million hits at a time, and rows wait
    on disk until they are sorted: memory stays below 2 GB whatever the size.
    """
    told = progress or _silent
    kind = scenarios.text(asked.hits, "kind")
    known = (*sources.MAPS, *sources.FIELDS)
    if kind not in known:
        raise errors.BadInput(
            message("[{section}] kind is {kind}. Known kinds: {known}."),
            code="risk.kind",
            section="hits",
            kind=kind,
            known=", ".join(known),
        )
    people = sources.residents(asked)
    try:
        return (_convert_maps if kind in sources.MAPS else _convert_field)(asked, people, folder, told)
    except OSError as error:
        raise risk_report.unwritable(error, folder) from error


def _convert_maps(asked: scenarios.Scenario, people: sources.Residents, folder: Path, told: Progress) -> dict[str, Any]:
    maps, events = sources.map_events(asked)
    exposure = people.exposure
    lon, lat = sources.points(exposure)
    unit = scenarios.text(asked.hits, "unit")
    nodata = asked.hits.get("nodata")
    outside = np.zeros(lon.size, bool)
    levels: prints.Codebook | None = None
    per_part = max(1, WORKING_BYTES // (len(maps) * BLOCK * 4))
    with blocks.writing(folder, blocks=exposure.blocks, expected_rows=len(maps) * exposure.blocks) as writer:
        for first in range(0, exposure.blocks, per_part):
            last = min(exposure.blocks, first + per_part)
            source = exposure.source_row[first * BLOCK : last * BLOCK]
            real = source >= 0
            for number, entry in enumerate(maps):
                sampled = geo_raster.sample(
                    asked.path(entry, "file"), lon[source[real]], lat[source[real]], unit=unit,
                    band=int(entry.get("band", 1)), nodata=nodata,
                )  # fmt: skip
                levels = levels or sources.codebook(sampled.unit)
                outside[source[real]] |= sampled.outside
                codes = np.zeros(source.size, np.uint16)
                codes[real] = levels.encode(sampled.intensity)
                count = last - first
                writer.add(np.arange(first, last), np.full(count, number), codes.reshape(count, BLOCK))
            told(last / exposure.blocks)
        share = sources.share_outside(exposure, outside)
        sources.not_too_many_outside(share, asked.hits, sources.THE_MAPS)
        inputs = [asked.path(entry, "file") for entry in maps]
        notes = sources.outside_maps(share)
        return _finish(writer, asked, people, events, levels or sources.codebook("m"), inputs=inputs, notes=notes)


def _convert_field(
    asked: scenarios.Scenario, people: sources.Residents, folder: Path, told: Progress
) -> dict[str, Any]:
    exposure = people.exposure
    with sources.field(asked, exposure) as found:
        position = np.flatnonzero(exposure.source_row >= 0)
        cell_of_row = np.empty(position.size, np.int64)
        cell_of_row[exposure.source_row[position]] = position
        expected = found.hits // 8
        with blocks.writing(folder, blocks=exposure.blocks, expected_rows=expected) as writer:
            for done, (event, row, value) in found.chunks():
                _add(writer, event, cell_of_row[row], found.levels.encode(value), found.events.count)
                told(done)
            return _finish(
                writer, asked, people, found.events, found.levels,
                inputs=found.files, notes=found.notes, mark=found.mark,
            )  # fmt: skip


def _add(writer: blocks.Writer, event: Index, cell: Index, code: Any, events: int) -> None:
    """Single hits as rows of 64."""
    keys, row = np.unique((cell // BLOCK) * events + event, return_inverse=True)
    codes = np.zeros((keys.size, BLOCK), np.uint16)
    rising = np.argsort(code, kind="stable")  # where a cell is hit twice by one event, the last and higher stays
    codes[row[rising], cell[rising] % BLOCK] = code[rising]
    writer.add(keys // events, keys % events, codes)


def _finish(
    writer: blocks.Writer,
    asked: scenarios.Scenario,
    people: sources.Residents,
    events: rates.Events,
    levels: prints.Codebook,
    *,
    inputs: Sequence[Path],
    notes: Sequence[risk_report.Text],
    mark: tuple[float, float] | None = None,
) -> dict[str, Any]:
    laid = people.exposure
    arrays: blocks.Arrays = {
        "people": laid.people,
        "area_of_block": laid.area_of_block,
        "lon": laid.lon,
        "lat": laid.lat,
        "source_row": laid.source_row,
        "codebook": levels.intensity,
        "frequency": events.frequency,
    }
    meta: Mapping[str, Any] = {
        "title": asked.title,
        "areas": laid.areas,
        "classes": laid.classes,
        "unit": levels.unit,
        "kind": events.kind,
        "events": events.ids,
        "origin": events.origin,
        "places": [dataclasses.asdict(place) for place in people.places],
        "sources": [_kept(source) for source in (*people.sources, events.origin)],
        "notes": [_kept(note) for note in (*people.notes, *notes)],
        "mark": mark,
        "inputs": dict(people.inputs) | {path.name: sources.hash_of(path) for path in inputs},
    }
    rows = writer.finish(arrays, meta)
    return {"events": events.count, "blocks": laid.blocks, "rows": rows, "areas": len(laid.areas), "unit": levels.unit}


def _kept(said: risk_report.Told) -> Any:
    return dataclasses.asdict(said) if isinstance(said, risk_report.Text) else said


def _silent(share: float) -> None:
    """Nobody asked for progress."""
