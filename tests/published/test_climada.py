"""The engine against what CLIMADA computed from the same hits (recipe in climada/README.md)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars
import pytest

from streha.engine.risk import exposure as exposures
from streha.engine.risk import footprints as prints
from streha.engine.risk import totals

FOLDER = Path(__file__).parent / "climada"
KNOTS = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 7.0])
SHARE = np.array([[0, 0.25, 0.4, 0.5, 0.6, 0.75, 0.85, 0.95, 1, 1.0]])


def test_same_hits_same_people_as_climada() -> None:
    points, hits, events = (polars.read_csv(FOLDER / f"{name}.csv") for name in ("points", "hits", "events"))
    laid = exposures.blocked(
        lon=points["lon"].to_numpy(),
        lat=points["lat"].to_numpy(),
        people=points["people"].to_numpy()[None, :],
        area=points["region"].to_numpy(),
        areas=[f"region_{n}" for n in range(5)],
        classes=["home"],
    )
    footprints = prints.from_hits(
        laid,
        event=hits["event"].to_numpy(),
        source_row=hits["point"].to_numpy(),
        intensity=hits["depth_m"].to_numpy(),
        events=events.height,
        # Depths are whole centimetres up to 7 m: 701 levels hold them exactly.
        codebook=prints.linear_codebook(top=7.0, unit="m", levels=701),
    )
    frequency = events["frequency"].to_numpy()
    ours = totals.by_event_and_area(laid, footprints, share=SHARE, knots=KNOTS, weights=frequency)
    np.testing.assert_allclose(ours.by_area_event.sum(axis=0), events["people"], rtol=1e-6)
    for number, area in enumerate(laid.areas):
        np.testing.assert_allclose(ours.by_area_event[number], events[area], rtol=1e-6, atol=1e-6)
    expected = np.zeros(points.height)
    real = laid.source_row >= 0
    expected[laid.source_row[real]] = ours.expected[real]
    np.testing.assert_allclose(expected, points["people_per_year"], rtol=2e-6, atol=1e-9)
    theirs = float(events["people"].to_numpy() @ frequency)
    assert ours.by_area_event.sum(axis=0) @ frequency == pytest.approx(theirs, rel=1e-6)
