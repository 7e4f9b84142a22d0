"""What holds for a selection without a database: the grid, what is complete and eligible, points, and the ranking.

A selection is a pure function of three frozen things: the grid, the applications as they stood, and the number of
places. `standing` judges one application, `rank` puts all of them in order; nothing else decides who comes before whom.
Points are whole numbers in **halves**, because two scorers may meet half-way; no rounding ever happens.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from streha.common import errors
from streha.engine import names

ADULT_AT_YEARS = 18
LARGEST_POINTS = 1000
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is read as another
CODE_LENGTH = 7


class RequestKind(StrEnum):
    HOUSE = "house"  # build or renovate
    MATERIAL = "material"  # building material
    MONEY = "money"  # financial help


class PaperKind(StrEnum):
    DISPLACED_CARD = "displaced_card"
    ID_CARD = "id_card"
    BIRTH_EXTRACT = "birth_extract"
    POSSESSION_LIST = "possession_list"
    JOINT_STATEMENT = "joint_statement"
    VULNERABILITY_PROOF = "vulnerability_proof"
    MEDICAL_FINDING = "medical_finding"
    OTHER = "other"


class Whose(StrEnum):
    """Whose paper the grid asks for."""

    HOUSEHOLD = "household"
    ADULT = "adult"
    MINOR = "minor"


class PaperState(StrEnum):
    SEEN = "seen"
    MISSING = "missing"
    REFUSED = "refused"  # shown, but not what it should be


class Fact(StrEnum):
    """What an eligibility rule may ask about; the last two are counted from the members."""

    DISPLACED = "displaced"
    OWNS_PROPERTY = "owns_property"
    INHERITANCE_SETTLED = "inheritance_settled"
    HOUSED_BEFORE = "housed_before"
    WISHES_RETURN = "wishes_return"
    HOUSEHOLD_SIZE = "household_size"
    CHILDREN = "children"


COUNTED = (Fact.HOUSEHOLD_SIZE, Fact.CHILDREN)
ASKED = tuple(fact for fact in Fact if fact not in COUNTED)


class Condition(StrEnum):
    IS_YES = "is_yes"
    IS_NO = "is_no"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class Effect(StrEnum):
    """What an unmet rule does: it excludes, or it stands in the way until the session lifts it with a reason."""

    EXCLUDES = "excludes"
    OBSTACLE = "obstacle"


class TieKind(StrEnum):
    """What decides between equal totals, in the order the grid gives; the number of the application ends every tie."""

    CRITERION = "criterion"  # more points there come first
    CHILDREN = "children"  # more children first
    HOUSEHOLD_SIZE = "household_size"  # more people first
    RECEIVED = "received"  # earlier first


class Round(StrEnum):
    """Whose points these are. Later ones in this order outrank earlier ones."""

    FIRST = "first"
    SECOND = "second"
    THIRD = "third"
    SESSION = "session"
    APPEAL = "appeal"


BLIND = (Round.FIRST, Round.SECOND, Round.THIRD)


class Verdict(StrEnum):
    """Where an application stands before anybody decides."""

    RANKED = "ranked"
    LATE = "late"
    INCOMPLETE = "incomplete"
    NOT_ELIGIBLE = "not_eligible"
    OBSTACLE = "obstacle"
    WITHDRAWN = "withdrawn"


class Outcome(StrEnum):
    SELECTED = "selected"
    RESERVE = "reserve"
    REFUSED = "refused"


class EndsBy(StrEnum):
    """What ends a list: so many places, or the money of the call."""

    PLACES = "places"
    BUDGET = "budget"


class Function(StrEnum):
    """What somebody does in the commission of a call."""

    CHAIR = "chair"
    MEMBER = "member"
    SECRETARY = "secretary"
    SCORER = "scorer"
    APPEAL_CHAIR = "appeal_chair"
    APPEAL_MEMBER = "appeal_member"


APPEAL_FUNCTIONS = frozenset({Function.APPEAL_CHAIR, Function.APPEAL_MEMBER})
VOTING = frozenset({Function.CHAIR, Function.MEMBER, *APPEAL_FUNCTIONS})


class Bond(StrEnum):
    """Why a scorer may not be free: declared by themselves, or found by the office."""

    DECLARED = "declared"
    SAME_NAME = "same_name"  # written like a member of the household
    SAME_FAMILY = "same_family"  # a family name that may be theirs, in any spelling
    ENTERED_IT = "entered_it"  # took the application in


class Answer(StrEnum):
    """What became of a bond."""

    OPEN = "open"
    FREE = "free"  # not related: said, with a reason
    BOUND = "bound"  # related: does not score


# --- the grid ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Criterion:
    """Something points are given for, at most so many, only with the evidence named (empty: none asked)."""

    code: str
    most: int
    evidence: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)  # by language: en, sq, sr


@dataclass(frozen=True)
class EligibilityRule:
    """A condition on a fact, and what happens where it is not met."""

    code: str
    fact: Fact
    test: Condition
    effect: Effect
    value: int = 0
    reasons: Mapping[str, str] = field(default_factory=dict)  # by language


@dataclass(frozen=True)
class RequiredPaper:
    kind: PaperKind
    whose: Whose


@dataclass(frozen=True)
class Tie:
    kind: TieKind
    criterion: str = ""


@dataclass(frozen=True)
class Grid:
    """What a selection goes by; never changed once a call has opened with it."""

    code: str
    version: int
    criteria: tuple[Criterion, ...]
    rules: tuple[EligibilityRule, ...] = ()
    papers: tuple[RequiredPaper, ...] = ()
    ties: tuple[Tie, ...] = ()

    def digest(self) -> str:
        """SHA-256 of all that decides; words are left out, for a corrected translation decides nothing."""
        return digest(
            {
                "code": self.code,
                "version": self.version,
                "criteria": [[c.code, c.most, c.evidence] for c in self.criteria],
                "rules": [[r.code, r.fact, r.test, r.effect, r.value] for r in self.rules],
                "papers": [[p.kind, p.whose] for p in self.papers],
                "ties": [[t.kind, t.criterion] for t in self.ties],
            }
        )


def digest(content: object) -> str:
    """SHA-256 of canonical JSON."""
    packed = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(packed.encode()).hexdigest()


def check_grid(grid: Grid) -> None:
    """Raise BadInput for a grid that could not rank: nothing to score, a code twice, points that make no sense."""
    if not grid.criteria:
        raise errors.BadInput(
            errors.message("A grid needs a criterion. Add at least one, with its highest points."), code="grid_empty"
        )
    _refuse_twice([c.code for c in grid.criteria], "criterion")
    _refuse_twice([r.code for r in grid.rules], "rule")
    for criterion in grid.criteria:
        if not 1 <= criterion.most <= LARGEST_POINTS:
            raise errors.BadInput(
                errors.message("{name}: {value} points cannot be given. The highest lie between 1 and {most}."),
                code="grid_points",
                name=criterion.code,
                value=criterion.most,
                most=LARGEST_POINTS,
            )
    known = {c.code for c in grid.criteria}
    for tie in grid.ties:
        if tie.kind == TieKind.CRITERION and tie.criterion not in known:
            raise errors.BadInput(
                errors.message("A tie cannot be broken by “{value}”: the grid has no such criterion."),
                code="grid_tie",
                value=tie.criterion,
            )


def _refuse_twice(codes: Sequence[str], what: str) -> None:
    for code in codes:
        if codes.count(code) > 1:
            raise errors.BadInput(
                errors.message("The {what} “{value}” stands in the grid twice. Give each a code of its own."),
                code="grid_twice",
                what=what,
                value=code,
            )


# --- an application as it stood ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Member:
    """Somebody of the household at the moment of freezing; what is said of them is sealed under their own key."""

    key: str  # person's subject in hexadecimal
    name: str = ""
    born: str = ""  # ISO day, empty where not known
    sex: str = "u"
    relation: str = "unknown"
    disabled: bool | None = None
    community: str = ""


@dataclass(frozen=True)
class Paper:
    kind: str
    state: str
    whose: str = ""  # key of a member; empty: the household's
    reference: str = ""


@dataclass(frozen=True)
class Scored:
    """One finished scoring: whole points by criterion, as written."""

    round: str
    scorer: int
    points: Mapping[str, int]


@dataclass(frozen=True)
class Applied:
    """An application as it stood: everything the ranking may look at."""

    number: int
    received: str  # ISO moment in UTC
    late: bool
    late_accepted: bool
    withdrawn: bool
    request: str
    facts: Mapping[str, int]
    members: tuple[Member, ...]
    papers: tuple[Paper, ...]
    scorings: tuple[Scored, ...]
    waived: tuple[str, ...] = ()
    cost: int = 0  # what the help would cost, in hundredths of the call's currency; 0 where places end the list


@dataclass(frozen=True)
class Line:
    """Points for one criterion and what proves them."""

    criterion: str
    halves: int
    evidence: str


@dataclass(frozen=True)
class Standing:
    """An application judged: numbers and codes alone, nothing that says who it is."""

    number: int
    verdict: Verdict
    reasons: tuple[str, ...]
    lines: tuple[Line, ...]
    ties: tuple[int, ...]  # smaller comes first
    cost: int = 0

    @property
    def halves(self) -> int:
        """The total, in half points."""
        return sum(line.halves for line in self.lines)

    def content(self) -> list[Any]:
        """What is hashed and kept."""
        lines = [[line.criterion, line.halves, line.evidence] for line in self.lines]
        told = [self.number, self.verdict, list(self.reasons), lines, list(self.ties)]
        return [*told, self.cost] if self.cost else told


@dataclass(frozen=True)
class Placed:
    """A standing with its place (None where it is not ranked) and what follows from the number of places."""

    standing: Standing
    position: int | None
    outcome: Outcome


def age_on(born: str, day: dt.date) -> int | None:
    """Completed years on a day; None where the birth date is not known."""
    if not born:
        return None
    birth = dt.date.fromisoformat(born)
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def is_minor(member: Member, day: dt.date) -> bool:
    """Whether a member is younger than 18 on a day; nobody whose age is not known counts as a child."""
    age = age_on(member.born, day)
    return age is not None and age < ADULT_AT_YEARS


def facts_of(applied: Applied, day: dt.date) -> dict[str, int]:
    """What was answered, and what is counted from the members."""
    counted = {
        Fact.HOUSEHOLD_SIZE.value: len(applied.members),
        Fact.CHILDREN.value: sum(is_minor(member, day) for member in applied.members),
    }
    return {**applied.facts, **counted}


def wanted_papers(applied: Applied, grid: Grid, day: dt.date) -> tuple[tuple[str, str], ...]:
    """(kind, key of the member or "") of each paper that the grid asks this household for."""
    wanted: list[tuple[str, str]] = []
    for paper in grid.papers:
        if paper.whose == Whose.HOUSEHOLD:
            wanted.append((paper.kind.value, ""))
            continue
        wanted += [
            (paper.kind.value, member.key)
            for member in applied.members
            if is_minor(member, day) == (paper.whose == Whose.MINOR)
        ]
    return tuple(wanted)


def missing_papers(applied: Applied, grid: Grid, day: dt.date) -> tuple[tuple[str, str], ...]:
    """The wanted papers that nobody has seen."""
    seen = {(paper.kind, paper.whose) for paper in applied.papers if paper.state == PaperState.SEEN}
    return tuple(one for one in wanted_papers(applied, grid, day) if one not in seen)


def is_met(rule: EligibilityRule, facts: Mapping[str, int]) -> bool:
    """Whether a rule holds; a fact nobody answered never meets it."""
    told = facts.get(rule.fact.value)
    if told is None:
        return False
    return {
        Condition.IS_YES: told == 1,
        Condition.IS_NO: told == 0,
        Condition.AT_LEAST: told >= rule.value,
        Condition.AT_MOST: told <= rule.value,
    }[rule.test]


def unmet(grid: Grid, facts: Mapping[str, int]) -> tuple[EligibilityRule, ...]:
    """Rules that do not hold, in the grid's order."""
    return tuple(rule for rule in grid.rules if not is_met(rule, facts))


