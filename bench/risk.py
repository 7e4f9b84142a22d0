"""Speed of the displacement-risk engine beside its peers, in one run, and the bars it is held to.

Usage: python bench/risk.py [--quick] [--climada PYTHON] [--yardstick FILE]

Peers: a small measurement script of blocked layouts (``--yardstick``, run as a process of its own), scipy with sparse
matrices, CLIMADA 6.1 from its own environment (``--climada`` or CLIMADA_PYTHON), the machine's read bandwidth. A peer
that is not there is skipped with a line saying so. Times are CPU seconds of one thread, the best of several passes,
and wall seconds where threads or memory matter. Exit code 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numba import njit

from streha.engine.risk import (
    curves,
    exceedance,
    kernels,
    totals,
    uncertainty,
)
from streha.engine.risk import (
    exposure as exposures,
)
from streha.engine.risk import (
    footprints as prints,
)
from streha.engine.risk.layout import BLOCK

KNOTS = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 7.0])
SHARE = np.array([[0, 0.25, 0.4, 0.5, 0.6, 0.75, 0.85, 0.95, 1, 1.0]])
HERE = Path(__file__).resolve().parent
missed: list[str] = []
unmeasured: list[str] = []


def main() -> None:
    asked = arguments()
    load = os.getloadavg()[0]
    cores = os.cpu_count() or 1
    print(f"machine   {platform.processor() or platform.machine()}, {cores} cores, load {load:.2f}")
    print(f"machine   python {platform.python_version()}, numpy {np.__version__}")
    busy = load > 0.5 * cores
    print("machine   BUSY: others were computing, figures are pessimistic" if busy else "machine   idle")
    row("read bandwidth", f"{bandwidth():.1f} GB/s", "sum of 400 MB of float32, one thread")

    w = world(100_000, 10_000, density=0.1, fill=1.0, areas=38)
    ours = one_pass(w)
    yardstick(asked.yardstick, ours)
    draws(w)
    del w
    scipy_peer(100_000, 1_000 if asked.quick else 2_000)
    climada(asked.climada, 100_000, 100 if asked.quick else 1_000)
    conversion(20 if asked.quick else 1_000, 50_000)
    if not asked.quick:
        large()
    else:
        not_measured("memory of 1 M points x 10,000 events (GB)")
    print()
    print("bars missed: " + "; ".join(missed) if missed else "every bar measured was held")
    if unmeasured:
        print("bars not measured: " + "; ".join(unmeasured))
    sys.exit(1 if missed else 0)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="without the run of 1,000,000 points")
    parser.add_argument("--climada", default=os.environ.get("CLIMADA_PYTHON"), help="python of CLIMADA's environment")
    parser.add_argument(
        "--yardstick", type=Path, default=HERE.parent.parent / "shared" / "prototypes" / "risk_blocks.py"
    )
    return parser.parse_args()


class World:
    """Random hits in the engine's layout: 64-cell blocks of areas, each event touching a share of them."""

    def __init__(self, exposure: exposures.Exposure, footprints: prints.Footprints, frequency: np.ndarray) -> None:
        self.exposure, self.footprints, self.frequency = exposure, footprints, frequency


def world(points: int, events: int, *, density: float, fill: float, areas: int, levels: int = 4096) -> World:
    rng = np.random.default_rng(1)
    blocks = points // BLOCK
    per_block = max(1, int(events * density))
    row_event = np.empty(blocks * per_block, np.uint32)
    for block in range(blocks):
        row_event[block * per_block : (block + 1) * per_block] = np.sort(rng.choice(events, per_block, replace=False))
    codes = np.empty(row_event.size * BLOCK, np.uint16)
    for first in range(0, codes.size, 20_000_000):
        part = (rng.random(min(20_000_000, codes.size - first), dtype=np.float32) ** 2 * (levels - 1)).astype(np.uint16)
        if fill < 1:
            part[rng.random(part.size, dtype=np.float32) > fill] = 0
        codes[first : first + part.size] = part
    n = blocks * BLOCK
    exposure = exposures.Exposure(
        rng.lognormal(2, 1, (1, n)).astype(np.float32),
        np.sort(rng.integers(0, areas, blocks)).astype(np.int64),
        np.zeros(n),
        np.zeros(n),
        np.arange(n),
        tuple(f"A{number}" for number in range(areas)),
        ("home",),
    )
    pointer = np.arange(blocks + 1, dtype=np.int64) * per_block
    codebook = prints.linear_codebook(top=7.0, unit="m", levels=levels)
    return World(exposure, prints.Footprints(codes, row_event, pointer, codebook, events), rng.random(events) * 0.01)


