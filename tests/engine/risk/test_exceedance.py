"""Return periods against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streha.common import errors
from streha.engine.risk import events as rates
from streha.engine.risk import exceedance


def test_average_of_exponential_people_is_rate_times_mean() -> None:
    # N exponential with mean 2,000 and events at 0.3 a year: AAD = 600, F(n) = 0.3 exp(-n / 2000).
    n = 20_000
    people = -2000 * np.log((np.arange(n) + 0.5) / n)
    events = rates.stochastic([str(i) for i in range(n)], np.full(n, 0.3 / n))
    assert people @ rates.weights(events) == pytest.approx(600, rel=1e-4)
    years = [10, 50, 100, 500]
    expected = 2000 * np.log(0.3 * np.array(years))
    np.testing.assert_allclose(exceedance.people_at(people, events, years), expected, rtol=2e-3)


def test_return_period_maps_of_exponential_people_integrate_to_the_average() -> None:
    # F(n) = exp(-n / 1000) up to once a year: AAD = 1000. Fine maps from T = 1 approach it whatever the tail rule.
    years = np.geomspace(1, 1e6, 4000)
    events = rates.return_periods(years.tolist())
    people = 1000 * np.log(years)
    for value in exceedance.average_range(people, events).values():
        assert value == pytest.approx(1000, rel=2e-3)


def test_tail_rules_by_hand() -> None:
    # T = 10, 100; N = 100, 1000. Trapezoid (0.1 - 0.01)(100 + 1000)/2 = 49.5, last 0.01 x 1000 = 10.
    events = rates.return_periods([10, 100])
    people = np.array([100.0, 1000.0])
    found = exceedance.average_range(people, events)
    assert found["zero"] == pytest.approx(59.5)
    assert found["flat"] == pytest.approx(59.5 + 0.9 * 100)
    assert found["log-linear"] == pytest.approx(59.5 + 100 * ((0.1 - 1) / np.log(0.1) - 0.1))
    f = np.linspace(0.1, 1, 200_001)
    assert np.trapezoid(100 * np.log(f) / np.log(0.1), f) == pytest.approx(found["log-linear"] - 59.5, rel=1e-6)


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=8), st.integers(0, 100))
def test_zero_tail_is_never_more_than_log_linear_never_more_than_flat(people: list[float], seed: int) -> None:
    years = np.cumsum(np.random.default_rng(seed).uniform(2, 50, len(people))) + 1
    found = exceedance.average_range(np.sort(np.array(people)), rates.return_periods(years.tolist()))
    assert found["zero"] <= found["log-linear"] + 1e-9 <= found["flat"] + 2e-9


@settings(deadline=None)
@given(st.integers(0, 1000))
def test_splitting_an_event_leaves_the_exceedance_curve(seed: int) -> None:
    rng = np.random.default_rng(seed)
    people, frequency = rng.gamma(1, 100, 20), rng.random(20) * 0.05
    split_people, split_frequency = np.append(people, people[3]), np.append(frequency, frequency[3] / 2)
    split_frequency[3] /= 2
    years = [10, 20, 50, 100, 1000]
    before = exceedance.people_at(people, rates.stochastic([str(i) for i in range(20)], frequency), years)
    after = exceedance.people_at(split_people, rates.stochastic([str(i) for i in range(21)], split_frequency), years)
    np.testing.assert_allclose(after, before)
    assert (np.diff(before) >= 0).all()


def test_rarer_than_the_return_period_is_nobody() -> None:
    events = rates.stochastic(["a"], np.array([0.001]))
    np.testing.assert_array_equal(exceedance.people_at(np.array([500.0]), events, [100, 1000, 2000]), [0, 500, 500])


def test_drawn_return_periods_follow_the_frequency_factor() -> None:
    rng = np.random.default_rng(2)
    people = rng.gamma(1, 100, (300, 5)).astype(np.float32)
    frequency = np.full(300, 0.01)
    found = exceedance.people_at_by_draw(people, frequency, np.ones(5), [10, 100])
    for draw in range(5):
        events = rates.stochastic([str(i) for i in range(300)], frequency)
        np.testing.assert_allclose(
            found[:, draw], exceedance.people_at(people[:, draw].astype(float), events, [10, 100])
        )
    doubled = exceedance.people_at_by_draw(people, frequency, np.full(5, 2.0), [10, 100])
    assert (doubled >= found).all()


def test_sampled_years_have_the_right_mean_and_a_heavier_worst_year() -> None:
    rng = np.random.default_rng(3)
    people, frequency = rng.gamma(1, 100, 500), np.full(500, 2 / 500)
    sample = exceedance.sampled_years(people, frequency, years=200_000, rng=rng)
    average = people @ frequency
    assert sample.mean() == pytest.approx(average, rel=0.02)
    events = rates.stochastic([str(i) for i in range(500)], frequency)
    assert exceedance.people_in_worst_year(sample, [100])[0] > exceedance.people_at(people, events, [100])[0]
    assert np.isnan(exceedance.people_in_worst_year(sample[:50], [100])[0])


def test_doubled_ids_negative_and_impossible_frequencies_are_refused() -> None:
    with pytest.raises(errors.BadInput, match=r"event id\[1\]: a occurs twice"):
        rates.stochastic(["a", "a"], np.array([0.1, 0.1]))
    with pytest.raises(errors.BadInput, match=r"frequency\[1\]: -0.1 is below zero"):
        rates.stochastic(["a", "b"], np.array([0.1, -0.1]))
    with pytest.raises(errors.BadInput, match="100 times a year"):
        rates.stochastic(["a"], np.array([100.0]))
    with pytest.raises(errors.BadInput, match=r"return period\[1\]: 10 does not exceed"):
        rates.return_periods([50, 10])
    with pytest.raises(errors.BadInput, match="at least 1 year"):
        rates.return_periods([0.5, 10])
