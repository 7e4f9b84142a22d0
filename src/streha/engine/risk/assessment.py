"""One run from hits to people: central figures, bands, return periods, map.

The caller says what is drawn (`Vulnerability.draw`), so that a new hazard needs intensities, a curve and a citation,
and nothing here changes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from streha.common import errors
from streha.common.errors import message
from streha.engine.risk import (
    climate,
    earthquake,
    exceedance,
    states,
    totals,
    uncertainty,
)
from streha.engine.risk import (
    curves as curve_sets,
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
from streha.engine.risk.layout import F32, F64

LARGEST_EVENT_DRAWS = 50_000_000  # people by event and draw held at once: 200 MB


@dataclasses.dataclass(frozen=True, eq=False)
class Question:
    """What one pass over the hits is asked: a curve per class, weights by event, moved intensities."""

    share: F64
    knots: F64
    weights: F64
    shift: float = 0.0
    scale: float = 1.0


Pass = Callable[
    [exposures.Exposure, prints.Footprints, Question],
    tuple[totals.Totals, totals.Histograms],
]


@dataclasses.dataclass(frozen=True, eq=False)
class CurveDraws:
    """``[class, knot, draw]`` of the displaced share and, where told apart, of the destroyed share."""

    displaced: F32
    destroyed: F32 | None


@dataclasses.dataclass(frozen=True, eq=False)
class Vulnerability:
    """Central curves in the exposure's class order, and how to draw others: ``draw(n, rng)``."""

    curves: curve_sets.Curves
    draw: Callable[[int, np.random.Generator], CurveDraws]


@dataclasses.dataclass(frozen=True, eq=False)
class Banded:
    """A central value and its 5th, 50th and 95th percentile: ``central[...]``, ``band[..., 3]``."""

    central: F64
    band: F64


@dataclasses.dataclass(frozen=True, eq=False)
class State:
    """People in one state: by area and for all areas together (sums are banded by draw, not band by band)."""

    areas: Banded
    nation: Banded
    note: str = ""


@dataclasses.dataclass(frozen=True, eq=False)
class Difference:
    """A future climate beside the present: displaced per year then, and the change, with the same draws."""

    scenario: climate.Scenario
    future: State
    change: State
    return_periods: Banded


@dataclasses.dataclass(frozen=True, eq=False)
class Assessment:
    """The result of a run. ``per_year`` tells people per year (AAD) from people displaced by one event.

    ``by_event[event]`` and ``by_area_event[area, event]`` are central; ``return_periods`` is PMD at
    ``return_period_years``; ``aggregate_years`` the worst-year PMD of independent events (NaN where too few years were
    sampled); ``tail_range`` the AAD under each rule for the frequent end of return-period maps.
    """

    areas: tuple[str, ...]
    residents: F64
    events: rates.Events
    per_year: bool
    displaced: State
    destroyed: State | None
    sheltered: State | None
    protracted: State | None
    by_event: F64
    by_area_event: F64
    expected: F64
    return_period_years: tuple[int, ...]
    return_periods: Banded | None
    aggregate_years: F64 | None
    tail_range: dict[str, float]
    futures: tuple[Difference, ...]
    draws: int


def assess(
    exposure: exposures.Exposure,
    footprints: prints.Footprints,
    events: rates.Events,
    vulnerability: Vulnerability,
    *,
    spread: uncertainty.Spread,
    rng: np.random.Generator,
    draws: int = 1000,
    tail: rates.TailRule = "zero",
    ratios: Sequence[states.Ratio] = (),
    futures: Sequence[climate.Scenario] = (),
    sampled_years: int = 50_000,
    progress: Callable[[float], None] | None = None,
    passed: Pass | None = None,
) -> Assessment:
    """Displaced people by area with bands, from hits, curves and frequencies.

    Raises BadInput where arrays do not fit, where a unit differs between hits and curves, and for more than one event
    without frequency (assess each on its own). ``progress`` is called with the share done; ``passed`` replaces the
    pass over the hits, for example by one on many machines.
    """
    curves = vulnerability.curves
    _fits(exposure, footprints, events, curves)
    done = progress or _silent
    weights = rates.weights(events, tail=tail)
    go_over = passed or here
    now, histogram = go_over(exposure, footprints, Question(curves.displaced, curves.knots, weights))
    done(0.7)
    drawn = vulnerability.draw(draws, rng)
    people, frequency = uncertainty.factors(spread, areas=len(exposure.areas), n=draws, rng=rng)
    if events.kind == "scenario":
        frequency = np.ones(draws)
    residents = exposure.residents()
    by_area = uncertainty.people_by_area(histogram, drawn.displaced, people, frequency)
    if events.kind == "scenario":
        # A draw may hold more people than the register of residents; no more than the residents are ever displaced.
        by_area = np.minimum(by_area, residents[:, None])
    destroyed, sheltered, protracted = _worse(
        histogram,
        curves,
        drawn,
        people * frequency,
        ratios,
        residents=residents,
        rng=rng,
        one=events.kind == "scenario",
    )
    by_event = now.by_area_event.sum(axis=0)
    done(0.85)
    has_rate = events.kind != "scenario"
    years = exceedance.RETURN_PERIODS
    periods = None
    if has_rate:
        periods = _return_periods(
            events,
            histogram,
            drawn.displaced,
            people,
            frequency=frequency,
            by_area_event=now.by_area_event,
            residents=float(residents.sum()),
        )
    result = Assessment(
        areas=exposure.areas,
        residents=residents,
        events=events,
        per_year=has_rate,
        displaced=_state(now.by_area_event @ weights, by_area),
        destroyed=destroyed,
        sheltered=sheltered,
        protracted=protracted,
        by_event=by_event,
        by_area_event=now.by_area_event,
        expected=now.expected,
        return_period_years=years,
        return_periods=periods,
        aggregate_years=_aggregate(by_event, events, years, sampled_years, rng),
        tail_range=exceedance.average_range(by_event, events) if events.kind == "return_periods" else {},
        futures=tuple(
            _future(
                scenario,
                exposure=exposure,
                footprints=footprints,
                events=events,
                curves=curves,
                drawn=drawn,
                people=people,
                frequency=frequency,
                tail=tail,
                present=by_area,
                central_now=now.by_area_event @ weights,
                go_over=go_over,
            )
            for scenario in futures
        ),
        draws=draws,
    )
    done(1.0)
    return result


