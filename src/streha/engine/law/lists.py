"""Lists of groups in a sentence: whether people on the move are named in passing, as one of several.

A list is told by its commas and conjunctions. Two known groups beside the people on the move make one, and so do four
members of which two speak of nobody on the move.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from streha.engine.law.lexicon import Hit

WITHIN = 5  # words between two members of a list
LEAD = 3  # words of a member before the people it names: "reception centres for migrants"
LONG, SHORT = 3, 2  # marks of a list of four members, and of three
JOINS = {
    "en": re.compile(r"[,;/]|\b(?:and|or|as well as)\b", re.I),
    "sq": re.compile(r"[,;/]|\b(?:dhe|ose|apo|si dhe)\b", re.I),
    "sr": re.compile(r"[,;/]|\b(?:i|ili|kao i|и|или|као и)\b", re.I),
}
_HEADS = re.compile(
    r"\b(?:including|especially|particularly|in particular|such as|përfshirë|veçanërisht|sidomos|në veçanti|"
    r"duke përfshirë|uključujući|posebno|naročito|укључујући|посебно|нарочито)\b",
    re.I,
)
_STOP = re.compile(r"[.:!?]\s")

Span = tuple[int, int]


def overlaps(hit: Hit, other: Hit) -> bool:
    """Whether two labels share a word."""
    return hit.first < other.last and other.first < hit.last


@dataclass(frozen=True)
class Lists:
    """The lists of one passage, its words of movement and the other groups it names."""

    text: str
    code: str
    moves: list[Hit]
    groups: list[Hit]

    @cached_property
    def _marks(self) -> list[Span]:
        return [found.span() for found in JOINS[self.code].finditer(self.text)]

    def holds_all(self) -> bool:
        """Whether every word of movement stands in a member of a list that names people on the move."""
        listed = [hit for hit in self.moves if self._is_listed(hit)]
        members = [self._member(hit) for hit in listed if hit.concept.is_group]
        return bool(listed) and all(
            any(overlaps(hit, one) for one in listed)
            or any(start <= hit.start and hit.end <= end for start, end in members)
            for hit in self.moves
        )

    def holds_a_long_one(self) -> bool:
        """Whether some group on the move is one of at least four members, and no law of migration is spoken of."""
        listed = [hit for hit in self.moves if hit.concept.is_group and self._in_long_list(hit, LONG)]
        return bool(listed) and not any(
            hit.concept.is_legal and not any(overlaps(hit, one) for one in listed) for hit in self.moves
        )

    def holds_a_group(self) -> bool:
        """Whether some group on the move is one of at least three members."""
        return any(hit.concept.is_group and self._in_long_list(hit, SHORT) for hit in self.moves)

    def _is_listed(self, hit: Hit) -> bool:
        others = [group for group in self.groups if not overlaps(hit, group)]
        reached = [group for group in others if self._linked(hit, group)]
        grown = bool(reached)
        while grown:
            grown = False
            for group in others:
                if group not in reached and any(self._linked(group, member) for member in reached):
                    reached.append(group)
                    grown = True
        if len({group.words.lower() for group in reached}) >= 2:
            return True
        return hit.concept.is_group and self._in_long_list(hit, LONG)

    def _linked(self, one: Hit, other: Hit) -> bool:
        first, second = (one, other) if one.first <= other.first else (other, one)
        if second.first - first.last > WITHIN:
            return False
        between = self.text[first.end : second.start]
        return bool(JOINS[self.code].search(between)) and not _HEADS.search(between) and not _STOP.search(between)

    def _member(self, hit: Hit) -> Span:
        """From the mark before a hit to the mark after it."""
        start = max((end for _, end in self._marks if end <= hit.start), default=hit.start)
        end = min((start for start, _ in self._marks if start >= hit.end), default=hit.end)
        return start, end

    def _in_long_list(self, hit: Hit, least: int) -> bool:
        before = [span for span in self._marks if span[1] <= hit.start]
        after = [span for span in self._marks if span[0] >= hit.end]
        near_before = bool(before) and _count(self.text[before[-1][1] : hit.start]) <= LEAD
        near_after = bool(after) and _count(self.text[hit.end : after[0][0]]) <= (LEAD if near_before else 0)
        if not (near_before or near_after):
            return False
        chain = self._chain(before[::-1], hit.start, backwards=True)[::-1] if near_before else []
        chain += self._chain(after, hit.end, backwards=False) if near_after else []
        if len(chain) < least:
            return False
        items = [(one[1], other[0]) for one, other in pairwise(chain)]
        items += [self._words_before(chain[0][0]), self._words_after(chain[-1][1])]
        movers = [move for move in self.moves if move.concept.is_group or move.concept.is_legal]
        return sum(not any(start <= move.start < end for move in movers) for start, end in items) >= 2

    def _chain(self, marks: list[Span], place: int, *, backwards: bool) -> list[Span]:
        """Marks of a list as long as no member between them is longer than ``WITHIN`` words."""
        chain: list[Span] = []
        for start, end in marks:
            between = self.text[end:place] if backwards else self.text[place:start]
            if _count(between) > WITHIN or _STOP.search(between):
                break
            if between.strip() or not chain:
                chain.append((start, end))
            place = start if backwards else end
        return chain

    def _words_before(self, place: int) -> Span:
        found = re.search(rf"(?:\S+\s+){{0,{WITHIN - 1}}}\S+\s*$", self.text[:place])
        return (found.start() if found else place, place)

    def _words_after(self, place: int) -> Span:
        found = re.match(rf"\s*(?:\S+\s+){{0,{WITHIN - 1}}}\S*", self.text[place:])
        return (place, place + (found.end() if found else 0))


def _count(text: str) -> int:
    return len(text.split())