def agreed_halves(scorings: Sequence[Scored], criterion: str, threshold: int) -> int | None:
    """Points for a criterion in halves; None where the scorings do not settle it.

    The last word of an appeal or of the session counts alone. Of two blind scorings within ``threshold`` points of
    each other (in total) the mean counts; beyond it a third is needed, and the median of the three counts.
    """
    by_round = {scored.round: scored for scored in scorings}
    for last in (Round.APPEAL, Round.SESSION):
        if last in by_round:
            return 2 * by_round[last].points.get(criterion, 0)
    blind = [by_round[one] for one in BLIND if one in by_round]
    if len(blind) >= len(BLIND):
        return 2 * sorted(scored.points.get(criterion, 0) for scored in blind)[1]
    if len(blind) == 2 and not differs(blind, threshold):
        return sum(scored.points.get(criterion, 0) for scored in blind)
    return None


def differs(blind: Sequence[Scored], threshold: int) -> bool:
    """Whether the first two blind scorings lie further apart than the threshold, in total points."""
    if len(blind) < 2:
        return False
    first, second = (sum(scored.points.values()) for scored in blind[:2])
    return abs(first - second) > threshold


def needs(scorings: Sequence[Scored], threshold: int) -> Round | None:
    """The next scoring an application waits for; None when its points are settled."""
    rounds = {scored.round for scored in scorings}
    if rounds & {Round.SESSION, Round.APPEAL}:
        return None
    for one in (Round.FIRST, Round.SECOND):
        if one not in rounds:
            return one
    blind = sorted((s for s in scorings if s.round in BLIND), key=lambda s: BLIND.index(Round(s.round)))
    if Round.THIRD not in rounds and differs(blind, threshold):
        return Round.THIRD
    return None


