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

NOT_MODELLED = risk_report.Text(message("not modelled"))
NEEDS_A_RATE = risk_report.Text(message("not modelled: needs a rate with a source"))
UNVERIFIED = message("{source} [not verified]")
UNVERIFIED_NOTE = risk_report.Text(
    message("Some constants were not held against their paper: see the sources marked [not verified].")
)
WRITTEN: Mapping[figures.Style, str] = {
    "none": "0",
    "up_to": message("0 to {high}"),
    "range": message("{low} to {high}"),
    "figure": message("{middle} ({low} to {high})"),
}


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
    title: risk_report.Told,
    places: Sequence[Place],
    notes: Sequence[risk_report.Told],
    sources: Sequence[risk_report.Told],
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
        measure=risk_report.Text(
            message("people displaced per year, on average") if result.per_year else message("people displaced")
        ),
        measure_code="displaced_per_year" if result.per_year else "displaced",
        areas=tuple(sorted(rows, key=lambda row: -row.displaced.central)),
        states=_states(result, rated),
        return_periods=_periods(result),
        futures=tuple(_future(future) for future in result.futures),
        notes=(*notes, *_tail_note(result), *_unverified_note(sources)),
        sources=tuple(sources),
        provenance=provenance,
        mark=mark,
        backdrop=backdrop,
        cells=_cells(result, exposure),
        extra=dict(extra or {}) | ({"average_by_tail_rule": result.tail_range} if result.tail_range else {}),
    )


def _tail_note(result: assessments.Assessment) -> tuple[risk_report.Text, ...]:
    """What the average would be under each rule for what is more frequent than the first return-period map."""
    if not result.tail_range:
        return ()
    template = message(
        "What is more frequent than the first map is not known. "
        "Average per year by rule: zero {zero}, log-linear {log_linear}, flat {flat}."
    )
    values = {rule.replace("-", "_"): figures.two_digits(value) for rule, value in result.tail_range.items()}
    return (risk_report.Text(template, values),)


def _unverified_note(sources: Sequence[risk_report.Told]) -> tuple[risk_report.Text, ...]:
    """Said wherever results are shown: that some constants stand on memory of a paper, not on the paper."""
    marked = any(isinstance(source, risk_report.Text) and source.template == UNVERIFIED for source in sources)
    return (UNVERIFIED_NOTE,) if marked else ()


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
    text = risk_report.Text(WRITTEN[figure.style], {"low": figure.low, "middle": figure.middle, "high": figure.high})
    return risk_report.Shown(float(band[0]), float(central), float(band[2]), text, figure.style)


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


def sources_of(names: Sequence[str]) -> tuple[risk_report.Told, ...]:
    """The distinct sources of tables, an unverified one marked as such."""
    found: dict[tuple[str, bool], risk_report.Told] = {}
    for name in names:
        for row in tables.read(name):
            verified = row.get("verified") != "no"
            found[row["source"], verified] = cited(row["source"], verified=verified)
    return tuple(found.values())


def cited(source: str, *, verified: bool) -> risk_report.Told:
    """A source; marked where its constants were not held against the paper."""
    return source if verified else risk_report.Text(UNVERIFIED, {"source": source})


def _states(
    result: assessments.Assessment, rated: Sequence[states.Rate]
) -> dict[str, risk_report.Shown | risk_report.Told]:
    nation = result.displaced.nation
    found: dict[str, risk_report.Shown | risk_report.Told] = {"displaced": shown(nation.central, nation.band)}
    for name, state in (
        ("destroyed", result.destroyed),
        ("sheltered", result.sheltered),
        ("protracted", result.protracted),
    ):
        found[name] = NOT_MODELLED if state is None else shown(state.nation.central, state.nation.band)
    by_state = {rate.state: rate for rate in rated}
    for name in states.RATED_STATES:
        if name not in by_state:
            found[name] = NEEDS_A_RATE
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
        "change_shown": risk_report.Text(WRITTEN["range"], {"low": f"{low:+.0f}", "high": f"{high:+.0f}"}),
    }
