"""How long a list of 100,000 people takes from the file to review: read, validated, compared with the register.

Run it on its own database: ``python bench/imports.py [--rows N] [--register N]``. SQLite in a new folder by default;
set DATABASE_URL for PostgreSQL (the database is emptied of nothing: use one made for this). Prints seconds per step.
"""

from __future__ import annotations

import argparse
import cProfile
import datetime as dt
import os
import pstats
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

ROWS, COLUMNS_NOTE = 100_000, "20 columns"
BAR_S = 60.0


def prepare() -> None:
    """A fresh office before Django reads its settings."""
    folder = tempfile.mkdtemp(prefix="streha-bench-")
    os.environ.setdefault("STREHA_DEMO", "1")
    os.environ["STREHA_DATA"] = folder
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streha.settings")
    import django

    django.setup()
    from streha.accounts.bridge import wall

    wall.stand_beyond("measuring")  # pages and jobs announce who asks; what the measurement does itself sees all
    from streha.cli import tables

    tables.bring_forward()


def workbook(rows: int, seed: int) -> bytes:
    """A list of ``rows`` invented people in 20 columns: households of five, dates in habits, some mistakes."""
    from importlib import resources

    from streha.formats import tables
    from streha_demo import spreadsheets

    rng = random.Random(seed)
    files = resources.files("streha_demo").joinpath("data")
    given, family = (
        [line.split(",")[column] for line in files.joinpath(name).read_text("utf-8").splitlines()[1:]]
        for name, column in (("given_names.csv", 2), ("family_names.csv", 1))
    )
    heads = (
        "Nr.", "Nr. i familjes", "Emri", "Emri i babait", "Mbiemri", "Gjinia", "Data e lindjes", "Numri personal",
        "Komuna", "Fshati", "Telefoni", "Lidhja", "Vendi i zhvendosjes", "Data e kthimit", "Adresa", "Statusi",
        "Shkaku", "Email", "Shtetësia", "Shënim",
    )  # fmt: skip
    homes = ("Pejë", "Prizren", "Ferizaj", "Gjilan", "Istog", "Klinë", "Deçan", "Lipjan", "Vushtrri")

    def row(number: int) -> list[str]:
        born = dt.date(1930, 1, 1) + dt.timedelta(days=rng.randrange(33_000))
        date = f"{born:%d.%m.%Y}" if rng.random() < 0.9 else str(born.year)
        if rng.random() < 0.01:
            date = "31.02.1984"
        return [
            str(number), f"F{number // 5}", rng.choice(given), rng.choice(given), rng.choice(family), rng.choice("MF"),
            date, str(1_000_000_000 + number), rng.choice(homes), "", spreadsheets._phone(rng),
            ("kryefamiljar", "grua", "fëmijë", "fëmijë", "fëmijë")[number % 5], "Kralevë", "2019", "Rruga e Liqenit 5",
            "i kthyer", "lufta", "", "XK", "asgjë",
        ]  # fmt: skip

    return tables.write_xlsx(heads, (row(number) for number in range(rows)))


