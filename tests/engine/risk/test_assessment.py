"""Whole runs of the engine: bands, states, climates, and the rules for writing figures."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streha.common import errors
from streha.engine.risk import (
    assessment as assessments,
)
from streha.engine.risk import (
    climate,
    curves,
    exceedance,
    figures,
    kosovo,
    states,
    totals,
    uncertainty,
    valley,
)
from streha.engine.risk import (
    events as rates,
)
from streha.engine.risk import (
    footprints as prints,
)

from .conftest import World, world


def flood(w: World, **changes: object) -> assessments.Assessment:
    ratios = curves.published("jrc-europe-residential")
    assert isinstance(ratios, curves.DamageRatios)
    spread = uncertainty.Spread(curve=0.0)
    vulnerability = assessments.from_ratios(
        ratios, w.exposure.classes, threshold=curves.Threshold(), spacing=0.05, spread=spread
    )
    events = rates.stochastic([f"e{n}" for n in range(w.footprints.events)], w.frequency)
    arguments: dict[str, object] = {"spread": spread, "rng": np.random.default_rng(1), "draws": 400} | changes
    return assessments.assess(w.exposure, w.footprints, events, vulnerability, **arguments)  # type: ignore[arg-type]


def test_the_average_of_the_draws_is_the_central_figure(small_world: World) -> None:
    result = flood(small_world, draws=4000)
    nation = result.displaced.nation
    assert nation.band[0] < nation.central < nation.band[2]
    assert result.displaced.areas.central.sum() == pytest.approx(nation.central)
    # The same draws by hand: mean over thresholds of people past the threshold.
    tau = curves.Threshold().draw(np.random.default_rng(3), 4000)
    ratio = np.interp(
        small_world.intensity, [0, 0.5, 1, 1.5, 2, 3, 4, 5, 6], [0, 0.25, 0.4, 0.5, 0.6, 0.75, 0.85, 0.95, 1]
    )
    past = [(small_world.people.sum(axis=0) * (ratio > t)).sum(axis=1) @ small_world.frequency for t in tau[:300]]
    assert np.mean(past) == pytest.approx(float(nation.central), rel=0.05)


def test_seeds_decide(small_world: World) -> None:
    one, same, other = (flood(small_world, rng=np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.displaced.areas.band, same.displaced.areas.band)
    assert (one.displaced.areas.band != other.displaced.areas.band).any()
    np.testing.assert_array_equal(one.displaced.areas.central, other.displaced.areas.central)


def test_doubling_frequencies_doubles_the_average_and_the_difference_has_its_own_band(small_world: World) -> None:
    twice = climate.Scenario("twice", "a test", frequency_factor=2.0)
    higher = climate.Scenario("higher", "a test", intensity_shift=0.5, year=2100)
    result = flood(small_world, futures=[twice, higher])
    double, deeper = result.futures
    np.testing.assert_allclose(double.future.areas.central, 2 * result.displaced.areas.central, rtol=1e-6)
    np.testing.assert_allclose(double.change.nation.band, result.displaced.nation.band, rtol=1e-5)
    assert deeper.change.nation.central > 0
    assert (deeper.change.nation.band >= 0).all()
    assert deeper.future.nation.central == pytest.approx(deeper.change.nation.central + result.displaced.nation.central)


def test_a_scaled_climate_is_the_run_with_scaled_intensities(small_world: World) -> None:
    w = small_world
    scaled = climate.Scenario("scaled", "a test", intensity_scale=0.5)
    future = flood(w, futures=[scaled]).futures[0].future.nation.central
    halved = prints.from_dense(w.exposure, w.intensity / 2, prints.linear_codebook(top=6, unit="m", levels=1201))
    again = flood(dataclasses.replace(w, intensity=w.intensity / 2, footprints=halved))
    assert future == pytest.approx(float(again.displaced.nation.central), rel=1e-3)


def test_return_periods_rise_and_their_bands_hold_them(small_world: World) -> None:
    result = flood(small_world)
    assert result.return_periods is not None
    assert (np.diff(result.return_periods.central) >= 0).all()
    assert (result.return_periods.band[:, 0] <= result.return_periods.band[:, 2]).all()
    direct = exceedance.people_at(result.by_event, result.events, result.return_period_years)
    np.testing.assert_allclose(result.return_periods.central, direct)


def test_no_draw_displaces_more_than_everybody(small_world: World) -> None:
    w = small_world
    drowned = dataclasses.replace(
        w, footprints=prints.from_dense(w.exposure, np.full_like(w.intensity, 6.0), w.footprints.codebook)
    )
    result = flood(drowned, spread=uncertainty.Spread(people=0.5, household=0.5, curve=0.0))
    assert result.return_periods is not None
    assert result.return_periods.band.max() == pytest.approx(result.residents.sum(), rel=1e-6)


def test_draws_taken_a_few_at_a_time_give_the_same_return_periods(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = flood(small_world).return_periods
    monkeypatch.setattr(assessments, "LARGEST_EVENT_DRAWS", 100)
    parts = flood(small_world).return_periods
    assert whole is not None
    assert parts is not None
    np.testing.assert_allclose(parts.band, whole.band, rtol=1e-5)


def test_national_draws_add_up_over_areas_for_each_event(small_world: World) -> None:
    """With one class and proportional curves the average of area factors is exact."""
    w = world(5, classes=1)
    weights = w.frequency
    done = totals.by_event_and_area(w.exposure, w.footprints, share=w.share, knots=w.knots, weights=weights)
    histogram = totals.histograms(w.exposure, w.footprints, knots=w.knots, weights=weights)
    people = np.random.default_rng(1).uniform(0.5, 1.5, (4, 3))
    share = (w.share[:, :, None] * np.array([0.5, 1.0, 0.8])).astype(np.float32)
    drawn = uncertainty.people_by_event(histogram, share, people, done.by_area_event)
    by_hand = (people[:, None, :] * done.by_area_event[:, :, None]).sum(axis=0) * np.array([0.5, 1.0, 0.8])
    np.testing.assert_allclose(drawn, by_hand, rtol=1e-4, atol=1e-3)
    by_area = uncertainty.people_by_area(histogram, share, people, np.ones(3))
    np.testing.assert_allclose(by_area.sum(axis=0), drawn.T @ weights, rtol=1e-4)


def test_other_units_classes_and_unpriced_events_are_refused(small_world: World) -> None:
    w = small_world
    metres = flood(w)
    shaking = assessments.for_earthquakes(("brick",), one_event=True)
    with pytest.raises(errors.BadInput) as caught:
        assessments.assess(
            w.exposure, w.footprints, metres.events, shaking, spread=uncertainty.Spread(), rng=np.random.default_rng(1)
        )
    assert caught.value.code == "risk.unit"
    two = rates.scenarios([f"e{n}" for n in range(12)])
    ratios = curves.published("jrc-europe-residential")
    assert isinstance(ratios, curves.DamageRatios)
    made = assessments.from_ratios(
        ratios, w.exposure.classes, threshold=curves.Threshold(), spacing=0.5, spread=uncertainty.Spread()
    )
    with pytest.raises(errors.BadInput) as caught:
        assessments.assess(
            w.exposure, w.footprints, two, made, spread=uncertainty.Spread(), rng=np.random.default_rng(1)
        )
    assert caught.value.code == "risk.many_scenarios"
    with pytest.raises(errors.BadInput) as caught:
        climate.reweighted(two, climate.Scenario("c", "a test"))
    assert caught.value.code == "risk.no_frequency"


def test_a_climate_a_rate_and_a_spread_need_a_source_and_sense() -> None:
    for make in (
        lambda: climate.Scenario("c", " "),
        lambda: climate.Scenario("c", "s", frequency_factor=-1),
        lambda: states.Rate("trapped", 0.1, 0.2, 0.3, ""),
        lambda: states.Rate("flying", 0.1, 0.2, 0.3, "s"),
        lambda: states.Rate("trapped", 0.3, 0.2, 0.1, "s"),
        lambda: uncertainty.Spread(people=-1),
    ):
        with pytest.raises(errors.BadInput):
            make()


def test_sheltered_follow_the_published_ratio_and_never_exceed_residents() -> None:
    sheltered = next(ratio for ratio in states.earthquake_ratios() if ratio.state == "sheltered")
    drawn = states.draw(sheltered, np.full(20_000, 100.0), ceiling=1e9, rng=np.random.default_rng(1))
    assert np.median(drawn) == pytest.approx(55, rel=0.05)
    assert np.std(np.log(drawn)) == pytest.approx(1.73, rel=0.03)
    assert states.draw(sheltered, np.full(1000, 100.0), ceiling=60, rng=np.random.default_rng(1)).max() == 60


def test_frequency_draws_have_mean_one_and_the_width_of_a_count() -> None:
    _, frequency = uncertainty.factors(
        uncertainty.Spread(frequency_events=12), areas=3, n=200_000, rng=np.random.default_rng(1)
    )
    assert frequency.mean() == pytest.approx(1, abs=0.005)
    assert frequency.std() == pytest.approx(1 / np.sqrt(12.5), rel=0.02)


@pytest.mark.parametrize(
    ("band", "style", "shown"),
    [
        ((0, 0, 0.4), "none", (0, 0, 0)),
        ((0.2, 3, 12), "up_to", (0, 3, 12)),
        ((1_204, 3_456, 9_876), "range", (1_200, 3_500, 9_900)),
        ((1_204, 3_456, 5_999), "figure", (1_200, 3_500, 6_000)),
        ((100, 300, 500), "figure", (100, 300, 500)),
        ((100, 300, 500.1), "range", (100, 300, 500)),
        ((36, 40, 44), "figure", (36, 40, 44)),
    ],
)
def test_figures_are_written_honestly(
    band: tuple[float, float, float], style: str, shown: tuple[float, float, float]
) -> None:
    found = figures.figure(*band)
    assert (found.style, (found.low, found.middle, found.high)) == (style, shown)


@given(st.floats(0, 1e7), st.floats(1, 20))
def test_a_wide_band_is_never_shown_with_a_middle(low: float, width: float) -> None:
    found = figures.figure(low, low * (1 + width) / 2, low * width)
    assert (found.style == "figure") == (low >= 0.5 and low * width <= 5 * low)


def test_kosovo_exposure_keeps_every_resident_in_one_block_each() -> None:
    exposure = kosovo.exposure()
    assert exposure.blocks == 38
    people = {place.code: place.residents for place in kosovo.municipalities()}
    np.testing.assert_allclose(exposure.residents(), [people[code] for code in exposure.areas], rtol=1e-5)
    assert sum(people.values()) == 1_602_515  # census of 2024 with its estimate for the north
    assert sum(kosovo.dwelling_shares().values()) == pytest.approx(1)


def test_the_valley_is_drier_further_from_the_river_and_wetter_in_rarer_floods() -> None:
    made = valley.build(rng=np.random.default_rng(1))
    depths = np.stack([made.depth_m[years] for years in valley.RETURN_PERIODS])
    assert (np.diff(depths, axis=0) >= 0).all()
    assert depths.max() < 5
    assert "nobody" in valley.NOTE
