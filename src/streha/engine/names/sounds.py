"""What a written word may sound like: each unit of spelling with the set of sounds it can stand for.

A word shows its habit by its letters: Cyrillic, Serbian with its diacritics, Albanian, Turkish, or plain letters
that may be any of them with the diacritics left off. ``s`` in a plain word may be s or š; in a word written with
Serbian diacritics it is s. Two words are spellings of one when their units can be read alike.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from itertools import groupby
from typing import Final

from streha.common.codes import Script
from streha.engine.names.alphabets import script_of, transliterate


class Habit(StrEnum):
    """How a word is written."""

    CYRILLIC = "Cyrillic"
    SERBIAN = "Serbian"
    ALBANIAN = "Albanian"
    TURKISH = "Turkish"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Unit:
    """One letter or digraph of a word.

    ``sounds`` are the sounds it surely may be, ``loose`` those it may be if the writer was careless, and
    ``silent`` says that it may be left out without changing the name. ``doubled`` marks a letter written twice where no
    language here does so (ll and rr are letters of Albanian, and doubling is usual in Turkish).
    """

    written: str
    sounds: frozenset[str]
    loose: frozenset[str] = frozenset()
    silent: bool = False
    doubled: bool = False


# Sounds are written with one character each: č stands for č and ć alike (Albanian q and ç, Bosnian and Kosovo
# speech do not part them), X is dž, D đ, Q the dz of Albanian x, N nj, Y the y of Ymer and the ü of Hüseyin.
_ALWAYS: Final = {
    "č": "č", "ć": "č", "š": "S", "ž": "Z", "đ": "D", "dž": "X", "ǆ": "X", "lj": "l", "ǉ": "l", "nj": "N", "ǌ": "N",
    "dj": "D", "gj": "D", "xh": "X", "sh": "S", "zh": "Z", "th": "t", "dh": "d", "ll": "l", "rr": "r", "q": "č",
    "ç": "č", "x": "Q", "w": "v", "ë": "ea", "ş": "S", "ı": "ie", "ğ": "gj", "ö": "oY", "ü": "Yu", "y": "Yi",
    "ä": "ae", "ß": "s", "dzh": "X", "tsh": "č", "ch": "č", "sch": "S", "tsch": "č", "kh": "h", "ph": "f",
    "ñ": "N", "ň": "N", "é": "e", "è": "e", "ê": "e", "á": "a", "à": "a", "â": "a", "í": "i", "î": "i", "ó": "o",
    "ô": "o", "ú": "u", "û": "u", "ø": "o", "å": "a", "ł": "l",
}  # fmt: skip
# What differs by habit: sounds, then loose sounds.
_BY_HABIT: Final[dict[Habit, dict[str, tuple[str, str]]]] = {
    Habit.CYRILLIC: {"dz": ("Q", "X")},
    Habit.SERBIAN: {
        "c": ("c", "č"),
        "s": ("s", "S"),
        "z": ("z", "Z"),
        "d": ("d", "D"),
        "dz": ("QX", ""),
        "đ": ("D", "X"),
        "dž": ("X", "D"),
        "ll": ("", "l"),
        "rr": ("", "r"),
    },
    Habit.ALBANIAN: {"c": ("cč", "X"), "dz": ("QX", ""), "s": ("s", ""), "z": ("z", "")},
    Habit.TURKISH: {"c": ("X", "č"), "j": ("Zj", ""), "dz": ("X", "")},
    Habit.PLAIN: {
        "c": ("cč", "X"),
        "s": ("sS", ""),
        "z": ("zZ", ""),
        "d": ("d", "D"),
        "dz": ("XQ", ""),
        "dj": ("DX", ""),
    },
}
_UNIT: Final = re.compile("|".join(sorted({*_ALWAYS, "dz"}, key=len, reverse=True)) + "|.", re.DOTALL)
_FINAL: Final = {"t": "td", "d": "td", "b": "bp", "p": "bp"}  # Vahit, Vahid; Ragip, Ragib
_VOWELS: Final = frozenset("aeiouyëıöüâ")
_SERBIAN: Final = re.compile(r"[čćšžđǆǉǌ]")
_TURKISH: Final = re.compile(r"[şğıöü]")
_ALBANIAN: Final = re.compile(r"[qxëç]|gj|[sz]h|[td]h|ll|rr|y(?![aeiou])")


def habit_of(word: str) -> Habit:
    """The habit a lower-case word is written in."""
    if script_of(word) is Script.CYRILLIC:
        return Habit.CYRILLIC
    if _SERBIAN.search(word):
        return Habit.SERBIAN
    if _TURKISH.search(word):
        return Habit.TURKISH
    if _ALBANIAN.search(word):
        return Habit.ALBANIAN
    return Habit.PLAIN


@lru_cache(maxsize=65_536)
def units(word: str) -> tuple[Unit, ...]:
    """The units of one word, doubled letters taken once."""
    plain = _plain(word)
    habit = habit_of(plain)
    latin = transliterate(plain, Script.LATIN) if habit is Habit.CYRILLIC else plain
    written = [unit for unit in _UNIT.findall(latin) if unit.isalpha()]
    runs = [list(run) for _, run in groupby(written)]
    single = [run[0] for run in runs]
    return tuple(
        replace(_unit(single, at, habit), doubled=len(runs[at]) > 1 and habit is not Habit.TURKISH)
        for at in range(len(single))
    )


def _plain(word: str) -> str:
    """Lower case, composed, with marks that make no letter of these languages taken off."""
    composed = unicodedata.normalize("NFC", word.lower().replace("i̇", "i"))
    return "".join(char for char in composed if char.isalpha())


def _unit(written: list[str], at: int, habit: Habit) -> Unit:
    unit = written[at]
    before = written[at - 1] if at else ""
    after = written[at + 1] if at + 1 < len(written) else ""
    sounds, loose = _BY_HABIT[habit].get(unit) or (_ALWAYS.get(unit, unit), "")
    silent = False
    if unit == "y":
        loose = "u"
    if unit == "y" and ((before and before[-1] in "aeou") or (not before and after[:1] in _VOWELS)):
        sounds = "ji"
    elif unit == "j":
        silent = (
            before == "i"
            or (before == "e" and after == "a")
            or (before in ("č", "ć", "q") and habit is not Habit.CYRILLIC)
        )
        sounds = "ji" if before and before[-1] in _VOWELS else sounds
    elif unit == "i" and before and before[-1] in _VOWELS:
        sounds = "ij"
    elif unit == "ü" and any(sound[-1] in _VOWELS for sound in written[:at]):
        sounds = "Yui"  # Şükrü, Shykri; Müslüm, Myslim
    elif unit in _FINAL and not after and at > 2 and before[-1] in _VOWELS:
        sounds = _FINAL[unit]
    elif unit == "ë" and after and after[0] != "r":
        silent = False
    elif unit in ("ë", "ğ") or (unit == "h" and not after):
        silent = True
    elif unit == "c" and habit is Habit.PLAIN and after[:1] in _VOWELS:
        sounds = "cčX"
    return Unit(unit, frozenset(sounds), frozenset(loose), silent)
