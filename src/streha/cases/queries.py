"""Reads across cases: lists, one case with its story, checklists, tracks, and what is due for somebody.

Everything begins with ``Case.objects.visible_to(access)``. Lists page by the day a case is due, and count nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from django.db.models import Count, Exists, F, Min, OuterRef, Q
from django.utils.functional import cached_property

from streha.accounts import models as accounts
from streha.accounts.bridge import wall
from streha.accounts.rules import POLICY, Access, Action, Role, Scope, ScopeKind
from streha.audit import actions as audit
from streha.cases import models, rules
from streha.cases.plans import models as plans
from streha.cases.referrals import models as referrals
from streha.cases.referrals import rules as referral_rules
from streha.common import errors, numbers, pages
from streha.common.codes import FieldClass, Language, Script
from streha.common.pages import PAGE_SIZE, Page
from streha.common.words import Several
from streha.engine.names import transliterate
from streha.homes import models as homes
from streha.homes import queries as home_queries
from streha.people import models as people
from streha.people import queries as people_queries
from streha.places import queries as places

SOON = dt.timedelta(days=7)
EXPORTED_AT_ONCE = 500
BREAKS_SHOWN = dt.timedelta(days=90)


# --- who may ----------------------------------------------------------------------------------------------------------


def covers(scope: Scope, access: Access, case: models.Case) -> bool:
    """Whether a scope reaches a case."""
    if scope.kind == ScopeKind.EVERYTHING:
        return True
    if scope.kind == ScopeKind.AREA:
        return case.person.keeper_id in places.subtree_ids([int(scope.key)])
    if scope.kind == ScopeKind.ORGANISATION:
        return case.team_id == int(scope.key)
    return access.user_id is not None and case.owner_id == access.user_id


def carries(access: Access, action: Action, case: models.Case) -> bool:
    """Whether the action is carried on this case."""
    return any(covers(scope, access, case) for scope in access.scopes(action))


def roles_on(access: Access, case: models.Case) -> frozenset[str]:
    """Roles that the viewer holds in a scope that reaches the case."""
    return frozenset(held.role.value for held in access.held if covers(held.scope, access, case))


# --- tracks -----------------------------------------------------------------------------------------------------------


def tracks() -> list[models.TrackVersion]:
    """The newest version of every track in use, by code."""
    newest: dict[str, models.TrackVersion] = {}
    for version in models.TrackVersion.objects.select_related("track").filter(track__is_active=True).order_by("number"):
        newest[version.track.code] = version
    return [newest[code] for code in sorted(newest)]


def tracks_open_to(access: Access) -> list[models.TrackVersion]:
    """Tracks on which the viewer may open a case: sensitive ones only for who may see sensitive cases."""
    sensitive = access.allows(Action.CASE_SENSITIVE)
    return [version for version in tracks() if sensitive or not version.track.is_sensitive]


def may_change_track(access: Access, is_sensitive: bool) -> bool:
    """Whether the viewer makes versions of such a track: a sensitive one is protection staff's own."""
    return access.allows(Action.CASE_SENSITIVE if is_sensitive else Action.TRACK_CHANGE)


def newest_version(code: str) -> models.TrackVersion:
    """The version with which a case opened now would go. Raises BadInput for a track that nobody knows."""
    found = models.TrackVersion.objects.filter(track__code=code, track__is_active=True).order_by("-number").first()
    if found is None:
        raise errors.BadInput(
            errors.message("There is no track “{value}”."), code="track_unknown", field="track", value=code[:40]
        )
    return found


def steps_of(version_id: int) -> list[rules.Step]:
    """The stages of a version in order, as values."""
    found = models.Stage.objects.filter(version_id=version_id).prefetch_related("movers").order_by("position")
    return [
        rules.Step(
            s.code, s.position, s.label, frozenset(m.role for m in s.movers.all()), s.is_optional, s.is_final, s.days
        )
        for s in found
    ]


