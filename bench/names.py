"""Names: our grades on the labelled pairs, beside what others would use.

    python bench/names.py --half tune
    python bench/names.py --half test --write docs/methods/names.md
    python bench/names.py --half fresh --write docs/methods/names.md

Peers are measured when they are installed (``pip install -r bench/names-requirements.txt``, in an environment of its
own); one that is not is named and left out. Each peer is helped: the words of both names are put in order first, so
that "Hoxha Agim" meets "Agim Hoxha", and double metaphone is given Latin letters.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import math
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from streha.engine import names

LISTS = Path(__file__).parents[1] / "tests" / "published" / "names"
HALVES = ("tune", "test", "fresh", "all")  # fresh: a second list by another hand, measured once


@dataclass(frozen=True)
class Pair:
    a: str
    b: str
    grade: str
    kind: str


@dataclass(frozen=True)
class Counts:
    """How one method did on ``same``: pairs rightly called so, wrongly called so, and missed."""

    hits: int
    false: int
    missed: int
    seconds: float

    @property
    def f1(self) -> float:
        return 2 * self.hits / max(1, 2 * self.hits + self.false + self.missed)


def marks(half: str) -> tuple[str, str]:
    """Between which lines of the page the figures of a half stand."""
    return f"<!-- figures of {half}: begin -->", f"<!-- figures of {half}: end -->"


def read(half: str) -> list[Pair]:
    with (LISTS / ("fresh_pairs.csv" if half == "fresh" else "pairs.csv")).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = [row for row in rows if half in ("all", "fresh", row.get("half"))]
    return [Pair(row["a"], row["b"], row["grade"], row["kind"]) for row in wanted]


def wilson(hits: int, of: int, z: float = 1.959964) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927)."""
    if not of:
        return 0.0, 1.0
    share = hits / of
    middle = share + z * z / (2 * of)
    spread = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return max(0.0, (middle - spread) / (1 + z * z / of)), min(1.0, (middle + spread) / (1 + z * z / of))


def ours(a: str, b: str) -> bool:
    return names.grade(a, b).grade is names.Grade.SAME


def key_equal(a: str, b: str) -> bool:
    """Our search keys alone: what the search box finds by whole words."""
    return names.keys(a) == names.keys(b)


def _ordered(text: str) -> str:
    return " ".join(sorted(re.findall(r"[^\W\d_]+", text)))


def casefold(a: str, b: str) -> bool:
    return _ordered(a.casefold()) == _ordered(b.casefold())


def anyascii(a: str, b: str) -> bool:
    from anyascii import anyascii as to_ascii

    return casefold(to_ascii(a), to_ascii(b))


def icu() -> Callable[[str, str], bool]:
    from icu import Transliterator

    to_ascii = Transliterator.createInstance("Any-Latin; Latin-ASCII; Lower")
    return lambda a, b: casefold(to_ascii.transliterate(a), to_ascii.transliterate(b))


def double_metaphone(a: str, b: str) -> bool:
    from anyascii import anyascii as to_ascii
    from doublemetaphone import doublemetaphone

    codes_a, codes_b = (sorted(doublemetaphone(word) for word in _ordered(to_ascii(name)).split()) for name in (a, b))
    return len(codes_a) == len(codes_b) and all(
        {code for code in one if code} & {code for code in other if code}
        for one, other in zip(codes_a, codes_b, strict=True)
    )


def jaro_winkler(a: str, b: str) -> bool:
    from rapidfuzz.distance import JaroWinkler

    return JaroWinkler.similarity(_ordered(a.casefold()), _ordered(b.casefold())) >= 0.9


def methods() -> list[tuple[str, Callable[[str, str], bool]]]:
    found: list[tuple[str, Callable[[str, str], bool]]] = [("streha grade", ours), ("streha key only", key_equal)]
    found.append(("casefold", casefold))
    for label, module, method in (
        ("anyascii", "anyascii", lambda: anyascii),
        ("ICU Any-Latin; Latin-ASCII", "icu", icu),
        ("double metaphone", "doublemetaphone", lambda: double_metaphone),
        ("Jaro-Winkler ≥ 0.9", "rapidfuzz", lambda: jaro_winkler),
    ):
        if importlib.util.find_spec(module):
            found.append((label, method()))
        else:
            print(f"not measured, not installed: {label}", file=sys.stderr)
    return found


