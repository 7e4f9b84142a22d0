"""Reads of selections: calls, applications, sheets, sessions, ranked lists, and the replay.

A scorer sees their own sheet and nobody else's until the list is ranked. Names are shown to who may see the person;
everybody else, and everybody after an erasure, sees the number and code of the application alone.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from streha.accounts.bridge import wall
from streha.accounts.models import User
from streha.accounts.rules import Access, Action
from streha.assistance.selections import bridge, models, rules
from streha.audit import actions as audit
from streha.common import errors, pages
from streha.common.codes import FieldClass
from streha.common.pages import PAGE_SIZE, Page
from streha.engine.disclosure import releases, shares
from streha.people import models as people
from streha.people import queries as people_queries

A = Action
IN_FORCE = ("ranked", "decided", "published")


def day_of(moment: dt.datetime) -> dt.date:
    """The day of a moment where the office stands."""
    return timezone.localtime(moment).date()


# --- what actions ask -------------------------------------------------------------------------------------------------


@wall.beyond("which applications a list ranks")
def applications_of(call: models.Call) -> list[models.Application]:
    """The applications that a list ranks, by number: for ranking, never for a screen.

    A household that was shielded or erased meanwhile is not among them: protection cases are helped apart.
    """
    held = models.Application.objects.filter(call=call, applicant__erased_at=None)
    return list(held.filter(~models.shielding()).select_related("applicant").order_by("number"))


@wall.beyond("who scored in a call")
def scorers_of(call: models.Call) -> set[int]:
    """Users who scored or score applications of a call."""
    held = models.Scoring.objects.filter(application__call=call, scorer__isnull=False)
    return {pk for pk in held.values_list("scorer_id", flat=True).distinct() if pk is not None}


def voting_seats(session: models.Session) -> set[int]:
    """Users who may vote in a session."""
    functions = rules.VOTING & rules.APPEAL_FUNCTIONS if session.is_appeal else rules.VOTING - rules.APPEAL_FUNCTIONS
    held = session.call.commission.filter(left_at=None, function__in=functions)
    return set(held.values_list("user_id", flat=True))


@dataclass(frozen=True)
class HouseholdChange:
    """Persons who left the household, and who came, since it applied."""

    left: frozenset[int]
    came: frozenset[int]

    def __bool__(self) -> bool:
        return bool(self.left or self.came)


def household_change(application: models.Application) -> HouseholdChange:
    """What changed in the household of an application since."""
    return household_changes([application]).get(application.pk, HouseholdChange(frozenset(), frozenset()))


@wall.beyond("whether a household changed")
def household_changes(applications: Sequence[models.Application]) -> dict[int, HouseholdChange]:
    """By application, what changed in its household since; those unchanged are left out. Merged records are one."""
    ids = [one.pk for one in applications]
    homes = people_queries.answering_households(one.household_id for one in applications)
    then: dict[int, set[int]] = defaultdict(set)
    now: dict[int, set[int]] = defaultdict(set)
    for start in range(0, len(ids), bridge.PIECE):
        held = models.ApplicationMember.objects.filter(
            application__in=ids[start : start + bridge.PIECE], left_noted_at=None, person__erased_at=None
        )
        for application_id, person_id in held.values_list("application_id", "person_id"):
            then[application_id].add(person_id)
    for piece in _pieces(sorted(set(homes.values()))):
        lived = people.Membership.objects.filter(household__in=piece, ended_on=None)
        for household_id, person_id in lived.values_list("household_id", "person_id"):
            now[household_id].add(person_id)
    every = set[int]().union(*then.values(), *now.values()) if then or now else set()
    kept = people_queries.answering(every)
    found = {}
    for one in applications:
        was, is_ = then[one.pk], now[homes[one.household_id]]
        was_kept, is_kept = {kept[pk] for pk in was}, {kept[pk] for pk in is_}
        change = HouseholdChange(
            frozenset(pk for pk in was if kept[pk] not in is_kept),
            frozenset(pk for pk in is_ if kept[pk] not in was_kept),
        )
        if change:
            found[one.pk] = change
    return found


def _pieces(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + bridge.PIECE] for start in range(0, len(ids), bridge.PIECE))


def doubles(applications: Sequence[models.Application]) -> list[tuple[int, int]]:
    """Numbers of applications to one call that share a person, also one whose two records were merged since."""
    numbers = {one.pk: one.number for one in applications if one.withdrawn_at is None}
    rows: list[tuple[int, int]] = []
    for piece in _pieces(sorted(numbers)):
        held = models.ApplicationMember.objects.filter(application__in=piece, left_noted_at=None)
        rows += held.values_list("application_id", "person_id")
    kept = people_queries.answering(person for _, person in rows)
    by_person: dict[int, set[int]] = defaultdict(set)
    for application_id, person_id in rows:
        by_person[kept[person_id]].add(numbers[application_id])
    pairs = {(first, second) for held_ in by_person.values() for first in held_ for second in held_ if first < second}
    return sorted(pairs)


def chosen(person_ids: Collection[int]) -> set[int]:
    """Which of these people live in a household that a decision in force has chosen.

    For the queue of duplicates, which shows nobody whom; that one comes first is all that is seen of it.
    """
    in_force = [models.Selection.State.DECIDED, models.Selection.State.PUBLISHED]
    rows = models.Ranked.objects.filter(outcome=rules.Outcome.SELECTED, selection__state__in=in_force)
    members = models.RankedMember.objects.filter(person__in=person_ids, row__in=rows)
    return set(members.values_list("person_id", flat=True))


def names_of_members(application: models.Application) -> list[tuple[str, str]]:
    """Given and family names, in every form, of who belongs to the household: to find relatives of a scorer."""
    ids = set(application.members.filter(left_noted_at=None).values_list("person_id", flat=True))
    kept = people_queries.answering(ids)
    held = people.Name.objects.filter(person__in={*ids, *kept.values()}, valid_to=None)
    return list(held.order_by("pk").values_list("given", "family"))


def require_settled(call: models.Call, lives: Sequence[bridge.Live], grid: rules.Grid) -> None:
    """Raise Conflict, with numbers, while something stands between the applications and their list."""
    if not lives:
        raise errors.Conflict(
            errors.message("Nobody has applied to {call}. There is nothing to rank."),
            code="no_applications",
            call=call.number,
        )
    taking_part = [one for one in lives if not one.applied.withdrawn]
    _refuse_some(
        [one.applied.number for one in taking_part if one.application.is_late and one.application.late_at is None],
        errors.message("Late applications wait for a word: {numbers}. Accept or refuse each with a reason."),
        "late_open",
    )
    applications = [one.application for one in taking_part]
    for first, second in doubles(applications):
        raise errors.Conflict(
            errors.message(
                "Applications {first} and {second} are of one person. Withdraw one, or note who has left a household."
            ),
            code="second_application",
            first=first,
            second=second,
        )
    if call.ends_by == rules.EndsBy.BUDGET:
        _refuse_some(
            [one.number for one in applications if one.amount is None],
            errors.message("The budget ends this list; say what the help would cost for applications {numbers}."),
            "no_amount",
        )
    changed = household_changes(applications)
    _refuse_some(
        [one.number for one in applications if one.pk in changed],
        errors.message("The households of applications {numbers} have changed since. Look at each and note it."),
        "household_changed",
    )
    open_ = [
        one.applied.number
        for one in taking_part
        if rules.verdict(one.applied, grid, call.closes_on)[0] == rules.Verdict.RANKED
        and rules.needs(one.applied.scorings, call.threshold) is not None
    ]
    _refuse_some(
        open_,
        errors.message("Not fully scored: applications {numbers}. Points already given are kept; finish them first."),
        "not_scored",
    )


FEW = 10


def _refuse_some(numbers: Sequence[int], template: str, code: str) -> None:
    if numbers:
        told = ", ".join(map(str, sorted(numbers)[:FEW])) + (" …" if len(numbers) > FEW else "")
        raise errors.Conflict(template, code=code, numbers=told)


# --- calls ------------------------------------------------------------------------------------------------------------


def calls_page(access: Access, *, after: str = "", limit: int = PAGE_SIZE) -> Page[models.Call]:
    """Calls visible to the viewer, those that close last first."""
    rows = models.Call.objects.visible_to(access).select_related("municipality", "grid").order_by("-closes_on", "-pk")
    if after:
        last, number = pages.day_of(after)
        rows = rows.filter(Q(closes_on__lt=last) | Q(closes_on=last, pk__lt=number), closes_on__lte=last)
    found = list(rows[: limit + 1])
    more = found[limit - 1] if len(found) > limit else None
    return Page(tuple(found[:limit]), pages.key(more.closes_on, more.pk) if more else "")


def visible_call(access: Access, call_id: int, action: Action = A.SELECTION_VIEW) -> models.Call:
    """The call; raises NotFound for one that does not exist for this viewer."""
    found = models.Call.objects.visible_to(access, action).select_related("municipality", "grid", "made_by")
    call = found.filter(pk=call_id).first()
    if call is None:
        raise errors.NotFound()
    return call


def call_phase(call: models.Call, today: dt.date, selection: models.Selection | None) -> str:
    """Where a call stands: planned, open, closed, ranked, decided or published."""
    if selection is not None:
        return selection.state
    if today < call.opens_on:
        return "planned"
    return "open" if today <= call.closes_on else "closed"


@dataclass(frozen=True)
class CallPage:
    """A call as one viewer sees it."""

    call: models.Call
    phase: str
    requests: tuple[str, ...]
    commission: tuple[models.CommissionMember, ...]
    sessions: tuple[models.Session, ...]
    selections: tuple[models.Selection, ...]
    seat: str  # the viewer's function in the commission, empty for none

    @property
    def selection(self) -> models.Selection | None:
        """The list in force."""
        return next((s for s in self.selections if s.state in IN_FORCE), None)


def call_page(access: Access, call_id: int, *, today: dt.date) -> CallPage:
    """Everything about a call but its applications."""
    call = visible_call(access, call_id)
    selections = tuple(call.selections.select_related("session").order_by("-number"))
    commission = tuple(call.commission.filter(left_at=None).select_related("user").order_by("function", "pk"))
    in_force = next((s for s in selections if s.state in IN_FORCE), None)
    return CallPage(
        call=call,
        phase=call_phase(call, today, in_force),
        requests=tuple(call.requests.order_by("pk").values_list("kind", flat=True)),
        commission=commission,
        sessions=tuple(call.sessions.order_by("-held_on", "-pk")),
        selections=selections,
        seat=next((m.function for m in commission if m.user_id == access.user_id), ""),
    )


@dataclass(frozen=True)
class ApplicationRow:
    """A line of the list of applications."""

    application: models.Application
    person: people.Person
    missing: int  # papers not yet seen
    sheets: int  # finished scorings; only how many, never whose or what
    own: str  # the viewer's own sheet: "", "half", "done"
    bond: str  # the viewer's own conflict: "", "open", "bound"


def applications_page(
    access: Access, call: models.Call, *, after: str = "", limit: int = PAGE_SIZE, at: dt.datetime
) -> Page[ApplicationRow]:
    """Applications visible to the viewer, by number; that their names were listed is on record."""
    rows = models.Application.objects.visible_to(access).filter(call=call).order_by("number")
    if after:
        rows = rows.filter(number__gt=pages.number_of(after))
    found = list(rows.select_related("applicant", "call__grid")[: limit + 1])
    shown = found[:limit]
    lines = _application_rows(access, call, shown)
    people_queries.note_look(access, [line.person for line in lines], where="selection", at=at)
    return Page(tuple(lines), str(shown[-1].number) if len(found) > limit else "")


def _application_rows(access: Access, call: models.Call, shown: Sequence[models.Application]) -> list[ApplicationRow]:
    known = persons_of(shown)
    grid = bridge.grid_of(call.grid)
    lives = {one.application.pk: one.applied for one in bridge.live(shown)}
    ids = [one.pk for one in shown]
    own = dict(
        models.Scoring.objects.filter(application__in=ids, scorer_id=access.user_id or 0).values_list(
            "application_id", "finished_at"
        )
    )
    sheets = dict(
        models.Scoring.objects.filter(application__in=ids, finished_at__isnull=False)
        .values_list("application_id")
        .annotate(Count("pk"))
    )
    bonds: dict[int, set[str]] = defaultdict(set)
    for application_id, answer in models.Conflict.objects.filter(
        application__in=ids, user_id=access.user_id or 0 or 0
    ).values_list("application_id", "answer"):
        bonds[application_id].add(answer)
    return [
        ApplicationRow(
            application=one,
            person=known[one.pk],
            missing=len(rules.missing_papers(lives[one.pk], grid, call.closes_on)),
            sheets=sheets.get(one.pk, 0),
            own="" if one.pk not in own else "done" if own[one.pk] else "half",
            bond=next((a for a in (rules.Answer.BOUND, rules.Answer.OPEN) if a in bonds[one.pk]), ""),
        )
        for one in shown
    ]


def persons_of(applications: Iterable[models.Application]) -> dict[int, people.Person]:
    """By application, the record that answers for the applicant now, with its names."""
    rows = list(applications)
    kept = people_queries.answering(one.applicant_id for one in rows)
    found = {person.pk: person for person in people_queries.with_people(sorted(set(kept.values())))}
    return {one.pk: found[kept[one.applicant_id]] for one in rows}


# --- one application --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PaperLine:
    """A paper asked for or noted, with whose it is and where it stands."""

    kind: str
    person: people.Person | None
    state: str
    is_required: bool
    reference: str
    files: tuple[models.ApplicationFile, ...] = ()


@dataclass(frozen=True)
class MemberLine:
    person: people.Person
    relation: str
    age: int | None
    disabled: bool | None  # None too where the viewer may not know


@dataclass(frozen=True)
class ApplicationPage:
    """An application as one viewer may see it."""

    application: models.Application
    person: people.Person
    members: tuple[MemberLine, ...]
    facts: tuple[tuple[str, int | None], ...]
    papers: tuple[PaperLine, ...]
    verdict: rules.Verdict
    reasons: tuple[str, ...]
    unmet: tuple[rules.EligibilityRule, ...]
    waivers: tuple[models.Waiver, ...]
    change: HouseholdChange
    doubles: tuple[int, ...]
    conflicts: tuple[models.Conflict, ...]  # the viewer's own
    row: models.Ranked | None
    appeal: models.Appeal | None
    sees_health: bool

    @property
    def is_ranked(self) -> bool:
        """Whether it stands in a list in force."""
        return self.row is not None


def visible_application(access: Access, application_id: int, action: Action = A.SELECTION_VIEW) -> models.Application:
    """The application; raises NotFound for one that does not exist for this viewer."""
    found = models.Application.objects.visible_to(access, action).select_related(
        "call__grid", "call__municipality", "applicant", "entered_by", "late_by"
    )
    application = found.filter(pk=application_id).first()
    if application is None:
        raise errors.NotFound()
    return application


def application_page(access: Access, application_id: int, *, at: dt.datetime) -> ApplicationPage:
    """An application with its people, papers and where it stands; that they looked is on record."""
    application = visible_application(access, application_id)
    call = application.call
    grid = bridge.grid_of(call.grid)
    live = bridge.live([application])[0]
    kept = people_queries.answering(live.subjects.values())
    answers_for = people_queries.answering([application.applicant_id])[application.applicant_id]
    held = people_queries.with_people(sorted({*kept.values(), answers_for}))
    by_id = {person.pk: person for person in held}
    by_key = {key: by_id[kept[pk]] for key, pk in live.subjects.items()}
    record = people_queries.Record.of(application.applicant)
    classes = people_queries.readable(access, record)
    sees_health = FieldClass.HEALTH in classes
    seen_classes = [FieldClass.IDENTITY, *([FieldClass.HEALTH] if sees_health else [])]
    audit.looked(
        by=access.actor,
        at=at,
        verb="opened",
        subjects=[person.subject for person in held],
        classes=seen_classes,
        where="application",
    )
    facts = rules.facts_of(live.applied, call.closes_on)
    verdict, reasons = rules.verdict(live.applied, grid, call.closes_on)
    row = application.ranked.filter(selection__state__in=IN_FORCE).select_related("selection").first()
    others = [n for pair in doubles(_neighbours(access, application)) if application.number in pair for n in pair]
    return ApplicationPage(
        application=application,
        person=by_id[answers_for],
        members=tuple(
            MemberLine(
                by_key[m.key], m.relation, rules.age_on(m.born, call.closes_on), m.disabled if sees_health else None
            )
            for m in live.applied.members
        ),
        facts=tuple((fact.value, facts.get(fact.value)) for fact in rules.Fact),
        papers=tuple(_paper_lines(application, live.applied, grid, by_key)),
        verdict=verdict,
        reasons=reasons,
        unmet=rules.unmet(grid, facts),
        waivers=tuple(application.waivers.select_related("by", "session").order_by("pk")),
        change=household_change(application) if row is None else HouseholdChange(frozenset(), frozenset()),
        doubles=tuple(sorted({n for n in others if n != application.number})),
        conflicts=tuple(application.conflicts.filter(user_id=access.user_id or 0).order_by("pk")),
        row=row,
        appeal=models.Appeal.objects.filter(row__application=application).order_by("-pk").first(),
        sees_health=sees_health,
    )


def of_household(access: Access, household_id: int) -> list[models.Application]:
    """Applications of a household, and of those that went on in it, each with where it stands in a list in force."""
    seen = models.Application.objects.visible_to(access).filter(
        household__in=people_queries.one_household(household_id)
    )
    ranked = models.Ranked.objects.filter(selection__state__in=IN_FORCE).select_related("selection__decided_by")
    held = seen.select_related("call", "entered_by").prefetch_related(
        Prefetch("ranked", ranked, to_attr="in_force"), "ranked__appeals"
    )
    return list(held.order_by("-pk")[:20])


def _neighbours(access: Access, application: models.Application) -> list[models.Application]:
    """The application and those seen of its call that share a person with it, by number or by merge."""
    ids = set(application.members.filter(left_noted_at=None).values_list("person_id", flat=True))
    answering = set(people_queries.answering(ids).values())
    merged = _merged_into(answering)
    shared = models.ApplicationMember.objects.filter(
        application=OuterRef("pk"), left_noted_at=None, person_id__in=ids | answering | merged
    )
    held = models.Application.objects.visible_to(access).filter(call=application.call, withdrawn_at=None)
    return list(held.filter(Q(pk=application.pk) | Exists(shared)))


def _merged_into(ids: set[int]) -> set[int]:
    return set(people.Person.objects.filter(canonical_id__in=ids).values_list("pk", flat=True))


def _paper_lines(
    application: models.Application,
    applied: rules.Applied,
    grid: rules.Grid,
    by_key: Mapping[str, people.Person],
) -> Iterable[PaperLine]:
    rows = {(p.kind, p.person_id): p for p in application.papers.all()}
    files: dict[int, list[models.ApplicationFile]] = defaultdict(list)
    held = models.ApplicationFile.objects.filter(paper__application=application).defer("content_sealed", "name_sealed")
    for file in held.order_by("pk"):
        files[file.paper_id].append(file)
    person_ids = bridge.live([application])[0].subjects
    wanted = rules.wanted_papers(applied, grid, application.call.closes_on)
    shown: set[tuple[str, int | None]] = set()
    for kind, whose in wanted:
        key = (kind, person_ids.get(whose))
        shown.add(key)
        row = rows.get(key)
        yield PaperLine(
            kind,
            by_key.get(whose),
            row.state if row else "",
            True,
            _reference(application, row),
            tuple(files[row.pk]) if row else (),
        )
    for key, row in sorted(rows.items(), key=lambda item: (item[0][0], item[0][1] or 0)):
        if key not in shown:
            person = next((by_key[k] for k, pk in person_ids.items() if pk == key[1]), None)
            yield PaperLine(row.kind, person, row.state, False, _reference(application, row), tuple(files[row.pk]))


def file_of(access: Access, file_id: int, *, at: dt.datetime) -> tuple[str, bytes]:
    """Name and content of a paper's file, for who may see its application; that it was opened is on record."""
    file = models.ApplicationFile.objects.select_related("paper").filter(pk=file_id).first()
    if file is None:
        raise errors.NotFound()
    visible_application(access, file.paper.application_id)
    audit.looked(
        by=access.actor, at=at, verb="shown", subjects=[file.subject], classes=[FieldClass.IDENTITY], where="paper"
    )
    name = audit.unseal(file.subject, bytes(file.name_sealed), context=models.SEALED_FILE_NAME).decode()
    return name, audit.unseal(file.subject, bytes(file.content_sealed), context=models.SEALED_FILE)