def as_draft(version: models.TrackVersion) -> rules.TrackDraft:
    """A version as the values it was made from, to be changed into the next one."""
    stages = list(version.stages.prefetch_related("movers").order_by("position"))
    return rules.TrackDraft(
        code=version.track.code,
        label=version.label,
        source=version.source,
        note=version.note,
        is_sensitive=version.track.is_sensitive,
        stages=tuple(
            rules.StageDraft(s.code, s.label, s.days, frozenset(Role(m.role) for m in s.movers.all()), s.is_optional)
            for s in stages
        ),
        papers=tuple(
            rules.PaperDraft(p.code, p.label, rules.PaperOf(p.of), p.stage.code, p.is_optional)
            for p in version.papers.select_related("stage").order_by("pk")
        ),
        verified_by=version.verified_by,
    )


def template(code: str, language: str) -> models.LetterTemplate:
    """The newest words of a letter in a language; Serbian in Latin is derived from Cyrillic, signature included.

    Raises NotFound where nobody wrote the letter in that language.
    """
    derived = language == Language.SERBIAN_LATIN
    wanted = Language.SERBIAN_CYRILLIC if derived else language
    found = models.LetterTemplate.objects.filter(code=code, language=wanted).order_by("-number").first()
    if found is None:
        raise errors.NotFound(
            errors.message(
                "Nobody has written this letter in that language yet. Whoever manages programmes takes over the ones "
                "that come with Streha, on the page of tracks."
            ),
            code="letter_unwritten",
        )
    if derived:
        found.language = language
        for part in ("title", "opening", "closing"):
            setattr(found, part, transliterate(getattr(found, part), Script.LATIN))
    return found


@cache
def letter_fields() -> Mapping[str, frozenset[str]]:
    """By letter, what its words may be filled with."""
    return rules.read_fields(shipped("letters.toml"))


def shipped(name: str) -> str:
    """The text of a file of tracks or letters that comes with Streha."""
    return resources.files("streha.cases").joinpath("data", name).read_text(encoding="utf-8")


def templates() -> list[models.LetterTemplate]:
    """The newest words of every letter in every language."""
    newest: dict[tuple[str, str], models.LetterTemplate] = {}
    for row in models.LetterTemplate.objects.order_by("code", "language", "number"):
        newest[row.code, row.language] = row
    return list(newest.values())


# --- lists ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CaseFilter:
    """What a list of cases is narrowed to. ``owner`` is "me", "none", "role", a user's id, or empty.

    "role" are those that wait for a role of the viewer's.
    """

    track: str = ""
    stage: str = ""
    owner: str = ""
    state: str = rules.CaseState.OPEN
    late: bool = False
    goals_late: bool = False
    referrals_slow: bool = False
    area_id: int | None = None

    def as_text(self) -> str:
        """The filter as one line, for the job that makes a list."""
        flags = "".join(str(int(flag)) for flag in (self.late, self.goals_late, self.referrals_slow))
        return "|".join((self.track, self.stage, self.owner, self.state, flags, str(self.area_id or "")))

    @classmethod
    def parse(cls, text: str) -> CaseFilter:
        """The filter that ``as_text`` wrote."""
        track, stage, owner, state, flags, area = text.split("|")
        late, goals_late, slow = (flag == "1" for flag in flags)
        return cls(track, stage, owner, state, late, goals_late, slow, int(area) if area else None)


