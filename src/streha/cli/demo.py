"""``streha demo``: makes an office full of invented people, says who can log in, and opens it."""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
from pathlib import Path

import click

from streha.common import errors

LISTS = "lists"


@click.command(name="demo")
@click.option(
    "--people",
    default=78_000,
    show_default=True,
    type=click.IntRange(1, 10_000_000),
    help="People to make; 78,000 live in 20,000 households.",
)
@click.option("--seed", default=1, show_default=True, type=int, help="The same seed makes the same people.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port of the office.")
@click.option(
    "--data",
    default=Path("data"),
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the database, its keys and its files.",
)
@click.option("--no-serve", is_flag=True, help="Make the demo, but do not open the office.")
def command(people: int, seed: int, port: int, data: Path, no_serve: bool) -> None:
    """Make an office full of invented people on Kosovo's real municipalities, and open it.

    The first run makes the database; every later run finds it and opens the office. A database that holds real data
    is refused. DATABASE_URL chooses PostgreSQL instead of a file in the folder.
    """
    _open_demo_office(data)
    from streha.cli import tables
    from streha_demo import load

    found = load.state()
    load.require_fictional(found)
    tables.bring_forward()
    wanted = load.Plan(people, seed)
    if found == load.State.DEMO:
        _say_found(wanted)
    else:
        _make(wanted, is_begun=found == load.State.UNFINISHED)
    _say_logins()
    _say_stories()
    _say_lists(seed)
    if no_serve:
        click.echo(f"Open the office with: streha demo --data {data} --port {port}")
        return
    sys.stdout.flush()
    line = [sys.executable, "-m", "streha.cli.main", "serve", "--port", str(port)]
    os.execv(sys.executable, line)  # noqa: S606 - ourselves, with arguments of our own


def _open_demo_office(data: Path) -> None:
    """Set the environment of the demo before the settings are read."""
    os.environ["STREHA_DEMO"] = "1"
    os.environ["STREHA_DATA"] = str(data)
    data.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streha.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise errors.Unavailable(errors.message("{problem}"), code="settings", problem=str(error))
    from streha.accounts.bridge import wall

    wall.stand_beyond("command demo")


def _make(wanted: object, *, is_begun: bool) -> None:
    from streha_demo import load

    assert isinstance(wanted, load.Plan)
    at = dt.datetime.now(dt.UTC)
    begun = load.plan() if is_begun else None
    if begun is not None:
        wanted = begun
        click.echo(f"The demo of {wanted.people:,} people was interrupted; it goes on.")
    else:
        load.begin(wanted, at=at)
    started = time.monotonic()
    bar = click.progressbar(
        length=wanted.people, label=f"{wanted.people:,} invented people", show_pos=True, file=sys.stderr
    )
    with bar:
        for done in load.load(wanted, at=at):
            bar.update(done - bar.pos)
    stages = click.progressbar(
        load.telling(at=at), length=load.STAGES, label="Cases, help and all that is told of them", file=sys.stderr
    )
    with stages:
        for _stage in stages:
            pass
    click.echo(f"Made {wanted.people:,} invented people in {time.monotonic() - started:.0f} s.")


def _say_found(wanted: object) -> None:
    from streha_demo import load

    held = load.plan()
    assert held is not None
    click.echo(f"Found the demo of {held.people:,} invented people.")
    if held != wanted:
        click.echo("It stays as it is. To make another, choose another folder with --data.")


def _say_lists(seed: int) -> None:
    """Write the messy lists that wait to be imported, where they are not there already."""
    from django.conf import settings

    from streha_demo import spreadsheets

    folder = settings.DATA_DIR / LISTS
    if not folder.is_dir():
        spreadsheets.write(folder, seed)
    click.echo("Messy lists to import:\n")
    for file in sorted(folder.iterdir()):
        click.echo(f"  {file}")
    click.echo("")


def _say_stories() -> None:
    """Where to look for the ten families whose help can be followed from the wish to the home."""
    from streha_demo.stories import families, tell

    found = tell.households()
    if not found:
        return
    click.echo("Ten families, from the wish to a home for good (search by the number, as programme):\n")
    for family in families.TEN:
        if family.code in found:
            click.echo(f"  {found[family.code].number}  {family.name:<10}  {family.title}")
    click.echo("")


def _say_logins() -> None:
    from streha_demo import load
    from streha_demo.logins import LOGINS, PASSWORD

    names = load.place_names()
    rows = [("user", "role", "place", "password")]
    rows += [
        (login.username, login.role.value.replace("_", " "), names.get(login.area, "everywhere"), PASSWORD)
        for login in LOGINS
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    click.echo("\nWho can log in (everybody knows these passwords; no real office accepts them):\n")
    for row in rows:
        click.echo("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    click.echo("")
