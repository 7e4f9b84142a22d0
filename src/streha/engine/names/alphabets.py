"""The alphabets names are written in here: which script a text uses, and one script turned into another.

Serbian has two scripts that answer each other letter for letter. Albanian has one; what Serbs write for it is a
transcription by sound, done here for words that carry a letter only Albanian has, since nothing else is usable.
"""

from __future__ import annotations

import re
from typing import Final

from streha.common.codes import Script
from streha.common.errors import BadInput, message

_CYRILLIC_TO_LATIN: Final = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "ђ": "đ", "е": "e", "ж": "ž", "з": "z", "и": "i", "ј": "j",
    "к": "k", "л": "l", "љ": "lj", "м": "m", "н": "n", "њ": "nj", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t",
    "ћ": "ć", "у": "u", "ф": "f", "х": "h", "ц": "c", "ч": "č", "џ": "dž", "ш": "š",
    # Macedonian, Montenegrin and the Russian letters that reach us in papers from elsewhere
    "ѓ": "đ", "ќ": "ć", "ѕ": "dz", "ѐ": "e", "ѝ": "i", "ѣ": "e", "й": "j", "ы": "i", "э": "e", "ё": "jo", "ю": "ju",
    "я": "ja", "щ": "šč", "ъ": "", "ь": "", "є": "je", "і": "i", "ї": "ji", "ґ": "g",
}  # fmt: skip

_LATIN_TO_CYRILLIC: Final = {
    latin: cyrillic for cyrillic, latin in _CYRILLIC_TO_LATIN.items() if cyrillic in "абвгдђежзијклљмнњопрстћуфхцчџш"
}

# Albanian as the administration wrote it in Serbian: by sound, plain l for both l and ll (the orthography's lj for
# l is the newspapers' habit; both fold alike).
_ALBANIAN_TO_SERBIAN: Final = {
    "xh": "dž", "gj": "đ", "sh": "š", "zh": "ž", "th": "t", "dh": "d", "ll": "l", "rr": "r", "nj": "nj",
    "x": "dz", "q": "ć", "ç": "č", "ë": "e", "y": "i", "w": "v",
}  # fmt: skip
_SERBIAN_TO_ALBANIAN: Final = {
    "dž": "xh", "đ": "gj", "dj": "gj", "ć": "q", "č": "ç", "š": "sh", "ž": "zh", "lj": "l", "ǆ": "xh", "ǉ": "l",
    "ǌ": "nj",
}  # fmt: skip

_WORD: Final = re.compile(r"[^\W\d_]+")
_ALBANIAN_SIGN: Final = re.compile(r"[qxëçy]|gj|[sz]h|[td]h|ll|rr", re.IGNORECASE)
_SERBIAN_SIGN: Final = re.compile(r"[čćšžđǆǉǌ]", re.IGNORECASE)

_LATIN_LETTER: Final = re.compile(r"[A-Za-zªº\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1e00-\u1eff\ufb00-\ufb06]")
_CYRILLIC_LETTER: Final = re.compile(r"[\u0400-\u0481\u048a-\u052f\u1c80-\u1c8a]")
_ARABIC_LETTER: Final = re.compile(
    r"[\u0620-\u064a\u066e-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdff]"
)


def script_of(text: str) -> Script:
    """The script most letters of ``text`` are in; Latin wins a tie, ``OTHER`` when no letter is known."""
    if text.isascii():
        return Script.LATIN if _LATIN_LETTER.search(text) else Script.OTHER
    counts = {
        Script.LATIN: len(_LATIN_LETTER.findall(text)),
        Script.CYRILLIC: len(_CYRILLIC_LETTER.findall(text)),
        Script.ARABIC: len(_ARABIC_LETTER.findall(text)),
    }
    best = max(counts, key=lambda script: counts[script])
    return best if counts[best] else Script.OTHER


def is_albanian_spelling(word: str) -> bool:
    """Whether the word is spelt with a letter or digraph that Albanian has and Serbian has not."""
    return not _SERBIAN_SIGN.search(word) and bool(_ALBANIAN_SIGN.search(word))


def transliterate(text: str, to: Script) -> str:
    """``text`` in the other Serbian script, capitals kept; what has no counterpart stays as it is.

    Into Cyrillic, a word spelt the Albanian way (it has q, x, ë, ç, y, gj, sh, zh, th, dh, ll or rr) is first
    transcribed as Serbs write it: ``Krasniqi`` becomes ``Краснићи``. Raises ``BadInput`` for any script other
    than Latin and Cyrillic.
    """
    if to is Script.LATIN:
        return _WORD.sub(lambda match: _replace(match[0], _CYRILLIC, _CYRILLIC_TO_LATIN), text)
    if to is Script.CYRILLIC:
        return _WORD.sub(lambda match: _word_in_cyrillic(match[0]), text)
    raise BadInput(
        message("Names can be written in Latin or Cyrillic, not in {script}."), code="bad_script", script=str(to)
    )


def albanian_in_serbian(text: str) -> str:
    """Albanian spelling as Serbs write it in Latin: ``Xhevdet`` becomes ``Dževdet``."""
    return _WORD.sub(lambda match: _replace(match[0], _ALBANIAN, _ALBANIAN_TO_SERBIAN), text)


def serbian_in_albanian(text: str) -> str:
    """Serbian Latin as Albanians write it: ``Đorđević`` becomes ``Gjorgjeviq``."""
    return _WORD.sub(lambda match: _replace(match[0], _SERBIAN, _SERBIAN_TO_ALBANIAN), text)


def _word_in_cyrillic(word: str) -> str:
    if is_albanian_spelling(word):
        word = _replace(word, _ALBANIAN, _ALBANIAN_TO_SERBIAN)
    return _replace(word, _LATIN, _LATIN_TO_CYRILLIC)


def _pattern(table: dict[str, str]) -> re.Pattern[str]:
    longest_first = sorted(table, key=len, reverse=True)
    return re.compile("|".join(longest_first), re.IGNORECASE)


_CYRILLIC: Final = _pattern(_CYRILLIC_TO_LATIN)
_LATIN: Final = _pattern(_LATIN_TO_CYRILLIC)
_ALBANIAN: Final = _pattern(_ALBANIAN_TO_SERBIAN)
_SERBIAN: Final = _pattern(_SERBIAN_TO_ALBANIAN)


def _replace(word: str, pattern: re.Pattern[str], table: dict[str, str]) -> str:
    """Every match by its counterpart; a capital letter becomes ``Lj`` in ``Ljubiša`` and ``LJ`` in ``LJUBIŠA``."""
    all_capitals = len(word) > 1 and word.isupper()

    def counterpart(match: re.Match[str]) -> str:
        found = match[0]
        new = table.get(found.lower(), found)
        if all_capitals:
            return new.upper()
        return new[:1].upper() + new[1:] if found[0].isupper() else new

    return pattern.sub(counterpart, word)
