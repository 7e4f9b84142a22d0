"""A whole list against itself: rows that meet in a blocking rule are weighed by SQL in DuckDB, inside the process.

Two passes. The first weighs everything but names that are spelt differently, for which it takes the best that could
come of them; only where that reaches the threshold are the two names graded, each distinct pair of names once. The
second pass weighs what is left exactly. So the figure of every pair that is returned is exact, and a pair that is not
returned could not have reached the threshold.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import duckdb
import polars as pl

from streha.common.errors import BadInput, message
from streha.engine.linkage import features, frames, levels
from streha.engine.linkage.features import label
from streha.engine.linkage.levels import Graded, Way
from streha.engine.linkage.model import Column, Comparison, Level, Model, bits

Progress = Callable[[str, int, int], None]  # what is done, how much of how much

MEMORY: Final = "2GB"  # beyond it DuckDB would spill; with what Python holds a million people stay under 4 GB
UNJUDGED: Final = -9
CROWD: Final = 1_000  # rows: a value that more of them share brings nobody together


def no_progress(step: str, done: int, of: int) -> None:
    """Tells nobody."""


def score(
    records: pl.DataFrame,
    model: Model,
    threshold: float = 0.5,
    *,
    key: str | None = None,
    threads: int = 2,
    progress: Progress = no_progress,
) -> pl.DataFrame:
    """Every pair of rows that meets in a blocking rule and is one person with at least this probability.

    ``records`` has the columns of ``model.spec``; ``key`` names the column that tells rows apart, the number of the
    row from 0 when it is None. The result has the columns left, right (left before right in the order of the list),
    probability, bits, and for each compared column its level (``level: <column>``), the surest pairs first.

    Raises ``BadInput`` when a column is missing or the key is empty or repeated.
    """
    keys = keys_of(records, key)
    progress("prepare", 0, 1)
    frame = frames.of_frame(records, model.spec).with_row_index("row")
    progress("prepare", 1, 1)
    return _told(_scored(frame, model, threshold, threads, progress, Among()), model, keys)


@dataclass(frozen=True, slots=True)
class Among:
    """Rows that are looked at among others: where ``known`` is given, that many first rows are held against the rest
    and nothing else is; ``rows`` is how many people they all stand among, where that is more than there are."""

    known: int = 0
    rows: int = 0


def score_features(
    frame: pl.DataFrame,
    model: Model,
    threshold: float,
    *,
    among: Among | None = None,
    threads: int = 2,
    progress: Progress = no_progress,
) -> pl.DataFrame:
    """``score`` for rows whose features were prepared before, told apart by their column ``row``."""
    found = _scored(frame, model, threshold, threads, progress, among or Among())
    return _told(found, model, frame["row"])


def _scored(  # noqa: PLR0917
    frame: pl.DataFrame, model: Model, threshold: float, threads: int, progress: Progress, among: Among
) -> pl.DataFrame:
    """Pairs of places in the frame with bits and the number of each level."""
    least = max(bits(threshold), -1e6)
    frame = with_shares(frame, model).with_columns(row=pl.int_range(pl.len(), dtype=pl.UInt32))
    with database(threads) as connection:
        connection.register("given_features", frame.to_arrow())
        connection.execute("CREATE TABLE people AS SELECT * FROM given_features")
        connection.unregister("given_features")
        query = _Query(model, max(frame.height, among.rows), known=among.known)
        del frame
        connection.execute(query.empty_candidates())
        for at in range(len(model.spec.blocking)):
            progress("compare", at, len(model.spec.blocking))
            (crowded,) = connection.execute(query.crowded(at)).fetchall()[0]
            for statement in query.mark_crowd(at) if crowded else ():
                connection.execute(statement)
            connection.execute(query.candidates_of_rule(at, least))
        progress("compare", len(model.spec.blocking), len(model.spec.blocking))
        _judge_names(connection, query, progress)
        found = connection.execute(query.weighed(least)).pl()
    progress("weigh", 1, 1)
    return found


def keys_of(records: pl.DataFrame, key: str | None) -> pl.Series:
    """What tells the rows apart. Raises ``BadInput`` when a row has no key or two have the same."""
    if key is None:
        return pl.Series("key", range(records.height), dtype=pl.Int64)
    if key not in records.columns:
        raise BadInput(
            message("There is no column {column}. The columns are: {columns}."),
            code="no_column",
            column=key,
            columns=", ".join(records.columns),
        )
    keys = records[key]
    if keys.null_count() or (keys.dtype == pl.String and (keys == "").any()):
        at = keys.is_null().arg_max() if keys.null_count() else (keys == "").arg_max()
        raise BadInput(
            message("Row {row} has nothing in {column}, which tells rows apart. Fill it, or name another column."),
            code="no_key",
            row=(at or 0) + 1,
            column=key,
        )
    if keys.n_unique() < records.height:
        value = keys.filter(keys.is_duplicated())[0]
        raise BadInput(
            message("{value} stands twice in {column}, which tells rows apart. Name a column without repetitions."),
            code="key_twice",
            value=value,
            column=key,
        )
    return keys


def with_shares(frame: pl.DataFrame, model: Model) -> pl.DataFrame:
    """Features with the shares of common values beside them."""
    shares = []
    for at, column in enumerate(model.spec.columns):
        frequencies = model.comparison(column.name).frequencies
        if frequencies is None or column.kind not in levels.FREQUENCY_PART:
            continue
        common = {value: frequencies.of(value) for value in frequencies.shares}
        part = pl.col(label(at, levels.FREQUENCY_PART[column.kind]))
        share = part.replace_strict(common, default=frequencies.rare, return_dtype=pl.Float64)
        shares.append(share.alias(label(at, "share")))
    return frame.with_columns(*shares)


@contextmanager
def database(threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty DuckDB in memory that reads no file and asks no network."""
    connection = duckdb.connect(
        ":memory:",
        config={"threads": threads, "memory_limit": MEMORY, "autoinstall_known_extensions": False},
    )
    try:
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET preserve_insertion_order = false")
        yield connection
    finally:
        connection.close()


