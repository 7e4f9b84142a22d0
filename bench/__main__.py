"""Every figure of the contract of speed that exists so far, each with its peer in the same run.

    python -m bench [--people 1000000] [--data var/bench] [--quick] [--only register imports names disclosure law …]

Each figure is a script beside this one and runs in a process of its own; the register is measured on SQLite, and on
PostgreSQL where its server is installed (or DATABASE_URL names one). A register that was made stays in the folder and
is found by the next run; the PostgreSQL made here ends with the run. A bar that was missed ends the run with 1.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent


@dataclass(frozen=True)
class Figure:
    """A script that measures one row of the contract or more."""

    script: str
    tells: str
    usual: tuple[str, ...] = ()
    quick: tuple[str, ...] = ()
    on_databases: bool = False
    has_bar: bool = True  # the script itself ends with 1 when a bar was missed


FIGURES = (
    Figure("register", "search page and first page of every list", quick=("--quick",), on_databases=True),
    Figure(
        "imports",
        "a list from the file to review, 100,000 rows unless --quick",
        quick=("--rows", "5000", "--register", "2000"),
        on_databases=True,
    ),
    Figure("names", "agreement on names beside other methods", ("--half", "test"), ("--half", "test"), has_bar=False),
    Figure("linkage", "1 M people without doubles, weights learned", quick=("--quick",)),
    Figure("risk", "displacement by event and municipality, and its draws", quick=("--quick",)),
    Figure("portfolio", "1,300 houses on one screen", quick=("--houses", "300"), on_databases=True),
    Figure("selection", "5,000 applications ranked, and replayed", quick=("--applications", "500")),
    Figure("distribution", "a list of 10,000 households, slips, 2,000 from paper", quick=("--households", "500")),
    Figure(
        "payments",
        "100,000 bank lines reconciled, a list of 10,000 built",
        quick=("--lines", "4000", "--people", "200"),
    ),
    Figure("disclosure", "tables of counts made safe, beside a naive method", quick=("--quick",)),
    Figure(
        "law", "a long regulation to aligned provisions, and the search in provisions", quick=("read",), has_bar=False
    ),
)
ON_POSTGRESQL = {"register", "imports", "portfolio", "law"}
NOT_YET = (
    "700 staff at once, also during an import",
    "IATI for 285 projects and 1,300 houses",
    "make demo from a fresh clone to a usable page",
)


def main() -> None:
    asked = arguments()
    wanted = [figure for figure in FIGURES if not asked.only or figure.script in asked.only]
    results: list[tuple[str, str]] = []
    data = asked.data.resolve()
    data.mkdir(parents=True, exist_ok=True)
    postgres, why_not = given_or_started(data) if {f.script for f in wanted} & ON_POSTGRESQL else (None, "")
    try:
        for figure in wanted:
            results += measured(figure, asked, data, postgres, why_not)
    finally:
        if postgres is not None and not os.environ.get("DATABASE_URL"):
            subprocess.run([ROOT / ".ci" / "postgres", "stop", cluster(data)], check=False)
    print("\n" + "=" * 80)
    for label, said in results:
        print(f"{said:<12}{label}")
    for label in NOT_YET if not asked.only else ():
        print(f"{'no bench':<12}{label}")
    sys.exit(1 if any(said.startswith("MISSED") for _, said in results) else 0)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=1_000_000, help="people in the register (default: 1,000,000)")
    parser.add_argument(
        "--data", type=Path, default=Path("var/bench"), help="folder of the registers, kept between runs"
    )
    parser.add_argument("--quick", action="store_true", help="fewer requests, smaller lists")
    parser.add_argument("--only", nargs="+", choices=[figure.script for figure in FIGURES], help="these alone")
    return parser.parse_args()


def measured(
    figure: Figure, asked: argparse.Namespace, data: Path, postgres: str | None, why_not: str
) -> list[tuple[str, str]]:
    """What came of a figure, on each database where that matters."""
    if not (HERE / f"{figure.script}.py").exists():
        return [(figure.tells, "no bench")]
    options = [*(figure.quick if asked.quick else figure.usual)]
    if not figure.on_databases:
        apart = another_database(postgres, "bench_law") if postgres and figure.script == "law" else ""
        return [(figure.tells, run(figure, options, {"STREHA_BENCH_POSTGRESQL": apart}))]
    found = []
    for name, url in (("SQLite", ""), ("PostgreSQL", postgres)):
        label = f"{figure.tells} ({name})"
        if url is None:
            found.append((f"{label}: {why_not}", "not run"))
            continue
        place = data / f"{name.lower()}-{asked.people}"
        with_register = ["--people", str(asked.people), "--data", str(place)] if figure.script == "register" else []
        address = url and (url if figure.script == "register" else another_database(url, f"bench_{figure.script}"))
        found.append((label, run(figure, [*with_register, *options], {"DATABASE_URL": address})))
    return found


def run(figure: Figure, options: Sequence[str], environment: dict[str, str]) -> str:
    """Run a script as somebody would type it; what it prints is printed."""
    command = [sys.executable, str(HERE / f"{figure.script}.py"), *options]
    print(f"\n{'=' * 80}\n{figure.tells}\n$ python bench/{figure.script}.py {' '.join(options)}", flush=True)
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "demo"), os.environ.get("PYTHONPATH", "")])
    office = ("STREHA_DATA", "STREHA_KEYRING", "STREHA_ANCHORS", "STREHA_MEDIA", "STREHA_READS", "DATABASE_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(office)}
    given = {name: value for name, value in environment.items() if value}
    started = time.monotonic()
    done = subprocess.run(command, check=False, env={**kept, "PYTHONPATH": path, **given})
    print(f"({time.monotonic() - started:.0f} s, ended with {done.returncode})", flush=True)
    if done.returncode:
        return f"MISSED ({done.returncode})"
    return "held" if figure.has_bar else "see above"


# --- PostgreSQL


def cluster(data: Path) -> Path:
    return data / "postgres"


def given_or_started(data: Path) -> tuple[str | None, str]:
    """The address of a PostgreSQL: the one given, or one started in the folder; None, and why, where there is none."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        return given, ""
    if not shutil.which("initdb") and not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        return None, "no PostgreSQL is installed"
    started = subprocess.run(
        [ROOT / ".ci" / "postgres", "start", cluster(data)], check=False, capture_output=True, text=True
    )
    if started.returncode:
        return None, f"PostgreSQL did not start: {started.stderr[-200:]}"
    return started.stdout.split()[-1], ""


def another_database(url: str, name: str) -> str:
    """An empty database beside the one of the register, made anew."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}"'.encode())
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return url.rpartition("/")[0] + "/" + name


if __name__ == "__main__":
    main()