def standing(applied: Applied, grid: Grid, *, threshold: int, day: dt.date) -> Standing:
    """Judge one application. Raises Conflict where its points are not settled yet.

    Parameters
    ----------
    applied : the application as it stood
    grid : the frozen version of the grid
    threshold : points by which two blind scorings may differ in total
    day : the last day of the call, on which ages are counted

    Returns
    -------
    Standing : verdict, reasons as codes, points in halves by criterion, and the numbers that break ties
    """
    found, reasons = verdict(applied, grid, day)
    lines: tuple[Line, ...] = ()
    if found == Verdict.RANKED:
        lines = tuple(_line(applied, criterion, threshold) for criterion in grid.criteria)
    ties = _ties(applied, grid, facts_of(applied, day), lines)
    return Standing(applied.number, found, reasons, lines, ties, applied.cost)


def verdict(applied: Applied, grid: Grid, day: dt.date) -> tuple[Verdict, tuple[str, ...]]:
    """Where an application stands, and why: the first of withdrawn, late, excluded, incomplete, obstacle, ranked."""
    if applied.withdrawn:
        return Verdict.WITHDRAWN, ()
    if applied.late and not applied.late_accepted:
        return Verdict.LATE, ("late",)
    wrong = unmet(grid, facts_of(applied, day))
    excluded = tuple(rule.code for rule in wrong if rule.effect == Effect.EXCLUDES)
    if excluded:
        return Verdict.NOT_ELIGIBLE, excluded
    lacking = missing_papers(applied, grid, day)
    if lacking:
        return Verdict.INCOMPLETE, tuple(dict.fromkeys(kind for kind, _ in lacking))
    in_the_way = tuple(rule.code for rule in wrong if rule.code not in applied.waived)
    if in_the_way:
        return Verdict.OBSTACLE, in_the_way
    return Verdict.RANKED, ()


