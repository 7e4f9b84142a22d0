"""Passages that speak of human mobility, proposed with the words that say so.

Four labels. ``C``: mobility in the context of climate, environment or disaster. ``P``: people on the move in passing,
as one of several groups in a list. ``M``: mobility without that context. ``N``: none. The finder proposes, a person
rates, and no label ever sets a level.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from streha.engine.law import language, lexicon, words
from streha.engine.law.lexicon import Hit, Lexicon

PEOPLE_WITHIN = 12  # words between a weak word and the people it moves
LIST_WITHIN = 5  # words between two members of a list
LEAD = 3  # words of a member before the people it names: "reception centres for migrants"
_JOINS = re.compile(r"[,;/]|\b(?:and|or|as well as|dhe|ose|apo|si dhe|i|ili|kao i|и|или|као и)\b", re.I)
_HEADS = re.compile(
    r"\b(?:including|especially|particularly|in particular|such as|përfshirë|veçanërisht|sidomos|në veçanti|"
    r"duke përfshirë|uključujući|posebno|naročito|укључујући|посебно|нарочито)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a passage was found, or why a word in it was not counted (``voided``)."""

    concept: str
    kind: str
    words: str
    start: int
    end: int
    voided: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What the finder says of one passage. ``score`` runs from 0 to 1 and only orders passages."""

    label: str
    score: float
    reasons: tuple[Reason, ...]
    lang: str

    @property
    def is_relevant(self) -> bool:
        """Whether the passage is a candidate: C or P."""
        return self.label in ("C", "P")


def find(text: str, *, lang: str | None = None, entries: Lexicon | None = None) -> Found:
    """The label of one passage and every word that led to it; the language is told from the text when not given."""
    code = (lang or language.detect(text, at_least=1.0) or "en")[:2]
    tokens = words.tokens(text, code)
    hits = lexicon.matcher(entries or lexicon.shipped(), code).find(tokens, text)
    return _judged(text, hits, code)


def _judged(text: str, hits: list[Hit], code: str) -> Found:
    negatives = [hit for hit in hits if hit.concept.kind == "negative"]
    reasons: list[Reason] = []
    kept: list[Hit] = []
    for hit in hits:
        if hit.concept.kind == "negative":
            continue
        against = _against(hit, negatives)
        if against is None:
            kept.append(hit)
        elif hit.concept.kind in ("mobility", "context"):
            reasons.append(_reason(hit, voided=against.words))
    people = [hit for hit in kept if hit.concept.kind == "people"]
    groups = [hit for hit in kept if hit.concept.kind == "group"]
    contexts = [hit for hit in kept if hit.concept.kind == "context" or hit.concept.is_context]
    strong = [hit for hit in kept if hit.concept.kind == "mobility"]
    weak = [hit for hit in kept if hit.concept.kind == "weak" and _near(hit, people)]
    moves = strong + weak
    reasons = [_reason(hit) for hit in moves + [c for c in contexts if c not in moves]] + reasons
    label = _label(text, moves, contexts, groups)
    return Found(label, _score(strong, weak, contexts, label), tuple(_once(reasons)), code)


def _label(text: str, moves: list[Hit], contexts: list[Hit], groups: list[Hit]) -> str:
    if not moves:
        return "N"
    listed = [hit for hit in moves if _is_listed(hit, groups, moves, text)]
    if listed and all(any(_overlaps(hit, member) for member in listed) for hit in moves):
        return "P"
    return "C" if contexts else "M"


def _against(hit: Hit, negatives: list[Hit]) -> Hit | None:
    """The negative label that takes a hit back: it must cover the hit, or touch it."""
    wanted = "not_environment" if hit.concept.kind == "context" else "not_people"
    for negative in negatives:
        if negative.concept.id == wanted and hit.concept.kind != "people" and _overlaps(hit, negative):
            return negative
    return None


def _overlaps(hit: Hit, other: Hit) -> bool:
    return hit.first < other.last and other.first < hit.last


def _near(hit: Hit, people: list[Hit]) -> bool:
    return any(
        max(other.first - hit.last, hit.first - other.last) <= PEOPLE_WITHIN and not _overlaps(hit, other)
        for other in people
    )


def _is_listed(hit: Hit, groups: list[Hit], moves: list[Hit], text: str) -> bool:
    """Whether people on the move are one group of several in a list, and not what the list is about.

    Either two known groups stand in one list with them, or the list has at least four members and two of them speak of
    nobody on the move.
    """
    others = [group for group in groups if not _overlaps(hit, group)]
    reached = [group for group in others if _linked(hit, group, text)]
    grown = bool(reached)
    while grown:
        grown = False
        for group in others:
            if group not in reached and any(_linked(group, member, text) for member in reached):
                reached.append(group)
                grown = True
    if len({group.words.lower() for group in reached}) >= 2:
        return True
    return hit.concept.is_group and _in_long_list(hit, moves, text)


def _in_long_list(hit: Hit, moves: list[Hit], text: str) -> bool:
    marks = [found.span() for found in _JOINS.finditer(text)]
    before = [span for span in marks if span[1] <= hit.start]
    after = [span for span in marks if span[0] >= hit.end]
    near_before = bool(before) and _count(text[before[-1][1] : hit.start]) <= LEAD
    near_after = bool(after) and _count(text[hit.end : after[0][0]]) <= (LEAD if near_before else 0)
    if not (near_before or near_after):
        return False
    chain = _chain(before[::-1], text, hit.start, backwards=True) if near_before else []
    chain = chain[::-1] + (_chain(after, text, hit.end, backwards=False) if near_after else [])
    if len(chain) < 3:
        return False
    items = [(one[1], other[0]) for one, other in pairwise(chain)]
    foreign = [item for item in items if not any(item[0] <= move.start < item[1] for move in moves)]
    return len(foreign) >= (2 if len(items) > 2 else 1)


def _chain(marks: list[tuple[int, int]], text: str, place: int, *, backwards: bool) -> list[tuple[int, int]]:
    """Marks of a list as long as no item between them is longer than ``LIST_WITHIN`` words."""
    chain: list[tuple[int, int]] = []
    for start, end in marks:
        between = text[end:place] if backwards else text[place:start]
        if _count(between) > LIST_WITHIN or re.search(r"[.:!?]\s", between):
            break
        if between.strip() or not chain:
            chain.append((start, end))
        place = start if backwards else end
    return chain


def _count(text: str) -> int:
    return len(text.split())


def _linked(one: Hit, other: Hit, text: str) -> bool:
    first, second = (one, other) if one.first <= other.first else (other, one)
    if second.first - first.last > LIST_WITHIN:
        return False
    between = text[first.end : second.start]
    return bool(_JOINS.search(between)) and not _HEADS.search(between) and not re.search(r"[.:!?]\s", between)


def _score(strong: list[Hit], weak: list[Hit], contexts: list[Hit], label: str) -> float:
    if label == "N":
        return 0.0
    moving = min(1.0, 0.6 * len({hit.concept.id for hit in strong}) + 0.3 * bool(weak))
    placed = min(1.0, 0.5 * len({hit.words.lower() for hit in contexts}))
    score = 0.5 * moving + 0.5 * placed
    return round(min(score, 0.35) if label == "P" else score, 3)


def _reason(hit: Hit, *, voided: str = "") -> Reason:
    return Reason(hit.concept.id, hit.concept.kind, hit.words, hit.start, hit.end, voided)


def _once(reasons: list[Reason]) -> list[Reason]:
    """Each place named once per concept, the longest words first found."""
    best: dict[tuple[str, int], Reason] = {}
    for reason in reasons:
        key = (reason.concept, reason.start)
        if key not in best or reason.end > best[key].end:
            best[key] = reason
    return list(best.values())


def told(found: Found) -> str:
    """The reasons in one line, as the terminal shows them."""
    parts = []
    for reason in found.reasons:
        note = f" (not counted: {reason.voided})" if reason.voided else ""
        parts.append(f"{reason.concept}: {reason.words}{note}")
    return "; ".join(parts)
