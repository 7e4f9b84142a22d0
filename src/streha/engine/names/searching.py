"""What a typed word may mean: the keys to try for it, and the spellings to show beside it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from streha.common.codes import Script
from streha.engine.names import lexicon
from streha.engine.names.alphabets import (
    albanian_in_serbian,
    is_albanian_spelling,
    script_of,
    serbian_in_albanian,
    transliterate,
)
from streha.engine.names.folding import fold

# The other keys a typed word may stand for, most usual first: a pattern in the plain letters, what to read instead.
_OTHER_READINGS: Final = (
    (re.compile(r"c(?=[aeiouıöü])"), "dz"),  # Turkish c: Hoca = Hoxha
    (re.compile(r"dj|gj|[đђѓ]"), "dz"),  # Hodja; Đevdet for Dževdet
    (re.compile(r"(?:dž|xh?|џ|dzh?)(?=[aeiouаеиоу])"), "c"),  # Hodža finds the Turkish Hoca
    (re.compile(r"(?:dž|xh|џ|dzh?)(?=[aeiouаеиоу])"), "d"),  # and the đ some write for dž
    (re.compile(r"x(?!h)"), "ks"),  # Alexander
    (re.compile(r"g[üy]"), "gjy"),  # Gülşen = Gjylshen
    (re.compile(r"ı"), "e"),  # Kırveş = Kërvesh
    (re.compile(r"ü"), "i"),  # Hüseyin = Hyseni
    (re.compile(r"y(?![aeiou])"), "u"),  # Hyseni = Huseini
    (re.compile(r"(?<=[^\Waeiou])[uу](?=[^\Waeiou]\w)"), "i"),  # Sulejman = Sylejman
    (re.compile(r"(?<=[aeouаеоу])[jј](?![aeiouаеиоу])"), "i"),  # Ismajl = Ismail
    (re.compile(r"(?<=[aeouаеоу])[iи](?![aeiouаеиоу])"), "j"),
    (re.compile(r"ë(?=r)"), ""),  # Tërstenik = Trstenik
)
_OTHER_WHOLES: Final = (
    (re.compile(r"(?<=...)[aа]$"), "e"),  # Fatima = Fatime
    (re.compile(r"(?<=...)[eëе]$"), "a"),  # Ramë = Rama
    (re.compile(r"(?<=..)(?:ija|ија)$"), "i"),  # Hamdija = Hamdi
    (re.compile(r"^[hх](?=[aeiouаеиоу])"), ""),  # Hasan = Asan
    (re.compile(r"[dд]$"), "t"),  # Ahmed = Ahmet
    (re.compile(r"[tт]$"), "d"),
    (re.compile(r"[bб]$"), "p"),  # Redžeb = Rexhep
    (re.compile(r"[pп]$"), "b"),
)
_MOST_KEYS: Final = 8


@lru_cache(maxsize=16_384)
def search_keys(word: str) -> tuple[str, ...]:
    """The keys to try for a whole typed word, its own first, at most eight; empty when the word has no letter.

    First come the forms of a known given name (Hysen finds Hüseyin), then other readings of ambiguous letters.
    """
    own = fold(word)
    return _keys_of(word, lexicon.forms_of_one_name().get(own, ()), _OTHER_READINGS + _OTHER_WHOLES)


@lru_cache(maxsize=16_384)
def search_prefixes(text: str) -> tuple[str, ...]:
    """The beginnings of keys that a half-typed word may grow into, its own first, at most eight.

    ``g`` may become ``gj`` and then reads ``d``; what needs the whole word (Ahmet = Ahmed) waits.
    """
    own = fold(text)
    plain = text.lower().rstrip()
    grown: tuple[str, ...] = ()
    if own and plain.endswith(("g", "г")):
        grown = (own[:-1] + "d",)
    elif plain == "y":
        grown = ("j",)
    return _keys_of(text, grown, _OTHER_READINGS)


def _keys_of(word: str, known: tuple[str, ...], readings: tuple[tuple[re.Pattern[str], str], ...]) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFC", word).lower()
    found = dict.fromkeys([fold(plain), *known])
    for pattern, reading in readings:
        other = pattern.sub(reading, plain)
        if other != plain:
            found.setdefault(fold(other))
    found.pop("", None)
    return tuple(found)[:_MOST_KEYS]


_SERBIAN_LETTER: Final = re.compile(r"[čćšžđ]", re.IGNORECASE)


def spellings(word: str) -> tuple[str, ...]:
    """The usual spellings of a word to show beside what was typed: Albanian, Serbian Latin, Serbian Cyrillic.

    ``hodza`` gives Hoxha, Hodža and Хоџа. Known names come from the tables; any other word is respelt by rule,
    and a word that carries no sign of either language is only shown in Cyrillic too. What was typed is left out.
    """
    if not (own := fold(word)):
        return ()
    known = lexicon.known_names()
    found: list[str] = []
    for key in search_keys(word) if own not in known else (own,):
        for name in known.get(key, ()):
            found += [name.albanian, name.serbian, transliterate(name.serbian, Script.CYRILLIC)]
    if not found:
        for written in lexicon.written_forms().get(own, (word,)):
            found += _by_rule(written)
    return tuple(dict.fromkeys(form for form in found if form != word))


def _by_rule(word: str) -> list[str]:
    if script_of(word) not in (Script.LATIN, Script.CYRILLIC):
        return []
    written = word[:1].upper() + word[1:]
    latin = transliterate(written, Script.LATIN)
    if is_albanian_spelling(latin):
        serbian = albanian_in_serbian(latin)
        return [latin, serbian, transliterate(serbian, Script.CYRILLIC)]
    forms = [latin, transliterate(latin, Script.CYRILLIC)]
    if _SERBIAN_LETTER.search(latin) or latin != written:
        forms.insert(0, serbian_in_albanian(latin))
    return forms