def _reference(application: models.Application, row: models.ApplicationPaper | None) -> str:
    if row is None or not row.reference_sealed:
        return ""
    return people_queries.unsealed(application.applicant.subject, row.reference_sealed, models.SEALED_REFERENCE)


# --- the sheet of one scorer ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SheetLine:
    criterion: models.Criterion
    points: int | None
    reason: str
    has_evidence: bool


@dataclass(frozen=True)
class Sheet:
    """What one scorer has given so far; nobody else's points are in it."""

    scoring: models.Scoring
    lines: tuple[SheetLine, ...]


def own_sheet(access: Access, scoring: models.Scoring) -> Sheet:
    """The scorer's own sheet; raises NotFound for anybody else's."""
    if scoring.scorer_id != access.person():
        raise errors.NotFound()
    application = visible_application(access, scoring.application_id, A.SELECTION_SCORE)
    given = {point.criterion_id: point for point in scoring.points.all()}
    seen = set(application.papers.filter(state=rules.PaperState.SEEN).values_list("kind", flat=True))
    lines = []
    for criterion in application.call.grid.criteria.order_by("position"):
        point = given.get(criterion.pk)
        reason = ""
        if point is not None and point.reason_sealed:
            reason = people_queries.unsealed(application.applicant.subject, point.reason_sealed, models.SEALED_REASON)
        lines.append(
            SheetLine(
                criterion, point.points if point else None, reason, not criterion.evidence or criterion.evidence in seen
            )
        )
    return Sheet(scoring, tuple(lines))


