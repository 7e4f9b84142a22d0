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

from streha.engine.law import language, lexicon, lists, words
from streha.engine.law.lexicon import Hit, Lexicon
from streha.engine.law.words import Token

PEOPLE_WITHIN = 12  # words between a weak word and the people it moves
OBJECT_WITHIN = 2  # words between a moving word and the thing it moves
SUBJECT_WITHIN = 5  # words between a thing and the word that moves it


def _row(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PREPOSITIONS = {
    "en": _row(
        "from to out into in by with for at on away off onto before after because due under along through via over "
        "across between"
    ),
    "sq": _row(
        "nga te tek ne me per drejt prej prane jashte gjate pas para nen mbi shkaku permes neper pergjate ndermjet"
    ),
    "sr": _row(
        "iz sa od u na za ka kod po pri s do pred posle zbog usled tokom ispod uz radi preko kroz duz putem izmedju"
    ),
}
_CAUSES = frozenset(("because", "due", "shkak", "shkaku", "zbog", "usled"))  # what follows them is not what moves
_COUNTED = ("mobility", "weak", "context", "setting", "conflict", "group")
_NOT_SUBJECT = frozenset(("of", "who", "which", "covers"))  # what stands before them does not move
# Words that name an act ("evacuation", "zhvendosja", "пресељење") and so have no subject before them.
_ACTS = {
    "en": re.compile(r"(?:tions?|ments?|als?)$"),
    "sq": re.compile(r"(?:im|imi|imin|imit|imet|imeve|je|ja|jes|jen|jet|jeve)$"),
    "sr": re.compile(r"(?:nj[eau]|njem|njima|cij[aeiu]|cijom|cijama|dba|dbe|dbu)$"),
}


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
    things = [hit for hit in of["thing"] if not any(lists.overlaps(hit, person) for person in of["people"])]
    passage = _Passage(text, code, tokens, of["people"], things, of["place"], of["place"] + of["spot"])
    negatives = [hit for hit in of["negative"] if _holds(hit, passage)]
    reasons: list[Reason] = []
    kept: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        if hit.concept.kind in _COUNTED:
            against = _against(hit, negatives) or _thing_moved(hit, passage)
            if against is None:
                kept[hit.concept.kind].append(hit)
            elif hit.concept.kind in ("mobility", "context"):
                reasons.append(_reason(hit, voided=against.words))
    strong = kept["mobility"]
    weak = [hit for hit in kept["weak"] if _near(hit, of["people"])]
    moves = strong + weak
    contexts = _contexts(strong, kept)
    label = _label(lists.Lists(text, code, moves, kept["group"]), contexts, kept["setting"])
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


def _label(listing: lists.Lists, contexts: list[Hit], settings: list[Hit]) -> str:
    if not listing.moves:
        return "N"
    if listing.holds_all():
        return "P"
    if contexts:
        return "C"
    if listing.holds_a_long_one() or (settings and listing.holds_a_group()):
        return "P"
    return "M"


def _holds(negative: Hit, passage: _Passage) -> bool:
    """A negative label holds unless it had to pass over people, an "and" or a "because of" to be complete."""
    if any(token.folded in _CAUSES for token in passage.tokens[negative.first : negative.last]):
        return False
    if negative.concept.names_people:
        return True
    passed_over = any(negative.first < person.first and person.last < negative.last for person in passage.people)
    return not passed_over and not lists.JOINS[passage.code].search(negative.words)


def _thing_moved(hit: Hit, passage: _Passage) -> Hit | None:
    """The thing that is moved, where the words speak of a thing and not of people.

    A thing is what is moved when it follows at once and no preposition stands between, or when it stands before and
    nearer than any people or village.
    """
    if not (hit.concept.moves_things or hit.concept.houses_things):
        return None
    named = passage.people + passage.villages
    inside = [one for one in named if hit.first <= one.first and one.last <= hit.last]
    for thing in passage.things:
        if not inside and hit.first < thing.first and thing.last <= hit.last and _follows(hit, thing, passage):
            return thing
    ends_in_noun = hit.last - hit.first > 1 and any(one.last == hit.last for one in inside + passage.spots)
    if not ends_in_noun:
        reach = OBJECT_WITHIN - bool(inside)  # with its people named, a verb needs no further object
        for thing in passage.things:
            if 0 <= thing.first - hit.last <= reach and _is_object(hit, thing, named, passage):
                return thing
    if inside or hit.concept.houses_things or _ACTS[passage.code].search(_head(hit, passage)):
        return None
    nearest = min((_distance(hit, one) for one in named), default=PEOPLE_WITHIN + 1)
    for thing in passage.things:
        near = thing.last <= hit.first and _distance(hit, thing) < min(nearest, SUBJECT_WITHIN)
        if near and "," not in passage.text[thing.end : hit.start]:
            between = {token.folded for token in passage.tokens[thing.last : hit.first]}
            # Only English has no cases: "data on migration" has nothing that moves.
            if passage.code != "en" or not between & (_PREPOSITIONS["en"] | _NOT_SUBJECT):
                return thing
    return None


def _head(hit: Hit, passage: _Passage) -> str:
    """The word that says the moving: the first of "moved from the floods", the last of "leave and evacuation"."""
    inside = [token.folded for token in passage.tokens[hit.first : hit.last]]
    return inside[0] if _PREPOSITIONS[passage.code].intersection(inside) else inside[-1]


def _follows(hit: Hit, thing: Hit, passage: _Passage) -> bool:
    """Whether a thing inside a label is the object of its first word: "moving hives to the pasture"."""
    between = {token.folded for token in passage.tokens[hit.first + 1 : thing.first]}
    near = thing.first - hit.first <= OBJECT_WITHIN + 1
    return near and not between & _PREPOSITIONS[passage.code] and not _is_means(thing, passage.code)


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
        if negative.concept.id.startswith(f"not_{wanted}") and lists.overlaps(hit, negative):
            return negative
    return None


def _near(hit: Hit, people: list[Hit]) -> bool:
    return any(_distance(hit, other) <= PEOPLE_WITHIN and not lists.overlaps(hit, other) for other in people)


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
