"""What a page shows of each cell: a figure, a rounded figure, or that it is not shown, and why.

The reason is one and the same for every suppressed cell. Were the small ones told from those that only cover them, an
attacker would know of each small one that it lies under the threshold, and the intervals would shrink to that.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from streha.common import errors
from streha.common.errors import message
from streha.engine.disclosure import rounding, suppression, systems
from streha.engine.disclosure.rounding import Rounded
from streha.engine.disclosure.sensitivity import Demand
from streha.engine.disclosure.suppression import Cost, Effort, Pattern
from streha.engine.disclosure.systems import Earlier, System
from streha.engine.disclosure.tables import F64, Bools, Key, Table


class Treatment(Enum):
    PUBLISHED = "published"
    ROUNDED = "rounded"
    SUPPRESSED = "suppressed"


REASONS = {
    Treatment.PUBLISHED: message("As counted."),
    Treatment.ROUNDED: message("Rounded to a multiple of {base}, so that nobody can be recognised."),
    Treatment.SUPPRESSED: message("Not shown, so that nobody can be recognised here or in a figure beside it."),
}
NOT_SHOWN = message("suppressed")


@dataclass(frozen=True)
class Figure:
    """Two lines for a page: ``value`` (none where it is suppressed), and the reason as a template with its details."""

    treatment: Treatment
    value: float | None
    base: int | None = None

    @property
    def first_line(self) -> str:
        """The figure as plain digits, or the word for a suppressed one, to be translated."""
        return NOT_SHOWN if self.value is None else f"{self.value:g}" if self.value % 1 else f"{self.value:.0f}"

    @property
    def reason(self) -> str:
        """The template of the second line, to be translated and filled with ``details``."""
        return REASONS[self.treatment]

    @property
    def details(self) -> dict[str, int]:
        return {} if self.base is None else {"base": self.base}


@dataclass(frozen=True, eq=False)
class Release:
    """Figures by cell of a system, and how they came about (``pattern`` is for the office, never for print)."""

    system: System
    figures: tuple[Figure | None, ...]  # none where a cell is not printed at all
    pattern: Pattern | None = None
    rounded: Rounded | None = None

    def figure(self, key: Key) -> Figure:
        """The figure of a cell; BadInput where the release has none."""
        place = self.system.places.get(key)
        found = None if place is None else self.figures[place]
        if found is None:
            raise errors.BadInput(
                message("{cell} is not part of this release."), code="disclosure.not_released", cell=systems.name(key)
            )
        return found

    def of(self, table: Table) -> list[Figure | None]:
        """The figures of one of its tables, in the order of ``table.values.ravel()``."""
        return [self.figures[self.system.places[key]] for key in table.keys]

    @property
    def printed(self) -> Bools:
        """Which cells show their exact value: what a later release must reckon with."""
        return np.array([one is not None and one.treatment is Treatment.PUBLISHED for one in self.figures])

    def as_earlier(self) -> Earlier:
        return Earlier(self.system, self.printed)


def suppressed(
    system: System, demand: Demand, *, cost: Cost | F64 = Cost.LOGARITHM, effort: Effort = suppression.USUAL
) -> Release:
    """The system with as few cells hidden as it takes, proved safe."""
    pattern = suppression.solve(system, demand, cost=cost, effort=effort)
    figures = tuple(
        None if not shown else _suppressed() if hidden else Figure(Treatment.PUBLISHED, float(value))
        for shown, hidden, value in zip(system.shown, pattern.hidden, system.values, strict=True)
    )
    return Release(system, figures, pattern=pattern)


def rounded(system: System, demand: Demand, base: int, *, rng: np.random.Generator, audited: int = 600) -> Release:
    """The system rounded to a base; cells that rounding does not protect as demanded are refused by name.

    Only systems of up to ``audited`` cells are held against the demand cell by cell; larger ones rest on the window.
    """
    found = rounding.controlled(system, base, rng=rng)
    short = rounding.unmet(system, found, demand) if len(system) <= audited else np.zeros(0, np.int64)
    if short.size:
        raise errors.BadInput(
            message("{cell}: rounding to {base} tells it too closely. Take a larger base, or suppress."),
            code="disclosure.base_too_small",
            cell=system.name(int(short[0])),
            base=base,
        )
    figures = tuple(
        Figure(Treatment.ROUNDED, float(value), base) if shown else None
        for shown, value in zip(system.shown, found.values, strict=True)
    )
    return Release(system, figures, rounded=found)


def _suppressed() -> Figure:
    return Figure(Treatment.SUPPRESSED, None)
