"""Which cells tell too much, and how far an attacker must be kept from them.

A demand says of each cell: the feasible interval must reach ``below`` under the true value, ``above`` over it, and be
``width`` wide in all; zero asks nothing. The words of the field for these three are lower, upper and sliding protection
level (Fischetti and Salazar 2001, p. 1009).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from streha.common import errors
from streha.common.errors import message
from streha.engine.disclosure import checks
from streha.engine.disclosure.dimensions import Dimension
from streha.engine.disclosure.systems import System
from streha.engine.disclosure.tables import F64, Bools


class Zeros(Enum):
    """Whether a count of nobody tells something. It does where the total is known and the cell is an outcome: "none of
    the seven was chosen" is said of each of the seven."""

    SAFE = "safe"
    TELLING = "telling"


@dataclass(frozen=True, eq=False)
class Demand:
    """By cell of a system: is it sensitive, and how far its feasible interval must reach."""

    sensitive: Bools
    below: F64
    above: F64
    width: F64


def threshold(system: System, least: int, *, width: int | None = None, zeros: Zeros = Zeros.SAFE) -> Demand:
    """Counts of 1 to ``least`` - 1 are sensitive.

    Their feasible interval must be ``width`` wide (default: ``least``, the widest that a printed total of ``least`` can
    always give) and hold another value on each side, as far as nature allows. Differences between releases are counted
    without their sign.
    """
    checks.at_least("threshold", least, 2)
    wide = least if width is None else width
    checks.at_least("protection width", wide, 1)
    size = np.abs(system.values)
    sensitive = (size > 0) & (size < least)
    if zeros is Zeros.TELLING:
        sensitive |= size == 0
    sensitive &= ~_impossible(system)
    _refuse_known(system, sensitive)
    reach = np.where(sensitive, 1.0, 0.0)
    return Demand(
        sensitive=sensitive,
        below=np.minimum(reach, system.values - system.least),
        above=np.minimum(reach, system.most - system.values),
        width=np.where(sensitive, float(wide), 0.0),
    )


def p_percent(system: System, largest: F64, second: F64, percent: float) -> Demand:
    """An amount is sensitive when the second largest contributor can estimate the largest to within ``percent``.

    With total T and contributions x1 >= x2: sensitive when T - x1 - x2 < percent/100 x1. Upper and lower protection is
    what is missing, percent/100 x1 - (T - x1 - x2) (Hundepool et al. 2012, section 4.2.2). ``largest`` and ``second``
    run over the cells of the system.
    """
    checks.at_least("percent", percent, 0)
    for name, array in (("largest contribution", largest), ("second contribution", second)):
        checks.shape(name, array, [len(system)])
        checks.not_negative(name, array, lambda place: system.name(place[0]))
    missing = percent / 100 * largest - (system.values - largest - second)
    sensitive = (missing > 1e-9) & (system.values > 0) & ~_impossible(system)
    _refuse_known(system, sensitive)
    reach = np.where(sensitive, missing, 0.0)
    return Demand(
        sensitive=sensitive,
        below=np.minimum(reach, system.values - system.least),
        above=np.minimum(reach, system.most - system.values),
        width=np.zeros(len(system)),
    )


def largest_two(dimensions: Sequence[Dimension], leaves: np.ndarray, amounts: F64) -> tuple[F64, F64]:
    """The largest and second largest contribution to every cell, margins included, in the order of a table's cells.

    ``leaves[contributor, dimension]`` is the place of each contributor's leaf; a contributor stands once.
    """
    shape = [len(dimension.codes) for dimension in dimensions]
    checks.shape("leaves of contributors", leaves, [len(amounts), len(dimensions)])
    largest, second = np.zeros(int(np.prod(shape))), np.zeros(int(np.prod(shape)))
    ancestors = [
        [np.flatnonzero(dimension.sums[:, leaf]) for leaf in range(len(dimension.leaves))] for dimension in dimensions
    ]
    for contributor in np.argsort(amounts):
        above = [ancestors[axis][leaves[contributor, axis]] for axis in range(len(dimensions))]
        cells = np.ravel_multi_index([grid.ravel() for grid in np.meshgrid(*above, indexing="ij")], shape)
        second[cells] = largest[cells]
        largest[cells] = amounts[contributor]
    return largest, second


def both(one: Demand, other: Demand) -> Demand:
    """What either asks."""
    return Demand(
        one.sensitive | other.sensitive,
        np.maximum(one.below, other.below),
        np.maximum(one.above, other.above),
        np.maximum(one.width, other.width),
    )


def _impossible(system: System) -> Bools:
    """Cells whose value everybody knows by nature."""
    return np.asarray(system.least == system.most)


def _refuse_known(system: System, sensitive: Bools) -> None:
    out = sensitive & system.known
    if out.any():
        first = int(np.argmax(out))
        raise errors.BadInput(
            message("{cell}: {value} is too small to be told, but it was printed before. It cannot be taken back."),
            code="disclosure.told_before",
            cell=system.name(first),
            value=f"{system.values[first]:g}",
        )
