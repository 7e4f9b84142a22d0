"""The features of a whole list at once: what ``features`` makes of one value, for each distinct value of a column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from streha.common.errors import BadInput, message
from streha.engine.linkage import features
from streha.engine.linkage.features import PARTS, label
from streha.engine.linkage.model import Column, Kind, Spec, Spelling

_TYPES: Final[Mapping[type, Any]] = {str: pl.String(), int: pl.Int32(), tuple: pl.List(pl.String())}


def of_frame(records: pl.DataFrame, spec: Spec) -> pl.DataFrame:
    """The features of every row, in its order, each distinct value prepared once.

    Raises ``BadInput`` when a declared column is missing.
    """
    have = set(records.columns)
    for column in spec.columns:
        for name in filter(None, (column.name, column.precision)):
            if name not in have:
                raise BadInput(
                    message("There is no column {column}. The columns are: {columns}."),
                    code="no_column",
                    column=name,
                    columns=", ".join(records.columns),
                )
    parts = [
        _column_features(records, at, column, spec.spelling)
        for at, column in enumerate(spec.columns)
        if column.kind is not Kind.HOUSEHOLD
    ]
    frame = pl.concat(parts, how="horizontal") if parts else pl.DataFrame()
    for at, column in enumerate(spec.columns):
        if column.kind is Kind.HOUSEHOLD:
            home = records[column.name].cast(pl.String).replace("", None)
            company = _company(home, frame, spec)
            frame = frame.with_columns(company.alias(label(at, "company")), home.alias(label(at, "home")))
    return frame


def _column_features(records: pl.DataFrame, at: int, column: Column, spelling: Spelling) -> pl.DataFrame:
    if column.kind in _AT_ONCE:
        return _numbers_at_once(records[column.name].cast(pl.String).fill_null(""), at, _AT_ONCE[column.kind])
    written = pl.DataFrame(
        {
            "value": records[column.name].cast(pl.String).fill_null(""),
            "precision": records[column.precision].cast(pl.String).fill_null("") if column.precision else "",
        }
    )
    distinct = written.unique()
    prepared = [features.of_value(column, spelling, value, precision) for value, precision in distinct.iter_rows()]
    typed = {part: _TYPES[type_] for part, type_ in PARTS[column.kind].items()}
    found = pl.DataFrame(prepared, schema=typed).rename({part: label(at, part) for part in typed})
    keyed = pl.concat([distinct, found], how="horizontal")
    return written.join(keyed, on=["value", "precision"], how="left", maintain_order="left").drop("value", "precision")


# Nearly every number of a list is another: they are prepared all at once, as ``_identifier`` and ``_phone`` do it.
_AT_ONCE: Final[Mapping[Kind, pl.Expr]] = {
    Kind.IDENTIFIER: pl.col("value").str.replace_all(r"[^\p{L}\p{N}]+", "").str.to_uppercase(),
    Kind.PHONE: pl.col("value").str.replace_all(r"\D+", "").str.tail(features.PHONE_DIGITS),
}


def _numbers_at_once(written: pl.Series, at: int, plain: pl.Expr) -> pl.DataFrame:
    half = pl.col("value").str.len_chars() // 2
    ends = {"value": pl.col("value"), "head": pl.col("value").str.head(half), "tail": pl.col("value").str.slice(half)}
    found = pl.DataFrame({"value": written}).select(plain).select(**ends)
    return found.select(pl.when(pl.col(part) != "").then(pl.col(part)).alias(label(at, part)) for part in ends)


def _company(household: pl.Series, frame: pl.DataFrame, spec: Spec) -> pl.Series:
    """For each row the keys of who else lives in its household; null where that is nobody, or nobody knows."""
    given, born = features.member_columns(spec)
    if given is None:
        return pl.Series("company", [None] * len(household), dtype=_TYPES[tuple])
    year = pl.col(label(born, "year")).cast(pl.String).fill_null("") if born is not None else pl.lit("")
    rows = frame.select(member=pl.col(label(given, "key")) + pl.lit(":") + year).with_columns(home=household)
    homes = rows.drop_nulls().group_by("home").agg(members=pl.col("member").unique().sort())
    joined = rows.join(homes, on="home", how="left", maintain_order="left")
    own = pl.concat_list(pl.col("member"))
    others = joined.select(
        company=pl.when(pl.col("member").is_null())
        .then(pl.col("members"))
        .otherwise(pl.col("members").list.set_difference(own))
    )
    return others.select(pl.when(pl.col("company").list.len() > 0).then(pl.col("company").list.sort()))["company"]
