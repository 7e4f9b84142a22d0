"""The example a newcomer starts from: a fictional valley as files."""

from __future__ import annotations

import csv
import shutil
import tempfile
from pathlib import Path

import numpy as np

from streha.common import errors
from streha.common.errors import message
from streha.engine.risk import valley
from streha.formats import risk_report

SCENARIO = """\
# A fictional valley. Run it with: streha risk run scenario.toml
title = "Floods in a fictional valley"
hazard = "flood"
seed = 1
draws = 1000
tail = "log-linear"
notes = ["{note}"]

[exposure]
kind = "table"
file = "homes.csv"
source = "invented"

[hits]
kind = "return-period-maps"
unit = "m"
source = "invented: the stage of a river that does not exist"
maps = [
{maps}
]

[curves]
set = "flood-building-classes"
classes = {{ masonry = "IIIb masonry 2 storeys", wood = "II wood" }}
threshold = [0.30, 0.55, 0.70]

[[climate]]
name = "more frequent"
source = "invented: every flood twice as often"
frequency_factor = 2.0

[[states]]
state = "evacuates_and_returns"
low = 0.5
central = 1.0
high = 2.0
source = "invented"
"""


def valley_files(folder: Path) -> None:
    """The valley's files in an existing folder."""
    import rasterio

    made = valley.build(rng=np.random.default_rng(1))
    north = valley.SOUTH + valley.ROWS * valley.CELL_DEGREES
    for years, depth in made.depth_m.items():
        with rasterio.open(
            folder / f"depth_{years}.tif", "w", driver="GTiff", height=valley.ROWS, width=valley.COLUMNS, count=1,
            dtype="float32", crs="EPSG:4326", nodata=-1.0, compress="deflate",
            transform=rasterio.Affine(valley.CELL_DEGREES, 0, valley.WEST, 0, -valley.CELL_DEGREES, north),
        ) as raster:  # fmt: skip
            raster.write(depth.astype(np.float32), 1)
            raster.set_band_unit(1, "m")
    with (folder / "homes.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["lon", "lat", "area", *(f"people:{name}" for name in made.classes)])
        for row in range(made.lon.size):
            people = [int(made.people[k, row]) for k in range(len(made.classes))]
            writer.writerow([f"{made.lon[row]:.5f}", f"{made.lat[row]:.5f}", made.village[row], *people])
    maps = "\n".join(f'  {{ file = "depth_{years}.tif", years = {years} }},' for years in made.depth_m)
    (folder / "scenario.toml").write_text(SCENARIO.format(note=valley.NOTE, maps=maps), encoding="utf-8")


def valley_folder(folder: Path) -> tuple[Path, ...]:
    """The valley in a new folder, complete or not at all."""
    if folder.exists():
        raise errors.Conflict(
            message("{folder} already exists and is not empty. Choose a new folder."),
            code="risk.folder_exists",
            folder=str(folder),
        )
    partial = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        valley_files(partial)
        partial.chmod(0o755)
        partial.rename(folder)
    except OSError as error:
        raise risk_report.unwritable(error, folder) from error
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)
    return tuple(sorted(folder.iterdir()))