# --- the SQL --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Part:
    """One compared column: its place, its levels as tests and as weights."""

    at: int
    column: Column
    ways: tuple[Way, ...]
    comparison: Comparison

    @property
    def name(self) -> str:
        return label(self.at, "level")

    @property
    def is_graded(self) -> bool:
        return any(isinstance(way.test, Graded) for way in self.ways)

    def weight(self, number: int) -> Level:
        return self.comparison.level(self.ways[number].code)

    def has_shares(self, way: Way) -> bool:
        return way.by_frequency and self.comparison.frequencies is not None


def _left(name: str) -> str:
    return f"l.{name}"


def _right(name: str) -> str:
    return f"r.{name}"


class _Query:
    """The statements for one model; levels are numbered from 0, best first, -1 where one of the two says nothing."""

    def __init__(self, model: Model, rows: int, *, known: int = 0) -> None:
        self.model = model
        self.known = known
        self.marked: set[int] = set()
        self.prior = model.prior_bits(rows)
        self.parts = [
            _Part(at, column, levels.ways(model.spec, at), model.comparison(column.name))
            for at, column in enumerate(model.spec.columns)
        ]
        self.rules = [tuple(features.feature(model.spec, name) for name in rule) for rule in model.spec.blocking]

    # --- the first pass

    def empty_candidates(self) -> str:
        columns = ", ".join(f"{part.name} TINYINT" for part in self.parts)
        return f"CREATE TABLE candidates (l UINTEGER, r UINTEGER, {columns})"

    def crowded(self, at: int) -> str:
        """How many values of a rule are those of a crowd."""
        return f"SELECT count(*) FROM ({self._crowds(at)})"

    def mark_crowd(self, at: int) -> tuple[str, str]:
        """Rows that meet in the value of a crowd are not held together by it.

        That a thousand share an office's phone says nothing, and half a million pairs would be looked at for it.
        """
        self.marked.add(at)
        shared = ", ".join(self.rules[at])
        return (
            f"ALTER TABLE people ADD COLUMN crowd_{at} BOOLEAN",
            f"UPDATE people SET crowd_{at} = true WHERE ({shared}) IN ({self._crowds(at)})",
        )

    def _crowds(self, at: int) -> str:
        shared = ", ".join(self.rules[at])
        told = " AND ".join(f"{name} IS NOT NULL" for name in self.rules[at])
        return f"SELECT {shared} FROM people WHERE {told} GROUP BY {shared} HAVING count(*) > {CROWD}"

    def _meet(self, at: int) -> str:
        """Where two rows meet by a rule."""
        same = [f"l.{name} = r.{name}" for name in self.rules[at]]
        return " AND ".join([*same, f"r.crowd_{at} IS NULL"] if at in self.marked else same)

    def candidates_of_rule(self, at: int, least: float) -> str:
        """Pairs that meet in this rule and in none before it, and could reach ``least`` bits."""
        meet = self._meet(at) + (f' AND l."row" < {self.known} AND r."row" >= {self.known}' if self.known else "")
        earlier = " ".join(f"AND NOT coalesce({self._meet(before)}, false)" for before in range(at))
        found = ", ".join(f"{self._level(part)} AS {part.name}" for part in self.parts)
        kept = ", ".join(part.name for part in self.parts)
        shares = ", ".join(
            f"greatest(l.{name}, r.{name}) AS {name}" for name in (label(part.at, "share") for part in self.shared())
        )
        best = " + ".join([str(self.prior), *(self._bits(part, at_best=True) for part in self.parts)])
        return f"""
            INSERT INTO candidates
            SELECT l, r, {kept} FROM (
                SELECT l."row" AS l, r."row" AS r, {found}{", " + shares if shares else ""}
                FROM people l JOIN people r ON {meet} AND l."row" < r."row" {earlier}
            ) WHERE {best} >= {least} - 1e-6"""

    def _level(self, part: _Part) -> str:
        cases = [f"WHEN {levels.silent_sql(self.model.spec, part.at, _left, _right)} THEN -1"]
        for number, way in enumerate(part.ways):
            if isinstance(way.test, Graded):
                if number == 0:
                    text = label(part.at, "text")
                    cases.append(f"WHEN l.{text} = r.{text} THEN 0")
                    cases.append(f"WHEN true THEN {UNJUDGED}{self._crossed_mark(part)}")
                break
            if way.test is None:
                cases.append(f"ELSE {number}")
            else:
                cases.append(f"WHEN {way.test.sql(part.at, _left, _right)} THEN {number}")
        return f"CAST(CASE {' '.join(cases)} END AS TINYINT)"

    def _crossed_mark(self, part: _Part) -> str:
        """For names not graded yet: ten less where the levels behind the grades hold, so that they need no features."""
        marks = [
            (number, way.test)
            for number, way in enumerate(part.ways)
            if way.test is not None and not isinstance(way.test, Graded)
        ]
        if not marks:
            return ""
        cases = " ".join(f"WHEN {test.sql(part.at, _left, _right)} THEN {10 * number}" for number, test in marks)
        return f" - (CASE {cases} ELSE 0 END)"

    def shared(self) -> list[_Part]:
        """Parts in which how common a value is moves the weight."""
        return [part for part in self.parts if any(part.has_shares(way) for way in part.ways)]

    def _bits(self, part: _Part, *, at_best: bool = False) -> str:
        """The weight of a part's level; ``at_best`` counts what is unjudged as the best that it can be."""
        cases = ["WHEN -1 THEN 0.0"]
        for number, way in enumerate(part.ways):
            cases.append(f"WHEN {number} THEN {self._weight(part, number, way)}")
        if at_best:
            best = ", ".join(self._weight(part, number, way) for number, way in enumerate(part.ways))
            return f"(CASE {part.name} {' '.join(cases)} ELSE greatest({best}) END)"
        return f"(CASE {part.name} {' '.join(cases)} END)"

    def _weight(self, part: _Part, number: int, way: Way) -> str:
        level = part.weight(number)
        if part.has_shares(way):
            return f"({math.log2(level.m)!r} - log2({label(part.at, 'share')}))"
        return f"CAST({level.bits!r} AS DOUBLE)"

    # --- the second pass

    def graded(self) -> list[_Part]:
        """Parts whose names are graded."""
        return [part for part in self.parts if part.is_graded]

    def names_to_judge(self, part: _Part) -> str:
        """The distinct pairs of names that nothing but their grade decides."""
        text = label(part.at, "text")
        return f"""
            SELECT DISTINCT least(a.{text}, b.{text}) AS one, greatest(a.{text}, b.{text}) AS other
            FROM candidates c JOIN people a ON a."row" = c.l JOIN people b ON b."row" = c.r
            WHERE c.{part.name} <= {UNJUDGED}"""

    def weighed(self, least: float) -> str:
        """The candidates with exact levels and weights, the surest first.

        What is looked up among the verdicts stands in columns of its own, null where nothing is: a join on anything
        but equal columns would hold every candidate against every verdict.
        """
        given = [f"c.{part.name}" for part in self.parts]
        joins, chosen = [], []
        for part in self.parts:
            if not part.is_graded:
                chosen.append(f"c.{part.name}")
                continue
            text, table = label(part.at, "text"), f"verdicts_{part.at}"
            for name, end in (("one", "least"), ("other", "greatest")):
                looked = f"CASE WHEN c.{part.name} <= {UNJUDGED} THEN {end}(a.{text}, b.{text}) END"
                given.append(f"{looked} AS {name}_{part.at}")
            joins.append(f"LEFT JOIN {table} ON {table}.one = c.one_{part.at} AND {table}.other = c.other_{part.at}")
            chosen.append(f"{self._judged(part, table)} AS {part.name}")
        shares = [label(part.at, "share") for part in self.shared()]
        given += [f"greatest(a.{name}, b.{name}) AS {name}" for name in shares]
        total = " + ".join([str(self.prior), *(self._bits(part) for part in self.parts)])
        kept = ", ".join(part.name for part in self.parts)
        return f"""
            SELECT l, r, {total} AS bits, {kept} FROM (
                SELECT c.l, c.r, {", ".join([*chosen, *shares])}
                FROM (
                    SELECT c.l, c.r, {", ".join(given)}
                    FROM candidates c JOIN people a ON a."row" = c.l JOIN people b ON b."row" = c.r
                ) c {" ".join(joins)}
            ) WHERE bits >= {least} ORDER BY bits DESC, l, r"""

    def _judged(self, part: _Part, table: str) -> str:
        """The level of a name that was graded: by its grade, else by the mark left in the first pass, else the last."""
        cases = [
            f"WHEN {table}.verdict >= {way.test.least} THEN {number}"
            for number, way in enumerate(part.ways)
            if isinstance(way.test, Graded)
        ]
        later = [
            f"WHEN c.{part.name} = {UNJUDGED - 10 * number} THEN {number}"
            for number, way in enumerate(part.ways)
            if way.test is not None and not isinstance(way.test, Graded)
        ]
        last = len(part.ways) - 1
        return f"CASE WHEN c.{part.name} > {UNJUDGED} THEN c.{part.name} {' '.join(cases + later)} ELSE {last} END"


