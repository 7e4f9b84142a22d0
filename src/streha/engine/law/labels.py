"""The printed labels of legal texts and plans: "Neni 3", "Члан 3", "Article 3", "1.1.", "a)", "Measure 2.1".

A label is what stands before the words of a provision. Its ``key`` is what an eId is made of and is the same in every
language; ``printed`` is kept as the page shows it.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a label opens, from the widest to the narrowest."""

    ATTACHMENT = "att"
    PART = "part"
    CHAPTER = "chp"
    SECTION = "sec"
    ARTICLE = "art"
    OBJECTIVE = "objective"
    MEASURE = "measure"
    NUMBER = "number"  # 1. or 1.1. or 1.1.1.
    PAREN_NUMBER = "paren"  # 1) or (1)
    LETTER = "letter"  # a) or (a)
    ROMAN = "roman"  # i) or (i)
    BULLET = "bullet"


@dataclass(frozen=True, slots=True)
class Label:
    """``values`` are the numbers of the label ((1, 1) for "1.1."), ``rest`` the words after it."""

    kind: Kind
    printed: str
    values: tuple[int, ...]
    key: str
    rest: str
    suffix: str = ""


_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
# Cyrillic letters that stand in for Roman numerals in badly typed texts.
_LOOKALIKES = str.maketrans("ІіХхСсМмЛл", "IiXxCcMmLl")

_WORDS = {
    Kind.ATTACHMENT: r"shtojc[aë]|aneksi?|annex|appendix|prilog|прилог|анекс",
    Kind.PART: r"pjes[aë]|part|deo|dio|део|дио",
    Kind.CHAPTER: r"kreu|kapitulli|chapter|poglavlje|поглавље|glava|глава",
    Kind.SECTION: r"seksioni|n[eë]nkreu|section|odeljak|одељак|odsek|одсек|odjeljak",
    Kind.ARTICLE: r"neni|article|[čc]lan|члан",
}
_NUMERAL = r"(?P<num>\d{1,4}|[IVXLCivxlcІХ]{1,8})(?P<suffix>\s?[a-zçA-ZÇа-шА-Ш](?=[\s.:–—-]|$)|/\d{1,2}|(?<=\d)bis)?"
_CONTAINERS = [
    (
        kind,
        re.compile(
            rf"^(?P<printed>(?:{words})\s+(?:[-–—]\s*)?{_NUMERAL})\s*(?P<sep>[.:–—-]*)\s*(?P<rest>.*)$", re.I | re.S
        ),
    )
    for kind, words in _WORDS.items()
]
_NUMBER_FIRST = re.compile(
    r"^(?P<printed>(?P<num>[IVXLC]{1,8})\.?\s+(?:KREU|KAPITULLI|POGLAVLJE|ПОГЛАВЉЕ|GLAVA|ГЛАВА|CHAPTER))\b(?P<rest>.*)$",
    re.S,
)
_PLANNED = [
    (
        kind,
        re.compile(
            rf"^(?P<printed>(?:{words})\s+(?P<num>\d{{1,3}}(?:\.\d{{1,3}}){{0,4}}))\s*(?P<sep>[.:–—-]*)\s*(?P<rest>.*)$",
            re.I | re.S,
        ),
    )
    for kind, words in {
        Kind.OBJECTIVE: r"objektivi(?: strategjik| specifik)?|(?:strategic |specific )?objective|"
        r"(?:strateški |specifični )?cilj|(?:стратешки |специфични )?циљ",
        Kind.MEASURE: r"masa|measure|mera|мера|aktiviteti|activity|aktivnost|активност",
    }.items()
]
_NUMBER = re.compile(r"^(?P<printed>(?P<num>\d{1,3}(?:\.\d{1,3}){0,5})\.)(?=\s|[^\W\d]|$)\s*(?P<rest>.*)$", re.S)
_NUMBER_BARE = re.compile(r"^(?P<printed>(?P<num>\d{1,3}(?:\.\d{1,3}){1,5}))\s+(?P<rest>.+)$", re.S)
_PAREN = re.compile(r"^(?P<printed>\(?(?P<num>\d{1,3}(?:\.\d{1,3}){0,3})\))\s*(?P<rest>.*)$", re.S)
_LETTER = re.compile(
    r"^(?P<printed>\(?(?P<num>dh|gj|ll|nj|rr|sh|th|xh|zh|dž|lj|[a-zëçčćđšž]|[абвгдђежзијклљмнњопрстћуфхцчџш])\))\s*(?P<rest>.*)$",
    re.S | re.I,
)
_ROMAN = re.compile(r"^(?P<printed>\(?(?P<num>[ivxІіхХ]{1,6})\))\s*(?P<rest>.*)$", re.S | re.I)
_BULLET = re.compile(r"^(?P<printed>[-–—•▪◦‣·■●])\s+(?P<rest>.*)$", re.S)


