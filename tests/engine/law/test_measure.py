"""Figures against tables anybody can check."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streha.engine.law import measure, semantic


# Exact binomial limits at 95 %: 0/60 is 1 - 0.025^(1/60); 1/60 and 5/10 as printed in tables of the binomial.
@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (0, 60, 0.0, 1 - 0.025 ** (1 / 60)),
        (60, 60, 0.025 ** (1 / 60), 1.0),
        (5, 10, 0.18709, 0.81291),
        (1, 10, 0.00253, 0.44502),
    ],
)
def test_clopper_pearson(successes: int, trials: int, low: float, high: float) -> None:
    assert measure.clopper_pearson(successes, trials) == pytest.approx((low, high), abs=2e-5)


def test_the_worked_miss_rate() -> None:
    result = measure.miss_rate(sampled=60, relevant=1, unfound=1000, found_relevant=40)
    assert result.missed == pytest.approx(1 + 940 / 60)
    assert result.recall == pytest.approx(40 / (40 + 1 + 940 / 60))
    assert result.recall_low < result.recall < result.recall_high


def test_a_whole_sample_leaves_nothing_to_estimate() -> None:
    result = measure.miss_rate(sampled=50, relevant=2, unfound=50, found_relevant=8)
    assert result.missed == 2
    assert result.recall_low == result.recall == result.recall_high == 0.8


@pytest.mark.parametrize(("sampled", "relevant", "unfound"), [(0, 0, 10), (5, 6, 10), (11, 1, 10)])
def test_numbers_that_do_not_fit_are_refused(sampled: int, relevant: int, unfound: int) -> None:
    with pytest.raises(measure.BadSample):
        measure.miss_rate(sampled=sampled, relevant=relevant, unfound=unfound, found_relevant=1)


def test_f1_by_hand() -> None:
    true = [True, True, True, False]
    said = [True, True, False, True]
    result = measure.score(true, said, ["a", "b", "c", "d"], rng=np.random.default_rng(1))
    assert (result.hits, result.false_alarms, result.misses) == (2, 1, 1)
    assert result.f1 == pytest.approx(2 / 3)
    assert result.low <= result.f1 <= result.high


@given(st.lists(st.sampled_from("abcdefgh"), min_size=5, max_size=80), st.integers(2, 5))
def test_no_document_stands_in_two_folds(documents: list[str], count: int) -> None:
    fold = measure.folds(documents, count, rng=np.random.default_rng(3))
    assert len({(name, f) for name, f in zip(documents, fold, strict=True)}) == len(set(documents))


def test_reciprocal_ranks_by_hand() -> None:
    fused = semantic.fuse([0.9, 0.1, 0.5], [0.2, 0.8, 0.5])
    assert fused == pytest.approx([1 / 61 + 1 / 63, 1 / 63 + 1 / 61, 2 / 62])


def test_vectors_are_made_once_per_text_and_serbian_in_one_script() -> None:
    asked: list[str] = []

    def encode(texts: object) -> semantic.Vectors:
        asked.extend(texts)  # type: ignore[arg-type]
        return np.ones((len(list(texts)), 2), dtype=np.float32)  # type: ignore[call-overload]

    run = semantic.cached(encode, {})
    run(["поплава", "poplava"])
    run(["поплава"])
    assert asked == ["poplava"]
