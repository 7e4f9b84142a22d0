"""A bar for each of some values, as an SVG that a page and a PDF show alike; a table beside it says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

WIDTH, LINE, LABEL, VALUE = 640, 22, 212, 128  # pixels: the drawing, one bar's line, its name, its value
INK, GROUND, FILL, PART = "#1c2530", "#ebe6db", "#b0aa9b", "#a8432b"


@dataclass(frozen=True)
class Bar:
    """One bar: its name, how long it is, how much of it is filled, and the words at its end."""

    name: str
    whole: float
    part: float
    words: str


def svg(bars: Sequence[Bar], alt: str) -> str:
    """The drawing; the longest bar takes the whole width. Lengths below nothing are drawn as nothing."""
    longest = max((bar.whole for bar in bars), default=0.0) or 1.0
    height = LINE * len(bars) + 4
    drawn = [_drawn(at, bar, longest) for at, bar in enumerate(bars)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label={quoteattr(alt)} font-family="\'Noto Sans\'" font-size="13">{"".join(drawn)}</svg>'
    )


def _drawn(at: int, bar: Bar, longest: float) -> str:
    top, room = at * LINE + 4, WIDTH - LABEL - VALUE
    whole, part = (max(length, 0.0) / longest * room for length in (bar.whole, min(bar.part, bar.whole)))
    return (
        f'<text x="0" y="{top + 12}" fill="{INK}">{escape(_short(bar.name))}</text>'
        f'<rect x="{LABEL}" y="{top}" width="{room}" height="14" fill="{GROUND}"/>'
        f'<rect x="{LABEL}" y="{top}" width="{whole:.1f}" height="14" fill="{FILL}"/>'
        f'<rect x="{LABEL}" y="{top}" width="{part:.1f}" height="14" fill="{PART}"/>'
        f'<text x="{WIDTH}" y="{top + 12}" fill="{INK}" text-anchor="end">{escape(bar.words)}</text>'
    )


def _short(name: str, signs: int = 30) -> str:
    return name if len(name) <= signs else f"{name[: signs - 1]}…"
