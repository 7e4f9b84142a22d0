"""The inner loops of the risk engine, compiled. Inputs are trusted: `streha.engine.risk.totals` has checked them.

Footprints are kept block by block: 64 neighbouring cells of one area, and for each event that touches the block one
row of 64 two-byte codes. So the people of a block and its running sums stay in the first-level cache while the codes
stream past once, and a row ends in a single addition. Codes index the value table as *unsigned* numbers: with signed
ones the compiler inserts a wrap-around test and gives up vector gathers (three times slower).

Every kernel here has a slow twin of the same signature in `streha.engine.risk.twins`; a test holds them together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit

from streha.engine.risk.layout import BLOCK, F32, F64, Codes, Counts, Index

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

FLUSH = 128  # rows summed in single precision before they are added to the double-precision map


def compiled(function: Kernel) -> Kernel:
    """The function compiled by numba, releasing the interpreter so that threads may share the blocks.

    The machine code is kept beside the package or in the user's cache. Where neither can be written (a service without
    a home) it is compiled in each process, a second or two.
    """
    try:
        return cast(Kernel, njit(cache=True, fastmath=True, nogil=True)(function))
    except RuntimeError:
        return cast(Kernel, njit(fastmath=True, nogil=True)(function))


@compiled
def add_totals(
    codes: Codes,
    row_event: Counts,
    block_ptr: Index,
    area_of_block: Index,
    people: F32,
    table: F32,
    first: int,
    last: int,
    totals: F64,
) -> None:
    """Add to ``totals[area, event]`` the people displaced in blocks ``first`` to ``last`` (exclusive)."""
    for block in range(first, last):
        start = block * BLOCK
        area = area_of_block[block]
        for k in range(people.shape[0]):
            residents = people[k, start : start + BLOCK]
            if residents.sum() <= 0:
                continue
            share = table[k]
            for row in range(block_ptr[block], block_ptr[block + 1]):
                code = codes[row * BLOCK : (row + 1) * BLOCK]
                displaced = np.float32(0)
                for i in range(BLOCK):
                    displaced += share[np.uintp(code[np.uintp(i)])] * residents[np.uintp(i)]
                totals[area, row_event[row]] += displaced


@compiled
def add_totals_and_map(
    codes: Codes,
    row_event: Counts,
    block_ptr: Index,
    area_of_block: Index,
    people: F32,
    table: F32,
    frequency: F32,
    first: int,
    last: int,
    totals: F64,
    expected: F64,
) -> None:
    """As `add_totals`, and add to ``expected[cell]`` the people displaced per year."""
    running = np.zeros(BLOCK, np.float32)
    for block in range(first, last):
        start = block * BLOCK
        area = area_of_block[block]
        for k in range(people.shape[0]):
            residents = people[k, start : start + BLOCK]
            if residents.sum() <= 0:
                continue
            share = table[k]
            since = 0
            for row in range(block_ptr[block], block_ptr[block + 1]):
                event = row_event[row]
                per_year = frequency[event]
                code = codes[row * BLOCK : (row + 1) * BLOCK]
                displaced = np.float32(0)
                for i in range(BLOCK):
                    y = share[np.uintp(code[np.uintp(i)])] * residents[np.uintp(i)]
                    displaced += y
                    running[np.uintp(i)] += per_year * y
                totals[area, event] += displaced
                since += 1
                if since == FLUSH:
                    since = 0
                    for i in range(BLOCK):
                        expected[start + i] += running[i]
                        running[i] = 0
            for i in range(BLOCK):
                expected[start + i] += running[i]
                running[i] = 0


@compiled
def add_histograms(
    codes: Codes,
    row_event: Counts,
    block_ptr: Index,
    area_of_block: Index,
    group_of_area: Index,
    people: F32,
    knot_of_code: Counts,
    weight_of_code: F32,
    frequency: F32,
    first: int,
    last: int,
    by_event: F32,
    by_area: F64,
) -> None:
    """Spread the people of each hit over the two knots beside its intensity.

    ``by_event[group, event, class, knot]`` gathers them by event, ``by_area[area, class, knot]`` by area, weighted
    with the event's frequency. ``knot_of_code`` is the knot at or below a code's intensity, ``weight_of_code`` the
    share that goes to the knot above it. Code 0 points past the last knot: its people stay at home.
    """
    knots = by_event.shape[3]
    # Two alternating sets of sums: neighbouring cells often fall on the same knot, and an addition that must wait
    # for the one before it costs more than the addition.
    even = np.zeros(knots + 2, np.float32)
    odd = np.zeros(knots + 2, np.float32)
    for block in range(first, last):
        start = block * BLOCK
        area = area_of_block[block]
        group = group_of_area[area]
        for k in range(people.shape[0]):
            residents = people[k, start : start + BLOCK]
            if residents.sum() <= 0:
                continue
            for row in range(block_ptr[block], block_ptr[block + 1]):
                event = row_event[row]
                per_year = frequency[event]
                code = codes[row * BLOCK : (row + 1) * BLOCK]
                for i in range(0, BLOCK, 2):
                    c = np.uintp(code[np.uintp(i)])
                    knot = np.uintp(knot_of_code[c])
                    above = weight_of_code[c] * residents[np.uintp(i)]
                    even[knot] += residents[np.uintp(i)] - above
                    even[knot + np.uintp(1)] += above
                    c = np.uintp(code[np.uintp(i + 1)])
                    knot = np.uintp(knot_of_code[c])
                    above = weight_of_code[c] * residents[np.uintp(i + 1)]
                    odd[knot] += residents[np.uintp(i + 1)] - above
                    odd[knot + np.uintp(1)] += above
                for m in range(knots):
                    here = even[m] + odd[m]
                    even[m] = 0
                    odd[m] = 0
                    by_event[group, event, k, m] += here
                    by_area[area, k, m] += per_year * here
                even[knots] = 0  # where code 0, not hit, was sent
                odd[knots] = 0
