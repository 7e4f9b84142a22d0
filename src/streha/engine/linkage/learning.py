"""Weights learnt from a list, by Splink 5 (expectation maximisation, Fellegi-Sunter) on at most 200,000 of its rows.

Splink is imported here and nowhere else: scoring needs the weights, not the tool. Where the list says which records
are one person (a truth, or decisions made before), the agreement of true pairs is counted instead of guessed.
"""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from importlib.metadata import version
from itertools import combinations
from typing import Any, Final

import duckdb
import numpy as np
import polars as pl

from streha.common.errors import BadInput, message
from streha.engine.linkage import features, frames, levels, scoring
from streha.engine.linkage.features import label
from streha.engine.linkage.model import (
    NAMES,
    Comparison,
    Frequencies,
    Kind,
    Level,
    Model,
    Rule,
    Spec,
    Spelling,
    Thresholds,
    Training,
)

MOST_ROWS: Final = 200_000
RANDOM_PAIRS: Final = 300_000
RANDOM_PAIRS_GRADED: Final = 100_000  # names are graded one by one
EM_PAIRS: Final = 200_000
LEAST_M: Final = 0.001  # nothing on paper is without errors
LEAST_U: Final = 1e-6
FIRST_GUESS: Final = 0.1
LEAST_TO_LEARN: Final = 500  # pairs
COMMON_VALUES: Final = 2_000
CLOSED: Final = 0.001  # of the rows: when fewer hold an uncommon value, the list of values is closed
LEAST_SHARE: Final = 1e-4  # a name that a training never saw may be common elsewhere
COMMON_ROWS: Final = 5  # a value is common when at least so many rows of the list have it
PAIRS_PER_ROW: Final = 60  # how many pairs of rows all blocking rules together may give, for each row
MOST_RULES: Final = 12
LEAST_PAIRS: Final = 3_000_000


def learn(
    records: pl.DataFrame,
    spec: Spec,
    seed: int,
    *,
    source: str,
    date: str,
    person: str | None = None,
    thresholds: Thresholds | None = None,
    progress: scoring.Progress = scoring.no_progress,
) -> Model:
    """A model of weights for lists of this declaration.

    ``person`` names a column that says which rows are one person, where that is known. ``source`` and ``date`` go into
    the record of the training. The same rows, seed and tool give the same weights. Raises ``BadInput`` when the list
    has fewer than two rows or a declared column is missing.
    """
    if records.height < 2:
        raise BadInput(message("Two rows at least are needed to compare."), code="too_few_rows")
    if person is not None and person not in records.columns:
        raise BadInput(
            message("There is no column {column}. The columns are: {columns}."),
            code="no_column",
            column=person,
            columns=", ".join(records.columns),
        )
    progress("learn", 0, 4)
    everything = frames.of_frame(records, spec).with_row_index("row")
    if person is not None:
        everything = everything.with_columns(records[person].cast(pl.String).alias("person"))
    frequencies = {column.name: _frequencies(everything, at, spec) for at, column in enumerate(spec.columns)}
    spec = Spec(spec.columns, spec.spelling, spec.blocking or choose_blocking(everything, spec))
    frame = everything if everything.height <= MOST_ROWS else everything.sample(MOST_ROWS, seed=seed).sort("row")
    progress("learn", 1, 4)
    weights = _trained(frame, spec, seed, frequencies, is_labelled=person is not None, progress=progress)
    comparisons = tuple(
        Comparison(column.name, weights[at], frequencies[column.name]) for at, column in enumerate(spec.columns)
    )
    method = "m counted on known persons" if person is not None else "m by expectation maximisation"
    training = Training(source, date, frame.height, seed, f"{method}, u on random pairs", f"splink {version('splink')}")
    model = Model(f"{date}.1", spec, comparisons, FIRST_GUESS, training, thresholds or Thresholds())
    if person is not None:
        return replace(model, duplicates=_counted(everything["person"]))
    return replace(model, duplicates=_expected(frame, model, everything.height / frame.height))


