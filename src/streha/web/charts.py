"""Charts as values a template can draw, all server-side SVG with a table beside: lines by month, spans of days, and
shares with their intervals.

No colour stands here: a mark carries its class, the style sheet does the rest. Nothing here reads a database.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 40, 10, 12, 28
MOST_LABELS = 8
ROW = 22


@dataclass(frozen=True)
class Tick:
    """A line of the grid with its label."""

    at: float
    label: str


@dataclass(frozen=True)
class Line:
    """One line of a chart: the class that colours it, and its points as SVG reads them."""

    css: str
    points: str


@dataclass(frozen=True)
class LineChart:
    """Percent by month."""

    width: int
    height: int
    lines: tuple[Line, ...]
    rows: tuple[Tick, ...]
    columns: tuple[Tick, ...]
    left = LEFT
    right = WIDTH - RIGHT
    bottom = HEIGHT - BOTTOM
    label_y = HEIGHT - 8


def percent_lines(days: Sequence[dt.date], series: Sequence[tuple[str, Sequence[float | None]]]) -> LineChart | None:
    """Lines of percent over days, each a (class, values); a value that is not known ends its line."""
    if len(days) < 2:
        return None
    step = (WIDTH - LEFT - RIGHT) / (len(days) - 1)

    def y(percent: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(max(percent, 0.0), 100.0) / 100, 1)

    lines = tuple(
        Line(css, " ".join(f"{LEFT + step * n:.1f},{y(v):.1f}" for n, v in enumerate(values) if v is not None))
        for css, values in series
    )
    every = -(-len(days) // MOST_LABELS)
    columns = [Tick(round(LEFT + step * n, 1), f"{day:%m.%y}") for n, day in enumerate(days) if n % every == 0]
    return LineChart(WIDTH, HEIGHT, lines, tuple(Tick(y(p), f"{p} %") for p in (0, 25, 50, 75, 100)), tuple(columns))


@dataclass(frozen=True)
class Span:
    """A bar of days in one row."""

    css: str
    x: float
    y: float
    width: float


@dataclass(frozen=True)
class SpanChart:
    """Rows of plan and actual, one under the other, with a line for today."""

    width: int
    height: int
    spans: tuple[Span, ...]
    labels: tuple[tuple[float, str], ...]
    today: float | None
    bar = 7


def spans(
    rows: Sequence[tuple[str, tuple[dt.date, dt.date], tuple[dt.date, dt.date] | None]], today: dt.date
) -> SpanChart | None:
    """For each (label, planned days, actual days) two bars; labels stand at the left."""
    if not rows:
        return None
    days = [day for _label, plan, actual in rows for day in (*plan, *(actual or ()))]
    first, last = min(days), max(days)
    left = 130
    scale = (WIDTH - left - RIGHT) / max((last - first).days + 1, 1)
    bars, labels = [], []
    for n, (label, plan, actual) in enumerate(rows):
        top = 4 + n * ROW
        labels.append((float(top + 12), label))
        for css, window, offset in (("plan", plan, 0), ("actual", actual, 9)):
            if window is not None:
                x = left + (window[0] - first).days * scale
                width = ((window[1] - window[0]).days + 1) * scale
                bars.append(Span(css, round(x, 1), float(top + offset), round(max(width, 2.0), 1)))
    here = left + (today - first).days * scale if first <= today <= last else None
    return SpanChart(WIDTH, len(rows) * ROW + 8, tuple(bars), tuple(labels), round(here, 1) if here else None)


PLOT, NAME, END, STEP = 400, 132, 16, 26  # of a chart of intervals: width, room for names, margin, height of a row
MOST_SIGNS = 21


@dataclass(frozen=True)
class Interval:
    """A share with its interval in one row."""

    y: float
    label: str
    low: float
    at: float
    high: float
    words: str


@dataclass(frozen=True)
class IntervalChart:
    """Shares from nothing to all, one under the other, and a line where the share of everybody stands."""

    width: int
    height: int
    rows: tuple[Interval, ...]
    ticks: tuple[Tick, ...]
    everybody: float | None
    bottom: int


def intervals(rows: Sequence[tuple[str, float, float, float]], everybody: float | None) -> IntervalChart | None:
    """For each (label, low, value, high), shares from 0 to 1, a row; None where there is nothing to compare."""
    if len(rows) < 2:
        return None

    def x(share: float) -> float:
        return round(NAME + (PLOT - NAME - END) * min(max(share, 0.0), 1.0), 1)

    drawn = tuple(
        Interval(
            STEP * n + STEP / 2,
            label if len(label) <= MOST_SIGNS else f"{label[: MOST_SIGNS - 1]}…",
            x(low),
            x(value),
            x(high),
            f"{label}: {value:.0%} ({low:.0%}–{high:.0%})".replace("%", "\u00a0%"),
        )
        for n, (label, low, value, high) in enumerate(rows)
    )
    bottom = STEP * len(rows)
    ticks = tuple(Tick(x(n / 100), f"{n} %") for n in (0, 25, 50, 75, 100))
    return IntervalChart(PLOT, bottom + 22, drawn, ticks, None if everybody is None else x(everybody), bottom)
