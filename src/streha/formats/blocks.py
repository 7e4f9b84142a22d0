"""The engine's own store on disk: hits in blocks of 64 cells, written once, then read as they lie.

A folder of plain ``.npy`` arrays and a ``meta.json``. It is written beside its place and moved there when complete, so
a half-written store is never found. While it is written, rows wait in bucket files by block, so memory stays bounded
whatever the number of hits. Knows nothing of exposure or curves: arrays in, arrays out.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streha.common import errors
from streha.common.errors import message
from streha.formats import geo_field as geo

FORMAT = 2
BLOCK = 64
BUCKET_BYTES = 128 * 2**20
ROW = np.dtype([("block", "<u4"), ("event", "<u4"), ("codes", "<u2", (BLOCK,))])

Arrays = Mapping[str, NDArray[Any]]


@dataclasses.dataclass(frozen=True, eq=False)
class Store:
    """An opened store: ``arrays`` by name (mapped, not loaded) and ``meta``."""

    arrays: Arrays
    meta: dict[str, Any]

    @property
    def codes(self) -> NDArray[np.uint16]:
        """All codes, ``[64 x row]``."""
        return np.asarray(self.arrays["codes"])

    @property
    def row_event(self) -> NDArray[np.uint32]:
        """The event of each row."""
        return np.asarray(self.arrays["row_event"])

    @property
    def block_ptr(self) -> NDArray[np.int64]:
        """Where each block's rows begin."""
        return np.asarray(self.arrays["block_ptr"])


