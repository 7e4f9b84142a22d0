"""1,300 houses on one screen: the page of all houses through the office's own door, and what stands behind it.

Usage: python bench/portfolio.py [--houses 1300]. The bar: the page in at most 1 s, the median of nine after one that
warms up. A register of its own is made in a temporary folder and thrown away; DATABASE_URL names another database.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import statistics
import sys
import tempfile
import time

BAR_S = 1.0
AT = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
PAGES = ("/works/", "/works/progress/", "/works/map/", "/works/list/", "/works/lots/")
TIMES = 9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--houses", type=int, default=1300)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="streha-bench-portfolio-") as folder:
        os.environ.update(STREHA_DEMO="1", STREHA_DATA=folder, DJANGO_SETTINGS_MODULE="streha.settings")
        os.environ.setdefault("STREHA_LOG_LEVEL", "ERROR")
        import django

        django.setup()
        from streha.cli import tables

        tables.bring_forward()
        sys.exit(0 if measured(asked.houses) else 1)


def measured(number: int) -> bool:
    from django.db import connection

    client, made_s = prepared(number)
    print(f"{connection.vendor}; {number:,} houses planned and inspected in {made_s:.1f} s", flush=True)
    held = True
    for address in PAGES:
        client.get(address)
        walls, cpus, size = [], [], 0
        for _ in range(TIMES):
            started, ran = time.perf_counter(), time.process_time()
            answer = client.get(address)
            walls.append(time.perf_counter() - started)
            cpus.append(time.process_time() - ran)
            assert answer.status_code == 200, address
            size = len(answer.content)
        median = statistics.median(walls)
        held &= address != PAGES[0] or median <= BAR_S
        print(
            f"{address:<18} median {median * 1000:7.0f} ms, slowest {max(walls) * 1000:7.0f} ms, processor "
            f"{statistics.median(cpus) * 1000:6.0f} ms, {size / 1024:,.0f} KB",
            flush=True,
        )
    shown = client.get(PAGES[0]).content.decode().count('<a class="h ')
    print(f"{shown:,} of {number:,} houses on the one screen; bar {BAR_S:g} s")
    return held and shown >= number


def prepared(number: int):  # type: ignore[no-untyped-def]
    """So many homes in all municipalities with works, inspected; and a browser of who sees them all."""
    from decimal import Decimal
    from fractions import Fraction

    from django.test import Client

    from streha.accounts import actions as accounts
    from streha.accounts.bridge import wall
    from streha.accounts.rules import Role, Scope, ScopeKind, system
    from streha.assistance.works import actions, models, rules
    from streha.homes import actions as homes
    from streha.homes import rules as home_rules
    from streha.people import actions as people
    from streha.people import rules as drafts
    from streha.places import actions as places
    from streha.places.models import Area

    wall.stand_beyond("bench")
    by = system("bench")
    places.load_kosovo(by=by, at=AT)
    towns = list(Area.objects.filter(kind="municipality").order_by("pk").values_list("pk", flat=True))
    persons = people.register_many(
        [
            drafts.PersonDraft(
                names=(drafts.NameDraft(f"Given{n}", f"Family{n}"),), keeper_id=towns[n % len(towns)], is_fictional=True
            )
            for n in range(number)
        ],
        by=by,
        at=AT,
    )
    owned = homes.register_many(
        [
            home_rules.PropertyDraft(
                municipality_id=person.keeper_id,
                keeper_id=person.keeper_id,
                shares=(home_rules.ShareDraft(person_id=person.pk, share=Fraction(1)),),
                is_fictional=True,
            )
            for person in persons
        ],
        by=by,
        at=AT,
    )
    lots = {
        town: actions.make_lot(
            rules.LotDraft(f"Lot of {town}", town, contractor="Builder", amount=Decimal(10_000_000)), by=by, at=AT
        ).pk
        for town in towns
    }
    started = time.perf_counter()
    works = actions.plan_many(
        [
            rules.WorksDraft(
                home.pk,
                rules.Kind.NEW if n % 3 else rules.Kind.REPAIR,
                AT.date() - dt.timedelta(days=n % 400),
                lot_id=lots[home.keeper_id],
                cost_planned=Decimal(20_000),
                cost_contracted=Decimal(20_000),
            )
            for n, home in enumerate(owned)
        ],
        by=by,
        at=AT,
    )
    first = (rules.Stage.SURVEY, rules.Stage.DESIGN, rules.Stage.TENDER, rules.Stage.WALLS)
    told = []
    for n, one in enumerate(works):
        codes = first if n % 3 == 0 else (*first[:3], rules.Stage.FOUNDATION)
        days = [one.starts_on + dt.timedelta(days=20 * k) for k in range(1, len(codes) + 1)]
        past = [(code, day) for code, day in zip(codes, days, strict=True) if day <= AT.date()]
        told.append((one, [rules.InspectionDraft(day, {code: 100}) for code, day in past]))
    actions.inspect_many([one for one in told if one[1]], by=by, at=AT)
    assert models.HouseWorks.objects.count() == number
    made_s = time.perf_counter() - started
    user = accounts.create_user("bench", full_name="Bench", password=None, is_demo=True, by=by, at=AT)
    accounts.grant_role(user.pk, Role.PROGRAMME, Scope(ScopeKind.EVERYTHING), by=by, at=AT - dt.timedelta(days=1))
    client = Client(headers={"Host": "localhost"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client, made_s


if __name__ == "__main__":
    main()
