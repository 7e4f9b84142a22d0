"""Tables of one to four dimensions with all their margins, and the relations between their cells."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from streha.common import errors
from streha.common.errors import message
from streha.engine.disclosure import checks
from streha.engine.disclosure.dimensions import Dimension

F64 = NDArray[np.float64]
Bools = NDArray[np.bool_]
Key = tuple[str, tuple[tuple[str, str], ...]]

MOST_DIMENSIONS = 4
MOST_CELLS = 100_000


@dataclass(frozen=True, eq=False)
class Table:
    """Values of all cells, margins included: ``values[code, code, ...]`` in the order of each dimension's codes.

    ``population`` says who is counted; cells of two tables of one population with the same codes are one cell.
    ``structural`` marks cells that everybody knows to be zero. ``shown`` marks cells that the release prints at all;
    the others exist (an attacker may reason about them) but are nowhere printed. ``whole`` is true of counts.
    """

    population: str
    dimensions: tuple[Dimension, ...]
    values: F64
    structural: Bools
    shown: Bools
    whole: bool

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(dimension.codes) for dimension in self.dimensions)

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """What each cell is, in the order of ``values.ravel()``; totals are left out, so tables can share cells."""
        named = [
            [None, *((dimension.name, code) for code in dimension.codes[1:])]
            for dimension in sorted(self.dimensions, key=lambda one: one.name)
        ]
        order = sorted(range(len(self.dimensions)), key=lambda axis: self.dimensions[axis].name)
        grid = np.arange(self.values.size).reshape(self.shape).transpose(order).ravel()
        found: list[Key] = [(self.population, ())] * self.values.size
        for place, codes in zip(grid, itertools.product(*named), strict=True):
            found[place] = (self.population, tuple(code for code in codes if code is not None))
        return tuple(found)

    def name(self, place: tuple[int, ...]) -> str:
        """A cell in words: ``sex=f, age=18-29``."""
        return ", ".join(
            f"{dimension.name}={dimension.codes[index]}"
            for dimension, index in zip(self.dimensions, place, strict=True)
        )

    def relations(self) -> sparse.csr_array:
        """``[relation, cell]``: 1 at a sum, -1 at each of its parts; every row times the values is zero."""
        grid = np.arange(self.values.size).reshape(self.shape)
        rows: list[NDArray[np.int64]] = []
        columns: list[NDArray[np.int64]] = []
        signs: list[F64] = []
        made = 0
        for axis, dimension in enumerate(self.dimensions):
            lines = np.moveaxis(grid, axis, 0).reshape(len(dimension.codes), -1)
            for parent, children in dimension.families():
                members = lines[[parent, *children]]
                number = np.arange(made, made + members.shape[1])
                rows.append(np.broadcast_to(number, members.shape).ravel())
                columns.append(members.ravel())
                signs.append(np.repeat([1.0] + [-1.0] * len(children), members.shape[1]))
                made += members.shape[1]
        coordinates = (np.concatenate(rows), np.concatenate(columns))
        return sparse.csr_array((np.concatenate(signs), coordinates), shape=(made, self.values.size))


def of_counts(
    population: str,
    dimensions: Sequence[Dimension],
    counts: NDArray[np.int64] | F64,
    *,
    structural: Bools | None = None,
    shown: Iterable[Sequence[str]] | None = None,
) -> Table:
    """A table of counts from its innermost cells ``counts[leaf, leaf, ...]``; margins are added up here.

    ``structural[leaf, ...]`` marks known zeros. ``shown`` names the groups of dimensions that are crossed in print,
    for example ``[("area", "sex"), ("area", "age")]`` for two tables with a common margin; none means all crossed.
    """
    return _of_leaves(population, dimensions, np.asarray(counts, float), structural, shown, whole=True)


def of_amounts(
    population: str,
    dimensions: Sequence[Dimension],
    amounts: F64,
    *,
    structural: Bools | None = None,
    shown: Iterable[Sequence[str]] | None = None,
) -> Table:
    """A table of amounts that are not below zero (money, square metres) from its innermost cells."""
    return _of_leaves(population, dimensions, np.asarray(amounts, float), structural, shown, whole=False)


def of_all_cells(population: str, dimensions: Sequence[Dimension], values: F64) -> Table:
    """A table of counts whose margins were brought along: ``values[code, code, ...]``; margins that do not add are
    refused by name."""
    dimensions = _checked(dimensions)
    values = np.asarray(values, float)
    checks.shape(population, values, [len(dimension.codes) for dimension in dimensions])
    nothing = np.zeros(values.shape, bool)
    table = Table(population, dimensions, values, nothing, ~nothing, whole=True)
    checks.not_negative(population, values, table.name)
    checks.whole(population, values, table.name)
    _refuse_margins_that_do_not_add(table)
    return table


def _of_leaves(
    population: str,
    dimensions: Sequence[Dimension],
    leaves: F64,
    structural: Bools | None,
    shown: Iterable[Sequence[str]] | None,
    *,
    whole: bool,
) -> Table:
    dimensions = _checked(dimensions)
    expected = [len(dimension.leaves) for dimension in dimensions]
    checks.shape(population, leaves, expected)

    def leaf(place: tuple[int, ...]) -> str:
        return ", ".join(f"{d.name}={d.leaves[index]}" for d, index in zip(dimensions, place, strict=True))

    checks.not_negative(population, leaves, leaf)
    if whole:
        checks.whole(population, leaves, leaf)
    known = np.zeros(leaves.shape, bool) if structural is None else np.asarray(structural, bool)
    checks.shape(f"{population}, structural zeros", known, expected)
    if (known & (leaves > 0)).any():
        first = tuple(int(index) for index in np.argwhere(known & (leaves > 0))[0])
        raise errors.BadInput(
            message("{name} at {cell}: {value} was counted where nobody can be. Correct the count or the rule."),
            code="disclosure.structural_not_zero",
            name=population,
            cell=leaf(first),
            value=f"{leaves[first]:g}",
        )
    possible = _summed(dimensions, (~known).astype(float)) > 0
    return Table(
        population, dimensions, _summed(dimensions, leaves), ~possible, _printed(dimensions, shown), whole=whole
    )


def _checked(dimensions: Sequence[Dimension]) -> tuple[Dimension, ...]:
    if not 1 <= len(dimensions) <= MOST_DIMENSIONS:
        raise errors.BadInput(
            message("A table of {value} dimensions was given; 1 to {most} can be protected. Leave out a dimension."),
            code="disclosure.dimensions",
            value=len(dimensions),
            most=MOST_DIMENSIONS,
        )
    names = [dimension.name for dimension in dimensions]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise errors.BadInput(
                message("Dimension {name} occurs twice. Every dimension needs its own name."),
                code="disclosure.dimension_twice",
                name=name,
            )
    size = int(np.prod([len(dimension.codes) for dimension in dimensions], dtype=float))
    if size > MOST_CELLS:
        raise errors.BadInput(
            message("The table has {value} cells with its margins; at most {most} can be protected. Split it."),
            code="disclosure.too_large",
            value=size,
            most=MOST_CELLS,
        )
    return tuple(dimensions)


def _summed(dimensions: Sequence[Dimension], leaves: F64) -> F64:
    values = leaves
    for axis, dimension in enumerate(dimensions):
        values = np.moveaxis(np.tensordot(dimension.sums, values, axes=(1, axis)), 0, axis)
    return np.ascontiguousarray(values)


def _printed(dimensions: Sequence[Dimension], shown: Iterable[Sequence[str]] | None) -> Bools:
    shape = [len(dimension.codes) for dimension in dimensions]
    if shown is None:
        return np.ones(shape, bool)
    printed = np.zeros(shape, bool)
    names = {dimension.name for dimension in dimensions}
    for group in shown:
        for name in group:
            if name not in names:
                raise errors.BadInput(
                    message("{value} is to be shown, but is no dimension of the table ({names})."),
                    code="disclosure.unknown_dimension",
                    value=name,
                    names=", ".join(sorted(names)),
                )
        printed[tuple(slice(None) if dimension.name in group else 0 for dimension in dimensions)] = True
    return printed


def _refuse_margins_that_do_not_add(table: Table) -> None:
    relations, flat = table.relations(), table.values.ravel()
    wrong = np.flatnonzero(np.abs(relations @ flat) > 1e-6)
    if wrong.size == 0:
        return
    start, stop = relations.indptr[wrong[0]], relations.indptr[wrong[0] + 1]
    members, signs = relations.indices[start:stop], relations.data[start:stop]
    parent = int(members[signs > 0][0])
    place = tuple(int(index) for index in np.unravel_index(parent, table.shape))
    raise errors.BadInput(
        message("{name} at {cell}: the margin says {value}, its parts add up to {sum}. Correct one of them."),
        code="disclosure.margin",
        name=table.population,
        cell=table.name(place),
        value=f"{flat[parent]:g}",
        sum=f"{flat[members[signs < 0]].sum():g}",
    )
