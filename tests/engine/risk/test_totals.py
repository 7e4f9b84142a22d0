"""One pass over the hits: against the definition, against the slow twins, and what must hold whatever the numbers."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streha.common import errors
from streha.engine.risk import curves, kernels, totals, twins
from streha.engine.risk import exposure as exposures
from streha.engine.risk import footprints as prints
from streha.engine.risk.layout import BLOCK

from .conftest import World, world

SEEDS = st.integers(0, 10_000)


def by_definition(w: World) -> np.ndarray:
    """Sum over cells and classes of people x share, straight from the formula."""
    result = np.zeros((len(w.exposure.areas), w.intensity.shape[0]))
    for k in range(w.people.shape[0]):
        displaced = np.interp(w.intensity, w.knots, w.share[k]) * (w.intensity > 0) * w.people[k]
        for area in range(result.shape[0]):
            result[area] += displaced[:, w.area == area].sum(axis=1)
    return result


def totals_of(w: World, **changes: object) -> totals.Totals:
    arguments = {"share": w.share, "knots": w.knots, "weights": w.frequency} | changes
    return totals.by_event_and_area(w.exposure, w.footprints, **arguments)


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_totals_are_the_sum_over_cells_and_classes(seed: int) -> None:
    w = world(seed)
    result = totals_of(w)
    np.testing.assert_allclose(result.by_area_event, by_definition(w), rtol=2e-5, atol=1e-4)
    assert result.expected.sum() == pytest.approx(result.by_area_event.sum(axis=0) @ w.frequency, rel=1e-5)


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(1, 3))
def test_kernels_agree_with_their_slow_twins(seed: int, classes: int) -> None:
    w = world(seed, classes=classes)
    f = w.footprints
    table = curves.value_table(w.share, w.knots, f.codebook)
    knot, weight = curves.hat_weights(w.knots, f.codebook)
    per_year = w.frequency.astype(np.float32)
    areas, events = len(w.exposure.areas), f.events
    results = []
    for module in (kernels, twins):
        plain, both = np.zeros((areas, events)), np.zeros((areas, events))
        expected = np.zeros(w.exposure.blocks * BLOCK)
        by_event = np.zeros((areas, events, classes, w.knots.size), np.float32)
        by_area = np.zeros((areas, classes, w.knots.size))
        hits = (f.codes, f.row_event, f.block_ptr, w.exposure.area_of_block)
        module.add_totals(*hits, w.exposure.people, table, 0, w.exposure.blocks, plain)
        module.add_totals_and_map(*hits, w.exposure.people, table, per_year, 0, w.exposure.blocks, both, expected)
        module.add_histograms(
            *hits, np.arange(areas), w.exposure.people, knot, weight, per_year, 0, w.exposure.blocks, by_event, by_area
        )
        results.append((plain, both, expected, by_event, by_area))
    for fast, slow in zip(*results, strict=True):
        np.testing.assert_allclose(fast, slow, rtol=1e-6, atol=1e-6 * max(1.0, float(slow.max())))


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_histogram_times_curve_is_the_total(seed: int) -> None:
    w = world(seed)
    histogram = totals.histograms(w.exposure, w.footprints, knots=w.knots, weights=w.frequency)
    direct = totals_of(w).by_area_event
    np.testing.assert_allclose(
        np.einsum("gekm,km->e", histogram.by_event, w.share), direct.sum(axis=0), rtol=1e-5, atol=1e-4
    )
    np.testing.assert_allclose(
        np.einsum("akm,km->a", histogram.by_area, w.share), direct @ w.frequency, rtol=1e-5, atol=1e-5
    )


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_areas_add_up_to_the_nation_for_each_event(seed: int) -> None:
    w = world(seed)
    one_area = dataclasses.replace(w.exposure, area_of_block=np.zeros_like(w.exposure.area_of_block), areas=("all",))
    nation = totals.by_event_and_area(one_area, w.footprints, share=w.share, knots=w.knots, weights=w.frequency)
    np.testing.assert_allclose(totals_of(w).by_area_event.sum(axis=0), nation.by_area_event[0], rtol=1e-9)


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_displaced_never_exceed_residents(seed: int) -> None:
    w = world(seed)
    everyone = np.ones_like(w.share)
    for share in (w.share, everyone):
        by_area = totals_of(w, share=share).by_area_event
        assert (by_area >= 0).all()
        assert (by_area <= w.exposure.residents()[:, None] * (1 + 1e-6)).all()


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.floats(0.0, 1.5))
def test_more_intensity_never_displaces_fewer(seed: int, more: float) -> None:
    w = world(seed)
    assert (totals_of(w, shift=more).by_area_event >= totals_of(w).by_area_event - 1e-4).all()


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_splitting_an_event_in_two_halves_changes_nothing(seed: int) -> None:
    w = world(seed)
    twice = np.concatenate([w.intensity, w.intensity[:1]])
    frequency = np.concatenate([w.frequency, w.frequency[:1] / 2])
    frequency[0] /= 2
    split = dataclasses.replace(
        w,
        intensity=twice,
        frequency=frequency,
        footprints=prints.from_dense(w.exposure, twice, w.footprints.codebook),
    )
    before, after = totals_of(w), totals_of(split)
    np.testing.assert_allclose(after.by_area_event @ frequency, before.by_area_event @ w.frequency, rtol=1e-9)
    np.testing.assert_allclose(after.expected, before.expected, rtol=1e-5, atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(1, 5))
def test_ranges_of_blocks_add_up(seed: int, cut: int) -> None:
    w = world(seed)
    cut = min(cut, w.exposure.blocks)
    parts = [totals_of(w, blocks=part) for part in (range(0, cut), range(cut, w.exposure.blocks))]
    whole = totals_of(w)
    np.testing.assert_allclose(sum(part.by_area_event for part in parts), whole.by_area_event, rtol=1e-12)
    np.testing.assert_allclose(sum(part.expected for part in parts), whole.expected, rtol=1e-12)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_the_order_of_cells_does_not_matter(seed: int) -> None:
    w = world(seed)
    order = np.random.default_rng(seed).permutation(w.area.size)
    lon, lat = np.random.default_rng(seed + 1).random((2, w.area.size))
    shuffled = exposures.blocked(
        lon=lon[order], lat=lat[order], people=w.people[:, order], area=w.area[order],
        areas=w.exposure.areas, classes=w.exposure.classes,
    )  # fmt: skip
    footprints = prints.from_dense(shuffled, w.intensity[:, order], w.footprints.codebook)
    again = totals.by_event_and_area(shuffled, footprints, share=w.share, knots=w.knots, weights=w.frequency)
    np.testing.assert_allclose(again.by_area_event, totals_of(w).by_area_event, rtol=1e-5, atol=1e-4)


def test_dense_and_sparse_hits_make_the_same_footprints(small_world: World) -> None:
    w = small_world
    event, row = np.nonzero(w.intensity)
    order = np.random.default_rng(1).permutation(event.size)
    sparse = prints.from_hits(
        w.exposure,
        event=event[order],
        source_row=row[order],
        intensity=w.intensity[event, row][order],
        events=w.intensity.shape[0],
        codebook=w.footprints.codebook,
    )
    for name in ("codes", "row_event", "block_ptr"):
        np.testing.assert_array_equal(getattr(sparse, name), getattr(w.footprints, name))
    np.testing.assert_allclose(prints.intensities(w.exposure, sparse), w.intensity, atol=0.005)


def test_kernels_compile_where_nothing_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    real = kernels.njit

    def nowhere_to_write(**options: object) -> object:
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return real(**options)

    monkeypatch.setattr(kernels, "njit", nowhere_to_write)
    assert kernels.compiled(lambda values: values.sum())(np.ones(3)) == 3


def test_threads_are_used_only_when_the_work_pays() -> None:
    assert totals.threads_for(1_000_000) == 1
    assert totals.threads_for(10**12) >= 1


def test_many_threads_give_the_same_totals(small_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = totals_of(small_world)
    monkeypatch.setattr(totals, "threads_for", lambda codes: 3)
    together = totals_of(small_world)
    np.testing.assert_allclose(together.by_area_event, alone.by_area_event, rtol=1e-12)
    np.testing.assert_array_equal(together.expected, alone.expected)


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"weights": np.array([0.1, -0.2] + [0.1] * 10)}, "risk.negative", "weights[1]: -0.2"),
        ({"weights": np.full(12, np.nan)}, "risk.not_finite", "weights[0]: nan"),
        ({"weights": np.ones(3)}, "risk.shape", "weights: shape 3"),
        ({"share": np.ones((1, 6))}, "risk.shape", "share: shape 1x6"),
    ],
)
def test_bad_arrays_are_refused_naming_the_first_offender(
    small_world: World, change: dict[str, object], code: str, words: str
) -> None:
    with pytest.raises(errors.BadInput) as caught:
        totals_of(small_world, **change)
    assert caught.value.code == code
    assert words in caught.value.english()


def test_unsorted_knots_are_refused(small_world: World) -> None:
    with pytest.raises(errors.BadInput, match=r"knots\[2\]: 0.5 does not exceed"):
        totals.histograms(
            small_world.exposure, small_world.footprints, knots=np.array([0, 1, 0.5]), weights=small_world.frequency
        )


def test_footprints_of_another_exposure_are_refused(small_world: World) -> None:
    other = world(8, cells=900)
    with pytest.raises(errors.BadInput) as caught:
        totals.by_event_and_area(
            other.exposure, small_world.footprints, share=other.share, knots=other.knots, weights=other.frequency
        )
    assert caught.value.code == "risk.shape"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"lon": np.array([20.0, np.nan])}, "risk.not_finite"),
        ({"lat": np.array([42.0, 4_650_000.0])}, "risk.not_degrees"),
        ({"people": np.array([[1.0, -3.0]])}, "risk.negative"),
        ({"people": np.array([[0.0, 0.0]])}, "risk.nobody"),
        ({"area": np.array([0, 5])}, "risk.unknown_area"),
        ({"areas": ["A", "A"]}, "risk.twice"),
        ({"people": np.ones((2, 2))}, "risk.shape"),
    ],
)
def test_bad_exposure_is_refused(change: dict[str, object], code: str) -> None:
    good: dict[str, object] = {
        "lon": np.array([20.0, 21.0]),
        "lat": np.array([42.0, 42.5]),
        "people": np.array([[1.0, 2.0]]),
        "area": np.array([0, 1]),
        "areas": ["A", "B"],
        "classes": ["home"],
    }
    with pytest.raises(errors.BadInput) as caught:
        exposures.blocked(**(good | change))
    assert caught.value.code == code


def test_an_intensity_above_the_codes_is_refused_and_nan_too() -> None:
    codebook = prints.linear_codebook(top=5, unit="m", levels=51)
    with pytest.raises(errors.BadInput, match="7 m is above 5"):
        codebook.encode(np.array([1.0, 7.0]))
    with pytest.raises(errors.BadInput, match=r"intensity\[1\]: nan"):
        codebook.encode(np.array([1.0, np.nan]))
    np.testing.assert_array_equal(codebook.encode(np.array([0.0, 0.04, 0.06, 5.0])), [0, 0, 1, 50])


def test_even_levels_are_found_without_a_search() -> None:
    even = prints.linear_codebook(top=12.0, unit="MMI", levels=1201)
    searched = prints.Codebook(even.intensity, even.unit)
    values = np.random.default_rng(1).uniform(0, 12, 5000)
    np.testing.assert_array_equal(even.encode(values), searched.encode(values))


def test_logarithmic_codes_keep_the_ratio() -> None:
    codebook = prints.logarithmic_codebook(bottom=0.01, top=10, unit="m", levels=4096)
    values = np.geomspace(0.01, 10, 1000)
    back = codebook.intensity[codebook.encode(values)]
    np.testing.assert_allclose(back, values, rtol=1e-3)


def test_hilbert_neighbours_stay_neighbours() -> None:
    x, y = (axis.ravel().astype(float) for axis in np.meshgrid(np.arange(16), np.arange(16)))
    order = np.argsort(exposures.hilbert_index(x, y, bits=4))
    steps = np.abs(np.diff(x[order])) + np.abs(np.diff(y[order]))
    np.testing.assert_array_equal(steps, 1)
