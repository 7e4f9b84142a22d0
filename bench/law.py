"""Figures of the law engine, with a peer in the same run: ``python -m bench.law [read] [find] [search] [many]``.

``python -m bench.law unseen FILE`` measures the finder on clauses with labels (a CSV with the columns lang, sentence,
label) and prints no sentence, so that they stay unseen.

``read`` needs nothing; ``find`` needs the labelled sentences (STREHA_LAW_DATA names their folder) and uses the extra
``semantic`` when it is installed; ``search`` uses SQLite, and PostgreSQL when STREHA_BENCH_POSTGRESQL holds its URL.
What cannot run says so.
"""

from __future__ import annotations

import csv
import json
import os
import pickle
import resource
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from streha.common import errors
from streha.engine.law import document, finder, fulltext, lexicon, measure, semantic, words
from streha.formats import pdf

GAZETTE = Path("tests/engine/law/data/gazette")
NAIVE = (
    "migra", "displac", "refugee", "evacuat", "relocat", "resettl", "asylum", "human mobility", "remittance",
)  # fmt: skip
LIMITS = """Limits: one annotator, not a lawyer, no second rating; the keyword pool was sampled by a keyword list, so
recall is relative to it plus 90 semantically retrieved and 249 random sentences; about half of the rows come from two
very large submissions. The lexicon was developed on these sentences: its figure shows fit, not unseen text."""


def row(*cells: object) -> None:
    print(" | ".join(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells), flush=True)


# ---------------------------------------------------------------- reading


def read() -> None:
    """Files to aligned provisions, and beside it plain extraction in the order of the file."""
    row("reading", "pages", "s", "s/page", "provisions", "coverage")
    for path in sorted(GAZETTE.glob("*.pdf")):
        start = time.perf_counter()
        with pdf.Pdf(path.read_bytes()) as file:
            found = document.from_pages(file.pages())
        seconds = time.perf_counter() - start
        row(path.stem, found.pages, seconds, seconds / found.pages, len(found.provisions), found.coverage)
    row("paragraphs whole", "ours", "peer: text in the order of the file", "of", "peer s")
    for name in ("typst-three-rows", "reportlab-three-frames", "chromium-three-47"):
        truth = json.loads((GAZETTE / f"{name}.json").read_text(encoding="utf-8"))
        wanted = [item["text"] for item in truth if item["text"]]
        with pdf.Pdf((GAZETTE / f"{name}.pdf").read_bytes()) as file:
            ours = {provision.text for provision in document.from_pages(file.pages()).provisions}
        start = time.perf_counter()
        text = _in_file_order(GAZETTE / f"{name}.pdf")
        seconds = time.perf_counter() - start
        row(name, sum(one in ours for one in wanted), sum(one in text for one in wanted), len(wanted), seconds)


def _in_file_order(path: Path) -> str:
    import pypdfium2

    file = pypdfium2.PdfDocument(path)
    parts = []
    for page in file:
        text = page.get_textpage()
        parts.append(" ".join(text.get_text_bounded().split()))
        text.close()
        page.close()
    file.close()
    return " ".join(parts)


# ---------------------------------------------------------------- finding


