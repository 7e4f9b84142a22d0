"""What linkage knows: which columns a list has and of what kind, and the weights by which two rows are held together.

Values only, readable from and written to plain data (dicts, lists, text, numbers), so that a model is a file with a
version, a date and a record of its training, and nothing else is needed to repeat a run.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, Final

from streha.common.errors import BadInput, message


class Kind(StrEnum):
    """What a column says; it decides how its values are prepared and in which levels two of them may agree."""

    GIVEN = "given name"
    FATHER = "father's name"
    FAMILY = "family name"
    FULL = "full name"
    DATE = "date"
    PLACE = "place"
    IDENTIFIER = "identifier"
    PHONE = "phone"
    SEX = "sex"
    HOUSEHOLD = "household"
    TEXT = "text"


NAMES: Final = (Kind.GIVEN, Kind.FATHER, Kind.FAMILY, Kind.FULL)


class Spelling(StrEnum):
    """How names and places are read: by the habits of this region, or letter by letter."""

    REGION = "region"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list. ``precision`` names the column that says how much of a date is known (day, month, year)."""

    name: str
    kind: Kind
    precision: str = ""


Rule = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spec:
    """A list as declared: its columns, how names are read, and which rows are held together at all.

    ``blocking`` is a choice of rules; two rows are compared when they agree in every feature of one rule. A feature
    is ``column:part``, such as ``family:key`` (see ``features.PARTS``). Without rules they are chosen from the counts.
    """

    columns: tuple[Column, ...]
    spelling: Spelling = Spelling.REGION
    blocking: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        if not self.columns:
            raise BadInput(message("No column to compare is declared. Declare at least one."), code="no_columns")
        names = [column.name for column in self.columns]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise BadInput(
                message("The column {column} is declared twice. Declare it once."), code="column_twice", column=twice
            )

    def column(self, name: str) -> Column:
        """The column of that name. Raises ``BadInput`` when none is declared."""
        for column in self.columns:
            if column.name == name:
                return column
        raise BadInput(
            message("{column} is not a declared column. Declared are: {columns}."),
            code="no_such_column",
            column=name,
            columns=", ".join(column.name for column in self.columns),
        )

    def first(self, kind: Kind) -> int | None:
        """The place of the first column of a kind."""
        return next((at for at, column in enumerate(self.columns) if column.kind is kind), None)


@dataclass(frozen=True, slots=True)
class Level:
    """One way in which two values may stand to each other: ``m`` is its share among pairs of one person's records,
    ``u`` among pairs of two persons'."""

    code: str
    m: float
    u: float

    @property
    def bits(self) -> float:
        """The weight in bits: log2(m/u) (Fellegi and Sunter 1969)."""
        return math.log2(self.m / self.u)


@dataclass(frozen=True, slots=True)
class Frequencies:
    """How common the values of a column are: shares of the common ones, and the share taken for all others."""

    shares: Mapping[str, float]
    rare: float

    def of(self, key: str | None) -> float:
        """The share of rows with this value."""
        return self.rare if key is None else self.shares.get(key, self.rare)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The levels of one column, best first; the last is where nothing agrees."""

    column: str
    levels: tuple[Level, ...]
    frequencies: Frequencies | None = None

    def level(self, code: str) -> Level:
        """The level of that code."""
        return next(level for level in self.levels if level.code == code)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability on a pair is worth a look, from which it is likely, and from which as good as certain."""

    review: float = 0.5
    likely: float = 0.9
    certain: float = 0.99


@dataclass(frozen=True, slots=True)
class Training:
    """On what the weights were learnt, and how."""

    source: str
    date: str
    rows: int
    seed: int
    method: str
    tool: str


@dataclass(frozen=True, slots=True)
class Model:
    """Everything a run needs. ``duplicates`` is the expected number of true pairs per row of a list.

    The prior follows from it and the length of the list: of n(n-1)/2 pairs, n times ``duplicates`` are true.
    """

    version: str
    spec: Spec
    comparisons: tuple[Comparison, ...]
    duplicates: float
    training: Training
    thresholds: Thresholds = field(default_factory=Thresholds)

    def prior_bits(self, rows: int) -> float:
        """The weight of a pair before anything is compared, in a list of so many rows."""
        chance = min(2 * self.duplicates / max(rows - 1, 1), 0.5)
        return math.log2(chance / (1 - chance))

    def comparison(self, column: str) -> Comparison:
        """The comparison of a column."""
        return next(one for one in self.comparisons if one.column == column)


