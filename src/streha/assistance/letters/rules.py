"""What stands in a letter of decision, without a database: facts and signed words in, a letter out.

Every word comes from data (the office's signed template, the grid, the words that ship), so that a job without a
reader composes the same letter as a page does.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from streha.assistance.selections import rules as selections
from streha.cases.rules import words
from streha.common import errors
from streha.common.codes import Language
from streha.common.words import Words
from streha.formats import letters

COMMA = frozenset({Language.ALBANIAN, Language.SERBIAN_CYRILLIC, Language.SERBIAN_LATIN})
DECISION = {
    selections.Outcome.SELECTED: "decision_selected",
    selections.Outcome.RESERVE: "decision_reserve",
    selections.Outcome.REFUSED: "decision_refused",
}
APPEAL = {"upheld": "appeal_upheld", "dismissed": "appeal_dismissed", "out_of_time": "appeal_out_of_time"}


@dataclass(frozen=True)
class Wording:
    """The words around what a letter tells, in the letter's language, and whether a reviewer has signed them."""

    title: str
    opening: str
    closing: str
    is_signed: bool


@dataclass(frozen=True)
class Line:
    """Points for a criterion and the code of the paper that proves them."""

    label: Words
    halves: int
    evidence: str


@dataclass(frozen=True)
class Decision:
    """What was decided on one application, or on its appeal."""

    code: str  # of the letter
    language: Language
    name: str
    office: str
    call: str
    number: int
    public_code: str
    decided: dt.date
    signer: str
    verdict: selections.Verdict = selections.Verdict.RANKED
    last_day: dt.date | None = None
    received: dt.date | None = None
    position: int | None = None
    places: int = 0
    halves: int = 0
    lines: Sequence[Line] = ()
    reasons: Sequence[Words] = ()
    missing: Sequence[str] = ()  # codes of papers
    said: str = ""  # the reason of an appeal commission


@dataclass(frozen=True)
class Vocabulary:
    """The words of letters that ship, by code."""

    words: Mapping[str, Words]
    papers: Mapping[str, Words]
    remedies: Mapping[str, Words]


def read_vocabulary(content: str) -> Vocabulary:
    """The words of a TOML file as it ships."""
    told = tomllib.loads(content)
    return Vocabulary(*({code: words(*forms) for code, forms in told[part].items()} for part in PARTS))


PARTS = ("words", "papers", "remedies")


def language_of(tag: str, otherwise: str) -> Language:
    """The language of a letter: the applicant's where it is known, otherwise the one given.

    Raises BadInput for a tag in which no letter is written.
    """
    wanted = tag or otherwise
    try:
        return Language(wanted)
    except ValueError as wrong:
        raise errors.BadInput(
            errors.message("There is no letter in “{value}”. Choose one of: {known}."),
            code="letter_language",
            value=wanted[:20],
            known=", ".join(Language),
        ) from wrong


def compose(one: Decision, wording: Wording, vocabulary: Vocabulary, today: dt.date) -> letters.Letter:
    """The letter, whole, in its language."""

    def said(code: str) -> str:
        return vocabulary.words[code].said_in(one.language)

    office = one.office or said("office")
    told = {
        "name": one.name,
        "number": str(one.number),
        "code": one.public_code,
        "call": one.call,
        "office": office,
        "points": points_text(one.halves, one.language),
        "place": "–" if one.position is None else str(one.position),
        "places": str(one.places),
        "decided": day_text(one.decided),
        "day": day_text(one.last_day),
        "received": day_text(one.received),
    }
    signs_for = "appeal_commission" if one.code in APPEAL.values() else "commission"
    return letters.Letter(
        language=one.language,
        title=letters.fill(wording.title, told),
        office=office,
        date=day_text(today),
        recipient=(one.name,),
        reference=f"{said('application')} {one.number} · {one.public_code}",
        parts=(
            letters.Text(letters.fill(wording.opening, told)),
            *_told(one, vocabulary),
            letters.Text(letters.fill(wording.closing, told)),
        ),
        signature=(f"{said(signs_for)}:", one.signer) if one.signer else (),
        mark="" if wording.is_signed else said("unsigned"),
        footer=office,
    )


def _told(one: Decision, vocabulary: Vocabulary) -> list[letters.Text | letters.Points | letters.Rows]:
    """Every point with its evidence, or every reason with what may be done, or what the appeal commission said."""
    language, words_ = one.language, vocabulary.words
    if one.code in APPEAL.values():
        return [letters.Text(one.said)] if one.said else []
    if one.code != DECISION[selections.Outcome.REFUSED]:
        header = [words_[code].said_in(language) for code in ("criterion", "points", "proof")]
        rows = [
            (line.label.said_in(language), points_text(line.halves, language), _paper(line.evidence, one, vocabulary))
            for line in one.lines
        ]
        rows.append((words_["total"].said_in(language), points_text(one.halves, language), ""))
        return [letters.Rows(header, rows)]
    reasons = [reason.said_in(language) for reason in one.reasons]
    reasons += [f"{words_['missing'].said_in(language)}: {_paper(code, one, vocabulary)}" for code in one.missing]
    remedy = vocabulary.remedies.get(one.verdict)
    found: list[letters.Text | letters.Points | letters.Rows] = [letters.Points(reasons)]
    if remedy is not None:
        found += [
            letters.Text(words_["remedy"].said_in(language), is_heading=True),
            letters.Text(remedy.said_in(language)),
        ]
    return found


def _paper(code: str, one: Decision, vocabulary: Vocabulary) -> str:
    return vocabulary.papers[code].said_in(one.language) if code in vocabulary.papers else code


def points_text(halves: int, language: Language) -> str:
    """Points as people write them: 7 or 7.5, with the comma of the language."""
    told = f"{halves / 2:g}"
    return told.replace(".", ",") if language in COMMA else told


def day_text(day: dt.date | None) -> str:
    """A day as all languages of the office write it."""
    return "–" if day is None else day.strftime("%d.%m.%Y")
