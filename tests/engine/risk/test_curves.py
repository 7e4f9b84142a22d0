"""Curves, thresholds and the hat weights that make histograms exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streha.common import errors
from streha.engine.risk import curves, tables, wind
from streha.engine.risk import footprints as prints

FLOOD = "jrc-europe-residential"


def ratios() -> curves.DamageRatios:
    found = curves.published(FLOOD)
    assert isinstance(found, curves.DamageRatios)
    return found


def test_published_depths_at_which_a_home_is_lost() -> None:
    # Damage ratio .30, .55, .70 at 0.667, 1.75, 2.667 m: on straight lines between the table's points.
    found = np.interp([0.30, 0.55, 0.70], *reversed([np.asarray(part) for part in ratios().points["*"]]))
    np.testing.assert_allclose(found, [0.6667, 1.75, 2.6667], atol=1e-3)


def test_threshold_by_hand() -> None:
    tau = curves.Threshold(0.30, 0.55, 0.70)
    # Below the mode (x - a)^2 / ((b - a)(c - a)) = .01 / .1 at .40; above 1 - (b - x)^2 / ((b - a)(b - c)) at .60.
    np.testing.assert_allclose(
        tau.share_below(np.array([0.2, 0.30, 0.40, 0.55, 0.60, 0.70, 1.0])),
        [0, 0, 0.01 / 0.1, 0.0625 / 0.1, 1 - 0.01 / 0.06, 1, 1],
    )
    drawn = tau.draw(np.random.default_rng(1), 100_000)
    for ratio in (0.35, 0.5, 0.65):
        assert (drawn < ratio).mean() == pytest.approx(float(tau.share_below(np.array(ratio))), abs=0.005)


@pytest.mark.parametrize("bad", [(0.5, 0.4, 0.6), (-0.1, 0.2, 0.3), (0.2, 0.5, 1.1), (0.5, 0.5, 0.5)])
def test_impossible_thresholds_are_refused(bad: tuple[float, float, float]) -> None:
    with pytest.raises(errors.BadInput):
        curves.Threshold(*bad)


@pytest.mark.parametrize("edge", [(0.3, 0.3, 0.7), (0.3, 0.7, 0.7)])
def test_thresholds_with_the_mode_at_an_end(edge: tuple[float, float, float]) -> None:
    found = curves.Threshold(*edge).share_below(np.linspace(0, 1, 101))
    assert (np.diff(found) >= 0).all()
    assert (found[0], found[-1]) == (0, 1)


def test_concrete_never_reaches_the_highest_threshold() -> None:
    found = curves.published("flood-building-classes")
    assert isinstance(found, curves.DamageRatios)
    certain = found.curves(curves.Threshold(0.69, 0.7, 0.71), spacing=0.1)
    for name, share in zip(certain.classes, certain.displaced, strict=True):
        assert (share.max() == 0) == name.startswith("IV")


@given(st.floats(0, 8), st.integers(0, 100))
def test_hat_weights_reproduce_any_curve_exactly(intensity: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    knots = np.cumsum(rng.uniform(0.1, 1, 9)) - 0.1
    share = np.sort(rng.random((2, 9)), axis=1)
    codebook = prints.linear_codebook(top=8.0, unit="m", levels=4096)
    code = int(codebook.encode(np.array([intensity]))[0])
    knot, weight = curves.hat_weights(knots, codebook)
    table = curves.value_table(share, knots, codebook)
    padded = np.column_stack([share, np.zeros((2, 2))])
    by_hats = padded[:, knot[code]] * (1 - weight[code]) + padded[:, knot[code] + 1] * weight[code]
    np.testing.assert_allclose(by_hats, table[:, code], atol=1e-6)


def test_code_zero_is_nobody_even_where_the_curve_starts_above_zero() -> None:
    codebook = prints.linear_codebook(top=12.0, unit="MMI", levels=1000)
    table = curves.value_table(np.array([[0.3, 1.0]]), np.array([0.0, 12.0]), codebook)
    assert table[0, 0] == 0
    assert table[0, 1] > 0.29


def test_classes_are_matched_by_name_by_choice_or_by_any() -> None:
    found = curves.published("flood-building-classes")
    assert isinstance(found, curves.DamageRatios)
    made = found.curves(curves.Threshold(), spacing=0.5)
    chosen = curves.for_classes(made, ("hut", "II wood"), {"hut": "I weak"})
    np.testing.assert_array_equal(chosen.displaced[0], made.displaced[made.classes.index("I weak")])
    with pytest.raises(errors.BadInput, match="Dwelling class tent has no curve"):
        curves.for_classes(made, ("tent",))
    anything = curves.for_classes(ratios().curves(curves.Threshold(), spacing=0.5), ("tent", "tower"))
    np.testing.assert_array_equal(anything.displaced[0], anything.displaced[1])


def test_wind_is_half_at_half_damage_and_nothing_at_onset() -> None:
    found = wind.damage_ratio(np.array([40.0, 46.0, 69.0]), onset_m_per_s=46, half_damage_m_per_s=69)
    np.testing.assert_allclose(found, [0, 0, 0.5])
    assert wind.damage_ratios().citation.source


def test_a_curve_without_source_unsorted_or_beyond_one_is_refused() -> None:
    good = {"name": "c", "hazard": "flood", "unit": "m", "kind": "damage ratio", "points": {"*": ([0, 1], [0, 1])}}
    cited = curves.Citation("somebody 2020")
    curves.from_points(**good, citation=cited)
    for change, citation, code in (
        ({}, curves.Citation("  "), "risk.no_source"),
        ({"points": {"*": ([1, 0], [0, 1])}}, cited, "risk.not_increasing"),
        ({"points": {"*": ([0, 1], [0, 1.2])}}, cited, "risk.not_a_share"),
        ({"kind": "money"}, cited, "risk.curve_kind"),
    ):
        with pytest.raises(errors.BadInput) as caught:
            curves.from_points(**(good | change), citation=citation)
        assert caught.value.code == code
    with pytest.raises(errors.BadInput, match="There is no curve set x"):
        curves.published("x")


def test_every_row_of_every_table_has_a_source() -> None:
    for name in (
        "curve_sets", "wind_thresholds", "macroseismic_classes", "dwellings_kosovo", "earthquake_outcomes",
        "municipalities_kosovo", "earthquakes_region", "reference_kosovo_earthquake",
    ):  # fmt: skip
        rows = tables.read(name)
        assert rows
        assert all(row["source"].strip() for row in rows), name
    sets = {row["set"] for row in tables.read("curve_sets")}
    assert {row["set"] for row in tables.read("curves")} == sets