def _judge_names(connection: duckdb.DuckDBPyConnection, query: _Query, progress: Progress) -> None:
    """Each distinct pair of names that matters is graded once, and stands in a table of verdicts."""
    for part in query.graded():
        pairs = connection.execute(query.names_to_judge(part)).fetchall()
        verdicts = []
        for done, (one, other) in enumerate(pairs):
            if done % 5_000 == 0:
                progress(f"names: {part.column.name}", done, len(pairs))
            verdicts.append(levels.verdict(one, other))
        table = pl.DataFrame(
            {"one": [one for one, _ in pairs], "other": [other for _, other in pairs], "verdict": verdicts},
            schema={"one": pl.String, "other": pl.String, "verdict": pl.Int8},
        )
        connection.register("judged", table.to_arrow())
        connection.execute(f"CREATE TABLE verdicts_{part.at} AS SELECT * FROM judged")
        connection.unregister("judged")


def _told(found: pl.DataFrame, model: Model, keys: pl.Series) -> pl.DataFrame:
    """Keys for rows, codes for the numbers of levels."""
    told = [
        keys.gather(found["l"]).alias("left"),
        keys.gather(found["r"]).alias("right"),
        found.select(
            pl.when(pl.col("bits") >= 0)
            .then(1 / (1 + 2.0 ** -pl.col("bits")))
            .otherwise(2.0 ** pl.col("bits") / (1 + 2.0 ** pl.col("bits")))
            .alias("probability")
        )["probability"],
        found["bits"],
    ]
    for at, column in enumerate(model.spec.columns):
        codes = [levels.MISSING, *(way.code for way in levels.ways(model.spec, at))]
        names = pl.Series(codes, dtype=pl.Enum(codes))
        told.append(names.gather(found[label(at, "level")].cast(pl.Int32) + 1).alias(f"level: {column.name}"))
    return pl.DataFrame(told)


def count_pairs(frame: pl.DataFrame, rule: Sequence[str]) -> int:
    """How many pairs of rows meet in a rule, features named by their labels."""
    sizes = frame.select(rule).drop_nulls().group_by(rule).len()["len"].cast(pl.Int64)
    return int((sizes * (sizes - 1) // 2).sum() or 0)
