"""Two full names against each other: same, compatible or different, with the reasons a person can check.

Same: nothing but spelling, script, case ending, order, diacritics or title parts them. Compatible: a slip, a part
that one of them lacks, an initial, a short form. Different: both have a part that the other contradicts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

from streha.engine.names import lexicon, wordmatch
from streha.engine.names.folding import fold
from streha.engine.names.sounds import units
from streha.engine.names.wordmatch import Grade, WordMatch
from streha.engine.names.words import tokens


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict on two names: ``score`` from 0 to 1, ``reasons`` say what was forgiven or what parts them."""

    grade: Grade
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Name:
    words: tuple[str, ...]
    titles: tuple[str, ...]
    honours: tuple[str, ...]


_MOST_WORDS: Final = 8
_PARTICLES: Final = frozenset(
    {"e", "i", "od", "të", "te", "së", "se", "bin", "ibn", "bint", "binti", "de", "von", "van"}
)


def grade(a: str, b: str) -> Comparison:
    """Compare two names of persons; the order of the two makes no difference.

    An empty name is compatible with nothing. Each reason is one short English phrase, such as ``xh = dž``,
    ``script``, ``order``, ``case ending -t``, ``title``, ``missing part: Agimit``, ``another sex``.
    """
    one, other = _parse(a), _parse(b)
    if not one.words or not other.words:
        return Comparison(Grade.DIFFERENT, 0.0, ("no name",))
    one, other = _joined(one, other)
    if (one.words, one.titles) > (other.words, other.titles):
        one, other = other, one
    best = max(_readings(one, other), key=lambda result: (_RANK[result.grade], result.score))
    if set(one.titles) != set(other.titles):
        best = Comparison(best.grade, best.score, (*best.reasons, "title"))
    return best


_HYPHENED: Final = re.compile(r"\b([^\W\d_]{1,2})-(r|din|đa|ja|đica|р|дин|ђа|ђица|n|na)\b", re.IGNORECASE)  # d-r, г-дин
_GENITIVE: Final = re.compile(r"[^\W\d_]{3}(?:it|ut|[ëe]s|s[ëe])$")
_EXCHANGED: Final = ("given and family name exchanged",)
_RANK: Final = {Grade.DIFFERENT: 0, Grade.COMPATIBLE: 1, Grade.SAME: 2}


def _readings(one: _Name, other: _Name) -> Iterator[Comparison]:
    """With honours (Haxhi, Hafiz, beg) as parts of the name, and without: some people are called Haxhi."""
    plain = _verdict(one.words, other.words)
    yield plain
    if plain.reasons == _EXCHANGED:
        return
    if one.honours or other.honours:
        left = tuple(word for word in one.words if word not in one.honours) or one.words
        right = tuple(word for word in other.words if word not in other.honours) or other.words
        without = _verdict(left, right)
        yield Comparison(without.grade, without.score, (*without.reasons, "title"))
    if declined := _in_another_case(one.words, other.words):
        yield declined


def _in_another_case(a: tuple[str, ...], b: tuple[str, ...]) -> Comparison | None:
    """Marko Jovanović, Marka Jovanovića: every word that differs stands in one Serbian case, and at least two do."""
    if len(a) != len(b):
        return None
    if len(a) > 2 and (fathers := _father_in_genitive(a, b)):
        return fathers
    for theirs in dict.fromkeys((b, b[::-1])):
        changed = [(x, y) for x, y in zip(a, theirs, strict=True) if wordmatch.compare(x, y).grade is not Grade.SAME]
        cased = [(x, y) for x, y in zip(a, theirs, strict=True) if wordmatch.serbian_cases(x, y)]
        if len(cased) < 2 or not set(changed) <= set(cased):
            continue
        shared = frozenset.intersection(*(wordmatch.serbian_cases(x, y) for x, y in cased))
        if shared:
            return Comparison(Grade.SAME, 0.97, (f"case ending -{min(shared)}",))
    return None