def sheets_waiting(access: Access) -> QuerySet[models.Application]:
    """Applications that the viewer, as a scorer, has still to score or to finish; for a number beside a section."""
    if access.user_id is None or not access.allows(A.SELECTION_SCORE):
        return models.Application.objects.none()
    seat = models.CommissionMember.objects.filter(
        call=OuterRef("call"), user_id=access.user_id, left_at=None, function=rules.Function.SCORER
    )
    own_done = models.Scoring.objects.filter(
        application=OuterRef("pk"), scorer_id=access.user_id, finished_at__isnull=False
    )
    blind_done = models.Scoring.objects.filter(
        application=OuterRef("pk"), round=rules.Round.SECOND, finished_at__isnull=False
    )
    bound = models.Conflict.objects.filter(
        application=OuterRef("pk"), user_id=access.user_id, answer=rules.Answer.BOUND
    )
    ranked = models.Selection.objects.filter(call=OuterRef("call"), state__in=IN_FORCE)
    seen = models.Application.objects.visible_to(access, A.SELECTION_SCORE).filter(withdrawn_at=None)
    return seen.filter(Exists(seat), ~Exists(own_done), ~Exists(blind_done), ~Exists(bound), ~Exists(ranked))


# --- sessions ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Unsettled:
    """An application on which two scorers differ by more than the threshold, with both sheets: the session may see."""

    application: models.Application
    totals: tuple[int, ...]


