"""Slow twins of the compiled kernels: the same signatures in plain numpy and double precision, for tests to compare.

They share no code with `streha.engine.risk.kernels`; where the two differ by more than rounding, one of them is wrong.
"""

from __future__ import annotations

import numpy as np

from streha.engine.risk.layout import BLOCK, F32, F64, Codes, Counts, Index


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
        rows = slice(block_ptr[block], block_ptr[block + 1])
        displaced = _displaced(codes, rows, people, table, block).sum(axis=(0, 2))
        np.add.at(totals[area_of_block[block]], row_event[rows], displaced)


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
    add_totals(codes, row_event, block_ptr, area_of_block, people, table, first, last, totals)
    for block in range(first, last):
        rows = slice(block_ptr[block], block_ptr[block + 1])
        by_row = _displaced(codes, rows, people, table, block).sum(axis=0)
        expected[block * BLOCK : (block + 1) * BLOCK] += frequency[row_event[rows]].astype(np.float64) @ by_row


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
    """Spread the people of each hit over the two knots beside its intensity (see the compiled kernel)."""
    knots = by_event.shape[3]
    levels = knot_of_code.size
    hats = np.zeros((levels, knots + 2))
    hats[np.arange(levels), knot_of_code] = 1 - weight_of_code.astype(np.float64)
    hats[np.arange(levels), knot_of_code + 1] += weight_of_code
    for block in range(first, last):
        area = area_of_block[block]
        residents = people[:, block * BLOCK : (block + 1) * BLOCK].astype(np.float64)
        for row in range(block_ptr[block], block_ptr[block + 1]):
            event = row_event[row]
            spread = residents @ hats[codes[row * BLOCK : (row + 1) * BLOCK]][:, :knots]
            by_event[group_of_area[area], event] += spread.astype(np.float32)
            by_area[area] += float(frequency[event]) * spread


def _displaced(codes: Codes, rows: slice, people: F32, table: F32, block: int) -> F64:
    """``[class, row, cell]`` people displaced in one block."""
    here = codes[rows.start * BLOCK : rows.stop * BLOCK].reshape(-1, BLOCK)
    residents = people[:, block * BLOCK : (block + 1) * BLOCK].astype(np.float64)
    return table.astype(np.float64)[:, here] * residents[:, None, :]
