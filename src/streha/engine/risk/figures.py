"""How an honest number is written: rounded to what is known, as a range when it is hardly known, zero by a rule."""

from __future__ import annotations

import dataclasses
import math
from typing import Literal

WIDE = 5.0  # a 90 % interval wider than this factor is shown as a range, without a middle
NOBODY = 0.5  # fewer than half a person

Style = Literal["none", "up_to", "range", "figure"]


@dataclasses.dataclass(frozen=True)
class Figure:
    """What may be shown: nobody, up to ``high``, a range, or ``middle`` with its range; rounded to two digits."""

    style: Style
    low: float
    middle: float
    high: float


def figure(low: float, middle: float, high: float) -> Figure:
    """The rule: high end below half a person, nobody; low end, "up to"; wider than five times, a range."""
    rounded = (two_digits(low), two_digits(middle), two_digits(high))
    if high < NOBODY:
        return Figure("none", 0.0, 0.0, 0.0)
    if low < NOBODY:
        return Figure("up_to", 0.0, rounded[1], max(1.0, rounded[2]))
    if high > WIDE * low:
        return Figure("range", *rounded)
    return Figure("figure", *rounded)


def two_digits(value: float) -> float:
    """The value rounded to two significant digits, and to whole persons."""
    if value < 1:
        return float(round(value))
    return float(round(value, 1 - math.floor(math.log10(value)))) if value >= 100 else float(round(value))
