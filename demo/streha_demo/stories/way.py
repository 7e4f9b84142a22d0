"""The way of one family through the office, step by step, by its own actions; and of a call through its commission.

Every step has its day, counted from the day of the wish, and is written with that day: the log of the demo tells the
years as they went by. Who scores, decides and hears an appeal are users of their own, since none may do another's part.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from streha.accounts.rules import Access
from streha.assistance.advances import actions as advances
from streha.assistance.distributions import actions as distributions
from streha.assistance.distributions.rules import plans as distribution_plans
from streha.assistance.distributions.rules import slips
from streha.assistance.entitlements import actions as given
from streha.assistance.entitlements import models as given_models
from streha.assistance.entitlements import rules as given_rules
from streha.assistance.grants import actions as grants
from streha.assistance.grants import rules as grant_rules
from streha.assistance.programmes import actions as programmes
from streha.assistance.programmes import models as programme_models
from streha.assistance.programmes.rules import For
from streha.assistance.selections import actions as selections
from streha.assistance.selections import models as selection_models
from streha.assistance.selections.rules import Fact, Function, PaperKind, PaperState, RequestKind
from streha.assistance.sites import actions as sites
from streha.assistance.sites.models import Site
from streha.assistance.sites.rules import places as site_rules
from streha.assistance.supplies import actions as supplies
from streha.assistance.supplies import models as supply_models
from streha.assistance.training import actions as courses
from streha.assistance.training import rules as course_rules
from streha.assistance.works import actions as works
from streha.assistance.works import bridge as works_bridge
from streha.assistance.works import models as works_models
from streha.assistance.works import rules as works_rules
from streha.audit import rules as audit_rules
from streha.cases import actions as cases
from streha.cases import models as case_models
from streha.cases import queries as case_queries
from streha.cases import rules as case_rules
from streha.cases.plans import actions as plans
from streha.cases.plans.rules import GoalKind, GoalState, Presence, VisitKind
from streha.common.codes import Precision
from streha.common.money import Money
from streha.homes import actions as homes
from streha.homes import rules as home_rules
from streha.homes.models import Property
from streha.jobs import actions as jobs
from streha.jobs.models import Job
from streha.people import actions as people
from streha.people import models as people_models
from streha.people import rules as people_rules
from streha_demo import drawn
from streha_demo.stories.families import Family

SOURCE = "story"
DAY = dt.timedelta(days=1)
GROWN = 18
LEFT_ON = dt.date(1999, 6, 15)

# Days after the wish.
CASE, SEEN, PAPERS, BEFORE, OPENS, APPLIED, CLOSES, SCORED, DECIDED = 6, 24, 40, 62, 50, 58, 80, 95, 110
APPEALED, HEARD, PLANNED, DUE, BEGUN = 122, 145, 152, 158, 165
MOVED_AFTER, TOLD_AFTER, VISITED_AFTER, CLOSED_AFTER = 6, 25, 95, 370  # after the help was handed over
ANSWERS = {
    Fact.DISPLACED: True,
    Fact.OWNS_PROPERTY: True,
    Fact.INHERITANCE_SETTLED: True,
    Fact.HOUSED_BEFORE: False,
    Fact.WISHES_RETURN: True,
}


@dataclass(frozen=True)
class Office:
    """Who does what in these stories, on which day they are told, and from where things are handed out."""

    by: Access
    scorers: tuple[Access, Access]
    members: tuple[Access, Access]
    appeal: Access
    today: dt.date
    programme: programme_models.Programme
    line: programme_models.BudgetLine
    package: given_models.Package
    warehouse: supply_models.Warehouse
    sites: dict[str, Site]
    provider_id: int


@dataclass
class Walk:
    """A family on its way: what was made for it so far."""

    office: Office
    family: Family
    area_id: int
    people: list[people_models.Person] = field(default_factory=list)
    household: people_models.Household | None = None
    home: Property | None = None
    case: case_models.Case | None = None
    application: selection_models.Application | None = None
    stays: list[int] = field(default_factory=list)
    episodes: list[int] = field(default_factory=list)
    handed_on: dt.date | None = None

    def day(self, after: int) -> dt.date:
        """The day so long after the wish."""
        return self.office.today - (self.family.wished - after) * DAY

    def at(self, after: int, hour: int = 9) -> dt.datetime:
        """A moment of that day."""
        return moment(self.day(after), hour)


def moment(day: dt.date, hour: int = 9) -> dt.datetime:
    """An hour of a day."""
    return dt.datetime.combine(day, dt.time(hour), dt.UTC)


# --- until the commission ---------------------------------------------------------------------------------------------


def begin(walk: Walk) -> None:
    """The family is registered with its wish, its home and its case, which goes on as far as the commission."""
    _register(walk)
    _home(walk)
    _stay(walk)
    _case(walk)


def _register(walk: Walk) -> None:
    family, by, at = walk.family, walk.office.by, walk.at(0)
    origin = people.Origin(source=SOURCE, lane=audit_rules.BATCH)
    walk.people = people.register_many(
        [_person(walk, n) for n in range(len(family.members))], by=by, at=at, origin=origin
    )
    members = tuple(
        people_rules.MemberDraft(person.pk, member.relation, is_head=n == 0)
        for n, (person, member) in enumerate(zip(walk.people, family.members, strict=True))
    )
    draft = people.HouseholdDraft(walk.area_id, members, source_ref=family.code.value, is_fictional=True)
    walk.household = people.open_household(draft, by=by, at=at, origin=origin)
    held = people_models.DisplacementEpisode.objects.filter(person__in=walk.people)
    walk.episodes = list(held.order_by("pk").values_list("pk", flat=True))


def _person(walk: Walk, n: int) -> people_rules.PersonDraft:
    family, member = walk.family, walk.family.members[n]
    born = walk.day(0) - dt.timedelta(days=round(365.25 * member.age) + 37 * (n + 1))
    answers = (1, 1, member.walking, 1, 1, 1)
    left = max(LEFT_ON, born)
    return people_rules.PersonDraft(
        names=(people_rules.NameDraft(member.given, family.name),),
        keeper_id=walk.area_id,
        sex=member.sex,
        birth_date=born,
        birth_precision=Precision.DAY,
        language=family.language,
        community=family.community,
        episodes=(
            people_rules.EpisodeDraft(
                people_rules.EpisodeStatus.DISPLACED,
                people_rules.Cause.CONFLICT,
                from_area_id=walk.area_id,
                to_text=family.lived_in,
                started_on=left,
                started_precision=Precision.MONTH,
            ),
        ),
        intentions=(people_rules.IntentionDraft(people_rules.Wish.RETURN, walk.day(0), walk.area_id),),
        consents=(people_rules.ConsentDraft("return", walk.day(0), evidence="Signed sheet (invented)"),),
        functioning=(people_rules.FunctioningDraft(walk.day(0), answers),),
        needs=(people_rules.NeedDraft(member.need),) if member.need else (),
        is_fictional=True,
    )


def _home(walk: Walk) -> None:
    house = walk.family.house
    if house is None:
        return
    kinds = home_rules.OccupancyKind
    ruined = kinds.RUINED if house.damage in {"d4", "d5"} else kinds.EMPTY
    draft = home_rules.PropertyDraft(
        municipality_id=walk.area_id,
        keeper_id=walk.area_id,
        address=house.address,
        tenure=home_rules.Tenure.OWNED,
        inheritance=home_rules.Inheritance.IN_PROCEEDINGS if walk.family.appeals else home_rules.Inheritance.NONE,
        shares=(home_rules.ShareDraft(person_id=walk.people[0].pk),),
        occupancies=(
            home_rules.OccupancyDraft(kinds.OWNER, dt.date(1978, 1, 1), Precision.YEAR, LEFT_ON, Precision.MONTH),
            home_rules.OccupancyDraft(ruined, LEFT_ON, Precision.MONTH),
        ),
        assessments=(home_rules.AssessmentDraft(walk.day(0) - 30 * DAY, house.damage, "brick_slab"),),
        is_fictional=True,
    )
    walk.home = homes.register_property(draft, by=walk.office.by, at=walk.at(1), origin=people.Origin(source=SOURCE))


def _stay(walk: Walk) -> None:
    """They live at one of the sites; who cannot climb has a place without steps."""
    if walk.family.stays is None or walk.household is None:
        return
    needs = zip(walk.people, walk.family.members, strict=True)
    step_free = tuple(person.pk for person, member in needs if member.walking > 2)
    arrival = sites.Arrival(walk.day(2), walk.household.pk, step_free_ids=step_free)
    site = walk.office.sites[walk.family.stays.value]
    walk.stays = [stay.pk for stay in sites.check_in(site.pk, arrival, by=walk.office.by, at=walk.at(2))]


def _case(walk: Walk) -> None:
    """The wish is a case; the family has seen the place, brought its papers, and waits for the commission."""
    by = walk.office.by
    draft = cases.CaseDraft(
        walk.people[0].pk,
        "voluntary_return",
        with_household=True,
        opened_on=walk.day(CASE),
        note=f"Wishes to go home from {walk.family.lived_in}.",
        is_fictional=True,
    )
    walk.case = cases.open_many([draft], by=by, at=walk.at(CASE), source=SOURCE)[0]
    _visit(walk, VisitKind.GSV, walk.day(SEEN), "They saw the place and spoke with neighbours (invented).")
    _move(walk, "gsv", walk.at(SEEN, 15))
    _move(walk, "documents", walk.at(PAPERS))
    for item in case_queries.checklist(walk.case, walk.day(PAPERS)):
        if item.wanted.is_optional:
            continue
        paper = cases.receive_paper(walk.case.pk, item.wanted.paper_id, item.person_id, by=by, at=walk.at(PAPERS, 10))
        cases.judge_paper(paper.pk, is_good=True, by=by, at=walk.at(PAPERS, 11))
    _move(walk, "commission", walk.at(BEFORE))


def _move(walk: Walk, to: str, at: dt.datetime, *, reason: str = "") -> None:
    assert walk.case is not None
    walk.case.refresh_from_db()
    walk.case = cases.move_case(walk.case.pk, to, revision=walk.case.revision, reason=reason, by=walk.office.by, at=at)


def _visit(walk: Walk, kind: VisitKind, day: dt.date, found: str, presence: Presence | None = None) -> None:
    assert walk.case is not None
    by, at = walk.office.by, moment(day, 14)
    draft = plans.VisitDraft(kind, day, walk.area_id, people=[walk.people[0].pk])
    visit = plans.plan_visit(walk.case.pk, draft, by=by, at=moment(day - 5 * DAY))
    came = list(visit.participants.values_list("pk", flat=True))
    plans.report_visit(visit.pk, plans.VisitReport(day, found, came, presence), by=by, at=at)


# --- the call ---------------------------------------------------------------------------------------------------------


def choose(walks: Sequence[Walk], title: str) -> programme_models.Cycle:
    """The families apply, are scored and decided on; who appeals is heard by others. Returns the cycle of help."""
    first = walks[0]
    office, by = first.office, first.office.by
    grid = selections.load_example_grid(by=by, at=first.at(OPENS))
    asked = sorted({walk.family.asks for walk in walks} | {RequestKind.HOUSE})
    draft = selections.CallDraft(
        title=title,
        municipality_id=first.area_id,
        grid_id=grid.pk,
        requests=tuple(asked),
        opens_on=first.day(OPENS),
        closes_on=first.day(CLOSES),
        places=len(walks),
        budget=Money.of(len(walks) * 40_000, "EUR"),
    )
    call = selections.open_call(draft, by=by, at=first.at(OPENS))
    _seat(call, first)
    for walk in walks:
        _apply(call, walk)
    _decide(call, first, members=office.members, after=DECIDED)
    for walk in walks:
        if walk.family.appeals:
            _appeal(walk)
            _decide(call, walk, members=(office.appeal,), after=HEARD)
    cycle = programmes.CycleDraft(
        f"{title}, {first.day(OPENS).year}", first.day(OPENS), office.today + 60 * DAY, call_id=call.pk
    )
    return programmes.open_cycle(office.programme.pk, cycle, by=by, at=first.at(HEARD + 2))


def _seat(call: selection_models.Call, walk: Walk) -> None:
    office, functions = walk.office, Function
    for who, function in (
        *((scorer, functions.SCORER) for scorer in office.scorers),
        (office.members[0], functions.CHAIR),
        (office.members[1], functions.MEMBER),
        (office.appeal, functions.APPEAL_CHAIR),
    ):
        selections.name_member(call.pk, who.person(), function, by=office.by, at=walk.at(OPENS))


def _apply(call: selection_models.Call, walk: Walk) -> None:
    assert walk.household is not None
    by = walk.office.by
    answers = ANSWERS | {Fact.INHERITANCE_SETTLED: not walk.family.appeals}
    draft = selections.ApplicationDraft(walk.household.pk, walk.people[0].pk, walk.family.asks, answers)
    walk.application = selections.apply(call.pk, draft, by=by, at=walk.at(APPLIED))
    wanted: list[tuple[PaperKind, int | None]] = [
        (PaperKind.DISPLACED_CARD, None), (PaperKind.POSSESSION_LIST, None), (PaperKind.MEDICAL_FINDING, None)
    ]  # fmt: skip
    for person, member in zip(walk.people, walk.family.members, strict=True):
        wanted.append((PaperKind.ID_CARD if member.age >= GROWN else PaperKind.BIRTH_EXTRACT, person.pk))
    for kind, person_id in wanted:
        selections.note_paper(
            walk.application.pk, kind, PaperState.SEEN, person_id=person_id, by=by, at=walk.at(APPLIED, 10)
        )
    disability = 20 if any(member.walking > 2 for member in walk.family.members) else 0
    urgency = 20 if walk.family.house and walk.family.house.damage == "d5" else 15
    for n, scorer in enumerate(walk.office.scorers):
        sheet = selections.begin_scoring(walk.application.pk, by=scorer, at=walk.at(SCORED + n))
        points = dict.fromkeys(call.grid.criteria.values_list("code", flat=True), 0)
        points |= {"urgency": urgency - n, "disability": disability}
        selections.give_points(sheet.pk, points, by=scorer, at=walk.at(SCORED + n, 10))
        selections.finish_scoring(sheet.pk, by=scorer, at=walk.at(SCORED + n, 11))


def _decide(call: selection_models.Call, walk: Walk, *, members: Sequence[Access], after: int) -> None:
    """A session ranks, votes and decides; its list is posted, and the cases of the families stand at the decision."""
    chair, by, at = members[0], walk.office.by, walk.at(after, 10)
    session = selections.plan_session(
        call.pk,
        held_on=at.date(),
        place="Pejë / Peć",
        agenda=["The ranked list"],
        is_appeal=after == HEARD,
        by=chair if after == HEARD else by,
        at=walk.at(after - 5),
    )
    selections.open_session(session.pk, present=[one.person() for one in members], by=chair, at=at)
    if after == HEARD:
        _hear(walk, session, chair, at)
    listed = selections.rank(session.pk, by=chair, at=at)
    item = session.agenda.get(position=1)
    choices = {one.person(): "for" for one in members}
    selections.vote(item.pk, choices, conclusion="The list is adopted.", by=chair, at=at)
    selections.decide(listed.pk, item.pk, by=chair, at=at)
    selections.close_session(session.pk, minutes="The list was adopted (invented).", by=chair, at=walk.at(after, 12))
    _carry(listed, walk.office, walk.at(after, 13))
    selections.publish(listed.pk, by=by, at=walk.at(after + 1))


def _carry(listed: selection_models.Selection, office: Office, at: dt.datetime) -> None:
    """The job that tells the cases is done at once: no worker of today finds it."""
    job = jobs.claim(worker="demo", at=at, only=Job.objects.get(key=f"selections-carry-{listed.pk}").pk)
    if job is not None:
        told = advances.carry(listed.pk, _nobody_watches, by=office.by, at=at)  # type: ignore[arg-type]
        jobs.finish(job, at=at, result=told)


def _nobody_watches(*_done: object) -> None:
    """Nobody waits for the progress of a job of the demo."""


def _appeal(walk: Walk) -> None:
    assert walk.application is not None
    _move(walk, "appeal", walk.at(APPEALED), reason="Appealed with the ruling of the court.")
    selections.appeal(
        walk.application.pk,
        received_on=walk.day(APPEALED),
        grounds="The court has ruled on the inheritance; the ruling is enclosed (invented).",
        by=walk.office.by,
        at=walk.at(APPEALED),
    )


def _hear(walk: Walk, session: selection_models.Session, chair: Access, at: dt.datetime) -> None:
    assert walk.application is not None
    waiting = selection_models.Appeal.objects.get(row__application=walk.application)
    reason = "The ruling of the court settles the inheritance."
    selections.decide_appeal(waiting.pk, session.pk, uphold=True, reason=reason, by=chair, at=at)
    selections.waive(session.pk, walk.application.pk, "inheritance", reason=reason, by=chair, at=at)


# --- the help ---------------------------------------------------------------------------------------------------------


def help_(walk: Walk, cycle: programme_models.Cycle) -> None:
    """What was decided is due and handed over; then the family lives at home, is visited, and the case ends."""
    _plan(walk)
    if walk.family.gets_kit:
        _kit(walk, cycle)
    if walk.family.house is not None:
        _build(walk, cycle)
    elif walk.family.business is not None:
        _grant(walk, cycle)
    else:
        _money(walk, cycle)
    _go_home(walk)
    if walk.family.has_package:
        _package(walk, cycle)
    if walk.family.learns:
        _learn(walk)
    _end(walk)


def _plan(walk: Walk) -> None:
    assert walk.case is not None
    by = walk.office.by
    _move(walk, "plan", walk.at(PLANNED))
    wanted = [(GoalKind.HOUSE, "The house stands.")] if walk.family.house else [(GoalKind.INCOME, "An income.")]
    wanted += [(GoalKind.FURNITURE, "Beds and a stove.")] if walk.family.has_package else []
    for kind, text in wanted:
        goal = plans.GoalDraft(kind, text, walk.day(PLANNED + 240))
        plans.plan_goal(walk.case.pk, goal, by=by, at=walk.at(PLANNED))
    plans.agree_plan(walk.case.pk, walk.day(PLANNED), by=by, at=walk.at(PLANNED, 10))


def _due(
    walk: Walk, cycle: programme_models.Cycle, kind: given_rules.Kind, much: given_rules.Much, **more: int
) -> given_models.Entitlement:
    assert walk.application is not None
    return given.grant_chosen(
        cycle.pk,
        {walk.application.pk: much},
        kind=kind,
        due_on=walk.day(DUE),
        by=walk.office.by,
        at=walk.at(DUE),
        commitment_id=more.get("commitment"),
    )[0]


def _hand(walk: Walk, due: given_models.Entitlement, on: dt.date, how: given_rules.Mechanism, *, key: str) -> None:
    handed = given.Handed(due.due, on, how, f"story-{walk.family.code}-{key}"[:80])
    delivery = given.deliver(due.pk, handed, by=walk.office.by, at=moment(on, 12))
    asked = min(on + TOLD_AFTER * DAY, walk.office.today)
    said = given.Said(asked, given_rules.Outcome.RECEIVED, given_rules.NeedsMet.MOST)
    given.verify(delivery.pk, said, by=walk.office.by, at=moment(asked, 15))


def _build(walk: Walk, cycle: programme_models.Cycle) -> None:
    """A lot and its contractor, each stage with its inspection, the handover with the head, defects mended."""
    house, by = walk.family.house, walk.office.by
    assert house is not None
    assert walk.home is not None
    assert walk.case is not None
    due = _due(walk, cycle, given_rules.Kind.WORKS, given_rules.Much.counted(1, "house"))
    wanted = works_rules.LotDraft(
        title=f"{walk.family.title} (invented)",
        keeper_id=walk.area_id,
        tender=f"T-{walk.day(BEGUN).year}-S{walk.family.wished}",
        amount=Decimal(house.cost),
        is_fictional=True,
    )
    lot = works.make_lot(wanted, by=by, at=walk.at(BEGUN - 2))
    draft = works_rules.WorksDraft(
        walk.home.pk, house.kind, walk.day(BEGUN), household_id=due.household_id, case_id=walk.case.pk, lot_id=lot.pk,
        cost_planned=Decimal(house.cost), is_fictional=True,
    )  # fmt: skip
    row = works.plan_works(draft, by=by, at=walk.at(BEGUN - 2, 11))
    last = _inspect(walk, row, lot, wanted)
    works.note_cost(
        row.pk, amount=Decimal(house.cost), on=last + 2 * DAY, reference=f"INV-{walk.family.wished}",
        version=row.version, by=by, at=moment(last + 2 * DAY),
    )  # fmt: skip
    row.refresh_from_db()
    handed_on = last + 7 * DAY
    handover = works_rules.HandoverDraft(handed_on, walk.people[0].pk, "", house.defects)
    works.hand_over(row.pk, handover, version=row.version, by=by, at=moment(handed_on, 11))
    for n, defect in enumerate(row.defects.order_by("pk"), start=1):
        row.refresh_from_db()
        mended = handed_on + 25 * n * DAY
        works.mend_defect(row.pk, defect.pk, on=mended, version=row.version, by=by, at=moment(mended))
    walk.handed_on = handed_on
    _hand(walk, due, handed_on, given_rules.Mechanism.CONTRACTOR, key="house")


def _inspect(walk: Walk, row: works_models.HouseWorks, lot: works_models.Lot, wanted: works_rules.LotDraft) -> dt.date:
    """Each stage is found done on its day, and after the tender there is a contract; some have photos, drawn here."""
    house, by, day = walk.family.house, walk.office.by, row.starts_on
    assert house is not None
    rng = random.Random(f"streha story {walk.family.code}")  # noqa: S311 - a drawing, the same each time
    pictures = {"survey": house.damage, "walls": "d4", "roof": "d1", "finishing": "d0"} if house.has_photos else {}
    for rule in works_bridge.stages_of(house.kind):
        if rule.code in works_rules.BY_HANDOVER:
            break
        day += rule.days * DAY
        damage = pictures.get(rule.code)
        photos = [(f"{rule.code}.png", drawn.house(rng, damage))] if damage else []
        found = works_rules.InspectionDraft(day, {rule.code: 100}, "As it was planned (invented).")
        works.inspect(row.pk, found, photos=photos, version=row.version, by=by, at=moment(day, 13))
        row.refresh_from_db()
        if rule.code == works_rules.Stage.TENDER:
            signed = dataclasses.replace(wanted, contractor=house.contractor, contracted_on=day)
            works.change_lot(lot.pk, signed, version=lot.version, by=by, at=moment(day, 15))
            amount = Decimal(house.cost)
            works.give_to_lot(row.pk, lot.pk, amount=amount, version=row.version, by=by, at=moment(day, 16))
            row.refresh_from_db()
    return day


def _kit(walk: Walk, cycle: programme_models.Cycle) -> None:
    """A winter kit by a slip: granted, listed, handed out at the counter to the head."""
    assert walk.household is not None
    office, by, at = walk.office, walk.office.by, walk.at(DUE, 14)
    kit = supply_models.Kit.objects.get(code="WINTER")
    due = _due_kit(walk, cycle, kit)
    goods = [
        supplies.Delivery(line.item_id, 8) for line in kit.rules.order_by("pk").distinct() if not line.item.expires
    ]
    supplies.receive(office.warehouse.pk, goods, paper="Delivery note S-1 (invented)", by=by, at=at)
    row = distributions.plan(
        distribution_plans.DistributionDraft(
            title="Winter kits for families who go home (invented)",
            kit_id=kit.pk,
            warehouse_id=office.warehouse.pk,
            audience=slips.Audience.CYCLE,
            cycle_id=cycle.pk,
            where="Collective centre",
            held_on=walk.day(DUE + 6),
            is_fictional=True,
        ),
        by=by,
        at=at,
    )
    rng = random.Random(f"streha slip {walk.family.code}")  # noqa: S311 - the same code each time
    job = jobs.claim(worker="demo", at=at, only=row.job_id) if row.job_id else None
    made = distributions.make_list(row.pk, _nobody_watches, by=by, at=at, rng=rng)  # type: ignore[arg-type]
    if job is not None:
        jobs.finish(job, at=at, result=made)
    slip = row.slips.get(entitlement=due)
    there = distribution_plans.Collected(walk.people[0].pk)
    distributions.hand_out(slip.pk, there, by=by, at=walk.at(DUE + 6, 10))
    distributions.close(row.pk, by=by, at=walk.at(DUE + 6, 17))


def _due_kit(walk: Walk, cycle: programme_models.Cycle, kit: supply_models.Kit) -> given_models.Entitlement:
    assert walk.household is not None
    draft = given.Draft(
        walk.people[0].pk,
        given_rules.Kind.ITEMS,
        given_rules.Much.counted(1, "kit"),
        walk.day(DUE),
        household_id=walk.household.pk,
        application_id=walk.application.pk if walk.application else None,
        what=kit.code,
        key=f"story:{walk.family.code}:kit",
    )
    return given.entitle(cycle.pk, draft, by=walk.office.by, at=walk.at(DUE))


def _commit(walk: Walk, cycle: programme_models.Cycle, amount: int) -> programme_models.Commitment:
    return programmes.commit(
        walk.office.line.pk, Money.of(amount, "EUR"), For.CYCLE, cycle.pk,
        title=walk.family.title, by=walk.office.by, at=walk.at(DUE),
    )  # fmt: skip


def _grant(walk: Walk, cycle: programme_models.Cycle) -> None:
    """Two tranches, each paid when its condition was met, visits, and the checks of 6, 12 and 24 months."""
    business, by = walk.family.business, walk.office.by
    assert business is not None
    assert walk.household is not None
    assert walk.case is not None
    tranches = tuple(grant_rules.TrancheDraft(Decimal(amount), condition) for amount, condition in business.tranches)
    draft = grant_rules.GrantDraft(
        walk.people[0].pk, business.sector, business.plan, sum((t.amount for t in tranches), Decimal(0)), tranches,
        walk.day(BEGUN), household_id=walk.household.pk, case_id=walk.case.pk, cycle_id=cycle.pk,
        jobs_planned=business.jobs, is_fictional=True,
    )  # fmt: skip
    grant = grants.award(draft, by=by, at=walk.at(DUE))
    version, after = 1, BEGUN
    for position in range(1, len(tranches) + 1):
        after += 12
        grants.meet_condition(grant.pk, position, on=walk.day(after), version=version, by=by, at=walk.at(after))
        grants.pay_tranche(
            grant.pk, position, on=walk.day(after + 5), reference=f"GR-{grant.pk}-{position}", version=version + 1,
            by=by, at=walk.at(after + 5),
        )  # fmt: skip
        after += 25
        grants.visit(grant.pk, on=walk.day(after), note=business.found, version=version + 2, by=by, at=walk.at(after))
        version += 3
    for check in grant.checks.filter(due_on__lte=walk.office.today).order_by("months"):
        grants.check_alive(
            grant.pk, check.months, found=grant_rules.Alive.ALIVE, jobs=business.jobs, on=check.due_on,
            version=version, by=by, at=moment(check.due_on, 16),
        )  # fmt: skip
        version += 1
    walk.handed_on = walk.day(after)


def _money(walk: Walk, cycle: programme_models.Cycle) -> None:
    """Money for the first months, handed out at the counter."""
    held = _commit(walk, cycle, 2_000)
    due = _due(walk, cycle, given_rules.Kind.CASH, given_rules.Much.of(Money.of("900", "EUR")), commitment=held.pk)
    walk.handed_on = walk.day(DUE + 20)
    _hand(walk, due, walk.handed_on, given_rules.Mechanism.CASH_IN_HAND, key="money")


def _go_home(walk: Walk) -> None:
    """The family leaves the site and moves in; the register says where it lives now."""
    assert walk.handed_on is not None
    assert walk.household is not None
    by, day = walk.office.by, walk.handed_on + MOVED_AFTER * DAY
    at = moment(day, 10)
    if walk.stays:
        sites.check_out(walk.stays, day=day, left_for=site_rules.Left.HOME, by=by, at=at)
    _move(walk, "travel", moment(walk.handed_on, 16))
    for episode in walk.episodes:
        people.end_episode(episode, ended_on=day, precision=Precision.DAY, by=by, at=at)
    for person in walk.people:
        back = people_rules.EpisodeDraft(
            people_rules.EpisodeStatus.RETURNEE, people_rules.Cause.CONFLICT, from_text=walk.family.lived_in,
            to_area_id=walk.area_id, started_on=day, started_precision=Precision.DAY,
        )  # fmt: skip
        people.add_episode(person.pk, back, by=by, at=at)
    address = walk.family.house.address if walk.family.house else ""
    people.change_household(
        walk.household.pk, home_area_id=walk.area_id, address=address, version=walk.household.version, by=by, at=at
    )
    if walk.home is not None:
        homes.assess(walk.home.pk, home_rules.AssessmentDraft(walk.handed_on, "d0", "brick_slab"), by=by, at=at)
        lives = home_rules.OccupancyDraft(home_rules.OccupancyKind.OWNER, day, household_id=walk.household.pk)
        homes.succeed_occupancy(walk.home.pk, lives, by=by, at=at)
    _move(walk, "first_months", moment(day, 17))


def _package(walk: Walk, cycle: programme_models.Cycle) -> None:
    """All that the package gives to a family of this size, from the day they moved in."""
    assert walk.handed_on is not None
    assert walk.household is not None
    assert walk.case is not None
    by, returned = walk.office.by, walk.handed_on + MOVED_AFTER * DAY
    held = _commit(walk, cycle, 1_000)
    lines = given.allot_package(
        walk.office.package.pk, walk.household.pk, cycle_id=cycle.pk, returned_on=returned, commitment_id=held.pk,
        case_id=walk.case.pk, by=by, at=moment(returned, 18),
    )  # fmt: skip
    for line in lines:
        how = given_rules.Mechanism.CASH_IN_HAND if line.is_money else given_rules.Mechanism.IN_KIND
        on = max(line.due_on, returned) + 2 * DAY
        handed = given.Handed(line.due, on, how, f"story-{walk.family.code}-{line.what}"[:80])
        given.deliver(line.pk, handed, by=by, at=moment(on, 12))


def _learn(walk: Walk) -> None:
    """A course of five weeks with a certificate, and work three months later."""
    assert walk.handed_on is not None
    by, first = walk.office.by, walk.handed_on + 40 * DAY
    who = walk.people[1] if walk.family.learns == "Keeping bees" else walk.people[0]
    sector = grant_rules.Sector.AGRICULTURE if who is walk.people[1] else grant_rules.Sector.CRAFTS
    draft = course_rules.CourseDraft(
        title=f"{walk.family.learns} (invented)", provider_id=walk.office.provider_id, keeper_id=walk.area_id,
        sector=sector, first_day=first, last_day=first + 28 * DAY, places=10, hours=40, is_fictional=True,
    )  # fmt: skip
    course = courses.open_course(draft, by=by, at=moment(first - 10 * DAY))
    (row,) = courses.enrol(course.pk, [who.pk], by=by, at=moment(first - 6 * DAY))
    courses.add_sessions(course.pk, [first + 7 * n * DAY for n in range(5)], by=by, at=moment(first - 6 * DAY))
    for session in course.sessions.order_by("day"):
        courses.note_attendance(course.pk, session.pk, [row.pk], by=by, at=moment(session.day, 16))
    courses.certify(row.pk, by=by, at=moment(first + 29 * DAY))
    came_of = course_rules.CameOf.JOB if who is walk.people[0] else course_rules.CameOf.BUSINESS
    courses.note_outcome(row.pk, 3, came_of, by=by, at=moment(first + 120 * DAY))


def _end(walk: Walk) -> None:
    """Somebody looks in after three months and after a year; the goals are reached, and the case ends at its end."""
    assert walk.handed_on is not None
    assert walk.case is not None
    by, moved = walk.office.by, walk.handed_on + MOVED_AFTER * DAY
    found = "They live there; the children go to school (invented)."
    _visit(walk, VisitKind.HOME, moved + VISITED_AFTER * DAY, "The house is warm and dry (invented).")
    end = min(moved + CLOSED_AFTER * DAY, walk.office.today - 3 * DAY)
    _visit(walk, VisitKind.PRESENCE, end - 2 * DAY, found, Presence.PRESENT)
    for goal in walk.case.goals.filter(state=GoalState.OPEN).order_by("pk"):
        plans.settle_goal(goal.pk, GoalState.REACHED, by=by, at=moment(end))
    walk.case.refresh_from_db()
    cases.close_case(walk.case.pk, case_rules.Outcome.COMPLETED, revision=walk.case.revision, by=by, at=moment(end, 15))
