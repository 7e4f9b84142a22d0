"""Passages that speak of human mobility, proposed with the words that say so.

Four labels. ``C``: mobility in the context of climate, environment or disaster. ``P``: people on the move in passing,
as one of several groups in a list. ``M``: mobility without that context. ``N``: none. The finder proposes, a person
rates, and no label ever sets a level.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from streha.engine.law import language, lexicon, words
from streha.engine.law.lexicon import Hit, Lexicon
from streha.engine.law.words import Token

PEOPLE_WITHIN = 12  # words between a weak word and the people it moves
OBJECT_WITHIN = 2  # words between a moving word and the thing it moves
SUBJECT_WITHIN = 5  # words between a thing and the word that moves it
LIST_WITHIN = 5  # words between two members of a list
LEAD = 3  # words of a member before the people it names: "reception centres for migrants"
_PREPOSITIONS = {
    lang: frozenset(row.split())
    for lang, row in {
        "en": "from to out into in by with at on away off onto before after because due under",
        "sq": "nga te tek ne me drejt prej prane jashte gjate pas para nen mbi shkaku permes",
        "sr": "iz sa od u na ka kod po pri s do pred posle zbog usled tokom ispod uz radi preko",
    }.items()
}
_COUNTED = ("mobility", "weak", "context", "setting", "conflict", "group")
_NOT_SUBJECT = frozenset(("of", "who", "which", "covers"))  # what stands before them does not move
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
    code = code if code in lexicon.LANGUAGES else "en"
    tokens = words.tokens(text, code)
    hits = lexicon.matcher(entries or lexicon.shipped(), code).find(tokens, text)
    return _judged(text, tokens, hits, code)


@dataclass(frozen=True, slots=True)
class _Passage:
    """A passage with what its words name: people, things, and places (``spots``) where people are or go."""

    text: str
    code: str
    tokens: list[Token]
    people: list[Hit]
    things: list[Hit]
    villages: list[Hit]
    spots: list[Hit]


def _judged(text: str, tokens: list[Token], hits: list[Hit], code: str) -> Found:
    of: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        of[hit.concept.kind].append(hit)
    things = [hit for hit in of["thing"] if not any(_overlaps(hit, person) for person in of["people"])]
    passage = _Passage(text, code, tokens, of["people"], things, of["place"], of["place"] + of["spot"])
    negatives = [hit for hit in of["negative"] if _holds(hit, of["people"])]
    reasons: list[Reason] = []
    kept: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        if hit.concept.kind in _COUNTED:
            against = _against(hit, negatives) or (_thing_moved(hit, passage) if hit.concept.moves_things else None)
            if against is None:
                kept[hit.concept.kind].append(hit)
            elif hit.concept.kind in ("mobility", "context"):
                reasons.append(_reason(hit, voided=against.words))
    strong = kept["mobility"]
    weak = [hit for hit in kept["weak"] if _near(hit, of["people"])]
    moves = strong + weak
    contexts = _contexts(strong, kept)
    label = _label(text, moves, contexts, kept["group"], kept["setting"])
    if label in ("P", "C") and not contexts:
        contexts = kept["setting"]
    reasons = [_reason(hit) for hit in moves + [c for c in contexts if c not in moves]] + reasons
    return Found(label, _score(strong, weak, contexts, label), tuple(_once(reasons)), code)


def _contexts(strong: list[Hit], kept: Mapping[str, list[Hit]]) -> list[Hit]:
    """What says the context. Beside war, eviction and the like, only words as plain as "flood" do.

    Shelter in tents or halls says it by itself, unless foreigners, refugees or returnees are spoken of.
    """
    if kept["conflict"]:
        return [hit for hit in kept["context"] if not hit.concept.is_faint]
    contexts = kept["context"] + [hit for hit in strong if hit.concept.is_context]
    if not any(hit.concept.is_group or hit.concept.is_legal for hit in strong):
        contexts += [hit for hit in strong if hit.concept.implies_context]
    return contexts


def _label(text: str, moves: list[Hit], contexts: list[Hit], groups: list[Hit], settings: list[Hit]) -> str:
    if not moves:
        return "N"
    listed = [hit for hit in moves if _is_listed(hit, groups, moves, text)]
    if listed and all(any(_overlaps(hit, member) for member in listed) for hit in moves):
        return "P"
    if contexts:
        return "C"
    if settings and any(hit.concept.is_group and _in_long_list(hit, moves, text, least=2) for hit in moves):
        return "P"
    return "M"


def _holds(negative: Hit, people: list[Hit]) -> bool:
    """A negative label that had to pass over people to be complete says nothing of those people."""
    return negative.concept.names_people or not any(
        negative.first < person.first and person.last < negative.last for person in people
    )


def _thing_moved(hit: Hit, passage: _Passage) -> Hit | None:
    """The thing that is moved, where the words speak of a thing and not of people.

    A thing is what is moved when it follows at once and no preposition stands between, or when it stands before and
    nearer than any people or village.
    """
    named = passage.people + passage.villages
    inside = [one for one in named if hit.first <= one.first and one.last <= hit.last]
    ends_in_noun = hit.last - hit.first > 1 and any(one.last == hit.last for one in inside + passage.spots)
    if not ends_in_noun:
        reach = OBJECT_WITHIN - bool(inside)  # with its people named, a verb needs no further object
        for thing in passage.things:
            if 0 <= thing.first - hit.last <= reach and _is_object(hit, thing, named, passage):
                return thing
    if inside:
        return None
    nearest = min((_distance(hit, one) for one in named), default=PEOPLE_WITHIN + 1)
    for thing in passage.things:
        if thing.last <= hit.first and _distance(hit, thing) < min(nearest, SUBJECT_WITHIN):
            between = {token.folded for token in passage.tokens[thing.last : hit.first]}
            # Only English has no cases: "data on migration" has nothing that moves.
            if passage.code != "en" or not between & (_PREPOSITIONS["en"] | _NOT_SUBJECT):
                return thing
    return None


def _is_object(hit: Hit, thing: Hit, named: list[Hit], passage: _Passage) -> bool:
    between = {token.folded for token in passage.tokens[hit.last : thing.first]}
    return not (
        between & _PREPOSITIONS[passage.code]
        or any(hit.last <= one.first < thing.first for one in named)
        or "," in passage.text[hit.end : thing.start]
        or _is_means(thing, passage.code)
    )


def _is_means(thing: Hit, code: str) -> bool:
    """Serbian says what something is done by or with in the instrumental: "odsečeni snegom"."""
    return code == "sr" and words.fold(thing.words).endswith(("om", "em", "ama", "ima"))


def _distance(hit: Hit, other: Hit) -> int:
    return max(other.first - hit.last, hit.first - other.last)


def _against(hit: Hit, negatives: list[Hit]) -> Hit | None:
    """The negative label that takes a hit back: it must cover the hit, or touch it."""
    wanted = "environment" if hit.concept.kind in ("context", "setting") else "people"
    for negative in negatives:
        if negative.concept.id.startswith(f"not_{wanted}") and _overlaps(hit, negative):
            return negative
    return None


def _overlaps(hit: Hit, other: Hit) -> bool:
    return hit.first < other.last and other.first < hit.last


def _near(hit: Hit, people: list[Hit]) -> bool:
    return any(_distance(hit, other) <= PEOPLE_WITHIN and not _overlaps(hit, other) for other in people)


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


def _in_long_list(hit: Hit, moves: list[Hit], text: str, *, least: int = 3) -> bool:
    """Whether a hit stands in a list of at least ``least`` marks whose other members speak of nobody on the move."""
    marks = [found.span() for found in _JOINS.finditer(text)]
    before = [span for span in marks if span[1] <= hit.start]
    after = [span for span in marks if span[0] >= hit.end]
    near_before = bool(before) and _count(text[before[-1][1] : hit.start]) <= LEAD
    near_after = bool(after) and _count(text[hit.end : after[0][0]]) <= (LEAD if near_before else 0)
    if not (near_before or near_after):
        return False
    chain = _chain(before[::-1], text, hit.start, backwards=True) if near_before else []
    chain = chain[::-1] + (_chain(after, text, hit.end, backwards=False) if near_after else [])
    if len(chain) < least:
        return False
    items = [(one[1], other[0]) for one, other in pairwise(chain)]
    items += [_before(text, chain[0][0]), _after(text, chain[-1][1])]
    foreign = [item for item in items if not any(item[0] <= move.start < item[1] for move in moves)]
    return len(foreign) >= 2


def _before(text: str, place: int) -> tuple[int, int]:
    """The last words before a place, as many as a member of a list may have."""
    found = re.search(rf"(?:\S+\s+){{0,{LIST_WITHIN - 1}}}\S+\s*$", text[:place])
    return (found.start() if found else place, place)


def _after(text: str, place: int) -> tuple[int, int]:
    found = re.match(rf"\s*(?:\S+\s+){{0,{LIST_WITHIN - 1}}}\S*", text[place:])
    return (place, place + (found.end() if found else 0))


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
