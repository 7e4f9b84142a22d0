"""Learns the weights of the register from the truth about the demo and writes them where the program finds them.

    PYTHONPATH=src:demo python tools/linkage_model.py --date 2026-11-22 [--people 100000] [--seed 11]

The figures in docs/methods/linkage.md come from other seeds than the one learnt from.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import polars as pl

from streha.engine import linkage
from streha.engine.linkage import Column, Kind, Thresholds
from streha_demo import truth

OUT = Path(__file__).parents[1] / "src" / "streha" / "engine" / "linkage" / "data" / "register.json"

SPEC = linkage.Spec(
    columns=(
        Column("given", Kind.GIVEN),
        Column("father", Kind.FATHER),
        Column("family", Kind.FAMILY),
        Column("sex", Kind.SEX),
        Column("birth_date", Kind.DATE, precision="birth_precision"),
        Column("municipality", Kind.PLACE),
        Column("identifier", Kind.IDENTIFIER),
        Column("phone", Kind.PHONE),
        Column("household", Kind.HOUSEHOLD),
    ),
    blocking=(
        ("identifier:value",),
        ("phone:value",),
        ("given:key", "family:key", "birth_date:year"),
        ("family:key", "birth_date:either"),
        ("given:key", "birth_date:either"),
        ("given:key", "family:key", "father:key"),
        ("given:key", "family:key", "municipality:key"),
        ("given:bones", "family:bones", "birth_date:year"),
        ("father:key", "birth_date:either", "given:head"),
    ),
)
THRESHOLDS = Thresholds(review=0.5, certain=0.999)  # chosen on the list learnt from: precision above 0.995 there


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--date", required=True, help="the day that the version is named after")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        truth.write(asked.people, seed=asked.seed, out=Path(folder))
        records = pl.read_csv(Path(folder) / "records.csv", infer_schema=False)
        known = pl.read_csv(Path(folder) / "truth.csv", infer_schema=False)
    called = {str(place.id): place.name_sq for place in truth.places()}
    model = linkage.learn(
        records.with_columns(pl.col("municipality").replace_strict(called), person=known["person"]),
        SPEC,
        asked.seed,
        source=f"truth about the demo, {asked.people:,} records of seed {asked.seed}",
        date=asked.date,
        person="person",
        thresholds=THRESHOLDS,
    )
    OUT.write_text(text(replace(model, version=f"{asked.date}.1")), encoding="utf-8")
    print(f"{OUT}: {len(model.comparisons)} columns, {len(model.spec.blocking)} blocking rules")


def text(model: linkage.Model) -> str:
    return json.dumps(linkage.to_plain(model), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    main()