@dataclass(frozen=True)
class Waiting:
    """What the session has to say a word about before the list can be ranked."""

    late: tuple[models.Application, ...] = ()
    obstacles: tuple[tuple[models.Application, tuple[rules.EligibilityRule, ...]], ...] = ()
    differing: tuple[Unsettled, ...] = ()


@dataclass(frozen=True)
class SessionPage:
    """A session as one viewer sees it."""

    session: models.Session
    seats: tuple[User, ...]
    present: frozenset[int]
    agenda: tuple[tuple[models.AgendaItem, tuple[models.Vote, ...]], ...]
    waits: Waiting
    appeals: tuple[models.Appeal, ...]
    selection: models.Selection | None
    may_act: bool


def session_page(access: Access, session_id: int) -> SessionPage:
    """A session with what waits for it; applications by number and code, without names."""
    session = (
        models.Session.objects.filter(models.call_q(access, A.SELECTION_VIEW, "call__"), pk=session_id)
        .select_related("call__grid", "call__municipality")
        .first()
    )
    if session is None:
        raise errors.NotFound()
    seats = voting_seats(session)
    waits = _waiting(session) if session.is_open and access.allows(A.SELECTION_DECIDE) else Waiting()
    functions = rules.APPEAL_FUNCTIONS if session.is_appeal else set(rules.Function) - rules.APPEAL_FUNCTIONS
    seat = session.call.commission.filter(
        user_id=access.user_id or 0, left_at=None, function__in=functions - {rules.Function.SCORER}
    )
    return SessionPage(
        session=session,
        seats=tuple(User.objects.filter(pk__in=seats).order_by("full_name")),
        present=frozenset(session.presences.values_list("user_id", flat=True)),
        agenda=tuple(
            (item, tuple(item.votes.select_related("user").order_by("pk")))
            for item in session.agenda.order_by("position")
        ),
        waits=waits,
        appeals=_appeals(access, session),
        selection=session.call.selections.filter(state__in=IN_FORCE).order_by("-number").first(),
        may_act=access.allows(A.SELECTION_DECIDE) and access.user_id is not None and seat.exists(),
    )


