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

from streha.common.errors import BadInput, message
from streha.engine import names
from streha.engine.linkage.model import NAMES, Column, Kind, Spec, Spelling

Value = str | int | tuple[str, ...] | None
Features = dict[str, Value]

# Part -> type. The first part is empty exactly where the value says nothing.
PARTS: Final[Mapping[Kind, Mapping[str, type]]] = {
    **{kind: {"text": str, "key": str, "bones": str, "head": str} for kind in NAMES},
    Kind.DATE: {"year": int, "month": int, "day": int, "digits": str, "either": str, "birthday": str},
    Kind.PLACE: {"key": str, "head": str},
    Kind.IDENTIFIER: {"value": str, "head": str, "tail": str},
    Kind.PHONE: {"value": str, "head": str, "tail": str},
    Kind.SEX: {"value": str},
    Kind.TEXT: {"value": str, "head": str},
    Kind.HOUSEHOLD: {"company": tuple, "home": str},
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
    given, born = member_columns(spec)
    if given is None:
        return None
    features = of_record({name: value for name, value in record.items() if name != _household_name(spec)}, spec)
    key = features[label(given, "key")]
    year = features[label(born, "year")] if born is not None else None
    return None if key is None else f"{key}:{'' if year is None else year}"


def _household_name(spec: Spec) -> str | None:
    at = spec.first(Kind.HOUSEHOLD)
    return None if at is None else spec.columns[at].name


def member_columns(spec: Spec) -> tuple[int | None, int | None]:
    given = spec.first(Kind.GIVEN)
    return (given if given is not None else spec.first(Kind.FULL)), spec.first(Kind.DATE)


def missing_columns(columns: Iterable[str], spec: Spec) -> list[str]:
    """Names that are declared but not among the columns of a list."""
    have = set(columns)
    wanted = (name for column in spec.columns for name in (column.name, column.precision) if name)
    return [name for name in wanted if name not in have]
