"""Rows to values and back: grids, applications as they stand now, and frozen lists as they stood."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from streha.assistance.selections import models, rules
from streha.audit import actions as audit
from streha.engine.disclosure import dimensions, releases, sensitivity, systems, tables
from streha.people import models as people
from streha.people import queries
from streha.people import rules as people_rules

PIECE = 500
LANGUAGES = ("en", "sq", "sr")


# --- the grid ---------------------------------------------------------------------------------------------------------


def grid_of(row: models.Grid) -> rules.Grid:
    """A version of a grid as a value."""
    return rules.Grid(
        code=row.code,
        version=row.version,
        criteria=tuple(
            rules.Criterion(c.code, c.most, c.evidence, _texts(c, "label")) for c in row.criteria.order_by("position")
        ),
        rules=tuple(
            rules.EligibilityRule(
                r.code,
                rules.Fact(r.fact),
                rules.Condition(r.test),
                rules.Effect(r.effect),
                r.value,
                _texts(r, "reason"),
            )
            for r in row.rules.order_by("position")
        ),
        papers=tuple(
            rules.RequiredPaper(rules.PaperKind(p.kind), rules.Whose(p.whose)) for p in row.papers.order_by("pk")
        ),
        ties=tuple(rules.Tie(rules.TieKind(t.kind), t.criterion) for t in row.ties.order_by("position")),
    )


def _texts(row: Any, what: str) -> dict[str, str]:
    return {language: getattr(row, f"{what}_{language}") for language in LANGUAGES}


@cache
def example() -> Mapping[str, Any]:
    """The example that ships: name, source, and the grid as data."""
    text = resources.files("streha.assistance.selections").joinpath("data/example_grid.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def example_grid() -> rules.Grid:
    """The example as a value; it says of itself that nobody has verified it."""
    told = example()
    return rules.Grid(
        code=told["code"],
        version=1,
        criteria=tuple(
            rules.Criterion(c["code"], c["most"], c.get("evidence", ""), c["labels"]) for c in told["criteria"]
        ),
        rules=tuple(
            rules.EligibilityRule(
                r["code"],
                rules.Fact(r["fact"]),
                rules.Condition(r["test"]),
                rules.Effect(r["effect"]),
                r.get("value", 0),
                r["reasons"],
            )
            for r in told["rules"]
        ),
        papers=tuple(rules.RequiredPaper(rules.PaperKind(p["kind"]), rules.Whose(p["whose"])) for p in told["papers"]),
        ties=tuple(rules.Tie(rules.TieKind(t["kind"]), t.get("criterion", "")) for t in told["ties"]),
    )


# --- applications as they stand now -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Live:
    """An application as it stands now, with what the freezing needs to know of its rows."""

    application: models.Application
    applied: rules.Applied
    subjects: Mapping[str, int]  # key of a member -> person


def live(applications: Iterable[models.Application]) -> list[Live]:
    """Applications as they stand now, by number; a handful of queries for each 500."""
    rows = sorted(applications, key=lambda one: one.number)
    found: list[Live] = []
    for start in range(0, len(rows), PIECE):
        found += _live_piece(rows[start : start + PIECE])
    return found


def _live_piece(rows: Sequence[models.Application]) -> list[Live]:
    ids = [row.pk for row in rows]
    members = _members(ids)
    answers: dict[int, dict[str, int]] = defaultdict(dict)
    for application_id, fact, value in models.ApplicationAnswer.objects.filter(application__in=ids).values_list(
        "application_id", "fact", "value"
    ):
        answers[application_id][fact] = value
    papers = _papers(rows, members)
    scorings = _scorings(ids)
    waivers: dict[int, list[str]] = defaultdict(list)
    for application_id, rule in models.Waiver.objects.filter(application__in=ids).values_list("application_id", "rule"):
        waivers[application_id].append(rule)
    return [
        Live(
            row,
            rules.Applied(
                number=row.number,
                received=row.received_at.astimezone(dt.UTC).isoformat(),
                late=row.is_late,
                late_accepted=row.late_accepted,
                withdrawn=row.withdrawn_at is not None,
                request=row.request,
                facts=dict(sorted(answers[row.pk].items())),
                members=tuple(sorted((m for m, _ in members[row.pk]), key=lambda m: m.key)),
                papers=tuple(sorted(papers[row.pk], key=lambda p: (p.kind, p.whose))),
                scorings=tuple(scorings[row.pk]),
                waived=tuple(sorted(waivers[row.pk])),
                cost=hundredths(row.amount),
            ),
            {member.key: person_id for member, person_id in members[row.pk]},
        )
        for row in rows
    ]


def hundredths(amount: Decimal | None) -> int:
    """An amount in whole hundredths; 0 where there is none."""
    return 0 if amount is None else int(amount * 100)


def budget_of(row: models.Call | models.Selection) -> int | None:
    """The money that ends a list, in hundredths; None where places end it."""
    if isinstance(row, models.Call) and row.ends_by != rules.EndsBy.BUDGET:
        return None
    return None if row.budget is None else hundredths(row.budget)


def _members(ids: Sequence[int]) -> dict[int, list[tuple[rules.Member, int]]]:
    """Members of each application, each person once however many records they had, without those who left."""
    rows = list(
        models.ApplicationMember.objects.filter(application__in=ids, left_noted_at=None, person__erased_at=None)
        .order_by("application_id", "pk")
        .values_list("application_id", "person_id", "relation", "person__subject")
    )
    kept = queries.answering(person_id for _, person_id, _, _ in rows)
    known = {person.pk: person for person in people.Person.objects.filter(pk__in=set(kept.values()), erased_at=None)}
    names = _names(known)
    disabled = _disabled(known)
    communities = _communities(list(known.values()))
    found: dict[int, list[tuple[rules.Member, int]]] = defaultdict(list)
    counted: set[tuple[int, int]] = set()
    for application_id, person_id, relation, subject in rows:
        person = known.get(kept[person_id])
        if person is None or (application_id, person.pk) in counted:
            continue
        counted.add((application_id, person.pk))
        member = rules.Member(
            key=subject.hex,
            name=names.get(person.pk, person.number),
            born=person.birth_date.isoformat() if person.birth_date else "",
            sex=person.sex,
            relation=relation,
            disabled=disabled.get(person.pk),
            community=communities.get(person.pk, ""),
        )
        found[application_id].append((member, person_id))
    return found


def _names(ids: Iterable[int]) -> dict[int, str]:
    rows = (
        people.Name.objects.filter(person__in=list(ids), valid_to=None)
        .order_by("person_id", "pk")
        .values_list("person_id", "kind", "given", "family")
    )
    found: dict[int, str] = {}
    for person_id, kind, given, family in rows:
        if kind == people_rules.NameKind.MAIN or person_id not in found:
            found[person_id] = f"{given} {family}".strip()
    return found


def _disabled(ids: Iterable[int]) -> dict[int, bool | None]:
    """By the last answers to the short set; a noted need says yes too."""
    wanted = list(ids)
    found: dict[int, bool | None] = {}
    columns = ("person_id", *people_rules.FUNCTIONING_DOMAINS)
    for row in people.Functioning.objects.filter(person__in=wanted).order_by("asked_on", "pk").values(*columns):
        answers = {domain: row[domain] for domain in people_rules.FUNCTIONING_DOMAINS}
        found[row["person_id"]] = people_rules.has_disability(answers)
    needs = people.SpecificNeed.objects.filter(person__in=wanted, kind=people_rules.NeedKind.DISABILITY, valid_to=None)
    found.update(dict.fromkeys(needs.values_list("person_id", flat=True), True))
    return found


def _communities(known: Sequence[people.Person]) -> dict[int, str]:
    told = [person for person in known if person.community_sealed]
    clear = audit.unseal_many(
        [(person.subject, bytes(person.community_sealed or b"")) for person in told], context=people.SEALED_COMMUNITY
    )
    return {person.pk: text.decode() for person, text in zip(told, clear, strict=True) if text is not None}


def _papers(
    rows: Sequence[models.Application], members: Mapping[int, Sequence[tuple[rules.Member, int]]]
) -> dict[int, list[rules.Paper]]:
    found: dict[int, list[rules.Paper]] = defaultdict(list)
    keys = {(row.pk, person_id): member.key for row in rows for member, person_id in members[row.pk]}
    for application_id, person_id, kind, state in models.ApplicationPaper.objects.filter(
        application__in=[row.pk for row in rows]
    ).values_list("application_id", "person_id", "kind", "state"):
        whose = "" if person_id is None else keys.get((application_id, person_id), "left")
        if whose != "left":
            found[application_id].append(rules.Paper(kind, state, whose))
    return found


def _scorings(ids: Sequence[int]) -> dict[int, list[rules.Scored]]:
    points: dict[int, dict[str, int]] = defaultdict(dict)
    told = models.ScorePoint.objects.filter(scoring__application__in=ids, scoring__finished_at__isnull=False)
    for scoring_id, code, given in told.values_list("scoring_id", "criterion__code", "points"):
        points[scoring_id][code] = given
    found: dict[int, list[rules.Scored]] = defaultdict(list)
    order = {one.value: place for place, one in enumerate(rules.Round)}
    finished = models.Scoring.objects.filter(application__in=ids, finished_at__isnull=False)
    for pk, application_id, round_, scorer_id in sorted(
        finished.values_list("pk", "application_id", "round", "scorer_id"), key=lambda row: order[row[2]]
    ):
        found[application_id].append(rules.Scored(round_, scorer_id or 0, dict(sorted(points[pk].items()))))
    return found


# --- frozen lists -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Frozen:
    """A row of a frozen list: the numbers that were kept, and what they came from where it can still be opened."""

    row: models.Ranked
    placed: rules.Placed
    applied: rules.Applied | None  # None once somebody in it was erased

    @property
    def is_erased(self) -> bool:
        """Whether a key that would open it is gone."""
        return self.applied is None


def kept_standing(row: models.Ranked, points: Sequence[models.RankedPoint]) -> rules.Standing:
    """The numbers of a row, as kept in clear."""
    return rules.Standing(
        number=row.number,
        verdict=rules.Verdict(row.verdict),
        reasons=tuple(row.reasons.split(",")) if row.reasons else (),
        lines=tuple(rules.Line(p.criterion, p.halves, p.evidence) for p in points),
        ties=tuple(int(part) for part in row.ties.split(",")) if row.ties else (),
        cost=row.cost,
    )


def frozen(selection: models.Selection, *, opened: bool = True) -> list[Frozen]:
    """Every row of a frozen list in its order; with ``opened`` false nothing is unsealed."""
    rows = list(selection.rows.select_related("application").order_by("place_in_list"))
    points: dict[int, list[models.RankedPoint]] = defaultdict(list)
    for point in models.RankedPoint.objects.filter(row__selection=selection).order_by("row_id", "order"):
        points[point.row_id].append(point)
    applied = _opened(selection, rows) if opened else {}
    return [
        Frozen(
            row,
            rules.Placed(kept_standing(row, points[row.pk]), row.position, rules.Outcome(row.outcome)),
            applied.get(row.pk),
        )
        for row in rows
    ]


def _opened(selection: models.Selection, rows: Sequence[models.Ranked]) -> dict[int, rules.Applied]:
    """By row, the application as it stood; a row is left out once one of its keys is gone."""
    seals = list(
        models.RankedMember.objects.filter(row__selection=selection)
        .order_by("row_id", "pk")
        .values_list("row_id", "subject", "sealed")
    )
    clear = audit.unseal_many([(s, bytes(t)) for _, s, t in seals if t], context=models.SEALED_MEMBER)
    texts = iter(clear)
    members: dict[int, list[rules.Member]] = defaultdict(list)
    gone: set[int] = set()
    for row_id, subject, sealed in seals:
        text = next(texts) if sealed else None
        if text is None:
            gone.add(row_id)
        else:
            members[row_id].append(rules.unpack_member(subject.hex, text))
    whole = [row for row in rows if row.sealed]
    packed = audit.unseal_many([(r.subject, bytes(r.sealed)) for r in whole], context=models.SEALED_APPLICATION)
    return {
        row.pk: rules.unpack_applied(text, sorted(members[row.pk], key=lambda m: m.key))
        for row, text in zip(whole, packed, strict=True)
        if text is not None and row.pk not in gone
    }


# --- how groups fared -------------------------------------------------------------------------------------------------

LEAST = 5  # no figure of fewer people is shown
POPULATION, OUTCOME = "applicants", "outcome"
CHOSEN, OTHERS = "selected", "others"


@dataclass(frozen=True)
class GroupFigure:
    """How many of a group applied and were selected; None where that may not be shown."""

    dimension: str
    group: str
    applied: int | None
    selected: int | None


def outcome_figures(rows: Sequence[Frozen], day: dt.date) -> list[GroupFigure]:
    """How groups fared in a list, after disclosure control; empty where the list itself is too small.

    All tables are protected together: they share the numbers of those selected and not, which the posted list gives
    to everybody.
    """
    known = [(rules.groups(one.applied, day), one.placed.outcome) for one in rows if one.applied is not None]
    chosen = sum(outcome == rules.Outcome.SELECTED for _, outcome in known)
    if min(chosen, len(known) - chosen) < LEAST:
        return []
    held = [_outcome_table(name, known) for name in rules.GROUPINGS]
    system = systems.of_tables(*(table for _, _, table in held))
    everybody_knows = [(POPULATION, ()), *((POPULATION, ((OUTCOME, code),)) for code in (CHOSEN, OTHERS))]
    system = systems.with_known(system, everybody_knows)
    release = releases.suppressed(system, sensitivity.threshold(system, LEAST, zeros=sensitivity.Zeros.TELLING))
    return [_figure(release, name, code) for name, codes, _ in held for code in codes]


def _outcome_table(
    name: str, known: Sequence[tuple[Mapping[str, str], rules.Outcome]]
) -> tuple[str, list[str], tables.Table]:
    codes = sorted({groups[name] for groups, _ in known})
    counts = np.zeros((len(codes), 2))
    for groups, outcome in known:
        counts[codes.index(groups[name]), 0 if outcome == rules.Outcome.SELECTED else 1] += 1
    sides = (dimensions.flat(name, codes), dimensions.flat(OUTCOME, [CHOSEN, OTHERS]))
    return name, codes, tables.of_counts(POPULATION, sides, counts)


def _figure(release: releases.Release, name: str, code: str) -> GroupFigure:
    applied = release.figure((POPULATION, ((name, code),))).value
    chosen = release.figure((POPULATION, tuple(sorted(((name, code), (OUTCOME, CHOSEN)))))).value
    return GroupFigure(name, code, None if applied is None else int(applied), None if chosen is None else int(chosen))
