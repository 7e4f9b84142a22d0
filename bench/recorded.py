"""What the earthquake model says of earthquakes that happened, beside what was recorded.

Usage: python bench/recorded.py. Highest intensities of the region since 1900 against the intensity equation at the
epicentre, and the earthquakes in or near Kosovo as scenarios on today's residents.
"""

from __future__ import annotations

import numpy as np

from streha.engine.risk import earthquake, tables
from streha.risk.bridge import runs

SHOCKS = (
    (
        "Gjilan, 24 April 2002",
        5.7,
        10.0,
        21.466,
        42.436,
        "1 death, 60 injured; nobody counted as displaced in the list",
    ),
    ("Kopaonik, 18 May 1980", 5.8, 9.0, 20.837, 43.294, "30 injured, intensity VIII"),
    ("Skopje, 26 July 1963", 6.0, 5.0, 21.3, 42.1, "1,070 deaths and 3,300 houses destroyed, outside Kosovo"),
)


def main() -> None:
    rows = tables.read("recorded_intensities")
    residual = []
    print(f"{'date':<12}{'M':>5}{'depth':>7}{'recorded':>10}{'computed':>10}{'difference':>12}")
    for row in rows:
        depth, magnitude, recorded = (float(row[name]) for name in ("depth_km", "magnitude", "highest_intensity"))
        computed = float(earthquake.intensity(np.asarray(magnitude), np.asarray(depth)))
        residual.append(recorded - computed)
        print(f"{row['date']:<12}{magnitude:>5}{depth:>7g}{recorded:>10g}{computed:>10.1f}{residual[-1]:>+12.1f}")
    spread = np.std(residual, ddof=1)
    print(f"mean difference {np.mean(residual):+.2f}, standard deviation {spread:.2f}, {len(residual)} shocks")
    for name, magnitude, depth, lon, lat, recorded in SHOCKS:
        run = runs.earthquake_scenario(magnitude=magnitude, depth_km=depth, lon=lon, lat=lat, seed=1, draws=1000)
        nation = run.assessment.displaced.nation
        print(
            f"{name}: {nation.central:,.0f} displaced in today's Kosovo (90 % {nation.band[0]:,.0f} to "
            f"{nation.band[2]:,.0f}); recorded: {recorded}"
        )


if __name__ == "__main__":
    main()
