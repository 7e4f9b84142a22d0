"""From files and tables to the arrays of `streha.engine.risk`, and from its results to what a reader is shown.

No database is needed: the command line and the stored runs go through the same functions.
"""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import streha.engine.risk as engine
from streha.common.errors import message
from streha.engine.risk import (
    assessment as assessments,
)
from streha.engine.risk import (
    earthquake,
    figures,
    kosovo,
    states,
    tables,
    uncertainty,
)
from streha.engine.risk import (
    events as rates,
)
from streha.engine.risk import (
    exposure as exposures,
)
from streha.engine.risk import (
    footprints as prints,
)
from streha.engine.risk.layout import F64
from streha.formats import risk_report

Progress = Callable[[float], None]

NOT_MODELLED = message("not modelled: needs a rate with a source")
FINE = 65536  # intensity levels when memory is no concern

EARTHQUAKE_NOTES = (
    message("A scenario, not a forecast: it says what this earthquake would do, not that it will happen."),
    message("Homes people cannot live in; not casualties, and not everyone who leaves for a few nights."),
    message("Local soil is not known to the method: valleys of loose ground shake more than shown."),
    message("How the housing stock divides into building types is an assumption; replace it with a survey."),
)


@dataclasses.dataclass(frozen=True)
class Place:
    """An area as readers know it."""

    code: str
    name: str
    lon: float
    lat: float
    outline: Mapping[str, Any] | None = None


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
    earthquake.check_source(magnitude=magnitude, depth_km=depth_km, lon=lon, lat=lat)
    exposure = kosovo.exposure()
    cell_lon, cell_lat = source_points(exposure)
    away = earthquake.distance_km(cell_lon, cell_lat, to_lon=lon, to_lat=lat, depth_km=depth_km)
    degrees = earthquake.intensity(np.asarray(magnitude), away)
    footprints = shaking(exposure, degrees[None, :])
    result = assessments.assess(
        exposure,
        footprints,
        rates.scenarios(["earthquake"], origin="command line"),
        assessments.for_earthquakes(exposure.classes, one_event=True),
        spread=uncertainty.Spread(),
        rng=np.random.default_rng(seed),
        draws=draws,
        ratios=states.earthquake_ratios(),
        progress=progress,
    )
    used = ("municipalities_kosovo", "dwellings_kosovo", "macroseismic_classes", "earthquake_outcomes")
    report = report_of(
        result,
        title=f"Earthquake of magnitude {magnitude:g} at {depth_km:g} km depth, {lat:g} N {lon:g} E",
        places=[Place(place.code, place.name, place.lon, place.lat) for place in kosovo.municipalities()],
        notes=EARTHQUAKE_NOTES,
        sources=(
            "Intensity: Allen, Wald and Worden 2012, J. Seismology 16, 409-433, hypocentral form",
            *sources_of(used),
        ),
        provenance=provenance(
            inputs={f"{name}.csv": tables.bytes_of(name) for name in used},
            seed=seed,
            draws=draws,
            seconds=clock() - started,
        ),
        mark=(lon, lat),
        extra={"highest_intensity": round(float(degrees.max()), 2)},
    )
    return Run(result, exposure, report)


def source_points(exposure: exposures.Exposure) -> tuple[F64, F64]:
    """Longitude and latitude in the order of the table the exposure was laid out from."""
    real = exposure.source_row >= 0
    lon = np.empty(int(real.sum()))
    lat = np.empty(int(real.sum()))
    lon[exposure.source_row[real]] = exposure.lon[real]
    lat[exposure.source_row[real]] = exposure.lat[real]
    return lon, lat


def shaking(
    exposure: exposures.Exposure, degrees: NDArray[np.floating[Any]], *, levels: int = FINE
) -> prints.Footprints:
    """Footprints from ``degrees[event, source row]`` of intensity; below the lowest knot nothing is hit."""
    felt = np.where(degrees >= earthquake.KNOTS[0], np.minimum(degrees, earthquake.KNOTS[-1]), 0.0)
    codebook = prints.linear_codebook(top=float(earthquake.KNOTS[-1]), unit="MMI", levels=levels)
    return prints.from_dense(exposure, felt, codebook)


