"""Two local workers, one killed in the middle: the same figures as alone. Skipped without the extra ``cluster``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="not run: the extra cluster is not installed")

# A process of its own: a cluster opens sockets on this machine and starts processes, which the tests' own may not.
SCRIPT = """
from datetime import UTC, datetime
import json, os, signal, sys, threading, time, warnings
from pathlib import Path
warnings.simplefilter("ignore")
import numpy as np


def main():
    from distributed import LocalCluster
    from streha.engine.risk import assessment as assessments
    from streha.risk.bridge import runs, sources, tiles

    folder, marks = Path(sys.argv[1]), sys.argv[2]
    laid, hits, _ = sources.stored(folder)
    knots = np.linspace(0, 6, 13)
    question = assessments.Question(np.linspace(0, 1, 13)[None, :].repeat(2, 0), knots, hits.events.frequency)
    alone, alone_spread = assessments.here(laid, hits.footprints, question)
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        victim = next(iter(cluster.workers.values())).pid

        def kill():
            # In the middle: once some tiles are done, while others are not.
            while len(os.listdir(marks)) < 3:
                time.sleep(0.01)
            os.kill(victim, signal.SIGKILL)

        threading.Thread(target=kill, daemon=True).start()
        passed = tiles.on_cluster(cluster.scheduler_address, folder, codes=400)
        done, spread = passed(laid, hits.footprints, question)
        scenario, at = folder.with_name("stored.toml"), datetime(2026, 11, 22, tzinfo=UTC)
        there = runs.run_scenario(scenario, at=at, cluster=cluster.scheduler_address).assessment
        here = runs.run_scenario(scenario, at=at).assessment
    pids = {name.split("-")[0] for name in os.listdir(marks)}
    print(json.dumps({
        "totals": bool(np.allclose(done.by_area_event, alone.by_area_event, rtol=1e-12)),
        "map": bool(np.allclose(done.expected, alone.expected, rtol=1e-12)),
        "histograms": bool(np.allclose(spread.by_area, alone_spread.by_area, rtol=1e-12)),
        "scenario": bool(np.allclose(there.displaced.areas.band, here.displaced.areas.band, rtol=1e-5)),
        "tiles": len(tiles.tiles(hits.footprints, codes=400)),
        "people": float(done.by_area_event.sum()),
        "killed_had_worked": str(victim) in pids,
        "workers": len(pids),
    }))


if __name__ == "__main__":
    main()
"""

# Imported by every worker at its start: leaves a mark for each tile and takes a moment, so that there is a middle.
MARKS = """
import os, time, uuid
if os.environ.get("TILE_MARKS"):
    from streha.risk.bridge import tiles
    plain = tiles.tile

    def tile(*arguments):
        time.sleep(0.15)
        answer = plain(*arguments)
        open(os.path.join(os.environ["TILE_MARKS"], f"{os.getpid()}-{uuid.uuid4()}"), "w").close()
        return answer

    tile.__module__, tile.__qualname__ = plain.__module__, plain.__qualname__
    tiles.tile = tile
"""


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_changes_nothing(tmp_path: Path) -> None:
    from streha.risk.bridge import examples, tiles
    from streha.risk.bridge import scenario as scenarios

    examples.valley_folder(tmp_path / "valley")
    tiles.convert(scenarios.read(tmp_path / "valley" / "scenario.toml"), tmp_path / "valley.blocks")
    text = (tmp_path / "valley" / "scenario.toml").read_text(encoding="utf-8")
    text = text[: text.index("maps = [")] + text[text.index("[curves]") :]
    stored = text.replace('kind = "return-period-maps"', 'kind = "blocks"\nfile = "valley.blocks"')
    (tmp_path / "stored.toml").write_text(stored, encoding="utf-8")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(MARKS, encoding="utf-8")
    (tmp_path / "run.py").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "marks").mkdir()
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path / "site"), *(path for path in sys.path if path)])
    environment["TILE_MARKS"] = str(tmp_path / "marks")
    done = subprocess.run(
        [sys.executable, str(tmp_path / "run.py"), str(tmp_path / "valley.blocks"), str(tmp_path / "marks")],
        env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert found["tiles"] >= 6
    assert found["killed_had_worked"]
    assert found["workers"] >= 2
    assert found["people"] > 0
    assert found["scenario"]
    assert found["totals"]
    assert found["map"]
    assert found["histograms"]