def here(
    exposure: exposures.Exposure, footprints: prints.Footprints, asked: Question, *, blocks: range | None = None
) -> tuple[totals.Totals, totals.Histograms]:
    """The pass over the hits on this machine, over all blocks or a range of them."""
    return (
        totals.by_event_and_area(
            exposure,
            footprints,
            share=asked.share,
            knots=asked.knots,
            weights=asked.weights,
            blocks=blocks,
            shift=asked.shift,
            scale=asked.scale,
        ),
        totals.histograms(
            exposure,
            footprints,
            knots=asked.knots,
            weights=asked.weights,
            blocks=blocks,
            shift=asked.shift,
            scale=asked.scale,
        ),
    )


def from_ratios(
    ratios: curve_sets.DamageRatios,
    classes: tuple[str, ...],
    *,
    threshold: curve_sets.Threshold,
    spacing: float,
    spread: uncertainty.Spread,
    chosen: dict[str, str] | None = None,
) -> Vulnerability:
    """Vulnerability from damage ratios and an uncertain threshold of habitability."""
    central = curve_sets.for_classes(ratios.curves(threshold, spacing=spacing), classes, chosen)

    def draw(n: int, rng: np.random.Generator) -> CurveDraws:
        return CurveDraws(
            uncertainty.threshold_draws(
                ratios, classes, knots=central.knots, threshold=threshold, curve_spread=spread.curve, n=n, rng=rng,
                chosen=chosen,
            ),
            None,
        )  # fmt: skip

    return Vulnerability(central, draw)


def from_shares(
    curves: curve_sets.Curves, classes: tuple[str, ...], *, shift_sd: float, chosen: dict[str, str] | None = None
) -> Vulnerability:
    """Vulnerability from displaced shares; a draw reads them at intensities moved by a common normal shift."""
    central = curve_sets.for_classes(curves, classes, chosen)

    def draw(n: int, rng: np.random.Generator) -> CurveDraws:
        return _shifted(central, rng.normal(0, shift_sd, n))

    return Vulnerability(central, draw)


def for_earthquakes(classes: tuple[str, ...], *, one_event: bool) -> Vulnerability:
    """Macroseismic vulnerability by building class.

    For one event the scatter that its places share is unknown and drawn; in a stochastic set the events carry it, and
    only the spread of vulnerability indices is drawn. The central curve averages over all that is drawn.
    """
    within = earthquake.within_event_sd()
    shared = earthquake.index_sd_in_degrees()
    if one_event:
        shared = float(np.hypot(shared, earthquake.between_event_sd()))
    central = earthquake.vulnerability(intensity_sd=float(np.hypot(within, shared)), classes=classes)
    given_shift = earthquake.vulnerability(intensity_sd=within, classes=classes)

    def draw(n: int, rng: np.random.Generator) -> CurveDraws:
        return _shifted(given_shift, rng.normal(0, shared, n))

    return Vulnerability(central, draw)


def _shifted(curves: curve_sets.Curves, shift: F64) -> CurveDraws:
    return CurveDraws(
        uncertainty.shifted_draws(curves.displaced, curves.knots, shift=shift),
        None if curves.destroyed is None else uncertainty.shifted_draws(curves.destroyed, curves.knots, shift=shift),
    )


