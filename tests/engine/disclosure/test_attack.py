"""No suppressed cell can be derived: an attacker of the tests' own tries elimination and programs on random tables."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from tests.engine.disclosure import attacks

from streha.engine.disclosure import attack, dimensions, releases, sensitivity, suppression, systems, tables

TREES = {
    "area": {"north": "total", "south": "total", "n1": "north", "n2": "north", "s1": "south", "s2": "south"},
    "place": {"here": "total", "there": "total"},
    "sex": {"f": "total", "m": "total"},
    "age": {"young": "total", "middle": "total", "old": "total"},
    "outcome": {"yes": "total", "no": "total"},
}
SHAPES = [("age",), ("area", "sex"), ("age", "area"), ("area", "sex", "age"), ("sex", "age", "outcome")]
SHAPES += [("sex", "outcome", "age", "place")]
UNHURRIED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def counted(draw):
    names = draw(st.sampled_from(SHAPES))
    trees = {name: TREES[name] for name in names}
    shape = [len(attacks.leaves(tree)) for tree in trees.values()]
    size = int(np.prod(shape))
    counts = draw(st.lists(st.integers(0, 14), min_size=size, max_size=size))
    return trees, np.array(counts).reshape(shape)


def in_engine(trees, counts, **options):
    return tables.of_counts("people", [dimensions.tree(name, tree) for name, tree in trees.items()], counts, **options)


def cell_of(key):
    return frozenset(key[1])


def printed(release):
    return {
        cell_of(key): int(figure.value)
        for key, figure in zip(release.system.keys, release.figures, strict=True)
        if figure is not None and figure.value is not None
    }


@UNHURRIED
@given(table=counted(), least=st.sampled_from([3, 5]), pivots=st.sampled_from([0, 2_000]))
def test_an_attacker_cannot_come_closer_than_asked(table, least, pivots):
    trees, counts = table
    system = systems.of_tables(in_engine(trees, counts))
    demand = sensitivity.threshold(system, least)
    release = releases.suppressed(system, demand, effort=suppression.Effort(pivots=pivots))
    truth = attacks.all_cells(trees, counts)
    seen = printed(release)
    assert all(truth[cell] == value for cell, value in seen.items())
    small = [cell for cell, value in truth.items() if 0 < value < least]
    assert not set(small) & set(seen)
    event(f"{len(trees)} dimensions, {'some' if small else 'no'} small cells")
    if not small:
        assert len(seen) == len(truth), "nothing is hidden without need"
        return
    unknown, matrix, right = attacks.equations(list(attacks.sums(trees)), seen)
    derived = attacks.by_elimination(unknown, matrix, right)
    assert not set(derived) & set(small)
    for cell in small[:4]:
        low, high = attacks.by_programs(unknown, matrix, right, cell, whole=True)
        assert low < truth[cell] < high
        assert high - low >= least - 1e-6, (sorted(cell), low, high)


@UNHURRIED
@given(table=counted(), share=st.floats(0.1, 0.9), seed=st.integers(0, 1000))
def test_the_audit_finds_what_the_attacker_finds(table, share, seed):
    """Any pattern, safe or not: both come to the same intervals and the same exact combinations."""
    trees, counts = table
    system = systems.of_tables(in_engine(trees, counts))
    hidden = np.random.default_rng(seed).random(len(system)) < share
    seen = {cell_of(key): int(v) for key, v, h in zip(system.keys, system.values, hidden, strict=True) if not h}
    unknown, matrix, right = attacks.equations(list(attacks.sums(trees)), seen)
    exact = attacks.by_elimination(unknown, matrix, right)
    assert {cell_of(system.keys[place]) for place in attack.derivable(system, hidden)} == set(exact)
    some = np.flatnonzero(hidden)[:2]
    found = attack.intervals(system, hidden, some)
    for place, low, high in zip(found.cells, found.low, found.high, strict=True):
        expected = attacks.by_programs(unknown, matrix, right, cell_of(system.keys[place]), whole=True)
        assert low == pytest.approx(expected[0], abs=1e-6)
        # Nothing bounds it: the attacker of the tests, who guesses no more than 10,000, comes near to that.
        assert high == pytest.approx(expected[1], abs=1e-6) or (high == np.inf and expected[1] > 5_000)


@settings(UNHURRIED, max_examples=15)
@given(table=counted(), least=st.sampled_from([3, 5]))
def test_a_proved_pattern_is_never_dearer_and_keeps_its_bound(table, least):
    system = systems.of_tables(in_engine(*table))
    demand = sensitivity.threshold(system, least)
    built = suppression.solve(system, demand, cost=suppression.Cost.CELLS, effort=suppression.Effort(pivots=0))
    effort = suppression.Effort(pivots=2_000)
    proved = suppression.solve(system, demand, cost=suppression.Cost.CELLS, effort=effort)
    assert proved.cost <= built.cost + 1e-6
    assert built.bound <= proved.cost + 1e-6
    assert proved.bound <= proved.cost


def every_pattern(system, demand):
    """The cheapest number of further cells by trying all sets in order of size."""
    import itertools

    sensitive = np.flatnonzero(demand.sensitive)
    others = np.flatnonzero(~demand.sensitive)
    for size in range(len(others) + 1):
        for extra in itertools.combinations(others, size):
            hidden = demand.sensitive.copy()
            hidden[list(extra)] = True
            found = attack.intervals(system, hidden, sensitive)
            if not attack.too_narrow(system, demand, found).size:
                return size
    raise AssertionError("unreachable: hiding everything is safe")


@pytest.mark.parametrize("seed", range(6))
def test_the_optimum_is_that_of_trying_every_set(seed):
    counts = np.random.default_rng(seed).poisson(5, (3, 2))
    system = systems.of_tables(in_engine({name: TREES[name] for name in ("age", "sex")}, counts))
    demand = sensitivity.threshold(system, 4)
    solved = suppression.solve(system, demand, cost=suppression.Cost.CELLS)
    assert solved.is_optimal
    assert solved.cost == every_pattern(system, demand)


@settings(UNHURRIED, max_examples=20)
@given(counts=st.lists(st.integers(0, 9), min_size=24, max_size=24))
def test_two_tables_with_a_common_margin_are_safe_together(counts):
    """area x sex and area x age are printed; the crossing of all three exists, is never printed, and is guarded too."""
    trees = {name: TREES[name] for name in ("area", "sex", "age")}
    counted = np.array(counts).reshape(4, 2, 3)
    table = in_engine(trees, counted, shown=[("area", "sex"), ("area", "age")])
    system = systems.of_tables(table)
    demand = sensitivity.threshold(system, 3)
    release = releases.suppressed(system, demand)
    seen = printed(release)
    assert not any({"sex", "age"} <= {name for name, _ in cell} for cell in seen)
    truth = attacks.all_cells(trees, counted)
    unknown, matrix, right = attacks.equations(list(attacks.sums(trees)), seen)
    for cell in [cell for cell, value in truth.items() if 0 < value < 3][:5]:
        low, high = attacks.by_programs(unknown, matrix, right, cell, whole=True)
        assert low < truth[cell] < high
        assert high - low >= 3


@settings(UNHURRIED, max_examples=25)
@given(
    before=st.lists(st.integers(0, 9), min_size=8, max_size=8),
    joined=st.lists(st.integers(0, 6), min_size=8, max_size=8),
)
def test_two_releases_do_not_tell_who_joined(before, joined):
    trees = {name: TREES[name] for name in ("area", "sex")}
    old, new = np.array(before).reshape(4, 2), np.array(joined).reshape(4, 2)
    first_system = systems.of_tables(in_engine(trees, old))
    first = releases.suppressed(first_system, sensitivity.threshold(first_system, 3))
    system = systems.after(first.as_earlier(), systems.of_tables(in_engine(trees, old + new)), who_left=False)
    second = releases.suppressed(system, sensitivity.threshold(system, 3))
    # The attacker's own equations: both tables, and the difference of every cell, apart by name.
    relations = []
    for kind in ("now", "before", "since"):
        relations += [(c | {("kind", kind)}, [p | {("kind", kind)} for p in parts]) for c, parts in attacks.sums(trees)]
    truth = {}
    for kind, counts in (("now", old + new), ("before", old), ("since", new)):
        truth |= {c | {("kind", kind)}: value for c, value in attacks.all_cells(trees, counts).items()}
    for cell in attacks.all_cells(trees, old):
        parts = [cell | {("kind", "before")}, cell | {("kind", "since")}]
        relations.append((cell | {("kind", "now")}, parts))
    seen = {c | {("kind", "before")}: value for c, value in printed(first).items()}
    seen |= {c | {("kind", "now")}: value for c, value in printed(second).items()}
    unknown, matrix, right = attacks.equations(relations, seen)
    exact = attacks.by_elimination(unknown, matrix, right)
    small = [cell for cell, value in truth.items() if 0 < value < 3]
    assert not set(small) & (set(exact) | set(seen))
    for cell in small[:6]:
        low, high = attacks.by_programs(unknown, matrix, right, cell, whole=True)
        assert high - low >= 3, (sorted(cell), low, high)