def find() -> None:
    """F1 of relevant passages (C or P) with the interval over documents, beside three peers on the same folds."""
    folder = os.environ.get("STREHA_LAW_DATA")
    if not folder or not (Path(folder) / "gst_mobility_gold.csv").exists():
        row("find: not run, STREHA_LAW_DATA names no folder with gst_mobility_gold.csv")
        return
    with (Path(folder) / "gst_mobility_gold.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    texts = [one["sentence"] for one in rows]
    true = [one["label"] in measure.RELEVANT for one in rows]
    documents = [one["document_id"] for one in rows]
    fold = measure.folds(documents, 5, rng=np.random.default_rng(7))
    start = time.perf_counter()
    found = [finder.find(text, lang="en") for text in texts]
    seconds = time.perf_counter() - start
    said = {"lexicon": [one.is_relevant for one in found]}
    said["peer: naive stems"] = [any(stem in text.lower() for stem in NAIVE) for text in texts]
    said["peer: TF-IDF classifier"] = _out_of_fold(lambda train: _tfidf(texts, train), true, fold)
    vectors = _vectors(texts)
    if vectors is None:
        row("embeddings: not run, the extra 'semantic' is not installed")
    else:
        said["peer: embedding classifier"] = _out_of_fold(lambda _: vectors, true, fold)
        joined = np.hstack([vectors, np.array([[one.score, one.is_relevant] for one in found], dtype=float)])
        said["lexicon + embeddings"] = _out_of_fold(lambda _: joined, true, fold)
    row("C or P in 504 English sentences", "F1", "95% low", "95% high", "precision", "recall")
    for name, labels in said.items():
        result = measure.score(true, labels, documents, rng=np.random.default_rng(11))
        row(name, result.f1, result.low, result.high, result.precision, result.recall)
    row("lexicon, sentences per second", len(texts) / seconds)
    print(LIMITS)


def _out_of_fold(features: Callable[[np.ndarray], np.ndarray], true: Sequence[bool], fold: Sequence[int]) -> list[bool]:
    """What a logistic classifier says of rows whose documents it has not seen."""
    target, folds = np.array(true, dtype=float), np.array(fold)
    said = np.zeros(len(target), dtype=bool)
    for held in np.unique(folds):
        train = folds != held
        matrix = features(train)
        matrix = matrix - matrix[train].mean(axis=0)  # sentence vectors share most of their direction
        weights = _logistic(matrix[train], target[train])
        chances = 1 / (1 + np.exp(-_with_one(matrix) @ weights))
        said[~train] = chances[~train] >= 0.5
    return [bool(one) for one in said]


def _with_one(matrix: np.ndarray) -> np.ndarray:
    return np.hstack([matrix, np.ones((len(matrix), 1))])


def _logistic(matrix: np.ndarray, target: np.ndarray, strength: float = 0.0005) -> np.ndarray:
    """Weights of a ridge logistic regression with balanced classes, by L-BFGS.

    The strength is the one at which the peers did best of six tried on all folds, which favours them.
    """
    from scipy.optimize import minimize

    data = _with_one(matrix)
    weight = np.where(target > 0, 0.5 / target.mean(), 0.5 / (1 - target.mean())) / len(target)

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        z = data @ w
        slope = data.T @ (weight * (1 / (1 + np.exp(-z)) - target))
        slope[:-1] += strength * w[:-1]
        value = (weight * (np.logaddexp(0, z) - target * z)).sum() + strength / 2 * (w[:-1] @ w[:-1])
        return float(value), slope

    return np.asarray(minimize(loss, np.zeros(data.shape[1]), jac=True, method="L-BFGS-B").x)


def _tfidf(texts: Sequence[str], train: np.ndarray) -> np.ndarray:
    """Stems and pairs of stems seen in at least two training sentences, weighted by rarity, scaled to length one."""
    bags = []
    for text in texts:
        stems = words.column(text, "en").split()
        bags.append([*stems, *(f"{before} {after}" for before, after in pairwise(stems))])
    seen: dict[str, int] = {}
    for bag, inside in zip(bags, train, strict=True):
        for term in set(bag) if inside else ():
            seen[term] = seen.get(term, 0) + 1
    place = {term: number for number, term in enumerate(term for term, count in seen.items() if count >= 2)}
    rarity = np.array([np.log(train.sum() / seen[term]) + 1 for term in place])
    matrix = np.zeros((len(texts), len(place)))
    for at, bag in enumerate(bags):
        for term in bag:
            if term in place:
                matrix[at, place[term]] += 1
    matrix = np.log1p(matrix) * rarity
    return matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9)