@wall.beyond("appeals before a session")
def _appeals(access: Access, session: models.Session) -> tuple[models.Appeal, ...]:
    if not session.is_appeal or not access.allows(A.SELECTION_DECIDE):
        return ()
    held = models.Appeal.objects.filter(row__selection__call=session.call, row__application__applicant__erased_at=None)
    return tuple(held.select_related("row__application").order_by("row__number"))


@wall.beyond("what waits for a session")
def _waiting(session: models.Session) -> Waiting:
    call = session.call
    grid = bridge.grid_of(call.grid)
    obstacles, differing = [], []
    lives = bridge.live(one for one in applications_of(call) if one.withdrawn_at is None)
    for one in lives:
        verdict, reasons = rules.verdict(one.applied, grid, call.closes_on)
        if verdict == rules.Verdict.OBSTACLE:
            obstacles.append((one.application, tuple(r for r in grid.rules if r.code in reasons)))
        if rules.needs(one.applied.scorings, call.threshold) == rules.Round.THIRD:
            totals = tuple(sum(s.points.values()) for s in one.applied.scorings)
            differing.append(Unsettled(one.application, totals))
    late = tuple(one.application for one in lives if one.application.is_late and one.application.late_at is None)
    return Waiting(late, tuple(obstacles), tuple(differing))


