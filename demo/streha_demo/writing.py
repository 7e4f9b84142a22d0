"""How an office wrote a person down: in which letters, with which slip, and how much of the date of birth.

The flaws and their shares are those that duplicates are measured against (see ``truth``).
"""

from __future__ import annotations

import datetime as dt
import random
from enum import StrEnum

from streha.common.codes import Precision
from streha_demo.families import Being


class Flaw(StrEnum):
    """How a record departs from the truth."""

    SPELLING = "other script or spelling"
    TYPO = "typo"
    SWAPPED = "day and month swapped"
    YEAR_ONLY = "year only"
    NO_BIRTH = "no birth date"
    NO_IDENTIFIER = "no identifier"


# In thousandths of all records.
SHARES = {
    Flaw.SPELLING: 120,
    Flaw.TYPO: 60,
    Flaw.SWAPPED: 50,
    Flaw.YEAR_ONLY: 100,
    Flaw.NO_BIRTH: 80,
    Flaw.NO_IDENTIFIER: 150,
}
TWINS, NAMESAKES, DUPLICATES = 10, 20, 40

LAST_SWAPPED = 2025

NEIGHBOURS = {
    "a": "s", "e": "r", "i": "o", "o": "p", "u": "i", "r": "t", "t": "r", "n": "m", "m": "n", "s": "a", "d": "f",
    "k": "l", "l": "k", "b": "v", "v": "b", "j": "h", "h": "j", "g": "h", "z": "x", "c": "v", "p": "o", "f": "d",
    "а": "с", "е": "р", "и": "о", "о": "п", "у": "и", "р": "т", "т": "р", "н": "м", "м": "н", "с": "а", "д": "ф",
    "к": "л", "л": "к", "б": "в", "в": "б", "ј": "х", "х": "ј", "г": "х", "з": "ж", "ц": "в", "п": "о", "ф": "д",
}  # fmt: skip


def quota(thousandths: int, before: int, after: int) -> int:
    """How many of the records from ``before`` to ``after`` a share falls to, so that the whole comes out exact."""
    return (thousandths * after) // 1000 - (thousandths * before) // 1000


def deal(rng: random.Random, beings: list[Being], before: int) -> list[set[Flaw]]:
    """Flaws for the records of one piece, whose first is number ``before`` of the register."""
    count = len(beings)
    dealt: list[set[Flaw]] = [set() for _ in beings]
    for flaw in (Flaw.SPELLING, Flaw.TYPO, Flaw.NO_IDENTIFIER):
        for index in rng.sample(range(count), quota(SHARES[flaw], before, before + count)):
            dealt[index].add(flaw)
    # A date of birth is flawed in one way at most.
    free = rng.sample(range(count), count)
    swappable = [i for i in free if _can_be_swapped(beings[i].born)]
    swapped = set(swappable[: quota(SHARES[Flaw.SWAPPED], before, before + count)])
    rest = [i for i in free if i not in swapped]
    unknown = quota(SHARES[Flaw.NO_BIRTH], before, before + count)
    year_only = quota(SHARES[Flaw.YEAR_ONLY], before, before + count)
    for flaw, chosen in (
        (Flaw.SWAPPED, swapped),
        (Flaw.NO_BIRTH, rest[:unknown]),
        (Flaw.YEAR_ONLY, rest[unknown : unknown + year_only]),
    ):
        for index in chosen:
            dealt[index].add(flaw)
    return dealt


def _can_be_swapped(born: dt.date) -> bool:
    """Whether day and month make another date when exchanged; not in the last years, lest it lie in the future."""
    return born.day <= 12 and born.day != born.month and born.year < LAST_SWAPPED


def birth(being: Being, flaws: set[Flaw]) -> tuple[dt.date | None, str]:
    """The date of birth as written, and its precision."""
    if Flaw.NO_BIRTH in flaws:
        return None, ""
    if Flaw.YEAR_ONLY in flaws:
        return dt.date(being.born.year, 1, 1), Precision.YEAR
    if Flaw.SWAPPED in flaws:
        return being.born.replace(month=being.born.day, day=being.born.month), Precision.DAY
    return being.born, Precision.DAY


def names_as_written(rng: random.Random, being: Being, flaws: set[Flaw]) -> tuple[str, str, str]:
    """Given name, family name and father's name as written."""
    if Flaw.SPELLING in flaws:
        given, family, father = _in_another_hand(rng, being)
    else:
        given, family, father = being.given.name, being.family.name, being.father.name
    if Flaw.TYPO in flaws:
        if len(family) > 3 and (len(given) <= 3 or rng.random() < 0.5):
            family = typo(rng, family)
        else:
            given = typo(rng, given)
    return given, family, father


def _in_another_hand(rng: random.Random, being: Being) -> tuple[str, str, str]:
    """The names in Cyrillic, or in another spelling of Latin letters; at least one differs from its bearer's own."""
    parts = (being.given, being.family, being.father)
    if (being.given.latin or being.family.latin) and rng.random() < 0.55:
        given, family, father = (rng.choice(part.latin) if part.latin else part.name for part in parts)
    else:
        given, family, father = (rng.choice(part.cyrillic) for part in parts)
    return given, family, father


def typo(rng: random.Random, word: str) -> str:
    """The word with one slip of the hand; never the same word."""
    for _ in range(20):
        at = rng.randrange(1, len(word)) if len(word) > 1 else 0
        kind = rng.randrange(4)
        if kind == 0:
            slipped = word[:at] + word[at + 1 :]
        elif kind == 1:
            slipped = word[:at] + word[at] + word[at:]
        elif kind == 2:
            slipped = word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :] if at else word
            slipped = slipped.capitalize() if at == 1 else slipped
        else:
            slipped = word[:at] + NEIGHBOURS.get(word[at].lower(), "e") + word[at + 1 :]
        if slipped != word and len(slipped) > 1:
            return slipped
    return word + word[-1]