def narrowed_cases(access: Access, narrowed: CaseFilter, today: dt.date) -> models.CaseQuerySet:
    """Cases visible to the viewer, as far as the filter lets them through."""
    rows = models.Case.objects.visible_to(access).filter(state=narrowed.state)
    if narrowed.track:
        rows = rows.filter(track__code=narrowed.track)
    if narrowed.stage:
        rows = rows.filter(stage__code=narrowed.stage)
    if narrowed.owner == "me":
        rows = rows.filter(owner_id=access.user_id) if access.user_id is not None else rows.none()
    elif (owner_id := numbers.whole(narrowed.owner)) is not None:
        rows = rows.filter(owner_id=owner_id)
    elif narrowed.owner == "role":
        rows = rows.filter(pk__in=waiting_for_role(access).values("pk"))
    elif narrowed.owner == "none":
        rows = rows.filter(owner=None)
    if narrowed.late:
        rows = rows.filter(due_on__lt=today)
    if narrowed.goals_late:
        late = plans.Goal.objects.filter(case=OuterRef("pk"), state="open", due_on__lt=today)
        rows = rows.filter(Exists(late))
    if narrowed.referrals_slow:
        long_ago = today - referral_rules.WAITS_LONG
        slow = referrals.Referral.objects.filter(case=OuterRef("pk"), state="in_progress", sent_at__date__lt=long_ago)
        rows = rows.filter(Exists(slow))
    if narrowed.area_id is not None:
        rows = rows.filter(person__keeper_id__in=sorted(places.subtree_ids([narrowed.area_id])))
    return rows


def cases_page(
    access: Access, narrowed: CaseFilter, *, today: dt.date, after: str = "", limit: int = PAGE_SIZE
) -> Page[models.Case]:
    """One page of cases, the ones due first at the top."""
    rows = narrowed_cases(access, narrowed, today)
    if after:
        rows = rows.filter(behind_day("due_on", after))
    found = list(rows.order_by("due_on", "id").values_list("due_on", "id")[: limit + 1])
    shown = found[:limit]
    next_key = pages.key(*shown[-1]) if len(found) > limit else ""
    return Page(tuple(with_cases([pk for _, pk in shown])), next_key)


def ids_for_export(access: Access, narrowed: CaseFilter, today: dt.date) -> list[int]:
    """Which cases the viewer may export, due first; protection cases stay in the house."""
    rows = narrowed_cases(access, narrowed, today)
    may = models.Case.objects.visible_to(access, Action.CASE_EXPORT).filter(is_sensitive=False)
    return list(rows.filter(pk__in=may.values("pk")).order_by("due_on", "id").values_list("pk", flat=True))


def rows_for_export(access: Access, ids: Sequence[int], *, at: dt.datetime) -> Iterator[models.Case]:
    """These cases in their order; the looks are on record."""
    for start in range(0, len(ids), EXPORTED_AT_ONCE):
        piece = with_cases(ids[start : start + EXPORTED_AT_ONCE])
        note_look(access, piece, where="list of cases", at=at)
        yield from piece


def behind_day(field: str, after: str) -> Q:
    """What comes behind a page's key where rows are ordered by a day and their number."""
    day, number = pages.day_of(after)
    return Q(**{f"{field}__gte": day}) & (Q(**{f"{field}__gt": day}) | Q(**{field: day, "id__gt": number}))


def with_cases(ids: Sequence[int]) -> list[models.Case]:
    """Cases in the order of their ids, with person, names, track, stage and owner."""
    found = (
        models.Case.objects.filter(pk__in=ids)
        .select_related("version", "stage", "owner", "track", "team", "household", "person__keeper")
        .in_bulk()
    )
    kept = people_queries.answering(case.person_id for case in found.values())
    names = {person.pk: person for person in people_queries.with_people(sorted(set(kept.values())))}
    for case in found.values():
        case.person = names[kept[case.person_id]]
    return [found[pk] for pk in ids if pk in found]


def note_look(access: Access, cases: Sequence[models.Case], *, where: str, at: dt.datetime) -> None:
    """That these cases were listed is on record, for each of their people."""
    people_queries.note_look(access, [case.person for case in cases], where=where, at=at)


def of_person(access: Access, person_id: int) -> list[models.Case]:
    """Visible cases that follow or cover somebody, open ones first, newest first."""
    same = people_queries.one_person(person_id)
    covered = models.CaseMember.objects.filter(person_id__in=same).values("case_id")
    seen = models.Case.objects.visible_to(access).filter(Q(person_id__in=same) | Q(pk__in=covered))
    return list(seen.select_related("version", "stage").order_by("-state", "-pk")[:20])