def _line(applied: Applied, criterion: Criterion, threshold: int) -> Line:
    halves = agreed_halves(applied.scorings, criterion.code, threshold)
    if halves is None:
        raise errors.Conflict(
            errors.message("Application {number} is not fully scored. Finish its scoring, then rank."),
            code="not_scored",
            number=applied.number,
        )
    return Line(criterion.code, halves, criterion.evidence if halves else "")


def _ties(applied: Applied, grid: Grid, facts: Mapping[str, int], lines: Sequence[Line]) -> tuple[int, ...]:
    points = {line.criterion: line.halves for line in lines}
    found = []
    for tie in grid.ties:
        if tie.kind == TieKind.CRITERION:
            found.append(-points.get(tie.criterion, 0))
        elif tie.kind == TieKind.RECEIVED:
            found.append(int(dt.datetime.fromisoformat(applied.received).timestamp()))
        else:
            found.append(-facts[tie.kind.value])
    return tuple(found)


def rank(standings: Iterable[Standing], *, places: int, budget: int | None = None) -> tuple[Placed, ...]:
    """Everybody in order: more points first, then the ties of the grid, then the lower number of the application.

    No two applications have one number, so the order is total and does not depend on the order given. The first
    ``places`` are selected, or, where a ``budget`` (in hundredths) ends the list, as many from the top as it pays for:
    the first whose cost it does not cover ends the list, and nobody cheaper overtakes. The others who are ranked stand
    in reserve, the rest are refused with their reasons.
    """
    ordered = sorted(standings, key=_before)
    placed, position, spent, is_open = [], 0, 0, True
    for one in ordered:
        if one.verdict != Verdict.RANKED:
            placed.append(Placed(one, None, Outcome.REFUSED))
            continue
        position += 1
        is_open = is_open and (position <= places if budget is None else spent + one.cost <= budget)
        spent += one.cost if is_open else 0
        placed.append(Placed(one, position, Outcome.SELECTED if is_open else Outcome.RESERVE))
    return tuple(placed)