def report_of(
    result: assessments.Assessment,
    *,
    title: str,
    places: Sequence[Place],
    notes: Sequence[str],
    sources: Sequence[str],
    provenance: Mapping[str, Any],
    mark: tuple[float, float] | None = None,
    rated: Sequence[states.Rate] = (),
    extra: Mapping[str, Any] | None = None,
) -> risk_report.Report:
    """What a reader is shown of a result: figures, ranges or "not modelled", by area and for all together."""
    by_code = {place.code: place for place in places}
    middle = _middles(result)
    rows = []
    for number, code in enumerate(result.areas):
        place = by_code.get(code, Place(code, code, *middle[number]))
        rows.append(
            risk_report.AreaRow(
                code,
                place.name,
                float(result.residents[number]),
                place.lon,
                place.lat,
                shown(result.displaced.areas.central[number], result.displaced.areas.band[number]),
                place.outline,
            )
        )
    return risk_report.Report(
        title=title,
        measure=message("people displaced per year, on average") if result.per_year else message("people displaced"),
        areas=tuple(sorted(rows, key=lambda row: -row.displaced.central)),
        states=_states(result, rated),
        return_periods=_periods(result),
        futures=tuple(_future(future) for future in result.futures),
        notes=tuple(notes),
        sources=tuple(sources),
        provenance=provenance,
        mark=mark,
        extra=dict(extra or {}) | ({"average_by_tail_rule": result.tail_range} if result.tail_range else {}),
    )


def shown(central: float | F64, band: F64) -> risk_report.Shown:
    """A number with its band, written by the engine's rule."""
    figure = figures.figure(float(band[0]), float(central), float(band[2]))
    return risk_report.Shown(float(band[0]), float(central), float(band[2]), figure.english(), figure.style)


def provenance(*, inputs: Mapping[str, bytes], seed: int, draws: int, seconds: float) -> dict[str, Any]:
    """What a run was made with: engine version, hashes of its inputs, seed, draws, seconds."""
    from importlib import metadata

    return {
        "streha": metadata.version("streha"),
        "engine": engine.VERSION,
        "inputs": {name: hashlib.sha256(content).hexdigest()[:16] for name, content in inputs.items()},
        "seed": seed,
        "draws": draws,
        "seconds": round(seconds, 2),
    }


def sources_of(names: Sequence[str]) -> tuple[str, ...]:
    """The distinct sources of tables, an unverified one marked as such."""
    found: dict[str, None] = {}
    for name in names:
        for row in tables.read(name):
            found[row["source"] + (" [not verified]" if row.get("verified") == "no" else "")] = None
    return tuple(found)


def _states(result: assessments.Assessment, rated: Sequence[states.Rate]) -> dict[str, risk_report.Shown | str]:
    nation = result.displaced.nation
    found: dict[str, risk_report.Shown | str] = {"displaced": shown(nation.central, nation.band)}
    for name, state in (
        ("destroyed", result.destroyed),
        ("sheltered", result.sheltered),
        ("protracted", result.protracted),
    ):
        found[name] = NOT_MODELLED if state is None else shown(state.nation.central, state.nation.band)
    by_state = {rate.state: rate for rate in rated}
    for name in states.RATED_STATES:
        if name not in by_state:
            found[name] = NOT_MODELLED
            continue
        rate = by_state[name]
        factors = np.array([rate.low, rate.central, rate.high])
        found[name] = shown(nation.central * rate.central, nation.band * factors)
    return found


def _periods(result: assessments.Assessment) -> tuple[risk_report.PeriodRow, ...]:
    if result.return_periods is None:
        return ()
    worst: Sequence[float | None] = [None] * len(result.return_period_years)
    if result.aggregate_years is not None:
        worst = [float(value) for value in result.aggregate_years]
    return tuple(
        risk_report.PeriodRow(
            years, shown(result.return_periods.central[row], result.return_periods.band[row]), worst[row]
        )
        for row, years in enumerate(result.return_period_years)
    )


def _future(future: assessments.Difference) -> dict[str, Any]:
    then, change = future.future.nation, future.change.nation
    low, high = float(change.band[0]), float(change.band[2])
    figure = shown(then.central, then.band)
    return {
        "name": future.scenario.name,
        "year": future.scenario.year,
        "source": future.scenario.source,
        "low": round(figure.low, 2),
        "central": round(figure.central, 2),
        "high": round(figure.high, 2),
        "shown": figure.text,
        "change_low": round(low, 2),
        "change_central": round(float(change.central), 2),
        "change_high": round(high, 2),
        "change_shown": f"{low:+,.0f} to {high:+,.0f}",
    }


def _middles(result: assessments.Assessment) -> list[tuple[float, float]]:
    return [(0.0, 0.0)] * len(result.areas)
