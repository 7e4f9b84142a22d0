"""Small random worlds for the risk engine's tests."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from streha.engine.risk import exposure as exposures
from streha.engine.risk import footprints as prints


@dataclasses.dataclass(frozen=True, eq=False)
class World:
    exposure: exposures.Exposure
    footprints: prints.Footprints
    intensity: np.ndarray
    people: np.ndarray
    area: np.ndarray
    frequency: np.ndarray
    share: np.ndarray
    knots: np.ndarray


def world(seed: int, *, cells: int = 300, events: int = 12, areas: int = 4, classes: int = 2) -> World:
    rng = np.random.default_rng(seed)
    area = rng.integers(0, areas, cells)
    people = rng.gamma(1.0, 5.0, (classes, cells)) * (rng.random((classes, cells)) < 0.8)
    people[0, 0] += 1
    laid = exposures.blocked(
        lon=20 + rng.random(cells),
        lat=42 + rng.random(cells),
        people=people,
        area=area,
        areas=[f"A{n}" for n in range(areas)],
        classes=[f"K{n}" for n in range(classes)],
    )
    codebook = prints.linear_codebook(top=6.0, unit="m", levels=601)
    intensity = rng.integers(1, 601, (events, cells)) * 0.01 * (rng.random((events, cells)) < 0.3)
    knots = np.array([0.0, 0.5, 1.0, 2.0, 3.0, 5.0])
    share = np.sort(rng.random((classes, knots.size)), axis=1)
    share[:, 0] = 0
    return World(
        laid,
        prints.from_dense(laid, intensity, codebook),
        intensity,
        people,
        area,
        rng.random(events) * 0.1,
        share,
        knots,
    )


@pytest.fixture
def small_world() -> World:
    return world(7)
