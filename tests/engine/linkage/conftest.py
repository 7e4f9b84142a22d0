"""A small demo register with its truth, and the weights that came with the program."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from streha.engine import linkage
from streha_demo import truth


@pytest.fixture(scope="package")
def register() -> linkage.Model:
    return linkage.register()


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """2,000 records of another seed than the weights were learnt from, with the person that each is."""
    folder: Path = tmp_path_factory.mktemp("truth")
    truth.write(2_000, seed=3, out=folder)
    records = pl.read_csv(folder / "records.csv", infer_schema=False)
    called = {str(place.id): place.name_sq for place in truth.places()}
    return records.with_columns(
        pl.col("municipality").replace_strict(called),
        person=pl.read_csv(folder / "truth.csv", infer_schema=False)["person"],
    )