def _vectors(texts: Sequence[str]) -> np.ndarray | None:
    kept = Path(os.environ.get("STREHA_BENCH_CACHE", "var")) / "law-vectors.pickle"
    cache: dict[str, Any] = pickle.loads(kept.read_bytes()) if kept.exists() else {}
    try:
        encode = semantic.encoder(cache)
    except errors.Unavailable:
        return None
    start, before = time.perf_counter(), len(cache)
    vectors = encode(texts).astype(float)
    if len(cache) > before:
        row("embeddings per second, one thread", (len(cache) - before) / (time.perf_counter() - start))
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps(cache))
    return vectors


def unseen(path: Path) -> None:
    """C or P per language in clauses nobody here has read: counts, interval and the table of labels; no sentence."""
    rows = _clauses(path)
    row("C or P in clauses", "n", "precision", "recall", "F1", "95% low", "95% high", "bar 0.90")
    tables: dict[str, Counter[tuple[str, str]]] = {}
    for name, kept in _by_language(rows).items():
        found = [finder.find(one["sentence"], lang=name[:2]).label for one in kept]
        tables[name] = Counter(zip((one["label"] for one in kept), found, strict=True))
        result = measure.score(
            [one["label"] in measure.RELEVANT for one in kept],
            [label in measure.RELEVANT for label in found],
            [str(number) for number in range(len(kept))],
            rng=np.random.default_rng(11),
        )
        held = "" if "-" in name else "held" if result.f1 >= 0.90 else "NOT held"
        row(name, len(kept), result.precision, result.recall, result.f1, result.low, result.high, held)
    row("labels: given (rows), found (columns)", *measure.LABELS)
    for name, table in tables.items():
        for label in measure.LABELS:
            row(f"{name} {label}", *(table[label, other] for other in measure.LABELS))


