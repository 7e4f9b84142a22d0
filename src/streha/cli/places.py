"""``streha places``: loads areas, settlements, boundaries, figures and facilities from files, and lists what is there.

Loading the same file again changes nothing. What a file holds that cannot be used is told by row or feature; the rest
is loaded. Exit code 0: everything was usable; 1: something was left out; 2: nothing was changed.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click
from django.utils.translation import gettext as _

from streha.accounts import rules as accounts
from streha.common.errors import BadInput, message
from streha.formats import csv_table
from streha.places import actions, models, queries, rules
from streha.places.boundaries import actions as boundary_actions
from streha.places.boundaries import rules as boundaries

TOLD_AT_MOST = 50  # lines of one kind on the terminal; --json tells all
LEFT_OUT = frozenset({"unmatched", "contradiction", "doubled", "elsewhere", "invalid"})
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
LOADED_ALL_THE_SAME = frozenset({"code_taken", "point_elsewhere"})
Command = TypeVar("Command", bound=Callable[..., Any])


def terminal() -> accounts.Access:
    """Whoever may start this program may load places."""
    return accounts.system("terminal")


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def as_json(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")(command)


@click.group(name="places")
def group() -> None:
    """Load places from files, and list them."""


@group.command("load-kosovo")
@as_json
def load_kosovo(as_json: bool) -> None:
    """Load what ships with Streha: the outline, seven regions, 38 municipalities, tile map, population."""
    _tell(actions.load_kosovo(by=terminal(), at=now()), as_json=as_json)


@group.command("load-areas")
@click.argument("file", type=FILE)
@as_json
def load_areas(file: Path, as_json: bool) -> None:
    """Load areas of any country with their names, codes and parents (CSV)."""
    _tell([actions.load_areas(_read(file), name=file.name, by=terminal(), at=now())], as_json=as_json)


@group.command("load-settlements")
@click.argument("file", type=FILE)
@click.option("--scheme", default="", help="Which codes the municipality column holds; any when not given.")
@click.option("--source", default="", help="Whose list it is, for rows that do not say.")
@as_json
def load_settlements(file: Path, scheme: str, source: str, as_json: bool) -> None:
    """Load settlements (CSV): by their point where boundaries are loaded, else by their municipality."""
    report = actions.load_settlements(
        _read(file), name=file.name, scheme=scheme, source=source, by=terminal(), at=now()
    )
    _tell([report], as_json=as_json)


@group.command("load-tiles")
@click.argument("file", type=FILE)
@as_json
def load_tiles(file: Path, as_json: bool) -> None:
    """Load the cells of a tile map (CSV)."""
    _tell([actions.load_tiles(_read(file), name=file.name, by=terminal(), at=now())], as_json=as_json)


@group.command("load-observations")
@click.argument("file", type=FILE)
@click.option("--labels", type=FILE, help="Labels of the indicators (CSV).")
@as_json
def load_observations(file: Path, labels: Path | None, as_json: bool) -> None:
    """Load figures (CSV): indicator, place, period, value, basis, source."""
    reports = []
    if labels is not None:
        reports.append(actions.load_indicators(_read(labels), name=labels.name, by=terminal(), at=now()))
    reports.append(actions.load_observations(_read(file), name=file.name, by=terminal(), at=now()))
    _tell(reports, as_json=as_json)


@group.command("load-facilities")
@click.argument("file", type=FILE)
@as_json
def load_facilities(file: Path, as_json: bool) -> None:
    """Load schools, health centres, shelters and collective centres (CSV)."""
    _tell([actions.load_facilities(_read(file), name=file.name, by=terminal(), at=now())], as_json=as_json)


@group.command("load-boundaries")
@click.argument("file", type=FILE)
@click.option("--replace", is_flag=True, help="Replace boundaries that are already there; they are kept otherwise.")
@click.option("--scheme", default="", help="Which codes count; any when not given.")
@click.option("--kind", type=click.Choice(rules.KINDS), default="municipality", show_default=True)
@click.option("--layer", default="", help="Layer of a GeoPackage, when it has several.")
@click.option("--source", default="", help="Whose boundaries these are. Shown wherever they are drawn.")
@click.option("--licence", default="", help="Under which licence. Shown wherever they are drawn.")
@as_json
def load_boundaries(  # noqa: PLR0917 - as many as the command has options
    file: Path, replace: bool, scheme: str, kind: str, layer: str, source: str, licence: str, as_json: bool
) -> None:
    """Load boundaries (GeoJSON or GeoPackage), matched by code or by name in any spelling."""
    report = boundary_actions.load_boundaries(
        file,
        source=source or _("source not stated"),
        licence=licence or _("licence not stated"),
        kind=kind,
        scheme=scheme,
        layer=layer,
        existing=boundaries.Existing.REPLACE if replace else boundaries.Existing.KEEP,
        by=terminal(),
        at=now(),
    )
    if as_json:
        click.echo(json.dumps(_boundaries_as_json(report), ensure_ascii=False, indent=1))
    else:
        _tell_boundaries(report)
    if any(finding.code in LEFT_OUT for finding in report.findings):
        sys.exit(1)


@group.command("list")
@click.option("--kind", type=click.Choice(rules.KINDS), default="municipality", show_default=True)
@as_json
def list_(kind: str, as_json: bool) -> None:
    """List places of a kind: codes, both official names, and whether their boundary is loaded."""
    rows = [_listed(area) for area in _areas(kind)]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        codes = " ".join(f"{scheme}:{code}" for scheme, code in row["codes"].items())
        mark = _("boundary") if row["boundary"] else "-"
        click.echo(f"{row['sq']} / {row['sr']} / {row['sr_latn']}\t{mark}\t{codes}")


@group.command("find")
@click.argument("text")
@as_json
def find(text: str, as_json: bool) -> None:
    """Say which municipality or settlement TEXT may mean, in any spelling. Exit code 1: none, or not sure which."""
    found = queries.resolve(text)
    areas = models.Area.objects.select_related("parent").in_bulk([match.area_id for match in found.matches])
    rows = [
        {
            "id": match.area_id,
            "kind": match.kind,
            "name": areas[match.area_id].label_sq,
            "in": areas[match.area_id].parent.label_sq if areas[match.area_id].parent else "",  # type: ignore[union-attr]
            "written": match.name,
            "sure": match.area_id == found.area_id,
        }
        for match in found.matches
    ]
    if as_json:
        click.echo(json.dumps({"text": text, "matches": rows}, ensure_ascii=False, indent=1))
    else:
        for row in rows:
            click.echo(f"{'*' if row['sure'] else ' '} {row['name']} ({row['kind']}, {row['in']})")
    if found.area_id is None:
        sys.exit(1)


def _read(file: Path) -> bytes:
    """The file's bytes, unless it is larger than any table of facts."""
    if file.stat().st_size > csv_table.MAX_BYTES:
        raise BadInput(
            message("{file} is larger than {limit} MB. Split it into several files."),
            code="file_too_large",
            file=file.name,
            limit=csv_table.MAX_BYTES // 1024 // 1024,
        )
    return file.read_bytes()


