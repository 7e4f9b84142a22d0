"""How cheap any pattern can be: a bound from below, and the best pattern where it is found.

The master program decides for each cell whether it is hidden; it learns of the attacker by cuts. For one need (cell p
must reach ``far`` up) the attacker's program is max d_p over relations @ d = 0, -down x <= d <= up x. Any dual solution
with reduced prices z bounds it by sum (z+ down + z- up) x, so every safe pattern x satisfies

    sum min(z+ down + z- up, far) x >= far                             (Fischetti and Salazar 2001, p. 1014)

and the two cuts of a width, one for each side, are added up before they are held against it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from streha.engine.disclosure import moves
from streha.engine.disclosure.moves import DOWN, NEAR, UP
from streha.engine.disclosure.sensitivity import Demand
from streha.engine.disclosure.systems import System
from streha.engine.disclosure.tables import F64, Bools

NODES = 500  # branches of one master program


@dataclass(frozen=True, eq=False)
class Proof:
    """No pattern costs less than ``bound``; ``hidden`` is a pattern that costs no more than it, where one was found."""

    bound: float
    hidden: Bools | None


def relaxed(system: System, demand: Demand, weight: F64, must: Bools) -> tuple[float, F64]:
    """A first bound, and a pattern in parts of cells: every hidden cell has partners in each of its relations."""
    master = _Master(system, weight, must)
    master.need_partners(demand)
    solved = master.solved(0)
    return (0.0, must.astype(float)) if solved is None else solved


def lower_bound(
    system: System,
    demand: Demand,
    weight: F64,
    must: Bools,
    *,
    at_most: float,
    rounds: int,
    pivots: int,
    is_safe: Callable[[Bools], bool],
) -> Proof:
    """Raise the bound until it meets ``at_most``, a safe pattern at its cost is found, or the effort is spent."""
    master = _Master(system, weight, must)
    master.need_partners(demand)
    attacker = _DualAttacker(system)
    bound = 0.0
    for whole in (False, True):
        for _ in range(rounds):
            if master.pivots + attacker.pivots > pivots:
                return Proof(bound, None)
            solved = master.solved(NODES if whole else 0)
            if solved is None:
                return Proof(bound, None)
            value, shape = solved
            bound = max(bound, value)
            if bound >= at_most - NEAR:
                return Proof(bound, None)
            cuts = attacker.cuts(demand, shape)
            if not cuts and not whole:
                break
            if not cuts:
                hidden = shape > 0.5
                if float(weight[hidden].sum()) <= bound + NEAR and is_safe(hidden):
                    return Proof(bound, hidden)
                master.add([(~hidden).astype(float)], [1.0])  # whole numbers give it away: one more cell at least
                continue
            master.add([coefficient for coefficient, _ in cuts], [far for _, far in cuts])
    return Proof(bound, None)


class _Master:
    """Which cells to hide at the least cost, as far as the cuts so far tell."""

    def __init__(self, system: System, weight: F64, must: Bools) -> None:
        self.system = system
        self.weight = np.where(must, 0.0, weight)
        self.low, self.high = must.astype(float), (must | ~system.known).astype(float)
        self.program = moves.program(sparse.csr_array((0, len(system))), self.weight, self.low, self.high)
        self.columns = np.arange(len(system), dtype=np.int32)
        self.has_whole = False
        self.pivots = 0

    def add(self, coefficients: list[F64], far: list[float]) -> None:
        """Demand coefficients @ x >= far."""
        for row, least in zip(coefficients, far, strict=True):
            taking = np.flatnonzero(row > NEAR).astype(np.int32)
            self.program.addRow(least, highspy.kHighsInf, taking.size, taking, row[taking])

    def need_partners(self, demand: Demand) -> None:
        """A hidden cell needs a hidden partner in each of its relations, or it follows from the others."""
        relations = self.system.relations
        asks = (demand.below > 0) | (demand.above > 0) | (demand.width > 0)
        for row in range(relations.shape[0]):
            members = relations.indices[relations.indptr[row] : relations.indptr[row + 1]]
            if (self.system.shown | asks)[members].all():  # else a partner that is never printed is there
                self._need_partners_in(members, asks)

    def _need_partners_in(self, members: NDArray[np.int32], asks: Bools) -> None:
        for cell in members:
            if self.high[cell] == 0:
                continue
            signs = np.where(members == cell, -1.0, 1.0)
            if asks[cell]:
                self.program.addRow(
                    1.0, highspy.kHighsInf, members.size - 1, members[members != cell], signs[signs > 0]
                )
            else:
                self.program.addRow(0.0, highspy.kHighsInf, members.size, members, signs)

    def solved(self, nodes: int) -> tuple[float, F64] | None:
        """The least cost and a pattern of it, in parts of cells where ``nodes`` is zero; None where it was given up."""
        if nodes and not self.has_whole:
            kinds = np.full(self.columns.size, int(highspy.HighsVarType.kInteger), np.uint8)
            self.program.changeColsIntegrality(self.columns.size, self.columns, kinds)
            self.program.setOptionValue("presolve", "choose")
            self.program.setOptionValue("solver", "choose")
            self.program.setOptionValue("mip_max_nodes", nodes)
            self.has_whole = True
        self.program.run()
        self.pivots += max(0, self.program.getInfo().simplex_iteration_count)
        if self.program.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        value = self.program.getInfo().mip_dual_bound if nodes else self.program.getInfo().objective_function_value
        return float(value), np.array(self.program.getSolution().col_value)


class _DualAttacker:
    """Cuts that a pattern, whole or in parts, breaks."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.down = np.where(system.known, 0.0, system.values - system.least)
        self.up = np.where(system.known, 0.0, system.most - system.values)
        self.beyond = 4 * float(np.abs(system.values).max(initial=0.0)) + 10_000.0
        nothing = np.zeros(len(system))
        self.program = moves.program(system.relations, nothing, nothing, nothing)
        self.pivots = 0
        self.columns = np.arange(len(system), dtype=np.int32)

    def cuts(self, demand: Demand, shape: F64) -> list[tuple[F64, float]]:
        x = np.where(shape < NEAR, 0.0, shape)
        low, high = -_times(np.minimum(self.down, self.beyond), x), _times(np.minimum(self.up, self.beyond), x)
        self.program.changeColsBounds(self.columns.size, self.columns, low, high)
        found: list[tuple[F64, float]] = []
        for cell in np.flatnonzero(demand.sensitive):
            sides = [self._side(int(cell), DOWN), self._side(int(cell), UP)]
            for (far, row), wanted in zip(sides, (demand.below[cell], demand.above[cell]), strict=True):
                if far < wanted - NEAR:
                    found.append((np.minimum(row, wanted), float(wanted)))
            width = float(demand.width[cell])
            if sides[0][0] + sides[1][0] < width - NEAR:
                found.append((np.minimum(sides[0][1] + sides[1][1], width), width))
        return [(row, far) for row, far in found if row @ x < far - NEAR]

    def _side(self, cell: int, direction: float) -> tuple[float, F64]:
        self.program.changeColCost(cell, -direction)
        self.program.run()
        self.pivots += max(0, self.program.getInfo().simplex_iteration_count)
        if self.program.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise moves.unsolved(self.program)
        solution = self.program.getSolution()
        self.program.changeColCost(cell, 0.0)
        reduced = np.array(solution.col_dual)
        reduced[np.abs(reduced) < 1e-9] = 0.0
        row = _times(self.down, np.maximum(reduced, 0.0)) + _times(self.up, np.maximum(-reduced, 0.0))
        return abs(float(solution.col_value[cell])), row


def _times(bound: F64, by: F64) -> F64:
    """A product in which nothing times infinity is nothing."""
    return np.multiply(bound, by, out=np.zeros(bound.size), where=by > 0)
