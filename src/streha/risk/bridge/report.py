"""From a result to what a reader is shown: figures, ranges or "not modelled", by area and for all together."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib import metadata, resources
from typing import Any

import numpy as np

import streha.engine.risk as engine
from streha.common.errors import message
from streha.engine.risk import assessment as assessments
from streha.engine.risk import exposure as exposures
from streha.engine.risk import figures, states, tables
from streha.engine.risk.layout import BLOCK, F64
from streha.formats import risk_report

NOT_MODELLED = message("not modelled: needs a rate with a source")


@dataclasses.dataclass(frozen=True)
class Place:
    """An area as readers know it."""

    code: str
    name: str
    lon: float
    lat: float
    outline: Mapping[str, Any] | None = None


def report_of(
    result: assessments.Assessment,
    exposure: exposures.Exposure,
    *,
    title: str,
    places: Sequence[Place],
    notes: Sequence[str],
    sources: Sequence[str],
    provenance: Mapping[str, Any],
    mark: tuple[float, float] | None = None,
    backdrop: Mapping[str, Any] | None = None,
    rated: Sequence[states.Rate] = (),
    extra: Mapping[str, Any] | None = None,
) -> risk_report.Report:
    """What a reader is shown of a result: figures, ranges or "not modelled", by area and for all together."""
    by_code = {place.code: place for place in places}
    rows = []
    for number, code in enumerate(result.areas):
        place = by_code[code]
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
        notes=(*notes, *_tail_note(result)),
        sources=tuple(sources),
        provenance=provenance,
        mark=mark,
        backdrop=backdrop,
        cells=_cells(result, exposure),
        extra=dict(extra or {}) | ({"average_by_tail_rule": result.tail_range} if result.tail_range else {}),
    )


def _tail_note(result: assessments.Assessment) -> tuple[str, ...]:
    """What the average would be under each rule for what is more frequent than the first return-period map."""
    if not result.tail_range:
        return ()
    told = ", ".join(f"{rule} {figures.two_digits(value):,.0f}" for rule, value in result.tail_range.items())
    return (f"What is more frequent than the first map is not known. Average per year by rule: {told}.",)


def _cells(result: assessments.Assessment, exposure: exposures.Exposure) -> dict[str, Any]:
    """The expected map: where people live and how many are displaced there (per year, or by the event)."""
    real = exposure.source_row >= 0
    return {
        "lon": exposure.lon[real],
        "lat": exposure.lat[real],
        "area": np.array(exposure.areas)[np.repeat(exposure.area_of_block, BLOCK)[real]],
        "residents": exposure.people[:, real].sum(axis=0),
        "displaced": result.expected[real],
    }


def kosovo_outline() -> Mapping[str, Any]:
    """Kosovo's outline as it comes with the places, a GeoJSON geometry."""
    text = (resources.files("streha.places") / "data" / "kosovo_outline.geojson").read_text(encoding="utf-8")
    geometry: Mapping[str, Any] = json.loads(text)["features"][0]["geometry"]
    return geometry


def shown(central: float | F64, band: F64) -> risk_report.Shown:
    """A number with its band, written by the engine's rule."""
    figure = figures.figure(float(band[0]), float(central), float(band[2]))
    return risk_report.Shown(float(band[0]), float(central), float(band[2]), figure.english(), figure.style)


def hash_of(content: bytes) -> str:
    """The first half of the SHA-256."""
    return hashlib.sha256(content).hexdigest()[:16]


def provenance(*, inputs: Mapping[str, str], seed: int, draws: int, seconds: float) -> dict[str, Any]:
    """What a run was made with: engine version, hashes of its inputs, seed, draws, seconds."""
    return {
        "streha": metadata.version("streha"),
        "engine": engine.VERSION,
        "inputs": dict(inputs),
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
        found[name] = message("not modelled") if state is None else shown(state.nation.central, state.nation.band)
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
