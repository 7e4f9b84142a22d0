"""``streha linkage``: find records that may be one person in any CSV or Parquet file, without a database."""

from __future__ import annotations

import json
import sys
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from streha.common.errors import BadInput, message

ROW = "row"


@click.group(name="linkage")
def group() -> None:
    """Find records that may be one person."""


@group.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="TOML file that says of what kind each column is.",
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for the tables; made if new."
)
@click.option(
    "--model",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Weights learnt before (model.json); learnt from FILE if not given.",
)
def dedupe(file: Path, config: Path, out: Path, model: Path | None) -> None:
    """Find doubles in FILE (CSV or Parquet).

    Writes pairs.csv (left, right, probability), clusters.csv (record, cluster) and model.json (the weights and on what
    they were learnt). The declared columns are compared; all others are left alone.

    Example: streha linkage dedupe people.csv --config people.toml --out doubles
    """
    import polars as pl

    from streha.engine import linkage

    steps = _Steps()
    asked = read_config(config)
    records = read_table(file)
    key = asked.id or ROW
    if not asked.id:
        records = records.with_columns(pl.int_range(1, pl.len() + 1).alias(ROW))
    if model is not None:
        weights = read_model(model)
    else:
        weights = linkage.learn(
            records,
            asked.spec(),
            asked.seed,
            source=file.name,
            date=datetime.now(UTC).date().isoformat(),
            person=asked.person or None,
            progress=steps,
        )
    pairs = linkage.score(records, weights, asked.threshold, key=key, progress=steps)
    clusters = every_record(records[key], linkage.clusters(pairs, asked.threshold))
    out.mkdir(parents=True, exist_ok=True)
    pairs.select("left", "right", "probability").write_csv(out / "pairs.csv", float_precision=9)
    clusters.write_csv(out / "clusters.csv")
    (out / "model.json").write_text(_json(linkage.to_plain(weights)), encoding="utf-8")
    steps.end()
    people = clusters["cluster"].n_unique()
    click.echo(f"{records.height:,} records, {pairs.height:,} pairs from {asked.threshold:g} on, {people:,} people")
    for name in ("pairs.csv", "clusters.csv", "model.json"):
        click.echo(f"wrote {out / name}")


# --- what was asked -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Config:
    """What the TOML file says."""

    columns: Mapping[str, Any]
    id: str = ""
    spelling: str = "region"
    blocking: tuple[tuple[str, ...], ...] = ()
    threshold: float = 0.5
    seed: int = 1
    person: str = ""

    def spec(self) -> Any:
        """The declaration of the columns. Raises ``BadInput`` for a kind or a spelling that there is not."""
        from streha.engine.linkage import Column, Spec, Spelling

        spelling = _one_of(Spelling, self.spelling, "spelling")
        return Spec(tuple(Column(*_column(name, said)) for name, said in self.columns.items()), spelling, self.blocking)


def _column(name: str, said: Any) -> tuple[str, Any, str]:
    from streha.engine.linkage import Kind

    if isinstance(said, str):
        return name, _one_of(Kind, said, name), ""
    if not isinstance(said, dict) or "kind" not in said or set(said) - {"kind", "precision"}:
        raise BadInput(
            message('Column {column}: write its kind, as in {column} = "date", or {{ kind, precision }}.'),
            code="bad_column",
            column=name,
        )
    return name, _one_of(Kind, said["kind"], name), str(said.get("precision", ""))


def _one_of(codes: Any, said: Any, name: str) -> Any:
    try:
        return codes(said)
    except ValueError:
        raise BadInput(
            message("{column}: there is no {value}. There are: {values}."),
            code="no_such_kind",
            column=name,
            value=said,
            values=", ".join(code.value for code in codes),
        )