# --- ranked lists -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ListRow:
    """A row of a ranked list as one viewer sees it: ``person`` is None for the erased and for who is not shown."""

    row: models.Ranked
    application: models.Application
    points: tuple[models.RankedPoint, ...]
    person: people.Person | None
    is_erased: bool


@dataclass(frozen=True)
class ListPage:
    selection: models.Selection
    criteria: tuple[models.Criterion, ...]
    page: Page[ListRow]


def visible_selection(access: Access, selection_id: int, action: Action = A.SELECTION_VIEW) -> models.Selection:
    """The ranked list; raises NotFound for one that does not exist for this viewer."""
    found = models.Selection.objects.filter(models.call_q(access, action, "call__"), pk=selection_id)
    selection = found.select_related("call__municipality", "call__grid", "grid", "session", "decided_by").first()
    if selection is None:
        raise errors.NotFound()
    return selection


def list_page(
    access: Access, selection_id: int, *, after: str = "", limit: int = PAGE_SIZE, at: dt.datetime
) -> ListPage:
    """One page of a ranked list with every point and its evidence; names for who may see them, and on record."""
    selection = visible_selection(access, selection_id)
    require_may_read_list(access, selection)
    rows = selection.rows.select_related("application__applicant").order_by("place_in_list")
    if after:
        rows = rows.filter(place_in_list__gt=pages.number_of(after))
    with wall.beyond("codes of a ranked list"):  # of the hidden and the erased too, whose numbers stand in it
        found = list(rows[: limit + 1])
    shown = found[:limit]
    lines = _list_rows(access, shown)
    people_queries.note_look(access, [line.person for line in lines if line.person], where="ranked list", at=at)
    return ListPage(
        selection=selection,
        criteria=tuple(selection.grid.criteria.order_by("position")),
        page=Page(tuple(lines), str(shown[-1].place_in_list) if len(found) > limit else ""),
    )


