"""Runs: from a scenario (or one earthquake) to an assessment and its report."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np

from streha.common import errors
from streha.common.errors import message
from streha.engine.risk import assessment as assessments
from streha.engine.risk import exposure as exposures
from streha.engine.risk import kosovo, states, tables, uncertainty
from streha.formats import risk_report
from streha.risk.bridge import report, sources, tiles
from streha.risk.bridge import scenario as scenarios

Progress = Callable[[float], None]

SCENARIO_NOTE = risk_report.Text(
    message("A scenario, not a forecast: it says what this event would do, not that it will happen.")
)
NOTES = {
    "earthquake": (
        message("Homes people cannot live in; not casualties, and not everyone who leaves for a few nights."),
        message("Local soil is not known to the method: valleys of loose ground shake more than shown."),
        message("Held against recorded earthquakes, moderate ones (below magnitude 6) come out too strong."),
        message("How the housing stock divides into building types is an assumption; replace it with a survey."),
    ),
    "flood": (
        message("Homes people cannot live in after the water; not everyone who is warned or leaves for a night."),
        message("Figures are no better than the depth maps: defences count only if the maps know them."),
    ),
}


@dataclasses.dataclass(frozen=True, eq=False)
class Run:
    """A finished run: the engine's result, and what is shown of it."""

    assessment: assessments.Assessment
    exposure: exposures.Exposure
    report: risk_report.Report


def earthquake_scenario(
    *,
    magnitude: float,
    depth_km: float,
    lon: float,
    lat: float,
    seed: int,
    draws: int,
    clock: Callable[[], float] = time.perf_counter,
    progress: Progress | None = None,
) -> Run:
    """One earthquake over Kosovo's 38 municipalities with the package's own exposure."""
    started = clock()
    exposure = kosovo.exposure()
    found = sources.earthquake_hits(exposure, magnitude=magnitude, depth_km=depth_km, lon=lon, lat=lat)
    result = assessments.assess(
        exposure,
        found.footprints,
        found.events,
        assessments.for_earthquakes(exposure.classes, one_event=True),
        spread=uncertainty.Spread(),
        rng=np.random.default_rng(seed),
        draws=draws,
        ratios=states.earthquake_ratios(),
        progress=progress,
    )
    used = ("municipalities_kosovo", "dwellings_kosovo", "macroseismic_classes", "earthquake_outcomes")
    shown = report.report_of(
        result,
        exposure,
        title=risk_report.Text(
            message("Earthquake of magnitude {magnitude} at {depth} km depth, {lat} N {lon} E"),
            {"magnitude": f"{magnitude:g}", "depth": f"{depth_km:g}", "lat": f"{lat:g}", "lon": f"{lon:g}"},
        ),
        places=[report.Place(place.code, place.label, place.lon, place.lat) for place in kosovo.municipalities()],
        notes=(SCENARIO_NOTE, *map(risk_report.Text, NOTES["earthquake"])),
        sources=(*found.sources, *report.sources_of(used)),
        provenance=report.provenance(
            inputs={f"{name}.csv": report.hash_of(tables.bytes_of(name)) for name in used},
            seed=seed,
            draws=draws,
            seconds=clock() - started,
        ),
        mark=found.mark,
        backdrop=report.kosovo_outline(),
    )
    return Run(result, exposure, shown)


def run_scenario(
    path: Path,
    *,
    at: datetime,
    cluster: str | None = None,
    clock: Callable[[], float] = time.perf_counter,
    progress: Progress | None = None,
) -> Run:
    """The scenario in a file, run; ``at`` is now, for alerts that expire; ``cluster`` a Dask scheduler for stores."""
    started = clock()
    asked = scenarios.read(path)
    told = progress or _silent
    if asked.hits.get("kind") == "blocks":
        folder = asked.path(asked.hits, "file")
        exposure, found, places = sources.stored(folder)
        people = sources.Residents(exposure, places, (), {})
    else:
        people = sources.residents(asked)
        exposure = people.exposure
        found = sources.hits(asked, exposure, at=at)
    if cluster is not None and asked.hits.get("kind") != "blocks":
        raise errors.BadInput(
            message("Only a store of blocks can run on a cluster. Convert the scenario first."),
            code="risk.not_blocks",
        )
    passed = tiles.on_cluster(cluster, asked.path(asked.hits, "file").resolve()) if cluster is not None else None
    told(0.3)
    curves, cited = sources.vulnerability(asked, exposure.classes, found.events)
    spread = asked.spread
    if spread.frequency_events is None and found.counted is not None:
        spread = dataclasses.replace(spread, frequency_events=found.counted)
    result = assessments.assess(
        exposure,
        found.footprints,
        found.events,
        curves,
        spread=spread,
        rng=np.random.default_rng(asked.seed),
        draws=asked.draws,
        tail=asked.tail,
        ratios=states.earthquake_ratios() if asked.hazard == "earthquake" else (),
        futures=asked.futures,
        progress=lambda share: told(0.3 + 0.7 * share),
        passed=passed,
    )
    outcomes = report.sources_of(("earthquake_outcomes",)) if asked.hazard == "earthquake" else ()
    scenario_note = (SCENARIO_NOTE,) if found.events.kind == "scenario" else ()
    shown = report.report_of(
        result,
        exposure,
        title=asked.title,
        places=people.places,
        notes=(
            *asked.notes,
            *scenario_note,
            *map(risk_report.Text, NOTES.get(asked.hazard, ())),
            *people.notes,
            *found.notes,
        ),
        sources=(*cited, *found.sources, *people.sources, *outcomes),
        provenance=report.provenance(
            inputs={path.name: report.hash_of(asked.content), **people.inputs, **found.inputs},
            seed=asked.seed,
            draws=asked.draws,
            seconds=clock() - started,
        ),
        mark=found.mark,
        backdrop=report.kosovo_outline() if asked.exposure.get("kind") == "kosovo" else None,
        rated=asked.rates,
    )
    return Run(result, exposure, shown)


def _silent(share: float) -> None:
    """Nobody asked for progress."""