def of_household(access: Access, household_id: int) -> list[models.Case]:
    """Visible cases of a household, and of those that went on in it, newest first."""
    seen = models.Case.objects.visible_to(access).filter(household__in=people_queries.one_household(household_id))
    return list(seen.select_related("version", "stage", "opened_by", "owner").order_by("-pk")[:20])


# --- what waits for somebody ------------------------------------------------------------------------------------------


def with_open_case(person_ids: Collection[int]) -> set[int]:
    """Which of these people an open case covers; sensitive cases are not told of, here neither.

    For the queue of duplicates, which shows nobody whom; that one comes first is all that is seen of it.
    """
    cases = models.Case.objects.open().filter(is_sensitive=False, erased_at=None)
    members = models.CaseMember.objects.filter(ended_on=None, person__in=person_ids, case__in=cases)
    return {
        *cases.filter(person__in=person_ids).values_list("person_id", flat=True),
        *members.values_list("person_id", flat=True),
    }


def own_late(access: Access, today: dt.date) -> models.CaseQuerySet:
    """Open cases of the viewer's own whose day has passed."""
    return _own(access).filter(due_on__lt=today)


def own_due(access: Access, today: dt.date) -> models.CaseQuerySet:
    """Open cases of the viewer's own that are due within a week."""
    return _own(access).filter(due_on__gte=today, due_on__lte=today + SOON)


def _own(access: Access) -> models.CaseQuerySet:
    if access.user_id is None:
        return models.Case.objects.none()
    return models.Case.objects.visible_to(access).open().filter(owner_id=access.user_id)


def unowned(access: Access) -> models.CaseQuerySet:
    """Open cases without an owner, for who may give them one."""
    return models.Case.objects.visible_to(access, Action.CASE_ASSIGN).open().filter(owner=None)


def waiting_for_role(access: Access) -> models.CaseQuerySet:
    """Open cases whose next stage only the viewer's role may enter, as a decision of a commission."""
    if not access.allows(Action.CASE_MOVE):
        return models.Case.objects.none()
    own = {held.role.value for held in access.held}
    usual = models.StageMover.objects.filter(role=Role.CASEWORKER).values("stage_id")
    theirs = models.Stage.objects.filter(movers__role__in=own).exclude(pk__in=usual)
    before = Q(pk__in=[])
    for version_id, position in theirs.values_list("version_id", "position").distinct():
        before |= Q(stage__version_id=version_id, stage__position=position - 1)
    mine = models.Case.objects.visible_to(access, Action.CASE_MOVE).open().filter(before)
    return mine.exclude(owner_id=access.user_id).exclude(is_sensitive=True)


def glass_broken(access: Access, at: dt.datetime) -> list[tuple[accounts.BreakGlass, models.Case]]:
    """Looks by break-glass of others at people of the viewer's own open cases, newest first."""
    if access.user_id is None:
        return []
    looks = accounts.BreakGlass.objects.filter(starts__gte=at - BREAKS_SHOWN).exclude(user_id=access.user_id)
    recent = list(looks.select_related("user", "reviewed_by").order_by("-starts")[:200])
    covering: dict[object, models.Case] = {}
    subjects = {look.subject for look in recent if look.subject}
    of_them = Q(person__subject__in=subjects) | Q(person__canonical__subject__in=subjects)
    rows = models.CaseMember.objects.filter(of_them, case__in=_own(access), ended_on=None)
    for member in rows.select_related("case", "person__canonical"):
        for record in (member.person, member.person.canonical):
            if record is not None:
                covering[record.subject] = member.case
    return [(look, covering[look.subject]) for look in recent if look.subject in covering]


@dataclass(frozen=True)
class Load:
    """What one owner carries, or nobody: open cases, how many of them are late, and since when the oldest is open."""

    owner: accounts.User | None
    open: int
    late: int
    oldest: dt.date