def require_may_read_list(access: Access, selection: models.Selection) -> None:
    """A list not yet decided is for those who decide and for the office that runs the call, not for scorers."""
    if selection.state in (models.Selection.State.DECIDED, models.Selection.State.PUBLISHED):
        return
    if access.allows(A.SELECTION_FIGURES):
        return
    raise errors.Refused(
        errors.message("This list is not decided yet. Until then only the commission sees it."), code="not_decided"
    )


def _list_rows(access: Access, shown: Sequence[models.Ranked]) -> list[ListRow]:
    points: dict[int, list[models.RankedPoint]] = defaultdict(list)
    for point in models.RankedPoint.objects.filter(row__in=[row.pk for row in shown]).order_by("row_id", "order"):
        points[point.row_id].append(point)
    visible = set(
        models.Application.objects.visible_to(access)
        .filter(pk__in=[row.application_id for row in shown])
        .values_list("pk", flat=True)
    )
    known = persons_of(row.application for row in shown if row.application_id in visible)
    return [
        ListRow(
            row,
            row.application,
            tuple(points[row.pk]),
            known.get(row.application_id),
            row.application.applicant.erased_at is not None,
        )
        for row in shown
    ]


@dataclass(frozen=True)
class PublicRow:
    code: str
    position: int | None
    halves: int
    outcome: str


@wall.beyond("codes of a ranked list")
def public_rows(selection: models.Selection) -> list[PublicRow]:
    """What may be posted: codes, points and outcomes, in order; nothing that says who."""
    held = selection.rows.select_related("application").order_by("place_in_list")
    return [
        PublicRow(row.application.code, row.position, row.halves, row.outcome)
        for row in held
        if row.verdict != rules.Verdict.WITHDRAWN
    ]


# --- the replay -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReplayRow:
    """One application in the replay: where it stood, where it stands again, and what differs."""

    number: int
    code: str
    application_id: int
    then: int | None
    now: int | None
    halves: int
    is_erased: bool
    wrong: tuple[rules.Change, ...]  # kept numbers that the frozen inputs do not give
    since: tuple[rules.Change, ...]  # inputs that the register says differently today


@dataclass(frozen=True)
class Replay:
    """A past selection computed again from what was frozen."""

    selection: models.Selection
    rows: tuple[ReplayRow, ...]
    list_digest: str
    grid_digest: str

    @property
    def is_same_list(self) -> bool:
        """Whether the same list came out, number for number."""
        return self.list_digest == self.selection.list_digest

    @property
    def is_same_grid(self) -> bool:
        """Whether the grid is the one the list was made by."""
        return self.grid_digest == self.selection.grid_digest

    @property
    def erased(self) -> int:
        """How many rows rank on by their numbers alone."""
        return sum(row.is_erased for row in self.rows)

    @property
    def wrong(self) -> tuple[ReplayRow, ...]:
        """Rows whose kept numbers are not what their inputs give, or that moved."""
        return tuple(row for row in self.rows if row.wrong or row.then != row.now)

    @property
    def since(self) -> tuple[ReplayRow, ...]:
        """Rows whose inputs read differently in the register today; the list does not follow them."""
        return tuple(row for row in self.rows if row.since)