def _father_in_genitive(a: tuple[str, ...], b: tuple[str, ...]) -> Comparison | None:
    """Milan Petar Bulatović, Milan Petra Bulatović: a middle name may stand in the genitive alone."""
    unlike = [at for at in range(len(a)) if wordmatch.compare(a[at], b[at]).grade is not Grade.SAME]
    if len(unlike) == 1 and 0 < unlike[0] < len(a) - 1 and "a" in wordmatch.serbian_cases(a[unlike[0]], b[unlike[0]]):
        return Comparison(Grade.SAME, 0.97, ("father's name in the genitive",))
    return None


# --- reading a name -------------------------------------------------------------------------------------------------


@cache
def _titles() -> dict[str, str]:
    return {row["word"]: row["kind"] for row in lexicon.rows("titles.csv")}


def _parse(text: str) -> _Name:
    written = _HYPHENED.sub(r"\1\2", unicodedata.normalize("NFC", text))
    pointed = {match.lower() for match in re.findall(r"([^\W\d_]+)\.", written)}
    words: list[str] = []
    titles: list[str] = []
    honours: list[str] = []
    all_words = tokens(written)
    for at, word in enumerate(all_words):
        low = unicodedata.normalize("NFC", word.lower())
        kind = _titles().get(wordmatch.latin(low))
        if kind in ("title", "born as", "late", "son") or (kind == "title with point" and low in pointed):
            titles.append(low)
        elif low not in pointed and _is_particle(word, all_words[at + 1 :]):
            continue
        elif fold(low):
            words.append(low + "." if low in pointed else low)
            if kind == "honour" or _is_role(word, all_words, pointed=low in pointed):
                honours.append(words[-1])
    if not words:
        words, titles = [word.lower() for word in all_words if fold(word)], []
    return _Name(tuple(words[:_MOST_WORDS]), tuple(sorted(titles)), tuple(honours))


def _is_role(word: str, all_words: tuple[str, ...], *, pointed: bool) -> bool:
    """Whether a word is written like a title we do not know: small among capitals, or shortened at the beginning."""
    capitals = sum(other[0].isupper() for other in all_words if other != word)
    return capitals >= 2 and (word[0].islower() or (pointed and len(word) > 2 and word == all_words[0]))


def _is_particle(word: str, following: tuple[str, ...]) -> bool:
    """Whether a word is the ``e`` of 'e Agimit'; a capital E is an initial unless a genitive follows."""
    low = wordmatch.latin(word)
    if low not in _PARTICLES:
        return False
    return len(low) > 1 or word.islower() or bool(following and _GENITIVE.search(wordmatch.latin(following[0])))


def _joined(one: _Name, other: _Name) -> tuple[_Name, _Name]:
    """Two words of one name that the other writes as one (Abdul Rahman) are put together."""
    return _put_together(one, other), _put_together(other, one)


def _put_together(name: _Name, other: _Name) -> _Name:
    theirs = {fold(word) for word in other.words}
    for first, second in pairwise(name.words):
        whole = fold(first + second)
        if whole in theirs and fold(first) not in theirs and fold(second) not in theirs:
            at = name.words.index(first)
            return _Name((*name.words[:at], first + second, *name.words[at + 2 :]), name.titles, name.honours)
    return name


# --- the verdict ----------------------------------------------------------------------------------------------------


def _verdict(a: tuple[str, ...], b: tuple[str, ...]) -> Comparison:
    pairs = _assign(a, b)
    left_a = [a[i] for i in range(len(a)) if i not in {i for i, _, _ in pairs}]
    left_b = [b[j] for j in range(len(b)) if j not in {j for _, j, _ in pairs}]
    matches = [match for _, _, match in pairs]
    reasons = [reason for match in matches for reason in match.reasons]
    if any(j2 < j1 for (_, j1, _), (_, j2, _) in pairwise(pairs)):
        reasons.append("order")
    mean = sum(match.score for match in matches) / max(len(a), len(b))
    if "order" in reasons and sum(reason in ("case ending -i", "case ending -u") for reason in reasons) > 1:
        return Comparison(Grade.DIFFERENT, round(0.4 * mean, 3), _EXCHANGED)
    if _father_and_child(a, b, pairs):
        return Comparison(Grade.DIFFERENT, round(0.5 * mean, 3), ("father and child", *_distinct(reasons)))
    if not pairs or (left_a and left_b):
        return _different(left_a, left_b, mean, reasons)
    missing = left_a or left_b
    reasons += [f"missing part: {word}" for word in missing]
    weakest = min((match.grade for match in matches), key=lambda grade: _RANK[grade])
    if weakest is Grade.SAME and not missing:
        return Comparison(Grade.SAME, round(min(match.score for match in matches), 3), _distinct(reasons))
    slips = sum(match.grade is Grade.COMPATIBLE for match in matches)
    if slips > 1:
        return Comparison(Grade.DIFFERENT, round(0.5 * mean, 3), _distinct([*reasons, "too many slips"]))
    score = 0.5 + 0.45 * mean
    return Comparison(Grade.COMPATIBLE, round(min(score, 0.95), 3), _distinct(reasons))


