"""Wind damage by building class: a cubic sigmoid between the onset of damage and half damage (Emanuel 2011, eq. 1)."""

from __future__ import annotations

import numpy as np

from streha.engine.risk import curves, tables
from streha.engine.risk.layout import F64

NAME = "wind-building-classes"
TOP_M_PER_S = 140.0


def damage_ratio(speed_m_per_s: F64, *, onset_m_per_s: float, half_damage_m_per_s: float) -> F64:
    """v^3 / (1 + v^3) with v = max(0, speed - onset) / (half damage - onset): 0 at onset, 1/2 at half damage."""
    v = np.maximum(0.0, speed_m_per_s - onset_m_per_s) / (half_damage_m_per_s - onset_m_per_s)
    return v**3 / (1 + v**3)


def damage_ratios() -> curves.DamageRatios:
    """The package's wind classes, on points 2 m/s apart."""
    rows = tables.read("wind_thresholds")
    speed = np.arange(0.0, TOP_M_PER_S + 1, 2.0)
    points = {
        row["class"]: (
            speed,
            damage_ratio(
                speed,
                onset_m_per_s=float(row["onset_m_per_s"]),
                half_damage_m_per_s=float(row["half_damage_m_per_s"]),
            ),
        )
        for row in rows
    }
    return curves.DamageRatios(NAME, "wind", "m/s", points, curves.Citation(rows[0]["source"]))
