"""What the risk engine refuses at its edge, each time naming the first value that breaks the rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streha.common import errors
from streha.common.errors import message


def shape(name: str, array: NDArray[Any], expected: Sequence[int]) -> None:
    """Refuse an array whose shape is not the expected one (-1 stands for any length)."""
    if array.ndim == len(expected) and all(
        want in (-1, have) for have, want in zip(array.shape, expected, strict=True)
    ):
        return
    raise errors.BadInput(
        message("{name}: shape {have} was given, {want} is needed."),
        code="risk.shape",
        name=name,
        have="x".join(str(length) for length in array.shape) or "0",
        want="x".join("any" if length < 0 else str(length) for length in expected),
    )


def finite(name: str, array: NDArray[Any]) -> None:
    """Refuse NaN and infinity."""
    bad = ~np.isfinite(array)
    if bad.any():
        _refuse(name, array, bad, "risk.not_finite", message("{name}[{position}]: {value} is not a finite number."))


def not_negative(name: str, array: NDArray[Any]) -> None:
    """Refuse NaN, infinity and values below zero."""
    finite(name, array)
    bad = array < 0
    if bad.any():
        _refuse(name, array, bad, "risk.negative", message("{name}[{position}]: {value} is below zero."))


def share(name: str, array: NDArray[Any]) -> None:
    """Refuse anything outside 0 to 1."""
    finite(name, array)
    bad = (array < 0) | (array > 1)
    if bad.any():
        _refuse(name, array, bad, "risk.not_a_share", message("{name}[{position}]: {value} is not between 0 and 1."))


def increasing(name: str, array: NDArray[Any]) -> None:
    """Refuse values that do not strictly increase."""
    finite(name, array)
    bad = np.zeros(array.shape, bool)
    bad[1:] = array[1:] <= array[:-1]
    if bad.any():
        _refuse(
            name,
            array,
            bad,
            "risk.not_increasing",
            message("{name}[{position}]: {value} does not exceed the one before. Sort, without repeats."),
        )


def unit(name: str, have: str, want: str) -> None:
    """Refuse a unit other than the wanted one; units are never converted silently."""
    if have != want:
        raise errors.BadInput(
            message("{name}: the unit is {have}, but {want} is needed. Convert it, or state the right unit."),
            code="risk.unit",
            name=name,
            have=have or "not given",
            want=want,
        )


def distinct(name: str, values: Sequence[str]) -> None:
    """Refuse a value that occurs twice."""
    seen: set[str] = set()
    for position, value in enumerate(values):
        if value in seen:
            raise errors.BadInput(
                message("{name}[{position}]: {value} occurs twice. Every one needs its own."),
                code="risk.twice",
                name=name,
                position=position,
                value=value,
            )
        seen.add(value)


def _refuse(name: str, array: NDArray[Any], bad: NDArray[np.bool_], code: str, template: str) -> None:
    first = np.unravel_index(int(np.argmax(bad)), array.shape)
    raise errors.BadInput(
        template,
        code=code,
        name=name,
        position=", ".join(str(int(index)) for index in first),
        value=f"{float(array[first]):g}",
    )