def _father_and_child(a: tuple[str, ...], b: tuple[str, ...], pairs: list[tuple[int, int, WordMatch]]) -> bool:
    """Agim Bajram Gashi, Bajram Gashi: the longer name begins with a given name that the shorter lacks."""
    longer, at = (a, 0) if len(a) > len(b) else (b, 1)
    matched = [pair[at] for pair in pairs]
    in_order = all(x[1] < y[1] for x, y in pairwise(pairs))
    return len(longer) == 3 and min(len(a), len(b)) == 2 and in_order and matched == [1, 2]


def _different(left_a: list[str], left_b: list[str], mean: float, reasons: list[str]) -> Comparison:
    if any(wordmatch.compare(one, other).sex for one in left_a for other in left_b):
        against = "another sex"
    else:
        against = f"{' '.join(left_a)} against {' '.join(left_b)}"
    return Comparison(Grade.DIFFERENT, round(0.5 * mean, 3), _distinct([against, *reasons]))


def _distinct(reasons: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reasons))


def _assign(a: tuple[str, ...], b: tuple[str, ...]) -> list[tuple[int, int, WordMatch]]:
    """The best one-to-one pairing of words that are at least compatible, by the order of the first name.

    Best: most pairs, then most that are the same, then the highest scores, then the fewest changes of order. Dynamic
    programming over the set of words used, at most eight a side.
    """
    matches = [[_word(one, other) for other in b] for one in a]
    best: dict[int, tuple[tuple[float, ...], tuple[tuple[int, int], ...]]] = {0: ((0.0, 0.0, 0.0, 0.0), ())}
    for i in range(len(a)):
        grown = dict(best)
        for used, (value, chosen) in best.items():
            for j in range(len(b)):
                match = matches[i][j]
                if used >> j & 1 or match.grade is Grade.DIFFERENT:
                    continue
                crossings = sum(earlier > j for _, earlier in chosen)
                total = (
                    value[0] + 1,
                    value[1] + (match.grade is Grade.SAME),
                    round(value[2] + match.score, 6),
                    value[3] - crossings,
                )
                if used | 1 << j not in grown or total > grown[used | 1 << j][0]:
                    grown[used | 1 << j] = (total, (*chosen, (i, j)))
        best = grown
    _, chosen = max(best.values(), key=lambda found: found[0])
    return [(i, j, matches[i][j]) for i, j in chosen]


def _word(one: str, other: str) -> WordMatch:
    """One word against another; a letter alone, or a digraph, is an initial, a word with a point an abbreviation."""
    if one.endswith(".") or other.endswith("."):
        return _abbreviated(one, other)
    short, long = sorted((one, other), key=len)
    if len(short) <= 2 and len(long) > 2 and len(units(short)) == 1 and len(units(long)) > 1:
        begins = units(short)[0].sounds & units(long)[0].sounds
        return WordMatch(Grade.COMPATIBLE, 0.6, ("initial",)) if begins else WordMatch(Grade.DIFFERENT, 0.0)
    return wordmatch.compare(one, other)


def _abbreviated(one: str, other: str) -> WordMatch:
    """A pointed word is short for whatever begins with it; a point at the end of a whole name says nothing."""
    plain_one, plain_other = one.rstrip("."), other.rstrip(".")
    short, long = sorted((plain_one, plain_other), key=lambda word: (len(fold(word)), word))
    if len(short) > 2 and fold(long) != fold(short) and fold(long).startswith(fold(short)):
        return WordMatch(Grade.COMPATIBLE, 0.65, ("abbreviation",))
    return _word(plain_one, plain_other)
