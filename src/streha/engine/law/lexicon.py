"""The lexicon: concepts with labels per language, read from data, found in passages with the words that matched.

A label is a row of words: "word" matches every inflected form with its stem, "word*" whatever begins so, "a|b" either,
"=word" that form alone, "@home" any word of that class, and "~" lets up to five words of the same clause stand between
("~9" up to nine; a comma ends a clause). Labels are kept in their language's own spelling and folded once.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from streha.common import errors
from streha.common.errors import message
from streha.engine.law import words
from streha.engine.law.words import Token

LANGUAGES = ("en", "sq", "sr")
KINDS = (
    "mobility", "weak", "context", "setting", "conflict", "people", "place", "spot", "thing", "group", "negative",
    "indicator",
)  # fmt: skip
GAP = 5  # words that "~" may pass over
_PARTICLES = {"sq": frozenset(("i", "e", "te", "se", "ne", "per"))}  # Albanian links words with them


class BadLexicon(errors.BadInput):
    """A lexicon file breaks its own rules."""

    code = "lexicon_bad"
    template = message("The lexicon cannot be used: concept {concept}: {why}.")


@dataclass(frozen=True, slots=True, eq=False)
class Concept:
    """One thing that texts speak of; ``yes`` and ``no`` are the sentences its tests stand on.

    ``is_group``: it names people, who may stand in a list with others.
    ``is_context``: it says the context too, as evacuation does; ``implies_context``: it does, unless foreigners,
    refugees or a war are spoken of as well.
    ``moves_things``: its words are said of things too, and count only where they are not; ``houses_things``: the same
    for words that follow no subject, as "shelter".
    ``is_legal``: entry, stay and the like, which have no context of their own.
    ``is_faint``: context that does not outweigh a war. ``names_people``: a negative label that holds over people too.
    """

    id: str
    kind: str
    labels: Mapping[str, tuple[str, ...]]
    is_group: bool = False
    is_context: bool = False
    implies_context: bool = False
    moves_things: bool = False
    houses_things: bool = False
    is_legal: bool = False
    is_faint: bool = False
    names_people: bool = False
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """All concepts of one version; ``classes`` are the word lists that labels name with "@", by (language, name)."""

    version: str
    concepts: tuple[Concept, ...]
    classes: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hit:
    """A label found: which concept, which words, from which word to which (the last not counted)."""

    concept: Concept
    label: str
    words: str
    first: int
    last: int
    start: int
    end: int


def parse(text: str) -> Lexicon:
    """A lexicon from TOML.

    Raises
    ------
    BadLexicon
        When a kind is unknown, a concept has no label, two concepts share an id, or a label names an unknown class.
    """
    data = tomllib.loads(text)
    classes = {
        (lang, str(entry["id"])): _labels(entry[lang])
        for entry in data.get("class", [])
        for lang in LANGUAGES
        if entry.get(lang)
    }
    for (_, name), listed in classes.items():
        for one in listed:
            if len(one.split()) > 1:
                raise BadLexicon(concept=name, why=f"a class holds single words, not {one!r}")
    concepts: list[Concept] = []
    for entry in data.get("concept", []):
        name = str(entry.get("id", "?"))
        if entry.get("kind") not in KINDS:
            raise BadLexicon(concept=name, why=f"its kind {entry.get('kind')!r} is none of {', '.join(KINDS)}")
        if any(concept.id == name for concept in concepts):
            raise BadLexicon(concept=name, why="its id is used twice")
        labels = {lang: _labels(entry[lang]) for lang in LANGUAGES if entry.get(lang)}
        if not labels:
            raise BadLexicon(concept=name, why="it has no label in any language")
        concepts.append(
            Concept(
                name,
                entry["kind"],
                labels,
                bool(entry.get("is_group")),
                bool(entry.get("is_context")),
                bool(entry.get("implies_context")),
                bool(entry.get("moves_things")),
                bool(entry.get("houses_things")),
                bool(entry.get("is_legal")),
                bool(entry.get("is_faint")),
                bool(entry.get("names_people")),
                tuple(entry.get("yes", ())),
                tuple(entry.get("no", ())),
            )
        )
        for lang, rows in labels.items():
            for label in rows:
                for wanted in _CLASS.findall(label):
                    if (lang, wanted) not in classes:
                        raise BadLexicon(concept=name, why=f"the label {label!r} names no class of {lang}")
    return Lexicon(str(data.get("version", "0")), tuple(concepts), classes)


_CLASS = re.compile(r"@(\w+)")
_GAP = re.compile(r"~(\d*)$")


def _labels(text: str) -> tuple[str, ...]:
    return tuple(label.strip() for label in text.split(";") if label.strip())


@lru_cache(maxsize=1)
def shipped() -> Lexicon:
    """The lexicon that comes with the program."""
    from importlib import resources

    return parse(resources.files("streha.engine.law").joinpath("data/lexicon.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class _Word:
    """One place of a label: stems, beginnings and forms that fit, and how many words may stand before it."""

    stems: frozenset[str]
    starts: tuple[str, ...]
    forms: frozenset[str]
    gap: int

    def fits(self, token: Token) -> bool:
        return token.stem in self.stems or token.folded in self.forms or token.folded.startswith(self.starts)


@dataclass(frozen=True, slots=True)
class _Pattern:
    concept: Concept
    label: str
    words: tuple[_Word, ...]


class Matcher:
    """Finds all labels of a lexicon in passages of one language."""

    def __init__(self, lexicon: Lexicon, lang: str) -> None:
        self.lang = lang[:2]
        self._by_stem: dict[str, list[_Pattern]] = defaultdict(list)
        self._by_start: dict[str, list[_Pattern]] = defaultdict(list)
        self._by_form: dict[str, list[_Pattern]] = defaultdict(list)
        self._particles = _PARTICLES.get(self.lang, frozenset())
        for concept in lexicon.concepts:
            for label in concept.labels.get(self.lang, ()):
                pattern = _Pattern(concept, label, tuple(_compiled(label, self.lang, lexicon.classes)))
                for stem in pattern.words[0].stems:
                    self._by_stem[stem].append(pattern)
                for start in pattern.words[0].starts:
                    self._by_start[start].append(pattern)
                for form in pattern.words[0].forms:
                    self._by_form[form].append(pattern)
        self._lengths = sorted({len(start) for start in self._by_start})

    def find(self, tokens: Sequence[Token], text: str) -> list[Hit]:
        """Every label in the passage, in order; the same words may carry several."""
        hits: list[Hit] = []
        ends = clause_ends(tokens, text)
        for place, token in enumerate(tokens):
            for pattern in self._opening(token):
                last = self._follow(pattern.words, 1, tokens, place + 1, ends)
                if last is not None:
                    start, end = token.start, tokens[last - 1].end
                    hits.append(Hit(pattern.concept, pattern.label, text[start:end], place, last, start, end))
        return hits

    def _opening(self, token: Token) -> Iterator[_Pattern]:
        seen: set[int] = set()
        found = [*self._by_stem.get(token.stem, ()), *self._by_form.get(token.folded, ())]
        for length in self._lengths:
            if length > len(token.folded):
                break
            found.extend(self._by_start.get(token.folded[:length], ()))
        for pattern in found:
            if id(pattern) not in seen:
                seen.add(id(pattern))
                yield pattern

    def _follow(
        self, pattern: tuple[_Word, ...], at: int, tokens: Sequence[Token], place: int, ends: Sequence[int]
    ) -> int | None:
        """Where the label ends when its words from ``at`` on stand from ``place`` on, or None.

        A gap stays in its clause.
        """
        if at == len(pattern):
            return place
        word = pattern[at]
        passed = 0
        stop = ends[place - 1] if word.gap else len(tokens)
        while place < stop:
            if word.fits(tokens[place]):
                end = self._follow(pattern, at + 1, tokens, place + 1, ends)
                if end is not None:
                    return end
            if tokens[place].folded in self._particles and passed <= word.gap:
                place += 1
                continue
            passed += 1
            if passed > word.gap:
                return None
            place += 1
        return None


_BREAK = re.compile(r"[,;:()–—]|[.!?]\s")


def clause_ends(tokens: Sequence[Token], text: str) -> list[int]:
    """For each word, the number of the first word after its clause; commas, dashes and brackets end one."""
    ends = [len(tokens)] * len(tokens)
    for place in range(len(tokens) - 2, -1, -1):
        between = text[tokens[place].end : tokens[place + 1].start]
        ends[place] = place + 1 if _BREAK.search(between) else ends[place + 1]
    return ends


def _compiled(label: str, lang: str, classes: Mapping[tuple[str, str], tuple[str, ...]]) -> Iterator[_Word]:
    gap = 0
    for part in label.replace("-", " ").split():
        between = _GAP.match(part)
        if between:
            gap = int(between[1] or GAP)
            continue
        stems, starts, forms = set(), [], set()
        for choice in _choices(part.strip(","), lang, classes):
            folded = words.fold(choice.rstrip("*"))
            if choice.startswith("="):
                forms.add(words.fold(choice[1:]))
            elif choice.endswith("*"):
                starts.append(folded)
            else:
                stems.add(words.stem(folded, lang))
        yield _Word(frozenset(stems), tuple(starts), frozenset(forms), gap)
        gap = 0


def _choices(part: str, lang: str, classes: Mapping[tuple[str, str], tuple[str, ...]]) -> Iterator[str]:
    for choice in part.split("|"):
        if choice.startswith("@"):
            yield from classes[lang, choice[1:]]
        else:
            yield choice


@lru_cache(maxsize=16)
def matcher(lexicon: Lexicon, lang: str) -> Matcher:
    """The matcher of a lexicon for a language; made once."""
    return Matcher(lexicon, lang)
