"""``streha risk``: displacement risk from the terminal, without a database and without settings."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click


@click.group(name="risk")
def group() -> None:
    """Displacement risk: people displaced by floods and earthquakes, by area, with bands."""


@group.command()
@click.option("--magnitude", type=float, required=True, help="Moment magnitude, 5.0 to 7.9.")
@click.option("--depth-km", type=float, required=True, help="Depth of the focus in kilometres.")
@click.option("--lon", type=float, required=True, help="Longitude of the epicentre in degrees.")
@click.option("--lat", type=float, required=True, help="Latitude of the epicentre in degrees.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the random draws.")
@click.option("--draws", type=click.IntRange(20, 100_000), default=1000, show_default=True, help="Number of draws.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="New folder for table, map and PDF.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def earthquake(
    *, magnitude: float, depth_km: float, lon: float, lat: float, seed: int, draws: int, out: Path | None, as_json: bool
) -> None:
    """People displaced by one earthquake in Kosovo.

    Example: streha risk earthquake --magnitude 6 --depth-km 10 --lon 20.74 --lat 42.21 --out prizren
    """
    from streha.risk.bridge import runs

    with _bar(quiet=as_json) as progress:
        run = runs.earthquake_scenario(
            magnitude=magnitude, depth_km=depth_km, lon=lon, lat=lat, seed=seed, draws=draws, progress=progress
        )
    _tell(run, out, as_json=as_json)


@group.command()
@click.argument("scenario", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="New folder for table, map and PDF.")
@click.option("--cluster", metavar="ADDRESS", help="Dask scheduler to run a converted scenario on.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def run(*, scenario: Path, out: Path | None, cluster: str | None, as_json: bool) -> None:
    """Run the scenario in a TOML file.

    Example: streha risk run valley/scenario.toml --out valley-result
    """
    from streha.risk.bridge import runs

    with _bar(quiet=as_json) as progress:
        done = runs.run_scenario(scenario, at=datetime.now(UTC), cluster=cluster, progress=progress)
    _tell(done, out, as_json=as_json)


@group.command()
@click.argument("scenario", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("folder", type=click.Path(path_type=Path))
def convert(*, scenario: Path, folder: Path) -> None:
    """Convert a scenario's maps or CLIMADA file to a store of blocks, once, whatever their size.

    Example: streha risk convert floods.toml floods.blocks
    """
    from streha.risk.bridge import scenario as scenarios
    from streha.risk.bridge import tiles

    with _bar(quiet=False) as progress:
        held = tiles.convert(scenarios.read(scenario), folder, progress=progress)
    click.echo(" ".join(f"{name}={value}" for name, value in held.items()))


@group.command()
@click.argument("folder", type=click.Path(path_type=Path))
def example(*, folder: Path) -> None:
    """Write the example, a fictional valley with flood maps, homes and a scenario, to a new folder.

    Example: streha risk example valley
    """
    from streha.risk.bridge import examples

    for path in examples.valley_folder(folder):
        click.echo(f"wrote {path}")


def _tell(run: Any, out: Path | None, *, as_json: bool) -> None:
    from streha.formats import risk_report

    files = risk_report.write(run.report, out) if out is not None else ()
    if as_json:
        click.echo(json.dumps(risk_report.as_json(run.report), ensure_ascii=False, indent=1))
        return
    click.echo(f"{run.report.title}\n{run.report.measure}\n")
    for name, value in run.report.states.items():
        click.echo(f"  {name:<22} {getattr(value, 'text', value)}")
    click.echo()
    for row in run.report.areas:
        if row.displaced.style != "none":
            click.echo(f"  {row.code:<6} {row.name:<44} {row.displaced.text}")
    for period in run.report.return_periods:
        click.echo(f"  once in {period.years:>5} years     {period.displaced.text}")
    for future in run.report.futures:
        click.echo(f"  {future['name']}: {future['shown']}, change {future['change_shown']}")
    click.echo()
    for note in run.report.notes:
        click.echo(f"  ! {note}")
    for path in files:
        click.echo(f"  wrote {path}")


class _Bar:
    """A progress bar on standard error, only where a person is looking."""

    def __init__(self, *, quiet: bool) -> None:
        self.shown = sys.stderr.isatty() and not quiet
        self.bar: Any = None
        self.at = 0

    def __enter__(self) -> Callable[[float], None]:
        if self.shown:
            self.bar = click.progressbar(length=1000, label="Computing", file=sys.stderr, show_eta=True)
            self.bar.__enter__()
        return self.move

    def __exit__(self, *details: Any) -> None:
        if self.bar is not None:
            self.bar.__exit__(*details)

    def move(self, share: float) -> None:
        """Show that ``share`` of the work is done."""
        if self.bar is not None:
            self.bar.update(int(share * 1000) - self.at)
            self.at = int(share * 1000)


def _bar(*, quiet: bool) -> _Bar:
    return _Bar(quiet=quiet)