def _counted(person: pl.Series) -> float:
    """True pairs for each row, where they are known."""
    sizes = person.drop_nulls().value_counts()["count"].cast(pl.Int64)
    return max(int((sizes * (sizes - 1) // 2).sum()), 1) / len(person)


def _expected(frame: pl.DataFrame, model: Model, thinned: float) -> float:
    """True pairs for each row as the weights themselves expect them: probabilities summed, prior and sum by turns.

    A sample of one row in ``thinned`` keeps one pair in ``thinned`` squared.
    """
    most = replace(model, duplicates=2.0)
    bits = scoring.score_features(frame, most, 0.01)["bits"].to_numpy() - most.prior_bits(frame.height)
    duplicates = model.duplicates
    for _ in range(20):
        prior = replace(model, duplicates=duplicates).prior_bits(frame.height)
        chances = 1 / (1 + np.exp2(-np.clip(bits + prior, -1_000, 1_000)))
        duplicates = min(max(float(chances.sum()), 1.0) / frame.height, 2.0)
    return duplicates * thinned


def _frequencies(frame: pl.DataFrame, at: int, spec: Spec) -> Frequencies | None:
    """Shares of the common values among the rows that have one; an uncommon one is taken as the mean of its like."""
    if not any(way.by_frequency for way in levels.ways(spec, at)):
        return None
    values = frame[label(at, levels.FREQUENCY_PART[spec.columns[at].kind])].drop_nulls()
    if values.is_empty():
        return Frequencies({}, 1.0)
    counts = values.value_counts()
    counts = counts.sort(["count", counts.columns[0]], descending=[True, False])
    common = counts.filter(pl.col("count") >= COMMON_ROWS).head(COMMON_VALUES)
    shares = {key: round(count / len(values), 8) for key, count in common.iter_rows()}
    rest = counts.height - common.height
    left = 1 - sum(shares.values())
    # In a closed list, such as places, what is not in it is a name unknown here, not a rare place.
    rare = left / rest if rest and left > CLOSED else sum(share * share for share in shares.values())
    return Frequencies(shares, round(max(rare, LEAST_SHARE), 8))


# --- blocking -------------------------------------------------------------------------------------------------------

# By which parts of a column rows may meet, the most telling first.
_TELLING: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.IDENTIFIER: ("value", "head", "tail"),
    Kind.PHONE: ("value",),
    Kind.FULL: ("key", "bones", "head"),
    Kind.FAMILY: ("key", "bones", "head"),
    Kind.GIVEN: ("key", "bones", "head"),
    Kind.DATE: ("either", "birthday", "year"),
    Kind.FATHER: ("key",),
    Kind.TEXT: ("value",),
    Kind.PLACE: ("key",),
}


def choose_blocking(frame: pl.DataFrame, spec: Spec) -> tuple[Rule, ...]:
    """Rules that together give no more pairs than can be compared, chosen from the counts of the list itself.

    Single features that are rare enough come first; a common one is joined with one other, then with two. A rule that
    only narrows one already chosen is left out.
    """
    budget = max(LEAST_PAIRS, PAIRS_PER_ROW * frame.height)
    known = [
        (at, part, f"{column.name}:{part}")
        for at, column in enumerate(spec.columns)
        for part in _TELLING.get(column.kind, ())
    ]
    chosen: list[tuple[tuple[int, str, str], ...]] = []
    spent = 0
    alone = {name: scoring.count_pairs(frame, [label(at, part)]) for at, part, name in known}
    every = frame.height * (frame.height - 1) / 2
    for size in (1, 2, 3):
        offered = []
        for rule in combinations(known, size):
            # As if the features were independent; the true count is taken only where it may fit.
            guess = every * math.prod(alone[name] / every for _, _, name in rule)
            if len({at for at, _, _ in rule}) == size and guess <= budget:
                offered.append((guess, rule))
        for _, rule in sorted(offered, key=lambda one: one[0]):
            if len(chosen) >= MOST_RULES or any(set(one) <= set(rule) for one in chosen):
                continue
            count = scoring.count_pairs(frame, [label(at, part) for at, part, _ in rule])
            if 0 < count <= budget // (8 if size == 1 else 20) and spent + count <= budget:
                chosen.append(rule)
                spent += count
    return tuple(tuple(name for _, _, name in rule) for rule in chosen)


# --- Splink ---------------------------------------------------------------------------------------------------------


def settings(
    spec: Spec, frequencies: dict[str, Frequencies | None], weights: dict[int, tuple[Level, ...]] | None = None
) -> dict[str, Any]:
    """The declaration as Splink's settings; with ``weights`` the model itself, to be compared with ours."""
    comparisons = []
    for at, column in enumerate(spec.columns):
        # The last condition is never true alone: it tells Splink which features belong to this column, so that it
        # does not learn the column from rows that were brought together by it.
        own = " AND ".join(f"{label(at, part)}_l IS NULL" for part in features.PARTS[column.kind])
        empty = f"{levels.silent_sql(spec, at, _left, _right)} OR ({own})"
        shown: list[dict[str, Any]] = [{"sql_condition": empty, "is_null_level": True, "label_for_charts": "null"}]
        for number, way in enumerate(levels.ways(spec, at)):
            condition = way.test.sql(at, _left, _right) if way.test is not None else "ELSE"
            level: dict[str, Any] = {"sql_condition": condition, "label_for_charts": way.code}
            shares = frequencies[column.name]
            if way.by_frequency and shares is not None:
                level |= {
                    "tf_adjustment_column": label(at, levels.FREQUENCY_PART[column.kind]),
                    "tf_adjustment_weight": 1.0,
                    "disable_tf_exact_match_detection": True,
                }
            if weights is not None:
                level |= {"m_probability": weights[at][number].m, "u_probability": weights[at][number].u}
            shown.append(level)
        comparisons.append({"output_column_name": label(at, "level"), "comparison_levels": shown})
    rules = [" AND ".join(f"l.{f} = r.{f}" for f in _features(spec, rule)) for rule in spec.blocking]
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "row",
        "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": [{"blocking_rule": rule, "sql_dialect": "duckdb"} for rule in rules],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
        "additional_columns_to_retain": [],
    }


def _left(name: str) -> str:
    return f"{name}_l"


def _right(name: str) -> str:
    return f"{name}_r"


def _features(spec: Spec, rule: Rule) -> list[str]:
    return [features.feature(spec, name) for name in rule]


def _trained(
    frame: pl.DataFrame,
    spec: Spec,
    seed: int,
    frequencies: dict[str, Frequencies | None],
    *,
    is_labelled: bool,
    progress: scoring.Progress,
) -> dict[int, tuple[Level, ...]]:
    """The levels of each column with the m and u that Splink finds."""
    with scoring.database() as connection:
        linker = linker_of(connection, frame, settings(spec, frequencies))
        linker.training.estimate_u_using_random_sampling(
            max_pairs=RANDOM_PAIRS_GRADED if is_graded(spec) else RANDOM_PAIRS,
            seed=seed,
            min_count_per_level=None,
            num_chunks=1,
        )
        progress("learn", 2, 4)
        if is_labelled:
            linker.training.estimate_m_from_label_column("person")
        else:
            for rule in training_rules(frame, spec):
                condition = " AND ".join(f"l.{name} = r.{name}" for name in rule)
                linker.training.estimate_parameters_using_expectation_maximisation(
                    condition, max_pairs=EM_PAIRS, record_sample_proportion=1.0, estimate_without_term_frequencies=True
                )
        progress("learn", 3, 4)
        found = linker.misc.save_model_to_json()["comparisons"]
    return {at: _levels(spec, at, found[at]["comparison_levels"][1:]) for at in range(len(spec.columns))}


def _levels(spec: Spec, at: int, found: list[dict[str, Any]]) -> tuple[Level, ...]:
    """Splink's shares as ours, where none is impossible and none is believed further than it was seen.

    A level that true pairs never showed speaks against a pair as if one in a thousand showed it, and never for it; one
    that strangers never showed counts as one in a million; one that nobody showed says nothing. The last level never
    speaks for a pair.
    """
    ways = levels.ways(spec, at)
    learnt = []
    for number, (way, one) in enumerate(zip(ways, found, strict=True)):
        m, u = one.get("m_probability"), one.get("u_probability")
        seen = u is not None and u > LEAST_U
        told_u = max(u or 0.0, LEAST_U)
        told_m = max(m or 0.0, LEAST_M)
        if m is None or m < LEAST_M:
            told_m, told_u = (min(LEAST_M, told_u), told_u) if seen else (LEAST_M, LEAST_M)
        if number == len(ways) - 1:
            told_m = min(told_m, told_u)
        learnt.append(Level(way.code, round(told_m, 8), round(told_u, 8)))
    return tuple(learnt)


def is_graded(spec: Spec) -> bool:
    """Whether some column is compared by the grades of names."""
    return spec.spelling is Spelling.REGION and any(column.kind in NAMES for column in spec.columns)


def training_rules(frame: pl.DataFrame, spec: Spec) -> list[tuple[str, ...]]:
    """Rules that bring enough pairs together to learn from, until every column is learnt from pairs of another one.

    Splink leaves out of a session whatever the rule has brought together, here told by the columns of the rule.
    """
    usable = [
        (rule, {spec.columns.index(spec.column(name.rpartition(":")[0])) for name in rule}) for rule in spec.blocking
    ]
    counted = [(scoring.count_pairs(frame, _features(spec, rule)), rule, columns) for rule, columns in usable]
    counted.sort(key=lambda one: (one[0] < LEAST_TO_LEARN, len(one[2]), one[0]))
    chosen: list[tuple[str, ...]] = []
    taught: set[int] = set()
    for _, rule, columns in counted:
        fresh = set(range(len(spec.columns))) - _held(spec, columns) - taught
        if fresh:
            chosen.append(tuple(_features(spec, rule)))
            taught |= fresh
    return chosen


def _held(spec: Spec, columns: set[int]) -> set[int]:
    """Columns that a rule over these columns says nothing about: these, and names that may be exchanged with them."""
    names = {at for at in columns if spec.columns[at].kind in (Kind.GIVEN, Kind.FAMILY)}
    both = {at for at, column in enumerate(spec.columns) if column.kind in (Kind.GIVEN, Kind.FAMILY)}
    return columns | (both if names else set())


def linker_of(connection: duckdb.DuckDBPyConnection, frame: pl.DataFrame, chosen: dict[str, Any]) -> Any:
    """Splink's linker over features, quiet, with names graded as ours are."""
    from splink import DuckDBAPI, Linker

    logging.getLogger("splink").setLevel(logging.ERROR)
    names = ["VARCHAR", "VARCHAR"]
    connection.create_function("name_verdict", _verdicts, names, "INTEGER", type="arrow")  # type: ignore[call-overload]
    table = frame.to_arrow()
    connection.register("learnt_from", table)
    return Linker(DuckDBAPI(connection).register("learnt_from"), chosen, log_level=logging.ERROR)


def _verdicts(one: Any, other: Any) -> Any:
    """The verdicts on two Arrow columns of names; asked by the column, since a call for each row costs DuckDB more."""
    import pyarrow

    pairs = zip(one.to_pylist(), other.to_pylist(), strict=True)
    found = [None if a is None or b is None else levels.verdict(a, b) for a, b in pairs]
    return pyarrow.array(found, pyarrow.int32())