def _clauses(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    wrong = [
        number
        for number, one in enumerate(rows, 2)
        if one.get("label") not in measure.LABELS
        or not one.get("sentence")
        or (one.get("lang") or "")[:2] not in lexicon.LANGUAGES
    ]
    if wrong or not rows:
        sys.exit(f"{path}: wanted the columns lang (en, sq, sr), sentence, label (C, P, M, N); wrong rows: {wrong[:5]}")
    return rows


def _by_language(rows: list[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    """Rows per language, and Serbian once more in each script."""
    kept = {lang: [one for one in rows if one["lang"].startswith(lang)] for lang in lexicon.LANGUAGES}
    for one in kept["sr"]:
        is_cyrillic = any("Ѐ" <= sign <= "ӿ" for sign in one["sentence"])
        kept.setdefault("sr-Cyrl" if is_cyrillic else "sr-Latn", []).append(one)
    return {name: found for name, found in kept.items() if found}


# ---------------------------------------------------------------- searching

ASKED = {
    "sq": (
        "zhvendosur",
        "strehim përkohshëm",
        "regjistri familjeve",
        '"mbrojtjes civile"',
        "evaku*|rrugë",
        "vërshim 77",
    ),
    "en": ("displaced", "temporary shelter", "register families", '"civil protection"', "evacu*|ways", "flood 77"),
    "sr-Latn": (
        "raseljenih",
        "privremenog smeštaja",
        "registri porodica",
        '"civilne zaštite"',
        "evaku*|puteva",
        "poplave 77",
    ),
}


def search(count: int = 25_000) -> None:
    """Full text over 25,000 provisions in each of three languages, beside a linear scan of the same stems."""
    rows = _provisions(count)
    start = time.perf_counter()
    statements = fulltext.sqlite_insert(rows)
    row("stems made, s", time.perf_counter() - start, f"{len(rows)} provisions")
    row("search", "p95 ms", "median ms", "questions", "rows found")
    with tempfile.TemporaryDirectory(prefix="streha-bench-") as folder:
        base = sqlite3.connect(Path(folder) / "law.sqlite3")
        base.execute(fulltext.sqlite_create().sql)
        base.executemany(statements[0].sql, [one.parameters for one in statements])
        base.commit()

        def sqlite(question: fulltext.Question) -> list[int]:
            asked = fulltext.sqlite_search(question, limit=50)
            return [int(one) for (one,) in base.execute(asked.sql, asked.parameters)]

        _timed("SQLite", sqlite)
        base.close()
    _postgresql(rows)
    columns = [(number, lang, str(one.parameters[1])) for (number, lang, _), one in zip(rows, statements, strict=True)]
    _timed("peer: linear scan of the same stems", lambda question: _scan(columns, question), repeat=1)


def _provisions(count: int) -> list[tuple[int, str, str]]:
    """``count`` provisions in each language, put together from the parts of the authored documents."""
    from tests.engine.law import authored

    write = authored.Writer(3)
    rows = []
    for number in range(count):
        sentence = write.sentence(2)
        rows += [(number * 3 + place, lang, f"{sentence[lang]} {number}") for place, lang in enumerate(ASKED)]
    return rows


def _scan(columns: list[tuple[int, str, str]], question: fulltext.Question) -> list[int]:
    wanted = [*question.groups, *((stem,) for phrase in question.phrases for stem in phrase)]
    found = []
    for number, lang, stems in columns:
        if lang.startswith(question.lang[:2]):
            held = set(stems.split())
            if all(any(_is_held(stem, held) for stem in group) for group in wanted):
                found.append(number)
    return found[:50]


def _is_held(stem: str, held: set[str]) -> bool:
    return any(one.startswith(stem[:-1]) for one in held) if stem.endswith("*") else stem in held


def _timed(name: str, ask: Callable[[fulltext.Question], list[int]], *, repeat: int = 20) -> None:
    times, found = [], 0
    for _ in range(repeat):
        for lang, questions in ASKED.items():
            for text in questions:
                start = time.perf_counter()
                found += len(ask(fulltext.ask(text, lang)))
                times.append((time.perf_counter() - start) * 1000)
    row(name, float(np.percentile(times, 95)), float(np.median(times)), len(times), found // repeat)


def _postgresql(rows: list[tuple[int, str, str]]) -> None:
    address = os.environ.get("STREHA_BENCH_POSTGRESQL")
    if not address:
        row("PostgreSQL: not run, STREHA_BENCH_POSTGRESQL is not set")
        return
    import psycopg

    with psycopg.connect(address) as base:
        for statement in fulltext.postgresql_create("bench_provision_text"):
            base.execute(statement.sql)
        with base.cursor() as cursor, cursor.copy("COPY bench_provision_text (id, stems, lang) FROM STDIN") as copy:
            for statement in fulltext.postgresql_insert(rows):
                copy.write_row(statement.parameters)
        base.execute("ANALYZE bench_provision_text")

        def ask(question: fulltext.Question) -> list[int]:
            asked = fulltext.postgresql_search(question, limit=50, table="bench_provision_text")
            return [int(one) for (one,) in base.execute(asked.sql, asked.parameters)]

        _timed("PostgreSQL", ask)
        base.rollback()


def many() -> None:
    """2,000 pages: time, and the largest memory at the end of the run."""
    from tests.formats.test_pdf import many_pages

    data = many_pages(2000)
    start = time.perf_counter()
    with pdf.Pdf(data) as file:
        found = document.from_pages(file.pages())
    row("2,000 pages, s", time.perf_counter() - start, f"{len(found.provisions)} provisions")


def main() -> None:
    if sys.argv[1:2] == ["unseen"]:
        if len(sys.argv) != 3:
            sys.exit("python -m bench.law unseen FILE")
        unseen(Path(sys.argv[2]))
        return
    wanted = sys.argv[1:] or ["read", "find", "search"]
    print(f"load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores, one process")
    for name in wanted:
        {"read": read, "find": find, "search": search, "many": many}[name]()
    print(f"largest memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
