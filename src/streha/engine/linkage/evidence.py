"""Two records against each other, field by field, in plain Python: for the live check of a few candidates.

The figure equals that of ``scoring`` for the same two records; nothing here needs a table or a database.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from streha.engine import names
from streha.engine.linkage import features, levels
from streha.engine.linkage.features import Features, Record, label
from streha.engine.linkage.model import NAMES, Column, Comparison, Model, Spelling, probability


@dataclass(frozen=True, slots=True)
class Field:
    """What one column says: its level, the weight in bits (positive speaks for one person), words and reasons.

    ``words`` is an English sentence for the catalogues; ``reasons`` are those of ``names.grade``.
    """

    column: str
    level: str
    bits: float
    words: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """The probability that two records are one person, and what it is made of: ``bits`` = ``prior`` + all fields."""

    probability: float
    bits: float
    prior: float
    fields: tuple[Field, ...]


LEAST_ROWS: Final = 1_000  # a register of three people says nothing about how rare a double is


def compare(record_a: Record, record_b: Record, model: Model, *, rows: int) -> Evidence:
    """How two records stand to each other; the order makes no difference.

    A record maps columns of the model to what is known: text, a date, None; for a household its ``Company``.
    ``rows`` is the size of the register they stand in, at least ``LEAST_ROWS``: the more people, the more often
    strangers agree.
    """
    left, right = features.of_record(record_a, model.spec), features.of_record(record_b, model.spec)
    return compare_features(left, right, model, rows=rows)


def compare_features(left: Features, right: Features, model: Model, *, rows: int) -> Evidence:
    """``compare`` for records whose features were prepared before, as one against many."""
    prior = model.prior_bits(max(rows, LEAST_ROWS))
    fields = tuple(_field(at, column, left, right, model) for at, column in enumerate(model.spec.columns))
    total = math.fsum((prior, *(field.bits for field in fields)))
    return Evidence(probability(total), total, prior, fields)


def weigh(left: Features, right: Features, model: Model, *, rows: int) -> float:
    """The probability of ``compare`` without its words, for a great many pairs."""
    prior = model.prior_bits(max(rows, LEAST_ROWS))
    found = (_level(at, column, left, right, model) for at, column in enumerate(model.spec.columns))
    return probability(math.fsum((prior, *(bits for _, bits in found))))


def _level(at: int, column: Column, left: Features, right: Features, model: Model) -> tuple[str, float]:
    """The level of a column and its weight in bits."""
    if levels.is_silent(model.spec, at, left, right):
        return levels.MISSING, 0.0
    ways = levels.ways(model.spec, at)
    way = next(one for one in ways if one.test is None or one.test.holds(at, left, right))
    comparison = model.comparison(column.name)
    if way.by_frequency and comparison.frequencies is not None:
        part = label(at, levels.FREQUENCY_PART[column.kind])
        return way.code, _by_frequency(part, comparison, way.code, left, right)
    return way.code, comparison.level(way.code).bits


def _field(at: int, column: Column, left: Features, right: Features, model: Model) -> Field:
    code, bits = _level(at, column, left, right, model)
    if code == levels.MISSING:
        return Field(column.name, code, 0.0, levels.SILENT)
    words = levels.WORDS[column.kind][code]
    return Field(column.name, code, bits, words, _reasons(at, column, left, right, model))


def _by_frequency(part: str, comparison: Comparison, code: str, left: Features, right: Features) -> float:
    """The weight of an agreement in a value of known frequency: log2(m / f), f the share of the commoner value."""
    assert comparison.frequencies is not None
    share = max(comparison.frequencies.of(_text(left[part])), comparison.frequencies.of(_text(right[part])))
    return math.log2(comparison.level(code).m / share)


def _text(value: features.Value) -> str | None:
    return value if isinstance(value, str) else None


def _reasons(at: int, column: Column, left: Features, right: Features, model: Model) -> tuple[str, ...]:
    if column.kind not in NAMES or model.spec.spelling is not Spelling.REGION:
        return ()
    one, other = left[label(at, "text")], right[label(at, "text")]
    return () if one == other else names.grade(str(one), str(other)).reasons