def _before(one: Standing) -> tuple[Any, ...]:
    return one.verdict != Verdict.RANKED, -one.halves, one.ties, one.number


def list_digest(placed: Iterable[Placed]) -> str:
    """SHA-256 of a ranked list: every number that decided, in order."""
    return digest([[p.position, p.outcome, p.standing.content()] for p in placed])


def tied_with_place(placed: Sequence[Placed], places: int) -> tuple[Placed, ...]:
    """Those in reserve with as many points as the last who was selected: a tie-break parted them."""
    chosen = [p for p in placed if p.outcome == Outcome.SELECTED]
    if len(chosen) < places or not chosen:
        return ()
    last = chosen[-1].standing.halves
    return tuple(p for p in placed if p.outcome == Outcome.RESERVE and p.standing.halves == last)


# --- how groups fare --------------------------------------------------------------------------------------------------

GROUPINGS = ("sex", "age", "disability", "community")
AGE_BANDS = ((30, "18-29"), (50, "30-49"), (65, "50-64"), (200, "65+"))
NOT_KNOWN = "not_known"


def groups(applied: Applied, day: dt.date) -> dict[str, str]:
    """The groups of a household by its head (the first member where none is named): sex, age, community; and whether
    somebody in it is known to live with a disability."""
    head = next((m for m in applied.members if m.relation == "head"), None) or next(iter(applied.members), None)
    if head is None:
        return dict.fromkeys(GROUPINGS, NOT_KNOWN)
    age = age_on(head.born, day)
    known = [m.disabled for m in applied.members if m.disabled is not None]
    return {
        "sex": head.sex,
        "age": NOT_KNOWN if age is None else next(band for below, band in AGE_BANDS if age < below),
        "disability": NOT_KNOWN if not known else "yes" if any(known) else "no",
        "community": head.community or NOT_KNOWN,
    }


# --- what changed -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """One field that is not what it was: a code, then and now."""

    field: str
    then: str
    now: str


def differences(then: Applied, now: Applied) -> tuple[Change, ...]:
    """Every input of an application that is not as it was frozen."""
    found: list[Change] = []
    for name in ("received", "late", "late_accepted", "withdrawn", "request"):
        _note(found, name, getattr(then, name), getattr(now, name))
    for fact in sorted({*then.facts, *now.facts}):
        _note(found, f"fact:{fact}", then.facts.get(fact), now.facts.get(fact))
    _note(found, "cost", amount_text(then.cost), amount_text(now.cost))
    _note(found, "waived", ", ".join(sorted(then.waived)), ", ".join(sorted(now.waived)))
    before, after = {m.key: m for m in then.members}, {m.key: m for m in now.members}
    for key in sorted({*before, *after}):
        was, is_ = before.get(key), after.get(key)
        if was is None or is_ is None:
            _note(found, "member", was.name if was else None, is_.name if is_ else None)
            continue
        for name in ("name", "born", "sex", "relation", "disabled"):
            _note(found, f"member:{name}", getattr(was, name), getattr(is_, name))
    papers_then = {(p.kind, p.whose): p.state for p in then.papers}
    papers_now = {(p.kind, p.whose): p.state for p in now.papers}
    for paper in sorted({*papers_then, *papers_now}):
        _note(found, f"paper:{paper[0]}", papers_then.get(paper), papers_now.get(paper))
    scored_then = {(s.round, c): p for s in then.scorings for c, p in s.points.items()}
    scored_now = {(s.round, c): p for s in now.scorings for c, p in s.points.items()}
    for round_, criterion in sorted({*scored_then, *scored_now}):
        key_ = (round_, criterion)
        _note(found, f"points:{round_}:{criterion}", scored_then.get(key_), scored_now.get(key_))
    return tuple(found)


def standing_differences(then: Standing, now: Standing) -> tuple[Change, ...]:
    """Every number that the replay gives differently from what was kept."""
    found: list[Change] = []
    _note(found, "verdict", then.verdict, now.verdict)
    _note(found, "reasons", ", ".join(then.reasons), ", ".join(now.reasons))
    was, is_ = ({line.criterion: line for line in one.lines} for one in (then, now))
    for code in sorted({*was, *is_}):
        before, after = was.get(code), is_.get(code)
        _note(found, f"points:{code}", points_text(before), points_text(after))
        _note(found, f"evidence:{code}", before.evidence if before else None, after.evidence if after else None)
    _note(found, "ties", ", ".join(map(str, then.ties)), ", ".join(map(str, now.ties)))
    _note(found, "cost", amount_text(then.cost), amount_text(now.cost))
    return tuple(found)


