"""Other tables with the same print: the cheapest in which one cell has moved far enough.

A move is a difference of two tables; it keeps every relation and touches hidden cells alone. A move that is whole,
within the bounds everybody knows, is a *witness*: whoever sees the print cannot tell the two tables apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
from scipy import sparse

from streha.common import errors
from streha.common.errors import message
from streha.engine.disclosure.systems import System
from streha.engine.disclosure.tables import F64, Bools

NEAR = 1e-6  # the solver's own tolerance is 1e-7
UP, DOWN = 1.0, -1.0
NODES = 5_000  # branches an integer program may take before it is given up
TRIES = 6  # linear programs with other prices before an integer program is asked
GOLDEN = 0.6180339887498949


@dataclass(frozen=True, eq=False)
class Move:
    """``by[cell]`` away from the true values, at a price."""

    by: F64
    price: float


class Mover:
    """Finds cheap moves over a set of cells, one program run again and again from its simplest basis."""

    def __init__(self, system: System, cells: Bools, price: F64) -> None:
        self.system = system
        self.cells = np.flatnonzero(cells & ~system.known)
        self.place = np.full(len(system), -1)
        self.place[self.cells] = np.arange(self.cells.size)
        self.size = self.cells.size
        relations = sparse.csr_array(system.relations[:, self.cells])
        relations = sparse.csr_array(relations[np.diff(relations.indptr) > 0])
        self.matrix = sparse.csr_array(sparse.hstack([relations, -relations]))
        up, down = system.most - system.values, system.values - system.least
        self.room = np.concatenate([up[self.cells], down[self.cells]])
        self.open = np.ones(2 * self.size, bool)
        self.price = np.tile(price[self.cells], 2)
        self.program = program(self.matrix, self.price, np.zeros(2 * self.size), self.room)

    def reprice(self, price: F64) -> None:
        """Change what it costs to move a cell; ``price`` runs over all cells."""
        wanted = np.tile(price[self.cells], 2)
        for column in np.flatnonzero(wanted != self.price):
            self.program.changeColCost(int(column), float(wanted[column]))
        self.price = wanted

    def show(self, cell: int) -> None:
        """The cell is printed: it can no longer move."""
        self._set(cell, is_open=False)

    def hide(self, cell: int) -> None:
        """The cell may move (again)."""
        self._set(cell, is_open=True)

    def cheapest(self, cell: int, direction: float, far: float) -> Move | None:
        """The cheapest move found that takes the cell exactly ``far`` in a direction, whole if the system is."""
        at = int(self.place[cell])
        if at < 0:
            return None
        column, opposite = (at, at + self.size) if direction > 0 else (at + self.size, at)
        if not self.open[column] or self.room[column] < far - NEAR:
            return None
        self.program.changeColBounds(column, far, far)
        self.program.changeColBounds(opposite, 0.0, 0.0)
        found = self._solved()
        if found is not None and self.system.whole and not _is_whole(found):
            found = self._whole(found, column, opposite, far)
        self.program.changeColBounds(column, 0.0, float(self.room[column]))
        self.program.changeColBounds(opposite, 0.0, float(self.room[opposite]))
        return None if found is None else self._move(found)

    def _set(self, cell: int, *, is_open: bool) -> None:
        at = int(self.place[cell])
        for column in (at, at + self.size):
            self.open[column] = is_open
            self.program.changeColBounds(column, 0.0, float(self.room[column]) if is_open else 0.0)

    def _solved(self) -> F64 | None:
        self.program.setBasis()  # the simplest basis is always dual feasible here: prices are not negative
        self.program.run()
        status = self.program.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise unsolved(self.program)
        return np.array(self.program.getSolution().col_value)

    def _whole(self, found: F64, column: int, opposite: int, far: float) -> F64 | None:
        """A whole move: twice or thrice the broken one, one at other prices, or one of an integer program."""
        room = np.where(self.open, self.room, 0.0)
        for times in (2.0, 3.0):
            if _is_whole(times * found) and (times * found <= room + NEAR).all():
                return np.asarray(np.round(times * found))
        columns = np.arange(self.price.size)
        near = (self.price <= self.price.min()) | (found > NEAR)
        for attempt in range(1, TRIES):
            shaken = self.price * (0.5 + (columns * attempt * GOLDEN) % 1.0)
            self.program.changeColsCost(columns.size, columns.astype(np.int32), shaken)
            other = self._solved()
            if other is not None and _is_whole(other):
                found = other
                break
            near |= False if other is None else other > NEAR
        self.program.changeColsCost(columns.size, columns.astype(np.int32), self.price)
        if _is_whole(found):
            return np.asarray(np.round(found))
        low, high = np.zeros(columns.size), room
        low[column] = high[column] = far
        high[opposite] = 0.0
        # First among the cells that are hidden or took part in one of the broken moves: that is nearly always enough.
        few = self._by_integer_program(low, np.where(near, high, 0.0))
        return few if few is not None else self._by_integer_program(low, high)

    def _by_integer_program(self, low: F64, high: F64) -> F64 | None:
        integer = program(self.matrix, self.price, low, high, whole=np.ones(self.price.size, bool))
        integer.setOptionValue("mip_rel_gap", 0.1)
        integer.setOptionValue("mip_max_nodes", NODES)
        integer.run()
        if integer.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        return np.asarray(np.round(np.array(integer.getSolution().col_value)))

    def _move(self, found: F64) -> Move:
        by = found[: self.size] - found[self.size :]
        full = np.zeros(len(self.system))
        full[self.cells] = np.round(by) if self.system.whole else np.where(np.abs(by) < NEAR, 0.0, by)
        return Move(full, float(self.price @ found))


def _is_whole(values: F64) -> bool:
    return bool(np.abs(values - np.round(values)).max(initial=0.0) < NEAR)


def program(
    matrix: sparse.csr_array,
    cost: F64,
    low: F64,
    high: F64,
    *,
    whole: Bools | None = None,
    sums: F64 | None = None,
) -> highspy.Highs:
    """Minimise cost @ x where matrix @ x == sums (default 0) and low <= x <= high; not yet run."""
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = matrix.shape[1], matrix.shape[0]
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, low, high
    lp.row_lower_ = lp.row_upper_ = np.zeros(matrix.shape[0]) if sums is None else sums
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    if whole is not None:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(one)] for one in whole]
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (("output_flag", False), ("threads", 1), ("random_seed", 0)):
        solver.setOptionValue(option, value)
    if whole is None:
        solver.setOptionValue("presolve", "off")
        solver.setOptionValue("solver", "simplex")
    solver.passModel(lp)
    return solver


def unsolved(solver: highspy.Highs) -> errors.StrehaError:
    """What to raise when the solver ends otherwise than it must."""
    return errors.StrehaError(
        message("The linear program ended with “{status}”. Nothing may be published from it."),
        code="disclosure.solver",
        status=solver.modelStatusToString(solver.getModelStatus()),
    )
