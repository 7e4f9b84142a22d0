"""The reference files of places: areas, settlements, tiles, observations and facilities as CSV, read to values.

Any country describes itself in these files; ``docs/reference/place-files.md`` names every column. A row that breaks
a rule becomes a ``Problem`` and the others go on.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar

from streha.common.errors import BadInput, message
from streha.formats import csv_table

KINDS = ("country", "region", "municipality", "settlement")
_NAME_COLUMN = re.compile(r"name_([a-z]{2,3})(?:_([A-Z][a-z]{3}))?")
_TAGGED_NAME = re.compile(r"([a-z]{2,3})(?:-([A-Z][a-z]{3}))?:(.+)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_VINTAGE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_UNVERIFIED = re.compile(r"unverified_form(?::([a-z]{2,3}))?")
_LONGEST_NAME = 120
_ID_COLUMN = re.compile(r"[a-z][a-z0-9-]{0,37}_id")
_SCHEMES = {"gn": "geonames", "wd": "wikidata"}  # what gazetteers call their columns -> the scheme


@dataclass(frozen=True)
class Problem:
    """What is wrong with one row: where, a stable code, and an English template with its details."""

    row: int
    column: str
    value: str
    code: str
    template: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def values(self) -> dict[str, Any]:
        """What fills the template."""
        return {"row": self.row, "column": self.column, "value": self.value, **self.details}

    def english(self) -> str:
        return self.template.format(**self.values())


@dataclass(frozen=True)
class Name:
    language: str
    script: str
    name: str
    is_official: bool = True
    verified: bool = True


@dataclass(frozen=True)
class AreaRow:
    row: int
    kind: str
    scheme: str
    code: str
    parent: tuple[str, str] | None
    names: tuple[Name, ...]
    codes: tuple[tuple[str, str], ...]
    area_km2: Decimal | None
    lon: float | None
    lat: float | None
    source: str
    since: dt.date | None = None
    until: dt.date | None = None


@dataclass(frozen=True)
class SettlementRow:
    """A settlement before anybody knows which area it belongs to; ``municipality`` is a code or a name, or empty."""

    row: int
    scheme: str
    code: str
    municipality: str
    names: tuple[Name, ...]
    codes: tuple[tuple[str, str], ...]
    lon: float | None
    lat: float | None
    source: str


@dataclass(frozen=True)
class TileRow:
    row: int
    scheme: str
    code: str
    column: int
    line: int
    tag: str


@dataclass(frozen=True)
class ObservationRow:
    row: int
    scheme: str
    code: str
    indicator: str
    period_start: dt.date
    period_end: dt.date
    group: str
    value: Decimal
    unit: str
    basis: str
    note: str
    source: str
    vintage: str


@dataclass(frozen=True)
class FacilityRow:
    row: int
    scheme: str
    code: str
    kind: str
    name: str
    name_other: str
    area: tuple[str, str]
    lon: float | None
    lat: float | None
    capacity: int | None
    source: str
    until: dt.date | None = None


@dataclass(frozen=True)
class IndicatorRow:
    row: int
    code: str
    label_en: str
    label_sq: str
    label_sr: str
    label_sr_latn: str


R = TypeVar("R")


@dataclass(frozen=True)
class Rows(Generic[R]):
    """The rows that can be used, and what is wrong with the others."""

    good: tuple[R, ...]
    problems: tuple[Problem, ...]


class _BadCell(Exception):
    """One cell breaks a rule; becomes a Problem of its row."""

    def __init__(self, column: str, value: str, code: str, template: str, **details: Any) -> None:
        super().__init__(code)
        self.column, self.value, self.code, self.template, self.details = column, value, code, template, details


def areas(data: bytes, *, name: str) -> Rows[AreaRow]:
    """Areas of any kind with their names, codes and parents."""
    table = csv_table.read(data, name=name, required=("kind", "scheme", "code", "source"))
    if not any(_NAME_COLUMN.fullmatch(column) for column in table.columns):
        raise BadInput(
            message("{file}: no column of names. Call them name_ and the language, as in name_sq or name_sr_Cyrl."),
            code="heading_missing",
            file=name,
        )
    return _read(table, _area)


def settlements(data: bytes, *, name: str, source: str) -> Rows[SettlementRow]:
    """Settlements as gazetteers list them: names, a point or a municipality, numbers in columns like ``gn_id``.

    ``source`` stands for rows that name none themselves.
    """
    table = csv_table.read(data, name=name, required=())
    if not any(column == "name" or _NAME_COLUMN.fullmatch(column) for column in table.columns):
        raise BadInput(
            message("{file}: the column “{column}” is missing. Found: {found}."),
            code="heading_missing",
            file=name,
            column="name",
            found=", ".join(table.columns)[:300],
        )
    numbered = tuple(c for c in table.columns if _ID_COLUMN.fullmatch(c))
    return _read(table, lambda row: _settlement(row, numbered, source))


def tiles(data: bytes, *, name: str) -> Rows[TileRow]:
    """Cells of a tile map: column and row from the top left, beginning at 1."""
    return _read(csv_table.read(data, name=name, required=("scheme", "code", "column", "row", "tag")), _tile)


def observations(data: bytes, *, name: str) -> Rows[ObservationRow]:
    """Figures in long form, one a row."""
    required = ("area_scheme", "area_code", "indicator", "period_start", "period_end", "value", "unit", "basis")
    return _read(csv_table.read(data, name=name, required=(*required, "source", "vintage")), _observation)


def facilities(data: bytes, *, name: str) -> Rows[FacilityRow]:
    """Schools, health centres, shelters, collective centres."""
    required = ("scheme", "code", "kind", "name", "area_scheme", "area_code", "source")
    return _read(csv_table.read(data, name=name, required=required), _facility)


def indicators(data: bytes, *, name: str) -> Rows[IndicatorRow]:
    """Labels of indicators."""
    return _read(csv_table.read(data, name=name, required=("code", "label_en")), _indicator)


def _read(table: csv_table.Table, parse: Callable[[csv_table.Row], R]) -> Rows[R]:
    good: list[R] = []
    problems: list[Problem] = []
    for row in table.rows:
        try:
            _check_characters(row)
            good.append(parse(row))
        except _BadCell as bad:
            problems.append(Problem(row.number, bad.column, bad.value, bad.code, bad.template, bad.details))
    return Rows(tuple(good), tuple(problems))


def _check_characters(row: csv_table.Row) -> None:
    for column, cell in row.cells.items():
        if _CONTROL.search(cell):
            raise _BadCell(
                column,
                _CONTROL.sub("�", cell),
                "control_character",
                message("row {row}, {column}: “{value}” holds an invisible control character. Type it again."),
            )


def _area(row: csv_table.Row) -> AreaRow:
    kind = one_of(row, "kind", KINDS)
    lon, lat = point(row)
    since, until = (_date(row, column) if row[column] else None for column in ("since", "until"))
    if since and until and until < since:
        raise _BadCell(
            "until",
            row["until"],
            "period_order",
            message("row {row}: the period ends ({value}) before it starts ({start})."),
            start=row["since"],
        )
    parent = (row["parent_scheme"], row["parent_code"])
    if kind != "country" and not all(parent):
        raise _BadCell(
            "parent_code",
            row["parent_code"],
            "parent_missing",
            message("row {row}: a {kind} needs parent_scheme and parent_code."),
            kind=kind,
        )
    return AreaRow(
        row=row.number,
        kind=kind,
        scheme=needed(row, "scheme", 40),
        code=needed(row, "code", 60),
        parent=parent if kind != "country" else None,
        names=_names(row),
        codes=_codes(row),
        area_km2=_positive(row, "area_km2"),
        lon=lon,
        lat=lat,
        source=needed(row, "source", 400),
        since=since,
        until=until,
    )


def _names(row: csv_table.Row) -> tuple[Name, ...]:
    status = row["name_status"] or "verified"
    unverified = _UNVERIFIED.fullmatch(status)
    if status != "verified" and not unverified:
        raise _BadCell(
            "name_status",
            status,
            "name_status_unknown",
            message("row {row}, name_status: “{value}” is not verified, unverified_form or unverified_form:sr."),
        )
    doubtful = (unverified[1] or "*") if unverified else ""
    found = [
        Name(form[1], form[2] or "Latn", needed(row, column, _LONGEST_NAME), True, doubtful not in ("*", form[1]))
        for column, cell in row.cells.items()
        if cell and (form := _NAME_COLUMN.fullmatch(column))
    ]
    if not found:
        raise _BadCell("name", "", "name_missing", message("row {row}: no name in any language."))
    known = {(n.language, n.script, n.name) for n in found}
    for text in filter(None, (part.strip() for part in row["variants"].split("|"))):
        variant = _variant(text)
        if (variant.language, variant.script, variant.name) not in known:
            known.add((variant.language, variant.script, variant.name))
            found.append(variant)
    return tuple(found)


def _variant(text: str) -> Name:
    tagged = _TAGGED_NAME.fullmatch(text)
    language, script, name = (tagged[1], tagged[2], tagged[3].strip()) if tagged else ("und", None, text)
    if len(name) > _LONGEST_NAME:
        raise _BadCell(
            "variants",
            name[:60],
            "too_long",
            message("row {row}, {column}: “{value}…” is longer than {limit} characters."),
            limit=_LONGEST_NAME,
        )
    return Name(language, script or script_of(name), name, False, False)


def script_of(text: str) -> str:
    """ISO 15924 of the first letter that tells: Cyrl, Latn, or Zyyy.

    >>> script_of('Пећ'), script_of('Peć'), script_of('12')
    ('Cyrl', 'Latn', 'Zyyy')
    """
    for letter in text:
        if "\u0400" <= letter <= "\u052f":
            return "Cyrl"
        if letter.isalpha() and letter < "\u0250":
            return "Latn"
    return "Zyyy"


def _codes(row: csv_table.Row) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for part in filter(None, (part.strip() for part in row["codes"].split("|"))):
        scheme, sign, code = part.partition("=")
        if not (sign and scheme.strip() and code.strip()) or len(scheme) > 40 or len(code) > 60:
            raise _BadCell(
                "codes",
                part,
                "code_form",
                message("row {row}, codes: “{value}” is not scheme=code, as in geonames=786714."),
            )
        found.append((scheme.strip(), code.strip()))
    return tuple(found)


def _settlement(row: csv_table.Row, numbered: tuple[str, ...], source: str) -> SettlementRow:
    lon, lat = point(row)
    names = _settlement_names(row)
    codes = [(_SCHEMES.get(c.removesuffix("_id"), c.removesuffix("_id")), row[c]) for c in numbered if row[c]]
    codes += _codes(row)
    if row["scheme"] and row["code"]:
        codes.insert(0, (limited(row, "scheme", 40), limited(row, "code", 60)))
    municipality = row["municipality_code"] or row["municipality"]
    if lon is None and not municipality:
        raise _BadCell(
            "municipality",
            "",
            "settlement_nowhere",
            message("row {row}: a settlement needs a point (lon, lat) or a municipality."),
        )
    scheme, code = codes[0] if codes else ("", "")
    source = limited(row, "source", 400) or source
    return SettlementRow(row.number, scheme, code, municipality, names, tuple(codes[1:]), lon, lat, source)


def _settlement_names(row: csv_table.Row) -> tuple[Name, ...]:
    """Names by language; the plain ``name`` stands for the official one only where no language is known.

    A gazetteer is no official source, so every form is unverified unless ``name_status`` says otherwise.
    """
    status = row["name_status"] == "verified"
    found: list[Name] = []
    for column, cell in row.cells.items():
        form = _NAME_COLUMN.fullmatch(column)
        if cell and form:
            found.append(Name(form[1], form[2] or script_of(cell), limited(row, column, _LONGEST_NAME), True, status))
    plain = limited(row, "name", _LONGEST_NAME)
    variants = [_variant(text) for text in filter(None, (part.strip() for part in row["variants"].split("|")))]
    if plain:
        official = not any(n.language in ("sq", "sr") for n in found)
        variants.insert(0, Name("und", script_of(plain), plain, official, False))
    known = {n.name for n in found}
    for name in variants:
        if name.name not in known:
            known.add(name.name)
            found.append(name)
    if not found:
        raise _BadCell("name", "", "name_missing", message("row {row}: no name in any language."))
    return tuple(found)


def _tile(row: csv_table.Row) -> TileRow:
    tag = needed(row, "tag", 4)
    column, line = _whole(row, "column", 1, 99), _whole(row, "row", 1, 99)
    return TileRow(row.number, needed(row, "scheme", 40), needed(row, "code", 60), column, line, tag)


def _observation(row: csv_table.Row) -> ObservationRow:
    start, end = _date(row, "period_start"), _date(row, "period_end")
    if end < start:
        raise _BadCell(
            "period_end",
            row["period_end"],
            "period_order",
            message("row {row}: the period ends ({value}) before it starts ({start})."),
            start=row["period_start"],
        )
    vintage = needed(row, "vintage", 10)
    if not _VINTAGE.fullmatch(vintage):
        raise _BadCell(
            "vintage",
            vintage,
            "vintage_form",
            message("row {row}, vintage: “{value}” is not a year, a month or a day, as in 2024 or 2024-12-19."),
        )
    return ObservationRow(
        row=row.number,
        scheme=needed(row, "area_scheme", 40),
        code=needed(row, "area_code", 60),
        indicator=needed(row, "indicator", 60),
        period_start=start,
        period_end=end,
        group=limited(row, "group", 60),
        value=_number(row, "value"),
        unit=needed(row, "unit", 30),
        basis=one_of(row, "basis", ("census", "estimate", "register", "survey", "model", "law")),
        note=limited(row, "note", 200),
        source=needed(row, "source", 400),
        vintage=vintage,
    )


def _facility(row: csv_table.Row) -> FacilityRow:
    lon, lat = point(row)
    kinds = ("school", "clinic", "shelter", "collective_centre", "office", "other")
    return FacilityRow(
        row=row.number,
        scheme=needed(row, "scheme", 40),
        code=needed(row, "code", 60),
        kind=one_of(row, "kind", kinds),
        name=needed(row, "name", 160),
        name_other=limited(row, "name_other", 160),
        area=(needed(row, "area_scheme", 40), needed(row, "area_code", 60)),
        lon=lon,
        lat=lat,
        capacity=_whole(row, "capacity", 0, 1_000_000) if row["capacity"] else None,
        source=needed(row, "source", 400),
        until=_date(row, "until") if row["until"] else None,
    )


def _indicator(row: csv_table.Row) -> IndicatorRow:
    labels = [limited(row, column, 120) for column in ("label_sq", "label_sr", "label_sr_latn")]
    return IndicatorRow(row.number, needed(row, "code", 60), needed(row, "label_en", 120), *labels)


def limited(row: csv_table.Row, column: str, limit: int) -> str:
    """The cell, which may be empty, no longer than ``limit`` characters."""
    if len(row[column]) > limit:
        raise _BadCell(
            column,
            row[column][:60],
            "too_long",
            message("row {row}, {column}: “{value}…” is longer than {limit} characters."),
            limit=limit,
        )
    return row[column]


def needed(row: csv_table.Row, column: str, limit: int) -> str:
    """The cell, which must not be empty."""
    if not row[column]:
        raise _BadCell(column, "", "cell_missing", message("row {row}: {column} is empty. Fill it in."))
    return limited(row, column, limit)


def one_of(row: csv_table.Row, column: str, allowed: tuple[str, ...]) -> str:
    """The cell, which must be one of the allowed words."""
    if row[column] not in allowed:
        raise _BadCell(
            column,
            row[column][:60],
            "not_allowed",
            message("row {row}, {column}: “{value}” is none of {allowed}."),
            allowed=", ".join(allowed),
        )
    return row[column]


def point(row: csv_table.Row) -> tuple[float | None, float | None]:
    """Longitude and latitude in degrees, both or neither."""
    if not row["lon"] and not row["lat"]:
        return None, None
    return _degrees(row, "lon", 180), _degrees(row, "lat", 90)


def _degrees(row: csv_table.Row, column: str, most: int) -> float:
    try:
        value = float(row[column])
    except ValueError:
        value = math.nan
    if not abs(value) <= most:
        raise _BadCell(
            column,
            row[column][:60],
            "not_degrees",
            message("row {row}, {column}: “{value}” is not a number of degrees between -{most} and {most}."),
            most=most,
        )
    return value


def _number(row: csv_table.Row, column: str) -> Decimal:
    try:
        value = Decimal(needed(row, column, 40))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) >= Decimal(10) ** 14:
        raise _BadCell(
            column,
            row[column][:60],
            "not_a_number",
            message("row {row}, {column}: “{value}” is not a number. Write it with digits and a point, as in 1234.5."),
        )
    return value


def _positive(row: csv_table.Row, column: str) -> Decimal | None:
    if not row[column]:
        return None
    value = _number(row, column)
    if not 0 < value < Decimal(10) ** 8:
        raise _BadCell(
            column, row[column], "not_positive", message("row {row}, {column}: “{value}” is not a size above zero.")
        )
    return value


def _whole(row: csv_table.Row, column: str, least: int, most: int) -> int:
    text = needed(row, column, 20)
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise _BadCell(
            column,
            text,
            "not_whole",
            message("row {row}, {column}: “{value}” is not a whole number from {least} to {most}."),
            least=least,
            most=most,
        )
    return int(text)


def _date(row: csv_table.Row, column: str) -> dt.date:
    text = needed(row, column, 20)
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise _BadCell(
            column,
            text,
            "not_a_date",
            message("row {row}, {column}: “{value}” is not a date. Write year-month-day, as in 2024-12-31."),
        ) from None