def _tell(reports: Iterable[rules.LoadReport], *, as_json: bool) -> None:
    """What each load did; ends with 1 when some row was left out."""
    reports = list(reports)
    if as_json:
        click.echo(json.dumps([_as_json(report) for report in reports], ensure_ascii=False, indent=1))
    else:
        for report in reports:
            click.echo(
                _("{file}: {created} new, {changed} changed, {same} as before, {problems} with a problem").format(
                    file=report.name, **report.counts()
                )
            )
            _tell_lines([_said(problem.template, problem.values()) for problem in report.problems])
    if any(problem.code not in LOADED_ALL_THE_SAME for report in reports for problem in report.problems):
        sys.exit(1)


def _as_json(report: rules.LoadReport) -> dict[str, Any]:
    problems = [
        {"row": p.row, "column": p.column, "value": p.value, "code": p.code, "message": p.english()}
        for p in report.problems
    ]
    return {"file": report.name, **report.counts(), "rows": problems}


def _tell_boundaries(report: boundary_actions.BoundaryReport) -> None:
    click.echo(
        _("{file}: {loaded} of {features} features loaded, {replaced} of them replaced a boundary").format(
            file=report.name, **report.counts()
        )
    )
    for code in dict.fromkeys(finding.code for finding in report.findings):
        same = [finding for finding in report.findings if finding.code == code]
        _tell_lines([_said(finding.template, {"number": finding.number, **finding.details}) for finding in same])


def _boundaries_as_json(report: boundary_actions.BoundaryReport) -> dict[str, Any]:
    return {
        "file": report.name,
        **report.counts(),
        "matched": [
            {
                "feature": m.number,
                "area": m.label,
                "by": m.by,
                "km2": round(m.km2, 3),
                "recorded_km2": m.recorded_km2,
                "off": None if m.off is None else round(m.off, 4),
                "repaired": m.repaired,
            }
            for m in report.loaded
        ],
        "findings": [
            {"code": f.code, "feature": f.number, "message": f.english(), "details": dict(f.details)}
            for f in report.findings
        ],
    }


def _said(template: str, values: dict[str, Any]) -> str:
    return _(template).format(**values)


def _tell_lines(lines: list[str]) -> None:
    for line in lines[:TOLD_AT_MOST]:
        click.echo(f"  {line}")
    if len(lines) > TOLD_AT_MOST:
        click.echo("  " + _("… and {n} more; --json tells all").format(n=len(lines) - TOLD_AT_MOST))


def _areas(kind: str) -> list[models.Area]:
    areas = models.Area.objects.filter(kind=kind).select_related("boundary").prefetch_related("codes")
    return sorted(areas, key=lambda area: (rules.alphabetical(area.label_sq, "sq"), area.pk))


def _listed(area: models.Area) -> dict[str, Any]:
    return {
        "id": area.pk,
        "sq": area.label_sq,
        "sr": area.label_sr,
        "sr_latn": area.label_sr_latn,
        "en": area.label_en,
        "codes": {code.scheme: code.code for code in area.codes.all()},
        "boundary": hasattr(area, "boundary"),
    }