def probability(bits: float) -> float:
    """The probability that belongs to a total weight in bits."""
    if bits >= 0:
        return 1 / (1 + math.exp2(-bits))
    return math.exp2(bits) / (1 + math.exp2(bits))


def bits(chance: float) -> float:
    """The total weight that belongs to a probability; the ends are minus and plus infinity."""
    if chance <= 0:
        return -math.inf
    return math.inf if chance >= 1 else math.log2(chance / (1 - chance))


# --- plain data -----------------------------------------------------------------------------------------------------

FORMAT: Final = 1


def to_plain(model: Model) -> dict[str, Any]:
    """The model as dicts, lists, text and numbers."""
    return {
        "format": FORMAT,
        "version": model.version,
        "training": {name: getattr(model.training, name) for name in Training.__slots__},
        "thresholds": {name: getattr(model.thresholds, name) for name in Thresholds.__slots__},
        "duplicates": model.duplicates,
        "spelling": model.spec.spelling.value,
        "columns": [
            {"name": one.name, "kind": one.kind.value} | ({"precision": one.precision} if one.precision else {})
            for one in model.spec.columns
        ],
        "blocking": [list(rule) for rule in model.spec.blocking],
        "comparisons": [_comparison_to_plain(one) for one in model.comparisons],
    }


def _comparison_to_plain(one: Comparison) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "column": one.column,
        "levels": [{"code": level.code, "m": level.m, "u": level.u} for level in one.levels],
    }
    if one.frequencies is not None:
        plain["rare"] = one.frequencies.rare
        plain["common"] = dict(one.frequencies.shares)
    return plain


def from_plain(plain: Mapping[str, Any]) -> Model:
    """The model that plain data describe. Raises ``BadInput`` where something is missing or impossible."""
    try:
        model = Model(
            version=str(plain["version"]),
            spec=_spec(plain),
            comparisons=tuple(_comparison(one) for one in plain["comparisons"]),
            duplicates=float(plain["duplicates"]),
            training=Training(**{name: plain["training"][name] for name in Training.__slots__}),
            thresholds=Thresholds(**{name: float(plain["thresholds"][name]) for name in Thresholds.__slots__}),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(
            message(
                "This is no model of weights: {problem}. Learn it anew, or take the one that came with the program."
            ),
            code="bad_model",
            problem=f"{type(error).__name__} {error}",
        )
    _check(model)
    return model


def _spec(plain: Mapping[str, Any]) -> Spec:
    columns = (Column(one["name"], Kind(one["kind"]), one.get("precision", "")) for one in plain["columns"])
    rules: Sequence[Sequence[str]] = plain["blocking"]
    return Spec(tuple(columns), Spelling(plain["spelling"]), tuple(tuple(rule) for rule in rules))


def _comparison(plain: Mapping[str, Any]) -> Comparison:
    levels = tuple(Level(one["code"], float(one["m"]), float(one["u"])) for one in plain["levels"])
    frequencies = Frequencies(dict(plain["common"]), float(plain["rare"])) if "rare" in plain else None
    return Comparison(plain["column"], levels, frequencies)


def _check(model: Model) -> None:
    marks = model.thresholds
    if not 0 < marks.review <= marks.likely <= marks.certain <= 1:
        raise BadInput(
            message(
                "The thresholds {review}, {likely} and {certain} do not rise between 0 and 1: a pair is worth a look, "
                "then likely, then certain."
            ),
            code="bad_thresholds",
            review=marks.review,
            likely=marks.likely,
            certain=marks.certain,
        )
    for one in model.comparisons:
        model.spec.column(one.column)
        for level in one.levels:
            if not (0 < level.m <= 1 and 0 < level.u <= 1):
                raise BadInput(
                    message("{column}, level {level}: m {m} and u {u} must lie above 0 and not above 1."),
                    code="bad_weights",
                    column=one.column,
                    level=level.code,
                    m=level.m,
                    u=level.u,
                )


@cache
def register() -> Model:
    """The weights that came with the program for the register of people; the file says on what they were learnt."""
    text = resources.files("streha.engine.linkage").joinpath("data", "register.json").read_text(encoding="utf-8")
    return from_plain(json.loads(text))