def _fits(
    exposure: exposures.Exposure, footprints: prints.Footprints, events: rates.Events, curves: curve_sets.Curves
) -> None:
    if footprints.codebook.unit != curves.unit:
        raise errors.BadInput(
            message("The hits are in {have}, the curves {curves} in {want}. Convert the hits or choose other curves."),
            code="risk.unit",
            have=footprints.codebook.unit,
            curves=curves.name,
            want=curves.unit,
        )
    if events.count != footprints.events:
        raise errors.BadInput(
            message("There are footprints for {have} events and frequencies for {want}."),
            code="risk.events",
            have=footprints.events,
            want=events.count,
        )
    if curves.classes != exposure.classes:
        raise errors.BadInput(
            message("The curves are for the classes {have}, the exposure has {want}."),
            code="risk.classes",
            have=", ".join(curves.classes),
            want=", ".join(exposure.classes),
        )
    if events.kind == "scenario" and events.count != 1:
        raise errors.BadInput(
            message("{count} events without frequency cannot be added up. Run each on its own."),
            code="risk.many_scenarios",
            count=events.count,
        )


def _state(central: F64, by_draw: F64) -> State:
    return State(
        Banded(central, uncertainty.bands(by_draw)),
        Banded(central.sum(), uncertainty.bands(by_draw.sum(axis=0))),
    )


def _worse(
    histogram: totals.Histograms,
    curves: curve_sets.Curves,
    drawn: CurveDraws,
    factor: F64,
    ratios: Sequence[states.Ratio],
    *,
    residents: F64,
    rng: np.random.Generator,
    one: bool,
) -> tuple[State | None, State | None, State | None]:
    """Destroyed, sheltered, protracted: the last two only for one event, because their ratios are per event."""
    if curves.destroyed is None or drawn.destroyed is None:
        return None, None, None
    lost = uncertainty.people_by_area(histogram, drawn.destroyed, factor, np.ones(drawn.destroyed.shape[-1]))
    central = np.einsum("akm,km->a", histogram.by_area, curves.destroyed)
    found: dict[str, State] = {}
    for ratio in ratios if one else ():
        nation = states.draw(ratio, lost.sum(axis=0), ceiling=float(residents.sum()), rng=rng)
        scale = np.divide(nation, lost.sum(axis=0), out=np.zeros_like(nation), where=lost.sum(axis=0) > 0)
        by_area = np.minimum(lost * scale, residents[:, None])
        note = "" if ratio.ln_sd is not None else "spread not published"
        found[ratio.state] = State(
            Banded(central * ratio.median, uncertainty.bands(by_area)),
            Banded(np.asarray(central.sum() * ratio.median), uncertainty.bands(nation)),
            note,
        )
    return _state(central, lost), found.get("sheltered"), found.get("protracted")


def _return_periods(
    events: rates.Events,
    histogram: totals.Histograms,
    share: F32,
    people: F64,
    *,
    frequency: F64,
    by_area_event: F64,
    residents: float,
) -> Banded:
    """PMD at the usual return periods, at most all residents; people by event and draw a few draws at a time."""
    years = exceedance.RETURN_PERIODS
    draws = frequency.size
    at_once = max(1, LARGEST_EVENT_DRAWS // max(1, events.count))
    parts = []
    for first in range(0, draws, at_once):
        some = slice(first, first + at_once)
        national = uncertainty.people_by_event(histogram, share[:, :, some], people[:, some], by_area_event)
        if events.kind == "return_periods":
            columns = national.T.astype(np.float64)
            parts.append(np.stack([exceedance.people_at(column, events, years) for column in columns], -1))
        else:
            parts.append(exceedance.people_at_by_draw(national, events.frequency, frequency[some], years))
    central = exceedance.people_at(by_area_event.sum(axis=0), events, years)
    return Banded(central, uncertainty.bands(np.minimum(np.concatenate(parts, axis=-1), residents)))


def _aggregate(
    by_event: F64, events: rates.Events, years: Sequence[int], sampled: int, rng: np.random.Generator
) -> F64 | None:
    if events.kind != "events" or sampled == 0:
        return None
    sample = exceedance.sampled_years(by_event, events.frequency, years=sampled, rng=rng)
    return exceedance.people_in_worst_year(sample, years)


def _future(
    scenario: climate.Scenario,
    *,
    exposure: exposures.Exposure,
    footprints: prints.Footprints,
    events: rates.Events,
    curves: curve_sets.Curves,
    drawn: CurveDraws,
    people: F64,
    frequency: F64,
    tail: rates.TailRule,
    present: F64,
    central_now: F64,
    go_over: Pass,
) -> Difference:
    later_events = climate.reweighted(events, scenario)
    later_weights = rates.weights(later_events, tail=tail)
    asked = Question(curves.displaced, curves.knots, later_weights, scenario.intensity_shift, scenario.intensity_scale)
    later, histogram = go_over(exposure, footprints, asked)
    by_area = uncertainty.people_by_area(histogram, drawn.displaced, people, frequency)
    central = later.by_area_event @ later_weights
    return Difference(
        scenario=scenario,
        future=_state(central, by_area),
        change=_state(central - central_now, by_area - present),
        return_periods=_return_periods(
            later_events,
            histogram,
            drawn.displaced,
            people,
            frequency=frequency,
            by_area_event=later.by_area_event,
            residents=float(exposure.residents().sum()),
        ),
    )


def _silent(share: float) -> None:
    """Nobody asked for progress."""