@wall.beyond("a list is computed again")
def replay(selection: models.Selection, *, with_today: bool = True) -> Replay:
    """Compute the list again: from sealed inputs where they open, from the kept numbers where somebody was erased."""
    grid = bridge.grid_of(selection.grid)
    rows = bridge.frozen(selection)
    again: list[rules.Standing] = []
    wrong: dict[int, tuple[rules.Change, ...]] = {}
    for one in rows:
        kept = one.placed.standing
        if one.applied is None:
            again.append(kept)
            continue
        try:
            now = rules.standing(one.applied, grid, threshold=selection.threshold, day=selection.aged_on)
        except errors.Conflict:
            now = rules.Standing(kept.number, rules.Verdict.OBSTACLE, ("not_scored",), (), ())
        again.append(now)
        if found := rules.standing_differences(kept, now):
            wrong[kept.number] = found
    placed = rules.rank(again, places=selection.places, budget=bridge.budget_of(selection))
    positions = {one.standing.number: one for one in placed}
    today = _today(rows) if with_today else {}
    return Replay(
        selection=selection,
        rows=tuple(
            ReplayRow(
                number=one.row.number,
                code=one.row.application.code,
                application_id=one.row.application_id,
                then=one.row.position,
                now=positions[one.row.number].position,
                halves=positions[one.row.number].standing.halves,
                is_erased=one.is_erased,
                wrong=wrong.get(one.row.number, ()),
                since=rules.differences(one.applied, today[one.row.application_id])
                if one.applied is not None and one.row.application_id in today
                else (),
            )
            for one in rows
        ),
        list_digest=rules.list_digest(placed),
        grid_digest=grid.digest(),
    )


def _today(rows: Sequence[bridge.Frozen]) -> dict[int, rules.Applied]:
    """The applications as the register says today, by id."""
    held = [one.row.application for one in rows if one.applied is not None]
    return {one.application.pk: one.applied for one in bridge.live(held)}


def visible_among(access: Access, selection: models.Selection) -> frozenset[int]:
    """Applications of a list whose people the viewer may see."""
    seen = models.Application.objects.visible_to(access).filter(call=selection.call_id)
    return frozenset(seen.values_list("pk", flat=True))


# --- how groups fared -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GroupLine:
    """A group with its figures, and its share with an interval where both figures are shown."""

    group: str
    applied: int | None
    selected: int | None
    share: shares.Interval | None


def outcome_lines(access: Access, selection: models.Selection) -> list[tuple[str, list[GroupLine]]]:
    """By grouping, how groups fared in a decided list; communities for those alone who may read them there."""
    access.require(A.SELECTION_FIGURES)
    may_community = FieldClass.COMMUNITY in _classes_at(access, selection.call.municipality_id)
    found: dict[str, list[GroupLine]] = {}
    for row in selection.figures.order_by("order"):
        if row.dimension != "community" or may_community:
            found.setdefault(row.dimension, []).append(
                GroupLine(row.group, row.applied, row.selected, _share(row.selected, row.applied))
            )
    return list(found.items())


def _share(selected: int | None, applied: int | None) -> shares.Interval | None:
    return shares.of_group(_as_figure(selected), _as_figure(applied)).interval


def _as_figure(value: int | None) -> releases.Figure:
    treatment = releases.Treatment.SUPPRESSED if value is None else releases.Treatment.PUBLISHED
    return releases.Figure(treatment, None if value is None else float(value))


def _classes_at(access: Access, municipality_id: int) -> frozenset[FieldClass]:
    record = people_queries.Record(municipality_id, None, None, "")
    return people_queries.readable(access, record)


def municipality_lines(access: Access) -> list[tuple[models.Selection, shares.Interval]]:
    """Decided lists visible to the viewer, with the share selected: numbers that every posted list gives."""
    held = models.Selection.objects.filter(
        models.call_q(access, A.SELECTION_FIGURES, "call__"), state__in=["decided", "published"]
    )
    counted = held.annotate(
        all_rows=Count("rows"), chosen=Count("rows", filter=Q(rows__outcome=rules.Outcome.SELECTED))
    )
    rows = counted.select_related("call__municipality").order_by("-decided_at")[:100]
    return [(row, shares.wilson(row.chosen, row.all_rows)) for row in rows if row.all_rows]
