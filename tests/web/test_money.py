"""The pages of programmes and payments: one story from an agreement to the bank's last booking, and what each shows."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests import factories
from tests.factories import AT, OFFICE
from tests.rooms.assistance.test_payments import iban
from tests.web.conftest import client_of, make_user

from streha.accounts.rules import Role
from streha.assistance.entitlements import queries as given_queries
from streha.assistance.entitlements.models import Entitlement
from streha.assistance.payments import actions as payments
from streha.assistance.payments.models import BankLine, PaymentList
from streha.assistance.programmes.models import Agreement, Cycle, Programme
from streha.assistance.projects import actions as projects
from streha.assistance.projects import rules as project_rules
from streha.cli.worker import Worker
from streha.formats import iso20022
from streha.formats.iso20022 import Booking
from streha.people.merges import actions as merges

pytestmark = pytest.mark.django_db
TODAY = dt.datetime.now(dt.UTC).date()
DAY = TODAY.strftime("%d.%m.%Y")
SPAN = {"starts_on": "01.01.2026", "ends_on": "31.12.2030"}


def said(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return answer.content.decode()


def sent(client: Client, url: str, **told: Any) -> str:
    answer = client.post(url, told, follow=True)
    assert answer.status_code == 200, (url, answer.status_code, answer.content.decode()[:2000])
    return answer.content.decode()


def told_to_the_donor(client: Client, where: str) -> None:
    """Three are due 120 each, one got 70 today: the page, the paper in every form, and a period of before."""
    cells = re.findall(r"<td[^>]*><div>([^<]+)</div></td>", said(client, where))
    assert cells[1:6] == ["8,000.00\xa0EUR", "5,000.00\xa0EUR", "70.00\xa0EUR", "70.00\xa0EUR", "1 %"]
    at = cells.index("cash")
    assert cells[at + 1 : at + 5] == ["3", "1", "360.00\xa0EUR", "70.00\xa0EUR"]
    for tag in ("sq", "sr-Cyrl", "sr-Latn", "en"):
        paper = client.get(f"{where}?since=01.01.2026&until=31.12.2030&in={tag}")
        assert paper.content.startswith(b"%PDF") and f"-{tag}.pdf" in paper["Content-Disposition"]
    before = said(client, f"{where}?since=01.01.2026&until=02.01.2026")
    assert "Spending by month" not in before and "0.00\xa0EUR" in before
    assert client.get(f"{where}?since=02.01.2026&until=01.01.2026").status_code == 422
    assert client.get(f"{where}?since=x&until=01.01.2026").status_code == 422


def test_money_from_the_agreement_to_the_bank_and_back(monkeypatch: pytest.MonkeyPatch) -> None:
    programme, finance = client_of(make_user("pro", Role.PROGRAMME)), client_of(make_user("fin", Role.FINANCE))
    signer, worker = client_of(make_user("sig", Role.AUTHORISER)), client_of(make_user("cas", Role.CASEWORKER))

    told = {"donor": "Fondation Exemple", "reference": "FE-1", "title": "Winter", "amount": "10 000", "currency": "EUR"}
    assert "FE-1" in sent(finance, "/agreements/new/", **told, **SPAN)
    agreement = Agreement.objects.get()
    page = sent(finance, f"/agreements/{agreement.pk}/", code="cash", title="Cash help", amount="8000,00")
    assert "CASH" in page
    assert "is more than" in sent(finance, f"/agreements/{agreement.pk}/", code="more", title="More", amount="2001")
    rate = {"day": DAY, "base": "EUR", "quote": "RSD", "rate": "117,2", "source": "Central bank"}
    assert "117.20" in sent(finance, "/agreements/rate/", **rate)
    assert "not an amount" in sent(finance, "/agreements/rate/", **{**rate, "rate": "x"})
    chain = {"currency": "EUR", "from_1": "0", "role_1": "authoriser"}
    assert "0.00\xa0EUR" in sent(finance, "/approvals/", **chain)

    names = {"code": "winter-26", "name_sq": "Dimri", "name_sr": "Зима", "name_en": "Winter help"}
    assert "WINTER-26" in sent(programme, "/programmes/new/", **names, **SPAN)
    made = Programme.objects.get()
    assert "First round" in sent(programme, f"/programmes/{made.pk}/", name="First round", **SPAN)
    cycle = Cycle.objects.get()
    where = f"/cycles/{cycle.pk}/"
    assert "CM-" in sent(programme, where, line=agreement.lines.get().pk, amount="5000")

    people = [
        factories.person("Ana", "Krasniqi"),
        factories.person("Bora", "Krasniq"),
        factories.person("Cem", "Berisha"),
    ]
    home = factories.household(people[2])
    commitment = agreement.lines.get().commitments.get().pk
    grant = {"kind": "cash", "amount": "120", "unit": "EUR", "due_on": DAY, "commitment": commitment}
    for whom in (people[0].number, people[1].number, home.number):
        assert "Done." in sent(programme, f"{where}grant/", whom=whom, **grant)
    assert "is not a number of a person" in programme.post(f"{where}grant/", {"whom": "x", **grant}).content.decode()
    for number, person in enumerate(people[:2], start=1):
        account = {"iban": iban(number), "holder": f"K {number}"}
        assert "Done." in sent(finance, f"/people/{person.pk}/account/", **account)
    wrong = finance.post(f"/people/{people[2].pk}/account/", {"iban": "XK051212012345678907", "holder": "x"})
    assert "check digits" in wrong.content.decode()

    by_hand = Entitlement.objects.get(household=home)
    handed = {"do": "deliver", "amount": "70", "on": DAY, "mechanism": "cash_in_hand", "behalf": "self", "key": "s1"}
    page = sent(worker, f"/entitlements/{by_hand.pk}/do/", **handed)
    assert "cash in hand" in page
    assert "has 50.00 EUR left" in sent(worker, f"/entitlements/{by_hand.pk}/do/", **{**handed, "key": "s2"})
    told_to_the_donor(programme, f"/agreements/{agreement.pk}/report/")
    given = by_hand.deliveries.get()
    back = {"do": "return", "delivery": given.pk, "amount": "20", "on": DAY, "reason": "Torn", "key": "r1"}
    assert "Torn" in sent(worker, f"/entitlements/{by_hand.pk}/do/", **back)
    asked = {"do": "verify", "delivery": given.pk, "on": DAY, "outcome": "received", "needs_met": "some"}
    assert "You noted this delivery yourself" in sent(worker, f"/entitlements/{by_hand.pk}/do/", **asked)
    other = client_of(make_user("cas2", Role.CASEWORKER))
    assert "the household says" in sent(other, f"/entitlements/{by_hand.pk}/do/", **asked)
    more = {"do": "top_up", "amount": "5", "due_on": DAY, "reason": "Cold"}
    sent(programme, f"/entitlements/{by_hand.pk}/do/", **more)
    assert by_hand.top_ups.get().due == 5
    for url in (f"/households/{home.pk}/", f"/people/{people[2].pk}/"):
        assert "Help due and given" in said(worker, url)

    build = {"cycle": cycle.pk, "title": "November", "commitment": commitment, "currency": "EUR"}
    sent(programme, f"{where}pay/", **build, due_until=DAY, pay_on=DAY)
    Worker(every={}).work(until_empty=True)
    row = PaymentList.objects.get()
    there = f"/payments/{row.pk}/"
    page = said(programme, there)
    assert "STR-" in page
    assert "Krasniqi" in page
    assert "Approval is not asked yet" in page
    assert "waits for approval" in sent(programme, f"{there}do/", do="ask")
    assert "1 approval waits for you" in said(signer, "/")
    assert "approved" in sent(signer, f"{there}do/", do="sign")
    assert "1 payment list to send" in said(finance, "/")
    assert "at the bank" in sent(finance, f"{there}do/", do="send")
    content = finance.get(f"{there}file.xml").content
    assert iban(1).encode() in content
    assert programme.get(f"{there}file.xml").status_code == 403

    first, second = row.lines.order_by("position")
    bookings = [
        Booking(first.reference, first.amount, "EUR", TODAY, False, "A"),
        Booking(second.reference, second.amount, "EUR", TODAY, False, "B"),
        Booking("RENT", first.amount, "EUR", TODAY, False, "C"),
    ]
    file = SimpleUploadedFile("reply.xml", iso20022.write_notification("N", bookings))
    finance.post("/payments/bank/", {"file": file})
    Worker(every={}).work(until_empty=True)
    assert "1 booking of the bank" in said(finance, "/")
    page = said(finance, "/payments/bank/")
    assert "RENT" in page
    assert 'id="booking-' in page
    line = BankLine.objects.get(reference="RENT")
    page = sent(finance, f"/payments/bookings/{line.pk}/", settlement="not_ours", reason="Rent of the office")
    assert "Every booking has its place" in page
    assert "settled" in said(finance, there)
    assert "as expected" in said(finance, f"/payments/bank/{line.reply_id}/")
    poisoned = SimpleUploadedFile("x.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")
    assert finance.post("/payments/bank/", {"file": poisoned}).status_code == 422
    monkeypatch.setattr(payments, "READ_AT_ONCE", 0)  # as for a file of many bookings: its job reads it
    lies = SimpleUploadedFile("y.xml", b"<Document xmlns='urn:other'/>")
    there_too = finance.post("/payments/bank/", {"file": lies})["Location"]
    assert "It is being reconciled" in said(finance, there_too)
    Worker(every={}).work(until_empty=True)
    page = said(finance, there_too)
    assert "not a camt.054.001.08 message" in page and "Nothing of it is recorded" in page
    assert "refused" in said(finance, "/payments/bank/")

    merges.merge(merges.Choice(people[0].pk, people[1].pk), by=OFFICE, at=AT)
    assert "merged records had both received" in said(finance, "/")
    assert people[1].number in said(finance, "/payments/doubles/")
    (double,) = given_queries.doubles(OFFICE)
    page = sent(finance, "/payments/doubles/", entitlement=double.second.pk, finding="both_right", reason="Two homes")
    assert "Nobody received twice" in page
    for client in (programme, finance, signer):
        for url in (
            "/programmes/",
            f"/programmes/{made.pk}/",
            where,
            f"/agreements/{agreement.pk}/",
            "/approvals/",
            "/payments/",
        ):
            said(client, url)
    assert payments.queries.open_bookings(OFFICE) == []


def test_a_package_is_written_verified_and_granted() -> None:
    programme, second = client_of(make_user("pro", Role.PROGRAMME)), client_of(make_user("pr2", Role.PROGRAMME))
    lines = (
        "bed; items; 1; piece; person; 1; ; ; 0; shtrat; кревет; bed\n"
        "heat; items; 2; m3; household; 4; ; disability; 30; dru; дрва; wood"
    )
    told = {"code": "RETURN", "name_sq": "Pako", "name_sr": "Пакет", "name_en": "Package", "source": "Draft"}
    bad = programme.post("/packages/new/", {**told, "lines": "bed; nothing; 1; piece"})
    assert bad.status_code == 422
    assert "Line 1 cannot be read" in bad.content.decode()
    page = sent(programme, "/packages/new/", **told, lines=lines)
    assert "not verified" in page
    package = given_queries.packages()[0]
    assert lines.splitlines()[1].split("; ")[0] in said(programme, f"/packages/new/?of={package.pk}")
    assert "cannot verify" in sent(programme, "/packages/", package=package.pk, source="Manual, page 3")
    assert "Manual, page 3" in sent(second, "/packages/", package=package.pk, source="Manual, page 3")


def test_money_is_set_aside_changed_and_spent_by_hand() -> None:
    programme, finance = client_of(make_user("pro", Role.PROGRAMME)), client_of(make_user("fin", Role.FINANCE))
    told = {"donor": "Fondation Exemple", "reference": "FE-2", "title": "Roads", "amount": "1000", "currency": "EUR"}
    sent(finance, "/agreements/new/", **told, **SPAN)
    agreement = Agreement.objects.get()
    where = f"/agreements/{agreement.pk}/"
    sent(finance, where, code="road", title="Roads", amount="800")
    line = agreement.lines.get()

    change = f"/agreements/lines/{line.pk}/"
    assert 'value="800.00"' in said(finance, change)
    assert "Done." in sent(finance, change, amount="900", version=1)
    late = finance.post(change, {"amount": "950", "version": 1})
    assert late.status_code == 422
    assert "somebody else in the meantime" in late.content.decode()
    assert "is more than" in finance.post(change, {"amount": "1001", "version": 2}).content.decode()

    days = {"starts_on": TODAY, "ends_on": TODAY + dt.timedelta(days=90)}
    kind, sector = project_rules.Kind.ROAD, project_rules.Sector.TRANSPORT
    place = factories.municipality().pk
    draft = project_rules.ProjectDraft("The road to the school", kind, sector, place, cost=Decimal(700), **days)
    project = projects.plan_project(draft, by=OFFICE, at=AT)
    page = said(programme, f"/projects/{project.pk}/")
    assert f"/money/project/{project.pk}/" in page
    assert "Done." in sent(programme, f"/money/project/{project.pk}/", line=line.pk, amount="500")
    assert programme.get("/money/project/999/").status_code == 404
    assert programme.get("/money/payment_list/1/").status_code == 404
    assert "Fondation Exemple" in said(programme, f"/projects/{project.pk}/")
    assert f"/projects/{project.pk}/" in said(finance, where)
    assert "Printing" in sent(finance, where, other="1", line=line.pk, amount="100", title="Printing")

    held = line.commitments.get(kind="project")
    there = f"/commitments/{held.pk}/"
    assert "Nothing went out yet" in said(programme, there)
    assert "Done." in sent(programme, f"{there}change/", amount="400", version=1)
    late = programme.post(f"{there}change/", {"amount": "450", "version": 1})
    assert late.status_code == 422
    assert programme.get(f"{there}paper/").status_code == 403
    paper = {"kind": "invoice", "amount": "150", "currency": "EUR", "day": DAY, "reference": "INV 7"}
    assert "INV 7" in sent(finance, f"{there}paper/", **paper)
    again = finance.post(f"{there}paper/", {**paper, "reference": "inv 7"})
    assert "nothing is paid twice" in again.content.decode()
    refund = {**paper, "kind": "refund", "reference": "R 1"}
    assert "by papers: 150.00 EUR" in finance.post(f"{there}paper/", {**refund, "amount": "151"}).content.decode()
    assert "money that came back" in sent(finance, f"{there}paper/", **{**refund, "amount": "50"})
    dinars = finance.post(f"{there}paper/", {**paper, "currency": "RSD", "reference": "INV 8"})
    assert "There is no rate from RSD to EUR" in dinars.content.decode()
    assert "cannot be cut" in programme.post(f"{there}change/", {"amount": "99", "version": 2}).content.decode()
    held.refresh_from_db()
    line.refresh_from_db()
    assert (held.spent, held.used, line.spent, line.committed) == (100, 100, 100, 500)

    made = sent(programme, "/programmes/new/", code="R-26", name_sq="A", name_sr="Б", name_en="Roads", **SPAN)
    assert "R-26" in made
    row = Programme.objects.get()
    change = f"/programmes/{row.pk}/change/"
    assert 'value="Roads"' in said(programme, change)
    names = {"name_sq": "A", "name_sr": "Б", "name_en": "Roads and bridges", **SPAN}
    assert "Roads and bridges" in sent(programme, change, version=1, **names)
    assert programme.post(change, {"version": 1, **names}).status_code == 422
    sent(programme, f"/programmes/{row.pk}/", name="First", **SPAN)
    short = programme.post(change, {**names, "version": 2, "ends_on": "01.01.2027"})
    assert "Change the cycle first" in short.content.decode()
    assert "Load the example" in said(programme, "/packages/")
    assert "not verified" in sent(programme, "/packages/", example="1")
