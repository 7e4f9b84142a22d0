"""Rows of a decided list to what its letters tell, and the words of letters."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources

from django.conf import settings

from streha.assistance.letters import rules
from streha.assistance.selections import models
from streha.assistance.selections import queries as selections
from streha.assistance.selections import rules as selection_rules
from streha.cases import queries as cases
from streha.cases.rules import words
from streha.common.codes import Language, Script
from streha.common.words import Words
from streha.people import models as people
from streha.people import queries as people_queries


@cache
def vocabulary() -> rules.Vocabulary:
    """The words of letters that ship."""
    text = resources.files("streha.assistance.letters").joinpath("data", "words.toml").read_text(encoding="utf-8")
    return rules.read_vocabulary(text)


def wording(code: str, language: Language) -> rules.Wording:
    """The office's newest words of a letter. Raises NotFound where nobody wrote it in that language."""
    row = cases.template(code, language)
    return rules.Wording(row.title, row.opening, row.closing, bool(row.signed_by))


def name_in(person: people.Person, language: Language) -> str:
    """The applicant's name in the script of the letter."""
    script = Script.CYRILLIC if language == Language.SERBIAN_CYRILLIC else Script.LATIN
    return people_queries.name_in(person, script)


def decisions(
    selection: models.Selection, rows: Sequence[models.Ranked], *, language: str = "", otherwise: str
) -> list[tuple[models.Ranked, people.Person, rules.Decision]]:
    """What each of these applicants is told: in ``language``, or in their own, or in ``otherwise`` where none is known.

    Rows come with application and applicant; somebody erased has no letter and is left out.
    """
    call = selection.call
    labels = {c.code: _words(c, "label", c.code) for c in selection.grid.criteria.all()}
    reasons = {r.code: _words(r, "reason", r.code) for r in selection.grid.rules.all()}
    points: dict[int, list[models.RankedPoint]] = defaultdict(list)
    for point in models.RankedPoint.objects.filter(row__in=[row.pk for row in rows]).order_by("row_id", "order"):
        points[point.row_id].append(point)
    known = selections.persons_of(row.application for row in rows)
    decided = selections.day_of(selection.decided_at or selection.ranked_at)
    found = []
    for row in rows:
        person = known[row.application_id]
        if person.erased_at is not None:
            continue
        tag = rules.language_of(language or person.language, otherwise)
        why, missing = _why(row, reasons)
        told = rules.Decision(
            code=rules.DECISION[selection_rules.Outcome(row.outcome)],
            language=tag,
            name=name_in(person, tag),
            office=settings.OFFICE_NAME,
            call=call.title,
            number=row.number,
            public_code=row.application.code,
            decided=decided,
            signer=str(selection.decided_by) if selection.decided_by else "",
            verdict=selection_rules.Verdict(row.verdict),
            last_day=decided + dt.timedelta(days=call.appeal_days),
            position=row.position,
            places=selection.places,
            halves=row.halves,
            lines=tuple(rules.Line(labels[p.criterion], p.halves, p.evidence) for p in points[row.pk]),
            reasons=why,
            missing=missing,
        )
        found.append((row, person, told))
    return found


def _why(row: models.Ranked, reasons: Mapping[str, Words]) -> tuple[tuple[Words, ...], tuple[str, ...]]:
    """Reasons in words, and codes of papers that are missing."""
    codes = tuple(filter(None, row.reasons.split(",")))
    if row.verdict == selection_rules.Verdict.INCOMPLETE:
        return (), codes
    if row.verdict == selection_rules.Verdict.LATE:
        return (vocabulary().words["late"],), ()
    return tuple(reasons[code] for code in codes if code in reasons), ()


def appeal(held: models.Appeal, person: people.Person, *, language: str, otherwise: str) -> rules.Decision:
    """What an applicant is told about their appeal; the row comes with selection and call."""
    row = held.row
    tag = rules.language_of(language or person.language, otherwise)
    moment = held.decided_at or row.selection.decided_at or held.entered_at
    return rules.Decision(
        code=rules.APPEAL[held.state],
        language=tag,
        name=name_in(person, tag),
        office=settings.OFFICE_NAME,
        call=row.selection.call.title,
        number=row.number,
        public_code=row.application.code,
        decided=selections.day_of(moment),
        signer=str(held.decided_by) if held.decided_by else "",
        received=held.received_on,
        said=held.reason,
    )


def _words(row: models.Criterion | models.EligibilityRule, what: str, otherwise: str) -> Words:
    """A name of the grid; a form that is not written is said in one that is."""
    told: Iterable[str] = (getattr(row, f"{what}_{language}") for language in ("sq", "sr", "en"))
    sq, sr, en = told
    any_ = en or sq or sr or otherwise
    return words(sq or any_, sr or any_, en or any_)
