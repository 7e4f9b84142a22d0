"""What each event does to each block: two-byte intensity codes, block after block."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streha.common import errors
from streha.common.errors import message
from streha.engine.risk import checks
from streha.engine.risk import exposure as exposures
from streha.engine.risk.layout import BLOCK, F32, F64, Codes, Counts, Index


@dataclasses.dataclass(frozen=True, eq=False)
class Codebook:
    """The intensity each code stands for: ``intensity[code]``, increasing; code 0 means *not hit*.

    ``step`` is the distance of evenly spaced levels, None for others; it spares a search.
    """

    intensity: F32
    unit: str
    step: float | None = None

    @property
    def levels(self) -> int:
        """How many codes there are, 0 included."""
        return self.intensity.size

    def encode(self, intensity: NDArray[np.floating[Any]]) -> Codes:
        """The code nearest to each intensity; anything nearer to "not hit" than to code 1 becomes 0.

        Raises BadInput for NaN and for an intensity above the highest level (plus half a step).
        """
        checks.finite("intensity", intensity)
        top = float(self.intensity[-1])
        slack = top + (top - float(self.intensity[-2])) / 2
        if intensity.size and float(intensity.max()) > slack:
            raise errors.BadInput(
                message("An intensity of {value} {unit} is above {top}, the highest this set of codes can hold."),
                code="risk.above_codebook",
                value=f"{float(intensity.max()):g}",
                unit=self.unit,
                top=f"{top:g}",
            )
        if self.step is not None:
            level = (np.asarray(intensity, np.float64) - float(self.intensity[0])) / self.step + 0.5
            return np.clip(level, 0, self.levels - 1).astype(np.uint16)
        middles = (self.intensity[1:] + self.intensity[:-1]) / 2
        return np.searchsorted(middles, intensity, side="right").astype(np.uint16)


def linear_codebook(*, top: float, unit: str, bottom: float = 0.0, levels: int = 4096) -> Codebook:
    """Evenly spaced levels from ``bottom`` (code 0, not hit) to ``top``."""
    if not 2 <= levels <= 65536 or not top > bottom:
        raise errors.BadInput(
            message("Codes need 2 to 65,536 levels and a top above the bottom, not {levels}, {bottom} to {top}."),
            code="risk.codebook",
            levels=levels,
            bottom=bottom,
            top=top,
        )
    return Codebook(np.linspace(bottom, top, levels).astype(np.float32), unit, (top - bottom) / (levels - 1))


def logarithmic_codebook(*, bottom: float, top: float, unit: str, levels: int = 4096) -> Codebook:
    """Levels of equal ratio from ``bottom`` > 0 to ``top``, preceded by code 0 = not hit."""
    if not 3 <= levels <= 65536 or not 0 < bottom < top:
        raise errors.BadInput(
            message("Codes need 2 to 65,536 levels and a top above the bottom, not {levels}, {bottom} to {top}."),
            code="risk.codebook",
            levels=levels,
            bottom=bottom,
            top=top,
        )
    return Codebook(np.concatenate(([0.0], np.geomspace(bottom, top, levels - 1))).astype(np.float32), unit)


@dataclasses.dataclass(frozen=True, eq=False)
class Footprints:
    """All hits of all events.

    Block ``b`` owns rows ``block_ptr[b]`` to ``block_ptr[b + 1]``; row ``r`` belongs to event ``row_event[r]`` and
    holds the codes of the block's 64 cells in ``codes[64 r : 64 r + 64]``. Events ascend within a block.
    """

    codes: Codes
    row_event: Counts
    block_ptr: Index
    codebook: Codebook
    events: int

    @property
    def rows(self) -> int:
        """Pairs of block and event."""
        return self.row_event.size


def from_dense(exposure: exposures.Exposure, intensity: NDArray[np.floating[Any]], codebook: Codebook) -> Footprints:
    """Footprints from ``intensity[event, source row]``; a block-event pair without a hit is not stored.

    The second axis follows the table the exposure was laid out from; 0 means not hit, NaN is refused.
    """
    real = exposure.source_row >= 0
    checks.shape("intensity", intensity, (-1, int(exposure.source_row.max()) + 1))
    events = intensity.shape[0]
    cells = exposure.source_row.size
    per_block: list[Codes] = []
    row_event: list[Counts] = []
    block_ptr = np.zeros(exposure.blocks + 1, np.int64)
    batch = max(1, 2**22 // max(1, events * BLOCK))
    for first in range(0, exposure.blocks, batch):
        last = min(exposure.blocks, first + batch)
        here = slice(first * BLOCK, min(cells, last * BLOCK))
        laid = np.zeros((events, here.stop - here.start), intensity.dtype)
        laid[:, real[here]] = intensity[:, exposure.source_row[here][real[here]]]
        by_block = codebook.encode(laid).reshape(events, last - first, BLOCK).transpose(1, 0, 2)
        hit = by_block.any(axis=2)
        per_block.append(by_block[hit].reshape(-1))
        row_event.append(np.nonzero(hit)[1].astype(np.uint32))
        block_ptr[first + 1 : last + 1] = hit.sum(axis=1)
    return Footprints(np.concatenate(per_block), np.concatenate(row_event), np.cumsum(block_ptr), codebook, events)


def from_hits(
    exposure: exposures.Exposure,
    *,
    event: Index,
    source_row: Index,
    intensity: NDArray[np.floating[Any]],
    events: int,
    codebook: Codebook,
) -> Footprints:
    """Footprints from a list of hits: event number, row of the exposure table, intensity > 0; each pair once."""
    checks.shape("event", event, (intensity.size,))
    checks.shape("source_row", source_row, (intensity.size,))
    check_inside("event", event, events)
    position = np.full(int(exposure.source_row.max()) + 1, -1, np.int64)
    real = np.flatnonzero(exposure.source_row >= 0)
    position[exposure.source_row[real]] = real
    check_inside("source_row", source_row, position.size)
    cell = position[source_row]
    key = (cell // BLOCK) * events + event
    rows, row_of_hit = np.unique(key, return_inverse=True)
    codes = np.zeros(rows.size * BLOCK, np.uint16)
    slot = row_of_hit * BLOCK + cell % BLOCK
    if np.unique(slot).size != slot.size:
        raise errors.BadInput(
            message("The same event hits the same cell twice. Give each pair of event and cell once."),
            code="risk.hit_twice",
        )
    codes[slot] = codebook.encode(intensity)
    block_ptr = np.searchsorted(rows, np.arange(exposure.blocks + 1, dtype=np.int64) * events).astype(np.int64)
    return Footprints(codes, (rows % events).astype(np.uint32), block_ptr, codebook, events)


def intensities(exposure: exposures.Exposure, footprints: Footprints) -> F64:
    """Back to ``intensity[event, source row]`` (for tests and small sets): what the codes say was hit."""
    dense = np.zeros((footprints.events, int(exposure.source_row.max()) + 1))
    block_of_row = np.repeat(np.arange(exposure.blocks), np.diff(footprints.block_ptr))
    for row, block in enumerate(block_of_row):
        source = exposure.source_row[block * BLOCK : (block + 1) * BLOCK]
        codes = footprints.codes[row * BLOCK : (row + 1) * BLOCK]
        hit = (source >= 0) & (codes > 0)
        dense[footprints.row_event[row], source[hit]] = footprints.codebook.intensity[codes[hit]]
    return dense


def check_inside(name: str, values: Index, size: int) -> None:
    """Refuse an index outside 0 to ``size - 1``."""
    bad = (values < 0) | (values >= size)
    if bad.any():
        at = int(np.argmax(bad))
        raise errors.BadInput(
            message("{name}[{position}]: {value} is outside 0 to {last}."),
            code="risk.outside",
            name=name,
            position=at,
            value=int(values[at]),
            last=size - 1,
        )
