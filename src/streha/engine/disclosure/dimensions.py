"""Dimensions of a table: codes that add up to codes, up to one total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from streha.common import errors
from streha.common.errors import message

TOTAL = "total"


@dataclass(frozen=True)
class Dimension:
    """A named tree of codes. ``parents`` names for each code but the total the code it is counted in.

    Leaves are the codes nobody names as parent, in the order given; the total stands first among ``codes``.
    Build one with `flat` or `tree`, which check it.
    """

    name: str
    codes: tuple[str, ...]
    parents: tuple[int, ...]  # index into codes; -1 for the total, which is codes[0]

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        inner = set(self.parents)
        return tuple(code for place, code in enumerate(self.codes) if place not in inner)

    @property
    def total(self) -> str:
        return self.codes[0]

    @cached_property
    def sums(self) -> NDArray[np.float64]:
        """``[code, leaf]``: 1 where the leaf is counted in the code."""
        found = np.zeros((len(self.codes), len(self.leaves)))
        place = {code: index for index, code in enumerate(self.codes)}
        for column, leaf in enumerate(self.leaves):
            row = place[leaf]
            while row >= 0:
                found[row, column] = 1.0
                row = self.parents[row]
        return found

    def families(self) -> list[tuple[int, list[int]]]:
        """Each code that is a sum, with the codes it is the sum of."""
        below: dict[int, list[int]] = {}
        for child, parent in enumerate(self.parents):
            if parent >= 0:
                below.setdefault(parent, []).append(child)
        return sorted(below.items())


def flat(name: str, codes: Sequence[str], *, total: str = TOTAL) -> Dimension:
    """A dimension of codes that add up to a total."""
    return tree(
        name, dict.fromkeys(codes, total) if len(set(codes)) == len(codes) else _pairs(name, codes), total=total
    )


def tree(name: str, parents: Mapping[str, str], *, total: str = TOTAL) -> Dimension:
    """A dimension of codes within codes: ``{"Prizren": "South", "South": "total"}``.

    Raises BadInput naming the first code whose parent is unknown or which lies in a circle.
    """
    if not parents:
        raise errors.BadInput(
            message("Dimension {name}: there is no code. A dimension needs at least one code below its total."),
            code="disclosure.no_codes",
            name=name,
        )
    if total in parents:
        raise errors.BadInput(
            message("Dimension {name}: {value} is the total and cannot lie in {parent}. Name the total otherwise."),
            code="disclosure.total_has_parent",
            name=name,
            value=total,
            parent=parents[total],
        )
    codes = (total, *parents)
    place = {code: index for index, code in enumerate(codes)}
    for code, parent in parents.items():
        if parent not in place:
            raise errors.BadInput(
                message("Dimension {name}: {value} lies in {parent}, which is no code of it. Add {parent}."),
                code="disclosure.unknown_parent",
                name=name,
                value=code,
                parent=parent,
            )
    for code in parents:
        _reaches_total(name, code, parents, total)
    return Dimension(name, codes, (-1, *(place[parent] for parent in parents.values())))


def _reaches_total(name: str, code: str, parents: Mapping[str, str], total: str) -> None:
    at, seen = code, set[str]()
    while at != total:
        if at in seen:
            raise errors.BadInput(
                message("Dimension {name}: {value} lies in itself. Follow its parents and correct the circle."),
                code="disclosure.circle",
                name=name,
                value=code,
            )
        seen.add(at)
        at = parents[at]


def _pairs(name: str, codes: Sequence[str]) -> dict[str, str]:
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            raise errors.BadInput(
                message("Dimension {name}: {value} occurs twice. Every code needs its own."),
                code="disclosure.twice",
                name=name,
                value=code,
            )
        seen.add(code)
    raise AssertionError("unreachable: codes differ")
