"""What disclosure control refuses at its edge, each time naming the first value that breaks the rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streha.common import errors
from streha.common.errors import message

Naming = Callable[[tuple[int, ...]], str]


def shape(name: str, array: NDArray[Any], expected: Sequence[int]) -> None:
    """Refuse an array whose shape is not the expected one."""
    if array.shape == tuple(expected):
        return
    raise errors.BadInput(
        message("{name}: shape {have} was given, {want} is needed, one place for each code of each dimension."),
        code="disclosure.shape",
        name=name,
        have="x".join(map(str, array.shape)) or "0",
        want="x".join(map(str, expected)),
    )


def finite(name: str, array: NDArray[Any], cell: Naming) -> None:
    """Refuse NaN and infinity."""
    _refuse(
        ~np.isfinite(array),
        array,
        name,
        cell,
        code="disclosure.not_finite",
        template=message("{name} at {cell}: {value} is not a number. Give the figure, or 0 where there was nobody."),
    )


def not_negative(name: str, array: NDArray[Any], cell: Naming) -> None:
    """Refuse values below zero."""
    finite(name, array, cell)
    _refuse(
        array < 0,
        array,
        name,
        cell,
        code="disclosure.negative",
        template=message("{name} at {cell}: {value} is below zero. People are counted from 0."),
    )


def whole(name: str, array: NDArray[Any], cell: Naming) -> None:
    """Refuse counts that are not whole, or so large that whole numbers are no longer told apart."""
    _refuse(
        (array != np.round(array)) | (np.abs(array) > LARGEST),
        array,
        name,
        cell,
        code="disclosure.not_whole",
        template=message("{name} at {cell}: {value} is not a count. Counts are whole numbers up to 1,000,000,000."),
    )


def at_least(name: str, value: float, least: float) -> None:
    """Refuse a parameter below its least."""
    if not np.isfinite(value) or value < least:
        raise errors.BadInput(
            message("{name}: {value} was given, at least {least} is needed."),
            code="disclosure.too_small",
            name=name,
            value=f"{value:g}",
            least=f"{least:g}",
        )


def _refuse(bad: NDArray[np.bool_], array: NDArray[Any], name: str, cell: Naming, *, code: str, template: str) -> None:
    if not bad.any():
        return
    first = tuple(int(index) for index in np.unravel_index(int(np.argmax(bad)), array.shape))
    raise errors.BadInput(template, code=code, name=name, cell=cell(first), value=f"{float(array[first]):g}")


LARGEST = 1_000_000_000
