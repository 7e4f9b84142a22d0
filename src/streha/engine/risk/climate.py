"""Other futures: the same hits happening more or less often, or reaching higher or lower.

A scenario changes frequencies by a factor, or intensities by a scale and a shift, with a source. Frequencies only
re-weight sums; intensities only move where the curve is read. Neither runs the footprints again. Present and future
use the same draws, so that the band of their difference is that of the climate, not of two unrelated samples.
"""

from __future__ import annotations

import dataclasses

from streha.common import errors
from streha.common.errors import message
from streha.engine.risk import checks
from streha.engine.risk import events as rates
from streha.engine.risk.layout import F64


@dataclasses.dataclass(frozen=True)
class Scenario:
    """A future climate: what happens to frequencies and intensities, and who says so."""

    name: str
    source: str
    year: int | None = None
    frequency_factor: float = 1.0
    intensity_scale: float = 1.0
    intensity_shift: float = 0.0

    def __post_init__(self) -> None:
        if not self.source.strip():
            raise errors.BadInput(
                message("Climate scenario {name} has no source. Say where its factors come from."),
                code="risk.no_source",
                name=self.name,
            )
        if not 0 <= self.frequency_factor <= 100 or not 0 < self.intensity_scale <= 10:
            raise errors.BadInput(
                message(
                    "Climate scenario {name}: a frequency factor of {factor} and an intensity scale of {scale} "
                    "are outside 0 to 100 and above 0 to 10."
                ),
                code="risk.climate",
                name=self.name,
                factor=self.frequency_factor,
                scale=self.intensity_scale,
            )


def reweighted(events: rates.Events, scenario: Scenario) -> rates.Events:
    """The events with the scenario's frequencies; refuses scenarios for events without a frequency."""
    if events.kind == "scenario":
        raise errors.BadInput(
            message("A single event has no frequency, so a climate cannot change it. Use a set of events or maps."),
            code="risk.no_frequency",
        )
    frequency: F64 = events.frequency * scenario.frequency_factor
    checks.not_negative("frequency", frequency)
    return dataclasses.replace(events, frequency=frequency, scenario=scenario.name, year=scenario.year)
