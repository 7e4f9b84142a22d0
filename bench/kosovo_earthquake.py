"""Compare the frozen Kosovo earthquake run with a published model: ratios by district and return period.

Usage: python bench/kosovo_earthquake.py. Prints the hashes of every input, so that a later run can show whether
anything was changed since the comparison in docs/methods/risk-validation.md.

Fixed before the first look: the published "homeless" (Hazus: complete damage, and most of extensive damage in
apartment buildings) is set against "home lost or unfit for long"; "displaced" is shown beside it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from streha.engine.risk import kosovo, tables
from streha.risk.bridge import report, runs

TABLES = (
    "municipalities_kosovo",
    "dwellings_kosovo",
    "macroseismic_classes",
    "earthquakes_region",
    "reference_kosovo_earthquake",
)


def main() -> None:
    run = runs.run_scenario(Path(__file__).with_name("kosovo_earthquake.toml"), at=datetime.now(UTC))
    result = run.assessment
    for name in TABLES:
        print(f"input {name:<30} {report.hash_of(tables.bytes_of(name))}")
    print("provenance", run.report.provenance)
    for note in run.report.notes:
        print("note", note)
    reference = tables.read("reference_kosovo_earthquake")
    district = {place.code: place.district for place in kosovo.municipalities()}
    assert result.destroyed is not None
    head = ("per year", "published", "destroyed", "ratio", "displaced", "ratio", "residents")
    print("\n{:<14}{:>12}{:>12}{:>8}{:>12}{:>8}{:>11}".format(*head))
    total = 0.0
    rows = [row for row in reference if row["quantity"] == "homeless per year"]
    published_residents = {row["area"]: float(row["value"]) for row in reference if row["quantity"] == "residents"}
    for row in sorted(rows, key=lambda row: -float(row["value"])):
        inside = np.array([district[code] == row["area"] for code in result.areas])
        value = float(row["value"])
        total += value
        line(
            row["area"],
            value,
            float(result.destroyed.areas.central[inside].sum()),
            float(result.displaced.areas.central[inside].sum()),
            result.residents[inside].sum() / published_residents[row["area"]],
        )
    line(
        "Kosovo",
        total,
        float(result.destroyed.nation.central),
        float(result.displaced.nation.central),
        result.residents.sum() / sum(published_residents.values()),
    )
    print("band destroyed", result.destroyed.nation.band.round(), "displaced", result.displaced.nation.band.round())
    share = float(result.destroyed.nation.central / result.displaced.nation.central)
    print(f"\nreturn periods are of displaced; destroyed taken as its share per year, {share:.3f}")
    assert result.return_periods is not None
    for row in reference:
        if row["quantity"].startswith("homeless once"):
            years = int(row["quantity"].split()[3])
            if years in result.return_period_years:
                at = result.return_period_years.index(years)
                people = float(result.return_periods.central[at])
                line(f"{years} years", float(row["value"]), people * share, people, float("nan"))


def line(name: str, published: float, destroyed: float, displaced: float, residents: float) -> None:
    print(
        f"{name:<14}{published:>12,.0f}{destroyed:>12,.0f}{destroyed / published:>8.2f}"
        f"{displaced:>12,.0f}{displaced / published:>8.2f}{residents:>11.2f}"
    )


if __name__ == "__main__":
    main()
