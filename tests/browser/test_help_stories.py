"""Three families' help from the application to the handover, clicked and typed: a house in Albanian, a family at a site
in Serbian, a business grant in English. Each ends on the page of the household, where the story stands in order.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from tests import factories
from tests.factories import OFFICE
from tests.rooms.assistance.conftest import IN_TIME, YES, Office, commission
from tests.rooms.assistance.test_payments import iban
from tests.web.conftest import AT, make_user

from streha.accounts.models import User
from streha.accounts.rules import Access, Role
from streha.assistance.distributions.models import Distribution, Slip
from streha.assistance.entitlements import actions as given
from streha.assistance.entitlements import rules as given_rules
from streha.assistance.entitlements.models import Entitlement
from streha.assistance.grants.models import Grant
from streha.assistance.payments.models import BankReply, PaymentList
from streha.assistance.programmes import actions as programmes
from streha.assistance.programmes import models as programme_models
from streha.assistance.programmes import rules as programme_rules
from streha.assistance.selections import actions as selections
from streha.assistance.selections.models import Application
from streha.assistance.sites import actions as sites
from streha.assistance.sites.models import Site, Stay
from streha.assistance.sites.rules import places
from streha.assistance.supplies import actions as supplies
from streha.assistance.supplies import models as supply_models
from streha.assistance.works.models import HouseWorks, Lot
from streha.audit import bridge
from streha.cases import actions as cases
from streha.cli.worker import Worker
from streha.common.money import Money
from streha.formats import iso20022
from streha.people.models import Household, Person
from streha_demo import drawn

Visit = Callable[..., Any]
Check = Callable[[Any], None]
SUBMIT = "main form.form button.btn-primary"


@pytest.fixture(autouse=True)
def _custody(settings: Any, tmp_path: Path) -> None:
    settings.KEYRING = tmp_path / "keyring.json"
    bridge.create_keyring(settings.KEYRING, at=AT)
    bridge.cache.clear()
    factories.kosovo()


def day(back: int = 0) -> str:
    """A day before today, as people type it."""
    return f"{timezone.now() - dt.timedelta(days=back):%d.%m.%Y}"


def fill(shown: Any, form: str, told: dict[str, Any]) -> None:
    """Type and choose what is told, field by field; a list ticks boxes, bytes are a file."""
    page = shown.page
    for name, value in told.items():
        field = page.locator(f"{form} [name={name}]")
        kind = field.first.evaluate("e => e.type")
        if kind.startswith("select"):
            field.select_option(value)
        elif kind in {"radio", "checkbox"}:
            for one in value if isinstance(value, list) else [value]:
                page.check(f"{form} [name={name}][value='{one}']")
        elif kind == "file":
            field.set_input_files(value)
        else:
            field.fill(value)


def send(shown: Any, path: str = "", button: str = SUBMIT, form: str = "main form.form", **told: Any) -> None:
    """Open a form, fill it, press its button; what follows is another page."""
    if path:
        shown.go(path)
    fill(shown, form, told)
    with shown.page.expect_navigation():
        shown.page.click(button)
    assert not shown.page.locator(".field .bad, .errorlist").count(), shown.page.inner_text("main")


def in_order(shown: Any, home: Household, *told: str) -> None:
    """On the page of the household the story tells these things, one after the other."""
    shown.go(f"/households/{home.pk}/")
    lines = shown.page.locator("ol.timeline:not(.next) > li").all_text_contents()[::-1]
    wanted = iter(told)
    next_ = next(wanted)
    for line in lines:
        while next_ and next_ in line:
            next_ = next(wanted, "")
    assert not next_, f"“{next_}” does not come in its place:\n" + "\n".join(lines)


def opened(title: str, *, call_id: int | None = None) -> tuple[programme_models.Cycle, programme_models.Commitment]:
    """A programme with an open cycle and money, as finance and programme have made it before."""
    today = timezone.now().date()
    span = (today - dt.timedelta(days=400), today + dt.timedelta(days=400))
    donor = programmes.add_donor("Fondation Exemple", by=OFFICE, at=AT)
    draft = programmes.AgreementDraft(donor.pk, "FE-1", title, *span, Money.of(20_000, "EUR"))
    line = programmes.add_budget_line(
        programmes.sign_agreement(draft, by=OFFICE, at=AT).pk, "HELP", title, Decimal(20_000), by=OFFICE, at=AT
    )
    made = programmes.open_programme(programmes.ProgrammeDraft("HELP", title, title, title, *span), by=OFFICE, at=AT)
    cycle = programmes.open_cycle(made.pk, programmes.CycleDraft("1", *span, call_id), by=OFFICE, at=AT)
    held = programmes.commit(
        line.pk, Money.of(9_000, "EUR"), programme_rules.For.CYCLE, cycle.pk, title=title, by=OFFICE, at=AT
    )
    return cycle, held


def family(*names: str) -> tuple[list[Person], Household]:
    """A household of grown people."""
    members = [factories.person(*name.split(), birth=dt.date(1980 + n, 5, 1)) for n, name in enumerate(names)]
    return members, factories.household(*members)


# --- a house, in Albanian ---------------------------------------------------------------------------------------------


def test_a_house_from_the_application_to_the_handover(visit: Visit, check: Check) -> None:
    cases.load_tracks(by=OFFICE, at=AT)
    office = commission(closes_on=timezone.now().date() - dt.timedelta(days=1))
    members, home = family("Agim Murati", "Vjosa Murati")
    house = factories.home(members[0])
    worker = desk(visit, office.caseworker)
    send(
        worker, f"/selections/{office.call.pk}/apply/", household=home.number, applicant=members[0].number,
        request="house", received_on=f"{IN_TIME:%d.%m.%Y}",
        **{f"fact_{fact.value}": "1" if answer else "0" for fact, answer in YES.items()},
    )  # fmt: skip
    decided(office, Application.objects.get(household=home), members)
    cycle, _held = opened("Shtëpi", call_id=office.call.pk)

    programme = desk(visit, office.programme)
    send(
        programme, f"/cycles/{cycle.pk}/grant/", whom=home.number, kind="works", amount="1", unit="shtëpi",
        due_on=day(),
    )  # fmt: skip
    send(
        programme, "/works/lots/new/", title="Lot 1", keeper=str(house.keeper_id), contractor="Kulmi (trillim)",
        contracted_on=day(), amount="30000",
    )  # fmt: skip
    send(
        programme, "/works/new/", home=house.number, household=home.number, kind="new", start=day(),
        cost_planned="30000",
    )  # fmt: skip
    works = HouseWorks.objects.get()
    send(programme, f"/works/{works.pk}/do/contract/", lot=str(Lot.objects.get().pk), amount="30000")

    engineer = visit("/", as_=make_user("emin", Role.ENGINEER), language="sq")
    first = dict.fromkeys(("survey", "design", "tender", "foundation"), "100")
    send(engineer, f"/works/{works.pk}/do/inspect/", on=day(), note="Themelet janë gati", **first)
    picture = {"name": "kulmi.png", "mimeType": "image/png", "buffer": drawn.house(random.Random(1), "d0")}
    rest = dict.fromkeys(("walls", "roof", "installations", "finishing"), "100")
    send(engineer, f"/works/{works.pk}/do/inspect/", on=day(), note="Gjithçka u krye", photos=[picture], **rest)
    assert engineer.page.locator("img").count() == 1
    check(engineer)
    send(engineer, f"/works/{works.pk}/do/handover/", on=day(), person=str(members[0].pk))
    works.refresh_from_db()
    assert (works.state, works.handover.person_id) == ("closed", members[0].pk)

    due = Entitlement.objects.get()
    send(worker, f"/entitlements/{due.pk}/", on=day(), mechanism="contractor", behalf="self", key="HW-1")
    told = ("Aplikuan", "Vendimi", "Ndihma u dha", "U zgjodh kontraktuesi", "Punimet u inspektuan", "Shtëpia u dorëzua")
    in_order(worker, home, *told)
    check(worker)


def desk(visit: Visit, who: Access) -> Any:
    """The office as one of its people sees it, in Albanian."""
    return visit("/", as_=User.objects.get(pk=who.person()), language="sq")


def decided(office: Office, application: Application, members: Sequence[Person]) -> None:
    """Two score and three decide, as the story of the commission clicks through it."""
    office.papers(application, list(members))
    office.score(application, 22, 20)
    now = timezone.now()
    chair = office.members[0]
    session = selections.plan_session(
        office.call.pk, held_on=now.date(), place="Prizren", agenda=["The list"], by=office.programme, at=now
    )
    selections.open_session(session.pk, present=[one.person() for one in office.members], by=chair, at=now)
    listed = selections.rank(session.pk, by=chair, at=now)
    item = session.agenda.get(position=1)
    selections.vote(item.pk, {one.person(): "for" for one in office.members}, conclusion="Yes.", by=chair, at=now)
    selections.decide(listed.pk, item.pk, by=chair, at=now)


# --- a family at a site, in Serbian -----------------------------------------------------------------------------------


def test_a_family_from_the_site_to_its_home(visit: Visit, check: Check) -> None:
    members, home = family("Милан Савић", "Јела Савић")
    site, store = stocked()
    cycle, _held = opened("Повратак")
    package = given.save_package(two_lines(), by=OFFICE, at=AT)
    worker = visit("/", as_=make_user("jela", Role.CASEWORKER), language="sr")
    programme = visit("/", as_=make_user("teuta", Role.PROGRAMME), language="sr")

    worker.go(f"/sites/{site.pk}/in/")
    worker.page.fill("[name=who]", home.number)
    with worker.page.expect_navigation():
        worker.page.click("form.filters button")
    send(worker, came_on=day(30), step_free=[members[1].pk])
    assert Stay.objects.filter(site=site, left_on=None).count() == 2

    kit = str(supply_models.Kit.objects.get(code="WINTER").pk)
    send(
        programme, "/distributions/new/", title="Зимски пакети", kit=kit,
        warehouse=str(store.pk), held_on=day(), cycle=str(cycle.pk), where="Шатор 1", audience="site",
        site=str(site.pk),
    )  # fmt: skip
    Worker(every={}).work(until_empty=True)
    slip = Slip.objects.get(household=home)
    keeper = visit("/", as_=make_user("halit", Role.STOREKEEPER), language="sr")
    keeper.go(f"/distributions/{slip.distribution_id}/hand/")
    keeper.page.fill("[name=code]", f"{slip.code[:5]}-{slip.code[5:]}".lower())
    with keeper.page.expect_navigation():
        keeper.page.click("form.filters button")
    check(keeper)
    send(keeper, form="main form[method=post]", button="main form[method=post] button", who=str(members[0].pk))
    slip.refresh_from_db()
    assert (slip.handed_at is not None, Distribution.objects.get().pk) == (True, slip.distribution_id)

    worker.go(f"/sites/{site.pk}/out/")
    boxes = worker.page.locator("main form.form [name=stays]")
    stays = [box.get_attribute("value") for box in boxes.all()]
    send(worker, stays=stays, day=day(), left_for="home")
    assert not Stay.objects.filter(site=site, left_on=None).exists()

    send(programme, f"/cycles/{cycle.pk}/package/", household=home.number, package=str(package.pk), returned_on=day())
    seen = [of_the_package(worker, home)]
    for n, due in enumerate(Entitlement.objects.filter(package_line__isnull=False).order_by("pk")):
        send(worker, f"/entitlements/{due.pk}/", on=day(), mechanism="in_kind", behalf="self", key=f"RP-{n}")
        seen.append(of_the_package(worker, home))
    assert len(seen) == len(set(seen)) == 3, seen  # none, part, full
    in_order(worker, home, "Дошли у место смештаја", "Помоћ је додељена", "Предато", "Напустили место смештаја")
    check(worker)


def stocked() -> tuple[Site, supply_models.Warehouse]:
    """A camp with places without steps, and a warehouse with what a winter kit is made of."""
    today = timezone.now().date()
    supplies.load_examples(by=OFFICE, at=AT)
    sites.load_standards(by=OFFICE, at=AT)
    place = factories.municipality().pk
    draft = places.SiteDraft("Камп", places.Kind.CAMP, place, 20, today - dt.timedelta(days=90), step_free=4)
    site = sites.open_site(draft, by=OFFICE, at=AT + dt.timedelta(days=1))
    store = supplies.open_warehouse("Складиште", keeper_id=place, by=OFFICE, at=AT)
    goods = [
        supplies.Delivery(item.pk, 50)
        for item in supply_models.Item.objects.filter(code__in=("BLANKET", "MATTRESS", "STOVE", "LAMP"))
    ]
    supplies.receive(store.pk, goods, paper="1", by=OFFICE, at=AT)
    return site, store


def two_lines() -> given_rules.PackageDraft:
    """A return package of a bed for each and one stove."""
    kinds, counted, basis = given_rules.Kind, given_rules.Much.counted, given_rules.Basis
    bed, stove = (
        {"sq": sq, "sr": sr, "en": en} for sq, sr, en in (("shtrat", "кревет", "bed"), ("stufë", "пећ", "stove"))
    )
    return given_rules.PackageDraft(
        "RETURN-TEST",
        {"sq": "Pako", "sr": "Пакет", "en": "Package"},
        "Invented for a test",
        (
            given_rules.PackageLine("bed", kinds.ITEMS, counted(1, "piece"), basis.PERSON, labels=bed),
            given_rules.PackageLine("stove", kinds.ITEMS, counted(1, "piece"), basis.HOUSEHOLD, labels=stove),
        ),
    )


def of_the_package(worker: Any, home: Household) -> str:
    """What the page of the household says of its package."""
    worker.go(f"/households/{home.pk}/")
    said: str = worker.page.locator("section.card .body p", has_text="RETURN-TEST").first.inner_text()
    return said


# --- a business grant, in English -------------------------------------------------------------------------------------


def test_a_grant_from_the_plan_to_the_visit(visit: Visit, check: Check) -> None:
    members, home = family("Valbona Krasniqi", "Dion Krasniqi")
    cycle, held = opened("Grants")
    programmes.change_chain("EUR", [programme_rules.Step(Decimal(0), Role.AUTHORISER)], source="Test", by=OFFICE, at=AT)
    programme = visit("/", as_=make_user("teuta", Role.PROGRAMME))
    finance = visit("/", as_=make_user("milica", Role.FINANCE))
    send(
        programme, "/grants/new/", person=members[0].number, household=home.number, sector="food",
        plan="An oven and the first flour", starts_on=day(190), amount="3000",
        tranches="2000: business registered\n1000: oven stands",
    )  # fmt: skip
    grant = Grant.objects.get()
    assert "business registered" in programme.page.inner_text("main")
    send(finance, f"/people/{members[0].pk}/account/", iban=iban(1), holder="Valbona Krasniqi")
    for position, amount in ((1, "2000"), (2, "1000")):
        send(programme, f"/grants/{grant.pk}/do/meet/", tranche=str(position), on=day())
        send(
            programme, f"/cycles/{cycle.pk}/grant/", whom=home.number, kind="grant", amount=amount, unit="EUR",
            due_on=day(), commitment=str(held.pk),
        )  # fmt: skip
    reference = paid(visit, programme, finance, cycle, held)
    for position in (1, 2):
        send(
            finance, f"/grants/{grant.pk}/do/pay/", tranche=str(position), on=day(), reference=f"{reference}-{position}"
        )
    worker = visit("/", as_=make_user("arta", Role.CASEWORKER))
    send(worker, f"/grants/{grant.pk}/do/visit/", on=day(), note="The oven stands; two people work.")
    send(worker, f"/grants/{grant.pk}/do/check/", months="6", on=day(), found="alive", jobs="2")
    check(worker)
    told = ("Help granted", "Help came", "Business grant awarded", "Condition met", "Grant paid", "Business visited")
    in_order(worker, home, *told, "The business after 6 months")
    check(worker)


def paid(visit: Visit, programme: Any, finance: Any, cycle: programme_models.Cycle, held: Any) -> str:
    """A list is built, approved by somebody else, sent, and the bank's reply is brought; returns its number."""
    send(
        programme, f"/cycles/{cycle.pk}/pay/", title="Grants", commitment=str(held.pk), currency="EUR",
        due_until=day(), pay_on=day(),
    )  # fmt: skip
    Worker(every={}).work(until_empty=True)
    row = PaymentList.objects.get()
    there = f"/payments/{row.pk}/"
    send(programme, there, button="button[value=ask]", form="main")
    signer = visit("/", as_=make_user("valdete", Role.AUTHORISER))
    send(signer, there, button="button[value=sign]", form="main")
    send(finance, there, button="button[value=send]", form="main")
    with finance.page.expect_download() as order:
        finance.page.click("a[href$='file.xml']")
    content = Path(order.value.path()).read_text(encoding="utf-8")
    assert content.count("<CdtTrfTxInf>") == 2
    assert iban(1) in content
    today = timezone.now().date()
    booked = [
        iso20022.Booking(line.reference, line.amount, "EUR", today, False, f"B{line.pk}") for line in row.lines.all()
    ]
    reply = {"name": "reply.xml", "mimeType": "application/xml", "buffer": iso20022.write_notification("N", booked)}
    send(finance, "/payments/bank/", file=reply)
    Worker(every={}).work(until_empty=True)
    assert BankReply.objects.count() == 1
    finance.go(there)
    assert "Every line has come to an end" in finance.page.inner_text("main")
    return row.number