def load_by_owner(access: Access, today: dt.date) -> list[Load]:
    """The load of everybody who owns a case that the viewer may give to others, the latest first."""
    rows = models.Case.objects.visible_to(access, Action.CASE_ASSIGN).open()
    sums = list(
        rows.order_by()
        .values("owner_id")
        .annotate(open=Count("pk"), late=Count("pk", filter=Q(due_on__lt=today)), oldest=Min("opened_on"))
    )
    owners = accounts.User.objects.in_bulk([row["owner_id"] for row in sums if row["owner_id"] is not None])
    loads = [Load(owners.get(row["owner_id"]), row["open"], row["late"], row["oldest"]) for row in sums]
    return sorted(loads, key=lambda load: (-load.late, -load.open))


# --- one case ---------------------------------------------------------------------------------------------------------


def of_home(access: Access, home_id: int) -> list[models.Case]:
    """Visible cases that name a home, open ones first, newest first."""
    seen = models.Case.objects.visible_to(access).filter(home_id=home_id)
    return list(seen.select_related("version", "stage").order_by("-state", "-pk")[:20])


def visible_case(access: Access, case_id: int, action: Action = Action.CASE_VIEW) -> models.Case:
    """The case; raises NotFound for one that does not exist for this viewer."""
    found = (
        models.Case.objects.visible_to(access, action)
        .select_related("version", "stage", "track", "owner", "team", "household", "person__keeper", "opened_by")
        .filter(pk=case_id)
        .first()
    )
    if found is None:
        raise errors.NotFound()
    return found


def checklist(case: models.Case, today: dt.date) -> tuple[rules.Item, ...]:
    """The papers the case's track asks for, and how each stands; of merged people under the record that stays."""
    wanted = [
        rules.Wanted(p.pk, p.of, p.stage.position, p.is_optional, p.label)
        for p in models.TrackPaper.objects.filter(version_id=case.version_id).select_related("stage").order_by("pk")
    ]
    rows, papers = list(case.members.filter(ended_on=None).order_by("pk")), list(case.papers.order_by("pk"))
    named = [row.person_id for row in rows] + [row.person_id for row in papers if row.person_id is not None]
    kept = people_queries.answering(named)
    births = dict(people.Person.objects.filter(pk__in=set(kept.values())).values_list("pk", "birth_date"))
    members = [rules.Member(pk, births[pk]) for pk in dict.fromkeys(kept[row.person_id] for row in rows)]
    held = [
        rules.Held(row.pk, row.paper_id, kept.get(row.person_id or 0), row.state, row.valid_until) for row in papers
    ]
    return rules.checklist(wanted, members, held, today)


@dataclass(frozen=True)
class Told:
    """One line of a case's story."""

    at: dt.datetime
    kind: str
    who: accounts.User | None
    text: str = ""
    row: object = None


@dataclass(frozen=True)
class CasePage:
    """A case as one viewer may see it."""

    case: models.Case
    members: tuple[people.Person, ...]
    past_members: tuple[people.Person, ...]
    seen: frozenset[int]  # persons whose own page the viewer may open
    steps: tuple[rules.Step, ...]
    items: tuple[rules.Item, ...]
    next_steps: tuple[rules.Step, ...]
    story: tuple[Told, ...]
    files: dict[int, list[models.PaperFile]]
    parted: tuple[people.Person, ...]  # covered by the case, but no longer of its household
    joined: tuple[people.Person, ...]  # of the household, but not covered
    breaks: tuple[accounts.BreakGlass, ...]
    home: homes.Property | None  # where the viewer may see it
    sees_place: bool
    sees_household: bool
    doubles: tuple[models.Case, ...]  # other open cases of this track for the same person, since records were merged
    may_work: bool
    may_move: bool
    may_assign: bool

    @cached_property
    def missing(self) -> Several:
        """Papers that keep the case from its next stage."""
        position = self.next_steps[0].position if self.next_steps else self.case.stage.position
        return rules.missing_before(self.items, position)

    @property
    def is_open(self) -> bool:
        """Whether the case goes on."""
        return self.case.state == rules.CaseState.OPEN


