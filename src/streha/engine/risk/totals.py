"""One pass over the hits: people by event and area, the expected map, people by intensity.

Checks the arrays once, then leaves them to the compiled kernels, on one thread unless there is so much work that a
second pays for itself. Results of disjoint ranges of blocks add up, which is all that a cluster needs.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from streha.engine.risk import checks, curves, kernels
from streha.engine.risk import exposure as exposures
from streha.engine.risk import footprints as prints
from streha.engine.risk.layout import BLOCK, F32, F64, Index

Part = TypeVar("Part")

CODES_PER_THREAD = 200_000_000  # below this, starting a thread costs more than it saves


@dataclasses.dataclass(frozen=True, eq=False)
class Totals:
    """``by_area_event[area, event]`` people displaced; ``expected[cell]`` people per year (the kernel's cell order)."""

    by_area_event: F64
    expected: F64


@dataclasses.dataclass(frozen=True, eq=False)
class Histograms:
    """People by intensity: ``by_event[group, event, class, knot]`` and ``by_area[area, class, knot]``.

    ``by_area`` is weighted with the events' weights. Any curve on the same knots is then a sum over the last two axes.
    """

    by_event: F32
    by_area: F64
    knots: F64


def check(exposure: exposures.Exposure, footprints: prints.Footprints) -> None:
    """Refuse footprints that do not fit the exposure, block by block."""
    checks.shape("block_ptr", footprints.block_ptr, (exposure.blocks + 1,))
    checks.shape("codes", footprints.codes, (footprints.rows * BLOCK,))
    checks.shape("people", exposure.people, (len(exposure.classes), exposure.blocks * BLOCK))
    checks.not_negative("people", exposure.people)
    checks.not_negative("hits by block", np.diff(footprints.block_ptr))
    checks.shape("row_event", footprints.row_event, (int(footprints.block_ptr[-1]),))
    if footprints.rows:
        prints.check_inside("row_event", footprints.row_event.astype(np.int64), footprints.events)
        if footprints.codebook.levels < 65536:  # with all 65,536 every two-byte code is one
            prints.check_inside("codes", np.asarray([footprints.codes.max()], np.int64), footprints.codebook.levels)


def by_event_and_area(
    exposure: exposures.Exposure,
    footprints: prints.Footprints,
    *,
    share: F64,
    knots: F64,
    weights: F64,
    blocks: range | None = None,
    shift: float = 0.0,
    scale: float = 1.0,
) -> Totals:
    """People displaced by area and event, and per year by cell, under one curve per class.

    Parameters
    ----------
    share, knots : the curve, ``[class, knot]`` and ``[knot]`` (`curves.Curves.displaced`)
    weights : ``[event]``, 1/yr (`events.weights`)
    blocks : which blocks; all by default
    shift, scale : intensities are multiplied with ``scale``, then moved by ``shift`` (a climate, an uncertain level)
    """
    check(exposure, footprints)
    checks.shape("weights", weights, (footprints.events,))
    checks.not_negative("weights", weights)
    checks.shape("share", share, (len(exposure.classes), knots.size))
    table = curves.value_table(share, knots, footprints.codebook, shift=shift, scale=scale)
    per_year = curves.as_f32(weights)
    expected = np.zeros(exposure.blocks * BLOCK)

    def part(first: int, last: int) -> F64:
        totals = np.zeros((len(exposure.areas), footprints.events))
        kernels.add_totals_and_map(
            footprints.codes, footprints.row_event, footprints.block_ptr, exposure.area_of_block,
            exposure.people, table, per_year, first, last, totals, expected,
        )  # fmt: skip
        return totals

    return Totals(sum(_in_parts(part, footprints, blocks), np.zeros(())), expected)


def histograms(
    exposure: exposures.Exposure,
    footprints: prints.Footprints,
    *,
    knots: F64,
    weights: F64,
    group_of_area: Index | None = None,
    blocks: range | None = None,
    shift: float = 0.0,
    scale: float = 1.0,
) -> Histograms:
    """People by intensity, exact for every curve that is straight between ``knots``.

    ``group_of_area`` says which areas are kept apart in ``by_event`` (default: all together).
    """
    check(exposure, footprints)
    checks.increasing("knots", knots)
    groups = np.zeros(len(exposure.areas), np.int64) if group_of_area is None else group_of_area
    knot, weight = curves.hat_weights(knots, footprints.codebook, shift=shift, scale=scale)
    per_year = curves.as_f32(weights)

    def part(first: int, last: int) -> tuple[F32, F64]:
        by_event = np.zeros((int(groups.max()) + 1, footprints.events, len(exposure.classes), knots.size), np.float32)
        by_area = np.zeros((len(exposure.areas), len(exposure.classes), knots.size))
        kernels.add_histograms(
            footprints.codes, footprints.row_event, footprints.block_ptr, exposure.area_of_block, groups,
            exposure.people, knot, weight, per_year, first, last, by_event, by_area,
        )  # fmt: skip
        return by_event, by_area

    parts = _in_parts(part, footprints, blocks)
    by_event, by_area = parts[0]
    for more_by_event, more_by_area in parts[1:]:
        by_event += more_by_event
        by_area += more_by_area
    return Histograms(by_event, by_area, knots)


def threads_for(codes: int) -> int:
    """How many threads the work pays for."""
    return max(1, min(os.cpu_count() or 1, codes // CODES_PER_THREAD))


def _in_parts(part: Callable[[int, int], Part], footprints: prints.Footprints, blocks: range | None) -> list[Part]:
    first, last = (0, footprints.block_ptr.size - 1) if blocks is None else (blocks.start, blocks.stop)
    rows = footprints.block_ptr[first : last + 1]
    threads = threads_for(int(rows[-1] - rows[0]) * BLOCK)
    cuts = first + np.searchsorted(rows, np.linspace(rows[0], rows[-1], threads + 1)[1:-1])
    edges = [first, *(int(cut) for cut in cuts), last]
    if threads == 1:
        return [part(first, last)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(part, edges[:-1], edges[1:]))