class Writer:
    """Takes rows in any order and writes them sorted by block and event. Use it through `writing`."""

    def __init__(self, folder: Path, blocks: int, expected_rows: int) -> None:
        self._folder = folder
        self._blocks = blocks
        buckets = max(1, min(512, -(-expected_rows * ROW.itemsize // BUCKET_BYTES)))
        self._edges = np.linspace(0, blocks, buckets + 1).astype(np.int64)
        self._files = [(folder / f"bucket{number}").open("wb") for number in range(buckets)]

    def add(self, block: NDArray[np.int64], event: NDArray[np.int64], codes: NDArray[np.uint16]) -> None:
        """Keep rows: ``codes[row, 64]`` of ``block[row]`` under ``event[row]``; rows without a hit are dropped."""
        hit = codes.any(axis=1)
        rows = np.empty(int(hit.sum()), ROW)
        rows["block"], rows["event"], rows["codes"] = block[hit], event[hit], codes[hit]
        bucket = np.searchsorted(self._edges, rows["block"], side="right") - 1
        for number in np.unique(bucket):
            rows[bucket == number].tofile(self._files[number])

    def finish(self, arrays: Arrays, meta: Mapping[str, Any]) -> int:
        """Sort the buckets into the final arrays, add ``arrays`` and ``meta``. A repeated block-event pair is merged:
        the higher code counts. Returns the number of rows."""
        for file in self._files:
            file.close()
        counts = np.zeros(self._blocks + 1, np.int64)
        with (self._folder / "codes.raw").open("wb") as codes, (self._folder / "events.raw").open("wb") as events:
            for number in range(len(self._files)):
                for part in _parts(self._folder / f"bucket{number}", self._edges[number], self._edges[number + 1]):
                    rows = _merged(part)
                    rows["codes"].tofile(codes)
                    rows["event"].tofile(events)
                    counts[1:] += np.bincount(rows["block"], minlength=self._blocks)
                (self._folder / f"bucket{number}").unlink()
        _as_npy(self._folder / "codes.raw", self._folder / "codes.npy", np.dtype("<u2"))
        _as_npy(self._folder / "events.raw", self._folder / "row_event.npy", np.dtype("<u4"))
        np.save(self._folder / "block_ptr.npy", np.cumsum(counts))
        for name, array in arrays.items():
            np.save(self._folder / f"{name}.npy", array)
        sizes = {path.stem: path.stat().st_size for path in self._folder.glob("*.npy")}
        text = json.dumps({"format": FORMAT, "bytes": sizes, **meta}, ensure_ascii=False)
        (self._folder / "meta.json").write_text(text, encoding="utf-8")
        return int(counts.sum())

    def close(self) -> None:
        """Let go of the bucket files."""
        for file in self._files:
            file.close()


@contextmanager
def writing(folder: Path, *, blocks: int, expected_rows: int) -> Iterator[Writer]:
    """A writer for a new store; the folder appears when the block ends without an error, otherwise nothing is left."""
    if folder.exists():
        raise errors.Conflict(
            message("{folder} already exists and is not empty. Choose a new folder."),
            code="risk.folder_exists",
            folder=str(folder),
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        writer = Writer(partial, blocks, expected_rows)
        try:
            yield writer
        finally:
            writer.close()
        partial.chmod(0o755)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def read(folder: Path) -> Store:
    """The store, its arrays mapped into memory; refuses an incomplete or changed one."""
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        for name, size in meta["bytes"].items():
            have = (folder / f"{name}.npy").stat().st_size
            if have != size:
                raise errors.BadInput(
                    message("{file} has {have} bytes instead of {want}; the store is damaged. Convert again."),
                    code="blocks.damaged",
                    file=f"{name}.npy",
                    have=have,
                    want=size,
                )
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in meta["bytes"]}
    except (OSError, ValueError, KeyError) as error:
        raise geo.unreadable(folder, "a store of blocks", error) from error
    if meta.get("format") != FORMAT:
        raise errors.BadInput(
            message("{folder} was written by another version of the program. Convert again."),
            code="blocks.format",
            folder=folder.name,
        )
    return Store(arrays, meta)


def _parts(path: Path, first: int, last: int) -> Iterator[NDArray[Any]]:
    """A bucket's rows for blocks ``first`` to ``last``, whole blocks at a time: hits may crowd into a few blocks, and
    then one bucket holds far more than was thought."""
    most = max(1, BUCKET_BYTES // ROW.itemsize)
    if path.stat().st_size <= BUCKET_BYTES:
        yield np.fromfile(path, ROW)
        return
    held = np.zeros(last - first, np.int64)
    for rows in _pieces(path, most):
        held += np.bincount(rows["block"].astype(np.int64) - first, minlength=last - first)
    edges = np.unique(np.searchsorted(np.cumsum(held), np.arange(most, held.sum(), most), side="right"))
    for low, high in itertools.pairwise([0, *(int(edge) for edge in edges if edge), last - first]):
        here = [rows[(rows["block"] >= first + low) & (rows["block"] < first + high)] for rows in _pieces(path, most)]
        yield np.concatenate(here)


def _pieces(path: Path, most: int) -> Iterator[NDArray[Any]]:
    with path.open("rb") as file:
        while (rows := np.fromfile(file, ROW, count=most)).size:
            yield rows


def _merged(rows: NDArray[Any]) -> NDArray[Any]:
    rows = rows[np.lexsort((rows["event"], rows["block"]))]
    new = np.ones(rows.size, bool)
    new[1:] = (rows["block"][1:] != rows["block"][:-1]) | (rows["event"][1:] != rows["event"][:-1])
    if new.all():
        return rows
    first = np.flatnonzero(new)
    merged = rows[first]
    merged["codes"] = np.maximum.reduceat(rows["codes"], first, axis=0)
    return merged


def _as_npy(raw: Path, target: Path, dtype: np.dtype[Any]) -> None:
    """The raw numbers with a header in front, copied in pieces."""
    length = raw.stat().st_size // dtype.itemsize
    with target.open("wb") as out, raw.open("rb") as file:
        np.lib.format.write_array_header_1_0(
            out, {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": (length,)}
        )
        shutil.copyfileobj(file, out, 2**22)
    raw.unlink()