def case_page(access: Access, case_id: int, *, at: dt.datetime) -> CasePage:
    """Everything about a case that the viewer may read; that they looked is on record for each of its people."""
    case = visible_case(access, case_id)
    memberships = list(case.members.order_by("pk"))
    kept = people_queries.answering([case.person_id, *(m.person_id for m in memberships)])
    present = list(dict.fromkeys(kept[m.person_id] for m in memberships if m.ended_on is None))
    past = list(dict.fromkeys(kept[m.person_id] for m in memberships if m.ended_on is not None))
    everybody = {p.pk: p for p in people_queries.with_people(list(dict.fromkeys(kept.values())))}
    case.person = everybody[kept[case.person_id]]
    home = _home_of(access, case)
    audit.looked(
        by=access.actor,
        at=at,
        verb="opened",
        subjects=[person.subject for person in everybody.values()],
        classes=[FieldClass.IDENTITY],
        where="case",
    )
    steps = steps_of(case.version_id)
    roles = roles_on(access, case)
    may = {
        action for action in (Action.CASE_WORK, Action.CASE_MOVE, Action.CASE_ASSIGN) if carries(access, action, case)
    }
    may_move = Action.CASE_MOVE in may
    parted, joined = split_of(access, case, present)
    return CasePage(
        case=case,
        members=tuple(everybody[pk] for pk in present),
        past_members=tuple(everybody[pk] for pk in past),
        seen=frozenset(
            people.Person.objects.visible_to(access).filter(pk__in=list(everybody)).values_list("pk", flat=True)
        ),
        steps=tuple(steps),
        items=checklist(case, at.date()),
        next_steps=tuple(s for s in rules.may_follow(steps, case.stage.position) if may_move and s.movers & roles),
        story=tuple(story(case)),
        files=_files(case),
        parted=parted,
        joined=joined,
        breaks=tuple(_breaks(access, case, everybody.values(), at)),
        home=home,
        sees_place=home is not None and FieldClass.HOME_LOCATION in home_queries.readable(access, home),
        sees_household=people.Household.objects.visible_to(access).filter(pk__in=[case.household_id or 0]).exists(),
        doubles=tuple(_doubles(access, case)),
        may_work=carries(access, Action.CASE_WORK, case),
        may_move=may_move,
        may_assign=Action.CASE_ASSIGN in may,
    )


def _home_of(access: Access, case: models.Case) -> homes.Property | None:
    if case.home_id is None:
        return None
    seen = homes.Property.objects.visible_to(access).select_related("municipality", "settlement__parent", "keeper")
    return seen.filter(pk=case.home_id).first()


def _doubles(access: Access, case: models.Case) -> list[models.Case]:
    same = people_queries.one_person(case.person_id)
    if len(same) == 1 or case.state != rules.CaseState.OPEN:
        return []
    others = models.Case.objects.visible_to(access).open().filter(track_id=case.track_id, person_id__in=same)
    return list(others.exclude(pk=case.pk).order_by("pk"))


def split_of(
    access: Access, case: models.Case, present: Sequence[int]
) -> tuple[tuple[people.Person, ...], tuple[people.Person, ...]]:
    """Who of a household's case has left the household since, and who of the household it does not cover.

    ``present`` are numbers that answer now.
    """
    if case.household_id is None or case.state != rules.CaseState.OPEN:
        return (), ()
    home_id = people_queries.answering_household(case.household_id)
    now = people.Membership.objects.filter(household_id=home_id, ended_on=None)
    with wall.beyond("who lives in the household of a case"):  # who is not shown must not look gone
        there = list(now.values_list("person_id", flat=True))
    kept = people_queries.answering([*there, *present])
    living = {kept[pk] for pk in there}
    present = list(dict.fromkeys(kept[pk] for pk in present))
    new = people.Person.objects.visible_to(access).filter(pk__in=living - set(present)).values_list("pk", flat=True)
    gone = [pk for pk in present if pk not in living]
    return tuple(people_queries.with_people(gone)), tuple(people_queries.with_people(sorted(new)))


