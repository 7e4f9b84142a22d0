"""A name as words: what the words are, the keys stored for it, how it sorts, the key of a place."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from streha.engine.names.folding import fold

# An apostrophe inside a word belongs to it; every other mark, a hyphen too, parts words.
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’ʼʻ‘`´][^\W\d_]+)*")
_WORD_OR_NUMBER: Final = re.compile(r"[^\W_]+(?:['’ʼʻ‘`´][^\W_]+)*")
_INVISIBLE_ASCII: Final = re.compile(r"[\x00-\x08\x0e-\x1b\x7f]")
# Little words between names: 'e Agimit', 'i Prizrenit', Ottoman and European ones. Capitals are initials instead.
_PARTICLES: Final = frozenset(
    {"e", "i", "е", "и", "të", "te", "së", "bin", "ibn", "bint", "al", "el", "de", "da", "von", "van"}
)
# Endings of a place's name, at least three letters before them. Albanian, definite or not: Prishtinë, Prishtina;
# Ferizaj, Ferizaji; Istog, Istogu; Shtime, Shtimja; of and to it: Prishtinës, Lipjanit, Istogut, Ferizajt, Vitisë.
# Serbian: Prištini, Zvečanu, Dečanima.
_PLACE_ENDING: Final = re.compile(r"(?<=...)(?:ima|[iu]t|(?<=j)t|(?:(?<=....)j(?=[ae]))?[aeiu]+)$")
_PLACE_GENITIVE: Final = re.compile(r"(?<=...)[ei]se?$")
_GENITIVE_WRITTEN: Final = re.compile(r"[ëeiеи]s[ëe]?\W*$", re.IGNORECASE)  # not Partesh, whose sh folds to s
_FLEETING: Final = re.compile(r"(?<=...)[ae]c$")  # Uroševac, Uroševcu
# Before e, i or të: Fusha e Kosovës, Fushë Kosovë; Hanit të Elezit, Hani i Elezit, Han i Elezit.
_BEFORE_PARTICLE: Final = ((re.compile(r"a$"), "e"), (re.compile(r"(?<=...)it?$"), ""))


def tokens(text: str) -> tuple[str, ...]:
    """The words of a name in their order, as written.

    Spaces, hyphens, points, digits and direction marks part words or vanish; an apostrophe inside a word stays;
    NUL and other invisible characters are dropped, since they come from broken encodings (``H\\0o\\0x``).
    """
    return tuple(_WORD.findall(_visible(text)))


def keys(full_name: str) -> tuple[str, ...]:
    """The distinct folded words of a name, sorted, for storing; not the ``e`` of 'e Agimit'."""
    words = tokens(full_name)
    kept = {fold(word) for word in words if word not in _PARTICLES} or {fold(word) for word in words}
    return tuple(sorted(kept - {""}))


def sort_key(family: str, given: str) -> str:
    """A key of a to z and spaces that puts people in order of family, then given name, in byte order.

    All spellings of one family stand together. The two names are parted by two spaces, which sort before any
    letter and before the single space inside a double name. Compare it bytewise (SQLite ``BINARY``, PostgreSQL
    ``COLLATE "C"``).
    """
    return f"{_phrase(family)}  {_phrase(given)}"


def place_key(text: str) -> str:
    """The key of a place's name: equal for every usual spelling and ending of one language's name.

    Peja, Pejë and Pejës, Ferizaj and Ferizaji, Fushë Kosova and Fushëkosovë meet; the names a place has in different
    languages (Pejë, Peć) do not and are stored side by side. Digits stay: ``Zona 2``. Other places may share a key:
    the caller shows them all.
    """
    folded: list[str] = []
    for word in _WORD_OR_NUMBER.findall(_visible(text)):
        if word.lower() not in _PARTICLES:
            folded.append(word if word.isascii() and word.isdigit() else fold(word))
        elif folded:
            folded[-1] = _before_particle(folded[-1])
    ending = _PLACE_GENITIVE if _GENITIVE_WRITTEN.search(text) else _PLACE_ENDING
    return _FLEETING.sub("c", ending.sub("", "".join(folded)))


def _before_particle(key: str) -> str:
    for ending, instead in _BEFORE_PARTICLE:
        key = ending.sub(instead, key)
    return key


def _phrase(text: str) -> str:
    return " ".join(key for key in map(fold, tokens(text)) if key)


def _visible(text: str) -> str:
    """``text`` with its marks composed and its invisible characters gone."""
    if text.isascii():
        return _INVISIBLE_ASCII.sub("", text)
    composed = unicodedata.normalize("NFC", text)
    return "".join(char for char in composed if unicodedata.category(char) not in _DROPPED or char in "\t\n\v\f\r")


_DROPPED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me", "Mc"})