def amount_text(cost: int) -> str | None:
    """An amount of so many hundredths as people write it."""
    return f"{cost // 100}.{cost % 100:02d}" if cost else None


def points_text(line: Line | None) -> str | None:
    """Points as people write them: 7 or 7.5."""
    return None if line is None else f"{line.halves / 2:g}"


def _note(found: list[Change], name: str, then: object, now: object) -> None:
    if then != now:
        found.append(Change(name, "" if then is None else str(then), "" if now is None else str(now)))


# --- to and from what is sealed ---------------------------------------------------------------------------------------


def pack_applied(applied: Applied) -> bytes:
    """What is sealed under the applicant's key: everything but the members, each of whom is sealed under their own."""
    content = {
        "number": applied.number,
        "received": applied.received,
        "late": applied.late,
        "late_accepted": applied.late_accepted,
        "withdrawn": applied.withdrawn,
        "request": applied.request,
        "facts": dict(applied.facts),
        "papers": [[p.kind, p.state, p.whose, p.reference] for p in applied.papers],
        "scorings": [[s.round, s.scorer, dict(s.points)] for s in applied.scorings],
        "waived": list(applied.waived),
        "cost": applied.cost,
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def unpack_applied(packed: bytes, members: Iterable[Member]) -> Applied:
    """The application as it stood, with its members."""
    told = json.loads(packed)
    return Applied(
        number=told["number"],
        received=told["received"],
        late=told["late"],
        late_accepted=told["late_accepted"],
        withdrawn=told["withdrawn"],
        request=told["request"],
        facts=told["facts"],
        members=tuple(members),
        papers=tuple(Paper(*each) for each in told["papers"]),
        scorings=tuple(Scored(*each) for each in told["scorings"]),
        waived=tuple(told["waived"]),
        cost=told.get("cost", 0),  # lists frozen before calls had budgets
    )


def pack_member(member: Member) -> bytes:
    """What is sealed under a member's own key."""
    told = [member.name, member.born, member.sex, member.relation, member.disabled, member.community]
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()


def unpack_member(key: str, packed: bytes) -> Member:
    """A member again."""
    name, born, sex, relation, disabled, community = json.loads(packed)
    return Member(key, name, born, sex, relation, disabled, community)


# --- codes, conflicts, windows ----------------------------------------------------------------------------------------


def public_code(entropy: bytes) -> str:
    """A code by which an application is published: random, so that it says nothing of who or when."""
    number = int.from_bytes(entropy, "big")
    letters = ""
    for _ in range(CODE_LENGTH):
        number, place = divmod(number, len(CODE_LETTERS))
        letters += CODE_LETTERS[place]
    return f"{letters[:3]}-{letters[3:]}"


def bonds(scorer: str, household: Iterable[tuple[str, str]]) -> tuple[Bond, ...]:
    """What the names say of a scorer and a household, given as (given name, family name) in any spelling.

    A family name that may be one and the same gives a warning; a full name that may be, a stronger one. Both must be
    answered, and neither decides: many families share a name.
    """
    family = scorer.rsplit(maxsplit=1)[-1] if scorer.split() else ""
    found: set[Bond] = set()
    for given, other in household:
        if not family or not other or names.grade(family, other).grade is names.Grade.DIFFERENT:
            continue
        found.add(Bond.SAME_FAMILY)
        if names.grade(scorer, f"{given} {other}").grade is names.Grade.SAME:
            found.add(Bond.SAME_NAME)
    return tuple(sorted(found))


def check_window(opens_on: dt.date, closes_on: dt.date) -> None:
    """Raise BadInput when a call would close before it opens."""
    if closes_on < opens_on:
        raise errors.BadInput(
            errors.message("The call would close on {closes}, before it opens on {opens}. Correct one of the two."),
            code="window",
            field="closes_on",
            closes=closes_on.isoformat(),
            opens=opens_on.isoformat(),
        )


def check_points(points: int, criterion: Criterion) -> None:
    """Raise BadInput for points the criterion does not give."""
    if not 0 <= points <= criterion.most:
        raise errors.BadInput(
            errors.message("{name}: {value} points cannot be given. It takes 0 to {most}."),
            code="points",
            field=f"points_{criterion.code}",
            name=criterion.labels.get("en") or criterion.code,
            value=points,
            most=criterion.most,
        )
