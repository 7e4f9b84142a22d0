"""Two words of a name against each other: the same, perhaps the same, or different, and why.

In order: the same letters; spellings that can be read alike; forms of one name in the neighbouring languages; case
endings; the form of the other sex; short forms; a slip of the pen. The first that holds decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from itertools import permutations, product
from typing import Final

from rapidfuzz.distance import OSA

from streha.common.codes import Script
from streha.engine.names import lexicon
from streha.engine.names.alphabets import script_of, transliterate
from streha.engine.names.folding import fold
from streha.engine.names.sounds import Habit, Unit, habit_of, units


class Grade(StrEnum):
    """How two names stand to each other."""

    SAME = "same"
    COMPATIBLE = "compatible"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class WordMatch:
    """The verdict on two words; ``case`` says that one is a case form of the other, ``sex`` that the sexes differ."""

    grade: Grade
    score: float
    reasons: tuple[str, ...] = ()
    sex: bool = False


_LOOSE_COST: Final = 0.4  # š written without its hook by someone who writes the others
_SLIP_COST: Final = 1.0
_FAR: Final = 0.4  # keys with less in common are no spellings or cases of one word
_DIFFERENT: Final = WordMatch(Grade.DIFFERENT, 0.0)


@lru_cache(maxsize=65_536)
def compare(a: str, b: str) -> WordMatch:
    """The verdict on two words, whichever comes first."""
    if b < a:
        return compare(b, a)
    if a == b:
        return WordMatch(Grade.SAME, 1.0)
    key_a, key_b = fold(a), fold(b)
    if not key_a or not key_b:
        return _DIFFERENT
    near = OSA.normalized_similarity(key_a, key_b)
    if near < _FAR:
        return _usual_form(a, b) or _short_form(a, b) or WordMatch(Grade.DIFFERENT, round(near * 0.5, 3))
    cost, reasons = align(units(a), units(b))
    if cost == 0 and (slip := _written_slip(a, b)):
        return WordMatch(Grade.COMPATIBLE, 0.85, (f"a slip: {slip}",))
    if cost == 0 and frozenset((latin(a), latin(b))) not in _distinct():
        return WordMatch(Grade.SAME, 1.0, _with_script(a, b, reasons))
    for verdict in (_usual_form, _known_sexes, _case_form, _other_sex, _short_form):
        if found := verdict(a, b):
            return found
    return _slip(a, b, cost, reasons, near)


def _with_script(a: str, b: str, reasons: tuple[str, ...]) -> tuple[str, ...]:
    return reasons if script_of(a) is script_of(b) else ("script", *reasons)


# --- spellings ------------------------------------------------------------------------------------------------------


def align(a: tuple[Unit, ...], b: tuple[Unit, ...]) -> tuple[float, tuple[str, ...]]:
    """The cheapest way to read two words alike, and what had to be taken for what.

    Zero: every unit can be read alike. Careless readings cost 0.4, a unit changed, missing or swapped with its
    neighbour costs 1. Classic dynamic programming over the two lists (Damerau 1964, restricted swaps).
    """
    rows, columns = len(a) + 1, len(b) + 1
    cost = [[0.0] * columns for _ in range(rows)]
    for i in range(1, rows):
        cost[i][0] = cost[i - 1][0] + _absence(a[i - 1])
    for j in range(1, columns):
        cost[0][j] = cost[0][j - 1] + _absence(b[j - 1])
    for i in range(1, rows):
        for j in range(1, columns):
            cost[i][j] = min(
                cost[i - 1][j - 1] + _difference(a[i - 1], b[j - 1]),
                cost[i - 1][j] + _absence(a[i - 1]),
                cost[i][j - 1] + _absence(b[j - 1]),
            )
            if _swapped(a, b, i, j):
                cost[i][j] = min(cost[i][j], cost[i - 2][j - 2] + _SLIP_COST)
    total = round(cost[-1][-1], 3)
    return total, tuple(dict.fromkeys(_trace(a, b, cost))) if total < 2 * _SLIP_COST else ()


def _difference(a: Unit, b: Unit) -> float:
    if a.sounds & b.sounds:
        return _LOOSE_COST if a.doubled != b.doubled else 0.0
    if (a.sounds | a.loose) & b.sounds or a.sounds & b.loose:
        return _LOOSE_COST
    return _SLIP_COST


def _absence(unit: Unit) -> float:
    return 0.0 if unit.silent else _SLIP_COST


def _swapped(a: tuple[Unit, ...], b: tuple[Unit, ...], i: int, j: int) -> bool:
    return i > 1 and j > 1 and bool(a[i - 1].sounds & b[j - 2].sounds) and bool(a[i - 2].sounds & b[j - 1].sounds)


def _trace(a: tuple[Unit, ...], b: tuple[Unit, ...], cost: list[list[float]]) -> list[str]:
    """What was taken for what along the cheapest way, from the beginning of the words."""
    i, j = len(a), len(b)
    found: list[str] = []
    while i or j:
        here = cost[i][j]
        if i and j and here == cost[i - 1][j - 1] + _difference(a[i - 1], b[j - 1]):
            i, j = i - 1, j - 1
            if a[i].written != b[j].written:
                found.append(_pair(a[i].written, b[j].written))
        elif i and here == cost[i - 1][j] + _absence(a[i - 1]):
            i -= 1
            found.append(f"{a[i].written} left out")
        elif j and here == cost[i][j - 1] + _absence(b[j - 1]):
            j -= 1
            found.append(f"{b[j].written} left out")
        else:
            i, j = i - 2, j - 2
            found.append(_pair(a[i].written + a[i + 1].written, b[j].written + b[j + 1].written))
    return found[::-1]


def _written_slip(a: str, b: str) -> str:
    """What is a slip although the words can be read alike: nothing but this parts them, in one script and one habit."""
    if script_of(a) is not script_of(b):
        return ""
    known = lexicon.known_spellings()
    short, long = sorted((latin(a), latin(b)), key=lambda word: (len(word), word))
    if short == long or (short in known and long in known):
        return ""
    if len(short) == len(long) and sorted(short) == sorted(long) and OSA.distance(short, long) == 1:
        return f"{short} for {long}"
    if short in known and long not in known and _ONCE.sub(r"\1", long) == _ONCE.sub(r"\1", short):
        return "a letter doubled"
    if habit_of(short) is habit_of(long) is Habit.SERBIAN and long.replace("j", "") == short.replace("j", ""):
        return "j left out"
    if habit_of(short) is habit_of(long) and long.replace("ë", "", 1) == short.replace("ë", "", 1) and long[-1] != "ë":
        return "ë left out"
    return ""


_ONCE: Final = re.compile(r"(.)\1")
_BARE: Final = str.maketrans("čćçšşžđëöüıâîûğ", "cccsszdeouiaiug")


def _pair(one: str, other: str) -> str:
    """A reason such as ``xh = dž``; a letter and its bare form are just ``diacritics``."""
    if one.translate(_BARE) == other.translate(_BARE):
        return "diacritics"
    first, second = sorted((one, other), key=lambda unit: (not re.search("[hqxçëyg]", unit), unit))
    return f"{first} = {second}"


# --- forms of one name ----------------------------------------------------------------------------------------------


@cache
def _groups() -> dict[str, frozenset[int]]:
    """Search key of a given name -> the groups of equal names it stands in."""
    found: dict[str, set[int]] = {}
    for number, row in enumerate(lexicon.rows("given_names.csv")):
        for form in row["forms"].split():
            found.setdefault(bare(form), set()).add(number)
    return {key: frozenset(numbers) for key, numbers in found.items()}


@cache
def _distinct() -> frozenset[frozenset[str]]:
    """Pairs that could be read alike but are two names: Milan, Miljan."""
    return frozenset(frozenset((row["one"].lower(), row["other"].lower())) for row in lexicon.rows("distinct.csv"))


@cache
def _shorts() -> frozenset[tuple[str, str]]:
    return frozenset((fold(row["full"]), fold(row["short"])) for row in lexicon.rows("short_forms.csv"))


_DIN: Final = re.compile(r"(?<=...)(?:[eu]d|edd|ett)in$")  # Nexhmedin, Nedžmudin, Necmettin


def _usual_form(a: str, b: str) -> WordMatch | None:
    """Mehmet, Mehmed: one name in two languages, by the table."""
    one, other = bare(a), bare(b)
    shared = _groups().get(one, frozenset()) & _groups().get(other, frozenset())
    both_din = one != other and _DIN.search(one) and fold(_DIN.sub("", one)) == fold(_DIN.sub("", other))
    if not shared and not both_din:
        return None
    return WordMatch(Grade.SAME, 0.98, _with_script(a, b, ("form of another language",)))


def _short_form(a: str, b: str) -> WordMatch | None:
    """Aca for Aleksandar by the table; Flori for Florentina because a known name begins or ends with it."""
    short, long = sorted((fold(a), fold(b)), key=len)
    stem = short.rstrip("aeiou")
    by_rule = (
        len(stem) >= 3
        and len(long) >= len(short) + 2
        and not long.endswith(_FAMILY_KEYS)
        and long.startswith(stem)
        and long in lexicon.given_keys("f") | lexicon.given_keys("m")
        and short not in lexicon.known_keys()
    )
    if by_rule or (short, long) in _shorts() or (long, short) in _shorts():
        return WordMatch(Grade.COMPATIBLE, 0.7, ("short form",))
    return None


_FAMILY_KEYS: Final = ("ic", "aj", "ski", "oli", "ovci", "aku", "iju")


# --- endings --------------------------------------------------------------------------------------------------------

# Each paradigm: the endings a name may have by itself, then those of its cases. Two words are forms of one name when
# both endings belong to one paradigm and at least one of them is an ending of the name by itself.
_PARADIGMS: Final = (
    (("", "i"), ("it", "in")),  # Agim, Agimi, Agimit, Agimin
    (("", "u"), ("ut", "un")),  # Besnik, Besniku; Hamdi, Hamdiu
    (("a", "ë", "e"), ("ës", "es", "ën", "en")),  # Drita, Dritë, Dritës, Dritën
    (("e", "ja", "eja"), ("es", "en")),  # Fatime, Fatimja, Fatimes
    (("o",), ("os", "on")),  # Rexho, Rexhos
    (("ia", "i"), ("isë", "ise", "inë", "ine")),  # Sofia, Sofisë
    (("i",), ("ët", "ëve")),  # Gashi, Gashët: the whole family
)
_SERBIAN_PLURAL: Final = ("i", "ima")  # Marković, Markovići, Markovićima
_MASCULINE_CASES: Final = (("a", "a"), ("u", "u"), ("om", "om"), ("om", "em"))
_AFTER_IC: Final = re.compile(r"[^\Waeiou]i(?:ć|č|c|q|ch)$")
_OF_IC: Final = re.compile(r"ić(a|u|em|om)$")  # Jelića is of Jelić, though its key is that of Jelica
_AFTER_OVIC: Final = re.compile(r"[oe]vi[ćčcqh]{1,2}$")
# Endings of men's names whose genitive is no woman's name: Miloša, Predraga, Nenada
_NO_WOMAN: Final = re.compile(r"(miloš|uroš|nenad|predrag|miodrag|momčilo|marko|đorđe)$")


def _case_form(a: str, b: str) -> WordMatch | None:
    short, long = sorted((latin(a), latin(b)), key=lambda word: (len(word), word))
    for names, cases in _PARADIGMS:
        for one, other in product(names, (*names, *cases)):
            for first, second in ((short, long), (long, short)):
                if one == other or not _ends(first, second, one, other):
                    continue
                if not (_is_known(second) if other in cases else _two_names(first, second, names)):
                    return _same_case(a, b, one if other == names[0] else other)
    return _serbian_case(a, b, short, long)


def _ends(first: str, second: str, one: str, other: str) -> bool:
    if not (first.endswith(one) and second.endswith(other)):
        return False
    stem, other_stem = first[: len(first) - len(one)], second[: len(second) - len(other)]
    enough = 2 if other in ("ës", "ën") else 3  # Ukë, Ukës
    doubled = (one and stem.endswith(one[0])) or (other and other_stem.endswith(other[0]))  # Osmanii is a slip
    return len(stem) >= enough and not doubled and _read_alike(stem, other_stem)


def _two_names(a: str, b: str, endings: tuple[str, ...]) -> bool:
    """Whether both forms are carried as names of their own: the families Hot and Hoti, the men Can and Qani."""
    one, other = fold(a), fold(b)
    if one == other:
        return False
    short, long = sorted((one, other), key=len)
    families, given = lexicon.family_keys(), lexicon.given_keys("m") | lexicon.given_keys("f")
    # the indefinite form of a family name is not in use: Krasniq for Krasniqi is a slip
    cut_short = "" in endings and long in families | given and short not in given
    both_families = {one, other} <= families and not ("" in endings and short in given)
    return both_families or cut_short or ("" in endings and {one, other} <= given)


def _is_given(word: str) -> bool:
    return fold(word) in lexicon.given_keys("m") | lexicon.given_keys("f")


def _is_known(word: str) -> bool:
    """Whether a word that looks like a case form is a name itself: Petrit is not Petri in the genitive."""
    return fold(word) in lexicon.known_keys()


def _same_case(a: str, b: str, ending: str) -> WordMatch:
    shown = ending[-1] if len(ending) > 1 and ending[-1] in "tns" else ending
    return WordMatch(Grade.SAME, 0.97, _with_script(a, b, (f"case ending -{shown}",)))


def _serbian_case(a: str, b: str, short: str, long: str) -> WordMatch | None:
    """A Serbian case that shows itself in a word alone."""
    if _AFTER_OVIC.search(short):
        for ending in _SERBIAN_PLURAL:
            if long.endswith(ending) and _read_alike(short, long[: -len(ending)]):
                return _same_case(a, b, ending)
    cases = serbian_cases(a, b)
    if not cases:
        return None
    for nominative, oblique in ((short, long), (long, short)):
        if ending := _telling_case(nominative, oblique, cases):
            return _same_case(a, b, ending)
    if script_of(a) is script_of(b) is Script.CYRILLIC and {short[-1], long[-1]} == {"a", "i"}:
        return None if _is_known(short) and _is_known(long) else _same_case(a, b, "i")
    return None


def _telling_case(nominative: str, oblique: str, cases: frozenset[str]) -> str:
    """The ending of a case that needs no second word as witness: a family in -ić, a dative, Miloša, Jeleni."""
    if _is_known(oblique) and not _OF_IC.search(oblique):
        return ""
    family = bool(_AFTER_IC.search(nominative)) and not _is_given(nominative)
    man = nominative[-1:] not in "aeë" and not _woman_of(nominative, oblique)
    if "om" in cases and oblique.endswith("m"):
        return "om"
    if "u" in cases and oblique.endswith("u") and (family or man or _is_given(nominative)):
        return "u"
    if "u" in cases and oblique.endswith("i") and nominative.endswith(("na", "ca", "ka", "ja")):
        return "i" if _is_given(nominative) and not _is_known(oblique[:-1]) else ""
    if "a" in cases and oblique.endswith("a") and (family or _NO_WOMAN.search(nominative)):
        return "a"
    if "a" in cases and oblique.endswith("ija") and nominative.endswith("i"):
        return "a" if habit_of(oblique) is Habit.SERBIAN else ""
    return ""


def _woman_of(short: str, long: str) -> bool:
    return fold(long) in lexicon.given_keys("f") and fold(short) not in lexicon.given_keys("f")


@lru_cache(maxsize=16_384)
def serbian_cases(a: str, b: str) -> frozenset[str]:
    """The endings by which one word is a Serbian case of the other, empty when it is none.

    ``a`` genitive, ``u`` dative, ``om`` instrumental of men's names, ``e`` genitive and ``i`` dative of names in -a.
    Alone, Jovana may be Jovan's or a woman: the caller asks whether the family name stands in the same case.
    """
    one, other = latin(a), latin(b)
    return frozenset(
        case
        for nominative, oblique in ((one, other), (other, one))
        for case, form in _oblique(nominative)
        if oblique != nominative and _read_alike(form, oblique)
    )


def _oblique(word: str) -> tuple[tuple[str, str], ...]:
    """Genitive, dative and instrumental of a Latin word, the case named by its ending for men."""
    stem = word[:-1]
    if word.endswith("a"):
        return (("a", stem + "e"), ("u", stem + "i"), ("om", stem + "om"), ("u", stem + "u"))
    if word.endswith(("o", "e")):
        return (("a", stem + "a"), ("u", stem + "u"), ("om", stem + "om"), ("om", stem + "em"))
    if word.endswith(("i", "u")):
        return (("a", word + "ja"), ("u", word + "ju"), ("om", word + "jem"), ("a", word + "a"))
    short = word[:-2] + word[-1] if word.endswith(("ar", "ac")) else word
    return tuple((case, base + end) for base in {word, short} for case, end in _MASCULINE_CASES)


def bare(word: str) -> str:
    """The word in lower-case Latin letters without diacritics."""
    return latin(word).translate(_BARE)


def latin(word: str) -> str:
    """The word in lower-case Latin letters."""
    return transliterate(word.lower(), Script.LATIN)


@lru_cache(maxsize=65_536)
def _read_alike(a: str, b: str) -> bool:
    """Whether two words can be read alike; keys three letters apart cannot, and are not looked at further."""
    return a == b or (OSA.distance(fold(a), fold(b), score_cutoff=2) <= 2 and align(units(a), units(b))[0] == 0)


def _known_sexes(a: str, b: str) -> WordMatch | None:
    """Mile is a man, Mila a woman: two given names known for one sex each."""
    men, women = lexicon.given_keys("m"), lexicon.given_keys("f")
    one, other = fold(a), fold(b)
    if any(x in men and x not in women and y in women and y not in men for x, y in ((one, other), (other, one))):
        return WordMatch(Grade.DIFFERENT, 0.3, ("another sex",), sex=True)
    return None


_FEMININE: Final = ("a", "e", "ije", "ija", "ja", "je")


def _other_sex(a: str, b: str) -> WordMatch | None:
    """Nazmi, Nazmije; Ilir, Ilira; Branko, Branka: a woman's name made from a man's is another name."""
    short, long = sorted((latin(a), latin(b)), key=lambda word: (len(word), word[-1:] in "aeë"))
    if fold(short) in lexicon.given_keys("f"):
        return None
    stems = {short.removesuffix("i"), short.removesuffix("u"), short.removesuffix("ü"), short.removesuffix("o")}
    if short.endswith("ar"):
        stems.add(short[:-2] + "r")  # Petar, Petra
    if short[-1:] in "aeë":
        return None
    for ending in _FEMININE:
        if long.endswith(ending) and any(_read_alike(stem, long[: -len(ending)]) for stem in stems):
            return WordMatch(Grade.DIFFERENT, 0.3, ("another sex",), sex=True)
    return None


# --- slips ----------------------------------------------------------------------------------------------------------

_FAMILY_ENDINGS: Final = (
    "aj",
    "ović",
    "ević",
    "ić",
    "ski",
    "ovski",
    "oviq",
    "eviq",
    "iq",
    "ovic",
    "evic",
    "ic",
    "i",
    "a",
)
_STEM: Final = re.compile(r"(ov|ev)?(ic|aj|i|u|a)$")


def _slip(a: str, b: str, cost: float, reasons: tuple[str, ...], near: float) -> WordMatch:
    """One slip of the pen, unless it more likely makes another name: two known names are never slips of each other."""
    if frozenset((latin(a), latin(b))) in _distinct():
        return WordMatch(Grade.DIFFERENT, 0.45, ("two names",))
    if cost < _SLIP_COST:
        return WordMatch(Grade.COMPATIBLE, round(0.95 - 0.1 * cost, 3), _with_script(a, b, reasons))
    if cost <= _SLIP_COST + _LOOSE_COST and not _both_known(a, b) and not _family_ending(a, b) and _likely_slip(a, b):
        return WordMatch(Grade.COMPATIBLE, 0.8, _with_script(a, b, (f"a slip: {', '.join(reasons)}",)))
    return WordMatch(Grade.DIFFERENT, round(min(0.49, near * 0.5), 3))


def _likely_slip(a: str, b: str) -> bool:
    """Two letters exchanged in any word; a letter changed or left out only when enough of the stem is left."""
    key_a, key_b = fold(a), fold(b)
    if sorted(key_a) == sorted(key_b):
        return min(len(key_a), len(key_b)) >= 5
    return min(len(_STEM.sub("", key_a)), len(_STEM.sub("", key_b))) >= 4


def _both_known(a: str, b: str) -> bool:
    known = lexicon.known_keys()
    return fold(a) in known and fold(b) in known


def _family_ending(a: str, b: str) -> bool:
    """Halili, Halilaj; Petri, Petrović: one stem with the endings of two families."""
    one, other = latin(a), latin(b)
    return any(
        one.endswith(mine)
        and other.endswith(theirs)
        and _read_alike(one.removesuffix(mine), other.removesuffix(theirs))
        for mine, theirs in permutations((*_FAMILY_ENDINGS, ""), 2)
    )
