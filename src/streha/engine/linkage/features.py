"""What is prepared of each value before two are compared: keys, parts of dates, digits, the company of a household.

The same functions serve a whole list (each distinct value once) and a single record, so that the live check and a run
over a million rows cannot disagree. Parts are what blocking rules may name.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import polars as pl

from streha.common.errors import BadInput, message
from streha.engine import names
from streha.engine.linkage.model import NAMES, Column, Kind, Spec, Spelling

Value = str | int | tuple[str, ...] | None
Features = dict[str, Value]

TEXT, NUMBER, LIST = pl.String(), pl.Int32(), pl.List(pl.String())

# Part -> type. The first part is empty exactly where the value says nothing.
PARTS: Final[Mapping[Kind, Mapping[str, pl.DataType]]] = {
    **{kind: {"text": TEXT, "key": TEXT, "bones": TEXT, "head": TEXT} for kind in NAMES},
    Kind.DATE: {"year": NUMBER, "month": NUMBER, "day": NUMBER, "digits": TEXT, "either": TEXT, "birthday": TEXT},
    Kind.PLACE: {"key": TEXT, "head": TEXT},
    Kind.IDENTIFIER: {"value": TEXT, "head": TEXT, "tail": TEXT},
    Kind.PHONE: {"value": TEXT, "head": TEXT, "tail": TEXT},
    Kind.SEX: {"value": TEXT},
    Kind.TEXT: {"value": TEXT, "head": TEXT},
    Kind.HOUSEHOLD: {"company": LIST, "home": TEXT},
}

_SPACE: Final = re.compile(r"\s+")
_NOT_ALNUM: Final = re.compile(r"[\W_]+")
_NOT_DIGIT: Final = re.compile(r"\D+")
_VOWEL: Final = re.compile(r"(?<=.)[aeiou]")
_TWICE: Final = re.compile(r"(.)\1+")
PHONE_DIGITS: Final = 8  # what is left of a number when country and trunk prefix are written in many ways


def label(at: int, part: str) -> str:
    """The name of a feature column: the place of its column in the declaration, so that any heading will do."""
    return f"c{at}_{part}"


def feature(spec: Spec, name: str) -> str:
    """The feature column that ``column:part`` of a blocking rule means."""
    column, _, part = name.rpartition(":")
    found = spec.column(column)
    if part not in PARTS[found.kind] or found.kind is Kind.HOUSEHOLD:
        raise BadInput(
            message("{rule}: a {kind} has no part {part}. It has: {parts}."),
            code="no_such_part",
            rule=name,
            kind=found.kind.value,
            part=part,
            parts=", ".join(PARTS[found.kind]),
        )
    return label(spec.columns.index(found), part)


# --- one value ------------------------------------------------------------------------------------------------------


def of_value(column: Column, spelling: Spelling, value: str, precision: str = "") -> Features:
    """The parts of one written value."""
    if column.kind is Kind.DATE:
        return _date(value, precision)
    return _PREPARE[column.kind](value, spelling)


@lru_cache(maxsize=65_536)
def _name_parts(value: str, spelling: Spelling) -> tuple[str | None, str | None, str | None, str | None]:
    if spelling is Spelling.REGION:
        key = " ".join(filter(None, map(names.fold, names.tokens(value))))
        text = value.strip() if key else ""
    else:
        key = text = " ".join(re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", value).lower()))
    bones = _TWICE.sub(r"\1", _VOWEL.sub("", key.replace(" ", "")))
    return text or None, key or None, bones or None, key[:3] or None


def _name(value: str, spelling: Spelling) -> Features:
    return dict(zip(("text", "key", "bones", "head"), _name_parts(value, spelling), strict=True))


def _place(value: str, spelling: Spelling) -> Features:
    key = names.place_key(value) if spelling is Spelling.REGION else _squeezed(value)
    return {"key": key or None, "head": key[:3] or None}


def _identifier(value: str, _: Spelling) -> Features:
    return _ends(_NOT_ALNUM.sub("", value).upper())


def _phone(value: str, _: Spelling) -> Features:
    return _ends(_NOT_DIGIT.sub("", value)[-PHONE_DIGITS:])


def _ends(value: str) -> Features:
    half = len(value) // 2
    return {"value": value or None, "head": value[:half] or None, "tail": value[half:] or None}


_SEXES: Final = {
    **dict.fromkeys(("m", "male", "man", "mashkull", "muški", "muski", "м", "мушки", "1"), "m"),
    **dict.fromkeys(("f", "female", "woman", "femër", "femer", "ženski", "zenski", "ж", "женски", "ž", "z", "2"), "f"),
}


def _sex(value: str, _: Spelling) -> Features:
    return {"value": _SEXES.get(value.strip().lower())}


def _text(value: str, _: Spelling) -> Features:
    plain = _squeezed(value)
    return {"value": plain or None, "head": plain[:4] or None}


def _squeezed(value: str) -> str:
    return _SPACE.sub(" ", unicodedata.normalize("NFC", value).lower()).strip()


_PREPARE: Final[Mapping[Kind, Callable[[str, Spelling], Features]]] = {
    **dict.fromkeys(NAMES, _name),
    Kind.PLACE: _place,
    Kind.IDENTIFIER: _identifier,
    Kind.PHONE: _phone,
    Kind.SEX: _sex,
    Kind.TEXT: _text,
}

_ISO: Final = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:[T ].*)?")
_DAY_FIRST: Final = re.compile(r"(?:(\d{1,2})[./-])?(\d{1,2})[./-](\d{4})\.?")
_EIGHT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")


def _date(value: str, precision: str) -> Features:
    """Year, month and day as written; a day that no calendar has is kept, since a slip of the pen is what we look for.

    ``either`` is the day with month and day in order of size, so that an exchange of the two still meets.
    """
    year, month, day = _written_date(value.strip())
    if precision in ("year", "estimate"):
        month = day = None
    elif precision == "month":
        day = None
    full = year is not None and month is not None and day is not None
    return {
        "year": year,
        "month": month,
        "day": day,
        "digits": f"{year:04d}{month:02d}{day:02d}" if full else None,
        "either": f"{year:04d}{min(month, day):02d}{max(month, day):02d}" if full else None,  # type: ignore[type-var]
        "birthday": f"{month:02d}{day:02d}" if full else None,
    }


def _written_date(value: str) -> tuple[int | None, int | None, int | None]:
    for pattern, order in ((_EIGHT, (0, 1, 2)), (_ISO, (0, 1, 2)), (_DAY_FIRST, (2, 1, 0))):
        if found := pattern.fullmatch(value):
            year, month, day = (int(found.groups()[at]) if found.groups()[at] else None for at in order)
            return year, month, day
    return None, None, None


# --- one record -----------------------------------------------------------------------------------------------------

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Company:
    """What is known of a record's household: who else lives there, by ``member_key``, and what tells it from others."""

    others: tuple[str, ...] = ()
    home: str | None = None


