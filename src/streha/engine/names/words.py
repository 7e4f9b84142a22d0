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
# Albanian endings of a place's name, definite or not: Prishtinë, Prishtina; Ferizaj, Ferizaji; Istog, Istogu;
# Shtime, Shtimja. At least three letters stay.
_PLACE_ENDING: Final = re.compile(r"(?<=...)(?:(?<=....)j(?=[ae]))?[aeiu]+$")


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

    Peja and Pejë, Ferizaj and Ferizaji, Fushë Kosova and Fushëkosovë meet; the names a place has in different
    languages (Pejë, Peć) do not and are stored side by side. Digits stay: ``Zona 2``.
    """
    words = [word for word in _WORD_OR_NUMBER.findall(_visible(text)) if word.lower() not in _PARTICLES]
    folded = [part for word in words for part in [_digits_kept(word)] if part]
    if len(folded) > 1 and folded[0].endswith("i") and len(folded[0]) > 3:
        folded[0] = folded[0][:-1]  # Hani i Elezit, Han i Elezit
    return _PLACE_ENDING.sub("", "".join(folded))


def _phrase(text: str) -> str:
    return " ".join(key for key in map(fold, tokens(text)) if key)


def _digits_kept(word: str) -> str:
    return word if word.isascii() and word.isdigit() else fold(word)


def _visible(text: str) -> str:
    """``text`` with its marks composed and its invisible characters gone."""
    if text.isascii():
        return _INVISIBLE_ASCII.sub("", text)
    composed = unicodedata.normalize("NFC", text)
    return "".join(char for char in composed if unicodedata.category(char) not in _DROPPED or char in "\t\n\v\f\r")


_DROPPED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me", "Mc"})
