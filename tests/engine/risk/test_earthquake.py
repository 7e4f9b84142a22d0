"""Shaking and damage against values worked by hand and against the published shape of the method."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streha.common import errors
from streha.engine.risk import earthquake, event_set


@pytest.mark.parametrize(
    ("magnitude", "distance", "expected"),
    [
        # 2.085 + 1.428 M - 1.402 ln sqrt(R^2 + (-0.209 + 2.042 exp(M - 5))^2) [+ 0.078 ln(R / 50)], by calculator
        (5.0, 10.0, 2.085 + 7.14 - 1.402 * math.log(math.sqrt(100 + 1.833**2))),
        (6.0, 20.0, 6.4047),
        (7.0, 100.0, 2.085 + 9.996 - 1.402 * math.log(math.sqrt(10_000 + 14.8795**2)) + 0.078 * math.log(2)),
    ],
)
def test_intensity_by_hand(magnitude: float, distance: float, expected: float) -> None:
    assert earthquake.intensity(np.array(magnitude), np.array(distance)) == pytest.approx(expected, abs=2e-4)


@given(st.floats(5, 7.8), st.floats(5, 250), st.floats(0.01, 40))
def test_intensity_falls_with_distance_and_rises_with_magnitude(magnitude: float, distance: float, more: float) -> None:
    here = earthquake.intensity(np.array(magnitude), np.array(distance))
    assert earthquake.intensity(np.array(magnitude), np.array(distance + more)) < here
    assert earthquake.intensity(np.array(magnitude + 0.1), np.array(100.0)) > earthquake.intensity(
        np.array(magnitude), np.array(100.0)
    )


def test_distance_is_great_circle_and_depth() -> None:
    # One degree of latitude on a sphere of 6,371 km is 111.195 km.
    found = earthquake.distance_km(np.array([20.0]), np.array([42.0]), to_lon=20.0, to_lat=43.0, depth_km=0.0)
    assert found[0] == pytest.approx(111.195, abs=0.001)
    assert earthquake.distance_km(np.array([20.0]), np.array([42.0]), to_lon=20.0, to_lat=42.0, depth_km=12.0)[0] == 12


@given(st.floats(0, 5))
def test_damage_grades_are_shares_with_the_given_mean(mean: float) -> None:
    grades = earthquake.damage_grades(np.array(mean))
    assert grades.sum() == pytest.approx(1)
    assert (grades >= 0).all()
    assert grades @ np.arange(6) == pytest.approx(mean)


def test_mean_damage_by_hand() -> None:
    # Brick (V 0.74) at VIII: 8 + 4.625 - 13.1 = -0.475; 2.5 (1 + tanh(-0.20652)) = 1.990.
    assert earthquake.mean_damage(np.array(8.0), np.array(0.74)) == pytest.approx(1.990, abs=1e-3)
    # p = 0.398: D3 10 p^3 q^2 = .2285, D4 5 p^4 q = .0755, D5 p^5 = .00999; sum .3140.
    curves = earthquake.vulnerability(intensity_sd=0, classes=["brick"])
    at = int(np.flatnonzero(curves.knots == 8.0)[0])
    assert curves.displaced[0, at] == pytest.approx(0.3140, abs=1e-3)
    assert curves.destroyed is not None
    assert curves.displaced[0, at] - curves.destroyed[0, at] == pytest.approx(0.4 * 0.2285, abs=1e-3)


def test_weaker_buildings_are_never_safer_and_more_shaking_never_better() -> None:
    curves = earthquake.vulnerability(intensity_sd=0.9)
    assert (np.diff(curves.displaced, axis=1) >= 0).all()
    assert (np.diff(curves.displaced, axis=0) <= 1e-12).all()  # the table goes from rubble to code-built concrete
    assert curves.destroyed is not None
    assert (curves.destroyed <= curves.displaced).all()


def test_a_source_outside_the_method_is_refused() -> None:
    with pytest.raises(errors.BadInput, match=r"magnitude is 4; the method holds from 5 to 7\.9"):
        earthquake.check_source(magnitude=4, depth_km=10, lon=20, lat=42)
    with pytest.raises(errors.BadInput, match="depth_km is -1"):
        earthquake.check_source(magnitude=6, depth_km=-1, lon=20, lat=42)
    with pytest.raises(errors.BadInput, match="magnitude is nan"):
        earthquake.check_source(magnitude=math.nan, depth_km=10, lon=20, lat=42)


def test_the_damage_selected_list_alone_would_give_half_the_b_value_and_the_prior_mends_it() -> None:
    magnitudes, _, _ = event_set.catalogue()
    # Aki 1965: b = log10(e) / (mean - (smallest - half a bin)); the list holds only what did damage.
    alone = math.log10(math.e) / (magnitudes.mean() - 4.95)
    assert alone < 0.65
    source = event_set.Source()
    b, sd = event_set.b_value(magnitudes[magnitudes >= source.complete_from], source)
    assert 0.8 < b < 1.2
    assert sd <= source.b_sd


def test_the_event_set_holds_the_counted_rate() -> None:
    source = event_set.Source()
    found = event_set.build(source, rng=np.random.default_rng(4))
    magnitudes, _, _ = event_set.catalogue()
    counted = (magnitudes >= 6.0).sum() / source.years
    assert found.events.frequency[found.magnitude > 6.0].sum() == pytest.approx(counted, rel=1e-6)
    ratio = found.events.frequency[found.magnitude > 5.0].sum() / counted
    assert ratio == pytest.approx(10**found.b, rel=0.12)  # truncated at the top, so a little more than 10^b
    # The shared shift has mean 0 and the stated variance.
    f = found.events.frequency / found.events.frequency.sum()
    assert f @ found.degrees == pytest.approx(0, abs=1e-9)
    assert np.sqrt(f @ found.degrees**2) == pytest.approx(earthquake.between_event_sd(), rel=1e-6)