def _row(text: str) -> list[str]:
    return text.split()


ALPHABETS = {
    "en": _row("a b c d e f g h i j k l m n o p q r s t u v w x y z"),
    "sq": _row("a b c ç d dh e ë f g gj h i j k l ll m n nj o p q r rr s sh t th u v x xh y z zh"),
    "sr-Latn": _row("a b c č ć d dž đ e f g h i j k l lj m n nj o p r s š t u v z ž"),
    "sr-Cyrl": _row("а б в г д ђ е ж з и ј к л љ м н њ о п р с т ћ у ф х ц ч џ ш"),
    # Cyrillic lists set in Latin letters keep the Cyrillic order.
    "sr-az": _row("a b v g d đ e ž z i j k l lj m n nj o p r s t ć u f h c č dž š"),
}


def roman(text: str) -> int:
    """The value of a Roman numeral, or 0 when it is none."""
    total = previous = 0
    for letter in reversed(text.translate(_LOOKALIKES).lower()):
        value = _ROMAN_VALUES.get(letter, 0)
        if not value:
            return 0
        total += -value if value < previous else value
        previous = max(previous, value)
    return total if as_roman(total).lower() == text.translate(_LOOKALIKES).lower() else 0


def as_roman(number: int) -> str:
    """1 to 3999 as a Roman numeral; 0 gives the empty text."""
    out = []
    for value, sign in zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"),
        strict=True,
    ):
        count, number = divmod(number, value)
        out.append(sign * count)
    return "".join(out)


def letter_key(ordinal: int) -> str:
    """1 is a, 26 is z, 27 is aa: the letters of an eId, whatever alphabet was printed."""
    out = ""
    while ordinal > 0:
        ordinal, rest = divmod(ordinal - 1, 26)
        out = chr(97 + rest) + out
    return out


def container(text: str) -> Label | None:
    """A label with a word before its number: part, chapter, section, article, attachment."""
    text = text.strip()
    for kind, pattern in _CONTAINERS:
        found = pattern.match(text)
        if found:
            return _container(kind, found)
    found = _NUMBER_FIRST.match(text)
    if found and roman(found["num"]):
        value = roman(found["num"])
        return Label(Kind.CHAPTER, found["printed"].strip(), (value,), as_roman(value), found["rest"].strip(" .:–—-\n"))
    return None


def _container(kind: Kind, found: re.Match[str]) -> Label | None:
    raw, suffix = found["num"], (found["suffix"] or "").strip().lower()
    value = int(raw) if raw.isdigit() else roman(raw)
    rest = found["rest"].strip()
    if not value or not _reads_as_title(rest, separated=bool(found["sep"])):
        return None
    if raw.isdigit():
        key = str(value)
    elif kind is Kind.ARTICLE:
        return None
    else:
        key = as_roman(value)
    if kind is Kind.CHAPTER:
        key = as_roman(value)  # "Chapter 2" and "KREU II" are counterparts
    elif kind in (Kind.SECTION, Kind.PART, Kind.ATTACHMENT):
        key = str(value)
    printed = found["printed"].strip()
    tail = suffix.lstrip("/") if not suffix.startswith("/") else "-" + suffix[1:]
    return Label(kind, printed, (value,), key + _latin(tail), rest, suffix)


def _latin(text: str) -> str:
    cyrillic, latin = "абвгдђежзиј", "abvgdđežzij"
    return text.translate(str.maketrans(cyrillic, latin)).replace("đ", "dj").replace("ž", "z").replace("ç", "c")