def fill_register(people: int, seed: int) -> None:
    """``people`` persons in the register, the first of them the same as rows of the list."""
    from importlib import resources

    from streha.accounts.rules import system
    from streha.common.codes import Precision, Sex
    from streha.people import actions, rules
    from streha.places.models import Area

    rng = random.Random(seed)
    files = resources.files("streha_demo").joinpath("data")
    given = [line.split(",")[2] for line in files.joinpath("given_names.csv").read_text("utf-8").splitlines()[1:]]
    family = [line.split(",")[1] for line in files.joinpath("family_names.csv").read_text("utf-8").splitlines()[1:]]
    keepers = list(Area.objects.filter(kind="municipality").values_list("pk", flat=True))
    at = dt.datetime.now(dt.UTC)
    for start in range(0, people, 2_000):
        drafts = [
            rules.PersonDraft(
                names=(rules.NameDraft(given=rng.choice(given), family=rng.choice(family)),),
                keeper_id=rng.choice(keepers),
                sex=Sex(rng.choice("mf")),
                birth_date=dt.date(1930, 1, 1) + dt.timedelta(days=rng.randrange(33_000)),
                birth_precision=Precision.DAY,
                identifiers=(rules.IdentifierDraft(rules.IdentifierKind.PERSONAL_NUMBER, str(1_000_080_000 + n)),),
                is_fictional=True,
            )
            for n in range(start, min(start + 2_000, people))
        ]
        actions.register_many(drafts, by=system("bench"), at=at)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=ROWS)
    options.add_argument("--register", type=int, default=20_000)
    options.add_argument("--commit", action="store_true", help="also take the rows into the register")
    options.add_argument("--profile", action="store_true")
    given = options.parse_args()
    prepare()
    from django.db import connection

    from streha.accounts.rules import system
    from streha.jobs import actions as jobs
    from streha.people.imports import actions, models, queries
    from streha.places import actions as places
    from streha.places.models import Area

    by, at = system("bench"), dt.datetime.now(dt.UTC)
    places.load_kosovo(by=by, at=at)
    fill_register(given.register, 1)
    data = workbook(given.rows, 7)
    path = Path(tempfile.mkdtemp()) / "list.xlsx"
    path.write_bytes(data)
    size = f"{given.rows:,} rows, {COLUMNS_NOTE}, {len(data) >> 20} MB"
    print(f"{connection.vendor}; {size}; register {given.register:,}")
    print("machine load before:", *(f"{load:.2f}" for load in os.getloadavg()))
    keeper = Area.objects.filter(kind="country").values_list("pk", flat=True).first() or 0
    terms = actions.Terms("bench", "bench", "public_task", at.date() + dt.timedelta(days=365))
    profile = cProfile.Profile() if given.profile else None
    if profile:
        profile.enable()
    started, own = time.perf_counter(), time.process_time()
    batch = actions.bring(data, name="list.xlsx", keeper_id=keeper, terms=terms, by=by, at=at)
    brought = time.perf_counter()
    actions.start_staging(batch.pk, by=by, at=at)
    run(jobs, actions.stage, batch.pk, by, at)
    staged = time.perf_counter()
    own = time.process_time() - own
    if profile:
        profile.disable()
        pstats.Stats(profile, stream=sys.stdout).sort_stats("cumulative").print_stats(60)
    batch.refresh_from_db()
    print(f"brought (opened, headings, columns guessed, sealed): {brought - started:6.1f} s")
    print(f"staged, validated, compared:                        {staged - brought:6.1f} s")
    print(f"file to review:                                     {staged - started:6.1f} s  (bar 60 s)")
    print(f"of which this process had a processor for           {own:6.1f} s")
    print(
        f"good {batch.good_rows:,} warned {batch.warned_rows:,} bad {batch.bad_rows:,} twins {batch.twin_rows:,} "
        f"candidates {models.StagedCandidate.objects.filter(is_sure=True).count():,}"
    )
    in_review_s = staged - started
    if given.commit:
        started = time.perf_counter()
        actions.decide_many(batch.pk, queries.RowFilter(kind="plain"), models.Decision.NEW, by=by, at=at)
        decided = time.perf_counter()
        actions.start_commit(batch.pk, by=by, at=at)
        run(jobs, actions.commit, batch.pk, by, at)
        print(f"decided in bulk {decided - started:.1f} s, committed {time.perf_counter() - decided:.1f} s")
    print(f"memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB")
    print("machine load after:", *(f"{load:.2f}" for load in os.getloadavg()))
    sys.exit(1 if in_review_s > BAR_S else 0)


def run(jobs: object, work: object, batch_id: int, by: object, at: dt.datetime) -> None:
    """Claim the batch's job and do it here, as the worker would."""
    from streha.people.imports import models

    job_id = models.ImportBatch.objects.values_list("job_id", flat=True).get(pk=batch_id)
    job = jobs.claim(worker="bench", at=dt.datetime.now(dt.UTC), only=job_id)  # type: ignore[attr-defined]
    progress = jobs.Progress(job, clock=lambda: dt.datetime.now(dt.UTC))  # type: ignore[attr-defined]
    result = work(batch_id, progress, by=by, at=at)  # type: ignore[operator]
    jobs.finish(job, at=dt.datetime.now(dt.UTC), result=result)  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
