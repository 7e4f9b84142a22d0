"""Three programmes with their money: agreements of invented donors, packages for returned families, cash for the winter
with a payment list in each state, vouchers. Made through the office's own actions, by those who can log in.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from streha.accounts import queries as accounts
from streha.accounts.models import User
from streha.accounts.rules import Access, Role
from streha.assistance.entitlements import actions as given
from streha.assistance.entitlements import rules as given_rules
from streha.assistance.payments import actions as payments
from streha.assistance.payments import models as payment_models
from streha.assistance.programmes import actions, models, rules
from streha.common.money import Money
from streha.formats import iso20022
from streha.formats.iso20022 import Booking
from streha.jobs import actions as jobs
from streha.jobs.models import Job
from streha.people import models as people

FAMILIES = 1_400
PACKAGES, BY_HAND, VOUCHERS = 60, 260, 400
LISTS = (160, 60, 40, 40, 40)
"""How many stand on the list that is settled, at the bank, approved, asked for, and being built."""
HAD_ALL = 0.8
SHIFTS = (
    ("RETURN-26", "Return packages", "Pakot e kthimit", "Пакети повратка"),
    ("WINTER-26", "Cash for the winter", "Para për dimër", "Новац за зиму"),
    ("VOUCHER-26", "Vouchers for heating", "Kuponë për ngrohje", "Ваучери за грејање"),
)
DONORS = (("Fondacioni Ura e Lisit", "FUL-2026-04"), ("Fondation des Trois Vallées", "F3V-118"))


@dataclass(frozen=True)
class _Office:
    programme: Access
    finance: Access
    authoriser: Access
    second: Access
    caseworker: Access


def make(*, by: Access, at: dt.datetime, seed: int) -> int:
    """The programmes are there; returns how many entitlements were granted. Does nothing where a programme is."""
    if models.Programme.objects.filter(code__in=[code for code, *_ in SHIFTS]).exists():
        return 0
    names = ("programme", "finance", "authoriser", "authoriser.second", "caseworker")
    held = {u.username: accounts.access(u, at) for u in User.objects.filter(username__in=names)}
    homes = _homes(FAMILIES)
    if len(held) < len(names) or len(homes) < sum(LISTS):
        return 0
    office = _Office(*(held[name] for name in names))
    rng = random.Random(f"streha programmes {seed}")  # noqa: S311 - invented
    lines = _agreements(office, at)
    granted = _packages(office, homes[:PACKAGES], lines[0], by=by, at=at, rng=rng)
    granted += _winter(office, homes[PACKAGES:], lines[1], by=by, at=at, rng=rng)
    return granted + _vouchers(office, homes[-VOUCHERS:], lines[2], by=by, at=at)


def _homes(number: int) -> list[tuple[int, int, str]]:
    """(household, head, name of the account) of families in the open, in order."""
    hidden = people.Membership.objects.filter(person__shielded=True, ended_on=None).values("household_id")
    heads = people.Membership.objects.filter(
        is_head=True, ended_on=None, household__ended_on=None, household__shielded=False, person__ended_on=None
    ).exclude(household_id__in=hidden)
    rows = heads.filter(person__canonical=None, person__shielded=False).order_by("household_id")[:number]
    return [(row.household_id, row.person_id, row.person.sort_name.title()) for row in rows.select_related("person")]


def _agreements(office: _Office, at: dt.datetime) -> list[models.BudgetLine]:
    """Two agreements, one in dinars of nobody: budget lines for packages, cash and vouchers; the chain; the rates."""
    steps = [rules.Step(Decimal(0), Role.AUTHORISER), rules.Step(Decimal(15_000), Role.AUTHORISER)]
    actions.change_chain("EUR", steps, source="Example of the demo", by=office.finance, at=at)
    day = at.date()
    for back, rate in ((3, "117.1402"), (1, "117.1655")):
        when = rules.Rate(day - dt.timedelta(days=back), "EUR", "RSD", Decimal(rate))
        actions.note_rate(when, source="Invented for the demo", by=office.finance, at=at)
    lines = []
    for number, (donor, reference) in enumerate(DONORS):
        row = actions.add_donor(donor, by=office.finance, at=at)
        total = Money.of(("420000", "180000")[number], "EUR")
        span = (day - dt.timedelta(days=300), day + dt.timedelta(days=430))
        draft = actions.AgreementDraft(row.pk, reference, f"{SHIFTS[number][1]} 2026-27", *span, total)
        agreement = actions.sign_agreement(draft, by=office.finance, at=at)
        sums = (
            (("PACK", "Return packages", 60_000), ("CASH", "Winter cash", 240_000))
            if not number
            else (("VOUCH", "Heating vouchers", 120_000),)
        )
        for code, title, amount in sums:
            lines.append(actions.add_budget_line(agreement.pk, code, title, Decimal(amount), by=office.finance, at=at))
    return lines


def _cycle(
    office: _Office, which: int, line: models.BudgetLine, committed: int, at: dt.datetime
) -> tuple[models.Cycle, models.Commitment]:
    code, name_en, name_sq, name_sr = SHIFTS[which]
    day = at.date()
    span = (day - dt.timedelta(days=200), day + dt.timedelta(days=365))
    made = actions.open_programme(
        actions.ProgrammeDraft(code, name_en, name_sq, name_sr, *span), by=office.programme, at=at
    )
    first = (day - dt.timedelta(days=60), day + dt.timedelta(days=90))
    cycle = actions.open_cycle(made.pk, actions.CycleDraft("2026-27", *first), by=office.programme, at=at)
    amount = Money.of(committed, "EUR")
    held = actions.commit(line.pk, amount, rules.For.CYCLE, cycle.pk, title=name_en, by=office.programme, at=at)
    return cycle, held


def _packages(
    office: _Office,
    homes: Sequence[tuple[int, int, str]],
    line: models.BudgetLine,
    *,
    by: Access,
    at: dt.datetime,
    rng: random.Random,
) -> int:
    """Families that returned are due the example package; some have all of it, some part, some nothing yet."""
    cycle, commitment = _cycle(office, 0, line, 50_000, at)
    package = given.load_example_package(by=by, at=at)
    granted = 0
    for number, (household, _head, _name) in enumerate(homes):
        returned = at.date() - dt.timedelta(days=rng.randint(5, 150))
        due = given.allot_package(
            package.pk,
            household,
            cycle_id=cycle.pk,
            returned_on=returned,
            commitment_id=commitment.pk,
            by=by,
            at=at,
        )
        granted += len(due)
        came = due if number % 3 == 0 else due[: len(due) // 2] if number % 3 == 1 else []
        for row in came:
            money = given_rules.Mechanism.CASH_IN_HAND if row.is_money else given_rules.Mechanism.IN_KIND
            on = min(max(row.due_on, returned), at.date())
            given.deliver(row.pk, given.Handed(row.due, on, money, f"demo-pack-{row.pk}"), by=by, at=at)
    return granted


def _grant(  # noqa: PLR0917 - one line a call
    cycle: models.Cycle,
    commitment: models.Commitment,
    homes: Sequence[tuple[int, int, str]],
    kind: given_rules.Kind,
    amount: str,
    due_on: dt.date,
    *,
    by: Access,
    at: dt.datetime,
) -> int:
    drafts = [
        given.Draft(
            head,
            kind,
            given_rules.Much.of(Money.of(amount, "EUR")),
            due_on,
            household_id=household,
            commitment_id=commitment.pk,
            key=f"demo:{cycle.pk}:{household}:{due_on.isoformat()}",
        )
        for household, head, _name in homes
    ]
    return len(given.entitle_many(cycle.pk, drafts, by=by, at=at))


def _winter(
    office: _Office,
    homes: Sequence[tuple[int, int, str]],
    line: models.BudgetLine,
    *,
    by: Access,
    at: dt.datetime,
    rng: random.Random,
) -> int:
    """Cash for the winter: five payment lists, one in each state, and what was handed out by hand."""
    cycle, commitment = _cycle(office, 1, line, 180_000, at)
    granted, start = 0, 0
    for number, size in enumerate(LISTS):
        group, start = homes[start : start + size], start + size
        due_on = at.date() - dt.timedelta(days=40 - 7 * number)
        granted += _grant(cycle, commitment, group, given_rules.Kind.CASH, "150", due_on, by=by, at=at)
        for place, (_household, head, name) in enumerate(group):
            draft = payments.AccountDraft(iban(1000 * number + place), name or "Demo")
            payments.set_account(head, draft, by=by, at=at)
        row = _list(office, cycle, commitment, f"Winter {number + 1}", due_on, at)
        _bring_forward(office, row, len(LISTS) - 1 - number, at)
        if number == 0:
            _reply(office, row, at)
    by_hand = homes[start : start + BY_HAND]
    today = at.date()
    granted += _grant(cycle, commitment, by_hand, given_rules.Kind.CASH, "120", today, by=by, at=at)
    rows = cycle.entitlements.filter(due=Decimal(120)).order_by("pk")
    for due in list(rows)[: BY_HAND // 2]:
        part = due.due if rng.random() < HAD_ALL else Decimal(60)
        handed = given.Handed(part, today, given_rules.Mechanism.CASH_IN_HAND, f"demo-hand-{due.pk}")
        given.deliver(due.pk, handed, by=by, at=at)
    return granted


def iban(number: int) -> str:
    """A well-formed account number of Kosovo that no bank gave: 12 signs of zeros and the number."""
    body = f"9999{number:012d}"
    check = 98 - int("".join(str(int(sign, 36)) for sign in f"{body}XK00")) % 97
    return f"XK{check:02d}{body}"


def _nothing(_done: int, _total: int) -> None:
    """Nobody waits for the progress of the demo."""


def _list(  # noqa: PLR0917 - one line a call
    office: _Office,
    cycle: models.Cycle,
    commitment: models.Commitment,
    title: str,
    due_until: dt.date,
    at: dt.datetime,
) -> payment_models.PaymentList:
    draft = payments.ListDraft(cycle.pk, commitment.pk, title, "EUR", due_until, at.date())
    row = payments.begin_list(draft, by=office.programme, at=at)
    payments.fill_list(row.pk, by=office.programme, at=at, progress=_nothing)
    job = jobs.claim(worker="demo", at=at, only=Job.objects.get(key=f"payments.build:{row.pk}").pk)
    if job is not None:
        jobs.finish(job, at=at)
    row.refresh_from_db()
    return row


def _bring_forward(office: _Office, row: payment_models.PaymentList, steps: int, at: dt.datetime) -> None:
    """The list goes so many steps: asked, signed, sent, and the first of all to its end."""
    if steps >= 1:
        payments.ask(row.pk, by=office.programme, at=at)
    if steps >= 2 and payments.sign(row.pk, by=office.authoriser, at=at).state != "approved":
        payments.sign(row.pk, by=office.second, at=at)
    if steps >= 3:
        payments.send(row.pk, by=office.finance, at=at)


def _reply(office: _Office, row: payment_models.PaymentList, at: dt.datetime) -> None:
    """The bank's reply to the first list: all booked but three that came back, and a booking that nobody knows."""
    day = at.date()
    lines = list(row.lines.order_by("position"))
    bookings = [
        Booking(line.reference, line.amount, "EUR", day, number < 3, f"DEMO{number}", "AC04" if number < 3 else "")
        for number, line in enumerate(lines)
    ]
    bookings.append(Booking("RENT NOVEMBER", Decimal("410.00"), "EUR", day, False, "DEMO-RENT"))
    content = iso20022.write_notification("DEMO-1", bookings)
    reply, _new = payments.bring_reply(content, "demo.xml", by=office.finance, at=at)
    payments.reconcile(reply.pk, by=office.finance, at=at, progress=_nothing)
    job = jobs.claim(worker="demo", at=at, only=Job.objects.get(key=f"payments.reconcile:{reply.pk}").pk)
    if job is not None:
        jobs.finish(job, at=at)


def _vouchers(
    office: _Office,
    homes: Sequence[tuple[int, int, str]],
    line: models.BudgetLine,
    *,
    by: Access,
    at: dt.datetime,
) -> int:
    """Vouchers for heating; every fourth is handed out already."""
    cycle, commitment = _cycle(office, 2, line, 60_000, at)
    due_on = at.date()
    granted = _grant(cycle, commitment, homes, given_rules.Kind.VOUCHER, "100", due_on, by=by, at=at)
    for row in list(cycle.entitlements.order_by("pk"))[: len(homes) // 4]:
        handed = given.Handed(row.due, due_on, given_rules.Mechanism.PAPER_VOUCHER, f"demo-voucher-{row.pk}")
        given.deliver(row.pk, handed, by=by, at=at)
    return granted