def _reads_as_title(rest: str, *, separated: bool) -> bool:
    """Whether words after "Article 5" are its title, and not the middle of a sentence about Article 5."""
    if not rest:
        return True
    first = rest.lstrip("\"'„“”«»([")[:1]
    if first.islower() or first in ",;)" or first.isdigit():
        return False
    if rest[0] in "([" and not separated:
        return False
    return len(rest) <= 220 and not (rest.endswith((".", ";")) and len(rest.split()) > 12)


def planned(text: str) -> Label | None:
    """An objective or a measure of a plan."""
    for kind, pattern in _PLANNED:
        found = pattern.match(text.strip())
        if found and (found["sep"] or not found["rest"][:1].islower()):
            values = tuple(int(part) for part in found["num"].split("."))
            return Label(kind, found["printed"].strip(), values, "-".join(map(str, values)), found["rest"].strip())
    return None


def item(text: str) -> Label | None:
    """A label without a word: number, letter, Roman numeral or bullet."""
    text = text.strip()
    for kind, pattern in ((Kind.NUMBER, _NUMBER), (Kind.PAREN_NUMBER, _PAREN)):
        found = pattern.match(text)
        if found:
            values = tuple(int(part) for part in found["num"].split("."))
            if kind is Kind.NUMBER and _is_date_or_amount(values, found["rest"]):
                return None
            return Label(kind, found["printed"], values, str(values[-1]), found["rest"].strip())
    found = _LETTER.match(text)
    if found:
        sign = found["num"].lower()
        return Label(Kind.LETTER, found["printed"], (), sign, found["rest"].strip())
    found = _ROMAN.match(text)
    if found and roman(found["num"]):
        value = roman(found["num"])
        return Label(Kind.ROMAN, found["printed"], (value,), str(value), found["rest"].strip())
    found = _BULLET.match(text)
    if found:
        return Label(Kind.BULLET, found["printed"], (), "", found["rest"].strip())
    return None


def bare_number(text: str) -> Label | None:
    """ "2.1 Context": a dotted number without its last dot, as headings of plans print it."""
    found = _NUMBER_BARE.match(text.strip())
    if not found:
        return None
    values = tuple(int(part) for part in found["num"].split("."))
    if _is_date_or_amount(values, found["rest"]):
        return None
    return Label(Kind.NUMBER, found["printed"], values, str(values[-1]), found["rest"].strip())


_MONTHS = re.compile(
    r"^(janar|shkurt|mars|prill|maj|qershor|korrik|gusht|shtator|tetor|n[eë]ntor|dhjetor|januar|februar|mart|april|jun|jul|"
    r"avgust|septemb|oktob|novemb|decemb|јануар|фебруар|март|април|мај|јун|јул|август|септемб|октоб|новемб|децемб)",
    re.I,
)


def _is_date_or_amount(values: tuple[int, ...], rest: str) -> bool:
    """ "15. maj 2019" and "01.02.2019." are dates, not numbers of a provision."""
    if 0 in values or (values[0] > 300 and len(values) == 1):
        return True
    return bool(_MONTHS.match(rest)) and rest[:1].islower()


def starts_provision(text: str) -> bool:
    """Whether a line opens something new, so that it cannot continue the line before it."""
    return bool(item(text) or container(text) or planned(text))


def ordinals(signs: list[str]) -> list[int]:
    """The place of each letter of one list in the alphabet that fits the list best (fewest gaps, then fewest repeats).

    "a, b, c, ç, d" counts in Albanian, "а, б, в" in Cyrillic; a letter that no alphabet holds counts by its place.
    """
    best: tuple[int, int, list[int]] | None = None
    for order, alphabet in enumerate(ALPHABETS.values()):
        places = {sign: place for place, sign in enumerate(alphabet, 1)}
        if not all(sign in places for sign in signs):
            continue
        found = [places[sign] for sign in signs]
        gaps = abs(found[0] - 1) + sum(abs(after - before - 1) for before, after in itertools.pairwise(found))
        if best is None or gaps < best[0]:
            best = (gaps, order, found)
    return best[2] if best else list(range(1, len(signs) + 1))
