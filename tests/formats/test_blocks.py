"""The store of blocks: what goes in comes out, whatever the order, and half a store is never found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from streha.common import errors
from streha.formats import blocks


def rows(seed: int, *, count: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    pairs = rng.choice(30 * 40, count, replace=False)
    return pairs // 40, pairs % 40, rng.integers(0, 500, (count, 64)).astype(np.uint16)


def test_rows_come_back_sorted_however_they_were_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BUCKET_BYTES", 5_000)  # several buckets
    block, event, codes = rows(1)
    with blocks.writing(tmp_path / "s.blocks", blocks=30, expected_rows=200) as writer:
        for part in np.array_split(np.random.default_rng(2).permutation(200), 7):
            writer.add(block[part], event[part], codes[part])
        assert writer.finish({"people": np.ones(3)}, {"title": "t"}) == 200
    store = blocks.read(tmp_path / "s.blocks")
    order = np.lexsort((event, block))
    np.testing.assert_array_equal(store.codes.reshape(-1, 64), codes[order])
    np.testing.assert_array_equal(store.row_event, event[order])
    np.testing.assert_array_equal(np.diff(store.block_ptr), np.bincount(block, minlength=30))
    assert store.meta["title"] == "t"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.blocks"]


def test_a_pair_given_twice_is_merged_and_an_empty_row_dropped(tmp_path: Path) -> None:
    codes = np.zeros((3, 64), np.uint16)
    codes[0, 1], codes[1, 1], codes[1, 2] = 5, 3, 9
    with blocks.writing(tmp_path / "s", blocks=2, expected_rows=3) as writer:
        writer.add(np.array([1, 1, 0]), np.array([4, 4, 4]), codes)
        assert writer.finish({}, {}) == 1
    np.testing.assert_array_equal(blocks.read(tmp_path / "s").codes[:3], [0, 5, 9])


def test_nothing_is_left_when_writing_fails_or_is_cancelled(tmp_path: Path) -> None:
    for failure in (OSError(28, "No space left on device"), KeyboardInterrupt()):
        with pytest.raises(type(failure)), blocks.writing(tmp_path / "s", blocks=30, expected_rows=200) as writer:
            writer.add(*rows(1))
            raise failure
        assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    with pytest.raises(errors.Conflict), blocks.writing(tmp_path / "s", blocks=1, expected_rows=1):
        pytest.fail("must not get here")


def test_a_damaged_or_foreign_store_is_refused(tmp_path: Path) -> None:
    with blocks.writing(tmp_path / "s", blocks=30, expected_rows=200) as writer:
        writer.add(*rows(1))
        writer.finish({}, {})
    codes = tmp_path / "s" / "codes.npy"
    codes.write_bytes(codes.read_bytes()[:-100])
    with pytest.raises(errors.BadInput) as caught:
        blocks.read(tmp_path / "s")
    assert caught.value.code == "blocks.damaged"
    with pytest.raises(errors.BadInput) as caught:
        blocks.read(tmp_path)
    assert caught.value.code == "geo.unreadable"