def _files(case: models.Case) -> dict[int, list[models.PaperFile]]:
    found: dict[int, list[models.PaperFile]] = {}
    rows = models.PaperFile.objects.filter(paper__case=case).defer("content_sealed").order_by("pk")
    for row in rows:
        found.setdefault(row.paper_id, []).append(row)
    return found


def _breaks(
    access: Access, case: models.Case, persons: Iterable[people.Person], at: dt.datetime
) -> list[accounts.BreakGlass]:
    """Looks by break-glass at the case's people: for its owner, and for who assigns cases."""
    if access.user_id is None or not (case.owner_id == access.user_id or carries(access, Action.CASE_ASSIGN, case)):
        return []
    found = accounts.BreakGlass.objects.filter(
        subject__in=[person.subject for person in persons], starts__gte=at - BREAKS_SHOWN
    )
    return list(found.select_related("user", "reviewed_by").order_by("-starts")[:20])


def story(case: models.Case) -> list[Told]:
    """What happened in a case, newest first."""
    told: list[Told] = []
    steps = list(case.steps.select_related("stage", "by", "owner").order_by("pk"))
    reasons = people_texts(case, [step.reason_sealed for step in steps], models.SEALED_REASON)
    told += [Told(step.at, step.kind, step.by, reason, step) for step, reason in zip(steps, reasons, strict=True)]
    notes = list(case.notes.select_related("noted_by").order_by("pk"))
    texts = people_texts(case, [note.sealed for note in notes], models.SEALED_NOTE)
    told += [Told(n.noted_at, "note", n.noted_by, text, n) for n, text in zip(notes, texts, strict=True)]
    for paper in case.papers.select_related("paper", "noted_by", "judged_by"):
        told.append(Told(paper.noted_at, "paper", paper.noted_by, "", paper))
        if paper.judged_at is not None:
            told.append(Told(paper.judged_at, f"paper {paper.state}", paper.judged_by, "", paper))
    return sorted(told, key=lambda line: line.at)[::-1]  # of one moment, the later line first


def people_texts(case: models.Case, tokens: Sequence[bytes | memoryview[int] | None], context: str) -> list[str]:
    """Clear texts of values sealed under the case's key; empty where there is none."""
    opened = iter(audit.unseal_many([(case.subject, bytes(token)) for token in tokens if token], context=context))
    return [(next(opened) or b"").decode() if token else "" for token in tokens]


def file_of(access: Access, file_id: int, *, at: dt.datetime) -> tuple[models.PaperFile, str, bytes]:
    """A paper's file with its name and content in clear; that it was opened is on record."""
    row = models.PaperFile.objects.select_related("paper__case__person", "paper__person").filter(pk=file_id).first()
    if row is None:
        raise errors.NotFound()
    case = visible_case(access, row.paper.case_id)
    whose = row.paper.person or case.person
    audit.looked(
        by=access.actor, at=at, verb="shown", subjects=[whose.subject], classes=[FieldClass.IDENTITY], where="paper"
    )
    name = audit.unseal(row.subject, bytes(row.name_sealed), context=models.SEALED_FILE_NAME).decode()
    return row, name, audit.unseal(row.subject, bytes(row.content_sealed), context=models.SEALED_FILE)


def owners_for(access: Access, case: models.Case) -> list[accounts.User]:
    """People who hold a role that works on cases; whether one may see this case is asked when it is given."""
    if not carries(access, Action.CASE_ASSIGN, case):
        own = accounts.User.objects.filter(pk=access.user_id) if access.user_id is not None else ()
        return list(own)
    working = [role.value for role, held in POLICY.items() if Action.CASE_WORK in held.actions]
    found = accounts.User.objects.filter(is_active=True, grants__role__in=working, grants__withdrawn_at=None)
    return list(found.distinct().order_by(F("full_name"))[:200])
