"""Rounding to a base so that rounded tables still add up: controlled rounding.

The choice made here: every cell is first rounded at random to one of its two neighbouring multiples, up as often as
its remainder says. Then the table that adds up and departs from these draws in the fewest cells is found, ties by lot
(an integer program; Cox 1987, Salazar 2005). Single draws have the true figure as their mean; adding up moves it a
little. Rounding to the nearest multiple would tell more: it leaves half the window.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from streha.common import errors
from streha.common.errors import message
from streha.engine.disclosure import checks, moves, suppression
from streha.engine.disclosure.sensitivity import Demand
from streha.engine.disclosure.systems import System
from streha.engine.disclosure.tables import F64


class Method(Enum):
    """How far the rounding had to go for the sake of sums that add up."""

    NEIGHBOURS = "neighbours"  # every cell is at one of its two neighbouring multiples, multiples stay
    ONE_FURTHER = "one further"  # some cells are one multiple further
    APART = "apart"  # no table adds up within that: every cell by itself, sums may be off


@dataclass(frozen=True, eq=False)
class Rounded:
    """Values by cell, all multiples of ``base``; every true value lies less than ``window`` away."""

    values: F64
    base: int
    window: int
    method: Method


GAP = 0.02  # the search stops within this share of the fewest departures
NODES = 2_000


def controlled(system: System, base: int, *, rng: np.random.Generator) -> Rounded:
    """Counts rounded to ``base``, adding up wherever that is possible.

    Figures that are out already keep their value if they are multiples of the base; others are refused by name.
    """
    checks.at_least("base", base, 2)
    if not system.whole:
        raise errors.BadInput(
            message("Amounts were given; only counts are rounded to a base."), code="disclosure.round_amounts"
        )
    floor = np.floor(system.values / base)
    remainder = system.values - base * floor
    _refuse_known(system, remainder, base)
    draws = (rng.random(len(system)) < remainder / base).astype(float)
    price = np.tile(1.0 + 0.5 * rng.random(len(system)), 2)
    for further, method in ((0.0, Method.NEIGHBOURS), (1.0, Method.ONE_FURTHER)):
        steps = _additive(system, floor, remainder, draws, price=price, further=further)
        if steps is not None:
            return Rounded(base * (floor + steps), base, int(base * (1 + further)), method)
    return Rounded(base * (floor + draws), base, base, Method.APART)


def _additive(system: System, floor: F64, remainder: F64, draws: F64, *, price: F64, further: float) -> F64 | None:
    """Steps up from the floor that make every relation hold, nearest to the draws; None where there are none.

    Steps are the draw plus ups minus downs; both are whole and paid by the step.
    """
    most = np.where(remainder > 0, 1.0, 0.0) + further
    least = np.maximum(np.full(len(system), -further), -floor)
    most[system.known], least[system.known] = 0.0, 0.0
    draws = np.clip(draws, least, most)
    high = np.concatenate([most - draws, draws - least])
    matrix = sparse.csr_array(sparse.hstack([system.relations, -system.relations]))
    sums = -(system.relations @ (floor + draws))
    whole = np.ones(high.size, bool)
    solver = moves.program(matrix, price, np.zeros(high.size), high, whole=whole, sums=sums)
    solver.setOptionValue("mip_rel_gap", GAP)
    solver.setOptionValue("mip_max_nodes", NODES)
    solver.run()
    if solver.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    found = np.round(np.array(solver.getSolution().col_value))
    return np.asarray(draws + found[: len(system)] - found[len(system) :])


def unmet(system: System, rounded: Rounded, demand: Demand) -> NDArray[np.int64]:
    """The sensitive cells, by place, that the rounded figures tell more closely than demanded.

    The attacker knows base and window, that true values add up and are whole, and what anybody knows.
    """
    window = np.where(system.shown, rounded.window - 1.0, np.inf)
    seen = replace(
        system,
        least=np.maximum(system.least, rounded.values - window),
        most=np.minimum(system.most, rounded.values + window),
    )
    return suppression.unmet(seen, demand, ~system.known)


def _refuse_known(system: System, remainder: F64, base: int) -> None:
    wrong = system.known & (remainder > 0)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise errors.BadInput(
            message("{cell}: {value} was printed before and is no multiple of {base}. Suppress, or keep to that base."),
            code="disclosure.told_unrounded",
            cell=system.name(first),
            value=f"{system.values[first]:g}",
            base=base,
        )