def read_config(path: Path) -> Config:
    """The TOML file. Raises ``BadInput`` where it is not TOML, or says what means nothing."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(message("{file} is not TOML: {problem}"), code="not_toml", file=path.name, problem=str(error))
    known = {field.name for field in fields(Config)}
    if strange := sorted(set(said) - known):
        raise BadInput(
            message("{file}: {key} means nothing here. What may stand there: {keys}."),
            code="unknown_key",
            file=path.name,
            key=strange[0],
            keys=", ".join(sorted(known)),
        )
    columns = said.get("columns")
    if not isinstance(columns, dict) or not columns:
        raise BadInput(
            message('{file} declares no columns. Write a table [columns] with lines such as surname = "family name".'),
            code="no_columns",
            file=path.name,
        )
    return Config(**said | {"blocking": _blocking(path, said), "threshold": _threshold(path, said)})


def _blocking(path: Path, said: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    rules = said.get("blocking", [])
    if not all(isinstance(rule, list) and rule and all(isinstance(one, str) for one in rule) for rule in rules):
        raise BadInput(
            message('{file}: blocking is a list of lists, as in blocking = [["surname:key", "born:year"]].'),
            code="bad_blocking",
            file=path.name,
        )
    return tuple(tuple(rule) for rule in rules)


def _threshold(path: Path, said: Mapping[str, Any]) -> float:
    threshold = said.get("threshold", 0.5)
    if not isinstance(threshold, int | float) or not 0 < threshold <= 1:
        raise BadInput(
            message("{file}: threshold {value} is no probability. Write a number above 0, at most 1."),
            code="bad_threshold",
            file=path.name,
            value=threshold,
        )
    return float(threshold)


def read_model(path: Path) -> Any:
    """Weights written by an earlier run. Raises ``BadInput`` where the file holds none."""
    from streha.engine import linkage

    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadInput(message("{file} is not JSON: {problem}"), code="not_json", file=path.name, problem=str(error))
    return linkage.from_plain(plain)


# --- tables ---------------------------------------------------------------------------------------------------------


def read_table(path: Path) -> Any:
    """A CSV or Parquet file as columns of text, told apart by content. Raises ``BadInput`` where it is neither."""
    import polars as pl

    with path.open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    try:
        table = pl.read_parquet(path) if is_parquet else pl.read_csv(path, infer_schema=False, separator=_mark(path))
    except pl.exceptions.NoDataError:
        raise BadInput(message("{file} is empty."), code="empty_file", file=path.name)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise BadInput(
            message("{file} is neither CSV in UTF-8 nor Parquet: {problem}"),
            code="not_a_table",
            file=path.name,
            problem=str(error).partition("\n")[0],
        )
    if not table.height:
        raise BadInput(message("{file} has no rows below its headings."), code="no_rows", file=path.name)
    return table


def _mark(path: Path) -> str:
    with path.open(encoding="utf-8-sig") as file:
        heading = file.readline()
    return max(",;\t", key=heading.count)


def every_record(keys: Any, clusters: Any) -> Any:
    """Each record with the number of its cluster, in the order of the file; who is alone has a number alone."""
    import polars as pl

    known = keys.alias("record").to_frame().join(clusters, on="record", how="left", maintain_order="left")
    last = clusters["cluster"].max() or 0
    alone = pl.col("cluster").is_null().cum_sum() + last
    return known.with_columns(cluster=pl.col("cluster").fill_null(alone.cast(pl.Int64)))


def _json(plain: dict[str, Any]) -> str:
    return json.dumps(plain, ensure_ascii=False, indent=1) + "\n"


class _Steps:
    """What is being done, on standard error: one line that moves where a person looks, one line a step elsewhere."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.step = ""
        self.shown = sys.stderr.isatty()

    def __call__(self, step: str, done: int, of: int) -> None:
        seconds = time.monotonic() - self.started
        if self.shown:
            click.echo(f"\r\033[K{seconds:6.1f} s  {step} {done:,} of {of:,}", err=True, nl=False)
        elif step != self.step:
            click.echo(f"{seconds:6.1f} s  {step}", err=True)
        self.step = step

    def end(self) -> None:
        """The moving line is done."""
        if self.shown and self.step:
            click.echo(err=True)
