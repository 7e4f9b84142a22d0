"""Tables of counts made safe, beside a naive method that hides a partner in every row until nothing stands alone.

    python bench/disclosure.py [--quick]

Invented applicants by 38 municipalities in 7 regions, 2 sexes, 6 ages and 2 outcomes, and smaller tables of the same.
Printed: cells with margins, small ones, others hidden, time, and how many of the small ones an attacker gets to know
too closely (exact intervals where the table is small enough to attack each). The bar: the largest table is safe within
30 s of processor time, and nothing of ours is found out.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from streha.engine.disclosure import attack, dimensions, rounding, sensitivity, suppression, systems, tables

THRESHOLD = 5
BAR_SECONDS = 30.0
ATTACKED = 420  # cells; larger tables are not attacked cell by cell here


def table(people: int, names: tuple[str, ...]) -> tables.Table:
    regions = {f"region {number}": "total" for number in range(7)}
    areas = regions | {f"municipality {number:02d}": f"region {number % 7}" for number in range(38)}
    every = {
        "area": dimensions.tree("area", areas),
        "sex": dimensions.flat("sex", ["f", "m"]),
        "age": dimensions.flat("age", ["0-17", "18-29", "30-44", "45-59", "60-74", "75+"]),
        "outcome": dimensions.flat("outcome", ["chosen", "not chosen"]),
    }
    rng = np.random.default_rng(1)
    shares = {
        "area": rng.dirichlet(np.full(38, 0.8)),
        "sex": np.array([0.45, 0.55]),
        "age": np.array([0.05, 0.2, 0.3, 0.25, 0.15, 0.05]),
        "outcome": np.array([0.3, 0.7]),
    }
    expected = np.array(float(people))
    for name in names:
        expected = np.multiply.outer(expected, shares[name])
    return tables.of_counts("applicants", [every[name] for name in names], rng.poisson(expected))


def naive(system: systems.System, demand: sensitivity.Demand) -> np.ndarray:
    """In each relation with one hidden cell, hide the smallest other; again until no relation has one alone."""
    hidden = demand.sensitive.copy()
    relations = system.relations
    changed = True
    while changed:
        changed = False
        for row in range(relations.shape[0]):
            members = relations.indices[relations.indptr[row] : relations.indptr[row + 1]]
            if hidden[members].sum() == 1:
                shown = members[~hidden[members]]
                hidden[shown[np.argmin(system.values[shown])]] = changed = True
    return hidden


def found_out(system: systems.System, demand: sensitivity.Demand, hidden: np.ndarray) -> str:
    if len(system) > ATTACKED:
        return "-"
    found = attack.intervals(system, hidden, np.flatnonzero(demand.sensitive))
    return str(attack.too_narrow(system, demand, found).size)


def measured(people: int, names: tuple[str, ...]) -> tuple[float, bool]:
    system = systems.of_tables(table(people, names))
    demand = sensitivity.threshold(system, THRESHOLD)
    small = int(demand.sensitive.sum())
    print(f"\n{' x '.join(names)}: {len(system)} cells, {small} of them count 1 to {THRESHOLD - 1} of {people} people")
    start, clock = time.process_time(), time.perf_counter()
    solved = suppression.solve(system, demand)
    seconds, waited = time.process_time() - start, time.perf_counter() - clock
    held = found_out(system, demand, solved.hidden)
    proof = "optimal" if solved.is_optimal else f"cost {solved.cost:.0f}, none below {solved.bound:.0f}"
    line(f"solved ({proof})", int(solved.secondary.sum()), seconds, waited, held)
    start, clock = time.process_time(), time.perf_counter()
    hidden = naive(system, demand)
    spent, passed = time.process_time() - start, time.perf_counter() - clock
    line("peer: naive partners", int(hidden.sum()) - small, spent, passed, found_out(system, demand, hidden))
    return seconds, held in {"-", "0"}


def line(what: str, others: int, seconds: float, waited: float, found: str) -> None:
    print(f"  {what:<48} {others:>5} others hidden  {seconds:6.2f} s ({waited:.2f} s waited)  {found:>3} too narrow")


def main() -> None:
    quick = "--quick" in sys.argv
    results = [measured(2_000, ("area", "sex")), measured(5_000, ("area", "sex", "outcome"))]
    if not quick:
        results.append(measured(5_000, ("area", "sex", "age", "outcome")))
        system = systems.of_tables(table(5_000, ("area", "sex", "age", "outcome")))
        start = time.process_time()
        found = rounding.controlled(system, THRESHOLD, rng=np.random.default_rng(1))
        print(f"  rounded to {THRESHOLD}, adding up ({found.method.value}): {time.process_time() - start:.2f} s")
    held = all(safe and seconds <= BAR_SECONDS for seconds, safe in results)
    print(f"\nbar {BAR_SECONDS:.0f} s: {'held' if held else 'MISSED'}")
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
