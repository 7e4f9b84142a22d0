"""From intensity to the share of residents who can no longer live at home.

Two ways lead there. A *damage-ratio* curve says what part of a dwelling's value is lost; a dwelling is uninhabitable
when that part exceeds a threshold tau, and since nobody agrees on tau it is a distribution:
D(h) = P(tau < ratio(h)). A *displaced-share* curve gives D(h) itself. Either way the engine works with D on knots,
straight lines between them: that is the definition of the model, not an approximation of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from streha.common import errors
from streha.common.errors import message
from streha.engine.risk import checks, footprints, tables
from streha.engine.risk.layout import F32, F64, Counts

ANY_CLASS = "*"  # a curve that serves every dwelling class


@dataclasses.dataclass(frozen=True)
class Citation:
    """Where a curve comes from, and whether somebody held it against the publication."""

    source: str
    region: str = ""
    licence: str = ""
    verified: bool = False


@dataclasses.dataclass(frozen=True)
class Threshold:
    """The damage ratio above which a home cannot be lived in: a triangular distribution.

    The default 0.30, 0.55, 0.70 spans the thresholds in use; the choice alone moves results by more than ten times.
    """

    low: float = 0.30
    mode: float = 0.55
    high: float = 0.70

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.mode <= self.high <= 1 or self.low == self.high:
            raise errors.BadInput(
                message("A threshold needs 0 <= low <= mode <= high <= 1 and low < high, not {low}, {mode}, {high}."),
                code="risk.threshold",
                low=self.low,
                mode=self.mode,
                high=self.high,
            )

    def share_below(self, ratio: F64) -> F64:
        """P(tau < ratio): 0 up to ``low``, 1 from ``high``."""
        a, c, b = self.low, self.mode, self.high
        rising = (ratio - a) ** 2 / ((b - a) * (c - a)) if c > a else np.zeros_like(ratio)
        falling = 1 - (b - ratio) ** 2 / ((b - a) * (b - c)) if b > c else np.ones_like(ratio)
        inside = np.where(ratio <= c, rising if c > a else 0.0, falling)
        return np.where(ratio <= a, 0.0, np.where(ratio >= b, 1.0, inside))

    def draw(self, rng: np.random.Generator, n: int) -> F64:
        """``n`` thresholds."""
        return rng.triangular(self.low, self.mode, self.high, n)


@dataclasses.dataclass(frozen=True, eq=False)
class Curves:
    """D(h) by dwelling class on common knots.

    ``displaced[class, knot]`` is the share of residents whose home cannot be lived in, ``destroyed`` the part of it
    whose home is lost or unfit for long (None where the source does not tell them apart); both 0 to 1. Outside the
    knots the end values hold.
    """

    name: str
    hazard: str
    unit: str
    classes: tuple[str, ...]
    knots: F64
    displaced: F64
    citation: Citation
    destroyed: F64 | None = None

    def __post_init__(self) -> None:
        checks.increasing("knots", self.knots)
        for label, share in (("displaced", self.displaced), ("destroyed", self.destroyed)):
            if share is not None:
                checks.shape(label, share, (len(self.classes), self.knots.size))
                checks.share(label, share)
        if self.destroyed is not None:
            checks.not_negative("displaced - destroyed", np.round(self.displaced - self.destroyed, 9))


@dataclasses.dataclass(frozen=True, eq=False)
class DamageRatios:
    """Damage ratio by class, straight lines between a class's own points."""

    name: str
    hazard: str
    unit: str
    points: Mapping[str, tuple[F64, F64]]
    citation: Citation

    def on(self, knots: F64) -> F64:
        """``ratio[class, knot]``."""
        return np.stack([np.interp(knots, x, y) for x, y in self.points.values()])

    def curves(self, threshold: Threshold, *, spacing: float) -> Curves:
        """D(h) = P(tau < ratio(h)) on knots ``spacing`` apart."""
        knots = self.knots(spacing)
        return Curves(
            self.name,
            self.hazard,
            self.unit,
            tuple(self.points),
            knots,
            threshold.share_below(self.on(knots)),
            self.citation,
        )

    def knots(self, spacing: float) -> F64:
        """Evenly spaced knots from 0 to the last point of any class."""
        top = max(float(x[-1]) for x, _ in self.points.values())
        return np.linspace(0, top, round(top / spacing) + 1)


