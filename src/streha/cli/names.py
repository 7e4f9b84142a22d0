"""``streha names``: compare names of persons, two on the command line or a file of pairs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import click

from streha.common.errors import BadInput, message
from streha.engine import names

_COLUMNS = ("a", "b", "same", "grade", "score", "why")


@click.group(name="names")
def group() -> None:
    """Compare names across Albanian, Serbian and their neighbours."""


@group.command()
@click.argument("a", required=False)
@click.argument("b", required=False)
@click.option("--pairs", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="CSV with columns a and b.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to write; the terminal if not given."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, or one per line for --pairs.")
def compare(a: str | None, b: str | None, pairs: Path | None, out: Path | None, as_json: bool) -> None:
    """Say whether A and B may be one person's name, and why.

    With --pairs, every row of a CSV file (columns a and b) is compared and written with the columns a, b, same (1 or
    0), grade (same, compatible, different), score (0 to 1) and why (reasons parted by semicolons).
    """
    if pairs is None:
        if a is None or b is None:
            raise click.UsageError("Give two names, or a file with --pairs.")
        rows: Iterator[dict[str, object]] = iter([_row(a, b)])
    elif a is not None:
        raise click.UsageError("Give two names or --pairs, not both.")
    else:
        rows = _rows(pairs)
    if out is None:
        _write(sys.stdout, rows, as_json=as_json, plain=pairs is None)
        return
    with out.open("w", encoding="utf-8", newline="") as target:
        _write(target, rows, as_json=as_json, plain=False)


def _row(a: str, b: str) -> dict[str, object]:
    found = names.grade(a, b)
    return {
        "a": a,
        "b": b,
        "same": int(found.grade is names.Grade.SAME),
        "grade": found.grade.value,
        "score": found.score,
        "why": "; ".join(found.reasons),
    }


def _rows(pairs: Path) -> Iterator[dict[str, object]]:
    """The compared rows of a file; a row without a name in both columns is graded like an empty name."""
    try:
        with pairs.open(encoding="utf-8-sig", newline="") as source:
            header = source.readline()
            columns = next(csv.reader([header], delimiter=_delimiter(header)), [])
            if missing := [column for column in ("a", "b") if column not in columns]:
                raise BadInput(
                    message("{file} has no column {column}. Name its columns a and b in the first line."),
                    code="no_column",
                    file=pairs.name,
                    column=missing[0],
                )
            for row in csv.DictReader(source, columns, delimiter=_delimiter(header)):
                yield _row(row["a"] or "", row["b"] or "")
    except UnicodeDecodeError as error:
        raise BadInput(
            message("{file} is not UTF-8 text: byte {position} cannot be read. Save it as CSV UTF-8."),
            code="not_utf8",
            file=pairs.name,
            position=error.start,
        )


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _write(target: IO[str], rows: Iterator[dict[str, object]], *, as_json: bool, plain: bool) -> None:
    if as_json:
        target.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    elif plain:
        target.writelines(f"{row['grade']}  {row['score']}  {row['why']}".rstrip() + "\n" for row in rows)
    else:
        writer = csv.DictWriter(target, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
