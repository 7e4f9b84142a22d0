"""Cells and the linear relations between them, whatever tables they come from.

One table, several tables with common cells, two releases and their difference: all become one system, and the attack
and the protection know nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from streha.common import errors
from streha.common.errors import message
from streha.engine.disclosure.tables import F64, Bools, Key, Table


@dataclass(frozen=True, eq=False)
class System:
    """``relations @ values == 0``; arrays run over cells.

    ``least`` and ``most`` are what anybody knows of a cell beforehand (0 and infinity for counts). ``shown`` cells may
    be printed, others never are; ``known`` cells cannot be hidden any more: zeros by nature, figures already out.
    ``whole`` says that all values are whole numbers and that an attacker knows it.
    """

    keys: tuple[Key, ...]
    values: F64
    relations: sparse.csr_array
    least: F64
    most: F64
    shown: Bools
    known: Bools
    whole: bool

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def places(self) -> dict[Key, int]:
        return {key: place for place, key in enumerate(self.keys)}

    def name(self, place: int) -> str:
        return name(self.keys[place])


def name(key: Key) -> str:
    """A cell in words: ``applicants: age=18-29, sex=f``."""
    population, codes = key
    return f"{population}: " + (", ".join(f"{dimension}={code}" for dimension, code in codes) or "total")


def of_tables(*tables: Table) -> System:
    """One system of tables; cells of one population with the same codes are one cell.

    Raises BadInput naming the first common cell on whose value two tables differ.
    """
    if not tables:
        raise errors.BadInput(message("No table was given."), code="disclosure.no_table")
    if len(tables) == 1:
        return _of_one(tables[0])
    places: dict[Key, int] = {}
    for table in tables:
        for key in table.keys:
            places.setdefault(key, len(places))
    size = len(places)
    values, shown, structural = np.full(size, np.nan), np.zeros(size, bool), np.zeros(size, bool)
    parts = []
    for table in tables:
        at = np.fromiter((places[key] for key in table.keys), int, table.values.size)
        flat = table.values.ravel()
        _refuse_other_values(values, at, flat, table)
        values[at] = flat
        shown[at] |= table.shown.ravel()
        structural[at] |= table.structural.ravel()
        relations = table.relations().tocoo()
        parts.append(sparse.csr_array((relations.data, (relations.row, at[relations.col])), (relations.shape[0], size)))
    return System(
        keys=tuple(places),
        values=values,
        relations=sparse.csr_array(sparse.vstack(parts)),
        least=np.zeros(size),
        most=np.where(structural, 0.0, np.inf),
        shown=shown,
        known=structural,
        whole=all(table.whole for table in tables),
    )


def _of_one(table: Table) -> System:
    structural = table.structural.ravel()
    return System(
        keys=table.keys,
        values=table.values.ravel(),
        relations=table.relations(),
        least=np.zeros(structural.size),
        most=np.where(structural, 0.0, np.inf),
        shown=table.shown.ravel(),
        known=structural,
        whole=table.whole,
    )


def _refuse_other_values(values: F64, at: np.ndarray, flat: F64, table: Table) -> None:
    wrong = np.flatnonzero(~np.isnan(values[at]) & (np.abs(values[at] - flat) > 1e-9))
    if wrong.size:
        first = int(wrong[0])
        raise errors.BadInput(
            message("{cell}: one table says {value}, another {other}. Tables of one population must agree."),
            code="disclosure.tables_differ",
            cell=name(table.keys[first]),
            value=f"{values[at[first]]:g}",
            other=f"{flat[first]:g}",
        )


@dataclass(frozen=True, eq=False)
class Earlier:
    """What is out already: the cells of a former release as one system, and which of them were printed."""

    system: System
    printed: Bools


def after(earlier: Earlier, now: System, *, who_left: bool) -> System:
    """The new release together with the former one and with the difference between them.

    A cell of the former release is what it was (``known`` where it was printed). For every cell both have, the
    difference *new - former* is a cell too, never printed, but as telling as any other: one person who joined a small
    group is a count of one. ``who_left`` says that people may also have left, so that a difference may be below zero.
    Populations are told apart by ``before`` and ``since`` in the keys.
    """
    common = [key for key in now.keys if key in earlier.system.places]
    if not common:
        raise errors.BadInput(
            message("The two releases have no cell in common. Compare releases of one population with equal codes."),
            code="disclosure.nothing_common",
        )
    new = np.fromiter((now.places[key] for key in common), int, len(common))
    old = np.fromiter((earlier.system.places[key] for key in common), int, len(common))
    change = now.values[new] - earlier.system.values[old]
    if not who_left and (change < 0).any():
        first = int(np.argmax(change < 0))
        raise errors.BadInput(
            message("{cell}: {value} now, {other} before. If people may leave the count, say so."),
            code="disclosure.shrunk",
            cell=name(common[first]),
            value=f"{now.values[new[first]]:g}",
            other=f"{earlier.system.values[old[first]]:g}",
        )
    n, o, c = len(now), len(earlier.system), len(common)
    unit = sparse.eye_array(c)
    pick_new = sparse.csr_array((np.ones(c), (np.arange(c), new)), (c, n))
    pick_old = sparse.csr_array((np.ones(c), (np.arange(c), old)), (c, o))
    relations = sparse.block_array(
        [[now.relations, None, None], [None, earlier.system.relations, None], [pick_new, -pick_old, -unit]]
    )
    nature = now.known[new] & earlier.system.known[old]
    return System(
        keys=(
            *now.keys,
            *((f"{population}, before", codes) for population, codes in earlier.system.keys),
            *((f"{population}, since", codes) for population, codes in common),
        ),
        values=np.concatenate([now.values, earlier.system.values, change]),
        relations=sparse.csr_array(relations),
        least=np.concatenate([now.least, earlier.system.least, np.where(nature, 0.0, -np.inf if who_left else 0.0)]),
        most=np.concatenate([now.most, earlier.system.most, np.where(nature, 0.0, np.inf)]),
        shown=np.concatenate([now.shown, np.zeros(o, bool), np.zeros(c, bool)]),
        known=np.concatenate([now.known, earlier.printed | earlier.system.known, nature]),
        whole=now.whole and earlier.system.whole,
    )


def with_known(system: System, keys: Sequence[Key]) -> System:
    """The same system where these cells are out already and cannot be hidden any more."""
    known = system.known.copy()
    for key in keys:
        if key not in system.places:
            raise errors.BadInput(
                message("{cell} is no cell of these tables."), code="disclosure.unknown_cell", cell=name(key)
            )
        known[system.places[key]] = True
    return replace(system, known=known)
