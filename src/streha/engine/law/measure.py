"""How good a finder is: F1 with an interval, and how much it misses.

Intervals resample whole documents, because sentences of one document are alike (cluster bootstrap; Davison and Hinkley
1997, section 3.8). The miss rate comes from a random sample of what was *not* found, with an exact binomial interval
(Clopper and Pearson 1934).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from streha.common import errors
from streha.common.errors import message

RELEVANT = ("C", "P")
LABELS = ("C", "P", "M", "N")


class BadSample(errors.BadInput):
    """The audit cannot be computed from what was given."""

    code = "audit_bad_sample"
    template = message("The audit cannot be computed: {why}.")


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of relevant passages and what follows from them; ``low`` and ``high`` bound F1 at 95 %."""

    hits: int
    false_alarms: int
    misses: int
    precision: float
    recall: float
    f1: float
    low: float
    high: float


def f1(hits: float, false_alarms: float, misses: float) -> float:
    """Harmonic mean of precision and recall; 0 when nothing is right."""
    return 2 * hits / (2 * hits + false_alarms + misses) if hits else 0.0


def score(
    true: Sequence[bool], said: Sequence[bool], documents: Sequence[str], *, rng: np.random.Generator, draws: int = 2000
) -> Score:
    """F1 of relevant passages, with the 95 % interval over documents drawn with replacement."""
    by_document: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for right, found, name in zip(true, said, documents, strict=True):
        counts = by_document[name]
        counts[0] += right and found
        counts[1] += found and not right
        counts[2] += right and not found
    table = np.array(list(by_document.values()), dtype=np.int64)
    hits, alarms, misses = (int(value) for value in table.sum(axis=0))
    picks = rng.integers(0, len(table), size=(draws, len(table)))
    drawn = table[picks].sum(axis=1)
    bottom = 2 * drawn[:, 0] + drawn[:, 1] + drawn[:, 2]
    values = np.where(bottom > 0, 2 * drawn[:, 0] / np.maximum(bottom, 1), 0.0)
    low, high = np.percentile(values, [2.5, 97.5])
    return Score(
        hits,
        alarms,
        misses,
        hits / (hits + alarms) if hits + alarms else 0.0,
        hits / (hits + misses) if hits + misses else 0.0,
        f1(hits, alarms, misses),
        float(low),
        float(high),
    )


def folds(documents: Sequence[str], count: int, *, rng: np.random.Generator) -> list[int]:
    """A fold for every row, so that no document stands in two; documents are dealt by size, largest first."""
    sizes: dict[str, int] = defaultdict(int)
    for name in documents:
        sizes[name] += 1
    names = list(sizes)
    rng.shuffle(names)
    names.sort(key=lambda name: -sizes[name])
    held = [0] * count
    place: dict[str, int] = {}
    for name in names:
        fold = held.index(min(held))
        place[name] = fold
        held[fold] += sizes[name]
    return [place[name] for name in documents]


@dataclass(frozen=True, slots=True)
class MissRate:
    """The share of unfound passages that are relevant, and what it means for recall; bounds at 95 %."""

    sampled: int
    relevant: int
    rate: float
    low: float
    high: float
    unfound: int
    missed: float
    recall: float
    recall_low: float
    recall_high: float


def sample(unfound: int, size: int, *, rng: np.random.Generator) -> list[int]:
    """Which of the passages that were not found are to be labelled, without repetition, in order."""
    if size < 1:
        raise BadSample(why="a sample needs at least one passage")
    return sorted(int(i) for i in rng.choice(unfound, size=min(size, unfound), replace=False)) if unfound else []


def miss_rate(*, sampled: int, relevant: int, unfound: int, found_relevant: int) -> MissRate:
    """The miss rate from ``relevant`` of ``sampled`` labelled passages out of ``unfound``.

    Example: 60 sampled of 1,000 unfound, 1 relevant, 40 found and relevant: the rate is 1/60 = 1.67 %, with
    0.04 % to 8.94 %; about 17 are missed and recall is about 40 / (40 + 16.7) = 0.71.

    Raises
    ------
    BadSample
        When a number is negative or more were relevant than sampled.
    """
    if sampled < 1 or not 0 <= relevant <= sampled or unfound < sampled or found_relevant < 0:
        raise BadSample(why="the numbers do not fit together (relevant <= sampled <= unfound)")
    low, high = clopper_pearson(relevant, sampled)
    # What was labelled is known; the rest is estimated.
    rest = unfound - sampled
    missed = relevant + rest * relevant / sampled
    most, least = relevant + rest * high, relevant + rest * low
    return MissRate(
        sampled, relevant, relevant / sampled, low, high, unfound, missed,
        _recall(found_relevant, missed), _recall(found_relevant, most), _recall(found_relevant, least),
    )  # fmt: skip


def _recall(found: float, missed: float) -> float:
    return found / (found + missed) if found + missed else 1.0


def clopper_pearson(successes: int, trials: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """The exact interval of a share; (0, 0.0596...) for 0 of 60."""
    tail = (1 - confidence) / 2
    low = 0.0 if successes == 0 else _solve(lambda p: 1 - _binomial_below(successes - 1, trials, p), tail)
    high = 1.0 if successes == trials else _solve(lambda p: 1 - _binomial_below(successes, trials, p), 1 - tail)
    return low, high


def _binomial_below(k: int, n: int, p: float) -> float:
    """P(X <= k) of the binomial distribution, by summing logarithms."""
    if p <= 0:
        return 1.0
    if p >= 1:
        return 0.0 if k < n else 1.0
    logs = [
        math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * math.log(p) + (n - i) * math.log1p(-p)
        for i in range(k + 1)
    ]
    return min(1.0, math.fsum(math.exp(value) for value in logs))


def _solve(rising: Callable[[float], float], target: float) -> float:
    """The share at which a rising function reaches its target, by halving."""
    low, high = 0.0, 1.0
    for _ in range(80):
        middle = (low + high) / 2
        if rising(middle) < target:
            low = middle
        else:
            high = middle
    return (low + high) / 2