def for_classes(curves: Curves, classes: Sequence[str], chosen: Mapping[str, str] | None = None) -> Curves:
    """The curves in the order of an exposure's dwelling classes.

    ``chosen`` maps a dwelling class to a curve's class; a curve for any class serves those not named. Raises BadInput
    naming the first dwelling class without a curve.
    """
    chosen = chosen or {}
    rows = []
    for name in classes:
        wanted = chosen.get(name, name)
        if wanted not in curves.classes:
            wanted = ANY_CLASS
        if wanted not in curves.classes:
            raise errors.BadInput(
                message("Dwelling class {name} has no curve in {curves}. It has curves for: {known}."),
                code="risk.no_curve",
                name=name,
                curves=curves.name,
                known=", ".join(curves.classes),
            )
        rows.append(curves.classes.index(wanted))
    return dataclasses.replace(
        curves,
        classes=tuple(classes),
        displaced=curves.displaced[rows],
        destroyed=None if curves.destroyed is None else curves.destroyed[rows],
    )


def value_table(
    share: F64, knots: F64, codebook: footprints.Codebook, *, shift: float = 0.0, scale: float = 1.0
) -> F32:
    """``table[class, code]``: the share at each code's intensity (times ``scale``, plus ``shift``); 0 where not hit."""
    at = codebook.intensity.astype(np.float64) * scale + shift
    table = np.stack([np.interp(at, knots, row) for row in share]).astype(np.float32)
    table[:, 0] = 0
    return table


def hat_weights(
    knots: F64, codebook: footprints.Codebook, *, shift: float = 0.0, scale: float = 1.0
) -> tuple[Counts, F32]:
    """For each code the knot at or below its intensity and the share of weight that goes to the knot above.

    Intensities beyond the ends belong to the end knots; code 0 (not hit) belongs to no knot, written as one past the
    last. With these weights a sum over knots of (people at knot) x (curve at knot) equals the sum over cells exactly.
    """
    at = np.clip(codebook.intensity.astype(np.float64) * scale + shift, knots[0], knots[-1])
    below = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, knots.size - 2)
    weight = (at - knots[below]) / (knots[below + 1] - knots[below])
    below[0], weight[0] = knots.size, 0.0
    return below.astype(np.uint32), weight.astype(np.float32)


def published(name: str) -> Curves | DamageRatios:
    """A set from the package's tables, by name (`published_names` lists them)."""
    head = next((row for row in tables.read("curve_sets") if row["set"] == name), None)
    if head is None:
        raise errors.BadInput(
            message("There is no curve set {name}. Known sets: {known}."),
            code="risk.no_curve_set",
            name=name,
            known=", ".join(published_names()),
        )
    points: dict[str, tuple[list[float], list[float]]] = {}
    for row in tables.read("curves"):
        if row["set"] == name:
            x, y = points.setdefault(row["class"], ([], []))
            x.append(float(row["intensity"]))
            y.append(float(row["value"]))
    citation = Citation(head["source"], head["region"], head["licence"], head["verified"] == "yes")
    return from_points(
        name=name, hazard=head["hazard"], unit=head["unit"], kind=head["kind"], points=points, citation=citation
    )


def published_names() -> tuple[str, ...]:
    """The names of the sets in the package's tables."""
    return tuple(row["set"] for row in tables.read("curve_sets"))


def from_points(
    *,
    name: str,
    hazard: str,
    unit: str,
    kind: str,
    points: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    citation: Citation,
) -> Curves | DamageRatios:
    """A set from points per class; ``kind`` is "damage ratio" or "displaced share". A source is not optional."""
    if not citation.source.strip():
        raise errors.BadInput(
            message("Curve set {name} has no source. Say where its curves come from."),
            code="risk.no_source",
            name=name,
        )
    arrays: dict[str, tuple[F64, F64]] = {}
    for label, (x, y) in points.items():
        arrays[label] = (np.asarray(x, np.float64), np.asarray(y, np.float64))
        checks.increasing(f"{name}, {label}: intensity", arrays[label][0])
        checks.share(f"{name}, {label}: value", arrays[label][1])
    if kind == "damage ratio":
        return DamageRatios(name, hazard, unit, arrays, citation)
    if kind != "displaced share" or not arrays:
        raise errors.BadInput(
            message("Curve set {name}: the kind must be damage ratio or displaced share, with points, not {kind}."),
            code="risk.curve_kind",
            name=name,
            kind=kind,
        )
    knots = np.unique(np.concatenate([x for x, _ in arrays.values()]))
    share = np.stack([np.interp(knots, x, y) for x, y in arrays.values()])
    return Curves(name, hazard, unit, tuple(arrays), knots, share, citation)


def as_f32(values: NDArray[np.floating]) -> F32:
    """Single precision, contiguous: what the kernels read."""
    return np.ascontiguousarray(values, np.float32)
