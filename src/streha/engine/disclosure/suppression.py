"""Secondary suppression, solved: the cheapest set of further cells to hide so that every demand holds.

The model is that of Fischetti and Salazar (2001): one yes-or-no for each cell, and for each demand the condition that
the attacker's program reaches far enough. Three steps:

1. *Build.* A relaxed master program gives a bound and says which cells look worth hiding. For each demand not yet met,
   the cheapest other table with the same print (a linear program) says which cells to hide too. Every other table
   found serves all demands it happens to meet.
2. *Thin out.* Each hidden cell that need not be is shown again, dearest first, where every demand still holds.
3. *Improve and prove.* A master program over all cells with cuts from the attacker's dual gives a bound from below;
   when its solution withstands the attack it is optimal. Small tables end proved, large ones with bound and gap.

Whole numbers: the attacker of counts knows that they are whole, so a demand counts as met only by a whole witness.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from streha.common import errors
from streha.common.errors import message
from streha.engine.disclosure import attack, checks, proofs
from streha.engine.disclosure.moves import DOWN, NEAR, UP, Move, Mover
from streha.engine.disclosure.sensitivity import Demand
from streha.engine.disclosure.systems import System
from streha.engine.disclosure.tables import F64, Bools

ALMOST_NOTHING = 0.001  # against 1 and more for a cell that would have to be hidden
LEAST_PRICE = 0.1  # of a cell's cost, where the bound's pattern hides it


class Cost(Enum):
    """What hiding a cell costs the reader."""

    CELLS = "cells"  # 1 each
    PEOPLE = "people"  # 1 + how many are counted in it
    LOGARITHM = "logarithm"  # 1 + ln(1 + how many): totals are dear, but not dearer than everything


@dataclass(frozen=True)
class Effort:
    """How long it may take, in steps, so that the same table always ends the same.

    The dearest ``thin`` cells are tried for showing again. Tables of up to ``cells`` cells are proved, in up to
    ``rounds`` of cuts, as long as no more than ``pivots`` steps of the simplex method are spent.
    """

    thin: int = 300
    cells: int = 600
    rounds: int = 60
    pivots: int = 15_000


USUAL = Effort()


@dataclass(frozen=True, eq=False)
class Pattern:
    """Which cells are hidden, and for each sensitive cell the two tables that prove it.

    ``cost`` counts the secondary cells; no pattern is cheaper than ``bound``.
    ``moves[witness, cell]`` are differences to the true table that nobody can see in print; ``down`` and ``up`` say for
    each sensitive cell, in order, which of them carries it down and up (-1 where none was needed).
    """

    hidden: Bools
    secondary: Bools
    cost: float
    bound: float
    moves: sparse.csr_array
    down: NDArray[np.int64]
    up: NDArray[np.int64]

    @property
    def is_optimal(self) -> bool:
        return self.cost <= self.bound + 1e-6 * max(1.0, self.bound)


def costs(system: System, cost: Cost) -> F64:
    """The cost of hiding, by cell."""
    size = np.abs(system.values)
    if cost is Cost.CELLS:
        return np.ones(len(system))
    if cost is Cost.PEOPLE:
        return 1.0 + size
    return np.asarray(1.0 + np.log1p(size))


def solve(system: System, demand: Demand, *, cost: Cost | F64 = Cost.LOGARITHM, effort: Effort = USUAL) -> Pattern:
    """The pattern of hidden cells that meets every demand; audited.

    ``cost`` may be given by cell. Raises BadInput naming the first cell that no pattern can protect.
    """
    weight = costs(system, cost) if isinstance(cost, Cost) else np.asarray(cost, float)
    checks.shape("cost", weight, [len(system)])
    checks.not_negative("cost", weight, lambda place: system.name(place[0]))
    must = (~system.shown | demand.sensitive) & ~system.known  # hidden whatever happens
    weight = np.where(must, 0.0, weight)
    bound, shape = proofs.relaxed(system, demand, weight, must)
    search = _Search(system, demand, weight, must)
    search.build(guided=weight * np.maximum(1.0 - shape, LEAST_PRICE))
    search.thin_out(effort.thin)
    if len(system) <= effort.cells:
        search, bound = _proved(search, effort)
    hidden = search.hidden
    secondary = hidden & ~must
    total = float(weight[secondary].sum())
    witnesses, down, up = search.used()
    pattern = Pattern(hidden, secondary, total, min(total, bound), witnesses, down, up)
    certify(system, demand, pattern)
    return pattern


def unmet(system: System, demand: Demand, hidden: Bools) -> NDArray[np.int64]:
    """The sensitive cells, by place, that a given pattern does not protect as demanded."""
    search = _Search(system, demand, np.zeros(len(system)), hidden & ~system.known)
    return search.unmet()


def certify(system: System, demand: Demand, pattern: Pattern) -> None:
    """Hold every demand against the pattern's witnesses: additions and comparisons alone, no solver.

    Raises StrehaError naming the first cell that is not shown to be safe.
    """
    away = pattern.moves.toarray()
    values = away + system.values
    broken = (pattern.moves @ system.relations.T).data
    keeps = np.abs(broken).max(initial=0.0) < NEAR * (1 if system.whole else 100)
    keeps &= bool((values >= system.least - NEAR).all() and (values <= system.most + NEAR).all())
    keeps &= not away[:, ~pattern.hidden | system.known].any()
    if system.whole:
        keeps &= bool((away == np.round(away)).all())
    cells = np.flatnonzero(demand.sensitive)
    low = np.where(pattern.down >= 0, -away[pattern.down, cells], 0.0) if len(away) else np.zeros(cells.size)
    high = np.where(pattern.up >= 0, away[pattern.up, cells], 0.0) if len(away) else np.zeros(cells.size)
    short = (low < demand.below[cells] - NEAR) | (high < demand.above[cells] - NEAR)
    short |= low + high < demand.width[cells] - NEAR
    if not keeps or short.any():
        first = int(cells[int(np.argmax(short))])
        raise errors.StrehaError(
            message("{cell} is not shown to be safe. Nothing may be published from it."),
            code="disclosure.not_certified",
            cell=system.name(first),
        )


def _proved(search: _Search, effort: Effort) -> tuple[_Search, float]:
    """The best pattern found and a bound no pattern goes below."""
    better: list[_Search] = []

    def is_safe(hidden: Bools) -> bool:
        again = _Search(search.system, search.demand, search.weight, search.must)
        again.hidden = hidden | search.must
        if again.unmet().size:
            return False
        better.append(again)
        return True

    cost = float(search.weight[search.hidden].sum())
    proof = proofs.lower_bound(
        search.system,
        search.demand,
        search.weight,
        search.must,
        at_most=cost,
        rounds=effort.rounds,
        pivots=effort.pivots,
        is_safe=is_safe,
    )
    if proof.hidden is not None and better:
        return better[-1], proof.bound
    return search, proof.bound


@dataclass(frozen=True)
class _Need:
    """One side of a demand: a cell must reach so far in a direction."""

    cell: int
    direction: float
    far: float


class _Search:
    """Hidden cells so far, the witnesses found, and which of them meets what."""

    def __init__(self, system: System, demand: Demand, weight: F64, hidden: Bools) -> None:
        self.system, self.demand, self.weight = system, demand, weight
        self.must = hidden
        self.hidden = hidden.copy()
        self.cells = np.flatnonzero(demand.sensitive)
        self.low = np.zeros(self.cells.size)  # how far down a whole witness went, and which
        self.high = np.zeros(self.cells.size)
        self.low_by = np.full(self.cells.size, -1)
        self.high_by = np.full(self.cells.size, -1)
        self.witnesses: list[F64] = []

    # --- what is met

    def missing(self, index: int) -> list[_Need]:
        """What the index-th sensitive cell still needs; the width may be met on either side, so both are named."""
        cell = int(self.cells[index])
        needs = []
        if self.low[index] < self.demand.below[cell] - NEAR:
            needs.append(_Need(cell, DOWN, float(self.demand.below[cell])))
        if self.high[index] < self.demand.above[cell] - NEAR:
            needs.append(_Need(cell, UP, float(self.demand.above[cell])))
        if needs:
            return needs[:1]
        lacking = self.demand.width[cell] - self.low[index] - self.high[index]
        if lacking <= NEAR:
            return []
        room_down = self.system.values[cell] - self.system.least[cell] - self.low[index]
        room_up = self.system.most[cell] - self.system.values[cell] - self.high[index]
        if room_up >= lacking - NEAR:
            needs.append(_Need(cell, UP, float(self.high[index] + lacking)))
        if room_down >= lacking - NEAR:
            needs.append(_Need(cell, DOWN, float(self.low[index] + lacking)))
        if not needs:
            needs.append(_Need(cell, DOWN, float(self.low[index] + room_down)))
        return needs

    def accept(self, found: Move) -> None:
        """Remember how far every sensitive cell went, and in the mirrored table where that is possible too."""
        for move in (found.by, -found.by):
            value = self.system.values + move
            if (value < self.system.least - NEAR).any() or (value > self.system.most + NEAR).any():
                continue
            number = len(self.witnesses)
            at = move[self.cells]
            higher, lower = at > self.high + NEAR, -at > self.low + NEAR
            if higher.any() or lower.any():
                self.witnesses.append(move)
                self.high = np.where(higher, at, self.high)
                self.high_by[higher] = number
                self.low = np.where(lower, -at, self.low)
                self.low_by[lower] = number

    def used(self) -> tuple[sparse.csr_array, NDArray[np.int64], NDArray[np.int64]]:
        """The witnesses that meet something, and which of them carries each sensitive cell down and up."""
        numbers = np.unique(np.concatenate([self.low_by, self.high_by]))
        numbers = numbers[numbers >= 0]
        place = np.full(len(self.witnesses) + 1, -1)  # the last stands for “none”
        place[numbers] = np.arange(numbers.size)
        kept = np.array([self.witnesses[number] for number in numbers]).reshape(-1, len(self.system))
        return sparse.csr_array(kept), place[self.low_by], place[self.high_by]

    # --- 1. build

    def build(self, *, guided: F64) -> None:
        """Hide cells until every demand is met; ``guided``: what each costs, less where the bound has it."""
        order = np.argsort(-self.demand.width[self.cells] - self.demand.above[self.cells], kind="stable")
        mover = Mover(self.system, np.ones(len(self.system), bool), self._prices(guided))
        for index in order:
            while needs := self.missing(int(index)):
                best = self._cheapest(mover, needs)
                self.hidden |= np.abs(best.by) > NEAR
                mover.reprice(self._prices(guided))
                self.accept(best)

    def _prices(self, weight: F64) -> F64:
        """What moving a cell by one costs: almost nothing where it is hidden already."""
        return np.where(self.hidden, ALMOST_NOTHING, weight + ALMOST_NOTHING)

    def _cheapest(self, mover: Mover, needs: list[_Need]) -> Move:
        tried = [mover.cheapest(need.cell, need.direction, need.far) for need in needs]
        found = [one for one in tried if one is not None]
        if not found:
            cell = needs[0].cell
            raise errors.BadInput(
                message(
                    "{cell}: {value} cannot be protected, whatever else is hidden: figures that are out or zeros that"
                    " everybody knows give it away. Join codes, or ask for less width."
                ),
                code="disclosure.no_pattern",
                cell=self.system.name(cell),
                value=f"{self.system.values[cell]:g}",
            )
        return min(found, key=lambda one: one.price)

    # --- 2. thin out

    def thin_out(self, tries: int) -> None:
        mover = Mover(self.system, self.hidden, np.ones(len(self.system)))
        extra = np.flatnonzero(self.hidden & ~self.must)
        for cell in extra[np.argsort(-self.weight[extra], kind="stable")][:tries]:
            kept = (self.low.copy(), self.high.copy(), self.low_by.copy(), self.high_by.copy())
            mover.show(int(cell))
            self._forget(int(cell))
            if self._restored(mover):
                self.hidden[cell] = False
            else:
                mover.hide(int(cell))
                self.low, self.high, self.low_by, self.high_by = kept

    def _forget(self, cell: int) -> None:
        uses = np.array([abs(move[cell]) > NEAR for move in self.witnesses] + [False])
        lost_low, lost_high = uses[self.low_by], uses[self.high_by]
        self.low[lost_low], self.low_by[lost_low] = 0.0, -1
        self.high[lost_high], self.high_by[lost_high] = 0.0, -1

    def _restored(self, mover: Mover) -> bool:
        """Meet again what was lost, with the cells hidden now; False where one demand cannot be met."""
        for index in range(self.cells.size):
            tried: set[float] = set()
            while needs := self.missing(index):
                need = next((one for one in needs if one.direction not in tried), None)
                if need is None:
                    return False
                tried.add(need.direction)
                move = mover.cheapest(need.cell, need.direction, need.far)
                if move is not None:
                    self.accept(move)
        return True

    def unmet(self) -> NDArray[np.int64]:
        """Sensitive cells whose demand the cells hidden now do not meet; where cheap moves do not show it, the attacker
        decides."""
        mover = Mover(self.system, self.hidden, np.ones(len(self.system)))
        if self._restored(mover):
            return np.zeros(0, np.int64)
        attacker = attack.Attacker(self.system, self.hidden)
        for index in range(self.cells.size):
            for direction in (DOWN, UP):
                if self.missing(index):
                    _, by = attacker.reach(int(self.cells[index]), direction)
                    if by is not None:
                        self.accept(Move(by, 0.0))
        return np.array([cell for index, cell in enumerate(self.cells) if self.missing(index)], np.int64)
