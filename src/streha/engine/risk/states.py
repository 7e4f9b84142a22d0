"""What becomes of the displaced: sheltered, displaced for long, and what only a user's own rates can say."""

from __future__ import annotations

import dataclasses

import numpy as np

from streha.common import errors
from streha.common.errors import message
from streha.engine.risk import tables
from streha.engine.risk.layout import F64

RATED_STATES = ("trapped", "evacuates_and_returns", "relocates")


@dataclasses.dataclass(frozen=True)
class Ratio:
    """People in a state per resident of a destroyed home; ``ln_sd`` is None where no spread is published."""

    state: str
    median: float
    ln_sd: float | None
    source: str
    verified: bool


@dataclasses.dataclass(frozen=True)
class Rate:
    """A user's own rate: people in a state per person displaced, with its source."""

    state: str
    low: float
    central: float
    high: float
    source: str

    def __post_init__(self) -> None:
        if self.state not in RATED_STATES:
            raise errors.BadInput(
                message("There is no mobility state {state}. Known states: {known}."),
                code="risk.unknown_state",
                state=self.state,
                known=", ".join(RATED_STATES),
            )
        if not self.source.strip():
            raise errors.BadInput(
                message("The rate for {state} has no source. Without one the state stays not modelled."),
                code="risk.no_source",
                state=self.state,
            )
        if not 0 <= self.low <= self.central <= self.high:
            raise errors.BadInput(
                message("The rate for {state} needs 0 <= low <= central <= high."), code="risk.rate", state=self.state
            )


def earthquake_ratios() -> tuple[Ratio, ...]:
    """Sheltered at peak and displaced for long, per resident of a destroyed home, from past events."""
    return tuple(
        Ratio(
            row["outcome"],
            float(row["median"]),
            float(row["ln_residual_sd"]) if row["ln_residual_sd"] else None,
            row["source"],
            row["verified"] == "yes",
        )
        for row in tables.read("earthquake_outcomes")
    )


def draw(ratio: Ratio, destroyed: F64, *, ceiling: float, rng: np.random.Generator) -> F64:
    """People in the state by draw (last axis of ``destroyed``), never more than ``ceiling`` residents."""
    spread = (
        np.ones(destroyed.shape[-1]) if ratio.ln_sd is None else np.exp(rng.normal(0, ratio.ln_sd, destroyed.shape[-1]))
    )
    return np.minimum(destroyed * ratio.median * spread, ceiling)
