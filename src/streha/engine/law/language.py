"""Which language a passage is in, and Serbian Cyrillic in Latin letters.

Four codes: ``sq``, ``sr-Latn``, ``sr-Cyrl``, ``en``. Very common words and letters decide; a passage too short or in
another language gives None. Nothing is guessed from single words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

CODES = ("sq", "sr-Latn", "sr-Cyrl", "en")


def _row(text: str) -> list[str]:
    return text.split()


_COMMON = {
    "sq": _row(
        "të e i në dhe për me nga së një që më si ose është janë kjo ky këtij kësaj do se nuk duhet por "
        "mund ndaj sipas neni neneve çdo tij saj tyre deri pas gjatë brenda kur ka kanë u ti te ne per "
        "dhënë cilat cili nëse prej komuna komunës"
    ),
    "sr-Latn": _row(
        "i u na za se je da od sa po o kao su ili koji koja koje iz do ne će bi sve ovog ove ovaj člana "
        "član stav prema nakon pre biti može imaju ima radi uz kada svih lica lice zakona pravo svako "
        "svakom opština opštine dana roku"
    ),
    "en": _row(
        "the of and to in for a is that be by on as with shall are or from this which at an not any may "
        "its has have it article their other such under all within who must will been when if"
    ),
}
_SCORES = {lang: dict.fromkeys(words, 1.0) for lang, words in _COMMON.items()}
_SHARED = {word for word, n in Counter(word for words in _COMMON.values() for word in set(words)).items() if n > 1}
_LETTERS = {"sq": "ëç", "sr-Latn": "čćšžđ"}
_WORD = re.compile(r"[^\W\d_]+")
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")

_CYRILLIC = "АБВГДЂЕЖЗИЈКЛЉМНЊОПРСТЋУФХЦЧЏШабвгдђежзијклљмнњопрстћуфхцчџш"
_LATIN = _row(
    "A B V G D Đ E Ž Z I J K L Lj M N Nj O P R S T Ć U F H C Č Dž Š a b v g d đ e ž z i j k l lj m n "
    "nj o p r s t ć u f h c č dž š"
)
_TABLE = {ord(sign): latin for sign, latin in zip(_CYRILLIC, _LATIN, strict=True)}
# Latin letters drawn like Cyrillic ones, and the reverse: what a wrong keyboard or a wrong text layer leaves behind.
_TO_CYRILLIC = str.maketrans("AaBEeKMHOoPpCcTXxjJ", "АаВЕеКМНОоРрСсТХхјЈ")
_TO_LATIN = str.maketrans("АаВЕеКМНОоРрСсТХхјЈ", "AaBEeKMHOoPpCcTXxjJ")
_MIXED = re.compile(r"[^\W\d_]*(?:[A-Za-zÀ-ž][Ѐ-ӿ]|[Ѐ-ӿ][A-Za-zÀ-ž])[^\W\d_]*")


def latin(text: str) -> str:
    """Serbian Cyrillic in Latin letters; other letters stay. "Љубав" gives "Ljubav", "ЊИВА" gives "NJIVA"."""
    if not any("Ѐ" <= sign <= "ӿ" for sign in text):
        return text
    return _WORD.sub(lambda found: _latin_word(found[0]), text)


def _latin_word(word: str) -> str:
    out = word.translate(_TABLE)
    return out.upper() if len(word) > 1 and word.isupper() else out


def unmix(text: str) -> tuple[str, int]:
    """Words whose letters come from two scripts, put into the script most of their letters have; and how many.

    The text on the page is kept as printed: this is for indexing and for telling languages apart.
    """
    count = 0

    def mend(found: re.Match[str]) -> str:
        nonlocal count
        word = found[0]
        cyrillic = sum("Ѐ" <= sign <= "ӿ" for sign in word)
        count += 1
        # A letter that exists in one script only decides; else the majority.
        only_cyrillic = any(sign in "БГДЂЖЗИЛЉЊПЋУФЦЧЏШбвгдђжзиклљмнњптћуфцчџш" for sign in word)
        if only_cyrillic or cyrillic * 2 > len(word):
            return word.translate(_TO_CYRILLIC)
        return word.translate(_TO_LATIN)

    return _MIXED.sub(mend, text), count


def is_right_to_left(text: str) -> bool:
    """Whether more than a third of the letters belong to a script written from right to left."""
    letters = sum(sign.isalpha() for sign in text)
    return letters > 0 and len(_RIGHT_TO_LEFT.findall(text)) * 3 > letters


def scores(text: str) -> dict[str, float]:
    """Evidence per language: common words found, plus letters only one language has; 0 where there is none."""
    text, _ = unmix(text)
    words = [word.lower() for word in _WORD.findall(text)]
    result = dict.fromkeys(CODES, 0.0)
    cyrillic = sum(1 for word in words if "Ѐ" <= word[0] <= "ӿ")
    if cyrillic:
        result["sr-Cyrl"] = float(cyrillic)
    for lang, common in _SCORES.items():
        hits = sum((0.5 if word in _SHARED else 1.0) for word in words if word in common)
        special = sum(1.0 for word in words if any(sign in word for sign in _LETTERS.get(lang, "")))
        result[lang] = hits + special
    return result


def detect(text: str, *, at_least: float = 3.0) -> str | None:
    """The language of a passage, or None when its evidence is below ``at_least`` or two languages are near."""
    ranked = sorted(scores(text).items(), key=lambda pair: -pair[1])
    (best, first), (_, second) = ranked[0], ranked[1]
    if first < at_least or first < 1.5 * second:
        return None
    return best


def runs(texts: Sequence[str], *, among: Iterable[str] = CODES, change: float = 6.0) -> list[str]:
    """The language of each passage in a row, when a document changes language rarely.

    The best path where each passage scores its own evidence and each change costs ``change`` (Viterbi 1967); a passage
    without evidence, such as "Article 4" in a list of titles, takes its neighbours' language.
    """
    codes = list(among)
    if not texts or not codes:
        return []
    totals = dict.fromkeys(codes, 0.0)
    back: list[dict[str, str]] = []
    for text in texts:
        here = scores(text)
        step: dict[str, str] = {}
        new: dict[str, float] = {}
        leader = max(codes, key=lambda code: totals[code])
        for code in codes:
            stay, move = totals[code], totals[leader] - change
            step[code] = code if stay >= move else leader
            new[code] = max(stay, move) + min(here[code], 20.0)
        totals = new
        back.append(step)
    code = max(codes, key=lambda one: totals[one])
    path: list[str] = []
    for step in reversed(back):
        path.append(code)
        code = step[code]
    return path[::-1]