def one_pass(w: World) -> dict[str, float]:
    f, e = w.footprints, w.exposure
    table = curves.value_table(SHARE, KNOTS, f.codebook)
    per_year = w.frequency.astype(np.float32)
    by_area = np.zeros((len(e.areas), f.events))
    expected = np.zeros(e.blocks * BLOCK)
    hits = int(np.count_nonzero(f.codes))
    arrays = (f.codes, f.row_event, f.block_ptr, e.area_of_block, e.people, table)
    plain = best(lambda: kernels.add_totals(*arrays, 0, e.blocks, by_area))
    both = best(lambda: kernels.add_totals_and_map(*arrays, per_year, 0, e.blocks, by_area, expected))
    row(
        "totals by event and area",
        f"{plain:.3f} s",
        f"{hits / 1e6:.0f} M hits, {len(e.areas)} areas, {hits / plain / 1e6:,.0f} M/s",
    )
    row(
        "  and expected map",
        f"{both:.3f} s",
        f"{hits / both / 1e6:,.0f} M/s, {2 * f.codes.size / both / 1e9:.1f} GB/s of codes",
    )
    return {"totals": plain, "map": both}


def yardstick(path: Path, ours: dict[str, float]) -> None:
    if not path.exists():
        row("yardstick", "skipped", f"{path.name} is not there (--yardstick)")
        for name in ("totals", "map"):
            not_measured(f"speed against the yardstick, {name}")
        return
    done = subprocess.run(
        [sys.executable, str(path), "1e5", "1e4", "0.1", "1.0", "38"], capture_output=True, text=True, check=True
    )
    told = json.loads(done.stdout)
    row("yardstick totals", f"{told['totals_cpu_s']:.3f} s", f"{told['hits'] / 1e6:.0f} M hits")
    row("yardstick totals and map", f"{told['blocks_cpu_s']:.3f} s", "")
    for name, theirs in (("totals", told["totals_cpu_s"]), ("map", told["blocks_cpu_s"])):
        bar(f"speed against the yardstick, {name}", theirs / ours[name], at_least=0.8)


def draws(w: World) -> None:
    f, e = w.footprints, w.exposure
    rng = np.random.default_rng(2)
    knots = np.linspace(0, 7, 29)
    ratios = curves.DamageRatios("bench", "flood", "m", {"home": (KNOTS, SHARE[0])}, curves.Citation("bench"))
    spread = uncertainty.Spread()
    started = time.process_time()
    histogram = totals.histograms(e, f, knots=knots, weights=w.frequency)
    first = time.process_time() - started
    passing = best(lambda: totals.histograms(e, f, knots=knots, weights=w.frequency), times=2)
    central = totals.by_event_and_area(e, f, share=SHARE, knots=KNOTS, weights=w.frequency)
    started = time.process_time()
    share = uncertainty.threshold_draws(
        ratios, ("home",), knots=knots, threshold=curves.Threshold(), curve_spread=0.2, n=1000, rng=rng
    )
    people, frequency = uncertainty.factors(spread, areas=len(e.areas), n=1000, rng=rng)
    making = time.process_time() - started
    national = best(lambda: uncertainty.people_by_event(histogram, share, people, central.by_area_event), wall=True)
    areas = best(lambda: uncertainty.bands(uncertainty.people_by_area(histogram, share, people, frequency)), wall=True)
    by_event = uncertainty.people_by_event(histogram, share, people, central.by_area_event)
    periods = best(
        lambda: exceedance.people_at_by_draw(by_event, w.frequency, frequency, exceedance.RETURN_PERIODS),
        times=1,
        wall=True,
    )
    row("people by intensity, one pass", f"{passing:.3f} s", f"29 knots; first call with checks {first:.3f} s")
    row("making 1,000 draws", f"{making:.3f} s", "thresholds, curves, people, frequency")
    row("1,000 draws, national totals", f"{national:.3f} s", f"{f.events:,} events x 1,000 draws, wall")
    row("1,000 draws, area bands", f"{areas:.4f} s", "38 areas, wall")
    row("1,000 draws, return periods", f"{periods:.3f} s", "8 return periods, wall")
    bar("1,000 draws, national totals with the pass (s)", national + passing, at_most=0.6)
    bar("1,000 draws, area bands with the pass (s)", areas + passing, at_most=1.0)


