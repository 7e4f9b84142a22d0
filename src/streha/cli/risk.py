"""``streha risk``: displacement risk from the terminal, without a database and without settings."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from streha.cli import words
from streha.common.errors import message

language_option = click.option(
    "--language",
    type=click.Choice(words.LANGUAGES, case_sensitive=False),
    default="en",
    show_default=True,
    help="Language of what is printed and of the files.",
)


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
@language_option
def earthquake(
    *,
    magnitude: float,
    depth_km: float,
    lon: float,
    lat: float,
    seed: int,
    draws: int,
    out: Path | None,
    as_json: bool,
    language: str,
) -> None:
    """People displaced by one earthquake in Kosovo.

    Example: streha risk earthquake --magnitude 6 --depth-km 10 --lon 20.74 --lat 42.21 --out prizren
    """
    from streha.risk.bridge import runs

    words.speak(language)
    with _bar(quiet=as_json) as progress:
        run = runs.earthquake_scenario(
            magnitude=magnitude, depth_km=depth_km, lon=lon, lat=lat, seed=seed, draws=draws, progress=progress
        )
    _tell(run, out, language, as_json=as_json)


@group.command()
@click.argument("scenario", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="New folder for table, map and PDF.")
@click.option("--cluster", metavar="ADDRESS", help="Dask scheduler to run a converted scenario on.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@language_option
def run(*, scenario: Path, out: Path | None, cluster: str | None, as_json: bool, language: str) -> None:
    """Run the scenario in a TOML file.

    Example: streha risk run valley/scenario.toml --out valley-result
    """
    from streha.risk.bridge import runs

    words.speak(language)
    with _bar(quiet=as_json) as progress:
        done = runs.run_scenario(scenario, at=datetime.now(UTC), cluster=cluster, progress=progress)
    _tell(done, out, language, as_json=as_json)


@group.command()
@click.argument("scenario", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("folder", type=click.Path(path_type=Path))
@language_option
def convert(*, scenario: Path, folder: Path, language: str) -> None:
    """Convert a scenario's hazard files to a store of blocks, once, whatever their size.

    Example: streha risk convert floods.toml floods.blocks
    """
    from streha.risk.bridge import scenario as scenarios
    from streha.risk.bridge import tiles

    words.speak(language)
    with _bar(quiet=False) as progress:
        held = tiles.convert(scenarios.read(scenario), folder, progress=progress)
    click.echo(" ".join(f"{name}={value}" for name, value in held.items()))


@group.command()
@click.argument("folder", type=click.Path(path_type=Path))
@language_option
def example(*, folder: Path, language: str) -> None:
    """Write the example, a fictional valley with flood maps, homes and a scenario, to a new folder.

    Example: streha risk example valley
    """
    from streha.risk.bridge import examples

    say = words.speak(language)
    for path in examples.valley_folder(folder):
        click.echo(say(WROTE).format(file=path))


COMPUTING = message("Computing")
WROTE = message("wrote {file}")
ONCE = message("once in {years} years")
CHANGE = message("change {change}")


def _tell(run: Any, out: Path | None, language: str, *, as_json: bool) -> None:
    from streha.formats import risk_brief, risk_report

    say = words.spoken.get()
    reader = risk_report.Reader(language, say, words.THOUSANDS.get(language, "."))
    files = risk_report.write(run.report, out, reader) if out is not None else ()
    told = risk_report.as_json(run.report, reader)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    click.echo(f"{told['title']}\n{told['measure']}\n")
    for name, value in told["states"].items():
        click.echo(f"  {say(risk_brief.LABELS[name]):<38} {value.get('shown', value.get('text'))}")
    click.echo()
    for row in told["areas"]:
        if row["style"] != "none":
            click.echo(f"  {row['code']:<6} {row['name']:<48} {row['shown']}")
    for period in told["return_periods"]:
        click.echo(f"  {say(ONCE).format(years=period['years']):<24} {period['shown']}")
    for future in told["futures"]:
        click.echo(f"  {future['name']}: {future['shown']}, {say(CHANGE).format(change=future['change_shown'])}")
    for title, lines in (("notes", told["notes"]), ("sources", told["sources"])):
        click.echo(f"\n{say(risk_brief.LABELS[title])}")
        for line in lines:
            click.echo(f"  - {line}")
    if files:
        click.echo()
    for path in files:
        click.echo(f"  {say(WROTE).format(file=path)}")


class _Bar:
    """A progress bar on standard error, only where a person is looking."""

    def __init__(self, *, quiet: bool) -> None:
        self.shown = sys.stderr.isatty() and not quiet
        self.bar: Any = None
        self.at = 0

    def __enter__(self) -> Callable[[float], None]:
        if self.shown:
            self.bar = click.progressbar(
                length=1000, label=words.spoken.get()(COMPUTING), file=sys.stderr, show_eta=True
            )
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