def of_record(record: Record, spec: Spec) -> Features:
    """The features of one record by their labels.

    ``record`` maps names of columns to values: text, a date, a number, None; for a household its ``Company``.
    """
    found: Features = {}
    for at, column in enumerate(spec.columns):
        value = record.get(column.name)
        parts: Features
        if column.kind is Kind.HOUSEHOLD:
            parts = _household(value)
        else:
            precision = _written(record.get(column.precision)) if column.precision else ""
            parts = of_value(column, spec.spelling, _written(value), precision)
        found |= {label(at, part): content for part, content in parts.items()}
    return found


def _household(value: Company | None) -> Features:
    return {
        "company": tuple(sorted(set(value.others))) or None if value else None,
        "home": value.home or None if value else None,
    }


def _written(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def member_key(record: Record, spec: Spec) -> str | None:
    """By what a member of a household is known again there: the key of the given name with the year of birth."""
    given, born = _member_columns(spec)
    if given is None:
        return None
    features = of_record({name: value for name, value in record.items() if name != _household_name(spec)}, spec)
    key = features[label(given, "key")]
    year = features[label(born, "year")] if born is not None else None
    return None if key is None else f"{key}:{'' if year is None else year}"


def _household_name(spec: Spec) -> str | None:
    at = spec.first(Kind.HOUSEHOLD)
    return None if at is None else spec.columns[at].name


def _member_columns(spec: Spec) -> tuple[int | None, int | None]:
    given = spec.first(Kind.GIVEN)
    return (given if given is not None else spec.first(Kind.FULL)), spec.first(Kind.DATE)


# --- a whole list ---------------------------------------------------------------------------------------------------


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
    parts = PARTS[column.kind]
    prepared = [of_value(column, spelling, value, precision) for value, precision in distinct.iter_rows()]
    found = pl.DataFrame(prepared, schema=dict(parts)).rename({part: label(at, part) for part in parts})
    keyed = pl.concat([distinct, found], how="horizontal")
    return written.join(keyed, on=["value", "precision"], how="left", maintain_order="left").drop("value", "precision")


# Nearly every number of a list is another: they are prepared all at once, as ``_identifier`` and ``_phone`` do it.
_AT_ONCE: Final[Mapping[Kind, pl.Expr]] = {
    Kind.IDENTIFIER: pl.col("value").str.replace_all(r"[^\p{L}\p{N}]+", "").str.to_uppercase(),
    Kind.PHONE: pl.col("value").str.replace_all(r"\D+", "").str.tail(PHONE_DIGITS),
}


def _numbers_at_once(written: pl.Series, at: int, plain: pl.Expr) -> pl.DataFrame:
    half = pl.col("value").str.len_chars() // 2
    ends = {"value": pl.col("value"), "head": pl.col("value").str.head(half), "tail": pl.col("value").str.slice(half)}
    found = pl.DataFrame({"value": written}).select(plain).select(**ends)
    return found.select(pl.when(pl.col(part) != "").then(pl.col(part)).alias(label(at, part)) for part in ends)


def _company(household: pl.Series, features: pl.DataFrame, spec: Spec) -> pl.Series:
    """For each row the keys of who else lives in its household; null where that is nobody, or nobody knows."""
    given, born = _member_columns(spec)
    if given is None:
        return pl.Series("company", [None] * len(household), dtype=LIST)
    year = pl.col(label(born, "year")).cast(pl.String).fill_null("") if born is not None else pl.lit("")
    rows = features.select(member=pl.col(label(given, "key")) + pl.lit(":") + year).with_columns(home=household)
    homes = rows.drop_nulls().group_by("home").agg(members=pl.col("member").unique().sort())
    joined = rows.join(homes, on="home", how="left", maintain_order="left")
    own = pl.concat_list(pl.col("member"))
    others = joined.select(
        company=pl.when(pl.col("member").is_null())
        .then(pl.col("members"))
        .otherwise(pl.col("members").list.set_difference(own))
    )
    return others.select(pl.when(pl.col("company").list.len() > 0).then(pl.col("company").list.sort()))["company"]


def missing_columns(columns: Iterable[str], spec: Spec) -> list[str]:
    """Names that are declared but not among the columns of a list."""
    have = set(columns)
    wanted = (name for column in spec.columns for name in (column.name, column.precision) if name)
    return [name for name in wanted if name not in have]
