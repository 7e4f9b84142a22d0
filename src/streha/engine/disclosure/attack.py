"""What an attacker can derive: the feasible interval of a hidden cell.

The attacker knows every printed cell, every relation, the bounds everybody knows and, for counts, that all values are
whole. The two ends of a cell's interval are the optima of two linear programs over the hidden cells; where the optimum
is not whole in every cell, an integer program decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from streha.engine.disclosure import moves
from streha.engine.disclosure.moves import DOWN, NEAR, UP
from streha.engine.disclosure.sensitivity import Demand
from streha.engine.disclosure.systems import System
from streha.engine.disclosure.tables import F64, Bools

Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Intervals:
    """Feasible ``low`` and ``high`` of each asked cell (infinite where nothing bounds it), by index into the system."""

    cells: Places
    low: F64
    high: F64


class Attacker:
    """An attacker who sees what is printed; one linear program, started again from where it last ended.

    ``least`` and ``most`` are what the attacker knows of each cell (default: what anybody knows); a rounded cell is a
    hidden cell with close bounds.
    """

    def __init__(self, system: System, hidden: Bools, *, least: F64 | None = None, most: F64 | None = None) -> None:
        self.system = system
        self.cells = np.flatnonzero(hidden & ~system.known)
        self.place = np.full(len(system), -1)
        self.place[self.cells] = np.arange(self.cells.size)
        least = system.least if least is None else np.maximum(least, system.least)
        most = system.most if most is None else np.minimum(most, system.most)
        self.low = (least - system.values)[self.cells]
        self.high = (most - system.values)[self.cells]
        self.beyond = 4 * float(np.abs(system.values).max(initial=0.0)) + 10_000.0  # as good as infinite
        relations = sparse.csr_array(system.relations[:, self.cells])
        self.matrix = sparse.csr_array(relations[np.diff(relations.indptr) > 0])
        self.program = moves.program(self.matrix, np.zeros(self.cells.size), self.low, self.high)

    def reach(self, cell: int, direction: float) -> tuple[float, F64 | None]:
        """How far the cell may truly be from its value in a direction, and the move of all cells that shows it.

        Without a move where the search among whole tables was given up: then what is told is zero.
        """
        at = int(self.place[cell])
        if at < 0:
            return 0.0, None
        found = self._solved(at, direction)
        if self.system.whole and np.abs(found - np.round(found)).max(initial=0.0) >= NEAR:
            whole = self._among_whole(at, direction, abs(float(found[at])))
            if whole is None:
                return 0.0, None
            found = whole
        move = np.zeros(len(self.system))
        move[self.cells] = np.round(found) if self.system.whole else np.where(np.abs(found) < NEAR, 0.0, found)
        far = abs(float(move[cell]))
        return (np.inf if far >= self.beyond - 1.0 else far), move

    def _solved(self, at: int, direction: float) -> F64:
        self.program.changeColCost(at, -direction)
        self.program.changeColBounds(at, max(self.low[at], -self.beyond), min(self.high[at], self.beyond))
        self.program.run()
        if self.program.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            self.program.clearSolver()  # the true table is always feasible: a stuck start is forgotten
            self.program.run()
        if self.program.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise moves.unsolved(self.program)
        found = np.array(self.program.getSolution().col_value)
        self.program.changeColCost(at, 0.0)
        self.program.changeColBounds(at, self.low[at], self.high[at])
        return found

    def _among_whole(self, at: int, direction: float, limit: float) -> F64 | None:
        limit = np.floor(limit + NEAR)
        low, high, cost = self.low.copy(), self.high.copy(), np.zeros(self.cells.size)
        low[at], high[at] = max(low[at], -limit), min(high[at], limit)
        cost[at] = -direction
        integer = moves.program(self.matrix, cost, low, high, whole=np.ones(self.cells.size, bool))
        integer.setOptionValue("mip_max_nodes", moves.NODES)
        integer.run()
        if integer.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.array(integer.getSolution().col_value)


def intervals(
    system: System, hidden: Bools, cells: Iterable[int], *, least: F64 | None = None, most: F64 | None = None
) -> Intervals:
    """The feasible interval of each asked cell, whole where the system is; a printed cell's is its value."""
    attacker = Attacker(system, hidden, least=least, most=most)
    asked = np.fromiter(cells, np.int64)
    low, high = system.values[asked].copy(), system.values[asked].copy()
    for index, cell in enumerate(asked):
        low[index] -= attacker.reach(int(cell), DOWN)[0]
        high[index] += attacker.reach(int(cell), UP)[0]
    return Intervals(asked, low, high)


def too_narrow(system: System, demand: Demand, found: Intervals) -> Places:
    """The asked cells whose interval is narrower than demanded."""
    cells = found.cells
    true = system.values[cells]
    short = (found.low > true - demand.below[cells] + NEAR) | (found.high < true + demand.above[cells] - NEAR)
    short |= found.high - found.low < demand.width[cells] - NEAR
    return cells[short]


def derivable(system: System, hidden: Bools) -> Places:
    """Hidden cells that follow exactly from the printed ones by adding and subtracting alone, in any combination."""
    cells = np.flatnonzero(hidden & ~system.known)
    fixed: list[int] = []
    for columns, block in components(sparse.csr_array(system.relations[:, cells])):
        fixed.extend(int(cells[column]) for column in columns[~_take_part(block)])
    return np.array(sorted(fixed), np.int64)


def components(matrix: sparse.csr_array) -> Iterator[tuple[Places, F64]]:
    """Blocks of columns that share no relation with others, each as a dense matrix."""
    rows, columns = matrix.shape
    if columns == 0:
        return
    graph = sparse.block_array([[None, matrix], [matrix.T, None]])
    count, label = csgraph.connected_components(sparse.csr_array(graph), directed=False)
    for number in range(count):
        inside = np.flatnonzero(label[rows:] == number)
        if inside.size:
            yield inside, np.asarray(matrix[np.flatnonzero(label[:rows] == number)][:, inside].toarray())


def _take_part(block: F64) -> Bools:
    """Which columns are other than zero in some solution of block @ x = 0, by singular values."""
    if block.shape[0] == 0:
        return np.ones(block.shape[1], bool)
    _, singular, right = np.linalg.svd(block, full_matrices=True)
    rank = int((singular > 1e-9 * max(block.shape) * singular.max(initial=1.0)).sum())
    return np.asarray(np.abs(right[rank:]).max(axis=0, initial=0.0) > 1e-8)
