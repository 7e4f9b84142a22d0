"""Codes of slips: what is printed, drawn as QR and typed, so that a misread sign is noticed and none can be guessed.

Thirty-one signs, since 31 is prime: the check is a weighted sum modulo 31 with different weights, which notices every
single wrong sign and every two signs exchanged, wherever they stand (Verhoeff 1969, the argument of ISBN-10). Nine
random signs are 31^9 = 2.6e13 codes; in a list of 10,000 slips one guess in 2.6 thousand million would hit. A code says
nothing by itself: which list and cycle it belongs to stands in the register alone.

I, L, O, S and U are left out; who types them meant 1, 1, 0, 5 and V. Letters of the Cyrillic keyboard that look like
Latin ones are read as those.
"""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

SIGNS = "0123456789ABCDEFGHJKMNPQRTVWXYZ"
LENGTH = 10  # nine and a check
_VALUE = {sign: value for value, sign in enumerate(SIGNS)}
_MEANT = str.maketrans(
    "ILOSUАВЕКМНОРСТХУЗІЅ",
    "110" + "5" + "V" + "ABEKMH0P" + "C" + "TXY3" + "15",
)
_IGNORED = frozenset(" -–—.·/\t\u00a0")


class Read(StrEnum):
    """What became of something that was typed or scanned."""

    GOOD = "good"
    WRONG_LENGTH = "wrong_length"
    UNKNOWN_SIGN = "unknown_sign"
    WRONG_CHECK = "wrong_check"


@dataclass(frozen=True)
class Reading:
    """A code as it was understood, or why it was not."""

    state: Read
    code: str = ""


def check_sign(signs: str) -> str:
    """The sign that follows nine signs. ``check_sign("000000001")`` is "9": 9 x 1."""
    total = sum(weight * _VALUE[sign] for weight, sign in enumerate(signs, start=1))
    return SIGNS[total % len(SIGNS)]


def new_code(rng: random.Random) -> str:
    """A code nobody can foresee, if ``rng`` is ``random.SystemRandom()``."""
    signs = "".join(rng.choice(SIGNS) for _ in range(LENGTH - 1))
    return signs + check_sign(signs)


def shown(code: str) -> str:
    """As printed: two groups of five."""
    return f"{code[:5]}-{code[5:]}"


def read(text: str) -> Reading:
    """What was typed or scanned, as a code; blanks, hyphens, small letters and letters that look alike are read too."""
    plain = unicodedata.normalize("NFKC", text).upper()
    signs = "".join(sign for sign in plain if sign not in _IGNORED).translate(_MEANT)
    if len(signs) != LENGTH:
        return Reading(Read.WRONG_LENGTH)
    if any(sign not in _VALUE for sign in signs):
        return Reading(Read.UNKNOWN_SIGN)
    if check_sign(signs[:-1]) != signs[-1]:
        return Reading(Read.WRONG_CHECK)
    return Reading(Read.GOOD, signs)
