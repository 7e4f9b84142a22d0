"""Makes the list of Albanian words whose stem the rules alone get wrong: ``python tools/albanian_stems.py``.

Needs uniparser-albanian (MIT, Morozova, Rusakov and Arkhangelskiy), which is no dependency of the program: it takes
half a minute to load. Every word of our own Albanian texts is put through all endings; a form that the analyser gives
back to the same lemma belongs to it, and goes into the list when the rules would give it another stem than its lemma.
What is shipped are words of ours and the stems our rules give their lemmas; nothing of the analyser's dictionary.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from streha.engine.law import words  # noqa: E402

DATA = ROOT / "src/streha/engine/law/data"
HEAD = """# Albanian words whose stem the rules get wrong: form, tab, stem. By tools/albanian_stems.py from our texts
# and checked with uniparser-albanian 2.3 (MIT, (c) 2011-2025 M. Morozova, A. Rusakov, T. Arkhangelskiy).
"""
ENDINGS = [
    "",
    *[
        "a",
        "e",
        "ë",
        "i",
        "u",
        "t",
        "n",
        "s",
        "në",
        "të",
        "ve",
        "ën",
        "ët",
        "in",
        "it",
        "ut",
        "un",
        "es",
        "en",
        "je",
        "ja",
        "jes",
        "jen",
        "jet",
        "jeve",
        "eve",
        "ave",
        "ësh",
        "sh",
        "r",
        "ra",
        "re",
        "rë",
        "rit",
        "rin",
        "rat",
        "rave",
        "ar",
        "uar",
        "im",
        "imi",
        "imit",
        "imin",
        "ime",
        "imet",
        "imeve",
        "it",
        "ite",
        "ist",
    ],
]


def our_words() -> set[str]:
    """Albanian words of the lexicon, the framework and the authored documents, whole ones only."""
    from tests.engine.law import authored

    lexicon = tomllib.loads((DATA / "lexicon.toml").read_text(encoding="utf-8"))
    texts = [re.sub(r"\S*\*", " ", entry.get("sq", "")) for entry in lexicon["concept"]]
    for entry in tomllib.loads((DATA / "framework.toml").read_text(encoding="utf-8"))["indicator"]:
        texts += [entry["title"]["sq"], re.sub(r"\S*\*", " ", entry["sq"])]
    for group in (authored.SUBJECTS, authored.VERBS, authored.TAILS, authored.TITLES, authored.CHAPTERS):
        texts += [part[0] for part in group]
    return {word.lower() for text in texts for word in re.findall(r"[^\W\d_]{4,}", text)}


def forms(lemma: str) -> Iterator[str]:
    """A lemma with every ending, also on its stem without its last one or two letters."""
    for stem in {lemma, lemma[:-1], lemma[:-2] if len(lemma) > 6 else lemma}:
        for ending in ENDINGS:
            yield stem + ending


def main() -> None:
    from uniparser_albanian import AlbanianAnalyzer

    analyzer = AlbanianAnalyzer(mode="strict")

    def lemmas(word: str) -> set[str]:
        return {found.lemma for found in analyzer.analyze_words(word) if found.lemma}

    ours = our_words()
    known = {lemma for word in ours for lemma in lemmas(word)}
    rows: dict[str, set[str]] = {}
    checked = agreed = 0
    for lemma in sorted(known):
        wanted = words.albanian(words.fold(lemma))
        for form in set(forms(lemma)):
            if lemma not in lemmas(form):
                continue
            checked += 1
            folded = words.fold(form)
            agreed += words.albanian(folded) == wanted
            rows.setdefault(folded, set()).add(wanted)
    # A form of two lemmas keeps what the rules say when that is one of them.
    listed = {form: min(stems) for form, stems in rows.items() if words.albanian(form) not in stems}
    body = "".join(f"{form}\t{stem}\n" for form, stem in sorted(listed.items()))
    (DATA / "albanian_stems.tsv").write_text(HEAD + body, encoding="utf-8")
    print(f"{len(ours)} words, {len(known)} lemmas, {checked} forms; the rules alone agree on {agreed / checked:.1%}")
    print(f"{len(listed)} forms listed")


if __name__ == "__main__":
    main()