def count(pairs: Sequence[Pair], method: Callable[[str, str], bool]) -> Counts:
    method("Agim", "Agimi")  # tables are read before the clock starts
    begun = time.perf_counter()
    said = [method(pair.a, pair.b) for pair in pairs]
    seconds = time.perf_counter() - begun
    truth = [pair.grade == "same" for pair in pairs]
    together = list(zip(said, truth, strict=True))
    return Counts(
        sum(s and t for s, t in together),
        sum(s and not t for s, t in together),
        sum(t and not s for s, t in together),
        seconds,
    )


def share(hits: int, of: int) -> str:
    low, high = wilson(hits, of)
    return f"{hits}/{of} = {hits / max(1, of):.3f} ({low:.3f}-{high:.3f})"


def overall_table(pairs: Sequence[Pair]) -> list[str]:
    lines = ["| method | recall of `same` | precision of `same` | F1 |", "|---|---|---|---|"]
    for label, method in methods():
        c = count(pairs, method)
        lines.append(
            f"| {label} | {share(c.hits, c.hits + c.missed)} | {share(c.hits, c.hits + c.false)} | {c.f1:.3f} |"
        )
        print(f"{label}: {len(pairs) / c.seconds:,.0f} pairs/s", file=sys.stderr)
    return lines


def kinds_table(pairs: Sequence[Pair]) -> list[str]:
    """Per kind: the share rightly called ``same`` or rightly not, by method, and our share of exact grades."""
    others = [(label, method) for label, method in methods() if label != "streha key only"]
    lines = [
        "| truth | kind | " + " | ".join(label for label, _ in others) + " | exact grade |",
        "|---|---|" + "---|" * (len(others) + 1),
    ]
    for grade, kind in sorted({(pair.grade, pair.kind) for pair in pairs}, key=_in_order):
        mine = [pair for pair in pairs if (pair.grade, pair.kind) == (grade, kind)]
        cells = []
        for at, (_, method) in enumerate(others):
            right = sum(method(pair.a, pair.b) == (grade == "same") for pair in mine)
            cells.append(share(right, len(mine)) if at == 0 else f"{right / len(mine):.2f}")
        exact = sum(names.grade(pair.a, pair.b).grade.value == pair.grade for pair in mine)
        lines.append(f"| {grade} | {kind} | " + " | ".join(cells) + f" | {exact}/{len(mine)} |")
    return lines


def _in_order(kind: tuple[str, str]) -> tuple[int, str]:
    return ("same", "compatible", "different").index(kind[0]), kind[1]


def grades_table(pairs: Sequence[Pair]) -> list[str]:
    grades = ("same", "compatible", "different")
    lines = ["| truth | graded same | compatible | different |", "|---|---|---|---|"]
    for truth in grades:
        said = [names.grade(pair.a, pair.b).grade.value for pair in pairs if pair.grade == truth]
        lines.append(f"| {truth} | " + " | ".join(str(said.count(grade)) for grade in grades) + " |")
    return lines


def report(half: str) -> str:
    pairs = read(half)
    parts = [overall_table(pairs), grades_table(pairs), kinds_table(pairs)]
    return f"{half.capitalize()}: {len(pairs)} pairs.\n\n" + "\n\n".join("\n".join(part) for part in parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--half", choices=HALVES, default="tune")
    parser.add_argument("--write", type=Path, help="put the tables between the marks of this page")
    options = parser.parse_args()
    text = report(options.half)
    print(text)
    if options.write:
        page = options.write.read_text(encoding="utf-8")
        begin, end = marks(options.half)
        before, rest = page.split(begin, 1)
        _, after = rest.split(end, 1)
        options.write.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
