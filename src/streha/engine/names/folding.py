"""Search keys: every usual spelling of a word meets in one string of the letters a to z.

A key is a net, not a verdict: it is coarse on purpose (š, sh and s meet, since many keyboards have no š), and two
different names may share one. Whether two names are the same is decided in ``grading``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

# One letter to its key letters. Digraphs are resolved afterwards, when only a to z is left.
_LETTERS: Final = {
    # Serbian Cyrillic, Macedonian, and Russian for papers from elsewhere
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "ђ": "d", "е": "e", "ж": "z", "з": "z", "и": "i", "ј": "j",
    "к": "k", "л": "l", "љ": "l", "м": "m", "н": "n", "њ": "nj", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t",
    "ћ": "c", "у": "u", "ф": "f", "х": "h", "ц": "c", "ч": "c", "џ": "dz", "ш": "s",
    "ѓ": "d", "ќ": "c", "ѕ": "dz", "ѐ": "e", "ѝ": "i", "ѣ": "e", "й": "j", "ы": "i", "э": "e", "ё": "jo", "ю": "ju",
    "я": "ja", "щ": "sc", "ъ": "", "ь": "", "є": "je", "і": "i", "ї": "ji", "ґ": "g",
    # Latin of the languages here; x is Albanian dz, xh becomes dz once its h has gone
    "q": "c", "w": "v", "x": "dz",
    "č": "c", "ć": "c", "ç": "c", "š": "s", "ş": "s", "ș": "s", "ž": "z", "đ": "d", "ð": "d", "ë": "e",
    "ı": "i", "ğ": "g", "ł": "l", "ø": "o", "æ": "e", "œ": "e", "ß": "s", "þ": "t", "ŋ": "n", "ħ": "h", "ŧ": "t",
    "ä": "a", "ö": "o", "ü": "u", "å": "a", "ǆ": "dz", "ǉ": "l", "ǌ": "nj",
    "á": "a", "à": "a", "â": "a", "ã": "a", "é": "e", "è": "e", "ê": "e", "í": "i", "ì": "i", "î": "i", "ó": "o",
    "ò": "o", "ô": "o", "õ": "o", "ú": "u", "ù": "u", "û": "u", "ñ": "nj", "ň": "nj", "ř": "r", "ń": "nj",
    # Greek, for neighbours
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "t", "ι": "i", "κ": "k", "λ": "l",
    "μ": "m", "ν": "n", "ξ": "ks", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "i", "φ": "f",
    "χ": "h", "ψ": "ps", "ω": "o",
    # Arabic: the skeleton of consonants and long vowels, which is what the script writes
    "ا": "a", "أ": "a", "إ": "i", "آ": "a", "ٱ": "a", "ء": "", "ؤ": "u", "ئ": "i", "ب": "b", "ت": "t", "ث": "t",
    "ج": "dz", "ح": "h", "خ": "h", "د": "d", "ذ": "d", "ر": "r", "ز": "z", "س": "s", "ش": "s", "ص": "s", "ض": "d",
    "ط": "t", "ظ": "z", "ع": "a", "غ": "g", "ف": "f", "ق": "k", "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "h",
    "ة": "a", "و": "u", "ي": "i", "ى": "a", "پ": "p", "چ": "c", "ژ": "z", "گ": "g", "ک": "k", "ی": "i",
}  # fmt: skip

_TABLE: Final = str.maketrans(_LETTERS)

_H_OF_A_DIGRAPH: Final = re.compile(r"(?<=[cdstz])h+")  # ch, dh, sh, th, zh, and xh after x became dz
_Y_AS_J: Final = re.compile(r"(?<=[aeiou])y|^y(?=[aeiou])")  # Turkish: Kaya, Yaşar; else Albanian: Ymer, Kryeziu
_G_J: Final = re.compile(r"[dg]j+")  # gj = dj = đ
_SILENT_J: Final = re.compile(r"(?<=[li])j+")  # lj = l; Marija = Maria, Nazmiye = Nazmije = Nazmie
_DOUBLED: Final = re.compile(r"(.)\1+")  # ll, rr, Abdullah
_UNSETTLED: Final = re.compile(r"[cdstz]h|y|[dgli]j|(.)\1")
_NOT_A_TO_Z: Final = re.compile(r"[^a-z]+")

_CONSONANTS: Final = "bfkmprtv"


@lru_cache(maxsize=65_536)
def fold(word: str) -> str:
    """The search key of one word: letters a to z, equal for every usual spelling, empty when it has no letter.

    Hoxha, Hodža, Hodza and Хоџа give ``hodza``; Đorđević, Djordjevic, Gjorgjeviq and Ђорђевић give ``dordevic``.
    Folding a key again changes nothing. The key of a beginning is the beginning of the key, except where the cut
    divides ``gj`` or follows an initial ``y``: ``search_prefixes`` gives both readings there. Letters of scripts
    without a table become a code of syllables, so that such names are found by their own spelling.
    """
    key = word.lower().translate(_TABLE)
    if not (key.isascii() and key.isalpha()):
        key = _letters_only(key)
    while _UNSETTLED.search(key):
        key = _settled(key)
    return key


def _settled(key: str) -> str:
    if "h" in key:
        key = _H_OF_A_DIGRAPH.sub("", key)
    if "y" in key:
        key = _Y_AS_J.sub("j", key).replace("y", "i")
    if "j" in key:
        key = _SILENT_J.sub("", _G_J.sub("d", key))
    return _DOUBLED.sub(r"\1", key)


def _letters_only(key: str) -> str:
    """What is left after the table: marks fall away, unknown letters become syllables, all else goes."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", key) if not unicodedata.combining(char))
    plain = plain.lower().translate(_TABLE)
    if not plain.isascii():
        plain = "".join(_syllables(char) if char.isalpha() and not char.isascii() else char for char in plain)
    return _NOT_A_TO_Z.sub("", plain)


def _syllables(char: str) -> str:
    """A letter nobody tabled, as syllables of its number in base eight: one letter, one key, nothing lost."""
    return "".join(_CONSONANTS[int(digit)] + "a" for digit in f"{ord(char):o}")
