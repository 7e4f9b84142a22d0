"""Words as they are indexed: folded to plain Latin letters, and cut to their stems.

Serbian in either script gives the same stems, with or without its marks. Albanian has no public stemmer: endings are
cut by rules, and words the rules get wrong come from a list made with a full analyser (``tools/albanian_stems.py``).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

from streha.engine.law import language

_TOKEN = re.compile(r"[^\W_]+(?:['’.&°][^\W_]+)*")
_ENGLISH = snowballstemmer.stemmer("english")
_SERBIAN = snowballstemmer.stemmer("serbian")

# Endings of Albanian nouns, adjectives and verbs; at least four letters of a word are left.
_ALBANIAN_ENDINGS = (
    "eve ave ive ove ët ëve ësh t it ut in un ën i u a e ë je ja jet jes jen jeve s së sh ra re rit rin "
    "rat ris rise en ohen ohet oj ojnë uar ua uan uara uari uarit uarat uarve ues uesi uesit uesve uese "
    "imi imit imin ime imet imeve im ie ia inë ies ish isht tar tare tari tarit tarët tarëve ore orë orët "
    "orëve ori orit shme shëm shmet shmeve"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a passage: as folded, its stem, and where it stands in the text."""

    folded: str
    stem: str
    start: int
    end: int


@lru_cache(maxsize=200_000)
def fold(word: str) -> str:
    """Small plain Latin letters: "Përmbytjet" gives "permbytjet", "Ђаци" gives "djaci"."""
    word = language.latin(language.unmix(word)[0]).lower().replace("đ", "dj")
    return "".join(sign for sign in unicodedata.normalize("NFKD", word) if not unicodedata.combining(sign))


_FOLDED_ENDINGS = tuple(
    sorted({fold(ending) for ending in _ALBANIAN_ENDINGS.split()}, key=lambda one: (-len(one), one))
)


@lru_cache(maxsize=200_000)
def stem(word: str, lang: str) -> str:
    """The stem of a folded word; of a code such as ``sr-Cyrl`` only the language counts."""
    if lang.startswith("en"):
        return str(_ENGLISH.stemWord(word))
    if lang.startswith("sr"):
        return str(_SERBIAN.stemWord(word)).replace("đ", "dj")
    if lang.startswith("sq"):
        return _albanian_list().get(word) or albanian(word)
    return word


def albanian(word: str) -> str:
    """The stem of a folded Albanian word by the rules alone: the longest ending that leaves four letters is cut.

    A single consonant is an ending only after a vowel: "banort" loses nothing, "gjendjat" does.
    """
    for ending in _FOLDED_ENDINGS:
        if not word.endswith(ending) or len(word) - len(ending) < 4:
            continue
        stem = word[: -len(ending)]
        if len(ending) > 1 or ending in _VOWELS or stem[-1] in _VOWELS:
            return stem
    return word


_VOWELS = "aeiouy"


@lru_cache(maxsize=1)
def _albanian_list() -> dict[str, str]:
    """Form to stem, where the rules alone go wrong: data shipped with the program."""
    from importlib import resources

    text = resources.files("streha.engine.law").joinpath("data/albanian_stems.tsv").read_text(encoding="utf-8")
    rows = (line.partition("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return {form: stemmed for form, _, stemmed in rows}


def tokens(text: str, lang: str) -> list[Token]:
    """The words of a passage; a hyphen parts words."""
    found = []
    for match in _TOKEN.finditer(text):
        folded = fold(match[0])
        found.append(Token(folded, stem(folded, lang), match.start(), match.end()))
    return found


def column(text: str, lang: str) -> str:
    """The text as it is put into a full-text index: folded stems in order, parted by spaces."""
    return " ".join(token.stem for token in tokens(text, lang))