def sparse_hits(points: int, events: int, hits_per_event: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    indices = np.concatenate([np.sort(rng.choice(points, hits_per_event, replace=False)) for _ in range(events)])
    return {
        "lon": 20 + rng.random(points) * 2,
        "lat": 42 + rng.random(points),
        "people": rng.lognormal(2, 1, points),
        "region": np.sort(rng.integers(0, 38, points)),
        "frequency": rng.random(events) * 0.01,
        "indptr": np.arange(events + 1) * hits_per_event,
        "indices": indices,
        "data": rng.uniform(0.01, 7, indices.size),
        "knots": KNOTS,
        "share": SHARE[0],
    }


def scipy_peer(points: int, events: int) -> None:
    from scipy import sparse

    given = sparse_hits(points, events, 5_000)
    regions = sparse.csr_matrix((np.ones(points), (np.arange(points), given["region"])), shape=(points, 38))

    def work() -> None:
        displaced = np.interp(given["data"], KNOTS, SHARE[0]) * given["people"][given["indices"]]
        matrix = sparse.csr_matrix((displaced, given["indices"], given["indptr"]), shape=(events, points))
        _ = (matrix @ regions).toarray()
        _ = given["frequency"] @ matrix

    seconds = best(work, times=1)
    row(
        "scipy, same question",
        f"{seconds:.3f} s",
        f"{given['data'].size / 1e6:.0f} M hits, {given['data'].size / seconds / 1e6:,.0f} M/s",
    )


CONVERSION = """
import resource, sys
from pathlib import Path
from streha.risk.bridge import scenario, tiles
held = tiles.convert(scenario.read(Path(sys.argv[1])), Path(sys.argv[2]))
print(held["rows"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""


def conversion(events: int, homes: int) -> None:
    """A NetCDF grid of many events to a store, in a process of its own so that its peak is its own."""
    import h5py

    rng = np.random.default_rng(7)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = zip(rng.uniform(20, 21, homes), rng.uniform(42, 43, homes), strict=True)
        lines = "\n".join(f"{x:.5f},{y:.5f},A,2" for x, y in rows)
        (folder / "homes.csv").write_text(f"lon,lat,area,people\n{lines}\n", encoding="utf-8")
        with h5py.File(folder / "h.nc", "w") as file:
            file["lon"], file["lat"] = np.linspace(20, 21, 400), np.linspace(42, 43, 400)
            file["frequency"] = np.full(events, 0.001)
            grid = file.create_dataset("mmi", (events, 400, 400), "f4", chunks=(1, 400, 400))
            for event in range(events):
                grid[event] = rng.uniform(5, 9, (400, 400))
        (folder / "s.toml").write_text(
            'title = "bench"\nhazard = "earthquake"\n[exposure]\nkind = "table"\nfile = "homes.csv"\n'
            '[hits]\nkind = "netcdf"\nfile = "h.nc"\nvariable = "mmi"\nunit = "MMI"\n'
            '[curves]\nset = "macroseismic"\n',
            encoding="utf-8",
        )
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", CONVERSION, str(folder / "s.toml"), str(folder / "out")],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        wall = time.perf_counter() - started
        memory = float(done.stdout.split()[1])
    row("NetCDF to a store of blocks", f"{wall:.1f} s", f"{events * homes / 1e6:.0f} M hits, wall")
    bar("memory of a conversion (GB)", memory, at_most=2.0)


def climada(python: str | None, points: int, events: int) -> None:
    if not python or not Path(python).exists():
        row("CLIMADA", "skipped", "no environment given (--climada or CLIMADA_PYTHON)")
        not_measured("people per year against CLIMADA, relative")
        return
    given = sparse_hits(points, events, 10_000)
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / "in.npz", Path(folder) / "out.npz"
        np.savez(file, **given)
        done = subprocess.run(
            [python, str(HERE / "climada_peer.py"), str(file), str(out)], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            row("CLIMADA", "skipped", "failed: " + (done.stderr.strip().splitlines() or ["?"])[-1][:100])
            not_measured("people per year against CLIMADA, relative")
            return
        theirs = dict(np.load(out))
    laid = exposures.blocked(
        lon=given["lon"], lat=given["lat"], people=given["people"][None, :], area=given["region"].astype(np.int64),
        areas=[f"A{number}" for number in range(38)], classes=["home"],
    )  # fmt: skip
    footprints = prints.from_hits(
        laid,
        event=np.repeat(np.arange(events), np.diff(given["indptr"])),
        source_row=given["indices"],
        intensity=given["data"],
        events=events,
        codebook=prints.linear_codebook(top=7.0, unit="m", levels=65536),
    )
    kept: list[totals.Totals] = []
    seconds = best(
        lambda: kept.append(
            totals.by_event_and_area(laid, footprints, share=SHARE, knots=KNOTS, weights=given["frequency"])
        ),
        times=2,
    )
    ours = kept[-1]
    average = float(ours.by_area_event.sum(axis=0) @ given["frequency"])
    hits = given["data"].size / 1e6
    row("CLIMADA, event totals", f"{float(theirs['seconds']):.2f} s", f"{hits:.0f} M hits scattered")
    row("CLIMADA, with region totals", f"{float(theirs['seconds_regions']):.2f} s", "")
    row(
        "ours, same hits, with map and areas",
        f"{seconds:.3f} s",
        f"{float(theirs['seconds_regions']) / seconds:,.0f} times faster",
    )
    bar("people per year against CLIMADA, relative", abs(average / float(theirs["average"]) - 1), at_most=1e-5)
    worst = np.abs(ours.by_area_event.sum(axis=0) / theirs["by_event"] - 1).max()
    row("event totals against CLIMADA", f"{worst:.1e}", "largest relative difference")


def large() -> None:
    w = world(1_000_000, 10_000, density=0.1, fill=0.5, areas=300)
    f, e = w.footprints, w.exposure
    hits = int(np.count_nonzero(f.codes))
    started, cpu = time.perf_counter(), time.process_time()
    totals.by_event_and_area(e, f, share=SHARE, knots=KNOTS, weights=w.frequency)
    wall, used = time.perf_counter() - started, time.process_time() - cpu
    threads = totals.threads_for(f.codes.size)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    row(
        "1 M points x 10,000 events",
        f"{wall:.2f} s",
        f"{hits / 1e6:.0f} M hits, 300 areas, {threads} threads, {used:.2f} s CPU",
    )
    bar("its memory (GB)", memory, at_most=8.0)


@njit
def _sum(values):  # type: ignore[no-untyped-def]
    total = np.float32(0)
    for i in range(values.size):
        total += values[i]
    return total


def bandwidth() -> float:
    values = np.ones(100_000_000, np.float32)
    fast = njit(fastmath=True)(_sum.py_func)
    return 0.4 / best(lambda: fast(values))


def best(work: Callable[[], object], *, times: int = 4, wall: bool = False) -> float:
    clock = time.perf_counter if wall else time.process_time
    work()
    seconds = []
    for _ in range(times):
        started = clock()
        work()
        seconds.append(clock() - started)
    return min(seconds)


def row(name: str, value: str, note: str) -> None:
    print(f"{name:<48}{value:>12}  {note}", flush=True)


def bar(name: str, value: float, *, at_least: float | None = None, at_most: float | None = None) -> None:
    held = (at_least is None or value >= at_least) and (at_most is None or value <= at_most)
    limit = f">= {at_least:g}" if at_least is not None else f"<= {at_most:g}"
    row("bar: " + name, f"{value:.3g}", f"{limit}: {'held' if held else 'MISSED'}")
    if not held:
        missed.append(name)


def not_measured(name: str) -> None:
    """A bar whose peer is not there is neither held nor missed, and said to be so."""
    row("bar: " + name, "-", "not measured")
    unmeasured.append(name)


if __name__ == "__main__":
    main()
