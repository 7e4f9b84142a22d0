"""An attacker written apart from the engine: dictionaries of cells, fractions and plain linear programs.

It sees what a reader of the print sees: codes, printed figures, which cells add up to which. It tries elimination in
exact fractions, bounds by linear programs (scipy, not the engine's own solver calls) and, for small tables, every
whole table there is.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

Cell = frozenset[tuple[str, str]]
Tree = Mapping[str, str]  # code to parent; parents that are no key are the total


def ancestors(tree: Tree, leaf: str) -> list[str | None]:
    found: list[str | None] = [leaf]
    while (above := tree.get(found[-1])) is not None:  # type: ignore[arg-type]
        found.append(above if above in tree else None)
        if found[-1] is None:
            break
    return found


def leaves(tree: Tree) -> list[str]:
    return [code for code in tree if code not in tree.values()]


def all_cells(trees: Mapping[str, Tree], counts: np.ndarray) -> dict[Cell, int]:
    """Every cell with its sum, reckoned person by person."""
    found: dict[Cell, int] = {}
    for codes in itertools.product(*([None, *tree] for tree in trees.values())):
        found[cell(trees, codes)] = 0
    for place, leaf_codes in zip(
        np.ndindex(counts.shape), itertools.product(*(leaves(tree) for tree in trees.values())), strict=True
    ):
        above = (ancestors(tree, leaf) for tree, leaf in zip(trees.values(), leaf_codes, strict=True))
        for codes in itertools.product(*above):
            found[cell(trees, codes)] += int(counts[place])
    return found


def cell(trees: Mapping[str, Tree], codes: Sequence[str | None]) -> Cell:
    return frozenset((name, code) for name, code in zip(trees, codes, strict=True) if code is not None)


def sums(trees: Mapping[str, Tree]) -> Iterator[tuple[Cell, list[Cell]]]:
    """Each cell that is a sum, with its parts."""
    for name, tree in trees.items():
        others = [[None, *other] if other_name != name else [None] for other_name, other in trees.items()]
        for parent in {None, *(p for p in tree.values() if p in tree)}:
            children = [code for code, above in tree.items() if (above if above in tree else None) == parent]
            for rest in itertools.product(*others):
                base = cell(trees, rest)
                yield base | ({(name, parent)} if parent else set()), [base | {(name, child)} for child in children]


def equations(
    relations: Sequence[tuple[Cell, list[Cell]]], seen: Mapping[Cell, int]
) -> tuple[list[Cell], np.ndarray, np.ndarray]:
    unknown = sorted({c for parent, parts in relations for c in (parent, *parts)} - set(seen), key=sorted)
    place = {c: index for index, c in enumerate(unknown)}
    matrix, right = [], []
    for parent, parts in relations:
        row, value = [0] * len(unknown), 0
        for c, sign in ((parent, 1), *((part, -1) for part in parts)):
            if c in seen:
                value -= sign * seen[c]
            else:
                row[place[c]] += sign
        if any(row):
            matrix.append(row)
            right.append(value)
        else:
            assert value == 0, "the printed figures contradict one another"
    return unknown, np.array(matrix, float).reshape(len(matrix), len(unknown)), np.array(right, float)


def by_elimination(unknown: list[Cell], matrix: np.ndarray, right: np.ndarray) -> dict[Cell, Fraction]:
    """Cells that follow exactly, by Gauss and Jordan in fractions."""
    rows = [[Fraction(int(v)) for v in (*row, r)] for row, r in zip(matrix, right, strict=True)]
    pivot_rows = 0
    for column in range(len(unknown)):
        pivot = next((r for r in range(pivot_rows, len(rows)) if rows[r][column]), None)
        if pivot is None:
            continue
        rows[pivot_rows], rows[pivot] = rows[pivot], rows[pivot_rows]
        lead = rows[pivot_rows][column]
        rows[pivot_rows] = [v / lead for v in rows[pivot_rows]]
        for r in range(len(rows)):
            if r != pivot_rows and rows[r][column]:
                by = rows[r][column]
                rows[r] = [a - by * b for a, b in zip(rows[r], rows[pivot_rows], strict=True)]
        pivot_rows += 1
    found = {}
    for row in rows[:pivot_rows]:
        taking = [index for index, value in enumerate(row[:-1]) if value]
        if len(taking) == 1:
            found[unknown[taking[0]]] = row[-1]
    return found


def by_programs(
    unknown: list[Cell], matrix: np.ndarray, right: np.ndarray, wanted: Cell, *, whole: bool
) -> tuple[float, float]:
    """The least and the most a cell can be."""
    ends = []
    for sign in (1, -1):
        cost = np.zeros(len(unknown))
        cost[unknown.index(wanted)] = sign
        if whole:
            rules = [LinearConstraint(matrix, right, right)] if len(right) else []
            found = milp(cost, constraints=rules, bounds=Bounds(0, 10_000), integrality=np.ones(len(unknown)))
        else:
            equal = {"A_eq": matrix, "b_eq": right} if len(right) else {}
            found = linprog(cost, bounds=(0, 10_000), **equal)
        assert found.success, found.message
        ends.append(sign * found.fun)
    return ends[0], ends[1]
