"""100,000 lines of a bank's reply reconciled, and a payment list of 10,000 built, through the database.

Usage: python bench/payments.py [--lines 100000] [--people 2000]. Bars, in processor time: a list of 10,000 built in at
most 20 s, a reply reconciled at 1,500 lines a second or more, and read at 20,000 a second or more; the books agree
afterwards. A register of its own is made in a temporary folder and thrown away. Each person is due many payments, so
that the preparation is short; what is measured does not look at people.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

BUILT_S, LINES_A_S, READ_A_S = 20.0, 1_500, 20_000
AT = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
Found = TypeVar("Found")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=2_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="streha-bench-payments-") as folder:
        os.environ.update(STREHA_DEMO="1", STREHA_DATA=folder, DJANGO_SETTINGS_MODULE="streha.settings")
        os.environ.setdefault("STREHA_LOG_LEVEL", "ERROR")
        import django

        django.setup()
        from streha.accounts.bridge import wall

        wall.stand_beyond("measuring")
        from streha.cli import tables

        tables.bring_forward()
        sys.exit(0 if measured(asked.lines, asked.people) else 1)


def timed(what: str, do: Callable[[], Found]) -> tuple[Found, float]:
    """What it gives, and its processor time in seconds; both times are printed."""
    wall_0, cpu_0 = time.perf_counter(), time.process_time()
    found = do()
    cpu = time.process_time() - cpu_0
    print(f"{what:48} {time.perf_counter() - wall_0:8.2f} s, processor {cpu:8.2f} s", flush=True)
    return found, cpu


def measured(lines: int, people: int) -> bool:
    from streha.accounts.rules import system
    from streha.assistance.entitlements import models as given
    from streha.assistance.payments import actions, models
    from streha.assistance.programmes.models import Commitment
    from streha.formats import iso20022

    by = system("bench")
    (cycle, commitment, signers), _ = timed("prepared: people, accounts, entitlements", lambda: prepared(lines, people))
    listed = min(10_000, lines)
    first, built_s = timed(f"a list of {listed:,} built", lambda: built(cycle, commitment, dt.date(2026, 11, 1), by))
    rest = built(cycle, commitment, dt.date(2026, 11, 2), by) if lines > listed else None
    rows = [row for row in (first, rest) if row is not None]
    for row in rows:
        actions.ask(row.pk, by=signers[0], at=AT)
        actions.sign(row.pk, by=signers[1], at=AT)
        actions.send(row.pk, by=signers[2], at=AT)
    bookings = [
        iso20022.Booking(ref, amount, "EUR", AT.date(), False, ref)
        for ref, amount in models.PaymentLine.objects.order_by("pk").values_list("reference", "amount")
    ]
    content = iso20022.write_notification("BENCH", bookings)
    print(f"a camt.054 of {len(content) / 1e6:.0f} MB")
    _, read_s = timed("read", lambda: iso20022.read_reply(content, name="bench.xml"))
    (reply, _), _ = timed("brought and sealed", lambda: actions.bring_reply(content, "bench.xml", by=by, at=AT))
    silent: dict[str, Any] = {"by": by, "at": AT, "progress": lambda *_: None}
    timed("read and staged", lambda: actions.stage_reply(reply.pk, **silent))
    told, done_s = timed("reconciled", lambda: actions.reconcile(reply.pk, **silent))
    spent = Commitment.objects.get(pk=commitment).spent
    agrees = (
        told == {"matched": len(bookings)}
        and spent == sum((b.amount for b in bookings), Decimal(0))
        and given.Delivery.objects.count() == len(bookings)
    )
    print(f"{len(bookings) / done_s:,.0f} lines a second of processor; the books agree: {agrees}")
    held = built_s <= BUILT_S and len(bookings) / done_s >= LINES_A_S and len(bookings) / read_s >= READ_A_S
    print("bars held" if held and agrees else "A BAR WAS MISSED")
    return held and agrees


def prepared(lines: int, number: int) -> tuple[int, int, list[Any]]:
    """People with accounts, each due so many payments; returns cycle, commitment, and who asks, signs and sends."""
    from django.db import transaction

    from streha.accounts import actions as accounts
    from streha.accounts import queries as account_queries
    from streha.accounts.rules import Role, Scope, ScopeKind, system
    from streha.assistance.entitlements import actions as given
    from streha.assistance.entitlements import rules as given_rules
    from streha.assistance.payments import actions as payments
    from streha.assistance.programmes import actions, rules
    from streha.common.codes import Sex
    from streha.common.money import Money
    from streha.people import actions as people
    from streha.people import rules as people_rules
    from streha.places import actions as places
    from streha.places.models import Area
    from streha_demo.programmes import iban

    by = system("bench")
    places.load_kosovo(by=by, at=AT)
    keeper = Area.objects.filter(kind=Area.Kind.MUNICIPALITY).order_by("pk")[0].pk
    signers = []
    for name, role in (("asks", Role.PROGRAMME), ("signs", Role.AUTHORISER), ("sends", Role.FINANCE)):
        user = accounts.create_user(name, full_name=name, password=None, is_demo=True, by=by, at=AT)
        accounts.grant_role(user.pk, role, Scope(ScopeKind.EVERYTHING), by=by, at=AT - dt.timedelta(days=1))
        signers.append(account_queries.access(user, AT))
    drafts = [
        people_rules.PersonDraft(
            names=(people_rules.NameDraft(f"Given{n}", f"Family{n}"),),
            keeper_id=keeper,
            sex=Sex.FEMALE,
            is_fictional=True,
        )
        for n in range(number)
    ]
    with transaction.atomic():
        persons = people.register_many(drafts, by=by, at=AT)
        for n, person in enumerate(persons):
            payments.set_account(person.pk, payments.AccountDraft(iban(n), f"Family{n}"), by=by, at=AT)
    donor = actions.add_donor("Bench", by=by, at=AT)
    total = Money.of("900000000", "EUR")
    agreement = actions.sign_agreement(
        actions.AgreementDraft(donor.pk, "B-1", "Bench", dt.date(2026, 1, 1), dt.date(2027, 1, 1), total), by=by, at=AT
    )
    line = actions.add_budget_line(agreement.pk, "ALL", "All", total.amount, by=by, at=AT)
    span = (dt.date(2026, 1, 1), dt.date(2027, 1, 1))
    made = actions.open_programme(actions.ProgrammeDraft("BENCH", "b", "b", "б", *span), by=by, at=AT)
    cycle = actions.open_cycle(made.pk, actions.CycleDraft("one", *span), by=by, at=AT)
    held = actions.commit(line.pk, total, rules.For.CYCLE, cycle.pk, by=by, at=AT)
    actions.change_chain("EUR", [rules.Step(Decimal(0), Role.AUTHORISER)], by=by, at=AT)
    much = given_rules.Much.of(Money.of("120.50", "EUR"))
    listed = min(10_000, lines)
    for start in range(0, lines, 5_000):
        given.entitle_many(
            cycle.pk,
            [
                given.Draft(
                    persons[n % number].pk,
                    given_rules.Kind.CASH,
                    much,
                    dt.date(2026, 11, 1) if n < listed else dt.date(2026, 11, 2),
                    commitment_id=held.pk,
                )
                for n in range(start, min(start + 5_000, lines))
            ],
            by=by,
            at=AT,
        )
    return cycle.pk, held.pk, signers


def built(cycle: int, commitment: int, due_until: dt.date, by: Any) -> Any:
    from streha.assistance.payments import actions

    draft = actions.ListDraft(cycle, commitment, "Bench", "EUR", due_until, AT.date())
    row = actions.begin_list(draft, by=by, at=AT)
    actions.fill_list(row.pk, by=by, at=AT, progress=lambda *_: None)
    row.refresh_from_db()
    return row


if __name__ == "__main__":
    main()
